package wechatsim

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"syscall"
)

// takenFault is the context key under which Transport hands on the fault it took for a request.
type takenFault struct{}

// Transport reaches the server in-process: a request is served on the goroutine that makes it, and the whole reply is
// buffered. It ends with the request's context, calls the WroteHeaders and WroteRequest hooks of httptrace at the
// moment from which on the server may act, and turns broken connections into the errors a socket would give.
func (s *Server) Transport() http.RoundTripper { return transport{s} }

type transport struct{ s *Server }

func (t transport) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := drain(req)
	if err != nil {
		return nil, err
	}
	ctx := req.Context()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	fault := t.s.arrive(req, body)
	if fault != nil && fault.Kind == Unreachable {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
	if trace := httptrace.ContextClientTrace(ctx); trace != nil {
		if trace.WroteHeaders != nil {
			trace.WroteHeaders()
		}
		if trace.WroteRequest != nil {
			trace.WroteRequest(httptrace.WroteRequestInfo{})
		}
	}
	in := req.Clone(context.WithValue(ctx, takenFault{}, fault))
	in.Body = io.NopCloser(bytes.NewReader(body))
	in.RequestURI = req.URL.RequestURI()
	if in.Host == "" {
		in.Host = req.URL.Host
	}
	rec := newRecorder()
	if !served(t.s, rec, in) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		return nil, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	}
	return rec.response(req), nil
}

// drain reads and closes the body of a request.
func drain(req *http.Request) ([]byte, error) {
	if req.Body == nil {
		return nil, nil
	}
	defer req.Body.Close()
	return io.ReadAll(req.Body)
}

// served reports whether the handler answered instead of breaking the connection.
func served(s *Server, w http.ResponseWriter, r *http.Request) (ok bool) {
	defer func() {
		switch p := recover(); {
		case p == nil:
		case isAbort(p):
			ok = false
		default:
			panic(p)
		}
	}()
	s.serveHTTP(w, r)
	return true
}

func isAbort(p any) bool {
	err, ok := p.(error)
	return ok && errors.Is(err, http.ErrAbortHandler)
}
