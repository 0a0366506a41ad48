package scheduler

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"xianjie/season"
	"xianjie/storage"
)

// What stands beside the lines of a digest: why the reader is told, how often others were, and how to answer.

// unreached says how many members of a group must be told by the reader.
func (d *digest) unreached(g *dueGroup) string {
	n := 0
	for _, it := range g.items {
		if it.Instead {
			n++
		}
	}
	switch n {
	case 0:
		return ""
	case len(g.items):
		return fmt.Sprintf(textUnreachedAll, d.you())
	}
	return fmt.Sprintf(textUnreachedSome, n, d.you())
}

// whose names the college of a group to the committee, where the names do not: several colleges are named with numbers.
func (d *digest) whose(g *dueGroup) string {
	if !slices.Contains(d.reader.Parties, storage.OrgCommittee) || g.rule.Subject == season.SubjectCollege {
		return ""
	}
	college := g.items[0].Member.College.Name
	for _, it := range g.items {
		if it.Member.College.Name != college {
			return ""
		}
	}
	return fmt.Sprintf(textWhose, short(college))
}

// handed says that somebody else handed a group over to the reader.
func (d *digest) handed(g *dueGroup) string {
	if slices.ContainsFunc(g.items, func(it Item) bool { return it.Handed }) {
		return fmt.Sprintf(textHanded, d.you())
	}
	return ""
}

// overdue are the texts for what is overdue; a season file that changed may have dropped them.
func overdue(rule *season.DutyRule) season.Overdue {
	if rule.Overdue == nil {
		return season.Overdue{Line: textOverdue, MemberLine: textOverdueOwn}
	}
	return season.Overdue{Line: cmp.Or(rule.Overdue.Line, textOverdue), MemberLine: cmp.Or(rule.Overdue.MemberLine, textOverdueOwn)}
}

// reminded says how often people were reminded before a date passed, and whether anybody answered.
func reminded(items []Item) string {
	least, most, answered := items[0].Tally.Reminded, 0, 0
	for _, it := range items {
		least, most = min(least, it.Tally.Reminded), max(most, it.Tally.Reminded)
		if it.Tally.Answered {
			answered++
		}
	}
	if most == 0 {
		return textNeverReminded
	}
	text := fmt.Sprintf(textReminded, most)
	if least < most {
		text = fmt.Sprintf(textRemindedSome, least, most)
	}
	switch answered {
	case 0:
		return text + textNoAnswer
	case len(items):
		return text + textAnswered
	}
	return text + fmt.Sprintf(textAnsweredSome, answered)
}

// unanswered says that the reader is told because nobody answered before.
func unanswered(g *dueGroup) string {
	n := 0
	for _, it := range g.items {
		if it.Unanswered {
			n++
		}
	}
	switch n {
	case 0:
		return ""
	case len(g.items):
		return textUnansweredAll
	}
	return fmt.Sprintf(textUnansweredSome, n)
}

// cannotReach names, by duty and college, how many cannot be reached and others were told in their place.
func (d *digest) cannotReach() string {
	type count struct {
		name     string
		n        int
		colleges map[string]int
	}
	byRule := map[string]*count{}
	var list []*count
	for _, it := range d.unreachable {
		rule, ok := d.season.DutyRule(it.Duty.Rule)
		if !ok {
			continue
		}
		c := byRule[rule.Key]
		if c == nil {
			c = &count{name: rule.Name, colleges: map[string]int{}}
			byRule[rule.Key] = c
			list = append(list, c)
		}
		c.n++
		c.colleges[it.Member.College.Name]++
	}
	slices.SortStableFunc(list, func(a, b *count) int { return b.n - a.n })
	const mostDuties, mostColleges = 3, 4
	var parts []string
	rest := 0
	for i, c := range list {
		if i >= mostDuties {
			rest += c.n
			continue
		}
		var names []string
		for name := range c.colleges {
			names = append(names, name)
		}
		slices.SortFunc(names, func(a, b string) int { return cmp.Or(c.colleges[b]-c.colleges[a], strings.Compare(a, b)) })
		shown := make([]string, min(len(names), mostColleges))
		for k := range shown {
			shown[k] = short(names[k]) + fmt.Sprintf(textPeople, c.colleges[names[k]])
		}
		text := strings.Join(shown, "、")
		if len(names) > mostColleges {
			text += textOthers
		}
		parts = append(parts, fmt.Sprintf(textUnreachableDuty, c.name, c.n, text))
	}
	line := textUnreachable + strings.Join(parts, "、")
	if rest > 0 {
		line += fmt.Sprintf(textUnreachableMore, rest)
	}
	return line + "。"
}

// hint says how to answer, shows the words by which an officer records that the first thing asked for is done, and how to
// see everybody where the message has not said so yet.
func (d *digest) hint(listed bool) string {
	h := d.digits()
	if len(d.office) == 0 {
		return h
	}
	if first := d.office[0]; !first.lapsed {
		m := first.items[0].Member // of an organisation it has no track, and there is no deed
		if e, ok := d.season.Deed(first.rule, m.Transfer.Track, m.Transfer.State, d.reader.Parties); ok {
			h += fmt.Sprintf(textHintRecord, e.Words[0]+" "+short(m.Person.Name))
		}
	}
	if !listed {
		h += textHintList
	}
	return h
}

// digits offers the digits by which a digest is answered: to an officer of whom something is asked, and to a member who
// is not asked for a destination, because then a digit chooses one.
func (d *digest) digits() string {
	for _, g := range d.own {
		if g.items[0].Member.Transfer.State == season.Undeclared {
			return ""
		}
	}
	if slices.ContainsFunc(d.office, func(g *dueGroup) bool { return !g.lapsed }) {
		return textDigits
	}
	if len(d.own) > 0 {
		return textDigitsOwn
	}
	return ""
}
