package console

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"xianjie/app"
	"xianjie/season"
	"xianjie/storage"
)

// overviewView is 总览.
type overviewView struct {
	page
	AsOf         string // when it was counted
	Old          bool   // the page is to ask again in a moment
	Deadlines    []deadline
	Duties       []dutyLine
	Overdue      int
	Measures     []measureHead
	Whole        unitLine
	Units        []unitLine
	UnitName     string // 学院, 团支部
	Destinations []destinationLine
	Health       []healthLine
}

// deadline is a date of the notice that is still to come.
type deadline struct {
	Name, Date string
	Days       int
}

// dutyLine are the open duties of one rule that are due on one day.
type dutyLine struct {
	Name, Party, Date string
	Link              string
	Days              int // until then; negative: past
	N, Lapsed         int
}

// measureHead is the head of one column: how many have declared, and each rate of the notice.
type measureHead struct {
	Name, By, Clause string
}

// unitLine is a college, a branch or the whole with its measures.
type unitLine struct {
	Name, Link string
	Members    int
	Measures   []measured
}

// measured is one bar: how many are done of all that count, with the lists behind the figures.
type measured struct {
	Name                  string // of the measure
	Done, All             int
	Percent               int // rounded down: 100 only when all are done
	DoneLink, MissingLink string
}

// Missing is how many are not done.
func (m measured) Missing() int { return m.All - m.Done }

// destinationLine is how many go one way.
type destinationLine struct {
	Name, Link string
	N, Percent int
	Width      int // of the bar: the longest is 100
}

// shownDuties and shownDates bound what the overview lists; the other pages have the rest.
const (
	shownDuties = 8
	shownDates  = 4
)

func (c *Console) overview(w http.ResponseWriter, v *visit) error {
	sc := v.who.Scope()
	n, err := c.counts.of(v.Context(), sc, aWhile)
	if err != nil {
		return err
	}
	view := overviewView{page: c.frame(v, "总览"), AsOf: n.at.In(c.Season.Zone).Format("15:04:05"), Old: n.old, UnitName: "学院"}
	if sc != (storage.Scope{}) {
		view.UnitName = "团支部"
	}
	today := c.Season.DateOf(c.Now())
	view.Deadlines = c.deadlines(today)
	view.Duties, view.Overdue = c.dutyLines(n.duties, today)
	c.measures(&view, n)
	view.Destinations = c.destinations(n)
	if view.Health, err = c.healthLines(v.Context()); err != nil {
		return err
	}
	return c.render(w, http.StatusOK, "overview", view)
}

// deadlines are the next dates of the notice, today's too.
func (c *Console) deadlines(today season.Date) []deadline {
	var named []season.NamedDate
	for _, d := range c.Season.Dates {
		if !d.Date.Before(today) {
			named = append(named, d)
		}
	}
	slices.SortFunc(named, func(a, b season.NamedDate) int { return cmp.Or(a.Date.Compare(b.Date), cmp.Compare(a.Name, b.Name)) })
	var ds []deadline
	for _, d := range named[:min(shownDates, len(named))] {
		ds = append(ds, deadline{d.Name, d.Date.Chinese(), today.DaysUntil(d.Date)})
	}
	return ds
}

// dutyLines are the duties due next, and how many are overdue. What is overdue comes first: it was due first.
func (c *Console) dutyLines(counts []storage.DutyCount, today season.Date) (lines []dutyLine, overdue int) {
	words := app.Words{Season: c.Season}
	for _, n := range counts {
		overdue += n.Lapsed
		if len(lines) == shownDuties {
			continue
		}
		l := dutyLine{Name: words.Duty(n.Rule), Party: words.Party(n.Party), Date: n.Due, N: n.N, Lapsed: n.Lapsed}
		l.Link = dutiesLink(storage.DutyFilter{Rule: n.Rule, Due: n.Due}, storage.DutyMark{})
		if d, err := season.ParseDate(n.Due); err == nil {
			l.Date, l.Days = d.Chinese(), today.DaysUntil(d)
		}
		lines = append(lines, l)
	}
	return lines, overdue
}

// declaredMeasure is the key of the measure every season has: who has declared at all.
const declaredMeasure = "declared"

// Sides of a measure, as the address of a list names them.
const (
	sideDone    = "done"
	sideMissing = "missing"
)

// measures fills in how many have declared and every rate of the season, for the whole and for each unit.
func (c *Console) measures(view *overviewView, n counted) {
	view.Measures = []measureHead{{Name: "登记率", Clause: "已登记去向的，占名册上全部毕业生"}}
	for _, r := range c.Season.Rates {
		h := measureHead{Name: r.Name, Clause: r.Clause}
		if d, ok := c.Season.Dates[r.By]; ok {
			h.By = d.Date.Chinese() + "前"
		}
		view.Measures = append(view.Measures, h)
	}
	byUnit := map[int64][]storage.UnitCount{}
	for _, u := range n.counts {
		byUnit[u.UnitID] = append(byUnit[u.UnitID], u)
	}
	view.Whole = c.unitLine(storage.Org{Name: "合计"}, n.counts)
	for _, o := range n.units {
		if len(byUnit[o.ID]) > 0 {
			view.Units = append(view.Units, c.unitLine(o, byUnit[o.ID]))
		}
	}
}

func (c *Console) unitLine(o storage.Org, counts []storage.UnitCount) unitLine {
	l := unitLine{Name: o.Name, Link: listLink("unit", idOf(o))}
	all := make([]season.Count, len(counts))
	declared := 0
	for i, n := range counts {
		all[i] = n.Count.Count()
		l.Members += n.N
		if n.State != season.Undeclared {
			declared += n.N
		}
	}
	l.Measures = append(l.Measures, measure("登记率", declaredMeasure, declared, l.Members, o))
	for i, score := range c.Season.Measure(all) {
		l.Measures = append(l.Measures, measure(c.Season.Rates[i].Name, score.Rate, score.Done, score.All, o))
	}
	return l
}

func measure(name, key string, done, all int, o storage.Org) measured {
	m := measured{
		Name: name, Done: done, All: all,
		DoneLink:    listLink("unit", idOf(o), "rate", key, "side", sideDone),
		MissingLink: listLink("unit", idOf(o), "rate", key, "side", sideMissing),
	}
	if all > 0 {
		m.Percent = 100 * done / all
	}
	return m
}

// idOf is an organisation's id for an address; "" for the whole.
func idOf(o storage.Org) string {
	if o.ID == 0 {
		return ""
	}
	return strconv.FormatInt(o.ID, 10)
}

// listLink is the address of a list; empty values are left out.
func listLink(pairs ...string) string {
	q := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return "/members"
	}
	return "/members?" + q.Encode()
}

// destinations count who goes where, in the order of the season's menu, the undeclared last.
func (c *Console) destinations(n counted) []destinationLine {
	by, total, most := map[string]int{}, 0, 0
	for _, u := range n.counts {
		by[u.Destination] += u.N
		total += u.N
	}
	for _, n := range by {
		most = max(most, n)
	}
	line := func(name, key string, n int) destinationLine {
		return destinationLine{Name: name, Link: listLink("go", key), N: n, Percent: 100 * n / max(total, 1), Width: 100 * n / max(most, 1)}
	}
	var lines []destinationLine
	for _, d := range c.Season.Destinations {
		lines = append(lines, line(d.Short, d.Key, by[d.Key]))
		delete(by, d.Key)
	}
	lines = append(lines, line("未登记", goNowhere, by[""]))
	delete(by, "")
	for key, n := range by { // declared under another season file
		lines = append(lines, line(key, key, n))
	}
	return lines
}

// goNowhere stands in an address for those without a destination.
const goNowhere = "none"

// daysLeft says how far away a day is.
func daysLeft(days int) string {
	switch {
	case days == 0:
		return "今天"
	case days == 1:
		return "明天"
	case days < 0:
		return fmt.Sprintf("过了%d天", -days)
	}
	return fmt.Sprintf("还有%d天", days)
}

// Left says how far away the deadline is.
func (d deadline) Left() string { return daysLeft(d.Days) }

// Left says how far away the day is.
func (l dutyLine) Left() string { return daysLeft(l.Days) }

// Soon reports that it is time to act.
func (l dutyLine) Soon() bool { return l.Days >= 0 && l.Days <= 3 }
