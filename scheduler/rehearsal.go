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
	rs      *readers
	duties  map[int64]*storage.Duty
	open    map[int64][]int64             // member → duties not closed
	units   map[int64]*rehearsedUnit      // branches and colleges
	touched map[int64]bool                // of these, those to be looked at
	steps   []*storage.DutyStep           // in order of time
	ofDuty  map[int64][]*storage.DutyStep // the same, by duty
	facts   facts
	climbed map[storage.Rung]bool
	counted map[int64]bool // steps the tallies count
	taken   map[string]bool
	waits   time.Time // when what could not leave at the last tick is looked at again
	said    []Rehearsed
	made    int64
}

// rehearsal loads what is planned up to an instant.
func (p *Planner) rehearsal(ctx context.Context, start, to time.Time) (*rehearsal, error) {
	r := &rehearsal{
		Planner: &Planner{Store: p.Store, Season: p.Season, Now: p.Now, Log: p.Log},
		duties:  map[int64]*storage.Duty{}, open: map[int64][]int64{}, ofDuty: map[int64][]*storage.DutyStep{},
		taken: map[string]bool{}, counted: map[int64]bool{},
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
	var people, ids, stepIDs []int64
	about := slices.Clone(lapsing)
	for _, d := range planned {
		stepIDs = append(stepIDs, d.Step.ID)
		r.add(d.Step)
		duty := d.Duty
		r.duties[duty.ID] = &duty // of a closed duty only the report of its lapse is planned
		about = append(about, duty)
	}
	for _, d := range about {
		if ids = append(ids, d.ID); d.Subject == storage.SubjectMember {
			people = append(people, d.PersonID)
			continue
		}
		r.duties[d.ID] = &d
	}
	open, err := p.Store.OpenDutiesOf(ctx, unique(people))
	if err != nil {
		return nil, err
	}
	for i := range open {
		d := &open[i]
		r.duties[d.ID] = d
		r.open[d.PersonID] = append(r.open[d.PersonID], d.ID)
		ids = append(ids, d.ID)
	}
	ids = unique(ids)
	if r.facts.given, err = p.Store.Given(ctx, stepIDs); err != nil {
		return nil, err
	}
	for k, given := range r.facts.given {
		r.counted[k[0]] = r.counted[k[0]] || given
	}
	if r.facts.told, err = p.Store.ToldUnreached(ctx, ids); err != nil {
		return nil, err
	}
	if r.facts.tallies, err = p.Store.Tallies(ctx, ids); err != nil {
		return nil, err
	}
	if r.climbed, err = p.Store.Climbed(ctx, ids); err != nil {
		return nil, err
	}
	units, err := r.loadUnits(ctx, start)
	if err != nil {
		return nil, err
	}
	r.rs, err = lookUp(ctx, p.Store, append(about, units...))
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
	r.orgsAt(now)
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
		m, onRoster := r.rs.about(*d)
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
	r.sort()
}

func (r *rehearsal) sort() {
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
	before := m
	m.Transfer = c.Transfer
	m.Events = append(slices.Clone(m.Events), c.Events...)
	r.rs.members[person] = m
	r.moved(before, m)
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
			ID: r.made, Season: c.Season, Rule: d.Rule, Subject: storage.SubjectMember, PersonID: person, OrgID: c.Transfer.CollegeID, Party: d.Of,
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
	if due = current(due, now); len(due) == 0 {
		return nil
	}
	r.facts.planned = make(map[int64][]storage.DutyStep, len(due))
	for _, d := range due {
		if r.facts.planned[d.Duty.ID] == nil {
			r.facts.planned[d.Duty.ID] = r.plannedOf(d.Duty.ID)
		}
	}
	list := letters(r.Season, r.rs, r.facts, due, now)
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
			r.gave(line)
		}
		r.climb(l.follow)
		for _, id := range l.steps {
			done[id] = true
		}
	}
	for _, l := range waiting {
		for _, id := range l.steps {
			delete(done, id)
		}
		free := now.Truncate(time.Hour).Add(time.Hour) // a slot is free again
		if r.Season.Quiet(now) && !l.urgent {
			free = r.Season.NotQuiet(now)
		}
		if r.waits.IsZero() || free.Before(r.waits) {
			r.waits = free
		}
	}
	r.steps = slices.DeleteFunc(r.steps, func(st *storage.DutyStep) bool {
		if done[st.ID] {
			st.State = storage.StepDone
		}
		return st.State != storage.StepPlanned
	})
	r.sort()
	return nil
}

// plannedOf is what is planned of a duty now.
func (r *rehearsal) plannedOf(duty int64) []storage.DutyStep {
	var steps []storage.DutyStep
	for _, st := range r.ofDuty[duty] {
		if st.State == storage.StepPlanned {
			steps = append(steps, *st)
		}
	}
	return steps
}

// gave notes that a reminder was given, as the notification log would.
func (r *rehearsal) gave(line storage.Reminder) {
	r.facts.given[[2]int64{line.StepID, line.PersonID}] = true
	if line.PersonID == 0 || line.Step == storage.StepLapsed || season.KindOf(line.Step) == season.StepUnreached || r.counted[line.StepID] {
		return
	}
	r.counted[line.StepID] = true
	t := r.facts.tallies[line.DutyID]
	t.Reminded++
	r.facts.tallies[line.DutyID] = t
}

// climb plans what follows because nobody answers, as storage.CommitDigests does.
func (r *rehearsal) climb(follow []storage.DutyStep) {
	for _, st := range follow {
		if k := (storage.Rung{Duty: st.DutyID, Step: st.Step}); !r.climbed[k] {
			r.climbed[k] = true
			r.plan(st.DutyID, st)
		}
	}
}
