package storage_test

import (
	"fmt"
	"strings"
	"testing"

	"xianjie/storage"
)

// byUser are the contacts of the account by user name and login.
func (w *world) byUser() map[string]storage.Contact {
	w.t.Helper()
	known, err := w.Known(ctx, account)
	w.ok(err)
	m := map[string]storage.Contact{}
	for _, c := range known {
		m[c.UserName+"/"+c.Login] = c
	}
	return m
}

func friend(user, nick string) storage.Seen {
	return storage.Seen{UserName: user, Kind: "friend", Nick: nick}
}

func TestContactsOverLogins(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.bound("20160001")
		before := w.byUser()
		zhang, li := before["@20160001/login-1"], before["@20160002/login-1"]
		w.ok(w.ContactsDeleted(ctx, account, login, []string{"@20160003"}))
		wang := w.byUser()["@20160003/login-1"]

		w.ok(w.BeginLogin(ctx, account, "login-2"))
		if a, err := w.AccountNamed(ctx, account); err != nil || a.Ready || a.Login != "login-2" {
			t.Errorf("a new login is ready at once: %+v, %v", a, err)
		}
		w.ok(w.SaveSnapshot(ctx, account, "login-2", storage.Snapshot{
			Seen:    []storage.Seen{friend("@x1", "张三"), friend("@x4", "像李四"), friend("@x5", "新朋友")},
			Matches: map[string]int64{"@x1": zhang.ID},
			Unsure:  map[string]bool{"@x4": true, "@x1": true},
		}))
		now := w.byUser()
		for _, c := range []struct{ who, key, state string }{
			{"found again, and bound: no doubt", "@x1/login-2", storage.ContactActive},
			{"resembles somebody", "@x4/login-2", storage.ContactUnsure},
			{"new", "@x5/login-2", storage.ContactActive},
			{"not seen any more", "@20160002/login-1", storage.ContactLost},
			{"gone stays gone", "@20160003/login-1", storage.ContactGone},
		} {
			if now[c.key].State != c.state {
				t.Errorf("%s: %+v", c.who, now[c.key])
			}
		}
		if c := now["@x1/login-2"]; c.ID != zhang.ID || c.PersonID == nil || *c.PersonID != p.ID {
			t.Errorf("the bound chat lost its person: %+v", c)
		}
		if a, err := w.AccountNamed(ctx, account); err != nil || !a.Ready {
			t.Errorf("not ready after its contacts: %+v, %v", a, err)
		}

		w.ok(w.BeginLogin(ctx, account, "login-3"))
		w.ok(w.SaveSnapshot(ctx, account, "login-3", storage.Snapshot{
			Seen:    []storage.Seen{friend("@y2", "李四"), friend("@y3", "王五")},
			Matches: map[string]int64{"@y2": li.ID, "@y3": wang.ID},
		}))
		now = w.byUser()
		if a, b := now["@y2/login-3"], now["@y3/login-3"]; a.ID != li.ID || a.State != storage.ContactActive || b.ID != wang.ID || b.State != storage.ContactActive {
			t.Errorf("back again: %+v, %+v", a, b)
		}
		if reach, err := w.ContactsOf(ctx, []int64{p.ID}); err != nil || len(reach) != 0 {
			t.Errorf("a lost chat is taken for an address: %+v, %v", reach, err)
		}
		if all, err := w.BoundTo(ctx, p.ID); err != nil || len(all) != 1 || all[0].State != storage.ContactLost {
			t.Errorf("bound to: %+v, %v", all, err)
		}
	})
}

// What a chat wrote, and what was to be said to it, before the contact list told whose chat it is moves to its contact.
func TestProvisionalContactsAreMerged(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.bound("20160001")
		real := w.byUser()["@20160001/login-1"]
		w.ok(w.BeginLogin(ctx, account, "login-2"))
		w.ok(w.SaveSnapshot(ctx, account, "login-2", storage.Snapshot{}))
		w.ok(w.Receive(ctx, account, "login-2", []storage.Received{text("a", "@n", "人工"), text("b", "@n", "还在吗")}))
		ps, err := w.Pendings(ctx, 1)
		w.ok(err)
		provisional := ps[0].Contact
		w.ok(w.CommitTurns(ctx, []storage.Turn{{
			InboxID: ps[0].Inbox.ID, ContactID: provisional.ID,
			Out:     []storage.Out{{ContactID: provisional.ID, Kind: storage.OutReply, Text: "已转给老师"}},
			Matters: []storage.Matter{{Kind: storage.MatterHuman, ContactID: provisional.ID, Text: "人工", CreatedAt: w.clock.now()}},
		}}))
		w.ok(w.SaveSnapshot(ctx, account, "login-2", storage.Snapshot{
			Seen: []storage.Seen{friend("@n", "张三")}, Matches: map[string]int64{"@n": real.ID},
		}))
		if ps, err = w.Pendings(ctx, 10); err != nil || len(ps) != 1 || ps[0].Contact.ID != real.ID || ps[0].Person == nil || ps[0].Person.ID != p.ID {
			t.Errorf("pending: %+v, %v", ps, err)
		}
		c, err := w.ClaimOut(ctx, account)
		if err != nil || c == nil || c.Contact.ID != real.ID || c.Contact.UserName != "@n" {
			t.Errorf("the answer: %+v, %v", c, err)
		}
		if ms, err := w.OpenMattersOfContact(ctx, real.ID); err != nil || len(ms) != 1 {
			t.Errorf("the matter: %+v, %v", ms, err)
		}
		if n := w.count("contacts WHERE state = 'merged'"); n != 1 {
			t.Errorf("%d contacts are merged", n)
		}
		if n := w.count("inbox WHERE contact_id = ?", provisional.ID); n != 0 {
			t.Errorf("%d messages stayed behind", n)
		}
		for _, c := range w.byUser() {
			if c.ID == provisional.ID {
				t.Error("a merged contact is known")
			}
		}
	})
}

// What strangers call themselves and WeChat's lists, whatever they hold, must not keep an account from getting ready.
func TestOddContactLists(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		long := strings.Repeat("𠮷", 400)
		real := w.byUser()["@20160001/login-1"]
		w.ok(w.BeginLogin(ctx, account, "login-2"))
		w.ok(w.SaveSnapshot(ctx, account, "login-2", storage.Snapshot{
			Seen: []storage.Seen{
				{UserName: "@long", Kind: "friend", Nick: long, Remark: long, Alias: long, Avatar: long, Signature: long, Province: long, City: long, Sex: 2},
				friend("@twice", "先"), friend("@twice", "后"), friend("@𠮷", "一"), friend("@𡃁", "二"),
				friend("@p", "张三"), friend("@q", "张三"),
			},
			Matches: map[string]int64{"@p": real.ID, "@q": real.ID, "@twice": 4711},
		}))
		now := w.byUser()
		if c := now["@long/login-2"]; !strings.HasPrefix(long, c.Nick) || c.Nick == "" || c.Sex != 2 || c.Province == "" {
			t.Errorf("long: %+v", c)
		}
		if c := now["@twice/login-2"]; c.Nick != "后" {
			t.Errorf("twice: %+v", c)
		}
		if a, b := now["@𠮷/login-2"], now["@𡃁/login-2"]; a.ID == b.ID || a.Nick != "一" || b.Nick != "二" {
			t.Errorf("rare characters are taken for one another: %+v, %+v", a, b)
		}
		if a, b := now["@p/login-2"], now["@q/login-2"]; a.ID != real.ID || b.ID == 0 || b.ID == real.ID {
			t.Errorf("two chats of one: %+v, %+v", a, b)
		}
		w.ok(w.SaveContacts(ctx, account, "login-2", nil))
		w.ok(w.SaveContacts(ctx, account, "login-2", []storage.Seen{friend("@twice", "又"), friend("@twice", "改名"), friend("@late", "新")}))
		again := w.byUser()
		if a, b := again["@twice/login-2"], again["@late/login-2"]; a.Nick != "改名" || a.ID != now["@twice/login-2"].ID || b.ID == 0 {
			t.Errorf("changed: %+v, %+v", a, b)
		}
	})
}

// Two chats claim one person at the same time: one of them gets them.
func TestTwoChatsClaimOnePerson(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p, err := w.PersonByNo(ctx, "20160001")
		w.ok(err)
		var turns []storage.Turn
		for i := range 6 {
			w.ok(w.Receive(ctx, account, login, []storage.Received{text(fmt.Sprint("c", i), fmt.Sprint("@claims", i), "20160001 张三")}))
		}
		ps, err := w.Pendings(ctx, 10)
		w.ok(err)
		for _, m := range ps {
			turns = append(turns, storage.Turn{InboxID: m.Inbox.ID, ContactID: m.Contact.ID, Bind: &storage.Bind{ContactID: m.Contact.ID, PersonID: p.ID}})
		}
		next := make(chan storage.Turn, len(turns))
		for _, turn := range turns {
			next <- turn
		}
		if wins := w.together(func(s *storage.Store) error { return s.CommitTurns(ctx, []storage.Turn{<-next}) }); wins != 1 {
			t.Errorf("%d chats are bound to one person", wins)
		}
		if all, err := w.BoundTo(ctx, p.ID); err != nil || len(all) != 1 {
			t.Errorf("bound: %+v, %v", all, err)
		}
	})
}

// An officer decides, or the other chat is lost: the person moves, and is reached in one chat only.
func TestMoveABinding(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.bound("20160001")
		m := w.says("20160002", "我是张三")
		w.ok(w.CommitTurns(ctx, []storage.Turn{{
			InboxID: m.Inbox.ID, ContactID: m.Contact.ID, Bind: &storage.Bind{ContactID: m.Contact.ID, PersonID: p.ID, Move: true},
		}}))
		reach, err := w.ContactsOf(ctx, []int64{p.ID})
		if err != nil || reach[p.ID].ID != m.Contact.ID {
			t.Errorf("reached in %+v, %v", reach, err)
		}
		if all, err := w.BoundTo(ctx, p.ID); err != nil || len(all) != 1 {
			t.Errorf("bound: %+v, %v", all, err)
		}
		// The chat is gone; another needs nobody's leave.
		w.ok(w.ContactsDeleted(ctx, account, login, []string{"@20160002"}))
		m = w.says("20160003", "我换号了")
		w.ok(w.CommitTurns(ctx, []storage.Turn{{
			InboxID: m.Inbox.ID, ContactID: m.Contact.ID, Bind: &storage.Bind{ContactID: m.Contact.ID, PersonID: p.ID},
		}}))
		if reach, err := w.ContactsOf(ctx, []int64{p.ID}); err != nil || reach[p.ID].ID != m.Contact.ID {
			t.Errorf("reached in %+v, %v", reach, err)
		}
	})
}

// A turn may note that a chat is gone.
func TestTurnNotesThatAChatIsGone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		m := w.says("20160001", "（对方把你删除了）")
		w.ok(w.CommitTurns(ctx, []storage.Turn{{InboxID: m.Inbox.ID, ContactID: m.Contact.ID, Skipped: true, ContactState: storage.ContactGone}}))
		if c, err := w.Contact(ctx, m.Contact.ID); err != nil || c.State != storage.ContactGone {
			t.Errorf("contact: %+v, %v", c, err)
		}
		if _, err := w.Contact(ctx, 4711); !storage.NotFound(err) {
			t.Errorf("a contact that does not exist: %v", err)
		}
	})
}
