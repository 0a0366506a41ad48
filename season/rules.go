package season

import (
	"fmt"
	"slices"
	"strings"
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
			if s.CrossSystem.Holds(d.place(a)) {
				v = "yes"
			}
		case "place":
			v = d.place(a)
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

// Refused says that the relation must not go this way, and what to do instead.
type Refused struct {
	Destination string
	Route       string
	Text        string // for the member
}

func (e *Refused) Error() string {
	return fmt.Sprintf("destination %s: route %s is refused: %s", e.Destination, e.Route, e.Text)
}

// Refused reports that the answers given so far already ask for a way the relation must not go. It can be asked after
// every answer; Route reports the same as its error.
func (s *Season) Refused(dest string, a Answers) (*Refused, bool) {
	d, ok := s.Destination(dest)
	if !ok {
		return nil, false
	}
	_, a = s.asked(d, a)
	for i := range d.Routes {
		if r := &d.Routes[i]; r.Refuse != "" && s.holds(d, r.When, a) {
			return &Refused{dest, r.Key, s.Fill(r.Refuse, s.show(a))}, true
		}
	}
	return nil, false
}

// Route says where the relation goes, who initiates and by when. Its error is *Refused for a way the relation must not
// go, and *Open while questions are unanswered.
// A transfer into a province with a system of its own is always initiated by the graduating side, whatever the
// route says about who else may (season-2020, "Cross-system provinces").
func (s *Season) Route(dest string, a Answers) (Outcome, error) {
	d, ok := s.Destination(dest)
	if !ok {
		return Outcome{}, fmt.Errorf("season %s has no destination %q", s.Key, dest)
	}
	if refused, ok := s.Refused(dest, a); ok {
		return Outcome{}, refused
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
		Destination: dest, Route: r.Key, Moves: r.Moves, Track: r.Track,
		CrossSystem: s.crosses(d, r, a),
	}
	vars := s.show(a)
	initiators, steps := r.Initiators, r.Steps
	if o.CrossSystem {
		vars["place"] = d.place(a)
		initiators = s.CrossSystem.Initiators
		steps = slices.Concat(s.CrossSystem.Steps, steps)
		if longer, ok := s.CrossSystem.Tracks[r.Track]; ok {
			o.Track = longer
		}
	}
	o.State = s.Tracks[o.Track].Start()
	for _, p := range initiators {
		o.Initiators = append(o.Initiators, s.Parties[p])
	}
	o.To = s.Fill(r.To, vars)
	o.Review = s.Fill(r.Review, vars)
	o.Deadline = s.Fill(r.Deadline, vars)
	for _, st := range steps {
		o.Steps = append(o.Steps, s.Fill(st, vars))
	}
	if o.CrossSystem {
		o.Notes = append(o.Notes, s.Fill(s.CrossSystem.Note, vars))
	}
	if r.Note != "" {
		o.Notes = append(o.Notes, s.Fill(r.Note, vars))
	}
	return o, nil
}

// crosses reports whether a member on a route leaves the system.
func (s *Season) crosses(d *Destination, r *Route, a Answers) bool {
	return r.Moves && s.CrossSystem.Holds(d.place(a))
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

// Advance is the state an event leads to from a state of a track; false when the track has no such move. An event beside
// the transfer leaves every state as it is.
func (s *Season) Advance(track, state, event string) (string, bool) {
	if e, ok := s.EventNamed(event); ok && e.Aside {
		return state, true
	}
	if m := s.move(track, state, event); m != nil {
		return m.To, true
	}
	return "", false
}

// NotBefore is the day from which the system of record allows an event in a state; the zero Date when it always does, or
// never.
func (s *Season) NotBefore(track, state, event string) Date {
	if m := s.move(track, state, event); m != nil && m.NotBefore != "" {
		return s.Dates[m.NotBefore].Date
	}
	return Date{}
}

func (s *Season) move(track, state, event string) *Move {
	t := s.Tracks[track]
	if t == nil {
		return nil
	}
	for i, m := range t.Moves {
		if m.On == event && slices.Contains(m.From, state) {
			return &t.Moves[i]
		}
	}
	return nil
}

// Deed is the event by which somebody who acts for some parties records that a duty about a member is done who stands in a
// state of a track: one that leads on, and out of the states in which the duty is open. False when there is none, or none
// that is recorded in words.
func (s *Season) Deed(rule *DutyRule, track, state string, parties []string) (*Event, bool) {
	t := s.Tracks[track]
	if t == nil {
		return nil, false
	}
	rank := func(state string) int {
		return slices.IndexFunc(t.States, func(st State) bool { return st.Key == state })
	}
	for _, mv := range t.Moves {
		e, ok := s.EventNamed(mv.On)
		if !ok || len(e.Words) == 0 || !slices.Contains(mv.From, state) {
			continue
		}
		if slices.Contains(rule.While, mv.To) || rank(mv.To) < rank(state) {
			continue
		}
		if slices.ContainsFunc(parties, func(p string) bool { return slices.Contains(e.By, p) }) {
			return e, true
		}
	}
	return nil, false
}
