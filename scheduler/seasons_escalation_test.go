package scheduler_test

import (
	"slices"
	"strings"
	"time"
)

// The sixth invariant: what nobody answers goes to the next party, and who answered 知道了 and did nothing is asked again
// before the next reminder. Like the rest of the checker this uses nothing of the product.

const invEscalate = "6 escalation"

// followUp is the morning some working days after an instant.
func (b *ruleBook) followUp(from time.Time, days int) time.Time {
	day := b.day(from)
	for days > 0 {
		if day = b.add(day, 1); !b.holiday(day) {
			days--
		}
	}
	return b.morning(day)
}

func (b *ruleBook) workday(day string) string {
	for b.holiday(day) {
		day = b.add(day, -1)
	}
	return day
}

// escalations judges what follows the reminders of a duty whose date never moved.
func (c *checker) escalations(d *dutyRow, book *ruleBook, rule *duty, era dated, over time.Time) {
	rungs := rule.Escalate
	if rungs == nil {
		rungs = book.Follow.Escalate
	}
	over = earlier(over, era.Lapses)
	answers := c.answers[d.id]
	for _, rung := range rungs {
		var first time.Time
		for _, r := range c.byDuty[d.id] {
			if strings.Contains(r.step, ":") || r.step == "lapsed" || r.party != rung.From || !c.holds(r.person, rung.From, r.at) {
				continue
			}
			if _, ok := c.included(r); ok && (first.IsZero() || r.at.Before(first)) {
				first = r.at
			}
		}
		if first.IsZero() {
			continue
		}
		at := book.followUp(first, rung.After)
		if !at.Before(book.closing) || slices.ContainsFunc(answers, func(a ackRow) bool { return !a.at.After(over) }) || c.lag(at, over) <= grace {
			continue
		}
		key := "unanswered:" + rung.From + ">" + rung.To
		// It is enough that the season file has the next party reminded on the same morning, or that it heard of it before:
		// of a party that was told in another's place the days are counted from then.
		if !c.toldBy(d, at, 0, func(r reminderRow) bool { return r.party == rung.To && r.step != "lapsed" }) &&
			!c.toldBy(d, d.opened, 0, func(r reminderRow) bool { return r.step == key }) {
			c.fail(invEscalate, "nobody answered the reminder of %s to %s of duty %d (%s), and %s did not hear of it after %s",
				c.show(first), rung.From, d.id, d.rule, rung.To, c.show(at))
		}
	}
	wakes := book.Follow.SeenWakes
	if rule.SeenWakes != nil {
		wakes = rule.SeenWakes
	}
	if wakes == nil || *wakes == 0 {
		return
	}
	for i, a := range answers {
		if a.what != "seen" || slices.ContainsFunc(answers[i+1:], func(b ackRow) bool { return b.person == a.person }) {
			continue
		}
		asked := slices.ContainsFunc(c.byDuty[d.id], func(r reminderRow) bool {
			return r.outbox == a.outbox && r.person == a.person && r.step != "lapsed" && !strings.HasPrefix(r.step, "unreached:")
		})
		if !asked {
			continue // it was only told
		}
		next := era.Lapses
		for _, o := range book.owes(rule, era.Due, era.Lapses, d.opened, a.at) {
			next = earlier(next, o.at)
		}
		at := book.morning(book.workday(book.add(book.day(next), -*wakes)))
		if !at.After(a.at) || book.day(at) == book.day(a.at) || !at.Before(next) || !at.Before(book.closing) || c.lag(at, earlier(over, next)) <= grace {
			continue
		}
		if !c.steady(c.people[a.person].no, at) || !c.people[a.person].left.IsZero() {
			continue
		}
		who := a.person
		if who != d.about && !c.inOffice(who, at) {
			who = 0 // whoever has the office now
		}
		if !c.toldBy(d, at, who, func(r reminderRow) bool { return strings.HasPrefix(r.step, "seen:") }) {
			c.fail(invEscalate, "person %d answered 知道了 at %s for duty %d (%s) and was not asked again on %s", a.person, c.show(a.at), d.id, d.rule, c.show(at))
		}
	}
}

// toldBy reports whether a reminder that fits was put before somebody, or one person, in time from an instant on.
func (c *checker) toldBy(d *dutyRow, at time.Time, person int64, fits func(reminderRow) bool) bool {
	return slices.ContainsFunc(c.byDuty[d.id], func(r reminderRow) bool {
		if !fits(r) || r.at.Before(at.Add(-time.Second)) || person != 0 && r.person != person {
			return false
		}
		h, ok := c.included(r)
		return r.person == 0 || ok && c.lag(later(at, r.at), h.At) <= grace
	})
}

// holds reports whether a person acts for a party at an instant.
func (c *checker) holds(person int64, party string, at time.Time) bool {
	for _, seats := range c.officers[party] {
		for _, s := range seats {
			if s.person == person && !s.since.After(at) && (s.until.IsZero() || s.until.After(at)) {
				return true
			}
		}
	}
	return false
}

func (c *checker) inOffice(person int64, at time.Time) bool {
	return slices.ContainsFunc(c.evidence.seats, func(s seatRow) bool {
		return s.person == person && !s.since.After(at) && (s.until.IsZero() || s.until.After(at))
	})
}
