package storage

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"gorm.io/gorm"
)

// Fence is the right to write for something only one process may act for, an account or the planner. Whoever takes it next
// gets a greater number, and from that moment nothing is written under the smaller one: not by a process that was stopped
// and goes on, nor by one that has not noticed yet that it lost its lease. The lease keeps two from acting at once as well
// as it can; the fence keeps them from both writing, whatever became of the lease.
type Fence struct {
	name   string
	number int64

	once sync.Once
	lost chan struct{}
}

// ErrFenced says that somebody else holds the fence by now; nothing was written.
var ErrFenced = errors.New("another process has taken over")

// fenceKey is the key of a context's fence.
type fenceKey struct{}

// TakeFence takes the fence of that name from whoever has it. It returns when no transaction under an older number is
// under way any more.
func (s *Store) TakeFence(ctx context.Context, name string) (*Fence, error) {
	take := "INSERT INTO fences (name, number, taken_at) VALUES (?, 1, ?) ON CONFLICT (name) DO UPDATE SET number = number + 1, taken_at = excluded.taken_at"
	if s.driver == MySQL {
		take = "INSERT INTO fences (name, number, taken_at) VALUES (?, 1, ?) ON DUPLICATE KEY UPDATE number = number + 1, taken_at = VALUES(taken_at)"
	}
	f := &Fence{name: name, lost: make(chan struct{})}
	err := s.tx(ctx, func(tx *gorm.DB) error {
		if err := tx.Exec(take, name, s.now()).Error; err != nil {
			return err
		}
		return tx.Raw("SELECT number FROM fences WHERE name = ?", name).Scan(&f.number).Error
	})
	if err != nil {
		return nil, fmt.Errorf("fence %s: %w", name, err)
	}
	return f, nil
}

// Number grows with every taking.
func (f *Fence) Number() int64 { return f.number }

// Lost is closed when a write under this fence was refused.
func (f *Fence) Lost() <-chan struct{} { return f.lost }

// Under is a context under which every transaction first sees that the fence is still this one. Reads are not refused.
func (f *Fence) Under(ctx context.Context) context.Context {
	return context.WithValue(ctx, fenceKey{}, f)
}

// fenced refuses a transaction under a fence that somebody else has taken. The lock it takes is shared among the writers
// of one holder and lasts as long as the transaction, so that a taking waits for those under way, and refuses all later ones.
func (s *Store) fenced(ctx context.Context, tx *gorm.DB) error {
	f, ok := ctx.Value(fenceKey{}).(*Fence)
	if !ok {
		return nil
	}
	query := "SELECT number FROM fences WHERE name = ?"
	if s.driver == MySQL {
		query += " LOCK IN SHARE MODE"
	}
	var number int64
	if err := tx.Raw(query, f.name).Scan(&number).Error; err != nil {
		return err
	}
	if number != f.number {
		f.once.Do(func() { close(f.lost) })
		return fmt.Errorf("fence %s, number %d of %d: %w", f.name, f.number, number, ErrFenced)
	}
	return nil
}
