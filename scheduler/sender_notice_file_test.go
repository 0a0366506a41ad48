package scheduler_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"xianjie/scheduler"
	"xianjie/storage"
)

// poster is a picture somebody sent us.
func (o *outgoing) poster() *int64 {
	o.t.Helper()
	o.ok(o.Receive(o.ctx, account, o.logins[account], []storage.Received{{MsgID: "poster", User: "@20160001", ChatKind: "friend", Kind: "image", At: time.Now()}}))
	ps, err := o.Pendings(o.ctx, 1)
	o.ok(err)
	m := ps[0].Inbox
	o.ok(o.CommitTurns(o.ctx, []storage.Turn{{InboxID: m.ID, ContactID: m.ContactID, Fetch: true}}))
	o.ok(o.SaveFetched(o.ctx, m.ID, storage.File{Kind: storage.FilePicture, Name: "海报.jpg", Content: []byte("poster")}))
	f, err := o.FileIn(o.ctx, m.ID)
	o.ok(err)
	o.ok(o.CommitTurns(o.ctx, []storage.Turn{{InboxID: m.ID, ContactID: m.ContactID}}))
	return &f.ID
}

// arrived is what each chat was sent and WeChat took, in order; a picture is ▣. Alerts are left out.
func (c *wechat) arrived() map[string]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := map[string]string{}
	for _, a := range c.tried {
		switch {
		case a.message.Kind != storage.OutNotice || a.answer != scheduler.Sent:
		case a.message.File == nil:
			m[a.to.UserName] += strings.TrimPrefix(a.message.Text, "通知")
		case a.message.File.Picture && string(a.message.File.Data) == "poster":
			m[a.to.UserName] += "▣"
		}
	}
	return m
}

// The picture of a notice follows its text into every chat and never goes before it, whatever WeChat answers; it does not
// go without it either.
func TestNoticeFileFollowsText(t *testing.T) {
	failed := errors.New("as the test wants it")
	for _, row := range []struct {
		name     string
		answers  []scheduler.OutcomeKind // to the first messages
		first    string                  // what the first chat has in the end
		is       storage.NoticeSum
		attempts int
	}{
		{"all goes well", nil, "20160001▣", storage.NoticeSum{Planned: 3, Sent: 3}, 6},
		{"the text comes back", []scheduler.OutcomeKind{scheduler.NotSent}, "20160001▣", storage.NoticeSum{Planned: 3, Sent: 3}, 7},
		{"the text is too much", []scheduler.OutcomeKind{scheduler.TooOften}, "20160001▣", storage.NoticeSum{Planned: 3, Sent: 3}, 7},
		{"the text is refused", []scheduler.OutcomeKind{scheduler.Refused}, "", storage.NoticeSum{Planned: 3, Sent: 2, Failed: 1}, 5},
		{"the text may have arrived", []scheduler.OutcomeKind{scheduler.Unknown}, "▣", storage.NoticeSum{Planned: 3, Sent: 2, Unknown: 1}, 6},
		{"the picture comes back", []scheduler.OutcomeKind{scheduler.Sent, scheduler.NotSent}, "20160001▣", storage.NoticeSum{Planned: 3, Sent: 3}, 7},
		{"the picture is refused", []scheduler.OutcomeKind{scheduler.Sent, scheduler.Refused}, "20160001", storage.NoticeSum{Planned: 3, Sent: 2, Failed: 1}, 6},
		{"the picture may have arrived", []scheduler.OutcomeKind{scheduler.Sent, scheduler.Unknown}, "20160001", storage.NoticeSum{Planned: 3, Sent: 2, Unknown: 1}, 6},
	} {
		for _, every := range []time.Duration{0, 10 * time.Second} {
			pace := func(s *scheduler.Sender) { s.Pace = scheduler.Pace{Every: every} }
			t.Run(row.name+", every "+every.String(), func(t *testing.T) {
				sending(t, "2020-06-02 10:00", pace, func(t *testing.T, o *outgoing) {
					file := o.poster()
					for _, k := range row.answers {
						o.wechat.answers = append(o.wechat.answers, scheduler.Outcome{Kind: k, Err: failed})
					}
					o.postWith(employed, file)
					o.later(time.Hour)
					got := o.wechat.arrived()
					if got["@20160001"] != row.first || got["@20160002"] != "20160002▣" || got["@20160003"] != "20160003▣" {
						t.Errorf("arrived: %v", got)
					}
					sum, err := o.NoticeSum(o.ctx, 1)
					o.ok(err)
					n, _, err := o.NoticeNamed(o.ctx, 1)
					o.ok(err)
					if sum != row.is || n.State != storage.NoticeDone {
						t.Errorf("the sum is %+v, the notice %s", sum, n.State)
					}
					attempts := 0
					for _, a := range o.wechat.tried {
						if a.message.Kind == storage.OutNotice {
							attempts++
						}
					}
					if attempts != row.attempts {
						t.Errorf("%d attempts, not %d", attempts, row.attempts)
					}
				})
			})
		}
	}
}

// A text that comes back while its notice is paused may leave later than the picture behind it, which was held: the picture
// waits for it when the notice goes on.
func TestNoticeFileWaitsForText(t *testing.T) {
	pace := func(s *scheduler.Sender) { s.Pace, s.Poll = scheduler.Pace{Every: time.Second}, time.Minute }
	sendingOn(t, both, "2020-06-02 10:00", pace, func(t *testing.T, o *outgoing) {
		wake := func() { o.ok(o.coord.Wake(o.ctx, scheduler.TopicOutbox(account))) }
		file := o.poster()
		o.wechat.answers = []scheduler.Outcome{{Kind: scheduler.NotSent}}
		first := true
		o.wechat.before = func(scheduler.Message) {
			if first {
				first = false
				o.move(storage.NoticePaused, storage.NoticeSending)
			}
		}
		o.postWith(employed, file)
		wake()
		o.later(10 * time.Second)
		o.move(storage.NoticeSending, storage.NoticePaused)
		wake()
		o.later(time.Hour)
		var to []string
		for _, a := range o.wechat.tried {
			if a.answer == scheduler.Sent && a.to.UserName == "@20160001" && a.message.Kind == storage.OutNotice {
				to = append(to, a.message.Text)
			}
		}
		if !slices.Equal(to, []string{"通知20160001", ""}) {
			t.Errorf("the first reads %q", to)
		}
	})
}
