package config

import (
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	"go.yaml.in/yaml/v3"
)

// field is one setting.
type field struct {
	key     string // section.name, or name alone
	preset  string // the default, as YAML
	comment string // for the example file
	set     func(c *Config, n *yaml.Node) error
}

// variable is the environment variable of a setting: XIANJIE_WECHAT_PACE_PER_HOUR for wechat.pace.per_hour.
func (f field) variable() string {
	return prefix + strings.ToUpper(strings.ReplaceAll(f.key, ".", "_"))
}

const prefix = "XIANJIE_"

// fields are all settings, sections together. The zone stands before the clock, which is read in it.
var fields = slices.Concat(generalFields, alertFields, machineFields)

var generalFields = []field{
	{
		"season", "cqu-2020", "a built-in season or the path of a season file",
		text(func(c *Config) *string { return &c.Season }, filled),
	},
	{"timezone", "Asia/Shanghai", "the zone of all dates and times people read and write", setZone},
	{
		"database.driver", SQLite, "sqlite | mysql",
		text(func(c *Config) *string { return &c.Database.Driver }, oneOf(SQLite, MySQL)),
	},
	{
		"database.dsn", "./data/xianjie.db", "sqlite: a file; mysql: user:password@tcp(host:3306)/xianjie",
		text(func(c *Config) *string { return &c.Database.DSN }, filled),
	},
	{
		"redis.addr", `""`, "host:port; empty: one process, coordination in memory",
		text(func(c *Config) *string { return &c.Redis.Addr }, empty(hostPort)),
	},
	{"redis.lease", "20s", "how long other processes wait for the accounts of one that died; 3s to 5m", setLease},
	{"wechat.accounts", "[{name: main, mode: desktop}]", "mode: desktop | normal", setAccounts},
	{
		"wechat.endpoint", `""`, "host:port: every WeChat host is reached there instead (a simulator)",
		text(func(c *Config) *string { return &c.WeChat.Endpoint }, empty(hostPort)),
	},
	{
		"wechat.ca_file", `""`, "PEM certificate to trust at that endpoint",
		text(func(c *Config) *string { return &c.WeChat.CAFile }),
	},
	{"wechat.pace.every", "4s", "mean distance between two messages of an account", setEvery},
	{"wechat.pace.jitter", "0.5", "each distance varies by this share, 0 to 1", setJitter},
	{
		"wechat.pace.per_minute", "20", "messages of an account in any minute; 0: no limit",
		count(func(c *Config) *int { return &c.WeChat.Pace.PerMinute }),
	},
	{
		"wechat.pace.per_hour", "300", "messages of an account in any hour; 0: no limit",
		count(func(c *Config) *int { return &c.WeChat.Pace.PerHour }),
	},
	{
		"wechat.pace.per_day", "1500", "messages of an account in any 24 hours; 0: no limit",
		count(func(c *Config) *int { return &c.WeChat.Pace.PerDay }),
	},
	{
		"console.listen", "127.0.0.1:8080", "host:port of the page for officers and those who run the bot; empty: none",
		text(func(c *Config) *string { return &c.Console.Listen }, empty(hostPort)),
	},
	{
		"console.url", `""`, "how browsers reach it, such as https://xianjie.example.edu.cn; empty: http:// and what it listens on",
		text(func(c *Config) *string { return &c.Console.URL }, empty(webAddress)),
	},
	{
		"metrics.listen", `""`, "host:port of /healthz, /readyz and /metrics, for monitoring alone; empty: none",
		text(func(c *Config) *string { return &c.Metrics.Listen }, empty(hostPort)),
	},
}

var machineFields = []field{
	{"clock.start_at", `""`, `rehearsal and training: "2020-06-20 09:30" or RFC 3339; empty: the real time`, setStart},
	{
		"secrets.key_file", "./data/key", "encrypts personal fields and WeChat sessions; made on first start, mode 0600",
		text(func(c *Config) *string { return &c.Secrets.KeyFile }, filled),
	},
	{"log.level", "info", "debug | info | warn | error", setLevel},
	{
		"log.format", Text, "text | json",
		text(func(c *Config) *string { return &c.Log.Format }, oneOf(Text, JSON)),
	},
}

// text is a setting that is a string passing every check.
func text(to func(*Config) *string, checks ...func(string) error) func(*Config, *yaml.Node) error {
	return func(c *Config, n *yaml.Node) error {
		s, err := scalar(n)
		if err != nil {
			return err
		}
		for _, check := range checks {
			if err := check(s); err != nil {
				return err
			}
		}
		*to(c) = s
		return nil
	}
}

// count is a setting that is a whole number from 0.
func count(to func(*Config) *int) func(*Config, *yaml.Node) error {
	return func(c *Config, n *yaml.Node) error {
		s, err := scalar(n)
		if err != nil {
			return err
		}
		v, err := strconv.Atoi(s)
		if err != nil || v < 0 {
			return fmt.Errorf("%q is not a whole number from 0", s)
		}
		*to(c) = v
		return nil
	}
}

// scalar is the text of a single value; a key with nothing behind it is the empty text.
func scalar(n *yaml.Node) (string, error) {
	switch {
	case n.Kind != yaml.ScalarNode:
		return "", fmt.Errorf("one value is wanted, not a list or a section")
	case n.Tag == "!!null":
		return "", nil
	}
	return strings.TrimSpace(n.Value), nil
}

func filled(s string) error {
	if s == "" {
		return fmt.Errorf("must not be empty")
	}
	return nil
}

func oneOf(values ...string) func(string) error {
	return func(s string) error {
		if !slices.Contains(values, s) {
			return fmt.Errorf("%q is not one of %s", s, strings.Join(values, ", "))
		}
		return nil
	}
}

// empty lets nothing pass as well.
func empty(check func(string) error) func(string) error {
	return func(s string) error {
		if s == "" {
			return nil
		}
		return check(s)
	}
}

func hostPort(s string) error {
	_, port, err := net.SplitHostPort(s)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return fmt.Errorf("%q is not host:port", s)
	}
	return nil
}

// webAddress is how a site begins: scheme and host, nothing behind them.
func webAddress(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("%q is not like https://xianjie.example.edu.cn", s)
	}
	return nil
}

// check refuses a DSN of another driver: SQLite would make a file of any text. What it says holds nothing of the DSN, in
// which there is a password.
func (d Database) check() error {
	switch {
	case d.DSN == "": // reported as such
	case d.Driver == MySQL:
		if c, err := mysql.ParseDSN(d.DSN); err != nil || c.DBName == "" {
			return fmt.Errorf("for mysql it is written user:password@tcp(host:3306)/xianjie")
		}
	case d.Driver == SQLite && mysqlForm.MatchString(d.DSN):
		return fmt.Errorf("this is the address of a MySQL server, but the driver is sqlite, which wants the path of a file")
	}
	return nil
}

// mysqlForm is how the address of a MySQL server looks.
var mysqlForm = regexp.MustCompile(`@(tcp|unix)\(`)

func setZone(c *Config, n *yaml.Node) error {
	s, err := scalar(n)
	if err != nil {
		return err
	}
	// time.LoadLocation takes "" for UTC and "Local" for wherever the machine stands: neither is a place.
	zone, err := time.LoadLocation(s)
	if err != nil || s == "" || s == "Local" {
		return fmt.Errorf("%q is not a time zone such as Asia/Shanghai", s)
	}
	c.Zone = zone
	return nil
}

func setEvery(c *Config, n *yaml.Node) error {
	s, err := scalar(n)
	if err != nil {
		return err
	}
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 {
		return fmt.Errorf("%q is not a positive duration such as 4s", s)
	}
	c.WeChat.Pace.Every = d
	return nil
}

func setLease(c *Config, n *yaml.Node) error {
	s, err := scalar(n)
	if err != nil {
		return err
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 3*time.Second || d > 5*time.Minute {
		return fmt.Errorf("%q is not a duration from 3s to 5m such as 20s", s)
	}
	c.Redis.Lease = d
	return nil
}

func setJitter(c *Config, n *yaml.Node) error {
	s, err := scalar(n)
	if err != nil {
		return err
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || !(v >= 0 && v <= 1) { // so written, NaN is refused too
		return fmt.Errorf("%q is not a number from 0 to 1", s)
	}
	c.WeChat.Pace.Jitter = v
	return nil
}

func setStart(c *Config, n *yaml.Node) error {
	s, err := scalar(n)
	if err != nil || s == "" {
		return err
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		zone := c.Zone
		if zone == nil { // the zone is wrong and reported as such
			zone = time.UTC
		}
		at, err = time.ParseInLocation("2006-01-02 15:04", s, zone)
	}
	if err != nil {
		return fmt.Errorf(`%q is neither like "2020-06-20 09:30" nor RFC 3339`, s)
	}
	c.Clock.StartAt = at.UTC()
	return nil
}

func setLevel(c *Config, n *yaml.Node) error {
	s, err := scalar(n)
	if err != nil {
		return err
	}
	levels := map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}
	level, ok := levels[s]
	if !ok {
		return fmt.Errorf("%q is not one of debug, info, warn, error", s)
	}
	c.Log.Level = level
	return nil
}

// accountName can stand in a file name, a Redis key and a log line.
var accountName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,31}$`)

// setAccounts reads a list of {name, mode}; mode may be left out.
func setAccounts(c *Config, n *yaml.Node) error {
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		return fmt.Errorf("a list of accounts is wanted, such as [{name: main, mode: desktop}]")
	}
	c.WeChat.Accounts = nil
	var all faults
	for i, item := range n.Content {
		a := Account{Mode: Desktop}
		if err := setAccount(&a, item); err != nil {
			all.under(fmt.Sprintf("[%d]", i), item.Line, err)
			continue
		}
		if slices.ContainsFunc(c.WeChat.Accounts, func(b Account) bool { return b.Name == a.Name }) {
			all.under(fmt.Sprintf("[%d].name", i), item.Line, fmt.Errorf("%q is there twice", a.Name))
		}
		c.WeChat.Accounts = append(c.WeChat.Accounts, a)
	}
	return all.err()
}

func setAccount(a *Account, n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("an account is written {name: main, mode: desktop}")
	}
	var all faults
	for key, value := range pairs(n) {
		s, err := scalar(value)
		switch {
		case err != nil:
		case key.Value == "name":
			a.Name = s
		case key.Value == "mode":
			a.Mode, err = s, oneOf(Desktop, Normal)(s)
		default:
			err = fmt.Errorf("there is no such setting; an account has name and mode")
		}
		if err != nil {
			all.under("."+key.Value, key.Line, err)
		}
	}
	if !accountName.MatchString(a.Name) {
		all.under(".name", n.Line, fmt.Errorf("%q is not a name of lower-case letters, digits, - and _, at most 32", a.Name))
	}
	return all.err()
}
