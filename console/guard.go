package console

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"io/fs"
	"mime"
	"net/http"
	"path"

	"xianjie/storage"
)

// policy lets a page load nothing but our own files, and be framed by nobody. A style or script written into a page does
// not run: what somebody managed to smuggle into a name stays text.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// guarded sets what every answer carries. Pages hold personal data: no cache keeps them.
func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer") // the address of the sign-in page is a secret
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
		next.ServeHTTP(w, r)
	})
}

// visit is a request of somebody who is signed in.
type visit struct {
	*http.Request
	who storage.Visitor
}

// errNothing answers 404: there is no such page or person, or the visitor may not see it.
var errNothing = errors.New("nothing there")

// door lets in who is signed in. Everybody else is shown to the sign-in page.
func (c *Console) door(page func(http.ResponseWriter, *visit) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, err := c.visitor(r)
		switch {
		case errors.Is(err, storage.ErrSession):
			c.toSignIn(w, r)
			return
		case err == nil:
			v := &visit{r, who}
			if err = page(w, v); err == nil {
				return
			}
			if errors.Is(err, errNothing) {
				c.refuse(w, v, http.StatusNotFound)
				return
			}
		}
		if r.Context().Err() != nil {
			return // whoever asked has left
		}
		c.Log.Error("console page failed", "path", r.Pattern, "err", err)
		c.refuse(w, &visit{r, who}, http.StatusInternalServerError)
	})
}

// everywhere lets in who sees the whole school; for all others the page does not exist.
func (c *Console) everywhere(page func(http.ResponseWriter, *visit) error) http.Handler {
	return c.door(func(w http.ResponseWriter, v *visit) error {
		if !v.who.Everywhere() {
			return errNothing
		}
		return page(w, v)
	})
}

// toSignIn sends a browser to the sign-in page; one that wanted only part of a page changes the whole page.
func (c *Console) toSignIn(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("HX-Request") != "" {
		w.Header().Set("HX-Redirect", "/in")
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	http.Redirect(w, r, "/in", http.StatusSeeOther)
}

//go:embed assets
var assetFiles embed.FS

// assets are the embedded files by path, each with an address that changes with its content, so that browsers may keep it.
type assets map[string]asset

type asset struct {
	body []byte
	hash string
}

func loadAssets() assets {
	all := assets{}
	err := fs.WalkDir(assetFiles, "assets", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := assetFiles.ReadFile(name)
		sum := sha256.Sum256(body)
		all[name[len("assets/"):]] = asset{body, hex.EncodeToString(sum[:6])}
		return err
	})
	if err != nil {
		panic(err) // they are part of the program
	}
	return all
}

// at is the address of a file.
func (a assets) at(name string) string { return "/assets/" + name + "?" + a[name].hash }

func (a assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	file, ok := a[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	if r.URL.RawQuery == file.hash {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	_, _ = w.Write(file.body) // a reader who left misses nothing
}
