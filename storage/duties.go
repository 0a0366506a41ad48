package storage

import (
	"fmt"
	"slices"
	"time"

	"xianjie/season"
)

// Reconciled counts what became of duties when the facts behind them changed.
type Reconciled struct {
	Opened, Moved, Closed int
}

// openKey is what makes a duty unique while it is open.
func openKey(rule string, person int64) string { return fmt.Sprintf("%s/%d", rule, person) }

// duties brings the open duties of members in line with what the rules say now:
//
//	wanted and not open      opened, with its reminders
//	open and due otherwise   moved: reminders not sent yet are dropped, those of the new date planned
//	open and not wanted      closed with the change's outcome, reminders not sent yet dropped
func (w *work) duties(changes []MemberChange) error {
	ids := make([]int64, len(changes))
	for i, c := range changes {
		ids[i] = c.Transfer.PersonID
	}
	open := map[string]*Duty{}
	err := chunked(ids, func(ids []int64) error {
		var rows []Duty
		err := w.lock(w.tx).Where("person_id IN ? AND closed_at IS NULL", ids).Order("id").Find(&rows).Error
		for i := range rows {
			open[*rows[i].OpenKey] = &rows[i]
		}
		return err
	})
	if err != nil {
		return err
	}
	p := dutyPlan{closed: map[string][]int64{}}
	for _, c := range changes {
		p.change(w, c, open)
	}
	return p.write(w)
}

// dutyPlan gathers what is written about duties, so that it is written in few statements.
type dutyPlan struct {
	fresh  []Duty
	steps  [][]season.Planned // of fresh, same index
	moved  []Duty
	resume [][]season.Planned // of moved
	drop   []int64            // of moved: those with another date
	stands []int64            // of moved: those with the same date
	closed map[string][]int64 // outcome → duties
}

func (p *dutyPlan) change(w *work, c MemberChange, open map[string]*Duty) {
	wanted := map[string]bool{}
	for _, d := range c.Duties {
		key := openKey(d.Rule, c.Transfer.PersonID)
		wanted[key] = true
		lapses := utc(d.Lapses)
		if have := open[key]; have != nil {
			if !have.LapsesAt.Equal(lapses) || c.Replan {
				p.move(w, *have, d, lapses)
			}
			continue
		}
		p.fresh = append(p.fresh, Duty{
			Season: c.Season, Rule: d.Rule, PersonID: c.Transfer.PersonID, OrgID: c.Transfer.CollegeID, Party: d.Of,
			OpenKey: &key, OpenedAt: utc(d.Opened), Due: d.Due.String(), LapsesAt: lapses,
		})
		p.steps = append(p.steps, d.Steps)
	}
	for key, have := range open {
		if have.PersonID == c.Transfer.PersonID && !wanted[key] {
			p.closed[c.Closing] = append(p.closed[c.Closing], have.ID)
		}
	}
}

// move plans a duty anew. Only steps still to come are planned; when the date moved and none is to come although the
// duty has not lapsed, the last one leaves now. Where the date stands, what is due by now and not given yet stays due.
func (p *dutyPlan) move(w *work, have Duty, d season.Duty, lapses time.Time) {
	var steps []season.Planned
	for _, st := range d.Steps {
		if st.At.After(w.at) {
			steps = append(steps, st)
		}
	}
	moves := !have.LapsesAt.Equal(lapses)
	if n := len(d.Steps); len(steps) == 0 && n > 0 && lapses.After(w.at) && moves {
		for _, st := range d.Steps {
			if st.Step == d.Steps[n-1].Step { // to each of its parties
				st.At = w.at
				steps = append(steps, st)
			}
		}
	}
	if moves {
		have.LapsedAt = nil
		p.drop = append(p.drop, have.ID)
	} else {
		p.stands = append(p.stands, have.ID)
	}
	have.Due, have.LapsesAt, have.Party = d.Due.String(), lapses, d.Of
	p.moved = append(p.moved, have)
	p.resume = append(p.resume, steps)
}

func (p *dutyPlan) write(w *work) error {
	drop := p.drop
	for outcome, ids := range p.closed { // three outcomes at most
		if outcome == "" {
			outcome = DutyWithdrawn
		}
		drop = append(drop, ids...)
		w.reconciled.Closed += len(ids)
		err := chunked(ids, func(ids []int64) error {
			return w.tx.Model(&Duty{}).Where("id IN ?", ids).
				Updates(map[string]any{"closed_at": w.at, "outcome": outcome, "open_key": nil}).Error
		})
		if err != nil {
			return err
		}
	}
	slices.Sort(p.stands)
	err := chunked(p.stands, func(ids []int64) error {
		return w.tx.Model(&DutyStep{}).
			Where("duty_id IN ? AND state = ? AND at > ? AND step <> ?", ids, StepPlanned, w.at, StepLapsed).Update("state", StepDropped).Error
	})
	if err != nil {
		return err
	}
	slices.Sort(drop)
	err = chunked(drop, func(ids []int64) error {
		return w.tx.Model(&DutyStep{}).Where("duty_id IN ? AND state = ?", ids, StepPlanned).Update("state", StepDropped).Error
	})
	if err != nil {
		return err
	}
	w.reconciled.Moved += len(p.moved)
	for _, d := range p.moved { // a date moves for one member at a time, or once per season file
		err := w.tx.Model(&Duty{}).Where("id = ?", d.ID).
			Updates(map[string]any{"due": d.Due, "lapses_at": d.LapsesAt, "lapsed_at": d.LapsedAt, "party": d.Party}).Error
		if err != nil {
			return err
		}
	}
	w.reconciled.Opened += len(p.fresh)
	if len(p.fresh) > 0 {
		if err := w.tx.CreateInBatches(&p.fresh, w.most).Error; err != nil {
			return err
		}
	}
	var rows [][]any
	for i, d := range p.fresh {
		rows = append(rows, stepRows(d.ID, p.steps[i])...)
	}
	for i, d := range p.moved {
		rows = append(rows, stepRows(d.ID, p.resume[i])...)
	}
	_, err = w.insert(w.tx, insertSteps, rows)
	return err
}

// stepRows are planned reminders as insertSteps takes them: a roster brings hundreds of thousands.
func stepRows(duty int64, steps []season.Planned) [][]any {
	rows := make([][]any, len(steps))
	for i, st := range steps {
		rows[i] = []any{duty, st.Step, st.To, utc(st.At), StepPlanned}
	}
	return rows
}
