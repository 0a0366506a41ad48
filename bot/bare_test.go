package bot

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
)

func TestBareErrorsKeepNoKeys(t *testing.T) {
	cause := errors.New("connection refused")
	u := &url.Error{Op: "Get", URL: "https://webpush.wx2.qq.com/synccheck?skey=%40crypt_secret&sid=secret", Err: cause}
	for name, err := range map[string]error{
		"itself":  u,
		"wrapped": fmt.Errorf("sync check failed: %w", u),
		"joined":  errors.Join(errors.New("wechat network error"), u),
	} {
		t.Run(name, func(t *testing.T) {
			got := bare(err)
			if strings.Contains(got.Error(), "secret") || strings.Contains(got.Error(), "\n") {
				t.Errorf("it says %q", got)
			}
			if !errors.Is(got, cause) || !strings.Contains(got.Error(), "connection refused") {
				t.Errorf("%q has lost its cause", got)
			}
		})
	}
	if bare(nil) != nil {
		t.Error("nil became an error")
	}
}
