package storage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"
)

// Digest is one message to one reader that covers several due reminders, or, without Out, the record that nobody could
// be addressed.
type Digest struct {
	Steps     []int64 // the reminders it covers; each is done when every digest it is part of is committed together
	Reminders []Reminder
	Follow    []DutyStep // what follows if nobody answers; DutyID is set
	Out       *Out
}

// CommitDigests queues digests, writes the notification log and marks the reminders they cover as done, all or none.
// ErrConflict says that one of them is no longer planned: its matter was closed, or another planner was faster.
func (s *Store) CommitDigests(ctx context.Context, digests []Digest) error {
	if len(digests) == 0 {
		return nil
	}
	return s.tx(ctx, func(tx *gorm.DB) error {
		w := &work{Store: s, tx: tx, at: s.now()}
		var ids []int64
		var outs []queued
		for _, d := range digests {
			ids = append(ids, d.Steps...)
			if d.Out != nil {
				outs = append(outs, queued{Out: *d.Out})
			}
		}
		slices.Sort(ids)
		ids = slices.Compact(ids)
		if err := w.takeSteps(ids); err != nil {
			return err
		}
		outIDs, err := w.queue(outs)
		if err != nil {
			return err
		}
		var rows []Reminder
		n := 0
		for _, d := range digests {
			var out *int64
			if d.Out != nil {
				if outIDs[n] == 0 {
					return fmt.Errorf("digest %s is queued already: %w", d.Out.Once, ErrConflict)
				}
				out = &outIDs[n]
				n++
			}
			for _, r := range d.Reminders {
				r.OutboxID, r.At = out, utc(r.At)
				rows = append(rows, r)
			}
		}
		if len(rows) > 0 {
			if err := w.backAgain(rows); err != nil {
				return err
			}
			err = tx.CreateInBatches(&rows, s.most).Error
		}
		if errors.Is(err, gorm.ErrDuplicatedKey) {
			return fmt.Errorf("a reminder was given already: %w", ErrConflict)
		}
		if err != nil {
			return err
		}
		var follow []DutyStep
		for _, d := range digests {
			follow = append(follow, d.Follow...)
		}
		return w.follow(follow)
	})
}

// Rung is a step of the ladder by which an unanswered reminder climbs, of one duty.
type Rung struct {
	Duty int64
	Step string // unanswered:…
}

// follow plans what follows a reminder that nobody answers: once for a duty and a rung, and again after an answer.
func (w *work) follow(steps []DutyStep) error {
	if len(steps) == 0 {
		return nil
	}
	ids := make([]int64, len(steps))
	for i, st := range steps {
		ids[i] = st.DutyID
	}
	slices.Sort(ids)
	climbed, err := climbed(w.tx, slices.Compact(ids))
	if err != nil {
		return err
	}
	var rows [][]any
	for _, st := range steps {
		if k := (Rung{st.DutyID, st.Step}); !climbed[k] {
			climbed[k] = true
			rows = append(rows, st.values())
		}
	}
	_, err = w.insert(w.tx, insertSteps, rows)
	return err
}

// Climbed are the rungs duties have climbed, or are about to, since somebody answered last.
func (s *Store) Climbed(ctx context.Context, dutyIDs []int64) (map[Rung]bool, error) {
	return climbed(s.db(ctx), dutyIDs)
}

// Indices duty_steps_duty, acknowledgements_duty.
func climbed(db *gorm.DB, dutyIDs []int64) (map[Rung]bool, error) {
	m := make(map[Rung]bool)
	err := chunked(dutyIDs, func(ids []int64) error {
		var acks []Acknowledgement
		if err := db.Select("duty_id, at").Where("duty_id IN ?", ids).Order("id").Find(&acks).Error; err != nil {
			return err
		}
		answered := make(map[int64]time.Time, len(acks))
		for _, a := range acks {
			answered[a.DutyID] = a.At
		}
		var steps []DutyStep
		err := db.Select("duty_id, step, at").
			Where("duty_id IN ? AND state IN ? AND step LIKE 'unanswered:%'", ids, []string{StepPlanned, StepDone}).Find(&steps).Error
		for _, st := range steps {
			if st.At.After(answered[st.DutyID]) {
				m[Rung{st.DutyID, st.Step}] = true
			}
		}
		return err
	})
	return m, err
}

// values are the columns of a step to be planned, as insertSteps takes them.
func (st DutyStep) values() []any {
	return []any{st.DutyID, st.Step, st.Party, st.PersonID, utc(st.At), StepPlanned}
}

// takeSteps marks reminders as done; each may be done once.
func (w *work) takeSteps(ids []int64) error {
	return chunked(ids, func(ids []int64) error {
		var planned []int64
		err := w.lock(w.tx).Model(&DutyStep{}).Where("id IN ? AND state = ?", ids, StepPlanned).Order("id").Pluck("id", &planned).Error
		if err != nil {
			return err
		}
		if len(planned) != len(ids) {
			return fmt.Errorf("%d of %d reminders are no longer planned: %w", len(ids)-len(planned), len(ids), ErrConflict)
		}
		return w.tx.Model(&DutyStep{}).Where("id IN ?", ids).Update("state", StepDone).Error
	})
}

// Reminded is one line of the notification log with the duty as it stands now.
type Reminded struct {
	Reminder Reminder
	Duty     Duty
}

// RemindersOf are the log lines of a queued message, so that it can be written anew just before it leaves.
// Index reminders_outbox.
func (s *Store) RemindersOf(ctx context.Context, outboxID int64) ([]Reminded, error) {
	var rows []Reminder
	if err := s.db(ctx).Where("outbox_id = ? AND reason <> ?", outboxID, ReasonPassedOn).Order("id").Find(&rows).Error; err != nil {
		return nil, err
	}
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.DutyID
	}
	duties, err := s.Duties(ctx, ids)
	if err != nil {
		return nil, err
	}
	all := make([]Reminded, len(rows))
	for i, r := range rows {
		all[i] = Reminded{r, duties[r.DutyID]}
	}
	return all, nil
}

// Unaddressed are log lines of reminders nobody could be addressed for, since an instant.
func (s *Store) Unaddressed(ctx context.Context, since time.Time) ([]Reminder, error) {
	var rows []Reminder
	return rows, s.db(ctx).Where("person_id = 0 AND at >= ?", utc(since)).Order("id").Limit(1000).Find(&rows).Error
}

// OnceTaken reports which keys of messages that may be queued once are used up. Index outbox_once.
func (s *Store) OnceTaken(ctx context.Context, keys []string) (map[string]bool, error) {
	taken := make(map[string]bool)
	err := chunked(keys, func(keys []string) error {
		var some []string
		err := s.db(ctx).Model(&Outbox{}).Where("once IN ?", keys).Pluck("once", &some).Error
		for _, k := range some {
			taken[k] = true
		}
		return err
	})
	return taken, err
}

// Given are the pairs of step and person the notification log has for some steps: true where the reminder was given or is
// under way, false where it failed for good and somebody else must be told. Index reminders_once.
func (s *Store) Given(ctx context.Context, stepIDs []int64) (map[[2]int64]bool, error) {
	given := make(map[[2]int64]bool)
	err := chunked(stepIDs, func(ids []int64) error {
		var rows []struct {
			StepID, PersonID int64
			State            *string
		}
		err := s.db(ctx).Model(&Reminder{}).Select("reminders.step_id, reminders.person_id, outbox.state").
			Joins("LEFT JOIN outbox ON outbox.id = reminders.outbox_id").
			Where("reminders.step_id IN ? AND reminders.reason <> ?", ids, ReasonPassedOn).Scan(&rows).Error
		for _, r := range rows {
			given[[2]int64{r.StepID, r.PersonID}] = r.State == nil || *r.State != OutFailed
		}
		return err
	})
	return given, err
}

// ReasonPassedOn stands in the notification log beside a reminder that waited for somebody until it was not theirs any
// more.
const ReasonPassedOn = "passed on: it is somebody else's by now"

// PassOn notes in the notification log that reminders did not reach whom they were meant for, because their message has
// not left and they are not that person's business any more; they are planned again, for whoever it is now.
func (s *Store) PassOn(ctx context.Context, reminderIDs []int64) error {
	return chunked(reminderIDs, func(ids []int64) error {
		return s.tx(ctx, func(tx *gorm.DB) error {
			if err := again(tx, "reminders.id IN ?", ids); err != nil {
				return err
			}
			return tx.Model(&Reminder{}).Where("id IN ?", ids).Update("reason", ReasonPassedOn).Error
		})
	})
}

// backAgain takes lines out of the log that say a reminder was passed on from those it comes back to now.
func (w *work) backAgain(rows []Reminder) error {
	steps := make([]int64, len(rows))
	theirs := make(map[[2]int64]bool, len(rows))
	for i, r := range rows {
		steps[i] = r.StepID
		theirs[[2]int64{r.StepID, r.PersonID}] = true
	}
	slices.Sort(steps)
	var gone []int64
	err := chunked(slices.Compact(steps), func(ids []int64) error { // index reminders_once
		var passed []Reminder
		err := w.tx.Select("id, step_id, person_id").Where("step_id IN ? AND reason = ?", ids, ReasonPassedOn).Find(&passed).Error
		for _, r := range passed {
			if theirs[[2]int64{r.StepID, r.PersonID}] {
				gone = append(gone, r.ID)
			}
		}
		return err
	})
	if err != nil || len(gone) == 0 {
		return err
	}
	return w.tx.Where("id IN ?", gone).Delete(&Reminder{}).Error
}

// again plans the reminders of some log lines once more, as far as they are still useful.
func again(tx *gorm.DB, where string, args ...any) error {
	var ids []int64
	err := tx.Model(&DutyStep{}).Joins("JOIN reminders ON reminders.step_id = duty_steps.id").
		Joins("JOIN duties ON duties.id = duty_steps.duty_id").Where(where, args...).
		Where("duty_steps.state = ? AND "+useful, StepDone).Distinct().Pluck("duty_steps.id", &ids).Error
	if err != nil {
		return err
	}
	return chunked(ids, func(ids []int64) error {
		return tx.Model(&DutyStep{}).Where("id IN ?", ids).Update("state", StepPlanned).Error
	})
}

// ToldUnreached are the duties, with the step key, of which it was told that somebody of a party cannot be reached.
// Index reminders_duty.
func (s *Store) ToldUnreached(ctx context.Context, dutyIDs []int64) (map[Told]bool, error) {
	told := map[Told]bool{}
	err := chunked(dutyIDs, func(ids []int64) error {
		var rows []Told
		err := s.db(ctx).Model(&Reminder{}).Select("reminders.duty_id AS duty, reminders.step, reminders.person_id AS person").
			Joins("JOIN outbox ON outbox.id = reminders.outbox_id AND outbox.state <> ?", OutFailed).
			Where("reminders.duty_id IN ? AND reminders.step LIKE 'unreached:%' AND reminders.reason <> ?", ids, ReasonPassedOn).Scan(&rows).Error
		for _, r := range rows {
			told[r] = true
		}
		return err
	})
	return told, err
}

// Told is that a person was told about a duty under the key of a step.
type Told struct {
	Duty   int64
	Step   string
	Person int64
}
