package season

import "time"

// Season is one loaded and validated season file. It is immutable after Load.
type Season struct {
	Key    string // "cqu-2020"
	Title  string
	School string // the university as people call it; used in texts as {school}
	Cohort int    // year of graduation this season is about
	Zone   *time.Location
	Opens  Date // first day the season is worked
	Closes Date // last day; reminders are not planned after it

	Dates       map[string]Date // named dates other parts of the file refer to
	DateNames   map[string]string
	Calendar    Calendar
	CrossSystem CrossSystem

	Parties      map[string]Party // who may act: member, branch, college, committee, and outside parties
	Destinations []Destination    // in menu order
	Questions    map[string]*Question
	Tracks       map[string]*Track
	Events       []Event // what can be recorded about a transfer, in the order people meet them
	Duties       []DutyRule
	Rates        []Rate
	Texts        map[string]string // see requiredTexts in validate.go
}

// Calendar says when reminders may leave.
type Calendar struct {
	Morning   Clock  // the slot of the daily digest, e.g. 09:00
	QuietFrom Clock  // no unasked-for message from here …
	QuietTo   Clock  // … until here (may cross midnight)
	Holidays  []Date // a reminder that falls on one leaves on the last working day before
	Weekends  bool   // true: Saturdays and Sundays are treated like holidays
}

// CrossSystem names the provinces that run their own League systems (跨系统).
// Exactly one of Inside and Outside is set: a place is cross-system when it is in Inside, or not in Outside.
type CrossSystem struct {
	Inside     []string
	Outside    []string
	Initiators []string // party keys; always these when a transfer crosses systems
	Note       string   // told to the member and the secretary
}

// Party is somebody who acts: key "college" is 学院团委.
type Party struct {
	Key, Name string
	Inside    bool // has a role in this product, so it can be reminded (member, branch, college, committee)
}

// Destination is one row of the notice's table (毕业去向).
type Destination struct {
	Key     string
	Name    string   // as menus show it
	Short   string   // as lists and summaries show it
	Words   []string // plain words that mean exactly this destination
	Explain string   // one line for the member who is unsure
	Ask     []Asked
	Place   string // question whose answer is the province the relation goes to; "" when it stays
	Routes  []Route
	Counted bool // part of the season's rates at all
}

// Asked is a question with the condition under which it is asked.
type Asked struct {
	Question string
	When     Cond
}

// Cond holds when every named fact has one of the listed values. Facts are answers by question key,
// and the derived facts "cross_system" (yes, no) and "place" (a province). An empty Cond always holds.
type Cond map[string][]string

// Kind of a question.
type Kind string

// The kinds of answers the bot can ask for.
const (
	KindText     Kind = "text"     // free text, Min to Max characters
	KindChoice   Kind = "choice"   // one of Options; the value is the option's key
	KindProvince Kind = "province" // a province; the value is its short name (广东)
	KindDate     Kind = "date"     // a civil date; the value is 2020-09-01
	KindPhone    Kind = "phone"    // a mainland mobile number; the value is 11 digits; stored encrypted
)

// Question is asked of the member.
type Question struct {
	Key      string
	Kind     Kind
	Label    string // in summaries
	Ask      string
	Hint     string // added when an answer was not understood
	Options  []Option
	Min, Max int    // characters, KindText
	From, To Date   // accepted range, KindDate
	Personal bool   // encrypted at rest, never in logs, never shown to others than the member's own college
	Forbid   string // KindText: reason why a name must not be given here (classified units); "" normally
}

// Option is one answer of a choice.
type Option struct {
	Key, Name string
	Words     []string
}

// Route says where the relation goes under a condition; the first that holds wins.
type Route struct {
	Key        string
	When       Cond
	To         string   // text with {answer} placeholders: the receiving organisation
	Moves      bool     // false: the relation stays with the school (in the branch To names)
	Track      string   // which states it passes through
	Initiators []string // party keys, before the cross-system rule
	Review     string   // who reviews, in words
	Steps      []string // what the member does, in order, as sentences
	Deadline   string   // when, in words (with {date:name} placeholders)
	Note       string
	Duties     []string // duty keys that hang on this route
}

// Outcome is a route applied to a member's answers: what the bot tells, and what storage keeps.
type Outcome struct {
	Destination string
	Route       string
	To          string
	Moves       bool
	Track       string
	State       string // first state of the track
	CrossSystem bool
	Initiators  []Party
	Review      string
	Steps       []string
	Deadline    string
	Notes       []string
}

// Track is the table of states one kind of transfer passes through.
type Track struct {
	Key   string
	Name  string
	Start string
	State map[string]State
	Moves []Move
}

// State of a transfer.
type State struct {
	Key  string
	Name string // 待发起
	Done bool   // nothing more to be done
}

// Move is one row of a track: event in one of From leads to To.
type Move struct {
	On   string
	From []string
	To   string
}

// Event is something that happened in the system of record and is recorded here (已发起, 收到申请, 已审 …).
type Event struct {
	Key   string
	Name  string
	Words []string // what a secretary types, followed by names or numbers
	By    []string // party keys that may record it ("member", "college", "committee", …)
	Said  string   // what the bot answers; {name} {state} {due}
	Tell  string   // what the member is told; "" when nothing
	Undo  bool
}

// DutyRule says what falls due: for whom, when, and when it is reminded.
type DutyRule struct {
	Key     string
	Name    string   // 发起转接
	Clause  string   // where the rule comes from
	Subject string   // "member" or "college"
	Of      string   // party that answers for it
	While   []string // states in which it is open; "undeclared" is the state of a member without declaration
	Due     Due
	Lapse   string // "overdue" or "approved_by_default"
	// LapseEvent is the event recorded by itself when the duty lapses (Lapse "approved_by_default"): the transfer
	// moves as the system of record moves it. "" when nothing moves.
	LapseEvent string
	Steps      []Step
	// Texts of one digest entry; placeholders {count} {names} {days} {due} {name} {school}.
	Line       string // to officers
	MemberLine string // to the member, when a step is addressed to "member"
	LapseLine  string // reports a lapse; never asks for action that has become impossible
}

// Due says how the due date is found. Exactly one of Date, After and Answer is set.
type Due struct {
	Date   string // a named date
	After  string // an event key, "declared" or "state" (when the state was entered): plus Days or Months
	Answer string // a KindDate question: the day answered, plus Days (negative: before)
	Days   int
	Months int
}

// Step is one reminder of a duty. Exactly one of Before, After and On is used.
type Step struct {
	Key    string
	Before *int     // days before the due date
	After  *int     // days after the duty opened
	On     string   // a named date or 2020-06-15
	To     []string // party keys that have a role here
}

// Rate is one of the notice's indicators: of the members that count, how many are done.
type Rate struct {
	Key    string
	Name   string
	Tracks []string // members on these tracks are the denominator …
	Except []string // … without these destinations
	Done   []string // states that count as done
	By     string   // named date
}
