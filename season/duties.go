package season

import (
	"slices"
	"time"
)

// Standing is all the rules need to know about one member to say what falls due.
type Standing struct {
	Since       time.Time // when the member entered the roster
	Cohort      int       // year of graduation; 0 when nobody wrote it down
	Destination string    // "" while undeclared
	Answers     Answers
	State       string               // Undeclared while undeclared
	Entered     time.Time            // when State was entered
	Events      map[string]time.Time // latest instant of each event that still counts, "declared" included
}

// Duty is something that falls due, with the reminders planned for it.
type Duty struct {
	Rule   string
	Of     string // party key
	Opened time.Time
	Due    Date
	Lapses time.Time // the end of Due in the season's zone
	Steps  []Planned // in order of time
	// Overdue are the reminders after the lapse. Only Chased fills them in.
	Overdue []Planned
}

// Planned is one reminder: at that instant, to that party.
type Planned struct {
	Step string
	To   string // party key with a role here
	At   time.Time
}

// DutiesOf is what falls due for a member who stands like this: the open duties with their planned steps.
// Duties that hang on an answer the member skipped have no date and do not exist. Who graduates in a later year is in a
// mixed branch only, and none of the season's business, unless they are new here with a relation elsewhere.
func (s *Season) DutiesOf(st Standing) []Duty {
	if st.Cohort > s.Cohort && !s.Arriving(st.Cohort, st.Destination) {
		return nil
	}
	var keys []string
	everybody := true
	if d, ok := s.Destination(st.Destination); ok {
		_, st.Answers = s.asked(d, st.Answers)
		keys = s.hanging(d, st.Answers)
		everybody = !d.Uncounted
	}
	var duties []Duty
	for i := range s.Duties {
		r := &s.Duties[i]
		d := Duty{Rule: r.Key, Of: r.Of, Opened: st.Entered}
		switch {
		case r.Subject != SubjectMember, happened(r.Until, st.Events):
			continue
		case slices.Contains(r.While, AnyState):
			if !everybody {
				continue
			}
			d.Opened = st.Since
		case !slices.Contains(r.While, st.State):
			continue
		case st.State == Undeclared:
			d.Opened = st.Since
		case !slices.Contains(keys, r.Key):
			continue
		}
		due, ok := s.due(r.Due, st.Answers, st.Events)
		if !ok {
			continue
		}
		duties = append(duties, s.dated(r, d, due))
	}
	return duties
}

// hanging are the keys of the duties that hang on the route these answers lead to.
func (s *Season) hanging(d *Destination, a Answers) []string {
	r := s.route(d, a)
	switch {
	case r == nil:
		return nil
	case s.crosses(d, r, a):
		return slices.Concat(r.Duties, s.CrossSystem.Duties)
	}
	return r.Duties
}

func happened(keys Keys, events map[string]time.Time) bool {
	return slices.ContainsFunc(keys, func(k string) bool { _, ok := events[k]; return ok })
}

// dated is a duty that falls due on a day, with its reminders.
func (s *Season) dated(r *DutyRule, d Duty, due Date) Duty {
	d.Due, d.Lapses = due, s.EndOf(due)
	d.Steps = s.plan(r, d)
	return d
}

// due is the day that follows from answers and events; false while that from which it counts is not known.
func (s *Season) due(due Due, a Answers, events map[string]time.Time) (Date, bool) {
	var from Date
	switch {
	case due.Date != "":
		from = s.Dates[due.Date].Date
	case len(due.After) > 0:
		var last time.Time
		for _, event := range due.After {
			if at, ok := events[event]; ok && at.After(last) {
				last = at
			}
		}
		if last.IsZero() {
			return Date{}, false
		}
		from = s.DateOf(last)
	default:
		day, err := ParseDate(a[due.Answer])
		if err != nil {
			return Date{}, false
		}
		from = day
	}
	day := from.AddMonths(due.Months).AddDays(due.Days)
	if latest := s.Dates[due.Latest].Date; due.Latest != "" && !from.After(latest) && day.After(latest) {
		return latest, true
	}
	return day, true
}
