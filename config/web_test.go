package config

import (
	"strings"
	"testing"
)

func TestConsoleAddress(t *testing.T) {
	for _, c := range []struct {
		url string
		ok  bool
	}{
		{"", true},
		{"https://xianjie.example.edu.cn", true},
		{"http://127.0.0.1:8080", true},
		{"xianjie.example.edu.cn", false},
		{"https://xianjie.example.edu.cn/", false},
		{"https://xianjie.example.edu.cn/console", false},
		{"https://user@xianjie.example.edu.cn", false},
		{"https://", false},
		{"ftp://xianjie.example.edu.cn", false},
	} {
		_, err := Load("", false, []string{"XIANJIE_CONSOLE_URL=" + c.url})
		if (err == nil) != c.ok || err != nil && !strings.Contains(err.Error(), "console.url") {
			t.Errorf("%q: %v", c.url, err)
		}
	}
}
