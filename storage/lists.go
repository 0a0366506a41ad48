package storage

import (
	"context"
	"slices"
	"strings"

	"gorm.io/gorm"

	"xianjie/season"
)

// Scope is the part of the school an officer sees: one branch, one college, or (zero) everything.
type Scope struct {
	CollegeID int64
	BranchID  int64
}

// ScopeOf is what somebody with these roles may see and record: a branch, a college, or everything. The widest role counts.
// There must be one.
func ScopeOf(roles []RoleIn) Scope {
	var sc Scope
	for _, r := range roles {
		switch r.Party {
		case OrgCommittee:
			return Scope{}
		case OrgCollege:
			sc = Scope{CollegeID: r.OrgID}
		case OrgBranch:
			if sc.CollegeID == 0 {
				sc = Scope{BranchID: r.OrgID}
			}
		}
	}
	return sc
}

func (sc Scope) of(q *gorm.DB) *gorm.DB {
	switch {
	case sc.BranchID != 0:
		return q.Where("transfers.branch_id = ?", sc.BranchID)
	case sc.CollegeID != 0:
		return q.Where("transfers.college_id = ?", sc.CollegeID)
	}
	return q
}

// TrackState is a state of a track.
type TrackState struct{ Track, State string }

// Filter narrows a list of members; the zero Filter takes everybody.
type Filter struct {
	Undeclared  bool         // only those without a declaration
	Declared    bool         // only those with one
	Destination string       // only this destination
	StateIn     []TrackState // only these states
	Open        bool         // only those not in DoneStates
	DoneStates  []TrackState
	Missing     *Missing // only those a rate counts and does not count as done
	ThisYear    int      // only those who graduate by this year, and those later who declared something; 0: everybody
	Reached     *Missing // only those it counts as done
	Counted     *Missing // only those it counts
	Find        string   // only those whose name contains this, or whose number begins with it
}

// Missing are the people behind what a rate lacks, and of the rate at all.
type Missing struct {
	Cohort     int      // year of graduation; nobody's counts as this
	Later      bool     // it counts who graduates after that year
	Of         []string // destinations that count
	Undeclared bool     // who has not declared counts, too
	Done       []string // states that count as done
	Via        []string // destination/route on which they do; none: on every one
}

// undeclared is season.Undeclared as it stands in transfers.state.
const undeclared = "undeclared"

func (f Filter) of(q *gorm.DB) *gorm.DB {
	if f.Undeclared {
		q = q.Where("transfers.state = ?", undeclared)
	}
	if f.Declared {
		q = q.Where("transfers.state <> ?", undeclared)
	}
	if f.Destination != "" {
		q = q.Where("transfers.destination = ?", f.Destination)
	}
	if f.StateIn != nil {
		q = q.Where("(transfers.track, transfers.state) IN ?", pairs(f.StateIn))
	}
	if f.Open && len(f.DoneStates) > 0 {
		q = q.Where("(transfers.track, transfers.state) NOT IN ?", pairs(f.DoneStates))
	}
	if f.ThisYear != 0 {
		q = q.Where("(people.cohort <= ? OR transfers.destination <> '')", f.ThisYear)
	}
	if m := f.Missing; m != nil {
		done, args := m.done()
		q = m.counted(q).Where("NOT ("+done+")", args...)
	}
	if m := f.Reached; m != nil {
		done, args := m.done()
		q = m.counted(q).Where(done, args...)
	}
	if m := f.Counted; m != nil {
		q = m.counted(q)
	}
	if f.Find != "" {
		q = found(q, f.Find)
	}
	return q
}

// found narrows a list to those somebody looks for. Names are scanned in index people_found, numbers found in people_no.
func found(q *gorm.DB, find string) *gorm.DB {
	if strings.Trim(find, "0123456789") == "" {
		return q.Where("people.no >= ? AND people.no < ?", find, find+":") // the character after 9
	}
	pattern := strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(find)
	return q.Where("people.name LIKE ? ESCAPE '!'", "%"+pattern+"%")
}

// none stands in lists that must not be empty.
const none = "-"

func (m *Missing) counted(q *gorm.DB) *gorm.DB {
	of := append([]string{none}, m.Of...)
	if m.Undeclared {
		of = append(of, "")
	}
	if m.Later {
		q = q.Where("people.cohort > ? AND transfers.destination IN ?", m.Cohort, of)
	} else {
		q = q.Where("people.cohort IN ? AND transfers.destination IN ?", []int{0, m.Cohort}, of)
	}
	return q
}

// done is the condition under which somebody who counts is done.
func (m *Missing) done() (string, []any) {
	done := append([]string{none}, m.Done...)
	if len(m.Via) == 0 {
		return "transfers.state IN ?", []any{done}
	}
	routes := [][]any{{none, none}}
	for _, v := range m.Via {
		if dest, route, one := strings.Cut(v, "/"); one {
			routes = append(routes, []any{dest, route})
		}
	}
	return `transfers.state IN ? AND (transfers.destination IN ? OR EXISTS (
		SELECT 1 FROM declarations d WHERE d.id = transfers.declaration_id AND (d.destination, d.route) IN ?))`, []any{done, m.Via, routes}
}

func pairs(states []TrackState) [][]any {
	ps := make([][]any, len(states))
	for i, s := range states {
		ps[i] = []any{s.Track, s.State}
	}
	return ps
}

// onRoster are the transfers of members who have not been struck off.
func (s *Store) onRoster(ctx context.Context) *gorm.DB {
	return s.db(ctx).Model(&Transfer{}).Joins("JOIN people ON people.id = transfers.person_id AND people.left_at IS NULL")
}

// MembersIn is one page of the members in a scope that fit a filter, by person id after a given one, and how many fit
// in all. Indices transfers_college, transfers_branch.
func (s *Store) MembersIn(ctx context.Context, sc Scope, f Filter, after int64, limit int) ([]Member, int, error) {
	var total int64
	if err := f.of(sc.of(s.onRoster(ctx))).Count(&total).Error; err != nil {
		return nil, 0, err
	}
	var ids []int64
	err := f.of(sc.of(s.onRoster(ctx))).Where("transfers.person_id > ?", after).
		Order("transfers.person_id").Limit(limit).Pluck("transfers.person_id", &ids).Error
	if err != nil {
		return nil, 0, err
	}
	ms, err := s.Members(ctx, ids)
	return ms, int(total), err
}

// MembersMeant finds members in a scope by id, number or name; what is not there or outside the scope is left out.
// Indices people_no, people_name.
func (s *Store) MembersMeant(ctx context.Context, sc Scope, ids []int64, nos, names []string) ([]Member, error) {
	var found []int64
	for _, by := range []struct {
		column string
		values any
	}{{"people.id", ids}, {"people.no", nos}, {"people.name", names}} {
		var some []int64
		err := sc.of(s.onRoster(ctx)).Where(by.column+" IN ?", by.values).Order("people.id").Limit(600).Pluck("people.id", &some).Error
		if err != nil {
			return nil, err
		}
		found = append(found, some...)
	}
	seen := map[int64]bool{}
	var unique []int64
	for _, id := range found {
		if !seen[id] {
			seen[id] = true
			unique = append(unique, id)
		}
	}
	return s.Members(ctx, unique)
}

// MembersNumbered finds members in a scope by number; what is not there or outside the scope is left out. Index people_no.
func (s *Store) MembersNumbered(ctx context.Context, sc Scope, nos []string) ([]Member, error) {
	var found []int64
	err := chunked(nos, func(nos []string) error {
		var some []int64
		err := sc.of(s.onRoster(ctx)).Where("people.no IN ?", nos).Order("people.id").Pluck("people.id", &some).Error
		found = append(found, some...)
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(found)
	return s.Members(ctx, slices.Compact(found))
}

// Count is how many members of a college, or of a branch, stand in a state.
type Count struct {
	CollegeID   int64
	BranchID    int64 // 0 where branches are not told apart
	Cohort      int   // year of graduation
	Destination string
	Route       string // of the current declaration
	Track       string
	State       string
	N           int
}

// Count is the same as the season's rates see it.
func (c Count) Count() season.Count {
	return season.Count{Cohort: c.Cohort, Destination: c.Destination, Route: c.Route, State: c.State, N: c.N}
}

// CountsIn counts the members in a scope by college, cohort, destination, route and state.
func (s *Store) CountsIn(ctx context.Context, sc Scope) ([]Count, error) {
	return s.countsBy(ctx, sc, "transfers.college_id")
}

// CountsByBranch is CountsIn with every branch counted for itself.
func (s *Store) CountsByBranch(ctx context.Context, sc Scope) ([]Count, error) {
	return s.countsBy(ctx, sc, "transfers.college_id, transfers.branch_id")
}

func (s *Store) countsBy(ctx context.Context, sc Scope, orgs string) ([]Count, error) {
	by := orgs + ", people.cohort, transfers.destination, COALESCE(declarations.route, ''), transfers.track, transfers.state"
	var cs []Count
	return cs, sc.of(s.onRoster(ctx)).Joins("LEFT JOIN declarations ON declarations.id = transfers.declaration_id").
		Select(orgs + ", people.cohort, transfers.destination, COALESCE(declarations.route, '') AS route, transfers.track, transfers.state, COUNT(*) AS n").
		Group(by).Order(by).Scan(&cs).Error
}
