package season_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"xianjie/season"
)

// In these tests the season is the default one; its holidays are 25–27 June and 1–8 October, its mornings 09:00, and it
// closes on 31 January.
func instant(t *testing.T, s *season.Season, at string) time.Time {
	t.Helper()
	v, err := time.ParseInLocation("2006-01-02 15:04", at, s.Zone)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// shown are reminders as "07-02 09:00 step→party".
func shown(s *season.Season, steps ...season.Planned) string {
	list := make([]string, len(steps))
	for i, p := range steps {
		list[i] = p.At.In(s.Zone).Format("01-02 15:04 ") + p.Step + "→" + p.To
	}
	return strings.Join(list, ", ")
}

func TestOverdueSteps(t *testing.T) {
	s := cqu(t)
	for _, c := range []struct {
		name    string
		overdue *season.Overdue
		lapse   string
		due     string
		now     string
		want    string
	}{
		{"every week to whoever answers", &season.Overdue{Every: 7}, season.LapseOverdue, "2021-01-08", "2021-01-09 00:00", "01-15 09:00 overdue:1→college, 01-22 09:00 overdue:2→college, 01-29 09:00 overdue:3→college"},
		{"to others", &season.Overdue{Every: 10, To: season.Keys{"member", "branch"}}, season.LapseOverdue, "2021-01-15", "2021-01-16 00:00", "01-25 09:00 overdue:1→member, 01-25 09:00 overdue:1→branch"},
		{"so often at most", &season.Overdue{Every: 1, Most: 2}, season.LapseOverdue, "2020-07-31", "2020-08-01 00:00", "08-01 09:00 overdue:1→college, 08-02 09:00 overdue:2→college"},
		{"what would have left is left out", &season.Overdue{Every: 7, Most: 3}, season.LapseOverdue, "2020-07-31", "2020-08-07 09:00", "08-14 09:00 overdue:2→college, 08-21 09:00 overdue:3→college"},
		{"a holiday moves it earlier", &season.Overdue{Every: 3, Most: 1}, season.LapseOverdue, "2020-06-24", "2020-06-24 10:00", ""},
		{"a working day before the holiday", &season.Overdue{Every: 7, Most: 1}, season.LapseOverdue, "2020-09-24", "2020-09-25 00:00", "09-30 09:00 overdue:1→college"},
		{"a long holiday has one", &season.Overdue{Every: 2, Most: 6}, season.LapseOverdue, "2020-09-28", "2020-09-29 00:00", "09-30 09:00 overdue:1→college, 10-10 09:00 overdue:6→college"},
		{"the last day of the season", &season.Overdue{Every: 1}, season.LapseOverdue, "2021-01-29", "2021-01-30 00:00", "01-30 09:00 overdue:1→college, 01-31 09:00 overdue:2→college"},
		{"after the season nothing", &season.Overdue{Every: 7}, season.LapseOverdue, "2021-01-31", "2021-02-01 00:00", ""},
		{"switched off", &season.Overdue{}, season.LapseOverdue, "2020-07-31", "2020-08-01 00:00", ""},
		{"not said", nil, season.LapseOverdue, "2020-07-31", "2020-08-01 00:00", ""},
		{"approved by default", &season.Overdue{Every: 7}, season.LapseApproved, "2020-07-31", "2020-08-01 00:00", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			due, err := season.ParseDate(c.due)
			if err != nil {
				t.Fatal(err)
			}
			r := &season.DutyRule{Of: "college", Lapse: c.lapse, Follow: season.Follow{Overdue: c.overdue}}
			if got := shown(s, s.OverdueSteps(r, due, instant(t, s, c.now))...); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestUnanswered(t *testing.T) {
	s := cqu(t)
	ladder := []season.Rung{{From: "member", To: "branch", After: 4}, {From: "college", To: "committee", After: 5}}
	for _, c := range []struct {
		name            string
		step, party, at string
		lapses          string
		planned         []season.Planned
		want            string
	}{
		{"some working days later", "before-30", "college", "2020-07-01 09:00", "2020-08-01 00:00", nil, "07-06 09:00 unanswered:college>committee→committee"},
		{"from another party", "before-21", "member", "2020-06-09 09:00", "2020-07-01 00:00", nil, "06-13 09:00 unanswered:member>branch→branch"},
		{"counted from its day, whenever it left", "before-30", "college", "2020-07-01 21:59", "2020-08-01 00:00", nil, "07-06 09:00 unanswered:college>committee→committee"},
		{"holidays do not count", "before-30", "college", "2020-06-24 09:00", "2020-08-01 00:00", nil, "07-02 09:00 unanswered:college>committee→committee"},
		{"nor do eight of them", "before-30", "college", "2020-09-30 09:00", "2020-11-01 00:00", nil, "10-13 09:00 unanswered:college>committee→committee"},
		{"of a party without a rung", "before-30", "branch", "2020-07-01 09:00", "2020-08-01 00:00", nil, ""},
		{"not after the lapse", "before-3", "college", "2020-07-28 09:00", "2020-08-01 00:00", nil, ""},
		{"just before the lapse", "before-3", "college", "2020-07-27 09:00", "2020-08-01 09:01", nil, "08-01 09:00 unanswered:college>committee→committee"},
		{"not at the lapse", "before-3", "college", "2020-07-27 09:00", "2020-08-01 09:00", nil, ""},
		{"not after the season", "before-3", "college", "2021-01-27 09:00", "2021-06-01 00:00", nil, ""},
		{"the party hears of it that day anyhow", "before-30", "college", "2020-07-01 09:00", "2020-08-01 00:00", []season.Planned{{Step: "x", To: "committee", At: instant(t, s, "2020-07-06 09:00")}}, ""},
		{"another party hears of it that day", "before-30", "college", "2020-07-01 09:00", "2020-08-01 00:00", []season.Planned{{Step: "x", To: "branch", At: instant(t, s, "2020-07-06 09:00")}}, "07-06 09:00 unanswered:college>committee→committee"},
		{"it climbs on", "unanswered:branch>college", "college", "2020-07-01 09:00", "2020-08-01 00:00", nil, "07-06 09:00 unanswered:college>committee→committee"},
		{"of what is overdue nothing follows", "overdue:1", "college", "2020-07-01 09:00", "2020-08-01 00:00", nil, ""},
		{"of a report nothing follows", "lapsed", "college", "2020-07-01 09:00", "2020-08-01 00:00", nil, ""},
		{"of asking again nothing follows", "seen:before-3", "college", "2020-07-01 09:00", "2020-08-01 00:00", nil, ""},
		{"of handing over nothing follows", "handed:college", "college", "2020-07-01 09:00", "2020-08-01 00:00", nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &season.DutyRule{Of: "college", Follow: season.Follow{Escalate: ladder}}
			got := shown(s, s.Unanswered(r, c.step, c.party, instant(t, s, c.lapses), instant(t, s, c.at), c.planned)...)
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestSeenAgain(t *testing.T) {
	s := cqu(t)
	days := func(n int) *int { return &n }
	for _, c := range []struct {
		name   string
		wakes  *int
		at     string
		lapses string
		steps  []string // "before-7 2020-07-24 09:00"
		want   string
	}{
		{"the day before the next reminder", days(1), "2020-07-16 10:00", "2020-08-01 00:00", []string{"before-7 2020-07-24 09:00", "before-3 2020-07-28 09:00"}, "07-23 09:00 seen:before-7→"},
		{"two days before", days(2), "2020-07-16 10:00", "2020-08-01 00:00", []string{"before-7 2020-07-24 09:00"}, "07-22 09:00 seen:before-7→"},
		{"with no reminder to come, on the last day", days(1), "2020-07-28 10:00", "2020-08-01 00:00", nil, "07-31 09:00 seen:lapse→"},
		{"what has left is no next reminder", days(1), "2020-07-24 10:00", "2020-08-01 00:00", []string{"before-7 2020-07-24 09:00", "before-3 2020-07-28 09:00"}, "07-27 09:00 seen:before-3→"},
		{"what follows from others is none", days(1), "2020-07-16 10:00", "2020-08-01 00:00", []string{"unanswered:college>committee 2020-07-18 09:00", "before-7 2020-07-24 09:00"}, "07-23 09:00 seen:before-7→"},
		{"a holiday moves it earlier", days(1), "2020-09-20 10:00", "2020-11-01 00:00", []string{"before-7 2020-10-09 09:00"}, "09-30 09:00 seen:before-7→"},
		{"not on the same day", days(1), "2020-07-23 08:00", "2020-08-01 00:00", []string{"before-7 2020-07-24 09:00"}, ""},
		{"not in the past", days(1), "2020-07-23 10:00", "2020-08-01 00:00", []string{"before-7 2020-07-24 09:00"}, ""},
		{"not after the season", days(1), "2021-01-20 10:00", "2021-06-01 00:00", nil, ""},
		{"switched off", days(0), "2020-07-16 10:00", "2020-08-01 00:00", nil, ""},
		{"not said", nil, "2020-07-16 10:00", "2020-08-01 00:00", nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var steps []season.Planned
			for _, st := range c.steps {
				key, at, _ := strings.Cut(st, " ")
				steps = append(steps, season.Planned{Step: key, To: "college", At: instant(t, s, at)})
			}
			r := &season.DutyRule{Of: "college", Follow: season.Follow{SeenWakes: c.wakes}}
			p, ok := s.SeenAgain(r, instant(t, s, c.lapses), instant(t, s, c.at), steps)
			got := ""
			if ok {
				got = shown(s, p)
			}
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestKindOf(t *testing.T) {
	for step, want := range map[string]season.StepKind{
		"before-3": season.StepFile, "on-2020-08-01": season.StepFile, "lapsed": season.StepFile, "overdue": season.StepFile,
		"overdue:3": season.StepOverdue, "unanswered:college>committee": season.StepUnanswered, "seen:lapse": season.StepSeen,
		season.HandedStep("college"): season.StepHanded, season.UnreachedStep("member"): season.StepUnreached,
	} {
		if got := season.KindOf(step); got != want {
			t.Errorf("%s is of kind %d, want %d", step, got, want)
		}
	}
}

// What a duty says of its own stands in the place of what the file says for all.
func TestFollowIsInherited(t *testing.T) {
	const all = "follow:\n  seen_wakes: 2\n  escalate: [{from: branch, to: college, after: 3}]\n" +
		"  overdue: {every: 5, to: [college], line: '全{duty}', member_line: '自{duty}'}\nduties:\n"
	load := func(t *testing.T, own string) *season.DutyRule {
		t.Helper()
		text := strings.Replace(small, "duties:\n", all, 1)
		text = strings.Replace(text, "    lapse: overdue\n", "    lapse: overdue\n"+own, 1)
		s, err := season.Load("small", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		r, _ := s.DutyRule("form")
		return r
	}
	say := func(r *season.DutyRule) string {
		o := r.Overdue
		return fmt.Sprintf("wakes %d, %d rungs, every %d to %v %s %s", *r.SeenWakes, len(r.Escalate), o.Every, []string(o.To), o.Line, o.MemberLine)
	}
	for _, c := range []struct{ name, own, want string }{
		{"everything", "", "wakes 2, 1 rungs, every 5 to [college] 全{duty} 自{duty}"},
		{"own waking", "    seen_wakes: 0\n", "wakes 0, 1 rungs, every 5 to [college] 全{duty} 自{duty}"},
		{"no ladder", "    escalate: []\n", "wakes 2, 0 rungs, every 5 to [college] 全{duty} 自{duty}"},
		{"more often", "    overdue: {every: 2}\n", "wakes 2, 1 rungs, every 2 to [college] 全{duty} 自{duty}"},
		{"to others, in other words", "    overdue: {every: 2, to: [member], line: 甲, member_line: 乙}\n", "wakes 2, 1 rungs, every 2 to [member] 甲 乙"},
		{"never", "    overdue: {}\n", "wakes 2, 1 rungs, every 0 to []  "},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := say(load(t, c.own)); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// Duties carry the reminders that follow their lapse only when asked for.
func TestChased(t *testing.T) {
	s := cqu(t)
	since := instant(t, s, "2020-06-01 09:00")
	duties := s.DutiesOf(season.Standing{Since: since, Cohort: 2020, State: season.Undeclared})
	if i := slices.IndexFunc(duties, func(d season.Duty) bool { return len(d.Overdue) > 0 }); i >= 0 {
		t.Errorf("%s is chased already", duties[i].Rule)
	}
	got := s.Chased(duties)
	if len(got) != 1 || got[0].Rule != "declare" || len(got[0].Overdue) < 2 {
		t.Fatalf("chased: %+v", got)
	}
	if want := "07-07 09:00 overdue:1→member, 07-07 09:00 overdue:1→college"; shown(s, got[0].Overdue[:2]...) != want {
		t.Errorf("got  %s\nwant %s", shown(s, got[0].Overdue[:2]...), want)
	}
}

// A season that names no quiet time has none.
func TestNeverQuiet(t *testing.T) {
	s := load(t, small)
	for h := range 24 {
		at := s.Opens.At(season.Clock(h*60), s.Zone)
		if s.Quiet(at) || !s.NotQuiet(at).Equal(at) {
			t.Errorf("it is quiet at %s", at.Format("15:04"))
		}
	}
}
