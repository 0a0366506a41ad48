package storage

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"xianjie/season"
)

// Unit is a branch or a college with everything the rules need to say what falls due for it.
type Unit struct {
	Org      Org
	College  Org // itself, for a college
	Standing season.OrgStanding
}

// OrgChange is what changes for one organisation.
type OrgChange struct {
	Season string
	Kind   string // OrgBranch or OrgCollege
	OrgID  int64
	Events []OrgEvent
	Undo   []int64       // ids of OrgEvents taken back
	Duties []season.Duty // the open duties from now on (season.OrgDutiesOf)
	// Closing is the outcome of duties that are no longer open.
	Closing string
	Replan  bool // as in MemberChange
}

// Standings are organisations as they stand now. From when they stand like this nobody writes down: it counts from at.
// Indices transfers_college, transfers_branch, org_events_org, duties_org.
func (s *Store) Standings(ctx context.Context, ids []int64, at time.Time) ([]Unit, error) {
	var all []Unit
	err := chunked(ids, func(ids []int64) error {
		some, err := s.standings(s.db(ctx), ids, at)
		all = append(all, some...)
		return err
	})
	return all, err
}

func (s *Store) standings(db *gorm.DB, ids []int64, at time.Time) ([]Unit, error) {
	units, err := unitsByID(db, ids)
	if err != nil {
		return nil, err
	}
	var branches, colleges []int64
	for id, u := range units {
		u.Standing = season.OrgStanding{Subject: u.Org.Kind, At: at, Opened: map[string]time.Time{}, Events: map[string]time.Time{}}
		if u.Org.Kind == OrgBranch {
			branches = append(branches, id)
		} else {
			colleges = append(colleges, id)
		}
	}
	for column, ids := range map[string][]int64{"transfers.branch_id": branches, "transfers.college_id": colleges} {
		if err := countUnits(db, column, ids, units); err != nil {
			return nil, err
		}
	}
	var events []OrgEvent
	if err := db.Where("org_id IN ? AND undone_at IS NULL", ids).Order("id").Find(&events).Error; err != nil {
		return nil, err
	}
	for _, e := range events {
		if u := units[e.OrgID]; u != nil {
			u.Standing.Events[e.Event] = e.At
		}
	}
	open, err := openOrgDuties(db, ids)
	if err != nil {
		return nil, err
	}
	for _, d := range open {
		if u := units[d.OrgID]; u != nil {
			u.Standing.Opened[d.Rule] = d.OpenedAt
		}
	}
	return listed(units), nil
}

// Units are branches and colleges by id, without how they stand.
func (s *Store) Units(ctx context.Context, ids []int64) ([]Unit, error) {
	var all []Unit
	err := chunked(ids, func(ids []int64) error {
		units, err := unitsByID(s.db(ctx), ids)
		all = append(all, listed(units)...)
		return err
	})
	return all, err
}

// UnitsWithin are the branches or the colleges in a scope, by id.
func (s *Store) UnitsWithin(ctx context.Context, sc Scope, kind string) ([]Unit, error) {
	q := s.db(ctx).Model(&Org{}).Where("kind = ?", kind)
	switch {
	case sc.BranchID != 0:
		q = q.Where("id = ?", sc.BranchID)
	case sc.CollegeID != 0:
		q = q.Where("id = ? OR parent_id = ?", sc.CollegeID, sc.CollegeID)
	}
	var ids []int64
	if err := q.Order("id").Pluck("id", &ids).Error; err != nil {
		return nil, err
	}
	return s.Units(ctx, ids)
}

func listed(units map[int64]*Unit) []Unit {
	list := make([]Unit, 0, len(units))
	for _, u := range units {
		list = append(list, *u)
	}
	slices.SortFunc(list, func(a, b Unit) int { return cmp.Compare(a.Org.ID, b.Org.ID) })
	return list
}

func unitsByID(db *gorm.DB, ids []int64) (map[int64]*Unit, error) {
	orgs, err := orgsByID(db, ids)
	if err != nil {
		return nil, err
	}
	units := make(map[int64]*Unit, len(orgs))
	var above []int64
	for id, o := range orgs {
		if o.Kind != OrgBranch && o.Kind != OrgCollege {
			continue
		}
		units[id] = &Unit{Org: *o, College: *o}
		if o.Kind == OrgBranch && o.ParentID != nil {
			above = append(above, *o.ParentID)
		}
	}
	parents, err := orgsByID(db, above)
	if err != nil {
		return nil, err
	}
	for _, u := range units {
		if u.Org.Kind == OrgBranch && u.Org.ParentID != nil && parents[*u.Org.ParentID] != nil {
			u.College = *parents[*u.Org.ParentID]
		}
	}
	return units, nil
}

// countUnits counts how the members of organisations stand.
func countUnits(db *gorm.DB, column string, ids []int64, units map[int64]*Unit) error {
	if len(ids) == 0 {
		return nil
	}
	var rows []struct {
		Org         int64
		Cohort      int
		Destination string
		Route       string
		State       string
		N           int
	}
	by := column + ", people.cohort, transfers.destination, COALESCE(declarations.route, ''), transfers.state"
	err := db.Model(&Transfer{}).Joins("JOIN people ON people.id = transfers.person_id AND people.left_at IS NULL").
		Joins("LEFT JOIN declarations ON declarations.id = transfers.declaration_id").Where(column+" IN ?", ids).
		Select(column + " AS org, people.cohort, transfers.destination, COALESCE(declarations.route, '') AS route, transfers.state, COUNT(*) AS n").
		Group(by).Order(by).Scan(&rows).Error
	for _, r := range rows {
		st := &units[r.Org].Standing
		st.Members = append(st.Members, season.Count{Cohort: r.Cohort, Destination: r.Destination, Route: r.Route, State: r.State, N: r.N})
	}
	return err
}

// OpenDutiesOfOrgs are the open duties about organisations. Index duties_org.
func (s *Store) OpenDutiesOfOrgs(ctx context.Context, orgIDs []int64) ([]Duty, error) {
	var all []Duty
	err := chunked(orgIDs, func(ids []int64) error {
		ds, err := openOrgDuties(s.db(ctx), ids)
		all = append(all, ds...)
		return err
	})
	return all, err
}

func openOrgDuties(db *gorm.DB, orgIDs []int64) ([]Duty, error) {
	var ds []Duty
	return ds, db.Where("org_id IN ? AND subject IN ? AND closed_at IS NULL", orgIDs, []string{OrgBranch, OrgCollege}).
		Order("id").Find(&ds).Error
}

// Changed is the change by which the duties of an organisation follow what the rules say of it now, after some events.
func (u Unit) Changed(s *season.Season, events []OrgEvent, closing string) OrgChange {
	st := u.Standing
	st.Events = make(map[string]time.Time, len(u.Standing.Events)+len(events))
	for k, at := range u.Standing.Events {
		st.Events[k] = at
	}
	for _, e := range events {
		st.Events[e.Event] = e.At
	}
	return OrgChange{
		Season: s.Key, Kind: u.Org.Kind, OrgID: u.Org.ID, Events: events, Duties: s.Chased(s.OrgDutiesOf(st)), Closing: closing,
	}
}

// Differs reports whether a change opens or closes duties. The date of a duty about an organisation moves only with the
// season file.
func (u Unit) Differs(c OrgChange) bool {
	open := len(u.Standing.Opened)
	for _, d := range c.Duties {
		if _, ok := u.Standing.Opened[d.Rule]; !ok {
			return true
		}
		open--
	}
	return open != 0
}

// TouchedOrgs are the branches and colleges some member of which has changed since an instant. Index transfers_updated.
func (s *Store) TouchedOrgs(ctx context.Context, since time.Time) ([]int64, error) {
	var pairs []struct{ BranchID, CollegeID int64 }
	err := s.db(ctx).Model(&Transfer{}).Select("DISTINCT branch_id, college_id").Where("updated_at >= ?", utc(since)).Scan(&pairs).Error
	var ids []int64
	for _, p := range pairs {
		ids = append(ids, p.BranchID, p.CollegeID)
	}
	slices.Sort(ids)
	return slices.Compact(ids), err
}

// UnitIDs are all branches and colleges.
func (s *Store) UnitIDs(ctx context.Context) ([]int64, error) {
	var ids []int64
	return ids, s.db(ctx).Model(&Org{}).Where("kind IN ?", []string{OrgBranch, OrgCollege}).Order("id").Pluck("id", &ids).Error
}

// CommitOrgs writes what changes for organisations, all or none.
func (s *Store) CommitOrgs(ctx context.Context, changes []OrgChange) (Reconciled, error) {
	var r Reconciled
	err := s.tx(ctx, func(tx *gorm.DB) error {
		w := &work{Store: s, tx: tx, at: s.now()}
		err := w.orgs(changes)
		r = w.reconciled
		return err
	})
	return r, err
}

// orgs writes events about organisations and brings their duties in line. Two changes at once that open the same duty
// collide on its key.
func (w *work) orgs(changes []OrgChange) error {
	if len(changes) == 0 {
		return nil
	}
	var events []OrgEvent
	var undone, ids []int64
	list := make([]wanted, len(changes))
	for i, c := range changes {
		for _, e := range c.Events {
			e.OrgID, e.At, e.RecordedAt = c.OrgID, utc(e.At), utc(e.RecordedAt)
			events = append(events, e)
		}
		undone = append(undone, c.Undo...)
		ids = append(ids, c.OrgID)
		list[i] = wanted{
			subject: subject{kind: c.Kind, org: c.OrgID}, season: c.Season, duties: c.Duties, closing: c.Closing, replan: c.Replan,
		}
	}
	if len(undone) > 0 {
		err := w.tx.Model(&OrgEvent{}).Where("id IN ? AND undone_at IS NULL", undone).Update("undone_at", w.at).Error
		if err != nil {
			return err
		}
	}
	if len(events) > 0 {
		if err := w.tx.CreateInBatches(&events, w.most).Error; err != nil {
			return err
		}
	}
	var open []Duty
	err := chunked(ids, func(ids []int64) error {
		some, err := openOrgDuties(w.lock(w.tx), ids)
		open = append(open, some...)
		return err
	})
	if err != nil {
		return err
	}
	if err := w.align(list, open); err != nil {
		return fmt.Errorf("duties of organisations: %w", err)
	}
	return nil
}

// OrgEventsOf are the events of organisations that count, oldest first. Index org_events_org.
func (s *Store) OrgEventsOf(ctx context.Context, orgIDs []int64) ([]OrgEvent, error) {
	var all []OrgEvent
	err := chunked(orgIDs, func(ids []int64) error {
		var es []OrgEvent
		err := s.db(ctx).Where("org_id IN ? AND undone_at IS NULL", ids).Order("id").Find(&es).Error
		all = append(all, es...)
		return err
	})
	return all, err
}
