package scheduler

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Memory coordinates within one process. It starts no goroutine and never answers with an error but that of a context
// or of a call that makes no sense.
type Memory struct {
	now   func() time.Time
	wakes wakes

	mu       sync.Mutex // guards what follows
	leases   map[string]*memoryLease
	accounts map[string]*bookings
	allowed  map[string][]time.Time // ascending
	swept    time.Time              // when allowed was last rid of what is over
	longest  time.Duration          // the longest window asked for
}

// NewMemory is a coordinator for one process whose clock is now.
func NewMemory(now func() time.Time) *Memory {
	return &Memory{
		now:      now,
		leases:   map[string]*memoryLease{},
		accounts: map[string]*bookings{},
		allowed:  map[string][]time.Time{},
	}
}

// errTTL is the answer to a lease that would never be held.
var errTTL = errors.New("a lease needs a positive time to live")

// Acquire implements [Coordinator]. The time to live does not matter: a holder that dies takes everybody along.
func (m *Memory) Acquire(ctx context.Context, name string, ttl time.Duration) (Lease, error) {
	if ttl <= 0 {
		return nil, fmt.Errorf("lease %s: %w", name, errTTL)
	}
	for {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("lease %s: %w", name, err)
		}
		l, holder := m.take(ctx, name)
		if l != nil {
			return l, nil
		}
		select {
		case <-ctx.Done():
		case <-holder.done:
		}
	}
}

// take takes a free lease or says who holds it.
func (m *Memory) take(ctx context.Context, name string) (mine, holder *memoryLease) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if holder := m.leases[name]; holder != nil {
		return nil, holder
	}
	l := &memoryLease{memory: m, name: name, token: rand.Text(), done: make(chan struct{})}
	m.leases[name] = l
	l.forget = context.AfterFunc(ctx, l.drop)
	return l, nil
}

type memoryLease struct {
	memory *Memory
	name   string
	token  string
	done   chan struct{}
	forget func() bool // stops watching the context
}

func (l *memoryLease) Token() string { return l.token }
func (l *memoryLease) Held() bool {
	select {
	case <-l.done:
		return false
	default:
		return true
	}
}

func (l *memoryLease) Done() <-chan struct{} { return l.done }

func (l *memoryLease) Release() {
	l.forget()
	l.drop()
}

func (l *memoryLease) drop() {
	l.memory.mu.Lock()
	defer l.memory.mu.Unlock()
	if l.memory.leases[l.name] == l {
		delete(l.memory.leases, l.name)
		close(l.done)
	}
}

// Reserve implements [Coordinator].
func (m *Memory) Reserve(ctx context.Context, account string, p Pace) (time.Time, error) {
	if err := ctx.Err(); err != nil {
		return time.Time{}, fmt.Errorf("reserve for %s: %w", account, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.account(account)
	now := m.now()
	at := b.next(now, p.gap(), p)
	if !p.tooFar(at, now) {
		b.book(at, p)
	}
	return at, nil
}

// Hold implements [Coordinator].
func (m *Memory) Hold(ctx context.Context, account string, until time.Time) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("hold %s: %w", account, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.account(account).hold(until)
	return nil
}

// account is called with mu held.
func (m *Memory) account(name string) *bookings {
	b := m.accounts[name]
	if b == nil {
		b = &bookings{}
		m.accounts[name] = b
	}
	return b
}

// Allow implements [Coordinator].
func (m *Memory) Allow(ctx context.Context, key string, limit int, window time.Duration) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, fmt.Errorf("allow %s: %w", key, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	m.longest = max(m.longest, window)
	m.sweep(now)
	var kept []time.Time
	for _, t := range m.allowed[key] {
		// Farther ahead than a window: from before the clock was set back.
		if age := now.Sub(t); age < window && age >= -window {
			kept = append(kept, t)
		}
	}
	ok := len(kept) < limit
	if ok {
		kept = append(kept, now)
	}
	m.allowed[key] = kept
	return ok, nil
}

// sweep forgets keys that have done nothing for the longest window, so that strangers do not fill the memory. It is called
// with mu held.
func (m *Memory) sweep(now time.Time) {
	if age := now.Sub(m.swept); age >= 0 && age < m.longest {
		return
	}
	m.swept = now
	for key, ts := range m.allowed {
		if len(ts) == 0 || now.Sub(ts[len(ts)-1]) >= m.longest {
			delete(m.allowed, key)
		}
	}
}

// Wake implements [Coordinator].
func (m *Memory) Wake(ctx context.Context, topic string) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("wake %s: %w", topic, err)
	}
	m.wakes.tell(topic)
	return nil
}

// Wakes implements [Coordinator].
func (m *Memory) Wakes(ctx context.Context, topic string) <-chan struct{} {
	return m.wakes.listen(ctx, topic)
}

// wakes are the listeners of this process. The zero value has none.
type wakes struct {
	mu        sync.Mutex
	listeners map[string]map[chan struct{}]bool // by topic; guarded by mu
}

func (w *wakes) listen(ctx context.Context, topic string) chan struct{} {
	c := make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.listeners == nil {
		w.listeners = map[string]map[chan struct{}]bool{}
	}
	if w.listeners[topic] == nil {
		w.listeners[topic] = map[chan struct{}]bool{}
	}
	w.listeners[topic][c] = true
	context.AfterFunc(ctx, func() { w.leave(topic, c) })
	return c
}

func (w *wakes) leave(topic string, c chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.listeners[topic], c)
	if len(w.listeners[topic]) == 0 {
		delete(w.listeners, topic)
	}
}

func (w *wakes) tell(topic string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.listeners[topic] {
		nudge(c)
	}
}

// nudge leaves one wake-up in a channel of capacity one.
func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
