package main

import (
	"bytes"
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

// TestNoticeKilled sends a notice with a picture to 3,000 people, one by one, and kills the serving process with SIGKILL 20
// times while it is on its way. After every kill the sum is reckoned from the bare tables and held against what WeChat
// accepted: nobody is lost, nobody is sent anything twice or the picture before the text, and only what was in flight at a
// kill is unknown.
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
	noticeSends   = 2 * noticeMembers
	noticeText    = "各位同学，请在6月15日前登记毕业去向，流程见图。"
)

var noticePicture = bytes.Repeat([]byte("picture "), 200)

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
	w.say(writer, "通知")
	w.say(writer, noticeText)
	w.hear(writer.Send(w.account, wechatsim.Image(noticePicture)))
	w.say(writer, "全部")
	w.say(writer, "发送")
	awaitRows(t, w.look, "SELECT COUNT(*) FROM notices WHERE state = 'waiting' AND planned = 3000 AND sends = 6000", 1)
	if n := w.told(); len(n) > 0 {
		t.Fatalf("%d were told before anybody released the notice", len(n))
	}
	w.say(second, "放行 1")

	unknown := 0
	for kill := range noticeKills {
		w.progress(1 + rng.IntN(noticeSends/noticeKills))
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
	w.say(writer, "进展 1")
	awaitRows(t, w.look, "SELECT COUNT(*) FROM outbox WHERE state IN ('queued', 'sending')", 0)
	stopProcess(t, cmd)
	w.check(noticeKills, unknown)
	w.sum(writer)
	if n := number(t, w.look, "SELECT COUNT(*) FROM outbox WHERE kind = 'notice' AND state NOT IN ('sent', 'unknown')"); n != 0 {
		t.Errorf("%d messages of a notice that is done are neither sent nor unknown", n)
	}
	if n := number(t, w.look, "SELECT COUNT(*) FROM files"); n != 1 {
		t.Errorf("the picture is stored %d times", n)
	}
	t.Logf("%d of %d messages were taken, %d are unknown", w.taken(), noticeSends, number(t, w.look, "SELECT COUNT(*) FROM outbox WHERE kind = 'notice' AND state = 'unknown'"))
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
	w.hear(p.Say(w.account, text))
}

func (w *noticeWorld) hear(msg string) {
	w.t.Helper()
	awaitRows(w.t, w.look, "SELECT COUNT(*) FROM inbox WHERE state NOT IN ('new', 'fetching') AND msg_id = '"+msg+"'", 1)
}

// told is what WeChat took for each person, in order: T for the text, P for the picture.
func (w *noticeWorld) told() map[string]string {
	told := map[string]string{}
	for _, s := range w.sim.Ledger() {
		switch {
		case !strings.HasPrefix(s.To, "2016"):
		case strings.HasPrefix(s.Content, noticeText):
			told[s.To] += "T"
		case bytes.Equal(s.Data, noticePicture):
			told[s.To] += "P"
		}
	}
	return told
}

// taken is how many messages of the notice WeChat took.
func (w *noticeWorld) taken() int {
	n := 0
	for _, s := range w.told() {
		n += len(s)
	}
	return n
}

// progress waits until so many more have left, or all.
func (w *noticeWorld) progress(more int) {
	w.t.Helper()
	want := min(w.taken()+more, noticeSends-2*noticeKills)
	waitUntil(w.t, func() bool { return w.taken() >= want })
}

// check reckons the sum from the bare tables while no process runs, and holds it against the ledger. It returns how many
// messages are unknown: no more than one at a kill.
func (w *noticeWorld) check(kill, unknownBefore int) (unknown int) {
	w.t.Helper()
	rows, err := w.look.Query(`SELECT p.no, r.reason, COALESCE(o.state, ''), COALESCE(f.state, '') FROM notice_recipients r JOIN people p ON p.id = r.person_id
		LEFT JOIN outbox o ON o.id = r.outbox_id LEFT JOIN outbox f ON f.id = r.file_outbox_id`)
	if err != nil {
		w.t.Fatal(err)
	}
	defer rows.Close()
	told := w.told()
	states := map[string]int{}
	people := 0
	for rows.Next() {
		var no, reason, text, picture string
		if err := rows.Scan(&no, &reason, &text, &picture); err != nil {
			w.t.Fatal(err)
		}
		people++
		states[text]++
		states[picture]++
		is := func(mark, state string) bool {
			switch n := strings.Count(told[no], mark); state {
			case "sent":
				return n == 1
			case "queued", "held":
				return n == 0
			case "sending", "unknown":
				return n <= 1
			}
			return false
		}
		if strings.HasPrefix(told[no], "PT") || !is("T", text) || !is("P", picture) || reason != "" {
			w.t.Errorf("after kill %d the text to %s is %q and the picture %q (%s); WeChat took %q", kill, no, text, picture, reason, told[no])
		}
	}
	if err := rows.Err(); err != nil {
		w.t.Fatal(err)
	}
	sum := states["sent"] + states["queued"] + states["held"] + states["sending"] + states["unknown"]
	if people != noticeMembers || sum != noticeSends {
		w.t.Fatalf("after kill %d the parts %v do not make up %d messages to %d people", kill, states, noticeSends, people)
	}
	unknown = states["unknown"] + states["sending"]
	if accepted := w.taken(); states["sending"] > 1 || unknown > unknownBefore+1 || accepted < states["sent"] || accepted > states["sent"]+unknown {
		w.t.Fatalf("after kill %d WeChat took %d, the tables hold %v; %d were unknown before", kill, accepted, states, unknownBefore)
	}
	return unknown
}

// sum holds what an officer is told against the bare tables: a person has the notice when both messages have left.
func (w *noticeWorld) sum(writer *wechatsim.Person) {
	w.t.Helper()
	has := number(w.t, w.look, "SELECT COUNT(*) FROM notice_recipients r JOIN outbox o ON o.id = r.outbox_id JOIN outbox f ON f.id = r.file_outbox_id WHERE o.state = 'sent' AND f.state = 'sent'")
	want := fmt.Sprintf("共%d人＝已送达未回复%d", noticeMembers, has)
	if has < noticeMembers {
		want += fmt.Sprintf("＋不确定%d", noticeMembers-has)
	}
	var said []string
	for _, m := range writer.Received(w.account) {
		if strings.Contains(m.Text, want+"\n") || strings.HasSuffix(m.Text, want) {
			return
		}
		said = append(said, m.Text)
	}
	w.t.Errorf("the writer was not told %q but %q", want, said[max(0, len(said)-2):])
}

// pause has the notice held: what is in flight at that moment is the last to leave.
func (w *noticeWorld) pause(by *wechatsim.Person) {
	w.t.Helper()
	w.say(by, "暂停 1")
	before := w.taken()
	awaitRows(w.t, w.look, "SELECT COUNT(*) FROM outbox WHERE kind = 'notice' AND state IN ('queued', 'sending')", 0)
	w.say(by, "进展 1")
	if after := w.taken(); after > before+1 {
		w.t.Errorf("%d more left after the pause", after-before)
	}
}
