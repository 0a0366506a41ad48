package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// DutyStory is everything that is known of one duty: its plan, what was sent and what WeChat answered, what people
// answered, and how it ended.
type DutyStory struct {
	Duty    Duty        `json:"duty"`
	About   string      `json:"about"` // name of the member or the organisation
	Org     string      `json:"org"`   // the college; of a college, the college itself
	Steps   []DutyStep  `json:"steps"`
	Told    []TellingOf `json:"told"`
	Answers []AnswerOf  `json:"answers"`
	Audit   []Audit     `json:"audit"`
}

// TellingOf is one reminder put before one person, with what became of the message.
type TellingOf struct {
	StepID   int64
	Step     string
	Party    string
	PersonID int64  // 0 when nobody could be addressed
	Person   string // name
	At       time.Time
	OutboxID *int64
	State    string // of the message; "" without one
	SentAt   *time.Time
	MsgID    string
	Reason   string // why it could not be addressed, or what WeChat answered
}

// AnswerOf is one answer to a reminder.
type AnswerOf struct {
	At     time.Time
	Person string
	What   string // AckSeen, AckDone, AckHanded
	Taker  string // who has it now
}

// ErrNoDuty says that there is no duty of a number.
var ErrNoDuty = errors.New("there is no such duty")

// DutyStory tells what happened to a duty. Indices duty_steps_duty, reminders_duty, acknowledgements_duty, audit_subject.
func (s *Store) DutyStory(ctx context.Context, id int64) (DutyStory, error) {
	var st DutyStory
	db := s.db(ctx)
	err := db.Take(&st.Duty, id).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return st, fmt.Errorf("duty %d: %w", id, ErrNoDuty)
	}
	if err != nil {
		return st, err
	}
	var names struct{ About, Org string }
	if st.Duty.Subject == SubjectMember {
		err = db.Raw(`SELECT p.name AS about, o.name AS org FROM people p JOIN orgs o ON o.id = ? WHERE p.id = ?`,
			st.Duty.OrgID, st.Duty.PersonID).Scan(&names).Error
	} else {
		err = db.Raw(`SELECT o.name AS about, COALESCE(c.name, o.name) AS org FROM orgs o LEFT JOIN orgs c ON c.id = o.parent_id AND c.kind = ?
			WHERE o.id = ?`, OrgCollege, st.Duty.OrgID).Scan(&names).Error
	}
	if err != nil {
		return st, err
	}
	st.About, st.Org = names.About, names.Org
	if err := db.Where("duty_id = ?", id).Order("at, id").Find(&st.Steps).Error; err != nil {
		return st, err
	}
	err = db.Raw(`SELECT r.step_id, r.step, r.party, r.person_id, COALESCE(p.name, '') AS person, r.at, r.outbox_id,
			COALESCE(o.state, '') AS state, o.done_at AS sent_at, COALESCE(o.msg_id, '') AS msg_id,
			CASE WHEN r.reason <> '' THEN r.reason ELSE COALESCE(o.reason, '') END AS reason
		FROM reminders r LEFT JOIN people p ON p.id = r.person_id LEFT JOIN outbox o ON o.id = r.outbox_id
		WHERE r.duty_id = ? ORDER BY r.at, r.id`, id).Scan(&st.Told).Error
	if err != nil {
		return st, err
	}
	err = db.Raw(`SELECT a.at, p.name AS person, a.what, COALESCE(t.name, '') AS taker
		FROM acknowledgements a JOIN people p ON p.id = a.person_id LEFT JOIN people t ON t.id = a.to_person_id
		WHERE a.duty_id = ? ORDER BY a.id`, id).Scan(&st.Answers).Error
	if err != nil {
		return st, err
	}
	return st, db.Where("subject = ?", fmt.Sprintf("duty/%d", id)).Order("id").Find(&st.Audit).Error
}
