package understand

import (
	"testing"
	"time"

	"xianjie/season"
)

// The range of a question: nineteen months, so that some days lie in it twice.
var (
	from = season.Date{Year: 2020, Month: time.June, Day: 1}
	to   = season.Date{Year: 2021, Month: time.December, Day: 31}
)

func TestDate(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"ISO", "2020-09-01", "2020-09-01"},
		{"slashes", "2020/9/1", "2020-09-01"},
		{"dots", "2020.9.1", "2020-09-01"},
		{"eight digits", "20200901", "2020-09-01"},
		{"full width", "２０２０－９－１", "2020-09-01"},
		{"long dashes", "2020–9–1", "2020-09-01"},
		{"month and day", "9月1日", "2020-09-01"},
		{"号", "9月1号", "2020-09-01"},
		{"spaces", "9 月 1 日", "2020-09-01"},
		{"without 日", "9月1", "2020-09-01"},
		{"without 日, in a sentence", "9月10到岗", "2020-09-10"},
		{"dotted", "9.1", "2020-09-01"},
		{"Chinese full stop for the dot", "9。1", "2020-09-01"},
		{"slash", "9/1", "2020-09-01"},
		{"dash", "9-1", "2020-09-01"},
		{"dash and 号", "9-1号", "2020-09-01"},
		{"leading zeros", "09月01日", "2020-09-01"},
		{"characters", "九月一日", "2020-09-01"},
		{"characters with the year", "二〇二〇年九月一日", "2020-09-01"},
		{"zero for the circle", "二零二零年十二月三十一日", "2020-12-31"},
		{"twenty-five", "十月廿五号", "2020-10-25"},
		{"digits and characters", "10月十五日", "2020-10-15"},
		{"year and month-day", "2020年9月1日", "2020-09-01"},
		{"short year", "20年9月1日", "2020-09-01"},
		{"year and dotted day", "2020年9.1", "2020-09-01"},
		{"year with a dash", "2020-9月1日", "2020-09-01"},
		{"second year named", "2021年9月1日", "2021-09-01"},
		{"only the second year fits", "3月1日", "2021-03-01"},
		{"first day of the range", "6月1日", "2020-06-01"},
		{"day before the range, a year later", "5月31日", "2021-05-31"},
		{"last day of the range", "2021-12-31", "2021-12-31"},
		{"about", "大概9月1日吧", "2020-09-01"},
		{"or so", "9月1日左右", "2020-09-01"},
		{"around", "9月1日前后", "2020-09-01"},
		{"with the weekday", "2020年09月01日（星期二）", "2020-09-01"},
		{"with the time", "2020年9月1日上午9:00", "2020-09-01"},
		{"ISO with the time", "2020-09-01T08:30:00", "2020-09-01"},
		{"said twice", "9月1日，即2020-09-01", "2020-09-01"},
		{"next year fits once", "明年3月1日", "2021-03-01"},
		{"emoji", "📅9月1日👌", "2020-09-01"},

		{"next year fits twice", "明年9月1日", ReasonNotADate},
		{"denied", "不是9月1日", ReasonNotADate},
		{"words", "还不知道", ReasonNotADate},
		{"today", "今天", ReasonNotADate},
		{"name with a month", "李四月", ReasonNotADate},
		{"name with 月", "王月", ReasonNotADate},
		{"student number", "20160001", ReasonNotADate},
		{"time", "9:30", ReasonNotADate},
		{"IP address", "10.0.0.1", ReasonNotADate},
		{"month", "9月", ReasonNoDay},
		{"month in characters", "九月", ReasonNoDay},
		{"about a month", "大概九月吧", ReasonNoDay},
		{"month of a year", "2020年9月", ReasonNoDay},
		{"ISO month", "2020-09", ReasonNoDay},
		{"beginning of a month", "9月初", ReasonNoDay},
		{"end of the month", "月底", ReasonNoDay},
		{"first ten days", "9月上旬", ReasonNoDay},
		{"day without a month", "3号", ReasonNoDay},
		{"before", "9月1日之前", ReasonNoDay},
		{"after", "9月1日以后", ReasonNoDay},
		{"30 February", "2月30日", ReasonNoSuchDate},
		{"29 February of a common year", "2021-02-29", ReasonNoSuchDate},
		{"31 June", "6月31日", ReasonNoSuchDate},
		{"thirteenth month", "13.5", ReasonNoSuchDate},
		{"day zero", "9月0日", ReasonNoSuchDate},
		{"29 February, no leap year in the range", "2月29日", ReasonOutOfRange},
		{"before the range", "2020-05-31", ReasonOutOfRange},
		{"after the range", "2022-01-01", ReasonOutOfRange},
		{"long ago", "1999年9月1日", ReasonOutOfRange},
		{"two days", "9月1日或9月2日", ReasonSeveral},
		{"two days of one month", "9月1日或2日", ReasonSeveral},
		{"period", "9月1日到9月3日", ReasonSeveral},
		{"period in one month", "9月10-15日", ReasonSeveral},
		{"period without 日", "大概9月10—15", ReasonSeveral},
		{"dotted period", "9.1-9.5", ReasonSeveral},
		{"period of two forms", "8月20～8.25", ReasonSeveral},
		{"day or month", "9月1日，也可能10月", ReasonSeveral},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := Date(c.in, from, to)
			got := d.String()
			if err != nil {
				got = reasonOf(t, err)
			}
			if got != c.want {
				t.Errorf("Date(%q) = %v, %v; want %s", c.in, d, err, c.want)
			}
		})
	}
}

func TestDateInALeapYear(t *testing.T) {
	d, err := Date("2月29日", from, season.Date{Year: 2024, Month: time.March, Day: 1})
	if err != nil || d.String() != "2024-02-29" {
		t.Errorf("Date = %v, %v; want 2024-02-29", d, err)
	}
}

func TestDateInNoRange(t *testing.T) {
	if d, err := Date("9月1日", to, from); reasonOf(t, err) != ReasonOutOfRange {
		t.Errorf("Date = %v, %v; want a refusal", d, err)
	}
}

func FuzzDate(f *testing.F) {
	for _, s := range []string{"2020-09-01", "九月一日", "大概9月1日吧", "9.1-9.5", "二〇二〇年九月", "明年3月1日", "9月1日之前"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := Date(s, from, to)
		if err != nil {
			if reasonOf(t, err) == "" || !d.IsZero() {
				t.Errorf("Date(%q) = %v, %v", s, d, err)
			}
			return
		}
		if d.Before(from) || d.After(to) {
			t.Errorf("Date(%q) = %v is out of range", s, d)
		}
		if _, err := season.ParseDate(d.String()); err != nil {
			t.Errorf("Date(%q) = %v: %v", s, d, err)
		}
		for _, form := range []string{d.String(), d.ChineseYear()} {
			if again, err := Date(form, from, to); err != nil || again != d {
				t.Errorf("Date(%q) = %v, and of %q %v, %v", s, d, form, again, err)
			}
		}
	})
}

func BenchmarkDate(b *testing.B) {
	for b.Loop() {
		_, _ = Date("大概是2020年9月1日左右去报到吧", from, to)
	}
}
