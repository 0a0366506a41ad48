package wechatsim_test

import (
	"encoding/xml"
	"html"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"xianjie/wechatsim"
)

func (c *web) verify(opcode int, user, ticket string) int {
	c.t.Helper()
	return c.ret("webwxverifyuser?lang=zh_CN", map[string]any{
		"Opcode": opcode, "VerifyUserListSize": 1, "VerifyUserList": []map[string]string{{"Value": user, "VerifyUserTicket": ticket}},
		"VerifyContent": "", "SceneListCount": 1, "SceneList": []int{33}, "skey": c.page.Skey,
	})
}

func TestFriendRequest(t *testing.T) {
	for _, tt := range []struct {
		name   string
		rename bool
		text   bool
	}{{"plain", false, false}, {"another user name", true, false}, {"with a text", false, true}} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, wechatsim.Options{Behaviour: wechatsim.Behaviour{RenameOnAccept: tt.rename, AcceptText: tt.text}})
				c := logIn(t, w).caughtUp()
				if w.qin.Say(w.account, "在吗") != "" {
					t.Error("a stranger's message was accepted")
				}
				if id := w.qin.Befriend(w.account, "我是<1班>秦若溪"); id == "" {
					t.Fatal("no request was sent")
				}
				if got := w.account.Requests(); len(got) != 1 || got[0] != w.qin {
					t.Errorf("Requests: %v", got)
				}
				m := c.one()
				i := m.RecommendInfo
				if m.MsgType != 37 || m.FromUserName != "fmessage" || i.NickName != "秦若溪" || i.Content != "我是&lt;1班&gt;秦若溪" || i.OpCode != 2 || i.UserName != w.to(w.qin) || !strings.HasSuffix(i.Ticket, "@stranger") {
					t.Errorf("%+v", m)
				}
				var x struct {
					Content string `xml:"content,attr"`
					Ticket  string `xml:"ticket,attr"`
					Sex     int    `xml:"sex,attr"`
				}
				if err := xml.Unmarshal([]byte(html.UnescapeString(m.Content)), &x); err != nil || x.Content != "我是<1班>秦若溪" || x.Ticket != i.Ticket {
					t.Errorf("Content: %v %+v", err, x)
				}
				if got := c.verify(3, i.UserName, "v4_other@stranger"); got != -1 {
					t.Errorf("with another ticket: Ret %d", got)
				}
				if got := c.verify(3, i.UserName, i.Ticket); got != 0 || !w.account.IsFriend(w.qin) {
					t.Fatalf("accept: Ret %d, friend %v", got, w.account.IsFriend(w.qin))
				}
				if _, selector := c.check(); selector != "2" {
					t.Errorf("selector %s", selector)
				}
				r := c.sync()
				if len(r.ModContactList) != 1 || r.ModContactList[0].NickName != "秦若溪" || (r.ModContactList[0].UserName != i.UserName) != tt.rename {
					t.Errorf("ModContactList: %+v, the request was from %s", r.ModContactList, i.UserName)
				}
				want := []string{"你已添加了秦若溪，现在可以开始聊天了。"}
				if tt.text {
					want = append(want, "我通过了你的朋友验证请求，现在我们可以开始聊天了")
				}
				var got []string
				for _, m := range r.AddMsgList {
					got = append(got, m.Content)
					if m.FromUserName != w.to(w.qin) {
						t.Errorf("%+v", m)
					}
				}
				if !slices.Equal(got, want) || r.AddMsgList[0].MsgType != 10000 {
					t.Errorf("%v, want %v", got, want)
				}
				if c.verify(3, w.to(w.qin), i.Ticket) != -1 || len(w.account.Requests()) != 0 {
					t.Error("the request can be accepted twice")
				}
				if w.qin.Say(w.account, "你好") == "" || c.say(w.to(w.qin), "你好", "1").BaseResponse.Ret != 0 || len(w.qin.Received(w.account)) != 1 {
					t.Error("the new friends cannot talk")
				}
			})
		})
	}
}

func TestRejectedRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		c := logIn(t, w).caughtUp()
		w.qin.Befriend(w.account, "你好")
		i := c.one().RecommendInfo
		if got := c.verify(4, i.UserName, i.Ticket); got != 0 || w.account.IsFriend(w.qin) || len(w.account.Requests()) != 0 {
			t.Errorf("Ret %d, friend %v", got, w.account.IsFriend(w.qin))
		}
		if got := c.verify(3, i.UserName, i.Ticket); got != -1 {
			t.Errorf("accept after all: Ret %d", got)
		}
	})
}

func TestRequestOutlivesLogins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{Behaviour: wechatsim.Behaviour{InitBehind: 1}})
		w.qin.Befriend(w.account, "你好")
		c := logIn(t, w)
		i := c.sync().AddMsgList[0].RecommendInfo
		if got := c.verify(3, i.UserName, i.Ticket); got != 0 {
			t.Errorf("Ret %d", got)
		}
	})
}

func TestOpenAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		w.account.SetOpen(true)
		c := logIn(t, w).caughtUp()
		if w.qin.Say(w.account, "在吗") == "" || c.one().FromUserName != w.to(w.qin) || w.account.IsFriend(w.qin) {
			t.Error("a stranger cannot write to an open account")
		}
		if w.qin.Befriend(w.account, "你好") != "" || !w.account.IsFriend(w.qin) {
			t.Error("an open account was asked")
		}
		if r := c.sync(); len(r.ModContactList) != 1 || len(r.AddMsgList) != 1 || r.AddMsgList[0].Content != "秦若溪刚刚把你添加到通讯录，现在可以开始聊天了。" {
			t.Errorf("%+v", r)
		}
	})
}

func TestBefriendAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		c := logIn(t, w).caughtUp()
		w.lin.Delete(w.account)
		if w.lin.Befriend(w.account, "手滑删了") != "" {
			t.Error("an account that still has her was asked")
		}
		if c.say(w.to(w.lin), "欢迎回来", "1"); !w.Ledger()[0].Delivered {
			t.Error("not delivered")
		}
	})
}

func TestIDsAreUnique(t *testing.T) {
	w := newWorld(t, wechatsim.Options{})
	defer func() {
		if recover() == nil {
			t.Error("two people have one ID")
		}
	}()
	w.AddPerson("lin", wechatsim.Profile{Nick: "另一个"})
}
