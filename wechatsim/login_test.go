package wechatsim_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image/jpeg"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"xianjie/wechatsim"
)

func TestQRCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		c := connect(t, w.Server)
		uuid := c.uuid()
		if w.LastQR() != uuid {
			t.Errorf("LastQR is %q, want %q", w.LastQR(), uuid)
		}
		r := c.get("https://login.weixin.qq.com/qrcode/" + uuid)
		if _, err := jpeg.Decode(bytes.NewReader([]byte(r.body))); err != nil {
			t.Errorf("the picture: %v", err)
		}
		if r := c.get("https://login.weixin.qq.com/qrcode/nobody"); r.status != http.StatusNotFound {
			t.Errorf("picture of an unknown uuid: status %d", r.status)
		}
	})
}

// TestLoginPoll plays what the phone may do while a client polls.
func TestLoginPoll(t *testing.T) {
	type step struct {
		after time.Duration // since the poll began
		do    func(w world, uuid string) error
	}
	scan := func(w world, uuid string) error { return w.account.Scan(uuid) }
	confirm := func(w world, uuid string) error {
		return errors.Join(w.account.Scan(uuid), w.account.Confirm(uuid))
	}
	cancel := func(w world, uuid string) error {
		return errors.Join(w.account.Scan(uuid), w.account.Cancel(uuid))
	}
	for _, tt := range []struct {
		name  string
		wait  time.Duration // before the poll
		step  *step
		want  string
		takes time.Duration
	}{
		{"nothing happens", 0, nil, "window.code=408;", 25 * time.Second},
		{"scanned meanwhile", 0, &step{3 * time.Second, scan}, "window.code=201;window.userAvatar = 'data:img/jpg;base64,", 3 * time.Second},
		{"confirmed meanwhile", 0, &step{4 * time.Second, confirm}, "window.code=200;\nwindow.redirect_uri=\"https://wx2.qq.com/cgi-bin/mmwebwx-bin/webwxnewloginpage?ticket=", 4 * time.Second},
		{"cancelled meanwhile", 0, &step{time.Second, cancel}, "window.code=202;", time.Second},
		{"expires meanwhile", 5*time.Minute - 10*time.Second, nil, "window.code=400;", 10 * time.Second},
		{"expired before", 5 * time.Minute, nil, "window.code=400;", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, wechatsim.Options{})
				c := connect(t, w.Server)
				uuid := c.uuid()
				time.Sleep(tt.wait)
				if tt.step != nil {
					go func() {
						time.Sleep(tt.step.after)
						if err := tt.step.do(w, uuid); err != nil {
							t.Error(err)
						}
					}()
				}
				began := time.Now()
				if got := c.poll(uuid); !strings.HasPrefix(got, tt.want) {
					t.Errorf("poll: %.120q, want %q…", got, tt.want)
				}
				if took := time.Since(began); took != tt.takes {
					t.Errorf("poll took %v, want %v", took, tt.takes)
				}
			})
		})
	}
}

func TestScannedIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		c := connect(t, w.Server)
		uuid := c.uuid()
		if err := w.account.Scan(uuid); err != nil {
			t.Fatal(err)
		}
		if got := c.poll(uuid); !strings.HasPrefix(got, "window.code=201;") {
			t.Fatalf("first poll: %.40q", got)
		}
		if got := c.poll(uuid); got != "window.code=408;" {
			t.Errorf("second poll: %.40q", got)
		}
	})
}

func TestPhoneErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		uuid := connect(t, w.Server).uuid()
		if err := w.account.Scan("nothing"); !errors.Is(err, wechatsim.ErrNoQR) {
			t.Errorf("scan of an unknown code: %v", err)
		}
		if err := w.account.Confirm(uuid); !errors.Is(err, wechatsim.ErrNotScanned) {
			t.Errorf("confirm before scan: %v", err)
		}
		time.Sleep(5 * time.Minute)
		if err := w.account.Scan(uuid); !errors.Is(err, wechatsim.ErrNoQR) {
			t.Errorf("scan of an expired code: %v", err)
		}
	})
}

func TestLoginPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		w.AutoConfirm(w.account)
		c := connect(t, w.Server)
		address := c.match(c.poll(c.uuid()), `redirect_uri="(.+)";$`)
		if r := c.get(address); r.status != http.StatusMovedPermanently || r.header.Get("Location") != "" || r.body != "" {
			t.Errorf("without version=v2: %d %v %q", r.status, r.header, r.body)
		}
		r := c.get(address + "&version=v2")
		for _, want := range []string{"<error><ret>0</ret><message></message><skey>@crypt_", "<wxsid>", "<wxuin>155", "<pass_ticket>", "%2B", "<isgrayscale>1</isgrayscale></error>"} {
			if !strings.Contains(r.body, want) {
				t.Errorf("%s lacks %s", r.body, want)
			}
		}
		now := time.Now()
		domains := map[string]string{}
		for _, line := range r.header.Values("Set-Cookie") {
			k, err := http.ParseSetCookie(line)
			if err != nil {
				t.Fatal(err)
			}
			life := 12 * time.Hour
			if k.Name == "webwxuvid" || k.Name == "webwx_auth_ticket" {
				life = 10 * 365 * 24 * time.Hour
			}
			if !k.Secure || k.Path != "/" || !k.Expires.Equal(now.Add(life).UTC().Truncate(time.Second)) {
				t.Errorf("cookie %s", line)
			}
			domains[k.Name] = k.Domain
		}
		for name, domain := range map[string]string{
			"wxuin": "wx2.qq.com", "wxsid": "wx2.qq.com", "wxloadtime": "wx2.qq.com", "mm_lang": "wx2.qq.com",
			"webwx_data_ticket": ".qq.com", "webwxuvid": "wx2.qq.com", "webwx_auth_ticket": "wx2.qq.com",
		} {
			if strings.TrimPrefix(domains[name], ".") != strings.TrimPrefix(domain, ".") {
				t.Errorf("cookie %s for %q, want %q", name, domains[name], domain)
			}
		}
		if r := c.get(address + "&version=v2"); !strings.Contains(r.body, "<ret>1</ret>") {
			t.Errorf("the ticket works twice: %s", r.body)
		}
	})
}

func TestWebIsBarred(t *testing.T) {
	for _, tt := range []struct {
		name    string
		desktop bool
		want    string
	}{
		{"web client", false, "<ret>1203</ret><message>为了你的帐号安全"},
		{"UOS desktop client", true, "<ret>0</ret>"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, wechatsim.Options{})
				w.AutoConfirm(w.account)
				w.account.BarFromWeb(true)
				c := connect(t, w.Server)
				req := c.request(http.MethodGet, c.match(c.poll(c.uuid()), `redirect_uri="(.+)";$`)+"&version=v2", nil)
				if tt.desktop {
					req.Header.Set("client-version", "2.0.0")
					req.Header.Set("extspam", "something")
				}
				r, err := c.try(req)
				if err != nil || !strings.Contains(r.body, tt.want) {
					t.Errorf("%v, %s, want %s", err, r.body, tt.want)
				}
			})
		})
	}
}

func TestPushLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		c := logIn(t, w)
		w.account.Kick(1101)
		push := func(c *web) (v struct{ Ret, Msg, UUID string }) {
			r := c.get(c.base("webwxpushloginurl", "uin", fmt.Sprint(w.account.Uin())))
			if err := json.Unmarshal([]byte(r.body), &v); err != nil {
				t.Fatalf("%v in %s", err, r.body)
			}
			return v
		}
		if got := push(connect(t, w.Server)); got.Ret != "1" || got.UUID != "" {
			t.Errorf("push login without cookies: %+v", got)
		}
		got := push(c)
		if got.Ret != "0" || got.Msg != "all ok" || got.UUID == "" || w.account.Pushed() != got.UUID {
			t.Fatalf("push login: %+v, on the phone %q", got, w.account.Pushed())
		}
		before := c.self
		if err := w.account.Confirm(got.UUID); err != nil {
			t.Fatal(err)
		}
		c.enter(c.poll(got.UUID))
		if c.init() != 0 || c.self == before || w.account.Pushed() != "" || w.account.Logins() != 2 {
			t.Errorf("after the push login: %d logins, self %q → %q", w.account.Logins(), before, c.self)
		}
	})
}

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
