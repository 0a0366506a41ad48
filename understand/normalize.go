package understand

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// mostMarks is how many combining marks on one letter are kept; no script needs more, and the composition of
// longer runs would have to insert joiners.
const mostMarks = 10

// Normalize gives what was written one form and keeps what it says: full-width letters, digits and the punctuation
// of data (／ － ． ＋ ＠ …) become half-width, while 。，、！？：；（）～ stay as they stand in sentences; spaces of every
// kind become one space per run, none at the ends of lines; line breaks become "\n"; control, zero-width and bidi
// characters and invalid UTF-8 are dropped; the result is in form NFC and trimmed. Normalising again changes nothing.
func Normalize(s string) string {
	if isPlain(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	space, marks := false, 0
	lineStart, breaks := true, 0
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		if r == utf8.RuneError && size == 1 {
			continue
		}
		if r == '\r' && i < len(s) && s[i] == '\n' {
			continue
		}
		switch r = normalRune(r); {
		case r == dropped:
			continue
		case r == ' ':
			space = true
			continue
		case r == '\n':
			breaks++
			space, lineStart = false, true
			continue
		case unicode.Is(unicode.M, r):
			if marks++; marks > mostMarks {
				continue
			}
		default:
			marks = 0
		}
		if b.Len() > 0 {
			for ; breaks > 0; breaks-- {
				b.WriteByte('\n')
			}
			if space && !lineStart {
				b.WriteByte(' ')
			}
		}
		space, lineStart, breaks = false, false, 0
		b.WriteRune(r)
	}
	return norm.NFC.String(b.String())
}

// isPlain reports that s is of printable ASCII and the common Han characters alone, in normal form, as most messages and
// commands are: none of them composes with another.
func isPlain(s string) bool {
	before := ' '
	for _, r := range s {
		if (r < '一' || r > '\u9fff') && (r < ' ' || r > '~' || r == ' ' && before == ' ') {
			return false
		}
		before = r
	}
	return s == "" || before != ' '
}

const dropped rune = -1

// normalRune is the normal form of one character; dropped when it shows nothing and says nothing.
func normalRune(r rune) rune {
	switch {
	case r >= ' ' && r <= '~':
		return r
	case r == '\n' || r == '\r' || r == '\u0085' || r == '\u2028' || r == '\u2029':
		return '\n'
	case r == '\t' || r == '\v' || r == '\f' || r == '\u2800' || unicode.Is(unicode.Zs, r):
		return ' '
	case r >= '！' && r <= '～':
		if strings.ContainsRune("！，？：；（）～", r) {
			return r
		}
		return r - '！' + '!'
	case isIgnorable(r):
		return dropped
	}
	return r
}

// isIgnorable reports control, format (zero-width, bidi) and other default-ignorable characters, among them the
// selectors that only choose a glyph.
func isIgnorable(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

// HasWords reports whether something is said in letters, characters or digits, not in punctuation and emoji alone.
func HasWords(s string) bool {
	for _, r := range s {
		if (unicode.IsLetter(r) || unicode.IsDigit(r)) && !isIgnorable(r) {
			return true
		}
	}
	return false
}
