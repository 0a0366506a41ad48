package handlers

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"xianjie/season"
	"xianjie/storage"
)

// 批准 12号, 退回申请 12号：原因: what waits for an answer is decided by its number. The number is that of one file that was
// handed in, so that nothing is approved that nobody has seen: what was returned and handed in anew has another number.

// decides reports whether the writer may approve an application.
func (t *turn) decides(a *season.Application) bool {
	e, ok := t.season.EventNamed(a.Approve)
	return ok && t.mayRecord(e)
}

// decideHow says how to answer one application.
func (t *turn) decideHow(a *season.Application, no int64) string {
	approve, _ := t.season.EventNamed(a.Approve)
	back, _ := t.season.EventNamed(a.Return)
	return fmt.Sprintf(textDecideHow, approve.Words[0], back.Words[0], no)
}

// decideWords is the same of any application, for lists and for help; "" when the writer decides on none.
func (t *turn) decideWords() string {
	for _, a := range t.readable() {
		if t.decides(a.Application) {
			approve, _ := t.season.EventNamed(a.Approve)
			back, _ := t.season.EventNamed(a.Return)
			return fmt.Sprintf(textDecideWords, approve.Words[0], back.Words[0])
		}
	}
	return ""
}

// decision is a command about applications by their numbers.
type decision struct {
	event  *season.Event
	nos    []int64
	plain  bool // some number was written without 号: it may be meant for the list last shown
	rest   []string
	reason string
}

// decision reads a command whose event answers applications and whose first argument is a number. An event that takes a
// reason and answers none (退回) is read as the one that returns applications, where the number leaves no doubt.
func (t *turn) decision(e *season.Event, args []string, reason string) (decision, bool) {
	d := decision{reason: reason}
	var last string
	for i, arg := range args {
		no, marked, ok := applicationNo(arg)
		if !ok {
			d.rest = args[i:]
			break
		}
		d.nos, d.plain, last = append(d.nos, no), d.plain || !marked, arg
	}
	if len(d.nos) == 0 || len(d.nos) > mostPicked {
		return d, false
	}
	for _, a := range t.readable() {
		switch back, _ := t.season.EventNamed(a.Return); {
		case e.Key == a.Approve || e.Key == a.Return:
			d.event = e
		case e.Reason && !d.plain && d.event == nil:
			d.event = back
		}
	}
	if d.event == nil || !t.mayRecord(d.event) {
		return d, false
	}
	if d.event.Reason && d.reason == "" && len(d.rest) > 0 {
		_, after, _ := strings.Cut(spans.Replace(t.line), last)
		d.reason, d.rest = oneLine(strings.Trim(after, aroundWords), 100), nil
	}
	return d, true
}

// mostPicked is how many applications one command answers.
const mostPicked = 20

// decide answers applications. False: the command is not about applications, and nothing was said.
func (t *turn) decide(e *season.Event, args []string, reason string) bool {
	d, ok := t.decision(e, args, reason)
	if !ok {
		return false
	}
	found, ok := t.applicationsNumbered(d.nos)
	if !ok {
		return true
	}
	if d.plain && !t.clearlyApplications(d, found) {
		return t.need != nil || len(t.replies) > 0
	}
	if e.Key != d.event.Key && len(found) == 0 {
		return false // 退回 12号 张三: the twelfth of the month, maybe
	}
	rest, at, ok := t.when(d.rest)
	if !ok {
		return true
	}
	if len(rest) > 0 {
		t.say(textDecideAlone, d.event.Words[0])
		return true
	}
	if d.event.Reason && d.reason == "" {
		t.say(textReturnWhy, d.event.Words[0], d.nos[0])
		return true
	}
	t.answerApplications(d, found, at)
	return true
}

// clearlyApplications: a number without 号 may be one of the list last shown as well. When it can be both it is asked, and
// when it is no application it is left to the list.
func (t *turn) clearlyApplications(d decision, found map[int64]numberedApplication) bool {
	for _, no := range d.nos {
		v, is := found[no]
		switch listed := no <= int64(len(t.draft.List)); {
		case !is && listed:
			return false
		case is && listed:
			t.viewed(v.member)
			t.say(textTwoNumbers, no, v.member.Person.Name, d.event.Words[0])
			return false
		}
	}
	return true
}

func (t *turn) answerApplications(d decision, found map[int64]numberedApplication, at time.Time) {
	var members []storage.Member
	numbers := map[int64]int64{} // person → number
	for _, no := range d.nos {
		v, ok := found[no]
		switch {
		case !ok:
			t.say(textNoApplication, no)
		case !t.isOpen(v):
			t.viewed(v.member)
			t.say(textApplicationDone, no, t.label(v.member.Person, &v.member.Branch), t.nameOf(v.member.Transfer))
		case !slices.ContainsFunc(members, func(m storage.Member) bool { return m.Person.ID == v.member.Person.ID }):
			members = append(members, v.member)
			numbers[v.member.Person.ID] = no
		}
	}
	p := pendingRecord{Event: d.event.Key, At: at.UTC().Format(time.RFC3339Nano), Reason: d.reason}
	t.apply(p, members, func(m storage.Member) string {
		return fmt.Sprintf(textNumber, numbers[m.Person.ID]) + " " + t.label(m.Person, &m.Branch)
	})
}

// isOpen reports that the application is what its member handed in last and nobody has decided on it.
func (t *turn) isOpen(v numberedApplication) bool {
	now := t.handedIn(v.member)
	return now != nil && now.ID == v.event.ID && t.leads(v.member, t.applicationOf(v.member).Approve)
}

// undecidable says why the writer cannot answer a member's application with an event like this, in a chat and beside a
// row of a workbook; "" when they can. Nobody approves their own, and none is returned without a word on what to change.
func (t *turn) undecidable(e *season.Event, m storage.Member, reason string) (chat, row string) {
	a := t.applicationOf(m)
	switch {
	case a == nil:
	case e.Key == a.Approve && t.self != nil && t.self.Person.ID == m.Person.ID:
		return textNotOwn, textSheetNotOwn
	case e.Key == a.Return && reason == "":
		return fmt.Sprintf(textReturnsHow, t.label(m.Person, &m.Branch), e.Words[0], m.Person.Name), textSheetWhy
	}
	return "", ""
}
