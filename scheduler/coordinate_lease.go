package scheduler

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/bsm/redislock"
)

// Acquire implements [Coordinator]. A lease somebody else holds is asked for again several times in its time to live;
// that Redis does not answer is an error at once.
func (r *Redis) Acquire(ctx context.Context, name string, ttl time.Duration) (Lease, error) {
	if ttl <= 0 {
		return nil, fmt.Errorf("lease %s: %w", name, errTTL)
	}
	again := time.NewTicker(min(max(ttl/4, 10*time.Millisecond), time.Second))
	defer again.Stop()
	for {
		asked := time.Now()
		lock, err := r.obtain(ctx, name, ttl)
		if err == nil {
			return keep(ctx, lock, ttl, asked), nil
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("lease %s: %w", name, ctx.Err())
		}
		if !errors.Is(err, redislock.ErrNotObtained) {
			return nil, fmt.Errorf("lease %s: %w", name, err)
		}
		select {
		case <-ctx.Done():
		case <-again.C:
		}
	}
}

func (r *Redis) obtain(ctx context.Context, name string, ttl time.Duration) (*redislock.Lock, error) {
	ctx, cancel := context.WithTimeout(ctx, callPatience)
	defer cancel()
	return r.locks.Obtain(ctx, redisKeys+"lease:"+name, ttl, nil)
}

// redisLease is renewed by one goroutine, which ends with the lease.
type redisLease struct {
	lock   *redislock.Lock
	cancel context.CancelFunc
	done   chan struct{}
	until  atomic.Pointer[time.Time] // when Redis may let it go
}

// keep renews a lock that was asked for at that time.
func keep(ctx context.Context, lock *redislock.Lock, ttl time.Duration, asked time.Time) *redisLease {
	ctx, cancel := context.WithCancel(ctx)
	l := &redisLease{lock: lock, cancel: cancel, done: make(chan struct{})}
	l.lasts(asked.Add(ttl))
	go func() {
		defer close(l.done)
		defer cancel()
		l.renew(ctx, ttl, asked)
	}()
	return l
}

func (l *redisLease) Token() string         { return l.lock.Token() }
func (l *redisLease) Done() <-chan struct{} { return l.done }

func (l *redisLease) lasts(until time.Time) { l.until.Store(&until) }

// Held asks both clocks: the steady one may have stood while the machine slept, the other may have been set back.
func (l *redisLease) Held() bool {
	select {
	case <-l.done:
		return false
	default:
	}
	now, until := time.Now(), *l.until.Load()
	return now.Before(until) && now.Round(0).Before(until.Round(0))
}

// Release waits until Redis has the lease back, or does not answer.
func (l *redisLease) Release() {
	l.cancel()
	<-l.done
}

// renew returns when the lease is lost, or given back because ctx ended. A lease that could not be renewed is given up
// before Redis lets it go: Redis counts from when it was asked, later than asked, so asked+ttl is never too late. These
// are spans of real time, not decisions of the product's clock.
func (l *redisLease) renew(ctx context.Context, ttl time.Duration, asked time.Time) {
	every := time.NewTicker(ttl / 3)
	defer every.Stop()
	for {
		over := time.NewTimer(time.Until(asked.Add(ttl)))
		select {
		case <-ctx.Done():
			over.Stop()
			l.giveBack()
			return
		case <-over.C:
			return
		case <-every.C:
			over.Stop()
		}
		at := time.Now()
		err := l.refresh(ctx, ttl, asked.Add(ttl))
		if errors.Is(err, redislock.ErrNotObtained) {
			return // Redis has forgotten it, or somebody else holds it
		}
		if err == nil {
			asked = at
			l.lasts(asked.Add(ttl))
		}
	}
}

func (l *redisLease) refresh(ctx context.Context, ttl time.Duration, over time.Time) error {
	ctx, cancel := context.WithDeadline(ctx, over)
	defer cancel()
	return l.lock.Refresh(ctx, ttl, nil)
}

// giveBack lets others have the lease at once; when Redis cannot be told they have it after ttl.
func (l *redisLease) giveBack() {
	ctx, cancel := context.WithTimeout(context.Background(), redisPatience)
	defer cancel()
	_ = l.lock.Release(ctx)
}
