package understand

import (
	"strings"
	"unicode/utf8"
)

// Marks stand among the tokens for what divides a text.
const (
	markComma unitKind = 100 + iota
	markOpen
	markClose
)

// unitToken is one name found in a canonical text.
type unitToken struct {
	unitName
	from, to int
}

// scan reads the names of a canonical text from left to right, the longest that counts where it stands first.
func (n *unitLexicon) scan(text string) []unitToken {
	tokens := make([]unitToken, 0, 16)
	for at := 0; at < len(text); {
		switch text[at] {
		case ',':
			tokens = append(tokens, unitToken{unitName{kind: markComma}, at, at + 1})
		case '(':
			tokens = append(tokens, unitToken{unitName{kind: markOpen}, at, at + 1})
		case ')':
			tokens = append(tokens, unitToken{unitName{kind: markClose}, at, at + 1})
		default:
			beforeEnd := 0
			if len(tokens) > 0 {
				beforeEnd = tokens[len(tokens)-1].to
			}
			if p, ok := n.at(text, at, beforeEnd); ok {
				tokens = append(tokens, unitToken{p, at, at + len(p.text)})
				at += len(p.text)
				continue
			}
			_, size := utf8.DecodeRuneInString(text[at:])
			at += size
			continue
		}
		at++
	}
	return tokens
}

// at is the longest name that begins at a position and counts there; beforeEnd is where the token before it ended. A place
// that stands apart before but not behind, as a word begins with it, means none, and nothing begins inside it.
func (n *unitLexicon) at(text string, at, beforeEnd int) (unitName, bool) {
	before, refused := text[:at], ""
	apart := beforeEnd == at || endsApart(before) || n.hasSuffix(before, "before")
	for _, p := range n.begin[twoRunes(text[at:])] {
		if !strings.HasPrefix(text[at:], p.text) {
			continue
		}
		after := text[at+len(p.text):]
		switch {
		case (p.kind == kindPlace || p.kind == kindNothing) && !apart && n.isCut(p.text, after):
		case p.kind == kindNothing && strings.HasPrefix(after, "路"): // 成都航空路
		case (p.kind == kindPlace || p.kind == kindUnit) && !n.shows(p, apart, before, after):
			if apart {
				refused = p.text
			}
		case p.kind == kindPlace && n.isName(p, after):
			return unitName{text: p.text}, true
		case p.kind == kindSchool && !n.isSchool(p, apart, after):
		default:
			return p, true
		}
	}
	return unitName{text: refused}, refused != ""
}

// isCut reports that another place begins inside a word and ends where a word ends, while the word does not: 某某通辽源 is
// not 通辽.
func (n *unitLexicon) isCut(word, after string) bool {
	if beginsApart(after) || n.hasPrefix(after, "branch") || n.hasPrefix(after, "form") {
		return false
	}
	for at := range word {
		if at == 0 {
			continue
		}
		for _, q := range n.begin[twoRunes(word[at:]+firstRunes(after, 1))] {
			rest, ok := strings.CutPrefix(word[at:]+after, q.text)
			if ok && q.kind == kindPlace && len(q.text) > len(word)-at && (beginsApart(rest) || n.hasPrefix(rest, "branch") || n.hasPrefix(rest, "form")) {
				return true
			}
		}
	}
	return false
}

// shows reports that a place stands far enough apart from other words to be meant.
func (n *unitLexicon) shows(p unitName, apart bool, before, after string) bool {
	if p.shy == bold {
		return true
	}
	part := n.hasPrefix(after, "beside") || n.hasPrefix(after, "branch")
	if p.shy == lonely {
		return apart || part || n.hasPrefix(after, "form") || after == "" && len(before) >= len("友达") && p.kind == kindPlace // 友达昆山
	}
	near := firstRunes(after, 12)
	switch {
	case apart && p.level >= levelCity && strings.Contains(after, "有限"):
		return true
	case apart && n.isKnown(p) && (n.contains(near, "street") || strings.Contains(near, "路")):
		return true
	}
	return apart && (part || n.hasPrefix(after, "form") || beginsApart(after)) || n.hasPrefix(after, "beside")
}

// isName reports that a place only gives its name to something: a road, a house, a dish, a bank.
func (n *unitLexicon) isName(p unitName, after string) bool {
	if n.hasPrefix(after, "named") && !p.full {
		return true
	}
	if n.hasPrefix(after, "chain") && !n.hasPrefix(after, "single") {
		return true
	}
	if n.isBank(after) {
		return true
	}
	if rest, ok := strings.CutPrefix(after, "人"); ok && (rest == "" || hasOne(rest, []string{",", ")", "在", "去", "到"}, strings.HasPrefix)) {
		return true
	}
	if rest, ok := strings.CutPrefix(after, "道"); ok && !p.full {
		r, _ := utf8.DecodeRuneInString(rest)
		return rest == "" || r < utf8.RuneSelf
	}
	return !p.full && isLesser(after) && !n.beginsPlace(after)
}

// isBank reports that a place begins the name of a bank, 重庆三峡银行, and does not stand before one with a name of its own,
// 成都招商银行.
func (n *unitLexicon) isBank(after string) bool {
	called, rest, ok := strings.Cut(firstRunes(after, 7), "银行")
	if !ok || called == "" || strings.HasPrefix(rest, "业") || n.contains(called, "local") || strings.ContainsAny(called, ",()") {
		return false
	}
	for at := range called {
		for _, p := range n.begin[twoRunes(called[at:])] {
			if strings.HasPrefix(called[at:], p.text) {
				return false
			}
		}
	}
	return true
}

// beginsPlace reports that a place begins a text, as 镇江 does after 江苏.
func (n *unitLexicon) beginsPlace(text string) bool {
	for _, p := range n.begin[twoRunes(text)] {
		if p.kind == kindPlace && (p.shy == bold || p.full) && strings.HasPrefix(text, p.text) {
			return true
		}
	}
	return false
}

// isSchool reports that the name of a school is one, and not the beginning of another word: 成都大学路, 中科大数据.
func (n *unitLexicon) isSchool(p unitName, apart bool, after string) bool {
	if hasOne(after, []string{"路", "街", "道"}, strings.HasPrefix) || strings.HasPrefix(after, "城") && !strings.HasPrefix(after, "城市") {
		return false
	}
	if strings.HasSuffix(p.text, "大") && n.hasPrefix(after, "great") {
		return false
	}
	return p.shy == bold || apart && (beginsApart(after) || n.hasPrefix(after, "student") || n.hasPrefix(after, "campus") || n.beginsPlace(after))
}

// hasPrefix reports that a text begins with a word of a section.
func (n *unitLexicon) hasPrefix(text, section string) bool {
	return hasOne(text, n.words.words[section], strings.HasPrefix)
}

func (n *unitLexicon) hasSuffix(text, section string) bool {
	return hasOne(text, n.words.words[section], strings.HasSuffix)
}

func (n *unitLexicon) contains(text, section string) bool {
	return hasOne(text, n.words.words[section], strings.Contains)
}

// isKnown reports a city, or a part of one that needs no suffix to be known.
func (n *unitLexicon) isKnown(p unitName) bool {
	return p.level >= levelCity || p.weak || n.known[p.text]
}
