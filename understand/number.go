package understand

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Number reads the position of an entry in the list last shown, from 1 to most: 3, ３, ③, 三, 第三个, 选3, 3., (3).
// "3号" is not one: it may be a day. "3个" is not one either: it counts.
func Number(s string, most int) (int, bool) {
	const longest = 40 // bytes; what is longer is a sentence
	text := Normalize(s)
	if len(text) > longest {
		return 0, false
	}
	text = strings.Trim(text, " \n.。,，、;；:：!！?？~～()（）[]【】\"'“”‘’\u20e3")
	for _, lead := range []string{"我选择", "我选", "选择", "选", "回复", "编号", "就"} {
		if rest, ok := strings.CutPrefix(text, lead); ok {
			text = strings.TrimSpace(rest)
			break
		}
	}
	for _, tail := range []string{"吧", "呢", "啊", "哦", "了"} {
		text = strings.TrimSuffix(text, tail)
	}
	if rest, ok := strings.CutPrefix(text, "第"); ok {
		text = rest
		for _, measure := range []string{"个", "项", "种", "条", "位", "行"} {
			text = strings.TrimSuffix(text, measure)
		}
	}
	n, ok := numeral(strings.Trim(text, " ()（）.、"))
	return n, ok && n >= 1 && n <= most
}

// circled are the runs of characters that each stand for a number, counted from 1.
var circled = []struct {
	first, last rune
}{
	{'①', '⑳'}, {'⑴', '⒇'}, {'⒈', '⒛'}, {'❶', '❿'}, {'➀', '➉'}, {'➊', '➓'}, {'㈠', '㈩'}, {'㊀', '㊉'},
}

// numeral reads digits, one circled number, or a Chinese numeral below 1000.
func numeral(s string) (int, bool) {
	if s == "" {
		return 0, false
	}
	if s[0] < utf8.RuneSelf {
		n, err := strconv.ParseUint(s, 10, 31)
		return int(n), err == nil
	}
	r, size := utf8.DecodeRuneInString(s)
	if size == len(s) {
		for _, c := range circled {
			if r >= c.first && r <= c.last {
				return int(r-c.first) + 1, true
			}
		}
	}
	return hanNumeral(s)
}

// hanDigit is the value of 〇 to 九, or -1.
func hanDigit(r rune) int {
	if r == '〇' || r == '○' {
		return 0
	}
	const digits, width = "零一二三四五六七八九", len("零")
	if at := strings.IndexRune(digits, r); at >= 0 {
		return at / width
	}
	return -1
}

// hanNumeral reads a Chinese numeral below 1000 as it is spoken: 三, 十二, 廿五, 一百零三, 一百二十. Digits in a row
// (二三) are no such number.
func hanNumeral(s string) (int, bool) {
	s = strings.Replace(strings.Replace(s, "廿", "二十", 1), "卅", "三十", 1)
	hundreds, rest, ok := strings.Cut(s, "百")
	if !ok {
		return below100(s, true)
	}
	h, ok := below100(hundreds, false)
	if !ok || h < 1 || h > 9 {
		return 0, false
	}
	if rest == "" {
		return 100 * h, true
	}
	if units, ok := strings.CutPrefix(rest, "零"); ok {
		n, ok := below100(units, false)
		return 100*h + n, ok && n >= 1 && n <= 9
	}
	n, ok := below100(rest, false)
	return 100*h + n, ok && n >= 10
}

// below100 reads 〇 to 九十九; 十 may lead only where bareTen allows it (十二, but 一百一十二).
func below100(s string, bareTen bool) (int, bool) {
	tens, units, ok := strings.Cut(s, "十")
	if !ok {
		return oneDigit(s)
	}
	t, u := 1, 0
	if tens != "" {
		if t, ok = oneDigit(tens); !ok || t == 0 {
			return 0, false
		}
	} else if !bareTen {
		return 0, false
	}
	if units != "" {
		if u, ok = oneDigit(units); !ok || u == 0 {
			return 0, false
		}
	}
	return 10*t + u, true
}

func oneDigit(s string) (int, bool) {
	r, size := utf8.DecodeRuneInString(s)
	n := hanDigit(r)
	return max(n, 0), n >= 0 && size == len(s)
}
