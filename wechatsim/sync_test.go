package wechatsim_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"xianjie/wechatsim"
)

func TestLongPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		c := logIn(t, w).caughtUp()
		timed := func() (string, time.Duration) {
			began := time.Now()
			code, selector := c.check()
			return code + selector, time.Since(began)
		}
		if got, took := timed(); got != "00" || took != 25*time.Second {
			t.Errorf("quiet: %s after %v", got, took)
		}
		go func() {
			time.Sleep(10 * time.Second)
			w.lin.Say(w.account, "在吗")
		}()
		if got, took := timed(); got != "02" || took != 10*time.Second {
			t.Errorf("with a message after 10s: %s after %v", got, took)
		}
		if got, took := timed(); got != "02" || took != 0 {
			t.Errorf("not fetched yet: %s after %v", got, took)
		}
		if m := c.one(); m.Content != "在吗" || m.FromUserName != w.to(w.lin) || m.ToUserName != c.self {
			t.Errorf("%+v", m)
		}
		if got, took := timed(); got != "00" || took != 25*time.Second {
			t.Errorf("fetched: %s after %v", got, took)
		}
		for _, key := range []string{"", "nonsense", "1_2"} {
			began := time.Now()
			if _, got := c.checkWith(key); got == "0" || time.Since(began) != 0 {
				t.Errorf("synckey %q: selector %s after %v, want an answer at once", key, got, time.Since(began))
			}
		}
	})
}

func TestPollHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := logIn(t, newWorld(t, wechatsim.Options{PollHold: 3 * time.Minute})).caughtUp()
		c.http.Timeout = 0
		began := time.Now()
		if c.check(); time.Since(began) != 3*time.Minute {
			t.Errorf("held %v", time.Since(began))
		}
	})
}

func TestFirstSyncListsChats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		w.lin.Say(w.account, "早")
		c := logIn(t, w)
		m := c.one()
		want := "filehelper," + w.to(w.lin)
		if m.MsgType != 51 || m.StatusNotifyCode != 4 || m.StatusNotifyUserName != want || !strings.Contains(m.Content, "&lt;op id=") {
			t.Errorf("%+v", m)
		}
		if r := c.sync(); r.AddMsgCount != 0 || r.AddMsgList == nil {
			t.Errorf("%+v", r)
		}
	})
}

func TestRedelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		c := logIn(t, w).caughtUp()
		old := c.key
		first := w.lin.Say(w.account, "一")
		second := w.lin.Say(w.account, "二")
		for range 2 {
			r := c.syncFrom(old)
			if len(r.AddMsgList) != 2 || r.AddMsgList[0].MsgId != first || r.AddMsgList[1].MsgId != second {
				t.Fatalf("%+v", r.AddMsgList)
			}
		}
		if got := c.sync().AddMsgList[1]; got.CreateTime != time.Now().Unix() || fmt.Sprint(got.NewMsgId) != second {
			t.Errorf("%+v", got)
		}
		if r := c.sync(); len(r.AddMsgList) != 0 {
			t.Errorf("with the new key: %+v", r.AddMsgList)
		}
	})
}

func TestRetain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{Behaviour: wechatsim.Behaviour{Retain: 2}})
		c := logIn(t, w).caughtUp()
		for _, text := range []string{"一", "二", "三"} {
			w.lin.Say(w.account, text)
		}
		if r := c.sync(); len(r.AddMsgList) != 2 || r.AddMsgList[0].Content != "二" {
			t.Errorf("%+v", r.AddMsgList)
		}
	})
}

func TestBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{Behaviour: wechatsim.Behaviour{SyncBatch: 2}})
		c := logIn(t, w).caughtUp()
		for i := range 5 {
			w.lin.Say(w.account, fmt.Sprint(i))
		}
		var got []string
		for _, more := range []int{1, 1, 0} {
			r := c.sync()
			if r.ContinueFlag != more {
				t.Errorf("ContinueFlag %d after %v, want %d", r.ContinueFlag, got, more)
			}
			if more == 1 {
				if _, selector := c.check(); selector != "2" {
					t.Errorf("selector %s while more waits", selector)
				}
			}
			for _, m := range r.AddMsgList {
				got = append(got, m.Content)
			}
		}
		if want := []string{"0", "1", "2", "3", "4"}; !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
	})
}

func TestDuplicate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{Behaviour: wechatsim.Behaviour{Duplicate: true}})
		c := logIn(t, w).caughtUp()
		id := w.lin.Say(w.account, "只说一次")
		r := c.sync()
		if len(r.AddMsgList) != 2 || r.AddMsgList[0].MsgId != id || r.AddMsgList[1].MsgId != id {
			t.Errorf("%+v", r.AddMsgList)
		}
		if got := texts(w.lin.Chat(w.account)); len(got) != 1 {
			t.Errorf("her phone shows %v", got)
		}
	})
}

func TestSleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		c := logIn(t, w).caughtUp()
		w.account.Sleep()
		w.lin.Say(w.account, "喂？")
		if code, selector := c.check(); code != "0" || selector != "0" {
			t.Errorf("asleep: retcode %s, selector %s", code, selector)
		}
		if r := c.sync(); len(r.AddMsgList) != 0 || r.BaseResponse.Ret != 0 {
			t.Errorf("asleep: %+v", r)
		}
		if got := c.say(w.to(w.lin), "睡着也能发", "1"); got.BaseResponse.Ret != 0 || len(w.lin.Received(w.account)) != 1 {
			t.Errorf("send while asleep: %+v", got)
		}
		go func() {
			time.Sleep(time.Second)
			w.account.Wake()
		}()
		if _, selector := c.check(); selector != "2" {
			t.Errorf("woken: selector %s", selector)
		}
		if m := c.one(); m.Content != "喂？" {
			t.Errorf("woken: %+v", m)
		}
	})
}

func TestMediaKeyAhead(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  func(w world)
	}{
		{"next message", func(w world) { w.lin.Say(w.account, "收到") }},
		{"chat opened on the phone", func(w world) { w.account.OpenChat(w.lin) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, wechatsim.Options{Behaviour: wechatsim.Behaviour{MediaKeyAhead: true}})
				c := logIn(t, w).caughtUp()
				c.sendImage(w.to(w.lin), []byte("jpeg"))
				c.sync()
				if _, selector := c.check(); selector != "0" {
					t.Errorf("with SyncCheckKey: selector %s, want 0", selector)
				}
				for range 3 { // a client that knows one key only
					if _, selector := c.checkWith(c.key.String()); selector != "2" {
						t.Errorf("with SyncKey: selector %s, want 2", selector)
					}
					if r := c.sync(); len(r.AddMsgList) != 0 {
						t.Errorf("%+v", r.AddMsgList)
					}
				}
				tt.end(w)
				if r := c.sync(); len(r.AddMsgList) != 1 {
					t.Errorf("%+v", r.AddMsgList)
				}
				if _, selector := c.checkWith(c.key.String()); selector != "0" {
					t.Errorf("afterwards: selector %s, want 0", selector)
				}
			})
		})
	}
}

func TestOpenChat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		c := logIn(t, w).caughtUp()
		w.account.OpenChat(w.lin)
		if _, selector := c.check(); selector != "7" {
			t.Errorf("selector %s, want 7", selector)
		}
		if m := c.one(); m.MsgType != 51 || m.StatusNotifyCode != 2 || m.StatusNotifyUserName != w.to(w.lin) {
			t.Errorf("%+v", m)
		}
	})
}

func TestFromPhone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		g := w.AddGroup("class", "2020级1班", w.account, w.lin)
		c := logIn(t, w).caughtUp()
		for _, chat := range []wechatsim.Chat{w.lin, g, wechatsim.FileHelper} {
			w.account.SayFromPhone(chat, "我手动回一句")
			m := c.one()
			if m.FromUserName != c.self || m.ToUserName != w.to(chat) || m.Content != "我手动回一句" {
				t.Errorf("to %s: %+v", chat.ID(), m)
			}
		}
		if got := texts(w.lin.Received(w.account)); !slices.Equal(got, []string{"我手动回一句"}) {
			t.Errorf("her phone shows %v", got)
		}
		if len(w.Ledger()) != 0 {
			t.Error("the ledger counts what the phone sent")
		}
	})
}

// TestPollCost: what a poll costs does not depend on how many people there are.
func TestPollCost(t *testing.T) {
	cost := func(people int) (allocs float64) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, wechatsim.Options{})
			for i := range people {
				p := w.AddPerson(fmt.Sprint("p", i), wechatsim.Profile{Nick: fmt.Sprint("同学", i)})
				w.account.AddFriend(p)
				p.Say(w.account, "我是新来的")
			}
			c := logIn(t, w).caughtUp()
			c.contacts()
			address := c.checkURL(c.checkKey.String())
			allocs = testing.AllocsPerRun(20, func() { c.get(address) })
		})
		return allocs
	}
	few, many := cost(10), cost(3000)
	if many > few+20 {
		t.Errorf("a poll allocates %.0f times with 10 friends, %.0f times with 3000", few, many)
	}
}

func BenchmarkSayAndSync(b *testing.B) {
	s := wechatsim.New(wechatsim.Options{})
	a := s.AddAccount("bot", "青禾小助手")
	people := make([]*wechatsim.Person, 5000)
	for i := range people {
		people[i] = s.AddPerson(fmt.Sprint("p", i), wechatsim.Profile{Nick: "同学"})
		a.AddFriend(people[i])
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		people[i%len(people)].Say(a, "我已经转出了")
	}
}
