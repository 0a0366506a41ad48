package scheduler

import (
	"context"
	"slices"
	"time"

	"xianjie/season"
	"xianjie/storage"
)

// freshness is what to do with a message that is about to leave: send text, drop it, or keep it until an instant.
type freshness struct {
	text  string
	drop  string // why nothing is to be sent any more
	hold  bool   // until a person says so
	until time.Time
	pass  []int64 // reminders that have become somebody else's business
}

// unasked are the kinds of messages nobody waits for; they keep the quiet time.
var unasked = []string{storage.OutDigest, storage.OutNudge, storage.OutNotice}

// fresh decides about a message as things stand now. Digests are written anew; one that asks for what lapses before the
// quiet time ends breaks it.
func (s *Sender) fresh(ctx context.Context, o storage.Outbox) (freshness, error) {
	now := s.Now()
	f := freshness{text: o.Text}
	if o.ExpiresAt != nil && !now.Before(*o.ExpiresAt) {
		return freshness{drop: storage.DropExpired}, nil
	}
	quiet := s.Season.Quiet(now) && slices.Contains(unasked, o.Kind)
	if o.Kind == storage.OutDigest && o.PersonID != nil {
		is, err := stillDue(ctx, s.Store, o, now)
		if err != nil {
			return f, err
		}
		f.pass = is.pass
		f.text = Digest(s.Season, now, is.reader, is.items)
		if f.text == "" {
			f.drop = "everything it asked for is done"
			if len(f.pass) > 0 {
				f.drop = "passed on: the office changed hands"
			}
			return f, nil
		}
		quiet = quiet && !slices.ContainsFunc(is.items, func(it Item) bool {
			return !it.Lapsed && !it.Overdue && !it.Unreached && urgent(s.Season, it.Duty, now)
		})
	}
	if o.Kind == storage.OutNotice {
		is, err := s.noticeNow(ctx, o)
		if err != nil || is.drop != "" || is.hold || !is.until.IsZero() {
			return is, err
		}
	}
	if quiet {
		f.until = s.Season.NotQuiet(now)
	}
	return f, nil
}

// standing is what a queued digest is about now.
type standing struct {
	reader Reader
	items  []Item
	pass   []int64 // log lines of what still holds and is not the reader's business any more
}

// stillDue is what a queued digest is about and still holds: without what is closed, without what has lapsed since
// (which is reported by itself), and without what is no longer the reader's business.
func stillDue(ctx context.Context, st *storage.Store, o storage.Outbox, now time.Time) (standing, error) {
	var is standing
	log, err := st.RemindersOf(ctx, o.ID)
	if err != nil {
		return is, err
	}
	person, err := st.Person(ctx, *o.PersonID)
	if err != nil {
		return is, err
	}
	var duties []storage.Duty
	var lapsed, unanswered []int64
	for _, l := range log {
		duties = append(duties, l.Duty)
		if l.Reminder.Step == storage.StepLapsed {
			lapsed = append(lapsed, l.Duty.ID)
		}
		if season.KindOf(l.Reminder.Step) == season.StepUnanswered {
			unanswered = append(unanswered, l.Duty.ID)
		}
	}
	rs, err := lookUp(ctx, st, duties)
	if err != nil {
		return is, err
	}
	tallies, err := st.Tallies(ctx, lapsed)
	if err != nil {
		return is, err
	}
	answered, err := st.AnsweredSince(ctx, unanswered, o.CreatedAt)
	if err != nil {
		return is, err
	}
	is.reader = Reader{Person: person, Parties: rs.parties[person.ID]}
	for _, l := range log {
		m, onRoster := rs.about(l.Duty)
		kind := season.KindOf(l.Reminder.Step)
		if !onRoster || !holds(l, now) || kind == season.StepUnanswered && answered[l.Duty.ID] {
			continue
		}
		if !rs.concerns(person.ID, l.Duty, l.Reminder.Party, m) {
			is.pass = append(is.pass, l.Reminder.ID)
			continue
		}
		own := l.Reminder.Party == storage.SubjectMember && l.Duty.PersonID == person.ID
		is.items = append(is.items, Item{
			Duty: l.Duty, Member: m, Own: own,
			Lapsed:     l.Reminder.Step == storage.StepLapsed,
			Overdue:    l.Reminder.Step != storage.StepLapsed && l.Duty.LapsedAt != nil,
			Unanswered: kind == season.StepUnanswered,
			Handed:     kind == season.StepHanded && rs.tookOver(l.Duty, person.ID),
			Unreached:  kind == season.StepUnreached,
			Instead:    l.Reminder.Party == storage.SubjectMember && !own,
			Tally:      tallies[l.Duty.ID],
		})
	}
	return is, nil
}

// holds reports whether a reminder may still be given. The report of a lapse holds until the matter is done after all or
// has got a new date; an approval by default stays one. What is overdue holds until it is done.
func holds(l storage.Reminded, now time.Time) bool {
	d := l.Duty
	switch kind := season.KindOf(l.Reminder.Step); {
	case l.Reminder.Step == storage.StepLapsed:
		return d.LapsedAt != nil && (d.ClosedAt == nil || d.Outcome == storage.DutyDefaulted)
	case kind == season.StepOverdue:
		return d.ClosedAt == nil && d.LapsedAt != nil
	case kind == season.StepHanded:
		return d.ClosedAt == nil && (d.LapsedAt != nil || now.Before(d.LapsesAt))
	}
	return d.ClosedAt == nil && d.LapsedAt == nil && now.Before(d.LapsesAt)
}
