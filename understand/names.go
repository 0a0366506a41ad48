package understand

import "strings"

// maxName is how many characters the name of a unit or a school has at most.
const maxName = 30

// nameUnits joins the words of each name of a unit or a school to one token: from its last word (公司, 大学) back to
// what introduces it (签了, 在).
func (v *vocabulary) nameUnits(m *message, list []word, from, to int) []word {
	for i := len(list) - 1; i >= 0; i-- {
		tail := list[i]
		if !tail.is(markTailUnit|markTailSchool) || tail.cue != nil && tail.cue.kind != cuePost {
			continue
		}
		first := i
		begin := tail.from
		for begin > from && tail.to-begin < maxName {
			if first > 0 && list[first-1].to == begin {
				if t := &list[first-1]; !t.inName(m) || t.is(markCountry) && tail.is(markTailUnit) {
					break
				}
				first--
				begin = list[first].from
				continue
			}
			if r := m.folded[begin-1]; !isHan(r) && !isLatin(r) && r != '（' && r != '）' && r != '(' && r != ')' && r != '·' {
				break
			}
			begin--
		}
		for first < i && list[first].from < begin {
			first++
		}
		if tail.from-begin < 2 && !(first < i && list[first].is(markPlace)) && tail.to-tail.from < 4 {
			continue
		}
		name := word{from: begin, to: tail.to, marks: markKnownUnit}
		if tail.is(markTailSchool) {
			name.marks = markKnownSchool
		}
		for _, t := range list[first : i+1] {
			if t.is(markPlace) && name.place == 0 {
				name.place = t.place
			}
			if t.is(markAbroadSchool) || t.is(markCountry) && name.is(markKnownSchool) {
				name.marks = markAbroadSchool
			}
			if t.is(markKnownSchool) && strings.HasSuffix(string(m.folded[tail.from:tail.to]), "研究院") {
				name.marks = markKnownSchool
			}
			if t.is(markJointSchool) {
				name.marks = markJointSchool
			}
		}
		list = append(list[:first], append([]word{name}, list[i+1:]...)...)
		i = first
	}
	return list
}

// inName reports that a token can stand within the name of a unit.
func (t *word) inName(m *message) bool {
	if t.is(markPlace | markTailUnit | markTailSchool | markKnownUnit | markKnownSchool | markAbroadSchool | markJointSchool | markCountry) {
		return true
	}
	if t.is(markStop) || t.cue != nil && t.cue.kind != cuePost && t.cue.kind != cueCourse {
		return false
	}
	if t.to-t.from == 1 {
		return true
	}
	return t.is(markNeutral) && !t.is(markStop)
}
