package handlers

import (
	"context"
	"fmt"
	"strings"

	"xianjie/season"
	"xianjie/storage"
)

// menus lists the destinations of a season, by name and with what each means.
func menus(s *season.Season) (short, explained string) {
	names, explains := make([]string, len(s.Destinations)), make([]string, len(s.Destinations))
	for i, d := range s.Destinations {
		names[i] = d.Name
		explains[i] = d.Name + "：" + strings.TrimSuffix(d.Explain, "。")
	}
	return numbered(names), numbered(explains)
}

// destinations asks for a destination, by name or with what each means.
func (t *turn) destinations(explained bool) string {
	list := t.menu
	if explained {
		list = t.explained
	}
	if t.draft.For != 0 {
		return fmt.Sprintf(t.menuForText(), t.draft.ForName) + "\n" + list
	}
	return t.menuText() + "\n" + list + "\n" + textMenuHint
}

// question is the question being asked, with its options.
func (t *turn) question() string {
	q := t.asked()
	if q == nil {
		return ""
	}
	if len(t.draft.Choices) > 0 {
		return textWhichOne + "\n" + numbered(t.draft.Choices)
	}
	text := q.Ask
	if len(q.Options) > 0 {
		names := make([]string, len(q.Options))
		for i, o := range q.Options {
			names[i] = o.Name
		}
		text += "\n" + numbered(names)
	}
	if q.Hint != "" {
		text += "\n" + q.Hint
	}
	return text
}

// summary shows everything that 确认 would declare.
func (t *turn) summary() string {
	var b strings.Builder
	b.WriteString(textSummary)
	for _, it := range t.items() {
		fmt.Fprintf(&b, "\n%s：%s", it.label, it.value)
	}
	b.WriteString("\n\n" + textSummaryHow)
	if t.declared() {
		b.WriteString(textSummaryKept)
	}
	return b.String()
}

// editMenu numbers everything that can be changed.
func (t *turn) editMenu() string {
	var lines []string
	for _, it := range t.items() {
		lines = append(lines, it.label+"："+it.value)
	}
	how := textEditHow
	if !t.declared() {
		how = textEditHowFirst
	}
	return textEditMenu + "\n" + numbered(lines) + "\n" + how
}

// outcomeText is what a member learns after confirming: where to, who, by when, and what to do.
func outcomeText(d *season.Destination, o season.Outcome) string {
	var b strings.Builder
	fmt.Fprintf(&b, textOutcomeHead, d.Name)
	b.WriteString("\n" + routeText(o))
	return b.String()
}

// routeText is where the relation goes, who initiates and reviews, and what the member has to do.
func routeText(o season.Outcome) string {
	var b strings.Builder
	fmt.Fprintf(&b, textOutcomeTo, o.To)
	if o.Moves {
		if names := partyNames(o.Initiators); names != "" {
			fmt.Fprintf(&b, textOutcomeBy, names)
		}
	}
	if o.Review != "" {
		fmt.Fprintf(&b, textOutcomeReview, o.Review)
	}
	if o.Deadline != "" {
		fmt.Fprintf(&b, textOutcomeWhen, o.Deadline)
	}
	if len(o.Steps) > 0 {
		b.WriteString(textOutcomeSteps)
		b.WriteString("· " + strings.Join(o.Steps, "\n· "))
	}
	for _, n := range o.Notes {
		b.WriteString("\n\n" + n)
	}
	return b.String()
}

// partyNames is 录取学校团组织、学院团委或你本人.
func partyNames(ps []season.Party) string {
	var b strings.Builder
	for i, p := range ps {
		switch i {
		case 0:
		case len(ps) - 1:
			b.WriteString("或")
		default:
			b.WriteString("、")
		}
		b.WriteString(p.Name)
	}
	return b.String()
}

// stateName is the state of the subject's transfer as people say it.
func (t *turn) stateName() string {
	if t.subject == nil {
		return textUndeclared
	}
	return t.nameOf(t.subject.Transfer)
}

// whereItStands sums up a confirmed declaration in a few lines.
func (t *turn) whereItStands() string {
	if !t.declared() {
		return ""
	}
	declared := t.subject.Declaration
	d, ok := t.season.Destination(declared.Destination)
	if !ok {
		return ""
	}
	return fmt.Sprintf(textStanding, d.Name, declared.Target, t.stateName())
}

// status tells what is stored about the subject: who they are, where it goes, what is done and what is open.
func (t *turn) status() {
	m := t.subject
	var duties []storage.Duty
	if t.declared() {
		var ok bool
		duties, ok = want(t, fmt.Sprintf("duties/%d", m.Person.ID), func(ctx context.Context, s *storage.Store) ([]storage.Duty, error) {
			return s.OpenDutiesOf(ctx, []int64{m.Person.ID})
		})
		if !ok {
			return
		}
	}
	t.say(textStatusWho, m.Person.Name, m.College.Name, m.Branch.Name)
	if !t.declared() {
		t.say("%s", t.undeclaredText())
	} else {
		t.say("%s", t.whereItStands())
		if o, err := t.season.Route(m.Declaration.Destination, m.Answers()); err == nil {
			st := t.season.TrackState(m.Transfer.Track, m.Transfer.State)
			if o.Deadline != "" && !st.Done {
				t.say(textStatusDeadline, o.Deadline)
			}
		}
		t.say("%s", t.openWork(duties))
		if a := t.awaited(); a != nil && t.subject == t.self {
			t.say(textHandInHow, a.Name)
		}
	}
	if t.state != stateDone {
		if t.declared() && t.draft.For == 0 {
			t.say(textStatusEditing)
		}
		t.prompt()
	}
}

// openWork says who has to do what next, by when.
func (t *turn) openWork(duties []storage.Duty) string {
	var b strings.Builder
	for _, d := range duties {
		r, ok := t.season.DutyRule(d.Rule)
		if !ok {
			continue
		}
		due, err := season.ParseDate(d.Due)
		if err != nil {
			continue
		}
		fmt.Fprintf(&b, textStatusDuty, r.Name, due.Chinese(), daysLeft(t.today().DaysUntil(due)), t.season.Parties[r.Of].Name)
	}
	if b.Len() == 0 {
		return ""
	}
	return textStatusDuties + b.String()
}

// daysLeft is 今天, 明天, 还有3天 or 已过2天.
func daysLeft(n int) string {
	switch {
	case n < 0:
		return fmt.Sprintf("已过%d天", -n)
	case n == 0:
		return "就在今天"
	case n == 1:
		return "就在明天"
	}
	return fmt.Sprintf("还有%d天", n)
}

// welcome is what somebody sees right after being bound.
type welcome struct {
	state string
	hello string // with who they are: 张三（机械学院 机械1班）
	next  string
}

// welcomeFor loads what is known of a person who is being bound in this turn.
func (t *turn) welcomeFor(p storage.Person) (welcome, bool) {
	type loaded struct {
		members []storage.Member
		roles   []storage.RoleIn
	}
	l, ok := want(t, fmt.Sprintf("welcome/%d", p.ID), func(ctx context.Context, s *storage.Store) (loaded, error) {
		ms, err := s.Members(ctx, []int64{p.ID})
		if err != nil {
			return loaded{}, err
		}
		rs, err := s.RolesOf(ctx, []int64{p.ID})
		return loaded{ms, rs[p.ID]}, err
	})
	if !ok {
		return welcome{}, false
	}
	// The same renderer, seen with the eyes of the person bound.
	v := &turn{Turner: t.Turner, now: t.now, facts: t.facts}
	v.p.Person, v.p.Roles = &p, l.roles
	w := welcome{state: stateOffice}
	if len(l.members) == 0 {
		if len(l.roles) == 0 {
			w.next = fmt.Sprintf(textNoRole, p.Name)
			return w, true
		}
		w.hello = fmt.Sprintf(textBoundOfficer, p.Name, l.roles[0].Org.Name)
		w.next = v.officerWords()
		return w, true
	}
	m := l.members[0]
	v.self, v.p.Branch, v.p.College = &m, &m.Branch, &m.College
	v.turnTo(&m)
	v.p.Transfer, v.p.Declaration, v.p.Events = &m.Transfer, m.Declaration, m.Events
	w.hello = fmt.Sprintf(textBound, p.Name, m.College.Name, m.Branch.Name)
	if m.Declaration != nil {
		w.state, w.next = stateDone, v.whereItStands()+"\n\n"+textChangeAnyTime
	} else {
		w.state, w.next = stateChoose, v.destinations(false)
	}
	if len(l.roles) > 0 {
		w.next += "\n\n" + textOfficerToo + v.officerWords()
	}
	return w, true
}
