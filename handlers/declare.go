package handlers

import (
	"fmt"
	"slices"

	"xianjie/season"
	"xianjie/storage"
)

// What was filled in becomes a declaration, by the member or by an officer in their place (behalf.go).

// confirm declares what the writer filled in for themselves.
func (t *turn) confirm() {
	values := t.filledValues()
	if t.declared() && t.same(values) {
		t.discard()
		t.say(textUnchanged)
		t.say("%s", t.whereItStands())
		return
	}
	outcome, ok := t.declare(values, "declare")
	if !ok {
		return
	}
	d, _ := t.season.Destination(t.draft.Destination)
	t.discard()
	t.state = stateDone
	t.say(textDeclared, t.self.Person.Name)
	t.say("%s", outcomeText(d, outcome))
	t.say(textChangeAnyTime)
}

// filledValues are the answers of the draft that its destination asks for.
func (t *turn) filledValues() map[string]storage.Value {
	values := make(map[string]storage.Value)
	for _, q := range t.season.Asked(t.draft.Destination, t.draft.answers()) {
		if v, ok := t.draft.Values[q.Key]; ok {
			values[q.Key] = v
		}
	}
	return values
}

// declare makes the draft the subject's declaration: the only place where one comes from. False: something is asked again,
// or a fact is missing.
func (t *turn) declare(values map[string]storage.Value, action string) (season.Outcome, bool) {
	m := *t.subject
	change, outcome, err := m.Declare(t.season, t.draft.Destination, values, t.said(), t.now)
	if err != nil && t.refused() {
		t.prompt()
		return outcome, false
	}
	if err != nil {
		// The season file asks everything its routes need (validated at load); what is missing here was
		// dropped by a changed file since. Ask again from the first open question.
		t.proceed()
		if t.state == stateConfirm {
			t.state = stateChoose
		}
		t.prompt()
		return outcome, false
	}
	if t.declared() && m.Underway() && !t.tellChanged(outcome) {
		return outcome, false
	}
	t.out.Members = append(t.out.Members, change)
	t.audit(action, fmt.Sprintf("person/%d", m.Person.ID), map[string]string{"destination": t.draft.Destination, "route": outcome.Route})
	return outcome, true
}

// tellChanged tells the college that a declaration is changed on which somebody has acted; false while facts are missing.
func (t *turn) tellChanged(outcome season.Outcome) bool {
	m := t.subject
	ds, ok := t.desks(m.College.ID)
	if !ok {
		return false
	}
	for _, d := range ds {
		if d.contact.ID == t.p.Contact.ID {
			continue // who changes it knows
		}
		t.tell(d.contact, storage.OutNudge, fmt.Sprintf(textChangedNudge, d.person.Name, t.label(m.Person, &m.Branch), t.byWhom(),
			t.shortOf(m.Declaration.Destination), m.Declaration.Target, t.shortOf(t.draft.Destination), outcome.To, t.stateName()))
	}
	return true
}

// same reports that the draft says nothing the present declaration does not say.
func (t *turn) same(values map[string]storage.Value) bool {
	d := t.subject.Declaration
	if d.Destination != t.draft.Destination || len(d.Answers) != len(values) {
		return false
	}
	for k, v := range values {
		if d.Answers[k].Value != v.Value {
			return false
		}
	}
	return true
}

// refused says why the season does not let the relation go the way the answers ask for, and asks again what led there.
// It reports false when nothing is in the way.
func (t *turn) refused() bool {
	r, ok := t.season.Refused(t.draft.Destination, t.draft.answers())
	if !ok {
		return false
	}
	t.say("%s", r.Text)
	asked := t.season.Asked(t.draft.Destination, t.draft.answers())
	for _, q := range slices.Backward(asked) {
		if _, answered := t.draft.Values[q.Key]; !answered {
			continue
		}
		delete(t.draft.Values, q.Key)
		if _, still := t.season.Refused(t.draft.Destination, t.draft.answers()); !still {
			t.draft.Asking, t.state, t.draft.Tries, t.draft.Choices = q.Key, stateAsk, 0, nil
			return true
		}
	}
	t.draft.Destination, t.state = "", stateChoose // the destination itself is in the way
	return true
}
