package app

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"xianjie/bot"
	"xianjie/config"
	"xianjie/scheduler"
	"xianjie/storage"
)

// account is one WeChat account with its sender. Only one process at a time holds its lease and is logged in.
type account struct {
	app    *App
	name   string
	bot    *bot.Account
	sender *scheduler.Sender

	mu     sync.Mutex // guards what follows
	states []change   // not yet told
	held   *holding   // nil: another process runs the account, or none

	changed chan struct{}

	wanted chan struct{} // wakes the fetching of files
}

// holding is this process's right to run the account.
type holding struct {
	lease scheduler.Lease
	fence *storage.Fence
}

// change is a state of the connection and the right under which it came about.
type change struct {
	state bot.State
	held  *holding
}

func (a *App) newAccount(c config.Account, ca []byte) (*account, error) {
	acc := &account{app: a, name: c.Name, changed: make(chan struct{}, 1), wanted: make(chan struct{}, 1)}
	var err error
	acc.bot, err = bot.New(bot.Config{
		Name: c.Name, Normal: c.Mode == config.Normal, Store: botStore{a.Store},
		Transport: a.o.Transport, Endpoint: a.Config.WeChat.Endpoint, CA: ca,
		Now: a.Now, Log: a.Log,
		Stored:  func() { nudge(a.arrived) },
		OnState: acc.state,
	})
	return acc, err
}

// run keeps the account logged in and sending whenever this process holds its lease. Whatever it writes is written under
// the fence taken with the lease: what is written by a process that only believes it holds it is refused.
func (acc *account) run(ctx context.Context) error {
	for ctx.Err() == nil {
		lease, err := acc.app.coord.Acquire(ctx, "account/"+acc.name, acc.app.Config.Redis.Lease)
		if err != nil {
			if ctx.Err() == nil {
				acc.app.Log.Error("account waits for its lease", "account", acc.name, "err", err)
				wait(ctx, 5*time.Second)
			}
			continue
		}
		err = acc.serve(ctx, lease)
		lease.Release()
		if err != nil && ctx.Err() == nil {
			acc.app.Log.Error("account starts again", "account", acc.name, "err", err)
			wait(ctx, 5*time.Second)
		}
	}
	return nil
}

// serve runs login and sender until ctx ends or the lease or the fence is lost.
func (acc *account) serve(ctx context.Context, lease scheduler.Lease) error {
	fence, err := acc.app.Store.TakeFence(ctx, "account/"+acc.name)
	if err != nil {
		return err
	}
	acc.app.Log.Info("this process runs the account", "account", acc.name, "fence", fence.Number())
	acc.hold(&holding{lease, fence})
	defer acc.hold(nil)
	ctx, cancel := context.WithCancel(fence.Under(ctx))
	defer cancel()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		select {
		case <-lease.Done():
			acc.app.Log.Warn("the account's lease is lost; this process waits for it again", "account", acc.name)
			cancel()
		case <-fence.Lost():
			acc.app.Log.Warn("another process has taken the account over", "account", acc.name)
			cancel()
		case <-ctx.Done():
		}
		return nil
	})
	g.Go(func() error { return acc.bot.Run(ctx) })
	g.Go(func() error { return acc.sender.Run(ctx) })
	g.Go(func() error { return acc.fetch(ctx) })
	if acc.app.alarm != nil {
		g.Go(func() error { return acc.beat(ctx) })
	}
	return g.Wait()
}

func (acc *account) hold(h *holding) {
	acc.mu.Lock()
	defer acc.mu.Unlock()
	acc.held = h
}

// holds reports whether this process certainly runs the account at this moment.
func (acc *account) holds() bool {
	acc.mu.Lock()
	h := acc.held
	acc.mu.Unlock()
	if h == nil || !h.lease.Held() {
		return false
	}
	select {
	case <-h.fence.Lost():
		return false
	default:
		return true
	}
}

// beatEvery is how often what was heard of WeChat is noted; less than the time WeChat holds a long poll.
const beatEvery = 5 * time.Second

// beat notes when WeChat last answered and last brought anything, whenever it did: for whoever watches, in this process or
// another.
func (acc *account) beat(ctx context.Context) error {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for noted := (time.Time{}); ; {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		st := acc.bot.State()
		if st.Phase != bot.PhaseOnline || st.Heard.Equal(noted) {
			continue
		}
		if err := acc.app.Store.SaveHeard(ctx, acc.name, st.Heard, st.News); err != nil {
			acc.app.Log.Debug("when WeChat was last heard is not noted", "account", acc.name, "err", err)
			continue
		}
		noted = st.Heard
	}
}

// state takes note of a change of the connection; it is called from inside the connection and must not wait.
func (acc *account) state(s bot.State) {
	acc.mu.Lock()
	acc.states = append(acc.states, change{s, acc.held})
	acc.mu.Unlock()
	nudge(acc.changed)
	if s.Ready {
		nudge(acc.app.arrived) // messages waited for their contacts
		nudge(acc.app.queued)
	}
}

// watch tells about changes of the connection, in order, and notes the phase for the doctor.
func (acc *account) watch(ctx context.Context) error {
	phase := bot.Phase("")
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-acc.changed:
		}
		acc.mu.Lock()
		states := acc.states
		acc.states = nil
		acc.mu.Unlock()
		for _, c := range states {
			acc.app.o.OnLogin(acc.name, c.state)
			if c.state.Phase == phase {
				continue
			}
			phase = c.state.Phase
			under := ctx
			if c.held != nil {
				under = c.held.fence.Under(ctx)
			}
			err := acc.app.Store.SavePhase(under, acc.name, string(phase))
			if err != nil && ctx.Err() == nil && !errors.Is(err, storage.ErrFenced) {
				acc.app.Log.Warn("phase of the connection was not noted", "account", acc.name, "err", err)
			}
			if phase == bot.PhaseOnline {
				nudge(acc.app.planning) // what waited for the account can be told
			}
		}
	}
}

// wait waits in the context's time.
func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
