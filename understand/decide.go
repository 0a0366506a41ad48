package understand

import (
	"math/bits"
	"slices"
	"strings"
)

// decide says what a message comes to, from all that was noted.
func (w *weighing) decide() Reading {
	r := Reading{Kind: KindNone, Question: w.question(), Asks: w.asks}
	if w.bot || w.touts > 1 {
		return r
	}
	has, because := w.resolved()
	sought := w.seeks > 0 || w.any(modeSought)
	planned := w.union(modePlanned)
	if planned == w.v.without {
		sought, planned = true, 0
	}
	switch {
	case w.choice && bits.OnesCount32(uint32(w.union(modeHas)|planned)) > 1, w.chooses && bits.OnesCount32(uint32(has|planned)) > 1, w.shaky && has != 0:
		w.candidates, r.Kind, r.Because = has|planned|w.union(modeHas), KindAmbiguous, because
		if w.shaky {
			w.candidates |= w.v.without
		}
	case single(has) && has != w.v.without && w.v.outranks(planned, has):
		w.candidates, r.Kind, r.Because = has|planned, KindAmbiguous, because
	case has == w.v.without && w.v.outranks(planned, has) && single(planned):
		w.candidates, r.Kind, r.Because = has, KindDeclaration, because // wanting to stay because there is no post
	case has == w.v.without && !sought && planned&^has != 0 && w.plans < 2:
		w.candidates, r.Kind, r.Because = has|planned, KindAmbiguous, because
	case single(has) && !(w.contrasted && planned&^has != 0 && has != w.v.without):
		w.candidates, r.Kind, r.Because = has, KindDeclaration, because
	case has != 0:
		w.candidates, r.Kind, r.Because = has|planned, KindAmbiguous, because
	case w.asks && !sought && w.weak == 0:
		if planned != 0 && w.topic == "" && !w.questionOnly() {
			w.candidates, r.Kind = planned|w.v.without, KindAmbiguous
		}
	case sought:
		w.candidates, r.Kind = w.v.without, KindDeclaration
	case w.weak > 0 && planned != 0 && w.plans < 2:
		w.candidates, r.Kind = planned|w.v.without, KindAmbiguous
	case w.weak > 0:
		w.candidates, r.Kind = w.v.without, KindDeclaration
	case planned != 0:
		w.candidates, r.Kind = planned|w.v.without, KindAmbiguous
	case w.goals() != 0:
		w.candidates, r.Kind = w.goals()|w.v.without, KindAmbiguous
	case w.any(modeFailed):
		w.candidates, r.Kind = w.v.without|w.union(modeFailed), KindAmbiguous
	default:
		if c := w.bare(); c != 0 {
			w.candidates, r.Kind = c, KindAmbiguous
		}
	}
	return r
}

// resolved is what the writer has, and the words that say so.
func (w *weighing) resolved() (concepts, Span) {
	var course, goals concepts // of study that limited posts yield to; of examinations
	var all concepts           // that stand alone
	firm := false              // something is said that 考上了 need not say again
	for i := range w.found {
		e := &w.found[i]
		switch {
		case e.cue.kind == cueGoal && e.mode != modeOther && e.mode != modeDenied && e.mode != modeAsked:
			goals |= e.cue.means
		case e.mode != modeHas:
		case e.cue.kind == cueCourse, e.cue.kind == cueIs && e.cue.means == w.v.of[ofSchool]:
			course |= e.cue.means
		}
		firm = firm || e.mode == modeHas && (e.cue.kind == cueIs || e.cue.kind == cuePost || e.cue.kind == cuePaper) && e.cue.means != w.v.without
		all |= e.said()
	}
	w.overcome()
	var sets []concepts
	var because Span
	both := concepts(0)
	inPost := false
	for i := range w.found {
		e := &w.found[i]
		if e.mode != modeHas {
			continue
		}
		means := e.cue.means
		far, here := w.isAbroad(e)
		far = far && e.cue.kind != cueAbroad
		switch e.cue.kind {
		case cueGoal, cueWeak, cueHome, cueStay:
			continue
		case cueAbroad:
			if w.hasInland() {
				continue
			}
		case cueCourse:
			if !w.studies(e) {
				continue
			}
		case cuePost:
			if course != 0 {
				continue
			}
		case cueGot:
			if means = w.obtained(e, goals, course); firm && !(single(means) && w.beside(e)) {
				continue
			}
		case cueAway:
			if !far {
				continue
			}
		}
		switch {
		case far && (here || w.hasInland()):
			means |= w.v.goneAbroad(e.cue, means) // 国内国外都录了
		case far:
			means = w.v.goneAbroad(e.cue, means)
			inPost = inPost || e.cue.abroad != 0 && single(means)
		case e.cue.inland != 0 && w.isInland():
			means = e.cue.inland
		}
		if e.cue.kind == cueBoth {
			if all&e.cue.unless == 0 {
				both |= means
			}
			continue
		}
		if far && inPost && e.cue.abroad == 0 && e.cue.means == w.v.of[ofUnit] {
			continue // the contract of that post
		}
		sets = append(sets, means)
		if because.Text == "" || single(means) {
			because = w.m.span(e.token.from, e.token.to)
		}
	}
	if both != 0 {
		for _, s := range sets {
			both |= s
		}
		return both, because
	}
	if c, at := w.hired(); c != 0 && len(sets) == 0 {
		return c, at
	}
	return w.v.combine(sets), because
}

// overcome takes back what was the matter before: 家里蹲了半年，终于上班了.
func (w *weighing) overcome() {
	better := false
	for i := range w.found {
		e := &w.found[i]
		better = better || e.mode == modeHas && e.clause >= w.nowAt && e.cue.means&w.v.without == 0 && single(e.cue.means)
	}
	for i := range w.found {
		if e := &w.found[i]; better && e.mode == modeHas && e.clause < w.nowAt && e.cue.means == w.v.without {
			e.mode = modePast
		}
	}
}

// said is what a word says alone.
func (e *evidence) said() concepts {
	if e.mode == modeHas && single(e.cue.means) {
		return e.cue.means
	}
	return 0
}

// hasInland reports a word for here: 国内.
func (w *weighing) hasInland() bool {
	for i := range w.places {
		if w.places[i].is(markInland) && w.places[i].mode == modeHas {
			return true
		}
	}
	return false
}

// isInland reports that a place or a school here is named.
func (w *weighing) isInland() bool {
	for i := range w.places {
		if p := &w.places[i]; p.mode == modeHas && p.is(markPlace|markKnownSchool|markJointSchool|markKnownUnit) {
			return true
		}
	}
	return false
}

// isPlaced reports a place here, whatever stands in it.
func (w *weighing) isPlaced() bool {
	for i := range w.places {
		if p := &w.places[i]; p.mode == modeHas && p.place != 0 && !p.is(markCountry|markAbroadSchool) { // in the name of a unit, too
			return true
		}
	}
	return false
}

// hired is what a unit says right after 签 or 进了.
func (w *weighing) hired() (concepts, Span) {
	for i := range w.places {
		if p := &w.places[i]; p.hired && p.mode == modeHas && p.is(markKnownUnit) {
			return w.v.of[ofUnit], w.m.span(p.from, p.to)
		}
	}
	return 0, Span{}
}

// outranks reports that a plan would make what is there something else: who may be sent abroad by the employer.
func (v *vocabulary) outranks(planned, has concepts) bool {
	for _, o := range v.over {
		if planned&o[0] != 0 && has == o[1] {
			return true
		}
	}
	return false
}

// combine is what several things that are so come to together: the narrowest of those that agree, or all of them.
func (v *vocabulary) combine(sets []concepts) concepts {
	all, shared := concepts(0), ^concepts(0)
	for i, s := range sets {
		narrower := false
		for k, o := range sets {
			narrower = narrower || k != i && o != s && o&s == o
		}
		if !narrower {
			all |= s
		}
		shared &= s
	}
	if len(sets) == 0 || single(all) {
		return all
	}
	if single(shared) {
		return shared
	}
	for _, o := range v.over {
		if slices.Contains(sets, o[0]) && slices.Contains(sets, o[1]) {
			all &^= o[1]
		}
	}
	return all
}

// obtained is what 上岸 or offer is about: what stands beside it says it.
func (w *weighing) obtained(e *evidence, goals, course concepts) concepts {
	means := e.cue.means
	if goals != 0 && goals&means != 0 {
		return goals & means
	}
	if w.hasInland() {
		return means
	}
	var near, far concepts
	for i := range w.places {
		p := &w.places[i]
		if p.mode != modeHas {
			continue
		}
		var c concepts
		switch {
		case p.is(markAbroadSchool):
			c = w.v.of[ofCountry]
		case p.is(markKnownSchool | markJointSchool):
			c = w.v.of[ofSchool]
		case p.is(markKnownUnit):
			c = w.v.of[ofUnit]
		case p.is(markCountry):
			c = w.v.of[ofCountry]
		}
		if p.clause == e.clause {
			near |= c
		} else {
			far |= c
		}
	}
	if near == 0 {
		near = far
	}
	if course&means != 0 {
		return course & means
	}
	if single(near) {
		return near
	}
	return means
}

// beside reports that a unit or a school stands in the clause of something obtained.
func (w *weighing) beside(e *evidence) bool {
	for i := range w.places {
		if p := &w.places[i]; p.mode == modeHas && p.clause == e.clause && p.is(markKnownUnit|markKnownSchool|markAbroadSchool|markJointSchool) {
			return true
		}
	}
	return false
}

// studies reports that a course (研究生, 博士) is one the writer goes to, not only a word.
func (w *weighing) studies(e *evidence) bool {
	for i := range w.places {
		p := &w.places[i]
		if p.mode == modeHas && p.is(markKnownSchool|markAbroadSchool|markJointSchool|markCountry) {
			return true
		}
	}
	for i := range w.found {
		if o := &w.found[i]; o.cue.kind == cueGot && o.mode == modeHas {
			return true
		}
	}
	return w.residue <= 1 && !w.other
}

// isAbroad reports that something is about a place abroad; here, that a place here stands beside it.
func (w *weighing) isAbroad(e *evidence) (abroad, here bool) {
	near, inland, far := false, false, false
	look := func(clause int, abroad bool) {
		switch {
		case clause == e.clause && abroad:
			near = true
		case clause == e.clause:
			inland = true
		case abroad:
			far = true
		}
	}
	for i := range w.places {
		p := &w.places[i]
		if p.mode == modeOther || p.mode == modeDenied || p.mode == modePast || p.mode == modeMaybe {
			continue
		}
		switch {
		case p.is(markJointSchool) && !w.hasInland():
			return false, false
		case p.is(markCountry) && p.origin && w.isPlaced():
			continue // 上海的日本公司
		case p.is(markCountry | markAbroadSchool):
			look(p.clause, true)
		case p.is(markPlace | markKnownSchool | markInland):
			look(p.clause, false)
		}
	}
	for i := range w.found {
		if o := &w.found[i]; o.cue.kind == cueAbroad && o.mode == modeHas {
			look(o.clause, true)
		}
	}
	return near || far && !inland, inland
}

// goneAbroad is what a word means of a place abroad.
func (v *vocabulary) goneAbroad(c *cue, means concepts) concepts {
	if c.abroad != 0 {
		return c.abroad
	}
	out := concepts(0)
	for bit := range v.names {
		if means&(1<<bit) == 0 {
			continue
		}
		if a, ok := v.abroad[bit]; ok {
			out |= a
		} else {
			out |= 1 << bit
		}
	}
	return out
}

func (w *weighing) any(m mode) bool {
	for i := range w.found {
		if w.found[i].mode == m {
			return true
		}
	}
	return false
}

// union is all that stands in one mode.
func (w *weighing) union(m mode) concepts {
	var c concepts
	for i := range w.found {
		e := &w.found[i]
		if e.mode != m || e.cue.kind == cueHome {
			continue
		}
		means := e.cue.means
		if far, _ := w.isAbroad(e); far && e.cue.kind != cueAbroad {
			means = w.v.goneAbroad(e.cue, means)
		}
		c |= means
	}
	return c
}

// goals are what examinations without a result would lead to.
func (w *weighing) goals() concepts {
	var c concepts
	for i := range w.found {
		if e := &w.found[i]; e.cue.kind == cueGoal && e.mode == modeHas {
			c |= e.cue.means
		}
	}
	return c
}

// questionOnly reports that the message does nothing but ask.
func (w *weighing) questionOnly() bool {
	for i := range w.m.clauses {
		c := &w.m.clauses[i]
		asked := c.question
		for k := range c.tokens {
			asked = asked || c.tokens[k].is(markAsk)
		}
		if !asked {
			return false
		}
	}
	return true
}

// question is what is asked about, "" when nothing is.
func (w *weighing) question() string {
	if w.topic != "" && (w.asks || w.residue <= 4) {
		return w.topic
	}
	return ""
}

// isFaculty reports the name of a part of a school (机械学院): where one comes from, not where one goes.
func (w *weighing) isFaculty(p *placed) bool {
	name := string(w.m.folded[p.from:p.to])
	return strings.HasSuffix(name, "学院") && Unit(name).Why != WhySchool
}

// bare is what a message may mean that has nothing but a name or a place.
func (w *weighing) bare() concepts {
	if w.asks || w.other || w.refuses || w.topic != "" || w.residue > 2 && (!w.alone || w.residue > 6) {
		return 0
	}
	var c concepts
	if w.denies {
		return w.union(modeHas) // 深圳不去了
	}
	for i := range w.found {
		switch e := &w.found[i]; {
		case e.mode != modeHas && e.mode != modePlanned:
		case e.cue.kind == cueHome || e.cue.kind == cueStay || e.cue.kind == cueCourse:
			c |= e.cue.means
		}
	}
	for i := range w.places {
		p := &w.places[i]
		switch {
		case p.mode != modePlanned:
		case p.is(markKnownUnit | markTailUnit):
			c |= w.v.bare["unit"] | w.v.without
		case p.is(markCountry):
			c |= w.v.bare["country"] | w.v.without
		case p.is(markPlace):
			c |= w.v.bare["place"]
		}
		if p.mode != modeHas {
			continue
		}
		switch {
		case p.is(markCountry | markAbroadSchool):
			c |= w.v.bare["country"]
		case p.is(markKnownSchool) && w.isFaculty(p):
		case p.is(markKnownSchool | markJointSchool):
			c |= w.v.bare["school"]
		case p.is(markTailSchool):
			c |= w.v.bare["unit"] | w.v.bare["school"]
		case p.is(markKnownUnit | markTailUnit):
			c |= w.v.bare["unit"]
		default:
			c |= w.v.bare["place"]
		}
	}
	return c
}
