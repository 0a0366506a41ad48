package storage_test

import (
	"testing"

	"xianjie/storage"
)

// What a roster says of where a new student's relation stands is declared, with its duties, and follows the roster until
// the student, an officer, or what happened says otherwise.
func TestNewcomersByRoster(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		listed := func(no, former string, cohort int) storage.Member {
			t.Helper()
			w.roster(storage.Listed{No: no, Name: "钱一凡", College: "机械学院", Branch: "研1班", Cohort: cohort, Former: former})
			p, err := w.PersonByNo(ctx, no)
			w.ok(err)
			return w.member(p.ID)
		}
		former := func(m storage.Member) string { return m.Answers()[w.season.Newcomers.Column] }

		m := listed("20201001", "", 2023)
		if m.Declaration != nil || len(w.open(m.Person.ID)) != 0 {
			t.Errorf("nothing is known of them, and they owe %v", w.open(m.Person.ID))
		}
		if m = listed("20201001", "云岭大学团委", 2023); former(m) != "云岭大学团委" || m.Transfer.State != "to_admit" {
			t.Errorf("declared: %+v", m.Transfer)
		}
		if d, ok := w.open(m.Person.ID)["admit_new"]; !ok || d.OrgID != m.College.ID || d.Due != "2020-10-01" {
			t.Errorf("they owe %+v", w.open(m.Person.ID))
		}
		version := m.Transfer.Version
		if m = listed("20201001", "云岭大学团委", 2023); m.Transfer.Version != version {
			t.Error("the same roster again is a change")
		}
		if m = listed("20201001", "云岭大学文学院团委", 2023); former(m) != "云岭大学文学院团委" || m.Declaration.Seq != 2 {
			t.Errorf("a roster that knows better: %q, declaration %d", former(m), m.Declaration.Seq)
		}
		w.record(m.Person.ID, "initiated")
		if m = listed("20201001", "别的大学团委", 2023); former(m) != "云岭大学文学院团委" || m.Transfer.State != "in_review" {
			t.Errorf("somebody acted on it: %q, %s", former(m), m.Transfer.State)
		}
		if m = listed("20160099", "云岭大学团委", 2020); m.Declaration != nil || m.Transfer.State != "undeclared" {
			t.Errorf("a graduate arrives: %+v", m.Transfer)
		}
		left, n, err := w.MembersIn(ctx, storage.Scope{}, storage.Filter{Missing: &storage.Missing{
			Cohort: w.season.Cohort, Later: true, Of: []string{"incoming"}, Done: []string{"received"},
		}}, 0, 10)
		if err != nil || n != 1 || left[0].Person.No != "20201001" {
			t.Errorf("the rate lacks %d: %+v, %v", n, left, err)
		}
		listed("20201002", "", 2023)
		for _, f := range []storage.Filter{{Undeclared: true, ThisYear: 2020}, {Open: true, ThisYear: 2020}} {
			ms, _, err := w.MembersIn(ctx, storage.Scope{}, f, 0, 100)
			w.ok(err)
			for _, m := range ms {
				if m.Person.No == "20201002" {
					t.Errorf("%+v lists somebody who need not declare", f)
				}
			}
		}
	})
}
