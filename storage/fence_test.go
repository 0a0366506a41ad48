package storage_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"xianjie/storage"
)

// TestFence: whoever lost the fence writes nothing of an account any more, whatever it is, and may still read.
func TestFence(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		first, err := w.TakeFence(ctx, "account/main")
		w.ok(err)
		old := first.Under(ctx)
		w.ok(w.SaveSession(old, account, []byte("session")))
		w.ok(w.SavePhase(old, account, "online"))
		second, err := w.TakeFence(ctx, "account/main")
		w.ok(err)
		if second.Number() <= first.Number() {
			t.Errorf("number %d after %d", second.Number(), first.Number())
		}
		before := dump(t, rawDB(t, w.o))
		seen := []storage.Seen{{UserName: "@a", Kind: "friend", Nick: "甲"}}
		for name, write := range map[string]func(context.Context) error{
			"SaveSession":     func(c context.Context) error { return w.SaveSession(c, account, nil) },
			"SavePhase":       func(c context.Context) error { return w.SavePhase(c, account, "offline") },
			"SaveHeard":       func(c context.Context) error { return w.SaveHeard(c, account, time.Now(), time.Now()) },
			"BeginLogin":      func(c context.Context) error { return w.BeginLogin(c, account, "login-2") },
			"SaveSnapshot":    func(c context.Context) error { return w.SaveSnapshot(c, account, login, storage.Snapshot{Seen: seen}) },
			"SaveContacts":    func(c context.Context) error { return w.SaveContacts(c, account, login, seen) },
			"ContactsDeleted": func(c context.Context) error { return w.ContactsDeleted(c, account, login, []string{"@a"}) },
			"Receive": func(c context.Context) error {
				return w.Receive(c, account, login, []storage.Received{{MsgID: "1", User: "@a", ChatKind: "friend", Kind: "text", Text: "你好"}})
			},
			"ClaimOut":   func(c context.Context) error { _, err := w.ClaimOut(c, account); return err },
			"ClaimOuts":  func(c context.Context) error { _, err := w.ClaimOuts(c, account, 5); return err },
			"FinishOut":  func(c context.Context) error { return w.FinishOut(c, 1, storage.OutSent, "1", "") },
			"ReleaseOut": func(c context.Context) error { return w.ReleaseOut(c, 1, time.Now(), "") },
			"RewriteOut": func(c context.Context) error { return w.RewriteOut(c, 1, "另一句") },
			"RecoverOut": func(c context.Context) error { _, err := w.RecoverOut(c, account, time.Time{}); return err },
			"CloseOuts": func(c context.Context) error {
				return w.CloseOuts(c, &storage.Batch{ID: 1, Account: account}, []storage.Landed{{ID: 1, MsgID: "1"}}, nil)
			},
			"NextOuts": func(c context.Context) error {
				_, err := w.NextOuts(c, &storage.Batch{ID: 1, Account: account}, nil, 5)
				return err
			},
			"CommitTurns": func(c context.Context) error { return w.CommitTurns(c, []storage.Turn{{InboxID: 1, ContactID: 1}}) },
			"RefuseAccount": func(c context.Context) error {
				_, err := w.RefuseAccount(c, account, time.Now(), func(bool) string { return "" })
				return err
			},
		} {
			if err := write(old); !errors.Is(err, storage.ErrFenced) {
				t.Errorf("%s under the old fence: %v", name, err)
			}
		}
		if after := dump(t, rawDB(t, w.o)); after != before {
			t.Errorf("something was written\nbefore: %s\nafter: %s", before, after)
		}
		select {
		case <-first.Lost():
		default:
			t.Error("the loser does not know")
		}
		select {
		case <-second.Lost():
			t.Error("the holder believes it lost")
		default:
		}
		if session, err := w.LoadSession(old, account); err != nil || string(session) != "session" {
			t.Errorf("reading under the old fence: %q, %v", session, err)
		}
		w.ok(w.SavePhase(second.Under(ctx), account, "offline"))
		w.ok(w.SavePhase(ctx, account, "qr")) // nobody's fence: the console, the desk
		other, err := w.TakeFence(ctx, "planner")
		w.ok(err)
		w.ok(w.SavePhase(other.Under(second.Under(ctx)), account, "online"))
	})
}

// TestFenceIsReadWithALock: a write that comes while the fence is being taken waits and is refused; by a plain read it
// would see the number of before.
func TestFenceIsReadWithALock(t *testing.T) {
	databases(t, func(t *testing.T, o storage.Options) {
		if o.Driver == storage.SQLite {
			return // one writer at a time: nobody can be in between
		}
		onWorld(t, o, func(w *world) {
			fence, err := w.TakeFence(ctx, "account/main")
			w.ok(err)
			db := rawDB(t, w.o)
			taking, err := db.Begin()
			w.ok(err)
			defer taking.Rollback() //nolint:errcheck // of a test that failed
			_, err = taking.Exec("UPDATE fences SET number = number + 1")
			w.ok(err)
			written := make(chan error, 1)
			go func() { written <- w.SavePhase(fence.Under(ctx), account, "offline") }()
			for waits := 0; waits == 0; {
				time.Sleep(200 * time.Millisecond) // InnoDB shows what it showed before to whoever asks again within 100 ms
				w.ok(db.QueryRow("SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'").Scan(&waits))
				select {
				case err := <-written:
					t.Fatalf("it did not wait: %v", err)
				default:
				}
			}
			w.ok(taking.Commit())
			if err := <-written; !errors.Is(err, storage.ErrFenced) {
				t.Errorf("after the fence was taken: %v", err)
			}
		})
	})
}
