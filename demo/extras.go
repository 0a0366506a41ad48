package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"time"

	"xianjie/roster"
	"xianjie/season"
	"xianjie/wechatsim"
)

// extras are the people of the cast whom nobody plays. They act through their phones: members declare on a day of
// their own, the secretaries of the other colleges work through their lists once a week.
type extras struct {
	t     *Theatre
	rng   *rand.Rand
	acts  []act // what is still to come, earliest first
	total int   // of the weights of all stories
	data  castData
}

// act is something one of the extras does at an instant.
type act struct {
	at time.Time
	no string // member who declares; "" for a round of the secretaries
}

// How the season goes: most have declared when the curtain rises, a few never will.
const (
	declaredAtStart = 55 // per cent
	neverDeclare    = 8
	declareWithin   = 26 // days
)

func newExtras(t *Theatre, rng *rand.Rand) *extras {
	e := &extras{t: t, rng: rng, data: castFile()}
	for _, s := range e.data.Stories {
		e.total += s.Weight
	}
	return e
}

// enter makes the officers known, lets part of the members declare, and plans what the others will do. In the first
// college two applications lie with the secretary whose phone is on the page.
func (e *extras) enter(ctx context.Context) error {
	for _, o := range e.t.cast.Officers {
		if o.Role != roster.RoleBranch {
			if err := e.bind(ctx, o.No, o.Name); err != nil {
				return err
			}
		}
	}
	sn := e.t.app.Season
	var waiting []string
	for i, m := range e.t.cast.Members {
		switch n := e.rng.IntN(100); {
		case i == 0: // the member on the page
		case n < declaredAtStart:
			story := e.story()
			if err := e.declare(ctx, m, story); err != nil {
				return err
			}
			if m.College == e.t.secretary().College && len(waiting) < 2 && e.state(ctx, m.No) == "pending" {
				waiting = append(waiting, e.told(m))
			}
		case n < 100-neverDeclare:
			day := sn.Opens.AddDays(1 + e.rng.IntN(declareWithin))
			at := sn.Morning(day).Add(time.Duration(30+e.rng.IntN(9*60)) * time.Minute)
			e.acts = append(e.acts, act{at, m.No})
		}
	}
	for day := sn.Opens.AddDays(7); !day.After(sn.Closes); day = day.AddDays(7) {
		e.acts = append(e.acts, act{at: sn.Morning(day).Add(90 * time.Minute)})
	}
	slices.SortStableFunc(e.acts, func(a, b act) int { return a.at.Compare(b.at) })
	for _, name := range waiting {
		if err := e.say(ctx, e.t.sim.Person(e.t.secretary().No), "收到申请 "+name); err != nil {
			return err
		}
	}
	return e.t.quiet(ctx)
}

// told is how a secretary names a member: by name, or by number where several are called so.
func (e *extras) told(m roster.Member) string {
	for _, other := range e.t.cast.Members {
		if other.Name == m.Name && other.No != m.No {
			return m.No
		}
	}
	return m.Name
}

// story draws how somebody answers.
func (e *extras) story() []string {
	n := e.rng.IntN(e.total)
	for _, s := range e.data.Stories {
		if n -= s.Weight; n < 0 {
			return s.Texts
		}
	}
	return nil
}

// bind befriends the account and introduces somebody.
func (e *extras) bind(ctx context.Context, no, name string) error {
	p := e.t.person(no, name)
	if !e.t.bot.IsFriend(p) {
		p.Befriend(e.t.bot, "你好")
		if err := e.t.await(ctx, func() (bool, error) { return len(p.Received(e.t.bot)) > 0, nil }); err != nil {
			return fmt.Errorf("%s makes friends: %w", no, err)
		}
	}
	return e.say(ctx, p, no+" "+name)
}

// declare lets a member tell a story from the first word to the confirmation.
func (e *extras) declare(ctx context.Context, m roster.Member, story []string) error {
	if err := e.bind(ctx, m.No, m.Name); err != nil {
		return err
	}
	return e.say(ctx, e.t.sim.Person(m.No), story...)
}

// say writes one message after another and waits until the last has had its turn.
func (e *extras) say(ctx context.Context, p *wechatsim.Person, texts ...string) error {
	last := ""
	for _, text := range texts {
		last = p.Say(e.t.bot, text)
	}
	if err := e.t.handled(ctx, last); err != nil {
		return fmt.Errorf("%s writes: %w", p.ID(), err)
	}
	return e.t.quiet(ctx)
}

// state is the state of a member's transfer, "" when there is none.
func (e *extras) state(ctx context.Context, no string) string {
	p, err := e.t.app.Store.PersonByNo(ctx, no)
	if err != nil {
		return ""
	}
	ms, err := e.t.app.Store.Members(ctx, []int64{p.ID})
	if err != nil || len(ms) == 0 || ms[0].Transfer.State == season.Undeclared {
		return ""
	}
	return ms[0].Transfer.State
}

// next is when the next of the extras acts; false when nobody will.
func (e *extras) next() (time.Time, bool) {
	if len(e.acts) == 0 {
		return time.Time{}, false
	}
	return e.acts[0].at, true
}

// perform does everything that is due now.
func (e *extras) perform(ctx context.Context) error {
	for len(e.acts) > 0 && !e.acts[0].at.After(e.t.clock.now()) {
		a := e.acts[0]
		e.acts = e.acts[1:]
		if a.no == "" {
			if err := e.round(ctx); err != nil {
				return err
			}
			continue
		}
		i := slices.IndexFunc(e.t.cast.Members, func(m roster.Member) bool { return m.No == a.no })
		if e.t.played(a.no) || e.state(ctx, a.no) != "" {
			continue
		}
		if err := e.declare(ctx, e.t.cast.Members[i], e.story()); err != nil {
			return err
		}
	}
	return nil
}

// numbered is a line of a list.
var numbered = regexp.MustCompile(`(?m)^\d+ `)

// round is what the secretaries of the other colleges do once a week: they initiate what waits, and note what the other
// side has received.
func (e *extras) round(ctx context.Context) error {
	for _, o := range e.t.cast.Officers {
		if o.Role != roster.RoleCollege || o.No == e.t.secretary().No {
			continue
		}
		p := e.t.sim.Person(o.No)
		if err := e.work(ctx, p, "名单 待发起", "已发起", 1); err != nil {
			return err
		}
		if err := e.work(ctx, p, "名单 待接收", "已接收", 2); err != nil {
			return err
		}
	}
	return nil
}

// work asks for a list and records an event for the first of its lines: all, or one in share.
func (e *extras) work(ctx context.Context, p *wechatsim.Person, list, event string, share int) error {
	before := len(p.Received(e.t.bot))
	if err := e.say(ctx, p, list); err != nil {
		return err
	}
	lines := 0
	for _, m := range p.Received(e.t.bot)[before:] {
		lines += len(numbered.FindAllString(m.Text, -1))
	}
	if lines = (lines + share - 1) / share; lines == 0 {
		return nil
	}
	return e.say(ctx, p, fmt.Sprintf("%s 1-%d", event, lines))
}
