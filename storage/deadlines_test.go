package storage_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"xianjie/storage"
)

// mine are the due steps of one member's duty to one party, up to the end of the season.
func (w *world) mine(person int64, rule, party string) []storage.DueStep {
	w.t.Helper()
	due, err := w.StepsBetween(ctx, time.Time{}, w.season.EndOf(w.season.Closes))
	w.ok(err)
	var list []storage.DueStep
	for _, d := range due {
		if d.Duty.PersonID == person && d.Duty.Rule == rule && d.Step.Party == party {
			list = append(list, d)
		}
	}
	return list
}

// together runs f on two processes' stores at once, several times over, and returns how often it won; every loser must
// have been told that it lost.
func (w *world) together(f func(*storage.Store) error) int {
	w.t.Helper()
	stores := []*storage.Store{w.Store, w.second()}
	var g sync.WaitGroup
	var mu sync.Mutex
	wins := 0
	for i := range 6 {
		g.Go(func() {
			err := f(stores[i%2])
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				wins++
			case !errors.Is(err, storage.ErrConflict):
				w.t.Error(err)
			}
		})
	}
	g.Wait()
	return wins
}

func TestTwoPlannersGiveAReminderOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.bound("20160001")
		steps := w.mine(p.ID, "declare", "member")
		c, err := w.ContactsOf(ctx, []int64{p.ID})
		w.ok(err)
		digest := func(once string, steps ...storage.DueStep) storage.Digest {
			d := storage.Digest{Out: &storage.Out{ContactID: c[p.ID].ID, PersonID: &p.ID, Kind: storage.OutDigest, Once: once, Text: "该登记了"}}
			for _, st := range steps {
				d.Steps = append(d.Steps, st.Step.ID)
				d.Reminders = append(d.Reminders, storage.Reminder{DutyID: st.Duty.ID, StepID: st.Step.ID, Step: st.Step.Step, Party: "member", PersonID: p.ID, Slot: once, At: w.clock.now()})
			}
			return d
		}
		wins := w.together(func(s *storage.Store) error {
			return s.CommitDigests(ctx, []storage.Digest{digest("digest/1", steps[0], steps[1])})
		})
		if wins != 1 || w.count("outbox WHERE kind = 'digest'") != 1 || w.count("reminders") != 2 || w.count("duty_steps WHERE state = 'done'") != 2 {
			t.Errorf("%d planners won; %d messages, %d reminders", wins, w.count("outbox"), w.count("reminders"))
		}
		// Other reminders, the same slot: one digest per reader and slot.
		wins = w.together(func(s *storage.Store) error {
			return s.CommitDigests(ctx, []storage.Digest{digest("digest/2", steps[2])})
		})
		if wins != 1 {
			t.Errorf("%d planners won the second slot", wins)
		}
		w.conflict(w.CommitDigests(ctx, []storage.Digest{digest("digest/2", steps[3])}), "a second digest in one slot")
		if n := w.count("duty_steps WHERE id = ? AND state = 'planned'", steps[3].Step.ID); n != 1 {
			t.Error("its reminder is lost")
		}
		taken, err := w.OnceTaken(ctx, []string{"digest/1", "digest/2", "digest/3"})
		if err != nil || !taken["digest/1"] || !taken["digest/2"] || taken["digest/3"] {
			t.Errorf("taken: %v, %v", taken, err)
		}
		given, err := w.Given(ctx, []int64{steps[0].Step.ID, steps[3].Step.ID})
		if err != nil || len(given) != 1 || !given[[2]int64{steps[0].Step.ID, p.ID}] {
			t.Errorf("given: %v, %v", given, err)
		}
	})
}

// A matter that closed after the planner looked is not reminded.
func TestDigestOfAClosedMatterIsRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.bound("20160001")
		st := w.mine(p.ID, "declare", "member")[0]
		w.commit(w.declare(w.member(p.ID)))
		before := dump(t, w.sql())
		w.conflict(w.CommitDigests(ctx, []storage.Digest{{
			Steps: []int64{st.Step.ID}, Reminders: []storage.Reminder{{DutyID: st.Duty.ID, StepID: st.Step.ID, PersonID: p.ID}},
			Out: &storage.Out{ContactID: 1, Kind: storage.OutDigest, Text: "该登记了"},
		}}), "reminding of what is done")
		if dump(t, w.sql()) != before {
			t.Error("a refused digest left traces")
		}
	})
}

// Nobody to address: that is put on record in place of a message.
func TestUnaddressedReminders(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.bound("20160001")
		st := w.mine(p.ID, "declare", "branch")[0]
		w.ok(w.CommitDigests(ctx, nil))
		w.ok(w.CommitDigests(ctx, []storage.Digest{{
			Steps:     []int64{st.Step.ID},
			Reminders: []storage.Reminder{{DutyID: st.Duty.ID, StepID: st.Step.ID, Step: st.Step.Step, Party: "branch", At: w.clock.now(), Reason: "没有团支书"}},
		}}))
		rows, err := w.Unaddressed(ctx, w.clock.now())
		if err != nil || len(rows) != 1 || rows[0].Reason != "没有团支书" || rows[0].OutboxID != nil {
			t.Errorf("log: %+v, %v", rows, err)
		}
		if rows, err := w.Unaddressed(ctx, w.clock.now().Add(time.Microsecond)); err != nil || len(rows) != 0 {
			t.Errorf("since later: %+v, %v", rows, err)
		}
	})
}

func TestTwoPlannersRecordALapseOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.bound("20160001")
		w.commit(w.declare(w.member(p.ID)))
		w.record(p.ID, "applied")
		review := w.open(p.ID)["review"]
		w.clock.set(review.LapsesAt)
		wins := w.together(func(s *storage.Store) error {
			ms, err := s.Members(ctx, []int64{p.ID})
			if err != nil {
				return err
			}
			change, err := ms[0].Record(w.season, "defaulted", review.LapsesAt, w.clock.now(), storage.DutyDefaulted, storage.Said{})
			if err != nil {
				return fmt.Errorf("%w: %w", storage.ErrConflict, err) // it came after the winner
			}
			return s.CommitLapses(ctx, []storage.Lapse{{
				DutyID: review.ID, At: review.LapsesAt, Change: &change,
				Report: []storage.DutyStep{{Step: storage.StepLapsed, Party: "college", At: w.clock.now().Add(9 * time.Hour)}},
				Audit:  []storage.Audit{{At: w.clock.now(), Action: "lapse", Subject: fmt.Sprint("duty/", review.ID)}},
			}})
		})
		if wins != 1 {
			t.Errorf("%d planners won", wins)
		}
		for query, want := range map[string]int{
			"transfer_events WHERE event = 'defaulted' AND by_person_id IS NULL": 1, "audit WHERE action = 'lapse'": 1,
			"duty_steps WHERE step = 'lapsed'": 1, "duties WHERE outcome = 'approved_by_default'": 1,
		} {
			if got := w.count(query); got != want {
				t.Errorf("%s: %d", query, got)
			}
		}
		if n := w.count("duty_steps WHERE duty_id = ? AND state = 'missed'", review.ID); n == 0 {
			t.Error("reminders that could not leave any more are not marked as missed")
		}
	})
}

// A duty that lapses overdue stays open, is noted once, and its reminders are over.
func TestOverdueStaysOpen(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.bound("20160001")
		d := w.open(p.ID)["declare"]
		w.clock.set(d.LapsesAt)
		if ds, err := w.LapsesBetween(ctx, d.LapsesAt.Add(-time.Microsecond), d.LapsesAt); err != nil || len(ds) != 3 {
			t.Errorf("lapses between: %d, %v", len(ds), err)
		}
		w.ok(w.CommitLapses(ctx, nil))
		w.ok(w.CommitLapses(ctx, []storage.Lapse{{DutyID: d.ID, At: d.LapsesAt}}))
		got := w.open(p.ID)["declare"]
		if got.ID != d.ID || got.LapsedAt == nil || !got.LapsedAt.Equal(d.LapsesAt) || got.Outcome != "" {
			t.Errorf("the duty: %+v", got)
		}
		if ds, err := w.LapsesDue(ctx, w.clock.now(), 10); err != nil || len(ds) != 2 { // the other two members
			t.Errorf("lapses due: %+v, %v", ds, err)
		}
		if steps := w.mine(p.ID, "declare", "member"); len(steps) != 0 {
			t.Errorf("reminders after the lapse: %+v", steps)
		}
		w.commit(w.declare(w.member(p.ID))) // late, but done
		all, err := w.Duties(ctx, []int64{d.ID})
		w.ok(err)
		if all[d.ID].Outcome != storage.DutyDone || all[d.ID].ClosedAt == nil {
			t.Errorf("done late: %+v", all[d.ID])
		}
	})
}

// What wakes the planner is the next reminder or lapse, and nothing when all is done.
func TestNextWake(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		next, ok, err := w.NextWake(ctx)
		if want := w.season.Morning(mustDate(t, "2020-06-09")); err != nil || !ok || !next.Equal(want) {
			t.Errorf("next %v, %v, %v; want %v", next, ok, err, want)
		}
		_, err = w.sql().Exec("UPDATE duty_steps SET state = 'done'")
		w.ok(err)
		next, ok, err = w.NextWake(ctx)
		if want := w.season.EndOf(mustDate(t, "2020-06-30")); err != nil || !ok || !next.Equal(want) {
			t.Errorf("next lapse %v, %v, %v; want %v", next, ok, err, want)
		}
		_, err = w.sql().Exec("UPDATE duties SET closed_at = opened_at")
		w.ok(err)
		if next, ok, err = w.NextWake(ctx); err != nil || ok {
			t.Errorf("nothing is left, but %v, %v", next, err)
		}
	})
}
