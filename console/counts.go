package console

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"xianjie/storage"
)

// fresh is how old counts may be that a page shows. Counting a whole university reads every member; so many seconds are
// too few for anybody to notice and enough for many people looking at once.
const fresh = 5 * time.Second

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

// of is how a part of the school stands, at most fresh ago.
func (c *counts) of(ctx context.Context, sc storage.Scope) (counted, error) {
	c.mu.Lock()
	have, ok := c.last[sc]
	c.mu.Unlock()
	if ok && time.Since(have.taken) < fresh {
		return have, nil
	}
	v, err, _ := c.once.Do(fmt.Sprint(sc), func() (any, error) {
		return c.count(context.WithoutCancel(ctx), sc) // one who leaves must not fail the others
	})
	if err != nil {
		return counted{}, err
	}
	return v.(counted), nil
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
