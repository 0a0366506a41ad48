package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// wire stands between the library and WeChat for one login. What passes through it:
//
//	login              replies that would make the library poll without pause are delayed or refused
//	webwxinit          the login's ids are announced to the store before anything else carries them
//	webwxstatusnotify  a courtesy to the phone, no reason to fail a login
//	webwxsync          messages and contacts are committed; the library gets the new key and empty lists
//	synccheck          is asked with SyncCheckKey; replies that repeat without news are slowed down
//	sends              every failure is told apart: certainly not sent, or unknown
//
// Only the library's sync goroutine makes requests whose replies set cookies; from all others Set-Cookie is removed,
// because the library's cookie jar does not bear two writers.
type wire struct {
	base    http.RoundTripper
	account string
	login   string // a new one when a resumed session turns out to have other ids, see init
	store   Store
	now     func() time.Time
	log     *slog.Logger
	// stored is called after a batch was committed, seen after every reply of the sync loop: news when it brought anything.
	stored func()
	seen   func(news bool)

	self   string // own user name: in the stored session, then as webwxinit says
	nick   string
	recent []Contact

	// Of the sync loop's goroutine, or of the login before it began.
	checkKey string    // SyncCheckKey of the last webwxsync
	key      string    // SyncKey of the last webwxsync
	synced   time.Time // when webwxsync last answered
	asked    time.Time // when the last synccheck began
	idle     int       // turns of the loop in a row that were not held and brought nothing
	odd      int       // login polls in a row without a proper answer

	echoes echoes

	// gate is held by everything that touches the store; see session.close.
	gate   sync.RWMutex
	closed bool // under gate
}

// SessionLost says that WeChat ended the session.
type SessionLost struct{ Ret int64 }

func (e *SessionLost) Error() string {
	return fmt.Sprintf("WeChat ended the session (ret %d)", e.Ret)
}

// lostRet reports return codes after which a session is over.
func lostRet(ret int64) bool { return ret == 1100 || ret == 1101 || ret == 1102 }

// errStore marks failures of our own store, which say nothing about WeChat.
var errStore = errors.New("store")

// maxReply bounds what is read of one reply; a contact list of 10,000 is about 8 MiB.
const maxReply = 64 << 20

func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	w.gate.RLock()
	defer w.gate.RUnlock()
	if w.closed {
		return nil, context.Canceled
	}
	endpoint := path.Base(req.URL.Path)
	if endpoint == "synccheck" {
		w.asked = time.Now()
		if w.checkKey != "" {
			req = req.Clone(req.Context())
			req.URL = withQuery(req.URL, "synckey", w.checkKey)
		}
	}
	resp, err := w.trip(req, endpoint)
	if endpoint == "login" {
		return w.pollLogin(req, resp, err)
	}
	if err != nil {
		return nil, err
	}
	if endpoint != "webwxnewloginpage" && endpoint != "webwxsync" {
		resp.Header.Del("Set-Cookie")
	}
	if strings.HasPrefix(endpoint, "webwxsend") || endpoint == "webwxverifyuser" {
		return w.readSend(resp, endpoint)
	}
	read, ok := map[string]func(context.Context, []byte) ([]byte, error){
		"webwxinit": w.init, "webwxstatusnotify": w.notified, "webwxsync": w.sync, "synccheck": w.check,
	}[endpoint]
	if !ok {
		return resp, nil
	}
	body, err := readAll(resp)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", endpoint, err)
	}
	if body, err = read(req.Context(), body); err != nil {
		return nil, fmt.Errorf("%s: %w", endpoint, err)
	}
	return withBody(resp, body), nil
}

// shut waits for requests under way, whose context has ended, and refuses later ones.
func (w *wire) shut() {
	w.gate.Lock()
	defer w.gate.Unlock()
	w.closed = true
}

// trip makes the request and marks failures before it was written as certainly not sent.
func (w *wire) trip(req *http.Request, endpoint string) (*http.Response, error) {
	var wrote atomic.Bool
	traced := req.WithContext(httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		WroteHeaders: func() { wrote.Store(true) },
	}))
	resp, err := w.base.RoundTrip(traced)
	if err != nil {
		return nil, &tripError{endpoint: endpoint, written: wrote.Load(), err: err}
	}
	return resp, nil
}

// tripError is a request that got no usable reply.
type tripError struct {
	endpoint string
	written  bool // it left, so it may have arrived
	err      error
}

func (e *tripError) Error() string { return e.endpoint + ": " + e.err.Error() }
func (e *tripError) Unwrap() error { return e.err }

func readAll(resp *http.Response) ([]byte, error) {
	defer resp.Body.Close()
	if resp.StatusCode >= 400 {
		return nil, fmt.Errorf("HTTP status %d", resp.StatusCode)
	}
	return io.ReadAll(io.LimitReader(resp.Body, maxReply))
}

func withBody(resp *http.Response, body []byte) *http.Response {
	resp.Body = io.NopCloser(bytes.NewReader(body))
	resp.ContentLength = int64(len(body))
	resp.Header.Del("Content-Length")
	return resp
}

// readSend reads the reply to a send whole, so that a broken one is known to be of unknown outcome: only a return code
// tells what became of it.
func (w *wire) readSend(resp *http.Response, endpoint string) (*http.Response, error) {
	body, err := readAll(resp)
	if err != nil {
		return nil, &tripError{endpoint: endpoint, written: true, err: err}
	}
	o := parseObject(body)
	base := parseObject(o["BaseResponse"])
	if base.str("Ret") == "" {
		return nil, &tripError{endpoint: endpoint, written: true, err: errors.New("the reply holds no return code")}
	}
	w.echoes.answered(o.str("MsgID"))
	body, err = json.Marshal(map[string]any{
		"BaseResponse": map[string]any{"Ret": base.num("Ret"), "ErrMsg": base.str("ErrMsg")},
		"MsgID":        o.str("MsgID"), "LocalID": o.str("LocalID"),
	})
	if err != nil {
		return nil, err
	}
	return withBody(resp, body), nil
}

// sleep waits in the context's time.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
