package demo

import (
	"context"
	"time"
)

// The phones of the demo.
const (
	PhoneMember    = "member"    // 毕业生
	PhoneSecretary = "secretary" // 学院团委书记
	PhoneCommittee = "committee" // 校团委
)

// Steps of the calendar besides a date written 2006-01-02, which means the morning slot of that day.
const (
	StepMorning  = "morning"  // the next morning slot
	StepDeadline = "deadline" // the next day on which something lapses or somebody is reminded of that
)

// Stage is what the page plays on. Its methods may be called from any goroutine. An error of type Refused is shown to
// the person at the page; of others only the log tells.
type Stage interface {
	// Snapshot is everything the page shows. The page keeps it unchanged.
	Snapshot(ctx context.Context) (Snapshot, error)
	// Say types text on a phone and sends it. It returns when the message is on its way, not when it is answered.
	Say(ctx context.Context, phone, text string) error
	// AddFriend adds the product's account to a phone's contacts.
	AddFriend(ctx context.Context, phone string) error
	// Switch hands the member phone to one of Snapshot.People.
	Switch(ctx context.Context, person string) error
	// Move lets time pass: StepMorning, StepDeadline or a date. It returns at once; Snapshot.Moving shows how far it is.
	Move(ctx context.Context, step string) error
	// File is the picture or document of a message on a phone, by Message.ID; nil where there is none.
	File(phone, message string) *File
	// Changed delivers when Snapshot may differ from the last one taken. Changes may be merged, but none is lost.
	Changed() <-chan struct{}
}

// Refused is an error whose text, in Chinese, is for the person at the page.
type Refused string

func (r Refused) Error() string { return string(r) }

// Snapshot is everything the page shows, as of one moment.
type Snapshot struct {
	Title   string    `json:"title"`   // of the season
	Account string    `json:"account"` // name of the product's WeChat account
	Now     time.Time `json:"now"`
	Opens   string    `json:"opens"`  // first day of the season, 2006-01-02
	Closes  string    `json:"closes"` // last day the calendar may be moved to, 2006-01-02
	Moving  *Moving   `json:"moving"` // nil while the clock just ticks
	Done    Done      `json:"done"`
	// Destinations counts declared members, most frequent first.
	Destinations []Tally    `json:"destinations"`
	Phones       []Phone    `json:"phones"`   // member, secretary, committee
	People       []Choice   `json:"people"`   // who can hold the member phone
	Colleges     []Progress `json:"colleges"` // in the order of the roster
	Members      []Row      `json:"members"`  // declared members, latest change first, at most 40
	Duties       []Due      `json:"duties"`   // open duties, earliest due first, at most 40
	Sent         []Sending  `json:"sent"`     // latest first, at most 40
	Next         []Wake     `json:"next"`     // planned wake-ups, earliest first, at most 12
	Log          []Happened `json:"log"`      // what happened as days passed, latest first, at most 120
}

// Moving says that the calendar is being moved.
type Moving struct {
	Text string    `json:"text"` // what is being done, e.g. "正在走到 6月15日 09:00"
	To   time.Time `json:"to"`   // where it ends, zero when only arriving will tell
}

// Done is how far a newcomer got in the three steps of the guide.
type Done struct {
	Bound    bool `json:"bound"`    // the member on the phone is known to the product
	Declared bool `json:"declared"` // and has declared
	Reminded bool `json:"reminded"` // a reminder reached the secretary's phone since
}

// Phone is one phone with its chat.
type Phone struct {
	Key      string    `json:"key"`
	Title    string    `json:"title"` // role of the person, e.g. "毕业生"
	Person   Person    `json:"person"`
	Friend   bool      `json:"friend"`   // the account is among its contacts; otherwise AddFriend comes first
	Messages []Message `json:"messages"` // oldest first, the latest 100
	Chips    []Chip    `json:"chips"`    // answers to the latest message, see Choices
	Words    []string  `json:"words"`    // words that work at any moment
	Hint     *Hint     `json:"hint"`     // what to send next; nil: nothing to suggest
}

// Person holds a phone.
type Person struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Initial string `json:"initial"` // surname, on the avatar
	Where   string `json:"where"`   // college, branch or office
	No      string `json:"no"`      // student or staff number
}

// Message is one bubble of a chat, or a grey line between bubbles.
type Message struct {
	ID   string    `json:"id"` // unique within the phone and person, never reused
	Mine bool      `json:"mine"`
	Grey bool      `json:"grey"` // WeChat's own line, by nobody
	Text string    `json:"text"`
	File string    `json:"file"` // name of the document, or of the picture, that the message is; Stage.File has it
	Show bool      `json:"show"` // it is a picture
	At   time.Time `json:"at"`
}

// File is a picture or a document in a chat.
type File struct {
	Name    string
	Content []byte
}

// Chip is an answer one tap away.
type Chip struct {
	Label string `json:"label"`
	Text  string `json:"text"` // what is sent
}

// Hint suggests what to send.
type Hint struct {
	Text string `json:"text"`
	Send string `json:"send"`
}

// Choice is one member who can hold the member phone.
type Choice struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Initial string `json:"initial"`
	No      string `json:"no"`
	Where   string `json:"where"`
	State   string `json:"state"` // e.g. "未登记", "就业 · 待发起"
	Open    bool   `json:"open"`  // has not declared
}

// Tally counts members of one kind.
type Tally struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

// Progress is how far a college is.
type Progress struct {
	Name      string `json:"name"`
	Total     int    `json:"total"`
	Declared  int    `json:"declared"`
	Must      int    `json:"must"`      // declared members whose transfer the college must initiate
	Initiated int    `json:"initiated"` // of Must
	Received  int    `json:"received"`  // of Must
}

// Row is one declared member.
type Row struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Branch      string    `json:"branch"`
	Destination string    `json:"destination"`
	State       string    `json:"state"`
	Settled     bool      `json:"settled"` // nothing is left to do
	Goes        string    `json:"goes"`    // where the relation goes
	At          time.Time `json:"at"`      // latest change
}

// Due is one duty, or several alike that are due together.
type Due struct {
	Name  string     `json:"name"`
	Whom  string     `json:"whom"` // who answers for it
	Due   string     `json:"due"`  // last day, 2006-01-02
	Days  int        `json:"days"` // left; 0 on the last day, negative when late
	Count int        `json:"count"`
	Next  *time.Time `json:"next"` // next planned reminder, nil when there is none
}

// Sending is one message the product sent, reply or reminder.
type Sending struct {
	ID   string    `json:"id"`
	At   time.Time `json:"at"`
	To   string    `json:"to"`
	Kind string    `json:"kind"` // e.g. "回复", "提醒"
	Text string    `json:"text"` // its first line
}

// Wake is one planned wake-up.
type Wake struct {
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

// Happened is one line of what happened as days passed.
type Happened struct {
	ID    string    `json:"id"`
	At    time.Time `json:"at"`
	Text  string    `json:"text"`
	Major bool      `json:"major"` // a reminder, a lapse, a deadline
}
