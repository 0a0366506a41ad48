package console

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"time"

	"xianjie/bot"
)

// wechatView is 微信: each account, refreshing by itself.
type wechatView struct {
	page
	Accounts []accountView
}

// accountView is one account.
type accountView struct {
	Name, Nick string
	Line       healthLine
	Since      string
	Code       string // address of the login code, "" when there is none to scan
	CodeID     string // changes with the code: the same picture is not loaded again
	Elsewhere  bool   // the code is to be had from another process
	Paces      []paceView
	Queue      string
	Held       bool // a person or WeChat stopped it: it can be let go on
}

// paceView is how much of a limit is used.
type paceView struct {
	Name        string
	Used, Limit int // Limit 0: none
	Percent     int
}

func (c *Console) wechat(w http.ResponseWriter, v *visit) error {
	view := wechatView{page: c.frame(v, "微信")}
	for _, name := range c.Accounts {
		a, err := c.accountView(v, name)
		if err != nil {
			return err
		}
		view.Accounts = append(view.Accounts, a)
	}
	return c.render(w, http.StatusOK, "wechat", view)
}

func (c *Console) accountView(v *visit, name string) (accountView, error) {
	a, err := c.Store.AccountNamed(v.Context(), name)
	if err != nil {
		return accountView{}, err
	}
	q, err := c.Store.QueueOf(v.Context(), name)
	if err != nil {
		return accountView{}, err
	}
	view := accountView{Name: name, Line: c.accountLine(a), Queue: c.queueLine(name, q).Text, Held: a.PausedAt != nil || a.StoppedAt != nil}
	if a.PhaseAt != nil {
		view.Since = c.minute(*a.PhaseAt)
	}
	if st, ok := c.connection(name); ok {
		view.Nick = st.Nick
		if st.Phase == bot.PhaseQR && st.QR != "" {
			sum := sha256.Sum256([]byte(st.QR)) // the address changes with the code, the code stays out of it
			mark := hex.EncodeToString(sum[:6])
			view.Code, view.CodeID = "/wechat/"+name+"/code.png?"+mark, "code-"+mark
		}
	}
	view.Elsewhere = a.Phase == string(bot.PhaseQR) && view.Code == ""
	for _, p := range []struct {
		name  string
		span  time.Duration
		limit int
	}{
		{"最近一分钟", time.Minute, c.Pace.PerMinute}, {"最近一小时", time.Hour, c.Pace.PerHour}, {"最近24小时", 24 * time.Hour, c.Pace.PerDay},
	} {
		n, err := c.Store.SentSince(v.Context(), name, c.Now().Add(-p.span))
		if err != nil {
			return view, err
		}
		used := paceView{Name: p.name, Used: n, Limit: p.limit}
		if p.limit > 0 {
			used.Percent = min(100, 100*n/p.limit)
		}
		view.Paces = append(view.Paces, used)
	}
	return view, nil
}

func (c *Console) connection(name string) (bot.State, bool) {
	if c.Connection == nil {
		return bot.State{}, false
	}
	return c.Connection(name)
}

// code is the login code of an account as a picture, as long as it waits to be scanned.
func (c *Console) code(w http.ResponseWriter, v *visit) error {
	st, ok := c.connection(v.PathValue("account"))
	if !ok || st.Phase != bot.PhaseQR || st.QR == "" {
		return errNothing
	}
	png, err := bot.QRPNG(st.QR)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "image/png")
	_, _ = w.Write(png) // a reader who left misses nothing
	return nil
}

func (c *Console) pause(w http.ResponseWriter, v *visit) error {
	return c.change(w, v, func(name string) error { return c.Store.PauseAccount(v.Context(), name, v.who.Session.PersonID) })
}

func (c *Console) resume(w http.ResponseWriter, v *visit) error {
	return c.change(w, v, func(name string) error { return c.Store.ContinueAccount(v.Context(), name, v.who.Session.PersonID) })
}

// change does something with an account and shows how it stands then.
func (c *Console) change(w http.ResponseWriter, v *visit, do func(name string) error) error {
	name := v.PathValue("account")
	if !slices.Contains(c.Accounts, name) {
		return errNothing
	}
	if err := do(name); err != nil {
		return err
	}
	http.Redirect(w, v.Request, "/wechat", http.StatusSeeOther)
	return nil
}
