package storage

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"xianjie/season"
)

// Reconciled counts what became of duties when the facts behind them changed.
type Reconciled struct {
	Opened, Moved, Closed int
}

// subject is whom duties are about.
type subject struct {
	kind   string // SubjectMember, OrgBranch, OrgCollege
	person int64  // 0 for an organisation
	org    int64  // of a member, the college
}

// openKey is what makes a duty unique while it is open.
func (s subject) openKey(rule string) string {
	if s.kind == SubjectMember {
		return fmt.Sprintf("%s/%d", rule, s.person)
	}
	return fmt.Sprintf("%s/%s/%d", rule, s.kind, s.org)
}

// wanted is what should be open about one subject from now on.
type wanted struct {
	subject
	season  string
	duties  []season.Duty
	closing string // outcome of what is no longer wanted
	replan  bool
}

// duties brings the open duties of members in line with what the rules say now:
//
//	wanted and not open      opened, with its reminders
//	open and due otherwise   moved: reminders not sent yet are dropped, those of the new date planned
//	open and not wanted      closed with the change's outcome, reminders not sent yet dropped
func (w *work) duties(changes []MemberChange) error {
	ids := make([]int64, len(changes))
	list := make([]wanted, len(changes))
	for i, c := range changes {
		ids[i] = c.Transfer.PersonID
		list[i] = wanted{
			subject: subject{SubjectMember, c.Transfer.PersonID, c.Transfer.CollegeID},
			season:  c.Season, duties: c.Duties, closing: c.Closing, replan: c.Replan,
		}
	}
	var open []Duty
	err := chunked(ids, func(ids []int64) error { // index duties_person
		var rows []Duty
		err := w.lock(w.tx).Where("person_id IN ? AND closed_at IS NULL", ids).Order("id").Find(&rows).Error
		open = append(open, rows...)
		return err
	})
	if err != nil {
		return err
	}
	return w.align(list, open)
}

// align makes the open duties of some subjects those that are wanted.
func (w *work) align(list []wanted, open []Duty) error {
	bySubject := make(map[subject][]*Duty, len(list))
	for i := range open {
		d := &open[i]
		s := subject{d.Subject, d.PersonID, d.OrgID}
		if d.Subject == SubjectMember {
			s.org = 0
		}
		bySubject[s] = append(bySubject[s], d)
	}
	p := dutyPlan{closed: map[string][]int64{}}
	for _, c := range list {
		s := c.subject
		if s.kind == SubjectMember {
			s.org = 0
		}
		p.change(w, c, bySubject[s])
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

func (p *dutyPlan) change(w *work, c wanted, open []*Duty) {
	byRule := make(map[string]*Duty, len(open))
	for _, d := range open {
		byRule[d.Rule] = d
	}
	for _, d := range c.duties {
		lapses := utc(d.Lapses)
		if have := byRule[d.Rule]; have != nil {
			delete(byRule, d.Rule)
			if !have.LapsesAt.Equal(lapses) || c.replan {
				p.move(w, *have, d, lapses)
			}
			continue
		}
		key := c.openKey(d.Rule)
		p.fresh = append(p.fresh, Duty{
			Season: c.season, Rule: d.Rule, Subject: c.kind, PersonID: c.person, OrgID: c.org, Party: d.Of,
			OpenKey: &key, OpenedAt: utc(d.Opened), Due: d.Due.String(), LapsesAt: lapses,
		})
		p.steps = append(p.steps, d.Steps)
	}
	for _, have := range open {
		if byRule[have.Rule] != nil {
			p.closed[c.closing] = append(p.closed[c.closing], have.ID)
		}
	}
}

// move plans a duty anew. Only steps still to come are planned; when the date moved and none is to come although the
// duty has not lapsed, the last one leaves now. Where the date stands, what is due by now and not given yet stays due.
func (p *dutyPlan) move(w *work, have Duty, d season.Duty, lapses time.Time) {
	var steps []season.Planned
	if have.LapsedAt != nil && have.LapsesAt.Equal(lapses) {
		for _, st := range d.Overdue {
			if st.At.After(w.at) {
				steps = append(steps, st)
			}
		}
	}
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

// ofTheFile holds for steps a season file asks for; the others follow from what happened and outlast a change of the file.
const ofTheFile = `(step NOT LIKE '%:%' OR step LIKE 'overdue:%') AND step <> 'lapsed'`

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
			Where("duty_id IN ? AND state = ? AND at > ?", ids, StepPlanned, w.at).
			Where(ofTheFile).Update("state", StepDropped).Error
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
		err := w.tx.CreateInBatches(&p.fresh, w.most).Error
		if errors.Is(err, gorm.ErrDuplicatedKey) {
			return fmt.Errorf("a duty was opened meanwhile: %w", ErrConflict)
		}
		if err != nil {
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
		rows[i] = []any{duty, st.Step, st.To, nil, utc(st.At), StepPlanned}
	}
	return rows
}
