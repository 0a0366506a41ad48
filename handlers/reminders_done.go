package handlers

import (
	"context"
	"fmt"
	"slices"
	"time"

	"xianjie/season"
	"xianjie/storage"
	"xianjie/understand"
)

// 2 已办: what a digest asked for is recorded on 确认.

// doneWith asks which events are to be recorded for what the digest asked for. What the writer cannot record is only
// acknowledged.
func (t *turn) doneWith(list []storage.PutBefore) {
	deeds, ok := t.deeds(list)
	if !ok {
		return
	}
	t.acknowledge(list, storage.AckSeen)
	if deeds, ok = t.beyondHandIn(deeds); !ok && len(deeds) == 0 {
		return
	}
	if len(deeds) == 0 {
		t.say(textNothingToRecord, t.you())
		return
	}
	t.draft.Reply = &reply{Deeds: deeds}
	t.askDeeds()
}

// beyondHandIn leaves out that the writer's own application was handed in: the file says that, not a word. False: it was
// among them, and how to hand it in was said.
func (t *turn) beyondHandIn(deeds []pendingRecord) ([]pendingRecord, bool) {
	a := t.awaited()
	if a == nil {
		return deeds, true
	}
	own := slices.IndexFunc(deeds, func(d pendingRecord) bool {
		return d.Event == a.Handed && !d.Orgs && slices.Equal(d.IDs, []int64{t.self.Person.ID})
	})
	if own < 0 {
		return deeds, true
	}
	t.say(textHandInHow, a.Name)
	return slices.Delete(deeds, own, own+1), false
}

// mostDeeds is how many people one 确认 records at most: more are not looked through in a chat.
const mostDeeds = 200

// deeds are the events that would record as done what a digest asked for, with for whom.
func (t *turn) deeds(list []storage.PutBefore) ([]pendingRecord, bool) {
	var ids, orgs []int64
	for _, b := range list {
		if b.Duty.Subject == storage.SubjectMember {
			ids = append(ids, b.Duty.PersonID)
		} else {
			orgs = append(orgs, b.Duty.OrgID)
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	members, ok := want(t, fmt.Sprintf("about/%v", ids), func(ctx context.Context, s *storage.Store) ([]storage.Member, error) {
		return s.Members(ctx, ids)
	})
	if !ok {
		return nil, false
	}
	byID := make(map[int64]storage.Member, len(members))
	for _, m := range members {
		byID[m.Person.ID] = m
	}
	byEvent := map[string]*pendingRecord{}
	var order []string
	add := func(key string, p pendingRecord, id int64, name string) {
		if byEvent[key] == nil {
			byEvent[key] = &p
			order = append(order, key)
		}
		if have := byEvent[key]; !slices.Contains(have.IDs, id) && len(have.IDs) < mostDeeds {
			have.IDs, have.Names = append(have.IDs, id), append(have.Names, name)
		}
	}
	at := t.now.UTC().Format(time.RFC3339Nano)
	for _, b := range list {
		rule, ok := t.season.DutyRule(b.Duty.Rule)
		if !ok {
			continue
		}
		if b.Duty.Subject != storage.SubjectMember {
			if e, ok := t.orgDeed(rule); ok {
				add("org/"+e.Key, pendingRecord{Event: e.Key, Orgs: true, At: at}, b.Duty.OrgID, "")
			}
			continue
		}
		m, ok := byID[b.Duty.PersonID]
		if !ok || !t.sees(m) {
			continue
		}
		if e, ok := t.season.Deed(rule, m.Transfer.Track, m.Transfer.State, t.actsAs(m)); ok {
			add(e.Key, pendingRecord{Event: e.Key, At: at}, m.Person.ID, m.Person.Name)
		}
	}
	if len(orgs) > 0 {
		units, ok := t.units(orgs)
		if !ok {
			return nil, false
		}
		for _, p := range byEvent {
			for i := range p.IDs {
				if u, ok := units[p.IDs[i]]; p.Orgs && ok {
					p.Names[i] = u.Org.Name
				}
			}
		}
	}
	deeds := make([]pendingRecord, len(order))
	for i, key := range order {
		deeds[i] = *byEvent[key]
	}
	return deeds, true
}

// actsAs is as whom the writer may record something about a member.
func (t *turn) actsAs(m storage.Member) []string {
	var parties []string
	if t.self != nil && t.self.Person.ID == m.Person.ID {
		parties = append(parties, storage.SubjectMember)
	}
	for _, r := range t.p.Roles {
		parties = append(parties, r.Party)
	}
	return parties
}

// sees reports whether a member is in the writer's scope, or is the writer.
func (t *turn) sees(m storage.Member) bool {
	if t.self != nil && t.self.Person.ID == m.Person.ID {
		return true
	}
	if len(t.p.Roles) == 0 {
		return false
	}
	sc := t.scope()
	return sc == storage.Scope{} || sc.CollegeID != 0 && sc.CollegeID == m.Transfer.CollegeID || sc.BranchID != 0 && sc.BranchID == m.Transfer.BranchID
}

// askDeeds lists what would be recorded.
func (t *turn) askDeeds() {
	deeds := t.draft.Reply.Deeds
	lines := make([]string, len(deeds))
	for i, d := range deeds {
		if !d.Orgs {
			t.viewedPeople(d.IDs...)
		}
		lines[i] = fmt.Sprintf(textDeed, t.eventName(d), someNames(d.Names, 8))
	}
	if e, ok := t.ownDeed(); ok {
		t.say(textRecordOwnThis, ownWord(e))
		return
	}
	if d := deeds[0]; len(deeds) == 1 {
		t.say(textRecordThis, someNames(d.Names, 20), t.eventName(d))
		if e, ok := t.season.EventNamed(d.Event); ok && !d.Orgs && len(d.IDs) > 1 {
			t.say(textRecordSome, e.Words[0])
		}
		return
	}
	t.say(textRecordThese+"\n%s", numbered(lines))
	t.say(textRecordTheseHow)
}

// ownDeed is the event of the writer's own transfer that is asked about, and nothing else.
func (t *turn) ownDeed() (*season.Event, bool) {
	deeds := t.draft.Reply.Deeds
	if t.self == nil || len(deeds) != 1 || deeds[0].Orgs || !slices.Equal(deeds[0].IDs, []int64{t.self.Person.ID}) {
		return nil, false
	}
	e, ok := t.season.EventNamed(deeds[0].Event)
	return e, ok && slices.Contains(e.By, storage.SubjectMember)
}

// ownWord is how a member calls an event: 已申请, where an officer says 收到申请.
func ownWord(e *season.Event) string { return e.Words[min(1, len(e.Words)-1)] }

func (t *turn) eventName(p pendingRecord) string {
	if p.Orgs {
		if e, ok := t.season.OrgEventNamed(p.Event); ok {
			return e.Name
		}
	}
	if e, ok := t.season.EventNamed(p.Event); ok {
		return e.Name
	}
	return p.Event
}

// hearsDeeds recognises 确认, or the number of one event, while it is asked what is to be recorded.
func hearsDeeds(t *turn) bool {
	if t.draft.Reply == nil || len(t.draft.Reply.Deeds) == 0 {
		return false
	}
	_, number := understand.Number(t.word, len(t.draft.Reply.Deeds))
	return isConfirm(t) || number && len(t.draft.Reply.Deeds) > 1
}

// recordDeeds records what was asked about, and that the writer did it.
func (t *turn) recordDeeds() {
	deeds := t.draft.Reply.Deeds
	if n, ok := understand.Number(t.word, len(deeds)); ok && !isConfirm(t) {
		deeds = deeds[n-1 : n]
	}
	list, ok := t.about()
	if !ok {
		return
	}
	done := map[int64]bool{}
	if e, ok := t.ownDeed(); ok {
		t.recordOwnEvent(e, ownWord(e))
		done[t.self.Person.ID], deeds = true, nil
	}
	for _, d := range deeds {
		ids := d.IDs
		if d.Orgs {
			if !t.recordOrgs(d.Event, ids) {
				return
			}
			for _, id := range ids {
				done[-id] = true
			}
			continue
		}
		ms, ok := want(t, fmt.Sprintf("about/%v", ids), func(ctx context.Context, s *storage.Store) ([]storage.Member, error) {
			return s.Members(ctx, ids)
		})
		if !ok {
			return
		}
		ms = slices.DeleteFunc(ms, func(m storage.Member) bool {
			return !t.sees(m) || slices.ContainsFunc(t.out.Members, func(c storage.MemberChange) bool { return c.Transfer.PersonID == m.Person.ID })
		})
		t.apply(d, ms, func(m storage.Member) string { return m.Person.Name })
		if t.need != nil {
			return
		}
		for _, m := range ms {
			done[m.Person.ID] = true
		}
	}
	if len(t.replies) == 0 { // everybody left the writer's scope meanwhile
		t.say(textNobodyFits, t.eventName(deeds[0]))
	}
	t.draft.Reply = nil
	var a storage.Answer
	noted := map[int64]bool{}
	for _, b := range list {
		id := b.Duty.PersonID
		if b.Duty.Subject != storage.SubjectMember {
			id = -b.Duty.OrgID
		}
		if done[id] && !noted[b.Duty.ID] {
			noted[b.Duty.ID] = true
			a.Acks = append(a.Acks, t.ack(b, storage.AckDone))
		}
	}
	if len(a.Acks) > 0 {
		t.out.Answers = append(t.out.Answers, a)
	}
}
