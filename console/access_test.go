package console_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"xianjie/storage"
	"xianjie/storage/storagetest"
)

// Who may see what: as in chat, the committee everything, a college its members, a branch its own. What one may not see
// answers like what does not exist.
func TestAccess(t *testing.T) {
	w := newWorld(t, storagetest.SQLite(t), 3)
	id := func(query string, args ...any) int { return w.count("SELECT id FROM "+query, args...) }
	var (
		mine      = fmt.Sprintf("/members/%d", id("people WHERE no = ?", branchNo))
		sibling   = fmt.Sprintf("/members/%d", id("people WHERE branch_id = (SELECT id FROM orgs WHERE name = '机械2班') ORDER BY id LIMIT 1"))
		stranger  = fmt.Sprintf("/members/%d", id("people WHERE branch_id = (SELECT id FROM orgs WHERE name = '数学1班') ORDER BY id LIMIT 1"))
		officer   = fmt.Sprintf("/members/%d", id("people WHERE no = ?", committeeNo))
		college   = fmt.Sprintf("/members?unit=%d", id("orgs WHERE name = '机械工程学院'"))
		branch    = fmt.Sprintf("/members?unit=%d", id("orgs WHERE name = '机械1班'"))
		second    = fmt.Sprintf("/members?unit=%d", id("orgs WHERE name = '机械2班'"))
		other     = fmt.Sprintf("/members?unit=%d", id("orgs WHERE name = '数学与统计学院'"))
		duty      = fmt.Sprintf("/duties/%d", id("duties WHERE subject = 'member' AND person_id = (SELECT id FROM people WHERE no = ?) ORDER BY id LIMIT 1", branchNo))
		orgDuty   = fmt.Sprintf("/duties/%d", id("duties WHERE subject = 'college' AND org_id = (SELECT id FROM orgs WHERE name = '机械工程学院') ORDER BY id LIMIT 1"))
		committee = fmt.Sprintf("/members?unit=%d", id("orgs WHERE kind = 'committee'"))
	)
	const yes, no = http.StatusOK, http.StatusNotFound
	who := []string{"", committeeNo, collegeNo, otherNo, branchNo} // "": whoever runs the installation
	readers := make([]*reader, len(who))
	for i, n := range who {
		readers[i] = w.in(n)
	}
	for _, c := range []struct {
		name, path string
		want       [5]int
	}{
		{"overview", "/", [5]int{yes, yes, yes, yes, yes}},
		{"health", "/health", [5]int{yes, yes, yes, yes, yes}},
		{"list", "/members", [5]int{yes, yes, yes, yes, yes}},
		{"a college", college, [5]int{yes, yes, yes, no, no}},
		{"a branch", branch, [5]int{yes, yes, yes, no, yes}},
		{"the branch beside it", second, [5]int{yes, yes, yes, no, no}},
		{"another college", other, [5]int{yes, yes, no, yes, no}},
		{"the committee as a unit", committee, [5]int{no, no, no, no, no}},
		{"no unit", "/members?unit=999999", [5]int{no, no, no, no, no}},
		{"nonsense for a unit", "/members?unit=x", [5]int{no, no, no, no, no}},
		{"a member of the branch", mine, [5]int{yes, yes, yes, no, yes}},
		{"a member of the branch beside it", sibling, [5]int{yes, yes, yes, no, no}},
		{"a member of another college", stranger, [5]int{yes, yes, no, yes, no}},
		{"an officer who is no member", officer, [5]int{no, no, no, no, no}},
		{"nobody", "/members/999999", [5]int{no, no, no, no, no}},
		{"nonsense for a member", "/members/x", [5]int{no, no, no, no, no}},
		{"duties", "/duties", [5]int{yes, yes, yes, yes, yes}},
		{"a duty about a member of the branch", duty, [5]int{yes, yes, yes, no, yes}},
		{"a duty about a college", orgDuty, [5]int{yes, yes, yes, no, no}},
		{"WeChat", "/wechat", [5]int{yes, yes, no, no, no}},
		{"a login code nobody waits for", "/wechat/main/code.png", [5]int{no, no, no, no, no}},
		{"notices", "/notices", [5]int{yes, yes, no, no, no}},
		{"no notice", "/notices/999999", [5]int{no, no, no, no, no}},
		{"the progress of no notice", "/notices/999999/sum", [5]int{no, no, no, no, no}},
		{"audit", "/audit", [5]int{yes, yes, no, no, no}},
		{"no duty", "/duties/999999", [5]int{no, no, no, no, no}},
		{"nonsense for a duty", "/duties/x", [5]int{no, no, no, no, no}},
		{"no page", "/nothing", [5]int{no, no, no, no, no}},
		{"no such state", "/members?state=x", [5]int{no, no, no, no, no}},
		{"no such rate", "/members?rate=x", [5]int{no, no, no, no, no}},
		{"no such side", "/members?rate=initiated&side=x", [5]int{no, no, no, no, no}},
	} {
		t.Run(c.name, func(t *testing.T) {
			nowhere := make([]string, len(who))
			for i, r := range readers {
				status, body := r.get(c.path)
				if status != c.want[i] {
					t.Errorf("%s for %q: %d", c.path, who[i], status)
				}
				if status == no && strings.HasPrefix(c.path, "/members") {
					_, nowhere[i] = r.get("/members/999999")
					if body != nowhere[i] {
						t.Errorf("%s for %q does not answer like what does not exist", c.path, who[i])
					}
				}
			}
		})
	}
}

// A list holds nobody outside the visitor's part of the school, whatever is asked for.
func TestListsStayWithin(t *testing.T) {
	w := newWorld(t, storagetest.SQLite(t), 11)
	for _, c := range []struct{ no, in string }{
		{committeeNo, "1 = 1"},
		{collegeNo, "college_id = (SELECT id FROM orgs WHERE name = '机械工程学院')"},
		{branchNo, "branch_id = (SELECT id FROM orgs WHERE name = '机械1班')"},
	} {
		r := w.in(c.no)
		for _, q := range []struct{ query, where string }{
			{"", "1 = 1"},
			{"?find=2016", "p.no LIKE '2016%'"},
			{"?find=20160003", "p.no = '20160003'"},
			{"?find=0003", "1 = 0"},
			{"?find=安", "p.name LIKE '%安%'"},
			{"?find=%25", "1 = 0"},
			{"?find=_", "1 = 0"},
			{"?go=employed", "t.destination = 'employed'"},
			{"?go=none&find=2016", "t.state = 'undeclared'"},
			{"?state=" + "待发起", "t.state = 'pending'"},
			{"?rate=declared&side=done&go=none", "1 = 0"},
			{"?rate=initiated&go=employed", "t.destination = 'employed' AND p.cohort = 2020"},
		} {
			want := w.count("SELECT COUNT(*) FROM transfers t JOIN people p ON p.id = t.person_id WHERE p." + strings.Replace(c.in, "1 = 1", "id > 0", 1) + " AND " + q.where)
			if got := w.walk(r, "/members"+q.query); len(got) != want {
				t.Errorf("%s at %s sees %d, want %d", c.no, q.query, len(got), want)
			}
		}
	}
}

// The list of duties holds what is open in the visitor's part of the school, each once.
func TestDutiesStayWithin(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o storage.Options) {
		w := newWorld(t, o, 13)
		const mine = "(SELECT id FROM orgs WHERE name = '机械工程学院' OR parent_id = (SELECT id FROM orgs WHERE name = '机械工程学院'))"
		const branch = "(SELECT id FROM orgs WHERE name = '机械1班')"
		for _, c := range []struct{ no, in string }{
			{committeeNo, "1 = 1"},
			{collegeNo, "d.org_id IN " + mine},
			{branchNo, "(d.subject = 'branch' AND d.org_id = " + branch + " OR d.subject = 'member' AND d.person_id IN (SELECT person_id FROM transfers WHERE branch_id = " + branch + "))"},
		} {
			r := w.in(c.no)
			for _, q := range []struct{ query, where string }{
				{"", "1 = 1"},
				{"?rule=initiate", "d.rule = 'initiate'"},
				{"?due=2020-07-31", "d.due = '2020-07-31'"},
				{"?overdue=1", "d.lapsed_at IS NOT NULL"},
				{"?rule=nothing", "1 = 0"},
			} {
				want := w.count("SELECT COUNT(*) FROM duties d WHERE d.closed_at IS NULL AND " + c.in + " AND " + q.where)
				got := w.walk(r, "/duties"+q.query)
				slices.Sort(got)
				if n := len(slices.Compact(got)); n != want {
					t.Errorf("%s at %s sees %d, want %d", c.no, q.query, n, want)
				}
			}
		}
	})
}

// Every look at personal data is a line of the audit: who, what, when.
func TestLooksAreAudited(t *testing.T) {
	w := newWorld(t, storagetest.SQLite(t), 3)
	r := w.in(collegeNo)
	officer := w.count("SELECT id FROM people WHERE no = ?", collegeNo)
	looks := func(subject string) int {
		return w.count("SELECT COUNT(*) FROM audit WHERE action = 'view' AND actor_id = ? AND subject = ?", officer, subject)
	}
	member := w.count("SELECT id FROM people WHERE no = ?", branchNo)
	stranger := w.count("SELECT id FROM people WHERE branch_id = (SELECT id FROM orgs WHERE name = '数学1班') ORDER BY id LIMIT 1")
	r.page("/")
	r.page("/members?find=nobody")
	if n := looks("members"); n != 0 {
		t.Errorf("%d looks before anybody was seen", n)
	}
	r.page("/members")
	r.page(fmt.Sprintf("/members/%d", member))
	r.get(fmt.Sprintf("/members/%d", stranger))
	if a, b, c := looks("members"), looks(fmt.Sprintf("person/%d", member)), looks(fmt.Sprintf("person/%d", stranger)); a != 1 || b != 1 || c != 0 {
		t.Errorf("looks noted: %d at the list, %d at the member, %d at one who was not shown", a, b, c)
	}
	if page := r.page(fmt.Sprintf("/members/%d", member)); !strings.Contains(page, "郑明") || !strings.Contains(page, "查看") {
		t.Error("the member's story does not say who looked at it")
	}
}

// hostile is a name that would run if it were not escaped.
const hostile = `<img src=x onerror=alert(1)>`

// What people are called, and what they wrote, stays text.
func TestNothingRuns(t *testing.T) {
	w := newWorld(t, storagetest.SQLite(t), 3)
	_, err := w.sql().Exec("UPDATE people SET name = ? WHERE no = '20160002'", hostile)
	w.ok(err)
	r := w.in(committeeNo)
	for _, path := range []string{"/members", "/members?find=%3Cimg", fmt.Sprintf("/members/%d", w.count("SELECT id FROM people WHERE no = '20160002'"))} {
		page := r.page(path)
		if strings.Contains(page, hostile) || !strings.Contains(page, "&lt;img src=x onerror") {
			t.Errorf("%s: a name is not shown as text", path)
		}
		if strings.Contains(page, " style=") || strings.Contains(page, "<script>") {
			t.Errorf("%s holds a style or script of its own", path)
		}
	}
}
