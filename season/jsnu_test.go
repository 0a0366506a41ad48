package season_test

import (
	"errors"
	"testing"
	"time"

	"xianjie/season"
)

const (
	jsnuUnit  = "employer=某某小学 work_province=江苏 employer_org=has"
	jsnuHere  = "study_target=school study_where=here enrol_on="
	jsnuOther = "study_target=school study_where=other admitted_school=某某大学 study_province=江苏 enrol_on=2021-09-01"
)

// jsnuRoutes is notices.md, A: a teachers' college in Jiangsu, 2021.
var jsnuRoutes = []routeRow{
	{
		"an employer with an organisation", "employed", jsnuUnit, "work_province",
		"employer", "某某小学的团组织", "college employer", true, "outgoing", "pending", "initiate",
	},
	{
		"usual residence, the township takes them", "employed", "employer=某某店 work_province=江苏 employer_org=none town_kind=usual usual_province=安徽 usual_town=某某县某某镇 town_takes=takes", "usual_province",
		"usual_township", "安徽某某县某某镇的团组织（常住地）", "college", true, "outgoing", "pending", "initiate",
	},
	{
		"usual residence, the township cannot take them", "employed", "employer=某某店 work_province=江苏 employer_org=none town_kind=usual usual_province=安徽 usual_town=某某县某某镇 town_takes=cannot", "usual_province",
		"usual_county", "某某县某某镇所属县（市、区）团委的“流动团员团支部”", "college", true, "outgoing", "pending", "initiate",
	},
	{
		"place of work, the township may take them", "employed", "employer=某某店 work_province=江苏 employer_org=none town_kind=work work_town=某某区某某街道 town_takes=unsure", "work_province",
		"work_township", "江苏某某区某某街道的团组织（工作地）", "college", true, "outgoing", "pending", "initiate",
	},
	{
		"place of work, the township cannot take them", "employed", "employer=某某店 work_province=江苏 employer_org=none town_kind=work work_town=某某区某某街道 town_takes=cannot", "work_province",
		"work_county", "某某区某某街道所属县（市、区）团委的“流动团员团支部”", "college", true, "outgoing", "pending", "initiate",
	},
	{
		"an employer that may have one", "employed", "employer=某某小学 work_province=江苏 employer_org=unsure", "work_province",
		"employer_unsure", "某某小学的团组织；单位不能建立团组织的，转到常住地或工作地的乡镇（街道）", "college employer", true, "outgoing", "pending", "initiate",
	},
	{
		"admitted by this school", "further_study", jsnuHere, "",
		"here", "某师范学院新生团支部；建好之前先留在原来的二级学院", "admitting college member", true, "admitted_here", "waiting", "further_done",
	},
	{
		"admitted by another school", "further_study", jsnuOther, "study_province",
		"other", "某某大学新生团组织；建好之前先留在原来的二级学院", "admitting", true, "further", "waiting", "further_done",
	},
	{
		"admitted by a school with another system", "further_study", "study_target=school study_where=other admitted_school=某某大学 study_province=北京 enrol_on=", "",
		"other_system", "某某大学新生团组织；建好之前先留在原来的二级学院", "college", true, "further", "waiting", "further_done",
	},
	{
		"armed forces, classified units", "military", "enlist_on=2021-09-10", "",
		"special", "特殊单位专属库（不登记单位名称）", "college member", true, "special", "pending", "enlist",
	},
	{
		"no job yet: the usual residence first", "unsettled", "usual_province=江苏 usual_town=某某县某某镇 town_takes=unsure", "usual_province",
		"usual", "江苏某某县某某镇的团组织（常住地）", "college", true, "outgoing", "pending", "initiate",
	},
	{
		"no job yet: the registered residence second", "unsettled", "usual_province=江苏 usual_town=某某县某某镇 town_takes=cannot registered_province=河南 registered_town=某某县某某乡", "registered_province",
		"registered", "河南某某县某某乡的团组织（户籍地）", "college", true, "outgoing", "pending", "initiate",
	},
	{
		"staying with the school", "retained", "", "",
		"kept", "留在学校的“2021年毕业学生流动团员团支部”", "", false, "retained", "to_mark", "mark_retained",
	},
	{
		"abroad", "abroad", "abroad_kind=living abroad_place=某国 leave_on=2021-08-20", "",
		"kept", "留在学校的“2021年出国（境）团员团支部”", "", false, "marked", "to_mark", "mark_abroad",
	},
	{
		"graduates late", "delayed", "graduate_on=", "",
		"kept", "留在学校，标记为延迟毕业", "", false, "marked", "to_mark", "mark_only",
	},
	{
		"a teacher of the school", "teacher", "", "",
		"stays", "留在原来的团支部，标记为教师", "", false, "marked", "to_mark", "mark_only",
	},
}

// "The old school must not move such a member to a home or residence organisation."
var jsnuRefused = []refusedRow{
	{"further study, relation to go home", "further_study", "study_target=home", "home"},
}

var jsnuWays = []way{
	{"initiated by the college", "employed", jsnuUnit, `
		- pending initiate
		initiated to_receive receive
		received received`},
	{"initiated by the other side", "employed", jsnuUnit, `
		- pending initiate
		applied out_review review receive
		reviewed to_receive receive
		returned pending initiate`},
	{"to this school", "further_study", jsnuHere, `
		- waiting further_done
		applied in_review review_in further_done
		reviewed received`},
	{"to another school", "further_study", jsnuOther, `
		- waiting further_done
		initiated to_receive further_done
		received received`},
	{"kept, six months and a year, and out", "retained", "", `
		- to_mark mark_retained
		marked to_ledger ledger retained_half retained_year
		registered kept retained_half retained_year
		initiated to_receive retained_year
		received received`},
	{"marked, and nothing else", "teacher", "", `
		- to_mark mark_only
		marked marked`},
}

func TestRefusedAsSoonAsItIsSaid(t *testing.T) {
	s := shipped(t, "jsnu-2021")
	for _, c := range []struct {
		name, dest, answers string
		refused             bool
	}{
		{"nothing said yet", "further_study", "", false},
		{"to go home", "further_study", "study_target=home", true},
		{"to go home, with answers left over", "further_study", "study_where=other study_target=home study_province=江苏", true},
		{"to the school", "further_study", "study_target=school", false},
		{"another destination", "unsettled", "study_target=home", false},
		{"a destination nobody knows", "moon", "study_target=home", false},
	} {
		got, ok := s.Refused(c.dest, answers(c.answers))
		if ok != c.refused {
			t.Errorf("%s: %+v", c.name, got)
		}
		var refused *season.Refused
		if _, err := s.Route(c.dest, answers(c.answers)); errors.As(err, &refused) != c.refused {
			t.Errorf("%s: Route says %v", c.name, err)
		}
	}
	got, _ := s.Refused("further_study", answers("study_target=home"))
	want := "升学的同学，团组织关系只能转到录取学校，不能转回家里或居住地。新学校建好团组织之前，关系先留在某师范学院，请改选“录取学校”。"
	if got.Text != want || got.Error() != "destination further_study: route home is refused: "+want {
		t.Errorf("text: %v", got)
	}
}

// The province that counts is the one the relation goes to, not the one where the work is.
func TestPlaceIsTheLastThatApplies(t *testing.T) {
	s := shipped(t, "jsnu-2021")
	for _, c := range []struct {
		name, answers string
		crosses       bool
	}{
		{"works here, lives in another system", "employer=某某店 work_province=江苏 employer_org=none town_kind=usual usual_province=北京 usual_town=某某区某某街道 town_takes=takes", true},
		{"works in another system, lives here", "employer=某某店 work_province=北京 employer_org=none town_kind=usual usual_province=江苏 usual_town=某某区某某街道 town_takes=takes", false},
		{"goes where the work is after all", "employer=某某店 work_province=江苏 employer_org=none town_kind=work usual_province=北京 usual_town=某某区某某街道 work_town=某某区某某街道 town_takes=takes", false},
	} {
		if o, err := s.Route("employed", answers(c.answers)); err != nil || o.CrossSystem != c.crosses {
			t.Errorf("%s: %+v, %v", c.name, o, err)
		}
	}
}

// "Every application received anywhere is reviewed by 30 September", and one that comes later has its fifteen days.
func TestLatestDay(t *testing.T) {
	s := shipped(t, "jsnu-2021")
	for _, c := range []struct{ name, applied, due string }{
		{"long before", "2021-07-01 10:00", "2021-07-16"},
		{"up to the day", "2021-09-15 10:00", "2021-09-30"},
		{"short before: not a day later", "2021-09-25 10:00", "2021-09-30"},
		{"on the day", "2021-09-30 23:59", "2021-09-30"},
		{"after it: its days alone", "2021-10-01 00:00", "2021-10-16"},
	} {
		d, ok := duty(t, s, "employed", jsnuUnit, "out_review", c.applied, "applied="+c.applied, "review")
		if !ok || d.Due.String() != c.due {
			t.Errorf("%s: due %s, want %s", c.name, d.Due, c.due)
		}
	}
}

// "Kept 6 months, at most one year", from the day of the mark; months end where the calendar says.
func TestMonthsFromTheMark(t *testing.T) {
	s := shipped(t, "jsnu-2021")
	for _, c := range []struct{ marked, half, year string }{
		{"2021-08-01", "2022-02-01", "2022-08-01"},
		{"2021-08-31", "2022-02-28", "2022-08-31"},
		{"2021-09-15", "2022-03-15", "2022-09-15"},
	} {
		for rule, want := range map[string]string{"retained_half": c.half, "retained_year": c.year} {
			d, ok := duty(t, s, "retained", "", "kept", c.marked+" 10:00", "marked="+c.marked+" 10:00", rule)
			if !ok || d.Due.String() != want {
				t.Errorf("%s, marked on %s: due %s, want %s", rule, c.marked, d.Due, want)
			}
		}
	}
}

// "The floating mark can be set only after 31 July."
func TestNotBefore(t *testing.T) {
	s := shipped(t, "jsnu-2021")
	for _, c := range []struct{ name, track, state, event, want string }{
		{"the floating mark", "retained", "to_mark", "marked", "2021-08-01"},
		{"another mark", "marked", "to_mark", "marked", ""},
		{"another move", "retained", "to_mark", "initiated", ""},
		{"no such move", "retained", "kept", "marked", ""},
		{"no such track", "moon", "kept", "marked", ""},
	} {
		if got := s.NotBefore(c.track, c.state, c.event); got.String() != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// "Only this year's graduates in them are marked and counted"; earlier ones who are still here have their duties, too.
func TestMixedBranches(t *testing.T) {
	s := shipped(t, "jsnu-2021")
	for _, c := range []struct {
		name   string
		cohort int
		open   bool
	}{{"nobody wrote it down", 0, true}, {"this year's", 2021, true}, {"an earlier one", 2020, true}, {"a later one", 2022, false}} {
		since := at(t, s, "2021-06-02 10:00")
		ds := s.DutiesOf(season.Standing{Since: since, Cohort: c.cohort, State: season.Undeclared})
		if (len(ds) > 0) != c.open {
			t.Errorf("%s: %+v", c.name, ds)
		}
	}
}

// "Unit transfer rate: transferred to employers' organisations ÷ graduating members other than further study."
func TestMeasure(t *testing.T) {
	s := shipped(t, "jsnu-2021")
	scores := s.Measure([]season.Count{
		{Cohort: 2021, Destination: "employed", Route: "employer", State: "received", N: 10},
		{Cohort: 2021, Destination: "employed", Route: "employer", State: "to_receive", N: 4},
		{Destination: "employed", Route: "usual_township", State: "received", N: 3}, // cohort not written down
		{Cohort: 2021, Destination: "unsettled", Route: "usual", State: "pending", N: 2},
		{Cohort: 2021, Destination: "retained", Route: "kept", State: "received", N: 1},
		{Cohort: 2021, Destination: "further_study", Route: "other", State: "received", N: 50},
		{Cohort: 2021, Destination: "delayed", Route: "kept", State: "marked", N: 60},
		{Cohort: 2021, Destination: "teacher", Route: "stays", State: "marked", N: 70},
		{Cohort: 2021, State: season.Undeclared, N: 5},
		{Cohort: 2022, Destination: "employed", Route: "employer", State: "received", N: 80}, // in a mixed branch
		{Cohort: 2020, Destination: "employed", Route: "employer", State: "received", N: 90},
	})
	want := []season.Score{{Rate: "initiated", Done: 17, All: 19}, {Rate: "received", Done: 13, All: 19}, {Rate: "unit", Done: 10, All: 25}}
	for i, w := range want {
		if i >= len(scores) || scores[i] != w {
			t.Errorf("scores %+v, want %+v", scores, want)
			break
		}
	}
	if zero := s.Measure(nil); len(zero) != 3 || zero[2].All != 0 {
		t.Errorf("of nobody: %+v", zero)
	}
}

// A teacher is nobody's duty but the mark.
func TestUncountedHaveNoDutyOfEverybody(t *testing.T) {
	s := shipped(t, "beijing-2022")
	now := at(t, s, "2022-05-17 10:00")
	st := season.Standing{Since: now, Entered: now, Destination: "delayed", Answers: answers("graduate_on="), State: "to_mark", Events: map[string]time.Time{}}
	if ds := s.DutiesOf(st); len(ds) != 1 || ds[0].Rule != "mark" {
		t.Errorf("a late graduate: %+v", ds)
	}
}
