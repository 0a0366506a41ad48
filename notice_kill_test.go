package main

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"xianjie/roster"
	"xianjie/storage"
	"xianjie/storage/storagetest"
	"xianjie/wechatsim"
)

// TestNoticeKilled sends a notice to 3,000 people, one by one, and kills the serving process with SIGKILL 20 times while it
// is on its way. After every kill the sum is reckoned from the bare tables and held against what WeChat accepted: nobody
// is lost, nobody is told twice, and only what was in flight at a kill is unknown.
func TestNoticeKilled(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		folder, _ := installation(t, "")
		testNoticeKilled(t, storage.Options{Driver: storage.SQLite, DSN: filepath.Join(folder, "k.db")})
	})
	t.Run("mariadb", func(t *testing.T) { testNoticeKilled(t, storagetest.MariaDB(t)) })
}

const (
	noticeMembers = 3000
	noticeKills   = 20
	noticeText    = "各位同学，请在6月15日前登记毕业去向。"
)

// noticeWorld is a university with a notice under way.
type noticeWorld struct {
	t       *testing.T
	folder  string
	sim     *wechatsim.Server
	account *wechatsim.Account
	look    *sql.DB
	starts  int
}

func testNoticeKilled(t *testing.T, db storage.Options) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	w := newNoticeWorld(t, db)
	cmd := w.serve()
	w.bindAll()
	writer, second := w.sim.Person("80000008"), w.sim.Person("80000009")
	for _, text := range []string{"通知", noticeText, "全部", "发送"} {
		w.say(writer, text)
	}
	awaitRows(t, w.look, "SELECT COUNT(*) FROM notices WHERE state = 'waiting' AND planned = 3000", 1)
	if n := w.told(); len(n) > 0 {
		t.Fatalf("%d were told before anybody released the notice", len(n))
	}
	w.say(second, "放行 1")

	unknown := 0
	for kill := range noticeKills {
		w.progress(1 + rng.IntN(noticeMembers/noticeKills))
		if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
			t.Fatalf("the process ended by itself: %v", err)
		}
		_ = cmd.Wait() // it was killed
		unknown = w.check(kill+1, unknown)
		cmd = w.serve()
	}
	w.pause(writer)
	w.say(writer, "继续 1")
	awaitRows(t, w.look, "SELECT COUNT(*) FROM notices WHERE state = 'done'", 1)
	stopProcess(t, cmd)
	w.check(noticeKills, unknown)
	if n := number(t, w.look, "SELECT COUNT(*) FROM outbox WHERE kind = 'notice' AND state NOT IN ('sent', 'unknown')"); n != 0 {
		t.Errorf("%d messages of a notice that is done are neither sent nor unknown", n)
	}
	t.Logf("%d of %d were told, %d unknown", len(w.told()), noticeMembers, number(t, w.look, "SELECT COUNT(*) FROM outbox WHERE kind = 'notice' AND state = 'unknown'"))
}

func newNoticeWorld(t *testing.T, db storage.Options) *noticeWorld {
	w := &noticeWorld{t: t, folder: t.TempDir(), sim: wechatsim.New(wechatsim.Options{})}
	w.account = w.sim.AddAccount("bot", "助手")
	w.sim.AutoConfirm(w.account)
	l, err := w.sim.ListenTLS("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	serveSettings(t, w.folder, db, l)
	var ms []roster.Member
	friend := func(no string) { w.account.AddFriend(w.sim.AddPerson(no, wechatsim.Profile{Nick: no})) }
	for i := range noticeMembers {
		no := fmt.Sprintf("2016%06d", i)
		ms = append(ms, roster.Member{No: no, Name: "同学" + string(rune('一'+i%500)), College: fmt.Sprintf("第%d学院", i/300+1), Branch: fmt.Sprintf("%d班", i/30+1), Cohort: 2020})
		friend(no)
	}
	officers := []roster.Officer{{No: "80000008", Name: "何晴", Role: roster.RoleCommittee}, {No: "80000009", Name: "陈静", Role: roster.RoleCommittee}}
	for _, o := range officers {
		friend(o.No)
	}
	book := filepath.Join(w.folder, "名册.xlsx")
	f, err := os.Create(book)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := roster.Write(f, ms, officers); err != nil {
		t.Fatal(err)
	}
	if out, err := xianjie(t.Context(), w.folder, "import", book, "--apply").CombinedOutput(); err != nil {
		t.Fatalf("import: %v\n%s", err, out)
	}
	w.look = openPlain(t, db)
	return w
}

var startAt = regexp.MustCompile(`start_at: "[^"]*"`)

// serve starts the process at a later hour than before: its clock stands still while it is dead.
func (w *noticeWorld) serve() *exec.Cmd {
	w.t.Helper()
	path := filepath.Join(w.folder, "xianjie.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		w.t.Fatal(err)
	}
	at := time.Date(2020, 6, 10, 9, 10*w.starts, 0, 0, time.UTC).Format("2006-01-02 15:04")
	later := startAt.ReplaceAllString(string(text), `start_at: "`+at+`"`)
	w.starts++
	if err := os.WriteFile(path, []byte(later), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return serveProcess(w.t, w.folder)
}

// bindAll has everybody known, as if each had said number and name.
func (w *noticeWorld) bindAll() {
	w.t.Helper()
	awaitRows(w.t, w.look, "SELECT COUNT(*) FROM accounts WHERE ready AND session <> ''", 1)
	awaitRows(w.t, w.look, "SELECT COUNT(*) FROM contacts c JOIN people p ON p.no = c.nick", noticeMembers+2)
	_, err := w.look.Exec("UPDATE contacts SET person_id = (SELECT id FROM people WHERE no = contacts.nick) WHERE nick IN (SELECT no FROM people)")
	if err != nil {
		w.t.Fatal(err)
	}
}

// say says something and waits until it has been handled.
func (w *noticeWorld) say(p *wechatsim.Person, text string) {
	w.t.Helper()
	id := p.Say(w.account, text)
	awaitRows(w.t, w.look, "SELECT COUNT(*) FROM inbox WHERE state <> 'new' AND msg_id = '"+id+"'", 1)
}

// told is how often WeChat took the notice for each person.
func (w *noticeWorld) told() map[string]int {
	told := map[string]int{}
	for _, s := range w.sim.Ledger() {
		if strings.HasPrefix(s.Content, noticeText) && strings.HasPrefix(s.To, "2016") {
			told[s.To]++
		}
	}
	return told
}

// progress waits until so many more have been told, or all.
func (w *noticeWorld) progress(more int) {
	w.t.Helper()
	want := min(len(w.told())+more, noticeMembers-noticeKills)
	waitUntil(w.t, func() bool { return len(w.told()) >= want })
}

// check reckons the sum from the bare tables while no process runs, and holds it against the ledger. It returns how many
// are unknown: no more than one at a kill.
func (w *noticeWorld) check(kill, unknownBefore int) (unknown int) {
	w.t.Helper()
	rows, err := w.look.Query("SELECT p.no, r.reason, COALESCE(o.state, '') FROM notice_recipients r JOIN people p ON p.id = r.person_id LEFT JOIN outbox o ON o.id = r.outbox_id")
	if err != nil {
		w.t.Fatal(err)
	}
	defer rows.Close()
	told := w.told()
	states := map[string]int{}
	people := 0
	for rows.Next() {
		var no, reason, state string
		if err := rows.Scan(&no, &reason, &state); err != nil {
			w.t.Fatal(err)
		}
		people++
		states[state]++
		switch n := told[no]; {
		case n > 1:
			w.t.Errorf("after kill %d %s was told %d times", kill, no, n)
		case state == "sent" && n != 1, n == 1 && (state == "queued" || state == "held"), state == "" || reason != "":
			w.t.Errorf("after kill %d %s is %q (%s) and was told %d times", kill, no, state, reason, n)
		}
	}
	if err := rows.Err(); err != nil {
		w.t.Fatal(err)
	}
	sum := states["sent"] + states["queued"] + states["held"] + states["sending"] + states["unknown"]
	if people != noticeMembers || sum != people {
		w.t.Fatalf("after kill %d the parts %v do not make up %d people of %d", kill, states, people, noticeMembers)
	}
	unknown = states["unknown"] + states["sending"]
	if accepted := len(told); states["sending"] > 1 || unknown > unknownBefore+1 || accepted < states["sent"] || accepted > states["sent"]+unknown {
		w.t.Fatalf("after kill %d WeChat took %d, the tables hold %v; %d were unknown before", kill, len(told), states, unknownBefore)
	}
	return unknown
}

// pause has the notice held: what is in flight at that moment is the last to leave.
func (w *noticeWorld) pause(by *wechatsim.Person) {
	w.t.Helper()
	w.say(by, "暂停 1")
	before := len(w.told())
	awaitRows(w.t, w.look, "SELECT COUNT(*) FROM outbox WHERE kind = 'notice' AND state IN ('queued', 'sending')", 0)
	w.say(by, "进展 1")
	if after := len(w.told()); after > before+1 {
		w.t.Errorf("%d more left after the pause", after-before)
	}
}
