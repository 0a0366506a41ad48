package storage

import (
	"context"

	"gorm.io/gorm"
)

// DutyFilter narrows the open duties; the zero DutyFilter takes all.
type DutyFilter struct {
	Rule    string
	Due     string // civil date
	Overdue bool
}

func (f DutyFilter) of(q *gorm.DB) *gorm.DB {
	if f.Rule != "" {
		q = q.Where("duties.rule = ?", f.Rule)
	}
	if f.Due != "" {
		q = q.Where("duties.due = ?", f.Due)
	}
	if f.Overdue {
		q = q.Where("duties.lapsed_at IS NOT NULL")
	}
	return q
}

// DutyMark is a place in the list of duties: behind the one of that id, due that day.
type DutyMark struct {
	Due string
	ID  int64
}

// DutyAbout is a duty with whom it is about.
type DutyAbout struct {
	Duty
	About string // name of the member or the organisation
	Org   string // of a member: the college
}

// DutiesPage is one page of the open duties in a scope, the next due first, behind a mark. Index duties_calendar.
func (s *Store) DutiesPage(ctx context.Context, sc Scope, f DutyFilter, after DutyMark, limit int) ([]DutyAbout, error) {
	var ds []Duty
	err := f.of(sc.about(s.db(ctx).Model(&Duty{}))).Where("duties.closed_at IS NULL AND duties.due >= ? AND (duties.due > ? OR duties.id > ?)",
		after.Due, after.Due, after.ID).Order("duties.due, duties.id").Limit(limit).Find(&ds).Error
	if err != nil || len(ds) == 0 {
		return nil, err
	}
	var people, orgs []int64
	for _, d := range ds {
		people, orgs = append(people, d.PersonID), append(orgs, d.OrgID)
	}
	names, err := s.PeopleByID(ctx, people)
	if err != nil {
		return nil, err
	}
	units, err := orgsByID(s.db(ctx), orgs)
	if err != nil {
		return nil, err
	}
	list := make([]DutyAbout, len(ds))
	for i, d := range ds {
		list[i].Duty = d
		if o := units[d.OrgID]; o != nil {
			list[i].Org = o.Name
		}
		if d.Subject == SubjectMember {
			list[i].About = names[d.PersonID].Name
		} else {
			list[i].About, list[i].Org = list[i].Org, ""
		}
	}
	return list, nil
}

// DutyWithin reports whether there is a duty of that id in a scope.
func (s *Store) DutyWithin(ctx context.Context, sc Scope, id int64) (bool, error) {
	var n int64
	err := sc.about(s.db(ctx).Model(&Duty{})).Where("duties.id = ?", id).Count(&n).Error
	return n > 0, err
}
