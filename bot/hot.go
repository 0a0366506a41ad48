package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/eatmoreapple/openwechat"
)

// kept is what is stored of a login between processes.
type kept struct {
	Login string          `json:"login"`
	Self  string          `json:"self,omitempty"` // own user name in that login
	Hot   json.RawMessage `json:"hot"`            // the library's own form
}

// hotStorage is the library's hot-login storage on our store. The library writes after every sync; by then the messages
// of that sync are committed (see wire.sync), so a stored key never runs ahead of stored messages.
type hotStorage struct {
	ctx     context.Context
	store   Store
	account string
	loaded  kept
	read    io.Reader // what Read offers; nil: nothing stored
	jar     json.RawMessage
	failed  func(error)
	wire    *wire
}

// errNoSession says that nothing usable is stored; only a new login helps.
var errNoSession = errors.New("no stored session")

// loadHot reads the stored session of an account. Its error is errNoSession when there is none, with the cause when it
// is damaged.
func loadHot(ctx context.Context, store Store, account string) (*hotStorage, error) {
	blob, err := store.LoadSession(ctx, account)
	if err != nil {
		return nil, fmt.Errorf("stored session of %s: %w", account, err)
	}
	if len(blob) == 0 {
		return nil, errNoSession
	}
	var k kept
	if err := json.Unmarshal(blob, &k); err != nil {
		return nil, fmt.Errorf("%w: it is damaged: %w", errNoSession, err)
	}
	if k.Login == "" {
		return nil, fmt.Errorf("%w: it names no login", errNoSession)
	}
	item, err := repair(k.Hot)
	if err != nil {
		return nil, fmt.Errorf("%w: it is damaged: %w", errNoSession, err)
	}
	text, err := json.Marshal(item)
	if err != nil {
		return nil, fmt.Errorf("%w: it is damaged: %w", errNoSession, err)
	}
	return &hotStorage{
		ctx: ctx, store: store, account: account, loaded: k, read: bytes.NewReader(text), jar: item["Jar"],
	}, nil
}

// newHot is the storage of a login that begins with nothing.
func newHot(ctx context.Context, store Store, account, login string) *hotStorage {
	return &hotStorage{ctx: ctx, store: store, account: account, loaded: kept{Login: login}}
}

// repair checks that everything the library dereferences is there, and gives cookies back the domains the library
// forgot: without them the long poll and uploads go out bare.
func repair(raw json.RawMessage) (map[string]json.RawMessage, error) {
	var stored map[string]json.RawMessage
	if err := json.Unmarshal(raw, &stored); err != nil {
		return nil, err
	}
	item := map[string]json.RawMessage{}
	for _, key := range []string{"Jar", "BaseRequest", "LoginInfo", "WechatDomain", "SyncKey", "UUID"} {
		if v, ok := stored[key]; ok {
			item[key] = v
		}
	}
	var domain string
	if json.Unmarshal(item["WechatDomain"], &domain) != nil || domain == "" {
		return nil, errors.New("no domain")
	}
	var err error
	if item["Jar"], err = repairJar(item["Jar"], domain); err != nil {
		return nil, err
	}
	return item, decodes(item)
}

// repairJar restores what the library does not keep of cookies. They come back without an end: the server knows it.
func repairJar(raw json.RawMessage, domain string) (json.RawMessage, error) {
	var jar map[string][]map[string]any
	if err := json.Unmarshal(raw, &jar); err != nil {
		return nil, err
	}
	host, _, _ := strings.Cut(domain, ":")
	sound := make(map[string][]map[string]any, len(jar))
	for from, cookies := range jar {
		for _, c := range cookies {
			if c == nil {
				continue
			}
			c["Domain"], c["Path"], c["Secure"] = host, "/", true
			if c["Name"] == "webwx_data_ticket" && strings.HasSuffix(host, ".qq.com") {
				c["Domain"] = ".qq.com"
			}
			sound[from] = append(sound[from], c)
		}
	}
	if len(sound) == 0 {
		return nil, errors.New("no cookies")
	}
	return json.Marshal(sound)
}

// decodes tries what the library will do, without what it forgets to check.
func decodes(item map[string]json.RawMessage) error {
	text, err := json.Marshal(item)
	if err != nil {
		return err
	}
	var as openwechat.HotReloadStorageItem
	if err := json.Unmarshal(text, &as); err != nil {
		return err
	}
	switch {
	case as.BaseRequest == nil || as.BaseRequest.Sid == "":
		return errors.New("no base request")
	case as.LoginInfo == nil || as.LoginInfo.WxSid == "":
		return errors.New("no login info")
	case as.SyncKey == nil || as.SyncKey.Count != len(as.SyncKey.List) || as.SyncKey.Count == 0:
		return errors.New("no sync key")
	}
	return nil
}

// Read offers the stored session once, then its end.
func (h *hotStorage) Read(p []byte) (int, error) {
	if h.read == nil {
		return 0, io.EOF
	}
	return h.read.Read(p)
}

// Write commits the session. When that fails the session goes on and the old key stays stored: after a restart the
// messages since come again and are known already.
func (h *hotStorage) Write(p []byte) (int, error) {
	var item map[string]json.RawMessage
	if err := json.Unmarshal(p, &item); err != nil {
		return 0, err
	}
	switch strings.TrimSpace(string(item["Jar"])) {
	case "", "{}", "null":
		if h.jar != nil {
			item["Jar"] = h.jar // just loaded: the library has forgotten the hosts, not the cookies
		}
	}
	hot, err := json.Marshal(item)
	if err != nil {
		return 0, err
	}
	blob, err := json.Marshal(kept{Login: h.wire.login, Self: h.wire.self, Hot: hot})
	if err != nil {
		return 0, err
	}
	h.wire.gate.RLock()
	defer h.wire.gate.RUnlock()
	if h.wire.closed {
		return 0, context.Canceled
	}
	if err := h.store.SaveSession(h.ctx, h.account, blob); err != nil {
		h.failed(err)
		return len(p), nil
	}
	h.jar = item["Jar"]
	return len(p), nil
}
