package roster

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// grid is a sheet as rows of cells. Cells are what excelize takes; a formula is written as formula("=…").
type grid [][]any

type formula string

// saveBook saves a workbook with the sheets given, in the order name, grid, name, grid …
func saveBook(t testing.TB, sheets ...any) string {
	t.Helper()
	return saveWith(t, func(*excelize.File) {}, sheets...)
}

// saveWith is saveBook with a last touch on the workbook before it is saved.
func saveWith(t testing.TB, touch func(*excelize.File), sheets ...any) string {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := 0; i < len(sheets); i += 2 {
		name := sheets[i].(string)
		if i == 0 {
			check(f.SetSheetName("Sheet1", name))
		} else {
			_, err := f.NewSheet(name)
			check(err)
		}
		for r, row := range sheets[i+1].(grid) {
			for c, v := range row {
				at := fmt.Sprintf("%s%d", columnName(c), r+1)
				if form, ok := v.(formula); ok {
					check(f.SetCellFormula(name, at, string(form)))
				} else if v != nil {
					check(f.SetCellValue(name, at, v))
				}
			}
		}
	}
	touch(f)
	path := filepath.Join(t.TempDir(), "名册.xlsx")
	check(f.SaveAs(path))
	return path
}

// memberGrid is the sheet 团员 with the columns of the template and the rows given.
func memberGrid(rows ...[]any) grid { return append(grid{anys(memberHeader)}, rows...) }

// officerGrid is the sheet 干部 likewise.
func officerGrid(rows ...[]any) grid { return append(grid{anys(officerHeader)}, rows...) }

func anys(s []string) []any {
	out := make([]any, len(s))
	for i, v := range s {
		out[i] = v
	}
	return out
}

// readBook reads a workbook that must be readable.
func readBook(t testing.TB, path string) *Book {
	t.Helper()
	b, err := Read(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The parts of the smallest workbook, with one sheet 团员, for tests that need the XML itself.
const (
	workbookXML = `<workbook xmlns="m" xmlns:r="r"><sheets><sheet name="团员" sheetId="1" r:id="rId1"/></sheets></workbook>`
	relsXML     = `<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>`
)

// sheetXML wraps rows into a sheet; tail stands behind sheetData.
func sheetXML(rows, tail string) string {
	return `<worksheet><sheetData>` + rows + `</sheetData>` + tail + `</worksheet>`
}

// rowXML is a row of inline texts.
func rowXML(line int, texts ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<row r="%d">`, line)
	for i, text := range texts {
		fmt.Fprintf(&b, `<c r="%s%d" t="inlineStr"><is><t>%s</t></is></c>`, columnName(i), line, text)
	}
	b.WriteString("</row>")
	return b.String()
}

// zipOf packs parts, in the order name, content, name, content …
func zipOf(t testing.TB, parts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(parts); i += 2 {
		w, err := z.Create(parts[i])
		if err == nil {
			_, err = w.Write([]byte(parts[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bookOf is a workbook whose sheet 团员 has this XML, with more parts as zipOf takes them.
func bookOf(t testing.TB, sheet string, more ...string) []byte {
	t.Helper()
	return zipOf(t, append([]string{
		"xl/workbook.xml", workbookXML, "xl/_rels/workbook.xml.rels", relsXML, "xl/worksheets/sheet1.xml", sheet,
	}, more...)...)
}

// saveBytes saves a file under a name.
func saveBytes(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// full is a disk without space.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

var errFull = errors.New("no space left")
