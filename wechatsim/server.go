package wechatsim

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"strconv"
	"sync"
	"time"
)

// Options of a Server. The zero value is usable.
type Options struct {
	// Now is the server's clock: message times, QR life, rates, revocation. Default time.Now.
	Now func() time.Time
	// CookieNow dates the Expires of cookies. It has to agree with the clock of the client's cookie jar, which is
	// time.Now even where Now is a calendar somebody moves. Default time.Now.
	CookieNow func() time.Time
	// PollHold is how long a long poll without news is held. Default 25 s.
	PollHold time.Duration
	// QRLife is how long a QR code can be used. Default 5 min.
	QRLife time.Duration
	// Domain is the base host; its file. and webpush. hosts follow from it. Default wx2.qq.com.
	Domain string
	// Seed makes ids, keys and tickets reproducible.
	Seed uint64
	// ContactPage is the number of contacts per page of webwxgetcontact. Default 500.
	ContactPage int
	// InitContacts is the number of recent chats in webwxinit. Default 10.
	InitContacts int
	// Behaviour is how the server behaves at first; see Server.Behave.
	Behaviour Behaviour
}

// Server is a WeChat web server with its accounts, people and groups. Its methods, and those of everything it makes,
// may be called from any goroutine.
type Server struct {
	opts Options

	mu        sync.Mutex // guards everything below and the state of accounts, people, groups and sessions
	behaviour Behaviour
	accounts  []*Account
	people    []*Person
	groups    []*Group
	byID      map[string]entity // accounts, people and groups
	qrs       map[string]*qrCode
	lastQR    string
	auto      *Account
	sessions  map[string]*session // by sid, ended ones too
	ledger    []Sent
	messages  map[string]*message // by MsgId
	media     map[string]*media   // by MediaId
	uploads   map[string]*upload
	counters  map[string]int
	faults    []*Injection
	subs      []*subscription
	drawn     uint64 // numbers drawn by token
	msgs      int64  // messages numbered by nextMsgID
	authority *authority
}

type subscription struct{ fire func() }

// New makes a server without accounts or people.
func New(o Options) *Server {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.CookieNow == nil {
		o.CookieNow = time.Now
	}
	if o.PollHold == 0 {
		o.PollHold = 25 * time.Second
	}
	if o.QRLife == 0 {
		o.QRLife = 5 * time.Minute
	}
	if o.Domain == "" {
		o.Domain = "wx2.qq.com"
	}
	if o.ContactPage == 0 {
		o.ContactPage = 500
	}
	if o.InitContacts == 0 {
		o.InitContacts = 10
	}
	return &Server{
		opts: o, behaviour: o.Behaviour,
		byID: map[string]entity{},
		qrs:  map[string]*qrCode{}, sessions: map[string]*session{}, messages: map[string]*message{},
		media: map[string]*media{}, uploads: map[string]*upload{}, counters: map[string]int{},
	}
}

// Subscribe calls f after each change of anything a phone, the ledger or a QR code shows, on the goroutine that made
// the change and outside the server's lock. f must not block; it may call the server. The returned function ends it.
func (s *Server) Subscribe(f func()) (cancel func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sub := &subscription{f}
	s.subs = append(s.subs, sub)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		kept := make([]*subscription, 0, len(s.subs))
		for _, other := range s.subs {
			if other != sub {
				kept = append(kept, other)
			}
		}
		s.subs = kept
	}
}

// update runs change under the lock, then tells the subscribers.
func (s *Server) update(change func()) {
	s.locked(change)
	s.tell()
}

// locked runs f under the lock.
func (s *Server) locked(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *Server) tell() {
	s.mu.Lock()
	subs := s.subs // never changed in place, see Subscribe
	subs = subs[:len(subs):len(subs)]
	s.mu.Unlock()
	for _, sub := range subs {
		sub.fire()
	}
}

// Counters is the number of requests per endpoint since New, refused ones included. Endpoints are named by the last
// part of their path; the QR picture counts as "qrcode".
func (s *Server) Counters() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.counters)
}

// token is n hexadecimal digits nobody has seen before, reproducible by Options.Seed.
func (s *Server) token(n int) string {
	s.drawn++
	return digits(n, s.opts.Seed, "token", s.drawn)
}

// digits is n ≤ 64 hexadecimal digits that depend on parts.
func digits(n int, parts ...any) string {
	sum := sha256.Sum256(fmt.Append(nil, parts...))
	return hex.EncodeToString(sum[:])[:n]
}

// nextMsgID numbers a message the way the server does: up to 19 digits, beyond what a float64 holds.
func (s *Server) nextMsgID() int64 {
	s.msgs++
	return 1_234_567_890_123_456_789 + s.msgs*104_729
}

func msgIDText(id int64) string { return strconv.FormatInt(id, 10) }
