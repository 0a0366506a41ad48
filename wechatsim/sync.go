package wechatsim

import (
	"fmt"
	"net/http"
	"time"
)

// synccheck is the long poll: is there anything after this key?
func (s *Server) synccheck(w http.ResponseWriter, c *call) {
	key := parseKey(c.query.Get("synckey"))
	hold := time.NewTimer(s.opts.PollHold)
	defer hold.Stop()
	held := false
	for {
		var code, selector int
		var wake chan struct{}
		left := s.opts.PollHold
		s.locked(func() {
			var sess *session
			if sess, code = s.checkSession(c); code != 0 {
				return
			}
			selector, wake = sess.account.selector(sess, key), sess.account.wake
			if life := s.behaviour.SessionLife; life > 0 {
				left = sess.started.Add(life).Sub(s.opts.Now())
			}
		})
		if code != 0 || selector != 0 || held {
			writeScript(w, checkReply(code, selector))
			return
		}
		// After waiting, the session is looked at once more: it may have aged.
		held = !waitEither(c.r.Context(), wake, hold, left)
		if c.r.Context().Err() != nil {
			return
		}
	}
}

func checkReply(code, selector int) string {
	return fmt.Sprintf(`window.synccheck={retcode:"%d",selector:"%d"}`, code, selector)
}

// checkSession authenticates a synccheck, which has no body, by cookies and query.
func (s *Server) checkSession(c *call) (*session, int) {
	sess, code := s.byCookies(c.r)
	switch {
	case code != 0:
		return nil, code
	case c.query.Get("sid") != sess.sid || c.query.Get("uin") != fmt.Sprint(sess.account.uin) || c.query.Get("skey") != sess.skey:
		return nil, 1102
	}
	return sess, 0
}

// selector is the hint what lies after a key, 0 if nothing. A key it cannot read is answered at once.
func (a *Account) selector(sess *session, key syncKey) int {
	position, version, ok := key.where()
	if !ok {
		return 2
	}
	hint := 0
	for i := max(position, a.dropped); i < a.visible(); i++ {
		it := a.log[i-a.dropped]
		if it.only != nil && it.only != sess {
			continue
		}
		switch it.kind {
		case itemMessage:
			return 2
		case itemModContact:
			hint = 4
		case itemChat:
			hint = 7
		default:
			hint = 6
		}
	}
	if hint == 0 && version < a.checkVersion && !a.asleep {
		hint = 2
	}
	return hint
}

// syncReply is the reply of webwxsync.
type syncReply struct {
	BaseResponse           baseResponse
	AddMsgCount            int
	AddMsgList             []wireMessage
	ModContactCount        int
	ModContactList         []modContact
	DelContactCount        int
	DelContactList         []delContact
	ModChatRoomMemberCount int
	ModChatRoomMemberList  []contact
	Profile                profile
	ContinueFlag           int
	SyncKey                syncKey
	SKey                   string
	SyncCheckKey           syncKey
}

type delContact struct {
	UserName    string
	ContactFlag int
}

// buff is how the profile wraps strings.
type buff struct{ Buff string }

type profile struct {
	BitFlag           int
	UserName          buff
	NickName          buff
	BindUin           int
	BindEmail         buff
	BindMobile        buff
	Status            int
	Sex               int
	PersonalCard      int
	Alias             string
	HeadImgUpdateFlag int
	HeadImgUrl        string
	Signature         string
}

// whole sets the counts; lists are never null.
func (r syncReply) whole() syncReply {
	r.AddMsgList = append([]wireMessage{}, r.AddMsgList...)
	r.ModContactList = append([]modContact{}, r.ModContactList...)
	r.DelContactList = append([]delContact{}, r.DelContactList...)
	r.ModChatRoomMemberList = append([]contact{}, r.ModChatRoomMemberList...)
	r.AddMsgCount, r.ModContactCount = len(r.AddMsgList), len(r.ModContactList)
	r.DelContactCount, r.ModChatRoomMemberCount = len(r.DelContactList), len(r.ModChatRoomMemberList)
	return r
}

// webwxsync hands out what lies after the client's key, oldest first. A key it cannot read means all since the login.
func (s *Server) webwxsync(c *call) any {
	var req struct{ SyncKey syncKey }
	if !c.decode(&req) {
		return retCode(1)
	}
	sess, a := c.sess, c.sess.account
	position, _, ok := req.SyncKey.where()
	if !ok {
		position = sess.first
	}
	s.syncCookies(c.header, sess)
	limit := s.behaviour.SyncBatch
	if limit <= 0 {
		limit = 100
	}
	var r syncReply
	i := max(position, a.dropped)
	for taken := 0; i < a.visible() && taken < limit; i++ {
		it := a.log[i-a.dropped]
		if it.only != nil && it.only != sess {
			continue
		}
		taken++
		sess.tell(&r, it)
	}
	if i < a.visible() {
		r.ContinueFlag = 1
	}
	r.SyncKey, r.SyncCheckKey = keyAt(i, a.syncVersion), keyAt(i, a.checkVersion)
	return r.whole()
}

// tell adds an item to a reply.
func (sess *session) tell(r *syncReply, it item) {
	switch it.kind {
	case itemMessage, itemChat:
		r.AddMsgList = append(r.AddMsgList, sess.render(it.msg))
	case itemModContact, itemAddContact:
		r.ModContactList = append(r.ModContactList, sess.modContact(it.who))
	case itemMembers:
		r.ModChatRoomMemberList = append(r.ModChatRoomMemberList, sess.contact(it.who, true))
	case itemDelContact:
		r.DelContactList = append(r.DelContactList, delContact{UserName: sess.name(it.who)})
	}
}
