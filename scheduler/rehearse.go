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

	"xianjie/storage"
)

// Rehearsed is one message the season would send.
type Rehearsed struct {
	At     time.Time `json:"at"`
	No     string    `json:"no"`
	Person string    `json:"person"`
	Steps  []string  `json:"steps"` // rule/step, sorted
	People int       `json:"people"`
	Text   string    `json:"text"`
}

// Rehearse lists every message the season would send after from and up to to, as the data stand: nobody answers, nobody
// acts, and dates that pass are reported as lapsed. It decides by the same code that sends, and writes nothing.
func (p *Planner) Rehearse(ctx context.Context, from, to time.Time) ([]Rehearsed, error) {
	due, err := p.Store.StepsBetween(ctx, from, to)
	if err != nil {
		return nil, err
	}
	lapsing, err := p.Store.LapsesBetween(ctx, from, to)
	if err != nil {
		return nil, err
	}
	for _, d := range lapsing {
		rule, ok := p.Season.DutyRule(d.Rule)
		if !ok {
			continue
		}
		for _, st := range p.report(rule, d.LapsesAt, d.LapsesAt) {
			if !st.At.After(to) {
				st.DutyID = d.ID
				due = append(due, storage.DueStep{Step: st, Duty: d})
			}
		}
	}
	slices.SortStableFunc(due, func(a, b storage.DueStep) int { return a.Step.At.Compare(b.Step.At) })
	var all []Rehearsed
	for len(due) > 0 {
		at := due[0].Step.At
		n := 0
		for n < len(due) && due[n].Step.At.Equal(at) {
			n++
		}
		letters, err := p.compose(ctx, due[:n], at)
		if err != nil {
			return nil, err
		}
		for _, l := range letters {
			all = append(all, p.rehearsed(l, at, due[:n]))
		}
		due = due[n:]
	}
	slices.SortStableFunc(all, func(a, b Rehearsed) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.No, b.No)) })
	return all, nil
}

func (p *Planner) rehearsed(l *letter, at time.Time, due []storage.DueStep) Rehearsed {
	r := Rehearsed{At: at.In(p.Season.Zone), No: l.reader.Person.No, Person: l.reader.Person.Name}
	people := map[int64]bool{}
	for _, line := range l.reminders {
		i := slices.IndexFunc(due, func(d storage.DueStep) bool { return d.Duty.ID == line.DutyID })
		step := due[i].Duty.Rule + "/" + line.Step
		if !slices.Contains(r.Steps, step) {
			r.Steps = append(r.Steps, step)
		}
		people[due[i].Duty.PersonID] = true
	}
	slices.Sort(r.Steps)
	r.People = len(people)
	if r.No != "" {
		r.Text = Digest(p.Season, at, l.reader, l.items)
	} else {
		r.Person = "（没有能联系上的人）"
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
		if d := r.At.Format("2006-01-02"); d != day {
			day = d
			if _, err := fmt.Fprintf(w, "\n== %s ==\n", day); err != nil {
				return err
			}
		}
		if _, err := fmt.Fprintf(w, "\n%s → %s（%s）%d人 %d字\n%s\n", r.At.Format("15:04"), r.Person, r.No, r.People, utf8.RuneCountInString(r.Text), r.Text); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "\n共%d条消息。\n", len(list))
	return err
}
