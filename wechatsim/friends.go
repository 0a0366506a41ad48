package wechatsim

import (
	"fmt"
)

// request is a friend request that waits for an answer.
type request struct {
	ticket string
}

// What the server writes about friendships.
const (
	noFriend    = "开启了朋友验证，你还不是他（她）朋友。请先发送朋友验证请求，对方验证通过后，才能聊天。"
	noFriendAsk = `<a href="weixin://findfriend/verifycontact">发送朋友验证</a>`
	refusedText = "消息已发出，但被对方拒收了。"
	acceptText  = "我通过了你的朋友验证请求，现在我们可以开始聊天了"
)

// Befriend asks the account to become friends and returns the MsgID of the request, "" if none was needed: an account
// that still has the person in its contacts is not asked, nor one that SetOpen says takes everybody.
func (p *Person) Befriend(a *Account, greeting string) (msgID string) {
	p.s.update(func() {
		if f := a.friends[p]; f != nil {
			f.deleted = false
			p.grey(a, "你已添加了"+a.nick+"，现在可以开始聊天了。")
			return
		}
		if a.open {
			p.join(a, p.profile.Nick+"刚刚把你添加到通讯录，现在可以开始聊天了。")
			return
		}
		r := &request{ticket: "v4_" + p.s.token(60) + "@stranger"}
		a.pending[p] = r
		m := p.s.newMessage(friendMessages, a, typeFriendRequest, "")
		m.about = p
		info := recommendation(p)
		info.Content, info.Ticket, info.Scene, info.OpCode = encodeText(greeting), r.ticket, 30, 2
		m.extra().RecommendInfo, m.extra().Ticket = info, r.ticket
		f := p.profile
		m.body = encodeText(fmt.Sprintf(`<msg fromusername="%s" encryptusername="v3_%s@stranger" fromnickname="%s" content="%s" fullpy="" shortpy="" `+
			`imagestatus="3" scene="30" country="CN" province="%s" city="%s" sign="%s" percard="1" sex="%d" alias="%s" weibo="" weibonickname="" `+
			`albumflag="0" albumstyle="0" albumbgimgid="" snsflag="0" snsbgimgid="" snsbgobjectid="0" mhash="" mfullhash="" bigheadimgurl="" `+
			`smallheadimgurl="" ticket="%s" opcode="2" googlecontact="" qrticket="" chatroomusername="" sourceusername="" sourcenickname="">`+
			`<brandlist count="0" ver="640000000"></brandlist></msg>`,
			digits(20, "wxid ", p.id), digits(60, "encrypted ", p.id), xmlText(f.Nick), xmlText(greeting), xmlText(f.Province), xmlText(f.City),
			xmlText(f.Signature), f.Sex, xmlText(f.Alias), r.ticket))
		p.grey(a, "你发送了朋友验证请求："+greeting)
		a.push(item{msg: m})
		msgID = m.msgID()
	})
	return msgID
}

// recommendation is what RecommendInfo tells about a person.
func recommendation(p *Person) wireRecommend {
	f := p.profile
	return wireRecommend{
		NickName: encodeText(f.Nick), Province: f.Province, City: f.City, Signature: encodeText(f.Signature), Alias: f.Alias,
		VerifyFlag: f.VerifyFlag, Sex: f.Sex,
	}
}

// join makes the two friends and tells both sides; line is what the account reads.
func (p *Person) join(a *Account, line string) {
	delete(a.pending, p)
	a.include(p)
	a.push(item{kind: itemAddContact, who: p})
	a.touch(p)
	a.system(p, line)
	p.grey(a, "你已添加了"+a.nick+"，现在可以开始聊天了。")
}

// system puts a grey line into one of the account's chats.
func (a *Account) system(chat entity, line string) {
	a.push(item{msg: a.s.newMessage(chat, a, typeSystem, encodeText(line))})
}

// Operations of webwxverifyuser.
const (
	verifyAsk    = 2
	verifyAccept = 3
	verifyReject = 4
)

// webwxverifyuser accepts or rejects a friend request, or sends one.
func (s *Server) webwxverifyuser(c *call) any {
	var req struct {
		Opcode         int
		VerifyContent  string
		VerifyUserList []struct{ Value, VerifyUserTicket string }
	}
	if !c.decode(&req) || len(req.VerifyUserList) != 1 {
		return retCode(1)
	}
	a := c.sess.account
	p, _ := c.sess.lookup(req.VerifyUserList[0].Value).(*Person)
	if p == nil {
		return retCode(-1)
	}
	c.changed = true
	if req.Opcode == verifyAsk {
		p.grey(a, a.nick+"请求添加你为朋友："+req.VerifyContent)
		return retCode(0)
	}
	r := a.pending[p]
	if r == nil || r.ticket != req.VerifyUserList[0].VerifyUserTicket {
		return retCode(-1)
	}
	switch req.Opcode {
	case verifyAccept:
		s.accept(c.sess, p)
	case verifyReject:
		delete(a.pending, p)
	default:
		return retCode(1)
	}
	return retCode(0)
}

// accept makes the asking person a friend.
func (s *Server) accept(sess *session, p *Person) {
	a := sess.account
	if s.behaviour.RenameOnAccept {
		sess.rename(p)
	}
	p.join(a, "你已添加了"+p.profile.Nick+"，现在可以开始聊天了。")
	if s.behaviour.AcceptText {
		m := s.compose(p, a, Text(acceptText))
		p.show(a, Text(acceptText).bubble(m.msgID(), p.id, m.at))
		a.push(item{msg: m})
	}
}
