package console

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"xianjie/app"
	"xianjie/season"
	"xianjie/storage"
)

// dutiesView is 时限: what is still to be done, the next due first.
type dutiesView struct {
	page
	Rules   []choice
	Days    []choice
	Overdue bool
	Groups  []dutyDay
	Next    string
	First   string
}

// dutyDay are the duties due on one day.
type dutyDay struct {
	Date, Left string
	Late       bool
	Duties     []dutyRow
}

// dutyRow is one duty in the list.
type dutyRow struct{ Name, About, Org, Party, State, Link string }

func (c *Console) duties(w http.ResponseWriter, v *visit) error {
	q := v.URL.Query()
	f := storage.DutyFilter{Rule: q.Get("rule"), Due: q.Get("due"), Overdue: q.Get("overdue") != ""}
	id, _ := strconv.ParseInt(q.Get("after"), 10, 64) // nonsense begins at the beginning
	mark := storage.DutyMark{Due: q.Get("from"), ID: id}
	sc := v.who.Scope()
	ds, err := c.Store.DutiesPage(v.Context(), sc, f, mark, listPage+1)
	if err != nil {
		return err
	}
	view := dutiesView{page: c.frame(v, "时限"), Overdue: f.Overdue}
	if mark.ID != 0 {
		view.First = dutiesLink(f, storage.DutyMark{})
	}
	if len(ds) > listPage {
		ds = ds[:listPage]
		view.Next = dutiesLink(f, storage.DutyMark{Due: ds[listPage-1].Due, ID: ds[listPage-1].ID})
	}
	view.Groups = c.byDay(ds)
	n, err := c.counts.of(v.Context(), sc, aMoment)
	if err != nil {
		return err
	}
	view.Rules, view.Days = c.dutyChoices(n, f)
	if len(ds) > 0 {
		detail := map[string]string{"list": "没办完的事项", "lines": strconv.Itoa(len(ds))}
		if err := c.seen(v, "duties", detail); err != nil {
			return err
		}
	}
	return c.render(w, http.StatusOK, "duties", view)
}

// dutiesLink is the address of the list behind a mark.
func dutiesLink(f storage.DutyFilter, m storage.DutyMark) string {
	q := url.Values{}
	for k, v := range map[string]string{"rule": f.Rule, "due": f.Due, "from": m.Due} {
		if v != "" {
			q.Set(k, v)
		}
	}
	if f.Overdue {
		q.Set("overdue", "1")
	}
	if m.ID != 0 {
		q.Set("after", strconv.FormatInt(m.ID, 10))
	}
	return strings.TrimSuffix("/duties?"+q.Encode(), "?")
}

// byDay puts duties, which come in order, together by the day they are due.
func (c *Console) byDay(ds []storage.DutyAbout) []dutyDay {
	today := c.Season.DateOf(c.Now())
	words := app.Words{Season: c.Season}
	var days []dutyDay
	last := ""
	for _, d := range ds {
		if d.Due != last || len(days) == 0 {
			last = d.Due
			day := dutyDay{Date: d.Due}
			if due, err := season.ParseDate(d.Due); err == nil {
				left := today.DaysUntil(due)
				day.Date, day.Left, day.Late = due.ChineseYear(), daysLeft(left), left < 0
			}
			days = append(days, day)
		}
		row := dutyRow{Name: words.Duty(d.Rule), About: d.About, Org: d.Org, Party: words.Party(d.Party), Link: fmt.Sprintf("/duties/%d", d.ID)}
		if d.LapsedAt != nil {
			row.State = "逾期"
		}
		days[len(days)-1].Duties = append(days[len(days)-1].Duties, row)
	}
	return days
}

// dutyChoices are the rules and days of which something is open.
func (c *Console) dutyChoices(n counted, f storage.DutyFilter) (rules, days []choice) {
	words := app.Words{Season: c.Season}
	byRule, byDay := map[string]int{}, map[string]int{}
	for _, d := range n.duties {
		byRule[d.Rule] += d.N
		byDay[d.Due] += d.N
	}
	for _, r := range c.Season.Duties {
		if byRule[r.Key] > 0 {
			rules = append(rules, choice{r.Key, fmt.Sprintf("%s（%d）", words.Duty(r.Key), byRule[r.Key]), r.Key == f.Rule})
		}
	}
	for _, day := range slices.Sorted(maps.Keys(byDay)) {
		name := day
		if d, err := season.ParseDate(day); err == nil {
			name = d.Chinese()
		}
		days = append(days, choice{day, fmt.Sprintf("%s（%d）", name, byDay[day]), day == f.Due})
	}
	return rules, days
}

// dutyStoryView is everything that happened to one duty.
type dutyStoryView struct {
	page
	Name, About, State, Mark string
	Facts                    []fact
	Plan                     []toldView
	Told                     []toldView
	Answers                  []toldView
	Audit                    []auditLine
}

func (c *Console) duty(w http.ResponseWriter, v *visit) error {
	id, err := strconv.ParseInt(v.PathValue("id"), 10, 64)
	if err != nil {
		return errNothing
	}
	within, err := c.Store.DutyWithin(v.Context(), v.who.Scope(), id)
	if err != nil {
		return err
	}
	if !within {
		return errNothing
	}
	st, err := c.Store.DutyStory(v.Context(), id)
	if err != nil {
		return err
	}
	words := app.Words{Season: c.Season}
	d := c.dutyView(st.Duty)
	view := dutyStoryView{page: c.frame(v, d.Name), Name: d.Name, About: st.About, State: d.State, Mark: d.Mark}
	view.Facts = []fact{
		{Name: "关于", Value: st.About},
		{Name: "学院", Value: st.Org},
		{Name: "谁来办", Value: d.Party},
		{Name: "开始", Value: c.minute(st.Duty.OpenedAt)},
		{Name: "截止", Value: strings.TrimSpace(d.Due + " " + d.Left)},
		{Name: "编号", Value: strconv.FormatInt(id, 10)},
	}
	if r, ok := c.Season.DutyRule(st.Duty.Rule); ok && r.Clause != "" {
		view.Facts = append(view.Facts, fact{Name: "依据", Value: r.Clause})
	}
	for _, s := range st.Steps {
		view.Plan = append(view.Plan, toldView{At: c.minute(s.At), Step: words.Step(s.Step), Who: words.Party(s.Party), Outcome: words.StepState(s.State)})
	}
	for _, t := range st.Told {
		who := t.Person
		if who == "" {
			who = "没有人"
		}
		view.Told = append(view.Told, toldView{At: c.minute(t.When()), Step: words.Step(t.Step), Who: who, Outcome: outcome(words, t)})
	}
	for _, a := range st.Answers {
		text := words.Answer(a.What)
		if a.Taker != "" {
			text += "，转给" + a.Taker
		}
		view.Answers = append(view.Answers, toldView{At: c.minute(a.At), Who: a.Person, Outcome: text})
	}
	if view.Audit, err = c.auditLines(v.Context(), st.Audit); err != nil {
		return err
	}
	if err := c.seen(v, fmt.Sprintf("duty/%d", id), map[string]string{}); err != nil {
		return err
	}
	return c.render(w, http.StatusOK, "duty", view)
}
