package storage_test

import (
	"context"
	"database/sql"
	"fmt"
	"testing"

	"xianjie/storage"
	"xianjie/storage/storagetest"
)

// A transaction that the database chose as the loser of a deadlock is tried again, whole.
func TestDeadlockIsTriedAgain(t *testing.T) {
	o := storagetest.MariaDB(t)
	onWorld(t, o, func(w *world) {
		a, b := w.bound("20160001"), w.bound("20160002")
		changes := []storage.MemberChange{w.declare(w.member(a.ID)), w.declare(w.member(b.ID))}
		db := w.sql()
		before := status(t, db, "Innodb_deadlocks")
		other, err := db.Begin()
		w.ok(err)
		exec := func(query string, args ...any) {
			t.Helper()
			if _, err := other.Exec(query, args...); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 200 { // the heavier of two transactions wins
			exec("INSERT INTO meta VALUES (?, 'x')", fmt.Sprint("heavy", i))
		}
		exec("UPDATE transfers SET updated_at = updated_at WHERE person_id = ?", b.ID)
		done := make(chan error, 1)
		go func() {
			_, err := w.CommitMembers(ctx, changes)
			done <- err
		}()
		waitForLock(t, db, done) // it holds a, and waits for b
		exec("UPDATE transfers SET updated_at = updated_at WHERE person_id = ?", a.ID)
		w.ok(other.Commit())
		w.ok(<-done)
		if n := status(t, db, "Innodb_deadlocks") - before; n != 1 {
			t.Errorf("%d deadlocks", n)
		}
		for _, p := range []int64{a.ID, b.ID} {
			if m := w.member(p); m.Transfer.Version != 2 || m.Declaration == nil || len(m.Events) != 1 {
				t.Errorf("after the deadlock: %+v", m)
			}
		}
	})
}

// waitForLock returns when some transaction waits for a lock.
func waitForLock(t *testing.T, db *sql.DB, done <-chan error) {
	t.Helper()
	for {
		// information_schema.INNODB_TRX would be a copy that is not refreshed while it is asked for.
		if status(t, db, "Innodb_row_lock_current_waits") > 0 {
			return
		}
		select {
		case err := <-done:
			t.Fatalf("it did not wait: %v", err)
		default:
		}
	}
}

// status is a counter of the server.
func status(t *testing.T, db *sql.DB, name string) (n int) {
	t.Helper()
	if err := db.QueryRow("SHOW GLOBAL STATUS LIKE '"+name+"'").Scan(&name, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// A commit given up by its caller does not hang on a lock, and says why.
func TestLockWaitEndsWithItsContext(t *testing.T) {
	o := storagetest.MariaDB(t)
	onWorld(t, o, func(w *world) {
		a := w.bound("20160001")
		change := w.declare(w.member(a.ID))
		db := w.sql()
		other, err := db.Begin()
		w.ok(err)
		defer other.Rollback() //nolint:errcheck // ends the test
		_, err = other.Exec("UPDATE transfers SET updated_at = updated_at WHERE person_id = ?", a.ID)
		w.ok(err)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			_, err := w.CommitMembers(ctx, []storage.MemberChange{change})
			done <- err
		}()
		waitForLock(t, db, done)
		cancel()
		if err := <-done; err == nil {
			t.Error("committed against a lock")
		}
		w.ok(other.Rollback())
		if m := w.member(a.ID); m.Declaration != nil {
			t.Errorf("written although given up: %+v", m)
		}
	})
}
