package understand

import (
	"math/bits"
	"strings"
)

// mode is in what sense a word about a destination stands in a message.
type mode int

const (
	modeHas     mode = iota
	modePlanned      // wanted, intended, possible
	modeSought       // looked for, applied for, prepared
	modeDenied       // not, or no longer
	modeFailed       // tried without success
	modeAsked        // part of a question
	modeMaybe        // under a condition
	modeOther        // somebody else's, or somebody else's wish
	modePast         // meant before
)

// evidence is one thing a message says about a destination.
type evidence struct {
	cue    *cue
	mode   mode
	clause int
	token  word
}

// weighing is what is known of a message while it is read.
type weighing struct {
	v *vocabulary
	m *message

	found      []evidence
	places     []placed
	nowAt      int    // the last clause that tells of now
	aside      []bool // clauses that are not about where the writer will be
	candidates concepts

	seeks, plans, weak int
	contrasted         bool // a plan that is set against what was said before
	choice             bool // one or the other
	chooses            bool // between what is there
	shaky              bool // what is there may be given up
	alone              bool // a clause is nothing but a name or a place
	refuses, bot       bool
	touts              int // signs of an advertisement
	topic              string
	asks               bool
	residue            int // characters no word covers
	other, denies      bool
}

// placed is a name or a place that stands in a message.
type placed struct {
	word
	hired  bool // right after 签 or 进了
	origin bool // a country that tells where a unit comes from: 日本公司
	mode   mode
	clause int
}

// look goes through the clauses and notes in what sense every word stands.
func (w *weighing) look() {
	other, cond, past := false, false, false
	for i := range w.m.clauses {
		c := &w.m.clauses[i]
		other, cond, past = w.clause(i, c, other, cond, past)
	}
}

// clause notes the words of one clause. What carries over from the clause before: whose doings are told, whether under a
// condition, whether they are past.
func (w *weighing) clause(n int, c *phrase, other, cond, past bool) (bool, bool, bool) {
	ts := c.tokens
	asked := c.question
	self, ends, ifs, opensThen := false, false, false, false
	own := false
	for i := range ts {
		t := &ts[i]
		switch {
		case t.is(markBot):
			w.bot = true
		case t.is(markAdvert | markJest):
			w.touts += 2
		case t.is(markTouts):
			w.touts++
		case t.is(markRefuse):
			w.refuses = true
		}
		if t.topic != "" && w.topic == "" {
			w.topic = t.topic
		}
		asked = asked || t.is(markAsk)
		own = own || t.is(markOwn)
		ifs = ifs || t.is(markIf)
		self = self || t.is(markSelf)
		ends = t.is(markEnd) || ends && t.is(markFiller)
		if i == 0 || i == 1 && ts[0].is(markTurn|markFiller|markSelf) {
			opensThen = opensThen || t.is(markThen)
		}
	}
	w.asks = w.asks || asked
	opensNew := len(ts) > 0 && ts[0].is(markTurn|markNow|markSelf) && !opensThen
	carries := ifs // to the clause after this
	cond = ifs || cond && !opensNew
	st := state{n: n, other: other, past: past, cond: cond, asked: asked, own: own, ends: ends}
	if next := n + 1; !asked && !self && len(ts) > 0 && w.m.folded[c.to-1] == '的' && next < len(w.m.clauses) && w.m.clauses[next].asks() {
		st.asked = true // 去北京工作的 是不是…
	}
	at, before, places := c.from, w.residue, len(w.places)
	for i := range ts {
		t := ts[i]
		w.residue += w.letters(at, t.from)
		at = t.to
		w.token(&st, ts, i)
	}
	w.residue += w.letters(at, c.to)
	w.alone = w.alone || w.residue == before && len(w.places) > places && !asked
	w.aside = append(w.aside, st.other || cond || st.past || asked && len(w.places) == places)
	return st.other && !other, carries, st.past && !past // neither goes further than one clause
}

// asks reports that a clause is a question.
func (c *phrase) asks() bool {
	for i := range c.tokens {
		if c.tokens[i].is(markAsk) {
			return true
		}
	}
	return c.question
}

// letters is how many characters between two words nothing was made of.
func (w *weighing) letters(from, to int) int {
	n := 0
	for _, r := range w.m.folded[from:to] {
		if isHan(r) || isLatin(r) {
			n++
		}
	}
	return n
}

// state is what the words of a clause have done so far to those that follow.
type state struct {
	n                  int // of the clause
	other, past, cond  bool
	asked, own, ends   bool
	seekEnd            int // where something looked for ended
	notEnd             int // where a negation ended, −1 for none
	not, plan, will    bool
	self               bool // the writer is named
	intends            bool // more than 准备 is said
	seek, wish, turned bool
	last               int  // index of the last evidence of this clause + 1
	choice             bool // one or the other is said
}

// token notes one word.
func (w *weighing) token(st *state, ts []word, i int) {
	t := ts[i]
	switch {
	case t.is(markOthers) && !(i > 0 && ts[i-1].is(markWith|markMove) && ts[i-1].to == t.from):
		st.other = true
		w.other = true
	case t.is(markWish):
		st.wish = true
	case t.is(markSelf):
		st.self = true
		if i == 0 || !ts[i-1].is(markWith) {
			st.other = false
		}
	}
	if t.is(markSelf) && i > 0 && !t.is(markPlan) && w.m.folded[t.from] != '自' {
		st.plan, st.not = false, st.not && t.from-st.notEnd <= 0
	}
	if pronoun := w.m.folded[t.from]; t.is(markOthers) && t.to-t.from == 1 && (pronoun == '他' || pronoun == '她') && !st.self &&
		t.from > 0 && strings.ContainsRune("给帮把让替问催", w.m.folded[t.from-1]) {
		w.ofOthers(st) // 某某延毕了你别给他发
	}
	if t.is(markPeople) {
		w.ofOthers(st)
	}
	if t.is(markWas) && !st.other {
		st.past = true
	}
	if t.is(markNow) && !st.other {
		w.nowAt = st.n
	}
	if t.is(markNot) && st.last > 0 && t.to == w.m.clauses[st.n].to && ts[i-1].cue != nil && ts[i-1].to == t.from && !st.asked && st.mode() == modeHas {
		w.unsettleBefore(st) // 工作没有
		w.weak++
	}
	if t.is(markNow) {
		if st.past && !t.is(markWas) {
			st.past = false
		}
		st.not, st.plan = false, false
	}
	if t.is(markTurn) {
		st.turned = true
	}
	if t.is(markNot) {
		st.not, st.notEnd = true, t.to
		w.denies = true
	}
	if t.is(markPlan) && !st.not {
		st.plan = true
		st.intends = st.intends || !t.is(markPrepare)
	}
	if t.is(markWill) {
		st.will = true
	}
	if t.is(markSeek) {
		m := st.mode()
		if st.not && t.from-st.notEnd <= 1 {
			m = modeDenied
		}
		if st.asked {
			m = modeAsked
		}
		if m == modeHas || m == modePlanned {
			w.seeks++
			st.seek, st.seekEnd = true, t.to
			w.soughtBefore(st)
		}
	}
	if t.is(markFail) && !st.cond {
		switch {
		case st.other:
		case st.plan:
			w.shaky = true
		default:
			w.failBefore(st)
			st.past = false
		}
	}
	st.choice = st.choice || t.is(markChoice) && !st.asked && st.last > 0
	w.chooses = w.chooses || t.is(markChoose) && st.mode() == modeHas
	switch {
	case t.cue != nil:
		w.cue(st, ts, i)
	case t.is(markPlace | markNickname | markInland | markTailUnit | markTailSchool | markKnownUnit | markKnownSchool | markAbroadSchool | markJointSchool | markCountry):
		m := st.mode()
		if st.not && t.from-st.notEnd <= 2 {
			m = modeDenied
		}
		if m == modeHas && (st.plan || st.asked) {
			m = modePlanned
		}
		hired := i > 0 && ts[i-1].is(markHire) && t.from-ts[i-1].to <= 1
		origin := i+1 < len(ts) && ts[i+1].is(markTailUnit|markKnownUnit|markCountry) && ts[i+1].from == t.to
		w.places = append(w.places, placed{word: t, hired: hired, origin: origin, mode: m, clause: st.n})
	}
	if t.cue == nil && t.marks&^(markFiller|markNeutral) == 0 && !t.is(markFiller) {
		w.residue += t.to - t.from // a word that says nothing of this
	}
}

// ofOthers makes what a clause said so far somebody else's.
func (w *weighing) ofOthers(st *state) {
	for k := len(w.found) - 1; k >= 0 && w.found[k].clause == st.n; k-- {
		w.found[k].mode = modeOther
	}
}

// mode is in what sense the words of a clause stand so far.
func (st *state) mode() mode {
	switch {
	case st.other || st.wish:
		return modeOther
	case st.cond:
		return modeMaybe
	case st.past:
		return modePast
	}
	return modeHas
}

// cue notes a word about a destination.
func (w *weighing) cue(st *state, ts []word, i int) {
	t := ts[i]
	c := t.cue
	e := evidence{cue: c, clause: st.n, token: t, mode: st.mode()}
	if e.mode == modeHas {
		switch {
		case st.not && w.reaches(st, ts, i):
			e.mode = modeDenied
		case st.asked && !w.declaresAndAsks(st, ts, i):
			e.mode = modeAsked
		case st.seek && c.kind != cueGot && !(c.kind == cueIs && w.firmly(t) && t.from > st.seekEnd+1):
			e.mode = modeSought
		case st.plan && c.kind == cueGoal && !st.intends:
			e.mode = modeSought
		case st.plan:
			e.mode = modePlanned
		case st.will && c.kind == cueGoal:
			e.mode = modeSought
		}
	}
	if c.kind == cuePaper && (e.mode == modeHas && !done(w.m, ts[i+1:]) || e.mode == modeAsked) {
		return // a contract is spoken of, and nothing done with it
	}
	if c.kind == cueWeak {
		if e.mode == modeHas || e.mode == modeAsked && !st.other {
			w.weak++
			w.unsettleBefore(st)
		}
		if e.mode == modeAsked {
			e.mode = modeHas
		}
	}
	st.not = st.not && c.kind == cueWeak
	if e.mode == modePlanned {
		w.plans++
		w.contrasted = w.contrasted || st.turned
	}
	w.choice = w.choice || st.choice
	w.found = append(w.found, e)
	st.last = len(w.found)
}

// done reports that a clause ends with what was done: 三方寄了.
func done(m *message, after []word) bool {
	for i := range after {
		if after[i].is(markEnd) || m.folded[after[i].to-1] == '了' {
			return true
		}
	}
	return false
}

// reaches reports that the negation before a word is about it: nothing but wishes and small words stands between them.
func (w *weighing) reaches(st *state, ts []word, i int) bool {
	gapped := ts[i].from - st.notEnd
	for k := i - 1; k >= 0 && ts[k].from >= st.notEnd; k-- {
		if ts[k].is(markPlan|markWill|markMove|markFiller|markPlace|markKnownSchool|markKnownUnit|markCountry|markThen|markStop) || ts[k].is(markNeutral) {
			gapped -= ts[k].to - ts[k].from
		}
	}
	return gapped <= 3
}

// firmly reports a word that says more than a plan although something is looked for beside it.
func (w *weighing) firmly(t word) bool { return t.to-t.from >= 3 }

// declaresAndAsks reports a word in a question that states the writer's own destination before it asks what follows from
// it: 我保研了还要转吗.
func (w *weighing) declaresAndAsks(st *state, ts []word, i int) bool {
	self := w.m.folded[ts[i].from] == '已'
	for k := range i {
		self = self || ts[k].is(markSelf) || w.m.folded[ts[k].from] == '已'
		if ts[k].is(markAsk) {
			return false
		}
	}
	if ts[i].cue.kind == cueGoal || ts[i].cue.kind == cueCourse {
		return false
	}
	return st.own && self
}

// failBefore takes back what was said in the clause, or right before it, because it did not come true.
func (w *weighing) failBefore(st *state) {
	for i := len(w.found) - 1; i >= 0; i-- {
		e := &w.found[i]
		if e.clause < st.n-1 || e.mode == modeOther {
			break
		}
		if e.mode == modeHas || e.mode == modePlanned || e.mode == modeSought {
			if e.cue.kind == cueWeak || e.cue.means == w.v.without && e.clause < st.n {
				continue
			}
			e.mode = modeFailed
		}
	}
}

// unsettleBefore takes back what a clause said of something that is not settled yet: 工作还没定.
func (w *weighing) unsettleBefore(st *state) {
	for i := len(w.found) - 1; i >= 0 && w.found[i].clause == st.n; i-- {
		if e := &w.found[i]; e.mode == modeHas && e.cue.kind != cueWeak {
			e.mode = modeDenied
		}
	}
}

// soughtBefore makes what a clause said before something it looks for.
func (w *weighing) soughtBefore(st *state) {
	for i := len(w.found) - 1; i >= 0 && w.found[i].clause == st.n; i-- {
		if e := &w.found[i]; e.mode == modeHas && e.cue.means&w.v.without == 0 && e.token.to-e.token.from <= 4 {
			e.mode = modeSought
		}
	}
}

func single(c concepts) bool { return bits.OnesCount32(uint32(c)) == 1 }
