package wechatsim

import (
	"context"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"image/jpeg"
	"net/http"
	"net/url"
	"path"
	"time"

	"rsc.io/qr"
)

// Errors of the phone's side of a login.
var (
	ErrNoQR       = errors.New("no such QR code, or it has expired")
	ErrNotScanned = errors.New("this account has not scanned the QR code")
)

// qrState is how far a QR code is.
type qrState int

const (
	qrShown qrState = iota
	qrScanned
	qrConfirmed
	qrCancelled
)

// qrCode is one login being attempted, by a picture to scan or by a push to the phone.
type qrCode struct {
	uuid    string
	born    time.Time
	state   qrState
	by      *Account
	told201 bool   // a poll has learned of the scan
	ticket  string // of the redirect, once confirmed; used up by webwxnewloginpage
	wake    chan struct{}
}

func (q *qrCode) become(state qrState, by *Account) {
	q.state, q.by = state, by
	close(q.wake)
	q.wake = make(chan struct{})
}

func (s *Server) newQR() *qrCode {
	uuid := base64.URLEncoding.EncodeToString([]byte(s.token(7)))
	q := &qrCode{uuid: uuid, born: s.opts.Now(), ticket: s.token(32), wake: make(chan struct{})}
	for old, other := range s.qrs {
		if s.expired(other) {
			delete(s.qrs, old)
		}
	}
	s.qrs[q.uuid] = q
	return q
}

func (s *Server) expired(q *qrCode) bool { return !s.opts.Now().Before(q.born.Add(s.opts.QRLife)) }

// LastQR is the uuid of the QR code shown last, "" before the first. The picture encodes
// https://login.weixin.qq.com/l/ followed by the uuid.
func (s *Server) LastQR() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lastQR
}

// AutoConfirm lets a's phone scan and confirm every QR code at once from now on, the one being shown included, and
// confirm pushed logins; nil ends it.
func (s *Server) AutoConfirm(a *Account) {
	s.update(func() {
		s.auto = a
		if q := s.qrs[s.lastQR]; a != nil && q != nil && q.state == qrShown && !s.expired(q) {
			q.become(qrConfirmed, a)
		}
	})
}

// Scan points the phone at a QR code.
func (a *Account) Scan(uuid string) error {
	return a.withQR(uuid, func(q *qrCode) error {
		if q.state != qrShown {
			return fmt.Errorf("scan: %w", ErrNoQR)
		}
		q.become(qrScanned, a)
		return nil
	})
}

// Confirm taps 登录 on the phone, after Scan or after the bot asked for a pushed login.
func (a *Account) Confirm(uuid string) error {
	return a.withQR(uuid, func(q *qrCode) error {
		if q.state != qrScanned || q.by != a {
			return fmt.Errorf("confirm: %w", ErrNotScanned)
		}
		q.become(qrConfirmed, a)
		return nil
	})
}

// Cancel taps 取消登录 on the phone.
func (a *Account) Cancel(uuid string) error {
	return a.withQR(uuid, func(q *qrCode) error {
		if q.state != qrScanned || q.by != a {
			return fmt.Errorf("cancel: %w", ErrNotScanned)
		}
		q.become(qrCancelled, a)
		return nil
	})
}

func (a *Account) withQR(uuid string, act func(*qrCode) error) (err error) {
	a.s.update(func() {
		q := a.s.qrs[uuid]
		if q == nil || a.s.expired(q) {
			err = ErrNoQR
			return
		}
		err = act(q)
	})
	return err
}

// jslogin hands out the uuid of a new QR code.
func (s *Server) jslogin(w http.ResponseWriter, _ *call) {
	var uuid string
	s.update(func() {
		q := s.newQR()
		uuid, s.lastQR = q.uuid, q.uuid
		if s.auto != nil {
			q.become(qrConfirmed, s.auto)
		}
	})
	writeScript(w, fmt.Sprintf(`window.QRLogin.code = 200; window.QRLogin.uuid = "%s";`, uuid))
}

// qrcode draws a QR code.
func (s *Server) qrcode(w http.ResponseWriter, c *call) {
	uuid := path.Base(c.r.URL.Path)
	known := false
	s.locked(func() { known = s.qrs[uuid] != nil })
	code, err := qr.Encode("https://"+qrHost+"/l/"+uuid, qr.L)
	if !known || err != nil {
		http.NotFound(w, c.r)
		return
	}
	w.Header().Set("Content-Type", "image/jpeg")
	_ = jpeg.Encode(w, code.Image(), nil)
}

// login is the long poll for what the phone did with a QR code.
func (s *Server) login(w http.ResponseWriter, c *call) {
	uuid := c.query.Get("uuid")
	until := time.NewTimer(s.opts.PollHold)
	defer until.Stop()
	for {
		var answer string
		var wake chan struct{}
		var left time.Duration
		s.locked(func() {
			q := s.qrs[uuid]
			if q == nil || s.expired(q) {
				answer = loginCode(400)
				return
			}
			answer, wake = s.loginState(q), q.wake
			left = q.born.Add(s.opts.QRLife).Sub(s.opts.Now())
		})
		if answer == "" && !waitEither(c.r.Context(), wake, until, left) {
			answer = loginCode(408)
			s.locked(func() {
				if q := s.qrs[uuid]; q == nil || s.expired(q) {
					answer = loginCode(400)
				}
			})
		}
		if answer != "" || c.r.Context().Err() != nil {
			writeScript(w, answer)
			return
		}
	}
}

// waitEither waits for wake, true, or until a timer or the context ends, or left passes, false.
func waitEither(ctx context.Context, wake <-chan struct{}, until *time.Timer, left time.Duration) bool {
	end := time.NewTimer(left)
	defer end.Stop()
	select {
	case <-wake:
		return true
	case <-until.C:
	case <-end.C:
	case <-ctx.Done():
	}
	return false
}

// loginState is the answer to a poll, "" if there is none yet.
func (s *Server) loginState(q *qrCode) string {
	switch q.state {
	case qrScanned:
		if !q.told201 {
			q.told201 = true
			return loginCode(201)
		}
	case qrCancelled:
		return loginCode(202)
	case qrConfirmed:
		v := url.Values{}
		v.Set("uuid", q.uuid)
		v.Set("lang", "zh_CN")
		v.Set("scan", fmt.Sprint(s.opts.Now().Unix()))
		return fmt.Sprintf("window.code=200;\nwindow.redirect_uri=\"https://%s%swebwxnewloginpage?ticket=%s@qrticket_0&%s\";",
			s.opts.Domain, prefix, q.ticket, v.Encode())
	}
	return ""
}

// loginCode is an answer of the login poll without an address.
func loginCode(code int) string {
	if code == 201 {
		return fmt.Sprintf("window.code=201;window.userAvatar = 'data:img/jpg;base64,%s';", base64.StdEncoding.EncodeToString(portrait))
	}
	return fmt.Sprintf("window.code=%d;", code)
}

// loginPage is the reply of webwxnewloginpage.
type loginPage struct {
	XMLName     xml.Name `xml:"error"`
	Ret         int      `xml:"ret"`
	Message     string   `xml:"message"`
	Skey        string   `xml:"skey,omitempty"`
	Sid         string   `xml:"wxsid,omitempty"`
	Uin         int64    `xml:"wxuin,omitempty"`
	PassTicket  string   `xml:"pass_ticket,omitempty"`
	IsGrayscale int      `xml:"isgrayscale,omitempty"`
}

// Messages of refused logins.
var loginRefusals = map[int]string{
	1203: "为了你的帐号安全，此微信号不能登录网页微信。你可以使用Windows微信或Mac微信在电脑端登录。",
}

func refuseLogin(w http.ResponseWriter, ret int) {
	message := loginRefusals[ret]
	if message == "" {
		message = "当前登录环境异常。为了你的帐号安全，暂时不能登录web微信。"
	}
	writeXML(w, loginPage{Ret: ret, Message: message})
}

func writeXML(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "text/plain")
	_ = xml.NewEncoder(w).Encode(v)
}

// webwxnewloginpage turns a confirmed QR code into a session.
func (s *Server) webwxnewloginpage(w http.ResponseWriter, c *call) {
	if c.query.Get("version") != "v2" {
		w.WriteHeader(http.StatusMovedPermanently) // without a Location, as found
		return
	}
	var sess *session
	refused := 0
	s.update(func() {
		q := s.qrs[c.query.Get("uuid")]
		if q == nil || s.expired(q) || q.state != qrConfirmed || c.query.Get("ticket") != q.ticket+"@qrticket_0" {
			refused = 1
			return
		}
		if q.by.webBarred && (c.r.Header.Get("client-version") == "" || c.r.Header.Get("extspam") == "") {
			refused = 1203
			return
		}
		delete(s.qrs, q.uuid)
		sess = s.startSession(q.by)
		s.loginCookies(c.header, sess)
	})
	if sess == nil {
		refuseLogin(w, refused)
		return
	}
	writeXML(w, loginPage{Skey: sess.skey, Sid: sess.sid, Uin: sess.account.uin, PassTicket: sess.passTicket, IsGrayscale: 1})
}

// pushReply is the reply of webwxpushloginurl, whose ret is a string.
type pushReply struct {
	Ret  string `json:"ret"`
	Msg  string `json:"msg"`
	UUID string `json:"uuid,omitempty"`
}

// webwxpushloginurl asks the phone of an account that was logged in here before to confirm another login.
func (s *Server) webwxpushloginurl(w http.ResponseWriter, c *call) {
	answer := pushReply{Ret: "1", Msg: "device authinfo invalid"}
	s.update(func() {
		a := s.accountByUin(c.query.Get("uin"))
		if a == nil || a.sess == nil || cookie(c.r, "wxuin") != fmt.Sprint(a.uin) || cookie(c.r, "webwx_auth_ticket") != a.sess.authTicket {
			return
		}
		q := s.newQR()
		q.told201 = true // nothing was scanned; the phone only shows a button
		q.become(qrScanned, a)
		a.pushed = q.uuid
		if s.auto == a {
			q.become(qrConfirmed, a)
		}
		answer = pushReply{Ret: "0", Msg: "all ok", UUID: q.uuid}
	})
	writeJSON(w, answer)
}

// webwxlogout ends the session and redirects with an empty body.
func (s *Server) webwxlogout(w http.ResponseWriter, c *call) {
	s.update(func() {
		if sess := s.sessions[cookie(c.r, "wxsid")]; sess != nil && s.ended(sess) == 0 && c.query.Get("skey") == sess.skey {
			sess.end(1101)
		}
	})
	w.Header().Set("Location", "https://"+s.opts.Domain+"/")
	w.WriteHeader(http.StatusMovedPermanently)
}
