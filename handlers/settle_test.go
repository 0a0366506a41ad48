package handlers

import (
	"encoding/json"
	"testing"

	"xianjie/storage"
)

// What changed outside the conversation decides where it goes on, whatever is stored of it.
func TestSettle(t *testing.T) {
	w := peopled(t)
	declared := &storage.Declaration{Destination: "delayed", Route: "kept", Answers: map[string]storage.Value{"graduate_on": {}}}
	asked := draft{Destination: "employed", Asking: "employer", Values: map[string]storage.Value{"employ_form": {Value: "unit"}}}
	whole := draft{Destination: "retained"}
	for _, tt := range []struct {
		name     string
		unbound  bool
		declared bool
		officer  bool
		state    string
		draft    draft
		want     string
		asking   string
		emptied  bool // nothing of the draft may be left
	}{
		{name: "first message", want: stateChoose, emptied: true},
		{name: "a question goes on", state: stateAsk, draft: asked, want: stateAsk, asking: "employer"},
		{name: "a summary goes on", state: stateConfirm, draft: whole, want: stateConfirm},
		{name: "unbound by an officer", unbound: true, state: stateAsk, draft: asked, want: stateBind, emptied: true},
		{name: "unbound after declaring", unbound: true, state: stateDone, draft: asked, want: stateBind, emptied: true},
		{name: "bound by an officer", state: stateBind, draft: draft{Tries: 2}, want: stateChoose, emptied: true},
		{name: "bound by an officer while locked", state: stateLocked, draft: draft{Tries: 3, Locked: 5}, want: stateChoose, emptied: true},
		{name: "declared by an officer meanwhile", declared: true, state: stateChoose, want: stateDone, emptied: true},
		{name: "a change of a declaration goes on", declared: true, state: stateAsk, draft: asked, want: stateAsk, asking: "employer"},
		{name: "another destination is being chosen", declared: true, state: stateChoose, draft: draft{Destination: "delayed", Editing: true}, want: stateChoose},
		{name: "the declaration is gone", state: stateDone, want: stateChoose, emptied: true},
		{name: "no member any more", officer: true, state: stateAsk, draft: asked, want: stateOffice, emptied: true},
		{
			name: "the season dropped the question", state: stateAsk,
			draft: draft{Destination: "employed", Asking: "gone", Values: asked.Values}, want: stateAsk, asking: "employer",
		},
		{
			name: "the season dropped the last question", state: stateAsk,
			draft: draft{Destination: "retained", Asking: "gone"}, want: stateConfirm,
		},
		{name: "the season dropped the destination", state: stateConfirm, draft: draft{Destination: "gone"}, want: stateChoose, emptied: true},
		{name: "and it had been declared", declared: true, state: stateEdit, draft: draft{Destination: "gone"}, want: stateDone, emptied: true},
		{name: "a state of another version", state: "gone", draft: asked, want: stateChoose, emptied: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			who := personas[1]
			if tt.officer {
				who = personas[3]
			}
			g := newWalk(t, w, who)
			if tt.unbound {
				g = newWalk(t, w, personas[0])
			}
			if tt.declared {
				g.p.Declaration = declared
			}
			data, err := json.Marshal(tt.draft)
			g.ok(err)
			g.p.Dialogue.State, g.p.Dialogue.Data, g.p.Dialogue.Version = tt.state, data, 1
			before := &turn{Turner: g.h, p: g.p}
			before.load()
			if before.state != tt.want || before.draft.Asking != tt.asking {
				t.Errorf("the chat is in state %s asking %q, want %s asking %q", before.state, before.draft.Asking, tt.want, tt.asking)
			}
			if left, err := json.Marshal(before.draft); err != nil || tt.emptied && string(left) != "{}" {
				t.Errorf("of the draft is left %s, %v", left, err)
			}
			g.checked(message{text: "今天天气不错"})
		})
	}
}
