package scheduler_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"xianjie/scheduler"
	"xianjie/storage"
)

// populate makes a school of people in all kinds of situations, some of whom can be reached.
func (w *school) populate(r *rand.Rand) {
	w.t.Helper()
	var nos, officers []string
	for i := range 12 {
		no := fmt.Sprintf("2016%04d", i+1)
		nos = append(nos, no)
		college := []string{"机械学院", "法学院"}[i%2]
		w.members(fmt.Sprintf("%s 学生%d %s %s%d班", no, i+1, college, college, i/2%2+1))
	}
	office := func(no, line string) {
		if r.IntN(5) > 0 {
			w.officer(no + " " + line)
			if !slices.Contains(nos, no) {
				officers = append(officers, no)
			}
		}
	}
	office(nos[0], "学生1 branch 机械学院 机械学院1班")
	office(nos[1], "学生2 branch 法学院 法学院1班")
	office("90001", "赵敏 college 机械学院")
	office("90002", "钱进 college 法学院")
	office("90003", "冯雪 college 法学院")
	office("95001", "孙毅 committee")
	if len(officers) > 0 && r.IntN(2) == 0 {
		office(officers[0], "某某 committee")
	}
	var friends []string
	for _, no := range append(slices.Clone(nos), officers...) {
		if r.IntN(3) > 0 && !slices.Contains(friends, no) {
			friends = append(friends, no)
		}
	}
	if len(friends) > 0 {
		w.befriend(friends...)
	}
	for i, no := range nos {
		if r.IntN(4) == 0 {
			continue
		}
		if r.IntN(8) == 0 {
			w.strike(fmt.Sprintf("%s 学生%d %s", no, i+1, []string{"机械学院", "法学院"}[i%2]))
			continue
		}
		time.Sleep(time.Duration(r.IntN(36)) * time.Hour)
		if r.IntN(2) == 0 {
			w.tick()
			w.drain()
		}
		d := w.season.Destinations[r.IntN(len(w.season.Destinations))]
		w.declare(no, d.Key, w.season.DateOf(time.Now()).AddDays(r.IntN(60)).String())
		w.happen(r, no)
	}
}

// happen records one or two of the events that may come next.
func (w *school) happen(r *rand.Rand, no string) {
	w.t.Helper()
	for range r.IntN(3) {
		m := w.member(no)
		var next []string
		for _, mv := range w.season.Tracks[m.Transfer.Track].Moves {
			if slices.Contains(mv.From, m.Transfer.State) {
				next = append(next, mv.On)
			}
		}
		if len(next) == 0 {
			return
		}
		w.record(no, next[r.IntN(len(next))])
	}
}

// line is one message as both lists show it.
func line(at, no, text string) string { return at + " → " + no + "\n" + text }

// TestRehearsalIsWhatIsSent rehearses the rest of a season of people who do nothing any more, lets it pass, and compares.
func TestRehearsalIsWhatIsSent(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 20200601))
			start := fmt.Sprintf("2020-0%d-%02d %02d:%02d", 6+r.IntN(3), 1+r.IntN(28), r.IntN(24), r.IntN(60))
			on(t, sqlite, start, func(t *testing.T, w *school) {
				w.populate(r)
				time.Sleep(time.Until(time.Now().Truncate(time.Minute).Add(time.Minute)))
				now, end := time.Now(), w.season.EndOf(w.season.Closes).AddDate(0, 0, 3)
				list, err := w.planner.Rehearse(w.ctx, now, end)
				w.ok(err)
				var want []string
				for _, m := range list {
					if m.No != "" {
						want = append(want, line(m.At.Format("2006-01-02 15:04"), m.No, m.Text))
					}
				}
				var got []string
				for _, m := range w.play(end.In(w.season.Zone).Format("2006-01-02 15:04")) {
					got = append(got, line(m.at, m.no, m.text))
				}
				slices.Sort(got)
				slices.Sort(want)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("seed %d, from %s: rehearsed (-) and sent (+):\n%s", seed, w.clock(), diff)
				}
				if len(got) == 0 {
					t.Error("nothing was sent at all")
				}
			})
		})
	}
}

func TestRehearsal(t *testing.T) {
	on(t, both, "2020-06-02 10:00", func(t *testing.T, w *school) {
		w.office(2)
		w.members("20169999 张三 法学院 法学1班")
		before := w.rows()
		list, err := w.planner.Rehearse(w.ctx, local(t, w.season, "2020-06-23 00:00"), local(t, w.season, "2020-07-16 23:59"))
		w.ok(err)
		if after := w.rows(); after != before {
			t.Errorf("it wrote something: %s, then %s", before, after)
		}
		var got []string
		for _, m := range list {
			got = append(got, fmt.Sprintf("%s %s %s %d", m.At.Format("2006-01-02 15:04"), m.Person, strings.Join(m.Steps, " "), m.People))
		}
		const nobody = "（没有能联系上的人）"
		equal(t, "rehearsed", got, []string{
			"2020-06-23 09:00 " + nobody + " declare/before-7 1",
			"2020-06-24 09:00 " + nobody + " declare/before-3 1",
			"2020-06-29 09:00 " + nobody + " declare/before-1 1",
			"2020-07-01 09:00 " + nobody + " declare/lapsed 1",
			"2020-07-01 09:00 赵敏 initiate/before-30 2",
			"2020-07-06 09:00 " + nobody + " initiate/unanswered:college>committee 2",
			"2020-07-07 09:00 " + nobody + " declare/overdue:1 1",
			"2020-07-14 09:00 " + nobody + " declare/overdue:2 1",
			"2020-07-16 09:00 赵敏 initiate/before-15 2",
		})
		has(t, list[4].Text, "赵敏老师", "2人的转接还没发起（还有30天截止）")

		var text, js bytes.Buffer
		w.ok(scheduler.WriteRehearsal(&text, "text", list))
		has(t, text.String(), "== 2020-07-16 ==", "09:00 → 赵敏（90001） 涉及2人", "09:00 → （没有能联系上的人） 涉及1人", "共9条消息。")
		w.ok(scheduler.WriteRehearsal(&js, "json", list))
		var back []scheduler.Rehearsed
		w.ok(json.Unmarshal(js.Bytes(), &back))
		if len(back) != len(list) || back[4].Text != list[4].Text || !back[4].At.Equal(list[4].At) {
			t.Errorf("json: %s", js.String())
		}
		js.Reset()
		w.ok(scheduler.WriteRehearsal(&js, "json", nil))
		if strings.TrimSpace(js.String()) != "[]" {
			t.Errorf("nothing as json: %s", js.String())
		}
	})
}

// rows counts what a rehearsal must not add to.
func (w *school) rows() string {
	w.t.Helper()
	n := map[string]int{}
	for page, err := range storage.Pages[storage.Reminder](w.ctx, w.Store) {
		w.ok(err)
		n["reminders"] += len(page)
	}
	for page, err := range storage.Pages[storage.Outbox](w.ctx, w.Store) {
		w.ok(err)
		n["outbox"] += len(page)
	}
	for page, err := range storage.Pages[storage.Duty](w.ctx, w.Store) {
		w.ok(err)
		for _, d := range page {
			if d.LapsedAt != nil || d.ClosedAt != nil {
				n["over"]++
			}
		}
	}
	return fmt.Sprint(n)
}
