package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"time"
)

// errCancelled: the person pressed cancel on the phone; the code is used up.
var errCancelled = errors.New("login was cancelled on the phone")

var loginCode = regexp.MustCompile(`window\.code=(\d+);`)

// oddPolls is how many login polls in a row may go without a proper answer before the code is given up, about two
// minutes with their pauses.
const oddPolls = 10

// pollLogin slows the library's polling, which knows no pause. A poll that fails is no reason to throw away a code that
// somebody may be scanning: the library is told to wait, until it has failed too often.
func (w *wire) pollLogin(req *http.Request, resp *http.Response, err error) (*http.Response, error) {
	var body []byte
	if err == nil {
		resp.Header.Del("Set-Cookie")
		body, err = readAll(resp)
	}
	if err != nil && req.Context().Err() != nil {
		return nil, err
	}
	code := ""
	if m := loginCode.FindSubmatch(body); err == nil && m != nil {
		code = string(m[1])
	}
	pause := time.Second
	switch code {
	case "200", "400":
		return withBody(resp, body), nil
	case "202":
		return nil, errCancelled
	case "201", "408":
		w.odd = 0
	default:
		if w.odd++; w.odd > oddPolls {
			if err == nil {
				err = fmt.Errorf("login: WeChat answers %.60q", body)
			}
			return nil, err
		}
		pause <<= min(w.odd-1, 4)
		body = []byte("window.code=408;")
	}
	if err := sleep(req.Context(), pause); err != nil {
		return nil, err
	}
	if resp == nil {
		resp = &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Request: req}
	}
	return withBody(resp, bytes.Clone(body)), nil
}

// init learns the own name and the recent chats, and announces the login.
func (w *wire) init(ctx context.Context, body []byte) ([]byte, error) {
	o := parseObject(body)
	if ret := parseObject(o["BaseResponse"]).num("Ret"); lostRet(ret) {
		return nil, &SessionLost{ret}
	} else if ret != 0 {
		return retOnly(ret), nil // the library reports it
	}
	user, key := parseObject(o["User"]), o.syncKey("SyncKey")
	if user.str("UserName") == "" || key == nil {
		return nil, errors.New("the reply names neither user nor key")
	}
	self := user.str("UserName")
	if w.self != "" && w.self != self {
		// Resumed, but the ids are others than before: whatever is stored under the old login is not theirs.
		w.login = newLogin()
	}
	w.self, w.nick, w.synced = self, decodeText(user.str("NickName")), time.Now()
	// Its own name is how members of a group address it; the contact list does not hold it.
	w.recent = append(w.recent, Contact{UserName: w.self, Kind: ContactSelf, Nick: w.nick})
	for _, c := range o.list("ContactList") {
		if c.str("UserName") != "" {
			w.recent = append(w.recent, contactOf(c, w.self))
		}
	}
	if err := w.store.BeginLogin(ctx, w.account, w.login); err != nil {
		return nil, fmt.Errorf("%w: noting the login: %w", errStore, err)
	}
	return json.Marshal(map[string]any{
		"BaseResponse": map[string]any{"Ret": 0}, "SyncKey": key, "User": map[string]any{"UserName": w.self},
	})
}

// notified hides from the library that telling the phone did not work, unless the session is over.
func (w *wire) notified(_ context.Context, body []byte) ([]byte, error) {
	if ret := parseObject(parseObject(body)["BaseResponse"]).num("Ret"); lostRet(ret) {
		return nil, &SessionLost{ret}
	}
	return retOnly(0), nil
}

// retOnly is a reply that holds nothing but a return code.
func retOnly(ret int64) []byte { return fmt.Appendf(nil, `{"BaseResponse":{"Ret":%d}}`, ret) }
