package console_test

import (
	"bytes"
	"fmt"
	"image/png"
	"net/http"
	"strings"
	"testing"

	"xianjie/bot"
	"xianjie/storage/storagetest"
)

// The page shows how an account stands, with the code to scan as long as there is one.
func TestWeChat(t *testing.T) {
	w := newWorld(t, storagetest.SQLite(t), 3)
	w.queueOf(committeeNo, 3)
	r := w.in(committeeNo)
	page := r.page("/wechat")
	for _, want := range []string{"已登录", "3条", "暂停发送", fmt.Sprintf("%d/1500条", w.count("SELECT COUNT(*) FROM outbox WHERE state = 'sent' AND done_at > ?", w.Now().AddDate(0, 0, -1)))} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q on the page", want)
		}
	}
	if status, _ := r.get("/wechat/main/code.png"); strings.Contains(page, "code.png") || status != http.StatusNotFound {
		t.Errorf("a code to scan while logged in: %d", status)
	}
	w.ok(w.SavePhase(ctx, "main", "qr"))
	if page := r.page("/wechat"); !strings.Contains(page, "二维码在登录微信的那个进程上") {
		t.Error("nobody says where the code is that another process has")
	}
	w.connect(bot.State{Phase: bot.PhaseQR, QR: "https://login.weixin.qq.com/l/aaaa"})
	first := codeIn(r.page("/wechat"))
	status, picture := r.get(first)
	if _, err := png.Decode(bytes.NewReader([]byte(picture))); err != nil || status != http.StatusOK {
		t.Errorf("the code is no picture: %d, %v", status, err)
	}
	w.connect(bot.State{Phase: bot.PhaseQR, QR: "https://login.weixin.qq.com/l/bbbb"})
	if again := codeIn(r.page("/wechat")); again == first || again == "" || strings.Contains(r.page("/wechat"), "bbbb") {
		t.Errorf("a new code is at %q, the one before was at %q", again, first)
	}
}

func codeIn(page string) string {
	_, rest, _ := strings.Cut(page, `<img src="/wechat`)
	at, _, _ := strings.Cut(rest, `"`)
	return "/wechat" + at
}

// Pausing and going on are for who sees the whole school, and stand in the audit.
func TestPauseByHand(t *testing.T) {
	w := newWorld(t, storagetest.SQLite(t), 1)
	paused := func() bool { return w.count("SELECT COUNT(*) FROM accounts WHERE paused_at IS NOT NULL") == 1 }
	for _, no := range []string{collegeNo, branchNo} {
		if resp := w.in(no).post("/wechat/main/pause", nil); resp.StatusCode != http.StatusNotFound || paused() {
			t.Errorf("%s paused the account: %s", no, resp.Status)
		}
	}
	r := w.in(committeeNo)
	if resp := r.post("/wechat/nobody/pause", nil); resp.StatusCode != http.StatusNotFound {
		t.Errorf("an account that is not there: %s", resp.Status)
	}
	for range 2 { // a second click changes nothing
		if resp := r.post("/wechat/main/pause", nil); resp.StatusCode != http.StatusOK || !paused() {
			t.Errorf("paused: %s", resp.Status)
		}
	}
	if page := r.page("/wechat"); !strings.Contains(page, "恢复发送") || !strings.Contains(page, "有人暂停了发送") {
		t.Error("the page does not say that it is paused")
	}
	if resp := r.post("/wechat/main/resume", nil); resp.StatusCode != http.StatusOK || paused() {
		t.Errorf("resumed: %s", resp.Status)
	}
	officer := w.count("SELECT id FROM people WHERE no = ?", committeeNo)
	for _, action := range []string{"pause", "continue"} {
		if n := w.count("SELECT COUNT(*) FROM audit WHERE action = ? AND actor_id = ? AND subject = 'account/main'", action, officer); n != 1 {
			t.Errorf("%d lines of audit about %s", n, action)
		}
	}
	if page := r.page("/audit?no=" + committeeNo + "&action=pause"); strings.Count(page, "<td data-name=\"做了什么\">暂停发送") != 1 {
		t.Error("the audit does not show it")
	}
}

// The audit page turns through all lines, each once.
func TestAuditPage(t *testing.T) {
	w := newWorld(t, storagetest.SQLite(t), 15)
	r := w.in("")
	for range 60 {
		r.page("/members?find=" + branchNo)
	}
	want := w.count("SELECT COUNT(*) FROM audit WHERE action = 'view'")
	got, link := 0, "/audit?action=view"
	for link != "" {
		page := r.page(link)
		got += strings.Count(page, `<td data-name="做了什么">查看`)
		link = linkIn(page, "更早的")
	}
	if got < want || want < 60 { // looking at it adds lines in front
		t.Errorf("%d lines on the pages, %d are stored", got, want)
	}
	if page := r.page("/audit?no=nobody"); !strings.Contains(page, "还没有记录") {
		t.Error("lines by somebody who does not exist")
	}
}
