package handlers

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"xianjie/season"
	"xianjie/storage"
)

// 撤销 张三 takes back what was recorded last, the same way as it was recorded. Whoever recorded it may do so on the same
// day: by the next morning others have read it, in lists, digests and rankings, and acted on it. Later, and for what
// somebody else recorded, only the committee can.

func isUndo(t *turn) bool {
	return t.heard(textUndo) || strings.HasPrefix(t.line, textUndo+" ") || strings.HasPrefix(t.line, textUndo+"：")
}

func (t *turn) undo() {
	args := strings.FieldsFunc(strings.TrimPrefix(spans.Replace(t.line), textUndo), isSeparator)
	if len(args) == 0 {
		t.say(textRecordHow, textUndo, textUndo)
		return
	}
	t.carryOut(pendingRecord{}, args)
}

// mayTakeBack reports whether the writer may take back what somebody recorded at an instant.
func (t *turn) mayTakeBack(by *int64, recorded time.Time) bool {
	return t.onCommittee() || by != nil && *by == t.p.Person.ID && t.season.DateOf(recorded) == t.today()
}

// notTakenBack says why somebody who may record an event may not take back that it was recorded of whom.
func (t *turn) notTakenBack(whom, event string, by *int64, recorded time.Time) string {
	if by != nil && *by == t.p.Person.ID {
		return fmt.Sprintf(textUndoLate, whom, event, t.season.DateOf(recorded).Chinese())
	}
	return fmt.Sprintf(textUndoOthers, whom, event)
}

// takeBack is the change by which the last event recorded of a member never was: the state before it stands again, and
// so do its duties; or why not. A declaration is not taken back by an officer, nor is what the system of record did by
// itself.
func (t *turn) takeBack(m storage.Member) (c storage.MemberChange, e *season.Event, why string) {
	label := t.label(m.Person, &m.Branch)
	nothing := fmt.Sprintf(textNothingToUndo, label, t.nameOf(m.Transfer))
	if len(m.Events) == 0 {
		return c, nil, nothing
	}
	last := m.Events[len(m.Events)-1]
	e, ok := t.season.EventNamed(last.Event)
	if !ok || !t.mayRecord(e) || last.ToState != m.Transfer.State {
		return c, nil, nothing
	}
	if !t.mayTakeBack(last.ByPersonID, last.RecordedAt) {
		return c, nil, t.notTakenBack(label, e.Name, last.ByPersonID, last.RecordedAt)
	}
	m.Events = slices.Clone(m.Events[:len(m.Events)-1])
	if m.Transfer.State != last.FromState {
		m.Transfer.State, m.Transfer.EnteredAt = last.FromState, t.now
	}
	return storage.MemberChange{
		Season: t.season.Key, Transfer: m.Transfer, Undo: []int64{last.ID},
		Duties: t.season.DutiesOf(m.Standing()), Closing: storage.DutyWithdrawn,
	}, e, ""
}
