package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
)

// kept is what is stored of a login between processes.
type kept struct {
	Login string          `json:"login"`
	Hot   json.RawMessage `json:"hot"` // the library's own form
}

// hotStorage is the library's hot-login storage on our store. The library writes after every sync; by then the messages
// of that sync are committed (see wire.sync), so a stored key never runs ahead of stored messages.
type hotStorage struct {
	ctx     context.Context
	store   Store
	account string
	login   string
	read    *bytes.Reader // what Read offers; nil: nothing stored
	last    map[string]json.RawMessage
	failed  func(error)
	gate    *sync.RWMutex // the wire's
}

// errNoSession says that nothing usable is stored.
var errNoSession = errors.New("no stored session")

// loadHot reads the stored session of an account. Its error is errNoSession when there is none or it is damaged: then
// only a new login helps.
func loadHot(ctx context.Context, store Store, account string) (*hotStorage, error) {
	blob, err := store.LoadSession(ctx, account)
	if err != nil {
		return nil, fmt.Errorf("stored session of %s: %w", account, err)
	}
	var k kept
	if len(blob) == 0 || json.Unmarshal(blob, &k) != nil || k.Login == "" {
		return nil, errNoSession
	}
	item, err := repair(k.Hot)
	if err != nil {
		return nil, errNoSession
	}
	text, err := json.Marshal(item)
	if err != nil {
		return nil, errNoSession
	}
	return &hotStorage{ctx: ctx, store: store, account: account, login: k.Login, read: bytes.NewReader(text), last: item}, nil
}

// newHot is the storage of a login that begins with nothing.
func newHot(ctx context.Context, store Store, account, login string) *hotStorage {
	return &hotStorage{ctx: ctx, store: store, account: account, login: login}
}

// repair checks that everything the library dereferences is there, and gives cookies back the domains the library
// forgot: without them the long poll and uploads go out bare.
func repair(raw json.RawMessage) (map[string]json.RawMessage, error) {
	var item map[string]json.RawMessage
	if err := json.Unmarshal(raw, &item); err != nil {
		return nil, err
	}
	for _, key := range []string{"Jar", "BaseRequest", "LoginInfo", "SyncKey"} {
		var o map[string]json.RawMessage
		if json.Unmarshal(item[key], &o) != nil || len(o) == 0 {
			return nil, fmt.Errorf("stored session has no %s", key)
		}
	}
	var domain string
	if json.Unmarshal(item["WechatDomain"], &domain) != nil || domain == "" {
		return nil, errors.New("stored session has no domain")
	}
	var jar map[string][]map[string]any
	if err := json.Unmarshal(item["Jar"], &jar); err != nil {
		return nil, err
	}
	host, _, _ := strings.Cut(domain, ":")
	for _, cookies := range jar {
		for _, c := range cookies {
			c["Domain"], c["Path"], c["Secure"] = host, "/", true
			if c["Name"] == "webwx_data_ticket" && strings.HasSuffix(host, ".qq.com") {
				c["Domain"] = ".qq.com"
			}
		}
	}
	var err error
	item["Jar"], err = json.Marshal(jar)
	return item, err
}

// Read offers the stored session once, then its end.
func (h *hotStorage) Read(p []byte) (int, error) {
	if h.read == nil {
		return 0, io.EOF
	}
	return h.read.Read(p)
}

// Write commits the session. The library ignores its error: the old key stays stored, and after a restart the messages
// since come again and are known already.
func (h *hotStorage) Write(p []byte) (int, error) {
	var item map[string]json.RawMessage
	if err := json.Unmarshal(p, &item); err != nil {
		return 0, err
	}
	if s := strings.TrimSpace(string(item["Jar"])); s == "" || s == "{}" || s == "null" {
		if h.last != nil {
			item["Jar"] = h.last["Jar"] // just loaded: the library has forgotten the hosts, not the cookies
		}
	}
	hot, err := json.Marshal(item)
	if err != nil {
		return 0, err
	}
	blob, err := json.Marshal(kept{Login: h.login, Hot: hot})
	if err != nil {
		return 0, err
	}
	h.gate.RLock()
	defer h.gate.RUnlock()
	if err := h.store.SaveSession(h.ctx, h.account, blob); err != nil {
		if h.failed != nil {
			h.failed(err)
		}
		return 0, err
	}
	h.last = item
	return len(p), nil
}
