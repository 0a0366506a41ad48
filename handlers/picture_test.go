package handlers

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"xianjie/handlers/chart"
	"xianjie/season"
	"xianjie/seasons"
	"xianjie/storage"
)

// standing is a gauge with so many parts, of 60 members each: i of them declared, and i/2 of those initiated.
func standing(sn *season.Season, parts int) gauge {
	var all []storage.Count
	g := gauge{}
	for i := range parts {
		at := func(destination, track, state string, n int) storage.Count {
			return storage.Count{CollegeID: int64(i), Cohort: sn.Cohort, Destination: destination, Route: "employer", Track: track, State: state, N: n}
		}
		own := []storage.Count{
			at("employed", "outgoing", "to_receive", i/2), at("employed", "outgoing", "pending", i-i/2), at("", "", season.Undeclared, 60-i),
		}
		all = append(all, own...)
		g.parts = append(g.parts, ranked{fmt.Sprintf("第%02d学院", i), tally(sn, own)})
	}
	g.whole = tally(sn, all)
	return g
}

// The picture says what 总览 says: the same rates, in the same order, with the whole and the day.
func TestChartOf(t *testing.T) {
	w := newSchool(t)
	h := &turn{Turner: w.desk.Turner, now: w.clock.now()}
	c := h.chartOf("各学院进度", standing(w.season, 40))
	if c.Title != "各学院进度" || len(c.Lines) != 2 || c.Lines[0] != w.season.Title || c.Lines[1] != "截至6月1日　共2400人　已登记780人　未登记1620人" {
		t.Errorf("it is headed %q %q", c.Title, c.Lines)
	}
	if len(c.Panels) != 3 { // nobody goes on to study
		t.Fatalf("%d panels", len(c.Panels))
	}
	if p := c.Panels[0]; p.Title != "登记率" || p.Note != "" || p.Whole != "全校" || *p.Total != (chart.Share{Done: 780, All: 2400}) {
		t.Errorf("the first panel is %+v of %v", p, p.Total)
	}
	if p := c.Panels[1]; p.Title != "转出发起率" || p.Note != "7月31日前" || *p.Total != (chart.Share{Done: 380, All: 780}) {
		t.Errorf("the second panel is %+v of %v", p, p.Total)
	}
	bars := c.Panels[0].Bars
	if len(bars) != mostBars || bars[0] != (chart.Bar{Place: 1, Name: "第39学院", Share: chart.Share{Done: 39, All: 60}}) ||
		bars[14].Name != "第25学院" || bars[15].Name != "第14学院" || bars[15].Place != 26 || bars[29].Name != "第00学院" {
		t.Errorf("of forty colleges are shown %+v", bars)
	}
	if g := c.Panels[0].Gap; g.Before != 15 || g.Text != "……中间还有10个没有画出来，完整的排名请回复“总览”" {
		t.Errorf("the gap says %+v", g)
	}
	if !slices.Equal(c.Notes, []string{"未登记的1620人没有算进转出发起率、转出接收率。"}) {
		t.Errorf("it notes %q", c.Notes)
	}

	c = h.chartOf("机械学院 各团支部进度", gauge{storage.Scope{CollegeID: 1}, standing(w.season, 31).parts, standing(w.season, 31).whole})
	if p := c.Panels[0]; p.Whole != "全院" || p.Gap.Text != "……中间还有1个没有画出来" {
		t.Errorf("a college is called %q, its gap says %q", p.Whole, p.Gap.Text)
	}

	one := standing(w.season, 5)
	one.parts, one.whole = one.parts[4:], one.parts[4].counts
	c = h.chartOf("机械1班 进度", one)
	if len(c.Panels) != 1 || c.Panels[0].Title != "" || c.Panels[0].Total != nil || len(c.Panels[0].Bars) != 3 ||
		c.Panels[0].Bars[1] != (chart.Bar{Name: "转出发起率", Note: "7月31日前", Share: chart.Share{Done: 2, All: 4}}) {
		t.Errorf("a branch stands as %+v", c.Panels)
	}
}

// A season whose rates count those who have not declared says so of the others only.
func TestChartOfOtherSeasons(t *testing.T) {
	for _, name := range seasons.Names() {
		sn, err := seasons.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		h := &turn{Turner: NewTurner(sn, theWords()), now: sn.Morning(sn.Opens)}
		c := h.chartOf("图", standing(sn, 3))
		for _, r := range sn.Rates {
			noted := len(c.Notes) == 1 && strings.Contains(c.Notes[0], r.Name)
			shown := slices.ContainsFunc(c.Panels, func(p chart.Panel) bool { return p.Title == r.Name })
			if noted != (shown && len(r.AllBut) == 0) {
				t.Errorf("%s: of %s it says %q", sn.Key, r.Name, c.Notes)
			}
		}
	}
}
