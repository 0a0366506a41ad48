package main

import (
	"context"
	"fmt"
	"net"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"xianjie/app"
	"xianjie/console"
)

// serve runs the bot and the console beside it. Each ends with the other.
func serve(ctx context.Context, in *invocation) error {
	if err := in.none(); err != nil {
		return err
	}
	c, err := in.settings()
	if err != nil {
		return err
	}
	log := app.Logger(c.Log)
	door := &app.Doorway{Out: terminal(in.out), Folder: filepath.Dir(c.Secrets.KeyFile), Log: log}
	o := app.Options{Config: c, Log: log, OnLogin: door.OnLogin}
	var l, m net.Listener
	url := ""
	if c.Console.Listen != "" {
		if l, err = net.Listen("tcp", c.Console.Listen); err != nil {
			return fmt.Errorf("console.listen: %w; name another address, or none to do without the console", err)
		}
		defer l.Close() //nolint:errcheck // closed already when the console was served
		url = console.URLOf(l.Addr().String(), c.Console.URL)
		o.ConsoleAt = func(token string) string { return console.LinkAt(url, token) }
	}
	if c.Metrics.Listen != "" {
		if m, err = net.Listen("tcp", c.Metrics.Listen); err != nil {
			return fmt.Errorf("metrics.listen: %w; name another address, or none to do without", err)
		}
		defer m.Close() //nolint:errcheck // closed already when it was served
	}
	a, err := app.Open(ctx, o)
	if err != nil {
		return err
	}
	defer a.Close()
	log.Info("serving", "season", a.Season.Key, "database", c.Database.Driver, "version", version)
	if l != nil {
		if err := in.welcome(ctx, a, url); err != nil {
			return err
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return a.Run(ctx) })
	con := console.New(console.Of(a, url))
	if l != nil {
		g.Go(func() error { return con.Serve(ctx, l) })
	}
	if m != nil {
		g.Go(func() error { return con.ServeMetrics(ctx, m) })
	}
	return g.Wait()
}

// welcome says where the console is, and lets in whoever starts the product for the first time. The link goes to the
// terminal alone: a log may be read by others.
func (in *invocation) welcome(ctx context.Context, a *app.App, url string) error {
	a.Log.Info("console", "at", url)
	out := terminal(in.out)
	if out == nil {
		return nil
	}
	ever, err := a.Store.SignedInEver(ctx)
	if err != nil {
		return err
	}
	if ever {
		fmt.Fprintf(out, "控制台：%s\n", url)
		return nil
	}
	link, err := console.OperatorLink(ctx, a.Store, url)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "控制台第一次使用，请在5分钟内打开（只能用一次）：\n%s\n过了时间，运行 xianjie user link 再要一个。\n", link)
	return nil
}
