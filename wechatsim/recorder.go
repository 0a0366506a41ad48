package wechatsim

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
)

// recorder keeps a reply until it is known whether, and in what shape, the client gets it.
type recorder struct {
	code   int
	header http.Header
	body   bytes.Buffer
}

func newRecorder() *recorder { return &recorder{code: http.StatusOK, header: http.Header{}} }

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(code int)        { r.code = code }
func (r *recorder) Write(p []byte) (int, error) { return r.body.Write(p) }

// response is the reply as a client of Transport gets it.
func (r *recorder) response(req *http.Request) *http.Response {
	return &http.Response{
		Status:     strconv.Itoa(r.code) + " " + http.StatusText(r.code),
		StatusCode: r.code, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: r.header, Request: req,
		Body: io.NopCloser(bytes.NewReader(r.body.Bytes())), ContentLength: int64(r.body.Len()),
	}
}
