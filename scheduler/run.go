package scheduler

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/robfig/cron/v3"
)

// Clockwork wakes the planner: at every full minute, when somebody calls Coord.Wake(TopicPlanner), and at once when this
// process becomes the one that plans. It decides nothing; a wake-up too many does no harm, and one that was missed is
// made good by the next.
type Clockwork struct {
	Planner *Planner
	Coord   Coordinator
	Log     *slog.Logger
	// TTL is how long other processes wait before one of them plans in place of a process that died; 20 s by default.
	TTL time.Duration

	ticking sync.Mutex // one tick at a time
}

const (
	// TopicPlanner is the wake-up of the planner.
	TopicPlanner = "planner"
	// leasePlanner is held by the process that plans.
	leasePlanner = "planner"
	// everyMinute is when cron wakes the planner.
	everyMinute = "* * * * *"
	// leasePatience is the pause before the lease is asked for again after the coordinator did not answer.
	leasePatience = 5 * time.Second
)

// Run plans whenever this process holds the planner's lease, until ctx ends; a tick that is under way then ends with it.
// Neither an error nor a panic of a tick ends it, nor does a coordinator that does not answer. Two goroutines live as long
// as Run does: cron's, and one that watches the lease.
func (c *Clockwork) Run(ctx context.Context) error {
	wakes := c.Coord.Wakes(ctx, TopicPlanner)
	minutes := make(chan struct{}, 1)
	clock := cron.New(cron.WithLocation(c.Planner.Season.Zone), cron.WithLogger(cron.DiscardLogger))
	if _, err := clock.AddFunc(everyMinute, func() { nudge(minutes) }); err != nil {
		return fmt.Errorf("planner's clock: %w", err)
	}
	clock.Start()
	defer func() { <-clock.Stop().Done() }()
	for ctx.Err() == nil {
		lease, err := c.Coord.Acquire(ctx, leasePlanner, cmp.Or(c.TTL, 20*time.Second))
		if err != nil {
			if ctx.Err() == nil {
				c.Log.Error("planner pauses: whether another process plans is unknown", "err", err)
				pause(ctx, leasePatience, nil)
			}
			continue
		}
		err = c.plan(ctx, lease, minutes, wakes)
		if err != nil && ctx.Err() == nil {
			c.Log.Error("planner pauses", "err", err)
			pause(ctx, leasePatience, nil)
		}
		if ctx.Err() == nil {
			c.Log.Warn("the planner's lease is lost; this process waits for it again")
		}
	}
	return nil
}

// plan ticks until the lease or the fence is lost or ctx ends. Its error is about the fence, which could not be taken.
func (c *Clockwork) plan(ctx context.Context, lease Lease, minutes, wakes <-chan struct{}) error {
	defer lease.Release()
	fence, err := c.Planner.Store.TakeFence(ctx, leasePlanner)
	if err != nil {
		return err
	}
	c.Log.Info("this process plans", "fence", fence.Number())
	ctx, cancel := context.WithCancel(fence.Under(ctx))
	defer cancel()
	go func() {
		defer cancel()
		select {
		case <-lease.Done():
		case <-fence.Lost():
		case <-ctx.Done():
		}
	}()
	for ctx.Err() == nil {
		r, err := c.Tick(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			c.Log.Error("planner: what is left is tried again at the next wake-up", "err", err)
		case r != Report{}:
			c.Log.Info("planned", "lapsed", r.Lapsed, "digests", r.Digests, "reminders", r.Reminders, "unaddressed", r.Unaddressed)
		}
		select {
		case <-ctx.Done():
		case <-minutes:
		case <-wakes:
		}
	}
	return nil
}

// Tick has everything done that is due now, and returns when it is done: for a calendar that is moved by hand. It does
// not ask for the lease, because what must not happen twice is fenced in the database. A panic is returned as an error.
func (c *Clockwork) Tick(ctx context.Context) (r Report, err error) {
	c.ticking.Lock()
	defer c.ticking.Unlock()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return c.Planner.Tick(ctx)
}
