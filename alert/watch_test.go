package alert_test

import (
	"testing"
	"time"

	"xianjie/alert"
)

// t0 is when the process of these tests began to look.
var t0 = time.Date(2020, 6, 3, 10, 0, 0, 0, time.UTC)

// fine is an account with which all is well at a moment.
func fine(at time.Time) alert.Facts {
	return alert.Facts{
		Account: "main", Entered: true, Online: true,
		PhaseAt: t0.Add(-48 * time.Hour), HeardAt: at.Add(-20 * time.Second), NewsAt: at.Add(-time.Hour),
	}
}

// lookUntil looks every five seconds and returns what is thought at the end.
func lookUntil(w *alert.Watch, from, to time.Time, facts func(time.Time) alert.Facts) map[alert.Trouble]alert.Verdict {
	var last map[alert.Trouble]alert.Verdict
	for at := from; !at.After(to); at = at.Add(alert.Every) {
		last = map[alert.Trouble]alert.Verdict{}
		for _, v := range w.Look(at, at, []alert.Facts{facts(at)}) {
			last[v.Trouble] = v
		}
	}
	return last
}

func TestLook(t *testing.T) {
	ago := func(d time.Duration) time.Time { return t0.Add(-d) }
	for _, row := range []struct {
		name   string
		after  time.Duration // how long this process has looked
		change func(*alert.Facts, time.Time)
		want   map[alert.Trouble]alert.State // what is not Fine
	}{
		{"all is well", time.Minute, func(*alert.Facts, time.Time) {}, nil},
		{"offline for a moment", 30 * time.Second, func(f *alert.Facts, _ time.Time) { f.Online, f.LostAt = false, t0 }, states{
			alert.Lost: alert.NotKnown, alert.Silent: alert.NotKnown, alert.Stuck: alert.NotKnown,
		}},
		{"offline", 45 * time.Second, func(f *alert.Facts, _ time.Time) { f.Online, f.LostAt = false, t0 }, states{
			alert.Lost: alert.Wrong, alert.Silent: alert.NotKnown, alert.Stuck: alert.NotKnown,
		}},
		{
			"offline when this process began", 30 * time.Second,
			func(f *alert.Facts, _ time.Time) { f.Online, f.LostAt = false, ago(3*time.Hour) },
			states{alert.Lost: alert.NotKnown, alert.Silent: alert.NotKnown, alert.Stuck: alert.NotKnown},
		},
		{
			"unheard since a process died", 55 * time.Second,
			func(f *alert.Facts, _ time.Time) { f.HeardAt = t0 },
			states{alert.Lost: alert.Wrong, alert.Silent: alert.NotKnown},
		},
		{
			"unheard when this process began", 45 * time.Second,
			func(f *alert.Facts, _ time.Time) { f.HeardAt, f.NewsAt = ago(48*time.Hour), ago(48*time.Hour) },
			states{alert.Lost: alert.NotKnown, alert.Silent: alert.NotKnown},
		},
		{
			"a long poll held for 27 s after a pause of 20 s", time.Hour,
			func(f *alert.Facts, at time.Time) { f.HeardAt = at.Add(-47 * time.Second) }, nil,
		},
		{"never logged in", time.Hour, func(f *alert.Facts, _ time.Time) { *f = alert.Facts{Account: "main"} }, states{
			alert.Lost: none, alert.Silent: none, alert.Stopped: none, alert.Stuck: none,
		}},
		{"answers and delivers nothing", time.Minute, func(f *alert.Facts, _ time.Time) { f.NewsAt = ago(25 * time.Hour) }, states{alert.Silent: alert.Wrong}},
		{
			"the same just after a new login", time.Minute,
			func(f *alert.Facts, _ time.Time) { f.NewsAt, f.PhaseAt = ago(25*time.Hour), t0 },
			states{alert.Silent: alert.NotKnown},
		},
		{"stopped", 0, func(f *alert.Facts, _ time.Time) { f.StoppedAt = t0 }, states{alert.Stopped: alert.Wrong, alert.Stuck: alert.NotKnown}},
		{
			"an answer stays in front", 16 * time.Minute,
			func(f *alert.Facts, _ time.Time) { f.Head = alert.Head{ID: 7, Patience: 15 * time.Minute} },
			states{alert.Stuck: alert.Wrong},
		},
		{
			"an answer in front, for how long nobody knows", 14 * time.Minute,
			func(f *alert.Facts, _ time.Time) { f.Head = alert.Head{ID: 7, Patience: 15 * time.Minute} },
			states{alert.Stuck: alert.NotKnown},
		},
		{
			"answers leave slowly", time.Hour,
			func(f *alert.Facts, at time.Time) {
				f.Head = alert.Head{ID: at.Unix() / 600, Patience: 15 * time.Minute}
			}, nil,
		},
		{
			"a notice waits for a day's budget", 30 * time.Hour,
			func(f *alert.Facts, _ time.Time) { f.Head = alert.Head{ID: 7} },
			states{alert.Stuck: alert.NotKnown},
		},
		{
			"held after too often", 20 * time.Minute,
			func(f *alert.Facts, at time.Time) {
				f.Head, f.HeldUntil = alert.Head{ID: 7, Patience: 15 * time.Minute}, at.Add(time.Minute)
			},
			states{alert.Stuck: alert.NotKnown},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := &alert.Watch{Silence: 24 * time.Hour}
			got := lookUntil(w, t0, t0.Add(row.after), func(at time.Time) alert.Facts {
				f := fine(at)
				row.change(&f, at)
				return f
			})
			for _, trouble := range []alert.Trouble{alert.Lost, alert.Silent, alert.Stopped, alert.Stuck} {
				want, ok := row.want[trouble]
				if !ok {
					want = alert.Fine
				}
				v, judged := got[trouble]
				if judged != (want != none) || judged && v.State != want {
					t.Errorf("%s: %v (judged %v), want %v", trouble, v.State, judged, want)
				}
			}
		})
	}
}

type states = map[alert.Trouble]alert.State

// none: not judged at all.
const none = alert.State(-1)

// A loss is noticed within a minute, however it comes about.
func TestLostWithinAMinute(t *testing.T) {
	for name, change := range map[string]func(*alert.Facts){
		"logged out": func(f *alert.Facts) { f.Online, f.LostAt = false, t0.Add(time.Hour) },
		"no answer":  func(f *alert.Facts) { f.HeardAt = t0.Add(time.Hour) },
	} {
		w := &alert.Watch{}
		lookUntil(w, t0, t0.Add(time.Hour), fine)
		got := lookUntil(w, t0.Add(time.Hour+alert.Every), t0.Add(time.Hour+time.Minute), func(at time.Time) alert.Facts {
			f := fine(at)
			change(&f)
			return f
		})
		if v := got[alert.Lost]; v.State != alert.Wrong || !v.Since.Equal(t0.Add(time.Hour)) {
			t.Errorf("%s: after a minute %+v", name, v)
		}
	}
}

// A clock that is set forward by an hour makes everything look an hour old; nothing of it is believed.
func TestClockSetForward(t *testing.T) {
	w := &alert.Watch{}
	lookUntil(w, t0, t0.Add(time.Minute), fine)
	f := fine(t0.Add(time.Minute))
	for _, v := range w.Look(t0.Add(61*time.Minute), t0.Add(time.Minute+alert.Every), []alert.Facts{f}) {
		if v.State == alert.Wrong {
			t.Errorf("%+v", v)
		}
	}
}

// After a while in which nothing could be seen, it is looked for as long again before anybody is told.
func TestBlink(t *testing.T) {
	w := &alert.Watch{}
	lookUntil(w, t0, t0.Add(time.Minute), fine)
	w.Blink()
	f := fine(t0.Add(time.Minute))
	later := t0.Add(20 * time.Minute)
	for _, v := range w.Look(later, later, []alert.Facts{f}) {
		if v.State == alert.Wrong {
			t.Errorf("%+v", v)
		}
	}
}
