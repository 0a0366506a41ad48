package bot_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"xianjie/bot"
	"xianjie/wechatsim"
)

func goroutines() int {
	synctest.Wait()
	return runtime.NumGoroutine()
}

func isOffline(err error) bool { return errors.Is(err, bot.ErrOffline) }

func isUnknown(err error) bool {
	var u *bot.Unknown
	return errors.As(err, &u)
}

func isRefused(ret int64) func(error) bool {
	return func(err error) bool {
		var r *bot.Refused
		return errors.As(err, &r) && r.Ret == ret && r.TooOften() == (ret == 1205)
	}
}

// What SendText says must be what happened: the ledger holds every message the server accepted.
func TestOutcomesOfSends(t *testing.T) {
	accepted := func(err error) bool { return err == nil }
	send := func(f wechatsim.Fault) wechatsim.Injection {
		return wechatsim.Injection{Endpoint: "webwxsendmsg", Fault: f}
	}
	for _, c := range []struct {
		name   string
		fault  wechatsim.Injection
		want   func(error) bool
		ledger int // messages accepted by the server
	}{
		{"well", wechatsim.Injection{Endpoint: "none", Fault: wechatsim.Fault{Kind: wechatsim.Reset}}, accepted, 1},
		{"reply lost", send(wechatsim.Fault{Kind: wechatsim.ReplyLost}), isUnknown, 1},
		{"reply cut off", send(wechatsim.Fault{Kind: wechatsim.Truncated}), isUnknown, 1},
		{"reply empty", send(wechatsim.Fault{Kind: wechatsim.EmptyBody}), isUnknown, 1},
		{"reply without return code", send(wechatsim.Fault{Kind: wechatsim.MissingField, Field: "BaseResponse"}), isUnknown, 1},
		{"return code as text", send(wechatsim.Fault{Kind: wechatsim.WrongType}), accepted, 1},
		{"message id as number", send(wechatsim.Fault{Kind: wechatsim.WrongType, Field: "MsgID"}), accepted, 1},
		{"reset", send(wechatsim.Fault{Kind: wechatsim.Reset}), isUnknown, 0},
		{"bad gateway", send(wechatsim.Fault{Kind: wechatsim.BadGateway}), isUnknown, 0},
		{"no connection", send(wechatsim.Fault{Kind: wechatsim.Unreachable}), isOffline, 0},
		{"slow", send(wechatsim.Fault{Kind: wechatsim.Stall, Delay: 30 * time.Second}), accepted, 1},
		{"slow reply", send(wechatsim.Fault{Kind: wechatsim.StallReply, Delay: 30 * time.Second}), accepted, 1},
		{"no reply", send(wechatsim.Fault{Kind: wechatsim.StallReply, Delay: time.Hour}), isUnknown, 1},
		{"too often", send(wechatsim.Fault{Kind: wechatsim.Return, Code: 1205}), isRefused(1205), 0},
		{"system error", send(wechatsim.Fault{Kind: wechatsim.Return, Code: -1}), isRefused(-1), 0},
		{"ticket error", send(wechatsim.Fault{Kind: wechatsim.Return, Code: -14}), isRefused(-14), 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, wechatsim.Options{}, func(t *testing.T, w *world) {
				lin := w.friend("小林")
				w.online()
				fault := w.sim.Inject(c.fault)
				receipt, err := w.bot.SendText(t.Context(), w.to(lin), "你好")
				if !c.want(err) {
					t.Errorf("outcome: %v", err)
				}
				ledger := w.sim.Ledger()
				if len(ledger) != c.ledger || len(lin.Received(w.phone)) != c.ledger {
					t.Fatalf("the server accepted %d, the phone shows %d, want %d", len(ledger), len(lin.Received(w.phone)), c.ledger)
				}
				if err == nil && receipt.MsgID != ledger[0].MsgID && c.fault.Field != "MsgID" {
					t.Errorf("receipt %+v for %+v", receipt, ledger[0])
				}
				if n := w.requests(5*time.Minute, "webwxsendmsg"); n != 0 {
					t.Errorf("%d sends behind our back", n)
				}
				if n := w.sim.Counters()["webwxsendmsg"]; n != 1 {
					t.Errorf("%d requests for one send", n)
				}
				fault.Remove()
				if _, err := w.bot.SendText(t.Context(), w.to(lin), "又好了"); err != nil {
					t.Errorf("afterwards: %v", err)
				}
				if w.phone.Logins() != 1 {
					t.Error("the session was given up")
				}
			})
		})
	}
}

func TestTextsArriveAsWritten(t *testing.T) {
	inWorld(t, wechatsim.Options{Behaviour: wechatsim.Behaviour{DedupeClientMsgID: true}}, func(t *testing.T, w *world) {
		lin := w.friend("小林")
		group := w.sim.AddGroup("毕业班", "毕业班", w.phone, lin)
		w.online()
		for i, text := range []string{"一\n二\n", `<a href="x">&amp;</a>`, "😄🇨🇳1️⃣", "\\u4f60", strings.Repeat("满", bot.MaxText)} {
			if _, err := w.bot.SendText(t.Context(), w.to(lin), text); err != nil {
				t.Fatal(err)
			}
			got := lin.Received(w.phone)
			if len(got) != i+1 || got[i].Text != text {
				t.Errorf("%q did not arrive; %d messages", text, len(got))
			}
		}
		if _, err := w.bot.SendText(t.Context(), w.to(group), "大家好"); err != nil {
			t.Error(err)
		}
		for _, text := range []string{"", strings.Repeat("满", bot.MaxText+1)} {
			if _, err := w.bot.SendText(t.Context(), w.to(lin), text); !errors.Is(err, bot.ErrText) {
				t.Errorf("%d characters: %v", len([]rune(text)), err)
			}
		}
		nobody := bot.Address{Login: w.bot.State().Login, UserName: "@0123"}
		if _, err := w.bot.SendText(t.Context(), nobody, "好"); !isRefused(1204)(err) {
			t.Errorf("to nobody: %v", err)
		}
	})
}

// Nobody is told that they were deleted or blocked except by a line after the send.
func TestRejectedByTheOtherSide(t *testing.T) {
	for _, c := range []struct {
		name   string
		reject func(lin *wechatsim.Person, a *wechatsim.Account)
		line   string
	}{
		{"deleted", func(lin *wechatsim.Person, a *wechatsim.Account) { lin.Delete(a) }, "开启了朋友验证"},
		{"blocked", func(lin *wechatsim.Person, a *wechatsim.Account) { lin.Block(a) }, "被对方拒收"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, wechatsim.Options{}, func(t *testing.T, w *world) {
				lin := w.friend("小林")
				w.online()
				c.reject(lin, w.phone)
				if _, err := w.bot.SendText(t.Context(), w.to(lin), "你好"); err != nil {
					t.Fatal(err)
				}
				w.until(time.Minute, "the line", func() bool {
					w.store.mu.Lock()
					defer w.store.mu.Unlock()
					for _, in := range w.store.messages {
						if in.Kind == bot.KindSystem && in.Chat == w.phone.UserNameOf(lin) && strings.Contains(in.Text, c.line) {
							return true
						}
					}
					return false
				})
			})
		})
	}
}

func TestSendsThatNeverBegin(t *testing.T) {
	inWorld(t, wechatsim.Options{}, func(t *testing.T, w *world) {
		lin := w.friend("小林")
		stop := w.start()
		w.until(time.Minute, "a code", w.phase(bot.PhaseQR))
		if _, err := w.bot.SendText(t.Context(), bot.Address{Login: "x", UserName: "@x"}, "好"); !isOffline(err) {
			t.Errorf("before the login: %v", err)
		}
		stop()
		stop = w.online()
		to := w.to(lin)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for range 50 { // a free actor must not win against a context that has ended
			if _, err := w.bot.SendText(ctx, to, "好"); !isOffline(err) || !errors.Is(err, context.Canceled) {
				t.Fatalf("context ended: %v", err)
			}
		}
		if _, err := w.bot.SendText(t.Context(), bot.Address{Login: "old", UserName: to.UserName}, "好"); err != bot.ErrStale {
			t.Errorf("stale address: %v", err)
		}
		stop()
		if _, err := w.bot.SendText(t.Context(), to, "好"); !isOffline(err) {
			t.Errorf("after the end: %v", err)
		}
		if n := len(w.sim.Ledger()); n != 0 {
			t.Errorf("%d messages left", n)
		}
	})
}

func TestASendThatBeganIsFinished(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(cancel func(), stop func())
	}{
		{"the caller gives up", func(cancel, _ func()) { cancel() }},
		{"the process ends", func(_, stop func()) { go stop() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, wechatsim.Options{}, func(t *testing.T, w *world) {
				lin := w.friend("小林")
				stop := w.online()
				w.sim.Inject(wechatsim.Injection{Endpoint: "webwxsendmsg", Fault: wechatsim.Fault{Kind: wechatsim.StallReply, Delay: 20 * time.Second}})
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				to := w.to(lin)
				go func() {
					time.Sleep(5 * time.Second)
					c.end(cancel, stop)
				}()
				receipt, err := w.bot.SendText(ctx, to, "好")
				if err != nil || receipt.MsgID != w.sim.Ledger()[0].MsgID {
					t.Errorf("%+v, %v", receipt, err)
				}
			})
		})
	}
}

func TestRateLimit(t *testing.T) {
	limit := wechatsim.Rate{Sends: 10, Window: time.Minute, Recovery: 5 * time.Minute}
	inWorld(t, wechatsim.Options{Behaviour: wechatsim.Behaviour{Rate: limit}}, func(t *testing.T, w *world) {
		lin := w.friend("小林")
		w.online()
		for i := range 10 {
			if _, err := w.bot.SendText(t.Context(), w.to(lin), fmt.Sprint(i)); err != nil {
				t.Fatal(err)
			}
		}
		_, err := w.bot.SendText(t.Context(), w.to(lin), "11")
		var r *bot.Refused
		if !errors.As(err, &r) || !r.TooOften() {
			t.Fatalf("the eleventh: %v", err)
		}
		time.Sleep(6 * time.Minute)
		if _, err := w.bot.SendText(t.Context(), w.to(lin), "12"); err != nil {
			t.Errorf("after the pause: %v", err)
		}
		if n := len(w.sim.Ledger()); n != 11 {
			t.Errorf("ledger holds %d", n)
		}
	})
}

// Sends, messages, contact changes, polls and kicks at once; for the race detector.
func TestEverythingAtOnce(t *testing.T) {
	inWorld(t, wechatsim.Options{}, func(t *testing.T, w *world) {
		lin := w.friend("小林")
		stop := w.online()
		var wg sync.WaitGroup
		var sent, unsure int
		var mu sync.Mutex
		for i := range 4 {
			wg.Go(func() {
				for j := range 50 {
					time.Sleep(time.Duration(700+i) * time.Millisecond)
					_, err := w.bot.SendText(t.Context(), w.to(lin), fmt.Sprint(i, j))
					mu.Lock()
					if err == nil {
						sent++
					} else if isUnknown(err) {
						unsure++
					}
					mu.Unlock()
				}
			})
		}
		wg.Go(func() {
			for i := range 50 {
				time.Sleep(800 * time.Millisecond)
				lin.Say(w.phone, fmt.Sprint(i))
				lin.SetNick(fmt.Sprint("小林", i))
				_ = w.bot.State()
				if i%20 == 19 {
					w.phone.Kick(1101)
				}
			}
		})
		wg.Wait()
		stop()
		got := len(w.sim.Ledger())
		if got < sent || got > sent+unsure {
			t.Errorf("%d accepted by the server; %d receipts, %d unknown", got, sent, unsure)
		}
		if sent < 100 {
			t.Errorf("only %d of 200 sends went through", sent)
		}
	})
}
