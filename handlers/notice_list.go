package handlers

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"xianjie/roster"
	"xianjie/storage"
)

// 通知名单 12: everybody a notice was meant for and where it stands with them, as a workbook: one sheet of people, college by
// college, and one of colleges.

var (
	recipientColumns = []roster.Column{
		{Key: "college", Title: roster.ColCollege},
		{Key: "branch", Title: roster.ColBranch},
		{Key: "no", Title: roster.ColOfficerNo},
		{Key: "name", Title: roster.ColName},
		{Key: "result", Title: "结果"},
		{Key: "via", Title: "途径"},
		{Key: "reason", Title: roster.ColReason},
		{Key: "answered_at", Title: "回复时间"},
	}
	collegeColumns = []roster.Column{
		{Key: "college", Title: roster.ColCollege},
		{Key: "planned", Title: "应发"},
		{Key: "reached", Title: "已送达"},
		{Key: "answered", Title: "其中已回复"},
		{Key: "unreached", Title: "没有送到"},
		{Key: "unknown", Title: "不确定"},
		{Key: "waiting", Title: "还没发"},
	}
	viaNames = map[string]string{storage.ViaGroup: "班级群", storage.ViaPrivate: "私聊"}
)

// recipient is a person of a notice as officers read it.
type recipient struct {
	storage.NoticeLine
	person          storage.Person
	college, branch string
}

// noticeList sends the list of a notice as it stands now.
func (t *turn) noticeList() {
	_, id, _ := t.wordAndNumber(wordsNoticeList...)
	n, ok := t.noticeNamed(id)
	if !ok {
		return
	}
	if n.Planned > mostExported {
		t.say(textExportTooMany, n.Planned, mostExported)
		return
	}
	list, ok := t.recipients(id)
	if !ok {
		return
	}
	var book bytes.Buffer
	err := roster.WriteSheets(&book,
		roster.Sheet{Name: "名单", Columns: recipientColumns, Rows: rowsOf(list, t.recipientRow)},
		roster.Sheet{Name: "各学院", Columns: collegeColumns, Rows: rowsOf(byCollege(list), collegeRow)},
	)
	if err != nil {
		t.say(textExportFailed)
		return
	}
	t.say(textNoticeList, id, noticeStates[n.State], len(list))
	t.audit("export", fmt.Sprintf("notice/%d", id), map[string]string{"people": fmt.Sprint(len(list))})
	t.answerFile(storage.FileDocument, fmt.Sprintf("通知%d-名单-%s", id, t.today())+sheetEnding, book.Bytes())
}

// recipients are the people of a notice by college, branch and number; those of no college come last.
func (t *turn) recipients(id int64) ([]recipient, bool) {
	orgs, ok := t.allOrgs()
	if !ok {
		return nil, false
	}
	names := make(map[int64]string, len(orgs))
	for _, o := range orgs {
		names[o.ID] = o.Name
	}
	return want(t, fmt.Sprintf("recipients/%d", id), func(ctx context.Context, s *storage.Store) ([]recipient, error) {
		var list []recipient
		for after := int64(0); ; {
			lines, err := s.NoticeLines(ctx, id, storage.LineStates(), after, exportPage)
			if err != nil {
				return nil, err
			}
			ids := make([]int64, len(lines))
			for i, l := range lines {
				ids[i] = l.PersonID
			}
			people, err := s.PeopleByID(ctx, ids)
			if err != nil {
				return nil, err
			}
			for _, l := range lines {
				r := recipient{NoticeLine: l, person: people[l.PersonID]}
				if c := r.person.CollegeID; c != nil {
					r.college = names[*c]
				}
				if b := r.person.BranchID; b != nil {
					r.branch = names[*b]
				}
				list = append(list, r)
				after = l.PersonID
			}
			if len(lines) < exportPage {
				break
			}
		}
		slices.SortFunc(list, func(a, b recipient) int {
			if (a.college == "") != (b.college == "") {
				return strings.Compare(b.college, a.college)
			}
			return cmp.Or(strings.Compare(a.college, b.college), strings.Compare(a.branch, b.branch), strings.Compare(a.person.No, b.person.No))
		})
		return list, nil
	})
}

func (t *turn) recipientRow(r recipient) []any {
	var at any
	if r.Answered != nil {
		at = r.Answered.In(t.season.Zone).Format("2006-01-02 15:04")
	}
	why := ""
	if slices.Contains(unreached, r.State) {
		why = whyNot(r.NoticeLine)
	}
	return []any{r.college, r.branch, r.person.No, r.person.Name, lineStates[r.State], viaNames[r.Via], why, at}
}

// collegeCount is a college with how many of its people stand how.
type collegeCount struct {
	name  string
	all   int
	count map[string]int
}

// byCollege counts what is listed, and nothing else: the two sheets agree.
func byCollege(list []recipient) []collegeCount {
	var cs []collegeCount
	for _, r := range list { // sorted
		name := cmp.Or(r.college, textNoCollege)
		if len(cs) == 0 || cs[len(cs)-1].name != name {
			cs = append(cs, collegeCount{name: name, count: map[string]int{}})
		}
		c := &cs[len(cs)-1]
		c.all++
		c.count[r.State]++
	}
	sum := collegeCount{name: "合计", count: map[string]int{}}
	for _, c := range cs {
		sum.all += c.all
		for state, n := range c.count {
			sum.count[state] += n
		}
	}
	return append(cs, sum)
}

func collegeRow(c collegeCount) []any {
	n := c.count
	return []any{c.name, c.all, n["sent"] + n["answered"], n["answered"], n["failed"] + n["skipped"], n["unknown"], n["waiting"] + n["held"]}
}

func rowsOf[T any](list []T, row func(T) []any) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		for _, v := range list {
			if !yield(row(v), nil) {
				return
			}
		}
	}
}
