package bot_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"xianjie/bot"
	"xianjie/wechatsim"
)

// The process dies at every operation on the store, before it is committed and after: while it resumes the session, while
// messages and contact changes come. Whatever is written to the account meanwhile is stored exactly once by the process
// that comes next.
func TestDyingAtEveryPoint(t *testing.T) {
	for name, b := range map[string]wechatsim.Behaviour{
		"well":                 {},
		"batches and repeated": {Duplicate: true, SyncBatch: 2},
	} {
		for at, deaths := 1, 2; deaths == 2; at++ { // until the scene is over before the process can die
			deaths = 0
			for _, committed := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, operation %d, committed %v", name, at, committed), func(t *testing.T) {
					inWorld(t, wechatsim.Options{Behaviour: b}, func(t *testing.T, w *world) {
						if dieAt(t, w, at, committed) {
							deaths++
						}
					})
				})
			}
			if at > 200 {
				t.Fatal("the scene never ends")
			}
		}
	}
}

// dieAt plays a scene in which the process dies and is started again; it reports whether it came to that.
func dieAt(t *testing.T, w *world, at int, committed bool) (died bool) {
	lin := w.friend("小林")
	stop := w.online() // the first login costs a scan; what is lost before it is WeChat's
	login := w.bot.State().Login
	var want []string
	say := func(n int) {
		for range n {
			want = append(want, fmt.Sprint("第", len(want)))
			lin.Say(w.phone, want[len(want)-1])
		}
	}
	stop()
	say(2)

	ctx, die := context.WithCancel(t.Context())
	defer die()
	w.store.dieAt, w.store.after, w.store.died = w.store.ops+at, committed, die
	stop = w.start()
	for i := 0; i < 3 && ctx.Err() == nil; i++ {
		time.Sleep(time.Second)
		say(1)
		lin.SetNick(fmt.Sprint("小林", i))
		say(2)
		time.Sleep(40 * time.Second)
	}
	died = ctx.Err() != nil
	stop()
	w.store.dead, w.store.dieAt = false, 0

	say(2)
	w.online()
	say(1)
	w.until(time.Minute, "everything", func() bool { return len(w.store.texts()) >= len(want) })
	time.Sleep(time.Minute)
	if d := cmp.Diff(want, w.store.texts()); d != "" {
		t.Errorf("stored (-want +got):\n%s", d)
	}
	if s := w.bot.State(); s.Login != login || w.phone.Logins() != 1 {
		t.Errorf("%d logins: the session did not survive", w.phone.Logins())
	}
	if got := w.store.of(login)[w.phone.UserNameOf(lin)].Nick; got != lin.Profile().Nick {
		t.Errorf("the contact is stored as %q, not %q", got, lin.Profile().Nick)
	}
	return died
}

// Kicks come at any moment: during a poll, a sync, a send, a fetch of the contacts.
func TestKicks(t *testing.T) {
	for _, code := range []int{1100, 1101, 1102} {
		for _, c := range []struct {
			name string
			kick func(t *testing.T, w *world, lin *wechatsim.Person)
		}{
			{"during a poll", func(_ *testing.T, w *world, _ *wechatsim.Person) {
				time.Sleep(10 * time.Second)
				w.phone.Kick(code)
			}},
			{"before a sync", func(_ *testing.T, w *world, lin *wechatsim.Person) {
				w.sim.Inject(wechatsim.Injection{Endpoint: "webwxsync", Times: 1, Fault: wechatsim.Fault{Kind: wechatsim.Return, Code: code}})
				lin.Say(w.phone, "好")
			}},
			{"during a sync", func(_ *testing.T, w *world, lin *wechatsim.Person) {
				w.sim.Inject(wechatsim.Injection{Endpoint: "webwxsync", Times: 1, Fault: wechatsim.Fault{Kind: wechatsim.StallReply, Delay: 10 * time.Second}})
				lin.Say(w.phone, "好")
				time.Sleep(5 * time.Second)
				w.phone.Kick(code)
			}},
			{"before a send", func(t *testing.T, w *world, lin *wechatsim.Person) {
				to := w.to(lin)
				w.sim.Inject(wechatsim.Injection{Endpoint: "synccheck", Times: 1, Fault: wechatsim.Fault{Kind: wechatsim.Stall}})
				time.Sleep(26 * time.Second) // the poll does not see the kick first
				w.phone.Kick(code)
				if _, err := w.bot.SendText(t.Context(), to, "好"); !isOffline(err) {
					t.Errorf("send: %v", err)
				}
				w.until(time.Second, "offline", func() bool { return w.bot.State().Phase != bot.PhaseOnline })
			}},
			{"during a send", func(t *testing.T, w *world, lin *wechatsim.Person) {
				w.sim.Inject(wechatsim.Injection{Endpoint: "webwxsendmsg", Times: 1, Fault: wechatsim.Fault{Kind: wechatsim.StallReply, Delay: 10 * time.Second}})
				to := w.to(lin)
				go func() { time.Sleep(5 * time.Second); w.phone.Kick(code) }()
				if _, err := w.bot.SendText(t.Context(), to, "好"); err != nil {
					t.Errorf("an accepted send: %v", err)
				}
			}},
			{"during the contact list", func(_ *testing.T, w *world, _ *wechatsim.Person) {
				w.sim.Inject(wechatsim.Injection{Endpoint: "webwxgetcontact", Times: 1, Fault: wechatsim.Fault{Kind: wechatsim.Return, Code: code}})
				time.Sleep(6 * time.Hour)
			}},
		} {
			t.Run(fmt.Sprintf("%d %s", code, c.name), func(t *testing.T) {
				inWorld(t, wechatsim.Options{}, func(t *testing.T, w *world) {
					lin := w.friend("小林")
					w.online()
					first, old := w.bot.State().Login, w.to(lin)
					c.kick(t, w, lin)
					w.until(2*time.Minute, "another login", func() bool {
						s := w.bot.State()
						return s.Ready && s.Login != first
					})
					if n := w.phone.Logins(); n != 2 {
						t.Errorf("%d logins", n)
					}
					if _, err := w.bot.SendText(t.Context(), old, "旧地址"); err != bot.ErrStale {
						t.Errorf("send to an address of the old login: %v", err)
					}
					if _, err := w.bot.SendText(t.Context(), w.to(lin), "新地址"); err != nil {
						t.Errorf("send: %v", err)
					}
					w.received(lin.Say(w.phone, "又好了"))
					var lost bool
					for _, s := range w.seen() {
						lost = lost || s.Phase == bot.PhaseOffline && s.Err != nil
					}
					if !lost {
						t.Error("nobody was told that the session was lost")
					}
				})
			})
		}
	}
}

// A season is a few months, with a new login nearly every day.
func TestTwoHundredDays(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates 200 days")
	}
	inWorld(t, wechatsim.Options{PollHold: 55 * time.Second}, func(t *testing.T, w *world) {
		lin := w.friend("小林")
		stop := w.online()
		baseline := goroutines()
		logins := map[string]bool{}
		for day := range 200 {
			time.Sleep(12 * time.Hour)
			id := lin.Say(w.phone, fmt.Sprint("第", day, "天"))
			w.received(id)
			if _, err := w.bot.SendText(t.Context(), w.to(lin), "收到"); err != nil {
				t.Fatalf("day %d: %v", day, err)
			}
			time.Sleep(12*time.Hour + time.Duration(day)*time.Second)
			login := w.bot.State().Login
			if logins[login] {
				t.Fatalf("day %d: login id %s again", day, login)
			}
			logins[login] = true
			w.phone.Kick([]int{1100, 1101, 1102}[day%3])
			w.until(time.Minute, "online again", func() bool {
				s := w.bot.State()
				return s.Ready && s.Login != login
			})
		}
		if n := goroutines(); n > baseline {
			t.Errorf("%d goroutines, %d at the beginning", n, baseline)
		}
		if got := len(w.store.texts()); got != 200 {
			t.Errorf("%d of 200 messages", got)
		}
		if n := len(lin.Received(w.phone)); n != 200 {
			t.Errorf("%d of 200 sends arrived", n)
		}
		stop()
		if p := w.bot.State().Phase; p != bot.PhaseOffline {
			t.Errorf("%s after the end", p)
		}
	})
}
