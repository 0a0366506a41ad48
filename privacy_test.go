package main

import (
	"bytes"
	"database/sql"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"xianjie/roster"
	"xianjie/storage"
	"xianjie/storage/storagetest"
	"xianjie/wechatsim"
)

// marked is everything about made-up people that may stand nowhere but where it must.
var marked = map[string]string{
	"a member's name":      "欧阳暗记甲",
	"a member's number":    "20167771001",
	"a member's telephone": "15411117771",
	"an officer's name":    "司马暗记乙",
	"an officer's number":  "80007771002",
	"an officer's phone":   "15422227771",
	"a refused name":       "端木暗记丙",
	"a refused number":     "77710x3",
	"a nickname":           "暗昵称丁",
	"a signature":          "暗签名戊",
	"a WeChat id":          "wxid7771",
	"an employer":          "暗文公司己",
	"a question":           "暗问庚",
	"a contact at home":    "暗联系人辛",
	"a contact's phone":    "15433337771",
	"an officer's reason":  "暗因壬",
	"somebody's chatter":   "暗话癸",
}

// clear are the columns that hold some of it in clear because people are found by it; nothing else may.
var clear = map[string][]string{
	"people.no":            {"a member's number", "an officer's number"},
	"people.name":          {"a member's name", "an officer's name"},
	"contacts.nick":        {"a nickname"},
	"contacts.alias":       {"a WeChat id"},
	"contacts.signature":   {"a signature"},
	"declarations.target":  {"an employer"},
	"declarations.answers": {"an employer"},
}

// TestNothingPersonalLeaks takes marked people through everything that can go wrong and looks for them in every log and error,
// written at the most talkative level, and in every column of the database.
func TestNothingPersonalLeaks(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		testPrivacy(t, storage.Options{Driver: storage.SQLite, DSN: filepath.Join(t.TempDir(), "p.db")}, nil)
	})
	t.Run("mariadb", func(t *testing.T) {
		server, err := storagetest.Start("")
		if err != nil {
			storagetest.Missing(t, "mariadbd (package mariadb-server-core)")
		}
		defer server.Close()
		dsn, err := server.Schema()
		if err != nil {
			t.Fatal(err)
		}
		testPrivacy(t, storage.Options{Driver: storage.MySQL, DSN: dsn}, server.Kill)
	})
}

// spoken is what a process says, to be searched.
type spoken struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *spoken) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *spoken) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// secrets are what lets somebody act as the account: they must not stand in a log either.
type secrets struct {
	mu    sync.Mutex
	found map[string]bool
}

var secretNames = []string{"skey", "sid", "pass_ticket", "ticket", "webwx_data_ticket", "webwx_auth_ticket", "wxsid", "Skey", "Sid"}

func (s *secrets) note(r *http.Request, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	take := func(name, value string) {
		if slices.Contains(secretNames, name) && len(value) >= 8 {
			s.found[value] = true
			s.found[url.QueryEscape(value)] = true
		}
	}
	for name, values := range r.URL.Query() {
		take(name, values[0])
	}
	for _, c := range r.Cookies() {
		take(c.Name, c.Value)
	}
	for _, m := range regexp.MustCompile(`"(Skey|Sid)":"([^"]+)"`).FindAllSubmatch(body, -1) {
		take(string(m[1]), string(m[2]))
	}
}

func testPrivacy(t *testing.T, db storage.Options, breakDB func()) {
	sim := wechatsim.New(wechatsim.Options{})
	account := sim.AddAccount("bot", "助手")
	sim.AutoConfirm(account)
	l, err := sim.ListenTLS("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	known := &secrets{found: map[string]bool{}}
	sim.Inject(wechatsim.Injection{Fault: wechatsim.Fault{Kind: wechatsim.Reset}, When: func(r *http.Request, body []byte) bool {
		known.note(r, body)
		return false
	}})
	folder := t.TempDir()
	serveSettings(t, folder, db, l)
	settings := read(t, filepath.Join(folder, "xianjie.yaml"))
	if err := os.WriteFile(filepath.Join(folder, "xianjie.yaml"), []byte(strings.Replace(settings, "level: warn", "level: debug", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	said := &spoken{}
	run := func(args ...string) { // whether it goes well or not; what it says as an error is kept
		cmd := xianjie(t.Context(), folder, args...)
		cmd.Stderr = said
		_ = cmd.Run()
	}
	book := markedBook(t, folder)
	run("import", book)
	run("import", book, "--apply")
	run("import", markedBook(t, folder, "good rows only"), "--apply")
	run("import", filepath.Join(folder, "xianjie.yaml"), "--apply")

	marks := wechatsim.Profile{Nick: marked["a nickname"], Signature: marked["a signature"], Alias: marked["a WeChat id"]}
	member, officer := sim.AddPerson("m", marks), sim.AddPerson("o", marks)
	account.AddFriend(member)
	account.AddFriend(officer)
	look := openPlain(t, db)
	cmd := xianjie(t.Context(), folder, "serve")
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill() }()
	awaitRows(t, look, "SELECT COUNT(*) FROM accounts WHERE ready AND session <> ''", 1)
	talk := func(p *wechatsim.Person, texts ...string) {
		t.Helper()
		for _, text := range texts {
			if p.Say(account, text) == "" {
				t.Fatalf("%q was not said", text)
			}
			heard := len(p.Received(account))
			awaitRows(t, look, "SELECT COUNT(*) FROM inbox WHERE state = 'new'", 0)
			for deadline := time.Now().Add(time.Second); len(p.Received(account)) == heard && time.Now().Before(deadline); {
				waitFor(t.Context(), 5*time.Millisecond) // what a fault swallows never comes
			}
		}
	}
	talk(member, marked["a refused number"]+" "+marked["a member's name"], marked["a member's number"]+" "+marked["an officer's name"], marked["a member's number"]+" "+marked["a member's name"])
	talk(officer, marked["an officer's number"]+" "+marked["an officer's name"])
	talk(member, marked["somebody's chatter"], "人工 "+marked["a question"], "就业", "到单位工作", marked["an employer"], "成都", "有", "确认")
	talk(officer, "待答复", "回 1 "+marked["an officer's reason"], "已发起 "+marked["a member's name"], "确认", "退回 "+marked["a member's name"]+"："+marked["an officer's reason"], "确认",
		"名单", "催 "+marked["a member's name"])
	talk(member, "修改", "留学", "某国某某大学", "2020年9月到2021年9月", "8月20日", marked["a contact at home"]+"，母亲", marked["a contact's phone"], "确认")
	for _, fault := range []wechatsim.Injection{
		{Fault: wechatsim.Fault{Kind: wechatsim.Reset}, Endpoint: "webwxsendmsg"},
		{Fault: wechatsim.Fault{Kind: wechatsim.ReplyLost}, Endpoint: "webwxsendmsg"},
		{Fault: wechatsim.Fault{Kind: wechatsim.BadGateway}, Endpoint: "webwxsendmsg"},
		{Fault: wechatsim.Fault{Kind: wechatsim.Return, Code: 1201}, Endpoint: "webwxsendmsg"},
		{Fault: wechatsim.Fault{Kind: wechatsim.Truncated}, Endpoint: "webwxsync"},
		{Fault: wechatsim.Fault{Kind: wechatsim.WrongType}, Endpoint: "webwxsync"},
		{Fault: wechatsim.Fault{Kind: wechatsim.WrongType, Field: "AddMsgList"}, Endpoint: "webwxsync"},
		{Fault: wechatsim.Fault{Kind: wechatsim.EmptyBody}, Endpoint: "webwxsync"},
		{Fault: wechatsim.Fault{Kind: wechatsim.Reset}, Endpoint: "webwxsync"},
		{Fault: wechatsim.Fault{Kind: wechatsim.ReplyLost}, Endpoint: "synccheck"},
		{Fault: wechatsim.Fault{Kind: wechatsim.BadGateway}},
	} {
		fault.Times = 2
		in := sim.Inject(fault)
		talk(member, "状态", marked["somebody's chatter"]+fault.Endpoint)
		in.Remove()
	}
	found := checkDatabase(t, look)
	account.Relogin()
	awaitRows(t, look, "SELECT COUNT(*) FROM accounts WHERE ready AND session <> ''", 1)
	talk(member, "状态")
	maps.Copy(found, checkDatabase(t, look))
	for column, list := range clear {
		for _, what := range list {
			if !found[column+": "+what] {
				t.Errorf("%s was never written to %s: the test shows nothing about it", what, column)
			}
		}
	}

	run("export", "members", "--out", filepath.Join(folder, "none", "m.json"))
	run("export", "messages", "--out", filepath.Join(folder, "m.json"))
	run("duty", "999999")
	run("backup", filepath.Join(folder, "b.gz"))
	run("restore", filepath.Join(folder, "b.gz"))
	run("key", "rotate")
	run("audit", "verify")
	if _, err := look.Exec("UPDATE people SET phone = 's1:AAAA' WHERE phone <> ''"); err != nil {
		t.Fatal(err)
	}
	run("export", "members", "--out", filepath.Join(folder, "m.json"))
	run("import", book, "--apply")
	talk(member, "状态")
	if breakDB != nil {
		breakDB()
		member.Say(account, marked["somebody's chatter"])
		for deadline := time.Now().Add(20 * time.Second); strings.Count(said.String(), "connect: connection refused") < 3 && time.Now().Before(deadline); {
			waitFor(t.Context(), 50*time.Millisecond)
		}
		run("doctor")
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // it was killed
	checkSpoken(t, said.String(), known)
}

// markedBook is a roster of the marked people; with a note, one without the row that must be refused.
func markedBook(t *testing.T, folder string, note ...string) string {
	t.Helper()
	path := filepath.Join(folder, fmt.Sprintf("名册%d.xlsx", len(note)))
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	members := []roster.Member{{No: marked["a member's number"], Name: marked["a member's name"], College: "机械学院", Branch: "一班", Cohort: 2020, Phone: marked["a member's telephone"]}}
	if len(note) == 0 {
		members = append(members, roster.Member{No: marked["a refused number"], Name: marked["a refused name"], College: "机械学院", Branch: "一班", Cohort: 2020, Phone: marked["a member's telephone"]})
	}
	officers := []roster.Officer{{No: marked["an officer's number"], Name: marked["an officer's name"], Role: roster.RoleCollege, College: "机械学院", Phone: marked["an officer's phone"]}}
	if err := roster.Write(f, members, officers); err != nil {
		t.Fatal(err)
	}
	return path
}

func checkSpoken(t *testing.T, said string, known *secrets) {
	t.Helper()
	known.mu.Lock()
	defer known.mu.Unlock()
	words := map[string]string{}
	for what, mark := range marked {
		words[mark] = what
	}
	for secret := range known.found {
		words[secret] = "a secret of the session"
	}
	if len(known.found) < 4 {
		t.Errorf("only %d secrets of the session are known to look for", len(known.found))
	}
	lines := 0
	for line := range strings.Lines(said) {
		lines++
		for mark, what := range words {
			if strings.Contains(line, mark) {
				t.Errorf("%s stands in: %.400s", what, line)
			}
		}
	}
	if lines < 20 {
		t.Errorf("only %d lines were written; too little went wrong", lines)
	}
	t.Logf("%d lines, %d secrets of sessions", lines, len(known.found))
}

// checkDatabase looks into every column of every table, and returns what stands where it may.
func checkDatabase(t *testing.T, db *sql.DB) map[string]bool {
	t.Helper()
	seen := map[string]bool{}
	for _, table := range tablesOf(t, db) {
		rows, err := db.Query("SELECT * FROM " + table)
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		values := make([]any, len(columns))
		for rows.Next() {
			for i := range values {
				values[i] = new(sql.RawBytes)
			}
			if err := rows.Scan(values...); err != nil {
				t.Fatal(err)
			}
			for i, v := range values {
				column := table + "." + columns[i]
				for what, mark := range marked {
					if !bytes.Contains(*v.(*sql.RawBytes), []byte(mark)) {
						continue
					}
					seen[column+": "+what] = true
					if !slices.Contains(clear[column], what) {
						t.Errorf("%s stands in clear in %s: %.300s", what, column, *v.(*sql.RawBytes))
					}
				}
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		_ = rows.Close()
	}
	return seen
}

func tablesOf(t *testing.T, db *sql.DB) []string {
	t.Helper()
	rows, err := db.Query("SELECT name FROM sqlite_master WHERE type = 'table'")
	if err != nil {
		rows, err = db.Query("SHOW TABLES")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		list = append(list, name)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}
