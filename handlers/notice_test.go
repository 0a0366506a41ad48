package handlers

import (
	"testing"
	"time"

	"xianjie/storage"
)

// 继续 lets a stopped account send again when the committee says it; for everybody else, and at any other time, it is the
// next page.
func TestResume(t *testing.T) {
	w := newSchool(t)
	w.bind("何", "900001")
	w.bind("郑", "900002")
	refuse := func() {
		t.Helper()
		_, err := w.RefuseAccount(ctx, account, w.clock.now(), func(bool) string { return "太频繁" })
		w.ok(err)
	}
	stopped := func() bool {
		t.Helper()
		a, err := w.AccountNamed(ctx, account)
		w.ok(err)
		return a.StoppedAt != nil
	}
	said := func(name string) string {
		t.Helper()
		for _, m := range w.says(name, "继续") {
			if m.to == name && m.kind == storage.OutReply {
				return m.text
			}
		}
		return ""
	}
	if got := said("何"); got != textNoNextPage {
		t.Errorf("with nothing stopped: %q", got)
	}
	refuse()
	w.clock.set(w.clock.now().Add(time.Hour))
	refuse()
	if got := said("郑"); got != textNoNextPage || !stopped() {
		t.Errorf("a secretary: %q, stopped %v", got, stopped())
	}
	if got := said("何"); got != textResumed || stopped() {
		t.Errorf("the committee: %q, stopped %v", got, stopped())
	}
}

// Released and stopped in the same moment, a notice is stopped: nothing of it leaves, and both are answered.
func TestReleasedAndStopped(t *testing.T) {
	w := newSchool(t)
	w.bind("何", "900001")
	w.bind("陈", "900004")
	w.bind("张三", "20160001")
	for _, text := range []string{"通知", "明天开会。", "全部", "发送"} {
		w.says("何", text)
	}
	w.receive("陈", message{text: "放行 1"})
	w.receive("何", message{text: "停止 1"})
	w.work()
	out := w.send()
	n, _, err := w.NoticeNamed(ctx, 1)
	w.ok(err)
	told := len(texts(out, "张三"))
	if n.State != storage.NoticeStopped || told != 0 {
		t.Errorf("the notice is %s and reached %d", n.State, told)
	}
	if a, b := texts(out, "陈"), texts(out, "何"); len(a) != 1 || len(b) == 0 {
		t.Errorf("they read %q and %q", a, b)
	}
}
