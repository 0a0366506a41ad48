package storage

import (
	"context"
	"fmt"

	"gorm.io/gorm"
)

// ClaimOuts takes up to limit messages of an account at once, in the order ClaimOut would. All of them count as in flight
// until they are finished, and all are unknown when the process dies meanwhile: only for an account without any pace, where
// two transactions per message would cost more than the messages.
func (s *Store) ClaimOuts(ctx context.Context, account string, limit int) ([]Claim, error) {
	var claims []Claim
	err := s.tx(ctx, func(tx *gorm.DB) error {
		claims = nil
		var ids []int64
		err := tx.Raw("SELECT o.id "+claimable+" ORDER BY o.priority, o.id LIMIT ?", account, s.now(), limit).Scan(&ids).Error
		if err != nil || len(ids) == 0 {
			return err
		}
		var rows []Outbox
		if err := s.lock(tx).Where("id IN ? AND state = ?", ids, OutQueued).Order("priority, id").Find(&rows).Error; err != nil {
			return err
		}
		ids = ids[:0]
		chats := make([]int64, len(rows))
		for i, o := range rows {
			ids, chats[i] = append(ids, o.ID), o.ContactID
		}
		var contacts []Contact
		if err := tx.Where("id IN ?", chats).Find(&contacts).Error; err != nil {
			return err
		}
		byID := make(map[int64]Contact, len(contacts))
		for _, c := range contacts {
			byID[c.ID] = c
		}
		now := s.now()
		for _, o := range rows {
			o.State, o.ClaimedAt = OutSending, &now
			o.Attempts++
			claims = append(claims, Claim{o, byID[o.ContactID]})
		}
		return tx.Model(&Outbox{}).Where("id IN ?", ids).
			Updates(map[string]any{"state": OutSending, "claimed_at": now, "attempts": gorm.Expr("attempts + 1")}).Error
	})
	if err != nil {
		return nil, fmt.Errorf("outbox of %s: %w", account, err)
	}
	return claims, nil
}

// Landed is a message in flight that WeChat accepted.
type Landed struct {
	ID    int64
	MsgID string
}

// CloseOuts notes that messages in flight were sent, and puts others back that were not even tried; all or none.
func (s *Store) CloseOuts(ctx context.Context, sent []Landed, untried []int64) error {
	return s.tx(ctx, func(tx *gorm.DB) error {
		err := chunked(untried, func(ids []int64) error {
			return tx.Model(&Outbox{}).Where("id IN ? AND state = ?", ids, OutSending).
				Updates(map[string]any{"state": OutQueued, "claimed_at": nil, "attempts": gorm.Expr("attempts - 1")}).Error
		})
		if err != nil {
			return err
		}
		return chunked(sent, func(sent []Landed) error {
			ids := make([]int64, len(sent))
			msg := "CASE id"
			args := make([]any, 0, 2*len(sent))
			for i, l := range sent {
				ids[i] = l.ID
				msg += " WHEN ? THEN ?"
				args = append(args, l.ID, l.MsgID)
			}
			r := tx.Model(&Outbox{}).Where("id IN ? AND state = ?", ids, OutSending).
				Updates(map[string]any{"state": OutSent, "done_at": s.now(), "reason": "", "msg_id": gorm.Expr(msg+" END", args...)})
			if r.Error == nil && int(r.RowsAffected) != len(ids) {
				return fmt.Errorf("%d of %d messages: %w", len(ids)-int(r.RowsAffected), len(ids), ErrNotInFlight)
			}
			return r.Error
		})
	})
}
