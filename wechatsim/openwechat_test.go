package wechatsim_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eatmoreapple/openwechat"

	"xianjie/wechatsim"
)

// patience bounds every wait, so that a test that hangs fails with a line number.
const patience = 30 * time.Second

// player is a bot of the real client library and what it heard.
type player struct {
	t    *testing.T
	bot  *openwechat.Bot
	got  chan *openwechat.Message
	stop context.CancelFunc
}

// newPlayer prepares a bot. While its handler runs, its loop does not; so the test looks at messages in answer.
func newPlayer(t *testing.T, w world, network http.RoundTripper, answer func(*openwechat.Message)) *player {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	p := &player{t: t, bot: openwechat.NewBot(ctx), got: make(chan *openwechat.Message, 100), stop: stop}
	openwechat.Desktop.Prepare(p.bot)
	p.bot.Caller.Client.HTTPClient().Transport = network
	p.bot.UUIDCallback = func(uuid string) {
		if err := w.account.Scan(uuid); err != nil {
			t.Error(err)
		}
	}
	p.bot.ScanCallBack = func(resp openwechat.CheckLoginResponse) {
		if avatar, err := resp.Avatar(); err != nil || !strings.HasPrefix(avatar, "data:img/jpg;base64,") {
			t.Errorf("avatar: %v %.30s", err, avatar)
		}
		if err := w.account.Confirm(w.LastQR()); err != nil {
			t.Error(err)
		}
	}
	p.bot.MessageHandler = func(m *openwechat.Message) {
		if m.MsgType == 51 {
			return
		}
		if answer != nil {
			answer(m)
		}
		p.got <- m
	}
	return p
}

// message waits for the next one.
func (p *player) message() *openwechat.Message {
	p.t.Helper()
	select {
	case m := <-p.got:
		return m
	case <-p.bot.Context().Done():
		p.t.Fatalf("the bot ended: %v", p.bot.CrashReason())
	case <-time.After(patience):
		p.t.Fatal("no message")
	}
	return nil
}

// ended waits for the end of the bot and says why.
func (p *player) ended() openwechat.Ret {
	p.t.Helper()
	select {
	case <-p.bot.Context().Done():
	case <-time.After(patience):
		p.t.Fatal("the bot lives on")
	}
	var ret openwechat.Ret
	if !errors.As(p.bot.CrashReason(), &ret) {
		p.t.Fatalf("the bot ended with %v", p.bot.CrashReason())
	}
	return ret
}

func (p *player) self() *openwechat.Self {
	p.t.Helper()
	self, err := p.bot.GetCurrentUser()
	if err != nil {
		p.t.Fatal(err)
	}
	return self
}

// friend finds a friend by nick name.
func (p *player) friend(nick string) *openwechat.Friend {
	p.t.Helper()
	friends, err := p.self().Friends()
	if err != nil {
		p.t.Fatal(err)
	}
	found := friends.SearchByNickName(1, nick)
	if found.Count() != 1 {
		p.t.Fatalf("%d friends are called %s", found.Count(), nick)
	}
	return found.First()
}

// storage keeps what the library wants to know at the next start. Mend gives cookies their domain back, which the
// library forgets.
type storage struct {
	data []byte
	mend bool
	r    io.Reader
}

func (s *storage) Write(p []byte) (int, error) {
	s.data = bytes.Clone(p)
	return len(p), nil
}

func (s *storage) Read(p []byte) (int, error) {
	if s.r == nil {
		s.r = bytes.NewReader(s.mended())
	}
	n, err := s.r.Read(p)
	if err != nil {
		s.r = nil // the next reader begins anew
	}
	return n, err
}

func (s *storage) mended() []byte {
	if !s.mend {
		return s.data
	}
	var item map[string]any
	if json.Unmarshal(s.data, &item) != nil {
		return s.data
	}
	jar, _ := item["Jar"].(map[string]any)
	for _, cookies := range jar {
		for _, c := range cookies.([]any) {
			k := c.(map[string]any)
			k["Domain"], k["Path"], k["Secure"] = "wx2.qq.com", "/", true
			if k["Name"] == "webwx_data_ticket" {
				k["Domain"] = "qq.com"
			}
		}
	}
	whole, _ := json.Marshal(item)
	return whole
}

// TestOpenwechat plays a day of a bot built on the real client library, in-process and over TLS.
func TestOpenwechat(t *testing.T) {
	t.Run("in process", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, wechatsim.Options{})
			playDay(t, w, w.Transport())
		})
	})
	t.Run("TLS", func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		l, err := w.ListenTLS("127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		network := l.Transport()
		defer network.CloseIdleConnections()
		defer l.Close()
		playDay(t, w, network)
	})
}

func playDay(t *testing.T, w world, network http.RoundTripper) {
	var sender string
	p := newPlayer(t, w, network, func(m *openwechat.Message) {
		switch {
		case m.IsFriendAdd():
			if _, err := m.Agree(); err != nil {
				t.Errorf("Agree: %v", err)
			}
		case m.IsSendByGroup() && !m.IsSystem():
			u, err := m.SenderInGroup()
			if err != nil {
				t.Errorf("SenderInGroup: %v", err)
				return
			}
			sender = u.NickName
		}
	})
	defer p.stop()
	store := &storage{mend: true}
	if err := p.bot.HotLogin(store, openwechat.NewRetryLoginOption()); err != nil { // nothing stored: by QR code
		t.Fatal(err)
	}
	if self := p.self(); self.NickName != "青禾小助手" || self.Uin != w.account.Uin() {
		t.Errorf("self: %s %d", self.NickName, self.Uin)
	}
	lin := p.friend("林小满")

	w.lin.Say(w.account, "我读研了，学校是<重庆>")
	if m := p.message(); !m.IsText() || m.Content != "我读研了，学校是<重庆>" || m.FromUserName != lin.UserName {
		t.Errorf("received %q from %s", m.Content, m.FromUserName)
	}
	sendAll(t, w, p, lin)

	w.qin.Befriend(w.account, "我是秦若溪")
	if m := p.message(); !m.IsFriendAdd() || m.RecommendInfo.Content != "我是秦若溪" || !w.account.IsFriend(w.qin) {
		t.Errorf("friend request: %d %q, friend %v", m.MsgType, m.RecommendInfo.Content, w.account.IsFriend(w.qin))
	}
	if m := p.message(); !m.IsSystem() || m.Content != "你已添加了秦若溪，现在可以开始聊天了。" {
		t.Errorf("after accepting: %q", m.Content)
	}

	g := w.AddGroup("class", "2020级1班", w.lin, w.account, w.zhou)
	g.Say(w.zhou, "几号截止？")
	if m := p.message(); !m.IsSendByGroup() || m.Content != "几号截止？" || sender != "周子墨" {
		t.Errorf("in the group: %q by %q", m.Content, sender)
	}
	p.stop()
	restart(t, w, network, store, lin.UserName)
}

// sendAll sends one of each kind, and takes one back.
func sendAll(t *testing.T, w world, p *player, to *openwechat.Friend) {
	t.Helper()
	if _, err := to.SendText("收到\n谢谢 & 再见"); err != nil {
		t.Error(err)
	}
	jpeg, err := io.ReadAll(picture())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := to.SendImage(bytes.NewReader(jpeg)); err != nil {
		t.Error(err)
	}
	path := filepath.Join(t.TempDir(), "名单.xlsx")
	table := bytes.Repeat([]byte("a table, more or less. "), 50_000) // three chunks
	if err := os.WriteFile(path, table, 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := to.SendFile(file); err != nil {
		t.Error(err)
	}
	wrong, err := to.SendText("发错了")
	if err != nil {
		t.Fatal(err)
	}
	if err := wrong.Revoke(); err != nil {
		t.Errorf("Revoke: %v", err)
	}
	chat := w.lin.Chat(w.account)[1:] // without what she said
	var kinds []wechatsim.Kind
	for _, m := range chat {
		kinds = append(kinds, m.Kind)
	}
	if want := []wechatsim.Kind{wechatsim.KindText, wechatsim.KindImage, wechatsim.KindFile, wechatsim.KindSystem}; !slices.Equal(kinds, want) {
		t.Fatalf("her phone shows %v, want %v", kinds, want)
	}
	if chat[0].Text != "收到\n谢谢 & 再见" || !bytes.Equal(chat[1].Data, jpeg) || chat[2].Name != "名单.xlsx" || !bytes.Equal(chat[2].Data, table) {
		t.Errorf("text %q, image %d bytes, file %q of %d bytes", chat[0].Text, len(chat[1].Data), chat[2].Name, len(chat[2].Data))
	}
	if self := p.self(); w.to(w.account) != self.UserName {
		t.Error("another self")
	}
}

// restart goes on with the stored session, misses nothing, logs out, logs in anew and is kicked.
func restart(t *testing.T, w world, network http.RoundTripper, store *storage, lin string) {
	t.Helper()
	w.lin.Say(w.account, "你重启的时候")
	p := newPlayer(t, w, network, nil)
	defer p.stop()
	if err := p.bot.HotLogin(store); err != nil {
		t.Fatalf("hot login: %v", err)
	}
	if m := p.message(); m.Content != "你重启的时候" || m.FromUserName != lin || w.account.Logins() != 1 {
		t.Errorf("hot login: %q from %s, login %d", m.Content, m.FromUserName, w.account.Logins())
	}
	// H20: the real reply has no body, which the library takes for an error, unless its loop learns of the end first.
	if err := p.bot.Logout(); !errors.Is(err, io.EOF) && !errors.Is(err, context.Canceled) {
		t.Errorf("Logout: %v", err)
	}
	if got := p.ended(); got != 1101 || w.account.LoggedIn() {
		t.Errorf("after the logout: %d, logged in %v", got, w.account.LoggedIn())
	}

	p = newPlayer(t, w, network, nil)
	defer p.stop()
	if err := p.bot.Login(); err != nil {
		t.Fatal(err)
	}
	if p.friend("林小满").UserName == lin {
		t.Error("a user name survived the login")
	}
	w.account.Kick(1100)
	if got := p.ended(); got != 1100 {
		t.Errorf("kicked with 1100, the bot says %d", got)
	}
}

func TestOpenwechatContacts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{ContactPage: 7})
		for i := range 30 {
			w.account.AddFriend(w.AddPerson(string(rune('A'+i)), wechatsim.Profile{Nick: "同学"}))
		}
		w.account.AddFriend(w.AddPerson("mp", wechatsim.Profile{Nick: "青禾大学团委", VerifyFlag: 24}))
		w.AddGroup("saved", "存过的群", w.account, w.lin).SetSaved(true)
		w.AddGroup("hidden", "没存的群", w.account, w.lin)
		p := newPlayer(t, w, w.Transport(), nil)
		defer p.stop()
		if err := p.bot.Login(); err != nil {
			t.Fatal(err)
		}
		friends, err := p.self().Friends()
		if err != nil || friends.Count() != 32 {
			t.Errorf("%d friends, %v", friends.Count(), err)
		}
		groups, err := p.self().Groups()
		if err != nil || groups.Count() != 1 || groups.First().NickName != "存过的群" {
			t.Errorf("groups: %v, %v", groups, err)
		}
		mps, err := p.self().Mps()
		if err != nil || mps.Count() != 1 {
			t.Errorf("official accounts: %v, %v", mps, err)
		}
		members, err := groups.First().Members()
		if err != nil || members.Count() != 2 {
			t.Errorf("members: %v, %v", members, err)
		}
	})
}

func TestOpenwechatIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		w.account.BarFromWeb(true)
		p := newPlayer(t, w, w.Transport(), nil)
		defer p.stop()
		openwechat.Normal.Prepare(p.bot)
		if err := p.bot.Login(); err == nil || !strings.Contains(err.Error(), "不能登录网页微信") {
			t.Errorf("web mode: %v", err)
		}
		p = newPlayer(t, w, w.Transport(), nil)
		defer p.stop()
		if err := p.bot.Login(); err != nil {
			t.Errorf("desktop mode: %v", err)
		}
	})
}
