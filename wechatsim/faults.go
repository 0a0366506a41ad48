package wechatsim

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// FaultKind is a way in which a request can go wrong.
type FaultKind string

// The kinds. Handled means that the server does what was asked, whatever the client gets to know of it.
const (
	Unreachable FaultKind = "unreachable" // connection refused; over TLS like Reset, see Listener.Close
	Reset       FaultKind = "reset"       // connection reset, nothing handled
	ReplyLost   FaultKind = "reply_lost"  // handled, then the connection breaks
	Stall       FaultKind = "stall"       // nothing for Delay (0: 30 s), then handled if somebody still waits
	StallReply  FaultKind = "stall_reply" // handled, the reply comes after Delay (0: 30 s)
	BadGateway  FaultKind = "bad_gateway" // 502 with HTML, nothing handled

	Truncated    FaultKind = "truncated"      // handled, half of the reply arrives
	WrongType    FaultKind = "wrong_type"     // handled, Field (default Ret) is a string where it was a number, and vice versa
	MissingField FaultKind = "missing_field"  // handled, Field of the reply's top level is left out
	EmptyBody    FaultKind = "empty_body"     // handled, the reply has no body
	EmptySyncKey FaultKind = "empty_sync_key" // webwxsync: handled, both keys are {"Count":0,"List":[]}

	Return         FaultKind = "return"          // Code is the answer in the endpoint's own shape, nothing handled
	StickySelector FaultKind = "sticky_selector" // synccheck: selector Code at once, whatever there is
	EmptySync      FaultKind = "empty_sync"      // webwxsync: nothing new, the key unchanged, whatever there is
)

func (k FaultKind) known() bool {
	return slices.Contains([]FaultKind{
		Unreachable, Reset, ReplyLost, Stall, StallReply, BadGateway, Truncated, WrongType, MissingField, EmptyBody,
		EmptySyncKey, Return, StickySelector, EmptySync,
	}, k)
}

// Fault is one thing that goes wrong.
type Fault struct {
	Kind FaultKind
	// Code is the Ret of Return – for synccheck the retcode, for login the window.code (201, 202, 500, 0 …), for
	// webwxnewloginpage the ret – and the selector of StickySelector. The session itself goes on; see Account.Kick.
	Code  int
	Delay time.Duration // of Stall and StallReply
	Field string        // of WrongType and MissingField
}

// Injection says which requests a fault befalls. Of several that match a request, the first one injected does.
type Injection struct {
	Fault
	Endpoint string        // last part of the path, e.g. webwxsendmsg; "" for all
	Skip     int           // let so many pass first
	Times    int           // befall so many, then recover; 0: no limit
	For      time.Duration // recover after so long by Options.Now; 0: never
	// When picks requests by their content. It is called under the server's lock and must not call the server.
	When func(r *http.Request, body []byte) bool `json:"-"`

	s     *Server
	until time.Time
	seen  int
	hits  int
}

// Inject lets requests go wrong from now on. The injection returned tells how it goes and can be removed. It panics for a
// kind that does not exist.
//
// Over a real connection net/http repeats a GET by itself when a kept-alive connection breaks before the reply, so
// Reset and ReplyLost with Times 1 may pass unnoticed there; POSTs are not repeated.
func (s *Server) Inject(i Injection) *Injection {
	if !i.Kind.known() {
		panic(fmt.Sprintf("wechatsim: no fault kind %q", i.Kind))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in := &i
	in.s, in.seen, in.hits = s, 0, 0
	if in.For > 0 {
		in.until = s.opts.Now().Add(in.For)
	}
	s.faults = append(s.faults, in)
	return in
}

// Heal removes all injections.
func (s *Server) Heal() { s.locked(func() { s.faults = nil }) }

// Hits is the number of requests befallen so far.
func (i *Injection) Hits() int {
	i.s.mu.Lock()
	defer i.s.mu.Unlock()
	return i.hits
}

// Remove ends the injection.
func (i *Injection) Remove() {
	i.s.locked(func() {
		i.s.faults = slices.DeleteFunc(i.s.faults, func(other *Injection) bool { return other == i })
	})
}

// befalls decides about a request, and counts it.
func (i *Injection) befalls(endpoint string, r *http.Request, body []byte, now time.Time) bool {
	switch {
	case i.Endpoint != "" && i.Endpoint != endpoint,
		!i.until.IsZero() && !now.Before(i.until),
		i.Times > 0 && i.hits >= i.Times,
		i.When != nil && !i.When(r, body):
		return false
	}
	i.seen++
	if i.seen <= i.Skip {
		return false
	}
	i.hits++
	return true
}

// arrive counts a request and picks its fault, nil for none.
func (s *Server) arrive(r *http.Request, body []byte) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	endpoint := endpointOf(r.URL)
	s.counters[endpoint]++
	for _, i := range s.faults {
		if i.befalls(endpoint, r, body, s.opts.Now()) {
			return &i.Fault
		}
	}
	return nil
}

// stallTime is how long a stalled request hangs unless told otherwise.
const stallTime = 30 * time.Second

// faulty serves a request with a fault; nil for none. It panics with http.ErrAbortHandler to break the connection.
func (s *Server) faulty(f *Fault, rec *recorder, c *call) {
	if f == nil {
		s.dispatch(rec, c)
		return
	}
	switch f.Kind {
	case Unreachable, Reset:
		panic(http.ErrAbortHandler)
	case Stall:
		if !pause(c.r.Context(), f.Delay) {
			panic(http.ErrAbortHandler)
		}
	case BadGateway:
		rec.header.Set("Content-Type", "text/html")
		rec.code = http.StatusBadGateway
		rec.body.WriteString("<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n")
		return
	case Return:
		returnCode(rec, c.endpoint, f.Code)
		return
	case StickySelector:
		if s.live(c) {
			writeScript(rec, checkReply(0, f.Code))
			return
		}
	case EmptySync:
		var req struct{ SyncKey syncKey }
		if s.live(c) && c.decode(&req) {
			writeJSON(rec, syncReply{SyncKey: req.SyncKey, SyncCheckKey: req.SyncKey}.whole())
			return
		}
	}
	s.dispatch(rec, c)
	f.spoil(rec, c)
}

// spoil does to a reply what the fault says.
func (f *Fault) spoil(rec *recorder, c *call) {
	switch f.Kind {
	case ReplyLost:
		panic(http.ErrAbortHandler)
	case StallReply:
		if !pause(c.r.Context(), f.Delay) {
			panic(http.ErrAbortHandler)
		}
	case Truncated:
		rec.body.Truncate(rec.body.Len() / 2)
	case EmptyBody:
		rec.body.Reset()
	case WrongType:
		f.wrongType(rec)
	case MissingField:
		rewrite(rec, func(fields map[string]json.RawMessage) { delete(fields, f.Field) })
	case EmptySyncKey:
		rewrite(rec, func(fields map[string]json.RawMessage) {
			empty := json.RawMessage(`{"Count":0,"List":[]}`)
			fields["SyncKey"], fields["SyncCheckKey"] = empty, empty
		})
	}
}

// live reports whether a request comes from a live session.
func (s *Server) live(c *call) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.r.Method == http.MethodPost {
		return s.authenticate(c) == 0
	}
	_, code := s.checkSession(c)
	return code == 0
}

// returnCode answers with nothing but a code.
func returnCode(w http.ResponseWriter, endpoint string, code int) {
	switch endpoint {
	case "jslogin":
		writeScript(w, `window.QRLogin.code = `+strconv.Itoa(code)+`; window.QRLogin.uuid = "";`)
	case "login":
		writeScript(w, loginCode(code))
	case "synccheck":
		writeScript(w, checkReply(code, 0))
	case "webwxnewloginpage":
		refuseLogin(w, code)
	case "webwxpushloginurl":
		writeJSON(w, pushReply{Ret: strconv.Itoa(code), Msg: "device authinfo invalid"})
	default:
		writeJSON(w, failure(endpoint, code))
	}
}

// wrongType changes the type of the first field of that name.
func (f *Fault) wrongType(rec *recorder) {
	field := f.Field
	if field == "" {
		field = "Ret"
	}
	name := regexp.QuoteMeta(strconv.Quote(field)) + `:`
	for _, change := range []struct{ from, to string }{
		{name + `(-?\d+)`, `"` + field + `":"$1"`},
		{name + `"(?:[^"\\]|\\.)*"`, `"` + field + `":0`},
		{name + `\[`, `"` + field + `":0,"_":[`},
	} {
		re := regexp.MustCompile(change.from)
		if at := re.FindSubmatchIndex(rec.body.Bytes()); at != nil {
			body := bytes.Clone(rec.body.Bytes())
			rec.body.Reset()
			rec.body.Write(body[:at[0]])
			rec.body.Write(re.Expand(nil, []byte(change.to), body, at))
			rec.body.Write(body[at[1]:])
			return
		}
	}
}

// rewrite changes the top level of a JSON reply.
func rewrite(rec *recorder, change func(map[string]json.RawMessage)) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(rec.body.Bytes(), &fields) != nil {
		return
	}
	change(fields)
	rec.body.Reset()
	writeJSON(rec, fields)
}

// pause waits; false if the context ended before.
func pause(ctx context.Context, d time.Duration) bool {
	if d == 0 {
		d = stallTime
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
