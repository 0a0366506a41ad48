package handlers

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"xianjie/roster"
	"xianjie/storage"
)

// 导出: the members an officer sees, as a workbook in which progress can be marked and which may be sent back (sheet.go).

const (
	// mostExported is how many members one workbook holds: far more than a college has, and small enough for WeChat.
	mostExported = 20_000
	exportPage   = 500
)

func isExport(t *turn) bool {
	rest, ok := strings.CutPrefix(t.line, textExport)
	return ok && (rest == "" || isSeparator([]rune(rest)[0]))
}

func (t *turn) export() {
	arg := strings.Join(strings.FieldsFunc(strings.TrimPrefix(t.line, textExport), isSeparator), " ")
	if arg == "" {
		arg = textListAll
	}
	l, ok := t.listedBy(arg)
	if !ok {
		return
	}
	members, ok := want(t, "export/"+arg, func(ctx context.Context, s *storage.Store) ([]storage.Member, error) {
		var all []storage.Member
		for after := int64(0); ; after = all[len(all)-1].Person.ID {
			page, total, err := s.MembersIn(ctx, l.scope, l.filter, after, exportPage)
			if err != nil || total > mostExported {
				return make([]storage.Member, total), err
			}
			if all = append(all, page...); len(page) < exportPage {
				return all, nil
			}
		}
	})
	switch {
	case !ok:
		return
	case len(members) == 0:
		t.say(textListEmpty, l.title)
		return
	case len(members) > mostExported:
		t.say(textExportTooMany, len(members), mostExported)
		return
	}
	rows := make([]roster.Progress, len(members))
	for i, m := range members {
		rows[i] = roster.Progress{
			No: m.Person.No, Name: m.Person.Name, College: m.College.Name, Branch: m.Branch.Name,
			State: t.nameOf(m.Transfer), Version: m.Transfer.Version,
		}
		if m.Declaration != nil {
			rows[i].Destination, rows[i].Target = t.shortOf(m.Declaration.Destination), m.Declaration.Target
		}
	}
	var book bytes.Buffer
	if err := roster.WriteProgress(&book, rows, t.recordables()); err != nil {
		t.say(textExportFailed)
		return
	}
	t.audit("export", t.scopeSubject(l.scope), map[string]string{"list": arg, "members": fmt.Sprint(len(members))})
	t.say(textExported, l.title, len(members))
	name := strings.Join([]string{strings.ReplaceAll(l.title, " · ", "-"), t.today().String()}, "-") + sheetEnding
	t.answerFile(storage.FileDocument, name, book.Bytes())
}

// recordables are the words this officer may fill in.
func (t *turn) recordables() []roster.Recordable {
	var rs []roster.Recordable
	for i := range t.season.Events {
		if e := &t.season.Events[i]; t.mayRecord(e) && len(e.Words) > 0 {
			rs = append(rs, roster.Recordable{Word: e.Words[0], Meaning: e.Name})
		}
	}
	return rs
}

// scopeSubject names a part of the school in the audit.
func (t *turn) scopeSubject(sc storage.Scope) string {
	switch {
	case sc.BranchID != 0:
		return fmt.Sprintf("org/%d", sc.BranchID)
	case sc.CollegeID != 0:
		return fmt.Sprintf("org/%d", sc.CollegeID)
	}
	return "roster"
}
