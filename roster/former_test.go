package roster

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/xuri/excelize/v2"

	"xianjie/storage"
)

// A workbook may say where the relation of a new student stands; one that says it of nobody looks as it always did.
func TestFormerOrganisation(t *testing.T) {
	newcomer := with(func(m *Member) {
		m.No, m.Name, m.Cohort, m.Former = "20201001", "钱一凡", 2023, "云岭大学文学院团委"
	})
	write := func(members ...Member) *Book {
		t.Helper()
		var b bytes.Buffer
		if err := Write(&b, members, nil); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "roster.xlsx")
		if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		return readBook(t, path)
	}
	book := write(zhang, newcomer)
	if len(book.Rejects)+len(book.Notices) != 0 || len(book.Members) != 2 || book.Members[0].Member != zhang || book.Members[1].Member != newcomer {
		t.Fatalf("%+v, rejects %v, notices %q", book.Members, book.Rejects, book.Notices)
	}
	var plain bytes.Buffer
	if err := Write(&plain, []Member{zhang}, nil); err != nil {
		t.Fatal(err)
	}
	x, err := excelize.OpenReader(&plain)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	if rows, err := x.GetRows(SheetMembers); err != nil || !slices.Equal(rows[0], memberHeader) {
		t.Errorf("a workbook without new students has the columns %v, %v", rows, err)
	}

	stored := newcomer.listed()
	for _, c := range []struct {
		name    string
		row     Member
		changed int
	}{
		{"the same", newcomer, 0},
		{"another", with(func(m *Member) { *m = newcomer; m.Former = "某某大学团委" }), 1},
		{"an empty cell changes nothing", with(func(m *Member) { *m = newcomer; m.Former = "" }), 0},
	} {
		d := Plan(write(zhang, c.row), storage.Directory{People: []storage.Listed{zhang.listed(), stored}, Colleges: []string{zhang.College}, Branches: [][2]string{{zhang.College, zhang.Branch}}})
		if len(d.Changed) != c.changed {
			t.Errorf("%s: %+v", c.name, d.Changed)
		}
	}
}
