package season_test

import (
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"xianjie/season"
)

// builtin is what must hold of one built-in season beside what must hold of all.
type builtin struct {
	key     string
	routes  []routeRow
	refused []refusedRow
	ways    []way
	// Transfers to these provinces cross systems, or to all but these; this is who initiates them then.
	inside, outside []string
	crossing        string
}

// refusedRow is a way that must not be gone.
type refusedRow struct{ name, dest, answers, route string }

// way is a whole way of a transfer: "event state [duties]" per line, the duties being those open in that state, with the
// events as recorded on consecutive days from the tenth after the season opened.
type way struct{ name, dest, answers, way string }

// othersInitiate is a step that waits for the member or the other side to initiate.
var othersInitiate = regexp.MustCompile(`自己(在[^，。]*)?发起|对方发起|等新学校发起`)

var builtins = []builtin{
	{key: "cqu-2020", routes: cquRoutes, ways: cquWays, inside: []string{"北京", "广东", "福建"}, crossing: "college"},
	{key: "jsnu-2021", routes: jsnuRoutes, refused: jsnuRefused, ways: jsnuWays, inside: []string{"北京", "广东", "福建"}, crossing: "college"},
	{key: "beijing-2022", routes: beijingRoutes, ways: beijingWays, outside: []string{"北京"}, crossing: "college"},
	{key: "sicau-law-2024", routes: sicauRoutes, ways: sicauWays, inside: []string{"北京", "广东", "福建"}, crossing: "branch college"},
}

// each runs a test on every built-in season.
func each(t *testing.T, test func(t *testing.T, s *season.Season, b builtin)) {
	t.Helper()
	for _, b := range builtins {
		t.Run(b.key, func(t *testing.T) { test(t, shipped(t, b.key), b) })
	}
}

func TestEveryBuiltInSeasonHasATable(t *testing.T) {
	files, err := filepath.Glob("../seasons/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("files %v, %v", files, err)
	}
	for _, f := range files {
		key := strings.TrimSuffix(filepath.Base(f), ".yaml")
		if !slices.ContainsFunc(builtins, func(b builtin) bool { return b.key == key }) {
			t.Errorf("season %s is in no table", key)
		}
	}
	each(t, func(t *testing.T, s *season.Season, b builtin) {
		if s.Key != b.key {
			t.Errorf("the file %s holds season %s", b.key, s.Key)
		}
	})
}

func TestWhereEachDestinationGoes(t *testing.T) {
	each(t, func(t *testing.T, s *season.Season, b builtin) {
		covered := map[string]bool{}
		for _, c := range b.routes {
			t.Run(c.name, func(t *testing.T) {
				o, err := s.Route(c.dest, answers(c.answers))
				if err != nil {
					t.Fatal(err)
				}
				covered[c.dest+"/"+o.Route] = true
				got := []string{o.Destination, o.Route, o.To, parties(o), o.Track, o.State, opened(t, s, c.dest, c.answers, o.State)}
				want := []string{c.dest, c.route, c.to, c.initiators, c.track, c.state, c.duties}
				if !slices.Equal(got, want) {
					t.Errorf("got  %q\nwant %q", got, want)
				}
				if o.Moves != c.moves {
					t.Errorf("moves: %v", o.Moves)
				}
				if o.Deadline == "" || o.Moves && o.Review == "" {
					t.Errorf("the member is not told by when and who reviews: %+v", o)
				}
			})
		}
		for _, c := range b.refused {
			refused, ok := s.Refused(c.dest, answers(c.answers))
			if !ok || refused.Route != c.route || refused.Text == "" || strings.ContainsAny(refused.Text, "{}") {
				t.Errorf("%s: %+v", c.name, refused)
			}
			covered[c.dest+"/"+c.route] = true
		}
		for _, d := range s.Destinations {
			for _, r := range d.Routes {
				if !covered[d.Key+"/"+r.Key] {
					t.Errorf("route %s of %s is not in the table", r.Key, d.Key)
				}
			}
		}
	})
}

// What the table answers is what is asked, all of it and nothing else; each question is the next one open.
func TestTablesAnswerWhatIsAsked(t *testing.T) {
	each(t, func(t *testing.T, s *season.Season, b builtin) {
		for _, c := range b.routes {
			given, a := answers(c.answers), season.Answers{}
			for open := s.Ask(c.dest, a); len(open) > 0; open = s.Ask(c.dest, a) {
				v, ok := given[open[0].Key]
				if !ok {
					t.Fatalf("%s: %s is asked and not in the table", c.name, open[0].Key)
				}
				a[open[0].Key] = v
			}
			if len(a) != len(given) {
				t.Errorf("%s: asked %v, given %v", c.name, a, given)
			}
		}
	})
}

// Whoever else may initiate, a transfer across systems is initiated by whom the season names, in every province.
func TestAcrossSystems(t *testing.T) {
	each(t, func(t *testing.T, s *season.Season, b builtin) {
		checked := 0
		for _, c := range b.routes {
			if c.place == "" {
				continue
			}
			for _, p := range provinces {
				checked++
				a := answers(c.answers)
				a[c.place] = p
				o, err := s.Route(c.dest, a)
				if err != nil {
					t.Fatalf("%s in %s: %v", c.name, p, err)
				}
				crosses, want := slices.Contains(b.inside, p), c.initiators
				if b.outside != nil {
					crosses = !slices.Contains(b.outside, p)
				}
				if crosses {
					want = b.crossing
				}
				if parties(o) != want || o.CrossSystem != crosses {
					t.Errorf("%s in %s: initiated by %s, cross-system %v", c.name, p, parties(o), o.CrossSystem)
				}
				note := s.Fill(s.CrossSystem.Note, map[string]string{"place": p})
				if slices.Contains(o.Notes, note) != crosses {
					t.Errorf("%s in %s: notes %q", c.name, p, o.Notes)
				}
				if crosses && slices.ContainsFunc(o.Steps, othersInitiate.MatchString) {
					t.Errorf("%s in %s: told to wait for somebody who cannot initiate: %q", c.name, p, o.Steps)
				}
			}
		}
		if checked < 60 {
			t.Errorf("only %d transfers were looked at", checked)
		}
	})
}

func TestWhatStaysCrossesNoSystem(t *testing.T) {
	each(t, func(t *testing.T, s *season.Season, b builtin) {
		for _, c := range b.routes {
			if c.moves {
				continue
			}
			a := answers(c.answers)
			for k, q := range s.Questions { // left over from another destination
				if q.Kind == season.KindProvince {
					a[k] = "广东"
				}
			}
			if o, err := s.Route(c.dest, a); err != nil || o.CrossSystem || len(o.Initiators) > 0 {
				t.Errorf("%s: %+v, %v", c.name, o, err)
			}
		}
	})
}

func TestWaysOfATransfer(t *testing.T) {
	each(t, func(t *testing.T, s *season.Season, b builtin) {
		for _, c := range b.ways {
			t.Run(c.name, func(t *testing.T) { walk(t, s, c) })
		}
	})
}

func walk(t *testing.T, s *season.Season, c way) {
	t.Helper()
	o, err := s.Route(c.dest, answers(c.answers))
	if err != nil {
		t.Fatal(err)
	}
	state, day := o.State, s.Opens.AddDays(9)
	var events []string
	for line := range strings.Lines(strings.TrimSpace(c.way)) {
		f := strings.Fields(line)
		if f[0] != "-" {
			next, ok := s.Advance(o.Track, state, f[0])
			if !ok {
				t.Fatalf("%s does not lead on from %s", f[0], state)
			}
			state, day = next, day.AddDays(1)
			events = append(events, f[0]+"="+day.String())
		}
		if state != f[1] {
			t.Fatalf("%s leads to %s, want %s", f[0], state, f[1])
		}
		if got := opened(t, s, c.dest, c.answers, state, events...); !sameWords(got, f[2:]) {
			t.Errorf("in %s open are [%s], want %v", state, got, f[2:])
		}
	}
}

// From every state of every track some way leads to a state that is done.
func TestEveryTrackEnds(t *testing.T) {
	each(t, func(t *testing.T, s *season.Season, _ builtin) {
		for key, tr := range s.Tracks {
			for _, from := range tr.States {
				seen := map[string]bool{from.Key: true}
				for todo := []string{from.Key}; len(todo) > 0; todo = todo[1:] {
					for _, m := range tr.Moves {
						if to, ok := s.Advance(key, todo[0], m.On); ok && !seen[to] {
							seen[to] = true
							todo = append(todo, to)
						}
					}
				}
				ends := false
				for st := range seen {
					ends = ends || s.TrackState(key, st).Done
				}
				if !ends {
					t.Errorf("track %s cannot end from %s", key, from.Key)
				}
			}
		}
	})
}

// No text that people read keeps a {placeholder}, whatever the province.
func TestEveryTextFills(t *testing.T) {
	each(t, func(t *testing.T, s *season.Season, b builtin) {
		filled := func(where, text string) {
			t.Helper()
			if strings.ContainsAny(text, "{}") || strings.Contains(text, "（未填）") {
				t.Errorf("%s: %s", where, text)
			}
		}
		for _, c := range b.routes {
			for _, province := range []string{"四川", "北京", "广东"} {
				a := answers(c.answers)
				if c.place != "" {
					a[c.place] = province
				}
				o, err := s.Route(c.dest, a)
				if err != nil {
					t.Fatal(err)
				}
				for _, text := range append(append(o.Steps, o.Notes...), o.To, o.Review, o.Deadline) {
					filled(c.name, text)
				}
			}
		}
		vars := map[string]string{"name": "某某", "state": "待发起", "count": "3", "names": "某某、某某", "days": "还有3天", "due": "7月31日", "reason": "（原因：材料不全）"}
		late := map[string]string{"count": "3", "names": "某某、某某", "days": "已过3天", "due": "7月31日", "duty": "发起转接", "reminded": "提醒过3次"}
		for _, r := range s.Duties {
			for _, text := range []string{r.Line, r.MemberLine} {
				filled(r.Key, s.Fill(text, vars))
			}
			filled(r.Key, s.Fill(r.LapseLine, late))
			if o := r.Overdue; o != nil {
				filled(r.Key, s.Fill(o.Line, late))
				filled(r.Key, s.Fill(o.MemberLine, late))
			}
		}
		for _, e := range s.Events {
			filled(e.Key, s.Fill(e.Tell, vars))
		}
		for k, q := range s.Questions {
			filled(k, q.Ask+q.Hint)
		}
	})
}

// Every word of the menu means its own destination, exactly.
func TestWordsOfTheMenu(t *testing.T) {
	each(t, func(t *testing.T, s *season.Season, _ builtin) {
		for _, d := range s.Destinations {
			for _, w := range append([]string{d.Name, d.Short}, d.Words...) {
				if got, ok := s.DestinationByWord(w); !ok || got.Key != d.Key {
					t.Errorf("%q means %v, want %s", w, got, d.Key)
				}
			}
		}
	})
}

// Whatever happens when: a duty that has not lapsed when it opens is reminded at least once before it does, and nothing is
// planned before it opens, at or after its lapse, or after the season. The same for branches and colleges.
func TestNothingLapsesInSilence(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	each(t, func(t *testing.T, s *season.Season, b builtin) {
		defer func() {
			if t.Failed() {
				t.Logf("seed %d", seed)
			}
		}()
		l := life{s: s, rnd: rand.New(rand.NewPCG(seed, 0)), from: s.Opens.AddDays(-60), to: s.Closes.AddDays(60)}
		came := map[string]int{}
		for range 3000 {
			c := b.routes[l.rnd.IntN(len(b.routes))]
			duties := slices.Concat(s.DutiesOf(l.member(c)), s.OrgDutiesOf(l.organisation(b)))
			for _, d := range s.Newcomers.List {
				duties = append(duties, s.DutiesOf(l.newcomer(d))...)
			}
			for _, d := range duties {
				came[d.Rule]++
				checkPlan(t, s, d)
			}
		}
		for _, r := range s.Duties {
			if came[r.Key] == 0 {
				t.Errorf("duty %s never came up", r.Key)
			}
		}
	})
}

func checkPlan(t *testing.T, s *season.Season, d season.Duty) {
	t.Helper()
	end := s.EndOf(s.Closes)
	if len(d.Steps) == 0 && d.Opened.Before(d.Lapses) && d.Opened.Before(end) {
		t.Errorf("%s opened %v lapses %v in silence", d.Rule, d.Opened, d.Lapses)
	}
	if !d.Lapses.Equal(s.EndOf(d.Due)) {
		t.Errorf("%s due %s lapses %v", d.Rule, d.Due, d.Lapses)
	}
	for i, p := range d.Steps {
		if p.At.Before(d.Opened) || !p.At.Before(d.Lapses) || !p.At.Before(end) {
			t.Errorf("%s opened %v lapses %v is reminded %v", d.Rule, d.Opened, d.Lapses, p.At)
		}
		if i > 0 && (p.At.Before(d.Steps[i-1].At) || p.At.Equal(d.Steps[i-1].At) && p.To == d.Steps[i-1].To) {
			t.Errorf("%s: steps out of order or double: %+v", d.Rule, d.Steps)
		}
		if p.At.Location() != time.UTC {
			t.Errorf("%s: %v is not UTC", d.Rule, p.At)
		}
	}
}

// life makes up standings at random.
type life struct {
	s        *season.Season
	rnd      *rand.Rand
	from, to season.Date
}

func (l life) instant() time.Time {
	from, to := l.s.EndOf(l.from), l.s.EndOf(l.to)
	return from.Add(time.Duration(l.rnd.Int64N(int64(to.Sub(from))))).UTC()
}

func (l life) member(c routeRow) season.Standing {
	a := answers(c.answers)
	for k, v := range a {
		switch q := l.s.Questions[k]; {
		case q.Kind == season.KindDate && v != "":
			a[k] = l.s.DateOf(l.instant()).String()
		case k == c.place:
			a[k] = provinces[l.rnd.IntN(len(provinces))]
		}
	}
	track := c.track
	if o, err := l.s.Route(c.dest, a); err == nil {
		track = o.Track
	}
	states := l.s.Tracks[track].States
	st := season.Standing{
		Since: l.instant(), Entered: l.instant(), Destination: c.dest, Answers: a,
		State: states[l.rnd.IntN(len(states))].Key, Events: map[string]time.Time{"declared": l.instant()},
	}
	for _, e := range l.s.Events {
		if !e.Aside || l.rnd.IntN(4) == 0 {
			st.Events[e.Key] = l.instant()
		}
	}
	if l.rnd.IntN(5) == 0 {
		st.Destination, st.State, st.Answers = "", season.Undeclared, nil
	}
	return st
}

// newcomer is somebody whose relation comes here.
func (l life) newcomer(d season.Destination) season.Standing {
	states := l.s.Tracks[d.Routes[0].Track].States
	st := season.Standing{
		Since: l.instant(), Entered: l.instant(), Cohort: l.s.Cohort + 1 + l.rnd.IntN(4), Destination: d.Key,
		Answers: season.Answers{l.s.Newcomers.Column: "某某大学"},
		State:   states[l.rnd.IntN(len(states))].Key, Events: map[string]time.Time{"declared": l.instant()},
	}
	for _, e := range l.s.Events {
		st.Events[e.Key] = l.instant()
	}
	return st
}

func (l life) organisation(b builtin) season.OrgStanding {
	st := season.OrgStanding{Subject: season.SubjectBranch, At: l.instant(), Events: map[string]time.Time{}, Opened: map[string]time.Time{}}
	if l.rnd.IntN(2) == 0 {
		st.Subject = season.SubjectCollege
	}
	for range l.rnd.IntN(3) + 1 {
		c := b.routes[l.rnd.IntN(len(b.routes))]
		states := l.s.Tracks[c.track].States
		st.Members = append(st.Members, season.Count{
			Cohort: l.s.Cohort - 1 + l.rnd.IntN(3), Destination: c.dest, Route: c.route, State: states[l.rnd.IntN(len(states))].Key, N: l.rnd.IntN(3),
		})
	}
	for _, r := range l.s.Duties {
		if l.rnd.IntN(2) == 0 {
			st.Opened[r.Key] = l.instant()
		}
	}
	for _, e := range l.s.OrgEvents {
		if l.rnd.IntN(4) == 0 {
			st.Events[e.Key] = l.instant()
		}
	}
	return st
}
