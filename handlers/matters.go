package handlers

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"xianjie/storage"
)

// A matter (待答复) is a question that waits for an officer: a member wants a human, a binding is in doubt.

// desk is an officer who can be reached in WeChat.
type desk struct {
	person  storage.Person
	contact storage.Contact
}

// desks are the officers of a college who can be reached, or those of the committee when the college has none
// or collegeID is 0.
func (t *turn) desks(collegeID int64) ([]desk, bool) {
	return want(t, fmt.Sprintf("desks/%d", collegeID), func(ctx context.Context, s *storage.Store) ([]desk, error) {
		if collegeID != 0 {
			ds, err := reachable(ctx, s, storage.OrgCollege, collegeID)
			if err != nil || len(ds) > 0 {
				return ds, err
			}
		}
		return reachable(ctx, s, storage.OrgCommittee, 0)
	})
}

func reachable(ctx context.Context, s *storage.Store, party string, orgID int64) ([]desk, error) {
	people, err := s.Officers(ctx, party, orgID)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(people))
	for i, p := range people {
		ids[i] = p.ID
	}
	contacts, err := s.ContactsOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	var ds []desk
	for _, p := range people {
		if c, ok := contacts[p.ID]; ok {
			ds = append(ds, desk{p, c})
		}
	}
	return ds, nil
}

// openMatters are this chat's matters nobody has answered yet.
func (t *turn) openMatters() ([]storage.Matter, bool) {
	return want(t, "matters/mine", func(ctx context.Context, s *storage.Store) ([]storage.Matter, error) {
		return s.OpenMattersOfContact(ctx, t.p.Contact.ID)
	})
}

// maxOpen is how many unanswered matters of one chat are put before officers.
const maxOpen = 5

// raise opens a matter and tells the officers; it reports false while facts are missing.
func (t *turn) raise(kind string, college int64, person *int64, text string) bool {
	open, ok := t.openMatters()
	if !ok {
		return false
	}
	ds, ok := t.desks(college)
	if !ok {
		return false
	}
	asked := func(m storage.Matter) bool { return m.Kind == kind && m.Text == text }
	if len(open) >= maxOpen || slices.ContainsFunc(open, asked) {
		return true // they have been told already, or of enough
	}
	t.out.Matters = append(t.out.Matters, storage.Matter{
		Kind: kind, CollegeID: college, PersonID: person, ContactID: t.p.Contact.ID,
		InboxID: &t.p.Inbox.ID, Text: text, CreatedAt: t.now,
	})
	for _, d := range ds {
		if d.contact.ID == t.p.Contact.ID {
			continue // an officer's own matter
		}
		t.tell(d.contact, storage.OutNudge, fmt.Sprintf(textMatterNudge, d.person.Name, text))
	}
	return true
}

// human hands the writer to an officer, with what they wrote after 人工.
func (t *turn) human() {
	about, _ := t.humanAbout()
	who := fmt.Sprintf(textMatterStranger, nickOf(t.p.Contact))
	college, person := int64(0), (*int64)(nil)
	if t.p.Person != nil {
		who = t.label(*t.p.Person, t.p.Branch)
		person = &t.p.Person.ID
		if t.p.Person.CollegeID != nil {
			college = *t.p.Person.CollegeID
		}
	} else if t.state == stateLocked {
		open, ok := t.openMatters()
		if !ok {
			return
		}
		if len(open) > 0 {
			college = open[0].CollegeID // to whoever is on it already
		}
	}
	text := fmt.Sprintf(textMatterHuman, who)
	if about != "" {
		text += "：" + oneLine(about, 200)
	}
	if !t.raise(storage.MatterHuman, college, person, text) {
		return
	}
	open, _ := t.openMatters()
	ds, _ := t.desks(college)
	switch {
	case len(t.out.Matters) == 0 && len(open) >= maxOpen:
		t.say(textHumanFull, len(open))
		return
	case len(ds) == 0:
		t.say(textHumanNoted)
	default:
		t.say(textHumanComing)
	}
	if about == "" {
		t.say(textHumanMore)
	}
}

// label is how an officer is told who a member is: 张三（机电2016-1班，尾号0123）.
func (t *turn) label(p storage.Person, branch *storage.Org) string {
	tail := p.No
	if utf8.RuneCountInString(tail) > 4 {
		tail = tail[len(tail)-4:]
	}
	if branch == nil {
		return fmt.Sprintf("%s（尾号%s）", p.Name, tail)
	}
	return fmt.Sprintf("%s（%s，尾号%s）", p.Name, branch.Name, tail)
}

// oneLine shortens quoted text to n characters on one line.
func oneLine(s string, n int) string {
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n]) + "…"
}

// isMatterReply recognises "回 12 文字", "同意 12", "拒绝 12", "办结 12", and the same without a number from an officer who
// does not graduate: with one matter open, it is clear which is meant.
func isMatterReply(t *turn) bool {
	verb, id, _ := matterReply(t.text)
	return verb != "" && t.answersMatters() && (id > 0 || t.self == nil)
}

// matterReply reads an answer to a matter; id is 0 when no number was written.
func matterReply(text string) (verb string, id int64, rest string) {
	for _, v := range []string{"回复", "回", "同意", "拒绝", "办结"} {
		after, ok := strings.CutPrefix(text, v)
		if !ok {
			continue
		}
		if v == "回" {
			v = "回复"
		}
		digits := strings.TrimLeft(after, " :：#第")
		n := 0
		for n < len(digits) && digits[n] >= '0' && digits[n] <= '9' {
			n++
		}
		id, err := strconv.ParseInt(digits[:n], 10, 64)
		if err == nil && id > 0 {
			return v, id, strings.TrimLeft(strings.TrimPrefix(digits[n:], "号"), " \n:：,，")
		}
		if after != "" && !strings.ContainsRune(" \n:：", firstRune(after)) {
			return "", 0, "" // 回头再说
		}
		return v, 0, strings.TrimLeft(after, " \n:：")
	}
	return "", 0, ""
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// matterView is a matter with the chat that raised it.
type matterView struct {
	matter  storage.Matter
	contact storage.Contact
	person  *storage.Person
}

func (t *turn) matter(id int64) (*matterView, bool) {
	return want(t, fmt.Sprintf("matter/%d", id), func(ctx context.Context, s *storage.Store) (*matterView, error) {
		m, err := s.Matter(ctx, id)
		if storage.NotFound(err) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		v := &matterView{matter: m}
		if v.contact, err = s.Contact(ctx, m.ContactID); err != nil {
			return nil, err
		}
		if m.PersonID != nil {
			p, err := s.Person(ctx, *m.PersonID)
			if err != nil {
				return nil, err
			}
			v.person = &p
		}
		return v, nil
	})
}

// answerMatter carries out an officer's answer to a matter.
func (t *turn) answerMatter() {
	verb, id, rest := matterReply(t.text)
	if id == 0 {
		ms, ok := t.waiting()
		if !ok {
			return
		}
		if len(ms) != 1 {
			t.listMatters()
			return
		}
		id = ms[0].ID
	}
	v, ok := t.matter(id)
	if !ok {
		return
	}
	switch {
	case v == nil || !t.mayAnswer(v.matter):
		t.say(textNoSuchMatter, id)
		return
	case v.matter.AnsweredAt != nil && verb == "回复" && rest != "":
		t.audit("matter", fmt.Sprintf("matter/%d", id), map[string]string{"answer": rest})
		t.tell(v.contact, storage.OutReply, fmt.Sprintf(textOfficerSays, t.p.Person.Name, rest)+textGoOn)
		t.say(textReplySentAgain, id)
		return
	case v.matter.AnsweredAt != nil:
		t.say(textMatterAnswered, id)
		return
	}
	switch verb {
	case "回复":
		t.replyTo(v, rest)
	case "同意":
		t.agree(v)
	case "拒绝":
		t.refuse(v, rest)
	case "办结":
		t.close(v, "办结")
		t.say(textMatterClosed, id)
	}
}

// mayAnswer: a college's officers answer for their members, the committee for everybody.
func (t *turn) mayAnswer(m storage.Matter) bool {
	for _, r := range t.p.Roles {
		if r.Party == storage.OrgCommittee || r.Party == storage.OrgCollege && r.OrgID == m.CollegeID {
			return true
		}
	}
	return false
}

func (t *turn) close(v *matterView, answer string) {
	t.out.Answered = append(t.out.Answered, storage.MatterAnswer{ID: v.matter.ID, By: t.p.Person.ID, Answer: answer})
	t.audit("matter", fmt.Sprintf("matter/%d", v.matter.ID), map[string]string{"answer": answer})
}

func (t *turn) replyTo(v *matterView, text string) {
	if text == "" {
		t.say(textReplyNeedsText, v.matter.ID)
		return
	}
	t.close(v, text)
	t.tell(v.contact, storage.OutReply, fmt.Sprintf(textOfficerSays, t.p.Person.Name, text)+textGoOn)
	t.say(textReplySent, v.matter.ID)
}

func (t *turn) agree(v *matterView) {
	if v.matter.Kind != storage.MatterBinding || v.person == nil {
		t.say(textAgreeOnlyBinding, v.matter.ID)
		return
	}
	former, ok := t.find(v.person.No)
	if !ok {
		return
	}
	w, ok := t.welcomeFor(*v.person)
	if !ok {
		return
	}
	t.close(v, "同意")
	t.out.Bind = &storage.Bind{ContactID: v.contact.ID, PersonID: v.person.ID, Move: true}
	for _, c := range former.contacts {
		if c.ID != v.contact.ID && c.State == storage.ContactActive {
			t.tell(c, storage.OutReply, textMovedAway)
		}
	}
	t.tell(v.contact, storage.OutReply, fmt.Sprintf(textClaimAgreed, w.hello)+"\n\n"+w.next)
	t.say(textAgreed, v.matter.ID, v.person.Name)
}

func (t *turn) refuse(v *matterView, why string) {
	t.close(v, strings.TrimSpace("拒绝 "+why))
	text := textClaimRefused
	if v.matter.Kind != storage.MatterBinding {
		text = textHumanRefused
	}
	if why != "" {
		text += "\n" + fmt.Sprintf(textOfficerSays, t.p.Person.Name, why)
	}
	t.tell(v.contact, storage.OutReply, text)
	t.say(textRefused, v.matter.ID)
}

// waiting are the matters that wait for this officer.
func (t *turn) waiting() ([]storage.Matter, bool) {
	return want(t, "matters/open", func(ctx context.Context, s *storage.Store) ([]storage.Matter, error) {
		return s.OpenMatters(ctx, t.colleges())
	})
}

// viewedMatters notes that the writer is shown what people asked for.
func (t *turn) viewedMatters(ms []storage.Matter) {
	ids := make([]string, len(ms))
	for i, m := range ms {
		ids[i] = fmt.Sprint(m.ID)
		if m.PersonID != nil {
			t.viewedPeople(*m.PersonID)
		}
	}
	t.audit(actionView, "matters", map[string]string{"matters": strings.Join(ids, " ")})
}

func isWaiting(t *turn) bool { return t.heard(wordsWaiting...) && t.answersMatters() }

// listMatters shows what waits for this officer.
func (t *turn) listMatters() {
	ms, ok := t.waiting()
	if !ok {
		return
	}
	if len(ms) == 0 {
		t.say(textNoMatters)
		return
	}
	var b strings.Builder
	const shown = 8
	t.viewedMatters(ms[:min(len(ms), shown)])
	for _, m := range ms[:min(len(ms), shown)] {
		fmt.Fprintf(&b, "\n%d号 %s %s", m.ID, t.season.DateOf(m.CreatedAt).Chinese(), oneLine(m.Text, 120))
	}
	if len(ms) > shown {
		fmt.Fprintf(&b, "\n……还有%d件", len(ms)-shown)
	}
	t.say(textMatters, len(ms), b.String())
}
