package roster

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"xianjie/storage"
)

// shownEach is how many entries of a kind the text lists; the rest is counted.
const shownEach = 20

// Empty reports that applying the workbook would change nothing.
func (d Diff) Empty() bool {
	return len(d.Added)+len(d.NewOfficers)+len(d.Changed)+len(d.RolesAdded)+len(d.RolesEnded)+len(d.NewColleges)+len(d.NewBranches) == 0
}

// WriteText writes the diff as a person reads it: counts first, then the first entries of each kind. Telephone numbers
// are masked, for the text may end in a terminal's history or a screenshot.
func (d Diff) WriteText(w io.Writer) error {
	t := &textWriter{w: bufio.NewWriter(w)}
	t.line("团员：新增 %d 人，不变 %d 人，库里有而文件里没有 %d 人。", len(d.Added), d.Unchanged, len(d.Missing))
	t.line("干部：新登记 %d 人，新任职 %d 项，卸任 %d 项。", len(d.NewOfficers), len(d.RolesAdded), len(d.RolesEnded))
	t.line("资料有变化 %d 人；未通过检查 %d 行。", len(d.Changed), len(d.Rejects))
	section(t, "新建的二级团组织（请核对是否为笔误）", "个", d.NewColleges, func(s string) string { return s })
	section(t, "新建的团支部（请核对是否为笔误）", "个", d.NewBranches, func(b [2]string) string { return b[0] + " / " + b[1] })
	section(t, "新增的团员", "人", d.Added, func(m MemberRow) string {
		return fmt.Sprintf("%s %s（%s / %s）", m.No, m.Name, m.College, m.Branch)
	})
	section(t, "新登记的干部", "人", d.NewOfficers, func(o OfficerRow) string { return o.No + " " + o.Name })
	section(t, "资料有变化", "人", d.Changed, Change.String)
	section(t, "库里有而文件里没有的团员（不会删除）", "人", d.Missing, func(k storage.Listed) string {
		return fmt.Sprintf("%s %s（%s / %s）", k.No, k.Name, k.College, k.Branch)
	})
	section(t, "新任职", "项", d.RolesAdded, Office.String)
	section(t, "卸任（文件里由别人担任）", "项", d.RolesEnded, Office.String)
	section(t, "未通过检查的行", "行", d.Rejects, Reject.String)
	section(t, "说明", "条", d.Notices, func(s string) string { return s })
	return t.w.Flush()
}

// textWriter writes lines; the writer beneath keeps the first error for Flush.
type textWriter struct{ w *bufio.Writer }

func (t *textWriter) line(format string, args ...any) { fmt.Fprintf(t.w, format+"\n", args...) }

// section lists entries under a title. unit counts them: 人, 行, 项.
func section[T any](t *textWriter, title, unit string, entries []T, text func(T) string) {
	if len(entries) == 0 {
		return
	}
	t.line("")
	t.line("%s：", title)
	for i, e := range entries {
		if i == shownEach {
			t.line("  …及其余 %d %s", len(entries)-i, unit)
			return
		}
		t.line("  %s", text(e))
	}
}

// String is the change in one line: 20160001 张三：团支部 甲 → 乙.
func (c Change) String() string {
	var parts []string
	if c.Returns {
		parts = append(parts, "重新列入名册")
	}
	for _, f := range c.Fields {
		from, to := f.From, f.To
		if f.Name == ColPhone {
			from, to = maskPhone(from), maskPhone(to)
		}
		if from == "" {
			from = "（空）"
		}
		parts = append(parts, fmt.Sprintf("%s %s → %s", f.Name, from, to))
	}
	return fmt.Sprintf("%s %s：%s", c.To.No, c.To.Name, strings.Join(parts, "；"))
}

// maskPhone shows the ends of a telephone number.
func maskPhone(s string) string {
	if len(s) != 11 {
		return s
	}
	return s[:3] + "****" + s[7:]
}

// String is the office in one line: 20160001 张三 团支书（机械学院 / 1班团支部）.
func (o Office) String() string {
	where := o.College
	if o.Branch != "" {
		where += " / " + o.Branch
	}
	if where != "" {
		where = "（" + where + "）"
	}
	return fmt.Sprintf("%s %s %s%s", o.No, o.Name, Role(o.Party), where)
}

// String is the refused row in one line: “团员”第 7 行 2016 张三：学号…
func (r Reject) String() string {
	who := strings.TrimSpace(r.No + " " + r.Name)
	if who != "" {
		who = " " + who
	}
	return fmt.Sprintf("“%s”第 %d 行%s：%s", r.Sheet, r.Line, who, strings.Join(r.Reasons, ""))
}
