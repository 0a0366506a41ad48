package roster

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"xianjie/storage"
)

// Field is one field of a person that changes. Value "" is none.
type Field struct {
	Name     string // name of the column
	From, To string
}

// Change is a person in the store whom the workbook describes differently.
type Change struct {
	At
	To      storage.Listed // as they stand from now on
	Fields  []Field
	Returns bool // struck off before, on the roster again
}

// Office is a role in an organisation, held by a person.
type Office struct {
	storage.Seat
	Name string // of the person
}

// Diff is what the good rows of a workbook change in the store, and what is reported beside it.
type Diff struct {
	Added       []MemberRow
	NewOfficers []OfficerRow // persons who are in the store neither as members nor as officers, one row each
	Changed     []Change
	Unchanged   int              // members whose row says what the store has
	Missing     []storage.Listed // members of the colleges and cohorts in the workbook it does not list: reported, never deleted

	RolesAdded []Office
	// RolesEnded are held by persons in whose place the workbook names others: a role ends when the workbook lists its
	// organisation with that role, and not this person. Offices it does not mention stay as they are, and so do those of
	// persons whose own row of 干部 is refused.
	RolesEnded []Office

	NewColleges []string
	NewBranches [][2]string // college, branch

	Rejects []Reject // of Read, and officers whose organisation does not exist
	Notices []string
}

// Plan compares the good rows of a workbook with the store. It writes nothing.
func Plan(b *Book, dir storage.Directory) Diff {
	p := &planner{
		diff:  Diff{Rejects: slices.Clone(b.Rejects), Notices: slices.Clone(b.Notices)},
		known: make(map[string]*storage.Listed, len(dir.People)),
		orgs:  make(map[[2]string]bool, len(dir.Branches)),
		fresh: map[[2]string]bool{},
	}
	for i := range dir.People {
		p.known[dir.People[i].No] = &dir.People[i]
	}
	for _, c := range dir.Colleges {
		p.orgs[[2]string{c}] = true
	}
	for _, br := range dir.Branches {
		p.orgs[br] = true
	}
	for _, m := range b.Members {
		p.member(m)
	}
	if b.HasMembers {
		p.missing(b.Members, dir.People)
	}
	p.roles(b, dir.Seats)
	slices.SortStableFunc(p.diff.Rejects, compareRejects)
	return p.diff
}

// Roster is the diff as the store applies it. committee is the name of the committee, which no workbook tells; audit is
// the line that records who imported what.
func (d Diff) Roster(committee string, audit storage.Audit) storage.Roster {
	r := storage.Roster{Committee: committee, Audit: audit}
	for _, m := range d.Added {
		r.People = append(r.People, m.listed())
	}
	for _, o := range d.NewOfficers {
		r.People = append(r.People, o.listed())
	}
	for _, c := range d.Changed {
		r.People = append(r.People, c.To)
	}
	for _, o := range d.RolesAdded {
		r.RolesAdded = append(r.RolesAdded, o.Seat)
	}
	for _, o := range d.RolesEnded {
		r.RolesEnded = append(r.RolesEnded, o.Seat)
	}
	return r
}

func (m Member) listed() storage.Listed {
	return storage.Listed{
		No: m.No, Name: m.Name, College: m.College, Branch: m.Branch, Cohort: m.Cohort, Phone: m.Phone, Political: m.Political,
		Former: m.Former,
	}
}

// listed leaves out the organisation: a person is listed under the one they are a member of.
func (o Officer) listed() storage.Listed {
	return storage.Listed{No: o.No, Name: o.Name, Phone: o.Phone}
}

// seat is the role as the store has it.
func (o Officer) seat() storage.Seat {
	return storage.Seat{No: o.No, Party: string(o.Role), College: o.College, Branch: o.Branch}
}

// planner builds one Diff.
type planner struct {
	diff  Diff
	known map[string]*storage.Listed
	orgs  map[[2]string]bool // college and branch, or college and "": in the store
	fresh map[[2]string]bool // in the workbook only
}

func (p *planner) member(m MemberRow) {
	p.org(m.College)
	p.org(m.College, m.Branch)
	k := p.known[m.No]
	if k == nil {
		p.diff.Added = append(p.diff.Added, m)
		return
	}
	if !p.change(m.At, k, m.listed()) {
		p.diff.Unchanged++
	}
}

// change notes how a person of the store differs from what the workbook says; false: not at all. Optional fields, and
// for an officer everything about membership, are left alone where the workbook has none.
func (p *planner) change(at At, k *storage.Listed, to storage.Listed) bool {
	var fields []Field
	note := func(name, from, to string) {
		if to != "" && from != to {
			fields = append(fields, Field{name, from, to})
		}
	}
	note(ColName, k.Name, to.Name)
	note(ColCollege, k.College, to.College)
	note(ColBranch, k.Branch, to.Branch)
	note(ColCohort, yearText(k.Cohort), yearText(to.Cohort))
	note(ColPhone, k.Phone, to.Phone)
	note(ColPolitical, k.Political, to.Political)
	note(ColFormer, k.Former, to.Former)
	if len(fields) == 0 && !k.Left {
		return false
	}
	p.diff.Changed = append(p.diff.Changed, Change{at, to, fields, k.Left})
	return true
}

// org notes a college, or a college and a branch, of a good row that the store does not have.
func (p *planner) org(names ...string) {
	var key [2]string
	copy(key[:], names)
	if p.orgs[key] || p.fresh[key] {
		return
	}
	p.fresh[key] = true
	if len(names) == 1 {
		p.diff.NewColleges = append(p.diff.NewColleges, names[0])
	} else {
		p.diff.NewBranches = append(p.diff.NewBranches, key)
	}
}

// missing lists the members of the store the workbook should have listed. Refused rows list their member too.
func (p *planner) missing(rows []MemberRow, people []storage.Listed) {
	colleges, cohorts := map[string]bool{}, map[int]bool{}
	listed := make(map[string]bool, len(rows))
	for _, m := range rows {
		colleges[m.College], cohorts[m.Cohort], listed[m.No] = true, true, true
	}
	for _, r := range p.diff.Rejects {
		if r.Sheet == SheetMembers {
			listed[r.No] = true
		}
	}
	aside := 0
	for _, k := range people {
		switch {
		case k.Cohort == 0, k.Left, listed[k.No]:
		case !colleges[k.College] || !cohorts[k.Cohort]:
			aside++
		default:
			p.diff.Missing = append(p.diff.Missing, k)
		}
	}
	slices.SortFunc(p.diff.Missing, func(a, b storage.Listed) int {
		return cmp.Or(cmp.Compare(a.College, b.College), cmp.Compare(a.Branch, b.Branch), cmp.Compare(a.No, b.No))
	})
	if aside > 0 {
		p.notice("库里另有 %d 名团员，所在学院或毕业年份不在这份文件里，没有比较，保持不变。", aside)
	}
}

func (p *planner) notice(format string, args ...any) {
	p.diff.Notices = append(p.diff.Notices, fmt.Sprintf(format, args...))
}

// roles compares the sheet 干部 with the roles of the store. Persons and offices keep the order of the workbook.
func (p *planner) roles(b *Book, stored []storage.Seat) {
	seen := make(map[string]bool, len(b.Members)) // persons of the workbook
	for _, m := range b.Members {
		seen[m.No] = true
	}
	held := make(map[storage.Seat]bool, len(stored))
	for _, s := range stored {
		held[s] = true
	}
	named := map[storage.Seat]bool{} // in the workbook
	for _, o := range b.Officers {
		if reason := p.noOrg(o.Officer); reason != "" {
			p.diff.Rejects = append(p.diff.Rejects, Reject{o.At, o.No, o.Name, []string{reason}})
			continue
		}
		if !seen[o.No] {
			p.officer(o)
		}
		seen[o.No] = true
		named[o.seat()] = true
		if !held[o.seat()] {
			p.diff.RolesAdded = append(p.diff.RolesAdded, Office{o.seat(), o.Name})
		}
	}
	if b.HasOfficers {
		p.ended(named, stored)
	}
}

// officer compares a person who is on the sheet 干部 only.
func (p *planner) officer(o OfficerRow) {
	if k := p.known[o.No]; k != nil {
		p.change(o.At, k, o.listed())
		return
	}
	p.diff.NewOfficers = append(p.diff.NewOfficers, o)
}

// ended finds the roles of the store that somebody else has in the workbook.
func (p *planner) ended(named map[storage.Seat]bool, stored []storage.Seat) {
	refused := map[string]bool{} // numbers and names in refused rows: their office is not known
	for _, r := range p.diff.Rejects {
		if r.Sheet == SheetOfficers {
			refused[r.No], refused[r.Name] = true, true
		}
	}
	filled := map[storage.Seat]bool{} // named, without the person
	for s := range named {
		s.No = ""
		filled[s] = true
	}
	kept := 0
	for _, s := range stored {
		if named[s] {
			continue
		}
		office, name := s, ""
		office.No = ""
		if k := p.known[s.No]; k != nil {
			name = k.Name
		}
		if !filled[office] || refused[s.No] || refused[name] {
			kept++
			continue
		}
		p.diff.RolesEnded = append(p.diff.RolesEnded, Office{s, name})
	}
	slices.SortFunc(p.diff.RolesEnded, func(a, b Office) int {
		return cmp.Or(cmp.Compare(a.College, b.College), cmp.Compare(a.Branch, b.Branch), cmp.Compare(a.Party, b.Party), cmp.Compare(a.No, b.No))
	})
	if kept > 0 {
		p.notice("库里另有 %d 项干部任职，所属组织的这一角色不在这份文件里，或本人所在的行未通过检查，保持不变。", kept)
	}
}

// noOrg says that an officer's organisation is neither in the store nor among the good rows of 团员.
func (p *planner) noOrg(o Officer) string {
	missing := func(college, branch string) bool {
		key := [2]string{college, branch}
		return !p.orgs[key] && !p.fresh[key]
	}
	switch {
	case o.Role == RoleCommittee:
		return ""
	case missing(o.College, ""):
		return fmt.Sprintf("%s“%s”在“%s”表的有效行和库里都没有，请核对名称。", ColCollege, o.College, SheetMembers)
	case o.Role == RoleBranch && missing(o.College, o.Branch):
		return fmt.Sprintf("%s“%s”不在“%s”里：“%s”表的有效行和库里都没有，请核对名称。", ColBranch, o.Branch, o.College, SheetMembers)
	}
	return ""
}

func yearText(year int) string {
	if year == 0 {
		return ""
	}
	return strconv.Itoa(year)
}
