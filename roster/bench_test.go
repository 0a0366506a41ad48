package roster

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"xianjie/seasons"
	"xianjie/storage"
	"xianjie/storage/storagetest"
)

// bigRoster writes a workbook of n members, as an operator's spreadsheet program would save it: texts in the shared
// table when shared is set, in the cells otherwise.
func bigRoster(tb testing.TB, n int, shared bool) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), fmt.Sprintf("roster-%d-%t.xlsx", n, shared))
	members := make([]Member, n)
	for i := range members {
		members[i] = Member{
			No: fmt.Sprintf("2016%06d", i), Name: "示例" + string(rune(0x4e00+i%5000)), College: fmt.Sprintf("第%d学院", i%30),
			Branch: fmt.Sprintf("专业%d班团支部", i/40), Cohort: 2020, Phone: fmt.Sprintf("154%08d", i), Political: "共青团员",
		}
	}
	out, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer out.Close()
	if !shared {
		err = Write(out, members, nil)
	} else {
		err = writeShared(out, members)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return path
}

// writeShared writes members with excelize's cell by cell way, which keeps texts in the shared table.
func writeShared(w io.Writer, members []Member) error {
	f := excelize.NewFile()
	defer f.Close()
	if err := f.SetSheetName("Sheet1", SheetMembers); err != nil {
		return err
	}
	if err := f.SetSheetRow(SheetMembers, "A1", &memberHeader); err != nil {
		return err
	}
	for i, m := range members {
		row := []string{m.No, m.Name, m.College, m.Branch, yearText(m.Cohort), m.Phone, m.Political}
		if err := f.SetSheetRow(SheetMembers, fmt.Sprintf("A%d", i+2), &row); err != nil {
			return err
		}
	}
	return f.Write(w)
}

// BenchmarkImport previews and applies the import of 100,000 rows and merely reads them through excelize's rows, one after
// the other in one run, and reports how they compare: preview/excelize is to stay at or below 2. Applying is mostly the
// database's work (each member brings a transfer, duties and their steps) and is reported beside it.
func BenchmarkImport(b *testing.B) {
	sn, err := seasons.Load("cqu-2020")
	if err != nil {
		b.Fatal(err)
	}
	for _, shared := range []bool{false, true} {
		b.Run(fmt.Sprintf("shared=%t", shared), func(b *testing.B) {
			path := bigRoster(b, 100_000, shared)
			var preview, apply, excelize time.Duration
			for b.Loop() {
				s := storagetest.Open(b, storagetest.SQLite(b))
				start := time.Now()
				diff, err := planAgainst(b.Context(), s, path)
				if err != nil || len(diff.Added) != 100_000 {
					b.Fatalf("%v, %d added", err, len(diff.Added))
				}
				preview += time.Since(start)
				start = time.Now()
				if err := s.ApplyRoster(b.Context(), sn, diff.Roster("校团委", storage.Audit{At: start})); err != nil {
					b.Fatal(err)
				}
				apply += time.Since(start)
				start = time.Now()
				if n := merelyRead(b, path); n != 100_001 {
					b.Fatalf("excelize read %d rows", n)
				}
				excelize += time.Since(start)
			}
			b.ReportMetric(preview.Seconds()/float64(b.N), "s/preview")
			b.ReportMetric(apply.Seconds()/float64(b.N), "s/apply")
			b.ReportMetric(excelize.Seconds()/float64(b.N), "s/excelize")
			b.ReportMetric(preview.Seconds()/excelize.Seconds(), "preview/excelize")
			b.ReportMetric((preview+apply).Seconds()/excelize.Seconds(), "all/excelize")
		})
	}
}

// merelyRead is what reading costs at least when excelize does it.
func merelyRead(tb testing.TB, path string) int {
	tb.Helper()
	f, err := excelize.OpenFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	rows, err := f.Rows(SheetMembers)
	if err != nil {
		tb.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		if _, err := rows.Columns(); err != nil {
			tb.Fatal(err)
		}
		n++
	}
	return n
}

// BenchmarkPlan compares 100,000 rows with as many people in the store.
func BenchmarkPlan(b *testing.B) {
	book, err := Read(b.Context(), bigRoster(b, 100_000, false))
	if err != nil {
		b.Fatal(err)
	}
	var dir storage.Directory
	for _, m := range book.Members {
		dir.People = append(dir.People, m.listed())
	}
	for b.Loop() {
		if d := Plan(book, dir); d.Unchanged != 100_000 {
			b.Fatalf("%d unchanged", d.Unchanged)
		}
	}
}
