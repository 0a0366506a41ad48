package wechatsim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// entity is whatever has a user name: a person, a group, an account or one of WeChat's own helpers.
type entity interface {
	// ID is stable and unique within the server.
	ID() string
}

// helper is an account of WeChat's own, whose user name is fixed.
type helper string

func (h helper) ID() string { return string(h) }

// Helpers used here; the real server knows more.
const (
	fileHelper     helper = "filehelper"
	friendMessages helper = "fmessage"
	weixinTeam     helper = "weixin"
)

// session is one login of an account, from webwxnewloginpage until somebody ends it. A hot login continues it.
type session struct {
	account    *Account
	generation int // number of the login, 1 for the account's first
	started    time.Time
	code       int // why it ended, 0 while it lives
	inits      int

	sid, skey, passTicket, dataTicket, authTicket, uvid string

	names   map[entity]string
	byName  map[string]entity
	renames map[entity]int
	first   int               // position of the log at login
	sent    map[string]string // ClientMsgId → MsgID
}

// startSession logs an account in, which ends its previous session.
func (s *Server) startSession(a *Account) *session {
	if a.sess != nil && a.sess.code == 0 {
		a.sess.end(1101)
	}
	a.logins++
	sess := &session{
		account: a, generation: a.logins, started: s.opts.Now(),
		sid: s.token(16), skey: "@crypt_" + s.token(8) + "_" + s.token(32), passTicket: s.token(20) + "%2B" + s.token(20) + "%3D",
		dataTicket: "gS" + s.token(22), authTicket: "CIsBE" + s.token(60), uvid: s.token(64),
		names: map[entity]string{}, byName: map[string]entity{}, renames: map[entity]int{}, sent: map[string]string{},
		first: a.head(),
	}
	a.sess, a.pushed = sess, ""
	s.sessions[sess.sid] = sess
	a.signal()
	return sess
}

func (sess *session) end(code int) {
	if sess.code == 0 {
		sess.code = code
		// Nobody uses its names any more, and there may be thousands. UserNameOf makes them up again, the same ones.
		sess.names, sess.byName = map[entity]string{}, map[string]entity{}
	}
	sess.account.signal()
}

// ended is the code that a session has ended with, 0 while it lives.
func (s *Server) ended(sess *session) int {
	if sess.code == 0 && s.behaviour.SessionLife > 0 && s.opts.Now().Sub(sess.started) >= s.behaviour.SessionLife {
		code := s.behaviour.SessionEnd
		if code == 0 {
			code = 1102
		}
		sess.end(code)
	}
	return sess.code
}

// name is the user name of an entity in this session.
func (sess *session) name(e entity) string {
	if h, ok := e.(helper); ok {
		return string(h)
	}
	if n, ok := sess.names[e]; ok {
		return n
	}
	a := sess.account
	hex := digits(64, a.s.opts.Seed, " ", a.id, " ", sess.generation, " ", sess.renames[e], " ", e.ID())
	n := "@" + hex
	switch e := e.(type) {
	case *Group:
		n = "@@" + hex
	case *Person:
		if e.profile.VerifyFlag != 0 {
			n = "@" + hex[:32]
		}
	}
	sess.names[e], sess.byName[n] = n, e
	return n
}

// rename gives an entity another user name. The old one is forgotten.
func (sess *session) rename(e entity) {
	delete(sess.byName, sess.names[e])
	delete(sess.names, e)
	sess.renames[e]++
}

// lookup finds who a user name of this session stands for, nil if nobody.
func (sess *session) lookup(name string) entity {
	switch h := helper(name); h {
	case fileHelper, friendMessages, weixinTeam:
		return h
	}
	return sess.byName[name]
}

// number is a JSON number that some clients write as a string.
type number int64

func (n *number) UnmarshalJSON(raw []byte) error {
	v, err := strconv.ParseInt(string(bytes.Trim(raw, `"`)), 10, 64)
	*n = number(v)
	return err
}

// baseRequest is in every JSON request.
type baseRequest struct {
	Uin      number
	Sid      string
	Skey     string
	DeviceID string
}

// authenticate finds the session of a request by its cookies and checks that BaseRequest, or the query of a GET, agrees.
// It returns the code to answer with, 0 if all is well.
func (s *Server) authenticate(c *call) int {
	var base baseRequest
	if c.r.Method == http.MethodPost {
		var body struct{ BaseRequest *baseRequest }
		if json.Unmarshal(c.body, &body) != nil || body.BaseRequest == nil {
			return 1
		}
		base = *body.BaseRequest
	} else {
		base.Skey = c.query.Get("skey")
	}
	sess, ret := s.byCookies(c.r)
	switch {
	case ret != 0:
		return ret
	case c.r.Method == http.MethodPost && (base.Sid != sess.sid || int64(base.Uin) != sess.account.uin):
		return 1101
	case base.Skey != sess.skey:
		return -14
	}
	c.sess = sess
	return 0
}

// byCookies finds the live session that wxuin and wxsid name, or the code to answer with.
func (s *Server) byCookies(r *http.Request) (*session, int) {
	uin, sid := cookie(r, "wxuin"), cookie(r, "wxsid")
	if uin == "" || sid == "" {
		return nil, 1102
	}
	sess := s.sessions[sid]
	switch {
	case sess == nil:
		return nil, 1101
	case uin != fmt.Sprint(sess.account.uin):
		return nil, 1102
	}
	if code := s.ended(sess); code != 0 {
		return nil, code
	}
	return sess, 0
}

func cookie(r *http.Request, name string) string {
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

// Lives of the cookies.
const (
	cookieShort = 12 * time.Hour
	cookieUin   = 3 * 24 * time.Hour
	cookieLong  = 10 * 365 * 24 * time.Hour
)

// ticketDomain is where webwx_data_ticket is valid.
func (s *Server) ticketDomain() string {
	if strings.HasSuffix(s.opts.Domain, ".qq.com") {
		return ".qq.com"
	}
	return s.opts.Domain
}

// loginCookies are set by webwxnewloginpage.
func (s *Server) loginCookies(h http.Header, sess *session) {
	d := s.opts.Domain
	s.setCookie(h, "wxuin", fmt.Sprint(sess.account.uin), d, cookieShort)
	s.setCookie(h, "wxsid", sess.sid, d, cookieShort)
	s.setCookie(h, "wxloadtime", fmt.Sprint(s.opts.Now().Unix()), d, cookieShort)
	s.setCookie(h, "mm_lang", "zh_CN", d, cookieShort)
	s.setCookie(h, "webwx_data_ticket", sess.dataTicket, s.ticketDomain(), cookieShort)
	s.setCookie(h, "webwxuvid", sess.uvid, d, cookieLong)
	s.setCookie(h, "webwx_auth_ticket", sess.authTicket, d, cookieLong)
}

// syncCookies are set again by webwxsync.
func (s *Server) syncCookies(h http.Header, sess *session) {
	d := s.opts.Domain
	s.setCookie(h, "wxloadtime", fmt.Sprintf("%d_expired", s.opts.Now().Unix()), d, cookieShort)
	s.setCookie(h, "wxpluginkey", fmt.Sprint(s.opts.Now().Unix()), d, cookieShort)
	s.setCookie(h, "wxuin", fmt.Sprint(sess.account.uin), d, cookieUin)
	s.setCookie(h, "wxsid", sess.sid, d, cookieShort)
	s.setCookie(h, "webwx_data_ticket", sess.dataTicket, s.ticketDomain(), cookieShort)
}

func (s *Server) setCookie(h http.Header, name, value, domain string, life time.Duration) {
	expires := s.opts.CookieNow().Add(life).UTC().Format("Mon, 02-Jan-2006 15:04:05 GMT")
	h.Add("Set-Cookie", fmt.Sprintf("%s=%s; Domain=%s; Path=/; Expires=%s; Secure", name, value, domain, expires))
}
