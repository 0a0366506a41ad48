package wechatsim_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"xianjie/wechatsim"
)

func TestInit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{InitContacts: 3})
		g := w.AddGroup("class", "2020级1班", w.account, w.lin)
		w.lin.Say(w.account, "早")
		w.zhou.Say(w.account, "早上好")
		g.Say(w.lin, "大家早")
		c := logIn(t, w)
		var r struct {
			base
			Count       int
			ContactList []contact
			SyncKey     syncKey
			User        contact
			ChatSet     string
			SKey        string
			SystemTime  int64
		}
		c.post("webwxinit", nil, &r)
		if r.User.Uin != w.account.Uin() || r.User.NickName != "青禾小助手" || !strings.HasPrefix(r.User.UserName, "@") || len(r.User.UserName) != 65 {
			t.Errorf("User: %+v", r.User)
		}
		want := []string{"filehelper", w.to(g), w.to(w.zhou)}
		var got []string
		for _, one := range r.ContactList {
			got = append(got, one.UserName)
			if one.MemberCount != 0 || one.MemberList == nil || len(one.MemberList) != 0 {
				t.Errorf("%s comes with members", one.NickName)
			}
		}
		if !slices.Equal(got, want) || r.ChatSet != strings.Join(want, ",")+"," || r.Count != 3 {
			t.Errorf("chats: %v, %q; want %v, the rest left out", got, r.ChatSet, want)
		}
		if r.SyncKey.Count != len(r.SyncKey.List) || r.SyncKey.Count < 4 || r.SKey != c.page.Skey {
			t.Errorf("SyncKey %+v, SKey %q", r.SyncKey, r.SKey)
		}
	})
}

func TestContactPages(t *testing.T) {
	for _, page := range []int{1, 2, 100} {
		t.Run(fmt.Sprint(page), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, wechatsim.Options{ContactPage: page})
				c := logIn(t, w)
				before := w.Counters()["webwxgetcontact"]
				list := c.contacts()
				if want := (4 + page - 1) / page; w.Counters()["webwxgetcontact"]-before != want {
					t.Errorf("%d requests, want %d", w.Counters()["webwxgetcontact"]-before, want)
				}
				var nicks []string
				for _, one := range list {
					nicks = append(nicks, one.NickName)
				}
				if want := []string{"微信团队", "文件传输助手", "林小满", "周子墨"}; !slices.Equal(nicks, want) {
					t.Errorf("%v, want %v", nicks, want)
				}
				if lin := named(t, list, "林小满"); lin.Uin != 0 || lin.ContactFlag != 1 || lin.Sex != 2 {
					t.Errorf("%+v", lin)
				}
			})
		})
	}
}

func TestGroupsHideUntilSaved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		g := w.AddGroup("class", "2020级1班", w.account, w.lin, w.qin)
		c := logIn(t, w).caughtUp()
		has := func() bool {
			return slices.ContainsFunc(c.contacts(), func(one contact) bool { return one.NickName == "2020级1班" })
		}
		if has() {
			t.Error("an unsaved group is in the address book")
		}
		g.Say(w.qin, "收到请回复")
		m := c.one()
		if m.FromUserName != w.to(g) || !strings.HasPrefix(m.FromUserName, "@@") {
			t.Fatalf("%+v", m)
		}
		list := c.batch(m.FromUserName)
		if len(list) != 1 || list[0].MemberCount != 3 || list[0].EncryChatRoomId == "" || list[0].IsOwner != 1 || list[0].MemberList[2].NickName != "秦若溪" {
			t.Errorf("webwxbatchgetcontact: %+v", list)
		}
		if strings.Contains(list[0].HeadImgUrl, "skey=@") {
			t.Errorf("webwxbatchgetcontact gives the skey away: %s", list[0].HeadImgUrl)
		}
		g.SetSaved(true)
		if !has() {
			t.Error("a saved group is not in the address book")
		}
	})
}

// batch describes contacts.
func (c *web) batch(users ...string) []contact {
	c.t.Helper()
	list := []map[string]string{}
	for _, u := range users {
		list = append(list, map[string]string{"UserName": u, "EncryChatRoomId": ""})
	}
	var r struct {
		base
		Count       int
		ContactList []contact
	}
	c.post("webwxbatchgetcontact?type=ex", map[string]any{"Count": len(list), "List": list}, &r)
	if r.BaseResponse.Ret != 0 || r.Count != len(r.ContactList) {
		c.t.Fatalf("webwxbatchgetcontact: %+v", r)
	}
	return r.ContactList
}

func TestBatchModes(t *testing.T) {
	for _, tt := range []struct {
		name string
		mode wechatsim.BatchMode
		want []string
	}{
		{"exact", wechatsim.BatchExact, []string{"林小满", "周子墨", "秦若溪"}},
		{"reversed", wechatsim.BatchReversed, []string{"秦若溪", "周子墨", "林小满"}},
		{"subset", wechatsim.BatchSubset, []string{"周子墨"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, wechatsim.Options{Behaviour: wechatsim.Behaviour{Batch: tt.mode}})
				c := logIn(t, w)
				var got []string
				for _, one := range c.batch(w.to(w.lin), w.to(w.zhou), w.to(w.qin)) {
					got = append(got, one.NickName)
				}
				if !slices.Equal(got, tt.want) {
					t.Errorf("%v, want %v", got, tt.want)
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		c := logIn(t, newWorld(t, wechatsim.Options{}))
		list := slices.Repeat([]map[string]string{{"UserName": "filehelper"}}, 51)
		if got := c.ret("webwxbatchgetcontact", map[string]any{"Count": 51, "List": list}); got != 1 {
			t.Errorf("51 at once: Ret %d, want 1", got)
		}
	})
}

// TestWhatStaysBetweenLogins: user names do not; nick names and remarks do unless somebody changes them.
func TestWhatStaysBetweenLogins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		w.account.SetRemark(w.lin, "20200101 林小满")
		c := logIn(t, w)
		lin, zhou := named(t, c.contacts(), "林小满"), named(t, c.contacts(), "周子墨")
		w.account.Kick(1101)
		w.zhou.SetNick("墨子")
		w.zhou.SetAvatar()
		c = logIn(t, w)
		lin2, zhou2 := named(t, c.contacts(), "林小满"), named(t, c.contacts(), "墨子")
		if lin2.UserName == lin.UserName || zhou2.UserName == zhou.UserName {
			t.Error("a user name survived the login")
		}
		if lin2.RemarkName != "20200101 林小满" || lin2.RemarkName != lin.RemarkName {
			t.Errorf("remark %q, was %q", lin2.RemarkName, lin.RemarkName)
		}
		seq := func(one contact) string {
			u, err := url.Parse(one.HeadImgUrl)
			if err != nil {
				t.Fatal(err)
			}
			return u.Query().Get("seq")
		}
		if seq(lin) != seq(lin2) || seq(zhou) == seq(zhou2) {
			t.Errorf("seq of avatars: %s → %s, changed: %s → %s", seq(lin), seq(lin2), seq(zhou), seq(zhou2))
		}
	})
}

func TestNames(t *testing.T) {
	for _, tt := range []struct{ nick, want string }{
		{"A&B <3 \"林\"", "A&amp;B &lt;3 &quot;林&quot;"},
		{"小满😄", `小满<span class="emoji emoji1f604"></span>`},
		{"🇨🇳队", `<span class="emoji emoji1f1e81f1f3"></span>队`},
		{"1️⃣班", `<span class="emoji emoji003120e3"></span>班`},
		{"😹", `<span class="emoji emoji1f602"></span>`}, // another emoji, as the real server
	} {
		t.Run(tt.nick, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, wechatsim.Options{})
				w.lin.SetNick(tt.nick)
				named(t, logIn(t, w).contacts(), tt.want)
			})
		})
	}
}

func TestSameNickTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		double := w.AddPerson("lin2", wechatsim.Profile{Nick: "林小满"})
		w.account.AddFriend(double)
		users := map[string]bool{}
		for _, one := range logIn(t, w).contacts() {
			if one.NickName == "林小满" {
				users[one.UserName] = true
			}
		}
		if len(users) != 2 || w.to(double) == w.to(w.lin) {
			t.Errorf("%v", users)
		}
	})
}

func TestOfficialAccounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		w.account.AddFriend(w.AddPerson("mp", wechatsim.Profile{Nick: "青禾大学团委", VerifyFlag: 24}))
		mp := named(t, logIn(t, w).contacts(), "青禾大学团委")
		if mp.VerifyFlag != 24 || mp.KeyWord != "gh_" || len(mp.UserName) != 33 {
			t.Errorf("%+v", mp)
		}
	})
}

func TestOplog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		w.account.SetRemark(w.lin, "旧备注")
		c := logIn(t, w)
		lin := func() contact { return named(t, c.contacts(), "林小满") }
		remark := map[string]any{"CmdId": 2, "RemarkName": "新备注", "UserName": w.to(w.lin)}
		if got := c.ret("webwxoplog", remark); got != 0 || lin().RemarkName != "旧备注" {
			t.Errorf("Ret %d, remark %q; the real server says 0 and does nothing", got, lin().RemarkName)
		}
		w.Behave(func(b *wechatsim.Behaviour) { b.RemarksWork = true })
		if got := c.ret("webwxoplog", remark); got != 0 || lin().RemarkName != "新备注" {
			t.Errorf("Ret %d, remark %q", got, lin().RemarkName)
		}
		if got := c.ret("webwxoplog", map[string]any{"CmdId": 3, "OP": 1, "UserName": w.to(w.lin)}); got != 0 || lin().ContactFlag != 0x801 || lin().RemarkName != "" {
			t.Errorf("pinned: Ret %d, %+v", got, lin())
		}
	})
}

// TestContactNews: changes on phones reach the session.
func TestContactNews(t *testing.T) {
	for _, tt := range []struct {
		name     string
		do       func(w world)
		selector string
		mod, del string // nick of whom
	}{
		{"nick", func(w world) { w.lin.SetNick("小满") }, "4", "小满", ""},
		{"remark", func(w world) { w.account.SetRemark(w.lin, "班长") }, "4", "林小满", ""},
		{"avatar", func(w world) { w.lin.SetAvatar() }, "4", "林小满", ""},
		{"deleted on the phone", func(w world) { w.account.DeleteFriend(w.lin) }, "6", "", "林小满"},
		{"a stranger's nick", func(w world) { w.qin.SetNick("溪") }, "0", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, wechatsim.Options{})
				c := logIn(t, w).caughtUp()
				user := named(t, c.contacts(), "林小满").UserName
				tt.do(w)
				if _, got := c.check(); got != tt.selector {
					t.Errorf("selector %s, want %s", got, tt.selector)
				}
				r := c.sync()
				if n := len(r.ModContactList); tt.mod == "" && n != 0 || tt.mod != "" && (n != 1 || r.ModContactList[0].NickName != tt.mod) {
					t.Errorf("ModContactList %+v, want %q", r.ModContactList, tt.mod)
				}
				if n := len(r.DelContactList); tt.del == "" && n != 0 || tt.del != "" && (n != 1 || r.DelContactList[0].UserName != user) {
					t.Errorf("DelContactList %+v, want %q", r.DelContactList, tt.del)
				}
			})
		})
	}
}

func TestAvatar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		c := logIn(t, w)
		r := c.get("https://wx2.qq.com" + named(t, c.contacts(), "林小满").HeadImgUrl)
		if r.header.Get("Content-Type") != "image/jpeg" || !strings.HasPrefix(r.body, "\xff\xd8") {
			t.Errorf("%v, %d bytes", r.header, len(r.body))
		}
	})
}

// TestLooseTypes: Uin may come as a string, as the official client sends it.
func TestLooseTypes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := logIn(t, newWorld(t, wechatsim.Options{}))
		raw := fmt.Sprintf(`{"BaseRequest":{"Uin":"%d","Sid":%q,"Skey":%q,"DeviceID":"e1"}}`, c.page.Uin, c.page.Sid, c.page.Skey)
		r, err := c.try(c.request("POST", c.base("webwxinit"), strings.NewReader(raw)))
		var v base
		if err != nil || json.Unmarshal([]byte(r.body), &v) != nil || v.BaseResponse.Ret != 0 {
			t.Errorf("%v, %.100s", err, r.body)
		}
	})
}
