package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"xianjie/alert"
	"xianjie/bot"
	"xianjie/config"
	"xianjie/handlers"
	"xianjie/scheduler"
	"xianjie/seasons"
)

// Options are what an App is made of.
type Options struct {
	Config config.Config
	Log    *slog.Logger
	// Now is the clock; nil means the clock of the settings.
	Now func() time.Time
	// Transport carries requests to WeChat; nil means the network, as the settings say.
	Transport http.RoundTripper
	// OnLogin is called with every change of an account's connection. It may take its time.
	OnLogin func(account string, s bot.State)
	// Alerts are the ways to people outside WeChat; nil means those of the settings.
	Alerts []alert.Channel
	// Poll is how often desk and senders look by themselves when nothing wakes them; 5 s by default.
	Poll time.Duration
	// ConsoleAt is the address that lets into the console who holds a token; nil: there is no console.
	ConsoleAt func(token string) string
}

// App is the product, ready to run.
type App struct {
	*Data
	// Clock plans reminders and lapses. Its Tick may be called at any time.
	Clock *scheduler.Clockwork

	o        Options
	coord    scheduler.Coordinator
	closers  []func()
	accounts []*account
	desk     *handlers.Desk
	alarm    *alarm        // nil: nobody is told
	arrived  chan struct{} // messages were stored
	queued   chan struct{} // messages wait to be sent
	planning chan struct{} // the planner should look: somebody can be told again
}

// Open prepares everything and starts nothing. The duties of all members follow the season file from here on.
func Open(ctx context.Context, o Options) (_ *App, err error) {
	if o.Poll == 0 {
		o.Poll = 5 * time.Second
	}
	if o.OnLogin == nil {
		o.OnLogin = func(string, bot.State) {}
	}
	a := &App{o: o, arrived: make(chan struct{}, 1), queued: make(chan struct{}, 1), planning: make(chan struct{}, 1)}
	defer func() {
		if err != nil {
			a.Close()
		}
	}()
	if a.Data, err = OpenData(ctx, o.Config, o.Now, o.Log); err != nil {
		return nil, err
	}
	a.closers = append(a.closers, func() { _ = a.Data.Close() })
	release, err := alone(o.Config.Database)
	if err != nil {
		return nil, err
	}
	a.closers = append(a.closers, release)
	if held, err := a.Store.Held(ctx); err != nil {
		return nil, err
	} else if held != nil {
		a.Log.Warn("restored from a backup: nothing is sent until xianjie resume", "made_at", held.MadeAt)
	}
	r, err := scheduler.Reconcile(ctx, a.Store, a.Season)
	if err != nil {
		return nil, err
	}
	if r.Opened+r.Moved+r.Closed > 0 {
		a.Log.Info("duties follow the season file", "opened", r.Opened, "moved", r.Moved, "closed", r.Closed)
	}
	words, err := seasons.Words()
	if err != nil {
		return nil, err
	}
	a.coordinate()
	a.desk = &handlers.Desk{
		Store: a.Store, Turner: handlers.NewTurner(a.Season, words).Paced(paceOf(a.Config).Lasts).Linked(o.ConsoleAt), Now: a.Now, Log: a.Log,
		Committed: func() { nudge(a.queued) },
		Fetch:     a.fetchFiles,
	}
	a.Clock = &scheduler.Clockwork{
		Planner: &scheduler.Planner{
			Store: a.Store, Season: a.Season, Now: a.Now, Log: a.Log, Queued: func() { nudge(a.queued) },
			Online: a.online,
		},
		Coord: a.coord, Log: a.Log, TTL: a.Config.Redis.Lease,
	}
	if err := a.addAlarm(); err != nil {
		return nil, err
	}
	return a, a.addAccounts()
}

// online reports whether an account can send, by the phase its process noted last: the process that plans need not be
// the one that is logged in. An account nobody has noted yet is taken to be.
func (a *App) online(account string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	stored, err := a.Store.AccountNamed(ctx, account)
	return err != nil || stored.Phase == "" || stored.Phase == string(bot.PhaseOnline)
}

// coordinate chooses how processes keep out of each other's way.
func (a *App) coordinate() {
	if a.Config.Redis.Addr == "" {
		a.coord = scheduler.NewMemory(a.Now)
		return
	}
	r := scheduler.NewRedis(a.Config.Redis.Addr, a.Now)
	a.coord = r
	a.closers = append(a.closers, func() { _ = r.Close() })
}

func (a *App) addAccounts() error {
	var ca []byte
	if file := a.Config.WeChat.CAFile; file != "" {
		var err error
		if ca, err = os.ReadFile(file); err != nil {
			return fmt.Errorf("wechat.ca_file: %w", err)
		}
	}
	for _, c := range a.Config.WeChat.Accounts {
		acc, err := a.newAccount(c, ca)
		if err != nil {
			return fmt.Errorf("WeChat account %s: %w", c.Name, err)
		}
		acc.sender = &scheduler.Sender{
			Account: c.Name, Store: a.Store, Season: a.Season, Channel: channel{acc.bot, acc.holds}, Coord: a.coord,
			Pace: paceOf(a.Config),
			Now:  a.Now, Log: a.Log, Poll: a.o.Poll,
			Ahead: func(ctx context.Context) error {
				_, err := a.Clock.Tick(ctx)
				return err
			},
		}
		a.accounts = append(a.accounts, acc)
	}
	return nil
}

// paceOf is the pace of every account.
func paceOf(c config.Config) scheduler.Pace {
	p := c.WeChat.Pace
	return scheduler.Pace{Every: p.Every, Jitter: p.Jitter, PerMinute: p.PerMinute, PerHour: p.PerHour, PerDay: p.PerDay}
}

// Run serves until ctx ends. Call it once.
func (a *App) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return a.desk.Run(ctx, a.arrived, a.o.Poll) })
	g.Go(func() error { return a.Clock.Run(ctx) })
	g.Go(func() error { return a.ring(ctx) })
	if a.alarm != nil {
		g.Go(func() error { return a.alarm.run(ctx) })
	}
	for _, acc := range a.accounts {
		g.Go(func() error { return acc.run(ctx) })
		g.Go(func() error { return acc.watch(ctx) })
	}
	if err := g.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// ring passes wake-ups on, here and to other processes: to the senders of all accounts when something was queued, and to
// the planner.
func (a *App) ring(ctx context.Context) error {
	for {
		var topics []string
		select {
		case <-ctx.Done():
			return nil
		case <-a.queued:
			for _, acc := range a.accounts {
				topics = append(topics, scheduler.TopicOutbox(acc.name))
			}
		case <-a.planning:
			topics = []string{scheduler.TopicPlanner}
		}
		for _, topic := range topics {
			if err := a.coord.Wake(ctx, topic); err != nil && ctx.Err() == nil {
				a.Log.Debug("another process may find out by its own look only", "topic", topic, "err", err)
			}
		}
	}
}

// Close gives back what Open took. Call it after Run has returned.
func (a *App) Close() {
	for i := len(a.closers) - 1; i >= 0; i-- {
		a.closers[i]()
	}
	a.closers = nil
}

// nudge leaves one wake-up in a channel of capacity one.
func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
