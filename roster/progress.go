package roster

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// Sheets of the workbook in which an officer marks what happened to many members: exported, filled in, sent back.
const (
	SheetProgress = "进展"
	SheetHowTo    = "填写说明"
)

// Columns of the sheet 进展 beside those of a roster.
const (
	ColDestination = "去向"
	ColTarget      = "转往"
	ColState       = "目前进展"
	ColRecord      = "登记"
	ColDay         = "日期"
	ColNote        = "说明"
	ColVersion     = "版本" // hidden; tells what changed since the export
)

// Progress is how one member stands, a row of the sheet 进展.
type Progress struct {
	No, Name, College, Branch string
	Destination, Target       string // "" when nothing is declared
	State                     string // by name
	Version                   int64  // of the transfer
}

// Recordable is a word that may stand in the column 登记, with what it says.
type Recordable struct {
	Word, Meaning string
}

// Filled is a row of the sheet 进展 that came back, as it was written. Whether it can be taken is for the reader to say.
type Filled struct {
	At
	No, Name string
	State    string // 目前进展, which people may have written over
	Record   string // 登记
	Day      string // 日期; a day the spreadsheet program keeps as a number comes as 2006-01-02
	Note     string // 说明
	Version  int64  // 0: none that can be read
}

var progressHeader = []string{
	ColNo, ColName, ColCollege, ColBranch, ColDestination, ColTarget, ColState, ColRecord, ColDay, ColNote, ColVersion,
}

var progressColumns = []column{
	{ColNo, []string{"学号"}, true, false},
	{ColName, []string{"姓名"}, true, false},
	{ColState, []string{"目前进展", "进展"}, false, false},
	{ColRecord, []string{"登记"}, true, false},
	{ColDay, []string{"日期"}, false, true},
	{ColNote, []string{"说明", "备注"}, false, true},
	{ColVersion, []string{"版本"}, false, false},
	{ColReason, []string{"原因"}, false, false},
}

// Places in progressColumns.
const (
	progressNo = iota
	progressName
	progressState
	progressRecord
	progressDay
	progressNote
	progressVersion
)

// howTo is the text of the sheet 填写说明 before the words of the column 登记.
var howTo = []string{
	"1. 在工作表“进展”的“登记”一栏填写发生了什么（有下拉框），没有变化的行留空。",
	"2. “日期”填是哪天发生的（几月几日）；留空就是发回的当天。",
	"3. “说明”可以不填；退回时请写原因，团员会看到。",
	"4. 其他栏请不要改。填好以后保存，在微信里直接把这个文件发回来，核对无误后回复“确认”。",
}

// WriteProgress writes the workbook in which an officer marks what happened: how every member stands, and the words that
// may be filled in. The same members give the same bytes. ReadProgress takes it back.
func WriteProgress(w io.Writer, rows []Progress, words []Recordable) error {
	var book bytes.Buffer
	err := writeBook(&book, func(b *bookWriter) error {
		if err := b.progress(rows, len(words)); err != nil {
			return err
		}
		if err := b.sheet(SheetHowTo, []float64{18, 70}); err != nil {
			return err
		}
		for _, line := range howTo {
			if err := b.row(line); err != nil {
				return err
			}
		}
		if err := b.header([]string{ColRecord, ColNote}); err != nil {
			return err
		}
		for _, word := range words {
			if err := b.row(word.Word, word.Meaning); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return inOrder(w, book.Bytes())
}

// inOrder copies a zip archive with its parts in the order of their names; excelize writes them in any.
func inOrder(w io.Writer, archive []byte) error {
	from, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return fmt.Errorf("order workbook: %w", err)
	}
	slices.SortFunc(from.File, func(a, b *zip.File) int { return strings.Compare(a.Name, b.Name) })
	to := zip.NewWriter(w)
	for _, f := range from.File {
		if err := to.Copy(f); err != nil {
			return fmt.Errorf("order workbook: %s: %w", f.Name, err)
		}
	}
	return to.Close()
}

func (b *bookWriter) progress(rows []Progress, words int) error {
	if err := b.sheet(SheetProgress, widths(progressHeader)); err != nil {
		return err
	}
	last := len(progressHeader)
	if err := b.stream.SetColVisible(last, last, false); err != nil {
		return fmt.Errorf("sheet %s: hide column %d: %w", b.name, last, err)
	}
	if err := b.header(progressHeader); err != nil {
		return err
	}
	for _, r := range rows {
		err := b.row(r.No, r.Name, r.College, r.Branch, r.Destination, r.Target, r.State, "", "", "", strconv.FormatInt(r.Version, 10))
		if err != nil {
			return err
		}
	}
	if words == 0 || len(rows) == 0 {
		return nil
	}
	const recordColumn = "H"
	choice := excelize.NewDataValidation(true)
	choice.Sqref = fmt.Sprintf("%s2:%s%d", recordColumn, recordColumn, len(rows)+1)
	from := len(howTo) + 2
	choice.SetSqrefDropList(fmt.Sprintf("%s!$A$%d:$A$%d", SheetHowTo, from, from+words-1))
	if err := b.file.AddDataValidation(b.name, choice); err != nil {
		return fmt.Errorf("sheet %s: choices of %s: %w", b.name, ColRecord, err)
	}
	return nil
}

// ReadProgress reads a workbook of WriteProgress that came back; name is how people know it. A file that is none at all is
// *Unusable.
func ReadProgress(ctx context.Context, name string, content []byte) ([]Filled, error) {
	w := &workbook{path: name, limits: defaultLimits}
	if err := w.load(ctx, bytes.NewReader(content), int64(len(content))); err != nil {
		return nil, err
	}
	b := &Book{layout: map[string]layout{}}
	raw, err := b.readSheet(ctx, w, SheetProgress, progressColumns)
	if err != nil {
		return nil, err
	}
	if raw == nil {
		return nil, w.unusable(fmt.Sprintf("没有名为“%s”的工作表，文件里的工作表是：%s。请用“导出”得到的文件来填。", SheetProgress, w.sheetNames()), nil)
	}
	rows := make([]Filled, len(raw))
	for i, r := range raw {
		f := Filled{
			At: At{SheetProgress, r.line}, Name: hanDots.Replace(joined(tidy(r.texts[progressName]))),
			No:    whole(joined(tidy(r.texts[progressNo])), r.number&(1<<progressNo) != 0),
			State: tidy(r.texts[progressState]), Record: tidy(r.texts[progressRecord]), Note: tidy(r.texts[progressNote]),
			Day: day(r.texts[progressDay], r.number&(1<<progressDay) != 0, w.date04),
		}
		f.Version, _ = strconv.ParseInt(whole(tidy(r.texts[progressVersion]), r.number&(1<<progressVersion) != 0), 10, 64)
		rows[i] = f
	}
	return rows, nil
}

// day is a cell with a day: the number by which spreadsheets count as a date, anything else as it is written.
func day(text string, number, date04 bool) string {
	s := tidy(text)
	n, err := strconv.ParseFloat(s, 64)
	if !number || err != nil {
		return s
	}
	d := dayNumbered(n, date04)
	if d.IsZero() || d.Year() < firstYear || d.Year() > lastYear {
		return s // 20200615 is a number too
	}
	return d.Format(time.DateOnly)
}
