package wechatsim

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
)

// prefix of all paths but two of the login hosts.
const prefix = "/cgi-bin/mmwebwx-bin/"

// maxBody bounds a request; a chunk of an upload is 512 KiB.
const maxBody = 2 << 20

// Hosts of the login; the others follow from Options.Domain.
const (
	loginHost = "login.wx.qq.com"
	qrHost    = "login.weixin.qq.com"
)

// call is one request being served.
type call struct {
	r        *http.Request
	endpoint string
	query    url.Values
	body     []byte
	header   http.Header // of the reply
	sess     *session    // of endpoints that need one
	changed  bool        // subscribers are to be told
}

// decode reads the JSON body.
func (c *call) decode(v any) bool { return json.Unmarshal(c.body, v) == nil }

// locked serves an endpoint with s.mu held and returns the reply to be encoded as JSON, or a retCode.
type locked func(s *Server, c *call) any

// open serves an endpoint that waits or replies with something else than JSON. It locks for itself.
type open func(s *Server, w http.ResponseWriter, c *call)

// retCode is a reply that holds nothing but a return code; the endpoint decides about its shape.
type retCode int

// inSession are the endpoints of the base host that need a session and speak JSON.
var inSession = map[string]locked{
	"webwxinit":            (*Server).webwxinit,
	"webwxstatusnotify":    (*Server).webwxstatusnotify,
	"webwxsync":            (*Server).webwxsync,
	"webwxgetcontact":      (*Server).webwxgetcontact,
	"webwxbatchgetcontact": (*Server).webwxbatchgetcontact,
	"webwxsendmsg":         (*Server).webwxsendmsg,
	"webwxsendmsgimg":      (*Server).webwxsendmsgimg,
	"webwxsendvideomsg":    (*Server).webwxsendvideomsg,
	"webwxsendemoticon":    (*Server).webwxsendemoticon,
	"webwxsendappmsg":      (*Server).webwxsendappmsg,
	"webwxcheckupload":     (*Server).webwxcheckupload,
	"webwxrevokemsg":       (*Server).webwxrevokemsg,
	"webwxoplog":           (*Server).webwxoplog,
	"webwxverifyuser":      (*Server).webwxverifyuser,
	"webwxcreatechatroom":  (*Server).webwxcreatechatroom,
	"webwxupdatechatroom":  (*Server).webwxupdatechatroom,
}

// others are the remaining endpoints of the base host.
var others = map[string]open{
	"webwxnewloginpage":     (*Server).webwxnewloginpage,
	"webwxpushloginurl":     (*Server).webwxpushloginurl,
	"webwxlogout":           (*Server).webwxlogout,
	"webwxgetmsgimg":        (*Server).webwxgetmsg,
	"webwxgetvoice":         (*Server).webwxgetmsg,
	"webwxgetvideo":         (*Server).webwxgetmsg,
	"webwxgeticon":          (*Server).webwxgeticon,
	"webwxgetheadimg":       (*Server).webwxgeticon,
	"webwxgetpubliclinkimg": (*Server).webwxgeticon,
}

// Handler is the server as seen from the network; it routes by the Host header. A panic with http.ErrAbortHandler is
// how it breaks a connection on purpose.
func (s *Server) Handler() http.Handler { return http.HandlerFunc(s.serveHTTP) }

func (s *Server) serveHTTP(w http.ResponseWriter, r *http.Request) {
	endpoint := endpointOf(r.URL)
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		status := http.StatusBadRequest
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			status = http.StatusRequestEntityTooLarge
		}
		http.Error(w, "request body", status)
		return
	}
	fault, taken := r.Context().Value(takenFault{}).(*Fault)
	if !taken {
		fault = s.arrive(r, body)
	}
	rec := newRecorder()
	c := &call{r: r, endpoint: endpoint, query: r.URL.Query(), body: body, header: rec.header}
	s.faulty(fault, rec, c)
	if r.Context().Err() != nil {
		panic(http.ErrAbortHandler) // nobody waits for the reply
	}
	reply(w, r, rec)
}

// endpointOf names an endpoint by the last part of its path.
func endpointOf(u *url.URL) string {
	if strings.HasPrefix(u.Path, "/qrcode/") {
		return "qrcode"
	}
	return path.Base(u.Path)
}

// reply sends what was recorded, compressed where the client offers it.
func reply(w http.ResponseWriter, r *http.Request, rec *recorder) {
	h := w.Header()
	for k, v := range rec.header {
		h[k] = v
	}
	h.Set("Strict-Transport-Security", "max-age=31536000")
	body := rec.body.Bytes()
	if len(body) > 512 && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") && rec.code == http.StatusOK {
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		_, _ = z.Write(body)
		_ = z.Close()
		body = packed.Bytes()
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(rec.code)
	_, _ = w.Write(body)
}

// dispatch serves a request without any fault.
func (s *Server) dispatch(w http.ResponseWriter, c *call) {
	host := c.r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	name, inBase := strings.CutPrefix(c.r.URL.Path, prefix)
	switch {
	case host == loginHost && c.r.URL.Path == "/jslogin":
		s.jslogin(w, c)
	case host == loginHost && name == "login":
		s.login(w, c)
	case host == qrHost && c.endpoint == "qrcode":
		s.qrcode(w, c)
	case host == "webpush."+s.opts.Domain && name == "synccheck":
		s.synccheck(w, c)
	case host == "file."+s.opts.Domain && name == "webwxuploadmedia":
		s.webwxuploadmedia(w, c)
	case host == "file."+s.opts.Domain && name == "webwxgetmedia":
		s.webwxgetmedia(w, c)
	case host == s.opts.Domain && inBase:
		s.base(w, c, name)
	default:
		http.NotFound(w, c.r)
	}
}

func (s *Server) base(w http.ResponseWriter, c *call, name string) {
	if serve, ok := others[name]; ok {
		serve(s, w, c)
		return
	}
	serve, ok := inSession[name]
	if !ok {
		http.NotFound(w, c.r)
		return
	}
	var v any
	s.locked(func() {
		if ret := s.authenticate(c); ret != 0 {
			v = retCode(ret)
			return
		}
		v = serve(s, c)
	})
	if c.changed {
		s.tell()
	}
	if ret, ok := v.(retCode); ok {
		v = failure(name, int(ret))
	}
	writeJSON(w, v)
}

// baseResponse begins every JSON reply.
type baseResponse struct {
	Ret    int
	ErrMsg string
}

// failure is the reply of an endpoint that only says what went wrong, or, with 0, that nothing did.
func failure(endpoint string, ret int) any {
	base := baseResponse{Ret: ret}
	switch endpoint {
	case "webwxsync":
		return syncReply{BaseResponse: base, SyncKey: emptyKey, SyncCheckKey: emptyKey}.whole()
	case "webwxsendmsg", "webwxsendmsgimg", "webwxsendvideomsg", "webwxsendemoticon", "webwxsendappmsg":
		return sendReply{BaseResponse: base}
	case "webwxuploadmedia":
		return uploadReply{BaseResponse: base}
	}
	return struct{ BaseResponse baseResponse }{base}
}

// writeJSON encodes as the real server does: nothing escaped but what JSON demands, content type text/plain.
func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "text/plain")
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v)
}

func writeScript(w http.ResponseWriter, script string) {
	w.Header().Set("Content-Type", "text/javascript")
	_, _ = io.WriteString(w, script)
}
