package console

import (
	"cmp"
	"fmt"
	"net/http"
	"strconv"

	"xianjie/storage"
)

// noticesView is 通知: what was sent to many, the latest first.
type noticesView struct {
	page
	Notices []noticeRow
}

// noticeRow is one notice in the list.
type noticeRow struct {
	Name, At, Sentence, State, Mark, Link string
	Planned, Sends                        int
}

// noticeView is one notice with how far it got.
type noticeView struct {
	page
	noticeRow
	Text, By, Released string
	Sum                noticeSum
	Missing            []missingLine
	More               int // people nothing reached beyond those listed
}

// noticeSum is how far a notice got: parts that make up the whole, and colleges. It refreshes by itself and names nobody.
type noticeSum struct {
	At       string // where it is to be had anew; "" once it is over
	Planned  int
	Parts    []partLine
	Colleges []collegeSum
}

// partLine is with how many people a notice stands like this.
type partLine struct {
	Name       string
	N, Percent int
}

// collegeSum is how far it got in one college.
type collegeSum struct {
	Name                                        string
	Planned, Reached, Answered, Missed, Percent int
}

// missingLine is somebody nothing reached.
type missingLine struct{ Name, Link, Why string }

// shownNotices and shownMissing bound what the pages list; the export has all.
const (
	shownNotices = 100
	shownMissing = 200
)

// noticeStates are the states of a notice, as the chat calls them.
var noticeStates = map[string][2]string{
	storage.NoticeWaiting: {"待放行", healthCare}, storage.NoticeSending: {"发送中", healthGood}, storage.NoticePaused: {"已暂停", healthCare},
	storage.NoticeStopped: {"已停止", ""}, storage.NoticeDone: {"已发完", ""},
}

func (c *Console) notices(w http.ResponseWriter, v *visit) error {
	ns, err := c.Store.LastNotices(v.Context(), shownNotices)
	if err != nil {
		return err
	}
	view := noticesView{page: c.frame(v, "通知")}
	for _, n := range ns {
		view.Notices = append(view.Notices, c.noticeRow(n))
	}
	return c.render(w, http.StatusOK, "notices", view)
}

func (c *Console) noticeRow(n storage.Notice) noticeRow {
	state := noticeStates[n.State]
	return noticeRow{
		Name: fmt.Sprintf("通知%d", n.ID), At: c.minute(n.CreatedAt), Sentence: n.Sentence, State: cmp.Or(state[0], n.State), Mark: state[1],
		Link: fmt.Sprintf("/notices/%d", n.ID), Planned: n.Planned, Sends: n.Sends,
	}
}

// noticeAsked is the notice an address names.
func (c *Console) noticeAsked(v *visit) (storage.Notice, error) {
	id, err := strconv.ParseInt(v.PathValue("id"), 10, 64)
	if err != nil {
		return storage.Notice{}, errNothing
	}
	n, ok, err := c.Store.NoticeNamed(v.Context(), id)
	if err == nil && !ok {
		err = errNothing
	}
	return n, err
}

func (c *Console) notice(w http.ResponseWriter, v *visit) error {
	n, err := c.noticeAsked(v)
	if err != nil {
		return err
	}
	view := noticeView{noticeRow: c.noticeRow(n), Text: n.Text}
	view.page = c.frame(v, view.noticeRow.Name)
	if view.Sum, err = c.noticeSum(v, n); err != nil {
		return err
	}
	lines, err := c.Store.NoticeLines(v.Context(), n.ID, []string{"failed", "skipped", "unknown"}, 0, shownMissing+1)
	if err != nil {
		return err
	}
	if len(lines) > shownMissing {
		lines = lines[:shownMissing]
		for _, p := range view.Sum.Parts {
			if p.Name == partNames["failed"] || p.Name == partNames["skipped"] || p.Name == partNames["unknown"] {
				view.More += p.N
			}
		}
		view.More -= shownMissing
	}
	ids := []int64{n.ByPersonID}
	if n.ReleasedBy != nil {
		ids = append(ids, *n.ReleasedBy)
	}
	for _, l := range lines {
		ids = append(ids, l.PersonID)
	}
	people, err := c.Store.PeopleByID(v.Context(), ids)
	if err != nil {
		return err
	}
	view.By = people[n.ByPersonID].Name
	if n.ReleasedBy != nil && n.ReleasedAt != nil {
		view.Released = people[*n.ReleasedBy].Name + "，" + c.minute(*n.ReleasedAt)
	}
	for _, l := range lines {
		why := cmp.Or(missedWhy[l.Reason], partNames[l.State])
		view.Missing = append(view.Missing, missingLine{people[l.PersonID].Name, fmt.Sprintf("/members/%d", l.PersonID), why})
	}
	if err := c.seen(v, fmt.Sprintf("notice/%d", n.ID), map[string]string{}); err != nil {
		return err
	}
	return c.render(w, http.StatusOK, "notice", view)
}

// noticeProgress is the part of a notice's page that refreshes by itself.
func (c *Console) noticeProgress(w http.ResponseWriter, v *visit) error {
	n, err := c.noticeAsked(v)
	if err != nil {
		return err
	}
	sum, err := c.noticeSum(v, n)
	if err != nil {
		return err
	}
	return c.write(w, http.StatusOK, "notice", "sum", sum)
}

// partNames are the ways a notice can stand with one person, as the chat calls them.
var partNames = map[string]string{
	"answered": "已回复", "sent": "已送达未回复", "waiting": "待发", "held": "暂缓", "failed": "未送到", "skipped": "没有发", "unknown": "不确定是否送到",
}

// missedWhy says why nothing was sent.
var missedWhy = map[string]string{
	storage.SkipStranger: "没有加助手，班级也没有群", storage.SkipGone: "已删除或拉黑助手", storage.SkipLost: "这次登录还没有见到", storage.SkipNoGroup: "班级没有群",
	storage.DropStopped: "通知停止了", storage.DropNotMeant: "轮到时已经不在发送对象里", storage.DropExpired: "等得太久，不再发",
}

func (c *Console) noticeSum(v *visit, n storage.Notice) (noticeSum, error) {
	by, err := c.Store.NoticeSums(v.Context(), n.ID)
	if err != nil {
		return noticeSum{}, err
	}
	sum := noticeSum{}
	if n.State != storage.NoticeDone && n.State != storage.NoticeStopped {
		sum.At = fmt.Sprintf("/notices/%d/sum", n.ID)
	}
	whole := storage.NoticeSum{}
	for _, s := range by {
		whole = plus(whole, s)
	}
	sum.Planned = whole.Planned
	for _, p := range []struct {
		key string
		n   int
	}{
		{"answered", whole.Answered},
		{"sent", whole.Sent},
		{"waiting", whole.Waiting},
		{"held", whole.Held},
		{"failed", whole.Failed},
		{"skipped", whole.Skipped},
		{"unknown", whole.Unknown},
	} {
		sum.Parts = append(sum.Parts, partLine{partNames[p.key], p.n, 100 * p.n / max(1, whole.Planned)})
	}
	orgs, err := c.Store.UnitsBelow(v.Context(), storage.Scope{})
	if err != nil {
		return sum, err
	}
	for _, o := range append(orgs, storage.Org{Name: "其他干部"}) {
		s, ok := by[o.ID]
		if !ok {
			continue
		}
		reached := s.Sent + s.Answered
		sum.Colleges = append(sum.Colleges, collegeSum{o.Name, s.Planned, reached, s.Answered, s.Failed + s.Skipped + s.Unknown, 100 * reached / max(1, s.Planned)})
	}
	return sum, nil
}

func plus(a, b storage.NoticeSum) storage.NoticeSum {
	return storage.NoticeSum{
		Planned: a.Planned + b.Planned, Waiting: a.Waiting + b.Waiting, Sent: a.Sent + b.Sent, Answered: a.Answered + b.Answered,
		Held: a.Held + b.Held, Failed: a.Failed + b.Failed, Skipped: a.Skipped + b.Skipped, Unknown: a.Unknown + b.Unknown,
	}
}
