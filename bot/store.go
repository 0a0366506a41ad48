package bot

import (
	"context"
	"time"
)

// Store is what an account needs remembered. Every method has committed when it returns nil.
type Store interface {
	// LoadSession returns what SaveSession stored last, nil when there is nothing.
	LoadSession(ctx context.Context, account string) ([]byte, error)
	// SaveSession replaces the stored session; nil forgets it.
	SaveSession(ctx context.Context, account string, blob []byte) error
	// BeginLogin notes the login whose ids messages and contacts carry from now on.
	BeginLogin(ctx context.Context, account, login string) error
	// Receive stores messages, all or none. A message that is stored already, by account and MsgID, is left alone; no
	// MsgID stands twice in a batch.
	Receive(ctx context.Context, account, login string, batch []Incoming) error
	// Contacts stores the whole contact list of a login.
	Contacts(ctx context.Context, account, login string, all []Contact) error
	// ContactsChanged stores contacts that were added or changed, and user names that were deleted.
	ContactsChanged(ctx context.Context, account, login string, changed []Contact, deleted []string) error
}

// Kind says what a message is.
type Kind string

// Kinds of messages.
const (
	KindText          Kind = "text"
	KindImage         Kind = "image"
	KindVoice         Kind = "voice"
	KindVideo         Kind = "video"
	KindSticker       Kind = "sticker"
	KindFile          Kind = "file"
	KindLink          Kind = "link"
	KindLocation      Kind = "location"
	KindCard          Kind = "card"
	KindFriendRequest Kind = "friend_request"
	KindSystem        Kind = "system"
	KindRecall        Kind = "recall"
	KindRedPacket     Kind = "red_packet"
	KindTransfer      Kind = "transfer"
	KindStatus        Kind = "status"
	KindUnsupported   Kind = "unsupported"
)

// Incoming is one message as WeChat delivered it.
type Incoming struct {
	MsgID    string // unique per account
	Chat     string // user name of the other person or of the group
	Sender   string // in a group: user name of the member who wrote
	FromSelf bool   // written on the phone of this account
	ChatKind ContactKind
	Kind     Kind
	Text     string // as the writer typed it; of a reply that quotes, only the reply
	Raw      string // content on the wire
	Extra    Extra
	At       time.Time // WeChat's clock, seconds
}

// Extra is what some messages carry besides text.
type Extra struct {
	Friend *FriendRequest `json:"friend,omitempty"`
	Quote  string         `json:"quote,omitempty"` // text the message answers
	Media  string         `json:"media,omitempty"` // WeChat's media id
	Name   string         `json:"name,omitempty"`  // file name
	Size   int64          `json:"size,omitempty"`  // of the file in bytes, as WeChat says
	// Encrypted is WeChat's name for the file, which it wants back when the file is fetched.
	Encrypted string `json:"encrypted,omitempty"`
}

// FriendRequest is what accepting a request needs.
type FriendRequest struct {
	UserName string `json:"user_name"`
	Nick     string `json:"nick"`
	Greeting string `json:"greeting,omitempty"`
	Ticket   string `json:"ticket"`
}

// ContactKind says what a contact is.
type ContactKind string

// Kinds of contacts. Official accounts and WeChat's own helpers are never answered.
const (
	ContactFriend   ContactKind = "friend"
	ContactGroup    ContactKind = "group"
	ContactOfficial ContactKind = "official"
	ContactSelf     ContactKind = "self"
	ContactStranger ContactKind = "stranger"
)

// Contact is a contact as WeChat shows it in one login.
type Contact struct {
	UserName  string
	Kind      ContactKind
	Nick      string
	Remark    string // set on the phone by whoever runs the account
	Alias     string // WeChat number, rarely given
	Avatar    string // version of the avatar
	Signature string
	Province  string
	City      string
	Sex       int // 0 unknown, 1 male, 2 female
}
