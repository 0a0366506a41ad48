package storage_test

import (
	"bytes"
	"slices"
	"testing"

	"xianjie/storage"
)

func picture(id, user string) storage.Received {
	r := text(id, user, "")
	r.Kind = "image"
	return r
}

// pending are the messages that have their turn now.
func (w *world) pending() []storage.Inbox {
	w.t.Helper()
	ps, err := w.Pendings(ctx, 100)
	w.ok(err)
	ms := make([]storage.Inbox, len(ps))
	for i, p := range ps {
		ms[i] = p.Inbox
	}
	return ms
}

// A turn that needs the picture of its message waits for it, and everything the same person writes waits behind it.
func TestMessageWaitsForItsFile(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.ok(w.Receive(ctx, account, login, []storage.Received{picture("p", "@20160001"), text("t", "@20160001", "收到了吗"), text("o", "@20160002", "在吗")}))
		asked := w.pending()[0]
		w.ok(w.CommitTurns(ctx, []storage.Turn{{InboxID: asked.ID, ContactID: asked.ContactID, Fetch: true, Outcome: "fetching"}}))
		if ms := w.pending(); len(ms) != 1 || ms[0].MsgID != "o" {
			t.Errorf("while the picture is fetched: %+v", ms)
		}
		if f, err := w.FileIn(ctx, asked.ID); err != nil || f != nil {
			t.Errorf("a file before it is there: %+v, %v", f, err)
		}
		ms, err := w.Fetching(ctx, account)
		w.ok(err)
		if len(ms) != 1 || ms[0].ID != asked.ID {
			t.Fatalf("to be fetched: %+v", ms)
		}
		if ms, err := w.Fetching(ctx, "other"); err != nil || len(ms) != 0 {
			t.Errorf("to be fetched by another account: %+v, %v", ms, err)
		}
		want := bytes.Repeat([]byte{0, 1, 2, 0xff}, 1000)
		w.ok(w.SaveFetched(ctx, asked.ID, storage.File{Kind: storage.FilePicture, Name: "申请.jpg", Content: want}))
		w.ok(w.SaveFetched(ctx, asked.ID, storage.File{Kind: storage.FilePicture, Name: "again.jpg", Content: want}))
		f, err := w.FileIn(ctx, asked.ID)
		w.ok(err)
		if f == nil || f.Name != "申请.jpg" || !bytes.Equal(f.Content, want) || f.Size != int64(len(want)) || f.Reason != "" {
			t.Errorf("stored: %+v", f)
		}
		if n := w.count("files"); n != 1 {
			t.Errorf("%d files of one picture", n)
		}
		if ms := w.pending(); len(ms) != 2 || ms[0].ID != asked.ID {
			t.Errorf("afterwards: %+v", ms)
		}
		var raw string
		w.ok(w.sql().QueryRow("SELECT content FROM files").Scan(&raw))
		if bytes.Contains([]byte(raw), want[:100]) {
			t.Error("the picture stands in the database in plain")
		}
	})
}

func TestSendStoredAndNewFiles(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		made := &storage.File{Kind: storage.FileDocument, Name: "名单.xlsx", Content: []byte("workbook")}
		w.queue("20160001", storage.Out{Text: "给您"}, storage.Out{File: made})
		var files []int64
		for range 2 {
			o := w.claim()
			if o.FileID != nil {
				files = append(files, *o.FileID)
			}
			w.ok(w.FinishOut(ctx, o.ID, storage.OutSent, "m", ""))
		}
		if len(files) != 1 {
			t.Fatalf("files sent: %v", files)
		}
		f, err := w.FileByID(ctx, files[0])
		w.ok(err)
		if f.Name != made.Name || string(f.Content) != "workbook" || f.InboxID != nil {
			t.Errorf("stored: %+v", f)
		}
		w.queue("20160001", storage.Out{FileID: &f.ID})
		if o := w.claim(); o.FileID == nil || *o.FileID != f.ID || o.Text != "" {
			t.Errorf("the stored file: %+v", o)
		}
		// Both files belong to no message: the unique key lets any number of them be.
		w.queue("20160001", storage.Out{File: made})
		if n := w.count("files"); n != 2 {
			t.Errorf("%d files", n)
		}
	})
}

// What cannot be fetched any more is told to the turn as such.
func TestFileThatIsGone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.ok(w.Receive(ctx, account, login, []storage.Received{picture("p", "@20160001")}))
		m := w.pending()[0]
		w.ok(w.CommitTurns(ctx, []storage.Turn{{InboxID: m.ID, ContactID: m.ContactID, Fetch: true}}))
		w.ok(w.SaveFetched(ctx, m.ID, storage.File{Kind: storage.FilePicture, Reason: storage.FileGone}))
		f, err := w.FileIn(ctx, m.ID)
		w.ok(err)
		if f == nil || f.Reason != storage.FileGone || len(f.Content) != 0 {
			t.Errorf("stored: %+v", f)
		}
		if !slices.ContainsFunc(w.pending(), func(in storage.Inbox) bool { return in.ID == m.ID }) {
			t.Error("the message has no turn")
		}
	})
}

// A fact keeps the file it was recorded with, and is found by it, after it was taken back as well.
func TestHandedIn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.bound("20160001")
		w.ok(w.Receive(ctx, account, login, []storage.Received{picture("p", "@20160001")}))
		m := w.pending()[0]
		w.ok(w.CommitTurns(ctx, []storage.Turn{{InboxID: m.ID, ContactID: m.ContactID, Fetch: true}}))
		w.ok(w.SaveFetched(ctx, m.ID, storage.File{Kind: storage.FilePicture, Content: []byte("picture")}))
		f, err := w.FileIn(ctx, m.ID)
		w.ok(err)
		w.commit(w.declare(w.member(p.ID)))
		c, err := w.member(p.ID).Record(w.season, "applied", w.clock.now(), w.clock.now(), storage.DutyDone, storage.Said{By: &p.ID, Inbox: &m.ID, File: &f.ID})
		w.ok(err)
		w.commit(c)
		for _, when := range []string{"recorded", "taken back"} {
			es, err := w.HandedIn(ctx, []int64{f.ID, f.ID + 1})
			w.ok(err)
			if len(es) != 1 || es[0].PersonID != p.ID || es[0].Event != "applied" || es[0].FileID == nil || *es[0].FileID != f.ID || (es[0].UndoneAt != nil) != (when == "taken back") {
				t.Errorf("%s: %+v", when, es)
			}
			events := w.member(p.ID).Events
			if when == "recorded" {
				if last := events[len(events)-1]; last.FileID == nil || *last.FileID != f.ID {
					t.Errorf("the member's last fact: %+v", last)
				}
				now := w.member(p.ID)
				w.commit(storage.MemberChange{Season: w.season.Key, Transfer: now.Transfer, Undo: []int64{events[len(events)-1].ID}})
			}
		}
	})
}
