package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"xianjie/config"
	"xianjie/roster"
)

// beXianjie makes this test binary the product, so that tests start the real thing as a process of its own.
const beXianjie = "TEST_BE_XIANJIE"

func TestMain(m *testing.M) {
	if os.Getenv(beXianjie) != "" {
		if path := os.Getenv(beSampled); path != "" {
			sampleOnSignal(path)
		}
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		os.Exit(run(ctx, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// xianjie is a command ready to be started in a folder.
func xianjie(ctx context.Context, folder string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Dir = folder
	cmd.Env = []string{beXianjie + "=1"}
	for _, v := range os.Environ() { // whatever begins with XIANJIE_ is a setting
		if !strings.HasPrefix(v, "XIANJIE_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	return cmd
}

// call runs a command in this process and returns what it printed.
func call(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(t.Context(), args, nil, strings.NewReader(""), &out, &err)
	return code, out.String(), err.String()
}

// installation is an empty folder with settings.
func installation(t *testing.T, more string) (folder, file string) {
	t.Helper()
	folder = t.TempDir()
	file = filepath.Join(folder, "xianjie.yaml")
	text := fmt.Sprintf("database: {driver: sqlite, dsn: %s}\nsecrets: {key_file: %s}\n%s", filepath.Join(folder, "x.db"), filepath.Join(folder, "key"), more)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder, file
}

// workbook writes a small roster; bad adds a row that cannot be taken.
func workbook(t testing.TB, folder string, members int, bad bool) string {
	t.Helper()
	path := filepath.Join(folder, "名册.xlsx")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var ms []roster.Member
	for i := range members {
		ms = append(ms, roster.Member{No: fmt.Sprintf("2016%04d", i), Name: memberName(i), College: "机械学院", Branch: "一班", Cohort: 2020})
	}
	if bad {
		ms = append(ms, roster.Member{No: "12", Name: "无名", College: "机械学院", Branch: "一班", Cohort: 2020})
	}
	officers := []roster.Officer{{No: "80000001", Name: "书记甲", Role: roster.RoleCollege, College: "机械学院"}, {No: "80000009", Name: "委员乙", Role: roster.RoleCommittee}}
	if err := roster.Write(f, ms, officers); err != nil {
		t.Fatal(err)
	}
	return path
}

func memberName(i int) string {
	return string([]rune("赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许")[i%20]) + string([]rune("安然乐和宁远清明朗逸")[(i/20)%10]) + "一"
}

func TestUsage(t *testing.T) {
	folder, config := installation(t, "")
	for name, c := range map[string]struct {
		args   []string
		code   int
		stderr string // a part of it
	}{
		"nothing":              {nil, exitUsage, ""},
		"unknown command":      {[]string{"fly"}, exitUsage, `no command "fly"`},
		"unknown flag":         {[]string{"serve", "--fast"}, exitUsage, "fast"},
		"too many arguments":   {[]string{"serve", "now"}, exitUsage, "now"},
		"import without file":  {[]string{"import"}, exitUsage, "workbook"},
		"export without kind":  {[]string{"export"}, exitUsage, "members"},
		"export without out":   {[]string{"export", "members"}, exitUsage, "--out"},
		"export as pdf":        {[]string{"export", "members", "--out", "x.pdf"}, exitUsage, ".xlsx"},
		"rehearse without day": {[]string{"rehearse"}, exitUsage, "--from"},
		"rehearse backwards":   {[]string{"rehearse", "--from", "2020-07-02", "--to", "2020-07-01"}, exitUsage, "--to"},
		"season what":          {[]string{"season", "look"}, exitUsage, "check"},
		"settings missing":     {[]string{"doctor", "--config", filepath.Join(folder, "none.yaml")}, exitFault, "none.yaml"},
		"workbook missing":     {[]string{"import", filepath.Join(folder, "none.xlsx"), "--config", config}, exitFault, "none.xlsx"},
		"season missing":       {[]string{"season", "check", "none"}, exitFault, "none"},
		"resume two":           {[]string{"resume", "a", "b"}, exitUsage, "one account"},
		"resume what runs":     {[]string{"resume", "--config", config}, exitFault, "not stopped"},
		"few people":           {[]string{"demo", "--members", "3"}, exitFault, "--members 3"},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, stderr := call(t, c.args...)
			if code != c.code || !strings.Contains(stderr, c.stderr) {
				t.Errorf("exit %d with %q, want %d with %q", code, stderr, c.code, c.stderr)
			}
		})
	}
}

func TestHelpNamesEveryCommand(t *testing.T) {
	code, out, _ := call(t, "help")
	if code != exitOK {
		t.Fatalf("exit %d", code)
	}
	for _, c := range commands() {
		if !strings.Contains(out, "  "+c.name+" ") {
			t.Errorf("help does not name %s", c.name)
		}
		if code, out, _ := call(t, c.name, "--help"); code != exitOK || !strings.Contains(out, "-config") {
			t.Errorf("%s --help: exit %d, %q", c.name, code, out)
		}
	}
}

func TestWrongSettingsAreOneLineEach(t *testing.T) {
	_, config := installation(t, "colour: red\nlog: {level: loud}\n")
	code, _, stderr := call(t, "doctor", "--config", config)
	if code != exitFault {
		t.Fatalf("exit %d", code)
	}
	lines := strings.Split(strings.TrimSpace(stderr), "\n")
	if len(lines) != 2 || !strings.Contains(stderr, "line 3") || !strings.Contains(stderr, "colour") || !strings.Contains(stderr, "log.level") {
		t.Errorf("faults read:\n%s", stderr)
	}
}

func TestSeasonCheckNamesFaultsWithTheirLines(t *testing.T) {
	folder := t.TempDir()
	good, err := os.ReadFile("seasons/cqu-2020.yaml")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "next.yaml")
	broken := strings.Replace(string(good), "track: outgoing", "track: upwards", 1)
	if err := os.WriteFile(path, []byte(broken), 0o600); err != nil {
		t.Fatal(err)
	}
	line := 1 + strings.Count(broken[:strings.Index(broken, "track: upwards")], "\n")
	code, _, stderr := call(t, "season", "check", path)
	if want := fmt.Sprintf("next.yaml:%d: ", line); code != exitFault || !strings.Contains(stderr, want) {
		t.Errorf("exit %d, %q; want a fault at %q", code, stderr, want)
	}
	if code, out, stderr := call(t, "season", "check", "cqu-2020"); code != exitOK || !strings.Contains(out, "没有问题") {
		t.Errorf("built-in season: exit %d, %q %q", code, out, stderr)
	}
	if code, out, _ := call(t, "season", "show", "cqu-2020"); code != exitOK || !strings.Contains(out, "国内升学") {
		t.Errorf("season show: exit %d, %q", code, out)
	}
}

func TestSeasonDiffSaysWhatMoves(t *testing.T) {
	good, err := os.ReadFile("seasons/cqu-2020.yaml")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "later.yaml")
	if err := os.WriteFile(path, []byte(strings.Replace(string(good), "initiate_by:    {date: 2020-07-31", "initiate_by:    {date: 2020-08-05", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, stderr := call(t, "season", "diff", "cqu-2020", path)
	if code != exitOK || !strings.Contains(out, "8月5日") {
		t.Errorf("exit %d\n%s%s", code, out, stderr)
	}
	if code, out, _ := call(t, "season", "diff", "cqu-2020", "cqu-2020"); code != exitOK || out != "没有变化。\n" {
		t.Errorf("the same file: exit %d, %q", code, out)
	}
}

func TestImportExportRehearse(t *testing.T) {
	folder, config := installation(t, "clock: {start_at: \"2020-06-01 09:00\"}\n")
	book := workbook(t, folder, 10, true)

	code, out, stderr := call(t, "import", book, "--config", config)
	if code != exitFault || !strings.Contains(out, "只是预览") || !strings.Contains(stderr, "待修改") {
		t.Fatalf("dry import: exit %d\n%s\n%s", code, out, stderr)
	}
	members := filepath.Join(folder, "m.json")
	if code, _, stderr := call(t, "export", "members", "--out", members, "--config", config); code != exitOK {
		t.Fatalf("export: %s", stderr)
	}
	if got := read(t, members); strings.Join(strings.Fields(got), "") != "[]" {
		t.Errorf("a dry import wrote members: %s", got)
	}

	if code, out, _ := call(t, "import", book, "--apply", "--config", config); code != exitFault || !strings.Contains(out, "已写入") {
		t.Errorf("import with a refused row: exit %d\n%s", code, out)
	}
	if _, err := os.Stat(filepath.Join(folder, "名册-待修改.xlsx")); err != nil {
		t.Error(err)
	}
	if code, out, _ := call(t, "import", workbook(t, folder, 10, false), "--apply", "--config", config); code != exitOK || !strings.Contains(out, "没有需要写入的变化") {
		t.Errorf("the same roster again: exit %d\n%s", code, out)
	}
	for _, kind := range []string{"members", "declarations", "transfers", "duties", "reminders", "messages", "audit"} {
		for _, ending := range []string{"json", "csv", "xlsx"} {
			path := filepath.Join(folder, kind+"."+ending)
			if code, _, stderr := call(t, "export", kind, "--out", path, "--config", config); code != exitOK {
				t.Errorf("export %s as %s: %s", kind, ending, stderr)
				continue
			}
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: %v, mode %v; it holds personal data", path, err, info.Mode())
			}
		}
	}
	if got := read(t, filepath.Join(folder, "members.json")); strings.Count(got, `"college":"机械学院"`) != 10 {
		t.Errorf("members: %s", got)
	}
	code, out, stderr = call(t, "rehearse", "--from", "2020-06-01", "--to", "2020-06-30", "--config", config)
	if code != exitOK || !strings.Contains(out, "2020-06-09") {
		t.Errorf("rehearse: exit %d\n%s\n%s", code, out, stderr)
	}
}

// A lost key file must not be replaced silently: what is written under a second key can never be read with the first.
func TestALostKeyIsNoticed(t *testing.T) {
	folder, config := installation(t, "")
	book := workbook(t, folder, 3, false)
	if code, _, stderr := call(t, "import", book, "--apply", "--config", config); code != exitOK {
		t.Fatal(stderr)
	}
	if err := os.Remove(filepath.Join(folder, "key")); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"serve"}, {"import", book}, {"doctor"}} {
		code, out, stderr := call(t, append(args, "--config", config)...)
		if code != exitFault || !strings.Contains(out+stderr, "another key") {
			t.Errorf("%s: exit %d\n%s%s", args[0], code, out, stderr)
		}
	}
}

func TestTemplateCanBeImported(t *testing.T) {
	folder, config := installation(t, "")
	path := filepath.Join(folder, "样表.xlsx")
	if code, _, stderr := call(t, "import", path, "--template", "--config", config); code != exitOK {
		t.Fatal(stderr)
	}
	if code, out, stderr := call(t, "import", path, "--apply", "--config", config); code != exitOK || !strings.Contains(out, "已写入") {
		t.Errorf("exit %d\n%s%s", code, out, stderr)
	}
	if code, _, stderr := call(t, "import", path, "--template", "--config", config); code != exitFault || !strings.Contains(stderr, "exists") {
		t.Errorf("an existing file: exit %d, %s", code, stderr)
	}
}

var update = flag.Bool("update", false, "write docs/xianjie.yaml anew")

// The settings file in docs is what the program says about itself.
func TestSettingsInDocs(t *testing.T) {
	const path = "docs/xianjie.yaml"
	if *update {
		if err := os.WriteFile(path, []byte(config.Example()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if read(t, path) != config.Example() {
		t.Errorf("%s is stale; go test . -run SettingsInDocs -update", path)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
