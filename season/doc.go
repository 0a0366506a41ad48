// Package season holds one season's rules as data, and consults them with pure functions: no clock, no I/O, no goroutine.
//
// A season (毕业季) is one YAML file in seasons/. It says which destinations there are, what is asked about
// each, where the League relation goes, who may initiate, which windows and deadlines apply, when reminders
// leave, and every text about them. How the rules become work:
//
//	destinations + questions ──Ask──────▶ what is still to be asked
//	routes + cross-system    ──Route────▶ where this goes, who acts, by when, what the member does
//	refused routes           ──Refused──▶ why it must not go this way, and what to do instead
//	tracks                   ──Advance──▶ which state a transfer is in after an event (已发起, 已审 …)
//	duties + steps + calendar──DutiesOf─▶ what falls due, for whom, and when to remind before it lapses
//	duties about a subject   ──OrgDutiesOf▶ the same for a branch or a college, by how its members stand
//	rates                    ──Measure──▶ the notice's indicators, done of all that count
//	two files                ──Diff─────▶ in words, what the newer one adds, moves, changes and drops
//
// Civil dates (Date) live in the season's zone; instants are time.Time. A duty due on a date lapses at the
// end of that day, so its Lapses instant is the next midnight in the season's zone.
//
// # How a file says it
//
// Every key stands with its meaning at the field that holds it (Season and below). What seasons differ in most:
//
//   - A separate system around the school: cross_system.outside names what does not cross. What a crossing transfer needs
//     besides: cross_system.steps are told first, cross_system.tracks puts a longer track in the place of a route's (with a
//     state before anybody can initiate), cross_system.duties hang on it.
//   - A second choice, such as the registered residence where the usual one cannot take somebody: a question about the
//     first opens the questions about the second; place lists both, and the last that is answered counts.
//   - A way that must not be gone: a route with when and refuse, before the others.
//   - A step that waits for another (paper after online, the receipt slip after reception): states of a track in a row. An
//     event leads on only from where a move says so; not_before names the day from which the system of record allows it.
//   - Preparation beside the transfer (cards, dues): an event with aside: true, recorded in any state, and a duty with
//     while: [any] that is everybody's until that event.
//   - Due dates: a named date, an event or an answer, plus months and days; latest caps the last two.
//   - Members who are marked and nothing else (teachers, late graduates): a destination with uncounted: true. Who graduates
//     later than the season's cohort is in a mixed branch only and has no duties, and neither they nor earlier cohorts
//     count for a rate.
//   - A written application (abroad): a route with application: {name, handed, approve, return, readers, facts}. A picture
//     or document the member sends records the event handed; the file goes to whoever may record approve, with the answers
//     to facts; return is recorded with its reason. Readers are shown the file and the register.
//   - A rate by route: via; of everybody but some, the undeclared included: all_but.
//   - A duty about an organisation: subject: branch or college. It is open while open.some and open.none hold for the
//     organisation's members (by cohort, route and state), and until one of its own events (org_events) is recorded;
//     due {after: opened} counts from when that became so.
//
// A file is loaded whole or not at all: Load reports every fault with its line.
package season
