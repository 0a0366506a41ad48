package scheduler_test

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

	"xianjie/scheduler"
	"xianjie/storage"
)

// wechat is a scripted Channel. It answers each message with the next answer it was given, then with Sent.
type wechat struct {
	mu      sync.Mutex
	online  bool
	login   string // messages addressed in another login are not sent
	answers []scheduler.Outcome
	before  func(scheduler.Message) // called before each answer
	tried   []attempt
}

// attempt is one message handed to WeChat.
type attempt struct {
	at      time.Time
	to      scheduler.Address
	message scheduler.Message
	answer  scheduler.OutcomeKind
}

func (c *wechat) Online() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.online
}

func (c *wechat) set(online bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.online = online
}

func (c *wechat) Send(_ context.Context, to scheduler.Address, m scheduler.Message) scheduler.Outcome {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.before != nil {
		c.before(m)
	}
	o := scheduler.Outcome{Kind: scheduler.Sent, MsgID: fmt.Sprint("id", len(c.tried))}
	switch {
	case to.Login != c.login:
		o = scheduler.Outcome{Kind: scheduler.NotSent, Err: errors.New("another login")}
	case len(c.answers) > 0:
		o, c.answers = c.answers[0], c.answers[1:]
	}
	c.tried = append(c.tried, attempt{time.Now(), to, m, o.Kind})
	return o
}

// sent are the texts WeChat accepted.
func (c *wechat) sent() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var texts []string
	for _, a := range c.tried {
		if a.answer == scheduler.Sent {
			texts = append(texts, a.message.Text)
		}
	}
	return texts
}

// gaps are the spans between attempts.
func (c *wechat) gaps() []time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	var ds []time.Duration
	for i := 1; i < len(c.tried); i++ {
		ds = append(ds, c.tried[i].at.Sub(c.tried[i-1].at).Round(time.Second))
	}
	return ds
}

// outgoing is a school with a sender that runs.
type outgoing struct {
	*school
	wechat *wechat
	sender *scheduler.Sender
	coord  *scheduler.Memory
	stop   func()
}

// sending runs a test with a sender for a school of three members and a secretary who can all be reached.
func sending(t *testing.T, at string, change func(*scheduler.Sender), f func(*testing.T, *outgoing)) {
	t.Helper()
	sendingOn(t, sqlite, at, change, f)
}

func sendingOn(t *testing.T, dbs databases, at string, change func(*scheduler.Sender), f func(*testing.T, *outgoing)) {
	t.Helper()
	on(t, dbs, at, func(t *testing.T, w *school) {
		w.office(3)
		w.befriend("20160001", "20160002", "20160003")
		o := &outgoing{school: w, wechat: &wechat{online: true, login: w.logins[account]}, coord: scheduler.NewMemory(time.Now)}
		o.sender = &scheduler.Sender{
			Account: account, Store: w.Store, Season: w.season, Channel: o.wechat, Coord: o.coord, Now: time.Now, Log: silent(),
			Ahead: func(ctx context.Context) error {
				_, err := w.planner.Tick(ctx)
				return err
			},
		}
		if change != nil {
			change(o.sender)
		}
		o.start()
		defer func() { o.stop() }()
		f(t, o)
	})
}

// start runs the sender until stop.
func (o *outgoing) start() {
	ctx, cancel := context.WithCancel(o.ctx)
	done := make(chan error, 1)
	go func() { done <- o.sender.Run(ctx) }()
	o.stop = func() {
		o.t.Helper()
		cancel()
		o.ok(<-done)
		o.stop = func() {}
	}
}

// restart ends the sender and starts a new one, as another process would.
func (o *outgoing) restart() {
	o.t.Helper()
	o.stop()
	s := *o.sender
	o.sender = &s
	o.start()
}

// queue puts messages into the queue, each as "kind text", to a member's chat.
func (o *outgoing) queue(no string, outs ...storage.Out) {
	o.t.Helper()
	o.msg++
	o.ok(o.Receive(o.ctx, account, o.logins[account], []storage.Received{{
		MsgID: fmt.Sprint(o.msg), User: "@" + no, ChatKind: "friend", Kind: "text", Text: "x", At: time.Now(),
	}}))
	ps, err := o.Pendings(o.ctx, 1)
	o.ok(err)
	for i := range outs {
		outs[i].ContactID = ps[0].Contact.ID
	}
	o.ok(o.CommitTurns(o.ctx, []storage.Turn{{InboxID: ps[0].Inbox.ID, ContactID: ps[0].Contact.ID, Out: outs}}))
}

func reply(text string) storage.Out { return storage.Out{Kind: storage.OutReply, Text: text} }

// states are the states of all messages with their reasons, in order of their making.
func (o *outgoing) states() []string {
	o.t.Helper()
	var list []string
	for page, err := range storage.Pages[storage.Outbox](o.ctx, o.Store) {
		o.ok(err)
		for _, m := range page {
			list = append(list, m.State)
		}
	}
	return list
}

// later lets time pass and the sender do what it does meanwhile.
func (o *outgoing) later(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// slowly looks at the queue every minute, for tests of hours and days.
func slowly(s *scheduler.Sender) { s.Poll = time.Minute }

func TestSenderPriorities(t *testing.T) {
	sending(t, "2020-06-02 10:00", nil, func(t *testing.T, o *outgoing) {
		o.wechat.set(false)
		o.queue(
			"20160001",
			storage.Out{Kind: storage.OutNotice, Text: "通知"},
			storage.Out{Kind: storage.OutNudge, Text: "提醒"},
			storage.Out{Kind: storage.OutAlert, Text: "警报"},
			reply("回答一"),
			reply("回答二"),
			storage.Out{Kind: storage.OutAccept, Extra: "{}"},
		)
		o.later(time.Minute)
		if n := len(o.wechat.tried); n != 0 {
			t.Fatalf("%d messages were tried offline", n)
		}
		o.wechat.set(true)
		o.later(time.Minute)
		equal(t, "order", o.wechat.sent(), []string{"", "回答一", "回答二", "警报", "提醒", "通知"})
		equal(t, "states", slices.Compact(o.states()), []string{"sent"})
	})
}

func TestSenderKeepsPace(t *testing.T) {
	pace := func(s *scheduler.Sender) { s.Pace = scheduler.Pace{Every: 4 * time.Second, PerHour: 10} }
	sending(t, "2020-06-02 10:00", pace, func(t *testing.T, o *outgoing) {
		var outs []storage.Out
		for i := range 12 {
			outs = append(outs, reply(fmt.Sprint(i)))
		}
		start := time.Now()
		o.queue("20160001", outs...)
		o.later(2 * time.Hour)
		var at []string
		for _, a := range o.wechat.tried {
			at = append(at, a.at.Sub(start).Round(time.Second).String())
		}
		// the first look may come up to one poll after the queueing
		first := o.wechat.tried[0].at.Sub(start)
		if first > 5*time.Second {
			t.Errorf("the first leaves after %v", first)
		}
		want := []time.Duration{4, 4, 4, 4, 4, 4, 4, 4, 4, 3600 - 36, 4}
		for i, gap := range o.wechat.gaps() {
			if gap != want[i]*time.Second {
				t.Fatalf("messages left after %v", at)
			}
		}
		if len(at) != 12 {
			t.Errorf("%d messages left", len(at))
		}
	})
}

func TestSenderIsWoken(t *testing.T) {
	sending(t, "2020-06-02 10:00", nil, func(t *testing.T, o *outgoing) {
		o.later(7 * time.Second)
		o.queue("20160001", reply("回答"))
		o.ok(o.coord.Wake(o.ctx, scheduler.TopicOutbox(account)))
		synctest.Wait()
		equal(t, "sent at once", o.wechat.sent(), []string{"回答"})
	})
}

// The first "too often" pauses and slows the account down, the second stops it until a person resumes it.
func TestSenderTooOften(t *testing.T) {
	pace := func(s *scheduler.Sender) {
		s.Poll = time.Minute
		s.Pace = scheduler.Pace{Every: 2 * time.Minute}
	}
	refused := scheduler.Outcome{Kind: scheduler.TooOften}
	sendingOn(t, both, "2020-06-02 10:00", pace, func(t *testing.T, o *outgoing) {
		o.wechat.answers = []scheduler.Outcome{refused}
		o.queue("20160001", reply("一"), reply("二"), reply("三"))
		o.later(9 * time.Minute)
		o.restart() // the hold stands in the database
		o.later(time.Hour)
		equal(t, "sent", o.wechat.sent(), []string{"一", "二", "三"})
		if gaps := o.wechat.gaps(); gaps[0] < 10*time.Minute || gaps[0] > 14*time.Minute || gaps[1] != 4*time.Minute {
			t.Errorf("ten minutes and then half as fast; messages left %v apart", gaps)
		}

		o.wechat.answers = []scheduler.Outcome{refused}
		o.queue("20160002", reply("四"))
		o.later(72 * time.Hour)
		o.restart()
		o.later(72 * time.Hour)
		equal(t, "nothing leaves a stopped account", o.wechat.sent(), []string{"一", "二", "三"})
		if resumed, err := o.ResumeAccount(o.ctx, account, storage.Audit{Action: "resume", Subject: "account/" + account}); !resumed || err != nil {
			t.Fatalf("resumed: %v, %v", resumed, err)
		}
		o.later(10 * time.Minute)
		equal(t, "after it was resumed", o.wechat.sent(), []string{"一", "二", "三", "四"})
	})
}

// Notices use up two thirds of a budget and leave the rest to what somebody waits for, at once.
func TestSenderLeavesRoom(t *testing.T) {
	pace := func(s *scheduler.Sender) { s.Pace = scheduler.Pace{Every: time.Second, PerHour: 9} }
	sending(t, "2020-06-02 10:00", pace, func(t *testing.T, o *outgoing) {
		var outs []storage.Out
		for i := range 12 {
			outs = append(outs, storage.Out{Kind: storage.OutNotice, Text: fmt.Sprint("通知", i)})
		}
		o.queue("20160001", outs...)
		o.later(30 * time.Minute)
		if n := len(o.wechat.sent()); n != 6 {
			t.Fatalf("%d notices left", n)
		}
		o.queue("20160002", reply("回答"))
		o.ok(o.coord.Wake(o.ctx, scheduler.TopicOutbox(account)))
		o.later(time.Second)
		equal(t, "an answer does not wait", o.wechat.sent()[6:], []string{"回答"})
		o.later(2 * time.Hour)
		if n := len(o.wechat.sent()); n != 13 {
			t.Errorf("in the end %d left", n)
		}
	})
}

// Without a pace many are claimed at once; what went wrong concerns that message alone, and nothing leaves twice.
func TestSenderBatch(t *testing.T) {
	fault := errors.New("fault")
	sendingOn(t, both, "2020-06-02 10:00", nil, func(t *testing.T, o *outgoing) {
		sent := scheduler.Outcome{Kind: scheduler.Sent, MsgID: "m"}
		o.wechat.set(false)
		o.wechat.answers = []scheduler.Outcome{
			sent, {Kind: scheduler.Refused, Err: fault}, sent, {Kind: scheduler.Unknown, Err: fault}, {Kind: scheduler.NotSent, Err: fault}, sent,
		}
		o.queue("20160001", reply("一"), reply("二"), reply("三"), reply("四"), reply("五"), reply("六"))
		o.wechat.set(true)
		o.later(time.Hour)
		equal(t, "sent", o.wechat.sent(), []string{"一", "三", "五", "六"})
		equal(t, "states", o.states(), []string{"sent", "failed", "sent", "unknown", "sent", "sent"})
	})
}

// TestSenderOutcomes sends one message and a second one, with what WeChat answers to the first.
func TestSenderOutcomes(t *testing.T) {
	fault := errors.New("fault")
	for _, row := range []struct {
		name    string
		answers []scheduler.Outcome
		within  time.Duration
		sent    []string
		states  []string
	}{
		{"sent", nil, 5 * time.Minute, []string{"一", "二"}, []string{"sent", "sent"}},
		{"not sent, then sent once", []scheduler.Outcome{{Kind: scheduler.NotSent, Err: fault}}, 5 * time.Minute, []string{"一", "二"}, []string{"sent", "sent"}},
		{"unknown is never sent again", []scheduler.Outcome{{Kind: scheduler.Unknown, Err: fault}}, 6 * time.Hour, []string{"二"}, []string{"unknown", "sent"}},
		{"refused has failed", []scheduler.Outcome{{Kind: scheduler.Refused, Err: fault}}, 6 * time.Hour, []string{"二"}, []string{"failed", "sent"}},
		{
			"not sent over and over is given up, not soon",
			slices.Repeat([]scheduler.Outcome{{Kind: scheduler.NotSent, Err: fault}}, 1+20+19), 6 * time.Hour, nil,
			[]string{"failed", "failed"},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			sendingOn(t, both, "2020-06-02 10:00", slowly, func(t *testing.T, o *outgoing) {
				o.wechat.answers = row.answers
				start := time.Now()
				o.queue("20160001", reply("一"), reply("二"))
				o.later(row.within)
				equal(t, "sent", o.wechat.sent(), row.sent)
				equal(t, "states", o.states(), row.states)
				tried := o.wechat.tried
				if row.sent == nil && tried[len(tried)-1].at.Sub(start) < 2*time.Hour {
					t.Errorf("given up after %v", tried[len(tried)-1].at.Sub(start))
				}
			})
		})
	}
}

func TestSenderSurvivesPanic(t *testing.T) {
	sending(t, "2020-06-02 10:00", nil, func(t *testing.T, o *outgoing) {
		o.wechat.before = func(m scheduler.Message) {
			if m.Text == "一" {
				panic("the library fell over")
			}
		}
		o.queue("20160001", reply("一"), reply("二"))
		o.later(time.Hour)
		equal(t, "sent", o.wechat.sent(), []string{"二"})
		equal(t, "states", o.states(), []string{"unknown", "sent"})
	})
}

// TestSenderCrash kills a process while a message is in flight, and one right after a digest was queued.
func TestSenderCrash(t *testing.T) {
	sendingOn(t, both, "2020-07-24 08:50", nil, func(t *testing.T, o *outgoing) {
		o.stop()
		o.queue("20160001", reply("一"), reply("二"))
		if c, err := o.ClaimOut(o.ctx, account); err != nil || c.Outbox.Text != "一" {
			t.Fatalf("claimed %+v, %v", c, err)
		}
		o.wait("2020-07-24 09:00")
		o.tick() // and here the process dies before its sender is told
		o.start()
		o.later(time.Hour)
		sent := o.wechat.sent()
		if len(sent) != 2 || sent[0] != "二" || !strings.Contains(sent[1], "3人的转接还没发起") {
			t.Errorf("sent: %q", sent)
		}
		o.tick()
		o.restart()
		o.later(time.Hour)
		if n := len(o.wechat.sent()); n != 2 {
			t.Errorf("sent again: %q", o.wechat.sent()[2:])
		}
		equal(t, "states", o.states(), []string{"unknown", "sent", "sent"})
	})
}

func TestSenderContactGone(t *testing.T) {
	sending(t, "2020-06-02 10:00", nil, func(t *testing.T, o *outgoing) {
		o.wechat.set(false)
		o.queue("20160001", reply("一"))
		o.queue("20160002", reply("二"))
		o.ok(o.ContactsDeleted(o.ctx, account, o.logins[account], []string{"@20160001"}))
		o.wechat.set(true)
		o.later(time.Minute)
		equal(t, "sent", o.wechat.sent(), []string{"二"})
		equal(t, "states", o.states(), []string{"failed", "sent"})
	})
}

func TestSenderExpired(t *testing.T) {
	sending(t, "2020-06-02 10:00", nil, func(t *testing.T, o *outgoing) {
		o.wechat.set(false)
		soon, late := time.Now().Add(time.Hour), time.Now().Add(3*time.Hour)
		o.queue(
			"20160001",
			storage.Out{Kind: storage.OutNotice, Text: "过时", ExpiresAt: &soon}, storage.Out{Kind: storage.OutNotice, Text: "还来得及", ExpiresAt: &late},
		)
		o.later(2 * time.Hour)
		o.wechat.set(true)
		o.later(time.Minute)
		equal(t, "sent", o.wechat.sent(), []string{"还来得及"})
		equal(t, "states", o.states(), []string{"dropped", "sent"})
	})
}

// TestSenderNewLogin logs in anew after a message was addressed: it leaves once, to the chat's new id.
func TestSenderNewLogin(t *testing.T) {
	sending(t, "2020-06-02 10:00", nil, func(t *testing.T, o *outgoing) {
		known, err := o.Known(o.ctx, account)
		o.ok(err)
		o.wechat.login = "login-2"
		o.queue("20160001", reply("一"))
		o.later(6 * time.Second)
		o.ok(o.BeginLogin(o.ctx, account, "login-2"))
		before := len(o.wechat.tried) // one or two: the pace is drawn
		o.later(time.Hour)            // the contacts of the new login are not known yet
		if n := len(o.wechat.tried); n == 0 || n != before || len(o.wechat.sent()) != 0 {
			t.Fatalf("%d attempts, %d before the login, sent %q", n, before, o.wechat.sent())
		}
		snap := storage.Snapshot{Matches: map[string]int64{}}
		for _, c := range known {
			snap.Seen = append(snap.Seen, storage.Seen{UserName: "@new" + c.UserName, Kind: "friend", Nick: c.Nick})
			snap.Matches["@new"+c.UserName] = c.ID
		}
		o.ok(o.SaveSnapshot(o.ctx, account, "login-2", snap))
		o.later(time.Hour)
		equal(t, "sent", o.wechat.sent(), []string{"一"})
		last := o.wechat.tried[len(o.wechat.tried)-1]
		if want := (scheduler.Address{Login: "login-2", UserName: "@new@20160001"}); last.to != want {
			t.Errorf("sent to %+v", last.to)
		}
	})
}

// TestDigestAsItLeaves records things between planning and sending.
// TestSenderQuietTime keeps what nobody waits for until the morning, unless it would be too late then.
// TestDroppedMessagesCostNoPace drops a digest and sends the next message at the moment booked for it.
// TestSenderNeverStops ends the sender in the middle of a long wait.
func TestSenderNeverStops(t *testing.T) {
	pace := func(s *scheduler.Sender) { s.Pace = scheduler.Pace{Every: time.Second, PerDay: 1} }
	sending(t, "2020-06-02 10:00", pace, func(t *testing.T, o *outgoing) {
		o.queue("20160001", reply("一"), reply("二"))
		o.later(time.Hour)
		start := time.Now()
		o.stop()
		if d := time.Since(start); d != 0 {
			t.Errorf("it took %v to end", d)
		}
		equal(t, "states", o.states(), []string{"sent", "queued"})
	})
}
