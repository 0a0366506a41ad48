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
	"xianjie/understand"
)

// A digest of reminders is answered by one digit: 1 知道了, 2 已办, 3 换人. A digit belongs to the digest only while nothing
// else has been said since and nothing is being asked; the words themselves are never anything else.

// The answers to a digest.
const (
	answerSeen = 1 + iota
	answerDone
	answerHand
)

var (
	wordsSeen = []string{"知道了", "已知道", "收到", "已收到", "看到了", "知道"}
	wordsDone = []string{"已办", "办好了", "已经办了", "已办好", "都办好了", "办完了", "已经办好了"}
	wordsHand = []string{"换人", "换个人", "转交", "转给别人", "不是我负责", "不归我管"}
)

// digestAnswer reads 1, 知道了, 1 知道了, 1.知道了.
func (t *turn) digestAnswer() (answer int, digit bool) {
	if n, ok := understand.Number(t.word, answerHand); ok {
		return n, true
	}
	word := strings.TrimLeft(t.word, "123 .．、,，·:：-")
	for i, ws := range [][]string{wordsSeen, wordsDone, wordsHand} {
		if slices.Contains(ws, word) {
			return i + 1, false
		}
	}
	return 0, false
}

// about is what the digest the writer got last still asks for; of what has been closed since, and of lapses it only
// reported, nothing is left to answer.
func (t *turn) about() ([]storage.PutBefore, bool) {
	id := t.p.Contact.ID
	list, ok := want(t, "digest", func(ctx context.Context, s *storage.Store) ([]storage.PutBefore, error) {
		return s.LastDigest(ctx, id)
	})
	return slices.DeleteFunc(slices.Clone(list), func(b storage.PutBefore) bool {
		kind := season.KindOf(b.Reminder.Step)
		return b.Reminder.Step == storage.StepLapsed || kind == season.StepUnreached || b.Duty.ClosedAt != nil
	}), ok
}

// hearsReminder recognises an answer to the digest that was sent last.
func hearsReminder(t *turn) bool {
	if t.draft.Pending != nil || t.draft.Reply != nil {
		return false
	}
	if answer, _ := t.digestAnswer(); answer == 0 {
		return false
	}
	list, ok := t.about()
	return !ok || len(list) > 0
}

// answerReminder takes an answer to a digest.
func (t *turn) answerReminder() {
	list, ok := t.about()
	if !ok {
		return
	}
	answer, digit := t.digestAnswer()
	if digit && t.state != stateDone && t.state != stateOffice {
		t.say(textDigitMeansTwo) // it may as well answer what was being asked before the reminder came
		t.prompt()
		t.out.Outcome = storage.OutcomeAcknowledged
		return
	}
	switch answer {
	case answerSeen:
		t.seen(list)
	case answerDone:
		t.doneWith(list)
	case answerHand:
		t.handing(list)
	}
	if t.need == nil {
		t.out.Outcome = storage.OutcomeAcknowledged
		if t.state == stateChoose || t.state == stateAsk || t.state == stateConfirm || t.state == stateEdit {
			t.prompt()
		}
	}
}

// seen notes that the writer knows, and says when they are asked again.
func (t *turn) seen(list []storage.PutBefore) {
	again := t.acknowledge(list, storage.AckSeen)
	if again.IsZero() {
		t.say(textSeen, t.you())
		return
	}
	t.say(textSeenUntil, t.season.DateOf(again).Chinese(), t.you())
}

// acknowledge writes that the writer answered about each duty, and plans when they are asked again where nothing is done
// by then. It returns the first such instant.
func (t *turn) acknowledge(list []storage.PutBefore, what string) (again time.Time) {
	var a storage.Answer
	done := map[int64]bool{}
	for _, b := range list {
		if done[b.Duty.ID] {
			continue
		}
		done[b.Duty.ID] = true
		a.Acks = append(a.Acks, t.ack(b, what))
		rule, ok := t.season.DutyRule(b.Duty.Rule)
		if !ok || b.Duty.LapsedAt != nil {
			continue
		}
		planned := make([]season.Planned, len(b.Planned))
		for i, st := range b.Planned {
			planned[i] = season.Planned{Step: st.Step, To: st.Party, At: st.At}
		}
		next, ok := t.season.SeenAgain(rule, b.Duty.LapsesAt, t.now, planned)
		if !ok {
			continue
		}
		a.Wake = append(a.Wake, storage.DutyStep{
			DutyID: b.Duty.ID, Step: next.Step, Party: b.Reminder.Party, PersonID: t.personID(), At: next.At,
		})
		if again.IsZero() || next.At.Before(again) {
			again = next.At
		}
	}
	t.out.Answers = append(t.out.Answers, a)
	return again
}

func (t *turn) ack(b storage.PutBefore, what string) storage.Acknowledgement {
	return storage.Acknowledgement{
		OutboxID: *b.Reminder.OutboxID, DutyID: b.Duty.ID, Party: b.Reminder.Party, PersonID: t.p.Person.ID,
		What: what, InboxID: &t.p.Inbox.ID, At: t.now,
	}
}

// doneWith asks which events are to be recorded for what the digest asked for. What the writer cannot record is only
// acknowledged.
func (t *turn) doneWith(list []storage.PutBefore) {
	deeds, ok := t.deeds(list)
	if !ok {
		return
	}
	t.acknowledge(list, storage.AckSeen)
	if len(deeds) == 0 {
		t.say(textNothingToRecord, t.you())
		return
	}
	t.draft.Reply = &reply{Deeds: deeds}
	t.askDeeds()
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

// handing asks to whom the matters of a digest go from now on.
func (t *turn) handing(list []storage.PutBefore) {
	if list = t.handable(list); len(list) == 0 {
		t.say(textNotToHand, t.you())
		return
	}
	takers, ok := t.takers()
	if !ok {
		return
	}
	t.acknowledge(list, storage.AckSeen)
	if len(takers) == 0 {
		t.say(textNobodyToHand, t.you())
		return
	}
	r := &reply{}
	lines := make([]string, len(takers))
	for i, s := range takers {
		r.Takers = append(r.Takers, s.Person.ID)
		r.Names = append(r.Names, s.Person.Name)
		lines[i] = s.Person.Name + "（" + s.Role.Org.Name + "）"
	}
	t.draft.Reply = r
	t.say(textHandTo+"\n%s", numbered(lines))
}

// handable is what can be handed over: an office's matters, not one's own.
func (t *turn) handable(list []storage.PutBefore) []storage.PutBefore {
	return slices.DeleteFunc(slices.Clone(list), func(b storage.PutBefore) bool {
		return len(t.p.Roles) == 0 || b.Reminder.Party == storage.SubjectMember && t.p.Person.ID == b.Duty.PersonID
	})
}

// takers are the other officers of the writer's organisation and below who can be reached.
func (t *turn) takers() ([]storage.Seated, bool) {
	sc := t.scope()
	type found struct {
		seats    []storage.Seated
		contacts map[int64]storage.Contact
	}
	f, ok := want(t, "takers", func(ctx context.Context, s *storage.Store) (found, error) {
		seats, err := s.SeatsWithin(ctx, sc)
		if err != nil {
			return found{}, err
		}
		ids := make([]int64, len(seats))
		for i, seat := range seats {
			ids[i] = seat.Person.ID
		}
		contacts, err := s.ContactsOf(ctx, ids)
		return found{seats, contacts}, err
	})
	if !ok {
		return nil, false
	}
	seen := map[int64]bool{t.p.Person.ID: true}
	var list []storage.Seated
	const most = 20
	for _, s := range f.seats {
		_, reached := f.contacts[s.Person.ID]
		if !reached || seen[s.Person.ID] || len(list) == most {
			continue
		}
		seen[s.Person.ID] = true
		list = append(list, s)
	}
	return list, true
}

// taker is whom the writer names, by number or by name.
func (t *turn) taker() (int, bool) {
	r := t.draft.Reply
	if r == nil || len(r.Takers) == 0 {
		return 0, false
	}
	if n, ok := understand.Number(t.word, len(r.Takers)); ok {
		return n - 1, true
	}
	i := slices.IndexFunc(r.Names, func(name string) bool { return understand.SameName(name, t.line) })
	return i, i >= 0
}

func hearsTaker(t *turn) bool {
	_, ok := t.taker()
	return ok
}

// handOver gives the matters of the digest to somebody else: who is told at once, and reminded from now on.
func (t *turn) handOver() {
	i, _ := t.taker()
	list, ok := t.about()
	if !ok {
		return
	}
	to, name := t.draft.Reply.Takers[i], t.draft.Reply.Names[i]
	t.draft.Reply = nil
	var a storage.Answer
	given := map[string]bool{}
	duties := map[int64]bool{}
	for _, b := range t.handable(list) {
		party := b.Reminder.Party
		key := fmt.Sprint(b.Duty.ID, party)
		if given[key] {
			continue
		}
		given[key], duties[b.Duty.ID] = true, true
		k := t.ack(b, storage.AckHanded)
		k.ToPersonID = &to
		a.Acks = append(a.Acks, k)
		a.Wake = append(a.Wake, storage.DutyStep{
			DutyID: b.Duty.ID, Step: season.HandedStep(party), Party: party, PersonID: &to, At: t.now,
		})
	}
	if len(a.Acks) == 0 {
		t.say(textNothingToHand, t.you())
		return
	}
	t.out.Answers = append(t.out.Answers, a)
	for _, id := range slices.Sorted(maps.Keys(duties)) {
		t.audit("hand_over", fmt.Sprintf("duty/%d", id), map[string]string{"to": fmt.Sprintf("person/%d", to)})
	}
	t.out.Outcome = storage.OutcomeAcknowledged
	t.say(textHandedOver, name)
}

// dropReply leaves what the digest was answered with undone.
func (t *turn) dropReply() {
	t.draft.Reply = nil
	t.out.Outcome = storage.OutcomeAcknowledged
	t.say(textDropped)
}

// you is how the writer is addressed: members as students, other officers as teachers.
func (t *turn) you() string {
	if t.p.Person.Cohort != 0 {
		return "你"
	}
	return "您"
}
