package scheduler

import (
	"context"
	"slices"

	"xianjie/storage"
)

// readers knows who can be told about which member.
type readers struct {
	members   map[int64]storage.Member  // only those on the roster
	contacts  map[int64]storage.Contact // of members and officers
	branch    map[int64][]storage.Person
	college   map[int64][]storage.Person
	committee []storage.Person
	parties   map[int64][]string // of officers
}

// lookUp loads members and everybody who may read about them.
func lookUp(ctx context.Context, s *storage.Store, memberIDs []int64) (*readers, error) {
	ms, err := s.Members(ctx, memberIDs)
	if err != nil {
		return nil, err
	}
	seats, err := s.Seats(ctx)
	if err != nil {
		return nil, err
	}
	r := &readers{
		members: make(map[int64]storage.Member, len(ms)),
		branch:  map[int64][]storage.Person{}, college: map[int64][]storage.Person{}, parties: map[int64][]string{},
	}
	ids := make([]int64, 0, len(ms)+len(seats))
	for _, m := range ms {
		if m.Person.LeftAt == nil {
			r.members[m.Person.ID] = m
			ids = append(ids, m.Person.ID)
		}
	}
	for _, seat := range seats {
		p, o := seat.Person, seat.Role.Org
		ids = append(ids, p.ID)
		if party := seat.Role.Party; !slices.Contains(r.parties[p.ID], party) {
			r.parties[p.ID] = append(r.parties[p.ID], party)
		}
		switch seat.Role.Party {
		case storage.OrgBranch:
			r.branch[o.ID] = join(r.branch[o.ID], p)
		case storage.OrgCollege:
			r.college[o.ID] = join(r.college[o.ID], p)
		case storage.OrgCommittee:
			r.committee = join(r.committee, p)
		}
	}
	slices.Sort(ids)
	r.contacts, err = s.ContactsOf(ctx, slices.Compact(ids))
	return r, err
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

// instead is who is told when nobody of a party can be reached.
var instead = map[string]string{
	storage.SubjectMember: storage.OrgBranch,
	storage.OrgBranch:     storage.OrgCollege,
	storage.OrgCollege:    storage.OrgCommittee,
}

// reach finds who can be told what is meant for a party: its people who have a chat, else those of the next party up.
// It returns the party found, "" when nobody can be told.
func (r *readers) reach(party string, m storage.Member) ([]storage.Person, string) {
	for party != "" {
		var there []storage.Person
		for _, p := range r.party(party, m) {
			if _, ok := r.contacts[p.ID]; ok {
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
// sending.
func (r *readers) concerns(person int64, party string, m storage.Member) bool {
	for ; party != ""; party = instead[party] {
		if slices.ContainsFunc(r.party(party, m), func(p storage.Person) bool { return p.ID == person }) {
			return true
		}
	}
	return false
}
