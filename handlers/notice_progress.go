package handlers

import (
	"context"
	"fmt"
	"strings"

	"xianjie/storage"
)

var noticeStates = map[string]string{
	storage.NoticeWaiting: "待放行", storage.NoticeSending: "发送中", storage.NoticePaused: "已暂停",
	storage.NoticeStopped: "已停止", storage.NoticeDone: "已发完",
}

// lineStates are the ways a notice can stand with a person, as officers read them.
var lineStates = map[string]string{
	"answered": "已回复", "sent": "已送达未回复", "waiting": "待发", "held": "暂缓", "failed": "未送到", "skipped": "没有发", "unknown": "不确定",
}

// unreached are the states in which a notice has not reached somebody, as far as is known.
var unreached = []string{"failed", "skipped", "unknown"}

// wordsNoticeList ask for everybody a notice was meant for.
var wordsNoticeList = []string{"通知名单", "名单通知", "名单 通知", "导出通知", "导出 通知"}

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
	if r.missing, err = s.NoticeLines(ctx, id, unreached, 0, shownMissing); err != nil {
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
	t.audit(actionView, fmt.Sprintf("notice/%d", id), nil)
	t.say("%s", colleges(r.by, orgs))
	t.say("%s", missing(r))
	t.say(textNoticeListHow, id)
	if n.State == storage.NoticeDone && r.sum.Answered < r.sum.Planned {
		t.say(textFollowHow, id)
	}
}

// sumText is a sum whose parts make up the whole, without those that are nought.
func sumText(s storage.NoticeSum) string {
	var parts []string
	for _, p := range []struct {
		state string
		n     int
	}{
		{"answered", s.Answered},
		{"sent", s.Sent},
		{"waiting", s.Waiting},
		{"held", s.Held},
		{"failed", s.Failed},
		{"skipped", s.Skipped},
		{"unknown", s.Unknown},
	} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%s%d", lineStates[p.state], p.n))
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
	var lines []string
	for _, l := range r.missing {
		lines = append(lines, r.people[l.PersonID].Name+"："+whyNot(l))
	}
	text := textMissing + "\n" + strings.Join(lines, "\n")
	if total := r.sum.Failed + r.sum.Skipped + r.sum.Unknown; total > len(lines) {
		text += fmt.Sprintf(textMissingMore, total-len(lines))
	}
	return text
}

// whyNot is why a notice did not reach somebody.
func whyNot(l storage.NoticeLine) string {
	switch {
	case l.Half:
		return textHalf
	case l.State == "unknown":
		return "不确定是否送到"
	}
	if why, ok := dropTexts[l.Reason]; ok {
		return why
	}
	for _, s := range skipTexts {
		if s.reason == l.Reason {
			return s.text
		}
	}
	if l.State == "failed" {
		return "微信没有收下"
	}
	return "没有发出"
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
