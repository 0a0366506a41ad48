package scheduler

import (
	"cmp"
	"context"
	"slices"
	"time"

	"xianjie/season"
	"xianjie/storage"
)

// letter is everything one reader is to be told now. The letter to nobody, with a zero reader, holds what nobody can be
// told, and reminders everybody was told of before.
type letter struct {
	reader    Reader
	contact   storage.Contact
	items     []Item
	steps     []int64
	reminders []storage.Reminder
	follow    []storage.DutyStep // what follows if nobody answers
	urgent    bool               // something of it lapses before the quiet time is over
	slot      string
}

func (l *letter) toNobody() bool { return l.reader.Person.ID == 0 }

// facts are what is known of reminders that are due, besides who can be told.
type facts struct {
	given   map[[2]int64]bool            // step and person; false: it failed for good
	told    map[storage.Told]bool        // of whom it was said before that they cannot be reached
	planned map[int64][]storage.DutyStep // what else is planned of a duty
	tallies map[int64]storage.Tally      // of duties whose lapse is reported
}

// compose decides who is told what.
func (p *Planner) compose(ctx context.Context, due []storage.DueStep, now time.Time) ([]*letter, error) {
	duties := make([]storage.Duty, len(due))
	steps, ids, lapsed := make([]int64, len(due)), make([]int64, len(due)), []int64{}
	for i, d := range due {
		duties[i], steps[i], ids[i] = d.Duty, d.Step.ID, d.Duty.ID
		if d.Step.Step == storage.StepLapsed {
			lapsed = append(lapsed, d.Duty.ID)
		}
	}
	ids = unique(ids)
	rs, err := lookUp(ctx, p.Store, duties)
	if err != nil {
		return nil, err
	}
	var f facts
	if f.given, err = p.Store.Given(ctx, steps); err != nil {
		return nil, err
	}
	if f.told, err = p.Store.ToldUnreached(ctx, ids); err != nil {
		return nil, err
	}
	if f.planned, err = p.Store.PlannedOf(ctx, ids); err != nil {
		return nil, err
	}
	if f.tallies, err = p.Store.Tallies(ctx, unique(lapsed)); err != nil {
		return nil, err
	}
	return letters(p.Season, rs, f, due, now), nil
}

// letters sorts reminders by reader. A reader who was given one already is not given it again.
func letters(sn *season.Season, rs *readers, f facts, due []storage.DueStep, now time.Time) []*letter {
	w := writing{season: sn, rs: rs, facts: f, now: now, byReader: map[int64]*letter{}}
	for _, d := range due {
		w.step(d)
	}
	list := make([]*letter, 0, len(w.byReader))
	for _, l := range w.byReader {
		list = append(list, l)
	}
	slices.SortFunc(list, func(a, b *letter) int { return cmp.Compare(a.reader.Person.ID, b.reader.Person.ID) })
	return list
}

// writing is the letters of one look at what is due.
type writing struct {
	facts
	season   *season.Season
	rs       *readers
	now      time.Time
	byReader map[int64]*letter
}

// to is the letter to a reader; 0 is nobody.
func (w *writing) to(person storage.Person) *letter {
	l := w.byReader[person.ID]
	if l == nil {
		l = &letter{}
		if person.ID != 0 {
			l.reader = Reader{Person: person, Parties: w.rs.parties[person.ID]}
			l.contact = w.rs.contacts[person.ID]
		}
		w.byReader[person.ID] = l
	}
	return l
}

// step puts one reminder into the letters of everybody it is for.
func (w *writing) step(d storage.DueStep) {
	line := storage.Reminder{DutyID: d.Duty.ID, StepID: d.Step.ID, Step: d.Step.Step, Party: d.Step.Party, At: w.now}
	m, onRoster := w.rs.about(d.Duty)
	rule, known := w.season.DutyRule(d.Duty.Rule)
	var people []storage.Person
	var found string
	switch {
	case !onRoster:
		line.Reason = "the member is not on the roster any more"
	case !known:
		line.Reason = "the season has no such duty any more"
	default:
		if people, found = w.readersOf(d, m); found != d.Step.Party {
			line.Reason = "nobody of " + d.Step.Party + " can be reached"
		}
	}
	pressing := d.Step.Step != storage.StepLapsed && d.Duty.LapsedAt == nil && urgent(w.season, d.Duty, w.now)
	if len(people) == 0 {
		l := w.to(storage.Person{})
		l.urgent = l.urgent || pressing
		l.steps = append(l.steps, d.Step.ID)
		if _, noted := w.given[[2]int64{d.Step.ID, 0}]; !noted {
			l.reminders = append(l.reminders, line)
		}
		return
	}
	told := 0
	for _, person := range people {
		if _, given := w.given[[2]int64{d.Step.ID, person.ID}]; given {
			told++ // the others were told, this one's slot was taken
			continue
		}
		l := w.to(person)
		l.urgent = l.urgent || pressing
		l.items = append(l.items, w.item(d, m, person, found))
		line.PersonID = person.ID
		l.steps, l.reminders = append(l.steps, d.Step.ID), append(l.reminders, line)
		if found == d.Step.Party && d.Step.Step != storage.StepLapsed {
			l.follow = append(l.follow, w.unanswered(d, rule)...)
		}
	}
	if told == len(people) {
		l := w.to(storage.Person{})
		l.steps = append(l.steps, d.Step.ID)
	}
	if found != d.Step.Party {
		w.unreached(d, m, people)
	}
}

// readersOf are the people a reminder is for: the one person it is meant for, as long as the matter is theirs and they can
// be reached, or those of its party, or of the next party up.
func (w *writing) readersOf(d storage.DueStep, m storage.Member) ([]storage.Person, string) {
	failed := func(person int64) bool {
		given, tried := w.given[[2]int64{d.Step.ID, person}]
		return tried && !given
	}
	if id := d.Step.PersonID; id != nil && w.rs.concerns(*id, d.Duty, d.Step.Party, m) && !failed(*id) {
		person, ok := w.rs.people[*id]
		if m.Person.ID == *id {
			person, ok = m.Person, true
		}
		if _, reached := w.rs.contacts[*id]; ok && reached {
			return []storage.Person{person}, d.Step.Party
		}
	}
	return w.rs.reach(d.Duty, d.Step.Party, m, failed)
}

// item is what a reader is told by a reminder.
func (w *writing) item(d storage.DueStep, m storage.Member, reader storage.Person, found string) Item {
	own := found == storage.SubjectMember && d.Duty.PersonID == reader.ID
	return Item{
		Duty: d.Duty, Member: m, Own: own,
		Lapsed:     d.Step.Step == storage.StepLapsed,
		Overdue:    d.Step.Step != storage.StepLapsed && d.Duty.LapsedAt != nil,
		Unanswered: season.KindOf(d.Step.Step) == season.StepUnanswered,
		Handed:     season.KindOf(d.Step.Step) == season.StepHanded && w.rs.tookOver(d.Duty, reader.ID),
		Instead:    d.Step.Party == storage.SubjectMember && !own,
		Tally:      w.tallies[d.Duty.ID],
	}
}

// unanswered is what follows a reminder if nobody answers it.
func (w *writing) unanswered(d storage.DueStep, rule *season.DutyRule) []storage.DutyStep {
	if len(rule.Escalate) == 0 || d.Duty.LapsedAt != nil {
		return nil
	}
	var planned []season.Planned
	for _, st := range w.planned[d.Duty.ID] {
		if st.ID != d.Step.ID {
			planned = append(planned, season.Planned{Step: st.Step, To: st.Party, At: st.At})
		}
	}
	var follow []storage.DutyStep
	for _, st := range w.season.Unanswered(rule, d.Step.Step, d.Step.Party, d.Duty.LapsesAt, w.now, planned) {
		follow = append(follow, storage.DutyStep{DutyID: d.Duty.ID, Step: st.Step, Party: st.To, At: st.At})
	}
	return follow
}

// unreached tells the committee, once, that nobody of a party can be reached and others were told in their place. Who else
// would tell that nobody hears? It is no more than a line with numbers.
func (w *writing) unreached(d storage.DueStep, m storage.Member, instead []storage.Person) {
	if d.Step.Step == storage.StepLapsed || d.Duty.LapsedAt != nil {
		return
	}
	key := season.UnreachedStep(d.Step.Party)
	for _, person := range w.rs.committee {
		told := storage.Told{Duty: d.Duty.ID, Step: key, Person: person.ID}
		_, reached := w.rs.contacts[person.ID]
		_, given := w.given[[2]int64{d.Step.ID, person.ID}]
		is := func(p storage.Person) bool { return p.ID == person.ID }
		if !reached || given || w.told[told] || slices.ContainsFunc(instead, is) {
			continue
		}
		w.told[told] = true
		l := w.to(person)
		l.items = append(l.items, Item{Duty: d.Duty, Member: m, Unreached: true})
		l.steps = append(l.steps, d.Step.ID)
		l.reminders = append(l.reminders, storage.Reminder{
			DutyID: d.Duty.ID, StepID: d.Step.ID, Step: key, Party: storage.OrgCommittee, PersonID: person.ID, At: w.now,
		})
	}
}
