package storage_test

import (
	"testing"
	"time"

	"xianjie/storage"
)

// due is what a channel is to tell now.
func (w *world) due(channel string) []storage.DueAlert {
	w.t.Helper()
	due, err := w.ClaimAlerts(ctx, channel)
	w.ok(err)
	return due
}

func (w *world) later(d time.Duration) { w.clock.set(w.clock.now().Add(d)) }

func TestIncident(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		began := w.clock.now()
		trouble := storage.Incident{Trouble: "wechat_lost", Account: account, Since: began.Add(-45 * time.Second)}
		note := func(want string) {
			t.Helper()
			event, err := w.NoteTrouble(ctx, trouble, []string{"webhook", "mail"})
			if w.ok(err); event != want {
				t.Errorf("event %q, want %q", event, want)
			}
		}
		note(storage.EventBegun)
		note("") // another process, or the next look
		waiting, err := w.AlertsDue(ctx)
		if w.ok(err); len(waiting) != 2 {
			t.Errorf("%q have something to tell", waiting)
		}
		for _, channel := range []string{"webhook", "mail"} {
			due := w.due(channel)
			if len(due) != 1 || due[0].Alert.Event != storage.EventBegun || due[0].Incident.Account != account || !due[0].Incident.Since.Equal(trouble.Since) {
				t.Fatalf("%s: %+v", channel, due)
			}
			if again := w.due(channel); len(again) != 0 {
				t.Errorf("%s: claimed twice: %+v", channel, again)
			}
			w.ok(w.FinishAlert(ctx, due[0].Alert, ""))
		}
		w.later(23 * time.Hour)
		note("")
		w.later(time.Hour)
		note(storage.EventStill)
		note("")
		w.later(time.Hour)
		if waiting, err = w.AlertsDue(ctx); err != nil || len(waiting) != 2 {
			t.Errorf("%q have something to tell, %v", waiting, err)
		}
		ended, err := w.EndTrouble(ctx, trouble.Trouble, account, []string{"webhook"})
		if w.ok(err); !ended {
			t.Error("it did not end")
		}
		if ended, err = w.EndTrouble(ctx, trouble.Trouble, account, []string{"webhook"}); err != nil || ended {
			t.Errorf("it ended twice: %v, %v", ended, err)
		}
		// That it goes on was not told in time and is not told any more.
		if due := w.due("webhook"); len(due) != 1 || due[0].Alert.Event != storage.EventOver || due[0].Incident.OverAt == nil {
			t.Errorf("at the end: %+v", due)
		}
		if due := w.due("mail"); len(due) != 0 {
			t.Errorf("mail tells %+v", due)
		}
		note(storage.EventBegun) // another incident
	})
}

func TestAlertThatDoesNotLeave(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, err := w.NoteTrouble(ctx, storage.Incident{Trouble: "wechat_lost", Account: account, Since: w.clock.now()}, []string{"mail"})
		w.ok(err)
		first := w.due("mail")
		if len(first) != 1 {
			t.Fatalf("%+v", first)
		}
		// The process that claimed it has died.
		w.later(3 * time.Minute)
		second := w.due("mail")
		if len(second) != 1 || second[0].Alert.Attempts != 2 {
			t.Fatalf("after its process died: %+v", second)
		}
		w.ok(w.FinishAlert(ctx, second[0].Alert, "connection refused"))
		if due := w.due("mail"); len(due) != 0 {
			t.Errorf("tried again at once: %+v", due)
		}
		attempts := 0
		for range 3 * 24 * 60 {
			w.later(time.Minute)
			for _, d := range w.due("mail") {
				attempts = d.Alert.Attempts
				w.ok(w.FinishAlert(ctx, d.Alert, "connection refused"))
			}
		}
		// Ten minutes apart for a day, and then no more.
		if attempts < 140 || attempts > 155 {
			t.Errorf("%d attempts", attempts)
		}
		var state string
		w.ok(rawDB(t, w.o).QueryRow("SELECT state FROM alerts").Scan(&state))
		if state != storage.AlertFailed {
			t.Errorf("it is %s", state)
		}
	})
}

func TestWhenWeChatWasHeard(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		get := func() storage.Account {
			t.Helper()
			a, err := w.AccountNamed(ctx, "other")
			w.ok(err)
			return a
		}
		w.ok(w.SavePhase(ctx, "other", "online"))
		if a := get(); a.LostAt != nil {
			t.Errorf("online and lost at %v", a.LostAt)
		}
		lost := w.clock.now()
		w.ok(w.SavePhase(ctx, "other", "offline"))
		w.later(time.Minute)
		w.ok(w.SavePhase(ctx, "other", "qr"))
		if a := get(); a.LostAt == nil || !a.LostAt.Equal(lost) || !a.PhaseAt.Equal(w.clock.now()) {
			t.Errorf("lost at %v, phase at %v", a.LostAt, a.PhaseAt)
		}
		w.ok(w.SaveHeard(ctx, "other", lost, lost))
		w.ok(w.SaveHeard(ctx, "other", lost.Add(time.Second), time.Time{}))
		if a := get(); !a.HeardAt.Equal(lost.Add(time.Second)) || !a.NewsAt.Equal(lost) {
			t.Errorf("heard at %v, news at %v", a.HeardAt, a.NewsAt)
		}
		w.ok(w.SavePhase(ctx, "other", "online"))
		if a := get(); a.LostAt != nil {
			t.Errorf("online again and lost at %v", a.LostAt)
		}
	})
}
