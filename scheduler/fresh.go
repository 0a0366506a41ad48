package scheduler

import (
	"context"
	"slices"
	"time"

	"xianjie/storage"
)

// freshness is what to do with a message that is about to leave: send text, drop it, or keep it until an instant.
type freshness struct {
	text  string
	drop  string // why nothing is to be sent any more
	hold  bool   // until a person says so
	until time.Time
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
		reader, items, err := stillDue(ctx, s.Store, o, now)
		if err != nil {
			return f, err
		}
		f.text = Digest(s.Season, now, reader, items)
		if f.text == "" {
			return freshness{drop: "everything it asked for is done"}, nil
		}
		quiet = quiet && !slices.ContainsFunc(items, func(it Item) bool { return !it.Lapsed && urgent(s.Season, it.Duty, now) })
	}
	if o.Kind == storage.OutNotice {
		if gone, hold, err := s.noticeNow(ctx, o); err != nil || gone != "" || hold {
			return freshness{drop: gone, hold: hold}, err
		}
	}
	if quiet {
		f.until = s.Season.NotQuiet(now)
	}
	return f, nil
}

// stillDue is what a queued digest is about and still holds: without what is closed, without what has lapsed since
// (which is reported by itself), and without what is no longer the reader's business.
func stillDue(ctx context.Context, st *storage.Store, o storage.Outbox, now time.Time) (Reader, []Item, error) {
	log, err := st.RemindersOf(ctx, o.ID)
	if err != nil {
		return Reader{}, nil, err
	}
	person, err := st.Person(ctx, *o.PersonID)
	if err != nil {
		return Reader{}, nil, err
	}
	ids := make([]int64, len(log))
	for i, l := range log {
		ids[i] = l.Duty.PersonID
	}
	slices.Sort(ids)
	rs, err := lookUp(ctx, st, slices.Compact(ids))
	if err != nil {
		return Reader{}, nil, err
	}
	var items []Item
	for _, l := range log {
		m, onRoster := rs.members[l.Duty.PersonID]
		if !onRoster || !holds(l, now) || !rs.concerns(person.ID, l.Reminder.Party, m) {
			continue
		}
		own := l.Duty.PersonID == person.ID && l.Reminder.Party == storage.SubjectMember
		items = append(items, Item{
			Duty: l.Duty, Member: m, Lapsed: l.Reminder.Step == storage.StepLapsed, Own: own,
			Instead: l.Reminder.Party == storage.SubjectMember && !own,
		})
	}
	return Reader{Person: person, Parties: rs.parties[person.ID]}, items, nil
}

// holds reports whether a reminder may still be given. The report of a lapse holds until the matter is done after all or
// has got a new date; an approval by default stays one.
func holds(l storage.Reminded, now time.Time) bool {
	if l.Reminder.Step == storage.StepLapsed {
		return l.Duty.LapsedAt != nil && (l.Duty.ClosedAt == nil || l.Duty.Outcome == storage.DutyDefaulted)
	}
	return l.Duty.ClosedAt == nil && now.Before(l.Duty.LapsesAt)
}
