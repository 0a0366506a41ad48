package scheduler_test

import (
	"fmt"
	"regexp"
	"time"

	"xianjie/season"
)

// misfortunes plans what goes wrong in a season: the outage list of the deadline contract. Every kind happens at least
// once; they may happen on top of each other.
func (w *campus) misfortunes() {
	r := w.rng
	first := opening(w.season)
	some := func() time.Time { return first.Add(time.Duration(r.IntN(240*24*60)) * time.Minute) }
	hours := func(least, most int) time.Duration {
		return time.Duration(least*60+r.IntN((most-least)*60+1)) * time.Minute
	}

	for range 3 {
		w.down(some(), hours(1, 12))
	}
	w.down(some(), hours(24, 120))
	w.down(some(), hours(7*24, 21*24))
	w.down(w.busyMorning(), hours(1, 60)) // in the middle of a great many digests
	for range 3 {
		at := some()
		if r.IntN(2) == 0 {
			at = w.busyMorning()
		}
		_ = r.IntN(2)
		w.at(at, func() { w.line.set(func() { w.line.fatal = true }) })
	}
	for range 4 { // the database is opened again
		w.at(some(), func() {
			if p := w.up(); p != nil {
				w.stop(p)
				w.revive()
				w.counts["restarts"]++
			}
		})
	}
	for i := range 3 {
		w.offline(some(), []time.Duration{48 * time.Hour, hours(1, 30), hours(1, 8)}[i])
	}
	for range 4 {
		n := 1 + r.IntN(5)
		at := some()
		if r.IntN(2) == 0 {
			at = w.busyMorning()
		}
		w.at(at, func() {
			w.debug("too often", n)
			w.line.set(func() { w.line.refusing += n })
			w.counts["answers “too often”"] += n
		})
	}
	for i := range 4 {
		wrong := hours(0, 4)
		if i%2 == 0 {
			wrong = -wrong
		}
		w.jump(some(), wrong, hours(1, 10))
	}
	for range 2 {
		w.twins(some(), hours(1, 40))
	}
	w.another(first.AddDate(0, 0, 10+r.IntN(45)), "initiate_by", []int{-4, 5, 9}[r.IntN(3)])
	w.another(first.AddDate(0, 0, 60+r.IntN(50)), "receive_by", []int{-6, 4, 12}[r.IntN(3)])
}

// busyMorning is a moment at which many digests leave.
func (w *campus) busyMorning() time.Time {
	mornings := []season.Date{{Year: 2020, Month: 6, Day: 9}, {Year: 2020, Month: 6, Day: 16}, {Year: 2020, Month: 6, Day: 23}, {Year: 2020, Month: 7, Day: 1}, {Year: 2020, Month: 7, Day: 28}, {Year: 2020, Month: 9, Day: 30}}
	return w.season.Morning(mornings[w.rng.IntN(len(mornings))]).Add(time.Duration(5+w.rng.IntN(100)) * time.Second)
}

// down: nothing runs for a while.
func (w *campus) down(at time.Time, long time.Duration) {
	hard := w.rng.IntN(2) == 0
	w.at(at, func() {
		w.debug("down", long)
		for len(w.procs) > 0 {
			if hard {
				w.kill(w.procs[0])
			} else {
				w.stop(w.procs[0])
			}
		}
		w.counts["hours down"] += int(long.Hours())
		w.at(time.Now().Add(long), w.revive)
	})
}

// offline: WeChat is logged out; the next login has other ids.
func (w *campus) offline(at time.Time, long time.Duration) {
	w.at(at, func() {
		w.debug("offline", long)
		w.line.set(func() { w.line.online = false })
		w.healthy()
		w.phase()
		w.counts["hours logged out"] += int(long.Hours())
		w.at(time.Now().Add(long), func() { w.whenUp(w.online) })
	})
}

func (w *campus) online() {
	if w.line.online {
		return
	}
	w.debug("online")
	w.cast.relogin(w)
	w.line.set(func() { w.line.online = true })
	w.healthy()
	w.phase()
	for _, p := range w.procs { // as an account that comes online wakes the planner and its sender
		p.turn()
		p.queued = true
	}
}

// jump: the clock is wrong for a while, then right again.
func (w *campus) jump(at time.Time, wrong, long time.Duration) {
	w.at(at, func() {
		w.debug("jump", wrong, long)
		if w.skew != 0 {
			return
		}
		w.evidence.wrongClock(time.Now(), wrong, long)
		w.healthyWith(wrong)
		w.counts["hours with a wrong clock"] += int(long.Hours())
		w.at(time.Now().Add(long), func() { w.healthyWith(0) })
	})
}

func (w *campus) healthyWith(skew time.Duration) {
	w.evidence.health(w.now(), false)
	w.skew = skew
	w.healthy()
}

// twins: two processes on one database by mistake, each believing to be the only one.
func (w *campus) twins(at time.Time, long time.Duration) {
	w.at(at, func() {
		if len(w.procs) != 1 {
			return
		}
		w.debug("twins", long)
		p := w.boot()
		w.counts["hours with two processes"] += int(long.Hours())
		w.at(time.Now().Add(long), func() {
			for _, q := range w.procs {
				if q == p {
					w.stop(p)
					w.at(time.Now().Add(5*time.Minute), w.revive) // the other one may have died meanwhile
					return
				}
			}
		})
	})
}

// another: the product is started again with a season file in which a date has moved by some days.
func (w *campus) another(at time.Time, date string, days int) {
	w.at(at, func() {
		for len(w.procs) > 0 {
			w.stop(w.procs[0])
		}
		w.debug("season file", date, days)
		re := regexp.MustCompile(`(?m)^(  ` + date + `:\s*\{date: )([0-9-]+)`)
		m := re.FindSubmatch(w.file)
		d, err := season.ParseDate(string(m[2]))
		w.ok(err)
		w.file = re.ReplaceAll(w.file, fmt.Appendf(nil, "${1}%s", d.AddDays(days)))
		w.season, err = season.Load("cqu-2020", w.file)
		w.ok(err)
		w.counts["season files changed"]++
		w.evidence.file(w.now(), w.file)
		w.revive()
	})
}
