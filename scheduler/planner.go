package scheduler

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"xianjie/season"
	"xianjie/storage"
)

// Planner turns what is planned and due into digests, and dates that passed into lapses. The plan itself is rows in the
// database: a Planner remembers nothing, may run late, twice or in two processes, and every reminder is still given
// once. Cron and wake-ups only call Tick.
type Planner struct {
	Store  *storage.Store
	Season *season.Season
	Now    func() time.Time
	Log    *slog.Logger
	Queued func() // called after digests were queued; may be nil
}

// Report is what a Tick did.
type Report struct {
	Lapsed      int // duties whose date passed
	Digests     int // messages queued
	Reminders   int // lines of the notification log
	Unaddressed int // reminders nobody could be told about
}

// batch is how many due rows are handled per transaction.
const batch = 400

// Tick does everything that is due now: lapses first, so that nothing lapsed is put before anybody as if it could still
// be done, then reminders. Its work is committed in parts; an error leaves the rest for the next call.
func (p *Planner) Tick(ctx context.Context) (Report, error) {
	var r Report
	if err := p.lapses(ctx, &r); err != nil {
		return r, fmt.Errorf("recording lapses: %w", err)
	}
	if err := p.remind(ctx, &r); err != nil {
		return r, fmt.Errorf("planning reminders: %w", err)
	}
	if r.Digests > 0 && p.Queued != nil {
		p.Queued()
	}
	return r, nil
}

// lapses records duties whose date has passed.
func (p *Planner) lapses(ctx context.Context, r *Report) error {
	for conflicts := 0; ; {
		now := p.Now()
		due, err := p.Store.LapsesDue(ctx, now, batch)
		if err != nil || len(due) == 0 {
			return err
		}
		lapses, err := p.lapse(ctx, due, now)
		if err != nil {
			return err
		}
		err = p.Store.CommitLapses(ctx, lapses)
		if errors.Is(err, storage.ErrConflict) && conflicts < 10 {
			conflicts++ // somebody recorded something meanwhile: look again
			continue
		}
		if err != nil {
			return err
		}
		r.Lapsed += len(lapses)
	}
}

// lapse decides what becomes of duties whose date has passed; at most one per member, the others come with the next look.
func (p *Planner) lapse(ctx context.Context, due []storage.Duty, now time.Time) ([]storage.Lapse, error) {
	ids := make([]int64, len(due))
	for i, d := range due {
		ids[i] = d.PersonID
	}
	slices.Sort(ids)
	ms, err := p.Store.Members(ctx, slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	members := make(map[int64]storage.Member, len(ms))
	for _, m := range ms {
		members[m.Person.ID] = m
	}
	taken := map[int64]bool{}
	var lapses []storage.Lapse
	for _, d := range due {
		if taken[d.PersonID] {
			continue
		}
		taken[d.PersonID] = true
		lapses = append(lapses, p.lapseOf(d, members[d.PersonID], now))
	}
	return lapses, nil
}

// lapseOf decides about one duty. A review left alone is approved by the system of record itself: that is recorded as
// such, as nobody's approval (season-2020, "review"). Everything else stays open, overdue.
func (p *Planner) lapseOf(d storage.Duty, m storage.Member, now time.Time) storage.Lapse {
	l := storage.Lapse{DutyID: d.ID, At: d.LapsesAt}
	detail := map[string]string{"rule": d.Rule, "due": d.Due}
	rule, ok := p.Season.DutyRule(d.Rule)
	if ok && rule.Lapse == season.LapseApproved && rule.LapseEvent != "" {
		change, err := m.Record(p.Season, rule.LapseEvent, d.LapsesAt, now, storage.DutyDefaulted, storage.Said{})
		if err == nil {
			l.Change = &change
			detail["event"] = rule.LapseEvent
		} else {
			p.Log.Error("lapse is recorded without its event", "duty", d.ID, "err", err)
		}
	}
	if ok {
		l.Report = p.report(rule, d.LapsesAt, now)
	}
	l.Audit = []storage.Audit{{At: now, Action: "lapse", Subject: fmt.Sprintf("duty/%d", d.ID), Detail: detail}}
	return l
}

// report plans who is told of a lapse: the officers the rule's reminders went to, and the committee; in the first
// morning slot on a working day, or as soon as may be when that has passed.
func (p *Planner) report(rule *season.DutyRule, lapsed, now time.Time) []storage.DutyStep {
	if rule.LapseLine == "" {
		return nil
	}
	day := p.Season.DateOf(lapsed)
	for p.Season.Holiday(day) {
		day = day.AddDays(1)
	}
	at := p.Season.Morning(day)
	if at.Before(now) {
		at = p.Season.NotQuiet(now)
	}
	parties := []string{storage.OrgCommittee}
	for _, st := range rule.Steps {
		for _, to := range st.To {
			if to != storage.SubjectMember && !slices.Contains(parties, to) {
				parties = append(parties, to)
			}
		}
	}
	steps := make([]storage.DutyStep, len(parties))
	for i, party := range parties {
		steps[i] = storage.DutyStep{Step: storage.StepLapsed, Party: party, At: at}
	}
	return steps
}

// remind queues digests for reminders whose moment has come.
func (p *Planner) remind(ctx context.Context, r *Report) error {
	for conflicts := 0; ; {
		now := p.Now()
		due, err := p.Store.StepsDue(ctx, now, maxDue)
		if err != nil || len(due) == 0 {
			return err
		}
		if p.Season.Quiet(now) {
			if due = p.urgent(due, now); len(due) == 0 {
				return nil
			}
		}
		letters, err := p.compose(ctx, due, now)
		if err != nil {
			return err
		}
		digests, later, err := p.address(ctx, letters, now)
		if err != nil {
			return err
		}
		err = p.Store.CommitDigests(ctx, digests)
		if errors.Is(err, storage.ErrConflict) && conflicts < 10 {
			conflicts++
			continue
		}
		if err != nil {
			return err
		}
		for _, d := range digests {
			r.Reminders += len(d.Reminders)
			if d.Out != nil {
				r.Digests++
			} else {
				r.Unaddressed += len(d.Reminders)
			}
		}
		if later || len(due) < maxDue {
			return nil
		}
	}
}

// maxDue is how many reminders are looked at together: all of one morning, so that a reader gets one digest.
const maxDue = 200_000

// urgent are the reminders that must break the quiet time, because their duty lapses before it ends: late is worse than
// loud.
func (p *Planner) urgent(due []storage.DueStep, now time.Time) []storage.DueStep {
	end := p.Season.NotQuiet(now)
	return slices.DeleteFunc(slices.Clone(due), func(d storage.DueStep) bool {
		return d.Step.Step == storage.StepLapsed || d.Duty.LapsesAt.After(end)
	})
}

// letter is everything one reader is to be told now.
type letter struct {
	reader    Reader
	contact   storage.Contact
	items     []Item
	steps     []int64
	reminders []storage.Reminder
}

// compose decides who is told what. The letter with a zero reader holds what nobody can be told.
func (p *Planner) compose(ctx context.Context, due []storage.DueStep, now time.Time) ([]*letter, error) {
	ids := make([]int64, len(due))
	for i, d := range due {
		ids[i] = d.Duty.PersonID
	}
	slices.Sort(ids)
	rs, err := lookUp(ctx, p.Store, slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	given, err := p.Store.Given(ctx, stepIDs(due))
	if err != nil {
		return nil, err
	}
	letters := map[int64]*letter{}
	to := func(id int64) *letter {
		if letters[id] == nil {
			letters[id] = &letter{}
		}
		return letters[id]
	}
	for _, d := range due {
		line := storage.Reminder{DutyID: d.Duty.ID, StepID: d.Step.ID, Step: d.Step.Step, Party: d.Step.Party, At: now}
		m, ok := rs.members[d.Duty.PersonID]
		if !ok {
			l := to(0)
			line.Reason = "the member is not on the roster any more"
			l.steps, l.reminders = append(l.steps, d.Step.ID), append(l.reminders, line)
			continue
		}
		people, found := rs.reach(d.Step.Party, m)
		if found != d.Step.Party {
			line.Reason = "nobody of " + d.Step.Party + " can be reached"
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
			l.steps = append(l.steps, d.Step.ID)
			line.PersonID = person.ID
			l.reminders = append(l.reminders, line)
		}
		if told == len(people) {
			to(0).steps = append(to(0).steps, d.Step.ID)
		}
	}
	list := make([]*letter, 0, len(letters))
	for _, l := range letters {
		list = append(list, l)
	}
	slices.SortFunc(list, func(a, b *letter) int { return cmp.Compare(a.reader.Person.ID, b.reader.Person.ID) })
	return list, nil
}

// address gives every letter its slot: one message per person in the morning, and at most one per hour for what could
// not wait for the morning. Letters whose slots are taken wait; later reports that there are some.
func (p *Planner) address(ctx context.Context, letters []*letter, now time.Time) (digests []storage.Digest, later bool, err error) {
	morning, hour := p.slots(now)
	var keys []string
	for _, l := range letters {
		if l.reader.Person.ID != 0 {
			keys = append(keys, slotKey(l, morning), slotKey(l, hour))
		}
	}
	taken, err := p.Store.OnceTaken(ctx, keys)
	if err != nil {
		return nil, false, err
	}
	for _, l := range letters {
		d := storage.Digest{Steps: l.steps, Reminders: l.reminders}
		if l.reader.Person.ID != 0 {
			slot := morning
			if taken[slotKey(l, slot)] {
				slot = hour
			}
			if taken[slotKey(l, slot)] {
				later = true
				continue
			}
			d.Out = p.out(l, slot, now)
			for i := range d.Reminders {
				d.Reminders[i].Slot = slot
			}
		}
		digests = append(digests, d)
	}
	return p.whole(digests, letters), later, nil
}

// whole keeps digests apart from those that share a reminder with a letter that waits: a reminder is done for all its
// readers at once.
func (p *Planner) whole(digests []storage.Digest, letters []*letter) []storage.Digest {
	if len(digests) == len(letters) {
		return digests
	}
	written := map[int64]int{}
	for _, d := range digests {
		for _, id := range d.Steps {
			written[id]++
		}
	}
	wanted := map[int64]int{}
	for _, l := range letters {
		for _, id := range l.steps {
			wanted[id]++
		}
	}
	for i := range digests {
		d := &digests[i]
		d.Steps = slices.DeleteFunc(slices.Clone(d.Steps), func(id int64) bool { return written[id] < wanted[id] })
	}
	return digests
}

func stepIDs(due []storage.DueStep) []int64 {
	ids := make([]int64, len(due))
	for i, d := range due {
		ids[i] = d.Step.ID
	}
	return ids
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

func (p *Planner) out(l *letter, slot string, now time.Time) *storage.Out {
	return &storage.Out{
		Account: l.contact.Account, ContactID: l.contact.ID, PersonID: &l.reader.Person.ID, Kind: storage.OutDigest,
		Once: slotKey(l, slot), Text: Digest(p.Season, now, l.reader, l.items), NotBefore: now,
	}
}

// NextWake is when something falls due next; false when nothing is planned.
func (p *Planner) NextWake(ctx context.Context) (time.Time, bool, error) {
	return p.Store.NextWake(ctx)
}
