package handlers

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"xianjie/season"
	"xianjie/storage"
)

// A member hands in a written application (书面申请): the picture or document is taken, and on 确认 it is recorded and goes,
// with the member's facts, to whoever approves. Its number is that of its file.

// handIn is a file that waits for 确认.
type handIn struct {
	File int64 `json:"file"`
}

// papers are the endings of documents that can be handed in: what an officer's telephone opens.
var papers = []string{".pdf", ".doc", ".docx", ".wps", ".jpg", ".jpeg", ".png"}

// applicationOf is the application a member's route asks for; nil for none.
func (t *turn) applicationOf(m storage.Member) *season.Application {
	if m.Declaration == nil {
		return nil
	}
	return t.season.ApplicationOf(m.Declaration.Destination, m.Declaration.Route)
}

// leads reports whether an event can be recorded of a member now.
func (t *turn) leads(m storage.Member, event string) bool {
	_, ok := t.season.Advance(m.Transfer.Track, m.Transfer.State, event)
	return ok
}

// awaited is the application the writer is to hand in now; nil for none.
func (t *turn) awaited() *season.Application {
	if t.self == nil {
		return nil
	}
	if a := t.applicationOf(*t.self); a != nil && t.leads(*t.self, a.Handed) {
		return a
	}
	return nil
}

// undecided is the application the writer has handed in and nobody has decided on; nil for none.
func (t *turn) undecided() *season.Application {
	if t.self == nil {
		return nil
	}
	if a := t.applicationOf(*t.self); a != nil && t.leads(*t.self, a.Approve) {
		return a
	}
	return nil
}

// isHandIn recognises a picture or document of somebody whose application is awaited, or waits for an answer.
func isHandIn(t *turn) bool {
	return slices.Contains([]string{storage.FilePicture, storage.FileDocument}, t.p.Inbox.Kind) && (t.awaited() != nil || t.undecided() != nil)
}

// handInCame takes the file and asks whether it is what it is taken for.
func (t *turn) handInCame() {
	a := t.awaited()
	if a == nil {
		t.say(textHandedBefore, t.undecided().Name, t.stateName())
		return
	}
	what := textPicture
	if t.p.Inbox.Kind == storage.FileDocument {
		name := t.attached()
		if !slices.Contains(papers, strings.ToLower(path.Ext(name))) {
			t.say(textHandInPapers, oneLine(name, 40), a.Name)
			return
		}
		what = fmt.Sprintf(textDocument, oneLine(name, 40))
	}
	f, ok := t.file()
	if !ok {
		return
	}
	if t.draft.HandIn != nil {
		t.say(textHandInInstead)
	}
	t.draft.Pending, t.draft.Reply, t.draft.Sheet = nil, nil, nil
	t.draft.HandIn = &handIn{File: f.ID}
	t.say(textHandInAsk, what, a.Name)
}

// hearsHandIn recognises the answers to whether a file is the application.
func hearsHandIn(t *turn) bool {
	return t.draft.HandIn != nil && (isConfirm(t) || isCancel(t) || isNo(t) || t.heard(wordsAssent...))
}

func (t *turn) answerHandIn() {
	a := t.awaited()
	switch {
	case isCancel(t) || isNo(t):
		t.draft.HandIn = nil
		t.say(textHandInDropped)
	case a == nil: // an officer recorded it meanwhile, or the season file dropped it
		t.draft.HandIn = nil
		t.say(textHandInPassed, t.stateName())
	case !isConfirm(t):
		waiting := *t.draft.HandIn // a new one: it waits on
		t.draft.HandIn = &waiting
		t.say(textHandInSayConfirm)
	default:
		t.handOverApplication(a, t.draft.HandIn.File)
	}
}

// handOverApplication records the application and sends it to whoever approves it.
func (t *turn) handOverApplication(a *season.Application, file int64) {
	m := *t.self
	approve, _ := t.season.EventNamed(a.Approve)
	ds, ok := t.deciders(approve, m)
	if !ok {
		return
	}
	said := t.said()
	said.File = &file
	change, err := m.Record(t.season, a.Handed, t.now, t.now, storage.DutyDone, said)
	if early := (*storage.TooEarly)(nil); errors.As(err, &early) {
		t.say(textTooEarly, a.Name, early.From.Chinese())
		return
	}
	if err != nil {
		t.say(textHandInPassed, t.stateName())
		return
	}
	t.out.Members = append(t.out.Members, change)
	t.draft.HandIn = nil
	subject := fmt.Sprintf("person/%d", m.Person.ID)
	t.audit("record", subject, map[string]string{"event": a.Handed, "application": fmt.Sprint(file)})
	t.say(textHandedIn, a.Name, file, t.nameOf(change.Transfer))
	for _, d := range ds {
		t.tell(d.contact, storage.OutNudge, fmt.Sprintf(textApplicationCame, d.person.Name, a.Name, file)+"\n"+t.applicationFacts(a, m)+
			"\n\n"+textApplicationFile+"\n"+t.decideHow(a, file))
		t.forward(d.contact, file)
		t.audit("application_sent", subject, map[string]string{"application": fmt.Sprint(file), "to": fmt.Sprintf("person/%d", d.person.ID)})
	}
}

// forward queues a stored file to somebody, after what they are told.
func (t *turn) forward(c storage.Contact, file int64) {
	t.out.Out = append(t.out.Out, storage.Out{
		Account: c.Account, ContactID: c.ID, PersonID: c.PersonID, Kind: storage.OutNudge, FileID: &file, NotBefore: t.season.NotQuiet(t.now),
	})
}

// deciders are the officers who may record an event about a member and can be reached: those of the first party that has
// any, and never the member.
func (t *turn) deciders(e *season.Event, m storage.Member) ([]desk, bool) {
	return want(t, "deciders/"+e.Key, func(ctx context.Context, s *storage.Store) ([]desk, error) {
		for _, party := range e.By {
			org := map[string]int64{storage.OrgCollege: m.Transfer.CollegeID, storage.OrgBranch: m.Transfer.BranchID}[party]
			ds, err := reachable(ctx, s, party, org)
			ds = slices.DeleteFunc(ds, func(d desk) bool { return d.person.ID == m.Person.ID })
			if err != nil || len(ds) > 0 {
				return ds, err
			}
		}
		return nil, nil
	})
}

// handsInInstead tells a member who says that the application is handed in how to do so. False when the event is another.
func (t *turn) handsInInstead(e *season.Event) bool {
	a := t.awaited()
	if a == nil || a.Handed != e.Key {
		return false
	}
	t.say(textHandInHow, a.Name)
	t.say(textHandInPaper, a.Name, e.Words[0], t.p.Person.Name)
	return true
}
