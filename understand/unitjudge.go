package understand

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// tier is what is said about a place; a higher one counts alone.
type tier uint8

const (
	tierNone  tier = iota // denied, or of no importance: 老家四川
	tierHome              // where the organisation is at home: 总部北京
	tierPlain             // named
	tierWork              // where the member works: 工作地深圳
)

// chain is what names one place: 四川省成都市武侯区, or a school or unit with what stands around it.
type chain struct {
	unitName
	from, to int
	tier     tier
	denied   bool // the writer says that it is not there
	seat     bool // a part of the organisation is said to be there
	lost     bool // a branch whose place is not named

	elsewhere bool // begins another address
}

// unitVerdict is where a text places a unit: in one of these provinces.
type unitVerdict struct {
	in       uint64
	city     int16
	why      string
	from, to int // what tells it
	unsure   bool
}

// judge weighs the places of a text.
func (n *unitLexicon) judge(text string) unitVerdict {
	r := unitReader{n: n, text: text, tokens: n.scan(text), tier: tierPlain}
	r.read()
	v := n.inBrackets(text, r.weigh())
	v.unsure = r.unsure
	if v.why == "" {
		v.why = WhyNothing
	}
	return v
}

// inBrackets places a company by the county in its brackets whose name is a word elsewhere: 青岛啤酒(三水)有限公司.
func (n *unitLexicon) inBrackets(text string, v unitVerdict) unitVerdict {
	before, rest, ok := strings.Cut(text, "(")
	word, after, closed := strings.Cut(rest, ")")
	if !ok || !closed || !n.hasPrefix(after, "form") {
		return v
	}
	at := len(before) + 1
	switch in := n.silent[word]; {
	case in == 0, v.from >= at && v.to <= at+len(word): // the county's namesake, a city, is read there already
		return v
	case v.in&in != 0:
		v.in &= in
		return v
	default:
		return unitVerdict{in: in, why: WhyBranch, from: at, to: at + len(word)}
	}
}

// weigh takes the clauses together: where one works counts before where the unit is, that before its head office.
func (r *unitReader) weigh() unitVerdict {
	var found unitVerdict
	for t := tierWork; t > tierNone; t-- {
		v, ok := r.weighTier(t)
		switch {
		case !ok:
		case found.in == 0 && found.why == "":
			found = v
		case found.in&v.in != 0:
			found.in &= v.in // 在鼓楼区工作 in a unit of 南京
		}
		if found.why == WhyLost || found.in != 0 && found.in&(found.in-1) == 0 {
			break
		}
	}
	return found
}

// weighTier is where the clauses that say anything of one tier place the unit.
func (r *unitReader) weighTier(t tier) (unitVerdict, bool) {
	var sum unitVerdict
	any := false
	for i, c := range r.clauses {
		v, ok := r.n.resolve(r.text, c, t)
		switch {
		case !ok:
			continue
		case !any:
			sum = v
		case sum.in&v.in != 0:
			v.in &= sum.in
			sum = v
		case i == len(r.clauses)-1 && t == tierPlain && sum.why != WhyBranch && r.isAddress(c) && !slices.ContainsFunc(r.clauses[:i], r.isAddress):
			sum = v // a unit, then the address where it is
		default:
			sum.in |= v.in
			sum.why = WhySeveral
		}
		any = true
	}
	return sum, any
}

// isAddress reports that a clause begins with a place and names no organisation.
func (r *unitReader) isAddress(c unitClause) bool {
	if len(c.chains) == 0 {
		return false
	}
	first := c.chains[0]
	lead := strings.TrimLeft(r.text[c.from:first.from], "我人就在去到于是")
	return lead == "" && first.kind == kindPlace && !r.n.contains(r.text[c.from:c.to], "body")
}

// resolve is where the chains of one clause and tier place the unit.
func (n *unitLexicon) resolve(text string, c unitClause, t tier) (unitVerdict, bool) {
	chains := make([]chain, 0, len(c.chains))
	strong, native := false, false
	for _, ch := range c.chains {
		if ch.tier == t {
			strong = strong || !ch.weak
			native = native || ch.kind != kindAbroad && !ch.lost
		}
	}
	for _, ch := range c.chains {
		if ch.tier != t || ch.weak && strong || ch.kind == kindAbroad && native && !ch.seat && !n.isSeat(text, c, ch) {
			continue
		}
		chains = append(chains, ch)
	}
	if len(chains) == 0 {
		return unitVerdict{}, false
	}
	for n.isRegistered(text, c, chains) || n.isHouse(text, c, chains) {
		chains = chains[:len(chains)-1]
	}
	all, any := ^uint64(0), uint64(0)
	for _, ch := range chains {
		all &= ch.in
		any |= ch.in
	}
	last := chains[len(chains)-1]
	switch {
	case last.lost:
		return unitVerdict{why: WhyLost, from: last.from, to: last.to}, true
	case all != 0:
		v := last.verdict()
		v.in = all
		return v, true
	case n.areChoices(text, chains) || !n.isSeat(text, c, last):
		return unitVerdict{in: any, why: WhySeveral, from: chains[0].from, to: last.to}, true
	}
	v := last.verdict()
	if last.tier == tierPlain {
		v.why = WhyBranch
	}
	return v, true
}

// isRegistered reports that a clause is the full name of a company that begins with where it is registered, so that the
// last place in it is a word of its own name: 江阴昌吉投资管理有限公司.
func (n *unitLexicon) isRegistered(text string, c unitClause, chains []chain) bool {
	if len(chains) < 2 || chains[0].from != c.from || chains[0].kind != kindPlace {
		return false
	}
	last := chains[len(chains)-1]
	own := hasOne(text[last.to:c.to], []string{"有限公司", "有限责任公司"}, strings.HasSuffix)
	return own && !last.lost && !n.isSeat(text, c, last)
}

// isHouse reports that a clause is an address and the last place in it a name in its street: a tower called 静安中心.
func (n *unitLexicon) isHouse(text string, c unitClause, chains []chain) bool {
	if len(chains) < 2 || !chains[0].isAddress() || chains[0].to > chains[1].from {
		return false
	}
	last := chains[len(chains)-1]
	return last.kind != kindPlace && last.kind != kindAbroad || !last.full && !last.seat && !last.lost && !strings.HasSuffix(text[:last.from], "(")
}

// verdict is what a chain alone says.
func (ch chain) verdict() unitVerdict {
	v := unitVerdict{in: ch.in, city: ch.city, why: WhyNamed, from: ch.from, to: ch.to}
	switch {
	case ch.tier == tierWork:
		v.why = WhyWork
	case ch.kind == kindSchool:
		v.why = WhySchool
	case ch.kind == kindUnit:
		v.why = WhyUnit
	case ch.kind == kindRegistered:
		v.why = WhyRegistered
	case ch.seat:
		v.why = WhyBranch
	}
	return v
}

// areChoices reports that two of the places are offered to choose from: 北京或上海, 北京上海.
func (n *unitLexicon) areChoices(text string, chains []chain) bool {
	for i := 1; i < len(chains); i++ {
		between := text[chains[i-1].to:chains[i].from]
		if chains[i].elsewhere || strings.Contains(between, "/") {
			return true
		}
		if between == "" && i == len(chains)-1 && chains[i].kind == kindPlace && chains[i-1].kind == kindPlace && !chains[i].seat {
			return true
		}
		if slices.Contains(n.words.words["or"], between) {
			return true
		}
	}
	return false
}

// isSeat reports that a later place of a clause is where a part of the organisation before it stands, and not a word of
// its name: it stands in brackets, at the end, after the whole's full name or before 公司.
func (n *unitLexicon) isSeat(text string, c unitClause, ch chain) bool {
	if ch.seat {
		return true
	}
	before, after := text[c.from:ch.from], text[ch.to:c.to]
	if strings.HasSuffix(before, "(") || strings.HasSuffix(before, "驻") || strings.HasPrefix(after, ")") {
		return true
	}
	for _, other := range c.chains {
		if other.to <= ch.from && other.to == ch.from && other.kind != kindPlace {
			return true // right after a school
		}
	}
	if tail, _, ok := strings.Cut(after, "("); ok {
		after = tail
	}
	if after == "" || n.hasPrefix(after, "form") || n.hasSuffix(before, "form") {
		return true
	}
	return utf8.RuneCountInString(after) <= 8 && n.hasSuffix(after, "post")
}
