package alert_test

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"strings"
	"testing"
	"time"

	"xianjie/alert"
)

var zone = time.FixedZone("CST", 8*60*60)

func lost() alert.Alert {
	return alert.Alert{Event: alert.Begun, Trouble: alert.Lost, Account: "main", Since: t0, At: t0.Add(50 * time.Second), Host: "server1"}
}

func TestWebhook(t *testing.T) {
	var got []byte
	answer, status := "ok", http.StatusOK
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, _ = io.ReadAll(r.Body)
		if r.Method != http.MethodPost || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
			t.Errorf("%s with %s", r.Method, r.Header.Get("Content-Type"))
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	defer h.Close()

	plain := &alert.Webhook{URL: h.URL + "/geheim", Form: alert.FormPlain, Zone: zone}
	if err := plain.Tell(t.Context(), lost()); err != nil {
		t.Fatal(err)
	}
	var m map[string]string
	if err := json.Unmarshal(got, &m); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"product": "xianjie", "event": "begun", "trouble": "wechat_lost", "account": "main", "host": "server1",
		"since": "2020-06-03T10:00:00Z", "at": "2020-06-03T10:00:50Z", "title": "【衔接】微信掉线（main）",
	} {
		if m[key] != want {
			t.Errorf("%s is %q, want %q", key, m[key], want)
		}
	}
	if !strings.Contains(m["text"], "从6月3日 18:00起，已经不到1分钟") {
		t.Errorf("text: %s", m["text"])
	}

	for form, shape := range map[string][2]string{
		alert.FormWeCom:  {`"msgtype":"text"`, `"text":{"content":"【衔接】微信掉线（main）\n`},
		alert.FormFeishu: {`"msg_type":"text"`, `"content":{"text":"【衔接】微信掉线（main）\n`},
	} {
		w := &alert.Webhook{URL: h.URL, Form: form, Zone: zone}
		if err := w.Tell(t.Context(), lost()); err != nil || !bytes.Contains(got, []byte(shape[0])) || !bytes.Contains(got, []byte(shape[1])) {
			t.Errorf("%s: %v\n%s", form, err, got)
		}
		answer = `{"errcode":93000,"errmsg":"invalid webhook url"}`
		if form == alert.FormFeishu {
			answer = `{"code":19001,"msg":"param invalid"}`
		}
		if err := w.Tell(t.Context(), lost()); err == nil {
			t.Errorf("%s: a robot's refusal counts as told", form)
		}
		answer = `{"errcode":0,"code":0}`
	}

	status = http.StatusForbidden
	if err := plain.Tell(t.Context(), lost()); err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("refused with 403: %v", err)
	}
	h.Close()
	if err := plain.Tell(t.Context(), lost()); err == nil || strings.Contains(err.Error(), "geheim") {
		t.Errorf("unreachable: %v", err)
	}
}

func TestMail(t *testing.T) {
	server, trust := certificate(t)
	s := startSMTP(t, &smtpServer{cert: server})
	m := &alert.Mail{
		Host: "127.0.0.1", Port: s.port, From: "bot@example.edu", To: []string{"a@example.edu", "b@example.edu"},
		User: "bot", Password: "geheim", Zone: zone, TLS: trust,
	}
	if err := m.Tell(t.Context(), lost()); err != nil {
		t.Fatal(err)
	}
	if len(s.mails) != 1 || len(s.auths) != 1 {
		t.Fatalf("%d mails, %d logins", len(s.mails), len(s.auths))
	}
	got, err := mail.ReadMessage(strings.NewReader(s.mails[0]))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(got.Header.Get("Subject"))
	if err != nil || subject != "【衔接】微信掉线（main）" {
		t.Errorf("subject %q, %v", subject, err)
	}
	to, err := got.Header.AddressList("To")
	if err != nil || len(to) != 2 || got.Header.Get("From") != "<bot@example.edu>" {
		t.Errorf("from %s to %v, %v", got.Header.Get("From"), to, err)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(got.Body))
	if err != nil || !strings.Contains(string(body), "怎么办：先看手机") {
		t.Errorf("%v\n%s", err, body)
	}
}

// A password, or an alert, never leaves without TLS unless the settings say so.
func TestMailWithoutTLS(t *testing.T) {
	s := startSMTP(t, &smtpServer{})
	m := &alert.Mail{Host: "127.0.0.1", Port: s.port, From: "bot@example.edu", To: []string{"a@example.edu"}, User: "bot", Password: "geheim", Zone: zone}
	if err := m.Tell(t.Context(), lost()); err == nil || strings.Contains(err.Error(), "geheim") {
		t.Errorf("a server without TLS: %v", err)
	}
	if len(s.mails)+len(s.auths) != 0 {
		t.Errorf("%d mails and %d logins left in the clear", len(s.mails), len(s.auths))
	}
	m.Plain, m.User, m.Password = true, "", ""
	if err := m.Tell(t.Context(), lost()); err != nil || len(s.mails) != 1 {
		t.Errorf("without TLS by the settings: %v, %d mails", err, len(s.mails))
	}
}

func TestTexts(t *testing.T) {
	for _, trouble := range []alert.Trouble{alert.Lost, alert.Silent, alert.Stopped, alert.Stuck, alert.Database} {
		for _, event := range []alert.Event{alert.Begun, alert.Still, alert.Over} {
			a := alert.Alert{Event: event, Trouble: trouble, Account: "main", Since: t0, At: t0.Add(26*time.Hour + time.Minute)}
			if strings.Contains(a.Title()+a.Text(zone), "%!") || !strings.Contains(a.Text(zone), "1天2小时") || strings.HasSuffix(a.Title(), "】（main）") {
				t.Errorf("%s %s: %s\n%s", trouble, event, a.Title(), a.Text(zone))
			}
		}
	}
}
