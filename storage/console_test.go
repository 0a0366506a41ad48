package storage_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"xianjie/storage"
	"xianjie/storage/storagetest"
)

// link makes a link into the console for a person, as a turn does.
func (w *world) link(token string, p storage.Person) {
	w.t.Helper()
	m := w.says(p.No, "控制台")
	w.ok(w.CommitTurns(ctx, []storage.Turn{{
		InboxID: m.Inbox.ID, ContactID: m.Contact.ID, Link: &storage.NewLink{Token: token, PersonID: &p.ID},
	}}))
}

func TestConsoleLinkLetsInOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		officer := w.bound("90001")
		w.link("token-1", officer)
		if err := w.SignIn(ctx, "token-2", "s", "browser"); !errors.Is(err, storage.ErrLink) {
			t.Errorf("a link nobody made: %v", err)
		}
		var in atomic.Int64
		var g sync.WaitGroup
		for i := range 8 {
			g.Go(func() {
				err := w.SignIn(ctx, "token-1", fmt.Sprint("session-", i), "browser")
				switch {
				case err == nil:
					in.Add(1)
				case !errors.Is(err, storage.ErrLink):
					t.Error(err)
				}
			})
		}
		g.Wait()
		if in.Load() != 1 {
			t.Errorf("%d browsers came in by one link", in.Load())
		}
		if n := w.count("audit WHERE action = 'sign_in' AND actor_id = ?", officer.ID); n != 1 {
			t.Errorf("%d lines of audit about one sign-in", n)
		}
		if all := dump(t, w.sql()); strings.Contains(all, "token-1") || strings.Contains(all, "session-") {
			t.Error("a token stands in the database as it is")
		}
		w.link("token-3", officer)
		w.clock.set(w.clock.now().Add(storage.LinkKeeps))
		if err := w.SignIn(ctx, "token-3", "late", "browser"); !errors.Is(err, storage.ErrLink) {
			t.Errorf("a link that is too old: %v", err)
		}
	})
}

func TestConsoleSessionEnds(t *testing.T) {
	in := func(t *testing.T, w *world, p storage.Person) {
		w.link("token", p)
		w.ok(w.SignIn(ctx, "token", "session", strings.Repeat("长", 300)))
	}
	for _, c := range []struct {
		name string
		end  func(*world, storage.Visitor)
	}{
		{"by signing out", func(w *world, v storage.Visitor) { w.ok(w.SignOut(ctx, v)) }},
		{"when nobody used it", func(w *world, _ storage.Visitor) { w.clock.set(w.clock.now().Add(storage.SessionIdle)) }},
		{"after its whole time, used or not", func(w *world, _ storage.Visitor) {
			for range 12 {
				w.clock.set(w.clock.now().Add(time.Hour))
				_, _ = w.Visitor(ctx, "session") // the last of these is refused
			}
		}},
		{"with the office", func(w *world, v storage.Visitor) {
			w.ok(w.ApplyRoster(ctx, w.season, storage.Roster{
				Committee: "校团委", RolesEnded: []storage.Seat{{No: v.Person.No, Party: storage.OrgCollege, College: "机械学院"}},
				Audit: storage.Audit{Action: "import", Subject: "roster"},
			}))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T, w *world) {
				officer := w.bound("90001")
				in(t, w, officer)
				v, err := w.Visitor(ctx, "session")
				w.ok(err)
				if v.Person.ID != officer.ID || v.Everywhere() || v.Scope().CollegeID != v.Roles[0].OrgID {
					t.Errorf("came in as %+v", v)
				}
				c.end(w, v)
				if _, err := w.Visitor(ctx, "session"); !errors.Is(err, storage.ErrSession) {
					t.Errorf("still in: %v", err)
				}
			})
		})
	}
}

func TestConsoleOfTheOperator(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		if ever, err := w.SignedInEver(ctx); err != nil || ever {
			t.Errorf("somebody was in before: %v, %v", ever, err)
		}
		w.ok(w.AddLink(ctx, storage.NewLink{Token: "first"}, storage.Audit{At: w.clock.now(), Action: "console_link", Subject: "console"}))
		w.ok(w.SignIn(ctx, "first", "session", "browser"))
		v, err := w.Visitor(ctx, "session")
		if err != nil || !v.Operator() || !v.Everywhere() {
			t.Errorf("%+v, %v", v, err)
		}
		if ever, err := w.SignedInEver(ctx); err != nil || !ever {
			t.Errorf("nobody was in: %v, %v", ever, err)
		}
	})
}

// The season may be played in minutes; links and sessions keep by the clock on the wall.
func TestConsoleKeepsByTheWall(t *testing.T) {
	databases(t, func(t *testing.T, o storage.Options) {
		season, wall := &clock{t: time.Date(2020, 6, 1, 1, 0, 0, 0, time.UTC)}, &clock{t: time.Date(2024, 2, 29, 8, 0, 0, 0, time.UTC)}
		o.Now, o.Wall = season.now, wall.now
		s := storagetest.Open(t, o)
		add := func(token string) {
			if err := s.AddLink(ctx, storage.NewLink{Token: token}, storage.Audit{At: season.now(), Action: "console_link", Subject: "console"}); err != nil {
				t.Fatal(err)
			}
		}
		add("a")
		season.set(season.now().AddDate(0, 3, 0))
		if err := s.SignIn(ctx, "a", "session", "browser"); err != nil {
			t.Errorf("the season moved on and took the link along: %v", err)
		}
		season.set(season.now().AddDate(0, 3, 0))
		if _, err := s.Visitor(ctx, "session"); err != nil {
			t.Errorf("the season moved on and took the session along: %v", err)
		}
		wall.set(wall.now().Add(storage.SessionIdle))
		if _, err := s.Visitor(ctx, "session"); !errors.Is(err, storage.ErrSession) {
			t.Errorf("idle on the wall: %v", err)
		}
		add("b")
		wall.set(wall.now().Add(storage.LinkKeeps))
		if err := s.SignIn(ctx, "b", "later", "browser"); !errors.Is(err, storage.ErrLink) {
			t.Errorf("too late on the wall: %v", err)
		}
	})
}
