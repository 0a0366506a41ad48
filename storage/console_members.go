package storage

import (
	"context"
	"fmt"
	"time"
)

// MembersPage is one page of the members in a scope that fit a filter, by person id after a given one, without counting
// the others. Indices transfers_college, transfers_branch, and on MySQL
// transfers_destination, transfers_state, people_found.
func (s *Store) MembersPage(ctx context.Context, sc Scope, f Filter, after int64, limit int) ([]Member, error) {
	var ids []int64
	err := f.of(sc.of(s.onRoster(ctx))).Where("transfers.person_id > ?", after).
		Order("transfers.person_id").Limit(limit).Pluck("transfers.person_id", &ids).Error
	if err != nil {
		return nil, err
	}
	return s.Members(ctx, ids)
}

// MemberStory is everything that is known of one member but the messages themselves.
type MemberStory struct {
	Member       Member
	Chats        []Contact
	Declarations []Declaration   // all, the latest first
	Steps        []TransferEvent // all, those taken back too, the latest first
	Duties       []Duty          // all, the open ones first
	Told         []TellingOfDuty // the latest first, at most 200
	Audit        []Audit         // the latest first, at most 200
	People       map[int64]Person
}

// TellingOfDuty is a reminder about one of the member's duties.
type TellingOfDuty struct {
	DutyID    int64
	Rule      string
	TellingOf `gorm:"embedded"`
}

// MemberStory tells what is known of a member; false when there is none of that id on the roster or in the scope.
// Indices declarations_seq, transfer_events_person, duties_person, reminders_duty, audit_subject.
func (s *Store) MemberStory(ctx context.Context, sc Scope, id int64) (MemberStory, bool, error) {
	var st MemberStory
	var ids []int64
	if err := sc.of(s.onRoster(ctx)).Where("transfers.person_id = ?", id).Pluck("transfers.person_id", &ids).Error; err != nil || len(ids) == 0 {
		return st, false, err
	}
	ms, err := s.Members(ctx, ids)
	if err != nil || len(ms) == 0 {
		return st, false, err
	}
	st.Member = ms[0]
	db := s.db(ctx)
	if err := db.Where("person_id = ?", id).Order("id").Find(&st.Chats).Error; err != nil {
		return st, false, err
	}
	if err := db.Where("person_id = ?", id).Order("seq DESC").Find(&st.Declarations).Error; err != nil {
		return st, false, err
	}
	if err := db.Where("person_id = ?", id).Order("id DESC").Find(&st.Steps).Error; err != nil {
		return st, false, err
	}
	if err := db.Where("person_id = ? AND subject = ?", id, SubjectMember).Order("closed_at IS NOT NULL, lapses_at, id").Find(&st.Duties).Error; err != nil {
		return st, false, err
	}
	err = db.Raw(`SELECT d.id AS duty_id, d.rule, r.step_id, r.step, r.party, r.person_id, COALESCE(p.name, '') AS person, r.at, r.outbox_id,
			COALESCE(o.state, '') AS state, o.done_at AS sent_at, COALESCE(o.msg_id, '') AS msg_id,
			CASE WHEN r.reason <> '' THEN r.reason ELSE COALESCE(o.reason, '') END AS reason
		FROM duties d JOIN reminders r ON r.duty_id = d.id LEFT JOIN people p ON p.id = r.person_id LEFT JOIN outbox o ON o.id = r.outbox_id
		WHERE d.person_id = ? AND d.subject = ? ORDER BY r.at DESC, r.id DESC LIMIT 200`, id, SubjectMember).Scan(&st.Told).Error
	if err != nil {
		return st, false, err
	}
	if err := db.Where("subject = ?", fmt.Sprintf("person/%d", id)).Order("id DESC").Limit(200).Find(&st.Audit).Error; err != nil {
		return st, false, err
	}
	st.People, err = s.PeopleByID(ctx, st.actors())
	return st, err == nil, err
}

// actors are the people who did something in the story.
func (st *MemberStory) actors() []int64 {
	var ids []int64
	add := func(id *int64) {
		if id != nil {
			ids = append(ids, *id)
		}
	}
	for i := range st.Declarations {
		add(st.Declarations[i].ByPersonID)
	}
	for i := range st.Steps {
		add(st.Steps[i].ByPersonID)
	}
	for i := range st.Audit {
		add(st.Audit[i].ActorID)
	}
	return ids
}

// When is when the message left, or, where it has not, when the reminder was given.
func (t TellingOf) When() time.Time {
	if t.SentAt != nil {
		return *t.SentAt
	}
	return t.At
}
