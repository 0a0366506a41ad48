package main

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"xianjie/storage"
	"xianjie/storage/storagetest"
	"xianjie/wechatsim"
)

// TestRestoredSendsNothing loses an installation some time after a backup that was made while members wrote, restores it
// elsewhere, and looks from outside: WeChat hears nothing before a person releases it, and after that nothing but answers to
// what was written since.
func TestRestoredSendsNothing(t *testing.T) {
	t.Run("sqlite to mariadb", func(t *testing.T) {
		testRestored(t, storage.Options{Driver: storage.SQLite, DSN: filepath.Join(t.TempDir(), "k.db")}, storagetest.MariaDB(t))
	})
	t.Run("mariadb to sqlite", func(t *testing.T) {
		testRestored(t, storagetest.MariaDB(t), storage.Options{Driver: storage.SQLite, DSN: filepath.Join(t.TempDir(), "r.db")})
	})
}

func testRestored(t *testing.T, lost, found storage.Options) {
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
	serveSettings(t, folder, lost, l)
	do := func(folder string, args ...string) string {
		t.Helper()
		out, err := xianjie(t.Context(), folder, args...).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	do(folder, "import", workbook(t, folder, writers, false), "--apply")
	look := openPlain(t, lost)
	cmd := serveProcess(t, folder)
	awaitRows(t, look, "SELECT COUNT(*) FROM accounts WHERE ready AND session <> ''", 1)

	stop := make(chan struct{})
	var wg sync.WaitGroup
	books := make([]*writer, writers)
	for i := range books {
		p := sim.AddPerson(fmt.Sprintf("2016%04d", i), wechatsim.Profile{Nick: fmt.Sprintf("写信人%d", i)})
		account.AddFriend(p)
		books[i] = &writer{person: p, account: account, i: i}
		pause := rand.New(rand.NewPCG(seed, uint64(i)+2))
		wg.Go(func() {
			for books[i].next() {
				select {
				case <-stop:
					return
				case <-time.After(time.Duration(5+pause.IntN(40)) * time.Millisecond):
				}
			}
		})
	}
	waitFor(t.Context(), time.Duration(1000+rng.IntN(1000))*time.Millisecond)
	backup := filepath.Join(folder, "b.gz")
	do(folder, "backup", backup)
	for heard := len(sim.Ledger()); len(sim.Ledger()) < heard+100; { // the lost one goes on with what waits in the backup
		if !waitFor(t.Context(), 10*time.Millisecond) {
			t.Fatal("the test was ended")
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	close(stop)
	wg.Wait()
	before := len(sim.Ledger())

	elsewhere := t.TempDir()
	serveSettings(t, elsewhere, found, l)
	key, err := os.ReadFile(filepath.Join(folder, "key"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(elsewhere, "key"), key, 0o600); err != nil {
		t.Fatal(err)
	}
	if out := do(elsewhere, "restore", backup); !strings.Contains(out, "暂停状态") {
		t.Errorf("restore says:\n%s", out)
	}
	former := look
	look = openPlain(t, found)
	waiting := number(t, look, "SELECT COUNT(*) FROM outbox WHERE state = 'queued'") + number(t, look, "SELECT COUNT(*) FROM inbox WHERE state = 'new'")
	if n := number(t, look, "SELECT COUNT(*) FROM outbox WHERE state = 'sending'"); n != 0 {
		t.Errorf("%d messages of the backup count as in flight", n)
	}
	lostSince := 0 // of what waits in the backup, the lost one has sent since
	for _, id := range ids(t, look, "SELECT id FROM outbox WHERE state IN ('queued', 'unknown')") {
		lostSince += number(t, former, "SELECT COUNT(*) FROM outbox WHERE id = ? AND state = 'sent'", id)
	}
	if lostSince == 0 {
		t.Error("nothing of what waits in the backup was sent since: this shows nothing")
	}
	held := func(what string) {
		t.Helper()
		if n := len(sim.Ledger()); n != before {
			t.Fatalf("%s: WeChat heard %d messages", what, n-before)
		}
	}
	do(elsewhere, "audit", "verify")
	cmd = serveProcess(t, elsewhere)
	awaitRows(t, look, "SELECT COUNT(*) FROM accounts WHERE ready AND session <> ''", 1)
	awaitRows(t, look, "SELECT COUNT(*) FROM inbox WHERE state = 'new'", 0)
	held("it has logged in")
	fresh := number(t, look, "SELECT COALESCE(MAX(id), 0) FROM inbox")
	for _, b := range books[:3] {
		if b.person.Say(account, "状态") == "" {
			t.Fatal("not said")
		}
	}
	awaitRows(t, look, fmt.Sprintf("SELECT COUNT(*) FROM inbox i JOIN outbox o ON o.inbox_id = i.id AND o.part = 0 WHERE i.id > %d AND o.state = 'queued'", fresh), 3)
	held("members wrote to it")
	if out, err := xianjie(t.Context(), elsewhere, "resume", "main").CombinedOutput(); err == nil {
		t.Errorf("resuming one account released everything: %s", out)
	}
	do(elsewhere, "resume")
	awaitRows(t, look, fmt.Sprintf("SELECT COUNT(*) FROM inbox i JOIN outbox o ON o.inbox_id = i.id AND o.part = 0 WHERE i.id > %d AND o.state = 'sent'", fresh), 3)
	awaitRows(t, look, "SELECT COUNT(*) FROM outbox WHERE state IN ('queued', 'sending')", 0)
	stopProcess(t, cmd)
	sent := number(t, look, fmt.Sprintf("SELECT COUNT(*) FROM outbox WHERE inbox_id > %d AND state = 'sent'", fresh))
	if n := len(sim.Ledger()) - before; n != sent {
		t.Errorf("WeChat heard %d messages since, %d of them answer what was written since", n, sent)
	}
	do(elsewhere, "audit", "verify")
	t.Logf("%d messages were sent before the loss; %d waited in the backup, %d of which the lost one has sent since", before, waiting, lostSince)
}

func ids(tb testing.TB, db *sql.DB, query string) []int64 {
	tb.Helper()
	rows, err := db.Query(query)
	if err != nil {
		tb.Fatal(err)
	}
	defer rows.Close()
	var list []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			tb.Fatal(err)
		}
		list = append(list, id)
	}
	if err := rows.Err(); err != nil {
		tb.Fatal(err)
	}
	return list
}
