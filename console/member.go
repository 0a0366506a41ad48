package console

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"xianjie/app"
	"xianjie/season"
	"xianjie/storage"
)

// memberView is one member's whole story.
type memberView struct {
	page
	Name, State  string
	Facts        []fact
	Declarations []declarationView
	Steps        []stepView
	Duties       []dutyView
	Told         []toldView
	Audit        []auditLine
}

// fact is a line of what is known; Words is what was said, where it came from words.
type fact struct{ Name, Value, Words string }

// declarationView is one declaration with the words its answers came from.
type declarationView struct {
	Title, At, By string
	Current       bool
	Until         string // when another took its place
	Facts         []fact
}

// stepView is one step of the transfer.
type stepView struct {
	At, What, From, To, By, Note string
	Undone                       string // when it was taken back
}

// dutyView is one duty about the member.
type dutyView struct {
	Name, Party, Due, State, Mark string
	ID                            int64
	Left                          string
}

// toldView is one reminder.
type toldView struct{ At, Duty, Step, Who, Outcome string }

func (c *Console) member(w http.ResponseWriter, v *visit) error {
	id, err := strconv.ParseInt(v.PathValue("id"), 10, 64)
	if err != nil {
		return errNothing
	}
	st, ok, err := c.Store.MemberStory(v.Context(), v.who.Scope(), id)
	if err != nil {
		return err
	}
	if !ok {
		return errNothing
	}
	view := memberView{
		page: c.frame(v, st.Member.Person.Name), Name: st.Member.Person.Name,
		State: c.stateOf(st.Member.Transfer.Track, st.Member.Transfer.State), Facts: c.facts(st),
	}
	for _, d := range st.Declarations {
		view.Declarations = append(view.Declarations, c.declarationView(st, d))
	}
	for _, e := range st.Steps {
		view.Steps = append(view.Steps, c.stepView(st, e))
	}
	for _, d := range st.Duties {
		view.Duties = append(view.Duties, c.dutyView(d))
	}
	words := app.Words{Season: c.Season}
	for _, t := range st.Told {
		view.Told = append(view.Told, toldView{
			At: c.minute(t.When()), Duty: words.Duty(t.Rule), Step: words.Step(t.Step), Who: cmp.Or(t.Person, "没有人"), Outcome: outcome(words, t.TellingOf),
		})
	}
	for _, a := range st.Audit {
		view.Audit = append(view.Audit, c.auditLine(a, st.People))
	}
	if err := c.seen(v, fmt.Sprintf("person/%d", id), map[string]string{}); err != nil {
		return err
	}
	return c.render(w, http.StatusOK, "member", view)
}

// outcome is what became of a reminder.
func outcome(words app.Words, t storage.TellingOf) string {
	text := words.OutState(t.State)
	if t.Reason != "" {
		text += "（" + t.Reason + "）"
	}
	return text
}

func (c *Console) facts(st storage.MemberStory) []fact {
	m := st.Member
	facts := []fact{
		{Name: "学号", Value: m.Person.No},
		{Name: "学院", Value: m.College.Name},
		{Name: "团支部", Value: m.Branch.Name},
		{Name: "毕业年份", Value: fmt.Sprint(m.Person.Cohort)},
	}
	for _, f := range []fact{{Name: "手机号", Value: string(m.Person.Phone)}, {Name: "政治面貌", Value: m.Person.Political}} {
		if f.Value != "" {
			facts = append(facts, f)
		}
	}
	var chats []string
	for _, chat := range st.Chats {
		if state, ok := chatStates[chat.State]; ok {
			chats = append(chats, chat.Nick+"（"+state+"）")
		}
	}
	return append(facts, fact{Name: "微信", Value: cmp.Or(strings.Join(chats, "，"), "还没有加助手")},
		fact{Name: "进入目前状态", Value: c.minute(m.Transfer.EnteredAt)})
}

// chatStates are the states of a chat that is somebody's.
var chatStates = map[string]string{
	storage.ContactActive: "能联系上", storage.ContactLost: "这次登录还没有见到", storage.ContactUnsure: "等本人确认", storage.ContactGone: "已删除或拉黑助手",
}

func (c *Console) declarationView(st storage.MemberStory, d storage.Declaration) declarationView {
	title := d.Destination
	asked := []*season.Question{}
	if dest, ok := c.Season.Destination(d.Destination); ok {
		title = dest.Name
		asked = c.Season.Asked(d.Destination, storage.AnswersOf(d.Answers))
	}
	view := declarationView{Title: title, At: c.minute(d.ConfirmedAt), Current: d.SupersededAt == nil, By: "本人"}
	if d.ByPersonID != nil {
		view.By = st.People[*d.ByPersonID].Name + "代填"
	}
	if d.SupersededAt != nil {
		view.Until = c.minute(*d.SupersededAt)
	}
	if d.Target != "" {
		view.Facts = append(view.Facts, fact{Name: "转到", Value: d.Target})
	}
	if d.CrossSystem {
		view.Facts = append(view.Facts, fact{Name: "跨系统", Value: "是"})
	}
	shown := map[string]bool{}
	for _, q := range asked {
		shown[q.Key] = true
		if v, ok := d.Answers[q.Key]; ok {
			view.Facts = append(view.Facts, said(q.Label, q.Show(v.Value), v))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(d.Answers)) { // asked by another season file, or by a question that no longer applies
		if !shown[key] && d.Answers[key].Value != "" {
			view.Facts = append(view.Facts, said(key, d.Answers[key].Value, d.Answers[key]))
		}
	}
	return view
}

// said is an answer with the words it came from, where they say more than the answer.
func said(name, shown string, v storage.Value) fact {
	f := fact{Name: name, Value: shown}
	if v.Text != v.Value && v.Text != shown {
		f.Words = v.Text
	}
	return f
}

func (c *Console) stepView(st storage.MemberStory, e storage.TransferEvent) stepView {
	track := c.trackOf(st, e)
	view := stepView{At: c.minute(e.At), What: c.eventName(e.Event), By: "系统", Note: e.Note}
	if e.ByPersonID != nil {
		view.By = st.People[*e.ByPersonID].Name
	}
	if e.FromState != e.ToState {
		view.From, view.To = c.stateOf(track, e.FromState), c.stateOf(track, e.ToState)
	}
	if e.UndoneAt != nil {
		view.Undone = c.minute(*e.UndoneAt)
	}
	return view
}

// trackOf is the track a step was taken on: that of the declaration it belongs to.
func (c *Console) trackOf(st storage.MemberStory, e storage.TransferEvent) string {
	for _, d := range st.Declarations {
		if e.DeclarationID == nil || *e.DeclarationID != d.ID || d.SupersededAt == nil {
			continue
		}
		if out, err := c.Season.Route(d.Destination, storage.AnswersOf(d.Answers)); err == nil {
			return out.Track
		}
	}
	return st.Member.Transfer.Track
}

func (c *Console) eventName(key string) string {
	if key == storage.EventDeclared {
		return "登记去向"
	}
	if e, ok := c.Season.EventNamed(key); ok {
		return e.Name
	}
	return key
}

func (c *Console) dutyView(d storage.Duty) dutyView {
	words := app.Words{Season: c.Season}
	view := dutyView{ID: d.ID, Name: words.Duty(d.Rule), Party: words.Party(d.Party), Due: d.Due}
	due, err := season.ParseDate(d.Due)
	if err == nil {
		view.Due = due.ChineseYear()
	}
	switch {
	case d.ClosedAt != nil:
		view.State = words.Outcome(d.Outcome) + "（" + c.minute(*d.ClosedAt) + "）"
	case d.LapsedAt != nil:
		view.State, view.Mark = "逾期，还没办好", healthBad
	default:
		view.State = "还没办好"
		if err == nil {
			view.Left = daysLeft(c.Season.DateOf(c.Now()).DaysUntil(due))
		}
	}
	return view
}
