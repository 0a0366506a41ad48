package roster

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// Format is a file format of Export.
type Format string

// The formats Export writes.
const (
	XLSX Format = "xlsx" // one sheet; more where there are more rows than a sheet holds
	CSV  Format = "csv"  // UTF-8 with a byte order mark, so that spreadsheet programs see Chinese; lines end in CRLF
	JSON Format = "json" // one array of flat objects
)

// ErrFormat says that the ending of a file name is none of the formats.
var ErrFormat = errors.New("文件名应以 .xlsx、.csv 或 .json 结尾")

// FormatOf is the format a file name asks for by its ending. Its error is ErrFormat.
func FormatOf(name string) (Format, error) {
	switch f := Format(strings.ToLower(strings.TrimPrefix(filepath.Ext(name), "."))); f {
	case XLSX, CSV, JSON:
		return f, nil
	}
	return "", fmt.Errorf("%s：%w", name, ErrFormat)
}

// Column is one column of an export.
type Column struct {
	Key   string // stable snake_case key: the name in JSON and the header elsewhere
	Title string // header in xlsx; Key when ""
}

// Export writes rows to w in constant memory; an .xlsx passes through a temporary file. A row has one value per column:
// a time.Time, a bool, string, integer or float or a type made of one, or a pointer to one of these; nil and the zero
// time are none. Times are RFC 3339 in their zone. JSON keeps texts exactly; in xlsx and csv they pass Neutral. An error
// of rows ends the export and is wrapped.
func Export(w io.Writer, f Format, columns []Column, rows iter.Seq2[[]any, error]) error {
	var t table
	b := bufio.NewWriterSize(w, 1<<16)
	switch f {
	case XLSX:
		return exportBook(w, columns, rows)
	case CSV:
		t = &csvTable{out: b, columns: columns}
	case JSON:
		t = &jsonTable{out: b, columns: columns}
	default:
		return fmt.Errorf("export as %q: %w", f, ErrFormat)
	}
	if err := writeTable(t, columns, rows); err != nil {
		return err
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("export as %s: %w", f, err)
	}
	return nil
}

// exportBook runs the same over a workbook, which writes itself to w when it is complete.
func exportBook(w io.Writer, columns []Column, rows iter.Seq2[[]any, error]) error {
	return writeBook(w, func(b *bookWriter) error {
		return writeTable(&bookTable{out: b, columns: columns, most: maxLine}, columns, rows)
	})
}

// table is one file being written.
type table interface {
	begin() error
	row(values []any) error
	end() error
}

func writeTable(t table, columns []Column, rows iter.Seq2[[]any, error]) error {
	if err := t.begin(); err != nil {
		return fmt.Errorf("export: header: %w", err)
	}
	n := 0
	values := make([]any, len(columns))
	for row, err := range rows {
		n++
		if err != nil {
			return fmt.Errorf("export: row %d: %w", n, err)
		}
		if len(row) != len(columns) {
			return fmt.Errorf("export: row %d has %d values for %d columns", n, len(row), len(columns))
		}
		for i, v := range row {
			if values[i], err = plainValue(v); err != nil {
				return fmt.Errorf("export: row %d: %s: %w", n, columns[i].Key, err)
			}
		}
		if err := t.row(values); err != nil {
			return fmt.Errorf("export: row %d: %w", n, err)
		}
	}
	if err := t.end(); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	return nil
}

// plainValue reduces a value to nil, bool, int64, float64 or string.
func plainValue(v any) (any, error) {
	switch v := v.(type) {
	case nil, bool, string, int64:
		return v, nil
	case time.Time:
		if v.IsZero() {
			return nil, nil
		}
		return v.Format(time.RFC3339Nano), nil
	}
	switch r := reflect.ValueOf(v); {
	case r.Kind() == reflect.Pointer && r.IsNil():
		return nil, nil
	case r.Kind() == reflect.Pointer:
		return plainValue(r.Elem().Interface())
	case r.Kind() == reflect.Bool:
		return r.Bool(), nil
	case r.Kind() == reflect.String:
		return r.String(), nil
	case r.CanInt():
		return r.Int(), nil
	case r.CanUint() && r.Uint() <= math.MaxInt64:
		return int64(r.Uint()), nil
	case r.CanFloat() && !math.IsNaN(r.Float()) && !math.IsInf(r.Float(), 0):
		return r.Float(), nil
	}
	return nil, fmt.Errorf("value %v of type %T cannot be exported", v, v)
}

// textOf is a plain value in a text format.
func textOf(v any) string {
	switch v := v.(type) {
	case string:
		return Neutral(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// csvTable writes lines as RFC 4180 has them. encoding/csv would either end lines in LF or change the line breaks within
// texts.
type csvTable struct {
	out     *bufio.Writer // keeps its first error
	columns []Column
}

func (t *csvTable) begin() error {
	t.out.WriteString("\ufeff")
	for i, c := range t.columns {
		t.cell(i, c.Key)
	}
	_, err := t.out.WriteString("\r\n")
	return err
}

func (t *csvTable) row(values []any) error {
	for i, v := range values {
		t.cell(i, textOf(v))
	}
	_, err := t.out.WriteString("\r\n")
	return err
}

// cell quotes what holds a mark of the format, and outer spaces, which some programs trim.
func (t *csvTable) cell(i int, s string) {
	if i > 0 {
		t.out.WriteByte(',')
	}
	if strings.ContainsAny(s, "\",\r\n") || s != strings.TrimSpace(s) {
		s = `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
	}
	t.out.WriteString(s)
}

func (t *csvTable) end() error { return nil }

// jsonTable writes objects by hand around encoded values, so that keys keep the order of the columns. Text that JSON
// has no need to escape (<, &) stays readable.
type jsonTable struct {
	out     *bufio.Writer
	columns []Column
	keys    []string
	rows    int
	value   bytes.Buffer
	enc     *json.Encoder // into value
}

func (t *jsonTable) begin() error {
	for _, c := range t.columns {
		k, err := json.Marshal(c.Key)
		if err != nil {
			return err
		}
		t.keys = append(t.keys, string(k)+":")
	}
	t.enc = json.NewEncoder(&t.value)
	t.enc.SetEscapeHTML(false)
	_, err := t.out.WriteString("[")
	return err
}

func (t *jsonTable) row(values []any) error {
	lead := "\n{"
	if t.rows > 0 {
		lead = ",\n{"
	}
	t.rows++
	for i, v := range values {
		t.value.Reset()
		if err := t.enc.Encode(v); err != nil {
			return err
		}
		t.out.WriteString(lead)
		t.out.WriteString(t.keys[i])
		t.out.Write(bytes.TrimSuffix(t.value.Bytes(), []byte("\n")))
		lead = ","
	}
	return t.out.WriteByte('}') // a bufio.Writer keeps its first error
}

func (t *jsonTable) end() error {
	_, err := t.out.WriteString("\n]\n")
	return err
}

// bookTable writes a sheet, and another one when it is full.
type bookTable struct {
	out     *bookWriter
	name    string // of its sheets, "导出" when ""
	columns []Column
	most    int // rows of one sheet, the header among them
	sheets  int
	cells   []any
}

func (t *bookTable) begin() error {
	t.sheets++
	titles := make([]string, len(t.columns))
	for i, c := range t.columns {
		titles[i] = c.Key
		if c.Title != "" {
			titles[i] = c.Title
		}
	}
	name := t.name
	switch {
	case name == "":
		name = "导出" + strconv.Itoa(t.sheets)
	case t.sheets > 1:
		name += strconv.Itoa(t.sheets)
	}
	if err := t.out.sheet(name, widths(titles)); err != nil {
		return err
	}
	return t.out.header(titles)
}

func (t *bookTable) row(values []any) error {
	if t.out.next > t.most {
		if err := t.begin(); err != nil {
			return err
		}
	}
	t.cells = t.cells[:0]
	for _, v := range values {
		switch v := v.(type) {
		case string:
			t.cells = append(t.cells, textCell(t.out.text, cut(v)))
		case nil:
			t.cells = append(t.cells, nil)
		default:
			t.cells = append(t.cells, excelize.Cell{Value: v})
		}
	}
	return t.out.write(t.cells)
}

func (t *bookTable) end() error { return nil }

// cut shortens a text to what one cell of a sheet can hold; the other formats keep it whole.
func cut(s string) string {
	const most = excelize.TotalCellChars - 2 // room for an apostrophe and the mark of the cut
	n := 0
	for i, r := range s {
		n++
		if r > 0xffff {
			n++
		}
		if n > most {
			return s[:i] + "…"
		}
	}
	return s
}
