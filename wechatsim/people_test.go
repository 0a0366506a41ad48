package wechatsim_test

import (
	"slices"
	"testing"

	"xianjie/wechatsim"
)

func TestWhoIsThere(t *testing.T) {
	w := newWorld(t, wechatsim.Options{})
	g := w.AddGroup("class", "1班", w.account, w.lin)
	if got := w.People(); !slices.Equal(got, []*wechatsim.Person{w.lin, w.zhou, w.qin}) {
		t.Errorf("People: %v", got)
	}
	if got := w.account.Friends(); !slices.Equal(got, []*wechatsim.Person{w.lin, w.zhou}) {
		t.Errorf("Friends: %v", got)
	}
	if w.Person("lin") != w.lin || w.Account("bot") != w.account || w.Group("class") != g {
		t.Error("not found by ID")
	}
	if w.Person("bot") != nil || w.Account("lin") != nil || w.Group("lin") != nil || w.Person("nobody") != nil {
		t.Error("found by the ID of something else")
	}
	w.qin.SetProfile(wechatsim.Profile{Nick: "若溪", Signature: "在路上"})
	w.account.SetNick("青禾")
	if w.qin.Profile().Nick != "若溪" || w.account.Nick() != "青禾" {
		t.Error("names did not change")
	}
	if w.account.UserNameOf(w.lin) != "" || w.account.LoggedIn() || len(w.Sessions()) != 0 {
		t.Error("an account that never logged in has a session")
	}
}

// TestSeed: one seed gives one world, another gives another.
func TestSeed(t *testing.T) {
	user := func(seed uint64) string {
		w := newWorld(t, wechatsim.Options{Seed: seed})
		logIn(t, w)
		return w.to(w.lin)
	}
	if one := user(1); one != user(1) || one == user(2) {
		t.Error("user names do not follow the seed")
	}
}
