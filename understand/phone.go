package understand

import "strings"

// StudentNo reads a student number: 8 to 12 digits, in any width or in Chinese numerals (二〇一六…), with spaces
// and dashes among them, after a label (学号：, 我的学号是) or without, and nothing else. A letter that looks like a digit is
// no digit. Refused with ReasonNumberLength, or ReasonNoNumber when it is not made of digits.
func StudentNo(s string) (string, error) {
	text := Normalize(s)
	answer := unlabelled(text, "学生证号", "学籍号", "学号", "工号", "号码")
	no, ok := onlyDigits(answer)
	ok = ok && !strings.Contains(answer, ".") // 20160001.5 is a number of another kind
	if pair, err := StudentAndName(text); !ok && err == nil {
		no, ok = pair.No, true // the name came along
	}
	switch {
	case !ok || no == "":
		return "", refuse(ReasonNoNumber, text)
	case len(no) < 8 || len(no) > 12:
		return "", refuse(ReasonNumberLength, text)
	}
	return no, nil
}

// Phone reads a mainland mobile number: 11 digits from 13 to 19, with +86, 86 or 0086 before them or without, written as
// StudentNo tells or with dots, after a label (手机号：) or without. Anything else is refused with ReasonNotAPhone.
func Phone(s string) (string, error) {
	text := Normalize(s)
	rest := unlabelled(text, "手机号码", "联系电话", "电话号码", "手机号", "联系方式", "手机", "电话", "号码", "tel", "phone", "mobile")
	for _, open := range []string{"(+86)", "（+86）", "(86)", "（86）"} {
		if cut, ok := strings.CutPrefix(rest, open); ok {
			rest = "+86" + cut
		}
	}
	rest, plus := strings.CutPrefix(rest, "+")
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

// unlabelled is a normalised answer without what introduces it (我的学号是, 学号：) and the courtesies around it.
func unlabelled(text string, labels ...string) string {
	const around = " \n.。,，;；!！~～\"'“”‘’、"
	text = strings.Trim(text, around)
	for _, tail := range []string{"谢谢老师", "谢谢", "哈", "哦", "呢", "啊", "吧", "的"} {
		text = strings.TrimRight(strings.TrimSuffix(text, tail), around)
	}
	for _, lead := range []string{"老师好", "老师", "您好", "你好", "嗯", "我的", "本人的", "本人", "我"} {
		text = strings.TrimLeft(strings.TrimPrefix(text, lead), around)
	}
	for _, label := range labels {
		if len(text) < len(label) || !strings.EqualFold(text[:len(label)], label) {
			continue
		}
		text = text[len(label):]
		for _, is := range []string{"就是", "是", "为", ":", "："} {
			text = strings.TrimPrefix(strings.TrimLeft(text, " "), is)
		}
		break
	}
	return strings.TrimPrefix(strings.TrimSpace(text), "是")
}

// onlyDigits takes spaces, dashes and dots out of s and reads Chinese numerals as digits; ok is false when anything else
// is left, when both kinds of digits are mixed, or a dash leads.
func onlyDigits(s string) (digits string, ok bool) {
	b := make([]byte, 0, 16)
	latin, han := false, false
	for _, r := range s {
		switch {
		case isDigit(r):
			latin = true
			b = append(b, byte(r))
		case r == '幺':
			han = true
			b = append(b, '1')
		case strings.ContainsRune(hanDigits, r):
			han = true
			b = append(b, byte('0'+hanDigit(r)))
		case r == ' ' || (isDash(r) || r == '.') && len(b) > 0:
		default:
			return "", false
		}
	}
	return string(b), !latin || !han
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

func isDash(r rune) bool { return strings.ContainsRune("-‐‑‒–—―−", r) }
