package roster

import (
	"archive/zip"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/xuri/excelize/v2"
)

// memberHeader and officerHeader are the columns in the order workbooks of ours have them.
var (
	memberHeader  = []string{ColNo, ColName, ColCollege, ColBranch, ColCohort, ColPhone, ColPolitical}
	officerHeader = []string{ColName, ColOfficerNo, ColRole, ColCollege, ColBranch, ColPhone}
)

// Write writes a roster workbook that Read takes back unchanged. Numbers are written as text, so that no program
// rounds or reformats them.
func Write(w io.Writer, members []Member, officers []Officer) error {
	return writeBook(w, func(b *bookWriter) error {
		header := memberHeader
		if slices.ContainsFunc(members, func(m Member) bool { return m.Former != "" }) {
			header = append(slices.Clip(header), ColFormer)
		}
		if err := b.sheet(SheetMembers, widths(header)); err != nil {
			return err
		}
		if err := b.header(header); err != nil {
			return err
		}
		for _, m := range members {
			row := []string{m.No, m.Name, m.College, m.Branch, yearText(m.Cohort), m.Phone, m.Political, m.Former}
			if err := b.row(row[:len(header)]...); err != nil {
				return err
			}
		}
		if err := b.sheet(SheetOfficers, widths(officerHeader)); err != nil {
			return err
		}
		if err := b.header(officerHeader); err != nil {
			return err
		}
		for _, o := range officers {
			if err := b.row(o.Name, o.No, o.Role.String(), o.College, o.Branch, o.Phone); err != nil {
				return err
			}
		}
		return nil
	})
}

// Template writes an example workbook with made-up rows: what an operator fills in. cohort is the season's year of
// graduation.
func Template(w io.Writer, cohort int) error {
	const college, branch = "示例学院", "示例专业1班团支部"
	first := strconv.Itoa(cohort-4) + "0001"
	return Write(w,
		[]Member{
			{No: first, Name: "甲示例", College: college, Branch: branch, Cohort: cohort, Phone: "15400000001", Political: "共青团员"},
			{No: strconv.Itoa(cohort-4) + "0002", Name: "乙示例", College: college, Branch: branch, Cohort: cohort},
		},
		[]Officer{
			{Name: "甲示例", No: first, Role: RoleBranch, College: college, Branch: branch},
			{Name: "丙示例", No: "90000001", Role: RoleCollege, College: college, Phone: "15400000002"},
			{Name: "丁示例", No: "90000002", Role: RoleCommittee},
		})
}

// columnWidth is what each column needs, in characters; columns not named here get defaultWidth.
var columnWidth = map[string]float64{
	ColNo: 14, ColOfficerNo: 14, ColName: 12, ColCollege: 24, ColBranch: 28, ColCohort: 10, ColPhone: 14, ColPolitical: 14, ColFormer: 28, ColRole: 16, ColReason: 60,
	ColDestination: 12, ColTarget: 36, ColState: 14, ColRecord: 14, ColDay: 12, ColNote: 30,
}

const defaultWidth = 18

func widths(header []string) []float64 {
	ws := make([]float64, len(header))
	for i, h := range header {
		ws[i] = defaultWidth
		if w, ok := columnWidth[h]; ok {
			ws[i] = w
		}
	}
	return ws
}

// badFill is the ground of refused rows.
var badFill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"FDE9E7"}}

// bookWriter writes the sheets of one workbook one after the other, each as a stream.
type bookWriter struct {
	file   *excelize.File
	stream *excelize.StreamWriter
	name   string
	first  bool
	next   int // number of the row to write next, from 1

	bold, text, bad int // styles
	cells           []any
}

// writeBook makes a workbook and writes it to w.
func writeBook(w io.Writer, fill func(*bookWriter) error) (err error) {
	f := excelize.NewFile()
	defer func() {
		if e := f.Close(); err == nil && e != nil {
			err = fmt.Errorf("close workbook: %w", e)
		}
	}()
	// By itself excelize gathers the whole archive in memory before the first byte leaves.
	f.SetZipWriter(func(io.Writer) excelize.ZipWriter { return zip.NewWriter(w) })
	b := &bookWriter{file: f, first: true}
	const asText = 49 // the number format "@"
	for _, s := range []struct {
		id    *int
		style excelize.Style
	}{
		{&b.bold, excelize.Style{Font: &excelize.Font{Bold: true}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E8EEF7"}}}},
		{&b.text, excelize.Style{NumFmt: asText}},
		{&b.bad, excelize.Style{NumFmt: asText, Fill: badFill}},
	} {
		if *s.id, err = f.NewStyle(&s.style); err != nil {
			return fmt.Errorf("style workbook: %w", err)
		}
	}
	if err := fill(b); err != nil {
		return err
	}
	if err := b.flush(); err != nil {
		return err
	}
	if err := f.Write(io.Discard); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}

// sheet ends the sheet being written and begins another.
func (b *bookWriter) sheet(name string, widths []float64) error {
	if err := b.flush(); err != nil {
		return err
	}
	var err error
	if b.first {
		err = b.file.SetSheetName(b.file.GetSheetName(0), name)
		b.first = false
	} else {
		_, err = b.file.NewSheet(name)
	}
	if err != nil {
		return fmt.Errorf("sheet %s: %w", name, err)
	}
	if b.stream, err = b.file.NewStreamWriter(name); err != nil {
		return fmt.Errorf("sheet %s: %w", name, err)
	}
	b.name, b.next = name, 1
	for i, w := range widths {
		if err := b.stream.SetColWidth(i+1, i+1, w); err != nil {
			return fmt.Errorf("sheet %s: width of column %d: %w", name, i+1, err)
		}
	}
	return nil
}

// header writes a heading row; called first, it stays in view when the sheet is scrolled.
func (b *bookWriter) header(names []string) error {
	if b.next == 1 {
		err := b.stream.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
		if err != nil {
			return fmt.Errorf("sheet %s: freeze header: %w", b.name, err)
		}
	}
	return b.styled(b.bold, names)
}

// row writes text cells; numbers stay what they are written as.
func (b *bookWriter) row(values ...string) error { return b.styled(b.text, values) }

func (b *bookWriter) styled(style int, values []string) error {
	b.cells = b.cells[:0]
	for _, v := range values {
		b.cells = append(b.cells, textCell(style, v))
	}
	return b.write(b.cells)
}

// textCell is a cell that holds exactly this text, nil when there is none.
func textCell(style int, v string) any {
	if v == "" {
		return nil
	}
	return excelize.Cell{StyleID: style, Value: Neutral(v)}
}

func (b *bookWriter) write(cells []any) error {
	if err := b.stream.SetRow("A"+strconv.Itoa(b.next), cells); err != nil {
		return fmt.Errorf("sheet %s: row %d: %w", b.name, b.next, err)
	}
	b.next++
	return nil
}

func (b *bookWriter) flush() error {
	if b.stream == nil {
		return nil
	}
	if err := b.stream.Flush(); err != nil {
		return fmt.Errorf("sheet %s: %w", b.name, err)
	}
	b.stream = nil
	return nil
}
