package handlers

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"xianjie/storage"
)

// deputies is a school in which 郑 is at the last step of entering a destination for 张三, whose chat is known.
func deputies(t *testing.T) *school {
	t.Helper()
	w := newSchool(t)
	w.bind("张三", "20160001")
	w.bind("郑", "900002")
	for _, text := range []string{"代填 张三", "7", "某国某某大学", "2020年9月到2022年7月", "8月20日", "王某某，母亲", "15400000001"} {
		w.says("郑", text)
	}
	return w
}

// What an officer enters stands with who entered it, in which message, and in the audit; before that, that they looked.
func TestEnteredForStandsWithItsSource(t *testing.T) {
	w := newSchool(t)
	w.bind("张三", "20160001")
	officer := w.bind("郑", "900002")
	w.says("郑", "代填 张三")
	w.says("郑", "暂留学校")
	if m := w.member("20160001"); m.Declaration != nil {
		t.Fatal("it is declared before 确认")
	}
	w.says("郑", "确认")
	said := w.inbox()[len(w.inbox())-1]
	m := w.member("20160001")
	d := m.Declaration
	if d == nil || d.ByPersonID == nil || *d.ByPersonID != officer.ID || *d.InboxID != said.ID || d.PersonID != m.Person.ID {
		t.Fatalf("the declaration says %+v", d)
	}
	if e := m.Events[0]; e.Event != storage.EventDeclared || e.ByPersonID == nil || *e.ByPersonID != officer.ID {
		t.Errorf("the event says %+v", e)
	}
	var did []string
	for page, err := range storage.Pages[storage.Audit](ctx, w.Store) {
		w.ok(err)
		for _, a := range page {
			if strings.HasSuffix(a.Action, "_for") && *a.ActorID == officer.ID && a.Subject == "person/1" {
				did = append(did, a.Action+" "+a.Detail["destination"])
			}
		}
	}
	if !slices.Equal(did, []string{"open_for ", "declare_for retained"}) {
		t.Errorf("in the audit stands %q", did)
	}
	w.says("张三", "修改")
	for _, text := range []string{"1", "延毕", "跳过", "确认"} {
		w.says("张三", text)
	}
	if d := w.member("20160001").Declaration; d.Seq != 2 || d.Destination != "delayed" || d.ByPersonID != nil {
		t.Errorf("corrected by the member it says %+v", d)
	}
}

// Two officers at once: one is heard, the other is shown what has changed.
func TestTwoEnterForOne(t *testing.T) {
	w := newSchool(t)
	w.bind("郑", "900002")
	w.bind("何", "900001")
	for _, who := range []string{"郑", "何"} {
		w.says(who, "代填 张三")
	}
	w.says("郑", "暂留学校")
	w.says("何", "延毕")
	w.says("何", "跳过")
	w.receive("郑", message{text: "确认"})
	w.receive("何", message{text: "确认"})
	w.work()
	out := w.send()
	first, second := answer(out, "郑"), answer(out, "何")
	if strings.Contains(second, "登记好了") {
		first, second = second, first
	}
	if !strings.Contains(first, "登记好了") || !strings.Contains(second, "张三的登记有了变化") {
		t.Errorf("one was told %q, the other %q", first, second)
	}
	if d := w.member("20160001").Declaration; d == nil || d.Seq != 1 {
		t.Errorf("declared is %+v", d)
	}
}

// What changed outside the conversation never makes an answer about somebody else the officer's own.
func TestSettleFor(t *testing.T) {
	w := peopled(t)
	members := w.everyone()
	var zhang, lin int64
	for id, m := range members {
		switch m.Person.No {
		case "20160001":
			zhang = id
		case "20160011":
			lin = id
		}
	}
	own := &ownDraft{State: stateAsk, Draft: draft{Destination: "employed", Asking: "employer", Values: map[string]storage.Value{"employ_form": {Value: "unit"}}}}
	for _, tt := range []struct {
		name  string
		who   int // of personas
		gone  bool
		state string
		draft draft
		want  string
		lost  bool
		about int64
	}{
		{name: "goes on", who: 2, state: stateConfirm, draft: draft{Destination: "retained", For: zhang}, want: stateConfirm, about: zhang},
		{name: "an officer who does not graduate", who: 3, state: stateChoose, draft: draft{For: zhang}, want: stateChoose, about: zhang},
		{name: "outside the scope, own draft", who: 2, state: stateConfirm, draft: draft{Destination: "retained", For: lin, Own: own}, want: stateAsk, lost: true},
		{name: "outside the scope, nothing own", who: 2, state: stateConfirm, draft: draft{Destination: "retained", For: lin}, want: stateChoose, lost: true},
		{name: "outside the scope, no member", who: 3, state: stateAsk, draft: draft{Destination: "retained", For: lin}, want: stateOffice, lost: true},
		{name: "a person who is none", who: 4, state: stateAsk, draft: draft{Destination: "retained", For: 1 << 40}, want: stateOffice, lost: true},
		{name: "no officer any more", who: 2, gone: true, state: stateConfirm, draft: draft{Destination: "retained", For: zhang, Own: own}, want: stateAsk, lost: true},
		{name: "the season dropped the destination", who: 3, state: stateConfirm, draft: draft{Destination: "gone", For: zhang}, want: stateChoose, about: zhang},
		{name: "the season dropped the question", who: 3, state: stateAsk, draft: draft{Destination: "retained", Asking: "gone", For: zhang}, want: stateConfirm, about: zhang},
		{name: "a state of another version", who: 3, state: "gone", draft: draft{Destination: "retained", For: zhang}, want: stateChoose, about: zhang},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := newWalk(t, w, personas[tt.who])
			if tt.gone {
				g.p.Roles = nil
			}
			tt.draft.ForName = "某某"
			data, err := json.Marshal(tt.draft)
			g.ok(err)
			g.p.Dialogue.State, g.p.Dialogue.Data, g.p.Dialogue.Version = tt.state, data, 1
			before := loaded(t, g.h, w.Store, g.p, g.now)
			if before.state != tt.want || (before.lost != "") != tt.lost {
				t.Errorf("the chat is in state %s, lost %q; want %s, %v", before.state, before.lost, tt.want, tt.lost)
			}
			switch s := before.subject; {
			case tt.about != 0 && (s == nil || s.Person.ID != tt.about):
				t.Errorf("it is about %+v", s)
			case tt.about == 0 && s != before.self:
				t.Errorf("it is still about %+v", s)
			}
			done := g.checked(message{text: "延毕"})
			if tt.lost && strings.Contains(done.Out[0].Text, "延迟毕业") {
				t.Errorf("an answer about somebody else was taken: %q", done.Out[0].Text)
			}
		})
	}
}

// Personal answers entered for a member are sealed and told to nobody but the member.
func TestEnteredForIsToldToTheMemberOnly(t *testing.T) {
	w := deputies(t)
	out := w.says("郑", "确认")
	told := texts(out, "张三")
	if len(told) != 1 || !strings.Contains(told[0], "机械学院郑明老师替你登记了毕业去向") || !strings.Contains(told[0], "修改") {
		t.Fatalf("the member was told %q", told)
	}
	if got := texts(out, "郑"); len(got) != 1 || strings.Contains(got[0], "15400000001") || strings.Contains(got[0], "你") {
		t.Errorf("the officer was told %q", got)
	}
	for key, v := range w.member("20160001").Declaration.Answers {
		if v.Value == "15400000001" && !v.Personal {
			t.Errorf("%s is not personal", key)
		}
	}
}
