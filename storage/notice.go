package storage

import "time"

// Notice is one notice (通知) the committee sends to many. Its number is how officers call it. What is being written stays
// in the writer's dialogue; a row exists from 发送 on, together with a line for everybody it is meant for.
type Notice struct {
	ID         int64    `gorm:"primaryKey;autoIncrement:false"`
	Text       string   `gorm:"serializer:sealed"` // as written, with its placeholders
	Audience   Audience `gorm:"serializer:json"`
	Sentence   string   // the audience in words, as the writer was told
	State      string
	FileID     *int64 // the picture or document everybody is sent after the text; kept once, whoever gets it
	Planned    int    // lines in notice_recipients
	Sends      int    // messages it costs
	ByPersonID int64  // who wrote it
	ContactID  int64  // the chat it was written in: told when it is over
	ReleasedBy *int64
	Follows    *int64 // the notice whose silent recipients this one asks again
	CreatedAt  time.Time
	ReleasedAt *time.Time
	DoneAt     *time.Time
}

// States of a notice. waiting → sending ⇄ paused, sending → done, and each of the first three → stopped.
const (
	NoticeWaiting = "waiting" // a second officer must release it
	NoticeSending = "sending"
	NoticePaused  = "paused"
	NoticeStopped = "stopped"
	NoticeDone    = "done"
)

// NoticeRecipient is one person a notice is meant for. How far it got is not stored here a second time: it is what the
// message it hangs on has come to (see [NoticeSum]), so that no crash can make the two differ.
type NoticeRecipient struct {
	NoticeID     int64  `gorm:"primaryKey;autoIncrement:false"`
	PersonID     int64  `gorm:"primaryKey;autoIncrement:false"`
	Via          string // ViaGroup, ViaPrivate; "" when nothing reaches the person
	ContactID    *int64 // the chat it goes to
	OutboxID     *int64 // its message; many people hang on one message to a group
	FileOutboxID *int64 // the message with its picture or document, which follows; nil when it has none
	Reason       string // why nothing is sent: a Skip word; "" otherwise
	AnsweredAt   *time.Time
}

// How a notice reaches somebody.
const (
	ViaGroup   = "group"
	ViaPrivate = "private"
)

// Why a notice is not sent to somebody it is meant for.
const (
	SkipStranger = "stranger" // never wrote to us, and the class has no group
	SkipGone     = "gone"     // deleted or blocked us
	SkipLost     = "lost"     // not recognised since the last login
	SkipNoGroup  = "no_group" // meant for groups only, and the class has none
)

// Why a message of a notice was put away unsent; it stands in the reason of the message.
const (
	DropStopped  = "the notice was stopped"
	DropNotMeant = "no longer meant for this person"
	DropExpired  = "too late to be useful"
	DropNoText   = "the text before it did not leave" // of a picture or document
)

// noticeKeeps is how long a notice waits for a chat that cannot be written to: one that was not recognised after a login
// may come back, and a notice must end.
const noticeKeeps = 7 * 24 * time.Hour

// ClassGroup says that a group chat is that of a branch (班级群).
type ClassGroup struct {
	ContactID  int64 `gorm:"primaryKey;autoIncrement:false"`
	BranchID   int64
	ByPersonID int64
	BoundAt    time.Time
}

// NoticeWork is what one turn changes about notices; most turns change nothing.
type NoticeWork struct {
	Plan     *NoticePlan
	Moves    []NoticeMove
	Answered *NoticeAnswer
	Bind     *ClassGroup // a chat becomes the group of a branch, in place of what it was
	Unbind   int64       // a chat is no longer anybody's group
	Resume   string      // an account WeChat had stopped may send again
}

// NoticePlan is a new notice with everybody it is meant for. Its number must be free: another officer may have been faster.
type NoticePlan struct {
	Notice     Notice
	Recipients []NoticeRecipient
	Outs       []NoticeOut
}

// NoticeOut is one message of a notice: to one person, or to a group and everybody it stands for.
type NoticeOut struct {
	Account   string
	ContactID int64
	PersonIDs []int64
	Text      string
}

// NoticeMove takes a notice from one of some states to another. ErrConflict when it is in none of them.
type NoticeMove struct {
	ID   int64
	From []string
	To   string
	By   int64
}

// NoticeAnswer is a person's 收到 to notices.
type NoticeAnswer struct {
	PersonID  int64
	NoticeIDs []int64
}

// NoticeSum is how far a notice got with everybody it is meant for.
type NoticeSum struct {
	Planned  int
	Waiting  int // not sent yet, or only its text
	Sent     int // WeChat accepted all of it, no answer
	Answered int
	Held     int // paused, or waiting for release
	Failed   int // WeChat refused it or a part of it, or the person has deleted us
	Skipped  int // nothing was sent, for a known reason
	Unknown  int // it may or may not have arrived; a person decides
}

// LineStates are all the ways a notice can stand with one person.
func LineStates() []string {
	return []string{"waiting", "sent", "answered", "held", "failed", "skipped", "unknown"}
}

// Adds reports whether the parts make up the whole.
func (n NoticeSum) Adds() bool {
	return n.Planned == n.Waiting+n.Sent+n.Answered+n.Held+n.Failed+n.Skipped+n.Unknown
}
