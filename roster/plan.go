package roster

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
)

// Known is a person the store already has, as far as a roster can say anything about them.
type Known struct {
	No, Name        string
	College, Branch string // "" for an officer who is no member
	Cohort          int    // 0 for an officer who is no member
	Phone           string
	Political       string
	Left            bool // struck off the roster
	Roles           []Office
}

// Office is a role in an organisation.
type Office struct {
	Role            Role
	College, Branch string // as in Officer
}

// Directory is what the store has, for Plan to compare with.
type Directory struct {
	People   []Known // in any order, numbers unique
	Colleges []string
	Branches [][2]string // college, branch
}

// Field is one field of a person that changes. Value "" is none.
type Field struct {
	Name     string // name of the column
	From, To string
}

// Change is a person in the store whom the workbook describes differently.
type Change struct {
	At
	No, Name string // as the workbook has them
	Fields   []Field
	Returns  bool // struck off before, on the roster again
}

// OfficeOf is a person with one role.
type OfficeOf struct {
	No, Name string
	Office
}

// Diff is what the good rows of a workbook change in the store, and what is reported beside it.
type Diff struct {
	Added       []MemberRow
	NewOfficers []OfficerRow // persons who are in the store neither as members nor as officers, one row each
	Changed     []Change
	Unchanged   int     // members whose row says what the store has
	Missing     []Known // members of the colleges and cohorts in the workbook it does not list: reported, never deleted

	RolesAdded []OfficeOf
	// RolesEnded are held by persons in whose place the workbook names others: a role ends when the workbook lists its
	// organisation with that role, and not this person. Offices it does not mention stay as they are.
	RolesEnded []OfficeOf

	NewColleges []string
	NewBranches [][2]string // college, branch

	Rejects []Reject // of Read, and officers whose organisation does not exist
	Notices []string

	book *Book
	gone map[At]bool // rows refused here
}

// Plan compares the good rows of a workbook with the store. It writes nothing.
func Plan(b *Book, dir Directory) Diff {
	p := &planner{
		diff:  Diff{Rejects: slices.Clone(b.Rejects), Notices: slices.Clone(b.Notices), book: b, gone: map[At]bool{}},
		known: make(map[string]*Known, len(dir.People)),
		orgs:  map[[2]string]bool{},
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
	for i := range b.Members {
		p.member(&b.Members[i])
	}
	if b.HasMembers {
		p.missing(b.Members, dir.People)
	}
	p.officers(b)
	slices.SortStableFunc(p.diff.Rejects, compareRejects)
	return p.diff
}

// planner builds one Diff.
type planner struct {
	diff  Diff
	known map[string]*Known
	orgs  map[[2]string]bool // college and branch, or college and "": in the store
	fresh map[[2]string]bool // in the workbook only
}

func (p *planner) member(m *MemberRow) {
	p.org(m.College, m.Branch)
	k := p.known[m.No]
	if k == nil {
		p.diff.Added = append(p.diff.Added, *m)
		return
	}
	var fields []Field
	fields = differs(fields, ColName, k.Name, m.Name)
	fields = differs(fields, ColCollege, k.College, m.College)
	fields = differs(fields, ColBranch, k.Branch, m.Branch)
	fields = differs(fields, ColCohort, yearText(k.Cohort), strconv.Itoa(m.Cohort))
	fields = given(fields, ColPhone, k.Phone, m.Phone)
	fields = given(fields, ColPolitical, k.Political, m.Political)
	if len(fields) == 0 && !k.Left {
		p.diff.Unchanged++
		return
	}
	p.diff.Changed = append(p.diff.Changed, Change{m.At, m.No, m.Name, fields, k.Left})
}

func differs(fields []Field, name, from, to string) []Field {
	if from == to {
		return fields
	}
	return append(fields, Field{name, from, to})
}

// given is differs for optional columns: an empty cell leaves the stored value alone.
func given(fields []Field, name, from, to string) []Field {
	if to == "" {
		return fields
	}
	return differs(fields, name, from, to)
}

// org notes organisations of a good row that the store does not have.
func (p *planner) org(college, branch string) {
	if key := [2]string{college}; !p.orgs[key] && !p.fresh[key] {
		p.fresh[key] = true
		p.diff.NewColleges = append(p.diff.NewColleges, college)
	}
	if key := [2]string{college, branch}; !p.orgs[key] && !p.fresh[key] {
		p.fresh[key] = true
		p.diff.NewBranches = append(p.diff.NewBranches, key)
	}
}

// missing lists the members of the store the workbook should have listed. Refused rows list their member too.
func (p *planner) missing(rows []MemberRow, people []Known) {
	colleges, cohorts := map[string]bool{}, map[int]bool{}
	listed := make(map[string]bool, len(rows))
	for _, m := range rows {
		colleges[m.College], cohorts[m.Cohort], listed[m.No] = true, true, true
	}
	for _, r := range p.diff.Rejects {
		listed[tidy(r.No)] = true
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
	slices.SortFunc(p.diff.Missing, func(a, b Known) int {
		return cmp.Or(cmp.Compare(a.College, b.College), cmp.Compare(a.Branch, b.Branch), cmp.Compare(a.No, b.No))
	})
	if aside > 0 {
		p.notice("库里另有 %d 名团员，所在学院或毕业年份不在这份文件里，没有比较，保持不变。", aside)
	}
}

func (p *planner) notice(format string, args ...any) {
	p.diff.Notices = append(p.diff.Notices, fmt.Sprintf(format, args...))
}

// officers compares roles. Persons and offices are taken in the order of the workbook.
func (p *planner) officers(b *Book) {
	member := make(map[string]bool, len(b.Members))
	for i := range b.Members {
		member[b.Members[i].No] = true
	}
	holders := map[Office]map[string]bool{} // offices the workbook lists, with their holders
	seen := map[string]bool{}
	for _, o := range b.Officers {
		if reason := p.noOrg(o.Officer); reason != "" {
			p.diff.Rejects = append(p.diff.Rejects, Reject{o.At, o.No, o.Name, []string{reason}})
			p.diff.gone[o.At] = true
			continue
		}
		k := p.known[o.No]
		if !seen[o.No] && !member[o.No] {
			p.officer(o, k)
		}
		seen[o.No] = true
		office := Office{o.Role, o.College, o.Branch}
		if holders[office] == nil {
			holders[office] = map[string]bool{}
		}
		holders[office][o.No] = true
		if k == nil || !slices.Contains(k.Roles, office) {
			p.diff.RolesAdded = append(p.diff.RolesAdded, OfficeOf{o.No, o.Name, office})
		}
	}
	kept := 0
	for _, k := range p.known {
		for _, office := range k.Roles {
			switch h := holders[office]; {
			case h == nil:
				kept++
			case !h[k.No]:
				p.diff.RolesEnded = append(p.diff.RolesEnded, OfficeOf{k.No, k.Name, office})
			}
		}
	}
	slices.SortFunc(p.diff.RolesEnded, func(a, b OfficeOf) int {
		return cmp.Or(cmp.Compare(a.College, b.College), cmp.Compare(a.Branch, b.Branch), cmp.Compare(a.Role, b.Role), cmp.Compare(a.No, b.No))
	})
	if b.HasOfficers && kept > 0 {
		p.notice("库里另有 %d 项干部任职，所属组织的这一角色不在这份文件里，保持不变。", kept)
	}
}

// officer compares a person who is on the sheet 干部 only.
func (p *planner) officer(o OfficerRow, k *Known) {
	if k == nil {
		p.diff.NewOfficers = append(p.diff.NewOfficers, o)
		return
	}
	fields := differs(nil, ColName, k.Name, o.Name)
	fields = given(fields, ColPhone, k.Phone, o.Phone)
	if len(fields) > 0 || k.Left {
		p.diff.Changed = append(p.diff.Changed, Change{o.At, o.No, o.Name, fields, k.Left})
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
