package understand

import (
	"slices"
	"strings"

	"xianjie/season"
)

// Kind is what a message is.
type Kind string

// The kinds of messages.
const (
	KindDeclaration Kind = "declaration" // it names the writer's own destination
	KindAmbiguous   Kind = "ambiguous"   // it says something about it that means several, or nothing certain: ask
	KindNone        Kind = "none"        // it is not about the writer's destination
)

// Reading is what a message says.
type Reading struct {
	Kind        Kind
	Destination string   // key of the season; "" unless it is a declaration
	Candidates  []string // keys of the season, in menu order, that an ambiguous message may mean
	Slots       []Slot   // facts, in the order they stand in the message
	Question    string   // what is asked about besides, a topic of the words; "" for nothing
	Asks        bool     // it is put as a question
	Because     Span     // the words that decided
}

// Span is a part of the normalised message, in characters (runes) from–to.
type Span struct {
	From, To int
	Text     string
}

// Slot is a fact and the words it came from.
type Slot struct {
	Name  string // one of the Slot constants
	Value string
	Span
}

// Slot is the value of a fact, "" when the message does not give it.
func (r *Reading) Slot(name string) string {
	for _, s := range r.Slots {
		if s.Name == name {
			return s.Value
		}
	}
	return ""
}

// CrossSystem tells whether the transfer crosses systems; known is false when the message does not place it, or the
// relation does not go to a place at all.
func (r *Reading) CrossSystem(s *season.Season) (crosses, known bool) {
	if d, ok := s.Destination(r.Destination); ok && len(d.Place) == 0 {
		return false, false
	}
	p := r.Slot(SlotProvince)
	return p != "" && s.CrossSystem.Holds(p), p != ""
}

// Names of slots.
const (
	SlotEmployer = "employer"
	SlotSchool   = "school"
	SlotCountry  = "country"
	SlotProvince = "province"
	SlotCity     = "city"
	SlotAddress  = "address" // down to the town or village
	SlotHere     = "here"    // the writer's own school
)

// Reader reads messages for one season. It is safe for concurrent use.
type Reader struct {
	season *season.Season
	v      *vocabulary
	names  [][]string // what the season calls its destinations, folded
}

// NewReader prepares the words for a season.
func NewReader(s *season.Season, w *Words) *Reader {
	r := &Reader{season: s, v: w.forSeason(s), names: make([][]string, len(s.Destinations))}
	for i := range s.Destinations {
		d := &s.Destinations[i]
		for _, name := range append([]string{d.Name, d.Short}, d.Words...) {
			if name = fold(name); name != "" {
				r.names[i] = append(r.names[i], name)
			}
		}
	}
	return r
}

// longestRead is how many characters of a message are read; nobody declares a destination in more.
const longestRead = 600

// Read tells what a message says about its writer's destination. It never guesses: what may mean two things is
// KindAmbiguous, and what is wanted, conditional, denied, asked or somebody else's is no declaration.
func (r *Reader) Read(text string) Reading {
	if short := []rune(text); len(short) > longestRead {
		text = string(short[:longestRead])
	}
	m := r.v.split(text)
	if i, ok := r.named(m); ok {
		return Reading{Kind: KindDeclaration, Destination: r.season.Destinations[i].Key, Because: m.span(0, len(m.runes))}
	}
	w := &weighing{v: r.v, m: m}
	w.look()
	reading := w.decide()
	reading.Candidates = r.keys(w.candidates)
	switch {
	case len(reading.Candidates) == 0:
		reading.Kind = KindNone // what it names is no destination of this season
	case reading.Kind == KindDeclaration:
		reading.Destination = reading.Candidates[0]
		reading.Candidates = nil
	}
	r.slots(w, &reading)
	return reading
}

// named is the destination whose name is all the message says, but for filler at its ends: the menu's own words always count.
func (r *Reader) named(m *message) (int, bool) {
	const longest = 20 // characters
	if len(m.runes) > longest {
		return 0, false
	}
	return equal(fold(string(m.folded)), r.names)
}

// keys are the destinations of the season that concepts mean, in menu order.
func (r *Reader) keys(c concepts) []string {
	var list []string
	for i := range r.season.Destinations {
		key := r.season.Destinations[i].Key
		for bit, k := range r.v.keys {
			if c&(1<<bit) != 0 && k == key && !slices.Contains(list, key) {
				list = append(list, key)
			}
		}
	}
	return list
}

func (m *message) span(from, to int) Span {
	return Span{from, to, strings.TrimSpace(string(m.runes[from:to]))}
}
