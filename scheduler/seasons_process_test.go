package scheduler_test

import (
	"context"
	"log/slog"
	"os"
	"slices"
	"testing/synctest"
	"time"

	"xianjie/handlers"
	"xianjie/scheduler"
	"xianjie/seasons"
	"xianjie/storage"
	"xianjie/understand"
)

// process is one running product on a store of its own, wired as `serve` wires it.
type process struct {
	*campus
	store  *storage.Store
	wire   *wire
	coord  *scheduler.Memory
	clock  *scheduler.Clockwork
	desk   *handlers.Desk
	cancel context.CancelFunc
	done   chan error
	queued bool
	tick   time.Time // when the clockwork's next minute that matters comes
}

// boot starts a process on the database: the duties follow the season file, the planner looks at once.
func (w *campus) boot() *process {
	w.t.Helper()
	o := w.options
	o.Now = w.now
	st, err := storage.Open(w.ctx, o)
	w.ok(err)
	ctx, cancel := context.WithCancel(w.ctx)
	p := &process{campus: w, store: st, wire: newWire(ctx, w.line), coord: scheduler.NewMemory(w.now), cancel: cancel, done: make(chan error, 1)}
	log := silent()
	if os.Getenv("XIANJIE_TEST_LOG") != "" {
		log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	r, err := scheduler.Reconcile(w.ctx, st, w.season)
	w.ok(err)
	if r != (storage.Reconciled{}) {
		w.witness.look(w.now(), true)
		w.counts["duties that followed a new season file"] += r.Moved
	}
	p.desk = &handlers.Desk{Store: st, Turner: handlers.NewTurner(w.season, messageWords()), Now: w.now, Log: log, Committed: func() { p.queued = true }}
	p.clock = &scheduler.Clockwork{Coord: p.coord, Log: log, Planner: &scheduler.Planner{
		Store: st, Season: w.season, Now: w.now, Log: log, Queued: func() { p.queued = true },
		Online: func(account string) bool {
			a, err := st.AccountNamed(w.ctx, account)
			return err != nil || a.Phase == "" || a.Phase == "online"
		},
	}}
	sender := &scheduler.Sender{
		Account: account, Store: st, Season: w.season, Channel: p.wire, Coord: p.coord, Pace: pace, Now: w.now, Log: log, Poll: 5 * time.Second,
		Ahead: func(ctx context.Context) error {
			_, err := p.clock.Tick(ctx)
			return err
		},
	}
	go func() { p.done <- sender.Run(ctx) }()
	synctest.Wait()
	w.procs = append(w.procs, p)
	w.started++
	w.healthy()
	w.phase()
	p.turn()
	w.catchUp()
	return p
}

// phase notes what the connection is, as the account of a process does.
func (w *campus) phase() {
	for _, p := range w.procs {
		phase := "waiting"
		if w.line.online {
			phase = "online"
		}
		w.ok(p.store.SavePhase(w.ctx, account, phase))
	}
}

// stop ends a process in order; what it was doing is finished.
func (w *campus) stop(p *process) {
	p.cancel()
	if err := <-p.done; err != nil {
		w.t.Errorf("a sender ended with %v", err)
	}
	w.ok(p.store.Close())
	w.gone(p)
}

// kill ends a process in the middle of whatever it was doing: nothing is written any more.
func (w *campus) kill(p *process) {
	_ = p.store.Close()
	p.cancel()
	close(p.wire.dead)
	<-p.done
	w.gone(p)
}

func (w *campus) gone(p *process) {
	w.procs = slices.DeleteFunc(w.procs, func(q *process) bool { return q == p })
	w.healthy()
}

// reap buries a process that died while it was sending; it comes back some minutes later.
func (w *campus) reap() {
	d := w.line.takeDying()
	if d == nil {
		return
	}
	for _, p := range slices.Clone(w.procs) {
		if p.wire == d {
			w.kill(p)
			w.counts["processes killed while sending"]++
			if len(w.procs) == 0 {
				w.at(time.Now().Add(time.Duration(1+w.rng.IntN(40))*time.Minute), w.revive)
			}
		}
	}
}

// revive starts the product when nothing runs.
func (w *campus) revive() {
	if len(w.procs) == 0 {
		w.boot()
	}
}

// turn is what the clockwork does at a minute that matters.
func (p *process) turn() {
	p.debug("tick")
	if _, err := p.clock.Tick(p.ctx); err != nil {
		p.t.Errorf("%s: tick: %v", p.now(), err)
	}
	p.witness.look(p.now(), false)
	p.plan(time.Hour)
}

// plan finds the next minute at which a tick can do anything. What the last tick left although it is due waits for the
// quiet time to end or for a slot, which both happen on the hour, or for the account, which wakes the planner; what may
// have come to it since is looked at in the next minute.
func (p *process) plan(again time.Duration) {
	at, ok, err := p.clock.Planner.NextWake(p.ctx)
	p.ok(err)
	now := p.now()
	if !ok || at.After(now.Add(24*time.Hour)) {
		at = now.Add(24 * time.Hour) // a look at nothing, to see that it does nothing
	}
	if !at.After(now) {
		at = now.Truncate(again).Add(again)
	}
	if m := at.Truncate(time.Minute); m.Before(at) {
		at = m.Add(time.Minute)
	}
	p.tick = at.Add(-p.skew)
}

// messageWords are the words by which members' messages are read.
func messageWords() *understand.Words {
	w, err := seasons.Words()
	if err != nil {
		panic(err)
	}
	return w
}
