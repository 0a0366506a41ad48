package handlers

import "xianjie/storage"

// New students declare where their relation stands, by the same questions and answers as graduates declare where theirs
// goes: while one of them is spoken of, the season is seen with their eyes (season.ForNewcomers).

// turnTo makes a member, or nobody, the one whose destination is spoken of.
func (t *turn) turnTo(m *storage.Member) {
	t.subject = m
	if t.Turner = t.graduates; t.newcomers != nil && m != nil && t.season.Receives(m.Person.Cohort) {
		t.Turner = t.newcomers
	}
}

// isNewcomer reports that a new student is spoken of.
func (t *turn) isNewcomer() bool { return t.newcomers != nil && t.Turner == t.newcomers }

// undeclaredText says that the subject has declared nothing.
func (t *turn) undeclaredText() string {
	if t.isNewcomer() {
		return t.season.Newcomers.Undeclared
	}
	return textStatusUndeclared
}

// menuText asks the writer for a destination of their own.
func (t *turn) menuText() string {
	if t.isNewcomer() {
		return t.season.Newcomers.Menu
	}
	return textMenu
}

// menuForText asks an officer for a destination of the member they fill in for.
func (t *turn) menuForText() string {
	if t.isNewcomer() {
		return textMenuForNew
	}
	return textMenuFor
}

// thisYear is the last year of graduation of those who must declare: who graduates later need not, and is counted and
// listed once they do.
func (h *Turner) thisYear() int {
	if h.newcomers == nil {
		return 0
	}
	return h.season.Cohort
}
