package wechatsim_test

import (
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"slices"
	"testing"

	"xianjie/wechatsim"
)

// listen serves the world on a port and lets a client reach it there.
func listen(t *testing.T, w world, c *web, addr string) *wechatsim.Listener {
	t.Helper()
	l, err := w.ListenTLS(addr)
	if err != nil {
		t.Fatal(err)
	}
	network := l.Transport()
	c.http.Transport = network
	t.Cleanup(func() {
		network.CloseIdleConnections()
		_ = l.Close()
	})
	return l
}

func TestListenTLS(t *testing.T) {
	w := newWorld(t, wechatsim.Options{Domain: "wx.example.com"})
	w.AutoConfirm(w.account)
	c := connect(t, w.Server)
	c.domain = "wx.example.com"
	l := listen(t, w, c, "127.0.0.1:0")
	if want := []string{"login.wx.qq.com", "login.weixin.qq.com", "wx.example.com", "file.wx.example.com", "webpush.wx.example.com"}; !slices.Equal(w.Hosts(), want) {
		t.Errorf("hosts %v", w.Hosts())
	}
	block, _ := pem.Decode(l.CA())
	if ca, err := x509.ParseCertificate(block.Bytes); err != nil || !ca.IsCA {
		t.Errorf("CA: %v", err)
	}
	c.enter(c.poll(c.uuid()))
	c.init()
	c.caughtUp()
	w.lin.Say(w.account, "在吗")
	if _, selector := c.check(); selector != "2" || c.one().Content != "在吗" {
		t.Errorf("selector %s", selector)
	}
	if r := c.sendImage(w.to(w.lin), []byte("jpeg")); r.BaseResponse.Ret != 0 {
		t.Errorf("%+v", r)
	}

	post := func(text string) error {
		_, err := c.tryPost("webwxsendmsg", c.text(w.to(w.lin), text, text))
		return err
	}
	for _, tt := range []struct {
		kind wechatsim.FaultKind
		sent int
	}{{wechatsim.Reset, 1}, {wechatsim.Unreachable, 1}, {wechatsim.ReplyLost, 2}} {
		w.Inject(wechatsim.Injection{Fault: wechatsim.Fault{Kind: tt.kind}, Endpoint: "webwxsendmsg", Times: 1})
		if err := post(string(tt.kind)); err == nil || len(w.Ledger()) != tt.sent {
			t.Errorf("%s: %v, %d sent", tt.kind, err, len(w.Ledger()))
		}
	}
}

// TestOutage: a listener can go away under a waiting poll and come back on its port.
func TestOutage(t *testing.T) {
	w := newWorld(t, wechatsim.Options{})
	w.AutoConfirm(w.account)
	c := connect(t, w.Server)
	l := listen(t, w, c, "127.0.0.1:0")
	c.enter(c.poll(c.uuid()))
	c.init()
	c.caughtUp()
	polled := make(chan error)
	arrived := make(chan struct{})
	w.Inject(wechatsim.Injection{Fault: wechatsim.Fault{Kind: wechatsim.Reset}, Endpoint: "synccheck", When: func(*http.Request, []byte) bool {
		close(arrived)
		return false
	}, Times: 1})
	go func() {
		_, err := c.try(c.request(http.MethodGet, c.checkURL(c.checkKey.String()), nil))
		polled <- err
	}()
	<-arrived
	w.Heal()
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if err := <-polled; err == nil {
		t.Error("the poll ended well")
	}
	if _, err := c.try(c.request(http.MethodGet, c.checkURL(""), nil)); err == nil {
		t.Error("reachable after Close")
	}
	again := listen(t, w, c, l.Addr())
	if !slices.Equal(again.CA(), l.CA()) {
		t.Error("another CA after the outage")
	}
	if c.say(w.to(w.lin), "回来了", "1").BaseResponse.Ret != 0 {
		t.Error("the session did not survive")
	}
}
