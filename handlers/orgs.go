package handlers

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"xianjie/season"
	"xianjie/storage"
)

// What happened to a whole branch or college is recorded like what happened to a member: 支部已删除 机械1班.

// isOrgRecord recognises a message that begins with a word of an event about organisations the officer may record.
func isOrgRecord(t *turn) bool {
	e, _, _, ok := t.orgCommand()
	return ok && t.mayRecordOrg(e)
}

// orgCommand reads "支部已删除 1班 2班", "支部已删除1班", and the same after 撤销.
func (t *turn) orgCommand() (e *season.OrgEvent, names []string, undo, ok bool) {
	line := t.line
	if rest, found := strings.CutPrefix(line, textUndo); found {
		line, undo = strings.TrimLeft(rest, " ：:"), true
	}
	fields := strings.FieldsFunc(line, isSeparator)
	if len(fields) == 0 {
		return nil, nil, false, false
	}
	if e, ok := t.season.OrgEvent(fields[0]); ok {
		return e, fields[1:], undo, true
	}
	for i := range t.season.OrgEvents {
		for _, w := range t.season.OrgEvents[i].Words {
			if rest, found := strings.CutPrefix(fields[0], w); found && len(rest) > len("班") {
				return &t.season.OrgEvents[i], append([]string{rest}, fields[1:]...), undo, true
			}
		}
	}
	return nil, nil, false, false
}

// mayRecordOrg reports whether one of the officer's roles may record an event about organisations.
func (t *turn) mayRecordOrg(e *season.OrgEvent) bool {
	return slices.ContainsFunc(t.p.Roles, func(r storage.RoleIn) bool { return slices.Contains(e.By, r.Party) })
}

// orgDeed is the event by which the writer records that a duty about an organisation is done.
func (t *turn) orgDeed(rule *season.DutyRule) (*season.OrgEvent, bool) {
	for _, key := range rule.Until {
		if e, ok := t.season.OrgEventNamed(key); ok && len(e.Words) > 0 && t.mayRecordOrg(e) {
			return e, true
		}
	}
	return nil, false
}

// within are the branches or colleges in the writer's scope.
func (t *turn) within(kind string) ([]storage.Unit, bool) {
	sc := t.scope()
	return want(t, "units/"+kind, func(ctx context.Context, s *storage.Store) ([]storage.Unit, error) {
		return s.UnitsWithin(ctx, sc, kind)
	})
}

// recordOrg records an event about the organisations named, or takes the last one back. An officer of one college need
// not name it.
func (t *turn) recordOrg() {
	e, names, undo, _ := t.orgCommand()
	units, ok := t.within(e.Subject)
	if !ok {
		return
	}
	var meant []int64
	var unknown, several []string
	for _, name := range names {
		switch found := unitsNamed(units, name); len(found) {
		case 0:
			unknown = append(unknown, "“"+oneLine(name, 20)+"”")
		case 1:
			meant = append(meant, found[0].Org.ID)
		default:
			several = append(several, name)
		}
	}
	if len(names) == 0 && len(units) == 1 {
		meant = []int64{units[0].Org.ID}
	}
	if len(unknown) > 0 {
		t.say(textNobody, t.scopeName(), someNames(unknown, 10))
	}
	for _, name := range several {
		t.say(textSeveralUnits, name)
	}
	switch {
	case len(meant) > 0 && undo:
		t.undoOrgs(e, meant)
	case len(meant) > 0:
		t.recordOrgs(e.Key, meant)
	case len(names) == 0:
		t.say(textRecordOrgHow, e.Words[0], exampleUnit(units, e))
	}
}

func exampleUnit(units []storage.Unit, e *season.OrgEvent) string {
	if len(units) == 0 {
		return e.Words[0]
	}
	return e.Words[0] + " " + units[0].Org.Name
}

// unitsNamed are the organisations a name means: its own, its college's and its own, or, where no other begins like
// that, its beginning.
func unitsNamed(units []storage.Unit, name string) []storage.Unit {
	var exact, begins []storage.Unit
	for _, u := range units {
		switch full := u.College.Name + u.Org.Name; {
		case u.Org.Name == name, full == name:
			exact = append(exact, u)
		case strings.HasPrefix(u.Org.Name, name), strings.HasPrefix(full, name) && len(name) > len(u.College.Name):
			begins = append(begins, u)
		}
	}
	if len(exact) > 0 {
		return exact
	}
	return begins
}

// units are organisations by id as they stand now.
func (t *turn) units(ids []int64) (map[int64]storage.Unit, bool) {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	ids = slices.Compact(ids)
	now := t.now
	list, ok := want(t, fmt.Sprintf("standings/%v", ids), func(ctx context.Context, s *storage.Store) ([]storage.Unit, error) {
		return s.Standings(ctx, ids, now)
	})
	m := make(map[int64]storage.Unit, len(list))
	for _, u := range list {
		m[u.Org.ID] = u
	}
	return m, ok
}

// recordOrgs records an event for organisations; it reports false while a fact is missing.
func (t *turn) recordOrgs(event string, ids []int64) bool {
	e, known := t.season.OrgEventNamed(event)
	units, ok := t.units(ids)
	if !ok {
		return false
	}
	var done, before []string
	for _, id := range ids {
		u, there := units[id]
		if !known || !there || u.Org.Kind != e.Subject || !t.mayRecordOrg(e) {
			continue
		}
		if _, again := u.Standing.Events[e.Key]; again {
			before = append(before, u.Org.Name)
			continue
		}
		change := u.Changed(t.season, []storage.OrgEvent{{
			Event: e.Key, At: t.now, RecordedAt: t.now, ByPersonID: t.personID(), InboxID: &t.p.Inbox.ID,
		}}, storage.DutyDone)
		t.out.Orgs = append(t.out.Orgs, change)
		t.audit("record", fmt.Sprintf("org/%d", id), map[string]string{"event": e.Key})
		done = append(done, u.Org.Name)
	}
	if len(done) > 0 {
		t.say(textRecordedOrg, e.Name, strings.Join(done, "、"))
	}
	if len(before) > 0 {
		t.say(textRecordedOrgBefore, strings.Join(before, "、"), e.Name)
	}
	return true
}

// undoOrgs takes back that an event was recorded for organisations.
func (t *turn) undoOrgs(e *season.OrgEvent, ids []int64) {
	units, ok := t.units(ids)
	if !ok {
		return
	}
	events, ok := want(t, fmt.Sprintf("org_events/%v", ids), func(ctx context.Context, s *storage.Store) ([]storage.OrgEvent, error) {
		return s.OrgEventsOf(ctx, ids)
	})
	if !ok {
		return
	}
	for _, id := range ids {
		u, there := units[id]
		if !there {
			continue
		}
		var undo []int64
		var last storage.OrgEvent
		for _, ev := range events {
			if ev.OrgID == id && ev.Event == e.Key {
				undo, last = append(undo, ev.ID), ev
			}
		}
		if len(undo) == 0 {
			t.say(textNothingToUndoOrg, u.Org.Name, e.Name)
			continue
		}
		if !t.mayTakeBack(last.ByPersonID, last.RecordedAt) {
			t.say("%s", t.notTakenBack(u.Org.Name, e.Name, last.ByPersonID, last.RecordedAt))
			continue
		}
		delete(u.Standing.Events, e.Key)
		change := u.Changed(t.season, nil, storage.DutyWithdrawn)
		change.Undo = undo
		t.out.Orgs = append(t.out.Orgs, change)
		t.audit("undo", fmt.Sprintf("org/%d", id), map[string]string{"event": e.Key})
		t.say(textUndoneOrg, e.Name, u.Org.Name)
	}
}
