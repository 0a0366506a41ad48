package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
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
}

// NewTurner returns a Turner for a season.
func NewTurner(s *season.Season) *Turner { return &Turner{season: s} }

// Need is a question to storage by key. Fetch is called outside the turn; its answer goes into Facts under Key.
type Need struct {
	Key   string
	Fetch func(context.Context, *storage.Store) (any, error)
}

// Facts are answers to needs.
type Facts map[string]any

// Turn decides what one message changes. When a fact is missing it returns the Need instead, and is to be called
// again with the answer added to the facts: the same message, the same instant.
// An error means that stored state could not be read; the message is then put aside, see Desk.
func (h *Turner) Turn(p storage.Pending, f Facts, now time.Time) (storage.Turn, *Need, error) {
	t := &turn{Turner: h, now: now, p: p, facts: f}
	t.out = storage.Turn{InboxID: p.Inbox.ID, ContactID: p.Contact.ID, Outcome: "answered"}
	if err := t.load(); err != nil {
		return storage.Turn{}, nil, err
	}
	for i := range table {
		r := &table[i]
		if !r.applies(t) {
			continue
		}
		r.do(t)
		if t.need != nil {
			return storage.Turn{}, t.need, nil
		}
		t.rule = r
		break
	}
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
	rule  *rule

	text    string // what was written, widths and invisible characters normalised, line breaks kept
	word    string // text without surrounding punctuation, for comparing with fixed words
	began   string // state the message met
	state   string
	draft   draft
	replies []string
	out     storage.Turn
}

// maxText is how many characters of a message are read at all; nobody needs more to say where they are going.
const maxText = 1000

func (t *turn) load() error {
	if len(t.p.Inbox.Text) <= 4*maxText {
		t.text = understand.Normalize(t.p.Inbox.Text)
	} else {
		t.text = t.p.Inbox.Text[:4*maxText]
		t.text = strings.ToValidUTF8(t.text, "")
	}
	t.word = strings.ToLower(strings.Trim(t.text, " \n\t。.！!？?，,、~～“”\"'‘’「」【】《》"))
	t.state = t.p.Dialogue.State
	if len(t.p.Dialogue.Data) > 0 {
		if err := json.Unmarshal(t.p.Dialogue.Data, &t.draft); err != nil {
			return fmt.Errorf("dialogue of contact %d: %w", t.p.Contact.ID, err)
		}
	}
	t.settle()
	t.began = t.state
	return nil
}

// settle brings the state in line with facts that changed outside this conversation: somebody was bound or
// unbound by an officer, a destination was entered for them, the season file dropped a question.
func (t *turn) settle() {
	switch {
	case t.p.Person == nil:
		if t.state != stateLocked {
			t.state = stateBind
		}
	case t.member() == nil:
		t.state = stateOffice
	case t.state == stateChoose && t.declared() && !t.draft.Editing,
		t.state == stateDone && !t.declared(),
		t.state == "", t.state == stateBind, t.state == stateLocked, t.state == stateOffice:
		keep := t.draft.List
		t.draft = draft{List: keep}
		t.state = stateChoose
		if t.declared() {
			t.state = stateDone
		}
	case t.state == stateAsk && t.asked() == nil:
		t.proceed()
	}
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

// member is the graduating member who writes, nil for strangers and for officers who do not graduate.
func (t *turn) member() *storage.Member {
	if m, ok := t.p.Member(); ok {
		return &m
	}
	return nil
}

func (t *turn) declared() bool { return t.p.Declaration != nil }

func (t *turn) today() season.Date { return t.season.DateOf(t.now) }

// heard reports whether the message is one of the words and nothing else.
func (t *turn) heard(words ...string) bool { return slices.Contains(words, t.word) }

// tooLong reports a message nobody can mean as an answer.
func (t *turn) tooLong() bool { return utf8.RuneCountInString(t.text) > maxText }
