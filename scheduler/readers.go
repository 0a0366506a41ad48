package scheduler

import (
	"context"
	"maps"
	"slices"

	"xianjie/storage"
)

// readers knows who can be told about which member, branch or college.
type readers struct {
	members   map[int64]storage.Member  // only those on the roster
	units     map[int64]storage.Member  // branches and colleges, as if they were members of themselves
	contacts  map[int64]storage.Contact // of members and officers
	branch    map[int64][]storage.Person
	college   map[int64][]storage.Person
	committee []storage.Person
	people    map[int64]storage.Person // officers
	parties   map[int64][]string       // of officers
	handed    map[int64][]storage.Handed
}

// lookUp loads whom duties are about and everybody who may read about them.
func lookUp(ctx context.Context, s *storage.Store, duties []storage.Duty) (*readers, error) {
	var memberIDs, orgIDs, dutyIDs []int64
	for _, d := range duties {
		dutyIDs = append(dutyIDs, d.ID)
		if d.Subject == storage.SubjectMember {
			memberIDs = append(memberIDs, d.PersonID)
		} else {
			orgIDs = append(orgIDs, d.OrgID)
		}
	}
	r := &readers{
		members: map[int64]storage.Member{}, units: map[int64]storage.Member{},
		branch: map[int64][]storage.Person{}, college: map[int64][]storage.Person{},
		people: map[int64]storage.Person{}, parties: map[int64][]string{}, handed: map[int64][]storage.Handed{},
	}
	ms, err := s.Members(ctx, unique(memberIDs))
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, m := range ms {
		if m.Person.LeftAt == nil {
			r.members[m.Person.ID] = m
			ids = append(ids, m.Person.ID)
		}
	}
	units, err := s.Units(ctx, unique(orgIDs))
	if err != nil {
		return nil, err
	}
	for _, u := range units {
		m := storage.Member{Person: storage.Person{Name: u.Org.Name}, College: u.College}
		if u.Org.Kind == storage.OrgBranch {
			m.Branch = u.Org
		}
		r.units[u.Org.ID] = m
	}
	handed, err := s.HandedOver(ctx, unique(dutyIDs))
	if err != nil {
		return nil, err
	}
	for _, h := range handed {
		r.handed[h.DutyID] = append(r.handed[h.DutyID], h)
	}
	orgs := r.orgs()
	seats, err := s.SeatsIn(ctx, orgs)
	if err != nil {
		return nil, err
	}
	for _, seat := range seats {
		p, o := seat.Person, seat.Role.Org
		r.people[p.ID] = p
		r.acts(p.ID, seat.Role.Party)
		switch seat.Role.Party {
		case storage.OrgBranch:
			r.branch[o.ID] = join(r.branch[o.ID], p)
		case storage.OrgCollege:
			r.college[o.ID] = join(r.college[o.ID], p)
		case storage.OrgCommittee:
			r.committee = join(r.committee, p)
		}
	}
	if orgs != nil { // officers may have other offices elsewhere
		if err := r.elsewhere(ctx, s, handed); err != nil {
			return nil, err
		}
	}
	for id := range r.people {
		ids = append(ids, id)
	}
	r.contacts, err = s.ContactsOf(ctx, unique(ids))
	return r, err
}

// elsewhere loads the offices that officers have in organisations nobody was asked about, and those of whoever took a
// matter over.
func (r *readers) elsewhere(ctx context.Context, s *storage.Store, handed []storage.Handed) error {
	var takers []int64
	for _, h := range handed {
		if _, known := r.people[h.To]; !known {
			takers = append(takers, h.To)
		}
	}
	takers = unique(takers)
	roles, err := s.RolesOf(ctx, append(slices.Sorted(maps.Keys(r.people)), takers...))
	if err != nil {
		return err
	}
	people, err := s.PeopleByID(ctx, takers)
	if err != nil {
		return err
	}
	for id, of := range roles {
		if p, ok := people[id]; ok && p.LeftAt == nil {
			r.people[id] = p
		}
		for _, role := range of {
			r.acts(id, role.Party)
		}
	}
	return nil
}

// acts notes that somebody acts for a party somewhere.
func (r *readers) acts(person int64, party string) {
	if !slices.Contains(r.parties[person], party) {
		r.parties[person] = append(r.parties[person], party)
	}
}

func unique(ids []int64) []int64 {
	slices.Sort(ids)
	return slices.Compact(ids)
}

// fewOrgs is how many organisations are asked for by number; of more, all are loaded.
const fewOrgs = 60

// orgs are the branches and colleges somebody of which may be told, nil for all.
func (r *readers) orgs() []int64 {
	var ids []int64
	for _, all := range []map[int64]storage.Member{r.members, r.units} {
		for _, m := range all {
			ids = append(ids, m.Branch.ID, m.College.ID)
		}
	}
	if ids = unique(ids); len(ids) > fewOrgs {
		return nil
	}
	return ids
}

// about is whom a duty is about; false for a member who is not on the roster any more.
func (r *readers) about(d storage.Duty) (storage.Member, bool) {
	if d.Subject == storage.SubjectMember {
		m, ok := r.members[d.PersonID]
		return m, ok
	}
	m, ok := r.units[d.OrgID]
	return m, ok
}

// join adds a person who is not there yet: nothing keeps a roster from naming one twice for one office.
func join(people []storage.Person, p storage.Person) []storage.Person {
	if slices.ContainsFunc(people, func(q storage.Person) bool { return q.ID == p.ID }) {
		return people
	}
	return append(people, p)
}

// party are the people who act for a party in the matter of a member.
func (r *readers) party(party string, m storage.Member) []storage.Person {
	switch party {
	case storage.SubjectMember:
		return []storage.Person{m.Person}
	case storage.OrgBranch:
		return r.branch[m.Branch.ID]
	case storage.OrgCollege:
		return r.college[m.College.ID]
	case storage.OrgCommittee:
		return r.committee
	}
	return nil
}

// acting are the people who act for a party in the matter of a duty: those of the party, and in the place of who handed
// it over whoever has it now.
func (r *readers) acting(d storage.Duty, party string, m storage.Member) []storage.Person {
	people := r.party(party, m)
	if len(r.handed[d.ID]) == 0 {
		return people
	}
	var now []storage.Person
	for _, p := range people {
		now = join(now, r.has(d, party, p))
	}
	return now
}

// has is who has a matter by now that was somebody's: it may be handed on, and what was said last counts. It stays with who
// handed it over to somebody who has no office or no chat any more.
func (r *readers) has(d storage.Duty, party string, p storage.Person) storage.Person {
	been := map[int64]bool{}
	for !been[p.ID] {
		been[p.ID] = true
		for _, h := range slices.Backward(r.handed[d.ID]) {
			if h.Party != party || h.From != p.ID {
				continue
			}
			taker, inOffice := r.people[h.To]
			if _, reached := r.contacts[h.To]; inOffice && reached {
				p = taker
			}
			break
		}
	}
	return p
}

// tookOver reports that a matter was handed over to a person.
func (r *readers) tookOver(d storage.Duty, person int64) bool {
	return slices.ContainsFunc(r.handed[d.ID], func(h storage.Handed) bool { return h.To == person })
}

// instead is who is told when nobody of a party can be reached.
var instead = map[string]string{
	storage.SubjectMember: storage.OrgBranch,
	storage.OrgBranch:     storage.OrgCollege,
	storage.OrgCollege:    storage.OrgCommittee,
}

// reach finds who can be told what is meant for a party: its people who have a chat and whom a message did not fail to
// reach, else those of the next party up. It returns the party found, "" when nobody can be told.
func (r *readers) reach(d storage.Duty, party string, m storage.Member, failed func(person int64) bool) ([]storage.Person, string) {
	for party != "" {
		var there []storage.Person
		for _, p := range r.acting(d, party, m) {
			if _, ok := r.contacts[p.ID]; ok && !failed(p.ID) {
				there = append(there, p)
			}
		}
		if len(there) > 0 {
			return there, party
		}
		party = instead[party]
	}
	return nil, ""
}

// concerns reports whether a person may still be told what was meant for a party: offices change between planning and
// sending, and matters are handed over.
func (r *readers) concerns(person int64, d storage.Duty, party string, m storage.Member) bool {
	is := func(p storage.Person) bool { return p.ID == person }
	for ; party != ""; party = instead[party] {
		if slices.ContainsFunc(r.acting(d, party, m), is) || slices.ContainsFunc(r.party(party, m), is) {
			return true
		}
	}
	return false
}
