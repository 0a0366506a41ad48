package config

import (
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"time"

	"go.yaml.in/yaml/v3"
)

// Alerts is who is told outside WeChat when the product cannot do its work. Without a webhook and a mail server nobody is.
type Alerts struct {
	Webhook string        // URL that gets a POST of JSON; empty: none. It often holds a secret.
	Form    string        // of that JSON: FormPlain, FormWeCom, FormFeishu
	Silence time.Duration // nothing at all came for so long: WeChat may only pretend to be there; 0: never
	SMTP    SMTP
}

// Forms of the JSON a webhook gets.
const (
	FormPlain  = "plain"  // our own flat object
	FormWeCom  = "wecom"  // a text message as the robots of 企业微信 and 钉钉 take it
	FormFeishu = "feishu" // a text message as the robots of 飞书 take it
)

// SMTP is the mail server alerts leave through. No Host: no mail.
type SMTP struct {
	Host         string
	Port         int
	TLS          string   // TLSAuto or TLSNone
	From         string   // address
	To           []string // addresses
	User         string   // empty: the server asks nobody who they are
	PasswordFile string   // its first line is the password of User
}

// Ways of protecting the way to the mail server.
const (
	TLSAuto = "auto" // from the first byte on port 465, otherwise STARTTLS, and nothing is sent without
	TLSNone = "none" // for a server on this machine
)

// alertFields are the settings of alerts.
var alertFields = []field{
	{
		"alerts.webhook", `""`, "URL that gets a POST of JSON when WeChat is lost and when it is back; empty: none",
		text(func(c *Config) *string { return &c.Alerts.Webhook }, empty(webURL)),
	},
	{
		"alerts.form", FormPlain, "of that JSON: plain | wecom (a robot of 企业微信 or 钉钉) | feishu (飞书)",
		text(func(c *Config) *string { return &c.Alerts.Form }, oneOf(FormPlain, FormWeCom, FormFeishu)),
	},
	{
		"alerts.silence", "24h", "also when nothing came from WeChat for so long although it answers; 0: never",
		setSilence,
	},
	{
		"alerts.smtp.host", `""`, "mail server; empty: no mail",
		text(func(c *Config) *string { return &c.Alerts.SMTP.Host }),
	},
	{"alerts.smtp.port", "587", "465: TLS from the first byte; others: STARTTLS", setPort},
	{
		"alerts.smtp.tls", TLSAuto, "auto | none (only for a server on this machine)",
		text(func(c *Config) *string { return &c.Alerts.SMTP.TLS }, oneOf(TLSAuto, TLSNone)),
	},
	{
		"alerts.smtp.from", `""`, "address of the sender",
		text(func(c *Config) *string { return &c.Alerts.SMTP.From }, empty(address)),
	},
	{"alerts.smtp.to", "[]", "addresses of who is told: [ops@example.edu]", setTo},
	{
		"alerts.smtp.user", `""`, "name to log in with; empty: no login",
		text(func(c *Config) *string { return &c.Alerts.SMTP.User }),
	},
	{
		"alerts.smtp.password_file", `""`, "file whose first line is the password",
		text(func(c *Config) *string { return &c.Alerts.SMTP.PasswordFile }),
	},
}

// check finds what is missing beside a setting that is there; key is the one that is missing or in the way.
func (s SMTP) check() (key string, err error) {
	switch {
	case s.Host == "":
		return "", nil
	case s.From == "":
		return "from", errors.New("must not be empty when there is a mail server")
	case len(s.To) == 0:
		return "to", errors.New("must name an address when there is a mail server")
	case s.User != "" && s.PasswordFile == "":
		return "password_file", errors.New("must not be empty when there is a user")
	case s.User == "" && s.PasswordFile != "":
		return "user", errors.New("must not be empty when there is a password file")
	case s.User != "" && s.TLS == TLSNone:
		return "tls", errors.New("a password is not sent without TLS")
	}
	return "", nil
}

// webURL does not repeat what it refuses: the URL of a webhook is a secret.
func webURL(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return errors.New("this is not a URL that begins with https:// or http://")
	}
	return nil
}

func address(s string) error {
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s {
		return fmt.Errorf("%q is not an address such as ops@example.edu", s)
	}
	return nil
}

func setSilence(c *Config, n *yaml.Node) error {
	s, err := scalar(n)
	if err != nil {
		return err
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 || d > 0 && d < time.Hour {
		return fmt.Errorf("%q is neither 0 nor a duration of at least 1h such as 24h", s)
	}
	c.Alerts.Silence = d
	return nil
}

func setPort(c *Config, n *yaml.Node) error {
	if err := count(func(c *Config) *int { return &c.Alerts.SMTP.Port })(c, n); err != nil {
		return err
	}
	if p := c.Alerts.SMTP.Port; p < 1 || p > 65535 {
		return fmt.Errorf("%d is not a port", p)
	}
	return nil
}

func setTo(c *Config, n *yaml.Node) error {
	c.Alerts.SMTP.To = nil
	if n.Kind != yaml.SequenceNode {
		return errors.New("a list of addresses is wanted, such as [ops@example.edu]")
	}
	var all faults
	for i, item := range n.Content {
		s, err := scalar(item)
		if err == nil {
			err = address(s)
		}
		if err != nil {
			all.under(fmt.Sprintf("[%d]", i), item.Line, err)
			continue
		}
		c.Alerts.SMTP.To = append(c.Alerts.SMTP.To, s)
	}
	return all.err()
}
