package roster

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// column is one column Read knows.
type column struct {
	name     string
	words    []string // what its header may say, in the form headerKey gives
	required bool
	spread   bool // the value of a merged region counts for every row of it
}

var memberColumns = []column{
	{ColNo, []string{"学号", "学生学号"}, true, false},
	{ColName, []string{"姓名", "学生姓名", "团员姓名"}, true, false},
	{ColCollege, []string{"二级团组织", "二级团组织名称", "学院", "所在学院", "学院团委"}, true, true},
	{ColBranch, []string{"团支部", "团支部名称", "所在团支部"}, true, true},
	{ColCohort, []string{"毕业年份", "毕业年度", "毕业年"}, true, true},
	{ColPhone, []string{"手机号", "手机号码", "手机", "联系电话"}, false, false},
	{ColPolitical, []string{"政治面貌"}, false, true},
	{ColFormer, []string{"原团组织", "原团组织名称", "原所在团组织", "原团支部"}, false, false},
	{ColReason, []string{"原因"}, false, false},
}

// An officer with several roles has several rows, so names and numbers may be merged there.
var officerColumns = []column{
	{ColName, []string{"姓名"}, true, true},
	{ColOfficerNo, []string{"学号/工号", "工号/学号", "学号", "工号", "学工号"}, true, true},
	{ColRole, []string{"角色"}, true, true},
	{ColCollege, []string{"二级团组织", "二级团组织名称", "学院", "所在学院", "学院团委"}, true, true},
	{ColBranch, []string{"团支部", "团支部名称", "所在团支部"}, true, true},
	{ColPhone, []string{"手机号", "手机号码", "手机", "联系电话"}, false, true},
	{ColReason, []string{"原因"}, false, false},
}

// headerKey is a header without what people decorate it with: width, spaces, line breaks, marks and bracketed hints.
func headerKey(s string) string {
	s = width.Fold.String(s)
	var b strings.Builder
	depth := 0
	for _, r := range s {
		switch {
		case strings.ContainsRune("([【〔", r):
			depth++
		case strings.ContainsRune(")]】〕", r):
			depth = max(0, depth-1)
		case depth > 0, unicode.IsSpace(r), unicode.Is(unicode.Cf, r), strings.ContainsRune("*:'", r):
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// headerLines is how far down a header is looked for: titles and notes may stand above it.
const headerLines = 20

// header says where the columns of a sheet are.
type header struct {
	line    int
	at      []int // for each known column its place in the sheet, -1 when it is missing
	unknown []string
}

// errNoHeader is a row that is no header, with how near it came.
type errNoHeader struct {
	line    int
	found   int
	missing []string
	headers []string
	twice   string // a known column that stands there twice
}

// findHeader reads a row as the header of the columns known.
func findHeader(line int, cells []cell, known []column) (header, *errNoHeader) {
	h := header{line: line, at: make([]int, len(known))}
	no := &errNoHeader{line: line}
	for i := range h.at {
		h.at[i] = -1
	}
	for _, c := range cells {
		text := oneLine(c.text, 20)
		if text == "" {
			continue
		}
		key := headerKey(tidy(c.text))
		i := slices.IndexFunc(known, func(k column) bool { return slices.Contains(k.words, key) })
		switch {
		case i < 0:
			h.unknown = append(h.unknown, text)
		case h.at[i] >= 0:
			no.twice = fmt.Sprintf("“%s”（%s 列和 %s 列）", known[i].name, columnName(h.at[i]), columnName(c.col))
		default:
			h.at[i] = c.col
			no.found++
		}
		if len(no.headers) < 30 {
			no.headers = append(no.headers, text)
		}
	}
	for i, k := range known {
		if k.required && h.at[i] < 0 {
			no.missing = append(no.missing, k.name)
		}
	}
	if len(no.missing) == 0 && no.twice == "" {
		return h, nil
	}
	return header{}, no
}

// reason says in one line what is wrong with a sheet whose best candidate for a header is this row.
func (e *errNoHeader) reason(sheet string, known []column) string {
	switch {
	case e == nil || e.found == 0:
		var names []string
		for _, k := range known {
			if k.required {
				names = append(names, k.name)
			}
		}
		return fmt.Sprintf("工作表“%s”的前 %d 行里没有找到表头，表头应包含：%s。", sheet, headerLines, strings.Join(names, "、"))
	case len(e.missing) == 0:
		return fmt.Sprintf("工作表“%s”第 %d 行的表头里，列%s出现了两次，请只留一列。", sheet, e.line, e.twice)
	}
	return fmt.Sprintf("工作表“%s”缺少列：%s；在第 %d 行找到的列是：%s。", sheet, strings.Join(e.missing, "、"), e.line, strings.Join(e.headers, "、"))
}

// oneLine is text fit to be quoted in a sentence: without line breaks and control characters, at most limit runes.
func oneLine(s string, limit int) string {
	rs := []rune(strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
	}), " "))
	if len(rs) > limit {
		return string(rs[:limit]) + "…"
	}
	return string(rs)
}
