package storage

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"time"

	"gorm.io/gorm"
)

// chain makes the audit tell when it has been tampered with. Every line carries a keyed hash over its content and the hash
// of the line before it; the head carries the number of lines, the last hash, and a proof of both. Who can write the
// database but does not hold the key file can neither alter, add, move nor drop a line without VerifyAudit naming it.
//
// The chain is one, not one per process, so that lines of different processes cannot change places. Its head is locked from
// when a transaction writes its audit, which it does last, until it commits; all lines of a transaction are one link in
// that sense. The key is made once, lies sealed in meta, and survives a rotation of the key it is sealed with.
type chain struct{ key []byte }

// metaChain holds the key of the chain. That it is there says that the chain has begun.
const metaChain = "audit_key"

// auditLine is a line of the audit. What is hashed of its detail is the JSON as it was written, not as it would be today, and
// not as it is sealed: a new key changes no hash.
type auditLine struct {
	ID        int64
	At        time.Time
	ActorID   *int64
	ContactID *int64
	InboxID   *int64
	Action    string
	Subject   string
	Detail    string // in clear; as it is stored where it cannot be opened
	Hash      string
}

// auditHead is the end of the chain; the one row has headID.
type auditHead struct {
	ID     int64 `gorm:"primaryKey;autoIncrement:false"`
	Total  int64
	LastID int64
	Hash   string
	Proof  string // hash over the other three
}

const headID = 1

// TableName keeps GORM from pluralising.
func (auditHead) TableName() string { return "audit_head" }

// link is the hash of a line that follows one with the hash prev.
func (c *chain) link(prev string, l *auditLine) string {
	m := hmac.New(sha256.New, c.key)
	putText(m, "line")
	putText(m, prev)
	putNumber(m, &l.ID)
	at := utc(l.At).UnixMicro()
	putNumber(m, &at)
	for _, n := range []*int64{l.ActorID, l.ContactID, l.InboxID} {
		putNumber(m, n)
	}
	for _, t := range []string{l.Action, l.Subject, l.Detail} {
		putText(m, t)
	}
	return hex.EncodeToString(m.Sum(nil))
}

// proof is what shows that a head was written by the product.
func (c *chain) proof(h *auditHead) string {
	m := hmac.New(sha256.New, c.key)
	putText(m, "head")
	putNumber(m, &h.Total)
	putNumber(m, &h.LastID)
	putText(m, h.Hash)
	return hex.EncodeToString(m.Sum(nil))
}

// Everything hashed says how long it is or that it is missing, so that no two lines read the same.
func putText(h hash.Hash, s string) {
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(len(s)))
	h.Write(n[:])
	h.Write([]byte(s))
}

func putNumber(h hash.Hash, v *int64) {
	var n [9]byte
	if v != nil {
		n[0] = 1
		binary.BigEndian.PutUint64(n[1:], uint64(*v))
	}
	h.Write(n[:])
}

// extend links lines to the end of the chain and numbers those that have no number yet.
func (c *chain) extend(h *auditHead, lines []auditLine) {
	for i := range lines {
		l := &lines[i]
		if l.ID == 0 {
			l.ID = h.LastID + 1
		}
		l.Hash = c.link(h.Hash, l)
		h.Total, h.LastID, h.Hash = h.Total+1, l.ID, l.Hash
	}
	h.Proof = c.proof(h)
}

// ErrNoHead says that the end of the audit is gone. Nothing that is to be audited is written any more: a new head would
// hide what was cut off. A person looks at `xianjie audit verify` and accepts what is left.
var ErrNoHead = errors.New("the head of the audit is missing or was not written by this product; run xianjie audit verify")

// audit appends lines. It must be the last thing a transaction writes: it locks the head of the chain.
func (w *work) audit(rows []Audit) error {
	if len(rows) == 0 {
		return nil
	}
	lines := make([]auditLine, len(rows))
	for i, r := range rows {
		if r.ID != 0 || r.Hash != "" {
			return fmt.Errorf("audit of %s: line %d is written already", r.Action, r.ID)
		}
		if r.Detail == nil {
			r.Detail = map[string]string{}
		}
		detail, err := json.Marshal(r.Detail)
		if err != nil {
			return fmt.Errorf("audit of %s: %w", r.Action, err)
		}
		lines[i] = auditLine{
			At: utc(r.At), ActorID: r.ActorID, ContactID: r.ContactID, InboxID: r.InboxID, Action: r.Action, Subject: r.Subject, Detail: string(detail),
		}
	}
	head, err := w.readHead(w.lock(w.tx))
	if err != nil {
		return err
	}
	w.chain.extend(head, lines)
	if _, err := w.insert(w.tx, insertAudit, w.lineValues(lines)); err != nil {
		return err
	}
	return w.tx.Save(head).Error
}

// readHead is the end of the chain.
func (s *Store) readHead(tx *gorm.DB) (*auditHead, error) {
	var heads []auditHead
	if err := tx.Find(&heads, headID).Error; err != nil {
		return nil, err
	}
	if len(heads) == 0 || !hmac.Equal([]byte(heads[0].Proof), []byte(s.chain.proof(&heads[0]))) {
		return nil, ErrNoHead
	}
	return &heads[0], nil
}

func (s *Store) lineValues(lines []auditLine) [][]any {
	values := make([][]any, len(lines))
	for i := range lines {
		values[i] = lines[i].values(s.seal)
	}
	return values
}

// startChain reads the key of the chain. The first time it makes one and takes in the lines that are there.
func (s *Store) startChain(ctx context.Context) error {
	return s.tx(ctx, func(tx *gorm.DB) error {
		var rows []metaRow
		if err := s.lock(tx).Find(&rows, "name = ?", metaChain).Error; err != nil {
			return err
		}
		if len(rows) > 0 {
			text, err := s.seal.open(rows[0].Value)
			if err != nil {
				return ErrKey
			}
			key, err := base64.StdEncoding.DecodeString(text)
			s.chain = &chain{key}
			return err
		}
		key := make([]byte, sha256.Size)
		_, _ = rand.Read(key)
		s.chain = &chain{key}
		// The key first: a process that starts at the same time waits here, and then finds everything done.
		if err := tx.Create(&metaRow{metaChain, s.seal.seal(base64.StdEncoding.EncodeToString(key))}).Error; err != nil {
			return err
		}
		return s.takeIn(tx)
	})
}

// takeIn makes a chain of all lines as they stand.
func (s *Store) takeIn(tx *gorm.DB) error {
	head := &auditHead{ID: headID}
	head.Proof = s.chain.proof(head)
	for {
		lines, err := s.auditLines(tx, head.LastID, s.most)
		if err != nil {
			return err
		}
		if len(lines) == 0 {
			return tx.Save(head).Error
		}
		s.chain.extend(head, lines)
		if _, err := s.insert(tx, rehashAudit, s.lineValues(lines)); err != nil {
			return err
		}
	}
}

// auditLines are the lines after one, in order.
func (s *Store) auditLines(tx *gorm.DB, after int64, limit int) ([]auditLine, error) {
	var lines []auditLine
	err := tx.Raw("SELECT id, at, actor_id, contact_id, inbox_id, action, subject, detail, hash FROM audit WHERE id > ? ORDER BY id LIMIT ?", after, limit).
		Scan(&lines).Error
	for i := range lines {
		if plain, bad := s.seal.openOld(lines[i].Detail); bad == nil {
			lines[i].Detail = plain
		}
	}
	return lines, err
}
