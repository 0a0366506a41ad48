package config

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

func shanghai(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// defaults are those of the documentation, written out once more.
func defaults(t *testing.T) Config {
	t.Helper()
	return Config{
		Season:   "cqu-2020",
		Zone:     shanghai(t),
		Database: Database{Driver: "sqlite", DSN: "./data/xianjie.db"},
		Redis:    Redis{Lease: 20 * time.Second},
		WeChat: WeChat{
			Accounts: []Account{{Name: "main", Mode: "desktop"}},
			Pace:     Pace{Every: 4 * time.Second, Jitter: 0.5, PerMinute: 20, PerHour: 300, PerDay: 1500},
		},
		Console: Console{Listen: "127.0.0.1:8080"},
		Alerts:  Alerts{Form: "plain", Silence: 24 * time.Hour, SMTP: SMTP{Port: 587, TLS: "auto"}},
		Secrets: Secrets{KeyFile: "./data/key"},
		Log:     Log{Level: slog.LevelInfo, Format: "text"},
	}
}

// write makes a settings file and returns its path.
func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "my.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

var sameZone = cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })

func same(t *testing.T, got, want Config) {
	t.Helper()
	if d := cmp.Diff(want, got, sameZone); d != "" {
		t.Errorf("settings differ (- want, + got):\n%s", d)
	}
}

func TestLoad(t *testing.T) {
	for _, row := range []struct {
		name, file string
		environ    []string
		change     func(*Config) // from the defaults
	}{
		{name: "nothing at all", change: func(*Config) {}},
		{name: "comments only", file: "# nothing yet\n", change: func(*Config) {}},
		{name: "sections without keys", file: "database:\nwechat:\n  pace:\n", change: func(*Config) {}},
		{name: "the example", file: Example(), change: func(*Config) {}},
		{
			name: "every setting in the file",
			file: `
season: ./my-season.yaml
timezone: Asia/Urumqi
database: {driver: mysql, dsn: "bot:p#a:ss@tcp(db:3306)/xianjie"}
redis: {addr: "redis:6379", lease: 1m}
wechat:
  accounts:
    - {name: first, mode: normal}
    - name: second-2
  endpoint: "127.0.0.1:4433"
  ca_file: ./ca.pem
  pace: {every: 1m30s, jitter: 0, per_minute: 0, per_hour: 0, per_day: 20}
console: {listen: ":80"}
alerts:
  webhook: https://hooks.example.edu/?key=x
  form: wecom
  silence: 0s
  smtp: {host: mail.example.edu, port: 465, tls: auto, from: bot@example.edu, to: [a@example.edu, b@example.edu], user: bot, password_file: ./pw}
clock: {start_at: 2020-06-20 09:30}
secrets: {key_file: /etc/key}
log: {level: debug, format: json}
`,
			change: func(c *Config) {
				*c = Config{
					Season:   "./my-season.yaml",
					Database: Database{"mysql", "bot:p#a:ss@tcp(db:3306)/xianjie"},
					Redis:    Redis{"redis:6379", time.Minute},
					WeChat: WeChat{
						Accounts: []Account{{"first", "normal"}, {"second-2", "desktop"}},
						Endpoint: "127.0.0.1:4433",
						CAFile:   "./ca.pem",
						Pace:     Pace{Every: 90 * time.Second, PerDay: 20},
					},
					Console: Console{Listen: ":80"},
					Alerts: Alerts{"https://hooks.example.edu/?key=x", "wecom", 0, SMTP{
						"mail.example.edu", 465, "auto", "bot@example.edu", []string{"a@example.edu", "b@example.edu"}, "bot", "./pw",
					}},
					Clock:   Clock{time.Date(2020, 6, 20, 3, 30, 0, 0, time.UTC)},
					Secrets: Secrets{"/etc/key"},
					Log:     Log{slog.LevelDebug, "json"},
				}
				c.Zone, _ = time.LoadLocation("Asia/Urumqi")
			},
		},
		{
			name: "every setting in the environment",
			environ: []string{
				"XIANJIE_SEASON=mine", "XIANJIE_TIMEZONE=UTC", "XIANJIE_DATABASE_DRIVER=mysql",
				"XIANJIE_DATABASE_DSN=bot:a: b#c=d@tcp(db:3306)/x", "XIANJIE_REDIS_ADDR=[::1]:6379", "XIANJIE_REDIS_LEASE=3s",
				"XIANJIE_WECHAT_ACCOUNTS=[{name: a}, {name: b, mode: normal}]", "XIANJIE_WECHAT_ENDPOINT=sim:443",
				"XIANJIE_WECHAT_CA_FILE=ca.pem", "XIANJIE_WECHAT_PACE_EVERY=2s", "XIANJIE_WECHAT_PACE_JITTER=1",
				"XIANJIE_WECHAT_PACE_PER_MINUTE=3", "XIANJIE_WECHAT_PACE_PER_HOUR=7", "XIANJIE_WECHAT_PACE_PER_DAY=8", "XIANJIE_CONSOLE_LISTEN=0.0.0.0:9",
				"XIANJIE_ALERTS_WEBHOOK=http://hook:1/", "XIANJIE_ALERTS_FORM=feishu", "XIANJIE_ALERTS_SILENCE=12h",
				"XIANJIE_ALERTS_SMTP_HOST=localhost", "XIANJIE_ALERTS_SMTP_PORT=25", "XIANJIE_ALERTS_SMTP_TLS=none",
				"XIANJIE_ALERTS_SMTP_FROM=b@example.edu", "XIANJIE_ALERTS_SMTP_TO=[o@example.edu]",
				"XIANJIE_ALERTS_SMTP_USER=", "XIANJIE_ALERTS_SMTP_PASSWORD_FILE=",
				"XIANJIE_CLOCK_START_AT=2020-06-20T09:30:00+08:00", "XIANJIE_SECRETS_KEY_FILE=k",
				"XIANJIE_LOG_LEVEL=error", "XIANJIE_LOG_FORMAT=json",
			},
			change: func(c *Config) {
				*c = Config{
					Season: "mine", Zone: time.UTC,
					Database: Database{"mysql", "bot:a: b#c=d@tcp(db:3306)/x"},
					Redis:    Redis{"[::1]:6379", 3 * time.Second},
					WeChat: WeChat{
						Accounts: []Account{{"a", "desktop"}, {"b", "normal"}},
						Endpoint: "sim:443", CAFile: "ca.pem", Pace: Pace{2 * time.Second, 1, 3, 7, 8},
					},
					Console: Console{Listen: "0.0.0.0:9"},
					Alerts: Alerts{"http://hook:1/", "feishu", 12 * time.Hour, SMTP{
						Host: "localhost", Port: 25, TLS: "none", From: "b@example.edu", To: []string{"o@example.edu"},
					}},
					Clock:   Clock{time.Date(2020, 6, 20, 1, 30, 0, 0, time.UTC)},
					Secrets: Secrets{"k"},
					Log:     Log{slog.LevelError, "json"},
				}
			},
		},
		{
			name:    "the environment wins",
			file:    "log: {level: debug, format: json}\nredis: {addr: \"a:1\"}\n",
			environ: []string{"PATH=/bin", "XIANJIE_LOG_LEVEL=warn", "XIANJIE_REDIS_ADDR=", "XIANJIE_TEST_ALL=1"},
			change:  func(c *Config) { c.Log = Log{slog.LevelWarn, "json"} },
		},
		{
			name:    "the environment mends a wrong value",
			file:    "log: {level: loud}\n",
			environ: []string{"XIANJIE_LOG_LEVEL=warn"},
			change:  func(c *Config) { c.Log.Level = slog.LevelWarn },
		},
		{
			name: "the clock is read in the zone wherever it stands",
			file: "clock: {start_at: 2020-06-20 09:30}\ntimezone: UTC\n",
			change: func(c *Config) {
				c.Zone, c.Clock.StartAt = time.UTC, time.Date(2020, 6, 20, 9, 30, 0, 0, time.UTC)
			},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := Load(write(t, row.file), true, row.environ)
			if err != nil {
				t.Fatal(err)
			}
			want := defaults(t)
			row.change(&want)
			same(t, got, want)
		})
	}
}

func TestLoadFaults(t *testing.T) {
	for _, row := range []struct {
		name, file string
		environ    []string
		want       []string // every fault, in order
	}{
		{
			name: "unknown keys",
			file: "sesaon: x\nlog:\n  levle: info\ndsn: here\n",
			want: []string{
				`my.yaml line 1: sesaon: there is no such setting`,
				`my.yaml line 3: log.levle: there is no such setting`,
				`my.yaml line 4: dsn: there is no such setting; is database.dsn meant?`,
			},
		},
		{
			name:    "an unknown variable",
			environ: []string{"XIANJIE_DATABASE_DNS=x"},
			want:    []string{`variable XIANJIE_DATABASE_DNS: database_dns: there is no such setting`},
		},
		{
			name: "impossible values, all of them",
			file: `season: ""
timezone: Mars/Olympus
database:
  driver: oracle
  dsn:
redis: {addr: localhost, lease: 1s}
wechat:
  endpoint: "sim:port"
  pace:
    every: 4
    jitter: 1.5
    per_hour: -1
    per_day: 1.5
console: {listen: "127.0.0.1:99999"}
clock: {start_at: yesterday}
secrets: {key_file: []}
log: {level: INFO, format: xml}
`,
			want: []string{
				`my.yaml line 1: season: must not be empty`,
				`my.yaml line 2: timezone: "Mars/Olympus" is not a time zone such as Asia/Shanghai`,
				`my.yaml line 4: database.driver: "oracle" is not one of sqlite, mysql`,
				`my.yaml line 5: database.dsn: must not be empty`,
				`my.yaml line 6: redis.addr: "localhost" is not host:port`,
				`my.yaml line 6: redis.lease: "1s" is not a duration from 3s to 5m such as 20s`,
				`my.yaml line 8: wechat.endpoint: "sim:port" is not host:port`,
				`my.yaml line 10: wechat.pace.every: "4" is not a positive duration such as 4s`,
				`my.yaml line 11: wechat.pace.jitter: "1.5" is not a number from 0 to 1`,
				`my.yaml line 12: wechat.pace.per_hour: "-1" is not a whole number from 0`,
				`my.yaml line 13: wechat.pace.per_day: "1.5" is not a whole number from 0`,
				`my.yaml line 14: console.listen: "127.0.0.1:99999" is not host:port`,
				`my.yaml line 15: clock.start_at: "yesterday" is neither like "2020-06-20 09:30" nor RFC 3339`,
				`my.yaml line 16: secrets.key_file: one value is wanted, not a list or a section`,
				`my.yaml line 17: log.level: "INFO" is not one of debug, info, warn, error`,
				`my.yaml line 17: log.format: "xml" is not one of text, json`,
			},
		},
		{
			name: "MySQL without its address",
			file: "log: {level: info}\ndatabase:\n  driver: mysql\n",
			want: []string{`my.yaml line 3: database.dsn: for mysql it is written user:password@tcp(host:3306)/xianjie`},
		},
		{
			name:    "MySQL without a database, its password unsaid",
			file:    "database: {driver: mysql}\n",
			environ: []string{"XIANJIE_DATABASE_DSN=bot:geheim@tcp(db:3306)/"},
			want:    []string{`variable XIANJIE_DATABASE_DSN: database.dsn: for mysql it is written user:password@tcp(host:3306)/xianjie`},
		},
		{
			name: "the address of a server as the path of a file",
			file: "database:\n  dsn: bot:geheim@tcp(db:3306)/xianjie\n",
			want: []string{`my.yaml line 2: database.dsn: this is the address of a MySQL server, but the driver is sqlite, which wants the path of a file`},
		},
		{
			name: "alerts, the secret of a webhook unsaid",
			file: `alerts:
  webhook: hooks.example.edu/geheim
  form: xml
  silence: 5m
  smtp:
    host: mail
    port: 0
    from: Ops <ops@example.edu>
    to: [ops@example.edu, nobody]
    password: geheim
`,
			want: []string{
				`my.yaml line 10: alerts.smtp.password: there is no such setting`,
				`my.yaml line 2: alerts.webhook: this is not a URL that begins with https:// or http://`,
				`my.yaml line 3: alerts.form: "xml" is not one of plain, wecom, feishu`,
				`my.yaml line 4: alerts.silence: "5m" is neither 0 nor a duration of at least 1h such as 24h`,
				`my.yaml line 7: alerts.smtp.port: 0 is not a port`,
				`my.yaml line 8: alerts.smtp.from: "Ops <ops@example.edu>" is not an address such as ops@example.edu`,
				`my.yaml line 9: alerts.smtp.to[1]: "nobody" is not an address such as ops@example.edu`,
			},
		},
		{
			name: "a mail server without anybody to write to",
			file: "alerts: {smtp: {host: mail, from: a@example.edu}}\n",
			want: []string{`my.yaml line 1: alerts.smtp.to: must name an address when there is a mail server`},
		},
		{
			name: "a user without a password",
			file: "alerts:\n  smtp: {host: mail, from: a@example.edu, to: [b@example.edu],\n    user: a}\n",
			want: []string{`my.yaml line 2: alerts.smtp.password_file: must not be empty when there is a user`},
		},
		{
			name: "a password in the clear",
			file: "alerts:\n  smtp:\n    host: mail\n    from: a@example.edu\n    to: [b@example.edu]\n    user: a\n    password_file: p\n    tls: none\n",
			want: []string{`my.yaml line 8: alerts.smtp.tls: a password is not sent without TLS`},
		},
		{
			name: "borders of numbers and zones",
			file: "timezone: Local\nwechat: {pace: {every: 0s, jitter: NaN}}\n",
			want: []string{
				`my.yaml line 1: timezone: "Local" is not a time zone such as Asia/Shanghai`,
				`my.yaml line 2: wechat.pace.every: "0s" is not a positive duration such as 4s`,
				`my.yaml line 2: wechat.pace.jitter: "NaN" is not a number from 0 to 1`,
			},
		},
		{
			name: "accounts",
			file: `wechat:
  accounts:
    - {name: main, mode: mobile}
    - {name: Main}
    - {mode: normal, nick: x}
    - main
    - {name: twice}
    - {name: twice}
    - {name: [a]}
`,
			want: []string{
				`my.yaml line 3: wechat.accounts[0].mode: "mobile" is not one of desktop, normal`,
				`my.yaml line 4: wechat.accounts[1].name: "Main" is not a name of lower-case letters, digits, - and _, at most 32`,
				`my.yaml line 5: wechat.accounts[2].nick: there is no such setting; an account has name and mode`,
				`my.yaml line 5: wechat.accounts[2].name: "" is not a name of lower-case letters, digits, - and _, at most 32`,
				`my.yaml line 6: wechat.accounts[3]: an account is written {name: main, mode: desktop}`,
				`my.yaml line 8: wechat.accounts[5].name: "twice" is there twice`,
				`my.yaml line 9: wechat.accounts[6].name: one value is wanted, not a list or a section`,
				`my.yaml line 9: wechat.accounts[6].name: "" is not a name of lower-case letters, digits, - and _, at most 32`,
			},
		},
		{
			name:    "accounts in the environment",
			environ: []string{"XIANJIE_WECHAT_ACCOUNTS=[{name: a, mode: b}]"},
			want:    []string{`variable XIANJIE_WECHAT_ACCOUNTS: wechat.accounts[0].mode: "b" is not one of desktop, normal`},
		},
		{
			name:    "accounts that are no list",
			environ: []string{"XIANJIE_WECHAT_ACCOUNTS=main"},
			want:    []string{`variable XIANJIE_WECHAT_ACCOUNTS: wechat.accounts: a list of accounts is wanted, such as [{name: main, mode: desktop}]`},
		},
		{
			name: "no account",
			file: "wechat: {accounts: []}\n",
			want: []string{`my.yaml line 1: wechat.accounts: a list of accounts is wanted, such as [{name: main, mode: desktop}]`},
		},
		{
			name:    "file and environment together",
			file:    "log: {level: loud}\n",
			environ: []string{"XIANJIE_LOG_FORMAT=xml"},
			want: []string{
				`my.yaml line 1: log.level: "loud" is not one of debug, info, warn, error`,
				`variable XIANJIE_LOG_FORMAT: log.format: "xml" is not one of text, json`,
			},
		},
		{
			name: "a key given twice",
			file: "season: a\nseason: b\nlog: {level: info}\nlog: {level: warn}\n",
			want: []string{`my.yaml line 2: season: is there twice`, `my.yaml line 4: log: is there twice`},
		},
		{
			name: "a section that is a value",
			file: "log: info\n",
			want: []string{`my.yaml line 1: log: a section of settings is wanted`},
		},
		{
			name: "a file that is a list",
			file: "- season\n",
			want: []string{`my.yaml line 1: a section of settings is wanted`},
		},
		{
			name: "not YAML",
			file: "season: a\nlog: {level: info\n",
			want: []string{`my.yaml near line 1: did not find expected ',' or '}'`},
		},
		{
			name: "two documents",
			file: "season: a\n---\nseason: b\n",
			want: []string{`my.yaml near line 2: a second document begins here; settings are one`},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := Load(write(t, row.file), true, row.environ)
			if err == nil {
				t.Fatal("no fault was found")
			}
			if d := cmp.Diff(row.want, strings.Split(err.Error(), "\n")); d != "" {
				t.Errorf("faults differ (- want, + got):\n%s", d)
			}
			var f Fault
			if !errors.As(err, &f) {
				t.Errorf("%T holds no Fault", err)
			}
		})
	}
}

func TestLoadPath(t *testing.T) {
	t.Chdir(t.TempDir())
	got, err := Load("", false, nil)
	if err != nil {
		t.Fatalf("no file at all: %v", err)
	}
	same(t, got, defaults(t))

	if err := os.WriteFile("xianjie.yaml", []byte("season: here\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, explicit := range []bool{false, true} {
		if got, err = Load("", explicit, nil); err != nil || got.Season != "here" {
			t.Errorf("default path: season %q, error %v", got.Season, err)
		}
	}
	if _, err := Load("other.yaml", false, nil); err != nil {
		t.Errorf("a missing file nobody asked for: %v", err)
	}
	if _, err := Load("other.yaml", true, nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file somebody asked for: %v", err)
	}
	if _, err := Load(".", false, nil); err == nil {
		t.Error("a folder was read as settings")
	}
}

// TestExampleHasEverySetting, once each, so that a newcomer can find it there.
func TestExampleHasEverySetting(t *testing.T) {
	var doc map[string]any
	if err := yaml.Unmarshal([]byte(Example()), &doc); err != nil {
		t.Fatalf("%v in\n%s", err, Example())
	}
	keys := map[string]bool{}
	var walk func(under string, m map[string]any)
	walk = func(under string, m map[string]any) {
		for k, v := range m {
			if section, ok := v.(map[string]any); ok {
				walk(under+k+".", section)
				continue
			}
			keys[under+k] = true
		}
	}
	walk("", doc)
	for _, f := range fields {
		if !keys[f.key] {
			t.Errorf("%s is missing in\n%s", f.key, Example())
		}
		if !strings.Contains(Example(), "# "+f.comment+"\n") {
			t.Errorf("%s is not explained", f.key)
		}
	}
	if len(keys) != len(fields) {
		t.Errorf("%d keys for %d settings", len(keys), len(fields))
	}
}

// FuzzLoad: no file makes it panic, and every fault says where and what.
func FuzzLoad(f *testing.F) {
	f.Add(Example(), "main")
	f.Add("wechat: {accounts: [&a {name: x}, *a, {<<: *a}]}", "[{name: x}]")
	f.Add("? [a]\n: b\nlog: !!binary x", "[")
	f.Fuzz(func(t *testing.T, file, accounts string) {
		var l loader
		l.file("f.yaml", []byte(file))
		l.environment([]string{"XIANJIE_WECHAT_ACCOUNTS=" + accounts})
		c, err := l.config()
		if err == nil {
			if c.Zone == nil || len(c.WeChat.Accounts) == 0 || c.WeChat.Pace.Every <= 0 {
				t.Errorf("accepted %+v", c)
			}
			return
		}
		for _, one := range l.faults {
			if fault, ok := one.(Fault); !ok || fault.Where == "" || fault.Text == "" {
				t.Errorf("fault without place or text: %#v", one)
			}
		}
	})
}
