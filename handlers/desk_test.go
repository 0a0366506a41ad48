package handlers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"xianjie/storage"
)

// texts are what was sent to a chat.
func texts(out []sent, to string) []string {
	var ts []string
	for _, m := range out {
		if m.to == to {
			ts = append(ts, m.text)
		}
	}
	return ts
}

// outcome of the last message received.
func (w *school) outcome() (state, outcome string) {
	w.tb.Helper()
	all := w.inbox()
	last := all[len(all)-1]
	return last.State, last.Outcome
}

// A turn another desk was faster with is dropped, and nothing of it reaches anybody.
func TestDeskLosesAgainstAnother(t *testing.T) {
	w := newSchool(t)
	w.bind("张三", "20160001")
	w.receive("张三", message{text: "就业"})
	p := w.pending("张三")
	slow := w.newDesk()
	late, err := slow.decide(ctx, p)
	w.ok(err)
	w.work()

	handled, collided, err := slow.commit(ctx, []decided{{p, late}})
	if handled != 0 || collided != 1 || err != nil {
		t.Fatalf("the slow desk handled %d, collided %d, %v", handled, collided, err)
	}
	if got := texts(w.send(), "张三"); len(got) != 1 {
		t.Errorf("张三 was answered %d times: %q", len(got), got)
	}
}

// The other turns of a batch are committed although one of them collides, and the one is decided anew.
func TestDeskDecidesAnew(t *testing.T) {
	w := newSchool(t)
	w.bind("张三", "20160001")
	w.bind("李四", "20160002")
	w.bind("郑", "900002")
	for _, text := range []string{"就业", "2", "贵州", "某某区某某街道"} {
		w.says("张三", text)
	}
	// Both decide on the transfer of 张三: the member confirms while the secretary records.
	w.receive("张三", message{text: "确认"})
	w.receive("李四", message{text: "你好"})
	w.work()
	w.receive("张三", message{text: "延毕"})
	w.work()
	w.receive("张三", message{text: "跳过"})
	w.work()
	w.send()
	w.receive("张三", message{text: "确认"})
	w.receive("郑", message{text: "已发起 20160001"})
	w.receive("李四", message{text: "谢谢"})

	n, err := w.desk.Round(ctx)
	if n != 2 || err != nil {
		t.Fatalf("the first round handled %d, %v", n, err)
	}
	w.work()
	got := w.send()
	if m := w.member("20160001"); m.Transfer.Destination != "delayed" {
		t.Errorf("张三 stands at %s %s", m.Transfer.Destination, m.Transfer.State)
	}
	if answer := texts(got, "郑"); len(answer) != 1 || !strings.Contains(answer[0], "待标记") {
		t.Errorf("郑 was told %q: the event must be judged by the new declaration", answer)
	}
	if answer := texts(got, "李四"); len(answer) != 1 {
		t.Errorf("李四 was told %q", answer)
	}
}

// Two desks at once answer every message exactly once.
func TestDesksSideBySide(t *testing.T) {
	w := newSchool(t)
	const chats, each = 20, 3
	for i := range chats {
		for j := range each {
			w.receive(fmt.Sprintf("路人%d", i), message{text: fmt.Sprintf("2099%04d 林%d", i, j)})
		}
	}
	var wg sync.WaitGroup
	for range 2 {
		d := w.newDesk()
		wg.Go(func() {
			for {
				n, err := d.Round(ctx)
				if err != nil {
					t.Error(err)
				}
				if n == 0 {
					return
				}
			}
		})
	}
	wg.Wait()
	w.work()
	out := w.send()
	for i := range chats {
		if got := texts(out, fmt.Sprintf("路人%d", i)); len(got) != each {
			t.Errorf("路人%d wrote %d times and was answered %d times", i, each, len(got))
		}
	}
}

// poisoned is a turner with a rule that goes wrong.
func poisoned(w *school, do func(*turn)) *Turner {
	h := NewTurner(w.season, theWords())
	h.rules = slices.Insert(h.rules, 0, rule{anybody, nil, "毒", func(t *turn) bool { return strings.HasSuffix(t.p.Inbox.Text, "毒") }, do, nil})
	return h
}

func TestDeskPutsAside(t *testing.T) {
	for name, do := range map[string]func(*turn){
		"panic": func(t *turn) { t.p.Transfer = nil; _ = t.p.Transfer.State },
		"needs without end": func(t *turn) {
			want(t, fmt.Sprint(len(t.facts)), func(context.Context, *storage.Store) (int, error) { return 0, nil })
		},
		"refused by the database": func(t *turn) { t.say("好"); t.out.Matters = []storage.Matter{{ID: 7}, {ID: 7}} },
		"refused in its audit":    func(t *turn) { t.out.Audit = []storage.Audit{{ID: 7}, {ID: 7}}; t.state = stateLocked },
	} {
		t.Run(name, func(t *testing.T) {
			w := newSchool(t)
			w.bind("张三", "20160001")
			w.bind("李四", "20160002")
			w.says("张三", "就业")
			w.desk.Turner = poisoned(w, do)

			w.receive("李四", message{text: "升学"})
			w.receive("张三", message{text: "下了毒"})
			n, err := w.desk.Round(ctx)
			if n != 2 || err != nil {
				t.Fatalf("the round handled %d, %v", n, err)
			}
			if state, outcome := w.outcome(); state != storage.InboxSkipped || outcome != "aside" {
				t.Errorf("the message is %s, %s", state, outcome)
			}
			out := w.send()
			if got := texts(out, "张三"); len(got) != 1 || got[0] != textApology {
				t.Errorf("张三 was told %q", got)
			}
			if got := texts(out, "李四"); len(got) != 1 || !strings.Contains(got[0], "你到哪里升学") {
				t.Errorf("李四 was told %q", got)
			}
			// The conversation goes on where it was.
			w.desk = w.newDesk()
			if got := texts(w.says("张三", "1"), "张三"); len(got) != 1 || !strings.Contains(got[0], "单位的全称") {
				t.Errorf("张三 was told %q afterwards", got)
			}
		})
	}
}

// A chat whose facts cannot be had waits; the others do not.
func TestDeskGoesOnWithoutFacts(t *testing.T) {
	w := newSchool(t)
	w.bind("张三", "20160001")
	w.bind("李四", "20160002")
	broken := errors.New("disk full")
	w.desk.Turner = poisoned(w, func(t *turn) {
		want(t, "x", func(context.Context, *storage.Store) (int, error) { return 0, broken })
	})
	w.receive("张三", message{text: "毒"})
	w.receive("李四", message{text: "升学"})
	n, err := w.desk.Round(ctx)
	if n != 1 || !errors.Is(err, broken) {
		t.Fatalf("the round handled %d, %v", n, err)
	}
	if got := texts(w.send(), "李四"); len(got) != 1 {
		t.Errorf("李四 was told %q", got)
	}
	w.desk = w.newDesk()
	w.work()
	if got := texts(w.send(), "张三"); len(got) != 1 {
		t.Errorf("张三 was told %q once the facts were there", got)
	}
}

// A draft that cannot be read any more begins anew; what was confirmed stays.
func TestDeskReadsNoRubbish(t *testing.T) {
	w := newSchool(t)
	w.bind("张三", "20160001")
	for _, text := range []string{"延毕", "跳过", "确认", "修改"} {
		w.says("张三", text)
	}
	w.receive("张三", message{text: "上一步"})
	p := w.pending("张三")
	p.Dialogue.Data = []byte(`{"values":[]}`)
	done, err := w.desk.decide(ctx, p)
	w.ok(err)
	if done.Dialogue == nil || done.Dialogue.State != stateDone || string(done.Dialogue.Data) != "{}" {
		t.Errorf("the dialogue becomes %+v", done.Dialogue)
	}
	if !slices.ContainsFunc(done.Audit, func(a storage.Audit) bool { return a.Action == "dialogue_lost" }) {
		t.Error("nothing of it stands in the audit")
	}
}

// Run wakes when told, looks by itself now and then, tells of what it queued, and ends with its context.
func TestDeskRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newSchool(t)
		committed := make(chan struct{}, 10)
		w.desk.Committed = func() { committed <- struct{}{} }
		ctx, cancel := context.WithCancel(ctx)
		wake, ended := make(chan struct{}, 1), make(chan error, 1)
		const poll = 5 * time.Second
		go func() { ended <- w.desk.Run(ctx, wake, poll) }()
		synctest.Wait()

		w.receive("路人", message{text: "你好"})
		synctest.Wait()
		if len(committed) != 0 {
			t.Error("a message was handled before anybody looked")
		}
		wake <- struct{}{}
		synctest.Wait()
		if len(committed) != 1 {
			t.Errorf("woken, the desk committed %d times", len(committed))
		}
		w.receive("路人", message{text: "在吗"})
		time.Sleep(poll)
		synctest.Wait()
		if len(committed) != 2 {
			t.Errorf("after a poll the desk committed %d times", len(committed))
		}
		cancel()
		synctest.Wait()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("Run ended with %v", err)
			}
		default:
			t.Error("Run goes on without its context")
		}
		if got := texts(w.send(), "路人"); len(got) != 2 {
			t.Errorf("路人 was told %q", got)
		}
	})
}

// A storage that fails is logged and asked again; nothing is lost.
func TestDeskWaitsForStorage(t *testing.T) {
	w := newSchool(t)
	w.receive("路人", message{text: "你好"})
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if n, err := w.desk.Round(ended); n != 0 || err == nil {
		t.Errorf("without storage the round handled %d, %v", n, err)
	}
	w.work()
	if got := texts(w.send(), "路人"); len(got) != 1 {
		t.Errorf("路人 was told %q", got)
	}
}
