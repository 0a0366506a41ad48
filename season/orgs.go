package season

import (
	"slices"
	"time"
)

// Gate is how an organisation's members must stand for a duty about the organisation to be open. A Gate that names
// nobody is open for every organisation.
type Gate struct {
	Some *Group `yaml:"some"` // at least one such member is there …
	None *Group `yaml:"none"` // … and none such
}

// Group is the members for whom everything named holds; what is not named holds for all.
type Group struct {
	Cohort string `yaml:"cohort"` // CohortThis, CohortEarlier or CohortLater
	Routes Keys   `yaml:"routes"` // destination, or destination/route
	In     Keys   `yaml:"in"`     // states
	NotIn  Keys   `yaml:"not_in"` // states
}

// Years of graduation as seen from the season's.
const (
	CohortThis    = "this"
	CohortEarlier = "earlier"
	CohortLater   = "later"
)

// Count is how many members stand alike.
type Count struct {
	Cohort      int    // year of graduation; 0, when nobody wrote it down, is the season's
	Destination string // "" while undeclared
	Route       string
	State       string
	N           int
}

// cohort is the year of graduation as seen from the season's.
func (s *Season) cohort(year int) string {
	switch {
	case year == 0 || year == s.Cohort:
		return CohortThis
	case year < s.Cohort:
		return CohortEarlier
	}
	return CohortLater
}

// has reports whether some of these members belong to a group.
func (s *Season) has(g *Group, members []Count) bool {
	return slices.ContainsFunc(members, func(c Count) bool {
		switch {
		case c.N <= 0,
			g.Cohort != "" && g.Cohort != s.cohort(c.Cohort),
			len(g.Routes) > 0 && !onRoute(g.Routes, c),
			len(g.In) > 0 && !slices.Contains(g.In, c.State),
			slices.Contains(g.NotIn, c.State):
			return false
		}
		return true
	})
}

// onRoute reports whether members are on one of these routes, or have one of these destinations.
func onRoute(routes []string, c Count) bool {
	return slices.Contains(routes, c.Destination) || slices.Contains(routes, c.Destination+"/"+c.Route)
}

// OrgStanding is all the rules need to know about a branch or a college to say what falls due for it.
type OrgStanding struct {
	Subject string               // SubjectBranch or SubjectCollege
	Members []Count              // everybody on the roster there, of all cohorts
	At      time.Time            // from when on it stands like this
	Opened  map[string]time.Time // when the duties that are open by now were opened, by rule
	Events  map[string]time.Time // latest instant of each event about the organisation
}

// OrgDutiesOf is what falls due for an organisation that stands like this: the open duties with their planned steps.
func (s *Season) OrgDutiesOf(st OrgStanding) []Duty {
	var duties []Duty
	for i := range s.Duties {
		r := &s.Duties[i]
		if r.Subject != st.Subject || r.Subject == SubjectMember || happened(r.Until, st.Events) {
			continue
		}
		if g := r.Open; g.Some != nil && !s.has(g.Some, st.Members) || g.None != nil && s.has(g.None, st.Members) {
			continue
		}
		d := Duty{Rule: r.Key, Of: r.Of, Opened: st.At}
		if at, ok := st.Opened[r.Key]; ok {
			d.Opened = at
		}
		events := map[string]time.Time{Opened: d.Opened}
		for k, at := range st.Events {
			events[k] = at
		}
		if due, ok := s.due(r.Due, nil, events); ok {
			duties = append(duties, s.dated(r, d, due))
		}
	}
	return duties
}

// Score is a rate as it stands.
type Score struct {
	Rate      string
	Done, All int
}

// Measure applies the season's rates to members, in the order of the file. Only this season's cohort counts: not the
// others in a mixed branch, and nobody whose destination is uncounted. Rates of newcomers count those who arrive.
func (s *Season) Measure(members []Count) []Score {
	scores := make([]Score, len(s.Rates))
	for i := range s.Rates {
		r := &s.Rates[i]
		scores[i].Rate = r.Key
		for _, c := range members {
			if !s.counts(r, c) {
				continue
			}
			scores[i].All += c.N
			if slices.Contains(r.Done, c.State) && (len(r.Via) == 0 || onRoute(r.Via, c)) {
				scores[i].Done += c.N
			}
		}
	}
	return scores
}

func (s *Season) counts(r *Rate, c Count) bool {
	if s.cohort(c.Cohort) != CohortThis && !s.Arriving(c.Cohort, c.Destination) {
		return false
	}
	if c.Destination == "" {
		return len(r.AllBut) > 0
	}
	return slices.Contains(r.Of, c.Destination)
}
