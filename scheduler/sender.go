package scheduler

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"xianjie/season"
	"xianjie/storage"
)

// Channel is what carries messages of an account to WeChat.
type Channel interface {
	// Online reports whether the account is logged in and its contacts are known.
	Online() bool
	// Send hands over one message and says exactly what became of it.
	Send(ctx context.Context, to Address, m Message) Outcome
}

// Address is a chat in one login; WeChat's ids are worthless in another.
type Address struct {
	Login    string
	UserName string
}

// Message is one message as it leaves.
type Message struct {
	Kind  string // storage.OutReply, storage.OutAccept, …
	Text  string
	Extra string
	File  *File // sent instead of a text
}

// File is a picture or a document as it leaves.
type File struct {
	Name    string
	Picture bool
	Data    []byte
}

// OutcomeKind says what became of a message.
type OutcomeKind int

// What can become of a message.
const (
	Sent     OutcomeKind = iota // WeChat accepted it
	NotSent                     // it certainly did not leave: offline, or the login has changed
	TooOften                    // WeChat refused it because too much was sent
	Refused                     // WeChat refused it
	Unknown                     // it may or may not have arrived; it is never sent again by itself
)

// Outcome is what became of a message.
type Outcome struct {
	Kind  OutcomeKind
	MsgID string
	Err   error
}

// Sender sends what is queued for one account: one message at a time, paced, answers before deadlines before notices.
// A digest is written anew at the moment it leaves, so that nothing is asked for that was done meanwhile. Whoever runs it
// sees to it that no other process sends for the account, by a lease and by the fence in ctx.
type Sender struct {
	Account string
	Store   *storage.Store
	Season  *season.Season
	Channel Channel
	Coord   Coordinator
	Pace    Pace
	Now     func() time.Time
	Log     *slog.Logger
	// Poll is how often the queue is looked at when nothing wakes the sender; 5 s by default.
	Poll time.Duration
	// Ahead plans what is due (Planner.Tick). The sender calls it before it sends again after it could not: what came due
	// meanwhile then leaves in one message with what had been queued. Nil: not.
	Ahead func(ctx context.Context) error

	booked time.Time // the moment booked for the next message
	unused bool      // nothing was sent at it yet
	behind bool      // nothing could be sent for a while
	swept  time.Time // when what can never be sent was given up last
	// handed are the messages of the batch on its way that WeChat has taken and the database does not know of yet.
	handed map[int64]bool
	file   storage.File // the one sent last: thousands of messages of a notice carry the same
}

const (
	// maxAttempts bounds how often a message that certainly was not sent is tried.
	maxAttempts = 20
	// maxRetry bounds the pause before the next attempt; twenty attempts then take more than two hours.
	maxRetry = 10 * time.Minute
	// holdFor is the pause after WeChat answered "too often".
	holdFor = 10 * time.Minute
	// keeps is how long a booked moment may be used for another message when the one it was for is not sent after all.
	// Any longer, and the next message would follow too closely.
	keeps = time.Second
)

// TopicOutbox is the wake-up of an account's sender.
func TopicOutbox(account string) string { return "outbox/" + account }

// Run sends until ctx ends. Messages a former process left in flight become unknown first.
func (s *Sender) Run(ctx context.Context) error {
	if s.Poll == 0 {
		s.Poll = 5 * time.Second
	}
	n, err := s.Store.RecoverOut(ctx, s.Account, time.Time{})
	switch {
	case ctx.Err() != nil:
		return nil
	case err != nil:
		return fmt.Errorf("sender of %s: %w", s.Account, err)
	case n > 0:
		s.Log.Warn("messages were in flight when the last process ended; whether they arrived is unknown", "account", s.Account, "count", n)
	}
	wakes := s.Coord.Wakes(ctx, TopicOutbox(s.Account))
	s.behind = true
	for ctx.Err() == nil {
		wait, err := s.next(ctx)
		if err != nil && ctx.Err() == nil {
			s.Log.Error("sender pauses", "account", s.Account, "err", err)
			s.behind = true
			pause(ctx, s.Poll, nil) // whatever wakes it: every message would ask again what just failed
			continue
		}
		if wait > 0 {
			pause(ctx, wait, wakes)
		}
	}
	return nil
}

// pause waits for a time, a wake-up or the end.
func pause(ctx context.Context, d time.Duration, wakes <-chan struct{}) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-wakes:
	case <-t.C:
	}
}

// next sends at most one message and says how long to wait before the next look; 0: at once.
func (s *Sender) next(ctx context.Context) (time.Duration, error) {
	if !s.Channel.Online() {
		s.behind = true
		return s.Poll, nil
	}
	if err := s.sweep(ctx); err != nil {
		return 0, err
	}
	kind, err := s.Store.OutReady(ctx, s.Account)
	if err != nil {
		return 0, err
	}
	if kind == "" {
		return s.idle(ctx)
	}
	held, err := s.Store.Held(ctx)
	if err != nil {
		return 0, err
	}
	a, err := s.Store.AccountNamed(ctx, s.Account)
	if err != nil {
		return 0, err
	}
	switch {
	case held != nil:
		s.behind = true
		return s.Poll, nil // until a person releases the installation
	case a.StoppedAt != nil || a.PausedAt != nil:
		s.behind = true
		return s.Poll, nil // until a person resumes the account
	case a.HeldUntil != nil && a.HeldUntil.After(s.Now()):
		s.behind = true
		return min(a.HeldUntil.Sub(s.Now()), time.Minute), nil
	case s.Pace.off():
		if err := s.caughtUp(ctx); err != nil {
			return 0, err
		}
		return 0, s.batch(ctx)
	}
	if wait, err := s.book(ctx, s.Pace.For(kind, a.Slowed(s.Now()))); err != nil || wait > 0 {
		return wait, err
	}
	// In short pieces: the clock may be moved by hand, or the machine sleep.
	for wait := s.booked.Sub(s.Now()); wait > 0 && ctx.Err() == nil; wait = s.booked.Sub(s.Now()) {
		pause(ctx, min(wait, s.Poll), nil)
	}
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	if !s.Channel.Online() {
		return s.Poll, nil // a booking may be hours away
	}
	if err := s.caughtUp(ctx); err != nil {
		return 0, err
	}
	c, err := s.Store.ClaimOut(ctx, s.Account)
	if err != nil || c == nil {
		return 0, err
	}
	return 0, s.send(ctx, c)
}

const (
	// sweepEvery is how often what can never be sent is given up; others are then told instead.
	sweepEvery = 20 * time.Second
	// inFlight is longer than any message takes from being claimed to being answered.
	inFlight = 15 * time.Minute
)

// sweep gives up what can never be sent, none of which would be claimed, and what another process died with.
func (s *Sender) sweep(ctx context.Context) error {
	if now := s.Now(); now.Sub(s.swept) < sweepEvery && !now.Before(s.swept) {
		return nil
	}
	n, err := s.Store.FailGone(ctx, s.Account)
	if err != nil {
		return err
	}
	if _, err := s.Store.RecoverOut(ctx, s.Account, s.Now().Add(-inFlight)); err != nil {
		return err
	}
	s.swept = s.Now()
	if n > 0 {
		return s.ahead(ctx)
	}
	return nil
}

// caughtUp catches up if nothing could be sent for a while.
func (s *Sender) caughtUp(ctx context.Context) error {
	if !s.behind {
		return nil
	}
	err := s.catchUp(ctx)
	s.behind = err != nil
	return err
}

// catchUp is done before anything is sent after a while in which nothing could be: what has become somebody else's
// business meanwhile is passed on, and what came due is planned, so that it leaves in one message with what waits.
func (s *Sender) catchUp(ctx context.Context) error {
	orphans, err := s.Store.Orphans(ctx, s.Account)
	if err != nil {
		return err
	}
	for _, o := range orphans {
		is, err := stillDue(ctx, s.Store, o, s.Now())
		if err != nil {
			return err
		}
		if err := s.Store.PassOn(ctx, is.pass); err != nil {
			return err
		}
	}
	return s.ahead(ctx)
}

// ahead plans what is due.
func (s *Sender) ahead(ctx context.Context) error {
	if s.Ahead == nil {
		return nil
	}
	if err := s.Ahead(ctx); err != nil {
		return fmt.Errorf("planning before sending: %w", err)
	}
	return nil
}

// book sees to it that a moment is booked for the next message, unless one was left over. A moment that is too far ahead
// to be booked is returned as a wait: something more urgent may come up and find it free.
func (s *Sender) book(ctx context.Context, p Pace) (time.Duration, error) {
	if s.unused && s.Now().Sub(s.booked) <= keeps {
		return 0, nil
	}
	at, err := s.Coord.Reserve(ctx, s.Account, p)
	if err != nil {
		return 0, fmt.Errorf("pace: %w", err) // without a pace nothing is sent
	}
	if now := s.Now(); p.tooFar(at, now) {
		return min(at.Sub(now), s.Poll), nil
	}
	s.booked, s.unused = at, true
	return 0, nil
}

// idle waits until the next message may leave, at most one poll. Notices that have nothing left to send are over.
func (s *Sender) idle(ctx context.Context) (time.Duration, error) {
	if _, err := s.Store.EndNotices(ctx, noticeEnds); err != nil {
		return 0, err
	}
	at, ok, err := s.Store.NextOut(ctx, s.Account)
	if err != nil || !ok {
		return s.Poll, err
	}
	return min(max(at.Sub(s.Now()), time.Millisecond), s.Poll), nil
}

// send hands over one claimed message and notes the outcome. What WeChat answered is noted even when ctx has ended.
func (s *Sender) send(ctx context.Context, c *storage.Claim) error {
	o := c.Outbox
	text, ready, err := s.prepare(ctx, o)
	if !ready {
		return err
	}
	m, err := s.message(ctx, o, text)
	if err != nil {
		return s.back(ctx, o, err)
	}
	s.unused = false
	return s.settle(ctx, o, s.deliver(ctx, Address{c.Contact.Login, c.Contact.UserName}, m))
}

// message is a claimed message as it leaves.
func (s *Sender) message(ctx context.Context, o storage.Outbox, text string) (Message, error) {
	m := Message{Kind: o.Kind, Text: text, Extra: o.Extra}
	if o.FileID == nil {
		return m, nil
	}
	if s.file.ID != *o.FileID {
		f, err := s.Store.FileByID(ctx, *o.FileID)
		if err != nil {
			return m, fmt.Errorf("file of message %d: %w", o.ID, err)
		}
		s.file = f
	}
	m.File = &File{Name: s.file.Name, Picture: s.file.Kind == storage.FilePicture, Data: s.file.Content}
	return m, nil
}

// prepare is the text of a claimed message as things stand now. It is not ready when it has been put away instead: dropped,
// held, or given back to the queue.
func (s *Sender) prepare(ctx context.Context, o storage.Outbox) (text string, ready bool, err error) {
	now, err := s.fresh(ctx, o)
	if err == nil && len(now.pass) > 0 {
		err = s.passOn(ctx, now.pass)
	}
	switch {
	case err != nil:
		return "", false, s.back(ctx, o, err)
	case now.drop != "":
		return "", false, s.finish(ctx, o, storage.OutDropped, "", now.drop)
	case now.hold:
		return "", false, s.finish(ctx, o, storage.OutHeld, "", "paused")
	case !now.until.IsZero():
		return "", false, s.release(ctx, o, now.until, "not yet")
	case now.text != o.Text:
		if err := s.Store.RewriteOut(ctx, o.ID, now.text); err != nil {
			return "", false, s.back(ctx, o, err)
		}
	}
	return now.text, true, nil
}

// settle notes what became of a message.
func (s *Sender) settle(ctx context.Context, o storage.Outbox, out Outcome) error {
	switch out.Kind {
	case Sent:
		return s.finish(ctx, o, storage.OutSent, out.MsgID, "")
	case Unknown:
		s.Log.Warn("whether a message arrived is unknown; it is not sent again", "account", s.Account, "outbox", o.ID, "err", out.Err)
		return s.finish(ctx, o, storage.OutUnknown, out.MsgID, reason(out.Err))
	case Refused:
		s.Log.Warn("message refused", "account", s.Account, "outbox", o.ID, "err", out.Err)
		if err := s.finish(ctx, o, storage.OutFailed, "", reason(out.Err)); err != nil {
			return err
		}
		return s.ahead(ctx) // somebody else must be told
	case TooOften:
		return s.hold(ctx, o, reason(out.Err))
	}
	return s.back(ctx, o, out.Err)
}

// passOn has somebody else told what has become their business while a message waited.
func (s *Sender) passOn(ctx context.Context, reminders []int64) error {
	if err := s.Store.PassOn(ctx, reminders); err != nil {
		return err
	}
	return s.ahead(ctx)
}

// deliver is Channel.Send; after a panic nobody knows what became of the message.
func (s *Sender) deliver(ctx context.Context, to Address, m Message) (out Outcome) {
	defer func() {
		if p := recover(); p != nil {
			s.Log.Error("sending panicked", "account", s.Account, "panic", p, "stack", string(debug.Stack()))
			out = Outcome{Kind: Unknown, Err: fmt.Errorf("panic: %v", p)}
		}
	}()
	return s.Channel.Send(ctx, to, m)
}

func reason(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// back returns a message that certainly was not sent to the queue, to be tried again later and later; after too many
// attempts it has failed.
func (s *Sender) back(ctx context.Context, o storage.Outbox, why error) error {
	if o.Attempts >= maxAttempts {
		s.Log.Warn("message failed", "account", s.Account, "outbox", o.ID, "attempts", o.Attempts, "err", why)
		return s.finish(ctx, o, storage.OutFailed, "", reason(why))
	}
	return s.release(ctx, o, s.Now().Add(doubled(s.Poll, o.Attempts-1, maxRetry)), reason(why))
}

// hold stops everything of the account for a while, and sends half as fast for a day. Refused once more in that day, it
// stops until a person resumes it: what WeChat does next is to ban the account. The committee is told either way.
func (s *Sender) hold(ctx context.Context, o storage.Outbox, why string) error {
	until := s.Now().Add(holdFor)
	stopped := false
	if err := s.note(ctx, func(ctx context.Context) (err error) {
		stopped, err = s.Store.RefuseAccount(ctx, s.Account, until, func(stopped bool) string { return refusedText(s.Account, stopped) })
		return err
	}); err != nil {
		return err
	}
	if stopped {
		s.Log.Error("WeChat answered too often again; nothing leaves until a person resumes the account: xianjie resume, or 继续 in chat", "account", s.Account)
		return s.release(ctx, o, s.Now(), why)
	}
	s.Log.Warn("WeChat answered too often; the account pauses and slows down", "account", s.Account, "until", until)
	if err := s.Coord.Hold(ctx, s.Account, until); err != nil {
		s.Log.Warn("hold is kept in the database only", "err", err)
	}
	return s.release(ctx, o, until, why)
}

// doubled is d·2ⁿ, at most most.
func doubled(d time.Duration, n int, most time.Duration) time.Duration {
	for ; n > 0 && d < most; n-- {
		d *= 2
	}
	return min(d, most)
}

func (s *Sender) finish(ctx context.Context, o storage.Outbox, state, msgID, why string) error {
	return s.note(ctx, func(ctx context.Context) error { return s.Store.FinishOut(ctx, o.ID, state, msgID, why) })
}

func (s *Sender) release(ctx context.Context, o storage.Outbox, at time.Time, why string) error {
	return s.note(ctx, func(ctx context.Context) error { return s.Store.ReleaseOut(ctx, o.ID, at, why) })
}

// note writes down what became of a message, however long the database is away: without it nothing else could be sent
// either, and a message left in flight would count as unknown. When ctx ends it tries once more and no longer.
func (s *Sender) note(ctx context.Context, write func(context.Context) error) error {
	for {
		over := ctx.Err() != nil
		err := write(context.WithoutCancel(ctx))
		if err == nil || over || errors.Is(err, storage.ErrNotInFlight) || errors.Is(err, storage.ErrFenced) {
			return err
		}
		s.Log.Error("what became of a message is not noted yet", "account", s.Account, "err", err)
		pause(ctx, s.Poll, nil)
	}
}
