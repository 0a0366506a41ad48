package roster

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Read reads the roster workbook at path and checks every row by itself and against the rows of the file: a row that
// cannot be taken is refused with all its reasons and stops no other. A file that cannot be read as a roster at all is
// *Unusable. Memory grows with the rows kept, not with the file: 100,000 rows stay under 256 MiB.
func Read(ctx context.Context, path string) (*Book, error) {
	return read(ctx, path, defaultLimits)
}

func read(ctx context.Context, path string, l limits) (*Book, error) {
	w, err := openWorkbook(ctx, path, l)
	if err != nil {
		return nil, err
	}
	defer w.Close()
	return w.book(ctx)
}

// book reads and checks the two sheets.
func (w *workbook) book(ctx context.Context) (*Book, error) {
	b := &Book{layout: map[string]layout{}}
	members, err := b.readSheet(ctx, w, SheetMembers, memberColumns)
	if err != nil {
		return nil, err
	}
	officers, err := b.readSheet(ctx, w, SheetOfficers, officerColumns)
	if err != nil {
		return nil, err
	}
	b.HasMembers, b.HasOfficers = members != nil, officers != nil
	switch {
	case members == nil && officers == nil:
		return nil, w.unusable(fmt.Sprintf("没有名为“%s”或“%s”的工作表，文件里的工作表是：%s。请按模板改名。",
			SheetMembers, SheetOfficers, w.sheetNames()), nil)
	case members == nil:
		b.notice("文件里没有工作表“%s”，只读取了“%s”。", SheetMembers, SheetOfficers)
	case officers == nil:
		b.notice("文件里没有工作表“%s”，只读取了“%s”。", SheetOfficers, SheetMembers)
	}
	w.texts = nil
	b.checkMembers(members, w.date04)
	b.checkOfficers(officers)
	slices.SortStableFunc(b.Rejects, compareRejects)
	return b, nil
}

func (b *Book) notice(format string, args ...any) {
	b.Notices = append(b.Notices, fmt.Sprintf(format, args...))
}

// sheetNames lists the sheets for a sentence.
func (w *workbook) sheetNames() string {
	var names []string
	for i, s := range w.sheets {
		if i == 10 {
			names = append(names, "…")
			break
		}
		names = append(names, oneLine(s.name, 20))
	}
	return strings.Join(names, "、")
}

// sheet finds a sheet by name, whatever spaces and widths the name is decorated with.
func (w *workbook) sheet(name string) (sheetRef, bool) {
	for _, exact := range []bool{true, false} {
		for _, s := range w.sheets {
			if s.name == name || !exact && headerKey(s.name) == name {
				return s, true
			}
		}
	}
	return sheetRef{}, false
}

// layout is what WriteRejected needs to know of a sheet: where the header is and where reasons go.
type layout struct {
	header int
	reason int // column from 0
}

// rawRow is a row as it stands in the sheet, reduced to the known columns.
type rawRow struct {
	line    int
	texts   []string
	formula uint32 // bit per column: the cell held a formula
	merged  uint32 // bit per column: the cell is covered by a merged region that does not count for it
	number  uint32 // bit per column: the cell held a number
	covered uint32 // bit per column: the cell is in a merged region
}

// maxCellText is how much of a cell is read, in bytes: no field comes near it, and what is longer is refused anyway.
const maxCellText = 600

// readSheet reads the rows of a sheet; nil when there is no such sheet.
func (b *Book) readSheet(ctx context.Context, w *workbook, name string, known []column) ([]rawRow, error) {
	s, ok := w.sheet(name)
	if !ok {
		return nil, nil
	}
	c := &collector{known: known, rows: []rawRow{}, same: map[string]string{}}
	merged, err := w.cells(ctx, s, c.visit)
	if err != nil {
		return nil, err
	}
	if c.place == nil {
		return nil, w.unusable(c.nearest.reason(name, known), nil)
	}
	if !c.spread(merged) {
		return nil, w.unusable(fmt.Sprintf("工作表“%s”里的合并单元格互相重叠，请取消合并后再试。", name), nil)
	}
	l := layout{header: c.header.line, reason: c.header.at[len(known)-1]}
	if l.reason < 0 {
		l.reason = c.free(merged, w.limits.columns)
	}
	b.layout[name] = l
	if n := len(c.header.unknown); n > 0 {
		shown := c.header.unknown[:min(n, 20)]
		rest := ""
		if n > len(shown) {
			rest = fmt.Sprintf("等 %d 列", n)
		}
		b.notice("工作表“%s”里这些列没有导入：%s%s。", name, strings.Join(shown, "、"), rest)
	}
	return c.rows, nil
}

// collector gathers the rows behind the header.
type collector struct {
	known   []column
	header  header
	place   map[int]int // column of the sheet → known column; nil before the header
	nearest *errNoHeader
	lastCol int
	rows    []rawRow
	slab    []string
	same    map[string]string // texts that recur from row to row, kept once
}

// free is the first column behind everything from the header down. What stands in a merged region is not seen unless it
// is the region's first cell, so regions count as content.
func (c *collector) free(merged []span, columns int) int {
	last := c.lastCol
	for _, m := range merged {
		if m.bottom >= c.header.line && m.right < columns-1 {
			last = max(last, m.right)
		}
	}
	return last + 1
}

func (c *collector) visit(line int, cells []cell) error {
	c.lastCol = max(c.lastCol, cells[len(cells)-1].col)
	if c.place == nil {
		if line > headerLines {
			return nil
		}
		h, no := findHeader(line, cells, c.known)
		if no != nil {
			if c.nearest == nil || no.found > c.nearest.found {
				c.nearest = no
			}
			return nil
		}
		c.header, c.place = h, map[int]int{}
		for i, col := range h.at {
			if col >= 0 {
				c.place[col] = i
			}
		}
		return nil
	}
	n := len(c.known)
	if len(c.slab) < n {
		c.slab = make([]string, 512*n)
	}
	row := rawRow{line: line, texts: c.slab[:n:n]}
	blank := true
	for _, cell := range cells {
		i, ok := c.place[cell.col]
		if !ok || c.known[i].name == ColReason {
			continue
		}
		text := cell.text
		switch {
		case len(text) > maxCellText:
			text = c.once(strings.ToValidUTF8(text[:maxCellText], ""))
		case c.known[i].spread:
			text = c.once(text)
		}
		row.texts[i] = text
		bit := uint32(1) << i
		if cell.formula {
			row.formula |= bit
		}
		if cell.number {
			row.number |= bit
		}
		blank = blank && !cell.formula && isBlank(text)
	}
	if blank {
		clear(row.texts)
		return nil
	}
	c.slab = c.slab[n:]
	c.rows = append(c.rows, row)
	return nil
}

func (c *collector) once(s string) string {
	if t, ok := c.same[s]; ok {
		return t
	}
	s = strings.Clone(s)
	c.same[s] = s
	return s
}

func isBlank(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool {
		return !unicode.IsSpace(r) && !unicode.Is(unicode.Cf, r) && !unicode.IsControl(r)
	}) < 0
}

// spread gives every row of a merged region the region's value where the column allows it, and marks the cell where
// it does not. False: regions overlap, which no spreadsheet program writes.
func (c *collector) spread(merged []span) bool {
	for _, m := range merged {
		if !slices.ContainsFunc(c.header.at, func(col int) bool { return col >= m.left && col <= m.right }) {
			continue
		}
		first, _ := slices.BinarySearchFunc(c.rows, m.top, func(r rawRow, line int) int { return r.line - line })
		var from *rawRow
		for i := first; i < len(c.rows) && c.rows[i].line <= m.bottom; i++ {
			row := &c.rows[i]
			if row.line == m.top {
				from = row
			}
			for k, col := range c.header.at {
				if col < m.left || col > m.right {
					continue
				}
				bit := uint32(1) << k
				if row.covered&bit != 0 {
					return false
				}
				row.covered |= bit
				switch {
				case m.left != m.right, !c.known[k].spread && row.line != m.top:
					row.merged |= bit
				case from != nil && row != from:
					row.texts[k] = from.texts[k]
					row.formula |= from.formula & bit
					row.number |= from.number & bit
				}
			}
		}
	}
	return true
}
