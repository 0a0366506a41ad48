package console_test

import (
	"fmt"
	"log/slog"

	"xianjie/scheduler"
	"xianjie/storage"
)

// What the people of the world hear and say in their chats.

// befriend logs an account in that knows the officers and every second member.
func (w *world) befriend() {
	w.ok(w.BeginLogin(ctx, "main", "login"))
	w.ok(w.SavePhase(ctx, "main", "online"))
	var people []storage.Person
	for _, no := range []string{committeeNo, collegeNo, otherNo} {
		p, err := w.PersonByNo(ctx, no)
		w.ok(err)
		people = append(people, p)
	}
	w.ok(w.EachMember(ctx, func(ms []storage.Member) error {
		for i, m := range ms {
			if i%2 == 0 {
				people = append(people, m.Person)
			}
		}
		return nil
	}))
	var snap storage.Snapshot
	var says []storage.Received
	for _, p := range people {
		snap.Seen = append(snap.Seen, storage.Seen{UserName: "@" + p.No, Kind: "friend", Nick: "阿" + string([]rune(p.Name)[1:])})
		says = append(says, storage.Received{MsgID: p.No, User: "@" + p.No, ChatKind: "friend", Kind: "text", Text: p.No + " " + p.Name, At: w.Now()})
	}
	w.ok(w.SaveSnapshot(ctx, "main", "login", snap))
	w.ok(w.Receive(ctx, "main", "login", says))
	pending, err := w.Pendings(ctx, len(says))
	w.ok(err)
	var turns []storage.Turn
	for i, m := range pending {
		turns = append(turns, storage.Turn{
			InboxID: m.Inbox.ID, ContactID: m.Contact.ID, Bind: &storage.Bind{ContactID: m.Contact.ID, PersonID: people[i].ID},
			Audit: []storage.Audit{{At: w.Now(), ActorID: &people[i].ID, Action: "bind", Subject: fmt.Sprintf("person/%d", people[i].ID)}},
		})
	}
	w.ok(w.CommitTurns(ctx, turns))
}

// morning lets everything leave that is due.
func (w *world) morning() {
	w.t.Helper()
	p := &scheduler.Planner{Store: w.Store, Season: w.season, Now: w.Store.Now, Log: slog.New(slog.DiscardHandler)}
	_, err := p.Tick(ctx)
	w.ok(err)
	for {
		c, err := w.ClaimOut(ctx, "main")
		w.ok(err)
		if c == nil {
			return
		}
		w.ok(w.FinishOut(ctx, c.Outbox.ID, storage.OutSent, fmt.Sprint(c.Outbox.ID), ""))
	}
}

// notify sends a notice to everybody who is employed and lets some of its messages leave; some answer.
func (w *world) notify() {
	w.t.Helper()
	audience := storage.Audience{Standing: storage.Standing{Destinations: []string{"employed"}}}
	all, err := w.ReachOf(ctx, audience)
	w.ok(err)
	author, err := w.PersonByNo(ctx, committeeNo)
	w.ok(err)
	w.ok(w.Receive(ctx, "main", "login", []storage.Received{{MsgID: "notice", User: "@" + committeeNo, ChatKind: "friend", Kind: "text", Text: "发送", At: w.Now()}}))
	ps, err := w.Pendings(ctx, 1)
	w.ok(err)
	p := storage.NoticePlan{Notice: storage.Notice{
		ID: 1, Text: "{姓名}同学：报到以后请把单位团组织的名称告诉我们。", Audience: audience, Sentence: "去向是就业的", State: storage.NoticeSending, ByPersonID: author.ID, ContactID: ps[0].Contact.ID,
	}}
	for _, r := range all {
		line := storage.NoticeRecipient{PersonID: r.PersonID, Reason: storage.SkipStranger}
		if r.Chat != nil {
			line = storage.NoticeRecipient{PersonID: r.PersonID, Via: storage.ViaPrivate, ContactID: &r.Chat.ContactID}
			p.Outs = append(p.Outs, storage.NoticeOut{Account: "main", ContactID: r.Chat.ContactID, PersonIDs: []int64{r.PersonID}, Text: "通知"})
		}
		p.Recipients = append(p.Recipients, line)
	}
	w.ok(w.CommitTurns(ctx, []storage.Turn{{InboxID: ps[0].Inbox.ID, ContactID: ps[0].Contact.ID, Notices: storage.NoticeWork{Plan: &p}}}))
	for i, state := range []string{storage.OutSent, storage.OutSent, storage.OutFailed, storage.OutUnknown, storage.OutSent} {
		c, err := w.ClaimOut(ctx, "main")
		w.ok(err)
		if c == nil {
			w.t.Fatal("the notice is too short for this test")
		}
		w.ok(w.FinishOut(ctx, c.Outbox.ID, state, fmt.Sprint("n", i), ""))
		if i == 0 {
			_, err := w.sql().Exec("UPDATE notice_recipients SET answered_at = ? WHERE person_id = ?", w.Now(), *c.Outbox.PersonID)
			w.ok(err)
		}
	}
}

// queueOf lets messages to somebody wait to be sent.
func (w *world) queueOf(no string, n int) {
	w.t.Helper()
	w.ok(w.Receive(ctx, "main", "login", []storage.Received{{MsgID: "queue", User: "@" + no, ChatKind: "friend", Kind: "text", Text: "你好", At: w.Now()}}))
	ps, err := w.Pendings(ctx, 1)
	w.ok(err)
	t := storage.Turn{InboxID: ps[0].Inbox.ID, ContactID: ps[0].Contact.ID}
	for i := range n {
		t.Out = append(t.Out, storage.Out{ContactID: ps[0].Contact.ID, Kind: storage.OutReply, Text: fmt.Sprint("回答", i)})
	}
	w.ok(w.CommitTurns(ctx, []storage.Turn{t}))
}
