package season

import (
	"fmt"
	"slices"
)

// application checks what a route says about its written application: that its events are there, recorded by those who
// can, and lead on each track the way a hand-in, an approval and a return do.
func (v *validator) application(at string, r *Route, asked map[string]bool) {
	a := r.Application
	if a == nil {
		return
	}
	at += ".application"
	v.need(at+".name", a.Name)
	handed := v.applicationEvent(at+".handed", a.Handed)
	approve := v.applicationEvent(at+".approve", a.Approve)
	back := v.applicationEvent(at+".return", a.Return)
	if handed != nil && !slices.Contains(handed.By, SubjectMember) {
		v.fault(at+".handed", "event %q is not the member's to record", a.Handed)
	}
	for _, e := range []*Event{approve, back} {
		if e != nil && slices.Contains(e.By, SubjectMember) {
			v.fault(at, "event %q decides on an application and cannot be the member's to record", e.Key)
		}
	}
	if back != nil && !back.Reason {
		v.fault(at+".return", "event %q takes no reason: what is to be changed could not be said", a.Return)
	}
	v.partyKeys(at+".readers", a.Readers, true)
	if approve != nil {
		for _, p := range approve.By {
			if !a.ReadBy(p) {
				v.fault(at+".readers", "party %q approves the application and must be able to read it", p)
			}
		}
	}
	if a.ReadBy(SubjectMember) {
		v.fault(at+".readers", "an application is read by officers")
	}
	if len(a.Facts) == 0 {
		v.fault(at+".facts", "facts, the questions the application is about, are missing")
	}
	for i, k := range a.Facts {
		if !asked[k] {
			v.fault(fmt.Sprintf("%s.facts[%d]", at, i), "question %q is not asked here", k)
		}
	}
	for _, key := range []string{r.Track, v.s.CrossSystem.Tracks[r.Track]} {
		if t := v.s.Tracks[key]; t != nil && handed != nil && approve != nil && back != nil {
			v.applicationMoves(at, t, a)
		}
	}
}

func (v *validator) applicationEvent(at, key string) *Event {
	e, ok := v.s.EventNamed(key)
	switch {
	case !ok:
		v.fault(at, "there is no event %q", key)
	case e.Aside || len(e.By) == 0:
		v.fault(at, "event %q is not recorded by anybody about the transfer itself", key)
	default:
		return e
	}
	return nil
}

// applicationMoves: it can be handed in; where it waits then it can be approved and returned; and handed in again.
func (v *validator) applicationMoves(at string, t *Track, a *Application) {
	handedIn := false
	for _, m := range t.Moves {
		if m.On != a.Handed {
			continue
		}
		handedIn = true
		if _, ok := v.s.Advance(t.Key, m.To, a.Approve); !ok {
			v.fault(at+".approve", "track %q: what was handed in waits in state %q, which event %q does not lead out of", t.Key, m.To, a.Approve)
		}
		switch to, ok := v.s.Advance(t.Key, m.To, a.Return); {
		case !ok:
			v.fault(at+".return", "track %q: what was handed in waits in state %q, which event %q does not lead out of", t.Key, m.To, a.Return)
		default:
			if _, ok := v.s.Advance(t.Key, to, a.Handed); !ok {
				v.fault(at+".return", "track %q: what is returned cannot be handed in again: event %q leads to state %q", t.Key, a.Return, to)
			}
		}
	}
	if !handedIn {
		v.fault(at+".handed", "track %q has no move on event %q", t.Key, a.Handed)
	}
}
