package handlers

import (
	"bytes"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"xianjie/storage"
)

// states are all of them, in the order people meet them.
var states = []string{stateBind, stateLocked, stateChoose, stateAsk, stateConfirm, stateEdit, stateDone, stateOffice}

// stateNames are the states as people call them.
var stateNames = map[string]string{
	stateBind: "未绑定", stateLocked: "等老师核对", stateChoose: "选去向", stateAsk: "答问题", stateConfirm: "核对",
	stateEdit: "选要改的", stateDone: "已登记", stateOffice: "干部（不毕业）",
}

// TestDialogueDoc prints the rules into docs/dialogue.md and fails where they are stale.
func TestDialogueDoc(t *testing.T) {
	const file = "../docs/dialogue.md"
	got := dialogueDoc(conversation())
	have, err := os.ReadFile(file)
	if *update {
		if err := os.MkdirAll("../docs", 0o755); err != nil { //nolint:gosec // a folder of the repository
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil { //nolint:gosec // a file of the repository
			t.Fatal(err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, got) {
		t.Errorf("%s is stale; go test ./handlers -update writes it", file)
	}
}

func dialogueDoc(rules []rule) []byte {
	var b bytes.Buffer
	b.WriteString(`# The conversation, rule by rule

Printed from ` + "`handlers/table.go`" + ` by ` + "`go test ./handlers -update`" + `; do not edit. A message is handled by the first rule that
fits: who writes, in which state the chat is, what is said. The method of ` + "`turn`" + ` in the fifth column says what is done.
How it reads in a chat stands in ` + "`handlers/testdata/*.txtar`" + `. What is said of a 毕业生 holds as well for an officer in the middle
of 代填, who answers in a member's place.

States: `)
	for i, s := range states {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s `%s`", stateNames[s], s)
	}
	b.WriteString(".\n\n| # | 谁 | 状态 | 说什么 | 做什么 | 到哪里 |\n|--:|---|---|---|---|---|\n")
	for i, r := range rules {
		fmt.Fprintf(&b, "| %d | %s | %s | %s | `%s` | %s |\n", i+1, r.who, stateList(r.from, "任何"), r.on, method(r.do), stateList(r.to, "不变"))
	}
	return b.Bytes()
}

func stateList(list []string, none string) string {
	if list == nil {
		return none
	}
	names := make([]string, len(list))
	for i, s := range list {
		names[i] = stateNames[s]
	}
	return strings.Join(names, "、")
}

func method(f func(*turn)) string {
	name := runtime.FuncForPC(reflect.ValueOf(f).Pointer()).Name()
	return name[strings.LastIndexByte(name, '.')+1:]
}

// TestRules holds the table to what its readers rely on.
func TestRules(t *testing.T) {
	rules := conversation()
	for i, r := range rules {
		for _, s := range slices.Concat(r.from, r.to) {
			if !slices.Contains(states, s) {
				t.Errorf("rule %d (%s) knows a state %q", i+1, r.on, s)
			}
		}
		if strings.Contains(method(r.do), "func") {
			t.Errorf("rule %d (%s) is done by no method", i+1, r.on)
		}
	}
	for _, s := range states {
		if stateNames[s] == "" {
			t.Errorf("state %q has no name", s)
		}
		caught := slices.ContainsFunc(rules, func(r rule) bool {
			return slices.Contains(r.from, s) && reflect.ValueOf(r.hear).Pointer() == reflect.ValueOf(always).Pointer()
		})
		if !caught {
			t.Errorf("in state %q there are texts nobody answers", s)
		}
	}
}

// checkMove fails when a turn leads where its rule does not say.
func checkMove(tb testing.TB, h *Turner, s *storage.Store, p storage.Pending, done storage.Turn, now time.Time) {
	tb.Helper()
	before := loaded(tb, h, s, p, now)
	after := before.state
	if done.Dialogue != nil {
		after = done.Dialogue.State
	}
	if !slices.Contains(states, after) {
		tb.Errorf("%q leads to an unknown state %q", p.Inbox.Text, after)
	}
	r := before.matching()
	if after != before.state && (r == nil || !slices.Contains(r.to, after)) {
		tb.Errorf("%q in state %s leads to %s, which rule %+v does not say", p.Inbox.Text, before.state, after, r.on)
	}
}

// loaded is the turn of a message before any rule has done anything.
func loaded(tb testing.TB, h *Turner, s *storage.Store, p storage.Pending, now time.Time) *turn {
	tb.Helper()
	facts := Facts{"digest": []storage.PutBefore(nil)}
	for {
		t := &turn{Turner: h, now: now, p: p, facts: facts}
		t.load()
		if t.need == nil {
			return t
		}
		v, err := t.need.Fetch(ctx, s)
		if err != nil {
			tb.Fatal(err)
		}
		facts[t.need.Key] = v
	}
}
