// Package config reads the settings of an installation.
//
//	built-in defaults ─► xianjie.yaml ─► environment (XIANJIE_DATABASE_DSN for database.dsn) ─► checks ─► Config
//
// Every setting has one row in the table of fields.go: its key, its default, what it means, and how its text becomes a
// value. The file, the environment, the checks and the example file all come from that table, so they cannot disagree.
// All faults are reported together, each with its key and the line of the file or the name of the variable.
package config

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"
)

// DefaultPath is read when no other file is named, if it exists.
const DefaultPath = "./xianjie.yaml"

// Drivers of the database.
const (
	SQLite = "sqlite"
	MySQL  = "mysql"
)

// Modes in which an account logs in to WeChat.
const (
	Desktop = "desktop" // as the desktop client does; works for most accounts
	Normal  = "normal"  // as the old web page does; only for accounts WeChat still lets in there
)

// Formats of the log.
const (
	Text = "text"
	JSON = "json"
)

// Config is every setting, checked and ready to use.
type Config struct {
	Season   string         // a built-in season or the path of a season file
	Zone     *time.Location // of every civil date and time people read or write
	Database Database
	Redis    Redis
	WeChat   WeChat
	Console  Console
	Alerts   Alerts
	Metrics  Metrics
	Clock    Clock
	Secrets  Secrets
	Log      Log
}

// Database is where everything is stored.
type Database struct {
	Driver string // SQLite or MySQL
	DSN    string // SQLite: path of the file; MySQL: user:password@tcp(host:3306)/name
}

// Redis is what several processes coordinate through.
type Redis struct {
	Addr  string        // host:port; empty: one process, coordination in memory
	Lease time.Duration // how long the others wait for the account of a process that died
}

// WeChat is the accounts and how they reach WeChat.
type WeChat struct {
	Accounts []Account // at least one, names distinct
	Endpoint string    // host:port reached instead of every WeChat host; empty: WeChat itself
	CAFile   string    // PEM certificate to trust at Endpoint; empty: only the system's
	Pace     Pace
}

// Account is one WeChat account the bot speaks through.
type Account struct {
	Name string // how this installation calls it: lower-case letters, digits, - and _
	Mode string // Desktop or Normal
}

// Pace is how fast each account may send.
type Pace struct {
	Every     time.Duration // mean distance between two messages; positive
	Jitter    float64       // each distance is Every·(1±Jitter); 0 to 1
	PerMinute int           // in any 60 seconds; 0: no limit
	PerHour   int           // in any 60 minutes; 0: no limit
	PerDay    int           // in any 24 hours; 0: no limit
}

// Console is the page for the people who run the bot.
type Console struct {
	Listen string // host:port; empty: no page
	URL    string // scheme and host browsers reach it by, without a slash at the end; empty: http and Listen
}

// Metrics is what monitoring asks.
type Metrics struct {
	Listen string // host:port; empty: nothing is told
}

// Clock is for rehearsal and training.
type Clock struct {
	StartAt time.Time // behave as if the process had started at this time; zero: the real time
}

// Secrets is how personal fields and WeChat sessions are protected.
type Secrets struct {
	KeyFile string // made on first start, mode 0600
}

// Log is what the process says about itself on standard error.
type Log struct {
	Level  slog.Level
	Format string // Text or JSON
}

// Load reads the settings. A path given by a person (explicit) must exist; otherwise a missing file means defaults, and
// an empty path means DefaultPath. environ has the form of os.Environ: KEY=value; a variable set to nothing counts
// as set. The error joins one [Fault] for each thing that is wrong; the file not being readable is not a Fault.
func Load(path string, explicit bool, environ []string) (Config, error) {
	if path == "" {
		path, explicit = DefaultPath, false
	}
	data, err := os.ReadFile(path)
	if err != nil && (explicit || !errors.Is(err, fs.ErrNotExist)) {
		return Config{}, fmt.Errorf("settings: %w", err)
	}
	var l loader
	l.file(path, data)
	l.environment(environ)
	return l.config()
}

// Fault is one setting that cannot be used.
type Fault struct {
	Where string // "xianjie.yaml line 7" or "variable XIANJIE_LOG_LEVEL"
	Key   string // such as "log.level"; empty when the file is not YAML
	Text  string // what is wrong and what would be right
}

func (f Fault) Error() string {
	if f.Key == "" {
		return f.Where + ": " + f.Text
	}
	return f.Where + ": " + f.Key + ": " + f.Text
}
