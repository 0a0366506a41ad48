package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"xianjie/season"
	"xianjie/seasons"
	"xianjie/storage"
	"xianjie/storage/storagetest"
	"xianjie/understand"
)

var ctx = context.Background()

// school is a small university of made-up people on a store of its own, with a desk and a clock the test moves.
type school struct {
	*storage.Store
	tb     testing.TB
	season *season.Season
	desk   *Desk
	clock  clock
	login  string
	chats  map[string]storage.Contact // by nickname
	msgs   int
}

// clock stands still until it is set.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = t
}

const account = "main"

// theWords are the words by which messages are read.
func theWords() *understand.Words {
	w, err := seasons.Words()
	if err != nil {
		panic(err)
	}
	return w
}

func loadSeason(tb testing.TB) *season.Season {
	tb.Helper()
	sn, err := seasons.Load("cqu-2020")
	if err != nil {
		tb.Fatal(err)
	}
	return sn
}

// enrolment is everybody: two colleges, three branches with graduates, a branch secretary who graduates, two of one name,
// a minority name, enough people for two pages, officers, and somebody who holds no office any more.
func enrolment() storage.Roster {
	r := storage.Roster{Committee: "校团委", Audit: storage.Audit{Action: "import", Subject: "roster"}}
	add := func(college, branch string, pairs ...string) {
		for i := 0; i < len(pairs); i += 2 {
			r.People = append(r.People, storage.Listed{No: pairs[i], Name: pairs[i+1], College: college, Branch: branch, Cohort: 2020})
		}
	}
	add("机械学院", "机械1班", "20160001", "张三", "20160002", "李四", "20160003", "王五", "20160004", "赵六", "20160005", "孙悦", "20160006", "张伟")
	add("机械学院", "机械2班", "20160007", "张伟", "20160008", "买买提·艾力")
	for i, given := range []rune("甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未") {
		add("数学学院", "数学1班", fmt.Sprint(20160011+i), "林"+string(given))
	}
	r.People = append(r.People,
		storage.Listed{No: "900001", Name: "何晴"}, storage.Listed{No: "900002", Name: "郑明"},
		storage.Listed{No: "900003", Name: "冯丽"}, storage.Listed{No: "900004", Name: "陈静"}, storage.Listed{No: "900009", Name: "韩冬"},
	)
	r.RolesAdded = []storage.Seat{
		{No: "900001", Party: storage.OrgCommittee},
		{No: "900004", Party: storage.OrgCommittee},
		{No: "900002", Party: storage.OrgCollege, College: "机械学院"},
		{No: "900003", Party: storage.OrgCollege, College: "数学学院"},
		{No: "20160005", Party: storage.OrgBranch, College: "机械学院", Branch: "机械1班"},
	}
	return r
}

// enrolled is a database file with everybody on the roster, made once: every school begins with a copy.
var enrolled = sync.OnceValues(func() ([]byte, error) {
	sn, err := seasons.Load("cqu-2020")
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "school")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	at := sn.Morning(sn.Opens)
	o := storage.Options{
		Driver: storage.SQLite, DSN: filepath.Join(dir, "school.db"), Key: storagetest.Key, Now: func() time.Time { return at },
	}
	s, err := storage.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(s.ApplyRoster(ctx, sn, enrolment()), s.Close()); err != nil {
		return nil, err
	}
	return os.ReadFile(o.DSN)
})

func newSchool(tb testing.TB) *school {
	tb.Helper()
	sn := loadSeason(tb)
	sn.Notices.ReleaseAbove = 20 // it is a small school
	w := &school{tb: tb, season: sn, chats: map[string]storage.Contact{}}
	w.clock.set(sn.Morning(sn.Opens))
	o := storagetest.SQLite(tb)
	o.Now = w.clock.now
	file, err := enrolled()
	w.ok(err)
	w.ok(os.WriteFile(o.DSN, file, 0o600))
	w.Store = storagetest.Open(tb, o)
	w.newLogin()
	w.desk = w.newDesk()
	return w
}

func (w *school) newDesk() *Desk {
	return &Desk{Store: w.Store, Turner: NewTurner(w.season, theWords()), Now: w.clock.now, Log: slog.New(slog.DiscardHandler)}
}

func (w *school) ok(err error) {
	w.tb.Helper()
	if err != nil {
		w.tb.Fatal(err)
	}
}

// newLogin is a login in which none of the chats known so far is recognised.
func (w *school) newLogin() {
	w.tb.Helper()
	w.login += "+"
	w.ok(w.BeginLogin(ctx, account, w.login))
	w.ok(w.SaveSnapshot(ctx, account, w.login, storage.Snapshot{Seen: []storage.Seen{{UserName: "@self", Kind: "self", Nick: "助手"}}}))
	w.chats = map[string]storage.Contact{}
}

// chat makes a chat known under a nickname. Chats that share a nickname are told apart by a mark: 张三'.
func (w *school) chat(name, kind string) storage.Contact {
	w.tb.Helper()
	if c, ok := w.chats[name]; ok {
		return c
	}
	before, err := w.Known(ctx, account)
	w.ok(err)
	nick := name
	for nick != "" && nick[len(nick)-1] == '\'' {
		nick = nick[:len(nick)-1]
	}
	w.ok(w.SaveContacts(ctx, account, w.login, []storage.Seen{{UserName: "@" + name, Kind: kind, Nick: nick}}))
	after, err := w.Known(ctx, account)
	w.ok(err)
	if len(after) != len(before)+1 {
		w.tb.Fatalf("chat %s is not new", name)
	}
	w.chats[name] = after[len(after)-1]
	return w.chats[name]
}

// message is what arrives from a chat.
type message struct {
	kind string // kindText unless given
	text string
	self bool   // written on our own phone
	by   string // chat of the member of a group who writes
	file *storage.File
}

// receive stores a message as the bot does.
func (w *school) receive(name string, m message) {
	w.tb.Helper()
	if m.kind == "" {
		m.kind = kindText
	}
	c := w.chat(name, "friend")
	w.msgs++
	r := storage.Received{
		MsgID: fmt.Sprint(w.msgs), User: "@" + name, ChatKind: c.Kind, Sender: m.by, FromSelf: m.self, Kind: m.kind, Text: m.text, At: w.clock.now(),
	}
	if m.kind == "friend_request" {
		r.Extra = `{"friend":{"ticket":"t"}}`
	}
	if m.file != nil {
		extra, err := json.Marshal(map[string]string{"name": m.file.Name})
		w.ok(err)
		r.Extra = string(extra)
	}
	w.ok(w.Receive(ctx, account, w.login, []storage.Received{r}))
	if m.file == nil {
		return
	}
	w.work()
	ms, err := w.Fetching(ctx, account)
	w.ok(err)
	for _, in := range ms { // the account brings in what a turn asked for
		w.ok(w.SaveFetched(ctx, in.ID, *m.file))
	}
}

// work lets the desk handle everything that waits.
func (w *school) work() {
	w.tb.Helper()
	for {
		ps, err := w.Pendings(ctx, roundSize)
		w.ok(err)
		for _, p := range ps {
			turned, err := w.desk.decide(ctx, p)
			w.ok(err)
			checkMove(w.tb, w.desk.Turner, w.Store, p, turned, w.clock.now())
		}
		n, err := w.desk.Round(ctx)
		w.ok(err)
		if n == 0 {
			return
		}
	}
}

// sent is a message that left.
type sent struct {
	to   string // nickname of the chat
	kind string
	text string
	file *storage.File
}

// send lets everything leave that is due.
func (w *school) send() []sent {
	w.tb.Helper()
	names := map[int64]string{}
	for name, c := range w.chats {
		names[c.ID] = name
	}
	var out []sent
	for {
		c, err := w.ClaimOut(ctx, account)
		w.ok(err)
		if c == nil {
			return out
		}
		w.ok(w.FinishOut(ctx, c.Outbox.ID, storage.OutSent, fmt.Sprint(c.Outbox.ID), ""))
		m := sent{to: names[c.Contact.ID], kind: c.Outbox.Kind, text: c.Outbox.Text}
		if c.Outbox.FileID != nil {
			f, err := w.FileByID(ctx, *c.Outbox.FileID)
			w.ok(err)
			m.file = &f
		}
		out = append(out, m)
	}
}

// says delivers a text and returns what leaves in answer.
func (w *school) says(name, text string) []sent {
	w.tb.Helper()
	w.receive(name, message{text: text})
	w.work()
	return w.send()
}

// bind makes a person known in a chat by a conversation nobody needs to read.
func (w *school) bind(name, no string) storage.Person {
	w.tb.Helper()
	p, err := w.PersonByNo(ctx, no)
	w.ok(err)
	w.says(name, no+" "+p.Name)
	cs, err := w.BoundTo(ctx, p.ID)
	w.ok(err)
	if !slices.ContainsFunc(cs, func(c storage.Contact) bool { return c.ID == w.chats[name].ID }) {
		w.tb.Fatalf("chat %s is not bound to %s", name, no)
	}
	return p
}

// everyone are all members, by id.
func (w *school) everyone() map[int64]storage.Member {
	w.tb.Helper()
	all := map[int64]storage.Member{}
	w.ok(w.EachMember(ctx, func(ms []storage.Member) error {
		for _, m := range ms {
			all[m.Person.ID] = m
		}
		return nil
	}))
	return all
}

// member finds a member by number.
func (w *school) member(no string) storage.Member {
	w.tb.Helper()
	for _, m := range w.everyone() {
		if m.Person.No == no {
			return m
		}
	}
	w.tb.Fatalf("no member %s", no)
	return storage.Member{}
}

// inbox are all messages received.
func (w *school) inbox() []storage.Inbox {
	w.tb.Helper()
	var all []storage.Inbox
	for page, err := range storage.Pages[storage.Inbox](ctx, w.Store) {
		w.ok(err)
		all = append(all, page...)
	}
	return all
}

// pending is the message of a chat that waits for its turn.
func (w *school) pending(name string) storage.Pending {
	w.tb.Helper()
	ps, err := w.Pendings(ctx, 100)
	w.ok(err)
	for _, p := range ps {
		if p.Contact.ID == w.chats[name].ID {
			return p
		}
	}
	w.ok(errors.New("nothing of " + name + " is pending"))
	return storage.Pending{}
}
