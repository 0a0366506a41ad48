package wechatsim_test

import (
	"encoding/xml"
	"html"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"xianjie/wechatsim"
)

// TestContent: how each kind travels, and how the sender's phone shows it.
func TestContent(t *testing.T) {
	for _, tt := range []struct {
		name    string
		content wechatsim.Content
		wire    message // the fields that matter; Content "*…*" means contains
		kind    wechatsim.Kind
		text    string
	}{
		{"text", wechatsim.Text("你好"), message{MsgType: 1, Content: "你好"}, wechatsim.KindText, "你好"},
		{"escapes", wechatsim.Text("a<b & 'c'\n\"d\""), message{MsgType: 1, Content: "a&lt;b &amp; &#39;c&#39;<br/>&quot;d&quot;"}, wechatsim.KindText, "a<b & 'c'\n\"d\""},
		{"typed markup", wechatsim.Text("<br/>"), message{MsgType: 1, Content: "&lt;br/&gt;"}, wechatsim.KindText, "<br/>"},
		{"looks like a group", wechatsim.Text("待办:\n买书"), message{MsgType: 1, Content: "待办:<br/>买书"}, wechatsim.KindText, "待办:\n买书"},
		{"flag emoji", wechatsim.Text("🇨🇳"), message{MsgType: 1, Content: `<span class="emoji emoji1f1e81f1f3"></span>`}, wechatsim.KindText, "🇨🇳"},
		{"built-in face", wechatsim.Text("[微笑]"), message{MsgType: 1, Content: "[微笑]"}, wechatsim.KindText, "[微笑]"},
		{
			"quote", wechatsim.Quote("青禾小助手", "请问去向？", "读研"),
			message{MsgType: 1, Content: "「青禾小助手：请问去向？」<br/>- - - - - - - - - - - - - - -<br/>读研"},
			wechatsim.KindText, "读研",
		},
		{"quote as app message", wechatsim.QuoteApp("青禾小助手", "请问去向？", "读研"), message{MsgType: 49, AppMsgType: 57, FileName: "读研", Content: "*&lt;refermsg&gt;*"}, wechatsim.KindText, "读研"},
		{"image", wechatsim.Image([]byte("jpeg")), message{MsgType: 3, Content: "*&lt;msg&gt;&lt;img*"}, wechatsim.KindImage, ""},
		{"voice", wechatsim.Voice([]byte("mp3"), 2500*time.Millisecond), message{MsgType: 34, VoiceLength: 2500, Content: "*voicemsg*"}, wechatsim.KindVoice, ""},
		{"video", wechatsim.Video([]byte("mp4"), 9*time.Second), message{MsgType: 43, PlayLength: 9, Content: "*videomsg*"}, wechatsim.KindVideo, ""},
		{"sticker", wechatsim.Sticker([]byte("gif")), message{MsgType: 47, Content: "*emoji md5=*"}, wechatsim.KindSticker, ""},
		{"store sticker", wechatsim.Sticker(nil), message{MsgType: 47, HasProductId: 1}, wechatsim.KindSticker, ""},
		{"file", wechatsim.File("表 格.xlsx", []byte("12345")), message{MsgType: 49, AppMsgType: 6, FileName: "表 格.xlsx", FileSize: "5", Content: "*&lt;fileext&gt;xlsx*"}, wechatsim.KindFile, "表 格.xlsx"},
		{"link", wechatsim.Link("通知", "https://example.invalid/a?b=1&c=2"), message{MsgType: 49, AppMsgType: 5, FileName: "通知", Url: "https://example.invalid/a?b=1&amp;c=2", Content: "*&lt;url&gt;*"}, wechatsim.KindLink, "通知"},
		{
			"location", wechatsim.Location("青禾大学", 29.5, 106.25),
			message{MsgType: 1, SubMsgType: 48, Url: "http://apis.map.qq.com/uri/v1/geocoder?coord=29.500000,106.250000", Content: "*青禾大学:<br/>/cgi-bin/mmwebwx-bin/webwxgetpubliclinkimg?url=xxx&msgid=*"},
			wechatsim.KindLocation, "青禾大学",
		},
		{"red packet", wechatsim.RedPacket(), message{MsgType: 10000, Content: "收到红包，请在手机上查看"}, wechatsim.KindRedPacket, ""},
		{"unsupported", wechatsim.Unsupported(), message{MsgType: 1, Content: "[收到一条网页版微信暂不支持的消息类型，请在手机上查看]"}, wechatsim.KindUnsupported, ""},
		{"raw", wechatsim.Raw(wechatsim.RawFields{MsgType: 9999, Content: "<odd>"}), message{MsgType: 9999, Content: "<odd>"}, wechatsim.KindRaw, "<odd>"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, wechatsim.Options{})
				c := logIn(t, w).caughtUp()
				id := w.lin.Send(w.account, tt.content)
				got := c.one()
				if part, ok := strings.CutPrefix(tt.wire.Content, "*"); ok && strings.Contains(got.Content, strings.TrimSuffix(part, "*")) {
					tt.wire.Content = got.Content
				}
				want := tt.wire
				want.MsgId, want.NewMsgId, want.CreateTime = id, got.NewMsgId, time.Now().Unix()
				want.FromUserName, want.ToUserName = w.to(w.lin), c.self
				want.MediaId, want.EncryFileName, want.OriContent = got.MediaId, got.EncryFileName, got.OriContent
				if got != want {
					t.Errorf("on the wire\n%+v, want\n%+v", got, want)
				}
				if tt.wire.MsgType == 49 || tt.wire.MsgType == 3 {
					if err := xml.Unmarshal([]byte(html.UnescapeString(strings.ReplaceAll(got.Content, "<br/>", "\n"))), new(struct{})); err != nil {
						t.Errorf("Content is no XML: %v", err)
					}
				}
				m := w.lin.Chat(w.account)[0]
				if m.Kind != tt.kind || m.Text != tt.text || m.From != "lin" || m.MsgID != id {
					t.Errorf("on her phone: %+v", m)
				}
			})
		})
	}
}

func TestCard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		c := logIn(t, w).caughtUp()
		w.lin.Send(w.account, wechatsim.Card(w.qin))
		m := c.one()
		if m.MsgType != 42 || m.RecommendInfo.NickName != "秦若溪" || m.RecommendInfo.UserName != w.to(w.qin) || m.RecommendInfo.Ticket != "" {
			t.Errorf("%+v", m)
		}
	})
}

func TestReply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		c := logIn(t, w).caughtUp()
		asked := c.say(w.to(w.lin), "请问去向？", "1").MsgID
		w.lin.Reply(w.account, asked, "读研")
		if m := c.one(); !strings.HasPrefix(m.Content, "「青禾小助手：请问去向？」<br/>- - ") || !strings.HasSuffix(m.Content, "<br/>读研") {
			t.Errorf("%q", m.Content)
		}
		if m := w.lin.Chat(w.account)[1]; m.Text != "读研" || m.Quote != "请问去向？" {
			t.Errorf("%+v", m)
		}
	})
}

func TestRecall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		c := logIn(t, w).caughtUp()
		id := w.lin.Say(w.account, "说错了")
		c.one()
		if w.zhou.Recall(w.account, id) {
			t.Error("somebody else took it back")
		}
		if !w.lin.Recall(w.account, id) || w.lin.Recall(w.account, id) {
			t.Error("Recall works once")
		}
		m := c.one()
		for _, part := range []string{`&lt;sysmsg type="revokemsg"&gt;`, "&lt;session&gt;" + w.to(w.lin), "&lt;oldmsgid&gt;" + id, `"林小满" 撤回了一条消息`} {
			if m.MsgType != 10002 || !strings.Contains(m.Content, part) {
				t.Errorf("%d %s lacks %s", m.MsgType, m.Content, part)
			}
		}
		if got := w.lin.Chat(w.account)[0]; got.Kind != wechatsim.KindSystem {
			t.Errorf("her phone shows %+v", got)
		}
		late := w.lin.Say(w.account, "太晚了")
		time.Sleep(2*time.Minute + time.Second)
		if w.lin.Recall(w.account, late) {
			t.Error("taken back after two minutes")
		}
	})
}

func TestIncrementalReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		c := logIn(t, w)
		w.lin.Say(w.account, "一")
		c.say(w.to(w.lin), "二", "1")
		c.say(w.to(w.zhou), "三", "2")
		if got := w.lin.ChatSince(w.account, 1); len(got) != 1 || got[0].Text != "二" || got[0].From != "bot" {
			t.Errorf("ChatSince(1): %+v", got)
		}
		if got := w.LedgerSince(1); len(got) != 1 || got[0].Content != "三" || got[0].Seq != 2 || got[0].To != "zhou" {
			t.Errorf("LedgerSince(1): %+v", got)
		}
		for _, n := range []int{-1, 0, 2, 99} {
			if got, want := len(w.LedgerSince(n)), max(0, 2-max(n, 0)); got != want {
				t.Errorf("LedgerSince(%d): %d entries, want %d", n, got, want)
			}
		}
	})
}

func TestSubscribe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		c := logIn(t, w)
		n := 0
		cancel := w.Subscribe(func() {
			n++
			w.Ledger() // must not deadlock
		})
		w.lin.Say(w.account, "一")
		c.say(w.to(w.lin), "二", "1")
		c.caughtUp() // changes nothing
		if n != 2 {
			t.Errorf("called %d times, want 2", n)
		}
		cancel()
		if w.lin.Say(w.account, "三"); n != 2 {
			t.Error("called after cancel")
		}
	})
}
