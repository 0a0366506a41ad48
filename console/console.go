package console

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/klauspost/compress/gzhttp"
	"golang.org/x/sync/errgroup"

	"xianjie/app"
	"xianjie/bot"
	"xianjie/config"
	"xianjie/season"
	"xianjie/storage"
)

// Options are what a Console is made of.
type Options struct {
	Store  *storage.Store
	Season *season.Season
	Now    func() time.Time
	Log    *slog.Logger
	// URL is how browsers reach the console: scheme and host. With https cookies are for https alone.
	URL string
	// Allow says whether key may do once more what it may do limit times within any window.
	Allow func(ctx context.Context, key string, limit int, window time.Duration) (bool, error)
	// Redis asks whether it answers; nil: it is not used.
	Redis func(context.Context) error
	// Accounts are the names of our WeChat accounts.
	Accounts []string
	// Connection is what this process knows of an account's connection; false: another process may hold it. Nil: nothing.
	Connection func(account string) (bot.State, bool)
	// Pace is how much each account may send.
	Pace config.Pace
}

// Console serves the pages. It is safe for concurrent use.
type Console struct {
	Options
	pages  map[string]*template.Template
	assets assets
	counts *counts
}

// New prepares a console.
func New(o Options) *Console {
	c := &Console{Options: o, assets: loadAssets(), counts: newCounts(o.Store)}
	c.pages = c.parse()
	return c
}

// Of are the options of a console over the product.
func Of(a *app.App, url string) Options {
	o := Options{
		Store: a.Store, Season: a.Season, Now: a.Now, Log: a.Log, URL: url,
		Allow: a.Coordinator().Allow, Redis: a.RedisPing(), Connection: a.Connection, Pace: a.Config.WeChat.Pace,
	}
	for _, acc := range a.Config.WeChat.Accounts {
		o.Accounts = append(o.Accounts, acc.Name)
	}
	return o
}

// LinkAt is the address that lets in who holds a token.
func LinkAt(url, token string) string { return url + "/in/" + token }

// URLOf is how browsers reach a console that listens on an address (host:port), unless the settings say otherwise.
func URLOf(listen, setting string) string {
	if setting != "" {
		return strings.TrimSuffix(setting, "/")
	}
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "http://" + listen
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1" // it listens everywhere; by which name others reach it only the settings can say
	}
	return "http://" + net.JoinHostPort(host, port)
}

// OperatorLink makes a one-time link for whoever runs the installation.
func OperatorLink(ctx context.Context, s *storage.Store, url string) (string, error) {
	token := rand.Text()
	err := s.AddLink(ctx, storage.NewLink{Token: token}, storage.Audit{At: s.Now(), Action: "console_link", Subject: "console"})
	return LinkAt(url, token), err
}

// Handler is the whole console.
func (c *Console) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /assets/{file...}", c.assets)
	mux.HandleFunc("GET /in", c.signInPage)
	mux.HandleFunc("GET /in/{token}", c.signInPage)
	mux.HandleFunc("POST /in", c.signIn)
	mux.Handle("POST /out", c.door(c.signOut))
	mux.Handle("GET /{$}", c.door(c.overview))
	mux.Handle("GET /health", c.door(c.health))
	mux.Handle("GET /members", c.door(c.members))
	mux.Handle("GET /members/{id}", c.door(c.member))
	mux.Handle("GET /duties", c.door(c.duties))
	mux.Handle("GET /duties/{id}", c.door(c.duty))
	mux.Handle("GET /wechat", c.everywhere(c.wechat))
	mux.Handle("GET /wechat/{account}/code.png", c.everywhere(c.code))
	mux.Handle("POST /wechat/{account}/pause", c.everywhere(c.pause))
	mux.Handle("POST /wechat/{account}/resume", c.everywhere(c.resume))
	mux.Handle("GET /notices", c.everywhere(c.notices))
	mux.Handle("GET /notices/{id}", c.everywhere(c.notice))
	mux.Handle("GET /notices/{id}/sum", c.everywhere(c.noticeProgress))
	mux.Handle("GET /audit", c.everywhere(c.audit))
	mux.Handle("/", c.door(func(w http.ResponseWriter, r *visit) error { return errNothing }))
	kept := http.NewCrossOriginProtection()
	if c.URL != "" { // behind a proxy that names another host to us
		if err := kept.AddTrustedOrigin(c.URL); err != nil {
			c.Log.Warn("console address is no origin", "url", c.URL, "err", err)
		}
	}
	return gzhttp.GzipHandler(guarded(kept.Handler(mux)))
}

// Serve serves the console at l until ctx ends; requests under way are finished. The whole school is counted at once, so that
// the first who looks need not wait.
func (c *Console) Serve(ctx context.Context, l net.Listener) error {
	go func() { _, _ = c.counts.of(ctx, storage.Scope{}, 0) }() // who looks is told what went wrong
	return serve(ctx, l, c.Handler(), c.Log)
}

func serve(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger) error {
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("page at %s: %w", l.Addr(), err)
		}
		return nil
	})
	g.Go(func() error {
		<-ctx.Done()
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer cancel()
		return server.Shutdown(last)
	})
	return g.Wait()
}
