package bot_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"xianjie/bot"
	"xianjie/wechatsim"
)

// The same over sockets and TLS, in real time: nothing here waits for a clock.
func TestOverTheNetwork(t *testing.T) {
	sim := wechatsim.New(wechatsim.Options{})
	phone := sim.AddAccount("main", "衔接小助手")
	lin := sim.AddPerson("小林", wechatsim.Profile{Nick: "小林"})
	phone.AddFriend(lin)
	sim.AutoConfirm(phone)
	l, err := sim.ListenTLS("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	store := newMemory()
	ready, stored := make(chan bot.State, 1), make(chan struct{}, 10)
	a, err := bot.New(bot.Config{
		Name: "main", Store: store, Endpoint: l.Addr(), CA: l.CA(),
		OnState: func(s bot.State) {
			if s.Ready {
				ready <- s
			}
		},
		Stored: func() { stored <- struct{}{} },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	var s bot.State
	select {
	case s = <-ready:
	case <-ctx.Done():
		t.Fatalf("not online: %+v", a.State())
	}
	id := lin.Say(phone, "网上的")
	for store.message(id) == nil {
		select {
		case <-stored:
		case <-ctx.Done():
			t.Fatal("the message did not come")
		}
	}
	if _, err := a.SendText(ctx, bot.Address{Login: s.Login, UserName: phone.UserNameOf(lin)}, "收到"); err != nil {
		t.Error(err)
	}
	if got := lin.Received(phone); len(got) != 1 || got[0].Text != "收到" {
		t.Errorf("received %+v", got)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestCertificates(t *testing.T) {
	store := newMemory()
	if _, err := bot.New(bot.Config{Store: store, Endpoint: "127.0.0.1:1", CA: []byte("nonsense")}); err == nil || !strings.Contains(err.Error(), "PEM") {
		t.Errorf("a file without certificate: %v", err)
	}
	tr, err := bot.Network("127.0.0.1:1", nil)
	if err != nil || tr.TLSClientConfig.RootCAs != nil {
		t.Errorf("without a certificate the system's are trusted: %v", err)
	}
}
