package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"xianjie/config"
	"xianjie/season"
	"xianjie/seasons"
	"xianjie/storage"
)

// Data is the season and the database of an installation.
type Data struct {
	Config config.Config
	Season *season.Season
	Store  *storage.Store
	Now    func() time.Time
	Log    *slog.Logger
}

// OpenData loads the season file and opens the database, which is brought up to date. now is the clock; nil means the
// clock of the settings.
func OpenData(ctx context.Context, c config.Config, now func() time.Time, log *slog.Logger) (*Data, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if now == nil {
		now = Clock(c.Clock, time.Now)
	}
	sn, err := seasons.Load(c.Season)
	if err != nil {
		return nil, err
	}
	st, err := storage.Open(ctx, storage.Options{Driver: c.Database.Driver, DSN: c.Database.DSN, KeyFile: c.Secrets.KeyFile, Now: now, Wall: time.Now, Log: log})
	if err != nil {
		return nil, err
	}
	return &Data{Config: c, Season: sn, Store: st, Now: now, Log: log}, nil
}

// Close closes the database.
func (d *Data) Close() error { return d.Store.Close() }

// Clock is the product's clock: real is the machine's, and with a start_at everything happens as if this process had
// started then.
func Clock(c config.Clock, real func() time.Time) func() time.Time {
	if c.StartAt.IsZero() {
		return real
	}
	began := real()
	return func() time.Time { return c.StartAt.Add(real().Sub(began)) }
}

// Logger writes what the process says about itself.
func Logger(c config.Log) *slog.Logger {
	o := &slog.HandlerOptions{Level: c.Level}
	if c.Format == config.JSON {
		return slog.New(slog.NewJSONHandler(os.Stderr, o))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, o))
}

// ErrServing says that another process serves on the same database file already.
var ErrServing = errors.New("another xianjie serve is running on this database file; stop it first")

// alone claims a database file for this process. A file has no server that could keep two processes apart, and two of
// them would log in to the same WeChat account. With MySQL the claim is nobody's: there Redis keeps processes apart.
func alone(c config.Database) (release func(), err error) {
	if c.Driver != config.SQLite {
		return func() {}, nil
	}
	if err := os.MkdirAll(filepath.Dir(c.DSN), 0o700); err != nil {
		return nil, fmt.Errorf("database folder: %w", err)
	}
	lock := flock.New(c.DSN+".lock", flock.SetPermissions(0o600))
	ok, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock beside the database file: %w", err)
	}
	if !ok {
		return nil, ErrServing
	}
	return func() { _ = lock.Unlock() }, nil // it ends with the process anyway
}
