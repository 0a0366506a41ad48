package understand

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"xianjie/season"
)

// PersonName reads the one name that an answer gives, after a label (姓名：, 我叫) or without: a Han name of 2 to 4
// characters, or longer with the middle dots of minority names, or a Latin one of at least two letters. Spaces within a
// Han name and the kind of dot are put right; anything else is refused with ReasonNoName, two names with ReasonSeveral.
func PersonName(s string) (string, error) {
	text := Normalize(s)
	if pair, err := StudentAndName(text); err == nil && isName(pair.Name) {
		return pair.Name, nil // the number came along
	}
	name := Name(unlabelled(text, "我的名字", "姓名", "名字", "我叫做", "我叫", "叫做", "叫", "name", "i am", "i'm", "my name is", "是"))
	if i := strings.IndexAny(name, "、，,;；/"); i > 0 {
		return "", refuse(ReasonSeveral, text)
	}
	if !isName(name) {
		return "", refuse(ReasonNoName, text)
	}
	return name, nil
}

const (
	// inNoName are characters of sentences that names do not have.
	inNoName = "不没的是吗呢了么吧啊呀嘛您你我他她它们什怎哪这那谁几在有和跟找问请叫咱俺喂嗯哦哈"
	// Characters and words of units, places and courtesies.
	noName = "大学|学院|学校|公司|专业|支部|团委|同学|老师|学号|电话|手机|谢谢|收到|知道|好的|可以|确认|取消|修改|帮助|状态|人工|姓名|匿名|保密|测试|暂无|先生|女士"
)

func isName(name string) bool {
	if strings.IndexFunc(name, isHan) < 0 {
		letters, words := 0, strings.Fields(name)
		for _, r := range name {
			switch {
			case unicode.IsLetter(r):
				letters++
			case r != ' ' && r != '-' && r != '\'' && r != '.' && r != '·':
				return false
			}
		}
		first, _ := utf8.DecodeRuneInString(name)
		return letters >= 2 && letters <= longestLatin && (len(words) > 1 || unicode.IsUpper(first)) && len(words) <= 5
	}
	n, dots := 0, 0
	for _, r := range name {
		switch {
		case r == '·':
			dots++
		case !isHan(r) || strings.ContainsRune(inNoName, r):
			return false
		default:
			n++
		}
	}
	for word := range strings.SplitSeq(noName, "|") {
		if strings.Contains(name, word) {
			return false
		}
	}
	const mostHan = 4
	if dots > 0 {
		return n >= 2 && n <= longestName && !strings.HasPrefix(name, "·") && !strings.HasSuffix(name, "·") && !strings.Contains(name, "··")
	}
	return n >= 2 && n <= mostHan
}

// DateOrMonth reads a day as Date does, written 2006-01-02, or a month alone, written 2006-01 (二〇二〇年七月, 下个月, 7月底).
// today is the day of writing, on which 今天, 明天 and 下个月 hang; without it (zero) they are refused as no date.
func DateOrMonth(s string, from, to, today season.Date) (string, error) {
	text := Normalize(s)
	if !today.IsZero() {
		text = fromToday(text, today)
	}
	d, err := Date(text, from, to)
	var refused *Refused
	if err == nil || !errors.As(err, &refused) {
		return d.String(), err
	}
	if refused.Reason != ReasonNoDay {
		return "", refuse(refused.Reason, Normalize(s))
	}
	month, fault := theMonth(text, from, to)
	if fault != "" {
		return "", refuse(fault, Normalize(s))
	}
	return month, nil
}

var (
	wholeMonth = regexp.MustCompile(`(?:(\d{4}|[` + hanDigits + `]{4}|\d{2}) ?[年./-] ?)?(\d{1,2}|[` + hanDigits + `十]{1,3}) ?月?(?:份|初|底|末|中旬?|上旬|下旬)?`)
	boundary   = regexp.MustCompile(`之前|以前|之后|以后|前$|后$|到|至|~|～`)
)

// theMonth is the one month a message names, within the range.
func theMonth(text string, from, to season.Date) (month, fault string) {
	if boundary.MatchString(text) || !strings.Contains(text, "月") && !isoMonth.MatchString(text) {
		return "", ReasonNoDay
	}
	found := ""
	for _, m := range wholeMonth.FindAllStringSubmatch(text, -1) {
		if !strings.Contains(m[0], "月") && !isoMonth.MatchString(text) {
			continue
		}
		n, ok := numeral(m[2])
		if !ok || n < 1 || n > 12 {
			return "", ReasonNoSuchDate
		}
		year := 0
		if m[1] != "" {
			year = yearNumber(m[1])
		}
		at, ok := monthIn(year, n, from, to)
		if !ok {
			return "", ReasonOutOfRange
		}
		if found != "" && found != at {
			return "", ReasonSeveral
		}
		found = at
	}
	if found == "" {
		return "", ReasonNoDay
	}
	return found, ""
}

var isoMonth = regexp.MustCompile(`^\d{4} ?[-/.] ?\d{1,2}$`)

// monthIn is a month that lies in the range at least in part; year 0 is the first year in which it does.
func monthIn(year, month int, from, to season.Date) (string, bool) {
	for y := from.Year; y <= to.Year; y++ {
		first := season.Date{Year: y, Month: time.Month(month), Day: 1}
		if year != 0 && y != year || first.AddMonths(1).AddDays(-1).Before(from) || first.After(to) {
			continue
		}
		return fmt.Sprintf("%04d-%02d", y, month), true
	}
	return "", false
}

var (
	relativeMonth = regexp.MustCompile(`(下下个?|下个?|这个?|本|当)月(?:的)?`)
	relativeDay   = regexp.MustCompile(`大后天|后天|明天|明日|今天|今日`)
	relativeYear  = regexp.MustCompile(`今年|本年|明年|后年`)
)

// fromToday writes out what hangs on the day of writing.
func fromToday(text string, today season.Date) string {
	text = relativeDay.ReplaceAllStringFunc(text, func(w string) string {
		days := map[string]int{"大后天": 3, "后天": 2, "明天": 1, "明日": 1}[w]
		return today.AddDays(days).String()
	})
	text = relativeMonth.ReplaceAllStringFunc(text, func(w string) string {
		months := 0
		switch {
		case strings.HasPrefix(w, "下下"):
			months = 2
		case strings.HasPrefix(w, "下"):
			months = 1
		}
		first := season.Date{Year: today.Year, Month: today.Month, Day: 1}.AddMonths(months)
		return fmt.Sprintf("%d年%d月", first.Year, int(first.Month))
	})
	return relativeYear.ReplaceAllStringFunc(text, func(w string) string {
		return strconv.Itoa(today.Year+map[string]int{"明年": 1, "后年": 2}[w]) + "年"
	})
}
