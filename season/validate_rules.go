package season

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

func (v *validator) destinations() {
	if len(v.s.Destinations) == 0 {
		v.fault("destinations", "a season needs destinations")
	}
	keys, words := map[string]bool{}, map[string]string{}
	for i, d := range v.s.every() {
		p := fmt.Sprintf("destinations[%d]", i)
		if n := i - len(v.s.Destinations); n >= 0 {
			p = fmt.Sprintf("newcomers.destinations[%d]", n)
		}
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
	v.newcomers()
}

// newcomers: what a roster says of a new student must be enough to declare by.
func (v *validator) newcomers() {
	n, p := &v.s.Newcomers, "newcomers"
	if len(n.List) == 0 {
		return
	}
	v.need(p+".menu", n.Menu)
	v.need(p+".undeclared", n.Undeclared)
	if q := v.s.Questions[n.Column]; q == nil || q.Kind != KindText {
		v.fault(p+".column", "%q is not a question for a text", n.Column)
	}
	switch d, ok := v.s.Destination(n.Arrives); {
	case !ok || !v.s.newcomers(n.Arrives):
		v.fault(p+".arrives", "%q is no destination of newcomers", n.Arrives)
	case len(d.Ask) != 1 || d.Ask[0].Question != n.Column:
		v.fault(p+".column", "destination %q must ask %q and nothing else: a roster answers no more", n.Arrives, n.Column)
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
	for _, k := range d.Place {
		if q := v.s.Questions[k]; q == nil || q.Kind != KindProvince || !asked[k] {
			v.fault(p+".place", "%q is not a question for a province that is asked here", k)
		}
	}
	if len(d.Routes) == 0 {
		v.fault(p, "destination %q leads nowhere: it has no routes", d.Key)
		return
	}
	keys := map[string]bool{}
	ways := false // a route that is not refused has come
	for i := range d.Routes {
		r, at := &d.Routes[i], fmt.Sprintf("%s.routes[%d]", p, i)
		v.need(at+".key", r.Key)
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
		if r.Refuse == "" {
			ways = true
			v.need(at+".to", r.To)
			v.routeRefs(at, d, r, asked)
			continue
		}
		v.refused(at, r, asked)
		switch last := i == len(d.Routes)-1; {
		case ways:
			v.fault(at+".refuse", "refused routes come before the others")
		case last:
			v.fault(at+".refuse", "destination %q has no route that is not refused", d.Key)
		}
	}
}

// refused: a way that is not gone says why, and nothing else.
func (v *validator) refused(at string, r *Route, asked map[string]bool) {
	v.placeholders(at+".refuse", r.Refuse, func(k string) bool { return asked[k] })
	if r.To+r.Track+r.Review+r.Deadline+r.Note != "" || r.Moves || r.Application != nil || len(r.Initiators)+len(r.Steps)+len(r.Duties) > 0 {
		v.fault(at, "route %q is refused: it has a key, a condition and refuse, and nothing else", r.Key)
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
	v.texts(at+".steps", r.Steps, known)
	v.application(at, r, asked)
	for i, k := range r.Duties {
		rule, ok := v.s.DutyRule(k)
		p := fmt.Sprintf("%s.duties[%d]", at, i)
		if !ok {
			v.fault(p, "there is no duty %q", k)
			continue
		}
		if rule.Subject != SubjectMember {
			v.fault(p, "duty %q is about a %s, not about a member", k, rule.Subject)
			continue
		}
		if slices.Contains(rule.While, AnyState) {
			v.fault(p, "duty %q is everybody's already and hangs on no route", k)
			continue
		}
		if rule.Due.Answer != "" && !asked[rule.Due.Answer] {
			v.fault(p, "duty %q is due by the answer to %q, which is not asked here", k, rule.Due.Answer)
		}
		if t != nil && !v.openOn(rule, r.Track) && !v.openOn(rule, v.s.CrossSystem.Tracks[r.Track]) {
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
			if !slices.ContainsFunc(d.Place, func(k string) bool { return asked[k] }) {
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

// routeKeys checks references to routes: destination, or destination/route.
func (v *validator) routeKeys(p string, keys []string) {
	for _, k := range keys {
		dest, route, one := strings.Cut(k, "/")
		d, ok := v.s.Destination(dest)
		switch {
		case !ok:
			v.fault(p, "there is no destination %q", dest)
		case one && !slices.ContainsFunc(d.Routes, func(r Route) bool { return r.Key == route && r.Refuse == "" }):
			v.fault(p, "destination %q has no route %q", dest, route)
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
		v.need(p+".clause", r.Clause)
		if v.places[p+".of"].line > 0 == (v.places[p+".all_but"].line > 0) {
			v.fault(p, "a rate needs either of or all_but")
		}
		for _, f := range []struct {
			name string
			keys []string
		}{{"of", r.Of}, {"all_but", r.AllBut}} {
			for _, k := range f.keys {
				if _, ok := v.s.Destination(k); !ok {
					v.fault(p+"."+f.name, "there is no destination %q", k)
				}
			}
		}
		v.routeKeys(p+".via", r.Via)
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
