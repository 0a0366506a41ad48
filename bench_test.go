package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"xianjie/storage"
	"xianjie/wechatsim"
)

// BenchmarkServe starts the real process against a simulated WeChat over TLS and reports, for an account with no and
// with 5,000 contacts: how long it takes from the start of the process to its first long poll with the session it has
// stored, until the contacts of that login are known, and how much memory is resident then.
func BenchmarkServe(b *testing.B) {
	for _, contacts := range []int{0, 5000} {
		b.Run(fmt.Sprintf("contacts=%d", contacts), func(b *testing.B) { benchmarkServe(b, contacts) })
	}
}

func benchmarkServe(b *testing.B, contacts int) {
	sim := wechatsim.New(wechatsim.Options{})
	account := sim.AddAccount("bot", "助手")
	sim.AutoConfirm(account)
	for i := range contacts {
		account.AddFriend(sim.AddPerson(fmt.Sprintf("p%d", i), wechatsim.Profile{Nick: fmt.Sprintf("同学%d", i), Signature: "山高水长"}))
	}
	l, err := sim.ListenTLS("127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	folder := b.TempDir()
	db := storage.Options{Driver: storage.SQLite, DSN: filepath.Join(folder, "x.db")}
	serveSettings(b, folder, db, l)
	if out, err := xianjie(b.Context(), folder, "import", workbook(b, folder, 100, false), "--apply").CombinedOutput(); err != nil {
		b.Fatalf("import: %v\n%s", err, out)
	}
	look := openPlain(b, db)

	// The first start logs in by QR code; it is not counted.
	first := serveProcess(b, folder)
	awaitRows(b, look, "SELECT COUNT(*) FROM accounts WHERE ready AND session <> ''", 1)
	waitUntil(b, func() bool { return sim.Counters()["synccheck"] > 0 })
	stopProcess(b, first)

	var poll, known time.Duration
	var resident, peak float64
	for b.Loop() {
		before := sim.Counters()
		began := time.Now()
		cmd := serveProcess(b, folder)
		waitUntil(b, func() bool { return sim.Counters()["synccheck"] > before["synccheck"] })
		poll += time.Since(began)
		pages := contacts/500 + 1
		waitUntil(b, func() bool { return sim.Counters()["webwxgetcontact"] >= before["webwxgetcontact"]+pages })
		known += time.Since(began)
		waitFor(b.Context(), 2*time.Second) // what was allocated on the way is given back
		resident += memory(b, cmd.Process.Pid, "VmRSS")
		peak = max(peak, memory(b, cmd.Process.Pid, "VmHWM"))
		stopProcess(b, cmd)
	}
	n := float64(b.N)
	b.ReportMetric(0, "ns/op") // most of it is waiting on purpose
	b.ReportMetric(float64(poll.Milliseconds())/n, "ms-to-first-poll")
	b.ReportMetric(float64(known.Milliseconds())/n, "ms-to-contacts")
	b.ReportMetric(resident/n, "MiB-resident")
	b.ReportMetric(peak, "MiB-peak")
}

func waitUntil(tb testing.TB, holds func() bool) {
	tb.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); waitFor(tb.Context(), time.Millisecond) {
		if time.Now().After(deadline) {
			tb.Fatal("waited a minute in vain")
		}
	}
}

// memory reads a line of a process's status, in MiB.
func memory(tb testing.TB, pid int, line string) float64 {
	tb.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		tb.Skipf("resident memory is read from /proc: %v", err)
	}
	for l := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(l, line+":"); ok {
			kib, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			if err != nil {
				tb.Fatal(err)
			}
			return kib / 1024
		}
	}
	tb.Fatalf("no %s in the status of the process", line)
	return 0
}
