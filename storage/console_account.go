package storage

import (
	"context"
	"time"

	"gorm.io/gorm"
)

// PauseAccount lets nothing leave an account until ContinueAccount. A message in flight is the last.
func (s *Store) PauseAccount(ctx context.Context, name string, by *int64) error {
	return s.tx(ctx, func(tx *gorm.DB) error {
		now := s.now()
		r := tx.Model(&Account{}).Where("name = ? AND paused_at IS NULL", name).Update("paused_at", now)
		if r.Error != nil || r.RowsAffected == 0 {
			return r.Error
		}
		return (&work{Store: s, tx: tx, at: now}).audit([]Audit{accountAudit("pause", name, by, now)})
	})
}

// ContinueAccount lets an account send again that a person paused, or that WeChat stopped, see ResumeAccount.
func (s *Store) ContinueAccount(ctx context.Context, name string, by *int64) error {
	err := s.tx(ctx, func(tx *gorm.DB) error {
		now := s.now()
		r := tx.Model(&Account{}).Where("name = ? AND paused_at IS NOT NULL", name).Update("paused_at", nil)
		if r.Error != nil || r.RowsAffected == 0 {
			return r.Error
		}
		return (&work{Store: s, tx: tx, at: now}).audit([]Audit{accountAudit("continue", name, by, now)})
	})
	if err != nil {
		return err
	}
	_, err = s.ResumeAccount(ctx, name, accountAudit("resume", name, by, s.now()))
	return err
}

func accountAudit(action, name string, by *int64, at time.Time) Audit {
	return Audit{At: at, ActorID: by, Action: action, Subject: "account/" + name, Detail: map[string]string{"via": "console"}}
}

// SentSince is how many messages left an account since an instant. Index outbox_done.
func (s *Store) SentSince(ctx context.Context, account string, since time.Time) (int, error) {
	var n int64
	err := s.db(ctx).Model(&Outbox{}).Where("account = ? AND done_at > ? AND state IN ?", account, utc(since), []string{OutSent, OutUnknown}).Count(&n).Error
	return int(n), err
}

// AuditFilter narrows the audit; the zero AuditFilter takes all of it.
type AuditFilter struct {
	Action string
	Actor  int64
}

// AuditPage is one page of the audit, the latest first, before a line (0: from the end).
func (s *Store) AuditPage(ctx context.Context, f AuditFilter, before int64, limit int) ([]Audit, error) {
	q := s.db(ctx).Order("id DESC").Limit(limit)
	if before != 0 {
		q = q.Where("id < ?", before)
	}
	if f.Action != "" {
		q = q.Where("action = ?", f.Action)
	}
	if f.Actor != 0 {
		q = q.Where("actor_id = ?", f.Actor)
	}
	var as []Audit
	return as, q.Find(&as).Error
}
