package scheduler_test

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// What the checker of simulated seasons knows of a season file: it reads the file itself and reckons the days itself.

type ruleBook struct {
	Zone   string
	Closes string
	Dates  map[string]struct {
		Date string
	}
	Calendar struct {
		Morning   string
		QuietFrom string `yaml:"quiet_from"`
		QuietTo   string `yaml:"quiet_to"`
		Weekends  bool
		Holidays  []string
	}
	Duties []*duty
	Follow follow

	zone    *time.Location
	byKey   map[string]*duty
	closing time.Time
}

// follow is what comes after a reminder.
type follow struct {
	SeenWakes *int `yaml:"seen_wakes"`
	Escalate  []struct {
		From, To string
		After    int
	}
	Overdue *struct {
		Every      int
		To         []string
		Line       string
		MemberLine string `yaml:"member_line"`
	}
}

type duty struct {
	Key        string
	Name       string
	Of         string
	Subject    string
	Lapse      string
	LapseEvent string `yaml:"lapse_event"`
	Line       string
	MemberLine string `yaml:"member_line"`
	LapseLine  string `yaml:"lapse_line"`
	Steps      []struct {
		Key    string
		Before *int
		After  *int
		On     string
		To     []string
	}

	follow `yaml:",inline"`

	lines [5]*regexp.Regexp // to officers, to the member; of a lapse; of what is overdue, to officers, to the member
}

func readRules(data []byte) (*ruleBook, error) {
	b := &ruleBook{byKey: map[string]*duty{}}
	if err := yaml.Unmarshal(data, b); err != nil {
		return nil, err
	}
	var err error
	if b.zone, err = time.LoadLocation(b.Zone); err != nil {
		return nil, err
	}
	b.closing = b.midnight(b.Closes).AddDate(0, 0, 1)
	for _, d := range b.Duties {
		b.byKey[d.Key] = d
		texts := [5]string{d.Line, d.MemberLine, d.LapseLine}
		if all := b.Follow.Overdue; all != nil {
			texts[3], texts[4] = all.Line, all.MemberLine
		}
		if o := d.Overdue; o != nil {
			texts[3], texts[4] = cmp.Or(o.Line, texts[3]), cmp.Or(o.MemberLine, texts[4])
		}
		for i, text := range texts {
			d.lines[i] = pattern(strings.ReplaceAll(text, "{duty}", d.Name))
		}
		for i := range d.Steps {
			st := &d.Steps[i]
			switch {
			case st.Key != "":
			case st.Before != nil:
				st.Key = fmt.Sprint("before-", *st.Before)
			case st.After != nil:
				st.Key = fmt.Sprint("after-", *st.After)
			default:
				st.Key = "on-" + st.On
			}
		}
	}
	return b, nil
}

// pattern reads a line of a message back: the text of the season file with its blanks.
func pattern(text string) *regexp.Regexp {
	if text == "" {
		return nil
	}
	p := regexp.QuoteMeta(text)
	seen := map[string]bool{}
	p = regexp.MustCompile(`\\\{([a-z]+)\\\}`).ReplaceAllStringFunc(p, func(blank string) string {
		name := strings.Trim(blank, `\{}`)
		if seen[name] {
			return `.+?`
		}
		seen[name] = true
		if name == "count" {
			return `(?P<count>\d+)`
		}
		return `(?P<` + name + `>.+?)`
	})
	return regexp.MustCompile(`^(?:\d+\. )?` + p + `(?:（.*）)?$`)
}

func (b *ruleBook) midnight(day string) time.Time {
	t, _ := time.ParseInLocation(time.DateOnly, day, b.zone)
	return t
}

func (b *ruleBook) day(t time.Time) string { return t.In(b.zone).Format(time.DateOnly) }

func (b *ruleBook) add(day string, n int) string {
	return b.midnight(day).AddDate(0, 0, n).Format(time.DateOnly)
}

func (b *ruleBook) clock(hhmm string) time.Duration {
	h, _ := strconv.Atoi(hhmm[:2])
	m, _ := strconv.Atoi(hhmm[3:])
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute
}

func (b *ruleBook) holiday(day string) bool {
	if wd := b.midnight(day).Weekday(); b.Calendar.Weekends && (wd == time.Saturday || wd == time.Sunday) {
		return true
	}
	return slices.Contains(b.Calendar.Holidays, day)
}

func (b *ruleBook) morning(day string) time.Time {
	return b.midnight(day).Add(b.clock(b.Calendar.Morning))
}

func (b *ruleBook) quiet(t time.Time) bool {
	l := t.In(b.zone)
	now := time.Duration(l.Hour())*time.Hour + time.Duration(l.Minute())*time.Minute
	return now >= b.clock(b.Calendar.QuietFrom) || now < b.clock(b.Calendar.QuietTo)
}

// quietEnds is when the quiet time around an instant is over.
func (b *ruleBook) quietEnds(t time.Time) time.Time {
	if !b.quiet(t) {
		return t
	}
	end := b.midnight(b.day(t)).Add(b.clock(b.Calendar.QuietTo))
	if end.Before(t) {
		end = b.midnight(b.add(b.day(t), 1)).Add(b.clock(b.Calendar.QuietTo))
	}
	return end
}

// slot is the morning an instant belongs to.
func (b *ruleBook) slot(t time.Time) string {
	if t.Before(b.morning(b.day(t))) {
		return b.add(b.day(t), -1)
	}
	return b.day(t)
}

// owed is one reminder the season file asks for.
type owed struct {
	step, party string
	at          time.Time
}

// owes are the reminders of a duty that is open and due on a day, from an instant on: in the morning, on a holiday the
// working day before, none at or after the lapse, none after the season; of two at once for one party the later in the
// file.
func (b *ruleBook) owes(d *duty, due string, lapses, opened, from time.Time) []owed {
	var list []owed
	for _, st := range d.Steps {
		day := st.On
		switch {
		case st.Before != nil:
			day = b.add(due, -*st.Before)
		case st.After != nil:
			day = b.add(b.day(opened), *st.After)
		}
		for b.holiday(day) {
			day = b.add(day, -1)
		}
		at := b.morning(day)
		if !at.After(from) || !at.Before(lapses) || !at.Before(b.closing) {
			continue
		}
		for _, to := range st.To {
			list = slices.DeleteFunc(list, func(o owed) bool { return o.party == to && o.at.Equal(at) })
			list = append(list, owed{st.Key, to, at})
		}
	}
	return list
}

// reportAt is when a lapse is reported: the first working morning after it.
func (b *ruleBook) reportAt(lapses time.Time) time.Time {
	day := b.day(lapses)
	for b.holiday(day) {
		day = b.add(day, 1)
	}
	return b.morning(day)
}

// parties are those a lapse is reported to.
func (d *duty) parties() []string {
	list := []string{"committee"}
	for _, st := range d.Steps {
		for _, to := range st.To {
			if to != "member" && !slices.Contains(list, to) {
				list = append(list, to)
			}
		}
	}
	return list
}
