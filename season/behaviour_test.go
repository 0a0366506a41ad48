package season_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"xianjie/season"
)

// TestBehaviour pins what each shipped season does: where every destination goes by every kind of answers, which way a
// transfer takes, what falls due and when it is reminded, what follows a reminder, who counts for a rate. It is written
// from the outside of the package, by the functions the product calls; mutate_test.go shows that a rule of a season file
// cannot change without changing it.
func TestBehaviour(t *testing.T) {
	for _, key := range shippedKeys {
		t.Run(key, func(t *testing.T) {
			got := strings.Join(behaviour(shipped(t, key)), "\n") + "\n"
			path := "testdata/behaviour-" + key + ".txt"
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("season %s behaves otherwise (-update writes it):\n%s", key, changedLines(string(want), got))
			}
		})
	}
}

var shippedKeys = []string{"beijing-2022", "cqu-2020", "jsnu-2021", "sicau-law-2024"}

// changedLines are the lines only one of two texts has.
func changedLines(want, got string) string {
	only := func(a, b, mark string) (list []string) {
		there := strings.Split(b, "\n")
		for _, l := range strings.Split(a, "\n") {
			if !slices.Contains(there, l) {
				list = append(list, mark+l)
			}
		}
		return list
	}
	return strings.Join(append(only(want, got, "-"), only(got, want, "+")...), "\n")
}

// behaviour is what a season does, line by line; what is said twice stands once.
func behaviour(s *season.Season) []string {
	b := &behaving{Season: s, seen: map[string]bool{}}
	b.country()
	b.calendar()
	for _, d := range slices.Concat(s.Destinations, s.Newcomers.List) {
		b.say("destination %s %v", d.Key, d.Words)
		b.answer(&d, season.Answers{})
	}
	if len(s.Newcomers.List) > 0 {
		b.say("who graduates after %d declares of %d, by a roster %s with %s", s.Cohort, len(s.Newcomers.List), s.Newcomers.Arrives, s.Newcomers.Column)
	}
	b.undeclared()
	b.organisations()
	b.rates()
	return b.lines
}

type behaving struct {
	*season.Season
	seen  map[string]bool
	lines []string
}

func (b *behaving) say(format string, args ...any) {
	if line := fmt.Sprintf(format, args...); !b.seen[line] {
		b.seen[line] = true
		b.lines = append(b.lines, line)
	}
}

// at is an instant on a day of the season, counted from its opening.
func (b *behaving) at(day, hour int) time.Time {
	return b.Opens.AddDays(day).At(season.Clock(hour*60), b.Zone).UTC()
}

func (b *behaving) country() {
	data, err := os.ReadFile("provinces.txt")
	if err != nil {
		b.say("%v", err)
	}
	var crosses []string
	for _, p := range strings.Fields(string(data)) {
		if b.CrossSystem.Holds(p) {
			crosses = append(crosses, p)
		}
	}
	b.say("cross-system: %v", crosses)
}

// calendar is on which days and at which hours reminders keep off.
func (b *behaving) calendar() {
	var off []string
	for d := b.Opens; !d.After(b.Closes); d = d.AddDays(1) {
		if b.Holiday(d) {
			off = append(off, d.String())
		}
	}
	b.say("no reminders on %v", off)
	var quiet []string
	for h := range 48 {
		at := b.Opens.At(season.Clock(h*30), b.Zone)
		if b.Quiet(at) {
			quiet = append(quiet, at.Format("15:04"))
		}
	}
	b.say("quiet at %v, morning %s, closes %s", quiet, b.Morning(b.Opens).In(b.Zone).Format("15:04"), b.EndOf(b.Closes).In(b.Zone))
}

// answer answers everything a destination asks, in every way that may matter.
func (b *behaving) answer(d *season.Destination, a season.Answers) {
	if refused, ok := b.Refused(d.Key, a); ok {
		b.say("%s refused as %s: %s", b.given(d, a), refused.Route, refused.Text)
		return
	}
	open := b.Ask(d.Key, a)
	if len(open) == 0 {
		b.outcome(d, a)
		return
	}
	q := open[0]
	b.say("ask %s %s %d..%d %s..%s optional %v personal %v: %s", q.Key, q.Kind, q.Min, q.Max, q.From, q.To, q.Optional, q.Personal, q.Ask)
	values := []string{"某某"}
	switch q.Kind {
	case season.KindChoice:
		values = nil
		for _, o := range q.Options {
			values = append(values, o.Key)
		}
	case season.KindProvince:
		values = []string{b.province(true), b.province(false)}
	case season.KindDate:
		values = []string{b.Opens.AddDays(40).String()}
		if q.Optional {
			values = append(values, "")
		}
	case season.KindPhone:
		values = []string{"15400000001"}
	}
	for _, v := range values {
		next := maps.Clone(a)
		next[q.Key] = v
		b.answer(d, next)
	}
}

// province is one into which a transfer crosses systems, or one into which it does not.
func (b *behaving) province(crosses bool) string {
	for _, p := range []string{"四川", "北京", "江苏", "广东"} {
		if b.CrossSystem.Holds(p) == crosses {
			return p
		}
	}
	return "四川"
}

func (b *behaving) given(d *season.Destination, a season.Answers) string {
	list := []string{d.Key}
	for _, q := range b.Asked(d.Key, a) {
		list = append(list, a[q.Key])
	}
	return strings.Join(list, " ")
}

func (b *behaving) outcome(d *season.Destination, a season.Answers) {
	o, err := b.Route(d.Key, a)
	if err != nil {
		b.say("%s: %v", b.given(d, a), err)
		return
	}
	var by []string
	for _, p := range o.Initiators {
		by = append(by, p.Key+"="+p.Name)
	}
	b.say("%s → %s to %s moves %v track %s from %s crosses %v by %v review %q when %q", b.given(d, a), o.Route, o.To, o.Moves, o.Track, o.State, o.CrossSystem, by, o.Review, o.Deadline)
	for _, st := range o.Steps {
		b.say("%s/%s step %s", d.Key, o.Route, st)
	}
	if a := b.ApplicationOf(d.Key, o.Route); a != nil {
		b.say("%s/%s application %+v", d.Key, o.Route, *a)
	}
	for _, n := range o.Notes {
		b.say("%s/%s note %s", d.Key, o.Route, n)
	}
	b.walk(d, a, o)
}

// walk goes every way of a track, and lists what is due in each state.
func (b *behaving) walk(d *season.Destination, a season.Answers, o season.Outcome) {
	for _, st := range b.Tracks[o.Track].States {
		b.say("track %s %s is %s done %v", o.Track, st.Key, st.Name, st.Done)
		for _, e := range b.Events {
			if to, ok := b.Advance(o.Track, st.Key, e.Key); ok {
				b.say("track %s %s + %s → %s not before %s", o.Track, st.Key, e.Key, to, b.NotBefore(o.Track, st.Key, e.Key))
			}
		}
		standing := season.Standing{
			Since: b.at(0, 8), Cohort: b.cohortOf(d), Destination: d.Key, Answers: a, State: st.Key, Entered: b.at(10, 15),
			Events: map[string]time.Time{"declared": b.at(2, 10)},
		}
		b.due(fmt.Sprintf("%s/%s in %s", d.Key, o.Route, st.Key), standing)
		for i, e := range b.Events {
			standing.Events[e.Key] = b.at(4+i, 11)
		}
		b.due(fmt.Sprintf("%s/%s in %s after everything", d.Key, o.Route, st.Key), standing)
	}
	for _, e := range b.Events {
		b.say("event %s %s by %v aside %v tells %s", e.Key, e.Name, e.By, e.Aside, e.Tell)
	}
}

// cohortOf is the year in which those graduate who declare a destination.
func (b *behaving) cohortOf(d *season.Destination) int {
	if b.Arriving(b.Cohort+1, d.Key) {
		return b.Cohort + 1
	}
	return b.Cohort
}

func (b *behaving) undeclared() {
	for _, cohort := range []int{0, b.Cohort - 1, b.Cohort, b.Cohort + 1} {
		st := season.Standing{Since: b.at(0, 8), Cohort: cohort, State: season.Undeclared, Entered: b.at(0, 8)}
		b.due(fmt.Sprintf("undeclared of %d", cohort), st)
		st.Since = b.Closes.AddDays(-40).At(600, b.Zone)
		b.due(fmt.Sprintf("undeclared of %d, late", cohort), st)
	}
}

// due is what falls due for somebody who stands like this.
func (b *behaving) due(who string, st season.Standing) {
	duties := b.DutiesOf(st)
	keys := make([]string, len(duties))
	for i, d := range duties {
		keys[i] = d.Rule
		b.duty(d)
	}
	b.say("%s owes %v", who, keys)
}

func (b *behaving) duty(d season.Duty) {
	r, _ := b.DutyRule(d.Rule)
	b.say("duty %s opened %s due %s lapses %s: %s", d.Rule, b.show(d.Opened), d.Due, b.show(d.Lapses), shown(b.Season, d.Steps...))
	b.say("rule %s %s of %s about %s lapse %s %s says %s | %s | %s", r.Key, r.Name, r.Of, r.Subject, r.Lapse, r.LapseEvent, r.Line, r.MemberLine, r.LapseLine)
	if o := r.Overdue; o != nil {
		b.say("overdue %s %s says %s | %s", r.Key, shown(b.Season, b.OverdueSteps(r, d.Due, d.Lapses)...), o.Line, o.MemberLine)
	}
	for _, p := range []string{"member", "branch", "college", "committee"} {
		if follow := b.Unanswered(r, "x", p, d.Lapses, b.at(10, 9), nil); len(follow) > 0 {
			b.say("unanswered %s %s", r.Key, shown(b.Season, follow...))
		}
	}
	if again, ok := b.SeenAgain(r, d.Lapses, b.at(5, 9), d.Steps); ok {
		b.say("seen %s %s", r.Key, shown(b.Season, again))
	}
	for _, parties := range [][]string{{"member"}, {"branch"}, {"college"}, {"committee"}} {
		for _, k := range slices.Sorted(maps.Keys(b.Tracks)) {
			for _, st := range b.Tracks[k].States {
				if slices.Contains(r.While, st.Key) {
					if e, ok := b.Deed(r, k, st.Key, parties); ok {
						b.say("deed %s in %s/%s by %v: %s", r.Key, k, st.Key, parties, e.Key)
					}
				}
			}
		}
	}
}

func (b *behaving) show(t time.Time) string { return t.In(b.Zone).Format("2006-01-02 15:04") }

// organisations is what falls due for branches and colleges of which the members stand like this or like that.
func (b *behaving) organisations() {
	for _, e := range b.OrgEvents {
		b.say("event %s %s of %s by %v words %v", e.Key, e.Name, e.Subject, e.By, e.Words)
	}
	for _, subject := range []string{season.SubjectBranch, season.SubjectCollege} {
		try := func(what string, events map[string]time.Time, members ...season.Count) {
			duties := b.OrgDutiesOf(season.OrgStanding{Subject: subject, Members: members, At: b.at(20, 9), Events: events})
			keys := make([]string, len(duties))
			for i, d := range duties {
				keys[i] = d.Rule
				b.duty(d)
			}
			b.say("%s with %s owes %v", subject, what, keys)
		}
		try("nobody", nil)
		for _, c := range b.counts() {
			try(fmt.Sprint(c), nil, c)
			try(fmt.Sprint(c, " and somebody undeclared"), nil, c, season.Count{Cohort: b.Cohort, State: season.Undeclared, N: 1})
			for _, e := range b.OrgEvents {
				try(fmt.Sprint(c, " after ", e.Key), map[string]time.Time{e.Key: b.at(21, 9)}, c)
			}
		}
	}
}

// counts are single members, of every way there is to stand.
func (b *behaving) counts() []season.Count {
	var list []season.Count
	for _, cohort := range []int{b.Cohort - 1, b.Cohort, b.Cohort + 1} {
		list = append(list, season.Count{Cohort: cohort, State: season.Undeclared, N: 1})
		for _, d := range slices.Concat(b.Destinations, b.Newcomers.List) {
			for _, r := range d.Routes {
				if r.Refuse != "" {
					continue
				}
				for _, st := range b.Tracks[r.Track].States {
					list = append(list, season.Count{Cohort: cohort, Destination: d.Key, Route: r.Key, State: st.Key, N: 1})
				}
			}
		}
	}
	return list
}

// rates is whom each rate counts, and counts as done.
func (b *behaving) rates() {
	for _, r := range b.Rates {
		b.say("rate %s %s by %s", r.Key, r.Name, b.Dates[r.By].Date)
	}
	for _, c := range b.counts() {
		var parts []string
		for _, score := range b.Measure([]season.Count{c}) {
			parts = append(parts, fmt.Sprintf("%s %d/%d", score.Rate, score.Done, score.All))
		}
		b.say("%d %s/%s %s: %s", c.Cohort, c.Destination, c.Route, c.State, strings.Join(parts, " "))
	}
}
