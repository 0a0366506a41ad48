package season

import (
	"fmt"
	"slices"
	"strings"
)

// follow checks what the file says comes after every reminder.
func (v *validator) follow() {
	if n := v.s.Nudges; n.Days < 0 || n.Most < 0 {
		v.fault("nudges", "days and most cannot be negative")
	}
	f := &v.s.Follow
	v.seenWakes("follow.seen_wakes", f)
	v.ladder("follow.escalate", f.Escalate)
	if o := f.Overdue; o != nil {
		v.overdue("follow.overdue", o)
		if o.Every > 0 {
			v.need("follow.overdue.line", o.Line)
		}
	}
}

// dutyFollow checks what a duty says of its own, and what comes of it together with what holds for all.
func (v *validator) dutyFollow(p string, r *DutyRule) {
	own := func(key string) bool { return v.places[p+"."+key].line != 0 }
	if own("seen_wakes") {
		v.seenWakes(p+".seen_wakes", &r.Follow)
	}
	if own("escalate") {
		v.ladder(p+".escalate", r.Escalate)
	}
	o := r.Overdue
	if o == nil || o.Every == 0 {
		return
	}
	if own("overdue") {
		v.overdue(p+".overdue", o)
		if r.Lapse == LapseApproved {
			v.fault(p+".overdue", "duty %q is approved by default: nothing of it is left to chase", r.Key)
		}
	}
	if r.Lapse == LapseApproved {
		return
	}
	v.need(p+".overdue.line", o.Line)
	to := o.To
	if len(to) == 0 {
		to = Keys{r.Of}
	}
	if slices.Contains(to, "member") {
		if r.Subject != SubjectMember {
			v.fault(p+".overdue.to", "no single member answers for a %s", r.Subject)
		}
		v.need(p+".overdue.member_line", o.MemberLine)
	}
}

func (v *validator) seenWakes(p string, f *Follow) {
	if f.SeenWakes != nil && *f.SeenWakes < 0 {
		v.fault(p, "seen_wakes counts days before the next reminder and cannot be %d", *f.SeenWakes)
	}
}

// ladder checks the rungs by which an unanswered reminder climbs: it must come to an end.
func (v *validator) ladder(p string, rungs []Rung) {
	seen := map[string]bool{}
	for i, g := range rungs {
		at := fmt.Sprintf("%s[%d]", p, i)
		v.partyKey(at+".from", g.From, true)
		v.partyKey(at+".to", g.To, true)
		if g.After <= 0 {
			v.fault(at+".after", "after %d working days: there must be at least one to answer in", g.After)
		}
		switch {
		case g.To == "member":
			v.fault(at+".to", "what nobody answers cannot go to the member it is about")
		case g.From == g.To:
			v.fault(at, "what %s does not answer goes to %s again", g.From, g.To)
		case seen[g.From+">"+g.To]:
			v.fault(at, "there are two steps from %s to %s", g.From, g.To)
		case leads(rungs[:i], g.To, g.From):
			v.fault(at, "escalation runs in a circle: %s already leads to %s", g.To, g.From)
		}
		seen[g.From+">"+g.To] = true
	}
}

// leads reports whether rungs lead from one party to another.
func leads(rungs []Rung, from, to string) bool {
	reached := map[string]bool{from: true}
	for grown := true; grown; {
		grown = false
		for _, g := range rungs {
			if reached[g.From] && !reached[g.To] {
				reached[g.To], grown = true, true
			}
		}
	}
	return reached[to]
}

func (v *validator) overdue(p string, o *Overdue) {
	known := oneOf("count", "names", "days", "due", "name", "duty")
	v.placeholders(p+".line", o.Line, known)
	v.placeholders(p+".member_line", o.MemberLine, known)
	if o.Every < 0 {
		v.fault(p+".every", "every %d days: days cannot be negative", o.Every)
	}
	if o.Most < 0 {
		v.fault(p+".most", "most %d: how often cannot be negative", o.Most)
	}
	v.partyKeys(p+".to", o.To, true)
}

// stepKey checks that a step of the file is not called like one that follows from what happened.
func (v *validator) stepKey(p string, st *Step) {
	if strings.Contains(st.Key, ":") || st.Key == "lapsed" {
		v.fault(p, "step key %q is taken by what the product plans by itself", st.Key)
	}
}
