package scheduler_test

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Reading digests back: what a person who gets one would understand of its numbers and names.

// said is what a digest says.
type said struct {
	lines     []saidLine
	head      int // “有3件…”; 0 when it does not say
	rest      int // “还有2件，涉及5人”
	people    int
	unreached int // people of whom it says that others were told in their place
}

// saidLine is one group of a digest.
type saidLine struct {
	text    string
	rule    string
	own     bool
	lapsed  bool
	overdue bool
	count   int // -1: not said
	names   []string
	more    bool // 等
	due     string
	days    string
}

var (
	saidHead      = regexp.MustCompile(`有(\d+)件团组织关系转接的事`)
	saidRest      = regexp.MustCompile(`^还有(\d+)件，涉及(\d+)人`)
	saidDays      = regexp.MustCompile(`^(?:还有|已过)(\d+)天$`)
	saidDate      = regexp.MustCompile(`^(\d+)月(\d+)日$`)
	saidUnreached = regexp.MustCompile(`“[^”]*”(\d+)人（|，另有(\d+)人`)
	saidOrg       = regexp.MustCompile(`^(.*\D|第\d+学院)(\d+)[人个]$`)
)

// read takes a digest apart.
func (c *checker) read(text string) said {
	var s said
	for line := range strings.SplitSeq(text, "\n") {
		if m := saidHead.FindStringSubmatch(line); m != nil {
			s.head, _ = strconv.Atoi(m[1])
			continue
		}
		if m := saidRest.FindStringSubmatch(line); m != nil {
			s.rest, _ = strconv.Atoi(m[1])
			s.people, _ = strconv.Atoi(m[2])
			continue
		}
		if list, ok := strings.CutPrefix(line, "微信联系不上、已请别人转告的："); ok {
			for _, m := range saidUnreached.FindAllStringSubmatch(list, -1) {
				n, _ := strconv.Atoi(m[1] + m[2])
				s.unreached += n
			}
			continue
		}
		if l, ok := c.readLine(line); ok {
			s.lines = append(s.lines, l)
		}
	}
	return s
}

func (c *checker) readLine(line string) (saidLine, bool) {
	for _, d := range c.book.Duties {
		for kind, p := range d.lines {
			if p == nil {
				continue
			}
			m := p.FindStringSubmatch(line)
			if m == nil {
				continue
			}
			l := saidLine{text: line, rule: d.Key, own: kind == 1 || kind == 4, lapsed: kind == 2, overdue: kind >= 3, count: -1}
			for i, name := range p.SubexpNames() {
				switch name {
				case "count":
					l.count, _ = strconv.Atoi(m[i])
				case "names":
					list, more := strings.CutSuffix(m[i], "等")
					l.names, l.more = strings.Split(list, "、"), more
				case "due":
					l.due = m[i]
				case "days":
					l.days = m[i]
				}
			}
			return l, true
		}
	}
	return saidLine{}, false
}

// dueDay is the day a line says something is due; false when it does not say.
func (l saidLine) dueDay(b *ruleBook, at time.Time) (string, bool) {
	today := b.day(at)
	switch m := saidDays.FindStringSubmatch(l.days); {
	case l.days == "今天":
		return today, true
	case l.days == "明天":
		return b.add(today, 1), true
	case m != nil && strings.HasPrefix(l.days, "已过"):
		n, _ := strconv.Atoi(m[1])
		return b.add(today, -n), true
	case m != nil:
		n, _ := strconv.Atoi(m[1])
		return b.add(today, n), true
	}
	if m := saidDate.FindStringSubmatch(l.due); m != nil {
		month, _ := strconv.Atoi(m[1])
		day, _ := strconv.Atoi(m[2])
		for year := at.In(b.zone).Year() + 1; ; year-- { // what has lapsed lies behind; what is asked for lies ahead, or not long behind
			d := time.Date(year, time.Month(month), day, 0, 0, 0, 0, b.zone).Format(time.DateOnly)
			if past := l.lapsed || l.overdue; past && d < today || !past && d < b.add(today, 300) {
				return d, true
			}
		}
	}
	return "", false
}

// meant is what a digest should say of one rule and one day.
type meant struct {
	rule, due            string
	own, lapsed, overdue bool
	names                []string       // of those meant
	colleges             map[string]int // how many of each
	about                []int64
	said                 bool
}

// compare holds what a digest says against what the database held when it left.
func (c *checker) compare(id int64, h handed, s said) {
	list := c.meant(h)
	for _, l := range s.lines {
		day, known := l.dueDay(c.book, h.At)
		i := slices.IndexFunc(list, func(m *meant) bool {
			return !m.said && m.rule == l.rule && m.own == l.own && m.lapsed == l.lapsed && m.overdue == l.overdue && (!known || m.due == day)
		})
		if i < 0 {
			c.fail(invText, "digest %d at %s says something the database did not: %s", id, c.show(h.At), l.text)
			if !l.lapsed {
				c.fail(invNothing, "digest %d at %s asks for nothing: %s", id, c.show(h.At), l.text)
			}
			continue
		}
		m := list[i]
		m.said = true
		if l.count >= 0 && l.count != len(m.names) {
			c.fail(invText, "digest %d at %s: %d are meant, not %d: %s", id, c.show(h.At), len(m.names), l.count, l.text)
		}
		c.compareNames(id, h, l, m)
	}
	unreached := map[int64]bool{}
	for _, it := range h.Seen.Items {
		if it.kind() == "unreached" && it.holds(h.At) {
			unreached[it.Duty] = true
		}
	}
	if len(unreached) != s.unreached {
		c.fail(invText, "digest %d at %s: others were told in place of %d, not %d: %.200q", id, c.show(h.At), len(unreached), s.unreached, h.Text)
	}
	left, people := 0, map[int64]bool{}
	office := 0
	for _, m := range list {
		if !m.own {
			office++
		}
		if m.said {
			continue
		}
		left++
		for _, p := range m.about {
			people[p] = true
		}
	}
	switch {
	case left != s.rest:
		c.fail(invText, "digest %d at %s leaves %d things out and says %d: %.80q", id, c.show(h.At), left, s.rest, h.Text)
	case s.rest > 0 && len(people) != s.people:
		c.fail(invText, "digest %d at %s: what is left out is about %d people, not %d", id, c.show(h.At), len(people), s.people)
	case s.head > 0 && s.head != office:
		c.fail(invText, "digest %d at %s: there are %d things, not %d", id, c.show(h.At), office, s.head)
	}
}

func (c *checker) compareNames(id int64, h handed, l saidLine, m *meant) {
	if l.names == nil {
		return
	}
	wrong := func(why string) {
		c.fail(invText, "digest %d at %s: %s: %s", id, c.show(h.At), why, l.text)
	}
	all, byCollege := len(m.names), len(m.colleges) > 1 && c.book.byKey[m.rule].Subject != "college"
	if byCollege {
		all = len(m.colleges)
	}
	if !l.more && len(l.names) != all || l.more && len(l.names) >= all {
		wrong("names are missing, or there are too many")
	}
	have := slices.Clone(m.names)
	for _, n := range l.names {
		if byCollege {
			p := saidOrg.FindStringSubmatch(n)
			if p == nil || strconv.Itoa(m.colleges[p[1]]) != p[2] {
				wrong(n + " is not so")
			}
			continue
		}
		i := slices.Index(have, n)
		if i < 0 {
			wrong(n + " is not meant")
			continue
		}
		have = slices.Delete(have, i, i+1)
	}
}

// meant is what a digest is about, by the database as it stood when it left: by rule and day, everybody once.
func (c *checker) meant(h handed) []*meant {
	type one struct {
		sightedItem
		own, lapsed, overdue bool
	}
	var duties []*one
	byID := map[int64]*one{}
	for _, it := range h.Seen.Items {
		if !it.holds(h.At) || it.kind() == "unreached" {
			continue
		}
		o := byID[it.Duty]
		if o == nil {
			o = &one{sightedItem: it}
			byID[it.Duty] = o
			duties = append(duties, o)
		}
		o.own = o.own || it.Party == "member" && it.About == h.Seen.Person
		o.lapsed = o.lapsed || it.kind() == "lapsed"
		o.overdue = o.overdue || it.Lapsed && it.kind() != "lapsed"
	}
	var list []*meant
	for _, o := range duties {
		own, overdue := o.own && !o.lapsed, o.overdue && !o.lapsed
		i := slices.IndexFunc(list, func(m *meant) bool {
			return m.rule == o.Rule && m.due == o.Due && m.own == own && m.lapsed == o.lapsed && m.overdue == overdue
		})
		if i < 0 {
			list = append(list, &meant{rule: o.Rule, due: o.Due, own: own, lapsed: o.lapsed, overdue: overdue, colleges: map[string]int{}})
			i = len(list) - 1
		}
		m := list[i]
		m.names = append(m.names, o.Name)
		m.about = append(m.about, o.About)
		m.colleges[o.College]++
	}
	return list
}
