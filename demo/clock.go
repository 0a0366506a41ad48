package demo

import (
	"sync"
	"time"
)

// clock is the calendar of the demo: it ticks like any clock and can be moved forward, never back.
type clock struct {
	mu    sync.Mutex
	base  time.Time // the demo's time …
	since time.Time // … at this moment of the machine's
}

func newClock(at time.Time) *clock { return &clock{base: at, since: time.Now()} }

// now is the demo's time.
func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.base.Add(time.Since(c.since))
}

// moveTo lets it be later; an instant that has passed changes nothing.
func (c *clock) moveTo(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if at.After(c.base.Add(now.Sub(c.since))) {
		c.base, c.since = at, now
	}
}
