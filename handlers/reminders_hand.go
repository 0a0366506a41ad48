package handlers

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"xianjie/season"
	"xianjie/storage"
	"xianjie/understand"
)

// 3 换人: somebody else is told at once, and reminded from now on.

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
		t.viewedPeople(s.Person.ID)
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
