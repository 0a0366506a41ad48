package season

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Write writes the season as people read it, in Chinese: the dates, where each destination goes with what is asked and
// who initiates, the states a transfer passes through, what falls due with its reminder days, and the rates.
func (s *Season) Write(w io.Writer) error {
	p := &page{Season: s}
	p.head()
	p.dates()
	p.destinations()
	p.tracks()
	p.duties()
	p.rates()
	_, err := io.WriteString(w, p.text.String())
	return err
}

// page is a season being written.
type page struct {
	*Season
	text strings.Builder
}

func (p *page) line(format string, args ...any) { fmt.Fprintf(&p.text, format+"\n", args...) }

func (p *page) head() {
	p.line("%s", p.Title)
	p.line("%s · %d届 · %s至%s · %s", p.Key, p.Cohort, p.Opens.ChineseYear(), p.Closes.ChineseYear(), p.ZoneID)
	p.line("")
	if x := p.CrossSystem; len(x.Inside) > 0 {
		p.line("跨系统省份：%s。转往这些省份，一律由%s发起。", strings.Join(x.Inside, "、"), p.partyNames(x.Initiators, "、"))
	} else {
		p.line("跨系统省份：除%s以外的省份。转往这些省份，一律由%s发起。", strings.Join(x.Outside, "、"), p.partyNames(x.Initiators, "、"))
	}
	c := p.Calendar
	text := fmt.Sprintf("提醒时间：每天%s", c.Morning)
	if c.QuietFrom != c.QuietTo {
		text += fmt.Sprintf("；%s到次日%s不打扰", c.QuietFrom, c.QuietTo)
	}
	if c.Weekends {
		text += "；周末不提醒"
	}
	p.line("%s。", text)
	if len(c.Holidays) > 0 {
		days := make([]string, len(c.Holidays))
		for i, d := range c.Holidays {
			days[i] = d.ChineseYear()
		}
		p.line("节假日（提醒提前到节前）：%s。", strings.Join(days, "、"))
	}
}

func (p *page) dates() {
	p.line("\n一、日期")
	keys := slices.SortedFunc(maps.Keys(p.Dates), func(a, b string) int {
		if c := p.Dates[a].Date.Compare(p.Dates[b].Date); c != 0 {
			return c
		}
		return strings.Compare(a, b)
	})
	for _, k := range keys {
		p.line("  %s　%s", p.Dates[k].Date.ChineseYear(), p.Dates[k].Name)
	}
}

func (p *page) destinations() {
	p.line("\n二、去向")
	for i := range p.Destinations {
		d := &p.Destinations[i]
		p.line("\n%d. %s（%s）", i+1, d.Name, d.Short)
		p.line("   %s", d.Explain)
		if len(d.Words) > 0 {
			p.line("   也叫：%s", strings.Join(d.Words, "、"))
		}
		if len(d.Ask) > 0 {
			p.line("   要问：")
		}
		for j, a := range d.Ask {
			p.question(j+1, d, a)
		}
		for j := range d.Routes {
			p.route(d, &d.Routes[j], len(d.Routes))
		}
	}
}

func (p *page) question(n int, d *Destination, a Asked) {
	q := p.Questions[a.Question]
	text := q.Ask
	if len(q.Options) > 0 {
		names := make([]string, len(q.Options))
		for i, o := range q.Options {
			names[i] = o.Name
		}
		text += "［" + strings.Join(names, "／") + "］"
	}
	if q.Optional {
		text += "（可跳过）"
	}
	if q.Personal {
		text += "（加密保存）"
	}
	if when := p.condition(d, a.When); when != "" {
		text += "（" + when + "时问）"
	}
	p.line("     %d) %s：%s", n, q.Label, text)
}

func (p *page) route(d *Destination, r *Route, of int) {
	when := p.condition(d, r.When)
	switch {
	case when != "":
		when += " → "
	case of > 1:
		when = "其余情况 → "
	}
	vars := map[string]string{}
	for _, a := range d.Ask {
		vars[a.Question] = "〔" + p.Questions[a.Question].Label + "〕"
	}
	p.line("   ▸ %s%s", when, p.Fill(r.To, vars))
	if r.Moves {
		text := p.partyNames(r.Initiators, "、")
		if d.placed(r) && !slices.Equal(r.Initiators, p.CrossSystem.Initiators) {
			text += fmt.Sprintf("；跨系统省份只由%s", p.partyNames(p.CrossSystem.Initiators, "、"))
		}
		p.line("     发起：%s", text)
	} else {
		p.line("     组织关系不转出")
	}
	for _, f := range []struct{ name, text string }{{"审核", r.Review}, {"时间", r.Deadline}, {"说明", r.Note}} {
		if f.text != "" {
			p.line("     %s：%s", f.name, p.Fill(f.text, vars))
		}
	}
	if len(r.Steps) > 0 {
		p.line("     本人要做：")
	}
	for i, st := range r.Steps {
		p.line("       %d) %s", i+1, p.Fill(st, vars))
	}
	names := make([]string, len(r.Duties))
	for i, k := range r.Duties {
		rule, _ := p.DutyRule(k)
		names[i] = rule.Name
	}
	p.line("     进度：%s　待办：%s", p.Tracks[r.Track].Name, orNone(names))
}

// placed reports whether members on a route are asked for the province.
func (d *Destination) placed(r *Route) bool {
	return slices.ContainsFunc(d.Ask, func(a Asked) bool {
		if a.Question != d.Place {
			return false
		}
		for fact, values := range a.When {
			if others, ok := r.When[fact]; ok && !slices.ContainsFunc(values, func(v string) bool { return slices.Contains(others, v) }) {
				return false
			}
		}
		return true
	})
}

// condition is a Cond in words, "" when it always holds.
func (p *page) condition(d *Destination, c Cond) string {
	var parts []string
	for _, a := range d.Ask { // in the order of the questions
		values, ok := c[a.Question]
		if !ok || slices.ContainsFunc(parts, func(s string) bool { return strings.HasPrefix(s, p.Questions[a.Question].Label+"为") }) {
			continue
		}
		q := p.Questions[a.Question]
		shown := make([]string, len(values))
		for i, v := range values {
			shown[i] = "“" + q.Show(v) + "”"
		}
		parts = append(parts, q.Label+"为"+strings.Join(shown, "或"))
	}
	if values, ok := c["place"]; ok {
		parts = append(parts, "省份为"+strings.Join(values, "或"))
	}
	switch values := c["cross_system"]; {
	case slices.Equal(values, []string{"yes"}):
		parts = append(parts, "转往跨系统省份")
	case slices.Equal(values, []string{"no"}):
		parts = append(parts, "不跨系统")
	}
	return strings.Join(parts, "，")
}

func (p *page) tracks() {
	p.line("\n三、进度")
	for _, k := range slices.Sorted(maps.Keys(p.Tracks)) {
		t := p.Tracks[k]
		names := make([]string, len(t.States))
		for i, st := range t.States {
			names[i] = st.Name
			if st.Done {
				names[i] += "（办结）"
			}
		}
		p.line("\n%s：%s", t.Name, strings.Join(names, "、"))
		for _, m := range t.Moves {
			from := make([]string, len(m.From))
			for i, f := range m.From {
				from[i] = p.TrackState(k, f).Name
			}
			e, _ := p.EventNamed(m.On)
			by := "自动记录"
			if len(e.By) > 0 {
				by = p.partyNames(e.By, "、") + "记录"
			}
			p.line("   %s ―%s（%s）→ %s", strings.Join(from, "、"), e.Name, by, p.TrackState(k, m.To).Name)
		}
	}
}

func (p *page) duties() {
	p.line("\n四、到期事项")
	for i := range p.Duties {
		r := &p.Duties[i]
		p.line("\n%d. %s：%s负责，%s", i+1, r.Name, p.partyNames([]string{r.Of}, ""), p.due(r.Due))
		p.line("   依据：%s", r.Clause)
		shorts, states := p.openIn(r)
		p.line("   适用：%s　处于：%s", orNone(shorts), orNone(states))
		steps := make([]string, len(r.Steps))
		for j, st := range r.Steps {
			steps[j] = p.step(&st)
		}
		p.line("   提醒：%s", strings.Join(steps, "；"))
		if r.Lapse == LapseApproved {
			p.line("   逾期：系统默认通过，不算任何人批准")
		} else {
			p.line("   逾期：仍要办，记为逾期")
		}
	}
}

func (p *page) due(d Due) string {
	switch {
	case d.Date != "":
		return p.Dates[d.Date].Date.ChineseYear() + "截止"
	case len(d.After) > 0:
		names := make([]string, len(d.After))
		for i, k := range d.After {
			names[i] = "登记去向"
			if e, ok := p.EventNamed(k); ok {
				names[i] = e.Name
			}
		}
		return fmt.Sprintf("%s后%d天内", strings.Join(names, "或"), d.Days)
	}
	label := p.Questions[d.Answer].Label
	switch {
	case d.Days < 0:
		return fmt.Sprintf("%s之前%d天截止", label, -d.Days)
	case d.Days > 0:
		return fmt.Sprintf("%s之后%d天截止", label, d.Days)
	}
	return label + "当天截止"
}

// openIn is for which destinations a rule holds, and in which states it is open there.
func (p *page) openIn(r *DutyRule) (shorts, states []string) {
	add := func(list []string, s string) []string {
		if slices.Contains(list, s) {
			return list
		}
		return append(list, s)
	}
	if slices.Contains(r.While, Undeclared) {
		shorts, states = add(shorts, "还没登记的人"), add(states, "未登记")
	}
	for i := range p.Destinations {
		d := &p.Destinations[i]
		for j := range d.Routes {
			if !slices.Contains(d.Routes[j].Duties, r.Key) {
				continue
			}
			shorts = add(shorts, d.Short)
			for _, st := range p.Tracks[d.Routes[j].Track].States {
				if slices.Contains(r.While, st.Key) {
					states = add(states, st.Name)
				}
			}
		}
	}
	return shorts, states
}

func (p *page) step(st *Step) string {
	day := st.On.ChineseYear()
	switch {
	case st.Before != nil && *st.Before == 0:
		day = "当天"
	case st.Before != nil:
		day = fmt.Sprintf("提前%d天", *st.Before)
	case st.After != nil:
		day = fmt.Sprintf("开始后%d天", *st.After)
	}
	return day + p.partyNames(st.To, "、")
}

func (p *page) rates() {
	if len(p.Rates) == 0 {
		return
	}
	p.line("\n五、指标")
	for _, r := range p.Rates {
		names := make([]string, len(r.Of))
		for i, k := range r.Of {
			d, _ := p.Destination(k)
			names[i] = d.Short
		}
		p.line("  %s（%s前）：%s", r.Name, p.Dates[r.By].Date.ChineseYear(), strings.Join(names, "、"))
	}
}

func (p *page) partyNames(keys []string, sep string) string {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = p.Parties[k].Name
		if k == "member" {
			names[i] = "本人"
		}
	}
	return strings.Join(names, sep)
}

func orNone(list []string) string {
	if len(list) == 0 {
		return "无"
	}
	return strings.Join(list, "、")
}
