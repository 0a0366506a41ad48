package understand

// slots fills in the facts of a reading.
func (r *Reader) slots(w *weighing, reading *Reading) {
	var where []string
	for i := range w.places {
		p := &w.places[i]
		if p.mode != modeHas {
			continue
		}
		span := w.m.span(p.from, p.to)
		switch {
		case p.is(markCountry):
			reading.add(SlotCountry, span)
		case p.is(markKnownSchool | markAbroadSchool | markJointSchool):
			reading.add(SlotSchool, span)
			where = append(where, span.Text)
		case p.is(markKnownUnit):
			reading.add(SlotEmployer, span)
			where = append(where, span.Text)
		case p.is(markPlace):
			where = append(where, span.Text)
		}
	}
	for _, text := range where {
		if ps := Province(text); len(ps) == 1 {
			reading.Slots = append(reading.Slots, Slot{SlotProvince, ps[0], Span{Text: text}})
			return
		}
	}
}

func (r *Reading) add(name string, at Span) {
	if r.Slot(name) == "" {
		r.Slots = append(r.Slots, Slot{name, at.Text, at})
	}
}
