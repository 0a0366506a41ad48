package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"xianjie/storage/storagetest"
)

func TestSignIn(t *testing.T) {
	w := newWorld(t, storagetest.SQLite(t), 3)
	link := w.link(committeeNo)
	r := w.stranger()
	if status, body := r.get("/members"); status != http.StatusOK || !strings.Contains(body, "给助手发送") {
		t.Errorf("a stranger at a list: %d\n%s", status, body)
	}
	for range 3 { // programs look at links before people do
		if body := w.stranger().page(strings.TrimPrefix(link, w.url)); !strings.Contains(body, "进入</button>") {
			t.Fatalf("no button:\n%s", body)
		}
	}
	token := url.Values{"token": {link[strings.LastIndex(link, "/")+1:]}}
	if resp := r.post("/in", token); resp.Request.URL.Path != "/" {
		t.Errorf("signed in: %s at %s", resp.Status, resp.Request.URL)
	}
	if body := r.page("/"); !strings.Contains(body, "何晴") || !strings.Contains(body, "校团委") {
		t.Error("the page does not say who looks at it")
	}
	if resp := w.stranger().post("/in", token); resp.StatusCode != http.StatusForbidden {
		t.Errorf("a link used twice: %s", resp.Status)
	}
	if resp := r.post("/out", nil); resp.Request.URL.Path != "/in" {
		t.Errorf("signed out: %s at %s", resp.Status, resp.Request.URL)
	}
	if status, body := r.get("/"); status != http.StatusOK || strings.Contains(body, "何晴") {
		t.Errorf("after signing out: %d", status)
	}
	for action, want := range map[string]int{"sign_in": 1, "sign_out": 1} {
		if n := w.count("SELECT COUNT(*) FROM audit WHERE action = ?", action); n != want {
			t.Errorf("%d lines of audit about %s", n, action)
		}
	}
}

func TestSignInIsHeldBack(t *testing.T) {
	w := newWorld(t, storagetest.SQLite(t), 1)
	r := w.stranger()
	var last int
	for range 21 {
		last = r.post("/in", url.Values{"token": {"guessed"}}).StatusCode
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("the 21st guess within a minute: %d", last)
	}
}

// What another site makes a browser send does nothing.
func TestOtherSitesAreKeptOut(t *testing.T) {
	w := newWorld(t, storagetest.SQLite(t), 1)
	r := w.in(committeeNo)
	for _, header := range []map[string]string{
		{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://elsewhere.example"}, {"Origin": "null"},
	} {
		req, err := http.NewRequest(http.MethodPost, w.url+"/out", nil)
		w.ok(err)
		for k, v := range header {
			req.Header.Set(k, v)
		}
		resp, err := r.Do(req)
		w.ok(err)
		w.ok(resp.Body.Close())
		if resp.StatusCode != http.StatusForbidden {
			t.Errorf("%v: %s", header, resp.Status)
		}
	}
	if status, _ := r.get("/health"); status != http.StatusOK {
		t.Error("it signed the visitor out")
	}
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	w := newWorld(t, storagetest.SQLite(t), 1)
	for _, r := range []*reader{w.stranger(), w.in(committeeNo)} {
		for _, path := range []string{"/", "/in", "/members", "/nothing", "/assets/console.css", "/assets/nothing"} {
			resp, err := r.Get(w.url + path)
			w.ok(err)
			w.ok(resp.Body.Close())
			policy := resp.Header.Get("Content-Security-Policy")
			if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") || resp.Header.Get("Cache-Control") != "no-store" || resp.Header.Get("Referrer-Policy") != "no-referrer" {
				t.Errorf("%s: %v", path, resp.Header)
			}
		}
	}
}

func TestCookie(t *testing.T) {
	w := newWorld(t, storagetest.SQLite(t), 1)
	for _, c := range []struct{ url, want string }{
		{"", "xianjie=; Path=/; HttpOnly; SameSite=Lax"},
		{"http://127.0.0.1:8080", "xianjie=; Path=/; HttpOnly; SameSite=Lax"},
		{"https://xianjie.example.edu.cn", "__Host-xianjie=; Path=/; HttpOnly; Secure; SameSite=Lax"},
	} {
		got := w.cookieAt(c.url)
		name, rest, _ := strings.Cut(got, "=")
		_, attributes, _ := strings.Cut(rest, ";")
		if name+"=;"+attributes != c.want {
			t.Errorf("%s: %s", c.url, got)
		}
	}
}
