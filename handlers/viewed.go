package handlers

import (
	"fmt"
	"slices"
	"strings"

	"xianjie/storage"
)

// Whatever a message lets its writer see of other people lands in the audit: who saw it, when, of whom, and from which
// message. What is recorded of somebody says that they were seen, too.

// actionView marks in the audit that something of people was seen and nothing changed.
const actionView = "view"

// viewed notes that the writer is shown something of members.
func (t *turn) viewed(ms ...storage.Member) {
	for _, m := range ms {
		t.viewedPeople(m.Person.ID)
	}
}

// viewedPeople is viewed of anybody on the roster.
func (t *turn) viewedPeople(ids ...int64) {
	for _, id := range ids {
		if own := t.personID(); own != nil && *own == id || slices.Contains(t.shown, id) {
			continue
		}
		t.shown = append(t.shown, id)
	}
}

// auditViews writes one line about everybody who was seen and is not in the audit of this message already.
func (t *turn) auditViews() {
	ids := slices.DeleteFunc(slices.Clone(t.shown), func(id int64) bool {
		return slices.ContainsFunc(t.out.Audit, func(a storage.Audit) bool { return a.Subject == personSubject(id) })
	})
	switch len(ids) {
	case 0:
	case 1:
		t.audit(actionView, personSubject(ids[0]), nil)
	default:
		slices.Sort(ids)
		people := make([]string, len(ids))
		for i, id := range ids {
			people[i] = fmt.Sprint(id)
		}
		t.audit(actionView, t.scopeSubject(t.scope()), map[string]string{"people": strings.Join(people, " ")})
	}
}

func personSubject(id int64) string { return fmt.Sprintf("person/%d", id) }
