package scheduler_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"xianjie/season"
	"xianjie/storage"
	"xianjie/storage/storagetest"
)

// size is how large a simulated university is.
type size struct {
	colleges, members int
}

var (
	whole = size{40, 5000}
	small = size{6, 300}
	tiny  = size{3, 90}
)

const firstLogin = "login-1"

// player is a member of the cast; officers who do not graduate have no college.
type player struct {
	i       int
	no      string
	name    string
	college int // index, -1 for officers
	branch  int
	id      int64
	rng     *rand.Rand // what this one does follows from the seed, whatever the others do
	chatty  bool       // writes to the product; the others' doings are recorded
	bound   bool       // can be reached from the beginning
}

// cast is everybody, and what kind of secretary each college has.
type cast struct {
	people   []*player
	byNo     map[string]*player
	byID     map[int64]*player
	colleges []college
	login    int
	batches  map[string][]doing // what is recorded together, by instant and kind
}

// college is how a college works.
type college struct {
	zeal  zeal
	every int // days between two rounds of the secretary
	hour  int
	chats bool // the secretary writes to the product
	no    string
}

type zeal int

const (
	diligent zeal = iota
	slow
	ignores // nothing is ever done but by others
)

func collegeName(c int) string { return fmt.Sprintf("第%d学院", c+1) }
func branchName(b int) string  { return fmt.Sprintf("%d班", b+1) }

const branches = 4 // of each college

// registrar is the roster everybody begins with; it is the same for every seed.
func registrar(z size) []*player {
	surnames, middle, given := []rune("赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许"), []rune("安然乐和宁远清明朗逸"), []rune("一二三四五六七八九十百千万")
	var people []*player
	for i := range z.members {
		c, k := i%z.colleges, i/z.colleges
		people = append(people, &player{
			i: i, no: fmt.Sprintf("2016%06d", i+1), college: c, branch: k % branches,
			name:  string([]rune{surnames[i%20], middle[i/20%10], given[i/200%13]}) + strings.Repeat("子", i/2600),
			bound: (i*7+k)%13 != 0,
		})
	}
	for c := range z.colleges {
		people = append(people, &player{i: z.members + c, no: fmt.Sprintf("8000%04d", c), name: "书记" + string(surnames[c%20]) + string(middle[c/20]), college: -1, bound: c%13 != 5})
	}
	for k := range 3 {
		people = append(people, &player{i: z.members + z.colleges + k, no: fmt.Sprintf("9000%04d", k), name: "干事" + string(surnames[k]), college: -1, bound: k != 2})
	}
	return people
}

func userOf(no, login string) string { return "@" + no + "~" + login }

// enrolled keeps the databases everybody begins with, by size.
var enrolled sync.Map

// enrol fills the database of a season: the roster is imported, and the chats of most people are known.
func enrol(t *testing.T, sn *season.Season, z size, o *storage.Options) []*player {
	t.Helper()
	people := registrar(z)
	if o.Driver == storage.MySQL {
		enrolInto(t, sn, z, *o, people)
		return people
	}
	file, ok := enrolled.Load(z)
	if !ok {
		b := storage.Options{Driver: storage.SQLite, DSN: filepath.Join(swift(t), "base.db"), Key: storagetest.Key}
		enrolInto(t, sn, z, b, people)
		data, err := os.ReadFile(b.DSN)
		if err != nil {
			t.Fatal(err)
		}
		file, _ = enrolled.LoadOrStore(z, data)
	}
	if err := os.WriteFile(o.DSN, file.([]byte), 0o600); err != nil {
		t.Fatal(err)
	}
	return people
}

func enrolInto(t *testing.T, sn *season.Season, z size, o storage.Options, people []*player) {
	t.Helper()
	ctx := context.Background()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	at := opening(sn).Add(-time.Hour)
	o.Now = func() time.Time { return at }
	st, err := storage.Open(ctx, o)
	ok(err)
	defer func() { ok(st.Close()) }()
	r := storage.Roster{Committee: "校团委", Audit: storage.Audit{At: at, Action: "import", Subject: "roster"}}
	for _, s := range people {
		r.People = append(r.People, s.listed())
	}
	for c := range z.colleges {
		r.RolesAdded = append(r.RolesAdded, storage.Seat{No: fmt.Sprintf("8000%04d", c), Party: storage.OrgCollege, College: collegeName(c)})
		for b := range branches { // the first of each branch is its secretary
			i := slices.IndexFunc(people, func(s *player) bool { return s.college == c && s.branch == b })
			r.RolesAdded = append(r.RolesAdded, storage.Seat{No: people[i].no, Party: storage.OrgBranch, College: collegeName(c), Branch: branchName(b)})
		}
	}
	for k := range 3 {
		r.RolesAdded = append(r.RolesAdded, storage.Seat{No: fmt.Sprintf("9000%04d", k), Party: storage.OrgCommittee})
	}
	ok(st.ApplyRoster(ctx, sn, r))
	ok(st.BeginLogin(ctx, account, firstLogin))
	ok(st.SaveSnapshot(ctx, account, firstLogin, storage.Snapshot{}))
	for some := range slices.Chunk(slices.DeleteFunc(slices.Clone(people), func(s *player) bool { return !s.bound }), 200) {
		ok(introduce(ctx, st, firstLogin, "base", some, at))
	}
}

func (s *player) listed() storage.Listed {
	if s.college < 0 {
		return storage.Listed{No: s.no, Name: s.name}
	}
	return storage.Listed{No: s.no, Name: s.name, College: collegeName(s.college), Branch: branchName(s.branch), Cohort: 2020}
}

// introduce makes chats known and bound, as if everybody had written number and name.
func introduce(ctx context.Context, st *storage.Store, login, mark string, people []*player, at time.Time) error {
	var batch []storage.Received
	var friends []storage.Seen
	byNo := map[string]*player{}
	for _, s := range people {
		user := userOf(s.no, login)
		friends = append(friends, storage.Seen{UserName: user, Kind: "friend", Nick: s.name})
		batch = append(batch, storage.Received{MsgID: mark + s.no, User: user, ChatKind: "friend", Kind: "text", Text: s.no, At: at})
		byNo[s.no] = s
	}
	if err := st.SaveContacts(ctx, account, login, friends); err != nil {
		return err
	}
	if err := st.Receive(ctx, account, login, batch); err != nil {
		return err
	}
	ps, err := st.Pendings(ctx, len(people)+50)
	if err != nil {
		return err
	}
	var turns []storage.Turn
	for _, p := range ps {
		if byNo[p.Inbox.Text] == nil {
			continue
		}
		person, err := st.PersonByNo(ctx, p.Inbox.Text)
		if err != nil {
			return err
		}
		turns = append(turns, storage.Turn{
			InboxID: p.Inbox.ID, ContactID: p.Contact.ID, Bind: &storage.Bind{ContactID: p.Contact.ID, PersonID: person.ID, Move: true},
		})
	}
	return st.CommitTurns(ctx, turns)
}

// swift is a temporary folder, in memory where there is one.
func swift(t testing.TB) string {
	t.Helper()
	if dir, err := os.MkdirTemp("/dev/shm", "xianjie-seasons-"); err == nil {
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		return dir
	}
	return t.TempDir()
}

// newCast gives the people of the roster their characters.
func newCast(w *campus, people []*player) *cast {
	c := &cast{people: people, byNo: map[string]*player{}, byID: map[int64]*player{}}
	for _, s := range people {
		s.rng = rand.New(rand.NewPCG(w.seed, uint64(1000+s.i)))
		c.byNo[s.no] = s
		if s.bound {
			w.evidence.reachable(s.no, opening(w.season).Add(-time.Hour), true)
		}
	}
	c.learn(w)
	for i := range w.size.colleges {
		rng := rand.New(rand.NewPCG(w.seed, uint64(500+i)))
		col := college{every: 2 + rng.IntN(6), hour: 9 + rng.IntN(8), no: fmt.Sprintf("8000%04d", i)}
		switch n := rng.IntN(10); {
		case n == 0:
			col.zeal = ignores
		case n < 4:
			col.zeal, col.every = slow, 10+rng.IntN(18)
		}
		col.chats = i%20 == 3 && c.byNo[col.no].bound
		c.colleges = append(c.colleges, col)
	}
	for _, s := range people {
		s.chatty = s.college >= 0 && s.bound && s.rng.IntN(70) == 0
	}
	return c
}

// learn finds the ids of people by their numbers.
func (c *cast) learn(w *campus) {
	w.witness.each(`SELECT id, no FROM people`, nil, func(scan func(...any)) {
		var id int64
		var no string
		scan(&id, &no)
		if s := c.byNo[no]; s != nil {
			s.id = id
			c.byID[id] = s
		}
	})
}

// noOf is the number of whom a chat belongs to.
func noOf(user string) string {
	no, _, _ := strings.Cut(strings.TrimPrefix(user, "@"), "~")
	return no
}

func (c *cast) byUser(user string) []int64 {
	if s := c.byNo[noOf(user)]; s != nil {
		return []int64{s.id}
	}
	return nil
}

// userNow is a chat in the present login.
func (c *cast) userNow(user string) string { return userOf(noOf(user), c.loginNow()) }

func (c *cast) loginNow() string { return fmt.Sprintf("login-%d", c.login+1) }

// unreachable notes that the product has learned that somebody deleted it.
func (c *cast) unreachable(w *campus, user string) {
	w.evidence.reachable(noOf(user), w.now(), false)
}

// relogin is a login with fresh ids for everybody; who is not recognised is lost until introduced again.
func (c *cast) relogin(w *campus) {
	st := w.up().store
	c.login++
	login := c.loginNow()
	known, err := st.Known(w.ctx, account)
	w.ok(err)
	snap := storage.Snapshot{Matches: map[string]int64{}}
	deaf := map[string]bool{}
	for _, k := range known {
		no := noOf(k.UserName)
		user := userOf(no, login)
		if w.line.deaf[k.UserName] {
			deaf[user] = true
		}
		if k.State == storage.ContactGone {
			continue
		}
		snap.Seen = append(snap.Seen, storage.Seen{UserName: user, Kind: "friend", Nick: k.Nick})
		if w.rng.IntN(200) != 0 {
			snap.Matches[user] = k.ID
			continue
		}
		w.counts["people not recognised after a login"]++
		w.evidence.reachable(no, w.now(), false)
		w.at(time.Now().Add(time.Duration(1+w.rng.IntN(400))*time.Hour), func() { w.whenUp(func() { c.meet(w, []string{no}) }) })
	}
	w.line.set(func() { w.line.login, w.line.deaf = login, deaf })
	w.ok(st.BeginLogin(w.ctx, account, login))
	w.ok(st.SaveSnapshot(w.ctx, account, login, snap))
	w.counts["logins with fresh ids"]++
}

// meet makes people reachable that were not.
func (c *cast) meet(w *campus, nos []string) {
	if !w.line.online {
		w.at(time.Now().Add(6*time.Hour), func() { w.whenUp(func() { c.meet(w, nos) }) })
		return
	}
	var people []*player
	for _, no := range nos {
		if s := c.byNo[no]; s != nil && !w.evidence.reaches(no, w.now()) {
			people = append(people, s)
		}
	}
	if len(people) == 0 {
		return
	}
	w.msg++
	w.line.set(func() {
		for _, s := range people {
			delete(w.line.deaf, userOf(s.no, c.loginNow()))
		}
	})
	w.ok(introduce(w.ctx, w.up().store, c.loginNow(), fmt.Sprintf("meet-%d-", w.msg), people, w.now()))
	for _, s := range people {
		w.evidence.reachable(s.no, w.now(), true)
		w.counts["people met again, or for the first time"]++
	}
}

// answer is what somebody writes to a digest: often nothing.
func (s *player) answer() []string {
	switch n := s.rng.IntN(20); {
	case n < 5:
		return []string{"1"}
	case n < 8:
		return []string{"知道了"}
	case n < 10:
		return []string{"2", "取消"}
	case n < 12:
		return []string{"3", fmt.Sprint(1 + s.rng.IntN(3))}
	}
	return nil
}

// answerDigests lets some officers answer the digests they got, some minutes or hours later.
func (w *campus) answerDigests() {
	for _, user := range w.line.takeRead() {
		s := w.cast.byNo[noOf(user)]
		if s == nil || s.college >= 0 || s.i%3 != 0 {
			continue
		}
		if texts := s.answer(); texts != nil {
			w.cast.chat(w, s, time.Now().Add(time.Duration(2+s.rng.IntN(300))*time.Minute), texts, func() {})
		}
	}
}
