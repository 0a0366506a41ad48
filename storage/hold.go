package storage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// Hold says that nothing may leave this installation: it was restored from a backup, and nobody knows yet what the one that
// was lost sent after the backup was made. Messages are received and answered into the queue; nothing is planned.
type Hold struct {
	MadeAt time.Time `json:"made_at"` // the backup
	Since  time.Time `json:"since"`   // the restore
	Inbox  int64     `json:"inbox"`   // last message the backup holds
	Outbox int64     `json:"outbox"`  // last message to send it holds
}

// metaHold holds a Hold; while it is there nothing leaves.
const metaHold = "held"

// Held is why nothing may leave; nil when everything may. A database is held before it is first opened or never, so that it
// is not, once seen, need not be asked again.
func (s *Store) Held(ctx context.Context) (*Hold, error) {
	if s.free.Load() {
		return nil, nil
	}
	h, err := held(s.db(ctx))
	if err == nil && h == nil {
		s.free.Store(true)
	}
	return h, err
}

func held(db *gorm.DB) (*Hold, error) {
	var rows []metaRow
	if err := db.Find(&rows, "name = ?", metaHold).Error; err != nil || len(rows) == 0 {
		return nil, err
	}
	var h Hold
	if err := json.Unmarshal([]byte(rows[0].Value), &h); err != nil {
		return nil, fmt.Errorf("hold of a restored installation: %w", err)
	}
	return &h, nil
}

// hold stops everything after a restore. What was in flight when the backup was made is unknown. Sessions are forgotten: with
// them a copy would take WeChat away from the original, should that still run.
func (s *Store) hold(tx *gorm.DB, made time.Time) error {
	h := Hold{MadeAt: made, Since: s.now()}
	err := errors.Join(
		tx.Model(&Inbox{}).Select("COALESCE(MAX(id), 0)").Scan(&h.Inbox).Error,
		tx.Model(&Outbox{}).Select("COALESCE(MAX(id), 0)").Scan(&h.Outbox).Error,
		tx.Model(&Outbox{}).Where("state = ?", OutSending).
			Updates(map[string]any{"state": OutUnknown, "done_at": s.now(), "reason": "it was being sent when the backup was made"}).Error,
		tx.Model(&Account{}).Where("1 = 1").Updates(map[string]any{"session": "", "ready": false, "phase": "", "phase_at": nil}).Error,
		tx.Where("name = ?", metaHold).Delete(&metaRow{}).Error, // of a backup of a restored one
		tx.Exec("DELETE FROM console_links").Error,              // nobody signs in with what a backup kept
		tx.Exec("DELETE FROM console_sessions").Error,
	)
	if err != nil {
		return err
	}
	text, err := json.Marshal(h)
	if err != nil {
		return err
	}
	return tx.Create(&metaRow{metaHold, string(text)}).Error
}

// ErrNotHeld says that there is nothing to release.
var ErrNotHeld = errors.New("this installation is not held")

// Release lets a restored installation send. What waited when the backup was made, and answers to messages that were received
// by then, may have left the lost installation since: they become unknown, notices that waited for a person are stopped, and
// it returns how many messages that are. With send they leave: right only when nothing was sent after the backup was made.
func (s *Store) Release(ctx context.Context, send bool, by Audit) (unknown int, err error) {
	err = s.tx(ctx, func(tx *gorm.DB) error {
		unknown = 0
		h, err := held(s.lock(tx))
		if err != nil {
			return err
		}
		if h == nil {
			return ErrNotHeld
		}
		if !send {
			r := tx.Model(&Outbox{}).Where("state IN ? AND (id <= ? OR inbox_id <= ?)", []string{OutQueued, OutHeld}, h.Outbox, h.Inbox).
				Updates(map[string]any{"state": OutUnknown, "done_at": s.now(), "reason": "it waited when the backup was made, and may have left since"})
			if r.Error != nil {
				return r.Error
			}
			unknown = int(r.RowsAffected)
			err := tx.Model(&Notice{}).Where("state IN ? AND created_at <= ?", []string{NoticeWaiting, NoticePaused}, h.MadeAt).
				Updates(map[string]any{"state": NoticeStopped, "done_at": s.now()}).Error
			if err != nil {
				return err
			}
		}
		if err := tx.Where("name = ?", metaHold).Delete(&metaRow{}).Error; err != nil {
			return err
		}
		by.Detail = map[string]string{"unknown": fmt.Sprint(unknown), "made_at": h.MadeAt.Format(time.RFC3339)}
		return (&work{Store: s, tx: tx, at: s.now()}).audit([]Audit{by})
	})
	return unknown, err
}
