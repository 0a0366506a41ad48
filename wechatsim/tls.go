package wechatsim

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"time"
)

// authority certifies the server's hosts. Nobody else trusts it.
type authority struct {
	pem  []byte // of its own certificate
	leaf tls.Certificate
}

// newAuthority makes a certificate authority and has it certify the hosts.
func newAuthority(hosts []string) (*authority, error) {
	// Wide enough for tests that move the clock.
	from, to := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "wechatsim"}, NotBefore: from, NotAfter: to,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, &caKey.PublicKey, caKey)
	if err != nil {
		return nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: hosts[0]}, NotBefore: from, NotAfter: to, DNSNames: hosts,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, ca, &key.PublicKey, caKey)
	if err != nil {
		return nil, err
	}
	return &authority{
		pem:  pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: caDER}),
		leaf: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
	}, nil
}

// Hosts are the five names clients use.
func (s *Server) Hosts() []string {
	d := s.opts.Domain
	return []string{loginHost, qrHost, d, "file." + d, "webpush." + d}
}

// Listener is the server on a TCP port, for all its hosts.
type Listener struct {
	addr string
	ca   []byte
	srv  *http.Server
	done chan struct{}
}

// ListenTLS serves on an address such as 127.0.0.1:0. All listeners of a server share one certificate authority, so a
// listener can be closed and opened again on the same port, as after an outage.
func (s *Server) ListenTLS(addr string) (*Listener, error) {
	auth, err := s.certified()
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	tcp, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	l := &Listener{addr: tcp.Addr().String(), ca: auth.pem, done: make(chan struct{})}
	l.srv = &http.Server{
		Handler: s.Handler(), ReadHeaderTimeout: 10 * time.Second,
		ErrorLog: log.New(io.Discard, "", 0), // clients that go away are nothing to report
	}
	secure := tls.NewListener(tcp, &tls.Config{
		Certificates: []tls.Certificate{auth.leaf}, NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12,
	})
	go func() {
		defer close(l.done)
		_ = l.srv.Serve(secure) // ends by Close
	}()
	return l, nil
}

func (s *Server) certified() (*authority, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.authority == nil {
		auth, err := newAuthority(s.Hosts())
		if err != nil {
			return nil, err
		}
		s.authority = auth
	}
	return s.authority, nil
}

// Addr is the host:port listened on.
func (l *Listener) Addr() string { return l.addr }

// CA is the certificate to trust, as PEM.
func (l *Listener) CA() []byte { return l.ca }

// Transport reaches the listener by whatever host a request names.
func (l *Listener) Transport() *http.Transport {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(l.ca)
	dialer := net.Dialer{Timeout: 10 * time.Second}
	t := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}
	addr := l.addr
	t.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return dialer.DialContext(ctx, network, addr)
	}
	return t
}

// Close stops listening and breaks all connections, waiting polls included.
func (l *Listener) Close() error {
	err := l.srv.Close()
	<-l.done
	return err
}
