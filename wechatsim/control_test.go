package wechatsim_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"xianjie/wechatsim"
)

// remote plays the phones through the control API.
type remote struct {
	t *testing.T
	h http.Handler
}

// ask makes a request with form values, which must succeed, and decodes the reply.
func (r remote) ask(method, path string, v any, form ...string) {
	r.t.Helper()
	if status, body := r.raw(method, path, form...); status != http.StatusOK {
		r.t.Fatalf("%s %s: %d %s", method, path, status, body)
	} else if err := json.Unmarshal([]byte(body), v); err != nil {
		r.t.Fatalf("%s %s: %v in %s", method, path, err, body)
	}
}

func (r remote) raw(method, path string, form ...string) (int, string) {
	v := url.Values{}
	for i := 0; i+1 < len(form); i += 2 {
		v.Set(form[i], form[i+1])
	}
	req := httptest.NewRequest(method, "/control/"+path+"?"+v.Encode(), nil)
	if method == http.MethodPost {
		req = httptest.NewRequest(method, "/control/"+path, strings.NewReader(v.Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	rec := httptest.NewRecorder()
	r.h.ServeHTTP(rec, req)
	return rec.Code, rec.Body.String()
}

func TestControl(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{})
		w.AddGroup("class", "1班", w.account, w.lin)
		r := remote{t, w.Control()}
		c := connect(t, w.Server)
		uuid := c.uuid()
		var qr struct{ UUID string }
		r.ask("GET", "qr", &qr)
		if qr.UUID != uuid {
			t.Errorf("qr: %q, want %q", qr.UUID, uuid)
		}
		var nothing struct{}
		r.ask("POST", "scan", &nothing)
		r.ask("POST", "confirm", &nothing, "account", "bot", "uuid", uuid)
		c.enter(c.poll(uuid))
		c.init()
		c.caughtUp()

		var id struct {
			MsgID string `json:"msg_id"`
		}
		r.ask("POST", "say", &id, "person", "lin", "text", "我读研了")
		if m := c.one(); m.MsgId != id.MsgID || m.Content != "我读研了" {
			t.Errorf("say: %+v", m)
		}
		r.ask("POST", "say", &id, "person", "lin", "group", "class", "text", "大家好")
		if m := c.one(); !strings.HasSuffix(m.Content, ":<br/>大家好") {
			t.Errorf("say in a group: %+v", m)
		}
		r.ask("POST", "phone", &id, "person", "lin", "text", "我是老师")
		if m := c.one(); m.FromUserName != c.self {
			t.Errorf("phone: %+v", m)
		}
		r.ask("POST", "befriend", &id, "person", "qin", "greeting", "我是秦若溪")
		if m := c.one(); m.MsgType != 37 {
			t.Errorf("befriend: %+v", m)
		}
		c.say(w.to(w.lin), "收到", "1")
		var chat []wechatsim.Message
		r.ask("GET", "chat", &chat, "person", "lin", "since", "1")
		if got := texts(chat); !slices.Equal(got, []string{"我是老师", "收到"}) {
			t.Errorf("chat: %v", got)
		}
		r.ask("GET", "chat", &chat, "group", "class")
		if got := texts(chat); !slices.Equal(got, []string{"大家好"}) {
			t.Errorf("chat of a group: %v", got)
		}
		var ledger []wechatsim.Sent
		r.ask("GET", "ledger", &ledger)
		if len(ledger) != 1 || ledger[0].To != "lin" || ledger[0].Content != "收到" {
			t.Errorf("ledger: %+v", ledger)
		}
		r.ask("GET", "ledger", &ledger, "since", "1")
		if ledger == nil || len(ledger) != 0 {
			t.Errorf("ledger since 1: %+v", ledger)
		}

		var accounts []wechatsim.ControlAccount
		r.ask("GET", "accounts", &accounts)
		if len(accounts) != 1 || !accounts[0].LoggedIn || accounts[0].Logins != 1 || accounts[0].Friends != 2 || !slices.Equal(accounts[0].Requests, []string{"qin"}) {
			t.Errorf("accounts: %+v", accounts)
		}
		r.ask("POST", "person", &nothing, "id", "xu", "nick", "许知远方", "friend_of", "bot")
		var people []wechatsim.ControlPerson
		r.ask("GET", "people", &people)
		if len(people) != 4 || people[3].Profile.Nick != "许知远方" || !slices.Equal(people[3].FriendOf, []string{"bot"}) {
			t.Errorf("people: %+v", people)
		}

		r.ask("POST", "inject", &nothing, "kind", "return", "endpoint", "webwxsendmsg", "code", "1205", "times", "1", "match", "这一条")
		if c.say("filehelper", "那一条", "2").BaseResponse.Ret != 0 || c.say("filehelper", "这一条", "3").BaseResponse.Ret != 1205 {
			t.Error("inject has no effect")
		}
		var injections []struct {
			Kind string
			Hits int
		}
		r.ask("GET", "injections", &injections)
		if len(injections) != 1 || injections[0].Kind != "return" || injections[0].Hits != 1 {
			t.Errorf("injections: %+v", injections)
		}
		r.ask("POST", "heal", &nothing)
		if r.ask("GET", "injections", &injections); len(injections) != 0 {
			t.Errorf("healed: %+v", injections)
		}
		var counters map[string]int
		r.ask("GET", "counters", &counters)
		if counters["webwxsendmsg"] != 3 {
			t.Errorf("counters: %v", counters)
		}

		r.ask("POST", "sleep", &nothing)
		w.lin.Say(w.account, "喂")
		if len(c.sync().AddMsgList) != 0 {
			t.Error("sleep has no effect")
		}
		r.ask("POST", "wake", &nothing)
		c.one()
		r.ask("POST", "kick", &nothing, "code", "1100")
		var sessions []wechatsim.SessionInfo
		r.ask("GET", "sessions", &sessions)
		if len(sessions) != 1 || sessions[0].Ended != 1100 {
			t.Errorf("sessions: %+v", sessions)
		}
		r.ask("POST", "relogin", &nothing)
		c.enter(c.poll(c.uuid()))
		if r.ask("POST", "auto", &nothing, "off", "1"); c.poll(c.uuid()) != "window.code=408;" {
			t.Error("auto off has no effect")
		}
	})
}

func TestControlBehave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, wechatsim.Options{Behaviour: wechatsim.Behaviour{EchoSends: true}})
		post := func(body string) int {
			rec := httptest.NewRecorder()
			w.Control().ServeHTTP(rec, httptest.NewRequest("POST", "/control/behave", strings.NewReader(body)))
			return rec.Code
		}
		if post(`{"TextLimit":"three"}`) != http.StatusBadRequest || post(`{"TextLimit":3,"TextPolicy":1}`) != http.StatusOK {
			t.Error("statuses")
		}
		w.Behave(func(b *wechatsim.Behaviour) {
			if b.TextLimit != 3 || b.TextPolicy != wechatsim.TextCut || !b.EchoSends {
				t.Errorf("%+v", *b)
			}
		})
	})
}

func TestControlRefuses(t *testing.T) {
	w := newWorld(t, wechatsim.Options{})
	w.AddAccount("second", "青禾二号")
	r := remote{t, w.Control()}
	for _, tt := range []struct {
		name, method, path string
		form               []string
		status             int
		want               string
	}{
		{"which account", "POST", "kick", nil, 400, "no account"},
		{"unknown person", "POST", "say", []string{"person", "nobody", "account", "bot"}, 400, `no person \"nobody\"`},
		{"unknown group", "POST", "say", []string{"person", "lin", "group", "nothing"}, 400, "no group"},
		{"ID in use", "POST", "person", []string{"id", "lin"}, 400, "in use"},
		{"no such kind", "POST", "inject", []string{"kind", "earthquake"}, 400, "no fault kind"},
		{"no number", "POST", "inject", []string{"kind", "reset", "times", "many"}, 400, "times"},
		{"no duration", "POST", "inject", []string{"kind", "stall", "delay", "long"}, 400, "delay"},
		{"no QR code", "POST", "scan", []string{"account", "bot"}, 400, "no such QR code"},
		{"wrong method", "GET", "kick", nil, 405, ""},
		{"unknown path", "GET", "weather", nil, 404, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, body := r.raw(tt.method, tt.path, tt.form...)
			if status != tt.status || !strings.Contains(body, tt.want) {
				t.Errorf("%d %s, want %d %s", status, body, tt.status, tt.want)
			}
		})
	}
}
