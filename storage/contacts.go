package storage

import (
	"context"
	"fmt"
	"time"
	"unicode/utf8"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// Seen is a contact as WeChat shows it in the present login.
type Seen struct {
	UserName  string
	Kind      string // "friend", "group", "official", "self", "stranger"
	Nick      string
	Remark    string
	Alias     string
	Avatar    string
	Signature string
	Province  string
	City      string
	Sex       int
}

// Snapshot is the whole contact list after a login, matched with what is stored (bot.Recognise does the matching).
type Snapshot struct {
	Seen    []Seen
	Matches map[string]int64 // UserName → stored contact, where certain
	Unsure  map[string]bool  // UserNames that resemble a stored contact without being certain
}

// Known are all stored contacts of an account that a login can bring back.
func (s *Store) Known(ctx context.Context, account string) ([]Contact, error) {
	var cs []Contact
	return cs, s.db(ctx).Where("account = ? AND state <> ?", account, ContactMerged).Order("id").Find(&cs).Error
}

// BeginLogin notes a login with fresh ids: until SaveSnapshot has matched its contacts, messages wait.
func (s *Store) BeginLogin(ctx context.Context, account, login string) error {
	a, err := s.AccountNamed(ctx, account)
	if err != nil || a.Login == login {
		return err
	}
	return s.setAccount(ctx, Account{Name: account, Login: login}, "login", "ready")
}

// SaveSnapshot stores the contacts of a login: matched ones get their new ids, new ones a row, and stored ones that
// were not seen are lost until they turn up again. Messages that came before the contacts were known, and stand under
// a provisional contact, move to the contact they belong to. Afterwards the account is ready.
func (s *Store) SaveSnapshot(ctx context.Context, account, login string, snap Snapshot) error {
	return s.tx(ctx, func(tx *gorm.DB) error {
		var stored []Contact
		if err := s.lock(tx).Where("account = ? AND state <> ?", account, ContactMerged).Find(&stored).Error; err != nil {
			return err
		}
		byID := make(map[int64]*Contact, len(stored))
		present := make(map[string]*Contact) // already under an id of this login
		for i := range stored {
			c := &stored[i]
			byID[c.ID] = c
			if c.Login == login {
				present[c.UserName] = c
			}
		}
		found := map[int64]bool{}
		var rows []Contact
		merged := map[int64]int64{} // provisional → real
		for _, seen := range onePerUser(snap.Seen) {
			c := present[seen.UserName]
			if id, ok := snap.Matches[seen.UserName]; ok && byID[id] != nil {
				if c != nil && c.ID != id {
					merged[c.ID] = id
				}
				c = byID[id]
			}
			if c == nil {
				c = &Contact{Account: account, CreatedAt: s.now()}
			}
			if found[c.ID] { // two of this login cannot be the same stored one
				c = &Contact{Account: account, CreatedAt: s.now()}
			}
			c.fill(login, seen)
			c.State = ContactActive
			if snap.Unsure[seen.UserName] && c.PersonID == nil {
				c.State = ContactUnsure
			}
			found[c.ID] = c.ID != 0
			rows = append(rows, *c)
		}
		if err := s.merge(tx, account, merged); err != nil {
			return err
		}
		for i := range stored {
			c := stored[i]
			_, gone := merged[c.ID]
			if found[c.ID] || gone || c.Login == login || c.State == ContactGone {
				continue
			}
			c.State = ContactLost
			rows = append(rows, c)
		}
		if err := s.upsertContacts(tx, rows); err != nil {
			return err
		}
		a := Account{Name: account, Login: login, Ready: true, UpdatedAt: s.now()}
		return tx.Clauses(clause.OnConflict{
			Columns:   []clause.Column{{Name: "name"}},
			DoUpdates: clause.AssignmentColumns([]string{"login", "ready", "updated_at"}),
		}).Create(&a).Error
	})
}

// merge moves the messages of provisional contacts, and what was to be said to them, to the contacts they turned out to be.
func (s *Store) merge(tx *gorm.DB, account string, merged map[int64]int64) error {
	for from, to := range merged { // only chats that wrote between login and contact list: a handful
		// Index inbox_pending, which begins with the state; another by contact alone would cost every message.
		err := tx.Model(&Inbox{}).Where("state IN ? AND account = ? AND contact_id = ?", []string{InboxNew, InboxFetching, InboxDone, InboxSkipped}, account, from).
			Update("contact_id", to).Error
		if err != nil {
			return err
		}
		for _, table := range []string{"outbox", "matters"} {
			if err := tx.Exec("UPDATE "+table+" SET contact_id = ? WHERE contact_id = ?", to, from).Error; err != nil {
				return err
			}
		}
		if err := tx.Exec("UPDATE contacts SET state = ?, login = '', user_name = ?, updated_at = ? WHERE id = ?",
			ContactMerged, fmt.Sprintf("merged/%d", from), s.now(), from).Error; err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) upsertContacts(tx *gorm.DB, rows []Contact) error {
	var fresh, known []Contact
	for _, r := range rows {
		if r.ID == 0 {
			fresh = append(fresh, r)
		} else {
			known = append(known, r)
		}
	}
	if len(fresh) > 0 {
		if err := tx.CreateInBatches(&fresh, s.most).Error; err != nil {
			return err
		}
	}
	if len(known) > 0 {
		return tx.Clauses(clause.OnConflict{UpdateAll: true}).CreateInBatches(&known, s.most).Error
	}
	return nil
}

// SaveContacts stores contacts that were added or changed within a login.
func (s *Store) SaveContacts(ctx context.Context, account, login string, seen []Seen) error {
	if len(seen) == 0 {
		return nil
	}
	return s.tx(ctx, func(tx *gorm.DB) error {
		present, err := s.present(tx, account, login, userNames(seen))
		if err != nil {
			return err
		}
		rows := make([]Contact, 0, len(seen))
		for _, one := range onePerUser(seen) {
			c, ok := present[one.UserName]
			if !ok {
				c = Contact{Account: account, CreatedAt: s.now()}
			}
			c.fill(login, one)
			c.State = ContactActive
			rows = append(rows, c)
		}
		return s.upsertContacts(tx, rows)
	})
}

// ContactsDeleted notes contacts that WeChat reports as removed.
func (s *Store) ContactsDeleted(ctx context.Context, account, login string, users []string) error {
	if len(users) == 0 {
		return nil
	}
	return s.tx(ctx, func(tx *gorm.DB) error {
		return tx.Model(&Contact{}).Where("account = ? AND login = ? AND user_name IN ?", account, login, users).
			Update("state", ContactGone).Error
	})
}

// onePerUser is the last of several entries of one user name, in order.
func onePerUser(seen []Seen) []Seen {
	last := make(map[string]int, len(seen))
	for i, one := range seen {
		last[one.UserName] = i
	}
	var list []Seen
	for i, one := range seen {
		if last[one.UserName] == i {
			list = append(list, one)
		}
	}
	return list
}

func userNames(seen []Seen) []string {
	names := make([]string, len(seen))
	for i, c := range seen {
		names[i] = c.UserName
	}
	return names
}

// present are the contacts of a login by user name, locked. Index contacts_user.
func (s *Store) present(tx *gorm.DB, account, login string, users []string) (map[string]Contact, error) {
	var cs []Contact
	if err := s.lock(tx).Where("account = ? AND login = ? AND user_name IN ?", account, login, users).Find(&cs).Error; err != nil {
		return nil, err
	}
	m := make(map[string]Contact, len(cs))
	for _, c := range cs {
		m[c.UserName] = c
	}
	return m, nil
}

func (c *Contact) fill(login string, s Seen) {
	c.Login, c.UserName, c.Kind = login, s.UserName, s.Kind
	c.Nick, c.Remark, c.Alias, c.Avatar = clip(s.Nick), clip(s.Remark), clip(s.Alias), clip(s.Avatar)
	c.Signature, c.Province, c.City, c.Sex = clip(s.Signature), clipTo(s.Province, 64), clipTo(s.City, 64), s.Sex
}

// clip keeps what strangers choose for themselves within its column.
func clip(s string) string { return clipTo(s, 250) }

func clipTo(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most])
}

// Contact finds a contact by id.
func (s *Store) Contact(ctx context.Context, id int64) (Contact, error) {
	var c Contact
	return c, s.db(ctx).Take(&c, id).Error
}

// BoundTo are all chats bound to a person, in whatever state. Index contacts_person.
func (s *Store) BoundTo(ctx context.Context, personID int64) ([]Contact, error) {
	var cs []Contact
	return cs, s.db(ctx).Where("person_id = ? AND state <> ?", personID, ContactMerged).Order("bound_at DESC, id").Find(&cs).Error
}

// ContactsOf are the chats people can be reached in now, the last bound where there are several.
func (s *Store) ContactsOf(ctx context.Context, personIDs []int64) (map[int64]Contact, error) {
	m := make(map[int64]Contact)
	err := chunked(personIDs, func(ids []int64) error {
		var cs []Contact
		err := s.db(ctx).Where("person_id IN ? AND state IN ?", ids, []string{ContactActive, ContactUnsure}).
			Order("bound_at, id").Find(&cs).Error
		for _, c := range cs {
			m[*c.PersonID] = c
		}
		return err
	})
	return m, err
}

// chunked calls f with at most 500 ids at a time: databases bound the number of parameters.
func chunked[T any](ids []T, f func([]T) error) error {
	const most = 500
	for len(ids) > 0 {
		n := min(most, len(ids))
		if err := f(ids[:n]); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}

var forUpdate = clause.Locking{Strength: clause.LockingStrengthUpdate}

// bind ties a contact to a person inside a turn. The person's row is locked first: two chats that claim one person at the
// same time find no row of each other to lock.
func (s *Store) bind(tx *gorm.DB, b Bind, now time.Time) error {
	var people []int64
	if err := s.lock(tx).Model(&Person{}).Where("id = ?", b.PersonID).Pluck("id", &people).Error; err != nil {
		return err
	}
	var others []Contact
	err := s.lock(tx).Where("person_id = ? AND id <> ?", b.PersonID, b.ContactID).Find(&others).Error
	if err != nil {
		return err
	}
	for _, o := range others {
		if !b.Move && (o.State == ContactActive || o.State == ContactUnsure) {
			return fmt.Errorf("person %d is bound to contact %d: %w", b.PersonID, o.ID, ErrConflict)
		}
	}
	if len(others) > 0 {
		if err := tx.Exec("UPDATE contacts SET person_id = NULL, updated_at = ? WHERE person_id = ? AND id <> ?", now, b.PersonID, b.ContactID).Error; err != nil {
			return err
		}
	}
	r := tx.Exec("UPDATE contacts SET person_id = ?, bound_at = ?, state = ?, updated_at = ? WHERE id = ? AND state <> ?",
		b.PersonID, now, ContactActive, now, b.ContactID, ContactMerged)
	if r.Error == nil && r.RowsAffected == 0 {
		return fmt.Errorf("contact %d was merged into another: %w", b.ContactID, ErrConflict)
	}
	return r.Error
}
