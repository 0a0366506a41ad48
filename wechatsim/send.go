package wechatsim

import (
	"bytes"
	"encoding/xml"
	"strings"
	"time"
	"unicode/utf8"
)

// flexible is a JSON string that some clients write as a number.
type flexible string

func (f *flexible) UnmarshalJSON(raw []byte) error {
	*f = flexible(bytes.Trim(raw, `"`))
	return nil
}

// outgoing is Msg in the requests of the sending endpoints.
type outgoing struct {
	Content      string
	FromUserName string
	ToUserName   string
	LocalID      flexible
	ClientMsgId  flexible //nolint:revive // the names are the protocol's
	MediaId      string   //nolint:revive // as above
	EMoticonMd5  string
	Signature    string
}

// sendReply is the reply of the sending endpoints.
type sendReply struct {
	BaseResponse baseResponse
	MsgID        string
	LocalID      string
}

func (s *Server) webwxsendmsg(c *call) any {
	return s.send(c, func(o outgoing) (Content, int) {
		text, ret := s.clip(o.Content)
		return Text(text), ret
	})
}

func (s *Server) webwxsendmsgimg(c *call) any {
	return s.sendMedia(c, func(_ string, data []byte) Content { return Image(data) })
}

func (s *Server) webwxsendvideomsg(c *call) any {
	return s.sendMedia(c, func(_ string, data []byte) Content { return Video(data, 0) })
}

func (s *Server) webwxsendemoticon(c *call) any {
	return s.sendMedia(c, func(_ string, data []byte) Content { return Sticker(data) })
}

// sendMedia sends what was uploaded, or, without a MediaId, forwards what Content or EMoticonMd5 names.
func (s *Server) sendMedia(c *call, content func(name string, data []byte) Content) any {
	return s.send(c, func(o outgoing) (Content, int) {
		if o.MediaId == "" && (o.Content != "" || o.EMoticonMd5 != "") {
			return content("", nil), 0
		}
		f := s.media[o.MediaId]
		if f == nil {
			return Content{}, 1
		}
		return content(f.name, f.data), 0
	})
}

// webwxsendappmsg sends files; other app messages pass as links.
func (s *Server) webwxsendappmsg(c *call) any {
	return s.send(c, func(o outgoing) (Content, int) {
		var app struct {
			Title  string `xml:"title"`
			Type   int    `xml:"type"`
			URL    string `xml:"url"`
			Attach struct {
				ID string `xml:"attachid"`
			} `xml:"appattach"`
		}
		if xml.Unmarshal([]byte(o.Content), &app) != nil {
			return Content{}, 1
		}
		if app.Type != appFile {
			return Link(app.Title, app.URL), 0
		}
		f := s.media[app.Attach.ID]
		if f == nil || f.signature != "" && o.Signature != f.signature {
			return Content{}, 1
		}
		return File(app.Title, f.data), 0
	})
}

// send accepts a message from a web session and delivers it.
func (s *Server) send(c *call, content func(outgoing) (Content, int)) any {
	var req struct{ Msg outgoing }
	if !c.decode(&req) {
		return retCode(1)
	}
	sess, a, o := c.sess, c.sess.account, req.Msg
	if o.FromUserName != sess.name(a) {
		return retCode(1)
	}
	to, ok := sess.lookup(o.ToUserName).(Chat)
	if g, isGroup := to.(*Group); !ok || isGroup && !g.has(a) {
		return retCode(1204) // to oneself, or to nobody
	}
	if first, again := sess.sent[string(o.ClientMsgId)]; again && s.behaviour.DedupeClientMsgID {
		return sendReply{MsgID: first, LocalID: string(o.LocalID)}
	}
	if a.tooOften() {
		return retCode(1205)
	}
	what, ret := content(o)
	if ret != 0 {
		return retCode(ret)
	}
	m := s.compose(a, to, what)
	bubble := what.bubble(m.msgID(), a.id, m.at)
	delivered := s.deliver(a, to, m, bubble, a)
	if s.behaviour.EchoSends {
		a.push(item{msg: m})
	}
	if what.data != nil && s.behaviour.MediaKeyAhead {
		a.checkVersion++
		a.signal()
	}
	sess.sent[string(o.ClientMsgId)] = m.msgID()
	s.ledger = append(s.ledger, Sent{
		Seq: len(s.ledger) + 1, At: m.at, Account: a.id, To: to.ID(), Type: m.msgType, Content: o.Content, Name: what.name,
		Data: what.data, ClientMsgID: string(o.ClientMsgId), MsgID: m.msgID(), Delivered: delivered,
	})
	c.changed = true
	return sendReply{MsgID: m.msgID(), LocalID: string(o.LocalID)}
}

// deliver shows a message of the account on the other side's phone. It reports whether it got there; the account
// learns that from a grey line only. Web sessions of other accounts in a group are told; but is the one that is not.
func (s *Server) deliver(a *Account, to entity, m *message, bubble Message, but *Account) bool {
	switch to := to.(type) {
	case *Group:
		to.broadcast(m, bubble, but)
	case *Person:
		f := a.friends[to]
		a.touch(to)
		switch {
		case f == nil && !a.open, f != nil && f.deleted:
			a.system(to, to.profile.Nick+noFriend+noFriendAsk)
			return false
		case f != nil && f.blocked:
			a.system(to, refusedText)
			return false
		}
		to.show(a, bubble)
	}
	return true
}

// SayFromPhone writes a text on the account's own phone. Web sessions see it as sent by themselves.
func (a *Account) SayFromPhone(to Chat, text string) (msgID string) {
	return a.SendFromPhone(to, Text(text))
}

// SendFromPhone sends anything from the account's own phone; see SayFromPhone.
func (a *Account) SendFromPhone(to Chat, c Content) (msgID string) {
	a.s.update(func() {
		if g, ok := to.(*Group); ok && !g.has(a) {
			return
		}
		m := a.s.compose(a, to, c)
		a.push(item{msg: m})
		a.s.deliver(a, to, m, c.bubble(m.msgID(), a.id, m.at), a)
		msgID = m.msgID()
	})
	return msgID
}

// clip applies the limits of a text.
func (s *Server) clip(text string) (cut string, ret int) {
	b := s.behaviour
	end, runes := 0, 0
	for end < len(text) {
		_, size := utf8.DecodeRuneInString(text[end:])
		if b.TextLimit > 0 && runes == b.TextLimit || b.TextLimitBytes > 0 && end+size > b.TextLimitBytes {
			break
		}
		end, runes = end+size, runes+1
	}
	switch {
	case end == len(text) || b.TextPolicy == TextAccept:
		return text, 0
	case b.TextPolicy == TextCut:
		return text[:end], 0
	}
	return "", 1
}

// tooOften counts a send against Behaviour.Rate.
func (a *Account) tooOften() bool {
	rate, now := a.s.behaviour.Rate, a.s.opts.Now()
	if rate.Sends <= 0 {
		return false
	}
	if now.Before(a.limitedUntil) {
		return true
	}
	old := 0
	for old < len(a.accepted) && now.Sub(a.accepted[old]) >= rate.Window {
		old++
	}
	a.accepted = append([]time.Time{}, a.accepted[old:]...)
	if len(a.accepted) >= rate.Sends {
		a.limitedUntil = now.Add(rate.Recovery)
		return true
	}
	a.accepted = append(a.accepted, now)
	return false
}

// webwxrevokemsg takes back what the session sent less than two minutes ago.
func (s *Server) webwxrevokemsg(c *call) any {
	var req struct {
		SvrMsgId   flexible //nolint:revive // the names are the protocol's
		ToUserName string
	}
	if !c.decode(&req) {
		return retCode(1)
	}
	a := c.sess.account
	m := s.messages[string(req.SvrMsgId)]
	if m == nil || m.from != entity(a) || m.to != c.sess.lookup(req.ToUserName) || s.tooLate(m) {
		return retCode(1)
	}
	line := `"` + a.nick + `" 撤回了一条消息`
	switch to := m.to.(type) {
	case *Person:
		withdraw(to.chats[a], m.msgID(), line)
	case *Group:
		withdraw(to.chat, m.msgID(), line)
	}
	c.changed = true
	return struct {
		BaseResponse baseResponse
		Introduction string
		SysWording   string
	}{}
}

// splitList splits what has commas between.
func splitList(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' })
}
