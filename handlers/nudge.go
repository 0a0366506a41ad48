package handlers

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"xianjie/season"
	"xianjie/storage"
)

// 催: an officer nudges members by hand, in the officer's name: 催 全部, 催 1 3-5, 催 张三. How often somebody is nudged is
// bounded by the season; the digests of the season come on their own.

// actionNudge marks in the audit that somebody was nudged.
const actionNudge = "nudge"

func isNudge(t *turn) bool {
	return t.heard(textNudge) || strings.HasPrefix(t.line, textNudge+" ") || strings.HasPrefix(t.line, textNudge+"：") ||
		strings.HasPrefix(t.line, textNudge+textWhole)
}

// nudgeMembers sends everybody named a friendly word, and says who could not be reached and why.
func (t *turn) nudgeMembers() {
	args := strings.FieldsFunc(strings.TrimPrefix(spans.Replace(t.line), textNudge), isSeparator)
	if len(args) == 0 {
		t.say(textNudgeHow)
		return
	}
	members, ok := t.meant(args)
	if !ok || len(members) == 0 {
		return
	}
	ids := make([]int64, len(members))
	for i, m := range members {
		ids[i] = m.Person.ID
	}
	since := t.now.AddDate(0, 0, -max(1, t.season.Nudges.Days))
	type known struct {
		contacts map[int64]storage.Contact
		nudged   map[int64]storage.Nudged
	}
	k, ok := want(t, fmt.Sprintf("nudged/%v", ids), func(ctx context.Context, s *storage.Store) (known, error) {
		contacts, err := s.ContactsOf(ctx, ids)
		if err != nil {
			return known{}, err
		}
		nudged, err := s.NudgesOf(ctx, ids)
		return known{contacts, nudged}, err
	})
	if !ok {
		return
	}
	var done []string
	left := map[string][]string{} // why not → names
	for _, m := range members {
		contact, reached := k.contacts[m.Person.ID]
		n := k.nudged[m.Person.ID]
		t.viewed(m)
		name := t.label(m.Person, &m.Branch)
		switch most := t.season.Nudges.Most; {
		case t.season.TrackState(m.Transfer.Track, m.Transfer.State).Done:
			left[textNudgeDone] = append(left[textNudgeDone], name)
		case !reached:
			left[textNudgeUnreached] = append(left[textNudgeUnreached], name)
		case n.Count > 0 && n.Last.After(since):
			left[textNudgeLately] = append(left[textNudgeLately], name)
		case most > 0 && n.Count >= most:
			left[textNudgeEnough] = append(left[textNudgeEnough], name)
		default:
			t.tell(contact, storage.OutNudge, t.nudgeText(m))
			t.audit(actionNudge, fmt.Sprintf("person/%d", m.Person.ID), nil)
			done = append(done, m.Person.Name)
		}
	}
	if len(done) > 0 {
		t.say(textNudged, len(done), someNames(done, 10))
	}
	for _, why := range slices.Sorted(maps.Keys(left)) {
		t.say(textNotNudged, len(left[why]), why, someNames(left[why], 10))
	}
}

// nudgeText is what a member who is nudged reads: from whom, how it stands, and what to do.
func (t *turn) nudgeText(m storage.Member) string {
	from := t.signed()
	if m.Transfer.State == season.Undeclared && !t.season.Receives(m.Person.Cohort) {
		return fmt.Sprintf(textNudgeUndeclared, m.Person.Name, from)
	}
	return fmt.Sprintf(textNudgeState, m.Person.Name, from, t.nameOf(m.Transfer))
}

// signed is the officer as members are told who acts: 机械学院郑明老师, 机械1班孙悦.
func (t *turn) signed() string {
	if t.p.Person.Cohort == 0 {
		return fmt.Sprintf(textNudgeFrom, t.scopeName(), t.p.Person.Name)
	}
	return t.scopeName() + t.p.Person.Name
}

// meant are the members an officer names by number, span, student number or name, or the whole list last shown. What is
// unknown is said; of a name that several carry, all are told apart.
func (t *turn) meant(args []string) ([]storage.Member, bool) {
	if len(args) == 1 && args[0] == textWhole {
		return t.wholeList()
	}
	n, ok := t.resolve(args)
	if !ok {
		return nil, false
	}
	t.sayUnknown(n.unknown)
	if len(n.twice) > 0 {
		t.viewed(n.twice...)
		lines := make([]string, len(n.twice))
		for i, m := range n.twice {
			lines[i] = t.label(m.Person, &m.Branch) + " " + m.Person.No
		}
		t.say(textWhichByNumber+"\n%s", n.name, strings.Join(lines, "\n"))
	}
	return n.members, true
}

// mostWhole is how many members one message takes on at most.
const mostWhole = 200

// wholeList is everybody on the list last shown, on all its pages.
func (t *turn) wholeList() ([]storage.Member, bool) {
	if len(t.draft.List) == 0 {
		t.say(textNumbersFromList)
		return nil, false
	}
	arg := t.draft.Listed
	l, ok := t.listedBy(arg)
	if !ok {
		return nil, false
	}
	p, ok := want(t, "whole/"+arg, func(ctx context.Context, s *storage.Store) (listPage, error) {
		ms, total, err := s.MembersIn(ctx, l.scope, l.filter, 0, mostWhole)
		return listPage{ms, total}, err
	})
	if !ok {
		return nil, false
	}
	if p.total > mostWhole {
		t.say(textTooMany, p.total, mostWhole)
		return nil, false
	}
	if p.total == 0 {
		t.say(textListEmpty, l.title)
	}
	return p.members, true
}

// recordWhole asks before an event is recorded for a whole list.
func (t *turn) recordWhole(e *season.Event, at time.Time, reason string) {
	members, ok := t.wholeList()
	if !ok || len(members) == 0 {
		return
	}
	p := pendingRecord{Event: e.Key, At: at.UTC().Format(time.RFC3339Nano), Reason: reason}
	for _, m := range members {
		if _, fits := t.season.Advance(m.Transfer.Track, m.Transfer.State, e.Key); fits {
			p.IDs, p.Names = append(p.IDs, m.Person.ID), append(p.Names, m.Person.Name)
		}
	}
	t.viewedPeople(p.IDs...)
	if len(p.IDs) == 0 {
		t.say(textNobodyFits, e.Name)
		return
	}
	if n := len(members) - len(p.IDs); n > 0 {
		t.say(textSomeDoNotFit, n, e.Name)
	}
	t.draft.Reply = &reply{Deeds: []pendingRecord{p}}
	t.say(textRecordWhole, len(p.IDs), someNames(p.Names, 20), e.Name)
}
