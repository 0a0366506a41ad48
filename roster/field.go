package roster

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"xianjie/understand"
)

// tidy is what a cell says: normalised as a message is, on one line, without the apostrophe that marks text, be it the
// one Neutral puts there or one that people type.
func tidy(s string) string {
	const marks = "'’‘"
	if s = strings.TrimLeft(s, marks); isPlainText(s) {
		return s
	}
	return strings.TrimLeft(strings.Join(strings.Fields(understand.Normalize(s)), " "), marks+" ")
}

// joined is tidy text without spaces. It is normalised again, for a mark may now stand behind a letter.
func joined(s string) string {
	if !strings.Contains(s, " ") {
		return s
	}
	return understand.Normalize(strings.ReplaceAll(s, " ", ""))
}

// isPlainText reports text tidy leaves alone, as nearly every cell is: Chinese characters and visible ASCII.
func isPlainText(s string) bool {
	for _, r := range s {
		if !(r > ' ' && r < 0x7f || r >= 0x4e00 && r <= 0x9fff) {
			return false
		}
	}
	return true
}

// wholeForm is a number as cells hold it: 20160001, 20160001.0, 2.0160001E7.
var wholeForm = regexp.MustCompile(`^([0-9]+)(?:\.([0-9]*))?(?:[eE]\+?([0-9]{1,2}))?$`)

// whole writes a number that is a whole one in digits and leaves everything else alone. number tells a number of the
// sheet, which is exact, from text: text such as 2.016E+11 has lost its last digits and is left alone.
func whole(s string, number bool) string {
	m := wholeForm.FindStringSubmatch(s)
	if m == nil {
		return s
	}
	units, rest, exponent := m[1], m[2], atoi(m[3])
	if m[3] != "" {
		units = strings.TrimLeft(units, "0")
	}
	switch missing := exponent - len(rest); {
	case missing > 0 && !number, missing > 15:
		return s
	case missing > 0:
		return units + rest + strings.Repeat("0", missing)
	case strings.Trim(rest[exponent:], "0") != "":
		return s
	}
	return units + rest[:exponent]
}

// staffForm is a staff number that is shorter than student numbers are.
var staffForm = regexp.MustCompile(`^[0-9]{4,7}$`)

// numberField checks a student number, 8 to 12 digits. In the column of officers a staff number may have as few as 4.
func numberField(column, text string, number bool) (value, reason string) {
	s := whole(tidy(text), number)
	if s == "" {
		return "", column + "为空。"
	}
	if no, err := understand.StudentNo(s); err == nil {
		return no, ""
	}
	fewest := 8
	if column == ColOfficerNo {
		if staffForm.MatchString(s) {
			return s, ""
		}
		fewest = 4
	}
	hint := ""
	switch {
	case number && staffForm.MatchString(s):
		hint = "如果它以 0 开头，请把这一列设为文本格式后重新填写。"
	case !number && wholeForm.MatchString(s) && strings.ContainsAny(s, "eE"):
		hint = "它被写成了科学计数法，末尾的数字已丢失，请把这一列设为文本格式后重新填写。"
	}
	return "", fmt.Sprintf("%s“%s”应是 %d 到 12 位数字。%s", column, oneLine(text, 30), fewest, hint)
}

// The lengths of names, in characters: those with which a person can be recognised in a chat (understand.StudentAndName).
const (
	shortestName = 2
	longestHan   = 20
	longestLatin = 60
)

// nameField checks a person's name: Chinese characters with middle dots (艾力·买买提), or Latin words.
func nameField(text string) (value, reason string) {
	v := tidy(text)
	if v == "" {
		return "", ColName + "为空。"
	}
	marks, longest := " .'’-", longestLatin
	if hasHan(v) {
		v = hanDots.Replace(joined(v)) // people align 张 三 with 李小四
		marks, longest = "·〇", longestHan
	}
	for _, r := range v {
		if !unicode.IsLetter(r) && !unicode.Is(unicode.M, r) && !strings.ContainsRune(marks, r) {
			return "", fmt.Sprintf("%s“%s”里有不属于姓名的字符“%c”。", ColName, oneLine(text, 30), r)
		}
	}
	if n := utf8.RuneCountInString(v); n < shortestName || n > longest {
		return "", fmt.Sprintf("%s“%s”应是 %d 到 %d 个字。", ColName, oneLine(text, 30), shortestName, longest)
	}
	return v, ""
}

func hasHan(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) }) >= 0
}

// hanDots are the dots people put between the parts of a Chinese name; the middle dot is the right one.
var hanDots = strings.NewReplacer("•", "·", "・", "·", "‧", "·", "∙", "·", "⋅", "·", "･", "·", ".", "·")

// wideMarks are the marks that have their full width in Chinese text.
var wideMarks = strings.NewReplacer("(", "（", ")", "）", ",", "，", ":", "：", ";", "；")

// maxOrgName is the longest name of an organisation, in characters.
const maxOrgName = 60

// orgField checks the name of an organisation and gives it the one spelling it is kept under. In a Chinese name marks
// are full-width, everything else of ASCII half-width, and there are no spaces.
func orgField(column, text string) (value, reason string) {
	v := tidy(text)
	if v == "" {
		return "", column + "为空。"
	}
	if hasHan(v) {
		v = wideMarks.Replace(joined(v))
	}
	if utf8.RuneCountInString(v) > maxOrgName {
		return "", fmt.Sprintf("%s“%s”超过 %d 个字。", column, oneLine(text, 30), maxOrgName)
	}
	if strings.IndexFunc(v, unicode.IsLetter) < 0 {
		return "", fmt.Sprintf("%s“%s”不是一个名称。", column, oneLine(text, 30))
	}
	return v, ""
}

// phoneMarks are the brackets and dots people write into telephone numbers.
var phoneMarks = strings.NewReplacer("(", "", ")", "", "（", "", "）", "", "·", "")

// phoneField checks a mainland mobile number; an empty cell is no fault.
func phoneField(text string, number bool) (value, reason string) {
	s := tidy(text)
	if s == "" {
		return "", ""
	}
	no, err := understand.Phone(phoneMarks.Replace(whole(s, number)))
	if err != nil {
		return "", fmt.Sprintf("%s“%s”应是 11 位的大陆手机号，没有可以留空。", ColPhone, oneLine(text, 30))
	}
	return no, ""
}

// Plausible years of graduation.
const (
	firstYear = 1980
	lastYear  = 2100
)

var yearForm = regexp.MustCompile(`^(\d{4})(?:年|届|级毕业|年毕业|年度)?$`)

var dateForm = regexp.MustCompile(`^(\d{4})[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?|月)?$`)

var timeOfDay = regexp.MustCompile(`[T ]\d{1,2}:\d{2}.*$`)

// yearField checks a year of graduation: 2020, 2020年, 2020届, or a date, of which the year counts. A cell with a date
// holds the number of the day.
func yearField(text string, number, date04 bool) (value int, reason string) {
	s := tidy(text)
	if s == "" {
		return 0, ColCohort + "为空。"
	}
	v := whole(joined(timeOfDay.ReplaceAllString(s, "")), number)
	if m := yearForm.FindStringSubmatch(v); m != nil {
		value = atoi(m[1])
	} else if m := dateForm.FindStringSubmatch(v); m != nil {
		if month, day := atoi(m[2]), atoi(m[3]); month >= 1 && month <= 12 && day <= 31 {
			value = atoi(m[1])
		}
	} else if day, err := strconv.ParseFloat(v, 64); err == nil && number {
		value = yearOfDay(day, date04)
	}
	if value < firstYear || value > lastYear {
		return 0, fmt.Sprintf("%s“%s”应是四位年份。", ColCohort, oneLine(text, 30))
	}
	return value, ""
}

// yearOfDay is the year of a day as spreadsheets count. 0 is none of this age.
func yearOfDay(day float64, date04 bool) int {
	if d := dayNumbered(day, date04); !d.IsZero() {
		return d.Year()
	}
	return 0
}

// dayNumbered is a day as spreadsheets count: from 1899-12-30, or from 1904-01-01. Zero is none of this age.
func dayNumbered(day float64, date04 bool) time.Time {
	if !(day >= 0 && day <= 1e6) {
		return time.Time{}
	}
	from := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	if date04 {
		from = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return from.AddDate(0, 0, int(day))
}

// roleField reads the word of the column 角色.
func roleField(text string) (Role, string) {
	s := joined(tidy(text))
	if s == "" {
		return "", ColRole + "为空。"
	}
	var names []string
	for _, n := range roleNames {
		if s == n.name {
			return n.role, ""
		}
		names = append(names, n.name)
	}
	return "", fmt.Sprintf("%s“%s”应是%s之一。", ColRole, oneLine(text, 30), strings.Join(names, "、"))
}

// politicalField keeps the words of the column 政治面貌 as they are; which words there are is not for this program to say.
func politicalField(text string) (value, reason string) {
	v := wideMarks.Replace(joined(tidy(text)))
	if utf8.RuneCountInString(v) > 20 {
		return "", fmt.Sprintf("%s“%s”超过 20 个字。", ColPolitical, oneLine(text, 30))
	}
	return v, ""
}
