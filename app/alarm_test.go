package app_test

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

	"xianjie/alert"
	"xianjie/roster"
	"xianjie/storage"
	"xianjie/wechatsim"
)

// pager is a channel that keeps what it is told.
type pager struct {
	name string

	mu     sync.Mutex
	broken bool
	told   []alert.Alert
	at     []time.Time // of each
}

func (p *pager) Name() string { return p.name }

func (p *pager) Tell(_ context.Context, a alert.Alert) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.broken {
		return errors.New("no answer")
	}
	p.told, p.at = append(p.told, a), append(p.at, time.Now())
	return nil
}

func (p *pager) setBroken(broken bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broken = broken
}

// heard is everything told so far, as event and trouble.
func (p *pager) heard() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []string
	for _, a := range p.told {
		list = append(list, string(a.Event)+" "+string(a.Trouble))
	}
	return list
}

// alarmWorld is a school of six whose WeChat holds long polls as long as the real one, played until a time without alerts.
func alarmWorld(t *testing.T, folder string, until time.Time, pagers ...*pager) *world {
	t.Helper()
	w := newWorld(t, folder, time.Date(2020, 6, 3, 8, 0, 0, 0, zone))
	w.app.Close()
	w.sim = wechatsim.New(wechatsim.Options{PollHold: 26 * time.Second})
	w.bot = w.sim.AddAccount("bot", "助手")
	w.sim.AutoConfirm(w.bot)
	w.alerts = []alert.Channel{}
	w.open()
	var members []player
	for i := range 4 {
		members = append(members, player{Member: roster.Member{
			No: fmt.Sprintf("2016000%d", i), Name: "同学" + string([]rune("甲乙丙丁")[i]), College: "机械学院", Branch: "1班", Cohort: 2020,
		}})
	}
	officers := []roster.Officer{
		{No: "80000001", Name: "书记甲", Role: roster.RoleCollege, College: "机械学院"}, {No: "80000009", Name: "委员乙", Role: roster.RoleCommittee},
	}
	w.importRoster(members, officers)
	w.start()
	w.sleep(time.Minute)
	for _, m := range members {
		w.person(m.No)
		w.meet(m.No, m.Name)
	}
	for _, o := range officers {
		w.person(o.No)
		w.meet(o.No, o.Name)
	}
	w.say("20160000", "就业", "到单位工作", "云帆重工有限公司", "成都", "有", "确认")
	w.say("80000001", "已发起 同学甲")
	w.until(until)
	for _, p := range pagers {
		w.alerts = append(w.alerts, p)
	}
	w.restart()
	return w
}

// restart ends the product and starts it anew.
func (w *world) restart() {
	w.t.Helper()
	w.cancel()
	if err := <-w.stopped; err != nil {
		w.t.Errorf("the product ended with %v", err)
	}
	w.app.Close()
	w.ctx, w.cancel = context.WithCancel(w.t.Context())
	w.open()
	w.start()
}

// When the alerts of these tests begin: on the first day, and before a day on which something is due.
var (
	early = time.Date(2020, 6, 3, 11, 0, 0, 0, zone)
	noon  = time.Date(2020, 6, 15, 11, 0, 0, 0, zone)
)

// expect compares all that was told so far.
func (w *world) expect(p *pager, when string, want ...string) {
	w.t.Helper()
	if got := p.heard(); !slices.Equal(got, want) {
		w.t.Errorf("%s: %s was told %q, want %q", when, p.name, got, want)
	}
}

// TestWeChatLost: told within a minute, once, again after a day, and when it is over; what was to be said waits, and
// comes as one message.
func TestWeChatLost(t *testing.T) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		hook, post := &pager{name: "webhook"}, &pager{name: "mail"}
		w := alarmWorld(t, folder, noon, hook, post)
		w.sleep(time.Hour)
		w.expect(hook, "with all well for an hour")

		post.setBroken(true)
		w.sim.AutoConfirm(nil)
		w.bot.Kick(1101)
		lost := time.Now()
		accepted := len(w.sim.Ledger())
		w.sleep(time.Minute)
		w.expect(hook, "a minute after the loss", "begun wechat_lost")
		w.expect(post, "while its server is down")
		post.setBroken(false)
		w.sleep(15 * time.Minute)
		w.expect(post, "when its server is back", "begun wechat_lost")

		// Restarted, the product does not tell it again.
		w.restart()
		w.until(lost.Add(23 * time.Hour))
		w.expect(hook, "a restart and 23 hours later", "begun wechat_lost")
		w.until(lost.Add(25 * time.Hour))
		w.expect(hook, "a day later", "begun wechat_lost", "still wechat_lost")
		if n := len(w.sim.Ledger()); n != accepted {
			t.Errorf("%d messages left while WeChat was lost", n-accepted)
		}
		before := map[string]int{}
		for _, p := range w.sim.People() {
			before[p.ID()] = len(p.Received(w.bot))
		}
		told := len(hook.heard())
		w.sim.AutoConfirm(w.bot)
		w.sleep(10 * time.Minute) // the code shown now has to expire
		if got := hook.heard(); len(got) != told+1 || got[told] != "over wechat_lost" {
			t.Errorf("on recovery: %q after %d", got, told)
		}
		w.sleep(time.Hour)
		most := 0
		for _, p := range w.sim.People() {
			n := len(p.Received(w.bot)) - before[p.ID()]
			if most = max(most, n); n > 1 {
				t.Errorf("%s got %d messages on recovery", p.ID(), n)
			}
		}
		if most == 0 {
			t.Error("nothing came due in a day: the test proves nothing")
		}
		for _, a := range hook.told {
			text := a.Title() + a.Text(zone)
			if strings.Contains(text, "同学") || strings.Contains(text, "书记") || strings.Contains(text, "2016") || a.Account != "main" {
				t.Errorf("personal: %s", text)
			}
		}
		w.stop()
	})
}

// TestWeChatDoesNotAnswer: the session is there and WeChat is not.
func TestWeChatDoesNotAnswer(t *testing.T) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		hook := &pager{name: "webhook"}
		w := alarmWorld(t, folder, early, hook)
		broken := w.sim.Inject(wechatsim.Injection{Fault: wechatsim.Fault{Kind: wechatsim.Stall, Delay: 24 * time.Hour}})
		w.sleep(75 * time.Second) // it was heard last up to 27 s after
		w.expect(hook, "a minute after the last answer", "begun wechat_lost")
		broken.Remove()
		w.sleep(10 * time.Minute)
		w.expect(hook, "when it answers again", "begun wechat_lost", "over wechat_lost")
		w.stop()
	})
}

// TestWeChatPretends: long polls are answered and nothing is delivered (假死).
func TestWeChatPretends(t *testing.T) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		hook := &pager{name: "webhook"}
		w := alarmWorld(t, folder, early, hook)
		w.say("20160001", "帮助")
		w.bot.Sleep()
		w.sleep(23 * time.Hour)
		w.sim.Person("20160001").Say(w.bot, "在吗")
		w.expect(hook, "before a day of silence")
		w.sleep(2 * time.Hour)
		w.expect(hook, "after it", "begun wechat_silent")
		w.bot.Wake()
		w.sleep(time.Minute)
		w.expect(hook, "when the phone is opened", "begun wechat_silent", "over wechat_silent")
		w.stop()
	})
}

// TestStoppedAccountIsTold: stopped for sending too often, until a person resumes it.
func TestStoppedAccountIsTold(t *testing.T) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		hook := &pager{name: "webhook"}
		w := alarmWorld(t, folder, early, hook)
		w.sim.Inject(wechatsim.Injection{Fault: wechatsim.Fault{Kind: wechatsim.Return, Code: 1205}, Endpoint: "webwxsendmsg", Times: 2})
		w.say("20160001", "帮助")
		w.expect(hook, "slowed down")
		w.sleep(20 * time.Minute)
		w.expect(hook, "stopped", "begun wechat_stopped")
		if _, err := w.app.Store.ResumeAccount(w.ctx, "main", storage.Audit{At: time.Now(), Action: "resume"}); err != nil {
			t.Fatal(err)
		}
		w.sleep(time.Minute)
		w.expect(hook, "resumed", "begun wechat_stopped", "over wechat_stopped")
		w.stop()
	})
}

// TestDatabaseGone: told after a minute by what the process has in mind, for nothing can be written.
func TestDatabaseGone(t *testing.T) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		hook := &pager{name: "webhook", broken: true}
		w := alarmWorld(t, folder, early, hook)
		_ = w.app.Store.Close()
		w.sleep(2 * time.Minute)
		w.expect(hook, "while the webhook is down too")
		hook.setBroken(false)
		w.sleep(30 * time.Second)
		w.expect(hook, "when it is back", "begun database_unreachable")
		w.stop()
	})
}
