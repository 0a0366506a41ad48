package roster

import (
	"io"
	"iter"
)

// Sheet is one table of a workbook for people to read.
type Sheet struct {
	Name    string
	Columns []Column
	Rows    iter.Seq2[[]any, error]
}

// WriteSheets writes a workbook of several tables, with the values Export takes.
func WriteSheets(w io.Writer, sheets ...Sheet) error {
	return writeBook(w, func(b *bookWriter) error {
		for _, s := range sheets {
			if err := writeTable(&bookTable{out: b, name: s.Name, columns: s.Columns, most: maxLine}, s.Columns, s.Rows); err != nil {
				return err
			}
		}
		return nil
	})
}
