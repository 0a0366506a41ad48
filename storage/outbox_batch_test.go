package storage_test

import (
	"errors"
	"testing"
	"time"

	"xianjie/storage"
)

// batch claims up to so many messages; it must get them.
func (w *world) batch(limit int, texts ...string) *storage.Batch {
	w.t.Helper()
	b, err := w.ClaimOuts(ctx, account, limit)
	w.ok(err)
	if b == nil || len(b.Claims) != len(texts) {
		w.t.Fatalf("claimed %+v", b)
	}
	for i, c := range b.Claims {
		if c.Outbox.Text != texts[i] || c.Contact.ID != c.Outbox.ContactID || c.Outbox.State != storage.OutSending {
			w.t.Errorf("claimed %+v", c)
		}
	}
	return b
}

func landed(b *storage.Batch, which ...int) []storage.Landed {
	var ls []storage.Landed
	for _, i := range which {
		ls = append(ls, storage.Landed{ID: b.Claims[i].Outbox.ID, MsgID: "m" + b.Claims[i].Outbox.Text})
	}
	return ls
}

// Claiming and closing many at once comes to the same as one by one.
func TestClaimOuts(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.says("20160001", "x")
		w.reply(p, "一", "二", "三")
		b := w.batch(2, "一", "二")
		w.ok(w.CloseOuts(ctx, b, landed(b, 0), nil))
		if n := w.count("outbox WHERE state = 'sent' AND attempts = 1 AND msg_id = 'm一' AND done_at IS NOT NULL"); n != 1 {
			t.Errorf("%d are sent", n)
		}
		if err := w.CloseOuts(ctx, b, landed(b, 0), nil); !errors.Is(err, storage.ErrNotInFlight) {
			t.Errorf("closed twice: %v", err)
		}
		if c, err := w.ClaimOut(ctx, account); err != nil || c.Outbox.Text != "二" || c.Outbox.Attempts != 1 {
			t.Errorf("put back and claimed again: %+v, %v", c, err)
		}
		if text := w.next(storage.OutSent); text != "三" {
			t.Errorf("left %q", text)
		}
		if b, err := w.ClaimOuts(ctx, account, 2); b != nil || err != nil {
			t.Errorf("claimed %+v, %v", b, err)
		}
	})
}

// One batch follows another in one transaction, or not at all.
func TestNextOuts(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.says("20160001", "x")
		w.reply(p, "一", "二", "三")
		first := w.batch(2, "一", "二")
		next, err := w.NextOuts(ctx, first, landed(first, 0, 1), 2)
		w.ok(err)
		if next == nil || len(next.Claims) != 1 || next.Claims[0].Outbox.Text != "三" || w.count("outbox WHERE state = 'sent'") != 2 {
			t.Fatalf("next is %+v, %d are sent", next, w.count("outbox WHERE state = 'sent'"))
		}
		if _, err := w.NextOuts(ctx, first, landed(first, 0, 1), 2); !errors.Is(err, storage.ErrNotInFlight) {
			t.Errorf("closed twice: %v", err)
		}
		if last, err := w.NextOuts(ctx, next, landed(next, 0), 2); last != nil || err != nil {
			t.Errorf("after the last comes %+v, %v", last, err)
		}
		if n := w.count("outbox_batches"); n != 0 {
			t.Errorf("%d batches are open", n)
		}
	})
}

// While a batch is in flight nobody else gets anything of the account, however it is asked for.
func TestBatchIsAlone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.says("20160001", "x")
		w.reply(p, "一", "二", "三")
		b := w.batch(1, "一")
		if o := w.claim(); o.ID != 0 {
			t.Errorf("claimed %q besides", o.Text)
		}
		if other, err := w.ClaimOuts(ctx, account, 5); other != nil || err != nil {
			t.Errorf("claimed %+v besides, %v", other, err)
		}
		if kind, err := w.OutReady(ctx, account); kind != "" || err != nil {
			t.Errorf("ready is %q, %v", kind, err)
		}
		if n, err := w.OutUnderway(ctx, account); n != 3 || err != nil {
			t.Errorf("%d are underway, %v", n, err)
		}
		w.ok(w.CloseOuts(ctx, b, landed(b, 0), nil))
		b = w.batch(5, "二", "三")
		w.ok(w.CloseOuts(ctx, b, landed(b, 1), []int64{b.Claims[0].Outbox.ID}))
		w.ok(w.FinishOut(ctx, b.Claims[0].Outbox.ID, storage.OutFailed, "", "refused"))
		if n := w.count("outbox WHERE attempts = 1 AND (text <> '' AND state = 'failed' OR state = 'sent')"); n != 3 {
			t.Errorf("%d have been tried once", n)
		}
	})
}

// A process that dies with a batch leaves all of it unknown, and what it had marked besides; one that was only slow cannot
// say afterwards what became of it, nor end the batch of whoever took over.
func TestBatchOfDeadProcess(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.says("20160001", "x")
		w.reply(p, "一", "二", "三")
		b := w.batch(2, "一", "二")
		if n, err := w.RecoverOut(ctx, account, w.clock.now().Add(-time.Second)); n != 0 || err != nil {
			t.Errorf("given up %d that are on their way, %v", n, err)
		}
		if n, err := w.RecoverOut(ctx, "other", time.Time{}); n != 0 || err != nil {
			t.Errorf("given up %d of another account, %v", n, err)
		}
		if n, err := w.RecoverOut(ctx, account, time.Time{}); n != 2 || err != nil {
			t.Errorf("given up %d, %v", n, err)
		}
		if n := w.count("outbox WHERE state = 'unknown' AND reason <> '' AND done_at IS NOT NULL"); n != 2 {
			t.Errorf("%d are unknown", n)
		}
		next := w.batch(2, "三")
		if err := w.CloseOuts(ctx, b, landed(b, 0, 1), nil); !errors.Is(err, storage.ErrNotInFlight) {
			t.Errorf("closed after it was given up: %v", err)
		}
		w.ok(w.CloseOuts(ctx, next, landed(next, 0), nil))
	})
}

// A notice stopped while a batch of it is on its way: what WeChat took is noted as sent, whatever the stop said of it, and
// what may have been taken is unknown.
func TestNoticeStoppedWithBatch(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.crowd()
		id := w.post(storage.NoticeSending)
		b := w.batch(3, "通知 张三", "通知 李四", "通知 王五")
		w.work("20160001", storage.NoticeWork{Moves: []storage.NoticeMove{{ID: id, From: []string{storage.NoticeSending}, To: storage.NoticeStopped}}})
		w.sum(id, storage.NoticeSum{Planned: 7, Skipped: 7})
		w.ok(w.CloseOuts(ctx, b, landed(b, 0), []int64{b.Claims[1].Outbox.ID}))
		w.ok(w.FinishOut(ctx, b.Claims[1].Outbox.ID, storage.OutUnknown, "", "no answer"))
		w.sum(id, storage.NoticeSum{Planned: 7, Sent: 1, Unknown: 1, Skipped: 5})
		if o := w.claim(); o.ID != 0 {
			t.Errorf("after the stop left %q", o.Text)
		}
	})
}
