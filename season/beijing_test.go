package season_test

import (
	"slices"
	"testing"
	"time"

	"xianjie/season"
)

const (
	beijingUnit    = "employer=某某公司 work_province=北京 employer_org=has"
	beijingPrepare = "confirm card dues "
)

// beijingRoutes is notices.md, B: a university inside the system of Beijing, 2022.
var beijingRoutes = []routeRow{
	{
		"an employer with an organisation", "employed", beijingUnit, "work_province",
		"employer", "某某公司的团组织", "college employer", true, "outgoing", "pending", beijingPrepare + "initiate",
	},
	{
		"an employer without one", "employed", "employer=某某公司 work_province=北京 employer_org=none work_town=某某区某某街道", "work_province",
		"township", "北京某某区某某街道的团组织（单位没有团组织，由当地街道乡镇接收）", "college", true, "outgoing", "pending", beijingPrepare + "initiate",
	},
	{
		"an employer that may have one", "employed", "employer=某某公司 work_province=北京 employer_org=unsure", "work_province",
		"employer_unsure", "某某公司的团组织；单位没有团组织的，转到工作所在地的街道（乡镇）", "college employer", true, "outgoing", "pending", beijingPrepare + "initiate",
	},
	{
		"admitted by this school", "further_study", "study_where=here", "",
		"here", "北京某大学新生团支部；建好之前先留在原来的院系", "admitting college", true, "further", "waiting", beijingPrepare + "further_done",
	},
	{
		"admitted by another school", "further_study", "study_where=other admitted_school=某某大学 study_province=北京", "study_province",
		"other", "某某大学新生团组织；对方建好之前，先留在原来的院系", "admitting college", true, "further", "waiting", beijingPrepare + "further_done",
	},
	{
		"armed forces, classified units", "military", "enlist_on=2022-09-10", "",
		"special", "特殊单位专属库（不登记单位名称）", "college member", true, "special", "pending", beijingPrepare + "enlist",
	},
	{
		"no job yet", "unsettled", "home_province=北京 home_town=某某区某某街道", "home_province",
		"township", "北京某某区某某街道的团组织（户籍所在地）", "college", true, "outgoing", "pending", beijingPrepare + "initiate",
	},
	{
		"staying with the school", "retained", "", "",
		"kept", "留在学校的“2022年毕业学生流动团员团支部”", "", false, "retained", "to_mark", beijingPrepare + "mark retained_out",
	},
	{
		"study abroad", "abroad_study", "abroad_place=某国某某大学 leave_on=2022-08-20", "",
		"kept", "留在学校的“2022年出国（境）学习研究团员团支部”", "", false, "marked", "to_mark", beijingPrepare + "mark_abroad",
	},
	{
		"graduates late", "delayed", "graduate_on=", "",
		"kept", "留在学校，毕业年份按实际标记", "", false, "marked", "to_mark", "mark",
	},
}

var beijingWays = []way{
	{"received is not done: the slip alone is", "employed", beijingUnit, `
		- pending confirm card dues initiate
		initiated to_receive confirm card dues receive
		received to_slip confirm card dues slip
		slip received confirm card dues`},
	{"the slip comes before anybody noticed", "employed", beijingUnit, `
		- pending confirm card dues initiate
		slip received confirm card dues`},
	{"preparation beside the transfer, in any order", "unsettled", "home_province=北京 home_town=某某区", `
		- pending confirm card dues initiate
		dues pending confirm card initiate
		initiated to_receive confirm card receive
		confirmed to_receive card receive
		received to_slip card slip
		card to_slip slip
		slip received`},
	{"further study", "further_study", "study_where=here", `
		- waiting confirm card dues further_done
		applied out_review confirm card dues review further_done
		reviewed to_receive confirm card dues further_done
		received to_slip confirm card dues slip`},
	{"kept and out, with its slip", "retained", "", `
		- to_mark confirm card dues mark retained_out
		marked kept confirm card dues retained_out
		initiated to_receive confirm card dues retained_out
		received to_slip confirm card dues slip
		slip received confirm card dues`},
}

// "The transfer counts as done only then": nothing but the slip leads to done where a slip is due.
func TestOnlyTheSlipIsDone(t *testing.T) {
	s := shipped(t, "beijing-2022")
	for _, k := range []string{"outgoing", "further", "retained"} {
		for _, m := range s.Tracks[k].Moves {
			if s.TrackState(k, m.To).Done != (m.On == "slip") {
				t.Errorf("track %s: %s leads to %s", k, m.On, m.To)
			}
		}
	}
	for _, r := range s.Rates {
		if r.Key == "done" && !slices.Equal(r.Done, []string{"received"}) {
			t.Errorf("done: %v", r.Done)
		}
	}
}

// Preparation is everybody's, before anything is declared, and each part is over by its own event.
func TestPreparation(t *testing.T) {
	s := shipped(t, "beijing-2022")
	since := at(t, s, "2022-05-17 10:00")
	for _, c := range []struct {
		name, event, over string
		want              map[string]string // rule → due
	}{
		{"nothing done", "", "", map[string]string{"confirm": "2022-05-27", "card": "2022-05-28", "dues": "2022-06-10", "declare": "2022-06-15"}},
		{"confirmed", "confirmed", "confirm", nil},
		{"card handed in", "card", "card", nil},
		{"dues paid", "dues", "dues", nil},
	} {
		st := season.Standing{Since: since, State: season.Undeclared, Events: map[string]time.Time{}}
		if c.event != "" {
			st.Events[c.event] = since.Add(time.Hour)
			if to, ok := s.Advance("", season.Undeclared, c.event); !ok || to != season.Undeclared {
				t.Errorf("%s: leads to %q", c.name, to)
			}
		}
		got := map[string]string{}
		for _, d := range s.DutiesOf(st) {
			got[d.Rule] = d.Due.String()
			if !d.Opened.Equal(since) {
				t.Errorf("%s: %s opened %v", c.name, d.Rule, d.Opened)
			}
		}
		for rule, due := range c.want {
			if got[rule] != due {
				t.Errorf("%s: %s is due %q, want %s", c.name, rule, got[rule], due)
			}
		}
		if _, open := got[c.over]; open || c.over != "" && len(got) != 3 {
			t.Errorf("%s: open are %v", c.name, got)
		}
	}
}

// A reminder plan of everybody's duty does not start anew when the transfer moves.
func TestPreparationIsPlannedFromTheRoster(t *testing.T) {
	s := shipped(t, "beijing-2022")
	since := at(t, s, "2022-05-17 10:00")
	st := season.Standing{
		Since: since, Entered: at(t, s, "2022-06-05 10:00"), Destination: "employed", Answers: answers(beijingUnit), State: "to_receive",
		Events: map[string]time.Time{},
	}
	for _, d := range s.DutiesOf(st) {
		if d.Rule == "dues" && (!d.Opened.Equal(since) || planned(s, d.Steps) != "05-31 09:00 before-10→member\n06-07 09:00 before-3→branch\n06-07 09:00 before-3→member\n06-09 09:00 before-1→branch\n06-09 09:00 before-1→member") {
			t.Errorf("opened %v:\n%s", d.Opened, planned(s, d.Steps))
		}
	}
}
