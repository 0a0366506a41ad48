package season

import (
	"fmt"
	"slices"
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
		switch r.Subject {
		case SubjectMember:
			v.memberDuty(p, r, states)
		case SubjectBranch, SubjectCollege:
			v.orgDuty(p, r, states)
		default:
			v.fault(p+".subject", "subject %q is none of %s, %s and %s", r.Subject, SubjectMember, SubjectBranch, SubjectCollege)
		}
		v.due(p+".due", r)
		v.lapse(p, r)
		v.steps(p, r)
		v.dutyFollow(p, r)
	}
}

func (v *validator) memberDuty(p string, r *DutyRule, states map[string]bool) {
	if len(r.While) == 0 {
		v.fault(p, "duty %q is open in no state", r.Key)
	}
	for _, st := range r.While {
		if !states[st] && st != AnyState {
			v.fault(p+".while", "no track has a state %q", st)
		}
	}
	if slices.Contains(r.While, AnyState) {
		switch {
		case len(r.While) > 1:
			v.fault(p+".while", "%s stands alone: it means every state", AnyState)
		case len(r.Until) == 0:
			v.fault(p, "duty %q is open in every state and never over: it needs until", r.Key)
		case r.Due.Answer != "":
			v.fault(p+".due", "duty %q is everybody's and cannot be due by an answer", r.Key)
		}
	}
	if r.Open.Some != nil || r.Open.None != nil {
		v.fault(p+".open", "only a duty about a branch or a college has open; about a member, it has while")
	}
	for _, k := range r.Until {
		if _, ok := v.s.EventNamed(k); !ok {
			v.fault(p+".until", "there is no event %q", k)
		}
	}
}

func (v *validator) orgDuty(p string, r *DutyRule, states map[string]bool) {
	if len(r.While) > 0 {
		v.fault(p+".while", "a duty about a %s has open, not while", r.Subject)
	}
	if r.Of == "member" {
		v.fault(p+".of", "no single member answers for a %s", r.Subject)
	}
	v.group(p+".open.some", r.Open.Some, states)
	v.group(p+".open.none", r.Open.None, states)
	if r.Open.Some == nil && r.Open.None == nil && len(r.Until) == 0 {
		v.fault(p, "duty %q is open always and never over: it needs open or until", r.Key)
	}
	for _, k := range r.Until {
		if e, ok := v.s.OrgEventNamed(k); !ok || e.Subject != r.Subject {
			v.fault(p+".until", "there is no event %q about a %s under org_events", k, r.Subject)
		}
	}
}

func (v *validator) group(p string, g *Group, states map[string]bool) {
	if g == nil {
		return
	}
	if !slices.Contains([]string{"", CohortThis, CohortEarlier, CohortLater}, g.Cohort) {
		v.fault(p+".cohort", "cohort %q is none of %s, %s and %s", g.Cohort, CohortThis, CohortEarlier, CohortLater)
	}
	v.routeKeys(p+".routes", g.Routes)
	for _, f := range []struct {
		name   string
		states Keys
	}{{"in", g.In}, {"not_in", g.NotIn}} {
		for _, st := range f.states {
			if !states[st] {
				v.fault(p+"."+f.name, "no track has a state %q", st)
			}
		}
	}
}

func (v *validator) due(p string, r *DutyRule) {
	d, set := r.Due, 0
	if d.Date != "" {
		set++
		if day, ok := v.s.Dates[d.Date]; !ok {
			v.fault(p+".date", "there is no date %q under dates", d.Date)
		} else if due, _ := v.s.due(d, nil, nil); !day.Date.IsZero() && (due.Before(v.s.Opens) || due.After(v.s.Closes)) {
			v.fault(p, "due on %s, outside the season from %s to %s", due, v.s.Opens, v.s.Closes)
		}
	}
	if len(d.After) > 0 {
		set++
		for _, event := range d.After {
			if !v.happens(r.Subject, event) {
				v.fault(p+".after", "there is no event %q", event)
			}
		}
	}
	if d.Latest != "" {
		if _, ok := v.s.Dates[d.Latest]; !ok {
			v.fault(p+".latest", "there is no date %q under dates", d.Latest)
		}
		if d.Date != "" {
			v.fault(p+".latest", "a duty that is due on a date needs no latest day")
		}
	}
	if d.Answer != "" && r.Subject != SubjectMember {
		v.fault(p+".answer", "a duty about a %s cannot be due by a member's answer", r.Subject)
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

// happens reports whether an event can happen to a member, or to an organisation.
func (v *validator) happens(subject, event string) bool {
	if subject == SubjectMember {
		_, ok := v.s.EventNamed(event)
		return ok || event == "declared"
	}
	e, ok := v.s.OrgEventNamed(event)
	return ok && e.Subject == subject || event == Opened
}

func (v *validator) lapse(p string, r *DutyRule) {
	switch r.Lapse {
	case LapseOverdue:
		if r.LapseEvent != "" {
			v.fault(p+".lapse_event", "only %s records an event", LapseApproved)
		}
	case LapseApproved:
		if r.Subject != SubjectMember {
			v.fault(p+".lapse", "only a duty about a member lapses with %s", LapseApproved)
			return
		}
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
	lapsed := oneOf("count", "names", "days", "due", "name", "reminded")
	v.need(p+".line", r.Line)
	v.need(p+".lapse_line", r.LapseLine)
	v.placeholders(p+".line", r.Line, known)
	v.placeholders(p+".member_line", r.MemberLine, known)
	v.placeholders(p+".lapse_line", r.LapseLine, lapsed)
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
		v.stepKey(at, &st)
		if st.Before != nil && *st.Before < 0 {
			v.fault(at+".before", "a step after its own deadline would come too late")
		}
		if _, ok := v.s.Dates[r.Due.Date]; ok {
			if due, _ := v.s.due(r.Due, nil, nil); st.On.After(due) {
				v.fault(at+".on", "a step on %s, after its own deadline on %s, would come too late", st.On, due)
			}
		}
		if st.On.After(v.s.Closes) || !st.On.IsZero() && st.On.Before(v.s.Opens) {
			v.fault(at+".on", "a step on %s never leaves: the season is from %s to %s", st.On, v.s.Opens, v.s.Closes)
		}
		if st.After != nil && len(r.Due.After) > 0 && r.Due.Months == 0 && *st.After > r.Due.Days {
			v.fault(at+".after", "a step after %d days, when the duty is due after %d, would come too late", *st.After, r.Due.Days)
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
