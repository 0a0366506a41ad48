package scheduler

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// clock is what a coordinator under test takes for the time; it moves only when told.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2031, 5, 6, 1, 2, 3, 456789000, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) add(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
	return c.at
}

// coordinators makes processes that coordinate with each other, all with the same clock.
type coordinators func(t *testing.T, c *clock) (a, b Coordinator)

const (
	// testTTL leaves a slow machine time to renew.
	testTTL = time.Second
	// settled is how long a test waits for what must not happen.
	settled = 150 * time.Millisecond
)

// suite is what every coordinator promises. The two coordinators of a test may be one.
func suite(t *testing.T, make coordinators) {
	for _, row := range []struct {
		name string
		test func(t *testing.T, c *clock, a, b Coordinator)
	}{
		{"a lease has one holder", leaseHasOneHolder},
		{"a lease is given back", leaseIsGivenBack},
		{"a lease given back is free long before its time to live", leaseIsFreeAtOnce},
		{"a lease ends with its context", leaseEndsWithContext},
		{"waiting for a lease ends with its context", leaseWaitEnds},
		{"a lease outlives its time to live while held", leaseIsRenewed},
		{"many want one lease", leaseUnderContention},
		{"a lease needs a time to live", leaseNeedsTTL},
		{"the first booking is now", firstBookingIsNow},
		{"bookings keep their distance", bookingsKeepDistance},
		{"bookings keep their distance within the jitter", bookingsJitter},
		{"the minute's budget holds in any minute", minuteBudget},
		{"the hour's budget holds in any hour", hourBudget},
		{"the day's budget holds in any day", dayBudget},
		{"a moment too far ahead is told, not booked", tooFarIsFree},
		{"accounts do not share a pace", accountsApart},
		{"bookings made at once are apart", bookingsAtOnce},
		{"a hold delays", holdDelays},
		{"a hold is never shortened", holdNotShortened},
		{"a hold that is over delays nothing", holdOver},
		{"a clock set back far does not silence the account", clockSetBack},
		{"allow counts what it allowed", allowCounts},
		{"allow slides", allowSlides},
		{"allow with no limit left", allowZero},
		{"allow after the clock was set back", allowSetBack},
		{"a wake-up reaches its topic only", wakeTopic},
		{"wake-ups coalesce", wakesCoalesce},
		{"an ended context is an error", endedContext},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := newClock()
			a, b := make(t, c)
			row.test(t, c, a, b)
		})
	}
}

func TestMemory(t *testing.T) {
	suite(t, func(_ *testing.T, c *clock) (a, b Coordinator) {
		m := NewMemory(c.now)
		return m, m
	})
}

// within fails the test unless something arrives soon.
func within[T any](t *testing.T, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(10 * time.Second):
		t.Fatalf("%s did not happen", what)
		panic("unreachable")
	}
}

// never fails the test if something arrives in a span in which it would have.
func never[T any](t *testing.T, c <-chan T, what string) {
	t.Helper()
	select {
	case <-c:
		t.Fatalf("%s happened", what)
	case <-time.After(settled):
	}
}

func reserve(t *testing.T, c Coordinator, account string, p Pace) time.Time {
	t.Helper()
	at, err := c.Reserve(t.Context(), account, p)
	if err != nil {
		t.Fatalf("reserve: %v", err)
	}
	return at
}

func firstBookingIsNow(t *testing.T, c *clock, a, _ Coordinator) {
	if at := reserve(t, a, "main", Pace{Every: time.Minute, PerHour: 3, PerDay: 5}); !at.Equal(c.now()) {
		t.Errorf("booked %v, now is %v", at, c.now())
	}
}

func bookingsKeepDistance(t *testing.T, c *clock, a, b Coordinator) {
	p := Pace{Every: 4 * time.Second}
	start := c.now()
	wantAt(t, start, reserve(t, a, "main", p), 0)
	wantAt(t, start, reserve(t, b, "main", p), 4*time.Second)
	wantAt(t, start, reserve(t, a, "main", p), 8*time.Second)
	c.add(10 * time.Second)
	wantAt(t, start, reserve(t, b, "main", p), 12*time.Second)
	c.add(time.Minute)
	wantAt(t, start, reserve(t, a, "main", p), 70*time.Second)
	wantAt(t, start, reserve(t, b, "main", Pace{}), 70*time.Second)
}

func wantAt(t *testing.T, start, got time.Time, after time.Duration) {
	t.Helper()
	if got.Sub(start) != after {
		t.Errorf("booked after %v, want %v", got.Sub(start), after)
	}
}

func bookingsJitter(t *testing.T, _ *clock, a, b Coordinator) {
	p := Pace{Every: 4 * time.Second, Jitter: 0.5}
	var gaps []time.Duration
	last := reserve(t, a, "main", p)
	for i := range 100 {
		at := reserve(t, []Coordinator{a, b}[i%2], "main", p)
		gaps = append(gaps, at.Sub(last))
		last = at
	}
	// The cut to microseconds may take one off.
	least, most := slices.Min(gaps), slices.Max(gaps)
	if least < 2*time.Second-time.Microsecond || most > 6*time.Second {
		t.Errorf("distances from %v to %v, want 2s to 6s", least, most)
	}
	// The chance that 100 draws all miss the outer quarter of the range on one side is 3 in 10¹².
	if least > 3*time.Second || most < 5*time.Second {
		t.Errorf("distances from %v to %v hardly vary", least, most)
	}
}

func minuteBudget(t *testing.T, c *clock, a, b Coordinator) {
	budget(t, c, a, b, Pace{Every: time.Second, PerMinute: 5}, 5, time.Minute)
}

func tooFarIsFree(t *testing.T, c *clock, a, b Coordinator) {
	all := Pace{Every: time.Second, PerHour: 3}
	some := Pace{Every: time.Second, PerHour: 2, Within: time.Minute}
	start := c.now()
	wantAt(t, start, reserve(t, a, "main", some), 0)
	wantAt(t, start, reserve(t, b, "main", some), time.Second)
	for range 3 {
		wantAt(t, start, reserve(t, a, "main", some), time.Hour)
	}
	wantAt(t, start, reserve(t, b, "main", all), 2*time.Second)
	wantAt(t, start, reserve(t, a, "main", some), time.Hour+time.Second)
	c.add(time.Hour + time.Second)
	wantAt(t, start, reserve(t, b, "main", some), time.Hour+time.Second)
}

func hourBudget(t *testing.T, c *clock, a, b Coordinator) {
	budget(t, c, a, b, Pace{Every: time.Minute, PerHour: 5}, 5, time.Hour)
}

func dayBudget(t *testing.T, c *clock, a, b Coordinator) {
	budget(t, c, a, b, Pace{Every: time.Minute, PerHour: 5, PerDay: 12}, 12, 24*time.Hour)
}

// budget books as a sender does, at once and after waiting, and looks at every window.
func budget(t *testing.T, c *clock, a, b Coordinator, p Pace, most int, window time.Duration) {
	t.Helper()
	var all []time.Time
	for i := range 4 * most {
		at := reserve(t, []Coordinator{a, b}[i%2], "main", p)
		all = append(all, at)
		if wait := at.Sub(c.now()); wait > 0 {
			c.add(wait)
		}
	}
	for i, at := range all {
		if i >= most && at.Sub(all[i-most]) < window {
			t.Errorf("bookings %d to %d lie within %v", i-most+1, i+1, at.Sub(all[i-most]))
		}
	}
	// Nothing is wasted either: the first of the next budget leaves exactly one window after the first.
	wantAt(t, all[0], all[most], window)
}

func accountsApart(t *testing.T, c *clock, a, b Coordinator) {
	p := Pace{Every: time.Minute}
	reserve(t, a, "main", p)
	if err := a.Hold(t.Context(), "main", c.now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	wantAt(t, c.now(), reserve(t, b, "second", p), 0)
}

func bookingsAtOnce(t *testing.T, _ *clock, a, b Coordinator) {
	p := Pace{Every: time.Second}
	var mu sync.Mutex
	var all []time.Time
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			at, err := []Coordinator{a, b}[i%2].Reserve(t.Context(), "main", p)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Errorf("reserve: %v", err)
			}
			all = append(all, at)
		})
	}
	wg.Wait()
	slices.SortFunc(all, time.Time.Compare)
	for i := 1; i < len(all); i++ {
		if d := all[i].Sub(all[i-1]); d < time.Second {
			t.Errorf("two bookings are %v apart", d)
		}
	}
}

func holdDelays(t *testing.T, c *clock, a, b Coordinator) {
	p := Pace{Every: 4 * time.Second}
	start := c.now()
	reserve(t, b, "main", p)
	if err := a.Hold(t.Context(), "main", start.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	wantAt(t, start, reserve(t, b, "main", p), time.Hour)
	wantAt(t, start, reserve(t, a, "main", p), time.Hour+4*time.Second)
}

func holdNotShortened(t *testing.T, c *clock, a, b Coordinator) {
	for _, after := range []time.Duration{time.Hour, time.Minute} {
		if err := a.Hold(t.Context(), "main", c.now().Add(after)); err != nil {
			t.Fatal(err)
		}
	}
	wantAt(t, c.now(), reserve(t, b, "main", Pace{}), time.Hour)
}

func holdOver(t *testing.T, c *clock, a, b Coordinator) {
	for _, after := range []time.Duration{time.Minute, -time.Minute} {
		if err := a.Hold(t.Context(), "main", c.now().Add(after)); err != nil {
			t.Fatal(err)
		}
	}
	c.add(2 * time.Minute)
	wantAt(t, c.now(), reserve(t, b, "main", Pace{}), 0)
}

func clockSetBack(t *testing.T, c *clock, a, b Coordinator) {
	p := Pace{Every: time.Minute}
	start := c.now()
	c.add(100 * 24 * time.Hour)
	reserve(t, a, "main", p)
	reserve(t, b, "main", p)
	c.add(-100 * 24 * time.Hour)
	wantAt(t, start, reserve(t, a, "main", p), 0)
	wantAt(t, start, reserve(t, b, "main", p), time.Minute)
}

func allow(t *testing.T, c Coordinator, key string, limit int, want bool) {
	t.Helper()
	ok, err := c.Allow(t.Context(), key, limit, time.Minute)
	if err != nil {
		t.Fatalf("allow: %v", err)
	}
	if ok != want {
		t.Errorf("allowed %v, want %v", ok, want)
	}
}

func allowCounts(t *testing.T, c *clock, a, b Coordinator) {
	allow(t, a, "zhang", 2, true)
	allow(t, b, "zhang", 2, true)
	allow(t, a, "zhang", 2, false)
	allow(t, b, "zhang", 2, false)
	allow(t, b, "li", 2, true)
	c.add(time.Minute)
	allow(t, b, "zhang", 2, true) // what was refused has not counted
	allow(t, a, "zhang", 2, true)
	allow(t, b, "zhang", 2, false)
}

func allowSlides(t *testing.T, c *clock, a, b Coordinator) {
	allow(t, a, "zhang", 2, true)
	c.add(40 * time.Second)
	allow(t, b, "zhang", 2, true)
	c.add(20*time.Second - time.Microsecond)
	allow(t, a, "zhang", 2, false)
	c.add(time.Microsecond)
	allow(t, a, "zhang", 2, true)
	c.add(time.Second)
	allow(t, b, "zhang", 2, false)
}

func allowZero(t *testing.T, _ *clock, a, _ Coordinator) {
	allow(t, a, "zhang", 0, false)
}

func allowSetBack(t *testing.T, c *clock, a, b Coordinator) {
	c.add(time.Hour)
	allow(t, a, "zhang", 1, true)
	c.add(-time.Hour)
	allow(t, b, "zhang", 1, true)
	allow(t, a, "zhang", 1, false)
}

func wake(t *testing.T, c Coordinator, topic string) {
	t.Helper()
	if err := c.Wake(t.Context(), topic); err != nil {
		t.Fatalf("wake: %v", err)
	}
}

// listening is a listener whose subscription has settled: the wake-up a new connection may bring is taken.
func listening(t *testing.T, ctx context.Context, c Coordinator, topic string) <-chan struct{} {
	t.Helper()
	ch := c.Wakes(ctx, topic)
	select {
	case <-ch:
	case <-time.After(settled):
	}
	return ch
}

func wakeTopic(t *testing.T, _ *clock, a, b Coordinator) {
	ctx, cancel := context.WithCancel(t.Context())
	near := listening(t, t.Context(), a, "outbox")
	far := listening(t, t.Context(), b, "outbox")
	other := listening(t, t.Context(), b, "planner")
	gone := listening(t, ctx, b, "outbox")
	cancel()
	never(t, gone, "a wake-up out of nothing") // and the cancelling takes effect
	wake(t, a, "outbox")
	within(t, near, "the wake-up here")
	within(t, far, "the wake-up there")
	never(t, other, "a wake-up of another topic")
	never(t, gone, "a wake-up after the end")
}

func wakesCoalesce(t *testing.T, _ *clock, a, b Coordinator) {
	far := listening(t, t.Context(), b, "outbox")
	done := listening(t, t.Context(), b, "done")
	for range 20 {
		wake(t, a, "outbox") // nobody reads: must not block
	}
	if n := cap(far); n != 1 {
		t.Errorf("%d wake-ups can wait, want 1", n)
	}
	wake(t, a, "done")
	within(t, done, "a wake-up of who listens beside one that does not read")
	within(t, far, "the one wake-up that waits")
}

func endedContext(t *testing.T, c *clock, a, _ Coordinator) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, call := range map[string]func() error{
		"acquire": func() error { _, err := a.Acquire(ctx, "planner", testTTL); return err },
		"reserve": func() error { _, err := a.Reserve(ctx, "main", Pace{}); return err },
		"hold":    func() error { return a.Hold(ctx, "main", c.now().Add(time.Hour)) },
		"allow":   func() error { _, err := a.Allow(ctx, "zhang", 1, time.Minute); return err },
		"wake":    func() error { return a.Wake(ctx, "outbox") },
	} {
		if call() == nil {
			t.Errorf("%s went on after the end", name)
		}
	}
}

// TestMemoryInVirtualTime: nothing of it may keep a bubble from ending, or virtual time from passing.
func TestMemoryInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory(time.Now)
		ctx, cancel := context.WithCancel(t.Context())
		start := time.Now()
		l := acquire(t, ctx, m, "planner")
		next := acquiring(t.Context(), m, "planner")
		woken := m.Wakes(ctx, "outbox")
		time.AfterFunc(time.Hour, func() { wake(t, m, "outbox") })
		<-woken
		wantAt(t, start, time.Now(), time.Hour)
		select {
		case <-next:
			t.Error("the lease ran out while it was held")
		default:
		}
		cancel()
		<-l.Done()
		(<-next).Release()
		for range 100 {
			at := reserve(t, m, "main", Pace{Every: 4 * time.Second, Jitter: 0.5, PerHour: 30})
			time.Sleep(time.Until(at))
		}
		if d := time.Since(start); d < 4*time.Hour || d > 4*time.Hour+10*time.Minute {
			t.Errorf("100 messages at 30 an hour were done after %v", d)
		}
	})
}

func TestMemoryForgetsStrangers(t *testing.T) {
	c := newClock()
	m := NewMemory(c.now)
	for range 1000 {
		allow(t, m, c.now().String(), 3, true)
		c.add(time.Second)
	}
	if n := len(m.allowed); n > 125 {
		t.Errorf("%d keys are remembered of a minute with 60", n)
	}
}
