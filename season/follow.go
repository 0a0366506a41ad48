package season

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Follow says what comes after a reminder: who hears of it when nobody answers, when somebody who has only seen it is
// asked again, and how a matter is chased once its date has passed. It stands at the top of a file for all duties; what a
// duty says of its own counts in its place (escalate: [], seen_wakes: 0 and overdue: {} switch it off there).
type Follow struct {
	// SeenWakes is how many days before the next reminder, or before the lapse where none is to come, somebody who
	// answered 知道了 and has not acted is asked again. 0: not.
	SeenWakes *int `yaml:"seen_wakes"`
	// Escalate is the ladder by which an unanswered reminder climbs.
	Escalate []Rung `yaml:"escalate"`
	// Overdue chases a matter whose date has passed. A duty that is approved by default has none.
	Overdue *Overdue `yaml:"overdue"`
}

// Rung is one step of the ladder: what a party was reminded of and nobody answered within After working days goes to
// another party.
type Rung struct {
	From  string `yaml:"from"`
	To    string `yaml:"to"`
	After int    `yaml:"after"`
}

// Overdue says how a matter is chased after its date. The placeholders of its texts are those of a duty's, and {duty},
// the duty's name.
type Overdue struct {
	Every      int    `yaml:"every"` // days, counted from the due date
	To         Keys   `yaml:"to"`    // party keys that have a role here; none: whoever answers for the duty
	Most       int    `yaml:"most"`  // how often at most; 0: until the season closes
	Line       string `yaml:"line"`
	MemberLine string `yaml:"member_line"`
}

// Keys of steps that follow from what happened; no step of a file has a colon in its key.
const (
	stepOverdue    = "overdue:"    // the date has passed: overdue:1, overdue:2 …
	stepUnanswered = "unanswered:" // nobody of a party answered: unanswered:college>committee
	stepSeen       = "seen:"       // seen and not done, before the next step: seen:before-3, seen:lapse
	stepHanded     = "handed:"     // handed over to somebody else: handed:college
	stepUnreached  = "unreached:"  // nobody of a party can be reached, and others were told: unreached:member
)

// StepKind is what a step is for.
type StepKind int

// Kinds of steps.
const (
	StepFile       StepKind = iota // of the season file
	StepOverdue                    // chases what is overdue
	StepUnanswered                 // tells the next party that nobody answered
	StepSeen                       // asks somebody again who only said 知道了
	StepHanded                     // tells somebody that a matter was handed over to them
	StepUnreached                  // tells that others were told in a party's place
)

// KindOf reads the kind of a step from its key.
func KindOf(step string) StepKind {
	for prefix, kind := range map[string]StepKind{
		stepOverdue: StepOverdue, stepUnanswered: StepUnanswered, stepSeen: StepSeen, stepHanded: StepHanded, stepUnreached: StepUnreached,
	} {
		if strings.HasPrefix(step, prefix) {
			return kind
		}
	}
	return StepFile
}

// HandedStep is the key of the step by which a matter of a party is handed over.
func HandedStep(party string) string { return stepHanded + party }

// UnreachedStep is the key under which it is told that nobody of a party can be reached.
func UnreachedStep(party string) string { return stepUnreached + party }

// OverdueSteps are the reminders of a duty whose date has passed and that stays open: every so many days, in the morning
// of a working day, until the season closes. Those that would have left by now are left out.
func (s *Season) OverdueSteps(r *DutyRule, due Date, now time.Time) []Planned {
	o := r.Overdue
	if o == nil || o.Every <= 0 || r.Lapse != LapseOverdue {
		return nil
	}
	to := o.To
	if len(to) == 0 {
		to = Keys{r.Of}
	}
	var steps []Planned
	for n := 1; o.Most == 0 || n <= o.Most; n++ {
		at := s.Morning(s.workday(due.AddDays(n * o.Every)))
		if !at.Before(s.EndOf(s.Closes)) {
			break
		}
		if !at.After(now) {
			continue
		}
		if k := len(steps); k > 0 && steps[k-1].At.Equal(at) {
			continue // a long holiday: one is enough
		}
		for _, to := range to {
			steps = append(steps, Planned{Step: stepOverdue + strconv.Itoa(n), To: to, At: at})
		}
	}
	return steps
}

// Chased gives duties the reminders that follow their lapse, those that would have left by now among them.
func (s *Season) Chased(duties []Duty) []Duty {
	for i := range duties {
		if r, ok := s.DutyRule(duties[i].Rule); ok {
			duties[i].Overdue = s.OverdueSteps(r, duties[i].Due, time.Time{})
		}
	}
	return duties
}

// Unanswered is what follows when nobody answers a reminder of a duty that was given to a party at an instant: the next
// party hears of it some working days later. It is nothing where the duty has lapsed by then, where that party hears of
// the duty on that day anyhow (steps are the reminders still planned), and of a step that follows from another.
func (s *Season) Unanswered(r *DutyRule, step, party string, lapses, at time.Time, steps []Planned) []Planned {
	if k := KindOf(step); k != StepFile && k != StepUnanswered || step == "lapsed" {
		return nil
	}
	var follow []Planned
	for _, rung := range r.Escalate {
		if rung.From != party {
			continue
		}
		p := Planned{Step: stepUnanswered + rung.From + ">" + rung.To, To: rung.To, At: s.Morning(s.workdaysAfter(s.DateOf(at), rung.After))}
		same := func(q Planned) bool { return q.To == p.To && s.DateOf(q.At) == s.DateOf(p.At) }
		if p.At.Before(lapses) && p.At.Before(s.EndOf(s.Closes)) && !slices.ContainsFunc(steps, same) {
			follow = append(follow, p)
		}
	}
	return follow
}

// workdaysAfter is the n-th working day after a date.
func (s *Season) workdaysAfter(d Date, n int) Date {
	for range 366 {
		if n <= 0 {
			break
		}
		if d = d.AddDays(1); !s.Holiday(d) {
			n--
		}
	}
	return d
}

// SeenAgain is when somebody who answered 知道了 to a reminder of a duty at an instant is asked again: some days before
// the next reminder, or before the lapse. False where that would be no later day, or not before it.
func (s *Season) SeenAgain(r *DutyRule, lapses, at time.Time, steps []Planned) (Planned, bool) {
	if r.SeenWakes == nil || *r.SeenWakes <= 0 {
		return Planned{}, false
	}
	next, key := lapses, "lapse"
	for _, p := range steps {
		if KindOf(p.Step) == StepFile && p.At.After(at) && p.At.Before(next) {
			next, key = p.At, p.Step
		}
	}
	again := s.Morning(s.workday(s.DateOf(next).AddDays(-*r.SeenWakes)))
	ok := s.DateOf(again).After(s.DateOf(at)) && again.After(at) && again.Before(next) && again.Before(s.EndOf(s.Closes))
	return Planned{Step: stepSeen + key, At: again}, ok
}

// inherit gives a duty what the file says for all duties, where it says nothing of its own.
func (f *Follow) inherit(all Follow) {
	if f.SeenWakes == nil {
		f.SeenWakes = all.SeenWakes
	}
	if f.Escalate == nil {
		f.Escalate = all.Escalate
	}
	switch {
	case f.Overdue == nil && all.Overdue != nil:
		o := *all.Overdue
		f.Overdue = &o
	case f.Overdue != nil && all.Overdue != nil && f.Overdue.Every > 0:
		if f.Overdue.Line == "" {
			f.Overdue.Line = all.Overdue.Line
		}
		if f.Overdue.MemberLine == "" {
			f.Overdue.MemberLine = all.Overdue.MemberLine
		}
		if f.Overdue.To == nil {
			f.Overdue.To = all.Overdue.To
		}
	}
}
