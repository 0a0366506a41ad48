package storage

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// ClaimOuts takes up to limit messages of an account at once, in the order ClaimOut would. All of them count as in flight
// until they are finished, and all are unknown when the process dies meanwhile: only for an account without any pace, where
// two transactions per message would cost more than the messages.
func (s *Store) ClaimOuts(ctx context.Context, account string, limit int) ([]Claim, error) {
	var claims []Claim
	err := s.tx(ctx, func(tx *gorm.DB) error {
		claims = nil
		var rows []Outbox
		if err := tx.Raw("SELECT o.* "+s.claimable()+" LIMIT ?", account, s.now(), limit).Scan(&rows).Error; err != nil || len(rows) == 0 {
			return err
		}
		rows, err := s.takeUpAll(tx, rows)
		if err != nil {
			return err
		}
		ids, chats := make([]int64, len(rows)), make([]int64, len(rows))
		for i, o := range rows {
			ids[i], chats[i] = o.ID, o.ContactID
		}
		slices.Sort(chats)
		contacts, err := contactsByID(tx, slices.Compact(chats))
		if err != nil {
			return err
		}
		now := s.now()
		for _, o := range rows {
			o.State, o.ClaimedAt = OutSending, &now
			o.Attempts++
			claims = append(claims, Claim{o, contacts[o.ContactID]})
		}
		r := tx.Model(&Outbox{}).Where("id IN ? AND state = ?", ids, OutQueued).
			Updates(map[string]any{"state": OutSending, "claimed_at": now, "attempts": gorm.Expr("attempts + 1")})
		if r.Error == nil && int(r.RowsAffected) != len(ids) {
			return fmt.Errorf("%d of %d messages: %w", len(ids)-int(r.RowsAffected), len(ids), ErrConflict) // another sender took them
		}
		return r.Error
	})
	if err != nil {
		return nil, fmt.Errorf("outbox of %s: %w", account, err)
	}
	return claims, nil
}

// takeUpAll makes the digests among messages to be claimed one per reader, as ClaimOut does, and leaves the others out.
func (s *Store) takeUpAll(tx *gorm.DB, rows []Outbox) ([]Outbox, error) {
	var kept []Outbox
	for _, o := range rows {
		if o.Kind == OutDigest {
			same := func(k Outbox) bool {
				return k.Kind == OutDigest && k.ContactID == o.ContactID && k.PersonID != nil && o.PersonID != nil && *k.PersonID == *o.PersonID
			}
			if slices.ContainsFunc(kept, same) {
				continue
			}
			if err := s.takeUp(tx, &o); err != nil {
				return nil, err
			}
		}
		kept = append(kept, o)
	}
	return kept, nil
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
			for i, l := range sent {
				ids[i] = l.ID
			}
			r := tx.Model(&Outbox{}).Where("id IN ? AND state = ?", ids, OutSending).
				Updates(map[string]any{"state": OutSent, "done_at": s.now(), "reason": "", "msg_id": s.msgIDs(sent)})
			if r.Error == nil && int(r.RowsAffected) != len(ids) {
				return fmt.Errorf("%d of %d messages: %w", len(ids)-int(r.RowsAffected), len(ids), ErrNotInFlight)
			}
			return r.Error
		})
	})
}

// msgIDs is each message's own id as one expression. MySQL looks one up among constants much faster than it walks a CASE.
func (s *Store) msgIDs(sent []Landed) clause.Expr {
	var of, is strings.Builder
	args := make([]any, 0, 2*len(sent))
	if s.driver == MySQL {
		of.WriteString("ELT(FIELD(id")
		for _, l := range sent {
			of.WriteString(",?")
			args = append(args, l.ID)
		}
		is.WriteByte(')')
		for _, l := range sent {
			is.WriteString(",?")
			args = append(args, l.MsgID)
		}
		return gorm.Expr(of.String()+is.String()+")", args...)
	}
	for _, l := range sent {
		of.WriteString(" WHEN ? THEN ?")
		args = append(args, l.ID, l.MsgID)
	}
	return gorm.Expr("CASE id"+of.String()+" END", args...)
}

func contactsByID(db *gorm.DB, ids []int64) (map[int64]Contact, error) {
	m := make(map[int64]Contact, len(ids))
	err := chunked(ids, func(ids []int64) error {
		var contacts []Contact
		err := db.Where("id IN ?", ids).Find(&contacts).Error
		for _, c := range contacts {
			m[c.ID] = c
		}
		return err
	})
	return m, err
}
