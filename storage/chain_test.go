package storage_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"xianjie/seasons"
	"xianjie/storage"
	"xianjie/storage/storagetest"
)

// line writes one line of audit and nothing else.
func (w *world) line(s *storage.Store, action string) error {
	return s.ApplyRoster(ctx, w.season, storage.Roster{
		Committee: "校团委", Audit: storage.Audit{At: w.clock.now(), Action: action, Subject: "roster", Detail: map[string]string{"why": "试 <1>"}},
	})
}

// verified is what is wrong with the audit, one word with its lines per fault.
func (w *world) verified(witness *storage.AuditEnd) string {
	w.t.Helper()
	st, err := w.VerifyAudit(ctx, witness)
	w.ok(err)
	list := make([]string, len(st.Faults))
	for i, f := range st.Faults {
		list[i] = fmt.Sprintf("%s %d-%d", f.Kind, f.ID, f.Last)
	}
	return strings.Join(list, ", ")
}

// Two processes write lines at once, alone and several in a transaction; one chain comes of it.
func TestAuditChainUnderConcurrentWriters(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const writers, rounds = 4, 8
		stores := []*storage.Store{w.Store, w.second()}
		var g sync.WaitGroup
		for i := range writers {
			g.Go(func() {
				for n := range rounds {
					if err := w.line(stores[i%2], fmt.Sprintf("w%d.%d", i, n)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		for n := range rounds {
			m := w.says("20160001", fmt.Sprint("x", n))
			turn := storage.Turn{InboxID: m.Inbox.ID, ContactID: m.Contact.ID}
			for k := range 3 {
				turn.Audit = append(turn.Audit, storage.Audit{At: w.clock.now(), ContactID: &m.Contact.ID, InboxID: &m.Inbox.ID, Action: fmt.Sprint("t", k), Subject: "x"})
			}
			w.ok(w.CommitTurns(ctx, []storage.Turn{turn}))
			if _, err := w.VerifyAudit(ctx, nil); err != nil {
				t.Error(err)
			}
		}
		g.Wait()
		if faults := w.verified(nil); faults != "" {
			t.Error(faults)
		}
		const lines = 1 + writers*rounds + 3*rounds // and the roster
		if n, last := w.count("audit"), w.count("audit WHERE id <= "+fmt.Sprint(lines)); n != lines || last != lines {
			t.Errorf("%d lines, %d of them numbered without a gap, want %d", n, last, lines)
		}
	})
}

func TestTamperingWithTheAuditIsFound(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for i := range 11 {
			w.ok(w.line(w.Store, fmt.Sprintf("a%d", i+2)))
		}
		st, err := w.VerifyAudit(ctx, nil)
		w.ok(err)
		if st.End.Lines != 12 || st.End.LastID != 12 || len(st.Faults) != 0 {
			t.Fatalf("untouched: %+v", st)
		}
		db := w.sql()
		exec := func(t *testing.T, statements ...string) {
			t.Helper()
			for _, q := range statements {
				if _, err := db.Exec(q); err != nil {
					t.Fatalf("%s: %v", q, err)
				}
			}
		}
		exec(t, "CREATE TABLE kept AS SELECT * FROM audit", "CREATE TABLE kept_head AS SELECT * FROM audit_head")
		const copied = "at, actor_id, contact_id, inbox_id, action, subject, detail"
		for _, c := range []struct{ name, do, want string }{
			{"nothing", "", ""},
			{"an action", "UPDATE audit SET action = 'b' WHERE id = 5", "altered 5-5"},
			{"a time", "UPDATE audit SET at = '2020-06-02 00:00:00.000001' WHERE id = 5", "altered 5-5"},
			{"an actor", "UPDATE audit SET actor_id = 0 WHERE id = 1", "altered 1-1"},
			{"a message", "UPDATE audit SET inbox_id = 1 WHERE id = 12", "altered 12-12"},
			{"spaces in the detail", "UPDATE audit SET detail = '{\"why\": \"试 <1>\"}' WHERE id = 3", "altered 3-3"},
			{"a hash", "UPDATE audit SET hash = '0' WHERE id = 5", "hash 5-5"},
			{"no hash", "UPDATE audit SET hash = NULL WHERE id = 12", "hash 12-12"},
			{"the first", "DELETE FROM audit WHERE id = 1", "missing 1-1"},
			{"two in the middle", "DELETE FROM audit WHERE id IN (6, 7)", "missing 6-7"},
			{"the last", "DELETE FROM audit WHERE id >= 11", "end 11-12"},
			{"all", "DELETE FROM audit", "end 1-12"},
			{"two changed places", "UPDATE audit SET id = 99 WHERE id = 5; UPDATE audit SET id = 5 WHERE id = 6; UPDATE audit SET id = 6 WHERE id = 99", "moved 5-5, moved 6-6"},
			{"one more at the end", "INSERT INTO audit SELECT 13, " + copied + ", hash FROM audit WHERE id = 12", "inserted 13-13"},
			{"one dropped, the rest moved up", "DELETE FROM audit WHERE id = 11; UPDATE audit SET id = 11 WHERE id = 12", "altered 11-11, end 12-12"},
			{"one in place of another", "DELETE FROM audit WHERE id = 5; INSERT INTO audit SELECT 5, " + copied + ", hash FROM audit WHERE id = 4", "altered 5-5, altered 6-6"},
			{"the head put back with the end cut off", "DELETE FROM audit WHERE id = 12; UPDATE audit_head SET total = 11, last_id = 11, hash = (SELECT hash FROM audit WHERE id = 11)", "head 0-0"},
			{"the head gone", "DELETE FROM audit_head", "head 0-0"},
			{"everything", "DELETE FROM audit; DELETE FROM audit_head", "head 0-0"},
		} {
			exec(t, "DELETE FROM audit", "INSERT INTO audit SELECT * FROM kept", "DELETE FROM audit_head", "INSERT INTO audit_head SELECT * FROM kept_head")
			if c.do != "" {
				exec(t, strings.Split(c.do, "; ")...)
			}
			if got := w.verified(nil); got != c.want {
				t.Errorf("%s: found %q, want %q", c.name, got, c.want)
			}
		}

		// An old copy of everything, head and all, fits in itself; only what was noted elsewhere tells.
		exec(t, "DELETE FROM audit", "INSERT INTO audit SELECT * FROM kept", "DELETE FROM audit_head", "INSERT INTO audit_head SELECT * FROM kept_head")
		w.ok(w.line(w.Store, "later"))
		later, err := w.VerifyAudit(ctx, &st.End)
		if w.ok(err); len(later.Faults) != 0 || later.End.Lines != 13 {
			t.Errorf("an end noted earlier: %+v", later)
		}
		exec(t, "DELETE FROM audit", "INSERT INTO audit SELECT * FROM kept", "DELETE FROM audit_head", "INSERT INTO audit_head SELECT * FROM kept_head")
		if got := w.verified(&later.End); got != "witness 13-13" {
			t.Errorf("an old copy put back: %q", got)
		}
	})
}

// Without its end the audit takes nothing more, until a person accepts what is left; that is written down.
func TestAuditWithoutAHead(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.ok(w.line(w.Store, "second"))
		if st, err := w.AcceptAudit(ctx); err != nil || len(st.Faults) != 0 || w.count("audit") != 2 {
			t.Errorf("accepting where nothing is wrong: %+v, %v, %d lines", st, err, w.count("audit"))
		}
		_, err := w.sql().Exec("DELETE FROM audit WHERE id = 2")
		w.ok(err)
		_, err = w.sql().Exec("DELETE FROM audit_head")
		w.ok(err)
		before := dump(t, w.sql())
		if err := w.line(w.Store, "third"); !errors.Is(err, storage.ErrNoHead) {
			t.Errorf("a line without a head: %v", err)
		}
		if dump(t, w.sql()) != before {
			t.Error("what could not be audited was written")
		}
		if _, err := w.AcceptAudit(ctx); err != nil {
			t.Fatal(err)
		}
		w.ok(w.line(w.Store, "third"))
		if faults := w.verified(nil); faults != "" {
			t.Error(faults)
		}
		var accepted storage.Audit
		for page, err := range storage.Pages[storage.Audit](ctx, w.Store) {
			w.ok(err)
			for _, a := range page {
				if a.Action == "accept" {
					accepted = a
				}
			}
		}
		if accepted.Detail["fault1"] != "head 0-0" {
			t.Errorf("what was accepted is written down as %v", accepted.Detail)
		}
	})
}

// Lines older than the chain are taken in as they stand, gaps between their numbers and all, by one of several processes.
func TestOldAuditIsTakenIn(t *testing.T) {
	databases(t, func(t *testing.T, o storage.Options) {
		if o.Driver == storage.SQLite {
			_ = storagetest.Open(t, o).Close() // SQLite needs the file with its mode
		} else {
			storagetest.Open(t, o)
		}
		p := provider(t, o)
		if _, err := p.DownTo(ctx, 5); err != nil {
			t.Fatal(err)
		}
		db := rawDB(t, o)
		for id := 3; id < 1500; id += 2 {
			if _, err := db.Exec("INSERT INTO audit (id, at, action, subject, detail) VALUES (?, '2020-06-01 01:02:03.000004', 'old', 's', '{}')", id); err != nil {
				t.Fatal(err)
			}
		}
		var g sync.WaitGroup
		for range 3 {
			g.Go(func() {
				s, err := storage.Open(ctx, o)
				if err != nil {
					t.Error(err)
					return
				}
				defer s.Close() //nolint:errcheck // a test
				st, err := s.VerifyAudit(ctx, nil)
				if err != nil || len(st.Faults) != 0 || st.End.Lines != 749 || st.End.LastID != 1499 {
					t.Errorf("%+v, %v", st, err)
				}
			})
		}
		g.Wait()
	})
}

// BenchmarkAudit is what the one chain costs where it costs most: eight writers, each transaction one line of audit.
func BenchmarkAudit(b *testing.B) {
	eachDatabase(b, func(b *testing.B, o storage.Options) {
		const writers, n = 8, 64
		ours := benchOurs(b, o, 1)
		sn, err := seasons.Load("cqu-2020")
		if err != nil {
			b.Fatal(err)
		}
		var took []time.Duration
		for b.Loop() {
			took = append(took, timed(func() {
				var g sync.WaitGroup
				for range writers {
					g.Go(func() {
						for range n / writers {
							r := storage.Roster{Committee: "校团委", Audit: storage.Audit{At: time.Now(), Action: "import", Subject: "roster"}}
							if err := ours.ApplyRoster(context.Background(), sn, r); err != nil {
								b.Error(err)
							}
						}
					})
				}
				g.Wait()
			}))
		}
		b.ReportMetric(n/median(took), "lines/s")
	})
}
