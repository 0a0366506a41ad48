package handlers

import (
	"encoding/json"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"xianjie/season"
	"xianjie/storage"
	"xianjie/understand"
)

// walk is one chat led in memory: every turn is decided by the real Turner on facts of the real storage, and what it
// changes for this chat is what the next turn finds. Nothing is committed, so thousands of turns take a second.
type walk struct {
	tb    testing.TB
	world *school
	h     *Turner
	now   time.Time
	p     storage.Pending
}

// persona is who walks.
type persona struct {
	name string // of the chat
	no   string // whom it is bound to; "" for a stranger
}

var personas = []persona{
	{"路人", ""}, {"张三", "20160001"}, {"孙悦", "20160005"}, {"郑", "900002"}, {"何", "900001"}, {"韩", "900009"},
}

func newWalk(tb testing.TB, w *school, who persona) *walk {
	tb.Helper()
	g := &walk{tb: tb, world: w, h: w.desk.Turner, now: w.clock.now()}
	g.p.Contact = w.chats[who.name]
	g.p.Dialogue.ContactID = g.p.Contact.ID
	g.p.Inbox.ContactID = g.p.Contact.ID
	if who.no != "" {
		p, err := w.PersonByNo(ctx, who.no)
		g.ok(err)
		g.become(p.ID)
	}
	return g
}

func (g *walk) ok(err error) {
	g.tb.Helper()
	if err != nil {
		g.tb.Fatal(err)
	}
}

// become binds the chat to a person as they stand in storage.
func (g *walk) become(id int64) {
	g.tb.Helper()
	p, err := g.world.Person(ctx, id)
	g.ok(err)
	roles, err := g.world.RolesOf(ctx, []int64{id})
	g.ok(err)
	g.p.Contact.PersonID = &p.ID
	g.p.Person, g.p.Roles = &p, roles[id]
	ms, err := g.world.Members(ctx, []int64{id})
	g.ok(err)
	if len(ms) == 1 {
		m := ms[0]
		g.p.Branch, g.p.College, g.p.Transfer, g.p.Declaration, g.p.Events = &m.Branch, &m.College, &m.Transfer, m.Declaration, m.Events
	}
}

// hear decides the turn of a message and carries on from it.
func (g *walk) hear(m message) storage.Turn {
	g.tb.Helper()
	if m.kind == "" {
		m.kind = kindText
	}
	g.now = g.now.Add(time.Minute)
	g.p.Inbox.ID++
	g.p.Inbox.Kind, g.p.Inbox.Text, g.p.Inbox.FromSelf = m.kind, m.text, m.self
	done := g.decide()
	if again := g.decide(); !reflect.DeepEqual(done, again) {
		g.tb.Errorf("%q is decided otherwise the second time", m.text)
	}
	checkMove(g.tb, g.h, g.world.Store, g.p, done, g.now)
	g.apply(done)
	return done
}

func (g *walk) decide() storage.Turn {
	g.tb.Helper()
	facts := Facts{}
	for range maxNeeds {
		done, need, err := g.h.Turn(g.p, facts, g.now)
		g.ok(err)
		if need == nil {
			return done
		}
		v, err := need.Fetch(ctx, g.world.Store)
		g.ok(err)
		facts[need.Key] = v
	}
	g.tb.Fatal("the turn has too many needs")
	return storage.Turn{}
}

func (g *walk) apply(done storage.Turn) {
	g.tb.Helper()
	if done.Dialogue != nil {
		g.p.Dialogue = *done.Dialogue
		g.p.Dialogue.Version++
	}
	if done.Bind != nil && done.Bind.ContactID == g.p.Contact.ID {
		g.become(done.Bind.PersonID)
	}
	for _, c := range done.Members {
		if g.p.Person == nil || c.Transfer.PersonID != g.p.Person.ID {
			continue
		}
		tr := c.Transfer
		g.p.Transfer = &tr
		if c.Declaration != nil {
			g.p.Declaration, g.p.Events = c.Declaration, nil
		}
		g.p.Events = append(g.p.Events[:len(g.p.Events):len(g.p.Events)], c.Events...)
		if len(c.Undo) > 0 {
			g.p.Events = g.p.Events[:len(g.p.Events)-1]
		}
	}
}

func (g *walk) draft() (d draft) {
	g.tb.Helper()
	if len(g.p.Dialogue.Data) > 0 {
		g.ok(json.Unmarshal(g.p.Dialogue.Data, &d))
	}
	return d
}

// peopled is a school in which every persona has a chat that is bound.
func peopled(tb testing.TB) *school {
	tb.Helper()
	w := newSchool(tb)
	for _, who := range personas {
		w.chat(who.name, "friend")
		if who.no != "" {
			w.bind(who.name, who.no)
		}
	}
	return w
}

// kindsOfMessages may stand before a text after a tab; anything else is text.
var kindsOfMessages = []string{
	"image", "voice", "sticker", "file", "unsupported", "friend_request", "system", "recall", "red_packet", "status",
}

func parseMessage(line string) message {
	kind, text, ok := strings.Cut(line, "\t")
	switch {
	case ok && slices.Contains(kindsOfMessages, kind):
		return message{kind: kind, text: text}
	case ok && kind == "self":
		return message{text: text, self: true}
	}
	return message{text: line}
}

// FuzzConversation leads any sequence of messages, one per line, from each persona: no panic, no unknown state, no
// silence towards somebody who is bound, and nothing is declared but what was in the draft when 确认 was said.
func FuzzConversation(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, one := range a.Files {
			var said []string
			for line := range strings.Lines(string(one.Data)) {
				if text, ok := strings.CutPrefix(strings.TrimRight(line, "\n"), "> "); ok {
					said = append(said, text)
				}
			}
			for who := range personas {
				f.Add(uint8(who), strings.Join(said, "\n"))
			}
		}
	}
	f.Add(uint8(1), "就业\nimage\t\n1\nvoice\tx\nsystem\t现在可以开始聊天了\nself\t确认\n确认")
	w := peopled(f)
	f.Fuzz(func(t *testing.T, who uint8, said string) {
		g := newWalk(t, w, personas[int(who)%len(personas)])
		const most = 60
		for i, line := range strings.Split(said, "\n") {
			if i == most {
				return
			}
			g.checked(parseMessage(line))
		}
	})
}

// checked hears a message and holds what comes of it to the promises of the conversation.
func (g *walk) checked(m message) storage.Turn {
	g.tb.Helper()
	bound, before := g.p.Person != nil, g.p.Dialogue.State
	drafted := g.draft()
	done := g.hear(m)
	if bound && !m.self && m.kind == "" && !answers(done, g.p.Contact.ID) {
		g.tb.Errorf("no answer to %q in state %s", m.text, before)
	}
	for _, c := range done.Members {
		if c.Declaration == nil {
			continue
		}
		word := strings.ToLower(strings.Trim(understand.Normalize(m.text), aroundWords))
		if before != stateConfirm || !slices.Contains(wordsConfirm, word) {
			g.tb.Errorf("%q in state %s declares", m.text, before)
		}
		g.checkDeclared(c, drafted)
	}
	for key, v := range g.draft().Values {
		g.checkValue(g.world.season.Questions[key], v)
	}
	g.checkOwn(drafted, g.draft())
	return done
}

// checkOwn fails where filling in for somebody changes what the officer filled in for themselves.
func (g *walk) checkOwn(before, after draft) {
	g.tb.Helper()
	kept := func(a, b draft) bool {
		return a.Destination == b.Destination && a.Asking == b.Asking && a.Editing == b.Editing && reflect.DeepEqual(a.Values, b.Values)
	}
	switch {
	case before.For != 0 && after.For != 0 && !reflect.DeepEqual(before.Own, after.Own),
		before.For != 0 && after.For == 0 && before.Own != nil && !kept(before.Own.Draft, after),
		before.For == 0 && after.For != 0 && (after.Own == nil || !kept(before, after.Own.Draft)):
		g.tb.Errorf("a draft of their own becomes another:\n%+v\n%+v", before, after)
	}
}

func answers(done storage.Turn, contact int64) bool {
	return slices.ContainsFunc(done.Out, func(o storage.Out) bool {
		return o.ContactID == contact && o.Kind == storage.OutReply && strings.TrimSpace(o.Text) != ""
	})
}

func (g *walk) checkDeclared(c storage.MemberChange, drafted draft) {
	g.tb.Helper()
	d, whose, by := c.Declaration, g.p.Person.ID, (*int64)(nil)
	if drafted.For != 0 {
		whose, by = drafted.For, &g.p.Person.ID
	}
	if c.Transfer.PersonID != whose || d.PersonID != whose || !reflect.DeepEqual(d.ByPersonID, by) {
		g.tb.Errorf("declared for %d by %v, drafted for %d", d.PersonID, d.ByPersonID, drafted.For)
	}
	if d.Destination != drafted.Destination {
		g.tb.Errorf("declared %s, drafted %s", d.Destination, drafted.Destination)
	}
	for key, v := range d.Answers {
		if v != drafted.Values[key] {
			g.tb.Errorf("declared %s %+v, drafted %+v", key, v, drafted.Values[key])
		}
	}
}

// checkValue fails on an answer that is not of its question's kind or was meant for the conversation.
func (g *walk) checkValue(q *season.Question, v storage.Value) {
	g.tb.Helper()
	if v.Value == "" {
		if !q.Optional {
			g.tb.Errorf("%s was skipped", q.Key)
		}
		return
	}
	switch q.Kind {
	case season.KindChoice:
		if !slices.ContainsFunc(q.Options, func(o season.Option) bool { return o.Key == v.Value }) {
			g.tb.Errorf("%s has no option %q", q.Key, v.Value)
		}
	case season.KindDate:
		if d, err := season.ParseDate(v.Value); err != nil || d.Before(q.From) || d.After(q.To) {
			g.tb.Errorf("%s is %q", q.Key, v.Value)
		}
	case season.KindPhone:
		if len(v.Value) != 11 || !v.Personal {
			g.tb.Errorf("%s is %+v", q.Key, v)
		}
	case season.KindText:
		t := &turn{Turner: g.h, word: strings.ToLower(strings.Trim(v.Value, aroundWords))}
		if t.isCommand() {
			g.tb.Errorf("%s is the command %q", q.Key, v.Value)
		}
	}
}

// BenchmarkTurn decides one message in the middle of a conversation.
func BenchmarkTurn(b *testing.B) {
	w := peopled(b)
	for _, bb := range []struct {
		name   string
		who    persona
		before []string
		text   string
	}{
		{"member answers a place", personas[1], []string{"就业", "1", "某某机械有限公司"}, "成都高新区"},
		{"member answers in words", personas[1], []string{"就业", "1"}, "某某机械有限公司"},
		{"member confirms", personas[1], []string{"就业", "1", "某某机械有限公司", "成都", "有"}, "确认"},
		{"member asks nothing", personas[1], nil, "今天天气不错"},
		{"stranger greets", personas[0], nil, "你好"},
		{"officer asks for help", personas[3], nil, "怎么弄"},
	} {
		b.Run(bb.name, func(b *testing.B) {
			g := newWalk(b, w, bb.who)
			for _, text := range bb.before {
				g.hear(message{text: text})
			}
			g.p.Inbox.Text, g.p.Inbox.Kind = bb.text, kindText
			b.ReportAllocs()
			for b.Loop() {
				if _, need, err := g.h.Turn(g.p, nil, g.now); err != nil || need != nil {
					b.Fatal(need, err)
				}
			}
		})
	}
}
