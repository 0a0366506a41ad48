package handlers

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"xianjie/storage"
	"xianjie/understand"
)

// maxTries is how many wrong pairs of number and name are read before a person must help. The answer to a wrong
// pair is the same whether the number exists or not, so that nobody can find out who is on the roster.
const maxTries = 3

func isPair(t *turn) bool {
	_, err := understand.StudentAndName(t.text)
	return err == nil
}

// askPair says what is missing in a message that should have been a number and a name.
func (t *turn) askPair() {
	if !t.draft.Greeted {
		t.greet()
		return
	}
	_, err := understand.StudentAndName(t.text)
	var refused *understand.Refused
	if errors.As(err, &refused) {
		t.say("%s", pairReason(refused.Reason))
	}
	t.say(textBindHow)
}

// found is a person on the roster with the chats bound to them.
type found struct {
	person   *storage.Person
	contacts []storage.Contact
}

func (t *turn) find(no string) (found, bool) {
	return want(t, "person/"+no, func(ctx context.Context, s *storage.Store) (found, error) {
		p, err := s.PersonByNo(ctx, no)
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return found{}, nil
		}
		if err != nil {
			return found{}, err
		}
		cs, err := s.BoundTo(ctx, p.ID)
		return found{&p, cs}, err
	})
}

// bindPair ties the chat to the person on the roster with exactly this number and name.
func (t *turn) bindPair() {
	pair, _ := understand.StudentAndName(t.text)
	f, ok := t.find(pair.No)
	if !ok {
		return
	}
	t.draft.Greeted = true
	if f.person == nil || f.person.LeftAt != nil || !understand.SameName(f.person.Name, pair.Name) {
		t.wrongPair(f.person)
		return
	}
	others := slices.DeleteFunc(slices.Clone(f.contacts), func(c storage.Contact) bool { return c.ID == t.p.Contact.ID })
	if len(others) > 0 && !t.sameAs(others) {
		t.askSecretary(*f.person)
		return
	}
	t.out.Bind = &storage.Bind{ContactID: t.p.Contact.ID, PersonID: f.person.ID, Move: len(others) > 0}
	t.audit("bind", fmt.Sprintf("person/%d", f.person.ID), nil)
	// The next message finds the person bound and settles the state by what is stored of them.
	w, ok := t.welcomeFor(f.person.ID)
	if !ok {
		return
	}
	t.draft = draft{Greeted: true}
	t.state = w.state
	t.say(textBound, f.person.Name, w.where)
	t.say("%s", w.next)
}

// sameAs reports that the chats the person was bound to are out of reach in the present login and that this one
// shows the same face: WeChat gave the person a new id. Anything less is for the secretary to decide.
func (t *turn) sameAs(others []storage.Contact) bool {
	for _, o := range others {
		if o.State != storage.ContactLost || o.Account != t.p.Contact.Account {
			return false
		}
		alike := o.Nick != "" && o.Nick == t.p.Contact.Nick || o.Alias != "" && o.Alias == t.p.Contact.Alias
		if !alike {
			return false
		}
	}
	return true
}

// wrongPair counts a pair that does not fit. The third one is handed to the college of the number, if there is one.
func (t *turn) wrongPair(p *storage.Person) {
	t.draft.Tries++
	if left := maxTries - t.draft.Tries; left > 0 {
		t.say(textWrongPair, left)
		return
	}
	college := int64(0)
	if p != nil && p.CollegeID != nil {
		college = *p.CollegeID
	}
	if !t.raise(storage.MatterHuman, college, nil, fmt.Sprintf(textMatterWrongPair, maxTries, oneLine(t.text, 40))) {
		return
	}
	t.state = stateLocked
	t.say(textLocked)
}

// askSecretary puts a second claim to a person before the secretary. The writer learns nothing about the first.
func (t *turn) askSecretary(p storage.Person) {
	college := int64(0)
	if p.CollegeID != nil {
		college = *p.CollegeID
	}
	if !t.raise(storage.MatterBinding, college, &p.ID, fmt.Sprintf(textMatterBinding, p.Name, nickOf(t.p.Contact))) {
		return
	}
	t.say(textClaimPending)
}

// locked answers somebody who used up the tries: silence would look like a fault, but nothing is read as a pair
// until an officer has dealt with the matter.
func (t *turn) locked() {
	open, ok := t.openMatters()
	if !ok {
		return
	}
	if len(open) == 0 {
		t.state, t.draft.Tries = stateBind, 0
		t.say(textBindHow)
		return
	}
	t.say(textStillLocked)
}

func nickOf(c storage.Contact) string {
	if c.Nick == "" {
		return "（无昵称）"
	}
	return c.Nick
}
