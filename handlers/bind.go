package handlers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"gorm.io/gorm"

	"xianjie/storage"
	"xianjie/understand"
)

// maxTries is how many wrong pairs of number and name are read before a person must help. The answer to a wrong
// pair is the same whether the number exists or not, so that nobody can find out who is on the roster.
const maxTries = 3

func isPair(t *turn) bool {
	_, err := t.pair()
	return err == nil
}

// pair reads a number and a name from the message or, when it holds only one of them, from it and the message before.
func (t *turn) pair() (understand.Pair, error) {
	pair, err := understand.StudentAndName(t.text)
	if err != nil && t.draft.Half != "" && halfReason(err) != "" {
		if whole, err := understand.StudentAndName(t.draft.Half + " " + t.text); err == nil {
			return whole, nil
		}
	}
	return pair, err
}

// halfReason says which half is missing of a message that holds the other one; "" for any other message.
func halfReason(err error) string {
	var refused *understand.Refused
	if !errors.As(err, &refused) {
		return ""
	}
	switch refused.Reason {
	case understand.ReasonNoName:
		return textPairNoName
	case understand.ReasonNoNumber:
		return textPairNoNumber
	}
	return ""
}

// isStudentPair is stricter: what a bound person writes is taken for an introduction only with a whole student number.
func isStudentPair(t *turn) bool {
	if strings.IndexFunc(t.text, unicode.IsDigit) < 0 {
		return false
	}
	pair, err := understand.StudentAndName(t.text)
	if err != nil {
		return false
	}
	_, err = understand.StudentNo(pair.No)
	return err == nil
}

// askPair says what is missing in a message that should have been a number and a name.
func (t *turn) askPair() {
	_, err := understand.StudentAndName(t.text)
	if half := halfReason(err); half != "" {
		t.draft.Greeted, t.draft.Half = true, oneLine(t.text, 40)
		t.say("%s", half)
		return
	}
	t.draft.Half = ""
	t.say("%s", pairReason(err))
	t.prompt()
}

// notKnownYet answers words that need to know who is writing.
func (t *turn) notKnownYet() {
	if t.state == stateLocked {
		t.locked()
		return
	}
	t.draft.Greeted = true
	t.say(textNotKnownYet)
	t.say(textBindHow)
}

// boundAlready answers an introduction in a chat that is bound: a chat is never taken over by typing a pair.
func (t *turn) boundAlready() {
	pair, _ := understand.StudentAndName(t.text)
	if pair.No == t.p.Person.No && understand.SameName(pair.Name, t.p.Person.Name) {
		t.say(textKnownAlready, t.p.Person.Name)
	} else {
		t.say(textBoundToOther, t.p.Person.Name)
	}
	t.prompt()
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
	pair, _ := t.pair()
	f, ok := t.find(pair.No)
	if !ok {
		return
	}
	t.draft.Greeted, t.draft.Half = true, ""
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
	w, ok := t.welcomeFor(*f.person)
	if !ok {
		return
	}
	t.restart(w.state)
	t.say("%s", w.hello)
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
	about := fmt.Sprintf(textMatterWrongPair, nickOf(t.p.Contact), maxTries, oneLine(t.text, 40))
	if !t.raise(storage.MatterHuman, college, nil, about) {
		return
	}
	t.state, t.draft.Locked = stateLocked, 0
	if len(t.out.Matters) > 0 {
		t.draft.Locked = t.p.Inbox.ID
	}
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
	if slices.ContainsFunc(open, t.locks) {
		t.say(textStillLocked)
		return
	}
	t.state, t.draft.Tries, t.draft.Locked = stateBind, 0, 0
	if isPair(t) {
		t.bindPair()
		return
	}
	t.askPair()
}

// locks reports whether an open matter of this chat keeps it locked.
func (t *turn) locks(m storage.Matter) bool {
	return t.draft.Locked == 0 || m.InboxID != nil && *m.InboxID == t.draft.Locked
}

func nickOf(c storage.Contact) string {
	if strings.TrimSpace(c.Nick) == "" {
		return "（无昵称）"
	}
	return oneLine(c.Nick, 20)
}
