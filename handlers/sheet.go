package handlers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"xianjie/roster"
	"xianjie/season"
	"xianjie/storage"
	"xianjie/understand"
)

// A workbook of 导出 that comes back filled in: what it would record is said row by row, and 确认 records it. It is read
// anew then, and recorded only where that still comes to the same.

// sheetEnding is how the name of a workbook ends.
const sheetEnding = ".xlsx"

// sheetDraft is a workbook that waits for 确认.
type sheetDraft struct {
	Inbox int64  `json:"inbox"` // the message it came in
	Sum   string `json:"sum"`   // of what was shown
}

// sheetDeed is an event for some members, as a workbook asks for it.
type sheetDeed struct {
	event   *season.Event
	day     season.Date // zero: the day of the answer
	note    string
	members []storage.Member
}

// sheetPlan is what a workbook comes to.
type sheetPlan struct {
	rows   int         // in the workbook
	deeds  []sheetDeed // in the order of the workbook
	before []string    // names of those of whom the same was recorded since
	wrong  []string    // rows that are not taken, with why
}

func isSheet(t *turn) bool {
	return t.p.Inbox.Kind == storage.FileDocument && strings.HasSuffix(strings.ToLower(t.attached()), sheetEnding)
}

// sheetCame says what the workbook would record.
func (t *turn) sheetCame() {
	f, ok := t.file()
	if !ok {
		return
	}
	plan, ok := t.planOf(f)
	if !ok {
		return
	}
	t.draft.Pending, t.draft.Reply, t.draft.Sheet = nil, nil, nil
	t.sayPlan(plan)
	if len(plan.deeds) > 0 {
		t.draft.Sheet = &sheetDraft{Inbox: t.p.Inbox.ID, Sum: plan.sum()}
	}
}

// applySheet records what was shown; when it would come to something else meanwhile, that is shown instead.
func (t *turn) applySheet() {
	f, ok := t.fileIn(t.draft.Sheet.Inbox)
	if !ok {
		return
	}
	if f == nil {
		t.draft.Sheet = nil
		t.say(textFileGone)
		return
	}
	plan, ok := t.planOf(f)
	if !ok {
		return
	}
	if sum := plan.sum(); sum != t.draft.Sheet.Sum {
		waiting := &sheetDraft{Inbox: t.draft.Sheet.Inbox, Sum: sum} // a new one: what was asked anew waits on
		t.say(textSheetMoved)
		t.sayPlan(plan)
		if len(plan.deeds) == 0 {
			waiting = nil
		}
		t.draft.Sheet = waiting
		return
	}
	var all []storage.Member
	for _, d := range plan.deeds {
		all = append(all, d.members...)
	}
	contacts, ok := t.contactsOf(all)
	if !ok {
		return
	}
	for _, d := range plan.deeds {
		p := pendingRecord{Event: d.event.Key, At: t.sheetDay(d.day).UTC().Format(time.RFC3339Nano), Reason: d.note}
		t.applyReaching(contacts, p, d.members, func(m storage.Member) string { return m.Person.Name })
	}
	t.draft.Sheet = nil
}

func (t *turn) dropSheet() {
	t.draft.Sheet = nil
	t.say(textDropped)
}

// sheetDay is when something happened.
func (t *turn) sheetDay(d season.Date) time.Time {
	if d.IsZero() {
		return t.now
	}
	return t.season.Noon(d, t.now)
}

// planOf reads a workbook against how its members stand. False: a need, or it cannot be read, which is said.
func (t *turn) planOf(f *storage.File) (*sheetPlan, bool) {
	rows, err := roster.ReadProgress(context.Background(), f.Name, f.Content)
	var unusable *roster.Unusable
	if errors.As(err, &unusable) {
		t.say(textSheetUnusable, unusable.Reason)
		return nil, false
	}
	if err != nil {
		t.say(textSheetUnusable, textSheetBroken)
		return nil, false
	}
	rows, idle := filledIn(rows)
	nos := make([]string, 0, len(rows))
	for _, r := range rows {
		nos = append(nos, r.No)
	}
	sc := t.scope()
	found, ok := want(t, fmt.Sprintf("numbered/%d", t.p.Inbox.ID), func(ctx context.Context, s *storage.Store) (map[string]storage.Member, error) {
		ms, err := s.MembersNumbered(ctx, sc, nos)
		byNo := make(map[string]storage.Member, len(ms))
		for _, m := range ms {
			byNo[m.Person.No] = m
		}
		return byNo, err
	})
	if !ok {
		return nil, false
	}
	plan := &sheetPlan{rows: len(rows) + idle}
	taken := map[string]int{} // number → line
	for _, r := range rows {
		m, known := found[r.No]
		if known && understand.SameName(m.Person.Name, r.Name) {
			t.viewed(m)
		}
		switch {
		case !known:
			plan.refuse(r, fmt.Sprintf(textSheetNobody, t.scopeName()))
		case !understand.SameName(m.Person.Name, r.Name):
			plan.refuse(r, textSheetOtherName)
		case taken[r.No] != 0 && r.Record != "":
			plan.refuse(r, fmt.Sprintf(textSheetTwice, taken[r.No]))
		case t.plan(plan, r, m):
			taken[r.No] = r.Line
		}
	}
	return plan, true
}

// filledIn are the rows that ask for something or may: those that carry a word, and those whose state may have been
// written over. idle counts the others.
func filledIn(rows []roster.Filled) (asking []roster.Filled, idle int) {
	asking = slices.DeleteFunc(rows, func(r roster.Filled) bool {
		skip := r.Record == "" && (r.State == "" || r.No == "")
		if skip {
			idle++
		}
		return skip
	})
	return asking, idle
}

// plan adds one row; true when it asks for something that can be recorded.
func (t *turn) plan(plan *sheetPlan, r roster.Filled, m storage.Member) bool {
	now := t.nameOf(m.Transfer)
	stale := r.Version != 0 && r.Version != m.Transfer.Version
	if r.Record == "" {
		if r.State != now && !stale {
			plan.refuse(r, textSheetState) // somebody wrote over 目前进展
		}
		return false
	}
	e, ok := t.season.Event(r.Record)
	switch {
	case !ok || !t.mayRecord(e):
		plan.refuse(r, fmt.Sprintf(textSheetWord, oneLine(r.Record, 12)))
		return false
	case stale && t.recordedLast(m, e):
		plan.before = append(plan.before, m.Person.Name)
		return false
	case stale:
		plan.refuse(r, fmt.Sprintf(textSheetStale, now))
		return false
	}
	var day season.Date
	if r.Day != "" {
		d, err := understand.Date(r.Day, t.season.Opens, t.today())
		if err != nil {
			plan.refuse(r, fmt.Sprintf(textSheetDay, oneLine(r.Day, 12), t.season.Opens.Chinese()))
			return false
		}
		day = d
	}
	if _, err := m.Record(t.season, e.Key, t.sheetDay(day), t.now, storage.DutyDone, t.said()); err != nil {
		if early := (*storage.TooEarly)(nil); errors.As(err, &early) {
			plan.refuse(r, fmt.Sprintf(textSheetEarly, e.Name, early.From.Chinese()))
		} else {
			plan.refuse(r, fmt.Sprintf(textSheetNotNow, now, e.Name))
		}
		return false
	}
	note := oneLine(r.Note, 100)
	if _, why := t.undecidable(e, m, note); why != "" {
		plan.refuse(r, why)
		return false
	}
	i := slices.IndexFunc(plan.deeds, func(d sheetDeed) bool { return d.event == e && d.day == day && d.note == note })
	if i < 0 {
		i = len(plan.deeds)
		plan.deeds = append(plan.deeds, sheetDeed{event: e, day: day, note: note})
	}
	plan.deeds[i].members = append(plan.deeds[i].members, m)
	return true
}

// recordedLast reports that the same was recorded last of the member already.
func (t *turn) recordedLast(m storage.Member, e *season.Event) bool {
	return len(m.Events) > 0 && m.Events[len(m.Events)-1].Event == e.Key
}

func (p *sheetPlan) refuse(r roster.Filled, why string) {
	p.wrong = append(p.wrong, fmt.Sprintf(textSheetRow, r.Line, oneLine(r.Name, 12), why))
}

// sum tells plans apart: who, what, when, with which words, on which state of theirs.
func (p *sheetPlan) sum() string {
	h := sha256.New()
	for _, d := range p.deeds {
		fmt.Fprintf(h, "%s %s %q", d.event.Key, d.day, d.note)
		for _, m := range d.members {
			fmt.Fprintf(h, " %d/%d", m.Person.ID, m.Transfer.Version)
		}
		fmt.Fprintln(h)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// shownWrong is how many rows that are not taken are said one by one.
const shownWrong = 20

func (t *turn) sayPlan(p *sheetPlan) {
	t.say(textSheetHead, p.rows)
	var lines []string
	for _, d := range p.deeds {
		names := make([]string, len(d.members))
		for i, m := range d.members {
			names[i] = m.Person.Name
		}
		line := fmt.Sprintf(textSheetDeed, d.event.Name, len(names), someNames(names, 10))
		if !d.day.IsZero() {
			line += fmt.Sprintf(textSheetOn, d.day.Chinese())
		}
		if d.note != "" {
			line += fmt.Sprintf(textSheetNote, d.note)
		}
		lines = append(lines, line)
	}
	t.say("%s", strings.Join(lines, "\n"))
	if len(p.before) > 0 {
		t.say(textSheetBefore, len(p.before), someNames(p.before, 10))
	}
	if len(p.wrong) > 0 {
		more := ""
		if len(p.wrong) > shownWrong {
			more = fmt.Sprintf("\n"+textSheetMore, len(p.wrong)-shownWrong)
		}
		t.say(textSheetWrong+"\n%s%s", len(p.wrong), strings.Join(p.wrong[:min(shownWrong, len(p.wrong))], "\n"), more)
	}
	if len(p.deeds) == 0 {
		t.say(textSheetNothing)
		return
	}
	t.say(textSheetConfirm)
}
