package bot

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// Config says which account, and how WeChat is reached.
type Config struct {
	Name   string
	Normal bool // log in as the plain web client; by default as the UOS desktop client, which WeChat still admits
	Store  Store
	// Transport carries requests; nil: the network.
	Transport http.RoundTripper
	// Endpoint, when set, is a host:port where every WeChat host is reached instead, a simulator; CA is the PEM
	// certificate to trust there. Ignored with Transport.
	Endpoint string
	CA       []byte
	Now      func() time.Time
	Log      *slog.Logger
	// OnState is called with every change of State but of Heard and News, in order, from Run's goroutines. It must not block.
	OnState func(State)
	// Stored is called after messages were committed.
	Stored func()
	// Refresh is how often the contact list is fetched again; 6 h by default.
	Refresh time.Duration
}

// Phase of an account's connection.
type Phase string

// Phases, in the order a login passes through them.
const (
	PhaseOffline Phase = "offline" // no session; the next login is tried soon
	PhaseQR      Phase = "qr"      // State.QR waits to be scanned
	PhaseScanned Phase = "scanned" // scanned, to be confirmed on the phone
	PhaseOnline  Phase = "online"  // logged in; messages come and go
)

// State is what is known about an account's connection.
type State struct {
	Phase Phase
	Since time.Time
	QR    string    // what the QR code says, in PhaseQR
	Nick  string    // the account's own name, while online
	Login string    // the login contacts' ids belong to, while online
	Ready bool      // the contacts of this login are stored
	Heard time.Time // last time WeChat answered a long poll
	News  time.Time // last time it brought a message or a change of contacts; zero: never yet
	Err   error     // why it is offline
}

// Account is one WeChat account. Run it once; everything else may be called from any goroutine.
type Account struct {
	c    Config
	base http.RoundTripper

	refused int // attempts in a row to resume the stored session that WeChat answered neither yes nor no; Run's

	telling sync.Mutex // held from a change until it has been told, so that changes are told in order

	mu      sync.Mutex
	state   State
	session *session // nil while offline
}

// New prepares an account.
func New(c Config) (*Account, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.OnState == nil {
		c.OnState = func(State) {}
	}
	if c.Stored == nil {
		c.Stored = func() {}
	}
	if c.Refresh == 0 {
		c.Refresh = 6 * time.Hour
	}
	a := &Account{c: c, base: c.Transport, state: State{Phase: PhaseOffline, Since: c.Now()}}
	if a.base == nil {
		t, err := Network(c.Endpoint, c.CA)
		if err != nil {
			return nil, err
		}
		a.base = t
	}
	return a, nil
}

// Network reaches WeChat, or, with an endpoint (host:port), every WeChat host there; ca is the PEM certificate to trust at it.
func Network(endpoint string, ca []byte) (*http.Transport, error) {
	t := http.DefaultTransport.(*http.Transport).Clone()
	if endpoint == "" {
		return t, nil
	}
	var pool *x509.CertPool // nil: what the system trusts
	if len(ca) > 0 {
		pool = x509.NewCertPool()
		if !pool.AppendCertsFromPEM(ca) {
			return nil, errors.New("wechat.ca_file holds no PEM certificate")
		}
	}
	t.Proxy = nil
	t.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, network, endpoint)
	}
	t.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	t.ForceAttemptHTTP2 = false
	return t, nil
}

// State is the present state of the connection.
func (a *Account) State() State {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.state
}

// change updates the state and tells about it, unless only Heard or News moved.
func (a *Account) change(f func(*State)) {
	a.telling.Lock()
	defer a.telling.Unlock()
	a.mu.Lock()
	before := a.state
	f(&a.state)
	if a.state.Phase != before.Phase {
		a.state.Since = a.c.Now()
	}
	after := a.state
	a.mu.Unlock()
	before.Heard, before.News = after.Heard, after.News
	if before != after {
		a.c.OnState(after)
	}
}

const (
	firstPause = 2 * time.Second
	maxPause   = 5 * time.Minute
	// steady is how long a session must have lasted for the pause before the next login to begin anew.
	steady = 10 * time.Minute
	// codeLife is how long a code must have been shown for the next one to follow without a growing pause.
	codeLife = time.Minute
	// doubts is how often a stored session is tried that WeChat answers neither yes nor no.
	doubts = 5
)

// Run keeps the account logged in until ctx ends: with the stored session while WeChat accepts it, else by QR code. A
// lost session or a refused login is never an error of Run; it is seen in State, and tried again with growing pauses.
func (a *Account) Run(ctx context.Context) error {
	pause := firstPause
	for ctx.Err() == nil {
		began := time.Now()
		err := bare(a.once(ctx))
		if ctx.Err() != nil {
			break
		}
		a.change(func(s *State) {
			*s = State{Phase: PhaseOffline, Since: s.Since, Heard: s.Heard, News: s.News, Err: err}
		})
		lasted := time.Since(began)
		if lasted > steady || errors.Is(err, errAgain) && lasted > codeLife {
			pause = firstPause
		}
		a.c.Log.Warn("not logged in to WeChat", "account", a.c.Name, "err", err, "next", pause)
		if sleep(ctx, pause) != nil {
			break
		}
		pause = min(2*pause, maxPause)
	}
	a.change(func(s *State) { *s = State{Phase: PhaseOffline, Since: s.Since, Heard: s.Heard, News: s.News} })
	return nil
}

// errAgain: the code expired or was cancelled, or a stored session turned out dead; a new code is shown.
var errAgain = errors.New("a new login is needed")

// once logs in and serves one session to its end.
func (a *Account) once(ctx context.Context) error {
	hot, err := loadHot(ctx, a.c.Store, a.c.Name)
	stored := err == nil
	switch {
	case errors.Is(err, errNoSession):
		a.c.Log.Info("WeChat asks for a login", "account", a.c.Name, "why", err)
		hot = newHot(ctx, a.c.Store, a.c.Name, newLogin())
	case err != nil:
		return err
	}
	s := newSession(ctx, a, hot)
	defer s.close()
	if err := s.login(stored); err != nil {
		if !stored || !a.over(err) {
			return err
		}
		return a.forget(ctx, s, fmt.Errorf("%w: %w", errAgain, err))
	}
	a.refused = 0
	err = s.serve()
	if lost := (*SessionLost)(nil); errors.As(err, &lost) {
		return a.forget(ctx, s, err)
	}
	return err
}

// over reports whether a stored session is of no use any more after resuming it failed with err.
func (a *Account) over(err error) bool {
	switch judge(err) {
	case keep:
		return false
	case doubt:
		if a.refused++; a.refused < doubts {
			return false
		}
	}
	a.refused = 0
	return true
}

// forget removes the stored session, after nothing can store it again, and returns why.
func (a *Account) forget(ctx context.Context, s *session, why error) error {
	s.close()
	if err := a.c.Store.SaveSession(context.WithoutCancel(ctx), a.c.Name, nil); err != nil {
		return fmt.Errorf("forgetting the session: %w", err)
	}
	return why
}

// newLogin is the id of a login: WeChat's ids are valid within it.
func newLogin() string {
	b := make([]byte, 8)
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}
