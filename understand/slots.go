package understand

import "strings"

// slots fills in the facts of a reading. The province is read from what the writer says of themself alone: what is past,
// denied, conditional or somebody else's places nothing.
func (r *Reader) slots(w *weighing, reading *Reading) {
	own := w.own()
	for i := range w.places {
		p := &w.places[i]
		if p.mode != modeHas && p.mode != modePlanned {
			continue
		}
		span := w.m.span(p.from, p.to)
		switch {
		case p.is(markCountry):
			reading.add(SlotCountry, span.Text, span)
		case p.is(markKnownSchool | markAbroadSchool | markJointSchool):
			reading.add(SlotSchool, span.Text, span)
		case p.is(markKnownUnit):
			reading.add(SlotEmployer, span.Text, span)
		}
	}
	if school := reading.Slot(SlotSchool); school != "" && reading.Slot(SlotProvince) == "" && w.v.isHere(school) {
		own = r.season.School
	}
	p := Unit(own)
	for _, name := range []string{SlotSchool, SlotEmployer} {
		if value := reading.Slot(name); value != "" && p.Why == WhyNothing && own != r.season.School {
			p = Unit(value)
		}
	}
	if p.Known() && !w.choice && !w.chooses {
		at := w.m.find(p.Words)
		reading.add(SlotProvince, p.Province, at)
		if p.City != "" {
			reading.add(SlotCity, p.City, at)
		}
	}
}

// own is the clauses in which the writer tells of themself.
func (w *weighing) own() string {
	var b strings.Builder
	for i := range w.m.clauses {
		if i < len(w.aside) && w.aside[i] {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("，")
		}
		for _, r := range w.m.folded[w.m.clauses[i].from:w.m.clauses[i].to] {
			if r != gap {
				b.WriteRune(r)
			}
		}
	}
	return b.String()
}

func (r *Reading) add(name, value string, at Span) {
	if r.Slot(name) == "" {
		r.Slots = append(r.Slots, Slot{name, value, at})
	}
}

// find is where words stand in a message.
func (m *message) find(words string) Span {
	before, _, ok := strings.Cut(string(m.folded), words)
	if !ok || words == "" {
		return Span{Text: words}
	}
	from := len([]rune(before))
	return m.span(from, from+len([]rune(words)))
}
