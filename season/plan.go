package season

import (
	"slices"
	"strings"
	"time"
)

// DateOf is the civil date of an instant in the season's zone.
func (s *Season) DateOf(t time.Time) Date { return dateIn(t.In(s.Zone)) }

// Morning is the instant of the digest slot on a date.
func (s *Season) Morning(d Date) time.Time { return d.At(s.Calendar.Morning, s.Zone).UTC() }

// EndOf is the instant a date is over: the next midnight in the season's zone.
func (s *Season) EndOf(d Date) time.Time { return d.AddDays(1).At(0, s.Zone).UTC() }

// Noon stands for a day on which something happened at an hour nobody wrote down; never later than now.
func (s *Season) Noon(d Date, now time.Time) time.Time {
	noon := d.At(12*60, s.Zone).UTC()
	if noon.After(now) {
		return now
	}
	return noon
}

// Quiet reports whether no unasked-for message may leave at an instant.
func (s *Season) Quiet(t time.Time) bool {
	local := t.In(s.Zone)
	c := Clock(local.Hour()*60 + local.Minute())
	from, to := s.Calendar.QuietFrom, s.Calendar.QuietTo
	if from > to {
		return c >= from || c < to
	}
	return c >= from && c < to
}

// NotQuiet is the instant itself, or the end of the quiet time it falls into.
func (s *Season) NotQuiet(t time.Time) time.Time {
	if !s.Quiet(t) {
		return t
	}
	d := s.DateOf(t)
	end := d.At(s.Calendar.QuietTo, s.Zone)
	if end.Before(t) {
		end = d.AddDays(1).At(s.Calendar.QuietTo, s.Zone)
	}
	return end.UTC()
}

// Holiday reports whether reminders keep off a date.
func (s *Season) Holiday(d Date) bool {
	if s.Calendar.Weekends && (d.Weekday() == time.Saturday || d.Weekday() == time.Sunday) {
		return true
	}
	return slices.Contains(s.Calendar.Holidays, d)
}

// workday is the last day on or before d that is no holiday.
func (s *Season) workday(d Date) Date {
	for range 30 {
		if !s.Holiday(d) {
			break
		}
		d = d.AddDays(-1)
	}
	return d
}

// plan is the reminders of a duty that is open from now on:
//
//   - a step leaves in the morning slot of its day, or of the last working day before: earlier, never later;
//   - a step whose moment has passed when the duty opens is dropped; when none is left although the duty has not
//     lapsed, the last one (the first, where all would come after the season closes) leaves the next morning, or at
//     once where that is too late, so that no duty is without a reminder;
//   - nothing is planned at or after the lapse, or after the season closes;
//   - two steps at one instant to one party are one: the later in the file.
func (s *Season) plan(r *DutyRule, d Duty) []Planned {
	end := d.Lapses
	if closes := s.EndOf(s.Closes); closes.Before(end) {
		end = closes
	}
	var steps []Planned
	missed := -1
	for i := range r.Steps {
		at := s.Morning(s.workday(s.stepDate(&r.Steps[i], d)))
		if !at.Before(end) {
			continue
		}
		if !at.After(d.Opened) {
			missed = i
			continue
		}
		steps = appendSteps(steps, &r.Steps[i], at)
	}
	if len(steps) == 0 && len(r.Steps) > 0 {
		missed = max(missed, 0)
		at := s.Morning(s.DateOf(d.Opened))
		if !at.After(d.Opened) {
			at = s.Morning(s.DateOf(d.Opened).AddDays(1))
		}
		if !at.Before(end) {
			at = d.Opened
		}
		if at.Before(end) {
			steps = appendSteps(steps, &r.Steps[missed], at)
		}
	}
	slices.SortStableFunc(steps, func(a, b Planned) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return strings.Compare(a.To, b.To)
	})
	return steps
}

func (s *Season) stepDate(st *Step, d Duty) Date {
	switch {
	case st.Before != nil:
		return d.Due.AddDays(-*st.Before)
	case st.After != nil:
		return s.DateOf(d.Opened).AddDays(*st.After)
	}
	return st.On
}

func appendSteps(steps []Planned, st *Step, at time.Time) []Planned {
	for _, to := range st.To {
		steps = slices.DeleteFunc(steps, func(p Planned) bool { return p.To == to && p.At.Equal(at) })
		steps = append(steps, Planned{Step: st.Key, To: to, At: at})
	}
	return steps
}
