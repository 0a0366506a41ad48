package understand

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"xianjie/season"
)

// Date reads the one day a message names, within the inclusive range from–to of the question: 2020-09-01, 2020/9/1,
// 2020.9.1, 20200901, 2020年9月1日, 9月1号, 9.1, 九月一日, 二〇二〇年九月一日, alone or in a sentence (大概9月1日左右).
//
// Without a year it is the first such day on or after from that lies in the range; where the range is long enough to
// hold a second one, the read-back of the answer lets the writer correct it. A word such as 明年 hangs on the day of
// writing, which is not known here: it is read only where the day fits the range in one year alone.
//
// Refused with ReasonNotADate, ReasonNoDay (9月, 月底, 9月初, 3号, 9月1日之前), ReasonNoSuchDate, ReasonOutOfRange, or
// ReasonSeveral when different days or a period are named.
func Date(s string, from, to season.Date) (season.Date, error) {
	text := Normalize(s)
	d, fault := readDay(text)
	if fault != "" {
		return season.Date{}, refuse(fault, text)
	}
	if d.year == 0 {
		if d.year, fault = yearOf(d, from, to, yearWord.MatchString(text)); fault != "" {
			return season.Date{}, refuse(fault, text)
		}
	}
	date := d.date()
	switch {
	case !d.exists():
		return season.Date{}, refuse(ReasonNoSuchDate, text)
	case date.Before(from) || date.After(to):
		return season.Date{}, refuse(ReasonOutOfRange, text)
	}
	return date, nil
}

// day is a day as written; year 0 means none was named.
type day struct{ year, month, day int }

func (d day) date() season.Date {
	return season.Date{Year: d.year, Month: time.Month(d.month), Day: d.day}
}

func (d day) exists() bool {
	if d.month < 1 || d.month > 12 || d.day < 1 {
		return false
	}
	return d.day <= time.Date(d.year, time.Month(d.month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// yearOf is the year in which a day first lies in the range.
func yearOf(d day, from, to season.Date, needsOnlyOne bool) (year int, fault string) {
	const leap = 8 // years after which every day of the calendar has come round
	if leapYear := (day{2000, d.month, d.day}); !leapYear.exists() {
		return 0, ReasonNoSuchDate
	}
	fits := 0
	for y := from.Year; y <= min(to.Year, from.Year+leap); y++ {
		at := day{y, d.month, d.day}
		if !at.exists() || at.date().Before(from) || at.date().After(to) {
			continue
		}
		if fits++; fits == 1 {
			year = y
		}
	}
	switch {
	case fits == 0:
		return 0, ReasonOutOfRange
	case fits > 1 && needsOnlyOne:
		return 0, ReasonNotADate
	}
	return year, ""
}

const hanDigits = "〇零○一二三四五六七八九"

var (
	yearWord = regexp.MustCompile(`今年|明年|后年|去年|前年|本年|当年`)

	// 2020年9月1日 in digits or characters; the year, and 日 after digits, may be missing.
	inWords = regexp.MustCompile(`(?:(\d{4}) ?[年./-] ?|(\d{2}|[` + hanDigits + `]{4}) ?年 ?)?` +
		`(\d{1,2}|[` + hanDigits + `十]{1,3}) ?月份? ?(?:(\d{1,2}) ?[日号號]?|([` + hanDigits + `十廿卅]{1,4}) ?(?:[日号號]|$))`)

	// 2020年9.1, 2020-9-1, 9/1, 20200901 and whatever else is chained like them.
	inDigits = regexp.MustCompile(`(?:(\d{4}) ?年 ?)?\d+(?: ?[-/.] ?\d+)*`)

	// 10–15日, 9月1日到3日: what is left over names another day.
	moreDays = regexp.MustCompile(`[\d` + hanDigits + `十] ?[日号號月]|\n ?[-~～至到] ?\d`)

	partOfDate = regexp.MustCompile(`(?:^|[^\p{Han}\d]|[年在于到是约概计定能该为] ?)(?:[` + hanDigits + `十]{1,3}|\d{1,2}) ?月|\d ?月` +
		`|月(?:初|底|末|中)|[上中下]旬|下个?月|本月|这个月|(?:^|\D)\d{4} ?年|^\d{4} ?[-/.] ?\d{1,2}$` +
		`|(?:^|\D)\d{1,2} ?[日号號](?:$|[^楼线院门])`)

	// 之前, 以后: a bound and no day; 前后 is about that day.
	bound = regexp.MustCompile(`^ ?(?:之前|以前|之后|以后|前(?:$|[^后])|后(?:$|\P{Han}))`)
)

var dashes = strings.NewReplacer("‐", "-", "‑", "-", "‒", "-", "–", "-", "—", "-", "―", "-", "−", "-", "。", ".")

// readDay finds the one day named in a normalised message.
func readDay(text string) (d day, fault string) {
	text = dashes.Replace(text)
	found := false
	take := func(at day, rest string) string {
		switch {
		case bound.MatchString(rest):
			return ReasonNoDay
		case found && (at.month != d.month || at.day != d.day || at.year != 0 && d.year != 0 && at.year != d.year):
			return ReasonSeveral
		}
		found = true
		d = day{max(d.year, at.year), at.month, at.day}
		return ""
	}

	var left strings.Builder // the message without the days found
	last := 0
	for _, m := range inWords.FindAllStringSubmatchIndex(text, -1) {
		at, ok := wordsDay(text, m)
		if !ok {
			continue
		}
		if negated(text[:m[0]]) {
			return day{}, ReasonNotADate
		}
		if fault := take(at, text[m[1]:]); fault != "" {
			return day{}, fault
		}
		left.WriteString(text[last:m[0]] + "\n")
		last = m[1]
	}
	rest := left.String() + text[last:]

	left.Reset()
	last = 0
	for _, m := range inDigits.FindAllStringSubmatchIndex(rest, -1) {
		at, ok, several := chainDay(rest, m)
		if several {
			return day{}, ReasonSeveral
		}
		if !ok {
			continue
		}
		if negated(rest[:m[0]]) {
			return day{}, ReasonNotADate
		}
		end := m[1]
		if r, size := utf8.DecodeRuneInString(rest[end:]); strings.ContainsRune("日号號", r) && size > 0 {
			end += size
		}
		if fault := take(at, rest[end:]); fault != "" {
			return day{}, fault
		}
		left.WriteString(rest[last:m[0]] + "\n")
		last = end
	}
	rest = left.String() + rest[last:]

	switch {
	case found && moreDays.MatchString(rest):
		return day{}, ReasonSeveral
	case found:
		return d, ""
	case partOfDate.MatchString(text):
		return day{}, ReasonNoDay
	}
	return day{}, ReasonNotADate
}

// negated reports that the words before a day say it is not that day.
func negated(before string) bool {
	return strings.HasSuffix(before, "不是") || strings.HasSuffix(before, "不在") || strings.HasSuffix(before, "并非")
}

// wordsDay is the day of a match of inWords. A numeral that is cut out of a longer one is no day.
func wordsDay(text string, m []int) (day, bool) {
	if m[0] > 0 && isDigit(rune(text[m[0]-1])) && isDigit(rune(text[m[0]])) {
		return day{}, false
	}
	group := func(i int) string {
		if m[2*i] < 0 {
			return ""
		}
		return text[m[2*i]:m[2*i+1]]
	}
	month, ok := numeral(group(3))
	if !ok {
		return day{}, false
	}
	dayOf, ok := numeral(group(4) + group(5))
	if !ok {
		return day{}, false
	}
	return day{yearNumber(group(1) + group(2)), month, dayOf}, m[1] == len(text) || !isDigit(rune(text[m[1]]))
}

// yearNumber reads 2020, 20 (of this century) and 二〇二〇.
func yearNumber(s string) int {
	n := 0
	for _, r := range s {
		v := hanDigit(r)
		if isDigit(r) {
			v = int(r - '0')
		}
		n = 10*n + v
	}
	if len(s) == 2 {
		n += 2000
	}
	return n
}

// chainDay is the day of a match of inDigits; several tells that the chain is a period (9.1-9.5).
func chainDay(text string, m []int) (d day, ok, several bool) {
	chain := text[m[0]:m[1]]
	if m[2] >= 0 {
		d.year = yearNumber(text[m[2]:m[3]])
		_, chain, _ = strings.Cut(chain, "年")
	}
	if strings.Contains(text[m[1]:min(len(text), m[1]+1)], ":") {
		return day{}, false, false // 9-10:30
	}
	parts := strings.FieldsFunc(chain, func(r rune) bool { return strings.ContainsRune(" -/.", r) })
	n := make([]int, len(parts))
	for i, p := range parts {
		var err error
		if n[i], err = strconv.Atoi(p); err != nil {
			return day{}, false, false
		}
	}
	separators := strings.Map(func(r rune) rune {
		if strings.ContainsRune("-/.", r) {
			return r
		}
		return -1
	}, chain)
	switch {
	case len(parts) == 1 && len(chain) == 8:
		d = day{n[0] / 10000, n[0] / 100 % 100, n[0] % 100}
		return d, d.month >= 1 && d.month <= 12 && d.day >= 1 && d.day <= 31, false
	case len(parts) == 2 && len(parts[0]) <= 2 && len(parts[1]) <= 2:
		return day{d.year, n[0], n[1]}, true, false
	case len(parts) == 3 && d.year == 0 && len(parts[0]) == 4 && len(parts[1]) <= 2 && len(parts[2]) <= 2 && separators[0] == separators[1]:
		return day{n[0], n[1], n[2]}, true, false
	}
	return day{}, false, len(parts) == 4 && separators[0] == separators[2] && separators[0] != separators[1]
}
