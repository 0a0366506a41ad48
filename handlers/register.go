package handlers

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"xianjie/roster"
	"xianjie/season"
	"xianjie/storage"
)

// 登记册: the applications that were approved, as a workbook in chat and as a table for scripts.

func isRegister(t *turn) bool { return t.heard(textRegister) && len(t.readable()) > 0 }

// Registered is a member in the register, with how the application was handed in and approved.
type Registered struct {
	Member         storage.Member
	Application    *season.Application
	Handed         *storage.TransferEvent // nil when only the approval was recorded
	Approved       storage.TransferEvent
	ApprovedByName string
}

// RegisteredOf finds a member's approved application; false when there is none.
func RegisteredOf(s *season.Season, m storage.Member) (Registered, bool) {
	if m.Declaration == nil {
		return Registered{}, false
	}
	r := Registered{Member: m, Application: s.ApplicationOf(m.Declaration.Destination, m.Declaration.Route)}
	if r.Application == nil {
		return r, false
	}
	approved := false
	for _, e := range m.Events { // the last of each
		switch e.Event {
		case r.Application.Handed:
			r.Handed = &e
		case r.Application.Approve:
			r.Approved, approved = e, true
		case r.Application.Return:
			approved = false
		}
	}
	return r, approved
}

// registerFacts are the questions whose answers stand in the register, in the order the season names them.
func registerFacts(s *season.Season) []string {
	var keys []string
	for i := range s.Destinations {
		for _, r := range s.Destinations[i].Routes {
			if r.Application == nil {
				continue
			}
			for _, k := range r.Application.Facts {
				if !slices.Contains(keys, k) {
					keys = append(keys, k)
				}
			}
		}
	}
	return keys
}

// RegisterColumns are the columns of the register in a season.
func RegisterColumns(s *season.Season) []roster.Column {
	cs := []roster.Column{
		{Key: "no", Title: "学号"},
		{Key: "name", Title: "姓名"},
		{Key: "college", Title: "二级团组织"},
		{Key: "branch", Title: "团支部"},
		{Key: "destination", Title: "去向"},
		{Key: "application", Title: "申请编号"},
		{Key: "handed_at", Title: "交申请"},
		{Key: "approved_at", Title: "批准"},
		{Key: "approved_by", Title: "批准人"},
		{Key: "state", Title: "状态"},
		{Key: "state_name", Title: "进展"},
	}
	for _, k := range registerFacts(s) {
		cs = append(cs, roster.Column{Key: "answer_" + k, Title: s.Questions[k].Label})
	}
	return cs
}

// RegisterRow is a row of the register; at shows an instant.
func RegisterRow(s *season.Season, r Registered, at func(time.Time) any) []any {
	m := r.Member
	var number, handed any
	if r.Handed != nil {
		handed = at(r.Handed.At)
		if r.Handed.FileID != nil {
			number = *r.Handed.FileID
		}
	}
	row := []any{
		m.Person.No, m.Person.Name, m.College.Name, m.Branch.Name, m.Transfer.Destination, number, handed, at(r.Approved.At), r.ApprovedByName,
		m.Transfer.State, s.TrackState(m.Transfer.Track, m.Transfer.State).Name,
	}
	answers := m.Answers()
	for _, k := range registerFacts(s) {
		if v, ok := answers[k]; ok && slices.Contains(r.Application.Facts, k) {
			row = append(row, v)
		} else {
			row = append(row, nil)
		}
	}
	return row
}

// hiddenInChat are the columns of the register that only scripts read.
var hiddenInChat = []string{"destination", "state"}

// register sends the register of the writer's part of the school.
func (t *turn) register() {
	type loaded struct {
		members []storage.Member
		names   map[int64]storage.Person
	}
	sc := t.scope()
	var destinations []string
	for _, a := range t.readable() {
		if !slices.Contains(destinations, a.destination) {
			destinations = append(destinations, a.destination)
		}
	}
	l, ok := want(t, "register", func(ctx context.Context, s *storage.Store) (loaded, error) {
		var l loaded
		var by []int64
		for _, d := range destinations {
			for after := int64(0); ; {
				page, _, err := s.MembersIn(ctx, sc, storage.Filter{Destination: d}, after, exportPage)
				if err != nil {
					return l, err
				}
				for _, m := range page {
					after = m.Person.ID
					if r, ok := RegisteredOf(t.season, m); ok {
						l.members = append(l.members, m)
						if r.Approved.ByPersonID != nil {
							by = append(by, *r.Approved.ByPersonID)
						}
					}
				}
				if len(page) < exportPage {
					break
				}
			}
		}
		slices.Sort(by)
		var err error
		l.names, err = s.PeopleByID(ctx, slices.Compact(by))
		return l, err
	})
	if !ok {
		return
	}
	var list []Registered
	for _, m := range l.members {
		r, _ := RegisteredOf(t.season, m)
		if !t.reads(r.Application, m) {
			continue
		}
		if by := r.Approved.ByPersonID; by != nil {
			r.ApprovedByName = l.names[*by].Name
		}
		list = append(list, r)
	}
	if len(list) == 0 {
		t.say(textRegisterEmpty, t.scopeName())
		return
	}
	t.sendRegister(list)
	t.audit("view_register", t.scopeSubject(sc), map[string]string{"members": fmt.Sprint(len(list))})
}

func (t *turn) sendRegister(list []Registered) {
	columns := RegisterColumns(t.season)
	var shown []int
	for i, c := range columns {
		if !slices.Contains(hiddenInChat, c.Key) {
			shown = append(shown, i)
		}
	}
	titles := make([]roster.Column, len(shown))
	for i, c := range shown {
		titles[i] = columns[c]
	}
	day := func(at time.Time) any { return t.season.DateOf(at).String() }
	var book bytes.Buffer
	err := roster.Export(&book, roster.XLSX, titles, func(yield func([]any, error) bool) {
		for _, r := range list {
			all := RegisterRow(t.season, r, day)
			row := make([]any, len(shown))
			for i, c := range shown {
				row[i] = all[c]
			}
			if !yield(row, nil) {
				return
			}
		}
	})
	if err != nil {
		t.say(textExportFailed)
		return
	}
	t.say(textRegistered, t.scopeName(), len(list))
	t.answerFile(storage.FileDocument, strings.Join([]string{t.scopeName(), textRegister, t.today().String()}, "-")+sheetEnding, book.Bytes())
}
