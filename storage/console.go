package storage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// ConsoleLink is a one-time way into the console (控制台). Rows hold the hash of the token alone.
type ConsoleLink struct {
	Hash      string `gorm:"primaryKey"`
	PersonID  *int64 // the officer it was made for; nil: whoever runs the installation
	CreatedAt time.Time
	ExpiresAt time.Time
	UsedAt    *time.Time
}

// ConsoleSession is one browser that is signed in.
type ConsoleSession struct {
	ID        int64
	Hash      string
	PersonID  *int64
	Browser   string // what it calls itself
	CreatedAt time.Time
	SeenAt    time.Time // to the minute
	EndedAt   *time.Time
}

// NewLink is a link to be made. The token leaves for the person it is meant for and is stored nowhere.
type NewLink struct {
	Token    string
	PersonID *int64
}

const (
	// LinkKeeps is how long a one-time link can be used.
	LinkKeeps = 5 * time.Minute
	// SessionKeeps is how long a browser stays signed in at most, SessionIdle how long without being used.
	SessionKeeps = 12 * time.Hour
	SessionIdle  = 2 * time.Hour
)

// ErrLink says that a link was used already, is too old, or never existed: which of them is nobody's business.
var ErrLink = errors.New("the link cannot be used")

// ErrSession says that nobody is signed in with this token (any more).
var ErrSession = errors.New("nobody is signed in")

// tokenHash is what is stored of a token. Tokens are random, so that nothing slower is needed.
func tokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// AddLink makes a link that does not come from a message: for whoever runs the installation.
func (s *Store) AddLink(ctx context.Context, l NewLink, by Audit) error {
	return s.tx(ctx, func(tx *gorm.DB) error {
		w := &work{Store: s, tx: tx, at: s.now()}
		return errors.Join(w.links([]NewLink{l}), w.audit([]Audit{by}))
	})
}

// links files links and forgets those that can no longer be used.
func (w *work) links(links []NewLink) error {
	if len(links) == 0 {
		return nil
	}
	now := w.wall()
	rows := make([]ConsoleLink, len(links))
	for i, l := range links {
		rows[i] = ConsoleLink{Hash: tokenHash(l.Token), PersonID: l.PersonID, CreatedAt: now, ExpiresAt: now.Add(LinkKeeps)}
	}
	if err := w.tx.Delete(&ConsoleLink{}, "expires_at < ?", now.Add(-24*time.Hour)).Error; err != nil {
		return err
	}
	return w.tx.Create(&rows).Error
}

// SignIn uses up a link and opens a session for the browser that brought it. ErrLink: there is no such link now.
func (s *Store) SignIn(ctx context.Context, link, session, browser string) error {
	return s.tx(ctx, func(tx *gorm.DB) error {
		var l ConsoleLink
		err := s.lock(tx).Take(&l, "hash = ?", tokenHash(link)).Error
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return ErrLink
		}
		if err != nil {
			return err
		}
		now := s.wall()
		if l.UsedAt != nil || !now.Before(l.ExpiresAt) {
			return ErrLink
		}
		if err := tx.Model(&ConsoleLink{}).Where("hash = ?", l.Hash).Update("used_at", now).Error; err != nil {
			return err
		}
		row := ConsoleSession{Hash: tokenHash(session), PersonID: l.PersonID, Browser: shortened(browser, 255), CreatedAt: now, SeenAt: now}
		if err := tx.Create(&row).Error; err != nil {
			return err
		}
		return (&work{Store: s, tx: tx, at: s.now()}).audit([]Audit{{
			At: s.now(), ActorID: l.PersonID, Action: "sign_in", Subject: fmt.Sprintf("session/%d", row.ID),
		}})
	})
}

// shortened is the first n characters of a text.
func shortened(text string, n int) string {
	if r := []rune(text); len(r) > n {
		return string(r[:n])
	}
	return text
}

// Visitor is who is signed in, as they stand at this moment: an office that ended is no longer there.
type Visitor struct {
	Session ConsoleSession
	Person  *Person // nil: whoever runs the installation
	Roles   []RoleIn
}

// Operator reports that no officer is signed in but whoever runs the installation: they see everything.
func (v Visitor) Operator() bool { return v.Person == nil }

// Everywhere reports that the visitor sees the whole school.
func (v Visitor) Everywhere() bool { return v.Scope() == Scope{} }

// Scope is the part of the school the visitor sees.
func (v Visitor) Scope() Scope {
	if v.Operator() {
		return Scope{}
	}
	return ScopeOf(v.Roles)
}

// Visitor finds who is signed in with a token, and notes that they were here. ErrSession: nobody, or no officer any more.
// Index console_sessions_hash.
func (s *Store) Visitor(ctx context.Context, token string) (Visitor, error) {
	var v Visitor
	err := s.db(ctx).Take(&v.Session, "hash = ? AND ended_at IS NULL", tokenHash(token)).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return v, ErrSession
	}
	if err != nil {
		return v, err
	}
	now := s.wall()
	if now.Sub(v.Session.CreatedAt) >= SessionKeeps || now.Sub(v.Session.SeenAt) >= SessionIdle {
		return v, ErrSession
	}
	if id := v.Session.PersonID; id != nil {
		p, err := s.Person(ctx, *id)
		if err != nil {
			return v, err
		}
		roles, err := s.RolesOf(ctx, []int64{*id})
		if err != nil {
			return v, err
		}
		v.Person, v.Roles = &p, roles[*id]
		if len(v.Roles) == 0 {
			return v, ErrSession
		}
	}
	if now.Sub(v.Session.SeenAt) < time.Minute {
		return v, nil
	}
	return v, s.tx(ctx, func(tx *gorm.DB) error {
		return tx.Model(&ConsoleSession{}).Where("id = ?", v.Session.ID).Update("seen_at", now).Error
	})
}

// SignOut ends a session.
func (s *Store) SignOut(ctx context.Context, v Visitor) error {
	return s.tx(ctx, func(tx *gorm.DB) error {
		now := s.now()
		r := tx.Model(&ConsoleSession{}).Where("id = ? AND ended_at IS NULL", v.Session.ID).Update("ended_at", s.wall())
		if r.Error != nil || r.RowsAffected == 0 {
			return r.Error
		}
		return (&work{Store: s, tx: tx, at: now}).audit([]Audit{{
			At: now, ActorID: v.Session.PersonID, Action: "sign_out", Subject: fmt.Sprintf("session/%d", v.Session.ID),
		}})
	})
}

// SignedInEver reports whether anybody has been in the console.
func (s *Store) SignedInEver(ctx context.Context) (bool, error) {
	var ids []int64
	err := s.db(ctx).Model(&ConsoleSession{}).Limit(1).Pluck("id", &ids).Error
	return len(ids) > 0, err
}

// Note writes a line of the audit about something that changed nothing else: a look at personal data.
func (s *Store) Note(ctx context.Context, line Audit) error {
	return s.tx(ctx, func(tx *gorm.DB) error {
		line.At = s.now()
		return (&work{Store: s, tx: tx, at: line.At}).audit([]Audit{line})
	})
}
