package console_test

import (
	"testing"

	"xianjie/console"
)

func TestURLOf(t *testing.T) {
	for _, c := range []struct{ listen, setting, want string }{
		{"127.0.0.1:8080", "", "http://127.0.0.1:8080"},
		{"0.0.0.0:8080", "", "http://127.0.0.1:8080"},
		{"[::]:8080", "", "http://127.0.0.1:8080"},
		{":8080", "", "http://127.0.0.1:8080"},
		{"[::1]:8080", "", "http://[::1]:8080"},
		{"192.0.2.7:80", "", "http://192.0.2.7:80"},
		{"127.0.0.1:8080", "https://xianjie.example.edu.cn", "https://xianjie.example.edu.cn"},
	} {
		if got := console.URLOf(c.listen, c.setting); got != c.want {
			t.Errorf("%q %q: %s", c.listen, c.setting, got)
		}
	}
}
