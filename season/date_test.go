package season_test

import (
	"testing"
	"time"

	"xianjie/season"
)

func TestParseDate(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"a day", "2020-07-31", "2020-07-31"},
		{"a leap day", "2020-02-29", "2020-02-29"},
		{"no leap year", "2021-02-29", ""},
		{"a century without leap day", "2100-02-29", ""},
		{"no such day", "2020-06-31", ""},
		{"no such month", "2020-13-01", ""},
		{"short", "2020-7-1", ""},
		{"a time behind it", "2020-07-31 09:00", ""},
		{"empty", "", ""},
	} {
		d, err := season.ParseDate(c.in)
		if d.String() != c.want || (err != nil) != (c.want == "") {
			t.Errorf("%s: %q, %v", c.name, d, err)
		}
	}
}

func TestDateArithmetic(t *testing.T) {
	for _, c := range []struct {
		from string
		days int
		want string
	}{
		{"2020-02-28", 1, "2020-02-29"},
		{"2021-02-28", 1, "2021-03-01"},
		{"2020-03-01", -1, "2020-02-29"},
		{"2020-12-31", 1, "2021-01-01"},
		{"2020-07-31", 0, "2020-07-31"},
		{"2020-01-31", 366, "2021-01-31"},
	} {
		from, want := date(t, c.from), date(t, c.want)
		if got := from.AddDays(c.days); got != want || from.DaysUntil(want) != c.days || want.DaysUntil(from) != -c.days {
			t.Errorf("%s + %d = %s", c.from, c.days, got)
		}
		if from.Before(want) != (c.days > 0) || from.After(want) != (c.days < 0) || want.Compare(from) != -from.Compare(want) {
			t.Errorf("order of %s and %s", from, want)
		}
	}
}

func TestDateInWords(t *testing.T) {
	d := date(t, "2020-07-01")
	if d.Chinese() != "7月1日" || d.ChineseYear() != "2020年7月1日" || d.Weekday() != time.Wednesday || d.IsZero() {
		t.Errorf("%s %s %s", d.Chinese(), d.ChineseYear(), d.Weekday())
	}
	if z := (season.Date{}); !z.IsZero() || z.String() != "" {
		t.Errorf("no date is %q", z)
	}
}

func TestParseClock(t *testing.T) {
	for _, c := range []struct{ in, want string }{{"09:00", "09:00"}, {"00:00", "00:00"}, {"23:59", "23:59"}, {"24:00", ""}, {"9 am", ""}, {"", ""}} {
		v, err := season.ParseClock(c.in)
		if err == nil && v.String() != c.want || (err != nil) != (c.want == "") {
			t.Errorf("%q = %s, %v", c.in, v, err)
		}
	}
}

// Where clocks change, a date still begins at its midnight and ends at the next.
func TestZoneWithSummerTime(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip(err)
	}
	d := date(t, "2020-10-25")
	if n := d.AddDays(1).At(0, zone).Sub(d.At(0, zone)); n != 25*time.Hour {
		t.Errorf("the day lasts %v", n)
	}
}

func TestAddMonths(t *testing.T) {
	for _, c := range []struct {
		name, from string
		months     int
		want       string
	}{
		{"the same day", "2020-07-15", 1, "2020-08-15"},
		{"a shorter month", "2020-08-31", 1, "2020-09-30"},
		{"into February", "2021-08-31", 6, "2022-02-28"},
		{"into a leap February", "2019-08-31", 6, "2020-02-29"},
		{"across the year", "2020-12-31", 12, "2021-12-31"},
		{"back", "2020-03-31", -1, "2020-02-29"},
		{"none", "2020-07-31", 0, "2020-07-31"},
	} {
		if got := date(t, c.from).AddMonths(c.months); got.String() != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
