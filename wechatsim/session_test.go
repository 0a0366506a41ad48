package wechatsim_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"xianjie/wechatsim"
)

func TestLogout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		c := logIn(t, w)
		if !w.account.LoggedIn() {
			t.Error("not logged in after the login")
		}
		r := c.get(c.base("webwxlogout", "redirect", "1", "type", "1", "skey", c.page.Skey))
		if r.status != http.StatusMovedPermanently || r.body != "" {
			t.Errorf("logout: %d %q", r.status, r.body)
		}
		if code, _ := c.check(); code != "1101" || w.account.LoggedIn() {
			t.Errorf("afterwards: retcode %s, logged in %v", code, w.account.LoggedIn())
		}
	})
}

func TestKick(t *testing.T) {
	for _, code := range []int{1100, 1101, 1102} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, wechatsim.Options{})
				c := logIn(t, w).caughtUp()
				go func() {
					time.Sleep(7 * time.Second)
					w.account.Kick(code)
				}()
				began := time.Now()
				if got, _ := c.check(); got != fmt.Sprint(code) || time.Since(began) != 7*time.Second {
					t.Errorf("waiting poll: retcode %s after %v", got, time.Since(began))
				}
				r := c.syncFrom(c.key)
				if r.BaseResponse.Ret != code || r.SyncKey.Count != 0 || r.SyncKey.List == nil {
					t.Errorf("webwxsync: %+v", r)
				}
				if got := c.init(); got != code {
					t.Errorf("webwxinit: Ret %d", got)
				}
				if got := c.say("filehelper", "还在吗", "1").BaseResponse.Ret; got != code {
					t.Errorf("webwxsendmsg: Ret %d", got)
				}
				want := []wechatsim.SessionInfo{{Account: "bot", Login: 1, Started: w.Sessions()[0].Started, Ended: code}}
				if got := w.Sessions(); got[0] != want[0] {
					t.Errorf("Sessions: %+v, want %+v", got, want)
				}
			})
		})
	}
}

func TestSecondLoginEndsTheFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		first := logIn(t, w)
		second := logIn(t, w)
		if code, _ := first.check(); code != "1101" {
			t.Errorf("first session: retcode %s", code)
		}
		if code, _ := second.check(); code != "0" {
			t.Errorf("second session: retcode %s", code)
		}
	})
}

func TestSessionLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{Behaviour: wechatsim.Behaviour{SessionLife: 5 * time.Second}})
		c := logIn(t, w).caughtUp()
		began := time.Now()
		if code, _ := c.check(); code != "1102" || time.Since(began) != 5*time.Second {
			t.Errorf("retcode %s after %v, want 1102 after 5s", code, time.Since(began))
		}
		w.Behave(func(b *wechatsim.Behaviour) { b.SessionEnd = 1100 })
		c = logIn(t, w).caughtUp()
		if code, _ := c.check(); code != "1100" {
			t.Errorf("retcode %s, want 1100", code)
		}
	})
}

func TestHotLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		c := logIn(t, w).caughtUp()
		key, self, lin := c.key, c.self, w.to(w.lin)
		w.lin.Say(w.account, "你不在的时候")
		if c.init() != 0 || c.self != self || w.to(w.lin) != lin {
			t.Error("a hot login changed user names")
		}
		if r := c.syncFrom(key); len(r.AddMsgList) != 1 || r.AddMsgList[0].Content != "你不在的时候" {
			t.Errorf("with the old key: %+v", r.AddMsgList)
		}
		w.Behave(func(b *wechatsim.Behaviour) { b.RejectHot = 1101 })
		if got := c.init(); got != 1101 || w.account.LoggedIn() {
			t.Errorf("rejected hot login: Ret %d, logged in %v", got, w.account.LoggedIn())
		}
		if c = logIn(t, w); c.page.Sid == "" {
			t.Error("a new login is rejected too")
		}
	})
}

func TestInitBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{Behaviour: wechatsim.Behaviour{InitBehind: 1}})
		w.lin.Say(w.account, "登录之前")
		r := logIn(t, w).sync()
		if len(r.AddMsgList) != 2 || r.AddMsgList[0].Content != "登录之前" {
			t.Errorf("%+v", r.AddMsgList)
		}
	})
}

func TestAuthentication(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(c *web)
		check string // retcode of synccheck
		ret   int    // of webwxsendmsg
	}{
		{"all in order", func(*web) {}, "0", 0},
		{"no cookies", func(c *web) { c.http.Jar = nil }, "1102", 1102},
		{"other skey", func(c *web) { c.page.Skey = "@crypt_0" }, "1102", -14},
		{"other sid", func(c *web) { c.page.Sid = "0" }, "1102", 1101},
		{"other uin", func(c *web) { c.page.Uin++ }, "1102", 1101},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := logIn(t, newWorld(t, wechatsim.Options{}))
				tt.spoil(c)
				if code, _ := c.check(); code != tt.check {
					t.Errorf("synccheck: retcode %s, want %s", code, tt.check)
				}
				if got := c.say("filehelper", "在", "1").BaseResponse.Ret; got != tt.ret {
					t.Errorf("webwxsendmsg: Ret %d, want %d", got, tt.ret)
				}
			})
		})
	}
}

// TestCookiesExpire: a session that never syncs loses its cookies in the client after half a day.
func TestCookiesExpire(t *testing.T) {
	for _, tt := range []struct {
		name string
		sync bool
		want string
	}{{"quiet", false, "1102"}, {"synced in between", true, "0"}} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := logIn(t, newWorld(t, wechatsim.Options{})).caughtUp()
				time.Sleep(11 * time.Hour)
				if tt.sync {
					c.sync()
				}
				time.Sleep(2 * time.Hour)
				if code, _ := c.check(); code != tt.want {
					t.Errorf("retcode %s, want %s", code, tt.want)
				}
			})
		})
	}
}

func TestRelogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		g := w.AddGroup("class", "2020级1班", w.lin, w.account)
		c := logIn(t, w)
		before := []string{c.self, w.to(w.lin), w.to(g), c.page.Sid, c.page.Skey}
		w.account.Relogin()
		if code, _ := c.check(); code != "1101" {
			t.Errorf("retcode %s", code)
		}
		c.enter(c.poll(c.uuid())) // nobody touches the phone
		c.init()
		for i, after := range []string{c.self, w.to(w.lin), w.to(g), c.page.Sid, c.page.Skey} {
			if after == before[i] {
				t.Errorf("%q is the same at the next login", after)
			}
		}
		if w.lin.ID() != "lin" || g.ID() != "class" || w.account.ID() != "bot" {
			t.Error("an ID changed")
		}
	})
}

func TestAutoConfirmTakesTheCodeBeingShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		c := connect(t, w.Server)
		uuid := c.uuid()
		w.AutoConfirm(w.account)
		c.enter(c.poll(uuid))
		w.AutoConfirm(nil)
		if got := c.poll(c.uuid()); got != "window.code=408;" {
			t.Errorf("after AutoConfirm(nil): %.40q", got)
		}
	})
}
