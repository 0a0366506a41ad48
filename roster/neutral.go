package roster

import "strings"

// Neutral makes text safe to put into a spreadsheet: text a spreadsheet program could take for a formula gets an
// apostrophe in front, the sign by which people themselves mark text there. A program that trims before it looks, or
// that knows the full-width signs as operators, finds the apostrophe too. tidy undoes it on the way in.
func Neutral(s string) string {
	if startsFormula(s) {
		return "'" + s
	}
	return s
}

func startsFormula(s string) bool {
	if strings.HasPrefix(s, "\t") || strings.HasPrefix(s, "\r") || strings.HasPrefix(s, "\n") {
		return true
	}
	s = strings.TrimLeft(s, " \u00a0\u3000\ufeff\u200b\u200c\u200d\u2060")
	for _, sign := range []string{"=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "−", "﹦", "﹢", "﹣", "﹫"} {
		if strings.HasPrefix(s, sign) {
			return true
		}
	}
	return false
}
