package bot

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/eatmoreapple/openwechat"
)

// Address is a chat in one login.
type Address struct {
	Login    string
	UserName string
}

// Receipt is WeChat's acceptance of a message.
type Receipt struct {
	MsgID string
	At    time.Time
}

// Errors of sends. All but *Unknown mean that the message certainly did not leave; *Unknown means that it may have
// arrived, and nobody may send it again without a rule or a person.
var (
	ErrOffline = errors.New("WeChat cannot be reached") // or the caller gave up before the send began
	ErrStale   = errors.New("the address belongs to another login")
	ErrText    = errors.New("a text of this length cannot be sent")
)

// Refused is WeChat's refusal of a send.
type Refused struct{ Ret int64 }

func (e *Refused) Error() string {
	if e.TooOften() {
		return "WeChat refused the message: too often (ret 1205)"
	}
	return fmt.Sprintf("WeChat refused the message (ret %d)", e.Ret)
}

// TooOften reports that the account sent too much and must pause.
func (e *Refused) TooOften() bool { return e.Ret == 1205 }

// Unknown is a send whose outcome nobody can tell.
type Unknown struct{ Err error }

func (e *Unknown) Error() string {
	return "it is unknown whether the message arrived: " + e.Err.Error()
}

func (e *Unknown) Unwrap() error { return e.Err }

// MaxText is the longest text SendText takes, in characters. Texts for people are split far below it.
const MaxText = 2000

// SendText sends one text message.
func (a *Account) SendText(ctx context.Context, to Address, text string) (Receipt, error) {
	if n := utf8.RuneCountInString(text); n == 0 || n > MaxText {
		return Receipt{}, fmt.Errorf("%w: %d characters", ErrText, n)
	}
	var sent *openwechat.SentMessage
	err := a.with(ctx, to.Login, func(ctx context.Context, s *session) (err error) {
		defer s.wire.echoes.begin(to.UserName, text)()
		msg := openwechat.NewTextSendMessage(text, s.wire.self, to.UserName)
		s.number(msg)
		sent, err = s.lib.Caller.WebWxSendMsg(ctx, &openwechat.CallerWebWxSendMsgOptions{
			LoginInfo: s.lib.Storage.LoginInfo, BaseRequest: s.lib.Storage.Request, Message: msg,
		})
		return err
	})
	if err != nil {
		return Receipt{}, err
	}
	return Receipt{MsgID: sent.MsgId, At: a.c.Now()}, nil
}

// nextSend numbers a send the way the library does, but never two alike, also when the clock stands or is set back.
func (s *session) nextSend() string {
	s.lastSend = max(s.lastSend+1, time.Now().UnixNano()/100)
	return strconv.FormatInt(s.lastSend, 10)
}

// AcceptFriend accepts a friend request of the present login.
func (a *Account) AcceptFriend(ctx context.Context, login string, r FriendRequest) error {
	return a.with(ctx, login, func(ctx context.Context, s *session) error {
		return s.lib.Caller.WebWxVerifyUser(ctx, &openwechat.CallerWebWxVerifyUserOptions{
			RecommendInfo: openwechat.RecommendInfo{UserName: r.UserName, Ticket: r.Ticket},
			BaseRequest:   s.lib.Storage.Request,
			LoginInfo:     s.lib.Storage.LoginInfo,
		})
	})
}

// with has the actor of the present session make one call, and sorts its error.
func (a *Account) with(ctx context.Context, login string, call func(context.Context, *session) error) error {
	a.mu.Lock()
	s := a.session
	a.mu.Unlock()
	if s == nil {
		return ErrOffline
	}
	if s.wire.login != login {
		return ErrStale
	}
	var err error
	began := s.do(ctx, func() {
		// A send that has begun is finished even when the caller gives up: its outcome must be known.
		err = call(context.WithoutCancel(ctx), s)
	})
	switch {
	case began:
		return s.sorted(err)
	case ctx.Err() != nil:
		return fmt.Errorf("%w: %w", ErrOffline, ctx.Err())
	}
	return ErrOffline
}

// sorted tells failures apart by where they happened.
func (s *session) sorted(err error) error {
	if err = bare(err); err == nil {
		return nil
	}
	var ret openwechat.Ret
	if errors.As(err, &ret) {
		if lostRet(int64(ret)) {
			s.cancel(&SessionLost{int64(ret)})
			return ErrOffline
		}
		return &Refused{int64(ret)}
	}
	for _, known := range []error{ErrUpload, ErrTooLarge, ErrEmpty, ErrNoFile} {
		if errors.Is(err, known) {
			return err
		}
	}
	var trip *tripError
	if errors.As(err, &trip) && !trip.written {
		return fmt.Errorf("%w: %w", ErrOffline, err)
	}
	return &Unknown{err}
}
