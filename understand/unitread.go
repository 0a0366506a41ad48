package understand

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// unitClause is the places of one clause.
type unitClause struct {
	chains   []chain
	from, to int
}

// unitReader takes the tokens of a text into clauses.
type unitReader struct {
	n       *unitLexicon
	text    string
	tokens  []unitToken
	clauses []unitClause

	now    unitClause
	tier   tier // of the places to come
	before tier // of those before the bracket
	denied bool // the place to come is denied
	unsure bool

	awaited unitToken // a cue for where one works, while no place has come: 工作地在外地
}

func (r *unitReader) read() {
	for i, t := range r.tokens {
		switch t.kind {
		case markComma:
			r.end(t.from)
			r.now.from = t.to
		case markOpen:
			r.before = r.tier
			if strings.HasPrefix(r.text[t.to:], "原") {
				r.tier = tierNone
			}
		case markClose:
			r.tier, r.denied = r.before, false
		case kindPlace, kindSchool, kindUnit, kindAbroad, kindRegistered:
			r.place(t)
		case kindBranch, kindRegion:
			r.branch(i)
		case kindWork, kindHome, kindAside:
			r.cue(i)
		case kindDenied:
			r.denied = true
		case kindUnsure:
			r.unsure = true
		}
	}
	r.end(len(r.text))
}

func (r *unitReader) end(at int) {
	if r.awaited.text != "" {
		r.lose(r.awaited)
	}
	r.now.to = at
	r.clauses = append(r.clauses, r.now)
	r.now, r.awaited = unitClause{}, unitToken{}
	r.tier, r.before, r.denied = tierPlain, tierPlain, false
}

func (r *unitReader) last() *chain {
	if len(r.now.chains) == 0 {
		return nil
	}
	return &r.now.chains[len(r.now.chains)-1]
}

// place takes a name that places the unit.
func (r *unitReader) place(t unitToken) {
	c := chain{unitName: t.unitName, from: t.from, to: t.to, tier: r.tier}
	before := r.text[r.now.from:t.from]
	switch {
	case r.denied || strings.HasSuffix(before, "非"):
		c.tier, c.denied, r.denied = tierNone, true, false
	case strings.HasSuffix(before, "驻") || strings.HasPrefix(t.text, "驻") && t.kind == kindPlace && !t.full:
		c.seat = true
	}
	if t.kind == kindRegistered && !strings.Contains(firstRunes(r.text[t.to:], 16), "有限") {
		return
	}
	r.awaited = unitToken{}
	old := r.last()
	switch {
	case old == nil:
	case old.in&t.in != 0 && (old.tier == c.tier || old.to == t.from):
		old.join(c)
		return
	case old.to == t.from && old.tier == c.tier && r.belongs(*old, t):
		return
	case old.to == t.from && old.tier == c.tier && old.kind == kindPlace && t.level == levelCounty && !t.weak && r.n.hasPrefix(r.text[t.to:], "branch"):
		r.lose(t) // 内蒙古鹿城分行: not the Lucheng of Wenzhou, but which
		return
	case old.kind == kindPlace && old.tier == c.tier && r.isFurtherOn(*old, t):
		if !t.full || t.level < levelCity {
			return
		}
		c.elsewhere = true
	case old.kind == kindPlace && t.weak && !old.weak:
		return
	case old.kind == kindSchool && (r.isOwnCampus(t) || t.kind == kindAbroad && r.text[t.to:] != "" && !r.n.hasPrefix(r.text[t.to:], "branch")):
		return // 四川大学某国学院 is at home
	}
	if old != nil && old.kind != kindPlace {
		c.weak = false
	}
	r.now.chains = append(r.now.chains, c)
}

// join narrows a chain by another that says the same of the same place.
func (c *chain) join(other chain) {
	in := c.in & other.in
	if other.city != 0 || in != c.in {
		c.city = other.city
	}
	if other.kind != kindPlace && !c.isAddress() {
		c.kind = other.kind
	}
	if other.kind == kindPlace && other.full && other.level < c.level {
		c.level, c.full = other.level, true
	}
	c.in, c.to = in, other.to
	c.weak = c.weak && other.weak
	c.seat = c.seat || other.seat
}

// belongs reports that a name right after a place is a word of what stands there, though it is known from elsewhere:
// 成都新城区 is not the one of Xi'an, 深圳清华大学研究院 stands in Shenzhen.
func (r *unitReader) belongs(old chain, t unitToken) bool {
	if old.kind != kindPlace {
		return false
	}
	after := r.text[t.to:]
	return t.kind != kindPlace || t.level == levelCounty && r.n.hasPrefix(after, "zone") ||
		(t.ward || old.isAddress() && t.level == levelCounty) && !r.n.hasPrefix(after, "branch")
}

// isAddress reports that a chain goes down to a district or county: what follows are streets and houses.
func (c *chain) isAddress() bool { return c.kind == kindPlace && c.full && c.level == levelCounty }

// isFurtherOn reports that between a place and a name stand a street or a number and no organisation, so that the name
// is that of a house in the street, or begins another address.
func (r *unitReader) isFurtherOn(old chain, t unitToken) bool {
	between := r.text[old.to:t.from]
	if r.n.contains(between, "body") || hasOne(between, []string{"(", "驻"}, strings.HasSuffix) || r.n.hasPrefix(r.text[t.to:], "branch") {
		return false
	}
	return strings.ContainsAny(between, "0123456789") || r.n.contains(between, "street") || strings.HasSuffix(between, "路")
}

// isOwnCampus reports that the name of a county elsewhere is that of one of the school's own campuses.
func (r *unitReader) isOwnCampus(t unitToken) bool {
	after := r.text[t.to:]
	return r.n.campus[t.text] && (after == "" || r.n.hasPrefix(after, "campuspart") || hasOne(after, []string{",", ")"}, strings.HasPrefix))
}

// branch takes a word for a part of the organisation: it is where the place just before it is, and nobody knows where
// when no place is named since the organisation's own name.
func (r *unitReader) branch(i int) {
	t := r.tokens[i]
	old := r.last()
	if t.kind == kindRegion {
		direct := old != nil && old.to == t.from
		named := direct && old.kind == kindPlace // 嘉兴长三角研究院
		near := i+1 < len(r.tokens) && r.tokens[i+1].kind == kindBranch && r.tokens[i+1].from-t.to <= len("第一二")
		if !named && (near && (direct || r.n.isLost(r.tokens[i+1].text)) || r.n.hasPrefix(r.text[t.to:], "part")) {
			r.lose(t)
		}
		return
	}
	if old == nil || old.lost {
		return
	}
	between := r.text[old.to:t.from]
	const near = 8 // characters
	if r.n.contains(between, "whole") {
		// A rural bank has branches in its own town alone.
		if r.n.isLost(t.text) && !r.n.contains(between, "rural") {
			r.lose(t)
		}
		return
	}
	if old.kind == kindUnit && between != "" && r.n.isLost(t.text) {
		r.lose(t) // 中原油田普光分公司
		return
	}
	if utf8.RuneCountInString(between) <= near && !strings.ContainsAny(between, "()") {
		old.seat = true
	}
}

// lose notes a branch whose place is not named.
func (r *unitReader) lose(t unitToken) {
	if r.denied || r.tier == tierNone {
		return
	}
	r.now.chains = append(r.now.chains, chain{unitName: t.unitName, from: t.from, to: t.to, tier: r.tier, lost: true})
}

func (n *unitLexicon) isLost(word string) bool {
	return slices.Contains(n.words.words["lost"], word)
}

// tiers are what the cues say.
var tiers = map[unitKind]tier{kindWork: tierWork, kindHome: tierHome, kindAside: tierNone}

// cue takes a word that says what a place has to do with the unit: of the place after it, or of the one before it where
// it may stand behind its place (深圳总部) and none follows at once.
func (r *unitReader) cue(i int) {
	t := r.tokens[i]
	if old := r.last(); old != nil && r.standsBehind(t.text) {
		follows, filler := r.follows(i)
		after := r.text[t.to:]
		if t.kind == kindWork && !follows && !beginsApart(after) || t.kind == kindAside && r.n.hasPrefix(after, "house") {
			return // 某某办公有限公司, 实训楼
		}
		direct := old.to == t.from
		if !follows || direct && filler == "" && t.kind == kindHome {
			if home := r.text[old.to:t.from]; old.tier != tierNone || !old.denied && t.kind == kindWork && (home == "" || r.isFiller(home)) {
				old.tier = tiers[t.kind] // also 回老家四川工作
			}
			return
		}
	}
	if r.tier = tiers[t.kind]; t.kind == kindWork && r.n.contains(t.text, "posting") && !r.standsBehind(t.text) {
		r.awaited = t
	}
}

func (r *unitReader) standsBehind(cue string) bool {
	return slices.Contains(r.n.words.words["behind"], cue)
}

// follows reports that a place comes next after the cue, with nothing but filler between.
func (r *unitReader) follows(i int) (bool, string) {
	if i+1 >= len(r.tokens) {
		return false, ""
	}
	next := r.tokens[i+1]
	between := r.text[r.tokens[i].to:next.from]
	if next.kind != kindPlace && next.kind != kindSchool && next.kind != kindUnit && next.kind != kindAbroad {
		return false, ""
	}
	return between == "" || r.isFiller(between), between
}

func (r *unitReader) isFiller(text string) bool {
	return slices.Contains(r.n.words.words["filler"], text)
}

// firstRunes is the first n characters of a text.
func firstRunes(s string, n int) string {
	for i := range s {
		if n--; n < 0 {
			return s[:i]
		}
	}
	return s
}
