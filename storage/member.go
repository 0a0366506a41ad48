package storage

import (
	"fmt"
	"slices"
	"time"

	"xianjie/season"
)

// Member is a member with everything the rules need to decide about them: the aggregate behind one Transfer row.
// Its methods are pure; what they return is written by CommitTurns or CommitMembers, which check Transfer.Version.
type Member struct {
	Person      Person
	Branch      Org
	College     Org
	Transfer    Transfer
	Declaration *Declaration    // current; nil while undeclared
	Events      []TransferEvent // of the current declaration and beside all declarations, not undone, oldest first
}

// EventDeclared marks the confirmation of a declaration among the events of a transfer.
const EventDeclared = "declared"

// Answers are the normalised answers of the current declaration.
func (m Member) Answers() season.Answers {
	if m.Declaration == nil {
		return nil
	}
	return AnswersOf(m.Declaration.Answers)
}

// AnswersOf strips values of where they came from.
func AnswersOf(values map[string]Value) season.Answers {
	a := make(season.Answers, len(values))
	for k, v := range values {
		a[k] = v.Value
	}
	return a
}

// Standing is what the season's rules see of the member.
func (m Member) Standing() season.Standing {
	st := season.Standing{
		Since:   m.Person.CreatedAt,
		Cohort:  m.Person.Cohort,
		State:   m.Transfer.State,
		Entered: m.Transfer.EnteredAt,
		Events:  make(map[string]time.Time, len(m.Events)),
	}
	if m.Declaration != nil {
		st.Destination = m.Declaration.Destination
		st.Answers = m.Answers()
		st.Events[EventDeclared] = m.Declaration.ConfirmedAt
	}
	for _, e := range m.Events {
		if e.UndoneAt == nil {
			st.Events[e.Event] = e.At
		}
	}
	return st
}

// SubjectMember is the subject of duties about one member, and the party key of members.
const SubjectMember = "member"

// Said names who states a fact and in which message; the zero value is the product itself.
type Said struct {
	By    *int64 // person
	Inbox *int64
	Note  string
	File  *int64 // what was handed in with it
}

// Declare is the change by which the member confirms a destination at an instant. It supersedes the former declaration,
// starts the track of the new route and opens the duties that follow; duties of the former one are withdrawn.
// Confirming "declare" itself closes that duty as done.
func (m Member) Declare(s *season.Season, destination string, values map[string]Value, said Said, at time.Time) (MemberChange, season.Outcome, error) {
	out, err := s.Route(destination, AnswersOf(values))
	if err != nil {
		return MemberChange{}, out, fmt.Errorf("declare %s for person %d: %w", destination, m.Person.ID, err)
	}
	seq := 1
	closing := DutyDone
	if m.Declaration != nil {
		seq = m.Declaration.Seq + 1
		closing = DutyWithdrawn
	}
	d := &Declaration{
		PersonID: m.Person.ID, Seq: seq, Season: s.Key,
		Destination: destination, Route: out.Route, Target: out.To, CrossSystem: out.CrossSystem,
		Answers: values, ConfirmedAt: at, InboxID: said.Inbox,
	}
	if said.By != nil && *said.By != m.Person.ID {
		d.ByPersonID = said.By
	}
	from := m.Transfer.State
	m.Declaration, m.Events = d, m.beside()
	m.Transfer.Destination, m.Transfer.Track, m.Transfer.State, m.Transfer.EnteredAt = destination, out.Track, out.State, at
	return MemberChange{
		Season:      s.Key,
		Transfer:    m.Transfer,
		Declaration: d,
		Events: []TransferEvent{{
			PersonID: m.Person.ID, Event: EventDeclared, At: at, RecordedAt: at,
			ByPersonID: said.By, InboxID: said.Inbox, FromState: from, ToState: out.State, Note: said.Note,
		}},
		Duties:  s.DutiesOf(m.Standing()),
		Closing: closing,
	}, out, nil
}

// beside are the events that belong to no declaration (dues paid, card handed in): they outlast a change of mind.
func (m Member) beside() []TransferEvent {
	var kept []TransferEvent
	for _, e := range m.Events {
		if e.DeclarationID == nil {
			kept = append(kept, e)
		}
	}
	return kept
}

// Underway reports that somebody has acted on the current declaration.
func (m Member) Underway() bool {
	return slices.ContainsFunc(m.Events, func(e TransferEvent) bool {
		return e.DeclarationID != nil && e.Event != EventDeclared
	})
}

// TooEarly says that an event cannot have happened yet: the season lets it be recorded from a day on.
type TooEarly struct {
	Event string
	From  season.Date
}

func (e *TooEarly) Error() string {
	return fmt.Sprintf("event %s cannot be recorded before %s", e.Event, e.From)
}

// NotNow says that an event cannot be recorded in the state the transfer is in.
type NotNow struct {
	Event string
	State season.State
}

func (e *NotNow) Error() string {
	return fmt.Sprintf("event %s cannot follow state %s (%s)", e.Event, e.State.Key, e.State.Name)
}

// Record is the change by which an event of the season (已发起, 收到申请, 已审 …) that happened at an instant is recorded now.
// Duties it fulfils close with the given outcome. Its error is *NotNow when the track has no such move, *TooEarly when the
// season has it only later.
func (m Member) Record(s *season.Season, event string, at, now time.Time, closing string, said Said) (MemberChange, error) {
	from := m.Transfer.State
	to, ok := s.Advance(m.Transfer.Track, from, event)
	if !ok {
		return MemberChange{}, &NotNow{Event: event, State: s.TrackState(m.Transfer.Track, from)}
	}
	if day := s.NotBefore(m.Transfer.Track, from, event); !day.IsZero() && s.DateOf(at).Before(day) {
		return MemberChange{}, &TooEarly{Event: event, From: day}
	}
	e := TransferEvent{
		PersonID: m.Person.ID, DeclarationID: m.Transfer.DeclarationID, Event: event, At: at, RecordedAt: now,
		ByPersonID: said.By, InboxID: said.Inbox, FromState: from, ToState: to, Note: said.Note, FileID: said.File,
	}
	if rule, ok := s.EventNamed(event); ok && rule.Aside {
		e.DeclarationID = nil
	}
	m.Events = append(m.Events[:len(m.Events):len(m.Events)], e)
	if to != from {
		m.Transfer.State, m.Transfer.EnteredAt = to, now
	}
	return MemberChange{
		Season:   s.Key,
		Transfer: m.Transfer,
		Events:   []TransferEvent{e},
		Duties:   s.DutiesOf(m.Standing()),
		Closing:  closing,
	}, nil
}

// Replanned is the change by which the member's duties follow a season file that changed; nothing else moves.
func (m Member) Replanned(s *season.Season) MemberChange {
	return MemberChange{
		Season: s.Key, Transfer: m.Transfer, Duties: s.Chased(s.DutiesOf(m.Standing())), Closing: DutyWithdrawn, Replan: true,
	}
}
