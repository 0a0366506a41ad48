package scheduler

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"xianjie/storage"
)

// Pace is how fast one account may send. A field that is zero or less sets no limit.
type Pace struct {
	Every     time.Duration // mean distance between two messages
	Jitter    float64       // each distance is drawn from Every·(1−Jitter) … Every·(1+Jitter); 0 to 1
	PerMinute int           // messages in any 60 seconds
	PerHour   int           // messages in any 60 minutes
	PerDay    int           // messages in any 24 hours
	// Within, when set, books no moment farther ahead than this: Reserve tells it, and it stays free for whatever is more
	// urgent and comes up meanwhile.
	Within time.Duration
}

const (
	oneDay = 24 * time.Hour
	// bookingHorizon is how far ahead a booking is believed. One still farther was made before the clock was set back,
	// and would silence the account for as long.
	bookingHorizon = 2 * oneDay
)

// gap draws the distance between the last booking and the next.
func (p Pace) gap() time.Duration {
	if p.Every <= 0 {
		return 0
	}
	jitter := min(max(p.Jitter, 0), 1)
	return time.Duration(float64(p.Every) * (1 + jitter*(2*rand.Float64()-1)))
}

// remembered is how many bookings decide about the next one.
func (p Pace) remembered() int { return max(p.PerMinute, p.PerHour, p.PerDay, 1) }

// off reports that nothing limits the account.
func (p Pace) off() bool { return p.Every <= 0 && p.PerMinute <= 0 && p.PerHour <= 0 && p.PerDay <= 0 }

// tooFar reports that a moment is not booked.
func (p Pace) tooFar(at, now time.Time) bool { return p.Within > 0 && at.Sub(now) > p.Within }

// shares are how much of every budget messages of a kind may use up: what somebody waits for finds room left by
// deadlines, and deadlines find room left by notices. Kinds that are not here may use all of it.
var shares = map[string]float64{storage.OutDigest: 0.9, storage.OutNudge: 0.9, storage.OutNotice: 2.0 / 3}

// For is the pace at which messages of a kind leave. An account WeChat has called too fast sends half as much.
func (p Pace) For(kind string, slowed bool) Pace {
	share, limited := shares[kind]
	if !limited {
		share = 1
	}
	if slowed {
		share /= 2
		p.Every *= 2
	}
	of := func(n int) int { return int(math.Ceil(share * float64(max(n, 0)))) }
	p.PerMinute, p.PerHour, p.PerDay = of(p.PerMinute), of(p.PerHour), of(p.PerDay)
	if limited {
		p.Within = max(4*p.Every, leastWithin)
	}
	return p
}

// leastWithin is a distance nobody minds being booked ahead.
const leastWithin = 10 * time.Second

// Lasts is how long so many notices take when nothing else leaves.
func (p Pace) Lasts(sends int) time.Duration {
	p = p.For(storage.OutNotice, false)
	longest := time.Duration(sends) * p.Every
	for _, b := range []struct {
		n    int
		span time.Duration
	}{{p.PerMinute, time.Minute}, {p.PerHour, time.Hour}, {p.PerDay, oneDay}} {
		if b.n > 0 && sends > 0 {
			longest = max(longest, time.Duration((sends-1)/b.n)*b.span)
		}
	}
	return longest
}

// bookings are the moments given to one account, in ascending order, and its hold.
type bookings struct {
	at   []time.Time
	held time.Time
}

// next is the first moment that keeps the distance, all budgets and the hold. Because every booking is made after all
// earlier ones, a budget of n is kept exactly when the n-th last booking lies a whole window back.
func (b *bookings) next(now time.Time, gap time.Duration, p Pace) time.Time {
	for len(b.at) > 0 && b.at[len(b.at)-1].Sub(now) > bookingHorizon {
		b.at = b.at[:len(b.at)-1]
	}
	at := now
	notBefore := func(t time.Time) {
		if t.After(at) {
			at = t
		}
	}
	notBefore(b.held)
	b.since(1, gap, notBefore)
	b.since(p.PerMinute, time.Minute, notBefore)
	b.since(p.PerHour, time.Hour, notBefore)
	b.since(p.PerDay, oneDay, notBefore)
	return at
}

// since calls f with the moment a time after the n-th last booking, if there are so many.
func (b *bookings) since(n int, after time.Duration, f func(time.Time)) {
	if n > 0 && n <= len(b.at) {
		f(b.at[len(b.at)-n].Add(after))
	}
}

// book notes a booking; two made at once may be noted in either order.
func (b *bookings) book(at time.Time, p Pace) {
	b.at = append(b.at, at)
	slices.SortFunc(b.at, time.Time.Compare)
	if extra := len(b.at) - p.remembered(); extra > 0 {
		b.at = append(b.at[:0], b.at[extra:]...)
	}
}

func (b *bookings) hold(until time.Time) {
	if until.After(b.held) {
		b.held = until
	}
}
