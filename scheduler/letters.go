package scheduler

import (
	"cmp"
	"context"
	"fmt"
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
	slot      string
}

func (l *letter) toNobody() bool { return l.reader.Person.ID == 0 }

// compose decides who is told what.
func (p *Planner) compose(ctx context.Context, due []storage.DueStep, now time.Time) ([]*letter, error) {
	ids, steps := make([]int64, len(due)), make([]int64, len(due))
	for i, d := range due {
		ids[i], steps[i] = d.Duty.PersonID, d.Step.ID
	}
	slices.Sort(ids)
	rs, err := lookUp(ctx, p.Store, slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	given, err := p.Store.Given(ctx, steps)
	if err != nil {
		return nil, err
	}
	return letters(p.Season, rs, given, due, now), nil
}

// letters sorts reminders by reader. A reader who was given one already is not given it again.
func letters(sn *season.Season, rs *readers, given map[[2]int64]bool, due []storage.DueStep, now time.Time) []*letter {
	byReader := map[int64]*letter{}
	to := func(id int64) *letter {
		if byReader[id] == nil {
			byReader[id] = &letter{}
		}
		return byReader[id]
	}
	for _, d := range due {
		line := storage.Reminder{DutyID: d.Duty.ID, StepID: d.Step.ID, Step: d.Step.Step, Party: d.Step.Party, At: now}
		m, onRoster := rs.members[d.Duty.PersonID]
		_, known := sn.DutyRule(d.Duty.Rule)
		var people []storage.Person
		var found string
		switch {
		case !onRoster:
			line.Reason = "the member is not on the roster any more"
		case !known:
			line.Reason = "the season has no such duty any more"
		default:
			if people, found = rs.reach(d.Step.Party, m); found != d.Step.Party {
				line.Reason = "nobody of " + d.Step.Party + " can be reached"
			}
		}
		if len(people) == 0 {
			l := to(0)
			l.steps, l.reminders = append(l.steps, d.Step.ID), append(l.reminders, line)
			continue
		}
		told := 0
		for _, person := range people {
			if given[[2]int64{d.Step.ID, person.ID}] {
				told++ // the others were told, this one's slot was taken
				continue
			}
			l := to(person.ID)
			l.reader = Reader{Person: person, Parties: rs.parties[person.ID]}
			l.contact = rs.contacts[person.ID]
			l.items = append(l.items, Item{
				Duty: d.Duty, Member: m, Lapsed: d.Step.Step == storage.StepLapsed,
				Own:     found == storage.SubjectMember,
				Instead: d.Step.Party == storage.SubjectMember && found != storage.SubjectMember,
			})
			line.PersonID = person.ID
			l.steps, l.reminders = append(l.steps, d.Step.ID), append(l.reminders, line)
		}
		if told == len(people) {
			to(0).steps = append(to(0).steps, d.Step.ID)
		}
	}
	list := make([]*letter, 0, len(byReader))
	for _, l := range byReader {
		list = append(list, l)
	}
	slices.SortFunc(list, func(a, b *letter) int { return cmp.Compare(a.reader.Person.ID, b.reader.Person.ID) })
	return list
}

// address gives every letter its slot: one message per person in the morning, and at most one per hour for what could
// not wait for the morning. A letter whose slots are taken, or whose account is away, waits.
func (p *Planner) address(list []*letter, taken map[string]bool, now time.Time) (ready, waiting []*letter) {
	morning, hour := p.slots(now)
	online := map[string]bool{}
	for _, l := range list {
		account := l.contact.Account
		if _, asked := online[account]; !asked && !l.toNobody() {
			online[account] = p.Online == nil || p.Online(account)
		}
		switch {
		case l.toNobody():
		case !online[account]:
			waiting = append(waiting, l)
			continue
		case !taken[slotKey(l, morning)]:
			l.slot = morning
		case !taken[slotKey(l, hour)]:
			l.slot = hour
		default:
			waiting = append(waiting, l)
			continue
		}
		ready = append(ready, l)
	}
	return ready, waiting
}

// keys are the slots letters may use now.
func (p *Planner) keys(list []*letter, now time.Time) []string {
	morning, hour := p.slots(now)
	var keys []string
	for _, l := range list {
		if !l.toNobody() {
			keys = append(keys, slotKey(l, morning), slotKey(l, hour))
		}
	}
	return keys
}

func slotKey(l *letter, slot string) string {
	return fmt.Sprintf("digest/%d/%s", l.reader.Person.ID, slot)
}

// slots are the morning slot a moment belongs to and the hour it stands in, in the season's zone.
func (p *Planner) slots(now time.Time) (morning, hour string) {
	day := p.Season.DateOf(now)
	if now.Before(p.Season.Morning(day)) {
		day = day.AddDays(-1)
	}
	return day.String() + "/morning", now.In(p.Season.Zone).Format("2006-01-02/15")
}

// digests are letters as they are committed, in their order. A reminder is done with the last digest that covers it,
// and stays planned while a letter that waits covers it: whoever has been given it is known from the log.
func (p *Planner) digests(ready, waiting []*letter, now time.Time) []storage.Digest {
	last := map[int64]int{}
	for i, l := range ready {
		for _, id := range l.steps {
			last[id] = i
		}
	}
	for _, l := range waiting {
		for _, id := range l.steps {
			last[id] = -1
		}
	}
	list := make([]storage.Digest, len(ready))
	for i, l := range ready {
		d := storage.Digest{Reminders: l.reminders}
		for _, id := range l.steps {
			if last[id] == i {
				d.Steps = append(d.Steps, id)
			}
		}
		if !l.toNobody() {
			for j := range d.Reminders {
				d.Reminders[j].Slot = l.slot
			}
			d.Out = &storage.Out{
				Account: l.contact.Account, ContactID: l.contact.ID, PersonID: &l.reader.Person.ID, Kind: storage.OutDigest,
				Once: slotKey(l, l.slot), Text: Digest(p.Season, now, l.reader, l.items), NotBefore: now, ExpiresAt: expires(l.items, now),
			}
		}
		list[i] = d
	}
	return list
}

// reportKeeps is how long the report of a lapse is worth sending.
const reportKeeps = 30 * oneDay

// expires is when nothing of a digest is worth saying any more: a chat may never come back.
func expires(items []Item, now time.Time) *time.Time {
	var last time.Time
	for _, it := range items {
		over := it.Duty.LapsesAt
		if it.Lapsed {
			over = now.Add(reportKeeps)
		}
		if over.After(last) {
			last = over
		}
	}
	return &last
}
