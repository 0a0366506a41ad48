package storage_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"xianjie/storage"
	"xianjie/storage/storagetest"
)

var restoring = storage.Audit{Action: "restore", Subject: "database"}

func backedUp(t testing.TB, s *storage.Store) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := s.Backup(ctx, &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// restored is a store filled with a backup.
func restored(t testing.TB, o storage.Options, backup []byte) *storage.Store {
	t.Helper()
	if _, err := storage.Restore(ctx, o, bytes.NewReader(backup), restoring); err != nil {
		t.Fatal(err)
	}
	return storagetest.Open(t, o)
}

// rowsOf are the lines of a backup by table, without what a restore is to change.
func rowsOf(t testing.TB, backup []byte) map[string][]string {
	t.Helper()
	m, table := map[string][]string{}, ""
	for line := range strings.Lines(string(backup)) {
		var head struct{ Table, Format, SHA256 string }
		if json.Unmarshal([]byte(line), &head) == nil {
			table = head.Table
			continue
		}
		m[table] = append(m[table], line)
	}
	delete(m, "meta")
	delete(m, "accounts")
	delete(m, "audit_head")
	return m
}

// A backup of either database restores into either, row by row and byte by byte; only what was in flight is unknown, and
// nothing leaves.
func TestBackupRestore(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.fill()
		_, err := w.sql().Exec("UPDATE outbox SET state = 'queued'")
		w.ok(err)
		flying, err := w.ClaimOut(ctx, account)
		w.ok(err)
		backup := backedUp(t, w.Store)
		want := rowsOf(t, backup)
		databases(t, func(t *testing.T, o storage.Options) {
			o.Now = w.clock.now
			s := restored(t, o, backup)
			got := rowsOf(t, backedUp(t, s))
			if n := len(got["audit"]); n != len(want["audit"])+1 {
				t.Errorf("%d lines of audit, want one more than %d", n, len(want["audit"]))
			}
			got["audit"] = got["audit"][:len(want["audit"])]
			for table := range want {
				for i, line := range want[table] {
					if i >= len(got[table]) || got[table][i] == line {
						continue
					}
					if table == "outbox" && strings.HasPrefix(line, fmt.Sprintf("[%d,", flying.Outbox.ID)) && strings.Contains(got[table][i], `"unknown"`) {
						continue
					}
					t.Errorf("%s: %.300s\ncame back as %.300s", table, line, got[table][i])
				}
				if len(got[table]) != len(want[table]) {
					t.Errorf("%s: %d rows of %d", table, len(got[table]), len(want[table]))
				}
			}
			if st, err := s.VerifyAudit(ctx, nil); err != nil || len(st.Faults) > 0 {
				t.Errorf("audit: %+v, %v", st, err)
			}
			if back, err := s.PersonByNo(ctx, "20160009"); err != nil || back.Phone != secretPhone || back.ID != p.ID {
				t.Errorf("%+v, %v", back, err)
			}
			if session, err := s.LoadSession(ctx, account); err != nil || session != nil {
				t.Errorf("a copy would log in as the original: %q, %v", session, err)
			}
			h, err := s.Held(ctx)
			if err != nil || h == nil || !h.MadeAt.Equal(w.clock.now()) {
				t.Errorf("held: %+v, %v", h, err)
			}
		})
	})
}

// What waited when the backup was made is not sent after the release, unless a person says that nothing was sent since.
func TestRelease(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.bound("20160001")
		w.reply(w.says("20160001", "first"), "waits")
		pending := w.says("20160001", "second") // received, not answered yet
		backup := backedUp(t, w.Store)
		for _, send := range []bool{false, true} {
			o := storagetest.SQLite(t)
			o.Now = w.clock.now
			s := &world{Store: restored(t, o, backup), t: t, season: w.season, clock: w.clock, o: o, msg: 100}
			s.ok(s.BeginLogin(ctx, account, login))
			s.ok(s.SaveSnapshot(ctx, account, login, storage.Snapshot{Seen: []storage.Seen{{UserName: "@20160001", Kind: "friend", Nick: "张三"}}}))
			if ps, err := s.Pendings(ctx, 10); err != nil || len(ps) != 1 || ps[0].Inbox.ID != pending.Inbox.ID {
				t.Fatalf("a word was lost: %v, %v", ps, err)
			}
			s.reply(pending, "late")
			s.reply(s.says("20160001", "third"), "new")
			unknown, err := s.Release(ctx, send, storage.Audit{Action: "release", Subject: "database"})
			s.ok(err)
			claims, err := s.ClaimOuts(ctx, account, 10)
			s.ok(err)
			var texts []string
			if claims != nil {
				for _, c := range claims.Claims {
					texts = append(texts, c.Outbox.Text)
				}
			}
			want := []string{"new"}
			if send {
				want = []string{"waits", "late", "new"}
			}
			if !slices.Equal(texts, want) || unknown != 3-len(want) {
				t.Errorf("send %v: %v leave, %d unknown; want %v", send, texts, unknown, want)
			}
			if h, err := s.Held(ctx); err != nil || h != nil {
				t.Errorf("still held: %v, %v", h, err)
			}
			if _, err := s.Release(ctx, send, storage.Audit{}); !errors.Is(err, storage.ErrNotHeld) {
				t.Errorf("released twice: %v", err)
			}
		}
	})
}

// Every backup made while others write is one moment: no message without its answer, no answer without its message, and an
// audit without a fault.
func TestBackupUnderLoad(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		stop := make(chan struct{})
		var g sync.WaitGroup
		g.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				err := w.Receive(ctx, account, login, []storage.Received{text(fmt.Sprint("x", n), "@20160001", "x")})
				ps, e := w.Pendings(ctx, 1)
				if err = errors.Join(err, e); err == nil {
					m := ps[0]
					err = w.CommitTurns(ctx, []storage.Turn{{
						InboxID: m.Inbox.ID, ContactID: m.Contact.ID, Audit: []storage.Audit{{At: w.clock.now(), InboxID: &m.Inbox.ID, Action: "said", Subject: "x"}},
						Out: []storage.Out{{ContactID: m.Contact.ID, Kind: storage.OutReply, Text: "answer"}},
					}})
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
		var backups [][]byte
		for range 4 {
			backups = append(backups, backedUp(t, w.second()))
		}
		close(stop)
		g.Wait()
		for _, b := range backups {
			o := storagetest.SQLite(t)
			s := restored(t, o, b)
			db := rawDB(t, o)
			for _, query := range []string{
				"inbox i WHERE state = 'done' AND (SELECT COUNT(*) FROM outbox o WHERE o.inbox_id = i.id) <> 1",
				"inbox i WHERE state = 'done' AND (SELECT COUNT(*) FROM audit a WHERE a.inbox_id = i.id) <> 1",
				"outbox o WHERE NOT EXISTS (SELECT 1 FROM inbox i WHERE i.id = o.inbox_id AND i.state = 'done')",
			} {
				var n int
				if err := db.QueryRow("SELECT COUNT(*) FROM " + query).Scan(&n); err != nil || n != 0 {
					t.Errorf("%s: %d, %v", query, n, err)
				}
			}
			if st, err := s.VerifyAudit(ctx, nil); err != nil || len(st.Faults) > 0 {
				t.Errorf("audit: %+v, %v", st, err)
			}
		}
	})
}

// A backup that is not whole leaves nothing that could be taken for an installation, and the right one can follow.
func TestRestoreRefuses(t *testing.T) {
	databases(t, func(t *testing.T, o storage.Options) {
		source := storagetest.SQLite(t)
		var good []byte
		onWorld(t, source, func(w *world) {
			w.fill()
			good = backedUp(t, w.Store)
		})
		lines := bytes.SplitAfter(good, []byte("\n"))
		without := func(i int) []byte { return bytes.Join(slices.Delete(slices.Clone(lines), i, i+1), nil) }
		person := slices.IndexFunc(lines, func(l []byte) bool { return bytes.Contains(l, []byte(`"孙九"`)) })
		newer := bytes.Replace(good, []byte(`"schema":`), []byte(`"schema":9`), 1)
		for _, c := range []struct {
			name   string
			backup []byte
			want   error
		}{
			{"empty", nil, storage.ErrBackup},
			{"something else", []byte("{}\n"), storage.ErrBackup},
			{"the head alone", lines[0], storage.ErrBackup},
			{"cut in a line", good[:len(good)/2], storage.ErrBackup},
			{"cut before its end", without(len(lines) - 2), storage.ErrBackup},
			{"a row less", without(person), storage.ErrBackup},
			{"another name", bytes.Replace(good, []byte("孙九"), []byte("孙十"), 1), storage.ErrBackup},
			{"no such table", bytes.Replace(good, []byte(`{"table":"people"`), []byte(`{"table":"persons"`), 1), storage.ErrBackup},
			{"no such column", bytes.Replace(good, []byte(`"cohort"`), []byte(`"year"`), 1), storage.ErrBackup},
			{"newer", newer, storage.ErrNewer},
		} {
			if _, err := storage.Restore(ctx, o, bytes.NewReader(c.backup), restoring); !errors.Is(err, c.want) {
				t.Errorf("%s: %v", c.name, err)
			}
			if o.Driver == storage.SQLite {
				if left, err := os.ReadDir(strings.TrimSuffix(o.DSN, "/test.db")); err != nil || len(left) != 0 {
					t.Errorf("%s: left behind %v, %v", c.name, left, err)
				}
			}
		}
		if o.Driver == storage.MySQL {
			if _, err := storage.Open(ctx, o); !errors.Is(err, storage.ErrHalfway) {
				t.Errorf("a database filled in part was opened: %v", err)
			}
		}
		other := o
		other.Key = []byte("another key of thirty-two bytes!")
		if _, err := storage.Restore(ctx, other, bytes.NewReader(good), restoring); !errors.Is(err, storage.ErrKey) {
			t.Errorf("another key: %v", err)
		}
		s := restored(t, o, good)
		if p, err := s.PersonByNo(ctx, "20160009"); err != nil || p.Phone != secretPhone {
			t.Errorf("%+v, %v", p, err)
		}
		if _, err := storage.Restore(ctx, o, bytes.NewReader(good), restoring); !errors.Is(err, storage.ErrNotEmpty) {
			t.Errorf("a second time: %v", err)
		}
	})
}

// A backup made before the audit was chained restores into what runs today.
func TestRestoreAnOlderBackup(t *testing.T) {
	databases(t, func(t *testing.T, o storage.Options) {
		source := storagetest.SQLite(t)
		old := storagetest.Open(t, source)
		if _, err := provider(t, source).DownTo(ctx, 5); err != nil {
			t.Fatal(err)
		}
		_, err := rawDB(t, source).Exec("INSERT INTO audit (at, action, subject, detail) VALUES ('2020-06-01 01:02:03.000004', 'old', 's', '{}')")
		if err != nil {
			t.Fatal(err)
		}
		s := restored(t, o, backedUp(t, old))
		st, err := s.VerifyAudit(ctx, nil)
		if err != nil || len(st.Faults) > 0 || st.End.Lines != 2 {
			t.Errorf("%+v, %v", st, err)
		}
	})
}

// A new, empty database that was opened before may be restored into; so may one whose key file is elsewhere not.
func TestRestoreIntoAnOpenedDatabase(t *testing.T) {
	source := storagetest.SQLite(t)
	backup := []byte(nil)
	onWorld(t, source, func(w *world) { backup = backedUp(t, w.Store) })
	o := storagetest.MariaDB(t)
	storagetest.Open(t, o)
	if n, err := restored(t, o, backup).PersonByNo(ctx, "20160001"); err != nil || n.Name != "张三" {
		t.Errorf("%+v, %v", n, err)
	}
	o = storagetest.SQLite(t)
	o.Key, o.KeyFile = nil, o.DSN+".key"
	if _, err := storage.Restore(ctx, o, bytes.NewReader(backup), restoring); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without a key file: %v", err)
	}
	if _, err := os.Stat(o.KeyFile); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a key was made that fits nothing: %v", err)
	}
}
