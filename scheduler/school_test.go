package scheduler_test

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"xianjie/scheduler"
	"xianjie/season"
	"xianjie/seasons"
	"xianjie/storage"
	"xianjie/storage/storagetest"
)

func TestMain(m *testing.M) { storagetest.Main(m) }

// school is a small university on a real database, in virtual time. Everybody's chat has the name "@" and their number.
type school struct {
	*storage.Store
	t       testing.TB
	ctx     context.Context
	season  *season.Season
	planner *scheduler.Planner
	logins  map[string]string // account → present login
	msg     int
	inbox   map[string][]string // what was drained, by number
}

const account = "main"

// databases are what a test runs on.
type databases map[string]func(testing.TB) storage.Options

var (
	sqlite = databases{"sqlite": storagetest.SQLite}
	both   = databases{"sqlite": storagetest.SQLite, "mariadb": storagetest.MariaDB}
)

// on runs a test in an empty school whose clock says at (2020-06-01 10:00, in the season's zone).
func on(t *testing.T, dbs databases, at string, f func(*testing.T, *school)) {
	t.Helper()
	for name, options := range dbs {
		t.Run(name, func(t *testing.T) {
			o := options(t)
			synctest.Test(t, func(t *testing.T) {
				sn := load(t)
				time.Sleep(time.Until(local(t, sn, at)))
				f(t, open(t, o, sn, time.Now))
			})
		})
	}
}

func open(t testing.TB, o storage.Options, sn *season.Season, now func() time.Time) *school {
	t.Helper()
	o.Now = now
	w := &school{
		Store: storagetest.Open(t, o), t: t, ctx: t.Context(), season: sn,
		logins: map[string]string{account: "login-1"}, inbox: map[string][]string{},
	}
	w.planner = &scheduler.Planner{Store: w.Store, Season: sn, Now: now, Log: silent()}
	w.ok(w.BeginLogin(w.ctx, account, "login-1"))
	w.ok(w.SaveSnapshot(w.ctx, account, "login-1", storage.Snapshot{}))
	return w
}

func silent() *slog.Logger { return slog.New(slog.DiscardHandler) }

func load(t testing.TB) *season.Season {
	t.Helper()
	sn, err := seasons.Load("cqu-2020")
	if err != nil {
		t.Fatal(err)
	}
	return sn
}

func local(t testing.TB, sn *season.Season, at string) time.Time {
	t.Helper()
	v, err := time.ParseInLocation("2006-01-02 15:04", at, sn.Zone)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (w *school) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// wait lets time pass until the clock says at.
func (w *school) wait(at string) {
	w.t.Helper()
	d := time.Until(local(w.t, w.season, at))
	if d < 0 {
		w.t.Fatalf("%s is over", at)
	}
	time.Sleep(d)
}

func (w *school) clock() string { return time.Now().In(w.season.Zone).Format("2006-01-02 15:04") }

// members puts people on the roster: "20160001 张三 机械学院 机械1班".
func (w *school) members(lines ...string) {
	w.t.Helper()
	r := storage.Roster{Committee: "校团委", Audit: storage.Audit{At: time.Now(), Action: "import", Subject: "roster"}}
	for _, l := range lines {
		f := strings.Fields(l)
		r.People = append(r.People, storage.Listed{No: f[0], Name: f[1], College: f[2], Branch: f[3], Cohort: 2020})
	}
	w.ok(w.ApplyRoster(w.ctx, w.season, r))
}

// officer gives somebody an office: "90001 赵敏 college 机械学院", "20160001 张三 branch 机械学院 机械1班", "95001 孙毅 committee".
func (w *school) officer(line string) {
	w.t.Helper()
	f := append(strings.Fields(line), "", "")
	r := storage.Roster{Committee: "校团委", Audit: storage.Audit{At: time.Now(), Action: "import", Subject: "roster"}}
	if _, err := w.PersonByNo(w.ctx, f[0]); err != nil {
		r.People = []storage.Listed{{No: f[0], Name: f[1]}}
	}
	r.RolesAdded = []storage.Seat{{No: f[0], Party: f[2], College: f[3], Branch: f[4]}}
	w.ok(w.ApplyRoster(w.ctx, w.season, r))
}

// strike takes somebody off the roster: "20160001 张三 机械学院".
func (w *school) strike(line string) {
	w.t.Helper()
	f := strings.Fields(line)
	w.ok(w.ApplyRoster(w.ctx, w.season, storage.Roster{
		Committee: "校团委", Audit: storage.Audit{At: time.Now(), Action: "import", Subject: "roster"},
		People: []storage.Listed{{No: f[0], Name: f[1], College: f[2], Branch: "机械1班", Cohort: 2020, Left: true}},
	}))
}

// befriend makes people reachable: their chats are known and bound to them.
func (w *school) befriend(nos ...string) {
	w.t.Helper()
	w.befriendOn(account, nos...)
}

func (w *school) befriendOn(account string, nos ...string) {
	w.t.Helper()
	login := w.logins[account]
	var batch []storage.Received
	for _, no := range nos {
		w.msg++
		batch = append(batch, storage.Received{
			MsgID: fmt.Sprint(w.msg), User: "@" + no, ChatKind: "friend", Kind: "text", Text: no, At: time.Now(),
		})
	}
	w.ok(w.Receive(w.ctx, account, login, batch))
	w.ok(w.SaveContacts(w.ctx, account, login, seen(nos)))
	ps, err := w.Pendings(w.ctx, len(nos))
	w.ok(err)
	if len(ps) != len(nos) {
		w.t.Fatalf("%d of %d messages are pending", len(ps), len(nos))
	}
	var turns []storage.Turn
	for _, p := range ps {
		person, err := w.PersonByNo(w.ctx, p.Inbox.Text)
		w.ok(err)
		turns = append(turns, storage.Turn{
			InboxID: p.Inbox.ID, ContactID: p.Contact.ID, Bind: &storage.Bind{ContactID: p.Contact.ID, PersonID: person.ID},
		})
	}
	w.ok(w.CommitTurns(w.ctx, turns))
}

func seen(nos []string) []storage.Seen {
	list := make([]storage.Seen, len(nos))
	for i, no := range nos {
		list[i] = storage.Seen{UserName: "@" + no, Kind: "friend", Nick: no}
	}
	return list
}

func (w *school) member(no string) storage.Member {
	w.t.Helper()
	p, err := w.PersonByNo(w.ctx, no)
	w.ok(err)
	ms, err := w.Members(w.ctx, []int64{p.ID})
	w.ok(err)
	if len(ms) != 1 {
		w.t.Fatalf("member %s is not there", no)
	}
	return ms[0]
}

// declare records a destination. date answers whatever day the season asks for, "" leaves it to fill.
func (w *school) declare(no, dest, date string) {
	w.t.Helper()
	m := w.member(no)
	c, _, err := m.Declare(w.season, dest, fill(w.season, dest, date), storage.Said{By: &m.Person.ID}, time.Now())
	w.ok(err)
	w.commit(c)
}

// fill answers every question the season asks about a destination.
func fill(sn *season.Season, dest, date string) map[string]storage.Value {
	values := map[string]storage.Value{}
	for {
		open := sn.Ask(dest, storage.AnswersOf(values))
		if len(open) == 0 {
			return values
		}
		q := open[0]
		v := "某某"
		switch q.Kind {
		case season.KindChoice:
			v = q.Options[0].Key
		case season.KindProvince:
			v = "四川"
		case season.KindDate:
			v = cmp.Or(date, q.To.String())
		case season.KindPhone:
			v = "13900000000"
		}
		values[q.Key] = storage.Value{Value: v}
	}
}

func (w *school) commit(c storage.MemberChange) {
	w.t.Helper()
	_, err := w.CommitMembers(w.ctx, []storage.MemberChange{c})
	w.ok(err)
}

// record records an event that happened now.
func (w *school) record(no, event string) {
	w.t.Helper()
	m := w.member(no)
	c, err := m.Record(w.season, event, time.Now(), time.Now(), storage.DutyDone, storage.Said{By: &m.Person.ID})
	w.ok(err)
	w.commit(c)
}

func (w *school) tick() scheduler.Report {
	w.t.Helper()
	r, err := w.planner.Tick(w.ctx)
	w.ok(err)
	return r
}

// message is one message taken out of the queue.
type message struct {
	at   string
	no   string
	text string
	log  []storage.Reminded
}

// drain takes everything that could leave now out of the queue, as text as it was queued.
func (w *school) drain() []message {
	w.t.Helper()
	var list []message
	for _, a := range slices.Sorted(maps.Keys(w.logins)) {
		for {
			c, err := w.ClaimOut(w.ctx, a)
			w.ok(err)
			if c == nil {
				break
			}
			log, err := w.RemindersOf(w.ctx, c.Outbox.ID)
			w.ok(err)
			w.ok(w.FinishOut(w.ctx, c.Outbox.ID, storage.OutSent, "m", ""))
			no := strings.TrimPrefix(c.Contact.UserName, "@")
			list = append(list, message{at: w.clock(), no: no, text: c.Outbox.Text, log: log})
			w.inbox[no] = append(w.inbox[no], c.Outbox.Text)
		}
	}
	return list
}

// play ticks whenever something is due, as the clockwork would, until the clock says at, and takes out what is queued.
func (w *school) play(at string) []message {
	w.t.Helper()
	end := local(w.t, w.season, at)
	var list []message
	for {
		w.tick()
		list = append(list, w.drain()...)
		next, ok, err := w.planner.NextWake(w.ctx)
		w.ok(err)
		if now := time.Now(); !ok || !next.After(now) {
			next = now.Truncate(time.Hour).Add(time.Hour) // something waits for the quiet time to end, or for its slot
		}
		if m := next.Truncate(time.Minute); m.Before(next) {
			next = m.Add(time.Minute)
		}
		if next.After(end) {
			time.Sleep(time.Until(end))
			return list
		}
		time.Sleep(time.Until(next))
	}
}

// to are those of messages that went to a number.
func to(list []message, no string) []message {
	return slices.DeleteFunc(slices.Clone(list), func(m message) bool { return m.no != no })
}

func (w *school) openDuty(no, rule string) storage.Duty {
	w.t.Helper()
	ds, err := w.OpenDutiesOf(w.ctx, []int64{w.member(no).Person.ID})
	w.ok(err)
	i := slices.IndexFunc(ds, func(d storage.Duty) bool { return d.Rule == rule })
	if i < 0 {
		w.t.Fatalf("%s has no open duty %s", no, rule)
	}
	return ds[i]
}

func has(t testing.TB, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("%q is missing in:\n%s", p, text)
		}
	}
}

func lacks(t testing.TB, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if strings.Contains(text, p) {
			t.Errorf("%q is not to stand in:\n%s", p, text)
		}
	}
}
