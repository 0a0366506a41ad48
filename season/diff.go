package season

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// What a changed season file does to an entry.
const (
	Added   = "added"
	Moved   = "moved" // to another day
	Changed = "changed"
	Dropped = "dropped"
)

// Change is one difference between two season files, in words.
type Change struct {
	Op   string // Added, Moved, Changed or Dropped
	Path string // where in the file: duties.initiate.steps.before-7
	What string // 到期事项“发起转接”的提醒（提前7天）
	Old  string // "" where nothing was
	New  string // "" where nothing is any more
}

// String is the change as people read it.
func (c Change) String() string {
	switch c.Op {
	case Added:
		return "新增" + c.What + after("：", c.New)
	case Dropped:
		return "取消" + c.What + after("：", c.Old)
	case Moved:
		return fmt.Sprintf("%s从%s改到%s", c.What, c.Old, c.New)
	}
	return fmt.Sprintf("%s从“%s”改为“%s”", c.What, c.Old, c.New)
}

func after(mark, text string) string {
	if text == "" {
		return ""
	}
	return mark + text
}

// Diff says what a changed file adds, moves, changes and drops, in the order of the new file; what is dropped stands at
// the end of its section. What is added or dropped as a whole is one change.
func Diff(old, new *Season) []Change {
	was, is := entriesOf(old), entriesOf(new)
	before, now := was.byPath(), is.byPath()
	var changes []Change
	for _, e := range is {
		o, had := before[e.path]
		switch {
		case !had && lacks(before, now, e.path):
		case !had:
			changes = append(changes, Change{Added, e.path, e.what, "", e.value})
		case o.value != e.value && e.day:
			changes = append(changes, Change{Moved, e.path, e.what, o.value, e.value})
		case o.value != e.value:
			changes = append(changes, Change{Changed, e.path, e.what, o.value, e.value})
		}
	}
	for _, e := range was {
		if _, has := now[e.path]; !has && !lacks(now, before, e.path) {
			changes = append(changes, Change{Dropped, e.path, e.what, e.value, ""})
		}
	}
	slices.SortStableFunc(changes, func(a, b Change) int { return cmp.Compare(section(a.Path), section(b.Path)) })
	return changes
}

// lacks reports that something around a place, not only the place itself, is in one file alone.
func lacks(there, here map[string]entry, path string) bool {
	for p := above(path); p != ""; p = above(p) {
		if _, ours := here[p]; !ours {
			continue
		}
		if _, theirs := there[p]; !theirs {
			return true
		}
	}
	return false
}

func above(path string) string { return path[:max(0, strings.LastIndexByte(path, '.'))] }

var sections = []string{"head", "dates", "cross_system", "parties", "questions", "destinations", "tracks", "events", "org_events", "duties", "follow", "rates"}

func section(path string) int {
	first, _, _ := strings.Cut(path, ".")
	return slices.Index(sections, first)
}

// entry is one thing a season file says.
type entry struct {
	path  string // with dots; keys themselves have none in practice, and nothing breaks where they have
	what  string // what it is, in words
	value string // what it says, in words
	day   bool   // the value is a day
}

type entries []entry

func (es entries) byPath() map[string]entry {
	m := make(map[string]entry, len(es))
	for _, e := range es {
		m[e.path] = e
	}
	return m
}

// entriesOf takes a season apart. Texts are compared as they stand in the file, so that a date that moves shows once and
// not in every text that names it; when a duty falls due is compared by its day, so that a moved date shows there as well.
func entriesOf(s *Season) entries {
	t := &taker{p: &page{Season: s}}
	t.head()
	t.questions()
	t.destinations()
	t.tracks()
	t.duties()
	t.rates()
	return t.list
}

type taker struct {
	p    *page
	list entries
}

func (t *taker) take(path, what, value string) {
	t.list = append(t.list, entry{path, what, value, false})
}

// text takes an optional text: none is no entry, so that it is added and dropped.
func (t *taker) text(path, what, value string) {
	if value != "" {
		t.take(path, what, value)
	}
}

func (t *taker) day(path, what string, d Date) {
	t.list = append(t.list, entry{path, what, d.ChineseYear(), true})
}

func (t *taker) head() {
	s := t.p.Season
	t.take("head.key", "标识", s.Key)
	t.take("head.title", "标题", s.Title)
	t.take("head.school", "学校", s.School)
	t.take("head.cohort", "毕业年份", fmt.Sprint(s.Cohort))
	t.take("head.zone", "时区", s.ZoneID)
	t.day("head.opens", "开始日期", s.Opens)
	t.day("head.closes", "结束日期", s.Closes)
	c := s.Calendar
	t.take("head.morning", "提醒时间", c.Morning.String())
	t.take("head.quiet", "不打扰时间", c.QuietFrom.String()+"到"+c.QuietTo.String())
	t.take("head.weekends", "周末", map[bool]string{true: "不提醒", false: "照常提醒"}[c.Weekends])
	for _, d := range c.Holidays {
		t.take("head.holidays."+d.String(), "节假日"+d.ChineseYear(), "")
	}
	for _, k := range slices.Sorted(maps.Keys(s.Dates)) {
		t.day("dates."+k, "日期“"+s.Dates[k].Name+"”", s.Dates[k].Date)
		t.take("dates."+k+".name", "日期 "+k+" 的名称", s.Dates[k].Name)
	}
	x := s.CrossSystem
	places := strings.Join(x.Inside, "、")
	if len(x.Outside) > 0 {
		places = "除" + strings.Join(x.Outside, "、") + "以外"
	}
	t.take("cross_system.places", "跨系统省份", places)
	t.take("cross_system.initiators", "跨系统的发起方", t.p.partyNames(x.Initiators, "、"))
	t.take("cross_system.note", "跨系统的说明", x.Note)
	for i, st := range x.Steps {
		t.take(fmt.Sprintf("cross_system.steps.%d", i+1), fmt.Sprintf("跨系统本人要做的第%d步", i+1), st)
	}
	for _, k := range slices.Sorted(maps.Keys(x.Tracks)) {
		t.take("cross_system.tracks."+k, "“"+s.Tracks[k].Name+"”跨系统时的进度", s.Tracks[x.Tracks[k]].Name)
	}
	t.text("cross_system.duties", "跨系统的待办", t.p.someDuties(x.Duties))
	for _, k := range slices.Sorted(maps.Keys(s.Parties)) {
		t.take("parties."+k, "参与方 "+k, s.Parties[k].Name)
	}
}

// someDuties are the names of duties, "" for none.
func (p *page) someDuties(keys []string) string {
	if len(keys) == 0 {
		return ""
	}
	return p.dutyNames(keys)
}

func (t *taker) questions() {
	s := t.p.Season
	for _, k := range slices.Sorted(maps.Keys(s.Questions)) {
		q, at := s.Questions[k], "questions."+k
		name := "问题“" + q.Label + "”"
		t.take(at, name, "")
		t.take(at+".label", "问题 "+k+" 的名称", q.Label)
		t.take(at+".kind", name+"的类型", string(q.Kind))
		t.take(at+".ask", name+"的问法", q.Ask)
		t.text(at+".hint", name+"的提示", q.Hint)
		for _, o := range q.Options {
			t.take(at+".options."+o.Key, name+"的选项", o.Name)
			t.words(at+".options."+o.Key+".words", name+"的选项“"+o.Name+"”的说法", o.Words)
			t.text(at+".options."+o.Key+".given", name+"的选项“"+o.Name+"”从一句话里读出的内容", o.Given)
		}
		t.text(at+".reads", name+"从一句话里读出的内容", q.Reads)
		t.text(at+".assume", name+"没有说时先按", q.Assume)
		if q.Kind == KindText {
			t.take(at+".length", name+"的字数", fmt.Sprintf("%d到%d", q.Min, q.Max))
		}
		t.take(at+".rules", name+"的规则", map[bool]string{true: "可跳过", false: "必答"}[q.Optional]+map[bool]string{true: "、加密保存"}[q.Personal])
	}
}

// words are compared one by one.
func (t *taker) words(path, what string, list []string) {
	for _, w := range list {
		t.take(path+"."+w, what+"“"+w+"”", "")
	}
}

func (t *taker) destinations() {
	s := t.p.Season
	t.text("newcomers.menu", "新生登记的问法", s.Newcomers.Menu)
	t.text("newcomers.undeclared", "新生没有登记时的说明", s.Newcomers.Undeclared)
	t.text("newcomers.column", "名册“原团组织”一栏对应的问题", s.Newcomers.Column)
	t.text("newcomers.arrives", "名册“原团组织”一栏对应的去向", s.Newcomers.Arrives)
	for _, d := range s.every() {
		at, name := "destinations."+d.Key, "去向“"+d.Short+"”"
		t.take(at, name, "")
		t.take(at+".name", name+"的名称", d.Name)
		t.take(at+".short", "去向 "+d.Key+" 的简称", d.Short)
		t.take(at+".explain", name+"的解释", d.Explain)
		t.take(at+".counted", name, map[bool]string{true: "不计入指标", false: "计入指标"}[d.Uncounted])
		t.words(at+".words", name+"的说法", d.Words)
		t.take(at+".secret", name+"的单位名称", map[bool]string{true: "不登记", false: "可以登记"}[d.Secret])
		when := map[string][]string{} // question → conditions
		for _, a := range d.Ask {
			when[a.Question] = append(when[a.Question], cmp.Or(t.p.condition(d, a.When), "总是"))
		}
		for _, a := range d.Ask {
			if conds := when[a.Question]; conds != nil {
				t.take(at+".ask."+a.Question, name+"里问“"+s.Questions[a.Question].Label+"”", strings.Join(conds, "；或"))
				when[a.Question] = nil
			}
		}
		for j := range d.Routes {
			t.route(d, &d.Routes[j])
		}
	}
}

func (t *taker) route(d *Destination, r *Route) {
	at, name := "destinations."+d.Key+".routes."+r.Key, "去向“"+d.Short+"”的路径 "+r.Key+" "
	t.take(at, strings.TrimSpace(name), "")
	t.take(at+".when", name+"的条件", cmp.Or(t.p.condition(d, r.When), "其余情况"))
	t.text(at+".refuse", name+"不受理的理由", r.Refuse)
	if r.Refuse != "" {
		return
	}
	t.take(at+".to", name+"的去处", r.To)
	t.text(at+".initiators", name+"的发起方", t.p.partyNames(r.Initiators, "、"))
	t.take(at+".track", name+"的进度", t.p.Tracks[r.Track].Name)
	t.text(at+".review", name+"的审核", r.Review)
	t.text(at+".deadline", name+"的时间", r.Deadline)
	t.text(at+".note", name+"的说明", r.Note)
	for i, st := range r.Steps {
		t.take(fmt.Sprintf("%s.steps.%d", at, i+1), fmt.Sprintf("%s本人要做的第%d步", name, i+1), st)
	}
	t.text(at+".duties", name+"的待办", t.p.someDuties(r.Duties))
	if r.Application != nil {
		t.take(at+".application", name+"要交的材料", t.p.application(r.Application))
	}
}

func (t *taker) tracks() {
	s := t.p.Season
	for _, k := range slices.Sorted(maps.Keys(s.Tracks)) {
		tr := s.Tracks[k]
		at, name := "tracks."+k, "进度“"+tr.Name+"”"
		t.take(at, name, "")
		t.take(at+".name", "进度 "+k+" 的名称", tr.Name)
		for _, st := range tr.States {
			t.take(at+".states."+st.Key, name+"的状态 "+st.Key+" ", st.Name+map[bool]string{true: "（办结）"}[st.Done])
		}
		for _, m := range tr.Moves {
			e, _ := s.EventNamed(m.On)
			for _, f := range m.From {
				to := s.TrackState(k, m.To).Name
				if m.NotBefore != "" {
					to += "（" + s.Dates[m.NotBefore].Date.ChineseYear() + "起）"
				}
				t.take(at+".moves."+m.On+"."+f, name+"里“"+s.TrackState(k, f).Name+"”记“"+e.Name+"”后的状态", to)
			}
		}
	}
	for _, e := range s.Events {
		at, name := "events."+e.Key, "进展“"+e.Name+"”"
		t.take(at, name, "")
		t.take(at+".name", "进展 "+e.Key+" 的名称", e.Name)
		t.text(at+".by", name+"的记录人", t.p.partyNames(e.By, "、"))
		t.text(at+".tell", name+"告诉本人的话", e.Tell)
		t.words(at+".words", name+"的说法", e.Words)
	}
	for _, e := range s.OrgEvents {
		at, name := "org_events."+e.Key, subjectName[e.Subject]+"的进展“"+e.Name+"”"
		t.take(at, name, "")
		t.take(at+".name", "进展 "+e.Key+" 的名称", e.Name)
		t.text(at+".by", name+"的记录人", t.p.partyNames(e.By, "、"))
		t.words(at+".words", name+"的说法", e.Words)
	}
}

func (t *taker) duties() {
	s := t.p.Season
	for i := range s.Duties {
		r := &s.Duties[i]
		at, name := "duties."+r.Key, "到期事项“"+r.Name+"”"
		t.take(at, name, "")
		t.take(at+".name", "到期事项 "+r.Key+" 的名称", r.Name)
		t.take(at+".clause", name+"的依据", r.Clause)
		t.take(at+".of", name+"的负责人", t.p.partyNames([]string{r.Of}, ""))
		t.take(at+".open", name+"的适用范围", t.p.openWords(r))
		if day, ok := s.due(r.Due, nil, nil); ok {
			t.day(at+".due", name+"的截止日期", day)
		} else {
			t.take(at+".due", name+"的期限", t.p.due(r.Due))
		}
		t.take(at+".lapse", name+"的逾期处理", map[string]string{LapseApproved: "系统默认通过", LapseOverdue: "记为逾期"}[r.Lapse])
		for j := range r.Steps {
			st := &r.Steps[j]
			t.take(at+".steps."+st.Key, name+"的提醒", t.p.step(st))
		}
		t.take(at+".line", name+"给老师的话", r.Line)
		t.text(at+".member_line", name+"给本人的话", r.MemberLine)
		t.take(at+".lapse_line", name+"逾期后的话", r.LapseLine)
		t.text(at+".chase", name+"逾期后的提醒", strings.TrimPrefix(t.p.chase(r), "，"))
		if o := r.Overdue; o != nil && (s.Follow.Overdue == nil || o.Line != s.Follow.Overdue.Line) {
			t.text(at+".overdue_line", name+"逾期提醒的话", o.Line)
		}
		if o := r.Overdue; o != nil && (s.Follow.Overdue == nil || o.MemberLine != s.Follow.Overdue.MemberLine) {
			t.text(at+".overdue_member_line", name+"逾期提醒本人的话", o.MemberLine)
		}
		t.text(at+".follow", name+"提醒之后", t.p.ownFollow(r))
	}
	for _, g := range s.Follow.Escalate {
		t.take("follow.escalate."+g.From+"."+g.To, fmt.Sprintf("没有回应时从%s告诉%s", t.p.partyNames([]string{g.From}, ""), t.p.partyNames([]string{g.To}, "")), fmt.Sprintf("%d个工作日后", g.After))
	}
	t.text("follow.seen_wakes", "知道了以后的追问", t.p.wakes(s.Follow.SeenWakes))
	if o := s.Follow.Overdue; o != nil {
		t.text("follow.overdue_line", "逾期提醒的话", o.Line)
		t.text("follow.overdue_member_line", "逾期提醒本人的话", o.MemberLine)
	}
}

func (t *taker) rates() {
	for i := range t.p.Rates {
		r := &t.p.Rates[i]
		at, name := "rates."+r.Key, "指标“"+r.Name+"”"
		t.take(at, name, "")
		t.take(at+".name", "指标 "+r.Key+" 的名称", r.Name)
		t.take(at+".of", name+"的范围", t.p.counted(r))
		t.take(at+".done", name+"算完成的进度", t.p.stateNames(r.Done))
		t.day(at+".by", name+"的日期", t.p.Dates[r.By].Date)
		t.take(at+".clause", name+"的依据", r.Clause)
	}
}
