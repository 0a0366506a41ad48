package wechatsim_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"xianjie/wechatsim"
)

// TestFaultsOfASend: what the client sees, whether the message got through, and that the next one is fine.
func TestFaultsOfASend(t *testing.T) {
	for _, tt := range []struct {
		name    string
		fault   wechatsim.Fault
		err     func(error) bool // nil: no error
		reply   func(reply) bool
		written bool // the client knows that its request left
		handled bool
		takes   time.Duration
	}{
		{"unreachable", wechatsim.Fault{Kind: wechatsim.Unreachable}, is(syscall.ECONNREFUSED), nil, false, false, 0},
		{"reset", wechatsim.Fault{Kind: wechatsim.Reset}, is(syscall.ECONNRESET), nil, true, false, 0},
		{"reply lost", wechatsim.Fault{Kind: wechatsim.ReplyLost}, is(syscall.ECONNRESET), nil, true, true, 0},
		{"stall beyond the client's patience", wechatsim.Fault{Kind: wechatsim.Stall, Delay: time.Hour}, timeout, nil, true, false, time.Minute},
		{"stall", wechatsim.Fault{Kind: wechatsim.Stall}, nil, retIs(0), true, true, 30 * time.Second},
		{"reply too late", wechatsim.Fault{Kind: wechatsim.StallReply, Delay: time.Hour}, timeout, nil, true, true, time.Minute},
		{"reply late", wechatsim.Fault{Kind: wechatsim.StallReply, Delay: time.Second}, nil, retIs(0), true, true, time.Second},
		{"bad gateway", wechatsim.Fault{Kind: wechatsim.BadGateway}, nil, func(r reply) bool {
			return r.status == http.StatusBadGateway && strings.HasPrefix(r.body, "<html>") && r.header.Get("Content-Type") == "text/html"
		}, true, false, 0},
		{"truncated", wechatsim.Fault{Kind: wechatsim.Truncated}, nil, func(r reply) bool {
			return strings.HasPrefix(r.body, `{"BaseResponse"`) && json.Unmarshal([]byte(r.body), new(sendReply)) != nil
		}, true, true, 0},
		{"wrong type", wechatsim.Fault{Kind: wechatsim.WrongType}, nil, func(r reply) bool {
			wrong := (*json.UnmarshalTypeError)(nil)
			return errors.As(json.Unmarshal([]byte(r.body), new(sendReply)), &wrong)
		}, true, true, 0},
		{"missing field", wechatsim.Fault{Kind: wechatsim.MissingField, Field: "MsgID"}, nil, func(r reply) bool {
			return retIs(0)(r) && !strings.Contains(r.body, "MsgID") && strings.Contains(r.body, "LocalID")
		}, true, true, 0},
		{"empty body", wechatsim.Fault{Kind: wechatsim.EmptyBody}, nil, func(r reply) bool { return r.status == http.StatusOK && r.body == "" }, true, true, 0},
		{"too often", wechatsim.Fault{Kind: wechatsim.Return, Code: 1205}, nil, func(r reply) bool {
			return strings.TrimSpace(r.body) == `{"BaseResponse":{"Ret":1205,"ErrMsg":""},"MsgID":"","LocalID":""}`
		}, true, false, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, wechatsim.Options{})
				c := logIn(t, w)
				in := w.Inject(wechatsim.Injection{Fault: tt.fault, Endpoint: "webwxsendmsg", Times: 1})
				written := false
				req := c.request(http.MethodPost, c.base("webwxsendmsg"), c.body(c.text(w.to(w.lin), "一", "1")))
				req = req.WithContext(httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
					WroteRequest: func(httptrace.WroteRequestInfo) { written = true },
				}))
				began := time.Now()
				r, err := c.try(req)
				if took := time.Since(began); took != tt.takes {
					t.Errorf("took %v, want %v", took, tt.takes)
				}
				switch {
				case tt.err == nil && (err != nil || !tt.reply(r)):
					t.Errorf("%v, %+v", err, r)
				case tt.err != nil && !tt.err(err):
					t.Errorf("error %v", err)
				}
				if written != tt.written {
					t.Errorf("WroteRequest: %v, want %v", written, tt.written)
				}
				if got := len(w.Ledger()) == 1; got != tt.handled || len(w.lin.Received(w.account)) != len(w.Ledger()) {
					t.Errorf("handled %v, want %v", got, tt.handled)
				}
				if in.Hits() != 1 {
					t.Errorf("%d hits", in.Hits())
				}
				if got := c.say(w.to(w.lin), "二", "2"); got.BaseResponse.Ret != 0 || got.MsgID == "" {
					t.Errorf("the next one: %+v", got)
				}
			})
		})
	}
}

func is(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

func timeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

func retIs(want int) func(reply) bool {
	return func(r reply) bool {
		var v base
		return json.Unmarshal([]byte(r.body), &v) == nil && v.BaseResponse.Ret == want
	}
}

// TestReplyLostThenRepeated: a careless client sends again; whether the person reads it twice is the server's choice.
func TestReplyLostThenRepeated(t *testing.T) {
	for dedupe, want := range map[bool]int{false: 2, true: 1} {
		t.Run(fmt.Sprint(dedupe), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, wechatsim.Options{Behaviour: wechatsim.Behaviour{DedupeClientMsgID: dedupe}})
				c := logIn(t, w)
				w.Inject(wechatsim.Injection{Fault: wechatsim.Fault{Kind: wechatsim.ReplyLost}, Endpoint: "webwxsendmsg", Times: 1})
				if _, err := c.tryPost("webwxsendmsg", c.text(w.to(w.lin), "你好", "7")); err == nil {
					t.Fatal("no error")
				}
				r := c.say(w.to(w.lin), "你好", "7")
				if got := len(w.lin.Received(w.account)); got != want || r.MsgID != w.Ledger()[want-1].MsgID {
					t.Errorf("arrived %d times, want %d; %+v", got, want, r)
				}
			})
		})
	}
}

// TestReturn: a code in the shape of each endpoint.
func TestReturn(t *testing.T) {
	for _, tt := range []struct {
		endpoint string
		code     int
		ask      func(c *web) string
		want     string
	}{
		{"synccheck", -1, func(c *web) string { return c.get(c.checkURL("")).body }, `window.synccheck={retcode:"-1",selector:"0"}`},
		{"jslogin", 500, func(c *web) string { return c.get("https://login.wx.qq.com/jslogin").body }, `window.QRLogin.code = 500; window.QRLogin.uuid = "";`},
		{"login", 201, func(c *web) string { return c.poll("x") }, "window.code=201;window.userAvatar = 'data:img/jpg;base64,"},
		{"login", 202, func(c *web) string { return c.poll("x") }, "window.code=202;"},
		{"login", 500, func(c *web) string { return c.poll("x") }, "window.code=500;"},
		{"login", 0, func(c *web) string { return c.poll("x") }, "window.code=0;"},
		{"webwxnewloginpage", 1203, func(c *web) string { return c.get(c.base("webwxnewloginpage")).body }, "<error><ret>1203</ret><message>为了你的帐号安全"},
		{"webwxpushloginurl", 1, func(c *web) string { return c.get(c.base("webwxpushloginurl")).body }, `{"ret":"1","msg":"device authinfo invalid"}`},
		{"webwxinit", 1101, func(c *web) string { return fmt.Sprint(c.init()) }, "1101"},
		{"webwxsync", 1101, func(c *web) string { r := c.sync(); return fmt.Sprint(r.BaseResponse.Ret, r.SyncKey, r.AddMsgList) }, "1101  []"},
		{"webwxgetcontact", 1205, func(c *web) string { return c.get(c.base("webwxgetcontact")).body }, `{"BaseResponse":{"Ret":1205,"ErrMsg":""}}`},
		{"webwxverifyuser", -1, func(c *web) string { return fmt.Sprint(c.verify(3, "@1", "v4")) }, "-1"},
	} {
		t.Run(fmt.Sprint(tt.endpoint, " ", tt.code), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, wechatsim.Options{})
				c := logIn(t, w)
				in := w.Inject(wechatsim.Injection{Fault: wechatsim.Fault{Kind: wechatsim.Return, Code: tt.code}, Endpoint: tt.endpoint})
				for range 3 { // again and again
					if got := tt.ask(c); !strings.HasPrefix(strings.TrimSpace(got), tt.want) {
						t.Errorf("%.200q, want %q…", got, tt.want)
					}
				}
				if in.Hits() != 3 || !w.account.LoggedIn() {
					t.Errorf("%d hits, logged in %v", in.Hits(), w.account.LoggedIn())
				}
			})
		})
	}
}

func TestSyncFaults(t *testing.T) {
	start := func(t *testing.T, fault wechatsim.Fault, endpoint string) (world, *web) {
		w := newWorld(t, wechatsim.Options{})
		c := logIn(t, w).caughtUp()
		w.Inject(wechatsim.Injection{Fault: fault, Endpoint: endpoint, Times: 2})
		return w, c
	}
	t.Run("sticky selector", func(t *testing.T) {
		for _, selector := range []int{2, 3, 6, 7} {
			synctest.Test(t, func(t *testing.T) {
				w, c := start(t, wechatsim.Fault{Kind: wechatsim.StickySelector, Code: selector}, "synccheck")
				for range 2 {
					if _, got := c.check(); got != fmt.Sprint(selector) || len(c.sync().AddMsgList) != 0 {
						t.Errorf("selector %s, want %d and nothing to fetch", got, selector)
					}
				}
				if _, got := c.check(); got != "0" {
					t.Errorf("recovered: selector %s", got)
				}
				w.Inject(wechatsim.Injection{Fault: wechatsim.Fault{Kind: wechatsim.StickySelector, Code: selector}})
				w.account.Kick(1100)
				if code, _ := c.check(); code != "1100" {
					t.Errorf("kicked: retcode %s", code)
				}
			})
		}
	})
	t.Run("empty sync", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w, c := start(t, wechatsim.Fault{Kind: wechatsim.EmptySync}, "webwxsync")
			w.lin.Say(w.account, "在吗")
			for range 2 {
				key := c.key.String()
				if r := c.sync(); len(r.AddMsgList) != 0 || r.SyncKey.String() != key {
					t.Errorf("%+v", r)
				}
			}
			if m := c.one(); m.Content != "在吗" {
				t.Errorf("recovered: %+v", m)
			}
		})
	})
	t.Run("empty key", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w, c := start(t, wechatsim.Fault{Kind: wechatsim.EmptySyncKey}, "webwxsync")
			w.lin.Say(w.account, "在吗")
			if r := c.sync(); len(r.AddMsgList) != 1 || r.SyncKey.Count != 0 || r.SyncKey.List == nil || r.SyncCheckKey.Count != 0 {
				t.Errorf("%+v", r)
			}
		})
	})
	t.Run("no key", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			_, c := start(t, wechatsim.Fault{Kind: wechatsim.MissingField, Field: "SyncKey"}, "webwxsync")
			if r := c.sync(); r.SyncKey.List != nil || r.SyncCheckKey.Count == 0 {
				t.Errorf("%+v", r)
			}
		})
	})
	t.Run("odd message", func(t *testing.T) {
		for _, field := range []string{"MsgType", "MsgId", "AddMsgList"} {
			synctest.Test(t, func(t *testing.T) {
				w, c := start(t, wechatsim.Fault{Kind: wechatsim.WrongType, Field: field}, "webwxsync")
				w.lin.Say(w.account, `他说"好"`)
				r, err := c.tryPost("webwxsync", map[string]any{"SyncKey": c.key})
				wrong := (*json.UnmarshalTypeError)(nil)
				if err != nil || !json.Valid([]byte(r.body)) || !errors.As(json.Unmarshal([]byte(r.body), new(syncReply)), &wrong) || !strings.HasSuffix(wrong.Field, field) {
					t.Errorf("%s: %v, %v, %s", field, err, wrong, r.body)
				}
			})
		}
	})
}

func TestInjectionsAreSelective(t *testing.T) {
	refuse := wechatsim.Fault{Kind: wechatsim.Return, Code: 1205}
	to := func(text string) func(*http.Request, []byte) bool {
		return func(_ *http.Request, body []byte) bool { return bytes.Contains(body, []byte(text)) }
	}
	for _, tt := range []struct {
		name string
		in   wechatsim.Injection
		want []int // Ret of seven sends, one per minute
	}{
		{"every request", wechatsim.Injection{}, []int{1205, 1205, 1205, 1205, 1205, 1205, 1205}},
		{"another endpoint", wechatsim.Injection{Endpoint: "webwxsync"}, []int{0, 0, 0, 0, 0, 0, 0}},
		{"two", wechatsim.Injection{Endpoint: "webwxsendmsg", Times: 2}, []int{1205, 1205, 0, 0, 0, 0, 0}},
		{"two after three", wechatsim.Injection{Skip: 3, Times: 2}, []int{0, 0, 0, 1205, 1205, 0, 0}},
		{"three minutes", wechatsim.Injection{For: 3 * time.Minute}, []int{1205, 1205, 1205, 0, 0, 0, 0}},
		{"by content", wechatsim.Injection{When: to("第4条")}, []int{0, 0, 0, 0, 1205, 0, 0}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, wechatsim.Options{})
				c := logIn(t, w)
				tt.in.Fault = refuse
				w.Inject(tt.in)
				var got []int
				for i := range 7 {
					got = append(got, c.say(w.to(w.lin), fmt.Sprintf("第%d条", i), fmt.Sprint(i)).BaseResponse.Ret)
					time.Sleep(time.Minute)
				}
				if !slices.Equal(got, tt.want) {
					t.Errorf("%v, want %v", got, tt.want)
				}
			})
		})
	}
}

func TestHeal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		c := logIn(t, w)
		first := w.Inject(wechatsim.Injection{Fault: wechatsim.Fault{Kind: wechatsim.Return, Code: 1205}})
		second := w.Inject(wechatsim.Injection{Fault: wechatsim.Fault{Kind: wechatsim.Return, Code: -14}})
		ret := func() int { return c.say("filehelper", "在", "1").BaseResponse.Ret }
		got := []int{ret()}
		first.Remove()
		got = append(got, ret())
		w.Heal()
		got = append(got, ret())
		if want := []int{1205, -14, 0}; !slices.Equal(got, want) || first.Hits() != 1 || second.Hits() != 1 {
			t.Errorf("%v, want %v", got, want)
		}
	})
}

func TestCancelledRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		c := logIn(t, w).caughtUp()
		c.http.Timeout = 3 * time.Second
		began := time.Now()
		if _, err := c.try(c.request(http.MethodGet, c.checkURL(c.checkKey.String()), nil)); !timeout(err) || time.Since(began) != 3*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

func TestCounters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		c := logIn(t, w)
		w.Inject(wechatsim.Injection{Fault: wechatsim.Fault{Kind: wechatsim.Unreachable}, Endpoint: "webwxsendmsg", Times: 1})
		_, _ = c.tryPost("webwxsendmsg", nil)
		c.say("filehelper", "在", "1")
		c.get("https://login.weixin.qq.com/qrcode/x")
		got := w.Counters()
		for endpoint, want := range map[string]int{"jslogin": 1, "login": 1, "webwxinit": 1, "webwxsendmsg": 2, "qrcode": 1, "synccheck": 0} {
			if got[endpoint] != want {
				t.Errorf("%s: %d, want %d", endpoint, got[endpoint], want)
			}
		}
	})
}
