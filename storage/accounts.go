package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// AccountNamed is what is stored of an account; the zero Account when nothing is yet.
func (s *Store) AccountNamed(ctx context.Context, name string) (Account, error) {
	a := Account{Name: name}
	err := s.db(ctx).Take(&a, "name = ?", name).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Account{Name: name}, nil
	}
	return a, err
}

// setAccount writes some columns of an account, which need not exist yet.
func (s *Store) setAccount(ctx context.Context, a Account, columns ...string) error {
	a.UpdatedAt = s.now()
	return s.tx(ctx, func(tx *gorm.DB) error {
		return tx.Clauses(clause.OnConflict{
			Columns:   []clause.Column{{Name: "name"}},
			DoUpdates: clause.AssignmentColumns(append(columns, "updated_at")),
		}).Create(&a).Error
	})
}

// LoadSession returns the hot-login state of an account, nil when there is none.
func (s *Store) LoadSession(ctx context.Context, account string) ([]byte, error) {
	a, err := s.AccountNamed(ctx, account)
	if err != nil || a.Session == "" {
		return nil, err
	}
	return []byte(a.Session), nil
}

// SaveSession replaces the hot-login state; nil forgets it.
func (s *Store) SaveSession(ctx context.Context, account string, blob []byte) error {
	return s.setAccount(ctx, Account{Name: account, Session: Sealed(blob)}, "session")
}

// phaseOnline is the phase of an account that sends and receives.
const phaseOnline = "online"

// SavePhase notes the state of an account's connection, for the console, the doctor and the alerts. Since when it is not
// online stays as it was while one phase of a login follows another.
func (s *Store) SavePhase(ctx context.Context, account, phase string) error {
	now := s.now()
	a := Account{Name: account, Phase: phase, PhaseAt: &now, UpdatedAt: now}
	lost := gorm.Expr("NULL")
	if phase != phaseOnline {
		a.LostAt, lost = &now, gorm.Expr("COALESCE(lost_at, ?)", now)
	}
	return s.tx(ctx, func(tx *gorm.DB) error {
		set := clause.AssignmentColumns([]string{"phase", "phase_at", "updated_at"})
		return tx.Clauses(clause.OnConflict{
			Columns:   []clause.Column{{Name: "name"}},
			DoUpdates: append(set, clause.Assignment{Column: clause.Column{Name: "lost_at"}, Value: lost}),
		}).Create(&a).Error
	})
}

// SaveHeard notes when WeChat last answered and when it last delivered anything; the zero time leaves the latter as it is.
func (s *Store) SaveHeard(ctx context.Context, account string, heard, news time.Time) error {
	set := map[string]any{"heard_at": utc(heard)}
	if !news.IsZero() {
		set["news_at"] = utc(news)
	}
	return s.tx(ctx, func(tx *gorm.DB) error {
		return tx.Model(&Account{}).Where("name = ?", account).Updates(set).Error
	})
}

// slowFor is how long one "too often" counts against an account.
const slowFor = 24 * time.Hour

// Slowed reports whether WeChat told the account within a day that it sends too often.
func (a Account) Slowed(now time.Time) bool {
	return a.RefusedAt != nil && now.Sub(*a.RefusedAt) < slowFor
}

// RefuseAccount notes that WeChat answered "too often": nothing leaves before an instant, and when it is the second time
// within a day, nothing at all until somebody resumes the account. It reports whether the account is stopped.
// The message alert is queued to the committee, once per refusal, by whatever account reaches them.
func (s *Store) RefuseAccount(ctx context.Context, account string, until time.Time, alert func(stopped bool) string) (stopped bool, err error) {
	until = utc(until)
	err = s.tx(ctx, func(tx *gorm.DB) error {
		var a Account
		if err := s.lock(tx).Take(&a, "name = ?", account).Error; err != nil {
			return err
		}
		now := s.now()
		set := map[string]any{"held_until": until, "updated_at": now}
		if stopped = a.Slowed(now); stopped {
			set["stopped_at"] = now
		} else {
			set["refused_at"] = now
		}
		if err := tx.Model(&Account{}).Where("name = ?", account).Updates(set).Error; err != nil {
			return err
		}
		var to []Contact
		err := tx.Joins("JOIN roles r ON r.person_id = contacts.person_id AND r.until IS NULL AND r.party = ?", OrgCommittee).
			Where("contacts.state IN ?", []string{ContactActive, ContactUnsure}).Find(&to).Error
		if err != nil {
			return err
		}
		outs := make([]queued, len(to))
		for i, c := range to {
			outs[i] = queued{Out: Out{
				Account: c.Account, ContactID: c.ID, PersonID: c.PersonID, Kind: OutAlert, Text: alert(stopped),
				Once: fmt.Sprintf("refused/%s/%d/%d", account, now.Unix(), c.ID),
			}}
		}
		_, err = (&work{Store: s, tx: tx, at: now}).queue(outs)
		return err
	})
	return stopped, err
}

// Accounts lists all accounts.
func (s *Store) Accounts(ctx context.Context) ([]Account, error) {
	var as []Account
	return as, s.db(ctx).Order("name").Find(&as).Error
}

// metaRow is one line of what the product remembers about itself.
type metaRow struct {
	Name  string `gorm:"primaryKey"`
	Value string
}

func (metaRow) TableName() string { return "meta" }

// Meta reads a value the product keeps about itself; "" when there is none.
func (s *Store) Meta(ctx context.Context, name string) (string, error) {
	var row metaRow
	err := s.db(ctx).Take(&row, "name = ?", name).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return "", nil
	}
	return row.Value, err
}

// SetMeta writes a value the product keeps about itself.
func (s *Store) SetMeta(ctx context.Context, name, value string) error {
	return s.tx(ctx, func(tx *gorm.DB) error {
		return tx.Clauses(clause.OnConflict{UpdateAll: true}).Create(&metaRow{name, value}).Error
	})
}
