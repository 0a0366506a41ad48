package handlers

import (
	"fmt"
	"strings"

	"xianjie/handlers/chart"
	"xianjie/storage"
)

// 进度图: the rates of 进度 and 总览 as a picture: the colleges for the committee, the branches for a college, a branch for
// its secretary. 通报 sends the same beside its text.

func isPicture(t *turn) bool {
	_, ok := t.saidAfter(textChart)
	return ok
}

func (t *turn) picture() {
	sc, name := t.scope(), t.scopeName()
	if org, _ := t.saidAfter(textChart); org != "" {
		o, ok := t.orgNamed(org)
		if !ok {
			return
		}
		sc, name = scopeOf(o), o.Name
	}
	g, ok := t.gauged(sc)
	switch {
	case !ok:
		return
	case g.whole.total == 0:
		t.say(textChartNobody, name)
		return
	}
	title := fmt.Sprintf(textChartOf, name)
	switch {
	case sc == storage.Scope{}:
		title = textChartSchool
	case len(g.parts) > 1:
		title = fmt.Sprintf(textChartParts, name)
	}
	if t.answerPicture(title, g) {
		t.say(textChartComing, t.you(), title, t.today().Chinese())
	}
}

// answerPicture sends the writer a gauge as a picture; false when it could not be drawn, which is said.
func (t *turn) answerPicture(title string, g gauge) bool {
	png, err := chart.Draw(t.chartOf(title, g))
	if err != nil {
		t.say(textChartFailed)
		return false
	}
	name := strings.Join([]string{strings.ReplaceAll(title, " ", "-"), t.today().String()}, "-") + ".png"
	t.answerFile(storage.FilePicture, name, png)
	return true
}

func (t *turn) chartOf(title string, g gauge) chart.Chart {
	c := chart.Chart{Title: title, Lines: []string{
		t.season.Title,
		fmt.Sprintf(textChartDay, t.today().Chinese()) + "　" +
			fmt.Sprintf(textChartWho, g.whole.total, g.whole.total-g.whole.undeclared, g.whole.undeclared),
	}}
	var alone chart.Panel
	var without []string
	for _, m := range t.measures() {
		whole := m.of(g.whole)
		if whole.all == 0 {
			continue
		}
		if !m.all {
			without = append(without, m.name)
		}
		if len(g.parts) == 1 {
			alone.Bars = append(alone.Bars, chart.Bar{Name: m.name, Note: m.by, Share: whole.share()})
			continue
		}
		c.Panels = append(c.Panels, panelOf(m, g, whole))
	}
	if len(g.parts) == 1 {
		c.Panels = []chart.Panel{alone}
	}
	if g.whole.undeclared > 0 && len(without) > 0 {
		c.Notes = []string{fmt.Sprintf(textChartWithout, g.whole.undeclared, strings.Join(without, "、"))}
	}
	return c
}

// mostBars is how many organisations a ranking shows: of more, the first and the last, who are those to be asked about.
const mostBars = 30

func panelOf(m measure, g gauge, whole rate) chart.Panel {
	total := whole.share()
	p := chart.Panel{Title: m.name, Note: m.by, Total: &total, Whole: textChartCollege}
	if g.scope == (storage.Scope{}) {
		p.Whole = textChartWhole
	}
	ps := m.order(g.parts)
	if over := len(ps) - mostBars; over > 0 {
		const half = mostBars / 2
		ps = append(ps[:half:half], ps[len(ps)-half:]...)
		p.Gap = chart.Gap{Before: half, Text: fmt.Sprintf(textChartGap, over)}
		if g.scope == (storage.Scope{}) {
			p.Gap.Text += textChartGapAll
		}
	}
	for _, one := range ps {
		p.Bars = append(p.Bars, chart.Bar{Place: one.place, Name: one.name, Share: one.rate.share()})
	}
	return p
}

func (r rate) share() chart.Share { return chart.Share{Done: r.done, All: r.all} }
