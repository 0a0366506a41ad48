package handlers

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"xianjie/storage"
)

// The access matrix: every rule of the conversation is tried by every role, about their own people, other people's, and
// people who do not exist. A rule without a row fails the test.
//
//   - Whoever may not is answered exactly as to a word that does not exist, and nothing changes but their own dialogue.
//   - Whoever may is answered about other people's members exactly as about nobody.
//     Only who knows number and name of somebody may introduce themselves as them: an officer then looks at it (bind.go).
//   - Whatever is said of somebody else stands in the audit: who saw it, when, of whom, from which message.

func TestAccess(t *testing.T) {
	w, seats := accessWorld(t)
	if len(seats) != len(seatLetters) {
		t.Fatalf("%d seats, letters %s", len(seats), seatLetters)
	}
	m := &matrix{world: w, bases: map[string]storage.Pending{}, people: map[string]storage.Person{}, books: map[string]*storage.File{}}
	for _, l := range enrolment().People {
		p, err := w.PersonByNo(ctx, l.No)
		w.ok(err)
		if p.Name != "张三" && p.Name != "李四" && p.Name != "张伟" { // who stand in examples, and of whom there are two
			m.people[p.Name] = p
		}
	}
	for _, s := range seats {
		w.receive(s.name, message{text: "?"})
		m.bases[s.name] = w.pending(s.name)
	}
	reached := map[int]bool{}
	for _, tr := range trials {
		for i, s := range seats {
			t.Run(fmt.Sprintf("%s/%s/%s", tr.rule, tr.say, s.role), func(t *testing.T) { m.try(t, tr, s, strings.IndexByte(tr.by, seatLetters[i]) >= 0, reached) })
		}
	}
	for i, r := range conversation() {
		if !reached[i] {
			t.Errorf("rule %d (%s, %s) is tried by nobody", i+1, r.who, r.on)
		}
	}
}

// matrix is the world in which trials are made; each begins with the dialogue its role left in storage.
type matrix struct {
	world  *school
	bases  map[string]storage.Pending
	people map[string]storage.Person // by name
	books  map[string]*storage.File  // workbooks about targets, by number
}

func (m *matrix) try(t *testing.T, tr trial, s seat, may bool, reached map[int]bool) {
	own, rule := m.hear(t, tr, s, s.own, tr.say)
	if got := m.world.desk.Turner.rules[rule]; (got.on == tr.rule) != may && (may || !tr.common) {
		t.Errorf("is heard as %q", got.on)
		return
	}
	reached[rule] = reached[rule] || may
	none, _ := m.hear(t, tr, s, nobody, tr.say)
	for _, to := range s.others {
		other, _ := m.hear(t, tr, s, to, tr.say)
		if a, b := m.seen(other, tr, to), m.seen(none, tr, nobody); a != b && other != none {
			t.Errorf("%s, who is none of theirs, is answered\n%s\nand nobody\n%s", to.name, a, b)
		}
		if strings.Contains(tr.say, "{") && !tr.common {
			m.unchanged(t, other, s, may)
		}
	}
	if may || tr.common {
		return
	}
	m.unchanged(t, own, s, false)
	made := nonsense(tr.say)
	for _, to := range append([]target{s.own}, s.others...) {
		command, _ := m.hear(t, tr, s, to, tr.say)
		word, _ := m.hear(t, tr, s, to, made)
		a := unquoted(command, to.about(tr.say))
		if b := unquoted(word, to.about(made)); a != b {
			t.Errorf("the command is answered\n%s\nand a word that does not exist\n%s", a, b)
		}
	}
}

// hear leads one conversation and returns its last turn, written out, and the rule that took it.
func (m *matrix) hear(t *testing.T, tr trial, s seat, to target, say string) (string, int) {
	t.Helper()
	g := &walk{tb: t, world: m.world, h: m.world.desk.Turner, now: m.world.clock.now(), p: m.bases[s.name]}
	typed := ""
	for _, text := range tr.before {
		g.p.Inbox.Text, g.p.Inbox.Kind = to.about(text), kindText
		typed += g.p.Inbox.Text + "\n"
		done, _ := m.decided(g, to)
		g.apply(done)
		g.p.Inbox.ID += 1000
	}
	g.p.Inbox.Text, g.p.Inbox.Kind = to.about(say), kindText
	typed += g.p.Inbox.Text
	if tr.with != nil {
		tr.with(g, to)
		typed += to.name
	}
	done, facts := m.decided(g, to)
	m.audited(t, g, done, typed)
	if silent := g.p.Inbox.FromSelf || done.Skipped || done.Outcome == "receipt" || done.Fetch; g.p.Person != nil && g.p.Inbox.Kind == kindText && !silent && !answers(done, g.p.Contact.ID) {
		t.Errorf("%q is not answered", g.p.Inbox.Text)
	}
	before := &turn{Turner: g.h, now: g.now, p: g.p, facts: facts}
	before.load()
	for i := range g.h.rules {
		if g.h.rules[i].applies(before) {
			return written(t, done, g.p.Contact.ID), i
		}
	}
	t.Fatalf("no rule takes %q", g.p.Inbox.Text)
	return "", 0
}

func (m *matrix) decided(g *walk, to target) (storage.Turn, Facts) {
	g.tb.Helper()
	book, ok := m.books[to.no]
	if !ok {
		book = filledBook(g.tb, to)
		m.books[to.no] = book
	}
	facts := Facts{fmt.Sprintf("file/%d", sheetID): book}
	for range maxNeeds {
		done, need, err := g.h.Turn(g.p, facts, g.now)
		g.ok(err)
		if need == nil {
			return done, facts
		}
		v, err := need.Fetch(ctx, m.world.Store)
		g.ok(err)
		facts[need.Key] = v
	}
	g.tb.Fatal("the turn has too many needs")
	return storage.Turn{}, nil
}

// seen is a turn with the target's own words taken out where the writer wrote them.
func (m *matrix) seen(turn string, tr trial, to target) string {
	turn = to.hidden(turn, tr.say)
	if tr.with != nil {
		turn = to.hidden(turn, "{name} {no}")
	}
	return to.hidden(turn, strings.Join(tr.before, " "))
}

// written is what a turn comes to, one kind of change a line.
func written(t *testing.T, done storage.Turn, self int64) string {
	t.Helper()
	var b strings.Builder
	for _, o := range done.Out {
		whom := "others"
		if o.ContactID == self {
			whom = "writer"
		}
		fmt.Fprintf(&b, "to %s: %s %s", whom, o.Kind, o.Text)
		if o.File != nil || o.FileID != nil {
			b.WriteString(" [file]")
		}
		b.WriteString("\n")
	}
	for _, c := range []struct {
		what string
		n    int
	}{
		{"members", len(done.Members)},
		{"orgs", len(done.Orgs)},
		{"matters", len(done.Matters)},
		{"answered", len(done.Answered)},
		{"answers", len(done.Answers)},
		{"moves", len(done.Notices.Moves)},
		{"audit", len(done.Audit)},
	} {
		if c.n > 0 {
			fmt.Fprintf(&b, "changes %s %d\n", c.what, c.n)
		}
	}
	for what, is := range map[string]bool{
		"office": done.Office != nil, "bind": done.Bind != nil, "plan": done.Notices.Plan != nil, "group": done.Notices.Bind != nil,
		"ungroup": done.Notices.Unbind != 0, "resume": done.Notices.Resume != "", "contact": done.ContactState != "",
	} {
		if is {
			fmt.Fprintf(&b, "changes %s\n", what)
		}
	}
	if done.Dialogue != nil {
		fmt.Fprintf(&b, "dialogue %s\n", done.Dialogue.State)
	}
	fmt.Fprintf(&b, "outcome %s %v\n", done.Outcome, done.Skipped)
	return b.String()
}

var changes = regexp.MustCompile(`(?m)^(changes .*|to others: .*)$`)

// unchanged holds a turn that must not do anything to that.
func (m *matrix) unchanged(t *testing.T, turn string, s seat, may bool) {
	t.Helper()
	for _, line := range changes.FindAllString(turn, -1) {
		if !may || !strings.HasPrefix(line, "changes audit") {
			t.Errorf("%s: %s", s.role, line)
		}
	}
}

// audited holds a turn to what stands in the audit: everybody it says something of who is not the writer and whose name
// the writer did not type, everybody it changes, and every file.
func (m *matrix) audited(t *testing.T, g *walk, done storage.Turn, typed string) {
	t.Helper()
	for _, a := range done.Audit {
		if a.ContactID == nil || *a.ContactID != g.p.Contact.ID || a.InboxID == nil || *a.InboxID != g.p.Inbox.ID || !a.At.Equal(g.now) || a.Action == "" || a.Subject == "" {
			t.Errorf("an incomplete line in the audit: %+v", a)
		}
		if g.p.Person != nil && (a.ActorID == nil || *a.ActorID != g.p.Person.ID) {
			t.Errorf("the audit names somebody else: %+v", a)
		}
	}
	for _, o := range done.Out {
		if o.ContactID != g.p.Contact.ID {
			continue
		}
		if (o.FileID != nil || o.File != nil && o.File.Kind == storage.FileDocument) && len(done.Audit) == 0 {
			t.Error("a file was sent that is not in the audit")
		}
		for name, p := range m.people {
			if !strings.Contains(o.Text, name) || strings.Contains(typed, name) || g.p.Person != nil && g.p.Person.ID == p.ID || name == speakerOf(g) {
				continue
			}
			if !slices.ContainsFunc(done.Audit, func(a storage.Audit) bool { return covers(a, p) }) {
				t.Errorf("something of %s was said that is not in the audit: %s\n%+v", name, o.Text, done.Audit)
			}
		}
	}
	for _, c := range done.Members {
		if !slices.ContainsFunc(done.Audit, func(a storage.Audit) bool { return a.Subject == personSubject(c.Transfer.PersonID) }) {
			t.Errorf("a change of %d is not in the audit", c.Transfer.PersonID)
		}
	}
}

func speakerOf(g *walk) string { return strings.TrimPrefix(g.p.Inbox.Sender, "@") }

// covers reports whether a line of the audit says that somebody was seen.
func covers(a storage.Audit, p storage.Person) bool {
	if a.Subject == personSubject(p.ID) || slices.Contains(strings.Fields(a.Detail["people"]), fmt.Sprint(p.ID)) {
		return true
	}
	about, _, _ := strings.Cut(a.Subject, "/")
	return a.Action != actionView && (about == "org" || about == "roster") || about == "audience" || about == "notice"
}

// nonsense is a command with its word made one that does not exist.
func nonsense(text string) string {
	made := []rune("锟斤拷屯葺烫锘")
	runes := []rune(text)
	for i, r := range runes {
		if !unicode.Is(unicode.Han, r) {
			break
		}
		runes[i] = made[i%len(made)]
	}
	return string(runes)
}

// What is seen is stored with who saw it, when, of whom, and from which message.
func TestViewsAreAudited(t *testing.T) {
	w := newSchool(t)
	secretary := w.bind("郑明", "900002")
	seen := w.member("20160008")
	last := int64(0)
	for page, err := range storage.Pages[storage.Audit](ctx, w.Store) {
		w.ok(err)
		last = page[len(page)-1].ID
	}
	w.tells("郑明", "名单 机械2班")
	all, err := w.AuditAfter(ctx, last, []string{actionView}, 10)
	w.ok(err)
	if len(all) != 1 {
		t.Fatalf("%d lines: %+v", len(all), all)
	}
	a, in := all[0], w.inbox()
	people := fmt.Sprintf("%d %d", w.member("20160007").Person.ID, seen.Person.ID)
	if *a.ActorID != secretary.ID || *a.InboxID != in[len(in)-1].ID || !a.At.Equal(w.clock.now()) || a.Detail["people"] != people {
		t.Errorf("%+v; want %d, message %d, at %v, people %s", a, secretary.ID, in[len(in)-1].ID, w.clock.now(), people)
	}
}
