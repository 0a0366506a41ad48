package understand

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Choice reads which option is meant, as its index; an option is its name and the words that also mean it.
//
// The option that equals the message is taken, with as little filler (我, 应该是 … 吧, 的) stripped from its ends as
// needed. Failing that, the one option of which a word of two characters or more stands in the message: a longer
// word hides the shorter ones in it, a word after a negation (不是本校) does not count, and nothing does in a question.
// Two options, or none, are no choice: the other option is never concluded from a negation.
func Choice(s string, options [][]string) (int, bool) {
	text, words, ok := folded(s, options)
	if !ok {
		return 0, false
	}
	if i, ok := equal(text, words); ok {
		return i, true
	}
	return contained(text, words)
}

// Named reads the option that is all the message says, but for filler at its ends: 应该是就业吧 is 就业, while 在准备就业
// says something else. It is for menus whose options also stand in sentences that do not choose them.
func Named(s string, options [][]string) (int, bool) {
	text, words, ok := folded(s, options)
	if !ok {
		return 0, false
	}
	return equal(text, words)
}

// folded is a message and the words of options ready for comparing; false when the message is empty or tells a story.
func folded(s string, options [][]string) (text string, words [][]string, ok bool) {
	const longest = 1000 // bytes
	if text = fold(s); text == "" || len(text) > longest {
		return "", nil, false
	}
	words = make([][]string, len(options))
	for i, o := range options {
		for _, w := range o {
			if w = fold(w); w != "" {
				words[i] = append(words[i], w)
			}
		}
	}
	return text, words, true
}

// fold is what remains of a text for comparing words: small letters, without spaces and punctuation.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsPunct(r) || unicode.IsSymbol(r) && r > unicode.MaxASCII {
			return -1
		}
		return r
	}, strings.ToLower(Normalize(s)))
}

var (
	leadingFiller  = []string{"我们", "我", "就是", "就", "应该是", "应该", "是", "选择", "选", "那就", "那", "嗯嗯", "嗯", "好的", "好", "属于", "哦"}
	trailingFiller = []string{"的", "吧", "呢", "啊", "了", "呀", "哦", "哈", "嘛", "啦", "谢谢", "老师", "吖", "噢", "喔"}
)

// equal finds the option equal to the message or, failing that, to the message with the least filler stripped.
func equal(text string, words [][]string) (int, bool) {
	for level := []string{text}; len(level) > 0; {
		found := -1
		for _, t := range level {
			for i, ws := range words {
				for _, w := range ws {
					if t != w {
						continue
					}
					if found >= 0 && found != i {
						return 0, false
					}
					found = i
				}
			}
		}
		if found >= 0 {
			return found, true
		}
		level = stripped(level)
	}
	return 0, false
}

// stripped is every text with one more filler taken off either end.
func stripped(level []string) []string {
	const most = 64 // texts of one level; more filler than any sentence has
	var next []string
	seen := make(map[string]bool)
	add := func(t string, ok bool) {
		if ok && t != "" && !seen[t] && len(next) < most {
			seen[t] = true
			next = append(next, t)
		}
	}
	for _, t := range level {
		for _, f := range leadingFiller {
			add(strings.CutPrefix(t, f))
		}
		for _, f := range trailingFiller {
			add(strings.CutSuffix(t, f))
		}
	}
	return next
}

// span is one occurrence of a word of an option.
type span struct{ from, to, option int }

// contained finds the only option of which a word stands in the message.
func contained(text string, words [][]string) (int, bool) {
	if isQuestion(text) {
		return 0, false
	}
	var spans []span
	for i, ws := range words {
		for _, w := range ws {
			if utf8.RuneCountInString(w) < 2 {
				continue
			}
			for at := 0; ; {
				n := strings.Index(text[at:], w)
				if n < 0 {
					break
				}
				spans = append(spans, span{at + n, at + n + len(w), i})
				at += n + utf8.RuneLen(firstRune(w))
			}
		}
	}
	found := -1
	for _, s := range spans {
		word, before, after := text[s.from:s.to], text[:s.from], text[s.to:]
		if hidden(s, spans) || isAsked(text, s) || isNegated(before) || isUndecided(word, after) {
			continue
		}
		if found >= 0 && found != s.option {
			return 0, false
		}
		found = s.option
	}
	return max(found, 0), found >= 0
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// hidden reports that a longer word covers s.
func hidden(s span, spans []span) bool {
	for _, o := range spans {
		if o.from <= s.from && s.to <= o.to && o.to-o.from > s.to-s.from {
			return true
		}
	}
	return false
}

// isQuestion reports a message that asks back.
func isQuestion(text string) bool {
	return strings.HasSuffix(text, "吗") || strings.HasSuffix(text, "么")
}

// isAsked reports that a word is part of 有没有 (不清楚有没有团组织).
func isAsked(text string, s span) bool {
	const asked = "有没有"
	for at := 0; ; {
		n := strings.Index(text[at:], asked)
		if n < 0 {
			return false
		}
		at += n
		if s.from < at+len(asked) && at < s.to {
			return true
		}
		at += len(asked)
	}
}

// isNegated reports that what stands before a word denies it: 不是…, 没有…, 不打算留在….
func isNegated(before string) bool {
	before = strings.TrimRight(before, "是在去到想要会能选读留有打算")
	for _, no := range []string{"不", "没", "无", "非", "未", "别"} {
		if strings.HasSuffix(before, no) {
			return true
		}
	}
	return false
}

// isUndecided reports that a bare 没有 or the like denies the verb after it (没有确定), not what is asked about.
func isUndecided(word, after string) bool {
	return strings.Trim(word, "没有无不是还") == "" && after != "" && strings.ContainsRune("想确定决考问了听看收弄搞", firstRune(after))
}
