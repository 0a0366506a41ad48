package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/eatmoreapple/openwechat"
)

// sync commits what webwxsync brought and returns what the library may see of it. When the commit fails the library
// gets an error and asks again with the old key.
func (w *wire) sync(ctx context.Context, body []byte) ([]byte, error) {
	o := parseObject(body)
	if o == nil {
		return nil, errors.New("the reply is not JSON")
	}
	if ret := parseObject(o["BaseResponse"]).num("Ret"); lostRet(ret) {
		return nil, &SessionLost{ret}
	} else if ret != 0 {
		return nil, fmt.Errorf("ret %d", ret)
	}
	changed, deleted := w.contacts(o)
	if len(changed)+len(deleted) > 0 {
		if err := w.store.ContactsChanged(ctx, w.account, w.login, changed, deleted); err != nil {
			return nil, fmt.Errorf("%w: contacts: %w", errStore, err)
		}
	}
	batch := w.messages(o)
	if len(batch) > 0 {
		if err := w.store.Receive(ctx, w.account, w.login, batch); err != nil {
			return nil, fmt.Errorf("%w: %d messages: %w", errStore, len(batch), err)
		}
		w.stored()
	}
	w.synced = time.Now()
	w.seen(len(batch)+len(changed)+len(deleted) > 0)
	key, news := o.syncKey("SyncKey"), false
	if at := encodeKey(key); at != "" && at != w.key {
		w.key, news = at, len(batch)+len(changed)+len(deleted) > 0
	}
	if key == nil {
		key = &openwechat.SyncKey{} // which the library takes for "no new key"
	}
	w.checkKey = encodeKey(o.syncKey("SyncCheckKey"))
	if news {
		w.idle = 0
	} else if err := w.pace(ctx); err != nil {
		return nil, err
	}
	return json.Marshal(map[string]any{"BaseResponse": map[string]any{"Ret": 0}, "SyncKey": key})
}

// messages are those of a sync reply, each once and without what this session sent itself.
func (w *wire) messages(o object) []Incoming {
	var batch []Incoming
	known := map[string]bool{}
	for _, m := range o.list("AddMsgList") {
		in, ok := incomingOf(m, w.self, w.now())
		if !ok {
			w.log.Warn("a message without id or chat was skipped", "account", w.account, "type", m.str("MsgType"))
			continue
		}
		if known[in.MsgID] || in.FromSelf && w.echoes.holds(in) {
			continue
		}
		known[in.MsgID] = true
		batch = append(batch, in)
	}
	return batch
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

const (
	// renewEvery is how long a quiet session goes without a webwxsync. Only that renews the cookies, which live 12 h.
	renewEvery = 2 * time.Hour
	// atOnce is a long poll that was not held: without news it would be repeated without pause.
	atOnce = 2 * time.Second
	// freeIdle is how many replies without news in a row are not slowed down.
	freeIdle = 3
)

// check forces a webwxsync now and then, and slows down long polls that are not held.
func (w *wire) check(ctx context.Context, body []byte) ([]byte, error) {
	nothing := []byte(`selector:"0"`)
	if !bytes.Contains(body, []byte(`retcode:"0"`)) || !bytes.Contains(body, nothing) {
		return body, nil // a webwxsync follows, or the library reports what is wrong
	}
	w.seen(false)
	switch {
	case time.Since(w.synced) > renewEvery:
		w.idle = 0
		return bytes.Replace(body, nothing, []byte(`selector:"2"`), 1), nil
	case time.Since(w.asked) > atOnce:
		w.idle = 0
		return body, nil
	}
	return body, w.pace(ctx)
}

// pace slows down a sync loop that turns without bringing anything.
func (w *wire) pace(ctx context.Context) error {
	if w.idle++; w.idle < freeIdle {
		return nil
	}
	return sleep(ctx, min(time.Second<<min(w.idle-freeIdle, 5), 20*time.Second))
}
