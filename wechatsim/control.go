package wechatsim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// Control is the phones' side over plain HTTP, for tests and tools in another process. It asks nobody who they are:
// serve it on loopback only. Parameters are form values or a query; replies are JSON; what is wrong with a request is
// said as {"error":"…"} with status 400. account may be left out while there is only one.
//
//	GET  /control/accounts                              [ControlAccount]
//	GET  /control/people                                [ControlPerson]
//	POST /control/person     id, nick, alias, friend_of  makes a person, already a friend of the account friend_of
//	POST /control/say        person, account, text      {"msg_id"}; with group instead of account: into a group
//	POST /control/befriend   person, account, greeting  {"msg_id"}
//	POST /control/phone      account, person or group, text   {"msg_id"}, written on the account's own phone
//	GET  /control/chat       person, account, since     [Message], from the since-th on; with group: a group's
//	GET  /control/ledger     since                      [Sent], from the since-th on
//	GET  /control/sessions                              [SessionInfo]
//	GET  /control/counters                              {endpoint: requests}
//	GET  /control/qr                                    {"uuid"} shown last
//	POST /control/scan       account, uuid              uuid: default the one shown last, or pushed
//	POST /control/confirm    account, uuid
//	POST /control/cancel     account, uuid
//	POST /control/auto       account, off               AutoConfirm
//	POST /control/kick       account, code              default 1101
//	POST /control/relogin    account
//	POST /control/sleep      account
//	POST /control/wake       account
//	POST /control/inject     kind, endpoint, code, times, skip, for, delay, field, match   match: part of the body
//	GET  /control/injections                            [{"kind","endpoint","hits"}]
//	POST /control/heal                                  removes all injections
//	POST /control/behave     the body is JSON with fields of Behaviour; those left out stay
func (s *Server) Control() http.Handler {
	mux := http.NewServeMux()
	for pattern, serve := range map[string]func(*http.Request) (any, error){
		"GET /control/accounts":   s.controlAccounts,
		"GET /control/people":     s.controlPeople,
		"POST /control/person":    s.controlPerson,
		"POST /control/say":       s.controlSay,
		"POST /control/befriend":  s.controlBefriend,
		"POST /control/phone":     s.controlPhone,
		"GET /control/chat":       s.controlChat,
		"GET /control/ledger":     s.controlLedger,
		"GET /control/sessions":   func(*http.Request) (any, error) { return orEmpty(s.Sessions()), nil },
		"GET /control/counters":   func(*http.Request) (any, error) { return s.Counters(), nil },
		"GET /control/qr":         func(*http.Request) (any, error) { return map[string]string{"uuid": s.LastQR()}, nil },
		"POST /control/scan":      s.onQR((*Account).Scan),
		"POST /control/confirm":   s.onQR((*Account).Confirm),
		"POST /control/cancel":    s.onQR((*Account).Cancel),
		"POST /control/auto":      s.controlAuto,
		"POST /control/kick":      s.controlKick,
		"POST /control/relogin":   s.onAccount((*Account).Relogin),
		"POST /control/sleep":     s.onAccount((*Account).Sleep),
		"POST /control/wake":      s.onAccount((*Account).Wake),
		"POST /control/inject":    s.controlInject,
		"GET /control/injections": s.controlInjections,
		"POST /control/heal":      func(*http.Request) (any, error) { s.Heal(); return struct{}{}, nil },
		"POST /control/behave":    s.controlBehave,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			v, err := serve(r)
			w.Header().Set("Content-Type", "application/json")
			if err != nil {
				w.WriteHeader(http.StatusBadRequest)
				v = map[string]string{"error": err.Error()}
			}
			_ = json.NewEncoder(w).Encode(v)
		})
	}
	return mux
}

// ControlAccount is an account in the control API.
type ControlAccount struct {
	ID, Nick string
	Uin      int64
	LoggedIn bool
	Logins   int
	Friends  int
	Requests []string // IDs of those who wait for an answer
	Pushed   string
}

// ControlPerson is a person in the control API.
type ControlPerson struct {
	ID       string
	Profile  Profile
	FriendOf []string // IDs of accounts
}

type msgIDReply struct {
	MsgID string `json:"msg_id"`
}

func orEmpty[T any](list []T) []T { return append([]T{}, list...) }

func (s *Server) controlAccounts(*http.Request) (any, error) {
	list := []ControlAccount{}
	for _, a := range s.Accounts() {
		c := ControlAccount{
			ID: a.id, Nick: a.Nick(), Uin: a.uin, LoggedIn: a.LoggedIn(), Logins: a.Logins(), Friends: len(a.Friends()),
			Requests: []string{}, Pushed: a.Pushed(),
		}
		for _, p := range a.Requests() {
			c.Requests = append(c.Requests, p.id)
		}
		list = append(list, c)
	}
	return list, nil
}

func (s *Server) controlPeople(*http.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []ControlPerson{}
	for _, p := range s.people {
		c := ControlPerson{ID: p.id, Profile: p.profile, FriendOf: []string{}}
		for _, a := range s.accounts {
			if a.friends[p] != nil {
				c.FriendOf = append(c.FriendOf, a.id)
			}
		}
		list = append(list, c)
	}
	return list, nil
}

func (s *Server) controlPerson(r *http.Request) (v any, err error) {
	var a *Account
	if friendOf := r.FormValue("friend_of"); friendOf != "" {
		if a = s.Account(friendOf); a == nil {
			return nil, fmt.Errorf("no account %q", friendOf)
		}
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p) // the ID is taken
		}
	}()
	p := s.AddPerson(r.FormValue("id"), Profile{Nick: r.FormValue("nick"), Alias: r.FormValue("alias")})
	if a != nil {
		a.AddFriend(p)
	}
	return struct{}{}, nil
}

func (s *Server) controlSay(r *http.Request) (any, error) {
	p, err := s.namedPerson(r)
	if err != nil {
		return nil, err
	}
	if id := r.FormValue("group"); id != "" {
		g := s.Group(id)
		if g == nil {
			return nil, fmt.Errorf("no group %q", id)
		}
		return msgIDReply{g.Say(p, r.FormValue("text"))}, nil
	}
	a, err := s.namedAccount(r)
	if err != nil {
		return nil, err
	}
	return msgIDReply{p.Say(a, r.FormValue("text"))}, nil
}

func (s *Server) controlBefriend(r *http.Request) (any, error) {
	p, err := s.namedPerson(r)
	if err != nil {
		return nil, err
	}
	a, err := s.namedAccount(r)
	if err != nil {
		return nil, err
	}
	return msgIDReply{p.Befriend(a, r.FormValue("greeting"))}, nil
}

func (s *Server) controlPhone(r *http.Request) (any, error) {
	a, err := s.namedAccount(r)
	if err != nil {
		return nil, err
	}
	if g := s.Group(r.FormValue("group")); g != nil {
		return msgIDReply{a.SayFromPhone(g, r.FormValue("text"))}, nil
	}
	p, err := s.namedPerson(r)
	if err != nil {
		return nil, err
	}
	return msgIDReply{a.SayFromPhone(p, r.FormValue("text"))}, nil
}

func (s *Server) controlChat(r *http.Request) (any, error) {
	since, err := numeric(r, "since", 0)
	if err != nil {
		return nil, err
	}
	if g := s.Group(r.FormValue("group")); g != nil {
		return orEmpty(g.ChatSince(since)), nil
	}
	p, err := s.namedPerson(r)
	if err != nil {
		return nil, err
	}
	a, err := s.namedAccount(r)
	if err != nil {
		return nil, err
	}
	return orEmpty(p.ChatSince(a, since)), nil
}

func (s *Server) controlLedger(r *http.Request) (any, error) {
	since, err := numeric(r, "since", 0)
	return orEmpty(s.LedgerSince(since)), err
}

func (s *Server) controlAuto(r *http.Request) (any, error) {
	a, err := s.namedAccount(r)
	if err != nil {
		return nil, err
	}
	if r.FormValue("off") != "" {
		a = nil
	}
	s.AutoConfirm(a)
	return struct{}{}, nil
}

func (s *Server) controlKick(r *http.Request) (any, error) {
	a, err := s.namedAccount(r)
	if err != nil {
		return nil, err
	}
	code, err := numeric(r, "code", 1101)
	if err == nil {
		a.Kick(code)
	}
	return struct{}{}, err
}

func (s *Server) controlInject(r *http.Request) (any, error) {
	in := Injection{Endpoint: r.FormValue("endpoint"), Fault: Fault{Kind: FaultKind(r.FormValue("kind")), Field: r.FormValue("field")}}
	if !in.Kind.known() {
		return nil, fmt.Errorf("no fault kind %q", in.Kind)
	}
	var errs [5]error
	in.Code, errs[0] = numeric(r, "code", 0)
	in.Times, errs[1] = numeric(r, "times", 0)
	in.Skip, errs[2] = numeric(r, "skip", 0)
	in.Delay, errs[3] = duration(r, "delay")
	in.For, errs[4] = duration(r, "for")
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	if match := r.FormValue("match"); match != "" {
		in.When = func(_ *http.Request, body []byte) bool { return bytes.Contains(body, []byte(match)) }
	}
	s.Inject(in)
	return struct{}{}, nil
}

func (s *Server) controlInjections(*http.Request) (any, error) {
	type injection struct {
		Kind     FaultKind `json:"kind"`
		Endpoint string    `json:"endpoint"`
		Hits     int       `json:"hits"`
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []injection{}
	for _, i := range s.faults {
		list = append(list, injection{i.Kind, i.Endpoint, i.hits})
	}
	return list, nil
}

func (s *Server) controlBehave(r *http.Request) (any, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(body, &Behaviour{}); err != nil {
		return nil, err
	}
	s.Behave(func(b *Behaviour) { err = json.Unmarshal(body, b) })
	return struct{}{}, err
}

// onAccount does something with the account a request names.
func (s *Server) onAccount(do func(*Account)) func(*http.Request) (any, error) {
	return func(r *http.Request) (any, error) {
		a, err := s.namedAccount(r)
		if err == nil {
			do(a)
		}
		return struct{}{}, err
	}
}

// onQR does something with a QR code.
func (s *Server) onQR(do func(*Account, string) error) func(*http.Request) (any, error) {
	return func(r *http.Request) (any, error) {
		a, err := s.namedAccount(r)
		if err != nil {
			return nil, err
		}
		uuid := r.FormValue("uuid")
		if uuid == "" {
			uuid = a.Pushed()
		}
		if uuid == "" {
			uuid = s.LastQR()
		}
		return struct{}{}, do(a, uuid)
	}
}

func (s *Server) namedAccount(r *http.Request) (*Account, error) {
	id := r.FormValue("account")
	if all := s.Accounts(); id == "" && len(all) == 1 {
		return all[0], nil
	}
	if a := s.Account(id); a != nil {
		return a, nil
	}
	return nil, fmt.Errorf("no account %q", id)
}

func (s *Server) namedPerson(r *http.Request) (*Person, error) {
	id := r.FormValue("person")
	if p := s.Person(id); p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("no person %q", id)
}

func numeric(r *http.Request, name string, otherwise int) (int, error) {
	text := r.FormValue(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	return n, nil
}

func duration(r *http.Request, name string) (time.Duration, error) {
	text := r.FormValue(name)
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	return d, nil
}
