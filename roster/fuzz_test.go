package roster

import (
	"bytes"
	"errors"
	"io"
	"os"
	"reflect"
	"strings"
	"testing"

	"xianjie/storage"
)

// fuzzLimits keep one try small.
func fuzzLimits() limits {
	l := defaultLimits
	l.file, l.sheet, l.strings, l.part = 1<<20, 1<<20, 1<<20, 1<<20
	return l
}

// FuzzRead takes any bytes for a workbook.
func FuzzRead(f *testing.F) {
	path := saveBook(f, SheetMembers, memberGrid(rowOf(zhang), []any{"x", "李四", nil, formula("1+1"), 44012}),
		SheetOfficers, officerGrid([]any{"张三", "20160001", "团支书", "机械学院", "机械1班"}))
	data, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(data[:len(data)-200])
	f.Add(bookOf(f, sheetXML(rowXML(1, memberHeader...)+rowXML(2, "20160001", "张三", "机械学院", "机械1班", "2020"), "")))
	f.Fuzz(func(t *testing.T, data []byte) { checkAnyBook(t, data) })
}

// FuzzReadParts takes any text for the parts of a workbook, which FuzzRead hardly reaches through the compression.
func FuzzReadParts(f *testing.F) {
	head := rowXML(1, memberHeader...)
	f.Add(sheetXML(head+rowXML(2, "20160001", "张三", "机械学院", "机械1班", "2020", "15400000001"), ""), "", "")
	f.Add(sheetXML(head+`<row><c t="s"><v>0</v></c><c t="str"><f>A1</f><v>张三</v></c><c s="1"><v>1E7</v></c></row>`,
		`<mergeCells><mergeCell ref="C2:D9"/></mergeCells>`), `<sst><si><r><t>2016</t></r><rPh><t>x</t></rPh><r><t>0001_x0031_</t></r></si></sst>`,
		`<styleSheet><numFmts><numFmt numFmtId="164" formatCode="00000000"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs></styleSheet>`)
	f.Add(sheetXML(head+rowXML(2, "=1", "#N/A", "'x", "\u200b", "44012")+rowXML(9, "20160001")+rowXML(10, "20160001"), ""), "<sst/>", "<x/>")
	f.Fuzz(func(t *testing.T, sheet, texts, styles string) {
		checkAnyBook(t, bookOf(t, sheet, "xl/sharedStrings.xml", texts, "xl/styles.xml", styles))
	})
}

// FuzzFields takes any text for a cell: a field is refused with one line or has its normal form, which it keeps when it
// is written and read again.
func FuzzFields(f *testing.F) {
	for _, text := range []string{
		"20160001", "2.0160001E7", " '00160001", "张三", "艾力 . 买买提", "Anna  O’Neil", "机械:学院", "１班\n", "MBA (1)", "2020年6月30日 08:00",
		"44012", "（0086）15400000001", "党员(预备)", "'=1", "#N/A", "学院团委书记", "+1",
	} {
		f.Add(text, false)
		f.Add(text, true)
	}
	fields := map[string]func(string, bool) (string, string){
		ColNo:        func(s string, n bool) (string, string) { return numberField(ColNo, s, n) },
		ColOfficerNo: func(s string, n bool) (string, string) { return numberField(ColOfficerNo, s, n) },
		ColName:      func(s string, _ bool) (string, string) { return nameField(s) },
		ColBranch:    func(s string, _ bool) (string, string) { return orgField(ColBranch, s) },
		ColCohort: func(s string, n bool) (string, string) {
			y, reason := yearField(s, n, false)
			return yearText(y), reason
		},
		ColPhone:     phoneField,
		ColRole:      func(s string, _ bool) (string, string) { r, reason := roleField(s); return string(r), reason },
		ColPolitical: func(s string, _ bool) (string, string) { return politicalField(s) },
	}
	f.Fuzz(func(t *testing.T, text string, number bool) {
		for column, field := range fields {
			value, reason := field(text, number)
			if reason != "" && (value != "" || strings.ContainsAny(reason, "\r\n\t\x00\x1b")) {
				t.Errorf("%s %q is read as %q and refused with %q", column, text, value, reason)
			}
			if value == "" || column == ColRole {
				continue
			}
			if again, reason := field(Neutral(value), false); again != value {
				t.Errorf("%s %q is read as %q, and that as %q (%s)", column, text, value, again, reason)
			}
		}
	})
}

// checkAnyBook reads a workbook and holds everything that must be true of whatever comes of it.
func checkAnyBook(t *testing.T, data []byte) {
	t.Helper()
	w, err := openBytes(t, data, fuzzLimits())
	var book *Book
	if err == nil {
		book, err = w.book(t.Context())
	}
	if err != nil {
		var u *Unusable
		if !errors.As(err, &u) || u.Reason == "" || strings.Contains(u.Reason, "\n") {
			t.Fatalf("the error is %v, not one line for a person", err)
		}
		return
	}
	lines := map[At]bool{}
	once := func(at At) {
		if lines[at] {
			t.Errorf("line %v is there twice", at)
		}
		lines[at] = true
	}
	for _, m := range book.Members {
		once(m.At)
	}
	for _, o := range book.Officers {
		once(o.At)
	}
	for _, r := range book.Rejects {
		once(r.At)
		if len(r.Reasons) == 0 || strings.Contains(r.String(), "\n") {
			t.Errorf("line %v is refused with %q", r.At, r.String())
		}
	}
	checkReadBack(t, book)
	diff := Plan(book, storage.Directory{})
	if err := diff.WriteText(io.Discard); err != nil {
		t.Error(err)
	}
	if w, err = openBytes(t, data, fuzzLimits()); err != nil {
		t.Fatal(err)
	}
	var rejected bytes.Buffer
	if err := writeRejected(t.Context(), &rejected, w, book, diff.Rejects); err != nil {
		t.Fatalf("the refused rows cannot be written: %v", err)
	}
	again, err := openBytes(t, rejected.Bytes(), defaultLimits)
	if err != nil {
		t.Fatalf("the workbook of refused rows cannot be opened: %v", err)
	}
	if _, err := again.book(t.Context()); err != nil {
		t.Fatalf("the workbook of refused rows cannot be read: %v", err)
	}
}

// openBytes is openWorkbook without a file.
func openBytes(t *testing.T, data []byte, l limits) (*workbook, error) {
	t.Helper()
	w := &workbook{path: "x.xlsx", limits: l}
	return w, w.load(t.Context(), bytes.NewReader(data), int64(len(data)))
}

// checkReadBack writes the good rows and reads them again: they are in their normal form already.
func checkReadBack(t *testing.T, book *Book) {
	t.Helper()
	var members []Member
	for _, m := range book.Members {
		members = append(members, m.Member)
	}
	var officers []Officer
	for _, o := range book.Officers {
		officers = append(officers, o.Officer)
	}
	var out bytes.Buffer
	if err := Write(&out, members, officers); err != nil {
		t.Fatal(err)
	}
	back := readBook(t, saveBytes(t, "again.xlsx", out.Bytes()))
	var members2 []Member
	for _, m := range back.Members {
		members2 = append(members2, m.Member)
	}
	var officers2 []Officer
	for _, o := range back.Officers {
		officers2 = append(officers2, o.Officer)
	}
	if !reflect.DeepEqual(members, members2) || !reflect.DeepEqual(officers, officers2) {
		t.Errorf("good rows\n%+v %+v\nare read back as\n%+v %+v\nrejects %v", members, officers, members2, officers2, back.Rejects)
	}
}
