package roster

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// tidy is text without what cannot be seen: marks of direction and width, control characters, space at the ends;
// inner white space becomes one space. Full-width letters, digits and signs become half-width.
func tidy(s string) string {
	s = plain(strings.TrimFunc(s, isInvisible))
	if isPlainText(s) {
		return s
	}
	var b strings.Builder
	space := false
	for _, r := range foldASCII(s) {
		switch {
		case unicode.IsSpace(r) || r == '\u3000':
			space = true
			continue
		case isInvisible(r):
			continue
		}
		if space && b.Len() > 0 {
			b.WriteByte(' ')
		}
		space = false
		b.WriteRune(r)
	}
	return b.String()
}

// isPlainText reports text tidy leaves alone: CJK ideographs, ASCII letters, digits and brackets.
func isPlainText(s string) bool {
	for _, r := range s {
		if !(r > ' ' && r < 0x7f || r >= 0x4e00 && r <= 0x9fff) {
			return false
		}
	}
	return true
}

func isInvisible(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r)
}

// foldASCII turns the full-width forms of ASCII into ASCII and leaves everything else, brackets included, alone.
func foldASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '！' && r <= '～' && r != '（' && r != '）' {
			return r - '！' + '!'
		}
		return r
	}, s)
}

// separators are what people put between groups of digits.
var separators = strings.NewReplacer(" ", "", "-", "", "—", "", "–", "", "‐", "", "‑", "")

// digits is what a cell holding a number or text says in digits. A number may have any form that means an integer:
// 20160001, 20160001.0, 2.0160001E7. Text keeps its leading zeros.
func digits(s string, number bool) string {
	s = separators.Replace(s)
	if !number && !strings.ContainsAny(s, ".Ee") {
		return s
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil && f == math.Trunc(f) && math.Abs(f) < 1e15 && strings.ContainsAny(s, ".Ee") {
		return strconv.FormatFloat(f, 'f', 0, 64)
	}
	return s
}

var numberForm = regexp.MustCompile(`^[0-9]{8,12}$`)

// numberField checks a student or staff number: 8 to 12 digits.
func numberField(column, text string, number bool) (value, reason string) {
	s := tidy(text)
	if s == "" {
		return "", column + "为空。"
	}
	v := digits(s, number)
	if numberForm.MatchString(v) {
		return v, ""
	}
	hint := ""
	if number && len(v) < 8 && strings.Trim(v, "0123456789") == "" {
		hint = "如果它以 0 开头，请把这一列设为文本格式后重新填写。"
	}
	return "", fmt.Sprintf("%s“%s”应是 8 到 12 位数字。%s", column, oneLine(text, 30), hint)
}

// nameField checks a person's name: 2 to 30 letters, of any script, with middle dots or single spaces between parts.
func nameField(text string) (value, reason string) {
	s := tidy(text)
	if s == "" {
		return "", ColName + "为空。"
	}
	v := joinHan(strings.Map(func(r rune) rune {
		if strings.ContainsRune("•・‧∙⋅.．", r) {
			return '·'
		}
		return r
	}, s))
	n := utf8.RuneCountInString(v)
	for _, r := range v {
		if !unicode.IsLetter(r) && !unicode.Is(unicode.M, r) && !strings.ContainsRune("· '-〇", r) {
			return "", fmt.Sprintf("%s“%s”里有不属于姓名的字符“%c”。", ColName, oneLine(text, 30), r)
		}
	}
	if n < 2 || n > 30 {
		return "", fmt.Sprintf("%s“%s”应是 2 到 30 个字。", ColName, oneLine(text, 30))
	}
	return v, ""
}

// joinHan takes out spaces between Chinese characters: people align 张 三 with 李小四.
func joinHan(s string) string {
	if !strings.Contains(s, " ") {
		return s
	}
	rs := []rune(s)
	out := rs[:0:0]
	for i, r := range rs {
		if r == ' ' && i > 0 && i < len(rs)-1 && unicode.Is(unicode.Han, rs[i-1]) && unicode.Is(unicode.Han, rs[i+1]) {
			continue
		}
		out = append(out, r)
	}
	return string(out)
}

var wideBrackets = strings.NewReplacer("(", "（", ")", "）")

// maxOrgName is the longest name of an organisation, in characters.
const maxOrgName = 60

// orgField checks the name of an organisation and gives it the one spelling it is kept under: brackets full-width,
// everything else of ASCII half-width, no spaces beside Chinese characters.
func orgField(column, text string) (value, reason string) {
	s := tidy(text)
	if s == "" {
		return "", column + "为空。"
	}
	v := wideBrackets.Replace(strings.ReplaceAll(s, " ", ""))
	if latin := strings.IndexFunc(v, func(r rune) bool { return unicode.Is(unicode.Han, r) }) < 0; latin {
		v = s
	}
	if utf8.RuneCountInString(v) > maxOrgName {
		return "", fmt.Sprintf("%s“%s”超过 %d 个字。", column, oneLine(text, 30), maxOrgName)
	}
	if strings.IndexFunc(v, unicode.IsLetter) < 0 {
		return "", fmt.Sprintf("%s“%s”不是一个名称。", column, oneLine(text, 30))
	}
	return v, ""
}

var noBrackets = strings.NewReplacer("(", "", ")", "", "（", "", "）", "")

var phoneForm = regexp.MustCompile(`^1[3-9][0-9]{9}$`)

// phoneField checks a mainland mobile number; an empty cell is no fault.
func phoneField(text string, number bool) (value, reason string) {
	s := tidy(text)
	if s == "" {
		return "", ""
	}
	v := noBrackets.Replace(digits(s, number))
	for _, country := range []string{"+86", "0086", "86"} {
		if rest, ok := strings.CutPrefix(v, country); ok && len(rest) == 11 {
			v = rest
			break
		}
	}
	if phoneForm.MatchString(v) {
		return v, ""
	}
	return "", fmt.Sprintf("%s“%s”应是 11 位的大陆手机号，没有可以留空。", ColPhone, oneLine(text, 30))
}

// Plausible years of graduation, and the serial numbers spreadsheets keep the days of these years as.
const (
	firstYear = 1980
	lastYear  = 2100
)

var yearForm = regexp.MustCompile(`^(\d{4})(?:年|届|级毕业|年毕业|年度)?$`)

var dateForm = regexp.MustCompile(`^(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?|月)?)(?:[T ].*)?$`)

// yearField checks a year of graduation: 2020, 2020年, 2020届, or a date, of which the year counts. A cell with a date
// holds the number of the day.
func yearField(text string, number, date04 bool) (value int, reason string) {
	s := tidy(text)
	if s == "" {
		return 0, ColCohort + "为空。"
	}
	v := digitsOfYear(s, number)
	refused := fmt.Sprintf("%s“%s”应是四位年份。", ColCohort, oneLine(text, 30))
	if m := yearForm.FindStringSubmatch(v); m != nil {
		value = atoi(m[1])
	} else if m := dateForm.FindStringSubmatch(v); m != nil {
		if month := atoi(m[2]); month < 1 || month > 12 || atoi(m[3]) > 31 {
			return 0, refused
		}
		value = atoi(m[1])
	} else if day, err := strconv.ParseFloat(v, 64); err == nil && number {
		value = yearOfDay(day, date04)
	}
	if value < firstYear || value > lastYear {
		return 0, refused
	}
	return value, ""
}

// digitsOfYear keeps the dashes of dates, which digits would take out.
func digitsOfYear(s string, number bool) string {
	if number {
		return digits(s, true)
	}
	return strings.ReplaceAll(s, " ", "")
}

// yearOfDay is the year of a day as spreadsheets count: from 1899-12-30, or from 1904-01-01.
func yearOfDay(day float64, date04 bool) int {
	if day < 0 || day > 1e6 {
		return 0
	}
	from := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	if date04 {
		from = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return from.AddDate(0, 0, int(day)).Year()
}

// roleField reads the word of the column 角色.
func roleField(text string) (Role, string) {
	s := strings.ReplaceAll(tidy(text), " ", "")
	var names []string
	for _, n := range roleNames {
		if s == n.name {
			return n.role, ""
		}
		names = append(names, n.name)
	}
	if s == "" {
		return "", ColRole + "为空。"
	}
	return "", fmt.Sprintf("%s“%s”应是%s之一。", ColRole, oneLine(text, 30), strings.Join(names, "、"))
}

// politicalField keeps the words of the column 政治面貌 as they are; which words there are is not for this program to say.
func politicalField(text string) (value, reason string) {
	v := strings.ReplaceAll(width.Fold.String(tidy(text)), " ", "")
	if utf8.RuneCountInString(v) > 20 {
		return "", fmt.Sprintf("%s“%s”超过 20 个字。", ColPolitical, oneLine(text, 30))
	}
	return v, ""
}
