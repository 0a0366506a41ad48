package season_test

import (
	"strings"
	"testing"
	"time"

	"xianjie/season"
)

// What falls due for a whole branch or college, as the notice of 2020 has it.
func TestDutiesOfOrganisations(t *testing.T) {
	graduates := func(state string, n int) season.Count {
		return season.Count{Cohort: 2020, Destination: "employed", Route: "employer", State: state, N: n}
	}
	here := season.Count{Cohort: 2020, Destination: "further_study", Route: "here", State: "waiting", N: 1}
	for _, c := range []struct {
		name, subject string
		members       []season.Count
		events        string
		want          string // rule due
	}{
		{"graduates on their way", season.SubjectBranch, []season.Count{graduates("received", 20), graduates("to_receive", 1)}, "", ""},
		{"all graduates have left", season.SubjectBranch, []season.Count{graduates("received", 20)}, "", "delete_branch 2020-06-24"},
		{"all have left or are kept elsewhere", season.SubjectBranch, []season.Count{
			graduates("received", 20),
			{Cohort: 2020, Destination: "retained", Route: "kept", State: "kept", N: 1},
			{Cohort: 2020, Destination: "abroad_study", Route: "kept", State: "registered", N: 1},
			{Cohort: 2020, Destination: "delayed", Route: "kept", State: "marked", N: 1},
		}, "", "delete_branch 2020-06-24"},
		{"one has not even declared", season.SubjectBranch, []season.Count{graduates("received", 20), {Cohort: 2020, State: season.Undeclared, N: 1}}, "", ""},
		{"younger ones are still there", season.SubjectBranch, []season.Count{graduates("received", 20), {Cohort: 2021, State: season.Undeclared, N: 3}}, "", ""},
		{"nobody of this year was ever there", season.SubjectBranch, []season.Count{{Cohort: 2019, Destination: "employed", State: "received", N: 3}}, "", ""},
		{"counts of nobody", season.SubjectBranch, []season.Count{graduates("received", 0)}, "", ""},
		{"deleted", season.SubjectBranch, []season.Count{graduates("received", 20)}, "deleted", ""},
		{"a college is not deleted", season.SubjectCollege, []season.Count{graduates("received", 20)}, "", ""},
		{"earlier cohorts still here", season.SubjectCollege, []season.Count{graduates("received", 20), {Cohort: 2018, State: season.Undeclared, N: 1}}, "", "earlier_cohorts 2020-07-10"},
		{"earlier cohorts have left", season.SubjectCollege, []season.Count{{Cohort: 2018, Destination: "employed", State: "received", N: 1}}, "", ""},
		{"new students of our own", season.SubjectCollege, []season.Count{here}, "", "new_organisation 2020-10-01"},
		{"their organisation exists", season.SubjectCollege, []season.Count{here}, "organised", ""},
		{"they go elsewhere", season.SubjectCollege, []season.Count{{Cohort: 2020, Destination: "further_study", Route: "other", State: "waiting", N: 1}}, "", ""},
		{"both", season.SubjectCollege, []season.Count{here, {Cohort: 2019, Destination: "employed", State: "pending", N: 2}}, "", "earlier_cohorts 2020-07-10\nnew_organisation 2020-10-01"},
		{"a member is no organisation", season.SubjectMember, []season.Count{here}, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := cqu(t)
			st := season.OrgStanding{Subject: c.subject, Members: c.members, At: at(t, s, "2020-06-10 10:00"), Events: map[string]time.Time{}}
			if c.events != "" {
				st.Events[c.events] = st.At
			}
			var got []string
			for _, d := range s.OrgDutiesOf(st) {
				got = append(got, d.Rule+" "+d.Due.String())
			}
			if text := strings.Join(got, "\n"); text != c.want {
				t.Errorf("open are\n%s\nwant\n%s", text, c.want)
			}
		})
	}
}

// A duty that is open already keeps its day, however often the organisation's standing is looked at.
func TestOrgDutyKeepsItsOpening(t *testing.T) {
	s := cqu(t)
	st := season.OrgStanding{
		Subject: season.SubjectCollege, Members: []season.Count{{Cohort: 2018, State: season.Undeclared, N: 1}},
		At: at(t, s, "2020-06-20 10:00"), Opened: map[string]time.Time{"earlier_cohorts": at(t, s, "2020-06-10 10:00")},
	}
	ds := s.OrgDutiesOf(st)
	if len(ds) != 1 || ds[0].Due.String() != "2020-07-10" || !ds[0].Opened.Equal(st.Opened["earlier_cohorts"]) {
		t.Fatalf("duties: %+v", ds)
	}
	want := "06-11 09:00 after-1→college\n06-24 09:00 before-14→college\n07-03 09:00 before-7→college\n07-07 09:00 before-3→college\n07-07 09:00 before-3→committee"
	if got := planned(s, ds[0].Steps); got != want {
		t.Errorf("reminders:\n%s\nwant:\n%s", got, want)
	}
}

func TestPreparationOfBranches(t *testing.T) {
	s := shipped(t, "beijing-2022")
	st := season.OrgStanding{
		Subject: season.SubjectBranch, Members: []season.Count{{Cohort: 2022, State: season.Undeclared, N: 9}},
		At: at(t, s, "2022-05-17 10:00"), Events: map[string]time.Time{},
	}
	if ds := s.OrgDutiesOf(st); len(ds) != 1 || ds[0].Rule != "mark_year" || ds[0].Due.String() != "2022-05-27" {
		t.Errorf("a branch with graduates: %+v", ds)
	}
	st.Members[0].Cohort = 2023
	if ds := s.OrgDutiesOf(st); len(ds) != 0 {
		t.Errorf("a branch without graduates: %+v", ds)
	}
}

func TestOrgEvents(t *testing.T) {
	s := cqu(t)
	for _, c := range []struct{ word, key string }{{"支部已删除", "deleted"}, {"已建新生团组织", "organised"}, {"已发起", ""}, {"", ""}} {
		e, ok := s.OrgEvent(c.word)
		if ok != (c.key != "") || ok && e.Key != c.key {
			t.Errorf("%q is %+v", c.word, e)
		}
	}
	if _, ok := s.Event("支部已删除"); ok {
		t.Error("an event about a branch is taken for one about a member")
	}
}
