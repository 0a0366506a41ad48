package season

import "time"

// Answers are normalised answers by question key.
type Answers map[string]string

// Undeclared is the state of a member who has not confirmed a destination.
const Undeclared = "undeclared"

// Standing is all the rules need to know about one member (or one college, Subject "college") to say what falls due.
type Standing struct {
	Subject     string    // "member" or "college"
	Since       time.Time // when the member entered the roster, or the college the season
	Destination string    // "" while undeclared
	Route       string
	Answers     Answers
	Track       string
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
	Steps  []Planned
}

// Planned is one reminder: at that instant, to that party.
type Planned struct {
	Step string
	To   string // party key with a role here
	At   time.Time
}
