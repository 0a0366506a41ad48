package roster

import (
	"bytes"
	"iter"
	"slices"
	"testing"

	"github.com/xuri/excelize/v2"
)

// A workbook holds its tables in order, under their names, and no text in it is a formula.
func TestWriteSheets(t *testing.T) {
	rows := func(rs ...[]any) iter.Seq2[[]any, error] {
		return func(yield func([]any, error) bool) {
			for _, r := range rs {
				if !yield(r, nil) {
					return
				}
			}
		}
	}
	columns := []Column{{Key: "name", Title: "姓名"}, {Key: "n", Title: "人数"}}
	var out bytes.Buffer
	err := WriteSheets(&out, Sheet{"名单", columns, rows([]any{"=1+1", 1})}, Sheet{"各学院", columns, rows([]any{"机械学院", 2}, []any{"数学学院", 3})})
	if err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	if got := book.GetSheetList(); !slices.Equal(got, []string{"名单", "各学院"}) {
		t.Errorf("sheets %q", got)
	}
	for sheet, want := range map[string][]string{"名单": {"姓名", "人数", "'=1+1", "1"}, "各学院": {"姓名", "人数", "机械学院", "2", "数学学院", "3"}} {
		got, err := book.GetRows(sheet)
		if err != nil || !slices.Equal(slices.Concat(got...), want) {
			t.Errorf("%s holds %q, %v", sheet, got, err)
		}
	}
}
