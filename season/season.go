package season

import (
	"slices"
	"strings"
	"time"
)

// Season is one loaded and validated season file. It is immutable after Load.
type Season struct {
	Key    string         `yaml:"key"` // "cqu-2020"
	Title  string         `yaml:"title"`
	School string         `yaml:"school"` // the university as people call it; used in texts as {school}
	Cohort int            `yaml:"cohort"` // year of graduation this season is about
	Zone   *time.Location `yaml:"-"`
	ZoneID string         `yaml:"zone"`
	Opens  Date           `yaml:"opens"`  // first day the season is worked
	Closes Date           `yaml:"closes"` // last day; reminders are not planned after it

	Dates       map[string]NamedDate `yaml:"dates"` // dates other parts of the file refer to
	Calendar    Calendar             `yaml:"calendar"`
	CrossSystem CrossSystem          `yaml:"cross_system"`

	Parties      map[string]Party     `yaml:"parties"` // who may act: member, branch, college, committee, and outside parties
	Questions    map[string]*Question `yaml:"questions"`
	Destinations []Destination        `yaml:"destinations"` // in menu order
	Newcomers    Newcomers            `yaml:"newcomers"`    // whom the school receives
	Tracks       map[string]*Track    `yaml:"tracks"`
	Events       []Event              `yaml:"events"`     // what can be recorded about a transfer, in the order people meet them
	OrgEvents    []OrgEvent           `yaml:"org_events"` // what can be recorded about a branch or a college
	Duties       []DutyRule           `yaml:"duties"`
	Follow       Follow               `yaml:"follow"` // what comes after a reminder, where a duty says nothing of its own
	Nudges       Nudges               `yaml:"nudges"` // how often officers may nudge somebody by hand
	Rates        []Rate               `yaml:"rates"`
	Notices      Notices              `yaml:"notices"`
	// Replies answer what people ask, by the topic of the question (seasons/words); {date:…} and {school} are filled in.
	Replies map[string]string `yaml:"replies"`

	Hash string `yaml:"-"` // of the file's bytes: a changed season is noticed at start
}

// Notices are the limits of what the committee sends to many.
type Notices struct {
	// ReleaseAbove is the number of people from which on a second officer must release a notice; 0: every notice.
	ReleaseAbove int `yaml:"release_above"`
}

// NamedDate is a date of the notice with what people call it.
type NamedDate struct {
	Date Date   `yaml:"date"`
	Name string `yaml:"name"`
}

// Calendar says when reminders may leave.
type Calendar struct {
	Morning   Clock  `yaml:"morning"`    // the slot of the daily digest
	QuietFrom Clock  `yaml:"quiet_from"` // no unasked-for message from here …
	QuietTo   Clock  `yaml:"quiet_to"`   // … until here (crosses midnight)
	Holidays  []Date `yaml:"holidays"`   // a reminder that falls on one leaves on the last day before that is none
	Weekends  bool   `yaml:"weekends"`   // Saturdays and Sundays are treated like holidays
}

// CrossSystem names the provinces that run their own League systems (跨系统).
// Exactly one of Inside and Outside is set: a place is cross-system when it is in Inside, or not in Outside.
type CrossSystem struct {
	Inside     []string `yaml:"inside"`
	Outside    []string `yaml:"outside"`
	Initiators []string `yaml:"initiators"` // party keys; always these when a transfer crosses systems
	Note       string   `yaml:"note"`       // told to the member
	// What a crossing transfer needs besides, such as registering with the other system before anybody can initiate.
	Steps  []string          `yaml:"steps"`  // what the member does first, before the route's own steps
	Tracks map[string]string `yaml:"tracks"` // track of a route → the longer track a crossing transfer takes in its place
	Duties []string          `yaml:"duties"` // duty keys that hang on crossing, besides those of the route
}

// Holds reports whether a transfer into the province crosses systems.
func (c CrossSystem) Holds(province string) bool {
	if province == "" {
		return false
	}
	if len(c.Outside) > 0 {
		return !slices.Contains(c.Outside, province)
	}
	return slices.Contains(c.Inside, province)
}

// Nudges bounds how often one person is nudged by hand (催), so that nobody is pestered.
type Nudges struct {
	Days int `yaml:"days"` // at least so many days lie between two; 1 by default
	Most int `yaml:"most"` // so often in a season; 0: no bound
}

// Party is somebody who acts: key "college" is 学院团委.
type Party struct {
	Key    string `yaml:"-"`
	Name   string `yaml:"name"`
	Inside bool   `yaml:"inside"` // has a role in this product, so it can be reminded (member, branch, college, committee)
}

// Destination is one row of the notice's table (毕业去向).
type Destination struct {
	Key     string   `yaml:"key"`
	Name    string   `yaml:"name"`    // as menus show it
	Short   string   `yaml:"short"`   // as lists and summaries show it
	Words   []string `yaml:"words"`   // plain words that mean exactly this destination
	Explain string   `yaml:"explain"` // one line for the member who is unsure
	Ask     []Asked  `yaml:"ask"`
	// Place names the questions for the province the relation goes to; where several apply, the last answer counts.
	Place  Keys    `yaml:"place"`
	Routes []Route `yaml:"routes"`
	// Secret destinations are not to be spoken of: the name of the unit is refused, and struck from what is stored.
	Secret    bool `yaml:"secret"`
	Uncounted bool `yaml:"uncounted"` // marked and nothing else: in no rate, and no duty of everybody
}

// place is the province the relation goes to, "" when these answers name none.
func (d *Destination) place(a Answers) string {
	for _, k := range slices.Backward(d.Place) {
		if v := a[k]; v != "" {
			return v
		}
	}
	return ""
}

// Asked is a question with the condition under which it is asked.
type Asked struct {
	Question string `yaml:"question"`
	When     Cond   `yaml:"when"`
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
	KindProvince Kind = "province" // a province; the value is its short name
	KindDate     Kind = "date"     // a civil date; the value is 2006-01-02
	KindPhone    Kind = "phone"    // a mainland mobile number; the value is 11 digits; stored encrypted
)

// Question is asked of the member.
type Question struct {
	Key      string   `yaml:"-"`
	Kind     Kind     `yaml:"kind"`
	Label    string   `yaml:"label"` // in summaries
	Ask      string   `yaml:"ask"`
	Hint     string   `yaml:"hint"` // shown below the question
	Options  []Option `yaml:"options"`
	Min      int      `yaml:"min"` // characters, KindText
	Max      int      `yaml:"max"`
	From     Date     `yaml:"from"` // accepted range, KindDate; by default the season and the year after it
	To       Date     `yaml:"to"`
	Personal bool     `yaml:"personal"` // encrypted at rest, never in logs
	Optional bool     `yaml:"optional"` // may be skipped (跳过); the value is then ""
	// Reads is the fact of a sentence that answers the question: one of Facts, or "words" for an option named in it.
	Reads string `yaml:"reads"`
	// Assume is the option taken, or "skip" for no answer, where a sentence told everything else: it is shown to be confirmed.
	Assume string `yaml:"assume"`
}

// Show is a value as people read it: the option's name, 9月1日, or the value itself.
func (q *Question) Show(value string) string {
	if value == "" {
		return "（未填）"
	}
	switch q.Kind {
	case KindChoice:
		for _, o := range q.Options {
			if o.Key == value {
				return o.Name
			}
		}
	case KindDate:
		if d, err := ParseDate(value); err == nil {
			return d.ChineseYear()
		}
	}
	return value
}

// Option is one answer of a choice.
type Option struct {
	Key   string   `yaml:"key"`
	Name  string   `yaml:"name"`
	Words []string `yaml:"words"`
	Given string   `yaml:"given"` // the fact of a sentence that says it: who names an employer works at a unit
}

// Route says where the relation goes under a condition; the first that holds wins.
type Route struct {
	Key        string   `yaml:"key"`
	When       Cond     `yaml:"when"`
	To         string   `yaml:"to"`         // the receiving organisation, with {answer} placeholders
	Moves      bool     `yaml:"moves"`      // false: the relation stays with the school, in the branch To names
	Track      string   `yaml:"track"`      // which states it passes through
	Initiators []string `yaml:"initiators"` // party keys, before the cross-system rule
	Review     string   `yaml:"review"`     // who reviews, in words
	Steps      []string `yaml:"steps"`      // what the member does, in order
	Deadline   string   `yaml:"deadline"`   // when, in words, with {date:name} placeholders
	Note       string   `yaml:"note"`
	Duties     []string `yaml:"duties"` // duty keys that hang on this route
	// Application is what the member hands in, in writing, to stay on this route; nil: nothing.
	Application *Application `yaml:"application"`
	// Refuse makes this a way the relation must not go: nothing else stands here but why, and what to do instead.
	// Refused routes come before the others.
	Refuse string `yaml:"refuse"`
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
	Key    string  `yaml:"-"`
	Name   string  `yaml:"name"`
	States []State `yaml:"states"` // the first is where it starts
	Moves  []Move  `yaml:"moves"`
}

// Start is the first state.
func (t *Track) Start() string { return t.States[0].Key }

// State of a transfer.
type State struct {
	Key  string `yaml:"key"`
	Name string `yaml:"name"` // 待发起
	Done bool   `yaml:"done"` // nothing more to be done
}

// Move is one row of a track: event in one of From leads to To.
type Move struct {
	On        string   `yaml:"on"`
	From      []string `yaml:"from"`
	To        string   `yaml:"to"`
	NotBefore string   `yaml:"not_before"` // named date after which the system of record allows it; "" for any time
}

// Event is something that happened in the system of record and is recorded here (已发起, 收到申请, 已审 …).
type Event struct {
	Key   string   `yaml:"key"`
	Name  string   `yaml:"name"`
	Words []string `yaml:"words"` // what is typed, followed by names or numbers; none: it is recorded by itself
	By    []string `yaml:"by"`    // party keys that may record it
	Tell  string   `yaml:"tell"`  // what the member is told; "" when nothing
	// Aside: it stands beside the transfer (dues paid, card handed in). It can be recorded in every state and moves none.
	Aside bool `yaml:"aside"`
	// Reason: why it happened can be recorded with it (退回 张三：材料不全), and is told as {reason}.
	Reason bool `yaml:"reason"`
}

// OrgEvent is something that happened to a whole branch or college (年份已标记, 支部已删除 …).
type OrgEvent struct {
	Key     string   `yaml:"key"`
	Name    string   `yaml:"name"`
	Subject string   `yaml:"subject"` // SubjectBranch or SubjectCollege
	Words   []string `yaml:"words"`
	By      []string `yaml:"by"` // party keys that may record it
}

// Whom a duty is about.
const (
	SubjectMember  = "member"
	SubjectBranch  = "branch"
	SubjectCollege = "college"
)

// DutyRule says what falls due: for whom, when, and when it is reminded.
type DutyRule struct {
	Key    string `yaml:"key"`
	Name   string `yaml:"name"`   // 发起转接
	Clause string `yaml:"clause"` // where the rule comes from
	Of     string `yaml:"of"`     // party that answers for it
	// Subject is whom it is about: SubjectMember (by default), SubjectBranch or SubjectCollege.
	Subject string `yaml:"subject"`
	// While are the states in which a duty about a member is open. "undeclared" is the state of a member without
	// declaration; AnyState, alone, means every member in every state, from the roster on.
	While []string `yaml:"while"`
	Open  Gate     `yaml:"open"`  // subject branch or college: open while its members stand like this
	Until Keys     `yaml:"until"` // over as soon as one of these events happened
	Due   Due      `yaml:"due"`
	Lapse string   `yaml:"lapse"` // LapseOverdue or LapseApproved
	// LapseEvent is recorded by itself when the duty lapses with LapseApproved: the transfer moves as the system of
	// record moves it. "" when nothing moves.
	LapseEvent string `yaml:"lapse_event"`
	Steps      []Step `yaml:"steps"`
	// Texts of one digest entry; placeholders {count} {names} {days} {due} {name} {school}.
	Line       string `yaml:"line"`        // to officers
	MemberLine string `yaml:"member_line"` // to the member, when a step is addressed to "member"
	LapseLine  string `yaml:"lapse_line"`  // reports a lapse; never asks for action that has become impossible; {reminded}, too
	Follow     `yaml:",inline"`
}

// What happens when a duty lapses.
const (
	LapseOverdue  = "overdue"             // it stays open, overdue
	LapseApproved = "approved_by_default" // the system of record approves by itself; the duty is over
)

// AnyState in a duty's While: every member, whatever their destination and state.
const AnyState = "any"

// Opened in a Due's After stands for the opening of a duty about an organisation.
const Opened = "opened"

// Due says how the due date is found: Months and Days after exactly one of Date, After and Answer.
type Due struct {
	Date   string `yaml:"date"`   // a named date
	After  Keys   `yaml:"after"`  // event keys, "declared" among them: the last that happened; Opened for an organisation
	Answer string `yaml:"answer"` // a KindDate question: the day answered
	Months int    `yaml:"months"` // 31 August and one month is 30 September
	Days   int    `yaml:"days"`   // negative: before
	// Latest is a named date by which it is due at the latest. What happens after that date has its days alone.
	Latest string `yaml:"latest"`
}

// Keys are keys of one kind; a file may write a single one without brackets.
type Keys []string

// Step is one reminder of a duty. Exactly one of Before, After and On is used.
type Step struct {
	Key    string   `yaml:"key"`    // by default before-5, after-3, on-2006-01-02
	Before *int     `yaml:"before"` // days before the due date
	After  *int     `yaml:"after"`  // days after the duty opened
	On     Date     `yaml:"on"`
	To     []string `yaml:"to"` // party keys that have a role here
}

// Rate is one of the notice's indicators: of the members that count, how many are done (Season.Measure).
// The denominator is either the destinations in Of, or everybody but those in AllBut, the undeclared among them.
type Rate struct {
	Key    string   `yaml:"key"`
	Name   string   `yaml:"name"`
	Of     []string `yaml:"of"`      // destinations that count; with AllBut, Load fills in those that are left
	AllBut []string `yaml:"all_but"` // destinations that do not count
	Done   []string `yaml:"done"`    // states that count as done
	Via    []string `yaml:"via"`     // done only on these routes, destination/route; none: on every route
	By     string   `yaml:"by"`      // named date
	Clause string   `yaml:"clause"`
}

// Destination finds a destination by key.
func (s *Season) Destination(key string) (*Destination, bool) {
	for _, list := range [][]Destination{s.Destinations, s.Newcomers.List} {
		for i := range list {
			if list[i].Key == key {
				return &list[i], true
			}
		}
	}
	return nil, false
}

// DestinationByWord finds the destination a plain word means, exactly: its name, short name or one of its words.
func (s *Season) DestinationByWord(word string) (*Destination, bool) {
	word = strings.ToLower(word)
	for i := range s.Destinations {
		d := &s.Destinations[i]
		if word == strings.ToLower(d.Name) || word == strings.ToLower(d.Short) || slices.Contains(d.Words, word) {
			return d, true
		}
	}
	return nil, false
}

// Event finds the event a word stands for.
func (s *Season) Event(word string) (*Event, bool) {
	for i := range s.Events {
		if slices.Contains(s.Events[i].Words, word) {
			return &s.Events[i], true
		}
	}
	return nil, false
}

// EventNamed finds an event by key.
func (s *Season) EventNamed(key string) (*Event, bool) {
	for i := range s.Events {
		if s.Events[i].Key == key {
			return &s.Events[i], true
		}
	}
	return nil, false
}

// OrgEvent finds the event about an organisation a word stands for.
func (s *Season) OrgEvent(word string) (*OrgEvent, bool) {
	for i := range s.OrgEvents {
		if slices.Contains(s.OrgEvents[i].Words, word) {
			return &s.OrgEvents[i], true
		}
	}
	return nil, false
}

// OrgEventNamed finds an event about an organisation by key.
func (s *Season) OrgEventNamed(key string) (*OrgEvent, bool) {
	for i := range s.OrgEvents {
		if s.OrgEvents[i].Key == key {
			return &s.OrgEvents[i], true
		}
	}
	return nil, false
}

// DutyRule finds a rule by key.
func (s *Season) DutyRule(key string) (*DutyRule, bool) {
	for i := range s.Duties {
		if s.Duties[i].Key == key {
			return &s.Duties[i], true
		}
	}
	return nil, false
}

// TrackState is a state of a track; the zero State for one the season does not know (any more).
func (s *Season) TrackState(track, state string) State {
	if t := s.Tracks[track]; t != nil {
		for _, st := range t.States {
			if st.Key == state {
				return st
			}
		}
	}
	return State{Key: state, Name: state}
}
