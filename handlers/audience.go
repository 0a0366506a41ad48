package handlers

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"xianjie/storage"
	"xianjie/understand"
)

// heardAudience is an audience as somebody said it: 2020届 未落实 未登记 非北京广东福建.
type heardAudience struct {
	storage.Audience
	said    string   // the same in our words, to be read back
	unknown []string // what was not understood; nothing is ever passed over
	wrong   []string // what was understood and cannot be meant like this, as sentences
}

func (h *heardAudience) ok() bool { return len(h.unknown) == 0 && len(h.wrong) == 0 }

// term is a word of an audience. add takes it in, or leaves those out it means.
type term struct {
	label string
	add   func(a *storage.Audience)
	leave func(a *storage.Audience) // nil: this cannot be left out
	kind  termKind
}

type termKind int

const (
	termNoise termKind = iota
	termNot
	termAll
	termMember  // about members
	termPlace   // a province
	termOrg     // a college or a branch
	termOfficer // an office
	termOther
)

var (
	audienceNoise = strings.Fields("的 和 与 及 以及 或 或者 还有 同学 学生 团员 省 市 自治区 去 到 在 为 是 发给 给")
	audienceNot   = strings.Fields("非 不含 不包括 不要 除了 除 排除 不去 不在 不是")
	audienceAll   = strings.Fields("全部 所有 全体 所有人 全部毕业生 全体毕业生 所有毕业生 毕业生")
	// wordsUndeclared mean a member who has confirmed no destination.
	wordsUndeclared = []string{textUndeclared, "未填", "未填报", "没登记", "没填", "未报", "未确认", "没确认", "未申报"}
	wordsBehind     = []string{"未达", "未完成", "没完成", "没达到"}
	// The offices as rosters call them.
	audienceParties = []struct{ party, label, words string }{
		{storage.OrgBranch, "团支书", "团支书 支书 班团支书 团支部书记"},
		{storage.OrgCollege, "学院团委书记", "学院团委书记 学院书记 学院团委 团委书记"},
		{storage.OrgCommittee, "校团委", "校团委 校团委干部"},
	}
	cohortWord  = regexp.MustCompile(`^(\d{4}|\d{2})届`)
	noticeWord  = regexp.MustCompile(`^通知(\d{1,9})(?:没有|没|未)(?:答复|回复|回应|收到)`)
	pieces      = regexp.MustCompile(`[\s,，;；。]+`)
	withinPiece = regexp.MustCompile(`[、/+]+`)
)

// vocabulary are the words an audience can be made of, in this season and with these organisations.
func (h *Turner) vocabulary(orgs []storage.Org) map[string]term {
	v := map[string]term{}
	put := func(t term, words ...string) {
		for _, w := range words {
			if _, there := v[w]; w != "" && !there {
				v[w] = t
			}
		}
	}
	for _, o := range orgs {
		put(orgTerm(o), o.Name)
	}
	for _, p := range audienceParties {
		put(term{p.label, func(a *storage.Audience) { a.Parties = append(a.Parties, p.party) }, nil, termOfficer}, strings.Fields(p.words)...)
	}
	put(term{textUndeclared, func(a *storage.Audience) { a.Standing.Undeclared = true }, func(a *storage.Audience) { a.NotStanding.Undeclared = true }, termMember}, wordsUndeclared...)
	for _, d := range h.season.Destinations {
		put(term{
			d.Short,
			func(a *storage.Audience) { a.Standing.Destinations = append(a.Standing.Destinations, d.Key) },
			func(a *storage.Audience) { a.NotStanding.Destinations = append(a.NotStanding.Destinations, d.Key) },
			termMember,
		}, append([]string{d.Short, d.Name}, d.Words...)...)
	}
	for _, tr := range h.season.Tracks {
		for _, st := range tr.States {
			in := h.statesNamed(st.Name)
			put(term{
				st.Name,
				func(a *storage.Audience) { a.Standing.States = append(a.Standing.States, in...) },
				func(a *storage.Audience) { a.NotStanding.States = append(a.NotStanding.States, in...) },
				termMember,
			}, st.Name)
		}
	}
	for _, r := range h.season.Rates {
		t := term{"未计入" + r.Name, func(a *storage.Audience) {
			a.Behind = append(a.Behind, storage.Indicator{Of: r.Of, Done: r.Done, Via: r.Via})
		}, nil, termMember}
		for _, w := range wordsBehind {
			put(t, w+r.Name, w+strings.TrimSuffix(r.Name, "率"))
		}
	}
	put(term{"只发班级群", func(a *storage.Audience) { a.Via = storage.ViaGroup }, nil, termOther}, "只发班级群", "只发群", "只用群")
	put(term{"只发私聊", func(a *storage.Audience) { a.Via = storage.ViaPrivate }, nil, termOther}, "只发私聊", "只私聊", "只用私聊")
	put(term{kind: termAll, label: "全部毕业生"}, audienceAll...)
	put(term{kind: termNot}, audienceNot...)
	put(term{kind: termNoise}, audienceNoise...)
	return v
}

func orgTerm(o storage.Org) term {
	return term{
		o.Name,
		func(a *storage.Audience) { a.Orgs = append(a.Orgs, o.ID) },
		func(a *storage.Audience) { a.NotOrgs = append(a.NotOrgs, o.ID) },
		termOrg,
	}
}

// audience reads a sentence. Words of one kind add up (升学 就业 is either), kinds narrow each other (机械学院 升学 is
// both), and a word for “not” holds to the next space.
func (h *Turner) audience(sentence string, orgs []storage.Org) heardAudience {
	r := audienceReader{words: h.vocabulary(orgs), orgs: orgs}
	for _, piece := range pieces.Split(understand.Normalize(sentence), -1) {
		r.not = false
		for _, part := range withinPiece.Split(piece, -1) {
			r.part(part)
		}
	}
	if r.heard.Places != nil || r.heard.NotPlaces != nil {
		r.heard.PlaceOf = map[string][]string{}
		for _, d := range h.season.Destinations {
			if len(d.Place) > 0 {
				r.heard.PlaceOf[d.Key] = d.Place
			}
		}
	}
	return r.done()
}

// audienceReader gathers what a sentence says.
type audienceReader struct {
	words map[string]term
	orgs  []storage.Org
	not   bool // from a word for “not” to the end of the piece

	heard    heardAudience
	all      bool
	labels   map[termKind][]string
	excepted []string
}

// part reads words that stand together without anything between them.
func (r *audienceReader) part(text string) {
	for _, s := range r.cut(text) {
		t, ok := s.term, s.known
		if !ok {
			if t, ok = r.orgLike(s.text); !ok {
				r.heard.unknown = append(r.heard.unknown, s.text)
				continue
			}
		}
		r.take(t)
	}
}

func (r *audienceReader) take(t term) {
	switch {
	case t.kind == termNoise:
	case t.kind == termNot:
		r.not = true
	case t.kind == termAll:
		r.all = true
	case r.not && t.leave == nil:
		r.heard.wrong = append(r.heard.wrong, "“"+t.label+"”前面不能加“非”。")
	case r.not:
		t.leave(&r.heard.Audience)
		r.excepted = append(r.excepted, t.label)
	default:
		t.add(&r.heard.Audience)
		if r.labels == nil {
			r.labels = map[termKind][]string{}
		}
		if !slices.Contains(r.labels[t.kind], t.label) {
			r.labels[t.kind] = append(r.labels[t.kind], t.label)
		}
	}
}

// orgLike finds the one college, or else the one branch, whose name holds a text: 机械 is 机械学院.
func (r *audienceReader) orgLike(text string) (term, bool) {
	if utf8.RuneCountInString(text) < 2 {
		return term{}, false
	}
	for _, kind := range []string{storage.OrgCollege, storage.OrgBranch} {
		var found []storage.Org
		for _, o := range r.orgs {
			if o.Kind == kind && strings.Contains(o.Name, text) {
				found = append(found, o)
			}
		}
		if len(found) == 1 {
			return orgTerm(found[0]), true
		}
	}
	return term{}, false
}

// done reads the audience back, and finds what cannot be meant together.
func (r *audienceReader) done() heardAudience {
	h := &r.heard
	officers := r.labels[termOfficer] != nil
	switch {
	case officers && (r.all || r.labels[termMember] != nil || r.labels[termPlace] != nil || h.Cohorts != nil ||
		h.NotStanding.Undeclared || h.NotStanding.Destinations != nil || h.NotStanding.States != nil || h.NotPlaces != nil):
		h.wrong = append(h.wrong, "发给干部时，只能再说学院或团支部，不能再加毕业生的条件。")
	case !officers && !r.all && r.labels == nil && r.excepted == nil && len(h.unknown) == 0:
		h.wrong = append(h.wrong, "还没有说发给谁。发给所有毕业生请写“全部”。")
	}
	var parts []string
	if officers {
		parts = append(parts, strings.Join(r.labels[termOfficer], "、"))
	}
	if org := r.labels[termOrg]; org != nil {
		parts = append(parts, strings.Join(org, "、"))
	}
	parts = append(parts, r.labels[termOther]...)
	if member := r.labels[termMember]; member != nil {
		parts = append(parts, strings.Join(member, "或"))
	}
	if place := r.labels[termPlace]; place != nil {
		parts = append(parts, "去"+strings.Join(place, "、"))
	}
	if parts == nil && !officers {
		parts = append(parts, "全部毕业生")
	}
	if r.excepted != nil {
		parts = append(parts, "不含"+strings.Join(r.excepted, "、"))
	}
	h.said = strings.Join(parts, "；")
	return *h
}

// segment is a stretch of a part, understood or not.
type segment struct {
	text  string
	term  term
	known bool
}

// cut divides a text into words so that as little as possible is left over, and into as few as possible.
func (r *audienceReader) cut(text string) []segment {
	runes := []rune(text)
	type best struct {
		left, words int
		from        int
		seg         segment
	}
	table := make([]best, len(runes)+1)
	for end := 1; end <= len(runes); end++ {
		at := best{left: table[end-1].left + 1, words: table[end-1].words, from: end - 1, seg: segment{text: string(runes[end-1 : end])}}
		for from := max(0, end-longestWord); from < end; from++ {
			word := string(runes[from:end])
			t, ok := r.word(word)
			if !ok {
				continue
			}
			if b := table[from]; b.left < at.left || b.left == at.left && b.words+1 < at.words {
				at = best{left: b.left, words: b.words + 1, from: from, seg: segment{word, t, true}}
			}
		}
		table[end] = at
	}
	var list []segment
	for at := len(runes); at > 0; at = table[at].from {
		s := table[at].seg
		if n := len(list); n > 0 && !s.known && !list[n-1].known {
			list[n-1].text = s.text + list[n-1].text
			continue
		}
		list = append(list, s)
	}
	slices.Reverse(list)
	return list
}

// longestWord bounds the words looked for; names of colleges are the longest.
const longestWord = 24

// word finds the term a word stands for.
func (r *audienceReader) word(w string) (term, bool) {
	if t, ok := r.words[w]; ok {
		return t, true
	}
	if m := cohortWord.FindStringSubmatch(w); m != nil && m[0] == w {
		year, _ := strconv.Atoi(m[1]) // digits
		if year < 100 {
			year += 2000
		}
		return term{
			strconv.Itoa(year) + "届", func(a *storage.Audience) { a.Cohorts = append(a.Cohorts, year) }, nil, termOther,
		}, true
	}
	if m := noticeWord.FindStringSubmatch(w); m != nil && m[0] == w {
		id, _ := strconv.ParseInt(m[1], 10, 64) // digits
		return term{"通知" + m[1] + "还没有回复的人", func(a *storage.Audience) { a.Unanswered = id }, nil, termOther}, true
	}
	return placeTerm(w)
}

// placeTerm reads a place that is named by the whole word: without its first or last character it is another or none.
func placeTerm(w string) (term, bool) {
	runes := []rune(w)
	if len(runes) < 2 || len(runes) > 12 {
		return term{}, false
	}
	found := understand.Province(w)
	if len(found) != 1 || slices.Equal(understand.Province(string(runes[1:])), found) || slices.Equal(understand.Province(string(runes[:len(runes)-1])), found) {
		return term{}, false
	}
	p := found[0]
	return term{
		p, func(a *storage.Audience) { a.Places = append(a.Places, p) },
		func(a *storage.Audience) { a.NotPlaces = append(a.NotPlaces, p) }, termPlace,
	}, true
}
