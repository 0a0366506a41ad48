package storage_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"xianjie/season"
	"xianjie/seasons"
	"xianjie/storage"
	"xianjie/storage/storagetest"
)

// world is a small school on a store whose clock the test holds.
type world struct {
	*storage.Store
	t      *testing.T
	season *season.Season
	clock  *clock
	msg    int
}

type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = t
}

const (
	account = "main"
	login   = "login-1"
)

// each runs a test in a fresh school on both databases.
func each(t *testing.T, f func(*world)) {
	t.Helper()
	sn, err := seasons.Load("cqu-2020")
	if err != nil {
		t.Fatal(err)
	}
	for name, options := range map[string]func(testing.TB) storage.Options{"sqlite": storagetest.SQLite, "mariadb": storagetest.MariaDB} {
		t.Run(name, func(t *testing.T) {
			w := &world{t: t, season: sn, clock: &clock{t: sn.Morning(sn.Opens).Add(time.Hour)}}
			o := options(t)
			o.Now = w.clock.now
			w.Store = storagetest.Open(t, o)
			w.enrol("20160001", "张三", "20160002", "李四", "20160003", "王五")
			f(w)
		})
	}
}

var ctx = context.Background()

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// enrol puts members and one college secretary on the roster and makes their chats known.
func (w *world) enrol(pairs ...string) {
	w.t.Helper()
	r := storage.Roster{Committee: "校团委", Audit: storage.Audit{At: w.clock.now(), Action: "import", Subject: "roster"}}
	for i := 0; i < len(pairs); i += 2 {
		r.People = append(r.People, storage.Listed{
			No: pairs[i], Name: pairs[i+1], College: "机械学院", Branch: "机械1班", Cohort: 2020, Phone: "13900000000",
		})
	}
	r.People = append(r.People, storage.Listed{No: "90001", Name: "赵老师"})
	r.RolesAdded = []storage.Seat{{No: "90001", Party: storage.OrgCollege, College: "机械学院"}}
	w.ok(w.ApplyRoster(ctx, w.season, r))
	w.ok(w.BeginLogin(ctx, account, login))
	var snap storage.Snapshot
	for i := 0; i < len(pairs); i += 2 {
		snap.Seen = append(snap.Seen, storage.Seen{UserName: "@" + pairs[i], Kind: "friend", Nick: pairs[i+1]})
	}
	snap.Seen = append(snap.Seen, storage.Seen{UserName: "@90001", Kind: "friend", Nick: "赵"})
	w.ok(w.SaveSnapshot(ctx, account, login, snap))
}

// says delivers a text from the chat of a number and returns it as pending.
func (w *world) says(no, text string) storage.Pending {
	w.t.Helper()
	w.msg++
	w.ok(w.Receive(ctx, account, login, []storage.Received{{
		MsgID: fmt.Sprint(w.msg), User: "@" + no, ChatKind: "friend", Kind: "text", Text: text, At: w.clock.now(),
	}}))
	ps, err := w.Pendings(ctx, 64)
	w.ok(err)
	i := slices.IndexFunc(ps, func(p storage.Pending) bool { return p.Inbox.Text == text })
	if i < 0 {
		w.t.Fatalf("%q is not pending", text)
	}
	return ps[i]
}

// bound binds the chat of a number to the person with that number.
func (w *world) bound(no string) storage.Person {
	w.t.Helper()
	p, err := w.PersonByNo(ctx, no)
	w.ok(err)
	m := w.says(no, "bind "+no)
	w.ok(w.CommitTurns(ctx, []storage.Turn{{
		InboxID: m.Inbox.ID, ContactID: m.Contact.ID, Bind: &storage.Bind{ContactID: m.Contact.ID, PersonID: p.ID},
	}}))
	return p
}

func (w *world) member(id int64) storage.Member {
	w.t.Helper()
	ms, err := w.Members(ctx, []int64{id})
	w.ok(err)
	if len(ms) != 1 {
		w.t.Fatalf("member %d is not there", id)
	}
	return ms[0]
}

// self is a declaration every season route accepts without an employer.
var self = map[string]storage.Value{
	"employ_form": {Value: "self"}, "work_province": {Value: "四川"}, "work_town": {Value: "某某区某某街道"},
}

func (w *world) declare(m storage.Member) storage.MemberChange {
	w.t.Helper()
	c, _, err := m.Declare(w.season, "employed", self, storage.Said{By: &m.Person.ID}, w.clock.now())
	w.ok(err)
	return c
}

func (w *world) open(id int64) map[string]storage.Duty {
	w.t.Helper()
	ds, err := w.OpenDutiesOf(ctx, []int64{id})
	w.ok(err)
	m := map[string]storage.Duty{}
	for _, d := range ds {
		m[d.Rule] = d
	}
	return m
}

func TestReceiveOnce(t *testing.T) {
	each(t, func(w *world) {
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
	each(t, func(w *world) {
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
	each(t, func(w *world) {
		p := w.bound("20160001")
		if d := w.open(p.ID); len(d) != 1 || d["declare"].Due != "2020-06-30" {
			t.Fatalf("on the roster: %+v", d)
		}
		w.commit(w.declare(w.member(p.ID)))
		if d := w.open(p.ID); len(d) != 2 || d["initiate"].Due != "2020-07-31" || d["receive"].Due != "2020-09-30" {
			t.Fatalf("declared: %+v", d)
		}
		w.record(p.ID, "applied")
		if d := w.open(p.ID); len(d) != 3 || d["review"].Due != "2020-06-16" {
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

func (w *world) commit(c storage.MemberChange) {
	w.t.Helper()
	_, err := w.CommitMembers(ctx, []storage.MemberChange{c})
	w.ok(err)
}

func (w *world) record(id int64, event string) {
	w.t.Helper()
	c, err := w.member(id).Record(w.season, event, w.clock.now(), w.clock.now(), storage.DutyDone, storage.Said{})
	w.ok(err)
	w.commit(c)
}

func TestStaleChangeIsRefused(t *testing.T) {
	each(t, func(w *world) {
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
	each(t, func(w *world) {
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
	each(t, func(w *world) {
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
	each(t, func(w *world) {
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
	each(t, func(w *world) {
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
		if n, err := w.RecoverOut(ctx, account); err != nil || n != 1 {
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
	each(t, func(w *world) {
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

func TestSealedAtRest(t *testing.T) {
	o := storagetest.SQLite(t)
	s := storagetest.Open(t, o)
	if err := s.SaveSession(ctx, account, []byte("secret-cookie")); err != nil {
		t.Fatal(err)
	}
	if b, err := s.LoadSession(ctx, account); err != nil || string(b) != "secret-cookie" {
		t.Fatalf("LoadSession = %q, %v", b, err)
	}
	o.Key = []byte("another key of thirty-two bytes!")
	other := storagetest.Open(t, o)
	if _, err := other.LoadSession(ctx, account); err == nil || !strings.Contains(err.Error(), "another key") {
		t.Fatalf("with another key: %v", err)
	}
}
