package console_test

import (
	"fmt"
	"strings"
	"testing"

	"xianjie/storage"
)

// The sum of a notice on its page is what an independent query counts, and its parts make up the whole.
func TestNotice(t *testing.T) {
	eachDatabase(t, func(t *testing.T, o storage.Options) {
		w := newWorld(t, o, 9)
		w.notify()
		r := w.in(committeeNo)
		if page := r.page("/notices"); !strings.Contains(page, "去向是就业的") || !strings.Contains(page, "发送中") {
			t.Error("the list does not show the notice")
		}
		const from = "SELECT COUNT(*) FROM notice_recipients r LEFT JOIN outbox o ON o.id = r.outbox_id WHERE r.notice_id = 1 AND "
		const open = "r.answered_at IS NULL AND r.reason = '' AND "
		page := r.page("/notices/1")
		whole := 0
		for name, where := range map[string]string{
			"已回复": "r.answered_at IS NOT NULL", "已送达未回复": open + "o.state = 'sent'", "待发": open + "o.state = 'queued'", "暂缓": open + "o.state = 'held'",
			"未送到": open + "o.state = 'failed'", "没有发": "r.answered_at IS NULL AND r.reason <> ''", "不确定是否送到": open + "o.state = 'unknown'",
		} {
			n := w.count(from + where)
			whole += n
			if !strings.Contains(page, fmt.Sprintf(`<span>%s</span>`, name)) || !strings.Contains(page[strings.Index(page, name):][:420], fmt.Sprintf(`"num">%d人`, n)) {
				t.Errorf("%s: %d, and the page does not say so", name, n)
			}
		}
		if all := w.count("SELECT planned FROM notices"); whole != all {
			t.Errorf("%d people are accounted for, of %d", whole, all)
		}
		for _, name := range []string{"没有加助手，班级也没有群", "不确定是否送到"} {
			if !strings.Contains(page, name) {
				t.Errorf("nobody is listed as %s", name)
			}
		}
		if part := r.page("/notices/1/sum"); strings.Contains(part, "/members/") || !strings.Contains(part, "hx-get") {
			t.Error("what refreshes by itself names people, or does not go on")
		}
		looks := "SELECT COUNT(*) FROM audit WHERE action = 'view' AND subject = 'notice/1'"
		if n := w.count(looks); n != 1 {
			t.Errorf("%d looks noted", n)
		}
	})
}
