package storage_test

import (
	"fmt"
	"testing"
	"time"

	"xianjie/storage"
)

func TestNudgesOf(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p, other := w.bound("20160001"), w.bound("20160002")
		nudge := func(id int64, action string) time.Time {
			t.Helper()
			w.clock.set(w.clock.now().Add(time.Hour))
			m := w.says("90001", fmt.Sprint("催 ", w.clock.now()))
			w.ok(w.CommitTurns(ctx, []storage.Turn{{
				InboxID: m.Inbox.ID, ContactID: m.Contact.ID,
				Audit: []storage.Audit{{At: w.clock.now(), Action: action, Subject: fmt.Sprintf("person/%d", id)}},
			}}))
			return w.clock.now()
		}
		nudge(p.ID, "nudge")
		last := nudge(p.ID, "nudge")
		nudge(p.ID, "record")
		got, err := w.NudgesOf(ctx, []int64{p.ID, other.ID})
		w.ok(err)
		if len(got) != 1 || got[p.ID].Count != 2 || !got[p.ID].Last.Equal(last) {
			t.Errorf("nudged: %+v, the last at %v", got, last)
		}
	})
}
