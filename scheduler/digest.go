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
	Duty   storage.Duty
	Member storage.Member
	Lapsed bool // reports a lapse; otherwise it asks for action
	Own    bool // the reader is the member it is about
	// Instead is set when the reader is told because the member cannot be reached.
	Instead bool
}

// Reader is whom a digest is written to.
type Reader struct {
	Person  storage.Person
	Parties []string // as whom the reader may act: college, branch, committee
}

// maxDigest is how many characters a digest has at most, so that it is one message.
const maxDigest = storage.MaxPart

// Digest writes everything due for one reader as one message of at most 590 characters: most urgent first, grouped by
// what is due when, each group with its number of people and their names. Where there is not room for all, names give
// way first, then whole groups; the numbers are always right. It is empty when there is nothing to say.
func Digest(s *season.Season, now time.Time, r Reader, items []Item) string {
	groups := group(s, items)
	if len(groups) == 0 {
		return ""
	}
	for _, names := range []int{40, 20, 12, 8, 5, 3, 1} {
		if text := write(s, now, r, groups, len(groups), names); utf8.RuneCountInString(text) <= maxDigest {
			return text
		}
	}
	for shown := len(groups) - 1; shown > 0; shown-- {
		if text := write(s, now, r, groups, shown, 1); utf8.RuneCountInString(text) <= maxDigest {
			return text
		}
	}
	return write(s, now, r, groups, 0, 0)
}

// dueGroup is the items of one rule and one date.
type dueGroup struct {
	rule  *season.DutyRule
	due   season.Date
	items []Item
}

func (g *dueGroup) lapsed() bool { return g.items[0].Lapsed }

// group sorts items into groups: what is still to be done before what has lapsed, then by date, then as the season
// file lists the rules. A duty counts once.
func group(s *season.Season, items []Item) []*dueGroup {
	var groups []*dueGroup
	seen := map[int64]bool{}
	for _, it := range items {
		rule, ok := s.DutyRule(it.Duty.Rule)
		due, err := season.ParseDate(it.Duty.Due)
		if !ok || err != nil || seen[it.Duty.ID] {
			continue
		}
		seen[it.Duty.ID] = true
		i := slices.IndexFunc(groups, func(g *dueGroup) bool {
			return g.rule == rule && g.due == due && g.items[0].Lapsed == it.Lapsed && g.items[0].Own == it.Own
		})
		if i < 0 {
			groups = append(groups, &dueGroup{rule: rule, due: due})
			i = len(groups) - 1
		}
		groups[i].items = append(groups[i].items, it)
	}
	order := func(r *season.DutyRule) int {
		return slices.IndexFunc(s.Duties, func(d season.DutyRule) bool { return d.Key == r.Key })
	}
	slices.SortStableFunc(groups, func(a, b *dueGroup) int {
		if a.lapsed() != b.lapsed() {
			if b.lapsed() {
				return -1
			}
			return 1
		}
		return cmp.Or(a.due.Compare(b.due), cmp.Compare(order(a.rule), order(b.rule)))
	})
	return groups
}

// write renders the first shown groups with at most names names each.
func write(s *season.Season, now time.Time, r Reader, groups []*dueGroup, shown, names int) string {
	var parts []string
	own := groups[0].items[0].Own
	switch {
	case own:
		parts = append(parts, fmt.Sprintf(textHeadMember, r.Person.Name))
	case groups[0].lapsed():
		parts = append(parts, fmt.Sprintf(textHeadReport, r.Person.Name, len(groups)))
	default:
		parts = append(parts, fmt.Sprintf(textHeadOfficer, r.Person.Name, len(groups)))
	}
	for i, g := range groups[:shown] {
		line := g.text(s, now, names)
		if len(groups) > 1 {
			line = fmt.Sprintf("%d. %s", i+1, line)
		}
		parts = append(parts, line)
	}
	if rest := groups[shown:]; len(rest) > 0 {
		people := 0
		for _, g := range rest {
			people += len(g.items)
		}
		parts = append(parts, fmt.Sprintf(textMore, len(rest), people))
	}
	if h := hint(s, r, groups); h != "" {
		parts = append(parts, h)
	}
	return strings.Join(parts, "\n")
}

func (g *dueGroup) text(s *season.Season, now time.Time, names int) string {
	vars := map[string]string{
		"count": fmt.Sprint(len(g.items)),
		"names": g.names(names),
		"name":  g.items[0].Member.Person.Name,
		"due":   g.due.Chinese(),
		"days":  days(s.DateOf(now).DaysUntil(g.due)),
	}
	switch {
	case g.lapsed():
		return s.Fill(g.rule.LapseLine, vars)
	case g.items[0].Own:
		return s.Fill(g.rule.MemberLine, vars)
	}
	return s.Fill(g.rule.Line, vars)
}

// names lists who is meant: by college with numbers where several colleges are, else by name.
func (g *dueGroup) names(most int) string {
	colleges := map[string]int{}
	var order []string
	for _, it := range g.items {
		c := it.Member.College.Name
		if colleges[c] == 0 {
			order = append(order, c)
		}
		colleges[c]++
	}
	var list []string
	if len(order) > 1 {
		slices.SortStableFunc(order, func(a, b string) int { return cmp.Or(colleges[b]-colleges[a], strings.Compare(a, b)) })
		for _, c := range order {
			list = append(list, c+fmt.Sprintf(textPeople, colleges[c]))
		}
	} else {
		for _, it := range g.items {
			name := it.Member.Person.Name
			if it.Instead {
				name = fmt.Sprintf(textUnreached, name)
			}
			list = append(list, name)
		}
	}
	if len(list) <= most {
		return strings.Join(list, "、")
	}
	return strings.Join(list[:most], "、") + textOthers
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

// hint shows the words by which an officer records that the first thing asked for is done.
func hint(s *season.Season, r Reader, groups []*dueGroup) string {
	first := groups[0]
	if first.items[0].Own {
		return ""
	}
	if first.lapsed() {
		return textHintList
	}
	m := first.items[0].Member
	track := s.Tracks[m.Transfer.Track]
	if track == nil {
		return textHintList
	}
	for _, mv := range track.Moves {
		e, ok := s.EventNamed(mv.On)
		if !ok || len(e.Words) == 0 || !slices.Contains(mv.From, m.Transfer.State) {
			continue
		}
		if slices.ContainsFunc(r.Parties, func(p string) bool { return slices.Contains(e.By, p) }) {
			return fmt.Sprintf(textHintRecord, e.Words[0]+" "+m.Person.Name)
		}
	}
	return textHintList
}
