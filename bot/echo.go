package bot

import "sync"

// echoes are the messages sent lately. Should WeChat deliver one back, it was not written on the phone.
type echoes struct {
	mu      sync.Mutex
	sending map[string]int // by chat and text: not yet answered, and so without id
	known   map[string]bool
	order   []string // of known
}

// echoesKept is how many sends are remembered; an echo comes with the next sync.
const echoesKept = 256

func echoKey(chat, text string) string { return chat + "\x00" + text }

// begin notes a send under way, until end is called.
func (e *echoes) begin(chat, text string) (end func()) {
	key := echoKey(chat, text)
	add := func(n int) {
		e.mu.Lock()
		defer e.mu.Unlock()
		if e.sending == nil {
			e.sending = map[string]int{}
		}
		if e.sending[key] += n; e.sending[key] == 0 {
			delete(e.sending, key)
		}
	}
	add(1)
	return func() { add(-1) }
}

// answered notes the id of a message WeChat has accepted.
func (e *echoes) answered(msgID string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if msgID == "" || e.known[msgID] {
		return
	}
	if e.known == nil {
		e.known = map[string]bool{}
	}
	e.known[msgID] = true
	e.order = append(e.order, msgID)
	if len(e.order) > echoesKept {
		delete(e.known, e.order[0])
		e.order = append(e.order[:0], e.order[1:]...)
	}
}

// holds reports whether a message from the own account is one that was sent here.
func (e *echoes) holds(in Incoming) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.known[in.MsgID] || e.sending[echoKey(in.Chat, in.Text)] > 0
}
