package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// freeAddr is an address of this machine nobody listens at.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // nothing was sent
	return l.Addr().String()
}

// Whoever runs the bot asks for a link on the command line while it serves, and is let into the console by it.
func TestServeConsole(t *testing.T) {
	page, metrics := freeAddr(t), freeAddr(t)
	_, file := installation(t, fmt.Sprintf("console: {listen: %q}\nmetrics: {listen: %q}\nwechat: {endpoint: \"127.0.0.1:1\"}\nlog: {level: error}\n", page, metrics))
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	ended := make(chan int)
	go func() {
		var out, err bytes.Buffer
		ended <- run(ctx, []string{"serve", "--config", file}, nil, strings.NewReader(""), &out, &err)
		if err.Len() > 0 {
			t.Log(err.String())
		}
	}()
	for up := false; !up; {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+metrics+"/readyz", nil)
		if err != nil {
			t.Fatal(err)
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			up = resp.StatusCode == http.StatusOK
			_ = resp.Body.Close()
		}
		if ctx.Err() != nil {
			t.Fatal("it does not come up")
		}
	}
	code, out, stderr := call(t, "user", "link", "--config", file)
	link := regexp.MustCompile(`http://` + regexp.QuoteMeta(page) + `/in/(\w+)`).FindStringSubmatch(out)
	if code != exitOK || link == nil {
		t.Fatalf("exit %d\n%s%s", code, out, stderr)
	}
	jar, _ := cookiejar.New(nil) // never fails
	client := &http.Client{Jar: jar}
	resp, err := client.PostForm("http://"+page+"/in", url.Values{"token": {link[1]}})
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(string(body), "管理员") || !strings.Contains(string(body), "名册里还没有毕业生") {
		t.Errorf("%s, %v\n%s", resp.Status, err, body)
	}
	_ = resp.Body.Close()
	stop()
	if code := <-ended; code != exitOK {
		t.Errorf("serve ended with %d", code)
	}
}

func TestUserCommand(t *testing.T) {
	_, none := installation(t, "console: {listen: \"\"}\n")
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"user"}, exitUsage, "user link"},
		{[]string{"user", "add"}, exitUsage, "user link"},
		{[]string{"user", "link", "--config", none}, exitFault, "console.listen is empty"},
	} {
		if code, _, stderr := call(t, c.args...); code != c.code || !strings.Contains(stderr, c.says) {
			t.Errorf("%v: exit %d, %s", c.args, code, stderr)
		}
	}
}
