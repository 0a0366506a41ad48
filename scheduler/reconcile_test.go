package scheduler_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"xianjie/scheduler"
	"xianjie/season"
	"xianjie/storage"
)

// changed is the season file with an edit, which must find what it edits.
func changed(t testing.TB, edit func(string) string) *season.Season {
	t.Helper()
	data, err := os.ReadFile("../seasons/cqu-2020.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := edit(string(data))
	if text == string(data) {
		t.Fatal("the edit found nothing to edit")
	}
	sn, err := season.Load("edited", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return sn
}

func replaced(old, now string) func(string) string {
	return func(s string) string { return strings.Replace(s, old, now, 1) }
}

// without takes a whole duty rule out of the file.
func without(rule string) func(string) string {
	re := regexp.MustCompile(`(?s)\n  - key: ` + rule + `\n.*?(\n  - key: )`)
	return func(s string) string { return re.ReplaceAllString(s, "$1") }
}

// TestReconcile changes the season file between two starts, on the eve of 24 July, when two members have declared a job.
func TestReconcile(t *testing.T) {
	const initiateBy = "initiate_by:    {date: 2020-07-31"
	for _, row := range []struct {
		name  string
		edit  func(string) string
		want  storage.Reconciled
		comes []string // to the secretary, until 12 August
	}{
		{
			"only a text", replaced("人的转接还没发起", "人还没有发起转接"),
			storage.Reconciled{Moved: 2},
			[]string{"2020-07-24 09:00", "2020-07-28 09:00", "2020-07-30 09:00", "2020-07-31 09:00", "2020-08-01 09:00", "2020-08-07 09:00"},
		},
		{
			"ten days more", replaced(initiateBy, "initiate_by:    {date: 2020-08-10"),
			storage.Reconciled{Moved: 2},
			[]string{"2020-07-26 09:00", "2020-08-03 09:00", "2020-08-07 09:00", "2020-08-09 09:00", "2020-08-10 09:00", "2020-08-11 09:00"},
		},
		{
			"a week less: at once, for the last reminders are over", replaced(initiateBy, "initiate_by:    {date: 2020-07-23"),
			storage.Reconciled{Moved: 2},
			[]string{"2020-07-23 20:00", "2020-07-24 09:00", "2020-07-30 09:00", "2020-08-06 09:00"},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			on(t, both, "2020-07-02 10:00", func(t *testing.T, w *school) {
				w.office(2)
				w.ok(second(scheduler.Reconcile(w.ctx, w.Store, w.season)))
				w.play("2020-07-23 20:00")
				sn := changed(t, row.edit)
				r, err := scheduler.Reconcile(w.ctx, w.Store, sn)
				w.ok(err)
				if r != row.want {
					t.Errorf("reconciled %+v, want %+v", r, row.want)
				}
				if r, err := scheduler.Reconcile(w.ctx, w.Store, sn); err != nil || r != (storage.Reconciled{}) {
					t.Errorf("once more: %+v, %v", r, err)
				}
				w.season, w.planner.Season = sn, sn
				equal(t, "digests", when(w.play("2020-08-12 08:00")), row.comes)
			})
		})
	}
}

func second[T any](_ T, err error) error { return err }

// TestReconcileRules takes a rule away and brings it back.
func TestReconcileRules(t *testing.T) {
	on(t, sqlite, "2020-06-02 10:00", func(t *testing.T, w *school) {
		w.members("20160001 张三 机械学院 机械1班", "20160002 李四 机械学院 机械1班")
		w.befriend("20160001")
		w.ok(second(scheduler.Reconcile(w.ctx, w.Store, w.season)))
		duty := w.openDuty("20160001", "declare")
		less := changed(t, without("declare"))
		r, err := scheduler.Reconcile(w.ctx, w.Store, less)
		w.ok(err)
		if r != (storage.Reconciled{Closed: 2}) {
			t.Errorf("without the rule: %+v", r)
		}
		all, err := w.Duties(w.ctx, []int64{duty.ID})
		w.ok(err)
		if d := all[duty.ID]; d.Outcome != storage.DutyWithdrawn || d.ClosedAt == nil {
			t.Errorf("the duty: %+v", d)
		}
		w.planner.Season = less
		if list := w.play("2020-06-15 10:00"); len(list) != 0 {
			t.Errorf("without the rule: %v", when(list))
		}
		r, err = scheduler.Reconcile(w.ctx, w.Store, w.season)
		w.ok(err)
		if r != (storage.Reconciled{Opened: 2}) {
			t.Errorf("with the rule again: %+v", r)
		}
		w.planner.Season = w.season
		equal(t, "reminders", when(w.play("2020-06-17 10:00")), []string{
			"2020-06-15 10:00", // the reminder that would have been given on the 9th
			"2020-06-16 09:00",
		})
	})
}

// TestReconcileKeepsTheMorning starts with an edited file when the morning's reminders are due and nobody has been
// given them yet.
func TestReconcileKeepsTheMorning(t *testing.T) {
	on(t, both, "2020-07-02 10:00", func(t *testing.T, w *school) {
		w.office(2)
		w.ok(second(scheduler.Reconcile(w.ctx, w.Store, w.season)))
		w.play("2020-07-24 08:30")
		w.wait("2020-07-24 09:30")
		sn := changed(t, replaced("人的转接还没发起", "人还没有发起转接"))
		w.ok(second(scheduler.Reconcile(w.ctx, w.Store, sn)))
		w.planner.Season = sn
		list := w.play("2020-07-24 12:00")
		if len(list) != 1 {
			t.Fatalf("digests: %v", when(list))
		}
		has(t, list[0].text, "2人还没有发起转接（还有7天截止）")
	})
}

// TestReconcileFirstStart imports a roster by one file and starts with another.
func TestReconcileFirstStart(t *testing.T) {
	on(t, sqlite, "2020-06-02 10:00", func(t *testing.T, w *school) {
		w.members("20160001 张三 机械学院 机械1班")
		sn := changed(t, replaced("declare_by:     {date: 2020-06-30", "declare_by:     {date: 2020-06-20"))
		w.ok(second(scheduler.Reconcile(w.ctx, w.Store, sn)))
		if d := w.openDuty("20160001", "declare"); d.Due != "2020-06-20" {
			t.Errorf("due %s", d.Due)
		}
	})
}
