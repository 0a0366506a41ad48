package bot_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"xianjie/bot"
	"xianjie/wechatsim"
)

// content is made-up bytes that repeat nowhere near a chunk's end.
func content(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i/251)
	}
	return b
}

func TestSendFiles(t *testing.T) {
	inWorld(t, wechatsim.Options{}, func(t *testing.T, w *world) {
		lin := w.friend("小林")
		w.online()
		for _, c := range []struct {
			name string
			file bot.File
			kind wechatsim.Kind
		}{
			{"picture", bot.File{Name: "进度.png", Picture: true, Data: content(3000)}, wechatsim.KindImage},
			{"workbook", bot.File{Name: "数学学院 <名单> & 进展.xlsx", Data: content(20_000)}, wechatsim.KindFile},
			{"in chunks", bot.File{Name: "材料.pdf", Data: content(1_300_000)}, wechatsim.KindFile},
		} {
			receipt, err := w.bot.SendFile(t.Context(), w.to(lin), c.file)
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			shown := lin.Received(w.phone)
			last := shown[len(shown)-1]
			if last.Kind != c.kind || !bytes.Equal(last.Data, c.file.Data) || last.MsgID != receipt.MsgID {
				t.Errorf("%s: the phone shows a %s of %d bytes, id %s; sent %d bytes, id %s", c.name, last.Kind, len(last.Data), last.MsgID, len(c.file.Data), receipt.MsgID)
			}
			if !c.file.Picture && last.Name != c.file.Name {
				t.Errorf("%s: the phone calls it %q", c.name, last.Name)
			}
		}
	})
}

// What fails before the message itself certainly was not sent, however it failed.
func TestOutcomesOfFiles(t *testing.T) {
	is := func(want error) func(error) bool { return func(err error) bool { return errors.Is(err, want) } }
	for _, c := range []struct {
		name     string
		endpoint string
		fault    wechatsim.Fault
		want     func(error) bool
		ledger   int
	}{
		{"upload not reached", "webwxuploadmedia", wechatsim.Fault{Kind: wechatsim.Unreachable}, is(bot.ErrUpload), 0},
		{"reply to the upload lost", "webwxuploadmedia", wechatsim.Fault{Kind: wechatsim.ReplyLost}, is(bot.ErrUpload), 0},
		{"upload cut off", "webwxuploadmedia", wechatsim.Fault{Kind: wechatsim.Truncated}, is(bot.ErrUpload), 0},
		{"upload answered by a web page", "webwxuploadmedia", wechatsim.Fault{Kind: wechatsim.BadGateway}, is(bot.ErrUpload), 0},
		{"upload refused", "webwxuploadmedia", wechatsim.Fault{Kind: wechatsim.Return, Code: 1}, is(bot.ErrUpload), 0},
		{"upload too often", "webwxuploadmedia", wechatsim.Fault{Kind: wechatsim.Return, Code: 1205}, isRefused(1205), 0},
		{"picture too often", "webwxsendmsgimg", wechatsim.Fault{Kind: wechatsim.Return, Code: 1205}, isRefused(1205), 0},
		{"reply to the picture lost", "webwxsendmsgimg", wechatsim.Fault{Kind: wechatsim.ReplyLost}, isUnknown, 1},
		{"picture not reached", "webwxsendmsgimg", wechatsim.Fault{Kind: wechatsim.Unreachable}, isOffline, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, wechatsim.Options{}, func(t *testing.T, w *world) {
				lin := w.friend("小林")
				w.online()
				w.sim.Inject(wechatsim.Injection{Endpoint: c.endpoint, Fault: c.fault})
				_, err := w.bot.SendFile(t.Context(), w.to(lin), bot.File{Name: "图.png", Picture: true, Data: content(700_000)})
				if !c.want(err) {
					t.Errorf("outcome: %v", err)
				}
				if n := len(w.sim.Ledger()); n != c.ledger {
					t.Errorf("the server accepted %d messages, want %d", n, c.ledger)
				}
			})
		})
	}
}

func TestFilesOutOfBounds(t *testing.T) {
	inWorld(t, wechatsim.Options{}, func(t *testing.T, w *world) {
		lin := w.friend("小林")
		w.online()
		if _, err := w.bot.SendFile(t.Context(), w.to(lin), bot.File{Name: "空.txt"}); !errors.Is(err, bot.ErrEmpty) {
			t.Errorf("nothing: %v", err)
		}
		if _, err := w.bot.SendFile(t.Context(), w.to(lin), bot.File{Name: "大.bin", Data: make([]byte, bot.MaxFile+1)}); !errors.Is(err, bot.ErrTooLarge) {
			t.Errorf("too much: %v", err)
		}
		if n := len(w.sim.Ledger()); n != 0 {
			t.Errorf("%d messages left", n)
		}
	})
}

// attached waits for a message and says what is attached to it.
func (w *world) attached(msgID string) bot.Attached {
	w.t.Helper()
	w.until(time.Minute, "the message arrives", func() bool { return w.store.message(msgID) != nil })
	in := w.store.message(msgID)
	return bot.Attached{Kind: in.Kind, MsgID: in.MsgID, Sender: in.Chat, Extra: in.Extra}
}

func TestDownload(t *testing.T) {
	inWorld(t, wechatsim.Options{}, func(t *testing.T, w *world) {
		lin := w.friend("小林")
		stop := w.online()
		picture, workbook := content(40_000), content(30_000)
		at := w.attached(lin.Send(w.phone, wechatsim.Image(picture)))
		file := w.attached(lin.Send(w.phone, wechatsim.File("学院 & 名单.xlsx", workbook)))
		if file.Extra.Name != "学院 & 名单.xlsx" || file.Extra.Size != int64(len(workbook)) {
			t.Errorf("the file is called %q with %d bytes", file.Extra.Name, file.Extra.Size)
		}
		both := func(t *testing.T) {
			t.Helper()
			login := w.bot.State().Login
			if got, err := w.bot.Download(t.Context(), login, at); err != nil || !bytes.Equal(got, picture) {
				t.Errorf("picture: %d bytes, %v", len(got), err)
			}
			if got, err := w.bot.Download(t.Context(), login, file); err != nil || !bytes.Equal(got, workbook) {
				t.Errorf("workbook: %d bytes, %v", len(got), err)
			}
		}
		both(t)
		stop()
		w.start()
		w.until(time.Minute, "online again", func() bool { return w.bot.State().Ready })
		both(t) // in a session resumed from the stored one as well
		if _, err := w.bot.Download(t.Context(), "another login", at); !errors.Is(err, bot.ErrStale) {
			t.Errorf("another login: %v", err)
		}
		gone := file
		gone.Extra.Media = "@crypt_gone"
		if _, err := w.bot.Download(t.Context(), w.bot.State().Login, gone); !errors.Is(err, bot.ErrNoFile) {
			t.Errorf("a file that is not there: %v", err)
		}
		w.sim.Inject(wechatsim.Injection{Endpoint: "webwxgetmedia", Fault: wechatsim.Fault{Kind: wechatsim.EmptyBody}, Times: 1})
		if _, err := w.bot.Download(t.Context(), w.bot.State().Login, file); !errors.Is(err, bot.ErrEmpty) {
			t.Errorf("empty: %v", err)
		}
		large := w.attached(lin.Send(w.phone, wechatsim.File("大.zip", make([]byte, bot.MaxFile+1))))
		if _, err := w.bot.Download(t.Context(), w.bot.State().Login, large); !errors.Is(err, bot.ErrTooLarge) {
			t.Errorf("too large: %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := w.bot.Download(ctx, w.bot.State().Login, file); !errors.Is(err, bot.ErrOffline) {
			t.Errorf("given up: %v", err)
		}
	})
}
