package storage

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"
)

// Received is one message as WeChat delivered it, not yet tied to a contact.
type Received struct {
	MsgID    string
	User     string // the chat: the other person's or the group's user name
	ChatKind string // kind of contact when the chat is not known yet
	Sender   string // member of a group who wrote
	FromSelf bool
	Kind     string
	Text     string
	Raw      string // content on the wire; kept where it says more than Text
	Extra    string
	At       time.Time
}

// raw is what is kept of the content on the wire: nothing where the text says it all, as of most messages.
func (r Received) raw() string {
	if r.Raw == r.Text {
		return ""
	}
	return r.Raw
}

// Receive commits a batch of messages, all or none. A message that is there already, by account and id, is skipped:
// WeChat delivers again whatever was not acknowledged. Chats not known yet get a provisional contact.
func (s *Store) Receive(ctx context.Context, account, login string, batch []Received) error {
	if len(batch) == 0 {
		return nil
	}
	return s.tx(ctx, func(tx *gorm.DB) error {
		chats, err := s.chats(tx, account, login, batch)
		if err != nil {
			return err
		}
		now := s.now()
		rows := make([][]any, len(batch))
		for i, r := range batch {
			m := Inbox{
				Account: account, MsgID: r.MsgID, Login: login, ContactID: chats[r.User], Sender: r.Sender,
				FromSelf: r.FromSelf, Kind: r.Kind, Text: r.Text, Raw: r.raw(), Extra: r.Extra,
				At: utc(r.At), ReceivedAt: now, State: InboxNew,
			}
			rows[i] = m.values(s.seal)
		}
		// The unique key inbox_msg decides what is there already; nobody asks how many rows were new, which a driver
		// may answer wrongly.
		_, err = s.insert(tx, insertInbox, rows)
		return err
	})
}

// chats finds the contacts of a batch by user name and makes provisional ones for those that are missing. It locks them:
// while messages are filed under a contact, no contact list merges it into another. Index contacts_user.
func (s *Store) chats(tx *gorm.DB, account, login string, batch []Received) (map[string]int64, error) {
	users := make([]string, len(batch))
	for i, r := range batch {
		users[i] = r.User
	}
	slices.Sort(users)
	present := make(map[string]int64, len(batch))
	err := chunked(slices.Compact(users), func(users []string) error {
		var rows []struct {
			ID       int64
			UserName string
		}
		err := s.lock(tx).Model(&Contact{}).Select("id, user_name").
			Where("account = ? AND login = ? AND user_name IN ?", account, login, users).Scan(&rows).Error
		for _, r := range rows {
			present[r.UserName] = r.ID
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	var fresh []Contact
	for _, r := range batch {
		if _, ok := present[r.User]; ok {
			continue
		}
		present[r.User] = 0
		fresh = append(fresh, Contact{
			Account: account, Login: login, UserName: r.User, Kind: r.ChatKind, State: ContactActive, CreatedAt: s.now(),
		})
	}
	if len(fresh) == 0 {
		return present, nil
	}
	if err := tx.CreateInBatches(&fresh, s.most).Error; err != nil {
		return nil, err
	}
	for _, c := range fresh {
		present[c.UserName] = c.ID
	}
	return present, nil
}

// Pendings are the oldest message of each of up to limit chats that still waits for its turn, in order of arrival, with
// everything known about who wrote it. Messages of an account whose contacts are not matched yet wait, and so does
// whatever is behind a message whose picture or document is being fetched.
// A fixed number of queries, however many messages. Index inbox_pending.
func (s *Store) Pendings(ctx context.Context, limit int) ([]Pending, error) {
	db := s.db(ctx)
	var ready []string
	if err := db.Model(&Account{}).Where("ready").Pluck("name", &ready).Error; err != nil || len(ready) == 0 {
		return nil, err
	}
	// Not a join: of the indices that begin with the account, optimisers choose the one that reads the whole history.
	var ids []int64
	err := db.Model(&Inbox{}).Select("MIN(id) AS first").Where("state IN ? AND account IN ?", []string{InboxNew, InboxFetching}, ready).
		Group("contact_id").Order("first").Limit(limit).Scan(&ids).Error
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	var msgs []Inbox
	if err := db.Where("id IN ? AND state = ?", ids, InboxNew).Order("id").Find(&msgs).Error; err != nil || len(msgs) == 0 {
		return nil, err
	}
	contactIDs := make([]int64, len(msgs))
	for i, m := range msgs {
		contactIDs[i] = m.ContactID
	}
	var contacts []Contact
	if err := db.Where("id IN ?", contactIDs).Find(&contacts).Error; err != nil {
		return nil, err
	}
	var dialogues []Dialogue
	if err := db.Where("contact_id IN ?", contactIDs).Find(&dialogues).Error; err != nil {
		return nil, err
	}
	var personIDs []int64
	for _, c := range contacts {
		if c.PersonID != nil {
			personIDs = append(personIDs, *c.PersonID)
		}
	}
	people, err := s.loadPeople(ctx, personIDs)
	if err != nil {
		return nil, err
	}
	roles, err := s.RolesOf(ctx, personIDs)
	if err != nil {
		return nil, err
	}
	ps := make([]Pending, len(msgs))
	for i, m := range msgs {
		p := Pending{Inbox: m, Dialogue: Dialogue{ContactID: m.ContactID}}
		if j := slices.IndexFunc(contacts, func(c Contact) bool { return c.ID == m.ContactID }); j >= 0 {
			p.Contact = contacts[j]
		}
		if j := slices.IndexFunc(dialogues, func(d Dialogue) bool { return d.ContactID == m.ContactID }); j >= 0 {
			p.Dialogue = dialogues[j]
		}
		if id := p.Contact.PersonID; id != nil {
			l := people[*id]
			if l.person == nil || l.person.LeftAt != nil { // struck off: whoever writes there is nobody we know
				ps[i] = p
				continue
			}
			p.Person, p.Branch, p.College = l.person, l.branch, l.college
			p.Transfer, p.Declaration, p.Events = l.transfer, l.declaration, l.events
			p.Roles = roles[*id]
		}
		ps[i] = p
	}
	return ps, nil
}
