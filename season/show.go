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
	p.orgEvents()
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
	p.crossing()
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

// crossing is what a transfer across systems needs besides.
func (p *page) crossing() {
	x := p.CrossSystem
	for i, st := range x.Steps {
		p.line("  跨系统的，本人先做 %d) %s", i+1, p.Fill(st, map[string]string{"place": "〔省份〕"}))
	}
	for _, k := range slices.Sorted(maps.Keys(x.Tracks)) {
		p.line("  跨系统的，进度由“%s”改为“%s”", p.Tracks[k].Name, p.Tracks[x.Tracks[k]].Name)
	}
	if len(x.Duties) > 0 {
		p.line("  跨系统的，另有待办：%s", p.dutyNames(x.Duties))
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
	for i, d := range p.every() {
		if i == len(p.Destinations) {
			p.line("\n新生转入（由名册的“原团组织”一栏，或本人登记）")
		}
		p.line("\n%d. %s（%s）", i+1, d.Name, d.Short)
		p.line("   %s", d.Explain)
		if d.Uncounted {
			p.line("   只作标记，不计入指标")
		}
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
	if r.Refuse != "" {
		p.line("   ✕ %s不受理：%s", when, p.Fill(r.Refuse, vars))
		return
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
	if a := r.Application; a != nil {
		p.line("     要交：%s", p.application(a))
	}
	p.line("     进度：%s　待办：%s", p.Tracks[r.Track].Name, p.dutyNames(r.Duties))
}

// application is what is handed in, who decides on it and who may read what.
func (p *page) application(a *Application) string {
	event := func(key string) string {
		e, _ := p.EventNamed(key)
		return fmt.Sprintf("“%s”（%s）", e.Name, p.partyNames(e.By, "、"))
	}
	facts := make([]string, len(a.Facts))
	for i, k := range a.Facts {
		facts[i] = p.Questions[k].Label
	}
	handed, _ := p.EventNamed(a.Handed)
	return fmt.Sprintf("%s，在微信里发图片或文件，记“%s”；批准记%s，退回记%s；%s可以看，登记册列出%s",
		a.Name, handed.Name, event(a.Approve), event(a.Return), p.partyNames(a.Readers, "、"), strings.Join(facts, "、"))
}

func (p *page) dutyNames(keys []string) string {
	names := make([]string, len(keys))
	for i, k := range keys {
		rule, _ := p.DutyRule(k)
		names[i] = rule.Name
	}
	return orNone(names)
}

// placed reports whether members on a route are asked for the province.
func (d *Destination) placed(r *Route) bool {
	return slices.ContainsFunc(d.Ask, func(a Asked) bool {
		if !slices.Contains(d.Place, a.Question) {
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
			if m.NotBefore != "" {
				by = p.Dates[m.NotBefore].Date.ChineseYear() + "起，" + by
			}
			p.line("   %s ―%s（%s）→ %s", strings.Join(from, "、"), e.Name, by, p.TrackState(k, m.To).Name)
		}
	}
	for _, e := range p.Events {
		if e.Aside {
			p.line("\n任何进度下都可以记：%s（%s记录）", e.Name, p.partyNames(e.By, "、"))
		}
	}
}

func (p *page) orgEvents() {
	for i, e := range p.OrgEvents {
		if i == 0 {
			p.line("\n团支部、学院的事项：")
		}
		p.line("   %s：%s（%s记录）", subjectName[e.Subject], e.Name, p.partyNames(e.By, "、"))
	}
}

var subjectName = map[string]string{SubjectBranch: "团支部", SubjectCollege: "学院"}

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
