package storage_test

import (
	"fmt"
	"testing"

	"xianjie/storage"
)

// poster is a picture somebody sent us.
func (w *world) poster() *int64 {
	w.t.Helper()
	w.ok(w.Receive(ctx, account, login, []storage.Received{picture("poster", "@20160001")}))
	m := w.pending()[0]
	w.ok(w.CommitTurns(ctx, []storage.Turn{{InboxID: m.ID, ContactID: m.ContactID, Fetch: true}}))
	w.ok(w.SaveFetched(ctx, m.ID, storage.File{Kind: storage.FilePicture, Name: "海报.jpg", Content: []byte("poster")}))
	f, err := w.FileIn(ctx, m.ID)
	w.ok(err)
	w.ok(w.CommitTurns(ctx, []storage.Turn{{InboxID: m.ID, ContactID: m.ContactID}}))
	return &f.ID
}

// leaves takes the next message and says what became of it; "" leaves it in flight. It must be what was expected.
func (w *world) leaves(what, state string) storage.Outbox {
	w.t.Helper()
	o := w.claim()
	is := o.Text
	if o.FileID != nil {
		is = "picture"
	}
	if is != what {
		w.t.Fatalf("next leaves %q, not %q", is, what)
	}
	if state != "" {
		w.ok(w.FinishOut(ctx, o.ID, state, "m", ""))
	}
	return o
}

// A notice with a picture has reached somebody when both have left, in whatever way either can fail; the picture is stored
// once.
func TestNoticeWithFile(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.crowd()
		poster := w.poster()
		id := w.postWith(storage.NoticeSending, poster)
		n, _, err := w.NoticeNamed(ctx, id)
		w.ok(err)
		if n.FileID == nil || *n.FileID != *poster || n.Sends != 8 || w.count("files") != 1 || w.count("outbox WHERE kind = 'notice'") != 8 {
			t.Errorf("filed: %+v, %d files", n, w.count("files"))
		}
		w.sum(id, storage.NoticeSum{Planned: 7, Waiting: 4, Skipped: 3})

		first := w.leaves("通知 张三", storage.OutSent)
		w.sum(id, storage.NoticeSum{Planned: 7, Waiting: 4, Skipped: 3})
		o := w.leaves("picture", storage.OutSent)
		w.sum(id, storage.NoticeSum{Planned: 7, Waiting: 3, Sent: 1, Skipped: 3})
		if of, found, err := w.NoticeOfOut(ctx, o); !found || err != nil || of.ID != id {
			t.Errorf("the picture belongs to notice %d, %v", of.ID, err)
		}
		if text, found, err := w.NoticeTextOf(ctx, o.ID); !found || err != nil || text.ID != first.ID || text.State != storage.OutSent {
			t.Errorf("the picture follows %+v, %v", text, err)
		}

		w.leaves("通知 李四", storage.OutSent)
		w.leaves("picture", storage.OutFailed)
		w.sum(id, storage.NoticeSum{Planned: 7, Waiting: 2, Sent: 1, Failed: 1, Skipped: 3})

		w.leaves("通知 王五", "") // and here the process dies
		_, err = w.RecoverOut(ctx, account, w.clock.now())
		w.ok(err)
		w.sum(id, storage.NoticeSum{Planned: 7, Waiting: 2, Sent: 1, Failed: 1, Skipped: 3})
		w.leaves("picture", storage.OutSent)
		w.sum(id, storage.NoticeSum{Planned: 7, Waiting: 1, Sent: 1, Failed: 1, Unknown: 1, Skipped: 3})

		w.leaves("通知 赵六", storage.OutSent)
		w.leaves("picture", "") // and here again
		w.sum(id, storage.NoticeSum{Planned: 7, Waiting: 1, Sent: 1, Failed: 1, Unknown: 1, Skipped: 3})
		_, err = w.RecoverOut(ctx, account, w.clock.now())
		w.ok(err)
		w.sum(id, storage.NoticeSum{Planned: 7, Sent: 1, Failed: 1, Unknown: 2, Skipped: 3})

		lines, err := w.NoticeLines(ctx, id, storage.LineStates(), 0, 10)
		w.ok(err)
		for _, l := range lines {
			if half := l.State == "failed"; l.Half != half {
				t.Errorf("half of it reached %+v", l)
			}
		}
	})
}

// Stopped between the two, a notice is not sent to that person, and the list says that half of it was.
func TestNoticeStoppedBeforeFile(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.crowd()
		id := w.postWith(storage.NoticeWaiting, w.poster())
		move := func(to, from string) storage.NoticeWork {
			return storage.NoticeWork{Moves: []storage.NoticeMove{{ID: id, From: []string{from}, To: to}}}
		}
		w.sum(id, storage.NoticeSum{Planned: 7, Held: 4, Skipped: 3})
		if o := w.claim(); o.ID != 0 {
			t.Fatalf("before its release left %+v", o)
		}
		w.work("20160001", move(storage.NoticeSending, storage.NoticeWaiting))
		text := w.leaves("通知 张三", "")
		w.work("20160001", move(storage.NoticePaused, storage.NoticeSending))
		w.ok(w.FinishOut(ctx, text.ID, storage.OutSent, "m", ""))
		w.sum(id, storage.NoticeSum{Planned: 7, Held: 4, Skipped: 3})
		w.work("20160001", move(storage.NoticeStopped, storage.NoticePaused))
		w.sum(id, storage.NoticeSum{Planned: 7, Failed: 1, Skipped: 6})
		if o := w.claim(); o.ID != 0 {
			t.Fatalf("after the stop left %+v", o)
		}
		lines, err := w.NoticeLines(ctx, id, []string{"failed"}, 0, 10)
		w.ok(err)
		if len(lines) != 1 || !lines[0].Half || lines[0].Reason != storage.DropStopped {
			t.Errorf("half reached: %+v", lines)
		}
	})
}

// Answered or not, a notice is not over while a picture of it waits.
func TestNoticeEndsWithItsFiles(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		people := w.crowd()
		id := w.postWith(storage.NoticeSending, w.poster())
		tell := func(n storage.Notice, sum storage.NoticeSum) string { return fmt.Sprint(n.ID, sum.Sent, sum.Answered) }
		ended := func(want int) {
			t.Helper()
			if n, err := w.EndNotices(ctx, tell); n != want || err != nil {
				t.Errorf("ended %d notices, not %d, %v", n, want, err)
			}
		}
		for _, name := range []string{"张三", "李四", "王五"} {
			w.leaves("通知 "+name, storage.OutSent)
			w.leaves("picture", storage.OutSent)
		}
		w.leaves("通知 赵六", storage.OutSent)
		w.work("20160004", storage.NoticeWork{Answered: &storage.NoticeAnswer{PersonID: people["赵六"].PersonID, NoticeIDs: []int64{id}}})
		w.sum(id, storage.NoticeSum{Planned: 7, Sent: 3, Answered: 1, Skipped: 3})
		ended(0)
		w.leaves("picture", storage.OutSent)
		ended(1)
	})
}
