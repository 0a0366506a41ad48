package demo

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// The secretary asks for the console on the phone, and the link leads into it.
func TestConsoleOfTheDemo(t *testing.T) {
	page, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer page.Close() //nolint:errcheck // nobody listens
	back, err := openBackstage(page.Addr())
	if err != nil {
		t.Fatal(err)
	}
	th, err := theatreWith(t.Context(), t.TempDir(), 1, 12, slog.New(slog.DiscardHandler), back)
	if err != nil {
		t.Fatal(err)
	}
	defer th.Close()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	ended := make(chan error, 2)
	go func() { ended <- th.Run(ctx) }()
	go func() { ended <- back.serve(ctx, th) }()
	if err := th.Prepare(ctx, func(string) {}); err != nil {
		t.Fatal(err)
	}
	if err := th.Say(ctx, PhoneSecretary, "控制台"); err != nil {
		t.Fatal(err)
	}
	var link []string
	err = th.await(ctx, func() (bool, error) {
		s, err := th.Snapshot(ctx)
		if err != nil {
			return false, err
		}
		for _, p := range s.Phones {
			if p.Key != PhoneSecretary {
				continue
			}
			for _, m := range p.Messages {
				if found := regexp.MustCompile(regexp.QuoteMeta(back.url) + `/in/(\w+)`).FindStringSubmatch(m.Text); found != nil {
					link = found
				}
			}
		}
		return link != nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	jar, _ := cookiejar.New(nil) // never fails
	resp, err := (&http.Client{Jar: jar}).PostForm(back.url+"/in", url.Values{"token": {link[1]}})
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(string(body), th.secretary().Name) {
		t.Errorf("%s, %v: it is not the secretary's overview", resp.Status, err)
	}
	stop()
	for range 2 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}
