package bot_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"xianjie/bot"
	"xianjie/wechatsim"
)

// world is a WeChat server with one account that a bot serves, and what the bot stored. Time is virtual.
type world struct {
	t     *testing.T
	sim   *wechatsim.Server
	phone *wechatsim.Account
	store *memory
	bot   *bot.Account // the one started last

	mu     sync.Mutex
	states []bot.State
}

// inWorld runs a test in virtual time. Goroutines that outlive it fail it.
func inWorld(t *testing.T, o wechatsim.Options, f func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		sim := wechatsim.New(o)
		f(t, &world{t: t, sim: sim, phone: sim.AddAccount("main", "衔接小助手"), store: newMemory()})
	})
}

// start runs a new bot.Account on what is stored; stop ends it and returns when it is gone.
func (w *world) start() (stop func()) { return w.startWith(func(*bot.Config) {}) }

func (w *world) startWith(set func(*bot.Config)) (stop func()) {
	w.t.Helper()
	c := bot.Config{
		Name: "main", Store: w.store, Transport: w.sim.Transport(),
		OnState: func(s bot.State) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.states = append(w.states, s)
		},
	}
	set(&c)
	a, err := bot.New(c)
	if err != nil {
		w.t.Fatal(err)
	}
	w.bot = a
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := a.Run(ctx); err != nil {
			w.t.Errorf("Run ended with %v", err)
		}
	}()
	stop = func() {
		cancel()
		<-done
	}
	w.t.Cleanup(stop)
	return stop
}

// online starts a bot whose login the phone confirms, and waits until its contacts are stored.
func (w *world) online() (stop func()) {
	w.t.Helper()
	w.sim.AutoConfirm(w.phone)
	stop = w.start()
	w.until(time.Minute, "online with contacts", func() bool { return w.bot.State().Ready })
	return stop
}

// until waits for a condition.
func (w *world) until(within time.Duration, what string, cond func() bool) {
	w.t.Helper()
	for end := time.Now().Add(within); ; time.Sleep(100 * time.Millisecond) {
		synctest.Wait()
		if cond() {
			return
		}
		if time.Now().After(end) {
			w.t.Fatalf("not within %s: %s; state %+v, requests %v", within, what, w.bot.State(), w.sim.Counters())
		}
	}
}

func (w *world) phase(p bot.Phase) func() bool {
	return func() bool { return w.bot.State().Phase == p }
}

// friend makes a person whom the account has known for long.
func (w *world) friend(id string) *wechatsim.Person {
	w.t.Helper()
	p := w.sim.AddPerson(id, wechatsim.Profile{Nick: id})
	w.phone.AddFriend(p)
	return p
}

// to is the address of somebody in the present login.
func (w *world) to(who interface{ ID() string }) bot.Address {
	return bot.Address{Login: w.bot.State().Login, UserName: w.phone.UserNameOf(who)}
}

// seen are the states told so far.
func (w *world) seen() []bot.State {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.states)
}

// requests counts the requests that reach the server, to some or all endpoints, while time passes.
func (w *world) requests(during time.Duration, endpoints ...string) int {
	w.t.Helper()
	count := func() (n int) {
		for endpoint, m := range w.sim.Counters() {
			if len(endpoints) == 0 || slices.Contains(endpoints, endpoint) {
				n += m
			}
		}
		return n
	}
	synctest.Wait()
	before := count()
	time.Sleep(during)
	synctest.Wait()
	return count() - before
}

// received is the message with an id; it fails the test unless it is stored exactly once within some minutes.
func (w *world) received(msgID string) bot.Incoming {
	w.t.Helper()
	w.until(5*time.Minute, "message "+msgID, func() bool { return w.store.message(msgID) != nil })
	return *w.store.message(msgID)
}

var errStoreDown = errors.New("the database is down")

// memory is a Store that can fail, and die together with the process that uses it.
type memory struct {
	mu       sync.Mutex
	blob     []byte
	logins   []string
	order    []string                // MsgIDs as they came first
	messages map[string]bot.Incoming // by MsgID
	under    map[string]string       // MsgID → login
	again    int                     // messages that were stored already
	contacts map[string]map[string]bot.Contact
	lists    int // whole contact lists stored

	down  func(op string) bool // asked for each operation
	ops   int                  // operations that change something
	dieAt int                  // the operation at which the process dies, 0: never
	after bool                 // it dies with the operation committed, but not reported
	died  func()               // kills the process
	dead  bool
}

func newMemory() *memory {
	return &memory{messages: map[string]bot.Incoming{}, under: map[string]string{}, contacts: map[string]map[string]bot.Contact{}}
}

// do makes one change, unless the store is down or dead.
func (m *memory) do(op string, change func()) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dead || m.down != nil && m.down(op) {
		return fmt.Errorf("%s: %w", op, errStoreDown)
	}
	m.ops++
	if m.ops != m.dieAt {
		change()
		return nil
	}
	m.dead = true
	if m.after {
		change()
	}
	m.died()
	return fmt.Errorf("%s: %w", op, errStoreDown)
}

func (m *memory) LoadSession(context.Context, string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down != nil && m.down("LoadSession") {
		return nil, errStoreDown
	}
	return slices.Clone(m.blob), nil
}

func (m *memory) SaveSession(_ context.Context, _ string, blob []byte) error {
	return m.do("SaveSession", func() { m.blob = slices.Clone(blob) })
}

func (m *memory) BeginLogin(_ context.Context, _, login string) error {
	return m.do("BeginLogin", func() {
		if len(m.logins) == 0 || m.logins[len(m.logins)-1] != login {
			m.logins = append(m.logins, login)
		}
	})
}

func (m *memory) Receive(_ context.Context, _, login string, batch []bot.Incoming) error {
	ids := map[string]bool{}
	for _, in := range batch {
		if ids[in.MsgID] {
			panic("message " + in.MsgID + " stands twice in a batch")
		}
		ids[in.MsgID] = true
	}
	return m.do("Receive", func() {
		for _, in := range batch {
			if _, known := m.messages[in.MsgID]; known {
				m.again++
				continue
			}
			m.order = append(m.order, in.MsgID)
			m.messages[in.MsgID] = in
			m.under[in.MsgID] = login
		}
	})
}

func (m *memory) Contacts(_ context.Context, _, login string, all []bot.Contact) error {
	return m.do("Contacts", func() {
		m.lists++
		m.contacts[login] = map[string]bot.Contact{}
		for _, c := range all {
			m.contacts[login][c.UserName] = c
		}
	})
}

func (m *memory) ContactsChanged(_ context.Context, _, login string, changed []bot.Contact, deleted []string) error {
	return m.do("ContactsChanged", func() {
		if m.contacts[login] == nil {
			m.contacts[login] = map[string]bot.Contact{}
		}
		for _, c := range changed {
			m.contacts[login][c.UserName] = c
		}
		for _, user := range deleted {
			delete(m.contacts[login], user)
		}
	})
}

func (m *memory) message(msgID string) *bot.Incoming {
	m.mu.Lock()
	defer m.mu.Unlock()
	if in, ok := m.messages[msgID]; ok {
		return &in
	}
	return nil
}

// texts are the texts received, in order, without WeChat's own messages.
func (m *memory) texts() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []string
	for _, id := range m.order {
		if in := m.messages[id]; in.Kind == bot.KindText {
			out = append(out, in.Text)
		}
	}
	return out
}

// of is the contact list of a login.
func (m *memory) of(login string) map[string]bot.Contact {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.contacts[login])
}

func (m *memory) listsStored() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.lists
}

func (m *memory) loginIDs() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.logins)
}

func (m *memory) stored() []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.blob)
}

// fail lets operations fail for which f says so; nil: none.
func (m *memory) fail(f func(op string) bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.down = f
}
