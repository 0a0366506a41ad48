package demo

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

//go:embed assets
var assets embed.FS

// Page shows a Stage in browsers. Serve does all of it; Handler and Run are its halves: without Run, Handler shows
// nothing.
type Page struct {
	stage Stage
	log   *slog.Logger
	ended chan struct{} // closed when Run returns: streams end with it

	mu   sync.Mutex
	last []byte        // the latest snapshot as JSON; nil before the first
	more chan struct{} // closed when last is replaced
}

// NewPage makes a page over stage.
func NewPage(stage Stage, log *slog.Logger) *Page {
	return &Page{stage: stage, log: log, ended: make(chan struct{}), more: make(chan struct{})}
}

const (
	// throttle is how long changes gather before the next snapshot is taken.
	throttle = 150 * time.Millisecond
	// heartbeat keeps an idle stream from being taken for dead.
	heartbeat = 15 * time.Second
	// maxBody lets through far more than a chat message can hold: what a phone refuses, the phone decides.
	maxBody = 1 << 20
)

// Run takes a snapshot at the start and after changes, until ctx ends. Call it once. A snapshot that cannot be taken is
// logged and tried again at the next change.
func (p *Page) Run(ctx context.Context) error {
	defer close(p.ended)
	for {
		if err := p.refresh(ctx); err != nil && ctx.Err() == nil {
			p.log.Error("demo page not refreshed", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(throttle):
		}
		select {
		case <-ctx.Done():
			return nil
		case <-p.stage.Changed():
		}
	}
}

// Serve runs the page and serves it at l until ctx ends; then streams end and requests under way are finished.
func (p *Page) Serve(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler:           p.Handler(),
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          slog.NewLogLogger(p.log.Handler(), slog.LevelWarn),
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return p.Run(ctx) })
	g.Go(func() error {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("demo page at %s: %w", l.Addr(), err)
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

func (p *Page) refresh(ctx context.Context) error {
	s, err := p.stage.Snapshot(ctx)
	if err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	data, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("snapshot as JSON: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !bytes.Equal(data, p.last) {
		p.last = data
		close(p.more)
		p.more = make(chan struct{})
	}
	return nil
}

// latest is the latest snapshot, and a channel that is closed when there is a later one.
func (p *Page) latest() ([]byte, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last, p.more
}

// Handler serves the page. Requests that another site makes a browser send are refused.
func (p *Page) Handler() http.Handler {
	files, err := fs.Sub(assets, "assets")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServerFS(files))
	mux.HandleFunc("GET /events", p.events)
	mux.HandleFunc("GET /snapshot", p.snapshot)
	mux.HandleFunc("GET /file/{phone}/{message}", p.file)
	mux.Handle("POST /say", action(p, func(ctx context.Context, in struct{ Phone, Text string }) error {
		if strings.TrimSpace(in.Text) == "" {
			return Refused("请先写点什么。")
		}
		return onPhone(in.Phone, func() error { return p.stage.Say(ctx, in.Phone, in.Text) })
	}))
	mux.Handle("POST /friend", action(p, func(ctx context.Context, in struct{ Phone string }) error {
		return onPhone(in.Phone, func() error { return p.stage.AddFriend(ctx, in.Phone) })
	}))
	mux.Handle("POST /switch", action(p, func(ctx context.Context, in struct{ Person string }) error {
		return p.stage.Switch(ctx, in.Person)
	}))
	mux.Handle("POST /move", action(p, func(ctx context.Context, in struct{ Step string }) error {
		if in.Step != StepMorning && in.Step != StepDeadline {
			if _, err := time.Parse(time.DateOnly, in.Step); err != nil {
				return Refused("请先选一个日期。")
			}
		}
		return p.stage.Move(ctx, in.Step)
	}))
	return http.NewCrossOriginProtection().Handler(guarded(mux))
}

// guarded lets the page load nothing but its own files.
func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store") // the next start may serve another version at the same address
		next.ServeHTTP(w, r)
	})
}

// snapshot answers with the latest snapshot.
func (p *Page) snapshot(w http.ResponseWriter, _ *http.Request) {
	data, _ := p.latest()
	if data == nil {
		fail(w, http.StatusServiceUnavailable, "演示正在准备，请稍候。")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(data) // a reader who left misses nothing
}

// events streams snapshots: the latest at once, then each later one. A slow reader skips those in between.
func (p *Page) events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	flush := http.NewResponseController(w)
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	_, err := fmt.Fprint(w, "retry: 1000\n\n")
	for fresh := true; err == nil; {
		data, more := p.latest()
		if fresh && data != nil {
			_, err = fmt.Fprintf(w, "data: %s\n\n", data)
		}
		if err != nil || flush.Flush() != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-p.ended:
			return
		case <-more:
			fresh = true
		case <-beat.C:
			fresh = false
			_, err = fmt.Fprint(w, ": \n\n")
		}
	}
}

func onPhone(key string, do func() error) error {
	switch key {
	case PhoneMember, PhoneSecretary, PhoneCommittee:
		return do()
	}
	return Refused("没有这部手机。")
}

// action reads a JSON body and does something with it: 204, or what the person at the page is told.
func action[T any](p *Page, do func(context.Context, T) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in T
		d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
		d.DisallowUnknownFields()
		if err := d.Decode(&in); err != nil {
			var large *http.MaxBytesError
			if errors.As(err, &large) {
				fail(w, http.StatusRequestEntityTooLarge, "这段文字太长了，手机发不出去。")
				return
			}
			fail(w, http.StatusBadRequest, "页面和程序对不上，请刷新页面。")
			return
		}
		var refused Refused
		switch err := do(r.Context(), in); {
		case err == nil:
			w.WriteHeader(http.StatusNoContent)
		case errors.As(err, &refused):
			fail(w, http.StatusConflict, string(refused))
		default:
			p.log.Error("demo action failed", "path", r.URL.Path, "err", err)
			fail(w, http.StatusInternalServerError, "这一步没有做成，请再试一次。")
		}
	})
}

func fail(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": text}) // a reader who left misses nothing
}
