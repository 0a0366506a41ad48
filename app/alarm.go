package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"xianjie/alert"
	"xianjie/bot"
	"xianjie/config"
	"xianjie/storage"
)

// alarm looks whether the product can do its work and tells people outside WeChat when it cannot. It runs in every process
// and judges by the database, so that a process that died is missed by the others; an incident is told once, whoever
// notices it. What the database cannot hold, its own absence, each process keeps in mind and tells by itself.
type alarm struct {
	app     *App
	watch   alert.Watch
	tellers []*teller
	host    string

	// Of the database's absence.
	failing time.Time // since when it does not answer; zero: it does
	told    time.Time // when that was last told; zero: not yet
}

// teller tells through one channel.
type teller struct {
	alert.Channel
	wake chan struct{}

	mu     sync.Mutex
	direct []alert.Alert // about the database, which cannot queue them; guarded by mu
}

const (
	// lookFor bounds one look: a database that hangs is as bad as one that is gone.
	lookFor = 10 * time.Second
	// databaseFor is how long the database may be away.
	databaseFor = time.Minute
	// tellEvery is how often a channel that refused is asked again about the database, which else says when.
	tellEvery = 10 * time.Second
)

// patience is how long the message in front of the queue may wait at the slowest pace, by kind; notices may wait for days.
var patience = map[string]time.Duration{
	storage.OutAccept: 15 * time.Minute, storage.OutReply: 15 * time.Minute, storage.OutAlert: 15 * time.Minute,
	storage.OutDigest: 75 * time.Minute, // the hour's budget may be used up
}

func (a *App) addAlarm() error {
	channels := a.o.Alerts
	if channels == nil {
		var err error
		if channels, err = alertChannels(a.Config); err != nil {
			return err
		}
	}
	if len(channels) == 0 {
		return nil
	}
	a.alarm = &alarm{app: a, watch: alert.Watch{Silence: a.Config.Alerts.Silence}, host: hostname()}
	for _, c := range channels {
		a.alarm.tellers = append(a.alarm.tellers, &teller{Channel: c, wake: make(chan struct{}, 1)})
	}
	return nil
}

// hostname is "" where the machine has none.
func hostname() string {
	name, _ := os.Hostname()
	return name
}

// alertChannels are the ways to people the settings name.
func alertChannels(c config.Config) ([]alert.Channel, error) {
	var cs []alert.Channel
	if c.Alerts.Webhook != "" {
		cs = append(cs, &alert.Webhook{URL: c.Alerts.Webhook, Form: c.Alerts.Form, Zone: c.Zone})
	}
	s := c.Alerts.SMTP
	if s.Host == "" {
		return cs, nil
	}
	m := &alert.Mail{Host: s.Host, Port: s.Port, Plain: s.TLS == config.TLSNone, From: s.From, To: s.To, User: s.User, Zone: c.Zone}
	if s.PasswordFile != "" {
		b, err := os.ReadFile(s.PasswordFile)
		if err != nil {
			return nil, fmt.Errorf("alerts.smtp.password_file: %w", err)
		}
		m.Password, _, _ = strings.Cut(string(b), "\n")
		m.Password = strings.TrimSuffix(m.Password, "\r")
		if m.Password == "" {
			return nil, errors.New("alerts.smtp.password_file: its first line is empty")
		}
	}
	return append(cs, m), nil
}

// run looks and tells until ctx ends: one goroutine that looks, one for each channel.
func (al *alarm) run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, t := range al.tellers {
		g.Go(func() error { return al.tell(ctx, t) })
	}
	tick := time.NewTicker(alert.Every)
	defer tick.Stop()
	for ctx.Err() == nil {
		if err := al.look(ctx); err != nil && ctx.Err() == nil {
			al.watch.Blink()
			al.databaseFails(err)
		} else {
			al.databaseAnswers()
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
	return g.Wait()
}

// look judges once and notes what has begun, goes on or is over.
func (al *alarm) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	st, now := al.app.Store, al.app.Now()
	facts, err := al.facts(ctx)
	if err != nil {
		return err
	}
	incidents, err := st.OpenIncidents(ctx)
	if err != nil {
		return err
	}
	open := map[string]storage.Incident{}
	for _, i := range incidents {
		open[i.Trouble+"/"+i.Account] = i
	}
	for _, v := range al.watch.Look(now, time.Now(), facts) {
		i, is := open[string(v.Trouble)+"/"+v.Account]
		event := ""
		switch {
		case v.State == alert.Wrong && (!is || i.Due(now)):
			event, err = st.NoteTrouble(ctx, storage.Incident{Trouble: string(v.Trouble), Account: v.Account, Since: v.Since}, al.channels())
		case v.State == alert.Fine && is:
			var ended bool
			if ended, err = st.EndTrouble(ctx, string(v.Trouble), v.Account, al.channels()); ended {
				event = storage.EventOver
			}
		}
		if err != nil {
			return err
		}
		if event != "" {
			al.app.Log.Warn("people outside WeChat are told", "trouble", v.Trouble, "account", v.Account, "event", event)
		}
	}
	return al.wake(ctx)
}

// wake wakes those that have something to tell.
func (al *alarm) wake(ctx context.Context) error {
	due, err := al.app.Store.AlertsDue(ctx)
	for _, t := range al.tellers {
		if slices.Contains(due, t.Name()) {
			nudge(t.wake)
		}
	}
	return err
}

func (al *alarm) channels() []string {
	names := make([]string, len(al.tellers))
	for i, t := range al.tellers {
		names[i] = t.Name()
	}
	return names
}

// facts are what the database says about the accounts of the settings.
func (al *alarm) facts(ctx context.Context) ([]alert.Facts, error) {
	var facts []alert.Facts
	for _, acc := range al.app.accounts {
		a, err := al.app.Store.AccountNamed(ctx, acc.name)
		if err != nil {
			return nil, err
		}
		head, err := al.app.Store.OutHead(ctx, acc.name)
		if err != nil {
			return nil, err
		}
		facts = append(facts, alert.Facts{
			Account: a.Name, Entered: a.Login != "", Online: a.Phase == string(bot.PhaseOnline),
			PhaseAt: at(a.PhaseAt), LostAt: at(a.LostAt), HeardAt: at(a.HeardAt), NewsAt: at(a.NewsAt),
			StoppedAt: at(a.StoppedAt), HeldUntil: at(a.HeldUntil), Head: alert.Head{ID: head.ID, Patience: patience[head.Kind]},
		})
	}
	return facts, nil
}

// at is an instant that may be missing.
func at(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

func (al *alarm) databaseFails(err error) {
	now := al.app.Now()
	if al.failing.IsZero() {
		al.failing = now
		al.app.Log.Error("the database does not answer", "err", err)
	}
	event := alert.Begun
	switch {
	case al.told.IsZero() && now.Sub(al.failing) < databaseFor, !al.told.IsZero() && now.Sub(al.told) < 24*time.Hour:
		return
	case !al.told.IsZero():
		event = alert.Still
	}
	al.told = now
	al.tellDirectly(event)
}

func (al *alarm) databaseAnswers() {
	if !al.told.IsZero() {
		al.tellDirectly(alert.Over)
	}
	al.failing, al.told = time.Time{}, time.Time{}
}

// tellDirectly has all channels tell about the database.
func (al *alarm) tellDirectly(event alert.Event) {
	a := alert.Alert{Event: event, Trouble: alert.Database, Since: al.failing, At: al.app.Now(), Host: al.host}
	for _, t := range al.tellers {
		t.mu.Lock()
		t.direct = append(t.direct, a)
		t.mu.Unlock()
		nudge(t.wake)
	}
}

// tell tells through one channel whatever there is to tell.
func (al *alarm) tell(ctx context.Context, t *teller) error {
	tick := time.NewTicker(tellEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.wake:
		case <-tick.C:
			al.tellDirect(ctx, t)
			continue
		}
		al.tellDirect(ctx, t)
		due, err := al.claim(ctx, t)
		if err != nil {
			continue // the look reports it
		}
		for _, d := range due {
			why := ""
			if err := t.Tell(ctx, al.alertOf(d)); err != nil {
				if ctx.Err() != nil {
					return nil // another process tells it, or this one after its next start
				}
				al.app.Log.Warn("an alert did not leave; it is tried again", "channel", t.Name(), "err", err)
				why = err.Error()
			}
			if err := al.app.Store.FinishAlert(ctx, d.Alert, why); err != nil && ctx.Err() == nil {
				al.app.Log.Warn("an alert may be told twice", "channel", t.Name(), "err", err)
			}
		}
	}
}

func (al *alarm) claim(ctx context.Context, t *teller) ([]storage.DueAlert, error) {
	ctx, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	if h, err := al.app.Store.Held(ctx); h != nil || err != nil {
		return nil, err // restored from a backup: what waited in it may have been told long ago
	}
	return al.app.Store.ClaimAlerts(ctx, t.Name())
}

// tellDirect tells about the database, in order; what is refused stays in front.
func (al *alarm) tellDirect(ctx context.Context, t *teller) {
	for {
		t.mu.Lock()
		waiting := t.direct
		t.mu.Unlock()
		if len(waiting) == 0 {
			return
		}
		if err := t.Tell(ctx, waiting[0]); err != nil {
			al.app.Log.Warn("an alert did not leave; it is tried again", "channel", t.Name(), "err", err)
			return
		}
		t.mu.Lock()
		t.direct = t.direct[1:]
		t.mu.Unlock()
	}
}

func (al *alarm) alertOf(d storage.DueAlert) alert.Alert {
	return alert.Alert{
		Event: alert.Event(d.Alert.Event), Trouble: alert.Trouble(d.Incident.Trouble), Account: d.Incident.Account,
		Since: d.Incident.Since, At: d.Alert.At, Host: al.host,
	}
}
