package console_test

import (
	"fmt"
	"html"
	"regexp"
	"strings"
	"testing"

	"xianjie/storage"
	"xianjie/storage/storagetest"
)

// figure is a number of the overview, with the list it opens.
type figure struct {
	label string // what a reader hears: 登记率已完成和应完成8/12
	link  string
}

var figureIn = regexp.MustCompile(`<a[^>]* href="([^"]+)"><span class="sr">([^<]+)</span>([^<]+)</a>|<a href="([^"]+)"[^>]*>([^<]+)</a>\s*<svg[^>]*>.*?</svg>\s*<span class="num">(\d+)人`)

// figuresOf are the numbers on a page.
func figuresOf(page string) []figure {
	var fs []figure
	for _, m := range figureIn.FindAllStringSubmatch(page, -1) {
		if m[1] != "" {
			fs = append(fs, figure{m[2] + m[3], html.UnescapeString(m[1])})
		} else {
			fs = append(fs, figure{"去向" + m[5] + m[6], html.UnescapeString(m[4])})
		}
	}
	return fs
}

// Written down by hand, as somebody would ask the database who has never seen the program: who counts, and who is done,
// by the notice of this season.
var bySQL = map[string]struct{ counts, done string }{
	"登记率":     {"1 = 1", "t.state <> 'undeclared'"},
	"转出发起率":   {"p.cohort = 2020 AND t.destination IN ('employed', 'unsettled', 'abroad_official', 'abroad_private')", "t.state IN ('out_review', 'to_receive', 'received')"},
	"转出接收率":   {"p.cohort = 2020 AND t.destination IN ('employed', 'unsettled', 'abroad_official', 'abroad_private')", "t.state = 'received'"},
	"升学转接完成率": {"p.cohort = 2020 AND t.destination = 'further_study'", "t.state = 'received'"},
}

// Every figure equals what an independent query counts, and the list behind it holds so many people.
func TestFigures(t *testing.T) {
	for _, c := range []struct {
		name, no, where string
		units           string // query for the units, id and name
		in              string // condition for one unit
	}{
		{"committee", committeeNo, "1 = 1", "SELECT id, name FROM orgs WHERE kind = 'college'", "p.college_id = %d"},
		{"college", collegeNo, "p.college_id = (SELECT id FROM orgs WHERE kind = 'college' AND name = '机械工程学院')", "SELECT b.id, b.name FROM orgs b JOIN orgs c ON c.id = b.parent_id WHERE c.name = '机械工程学院'", "p.branch_id = %d"},
		{"branch", branchNo, "p.branch_id = (SELECT id FROM orgs WHERE kind = 'branch' AND name = '机械1班')", "SELECT id, name FROM orgs WHERE name = '机械1班'", "p.branch_id = %d"},
	} {
		t.Run(c.name, func(t *testing.T) {
			eachDatabase(t, func(t *testing.T, o storage.Options) {
				w := newWorld(t, o, 13)
				r := w.in(c.no)
				page := r.page("/")
				conditions := []string{c.where}
				rows, err := w.sql().Query(c.units)
				w.ok(err)
				defer rows.Close()
				for rows.Next() {
					var id int64
					var name string
					w.ok(rows.Scan(&id, &name))
					conditions = append(conditions, fmt.Sprintf(c.in, id))
				}
				w.ok(rows.Err())
				// What must stand on the page, in any order of the units.
				want := map[string]int{}
				const from = "SELECT COUNT(*) FROM transfers t JOIN people p ON p.id = t.person_id WHERE p.left_at IS NULL AND "
				for _, where := range conditions {
					for name, m := range bySQL {
						all, done := w.count(from+where+" AND "+m.counts), w.count(from+where+" AND "+m.counts+" AND "+m.done)
						if all == 0 {
							continue
						}
						want[fmt.Sprintf("%s已完成和应完成%d/%d", name, done, all)]++
						if all > done {
							want[fmt.Sprintf("%s还缺%d", name, all-done)]++
						}
					}
				}
				for _, d := range w.season.Destinations {
					want[fmt.Sprintf("去向%s%d", d.Short, w.count(from+c.where+" AND t.destination = ?", d.Key))]++
				}
				want[fmt.Sprintf("去向未登记%d", w.count(from+c.where+" AND t.destination = ''"))]++
				got := figuresOf(page)
				for _, f := range got {
					want[f.label]--
					w.behind(r, f)
				}
				for label, n := range want {
					if n != 0 {
						t.Errorf("%q stands there %d times too rarely", label, n)
					}
				}
				if len(got) < 20 {
					t.Errorf("only %d figures on the page", len(got))
				}
			})
		})
	}
}

var numbers = regexp.MustCompile(`\d+`)

// behind opens the list behind a figure: it says the same number, and shows as many people.
func (w *world) behind(r *reader, f figure) {
	w.t.Helper()
	want := numbers.FindString(f.label)
	page := r.page(f.link)
	if !strings.Contains(page, "共"+want+"人") {
		w.t.Errorf("%s: %s opens a list of %s", f.label, f.link, regexp.MustCompile(`共\d+人`).FindString(page))
	}
	if n := len(w.walk(r, f.link)); fmt.Sprint(n) != want {
		w.t.Errorf("%s: %s lists %d people", f.label, f.link, n)
	}
}

var memberIn = regexp.MustCompile(`href="(/(?:members|duties)/\d+)"`)

// linkIn is where a link of that text leads; "" when there is none.
func linkIn(page, text string) string {
	m := regexp.MustCompile(`href="([^"]+)">` + text).FindStringSubmatch(page)
	if m == nil {
		return ""
	}
	return html.UnescapeString(m[1])
}

// walk turns all pages of a list and returns the addresses of all that is on them.
func (w *world) walk(r *reader, link string) []string {
	w.t.Helper()
	var all []string
	for link != "" {
		page := r.page(link)
		for _, m := range memberIn.FindAllStringSubmatch(page, -1) {
			all = append(all, m[1])
		}
		link = linkIn(page, "下一页")
	}
	return all
}

// eachDatabase runs a test on both kinds of databases.
func eachDatabase(t *testing.T, f func(*testing.T, storage.Options)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, storagetest.SQLite(t)) })
	t.Run("mariadb", func(t *testing.T) { f(t, storagetest.MariaDB(t)) })
}

// Deadlines and duties on the overview.
func TestDutiesOnTheOverview(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o storage.Options) {
		w := newWorld(t, o, 9)
		page := w.in(committeeNo).page("/")
		rows, err := w.sql().Query("SELECT rule, due, COUNT(*) FROM duties WHERE closed_at IS NULL GROUP BY rule, due ORDER BY due, rule LIMIT 8")
		w.ok(err)
		defer rows.Close()
		n := 0
		for rows.Next() {
			var rule, due string
			var open int
			w.ok(rows.Scan(&rule, &due, &open))
			r, _ := w.season.DutyRule(rule)
			line := fmt.Sprintf(`(?s)<th scope="row"><a href="[^"]*rule=%s">%s</a></th>.*?class="num end">%d<`, rule, regexp.QuoteMeta(r.Name), open)
			if !regexp.MustCompile(line).MatchString(page) {
				t.Errorf("%s, due %s: %d are open, and the page does not say so", r.Name, due, open)
			}
			n++
		}
		w.ok(rows.Err())
		if n < 3 {
			t.Errorf("only %d kinds of duties in this world", n)
		}
		for _, want := range []string{"登记去向", "6月30日", "还有4天"} {
			if !strings.Contains(page, want) {
				t.Errorf("no %s among the deadlines", want)
			}
		}
	})
}
