package scheduler

import (
	"context"
	"sync"
	"testing"
	"time"
)

func acquire(t *testing.T, ctx context.Context, c Coordinator, name string) Lease {
	t.Helper()
	ctx, cancel := context.WithCancel(ctx)
	t.Cleanup(cancel)
	timer := time.AfterFunc(10*time.Second, cancel)
	defer timer.Stop()
	l, err := c.Acquire(ctx, name, testTTL)
	if err != nil {
		t.Fatalf("acquire: %v", err)
	}
	return l
}

// acquiring asks for a lease and reports when it is held.
func acquiring(ctx context.Context, c Coordinator, name string) <-chan Lease {
	got := make(chan Lease, 1)
	go func() {
		if l, err := c.Acquire(ctx, name, testTTL); err == nil {
			got <- l
		}
	}()
	return got
}

func leaseHasOneHolder(t *testing.T, _ *clock, a, b Coordinator) {
	first := acquire(t, t.Context(), a, "planner")
	second := acquiring(t.Context(), b, "planner")
	never(t, second, "a second holder")
	other := acquire(t, t.Context(), b, "sender")
	if first.Token() == other.Token() || first.Token() == "" {
		t.Errorf("tokens %q and %q are not apart", first.Token(), other.Token())
	}
	first.Release()
	if l := within(t, second, "the second holder's turn"); l.Token() == first.Token() {
		t.Error("the second holder has the token of the first")
	}
}

func leaseIsGivenBack(t *testing.T, _ *clock, a, b Coordinator) {
	l := acquire(t, t.Context(), a, "planner")
	select {
	case <-l.Done():
		t.Fatal("a held lease is done")
	default:
	}
	if !l.Held() {
		t.Error("a held lease is not held")
	}
	l.Release()
	within(t, l.Done(), "the end of the lease")
	if l.Held() {
		t.Error("a lease given back is held")
	}
	next := acquire(t, t.Context(), b, "planner")
	l.Release() // again: nothing, above all not to the next holder
	never(t, next.Done(), "the loss of the next holder's lease")
	never(t, acquiring(t.Context(), a, "planner"), "a second holder")
}

func leaseIsFreeAtOnce(t *testing.T, _ *clock, a, b Coordinator) {
	ctx, cancel := context.WithCancel(t.Context())
	for i, end := range []func(Lease){Lease.Release, func(Lease) { cancel() }} {
		l, err := []Coordinator{a, b}[i%2].Acquire(ctx, "planner", time.Hour)
		if err != nil {
			t.Fatalf("acquire: %v", err)
		}
		end(l)
	}
	acquire(t, t.Context(), a, "planner")
}

func leaseEndsWithContext(t *testing.T, _ *clock, a, b Coordinator) {
	ctx, cancel := context.WithCancel(t.Context())
	l := acquire(t, ctx, a, "planner")
	cancel()
	within(t, l.Done(), "the end of the lease")
	acquire(t, t.Context(), b, "planner")
}

func leaseWaitEnds(t *testing.T, _ *clock, a, b Coordinator) {
	acquire(t, t.Context(), a, "planner")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if l, err := b.Acquire(ctx, "planner", testTTL); l != nil || err == nil {
		t.Errorf("lease %v, error %v; want the context's error", l, err)
	}
}

func leaseIsRenewed(t *testing.T, _ *clock, a, b Coordinator) {
	l := acquire(t, t.Context(), a, "planner")
	second := acquiring(t.Context(), b, "planner")
	select {
	case <-l.Done():
		t.Fatal("the lease was lost")
	case <-second:
		t.Fatal("somebody else has the lease")
	case <-time.After(2 * testTTL):
	}
}

func leaseUnderContention(t *testing.T, _ *clock, a, b Coordinator) {
	var mu sync.Mutex
	holders, turns := 0, 0
	var wg sync.WaitGroup
	for i := range 8 {
		c := []Coordinator{a, b}[i%2]
		wg.Go(func() {
			l, err := c.Acquire(t.Context(), "planner", testTTL)
			if err != nil {
				t.Errorf("acquire: %v", err)
				return
			}
			mu.Lock()
			holders++
			turns++
			if holders != 1 {
				t.Errorf("%d holders at once", holders)
			}
			mu.Unlock()
			for range 100 { // give the others every chance to slip in
				if mu.TryLock() {
					if holders != 1 {
						t.Errorf("%d holders at once", holders)
					}
					mu.Unlock()
				}
			}
			mu.Lock()
			holders--
			mu.Unlock()
			l.Release()
		})
	}
	wg.Wait()
	if turns != 8 {
		t.Errorf("%d of 8 had their turn", turns)
	}
}

func leaseNeedsTTL(t *testing.T, _ *clock, a, _ Coordinator) {
	for _, ttl := range []time.Duration{0, -time.Second} {
		if _, err := a.Acquire(t.Context(), "planner", ttl); err == nil {
			t.Errorf("a lease of %v was given", ttl)
		}
	}
}
