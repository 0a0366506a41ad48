package scheduler_test

import (
	"fmt"
	"sync"
	"testing"
)

func TestPlannersAtOnce(t *testing.T) {
	on(t, both, "2020-06-02 10:00", func(t *testing.T, w *school) {
		w.office(20)
		w.officer("95001 孙毅 committee")
		w.befriend("95001")
		w.wait("2020-07-28 09:00") // initiate, three days before: to the college and the committee
		w.tick()
		if got := len(w.drain()); got != 2 {
			t.Fatalf("%d digests of what is overdue and due", got)
		}
		w.wait("2020-07-31 09:00")
		var g sync.WaitGroup
		for range 2 {
			g.Go(func() {
				if _, err := w.planner.Tick(w.ctx); err != nil {
					t.Error(err)
				}
			})
		}
		g.Wait()
		list := w.drain()
		if len(to(list, "90001")) != 1 || len(to(list, "95001")) != 1 || len(list) != 2 {
			t.Fatalf("two planners queued %d messages: %+v", len(list), list)
		}
		for _, m := range list {
			if n := matters(m); n != 20 {
				t.Errorf("%s is told of %d members", m.no, n)
			}
		}
	})
}

func TestPlanningWhilePeopleAct(t *testing.T) {
	on(t, both, "2020-07-29 10:00", func(t *testing.T, w *school) {
		nos := w.office(40)
		w.officer("95001 孙毅 committee")
		w.befriend("95001")
		w.wait("2020-07-31 09:00")
		var g sync.WaitGroup
		for _, no := range nos[:20] {
			g.Go(func() { w.record(no, "initiated") })
		}
		for range 2 {
			g.Go(func() {
				if _, err := w.planner.Tick(w.ctx); err != nil {
					t.Error(err)
				}
			})
		}
		g.Wait()
		w.tick()
		told := map[string]int{} // reader and member
		for _, m := range w.drain() {
			for _, l := range m.log {
				if l.Duty.Rule == "initiate" && l.Reminder.Step == "before-0" {
					told[fmt.Sprint(m.no, " ", l.Duty.PersonID)]++
				}
			}
		}
		for _, no := range nos[20:] {
			for _, reader := range []string{"90001", "95001"} {
				if n := told[fmt.Sprint(reader, " ", w.member(no).Person.ID)]; n != 1 {
					t.Errorf("%s is told %d times of %s", reader, n, no)
				}
			}
		}
	})
}

func TestPlannerDies(t *testing.T) {
	on(t, both, "2020-07-29 10:00", func(t *testing.T, w *school) {
		w.office(2)
		w.officer("95001 孙毅 committee")
		w.officer("95002 何静 committee")
		w.officer("95003 吕洁 committee")
		w.befriend("95001", "95002", "95003")
		w.wait("2020-07-31 09:00")
		w.ok(w.planner.TickAndDie(w.ctx, 1))
		first := w.drain()
		if len(first) != 1 {
			t.Fatalf("before it died: %+v", first)
		}
		r := w.tick()
		rest := w.drain()
		if r.Digests != 3 || len(rest) != 3 || len(to(rest, first[0].no)) != 0 {
			t.Fatalf("afterwards %+v: %+v", r, rest)
		}
		for _, m := range append(first, rest...) {
			if n := matters(m); n != 2 {
				t.Errorf("%s is told of %d members", m.no, n)
			}
		}
		if r := w.tick(); r.Reminders != 0 {
			t.Errorf("and again: %+v", r)
		}
	})
}
