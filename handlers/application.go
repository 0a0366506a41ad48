package handlers

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"xianjie/season"
	"xianjie/storage"
)

// 申请 lists the applications that wait for an answer, 申请 12号 shows one with its file, to those the season lets read them.
// To everybody else there is no such word, and a number out of the reader's scope is a number that does not exist.

// reads reports whether one of the writer's roles lets them read the application of a member.
func (t *turn) reads(a *season.Application, m storage.Member) bool {
	return a != nil && slices.ContainsFunc(t.p.Roles, func(r storage.RoleIn) bool {
		switch r.Party {
		case storage.OrgCollege:
			return a.ReadBy(r.Party) && r.OrgID == m.Transfer.CollegeID
		case storage.OrgBranch:
			return a.ReadBy(r.Party) && r.OrgID == m.Transfer.BranchID
		}
		return a.ReadBy(r.Party)
	})
}

// routed is an application with where it is asked for.
type routed struct {
	*season.Application
	destination, track string
}

// readable are the applications the writer may read, of some members.
func (t *turn) readable() []routed {
	var list []routed
	for i := range t.season.Destinations {
		d := &t.season.Destinations[i]
		for _, r := range d.Routes {
			if r.Application == nil || !slices.ContainsFunc(t.p.Roles, func(o storage.RoleIn) bool { return r.Application.ReadBy(o.Party) }) {
				continue
			}
			list = append(list, routed{r.Application, d.Key, r.Track})
			if longer := t.season.CrossSystem.Tracks[r.Track]; longer != "" {
				list = append(list, routed{r.Application, d.Key, longer})
			}
		}
	}
	return list
}

// isApplications recognises 申请, alone or with a number (申请12号 as well) or a name, from somebody who may read applications.
func isApplications(t *turn) bool {
	rest, ok := strings.CutPrefix(t.line, textApplications)
	if !ok || len(t.readable()) == 0 {
		return false
	}
	_, _, number := applicationNo(rest)
	return number || rest == "" || isSeparator([]rune(rest)[0])
}

func (t *turn) applications() {
	args := strings.FieldsFunc(strings.TrimPrefix(t.line, textApplications), isSeparator)
	if len(args) == 0 {
		t.listApplications()
		return
	}
	if no, _, ok := applicationNo(args[0]); ok && len(args) == 1 {
		found, ok := t.applicationsNumbered([]int64{no})
		if !ok {
			return
		}
		if v, ok := found[no]; ok {
			t.showApplication(v.member, &v.event)
		} else {
			t.say(textNoApplication, no)
		}
		return
	}
	n, ok := t.resolve(args)
	if !ok {
		return
	}
	for _, m := range n.members {
		e := t.handedIn(m)
		if !t.reads(t.applicationOf(m), m) || e == nil {
			t.viewed(m)
			t.say(textNoApplicationOf, t.label(m.Person, &m.Branch))
			continue
		}
		t.showApplication(m, e)
	}
	t.sayUnknown(n.unknown)
	if len(n.twice) > 0 {
		t.viewed(n.twice...)
		t.say(textWhichByNumber, n.name)
	}
}

// handedIn is how the application of a member's present declaration was handed in last; nil when it was not.
func (t *turn) handedIn(m storage.Member) *storage.TransferEvent {
	a := t.applicationOf(m)
	if a == nil {
		return nil
	}
	for _, e := range slices.Backward(m.Events) {
		if e.Event == a.Handed {
			return &e
		}
	}
	return nil
}

// applicationNo reads the number of an application: 12号, 第12号, 12. Marked: it can be nothing else.
func applicationNo(arg string) (no int64, marked, ok bool) {
	digits, end := strings.CutSuffix(strings.TrimSuffix(arg, textApplications), "号")
	digits, begin := strings.CutPrefix(digits, "第")
	no, err := strconv.ParseInt(strings.TrimPrefix(digits, "#"), 10, 64)
	return no, end || begin, err == nil && no > 0 && len(digits) < 10
}

// numberedApplication is an application found by its number.
type numberedApplication struct {
	event  storage.TransferEvent
	member storage.Member
}

// applicationsNumbered finds applications by number. What the writer may not read, and what belongs to no present
// declaration, is not there.
func (t *turn) applicationsNumbered(nos []int64) (map[int64]numberedApplication, bool) {
	type found struct {
		events  []storage.TransferEvent
		members []storage.Member
	}
	sc := t.scope()
	f, ok := want(t, fmt.Sprintf("applications/%v", nos), func(ctx context.Context, s *storage.Store) (found, error) {
		es, err := s.HandedIn(ctx, nos)
		if err != nil || len(es) == 0 {
			return found{}, err
		}
		ids := make([]int64, len(es))
		for i, e := range es {
			ids[i] = e.PersonID
		}
		ms, err := s.MembersMeant(ctx, sc, ids, nil, nil)
		return found{es, ms}, err
	})
	if !ok {
		return nil, false
	}
	byNo := map[int64]numberedApplication{}
	for _, e := range f.events {
		i := slices.IndexFunc(f.members, func(m storage.Member) bool { return m.Person.ID == e.PersonID })
		if i < 0 || e.UndoneAt != nil {
			continue
		}
		m := f.members[i]
		if d := m.Transfer.DeclarationID; t.reads(t.applicationOf(m), m) && d != nil && e.DeclarationID != nil && *d == *e.DeclarationID {
			byNo[*e.FileID] = numberedApplication{e, m}
		}
	}
	return byNo, true
}

// applicationFacts are who applies and the answers the application is about, a line each.
func (t *turn) applicationFacts(a *season.Application, m storage.Member) string {
	var b strings.Builder
	fmt.Fprintf(&b, textApplicant, m.Person.Name, m.Person.No, m.College.Name, m.Branch.Name)
	answers := m.Answers()
	for _, k := range a.Facts {
		if v, ok := answers[k]; ok {
			q := t.season.Questions[k]
			fmt.Fprintf(&b, "\n%s：%s", q.Label, q.Show(v))
		}
	}
	return b.String()
}

// showApplication says what an application is about, how it stands, and sends its file.
func (t *turn) showApplication(m storage.Member, e *storage.TransferEvent) {
	a := t.applicationOf(m)
	detail := map[string]string{}
	no := ""
	if e.FileID != nil {
		no = fmt.Sprintf(textNumber, *e.FileID)
		detail["application"] = fmt.Sprint(*e.FileID)
	}
	t.audit("view_application", fmt.Sprintf("person/%d", m.Person.ID), detail)
	text := fmt.Sprintf(textApplicationShown, no, a.Name, t.season.DateOf(e.At).Chinese()) + "\n" + t.applicationFacts(a, m) + "\n" + fmt.Sprintf(textApplicationState, t.nameOf(m.Transfer))
	if e.FileID == nil {
		t.say("%s", text)
		t.say(textApplicationPaper)
		return
	}
	t.say("%s", text)
	t.say(textApplicationFile)
	t.out.Out = append(t.out.Out, storage.Out{ContactID: t.p.Contact.ID, PersonID: t.personID(), Kind: storage.OutReply, FileID: e.FileID})
	if now := t.handedIn(m); t.decides(a) && t.leads(m, a.Approve) && now != nil && now.ID == e.ID {
		t.say("%s", t.decideHow(a, *e.FileID))
	}
}

// shownApplications is how many applications one list shows; those that are decided make room for the next.
const shownApplications = 15

// listApplications shows what waits for an answer.
func (t *turn) listApplications() {
	var waits []storage.TrackState
	for _, a := range t.readable() {
		for _, st := range t.season.Tracks[a.track].States {
			if _, ok := t.season.Advance(a.track, st.Key, a.Approve); ok {
				waits = append(waits, storage.TrackState{Track: a.track, State: st.Key})
			}
		}
	}
	sc := t.scope()
	p, ok := want(t, "applications/open", func(ctx context.Context, s *storage.Store) (listPage, error) {
		ms, total, err := s.MembersIn(ctx, sc, storage.Filter{StateIn: waits}, 0, shownApplications)
		return listPage{ms, total}, err
	})
	if !ok {
		return
	}
	var lines []string
	decides := false
	for _, m := range p.members {
		a := t.applicationOf(m)
		if !t.reads(a, m) {
			continue
		}
		decides = decides || t.decides(a)
		lines = append(lines, t.applicationLine(a, m))
	}
	if len(lines) == 0 {
		t.say(textNoApplications)
		return
	}
	t.audit("view_applications", t.scopeSubject(sc), map[string]string{"members": fmt.Sprint(len(lines))})
	more := p.total - len(p.members)
	t.say(textApplicationsHead+"\n%s", len(lines)+more, strings.Join(lines, "\n"))
	if more > 0 {
		t.say(textApplicationsMore, more)
	}
	t.say(textApplicationHow)
	if decides {
		t.say("%s", t.decideWords())
	}
}

// applicationLine is one application in a list: 12号 张三（机械1班，尾号0001） 某国某大学 6月12日交.
func (t *turn) applicationLine(a *season.Application, m storage.Member) string {
	line := textOnPaper
	e := t.handedIn(m)
	if e != nil && e.FileID != nil {
		line = fmt.Sprintf(textNumber, *e.FileID)
	}
	line += " " + t.label(m.Person, &m.Branch)
	if v := m.Answers()[a.Facts[0]]; v != "" {
		line += " " + oneLine(t.season.Questions[a.Facts[0]].Show(v), 20)
	}
	if e != nil {
		line += fmt.Sprintf(textHandedOn, t.season.DateOf(e.At).Chinese())
	}
	return line
}
