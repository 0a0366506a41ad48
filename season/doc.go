// Package season holds one season's rules as data, and consults them with pure functions: no clock, no I/O, no goroutine.
//
// A season (毕业季) is one YAML file in seasons/. It says which destinations there are, what is asked about
// each, where the League relation goes, who may initiate, which windows and deadlines apply, when reminders
// leave, and every text about them. How the rules become work:
//
//	destinations + questions ──Ask──▶   what is still to be asked
//	routes + cross-system    ──Route──▶ where this goes, who acts, by when, what the member does
//	tracks                   ──Advance▶ which state a transfer is in after an event (已发起, 已审 …)
//	duties + steps + calendar──Duties─▶ what falls due, for whom, and when to remind before it lapses
//
// Civil dates (Date) live in the season's zone; instants are time.Time. A duty due on a date lapses at the
// end of that day, so its Lapses instant is the next midnight in the season's zone.
package season
