package storage

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// Answer is what somebody answers to a digest: rows about each duty it put before them, and the reminders that follow.
type Answer struct {
	Acks []Acknowledgement
	Wake []DutyStep // asks again, or tells whoever has it now; DutyID is set
}

// answers writes answers to digests. What would have followed because nobody answered is dropped, and of what somebody
// answered before, only the last counts.
func (w *work) answers(list []Answer) error {
	var acks []Acknowledgement
	var rows [][]any
	var answered []int64
	for _, a := range list {
		for _, k := range a.Acks {
			k.At = utc(k.At)
			acks = append(acks, k)
			answered = append(answered, k.DutyID)
		}
		for _, st := range a.Wake {
			rows = append(rows, st.values())
		}
	}
	if len(acks) == 0 {
		return nil
	}
	if err := w.tx.CreateInBatches(&acks, w.most).Error; err != nil {
		return err
	}
	slices.Sort(answered)
	answered = slices.Compact(answered)
	drop := func(ids []int64, step string, args ...any) error {
		return chunked(ids, func(ids []int64) error { // index duty_steps_duty
			return w.tx.Model(&DutyStep{}).Where("duty_id IN ? AND state = ?", ids, StepPlanned).
				Where(step, args...).Update("state", StepDropped).Error
		})
	}
	if err := drop(answered, "step LIKE 'unanswered:%'"); err != nil {
		return err
	}
	for _, person := range people(list) {
		if err := drop(answered, "step LIKE 'seen:%' AND person_id = ?", person); err != nil {
			return err
		}
	}
	_, err := w.insert(w.tx, insertSteps, rows)
	return err
}

// people are those who answered, each once.
func people(list []Answer) []int64 {
	var ids []int64
	for _, a := range list {
		for _, k := range a.Acks {
			ids = append(ids, k.PersonID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// PutBefore is one duty a digest put before its reader.
type PutBefore struct {
	Reminder Reminder
	Duty     Duty
	Planned  []DutyStep // what is planned of the duty now, the next first
}

// LastDigest is the digest a chat got last, if nothing but answers to answers to it has been sent there since, with what
// it was about; nil when there is none. Index outbox_contact.
func (s *Store) LastDigest(ctx context.Context, contactID int64) ([]PutBefore, error) {
	var last []struct {
		ID      int64
		Kind    string
		State   string
		Outcome *string // of the message it answers
	}
	const look = 10
	err := s.db(ctx).Model(&Outbox{}).Select("outbox.id, outbox.kind, outbox.state, inbox.outcome").
		Joins("LEFT JOIN inbox ON inbox.id = outbox.inbox_id").
		Where("outbox.contact_id = ? AND outbox.state IN ?", contactID, []string{OutSending, OutSent, OutUnknown, OutQueued}).
		Order("outbox.id DESC").Limit(look).Scan(&last).Error
	if err != nil {
		return nil, err
	}
	for _, o := range last {
		switch {
		case o.Kind == OutDigest && o.State == OutQueued:
		case o.Kind == OutDigest:
			return s.putBefore(ctx, o.ID)
		case o.Outcome == nil || *o.Outcome != OutcomeAcknowledged:
			return nil, nil
		}
	}
	return nil, nil
}

// OutcomeAcknowledged is the outcome of a message that answers a digest.
const OutcomeAcknowledged = "acknowledged"

func (s *Store) putBefore(ctx context.Context, outboxID int64) ([]PutBefore, error) {
	log, err := s.RemindersOf(ctx, outboxID)
	if err != nil || len(log) == 0 {
		return nil, err
	}
	ids := make([]int64, len(log))
	for i, l := range log {
		ids[i] = l.Duty.ID
	}
	slices.Sort(ids)
	planned, err := s.PlannedOf(ctx, slices.Compact(ids))
	list := make([]PutBefore, len(log))
	for i, l := range log {
		list[i] = PutBefore{l.Reminder, l.Duty, planned[l.Duty.ID]}
	}
	return list, err
}

// PlannedOf are the reminders planned for duties, the next first. Index duty_steps_duty; sorted by the database, SQLite
// would walk through all that is planned instead.
func (s *Store) PlannedOf(ctx context.Context, dutyIDs []int64) (map[int64][]DutyStep, error) {
	planned := make(map[int64][]DutyStep, len(dutyIDs))
	err := chunked(dutyIDs, func(ids []int64) error {
		var rows []DutyStep
		err := s.db(ctx).Where("duty_id IN ? AND state = ?", ids, StepPlanned).Find(&rows).Error
		for _, r := range rows {
			planned[r.DutyID] = append(planned[r.DutyID], r)
		}
		return err
	})
	for _, steps := range planned {
		slices.SortFunc(steps, func(a, b DutyStep) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	}
	return planned, err
}

// Handed is that a duty a party was to be reminded of is somebody else's now.
type Handed struct {
	DutyID   int64
	Party    string
	From, To int64 // people
}

// HandedOver are the duties that were handed over, in the order in which that happened. Index acknowledgements_duty.
func (s *Store) HandedOver(ctx context.Context, dutyIDs []int64) ([]Handed, error) {
	var all []Handed
	err := chunked(dutyIDs, func(ids []int64) error {
		var rows []Acknowledgement
		err := s.db(ctx).Where("duty_id IN ? AND what = ?", ids, AckHanded).Order("id").Find(&rows).Error
		for _, r := range rows {
			if r.ToPersonID != nil {
				all = append(all, Handed{r.DutyID, r.Party, r.PersonID, *r.ToPersonID})
			}
		}
		return err
	})
	return all, err
}

// Tally is how often people were reminded of a duty, and whether anybody answered.
type Tally struct {
	Reminded int // reminders that were sent, each once however many people it went to
	Answered bool
}

// Tallies count for duties. Indices reminders_duty, acknowledgements_duty.
func (s *Store) Tallies(ctx context.Context, dutyIDs []int64) (map[int64]Tally, error) {
	m := make(map[int64]Tally, len(dutyIDs))
	err := chunked(dutyIDs, func(ids []int64) error {
		var sent []struct {
			DutyID int64
			N      int
		}
		err := s.db(ctx).Model(&Reminder{}).Select("reminders.duty_id, COUNT(DISTINCT reminders.step_id) AS n").
			Joins("JOIN outbox ON outbox.id = reminders.outbox_id AND outbox.state IN ?", []string{OutSent, OutUnknown}).
			Where("reminders.duty_id IN ? AND reminders.reason <> ?", ids, ReasonPassedOn).
			Where("reminders.step <> ? AND reminders.step NOT LIKE 'unreached:%'", StepLapsed).
			Group("reminders.duty_id").Scan(&sent).Error
		if err != nil {
			return err
		}
		for _, r := range sent {
			m[r.DutyID] = Tally{Reminded: r.N}
		}
		var answered []int64
		err = s.db(ctx).Model(&Acknowledgement{}).Where("duty_id IN ?", ids).Distinct().Pluck("duty_id", &answered).Error
		for _, id := range answered {
			t := m[id]
			t.Answered = true
			m[id] = t
		}
		return err
	})
	return m, err
}

// AnsweredSince are the duties somebody has answered about since an instant. Index acknowledgements_duty.
func (s *Store) AnsweredSince(ctx context.Context, dutyIDs []int64, since time.Time) (map[int64]bool, error) {
	m := map[int64]bool{}
	err := chunked(dutyIDs, func(ids []int64) error {
		var rows []int64
		err := s.db(ctx).Model(&Acknowledgement{}).Where("duty_id IN ? AND at >= ?", ids, utc(since)).Distinct().Pluck("duty_id", &rows).Error
		for _, id := range rows {
			m[id] = true
		}
		return err
	})
	return m, err
}
