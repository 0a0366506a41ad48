package bot_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"xianjie/bot"
	"xianjie/wechatsim"
)

func TestTheStoredSessionIsResumed(t *testing.T) {
	inWorld(t, wechatsim.Options{}, func(t *testing.T, w *world) {
		lin := w.friend("小林")
		stop := w.online()
		login := w.bot.State().Login
		for i := range 4 { // each restart stores what the next one loads
			stop()
			w.sim.AutoConfirm(nil)
			id := lin.Say(w.phone, fmt.Sprintf("第%d次不在时写的", i+1))
			bare := w.sim.Inject(wechatsim.Injection{
				Endpoint: "synccheck", Fault: wechatsim.Fault{Kind: wechatsim.Return, Code: 1102},
				When: func(r *http.Request, _ []byte) bool { _, err := r.Cookie("wxsid"); return err != nil },
			})
			stop = w.start()
			if got := w.received(id); got.Text != fmt.Sprintf("第%d次不在时写的", i+1) {
				t.Errorf("received %q", got.Text)
			}
			if bare.Hits() > 0 {
				t.Error("the long poll carried no cookies")
			}
			if s := w.bot.State(); s.Login != login {
				t.Errorf("login id %q after restart %d, want %q", s.Login, i+1, login)
			}
			if _, err := w.bot.SendText(t.Context(), w.to(lin), "我在"); err != nil {
				t.Errorf("send after restart %d: %v", i+1, err)
			}
		}
		if n := w.phone.Logins(); n != 1 {
			t.Errorf("%d logins, want 1", n)
		}
		if got := w.store.loginIDs(); len(got) != 1 {
			t.Errorf("logins noted: %v", got)
		}
	})
}

func TestARejectedSessionIsForgotten(t *testing.T) {
	for _, c := range []struct {
		name   string
		spoil  func(w *world)
		within time.Duration
	}{
		{"logged out while the bot was away", func(w *world) { w.phone.Kick(1100) }, 10 * time.Second},
		{"logged in elsewhere", func(w *world) { w.phone.Kick(1101) }, 10 * time.Second},
		{"refused with 1102", func(w *world) { w.sim.Behave(func(b *wechatsim.Behaviour) { b.RejectHot = 1102 }) }, 10 * time.Second},
		{"ticket no longer valid", func(w *world) { initReturns(w, -14) }, 10 * time.Second},
		{"system error again and again", func(w *world) { initReturns(w, -1) }, 2 * time.Minute},
		{"too often again and again", func(w *world) { initReturns(w, 1205) }, 2 * time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, wechatsim.Options{}, func(t *testing.T, w *world) {
				stop := w.online()
				first := w.bot.State().Login
				stop()
				w.sim.AutoConfirm(nil)
				c.spoil(w)
				w.start()
				w.until(c.within, "a fresh code", w.phase(bot.PhaseQR))
				if w.store.stored() != nil {
					t.Error("the dead session is still stored")
				}
				w.sim.Heal()
				w.sim.Behave(func(b *wechatsim.Behaviour) { b.RejectHot = 0 })
				w.sim.AutoConfirm(w.phone)
				w.until(time.Minute, "online", func() bool { return w.bot.State().Ready })
				if got := w.bot.State().Login; got == first {
					t.Error("a new login has the id of the old one")
				}
				if w.phone.Logins() != 2 {
					t.Errorf("%d logins", w.phone.Logins())
				}
			})
		})
	}
}

func initReturns(w *world, code int) {
	w.sim.Inject(wechatsim.Injection{Endpoint: "webwxinit", Fault: wechatsim.Fault{Kind: wechatsim.Return, Code: code}})
}

func TestASessionOutlivesTrouble(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault wechatsim.Injection
		down  string
	}{
		{name: "no network", fault: wechatsim.Injection{Fault: wechatsim.Fault{Kind: wechatsim.Unreachable}}},
		{name: "connections break", fault: wechatsim.Injection{Fault: wechatsim.Fault{Kind: wechatsim.Reset}}},
		{name: "nothing answers", fault: wechatsim.Injection{Fault: wechatsim.Fault{Kind: wechatsim.Stall, Delay: time.Hour}}},
		{name: "bad gateway", fault: wechatsim.Injection{Fault: wechatsim.Fault{Kind: wechatsim.BadGateway}}},
		{name: "init is cut off", fault: wechatsim.Injection{Endpoint: "webwxinit", Fault: wechatsim.Fault{Kind: wechatsim.Truncated}}},
		{name: "init names no user", fault: wechatsim.Injection{Endpoint: "webwxinit", Fault: wechatsim.Fault{Kind: wechatsim.MissingField, Field: "User"}}},
		{name: "init names no key", fault: wechatsim.Injection{Endpoint: "webwxinit", Fault: wechatsim.Fault{Kind: wechatsim.EmptySyncKey}}},
		{name: "one system error", fault: wechatsim.Injection{Endpoint: "webwxinit", Times: 3, Fault: wechatsim.Fault{Kind: wechatsim.Return, Code: -1}}},
		{name: "session cannot be read", down: "LoadSession"},
		{name: "login cannot be noted", down: "BeginLogin"},
		{name: "session cannot be stored", down: "SaveSession"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, wechatsim.Options{}, func(t *testing.T, w *world) {
				lin := w.friend("小林")
				stop := w.online()
				stop()
				w.sim.AutoConfirm(nil)
				id := lin.Say(w.phone, "在吗")
				if c.fault.Kind != "" {
					w.sim.Inject(c.fault)
				}
				w.store.fail(func(op string) bool { return op == c.down })
				w.start()
				if n := w.requests(30 * time.Minute); n > 200 {
					t.Errorf("%d requests in half an hour of trouble", n)
				}
				w.sim.Heal()
				w.store.fail(nil)
				w.until(6*time.Minute, "online", func() bool { return w.bot.State().Ready })
				w.received(id)
				if n := w.phone.Logins(); n != 1 {
					t.Errorf("%d logins: the session was thrown away", n)
				}
			})
		})
	}
}

func TestADamagedSessionNeedsANewLogin(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(blob []byte) []byte
	}{
		{"half of it", func(b []byte) []byte { return b[:len(b)/2] }},
		{"garbage", func([]byte) []byte { return []byte("\x00\xff") }},
		{"another JSON", func([]byte) []byte { return []byte(`[1,2]`) }},
		{"no login", func(b []byte) []byte { return set(b, `""`, "login") }},
		{"empty jar", func(b []byte) []byte { return set(b, `{}`, "hot", "Jar") }},
		{"no request", func(b []byte) []byte { return set(b, `null`, "hot", "BaseRequest") }},
		{"key shorter than it says", func(b []byte) []byte { return set(b, `{"Count":9,"List":[{"Key":1,"Val":2}]}`, "hot", "SyncKey") }},
		{"key longer than it says", func(b []byte) []byte {
			return set(b, `{"Count":1,"List":[{"Key":1,"Val":2},{"Key":2,"Val":2}]}`, "hot", "SyncKey")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, wechatsim.Options{}, func(t *testing.T, w *world) {
				stop := w.online()
				stop()
				w.store.blob = c.spoil(w.store.blob)
				w.start()
				w.until(time.Minute, "online", func() bool { return w.bot.State().Ready })
				if n := w.phone.Logins(); n != 2 {
					t.Errorf("%d logins, want 2", n)
				}
			})
		})
	}
}

// set replaces a value deep in a JSON object.
func set(blob []byte, value string, path ...string) []byte {
	if len(path) == 0 {
		return []byte(value)
	}
	var o map[string]json.RawMessage
	if err := json.Unmarshal(blob, &o); err != nil {
		panic(err)
	}
	o[path[0]] = set(o[path[0]], value, path[1:]...)
	out, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	return out
}

// Contacts are stored under a login. Should a resumed session come back with other ids, it is another login.
func TestResumedWithOtherIDs(t *testing.T) {
	inWorld(t, wechatsim.Options{}, func(t *testing.T, w *world) {
		stop := w.online()
		first := w.bot.State().Login
		stop()
		w.store.blob = bytes.Replace(w.store.blob, []byte(`"self":"@`), []byte(`"self":"@0`), 1)
		w.start()
		w.until(time.Minute, "online", func() bool { return w.bot.State().Ready })
		if got := w.bot.State().Login; got == first {
			t.Error("other ids go under the old login")
		}
		if w.phone.Logins() != 1 {
			t.Error("the session was not resumed")
		}
	})
}

// Cookies live for twelve hours, and only a sync renews them.
func TestAQuietSessionLives(t *testing.T) {
	inWorld(t, wechatsim.Options{}, func(t *testing.T, w *world) {
		lin := w.friend("小林")
		w.online()
		login := w.bot.State().Login
		time.Sleep(5 * 24 * time.Hour)
		if s := w.bot.State(); s.Login != login || w.phone.Logins() != 1 {
			t.Fatalf("after five quiet days: %+v, %d logins", s, w.phone.Logins())
		}
		w.received(lin.Say(w.phone, "还在吗"))
	})
}
