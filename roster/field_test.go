package roster

import (
	"strings"
	"testing"
)

// cellCase is one cell: what it holds, and the value or a part of the reason that must come of it.
type cellCase struct {
	name   string
	text   string
	number bool
	value  string
	reason string
}

func checkCells(t *testing.T, field func(text string, number bool) (string, string), cases []cellCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			value, reason := field(c.text, c.number)
			if value != c.value {
				t.Errorf("%q is read as %q, want %q", c.text, value, c.value)
			}
			if (reason == "") != (c.reason == "") || !strings.Contains(reason, c.reason) {
				t.Errorf("%q is refused with %q, want %q", c.text, reason, c.reason)
			}
		})
	}
}

func TestStudentNumbers(t *testing.T) {
	checkCells(t, func(s string, n bool) (string, string) { return numberField(ColNo, s, n) }, []cellCase{
		{name: "text", text: "20160001", value: "20160001"},
		{name: "number", text: "20160001", number: true, value: "20160001"},
		{name: "number with a point", text: "20160001.0", number: true, value: "20160001"},
		{name: "number in scientific notation", text: "2.0160001E7", number: true, value: "20160001"},
		{name: "number ending in zeros in scientific notation", text: "2.016E+11", number: true, value: "201600000000"},
		{name: "text in scientific notation with all digits", text: "2.0160001E+7", value: "20160001"},
		{name: "text in scientific notation that lost digits", text: "2.016E+11", reason: "科学计数法"},
		{name: "leading zeros in text", text: "00160001", value: "00160001"},
		{name: "leading zeros before a point", text: "00160001.0", value: "00160001"},
		{name: "leading zeros lost in a number", text: "160001", number: true, reason: "以 0 开头"},
		{name: "apostrophe", text: "'20160001", value: "20160001"},
		{name: "apostrophe behind a space", text: " '20160001", value: "20160001"},
		{name: "full-width digits", text: "２０１６０００１", value: "20160001"},
		{name: "spaces and dashes", text: " 2016-0001 ", value: "20160001"},
		{name: "zero-width and no-break space", text: "\u200b20160001\u00a0", value: "20160001"},
		{name: "twelve digits", text: "201600010001", value: "201600010001"},
		{name: "thirteen digits", text: "2016000100012", reason: "8 到 12 位"},
		{name: "seven digits", text: "2016001", reason: "8 到 12 位"},
		{name: "fraction", text: "20160001.5", number: true, reason: "8 到 12 位"},
		{name: "negative", text: "-20160001", number: true, reason: "8 到 12 位"},
		{name: "letters", text: "2016000A", reason: "8 到 12 位"},
		{name: "enormous exponent", text: "1E99", number: true, reason: "8 到 12 位"},
		{name: "empty", text: " \u3000", reason: "为空"},
	})
}

func TestOfficerNumbers(t *testing.T) {
	checkCells(t, func(s string, n bool) (string, string) { return numberField(ColOfficerNo, s, n) }, []cellCase{
		{name: "student number", text: "20160001", value: "20160001"},
		{name: "staff number", text: "90001", value: "90001"},
		{name: "staff number as a number", text: "90001.0", number: true, value: "90001"},
		{name: "three digits", text: "901", reason: "4 到 12 位"},
		{name: "negative", text: "-90001", reason: "4 到 12 位"},
	})
}

func TestNames(t *testing.T) {
	checkCells(t, func(s string, _ bool) (string, string) { return nameField(s) }, []cellCase{
		{name: "plain", text: "张三", value: "张三"},
		{name: "aligned with a space", text: "张　三", value: "张三"},
		{name: "line break", text: "张\n三", value: "张三"},
		{name: "middle dot of another kind", text: "艾力•买买提", value: "艾力·买买提"},
		{name: "full stop for a dot, spaces around", text: "艾力 . 买买提", value: "艾力·买买提"},
		{name: "rare character", text: "𠮷野", value: "𠮷野"},
		{name: "zero as a character", text: "李〇", value: "李〇"},
		{name: "Latin", text: "Anna-Maria J.  O'Neil", value: "Anna-Maria J. O'Neil"},
		{name: "twenty characters", text: strings.Repeat("阿", 20), value: strings.Repeat("阿", 20)},
		{name: "twenty-one characters", text: strings.Repeat("阿", 21), reason: "2 到 20 个字"},
		{name: "one character", text: "张", reason: "2 到 20 个字"},
		{name: "sixty-one letters", text: strings.Repeat("a", 61), reason: "2 到 60 个字"},
		{name: "digits", text: "张三2", reason: "字符“2”"},
		{name: "formula", text: "=HYPERLINK(\"x\")", reason: "字符“=”"},
		{name: "markup", text: "<b>张三</b>", reason: "字符“<”"},
		{name: "emoji", text: "张三😀", reason: "字符“😀”"},
		{name: "empty", text: "'", reason: "为空"},
	})
}

func TestOrganisations(t *testing.T) {
	checkCells(t, func(s string, _ bool) (string, string) { return orgField(ColBranch, s) }, []cellCase{
		{name: "plain", text: "机械1班团支部", value: "机械1班团支部"},
		{name: "half-width brackets", text: "计算机(卓越)1班", value: "计算机（卓越）1班"},
		{name: "full-width digits and spaces", text: " 机械　１班 ", value: "机械1班"},
		{name: "full-width colon", text: "机械：1班", value: "机械：1班"},
		{name: "half-width colon", text: "机械:1班", value: "机械：1班"},
		{name: "Latin keeps its spaces", text: "MBA  Class (1)", value: "MBA Class (1)"},
		{name: "sixty characters", text: strings.Repeat("班", 60), value: strings.Repeat("班", 60)},
		{name: "sixty-one characters", text: strings.Repeat("班", 61), reason: "超过 60"},
		{name: "digits only", text: "12", reason: "不是一个名称"},
		{name: "empty", text: "", reason: "为空"},
	})
}

func TestPhones(t *testing.T) {
	checkCells(t, phoneField, []cellCase{
		{name: "plain", text: "15400000001", value: "15400000001"},
		{name: "number", text: "1.5400000001E10", number: true, value: "15400000001"},
		{name: "country and dashes", text: "+86 154-0000-0001", value: "15400000001"},
		{name: "country in brackets", text: "（+86）15400000001", value: "15400000001"},
		{name: "country with zeros", text: "008615400000001", value: "15400000001"},
		{name: "none", text: "  "},
		{name: "land line", text: "023-65100000", reason: "11 位"},
		{name: "two numbers", text: "15400000001/15400000002", reason: "11 位"},
		{name: "lost digits", text: "1.54E+10", reason: "11 位"},
		{name: "word", text: "无", reason: "11 位"},
	})
}

func TestYears(t *testing.T) {
	for _, c := range []struct {
		name   string
		text   string
		number bool
		date04 bool
		value  int
	}{
		{"text", "2020", false, false, 2020},
		{"number", "2020", true, false, 2020},
		{"number with a point", "2020.0", true, false, 2020},
		{"full-width with its word", "２０２０ 年", false, false, 2020},
		{"of the year", "2020届", false, false, 2020},
		{"day in text", "2020-06-30", false, false, 2020},
		{"day in Chinese", "2020年6月30日", false, false, 2020},
		{"month in text", "2020.6", false, false, 2020},
		{"month as a number", "2020.06", true, false, 2020},
		{"time", "2020-06-30T00:00:00", false, false, 2020},
		{"time behind a space", "2020/6/30 00:00", false, false, 2020},
		{"cell with a date", "44012", true, false, 2020},
		{"cell with a date and a time", "44012.5", true, false, 2020},
		{"cell with a date from 1904", "42550", true, true, 2020},
		{"text that looks like a cell with a date", "44012", false, false, 0},
		{"two digits", "20", true, false, 0},
		{"of two digits", "20届", false, false, 0},
		{"month that is none", "2020-13-01", false, false, 0},
		{"out of range", "1900", true, false, 0},
		{"enormous", "1e300", true, false, 0},
		{"not a number", "NaN", true, false, 0},
		{"word", "二〇二〇", false, false, 0},
		{"empty", "", false, false, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			value, reason := yearField(c.text, c.number, c.date04)
			if value != c.value || (reason == "") != (c.value != 0) {
				t.Errorf("%q is %d (%s), want %d", c.text, value, reason, c.value)
			}
		})
	}
}

func TestRolesAndPolitical(t *testing.T) {
	checkCells(t, func(s string, _ bool) (string, string) { r, reason := roleField(s); return string(r), reason }, []cellCase{
		{name: "branch", text: "团支书", value: "branch"},
		{name: "college with spaces", text: " 学院 团委书记", value: "college"},
		{name: "committee", text: "校团委", value: "committee"},
		{name: "another", text: "班长", reason: "团支书、学院团委书记、校团委之一"},
		{name: "no role", text: "", reason: "为空"},
	})
	checkCells(t, func(s string, _ bool) (string, string) { return politicalField(s) }, []cellCase{
		{name: "member", text: "共青团员 ", value: "共青团员"},
		{name: "brackets", text: "中共党员(预备)", value: "中共党员（预备）"},
		{name: "no word", text: ""},
		{name: "story", text: strings.Repeat("团", 21), reason: "超过 20"},
	})
}
