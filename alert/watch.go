package alert

import "time"

// Facts are what the database says about one account at a moment.
type Facts struct {
	Account   string
	Entered   bool      // it was logged in once; before, somebody sits before the code and needs no alert
	Online    bool      // by the word of the process that runs it
	PhaseAt   time.Time // when Online last changed, or a process took the account over
	LostAt    time.Time // when it stopped being online; while it is not
	HeardAt   time.Time // when WeChat last answered
	NewsAt    time.Time // when WeChat last delivered anything; zero: never
	StoppedAt time.Time // zero: it may send
	HeldUntil time.Time
	Head      Head // what would leave next
}

// Head is the message that would leave an account next; the zero Head when nothing could.
type Head struct {
	ID int64
	// Patience is how long it may stay the first, at the slowest pace of its kind; 0: as long as it likes.
	Patience time.Duration
}

// State is what is thought of a trouble.
type State int

// States. What is not known yet leaves things as they stand: a process that has just begun to look neither calls alarm
// nor calls it off.
const (
	NotKnown State = iota
	Fine
	Wrong
)

// Verdict is what is thought of one possible trouble of an account.
type Verdict struct {
	Trouble Trouble
	Account string
	State   State
	Since   time.Time // when Wrong
}

const (
	// Every is how often to look.
	Every = 5 * time.Second
	// offlineFor is how long an account may be away: a stored session comes back in seconds.
	offlineFor = 40 * time.Second
	// unheardFor is how long WeChat may be silent while online. It answers a long poll after 27 s at most, and a poll
	// that was answered too soon is followed by a pause of up to 20 s. With Every this stays below a minute.
	unheardFor = 50 * time.Second
	// clockJump is how far the clock may go astray between two looks before nothing it says is believed.
	clockJump = 10 * time.Second
)

// Watch judges what one process sees. The zero Watch with Silence set is ready.
type Watch struct {
	Silence time.Duration // of Silent; 0: never

	began time.Time // since when this process looks, or since the clock was last set
	now   time.Time // of the last look, by the product's clock
	real  time.Time // of the last look, by the machine's steady one
	heads map[string]first
}

// first is a head since it was first seen.
type first struct {
	Head
	at    time.Time
	moved bool // another was there before: things leave
}

// Blink forgets what was seen: for a while nothing could be.
func (w *Watch) Blink() { w.heads = nil }

// Look judges the accounts at a moment of the product's clock; real is the machine's clock, whose steady part no setting
// of the clock moves.
func (w *Watch) Look(now, real time.Time, accounts []Facts) []Verdict {
	now = now.Round(0)
	if drift := now.Sub(w.now) - real.Sub(w.real); w.heads == nil || drift.Abs() > clockJump {
		w.began, w.heads = now, map[string]first{}
	}
	w.now, w.real = now, real
	var vs []Verdict
	for _, f := range accounts {
		if !f.Entered {
			continue
		}
		for _, j := range []struct {
			of    Trouble
			judge func(Facts) (State, time.Time)
		}{{Lost, w.lost}, {Silent, w.silent}, {Stopped, w.stopped}, {Stuck, w.stuck}} {
			state, since := j.judge(f)
			vs = append(vs, Verdict{j.of, f.Account, state, since})
		}
	}
	return vs
}

func (w *Watch) lost(f Facts) (State, time.Time) {
	since, patience := f.LostAt, offlineFor
	if since.IsZero() {
		since = f.PhaseAt
	}
	if f.Online {
		since, patience = later(f.HeardAt, f.PhaseAt), unheardFor
		if w.now.Sub(since) <= patience {
			return Fine, time.Time{}
		}
	}
	if w.now.Sub(later(since, w.began)) <= patience {
		return NotKnown, time.Time{}
	}
	return Wrong, since
}

func (w *Watch) silent(f Facts) (State, time.Time) {
	switch since := later(f.NewsAt, f.PhaseAt); {
	case w.Silence == 0:
		return Fine, time.Time{}
	case !f.Online, w.now.Sub(later(f.HeardAt, f.PhaseAt)) > unheardFor: // perhaps only by the word of a process that is gone
		return NotKnown, time.Time{}
	case w.now.Sub(since) > w.Silence:
		return Wrong, since
	case w.now.Sub(f.NewsAt) <= w.Silence:
		return Fine, time.Time{}
	}
	return NotKnown, time.Time{}
}

func (w *Watch) stopped(f Facts) (State, time.Time) {
	if f.StoppedAt.IsZero() {
		return Fine, time.Time{}
	}
	return Wrong, f.StoppedAt
}

func (w *Watch) stuck(f Facts) (State, time.Time) {
	before, seen := w.heads[f.Account]
	switch {
	case !f.Online, !f.StoppedAt.IsZero(), f.HeldUntil.After(w.now):
		delete(w.heads, f.Account)
		return NotKnown, time.Time{}
	case f.Head.ID == 0:
		w.heads[f.Account] = first{moved: true}
		return Fine, time.Time{}
	case !seen || before.ID != f.Head.ID:
		before = first{f.Head, w.now, seen}
		w.heads[f.Account] = before
	}
	switch {
	case f.Head.Patience > 0 && w.now.Sub(before.at) > f.Head.Patience:
		return Wrong, before.at
	case before.moved:
		return Fine, time.Time{}
	}
	return NotKnown, time.Time{}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
