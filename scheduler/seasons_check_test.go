package scheduler_test

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// The checker of simulated seasons judges the deadline contract by the database and WeChat's ledger. It uses nothing of
// the product: what it knows of the season it reads from the season file, what a message says it reads from its text.

// The invariants, as the contract numbers them; the others are what its words entail.
const (
	invSilent   = "1 no silent lapse"
	invLate     = "2 never late"
	invNothing  = "3 never for nothing"
	invTwice    = "4 never twice"
	invOutage   = "5 outage"
	invInhibit  = "7 inhibition"
	invText     = "text: counts and names are right"
	invLength   = "text: within 600 characters"
	invQuiet    = "quiet hours"
	invReported = "lapses are recorded and reported"
	invLedger   = "the records say what was sent"
)

type violation struct {
	invariant, text string
}

// grace is how long a reminder may take once everything works; what leaves before it adds its own time.
const grace = 5 * time.Minute

type checker struct {
	*evidence
	book  *ruleBook // the season file as it was at first; texts and calendar are those of all
	books []*ruleBook
	found []violation

	handed    map[int64][]int             // outbox → lines of the ledger that arrived
	byDuty    map[int64][]reminderRow     // reminders
	answers   map[int64][]ackRow          // by duty
	officers  map[string]map[int64][]seat // party → organisation → who, when
	committee []seat
	times     []time.Time     // of the ledger, ascending as far as the clock was
	took      []time.Duration // what all messages before each of these took, by the pace of the account
}

type seat struct {
	person       int64
	since, until time.Time
}

// judge returns what violates the contract.
func judge(e *evidence) ([]violation, error) {
	c := &checker{evidence: e, handed: map[int64][]int{}, byDuty: map[int64][]reminderRow{}, officers: map[string]map[int64][]seat{}}
	for _, f := range e.files {
		b, err := readRules(f.data)
		if err != nil {
			return nil, err
		}
		c.books = append(c.books, b)
	}
	c.book = c.books[0]
	for i, h := range e.ledger {
		if h.arrived() {
			c.handed[h.Seen.Outbox] = append(c.handed[h.Seen.Outbox], i)
		}
		if h.arrived() || h.Answer == answerNotSent {
			c.times = append(c.times, h.At)
		}
	}
	slices.SortFunc(c.times, time.Time.Compare)
	c.paces()
	c.answers = map[int64][]ackRow{}
	for _, a := range e.acks {
		c.answers[a.duty] = append(c.answers[a.duty], a)
	}
	for _, r := range e.reminders {
		c.byDuty[r.duty] = append(c.byDuty[r.duty], r)
	}
	for _, s := range e.seats {
		if c.officers[s.party] == nil {
			c.officers[s.party] = map[int64][]seat{}
		}
		c.officers[s.party][s.org] = append(c.officers[s.party][s.org], seat{s.person, s.since, s.until})
		if s.party == "committee" {
			c.committee = append(c.committee, seat{s.person, s.since, s.until})
		}
	}
	c.messages()
	c.slots()
	for _, d := range e.duties {
		c.duty(d)
	}
	slices.SortStableFunc(c.found, func(a, b violation) int { return strings.Compare(a.invariant+a.text, b.invariant+b.text) })
	return c.found, nil
}

func (c *checker) fail(invariant, text string, args ...any) {
	c.found = append(c.found, violation{invariant, fmt.Sprintf(text, args...)})
}

func (c *checker) show(t time.Time) string { return t.In(c.book.zone).Format("2006-01-02 15:04:05") }

// messages judges every message by itself.
func (c *checker) messages() {
	for i, h := range c.ledger {
		if n := utf8.RuneCountInString(h.Text); n > 600 {
			c.fail(invLength, "ledger %d: %d characters at %s", i, n, c.show(h.At))
		}
		if !h.arrived() {
			continue
		}
		o, ok := c.outbox[h.Seen.Outbox]
		if !ok {
			c.fail(invLedger, "ledger %d: nothing in flight at %s has this text: %.40q", i, c.show(h.At), h.Text)
			continue
		}
		if o.state != "sent" && o.state != "unknown" {
			c.fail(invLedger, "outbox %d was handed over at %s and counts as %s (%s)", o.id, c.show(h.At), o.state, o.reason)
		}
		if n := len(c.handed[o.id]); n > 1 && c.handed[o.id][0] != i {
			c.fail(invTwice, "outbox %d was handed over %d times, last at %s", o.id, n, c.show(h.At))
		}
		if h.Kind != "digest" {
			if (h.Kind == "nudge" || h.Kind == "notice") && c.book.quiet(h.At) {
				c.fail(invQuiet, "%s %d left at %s", h.Kind, o.id, c.show(h.At))
			}
			continue
		}
		c.digest(i, h, o)
	}
	for id, o := range c.outbox {
		if o.state == "sent" && len(c.handed[id]) == 0 {
			c.fail(invLedger, "outbox %d counts as sent; WeChat never had it", id)
		}
	}
}

// digest judges one digest: whom it was for, when it left, and what it says.
func (c *checker) digest(i int, h handed, o outboxRow) {
	urgent := false
	ends := c.book.quietEnds(h.At)
	for _, it := range h.Seen.Items {
		if it.asks(h.At) {
			urgent = urgent || !it.Lapses.After(ends)
		}
	}
	if c.book.quiet(h.At) && !urgent {
		c.fail(invQuiet, "digest %d left at %s", o.id, c.show(h.At))
	}
	read := c.read(h.Text)
	if len(read.lines) == 0 && read.rest == 0 && read.unreached == 0 {
		c.fail(invText, "digest %d says nothing that a season file says: %.60q", o.id, h.Text)
	}
	c.compare(o.id, h, read)
	for _, l := range read.lines {
		if l.lapsed || l.overdue {
			continue
		}
		if day, ok := l.dueDay(c.book, h.At); ok && day < c.book.day(h.At) {
			c.fail(invLate, "digest %d asks on %s for what was due on %s: %s", o.id, c.show(h.At), day, l.text)
			c.fail(invInhibit, "digest %d asks on %s to do by %s what is overdue", o.id, c.show(h.At), day)
		}
	}
	// By the duties as they stand in the end, for what the text covers.
	if read.rest > 0 {
		return
	}
	for _, it := range h.Seen.Items {
		d := c.duties[it.Duty]
		if d == nil || !it.asks(h.At) {
			continue
		}
		if !d.closed.IsZero() && h.At.Sub(d.closed) > time.Minute {
			c.fail(invNothing, "digest %d asks at %s for duty %d (%s), closed at %s", o.id, c.show(h.At), d.id, d.rule, c.show(d.closed))
		}
	}
}

// lag is how long something took from when it could first leave: while everything worked, it was not quiet and the
// account was not busy with other messages.
func (c *checker) lag(from, to time.Time) time.Duration {
	if !from.Before(to) {
		return 0
	}
	i, _ := slices.BinarySearchFunc(c.times, from, time.Time.Compare)
	j, _ := slices.BinarySearchFunc(c.times, to, time.Time.Compare)
	return c.working(from, to, c.book.quiet) - (c.took[j] - c.took[i])
}

// paces reckons what messages take: a second each, and two while the account is careful: for a day from when it goes on
// after WeChat answered “too often”.
func (c *checker) paces() {
	var careful []span
	for i, h := range c.ledger {
		if h.Answer != answerTooOften {
			continue
		}
		goesOn := h.At
		if k := slices.IndexFunc(c.ledger[i:], handed.arrived); k >= 0 {
			goesOn = c.ledger[i+k].At
		}
		careful = append(careful, span{h.At, goesOn.Add(24 * time.Hour)})
	}
	c.took = make([]time.Duration, len(c.times)+1)
	for i, at := range c.times {
		each := time.Second
		if slices.ContainsFunc(careful, func(s span) bool { return !at.Before(s.from) && at.Before(s.to) }) {
			each *= 2
		}
		c.took[i+1] = c.took[i] + each
	}
}

// duty judges one duty over its whole life.
func (c *checker) duty(d *dutyRow) {
	person, onRoster := c.people[d.about]
	if !onRoster {
		return
	}
	eras := c.dates[d.id]
	if len(eras) == 0 {
		c.fail(invReported, "duty %d was never seen while the season was played", d.id)
		return
	}
	over := c.end
	if !d.closed.IsZero() {
		over = earlier(over, d.closed)
	}
	if !person.left.IsZero() {
		over = earlier(over, person.left)
	}
	owes := 0
	for i, era := range eras {
		book := c.bookAt(era.From)
		rule := book.byKey[d.rule]
		if rule == nil {
			return
		}
		from, until := era.From, earlier(over, era.Lapses)
		if i == 0 {
			from = later(from, d.opened)
			if from.Sub(d.opened) < time.Minute {
				from = d.opened
			}
		}
		if i+1 < len(eras) {
			until = earlier(until, eras[i+1].From)
		}
		for _, o := range book.owes(rule, era.Due, era.Lapses, d.opened, from) {
			owes++
			if o.at.Before(until) {
				c.owed(d, person, o, until)
			}
		}
		if i == len(eras)-1 {
			c.lapse(d, person, book, rule, era)
		}
		if len(eras) == 1 && !slices.Contains(c.moved, person.no) {
			c.escalations(d, book, rule, era, over)
		}
	}
	if owes == 0 {
		c.last(d, eras[len(eras)-1], over)
	}
}

func (c *checker) bookAt(t time.Time) *ruleBook {
	b := c.books[0]
	for i, f := range c.files {
		if !f.from.After(t) {
			b = c.books[i]
		}
	}
	return b
}

// included are the lines of the ledger in which a reminder was really put before its reader: the message arrived and the
// reminder still held at that moment.
func (c *checker) included(r reminderRow) (handed, bool) {
	for _, i := range c.handed[r.outbox] {
		h := c.ledger[i]
		for _, it := range h.Seen.Items {
			if it.Duty == r.duty && it.Step == r.step && it.Party == r.party && it.holds(h.At) {
				return h, true
			}
		}
	}
	return handed{}, false
}

// owed judges one reminder the season file asks for, of a duty that was open then, until it was over.
func (c *checker) owed(d *dutyRow, person personRow, o owed, until time.Time) {
	what := func() string {
		return fmt.Sprintf("step %s to %s of duty %d (%s about %s, lapses %s), due at %s", o.step, o.party, d.id, d.rule, person.no, c.show(d.lapses), c.show(o.at))
	}
	var rows []reminderRow
	for _, r := range c.byDuty[d.id] {
		if r.step == o.step && r.party == o.party && !r.at.Before(o.at.Add(-time.Second)) && !r.at.After(until) {
			rows = append(rows, r)
		}
	}
	told := 0
	var why []string
	for _, r := range rows {
		h, ok := c.included(r)
		switch {
		case ok:
			told++
			if lag := c.lag(later(o.at, time.Time{}), h.At); lag > grace {
				c.fail(invOutage, "%s: outbox %d left at %s, %v after it could", what(), r.outbox, c.show(h.At), lag.Round(time.Second))
			}
		case r.person == 0:
			if c.committeeReachable(until.Add(-24 * time.Hour)) {
				c.fail(invSilent, "%s: recorded as undeliverable (%s), and the committee was not told", what(), r.reason)
			}
			told++
		default:
			b := c.outbox[r.outbox]
			why = append(why, fmt.Sprintf("outbox %d to person %d is %s (%s)", r.outbox, r.person, b.state, b.reason))
		}
	}
	late := c.lag(o.at, until)
	if late <= grace {
		return // there was hardly a moment in which it could have left
	}
	if told == 0 {
		c.fail(invSilent, "%s: never handed over, although there were %v; %s", what(), late.Round(time.Second), strings.Join(why, ", "))
		return
	}
	if len(rows) > 0 {
		c.everybody(d, person, o, rows, what)
	}
}

// everybody sees that all who act for a party were told, not one of them.
func (c *checker) everybody(d *dutyRow, person personRow, o owed, rows []reminderRow, what func() string) {
	if o.party == "member" {
		return
	}
	at := rows[0].at
	org := map[string]int64{"branch": person.branch, "college": person.college}[o.party]
	seats := c.officers[o.party][org]
	if o.party == "committee" {
		seats = c.committee
	}
	for _, s := range seats {
		no := c.people[s.person].no
		if s.since.After(at) || !s.until.IsZero() && s.until.Before(at.Add(24*time.Hour)) || !c.steady(no, at) || !c.people[s.person].left.IsZero() {
			continue
		}
		if !slices.ContainsFunc(rows, func(r reminderRow) bool { return c.instead(d, o.party, s.person, r.person, at) }) && c.movedAfter(person) {
			c.fail(invSilent, "%s: person %d was not told", what(), s.person)
		}
	}
}

// instead reports whether somebody was told who had to be, or had taken a duty of a party over from them.
func (c *checker) instead(d *dutyRow, party string, person, told int64, at time.Time) bool {
	return person == told || slices.ContainsFunc(c.answers[d.id], func(a ackRow) bool {
		return a.person == person && a.to == told && a.party == party && a.what == "handed" && !a.at.After(at)
	})
}

// movedAfter is a place for members who changed branch: whose officers they had then is not in the database any more.
func (c *checker) movedAfter(p personRow) bool { return !slices.Contains(c.moved, p.no) }

// steady reports that somebody could be reached a while before and after an instant.
func (c *checker) steady(no string, at time.Time) bool {
	return c.reaches(no, at.Add(-2*time.Hour)) && c.reaches(no, at) && c.reaches(no, at.Add(2*time.Hour))
}

func (c *checker) committeeReachable(at time.Time) bool {
	return slices.ContainsFunc(c.committee, func(s seat) bool { return c.reaches(c.people[s.person].no, at) })
}

// last judges a duty of which every step of the season file had passed when it opened: it is reminded of at least once.
func (c *checker) last(d *dutyRow, era dated, over time.Time) {
	until := earlier(over, era.Lapses)
	from := later(d.opened, era.From)
	if m := c.book.morning(c.book.add(c.book.day(from), 1)); m.Before(era.Lapses) {
		from = m
	}
	if !from.Before(until) || c.lag(from, until) <= grace || !from.Before(c.book.closing) {
		return
	}
	for _, r := range c.byDuty[d.id] {
		if r.step == "lapsed" {
			continue
		}
		if _, ok := c.included(r); ok || r.person == 0 && !c.committeeReachable(until.Add(-24*time.Hour)) {
			return
		}
	}
	c.fail(invSilent, "duty %d (%s), opened %s, lapses %s: none of its reminders was handed over", d.id, d.rule, c.show(d.opened), c.show(era.Lapses))
}

// doneByDefault reports that the system of record itself moved the member's transfer before a duty lapsed.
func (c *checker) doneByDefault(d *dutyRow) bool {
	return slices.ContainsFunc(c.defaultedAt[d.about], func(at time.Time) bool { return !at.After(d.lapses) })
}

// lapse judges what became of a duty whose date passed while it was open.
func (c *checker) lapse(d *dutyRow, person personRow, book *ruleBook, rule *duty, era dated) {
	if !era.Lapses.Equal(d.lapses) {
		c.fail(invLedger, "duty %d lapses at %s; when it was last looked at it was %s", d.id, c.show(d.lapses), c.show(era.Lapses))
		return
	}
	passed := d.closed.IsZero() || d.closed.After(d.lapses) || d.outcome == "approved_by_default" && rule.Lapse == d.outcome
	if !passed || !person.left.IsZero() || !era.From.Before(d.lapses) {
		return
	}
	if d.outcome == "approved_by_default" && rule.Lapse != d.outcome && c.doneByDefault(d) {
		return // the system of record had done it in time; the product was down and learned of it later
	}
	until := c.end
	if !d.closed.IsZero() && (d.outcome != "approved_by_default" || rule.Lapse != d.outcome) {
		until = d.closed // by then it was done after all, though it may be by default
	}
	anyTime := func(time.Time) bool { return false }
	if d.lapsed.IsZero() {
		if c.working(d.lapses, until, anyTime) > time.Minute+time.Second {
			c.fail(invReported, "duty %d (%s) passed %s unnoticed", d.id, d.rule, c.show(d.lapses))
		}
		return
	}
	if rule.LapseEvent != "" && d.outcome == "approved_by_default" && c.defaults[d.about] == 0 {
		c.fail(invReported, "duty %d was approved by default; no such event is recorded", d.id)
	}
	if c.defaults[d.about] < 0 {
		c.fail(invReported, "an approval by default of %s is somebody's", person.no)
	}
	at := book.reportAt(d.lapses)
	if c.lag(at, until) <= grace {
		return
	}
	for _, party := range rule.parties() {
		told := false
		for _, r := range c.byDuty[d.id] {
			if r.step != "lapsed" || r.party != party {
				continue
			}
			h, ok := c.included(r)
			if ok {
				if lag := c.lag(at, h.At); lag > grace {
					c.fail(invReported, "the lapse of duty %d (%s) at %s was reported to %s at %s, %v after it could", d.id, d.rule, c.show(d.lapses), party, c.show(h.At), lag.Round(time.Second))
				}
			}
			told = told || ok || r.person == 0
		}
		if !told {
			c.fail(invReported, "the lapse of duty %d (%s) at %s was not reported to %s", d.id, d.rule, c.show(d.lapses), party)
		}
	}
}
