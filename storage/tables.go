package storage

import (
	"context"
	"iter"
)

// row is what Pages walks: rows with a growing id.
type row interface {
	Declaration | TransferEvent | Duty | Reminder | Inbox | Outbox | Audit
	key() int64
}

func (r Declaration) key() int64   { return r.ID }
func (r TransferEvent) key() int64 { return r.ID }
func (r Duty) key() int64          { return r.ID }
func (r Reminder) key() int64      { return r.ID }
func (r Inbox) key() int64         { return r.ID }
func (r Outbox) key() int64        { return r.ID }
func (r Audit) key() int64         { return r.ID }

// Pages is a whole table in order of its ids, 1,000 rows at a time, for exports. Rows written while it runs may or may
// not be in it. It ends with the first error.
func Pages[T row](ctx context.Context, s *Store) iter.Seq2[[]T, error] {
	const size = 1000
	return func(yield func([]T, error) bool) {
		for after := int64(0); ; {
			var page []T
			err := s.db(ctx).Where("id > ?", after).Order("id").Limit(size).Find(&page).Error
			if err != nil {
				yield(nil, err)
				return
			}
			if len(page) == 0 || !yield(page, nil) || len(page) < size {
				return
			}
			after = page[len(page)-1].key()
		}
	}
}

// PeopleByID are people by id; those that do not exist are left out.
func (s *Store) PeopleByID(ctx context.Context, ids []int64) (map[int64]Person, error) {
	m := make(map[int64]Person, len(ids))
	err := chunked(ids, func(ids []int64) error {
		var people []Person
		err := s.db(ctx).Where("id IN ?", ids).Find(&people).Error
		for _, p := range people {
			m[p.ID] = p
		}
		return err
	})
	return m, err
}

// ContactsByID are contacts by id; those that do not exist are left out.
func (s *Store) ContactsByID(ctx context.Context, ids []int64) (map[int64]Contact, error) {
	return contactsByID(s.db(ctx), ids)
}
