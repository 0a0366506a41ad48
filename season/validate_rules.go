package season

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

func (v *validator) duties() {
	states := map[string]bool{Undeclared: true}
	for _, t := range v.s.Tracks {
		for _, st := range t.States {
			states[st.Key] = true
		}
	}
	seen := map[string]bool{}
	for i := range v.s.Duties {
		r, p := &v.s.Duties[i], fmt.Sprintf("duties[%d]", i)
		v.need(p+".key", r.Key)
		v.need(p+".name", r.Name)
		v.need(p+".clause", r.Clause)
		if seen[r.Key] {
			v.fault(p, "duty %q is there twice", r.Key)
		}
		seen[r.Key] = true
		v.partyKeys(p+".of", []string{r.Of}, true)
		if len(r.While) == 0 {
			v.fault(p, "duty %q is open in no state", r.Key)
		}
		for _, st := range r.While {
			if !states[st] {
				v.fault(p+".while", "no track has a state %q", st)
			}
		}
		v.due(p+".due", r.Due)
		v.lapse(p, r)
		v.steps(p, r)
	}
}

func (v *validator) due(p string, d Due) {
	set := 0
	if d.Date != "" {
		set++
		if _, ok := v.s.Dates[d.Date]; !ok {
			v.fault(p+".date", "there is no date %q under dates", d.Date)
		}
	}
	if len(d.After) > 0 {
		set++
		for _, event := range d.After {
			if _, ok := v.s.EventNamed(event); !ok && event != "declared" {
				v.fault(p+".after", "there is no event %q", event)
			}
		}
	}
	if d.Answer != "" {
		set++
		if q := v.s.Questions[d.Answer]; q == nil || q.Kind != KindDate {
			v.fault(p+".answer", "%q is not a question for a date", d.Answer)
		}
	}
	if set != 1 {
		v.fault(p, "due needs exactly one of date, after and answer")
	}
}

func (v *validator) lapse(p string, r *DutyRule) {
	switch r.Lapse {
	case LapseOverdue:
		if r.LapseEvent != "" {
			v.fault(p+".lapse_event", "only %s records an event", LapseApproved)
		}
	case LapseApproved:
		if e, ok := v.s.EventNamed(r.LapseEvent); !ok || len(e.By) > 0 {
			v.fault(p+".lapse_event", "%q is not an event that is recorded by itself", r.LapseEvent)
			return
		}
		for _, t := range v.s.Tracks {
			for _, st := range t.States {
				if _, ok := v.s.Advance(t.Key, st.Key, r.LapseEvent); slices.Contains(r.While, st.Key) && !ok {
					v.fault(p+".lapse_event", "track %q cannot leave state %q by %q", t.Key, st.Key, r.LapseEvent)
				}
			}
		}
	default:
		v.fault(p+".lapse", "lapse %q is neither %s nor %s", r.Lapse, LapseOverdue, LapseApproved)
	}
}

func (v *validator) steps(p string, r *DutyRule) {
	known := oneOf("count", "names", "days", "due", "name")
	v.need(p+".line", r.Line)
	v.need(p+".lapse_line", r.LapseLine)
	v.placeholders(p+".line", r.Line, known)
	v.placeholders(p+".member_line", r.MemberLine, known)
	v.placeholders(p+".lapse_line", r.LapseLine, known)
	if len(r.Steps) == 0 {
		v.fault(p+".steps", "duty %q is never reminded: it would lapse in silence", r.Key)
	}
	keys := map[string]bool{}
	for i, st := range r.Steps {
		at := fmt.Sprintf("%s.steps[%d]", p, i)
		set := 0
		for _, is := range []bool{st.Before != nil, st.After != nil, !st.On.IsZero()} {
			if is {
				set++
			}
		}
		if set != 1 {
			v.fault(at, "a step needs exactly one of before, after and on")
		}
		if keys[st.Key] {
			v.fault(at, "step %q is there twice", st.Key)
		}
		keys[st.Key] = true
		if st.Before != nil && *st.Before < 0 {
			v.fault(at+".before", "a step after its own deadline would come too late")
		}
		if d, ok := v.s.Dates[r.Due.Date]; ok && st.On.After(d.Date) {
			v.fault(at+".on", "a step on %s, after its own deadline on %s, would come too late", st.On, d.Date)
		}
		if len(st.To) == 0 {
			v.fault(at, "a step needs somebody to remind")
		}
		v.partyKeys(at+".to", st.To, true)
		if slices.Contains(st.To, "member") && r.MemberLine == "" {
			v.fault(at, "a step to the member needs member_line")
		}
	}
}

func (v *validator) destinations() {
	if len(v.s.Destinations) == 0 {
		v.fault("destinations", "a season needs destinations")
	}
	keys, words := map[string]bool{}, map[string]string{}
	for i := range v.s.Destinations {
		d, p := &v.s.Destinations[i], fmt.Sprintf("destinations[%d]", i)
		v.need(p+".key", d.Key)
		v.need(p+".name", d.Name)
		v.need(p+".short", d.Short)
		v.need(p+".explain", d.Explain)
		if keys[d.Key] {
			v.fault(p, "destination %q is there twice", d.Key)
		}
		keys[d.Key] = true
		for _, w := range append([]string{d.Name, d.Short}, d.Words...) {
			if other, ok := words[w]; ok && other != d.Key {
				v.fault(p+".words", "%q stands for both %q and %q", w, other, d.Key)
			}
			words[w] = d.Key
			if w != strings.ToLower(w) {
				v.fault(p+".words", "%q: words are written in lower case", w)
			}
		}
		v.destination(d, p)
	}
}

func (v *validator) destination(d *Destination, p string) {
	asked := map[string]bool{}
	for i, a := range d.Ask {
		at := fmt.Sprintf("%s.ask[%d]", p, i)
		if v.s.Questions[a.Question] == nil {
			v.fault(at+".question", "there is no question %q", a.Question)
		}
		v.cond(at+".when", d, a.When, asked)
		asked[a.Question] = true
	}
	if d.Place != "" {
		if q := v.s.Questions[d.Place]; q == nil || q.Kind != KindProvince || !asked[d.Place] {
			v.fault(p+".place", "%q is not a question for a province that is asked here", d.Place)
		}
	}
	if len(d.Routes) == 0 {
		v.fault(p, "destination %q leads nowhere: it has no routes", d.Key)
		return
	}
	keys := map[string]bool{}
	for i := range d.Routes {
		r, at := &d.Routes[i], fmt.Sprintf("%s.routes[%d]", p, i)
		v.need(at+".key", r.Key)
		v.need(at+".to", r.To)
		if keys[r.Key] {
			v.fault(at, "route %q is there twice", r.Key)
		}
		keys[r.Key] = true
		v.cond(at+".when", d, r.When, asked)
		switch last := i == len(d.Routes)-1; {
		case last && len(r.When) > 0:
			v.fault(at+".when", "the last route must hold always, so that no answer leads nowhere")
		case !last && len(r.When) == 0:
			v.fault(at, "route %q holds always: those after it cannot be reached", r.Key)
		}
		v.routeRefs(at, d, r, asked)
	}
}

func (v *validator) routeRefs(at string, d *Destination, r *Route, asked map[string]bool) {
	t := v.s.Tracks[r.Track]
	if t == nil {
		v.fault(at+".track", "there is no track %q", r.Track)
	}
	v.partyKeys(at+".initiators", r.Initiators, false)
	if r.Moves && len(r.Initiators) == 0 {
		v.fault(at, "the relation moves, but nobody initiates")
	}
	known := func(k string) bool { return asked[k] }
	v.placeholders(at+".to", r.To, known)
	v.placeholders(at+".review", r.Review, known)
	v.placeholders(at+".deadline", r.Deadline, known)
	v.placeholders(at+".note", r.Note, known)
	for i, st := range r.Steps {
		v.placeholders(fmt.Sprintf("%s.steps[%d]", at, i), st, known)
	}
	for i, k := range r.Duties {
		rule, ok := v.s.DutyRule(k)
		p := fmt.Sprintf("%s.duties[%d]", at, i)
		if !ok {
			v.fault(p, "there is no duty %q", k)
			continue
		}
		if rule.Due.Answer != "" && !asked[rule.Due.Answer] {
			v.fault(p, "duty %q is due by the answer to %q, which is not asked here", k, rule.Due.Answer)
		}
		if t != nil && !slices.ContainsFunc(t.States, func(s State) bool { return slices.Contains(rule.While, s.Key) }) {
			v.fault(p, "duty %q is never open on track %q", k, r.Track)
		}
	}
}

// cond checks a condition: questions asked before it, values that can be answered.
func (v *validator) cond(p string, d *Destination, c Cond, asked map[string]bool) {
	for _, fact := range slices.Sorted(maps.Keys(c)) {
		values, at := c[fact], p+"."+fact
		if len(values) == 0 {
			v.fault(at, "condition %q has no value", fact)
		}
		if fact == "cross_system" || fact == "place" {
			if !asked[d.Place] {
				v.fault(at, "destination %q has not asked for its place before", d.Key)
			}
			for _, val := range values {
				if fact == "cross_system" && val != "yes" && val != "no" {
					v.fault(at, "cross_system is yes or no, not %q", val)
				}
			}
			continue
		}
		q := v.s.Questions[fact]
		if q == nil || !asked[fact] {
			v.fault(at, "%q is not a question asked before", fact)
			continue
		}
		if q.Kind != KindChoice {
			continue
		}
		for _, val := range values {
			if !slices.ContainsFunc(q.Options, func(o Option) bool { return o.Key == val }) {
				v.fault(at, "question %q has no option %q", fact, val)
			}
		}
	}
}

func (v *validator) rates() {
	for i, r := range v.s.Rates {
		p := fmt.Sprintf("rates[%d]", i)
		v.need(p+".key", r.Key)
		v.need(p+".name", r.Name)
		if _, ok := v.s.Dates[r.By]; !ok {
			v.fault(p+".by", "there is no date %q under dates", r.By)
		}
		for _, k := range r.Of {
			if _, ok := v.s.Destination(k); !ok {
				v.fault(p+".of", "there is no destination %q", k)
			}
		}
		for _, k := range r.Done {
			if !slices.ContainsFunc(v.stateKeys(), func(s string) bool { return s == k }) {
				v.fault(p+".done", "no track has a state %q", k)
			}
		}
	}
}

func (v *validator) stateKeys() []string {
	var keys []string
	for _, t := range v.s.Tracks {
		for _, st := range t.States {
			keys = append(keys, st.Key)
		}
	}
	return keys
}
