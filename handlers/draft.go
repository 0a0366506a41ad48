package handlers

import (
	"slices"

	"xianjie/season"
	"xianjie/storage"
)

// States of a dialogue; what leads from one to another stands in table.go.
const (
	stateBind    = "bind"    // not known who this is
	stateLocked  = "locked"  // three wrong pairs: a person must help
	stateChoose  = "choose"  // a destination is to be chosen
	stateAsk     = "ask"     // draft.Asking is being asked
	stateConfirm = "confirm" // the summary was shown
	stateEdit    = "edit"    // which answer is to be changed
	stateDone    = "done"    // declared, nothing open
	stateOffice  = "office"  // an officer who does not graduate
)

// draft is what has been said towards a declaration and is not confirmed yet, and what numbers in a reply stand for.
type draft struct {
	Destination string                   `json:"destination,omitempty"`
	Values      map[string]storage.Value `json:"values,omitempty"`
	Asking      string                   `json:"asking,omitempty"`  // question key
	Spoken      bool                     `json:"spoken,omitempty"`  // the destination came in a sentence
	Editing     bool                     `json:"editing,omitempty"` // started from what was declared or summarised
	Tries       int                      `json:"tries,omitempty"`   // answers in a row that were not understood
	Greeted     bool                     `json:"greeted,omitempty"`
	Half        string                   `json:"half,omitempty"`    // a number or a name whose other half may follow
	Locked      int64                    `json:"locked,omitempty"`  // message whose matter must be answered first; 0: any of the chat's
	Choices     []string                 `json:"choices,omitempty"` // values that numbers stand for while a candidate is to be picked
	List        []int64                  `json:"list,omitempty"`    // persons that numbers stand for, as last shown to an officer
	Listed      string                   `json:"listed,omitempty"`  // the command that showed List, for the next page
	After       int64                    `json:"after,omitempty"`   // last person on the page shown
	Notice      *noticeDraft             `json:"notice,omitempty"`  // a notice being written
	For         int64                    `json:"for,omitempty"`     // the member an officer fills this in for
	ForName     string                   `json:"for_name,omitempty"`
	ForSeq      int                      `json:"for_seq,omitempty"` // of the declaration of theirs that the officer has seen
	Own         *ownDraft                `json:"own,omitempty"`     // where the officer was before
	waiting
}

// waiting is what waits for the writer's next message, and is let go when they go on to something else.
type waiting struct {
	Pending *pendingRecord `json:"pending,omitempty"` // an event that waits for "which of the two?"
	Reply   *reply         `json:"reply,omitempty"`   // an answer to a digest that waits for more
	Heard   *heard         `json:"heard,omitempty"`   // a sentence that may mean several destinations
	Sheet   *sheetDraft    `json:"sheet,omitempty"`   // a workbook sent back, shown and not yet recorded
	HandIn  *handIn        `json:"hand_in,omitempty"` // a written application, not yet handed in
}

// letGo drops what waited before a message and still does: a number no longer answers it.
func (w *waiting) letGo(before waiting) {
	if w.Pending == before.Pending {
		w.Pending = nil
	}
	if w.Reply == before.Reply {
		w.Reply = nil
	}
	if w.Heard == before.Heard {
		w.Heard = nil
	}
	if w.Sheet == before.Sheet {
		w.Sheet = nil
	}
	if w.HandIn == before.HandIn {
		w.HandIn = nil
	}
}

// reply is an answer to a digest of reminders that is not complete: 已办 waits for 确认, 换人 for a name.
type reply struct {
	Deeds  []pendingRecord `json:"deeds,omitempty"`
	Takers []int64         `json:"takers,omitempty"` // people, in the order shown
	Names  []string        `json:"names,omitempty"`  // of Takers
}

// pendingRecord is an event an officer typed for a name that several members carry.
type pendingRecord struct {
	Event  string   `json:"event,omitempty"` // "" takes the last event back
	Why    bool     `json:"why,omitempty"`   // nothing is recorded: the grounds of a declaration are asked for
	At     string   `json:"at,omitempty"`    // civil date, "" today
	IDs    []int64  `json:"ids"`             // the candidates, in the order shown; in a reply, everybody it is recorded for
	Reason string   `json:"reason,omitempty"`
	Orgs   bool     `json:"orgs,omitempty"`  // IDs are organisations, Event is one of theirs
	For    bool     `json:"for,omitempty"`   // nothing is recorded: a declaration is entered for them
	Names  []string `json:"names,omitempty"` // of IDs
}

func (d *draft) answers() season.Answers { return storage.AnswersOf(d.Values) }

func (d *draft) set(key string, v storage.Value) {
	if d.Values == nil {
		d.Values = make(map[string]storage.Value)
	}
	d.Values[key] = v
}

// asked is the question now being asked, nil when there is none (any more).
func (t *turn) asked() *season.Question { return t.season.Questions[t.draft.Asking] }

// proceed goes to the next question the draft still needs, or to the summary.
func (t *turn) proceed() {
	t.draft.Tries, t.draft.Choices = 0, nil
	t.assume()
	open := t.season.Ask(t.draft.Destination, t.draft.answers())
	if len(open) == 0 {
		t.draft.Asking = ""
		t.state = stateConfirm
		return
	}
	t.draft.Asking = open[0].Key
	t.state = stateAsk
}

// back goes to the question before the present one; it reports false at the first.
func (t *turn) back() bool {
	all := t.season.Asked(t.draft.Destination, t.draft.answers())
	i := len(all)
	if t.state == stateAsk {
		i = slices.IndexFunc(all, func(q *season.Question) bool { return q.Key == t.draft.Asking })
	}
	t.draft.Tries, t.draft.Choices = 0, nil
	if i <= 0 {
		t.draft.Asking = ""
		t.state = stateChoose
		return false
	}
	t.draft.Asking = all[i-1].Key
	t.state = stateAsk
	return true
}

// revise starts a draft from what was declared.
func (t *turn) revise() {
	if t.draft.Destination == "" && t.declared() {
		d := t.subject.Declaration
		t.draft.Destination = d.Destination
		t.draft.Values = make(map[string]storage.Value, len(d.Answers))
		for k, v := range d.Answers {
			t.draft.Values[k] = v
		}
	}
	t.draft.Editing, t.draft.Tries, t.draft.Choices, t.draft.Asking = true, 0, nil, ""
	t.state = stateEdit
}

// discard drops the draft; lists shown to an officer stay.
func (t *turn) discard() {
	t.draft = draft{List: t.draft.List, Listed: t.draft.Listed, After: t.draft.After, Greeted: t.draft.Greeted}
	t.state = stateChoose
	if t.declared() {
		t.state = stateDone
	}
}
