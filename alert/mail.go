package alert

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"time"

	"github.com/wneessen/go-mail"
)

// Mail tells by e-mail.
type Mail struct {
	Host     string
	Port     int
	Plain    bool // without TLS, for a server on this machine
	From     string
	To       []string
	User     string // "": the server asks nobody who they are
	Password string
	Zone     *time.Location
	TLS      *tls.Config // nil: what the system trusts
}

// implicitTLS is the port on which TLS begins with the first byte.
const implicitTLS = 465

// Name implements [Channel].
func (m *Mail) Name() string { return "mail" }

// Tell implements [Channel].
func (m *Mail) Tell(ctx context.Context, a Alert) error {
	ctx, cancel := context.WithTimeout(ctx, 2*patience)
	defer cancel()
	msg := mail.NewMsg()
	if err := msg.From(m.From); err != nil {
		return fmt.Errorf("mail from %s: %w", m.From, err)
	}
	if err := msg.To(m.To...); err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	msg.Subject(a.Title())
	msg.SetDateWithValue(time.Now()) // mail servers distrust a date of rehearsal
	msg.SetMessageID()
	msg.SetBodyString(mail.TypeTextPlain, a.Text(m.Zone)+"\n")
	var conn net.Conn // the library leaves it open when the server does not offer TLS
	defer func() {
		if conn != nil {
			_ = conn.Close()
		}
	}()
	client, err := mail.NewClient(m.Host, append(m.options(), mail.WithDialContextFunc(func(ctx context.Context, network, addr string) (net.Conn, error) {
		var err error
		conn, err = m.dial(ctx, network, addr)
		return conn, err
	}))...)
	if err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	if err := client.DialAndSendWithContext(ctx, msg); err != nil {
		return fmt.Errorf("mail through %s:%d: %w", m.Host, m.Port, err)
	}
	return nil
}

func (m *Mail) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	d := &net.Dialer{Timeout: patience}
	if m.Port == implicitTLS && !m.Plain {
		return (&tls.Dialer{NetDialer: d, Config: m.config()}).DialContext(ctx, network, addr)
	}
	return d.DialContext(ctx, network, addr)
}

// config is how TLS is spoken with the server.
func (m *Mail) config() *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if m.TLS != nil {
		c = m.TLS.Clone()
	}
	c.ServerName = m.Host
	return c
}

func (m *Mail) options() []mail.Option {
	o := []mail.Option{mail.WithPort(m.Port), mail.WithTimeout(patience), mail.WithTLSConfig(m.config())}
	switch {
	case m.Plain:
		o = append(o, mail.WithTLSPolicy(mail.NoTLS))
	case m.Port == implicitTLS:
		o = append(o, mail.WithSSL())
	default:
		o = append(o, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if m.User != "" {
		o = append(o, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(m.User), mail.WithPassword(m.Password))
	}
	return o
}
