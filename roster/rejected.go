package roster

import (
	"context"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// WriteRejected writes the sheets 团员 and 干部 of the workbook at path again, every row on its line and every column in
// its place, with a column 原因 behind them that says beside each refused row why. A column 原因 that is there already is
// written over, so the file can be corrected and read again as often as needed. Formulas come back as their results,
// and colours and fonts are not kept. book and rejects are what Read and Plan gave for this file.
func WriteRejected(ctx context.Context, w io.Writer, path string, book *Book, rejects []Reject) error {
	src, err := openWorkbook(ctx, path, defaultLimits)
	if err != nil {
		return err
	}
	defer src.Close()
	return writeRejected(ctx, w, src, book, rejects)
}

func writeRejected(ctx context.Context, w io.Writer, src *workbook, book *Book, rejects []Reject) error {
	reasons := make(map[At]string, len(rejects))
	for _, r := range rejects {
		reasons[r.At] = strings.Join(r.Reasons, "")
	}
	return writeBook(w, func(b *bookWriter) error {
		if err := b.file.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &src.date04}); err != nil {
			return fmt.Errorf("write rejected rows of %s: %w", src.path, err)
		}
		for _, name := range []string{SheetMembers, SheetOfficers} {
			ref, ok := src.sheet(name)
			if !ok {
				continue
			}
			c := &copier{src: src, out: b, sheet: name, layout: book.layout[name], reasons: reasons, styles: map[copiedStyle]int{}}
			if err := c.copy(ctx, ref); err != nil {
				return fmt.Errorf("write rejected rows of %s: %w", src.path, err)
			}
		}
		return nil
	})
}

// copier copies one sheet, adding the reasons.
type copier struct {
	src     *workbook
	out     *bookWriter
	sheet   string
	layout  layout
	reasons map[At]string
	styles  map[copiedStyle]int
	row     []any
}

// copiedStyle is what is kept of a cell's style.
type copiedStyle struct {
	format format
	bad    bool
}

func (c *copier) copy(ctx context.Context, ref sheetRef) error {
	ws := make([]float64, c.layout.reason+1)
	for i := range ws {
		ws[i] = defaultWidth
	}
	ws[c.layout.reason] = columnWidth[ColReason]
	if err := c.out.sheet(c.sheet, ws); err != nil {
		return err
	}
	merged, err := c.src.cells(ctx, ref, c.visit)
	if err != nil {
		return err
	}
	return c.out.merge(merged)
}

func (c *copier) visit(line int, cells []cell) error {
	c.row = c.row[:0]
	reason, bad := c.reasons[At{c.sheet, line}]
	for _, cl := range cells {
		if cl.col == c.layout.reason {
			continue
		}
		for len(c.row) <= cl.col {
			c.row = append(c.row, nil)
		}
		v, err := c.cell(cl, bad, line)
		if err != nil {
			return err
		}
		c.row[cl.col] = v
	}
	if line == c.layout.header {
		c.reasonCell(textCell(c.out.bold, ColReason))
	} else if bad {
		c.reasonCell(textCell(c.out.bad, reason))
	}
	c.out.next = line
	return c.out.write(c.row)
}

func (c *copier) reasonCell(v any) {
	for len(c.row) <= c.layout.reason {
		c.row = append(c.row, nil)
	}
	c.row[c.layout.reason] = v
}

// cell is a cell of the source as it is written: numbers stay numbers in their format, everything else is text.
func (c *copier) cell(cl cell, bad bool, line int) (any, error) {
	if line == c.layout.header {
		return textCell(c.out.bold, cl.text), nil
	}
	n, err := strconv.ParseFloat(cl.text, 64)
	if !cl.number || err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		if bad {
			return textCell(c.out.bad, cl.text), nil
		}
		return textCell(c.out.text, cl.text), nil
	}
	key := copiedStyle{bad: bad}
	if cl.style >= 0 && cl.style < len(c.src.formats) {
		key.format = c.src.formats[cl.style]
	}
	id, ok := c.styles[key]
	if !ok {
		if id, err = c.out.numberStyle(key); err != nil {
			return nil, err
		}
		c.styles[key] = id
	}
	return excelize.Cell{StyleID: id, Value: n}, nil
}

// numberStyle makes the style of a copied number.
func (b *bookWriter) numberStyle(s copiedStyle) (int, error) {
	style := excelize.Style{NumFmt: s.format.id}
	if s.format.code != "" {
		style.NumFmt, style.CustomNumFmt = 0, &s.format.code
	}
	if s.bad {
		style.Fill = badFill
	}
	id, err := b.file.NewStyle(&style)
	if err != nil {
		return 0, fmt.Errorf("number format %q: %w", s.format.code, err)
	}
	return id, nil
}

func (b *bookWriter) merge(spans []span) error {
	for _, m := range spans {
		from, to := columnName(m.left)+strconv.Itoa(m.top), columnName(m.right)+strconv.Itoa(m.bottom)
		if err := b.stream.MergeCell(from, to); err != nil {
			return fmt.Errorf("sheet %s: merge %s:%s: %w", b.name, from, to, err)
		}
	}
	return nil
}
