package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"

	"golang.org/x/sync/errgroup"
)

// Options of a demo.
type Options struct {
	Listen  string    // host:port of the page
	Members int       // graduating members to make up, MinMembers to MaxMembers
	Seed    uint64    // the same seed makes up the same people
	Out     io.Writer // where the address of the page is printed
	Err     io.Writer // what goes wrong
}

// Bounds of Options.Members: every branch has somebody, and the page stays quick.
const (
	MinMembers = 12
	MaxMembers = 600
)

// Run plays the demo until ctx ends. Everything it makes lies in a temporary folder that is removed afterwards.
func Run(ctx context.Context, o Options) (err error) {
	if o.Members < MinMembers || o.Members > MaxMembers {
		return fmt.Errorf("--members %d: choose %d to %d", o.Members, MinMembers, MaxMembers)
	}
	log := slog.New(slog.NewTextHandler(o.Err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	l, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return fmt.Errorf("page: %w; choose another address with --listen", err)
	}
	defer l.Close() //nolint:errcheck // closed already when the page was served
	back, err := openBackstage(l.Addr())
	if err != nil {
		return err
	}
	defer back.listener.Close() //nolint:errcheck // closed already when the console was served
	folder, err := os.MkdirTemp("", "xianjie-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	t, err := theatreWith(ctx, folder, o.Seed, o.Members, log, back)
	if err != nil {
		return err
	}
	defer t.Close()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return t.Run(ctx) })
	g.Go(func() error { return back.serve(ctx, t) })
	g.Go(func() error {
		if err := t.Prepare(ctx, func(what string) { fmt.Fprintf(o.Out, "%s……\n", what) }); err != nil {
			return fmt.Errorf("preparing the demo: %w", err)
		}
		fmt.Fprintf(o.Out, "\n演示已就绪，请用浏览器打开：http://%s\n在老师的手机里发“控制台”，点回复里的链接，可以看控制台。\n按 Ctrl+C 结束，数据随即清除。\n", l.Addr())
		g.Go(func() error { return t.Walk(ctx) })
		return NewPage(t, log).Serve(ctx, l)
	})
	if err := g.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}
