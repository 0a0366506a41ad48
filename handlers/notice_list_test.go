package handlers

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"xianjie/storage"
)

// The two sheets of a notice's list agree with each other and with the sum; who asked for it stands in the audit.
func TestNoticeList(t *testing.T) {
	w := newSchool(t)
	for name, no := range map[string]string{"何": "900001", "陈": "900004", "张三": "20160001", "林甲": "20160011", "林乙": "20160012"} {
		w.bind(name, no)
	}
	for _, text := range []string{"通知", "明天开会。", "全部", "发送"} {
		w.says("何", text)
	}
	w.says("陈", "放行 1")
	w.says("林甲", "收到")
	var list *storage.File
	for _, m := range w.says("陈", "通知名单 1") {
		if m.file != nil && m.to == "陈" {
			list = m.file
		}
	}
	if list == nil || !strings.HasPrefix(list.Name, "通知1-名单-") {
		t.Fatalf("no list: %+v", list)
	}
	book, err := excelize.OpenReader(bytes.NewReader(list.Content))
	w.ok(err)
	defer book.Close()
	people, err := book.GetRows("名单")
	w.ok(err)
	sum, err := w.NoticeSum(ctx, 1)
	w.ok(err)
	count := map[string]int{}
	for _, row := range people[1:] {
		count[row[4]]++
	}
	if len(people)-1 != sum.Planned || count["已回复"] != sum.Answered || count["已送达未回复"] != sum.Sent || count["没有发"] != sum.Skipped || sum.Answered != 1 || sum.Sent != 2 {
		t.Errorf("the list holds %v of %d, the sum is %+v", count, len(people)-1, sum)
	}
	colleges, err := book.GetRows("各学院")
	w.ok(err)
	want := [][]string{
		{"二级团组织", "应发", "已送达", "其中已回复", "没有送到", "不确定", "还没发"},
		{"数学学院", "18", "2", "1", "16", "0", "0"},
		{"机械学院", "8", "1", "0", "7", "0", "0"},
		{"合计", "26", "3", "1", "23", "0", "0"},
	}
	if !slices.EqualFunc(colleges, want, slices.Equal[[]string]) {
		t.Errorf("the colleges are %q", colleges)
	}
	audited := false
	for page, err := range storage.Pages[storage.Audit](ctx, w.Store) {
		w.ok(err)
		audited = audited || slices.ContainsFunc(page, func(a storage.Audit) bool {
			return a.Action == "export" && a.Subject == "notice/1" && a.Detail["people"] == "26" && a.ActorID != nil
		})
	}
	if !audited {
		t.Error("nobody can tell who took the list")
	}
}
