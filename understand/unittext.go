package understand

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// canonical is a normalised unit as its names are compared: small letters, one form of brackets, a comma for what ends
// a clause, a slash for what separates choices, and without spaces, dashes, colons and quotes.
func canonical(s string) string {
	text, _ := canonicalText(s)
	return text
}

// canonicalText is the canonical form of s and, for each byte of it and its end, where it came from in s.
func canonicalText(s string) (text string, origin []int) {
	var b strings.Builder
	b.Grow(len(s))
	origin = make([]int, 0, len(s)+1)
	for i, r := range s {
		r = canonicalRune(r)
		if r == dropped {
			continue
		}
		for range utf8.RuneLen(r) {
			origin = append(origin, i)
		}
		b.WriteRune(r)
	}
	return b.String(), append(origin, len(s))
}

func canonicalRune(r rune) rune {
	if isHan(r) {
		return r
	}
	switch {
	case strings.ContainsRune("(（[【〔", r):
		return '('
	case strings.ContainsRune(")）]】〕", r):
		return ')'
	case strings.ContainsRune(",，。;；!！?？\n…", r):
		return ','
	case strings.ContainsRune("/、|\\", r):
		return '/'
	case unicode.IsSpace(r), strings.ContainsRune("·•-—–_~～:：\"'“”‘’「」《》<>→", r):
		return dropped
	}
	return unicode.ToLower(r)
}
