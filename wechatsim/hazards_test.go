package wechatsim_test

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eatmoreapple/openwechat"

	"xianjie/wechatsim"
)

// These tests show that the server is hard enough on a client: known hazards of openwechat 1.4.10, numbered as in the
// protocol notes, happen here too.

// picture is something that looks like a JPEG file.
func picture() io.Reader {
	return bytes.NewReader(append([]byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00"), bytes.Repeat([]byte("made up "), 100)...))
}

// TestH2: after a hot login the library's cookies have lost their domain, so the long poll carries none.
func TestH2CookiesLoseTheirDomain(t *testing.T) {
	for _, tt := range []struct {
		name string
		mend bool
		lost bool
	}{{"as the library stores it", false, true}, {"mended", true, false}} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, wechatsim.Options{})
				store := &storage{mend: tt.mend}
				p := newPlayer(t, w, w.Transport(), nil)
				if err := p.bot.HotLogin(store, openwechat.NewRetryLoginOption()); err != nil {
					t.Fatal(err)
				}
				w.lin.Say(w.account, "一")
				p.message()
				p.stop()
				synctest.Wait()

				p = newPlayer(t, w, w.Transport(), nil)
				defer p.stop()
				if err := p.bot.HotLogin(store); err != nil {
					t.Fatal(err)
				}
				if tt.lost {
					if got := p.ended(); got != 1102 {
						t.Errorf("retcode %d, want 1102", got)
					}
					return
				}
				w.lin.Say(w.account, "二")
				if m := p.message(); m.Content != "二" {
					t.Errorf("%q", m.Content)
				}
			})
		})
	}
}

// TestH7: a client that uses SyncKey for both asks without end after it sent media.
func TestH7LoopAfterMedia(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const turns = 50
		w := newWorld(t, wechatsim.Options{Behaviour: wechatsim.Behaviour{MediaKeyAhead: true}})
		p := newPlayer(t, w, w.Transport(), nil)
		defer p.stop()
		polls, looped := 0, make(chan struct{})
		p.bot.SyncCheckCallback = func(openwechat.SyncCheckResponse) {
			if polls++; polls == turns {
				close(looped)
			}
		}
		if err := p.bot.Login(); err != nil {
			t.Fatal(err)
		}
		lin := p.friend("林小满")
		synctest.Wait() // waiting for news
		began := time.Now()
		if _, err := lin.SendImage(picture()); err != nil {
			t.Fatal(err)
		}
		<-looped
		if took := time.Since(began); took != 0 {
			t.Errorf("%d polls took %v", turns, took)
		}
		w.lin.Say(w.account, "图收到了")
		p.message()
		synctest.Wait()
		before := w.Counters()["synccheck"]
		time.Sleep(100 * time.Second)
		if n := w.Counters()["synccheck"] - before; n > 4 {
			t.Errorf("%d polls in 100 quiet seconds", n)
		}
	})
}

// TestH8: the library repeats a send whose reply was lost, up to five times.
func TestH8RepeatedSends(t *testing.T) {
	for _, tt := range []struct {
		name   string
		retry  int
		dedupe bool
		want   int
	}{{"as it comes", 5, false, 5}, {"the server drops repeats", 5, true, 1}, {"without retries", 1, false, 1}} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, wechatsim.Options{Behaviour: wechatsim.Behaviour{DedupeClientMsgID: tt.dedupe}})
				p := newPlayer(t, w, w.Transport(), nil)
				defer p.stop()
				p.bot.Caller.Client.MaxRetryTimes = tt.retry
				if err := p.bot.Login(); err != nil {
					t.Fatal(err)
				}
				w.Inject(wechatsim.Injection{Fault: wechatsim.Fault{Kind: wechatsim.ReplyLost}, Endpoint: "webwxsendmsg"})
				if _, err := p.friend("林小满").SendText("请尽快登记"); !errors.Is(err, openwechat.NetworkErr) {
					t.Errorf("error %v", err)
				}
				got := w.lin.Received(w.account)
				if len(got) != tt.want {
					t.Errorf("she got it %d times, want %d", len(got), tt.want)
				}
				for _, sent := range w.Ledger() {
					if sent.ClientMsgID != w.Ledger()[0].ClientMsgID {
						t.Errorf("ClientMsgIDs differ: %+v", sent)
					}
				}
			})
		})
	}
}

// TestH12 and H13: what the library makes of some texts.
func TestH12H13Texts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		g := w.AddGroup("class", "1班", w.account, w.lin)
		p := newPlayer(t, w, w.Transport(), nil)
		defer p.stop()
		if err := p.bot.Login(); err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct{ said, content string }{
			{"待办:\n买书", "待办买书"}, // split at every ":<br/>"
			{"🇨🇳加油", "\ufffd加油"},
			{"😄加油", "😄加油"},
		} {
			g.Say(w.lin, tt.said)
			if m := p.message(); m.Content != tt.content {
				t.Errorf("%q became %q, want %q", tt.said, m.Content, tt.content)
			}
		}
	})
}

// TestH21: details are matched by position, so another order puts people in each other's places.
func TestH21DetailsByPosition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		p := newPlayer(t, w, w.Transport(), nil)
		defer p.stop()
		if err := p.bot.Login(); err != nil {
			t.Fatal(err)
		}
		lin, zhou := p.friend("林小满"), p.friend("周子墨")
		w.Behave(func(b *wechatsim.Behaviour) { b.Batch = wechatsim.BatchReversed })
		list := openwechat.Members{lin.User, zhou.User}
		if err := list.Detail(); err != nil {
			t.Fatal(err)
		}
		if list[0].UserName != zhou.UserName || list[1].UserName != lin.UserName {
			t.Errorf("%s and %s kept their places; the server answered in order", list[0].NickName, list[1].NickName)
		}
	})
}

// TestSessionsThatDie: risk control ends a session seconds after the login.
func TestSessionsThatDie(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{Behaviour: wechatsim.Behaviour{SessionLife: 8 * time.Second}})
		p := newPlayer(t, w, w.Transport(), nil)
		defer p.stop()
		if err := p.bot.Login(); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if got := p.ended(); got != 1102 || time.Since(began) != 8*time.Second {
			t.Errorf("retcode %d after %v", got, time.Since(began))
		}
	})
}

// TestH5: with the network down the library's loop never rests; it goes on when the network is back.
func TestH5UnreachableForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		p := newPlayer(t, w, w.Transport(), nil)
		defer p.stop()
		p.bot.Caller.Client.MaxRetryTimes = 1
		p.bot.MessageErrorHandler = func(err error) error {
			if !errors.Is(err, openwechat.NetworkErr) {
				return err
			}
			select {
			case <-time.After(time.Second): // virtual
			case <-p.bot.Context().Done():
			}
			return nil
		}
		if err := p.bot.Login(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		down := w.Inject(wechatsim.Injection{Fault: wechatsim.Fault{Kind: wechatsim.Unreachable}, For: 20 * time.Second})
		w.lin.Say(w.account, "断网之前") // ends the waiting poll; fetching it fails
		if m := p.message(); m.Content != "断网之前" || down.Hits() != 20 {
			t.Errorf("%q after %d failures", m.Content, down.Hits())
		}
	})
}
