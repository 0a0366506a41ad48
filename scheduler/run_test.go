package scheduler_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"xianjie/scheduler"
	"xianjie/storage"
	"xianjie/storage/storagetest"
)

// strange is a coordinator that fails to grant a lease as often as it is told, and can take leases away.
type strange struct {
	*scheduler.Memory
	mu    sync.Mutex
	fails int
	held  scheduler.Lease
}

func (c *strange) Acquire(ctx context.Context, name string, ttl time.Duration) (scheduler.Lease, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fails > 0 {
		c.fails--
		return nil, errors.New("no answer")
	}
	l, err := c.Memory.Acquire(ctx, name, ttl)
	c.held = l
	return l, err
}

// lose takes the lease away, as Redis does when it forgets.
func (c *strange) lose() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held.Release()
}

// notes is a log to look at.
type notes struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (n *notes) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.b.Write(p)
}

func (n *notes) count(s string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return strings.Count(n.b.String(), s)
}

// running runs a clockwork until the test ends; stop ends it earlier.
func (w *school) running(coord scheduler.Coordinator, log *slog.Logger) (c *scheduler.Clockwork, stop func()) {
	w.t.Helper()
	p := *w.planner
	c = &scheduler.Clockwork{Planner: &p, Coord: coord, Log: log}
	ctx, cancel := context.WithCancel(w.ctx)
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		w.t.Helper()
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("Run = %v", err)
		}
	})
	w.t.Cleanup(stop)
	synctest.Wait()
	return c, stop
}

func TestClockworkTicksAtOnceAndEveryMinute(t *testing.T) {
	on(t, sqlite, "2020-07-30 08:30", func(t *testing.T, w *school) {
		w.office(2)
		w.wait("2020-07-30 09:00")
		time.Sleep(17 * time.Second)
		_, stop := w.running(scheduler.NewMemory(time.Now), silent())
		if list := w.drain(); len(list) != 1 {
			t.Fatalf("at start: %+v", list)
		}
		w.wait("2020-07-31 09:00")
		synctest.Wait()
		if list := w.drain(); len(list) == 0 || w.clock() != "2020-07-31 09:00" {
			t.Fatalf("at nine sharp: %+v", list)
		}
		stop()
		w.wait("2020-08-01 09:00")
		synctest.Wait()
		if list := w.drain(); len(list) != 0 {
			t.Fatalf("after the end: %+v", list)
		}
	})
}

func TestClockworkIsWoken(t *testing.T) {
	on(t, sqlite, "2020-07-24 10:00", func(t *testing.T, w *school) {
		coord := scheduler.NewMemory(time.Now)
		w.running(coord, silent())
		time.Sleep(10 * time.Second)
		no := w.office(1)[0]
		w.declare(no, "abroad_private", "2020-07-25")
		if list := w.drain(); len(list) != 0 {
			t.Fatalf("before the wake-up: %+v", list)
		}
		w.ok(coord.Wake(w.ctx, scheduler.TopicPlanner))
		synctest.Wait()
		if list := w.drain(); len(list) != 1 || list[0].at != "2020-07-24 10:00" {
			t.Fatalf("after the wake-up: %+v", list)
		}
	})
}

// TestOneProcessPlans hands planning over to the process that waits.
func TestOneProcessPlans(t *testing.T) {
	on(t, sqlite, "2020-07-28 08:00", func(t *testing.T, w *school) {
		w.office(2)
		coord := scheduler.NewMemory(time.Now)
		var first, second notes
		_, stop := w.running(coord, slog.New(slog.NewTextHandler(&first, nil)))
		w.running(coord, slog.New(slog.NewTextHandler(&second, nil)))
		if first.count("this process plans") != 1 || second.count("this process plans") != 0 {
			t.Fatal("both plan, or none")
		}
		w.wait("2020-07-28 08:30")
		w.drain()
		stop()
		synctest.Wait()
		if second.count("this process plans") != 1 {
			t.Fatal("the second does not take over")
		}
		w.wait("2020-07-28 09:00")
		synctest.Wait()
		if list := w.drain(); len(list) != 1 {
			t.Fatalf("the second process queued %+v", list)
		}
	})
}

func TestClockworkOutlives(t *testing.T) {
	for _, row := range []struct {
		name  string
		fault func(*school, *strange, *scheduler.Clockwork) (repaired func())
		says  string // in the log
	}{
		{"a coordinator that does not answer", func(_ *school, c *strange, _ *scheduler.Clockwork) func() {
			c.mu.Lock()
			c.fails = 20
			c.mu.Unlock()
			c.lose()
			return func() {}
		}, "planner pauses"},
		{"a lost lease", func(_ *school, c *strange, _ *scheduler.Clockwork) func() {
			c.lose()
			return func() {}
		}, "lease is lost"},
		{"a panic", func(_ *school, _ *strange, c *scheduler.Clockwork) func() {
			c.Between(func() { c.Planner.Now = func() time.Time { panic("no clock") } })
			return func() { c.Between(func() { c.Planner.Now = time.Now }) }
		}, "panic: no clock"},
		{"a database that does not answer", func(w *school, _ *strange, c *scheduler.Clockwork) func() {
			st := c.Planner.Store
			gone, err := storage.Open(w.ctx, storagetest.SQLite(w.t))
			w.ok(err)
			w.ok(gone.Close())
			c.Between(func() { c.Planner.Store = gone })
			return func() { c.Between(func() { c.Planner.Store = st }) }
		}, "database is closed"},
	} {
		t.Run(row.name, func(t *testing.T) {
			on(t, sqlite, "2020-07-24 08:50", func(t *testing.T, w *school) {
				w.office(1)
				coord := &strange{Memory: scheduler.NewMemory(time.Now)}
				var log notes
				c, _ := w.running(coord, slog.New(slog.NewTextHandler(&log, nil)))
				w.drain()
				repaired := row.fault(w, coord, c)
				time.Sleep(90 * time.Second)
				synctest.Wait()
				repaired()
				if log.count(row.says) == 0 {
					t.Errorf("%q is not in the log", row.says)
				}
				w.wait("2020-07-24 09:00")
				synctest.Wait()
				if list := w.drain(); len(list) != 1 {
					t.Fatalf("afterwards: %+v", list)
				}
			})
		})
	}
}

func TestTickNow(t *testing.T) {
	on(t, sqlite, "2020-07-24 08:00", func(t *testing.T, w *school) {
		w.office(2)
		c := &scheduler.Clockwork{Planner: w.planner, Coord: scheduler.NewMemory(time.Now), Log: silent()}
		w.wait("2020-07-28 09:00")
		r, err := c.Tick(w.ctx)
		w.ok(err)
		if r.Digests != 1 || len(w.drain()) != 1 {
			t.Fatalf("ticked: %+v", r)
		}
		w.planner.Now = func() time.Time { panic("no clock") }
		if _, err := c.Tick(w.ctx); err == nil || !strings.Contains(err.Error(), "panic: no clock") {
			t.Fatalf("a panic: %v", err)
		}
	})
}
