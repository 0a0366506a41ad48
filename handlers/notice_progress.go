package handlers

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"xianjie/storage"
)

var noticeStates = map[string]string{
	storage.NoticeWaiting: "待放行", storage.NoticeSending: "发送中", storage.NoticePaused: "已暂停",
	storage.NoticeStopped: "已停止", storage.NoticeDone: "已发完",
}

// noticeReport is how far a notice got.
type noticeReport struct {
	sum     storage.NoticeSum
	by      map[int64]storage.NoticeSum
	missing []storage.NoticeLine // reached by nothing, as far as is known
	people  map[int64]storage.Person
}

// shownMissing is how many names of people nothing reached fit into a message; the export holds them all.
const shownMissing = 20

func fetchReport(ctx context.Context, s *storage.Store, id int64) (r noticeReport, err error) {
	if r.sum, err = s.NoticeSum(ctx, id); err != nil {
		return r, err
	}
	if r.by, err = s.NoticeSums(ctx, id); err != nil {
		return r, err
	}
	if r.missing, err = s.NoticeLines(ctx, id, []string{"failed", "skipped", "unknown"}, 0, shownMissing); err != nil {
		return r, err
	}
	ids := make([]int64, len(r.missing))
	for i, l := range r.missing {
		ids[i] = l.PersonID
	}
	r.people, err = s.PeopleByID(ctx, ids)
	return r, err
}

// noticeProgress says how far a notice got, by college, and names those nothing reached.
func (t *turn) noticeProgress() {
	_, id, _ := t.wordAndNumber("进展", "通知")
	n, ok := t.noticeNamed(id)
	if !ok {
		return
	}
	r, ok := want(t, fmt.Sprintf("report/%d", id), func(ctx context.Context, s *storage.Store) (noticeReport, error) {
		return fetchReport(ctx, s, id)
	})
	if !ok {
		return
	}
	orgs, ok := t.allOrgs()
	if !ok {
		return
	}
	content := oneLine(n.Text, 40)
	said, ok := t.fileOf(n)
	if !ok {
		return
	}
	if said != "" {
		content += fmt.Sprintf(textProgressFile, said)
	}
	t.say(textProgressOf, id, noticeStates[n.State], n.Sentence, content, sumText(r.sum))
	t.audit("view", fmt.Sprintf("notice/%d", id), nil)
	t.say("%s", colleges(r.by, orgs))
	t.say("%s", missing(r))
	if n.State == storage.NoticeDone && r.sum.Answered < r.sum.Planned {
		t.say(textFollowHow, id)
	}
}

// sumText is a sum whose parts make up the whole, without those that are nought.
func sumText(s storage.NoticeSum) string {
	var parts []string
	for _, p := range []struct {
		name string
		n    int
	}{
		{"已回复", s.Answered},
		{"已送达未回复", s.Sent},
		{"待发", s.Waiting},
		{"暂缓", s.Held},
		{"未送到", s.Failed},
		{"没有发", s.Skipped},
		{"不确定", s.Unknown},
	} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%s%d", p.name, p.n))
		}
	}
	return fmt.Sprintf("共%d人＝%s", s.Planned, strings.Join(parts, "＋"))
}

// colleges is one line per college: reached, answered, not reached.
func colleges(by map[int64]storage.NoticeSum, orgs []storage.Org) string {
	if len(by) < 2 {
		return ""
	}
	text := textByCollege
	line := func(name string, s storage.NoticeSum) {
		text += fmt.Sprintf("\n%s %d/%d，回复%d，没送到%d", name, s.Sent+s.Answered, s.Planned, s.Answered, s.Failed+s.Skipped+s.Unknown)
	}
	for _, o := range orgs {
		if s, ok := by[o.ID]; ok {
			line(o.Name, s)
		}
	}
	if s, ok := by[0]; ok {
		line(textNoCollege, s)
	}
	return text
}

func missing(r noticeReport) string {
	if len(r.missing) == 0 {
		return ""
	}
	reasons := map[string]string{}
	maps.Copy(reasons, dropTexts)
	for _, s := range skipTexts {
		reasons[s.reason] = s.text
	}
	var lines []string
	for _, l := range r.missing {
		why, ok := reasons[l.Reason]
		switch {
		case l.Half:
			why = textHalf
		case l.State == "unknown":
			why = "不确定是否送到"
		case l.State == "failed" && !ok:
			why = "微信没有收下"
		case !ok:
			why = "没有发出"
		}
		lines = append(lines, r.people[l.PersonID].Name+"："+why)
	}
	text := textMissing + "\n" + strings.Join(lines, "\n")
	if total := r.sum.Failed + r.sum.Skipped + r.sum.Unknown; total > len(lines) {
		text += fmt.Sprintf(textMissingMore, total-len(lines))
	}
	return text
}

// listNotices shows the last ones.
func (t *turn) listNotices() {
	const shown = 10
	ns, ok := want(t, "notices", func(ctx context.Context, s *storage.Store) ([]storage.Notice, error) {
		return s.LastNotices(ctx, shown)
	})
	if !ok {
		return
	}
	if len(ns) == 0 {
		t.say(textNoNotices)
		return
	}
	lines := make([]string, len(ns))
	for i, n := range ns {
		lines[i] = fmt.Sprintf("通知%d %s %s %d人：%s", n.ID, t.season.DateOf(n.CreatedAt).Chinese(), noticeStates[n.State], n.Planned, oneLine(n.Text, 16))
	}
	t.say("%s\n%s", strings.Join(lines, "\n"), textNoticesHow)
}

// wordsReceipt end a notice for the person who says them.
var wordsReceipt = []string{"收到", "已收到", "收到了", "我收到了", "收到谢谢", "收到，谢谢", "收到 谢谢", "收到，谢谢老师", "收到谢谢老师", "知道了，收到"}

// isReceipt recognises 收到 from somebody who was sent a notice and has not answered it.
func isReceipt(t *turn) bool {
	if !t.heard(wordsReceipt...) {
		return false
	}
	open, ok := t.unanswered(t.p.Person.ID)
	return ok && len(open) > 0
}

func (t *turn) unanswered(person int64) ([]int64, bool) {
	return want(t, fmt.Sprintf("unanswered/%d", person), func(ctx context.Context, s *storage.Store) ([]int64, error) {
		return s.UnansweredNotices(ctx, person)
	})
}

// receipt ends every notice that waits for the person. It is not answered in turn: three thousand thanks would cost as much
// of the budget as the notice, and nobody who says 收到 waits for anything.
func (t *turn) receipt() {
	open, _ := t.unanswered(t.p.Person.ID)
	t.out.Notices.Answered = &storage.NoticeAnswer{PersonID: t.p.Person.ID, NoticeIDs: open}
	t.out.Outcome = "receipt"
}
