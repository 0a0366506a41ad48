package scheduler

import (
	"context"
	"fmt"
	"log/slog"
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
// A digest is written anew at the moment it leaves, so that nothing is asked for that was done meanwhile.
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

	refusals int // "too often" in a row
}

const (
	// maxAttempts bounds how often a message that certainly was not sent is tried.
	maxAttempts = 20
	// maxHold bounds the pause after WeChat answered "too often".
	maxHold = 6 * time.Hour
	// firstHold is the pause after the first such answer.
	firstHold = 10 * time.Minute
)

// TopicOutbox is the wake-up of an account's sender.
func TopicOutbox(account string) string { return "outbox/" + account }

// Run sends until ctx ends. Messages a former process left in flight become unknown first.
func (s *Sender) Run(ctx context.Context) error {
	if s.Poll == 0 {
		s.Poll = 5 * time.Second
	}
	if n, err := s.Store.RecoverOut(ctx, s.Account); err != nil {
		return fmt.Errorf("sender of %s: %w", s.Account, err)
	} else if n > 0 {
		s.Log.Warn("messages were in flight when the last process ended; whether they arrived is unknown", "account", s.Account, "count", n)
	}
	wakes := s.Coord.Wakes(ctx, TopicOutbox(s.Account))
	for ctx.Err() == nil {
		wait, err := s.next(ctx)
		if err != nil && ctx.Err() == nil {
			s.Log.Error("sender pauses", "account", s.Account, "err", err)
			wait = s.Poll
		}
		if wait <= 0 {
			continue
		}
		pause(ctx, wait, wakes)
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
		return s.Poll, nil
	}
	if _, err := s.Store.FailGone(ctx, s.Account); err != nil {
		return 0, err
	}
	ready, err := s.Store.OutReady(ctx, s.Account)
	if err != nil {
		return 0, err
	}
	if !ready {
		return s.idle(ctx)
	}
	a, err := s.Store.AccountNamed(ctx, s.Account)
	if err != nil {
		return 0, err
	}
	if a.HeldUntil != nil && a.HeldUntil.After(s.Now()) {
		return min(a.HeldUntil.Sub(s.Now()), time.Minute), nil
	}
	at, err := s.Coord.Reserve(ctx, s.Account, s.Pace)
	if err != nil {
		return 0, fmt.Errorf("pace: %w", err) // without a pace nothing is sent
	}
	if wait := at.Sub(s.Now()); wait > 0 {
		pause(ctx, wait, nil)
	}
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	c, err := s.Store.ClaimOut(ctx, s.Account)
	if err != nil || c == nil {
		return 0, err
	}
	return 0, s.send(ctx, c)
}

// idle waits until the next message may leave, at most one poll.
func (s *Sender) idle(ctx context.Context) (time.Duration, error) {
	at, ok, err := s.Store.NextOut(ctx, s.Account)
	if err != nil || !ok {
		return s.Poll, err
	}
	return min(max(at.Sub(s.Now()), time.Millisecond), s.Poll), nil
}

// send hands over one claimed message and notes the outcome. What WeChat answered is noted even when ctx has ended.
func (s *Sender) send(ctx context.Context, c *storage.Claim) error {
	o := c.Outbox
	keep := context.WithoutCancel(ctx)
	text, why, err := s.fresh(ctx, o)
	if err != nil {
		return s.back(keep, o, s.Now().Add(s.Poll), err.Error())
	}
	if why != "" {
		return s.Store.FinishOut(keep, o.ID, storage.OutDropped, "", why)
	}
	if text != o.Text {
		if err := s.Store.RewriteOut(keep, o.ID, text); err != nil {
			return err
		}
	}
	out := s.Channel.Send(ctx, Address{c.Contact.Login, c.Contact.UserName}, Message{Kind: o.Kind, Text: text, Extra: o.Extra})
	if out.Kind != TooOften {
		s.refusals = 0
	}
	switch out.Kind {
	case Sent:
		return s.Store.FinishOut(keep, o.ID, storage.OutSent, out.MsgID, "")
	case Unknown:
		s.Log.Warn("whether a message arrived is unknown; it is not sent again", "account", s.Account, "outbox", o.ID, "err", out.Err)
		return s.Store.FinishOut(keep, o.ID, storage.OutUnknown, out.MsgID, reason(out.Err))
	case Refused:
		s.Log.Warn("message refused", "account", s.Account, "outbox", o.ID, "err", out.Err)
		return s.Store.FinishOut(keep, o.ID, storage.OutFailed, "", reason(out.Err))
	case TooOften:
		return s.hold(keep, o, reason(out.Err))
	}
	return s.back(keep, o, s.Now().Add(s.Poll), reason(out.Err))
}

func reason(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// back returns a message that certainly was not sent to the queue; after too many attempts it has failed.
func (s *Sender) back(ctx context.Context, o storage.Outbox, at time.Time, why string) error {
	if o.Attempts >= maxAttempts {
		return s.Store.FinishOut(ctx, o.ID, storage.OutFailed, "", why)
	}
	return s.Store.ReleaseOut(ctx, o.ID, at, why)
}

// hold stops everything of the account for a while, longer each time.
func (s *Sender) hold(ctx context.Context, o storage.Outbox, why string) error {
	d := min(firstHold<<s.refusals, maxHold)
	s.refusals++
	until := s.Now().Add(d)
	s.Log.Warn("WeChat answered too often; the account pauses", "account", s.Account, "until", until)
	if err := s.Store.HoldAccount(ctx, s.Account, until); err != nil {
		return err
	}
	if err := s.Coord.Hold(ctx, s.Account, until); err != nil {
		s.Log.Warn("hold is kept in the database only", "err", err)
	}
	return s.Store.ReleaseOut(ctx, o.ID, until, why)
}

// fresh is the text to send now, or why nothing is to be sent any more. Digests are written anew from what is stored.
func (s *Sender) fresh(ctx context.Context, o storage.Outbox) (text, why string, err error) {
	now := s.Now()
	if o.ExpiresAt != nil && !now.Before(*o.ExpiresAt) {
		return "", "too late to be useful", nil
	}
	if o.Kind != storage.OutDigest || o.PersonID == nil {
		return o.Text, "", nil
	}
	log, err := s.Store.RemindersOf(ctx, o.ID)
	if err != nil {
		return "", "", err
	}
	text, err = rewrite(ctx, s.Store, s.Season, *o.PersonID, log, now)
	if err == nil && text == "" {
		why = "everything it asked for is done"
	}
	return text, why, err
}

// rewrite is a digest as it must read now: without what is closed, and without what has lapsed since (that is reported
// by itself).
func rewrite(ctx context.Context, st *storage.Store, sn *season.Season, personID int64, log []storage.Reminded, now time.Time) (string, error) {
	var ids []int64
	for _, l := range log {
		ids = append(ids, l.Duty.PersonID)
	}
	rs, err := lookUp(ctx, st, ids)
	if err != nil {
		return "", err
	}
	person, err := st.Person(ctx, personID)
	if err != nil {
		return "", err
	}
	var items []Item
	for _, l := range log {
		lapsed := l.Reminder.Step == storage.StepLapsed
		if !lapsed && (l.Duty.ClosedAt != nil || !now.Before(l.Duty.LapsesAt)) {
			continue
		}
		m, ok := rs.members[l.Duty.PersonID]
		if !ok {
			continue
		}
		own := l.Duty.PersonID == personID && l.Reminder.Party == storage.SubjectMember
		items = append(items, Item{
			Duty: l.Duty, Member: m, Lapsed: lapsed, Own: own,
			Instead: l.Reminder.Party == storage.SubjectMember && !own,
		})
	}
	return Digest(sn, now, Reader{Person: person, Parties: rs.parties[personID]}, items), nil
}
