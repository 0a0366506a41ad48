package season_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"xianjie/season"
)

// routeRow is one way of a season's table: a destination with answers, and where it must lead.
type routeRow struct {
	name       string
	dest       string
	answers    string
	place      string // question that asks for the province, "" where none does or where it decides about the route
	route      string
	to         string
	initiators string // while the transfer stays within the system
	moves      bool
	track      string
	state      string
	duties     string // open right after the declaration
}

// cquRoutes is season-2020.md's table "Where each destination goes", one row per destination and route.
var cquRoutes = []routeRow{
	{
		"an employer with an organisation", "employed", "employ_form=unit employer=某某公司 work_province=四川 employer_org=has", "work_province",
		"employer", "某某公司的团组织", "college employer", true, "outgoing", "pending", "initiate",
	},
	{
		"an employer without one", "employed", "employ_form=unit employer=某某公司 work_province=四川 employer_org=none work_town=某某区某某街道", "work_province",
		"township", "四川某某区某某街道的“学社衔接临时团支部”（单位没有团组织，由当地乡镇街道设立）", "college", true, "outgoing", "pending", "initiate",
	},
	{
		"an employer that may have one", "employed", "employ_form=unit employer=某某公司 work_province=四川 employer_org=unsure", "work_province",
		"employer_unsure", "某某公司的团组织；如果单位没有团组织，就转到工作所在地乡镇街道的“学社衔接临时团支部”", "college employer", true, "outgoing", "pending", "initiate",
	},
	{
		"self-employed", "employed", "employ_form=self work_province=重庆 work_town=某某区某某街道", "work_province",
		"self_employed", "重庆某某区某某街道的“学社衔接临时团支部”（由当地乡镇街道团组织设立）", "college", true, "outgoing", "pending", "initiate",
	},
	{
		"admitted by this school", "further_study", "study_where=here enrol_on=2020-09-01", "",
		"here", "重庆大学新生团支部；新团支部建好之前，先留在原来的学院", "admitting college member", true, "admitted_here", "waiting", "admit_in further_done",
	},
	{
		"admitted by this school, day not known", "further_study", "study_where=here enrol_on=", "",
		"here", "重庆大学新生团支部；新团支部建好之前，先留在原来的学院", "admitting college member", true, "admitted_here", "waiting", "further_done",
	},
	{
		"admitted by another school", "further_study", "study_where=other admitted_school=某某大学 study_province=四川 enrol_on=2020-09-01", "study_province",
		"other", "某某大学新生团组织；对方建好之前，先留在原来的学院", "admitting college member", true, "further", "waiting", "further_done",
	},
	{
		"admitted by a school with another system", "further_study", "study_where=other admitted_school=某某大学 study_province=北京 enrol_on=", "",
		"other_system", "某某大学新生团组织；对方建好之前，先留在原来的学院", "college", true, "further", "waiting", "further_done",
	},
	{
		"armed forces", "military", "enlist_on=2020-09-10", "",
		"special", "特殊单位专属库（不进入部队的系统）", "college member", true, "special", "pending", "enlist",
	},
	{
		"classified unit", "classified_unit", "report_on=2020-07-10", "",
		"special", "特殊单位专属库（不登记单位名称）", "college member", true, "special", "pending", "enlist_unit",
	},
	{
		"no job yet, to the registered residence", "unsettled", "home_kind=registered home_province=贵州 home_town=某某县某某镇", "home_province",
		"township", "贵州某某县某某镇的“学社衔接临时团支部”（有条件的直接转到村、社区团组织）", "college", true, "outgoing", "pending", "initiate",
	},
	{
		"no job yet, to the place of origin", "unsettled", "home_kind=origin home_province=贵州 home_town=某某县某某镇", "home_province",
		"township", "贵州某某县某某镇的“学社衔接临时团支部”（有条件的直接转到村、社区团组织）", "college", true, "outgoing", "pending", "initiate",
	},
	{
		"no job yet, to the parents", "unsettled", "home_kind=residence home_province=贵州 home_town=某某县某某镇", "home_province",
		"township", "贵州某某县某某镇的“学社衔接临时团支部”（有条件的直接转到村、社区团组织）", "college", true, "outgoing", "pending", "initiate",
	},
	{
		"staying with the school", "retained", "", "",
		"kept", "留在学校的“2020年毕业学生流动团员团支部”", "", false, "retained", "to_mark", "mark_retained retained_out",
	},
	{
		"study abroad", "abroad_study", "abroad_place=某国某某大学 abroad_period=两年 leave_on=2020-08-20 home_contact=王某某 home_phone=13900000000", "",
		"kept", "留在学校的“2020年出国(境)学习研究团员团支部”", "", false, "abroad_study", "to_apply", "abroad_apply",
	},
	{
		"sent abroad", "abroad_official", "sender_unit=某某公司 sender_province=重庆 leave_on=2020-07-20", "sender_province",
		"sender", "某某公司（派出单位）的团组织", "college employer", true, "outgoing", "pending", "initiate leave_before",
	},
	{
		"abroad on one's own account", "abroad_private", "home_kind_private=residence home_province=重庆 home_town=某某区某某街道 leave_on=2020-07-20", "home_province",
		"township", "重庆某某区某某街道的“学社衔接临时团支部”", "college", true, "outgoing", "pending", "initiate leave_before",
	},
	{
		"graduates late", "delayed", "graduate_on=2021-06-30", "",
		"kept", "留在学校的“2020年延迟毕业团员团支部”", "", false, "delayed", "to_mark", "mark_delayed",
	},
}

func parties(o season.Outcome) string {
	keys := make([]string, len(o.Initiators))
	for i, p := range o.Initiators {
		keys[i] = p.Key
	}
	return strings.Join(keys, " ")
}

// opened are the duties open for a member who declared nine days after the season opened and stands in a state, events
// told as "applied=2020-06-12".
func opened(t *testing.T, s *season.Season, dest, given, state string, events ...string) string {
	t.Helper()
	st := season.Standing{
		Since: s.Opens.At(10*60, s.Zone), Destination: dest, Answers: answers(given),
		State: state, Entered: s.Opens.AddDays(9).At(10*60, s.Zone),
	}
	st.Events = map[string]time.Time{"declared": st.Entered}
	for _, e := range events {
		k, day, _ := strings.Cut(e, "=")
		st.Events[k] = at(t, s, day+" 10:00")
	}
	var keys []string
	for _, d := range s.DutiesOf(st) {
		keys = append(keys, d.Rule)
	}
	return strings.Join(keys, " ")
}

var provinces = strings.Fields(`北京 天津 河北 山西 内蒙古 辽宁 吉林 黑龙江 上海 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 广西
	海南 重庆 四川 贵州 云南 西藏 陕西 甘肃 青海 宁夏 新疆 台湾 香港 澳门`)

// A member who takes an answer back leaves answers behind whose questions no longer apply.
func TestAnswersTakenBackCountForNothing(t *testing.T) {
	s := cqu(t)
	o, err := s.Route("further_study", answers("study_where=here admitted_school=某某大学 study_province=北京 enrol_on="))
	if err != nil {
		t.Fatal(err)
	}
	if o.Route != "here" || o.CrossSystem || parties(o) != "admitting college member" {
		t.Errorf("the former school's province still counts: %+v", o)
	}
	o, err = s.Route("employed", answers("employ_form=self employer=某某公司 employer_org=has work_province=四川 work_town=某某区"))
	if err != nil || o.Route != "self_employed" {
		t.Errorf("the former employer still counts: %+v, %v", o, err)
	}
}

func TestRouteRefusesWhatIsOpenOrUnknown(t *testing.T) {
	s := cqu(t)
	_, err := s.Route("employed", answers("employ_form=unit"))
	var open *season.Open
	if !errors.As(err, &open) || !slices.Equal(open.Questions, []string{"employer", "work_province", "employer_org"}) {
		t.Errorf("half answered: %v", err)
	}
	if err != nil && err.Error() != "destination employed: still to be asked: employer, work_province, employer_org" {
		t.Errorf("text: %v", err)
	}
	if _, err := s.Route("moon", nil); err == nil || errors.As(err, &open) && open.Destination == "moon" {
		t.Errorf("a destination nobody knows: %v", err)
	}
	if qs := s.Ask("moon", nil); qs != nil {
		t.Errorf("Ask of a destination nobody knows: %v", qs)
	}
}

// An answer may hold anything a person types; it is shown, never interpreted.
func TestAnswersAreNotTemplates(t *testing.T) {
	s := cqu(t)
	a := answers("employ_form=unit employer={school}{date:initiate_by} work_province=四川 employer_org=has")
	if o, err := s.Route("employed", a); err != nil || o.To != "{school}{date:initiate_by}的团组织" {
		t.Errorf("To = %q, %v", o.To, err)
	}
}

func TestFill(t *testing.T) {
	s := cqu(t)
	for _, c := range []struct{ name, text, want string }{
		{"nothing to fill", "没有", "没有"},
		{"the school", "{school}的", "重庆大学的"},
		{"a date of the year the season opens", "{date:initiate_by}前", "7月31日前"},
		{"a date of another year", "{date:retained_until}前", "2021年1月31日前"},
		{"a variable", "{n}人", "3人"},
		{"an unknown name stays", "{x}{date:x}", "{x}{date:x}"},
		{"a brace alone stays", "a{b", "a{b"},
	} {
		if got := s.Fill(c.text, map[string]string{"n": "3"}); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestShow(t *testing.T) {
	s := cqu(t)
	for _, c := range []struct{ name, question, value, want string }{
		{"an option by its name", "employer_org", "unsure", "不清楚"},
		{"an option the file no longer has", "employer_org", "gone", "gone"},
		{"a date", "enrol_on", "2020-09-01", "2020年9月1日"},
		{"no date", "enrol_on", "soon", "soon"},
		{"skipped", "enrol_on", "", "（未填）"},
		{"text", "employer", "某某公司", "某某公司"},
	} {
		if got := s.Questions[c.question].Show(c.value); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
