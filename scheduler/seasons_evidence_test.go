package scheduler_test

import (
	"database/sql"
	"maps"
	"slices"
	"time"
)

// evidence is everything a finished season is judged by: what the database holds, WeChat's ledger, and what the world
// around the product was like. This file and the checker's use nothing of the product.
type evidence struct {
	files []ruling
	spans []span // while everything worked
	since time.Time
	// excused is while the clock was wrong, with what it skipped or repeated, and while WeChat wanted to be left alone.
	excused []span
	reach   map[string][]reach
	end     time.Time
	ledger  []handed
	moved   []string // members who came into another branch or college
	dates   map[int64][]dated

	duties      map[int64]*dutyRow
	reminders   []reminderRow
	outbox      map[int64]outboxRow
	people      map[int64]personRow
	seats       []seatRow
	acks        []ackRow
	defaults    map[int64]int // approvals by default by person; -1 where they are somebody's
	defaultedAt map[int64][]time.Time
	states      map[string]int
	counts      map[string]int // what happened
}

// ruling is a season file with the instant from which it holds.
type ruling struct {
	from time.Time
	data []byte
}

// span is from one instant to another, by the product's clock.
type span struct{ from, to time.Time }

// reach is from when on somebody can be reached, or cannot.
type reach struct {
	from time.Time
	can  bool
}

type dutyRow struct {
	id               int64
	rule, due, party string
	about, org       int64
	opened, lapses   time.Time
	lapsed, closed   time.Time // zero: not
	outcome          string
}

type reminderRow struct {
	id, duty, person, outbox int64
	step, party, slot        string
	at, stepAt               time.Time
	reason                   string
}

type outboxRow struct {
	id, person       int64
	kind, state      string
	reason           string
	created, claimed time.Time
}

type personRow struct {
	id              int64
	no, name        string
	branch, college int64
	cohort          int
	left            time.Time
}

// ackRow is what somebody answered to a digest about a duty.
type ackRow struct {
	duty, person, outbox int64
	to                   int64 // who has taken it over
	party, what          string
	at                   time.Time
}

type seatRow struct {
	person, org  int64
	party        string
	since, until time.Time
}

func newEvidence(file []byte) *evidence {
	return &evidence{files: []ruling{{data: file}}, reach: map[string][]reach{}}
}

func (e *evidence) file(from time.Time, data []byte) {
	e.files = append(e.files, ruling{from, slices.Clone(data)})
}

// health notes that everything works from now on, or not.
func (e *evidence) health(now time.Time, up bool) {
	switch {
	case up && e.since.IsZero():
		e.since = now
	case !up && !e.since.IsZero():
		e.spans, e.since = append(e.spans, span{e.since, now}), time.Time{}
	}
}

// wrongClock notes that the clock is wrong from now on for a while, and everything it shows twice or not at all.
func (e *evidence) wrongClock(now time.Time, by, long time.Duration) {
	ends := []time.Time{now, now.Add(by), now.Add(long), now.Add(long + by)}
	slices.SortFunc(ends, time.Time.Compare)
	e.excused = append(e.excused, span{ends[0].Add(-time.Minute), ends[3].Add(2 * time.Minute)})
}

func (e *evidence) reachable(no string, now time.Time, can bool) {
	e.reach[no] = append(e.reach[no], reach{now, can})
}

// reaches reports whether somebody can be reached at an instant, as far as the product can know.
func (e *evidence) reaches(no string, at time.Time) bool {
	can := false
	for _, r := range e.reach[no] {
		if !r.from.After(at) {
			can = r.can
		}
	}
	return can
}

// finish takes what the world knows at the end.
func (e *evidence) finish(w *campus) {
	e.health(w.now(), false)
	e.end = w.now()
	e.ledger = w.line.ledger
	for i, h := range e.ledger {
		if h.Answer != answerTooOften { // the account pauses until WeChat takes a message again
			continue
		}
		pause := span{h.At, e.end}
		for _, next := range e.ledger[i:] {
			if next.arrived() {
				pause.to = next.At
				break
			}
		}
		e.excused = append(e.excused, pause)
	}
	e.dates = w.witness.dates
	e.counts = w.counts
}

// load reads what the database holds in the end.
func (e *evidence) load(w *witness) {
	e.duties, e.outbox, e.people = map[int64]*dutyRow{}, map[int64]outboxRow{}, map[int64]personRow{}
	e.reminders, e.seats, e.defaults, e.states = nil, nil, map[int64]int{}, map[string]int{}
	e.defaultedAt = map[int64][]time.Time{}
	w.each(`SELECT id, rule, due, party, person_id, org_id, opened_at, lapses_at, lapsed_at, closed_at, outcome FROM duties`, nil, func(scan func(...any)) {
		var d dutyRow
		var lapsed, closed sql.NullTime
		scan(&d.id, &d.rule, &d.due, &d.party, &d.about, &d.org, &d.opened, &d.lapses, &lapsed, &closed, &d.outcome)
		d.lapsed, d.closed = lapsed.Time, closed.Time
		e.duties[d.id] = &d
	})
	w.each(`SELECT r.id, r.duty_id, r.person_id, COALESCE(r.outbox_id, 0), r.step, r.party, r.slot, r.at, st.at, r.reason
		FROM reminders r JOIN duty_steps st ON st.id = r.step_id ORDER BY r.id`, nil, func(scan func(...any)) {
		var r reminderRow
		scan(&r.id, &r.duty, &r.person, &r.outbox, &r.step, &r.party, &r.slot, &r.at, &r.stepAt, &r.reason)
		e.reminders = append(e.reminders, r)
	})
	w.each(`SELECT id, COALESCE(person_id, 0), kind, state, reason, created_at, claimed_at FROM outbox`, nil, func(scan func(...any)) {
		var o outboxRow
		var claimed sql.NullTime
		scan(&o.id, &o.person, &o.kind, &o.state, &o.reason, &o.created, &claimed)
		o.claimed = claimed.Time
		e.outbox[o.id] = o
		e.states[o.kind+" "+o.state]++
	})
	w.each(`SELECT id, no, name, COALESCE(branch_id, 0), COALESCE(college_id, 0), cohort, left_at FROM people`, nil, func(scan func(...any)) {
		var p personRow
		var left sql.NullTime
		scan(&p.id, &p.no, &p.name, &p.branch, &p.college, &p.cohort, &left)
		p.left = left.Time
		e.people[p.id] = p
	})
	w.each(`SELECT person_id, org_id, party, since, until FROM roles`, nil, func(scan func(...any)) {
		var s seatRow
		var until sql.NullTime
		scan(&s.person, &s.org, &s.party, &s.since, &until)
		s.until = until.Time
		e.seats = append(e.seats, s)
	})
	e.acks = nil
	if w.acks {
		w.each(`SELECT duty_id, person_id, outbox_id, COALESCE(to_person_id, 0), party, what, at FROM acknowledgements ORDER BY id`, nil, func(scan func(...any)) {
			var a ackRow
			scan(&a.duty, &a.person, &a.outbox, &a.to, &a.party, &a.what, &a.at)
			e.acks = append(e.acks, a)
		})
	}
	w.each(`SELECT person_id, by_person_id, at FROM transfer_events WHERE event = 'defaulted'`, nil, func(scan func(...any)) {
		var id int64
		var by sql.NullInt64
		var at time.Time
		scan(&id, &by, &at)
		e.defaultedAt[id] = append(e.defaultedAt[id], at)
		if by.Valid {
			e.defaults[id] = -1
		} else if e.defaults[id] >= 0 {
			e.defaults[id]++
		}
	})
}

// clone is a copy that can be corrupted.
func (e *evidence) clone() *evidence {
	c := *e
	c.ledger = slices.Clone(e.ledger)
	for i := range c.ledger {
		c.ledger[i].Seen.Items = slices.Clone(c.ledger[i].Seen.Items)
	}
	c.reminders, c.outbox = slices.Clone(e.reminders), maps.Clone(e.outbox)
	c.duties = map[int64]*dutyRow{}
	for id, d := range e.duties {
		d := *d
		c.duties[id] = &d
	}
	return &c
}

// working is how long everything worked between two instants outside the quiet hours.
func (e *evidence) working(from, to time.Time, quiet func(time.Time) bool) time.Duration {
	var sum time.Duration
	i, _ := slices.BinarySearchFunc(e.spans, from, func(s span, t time.Time) int { return s.to.Compare(t) })
	// Spans follow one another but where the clock was set back; a few too many looks do no harm.
	for i = max(0, i-6); i < len(e.spans); i++ {
		s := e.spans[i]
		if s.from.After(to.Add(6 * time.Hour)) {
			break
		}
		a, b := later(s.from, from), earlier(s.to, to)
		for a.Before(b) { // hour by hour: quiet hours begin and end on the hour
			next := earlier(a.Truncate(time.Hour).Add(time.Hour), b)
			for _, x := range e.excused {
				for _, edge := range []time.Time{x.from, x.to} {
					if edge.After(a) && edge.Before(next) {
						next = edge
					}
				}
			}
			if !quiet(a) && !e.isExcused(a) {
				sum += next.Sub(a)
			}
			a = next
		}
	}
	return sum
}

func (e *evidence) isExcused(at time.Time) bool {
	return slices.ContainsFunc(e.excused, func(s span) bool { return !at.Before(s.from) && at.Before(s.to) })
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
