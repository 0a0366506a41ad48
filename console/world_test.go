package console_test

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"xianjie/bot"
	"xianjie/config"
	"xianjie/console"
	"xianjie/scheduler"
	"xianjie/season"
	"xianjie/seasons"
	"xianjie/storage"
	"xianjie/storage/storagetest"
)

func TestMain(m *testing.M) { storagetest.Main(m) }

var ctx = context.Background()

// world is a small made-up university in the middle of its season, with its console behind a real server.
type world struct {
	*storage.Store
	t      testing.TB
	season *season.Season
	now    atomic.Pointer[time.Time]
	conn   atomic.Pointer[bot.State]
	o      storage.Options
	url    string
	tokens int
}

// The people who look at the console.
const (
	committeeNo = "900001"
	collegeNo   = "900002" // of 机械工程学院
	otherNo     = "900003" // of 数学学院
	branchNo    = "20160001"
)

// colleges with their branches.
var colleges = []struct {
	name     string
	branches []string
}{
	{"机械工程学院", []string{"机械1班", "机械2班"}},
	{"数学与统计学院", []string{"数学1班"}},
	{"新闻与传播学院", []string{"新闻1班", "新闻2班"}},
}

// newWorld is a university with perBranch members in each branch.
func newWorld(t testing.TB, o storage.Options, perBranch int) *world {
	t.Helper()
	sn, err := seasons.Load("cqu-2020")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, season: sn, o: o}
	w.at(sn.Morning(sn.Opens).Add(90 * time.Minute))
	o.Now = func() time.Time { return *w.now.Load() }
	w.Store = storagetest.Open(t, o)
	w.enrol(perBranch)
	w.live()
	w.serve()
	return w
}

func (w *world) at(t time.Time) { w.now.Store(&t) }

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) enrol(perBranch int) {
	r := storage.Roster{Committee: "校团委", Audit: storage.Audit{At: w.Now(), Action: "import", Subject: "roster", Detail: map[string]string{"file": "名册.xlsx"}}}
	surnames, given := []rune("赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨"), []rune("安然乐和宁远清明朗逸辰")
	n := 0
	for _, c := range colleges {
		for _, b := range c.branches {
			for range perBranch {
				n++
				l := storage.Listed{
					No: fmt.Sprint(20160000 + n), Name: string(surnames[n%len(surnames)]) + string(given[n/7%len(given)]) + string(given[n%len(given)]),
					College: c.name, Branch: b, Cohort: w.season.Cohort, Phone: fmt.Sprintf("154%08d", n), Political: "共青团员",
				}
				if n%29 == 0 {
					l.Cohort-- // of an earlier year, still here
				}
				r.People = append(r.People, l)
			}
		}
	}
	r.People = append(r.People, storage.Listed{No: committeeNo, Name: "何晴"}, storage.Listed{No: collegeNo, Name: "郑明"}, storage.Listed{No: otherNo, Name: "冯丽"})
	r.RolesAdded = []storage.Seat{
		{No: committeeNo, Party: storage.OrgCommittee},
		{No: collegeNo, Party: storage.OrgCollege, College: colleges[0].name},
		{No: otherNo, Party: storage.OrgCollege, College: colleges[1].name},
		{No: branchNo, Party: storage.OrgBranch, College: colleges[0].name, Branch: colleges[0].branches[0]},
	}
	w.ok(w.ApplyRoster(ctx, w.season, r))
}

// stories are destinations with answers, the words they came from, and how far each has come.
var stories = []struct {
	destination string
	answers     map[string]string
	words       string
	events      []string
}{
	{"employed", map[string]string{"employ_form": "self", "work_province": "四川", "work_town": "某某区某某街道"}, "我自己开了个工作室，在成都", []string{"initiated", "received"}},
	{"employed", map[string]string{"employ_form": "self", "work_province": "北京", "work_town": "某某区某某街道"}, "自主创业，人在北京", []string{"initiated"}},
	{"further_study", map[string]string{"study_where": "here", "enrol_on": "2020-09-01"}, "保研本校了", nil},
	{"unsettled", map[string]string{"home_kind": "registered", "home_province": "重庆", "home_town": "某某县某某镇"}, "还没找到工作，先回家", []string{"initiated"}},
	{"employed", map[string]string{"employ_form": "self", "work_province": "贵州", "work_town": "某某区某某街道"}, "在贵阳创业", nil},
	{"military", map[string]string{"enlist_on": "2020-09-10"}, "当兵去了", nil},
	{"delayed", map[string]string{"graduate_on": ""}, "挂科，延毕", []string{"marked"}},
}

// live lets most members declare, and the secretary of each college record what they did.
func (w *world) live() {
	var all []storage.Member
	w.ok(w.EachMember(ctx, func(ms []storage.Member) error { all = append(all, ms...); return nil }))
	secretary, err := w.PersonByNo(ctx, collegeNo)
	w.ok(err)
	story := func(m storage.Member) int { return int(m.Person.ID*7/3) % (len(stories) + 3) } // the last three say nothing
	var declared []storage.MemberChange
	for _, m := range all {
		if story(m) >= len(stories) {
			continue
		}
		s := stories[story(m)]
		values := map[string]storage.Value{}
		for k, v := range s.answers {
			values[k] = storage.Value{Value: v, Text: s.words}
		}
		c, _, err := m.Declare(w.season, s.destination, values, storage.Said{By: &m.Person.ID}, w.Now())
		w.ok(err)
		declared = append(declared, c)
	}
	_, err = w.CommitMembers(ctx, declared)
	w.ok(err)
	for step := range 2 {
		w.at(w.Now().AddDate(0, 0, 3))
		var moved []storage.MemberChange
		w.ok(w.EachMember(ctx, func(ms []storage.Member) error {
			for _, m := range ms {
				if story(m) >= len(stories) || step >= len(stories[story(m)].events) || m.Person.ID%4 == 0 {
					continue
				}
				c, err := m.Record(w.season, stories[story(m)].events[step], w.Now(), w.Now(), storage.DutyDone, storage.Said{By: &secretary.ID})
				w.ok(err)
				moved = append(moved, c)
			}
			return nil
		}))
		_, err = w.CommitMembers(ctx, moved)
		w.ok(err)
	}
	w.befriend()
	for w.season.DateOf(w.Now()).Before(season.Date{Year: 2020, Month: 6, Day: 26}) {
		w.at(w.Now().AddDate(0, 0, 1))
		w.morning()
	}
}

// options are those of the console of this university, reached at an address.
func (w *world) options(url string) console.Options {
	return console.Options{
		Store: w.Store, Season: w.season, Now: w.Store.Now, Log: slog.New(slog.NewTextHandler(testWriter{w.t}, nil)), URL: url,
		Allow: scheduler.NewMemory(time.Now).Allow, Accounts: []string{"main"}, Pace: config.Pace{PerMinute: 20, PerHour: 300, PerDay: 1500},
		Connection: func(string) (bot.State, bool) {
			if st := w.conn.Load(); st != nil {
				return *st, true
			}
			return bot.State{}, false
		},
	}
}

// connect is how the connection stands in this process.
func (w *world) connect(st bot.State) { w.conn.Store(&st) }

// serve puts the console behind a server of its own.
func (w *world) serve() {
	s := httptest.NewServer(console.New(w.options("")).Handler())
	w.t.Cleanup(s.Close)
	w.url = s.URL
}

// cookieAt is the cookie a console reached at an address sets on signing in.
func (w *world) cookieAt(address string) string {
	w.t.Helper()
	link := w.link("")
	req := httptest.NewRequest(http.MethodPost, "/in", strings.NewReader(url.Values{"token": {link[strings.LastIndex(link, "/")+1:]}}.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer := httptest.NewRecorder()
	console.New(w.options(address)).Handler().ServeHTTP(answer, req)
	return answer.Header().Get("Set-Cookie")
}

// testWriter shows what the console complains about.
type testWriter struct{ t testing.TB }

func (w testWriter) Write(b []byte) (int, error) {
	w.t.Log(strings.TrimSpace(string(b)))
	return len(b), nil
}

// link is a one-time link for the person with a number, "" for the operator.
func (w *world) link(no string) string {
	w.t.Helper()
	w.tokens++
	l := storage.NewLink{Token: fmt.Sprintf("token-%d", w.tokens)}
	if no != "" {
		p, err := w.PersonByNo(ctx, no)
		w.ok(err)
		l.PersonID = &p.ID
	}
	w.ok(w.AddLink(ctx, l, storage.Audit{At: w.Now(), Action: "console_link", Subject: "console"}))
	return w.url + "/in/" + l.Token
}

// reader is a browser without a screen.
type reader struct {
	w *world
	*http.Client
}

// in is a reader who is signed in.
func (w *world) in(no string) *reader {
	w.t.Helper()
	r := w.stranger()
	link := w.link(no)
	resp := r.post("/in", url.Values{"token": {link[strings.LastIndex(link, "/")+1:]}})
	if resp.StatusCode != http.StatusOK || resp.Request.URL.Path != "/" {
		w.t.Fatalf("%s signed in: %s at %s", no, resp.Status, resp.Request.URL)
	}
	return r
}

func (w *world) stranger() *reader {
	jar, _ := cookiejar.New(nil) // never fails
	return &reader{w, &http.Client{Jar: jar}}
}

func (r *reader) post(path string, form url.Values) *http.Response {
	r.w.t.Helper()
	req, err := http.NewRequest(http.MethodPost, r.w.url+path, strings.NewReader(form.Encode()))
	r.w.ok(err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	resp, err := r.Do(req)
	r.w.ok(err)
	r.w.ok(resp.Body.Close())
	return resp
}

// get is a page with how it was answered.
func (r *reader) get(path string) (int, string) {
	r.w.t.Helper()
	resp, err := r.Get(r.w.url + path)
	r.w.ok(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	r.w.ok(err)
	return resp.StatusCode, string(body)
}

// page is a page that must be there.
func (r *reader) page(path string) string {
	r.w.t.Helper()
	status, body := r.get(path)
	if status != http.StatusOK {
		r.w.t.Fatalf("%s: %d\n%s", path, status, body)
	}
	return body
}

// sql opens the database past the store.
func (w *world) sql() *sql.DB {
	w.t.Helper()
	driver, dsn := "sqlite", "file:"+w.o.DSN
	if w.o.Driver == storage.MySQL {
		driver, dsn = "mysql", w.o.DSN
	}
	db, err := sql.Open(driver, dsn)
	w.ok(err)
	w.t.Cleanup(func() { _ = db.Close() })
	return db
}

// count answers a question to the database that is one number.
func (w *world) count(query string, args ...any) int {
	w.t.Helper()
	var n int
	w.ok(w.sql().QueryRow(query, args...).Scan(&n))
	return n
}
