package console

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"xianjie/storage"
)

// Counting a whole university reads every member. What is older than fresh is counted anew; until that is done, whoever
// looks sees what was counted before, with its time, as long as it is recent enough for them.
const (
	fresh = 5 * time.Second
	// aMoment is what a list may be out by that says how many there are.
	aMoment = 30 * time.Second
	// aWhile is what the overview may be out by at first: it shows the new figures as soon as they are counted.
	aWhile = 10 * time.Minute
)

// counted is how a part of the school stood at an instant.
type counted struct {
	at     time.Time
	old    bool // newer figures are being counted
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

// of is how a part of the school stands, at most so long ago.
func (c *counts) of(ctx context.Context, sc storage.Scope, ago time.Duration) (counted, error) {
	c.mu.Lock()
	have, ok := c.last[sc]
	c.mu.Unlock()
	age := c.store.Now().Sub(have.at)
	ok = ok && age >= 0 // the clock of a demo or a rehearsal may be set back
	if ok && age < fresh {
		return have, nil
	}
	counting := c.once.DoChan(fmt.Sprint(sc), func() (any, error) {
		return c.count(context.WithoutCancel(ctx), sc) // one who leaves must not fail the others
	})
	if ok && age < ago {
		have.old = true
		return have, nil
	}
	select {
	case r := <-counting:
		if r.Err != nil {
			return counted{}, r.Err
		}
		return r.Val.(counted), nil
	case <-ctx.Done():
		return counted{}, ctx.Err()
	}
}

func (c *counts) count(ctx context.Context, sc storage.Scope) (now counted, err error) {
	now.at = c.store.Now()
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
		if now.at.Sub(old.at) > aWhile {
			delete(c.last, other)
		}
	}
	c.last[sc] = now
	return now, nil
}
