package bot

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/eatmoreapple/openwechat"
)

const storedHot = `{
	"Jar": {"https://wx2.qq.com": [{"Name":"wxuin","Value":"1"}, {"Name":"wxsid","Value":"s"}, {"Name":"webwx_data_ticket","Value":"t"}]},
	"BaseRequest": {"Uin":1,"Sid":"s","Skey":"@crypt","DeviceID":"e1"},
	"LoginInfo": {"Ret":0,"WxUin":1,"SKey":"@crypt","WxSid":"s","PassTicket":"p"},
	"WechatDomain": "wx2.qq.com", "SyncKey": {"Count":1,"List":[{"Key":1,"Val":2}]}, "UUID": "u"}`

// The library forgets where cookies are valid; repaired ones reach all hosts that need them.
func TestRepairedCookiesReachAllHosts(t *testing.T) {
	item := loadItem(t, []byte(storedHot))
	for _, c := range []struct{ host, want string }{
		{"wx2.qq.com", "wxuin wxsid webwx_data_ticket"},
		{"webpush.wx2.qq.com", "wxuin wxsid webwx_data_ticket"},
		{"file.wx2.qq.com", "wxuin wxsid webwx_data_ticket"},
		{"login.wx.qq.com", "webwx_data_ticket"},
		{"example.cn", ""},
	} {
		var names []string
		for _, cookie := range item.Jar.Cookies(&url.URL{Scheme: "https", Host: c.host, Path: "/cgi-bin/x"}) {
			names = append(names, cookie.Name)
		}
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("%s gets %q, want %q", c.host, got, c.want)
		}
	}
	if got := item.Jar.Cookies(&url.URL{Scheme: "http", Host: "wx2.qq.com"}); len(got) != 0 {
		t.Errorf("cookies go over plain HTTP: %v", got)
	}
}

// loadItem repairs a session and decodes it the way the library does.
func loadItem(t *testing.T, raw []byte) openwechat.HotReloadStorageItem {
	t.Helper()
	repaired, err := repair(raw)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(repaired)
	if err != nil {
		t.Fatal(err)
	}
	var item openwechat.HotReloadStorageItem
	if err := json.NewDecoder(strings.NewReader(string(text))).Decode(&item); err != nil {
		t.Fatal(err)
	}
	return item
}

func TestDamagedSessions(t *testing.T) {
	for _, c := range []struct{ name, replace, by string }{
		{"no jar", `"Jar"`, `"jAR"`},
		{"jar of another type", `{"https://wx2.qq.com"`, `[{"https://wx2.qq.com"`},
		{"jar that lists nothing", `[{"Name":"wxuin","Value":"1"}, {"Name":"wxsid","Value":"s"}, {"Name":"webwx_data_ticket","Value":"t"}]`, `[null]`},
		{"cookie of another type", `"Value":"1"`, `"Value":1`},
		{"no base request", `"BaseRequest": {`, `"BaseRequest": null, "x": {`},
		{"empty base request", `"Sid":"s"`, `"Sid":""`},
		{"uin of another type", `"Uin":1`, `"Uin":"1"`},
		{"no login info", `"LoginInfo": {`, `"LoginInfo": null, "x": {`},
		{"login info without sid", `"WxSid":"s"`, `"WxSid":""`},
		{"no domain", `"wx2.qq.com", "SyncKey"`, `"", "SyncKey"`},
		{"no key", `"SyncKey": {`, `"SyncKey": null, "x": {`},
		{"key with more than it says", `"Count":1`, `"Count":0`},
		{"key with less than it says", `"Count":1`, `"Count":-1`},
		{"not JSON", `{`, `<`},
	} {
		t.Run(c.name, func(t *testing.T) {
			damaged := strings.Replace(storedHot, c.replace, c.by, 1)
			if damaged == storedHot {
				t.Fatal("nothing was damaged")
			}
			if item, err := repair([]byte(damaged)); err == nil {
				t.Errorf("taken for sound: %s", item["Jar"])
			}
		})
	}
}

func TestANullCookieIsDropped(t *testing.T) {
	item := loadItem(t, []byte(strings.Replace(storedHot, `[{"Name":"wxuin"`, `[null, {"Name":"wxuin"`, 1)))
	if n := len(item.Jar.Cookies(&url.URL{Scheme: "https", Host: "wx2.qq.com"})); n != 3 {
		t.Errorf("%d cookies", n)
	}
}

func TestNothingStoredReadsAsEnd(t *testing.T) {
	h := newHot(t.Context(), nil, "main", "login")
	if n, err := h.Read(make([]byte, 10)); n != 0 || err != io.EOF {
		t.Errorf("%d, %v", n, err)
	}
}

// Whatever is taken for sound must not bring the library down.
func FuzzRepair(f *testing.F) {
	f.Add([]byte(storedHot))
	f.Add([]byte(strings.Replace(storedHot, `[{"Name":"wxuin"`, `[null, {"Name":"wxuin"`, 1)))
	f.Add([]byte(strings.Replace(storedHot, `https://wx2.qq.com`, `http://[::1`, 1)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		repaired, err := repair(raw)
		if err != nil {
			return
		}
		text, err := json.Marshal(repaired)
		if err != nil {
			t.Fatal(err)
		}
		lib := openwechat.NewBot(t.Context())
		lib.Caller.Client.HTTPClient().Transport = refuse{}
		lib.Caller.Client.MaxRetryTimes = 1
		storage := &hotStorage{read: strings.NewReader(string(text))}
		if err := lib.HotLogin(storage); err == nil {
			t.Fatal("logged in without a server")
		}
		// What the sync loop does first, with the stored key.
		opt := &openwechat.CallerSyncCheckOptions{
			BaseRequest: lib.Storage.Request, WebInitResponse: lib.Storage.Response, LoginInfo: lib.Storage.LoginInfo,
		}
		if _, err := lib.Caller.SyncCheck(t.Context(), opt); err == nil {
			t.Fatal("polled without a server")
		}
	})
}

type refuse struct{}

func (refuse) RoundTrip(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }
