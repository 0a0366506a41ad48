package scheduler_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"xianjie/scheduler"
	"xianjie/storage"
)

// post sends a notice to all members with a destination, each alone, from the chat of the first.
func (o *outgoing) post(a storage.Audience) {
	o.t.Helper()
	o.postWith(a, nil)
}

// postWith sends a notice with a stored picture.
func (o *outgoing) postWith(a storage.Audience, file *int64) {
	o.t.Helper()
	all, err := o.ReachOf(o.ctx, a)
	o.ok(err)
	p := storage.NoticePlan{Notice: storage.Notice{ID: 1, Text: "通知", FileID: file, Audience: a, State: storage.NoticeSending}}
	for _, r := range all {
		p.Recipients = append(p.Recipients, storage.NoticeRecipient{PersonID: r.PersonID, Via: storage.ViaPrivate, ContactID: &r.Chat.ContactID})
		p.Outs = append(p.Outs, storage.NoticeOut{Account: account, ContactID: r.Chat.ContactID, PersonIDs: []int64{r.PersonID}, Text: "通知" + r.No})
	}
	p.Notice.ContactID = p.Outs[0].ContactID
	o.change(storage.NoticeWork{Plan: &p})
}

// change commits what a word about notices changes.
func (o *outgoing) change(n storage.NoticeWork) {
	o.t.Helper()
	o.msg++
	o.ok(o.Receive(o.ctx, account, o.logins[account], []storage.Received{{
		MsgID: fmt.Sprint(o.msg), User: "@20160001", ChatKind: "friend", Kind: "text", Text: "x", At: time.Now(),
	}}))
	ps, err := o.Pendings(o.ctx, 1)
	o.ok(err)
	o.ok(o.CommitTurns(o.ctx, []storage.Turn{{InboxID: ps[0].Inbox.ID, ContactID: ps[0].Contact.ID, Notices: n}}))
}

func (o *outgoing) move(to string, from ...string) {
	o.t.Helper()
	o.change(storage.NoticeWork{Moves: []storage.NoticeMove{{ID: 1, From: from, To: to}}})
}

var employed = storage.Audience{Standing: storage.Standing{Destinations: []string{"employed"}}}

// Whoever is no longer meant when their turn comes is left out, and the writer is told how it ended.
func TestNoticeAsItLeaves(t *testing.T) {
	pace := func(s *scheduler.Sender) { s.Pace = scheduler.Pace{Every: 10 * time.Second} }
	sendingOn(t, both, "2020-06-02 10:00", pace, func(t *testing.T, o *outgoing) {
		o.wechat.before = func(m scheduler.Message) {
			if m.Text == "通知20160001" {
				o.declare("20160002", "delayed", "")
			}
		}
		o.post(employed)
		o.later(5 * time.Minute)
		sent := o.wechat.sent()
		if len(sent) != 3 || sent[0] != "通知20160001" || sent[1] != "通知20160003" || !strings.Contains(sent[2], "通知1发完了：共3人，已送达2人") {
			t.Errorf("sent: %q", sent)
		}
		sum, err := o.NoticeSum(o.ctx, 1)
		o.ok(err)
		if want := (storage.NoticeSum{Planned: 3, Sent: 2, Skipped: 1}); sum != want {
			t.Errorf("the sum is %+v", sum)
		}
	})
}

// A message that comes back while its notice is paused or stopped does not leave either: one at most leaves after the word.
func TestNoticePausedInFlight(t *testing.T) {
	pace := func(s *scheduler.Sender) { s.Pace = scheduler.Pace{Every: 10 * time.Second} }
	sendingOn(t, both, "2020-06-02 10:00", pace, func(t *testing.T, o *outgoing) {
		o.wechat.answers = []scheduler.Outcome{{Kind: scheduler.NotSent}}
		first := true
		o.wechat.before = func(scheduler.Message) {
			if first {
				first = false
				o.move(storage.NoticePaused, storage.NoticeSending)
			}
		}
		o.post(employed)
		o.later(time.Hour)
		if n := len(o.wechat.sent()); n != 0 {
			t.Fatalf("while paused left %q", o.wechat.sent())
		}
		sum, err := o.NoticeSum(o.ctx, 1)
		o.ok(err)
		if want := (storage.NoticeSum{Planned: 3, Held: 3}); sum != want {
			t.Errorf("paused, the sum is %+v", sum)
		}
		o.move(storage.NoticeSending, storage.NoticePaused)
		o.later(15 * time.Second)
		before := len(o.wechat.sent())
		o.move(storage.NoticeStopped, storage.NoticeSending)
		o.later(time.Hour)
		if n := len(o.wechat.sent()); before == 0 || n > before+1 {
			t.Errorf("%d left before the stop, %d in all", before, n)
		}
		if sum, err = o.NoticeSum(o.ctx, 1); err != nil || sum.Waiting+sum.Held > 0 || !sum.Adds() {
			t.Errorf("stopped, the sum is %+v, %v", sum, err)
		}
	})
}

// Notices keep the quiet time.
func TestNoticeQuietTime(t *testing.T) {
	pace := func(s *scheduler.Sender) { s.Pace = scheduler.Pace{Every: time.Second} }
	sending(t, "2020-06-02 23:00", pace, func(t *testing.T, o *outgoing) {
		o.post(employed)
		o.later(8 * time.Hour)
		if n := len(o.wechat.sent()); n != 0 {
			t.Fatalf("at night left %q", o.wechat.sent())
		}
		o.later(2 * time.Hour)
		if n := len(o.wechat.sent()); n != 4 { // and how it ended
			t.Errorf("in the morning left %q", o.wechat.sent())
		}
	})
}
