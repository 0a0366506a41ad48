package wechatsim_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"xianjie/wechatsim"
)

func TestGroupMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		g := w.AddGroup("class", "2020级1班", w.lin, w.account, w.qin)
		c := logIn(t, w).caughtUp()
		id := g.Say(w.qin, "收到\n谢谢")
		m := c.one()
		if m.MsgId != id || m.FromUserName != w.to(g) || m.ToUserName != c.self || m.Content != w.to(w.qin)+":<br/>收到<br/>谢谢" {
			t.Errorf("%+v", m)
		}
		if g.Say(w.zhou, "我不在群里") != "" {
			t.Error("somebody outside wrote")
		}
		if r := c.say(w.to(g), "通知", "1"); r.BaseResponse.Ret != 0 || len(c.sync().AddMsgList) != 0 {
			t.Errorf("%+v", r)
		}
		if got := texts(g.Chat()); !slices.Equal(got, []string{"收到\n谢谢", "通知"}) || w.Ledger()[0].To != "class" {
			t.Errorf("%v, ledger %+v", got, w.Ledger())
		}
		if got := g.ChatSince(1); len(got) != 1 || got[0].From != "bot" {
			t.Errorf("%+v", got)
		}
		if !g.Recall(w.qin, id) || !strings.HasPrefix(c.one().Content, w.to(w.qin)+":<br/>&lt;sysmsg") {
			t.Error("not taken back")
		}
	})
}

// TestGroupLines: grey lines have no prefix, and name people, not ids.
func TestGroupLines(t *testing.T) {
	for _, tt := range []struct {
		name    string
		do      func(w world, g *wechatsim.Group)
		want    string
		members int
	}{
		{"joined", func(w world, g *wechatsim.Group) { g.Join(w.zhou, w.lin) }, `"林小满"邀请"周子墨"加入了群聊`, 4},
		{"joined by us", func(w world, g *wechatsim.Group) { g.Join(w.zhou, w.account) }, `你邀请"周子墨"加入了群聊`, 4},
		{"removed by us", func(w world, g *wechatsim.Group) { g.Leave(w.qin, w.account) }, `你将"秦若溪"移出了群聊`, 2},
		{"removed", func(w world, g *wechatsim.Group) { g.Leave(w.account, w.lin) }, `你被"林小满"移出群聊`, 2},
		{"renamed", func(w world, g *wechatsim.Group) { g.Rename("一班", w.lin) }, `"林小满"修改群名为“一班”`, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, wechatsim.Options{})
				g := w.AddGroup("class", "2020级1班", w.lin, w.account, w.qin)
				c := logIn(t, w).caughtUp()
				tt.do(w, g)
				r := c.sync()
				if len(r.AddMsgList) != 1 || r.AddMsgList[0].MsgType != 10000 || r.AddMsgList[0].FromUserName != w.to(g) ||
					r.AddMsgList[0].Content != strings.ReplaceAll(tt.want, `"`, "&quot;") {
					t.Errorf("%+v, want %s", r.AddMsgList, tt.want)
				}
				if len(r.ModContactList) != 1 || r.ModContactList[0].MemberCount != tt.members {
					t.Errorf("ModContactList: %+v", r.ModContactList)
				}
				if len(g.Members()) != tt.members {
					t.Errorf("members: %v", g.Members())
				}
			})
		})
	}
}

func TestGroupDetails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		g := w.AddGroup("class", "2020级1班", w.lin, w.account)
		g.SetDisplay(w.lin, "班长")
		c := logIn(t, w).caughtUp()
		w.to(g) // as if some message had shown it
		list := c.batch(w.to(g))
		if len(list) != 1 || list[0].IsOwner != 0 || list[0].MemberList[0].DisplayName != "班长" || list[0].MemberList[1].Uin != w.account.Uin() {
			t.Errorf("%+v", list)
		}
		g.Join(w.zhou, w.lin)
		if r := c.sync(); len(r.ModChatRoomMemberList) != 1 || r.ModChatRoomMemberList[0].UserName != w.to(g) {
			t.Errorf("ModChatRoomMemberList: %+v", r.ModChatRoomMemberList)
		}
	})
}

func TestTwoAccountsInAGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		second := w.AddAccount("bot2", "青禾二号")
		g := w.AddGroup("class", "1班", w.lin, w.account, second)
		first := logIn(t, w).caughtUp()
		other := logIn(t, world{Server: w.Server, account: second}).caughtUp()
		first.say(w.to(g), "你好", "1")
		if r := first.sync(); len(r.AddMsgList) != 0 {
			t.Errorf("its own message came back: %+v", r.AddMsgList)
		}
		if m := other.one(); m.Content != second.UserNameOf(w.account)+":<br/>你好" || m.FromUserName != second.UserNameOf(g) {
			t.Errorf("%+v", m)
		}
	})
}

func TestCreateGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		c := logIn(t, w).caughtUp()
		create := func(who ...*wechatsim.Person) (v struct {
			base
			ChatRoomName string
			MemberCount  int
		},
		) {
			list := []map[string]string{}
			for _, p := range who {
				list = append(list, map[string]string{"UserName": w.to(p)})
			}
			c.post("webwxcreatechatroom?r=1", map[string]any{"MemberCount": len(list), "MemberList": list, "Topic": "答疑群"}, &v)
			return v
		}
		if got := create(w.lin, w.qin); got.BaseResponse.Ret != 1 {
			t.Errorf("with a stranger: %+v", got)
		}
		got := create(w.lin, w.zhou)
		if got.BaseResponse.Ret != 0 || !strings.HasPrefix(got.ChatRoomName, "@@") || got.MemberCount != 2 {
			t.Fatalf("%+v", got)
		}
		g := w.Groups()[0]
		if g.Name() != "答疑群" || !slices.Equal(g.Members(), []string{"bot", "lin", "zhou"}) {
			t.Errorf("%s %v", g.Name(), g.Members())
		}
		if r := c.sync(); len(r.ModContactList) != 1 || len(r.AddMsgList) != 1 || r.AddMsgList[0].Content != "你邀请&quot;林小满&quot;、&quot;周子墨&quot;加入了群聊" {
			t.Errorf("%+v", r)
		}
	})
}

func TestUpdateGroup(t *testing.T) {
	for _, tt := range []struct {
		name, fun, field string
		size             int // of the group before
		ret              int
		grows            int
	}{
		{"add", "addmember", "AddMemberList", 3, 0, 1},
		{"add to many", "addmember", "AddMemberList", 40, 1, 0},
		{"invite", "invitemember", "InviteMemberList", 40, 0, 1},
		{"remove has no effect", "delmember", "DelMemberList", 3, 0, 0},
		{"rename has no effect", "modtopic", "NewTopic", 3, 0, 0},
		{"quit", "quitchatroom", "", 3, 0, -1},
		{"nonsense", "dance", "", 3, 1, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, wechatsim.Options{})
				members := []wechatsim.Member{w.account, w.lin}
				for i := len(members); i < tt.size; i++ {
					members = append(members, w.AddPerson(fmt.Sprint("p", i), wechatsim.Profile{Nick: "同学"}))
				}
				g := w.AddGroup("class", "1班", members...)
				c := logIn(t, w).caughtUp()
				if got := c.ret("webwxupdatechatroom?fun="+tt.fun, map[string]any{"ChatRoomName": w.to(g), tt.field: w.to(w.zhou)}); got != tt.ret {
					t.Errorf("Ret %d, want %d", got, tt.ret)
				}
				if got := len(g.Members()) - tt.size; got != tt.grows || g.Name() != "1班" {
					t.Errorf("%d members more, want %d; name %s", got, tt.grows, g.Name())
				}
			})
		})
	}
}
