package season

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Answers are normalised answers by question key.
type Answers map[string]string

// Undeclared is the state of a member who has not confirmed a destination.
const Undeclared = "undeclared"

// Ask is what is still to be asked for a destination, in order. Answers may open further questions.
func (s *Season) Ask(dest string, a Answers) []*Question {
	return slices.DeleteFunc(s.Asked(dest, a), func(q *Question) bool {
		_, answered := a[q.Key]
		return answered
	})
}

// Asked is every question that applies to these answers, answered or not, in order.
func (s *Season) Asked(dest string, a Answers) []*Question {
	d, ok := s.Destination(dest)
	if !ok {
		return nil
	}
	qs, _ := s.asked(d, a)
	return qs
}

// asked is every question that applies, with the answers to them. An answer whose question no longer applies (the
// member took an earlier one back) counts for nothing: neither for later questions nor for the route.
func (s *Season) asked(d *Destination, all Answers) ([]*Question, Answers) {
	var qs []*Question
	a := make(Answers, len(all))
	for _, k := range d.Ask {
		if !s.holds(d, k.When, a) {
			continue
		}
		qs = append(qs, s.Questions[k.Question])
		if v, ok := all[k.Question]; ok {
			a[k.Question] = v
		}
	}
	return qs, a
}

// holds evaluates a condition on answers and the facts derived from them.
func (s *Season) holds(d *Destination, c Cond, a Answers) bool {
	for fact, values := range c {
		var v string
		switch fact {
		case "cross_system":
			v = "no"
			if s.CrossSystem.Holds(a[d.Place]) {
				v = "yes"
			}
		case "place":
			v = a[d.Place]
		default:
			v = a[fact]
		}
		if !slices.Contains(values, v) {
			return false
		}
	}
	return true
}

// Open says that a destination cannot be routed yet: these questions are unanswered.
type Open struct {
	Destination string
	Questions   []string
}

func (e *Open) Error() string {
	return fmt.Sprintf("destination %s: still to be asked: %s", e.Destination, strings.Join(e.Questions, ", "))
}

// Route says where the relation goes, who initiates and by when. Its error is *Open while questions are unanswered.
// A transfer into a province with a system of its own is always initiated by the graduating side, whatever the
// route says about who else may (season-2020, "Cross-system provinces").
func (s *Season) Route(dest string, a Answers) (Outcome, error) {
	d, ok := s.Destination(dest)
	if !ok {
		return Outcome{}, fmt.Errorf("season %s has no destination %q", s.Key, dest)
	}
	if open := s.Ask(dest, a); len(open) > 0 {
		e := &Open{Destination: dest}
		for _, q := range open {
			e.Questions = append(e.Questions, q.Key)
		}
		return Outcome{}, e
	}
	_, a = s.asked(d, a)
	r := s.route(d, a)
	if r == nil {
		return Outcome{}, fmt.Errorf("destination %s: no route fits the answers", dest)
	}
	o := Outcome{
		Destination: dest, Route: r.Key, Moves: r.Moves, Track: r.Track, State: s.Tracks[r.Track].Start(),
		CrossSystem: r.Moves && s.CrossSystem.Holds(a[d.Place]),
	}
	vars := s.show(a)
	initiators := r.Initiators
	if o.CrossSystem {
		initiators = s.CrossSystem.Initiators
	}
	for _, p := range initiators {
		o.Initiators = append(o.Initiators, s.Parties[p])
	}
	o.To = s.Fill(r.To, vars)
	o.Review = s.Fill(r.Review, vars)
	o.Deadline = s.Fill(r.Deadline, vars)
	for _, st := range r.Steps {
		o.Steps = append(o.Steps, s.Fill(st, vars))
	}
	if o.CrossSystem {
		vars["place"] = a[d.Place]
		o.Notes = append(o.Notes, s.Fill(s.CrossSystem.Note, vars))
	}
	if r.Note != "" {
		o.Notes = append(o.Notes, s.Fill(r.Note, vars))
	}
	return o, nil
}

func (s *Season) route(d *Destination, a Answers) *Route {
	for i := range d.Routes {
		if s.holds(d, d.Routes[i].When, a) {
			return &d.Routes[i]
		}
	}
	return nil
}

// show is the answers as people read them, to fill texts with.
func (s *Season) show(a Answers) map[string]string {
	vars := make(map[string]string, len(a)+1)
	for k, v := range a {
		if q := s.Questions[k]; q != nil {
			vars[k] = q.Show(v)
		}
	}
	return vars
}

// Fill replaces {placeholders}: the given variables, {school}, and {date:NAME} as 7月31日, with its year
// when that is not the one the season opens in. Unknown ones stay.
func (s *Season) Fill(text string, vars map[string]string) string {
	if !strings.Contains(text, "{") {
		return text
	}
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "{")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		key, after, ok := strings.Cut(rest, "}")
		if !ok {
			b.WriteString("{" + rest)
			return b.String()
		}
		if v, known := s.fact(key, vars); known {
			b.WriteString(v)
		} else {
			b.WriteString("{" + key + "}")
		}
		text = after
	}
}

func (s *Season) fact(key string, vars map[string]string) (string, bool) {
	if v, ok := vars[key]; ok {
		return v, true
	}
	if key == "school" {
		return s.School, true
	}
	if name, ok := strings.CutPrefix(key, "date:"); ok {
		d, ok := s.Dates[name]
		if d.Date.Year != s.Opens.Year {
			return d.Date.ChineseYear(), ok
		}
		return d.Date.Chinese(), ok
	}
	return "", false
}

// Advance is the state an event leads to from a state of a track; false when the track has no such move.
func (s *Season) Advance(track, state, event string) (string, bool) {
	t := s.Tracks[track]
	if t == nil {
		return "", false
	}
	for _, m := range t.Moves {
		if m.On == event && slices.Contains(m.From, state) {
			return m.To, true
		}
	}
	return "", false
}

// Standing is all the rules need to know about one member to say what falls due.
type Standing struct {
	Since       time.Time // when the member entered the roster
	Destination string    // "" while undeclared
	Answers     Answers
	State       string               // Undeclared while undeclared
	Entered     time.Time            // when State was entered
	Events      map[string]time.Time // latest instant of each event that still counts, "declared" included
}

// Duty is something that falls due, with the reminders planned for it.
type Duty struct {
	Rule   string
	Of     string // party key
	Opened time.Time
	Due    Date
	Lapses time.Time // the end of Due in the season's zone
	Steps  []Planned // in order of time
}

// Planned is one reminder: at that instant, to that party.
type Planned struct {
	Step string
	To   string // party key with a role here
	At   time.Time
}

// DutiesOf is what falls due for a member who stands like this: the open duties with their planned steps.
// Duties that hang on an answer the member skipped have no date and do not exist.
func (s *Season) DutiesOf(st Standing) []Duty {
	var keys []string
	if st.Destination != "" {
		if d, ok := s.Destination(st.Destination); ok {
			_, st.Answers = s.asked(d, st.Answers)
			if r := s.route(d, st.Answers); r != nil {
				keys = r.Duties
			}
		}
	}
	var duties []Duty
	for i := range s.Duties {
		r := &s.Duties[i]
		if !slices.Contains(r.While, st.State) {
			continue
		}
		if st.State != Undeclared && !slices.Contains(keys, r.Key) {
			continue
		}
		due, ok := s.due(r, st)
		if !ok {
			continue
		}
		d := Duty{Rule: r.Key, Of: r.Of, Opened: st.Entered, Due: due, Lapses: s.EndOf(due)}
		if st.State == Undeclared {
			d.Opened = st.Since
		}
		d.Steps = s.plan(r, d)
		duties = append(duties, d)
	}
	return duties
}

// due is the day a rule falls due for a member.
func (s *Season) due(r *DutyRule, st Standing) (Date, bool) {
	switch {
	case r.Due.Date != "":
		return s.Dates[r.Due.Date].Date, true
	case len(r.Due.After) > 0:
		var last time.Time
		for _, event := range r.Due.After {
			if at, ok := st.Events[event]; ok && at.After(last) {
				last = at
			}
		}
		if last.IsZero() {
			return Date{}, false
		}
		return s.DateOf(last).AddDays(r.Due.Days), true
	}
	d, err := ParseDate(st.Answers[r.Due.Answer])
	if err != nil {
		return Date{}, false
	}
	return d.AddDays(r.Due.Days), true
}
