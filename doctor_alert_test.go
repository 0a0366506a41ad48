package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// doctor --alert sends through every way the settings name, and says which did not work.
func TestDoctorAlert(t *testing.T) {
	var got string
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got = string(b)
	}))
	defer hook.Close()
	_, config := installation(t, "alerts: {webhook: \""+hook.URL+"/geheim\"}\n")
	code, out, stderr := call(t, "doctor", "--alert", "--config", config)
	if code != exitOK || !strings.Contains(out, "[正常] 告警 Webhook") || !strings.Contains(got, "测试告警") {
		t.Errorf("exit %d, %q %q, the webhook got %q", code, out, stderr, got)
	}
	hook.Close()
	code, out, stderr = call(t, "doctor", "--alert", "--config", config)
	if code != exitFault || !strings.Contains(out, "[异常] 告警 Webhook") || strings.Contains(out+stderr, "geheim") {
		t.Errorf("without a server: exit %d, %q %q", code, out, stderr)
	}
	_, config = installation(t, "")
	if code, _, stderr = call(t, "doctor", "--alert", "--config", config); code != exitFault || !strings.Contains(stderr, "alerts.webhook") {
		t.Errorf("nothing set up: exit %d, %q", code, stderr)
	}
	_, config = installation(t, "alerts: {smtp: {host: localhost, from: a@example.edu, to: [b@example.edu], user: a, password_file: none}}\n")
	if code, _, stderr = call(t, "serve", "--config", config); code != exitFault || !strings.Contains(stderr, "password_file") {
		t.Errorf("a password file that is missing: exit %d, %q", code, stderr)
	}
}
