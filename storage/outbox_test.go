package storage_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"xianjie/storage"
)

// queue queues texts to the chat of a number in one turn.
func (w *world) queue(no string, outs ...storage.Out) {
	w.t.Helper()
	m := w.says(no, fmt.Sprint("queue ", w.msg))
	for i := range outs {
		outs[i].ContactID = m.Contact.ID
		if outs[i].Kind == "" {
			outs[i].Kind = storage.OutReply
		}
	}
	w.ok(w.CommitTurns(ctx, []storage.Turn{{InboxID: m.Inbox.ID, ContactID: m.Contact.ID, Out: outs}}))
}

// claim claims the next message, "" when there is none.
func (w *world) claim() storage.Outbox {
	w.t.Helper()
	c, err := w.ClaimOut(ctx, account)
	w.ok(err)
	if c == nil {
		return storage.Outbox{}
	}
	return c.Outbox
}

func TestClaimInOrderOfPriority(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.queue("20160001",
			storage.Out{Kind: storage.OutNotice, Text: "通知"}, storage.Out{Kind: storage.OutNudge, Text: "提一下"},
			storage.Out{Kind: storage.OutDigest, Text: "待办"}, storage.Out{Kind: storage.OutAlert, Text: "警报"},
			storage.Out{Kind: storage.OutReply, Text: "回答一"}, storage.Out{Kind: storage.OutReply, Text: "回答二"},
			storage.Out{Kind: storage.OutAccept, Extra: "{}"},
			storage.Out{Kind: storage.OutReply, Text: "以后", NotBefore: w.clock.now().Add(time.Hour)},
		)
		if ready, err := w.OutReady(ctx, account); err != nil || ready != storage.OutAccept {
			t.Errorf("ready: %v, %v", ready, err)
		}
		var got []string
		for {
			o := w.claim()
			if o.ID == 0 {
				break
			}
			got = append(got, o.Kind+o.Text)
			w.ok(w.FinishOut(ctx, o.ID, storage.OutSent, "m", ""))
		}
		if s := strings.Join(got, " "); s != "accept reply回答一 reply回答二 alert警报 digest待办 nudge提一下 notice通知" {
			t.Errorf("left as %s", s)
		}
		if ready, err := w.OutReady(ctx, account); err != nil || ready != "" {
			t.Errorf("ready although all that is left waits: %v, %v", ready, err)
		}
		w.clock.set(w.clock.now().Add(time.Hour))
		if o := w.claim(); o.Text != "以后" {
			t.Errorf("an hour later: %+v", o)
		}
	})
}

// Two senders, in two processes, at once: every message is claimed by one of them.
func TestTwoSendersNeverClaimTheSame(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const n = 30
		var outs []storage.Out
		for i := range n {
			outs = append(outs, storage.Out{Text: fmt.Sprint("第", i)})
		}
		w.queue("20160001", outs...)
		stores := []*storage.Store{w.Store, w.second()}
		var g sync.WaitGroup
		var mu sync.Mutex
		claimed := map[int64]int{}
		for i := range 4 {
			g.Go(func() {
				for {
					c, err := stores[i%2].ClaimOut(ctx, account)
					if err != nil {
						t.Error(err)
						return
					}
					if c == nil {
						return // nothing is left, or this would be a lost message
					}
					mu.Lock()
					claimed[c.Outbox.ID]++
					mu.Unlock()
					if err := stores[i%2].FinishOut(ctx, c.Outbox.ID, storage.OutSent, "m", ""); err != nil {
						t.Error(err)
					}
				}
			})
		}
		g.Wait()
		for id, times := range claimed {
			if times != 1 {
				t.Errorf("message %d was claimed %d times", id, times)
			}
		}
		if len(claimed) != n || w.count("outbox WHERE state = 'sent' AND attempts = 1") != n {
			t.Errorf("%d of %d were claimed", len(claimed), n)
		}
	})
}

func TestFinishStates(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		states := []string{storage.OutSent, storage.OutUnknown, storage.OutFailed, storage.OutDropped, storage.OutHeld}
		for range states {
			w.queue("20160001", storage.Out{Text: "一"})
		}
		for _, state := range states {
			o := w.claim()
			w.ok(w.FinishOut(ctx, o.ID, state, "wx1", strings.Repeat("因", 300)))
			if n := w.count("outbox WHERE id = ? AND state = ? AND msg_id = 'wx1' AND done_at IS NOT NULL", o.ID, state); n != 1 {
				t.Errorf("%s is not noted", state)
			}
			for what, f := range map[string]func() error{
				"finish":  func() error { return w.FinishOut(ctx, o.ID, storage.OutSent, "", "") },
				"release": func() error { return w.ReleaseOut(ctx, o.ID, w.clock.now(), "") },
				"rewrite": func() error { return w.RewriteOut(ctx, o.ID, "二") },
			} {
				if err := f(); !errors.Is(err, storage.ErrNotInFlight) {
					t.Errorf("%s of a message that is %s: %v", what, state, err)
				}
			}
		}
		if err := w.ReleaseOut(ctx, 4711, w.clock.now(), ""); !errors.Is(err, storage.ErrNotInFlight) {
			t.Errorf("a message that does not exist: %v", err)
		}
		if o := w.claim(); o.ID != 0 {
			t.Errorf("left again: %+v", o)
		}
	})
}

func TestReleaseAndRewrite(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.queue("20160001", storage.Out{Text: "旧"})
		o := w.claim()
		w.ok(w.RewriteOut(ctx, o.ID, "新"))
		w.ok(w.RewriteOut(ctx, o.ID, "新")) // the same again changes nothing and is no fault
		later := w.clock.now().Add(90 * time.Second)
		w.ok(w.ReleaseOut(ctx, o.ID, later, "offline"))
		if o := w.claim(); o.ID != 0 {
			t.Errorf("left before its time: %+v", o)
		}
		if next, ok, err := w.NextOut(ctx, account); err != nil || !ok || !next.Equal(later) {
			t.Errorf("next %v, %v, %v", next, ok, err)
		}
		w.clock.set(later)
		if o := w.claim(); o.Text != "新" || o.Attempts != 2 || o.Reason != "offline" {
			t.Errorf("again: %+v", o)
		}
	})
}

// A part that has to wait keeps those behind it waiting: a text must not arrive with its middle first.
func TestPartsStayInOrder(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.queue("20160001", storage.Out{Text: strings.Repeat("甲", storage.MaxPart+1)}, storage.Out{Text: "乙"})
		w.queue("20160002", storage.Out{Text: "别人"})
		first := w.claim()
		if first.Part != 0 {
			t.Fatalf("part %d is first", first.Part)
		}
		later := w.clock.now().Add(time.Minute)
		w.ok(w.ReleaseOut(ctx, first.ID, later, "offline"))
		o := w.claim()
		if o.Text != "别人" {
			t.Errorf("%.10q overtook what waits", o.Text)
		}
		w.ok(w.FinishOut(ctx, o.ID, storage.OutSent, "", ""))
		if o := w.claim(); o.ID != 0 {
			t.Errorf("%.10q overtook what waits", o.Text)
		}
		w.clock.set(later)
		for _, want := range []int64{first.ID, first.ID + 1, first.ID + 2} {
			if o := w.claim(); o.ID != want {
				t.Errorf("%d leaves, want %d", o.ID, want)
			}
		}
	})
}

// What a dead process left in flight may have arrived: it is not sent again.
func TestRecover(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.queue("20160001", storage.Out{Text: "一"}, storage.Out{Text: "二"})
		o := w.claim()
		if n, err := w.RecoverOut(ctx, "other", w.clock.now()); err != nil || n != 0 {
			t.Errorf("another account: %d, %v", n, err)
		}
		if n, err := w.RecoverOut(ctx, account, w.clock.now().Add(-time.Minute)); err != nil || n != 0 {
			t.Errorf("what may still be on its way: %d, %v", n, err)
		}
		w.clock.set(w.clock.now().Add(-time.Hour)) // the new process's clock is behind
		if n, err := w.RecoverOut(ctx, account, time.Time{}); err != nil || n != 1 {
			t.Errorf("recovered %d, %v", n, err)
		}
		w.clock.set(w.clock.now().Add(time.Hour))
		if n := w.count("outbox WHERE id = ? AND state = 'unknown' AND reason <> '' AND done_at IS NOT NULL", o.ID); n != 1 {
			t.Error("it is not unknown")
		}
		if next := w.claim(); next.Text != "二" {
			t.Errorf("next: %+v", next)
		}
	})
}

func TestOnlyWhoHasAnAddressIsSentTo(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.queue("20160001", storage.Out{Text: "给张三"})
		w.queue("20160002", storage.Out{Text: "给李四"})
		w.ok(w.ContactsDeleted(ctx, account, login, nil))
		w.ok(w.ContactsDeleted(ctx, account, login, []string{"@20160001"}))
		if o := w.claim(); o.Text != "给李四" {
			t.Errorf("claimed %+v", o)
		}
		if o := w.claim(); o.ID != 0 {
			t.Errorf("a chat that is gone is written to: %+v", o)
		}
		if n, err := w.FailGone(ctx, account); err != nil || n != 1 {
			t.Errorf("given up: %d, %v", n, err)
		}
		if n := w.count("outbox WHERE state = 'failed' AND reason <> ''"); n != 1 {
			t.Errorf("%d have failed", n)
		}
		w.queue("20160003", storage.Out{Text: "给王五"})
		w.ok(w.BeginLogin(ctx, account, "login-2"))
		if o := w.claim(); o.ID != 0 {
			t.Errorf("left in a login whose contacts are not known: %+v", o)
		}
		if n, err := w.OutUnderway(ctx, account); err != nil || n != 1 { // the one being sent
			t.Errorf("under way: %d, %v", n, err)
		}
	})
}

func TestExpiredIsDropped(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		at := w.clock.now().Add(time.Hour)
		w.queue("20160001", storage.Out{Text: "今天之内", ExpiresAt: &at}, storage.Out{Text: "随时"})
		w.clock.set(at.Add(-time.Microsecond))
		if n, err := w.FailGone(ctx, account); err != nil || n != 0 {
			t.Errorf("dropped early: %d, %v", n, err)
		}
		w.clock.set(at)
		if n, err := w.FailGone(ctx, account); err != nil || n != 1 {
			t.Errorf("dropped: %d, %v", n, err)
		}
		if o := w.claim(); o.Text != "随时" {
			t.Errorf("left: %+v", o)
		}
	})
}

// An account that WeChat told to slow down keeps that across a restart.
func TestSlowedAccount(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		until := w.clock.now().Add(10 * time.Minute)
		if stopped, err := w.RefuseAccount(ctx, account, until, func(bool) string { return "慢一点" }); err != nil || stopped {
			t.Fatalf("stopped %v, %v", stopped, err)
		}
		w.ok(w.SavePhase(ctx, account, "online"))
		w.ok(w.SaveSession(ctx, account, []byte("cookie")))
		a, err := w.second().AccountNamed(ctx, account)
		if err != nil || a.HeldUntil == nil || !a.HeldUntil.Equal(until) || a.Phase != "online" || a.Login != login || !a.Ready || a.Session != "cookie" {
			t.Errorf("account: %+v, %v", a, err)
		}
		w.ok(w.SaveSession(ctx, account, nil))
		if b, err := w.LoadSession(ctx, account); err != nil || b != nil {
			t.Errorf("a session that was forgotten: %q, %v", b, err)
		}
		if a, err := w.AccountNamed(ctx, "nobody"); err != nil || a != (storage.Account{Name: "nobody"}) {
			t.Errorf("unknown account: %+v, %v", a, err)
		}
		if as, err := w.Accounts(ctx); err != nil || len(as) != 1 {
			t.Errorf("accounts: %+v, %v", as, err)
		}
	})
}
