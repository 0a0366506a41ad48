package storage

import (
	"time"

	"xianjie/season"
)

// Pending is one message waiting for its turn, with all that is known of who wrote it.
// Loaded by Pendings in a fixed number of multi-row queries, however many messages.
type Pending struct {
	Inbox       Inbox
	Contact     Contact
	Dialogue    Dialogue // zero Version when none yet
	Person      *Person  // nil while not bound
	Branch      *Org
	College     *Org
	Roles       []RoleIn
	Transfer    *Transfer
	Declaration *Declaration    // current
	Events      []TransferEvent // of the current declaration, not undone, oldest first
}

// Member is the graduating member who wrote; false for strangers and for officers who do not graduate.
func (p Pending) Member() (Member, bool) {
	if p.Person == nil || p.Transfer == nil || p.Branch == nil || p.College == nil {
		return Member{}, false
	}
	return Member{
		Person: *p.Person, Branch: *p.Branch, College: *p.College,
		Transfer: *p.Transfer, Declaration: p.Declaration, Events: p.Events,
	}, true
}

// RoleIn is a role with its organisation.
type RoleIn struct {
	Role
	Org Org
}

// Turn is everything one message changes. CommitTurns writes turns of different contacts in one transaction.
type Turn struct {
	InboxID   int64
	Skipped   bool   // InboxSkipped instead of InboxDone
	Fetch     bool   // the message needs the picture or document it brought first: InboxFetching, and a turn later
	Outcome   string // for Inbox.Outcome
	ContactID int64
	Dialogue  *Dialogue // new state of ContactID's; Version as loaded (CommitTurns checks it and adds one); nil: unchanged
	Bind      *Bind
	// ContactState, when set, is the contact's new state (ContactGone when WeChat says they deleted us).
	ContactState string
	Members      []MemberChange
	Out          []Out
	Matters      []Matter
	Answered     []MatterAnswer
	Answers      []Answer    // to a digest
	Orgs         []OrgChange // about branches and colleges
	Office       *Office     // somebody takes or leaves an office
	Notices      NoticeWork
	Link         *NewLink // into the console
	Audit        []Audit
	Strike       []string // words struck from the stored messages of this chat, in and out, the present one included
}

// Bind ties a contact to a person.
type Bind struct {
	ContactID int64
	PersonID  int64
	// Move allows taking the person from another contact (an officer decided, or the other is lost);
	// without it a person bound to another active contact makes the commit fail with ErrConflict.
	Move bool
}

// MemberChange is what changes for one member. Transfer.Version is as loaded; a different one in the database is ErrConflict.
type MemberChange struct {
	Transfer    Transfer
	Declaration *Declaration // new current declaration; supersedes the former
	Events      []TransferEvent
	Undo        []int64       // ids of TransferEvents taken back
	Duties      []season.Duty // the open duties from now on (season.DutiesOf the new standing)
	Closing     string        // outcome of duties that are no longer open: DutyDone, DutyWithdrawn or DutyDefaulted
	// Season is the key new duties are filed under.
	Season string
	// Replan plans the reminders of open duties anew even where the due date stands: the season file changed.
	Replan bool
}

// Out is one message to queue. Its text is split below the length WeChat takes.
type Out struct {
	Account   string // "" : the account the contact belongs to
	ContactID int64
	PersonID  *int64
	Kind      string
	Once      string // "" : not unique; a second message with the same key is not queued
	Text      string
	File      *File  // sent instead of a text; kept with the message
	FileID    *int64 // a stored file, sent instead of a text
	Extra     string
	NotBefore time.Time
	ExpiresAt *time.Time
}

// MatterAnswer closes a matter.
type MatterAnswer struct {
	ID     int64
	By     int64
	Answer string
}

// Office is a change of offices: somebody takes one, or leaves some. Who is not on the roster yet is put on it.
type Office struct {
	Season *season.Season
	Roster Roster
}
