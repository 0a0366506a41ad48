package app

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"xianjie/bot"
	"xianjie/config"
	"xianjie/scheduler"
)

// account is one WeChat account with its sender. Only one process at a time holds its lease and is logged in.
type account struct {
	app    *App
	name   string
	bot    *bot.Account
	sender *scheduler.Sender

	mu      sync.Mutex
	states  []bot.State // not yet told; guarded by mu
	changed chan struct{}

	wanted chan struct{} // wakes the fetching of files
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

// leaseTTL is how long other processes wait for the account of one that died.
const leaseTTL = 30 * time.Second

// run keeps the account logged in and sending whenever this process holds its lease.
func (acc *account) run(ctx context.Context) error {
	for ctx.Err() == nil {
		lease, err := acc.app.coord.Acquire(ctx, "account/"+acc.name, leaseTTL)
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

// serve runs login and sender until ctx ends or the lease is lost.
func (acc *account) serve(ctx context.Context, lease scheduler.Lease) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		select {
		case <-lease.Done():
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
	acc.states = append(acc.states, s)
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
		for _, s := range states {
			acc.app.o.OnLogin(acc.name, s)
			if s.Phase == phase {
				continue
			}
			phase = s.Phase
			if err := acc.app.Store.SavePhase(ctx, acc.name, string(phase)); err != nil && ctx.Err() == nil {
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
