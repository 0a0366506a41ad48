package storage_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"xianjie/season"
	"xianjie/storage"
)

func TestReceiveOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		batch := []storage.Received{{MsgID: "7", User: "@20160001", Kind: "text", Text: "你好", At: w.clock.now()}}
		for range 3 {
			w.ok(w.Receive(ctx, account, login, batch))
		}
		batch = append(batch, storage.Received{MsgID: "8", User: "@stranger", ChatKind: "stranger", Kind: "text", Text: "𠮷", At: w.clock.now()})
		w.ok(w.Receive(ctx, account, login, batch))
		ps, err := w.Pendings(ctx, 10)
		w.ok(err)
		if len(ps) != 2 || ps[0].Inbox.Text != "你好" || ps[1].Inbox.Text != "𠮷" || ps[1].Contact.Kind != "stranger" {
			t.Fatalf("pending: %+v", ps)
		}
	})
}

func TestTurnIsAllOrNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.bound("20160001")
		m := w.says("20160001", "确认")
		change := w.declare(w.member(p.ID))
		turn := storage.Turn{
			InboxID: m.Inbox.ID, ContactID: m.Contact.ID, Outcome: "declared",
			Dialogue: &storage.Dialogue{ContactID: m.Contact.ID, State: "done", Data: []byte(`{"phone":"13900000000"}`)},
			Members:  []storage.MemberChange{change},
			Out:      []storage.Out{{ContactID: m.Contact.ID, Kind: storage.OutReply, Text: strings.Repeat("字", 1300)}},
			Audit:    []storage.Audit{{At: w.clock.now(), Action: "declare", Subject: "person/1"}},
			Answered: []storage.MatterAnswer{{ID: 999, By: p.ID, Answer: "?"}},
		}
		if err := w.CommitTurns(ctx, []storage.Turn{turn}); !errors.Is(err, storage.ErrConflict) {
			t.Fatalf("answering a matter that does not exist: %v", err)
		}
		if got := w.member(p.ID); got.Declaration != nil || got.Transfer.State != season.Undeclared {
			t.Fatalf("half a turn was written: %+v", got.Transfer)
		}
		turn.Answered = nil
		w.ok(w.CommitTurns(ctx, []storage.Turn{turn}))
		got := w.member(p.ID)
		if got.Declaration == nil || got.Transfer.State != "pending" || len(got.Events) != 1 || got.Transfer.Version != 2 {
			t.Fatalf("after the turn: %+v", got)
		}
		if err := w.CommitTurns(ctx, []storage.Turn{turn}); !errors.Is(err, storage.ErrConflict) {
			t.Fatalf("the same message twice: %v", err)
		}
		next := w.says("20160001", "你好")
		if string(next.Dialogue.Data) != `{"phone":"13900000000"}` || next.Dialogue.State != "done" || next.Dialogue.Version != 1 {
			t.Fatalf("dialogue: %+v", next.Dialogue)
		}
		var parts []string
		for {
			c, err := w.ClaimOut(ctx, account)
			w.ok(err)
			if c == nil {
				break
			}
			parts = append(parts, c.Outbox.Text)
			w.ok(w.FinishOut(ctx, c.Outbox.ID, storage.OutSent, "m", ""))
		}
		if len(parts) != 3 || strings.Join(parts, "") != strings.Repeat("字", 1300) {
			t.Fatalf("%d parts", len(parts))
		}
	})
}

func TestDutiesFollowTheTransfer(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.bound("20160001")
		if d := w.open(p.ID); len(d) != 1 || d["declare"].Due != "2020-06-30" {
			t.Fatalf("on the roster: %+v", d)
		}
		w.commit(w.declare(w.member(p.ID)))
		if d := w.open(p.ID); len(d) != 1 || d["initiate"].Due != "2020-07-31" {
			t.Fatalf("declared: %+v", d)
		}
		w.record(p.ID, "applied")
		if d := w.open(p.ID); len(d) != 2 || d["review"].Due != "2020-06-16" {
			t.Fatalf("applied: %+v", d)
		}
		w.record(p.ID, "returned")
		w.clock.set(w.clock.now().Add(48 * time.Hour))
		w.record(p.ID, "applied")
		if d := w.open(p.ID); d["review"].Due != "2020-06-18" {
			t.Fatalf("applied again: %+v", d)
		}
		w.record(p.ID, "reviewed")
		w.record(p.ID, "received")
		if d := w.open(p.ID); len(d) != 0 {
			t.Fatalf("received: %+v", d)
		}
		due, err := w.StepsDue(ctx, w.clock.now().AddDate(1, 0, 0), 100)
		w.ok(err)
		for _, d := range due {
			if d.Duty.PersonID == p.ID {
				t.Fatalf("a reminder is left for a closed matter: %+v", d)
			}
		}
	})
}

func TestStaleChangeIsRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.bound("20160001")
		first, second := w.declare(w.member(p.ID)), w.declare(w.member(p.ID))
		w.commit(first)
		if _, err := w.CommitMembers(ctx, []storage.MemberChange{second}); !errors.Is(err, storage.ErrConflict) {
			t.Fatalf("stale change: %v", err)
		}
		again := w.declare(w.member(p.ID))
		if _, err := w.CommitMembers(ctx, []storage.MemberChange{again, again}); !errors.Is(err, storage.ErrConflict) {
			t.Fatalf("two changes of one member: %v", err)
		}
		w.commit(again)
		if m := w.member(p.ID); m.Declaration.Seq != 2 {
			t.Fatalf("declaration %d is current", m.Declaration.Seq)
		}
	})
}

func TestConcurrentTurns(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var ids []int64
		for _, no := range []string{"20160001", "20160002", "20160003"} {
			ids = append(ids, w.bound(no).ID)
		}
		var g sync.WaitGroup
		wins := make(chan int64, 100)
		for range 8 {
			g.Go(func() {
				for _, id := range ids {
					ms, err := w.Members(ctx, []int64{id})
					if err != nil {
						t.Error(err)
						return
					}
					c, _, err := ms[0].Declare(w.season, "employed", self, storage.Said{}, w.clock.now())
					if err != nil {
						t.Error(err)
						return
					}
					switch _, err := w.CommitMembers(ctx, []storage.MemberChange{c}); {
					case err == nil:
						wins <- id
					case !errors.Is(err, storage.ErrConflict):
						t.Error(err)
					}
				}
			})
		}
		g.Wait()
		close(wins)
		n := map[int64]int{}
		for id := range wins {
			n[id]++
		}
		for _, id := range ids {
			if m := w.member(id); n[id] == 0 || m.Declaration.Seq != n[id] || m.Transfer.Version != int64(n[id])+1 {
				t.Errorf("person %d: %d accepted, declaration %d, version %d", id, n[id], m.Declaration.Seq, m.Transfer.Version)
			}
		}
	})
}

func TestDigestOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.bound("20160001")
		due, err := w.StepsDue(ctx, w.season.EndOf(w.season.Closes), 1000)
		w.ok(err)
		var mine []storage.DueStep
		for _, d := range due {
			if d.Duty.PersonID == p.ID && d.Step.Party == "member" {
				mine = append(mine, d)
			}
		}
		if len(mine) != 5 {
			t.Fatalf("%d reminders are planned for a member who has not declared", len(mine))
		}
		st := mine[0]
		contacts, err := w.ContactsOf(ctx, []int64{p.ID})
		w.ok(err)
		digest := storage.Digest{
			Steps:     []int64{st.Step.ID},
			Reminders: []storage.Reminder{{DutyID: st.Duty.ID, StepID: st.Step.ID, Step: st.Step.Step, PersonID: p.ID, Slot: "s", At: w.clock.now()}},
			Out:       &storage.Out{ContactID: contacts[p.ID].ID, PersonID: &p.ID, Kind: storage.OutDigest, Once: "digest/1/s", Text: "该登记了"},
		}
		w.ok(w.CommitDigests(ctx, []storage.Digest{digest}))
		if err := w.CommitDigests(ctx, []storage.Digest{digest}); !errors.Is(err, storage.ErrConflict) {
			t.Fatalf("the same reminder twice: %v", err)
		}
		other := digest
		other.Steps, other.Reminders = []int64{mine[1].Step.ID}, nil
		if err := w.CommitDigests(ctx, []storage.Digest{other}); !errors.Is(err, storage.ErrConflict) {
			t.Fatalf("two digests in one slot: %v", err)
		}
		c, err := w.ClaimOut(ctx, account)
		w.ok(err)
		log, err := w.RemindersOf(ctx, c.Outbox.ID)
		w.ok(err)
		if len(log) != 1 || log[0].Duty.Rule != "declare" {
			t.Fatalf("log: %+v", log)
		}
	})
}

func TestLapse(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.bound("20160001")
		w.commit(w.declare(w.member(p.ID)))
		w.record(p.ID, "applied")
		review := w.open(p.ID)["review"]
		w.clock.set(review.LapsesAt.Add(-time.Second))
		if ds, err := w.LapsesDue(ctx, w.clock.now(), 10); err != nil || len(ds) != 0 {
			t.Fatalf("lapsed a second early: %v, %v", ds, err)
		}
		w.clock.set(review.LapsesAt)
		ds, err := w.LapsesDue(ctx, w.clock.now(), 10)
		w.ok(err)
		if len(ds) != 1 || ds[0].ID != review.ID {
			t.Fatalf("lapses due: %+v", ds)
		}
		change, err := w.member(p.ID).Record(w.season, "defaulted", review.LapsesAt, w.clock.now(), storage.DutyDefaulted, storage.Said{})
		w.ok(err)
		lapse := storage.Lapse{
			DutyID: review.ID, At: review.LapsesAt, Change: &change,
			Report: []storage.DutyStep{{Step: storage.StepLapsed, Party: "college", At: w.clock.now().Add(9 * time.Hour)}},
		}
		w.ok(w.CommitLapses(ctx, []storage.Lapse{lapse}))
		if err := w.CommitLapses(ctx, []storage.Lapse{lapse}); !errors.Is(err, storage.ErrConflict) {
			t.Fatalf("the same lapse twice: %v", err)
		}
		m := w.member(p.ID)
		if m.Transfer.State != "to_receive" || m.Events[len(m.Events)-1].ByPersonID != nil {
			t.Fatalf("after the lapse: %+v", m)
		}
		all, err := w.Duties(ctx, []int64{review.ID})
		w.ok(err)
		if d := all[review.ID]; d.Outcome != storage.DutyDefaulted || d.LapsedAt == nil || d.ClosedAt == nil || d.OpenKey != nil {
			t.Fatalf("the duty: %+v", d)
		}
		due, err := w.StepsDue(ctx, w.clock.now().Add(10*time.Hour), 100)
		w.ok(err)
		found := false
		for _, d := range due {
			found = found || d.Duty.ID == review.ID && d.Step.Step == storage.StepLapsed
			if d.Duty.ID == review.ID && d.Step.Step != storage.StepLapsed {
				t.Errorf("a reminder after the lapse: %+v", d.Step)
			}
		}
		if !found {
			t.Error("the report of the lapse is not due")
		}
		if next, ok, err := w.NextWake(ctx); err != nil || !ok || next.After(w.clock.now().Add(9*time.Hour)) {
			t.Errorf("next wake %v, %v, %v", next, ok, err)
		}
	})
}

func TestOutboxStates(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.bound("20160001")
		m := w.says("20160001", "a")
		c := m.Contact
		expires := w.clock.now().Add(time.Hour)
		turn := storage.Turn{InboxID: m.Inbox.ID, ContactID: c.ID, Out: []storage.Out{
			{ContactID: c.ID, PersonID: &p.ID, Kind: storage.OutNotice, Text: "通知"},
			{ContactID: c.ID, Kind: storage.OutReply, Text: "回答"},
			{ContactID: c.ID, Kind: storage.OutDigest, Text: "过时", ExpiresAt: &expires, NotBefore: w.clock.now().Add(2 * time.Hour)},
			{ContactID: c.ID, Kind: storage.OutAccept, Extra: "{}"},
		}}
		w.ok(w.CommitTurns(ctx, []storage.Turn{turn}))
		if next, ok, err := w.NextOut(ctx, account); err != nil || !ok || !next.Equal(w.clock.now().Add(2*time.Hour)) {
			t.Fatalf("next: %v, %v, %v", next, ok, err)
		}
		take := func(kind string) storage.Outbox {
			t.Helper()
			got, err := w.ClaimOut(ctx, account)
			w.ok(err)
			if got == nil || got.Outbox.Kind != kind {
				t.Fatalf("claimed %+v, want %s", got, kind)
			}
			return got.Outbox
		}
		w.ok(w.FinishOut(ctx, take(storage.OutAccept).ID, storage.OutSent, "1", ""))
		reply := take(storage.OutReply)
		w.ok(w.ReleaseOut(ctx, reply.ID, w.clock.now(), "offline"))
		if again := take(storage.OutReply); again.ID != reply.ID || again.Attempts != 2 {
			t.Fatalf("released: %+v", again)
		}
		if n, err := w.RecoverOut(ctx, account, w.clock.now()); err != nil || n != 1 {
			t.Fatalf("recovered %d, %v", n, err)
		}
		if err := w.FinishOut(ctx, reply.ID, storage.OutSent, "2", ""); !errors.Is(err, storage.ErrNotInFlight) {
			t.Fatalf("finishing what is unknown: %v", err)
		}
		take(storage.OutNotice)
		w.clock.set(expires)
		if n, err := w.FailGone(ctx, account); err != nil || n != 1 {
			t.Fatalf("dropped %d, %v", n, err)
		}
	})
}

func TestNewLoginWaitsForItsContacts(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.bound("20160001")
		known, err := w.Known(ctx, account)
		w.ok(err)
		var id int64
		for _, c := range known {
			if c.PersonID != nil {
				id = c.ID
			}
		}
		w.ok(w.BeginLogin(ctx, account, "login-2"))
		w.ok(w.Receive(ctx, account, "login-2", []storage.Received{{MsgID: "x", User: "@new", ChatKind: "friend", Kind: "text", Text: "状态", At: w.clock.now()}}))
		if ps, err := w.Pendings(ctx, 10); err != nil || len(ps) != 0 {
			t.Fatalf("handled before the contacts were known: %+v, %v", ps, err)
		}
		w.ok(w.SaveSnapshot(ctx, account, "login-2", storage.Snapshot{
			Seen:    []storage.Seen{{UserName: "@new", Kind: "friend", Nick: "张三"}},
			Matches: map[string]int64{"@new": id},
		}))
		ps, err := w.Pendings(ctx, 10)
		w.ok(err)
		if len(ps) != 1 || ps[0].Contact.ID != id || ps[0].Person == nil || ps[0].Person.ID != p.ID {
			t.Fatalf("the message did not reach its member: %+v", ps)
		}
		reach, err := w.ContactsOf(ctx, []int64{p.ID})
		w.ok(err)
		if reach[p.ID].UserName != "@new" {
			t.Fatalf("address: %+v", reach[p.ID])
		}
	})
}
