package console

import (
	"crypto/rand"
	"errors"
	"net"
	"net/http"
	"strings"
	"time"

	"xianjie/storage"
)

// Sign-in takes a click on purpose: programs that look at links in chats before people do would use them up.

// tries is how often one address may try to sign in within triesIn. Tokens cannot be guessed; this keeps the log short.
const (
	tries   = 20
	triesIn = time.Minute
)

// signInView is what the sign-in page shows.
type signInView struct {
	page
	Token string
	Fault string
}

func (c *Console) signInPage(w http.ResponseWriter, r *http.Request) {
	token := r.PathValue("token")
	if _, err := c.visitor(r); err == nil && token == "" {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	c.showSignIn(w, r, http.StatusOK, signInView{Token: token})
}

func (c *Console) showSignIn(w http.ResponseWriter, r *http.Request, status int, v signInView) {
	v.page = page{Title: "进入控制台", School: c.Season.School}
	if err := c.render(w, status, "signin", v); err != nil {
		c.Log.Error("console page failed", "path", r.Pattern, "err", err)
	}
}

// signIn turns a token into a session of this browser.
func (c *Console) signIn(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	from, _, _ := net.SplitHostPort(r.RemoteAddr)
	ok, err := c.Allow(ctx, "console/"+from, tries, triesIn)
	if err != nil || !ok {
		if err != nil {
			c.Log.Error("console sign-in", "err", err)
		}
		c.showSignIn(w, r, http.StatusTooManyRequests, signInView{Fault: "试得太频繁了，请过一分钟再试。"})
		return
	}
	session := rand.Text()
	err = c.Store.SignIn(ctx, strings.TrimSpace(r.PostFormValue("token")), session, r.UserAgent())
	switch {
	case errors.Is(err, storage.ErrLink):
		c.showSignIn(w, r, http.StatusForbidden, signInView{Fault: "这个链接已经用过，或者过了5分钟，不能再用了。"})
		return
	case err != nil:
		c.Log.Error("console sign-in", "err", err)
		c.showSignIn(w, r, http.StatusInternalServerError, signInView{Fault: "没有进去，请稍后再试一次。"})
		return
	}
	http.SetCookie(w, c.cookie(session, 0))
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (c *Console) signOut(w http.ResponseWriter, r *visit) error {
	if err := c.Store.SignOut(r.Context(), r.who); err != nil {
		return err
	}
	http.SetCookie(w, c.cookie("", -1))
	http.Redirect(w, r.Request, "/in", http.StatusSeeOther)
	return nil
}

// secure reports that browsers reach the console by https alone.
func (c *Console) secure() bool { return strings.HasPrefix(c.URL, "https://") }

// cookieName carries, with https, the prefix by which browsers let no other site and no plain connection set it.
func (c *Console) cookieName() string {
	if c.secure() {
		return "__Host-xianjie"
	}
	return "xianjie"
}

// cookie is forgotten when the browser closes: officers share computers. Lax, so that a link from elsewhere finds its
// reader signed in; nothing is changed by a GET.
func (c *Console) cookie(value string, age int) *http.Cookie {
	return &http.Cookie{
		Name: c.cookieName(), Value: value, Path: "/", MaxAge: age, HttpOnly: true, Secure: c.secure(), SameSite: http.SameSiteLaxMode,
	}
}

// visitor is who is signed in; storage.ErrSession: nobody.
func (c *Console) visitor(r *http.Request) (storage.Visitor, error) {
	cookie, err := r.Cookie(c.cookieName())
	if err != nil {
		return storage.Visitor{}, storage.ErrSession
	}
	return c.Store.Visitor(r.Context(), cookie.Value)
}
