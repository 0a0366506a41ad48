package storage

import (
	"context"
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

// useful holds for reminders that still say something: their duty is open and has not lapsed, or they report its lapse,
// or they are about what is overdue.
const useful = `(duty_steps.step = 'lapsed' OR duties.closed_at IS NULL
	AND (duties.lapsed_at IS NULL OR duty_steps.step LIKE 'overdue:%' OR duty_steps.step LIKE 'handed:%'))`

// stepDue holds for reminders whose moment has come and that are still useful.
const stepDue = `duty_steps.state = 'planned' AND duty_steps.at <= ? AND ` + useful

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
