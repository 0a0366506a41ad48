package understand

import (
	"strings"
	"unicode"
)

// token is a word of the lexicon, a place or a name in a folded message, as runes from–to.
type word struct {
	from, to int
	marks    marks
	cue      *cue
	topic    string
	place    uint64 // provinces, a bit each, of a place
}

func (t *word) is(m marks) bool { return t.marks&m != 0 }

// clause is a part of a message between two marks of punctuation or two words that turn its sense.
type phrase struct {
	from, to int
	tokens   []word
	question bool // ends with a question mark
	joined   bool // only a space stands before it
}

// message is a text made ready for reading.
type message struct {
	text    string // normalised
	runes   []rune // of text
	folded  []rune // as many: small letters, simple characters
	clauses []phrase
}

// split reads the words of a message, clause by clause.
func (v *vocabulary) split(s string) *message {
	m := &message{text: Normalize(s)}
	m.runes = []rune(m.text)
	m.folded = make([]rune, len(m.runes))
	for i, r := range m.runes {
		r = unicode.ToLower(r)
		if simple, ok := v.simple[r]; ok {
			r = simple
		}
		m.folded[i] = r
	}
	m.closeUp()
	from := 0
	joined := false
	for i := 0; i <= len(m.folded); i++ {
		if i < len(m.folded) && !m.breaks(i) {
			continue
		}
		if i > from {
			c := phrase{from: from, to: i, joined: joined}
			c.question = i < len(m.folded) && (m.folded[i] == '？' || m.folded[i] == '?')
			m.clauses = append(m.clauses, v.turns(m, c)...)
			joined = false
		} else if n := len(m.clauses); n > 0 && i < len(m.folded) && (m.folded[i] == '？' || m.folded[i] == '?') {
			m.clauses[n-1].question = true
		}
		if i < len(m.folded) {
			joined = m.folded[i] == ' '
		}
		from = i + 1
	}
	return m
}

// gap stands for a character that is read as if it were not there.
const gap = '\uE000'

// closeUp takes out the spaces between single characters (考 研) and between Latin words.
func (m *message) closeUp() {
	f := m.folded
	single := func(i int) bool {
		return i >= 0 && i < len(f) && isHan(f[i]) && (i == 0 || f[i-1] == ' ') && (i == len(f)-1 || f[i+1] == ' ')
	}
	for i, r := range f {
		if r == ' ' && i > 0 && i < len(f)-1 && (single(i-1) && single(i+1) || isLatin(f[i-1]) && isLatin(f[i+1])) {
			f[i] = gap
		}
	}
}

func isLatin(r rune) bool { return r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) }

// breaks reports that a clause ends at a rune.
func (m *message) breaks(i int) bool {
	r := m.folded[i]
	switch {
	case strings.ContainsRune("，。！？；、,!?;\n~～…", r):
		return true
	case r == ' ':
		return true
	case r == '.':
		return i == 0 || i == len(m.folded)-1 || !isLatin(m.folded[i-1]) || !isLatin(m.folded[i+1])
	}
	return false
}

// turns reads the words of a clause, and parts it where its sense turns (但是, 后来).
func (v *vocabulary) turns(m *message, c phrase) []phrase {
	var parts []phrase
	all := v.words(m, c.from, c.to)
	start := 0
	for i := range all {
		if i > start && all[i].is(markTurn|markNow) && all[i].cue == nil && !all[i].is(markChoice) && all[i].to-all[i].from > 1 {
			parts = append(parts, phrase{from: c.from, to: all[i].from, tokens: all[start:i], joined: c.joined, question: c.question})
			c.from, c.joined, start = all[i].from, false, i
		}
	}
	c.tokens = all[start:]
	return append(parts, c)
}

// words are the longest words one after the other, and the places between them.
func (v *vocabulary) words(m *message, from, to int) []word {
	var list []word
	g := places()
	end := 0 // where the place before ended
	for at := from; at < to; {
		e, n := v.longest(m.folded[:to], at)
		t := word{from: at, to: at + n, marks: e.marks, cue: e.cue, topic: e.topic}
		if p, ok := g.inRunes(m.folded[:to], at, from, end == at && end > 0); ok && p.length >= max(n, 2) && !(p.length == n && e.marks&(markNeutral|markCountry) != 0) {
			t = word{from: at, to: at + p.length, marks: markPlace, place: p.provinces}
			n = p.length
			end = t.to
		}
		if t.is(markCountry) && isLesser(string(m.folded[t.to:min(to, t.to+4)])) {
			t.marks &^= markCountry // 香港中路
		}
		if n == 0 {
			at++
			continue
		}
		list = append(list, t)
		at += n
	}
	return v.nameUnits(m, list, from, to)
}
