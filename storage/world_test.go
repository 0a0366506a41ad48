package storage_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"xianjie/season"
	"xianjie/seasons"
	"xianjie/storage"
	"xianjie/storage/storagetest"
)

// world is a small school on a store whose clock the test holds.
type world struct {
	*storage.Store
	t      *testing.T
	season *season.Season
	clock  *clock
	msg    int
	o      storage.Options
}

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

const (
	account = "main"
	login   = "login-1"
)

// each runs a test in a fresh school on both databases.
func each(t *testing.T, f func(*testing.T, *world)) {
	t.Helper()
	databases(t, func(t *testing.T, o storage.Options) { onWorld(t, o, func(w *world) { f(t, w) }) })
}

// onWorld runs a test in a school on a fresh database.
func onWorld(t *testing.T, o storage.Options, f func(*world)) {
	t.Helper()
	sn, err := seasons.Load("cqu-2020")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, season: sn, clock: &clock{t: sn.Morning(sn.Opens).Add(time.Hour)}}
	o.Now = w.clock.now
	w.o = o
	w.Store = storagetest.Open(t, o)
	w.enrol("20160001", "张三", "20160002", "李四", "20160003", "王五")
	f(w)
}

var ctx = context.Background()

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// enrol puts members and one college secretary on the roster and makes their chats known.
func (w *world) enrol(pairs ...string) {
	w.t.Helper()
	r := storage.Roster{Committee: "校团委", Audit: storage.Audit{At: w.clock.now(), Action: "import", Subject: "roster"}}
	for i := 0; i < len(pairs); i += 2 {
		r.People = append(r.People, storage.Listed{
			No: pairs[i], Name: pairs[i+1], College: "机械学院", Branch: "机械1班", Cohort: 2020, Phone: "13900000000",
		})
	}
	r.People = append(r.People, storage.Listed{No: "90001", Name: "赵老师"})
	r.RolesAdded = []storage.Seat{{No: "90001", Party: storage.OrgCollege, College: "机械学院"}}
	w.ok(w.ApplyRoster(ctx, w.season, r))
	w.ok(w.BeginLogin(ctx, account, login))
	var snap storage.Snapshot
	for i := 0; i < len(pairs); i += 2 {
		snap.Seen = append(snap.Seen, storage.Seen{UserName: "@" + pairs[i], Kind: "friend", Nick: pairs[i+1]})
	}
	snap.Seen = append(snap.Seen, storage.Seen{UserName: "@90001", Kind: "friend", Nick: "赵"})
	w.ok(w.SaveSnapshot(ctx, account, login, snap))
}

// says delivers a text from the chat of a number and returns it as pending.
func (w *world) says(no, text string) storage.Pending {
	w.t.Helper()
	w.msg++
	w.ok(w.Receive(ctx, account, login, []storage.Received{{
		MsgID: fmt.Sprint(w.msg), User: "@" + no, ChatKind: "friend", Kind: "text", Text: text, At: w.clock.now(),
	}}))
	ps, err := w.Pendings(ctx, 64)
	w.ok(err)
	i := slices.IndexFunc(ps, func(p storage.Pending) bool { return p.Inbox.Text == text })
	if i < 0 {
		w.t.Fatalf("%q is not pending", text)
	}
	return ps[i]
}

// bound binds the chat of a number to the person with that number.
func (w *world) bound(no string) storage.Person {
	w.t.Helper()
	p, err := w.PersonByNo(ctx, no)
	w.ok(err)
	m := w.says(no, "bind "+no)
	w.ok(w.CommitTurns(ctx, []storage.Turn{{
		InboxID: m.Inbox.ID, ContactID: m.Contact.ID, Bind: &storage.Bind{ContactID: m.Contact.ID, PersonID: p.ID},
	}}))
	return p
}

func (w *world) member(id int64) storage.Member {
	w.t.Helper()
	ms, err := w.Members(ctx, []int64{id})
	w.ok(err)
	if len(ms) != 1 {
		w.t.Fatalf("member %d is not there", id)
	}
	return ms[0]
}

// self is a declaration every season route accepts without an employer.
var self = map[string]storage.Value{
	"employ_form": {Value: "self"}, "work_province": {Value: "四川"}, "work_town": {Value: "某某区某某街道"},
}

func (w *world) declare(m storage.Member) storage.MemberChange {
	w.t.Helper()
	c, _, err := m.Declare(w.season, "employed", self, storage.Said{By: &m.Person.ID}, w.clock.now())
	w.ok(err)
	return c
}

func (w *world) open(id int64) map[string]storage.Duty {
	w.t.Helper()
	ds, err := w.OpenDutiesOf(ctx, []int64{id})
	w.ok(err)
	m := map[string]storage.Duty{}
	for _, d := range ds {
		m[d.Rule] = d
	}
	return m
}

func (w *world) commit(c storage.MemberChange) {
	w.t.Helper()
	_, err := w.CommitMembers(ctx, []storage.MemberChange{c})
	w.ok(err)
}

func (w *world) record(id int64, event string) {
	w.t.Helper()
	c, err := w.member(id).Record(w.season, event, w.clock.now(), w.clock.now(), storage.DutyDone, storage.Said{})
	w.ok(err)
	w.commit(c)
}

// sql opens the database of the world past the store.
func (w *world) sql() *sql.DB {
	w.t.Helper()
	return rawDB(w.t, w.o)
}

func rawDB(t testing.TB, o storage.Options) *sql.DB {
	t.Helper()
	driver, dsn := "sqlite", "file:"+o.DSN
	if o.Driver == storage.MySQL {
		driver, dsn = "mysql", o.DSN
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// second is another process on the same database.
func (w *world) second() *storage.Store {
	w.t.Helper()
	return storagetest.Open(w.t, w.o)
}

// tables are all our tables.
var tables = strings.Fields(`meta orgs people roles accounts contacts dialogues declarations transfers transfer_events duties duty_steps acknowledgements org_events
	reminders inbox outbox outbox_batches matters audit audit_head notices notice_recipients class_groups incidents alerts fences console_links console_sessions`)

// dump is everything the database holds, as it holds it.
func dump(t testing.TB, db *sql.DB) string {
	t.Helper()
	var b strings.Builder
	for _, table := range tables {
		rows, err := db.Query("SELECT * FROM " + table + " ORDER BY 1")
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new(sql.RawBytes)
			}
			if err := rows.Scan(values...); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "%s:", table)
			for i, v := range values {
				fmt.Fprintf(&b, " %s=%s", columns[i], *v.(*sql.RawBytes))
			}
			b.WriteByte('\n')
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// count counts rows past the store.
func (w *world) count(query string, args ...any) int {
	w.t.Helper()
	var n int
	w.ok(w.sql().QueryRow("SELECT COUNT(*) FROM "+query, args...).Scan(&n))
	return n
}

// reply commits a turn that answers a pending message with texts.
func (w *world) reply(p storage.Pending, texts ...string) {
	w.t.Helper()
	t := storage.Turn{InboxID: p.Inbox.ID, ContactID: p.Contact.ID}
	for _, text := range texts {
		t.Out = append(t.Out, storage.Out{ContactID: p.Contact.ID, Kind: storage.OutReply, Text: text})
	}
	w.ok(w.CommitTurns(ctx, []storage.Turn{t}))
}

// conflict reports whether a commit was refused for what it must be refused for, and fails the test otherwise.
func (w *world) conflict(err error, why string) {
	w.t.Helper()
	if !errors.Is(err, storage.ErrConflict) {
		w.t.Fatalf("%s: %v", why, err)
	}
}

// names are members by name, in order.
func names(ms []storage.Member) string {
	list := make([]string, len(ms))
	for i, m := range ms {
		list[i] = m.Person.Name
	}
	return strings.Join(list, " ")
}

// roster adds people.
func (w *world) roster(people ...storage.Listed) {
	w.t.Helper()
	w.ok(w.ApplyRoster(ctx, w.season, storage.Roster{Committee: "校团委", People: people, Audit: storage.Audit{At: w.clock.now(), Action: "import", Subject: "roster"}}))
}
