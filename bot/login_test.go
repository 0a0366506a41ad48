package bot_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"xianjie/bot"
	"xianjie/wechatsim"
)

const qrHost = "https://login.weixin.qq.com/l/"

func TestLoginByCode(t *testing.T) {
	inWorld(t, wechatsim.Options{}, func(t *testing.T, w *world) {
		stop := w.start()
		w.until(10*time.Second, "a code", w.phase(bot.PhaseQR))
		if got, want := w.bot.State().QR, qrHost+w.sim.LastQR(); got != want {
			t.Errorf("QR says %q, want %q", got, want)
		}
		if err := w.phone.Scan(w.sim.LastQR()); err != nil {
			t.Fatal(err)
		}
		w.until(10*time.Second, "scanned", w.phase(bot.PhaseScanned))
		if err := w.phone.Confirm(w.sim.LastQR()); err != nil {
			t.Fatal(err)
		}
		w.until(10*time.Second, "ready", func() bool { return w.bot.State().Ready })
		s := w.bot.State()
		if s.Phase != bot.PhaseOnline || s.Nick != "衔接小助手" || s.Login == "" || s.QR != "" || s.Err != nil {
			t.Errorf("state after the login: %+v", s)
		}
		stop()
		if s := w.bot.State(); s.Phase != bot.PhaseOffline || s.Err != nil {
			t.Errorf("state after the end: %+v", s)
		}
		var phases []bot.Phase
		for _, s := range w.seen() {
			if n := len(phases); n == 0 || phases[n-1] != s.Phase {
				phases = append(phases, s.Phase)
			}
		}
		want := []bot.Phase{bot.PhaseQR, bot.PhaseScanned, bot.PhaseOnline, bot.PhaseOffline}
		if !equal(phases, want) {
			t.Errorf("phases told: %v, want %v", phases, want)
		}
	})
}

func equal[T comparable](a, b []T) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestExpiredCodesAreRenewed(t *testing.T) {
	inWorld(t, wechatsim.Options{}, func(t *testing.T, w *world) {
		w.start()
		codes := map[string]bool{}
		shown := time.Duration(0)
		for range 60 * 60 {
			time.Sleep(time.Second)
			if s := w.bot.State(); s.Phase == bot.PhaseQR {
				codes[s.QR] = true
				shown += time.Second
			}
		}
		if n := len(codes); n < 11 || n > 13 {
			t.Errorf("%d codes in an hour, want a new one every five minutes", n)
		}
		if shown < 55*time.Minute {
			t.Errorf("a code was shown for only %s of an hour", shown)
		}
		w.sim.AutoConfirm(w.phone)
		w.until(time.Minute, "online", w.phase(bot.PhaseOnline))
	})
}

func TestCancelledOnThePhone(t *testing.T) {
	inWorld(t, wechatsim.Options{}, func(t *testing.T, w *world) {
		w.start()
		w.until(10*time.Second, "a code", w.phase(bot.PhaseQR))
		first := w.sim.LastQR()
		if err := errors.Join(w.phone.Scan(first), w.phone.Cancel(first)); err != nil {
			t.Fatal(err)
		}
		w.until(10*time.Second, "another code", func() bool {
			return w.bot.State().Phase == bot.PhaseQR && w.sim.LastQR() != first
		})
	})
}

func TestRefusedLogin(t *testing.T) {
	for _, c := range []struct {
		name   string
		normal bool
		want   bot.Phase
	}{
		{"the plain web client is barred", true, bot.PhaseOffline},
		{"the desktop client gets in", false, bot.PhaseOnline},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, wechatsim.Options{}, func(t *testing.T, w *world) {
				w.phone.BarFromWeb(true)
				w.sim.AutoConfirm(w.phone)
				w.startWith(func(c2 *bot.Config) { c2.Normal = c.normal })
				time.Sleep(time.Second)
				w.until(10*time.Minute, string(c.want), w.phase(c.want))
				if c.want == bot.PhaseOffline {
					if err := w.bot.State().Err; err == nil || !strings.Contains(err.Error(), "不能登录网页微信") {
						t.Errorf("the reason is not told: %v", err)
					}
					if n := w.requests(time.Hour, "jslogin"); n > 20 {
						t.Errorf("%d codes in an hour for an account that is refused", n)
					}
				}
			})
		})
	}
}

func TestLoginDoesNotSpin(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault wechatsim.Injection
		most  int // requests per minute, after the first
	}{
		{"500 for every poll", wechatsim.Injection{Endpoint: "login", Fault: wechatsim.Fault{Kind: wechatsim.Return, Code: 500}}, 15},
		{"0 for every poll", wechatsim.Injection{Endpoint: "login", Fault: wechatsim.Fault{Kind: wechatsim.Return, Code: 0}}, 15},
		{"408 at once", wechatsim.Injection{Endpoint: "login", Fault: wechatsim.Fault{Kind: wechatsim.Return, Code: 408}}, 61},
		{"201 again and again", wechatsim.Injection{Endpoint: "login", Fault: wechatsim.Fault{Kind: wechatsim.Return, Code: 201}}, 61},
		{"expired at once", wechatsim.Injection{Endpoint: "login", Fault: wechatsim.Fault{Kind: wechatsim.Return, Code: 400}}, 20},
		{"cancelled at once", wechatsim.Injection{Endpoint: "login", Fault: wechatsim.Fault{Kind: wechatsim.Return, Code: 202}}, 20},
		{"polls break", wechatsim.Injection{Endpoint: "login", Fault: wechatsim.Fault{Kind: wechatsim.Reset}}, 15},
		{"polls are empty", wechatsim.Injection{Endpoint: "login", Fault: wechatsim.Fault{Kind: wechatsim.EmptyBody}}, 15},
		{"bad gateway", wechatsim.Injection{Fault: wechatsim.Fault{Kind: wechatsim.BadGateway}}, 15},
		{"no network", wechatsim.Injection{Fault: wechatsim.Fault{Kind: wechatsim.Unreachable}}, 15},
		{"login refused", wechatsim.Injection{Endpoint: "webwxnewloginpage", Fault: wechatsim.Fault{Kind: wechatsim.Return, Code: 1203}}, 15},
		{"init ends the session", wechatsim.Injection{Endpoint: "webwxinit", Fault: wechatsim.Fault{Kind: wechatsim.Return, Code: 1102}}, 20},
		{"init fails", wechatsim.Injection{Endpoint: "webwxinit", Fault: wechatsim.Fault{Kind: wechatsim.Return, Code: -1}}, 20},
		{"init is cut off", wechatsim.Injection{Endpoint: "webwxinit", Fault: wechatsim.Fault{Kind: wechatsim.Truncated}}, 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, wechatsim.Options{}, func(t *testing.T, w *world) {
				if c.fault.Endpoint != "login" {
					w.sim.AutoConfirm(w.phone)
				}
				w.sim.Inject(c.fault)
				w.start()
				time.Sleep(time.Minute)
				if n := w.requests(time.Minute); n > c.most {
					t.Errorf("%d requests in a minute, want at most %d", n, c.most)
				}
				w.sim.Heal()
				w.sim.AutoConfirm(w.phone)
				w.until(15*time.Minute, "online once it is over", w.phase(bot.PhaseOnline))
			})
		})
	}
}

func TestABrokenPollKeepsTheCode(t *testing.T) {
	inWorld(t, wechatsim.Options{}, func(t *testing.T, w *world) {
		w.start()
		w.until(10*time.Second, "a code", w.phase(bot.PhaseQR))
		code := w.sim.LastQR()
		for _, kind := range []wechatsim.FaultKind{wechatsim.Reset, wechatsim.BadGateway, wechatsim.Truncated} {
			w.sim.Inject(wechatsim.Injection{Endpoint: "login", Times: 2, Fault: wechatsim.Fault{Kind: kind}})
		}
		time.Sleep(2 * time.Minute)
		if w.sim.LastQR() != code || w.bot.State().QR != qrHost+code {
			t.Fatal("the code was thrown away")
		}
		if err := errors.Join(w.phone.Scan(code), w.phone.Confirm(code)); err != nil {
			t.Fatal(err)
		}
		w.until(time.Minute, "online", w.phase(bot.PhaseOnline))
	})
}

func TestStatusNotifyIsACourtesy(t *testing.T) {
	inWorld(t, wechatsim.Options{}, func(t *testing.T, w *world) {
		w.sim.Inject(wechatsim.Injection{Endpoint: "webwxstatusnotify", Fault: wechatsim.Fault{Kind: wechatsim.Return, Code: 1205}})
		w.online()
		if n := w.phone.Logins(); n != 1 {
			t.Errorf("%d logins", n)
		}
	})
}

// A login costs a scan: what fails after it must not cost another one.
func TestLoginSurvivesTheFirstFailure(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault wechatsim.Injection
		down  string
	}{
		{name: "notify breaks", fault: wechatsim.Injection{Endpoint: "webwxstatusnotify", Fault: wechatsim.Fault{Kind: wechatsim.Reset}, Times: 3}},
		{name: "contacts break", fault: wechatsim.Injection{Endpoint: "webwxgetcontact", Fault: wechatsim.Fault{Kind: wechatsim.Truncated}, Times: 3}},
		{name: "contacts refused", fault: wechatsim.Injection{Endpoint: "webwxgetcontact", Fault: wechatsim.Fault{Kind: wechatsim.Return, Code: 1205}, Times: 3}},
		{name: "contacts odd", fault: wechatsim.Injection{Endpoint: "webwxgetcontact", Fault: wechatsim.Fault{Kind: wechatsim.WrongType, Field: "Sex"}}},
		{name: "init odd", fault: wechatsim.Injection{Endpoint: "webwxinit", Fault: wechatsim.Fault{Kind: wechatsim.WrongType, Field: "SystemTime"}}},
		{name: "session not stored", down: "SaveSession"},
		{name: "contacts not stored", down: "Contacts"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, wechatsim.Options{}, func(t *testing.T, w *world) {
				w.friend("小林")
				if c.fault.Kind != "" {
					w.sim.Inject(c.fault)
				}
				left := 3
				w.store.fail(func(op string) bool {
					if op == c.down && left > 0 {
						left--
						return true
					}
					return false
				})
				w.online()
				if n := w.phone.Logins(); n != 1 {
					t.Errorf("%d logins, want 1", n)
				}
				if len(w.store.of(w.bot.State().Login)) < 1 {
					t.Error("no contacts")
				}
			})
		})
	}
}
