package storage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"
)

// priorities order what leaves an account: what somebody waits for goes first.
var priorities = map[string]int{OutAccept: 0, OutReply: 1, OutAlert: 2, OutDigest: 3, OutNudge: 4, OutNotice: 5}

// queued is a message to queue with the message it answers.
type queued struct {
	Out
	inbox *int64
}

// queue inserts messages in parts that WeChat takes. A message whose Once is there already is left out. It returns the
// id of each message's first part, 0 where it was left out.
func (w *work) queue(outs []queued) ([]int64, error) {
	if len(outs) == 0 {
		return nil, nil
	}
	if err := w.files(outs); err != nil {
		return nil, err
	}
	accounts, err := w.accountsOf(outs)
	if err != nil {
		return nil, err
	}
	there, err := w.once(outs)
	if err != nil {
		return nil, err
	}
	var rows []Outbox
	first := make([]int, len(outs)) // row of each message's first part
	for i, o := range outs {
		first[i] = -1
		if o.Once != "" && slices.Contains(there, o.Once) {
			continue
		}
		if o.Once != "" {
			there = append(there, o.Once)
		}
		account := o.Account
		if account == "" {
			account = accounts[o.ContactID]
		}
		notBefore := utc(o.NotBefore)
		if notBefore.Before(w.at) {
			notBefore = w.at
		}
		first[i] = len(rows)
		parts := Split(o.Text, MaxPart)
		if o.FileID != nil {
			parts = []string{""}
		}
		for part, text := range parts {
			r := Outbox{
				Account: account, ContactID: o.ContactID, PersonID: o.PersonID, Kind: o.Kind, Priority: priorities[o.Kind],
				InboxID: o.inbox, Part: part, Text: text, Extra: o.Extra, FileID: o.FileID, CreatedAt: w.at, NotBefore: notBefore, State: OutQueued,
			}
			if o.ExpiresAt != nil {
				at := utc(*o.ExpiresAt)
				r.ExpiresAt = &at
			}
			if part == 0 && o.Once != "" {
				r.Once = &o.Once
			}
			rows = append(rows, r)
		}
	}
	ids := make([]int64, len(outs))
	if len(rows) == 0 {
		return ids, nil
	}
	values := make([][]any, len(rows))
	for i := range rows {
		values[i] = rows[i].values(w.seal)
	}
	written, err := w.insert(w.tx, insertOutbox, values)
	if err != nil {
		return nil, err
	}
	for i, n := range first {
		if n >= 0 {
			ids[i] = written[n]
		}
	}
	return ids, nil
}

// accountsOf are the accounts of the chats that messages without an account go to.
func (w *work) accountsOf(outs []queued) (map[int64]string, error) {
	var ids []int64
	for _, o := range outs {
		if o.Account == "" {
			ids = append(ids, o.ContactID)
		}
	}
	m := make(map[int64]string, len(ids))
	err := chunked(ids, func(ids []int64) error {
		var rows []struct {
			ID      int64
			Account string
		}
		err := w.tx.Model(&Contact{}).Select("id, account").Where("id IN ?", ids).Scan(&rows).Error
		for _, r := range rows {
			m[r.ID] = r.Account
		}
		return err
	})
	return m, err
}

// once are those keys of the messages that exist already. Index outbox_once.
func (w *work) once(outs []queued) ([]string, error) {
	var keys, there []string
	for _, o := range outs {
		if o.Once != "" {
			keys = append(keys, o.Once)
		}
	}
	err := chunked(keys, func(keys []string) error {
		var some []string
		err := w.lock(w.tx).Model(&Outbox{}).Where("once IN ?", keys).Pluck("once", &some).Error
		there = append(there, some...)
		return err
	})
	return there, err
}

// Claim is a message taken to be sent, with the chat it goes to.
type Claim struct {
	Outbox  Outbox
	Contact Contact
}

// claimable are the queued messages of an account that have an address in its present login, those that leave first in
// front. Index and order of the joins are prescribed, so that the rows come sorted and the first ones end the search:
// optimisers, left alone, sort the whole queue for every message.
func (s *Store) claimable() string {
	index, join, byID := "INDEXED BY outbox_queue", "CROSS JOIN", ""
	if s.driver == MySQL {
		index, join, byID = "FORCE INDEX (outbox_queue)", "STRAIGHT_JOIN", "FORCE INDEX (PRIMARY)"
	}
	return `FROM outbox o ` + index + `
	` + join + ` accounts a ON a.name = o.account AND a.ready
	` + join + ` contacts c ` + byID + ` ON c.id = o.contact_id AND c.login = a.login AND c.state IN ('active', 'unsure')
	WHERE o.account = ? AND o.state = 'queued' AND o.not_before <= ? ORDER BY o.priority, o.id`
}

// unlessBatch, in front of a query, makes it find nothing while a batch of an account is in flight: the messages of one
// still stand in the queue.
const unlessBatch = "SELECT * FROM (%s LIMIT 1) x WHERE NOT EXISTS (SELECT 1 FROM outbox_batches WHERE account = ?)"

// OutReady is the kind of the message of an account that would leave next; "" when none can leave now. Index outbox_queue.
func (s *Store) OutReady(ctx context.Context, account string) (kind string, err error) {
	var kinds []string
	err = s.db(ctx).Raw(fmt.Sprintf(unlessBatch, "SELECT o.kind "+s.claimable()), account, s.now(), account).Scan(&kinds).Error
	if err != nil || len(kinds) == 0 {
		return "", err
	}
	return kinds[0], nil
}

// NextOut is when the next message of an account that is not due yet may leave; false when there is none.
func (s *Store) NextOut(ctx context.Context, account string) (time.Time, bool, error) {
	var o []Outbox
	err := s.db(ctx).Select("not_before").Where("account = ? AND state = ? AND not_before > ?", account, OutQueued, s.now()).
		Order("not_before").Limit(1).Find(&o).Error
	if err != nil || len(o) == 0 {
		return time.Time{}, false, err
	}
	return o[0].NotBefore, true, nil
}

// ClaimOut takes the next message of an account to be sent: answers before deadlines before notices, in order of their
// making. A digest takes up all others that wait for the same chat: what was queued before an outage and what came due
// during it is one message. Nil when there is none that has an address now. From here until FinishOut or ReleaseOut it is in flight; a
// process that dies meanwhile leaves it unknown (RecoverOut).
func (s *Store) ClaimOut(ctx context.Context, account string) (*Claim, error) {
	var c *Claim
	err := s.tx(ctx, func(tx *gorm.DB) error {
		c = nil
		query := fmt.Sprintf(unlessBatch, "SELECT o.id "+s.claimable())
		var o Outbox
		for o.State != OutQueued { // another sender was faster: look again
			var ids []int64
			if err := tx.Raw(query, account, s.now(), account).Scan(&ids).Error; err != nil || len(ids) == 0 {
				return err
			}
			o = Outbox{}
			if err := s.lock(tx).Take(&o, ids[0]).Error; err != nil {
				return err
			}
		}
		now := s.now()
		o.State, o.ClaimedAt = OutSending, &now
		o.Attempts++
		err := tx.Model(&Outbox{}).Where("id = ?", o.ID).
			Updates(map[string]any{"state": o.State, "claimed_at": now, "attempts": o.Attempts}).Error
		if err != nil {
			return err
		}
		if o.Kind == OutDigest {
			if err := s.takeUp(tx, &o); err != nil {
				return err
			}
		}
		c = &Claim{Outbox: o}
		return tx.Take(&c.Contact, o.ContactID).Error
	})
	if err != nil {
		return nil, fmt.Errorf("outbox of %s: %w", account, err)
	}
	return c, nil
}

// freed is the key of a message that never left: a digest's is free again.
var freed = gorm.Expr("CASE WHEN kind = ? THEN NULL ELSE once END", OutDigest)

// takeUp moves what other digests that wait for a chat put before its reader into the one that is about to leave, and drops
// them. Index outbox_contact.
func (s *Store) takeUp(tx *gorm.DB, o *Outbox) error {
	var others []Outbox
	err := s.lock(tx).Select("id, person_id, expires_at").
		Where("contact_id = ? AND kind = ? AND state = ? AND id <> ?", o.ContactID, OutDigest, OutQueued, o.ID).Order("id").Find(&others).Error
	if err != nil {
		return err
	}
	var ids []int64
	for _, other := range others {
		if o.PersonID == nil || other.PersonID == nil || *other.PersonID != *o.PersonID {
			continue // somebody else's chat by now
		}
		ids = append(ids, other.ID)
		if o.ExpiresAt != nil && (other.ExpiresAt == nil || other.ExpiresAt.After(*o.ExpiresAt)) {
			o.ExpiresAt = other.ExpiresAt
		}
	}
	if len(ids) == 0 {
		return nil
	}
	if err := tx.Model(&Reminder{}).Where("outbox_id IN ?", ids).Update("outbox_id", o.ID).Error; err != nil {
		return err
	}
	if err := tx.Model(&Outbox{}).Where("id = ?", o.ID).Update("expires_at", o.ExpiresAt).Error; err != nil {
		return err
	}
	return tx.Model(&Outbox{}).Where("id IN ?", ids).
		Updates(map[string]any{"state": OutDropped, "done_at": s.now(), "once": nil, "reason": fmt.Sprintf("one message with %d", o.ID)}).Error
}

// ErrNotInFlight says that a message to be finished or released is not being sent.
var ErrNotInFlight = errors.New("message is not in flight")

// FinishOut notes what became of a message in flight: OutSent (with WeChat's id), OutUnknown, OutFailed or OutDropped. The
// reminders of a digest that failed are planned again: somebody else must be told. The slot of a digest that never left is
// free again.
func (s *Store) FinishOut(ctx context.Context, id int64, state, msgID, reason string) error {
	return s.tx(ctx, func(tx *gorm.DB) error {
		values := map[string]any{"state": state, "done_at": s.now(), "msg_id": msgID, "reason": clip(reason)}
		if state == OutFailed || state == OutDropped {
			values["once"] = freed
		}
		err := land(tx, id, values)
		if err != nil || state != OutFailed {
			return err
		}
		return again(tx, "reminders.outbox_id = ?", id)
	})
}

// ReleaseOut puts a message back that certainly was not sent. It may leave again at an instant; what was queued behind it
// for the same chat at the same time, the other parts of its text above all, waits for it.
func (s *Store) ReleaseOut(ctx context.Context, id int64, at time.Time, reason string) error {
	at = utc(at)
	values := map[string]any{"state": OutQueued, "claimed_at": nil, "not_before": at, "reason": clip(reason)}
	return s.tx(ctx, func(tx *gorm.DB) error {
		var o Outbox
		if err := s.lock(tx).Select("id, contact_id, created_at").Limit(1).Find(&o, id).Error; err != nil {
			return err
		}
		if err := land(tx, id, values); err != nil {
			return err
		}
		return tx.Model(&Outbox{}).Where("contact_id = ? AND id > ?", o.ContactID, o.ID). // index outbox_contact
													Where("created_at = ? AND state = ? AND not_before < ?", o.CreatedAt, OutQueued, at).Update("not_before", at).Error
	})
}

// RewriteOut replaces the text of a message in flight, before it is handed to the channel.
func (s *Store) RewriteOut(ctx context.Context, id int64, text string) error {
	return s.tx(ctx, func(tx *gorm.DB) error { return land(tx, id, map[string]any{"text": s.seal.seal(text)}) })
}

func land(tx *gorm.DB, id int64, values map[string]any) error {
	r := tx.Model(&Outbox{}).Where("id = ? AND state = ?", id, OutSending).Updates(values)
	if r.Error == nil && r.RowsAffected == 0 {
		return fmt.Errorf("outbox %d: %w", id, ErrNotInFlight)
	}
	return r.Error
}

// RecoverOut turns messages a dead process left in flight into unknown ones: they may have arrived, so they are not
// sent again. Those claimed after an instant may still be on their way and are left alone; the zero instant, for a process
// that has just begun to send for the account, means all, whatever the clock said. It returns how many.
func (s *Store) RecoverOut(ctx context.Context, account string, claimed time.Time) (int, error) {
	n := 0
	err := s.tx(ctx, func(tx *gorm.DB) error {
		q := tx.Model(&Outbox{}).Where("account = ? AND state = ?", account, OutSending)
		if !claimed.IsZero() {
			q = q.Where("claimed_at <= ?", utc(claimed))
		}
		r := q.Updates(s.lostInFlight())
		n = int(r.RowsAffected)
		if r.Error != nil {
			return r.Error
		}
		batched, err := s.recoverBatch(tx, account, claimed)
		n += batched
		return err
	})
	return n, err
}

// FailGone gives up what is queued to chats that are gone, and drops what is no longer useful. The reminders given up are
// planned again, for others. It returns how many.
func (s *Store) FailGone(ctx context.Context, account string) (int, error) {
	var gone, late []int64
	err := s.db(ctx).Model(&Outbox{}).Joins("JOIN contacts ON contacts.id = outbox.contact_id AND contacts.state = ?", ContactGone).
		Where("outbox.account = ? AND outbox.state = ?", account, OutQueued).Order("outbox.id").Limit(most).Pluck("outbox.id", &gone).Error
	if err != nil {
		return 0, err
	}
	err = s.db(ctx).Model(&Outbox{}).Where("account = ? AND state = ? AND expires_at <= ?", account, OutQueued, s.now()).
		Order("id").Limit(most).Pluck("id", &late).Error
	if err != nil || len(gone)+len(late) == 0 {
		return 0, err
	}
	n := 0
	err = s.tx(ctx, func(tx *gorm.DB) error {
		n = 0
		end := func(ids []int64, state, reason string) error {
			if len(ids) == 0 {
				return nil
			}
			r := tx.Model(&Outbox{}).Where("id IN ? AND state = ?", ids, OutQueued).
				Updates(map[string]any{"state": state, "done_at": s.now(), "once": freed, "reason": reason})
			n += int(r.RowsAffected)
			return r.Error
		}
		if err := end(gone, OutFailed, "the contact deleted or blocked us"); err != nil {
			return err
		}
		if err := again(tx, "reminders.outbox_id IN ?", gone); err != nil {
			return err
		}
		return end(late, OutDropped, DropExpired)
	})
	return n, err
}

// most is how many messages FailGone ends at a time.
const most = 500

// Orphans are queued digests whose readers have lost an office since: what they say may be somebody else's business now.
func (s *Store) Orphans(ctx context.Context, account string) ([]Outbox, error) {
	var os []Outbox
	return os, s.db(ctx).Where("account = ? AND state = ? AND kind = ?", account, OutQueued, OutDigest). // index outbox_queue
														Where("EXISTS (SELECT 1 FROM roles WHERE roles.person_id = outbox.person_id AND roles.until >= outbox.created_at)").
														Order("id").Limit(most).Find(&os).Error
}
