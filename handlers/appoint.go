package handlers

import (
	"context"
	"errors"
	"slices"
	"strings"

	"gorm.io/gorm"

	"xianjie/storage"
	"xianjie/understand"
)

// The committee gives and takes offices: 任命 90005 王敏 学院团委书记 机械学院, 卸任 90005 王敏.

// offices are the words of a roster workbook for the roles, with the party whose role it is.
var offices = []struct{ word, party string }{
	{"学院团委书记", storage.OrgCollege}, {"团支书", storage.OrgBranch}, {"校团委", storage.OrgCommittee},
}

func isAppointment(t *turn) bool { return t.beginsWith(textAppoint) || t.beginsWith(textDismiss) }

// beginsWith reports that a message is a word, or a word followed by something.
func (t *turn) beginsWith(word string) bool {
	rest, ok := strings.CutPrefix(t.line, word)
	return ok && (rest == "" || isSeparator([]rune(rest)[0]))
}

// holder is somebody whose offices change.
type holder struct {
	person *storage.Person // nil: not on the roster
	roles  []storage.RoleIn
}

// appoint gives or takes an office. Whoever may not do that is answered as to any other word that means nothing here.
func (t *turn) appoint() {
	fields := strings.FieldsFunc(t.line, isSeparator)
	word, fields := fields[0], fields[1:]
	if len(fields) < 2 || !isNumber(fields[0]) {
		t.say(textAppointHow)
		return
	}
	no, name, rest := fields[0], understand.Name(fields[1]), fields[2:]
	h, ok := want(t, "holder/"+no, func(ctx context.Context, s *storage.Store) (holder, error) {
		p, err := s.PersonByNo(ctx, no)
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return holder{}, nil
		}
		if err != nil {
			return holder{}, err
		}
		roles, err := s.RolesOf(ctx, []int64{p.ID})
		return holder{&p, roles[p.ID]}, err
	})
	if ok && h.person != nil {
		t.viewedPeople(h.person.ID)
	}
	switch {
	case !ok:
	case h.person != nil && !understand.SameName(h.person.Name, name):
		t.say(textOtherName, no)
	case word == textAppoint:
		t.giveOffice(no, name, h, rest)
	default:
		t.takeOffice(no, h, rest)
	}
}

func isNumber(s string) bool {
	return len(s) >= 4 && strings.Trim(s, "0123456789") == ""
}

// giveOffice reads the role and the organisation, in any order of the words after the name.
func (t *turn) giveOffice(no, name string, h holder, words []string) {
	seat := storage.Seat{No: no}
	var names []string
	for _, w := range words {
		if i := slices.IndexFunc(offices, func(o struct{ word, party string }) bool { return o.word == w }); i >= 0 {
			seat.Party = offices[i].party
		} else {
			names = append(names, w)
		}
	}
	if seat.Party == "" {
		t.say(textAppointHow)
		return
	}
	title := t.season.School
	if seat.Party != storage.OrgCommittee {
		u, ok := t.unitFor(seat.Party, strings.Join(names, ""))
		if !ok {
			return
		}
		seat.College, title = u.College.Name, u.College.Name
		if seat.Party == storage.OrgBranch {
			seat.Branch, title = u.Org.Name, u.College.Name+u.Org.Name
		}
		if slices.ContainsFunc(h.roles, func(r storage.RoleIn) bool { return r.Party == seat.Party && r.OrgID == u.Org.ID }) {
			t.say(textOfficeAlready, name, title, officeWord(seat.Party))
			return
		}
	} else if slices.ContainsFunc(h.roles, func(r storage.RoleIn) bool { return r.Party == seat.Party }) {
		t.say(textOfficeAlready, name, title, officeWord(seat.Party))
		return
	}
	r := storage.Roster{RolesAdded: []storage.Seat{seat}}
	if h.person == nil {
		r.People = []storage.Listed{{No: no, Name: name}}
	}
	t.office(r, "appoint", no, seat)
	t.say(textAppointed, name, no, title, officeWord(seat.Party))
	if h.person == nil {
		t.say(textAppointedNew, no, name)
	}
}

// unitFor is the one branch or college a name means.
func (t *turn) unitFor(party, name string) (storage.Unit, bool) {
	units, ok := want(t, "units/all/"+party, func(ctx context.Context, s *storage.Store) ([]storage.Unit, error) {
		return s.UnitsWithin(ctx, storage.Scope{}, party)
	})
	if !ok {
		return storage.Unit{}, false
	}
	switch found := unitsNamed(units, name); {
	case name == "":
		t.say(textAppointHow)
	case len(found) == 0:
		t.say(textNobody, t.scopeName(), "“"+oneLine(name, 20)+"”")
	case len(found) > 1:
		t.say(textSeveralUnits, name)
	default:
		return found[0], true
	}
	return storage.Unit{}, false
}

// takeOffice ends the one office somebody has, or the one that is named.
func (t *turn) takeOffice(no string, h holder, words []string) {
	if h.person == nil || len(h.roles) == 0 {
		t.say(textNoOffice, no)
		return
	}
	var meant []storage.RoleIn
	for _, r := range h.roles {
		if len(words) == 0 || slices.Contains(words, officeWord(r.Party)) || slices.Contains(words, r.Org.Name) {
			meant = append(meant, r)
		}
	}
	if len(meant) != 1 {
		lines := make([]string, len(h.roles))
		for i, r := range h.roles {
			lines[i] = t.seat(r) + " " + officeWord(r.Party)
		}
		t.say(textWhichOffice, h.person.Name, no, h.person.Name)
		t.say("%s", strings.Join(lines, "\n"))
		return
	}
	role := meant[0]
	if role.Party == storage.OrgCommittee && role.PersonID == t.p.Person.ID {
		t.say(textNotOneself)
		return
	}
	seat := storage.Seat{No: no, Party: role.Party}
	switch role.Party {
	case storage.OrgCollege:
		seat.College = role.Org.Name
	case storage.OrgBranch:
		units, ok := t.units([]int64{role.OrgID})
		if !ok {
			return
		}
		seat.College, seat.Branch = units[role.OrgID].College.Name, role.Org.Name
	}
	t.office(storage.Roster{RolesEnded: []storage.Seat{seat}}, "dismiss", no, seat)
	t.say(textDismissed, h.person.Name, no, t.seat(role), officeWord(role.Party))
}

func (t *turn) office(r storage.Roster, action, no string, seat storage.Seat) {
	r.Committee = t.scopeName()
	r.Audit = storage.Audit{
		At: t.now, ActorID: t.personID(), ContactID: &t.p.Contact.ID, InboxID: &t.p.Inbox.ID, Action: action, Subject: "no/" + no,
		Detail: map[string]string{"party": seat.Party, "college": seat.College, "branch": seat.Branch},
	}
	t.out.Office = &storage.Office{Season: t.season, Roster: r}
}

// seat is the organisation of an office in words; of the committee, the school.
func (t *turn) seat(r storage.RoleIn) string {
	if r.Party == storage.OrgCommittee {
		return t.season.School
	}
	return r.Org.Name
}

func officeWord(party string) string {
	for _, o := range offices {
		if o.party == party {
			return o.word
		}
	}
	return party
}
