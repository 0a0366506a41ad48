package understand

import "strings"

// StudentNo reads a student number: 8 to 12 digits, spaces and dashes among them tolerated, nothing else.
// Refused with ReasonNumberLength, or ReasonNoNumber when it is not made of digits.
func StudentNo(s string) (string, error) {
	text := Normalize(s)
	no, ok := onlyDigits(text)
	switch {
	case !ok || no == "":
		return "", refuse(ReasonNoNumber, text)
	case len(no) < 8 || len(no) > 12:
		return "", refuse(ReasonNumberLength, text)
	}
	return no, nil
}

// Phone reads a mainland mobile number: 11 digits from 13 to 19, with +86, 86 or 0086 before them or without,
// spaces and dashes among them tolerated. Anything else is refused with ReasonNotAPhone.
func Phone(s string) (string, error) {
	text := Normalize(s)
	rest, plus := strings.CutPrefix(text, "+")
	no, ok := onlyDigits(rest)
	switch {
	case len(no) == 13:
		no = strings.TrimPrefix(no, "86")
	case plus:
		ok = false
	case len(no) == 15:
		no = strings.TrimPrefix(no, "0086")
	}
	if !ok || len(no) != 11 || no[0] != '1' || no[1] < '3' {
		return "", refuse(ReasonNotAPhone, text)
	}
	return no, nil
}

// onlyDigits takes spaces and dashes out of s; ok is false when anything but digits is left or a dash leads.
func onlyDigits(s string) (digits string, ok bool) {
	b := make([]byte, 0, 16)
	for _, r := range s {
		switch {
		case isDigit(r):
			b = append(b, byte(r))
		case r == ' ' || isDash(r) && len(b) > 0:
		default:
			return "", false
		}
	}
	return string(b), true
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

func isDash(r rune) bool { return strings.ContainsRune("-‐‑‒–—―−", r) }
