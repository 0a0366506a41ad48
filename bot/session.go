package bot

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/eatmoreapple/openwechat"
)

// session is one login: one library bot, one wire, one actor goroutine. After it ended a new one is made.
type session struct {
	a      *Account
	ctx    context.Context
	cancel context.CancelCauseFunc
	lib    *openwechat.Bot
	hot    *hotStorage
	wire   *wire
	jobs   chan job
	actor  sync.WaitGroup

	failures int   // of the sync loop in a row
	lastSend int64 // the actor's
}

// job is something the actor does with the library.
type job struct {
	do   func()
	done chan struct{}
}

// replyTimeout bounds a request with its reply: the long poll is held for up to 30 s.
const replyTimeout = 60 * time.Second

func newSession(parent context.Context, a *Account, hot *hotStorage) *session {
	ctx, cancel := context.WithCancelCause(parent)
	s := &session{a: a, ctx: ctx, cancel: cancel, hot: hot, jobs: make(chan job)}
	s.wire = &wire{
		base: a.base, account: a.c.Name, login: hot.loaded.Login, self: hot.loaded.Self, store: a.c.Store, now: a.c.Now, log: a.c.Log,
		stored: a.c.Stored, seen: s.heard,
	}
	hot.wire = s.wire
	hot.failed = func(err error) { a.c.Log.Warn("session was not stored", "account", a.c.Name, "err", err) }
	s.lib = openwechat.NewBot(ctx)
	mode := openwechat.Desktop
	if a.c.Normal {
		mode = openwechat.Normal
	}
	mode.Prepare(s.lib)
	openwechat.WithDeviceID(deviceID()).Prepare(s.lib)
	client := s.lib.Caller.Client
	client.MaxRetryTimes = 1
	client.HTTPClient().Transport = s.wire
	client.HTTPClient().Timeout = replyTimeout
	s.lib.MessageErrorHandler = s.failed
	s.lib.SyncCheckCallback = func(openwechat.SyncCheckResponse) {}
	s.lib.UUIDCallback = func(uuid string) {
		a.change(func(st *State) { st.Phase, st.QR = PhaseQR, qrPrefix+uuid })
	}
	s.lib.ScanCallBack = func(openwechat.CheckLoginResponse) {
		a.change(func(st *State) { st.Phase, st.QR = PhaseScanned, "" })
	}
	return s
}

// qrPrefix is what a login code says before the uuid.
const qrPrefix = "https://login.weixin.qq.com/l/"

// deviceID is "e" and 15 digits. The library draws them from the second of the clock, so that bots started together
// would share one.
func deviceID() string { return fmt.Sprintf("e%015d", rand.Int64N(1e15)) }

// login resumes the stored session, or shows a code and waits for it to be scanned and confirmed.
func (s *session) login(stored bool) error {
	if stored {
		return s.lib.HotLogin(s.hot)
	}
	// The library's own way to a scan login with a hot storage attached: the first attempt finds nothing to read.
	err := s.lib.HotLogin(s.hot, openwechat.NewRetryLoginOption())
	if errors.Is(err, openwechat.ErrLoginTimeout) || errors.Is(err, errCancelled) {
		return errAgain
	}
	return err
}

// verdict says what a failed attempt to resume a session means for the session.
type verdict int

const (
	keep   verdict = iota // WeChat or the store could not be reached: it may still be good
	doubt                 // WeChat answered, neither yes nor no
	forget                // it is over
)

func judge(err error) verdict {
	var lost *SessionLost
	var ret openwechat.Ret
	switch {
	case errors.As(err, &lost), errors.As(err, &ret) && ret == ticketError:
		return forget
	case errors.Is(err, openwechat.NetworkErr), errors.Is(err, errStore), errors.Is(err, context.Canceled):
		return keep
	}
	return doubt
}

// ticketError is the return code for a key or ticket that is not, or no longer, valid.
const ticketError openwechat.Ret = -14

// serve runs a session that is logged in until it is lost or the context ends.
func (s *session) serve() error {
	s.actor.Go(s.act)
	s.a.mu.Lock()
	s.a.session = s
	s.a.mu.Unlock()
	s.a.change(func(st *State) {
		*st = State{Phase: PhaseOnline, Since: st.Since, Nick: s.wire.nick, Login: s.wire.login, Heard: s.a.c.Now(), News: st.News}
	})
	s.actor.Go(s.keepContacts)
	<-s.ctx.Done()
	s.a.mu.Lock()
	s.a.session = nil
	s.a.mu.Unlock()
	return context.Cause(s.ctx)
}

// close ends the session and returns when nothing of it touches the store any more.
func (s *session) close() {
	s.cancel(context.Canceled)
	s.actor.Wait()
	s.wire.shut()
}

// heard notes that WeChat answered the sync loop, and whether it brought anything.
func (s *session) heard(news bool) {
	s.failures = 0
	now := s.a.c.Now()
	s.a.change(func(st *State) {
		st.Heard = now
		if news {
			st.News = now
		}
	})
}

// failed is asked by the library's sync loop what to do about an error: it waits, longer each time, and lets the loop
// go on; only the end of the session ends it.
func (s *session) failed(err error) error {
	var lost *SessionLost
	var ret openwechat.Ret
	switch {
	case errors.As(err, &lost):
		s.cancel(lost)
	case errors.As(err, &ret) && lostRet(int64(ret)):
		s.cancel(&SessionLost{int64(ret)})
	}
	if s.ctx.Err() != nil {
		return s.ctx.Err()
	}
	s.failures++
	wait := min(time.Second<<min(s.failures-1, 6), time.Minute)
	if errors.Is(err, errStore) {
		wait = min(wait, 5*time.Second)
	}
	s.a.c.Log.Warn("receiving failed; it is tried again", "account", s.a.c.Name, "in", wait, "err", bare(err))
	return sleep(s.ctx, wait)
}

// act is the one goroutine that uses the library for contacts and sends.
func (s *session) act() {
	for {
		select {
		case <-s.ctx.Done():
			return
		case j := <-s.jobs:
			j.do()
			close(j.done)
		}
	}
}

// do has the actor run f. It reports false when the session ended before f began; once begun it is waited for.
func (s *session) do(ctx context.Context, f func()) bool {
	if ctx.Err() != nil {
		return false
	}
	j := job{f, make(chan struct{})}
	select {
	case s.jobs <- j:
		<-j.done
		return true
	case <-ctx.Done():
	case <-s.ctx.Done():
	}
	return false
}
