package demo

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
)

// servePage serves a page over stage on loopback until the test ends, and returns its address.
func servePage(t *testing.T, stage Stage) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- NewPage(stage, slog.New(slog.DiscardHandler)).Serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("serving the page: %v", err)
		}
	})
	return "http://" + l.Addr().String()
}

// stream reads the snapshots of one event stream.
type stream struct {
	t     *testing.T
	lines *bufio.Reader
}

func openStream(t *testing.T, url string) *stream {
	t.Helper()
	r, err := http.Get(url + "/events")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Body.Close() })
	if got := r.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Fatalf("stream has type %q", got)
	}
	return &stream{t, bufio.NewReader(r.Body)}
}

// until reads snapshots up to the first that satisfies ok.
func (s *stream) until(ok func(Snapshot) bool) {
	s.t.Helper()
	for {
		line, err := s.lines.ReadString('\n')
		if err != nil {
			s.t.Fatalf("stream ended before the snapshot waited for: %v", err)
		}
		data, found := strings.CutPrefix(line, "data: ")
		if !found {
			continue
		}
		var snap Snapshot
		if err := json.Unmarshal([]byte(data), &snap); err != nil {
			s.t.Fatalf("event is no snapshot: %v", err)
		}
		if ok(snap) {
			return
		}
	}
}

func postJSON(t *testing.T, url, body string, header ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

func TestEveryBrowserSeesEveryChange(t *testing.T) {
	stage := newFakeStage(t)
	url := servePage(t, stage)
	one, two := openStream(t, url), openStream(t, url)
	begun := func(s Snapshot) bool { return len(s.People) == 60 && !s.Phones[0].Friend }
	one.until(begun)
	two.until(begun)
	if status, text := postJSON(t, url+"/friend", `{"phone":"member"}`); status != http.StatusNoContent {
		t.Fatalf("adding a friend: %d %s", status, text)
	}
	friends := func(s Snapshot) bool { return s.Phones[0].Friend }
	one.until(friends)
	two.until(friends)
	openStream(t, url).until(friends)
}

func TestActionsReachTheStage(t *testing.T) {
	stage := newFakeStage(t)
	url := servePage(t, stage)
	other := stage.snap.People[5]
	for _, a := range []struct{ path, body string }{
		{"/switch", `{"person":"` + other.ID + `"}`},
		{"/friend", `{"phone":"member"}`},
		{"/say", `{"phone":"member","text":"你好\n<b>"}`},
		{"/move", `{"step":"morning"}`},
		{"/move", `{"step":"2020-07-31"}`},
	} {
		if status, text := postJSON(t, url+a.path, a.body); status != http.StatusNoContent {
			t.Errorf("%s %s: %d %s", a.path, a.body, status, text)
		}
	}
	openStream(t, url).until(func(s Snapshot) bool {
		phone := s.Phones[0]
		for _, m := range phone.Messages {
			if m.Mine && m.Text == "你好\n<b>" && phone.Person.Name == other.Name && s.Moving != nil {
				return true
			}
		}
		return false
	})
	if got := strings.Join(stage.moved, " "); got != "morning 2020-07-31" {
		t.Errorf("steps that reached the stage: %q", got)
	}
}

func TestRefusals(t *testing.T) {
	url := servePage(t, newFakeStage(t))
	for _, c := range []struct {
		name, path, body string
		status           int
		says             string
	}{
		{"nothing typed", "/say", `{"phone":"member","text":" \n"}`, 409, "请先写点什么"},
		{"no such phone", "/say", `{"phone":"teacher","text":"你好"}`, 409, "没有这部手机"},
		{"friend of no phone", "/friend", `{}`, 409, "没有这部手机"},
		{"no date", "/move", `{"step":""}`, 409, "选一个日期"},
		{"no such date", "/move", `{"step":"2020-06-31"}`, 409, "选一个日期"},
		{"no JSON", "/say", `phone=member`, 400, "刷新页面"},
		{"unknown field", "/say", `{"phone":"member","words":"你好"}`, 400, "刷新页面"},
		{"far too long", "/say", `{"phone":"member","text":"` + strings.Repeat("长", maxBody/3+1) + `"}`, 413, "太长了"},
		{"the stage fails", "/say", `{"phone":"member","text":"坏了"}`, 500, "再试一次"},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, text := postJSON(t, url+c.path, c.body)
			if status != c.status || !strings.Contains(text, c.says) || strings.Contains(text, "out of order") {
				t.Errorf("answer %d %s, want %d with %q", status, text, c.status, c.says)
			}
		})
	}
}

func TestOtherSitesAreRefused(t *testing.T) {
	url := servePage(t, newFakeStage(t))
	status, _ := postJSON(t, url+"/friend", `{"phone":"member"}`, "Origin", "https://elsewhere.example", "Sec-Fetch-Site", "cross-site")
	if status != http.StatusForbidden {
		t.Errorf("a request from another site was answered with %d", status)
	}
}

func TestSnapshotBeforeTheStageIsReady(t *testing.T) {
	page := NewPage(newFakeStage(t), slog.New(slog.DiscardHandler))
	w := httptest.NewRecorder()
	page.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/snapshot", nil))
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "正在准备") {
		t.Errorf("before the first snapshot: %d %s", w.Code, w.Body)
	}
}

// countingStage counts snapshots taken of it.
type countingStage struct {
	*fakeStage
	taken int
}

func (c *countingStage) Snapshot(ctx context.Context) (Snapshot, error) {
	c.taken++
	return c.fakeStage.Snapshot(ctx)
}

func TestChangesAreGathered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stage := &countingStage{fakeStage: newFakeStage(t)}
		page := NewPage(stage, slog.New(slog.DiscardHandler))
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go func() { _ = page.Run(ctx) }()
		synctest.Wait()
		for range 50 {
			if err := stage.Say(ctx, PhoneMember, "你好"); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		if stage.taken != 1 {
			t.Errorf("%d snapshots taken before the throttle allowed a second", stage.taken)
		}
		_, more := page.latest()
		<-more
		synctest.Wait()
		if stage.taken != 2 {
			t.Errorf("%d snapshots taken for one burst, want the first and one more", stage.taken)
		}
		data, _ := page.latest()
		if n := strings.Count(string(data), `"mine":true,"grey":false,"text":"你好"`); n != 50 {
			t.Errorf("the snapshot after the burst shows %d of 50 messages", n)
		}
	})
}

func TestTheAssetsAreServedAlone(t *testing.T) {
	url := servePage(t, newFakeStage(t))
	for path, want := range map[string]string{
		"/": "<!doctype html>", "/demo.css": ":root", "/demo.js": "'use strict'", "/icon.svg": "<svg", "/page.go": "404", "/people.yaml": "404",
	} {
		r, err := http.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r.Body)
		_ = r.Body.Close()
		if err != nil || !strings.Contains(string(body), want) {
			t.Errorf("%s: %v, %.80s", path, err, body)
		}
		if !strings.Contains(r.Header.Get("Content-Security-Policy"), "default-src 'self'") {
			t.Errorf("%s comes without the policy that keeps other content out", path)
		}
	}
}

// Pictures are shown, documents are only ever saved, and what is no file is not found.
func TestFilesOfTheChats(t *testing.T) {
	stage := newFakeStage(t)
	url := servePage(t, stage)
	for _, text := range []string{"进度图", "导出", "进度"} {
		if status, answer := postJSON(t, url+"/say", `{"phone":"secretary","text":"`+text+`"}`); status != http.StatusNoContent {
			t.Fatalf("%s: %d %s", text, status, answer)
		}
	}
	s, err := stage.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ms := s.Phones[1].Messages
	if n := len(ms); n < 6 || !ms[n-5].Show || ms[n-3].File == "" {
		t.Fatalf("the chat is %+v", ms)
	}
	n := len(ms)
	for _, c := range []struct {
		name, id string
		status   int
		kind     string
		saved    bool
	}{
		{"a picture", ms[n-5].ID, 200, "image/png", false},
		{"a document that looks like a page", ms[n-3].ID, 200, "application/octet-stream", true},
		{"a text", ms[n-1].ID, 404, "text/plain; charset=utf-8", false},
		{"nothing", "x-1", 404, "text/plain; charset=utf-8", false},
	} {
		r, err := http.Get(url + "/file/secretary/" + c.id)
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Body.Close()
		saved := strings.HasPrefix(r.Header.Get("Content-Disposition"), "attachment")
		if r.StatusCode != c.status || r.Header.Get("Content-Type") != c.kind || saved != c.saved || r.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %d, %v", c.name, r.StatusCode, r.Header)
		}
	}
}

// The page must show data as text and bring everything with it.
func TestThePageIsSelfContained(t *testing.T) {
	for _, name := range []string{"index.html", "demo.css", "demo.js"} {
		data, err := assets.ReadFile("assets/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for _, banned := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "https://", "//cdn", "@import", " style=\"", "onclick="} {
			if strings.Contains(string(data), banned) {
				t.Errorf("%s contains %q", name, banned)
			}
		}
	}
}
