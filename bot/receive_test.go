package bot_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"path"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"xianjie/bot"
	"xianjie/wechatsim"
)

func TestMessageKinds(t *testing.T) {
	inWorld(t, wechatsim.Options{}, func(t *testing.T, w *world) {
		lin, card := w.friend("小林"), w.friend("小周")
		w.online()
		for _, c := range []struct {
			name  string
			send  wechatsim.Content
			kind  bot.Kind
			text  string
			quote string
			file  string
		}{
			{name: "plain", send: wechatsim.Text("你好"), kind: bot.KindText, text: "你好"},
			{name: "escaped", send: wechatsim.Text(`a<b> & "c" 'd' &lt; &amp;copy`), kind: bot.KindText, text: `a<b> & "c" 'd' &lt; &amp;copy`},
			{name: "lines", send: wechatsim.Text("一\n二\n\n三"), kind: bot.KindText, text: "一\n二\n\n三"},
			{name: "colon before a line break", send: wechatsim.Text("todo:\nbuy:\nmilk"), kind: bot.KindText, text: "todo:\nbuy:\nmilk"},
			{name: "a typed tag", send: wechatsim.Text("<br/>不是换行"), kind: bot.KindText, text: "<br/>不是换行"},
			{name: "a typed span", send: wechatsim.Text(`<span class="emoji emoji1f604"></span>`), kind: bot.KindText, text: `<span class="emoji emoji1f604"></span>`},
			{name: "emoji", send: wechatsim.Text("好😄的"), kind: bot.KindText, text: "好😄的"},
			{name: "flag", send: wechatsim.Text("🇨🇳!"), kind: bot.KindText, text: "🇨🇳!"},
			{name: "keycap", send: wechatsim.Text("1⃣2⃣"), kind: bot.KindText, text: "1⃣2⃣"},
			{name: "face", send: wechatsim.Text("[微笑]"), kind: bot.KindText, text: "[微笑]"},
			{name: "rare character", send: wechatsim.Text("𠮷野家"), kind: bot.KindText, text: "𠮷野家"},
			{name: "long", send: wechatsim.Text(strings.Repeat("长", 5000)), kind: bot.KindText, text: strings.Repeat("长", 5000)},
			{name: "quote", send: wechatsim.Quote("小助手", "请选择", "2"), kind: bot.KindText, text: "2", quote: "小助手：请选择"},
			{name: "quote of a quote", send: wechatsim.Quote("小林", "「甲：乙」\n- - - - - - - - - - - - - - -\n丙", "3"), kind: bot.KindText, text: "3", quote: "小林：「甲：乙」\n- - - - - - - - - - - - - - -\n丙"},
			{name: "quote as an app message", send: wechatsim.QuoteApp("小助手", "请 <选> 择", "4 & 5"), kind: bot.KindText, text: "4 & 5", quote: "请 <选> 择"},
			{name: "image", send: wechatsim.Image([]byte{1}), kind: bot.KindImage},
			{name: "voice", send: wechatsim.Voice([]byte{1}, time.Second), kind: bot.KindVoice},
			{name: "video", send: wechatsim.Video([]byte{1}, time.Second), kind: bot.KindVideo},
			{name: "sticker", send: wechatsim.Sticker([]byte{1}), kind: bot.KindSticker},
			{name: "store sticker", send: wechatsim.Sticker(nil), kind: bot.KindSticker},
			{name: "file", send: wechatsim.File("名单.xlsx", []byte("x")), kind: bot.KindFile, file: "名单.xlsx"},
			{name: "link", send: wechatsim.Link("通知", "https://example.cn/"), kind: bot.KindLink},
			{name: "location", send: wechatsim.Location("图书馆", 29.5, 106.4), kind: bot.KindLocation},
			{name: "card", send: wechatsim.Card(card), kind: bot.KindCard},
			{name: "red packet", send: wechatsim.RedPacket(), kind: bot.KindRedPacket, text: "收到红包，请在手机上查看"},
			{name: "unsupported", send: wechatsim.Unsupported(), kind: bot.KindUnsupported, text: "[收到一条网页版微信暂不支持的消息类型，请在手机上查看]"},
			{name: "unknown type", send: wechatsim.Raw(wechatsim.RawFields{MsgType: 52, Content: "x"}), kind: bot.KindUnsupported, text: "x"},
			{name: "mini-program", send: wechatsim.Raw(wechatsim.RawFields{MsgType: 49, AppMsgType: 33, Content: "&lt;msg/&gt;"}), kind: bot.KindUnsupported, text: "<msg/>"},
			{name: "transfer", send: wechatsim.Raw(wechatsim.RawFields{MsgType: 49, AppMsgType: 2000}), kind: bot.KindTransfer},
			{name: "pat", send: wechatsim.Raw(wechatsim.RawFields{MsgType: 10002, Content: "&lt;sysmsg/&gt;"}), kind: bot.KindRecall},
		} {
			at := time.Now()
			got := w.received(lin.Send(w.phone, c.send))
			if got.Kind != c.kind || got.Text != c.text || got.Extra.Quote != c.quote || got.Extra.Name != c.file {
				t.Errorf("%s: got %s %q, quote %q, file %q", c.name, got.Kind, got.Text, got.Extra.Quote, got.Extra.Name)
			}
			if got.Chat != w.phone.UserNameOf(lin) || got.FromSelf || got.Sender != "" {
				t.Errorf("%s: chat %q, from self %v, sender %q", c.name, got.Chat, got.FromSelf, got.Sender)
			}
			if d := at.Sub(got.At); d < 0 || d > time.Second {
				t.Errorf("%s: written at %s, noted as %s", c.name, at, got.At)
			}
		}
	})
}

func TestWhoWroteWhere(t *testing.T) {
	inWorld(t, wechatsim.Options{}, func(t *testing.T, w *world) {
		lin := w.friend("小林")
		mp := w.sim.AddPerson("校园号", wechatsim.Profile{Nick: "校园号", VerifyFlag: 24})
		w.phone.AddFriend(mp)
		group := w.sim.AddGroup("毕业班", "毕业班", lin, w.phone)
		w.online()
		name := w.phone.UserNameOf
		for _, c := range []struct {
			name string
			id   string
			want bot.Incoming
		}{
			{"friend", lin.Say(w.phone, "甲"), bot.Incoming{Chat: name(lin), ChatKind: bot.ContactStranger, Kind: bot.KindText, Text: "甲"}},
			{"phone to friend", w.phone.SayFromPhone(lin, "乙"), bot.Incoming{Chat: name(lin), ChatKind: bot.ContactStranger, FromSelf: true, Kind: bot.KindText, Text: "乙"}},
			{"phone to oneself", w.phone.SayFromPhone(wechatsim.FileHelper, "丙"), bot.Incoming{Chat: "filehelper", ChatKind: bot.ContactOfficial, FromSelf: true, Kind: bot.KindText, Text: "丙"}},
			{"group", group.Say(lin, "a:\nb"), bot.Incoming{Chat: name(group), Sender: name(lin), ChatKind: bot.ContactGroup, Kind: bot.KindText, Text: "a:\nb"}},
			{"phone to group", w.phone.SayFromPhone(group, "c:\nd"), bot.Incoming{Chat: name(group), ChatKind: bot.ContactGroup, FromSelf: true, Kind: bot.KindText, Text: "c:\nd"}},
			{"quote in group", group.Send(lin, wechatsim.QuoteApp("丁", "戊", "己")), bot.Incoming{Chat: name(group), Sender: name(lin), ChatKind: bot.ContactGroup, Kind: bot.KindText, Text: "己", Extra: bot.Extra{Quote: "戊"}}},
			{"official account", mp.Say(w.phone, "推送"), bot.Incoming{Chat: name(mp), ChatKind: bot.ContactStranger, Kind: bot.KindText, Text: "推送"}},
		} {
			got := w.received(c.id)
			c.want.MsgID, c.want.Raw, c.want.At = got.MsgID, got.Raw, got.At
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("%s: %s", c.name, d)
			}
		}
		contacts := w.store.of(w.bot.State().Login)
		for user, want := range map[string]bot.ContactKind{
			name(lin): bot.ContactFriend, name(mp): bot.ContactOfficial, name(group): bot.ContactGroup, name(w.phone): bot.ContactSelf,
		} {
			if c, ok := contacts[user]; ok && c.Kind != want {
				t.Errorf("%s is stored as %s, want %s", c.Nick, c.Kind, want)
			}
		}
		if contacts[name(mp)].Kind != bot.ContactOfficial {
			t.Error("the official account is not known as one")
		}
	})
}

func TestBatches(t *testing.T) {
	for _, c := range []struct {
		name string
		b    wechatsim.Behaviour
	}{
		{"in one", wechatsim.Behaviour{}},
		{"many small ones", wechatsim.Behaviour{SyncBatch: 3}},
		{"everything twice", wechatsim.Behaviour{Duplicate: true, SyncBatch: 5}},
		{"the key of init lies back", wechatsim.Behaviour{InitBehind: 10}},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, wechatsim.Options{Behaviour: c.b}, func(t *testing.T, w *world) {
				lin := w.friend("小林")
				w.online()
				var want []string
				for i := range 40 {
					text := fmt.Sprint("第", i)
					lin.Say(w.phone, text)
					want = append(want, text)
				}
				began := time.Now()
				w.until(time.Minute, "all", func() bool { return len(w.store.texts()) >= len(want) })
				if d := time.Since(began); d > 5*time.Second {
					t.Errorf("a burst took %s", d)
				}
				time.Sleep(time.Minute)
				if d := cmp.Diff(want, w.store.texts()); d != "" {
					t.Error(d)
				}
			})
		})
	}
}

// A server that answers badly is asked with pauses, loses nothing, and is served at once when it is well again.
func TestReceivingThroughTrouble(t *testing.T) {
	sync := func(f wechatsim.Fault) wechatsim.Injection {
		return wechatsim.Injection{Endpoint: "webwxsync", Fault: f}
	}
	check := func(f wechatsim.Fault) wechatsim.Injection {
		return wechatsim.Injection{Endpoint: "synccheck", Fault: f}
	}
	for _, c := range []struct {
		name  string
		fault wechatsim.Injection
	}{
		{"sticky 2", check(wechatsim.Fault{Kind: wechatsim.StickySelector, Code: 2})},
		{"sticky 3", check(wechatsim.Fault{Kind: wechatsim.StickySelector, Code: 3})},
		{"sticky 6", check(wechatsim.Fault{Kind: wechatsim.StickySelector, Code: 6})},
		{"selector 0 at once", check(wechatsim.Fault{Kind: wechatsim.StickySelector, Code: 0})},
		{"retcode -1", check(wechatsim.Fault{Kind: wechatsim.Return, Code: -1})},
		{"retcode 1205", check(wechatsim.Fault{Kind: wechatsim.Return, Code: 1205})},
		{"check garbage", check(wechatsim.Fault{Kind: wechatsim.Truncated})},
		{"check empty", check(wechatsim.Fault{Kind: wechatsim.EmptyBody})},
		{"check 502", check(wechatsim.Fault{Kind: wechatsim.BadGateway})},
		{"check reset", check(wechatsim.Fault{Kind: wechatsim.Reset})},
		{"check stalls", check(wechatsim.Fault{Kind: wechatsim.Stall, Delay: 10 * time.Minute})},
		{"check unreachable", check(wechatsim.Fault{Kind: wechatsim.Unreachable})},
		{"sync brings nothing", sync(wechatsim.Fault{Kind: wechatsim.EmptySync})},
		{"sync without key", sync(wechatsim.Fault{Kind: wechatsim.EmptySyncKey})},
		{"sync with the key left out", sync(wechatsim.Fault{Kind: wechatsim.MissingField, Field: "SyncKey"})},
		{"sync with a key of another type", sync(wechatsim.Fault{Kind: wechatsim.WrongType, Field: "List"})},
		{"sync with a count of another type", sync(wechatsim.Fault{Kind: wechatsim.WrongType, Field: "Count"})},
		{"sync cut off", sync(wechatsim.Fault{Kind: wechatsim.Truncated})},
		{"sync empty", sync(wechatsim.Fault{Kind: wechatsim.EmptyBody})},
		{"sync 502", sync(wechatsim.Fault{Kind: wechatsim.BadGateway})},
		{"sync reply lost", sync(wechatsim.Fault{Kind: wechatsim.ReplyLost})},
		{"sync stalls", sync(wechatsim.Fault{Kind: wechatsim.StallReply, Delay: 10 * time.Minute})},
		{"sync -1", sync(wechatsim.Fault{Kind: wechatsim.Return, Code: -1})},
		{"sync 1205", sync(wechatsim.Fault{Kind: wechatsim.Return, Code: 1205})},
		{"one field of another type", sync(wechatsim.Fault{Kind: wechatsim.WrongType, Field: "MsgType"})},
		{"times of another type", sync(wechatsim.Fault{Kind: wechatsim.WrongType, Field: "CreateTime"})},
		{"everything unreachable", wechatsim.Injection{Fault: wechatsim.Fault{Kind: wechatsim.Unreachable}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, wechatsim.Options{}, func(t *testing.T, w *world) {
				lin := w.friend("小林")
				w.online()
				fault := w.sim.Inject(c.fault)
				id := lin.Say(w.phone, "第一句")
				time.Sleep(3 * time.Minute)
				if n := w.requests(10*time.Minute, "synccheck", "webwxsync"); n > 130 {
					t.Errorf("%d requests in ten minutes", n)
				}
				if fault.Hits() == 0 {
					t.Error("the fault befell nothing")
				}
				fault.Remove()
				began := time.Now()
				w.received(id)
				w.received(lin.Say(w.phone, "第二句"))
				if d := time.Since(began); d > 2*time.Minute {
					t.Errorf("it took %s to recover", d)
				}
				if n := w.requests(10*time.Minute, "synccheck", "webwxsync"); n > 26 {
					t.Errorf("%d requests in ten quiet minutes afterwards", n)
				}
				if got := w.store.texts(); len(got) != 2 {
					t.Errorf("stored: %q", got)
				}
				if s := w.bot.State(); w.phone.Logins() != 1 || s.Phase != bot.PhaseOnline {
					t.Errorf("the session was given up: %+v", s)
				}
			})
		})
	}
}

// keyAhead is a server whose SyncCheckKey has run ahead of SyncKey, as it does after an account sent media: polls with
// the wrong one of the two are answered at once, forever.
type keyAhead struct{ server http.RoundTripper }

var checkKeyVal = regexp.MustCompile(`("SyncCheckKey":.*?"Key":1,"Val":)(\d+)`)

func (k keyAhead) RoundTrip(req *http.Request) (*http.Response, error) {
	const ahead = "9"
	endpoint := path.Base(req.URL.Path)
	if endpoint == "synccheck" {
		q := req.URL.Query()
		own, found := strings.CutPrefix(q.Get("synckey"), "1_"+ahead)
		if found {
			q.Set("synckey", "1_"+own)
			req = req.Clone(req.Context())
			req.URL.RawQuery = q.Encode()
		}
		resp, err := k.server.RoundTrip(req)
		if err == nil && !found {
			resp.Body = io.NopCloser(strings.NewReader(`window.synccheck={retcode:"0",selector:"2"}`))
		}
		return resp, err
	}
	resp, err := k.server.RoundTrip(req)
	if err != nil || endpoint != "webwxsync" {
		return resp, err
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body = io.NopCloser(bytes.NewReader(checkKeyVal.ReplaceAll(body, []byte("${1}"+ahead+"${2}"))))
	return resp, err
}

func TestPollsAskWithTheCheckKey(t *testing.T) {
	inWorld(t, wechatsim.Options{PollHold: 20 * time.Second}, func(t *testing.T, w *world) {
		lin := w.friend("小林")
		w.sim.AutoConfirm(w.phone)
		w.startWith(func(c *bot.Config) { c.Transport = keyAhead{w.sim.Transport()} })
		w.until(time.Minute, "ready", func() bool { return w.bot.State().Ready })
		w.received(lin.Say(w.phone, "好"))
		if n := w.requests(time.Hour, "webwxsync"); n > 1 {
			t.Errorf("%d syncs in an hour without news", n)
		}
		if n := w.requests(time.Hour, "synccheck"); n > 181 {
			t.Errorf("%d polls in an hour", n)
		}
		w.received(lin.Say(w.phone, "还在吗"))
	})
}

func TestStoreDownForAWhile(t *testing.T) {
	for _, down := range []string{"Receive", "SaveSession", "ContactsChanged", ""} {
		t.Run("op "+down, func(t *testing.T) {
			inWorld(t, wechatsim.Options{}, func(t *testing.T, w *world) {
				lin := w.friend("小林")
				stop := w.online()
				w.store.fail(func(op string) bool { return down == "" || op == down })
				var want []string
				for i := range 10 {
					want = append(want, fmt.Sprint("第", i))
					lin.Say(w.phone, want[i])
					lin.SetNick(fmt.Sprint("小林", i))
					time.Sleep(time.Minute)
				}
				if n := w.requests(10*time.Minute, "synccheck", "webwxsync"); n > 300 {
					t.Errorf("%d requests in ten minutes", n)
				}
				w.store.fail(nil)
				w.until(10*time.Second, "all", func() bool { return len(w.store.texts()) == len(want) })
				stop()
				w.online()
				time.Sleep(time.Minute)
				if d := cmp.Diff(want, w.store.texts()); d != "" {
					t.Error(d)
				}
				if c := w.store.of(w.bot.State().Login)[w.phone.UserNameOf(lin)]; c.Nick != "小林9" {
					t.Errorf("contact %+v", c)
				}
				if w.phone.Logins() != 1 {
					t.Errorf("%d logins", w.phone.Logins())
				}
			})
		})
	}
}

func TestEchoesOfOwnSendsAreNotMessages(t *testing.T) {
	inWorld(t, wechatsim.Options{Behaviour: wechatsim.Behaviour{EchoSends: true}}, func(t *testing.T, w *world) {
		lin := w.friend("小林")
		w.online()
		if _, err := w.bot.SendText(t.Context(), w.to(lin), "我写的"); err != nil {
			t.Fatal(err)
		}
		w.sim.Inject(wechatsim.Injection{Endpoint: "webwxsendmsg", Fault: wechatsim.Fault{Kind: wechatsim.StallReply}})
		if _, err := w.bot.SendText(t.Context(), w.to(lin), "回声比答复早"); err != nil {
			t.Fatal(err)
		}
		w.received(w.phone.SayFromPhone(lin, "手机上写的"))
		if got := w.store.texts(); !equal(got, []string{"手机上写的"}) {
			t.Errorf("stored %q", got)
		}
	})
}
