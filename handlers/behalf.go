package handlers

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"xianjie/storage"
)

// 代填: an officer enters a destination for a member. The questions are the member's own; while they are asked the turn's
// subject is that member, looked up anew at every message, so that whoever leaves the officer's scope is not spoken of
// any more. What the officer was doing before waits in draft.Own.

// ownDraft is where an officer was before filling in for somebody.
type ownDraft struct {
	State string `json:"state"`
	Draft draft  `json:"draft"`
}

// isFillFor recognises 代填 张三, 代填张三, 代填 20160001, 代填 3.
func isFillFor(t *turn) bool {
	const longestName = 4
	rest, ok := strings.CutPrefix(t.line, textFor)
	if !ok {
		return false
	}
	first, _ := utf8.DecodeRuneInString(rest)
	n := utf8.RuneCountInString(rest)
	return rest == "" || isSeparator(first) || unicode.IsDigit(first) || unicode.Is(unicode.Han, first) && n >= 2 && n <= longestName
}

// fillFor finds whom to fill in for, and asks where several carry the name.
func (t *turn) fillFor() {
	if t.draft.For != 0 {
		t.say(textForOpen, t.draft.ForName)
		t.prompt()
		return
	}
	args := strings.FieldsFunc(strings.TrimPrefix(t.line, textFor), isSeparator)
	if len(args) == 0 {
		t.say(textForHow)
		return
	}
	n, ok := t.resolve(args)
	if !ok {
		return
	}
	found := len(n.members)
	switch {
	case found+len(n.twice) == 0:
		t.sayUnknown(n.unknown)
	case found == 0:
		t.askWhich(pendingRecord{For: true}, n)
		t.sayUnknown(n.unknown)
	case found > 1 || len(n.twice)+len(n.unknown) > 0:
		t.sayUnknown(n.unknown)
		t.say(textForHow)
	default:
		t.beginFor(n.members[0])
	}
}

// beginFor puts what the officer was doing aside and asks the first question about a member, or what of their declaration
// is to be changed.
func (t *turn) beginFor(m storage.Member) {
	if t.self != nil && t.self.Person.ID == m.Person.ID {
		t.say(textForSelf)
		return
	}
	t.audit("open_for", fmt.Sprintf("person/%d", m.Person.ID), nil)
	own := &ownDraft{State: t.state, Draft: t.draft}
	t.say(textForStart, t.label(m.Person, &m.Branch))
	if t.drafting() {
		t.say(textForStartOwn, t.you())
	}
	t.draft = draft{For: m.Person.ID, ForName: m.Person.Name, ForSeq: seqOf(m), Own: own}
	t.draft.carry(own.Draft)
	own.Draft.carry(draft{}) // they go on while somebody is filled in for
	t.turnTo(&m)
	if m.Declaration == nil {
		t.state = stateChoose
		t.prompt()
		return
	}
	t.say(textForBefore, m.Person.Name)
	t.say("%s", t.whereItStands())
	if m.Underway() {
		t.say(textForUnderway, m.Person.Name, t.stateName())
	}
	t.revise()
	t.prompt()
}

// carry takes over from another draft what belongs to the chat and to no declaration.
func (d *draft) carry(from draft) {
	d.Greeted, d.List, d.Listed, d.After = from.Greeted, from.List, from.Listed, from.After
	d.Pending, d.Reply, d.Sheet, d.HandIn = from.Pending, from.Reply, from.Sheet, from.HandIn
}

// seqOf is the number of a member's declaration, 0 without one.
func seqOf(m storage.Member) int {
	if m.Declaration == nil {
		return 0
	}
	return m.Declaration.Seq
}

// settleFor looks the member up whom the officer fills in for. Where there is none in the officer's scope, nothing is left
// of them in this chat.
func (t *turn) settleFor() {
	m, ok := t.filledFor()
	if !ok {
		return
	}
	if m == nil {
		t.lost = t.draft.ForName
		t.giveBack()
		return
	}
	t.turnTo(m)
	switch {
	case t.state == stateChoose:
	case !t.drafting():
		t.draft.Destination, t.state = "", stateChoose // the season dropped the destination
	case t.state == stateAsk && t.asked() == nil:
		t.proceed()
	}
}

// filledFor is the member of draft.For, nil when they are not in the officer's scope (any more).
func (t *turn) filledFor() (*storage.Member, bool) {
	if len(t.p.Roles) == 0 {
		return nil, true
	}
	id, sc := t.draft.For, t.scope()
	ms, ok := want(t, fmt.Sprintf("for/%d", id), func(ctx context.Context, s *storage.Store) ([]storage.Member, error) {
		return s.MembersMeant(ctx, sc, []int64{id}, nil, nil)
	})
	if !ok || len(ms) == 0 {
		return nil, ok
	}
	return &ms[0], true
}

// giveBack returns to where the officer was before.
func (t *turn) giveBack() {
	kept := t.draft
	t.draft, t.state = draft{}, ""
	t.turnTo(t.self)
	if kept.Own != nil {
		t.draft, t.state = kept.Own.Draft, kept.Own.State
	}
	t.draft.carry(kept)
	if kept.Notice != nil { // begun meanwhile
		t.draft.Notice = kept.Notice
	}
	t.settle()
}

// lostSubject answers as if the member had never been there.
func (t *turn) lostSubject() {
	if len(t.p.Roles) > 0 {
		t.sayUnknown([]string{t.lost})
	}
	t.say(textForEnded)
	t.promptOwn()
}

// promptOwn repeats what the officer was asked before, if anything.
func (t *turn) promptOwn() {
	if t.drafting() {
		t.say(textForOwn, t.you())
		t.prompt()
	}
}

func (t *turn) cancelFor() {
	said := textForCancelled
	if t.declared() {
		said = textForKept
	}
	t.say(said, t.draft.ForName)
	t.giveBack()
	t.promptOwn()
}

// confirmFor declares what was filled in for the member and tells them. What they, or somebody else, declared while it
// was filled in is shown first.
func (t *turn) confirmFor() {
	m := *t.subject
	name := m.Person.Name
	values := t.filledValues()
	if t.declared() && t.same(values) {
		t.say(textForUnchanged, name)
		t.giveBack()
		t.promptOwn()
		return
	}
	if seq := seqOf(m); seq != t.draft.ForSeq {
		t.draft.ForSeq = seq
		t.say(textForMeanwhile, name)
		t.say("%s", t.whereItStands())
		t.prompt()
		t.say(textForLook)
		return
	}
	contacts, ok := t.contactsOf([]storage.Member{m})
	if !ok {
		return
	}
	answers := t.answerLines()
	outcome, ok := t.declare(values, "declare_for")
	if !ok {
		return
	}
	d, _ := t.season.Destination(t.draft.Destination)
	t.say(textForDone, t.label(m.Person, &m.Branch), d.Name, outcome.To)
	contact, reached := contacts[m.Person.ID]
	if reached {
		told := textForTold
		if t.declared() {
			told = textForToldChange
		}
		t.tell(contact, storage.OutNudge, fmt.Sprintf(told, name, t.signed())+"\n"+answers+"\n"+routeText(outcome)+"\n\n"+textForToldHow)
		t.say(textForReached)
	} else {
		t.say(textForNotReached, name)
	}
	t.giveBack()
	t.promptOwn()
}

// answerLines are all answers of the draft, one a line.
func (t *turn) answerLines() string {
	items := t.items()
	lines := make([]string, len(items))
	for i, it := range items {
		lines[i] = it.label + "：" + it.value
	}
	return strings.Join(lines, "\n")
}

// heading says before every question whom it is about, where it is not the writer.
func (t *turn) heading() string {
	if t.draft.For == 0 {
		return ""
	}
	return fmt.Sprintf(textForHead, t.label(t.subject.Person, &t.subject.Branch))
}

// chosenText repeats the destination that was chosen.
func (t *turn) chosenText() string {
	if t.draft.For != 0 {
		return textForChosen
	}
	return textChosen
}

// offerHelp is what to do about a question one cannot answer.
func (t *turn) offerHelp() string {
	if t.draft.For != 0 {
		return textForOffer
	}
	return textOfferHuman
}

// byWhom is added where a college is told that a declaration changed.
func (t *turn) byWhom() string {
	if t.draft.For == 0 {
		return ""
	}
	return fmt.Sprintf(textForBy, t.p.Person.Name)
}
