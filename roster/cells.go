package roster

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// cell is one cell as the sheet has it.
type cell struct {
	col     int    // from 0
	text    string // a number in the form the file has it, e.g. 2.0160001E7
	number  bool
	formula bool // text is what the formula gave when the file was saved
	style   int
}

// span is a merged region, all bounds inclusive: lines from 1, columns from 0.
type span struct {
	top, bottom, left, right int
}

// cells calls visit for each row of the sheet that has a cell with content, in order; the slice is reused. It returns
// the merged regions, which stand behind the rows in the file. An error of visit ends the walk and is returned as is.
func (w *workbook) cells(ctx context.Context, s sheetRef, visit func(line int, cells []cell) error) ([]span, error) {
	t, err := w.part(ctx, s.part, w.limits.sheet)
	if err != nil {
		return nil, w.fault(err)
	}
	if t == nil {
		return nil, w.unusable(fmt.Sprintf("工作表“%s”的内容不在文件里，请重新保存后再试。", s.name), nil)
	}
	defer t.Close()
	r := &sheetReader{tokens: t, book: w, sheet: s.name, visit: visit}
	if err := r.run(); err != nil {
		return nil, w.fault(err)
	}
	return r.merged, nil
}

// sheetReader walks over one sheet.
type sheetReader struct {
	*tokens
	book   *workbook
	sheet  string
	visit  func(int, []cell) error
	line   int
	rows   int
	row    []cell
	buf    []byte
	merged []span
}

func (r *sheetReader) run() error {
	sawData := false
	for {
		tok, err := r.next()
		if errors.Is(err, io.EOF) {
			if !sawData {
				return &brokenPart{what: "sheet without cells"}
			}
			return nil
		}
		if err != nil {
			return err
		}
		e, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		switch e.Name.Local {
		case "sheetData":
			sawData = true
		case "row":
			err = r.readRow(e)
		case "mergeCell":
			err = r.readMerge(attr(e, "ref"))
		}
		if err != nil {
			return err
		}
	}
}

func (r *sheetReader) readRow(row xml.StartElement) error {
	line := r.line + 1
	if n := attr(row, "r"); n != "" {
		var err error
		if line, err = strconv.Atoi(n); err != nil || line <= r.line || line > maxLine {
			return &brokenPart{what: fmt.Sprintf("row number %.20q after row %d", n, r.line)}
		}
	}
	r.line, r.row = line, r.row[:0]
	col := -1
	for {
		tok, err := r.next()
		if err != nil {
			return err
		}
		switch e := tok.(type) {
		case xml.StartElement:
			if e.Name.Local != "c" {
				continue
			}
			if col, err = r.readCell(e, col+1); err != nil {
				return err
			}
		case xml.EndElement:
			if e.Name.Local != "row" {
				continue
			}
			if len(r.row) == 0 {
				return nil
			}
			if r.rows++; r.rows > r.book.limits.rows {
				return &overLimit{fmt.Sprintf("工作表“%s”超过 %d 行，请拆成几个文件分别导入。", r.sheet, r.book.limits.rows)}
			}
			return r.visit(line, r.row)
		}
	}
}

// readCell reads one cell into the row unless it is empty. col is where it stands when it does not say itself.
func (r *sheetReader) readCell(start xml.StartElement, col int) (int, error) {
	c := cell{style: atoi(attr(start, "s"))}
	if ref := attr(start, "r"); ref != "" {
		at, line, ok := parseRef(ref)
		if !ok || line != r.line || at < col {
			return 0, &brokenPart{what: fmt.Sprintf("cell %.20q in row %d", ref, r.line)}
		}
		col = at
	}
	if col >= maxColumn {
		return 0, &brokenPart{what: fmt.Sprintf("row %d has more cells than a sheet has columns", r.line)}
	}
	c.col = col
	kind := attr(start, "t")
	text := r.buf[:0]
	for level := len(r.open); len(r.open) >= level; {
		tok, err := r.next()
		if err != nil {
			return 0, err
		}
		e, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		switch e.Name.Local {
		case "f":
			c.formula = true
		case "v":
			text, err = r.text(text)
		case "is":
			text, err = r.richText(text)
		}
		if err != nil {
			return 0, err
		}
	}
	r.buf = text
	switch kind {
	case "s":
		i, err := strconv.Atoi(string(text))
		if err != nil || i < 0 || i >= len(r.book.texts) {
			if len(text) > 0 {
				return 0, &brokenPart{what: fmt.Sprintf("text %.20q of row %d", text, r.line)}
			}
			break
		}
		c.text = r.book.texts[i]
	case "", "n":
		c.number = true
		c.text = r.book.shown(string(text), c.style)
	case "b":
		c.text = map[string]string{"1": "TRUE", "0": "FALSE"}[string(text)]
	default: // inlineStr, str, e, d
		c.text = unescape(string(text))
	}
	if c.text == "" && !c.formula {
		return col, nil // a format without content, of which rows of some programs are full to the last column
	}
	if col >= r.book.limits.columns {
		return 0, &overLimit{fmt.Sprintf("工作表“%s”第 %d 行的内容超过 %d 列，请删去名册以外的列。", r.sheet, r.line, r.book.limits.columns)}
	}
	r.row = append(r.row, c)
	return col, nil
}

// shown is a number with the leading zeros its format shows: a student number 00123456 kept as the number 123456.
func (w *workbook) shown(text string, style int) string {
	if style < 0 || style >= len(w.formats) {
		return text
	}
	zeros := len(w.formats[style].code)
	if zeros < 2 || zeros <= len(text) || strings.Trim(w.formats[style].code, "0") != "" || strings.Trim(text, "0123456789") != "" || text == "" {
		return text
	}
	return strings.Repeat("0", zeros-len(text)) + text
}

// maxMerged bounds the merged regions of a sheet; a roster has one per branch at most.
const maxMerged = 50_000

func (r *sheetReader) readMerge(ref string) error {
	from, to, _ := strings.Cut(ref, ":")
	if to == "" {
		return nil
	}
	left, top, ok := parseRef(from)
	right, bottom, ok2 := parseRef(to)
	if !ok || !ok2 || right < left || bottom < top {
		return &brokenPart{what: fmt.Sprintf("merged region %.30q", ref)}
	}
	if len(r.merged) == maxMerged {
		return &overLimit{fmt.Sprintf("工作表“%s”的合并单元格太多，请取消合并后再试。", r.sheet)}
	}
	r.merged = append(r.merged, span{top, bottom, left, right})
	return nil
}

// The last row and column a spreadsheet can have.
const (
	maxLine   = 1 << 20
	maxColumn = 1 << 14
)

// parseRef reads a reference such as B12 into a column from 0 and a line from 1.
func parseRef(ref string) (col, line int, ok bool) {
	i := 0
	for ; i < len(ref) && i < 3; i++ {
		c := ref[i] &^ 0x20
		if c < 'A' || c > 'Z' {
			break
		}
		col = col*26 + int(c-'A') + 1
	}
	if i == 0 || col > maxColumn {
		return 0, 0, false
	}
	digits := ref[i:]
	if digits == "" || len(digits) > 7 {
		return 0, 0, false
	}
	for j := range len(digits) {
		if digits[j] < '0' || digits[j] > '9' {
			return 0, 0, false
		}
		line = line*10 + int(digits[j]-'0')
	}
	return col - 1, line, line >= 1 && line <= maxLine
}

// columnName is how spreadsheet programs call a column: A, B, …, AA.
func columnName(col int) string {
	name := ""
	for n := col + 1; n > 0; n = (n - 1) / 26 {
		name = string(rune('A'+(n-1)%26)) + name
	}
	return name
}
