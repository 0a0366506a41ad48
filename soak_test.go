package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"xianjie/wechatsim"
)

// beSampled names the file a process of the product, run by this test binary, writes a sample to at every SIGUSR1.
const beSampled = "TEST_BE_SAMPLED"

// sample is what a process uses at a moment of rest, after its garbage is collected.
type sample struct {
	Goroutines int
	Files      int     // open file handles
	HeapMB     float64 // alive
	RSSMB      float64
}

// sampleOnSignal appends a sample of this process to a file at every SIGUSR1, for as long as it lives.
func sampleOnSignal(path string) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1)
	go func() {
		for range signals {
			debug.FreeOSMemory()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			s := sample{Goroutines: runtime.NumGoroutine(), HeapMB: float64(m.HeapAlloc) / (1 << 20)}
			if files, err := os.ReadDir("/proc/self/fd"); err == nil {
				s.Files = len(files)
			}
			var size, resident float64
			if text, err := os.ReadFile("/proc/self/statm"); err == nil {
				_, _ = fmt.Sscan(string(text), &size, &resident)
			}
			s.RSSMB = resident * float64(os.Getpagesize()) / (1 << 20)
			f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
			if err != nil {
				continue
			}
			_ = json.NewEncoder(f).Encode(s)
			_ = f.Close()
		}
	}()
}

// TestSoak has one process serve for a time, on MariaDB and Redis, with alerts on: members write, WeChat ends the session
// now and then, requests go wrong. After every round, at rest, memory, goroutines and file handles are sampled; what is
// in use in the last third must be what was in use in the first. TEST_SOAK is how long (make soak: an hour); by default
// only as many rounds as show that it works.
func TestSoak(t *testing.T) {
	c := newCluster(t)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	defer hook.Close()
	c.setting("alerts: {webhook: %q}\n", hook.URL)
	for i := range writers {
		p := c.sim.AddPerson(fmt.Sprintf("2016%04d", i), wechatsim.Profile{Nick: fmt.Sprintf("写信人%d", i)})
		c.bot.AddFriend(p)
		c.books = append(c.books, &writer{person: p, account: c.bot, i: i})
	}
	file := filepath.Join(c.folder, "samples")
	cmd := xianjie(t.Context(), c.folder, "serve")
	cmd.Env = append(cmd.Env, beSampled+"="+file)
	cmd.Stderr = io.Discard // what goes wrong on purpose fills pages
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c.await("the process runs the account", func() bool { return c.fence() == 1 && c.ready() })

	long, err := time.ParseDuration(os.Getenv("TEST_SOAK"))
	soaking := err == nil
	var samples []sample
	for began := time.Now(); len(samples) < 6 || time.Since(began) < long; {
		c.round(len(samples))
		if err := cmd.Process.Signal(syscall.SIGUSR1); err != nil {
			t.Fatal(err)
		}
		c.await("a sample is taken", func() bool { return len(readSamples(t, file)) > len(samples) })
		samples = readSamples(t, file)
		if n := len(samples); soaking && n&(n-1) == 0 {
			t.Logf("round %d, after %s: %+v", n, time.Since(began).Round(time.Second), samples[n-1])
		}
	}
	stopProcess(t, cmd)
	checkKilled(t, c.db, c.sim, c.books)
	judge(t, samples)
}

// round has every member write a few times, and waits until all is answered. Every third round a request or two go wrong,
// every fifth WeChat wants a new login, but no sooner than a session must last for the next code to be shown at once.
func (c *cluster) round(n int) {
	c.t.Helper()
	if n%3 == 2 {
		c.sim.Inject(wechatsim.Injection{Fault: wechatsim.Fault{Kind: wechatsim.BadGateway}, Endpoint: "webwxsync", Times: 1})
		c.sim.Inject(wechatsim.Injection{Fault: wechatsim.Fault{Kind: wechatsim.Truncated}, Endpoint: "synccheck", Times: 2})
	}
	if n%5 == 4 && time.Since(c.relogged) > 11*time.Minute {
		c.relogged = time.Now()
		before := c.login()
		c.bot.Relogin()
		c.await("the account logs in anew", func() bool { return c.login() != before && c.ready() })
	}
	for range 7 {
		for _, w := range c.books {
			w.next()
		}
	}
	settled(c.t, c.db, c.sim)
}

func readSamples(t *testing.T, file string) []sample {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var all []sample
	for line := range strings.Lines(string(text)) {
		var s sample
		if json.Unmarshal([]byte(line), &s) == nil { // the last one may not be there whole
			all = append(all, s)
		}
	}
	return all
}

// judge compares the last third with the first by their medians, for one sample may fall on a login that is under way.
func judge(t *testing.T, all []sample) {
	t.Helper()
	third := len(all) / 3
	for _, what := range []struct {
		name  string
		of    func(sample) float64
		slack float64 // by how much the last may be more
	}{
		{"goroutines", func(s sample) float64 { return float64(s.Goroutines) }, 12},
		{"file handles", func(s sample) float64 { return float64(s.Files) }, 12}, // the pool keeps up to 8
		{"heap, MiB", func(s sample) float64 { return s.HeapMB }, 8},
		{"resident memory, MiB", func(s sample) float64 { return s.RSSMB }, 24},
	} {
		first, last := median(all[:third], what.of), median(all[len(all)-third:], what.of)
		t.Logf("%s: %.1f in the first third of %d rounds, %.1f in the last", what.name, first, len(all), last)
		if last > first+what.slack {
			t.Errorf("%s grew from %.1f to %.1f", what.name, first, last)
		}
	}
}

func median(ss []sample, of func(sample) float64) float64 {
	var vs []float64
	for _, s := range ss {
		vs = append(vs, of(s))
	}
	slices.Sort(vs)
	return vs[len(vs)/2]
}
