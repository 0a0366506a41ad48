package storage_test

import (
	"fmt"
	"strings"
	"testing"

	"xianjie/season"
	"xianjie/storage"
)

// Every reason for which a commit must be refused, and that a refused commit leaves no trace.
func TestConflicts(t *testing.T) {
	for _, c := range []struct {
		name string
		turn func(w *world, p storage.Pending, person storage.Person) []storage.Turn
	}{
		{"the message had its turn", func(w *world, p storage.Pending, _ storage.Person) []storage.Turn {
			w.reply(p)
			return nil
		}},
		{"the message was skipped", func(w *world, p storage.Pending, _ storage.Person) []storage.Turn {
			w.ok(w.CommitTurns(ctx, []storage.Turn{{InboxID: p.Inbox.ID, ContactID: p.Contact.ID, Skipped: true, Outcome: "ours"}}))
			return nil
		}},
		{"the message does not exist", func(_ *world, p storage.Pending, _ storage.Person) []storage.Turn {
			return []storage.Turn{{InboxID: p.Inbox.ID + 1000, ContactID: p.Contact.ID}}
		}},
		{"the same message twice", func(_ *world, p storage.Pending, _ storage.Person) []storage.Turn {
			return []storage.Turn{{InboxID: p.Inbox.ID, ContactID: p.Contact.ID}, {InboxID: p.Inbox.ID, ContactID: p.Contact.ID}}
		}},
		{"the chat turned out to be another", func(w *world, p storage.Pending, _ storage.Person) []storage.Turn {
			return []storage.Turn{{InboxID: p.Inbox.ID, ContactID: p.Contact.ID + 1}}
		}},
		{"the dialogue went on", func(w *world, p storage.Pending, _ storage.Person) []storage.Turn {
			_, err := w.sql().Exec("UPDATE dialogues SET version = version + 1")
			w.ok(err)
			return []storage.Turn{{InboxID: p.Inbox.ID, ContactID: p.Contact.ID, Dialogue: &p.Dialogue}}
		}},
		{"the dialogue began meanwhile", func(w *world, p storage.Pending, _ storage.Person) []storage.Turn {
			fresh := storage.Dialogue{ContactID: p.Contact.ID}
			return []storage.Turn{{InboxID: p.Inbox.ID, ContactID: p.Contact.ID, Dialogue: &fresh}}
		}},
		{"two turns of one chat", func(w *world, p storage.Pending, _ storage.Person) []storage.Turn {
			w.ok(w.Receive(ctx, account, login, []storage.Received{text("second", "@20160001", "又一条")}))
			next := p.Inbox.ID + 1
			return []storage.Turn{
				{InboxID: p.Inbox.ID, ContactID: p.Contact.ID, Dialogue: &p.Dialogue},
				{InboxID: next, ContactID: p.Contact.ID, Dialogue: &p.Dialogue},
			}
		}},
		{"the member changed", func(w *world, p storage.Pending, person storage.Person) []storage.Turn {
			stale := w.declare(w.member(person.ID))
			w.commit(w.declare(w.member(person.ID)))
			return []storage.Turn{{InboxID: p.Inbox.ID, ContactID: p.Contact.ID, Members: []storage.MemberChange{stale}}}
		}},
		{"two changes of one member", func(w *world, p storage.Pending, person storage.Person) []storage.Turn {
			c := w.declare(w.member(person.ID))
			return []storage.Turn{{InboxID: p.Inbox.ID, ContactID: p.Contact.ID, Members: []storage.MemberChange{c, c}}}
		}},
		{"no such member", func(w *world, p storage.Pending, person storage.Person) []storage.Turn {
			c := w.declare(w.member(person.ID))
			c.Transfer.PersonID = 4711
			return []storage.Turn{{InboxID: p.Inbox.ID, ContactID: p.Contact.ID, Members: []storage.MemberChange{c}}}
		}},
		{"the matter was answered", func(w *world, p storage.Pending, person storage.Person) []storage.Turn {
			m := w.says("20160002", "人工")
			w.ok(w.CommitTurns(ctx, []storage.Turn{{
				InboxID: m.Inbox.ID, ContactID: m.Contact.ID,
				Matters: []storage.Matter{{Kind: storage.MatterHuman, ContactID: m.Contact.ID, Text: "人工", CreatedAt: w.clock.now()}},
			}}))
			open, err := w.OpenMatters(ctx, nil)
			w.ok(err)
			answer := []storage.MatterAnswer{{ID: open[0].ID, By: person.ID, Answer: "好"}}
			m = w.says("20160002", "再问")
			w.ok(w.CommitTurns(ctx, []storage.Turn{{InboxID: m.Inbox.ID, ContactID: m.Contact.ID, Answered: answer}}))
			return []storage.Turn{{InboxID: p.Inbox.ID, ContactID: p.Contact.ID, Answered: answer}}
		}},
		{"the person is bound to another chat", func(w *world, p storage.Pending, _ storage.Person) []storage.Turn {
			other := w.bound("20160002")
			return []storage.Turn{{InboxID: p.Inbox.ID, ContactID: p.Contact.ID, Bind: &storage.Bind{ContactID: p.Contact.ID, PersonID: other.ID}}}
		}},
		{"the chat to bind was merged", func(w *world, p storage.Pending, person storage.Person) []storage.Turn {
			_, err := w.sql().Exec("UPDATE contacts SET state = 'merged' WHERE user_name = '@20160003'")
			w.ok(err)
			var id int64
			w.ok(w.sql().QueryRow("SELECT id FROM contacts WHERE user_name = '@20160003'").Scan(&id))
			return []storage.Turn{{InboxID: p.Inbox.ID, ContactID: p.Contact.ID, Bind: &storage.Bind{ContactID: id, PersonID: person.ID, Move: true}}}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T, w *world) {
				person := w.bound("20160001")
				first := w.says("20160001", "第一条")
				w.ok(w.CommitTurns(ctx, []storage.Turn{{
					InboxID: first.Inbox.ID, ContactID: first.Contact.ID, Dialogue: &storage.Dialogue{ContactID: first.Contact.ID, State: "asked"},
				}}))
				p := w.says("20160001", "第二条")
				turns := c.turn(w, p, person)
				if turns == nil {
					turns = []storage.Turn{{InboxID: p.Inbox.ID, ContactID: p.Contact.ID}}
				}
				// A good turn of another chat shares the commit and is refused with it.
				other := w.says("20160003", "别人的")
				turns = append(turns, storage.Turn{
					InboxID: other.Inbox.ID, ContactID: other.Contact.ID, Outcome: "good",
					Dialogue: &storage.Dialogue{ContactID: other.Contact.ID, State: "good"},
					Out:      []storage.Out{{ContactID: other.Contact.ID, Kind: storage.OutReply, Text: "好"}},
					Audit:    []storage.Audit{{At: w.clock.now(), Action: "good", Subject: "x"}},
				})
				before := dump(t, w.sql())
				w.conflict(w.CommitTurns(ctx, turns), c.name)
				if after := dump(t, w.sql()); after != before {
					t.Errorf("a refused commit left traces:\n%s", after)
				}
			})
		})
	}
}

// A turn that changes the dialogue of another chat is a fault of the program, not a conflict to be tried again.
func TestTurnKeepsToItsChat(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.says("20160001", "一")
		err := w.CommitTurns(ctx, []storage.Turn{{
			InboxID: p.Inbox.ID, ContactID: p.Contact.ID, Dialogue: &storage.Dialogue{ContactID: p.Contact.ID + 1},
		}})
		if err == nil || strings.Contains(err.Error(), storage.ErrConflict.Error()) {
			t.Errorf("err = %v", err)
		}
	})
}

// More turns than a statement takes rows.
func TestManyTurnsAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const n = 1100
		var batch []storage.Received
		for i := range n {
			batch = append(batch, text(fmt.Sprint("m", i), fmt.Sprint("@chat", i), fmt.Sprint(i)))
		}
		w.ok(w.Receive(ctx, account, login, batch))
		ps, err := w.Pendings(ctx, n)
		w.ok(err)
		if len(ps) != n {
			t.Fatalf("%d pending", len(ps))
		}
		turns := make([]storage.Turn, n)
		for i, p := range ps {
			if p.Inbox.Text != fmt.Sprint(i) || p.Contact.UserName != fmt.Sprint("@chat", i) {
				t.Fatalf("message %d is %q of %s", i, p.Inbox.Text, p.Contact.UserName)
			}
			turns[i] = storage.Turn{
				InboxID: p.Inbox.ID, ContactID: p.Contact.ID, Outcome: []string{"odd", "even"}[i%2], Skipped: i%3 == 0,
				Dialogue: &storage.Dialogue{ContactID: p.Contact.ID, State: "s"},
				Out:      []storage.Out{{ContactID: p.Contact.ID, Kind: storage.OutReply, Text: fmt.Sprint("re ", i)}},
				Audit:    []storage.Audit{{At: w.clock.now(), Action: "a", Subject: fmt.Sprint(i)}},
			}
		}
		w.ok(w.CommitTurns(ctx, nil))
		w.ok(w.CommitTurns(ctx, turns))
		for what, query := range map[string]string{
			"messages": "inbox WHERE state IN ('done', 'skipped') AND done_at IS NOT NULL", "dialogues": "dialogues WHERE version = 1",
			"answers": "outbox o JOIN inbox i ON i.id = o.inbox_id AND i.contact_id = o.contact_id AND o.account = 'main'", "audit": "audit WHERE action = 'a'",
		} {
			if got := w.count(query); got != n {
				t.Errorf("%d %s", got, what)
			}
		}
	})
}

// What a member declared stays on record, with who said so, when, and what replaced it.
func TestHistoryOfDeclarations(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p, officer := w.bound("20160001"), w.bound("90001")
		w.commit(w.declare(w.member(p.ID)))
		w.record(p.ID, "initiated")
		first := w.member(p.ID)
		w.clock.set(w.clock.now().AddDate(0, 0, 3))
		values := map[string]storage.Value{
			"home_kind": {Value: "registered", Text: "户籍"}, "home_province": {Value: "四川", Text: "成都"}, "home_town": {Value: "某某区", InboxID: 7},
		}
		m := w.says("90001", "代登记")
		c, out, err := first.Declare(w.season, "unsettled", values, storage.Said{By: &officer.ID, Inbox: &m.Inbox.ID, Note: "代填"}, w.clock.now())
		w.ok(err)
		w.commit(c)
		var all []storage.Declaration
		for page, err := range storage.Pages[storage.Declaration](ctx, w.Store) {
			w.ok(err)
			all = append(all, page...)
		}
		if len(all) != 2 || all[0].SupersededAt == nil || !all[0].SupersededAt.Equal(w.clock.now()) || all[1].SupersededAt != nil {
			t.Fatalf("declarations: %+v", all)
		}
		if d := all[0]; d.Seq != 1 || d.Destination != "employed" || d.Route != "self_employed" || d.ByPersonID != nil {
			t.Errorf("first: %+v", d)
		}
		d := all[1]
		if d.Seq != 2 || d.Destination != "unsettled" || d.Target != out.To || d.ByPersonID == nil || *d.ByPersonID != officer.ID || *d.InboxID != m.Inbox.ID {
			t.Errorf("second: %+v", d)
		}
		for k, v := range values {
			if d.Answers[k] != v {
				t.Errorf("answer %s is %+v", k, d.Answers[k])
			}
		}
		now := w.member(p.ID)
		if now.Transfer.State != "pending" || now.Transfer.Destination != "unsettled" || now.Declaration.ID != d.ID || len(now.Events) != 1 {
			t.Errorf("now: %+v", now)
		}
		if e := now.Events[0]; e.Event != storage.EventDeclared || e.FromState != "to_receive" || e.ToState != "pending" || e.Note != "代填" || *e.DeclarationID != d.ID {
			t.Errorf("event: %+v", e)
		}
		if n := w.count("transfer_events WHERE undone_at IS NULL"); n != 3 {
			t.Errorf("%d events are on record", n)
		}
	})
}

// An event taken back stays on record and counts no more; the duty it had closed opens again.
func TestUndo(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.bound("20160001")
		w.commit(w.declare(w.member(p.ID)))
		before := w.member(p.ID)
		w.clock.set(w.clock.now().AddDate(0, 0, 1))
		w.record(p.ID, "initiated")
		m := w.member(p.ID)
		if d := w.open(p.ID); len(d) != 1 {
			t.Fatalf("open after initiating: %v", d)
		}
		wrong := m.Events[len(m.Events)-1]
		back := m.Transfer
		back.State, back.EnteredAt = wrong.FromState, before.Transfer.EnteredAt
		w.clock.set(w.clock.now().AddDate(0, 0, 1))
		w.commit(storage.MemberChange{
			Season: w.season.Key, Transfer: back, Undo: []int64{wrong.ID}, Duties: w.season.DutiesOf(before.Standing()), Closing: storage.DutyWithdrawn,
		})
		got := w.member(p.ID)
		if got.Transfer.State != "pending" || len(got.Events) != 1 || got.Transfer.Version != m.Transfer.Version+1 {
			t.Errorf("after the undo: %+v", got)
		}
		if d := w.open(p.ID); len(d) != 1 || d["initiate"].Due != "2020-07-31" || d["initiate"].ClosedAt != nil {
			t.Errorf("open: %+v", d)
		}
		if n := w.count("transfer_events WHERE event = 'initiated' AND undone_at IS NOT NULL"); n != 1 {
			t.Errorf("%d events are marked as taken back", n)
		}
		if n := w.count("duties WHERE rule = 'initiate'"); n != 2 {
			t.Errorf("%d rows: the closed duty stays on record, the new one stands beside it", n)
		}
	})
}

func TestDutiesOpenMoveAndClose(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.bound("20160001")
		answers := map[string]storage.Value{
			"sender_unit": {Value: "某某公司"}, "sender_province": {Value: "重庆"}, "leave_on": {Value: "2020-07-20"},
		}
		declare := func(day string) storage.Reconciled {
			answers["leave_on"] = storage.Value{Value: day}
			c, _, err := w.member(p.ID).Declare(w.season, "abroad_official", answers, storage.Said{}, w.clock.now())
			w.ok(err)
			r, err := w.CommitMembers(ctx, []storage.MemberChange{c})
			w.ok(err)
			return r
		}
		if r := declare("2020-07-20"); r != (storage.Reconciled{Opened: 2, Closed: 1}) {
			t.Errorf("declared: %+v", r)
		}
		first := w.open(p.ID)["leave_before"]
		if n := w.count("duty_steps WHERE state = 'dropped' AND duty_id IN (SELECT id FROM duties WHERE rule = 'declare' AND outcome = 'done')"); n != 8 {
			t.Errorf("%d reminders of the closed duty are dropped", n) // to member 5, branch 2, college 1 … of "declare"
		}
		if r := declare("2020-08-20"); r != (storage.Reconciled{Moved: 1}) {
			t.Errorf("another day: %+v", r)
		}
		moved := w.open(p.ID)["leave_before"]
		if moved.ID != first.ID || moved.Due != "2020-08-19" || !moved.LapsesAt.Equal(w.season.EndOf(mustDate(t, "2020-08-19"))) {
			t.Errorf("moved: %+v", moved)
		}
		due, err := w.StepsBetween(ctx, w.clock.now(), w.season.EndOf(w.season.Closes))
		w.ok(err)
		var steps []string
		for _, d := range due {
			if d.Duty.ID == moved.ID {
				steps = append(steps, d.Step.At.In(w.season.Zone).Format("01-02")+d.Step.Party)
			}
		}
		if got := strings.Join(steps, " "); got != "08-05college 08-12college 08-16college 08-16member 08-18college 08-18member" {
			t.Errorf("reminders: %s", got)
		}
		if r := declare("2020-08-20"); r != (storage.Reconciled{}) {
			t.Errorf("the same again: %+v", r)
		}
		w.record(p.ID, "received")
		if d := w.open(p.ID); len(d) != 0 {
			t.Errorf("open after the end: %v", d)
		}
		if n := w.count("duties WHERE outcome = 'done' AND open_key IS NULL AND closed_at IS NOT NULL"); n != 3 {
			t.Errorf("%d duties are done", n)
		}
		if n := w.count("duty_steps s JOIN duties d ON d.id = s.duty_id AND d.closed_at IS NOT NULL WHERE s.state = 'planned'"); n != 0 {
			t.Errorf("%d reminders are planned for closed duties", n)
		}
	})
}

// A change of mind withdraws the duties of the former declaration.
func TestDutiesOfAFormerDeclarationAreWithdrawn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.bound("20160001")
		w.commit(w.declare(w.member(p.ID)))
		c, _, err := w.member(p.ID).Declare(w.season, "delayed", map[string]storage.Value{"graduate_on": {}}, storage.Said{}, w.clock.now())
		w.ok(err)
		w.commit(c)
		if n := w.count("duties WHERE outcome = ? AND rule IN ('initiate', 'receive')", storage.DutyWithdrawn); n != 1 {
			t.Errorf("%d duties are withdrawn", n)
		}
		if d := w.open(p.ID); len(d) != 1 || d["mark_delayed"].Due == "" {
			t.Errorf("open: %v", d)
		}
	})
}

func mustDate(t *testing.T, s string) season.Date {
	t.Helper()
	d, err := season.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
