package scheduler

import (
	"context"
	"time"
)

// Coordinator is how the processes of one installation keep out of each other's way: who plans, who sends next, who is
// flooding, who should look at the queue. Nothing in it is a fact of the season: SQL is the only truth, and losing all of
// this at any moment costs pace or a second's delay, never a message and never a deadline.
//
// There are two implementations, [Memory] for one process and [Redis] for several, with one suite for both.
//
// Every method answers within a few seconds. An error means that the processes cannot agree just now; the caller pauses
// and asks again, and does not go on as if it had been allowed. Only Acquire may wait longer, for a lease somebody else
// holds.
type Coordinator interface {
	// Acquire waits until this process holds the lease of that name or ctx ends. At most one process holds it as far as
	// the processes can see each other; after Redis has forgotten it two may believe so for up to a third of ttl. What
	// must never happen twice is therefore fenced in SQL. The lease lives until ctx ends, Release, or its loss; ttl,
	// which must be positive, is how long others wait when its holder dies.
	Acquire(ctx context.Context, name string, ttl time.Duration) (Lease, error)

	// Reserve books the next moment at which a message of that account may leave and returns it; never before now. The
	// moment is the caller's alone: the caller waits for it, sends one message and reserves again. Bookings of all
	// processes together keep the pace and every hold. One that is not used is lost, not given to another. A moment
	// farther ahead than p.Within is not booked, only told.
	Reserve(ctx context.Context, account string, p Pace) (at time.Time, err error)

	// Hold lets nothing of that account be booked before until; a hold is never shortened. Bookings already made stand.
	Hold(ctx context.Context, account string, until time.Time) error

	// Allow says whether key may do once more what it may do limit times within any window; only what was allowed counts.
	Allow(ctx context.Context, key string, limit int, window time.Duration) (bool, error)

	// Wake tells whoever listens to topic, here and in other processes, that there is something to do. An error means that
	// other processes may not have been told; they find out by their own slow poll.
	Wake(ctx context.Context, topic string) error

	// Wakes is told of topic until ctx ends. Wake-ups that nobody has taken yet are one; after a lost connection one comes
	// in case some were missed. The channel is never closed.
	Wakes(ctx context.Context, topic string) <-chan struct{}
}

// Lease is held by this process until it is lost, released, or the context it was acquired with ends.
type Lease interface {
	// Held reports whether the lease is certainly held at this moment. Done may come late in a process that was stopped for
	// a while, a machine that slept; Held does not. Asked just before an effect outside SQL, it leaves only a blink.
	Held() bool
	// Token is random and belongs to this holding of the lease alone. The fencing number is not here but in SQL.
	Token() string
	// Done is closed when the lease is no longer held, for whatever reason.
	Done() <-chan struct{}
	// Release gives the lease back. Calling it again, or after a loss, does nothing.
	Release()
}
