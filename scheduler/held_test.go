package scheduler_test

import (
	"bytes"
	"testing"
	"time"

	"xianjie/storage"
	"xianjie/storage/storagetest"
)

// A restored installation plans nothing and lets nothing lapse until it is released; then what came due is one digest.
func TestHeldAfterARestore(t *testing.T) {
	on(t, both, "2020-06-02 10:00", func(t *testing.T, w *school) {
		w.members("20160001 张三 机械学院 机械1班")
		w.officer("90001 赵老师 college 机械学院")
		w.befriend("90001")
		var b bytes.Buffer
		_, err := w.Backup(w.ctx, &b)
		w.ok(err)
		o := storagetest.SQLite(t)
		o.Now = time.Now
		_, err = storage.Restore(w.ctx, o, &b, storage.Audit{Action: "restore", Subject: "database"})
		w.ok(err)
		r := open(t, o, w.season, time.Now)
		r.t, r.ctx = t, w.ctx
		r.wait("2020-08-05 10:00")
		if got := r.tick(); got.Digests+got.Lapsed+got.Reminders != 0 {
			t.Errorf("while held: %+v", got)
		}
		_, err = r.Release(r.ctx, false, storage.Audit{Action: "release", Subject: "database"})
		r.ok(err)
		if got := r.tick(); got.Lapsed == 0 || got.Digests != 1 {
			t.Errorf("released: %+v", got)
		}
	})
}
