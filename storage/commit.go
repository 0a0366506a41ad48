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
		if err := w.takeMessages(turns); err != nil {
			return err
		}
		if err := w.dialogues(turns); err != nil {
			return err
		}
		var members []MemberChange
		var outs []queued
		var matters []Matter
		var audits []Audit
		for _, t := range turns {
			members = append(members, t.Members...)
			matters = append(matters, t.Matters...)
			audits = append(audits, t.Audit...)
			for _, o := range t.Out {
				outs = append(outs, queued{Out: o, inbox: &t.InboxID})
			}
		}
		if err := w.members(members); err != nil {
			return err
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

// takeMessages marks the messages of the turns as handled; each may be handled once.
func (w *work) takeMessages(turns []Turn) error {
	byOutcome := map[[2]string][]int64{}
	ids := make([]int64, len(turns))
	for i, t := range turns {
		state := InboxDone
		if t.Skipped {
			state = InboxSkipped
		}
		key := [2]string{state, t.Outcome}
		byOutcome[key] = append(byOutcome[key], t.InboxID)
		ids[i] = t.InboxID
	}
	slices.Sort(ids)
	var open []int64
	err := w.lock(w.tx).Model(&Inbox{}).Where("id IN ? AND state = ?", ids, InboxNew).Order("id").Pluck("id", &open).Error
	if err != nil {
		return err
	}
	if !slices.Equal(open, ids) {
		return fmt.Errorf("%d of %d messages have had their turn: %w", len(ids)-len(open), len(ids), ErrConflict)
	}
	for key, ids := range byOutcome { // outcomes are a handful of words
		err := w.tx.Model(&Inbox{}).Where("id IN ?", ids).
			Updates(map[string]any{"state": key[0], "done_at": w.at, "outcome": key[1]}).Error
		if err != nil {
			return err
		}
	}
	return nil
}

// dialogues moves the dialogues of the turns, each from the version it was decided on to the next.
func (w *work) dialogues(turns []Turn) error {
	var rows []Dialogue
	for _, t := range turns {
		if t.Dialogue != nil {
			rows = append(rows, *t.Dialogue)
		}
	}
	if len(rows) == 0 {
		return nil
	}
	slices.SortFunc(rows, func(a, b Dialogue) int { return cmp.Compare(a.ContactID, b.ContactID) })
	ids := make([]int64, len(rows))
	for i := range rows {
		ids[i] = rows[i].ContactID
	}
	var have []struct{ ContactID, Version int64 }
	err := w.lock(w.tx).Model(&Dialogue{}).Select("contact_id, version").Where("contact_id IN ?", ids).Order("contact_id").Scan(&have).Error
	if err != nil {
		return err
	}
	versions := make(map[int64]int64, len(have))
	for _, h := range have {
		versions[h.ContactID] = h.Version
	}
	for i := range rows {
		if versions[rows[i].ContactID] != rows[i].Version {
			return fmt.Errorf("dialogue of contact %d: %w", rows[i].ContactID, ErrConflict)
		}
		if i > 0 && rows[i].ContactID == rows[i-1].ContactID {
			return fmt.Errorf("two turns of contact %d: %w", rows[i].ContactID, ErrConflict)
		}
		rows[i].Version++
		rows[i].UpdatedAt = w.at
	}
	return w.tx.Clauses(clause.OnConflict{UpdateAll: true}).CreateInBatches(&rows, 500).Error
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
	if err := w.tx.Clauses(clause.OnConflict{UpdateAll: true}).CreateInBatches(&rows, 500).Error; err != nil {
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
	if err := w.tx.CreateInBatches(&rows, 500).Error; err != nil {
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
	return w.tx.CreateInBatches(&rows, 500).Error
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
				Updates(map[string]any{"answered_at": w.at, "answered_by": a.By, "answer": a.Answer})
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

func (w *work) audit(rows []Audit) error {
	if len(rows) == 0 {
		return nil
	}
	for i := range rows {
		rows[i].At = utc(rows[i].At)
		if rows[i].Detail == nil {
			rows[i].Detail = map[string]string{}
		}
	}
	return w.tx.CreateInBatches(&rows, 500).Error
}
