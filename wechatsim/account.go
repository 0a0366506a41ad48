package wechatsim

import (
	"fmt"
	"slices"
	"time"
)

// Account is one WeChat account: its phone, its address book and at most one web session.
type Account struct {
	s  *Server
	id string

	uin int64

	// Guarded by s.mu.
	nick      string
	avatar    int64
	open      bool // strangers become friends without asking
	webBarred bool

	sess   *session // the last one, nil before the first
	logins int
	pushed string // uuid of the pushed login that waits on the phone

	log          []item
	dropped      int // items cut off before log[0]
	asleep       bool
	frozen       int // the head when the phone fell asleep
	syncVersion  int
	checkVersion int
	wake         chan struct{} // closed and replaced by signal

	friends map[*Person]*friend
	order   []*Person // the address book
	recent  []entity  // chats, latest first
	pending map[*Person]*request

	accepted     []time.Time // sends within Behaviour.Rate's window
	limitedUntil time.Time
}

// friend is somebody in the address book.
type friend struct {
	remark  string
	pinned  bool
	deleted bool // the other side has deleted the account; nobody tells us
	blocked bool // the other side has blocked the account
}

// recentKept is how many recent chats a phone remembers; more than anybody asks for.
const recentKept = 200

// AddAccount makes an account whose phone is on. It panics if the ID is in use.
func (s *Server) AddAccount(id, nick string) *Account {
	a := &Account{
		s: s, id: id, nick: nick, avatar: 620_000_001, wake: make(chan struct{}),
		friends: map[*Person]*friend{}, pending: map[*Person]*request{},
	}
	s.update(func() {
		s.register(a)
		a.uin = 155_217_200 + 7919*int64(len(s.accounts))
		s.accounts = append(s.accounts, a)
	})
	return a
}

// register makes an ID known.
func (s *Server) register(e entity) {
	if s.byID[e.ID()] != nil || e.ID() == "" {
		panic(fmt.Sprintf("wechatsim: the ID %q is empty or in use", e.ID()))
	}
	s.byID[e.ID()] = e
}

// Account finds an account by ID, nil if there is none.
func (s *Server) Account(id string) *Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, _ := s.byID[id].(*Account)
	return a
}

// Accounts are all accounts, in the order they were added.
func (s *Server) Accounts() []*Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.accounts)
}

func (s *Server) accountByUin(uin string) *Account {
	for _, a := range s.accounts {
		if fmt.Sprint(a.uin) == uin {
			return a
		}
	}
	return nil
}

// ID is what tests and the demo call the account; no client ever sees it.
func (a *Account) ID() string { return a.id }

func (a *Account) isMember() {}

// Uin is the account's number, the only id that clients see at every login.
func (a *Account) Uin() int64 { return a.uin }

// Nick is the account's own name.
func (a *Account) Nick() string {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	return a.nick
}

// SetNick changes the account's own name.
func (a *Account) SetNick(nick string) { a.s.update(func() { a.nick = nick }) }

// SetOpen says whether strangers become friends, and may write, without asking. At first they have to ask.
func (a *Account) SetOpen(open bool) { a.s.update(func() { a.open = open }) }

// BarFromWeb lets the plain web client be refused with 1203; the UOS desktop client still gets in.
func (a *Account) BarFromWeb(barred bool) { a.s.update(func() { a.webBarred = barred }) }

// Pushed is the uuid of the pushed login that waits for Confirm, "" if there is none.
func (a *Account) Pushed() string {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	return a.pushed
}

// LoggedIn reports whether the account has a live web session.
func (a *Account) LoggedIn() bool {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	return a.sess != nil && a.s.ended(a.sess) == 0
}

// Logins is how often the account has logged in to the web; user names are valid within one of these logins.
func (a *Account) Logins() int {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	return a.logins
}

// UserNameOf is the user name that the account's present or last session has for somebody, "" before the first login.
func (a *Account) UserNameOf(who interface{ ID() string }) string {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	e, known := a.s.byID[who.ID()]
	if h, ok := who.(helper); ok {
		e, known = h, true
	}
	if a.sess == nil || !known {
		return ""
	}
	return a.sess.name(e)
}

// Kick ends the web session; whatever the client does next is answered with the code: 1100 logged out on the phone,
// 1101 logged in elsewhere, 1102 risk control. Without a session it does nothing.
func (a *Account) Kick(code int) {
	a.s.update(func() {
		if a.sess != nil {
			a.sess.end(code)
		}
	})
}

// Relogin ends the web session with 1101 and lets the phone confirm every QR code from now on. The client has to log
// in anew, and every user name is another one then.
func (a *Account) Relogin() {
	a.Kick(1101)
	a.s.AutoConfirm(a)
}

// Sleep makes the session look alive while nothing reaches it any more (假死), until Wake. Sends still work.
func (a *Account) Sleep() {
	a.s.locked(func() {
		if !a.asleep {
			a.asleep, a.frozen = true, a.head()
		}
	})
}

// Wake opens WeChat on the phone: what has queued up is delivered.
func (a *Account) Wake() {
	a.s.locked(func() {
		a.asleep = false
		a.signal()
	})
}

// OpenChat opens a chat on the phone, of which web sessions are told. It ends the loop of Behaviour.MediaKeyAhead.
func (a *Account) OpenChat(c Chat) {
	a.s.locked(func() {
		m := a.s.newMessage(a, c, typeStatus, "")
		m.extra().StatusNotifyCode = 2
		m.chats = []entity{c}
		a.push(item{kind: itemChat, msg: m})
	})
}

// SetRemark gives a friend a remark on the phone, where remarks last.
func (a *Account) SetRemark(p *Person, remark string) {
	a.s.update(func() {
		if f := a.friends[p]; f != nil {
			f.remark = remark
			a.push(item{kind: itemModContact, who: p})
		}
	})
}

// AddFriend makes a friend silently, as if they had been friends for long.
func (a *Account) AddFriend(p *Person) { a.s.update(func() { a.include(p) }) }

// DeleteFriend deletes a friend on the phone.
func (a *Account) DeleteFriend(p *Person) {
	a.s.update(func() {
		if a.friends[p] == nil {
			return
		}
		delete(a.friends, p)
		a.order = slices.DeleteFunc(a.order, func(other *Person) bool { return other == p })
		a.recent = slices.DeleteFunc(a.recent, func(e entity) bool { return e == entity(p) })
		a.push(item{kind: itemDelContact, who: p})
	})
}

// Friends are the people in the address book, in its order.
func (a *Account) Friends() []*Person {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	return slices.Clone(a.order)
}

// IsFriend reports whether a person is in the address book.
func (a *Account) IsFriend(p *Person) bool {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	return a.friends[p] != nil
}

// Requests are the people whose friend requests wait to be answered.
func (a *Account) Requests() []*Person {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	var waiting []*Person
	for _, p := range a.s.people {
		if a.pending[p] != nil {
			waiting = append(waiting, p)
		}
	}
	return waiting
}

// include puts a person into the address book.
func (a *Account) include(p *Person) {
	if a.friends[p] == nil {
		a.friends[p] = &friend{}
		a.order = append(a.order, p)
	}
}

// SessionInfo describes one web login.
type SessionInfo struct {
	Account string // ID
	Login   int    // 1 for the account's first
	Started time.Time
	Ended   int // the code it ended with, 0 while it lives
}

// Sessions are the present or last web login of each account that has logged in.
func (s *Server) Sessions() []SessionInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	var infos []SessionInfo
	for _, a := range s.accounts {
		if a.sess != nil {
			infos = append(infos, SessionInfo{a.id, a.sess.generation, a.sess.started, s.ended(a.sess)})
		}
	}
	return infos
}
