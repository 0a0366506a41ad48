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

func TestSendTo(t *testing.T) {
	for _, tt := range []struct {
		name      string
		to        func(w world, c *web) string
		ret       int
		delivered bool
		grey      string // what comes back
	}{
		{"friend", func(w world, _ *web) string { return w.to(w.lin) }, 0, true, ""},
		{"file helper", func(world, *web) string { return "filehelper" }, 0, true, ""},
		{"oneself", func(_ world, c *web) string { return c.self }, 1204, false, ""},
		{"nobody", func(world, *web) string { return "@0123" }, 1204, false, ""},
		{"stranger", func(w world, _ *web) string { return w.to(w.qin) }, 0, false, "秦若溪开启了朋友验证"},
		{"who deleted us", func(w world, _ *web) string { w.lin.Delete(w.account); return w.to(w.lin) }, 0, false, "林小满开启了朋友验证，你还不是他（她）朋友。请先发送朋友验证请求，对方验证通过后，才能聊天。&lt;a href=&quot;weixin://findfriend/verifycontact&quot;&gt;发送朋友验证&lt;/a&gt;"},
		{"who blocked us", func(w world, _ *web) string { w.lin.Block(w.account); return w.to(w.lin) }, 0, false, "消息已发出，但被对方拒收了。"},
		{"who unblocked us", func(w world, _ *web) string {
			w.lin.Block(w.account)
			w.lin.Unblock(w.account)
			return w.to(w.lin)
		}, 0, true, ""},
		{"name of an earlier login", func(w world, c *web) string {
			old := w.to(w.lin)
			*c = *logIn(c.t, w)
			return old
		}, 1204, false, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, wechatsim.Options{})
				c := logIn(t, w)
				to := tt.to(w, c)
				c.caughtUp()
				r := c.say(to, "你好", "17")
				if r.BaseResponse.Ret != tt.ret || (r.MsgID != "") != (tt.ret == 0) {
					t.Fatalf("%+v, want Ret %d", r, tt.ret)
				}
				ledger := w.Ledger()
				if tt.ret != 0 {
					if len(ledger) != 0 {
						t.Errorf("the ledger has what was refused: %+v", ledger)
					}
					return
				}
				if r.LocalID != "17" || len(ledger) != 1 || ledger[0].Delivered != tt.delivered || ledger[0].ClientMsgID != "17" || ledger[0].MsgID != r.MsgID {
					t.Errorf("%+v, ledger %+v", r, ledger)
				}
				if n := len(w.lin.Received(w.account)) + len(w.qin.Received(w.account)); to != "filehelper" && (n == 1) != tt.delivered {
					t.Errorf("%d messages arrived", n)
				}
				back := c.sync().AddMsgList
				switch {
				case tt.grey == "" && len(back) != 0:
					t.Errorf("came back: %+v", back)
				case tt.grey != "" && (len(back) != 1 || back[0].MsgType != 10000 || back[0].FromUserName != to || !strings.HasPrefix(back[0].Content, tt.grey)):
					t.Errorf("came back: %+v, want %q", back, tt.grey)
				}
			})
		})
	}
}

func TestClientMsgID(t *testing.T) {
	for _, tt := range []struct {
		dedupe bool
		want   int
	}{{false, 2}, {true, 1}} {
		t.Run(fmt.Sprint(tt.dedupe), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, wechatsim.Options{Behaviour: wechatsim.Behaviour{DedupeClientMsgID: tt.dedupe}})
				c := logIn(t, w)
				first, second := c.say(w.to(w.lin), "你好", "17"), c.say(w.to(w.lin), "你好", "17")
				if (first.MsgID == second.MsgID) != tt.dedupe || len(w.Ledger()) != tt.want || len(w.lin.Received(w.account)) != tt.want {
					t.Errorf("%s, %s, %d in the ledger, %d arrived", first.MsgID, second.MsgID, len(w.Ledger()), len(w.lin.Received(w.account)))
				}
			})
		})
	}
}

func TestEchoSends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{Behaviour: wechatsim.Behaviour{EchoSends: true}})
		c := logIn(t, w).caughtUp()
		id := c.say(w.to(w.lin), "你好", "1").MsgID
		if m := c.one(); m.MsgId != id || m.FromUserName != c.self || m.ToUserName != w.to(w.lin) {
			t.Errorf("%+v", m)
		}
	})
}

func TestTextLimit(t *testing.T) {
	const text = "一二三四五"
	for _, tt := range []struct {
		name         string
		limit, bytes int
		policy       wechatsim.TextPolicy
		ret          int
		want         string
	}{
		{"no limit", 0, 0, wechatsim.TextError, 0, text},
		{"within", 5, 15, wechatsim.TextError, 0, text},
		{"accepted whole", 3, 0, wechatsim.TextAccept, 0, text},
		{"cut", 3, 0, wechatsim.TextCut, 0, "一二三"},
		{"cut between characters", 0, 7, wechatsim.TextCut, 0, "一二"},
		{"refused", 4, 0, wechatsim.TextError, 1, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, wechatsim.Options{Behaviour: wechatsim.Behaviour{TextLimit: tt.limit, TextLimitBytes: tt.bytes, TextPolicy: tt.policy}})
				c := logIn(t, w)
				if got := c.say(w.to(w.lin), text, "1").BaseResponse.Ret; got != tt.ret {
					t.Errorf("Ret %d, want %d", got, tt.ret)
				}
				if got := strings.Join(texts(w.lin.Received(w.account)), "|"); got != tt.want {
					t.Errorf("arrived %q, want %q", got, tt.want)
				}
			})
		})
	}
}

func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{Behaviour: wechatsim.Behaviour{Rate: wechatsim.Rate{Sends: 3, Window: time.Minute, Recovery: 5 * time.Minute}}})
		c := logIn(t, w)
		var got []int
		send := func(n int) {
			for range n {
				got = append(got, c.say(w.to(w.lin), "快", "1").BaseResponse.Ret)
			}
		}
		send(2)
		time.Sleep(time.Minute)
		send(3) // the first two are out of the window
		send(1)
		time.Sleep(4 * time.Minute)
		send(1) // still recovering
		time.Sleep(time.Minute)
		send(1)
		if want := []int{0, 0, 0, 0, 0, 1205, 1205, 0}; !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
		if len(w.Ledger()) != 6 {
			t.Errorf("%d accepted", len(w.Ledger()))
		}
	})
}

func TestRevoke(t *testing.T) {
	for _, tt := range []struct {
		name string
		wait time.Duration
		to   func(w world) wechatsim.Chat
		ret  int
	}{
		{"at once", 0, func(w world) wechatsim.Chat { return w.lin }, 0},
		{"after two minutes", 2 * time.Minute, func(w world) wechatsim.Chat { return w.lin }, 0},
		{"too late", 2*time.Minute + time.Second, func(w world) wechatsim.Chat { return w.lin }, 1},
		{"in a group", 0, func(w world) wechatsim.Chat { return w.AddGroup("class", "1班", w.account, w.lin) }, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, wechatsim.Options{})
				c := logIn(t, w)
				chat := tt.to(w)
				id := c.say(w.to(chat), "发错了", "1").MsgID
				time.Sleep(tt.wait)
				revoke := map[string]any{"ClientMsgId": "1", "SvrMsgId": id, "ToUserName": w.to(chat)}
				if got := c.ret("webwxrevokemsg", revoke); got != tt.ret {
					t.Errorf("Ret %d, want %d", got, tt.ret)
				}
				shown := w.lin.Chat(w.account)
				if g, ok := chat.(*wechatsim.Group); ok {
					shown = g.Chat()
				}
				if gone := shown[0].Kind == wechatsim.KindSystem; gone != (tt.ret == 0) {
					t.Errorf("the phone shows %+v", shown[0])
				}
				revoke["ToUserName"] = w.to(w.zhou)
				if got := c.ret("webwxrevokemsg", revoke); got == 0 {
					t.Error("revoked from a chat it is not in")
				}
			})
		})
	}
}

func TestStatusNotify(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		c := logIn(t, w)
		for _, tt := range []struct {
			code     int
			from, to string
			ret      int
		}{{3, c.self, c.self, 0}, {1, c.self, w.to(w.lin), 0}, {3, "@somebody", "@somebody", 1}} {
			got := c.ret("webwxstatusnotify", map[string]any{"Code": tt.code, "FromUserName": tt.from, "ToUserName": tt.to, "ClientMsgId": 1})
			if got != tt.ret {
				t.Errorf("Code %d from %.10s: Ret %d, want %d", tt.code, tt.from, got, tt.ret)
			}
		}
	})
}
