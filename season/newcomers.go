package season

import "slices"

// Newcomers are the new students whom the school receives (新生转入): their relation stands elsewhere and comes here. On the
// roster they are the members who graduate in a later year than the season's; who of them has a relation elsewhere is said
// by the roster or by themselves. A season without Destinations here receives nobody.
type Newcomers struct {
	Menu       string        `yaml:"menu"`       // asks them what to declare
	Undeclared string        `yaml:"undeclared"` // says that they have declared nothing
	Column     string        `yaml:"column"`     // the question that a roster's column 原团组织 answers; it is the only one it needs
	Arrives    string        `yaml:"arrives"`    // destination a roster declares by that column
	List       []Destination `yaml:"destinations"`
}

// Receives reports whether members who graduate in a year are new students, whom this season's newcomers are about.
func (s *Season) Receives(cohort int) bool { return len(s.Newcomers.List) > 0 && cohort > s.Cohort }

// ForNewcomers is the season as new students see it: what they can declare stands in the place of what graduates can.
func (s *Season) ForNewcomers() *Season {
	view := *s
	view.Destinations, view.Newcomers.List = s.Newcomers.List, s.Destinations
	return &view
}

// every is all destinations, those of graduates first.
func (s *Season) every() []*Destination {
	all := make([]*Destination, 0, len(s.Destinations)+len(s.Newcomers.List))
	for _, list := range [][]Destination{s.Destinations, s.Newcomers.List} {
		for i := range list {
			all = append(all, &list[i])
		}
	}
	return all
}

// NewcomersByWord finds what new students declare by its name or short name.
func (s *Season) NewcomersByWord(word string) (*Destination, bool) {
	i := slices.IndexFunc(s.Newcomers.List, func(d Destination) bool { return word == d.Name || word == d.Short })
	if i < 0 {
		return nil, false
	}
	return &s.Newcomers.List[i], true
}

// newcomers reports that a destination is theirs.
func (s *Season) newcomers(key string) bool {
	return slices.ContainsFunc(s.Newcomers.List, func(d Destination) bool { return d.Key == key })
}

// Arriving reports whether somebody of a year of graduation with a destination is on the way into the school.
func (s *Season) Arriving(cohort int, destination string) bool {
	return cohort > s.Cohort && s.newcomers(destination)
}

// Received reports whether a rate is about those who arrive.
func (s *Season) Received(r *Rate) bool {
	return len(r.Of) > 0 && len(r.AllBut) == 0 && !slices.ContainsFunc(r.Of, func(d string) bool { return !s.newcomers(d) })
}
