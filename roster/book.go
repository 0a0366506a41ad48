package roster

import "xianjie/storage"

// Names of the two sheets.
const (
	SheetMembers  = "团员"
	SheetOfficers = "干部"
)

// Columns of the sheets, as the template writes them. Headers are recognised without regard to spaces, line breaks,
// width and what stands in brackets.
const (
	ColNo        = "学号"
	ColName      = "姓名"
	ColCollege   = "二级团组织"
	ColBranch    = "团支部"
	ColCohort    = "毕业年份"
	ColPhone     = "手机号"
	ColPolitical = "政治面貌"
	ColFormer    = "原团组织" // of new students whose relation stands elsewhere; a workbook need not have it
	ColOfficerNo = "学号/工号"
	ColRole      = "角色"
	ColReason    = "原因" // added by WriteRejected, ignored by Read
)

// Member is one good row of the sheet 团员: a graduating member (毕业学生团员) with normalised fields.
type Member struct {
	No        string // 8 to 12 digits
	Name      string
	College   string // 二级团组织
	Branch    string // 团支部, unique within its college
	Cohort    int    // year of graduation
	Phone     string // 11 digits; "" when the row has none, which leaves a stored one alone
	Political string // 政治面貌; "" as above
	Former    string // where the relation of a new student stands; "" as above
}

// Officer is one good row of the sheet 干部: one role of one person.
type Officer struct {
	No      string // student number, 8 to 12 digits, or staff number, 4 to 12
	Name    string
	Role    Role
	College string // "" for the committee
	Branch  string // only for a branch secretary
	Phone   string // 11 digits or ""
}

// Role is what an officer does; its value is the party key of the season and the kind of the organisation.
type Role string

// The roles a workbook can give.
const (
	RoleBranch    Role = storage.OrgBranch    // 团支书
	RoleCollege   Role = storage.OrgCollege   // 学院团委书记
	RoleCommittee Role = storage.OrgCommittee // 校团委
)

// roleNames are the words of the column 角色, in the order errors list them.
var roleNames = []struct {
	role Role
	name string
}{
	{RoleBranch, "团支书"},
	{RoleCollege, "学院团委书记"},
	{RoleCommittee, "校团委"},
}

// String is the word of the column 角色.
func (r Role) String() string {
	for _, n := range roleNames {
		if n.role == r {
			return n.name
		}
	}
	return string(r)
}

// At is where a row stands in the workbook.
type At struct {
	Sheet string
	Line  int // as the spreadsheet program numbers its rows, from 1
}

// MemberRow is a good row of the sheet 团员.
type MemberRow struct {
	At
	Member
}

// OfficerRow is a good row of the sheet 干部. That its organisation exists is for Plan to say.
type OfficerRow struct {
	At
	Officer
}

// Reject is a row that cannot be taken as it stands.
type Reject struct {
	At
	No, Name string   // normalised where that was possible, else as written
	Reasons  []string // sentences for the person who corrects the row
}

// Book is a workbook read and checked. Rows keep the order of the workbook.
type Book struct {
	Members  []MemberRow
	Officers []OfficerRow
	Rejects  []Reject
	Notices  []string // what was left aside and why: unknown columns, repeated rows, a missing sheet

	HasMembers, HasOfficers bool // the sheet is there

	layout map[string]layout // by sheet
}
