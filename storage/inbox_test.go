package storage_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"xianjie/storage"
)

func text(id, user, text string) storage.Received {
	return storage.Received{MsgID: id, User: user, ChatKind: "friend", Kind: "text", Text: text, At: time.Date(2020, 6, 1, 2, 0, 0, 0, time.UTC)}
}

// WeChat delivers again what was not acknowledged, in other batches, and to another process when two run.
func TestReceiveOnceFromManySides(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		stores := []*storage.Store{w.Store, w.second()}
		var g sync.WaitGroup
		for i := range 8 {
			g.Go(func() {
				var batch []storage.Received
				for m := i; m < i+12; m++ { // overlaps with its neighbours; the chats are new, too
					batch = append(batch, text(fmt.Sprint("m", m%12), fmt.Sprint("@new", m%3), fmt.Sprint("text ", m%12)))
				}
				if err := stores[i%2].Receive(ctx, account, login, batch); err != nil {
					t.Error(err)
				}
			})
		}
		g.Wait()
		if n := w.count("inbox"); n != 12 {
			t.Errorf("%d rows of 12 messages", n)
		}
		if n := w.count("contacts WHERE user_name LIKE '@new%'"); n != 3 {
			t.Errorf("%d contacts of 3 chats", n)
		}
	})
}

func TestReceiveWithinOneBatch(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.ok(w.Receive(ctx, account, login, nil))
		w.ok(w.Receive(ctx, account, login, []storage.Received{text("1", "@a", "一"), text("1", "@a", "一"), text("2", "@a", "二")}))
		w.ok(w.Receive(ctx, "other", login, []storage.Received{text("1", "@a", "另一个账号的一")}))
		if n := w.count("inbox"); n != 3 {
			t.Errorf("%d rows of 3 messages", n)
		}
		if state, err := w.MessageState(ctx, account, "2"); err != nil || state != storage.InboxNew {
			t.Errorf("state %q, %v", state, err)
		}
	})
}

// All of a batch or none: what WeChat is told to have arrived has arrived.
func TestReceiveIsAllOrNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		bad := text(strings.Repeat("9", 70), "@20160001", "第二条") // longer than its column, where columns have a length
		before := dump(t, w.sql())
		err := w.Receive(ctx, account, login, []storage.Received{text("1", "@20160001", "第一条"), bad})
		if w.Driver() == storage.SQLite {
			w.ok(err)
			return
		}
		if err == nil || dump(t, w.sql()) != before {
			t.Errorf("half a batch is stored, %v", err)
		}
	})
}

func TestOneMessagePerChatInOrder(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.ok(w.Receive(ctx, account, login, []storage.Received{
			text("1", "@20160001", "张三一"), text("2", "@20160002", "李四一"), text("3", "@20160001", "张三二"),
			text("4", "@20160003", "王五一"), text("5", "@20160002", "李四二"), text("6", "@20160001", "张三三"),
		}))
		var rounds []string
		for range 4 {
			ps, err := w.Pendings(ctx, 10)
			w.ok(err)
			var said []string
			for _, p := range ps {
				said = append(said, p.Inbox.Text)
				w.reply(p)
			}
			rounds = append(rounds, strings.Join(said, " "))
		}
		if got := strings.Join(rounds, "|"); got != "张三一 李四一 王五一|张三二 李四二|张三三|" {
			t.Errorf("rounds: %s", got)
		}
	})
}

func TestPendingsAreBoundedOldestFirst(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.ok(w.Receive(ctx, account, login, []storage.Received{text("1", "@20160003", "一"), text("2", "@20160001", "二"), text("3", "@20160002", "三")}))
		ps, err := w.Pendings(ctx, 2)
		w.ok(err)
		if len(ps) != 2 || ps[0].Inbox.Text != "一" || ps[1].Inbox.Text != "二" {
			t.Errorf("pending: %+v", ps)
		}
		w.ok(w.BeginLogin(ctx, account, "login-2")) // its contacts are not matched yet
		if ps, err := w.Pendings(ctx, 2); err != nil || len(ps) != 0 {
			t.Errorf("handled in a login whose contacts are not known: %+v, %v", ps, err)
		}
	})
}

// A pending message comes with all that is known of its writer.
func TestPendingKnowsItsWriter(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.bound("20160001")
		w.commit(w.declare(w.member(p.ID)))
		m := w.says("20160001", "状态")
		got, ok := m.Member()
		if !ok || got.Person.Name != "张三" || got.College.Name != "机械学院" || got.Branch.Name != "机械1班" ||
			got.Declaration == nil || got.Declaration.Destination != "employed" || len(got.Events) != 1 {
			t.Errorf("member: %+v", got)
		}
		w.bound("90001")
		if o := w.says("90001", "进度"); len(o.Roles) != 1 || o.Roles[0].Party != storage.OrgCollege || o.Roles[0].Org.Name != "机械学院" {
			t.Errorf("officer: %+v", o)
		} else if _, ok := o.Member(); ok {
			t.Error("an officer is taken for a graduating member")
		}
		if s := w.says("20160003", "你好"); s.Person != nil || s.Dialogue.Version != 0 || s.Dialogue.ContactID != s.Contact.ID {
			t.Errorf("stranger: %+v", s)
		}
	})
}

// Whatever is written comes back as it was written.
// The content on the wire is kept where it says more than the text.
func TestRawIsKeptWhereItSaysMore(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		same, more := text("1", "@a", "你好"), text("2", "@b", "A&B")
		same.Raw, more.Raw = "你好", "A&amp;B"
		w.ok(w.Receive(ctx, account, login, []storage.Received{same, more}))
		for page, err := range storage.Pages[storage.Inbox](ctx, w.Store) {
			w.ok(err)
			if len(page) != 2 || page[0].Raw != "" || page[0].Text != "你好" || page[1].Raw != "A&amp;B" {
				t.Errorf("%+v", page)
			}
		}
	})
}

func TestTextsComeBackAsWritten(t *testing.T) {
	texts := []struct{ name, text string }{
		{"empty", ""},
		{"a space at the end", "你好 "},
		{"four-byte characters", "𠮷野家，𡃁仔"},
		{"an emoji of several", "👨‍👩‍👧‍👦🇨🇳"},
		{"SQL", "'); DROP TABLE inbox; -- \\' \" ` %s ? :name @x"},
		{"a question mark for every parameter", strings.Repeat("?", 100)},
		{"control characters", "a\x00b\x01\r\n\t\u200b"},
		{"no UTF-8", "a\xff\xfeb"},
		{"long", strings.Repeat("字𠮷", 50_000)},
		{"our own prefix", "s1:abc"},
	}
	each(t, func(t *testing.T, w *world) {
		for i, c := range texts {
			r := text(fmt.Sprint("t", i), "@20160001", c.text)
			r.Raw, r.Extra, r.Sender = "<"+c.text, c.text, "@成员"
			w.ok(w.Receive(ctx, account, login, []storage.Received{r}))
			ps, err := w.Pendings(ctx, 1)
			w.ok(err)
			if m := ps[0].Inbox; m.Text != c.text || m.Raw != "<"+c.text || m.Extra != c.text || m.Sender != "@成员" {
				t.Errorf("%s came in as %.40q", c.name, m.Text)
			}
			out := storage.Out{ContactID: ps[0].Contact.ID, Kind: storage.OutReply, Text: "“" + c.text + "”", Extra: c.text}
			w.ok(w.CommitTurns(ctx, []storage.Turn{{
				InboxID: ps[0].Inbox.ID, ContactID: ps[0].Contact.ID, Out: []storage.Out{out},
				Dialogue: &storage.Dialogue{ContactID: ps[0].Contact.ID, State: "s", Data: []byte(c.text), Version: ps[0].Dialogue.Version},
			}}))
			var sent strings.Builder
			for {
				claim, err := w.ClaimOut(ctx, account)
				w.ok(err)
				if claim == nil {
					break
				}
				sent.WriteString(claim.Outbox.Text)
				if claim.Outbox.Extra != c.text {
					t.Errorf("%s: extra went out as %.40q", c.name, claim.Outbox.Extra)
				}
				w.ok(w.FinishOut(ctx, claim.Outbox.ID, storage.OutSent, "", ""))
			}
			if sent.String() != "“"+c.text+"”" && c.name != "no UTF-8" { // Split counts characters: what is none is replaced
				t.Errorf("%s went out as %.40q", c.name, sent.String())
			}
			if d := w.says("20160001", "x"); string(d.Dialogue.Data) != c.text {
				t.Errorf("%s: dialogue holds %.40q", c.name, d.Dialogue.Data)
			} else {
				w.reply(d)
			}
		}
	})
}

// Instants are UTC with microseconds, whatever zone and precision they come in.
func TestInstantsAreUTCWithMicroseconds(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		here := time.Date(2020, 6, 10, 23, 59, 59, 987_654_321, w.season.Zone)
		want := time.Date(2020, 6, 10, 15, 59, 59, 987_654_000, time.UTC)
		w.clock.set(here)
		same := func(what string, got time.Time) {
			t.Helper()
			if got != want { // not Equal: the zone counts, too
				t.Errorf("%s is %v, want %v", what, got, want)
			}
		}
		p := w.bound("20160001")
		r := text("t", "@20160001", "时间")
		r.At = here
		w.ok(w.Receive(ctx, account, login, []storage.Received{r}))
		ps, err := w.Pendings(ctx, 1)
		w.ok(err)
		same("inbox.at", ps[0].Inbox.At)
		same("inbox.received_at", ps[0].Inbox.ReceivedAt)
		same("contact.bound_at", *ps[0].Contact.BoundAt)
		c, _, err := w.member(p.ID).Declare(w.season, "employed", self, storage.Said{}, here)
		w.ok(err)
		w.ok(w.CommitTurns(ctx, []storage.Turn{{
			InboxID: ps[0].Inbox.ID, ContactID: ps[0].Contact.ID, Members: []storage.MemberChange{c},
			Out:      []storage.Out{{ContactID: ps[0].Contact.ID, Kind: storage.OutReply, Text: "好", NotBefore: here, ExpiresAt: &here}},
			Dialogue: &storage.Dialogue{ContactID: ps[0].Contact.ID},
		}}))
		m := w.member(p.ID)
		same("declaration.confirmed_at", m.Declaration.ConfirmedAt)
		same("event.at", m.Events[0].At)
		same("event.recorded_at", m.Events[0].RecordedAt)
		same("transfer.entered_at", m.Transfer.EnteredAt)
		same("transfer.updated_at", m.Transfer.UpdatedAt)
		same("duty.opened_at", w.open(p.ID)["initiate"].OpenedAt)
		claim, err := w.ClaimOut(ctx, account)
		w.ok(err)
		same("outbox.created_at", claim.Outbox.CreatedAt)
		same("outbox.not_before", claim.Outbox.NotBefore)
		same("outbox.expires_at", *claim.Outbox.ExpiresAt)
		same("outbox.claimed_at", *claim.Outbox.ClaimedAt)
		same("dialogue.updated_at", w.says("20160001", "x").Dialogue.UpdatedAt)
	})
}
