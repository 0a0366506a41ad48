package scheduler

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"xianjie/season"
	"xianjie/storage"
)

// Item is one duty put before a reader.
type Item struct {
	Duty    storage.Duty
	Member  storage.Member // whom it is about; of an organisation, only names
	Lapsed  bool           // reports a lapse; otherwise it asks for action
	Overdue bool           // asks for what should have been done by now
	Own     bool           // the reader is the member it is about
	// Instead is set when the reader is told because the member cannot be reached.
	Instead bool
	// Unanswered is set when the reader is told because nobody answered before.
	Unanswered bool
	// Handed is set when somebody else handed it over to the reader.
	Handed bool
	// Unreached only tells that somebody cannot be reached and others were told in their place.
	Unreached bool
	Tally     storage.Tally // of a lapse
}

// Reader is whom a digest is written to.
type Reader struct {
	Person  storage.Person
	Parties []string // as whom the reader may act: college, branch, committee
}

// maxDigest is how many characters a digest has at most, so that it is one message.
const maxDigest = storage.MaxPart

const (
	// maxGroups is more groups than fit into a digest.
	maxGroups = 60
	// sample is how many names stand for a group of which not all can be named.
	sample = 12
)

// Digest writes everything due for one reader as one message of at most 590 characters: first what the reader owes as a
// member, then what is to be done for others, then what is overdue, then what has lapsed; the most urgent first in each,
// grouped by what is due when, each group with its number of people and their names. Where there is not room for all,
// names give way first, then whole groups; the numbers are always right. It is empty when there is nothing to say.
func Digest(s *season.Season, now time.Time, r Reader, items []Item) string {
	d := digest{season: s, today: s.DateOf(now), reader: r}
	var told []Item
	for _, it := range items {
		if it.Unreached {
			d.unreachable = append(d.unreachable, it)
		} else {
			told = append(told, it)
		}
	}
	for _, g := range group(s, told) {
		if g.own {
			d.own = append(d.own, g)
		} else {
			d.office = append(d.office, g)
		}
	}
	if len(d.own)+len(d.office)+len(d.unreachable) == 0 {
		return ""
	}
	for _, names := range []int{40, 20, 12, 8, 5, 3, 1} {
		if text := d.write(len(d.office), names); utf8.RuneCountInString(text) <= maxDigest {
			return text
		}
	}
	for shown := min(len(d.office)-1, maxGroups); shown > 0; shown-- {
		if text := d.write(shown, 1); utf8.RuneCountInString(text) <= maxDigest {
			return text
		}
	}
	return d.write(0, 0)
}

// dueGroup is the items of one rule and one date.
type dueGroup struct {
	rule    *season.DutyRule
	due     season.Date
	lapsed  bool
	overdue bool
	own     bool
	items   []Item
}

// group sorts items into groups: what is still to be done before what is overdue and what has lapsed, then by date, then
// as the season file lists the rules. A duty counts once, however many reminders of it there are.
func group(s *season.Season, items []Item) []*dueGroup {
	type key struct {
		rule, due            string
		lapsed, overdue, own bool
	}
	groups := map[key]*dueGroup{}
	order := make(map[string]int, len(s.Duties))
	for i := range s.Duties {
		order[s.Duties[i].Key] = i
	}
	for _, it := range once(items) {
		rule, ok := s.DutyRule(it.Duty.Rule)
		due, err := season.ParseDate(it.Duty.Due)
		if !ok || err != nil {
			continue
		}
		k := key{it.Duty.Rule, it.Duty.Due, it.Lapsed, it.Overdue && !it.Lapsed, it.Own && !it.Lapsed}
		if groups[k] == nil {
			groups[k] = &dueGroup{rule: rule, due: due, lapsed: k.lapsed, overdue: k.overdue, own: k.own}
		}
		groups[k].items = append(groups[k].items, it)
	}
	list := make([]*dueGroup, 0, len(groups))
	for _, g := range groups {
		list = append(list, g)
	}
	rank := func(g *dueGroup) int {
		switch {
		case g.lapsed:
			return 2
		case g.overdue:
			return 1
		}
		return 0
	}
	slices.SortFunc(list, func(a, b *dueGroup) int {
		return cmp.Or(rank(a)-rank(b), a.due.Compare(b.due), order[a.rule.Key]-order[b.rule.Key])
	})
	return list
}

// once merges reminders of one duty: a branch secretary may be reminded of a duty as the member, for the branch, and in
// place of a member who cannot be reached.
func once(items []Item) []Item {
	at := make(map[int64]int, len(items))
	var list []Item
	for _, it := range items {
		i, seen := at[it.Duty.ID]
		if !seen {
			at[it.Duty.ID] = len(list)
			list = append(list, it)
			continue
		}
		list[i].Own = list[i].Own || it.Own
		list[i].Instead = list[i].Instead || it.Instead
		list[i].Lapsed = list[i].Lapsed || it.Lapsed
		list[i].Overdue = list[i].Overdue || it.Overdue
		list[i].Unanswered = list[i].Unanswered && it.Unanswered
		list[i].Handed = list[i].Handed || it.Handed
		if it.Lapsed {
			list[i].Tally = it.Tally
		}
	}
	return list
}

// digest is one message being written.
type digest struct {
	season *season.Season
	today  season.Date
	reader Reader
	own    []*dueGroup // what the reader owes as a member
	// unreachable are those who cannot be reached and in whose place others were told.
	unreachable []Item
	office      []*dueGroup // what the reader is told as an officer
}

// write renders all own groups and the first shown others, with at most names names each.
func (d *digest) write(shown, names int) string {
	parts := []string{d.head()}
	parts = append(parts, d.lines(d.own, names)...)
	if len(d.own) > 0 && len(d.office) > 0 {
		parts = append(parts, d.addressed(textAlsoOffice))
	}
	parts = append(parts, d.lines(d.office[:shown], names)...)
	rest := d.office[shown:]
	if len(rest) > 0 {
		people := map[[2]int64]bool{}
		for _, g := range rest {
			for _, it := range g.items {
				people[[2]int64{it.Duty.PersonID, it.unit()}] = true
			}
		}
		parts = append(parts, fmt.Sprintf(textMore, len(rest), len(people)))
	}
	if len(d.unreachable) > 0 {
		parts = append(parts, d.cannotReach())
	}
	if h := d.hint(len(rest) > 0); h != "" {
		parts = append(parts, h)
	}
	return strings.Join(parts, "\n")
}

func (d *digest) head() string {
	switch {
	case len(d.own) > 0:
		return d.addressed(textHeadOwn)
	case len(d.office) == 0, d.office[0].lapsed:
		return d.addressed(textHeadReport)
	case len(d.office) == 1:
		return d.addressed(textHeadOne)
	}
	return d.addressed(textHeadMany)
}

// addressed fills a text with the reader's name, how the reader is addressed, and how much there is.
func (d *digest) addressed(text string) string {
	text = strings.ReplaceAll(text, "%[1]s", d.name())
	text = strings.ReplaceAll(text, "%[2]s", d.you())
	return strings.ReplaceAll(text, "%[3]d", fmt.Sprint(len(d.office)))
}

// you is the pronoun for the reader: graduating members are students, other officers are teachers.
func (d *digest) you() string {
	if d.reader.Person.Cohort != 0 {
		return youStudent
	}
	return youTeacher
}

func (d *digest) name() string {
	name := short(d.reader.Person.Name)
	if d.reader.Person.Cohort != 0 || strings.HasSuffix(name, strings.TrimPrefix(textTeacher, "%s")) {
		return name
	}
	return fmt.Sprintf(textTeacher, name)
}

// short keeps a name from filling the message: a roster may hold anything.
func short(name string) string {
	const most = 20
	if utf8.RuneCountInString(name) <= most {
		return name
	}
	return string([]rune(name)[:most-1]) + "…"
}

// lines are the texts of groups, numbered when there are several.
func (d *digest) lines(groups []*dueGroup, names int) []string {
	list := make([]string, len(groups))
	for i, g := range groups {
		list[i] = d.line(g, names)
		if len(groups) > 1 {
			list[i] = fmt.Sprintf("%d. %s", i+1, list[i])
		}
	}
	return list
}

func (d *digest) line(g *dueGroup, names int) string {
	vars := map[string]string{
		"count": fmt.Sprint(len(g.items)),
		"names": g.names(names),
		"name":  short(g.items[0].Member.Person.Name),
		"due":   g.due.Chinese(),
		"days":  days(d.today.DaysUntil(g.due)),
		"duty":  g.rule.Name,
	}
	switch {
	case g.lapsed:
		vars["reminded"] = reminded(g.items)
		return d.season.Fill(g.rule.LapseLine, vars) + d.whose(g)
	case g.overdue && g.own:
		return d.season.Fill(overdue(g.rule).MemberLine, vars)
	case g.overdue:
		return d.season.Fill(overdue(g.rule).Line, vars) + d.whose(g) + d.handed(g)
	case g.own:
		return d.season.Fill(g.rule.MemberLine, vars)
	}
	return d.season.Fill(g.rule.Line, vars) + d.whose(g) + d.unreached(g) + unanswered(g) + d.handed(g)
}

// unit is the organisation a duty is about, 0 for a duty about a member.
func (it Item) unit() int64 {
	if it.Duty.Subject == storage.SubjectMember {
		return 0
	}
	return it.Duty.OrgID
}

// names lists who is meant: by college with numbers where several colleges are, else by name.
func (g *dueGroup) names(most int) string {
	colleges := map[string]int{}
	for _, it := range g.items {
		colleges[it.Member.College.Name]++
	}
	var list []string
	if len(colleges) > 1 && g.rule.Subject != season.SubjectCollege {
		for c := range colleges {
			list = append(list, c)
		}
		slices.SortFunc(list, func(a, b string) int { return cmp.Or(colleges[b]-colleges[a], strings.Compare(a, b)) })
		counted := textPeople
		if g.rule.Subject != season.SubjectMember {
			counted = textUnits
		}
		for i, c := range list {
			list[i] = short(c) + fmt.Sprintf(counted, colleges[c])
		}
	} else {
		for _, it := range g.items[:min(most+1, len(g.items))] {
			list = append(list, short(it.Member.Person.Name))
		}
	}
	if len(list) <= most {
		return strings.Join(list, "、")
	}
	return strings.Join(list[:min(most, sample)], "、") + textOthers
}

// days says how long there is.
func days(n int) string {
	switch {
	case n < 0:
		return fmt.Sprintf(textDaysAgo, -n)
	case n == 0:
		return textToday
	case n == 1:
		return textTomorrow
	}
	return fmt.Sprintf(textInDays, n)
}
