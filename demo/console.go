package demo

import (
	"context"
	"fmt"
	"net"

	"xianjie/console"
)

// backstage is the console of the demo: officers on the phones get into it by 控制台, as in life. It listens on a free port
// beside the page.
type backstage struct {
	url      string
	listener net.Listener
}

// openBackstage listens where the page listens.
func openBackstage(page net.Addr) (*backstage, error) {
	host, _, err := net.SplitHostPort(page.String())
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	return &backstage{console.URLOf(l.Addr().String(), ""), l}, nil
}

// linkAt is the address that lets in who holds a token; for a theatre without a console there is none.
func (b *backstage) linkAt() func(token string) string {
	if b == nil {
		return nil
	}
	return func(token string) string { return console.LinkAt(b.url, token) }
}

// serve serves the console of a theatre until ctx ends.
func (b *backstage) serve(ctx context.Context, t *Theatre) error {
	return console.New(console.Of(t.app, b.url)).Serve(ctx, b.listener)
}
