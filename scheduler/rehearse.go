package scheduler

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"
	"unicode/utf8"
)

// Rehearsed is one message the season would send.
type Rehearsed struct {
	At     time.Time `json:"at"`
	No     string    `json:"no"` // of the reader; "" when nobody can be told
	Person string    `json:"person"`
	Steps  []string  `json:"steps"` // rule/step, sorted
	People int       `json:"people"`
	Text   string    `json:"text"`
}

// Rehearse lists every message the season would send from one instant to another, as the data stand: nobody answers,
// nobody acts, every account is online, and dates that pass lapse as they would. It decides by the code that sends, and
// writes nothing.
func (p *Planner) Rehearse(ctx context.Context, from, to time.Time) ([]Rehearsed, error) {
	start := p.Now()
	if from.Before(start) {
		start = from
	}
	r, err := p.rehearsal(ctx, start, to)
	if err != nil {
		return nil, err
	}
	for at := start; !at.IsZero() && !at.After(to); at = r.next(at) {
		if err := r.tick(ctx, at); err != nil {
			return nil, err
		}
	}
	all := slices.DeleteFunc(r.said, func(s Rehearsed) bool { return s.At.Before(from) })
	slices.SortStableFunc(all, func(a, b Rehearsed) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.No, b.No)) })
	return all, nil
}

// noReader stands where a rehearsed reminder has no reader.
const noReader = "（没有能联系上的人）"

func (p *Planner) rehearsed(l *letter, at time.Time, rules map[int64]string) Rehearsed {
	r := Rehearsed{At: at.In(p.Season.Zone), No: l.reader.Person.No, Person: cmp.Or(l.reader.Person.Name, noReader), Steps: []string{}}
	people := map[[2]int64]bool{}
	for _, it := range l.items {
		people[[2]int64{it.Duty.PersonID, it.unit()}] = true
	}
	for _, line := range l.reminders {
		if step := rules[line.DutyID] + "/" + line.Step; !slices.Contains(r.Steps, step) {
			r.Steps = append(r.Steps, step)
		}
		if l.toNobody() {
			people[[2]int64{line.DutyID, -1}] = true // one duty, one member
		}
	}
	slices.Sort(r.Steps)
	r.People = len(people)
	if !l.toNobody() {
		r.Text = Digest(p.Season, at, l.reader, l.items)
	}
	return r
}

// WriteRehearsal writes a rehearsal as text for people, or as JSON: one array of flat objects.
func WriteRehearsal(w io.Writer, format string, list []Rehearsed) error {
	if format == "json" {
		if list == nil {
			list = []Rehearsed{}
		}
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(list)
	}
	day := ""
	for _, r := range list {
		if d := r.At.Format(time.DateOnly); d != day {
			day = d
			if _, err := fmt.Fprintf(w, "\n== %s ==\n", day); err != nil {
				return err
			}
		}
		who := r.Person
		if r.No != "" {
			who += "（" + r.No + "）"
		}
		about := fmt.Sprintf("涉及%d人", r.People)
		if r.Text != "" {
			about += fmt.Sprintf("，%d字\n%s", utf8.RuneCountInString(r.Text), r.Text)
		}
		if _, err := fmt.Fprintf(w, "\n%s → %s %s\n", r.At.Format("15:04"), who, about); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "\n共%d条消息。\n", len(list))
	return err
}
