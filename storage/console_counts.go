package storage

import (
	"context"
	"time"

	"gorm.io/gorm"
)

// UnitCount is how many members of a college, or within a college of a branch, stand in a state.
type UnitCount struct {
	UnitID int64
	Count  `gorm:"embedded"`
}

// CountsPerUnit counts like CountsIn, by college for the whole school and by branch within a college or a branch. It reads
// every member in the scope.
func (s *Store) CountsPerUnit(ctx context.Context, sc Scope) ([]UnitCount, error) {
	unit := "transfers.branch_id"
	if sc == (Scope{}) {
		unit = "transfers.college_id"
	}
	by := unit + ", transfers.college_id, people.cohort, transfers.destination, COALESCE(declarations.route, ''), transfers.track, transfers.state"
	var cs []UnitCount
	return cs, sc.of(s.onRoster(ctx)).Joins("LEFT JOIN declarations ON declarations.id = transfers.declaration_id").
		Select(unit + " AS unit_id, transfers.college_id, people.cohort, transfers.destination, COALESCE(declarations.route, '') AS route, transfers.track, transfers.state, COUNT(*) AS n").
		Group(by).Order(by).Scan(&cs).Error
}

// UnitsBelow are the colleges of the school, the branches of a college, or the one branch, in the order of the roster.
func (s *Store) UnitsBelow(ctx context.Context, sc Scope) ([]Org, error) {
	q := s.db(ctx).Order("id")
	switch {
	case sc.BranchID != 0:
		q = q.Where("id = ?", sc.BranchID)
	case sc.CollegeID != 0:
		q = q.Where("kind = ? AND parent_id = ?", OrgBranch, sc.CollegeID)
	default:
		q = q.Where("kind = ?", OrgCollege)
	}
	var os []Org
	return os, q.Find(&os).Error
}

// OrgWithin finds a college or branch by id; false when it does not exist or is outside the scope. Within a scope lie the
// organisations below it and itself.
func (s *Store) OrgWithin(ctx context.Context, sc Scope, id int64) (Org, bool, error) {
	var os []Org
	if err := s.db(ctx).Where("id = ? AND kind IN ?", id, []string{OrgCollege, OrgBranch}).Find(&os).Error; err != nil || len(os) == 0 {
		return Org{}, false, err
	}
	o := os[0]
	switch {
	case sc.BranchID != 0:
		return o, o.ID == sc.BranchID, nil
	case sc.CollegeID != 0:
		return o, o.ID == sc.CollegeID || o.ParentID != nil && *o.ParentID == sc.CollegeID, nil
	}
	return o, true, nil
}

// about narrows duties to those about the members and organisations in a scope. Indices duties_org, duties_person.
func (sc Scope) about(q *gorm.DB) *gorm.DB {
	switch {
	case sc.BranchID != 0:
		return q.Where(`(duties.subject = ? AND duties.person_id IN (SELECT person_id FROM transfers WHERE branch_id = ?)
			OR duties.subject = ? AND duties.org_id = ?)`, SubjectMember, sc.BranchID, OrgBranch, sc.BranchID)
	case sc.CollegeID != 0:
		return q.Where("duties.org_id IN (SELECT id FROM orgs WHERE id = ? OR parent_id = ?)", sc.CollegeID, sc.CollegeID)
	}
	return q
}

// DutyCount is how many open duties of one rule are due on one day.
type DutyCount struct {
	Rule   string
	Due    string // civil date
	Party  string // who answers for them
	N      int
	Lapsed int // of these: overdue
}

// DutyCounts counts the open duties in a scope by rule and day, the next due first.
func (s *Store) DutyCounts(ctx context.Context, sc Scope) ([]DutyCount, error) {
	var cs []DutyCount
	return cs, sc.about(s.db(ctx).Model(&Duty{})).Where("closed_at IS NULL").
		Select("rule, due, party, COUNT(*) AS n, SUM(CASE WHEN lapsed_at IS NULL THEN 0 ELSE 1 END) AS lapsed").
		Group("rule, due, party").Order("due, rule, party").Scan(&cs).Error
}

// Queue is what waits to leave an account.
type Queue struct {
	Ready   int        // could leave now
	Later   int        // is meant for later
	Held    int        // a person must release it
	Waiting *time.Time // since when the oldest of Ready could leave
}

// QueueOf tells what waits to leave an account. Index outbox_queue.
func (s *Store) QueueOf(ctx context.Context, account string) (Queue, error) {
	var q Queue
	now := s.now()
	var rows []struct {
		State string
		Later bool
		N     int
	}
	err := s.db(ctx).Model(&Outbox{}).Where("account = ? AND state IN ?", account, []string{OutQueued, OutHeld}).
		Select("state, not_before > ? AS later, COUNT(*) AS n", now).Group("state, later").Scan(&rows).Error
	if err != nil {
		return q, err
	}
	for _, r := range rows {
		switch {
		case r.State == OutHeld:
			q.Held += r.N
		case r.Later:
			q.Later += r.N
		default:
			q.Ready += r.N
		}
	}
	var oldest []Outbox
	err = s.db(ctx).Select("not_before").Where("account = ? AND state = ? AND not_before <= ?", account, OutQueued, now).
		Order("not_before").Limit(1).Find(&oldest).Error
	if len(oldest) > 0 {
		q.Waiting = &oldest[0].NotBefore
	}
	return q, err
}
