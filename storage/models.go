package storage

import (
	"time"
)

// Org is a League organisation: the committee (校团委), a college committee (二级团组织) or a branch (团支部).
type Org struct {
	ID        int64
	Kind      string // OrgCommittee, OrgCollege, OrgBranch
	Name      string
	ParentID  *int64 // branch → college → committee
	CreatedAt time.Time
}

// Kinds of organisations. They equal the party keys of the season file.
const (
	OrgCommittee = "committee"
	OrgCollege   = "college"
	OrgBranch    = "branch"
)

// Person is a member (毕业学生团员) or an officer; officers may be both.
type Person struct {
	ID        int64
	No        string // student number (学号) or staff number (工号); unique
	Name      string
	BranchID  *int64
	CollegeID *int64
	Cohort    int        // year of graduation; 0 for officers who are not members
	Phone     Sealed     `gorm:"serializer:sealed"` // 11 digits
	Political string     // 政治面貌
	Former    string     // where a new student's relation stands, as the roster says; "" when it does not
	LeftAt    *time.Time // struck off the roster; kept for history
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Role gives a person the duties of a party in an organisation (团支书, 学院团委书记, 校团委).
type Role struct {
	ID       int64
	PersonID int64
	Party    string // "branch", "college", "committee"
	OrgID    int64
	Since    time.Time
	Until    *time.Time
}

// Account is one WeChat account of ours and what is remembered of its login.
type Account struct {
	Name      string `gorm:"primaryKey"`
	Session   Sealed `gorm:"serializer:sealed"` // hot-login state of the library
	Login     string // id of the present login; WeChat's ids are valid only within it
	Ready     bool   // the contacts of Login have been matched with the stored ones
	Phase     string // bot.State.Phase at its last change
	PhaseAt   *time.Time
	HeldUntil *time.Time // WeChat answered "too often": nothing leaves before
	RefusedAt *time.Time // when it first did: the account sends half as fast for a day
	StoppedAt *time.Time // it did so again within that day: nothing leaves until somebody resumes the account
	LostAt    *time.Time // since when it is not online
	HeardAt   *time.Time // when WeChat last answered the process that is logged in
	NewsAt    *time.Time // when WeChat last delivered anything
	PausedAt  *time.Time // a person lets nothing leave until a person resumes it
	UpdatedAt time.Time
}

// Contact is a person or group WeChat knows, under an id of our own that survives logins.
type Contact struct {
	ID        int64
	Account   string
	Login     string // login in which UserName is valid
	UserName  string
	Kind      string // "friend", "group", "official", "self", "stranger"
	Nick      string
	Remark    string
	Alias     string
	Avatar    string
	Signature string
	Province  string
	City      string
	Sex       int
	PersonID  *int64 // bound member or officer; nil: not known who this is
	BoundAt   *time.Time
	State     string // ContactActive, ContactLost (not seen in the present login), ContactUnsure (resembles a bound one: ask), ContactGone (deleted or blocked us), ContactMerged
	CreatedAt time.Time
	UpdatedAt time.Time
}

// States of a contact.
const (
	ContactActive = "active"
	ContactLost   = "lost"
	ContactUnsure = "unsure"
	ContactGone   = "gone"
	ContactMerged = "merged"
)

// Dialogue is where the conversation with a contact stands.
type Dialogue struct {
	ContactID int64  `gorm:"primaryKey;autoIncrement:false"`
	State     string // a state of handlers' table
	Data      []byte `gorm:"serializer:sealed"` // JSON owned by handlers; it may hold personal answers
	Version   int64  // optimistic lock: 0 = no row yet
	UpdatedAt time.Time
}

// Value is one answer of a declaration with where it came from.
type Value struct {
	Value   string `json:"value"`          // normalised
	Text    string `json:"text,omitempty"` // the words it came from
	InboxID int64  `json:"inbox_id,omitempty"`
	// Assumed values were not said; they were shown and confirmed.
	Assumed bool `json:"assumed,omitempty"`
	// Personal values (a contact's telephone) are sealed at rest and opened on load.
	Personal bool `json:"personal,omitempty"`
}

// Declaration is what a member confirmed about their destination. Rows are never changed except SupersededAt.
type Declaration struct {
	ID           int64
	PersonID     int64
	Seq          int // 1, 2, … per person
	Season       string
	Destination  string
	Route        string
	Target       string // receiving organisation in words, as told
	CrossSystem  bool
	Answers      map[string]Value `gorm:"serializer:answers"`
	ConfirmedAt  time.Time
	InboxID      *int64 // the message that confirmed it
	ByPersonID   *int64 // who entered it on the member's behalf
	SupersededAt *time.Time
}

// Transfer is where a member's relation stands: exactly one row per member, from the roster on.
// It is the root everything about the member hangs on; every change moves Version by one.
type Transfer struct {
	PersonID      int64 `gorm:"primaryKey;autoIncrement:false"`
	CollegeID     int64
	BranchID      int64
	DeclarationID *int64
	Destination   string // of the current declaration, "" while undeclared
	Track         string
	State         string // season.Undeclared or a state of Track
	EnteredAt     time.Time
	Version       int64
	UpdatedAt     time.Time
}

// TransferEvent is one fact recorded about a transfer, with who said so.
type TransferEvent struct {
	ID            int64
	PersonID      int64
	DeclarationID *int64
	Event         string    // an event key of the season, or "declared"
	At            time.Time // when it happened
	RecordedAt    time.Time
	ByPersonID    *int64 // nil: the system of record, by default
	InboxID       *int64
	FromState     string
	ToState       string
	Note          string `gorm:"serializer:sealedlate"`
	FileID        *int64 // what was handed in with it (书面申请)
	UndoneAt      *time.Time
}

// Duty is something that falls due (待办), about a member or about an organisation.
type Duty struct {
	ID       int64
	Season   string
	Rule     string  // duty key of the season
	Subject  string  // SubjectMember, OrgBranch or OrgCollege
	PersonID int64   // the member it is about; 0 for an organisation
	OrgID    int64   // the member's college, or the organisation it is about
	Party    string  // who answers for it (season.DutyRule.Of)
	OpenKey  *string // unique while open: "rule/17", "rule/branch/4"; nil once closed
	OpenedAt time.Time
	Due      string // civil date 2020-07-31 in the season's zone
	LapsesAt time.Time
	LapsedAt *time.Time // the lapse was noticed and recorded
	ClosedAt *time.Time
	Outcome  string // DutyDone, DutyWithdrawn, DutyDefaulted; "" while open
}

// How a duty ended.
const (
	DutyDone      = "done"
	DutyWithdrawn = "withdrawn"
	DutyDefaulted = "approved_by_default"
)

// DutyStep is one planned reminder of a duty.
type DutyStep struct {
	ID       int64
	DutyID   int64
	Step     string // key of the season file, StepLapsed, or a key season.KindOf reads
	Party    string // to whom
	PersonID *int64 // the one person of the party that is meant; nil: everybody
	At       time.Time
	State    string // StepPlanned, StepDone (a reminder row per person exists), StepDropped (closed or moved before), StepMissed (lapsed before it could leave)
}

// States of a planned step.
const (
	StepPlanned = "planned"
	StepDone    = "done"
	StepDropped = "dropped"
	StepMissed  = "missed"
)

// Reminder is the notification log: that step was put before this person in that message.
type Reminder struct {
	ID       int64
	DutyID   int64
	StepID   int64
	Step     string
	Party    string // to whom the step was addressed; PersonID may be somebody in their place
	PersonID int64  // 0 when nobody could be addressed
	OutboxID *int64
	Slot     string // "2020-07-24T09:00"
	At       time.Time
	Reason   string // why it could not be addressed; "" otherwise
}

// Acknowledgement is what somebody answered to a digest, about one duty it put before them. Rows are never changed.
type Acknowledgement struct {
	ID         int64
	OutboxID   int64 // the digest
	DutyID     int64
	Party      string // as whom it had been put before them
	PersonID   int64
	What       string // AckSeen, AckDone, AckHanded
	ToPersonID *int64 // who has it now, AckHanded
	InboxID    *int64
	At         time.Time
}

// What can be answered to a digest.
const (
	AckSeen   = "seen"   // 知道了
	AckDone   = "done"   // 已办
	AckHanded = "handed" // 换人
)

// OrgEvent is one fact recorded about a branch or a college (支部已删除 …).
type OrgEvent struct {
	ID         int64
	OrgID      int64
	Event      string // key of the season's org_events
	At         time.Time
	RecordedAt time.Time
	ByPersonID *int64
	InboxID    *int64
	UndoneAt   *time.Time
}

// Inbox is one message as WeChat delivered it. What was written is sealed at rest: it holds telephone numbers and names of
// people who are no part of this.
type Inbox struct {
	ID         int64
	Account    string
	MsgID      string
	Login      string
	ContactID  int64  // the chat: a person, or the group
	Sender     string // member of the group who wrote, WeChat's id
	FromSelf   bool
	Kind       string
	Text       string    `gorm:"serializer:sealed"`
	Raw        string    `gorm:"serializer:sealed"` // content on the wire; "" where it is Text
	Extra      string    `gorm:"serializer:sealed"` // JSON: friend request, media reference
	At         time.Time // WeChat's time
	ReceivedAt time.Time
	State      string // InboxNew, InboxFetching, InboxDone, InboxSkipped
	DoneAt     *time.Time
	Outcome    string // what became of it, one word
}

// TableName keeps GORM from pluralising.
func (Inbox) TableName() string { return "inbox" }

// States of an inbox row.
const (
	InboxNew      = "new"
	InboxFetching = "fetching" // its turn waits for the picture or document it brought
	InboxDone     = "done"
	InboxSkipped  = "skipped"
)

// Outbox is one message to send: one row is one send. Long texts are split into parts when queued. They are sealed at rest.
type Outbox struct {
	ID        int64
	Account   string
	ContactID int64
	PersonID  *int64
	Kind      string  // OutReply, OutDigest, OutNudge, OutNotice, OutAlert, OutAccept (accept a friend request)
	Priority  int     // lower leaves first: replies before deadlines before notices
	Once      *string // unique: "digest/17/2020-07-24T09:00"; a second one is not queued
	InboxID   *int64  // the message it answers
	Part      int     // 0, 1, … of one text
	Text      string  `gorm:"serializer:sealed"`
	Extra     string  `gorm:"serializer:sealed"`
	FileID    *int64  // what is sent instead of a text
	CreatedAt time.Time
	NotBefore time.Time
	ExpiresAt *time.Time // asks for action that is impossible from then on
	State     string
	ClaimedAt *time.Time
	DoneAt    *time.Time
	MsgID     string
	Attempts  int
	Reason    string
}

// TableName keeps GORM from pluralising.
func (Outbox) TableName() string { return "outbox" }

// Kinds of outgoing messages and their priorities.
const (
	OutReply  = "reply"
	OutDigest = "digest"
	OutNudge  = "nudge"
	OutNotice = "notice"
	OutAlert  = "alert"
	OutAccept = "accept"
)

// States of an outbox row. queued → sending → sent | unknown | failed; sending → queued when it certainly was not sent;
// queued → dropped (no longer useful) | held (a person must release it).
const (
	OutQueued  = "queued"
	OutSending = "sending"
	OutSent    = "sent"
	OutUnknown = "unknown"
	OutHeld    = "held"
	OutFailed  = "failed"
	OutDropped = "dropped"
)

// Matter is a question to an officer that waits for an answer: a member wants a human, a binding conflict.
type Matter struct {
	ID         int64
	Kind       string // MatterHuman, MatterBinding
	CollegeID  int64
	PersonID   *int64 // the member it is about
	ContactID  int64  // who asked
	InboxID    *int64
	Text       string `gorm:"serializer:sealed"` // the member's words
	CreatedAt  time.Time
	AnsweredAt *time.Time
	AnsweredBy *int64
	Answer     string `gorm:"serializer:sealed"`
}

// Kinds of matters.
const (
	MatterHuman   = "human"
	MatterBinding = "binding"
)

// Audit is one line of who did what to what, from which message.
type Audit struct {
	ID        int64
	At        time.Time
	ActorID   *int64 // person; nil: the product itself
	ContactID *int64
	InboxID   *int64
	Action    string            // "bind", "declare", "record", "import", …
	Subject   string            // "person/17", "duty/3"
	Detail    map[string]string `gorm:"serializer:detail"`
	Hash      string            `json:"-"` // of this line and the one before it, see chain
}

// TableName keeps GORM from pluralising.
func (Audit) TableName() string { return "audit" }
