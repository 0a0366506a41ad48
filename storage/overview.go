package storage

import (
	"context"
	"errors"

	"gorm.io/gorm"
)

// Questions of those who look on: the demo's page and its clock.

// MessageState is what became of a message received, one of InboxNew, InboxDone, InboxSkipped; "" when it has not been
// received. Index inbox_msg.
func (s *Store) MessageState(ctx context.Context, account, msgID string) (string, error) {
	var m Inbox
	err := s.db(ctx).Select("state").Take(&m, "account = ? AND msg_id = ?", account, msgID).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return "", nil
	}
	return m.State, err
}

// OutUnderway is how many messages of an account could leave now or are leaving. Index outbox_queue.
func (s *Store) OutUnderway(ctx context.Context, account string) (int, error) {
	var ready, leaving int64
	if err := s.db(ctx).Raw("SELECT COUNT(*) FROM (SELECT o.id "+s.claimable()+") x", account, s.now()).Scan(&ready).Error; err != nil {
		return 0, err
	}
	err := s.db(ctx).Model(&Outbox{}).Where("account = ? AND state = ?", account, OutSending).Count(&leaving).Error
	return int(ready + leaving), err
}

// OpenDuties are all open duties, the next due first; at most limit.
func (s *Store) OpenDuties(ctx context.Context, limit int) ([]Duty, error) {
	var ds []Duty
	return ds, s.db(ctx).Where("closed_at IS NULL").Order("lapses_at, id").Limit(limit).Find(&ds).Error
}

// SentAfter are messages sent, queued after a given one, oldest first; at most limit.
func (s *Store) SentAfter(ctx context.Context, id int64, limit int) ([]Outbox, error) {
	var os []Outbox
	return os, s.db(ctx).Where("id > ? AND state = ?", id, OutSent).Order("id").Limit(limit).Find(&os).Error
}

// LatestSent are the messages sent last, the latest first.
func (s *Store) LatestSent(ctx context.Context, limit int) ([]Outbox, error) {
	var os []Outbox
	return os, s.db(ctx).Where("state = ?", OutSent).Order("id DESC").Limit(limit).Find(&os).Error
}

// AuditAfter is what was done, of some actions, after a given line; at most limit.
func (s *Store) AuditAfter(ctx context.Context, id int64, actions []string, limit int) ([]Audit, error) {
	var as []Audit
	return as, s.db(ctx).Where("id > ? AND action IN ?", id, actions).Order("id").Limit(limit).Find(&as).Error
}
