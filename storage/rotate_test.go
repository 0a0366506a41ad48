package storage_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"xianjie/storage"
	"xianjie/storage/storagetest"
)

// withKeyFile runs a test in a school whose key is in a file, as in an installation.
func withKeyFile(t *testing.T, f func(*testing.T, *world)) {
	t.Helper()
	databases(t, func(t *testing.T, o storage.Options) {
		o.Key, o.KeyFile = nil, filepath.Join(t.TempDir(), "key")
		onWorld(t, o, func(w *world) { f(t, w) })
	})
}

var rotation = storage.Audit{Action: "rotate", Subject: "key"}

var sealedBy = regexp.MustCompile(`s1:[A-Za-z0-9+/]{38}|s2:[0-9a-f]{8}:`)

// sealers are what stands before the sealed texts of the database, each once.
func (w *world) sealers() string {
	found := sealedBy.FindAllString(dump(w.t, w.sql()), -1)
	for _, table := range []string{"files"} { // not among the tables every schema test knows
		rows, err := w.sql().Query("SELECT content FROM " + table)
		w.ok(err)
		for rows.Next() {
			var text string
			w.ok(rows.Scan(&text))
			found = append(found, sealedBy.FindAllString(text, -1)...)
		}
		w.ok(errors.Join(rows.Err(), rows.Close()))
	}
	slices.Sort(found)
	return strings.Join(slices.Compact(found), " ")
}

func (w *world) keys() []string {
	b, err := os.ReadFile(w.o.KeyFile)
	w.ok(err)
	return strings.Fields(string(b))
}

// readable reads everything that is sealed.
func (w *world) readable(s *storage.Store) error {
	errs := []error{}
	for _, err := range storage.Pages[storage.Inbox](ctx, s) {
		errs = append(errs, err)
	}
	for _, err := range storage.Pages[storage.Outbox](ctx, s) {
		errs = append(errs, err)
	}
	for _, err := range storage.Pages[storage.Declaration](ctx, s) {
		errs = append(errs, err)
	}
	_, err := s.OpenMatters(ctx, nil)
	errs = append(errs, err)
	_, err = s.Accounts(ctx)
	errs = append(errs, err)
	_, err = s.Directory(ctx)
	return errors.Join(append(errs, err)...)
}

func TestRotateKey(t *testing.T) {
	withKeyFile(t, func(t *testing.T, w *world) {
		p := w.fill()
		other := w.second()
		m := w.says("20160002", "a file")
		w.ok(w.CommitTurns(ctx, []storage.Turn{{InboxID: m.Inbox.ID, ContactID: m.Contact.ID, Out: []storage.Out{{
			ContactID: m.Contact.ID, Kind: storage.OutReply, File: &storage.File{Kind: storage.FileDocument, Name: "表.xlsx", Content: make([]byte, 3<<20)},
		}}}}))
		old := w.keys()[0]
		raw, err := base64.StdEncoding.DecodeString(old)
		w.ok(err)
		block, err := aes.NewCipher(raw)
		w.ok(err)
		aead, err := cipher.NewGCM(block)
		w.ok(err)
		nonce := make([]byte, aead.NonceSize())
		first := "s1:" + base64.RawStdEncoding.EncodeToString(aead.Seal(nonce, nonce, []byte("13900000001"), nil))
		_, err = w.sql().Exec("UPDATE people SET phone = ? WHERE no = '20160003'", first) // sealed before keys had names
		w.ok(err)

		r, err := w.RotateKey(ctx, rotation, nil)
		w.ok(err)
		if r.Resumed || r.Resealed < 20 || r.From == r.To {
			t.Errorf("%+v", r)
		}
		if got := w.sealers(); got != "s2:"+r.To+":" {
			t.Errorf("sealed by %q, want only %s", got, r.To)
		}
		if keys := w.keys(); len(keys) != 1 || keys[0] == old {
			t.Errorf("%d keys are left", len(keys))
		}
		info, err := os.Stat(w.o.KeyFile)
		if w.ok(err); info.Mode().Perm() != 0o600 {
			t.Errorf("mode %o", info.Mode().Perm())
		}
		for who, s := range map[string]*storage.Store{"the one that rotated": w.Store, "one that ran meanwhile": other, "one that starts": w.second()} {
			if err := w.readable(s); err != nil {
				t.Errorf("%s: %v", who, err)
			}
			w.ok(s.SaveSession(ctx, account, []byte(who)))
		}
		if got := w.sealers(); got != "s2:"+r.To+":" {
			t.Errorf("after more was written: sealed by %q", got)
		}
		var phone string
		w.ok(w.sql().QueryRow("SELECT phone FROM people WHERE no = '20160003'").Scan(&phone))
		three, err := w.PersonByNo(ctx, "20160003")
		if w.ok(err); three.Phone != "13900000001" || phone == first {
			t.Errorf("what was sealed before keys had names: %s", three.Phone)
		}
		if again, err := w.PersonByNo(ctx, "20160009"); err != nil || again.Phone != secretPhone || again.ID != p.ID {
			t.Errorf("%+v, %v", again, err)
		}
		if faults := w.verified(nil); faults != "" || w.count("audit WHERE action = 'rotate'") != 1 {
			t.Errorf("audit: %q", faults)
		}
	})
}

// Two processes read and write while the key changes again and again; neither is told.
func TestRotateKeyUnderLoad(t *testing.T) {
	withKeyFile(t, func(t *testing.T, w *world) {
		stores := []*storage.Store{w.Store, w.second()}
		stop := make(chan struct{})
		var g sync.WaitGroup
		for i, s := range stores {
			g.Go(func() {
				for n := 0; ; n++ {
					select {
					case <-stop:
						return
					default:
					}
					err := errors.Join(
						s.SaveSession(ctx, fmt.Sprint("a", i), []byte(secretText)),
						s.Receive(ctx, account, login, []storage.Received{{
							MsgID: fmt.Sprintf("%d.%d", i, n), User: "@20160001", ChatKind: "friend", Kind: "text", Text: secretText, At: w.clock.now(),
						}}))
					if err == nil {
						_, err = s.Pendings(ctx, 10)
					}
					if err != nil && !isBusy(err) {
						t.Error(err)
						return
					}
				}
			})
		}
		var last storage.Rotation
		for range 4 {
			r, err := w.RotateKey(ctx, rotation, nil)
			for isBusy(err) { // whoever rotates calls again, and it goes on
				r, err = w.RotateKey(ctx, rotation, nil)
			}
			if err != nil {
				t.Error(err)
			}
			last = r
		}
		close(stop)
		g.Wait()
		if got := w.sealers(); got != "s2:"+last.To+":" {
			t.Errorf("sealed by %q, want only %s", got, last.To)
		}
		if err := w.readable(w.second()); err != nil {
			t.Error(err)
		}
	})
}

// An interrupted rotation leaves everything readable, and the next call finishes it.
func TestRotateKeyInterrupted(t *testing.T) {
	withKeyFile(t, func(t *testing.T, w *world) {
		w.fill()
		stopped, stop := context.WithCancel(ctx)
		_, err := w.RotateKey(stopped, rotation, func(int) { stop() })
		if !errors.Is(err, context.Canceled) || len(w.keys()) != 2 {
			t.Fatalf("%v, %d keys", err, len(w.keys()))
		}
		if mixed := strings.Fields(w.sealers()); len(mixed) != 2 {
			t.Fatalf("nothing was interrupted: %v", mixed)
		}
		if err := errors.Join(w.readable(w.Store), w.readable(w.second())); err != nil {
			t.Error(err)
		}
		if _, err := w.Backup(ctx, io.Discard); !errors.Is(err, storage.ErrRotating) {
			t.Errorf("a backup that needs two keys: %v", err)
		}
		r, err := w.second().RotateKey(ctx, rotation, nil)
		if err != nil || !r.Resumed || w.sealers() != "s2:"+r.To+":" || len(w.keys()) != 1 {
			t.Errorf("%+v, %v, %q, %d keys", r, err, w.sealers(), len(w.keys()))
		}

		// Interrupted before the database was told: the second key was never used.
		before := w.keys()
		w.ok(os.WriteFile(w.o.KeyFile, []byte(base64.StdEncoding.EncodeToString(storagetest.Key)+"\n"+before[0]+"\n"), 0o600))
		s := w.second()
		w.ok(s.SaveSession(ctx, account, []byte("x")))
		if got := w.sealers(); got != "s2:"+r.To+":" {
			t.Errorf("before the database is told: %q", got)
		}
		if r, err = s.RotateKey(ctx, rotation, nil); err != nil || !r.Resumed || w.sealers() != "s2:"+r.To+":" || len(w.keys()) != 1 {
			t.Errorf("%+v, %v, %q", r, err, w.sealers())
		}
	})
}

// A machine that has not got the new key writes nothing any more, rather than something nobody can read.
func TestRotateKeyElsewhere(t *testing.T) {
	withKeyFile(t, func(t *testing.T, w *world) {
		o := w.o
		o.KeyFile = filepath.Join(t.TempDir(), "key")
		old, err := os.ReadFile(w.o.KeyFile)
		w.ok(err)
		w.ok(os.WriteFile(o.KeyFile, old, 0o600))
		elsewhere := storagetest.Open(t, o)
		_, err = w.RotateKey(ctx, rotation, nil)
		w.ok(err)
		before := dump(t, w.sql())
		if err := elsewhere.SaveSession(ctx, account, []byte("x")); !errors.Is(err, storage.ErrKey) || dump(t, w.sql()) != before {
			t.Errorf("without the new key: %v", err)
		}
		fresh, err := os.ReadFile(w.o.KeyFile)
		w.ok(err)
		w.ok(os.WriteFile(o.KeyFile, fresh, 0o600))
		if err := elsewhere.SaveSession(ctx, account, []byte("x")); err != nil {
			t.Errorf("with it: %v", err)
		}
	})
}

// isBusy reports that SQLite gave up waiting for another process; nothing was written, and everybody tries again.
func isBusy(err error) bool { return err != nil && strings.Contains(err.Error(), "database is locked") }
