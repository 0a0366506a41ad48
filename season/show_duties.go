package season

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

func (p *page) duties() {
	p.line("\n四、到期事项")
	for i := range p.Duties {
		r := &p.Duties[i]
		p.line("\n%d. %s：%s负责，%s", i+1, r.Name, p.partyNames([]string{r.Of}, ""), p.due(r.Due))
		p.line("   依据：%s", r.Clause)
		p.line("   适用：%s", p.openWords(r))
		steps := make([]string, len(r.Steps))
		for j, st := range r.Steps {
			steps[j] = p.step(&st)
		}
		p.line("   提醒：%s", strings.Join(steps, "；"))
		if r.Lapse == LapseApproved {
			p.line("   逾期：系统默认通过，不算任何人批准")
		} else {
			p.line("   逾期：仍要办，记为逾期%s", p.chase(r))
		}
		if own := p.ownFollow(r); own != "" {
			p.line("   提醒之后：%s", own)
		}
	}
	p.follow()
}

// follow is what comes after a reminder where a duty says nothing of its own.
func (p *page) follow() {
	text := p.ladder(p.Follow.Escalate)
	if w := p.wakes(p.Follow.SeenWakes); w != "" {
		text = append(text, w)
	}
	if len(text) > 0 {
		p.line("\n提醒之后：%s", strings.Join(text, "；"))
	}
}

// ownFollow is what a duty says of its own about what comes after a reminder.
func (p *page) ownFollow(r *DutyRule) string {
	var text []string
	if !slices.Equal(r.Escalate, p.Follow.Escalate) {
		if text = p.ladder(r.Escalate); text == nil {
			text = []string{"没有人回应也不再告诉别人"}
		}
	}
	if w := p.wakes(r.SeenWakes); w != p.wakes(p.Follow.SeenWakes) {
		text = append(text, cmp.Or(w, "回应知道了以后不再追问"))
	}
	return strings.Join(text, "；")
}

func (p *page) ladder(rungs []Rung) []string {
	var text []string
	for _, g := range rungs {
		text = append(text, fmt.Sprintf("%s%d个工作日没有回应，告诉%s", p.partyNames([]string{g.From}, ""), g.After, p.partyNames([]string{g.To}, "")))
	}
	return text
}

func (p *page) wakes(days *int) string {
	if days == nil || *days == 0 {
		return ""
	}
	return fmt.Sprintf("回应知道了但没有办的，下一次提醒前%d天再问", *days)
}

// chase is how a matter is chased after its date.
func (p *page) chase(r *DutyRule) string {
	o := r.Overdue
	if o == nil || o.Every == 0 {
		return ""
	}
	to := o.To
	if len(to) == 0 {
		to = Keys{r.Of}
	}
	text := fmt.Sprintf("，之后每%d天提醒%s", o.Every, p.partyNames(to, "、"))
	if o.Most > 0 {
		text += fmt.Sprintf("，最多%d次", o.Most)
	}
	return text
}

func (p *page) due(d Due) string {
	text := p.dueAlone(d)
	if d.Latest != "" {
		text += "，最迟" + p.Dates[d.Latest].Date.ChineseYear()
	}
	return text
}

func (p *page) dueAlone(d Due) string {
	span := ""
	if d.Months != 0 {
		span = fmt.Sprintf("%d个月", d.Months)
	}
	if d.Days != 0 || span == "" {
		span += fmt.Sprintf("%d天", max(d.Days, -d.Days))
	}
	switch {
	case d.Date != "":
		day, _ := p.Season.due(d, nil, nil)
		return day.ChineseYear() + "截止"
	case len(d.After) > 0:
		names := make([]string, len(d.After))
		for i, k := range d.After {
			names[i] = p.eventName(k)
		}
		return strings.Join(names, "或") + "后" + span + "内"
	}
	label := p.Questions[d.Answer].Label
	switch {
	case d.Days < 0 && d.Months == 0:
		return label + "之前" + span + "截止"
	case d.Days != 0 || d.Months != 0:
		return label + "之后" + span + "截止"
	}
	return label + "当天截止"
}

func (p *page) eventName(key string) string {
	if e, ok := p.EventNamed(key); ok {
		return e.Name
	}
	if e, ok := p.OrgEventNamed(key); ok {
		return e.Name
	}
	if key == Opened {
		return "出现"
	}
	return "登记去向"
}

// openWords is for whom a duty is open, and until when.
func (p *page) openWords(r *DutyRule) string {
	until := ""
	if len(r.Until) > 0 {
		names := make([]string, len(r.Until))
		for i, k := range r.Until {
			names[i] = "“" + p.eventName(k) + "”"
		}
		until = "　直到：" + strings.Join(names, "或")
	}
	switch {
	case r.Subject != SubjectMember:
		var when []string
		if r.Open.Some != nil {
			when = append(when, "有"+p.group(r.Open.Some))
		}
		if r.Open.None != nil {
			when = append(when, "没有"+p.group(r.Open.None))
		}
		if when == nil {
			when = []string{"全部"}
		}
		return subjectName[r.Subject] + "　情形：" + strings.Join(when, "，并且") + until
	case slices.Contains(r.While, AnyState):
		return "每个人" + until
	}
	shorts, states := p.openIn(r)
	return orNone(shorts) + "　处于：" + orNone(states) + until
}

// group is members in words: 往届、进度不是“已接收”的团员.
func (p *page) group(g *Group) string {
	var parts []string
	switch g.Cohort {
	case CohortThis:
		parts = append(parts, fmt.Sprintf("%d届", p.Cohort))
	case CohortEarlier:
		parts = append(parts, "往届")
	case CohortLater:
		parts = append(parts, "以后各届")
	}
	if len(g.Routes) > 0 {
		parts = append(parts, "去向为"+p.routeNames(g.Routes))
	}
	if len(g.In) > 0 {
		parts = append(parts, "进度为"+p.stateNames(g.In))
	}
	if len(g.NotIn) > 0 {
		parts = append(parts, "进度不是"+p.stateNames(g.NotIn))
	}
	if parts == nil {
		return "团员"
	}
	return strings.Join(parts, "、") + "的团员"
}

// routeNames is 就业（云帆公司的团组织）.
func (p *page) routeNames(keys []string) string {
	names := make([]string, len(keys))
	for i, k := range keys {
		dest, route, _ := strings.Cut(k, "/")
		d, _ := p.Destination(dest)
		names[i] = d.Short
		for j := range d.Routes {
			if r := &d.Routes[j]; r.Key == route {
				vars := map[string]string{}
				for _, a := range d.Ask {
					vars[a.Question] = "〔" + p.Questions[a.Question].Label + "〕"
				}
				names[i] += "（" + p.Fill(r.To, vars) + "）"
			}
		}
	}
	return strings.Join(names, "或")
}

func (p *page) stateNames(keys []string) string {
	var names []string
	for _, k := range keys {
		name := "未登记"
		for _, t := range slices.Sorted(maps.Keys(p.Tracks)) {
			if st := p.TrackState(t, k); st.Name != k {
				name = st.Name
				break
			}
		}
		if !slices.Contains(names, "“"+name+"”") {
			names = append(names, "“"+name+"”")
		}
	}
	return strings.Join(names, "或")
}

// openIn is for which destinations a rule holds, and in which states it is open there.
func (p *page) openIn(r *DutyRule) (shorts, states []string) {
	add := func(list []string, names ...string) []string {
		for _, n := range names {
			if !slices.Contains(list, n) {
				list = append(list, n)
			}
		}
		return list
	}
	if slices.Contains(r.While, Undeclared) {
		shorts, states = add(shorts, "还没登记的人"), add(states, "未登记")
	}
	for _, d := range p.every() {
		for j := range d.Routes {
			if !slices.Contains(d.Routes[j].Duties, r.Key) {
				continue
			}
			shorts = add(shorts, d.Short)
			states = add(states, p.namesOn(d.Routes[j].Track, r.While)...)
			if longer, ok := p.CrossSystem.Tracks[d.Routes[j].Track]; ok {
				states = add(states, p.namesOn(longer, r.While)...)
			}
		}
	}
	if slices.Contains(p.CrossSystem.Duties, r.Key) {
		shorts = add(shorts, "跨系统转出")
		for _, k := range slices.Sorted(maps.Keys(p.Tracks)) {
			states = add(states, p.namesOn(k, r.While)...)
		}
	}
	return shorts, states
}

// namesOn are the names of those of the states that are on a track.
func (p *page) namesOn(track string, states []string) []string {
	var names []string
	for _, st := range p.Tracks[track].States {
		if slices.Contains(states, st.Key) {
			names = append(names, st.Name)
		}
	}
	return names
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
		p.line("  %s（%s前）：%s", r.Name, p.Dates[r.By].Date.ChineseYear(), p.counted(&r))
	}
}

// counted is who counts for a rate, and by which ways they are done.
func (p *page) counted(r *Rate) string {
	shorts := func(keys []string) string {
		names := make([]string, len(keys))
		for i, k := range keys {
			d, _ := p.Destination(k)
			names[i] = d.Short
		}
		return strings.Join(names, "、")
	}
	text := shorts(r.Of)
	if len(r.AllBut) > 0 {
		text = fmt.Sprintf("除%s以外的%d届毕业团员（含未登记的）", shorts(r.AllBut), p.Cohort)
	}
	if len(r.Via) > 0 {
		text += "；只算" + p.routeNames(r.Via)
	}
	return text
}
