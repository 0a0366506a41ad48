package roster

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

var zhang = Member{
	No: "20160001", Name: "张三", College: "机械学院", Branch: "机械1班", Cohort: 2020, Phone: "15400000001", Political: "共青团员",
}

// rowOf is a member as a row of memberGrid.
func rowOf(m Member) []any {
	return []any{m.No, m.Name, m.College, m.Branch, m.Cohort, m.Phone, m.Political}
}

// with is zhang changed.
func with(change func(*Member)) Member {
	m := zhang
	change(&m)
	return m
}

func TestReadFindsItsColumns(t *testing.T) {
	row := []any{"机械1班", "张三", "20160001", "2020", "机械学院", "15400000001", "共青团员", "不要的"}
	for _, c := range []struct {
		name   string
		sheet  string
		above  grid
		header []any
	}{
		{"free order", "团员", nil, []any{"团支部", "姓名", "学号", "毕业年份", "二级团组织", "手机号", "政治面貌", "备注"}},
		{"spaces, width, breaks and marks", "团员", nil, []any{"团 支部", " 姓　名 ", "＊学号*", "毕业\n年份", "二级团组织：", "手机号（选填）", "'政治面貌", "备注"}},
		{"other words", "团员", nil, []any{"所在团支部", "团员姓名", "学生学号", "毕业年度", "学院", "联系电话", "政治面貌", "备注"}},
		{"a title and a note above", "团员", grid{{"2020 届毕业团员名册"}, nil, {"说明：请勿改动表头"}}, []any{"团支部", "姓名", "学号", "毕业年份", "二级团组织", "手机号", "政治面貌", "备注"}},
		{"a decorated sheet name", " 团员 ", nil, []any{"团支部", "姓名", "学号", "毕业年份", "二级团组织", "手机号", "政治面貌", "备注"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := readBook(t, saveBook(t, c.sheet, append(slices.Clone(c.above), c.header, row)))
			if len(b.Members) != 1 || b.Members[0].Member != zhang {
				t.Fatalf("members %+v, rejects %v", b.Members, b.Rejects)
			}
			if want := len(c.above) + 2; b.Members[0].Line != want {
				t.Errorf("row is said to be line %d, want %d", b.Members[0].Line, want)
			}
			if !mentions(b.Notices, "备注") || !mentions(b.Notices, "没有工作表“干部”") {
				t.Errorf("notices %q tell nothing of the unknown column or the missing sheet", b.Notices)
			}
		})
	}
}

// Headers are merged in practice: a title over all columns, and each header over two lines.
func TestReadFindsAMergedHeader(t *testing.T) {
	path := saveWith(t, func(f *excelize.File) {
		regions := [][2]string{{"A1", "G1"}}
		for col := range memberHeader {
			regions = append(regions, [2]string{columnName(col) + "2", columnName(col) + "3"})
		}
		for _, r := range regions {
			if err := f.MergeCell(SheetMembers, r[0], r[1]); err != nil {
				t.Fatal(err)
			}
		}
	}, SheetMembers, grid{{"2020 届毕业团员名册"}, anys(memberHeader), nil, rowOf(zhang)})
	b := readBook(t, path)
	if len(b.Members) != 1 || b.Members[0].Member != zhang || b.Members[0].Line != 4 {
		t.Errorf("members %+v, rejects %v", b.Members, b.Rejects)
	}
}

func mentions(notices []string, what string) bool {
	return slices.ContainsFunc(notices, func(n string) bool { return strings.Contains(n, what) })
}

func TestReadRefusesRowByRow(t *testing.T) {
	other := with(func(m *Member) { m.No, m.Name, m.Phone = "20160002", "李四", "" })
	for _, c := range []struct {
		name    string
		rows    grid
		good    []Member
		refused map[int]string // line → part of its reason
		notice  string
	}{
		{name: "good rows only", rows: grid{rowOf(zhang), rowOf(other)}, good: []Member{zhang, other}},
		{
			name: "a bad row stops no other",
			rows: grid{rowOf(zhang), {"x", "张三1", "", "", "20"}, rowOf(other)}, good: []Member{zhang, other},
			refused: map[int]string{3: "学号“x”应是 8 到 12 位数字。姓名“张三1”里有不属于姓名的字符“1”。二级团组织为空。团支部为空。毕业年份“20”应是四位年份。"},
		},
		{name: "blank rows are skipped", rows: grid{nil, {" ", "\u3000", "\t"}, rowOf(zhang), nil}, good: []Member{zhang}},
		{name: "identical rows count once", rows: grid{rowOf(zhang), rowOf(zhang), rowOf(zhang)}, good: []Member{zhang}, notice: "有 2 行与前面的行完全相同"},
		{
			name:    "rows that contradict each other are all refused",
			rows:    grid{rowOf(zhang), rowOf(other), rowOf(zhang), rowOf(with(func(m *Member) { m.Name = "张山" }))},
			good:    []Member{other},
			refused: map[int]string{2: "第 2、4、5 行", 4: "第 2、4、5 行", 5: "第 2、4、5 行"},
		},
		{
			name: "a formula", rows: grid{{"20160001", formula(`"张"&"三"`), "机械学院", "机械1班", 2020}, rowOf(other)},
			good: []Member{other}, refused: map[int]string{2: "姓名是公式"},
		},
		{
			name: "an error value", rows: grid{{"20160001", "张三", "#N/A", "机械1班", 2020}},
			refused: map[int]string{2: "二级团组织是表格程序的错误值“#N/A”"},
		},
		{name: "a formula in a column kept out", rows: grid{append(rowOf(zhang), formula("1+1"))}, good: []Member{zhang}},
		{name: "numbers as numbers", rows: grid{{20160001, "张三", "机械学院", "机械1班", 2020, 15400000001, "共青团员"}}, good: []Member{zhang}},
		{
			name: "a text longer than any field", rows: grid{{"20160001", strings.Repeat("长", 5000), "机械学院", "机械1班", 2020}},
			refused: map[int]string{2: "2 到 20 个字"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := readBook(t, saveBook(t, SheetMembers, memberGrid(c.rows...)))
			var good []Member
			for _, m := range b.Members {
				good = append(good, m.Member)
			}
			if !reflect.DeepEqual(good, c.good) {
				t.Errorf("good rows %+v, want %+v", good, c.good)
			}
			if len(b.Rejects) != len(c.refused) {
				t.Errorf("refused %v, want lines %v", b.Rejects, c.refused)
			}
			for _, r := range b.Rejects {
				reasons := strings.Join(r.Reasons, "")
				if want := c.refused[r.Line]; want == "" || !strings.Contains(reasons, want) {
					t.Errorf("line %d is refused with %q, want %q", r.Line, reasons, want)
				}
			}
			if c.notice != "" && !mentions(b.Notices, c.notice) {
				t.Errorf("notices %q, want %q", b.Notices, c.notice)
			}
		})
	}
}

func TestReadKnowsFormatsAndMergedCells(t *testing.T) {
	rows := memberGrid(
		[]any{160001, "张三", "机械学院", "机械1班", 44012},
		[]any{160002, "李四", nil, nil, nil},
		[]any{160003, "王五", nil, "机械2班", nil},
		[]any{160004, "赵六", "外国语学院", "英语1班", 2020},
		[]any{160005, nil, "外国语学院", "英语1班", 2020},
		[]any{160006, "周八", "外国语学院", "外国语学院", 2020},
	)
	path := saveWith(t, func(f *excelize.File) {
		zeros, day := "00000000", "yyyy-mm-dd"
		for _, s := range []struct {
			from, to string
			code     *string
		}{{"A2", "A7", &zeros}, {"E2", "E2", &day}} {
			style, err := f.NewStyle(&excelize.Style{CustomNumFmt: s.code})
			if err == nil {
				err = f.SetCellStyle(SheetMembers, s.from, s.to, style)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, m := range [][2]string{{"C2", "C4"}, {"D2", "D3"}, {"E2", "E4"}, {"B5", "B6"}, {"C7", "D7"}, {"I1", "Z900"}} {
			if err := f.MergeCell(SheetMembers, m[0], m[1]); err != nil {
				t.Fatal(err)
			}
		}
	}, SheetMembers, rows)
	b := readBook(t, path)
	var got []string
	for _, m := range b.Members {
		got = append(got, strings.Join([]string{m.No, m.Name, m.College, m.Branch, yearText(m.Cohort)}, " "))
	}
	want := []string{
		"00160001 张三 机械学院 机械1班 2020", "00160002 李四 机械学院 机械1班 2020", "00160003 王五 机械学院 机械2班 2020",
		"00160004 赵六 外国语学院 英语1班 2020",
	}
	if !slices.Equal(got, want) {
		t.Errorf("members %q, want %q", got, want)
	}
	if len(b.Rejects) != 2 || b.Rejects[0].Line != 6 || b.Rejects[1].Line != 7 ||
		!strings.Contains(b.Rejects[0].Reasons[0], "姓名是合并单元格") || !strings.Contains(b.Rejects[1].Reasons[0], "二级团组织是合并单元格") {
		t.Errorf("a name merged over two rows and a cell merged over two columns are refused as %v", b.Rejects)
	}
}

func TestReadOfficers(t *testing.T) {
	secretary := []any{"张三", "20160001", "团支书", "机械学院", "机械1班", ""}
	for _, c := range []struct {
		name    string
		members grid
		rows    grid
		good    []Officer
		refused map[int]string
	}{
		{
			name: "each role needs its own organisation only",
			rows: grid{secretary, {"李老师", 90001, "学院团委书记", "机械学院", nil, "15400000002"}, {"王老师", "90002", "校团委", "不看", "不看", ""}},
			good: []Officer{
				{"20160001", "张三", RoleBranch, "机械学院", "机械1班", ""},
				{"90001", "李老师", RoleCollege, "机械学院", "", "15400000002"},
				{"90002", "王老师", RoleCommittee, "", "", ""},
			},
		},
		{
			name: "two roles of one person, the telephone once",
			rows: grid{{"张三", "20160001", "团支书", "机械学院", "机械1班", "15400000001"}, {"张三", "20160001", "团支书", "机械学院", "机械2班"}},
			good: []Officer{
				{"20160001", "张三", RoleBranch, "机械学院", "机械1班", "15400000001"},
				{"20160001", "张三", RoleBranch, "机械学院", "机械2班", "15400000001"},
			},
		},
		{name: "an identical row counts once", rows: grid{secretary, secretary}, good: []Officer{{"20160001", "张三", RoleBranch, "机械学院", "机械1班", ""}}},
		{
			name: "a role without its organisation", rows: grid{{"张三", "20160001", "团支书", "机械学院"}, {"李四", "90001", "学院团委书记"}},
			refused: map[int]string{2: "团支部为空", 3: "二级团组织为空"},
		},
		{name: "no such role", rows: grid{{"张三", "20160001", "班长", "机械学院", "机械1班"}}, refused: map[int]string{2: "角色“班长”应是"}},
		{
			name: "one number, two names", rows: grid{secretary, {"李四", "20160001", "校团委"}},
			refused: map[int]string{2: "不同的姓名（第 2、3 行）", 3: "不同的姓名（第 2、3 行）"},
		},
		{
			name: "one number, two telephones", rows: grid{append(secretary[:5:5], "15400000001"), {"张三", "20160001", "校团委", "", "", "15400000002"}},
			refused: map[int]string{2: "不同的手机号", 3: "不同的手机号"},
		},
		{
			name: "another name among the members", members: grid{rowOf(with(func(m *Member) { m.Name = "张山" }))}, rows: grid{secretary},
			refused: map[int]string{2: "另一个姓名“张山”"},
		},
		{
			name: "another telephone among the members", members: grid{rowOf(zhang)}, rows: grid{append(secretary[:5:5], "15400000009")},
			refused: map[int]string{2: "手机号与“团员”表里的不同"},
		},
		{
			name: "the member's row is refused", members: grid{rowOf(with(func(m *Member) { m.College = "" }))}, rows: grid{secretary},
			refused: map[int]string{2: "请先改正那一行"},
		},
		{
			name: "name and telephone come from the member's row", members: grid{rowOf(with(func(m *Member) { m.Name = "Anna Li" }))},
			rows: grid{{"ANNA LI", "20160001", "团支书", "机械学院", "机械1班"}},
			good: []Officer{{"20160001", "Anna Li", RoleBranch, "机械学院", "机械1班", "15400000001"}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := readBook(t, saveBook(t, SheetOfficers, officerGrid(c.rows...), SheetMembers, memberGrid(c.members...)))
			var good []Officer
			for _, o := range b.Officers {
				good = append(good, o.Officer)
			}
			if !reflect.DeepEqual(good, c.good) {
				t.Errorf("good rows %+v, want %+v", good, c.good)
			}
			refused := 0
			for _, r := range b.Rejects {
				if r.Sheet != SheetOfficers {
					continue
				}
				refused++
				if want := c.refused[r.Line]; want == "" || !strings.Contains(strings.Join(r.Reasons, ""), want) {
					t.Errorf("line %d is refused with %q, want %q", r.Line, r.Reasons, want)
				}
			}
			if refused != len(c.refused) {
				t.Errorf("%d rows are refused, want %d", refused, len(c.refused))
			}
		})
	}
}

func TestAnOfficersTelephoneFillsTheMembers(t *testing.T) {
	b := readBook(t, saveBook(t, SheetMembers, memberGrid(rowOf(with(func(m *Member) { m.Phone = "" }))),
		SheetOfficers, officerGrid([]any{"张三", "20160001", "团支书", "机械学院", "机械1班", "15400000001"})))
	if len(b.Members) != 1 || b.Members[0].Member != zhang {
		t.Errorf("members %+v, want the telephone of the sheet 干部", b.Members)
	}
}
