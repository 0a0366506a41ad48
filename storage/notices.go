package storage

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"
)

// notices writes what turns change about notices. Rarely more than one turn of a transaction does.
func (w *work) notices(turns []Turn) error {
	for _, t := range turns {
		n := t.Notices
		if n.Plan != nil {
			if err := w.plan(*n.Plan, t.InboxID); err != nil {
				return err
			}
		}
		for _, m := range n.Moves {
			if err := w.move(m); err != nil {
				return err
			}
		}
		if a := n.Answered; a != nil {
			err := w.tx.Model(&NoticeRecipient{}).Where("person_id = ? AND notice_id IN ? AND answered_at IS NULL", a.PersonID, a.NoticeIDs).
				Update("answered_at", w.at).Error
			if err != nil {
				return err
			}
		}
		if err := w.groups(n); err != nil {
			return err
		}
		if n.Resume != "" {
			if err := resumeAccount(w.tx, n.Resume, w.at); err != nil {
				return err
			}
		}
	}
	return nil
}

// groups binds a chat to a branch, or unbinds it.
func (w *work) groups(n NoticeWork) error {
	gone := n.Unbind
	if n.Bind != nil {
		gone = n.Bind.ContactID
	}
	if gone == 0 {
		return nil
	}
	if err := w.tx.Delete(&ClassGroup{}, "contact_id = ?", gone).Error; err != nil || n.Bind == nil {
		return err
	}
	b := *n.Bind
	b.BoundAt = w.at
	return w.tx.Create(&b).Error
}

// plan files a notice, queues its messages and hangs everybody it is meant for on them. All of it is one transaction with
// the word that asked for it: there is no notice of which only a part is known.
func (w *work) plan(p NoticePlan, inbox int64) error {
	n := p.Notice
	n.CreatedAt, n.Planned, n.Sends = w.at, len(p.Recipients), len(p.Outs)*n.Each()
	if err := w.tx.Create(&n).Error; err != nil {
		if errors.Is(err, gorm.ErrDuplicatedKey) {
			return fmt.Errorf("notice %d: %w", n.ID, ErrConflict)
		}
		return err
	}
	outs := make([]queued, 0, n.Sends)
	expires := w.at.Add(noticeKeeps)
	for _, o := range p.Outs {
		out := queued{Out: Out{
			Account: o.Account, ContactID: o.ContactID, Kind: OutNotice, Text: o.Text, Once: fmt.Sprintf("notice/%d/%d", n.ID, o.ContactID), ExpiresAt: &expires,
		}, inbox: &inbox}
		if len(o.PersonIDs) == 1 {
			out.PersonID = &o.PersonIDs[0]
		}
		outs = append(outs, out)
		if n.FileID != nil {
			out.Text, out.FileID = "", n.FileID
			out.Once += "/file"
			outs = append(outs, out)
		}
	}
	ids, err := w.queue(outs)
	if err != nil {
		return err
	}
	first := make(map[int64]int, len(p.Recipients)) // of the messages of each person, in ids
	for i, o := range p.Outs {
		for _, id := range o.PersonIDs {
			first[id] = i * n.Each()
		}
	}
	rows := make([][]any, len(p.Recipients))
	for i, r := range p.Recipients {
		var text, file *int64
		if at, ok := first[r.PersonID]; ok {
			text = &ids[at]
			if n.FileID != nil {
				file = &ids[at+1]
			}
		}
		rows[i] = []any{n.ID, r.PersonID, r.Via, r.ContactID, text, file, r.Reason}
	}
	if _, err := w.insert(w.tx, insertRecipients, rows); err != nil {
		return err
	}
	if n.State == NoticeWaiting {
		return w.shift(n.ID, OutQueued, OutHeld, "waits for release")
	}
	return nil
}

var insertRecipients = insertion{
	table: "notice_recipients", columns: "notice_id, person_id, via, contact_id, outbox_id, file_outbox_id, reason",
}

// move changes the state of a notice and of its messages that have not left. One that is in flight at this moment is the
// last to leave: the sender asks again before every hand-over.
func (w *work) move(m NoticeMove) error {
	set := map[string]any{"state": m.To}
	if m.To == NoticeStopped {
		set["done_at"] = w.at
	}
	released := m.To == NoticeSending && len(m.From) == 1 && m.From[0] == NoticeWaiting
	if released {
		set["released_by"], set["released_at"] = m.By, w.at
	}
	r := w.tx.Model(&Notice{}).Where("id = ? AND state IN ?", m.ID, m.From).Updates(set)
	if r.Error != nil {
		return r.Error
	}
	if r.RowsAffected == 0 {
		return fmt.Errorf("notice %d is not %s: %w", m.ID, strings.Join(m.From, " or "), ErrConflict)
	}
	switch m.To {
	case NoticeSending:
		return w.shift(m.ID, OutHeld, OutQueued, "")
	case NoticePaused:
		return w.shift(m.ID, OutQueued, OutHeld, "paused")
	}
	if err := w.shift(m.ID, OutHeld, OutDropped, DropStopped); err != nil {
		return err
	}
	return w.shift(m.ID, OutQueued, OutDropped, DropStopped)
}

// shift moves the messages of a notice from one state to another. Index notice_recipients' primary key.
func (w *work) shift(notice int64, from, to, reason string) error {
	set := map[string]any{"state": to, "reason": reason, "done_at": nil}
	switch to {
	case OutDropped:
		set["done_at"] = w.at
	case OutQueued:
		set["expires_at"] = w.at.Add(noticeKeeps)
	}
	for _, column := range []string{"outbox_id", "file_outbox_id"} {
		messages := w.tx.Model(&NoticeRecipient{}).Select(column).Where("notice_id = ? AND "+column+" IS NOT NULL", notice)
		if err := w.tx.Model(&Outbox{}).Where("state = ? AND id IN (?)", from, messages).Updates(set).Error; err != nil {
			return err
		}
	}
	return nil
}

// resumeAccount lets an account send again after WeChat refused it twice. It goes on slowly for a day, and one more refusal
// in that day stops it again.
func resumeAccount(tx *gorm.DB, name string, now time.Time) error {
	return tx.Model(&Account{}).Where("name = ?", name).
		Updates(map[string]any{"refused_at": now, "stopped_at": nil, "held_until": nil}).Error
}

// ResumeAccount lets an account send again; false when there is no such account or nothing stopped it.
func (s *Store) ResumeAccount(ctx context.Context, name string, by Audit) (bool, error) {
	stopped := false
	err := s.tx(ctx, func(tx *gorm.DB) error {
		var n int64
		err := tx.Model(&Account{}).Where("name = ? AND stopped_at IS NOT NULL", name).Count(&n).Error
		if stopped = n > 0; err != nil || !stopped {
			return err
		}
		if err := resumeAccount(tx, name, s.now()); err != nil {
			return err
		}
		return (&work{Store: s, tx: tx, at: s.now()}).audit([]Audit{by})
	})
	return stopped, err
}

// NextNotice is the number the next notice gets.
func (s *Store) NextNotice(ctx context.Context) (int64, error) {
	var last int64
	err := s.db(ctx).Model(&Notice{}).Select("COALESCE(MAX(id), 0)").Scan(&last).Error
	return last + 1, err
}

// NoticeNamed finds a notice by its number; false when there is none.
func (s *Store) NoticeNamed(ctx context.Context, id int64) (Notice, bool, error) {
	var ns []Notice
	err := s.db(ctx).Limit(1).Find(&ns, "id = ?", id).Error
	if err != nil || len(ns) == 0 {
		return Notice{}, false, err
	}
	return ns[0], true, nil
}

// LastNotices are the newest notices, the newest first.
func (s *Store) LastNotices(ctx context.Context, limit int) ([]Notice, error) {
	var ns []Notice
	return ns, s.db(ctx).Order("id DESC").Limit(limit).Find(&ns).Error
}

// recipientState is where a notice stands with one person: an answer outweighs everything, then why nothing is sent, then
// what became of the message. A message to somebody who has deleted us was accepted by WeChat and reached nobody. Where a
// picture or document follows the text, it is sent when both are, and failed when only the text is.
const recipientState = `CASE
	WHEN r.answered_at IS NOT NULL THEN 'answered'
	WHEN r.reason <> '' OR o.state = 'dropped' THEN 'skipped'
	WHEN o.state = 'sent' AND r.via = 'private' AND c.state = 'gone' THEN 'failed'
	WHEN o.state IN ('held', 'failed') THEN o.state
	WHEN o.state NOT IN ('sent', 'unknown') THEN 'waiting'
	WHEN r.file_outbox_id IS NULL OR f.state = 'sent' THEN o.state
	WHEN f.state = 'dropped' THEN 'failed'
	WHEN f.state IN ('held', 'failed', 'unknown') THEN f.state
	ELSE 'waiting' END`

const recipientsOf = `FROM notice_recipients r
	LEFT JOIN outbox o ON o.id = r.outbox_id
	LEFT JOIN outbox f ON f.id = r.file_outbox_id
	LEFT JOIN contacts c ON c.id = r.contact_id
	WHERE r.notice_id = ?`

// NoticeSum counts everybody a notice is meant for, in one query. The parts always make up the whole.
func (s *Store) NoticeSum(ctx context.Context, id int64) (NoticeSum, error) {
	by, err := s.noticeSums(ctx, "0", id)
	return by[0], err
}

// NoticeSums is NoticeSum by college; 0 stands for people of no college.
func (s *Store) NoticeSums(ctx context.Context, id int64) (map[int64]NoticeSum, error) {
	return s.noticeSums(ctx, "COALESCE(p.college_id, 0)", id)
}

func (s *Store) noticeSums(ctx context.Context, by string, id int64) (map[int64]NoticeSum, error) {
	var rows []struct {
		Part, N int64
		State   string
	}
	from := strings.Replace(recipientsOf, "WHERE", "JOIN people p ON p.id = r.person_id WHERE", 1)
	err := s.db(ctx).Raw("SELECT part, state, COUNT(*) AS n FROM (SELECT "+by+" AS part, "+recipientState+" AS state "+from+") x GROUP BY part, state", id).Scan(&rows).Error
	sums := map[int64]NoticeSum{}
	for _, r := range rows {
		sum := sums[r.Part]
		n := int(r.N)
		sum.Planned += n
		switch r.State {
		case "waiting":
			sum.Waiting += n
		case "sent":
			sum.Sent += n
		case "answered":
			sum.Answered += n
		case "held":
			sum.Held += n
		case "failed":
			sum.Failed += n
		case "skipped":
			sum.Skipped += n
		case "unknown":
			sum.Unknown += n
		}
		sums[r.Part] = sum
	}
	return sums, err
}

// NoticeLine is one person of a notice, for the final list.
type NoticeLine struct {
	NoticeID int64
	PersonID int64
	Via      string
	State    string
	Reason   string // of the line, else of its message
	Half     bool   // only the text left
	Answered *time.Time
}

// NoticeLines are the people of a notice in some states, by person id after a given one, at most limit.
func (s *Store) NoticeLines(ctx context.Context, id int64, states []string, after int64, limit int) ([]NoticeLine, error) {
	var lines []NoticeLine
	return lines, s.db(ctx).Raw(`SELECT * FROM (SELECT r.notice_id, r.person_id, r.via, `+recipientState+` AS state,
		CASE WHEN r.reason <> '' THEN r.reason WHEN o.reason <> '' THEN o.reason WHEN f.reason <> '' THEN f.reason ELSE COALESCE(c.state, '') END AS reason,
		CASE WHEN o.state = 'sent' AND f.state IN ('failed', 'dropped') THEN 1 ELSE 0 END AS half, r.answered_at AS answered `+recipientsOf+` AND r.person_id > ?) x WHERE state IN ? ORDER BY person_id LIMIT ?`,
		id, after, states, limit).Scan(&lines).Error
}

// UnansweredNotices are the notices sent to a person and not answered, newest first. Index notice_recipients_person.
func (s *Store) UnansweredNotices(ctx context.Context, personID int64) ([]int64, error) {
	var ids []int64
	return ids, s.db(ctx).Raw(`SELECT r.notice_id FROM notice_recipients r JOIN outbox o ON o.id = r.outbox_id
		WHERE r.person_id = ? AND r.answered_at IS NULL AND o.state IN ('sent', 'unknown') ORDER BY r.notice_id DESC`, personID).
		Scan(&ids).Error
}

// EndNotices marks the notices that have nothing left to send as done and returns them with how they ended. Each is
// returned once; tell makes the message about it, queued in the same transaction.
func (s *Store) EndNotices(ctx context.Context, tell func(Notice, NoticeSum) string) (int, error) {
	var open []Notice
	if err := s.db(ctx).Where("state = ?", NoticeSending).Find(&open).Error; err != nil {
		return 0, err
	}
	ended := 0
	for _, n := range open { // those being sent now: one or two
		sum, err := s.NoticeSum(ctx, n.ID)
		if err != nil {
			return ended, err
		}
		if sum.Waiting+sum.Held > 0 {
			continue
		}
		following, err := s.filesFollow(ctx, n)
		if err != nil {
			return ended, err
		}
		if following {
			continue
		}
		err = s.tx(ctx, func(tx *gorm.DB) error {
			w := &work{Store: s, tx: tx, at: s.now()}
			r := tx.Model(&Notice{}).Where("id = ? AND state = ?", n.ID, NoticeSending).Updates(map[string]any{"state": NoticeDone, "done_at": w.at})
			if r.Error != nil || r.RowsAffected == 0 {
				return r.Error
			}
			ended++
			_, err := w.queue([]queued{{Out: Out{
				ContactID: n.ContactID, PersonID: &n.ByPersonID, Kind: OutAlert, Once: fmt.Sprintf("notice/%d/done", n.ID), Text: tell(n, sum),
			}}})
			return err
		})
		if err != nil {
			return ended, err
		}
	}
	return ended, nil
}
