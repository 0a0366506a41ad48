package wechatsim

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// contact is an entry of a contact list.
type contact struct {
	Uin              int64
	UserName         string
	NickName         string
	HeadImgUrl       string
	ContactFlag      int
	MemberCount      int
	MemberList       []member
	RemarkName       string
	HideInputBarFlag int
	Sex              int
	Signature        string
	VerifyFlag       int
	OwnerUin         int
	PYInitial        string
	PYQuanPin        string
	RemarkPYInitial  string
	RemarkPYQuanPin  string
	StarFriend       int
	AppAccountFlag   int
	Statues          int
	AttrStatus       int
	Province         string
	City             string
	Alias            string
	SnsFlag          int
	UniFriend        int
	DisplayName      string
	ChatRoomId       int
	KeyWord          string
	EncryChatRoomId  string
	IsOwner          int
}

// member is an entry of a group's MemberList.
type member struct {
	Uin             int64
	UserName        string
	NickName        string
	AttrStatus      int
	PYInitial       string
	PYQuanPin       string
	RemarkPYInitial string
	RemarkPYQuanPin string
	MemberStatus    int
	DisplayName     string
	KeyWord         string
}

// modContact is an entry of ModContactList.
type modContact struct {
	UserName          string
	NickName          string
	Sex               int
	HeadImgUpdateFlag int
	ContactType       int
	Alias             string
	ChatRoomOwner     string
	HeadImgUrl        string
	ContactFlag       int
	MemberCount       int
	MemberList        []member
	HideInputBarFlag  int
	Signature         string
	VerifyFlag        int
	RemarkName        string
	Statues           int
	AttrStatus        int
	Province          string
	City              string
	SnsFlag           int
	KeyWord           string
}

// Bits of ContactFlag.
const (
	flagContact  = 1
	flagChat     = 2
	flagChatroom = 4
	flagPinned   = 0x800
)

// contact describes an entity as a session sees it. skey is left out of avatar addresses by webwxbatchgetcontact, and
// only there groups come with members.
func (sess *session) contact(e entity, detailed bool) contact {
	skey := sess.skey
	if detailed {
		skey = ""
	}
	c := contact{UserName: sess.name(e), MemberList: []member{}}
	switch e := e.(type) {
	case helper:
		c.NickName = map[helper]string{fileHelper: "文件传输助手", weixinTeam: "微信团队", friendMessages: "朋友推荐消息"}[e]
		c.HeadImgUrl = avatarURL("webwxgeticon", 0, c.UserName, skey)
		c.ContactFlag = flagChat | flagContact
		if e == weixinTeam {
			c.VerifyFlag = 56
		}
	case *Account:
		c.Uin, c.NickName, c.Sex, c.SnsFlag = e.uin, encodeText(e.nick), 1, 17
		c.HeadImgUrl = avatarURL("webwxgeticon", e.avatar, c.UserName, skey)
	case *Person:
		sess.fillPerson(&c, e)
		c.HeadImgUrl = avatarURL("webwxgeticon", e.avatar, c.UserName, skey)
	case *Group:
		sess.fillGroup(&c, e, detailed)
		c.HeadImgUrl = avatarURL("webwxgetheadimg", 0, c.UserName, skey)
	}
	return c
}

func avatarURL(endpoint string, seq int64, user, skey string) string {
	return fmt.Sprintf("%s%s?seq=%d&username=%s&skey=%s", prefix, endpoint, seq, user, skey)
}

func (sess *session) fillPerson(c *contact, p *Person) {
	f := p.profile
	c.NickName, c.Signature = encodeText(f.Nick), encodeText(f.Signature)
	c.Sex, c.Province, c.City, c.Alias, c.VerifyFlag = f.Sex, f.Province, f.City, f.Alias, f.VerifyFlag
	if f.VerifyFlag&8 != 0 {
		c.KeyWord = "gh_"
	}
	if friend := sess.account.friends[p]; friend != nil {
		c.ContactFlag = flagContact
		c.RemarkName = encodeText(friend.remark)
		if friend.pinned {
			c.ContactFlag |= flagPinned
		}
	}
}

func (sess *session) fillGroup(c *contact, g *Group, detailed bool) {
	c.NickName = encodeText(g.name)
	c.ContactFlag = flagChat
	if g.saved {
		c.ContactFlag |= flagContact
	}
	if !detailed {
		return
	}
	c.EncryChatRoomId = "@" + digits(32, "room ", sess.name(g))
	c.MemberList = sess.memberList(g)
	c.MemberCount = len(c.MemberList)
	if len(g.members) > 0 && g.members[0].who == entity(sess.account) {
		c.IsOwner, c.OwnerUin = 1, int(sess.account.uin)
	}
}

func (sess *session) memberList(g *Group) []member {
	list := make([]member, len(g.members))
	for i, m := range g.members {
		list[i] = member{UserName: sess.name(m.who), DisplayName: encodeText(m.display)}
		switch who := m.who.(type) {
		case *Account:
			list[i].Uin, list[i].NickName = who.uin, encodeText(who.nick)
		case *Person:
			list[i].NickName = encodeText(who.profile.Nick)
		}
	}
	return list
}

func (sess *session) modContact(e entity) modContact {
	c := sess.contact(e, true)
	m := modContact{
		UserName: c.UserName, NickName: c.NickName, Sex: c.Sex, Alias: c.Alias, HeadImgUrl: c.HeadImgUrl,
		ContactFlag: c.ContactFlag, MemberCount: c.MemberCount, MemberList: c.MemberList, Signature: c.Signature,
		VerifyFlag: c.VerifyFlag, RemarkName: c.RemarkName, Province: c.Province, City: c.City, KeyWord: c.KeyWord,
	}
	if g, ok := e.(*Group); ok && len(g.members) > 0 {
		m.ChatRoomOwner = sess.name(g.members[0].who)
	}
	return m
}

// initUser is the account itself in webwxinit.
type initUser struct {
	Uin               int64
	UserName          string
	NickName          string
	HeadImgUrl        string
	RemarkName        string
	PYInitial         string
	PYQuanPin         string
	RemarkPYInitial   string
	RemarkPYQuanPin   string
	HideInputBarFlag  int
	StarFriend        int
	Sex               int
	Signature         string
	AppAccountFlag    int
	VerifyFlag        int
	ContactFlag       int
	WebWxPluginSwitch int
	HeadImgFlag       int
	SnsFlag           int
}

// initReply is the reply of webwxinit.
type initReply struct {
	BaseResponse        baseResponse
	Count               int
	ContactList         []contact
	SyncKey             syncKey
	User                initUser
	ChatSet             string
	SKey                string
	ClientVersion       int
	SystemTime          int64
	GrayScale           int
	InviteStartCount    int
	MPSubscribeMsgCount int
	MPSubscribeMsgList  []struct{}
	ClickReportInterval int
}

// webwxinit opens a session, or continues it after a hot login.
func (s *Server) webwxinit(c *call) any {
	sess, a := c.sess, c.sess.account
	if reject := s.behaviour.RejectHot; reject != 0 && sess.inits > 0 {
		sess.end(reject)
		return retCode(reject)
	}
	sess.inits++
	c.changed = true
	chats := append([]entity{fileHelper}, a.recent...)
	chats = chats[:min(len(chats), s.opts.InitContacts)]
	if sess.inits == 1 {
		s.announceChats(sess, chats)
	}
	// The list of chats lies after the key, so that the first sync brings it.
	position := a.visible()
	if sess.inits == 1 && !a.asleep {
		position--
	}
	position = max(position-s.behaviour.InitBehind, a.dropped)
	r := initReply{
		SyncKey: keyAt(position, a.checkVersion),
		User: initUser{
			Uin: a.uin, UserName: sess.name(a), NickName: encodeText(a.nick), Sex: 1, HeadImgFlag: 1, SnsFlag: 17,
			HeadImgUrl: avatarURL("webwxgeticon", a.avatar, sess.name(a), sess.skey),
		},
		ChatSet: strings.Join(sess.nameAll(chats), ",") + ",",
		SKey:    sess.skey, ClientVersion: 369299473, SystemTime: s.opts.Now().Unix(), GrayScale: 1, InviteStartCount: inviteFrom,
		MPSubscribeMsgList: []struct{}{}, ClickReportInterval: 600000,
	}
	for _, e := range chats {
		r.ContactList = append(r.ContactList, sess.contact(e, false))
	}
	r.Count = len(r.ContactList)
	return r
}

// announceChats puts the list of recent chats, which the phone sends after a login, into the log.
func (s *Server) announceChats(sess *session, chats []entity) {
	a := sess.account
	m := s.newMessage(a, a, typeStatus, "")
	m.extra().StatusNotifyCode = 4
	m.chats = chats
	m.bodyFor = func(name func(entity) string) string {
		return encodeText("<msg>\n<op id='4'>\n<username>" + strings.Join(sess.nameAll(m.chats), ",") + "</username>\n</op>\n</msg>")
	}
	a.push(item{kind: itemMessage, msg: m, only: sess})
}

// webwxstatusnotify tells the phone that the web client is there, or that a chat was read.
func (s *Server) webwxstatusnotify(c *call) any {
	var req struct {
		Code                     int
		FromUserName, ToUserName string
	}
	if !c.decode(&req) || req.FromUserName != c.sess.name(c.sess.account) {
		return retCode(1)
	}
	return struct {
		BaseResponse baseResponse
		MsgID        string
	}{MsgID: msgIDText(s.nextMsgID())}
}

// webwxgetcontact is the address book page by page. Groups are in it only if saved there.
func (s *Server) webwxgetcontact(c *call) any {
	sess, a := c.sess, c.sess.account
	all := []entity{weixinTeam, fileHelper}
	for _, p := range a.order {
		all = append(all, p)
	}
	for _, g := range s.groups {
		if g.saved && g.has(a) {
			all = append(all, g)
		}
	}
	from, _ := strconv.Atoi(c.query.Get("seq"))
	from = min(max(from, 0), len(all))
	to := min(from+s.opts.ContactPage, len(all))
	list := make([]contact, 0, to-from)
	for _, e := range all[from:to] {
		list = append(list, sess.contact(e, false))
	}
	next := to
	if next == len(all) {
		next = 0
	}
	return struct {
		BaseResponse baseResponse
		MemberCount  int
		MemberList   []contact
		Seq          int
	}{MemberCount: len(list), MemberList: list, Seq: next}
}

// maxBatch is how many contacts webwxbatchgetcontact answers at once.
const maxBatch = 50

// webwxbatchgetcontact describes contacts, groups with their members, and strangers met in groups.
func (s *Server) webwxbatchgetcontact(c *call) any {
	var req struct {
		List []struct{ UserName, EncryChatRoomId string }
	}
	if !c.decode(&req) || len(req.List) > maxBatch {
		return retCode(1)
	}
	list := []contact{}
	for i, asked := range req.List {
		e := c.sess.lookup(asked.UserName)
		if e == nil || s.behaviour.Batch == BatchSubset && i%2 == 0 {
			continue
		}
		list = append(list, c.sess.contact(e, true))
	}
	if s.behaviour.Batch == BatchReversed {
		slices.Reverse(list)
	}
	return struct {
		BaseResponse baseResponse
		Count        int
		ContactList  []contact
	}{Count: len(list), ContactList: list}
}

// webwxoplog sets a remark (2) or pins a chat (3). Remarks are answered with Ret 0 and ignored, as by the real server
// since some year; pinning without a remark wipes it.
func (s *Server) webwxoplog(c *call) any {
	var req struct {
		CmdId                int
		OP                   int
		RemarkName, UserName string
	}
	if !c.decode(&req) {
		return retCode(1)
	}
	p, _ := c.sess.lookup(req.UserName).(*Person)
	friend := c.sess.account.friends[p]
	if friend == nil {
		return retCode(1)
	}
	switch req.CmdId {
	case 2:
		if s.behaviour.RemarksWork {
			friend.remark = req.RemarkName
			c.changed = true
		}
	case 3:
		friend.pinned, friend.remark = req.OP == 1, req.RemarkName
		c.changed = true
	default:
		return retCode(1)
	}
	return retCode(0)
}

// webwxgeticon is an avatar or the picture of a location.
func (s *Server) webwxgeticon(w http.ResponseWriter, c *call) {
	code := 0
	s.locked(func() { _, code = s.byCookies(c.r) })
	if code != 0 {
		writeJSON(w, failure(c.endpoint, code))
		return
	}
	w.Header().Set("Content-Type", "image/jpeg")
	_, _ = w.Write(portrait)
}
