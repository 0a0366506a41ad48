package storage

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/glebarez/sqlite"
	mysqldriver "github.com/go-sql-driver/mysql"
	"github.com/pressly/goose/v3"
	"gorm.io/driver/mysql"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

//go:embed migrations
var migrations embed.FS

// The drivers settings may name.
const (
	SQLite = "sqlite"
	MySQL  = "mysql"
)

// Options say which database to open.
type Options struct {
	Driver string // SQLite or MySQL
	DSN    string // a file path, or user:password@tcp(host:3306)/name
	Key    []byte // KeySize bytes, see LoadOrCreateKey
	Now    func() time.Time
	Log    *slog.Logger
}

// Store is an open database with its schema up to date. It is safe for concurrent use.
type Store struct {
	gdb    *gorm.DB
	sqldb  *sql.DB
	driver string
	seal   *sealer
	now    func() time.Time
	log    *slog.Logger
	// writing keeps writers of one process apart on SQLite, which has one writer: waiting here is fair and instant,
	// waiting in SQLite is polling.
	writing sync.Mutex
}

// ErrConflict says that what a commit was decided on has changed meanwhile; nothing was written. Decide again.
var ErrConflict = errors.New("stored state has changed")

// NotFound reports that a row asked for by id or number does not exist.
func NotFound(err error) bool { return errors.Is(err, gorm.ErrRecordNotFound) }

// Open opens the database and brings its schema up to date.
func Open(ctx context.Context, o Options) (*Store, error) {
	seal, err := newSealer(o.Key)
	if err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Store{driver: o.Driver, seal: seal, log: o.Log}
	s.now = func() time.Time { return utc(o.Now()) }
	dialector, err := dial(o)
	if err != nil {
		return nil, err
	}
	s.gdb, err = gorm.Open(dialector, &gorm.Config{
		SkipDefaultTransaction: true,
		TranslateError:         true,
		NowFunc:                s.now,
		Logger:                 logger.Discard,
		CreateBatchSize:        500,
	})
	if err != nil {
		return nil, fmt.Errorf("database %s: %w", o.Driver, err)
	}
	if s.sqldb, err = s.gdb.DB(); err != nil {
		return nil, err
	}
	s.sqldb.SetMaxOpenConns(8)
	s.sqldb.SetMaxIdleConns(8)
	if err := s.migrate(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// dial checks the DSN and adds what the product depends on.
func dial(o Options) (gorm.Dialector, error) {
	switch o.Driver {
	case SQLite:
		path := o.DSN
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, fmt.Errorf("database folder: %w", err)
		}
		// synchronous FULL: a commit that was answered survives a power cut, as on MySQL.
		q := url.Values{
			"_pragma":      {"journal_mode(WAL)", "synchronous(FULL)", "busy_timeout(10000)", "foreign_keys(1)"},
			"_txlock":      {"immediate"},
			"_time_format": {"sqlite"},
		}
		return sqlite.Open("file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()), nil
	case MySQL:
		c, err := mysqldriver.ParseDSN(o.DSN)
		if err != nil {
			return nil, fmt.Errorf("database.dsn: %w", err)
		}
		c.ParseTime, c.Loc, c.InterpolateParams, c.Collation = true, time.UTC, true, "utf8mb4_bin"
		if c.Params == nil {
			c.Params = map[string]string{}
		}
		c.Params["time_zone"] = "'+00:00'"
		if c.Timeout == 0 {
			c.Timeout = 10 * time.Second
		}
		return mysql.New(mysql.Config{DSN: c.FormatDSN(), DisableWithReturning: true, DefaultStringSize: 255}), nil
	}
	return nil, fmt.Errorf("database.driver %q is neither %s nor %s", o.Driver, SQLite, MySQL)
}

// migrate applies the versions missing. On MySQL a named lock keeps two starting processes apart.
func (s *Store) migrate(ctx context.Context) error {
	dir, dialect := "migrations/sqlite", goose.DialectSQLite3
	if s.driver == MySQL {
		dir, dialect = "migrations/mysql", goose.DialectMySQL
		conn, err := s.sqldb.Conn(ctx)
		if err != nil {
			return fmt.Errorf("database: %w", err)
		}
		defer conn.Close()
		var got sql.NullInt64
		if err := conn.QueryRowContext(ctx, "SELECT GET_LOCK('xianjie_migrate', 60)").Scan(&got); err != nil || got.Int64 != 1 {
			return fmt.Errorf("database: another process is changing the schema: %w", errors.Join(err, errors.New("no lock after 60 s")))
		}
		defer conn.ExecContext(context.WithoutCancel(ctx), "DO RELEASE_LOCK('xianjie_migrate')") //nolint:errcheck // ends with the connection
	}
	files, err := fs.Sub(migrations, dir)
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(dialect, s.sqldb, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("database schema: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("database schema: %w", err)
	}
	return nil
}

// Close closes the database.
func (s *Store) Close() error { return s.sqldb.Close() }

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.sqldb.PingContext(ctx) }

// Driver is SQLite or MySQL.
func (s *Store) Driver() string { return s.driver }

// db is the handle for reading.
func (s *Store) db(ctx context.Context) *gorm.DB {
	return s.gdb.WithContext(context.WithValue(ctx, sealerKey{}, s.seal))
}

// utc is an instant as it is stored.
func utc(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// attempts bounds how often a transaction that lost against another is tried.
const attempts = 8

// tx runs f in one transaction, again and whole when the database chose it as the loser of a deadlock or it waited out
// a lock. Nothing relies on repeatable read: what is read to be written is locked by the read.
func (s *Store) tx(ctx context.Context, f func(*gorm.DB) error) error {
	if s.driver == SQLite {
		s.writing.Lock()
		defer s.writing.Unlock()
	}
	var opts []*sql.TxOptions
	if s.driver == MySQL { // MariaDB and MySQL name the variable differently; this works on both
		opts = append(opts, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	}
	for n := 1; ; n++ {
		err := s.db(ctx).Transaction(f, opts...)
		if err == nil || n == attempts || !lost(err) {
			return err
		}
		wait := time.Duration(n*n) * 5 * time.Millisecond
		wait += rand.N(wait)
		s.log.Debug("transaction tried again", "attempt", n, "err", err)
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(wait):
		}
	}
}

// lost reports an error after which the same transaction may succeed.
func lost(err error) bool {
	var m *mysqldriver.MySQLError
	if errors.As(err, &m) {
		return m.Number == 1213 || m.Number == 1205 || m.Number == 1020
	}
	text := err.Error()
	return strings.Contains(text, "SQLITE_BUSY") || strings.Contains(text, "database is locked")
}

// lock makes a read inside a transaction lock its rows. On SQLite the transaction holds the only write lock already.
func (s *Store) lock(tx *gorm.DB) *gorm.DB {
	if s.driver == MySQL {
		return tx.Clauses(forUpdate)
	}
	return tx
}
