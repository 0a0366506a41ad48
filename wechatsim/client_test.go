package wechatsim_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"xianjie/wechatsim"
)

// world is a server with one account and three people, of whom the first two are its friends.
type world struct {
	*wechatsim.Server
	account        *wechatsim.Account
	lin, zhou, qin *wechatsim.Person
}

func newWorld(t *testing.T, o wechatsim.Options) world {
	t.Helper()
	w := world{Server: wechatsim.New(o)}
	w.account = w.AddAccount("bot", "青禾小助手")
	w.lin = w.AddPerson("lin", wechatsim.Profile{Nick: "林小满", Sex: 2, Province: "重庆", City: "沙坪坝"})
	w.zhou = w.AddPerson("zhou", wechatsim.Profile{Nick: "周子墨"})
	w.qin = w.AddPerson("qin", wechatsim.Profile{Nick: "秦若溪", Alias: "qinruoxi_made_up"})
	w.account.AddFriend(w.lin)
	w.account.AddFriend(w.zhou)
	return w
}

// web is a client that speaks the bare protocol, without any library.
type web struct {
	t      *testing.T
	s      *wechatsim.Server
	domain string
	http   *http.Client
	page   loginPage
	self   string
	// key and checkKey are SyncKey and SyncCheckKey; a careful client sends each where it belongs.
	key, checkKey syncKey
}

type loginPage struct {
	Ret        int    `xml:"ret"`
	Message    string `xml:"message"`
	Skey       string `xml:"skey"`
	Sid        string `xml:"wxsid"`
	Uin        int64  `xml:"wxuin"`
	PassTicket string `xml:"pass_ticket"`
}

type syncKey struct {
	Count int
	List  []struct{ Key, Val int64 }
}

func (k syncKey) String() string {
	var parts []string
	for _, p := range k.List {
		parts = append(parts, fmt.Sprintf("%d_%d", p.Key, p.Val))
	}
	return strings.Join(parts, "|")
}

type base struct {
	BaseResponse struct{ Ret int }
}

type syncReply struct {
	base
	AddMsgCount           int
	AddMsgList            []message
	ModContactList        []contact
	DelContactList        []contact
	ModChatRoomMemberList []contact
	ContinueFlag          int
	SyncKey, SyncCheckKey syncKey
}

type message struct {
	MsgId, FromUserName, ToUserName, Content, Url, OriContent, FileName, FileSize, MediaId, EncryFileName, Ticket string
	StatusNotifyUserName                                                                                          string
	MsgType, SubMsgType, AppMsgType, VoiceLength, PlayLength, StatusNotifyCode, HasProductId                      int
	CreateTime, NewMsgId                                                                                          int64
	RecommendInfo                                                                                                 struct {
		UserName, NickName, Content, Ticket, Alias string
		OpCode, Sex                                int
	}
}

type contact struct {
	Uin                                                                                      int64
	UserName, NickName, RemarkName, HeadImgUrl, EncryChatRoomId, KeyWord, Alias, DisplayName string
	ContactFlag, VerifyFlag, MemberCount, Sex, IsOwner                                       int
	MemberList                                                                               []contact
}

type sendReply struct {
	base
	MsgID, LocalID string
}

// connect makes a client without a session.
func connect(t *testing.T, s *wechatsim.Server) *web {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &web{t: t, s: s, domain: "wx2.qq.com", http: &http.Client{
		Jar: jar, Transport: s.Transport(), Timeout: 60 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// logIn makes a client and logs it in by QR code.
func logIn(t *testing.T, w world) *web {
	t.Helper()
	c := connect(t, w.Server)
	uuid := c.uuid()
	if err := w.account.Scan(uuid); err != nil {
		t.Fatal(err)
	}
	if err := w.account.Confirm(uuid); err != nil {
		t.Fatal(err)
	}
	c.enter(c.poll(uuid))
	if ret := c.init(); ret != 0 {
		t.Fatalf("webwxinit: Ret %d", ret)
	}
	return c
}

type reply struct {
	status int
	header http.Header
	body   string
}

func (c *web) try(req *http.Request) (reply, error) {
	resp, err := c.http.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, string(body)}, err
}

func (c *web) get(address string) reply {
	c.t.Helper()
	r, err := c.try(c.request(http.MethodGet, address, nil))
	if err != nil {
		c.t.Fatalf("GET %s: %v", address, err)
	}
	return r
}

func (c *web) request(method, address string, body io.Reader) *http.Request {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, address, body)
	if err != nil {
		c.t.Fatal(err)
	}
	return req
}

func (c *web) base(endpoint string, query ...string) string {
	return c.on("", endpoint, query...)
}

func (c *web) on(sub, endpoint string, query ...string) string {
	v := url.Values{}
	for i := 0; i+1 < len(query); i += 2 {
		v.Set(query[i], query[i+1])
	}
	return "https://" + sub + c.domain + "/cgi-bin/mmwebwx-bin/" + endpoint + "?" + v.Encode()
}

// uuid asks for a QR code.
func (c *web) uuid() string {
	c.t.Helper()
	r := c.get("https://login.wx.qq.com/jslogin?appid=wx782c26e4c19acffb&fun=new&lang=zh_CN")
	return c.match(r.body, `^window\.QRLogin\.code = 200; window\.QRLogin\.uuid = "(.+)";$`)
}

// poll asks what the phone did with a QR code.
func (c *web) poll(uuid string) string {
	c.t.Helper()
	return c.get("https://login.wx.qq.com/cgi-bin/mmwebwx-bin/login?loginicon=true&tip=0&uuid=" + url.QueryEscape(uuid)).body
}

func (c *web) match(text, pattern string) string {
	c.t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if m == nil {
		c.t.Fatalf("%q does not match %s", text, pattern)
	}
	return m[1]
}

// enter follows a confirmed poll to a session.
func (c *web) enter(polled string) {
	c.t.Helper()
	r := c.get(c.match(polled, `^window\.code=200;\nwindow\.redirect_uri="(.+)";$`) + "&version=v2")
	c.page = loginPage{}
	if err := xml.Unmarshal([]byte(r.body), &c.page); err != nil || c.page.Ret != 0 {
		c.t.Fatalf("webwxnewloginpage: %v, %s", err, r.body)
	}
}

// init opens the session or goes on with it, and takes over the key, as a first login does.
func (c *web) init() int {
	c.t.Helper()
	var r struct {
		base
		SyncKey syncKey
		User    contact
	}
	c.post("webwxinit", nil, &r)
	if r.BaseResponse.Ret == 0 {
		c.self, c.key, c.checkKey = r.User.UserName, r.SyncKey, r.SyncKey
	}
	return r.BaseResponse.Ret
}

// body adds BaseRequest to the fields of a request.
func (c *web) body(fields map[string]any) io.Reader {
	whole := map[string]any{"BaseRequest": map[string]any{"Uin": c.page.Uin, "Sid": c.page.Sid, "Skey": c.page.Skey, "DeviceID": "e012345678901234"}}
	for k, v := range fields {
		whole[k] = v
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(whole)
	return &b
}

func (c *web) tryPost(endpoint string, fields map[string]any) (reply, error) {
	name, query, _ := strings.Cut(endpoint, "?")
	values, _ := url.ParseQuery(query)
	values.Set("pass_ticket", c.page.PassTicket)
	return c.try(c.request(http.MethodPost, c.base(name)+values.Encode(), c.body(fields)))
}

// post sends JSON in the session and decodes the reply.
func (c *web) post(endpoint string, fields map[string]any, v any) {
	c.t.Helper()
	r, err := c.tryPost(endpoint, fields)
	if err != nil {
		c.t.Fatalf("%s: %v", endpoint, err)
	}
	if err := json.Unmarshal([]byte(r.body), v); err != nil {
		c.t.Fatalf("%s: %v in %s", endpoint, err, r.body)
	}
}

// ret sends JSON in the session for its return code.
func (c *web) ret(endpoint string, fields map[string]any) int {
	c.t.Helper()
	var r base
	c.post(endpoint, fields, &r)
	return r.BaseResponse.Ret
}

// check is one long poll with the key that belongs to it.
func (c *web) check() (retcode, selector string) {
	c.t.Helper()
	return c.checkWith(c.checkKey.String())
}

func (c *web) checkWith(key string) (retcode, selector string) {
	c.t.Helper()
	r := c.get(c.checkURL(key))
	m := regexp.MustCompile(`^window\.synccheck=\{retcode:"(-?\d+)",selector:"(\d+)"\}$`).FindStringSubmatch(r.body)
	if m == nil {
		c.t.Fatalf("synccheck: %q", r.body)
	}
	return m[1], m[2]
}

func (c *web) checkURL(key string) string {
	return c.on("webpush.", "synccheck", "skey", c.page.Skey, "sid", c.page.Sid, "uin", fmt.Sprint(c.page.Uin), "deviceid", "e1", "synckey", key)
}

// sync fetches what is new and advances the keys.
func (c *web) sync() syncReply {
	c.t.Helper()
	r := c.syncFrom(c.key)
	if r.SyncKey.Count > 0 {
		c.key, c.checkKey = r.SyncKey, r.SyncCheckKey
	}
	return r
}

func (c *web) syncFrom(k syncKey) syncReply {
	c.t.Helper()
	var r syncReply
	c.post("webwxsync?sid="+url.QueryEscape(c.page.Sid), map[string]any{"SyncKey": k, "rr": "1"}, &r)
	return r
}

// caughtUp fetches everything there is.
func (c *web) caughtUp() *web {
	c.t.Helper()
	for c.sync().ContinueFlag != 0 {
	}
	return c
}

// one fetches what is new, which must be one message.
func (c *web) one() message {
	c.t.Helper()
	r := c.sync()
	if len(r.AddMsgList) != 1 || r.AddMsgCount != 1 {
		c.t.Fatalf("webwxsync brought %d messages, want 1: %+v", len(r.AddMsgList), r.AddMsgList)
	}
	return r.AddMsgList[0]
}

// contacts is the whole address book.
func (c *web) contacts() []contact {
	c.t.Helper()
	var all []contact
	seq := 0
	for {
		r := c.get(c.base("webwxgetcontact", "seq", fmt.Sprint(seq), "skey", c.page.Skey))
		var page struct {
			base
			MemberCount int
			MemberList  []contact
			Seq         int
		}
		if err := json.Unmarshal([]byte(r.body), &page); err != nil || page.BaseResponse.Ret != 0 || page.MemberCount != len(page.MemberList) {
			c.t.Fatalf("webwxgetcontact: %v, %.200s", err, r.body)
		}
		all = append(all, page.MemberList...)
		if page.Seq == 0 {
			return all
		}
		seq = page.Seq
	}
}

// named finds the only contact of that (escaped) name.
func named(t *testing.T, list []contact, nick string) contact {
	t.Helper()
	var found []contact
	for _, c := range list {
		if c.NickName == nick {
			found = append(found, c)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d contacts are called %q, want 1", len(found), nick)
	}
	return found[0]
}

// say sends a text.
func (c *web) say(to, text, clientID string) sendReply {
	c.t.Helper()
	var r sendReply
	c.post("webwxsendmsg", c.text(to, text, clientID), &r)
	return r
}

func (c *web) text(to, text, clientID string) map[string]any {
	return map[string]any{"Scene": 0, "Msg": map[string]any{
		"Type": 1, "Content": text, "FromUserName": c.self, "ToUserName": to, "LocalID": clientID, "ClientMsgId": clientID,
	}}
}

// to is the user name of somebody in the present session.
func (w world) to(who interface{ ID() string }) string { return w.account.UserNameOf(who) }

func texts(list []wechatsim.Message) []string {
	var all []string
	for _, m := range list {
		all = append(all, m.Text)
	}
	return all
}
