package roster

import (
	"bytes"
	"encoding/json"
	"errors"
	"iter"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

var exportColumns = []Column{{Key: "no", Title: "学号"}, {Key: "text"}, {Key: "days"}, {Key: "share"}, {Key: "open"}, {Key: "at"}}

// rowsFrom gives rows one by one.
func rowsFrom(rows ...[]any) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

type kind string

// exportRows has every kind of value a row may have.
func exportRows() iter.Seq2[[]any, error] {
	at := time.Date(2020, 7, 24, 9, 0, 0, 123456000, time.FixedZone("", 8*3600))
	days, none := int64(-3), (*time.Time)(nil)
	return rowsFrom(
		[]any{"20160001", "他说“<好>”\n，再见", 15, 0.25, true, at},
		[]any{kind("00160002"), "=cmd|'/c calc'!A1", &days, float32(2), false, &at},
		[]any{nil, "", uint8(7), (*float64)(nil), nil, none},
		[]any{"𠮷", "tab\tin", int32(0), 1e21, true, time.Time{}},
		[]any{"_x0041_", " 空格\"引号\",\r\n-1", -1, 0.1, false, at.UTC()},
	)
}

func export(t *testing.T, f Format, columns []Column, rows iter.Seq2[[]any, error]) string {
	t.Helper()
	var b bytes.Buffer
	if err := Export(&b, f, columns, rows); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestExportJSON(t *testing.T) {
	got := export(t, JSON, exportColumns, exportRows())
	want := `[
{"no":"20160001","text":"他说“<好>”\n，再见","days":15,"share":0.25,"open":true,"at":"2020-07-24T09:00:00.123456+08:00"},
{"no":"00160002","text":"=cmd|'/c calc'!A1","days":-3,"share":2,"open":false,"at":"2020-07-24T09:00:00.123456+08:00"},
{"no":null,"text":"","days":7,"share":null,"open":null,"at":null},
{"no":"𠮷","text":"tab\tin","days":0,"share":1e+21,"open":true,"at":null},
{"no":"_x0041_","text":" 空格\"引号\",\r\n-1","days":-1,"share":0.1,"open":false,"at":"2020-07-24T01:00:00.123456Z"}
]
`
	if got != want {
		t.Errorf("JSON is\n%s\nwant\n%s", got, want)
	}
	for what, text := range map[string]string{"rows": got, "no rows": export(t, JSON, exportColumns, rowsFrom())} {
		var back []map[string]any
		if err := json.Unmarshal([]byte(text), &back); err != nil || back == nil {
			t.Errorf("%s: %q is no array: %v", what, text, err)
		}
	}
}

func TestExportCSV(t *testing.T) {
	got := export(t, CSV, exportColumns, exportRows())
	text, ok := strings.CutPrefix(got, "\ufeff")
	if !ok || !strings.Contains(text, "at\r\n") {
		t.Errorf("%q lacks the byte order mark or the line ends", got)
	}
	rows := csvRows(t, text)
	want := [][]string{
		{"no", "text", "days", "share", "open", "at"},
		{"20160001", "他说“<好>”\n，再见", "15", "0.25", "true", "2020-07-24T09:00:00.123456+08:00"},
		{"00160002", "'=cmd|'/c calc'!A1", "-3", "2", "false", "2020-07-24T09:00:00.123456+08:00"},
		{"", "", "7", "", "", ""},
		{"𠮷", "tab\tin", "0", "1000000000000000000000", "true", ""},
		{"_x0041_", " 空格\"引号\",\r\n-1", "-1", "0.1", "false", "2020-07-24T01:00:00.123456Z"},
	}
	if !reflect.DeepEqual(rows, want) {
		t.Errorf("rows are\n%q\nwant\n%q", rows, want)
	}
}

// csvRows reads CSV by the grammar of RFC 4180, strictly: it shares nothing with the writer.
func csvRows(t *testing.T, text string) (rows [][]string) {
	t.Helper()
	row, cell, quoted := []string{}, "", false
	for i := 0; i < len(text); i++ {
		switch rest := text[i:]; {
		case quoted && strings.HasPrefix(rest, `""`):
			cell += `"`
			i++
		case quoted && rest[0] == '"':
			quoted = false
		case quoted:
			cell += rest[:1]
		case rest[0] == '"' && cell == "":
			quoted = true
		case rest[0] == ',':
			row, cell = append(row, cell), ""
		case strings.HasPrefix(rest, "\r\n"):
			rows, row, cell = append(rows, append(row, cell)), nil, ""
			i++
		case strings.ContainsRune("\"\r\n", rune(rest[0])):
			t.Fatalf("byte %d, %q, stands outside of quotes", i, rest[0])
		default:
			cell += rest[:1]
		}
	}
	if quoted || cell != "" || len(row) > 0 {
		t.Fatal("the last line does not end")
	}
	return rows
}

// sheetRows reads a sheet with the reader of this package, which shares nothing with the writer. It reads numbers as
// they are written in the file.
func sheetRows(t *testing.T, data, sheet string) (rows [][]string) {
	t.Helper()
	w, err := openBytes(t, []byte(data), defaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	ref, ok := w.sheet(sheet)
	if !ok {
		t.Fatalf("there is no sheet %s", sheet)
	}
	_, err = w.cells(t.Context(), ref, func(_ int, cells []cell) error {
		var row []string
		for _, c := range cells {
			for len(row) < c.col {
				row = append(row, "")
			}
			text := c.text
			if f, err := strconv.ParseFloat(text, 64); c.number && err == nil {
				text = strconv.FormatFloat(f, 'f', -1, 64)
			}
			row = append(row, text)
		}
		rows = append(rows, row)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestExportWorkbook(t *testing.T) {
	book := export(t, XLSX, exportColumns, exportRows())
	f, err := excelize.OpenReader(strings.NewReader(book))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want := [][]string{
		{"学号", "text", "days", "share", "open", "at"},
		{"20160001", "他说“<好>”\n，再见", "15", "0.25", "TRUE", "2020-07-24T09:00:00.123456+08:00"},
		{"00160002", "'=cmd|'/c calc'!A1", "-3", "2", "FALSE", "2020-07-24T09:00:00.123456+08:00"},
		{"", "", "7"},
		{"𠮷", "tab\tin", "0", "1000000000000000000000", "TRUE"},
		{"_x0041_", " 空格\"引号\",\r\n-1", "-1", "0.1", "FALSE", "2020-07-24T01:00:00.123456Z"},
	}
	if got := rowsOf(t, f, "导出1"); !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("excelize reads\n%q\nwant\n%q", got, want)
	}
	if got := sheetRows(t, book, "导出1"); !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("another reader reads\n%q\nwant\n%q", got, want)
	}
	if kind, err := f.GetCellType("导出1", "A3"); err != nil || kind != excelize.CellTypeInlineString {
		t.Errorf("a text of digits is kept as type %v, %v", kind, err)
	}
}

func TestExportGoesOnInAnotherSheet(t *testing.T) {
	var b bytes.Buffer
	columns := []Column{{Key: "n"}}
	err := writeBook(&b, func(w *bookWriter) error {
		return writeTable(&bookTable{out: w, columns: columns, most: 3}, columns, rowsFrom([]any{1}, []any{2}, []any{3}, []any{4}, []any{5}))
	})
	if err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for sheet, want := range map[string][][]string{"导出1": {{"n"}, {"1"}, {"2"}}, "导出2": {{"n"}, {"3"}, {"4"}}, "导出3": {{"n"}, {"5"}}} {
		if got := rowsOf(t, f, sheet); !reflect.DeepEqual(got, want) {
			t.Errorf("%s holds %q, want %q", sheet, got, want)
		}
	}
}

func TestExportCutsWhatNoCellHolds(t *testing.T) {
	for name, long := range map[string]string{
		"Chinese": strings.Repeat("长", 40_000), "two units each": strings.Repeat("𠮷", 20_000), "formula": "=" + strings.Repeat("1", 40_000),
	} {
		t.Run(name, func(t *testing.T) {
			columns, rows := []Column{{Key: "text"}}, rowsFrom([]any{long})
			f, err := excelize.OpenReader(strings.NewReader(export(t, XLSX, columns, rows)))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			got := rowsOf(t, f, "导出1")[1][0]
			units := len([]rune(got)) + strings.Count(got, "𠮷")
			if !strings.HasSuffix(got, "…") || units > excelize.TotalCellChars || units < excelize.TotalCellChars-3 {
				t.Errorf("the cell holds %d units and ends in %q", units, got[len(got)-6:])
			}
			if csv := export(t, CSV, columns, rows); !strings.Contains(csv, long) {
				t.Error("csv does not keep the whole text")
			}
		})
	}
}

func TestExportErrors(t *testing.T) {
	broken := errors.New("connection lost")
	failing := func(yield func([]any, error) bool) {
		if yield([]any{1}, nil) {
			yield(nil, broken)
		}
	}
	column := []Column{{Key: "n"}}
	for _, f := range []Format{XLSX, CSV, JSON} {
		t.Run(string(f), func(t *testing.T) {
			if err := Export(&bytes.Buffer{}, f, column, failing); !errors.Is(err, broken) || !strings.Contains(err.Error(), "row 2") {
				t.Errorf("error %v of rows that end early", err)
			}
			if err := Export(full{}, f, column, rowsFrom([]any{1})); !errors.Is(err, errFull) {
				t.Errorf("error %v of a full disk", err)
			}
			if err := Export(&bytes.Buffer{}, f, column, rowsFrom([]any{1, 2})); err == nil || !strings.Contains(err.Error(), "2 values for 1 columns") {
				t.Errorf("error %v of a row too long", err)
			}
			for _, v := range []any{[]byte("x"), struct{}{}, math.NaN(), math.Inf(1), uint64(math.MaxUint64)} {
				if err := Export(&bytes.Buffer{}, f, column, rowsFrom([]any{v})); err == nil || !strings.Contains(err.Error(), "n: value") {
					t.Errorf("error %v of a value of type %T", err, v)
				}
			}
		})
	}
	if err := Export(&bytes.Buffer{}, "pdf", column, rowsFrom()); !errors.Is(err, ErrFormat) {
		t.Errorf("error %v of an unknown format", err)
	}
}

func TestFormatOf(t *testing.T) {
	for name, want := range map[string]Format{"a.xlsx": XLSX, "dir.csv/A.XLSX": XLSX, "团员.csv": CSV, "x.json": JSON, "x.xls": "", "xlsx": "", "": ""} {
		got, err := FormatOf(name)
		if got != want || (err == nil) != (want != "") || err != nil && !errors.Is(err, ErrFormat) {
			t.Errorf("FormatOf(%q) = %q, %v, want %q", name, got, err, want)
		}
	}
}
