package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/term"

	"xianjie/app"
	"xianjie/config"
	"xianjie/demo"
	"xianjie/roster"
	"xianjie/scheduler"
	"xianjie/season"
	"xianjie/seasons"
	"xianjie/storage"
)

// commands are all subcommands, in the order help lists them.
func commands() []command {
	return []command{
		{
			"demo", "[--listen 127.0.0.1:8080] [--members 60] [--seed 1]", "the whole product on this machine, with made-up people",
			func(fs *flag.FlagSet) {
				fs.String("listen", "127.0.0.1:8080", "host:port of the page")
				fs.Int("members", 60, "graduating members to make up, 12 to 600")
				fs.Uint64("seed", 1, "the same seed makes up the same people")
			}, runDemo,
		},
		{"serve", "", "run the bot", nil, serve},
		{
			"import", "FILE.xlsx [--apply|--template]", "take a roster workbook in; without --apply only show what would change",
			func(fs *flag.FlagSet) {
				fs.Bool("apply", false, "write all good rows")
				fs.Bool("template", false, "write an example workbook to FILE.xlsx instead")
			}, importRoster,
		},
		{
			"export", "KIND --out FILE", "write " + strings.Join(app.Kinds(), ", ") + " as .xlsx, .csv or .json",
			func(fs *flag.FlagSet) { fs.String("out", "", "file to write; its ending is the format") }, export,
		},
		{
			"rehearse", "--from DATE --to DATE [--format text|json]", "list every message the season would send in that span; sends nothing",
			func(fs *flag.FlagSet) {
				fs.String("from", "", "first day, 2006-01-02")
				fs.String("to", "", "last day, 2006-01-02")
				fs.String("format", "text", "text or json")
			}, rehearse,
		},
		{
			"duty", "NUMBER [--format text|json]", "tell what happened to one duty: plan, messages, answers, end",
			func(fs *flag.FlagSet) { fs.String("format", "text", "text or json") }, duty,
		},
		{"season", "check FILE | show FILE | diff OLD NEW", "validate a season file, show it as people read it, or what a new one changes", nil, seasonFile},
		understandCommand(),
		userCommand(),
		auditCommand(),
		keyCommand(),
		backupCommand(),
		restoreCommand(),
		{
			"resume", "[ACCOUNT] [--send]", "let an account send again that WeChat stopped, or a restored installation begin to send",
			func(fs *flag.FlagSet) {
				fs.Bool("send", false, "after a restore: also send what waited when the backup was made; right only when nothing was sent since")
			}, resume,
		},
		{
			"doctor", "[--alert]", "check settings, database, Redis, alerts, clock, season file and WeChat; with --alert only send a test alert",
			func(fs *flag.FlagSet) {
				fs.Bool("alert", false, "send a test through the webhook and the mail server of the settings")
			}, doctor,
		},
		{"version", "", "print the version", nil, func(_ context.Context, in *invocation) error {
			fmt.Fprintf(in.out, "xianjie %s %s %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return nil
		}},
	}
}

// settings reads the settings of this call.
func (in *invocation) settings() (config.Config, error) {
	return config.Load(in.config, in.config != "", in.environ)
}

// none refuses arguments a command has no use for.
func (in *invocation) none() error {
	if len(in.args) > 0 {
		return usagef("%q is one argument too many", in.args[0])
	}
	return nil
}

// terminal is where progress is shown: w when a person looks at it, else nil.
func terminal(w io.Writer) io.Writer {
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return w
	}
	return nil
}

func runDemo(ctx context.Context, in *invocation) error {
	if err := in.none(); err != nil {
		return err
	}
	return demo.Run(ctx, demo.Options{
		Listen: in.str("listen"), Members: in.num("members"), Seed: in.flags.Lookup("seed").Value.(flag.Getter).Get().(uint64),
		Out: in.out, Err: in.err,
	})
}

// data opens season and database for a command that works on them.
func (in *invocation) data(ctx context.Context) (*app.Data, error) {
	c, err := in.settings()
	if err != nil {
		return nil, err
	}
	return app.OpenData(ctx, c, nil, app.Logger(c.Log))
}

func importRoster(ctx context.Context, in *invocation) error {
	if len(in.args) != 1 {
		return usagef("name one workbook")
	}
	if in.yes("template") {
		return rosterTemplate(in)
	}
	d, err := in.data(ctx)
	if err != nil {
		return err
	}
	defer d.Close() //nolint:errcheck // everything is committed
	rejected, err := app.Import(ctx, d, in.args[0], in.yes("apply"), in.out)
	if err != nil {
		return err
	}
	if rejected != "" {
		return fmt.Errorf("some rows were refused; correct them in %s and import that file", rejected)
	}
	return nil
}

// rosterTemplate writes what an operator fills in. It overwrites nothing.
func rosterTemplate(in *invocation) error {
	c, err := in.settings()
	if err != nil {
		return err
	}
	sn, err := seasons.Load(c.Season)
	if err != nil {
		return err
	}
	path := in.args[0]
	if _, err := os.Stat(path); err == nil {
		return fmt.Errorf("%s exists already; name another file", path)
	}
	if err := app.WriteWhole(path, func(w io.Writer) error { return roster.Template(w, sn.Cohort) }); err != nil {
		return err
	}
	fmt.Fprintf(in.out, "样表已写好：%s\n", path)
	return nil
}

func export(ctx context.Context, in *invocation) error {
	if len(in.args) != 1 {
		return usagef("name one of %s", strings.Join(app.Kinds(), ", "))
	}
	if in.str("out") == "" {
		return usagef("--out FILE is missing")
	}
	format, err := roster.FormatOf(in.str("out"))
	if err != nil {
		return usagef("--out %s: it must end in .xlsx, .csv or .json", in.str("out"))
	}
	d, err := in.data(ctx)
	if err != nil {
		return err
	}
	defer d.Close() //nolint:errcheck // only read from
	return app.WriteWhole(in.str("out"), func(w io.Writer) error { return app.Export(ctx, d, w, format, in.args[0]) })
}

func rehearse(ctx context.Context, in *invocation) error {
	if err := in.none(); err != nil {
		return err
	}
	from, err := season.ParseDate(in.str("from"))
	if err != nil {
		return usagef("--from: %v", err)
	}
	to, err := season.ParseDate(in.str("to"))
	if err != nil {
		return usagef("--to: %v", err)
	}
	format := in.str("format")
	if to.Before(from) || format != "text" && format != "json" {
		return usagef("--to must not be before --from, and --format is text or json")
	}
	d, err := in.data(ctx)
	if err != nil {
		return err
	}
	defer d.Close() //nolint:errcheck // only read from
	p := &scheduler.Planner{Store: d.Store, Season: d.Season, Now: d.Now, Log: d.Log}
	list, err := p.Rehearse(ctx, d.Season.EndOf(from.AddDays(-1)), d.Season.EndOf(to).Add(-time.Microsecond))
	if err != nil {
		return err
	}
	return scheduler.WriteRehearsal(in.out, format, list)
}

// duty tells the story of one duty; its number stands in `export duties`.
func duty(ctx context.Context, in *invocation) error {
	if len(in.args) != 1 {
		return usagef("name the number of one duty; `xianjie export duties` lists them")
	}
	id, err := strconv.ParseInt(in.args[0], 10, 64)
	if err != nil || id <= 0 {
		return usagef("%q is not the number of a duty; `xianjie export duties` lists them", in.args[0])
	}
	format := in.str("format")
	if format != "text" && format != "json" {
		return usagef("--format is text or json")
	}
	d, err := in.data(ctx)
	if err != nil {
		return err
	}
	defer d.Close() //nolint:errcheck // only read from
	return app.WriteDuty(ctx, d, in.out, format, id)
}

func seasonFile(_ context.Context, in *invocation) error {
	how := fmt.Sprintf("season check FILE, season show FILE, or season diff OLD NEW; built in: %s", strings.Join(seasons.Names(), ", "))
	if len(in.args) == 0 {
		return usagef("%s", how)
	}
	what, files := in.args[0], in.args[1:]
	wanted, ok := map[string]int{"check": 1, "show": 1, "diff": 2}[what]
	if !ok || len(files) != wanted {
		return usagef("%s", how)
	}
	var loaded []*season.Season
	for _, f := range files {
		s, err := seasons.Load(f)
		if err != nil {
			return err
		}
		loaded = append(loaded, s)
	}
	switch what {
	case "show":
		return loaded[0].Write(in.out)
	case "diff":
		changes := season.Diff(loaded[0], loaded[1])
		for _, c := range changes {
			fmt.Fprintln(in.out, c)
		}
		if len(changes) == 0 {
			fmt.Fprintln(in.out, "没有变化。")
		}
		return nil
	}
	fmt.Fprintf(in.out, "%s：没有问题（%s）\n", files[0], loaded[0].Title)
	return nil
}

// resume names the account only where there are several.
func resume(ctx context.Context, in *invocation) error {
	if len(in.args) > 1 {
		return usagef("name one account")
	}
	d, err := in.data(ctx)
	if err != nil {
		return err
	}
	defer d.Close() //nolint:errcheck // everything is committed
	held, err := d.Store.Held(ctx)
	switch {
	case err != nil:
		return err
	case held != nil && len(in.args) == 0:
		return app.Release(ctx, d, in.out, in.yes("send"))
	case held != nil:
		return errors.New("this installation was restored from a backup and sends nothing for any account; xianjie resume without a name releases it")
	case in.yes("send"):
		return usagef("--send is for an installation that was restored from a backup")
	}
	name := d.Config.WeChat.Accounts[0].Name
	switch {
	case len(in.args) == 1:
		name = in.args[0]
	case len(d.Config.WeChat.Accounts) > 1:
		return usagef("there are several accounts; name one")
	}
	resumed, err := d.Store.ResumeAccount(ctx, name, storage.Audit{At: d.Now(), Action: "resume", Subject: "account/" + name})
	if err != nil {
		return err
	}
	if !resumed {
		return fmt.Errorf("account %s is not stopped", name)
	}
	fmt.Fprintf(in.out, "账号 %s 恢复发送。\n", name)
	return nil
}

func doctor(ctx context.Context, in *invocation) error {
	if err := in.none(); err != nil {
		return err
	}
	c, err := in.settings()
	if err != nil {
		return err
	}
	if in.yes("alert") {
		return app.TestAlerts(ctx, c, in.out)
	}
	return app.Doctor(ctx, c, in.out)
}
