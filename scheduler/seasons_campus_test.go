package scheduler_test

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"xianjie/scheduler"
	"xianjie/season"
	"xianjie/storage"
	"xianjie/storage/storagetest"
)

// campus is a university that plays one season with the product, in virtual time, event by event: what people do, what
// breaks, and when the planner and the sender have something to do. Everything follows from the seed.
type campus struct {
	t       *testing.T
	ctx     context.Context
	seed    uint64
	size    size
	rng     *rand.Rand
	options storage.Options
	line    *network
	witness *witness

	file   []byte // the season file in force
	season *season.Season
	skew   time.Duration // by how much the product's clock is wrong

	events  agenda
	n       int // events so far: those of one instant happen in the order they were made
	procs   []*process
	started int
	msg     int

	cast      *cast
	postponed []func()  // what waits for the product to be up
	looks     time.Time // when somebody looks after a "too often"; zero: nobody needs to
	evidence  *evidence
	counts    map[string]int
}

// pace is what the sender keeps. Simulated seasons prove what is sent, not how much one account may send a day.
var pace = scheduler.Pace{Every: time.Second}

// now is the product's clock.
func (w *campus) now() time.Time { return time.Now().Add(w.skew) }

func (w *campus) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// agenda holds what is to happen, soonest first.
type agenda []event

type event struct {
	at time.Time
	n  int
	do func()
}

func (a agenda) Len() int { return len(a) }
func (a agenda) Less(i, j int) bool {
	return cmp.Or(a[i].at.Compare(a[j].at), cmp.Compare(a[i].n, a[j].n)) < 0
}
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a *agenda) Push(e any)   { *a = append(*a, e.(event)) }
func (a *agenda) Pop() any {
	e := (*a)[len(*a)-1]
	*a = (*a)[:len(*a)-1]
	return e
}

// at lets something happen at an instant, or now when that has passed.
func (w *campus) at(t time.Time, do func()) {
	w.n++
	if now := time.Now(); t.Before(now) {
		t = now
	}
	heap.Push(&w.events, event{t, w.n, do})
}

// live plays until the clock says end.
func (w *campus) live(end time.Time) {
	for {
		until := end
		if len(w.events) > 0 {
			until = earlier(until, w.events[0].at)
		}
		w.advance(until)
		switch {
		case len(w.events) == 0 || w.events[0].at.After(end):
			if !time.Now().Before(end) {
				return
			}
			continue
		case w.events[0].at.Before(until):
			continue // something came up meanwhile
		}
		heap.Pop(&w.events).(event).do()
		synctest.Wait()
		for _, p := range w.procs {
			p.plan(time.Minute)
		}
	}
}

// advance lets time pass until the clock says end, or something comes up before, with everything the product does meanwhile.
func (w *campus) advance(end time.Time) {
	for {
		w.reap()
		w.bounce()
		w.answerDigests()
		now := time.Now()
		for _, p := range w.procs {
			if !p.tick.IsZero() && !p.tick.After(now) {
				p.turn()
			}
		}
		if !now.Before(end) || len(w.events) > 0 && w.events[0].at.Before(end) {
			return
		}
		until := end
		if look := w.operator(now); !look.IsZero() {
			until = earlier(until, look)
		}
		for _, p := range w.procs {
			if !p.tick.IsZero() && p.tick.Before(until) {
				until = p.tick
			}
		}
		next, ok := w.nextOut()
		leaves := ok && !next.After(now)
		switch {
		case leaves:
			until = earlier(until, now.Add(20*time.Second))
		case ok:
			until = earlier(until, next)
		}
		for i, p := range w.procs {
			if i > 0 && leaves && time.Until(until) > stagger {
				time.Sleep(stagger) // two senders do the same, but not in the same moment: a seed must decide who is first
			}
			if !leaves {
				p.wire.freeze()
			} else {
				p.wire.thaw()
			}
			if p.queued {
				p.queued = false
				w.ok(p.coord.Wake(w.ctx, scheduler.TopicOutbox(account)))
			}
			synctest.Wait()
		}
		time.Sleep(time.Until(until))
		synctest.Wait()
		if leaves { // what could not be handed over may have been planned anew
			for _, p := range w.procs {
				p.plan(time.Minute)
			}
		}
	}
}

// operator is somebody who looks after a "too often" and lets the account go on; it returns when they look.
func (w *campus) operator(now time.Time) (look time.Time) {
	w.line.set(func() {
		if w.line.refused && w.looks.IsZero() {
			w.looks = now.Add(2 * time.Hour)
		}
		w.line.refused = false
	})
	if p := w.up(); p != nil && !w.looks.IsZero() && !now.Before(w.looks) {
		w.looks = time.Time{}
		stopped, err := p.store.ResumeAccount(w.ctx, account, storage.Audit{Action: "resume", Subject: "account/" + account})
		w.ok(err)
		if stopped {
			w.counts["accounts resumed"]++
		}
	}
	if !w.looks.After(now) {
		return time.Time{} // nothing runs; they look as soon as it does
	}
	return w.looks
}

// stagger keeps two senders out of step with the pace.
const stagger = 370 * time.Millisecond

// nextOut is when the next queued message may leave; false when none can, or nobody is there to send it.
func (w *campus) nextOut() (time.Time, bool) {
	if len(w.procs) == 0 || !w.line.online {
		return time.Time{}, false
	}
	var at time.Time
	found := false
	w.witness.each(`SELECT o.not_before FROM outbox o JOIN accounts a ON a.name = o.account AND a.ready
		JOIN contacts c ON c.id = o.contact_id AND c.login = a.login AND c.state IN ('active', 'unsure')
		WHERE o.account = ? AND o.state = 'queued' AND a.stopped_at IS NULL ORDER BY o.not_before LIMIT 1`, []any{account}, func(scan func(...any)) {
		scan(&at)
		found = true
	})
	return at.Add(-w.skew), found
}

// debug tells what happens on a day, in a run that is looked at (XIANJIE_SEASON_DAY=06-09).
func (w *campus) debug(what ...any) {
	if day := os.Getenv("XIANJIE_SEASON_DAY"); day != "" && time.Now().In(w.season.Zone).Format("01-02") == day {
		w.t.Logf("%s (clock %s): %s", time.Now().In(w.season.Zone).Format("01-02 15:04:05"), w.now().In(w.season.Zone).Format("15:04:05"), fmt.Sprintln(what...))
	}
}

// healthy notes whether everything works from now on.
func (w *campus) healthy() {
	up := len(w.procs) > 0 && w.line.online && w.skew == 0
	w.evidence.health(w.now(), up)
}

// up is the process people's doings go through, nil when the product is down.
func (w *campus) up() *process {
	if len(w.procs) == 0 {
		return nil
	}
	return w.procs[0]
}

// whenUp does something now, or as soon as the product is up.
func (w *campus) whenUp(do func()) {
	if w.up() != nil {
		do()
		return
	}
	w.postponed = append(w.postponed, do)
}

func (w *campus) catchUp() {
	waiting := w.postponed
	w.postponed = nil
	for _, do := range waiting {
		do()
	}
}

// change records what happened to members, all in one transaction.
func (w *campus) change(ids []int64, f func(storage.Member) (storage.MemberChange, error)) {
	if len(ids) == 0 {
		return
	}
	st := w.up().store
	for range 5 {
		ms, err := st.Members(w.ctx, ids)
		w.ok(err)
		var changes []storage.MemberChange
		for _, m := range ms {
			if m.Person.LeftAt != nil {
				continue
			}
			c, err := f(m)
			var not *storage.NotNow
			if errors.As(err, &not) {
				w.counts["facts that came too late to be recorded"]++
				continue
			}
			w.ok(err)
			changes = append(changes, c)
		}
		_, err = st.CommitMembers(w.ctx, changes)
		if errors.Is(err, storage.ErrConflict) {
			continue
		}
		w.ok(err)
		w.witness.look(w.now(), false, ids...)
		return
	}
	w.t.Errorf("%s: somebody else is always faster", w.now())
}

// say delivers a message somebody writes, and has it answered.
func (w *campus) say(user, kind, text string) bool {
	if w.up() == nil || !w.line.online {
		return false
	}
	p := w.up()
	w.msg++
	w.ok(p.store.Receive(w.ctx, account, w.line.login, []storage.Received{{
		MsgID: fmt.Sprint("m", w.msg), User: user, ChatKind: "friend", Kind: kind, Text: text, At: w.now(),
	}}))
	for {
		n, err := p.desk.Round(w.ctx)
		w.ok(err)
		if n == 0 {
			break
		}
	}
	w.counts["messages at the desk"]++
	w.witness.look(w.now(), false, w.cast.byUser(user)...)
	return true
}

// bounce delivers the grey lines of those who deleted us.
func (w *campus) bounce() {
	for _, user := range w.line.takeBounced() {
		if w.say(w.cast.userNow(user), "system", "对方开启了朋友验证，你还不是他（她）朋友。请先发送朋友验证请求") {
			w.counts["people found to have deleted us"]++
			w.cast.unreachable(w, user)
		}
	}
}

// play plays a whole season and returns the evidence.
func play(t *testing.T, seed uint64, z size, o storage.Options, calm bool) *evidence {
	t.Helper()
	file, err := os.ReadFile("../seasons/cqu-2020.yaml")
	if err != nil {
		t.Fatal(err)
	}
	sn, err := season.Load("cqu-2020", file)
	if err != nil {
		t.Fatal(err)
	}
	var ev *evidence
	base := enrol(t, sn, z, &o)
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(opening(sn)))
		w := &campus{
			t: t, ctx: t.Context(), seed: seed, size: z, options: o, file: file, season: sn,
			rng: rand.New(rand.NewPCG(seed, 1)), counts: map[string]int{},
		}
		driver, dsn := "sqlite", "file:"+o.DSN
		if o.Driver == storage.MySQL {
			driver, dsn = "mysql", o.DSN+"?parseTime=true"
		}
		w.witness, err = newWitness(driver, dsn, storagetest.Key)
		w.ok(err)
		defer w.witness.db.Close()
		w.line = &network{
			rng: rand.New(rand.NewPCG(seed, 2)), now: w.now, witness: w.witness, online: true, login: firstLogin, deaf: map[string]bool{}, faulty: !calm,
		}
		w.evidence = newEvidence(file)
		w.cast = newCast(w, base)
		w.witness.look(w.now(), true)
		w.boot()
		w.cast.begin(w)
		if !calm {
			w.misfortunes()
		}
		w.live(sn.EndOf(sn.Closes).Add(3 * 24 * time.Hour))
		for len(w.procs) > 0 {
			w.stop(w.procs[0])
		}
		w.ok(w.witness.fault)
		if kept := os.Getenv("XIANJIE_SEASON_KEEP"); kept != "" && o.Driver == storage.SQLite {
			data, err := os.ReadFile(o.DSN)
			w.ok(err)
			w.ok(os.WriteFile(kept, data, 0o600))
		}
		ev = w.evidence
		ev.finish(w)
		ev.load(w.witness)
		w.ok(w.witness.fault)
	})
	return ev
}

// opening is when a simulated season begins: the roster has just been imported.
func opening(sn *season.Season) time.Time { return sn.Morning(sn.Opens) }
