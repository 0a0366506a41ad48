package storage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"
)

// StepLapsed is the step that reports a lapse. It is planned when the lapse is recorded.
const StepLapsed = "lapsed"

// DueStep is a reminder whose moment has come, with its duty.
type DueStep struct {
	Step DutyStep
	Duty Duty
}

// stepDue holds for reminders that are still useful: their duty is open and has not lapsed, or they report its lapse.
const stepDue = `duty_steps.state = 'planned' AND duty_steps.at <= ?
	AND (duty_steps.step = 'lapsed' OR duties.closed_at IS NULL AND duties.lapsed_at IS NULL)`

// StepsDue are the reminders planned up to an instant, oldest first, at most limit. Index duty_steps_due.
func (s *Store) StepsDue(ctx context.Context, until time.Time, limit int) ([]DueStep, error) {
	var steps []DutyStep
	err := s.db(ctx).Joins("JOIN duties ON duties.id = duty_steps.duty_id").Where(stepDue, utc(until)).
		Order("duty_steps.at, duty_steps.id").Limit(limit).Find(&steps).Error
	if err != nil || len(steps) == 0 {
		return nil, err
	}
	return s.withDuties(ctx, steps)
}

// StepsBetween are all reminders planned after one instant and up to another whose duty is open now, for a rehearsal.
func (s *Store) StepsBetween(ctx context.Context, from, to time.Time) ([]DueStep, error) {
	var steps []DutyStep
	err := s.db(ctx).Joins("JOIN duties ON duties.id = duty_steps.duty_id").Where(stepDue, utc(to)).
		Where("duty_steps.at > ?", utc(from)).Order("duty_steps.at, duty_steps.id").Find(&steps).Error
	if err != nil || len(steps) == 0 {
		return nil, err
	}
	return s.withDuties(ctx, steps)
}

func (s *Store) withDuties(ctx context.Context, steps []DutyStep) ([]DueStep, error) {
	ids := make([]int64, 0, len(steps))
	for _, st := range steps {
		ids = append(ids, st.DutyID)
	}
	slices.Sort(ids)
	duties, err := s.Duties(ctx, slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	due := make([]DueStep, len(steps))
	for i, st := range steps {
		due[i] = DueStep{st, duties[st.DutyID]}
	}
	return due, nil
}

// Duties are duties by id.
func (s *Store) Duties(ctx context.Context, ids []int64) (map[int64]Duty, error) {
	m := make(map[int64]Duty, len(ids))
	err := chunked(ids, func(ids []int64) error {
		var rows []Duty
		err := s.db(ctx).Where("id IN ?", ids).Find(&rows).Error
		for _, d := range rows {
			m[d.ID] = d
		}
		return err
	})
	return m, err
}

// LapsesDue are the open duties whose date has passed without anybody having noted it, oldest first.
// Index duties_lapse.
func (s *Store) LapsesDue(ctx context.Context, now time.Time, limit int) ([]Duty, error) {
	var ds []Duty
	return ds, s.db(ctx).Where("closed_at IS NULL AND lapsed_at IS NULL AND lapses_at <= ?", utc(now)).
		Order("lapses_at, id").Limit(limit).Find(&ds).Error
}

// LapsesBetween are the open duties that lapse after one instant and up to another, for a rehearsal.
func (s *Store) LapsesBetween(ctx context.Context, from, to time.Time) ([]Duty, error) {
	var ds []Duty
	return ds, s.db(ctx).Where("closed_at IS NULL AND lapsed_at IS NULL AND lapses_at > ? AND lapses_at <= ?", utc(from), utc(to)).
		Order("lapses_at, id").Find(&ds).Error
}

// NextWake is the next instant at which a reminder or a lapse falls due; false when nothing is planned.
func (s *Store) NextWake(ctx context.Context) (time.Time, bool, error) {
	var next time.Time
	var steps []DutyStep
	err := s.db(ctx).Where("state = ?", StepPlanned).Order("at").Limit(1).Find(&steps).Error
	if err != nil {
		return next, false, err
	}
	for _, st := range steps {
		next = st.At
	}
	var duties []Duty
	err = s.db(ctx).Where("closed_at IS NULL AND lapsed_at IS NULL").Order("lapses_at").Limit(1).Find(&duties).Error
	for _, d := range duties {
		if next.IsZero() || d.LapsesAt.Before(next) {
			next = d.LapsesAt
		}
	}
	return next, !next.IsZero(), err
}

// Digest is one message to one reader that covers several due reminders, or, without Out, the record that nobody could
// be addressed.
type Digest struct {
	Steps     []int64 // the reminders it covers; each is done when every digest it is part of is committed together
	Reminders []Reminder
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
		if len(rows) == 0 {
			return nil
		}
		err = tx.CreateInBatches(&rows, s.most).Error
		if errors.Is(err, gorm.ErrDuplicatedKey) {
			return fmt.Errorf("a reminder was given already: %w", ErrConflict)
		}
		return err
	})
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

// DropSteps marks reminders that nobody needs any more.
func (s *Store) DropSteps(ctx context.Context, ids []int64, state string) error {
	return chunked(ids, func(ids []int64) error {
		return s.tx(ctx, func(tx *gorm.DB) error {
			return tx.Model(&DutyStep{}).Where("id IN ? AND state = ?", ids, StepPlanned).Update("state", state).Error
		})
	})
}

// Lapse is a duty whose date passed: what is recorded, and who is told.
type Lapse struct {
	DutyID int64
	At     time.Time
	Report []DutyStep    // reports of the lapse; DutyID is filled in
	Change *MemberChange // what the system of record does by itself; nil when the duty stays open, overdue
	Audit  []Audit
}

// CommitLapses records lapses, all or none: reminders not given are missed for good, reports are planned.
// ErrConflict says that a duty has lapsed or closed already.
func (s *Store) CommitLapses(ctx context.Context, lapses []Lapse) error {
	if len(lapses) == 0 {
		return nil
	}
	return s.tx(ctx, func(tx *gorm.DB) error {
		w := &work{Store: s, tx: tx, at: s.now()}
		ids := make([]int64, len(lapses))
		for i, l := range lapses {
			ids[i] = l.DutyID
		}
		slices.Sort(ids)
		var open []int64
		err := chunked(ids, func(ids []int64) error {
			var some []int64
			err := s.lock(tx).Model(&Duty{}).Where("id IN ? AND lapsed_at IS NULL AND closed_at IS NULL", ids).Order("id").Pluck("id", &some).Error
			open = append(open, some...)
			return err
		})
		if err != nil {
			return err
		}
		if !slices.Equal(open, ids) {
			return fmt.Errorf("a duty of %d has lapsed or closed: %w", len(ids), ErrConflict)
		}
		byInstant := map[time.Time][]int64{}
		var changes []MemberChange
		var reports []DutyStep
		var audits []Audit
		for _, l := range lapses {
			byInstant[utc(l.At)] = append(byInstant[utc(l.At)], l.DutyID)
			if l.Change != nil {
				changes = append(changes, *l.Change)
			}
			for _, r := range l.Report {
				r.DutyID, r.At, r.State = l.DutyID, utc(r.At), StepPlanned
				reports = append(reports, r)
			}
			audits = append(audits, l.Audit...)
		}
		for at, ids := range byInstant { // midnights
			if err := tx.Model(&Duty{}).Where("id IN ?", ids).Update("lapsed_at", at).Error; err != nil {
				return err
			}
			err := tx.Model(&DutyStep{}).Where("duty_id IN ? AND state = ?", ids, StepPlanned).Update("state", StepMissed).Error
			if err != nil {
				return err
			}
		}
		if err := w.members(changes); err != nil {
			return err
		}
		if len(reports) > 0 {
			if err := tx.CreateInBatches(&reports, s.most).Error; err != nil {
				return err
			}
		}
		return w.audit(audits)
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
	if err := s.db(ctx).Where("outbox_id = ?", outboxID).Order("id").Find(&rows).Error; err != nil {
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

// Given are the pairs of step and person the notification log has for some steps. Index reminders_once.
func (s *Store) Given(ctx context.Context, stepIDs []int64) (map[[2]int64]bool, error) {
	given := make(map[[2]int64]bool)
	err := chunked(stepIDs, func(ids []int64) error {
		var rows []Reminder
		err := s.db(ctx).Select("step_id, person_id").Where("step_id IN ?", ids).Find(&rows).Error
		for _, r := range rows {
			given[[2]int64{r.StepID, r.PersonID}] = true
		}
		return err
	})
	return given, err
}
