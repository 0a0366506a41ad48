package storage

import (
	"context"
	"database/sql"
	"database/sql/driver"
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
	"sync/atomic"
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
	Key    []byte // KeySize bytes
	// KeyFile is where the keys are, in place of Key; it is made when it is missing, and read again after RotateKey.
	KeyFile string
	Now     func() time.Time
	// Wall is the clock of what concerns browsers and not the season: how long a link or a session of the console keeps.
	// Nil: Now. A season that is played in minutes must not sign everybody out.
	Wall func() time.Time
	Log  *slog.Logger
}

// Store is an open database with its schema up to date. It is safe for concurrent use.
type Store struct {
	gdb    *gorm.DB
	sqldb  *sql.DB
	driver string
	seal   *sealer
	chain  *chain
	now    func() time.Time
	wall   func() time.Time
	log    *slog.Logger
	most   int // rows a statement writes; databases bound the number of parameters
	// writing keeps writers of one process apart on SQLite, which has one writer: waiting here is fair and instant,
	// waiting in SQLite is polling.
	writing sync.Mutex
	free    atomic.Bool // known not to be held
}

// ErrConflict says that what a commit was decided on has changed meanwhile; nothing was written. Decide again.
var ErrConflict = errors.New("stored state has changed")

// NotFound reports that a row asked for by id or number does not exist.
func NotFound(err error) bool { return errors.Is(err, gorm.ErrRecordNotFound) }

// Open opens the database and brings its schema up to date.
func Open(ctx context.Context, o Options) (*Store, error) {
	s, err := open(ctx, o)
	if err != nil {
		return nil, err
	}
	for _, step := range []func(context.Context) error{s.migrate, s.whole, s.proveKey, s.startChain} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

// open opens the database as it is.
func open(ctx context.Context, o Options) (*Store, error) {
	keys := [][]byte{o.Key}
	if o.KeyFile != "" {
		var err error
		if keys, err = LoadOrCreateKeys(o.KeyFile); err != nil {
			return nil, err
		}
	}
	seal, err := newSealer(o.KeyFile, keys)
	if err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Store{driver: o.Driver, seal: seal, log: o.Log, most: 500}
	if o.Driver == SQLite {
		s.most = sqliteRows
	}
	s.now = func() time.Time { return utc(o.Now()) }
	if s.wall = s.now; o.Wall != nil {
		s.wall = func() time.Time { return utc(o.Wall()) }
	}
	dialector, err := dial(o)
	if err != nil {
		return nil, err
	}
	if err := s.connect(ctx, dialector); err != nil {
		return nil, fmt.Errorf("database %s: %w", o.Driver, err)
	}
	s.sqldb.SetMaxOpenConns(8)
	s.sqldb.SetMaxIdleConns(8)
	if s.driver == MySQL {
		s.sqldb.SetConnMaxIdleTime(idleFor / 2)
	}
	return s, nil
}

// ErrKey says that the key is not the one this database was written with. What is sealed in it cannot be read, and
// nothing may be written under a second key.
var ErrKey = errors.New("this database was written with another key; restore the key file that belongs to it from the backup")

// metaKey holds a word sealed with the key of the database.
const metaKey = "key"

// proveKey leaves a sealed word in a new database. In one that has it, the fence of the transaction opens it or refuses.
func (s *Store) proveKey(ctx context.Context) error {
	return s.tx(ctx, func(tx *gorm.DB) error {
		word, err := s.keyWord(tx)
		if err != nil || word != "" {
			return err
		}
		return tx.Create(&metaRow{metaKey, s.seal.seal("xianjie")}).Error // a second time when another was faster
	})
}

// keyWord reads the sealed word and keeps it as it is until the transaction ends.
func (s *Store) keyWord(tx *gorm.DB) (string, error) {
	query := "SELECT value FROM meta WHERE name = ?"
	if s.driver == MySQL {
		query += " LOCK IN SHARE MODE"
	}
	var words []string
	err := tx.Raw(query, metaKey).Scan(&words).Error
	if err != nil || len(words) == 0 {
		return "", err
	}
	return words[0], nil
}

// keyed makes sure that a transaction seals with the key that is current in the database until it commits: a rotation that
// changes it waits for the transaction, and what this process takes for current is corrected first.
func (s *Store) keyed(tx *gorm.DB) error {
	word, err := s.keyWord(tx)
	if err != nil || word == "" {
		return err
	}
	return s.seal.follow(word)
}

// connect opens the database. A new SQLite file is refused as locked, whatever the timeout, while another process turns
// its journal on; that is over at once.
func (s *Store) connect(ctx context.Context, dialector gorm.Dialector) error {
	for n := 1; ; n++ {
		var err error
		s.gdb, err = gorm.Open(dialector, &gorm.Config{
			SkipDefaultTransaction: true,
			TranslateError:         true,
			NowFunc:                s.now,
			Logger:                 logger.Discard,
			CreateBatchSize:        s.most,
		})
		if err == nil {
			s.sqldb, err = s.gdb.DB()
			return err
		}
		if s.gdb != nil {
			if db, nothing := s.gdb.DB(); nothing == nil && db != nil {
				_ = db.Close()
			}
		}
		if n == attempts || !lost(err) {
			return err
		}
		if stopped := pause(ctx, n); stopped != nil {
			return errors.Join(err, stopped)
		}
	}
}

// dial checks the DSN and adds what the product depends on.
func dial(o Options) (gorm.Dialector, error) {
	switch o.Driver {
	case SQLite:
		path := o.DSN
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, fmt.Errorf("database folder: %w", err)
		}
		// Made here, because SQLite would let everybody read what it makes; its side files take the mode of this one.
		f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return nil, fmt.Errorf("database file: %w", err)
		}
		if err := f.Close(); err != nil {
			return nil, fmt.Errorf("database file: %w", err)
		}
		// busy_timeout first: changing the journal mode waits for others too. synchronous FULL: a commit that was
		// answered survives a power cut, as on MySQL.
		q := url.Values{
			"_pragma":      {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"},
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
		c.ClientFoundRows = true // RowsAffected counts the rows an UPDATE found, as on SQLite, not those it changed
		if c.Params == nil {
			c.Params = map[string]string{}
		}
		c.Params["time_zone"] = "'+00:00'"
		if c.Timeout == 0 {
			c.Timeout = 10 * time.Second
		}
		c.Logger = driverLog{o.Log}
		dial, err := mysqldriver.NewConnector(c)
		if err != nil {
			return nil, fmt.Errorf("database.dsn: %w", err)
		}
		return mysql.New(mysql.Config{Conn: sql.OpenDB(readCommitted{dial}), DisableWithReturning: true, DefaultStringSize: 255}), nil
	}
	return nil, fmt.Errorf("database.driver %q is neither %s nor %s", o.Driver, SQLite, MySQL)
}

// driverLog keeps the driver from writing to standard error by itself: what goes wrong is returned, too.
type driverLog struct{ log *slog.Logger }

// Print implements the driver's Logger.
func (l driverLog) Print(v ...any) { l.log.Debug("database driver", "says", fmt.Sprint(v...)) }

// idleFor is how long the server keeps a connection on which nothing is said. A process that is stopped in the middle of a
// transaction holds its locks, and with them whoever wants to take over, until the server gives it up; by itself that would
// be hours.
const idleFor = 10 * time.Second

// readCommitted opens connections whose transactions see what others commit meanwhile, and lock only the rows they read.
// MariaDB and MySQL name the variable differently; this statement works on both, once per connection rather than once per
// transaction.
type readCommitted struct{ driver.Connector }

func (r readCommitted) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := r.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	exec, ok := conn.(driver.ExecerContext)
	if !ok {
		return nil, errors.Join(errors.New("the MySQL driver cannot execute statements"), conn.Close())
	}
	for _, set := range []string{
		"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
		fmt.Sprintf("SET SESSION wait_timeout = %d", idleFor/time.Second),
	} {
		if _, err := exec.ExecContext(ctx, set, nil); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	return conn, nil
}

// migrate applies the versions missing.
func (s *Store) migrate(ctx context.Context) error {
	return s.schema(ctx, func(p *goose.Provider) error {
		_, err := p.Up(ctx)
		return err
	})
}

// schema changes the schema. Two processes may start at once: on MySQL a named lock keeps them apart; SQLite
// has none, so the one that finds a version applied under its hands looks again.
func (s *Store) schema(ctx context.Context, change func(*goose.Provider) error) error {
	if s.driver == MySQL {
		conn, err := s.sqldb.Conn(ctx)
		if err != nil {
			return fmt.Errorf("database: %w", err)
		}
		defer conn.Close()
		// This one says nothing for as long as the versions take.
		if _, err := conn.ExecContext(ctx, "SET SESSION wait_timeout = DEFAULT"); err != nil {
			return fmt.Errorf("database: %w", err)
		}
		defer conn.ExecContext(context.WithoutCancel(ctx), fmt.Sprintf("SET SESSION wait_timeout = %d", idleFor/time.Second)) //nolint:errcheck // ends with the connection
		var got sql.NullInt64
		if err := conn.QueryRowContext(ctx, "SELECT GET_LOCK('xianjie_migrate', 60)").Scan(&got); err != nil || got.Int64 != 1 {
			return fmt.Errorf("database: another process is changing the schema: %w", errors.Join(err, errors.New("no lock after 60 s")))
		}
		defer conn.ExecContext(context.WithoutCancel(ctx), "DO RELEASE_LOCK('xianjie_migrate')") //nolint:errcheck // ends with the connection
	}
	for n := 1; ; n++ {
		p, err := s.versions()
		if err == nil {
			err = change(p)
		}
		switch {
		case err == nil:
			return nil
		case s.driver == MySQL || n == attempts:
			return fmt.Errorf("database schema: %w", err)
		}
		if err := pause(ctx, n); err != nil {
			return fmt.Errorf("database schema: %w", err)
		}
	}
}

// versions are the versions of the schema and which of them the database has.
func (s *Store) versions() (*goose.Provider, error) {
	dir, dialect := "migrations/sqlite", goose.DialectSQLite3
	if s.driver == MySQL {
		dir, dialect = "migrations/mysql", goose.DialectMySQL
	}
	files, err := fs.Sub(migrations, dir)
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(dialect, s.sqldb, files, goose.WithDisableGlobalRegistry(true))
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

// tx runs f in one transaction that seals with the key of the database (see keyed), again and whole when the database chose
// it as the loser of a deadlock, it waited out a lock, or another inserted a row between its look and its own insert.
// Nothing relies on repeatable read: what is read to be written is locked by the read. Under a fence that is not the
// present one it writes nothing ([Fence]).
func (s *Store) tx(ctx context.Context, f func(*gorm.DB) error) error {
	return s.transact(ctx, func(tx *gorm.DB) error {
		if err := s.keyed(tx); err != nil {
			return err
		}
		return f(tx)
	})
}

// transact is tx without the look at the key, for what changes it.
func (s *Store) transact(ctx context.Context, f func(*gorm.DB) error) error {
	if s.driver == SQLite {
		s.writing.Lock()
		defer s.writing.Unlock()
	}
	for n := 1; ; n++ {
		err := s.db(ctx).Transaction(func(tx *gorm.DB) error {
			if err := s.fenced(ctx, tx); err != nil {
				return err
			}
			return f(tx)
		})
		again := lost(err) || s.driver == MySQL && n < 3 && errors.Is(err, gorm.ErrDuplicatedKey)
		if err == nil || n == attempts || !again {
			return err
		}
		s.log.Debug("transaction tried again", "attempt", n, "err", err)
		if stopped := pause(ctx, n); stopped != nil {
			return errors.Join(err, stopped)
		}
	}
}

// pause waits before an attempt after the nth, longer each time.
func pause(ctx context.Context, n int) error {
	wait := time.Duration(n*n) * 5 * time.Millisecond
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(wait + rand.N(wait)):
		return nil
	}
}

// lost reports an error after which the same transaction may succeed.
func lost(err error) bool {
	if err == nil {
		return false
	}
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

// Now is the clock everything is written by, in UTC.
func (s *Store) Now() time.Time { return s.now() }
