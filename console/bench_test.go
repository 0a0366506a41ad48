package console_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"xianjie/console"
	"xianjie/seasons"
	"xianjie/storage"
	"xianjie/storage/storagetest"
)

// BenchmarkPages measures what the server takes for each page, compression and all, at a university of 100,000 members.
// p95-ms is the time within which 95 of 100 requests were answered, bytes the page as it goes over the wire.
//
// overview-counted counts everybody anew each time, as the first visitor after half a minute waits for; overview is what
// the others wait for.
func BenchmarkPages(b *testing.B) {
	for name, o := range map[string]func(testing.TB) storage.Options{"mariadb": storagetest.MariaDB, "sqlite": storagetest.SQLite} {
		b.Run(name, func(b *testing.B) {
			w := bigWorld(b, o(b))
			college := w.count("SELECT MIN(id) FROM orgs WHERE kind = 'college'")
			member := w.count("SELECT MAX(person_id) FROM declarations")
			middle := w.count("SELECT person_id FROM transfers ORDER BY person_id LIMIT 1 OFFSET 50000")
			for _, p := range []struct {
				name, path string
				anew       bool
			}{
				{"overview", "/", false},
				{"overview-counted", "/", true},
				{"list", "/members", false},
				{"list-middle", fmt.Sprintf("/members?after=%d", middle), false},
				{"list-college", fmt.Sprintf("/members?unit=%d", college), false},
				{"list-missing", "/members?rate=initiated&side=missing", false},
				{"list-rare-destination", "/members?go=classified_unit", false},
				{"list-nobody", "/members?go=retained", false},
				{"list-state", "/members?state=" + url.QueryEscape("已接收"), false},
				{"find-number", "/members?find=20169", false},
				{"find-rare-name", "/members?find=" + url.QueryEscape("镧"), false},
				{"find-common-name", "/members?find=" + url.QueryEscape("安"), false},
				{"find-nobody", "/members?find=" + url.QueryEscape("没有这个人"), false},
				{"find-in-college", fmt.Sprintf("/members?unit=%d&find=%s", college, url.QueryEscape("安")), false},
				{"member", fmt.Sprintf("/members/%d", member), false},
			} {
				b.Run(p.name, func(b *testing.B) { w.measure(b, p.path, p.anew) })
			}
		})
	}
}

// bigWorld is a university of 100,000 members in 40 colleges and 2,000 branches, most of whom have declared.
func bigWorld(b *testing.B, o storage.Options) *world {
	b.Helper()
	sn, err := seasons.Load("cqu-2020")
	if err != nil {
		b.Fatal(err)
	}
	w := &world{t: b, season: sn, o: o}
	w.at(sn.Morning(sn.Opens))
	o.Now = func() time.Time { return *w.now.Load() }
	w.Store = storagetest.Open(b, o)
	r := storage.Roster{Committee: "校团委", Audit: storage.Audit{Action: "import", Subject: "roster"}}
	surnames, given := []rune("赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨"), []rune("安然乐和宁远清明朗逸辰文武成康若水知行思")
	for i := range 100_000 {
		name := string([]rune{surnames[i%16], given[i/16%20], given[i/320%20]})
		if i == 77_777 {
			name = "赵镧"
		}
		r.People = append(r.People, storage.Listed{
			No: fmt.Sprint(20160000000 + i), Name: name, College: fmt.Sprintf("第%d学院", i/2500+1), Branch: fmt.Sprintf("%d班", i/50+1), Cohort: sn.Cohort,
		})
	}
	r.People = append(r.People, storage.Listed{No: committeeNo, Name: "何晴"})
	r.RolesAdded = []storage.Seat{{No: committeeNo, Party: storage.OrgCommittee}}
	w.ok(w.ApplyRoster(ctx, sn, r))
	for _, statement := range []string{
		`INSERT INTO declarations (person_id, seq, season, destination, route, target, cross_system, answers, confirmed_at)
			SELECT id, 1, 'cqu-2020', CASE WHEN id % 1000 = 0 THEN 'classified_unit' WHEN id % 10 < 4 THEN 'employed' WHEN id % 10 < 7 THEN 'further_study' ELSE 'unsettled' END,
			'', '某某单位', 0, '{}', created_at FROM people WHERE cohort > 0 AND id % 5 > 0`,
		`UPDATE transfers SET track = 'outgoing', state = CASE WHEN person_id % 7 < 3 THEN 'pending' WHEN person_id % 7 < 6 THEN 'to_receive' ELSE 'received' END,
			declaration_id = (SELECT d.id FROM declarations d WHERE d.person_id = transfers.person_id),
			destination = (SELECT d.destination FROM declarations d WHERE d.person_id = transfers.person_id) WHERE person_id IN (SELECT person_id FROM declarations)`,
	} {
		_, err := w.sql().Exec(statement)
		w.ok(err)
	}
	if o.Driver == storage.MySQL {
		_, err := w.sql().Exec("ANALYZE TABLE people, transfers, declarations, duties")
		w.ok(err)
	}
	return w
}

// measure asks for a page again and again.
func (w *world) measure(b *testing.B, path string, anew bool) {
	w.t = b
	handler := console.New(w.options("")).Handler()
	link := w.link("")
	in := httptest.NewRequest(http.MethodPost, "/in", strings.NewReader(url.Values{"token": {link[strings.LastIndex(link, "/")+1:]}}.Encode()))
	in.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, in)
	cookie, _, _ := strings.Cut(answer.Header().Get("Set-Cookie"), ";")
	get := func() *httptest.ResponseRecorder {
		req := httptest.NewRequest(http.MethodGet, path, nil)
		req.Header.Set("Cookie", cookie)
		req.Header.Set("Accept-Encoding", "gzip")
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, req)
		if answer.Code != http.StatusOK {
			b.Fatalf("%s: %d %s", path, answer.Code, answer.Body)
		}
		return answer
	}
	get() // what is counted once is counted
	var took []time.Duration
	size := 0
	for b.Loop() {
		if anew {
			handler = console.New(w.options("")).Handler()
		}
		start := time.Now()
		size = get().Body.Len()
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(took[len(took)*95/100].Seconds()*1e3, "p95-ms")
	b.ReportMetric(float64(size), "bytes")
}
