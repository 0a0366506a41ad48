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
		case p.is(markKnownSchool) && r.isHere(span.Text):
			reading.add(SlotHere, span.Text, span)
		case p.is(markKnownSchool | markAbroadSchool | markJointSchool):
			reading.add(SlotSchool, span.Text, span)
		case p.is(markKnownUnit):
			reading.add(SlotEmployer, span.Text, span)
		}
	}
	r.address(w, reading)
	p := Unit(own)
	for _, name := range []string{SlotSchool, SlotEmployer} {
		if value := reading.Slot(name); value != "" && p.Why == WhyNothing {
			p = Unit(value)
		}
	}
	if p.Why == WhyNothing && w.candidates == w.v.without { // where one is at home counts for who has no other place
		if found := Province(own); len(found) == 1 && !isAbroad(own) {
			reading.add(SlotProvince, found[0], w.m.span(0, len(w.m.runes)))
		}
	}
	if p.Known && !w.choice && !w.chooses {
		at := w.m.find(p.Words)
		reading.add(SlotProvince, p.Province, at)
		if p.City != "" {
			reading.add(SlotCity, p.City, at)
		}
	}
}

// isHere reports the writer's own school.
func (r *Reader) isHere(school string) bool {
	return strings.HasPrefix(school, r.season.School) || r.v.isHere(school)
}

// address is a place with what follows it, down to a town or a village: 河南省某某县某某镇某某村.
func (r *Reader) address(w *weighing, reading *Reading) {
	for i := range w.places {
		p := &w.places[i]
		if !p.is(markPlace) || p.mode != modeHas {
			continue
		}
		end, to := 0, w.m.clauses[p.clause].to
		for at := p.to; at < to && at < p.from+longestAddress; at++ {
			if strings.ContainsRune("镇乡村", w.m.folded[at]) {
				end = at + 1
			}
			for _, tail := range []string{"街道", "社区", "小区"} {
				if strings.HasPrefix(string(w.m.folded[at:min(to, at+2)]), tail) {
					end = at + 2
				}
			}
		}
		if end > 0 {
			span := w.m.span(p.from, end)
			reading.add(SlotAddress, withoutProvince(span.Text), span)
			return
		}
	}
}

// withoutProvince is an address without the province it begins with, which is a fact of its own.
func withoutProvince(address string) string {
	for _, short := range places().short {
		rest, ok := strings.CutPrefix(address, short)
		if !ok {
			continue
		}
		for _, kind := range []string{"省", "壮族自治区", "回族自治区", "维吾尔自治区", "自治区", "市"} {
			if cut, ok := strings.CutPrefix(rest, kind); ok {
				rest = cut
				break
			}
		}
		if rest = strings.TrimSpace(rest); rest != "" {
			return rest
		}
	}
	return address
}

// longestAddress is how many characters an address has at most.
const longestAddress = 40

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
		c := &w.m.clauses[i]
		at := c.from
		for k := range c.tokens {
			if t := &c.tokens[k]; t.cue != nil && strings.ContainsRune("上到取", w.m.folded[t.to-1]) { // 考上|交大 is not 上交大
				w.m.write(&b, at, t.from)
				b.WriteString("，")
				at = t.to
			}
		}
		w.m.write(&b, at, c.to)
	}
	return b.String()
}

// write writes a part of the message as it is read.
func (m *message) write(b *strings.Builder, from, to int) {
	for _, r := range m.folded[from:to] {
		if r != gap {
			b.WriteRune(r)
		}
	}
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
