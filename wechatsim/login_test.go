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
