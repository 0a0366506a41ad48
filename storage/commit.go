package storage

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// CommitTurns writes turns of different chats in one transaction, all or none, in a number of statements that does not
// grow with the number of turns. ErrConflict says that a message had its turn already, or that something a turn was
// decided on has changed: nothing was written, decide again.
func (s *Store) CommitTurns(ctx context.Context, turns []Turn) error {
	if len(turns) == 0 {
		return nil
	}
	return s.tx(ctx, func(tx *gorm.DB) error {
		w := &work{Store: s, tx: tx, at: s.now()}
		taken, err := w.takeMessages(turns)
		if err != nil {
			return err
		}
		if err := w.dialogues(turns, taken); err != nil {
			return err
		}
		var members []MemberChange
		var outs []queued
		var matters []Matter
		var audits []Audit
		var answers []Answer
		var orgs []OrgChange
		var links []NewLink
		for _, t := range turns {
			if t.Link != nil {
				links = append(links, *t.Link)
			}
			members = append(members, t.Members...)
			answers = append(answers, t.Answers...)
			orgs = append(orgs, t.Orgs...)
			matters = append(matters, t.Matters...)
			audits = append(audits, t.Audit...)
			for _, o := range t.Out {
				if o.Account == "" && o.ContactID == t.ContactID {
					o.Account = taken[t.InboxID].Account
				}
				outs = append(outs, queued{Out: o, inbox: &t.InboxID})
			}
		}
		if err := w.members(members); err != nil {
			return err
		}
		if err := w.answers(answers); err != nil {
			return err
		}
		if err := w.orgs(orgs); err != nil {
			return err
		}
		for _, t := range turns { // one appointment now and then
			if t.Office == nil {
				continue
			}
			if err := w.roster(t.Office.Season, t.Office.Roster); err != nil {
				return err
			}
			audits = append(audits, t.Office.Roster.Audit)
		}
		if err := w.contacts(turns); err != nil {
			return err
		}
		if _, err := w.queue(outs); err != nil {
			return err
		}
		if err := w.matters(matters, turns); err != nil {
			return err
		}
		if err := w.notices(turns); err != nil {
			return err
		}
		if err := w.strike(turns); err != nil {
			return err
		}
		if err := w.links(links); err != nil {
			return err
		}
		return w.audit(audits)
	})
}

// CommitMembers writes changes that do not come from a message (a season file that changed, a tool), all or none.
func (s *Store) CommitMembers(ctx context.Context, changes []MemberChange) (Reconciled, error) {
	var r Reconciled
	err := s.tx(ctx, func(tx *gorm.DB) error {
		w := &work{Store: s, tx: tx, at: s.now()}
		err := w.members(changes)
		r = w.reconciled
		return err
	})
	return r, err
}

// work is one transaction being written. Its methods take rows of all turns at once.
type work struct {
	*Store
	tx         *gorm.DB
	at         time.Time
	reconciled Reconciled
}

// takenMessage is a message whose turn is being committed, with what else must stand as the turn found it.
type takenMessage struct {
	ID        int64
	ContactID int64
	Account   string
	Version   *int64 // of the chat's dialogue; nil when there is none yet
}

// takeMessages marks the messages of the turns as handled; each may be handled once. It locks their dialogues too.
func (w *work) takeMessages(turns []Turn) (map[int64]takenMessage, error) {
	byOutcome := map[[2]string][]int64{}
	ids := make([]int64, len(turns))
	for i, t := range turns {
		state := InboxDone
		switch {
		case t.Fetch:
			state = InboxFetching
		case t.Skipped:
			state = InboxSkipped
		}
		key := [2]string{state, t.Outcome}
		byOutcome[key] = append(byOutcome[key], t.InboxID)
		ids[i] = t.InboxID
	}
	taken := make(map[int64]takenMessage, len(ids))
	err := chunked(ids, func(ids []int64) error {
		var open []takenMessage
		err := w.lock(w.tx).Model(&Inbox{}).Select("inbox.id, inbox.contact_id, inbox.account, d.version").
			Joins("LEFT JOIN dialogues d ON d.contact_id = inbox.contact_id").
			Where("inbox.id IN ? AND inbox.state = ?", ids, InboxNew).Scan(&open).Error
		for _, o := range open {
			taken[o.ID] = o
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(taken) != len(ids) {
		return nil, fmt.Errorf("%d of %d messages have had their turn: %w", len(ids)-len(taken), len(ids), ErrConflict)
	}
	for _, t := range turns { // the contact list may have told meanwhile whose chat it is
		if chat := taken[t.InboxID].ContactID; chat != t.ContactID {
			return nil, fmt.Errorf("message %d moved to contact %d: %w", t.InboxID, chat, ErrConflict)
		}
	}
	for key, ids := range byOutcome { // outcomes are a handful of words
		err := w.tx.Model(&Inbox{}).Where("id IN ?", ids).
			Updates(map[string]any{"state": key[0], "done_at": w.at, "outcome": key[1]}).Error
		if err != nil {
			return nil, err
		}
	}
	return taken, nil
}

// dialogues moves the dialogues of the turns, each from the version it was decided on to the next.
func (w *work) dialogues(turns []Turn, taken map[int64]takenMessage) error {
	var rows []Dialogue
	for _, t := range turns {
		if t.Dialogue == nil {
			continue
		}
		d := *t.Dialogue
		if d.ContactID != t.ContactID {
			return fmt.Errorf("turn of contact %d changes the dialogue of contact %d", t.ContactID, d.ContactID)
		}
		stored := int64(0)
		if v := taken[t.InboxID].Version; v != nil {
			stored = *v
		}
		if stored != d.Version {
			return fmt.Errorf("dialogue of contact %d: %w", d.ContactID, ErrConflict)
		}
		d.Version++
		d.UpdatedAt = w.at
		rows = append(rows, d)
	}
	if len(rows) == 0 {
		return nil
	}
	slices.SortFunc(rows, func(a, b Dialogue) int { return cmp.Compare(a.ContactID, b.ContactID) })
	for i := 1; i < len(rows); i++ {
		if rows[i].ContactID == rows[i-1].ContactID {
			return fmt.Errorf("two turns of contact %d: %w", rows[i].ContactID, ErrConflict)
		}
	}
	values := make([][]any, len(rows))
	for i := range rows {
		values[i] = rows[i].values(w.seal)
	}
	_, err := w.insert(w.tx, upsertDialogues, values)
	return err
}

// members writes transfers with their declarations, events and duties.
func (w *work) members(changes []MemberChange) error {
	if len(changes) == 0 {
		return nil
	}
	ids := make([]int64, len(changes))
	for i, c := range changes {
		ids[i] = c.Transfer.PersonID
	}
	slices.Sort(ids)
	if len(slices.Compact(slices.Clone(ids))) != len(ids) {
		return fmt.Errorf("two changes of one member: %w", ErrConflict)
	}
	versions := make(map[int64]int64, len(ids))
	err := chunked(ids, func(ids []int64) error {
		var have []struct{ PersonID, Version int64 }
		err := w.lock(w.tx).Model(&Transfer{}).Select("person_id, version").Where("person_id IN ?", ids).Order("person_id").Scan(&have).Error
		for _, h := range have {
			versions[h.PersonID] = h.Version
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, c := range changes {
		if v, ok := versions[c.Transfer.PersonID]; !ok || v != c.Transfer.Version {
			return fmt.Errorf("transfer of person %d: %w", c.Transfer.PersonID, ErrConflict)
		}
	}
	changes = slices.Clone(changes)
	if err := w.declarations(changes); err != nil {
		return err
	}
	if err := w.events(changes); err != nil {
		return err
	}
	rows := make([]Transfer, len(changes))
	for i, c := range changes {
		rows[i] = c.Transfer
		rows[i].Version++
		rows[i].UpdatedAt = w.at
		rows[i].EnteredAt = utc(rows[i].EnteredAt)
	}
	if err := w.tx.Clauses(clause.OnConflict{UpdateAll: true}).CreateInBatches(&rows, w.most).Error; err != nil {
		return err
	}
	return w.duties(changes)
}

// declarations inserts new declarations in place of the former ones and points the transfers and events to them.
func (w *work) declarations(changes []MemberChange) error {
	var rows []Declaration
	var people []int64
	for _, c := range changes {
		if c.Declaration != nil {
			d := *c.Declaration
			d.ConfirmedAt = utc(d.ConfirmedAt)
			rows = append(rows, d)
			people = append(people, d.PersonID)
		}
	}
	if len(rows) == 0 {
		return nil
	}
	err := w.tx.Model(&Declaration{}).Where("person_id IN ? AND superseded_at IS NULL", people).Update("superseded_at", w.at).Error
	if err != nil {
		return err
	}
	if err := w.tx.CreateInBatches(&rows, w.most).Error; err != nil {
		return err
	}
	byPerson := make(map[int64]int64, len(rows))
	for _, d := range rows {
		byPerson[d.PersonID] = d.ID
	}
	for i := range changes {
		c := &changes[i]
		if c.Declaration == nil {
			continue
		}
		id := byPerson[c.Transfer.PersonID]
		c.Transfer.DeclarationID = &id
		c.Events = slices.Clone(c.Events)
		for j := range c.Events {
			c.Events[j].DeclarationID = &id
		}
	}
	return nil
}

func (w *work) events(changes []MemberChange) error {
	var rows []TransferEvent
	var undone []int64
	for _, c := range changes {
		for _, e := range c.Events {
			e.At, e.RecordedAt = utc(e.At), utc(e.RecordedAt)
			rows = append(rows, e)
		}
		undone = append(undone, c.Undo...)
	}
	if len(undone) > 0 {
		err := w.tx.Model(&TransferEvent{}).Where("id IN ? AND undone_at IS NULL", undone).Update("undone_at", w.at).Error
		if err != nil {
			return err
		}
	}
	if len(rows) == 0 {
		return nil
	}
	return w.tx.CreateInBatches(&rows, w.most).Error
}

// contacts binds chats to people and notes chats that are gone.
func (w *work) contacts(turns []Turn) error {
	for _, t := range turns { // a member binds once, a chat goes once: rarely more than one per transaction
		if t.Bind != nil {
			if err := w.bind(w.tx, *t.Bind, w.at); err != nil {
				return err
			}
		}
		if t.ContactState != "" {
			err := w.tx.Model(&Contact{}).Where("id = ?", t.ContactID).
				Updates(map[string]any{"state": t.ContactState, "updated_at": w.at}).Error
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *work) matters(rows []Matter, turns []Turn) error {
	if len(rows) > 0 {
		for i := range rows {
			rows[i].CreatedAt = utc(rows[i].CreatedAt)
		}
		if err := w.tx.Create(&rows).Error; err != nil {
			return err
		}
	}
	for _, t := range turns {
		for _, a := range t.Answered { // an officer answers one at a time
			r := w.tx.Model(&Matter{}).Where("id = ? AND answered_at IS NULL", a.ID).
				Updates(map[string]any{"answered_at": w.at, "answered_by": a.By, "answer": w.seal.seal(a.Answer)})
			if r.Error != nil {
				return r.Error
			}
			if r.RowsAffected == 0 {
				return fmt.Errorf("matter %d: %w", a.ID, ErrConflict)
			}
		}
	}
	return nil
}
