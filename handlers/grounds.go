package handlers

import (
	"fmt"
	"strings"

	"xianjie/storage"
)

// 依据 张三: why the product thinks so: each answer of a declaration, and the words it came from.

func isGrounds(t *turn) bool {
	rest, ok := strings.CutPrefix(t.line, textGrounds)
	return ok && (rest == "" || isSeparator([]rune(rest)[0]))
}

func (t *turn) grounds() {
	args := strings.FieldsFunc(strings.TrimPrefix(t.line, textGrounds), isSeparator)
	if len(args) != 1 {
		t.say(textGroundsHow)
		return
	}
	n, ok := t.resolve(args)
	switch {
	case !ok:
	case len(n.members) == 1:
		t.groundsOf(n.members[0])
	case len(n.twice) > 0:
		t.askWhich(pendingRecord{Why: true}, n)
	default:
		t.sayUnknown(args)
	}
}

func (t *turn) groundsOf(m storage.Member) {
	t.audit("view_grounds", fmt.Sprintf("person/%d", m.Person.ID), nil)
	name := t.label(m.Person, &m.Branch)
	d := m.Declaration
	if d == nil {
		t.say(textGroundsNone, name)
		return
	}
	by := textGroundsSelf
	if d.ByPersonID != nil && *d.ByPersonID != m.Person.ID {
		by = textGroundsOther
	}
	t.say(textGroundsHead, name, t.season.DateOf(d.ConfirmedAt).Chinese(), by, t.shortOf(d.Destination))
	var lines []string
	for _, q := range t.season.Asked(d.Destination, storage.AnswersOf(d.Answers)) {
		v, ok := d.Answers[q.Key]
		switch {
		case !ok:
		case v.Personal:
			lines = append(lines, q.Label+"："+textGroundsPersonal)
		case v.Assumed:
			lines = append(lines, q.Label+"："+q.Show(v.Value)+textGroundsAssumed)
		case v.Text == "" || v.Text == v.Value:
			lines = append(lines, q.Label+"："+q.Show(v.Value))
		default:
			lines = append(lines, q.Label+"："+q.Show(v.Value)+fmt.Sprintf(textGroundsWords, oneLine(v.Text, 60)))
		}
	}
	t.say("%s", strings.Join(lines, "\n"))
}
