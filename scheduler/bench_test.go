package scheduler_test

import (
	"fmt"
	"testing"
	"time"

	"xianjie/scheduler"
	"xianjie/season"
	"xianjie/storage"
	"xianjie/storage/storagetest"
)

// crowd is a school of n members who have declared nothing, in twenty colleges whose secretaries can be reached, on the
// eve of the first reminder. The clock is what now points to.
func crowd(b *testing.B, o storage.Options, n int, reachable bool) (w *school, now *time.Time) {
	b.Helper()
	sn := load(b)
	at := local(b, sn, "2020-06-08 10:00")
	w = open(b, o, sn, func() time.Time { return at })
	r := storage.Roster{Committee: "校团委", Audit: storage.Audit{At: at, Action: "import", Subject: "roster"}}
	var nos []string
	for i := range n {
		no := fmt.Sprintf("2016%06d", i)
		r.People = append(r.People, storage.Listed{
			No: no, Name: fmt.Sprint("学生", i), College: fmt.Sprintf("学院%02d", i%20), Branch: fmt.Sprintf("%d班", i/30), Cohort: 2020,
		})
		if reachable {
			nos = append(nos, no)
		}
	}
	for i := range 20 {
		no := fmt.Sprint(90001 + i)
		r.People = append(r.People, storage.Listed{No: no, Name: "赵敏"})
		r.RolesAdded = append(r.RolesAdded, storage.Seat{No: no, Party: storage.OrgCollege, College: fmt.Sprintf("学院%02d", i)})
		nos = append(nos, no)
	}
	w.ok(w.ApplyRoster(w.ctx, sn, r))
	for len(nos) > 0 {
		some := min(500, len(nos))
		w.befriend(nos[:some]...)
		nos = nos[some:]
	}
	return w, &at
}

// BenchmarkTick ticks in a school with 10,000 open duties and 60,000 planned reminders.
func BenchmarkTick(b *testing.B) {
	const members = 10_000
	for name, options := range both {
		b.Run(name+"/nothing is due", func(b *testing.B) {
			w, _ := crowd(b, options(b), members, false)
			for b.Loop() {
				w.tick()
			}
		})
		for _, row := range []struct {
			name      string
			reachable bool
			digests   int
		}{
			{"a morning of 20 digests about 10,000 members", false, 20},
			{"a morning of 10,000 digests", true, members},
		} {
			b.Run(name+"/"+row.name, func(b *testing.B) {
				for b.Loop() {
					b.StopTimer()
					w, now := crowd(b, options(b), members, row.reachable)
					*now = local(b, w.season, "2020-06-09 09:00")
					b.StartTimer()
					if r := w.tick(); r.Digests != row.digests {
						b.Fatalf("ticked: %+v", r)
					}
				}
			})
		}
		b.Run(name+"/10,000 dates pass", func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				w, now := crowd(b, options(b), members, false)
				*now = local(b, w.season, "2020-07-01 00:00")
				b.StartTimer()
				if r := w.tick(); r.Lapsed != members {
					b.Fatalf("ticked: %+v", r)
				}
			}
		})
	}
}

func BenchmarkDigest(b *testing.B) {
	sn := load(b)
	now := local(b, sn, "2020-07-20 09:00")
	for _, n := range []int{1, 200, 5000} {
		b.Run(fmt.Sprint(n, " items"), func(b *testing.B) {
			p := &pile{t: b, season: sn}
			for i := range n {
				switch i % 3 {
				case 0:
					p.add(1, "review", fmt.Sprintf("2020-07-%d", 20+i%12), mech, "outgoing", "out_review")
				case 1:
					p.add(1, "initiate", "2020-07-31", mech, "outgoing", "pending")
				default:
					p.add(1, "declare", "2020-06-30", mech, "", season.Undeclared).last(1, lapsed)
				}
			}
			for b.Loop() {
				scheduler.Digest(sn, now, teacher, p.items)
			}
		})
	}
}

// BenchmarkRehearse rehearses a whole season.
func BenchmarkRehearse(b *testing.B) {
	w, _ := crowd(b, storagetest.SQLite(b), 2000, true)
	from, to := local(b, w.season, "2020-06-01 00:00"), w.season.EndOf(w.season.Closes)
	for b.Loop() {
		list, err := w.planner.Rehearse(w.ctx, from, to)
		if err != nil || len(list) < 10_000 {
			b.Fatal(len(list), err)
		}
	}
}
