package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"xianjie/season"
	"xianjie/storage"
	"xianjie/understand"
)

// Turner decides turns by the rules of one season. It is immutable and safe for concurrent use.
type Turner struct {
	season *season.Season
	rules  []rule
	names  [][]string // the words for each destination
	words  *understand.Words
	reader *understand.Reader

	pace func(sends int) time.Duration // how long so many notices take; nil: no time at all
	link func(token string) string     // the address that lets into the console; nil: there is none

	menu, explained string // the destinations, numbered: by name, and with what each means

	graduates, newcomers *Turner // the same with what each of them declares; nil newcomers: the season receives nobody
}

// NewTurner returns a Turner for a season, and the words by which messages are read.
func NewTurner(s *season.Season, w *understand.Words) *Turner {
	h := newTurner(s, w)
	if h.graduates = h; len(s.Newcomers.List) > 0 {
		h.newcomers = newTurner(s.ForNewcomers(), w)
		h.newcomers.graduates, h.newcomers.newcomers = h, h.newcomers
	}
	return h
}

func newTurner(s *season.Season, w *understand.Words) *Turner {
	h := &Turner{season: s, rules: conversation(), words: w, reader: understand.NewReader(s, w)}
	h.menu, h.explained = menus(s)
	for _, d := range s.Destinations {
		h.names = append(h.names, append([]string{d.Name, d.Short}, d.Words...))
	}
	return h
}

// Paced is the same Turner with what it tells the committee about how long notices take.
func (h *Turner) Paced(lasts func(sends int) time.Duration) *Turner {
	paced := NewTurner(h.graduates.season, h.words)
	paced.pace = lasts
	if paced.newcomers != nil {
		paced.newcomers.pace = lasts
	}
	return paced
}

// Need is a question to storage by key. Fetch is called outside the turn; its answer goes into Facts under Key.
type Need struct {
	Key   string
	Fetch func(context.Context, *storage.Store) (any, error)
}

// Facts are answers to needs.
type Facts map[string]any

// Turn decides what one message changes. When a fact is missing it returns the Need instead, and is to be called
// again with the answer added to the facts: the same message, the same instant.
// An error means that the turn could not be decided at all; the message is then put aside, see Desk.
func (h *Turner) Turn(p storage.Pending, f Facts, now time.Time) (storage.Turn, *Need, error) {
	t := &turn{Turner: h, now: now, p: p, facts: f}
	t.out = storage.Turn{InboxID: p.Inbox.ID, ContactID: p.Contact.ID, Outcome: "answered"}
	if t.load(); t.need != nil {
		return storage.Turn{}, t.need, nil
	}
	if r := t.matching(); r != nil {
		before := t.draft.waiting
		r.do(t)
		if t.need != nil {
			return storage.Turn{}, t.need, nil
		}
		if t.p.Inbox.Kind == kindText {
			t.draft.letGo(before)
		}
	}
	if t.p.Contact.State == storage.ContactGone && t.p.Inbox.Kind == kindText && !ignored(t) {
		t.out.ContactState = storage.ContactActive // who writes to us can be reached again
	}
	t.auditViews()
	if err := t.save(); err != nil {
		return storage.Turn{}, nil, err
	}
	return t.out, nil, nil
}

// turn is one message being decided.
type turn struct {
	*Turner
	now   time.Time
	p     storage.Pending
	facts Facts
	need  *Need
	self  *storage.Member // the graduating member who writes, nil for anybody else
	// subject is whose destination is spoken of: self, or the member an officer fills in for (behalf.go).
	subject *storage.Member
	lost    string // name of the member an officer filled in for and may not or cannot any more

	text    string // what was written, widths and invisible characters normalised, line breaks kept
	line    string // text without surrounding punctuation
	word    string // line in small letters, for comparing with fixed words
	long    bool   // longer than anybody can mean as an answer; text is not read further
	state   string
	draft   draft
	replies []string
	shown   []int64 // people of whom the replies say something
	out     storage.Turn
	heardAs *understand.Reading // of the message, once it is asked for
}

// maxText is how many characters of a message are read at all; nobody needs more to say where they are going.
const maxText = 1000

// aroundWords is what people write around a word without changing it.
const aroundWords = " \n。.！!？?，,、;；:：~～…“”\"'‘’「」『』【】《》（）()"

// matching is the first rule that applies; the last ones apply to anything, so there is one for every bound person.
func (t *turn) matching() *rule {
	for i := range t.rules {
		if t.rules[i].applies(t) {
			return &t.rules[i]
		}
	}
	return nil
}

// load reads the message and the stored state of the dialogue. A draft that cannot be read any more is dropped, and
// the conversation begins again: what was confirmed is stored elsewhere and stays.
func (t *turn) load() {
	t.text = t.p.Inbox.Text
	if t.long = len(t.text) > utf8.UTFMax*maxText; !t.long {
		t.text = understand.Normalize(t.text)
		t.long = utf8.RuneCountInString(t.text) > maxText
	}
	if !t.long {
		t.line = strings.Trim(t.text, aroundWords)
		t.word = strings.ToLower(t.line)
	}
	if m, ok := t.p.Member(); ok {
		t.self = &m
	}
	t.turnTo(t.self)
	t.state = t.p.Dialogue.State
	if len(t.p.Dialogue.Data) > 0 && json.Unmarshal(t.p.Dialogue.Data, &t.draft) != nil {
		t.state, t.draft = "", draft{}
		t.audit("dialogue_lost", fmt.Sprintf("contact/%d", t.p.Contact.ID), nil)
	}
	t.settle()
}

// settle brings the state in line with facts that changed outside this conversation: somebody was bound or
// unbound by an officer, a destination was entered for them, the season file dropped a question.
func (t *turn) settle() {
	switch {
	case t.p.Person == nil:
		if t.state != stateBind && t.state != stateLocked {
			t.restart(stateBind) // unbound meanwhile: nothing of the person may stay in this chat
		}
	case t.draft.For != 0:
		t.settleFor()
	case t.self == nil:
		if t.state != stateOffice {
			t.restart(stateOffice)
		}
	case t.state == stateDone && t.declared():
	case t.state == stateChoose && (!t.declared() || t.draft.Editing):
	case t.drafting():
		if t.state == stateAsk && t.asked() == nil {
			t.proceed()
		}
	case t.declared():
		t.restart(stateDone)
	default:
		t.restart(stateChoose)
	}
}

// drafting reports that a destination the season knows is being filled in.
func (t *turn) drafting() bool {
	if t.state != stateAsk && t.state != stateConfirm && t.state != stateEdit {
		return false
	}
	_, ok := t.season.Destination(t.draft.Destination)
	return ok
}

// restart drops everything but the fact that the writer has been greeted.
func (t *turn) restart(state string) {
	t.draft = draft{Greeted: t.draft.Greeted}
	t.state = state
}

// save queues the replies and the new state of the dialogue.
func (t *turn) save() error {
	if len(t.replies) > 0 {
		t.out.Out = append([]storage.Out{{
			ContactID: t.p.Contact.ID, PersonID: t.personID(), Kind: storage.OutReply,
			Text: strings.Join(t.replies, "\n\n"),
		}}, t.out.Out...)
	}
	if t.out.Skipped {
		return nil
	}
	data, err := json.Marshal(t.draft)
	if err != nil {
		return fmt.Errorf("draft of contact %d: %w", t.p.Contact.ID, err)
	}
	d := t.p.Dialogue
	if d.Version == 0 || d.State != t.state || string(d.Data) != string(data) {
		d.ContactID, d.State, d.Data = t.p.Contact.ID, t.state, data
		t.out.Dialogue = &d
	}
	return nil
}

// want returns the answer to a need, or notes the need and reports false: the caller then returns at once.
func want[T any](t *turn, key string, fetch func(context.Context, *storage.Store) (T, error)) (T, bool) {
	if v, ok := t.facts[key]; ok {
		return v.(T), true
	}
	t.need = &Need{Key: key, Fetch: func(ctx context.Context, s *storage.Store) (any, error) { return fetch(ctx, s) }}
	var none T
	return none, false
}

// say adds a paragraph to the reply.
func (t *turn) say(format string, args ...any) {
	text := format
	if len(args) > 0 {
		text = fmt.Sprintf(format, args...)
	}
	if text = strings.TrimSpace(text); text != "" {
		t.replies = append(t.replies, text)
	}
}

// tell queues a message to somebody else than the writer.
func (t *turn) tell(contact storage.Contact, kind, text string) {
	out := storage.Out{Account: contact.Account, ContactID: contact.ID, PersonID: contact.PersonID, Kind: kind, Text: text}
	if kind == storage.OutNudge {
		out.NotBefore = t.season.NotQuiet(t.now)
	}
	t.out.Out = append(t.out.Out, out)
}

func (t *turn) skip(outcome string) {
	t.out.Skipped, t.out.Outcome = true, outcome
}

func (t *turn) audit(action, subject string, detail map[string]string) {
	t.out.Audit = append(t.out.Audit, storage.Audit{
		At: t.now, ActorID: t.personID(), ContactID: &t.p.Contact.ID, InboxID: &t.p.Inbox.ID,
		Action: action, Subject: subject, Detail: detail,
	})
}

func (t *turn) personID() *int64 {
	if t.p.Person == nil {
		return nil
	}
	return &t.p.Person.ID
}

// said is the source of what this message states.
func (t *turn) said() storage.Said {
	return storage.Said{By: t.personID(), Inbox: &t.p.Inbox.ID}
}

// declared reports whether the subject has a declaration.
func (t *turn) declared() bool { return t.subject != nil && t.subject.Declaration != nil }

func (t *turn) today() season.Date { return t.season.DateOf(t.now) }

// tooLong reports a message nobody can mean as an answer.
func (t *turn) tooLong() bool { return t.long }
