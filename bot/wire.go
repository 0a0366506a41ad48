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
//	login       replies that would make the library poll without pause are delayed or refused
//	webwxinit   the login's ids are announced to the store before anything else carries them
//	webwxsync   messages and contacts are committed; the library gets the new key and empty lists
//	synccheck   is asked with SyncCheckKey; a selector that repeats without news is slowed down
//	sends       every failure is told apart: certainly not sent, or unknown
//
// Only the library's sync goroutine makes requests whose replies set cookies; from all others Set-Cookie is removed,
// because the library's cookie jar does not bear two writers.
type wire struct {
	base    http.RoundTripper
	account string
	login   string
	store   Store
	now     func() time.Time
	log     *slog.Logger
	// stored is called after a batch was committed, seen after every reply of the sync loop.
	stored func()
	seen   func()

	self     string // own user name, from webwxinit
	recent   []Contact
	checkKey string // SyncCheckKey of the last webwxsync
	idle     int    // selectors in a row that brought nothing
	// gate is held by everything that touches the store; see session.close.
	gate sync.RWMutex
}

// SessionLost says that WeChat ended the session.
type SessionLost struct{ Ret int64 }

func (e *SessionLost) Error() string {
	return fmt.Sprintf("WeChat ended the session (ret %d)", e.Ret)
}

// lostRet reports return codes after which a session is over.
func lostRet(ret int64) bool { return ret == 1100 || ret == 1101 || ret == 1102 }

// maxReply bounds what is read of one reply; a contact list of 10,000 is about 8 MiB.
const maxReply = 64 << 20

func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	w.gate.RLock()
	defer w.gate.RUnlock()
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	endpoint := path.Base(req.URL.Path)
	if endpoint == "synccheck" && w.checkKey != "" {
		req = req.Clone(req.Context())
		req.URL = withQuery(req.URL, "synckey", w.checkKey)
	}
	resp, err := w.trip(req, endpoint)
	if err != nil {
		return nil, err
	}
	if endpoint != "webwxnewloginpage" && endpoint != "webwxsync" {
		resp.Header.Del("Set-Cookie")
	}
	switch endpoint {
	case "login", "webwxinit", "webwxsync", "synccheck":
	default:
		if strings.HasPrefix(endpoint, "webwxsend") || endpoint == "webwxverifyuser" {
			return w.readSend(resp, endpoint)
		}
		return resp, nil
	}
	body, err := readAll(resp)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", endpoint, err)
	}
	switch endpoint {
	case "login":
		err = w.pollLogin(req.Context(), body)
	case "webwxinit":
		err = w.init(req.Context(), body)
	case "webwxsync":
		body, err = w.sync(req.Context(), body)
	case "synccheck":
		err = w.check(req.Context(), body)
	}
	if err != nil {
		return nil, err
	}
	return withBody(resp, body), nil
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

// tripError is a request that got no reply.
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

// readSend reads the reply to a send whole, so that a broken one is known to be of unknown outcome.
func (w *wire) readSend(resp *http.Response, endpoint string) (*http.Response, error) {
	body, err := readAll(resp)
	if err == nil && parseObject(body) == nil {
		err = errors.New("the reply is not JSON")
	}
	if err != nil {
		return nil, &tripError{endpoint: endpoint, written: true, err: err}
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

// errCancelled: the person pressed cancel on the phone; the code is used up.
var errCancelled = errors.New("login was cancelled on the phone")

// pollLogin slows the library's polling, which knows no pause.
func (w *wire) pollLogin(ctx context.Context, body []byte) error {
	switch {
	case bytes.Contains(body, []byte("code=200")), bytes.Contains(body, []byte("code=400")):
		return nil
	case bytes.Contains(body, []byte("code=202")):
		return errCancelled
	}
	return sleep(ctx, time.Second)
}

// init learns the own name and the recent chats, and announces the login.
func (w *wire) init(ctx context.Context, body []byte) error {
	o := parseObject(body)
	if ret := parseObject(o["BaseResponse"]).num("Ret"); ret != 0 {
		if lostRet(ret) {
			return &SessionLost{ret}
		}
		return nil // the library reports it
	}
	user := parseObject(o["User"])
	if user == nil || o.syncKey("SyncKey") == "" {
		return errors.New("webwxinit: the reply names neither user nor key")
	}
	w.self = user.str("UserName")
	for _, c := range o.list("ContactList") {
		w.recent = append(w.recent, contactOf(c, w.self))
	}
	if err := w.store.BeginLogin(ctx, w.account, w.login); err != nil {
		return fmt.Errorf("noting the login: %w", err)
	}
	return nil
}

// emptyKey is what the library takes for "no new key".
var emptyKey = json.RawMessage(`{"Count":0,"List":[]}`)

// sync commits what webwxsync brought and returns what the library may see of it. When the commit fails the library
// gets an error and asks again with the old key.
func (w *wire) sync(ctx context.Context, body []byte) ([]byte, error) {
	o := parseObject(body)
	if o == nil {
		return nil, errors.New("webwxsync: the reply is not JSON")
	}
	if ret := parseObject(o["BaseResponse"]).num("Ret"); ret != 0 {
		if lostRet(ret) {
			return nil, &SessionLost{ret}
		}
		return nil, fmt.Errorf("webwxsync: ret %d", ret)
	}
	changed, deleted := w.contacts(o)
	if len(changed)+len(deleted) > 0 {
		if err := w.store.ContactsChanged(ctx, w.account, w.login, changed, deleted); err != nil {
			return nil, fmt.Errorf("storing contacts: %w", err)
		}
	}
	var batch []Incoming
	for _, m := range o.list("AddMsgList") {
		in, ok := incomingOf(m, w.self, w.now())
		if !ok {
			w.log.Warn("a message without id or chat was skipped", "account", w.account, "type", m.str("MsgType"))
			continue
		}
		batch = append(batch, in)
	}
	if len(batch) > 0 {
		if err := w.store.Receive(ctx, w.account, w.login, batch); err != nil {
			return nil, fmt.Errorf("storing %d messages: %w", len(batch), err)
		}
		w.stored()
	}
	if len(batch)+len(changed)+len(deleted) > 0 {
		w.idle = 0
	}
	w.seen()
	key := o["SyncKey"]
	if o.syncKey("SyncKey") == "" {
		key = emptyKey
	}
	if k := o.syncKey("SyncCheckKey"); k != "" {
		w.checkKey = k
	} else {
		w.checkKey = ""
	}
	return json.Marshal(map[string]any{
		"BaseResponse": map[string]any{"Ret": 0, "ErrMsg": ""},
		"AddMsgCount":  0, "AddMsgList": []any{}, "SyncKey": key,
	})
}

// contacts are the changes of the address book in a sync reply. Changes of group members come without names and are
// left to the next refresh.
func (w *wire) contacts(o object) (changed []Contact, deleted []string) {
	for _, c := range o.list("ModContactList") {
		if user := c.str("UserName"); user != "" {
			changed = append(changed, contactOf(c, w.self))
		}
	}
	for _, c := range o.list("DelContactList") {
		if user := c.str("UserName"); user != "" {
			deleted = append(deleted, user)
		}
	}
	return changed, deleted
}

// check slows down a selector that repeats without bringing anything.
func (w *wire) check(ctx context.Context, body []byte) error {
	switch {
	case !bytes.Contains(body, []byte(`retcode:"0"`)):
		return nil // the library reports it
	case bytes.Contains(body, []byte(`selector:"0"`)):
		w.idle = 0
		w.seen()
		return nil
	}
	w.idle++
	if w.idle < 3 {
		return nil
	}
	return sleep(ctx, min(time.Second<<min(w.idle-3, 5), 20*time.Second))
}
