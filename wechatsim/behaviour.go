package wechatsim

import "time"

// TextPolicy says what happens to a text over the limit.
type TextPolicy int

// The server's limit is not known, nor what it does beyond; all three have been reported.
const (
	TextAccept TextPolicy = iota // delivered whole
	TextCut                      // Ret 0, delivered up to the limit
	TextError                    // Ret 1, not delivered
)

// BatchMode says how webwxbatchgetcontact answers.
type BatchMode int

// The ways of webwxbatchgetcontact.
const (
	BatchExact    BatchMode = iota // everything asked, in order
	BatchReversed                  // everything asked, in another order
	BatchSubset                    // every second contact asked, beginning with the second
)

// Rate is a limit on sends of one account. Zero Sends: no limit.
type Rate struct {
	Sends    int           // accepted sends
	Window   time.Duration // within
	Recovery time.Duration // how long sends get 1205 once the limit is hit
}

// Behaviour is how the server behaves where the real one is known to differ from time to time, or where nobody knows.
// The zero value is the server at its best.
type Behaviour struct {
	// SessionLife ends each session that long after its login with SessionEnd (0: 1102). Zero: sessions do not age.
	SessionLife time.Duration
	SessionEnd  int
	// RejectHot, if not 0, is what webwxinit answers for a session that was initialised before; the session ends.
	RejectHot int
	// InitBehind is how many items of the log lie after the key that webwxinit hands out, so that they come (again).
	InitBehind int
	// Retain is how many items of an account's log are kept for clients with an old key. Zero: all.
	Retain int
	// SyncBatch is the number of items per webwxsync; more set ContinueFlag. Zero: 100.
	SyncBatch int
	// Duplicate delivers each message twice, with one MsgId.
	Duplicate bool
	// EchoSends delivers what the session sent back to it, as the official client guards against.
	EchoSends bool
	// MediaKeyAhead lets SyncKey lag behind SyncCheckKey after the session sent media, until the next item or until a
	// chat is opened on the phone.
	MediaKeyAhead bool
	// Batch is how webwxbatchgetcontact answers.
	Batch BatchMode
	// RenameOnAccept gives a new friend another UserName than its request had.
	RenameOnAccept bool
	// AcceptText lets new friends send WeChat's "我通过了你的朋友验证请求…" by themselves.
	AcceptText bool
	// RemarksWork lets webwxoplog set remarks. The real server answers Ret 0 and does nothing.
	RemarksWork bool
	// DedupeClientMsgID answers a send whose ClientMsgId was accepted before with the first MsgID, delivering nothing.
	DedupeClientMsgID bool
	// TextLimit, in characters, and TextLimitBytes, in bytes of UTF-8, bound a text. Zero: no limit.
	TextLimit, TextLimitBytes int
	TextPolicy                TextPolicy
	// Rate limits the sends of each account.
	Rate Rate
}

// Behave changes the server's behaviour from now on.
func (s *Server) Behave(change func(*Behaviour)) {
	s.locked(func() {
		change(&s.behaviour)
		for _, a := range s.accounts {
			a.signal() // a long poll may have to end earlier
		}
	})
}
