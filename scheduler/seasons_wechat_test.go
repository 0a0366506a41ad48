package scheduler_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"xianjie/scheduler"
)

// network is WeChat as a simulated season sees it: one account that people can be reached through. It keeps its own ledger
// of everything that was ever handed over, whatever it answered.
type network struct {
	mu       sync.Mutex // guards what follows
	rng      *rand.Rand
	now      func() time.Time // the product's clock, right or wrong
	witness  *witness
	online   bool
	login    string
	refusing int             // so many answers "too often" are still to come
	refused  bool            // it was answered since somebody last asked
	faulty   bool            // some answers are lost, some messages are not taken
	deaf     map[string]bool // chats that deleted us: WeChat takes the message and says so in a grey line
	bounced  []string        // chats whose grey line has not been delivered yet
	read     []string        // chats that got a digest, and have not thought about it yet
	fatal    bool            // the next message is the last the process hands over: it dies before it can note what became of it
	dying    *wire           // the process that hangs in Send and is about to be killed
	ledger   []handed
}

// wire is the line as one process holds it.
type wire struct {
	*network
	ctx  context.Context // of the process
	dead chan struct{}   // closed when the process has been killed

	gate sync.Mutex
	open chan struct{} // closed while the sender may look at its queue
}

func newWire(ctx context.Context, l *network) *wire {
	return &wire{network: l, ctx: ctx, dead: make(chan struct{}), open: make(chan struct{})}
}

// thaw and freeze let the sender look at its queue, or not: while there is nothing to send its looks, one every five
// seconds for eight months, are left out.
func (w *wire) thaw() {
	w.gate.Lock()
	defer w.gate.Unlock()
	select {
	case <-w.open:
	default:
		close(w.open)
	}
}

func (w *wire) freeze() {
	w.gate.Lock()
	defer w.gate.Unlock()
	select {
	case <-w.open:
		w.open = make(chan struct{})
	default:
	}
}

// Online implements [scheduler.Channel]; it waits while the sender is frozen.
func (w *wire) Online() bool {
	w.gate.Lock()
	open := w.open
	w.gate.Unlock()
	select {
	case <-open:
	case <-w.ctx.Done():
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.online
}

// Send implements [scheduler.Channel].
func (w *wire) Send(_ context.Context, to scheduler.Address, m scheduler.Message) scheduler.Outcome {
	o, dies := w.take(to, m)
	if dies {
		<-w.dead
	}
	return o
}

func (w *wire) take(to scheduler.Address, m scheduler.Message) (o scheduler.Outcome, dies bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	h := handed{At: w.now(), True: time.Now(), Login: to.Login, User: to.UserName, Kind: m.Kind, Text: m.Text}
	switch {
	case !w.online, to.Login != w.login:
		return scheduler.Outcome{Kind: scheduler.NotSent, Err: errors.New("offline, or another login")}, false
	case w.refusing > 0:
		w.refusing--
		w.refused = true
		h.Answer = answerTooOften
		w.ledger = append(w.ledger, h)
		return scheduler.Outcome{Kind: scheduler.TooOften, Err: errors.New("1205")}, false
	}
	luck := w.rng.Float64()
	if w.faulty && luck < 0.004 {
		h.Answer = answerNotSent
		w.ledger = append(w.ledger, h)
		return scheduler.Outcome{Kind: scheduler.NotSent, Err: errors.New("connection refused")}, false
	}
	h.MsgID = fmt.Sprint("w", len(w.ledger)+1)
	h.Seen = w.witness.handed(h)
	if m.Kind == "digest" && w.witness.acks {
		w.read = append(w.read, to.UserName)
	}
	if w.deaf[to.UserName] {
		w.bounced = append(w.bounced, to.UserName)
	}
	o = scheduler.Outcome{Kind: scheduler.Sent, MsgID: h.MsgID}
	h.Answer = answerSent
	if w.faulty && luck > 0.994 {
		h.Answer, o.Kind, o.Err = answerUnknown, scheduler.Unknown, errors.New("timeout")
	}
	if w.fatal {
		w.fatal, w.dying, dies = false, w, true
		h.Answer = answerUnknown
	}
	w.ledger = append(w.ledger, h)
	return o, dies
}

func (w *network) set(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

// takeBounced are the chats that have just told that they deleted us.
func (w *network) takeBounced() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	b := w.bounced
	w.bounced = nil
	return b
}

func (w *network) takeRead() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.read
	w.read = nil
	return r
}

func (w *network) takeDying() *wire {
	w.mu.Lock()
	defer w.mu.Unlock()
	d := w.dying
	w.dying = nil
	return d
}
