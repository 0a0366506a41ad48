package scheduler

import (
	"fmt"
	"time"

	"xianjie/storage"
)

// address gives every letter its slot: one message per person in the morning, and at most one per hour for what could
// not wait for the morning. A letter whose slots are taken, or whose account is away, waits, and in quiet time every one
// does that asks for nothing urgent.
func (p *Planner) address(list []*letter, taken map[string]bool, now time.Time) (ready, waiting []*letter) {
	morning, hour := p.slots(now)
	online := map[string]bool{}
	quiet := p.Season.Quiet(now)
	for _, l := range list {
		account := l.contact.Account
		if _, asked := online[account]; !asked && !l.toNobody() {
			online[account] = p.Online == nil || p.Online(account)
		}
		switch {
		case quiet && !l.urgent:
			waiting = append(waiting, l)
			continue
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
		d := storage.Digest{Reminders: l.reminders, Follow: l.follow}
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

const (
	// reportKeeps is how long the report of a lapse is worth sending.
	reportKeeps = 30 * oneDay
	// chaseKeeps is how long it is worth saying that something is overdue; then it is said anew, or never.
	chaseKeeps = 7 * oneDay
)

// expires is when nothing of a digest is worth saying any more: a chat may never come back.
func expires(items []Item, now time.Time) *time.Time {
	var last time.Time
	for _, it := range items {
		over := it.Duty.LapsesAt
		switch {
		case it.Lapsed:
			over = now.Add(reportKeeps)
		case it.Overdue:
			over = now.Add(chaseKeeps)
		}
		if over.After(last) {
			last = over
		}
	}
	return &last
}
