package roster

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"xianjie/storage"
)

// school is a store with two branches of one college and one of another.
func school() storage.Directory {
	return storage.Directory{
		Colleges: []string{"机械学院", "外国语学院"},
		Branches: [][2]string{{"机械学院", "机械1班"}, {"机械学院", "机械2班"}, {"外国语学院", "英语1班"}},
		People: []storage.Listed{
			zhang.listed(),
			{No: "20160002", Name: "李四", College: "机械学院", Branch: "机械1班", Cohort: 2020},
			{No: "20160003", Name: "王五", College: "外国语学院", Branch: "英语1班", Cohort: 2020},
			{No: "20170004", Name: "赵六", College: "机械学院", Branch: "机械2班", Cohort: 2021},
			{No: "20160005", Name: "周八", College: "机械学院", Branch: "机械2班", Cohort: 2020, Left: true},
			{No: "90001", Name: "李老师", Phone: "15400000002"},
		},
		Seats: []storage.Seat{
			{No: "20160001", Party: storage.OrgBranch, College: "机械学院", Branch: "机械1班"},
			{No: "90001", Party: storage.OrgCollege, College: "机械学院"},
			{No: "20160003", Party: storage.OrgBranch, College: "外国语学院", Branch: "英语1班"},
		},
	}
}

// planned compares a workbook of these rows with school.
func planned(t *testing.T, members, officers grid) Diff {
	t.Helper()
	var sheets []any
	if members != nil {
		sheets = append(sheets, SheetMembers, memberGrid(members...))
	}
	if officers != nil {
		sheets = append(sheets, SheetOfficers, officerGrid(officers...))
	}
	return Plan(readBook(t, saveBook(t, sheets...)), school())
}

func TestPlanMembers(t *testing.T) {
	li := Member{No: "20160002", Name: "李四", College: "机械学院", Branch: "机械1班", Cohort: 2020}
	for _, c := range []struct {
		name      string
		rows      grid
		added     []string
		changed   []string
		unchanged int
		missing   []string
		orgs      []string
		notice    string
	}{
		{name: "as stored", rows: grid{rowOf(zhang), rowOf(li)}, unchanged: 2, notice: "另有 2 名团员"},
		{
			name: "an empty optional cell changes nothing", unchanged: 2,
			rows: grid{rowOf(with(func(m *Member) { m.Phone, m.Political = "", "" })), rowOf(li)},
		},
		{
			name: "field by field", unchanged: 1,
			rows:    grid{rowOf(Member{"20160001", "张三丰", "机械学院", "机械2班", 2021, "15400000009", "群众", ""}), rowOf(li)},
			changed: []string{"20160001 张三丰：姓名 张三 → 张三丰；团支部 机械1班 → 机械2班；毕业年份 2020 → 2021；手机号 154****0001 → 154****0009；政治面貌 共青团员 → 群众"},
			// the cohort 2021 is in the workbook now, and so is who else graduates then
			missing: []string{"20170004"},
		},
		{
			name: "a telephone becomes known", unchanged: 1,
			rows:    grid{rowOf(zhang), append(rowOf(li)[:5:5], "15400000007")},
			changed: []string{"20160002 李四：手机号 （空） → 154****0007"},
		},
		{
			name: "back on the roster", unchanged: 2,
			rows:    grid{rowOf(zhang), rowOf(li), {"20160005", "周八", "机械学院", "机械2班", 2020}},
			changed: []string{"20160005 周八：重新列入名册"},
		},
		{
			name: "a new branch of another college", unchanged: 2,
			rows:    grid{rowOf(zhang), rowOf(li), {"20169001", "新人", "外国语学院", "日语1班", 2020}},
			added:   []string{"20169001"},
			missing: []string{"20160003"}, orgs: []string{"外国语学院/日语1班"},
		},
		{
			name: "a new college", unchanged: 2,
			rows:  grid{rowOf(zhang), rowOf(li), {"20169001", "新人", "化工学院", "化工1班", 2020}, {"20169002", "新手", "化工学院", "化工1班", 2020}},
			added: []string{"20169001", "20169002"}, orgs: []string{"化工学院", "化工学院/化工1班"},
		},
		{name: "missing in its own college and cohort only", rows: grid{rowOf(zhang)}, unchanged: 1, missing: []string{"20160002"}},
		{name: "a refused row is not missing", rows: grid{rowOf(zhang), {"2.0160002E7", "李4", "机械学院", "机械1班", 2020}}, unchanged: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := planned(t, c.rows, nil)
			var added, changed, missing, orgs []string
			for _, m := range d.Added {
				added = append(added, m.No)
			}
			for _, ch := range d.Changed {
				changed = append(changed, ch.String())
			}
			for _, m := range d.Missing {
				missing = append(missing, m.No)
			}
			orgs = append(orgs, d.NewColleges...)
			for _, b := range d.NewBranches {
				orgs = append(orgs, b[0]+"/"+b[1])
			}
			for what, pair := range map[string][2][]string{
				"added": {added, c.added}, "changed": {changed, c.changed}, "missing": {missing, c.missing}, "new organisations": {orgs, c.orgs},
			} {
				if !slices.Equal(pair[0], pair[1]) {
					t.Errorf("%s: %q, want %q", what, pair[0], pair[1])
				}
			}
			if d.Unchanged != c.unchanged {
				t.Errorf("%d unchanged, want %d", d.Unchanged, c.unchanged)
			}
			if !mentions(d.Notices, c.notice) {
				t.Errorf("notices %q, want %q", d.Notices, c.notice)
			}
		})
	}
}

func TestPlanRoles(t *testing.T) {
	for _, c := range []struct {
		name     string
		members  grid
		officers grid
		added    []string
		ended    []string
		fresh    []string // new officers
		changed  []string
		refused  string
		notice   string
	}{
		{name: "as stored", officers: grid{{"张三", "20160001", "团支书", "机械学院", "机械1班"}}, notice: "另有 2 项干部任职"},
		{
			name: "another in the place", officers: grid{{"李四", "20160002", "团支书", "机械学院", "机械1班"}},
			added: []string{"20160002 李四 团支书（机械学院 / 机械1班）"}, ended: []string{"20160001 张三 团支书（机械学院 / 机械1班）"},
		},
		{
			name:     "two share the place",
			officers: grid{{"李四", "20160002", "团支书", "机械学院", "机械1班"}, {"张三", "20160001", "团支书", "机械学院", "机械1班"}},
			added:    []string{"20160002 李四 团支书（机械学院 / 机械1班）"},
		},
		{
			name:     "the holder's own row is refused",
			officers: grid{{"李四", "20160002", "团支书", "机械学院", "机械1班"}, {"张三", "20160001", "团支书", "机械学院", "机械1班", "不详"}},
			added:    []string{"20160002 李四 团支书（机械学院 / 机械1班）"}, refused: "11 位的大陆手机号", notice: "另有 3 项干部任职",
		},
		{
			name: "a new officer with two roles, and a first place",
			officers: grid{
				{"王老师", "90002", "校团委"}, {"王老师", "90002", "学院团委书记", "外国语学院"}, {"李四", "20160002", "团支书", "机械学院", "机械2班"},
			},
			added: []string{"90002 王老师 校团委", "90002 王老师 学院团委书记（外国语学院）", "20160002 李四 团支书（机械学院 / 机械2班）"},
			fresh: []string{"90002"},
		},
		{
			name: "an officer's telephone", officers: grid{{"李老师", "90001", "学院团委书记", "机械学院", nil, "15400000008"}},
			changed: []string{"90001 李老师：手机号 154****0002 → 154****0008"},
		},
		{
			name: "a college nobody knows", officers: grid{{"王老师", "90002", "学院团委书记", "机诫学院"}},
			refused: "二级团组织“机诫学院”在“团员”表的有效行和库里都没有",
		},
		{
			name: "a branch of another college", officers: grid{{"李四", "20160002", "团支书", "外国语学院", "机械1班"}},
			refused: "团支部“机械1班”不在“外国语学院”里",
		},
		{
			name: "a branch of this workbook", members: grid{{"20169001", "新人", "机械学院", "机械3班", 2020}},
			officers: grid{{"新人", "20169001", "团支书", "机械学院", "机械3班"}},
			added:    []string{"20169001 新人 团支书（机械学院 / 机械3班）"},
		},
		{name: "no sheet of officers ends nothing", members: grid{rowOf(zhang)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := planned(t, c.members, c.officers)
			text := func(offices []Office) (s []string) {
				for _, o := range offices {
					s = append(s, o.String())
				}
				return s
			}
			var fresh, changed []string
			for _, o := range d.NewOfficers {
				fresh = append(fresh, o.No)
			}
			for _, ch := range d.Changed {
				changed = append(changed, ch.String())
			}
			for what, pair := range map[string][2][]string{
				"added": {text(d.RolesAdded), c.added}, "ended": {text(d.RolesEnded), c.ended}, "new officers": {fresh, c.fresh}, "changed": {changed, c.changed},
			} {
				if !slices.Equal(pair[0], pair[1]) {
					t.Errorf("%s: %q, want %q", what, pair[0], pair[1])
				}
			}
			if (len(d.Rejects) > 0) != (c.refused != "") || c.refused != "" && !strings.Contains(d.Rejects[0].String(), c.refused) {
				t.Errorf("refused %v, want %q", d.Rejects, c.refused)
			}
			if !mentions(d.Notices, c.notice) && c.notice != "" {
				t.Errorf("notices %q, want %q", d.Notices, c.notice)
			}
		})
	}
}

func TestARefusedOfficerIsMissingAmongTheMembers(t *testing.T) {
	d := planned(t, grid{rowOf(zhang)}, grid{{"李四", "20160002", "班长", "机械学院", "机械1班"}})
	if len(d.Rejects) != 1 || len(d.Missing) != 1 || d.Missing[0].No != "20160002" {
		t.Errorf("missing %+v, rejects %v; a row of the other sheet lists nobody as a member", d.Missing, d.Rejects)
	}
}

func TestDiffAsTheStoreAppliesIt(t *testing.T) {
	d := planned(t,
		grid{rowOf(with(func(m *Member) { m.Branch = "机械2班" })), {"20169001", "新人", "机械学院", "机械3班", 2020}},
		grid{{"新人", "20169001", "团支书", "机械学院", "机械1班"}, {"王老师", "90002", "校团委", "", "", "15400000008"}})
	if d.Empty() {
		t.Error("the diff says it changes nothing")
	}
	audit := storage.Audit{Action: "import", Subject: "roster"}
	seat := storage.Seat{Party: storage.OrgBranch, College: "机械学院", Branch: "机械1班"}
	had, has := seat, seat
	had.No, has.No = "20160001", "20169001"
	want := storage.Roster{
		Committee: "校团委",
		People: []storage.Listed{
			{No: "20169001", Name: "新人", College: "机械学院", Branch: "机械3班", Cohort: 2020},
			{No: "90002", Name: "王老师", Phone: "15400000008"},
			with(func(m *Member) { m.Branch = "机械2班" }).listed(),
		},
		RolesAdded: []storage.Seat{has, {No: "90002", Party: storage.OrgCommittee}},
		RolesEnded: []storage.Seat{had},
		Audit:      audit,
	}
	if got := d.Roster("校团委", audit); !reflect.DeepEqual(got, want) {
		t.Errorf("the store is given\n%+v\nwant\n%+v", got, want)
	}
	if same := planned(t, grid{rowOf(zhang)}, nil); !same.Empty() {
		t.Errorf("a diff without changes says it has some: %+v", same)
	}
}

func TestDiffText(t *testing.T) {
	rows := grid{rowOf(with(func(m *Member) { m.Phone = "15400000009" })), {"x", "李四\n", "机械学院", "机械1班", 2020}}
	for i := range 23 {
		rows = append(rows, []any{fmt.Sprintf("201690%02d", i), "新人", "机械学院", "机械9班", 2020})
	}
	var b strings.Builder
	if err := planned(t, rows, nil).WriteText(&b); err != nil {
		t.Fatal(err)
	}
	var added strings.Builder
	for i := range 20 {
		fmt.Fprintf(&added, "  201690%02d 新人（机械学院 / 机械9班）\n", i)
	}
	want := `团员：新增 23 人，不变 0 人，库里有而文件里没有 1 人。
干部：新登记 0 人，新任职 0 项，卸任 0 项。
资料有变化 1 人；未通过检查 1 行。

新建的团支部（请核对是否为笔误）：
  机械学院 / 机械9班

新增的团员：
` + added.String() + `  …及其余 3 人

资料有变化：
  20160001 张三：手机号 154****0001 → 154****0009

库里有而文件里没有的团员（不会删除）：
  20160002 李四（机械学院 / 机械1班）

未通过检查的行：
  “团员”第 3 行 x 李四：学号“x”应是 8 到 12 位数字。

说明：
  文件里没有工作表“干部”，只读取了“团员”。
  库里另有 2 名团员，所在学院或毕业年份不在这份文件里，没有比较，保持不变。
`
	if b.String() != want {
		t.Errorf("the text is\n%s\nwant\n%s", b.String(), want)
	}
}

func TestDiffTextTellsOfABrokenWriter(t *testing.T) {
	if err := planned(t, grid{rowOf(zhang)}, nil).WriteText(full{}); err == nil {
		t.Error("no error from a writer that takes nothing")
	}
}
