package roster

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"xianjie/understand"
)

// columnOf finds columns of a sheet by name.
func columnOf(known []column, name string) int {
	return slices.IndexFunc(known, func(c column) bool { return c.name == name })
}

// rowCheck reads the fields of one row and gathers what is wrong with them.
type rowCheck struct {
	known   []column
	row     *rawRow
	reasons []string
}

func (c *rowCheck) refuse(reason string) {
	if reason != "" {
		c.reasons = append(c.reasons, reason)
	}
}

// text is the cell of a column; a formula and a merged cell are refused here, and then give ok = false.
func (c *rowCheck) text(name string) (text string, number, ok bool) {
	i := columnOf(c.known, name)
	bit := uint32(1) << i
	switch {
	case c.row.formula&bit != 0:
		c.refuse(fmt.Sprintf("%s是公式，请改成公式的结果（复制后“选择性粘贴”为数值）。", name))
		return "", false, false
	case c.row.merged&bit != 0:
		c.refuse(fmt.Sprintf("%s是合并单元格，请取消合并后逐行填写。", name))
		return "", false, false
	case strings.HasPrefix(c.row.texts[i], "#"):
		c.refuse(fmt.Sprintf("%s是表格程序的错误值“%s”，请改成正确的内容。", name, oneLine(c.row.texts[i], 20)))
		return "", false, false
	}
	return c.row.texts[i], c.row.number&bit != 0, true
}

func (c *rowCheck) read(name string, field func(text string, number bool) (string, string)) string {
	text, number, ok := c.text(name)
	if !ok {
		return ""
	}
	v, reason := field(text, number)
	c.refuse(reason)
	return v
}

func (c *rowCheck) number(name string) string {
	return c.read(name, func(s string, n bool) (string, string) { return numberField(name, s, n) })
}

func (c *rowCheck) name() string {
	return c.read(ColName, func(s string, _ bool) (string, string) { return nameField(s) })
}

func (c *rowCheck) org(name string) string {
	return c.read(name, func(s string, _ bool) (string, string) { return orgField(name, s) })
}

func (c *rowCheck) phone() string { return c.read(ColPhone, phoneField) }

func (c *rowCheck) political() string {
	return c.read(ColPolitical, func(s string, _ bool) (string, string) { return politicalField(s) })
}

// former is an organisation outside the school, written as its people write it.
func (c *rowCheck) former() string {
	return c.read(ColFormer, func(s string, _ bool) (string, string) {
		if tidy(s) == "" {
			return "", ""
		}
		return orgField(ColFormer, s)
	})
}

func (c *rowCheck) cohort(date04 bool) int {
	text, number, ok := c.text(ColCohort)
	if !ok {
		return 0
	}
	v, reason := yearField(text, number, date04)
	c.refuse(reason)
	return v
}

// reject is the row with its reasons. no and name are what could be read of them, "" where they are at fault.
func (c *rowCheck) reject(sheet, noColumn, no, name string) Reject {
	return Reject{
		At:      At{sheet, c.row.line},
		No:      cmp.Or(no, oneLine(c.row.texts[columnOf(c.known, noColumn)], 30)),
		Name:    cmp.Or(name, oneLine(c.row.texts[columnOf(c.known, ColName)], 30)),
		Reasons: c.reasons,
	}
}

// checkMembers checks the rows of 团员 one by one, then against each other: one number stands for one member.
func (b *Book) checkMembers(rows []rawRow, date04 bool) {
	good := make([]MemberRow, 0, len(rows))
	for i := range rows {
		c := rowCheck{known: memberColumns, row: &rows[i]}
		m := Member{
			No: c.number(ColNo), Name: c.name(), College: c.org(ColCollege), Branch: c.org(ColBranch),
			Cohort: c.cohort(date04), Phone: c.phone(), Political: c.political(),
			Former: c.former(),
		}
		if len(c.reasons) > 0 {
			b.Rejects = append(b.Rejects, c.reject(SheetMembers, ColNo, m.No, m.Name))
			continue
		}
		good = append(good, MemberRow{At{SheetMembers, rows[i].line}, m})
	}
	type several struct { // rows with one number
		rows   []int
		differ bool
	}
	first := make(map[string]int, len(good)) // number → its first row in good
	again := map[string]*several{}
	for i, m := range good {
		j, ok := first[m.No]
		if !ok {
			first[m.No] = i
			continue
		}
		s := again[m.No]
		if s == nil {
			s = &several{rows: []int{j}}
			again[m.No] = s
		}
		s.rows = append(s.rows, i)
		s.differ = s.differ || good[j].Member != m.Member
	}
	repeated := 0
	for i, m := range good {
		s := again[m.No]
		switch {
		case s != nil && s.differ:
			reason := fmt.Sprintf("学号 %s 在文件里出现多次而内容不同（第 %s 行），请只留一行。", m.No, lines(s.rows, func(i int) int { return good[i].Line }))
			b.Rejects = append(b.Rejects, Reject{m.At, m.No, m.Name, []string{reason}})
		case first[m.No] != i:
			repeated++
		default:
			b.Members = append(b.Members, m)
		}
	}
	if repeated > 0 {
		b.notice("工作表“%s”里有 %d 行与前面的行完全相同，只算一次。", SheetMembers, repeated)
	}
}

// checkOfficers checks the rows of 干部. A person may have several roles and so several rows, which must agree about
// the person, and with the row of 团员 when there is one.
func (b *Book) checkOfficers(rows []rawRow) {
	var good []OfficerRow
	for i := range rows {
		c := rowCheck{known: officerColumns, row: &rows[i]}
		o := Officer{No: c.number(ColOfficerNo), Name: c.name(), Phone: c.phone()}
		o.Role, o.College, o.Branch = c.role()
		if len(c.reasons) > 0 {
			b.Rejects = append(b.Rejects, c.reject(SheetOfficers, ColOfficerNo, o.No, o.Name))
			continue
		}
		good = append(good, OfficerRow{At{SheetOfficers, rows[i].line}, o})
	}
	refused := map[string]bool{}
	for _, r := range b.Rejects {
		if r.Sheet == SheetMembers {
			refused[r.No] = true
		}
	}
	people := make(map[string]*person, len(good))
	for i, o := range good {
		p := people[o.No]
		if p == nil {
			p = &person{name: o.Name, phone: o.Phone, refused: refused[o.No]}
			people[o.No] = p
		}
		p.add(i, o.Officer)
	}
	for i := range b.Members {
		if p := people[b.Members[i].No]; p != nil {
			p.member = &b.Members[i].Member
		}
	}
	seen := make(map[Officer]bool, len(good))
	repeated := 0
	for _, o := range good {
		p := people[o.No]
		if reason := p.fault(o.No, func(i int) int { return good[i].Line }); reason != "" {
			b.Rejects = append(b.Rejects, Reject{o.At, o.No, o.Name, []string{reason}})
			continue
		}
		o.Name, o.Phone = p.name, p.phone
		if m := p.member; m != nil {
			m.Phone = cmp.Or(m.Phone, p.phone)
			o.Name, o.Phone = m.Name, m.Phone
		}
		if seen[o.Officer] {
			repeated++
			continue
		}
		seen[o.Officer] = true
		b.Officers = append(b.Officers, o)
	}
	if repeated > 0 {
		b.notice("工作表“%s”里有 %d 行与前面的行完全相同，只算一次。", SheetOfficers, repeated)
	}
}

// role reads role and organisation, of which each role needs its own part; what it does not need may stand there.
func (c *rowCheck) role() (role Role, college, branch string) {
	text, _, ok := c.text(ColRole)
	if !ok {
		return "", "", ""
	}
	role, reason := roleField(text)
	c.refuse(reason)
	switch role {
	case RoleBranch:
		return role, c.org(ColCollege), c.org(ColBranch)
	case RoleCollege:
		return role, c.org(ColCollege), ""
	}
	return role, "", ""
}

// person is what the rows of 干部 with one number say about who it is.
type person struct {
	name, phone        string
	rows               []int
	otherName, otherNo bool // rows disagree about the name, about the telephone
	refused            bool // the row of 团员 with this number is refused
	member             *Member
}

func (p *person) add(row int, o Officer) {
	p.rows = append(p.rows, row)
	p.otherName = p.otherName || !understand.SameName(o.Name, p.name)
	switch {
	case p.phone == "":
		p.phone = o.Phone
	case o.Phone != "" && o.Phone != p.phone:
		p.otherNo = true
	}
}

// fault says why none of the person's rows can be taken.
func (p *person) fault(no string, line func(int) int) string {
	switch {
	case p.refused:
		return fmt.Sprintf("学号 %s 在“%s”表里的行未通过检查，请先改正那一行。", no, SheetMembers)
	case p.otherName:
		return fmt.Sprintf("学号/工号 %s 在文件里对应不同的姓名（第 %s 行）。", no, lines(p.rows, line))
	case p.otherNo:
		return fmt.Sprintf("学号/工号 %s 在文件里有不同的手机号（第 %s 行）。", no, lines(p.rows, line))
	case p.member != nil && !understand.SameName(p.member.Name, p.name):
		return fmt.Sprintf("学号 %s 在“%s”表里是另一个姓名“%s”。", no, SheetMembers, p.member.Name)
	case p.member != nil && p.member.Phone != "" && p.phone != "" && p.member.Phone != p.phone:
		return fmt.Sprintf("手机号与“%s”表里的不同。", SheetMembers)
	}
	return ""
}

// lines lists line numbers for a sentence.
func lines(rows []int, line func(int) int) string {
	var b strings.Builder
	for i, r := range rows {
		if i == 10 {
			b.WriteString(" 等")
			break
		}
		if i > 0 {
			b.WriteString("、")
		}
		fmt.Fprint(&b, line(r))
	}
	return b.String()
}

// compareRejects orders refused rows as the workbook has them: 团员 before 干部, then by line.
func compareRejects(a, b Reject) int {
	if a.Sheet != b.Sheet {
		if a.Sheet == SheetMembers {
			return -1
		}
		return 1
	}
	return cmp.Compare(a.Line, b.Line)
}
