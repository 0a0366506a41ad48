package scheduler

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"xianjie/season"
	"xianjie/storage"
)

// rehearsal is the season played in memory: the duties and reminders of the database, moved by the planner's own
// decisions. What it makes itself has negative ids.
type rehearsal struct {
	*Planner
	rs     *readers
	duties map[int64]*storage.Duty
	open   map[int64][]int64             // member → duties not closed
	steps  []*storage.DutyStep           // in order of time
	ofDuty map[int64][]*storage.DutyStep // the same, by duty
	given  map[[2]int64]bool
	taken  map[string]bool
	waits  time.Time // when what could not leave at the last tick is looked at again
	said   []Rehearsed
	made   int64
}

// rehearsal loads what is planned up to an instant.
func (p *Planner) rehearsal(ctx context.Context, start, to time.Time) (*rehearsal, error) {
	r := &rehearsal{
		Planner: &Planner{Store: p.Store, Season: p.Season, Now: p.Now, Log: p.Log},
		duties:  map[int64]*storage.Duty{}, open: map[int64][]int64{}, ofDuty: map[int64][]*storage.DutyStep{},
		taken: map[string]bool{},
	}
	ever := start.AddDate(-10, 0, 0)
	planned, err := p.Store.StepsBetween(ctx, ever, to)
	if err != nil {
		return nil, err
	}
	lapsing, err := p.Store.LapsesBetween(ctx, ever, to)
	if err != nil {
		return nil, err
	}
	people := map[int64]bool{}
	var stepIDs []int64
	for _, d := range planned {
		people[d.Duty.PersonID] = true
		stepIDs = append(stepIDs, d.Step.ID)
		r.add(d.Step)
		duty := d.Duty
		r.duties[duty.ID] = &duty // of a closed duty only the report of its lapse is planned
	}
	for _, d := range lapsing {
		people[d.PersonID] = true
	}
	ids := slices.Sorted(maps.Keys(people))
	open, err := p.Store.OpenDutiesOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	for i := range open {
		d := &open[i]
		r.duties[d.ID] = d
		r.open[d.PersonID] = append(r.open[d.PersonID], d.ID)
	}
	if r.given, err = p.Store.Given(ctx, stepIDs); err != nil {
		return nil, err
	}
	r.rs, err = lookUp(ctx, p.Store, ids)
	return r, err
}

// next is the first full minute after an instant at which something is to be done; zero when nothing is left. The
// clockwork wakes the planner at full minutes.
func (r *rehearsal) next(after time.Time) time.Time {
	next := r.waits
	sooner := func(t time.Time) {
		if t.After(after) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	for _, st := range r.steps {
		if st.State == storage.StepPlanned && st.At.After(after) {
			sooner(st.At)
			break
		}
	}
	for _, d := range r.duties {
		if r.live(d) {
			sooner(d.LapsesAt)
		}
	}
	if next.IsZero() {
		return next
	}
	if m := next.Truncate(time.Minute); m.Before(next) {
		next = m.Add(time.Minute)
	}
	return next
}

func (r *rehearsal) live(d *storage.Duty) bool { return d.ClosedAt == nil && d.LapsedAt == nil }

// tick is Planner.Tick.
func (r *rehearsal) tick(ctx context.Context, now time.Time) error {
	r.lapsesAt(now)
	return r.remindAt(ctx, now)
}

func (r *rehearsal) lapsesAt(now time.Time) {
	var due []*storage.Duty
	for _, d := range r.duties {
		if r.live(d) && !d.LapsesAt.After(now) {
			due = append(due, d)
		}
	}
	slices.SortFunc(due, func(a, b *storage.Duty) int {
		return cmp.Or(a.LapsesAt.Compare(b.LapsesAt), cmp.Compare(a.ID, b.ID))
	})
	for _, d := range due {
		if !r.live(d) {
			continue // the lapse before it closed this one
		}
		m, onRoster := r.rs.members[d.PersonID]
		l := r.lapseOf(*d, m, onRoster, now)
		d.LapsedAt = &now
		r.drop(d.ID)
		if l.Change != nil {
			r.change(*l.Change, now)
		}
		for _, st := range l.Report {
			r.plan(d.ID, st)
		}
	}
	slices.SortStableFunc(r.steps, func(a, b *storage.DutyStep) int { return a.At.Compare(b.At) })
}

func (r *rehearsal) drop(duty int64) {
	for _, st := range r.ofDuty[duty] {
		if st.State == storage.StepPlanned {
			st.State = storage.StepDropped
		}
	}
}

// plan adds a reminder; the caller brings the reminders into order.
func (r *rehearsal) plan(duty int64, st storage.DutyStep) {
	r.made--
	st.ID, st.DutyID, st.State = r.made, duty, storage.StepPlanned
	r.add(st)
}

func (r *rehearsal) add(st storage.DutyStep) {
	r.steps = append(r.steps, &st)
	r.ofDuty[st.DutyID] = append(r.ofDuty[st.DutyID], &st)
}

// change moves a member as storage.CommitLapses does: duties that are no longer wanted close, new ones open.
func (r *rehearsal) change(c storage.MemberChange, now time.Time) {
	person := c.Transfer.PersonID
	m := r.rs.members[person]
	m.Transfer = c.Transfer
	m.Events = append(slices.Clone(m.Events), c.Events...)
	r.rs.members[person] = m
	wanted := map[string]season.Duty{}
	for _, d := range c.Duties {
		wanted[d.Rule] = d
	}
	var open []int64
	for _, id := range r.open[person] {
		d := r.duties[id]
		w, ok := wanted[d.Rule]
		delete(wanted, d.Rule)
		if !ok {
			d.ClosedAt, d.Outcome = &now, c.Closing
			r.drop(id)
			continue
		}
		open = append(open, id)
		if !w.Lapses.Equal(d.LapsesAt) {
			d.Due, d.LapsesAt, d.LapsedAt = w.Due.String(), w.Lapses, nil
			r.drop(id)
			r.planAll(id, slices.DeleteFunc(slices.Clone(w.Steps), func(st season.Planned) bool { return !st.At.After(now) }))
		}
	}
	for _, d := range c.Duties {
		if _, ok := wanted[d.Rule]; !ok {
			continue
		}
		r.made--
		r.duties[r.made] = &storage.Duty{
			ID: r.made, Season: c.Season, Rule: d.Rule, PersonID: person, OrgID: c.Transfer.CollegeID, Party: d.Of,
			OpenedAt: d.Opened, Due: d.Due.String(), LapsesAt: d.Lapses,
		}
		open = append(open, r.made)
		r.planAll(r.made, d.Steps)
	}
	r.open[person] = open
}

func (r *rehearsal) planAll(duty int64, steps []season.Planned) {
	for _, st := range steps {
		r.plan(duty, storage.DutyStep{Step: st.Step, Party: st.To, At: st.At})
	}
}

func (r *rehearsal) remindAt(ctx context.Context, now time.Time) error {
	r.waits = time.Time{}
	var due []storage.DueStep
	for _, st := range r.steps {
		if st.At.After(now) {
			break
		}
		if st.State == storage.StepPlanned {
			due = append(due, storage.DueStep{Step: *st, Duty: *r.duties[st.DutyID]})
		}
	}
	n := len(due)
	if due = r.loud(due, now); len(due) < n && r.Season.Quiet(now) {
		r.waits = r.Season.NotQuiet(now)
	}
	if len(due) == 0 {
		return nil
	}
	list := letters(r.Season, r.rs, r.given, due, now)
	taken, err := r.Store.OnceTaken(ctx, r.keys(list, now))
	if err != nil {
		return err
	}
	maps.Copy(taken, r.taken)
	ready, waiting := r.address(list, taken, now)
	rules := make(map[int64]string, len(due))
	for _, d := range due {
		rules[d.Duty.ID] = d.Duty.Rule
	}
	done := map[int64]bool{}
	for _, l := range ready {
		if !l.toNobody() {
			r.taken[slotKey(l, l.slot)] = true
		}
		if len(l.reminders) > 0 {
			r.said = append(r.said, r.rehearsed(l, now, rules))
		}
		for _, line := range l.reminders {
			r.given[[2]int64{line.StepID, line.PersonID}] = true
		}
		for _, id := range l.steps {
			done[id] = true
		}
	}
	for _, l := range waiting {
		for _, id := range l.steps {
			delete(done, id)
		}
		if hour := now.Truncate(time.Hour).Add(time.Hour); r.waits.IsZero() || hour.Before(r.waits) {
			r.waits = hour // a slot is free again
		}
	}
	r.steps = slices.DeleteFunc(r.steps, func(st *storage.DutyStep) bool {
		if done[st.ID] {
			st.State = storage.StepDone
		}
		return st.State != storage.StepPlanned
	})
	return nil
}
