package scheduler_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"xianjie/scheduler"
	"xianjie/season"
	"xianjie/storage"
)

var update = flag.Bool("update", false, "write golden files anew")

// pile is a set of duties for digests that need no database.
type pile struct {
	t      testing.TB
	season *season.Season
	items  []scheduler.Item
}

// add puts n duties of a rule on the pile, about members in a state, due on a day.
func (p *pile) add(n int, rule, due, college, track, state string) *pile {
	p.t.Helper()
	names := []string{"张三", "李四", "王五", "欧阳小明", "阿依古丽·买买提"}
	for range n {
		id := int64(len(p.items) + 1)
		name := names[int(id-1)%len(names)]
		if int(id) > len(names) {
			name += fmt.Sprint(id)
		}
		p.items = append(p.items, scheduler.Item{
			Duty: storage.Duty{ID: id, Rule: rule, Due: due, PersonID: id},
			Member: storage.Member{
				Person: storage.Person{ID: id, Name: name}, College: storage.Org{Name: college},
				Transfer: storage.Transfer{Track: track, State: state},
			},
		})
	}
	return p
}

// each changes all items put there since the last n.
func (p *pile) last(n int, change func(*scheduler.Item)) *pile {
	for i := len(p.items) - n; i < len(p.items); i++ {
		change(&p.items[i])
	}
	return p
}

var (
	teacher   = scheduler.Reader{Person: storage.Person{ID: 9001, Name: "赵敏"}, Parties: []string{storage.OrgCollege}}
	committee = scheduler.Reader{Person: storage.Person{ID: 9002, Name: "孙毅老师"}, Parties: []string{storage.OrgCommittee}}
	student   = scheduler.Reader{Person: storage.Person{ID: 9003, Name: "周晴", Cohort: 2020}}
	branch    = scheduler.Reader{Person: storage.Person{ID: 9004, Name: "吴迪", Cohort: 2020}, Parties: []string{storage.OrgBranch}}
)

const mech, law = "机械学院", "法学院"

func own(it *scheduler.Item)     { it.Own = true }
func lapsed(it *scheduler.Item)  { it.Lapsed = true }
func instead(it *scheduler.Item) { it.Instead = true }

// TestDigestTexts keeps what people read in testdata/digests.txt, to be read as a whole.
func TestDigestTexts(t *testing.T) {
	sn := load(t)
	var got strings.Builder
	for _, row := range []struct {
		name   string
		at     string
		reader scheduler.Reader
		pile   func(*pile) *pile
	}{
		{"a member who has not declared", "2020-06-23 09:00", student, func(p *pile) *pile {
			return p.add(1, "declare", "2020-06-30", mech, "", season.Undeclared).last(1, own)
		}},
		{"a member with two things of their own", "2020-10-24 09:00", student, func(p *pile) *pile {
			return p.add(1, "abroad_apply", "2020-10-27", mech, "abroad_study", "to_apply").last(1, own).
				add(1, "further_done", "2020-10-31", mech, "further", "waiting").last(1, own)
		}},
		{"a branch secretary who has not declared either", "2020-06-27 09:00", branch, func(p *pile) *pile {
			return p.add(1, "declare", "2020-06-30", mech, "", season.Undeclared).last(1, own).
				add(4, "declare", "2020-06-30", mech, "", season.Undeclared).last(2, instead)
		}},
		{"one review, tomorrow", "2020-07-09 09:00", teacher, func(p *pile) *pile {
			return p.add(1, "review", "2020-07-10", mech, "outgoing", "out_review")
		}},
		{"one review, today", "2020-07-10 09:00", teacher, func(p *pile) *pile {
			return p.add(1, "review", "2020-07-10", mech, "outgoing", "out_review")
		}},
		{"what nobody has received", "2020-09-23 09:00", teacher, func(p *pile) *pile {
			return p.add(3, "receive", "2020-09-30", mech, "outgoing", "to_receive")
		}},
		{"a college secretary told instead of everybody", "2020-06-09 09:00", teacher, func(p *pile) *pile {
			return p.add(30, "declare", "2020-06-30", mech, "", season.Undeclared).last(30, instead)
		}},
		{"the most urgent first, what lapsed last", "2020-07-24 09:00", teacher, func(p *pile) *pile {
			return p.add(2, "declare", "2020-06-30", mech, "", season.Undeclared).last(2, lapsed).
				add(12, "initiate", "2020-07-31", mech, "outgoing", "pending").
				add(3, "review", "2020-07-29", mech, "outgoing", "out_review").
				add(1, "review", "2020-07-25", mech, "outgoing", "out_review")
		}},
		{"approved by default", "2020-07-11 09:00", teacher, func(p *pile) *pile {
			return p.add(2, "review", "2020-07-10", mech, "outgoing", "to_receive").last(2, lapsed)
		}},
		{"the committee, over colleges", "2020-07-28 09:00", committee, func(p *pile) *pile {
			return p.add(25, "initiate", "2020-07-31", mech, "outgoing", "pending").
				add(40, "initiate", "2020-07-31", law, "outgoing", "pending")
		}},
		{"the committee approves", "2020-07-28 09:00", committee, func(p *pile) *pile {
			return p.add(2, "abroad_approve", "2020-08-01", law, "abroad_study", "to_approve")
		}},
		{"five thousand", "2020-06-27 09:00", teacher, func(p *pile) *pile {
			return p.add(5000, "declare", "2020-06-30", mech, "", season.Undeclared)
		}},
		{"a morning with more than fits", "2020-07-20 09:00", teacher, func(p *pile) *pile {
			for day := 20; day <= 31; day++ {
				p.add(9, "review", fmt.Sprintf("2020-07-%d", day), mech, "outgoing", "out_review")
				p.add(9, "leave_before", fmt.Sprintf("2020-07-%d", day), mech, "outgoing", "pending")
			}
			return p
		}},
	} {
		p := row.pile(&pile{t: t, season: sn})
		text := scheduler.Digest(sn, local(t, sn, row.at), row.reader, p.items)
		if n := utf8.RuneCountInString(text); n > storage.MaxPart {
			t.Errorf("%s: %d characters", row.name, n)
		}
		fmt.Fprintf(&got, "== %s (%s)\n%s\n\n", row.name, row.at, text)
	}
	const file = "testdata/digests.txt"
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("digests differ from %s; look at them with -update:\n%s", file, got.String())
	}
}

func TestDigestFits(t *testing.T) {
	sn := load(t)
	now := local(t, sn, "2020-07-01 09:00")
	long := strings.Repeat("很长的名字", 40)
	for _, n := range []int{1, 2, 3, 30, 200, 5000} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			p := (&pile{t: t, season: sn}).add(n, "initiate", "2020-07-31", mech, "outgoing", "pending")
			text := scheduler.Digest(sn, now, teacher, p.items)
			has(t, text, fmt.Sprintf("%d人的转接还没发起", n), "还有30天截止", "张三", "已发起 张三")
			if r := utf8.RuneCountInString(text); r > storage.MaxPart {
				t.Errorf("%d characters", r)
			}
		})
		t.Run(fmt.Sprint(n, " with endless names, each due on another day"), func(t *testing.T) {
			p := (&pile{t: t, season: sn})
			due := season.Date{Year: 2020, Month: time.July, Day: 2}
			for i := range n {
				p.add(1, "initiate", due.AddDays(i).String(), long, "outgoing", "pending")
				p.last(1, func(it *scheduler.Item) { it.Member.Person.Name = long + it.Member.Person.Name })
			}
			r := teacher
			r.Person.Name = long
			text := scheduler.Digest(sn, now, r, p.items)
			if r := utf8.RuneCountInString(text); r > storage.MaxPart {
				t.Errorf("%d characters", r)
			}
			shown := strings.Count(text, "人的转接还没发起")
			if left := n - shown; left > 0 {
				has(t, text, fmt.Sprintf("还有%d件，涉及%d人", left, left))
			}
		})
	}
}

func TestDigestSaysNothing(t *testing.T) {
	sn := load(t)
	p := (&pile{t: t, season: sn}).add(1, "no_such_rule", "2020-07-31", mech, "outgoing", "pending")
	for name, items := range map[string][]scheduler.Item{"no items": nil, "a rule the season does not know": p.items} {
		if text := scheduler.Digest(sn, time.Now(), teacher, items); text != "" {
			t.Errorf("%s: %q", name, text)
		}
	}
}

func TestDigestCountsADutyOnce(t *testing.T) {
	sn := load(t)
	p := (&pile{t: t, season: sn}).add(2, "declare", "2020-06-30", mech, "", season.Undeclared)
	twice := append(p.items, p.items...)
	twice[3].Instead = true
	text := scheduler.Digest(sn, local(t, sn, "2020-06-23 09:00"), branch, twice)
	has(t, text, "2人还没登记毕业去向", "其中1人微信联系不上")
}
