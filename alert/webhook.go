package alert

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// Forms of what a webhook gets.
const (
	FormPlain  = "plain"
	FormWeCom  = "wecom"
	FormFeishu = "feishu"
)

// Webhook tells by a POST of JSON.
type Webhook struct {
	URL    string // it often holds a secret
	Form   string
	Zone   *time.Location
	Client *http.Client // nil: the network, with a limit of patience
}

// patience bounds one attempt to tell.
const patience = 15 * time.Second

// Name implements [Channel].
func (w *Webhook) Name() string { return "webhook" }

// Tell implements [Channel]. Robots of chat services answer 200 to what they refuse; the code in their answer counts.
func (w *Webhook) Tell(ctx context.Context, a Alert) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	body, err := json.Marshal(w.body(a))
	if err != nil {
		return fmt.Errorf("webhook: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, bytes.NewReader(body))
	if err != nil {
		return errors.New("webhook: its URL cannot be used")
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	client := w.Client
	if client == nil {
		client = http.DefaultClient
	}
	resp, err := client.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err // which, unlike u, does not repeat the URL
		}
		return fmt.Errorf("webhook: %w", err)
	}
	defer resp.Body.Close()
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return fmt.Errorf("webhook: HTTP status %d", resp.StatusCode)
	}
	var said struct{ ErrCode, Code int }
	if json.Unmarshal(answer, &said) == nil && w.Form != FormPlain && said.ErrCode+said.Code != 0 {
		return fmt.Errorf("webhook: the robot refused it with code %d", said.ErrCode+said.Code)
	}
	return nil
}

func (w *Webhook) body(a Alert) any {
	text := a.Title() + "\n" + a.Text(w.Zone)
	switch w.Form {
	case FormWeCom:
		return map[string]any{"msgtype": "text", "text": map[string]string{"content": text}}
	case FormFeishu:
		return map[string]any{"msg_type": "text", "content": map[string]string{"text": text}}
	}
	m := map[string]any{
		"product": "xianjie", "event": a.Event, "at": a.At.UTC().Format(time.RFC3339), "host": a.Host,
		"title": a.Title(), "text": a.Text(w.Zone),
	}
	if a.Event != Test {
		m["trouble"], m["account"], m["since"] = a.Trouble, a.Account, a.Since.UTC().Format(time.RFC3339)
	}
	return m
}
