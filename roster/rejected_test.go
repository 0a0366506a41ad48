package roster

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"xianjie/storage"
)

// rejected writes the workbook of refused rows for the workbook at path and opens it.
func rejected(t *testing.T, path string) (*excelize.File, string) {
	t.Helper()
	book := readBook(t, path)
	var out bytes.Buffer
	if err := WriteRejected(t.Context(), &out, path, book, Plan(book, storage.Directory{}).Rejects); err != nil {
		t.Fatal(err)
	}
	back := saveBytes(t, "未通过.xlsx", out.Bytes())
	f, err := excelize.OpenFile(back)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f, back
}

func rowsOf(t *testing.T, f *excelize.File, sheet string) [][]string {
	t.Helper()
	rows, err := f.GetRows(sheet)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestRejectedRowsComeBackInPlace(t *testing.T) {
	members := grid{
		{"2020 届名册"},
		{"备注", "团支部", "姓名", "学号", "毕业年份", "二级团组织"},
		{"留着", "机械1班", "张三", 20160001, 2020, "机械学院"},
		nil,
		{"=1+1", "机械1班", "李四", "x", 2020, "机械学院"},
		{nil, "机械1班", "王五", "20160003", formula("2000+20"), "机械学院"},
	}
	path := saveBook(t, SheetMembers, members, "说明", grid{{"不抄"}}, SheetOfficers, officerGrid(
		[]any{"张三", "20160001", "团支书", "机械学院", "机械9班"}, []any{"王老师", "90001", "校团委"}))
	f, back := rejected(t, path)
	want := [][]string{
		{"2020 届名册"},
		{"备注", "团支部", "姓名", "学号", "毕业年份", "二级团组织", "原因"},
		{"留着", "机械1班", "张三", "20160001", "2020", "机械学院"},
		nil,
		{"'=1+1", "机械1班", "李四", "x", "2020", "机械学院", "学号“x”应是 8 到 12 位数字。"},
		{"", "机械1班", "王五", "20160003", "", "机械学院", "毕业年份是公式，请改成公式的结果（复制后“选择性粘贴”为数值）。"},
	}
	if got := rowsOf(t, f, SheetMembers); !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("members come back as\n%q\nwant\n%q", got, want)
	}
	officers := rowsOf(t, f, SheetOfficers)
	if len(officers) != 3 || len(officers[1]) != 7 || !strings.Contains(officers[1][6], "团支部“机械9班”不在“机械学院”里") || len(officers[2]) != 3 {
		t.Errorf("officers come back as %q", officers)
	}
	if sheets := f.GetSheetList(); !slices.Equal(sheets, []string{SheetMembers, SheetOfficers}) {
		t.Errorf("sheets are %q", sheets)
	}

	again := readBook(t, back)
	if len(again.Members) != 1 || len(again.Rejects) != 2 || mentions(again.Notices, ColReason) {
		t.Errorf("read again: %d members, rejects %v, notices %q", len(again.Members), again.Rejects, again.Notices)
	}
	f, _ = rejected(t, back)
	if got := rowsOf(t, f, SheetMembers)[1]; !slices.Equal(got, want[1]) {
		t.Errorf("the second time the header is %q", got)
	}
}

func TestRejectedRowsKeepFormatsAndRegions(t *testing.T) {
	path := saveWith(t, func(f *excelize.File) {
		yes, zeros, day := true, "00000000", "yyyy-mm-dd"
		err := f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &yes})
		for at, code := range map[string]*string{"A2": &zeros, "E2": &day} {
			style, e := f.NewStyle(&excelize.Style{CustomNumFmt: code})
			err = errors.Join(err, e, f.SetCellStyle(SheetMembers, at, at, style))
		}
		if err = errors.Join(err, f.MergeCell(SheetMembers, "C2", "C3")); err != nil {
			t.Fatal(err)
		}
	}, SheetMembers, memberGrid([]any{160001, "张三", "机械学院", "机械1班", 42550}, []any{"20160002", "李4", nil, "机械1班", 2020}))
	if b := readBook(t, path); len(b.Members) != 1 || b.Members[0].Cohort != 2020 || b.Members[0].No != "00160001" {
		t.Fatalf("the workbook itself is read as %+v, rejects %v", b.Members, b.Rejects)
	}
	f, back := rejected(t, path)
	if b := readBook(t, back); len(b.Members) != 1 || b.Members[0].Cohort != 2020 || b.Members[0].No != "00160001" || len(b.Rejects) != 1 {
		t.Errorf("what comes back is read as %+v, rejects %v", b.Members, b.Rejects)
	}
	if m, err := f.GetMergeCells(SheetMembers); err != nil || len(m) != 1 || m[0][0] != "C2:C3" {
		t.Errorf("merged regions %v, %v", m, err)
	}
}

func TestReasonsStandBesideMergedRegions(t *testing.T) {
	path := saveWith(t, func(f *excelize.File) {
		if err := errors.Join(f.MergeCell(SheetMembers, "A1", "Z1"), f.MergeCell(SheetMembers, "I2", "L900")); err != nil {
			t.Fatal(err)
		}
	}, SheetMembers, append(grid{{"2020 届名册"}}, memberGrid([]any{"x", "张三", "机械学院", "机械1班", 2020})...))
	f, _ := rejected(t, path)
	for at, want := range map[string]string{"M2": ColReason, "M3": "学号“x”应是 8 到 12 位数字。", "A1": "2020 届名册"} {
		if got, err := f.GetCellValue(SheetMembers, at); err != nil || got != want {
			t.Errorf("%s holds %q (%v), want %q", at, got, err, want)
		}
	}
}

func TestRejectedRowsTellOfErrors(t *testing.T) {
	path := saveBook(t, SheetMembers, memberGrid([]any{"x"}))
	book := readBook(t, path)
	if err := WriteRejected(t.Context(), full{}, path, book, book.Rejects); !errors.Is(err, errFull) {
		t.Errorf("error %v from a full disk", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	var u *Unusable
	if err := WriteRejected(t.Context(), &bytes.Buffer{}, path, book, book.Rejects); !errors.As(err, &u) {
		t.Errorf("error %v for a file that is gone", err)
	}
}

func TestTemplateIsARoster(t *testing.T) {
	path := filepath.Join(t.TempDir(), "模板.xlsx")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(Template(f, 2020), f.Close()); err != nil {
		t.Fatal(err)
	}
	d := Plan(readBook(t, path), storage.Directory{})
	if len(d.Added) != 2 || len(d.RolesAdded) != 3 || len(d.Rejects)+len(d.Notices) != 0 {
		t.Errorf("the template gives %d members, %d roles, rejects %v, notices %q", len(d.Added), len(d.RolesAdded), d.Rejects, d.Notices)
	}
}

func TestNeutral(t *testing.T) {
	for text, want := range map[string]string{
		"张三": "张三", "": "", "1-2": "1-2", "'=1": "'=1",
		"=1+1": "'=1+1", "+86": "'+86", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", "\tx": "'\tx", "\r\nx": "'\r\nx",
		" =1": "' =1", "\u00a0=1": "'\u00a0=1", "\u200b@x": "'\u200b@x", "＝1": "'＝1", "＋x": "'＋x", "＠x": "'＠x", "−1": "'−1",
	} {
		got := Neutral(text)
		if got != want {
			t.Errorf("Neutral(%q) = %q, want %q", text, got, want)
		}
		if Neutral(got) != got {
			t.Errorf("Neutral(%q) changes when done again", text)
		}
	}
}

func TestWriteIsReadBackUnchanged(t *testing.T) {
	members := []Member{
		zhang,
		{No: "001600010001", Name: "艾力·买买提", College: "机械学院", Branch: "机械1班", Cohort: 2021},
		{No: "20160003", Name: "𠮷野", College: "MBA School", Branch: "卓越（1）班", Cohort: 2020, Political: "+1"},
	}
	officers := []Officer{{No: "90001", Name: "王老师", Role: RoleCollege, College: "机械学院"}, {No: "90002", Name: "Li Lei", Role: RoleCommittee, Phone: "15400000002"}}
	var out bytes.Buffer
	if err := Write(&out, members, officers); err != nil {
		t.Fatal(err)
	}
	b := readBook(t, saveBytes(t, "名册.xlsx", out.Bytes()))
	for i, m := range b.Members {
		if m.Member != members[i] {
			t.Errorf("%+v is read back as %+v", members[i], m.Member)
		}
	}
	for i, o := range b.Officers {
		if o.Officer != officers[i] {
			t.Errorf("%+v is read back as %+v", officers[i], o.Officer)
		}
	}
	if len(b.Members) != len(members) || len(b.Officers) != len(officers) || len(b.Notices) > 0 {
		t.Errorf("rejects %v, notices %q", b.Rejects, b.Notices)
	}
}
