package handlers

import (
	"strings"
	"testing"

	"xianjie/storage"
)

// The name of a unit that must not be spoken of is nowhere afterwards: not in what was said, nor in what was answered, nor
// in the dialogue, whether it came with the destination, after it, or under another destination before.
func TestStruckNames(t *testing.T) {
	const name = "某某光电研究所"
	for _, said := range [][]string{
		{"去了涉密单位，" + name},
		{"涉密单位", name},
		{"涉密单位", "7月10日", "确认", "我在" + name},
		{"签了" + name, "不对，是涉密单位"},
		{"签了" + name, "修改", "1", "4"},
	} {
		t.Run(strings.Join(said, "／"), func(t *testing.T) {
			w := newSchool(t)
			w.bind("张三", "20160001")
			w.tells("张三", said...)
			kept := false
			for _, m := range w.inbox() {
				if kept = kept || strings.Contains(m.Text, "■■"); strings.Contains(m.Text+m.Raw, name) {
					t.Errorf("kept as said: %q", m.Text)
				}
			}
			if !kept {
				t.Error("nothing was struck")
			}
			for page, err := range storage.Pages[storage.Outbox](ctx, w.Store) {
				w.ok(err)
				for _, m := range page {
					if strings.Contains(m.Text, name) {
						t.Errorf("kept as answered: %q", m.Text)
					}
				}
			}
			w.receive("张三", message{text: "在吗"})
			if p := w.pending("张三"); strings.Contains(string(p.Dialogue.Data), name) {
				t.Errorf("kept in the dialogue: %s", p.Dialogue.Data)
			}
		})
	}
}
