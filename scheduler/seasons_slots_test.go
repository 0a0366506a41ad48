package scheduler_test

import (
	"slices"
	"time"
)

// One message per person and slot: the fourth invariant and what the fifth says of it. This uses nothing of the product.

// slots judges what one person got: everything due is one message.
func (c *checker) slots() {
	last := map[int64]int{}
	type once struct {
		duty, person int64
		step         string
		at           time.Time // a date that moves has its steps anew
	}
	given := map[once]int64{}
	for i, h := range c.ledger {
		if h.Kind != "digest" || !h.arrived() || h.Seen.Outbox == 0 {
			continue
		}
		for _, it := range h.Seen.Items {
			if !it.holds(h.At) {
				continue
			}
			k := once{it.Duty, h.Seen.Person, it.Step + "/" + it.Party, it.StepAt}
			if other := given[k]; other != 0 && other != h.Seen.Outbox {
				c.fail(invTwice, "step %s of duty %d (%s) was put before person %d in outbox %d and in %d", it.Step, it.Duty, it.Rule, h.Seen.Person, other, h.Seen.Outbox)
			}
			given[k] = h.Seen.Outbox
		}
		before, ok := last[h.Seen.Person]
		last[h.Seen.Person] = i
		if !ok {
			continue
		}
		b := c.ledger[before]
		was := c.outbox[b.Seen.Outbox]
		if c.book.slot(was.created) == c.book.slot(c.outbox[h.Seen.Outbox].created) {
			for _, it := range h.Seen.Items {
				if it.holds(h.At) && it.dueBy(was.created) && c.knownBefore(it, was.created) && !c.passedOn(it, h.Seen.Person) && !c.isExcused(was.created) {
					c.fail(invTwice, "person %d got two digests in one slot: outbox %d (%s) and %d (%s), and step %s of duty %d was due before the first",
						h.Seen.Person, was.id, c.show(b.At), h.Seen.Outbox, c.show(h.At), it.Step, it.Duty)
					break
				}
			}
		}
		old := slices.ContainsFunc(h.Seen.Items, func(it sightedItem) bool {
			return it.holds(h.At) && it.dueBy(b.At) && c.knownBefore(it, b.At) && !c.passedOn(it, h.Seen.Person)
		})
		if old && h.At.Sub(b.At) < 30*time.Minute && c.recoveredBetween(was.created, b.At) {
			c.fail(invOutage, "person %d got two digests after an outage: outbox %d (%s) and %d (%s)", h.Seen.Person, was.id, c.show(b.At), h.Seen.Outbox, c.show(h.At))
		}
	}
}

// dueBy reports whether a reminder was due by an instant. What an answer asks for is due at once, and may have been asked
// for in the very moment in which the planner had just looked.
func (i sightedItem) dueBy(at time.Time) bool {
	return i.StepAt.Before(at) || i.StepAt.Equal(at) && i.kind() == ""
}

// knownBefore reports whether a duty was there, and due when it is, before an instant.
func (c *checker) knownBefore(it sightedItem, at time.Time) bool {
	return slices.ContainsFunc(c.dates[it.Duty], func(d dated) bool { return d.Due == it.Due && d.From.Before(at) })
}

// passedOn reports that a reminder had been meant for somebody else, and did not reach them.
func (c *checker) passedOn(it sightedItem, person int64) bool {
	return slices.ContainsFunc(c.byDuty[it.Duty], func(r reminderRow) bool {
		if r.step != it.Step || r.party != it.Party || r.person == person {
			return false
		}
		_, told := c.included(r)
		return !told
	})
}

// recoveredBetween reports whether everything began to work again between two instants.
func (c *checker) recoveredBetween(from, to time.Time) bool {
	return slices.ContainsFunc(c.spans, func(s span) bool { return s.from.After(from) && !s.from.After(to) })
}
