package console

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"xianjie/storage"
)

// Counting a whole university reads every member. What is older than fresh is counted anew; until that is done, who
// looks sees what was counted before, with its time, unless it is older than stale.
const (
	fresh = 5 * time.Second
	stale = 30 * time.Second
)

// counted is how a part of the school stood at an instant.
type counted struct {
	taken  time.Time // by the machine's clock
	at     time.Time // by the product's
	units  []storage.Org
	counts []storage.UnitCount
	duties []storage.DutyCount
}

// counts remembers what was counted a moment ago. However many people look at once, each part is counted once.
type counts struct {
	store *storage.Store
	once  singleflight.Group

	mu   sync.Mutex
	last map[storage.Scope]counted // guarded by mu
}

func newCounts(s *storage.Store) *counts {
	return &counts{store: s, last: map[storage.Scope]counted{}}
}

// of is how a part of the school stands, at most stale ago.
func (c *counts) of(ctx context.Context, sc storage.Scope) (counted, error) {
	c.mu.Lock()
	have, ok := c.last[sc]
	c.mu.Unlock()
	age := time.Since(have.taken)
	if ok && age < fresh {
		return have, nil
	}
	fetched := c.once.DoChan(fmt.Sprint(sc), func() (any, error) {
		return c.count(context.WithoutCancel(ctx), sc) // one who leaves must not fail the others
	})
	if ok && age < stale {
		return have, nil
	}
	select {
	case r := <-fetched:
		if r.Err != nil {
			return counted{}, r.Err
		}
		return r.Val.(counted), nil
	case <-ctx.Done():
		return counted{}, ctx.Err()
	}
}

func (c *counts) count(ctx context.Context, sc storage.Scope) (now counted, err error) {
	now.taken, now.at = time.Now(), c.store.Now()
	if now.units, err = c.store.UnitsBelow(ctx, sc); err != nil {
		return now, err
	}
	if now.counts, err = c.store.CountsPerUnit(ctx, sc); err != nil {
		return now, err
	}
	if now.duties, err = c.store.DutyCounts(ctx, sc); err != nil {
		return now, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for other, old := range c.last {
		if time.Since(old.taken) > time.Minute {
			delete(c.last, other)
		}
	}
	c.last[sc] = now
	return now, nil
}
