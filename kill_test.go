package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "github.com/glebarez/go-sqlite"
	_ "github.com/go-sql-driver/mysql"

	"xianjie/storage"
	"xianjie/storage/storagetest"
	"xianjie/wechatsim"
)

// TestKilled kills the serving process with SIGKILL at random points while members write, and looks afterwards, from
// outside, whether every message had exactly one effect. A failing run prints the seed that repeats its moments.
func TestKilled(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		folder, _ := installation(t, "")
		testKilled(t, 50, storage.Options{Driver: storage.SQLite, DSN: filepath.Join(folder, "k.db")})
	})
	t.Run("mariadb", func(t *testing.T) { testKilled(t, 12, storagetest.MariaDB(t)) })
}

// writers is how many members write at once.
const writers = 12

func testKilled(t *testing.T, kills int, db storage.Options) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))

	sim := wechatsim.New(wechatsim.Options{})
	account := sim.AddAccount("bot", "助手")
	sim.AutoConfirm(account)
	l, err := sim.ListenTLS("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	folder := t.TempDir()
	serveSettings(t, folder, db, l)
	if out, err := xianjie(t.Context(), folder, "import", workbook(t, folder, writers, false), "--apply").CombinedOutput(); err != nil {
		t.Fatalf("import: %v\n%s", err, out)
	}

	// WeChat keeps messages for a session, not for an account: the first login comes before the first word.
	look := openPlain(t, db)
	cmd := serveProcess(t, folder)
	awaitRows(t, look, "SELECT COUNT(*) FROM accounts WHERE ready AND session <> ''", 1)

	// Members write all the time, whether the process lives or not.
	writing, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	books := make([]*writer, writers)
	for i := range books {
		p := sim.AddPerson(fmt.Sprintf("2016%04d", i), wechatsim.Profile{Nick: fmt.Sprintf("写信人%d", i)})
		account.AddFriend(p)
		books[i] = &writer{person: p, account: account, i: i}
		pause := rand.New(rand.NewPCG(seed, uint64(i)+2))
		wg.Go(func() {
			for books[i].next() && waitFor(writing, time.Duration(20+pause.IntN(120))*time.Millisecond) {
			}
		})
	}
	for range kills {
		waitFor(t.Context(), time.Duration(50+rng.IntN(900))*time.Millisecond)
		if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
			t.Fatalf("the process ended by itself: %v", err)
		}
		_ = cmd.Wait() // it was killed
		cmd = serveProcess(t, folder)
	}
	stop()
	wg.Wait()
	settled(t, look, sim)
	stopProcess(t, cmd)
	checkKilled(t, look, sim, books)
}

// serveSettings writes the settings of an installation whose WeChat is the simulator and which sends without pause.
func serveSettings(tb testing.TB, folder string, db storage.Options, l *wechatsim.Listener) {
	tb.Helper()
	ca := filepath.Join(folder, "ca.pem")
	text := fmt.Sprintf("database: {driver: %s, dsn: %q}\nsecrets: {key_file: %s}\nlog: {level: warn}\nconsole: {listen: \"127.0.0.1:0\"}\nclock: {start_at: \"2020-06-10 10:00\"}\n"+
		"wechat:\n  endpoint: %s\n  ca_file: %s\n  pace: {every: 1ms, jitter: 0, per_minute: 0, per_hour: 0, per_day: 0}\n",
		db.Driver, db.DSN, filepath.Join(folder, "key"), l.Addr(), ca)
	if err := errors.Join(os.WriteFile(ca, l.CA(), 0o600), os.WriteFile(filepath.Join(folder, "xianjie.yaml"), []byte(text), 0o600)); err != nil {
		tb.Fatal(err)
	}
}

// writer is one member who never stops changing their mind: each round confirms another employer.
type writer struct {
	person  *wechatsim.Person
	account *wechatsim.Account
	i       int
	said    int
	rounds  int // declarations confirmed
}

// script is what is written first, and again and again after it.
func (w *writer) next() bool {
	first := []string{w.person.ID() + " " + memberName(w.i), "就业", "到单位工作", "公司0号", "成都", "有", "确认"}
	again := []string{"修改", "单位名称", "公司%d号", "确认"}
	var text string
	if w.said < len(first) {
		text = first[w.said]
	} else {
		text = again[(w.said-len(first))%len(again)]
	}
	if text == "公司%d号" {
		text = fmt.Sprintf(text, w.rounds)
	}
	if text == "确认" {
		w.rounds++
	}
	w.said++
	return w.person.Say(w.account, text) != ""
}

func serveProcess(tb testing.TB, folder string) *exec.Cmd {
	tb.Helper()
	cmd := xianjie(context.WithoutCancel(tb.Context()), folder, "serve")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = cmd.Process.Kill() }) // of a test that failed
	return cmd
}

// stopProcess ends a process as an operator does; it must end well.
func stopProcess(tb testing.TB, cmd *exec.Cmd) {
	tb.Helper()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		tb.Errorf("the process ended with %v", err)
	}
}

// waitFor waits in real time, for a process cannot be told to hurry; false when ctx has ended.
func waitFor(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// openPlain opens the database without the product's code.
func openPlain(tb testing.TB, o storage.Options) *sql.DB {
	tb.Helper()
	driver, dsn := "mysql", o.DSN
	if o.Driver == storage.SQLite {
		driver, dsn = "sqlite", "file:"+o.DSN+"?_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = db.Close() })
	return db
}

func number(tb testing.TB, db *sql.DB, query string, args ...any) int {
	tb.Helper()
	var n int
	if err := db.QueryRow(query, args...).Scan(&n); err != nil {
		tb.Fatalf("%s: %v", query, err)
	}
	return n
}

// awaitRows waits until a count is reached.
func awaitRows(tb testing.TB, db *sql.DB, query string, want int) {
	tb.Helper()
	for deadline := time.Now().Add(time.Minute); number(tb, db, query) != want; waitFor(tb.Context(), 20*time.Millisecond) {
		if time.Now().After(deadline) {
			tb.Fatalf("%s: never %d", query, want)
		}
	}
}

// settled waits until everything said has been received and handled and nothing waits to be sent.
func settled(t *testing.T, db *sql.DB, sim *wechatsim.Server) {
	t.Helper()
	said := 0
	for _, p := range sim.People() {
		for _, m := range p.Chat(sim.Account("bot")) {
			if m.From == p.ID() {
				said++
			}
		}
	}
	deadline := time.Now().Add(90 * time.Second)
	for {
		received := number(t, db, "SELECT COUNT(*) FROM inbox WHERE kind = 'text'")
		waiting := number(t, db, "SELECT COUNT(*) FROM inbox WHERE state = 'new'") + number(t, db, "SELECT COUNT(*) FROM outbox WHERE state IN ('queued', 'sending') AND kind = 'reply'")
		if received == said && waiting == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("said %d, received %d, %d still wait", said, received, waiting)
		}
		waitFor(t.Context(), 50*time.Millisecond)
	}
}

func checkKilled(t *testing.T, db *sql.DB, sim *wechatsim.Server, books []*writer) {
	t.Helper()
	total := 0
	for _, w := range books {
		total += w.said
	}
	if n := number(t, db, "SELECT COUNT(DISTINCT msg_id) FROM inbox WHERE kind = 'text' AND state = 'done'"); n != total {
		t.Errorf("%d messages were handled, %d were said", n, total)
	}
	// One message, one answer: no turn was lost or done twice.
	if n := number(t, db, "SELECT COUNT(*) FROM inbox i WHERE i.kind = 'text' AND (SELECT COUNT(*) FROM outbox o WHERE o.inbox_id = i.id AND o.part = 0 AND o.kind = 'reply') <> 1"); n != 0 {
		t.Errorf("%d messages have no answer or more than one", n)
	}
	for _, w := range books {
		n := number(t, db, "SELECT COUNT(*) FROM declarations d JOIN people p ON p.id = d.person_id WHERE p.no = ?", w.person.ID())
		if n != w.rounds {
			t.Errorf("%s confirmed %d times, %d declarations are stored", w.person.ID(), w.rounds, n)
		}
		current := number(t, db, "SELECT COUNT(*) FROM declarations d JOIN people p ON p.id = d.person_id WHERE p.no = ? AND d.superseded_at IS NULL", w.person.ID())
		if w.rounds > 0 && current != 1 {
			t.Errorf("%s has %d current declarations", w.person.ID(), current)
		}
	}
	// Every answer left once; the one in flight at a kill is unknown and never sent again.
	sent := map[string]int{}
	for _, s := range sim.Ledger() {
		sent[s.MsgID]++
	}
	rows, err := db.Query("SELECT state, msg_id FROM outbox WHERE kind = 'reply'")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	states := map[string]int{}
	for rows.Next() {
		var state, id string
		if err := rows.Scan(&state, &id); err != nil {
			t.Fatal(err)
		}
		states[state]++
		if state == "sent" && sent[id] != 1 {
			t.Errorf("WeChat accepted answer %s %d times", id, sent[id])
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if accepted := len(sim.Ledger()); accepted < states["sent"] || accepted > states["sent"]+states["unknown"] {
		t.Errorf("WeChat accepted %d messages; %d count as sent and %d as unknown", accepted, states["sent"], states["unknown"])
	}
	for state := range states {
		if !strings.Contains("sent unknown", state) {
			t.Errorf("%d answers are %s", states[state], state)
		}
	}
	t.Logf("%d messages, answers %v, %d logins", total, states, sim.Account("bot").Logins())
}
