package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// Batch is many messages of an account taken to be sent at once. All of them count as in flight until it is closed, and all
// are unknown when the process dies meanwhile: only for an account without any pace, where two transactions per message
// would cost more than the messages.
//
// What holds them is one row of outbox_batches, of which an account has one at most: while it is there nobody else claims
// anything of the account, and the messages themselves are written once, when it is known what became of them. Until then
// they stand in the queue, and a notice that is stopped takes its own out of it: what was sent all the same is noted as sent.
type Batch struct {
	ID      int64
	Account string
	Claims  []Claim
}

// batchRow is a batch in flight.
type batchRow struct {
	ID        int64 `gorm:"primaryKey;autoIncrement:false"` // chosen by whoever claims
	Account   string
	Messages  []int64 `gorm:"serializer:json"`
	ClaimedAt time.Time
}

// TableName names the table as people would.
func (batchRow) TableName() string { return "outbox_batches" }

// ClaimOuts takes up to limit messages of an account at once, in the order ClaimOut would; nil when there are none, or when
// another batch of the account is in flight.
func (s *Store) ClaimOuts(ctx context.Context, account string, limit int) (*Batch, error) {
	return s.next(ctx, account, limit, func(*gorm.DB) error { return nil })
}

// NextOuts is CloseOuts and ClaimOuts in one transaction: all of a batch was sent, and the next one is taken.
func (s *Store) NextOuts(ctx context.Context, b *Batch, sent []Landed, limit int) (*Batch, error) {
	return s.next(ctx, b.Account, limit, func(tx *gorm.DB) error { return s.end(tx, b, sent, nil) })
}

// next claims a batch after something else is done in the same transaction.
func (s *Store) next(ctx context.Context, account string, limit int, before func(*gorm.DB) error) (*Batch, error) {
	id := 1 + rand.Int64N(math.MaxInt64-1)
	var b *Batch
	err := s.tx(ctx, func(tx *gorm.DB) (err error) {
		if err := before(tx); err != nil {
			return err
		}
		b, err = s.claimMany(tx, id, account, limit)
		return err
	})
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return nil, nil
	}
	if err != nil {
		// Should the commit have gone through unheard, nothing of the batch was tried, and nobody else could claim anything.
		_ = s.db(context.WithoutCancel(ctx)).Delete(&batchRow{}, "id = ?", id).Error
		return nil, fmt.Errorf("outbox of %s: %w", account, err)
	}
	return b, nil
}

func (s *Store) claimMany(tx *gorm.DB, id int64, account string, limit int) (*Batch, error) {
	rows, err := s.claimableRows(tx, account, limit)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	if rows, err = s.takeUpAll(tx, rows); err != nil {
		return nil, err
	}
	row := batchRow{ID: id, Account: account, ClaimedAt: s.now()}
	var chats, digests []int64
	for _, o := range rows {
		row.Messages = append(row.Messages, o.ID)
		chats = append(chats, o.ContactID)
		if o.Kind == OutDigest {
			digests = append(digests, o.ID)
		}
	}
	if err := tx.Create(&row).Error; err != nil {
		return nil, err
	}
	if err := s.fly(tx, digests); err != nil { // whoever answers one is understood while it is on its way
		return nil, err
	}
	slices.Sort(chats)
	contacts, err := contactsByID(tx, slices.Compact(chats))
	if err != nil {
		return nil, err
	}
	b := &Batch{ID: id, Account: account, Claims: make([]Claim, len(rows))}
	for i, o := range rows {
		o.State, o.ClaimedAt = OutSending, &row.ClaimedAt
		o.Attempts++
		b.Claims[i] = Claim{o, contacts[o.ContactID]}
	}
	return b, nil
}

// claimableRows are the messages that would leave next. They are read column by column: a batch is mostly this.
func (s *Store) claimableRows(tx *gorm.DB, account string, limit int) ([]Outbox, error) {
	rows, err := tx.Raw(`SELECT o.id, o.account, o.contact_id, o.person_id, o.kind, o.priority, o.once, o.inbox_id, o.part, o.text, o.extra, o.file_id,
		o.created_at, o.not_before, o.expires_at, o.state, o.attempts, o.reason `+s.claimable()+" LIMIT ?", account, s.now(), limit).Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list := make([]Outbox, 0, limit)
	var text, extra sql.RawBytes
	for rows.Next() {
		var o Outbox
		err := rows.Scan(&o.ID, &o.Account, &o.ContactID, &o.PersonID, &o.Kind, &o.Priority, &o.Once, &o.InboxID, &o.Part, &text, &extra, &o.FileID,
			&o.CreatedAt, &o.NotBefore, &o.ExpiresAt, &o.State, &o.Attempts, &o.Reason)
		if err != nil {
			return nil, err
		}
		if o.Text, err = s.seal.open(string(text)); err != nil {
			return nil, fmt.Errorf("text of message %d: %w", o.ID, err)
		}
		if o.Extra, err = s.seal.open(string(extra)); err != nil {
			return nil, fmt.Errorf("extra of message %d: %w", o.ID, err)
		}
		list = append(list, o)
	}
	return list, rows.Err()
}

// takeUpAll makes the digests among messages to be claimed one per reader, as ClaimOut does, and leaves the others out.
func (s *Store) takeUpAll(tx *gorm.DB, rows []Outbox) ([]Outbox, error) {
	kept := rows[:0]
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

// batched are the states a message of a batch in flight can have in its own row: a notice may have been paused or stopped
// meanwhile, and digests are marked.
var batched = []string{OutQueued, OutHeld, OutDropped, OutSending}

// fly marks messages of a batch one by one as in flight; those that are already stay as they are.
func (s *Store) fly(tx *gorm.DB, ids []int64) error {
	return chunked(ids, func(ids []int64) error {
		return tx.Model(&Outbox{}).Where("id IN ? AND state IN ?", ids, []string{OutQueued, OutHeld, OutDropped}).
			Updates(map[string]any{"state": OutSending, "claimed_at": s.now(), "done_at": nil, "attempts": gorm.Expr("attempts + 1")}).Error
	})
}

// Landed is a message in flight that WeChat accepted.
type Landed struct {
	ID    int64
	MsgID string
}

// CloseOuts ends a batch, all or nothing: it notes what was sent, leaves in flight what is to be finished or released one by
// one, and has the rest where it was, in the queue. ErrNotInFlight says that the batch was given up meanwhile (RecoverOut).
func (s *Store) CloseOuts(ctx context.Context, b *Batch, sent []Landed, flying []int64) error {
	return s.tx(ctx, func(tx *gorm.DB) error { return s.end(tx, b, sent, flying) })
}

func (s *Store) end(tx *gorm.DB, b *Batch, sent []Landed, flying []int64) error {
	r := tx.Delete(&batchRow{}, "id = ? AND account = ?", b.ID, b.Account)
	if r.Error == nil && r.RowsAffected == 0 {
		return fmt.Errorf("batch %d: %w", b.ID, ErrNotInFlight)
	}
	if r.Error != nil {
		return r.Error
	}
	if err := s.fly(tx, flying); err != nil {
		return err
	}
	if err := s.unmark(tx, b, sent, flying); err != nil {
		return err
	}
	return chunked(sent, func(sent []Landed) error {
		ids := make([]int64, len(sent))
		for i, l := range sent {
			ids[i] = l.ID
		}
		// MySQL assigns from left to right, GORM in the order of the names: attempts is reckoned before state changes.
		r := tx.Model(&Outbox{}).Where("id IN ? AND state IN ?", ids, batched).Updates(map[string]any{
			"state": OutSent, "done_at": s.now(), "reason": "", "msg_id": s.msgIDs(sent),
			"attempts": gorm.Expr("attempts + CASE WHEN state = ? THEN 0 ELSE 1 END", OutSending),
		})
		if r.Error == nil && int(r.RowsAffected) != len(ids) {
			return fmt.Errorf("%d of %d messages: %w", len(ids)-int(r.RowsAffected), len(ids), ErrNotInFlight)
		}
		return r.Error
	})
}

// unmark puts the digests of a batch back that were not even tried.
func (s *Store) unmark(tx *gorm.DB, b *Batch, sent []Landed, flying []int64) error {
	tried := make(map[int64]bool, len(sent)+len(flying))
	for _, l := range sent {
		tried[l.ID] = true
	}
	for _, id := range flying {
		tried[id] = true
	}
	var ids []int64
	for _, c := range b.Claims {
		if c.Outbox.Kind == OutDigest && !tried[c.Outbox.ID] {
			ids = append(ids, c.Outbox.ID)
		}
	}
	return chunked(ids, func(ids []int64) error {
		return tx.Model(&Outbox{}).Where("id IN ? AND state = ?", ids, OutSending).
			Updates(map[string]any{"state": OutQueued, "claimed_at": nil, "attempts": gorm.Expr("attempts - 1")}).Error
	})
}

// lostInFlight is what becomes of a message in flight whose process died.
func (s *Store) lostInFlight() map[string]any {
	return map[string]any{"state": OutUnknown, "done_at": s.now(), "reason": "the process ended while it was being sent"}
}

// recoverBatch gives up the batch of an account that was claimed at an instant or before, at the zero instant whenever it
// was: each of its messages may have arrived. It returns how many.
func (s *Store) recoverBatch(tx *gorm.DB, account string, claimed time.Time) (n int, err error) {
	q := s.lock(tx).Where("account = ?", account)
	if !claimed.IsZero() {
		q = q.Where("claimed_at <= ?", utc(claimed))
	}
	var rows []batchRow
	if err := q.Find(&rows).Error; err != nil || len(rows) == 0 {
		return 0, err
	}
	err = chunked(rows[0].Messages, func(ids []int64) error {
		r := tx.Model(&Outbox{}).Where("id IN ? AND state IN ?", ids, batched).Updates(s.lostInFlight())
		n += int(r.RowsAffected)
		return r.Error
	})
	if err != nil {
		return 0, err
	}
	return n, tx.Delete(&batchRow{}, "id = ?", rows[0].ID).Error
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
