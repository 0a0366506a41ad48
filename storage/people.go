package storage

import (
	"context"
	"maps"
	"slices"

	"gorm.io/gorm"
)

// loaded is what stands about a person; parts that do not exist are nil.
type loaded struct {
	person          *Person
	branch, college *Org
	transfer        *Transfer
	declaration     *Declaration
	events          []TransferEvent
}

// loadPeople loads people with everything the rules need, in five queries per 500.
func (s *Store) loadPeople(ctx context.Context, ids []int64) (map[int64]*loaded, error) {
	m := make(map[int64]*loaded, len(ids))
	for _, id := range ids {
		m[id] = &loaded{}
	}
	err := chunked(ids, func(ids []int64) error { return s.loadChunk(s.db(ctx), ids, m) })
	return m, err
}

func (s *Store) loadChunk(db *gorm.DB, ids []int64, m map[int64]*loaded) error {
	var people []Person
	if err := db.Where("id IN ?", ids).Find(&people).Error; err != nil {
		return err
	}
	var orgIDs []int64
	for i := range people {
		p := &people[i]
		m[p.ID].person = p
		for _, id := range []*int64{p.BranchID, p.CollegeID} {
			if id != nil && !slices.Contains(orgIDs, *id) {
				orgIDs = append(orgIDs, *id)
			}
		}
	}
	orgs, err := orgsByID(db, orgIDs)
	if err != nil {
		return err
	}
	for i := range people {
		p, l := &people[i], m[people[i].ID]
		if p.BranchID != nil {
			l.branch = orgs[*p.BranchID]
		}
		if p.CollegeID != nil {
			l.college = orgs[*p.CollegeID]
		}
	}
	var transfers []Transfer
	if err := db.Where("person_id IN ?", ids).Find(&transfers).Error; err != nil {
		return err
	}
	var declarationIDs []int64
	for i := range transfers {
		t := &transfers[i]
		m[t.PersonID].transfer = t
		if t.DeclarationID != nil {
			declarationIDs = append(declarationIDs, *t.DeclarationID)
		}
	}
	if len(declarationIDs) > 0 {
		var declarations []Declaration
		if err := db.Where("id IN ?", declarationIDs).Find(&declarations).Error; err != nil {
			return err
		}
		for i := range declarations {
			m[declarations[i].PersonID].declaration = &declarations[i]
		}
	}
	// Of the current declaration, and what stands beside every declaration. Index transfer_events_person.
	var events []TransferEvent
	err = db.Where("person_id IN ? AND undone_at IS NULL AND (declaration_id IS NULL OR declaration_id IN ?)", ids, append(declarationIDs, 0)).
		Order("id").Find(&events).Error
	if err != nil {
		return err
	}
	for _, e := range events {
		m[e.PersonID].events = append(m[e.PersonID].events, e)
	}
	return nil
}

func orgsByID(db *gorm.DB, ids []int64) (map[int64]*Org, error) {
	m := make(map[int64]*Org, len(ids))
	var orgs []Org
	if len(ids) == 0 {
		return m, nil
	}
	if err := db.Where("id IN ?", ids).Find(&orgs).Error; err != nil {
		return nil, err
	}
	for i := range orgs {
		m[orgs[i].ID] = &orgs[i]
	}
	return m, nil
}

// Members are the graduating members among these people, in the order of the ids.
func (s *Store) Members(ctx context.Context, ids []int64) ([]Member, error) {
	m, err := s.loadPeople(ctx, ids)
	if err != nil {
		return nil, err
	}
	var ms []Member
	for _, id := range ids {
		l := m[id]
		if l.person == nil || l.transfer == nil || l.branch == nil || l.college == nil {
			continue
		}
		ms = append(ms, Member{*l.person, *l.branch, *l.college, *l.transfer, l.declaration, l.events})
	}
	return ms, nil
}

// EachMember calls f with all members on the roster, 500 at a time, in order of their ids.
func (s *Store) EachMember(ctx context.Context, f func([]Member) error) error {
	for after := int64(0); ; {
		var ids []int64
		err := s.db(ctx).Model(&Transfer{}).Joins("JOIN people ON people.id = transfers.person_id AND people.left_at IS NULL").
			Where("transfers.person_id > ?", after).Order("transfers.person_id").Limit(500).Pluck("transfers.person_id", &ids).Error
		if err != nil || len(ids) == 0 {
			return err
		}
		ms, err := s.Members(ctx, ids)
		if err != nil {
			return err
		}
		if err := f(ms); err != nil {
			return err
		}
		after = ids[len(ids)-1]
	}
}

// Person finds a person by id.
func (s *Store) Person(ctx context.Context, id int64) (Person, error) {
	var p Person
	return p, s.db(ctx).Take(&p, id).Error
}

// PersonByNo finds a person by student or staff number. Index people_no.
func (s *Store) PersonByNo(ctx context.Context, no string) (Person, error) {
	var p Person
	return p, s.db(ctx).Take(&p, "no = ?", no).Error
}

// RolesOf are the present roles of people on the roster with their organisations. Index roles_person.
func (s *Store) RolesOf(ctx context.Context, personIDs []int64) (map[int64][]RoleIn, error) {
	m := make(map[int64][]RoleIn)
	err := chunked(personIDs, func(ids []int64) error {
		var roles []Role
		err := s.db(ctx).Joins("JOIN people ON people.id = roles.person_id AND people.left_at IS NULL").
			Where("roles.person_id IN ? AND roles.until IS NULL", ids).Order("roles.id").Find(&roles).Error
		if err != nil {
			return err
		}
		var orgIDs []int64
		for _, r := range roles {
			orgIDs = append(orgIDs, r.OrgID)
		}
		orgs, err := orgsByID(s.db(ctx), orgIDs)
		if err != nil {
			return err
		}
		for _, r := range roles {
			if o := orgs[r.OrgID]; o != nil {
				m[r.PersonID] = append(m[r.PersonID], RoleIn{r, *o})
			}
		}
		return nil
	})
	return m, err
}

// Officers are the people with a role in an organisation; orgID 0 means every organisation of that kind.
// Index roles_org.
func (s *Store) Officers(ctx context.Context, party string, orgID int64) ([]Person, error) {
	var ps []Person
	q := s.db(ctx).Joins("JOIN roles ON roles.person_id = people.id AND roles.until IS NULL").
		Where("roles.party = ? AND people.left_at IS NULL", party)
	if orgID != 0 {
		q = q.Where("roles.org_id = ?", orgID)
	}
	return ps, q.Distinct("people.*").Order("people.id").Find(&ps).Error
}

// Orgs are all organisations of a kind, by name.
func (s *Store) Orgs(ctx context.Context, kind string) ([]Org, error) {
	var os []Org
	return os, s.db(ctx).Where("kind = ?", kind).Order("id").Find(&os).Error
}

// Matter finds a matter by its number.
func (s *Store) Matter(ctx context.Context, id int64) (Matter, error) {
	var m Matter
	return m, s.db(ctx).Take(&m, id).Error
}

// OpenMatters are the unanswered matters of colleges, oldest first; nil means all. Index matters_open.
func (s *Store) OpenMatters(ctx context.Context, collegeIDs []int64) ([]Matter, error) {
	var ms []Matter
	q := s.db(ctx).Where("answered_at IS NULL")
	if collegeIDs != nil {
		q = q.Where("college_id IN ?", collegeIDs)
	}
	return ms, q.Order("id").Limit(200).Find(&ms).Error
}

// OpenMattersOfContact are the unanswered matters a chat raised. Index matters_contact.
func (s *Store) OpenMattersOfContact(ctx context.Context, contactID int64) ([]Matter, error) {
	var ms []Matter
	return ms, s.db(ctx).Where("contact_id = ? AND answered_at IS NULL", contactID).Order("id").Find(&ms).Error
}

// OpenDutiesOf are the open duties about members, the next due first. Index duties_person.
func (s *Store) OpenDutiesOf(ctx context.Context, personIDs []int64) ([]Duty, error) {
	var all []Duty
	err := chunked(personIDs, func(ids []int64) error {
		var ds []Duty
		err := s.db(ctx).Where("person_id IN ? AND closed_at IS NULL", ids).Order("lapses_at, id").Find(&ds).Error
		all = append(all, ds...)
		return err
	})
	return all, err
}

// Seated is a role with who holds it.
type Seated struct {
	Person Person
	Role   RoleIn
}

// Seats are all present roles of people on the roster, by role.
func (s *Store) Seats(ctx context.Context) ([]Seated, error) { return s.SeatsIn(ctx, nil) }

// SeatsIn are the present roles of people on the roster in some branches and colleges and in the committee; nil means
// everywhere. Index roles_org.
func (s *Store) SeatsIn(ctx context.Context, orgIDs []int64) ([]Seated, error) {
	q := s.db(ctx).Joins("JOIN people ON people.id = roles.person_id AND people.left_at IS NULL").Where("roles.until IS NULL")
	if orgIDs != nil {
		q = q.Where("(roles.party = ? OR roles.party IN ? AND roles.org_id IN ?)", OrgCommittee, []string{OrgBranch, OrgCollege}, orgIDs)
	}
	var roles []Role
	if err := q.Order("roles.id").Find(&roles).Error; err != nil {
		return nil, err
	}
	personIDs, seatOrgs := make([]int64, len(roles)), make([]int64, len(roles))
	for i, r := range roles {
		personIDs[i], seatOrgs[i] = r.PersonID, r.OrgID
	}
	people := make(map[int64]Person, len(personIDs))
	err := chunked(personIDs, func(ids []int64) error {
		var rows []Person
		err := s.db(ctx).Where("id IN ?", ids).Find(&rows).Error
		for _, p := range rows {
			people[p.ID] = p
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	orgs := map[int64]*Org{}
	err = chunked(seatOrgs, func(ids []int64) error {
		some, err := orgsByID(s.db(ctx), ids)
		maps.Copy(orgs, some)
		return err
	})
	if err != nil {
		return nil, err
	}
	seats := make([]Seated, 0, len(roles))
	for _, r := range roles {
		if o := orgs[r.OrgID]; o != nil {
			seats = append(seats, Seated{people[r.PersonID], RoleIn{r, *o}})
		}
	}
	return seats, nil
}

// SeatsWithin are the present roles of people on the roster in a branch, or in a college and its branches, or, for
// everything, in the committee. Index roles_org.
func (s *Store) SeatsWithin(ctx context.Context, sc Scope) ([]Seated, error) {
	var ids []int64
	q := s.db(ctx).Model(&Org{})
	switch {
	case sc.BranchID != 0:
		q = q.Where("id = ?", sc.BranchID)
	case sc.CollegeID != 0:
		q = q.Where("id = ? OR parent_id = ?", sc.CollegeID, sc.CollegeID)
	default:
		q = q.Where("kind = ?", OrgCommittee)
	}
	if err := q.Order("id").Pluck("id", &ids).Error; err != nil {
		return nil, err
	}
	seats, err := s.SeatsIn(ctx, ids)
	return slices.DeleteFunc(seats, func(seat Seated) bool { return !slices.Contains(ids, seat.Role.OrgID) }), err
}
