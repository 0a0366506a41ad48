package season_test

import (
	"strings"
	"testing"
	"time"

	"xianjie/season"
)

func TestWhenRemindersLeave(t *testing.T) {
	const abroad = "abroad_place=某国 abroad_period=两年 home_contact=王某某 home_phone=13900000000 leave_on="
	for _, c := range []struct {
		name, dest, answers, state string
		entered                    string
		events                     string // "applied=2020-06-12 10:00"
		rule, due, want            string
	}{
		{
			name: "from the first day; a holiday moves a reminder earlier", state: season.Undeclared, entered: "2020-06-01 10:00",
			rule: "declare", due: "2020-06-30", want: `06-09 09:00 before-21→member
				06-16 09:00 before-14→member
				06-23 09:00 before-7→branch
				06-23 09:00 before-7→member
				06-24 09:00 before-3→branch
				06-24 09:00 before-3→college
				06-24 09:00 before-3→member
				06-29 09:00 before-1→member`,
		},
		{
			name: "on the roster late: what has passed is dropped", state: season.Undeclared, entered: "2020-06-24 09:00",
			rule: "declare", due: "2020-06-30", want: "06-29 09:00 before-1→member",
		},
		{
			name: "too late for every step: the next morning", state: season.Undeclared, entered: "2020-06-29 09:00",
			rule: "declare", due: "2020-06-30", want: "06-30 09:00 before-1→member",
		},
		{
			name: "in the night before the last day: that morning", state: season.Undeclared, entered: "2020-06-30 02:00",
			rule: "declare", due: "2020-06-30", want: "06-30 09:00 before-1→member",
		},
		{
			name: "on the last day: at once", state: season.Undeclared, entered: "2020-06-30 23:59",
			rule: "declare", due: "2020-06-30", want: "06-30 23:59 before-1→member",
		},
		{
			name: "after the lapse: nothing", state: season.Undeclared, entered: "2020-07-01 00:00",
			rule: "declare", due: "2020-06-30", want: "",
		},
		{
			name: "several steps within one holiday are one, the last", dest: "employed",
			answers: "employ_form=self work_province=四川 work_town=某某区", state: "out_review",
			entered: "2020-09-23 10:00", events: "applied=2020-09-23 10:00",
			rule: "review", due: "2020-10-08", want: `09-28 09:00 before-10→college
				09-30 09:00 before-0→college
				09-30 09:00 before-0→committee`,
		},
		{
			name: "fifteen days count from the day it happened, not from when it was recorded", dest: "employed",
			answers: "employ_form=self work_province=四川 work_town=某某区", state: "out_review",
			entered: "2020-07-10 10:00", events: "applied=2020-07-01 12:00",
			rule: "review", due: "2020-07-16", want: `07-11 09:00 before-5→college
				07-14 09:00 before-2→college
				07-15 09:00 before-1→college
				07-15 09:00 before-1→committee
				07-16 09:00 before-0→college
				07-16 09:00 before-0→committee`,
		},
		{
			name: "half past midnight here is the day before in UTC", dest: "employed",
			answers: "employ_form=self work_province=四川 work_town=某某区", state: "out_review",
			entered: "2020-07-10 00:30", events: "applied=2020-07-10 00:30",
			rule: "review", due: "2020-07-25", want: `07-15 09:00 before-10→college
				07-20 09:00 before-5→college
				07-23 09:00 before-2→college
				07-24 09:00 before-1→college
				07-24 09:00 before-1→committee
				07-25 09:00 before-0→college
				07-25 09:00 before-0→committee`,
		},
		{
			name: "recorded after it lapsed: nothing", dest: "employed",
			answers: "employ_form=self work_province=四川 work_town=某某区", state: "out_review",
			entered: "2020-07-17 00:00", events: "applied=2020-07-01 12:00",
			rule: "review", due: "2020-07-16", want: "",
		},
		{
			name: "all reminders after the season closes: the first, the next morning", dest: "employed",
			answers: "employ_form=self work_province=四川 work_town=某某区", state: "out_review",
			entered: "2021-01-30 10:00", events: "applied=2021-01-30 10:00",
			rule: "review", due: "2021-02-14", want: "01-31 09:00 before-10→college",
		},
		{
			name: "the season's last evening: at once", dest: "employed",
			answers: "employ_form=self work_province=四川 work_town=某某区", state: "out_review",
			entered: "2021-01-31 21:00", events: "applied=2021-01-31 21:00",
			rule: "review", due: "2021-02-15", want: "01-31 21:00 before-10→college",
		},
		{
			name: "after the season: nothing", dest: "employed",
			answers: "employ_form=self work_province=四川 work_town=某某区", state: "out_review",
			entered: "2021-02-01 00:00", events: "applied=2021-02-01 00:00",
			rule: "review", due: "2021-02-16", want: "",
		},
		{
			name: "before leaving is the day before", dest: "abroad_study", answers: abroad + "2020-08-20", state: "to_apply",
			entered: "2020-08-10 10:00",
			rule:    "abroad_apply", due: "2020-08-19", want: `08-12 09:00 before-7→college
				08-12 09:00 before-7→member
				08-16 09:00 before-3→college
				08-16 09:00 before-3→member
				08-18 09:00 before-1→college
				08-18 09:00 before-1→member`,
		},
		{
			name: "on a day, and before the end", dest: "retained", state: "to_mark", entered: "2020-06-10 10:00",
			rule: "mark_retained", due: "2020-08-15", want: `08-01 09:00 on-2020-08-01→college
				08-08 09:00 before-7→college
				08-12 09:00 before-3→college
				08-15 09:00 before-0→college`,
		},
		{
			name: "the turn of the year is a holiday", dest: "retained", state: "kept", entered: "2020-12-20 10:00",
			rule: "retained_out", due: "2021-01-31", want: `12-31 09:00 before-30→college
				12-31 09:00 before-30→member
				01-16 09:00 before-15→college
				01-24 09:00 before-7→college
				01-24 09:00 before-7→member
				01-28 09:00 before-3→college
				01-28 09:00 before-3→committee
				01-31 09:00 before-0→college`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := cqu(t)
			d, ok := duty(t, s, c.dest, c.answers, c.state, c.entered, c.events, c.rule)
			if !ok {
				t.Fatalf("duty %s is not open", c.rule)
			}
			if d.Due.String() != c.due || !d.Lapses.Equal(at(t, s, d.Due.AddDays(1).String()+" 00:00")) {
				t.Errorf("due %s, lapses %v, want %s", d.Due, d.Lapses, c.due)
			}
			if got, want := planned(s, d.Steps), strings.ReplaceAll(c.want, "\t", ""); got != want {
				t.Errorf("reminders:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

// duty is the duty of a rule for a member who has stood like this since an instant.
func duty(t *testing.T, s *season.Season, dest, given, state, entered, events, rule string) (season.Duty, bool) {
	t.Helper()
	since := at(t, s, entered)
	st := season.Standing{Since: since, Entered: since, Destination: dest, Answers: answers(given), State: state, Events: map[string]time.Time{}}
	if k, when, ok := strings.Cut(events, "="); ok {
		st.Events[k] = at(t, s, when)
	}
	for _, d := range s.DutiesOf(st) {
		if d.Rule == rule {
			return d, true
		}
	}
	return season.Duty{}, false
}

func TestDutiesThatDoNotExist(t *testing.T) {
	s := cqu(t)
	for _, c := range []struct{ name, dest, answers, state, events, rule string }{
		{"the day was skipped", "further_study", "study_where=here enrol_on=", "waiting", "", "admit_in"},
		{"the day is no date", "military", "enlist_on=soon", "pending", "", "enlist"},
		{"nothing to count from", "employed", "employ_form=self work_province=四川 work_town=某某区", "out_review", "", "review"},
		{"another state", "employed", "employ_form=self work_province=四川 work_town=某某区", "received", "", "receive"},
		{"another route", "further_study", "study_where=other admitted_school=某某大学 study_province=四川 enrol_on=2020-09-01", "waiting", "", "admit_in"},
		{"a destination the file no longer has", "moon", "", "pending", "", "initiate"},
		{"declared already", "retained", "", "to_mark", "", "declare"},
	} {
		if d, ok := duty(t, s, c.dest, c.answers, c.state, "2020-06-10 10:00", c.events, c.rule); ok {
			t.Errorf("%s: %+v", c.name, d)
		}
	}
}

func TestWeekendsAsHolidays(t *testing.T) {
	s := load(t, small)
	for _, c := range []struct{ day, want string }{
		{"2031-07-31", "07-31 08:30"}, // Thursday
		{"2031-08-02", "08-01 08:30"}, // Saturday
		{"2031-08-03", "08-01 08:30"}, // Sunday
	} {
		// escort is reminded one day before it is due, and due two days after the answer.
		d, ok := duty(t, s, "away", "stay=leave where=四川 day="+date(t, c.day).AddDays(-1).String(), "to_send", "2031-06-02 10:00", "", "escort")
		if !ok || !strings.HasPrefix(planned(s, d.Steps), c.want) {
			t.Errorf("reminder for %s: %s", c.day, planned(s, d.Steps))
		}
	}
}

// The last event that happened counts, whichever it is; steps after the opening are planned too.
func TestDueAfterTheLastOfSeveralEvents(t *testing.T) {
	s := load(t, small)
	opened := at(t, s, "2031-06-10 10:00")
	st := season.Standing{
		Destination: "away", Answers: answers("stay=leave where=四川 day="), State: "to_send", Entered: opened,
		Events: map[string]time.Time{"declared": opened, "sent": at(t, s, "2031-06-20 10:00")},
	}
	ds := s.DutiesOf(st)
	if len(ds) != 1 || ds[0].Due.String() != "2031-06-30" {
		t.Fatalf("duties: %+v", ds)
	}
	if got := planned(s, ds[0].Steps); got != "06-13 08:30 after-3→college\n06-30 08:30 before-0→college" {
		t.Errorf("reminders: %s", got) // the step on 1 July would come after the lapse
	}
}

func TestQuiet(t *testing.T) {
	s := cqu(t)
	for _, c := range []struct {
		at    string
		quiet bool
		next  string
	}{
		{"2020-06-10 21:59", false, "2020-06-10 21:59"},
		{"2020-06-10 22:00", true, "2020-06-11 08:00"},
		{"2020-06-10 23:59", true, "2020-06-11 08:00"},
		{"2020-06-11 00:00", true, "2020-06-11 08:00"},
		{"2020-06-11 07:59", true, "2020-06-11 08:00"},
		{"2020-06-11 08:00", false, "2020-06-11 08:00"},
		{"2020-12-31 22:30", true, "2021-01-01 08:00"},
	} {
		now := at(t, s, c.at)
		if s.Quiet(now) != c.quiet || !s.NotQuiet(now).Equal(at(t, s, c.next)) {
			t.Errorf("%s: quiet %v, next %v", c.at, s.Quiet(now), s.NotQuiet(now).In(s.Zone))
		}
	}
	never := load(t, small) // no quiet time
	if now := at(t, never, "2031-06-10 00:00"); never.Quiet(now) || !never.NotQuiet(now).Equal(now) {
		t.Error("quiet where the file names no quiet time")
	}
}

func TestInstantsOfADay(t *testing.T) {
	s := cqu(t)
	d := date(t, "2020-07-31")
	if got := s.Morning(d); !got.Equal(time.Date(2020, 7, 31, 1, 0, 0, 0, time.UTC)) || got.Location() != time.UTC {
		t.Errorf("Morning = %v", got)
	}
	if got := s.EndOf(d); !got.Equal(time.Date(2020, 7, 31, 16, 0, 0, 0, time.UTC)) {
		t.Errorf("EndOf = %v", got)
	}
	if got := s.DateOf(s.EndOf(d).Add(-time.Nanosecond)); got != d {
		t.Errorf("the last moment of %v is on %v", d, got)
	}
	if got := s.DateOf(s.EndOf(d)); got != d.AddDays(1) {
		t.Errorf("its end is on %v", got)
	}
	if got := s.Noon(d, at(t, s, "2020-08-01 09:00")); !got.Equal(at(t, s, "2020-07-31 12:00")) {
		t.Errorf("Noon = %v", got)
	}
	if now := at(t, s, "2020-07-31 09:00"); !s.Noon(d, now).Equal(now) {
		t.Errorf("Noon in the morning of that day = %v", s.Noon(d, now))
	}
}
