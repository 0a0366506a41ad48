package scheduler

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// redisServer is a Redis of this test alone, which keeps nothing on disk.
type redisServer struct {
	addr string
	dir  string
	cmd  *exec.Cmd
}

// startRedis skips the test when the program is missing, unless every test must run.
func startRedis(t testing.TB) *redisServer {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("XIANJIE_TEST_ALL") == "1" {
			t.Fatal("redis-server is missing")
		}
		t.Skip("redis-server is missing")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &redisServer{addr: l.Addr().String(), dir: t.TempDir()}
	l.Close()
	s.start(t)
	t.Cleanup(func() { s.stop() })
	return s
}

func (s *redisServer) start(t testing.TB) {
	t.Helper()
	_, port, _ := net.SplitHostPort(s.addr)
	log := filepath.Join(s.dir, "log")
	s.cmd = exec.Command("redis-server", "--bind", "127.0.0.1", "--port", port, "--dir", s.dir, "--save", "", "--logfile", log)
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(10 * time.Second)
	for {
		c := redis.NewClient(&redis.Options{Addr: s.addr, MaxRetries: -1})
		info, err := c.Info(t.Context(), "server").Result()
		c.Close()
		// Another test may have taken the port in between.
		if strings.Contains(info, "process_id:"+strconv.Itoa(s.cmd.Process.Pid)+"\r") {
			return
		}
		if time.Now().After(deadline) {
			said, _ := os.ReadFile(log)
			t.Fatalf("redis-server does not answer: %v\n%s", err, said)
		}
		<-time.After(10 * time.Millisecond)
	}
}

// stop kills the server; stopping it again does nothing.
func (s *redisServer) stop() {
	if s.cmd != nil {
		s.cmd.Process.Kill()
		s.cmd.Wait()
		s.cmd = nil
	}
}

func (s *redisServer) flush(t testing.TB) {
	t.Helper()
	c := redis.NewClient(&redis.Options{Addr: s.addr})
	defer c.Close()
	if err := c.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
}

// freeze makes the server accept and never answer until the test ends.
func (s *redisServer) freeze(t *testing.T) {
	t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.stop)
}

func (s *redisServer) process(t *testing.T, now func() time.Time) *Redis {
	t.Helper()
	r := NewRedis(s.addr, now)
	t.Cleanup(func() { r.Close() })
	return r
}

func TestRedis(t *testing.T) {
	t.Parallel()
	s := startRedis(t)
	suite(t, func(t *testing.T, c *clock) (a, b Coordinator) {
		s.flush(t)
		return s.process(t, c.now), s.process(t, c.now)
	})
}

// soon fails the test when a call took longer than a caller should be kept.
func soon(t *testing.T, what string, call func() error) error {
	t.Helper()
	start := time.Now()
	err := call()
	if d := time.Since(start); d > callPatience+time.Second {
		t.Errorf("%s took %v", what, d)
	}
	return err
}

// TestRedisLostAnswersWithErrors: whoever asks while Redis is away is told so, quickly, and served again afterwards.
func TestRedisLostAnswersWithErrors(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		lose func(t *testing.T, s *redisServer)
	}{
		{"stopped", func(_ *testing.T, s *redisServer) { s.stop() }},
		{"frozen", func(t *testing.T, s *redisServer) { s.freeze(t) }},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, c := startRedis(t), newClock()
			r := s.process(t, c.now)
			if err := r.Ping(t.Context()); err != nil {
				t.Fatal(err)
			}
			row.lose(t, s)
			near := r.wakes.listen(t.Context(), "outbox")
			for name, call := range map[string]func() error{
				"ping":    func() error { return r.Ping(t.Context()) },
				"acquire": func() error { _, err := r.Acquire(t.Context(), "planner", testTTL); return err },
				"reserve": func() error { _, err := r.Reserve(t.Context(), "main", Pace{}); return err },
				"hold":    func() error { return r.Hold(t.Context(), "main", c.now().Add(time.Hour)) },
				"allow":   func() error { _, err := r.Allow(t.Context(), "zhang", 1, time.Minute); return err },
				"wake":    func() error { return r.Wake(t.Context(), "outbox") },
			} {
				if soon(t, name, call) == nil {
					t.Errorf("%s did not report the loss", name)
				}
			}
			within(t, near, "the wake-up in the same process")
			s.stop()
			s.start(t)
			acquire(t, t.Context(), r, "planner")
			allow(t, r, "zhang", 1, true)
			wantAt(t, c.now(), reserve(t, r, "main", Pace{}), time.Hour) // the hold Redis never heard of
		})
	}
}

// TestRedisForgetsPace: a process keeps its own pace and holds when Redis has forgotten them.
func TestRedisForgetsPace(t *testing.T) {
	t.Parallel()
	s, c := startRedis(t), newClock()
	a, b := s.process(t, c.now), s.process(t, c.now)
	p := Pace{Every: time.Minute, PerHour: 3}
	start := c.now()
	reserve(t, a, "main", p)
	reserve(t, a, "main", p)
	s.flush(t)
	wantAt(t, start, reserve(t, a, "main", p), 2*time.Minute)
	wantAt(t, start, reserve(t, b, "main", p), 3*time.Minute) // b knows what a told Redis since
	s.stop()
	s.start(t)
	wantAt(t, start, reserve(t, a, "main", p), time.Hour)
	if err := b.Hold(t.Context(), "main", start.Add(5*time.Hour)); err != nil {
		t.Fatal(err)
	}
	s.flush(t)
	wantAt(t, start, reserve(t, b, "main", p), 5*time.Hour)
}

func TestRedisForgetsLease(t *testing.T) {
	t.Parallel()
	s := startRedis(t)
	a, b := s.process(t, time.Now), s.process(t, time.Now)
	l := acquire(t, t.Context(), a, "planner")
	s.flush(t)
	other := acquire(t, t.Context(), b, "planner")
	within(t, l.Done(), "the loss of the first lease")
	l.Release() // must not touch the lease of the other
	never(t, other.Done(), "the loss of the second lease")
}

// TestRedisGoneLosesLease: a holder that cannot renew gives up before others may have the lease.
func TestRedisGoneLosesLease(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		lose func(t *testing.T, s *redisServer)
	}{
		{"stopped", func(_ *testing.T, s *redisServer) { s.stop() }},
		{"frozen", func(t *testing.T, s *redisServer) { s.freeze(t) }},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := startRedis(t)
			r := s.process(t, time.Now)
			start := time.Now()
			l, err := r.Acquire(t.Context(), "planner", time.Second)
			if err != nil {
				t.Fatal(err)
			}
			row.lose(t, s)
			within(t, l.Done(), "the loss")
			if d := time.Since(start); d > 1800*time.Millisecond {
				t.Errorf("the loss was noticed after %v of a lease of 1s", d)
			}
			soon(t, "release", func() error { l.Release(); return nil })
		})
	}
}

// TestRedisGoneShortly: a lease that Redis could not renew once is kept when the next renewal succeeds.
func TestRedisGoneShortly(t *testing.T) {
	t.Parallel()
	s := startRedis(t)
	r := s.process(t, time.Now)
	l, err := r.Acquire(t.Context(), "planner", 3*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	s.freeze(t)
	<-time.After(1500 * time.Millisecond)
	if err := s.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	select {
	case <-l.Done():
		t.Error("the lease was lost")
	case <-time.After(4 * time.Second):
	}
}

// TestRedisHolderDies: the lease of a process that ends without a word is free after its time to live, not before.
func TestRedisHolderDies(t *testing.T) {
	t.Parallel()
	s := startRedis(t)
	dead, alive := s.process(t, time.Now), s.process(t, time.Now)
	start := time.Now()
	if _, err := dead.obtain(t.Context(), "planner", time.Second); err != nil { // taken, never renewed
		t.Fatal(err)
	}
	acquire(t, t.Context(), alive, "planner")
	if d := time.Since(start); d < 990*time.Millisecond || d > 4*time.Second {
		t.Errorf("the lease was free after %v", d)
	}
}

// TestRedisBackWakes: after a lost connection listeners are woken, for what they may have missed, and hear again.
func TestRedisBackWakes(t *testing.T) {
	t.Parallel()
	s := startRedis(t)
	a, b := s.process(t, time.Now), s.process(t, time.Now)
	far := listening(t, t.Context(), b, "outbox")
	s.stop()
	s.start(t)
	within(t, far, "the wake-up after the loss")
	wake(t, a, "outbox")
	within(t, far, "a wake-up from the other process")
}

// TestRedisLateWakes: who listens while Redis is away hears as soon as it is there.
func TestRedisLateWakes(t *testing.T) {
	t.Parallel()
	s := startRedis(t)
	a, b := s.process(t, time.Now), s.process(t, time.Now)
	s.stop()
	var far <-chan struct{}
	soon(t, "wakes", func() error { far = b.Wakes(t.Context(), "outbox"); return nil })
	s.start(t)
	within(t, far, "the wake-up with the connection")
	wake(t, a, "outbox")
	within(t, far, "a wake-up from the other process")
}

// TestRedisKeepsNothing: every key goes away by itself, and none grows beyond what decides.
func TestRedisKeepsNothing(t *testing.T) {
	t.Parallel()
	s, c := startRedis(t), newClock()
	r := s.process(t, c.now)
	for i := range 50 {
		reserve(t, r, "main", Pace{PerHour: 10, PerDay: 20})
		if _, err := r.Allow(t.Context(), "zhang", 5, time.Minute); err != nil {
			t.Fatal(err)
		}
		c.add(time.Duration(i) * time.Minute)
	}
	if err := r.Hold(t.Context(), "main", c.now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	acquire(t, t.Context(), r, "planner")
	keys, err := r.client.Keys(context.Background(), "*").Result()
	if err != nil || len(keys) != 4 {
		t.Fatalf("keys %v, error %v; want four", keys, err)
	}
	for _, k := range keys {
		if ttl := r.client.PTTL(t.Context(), k).Val(); ttl <= 0 {
			t.Errorf("%s stays for ever", k)
		}
	}
	for key, most := range map[string]int64{accountKey("main", "bookings"): 20, redisKeys + "allow:zhang": 5} {
		if n := r.client.LLen(t.Context(), key).Val(); n == 0 || n > most {
			t.Errorf("%s has %d entries, want 1 to %d", key, n, most)
		}
	}
}

// A process that was stopped for longer than its lease lives knows so before its timers do.
func TestRedisLeaseIsHeldByTheClock(t *testing.T) {
	l := &redisLease{done: make(chan struct{})}
	l.lasts(time.Now().Add(time.Minute))
	if !l.Held() {
		t.Error("with a minute left it is not held")
	}
	l.lasts(time.Now().Add(-time.Nanosecond))
	if l.Held() {
		t.Error("past its end it is held")
	}
}
