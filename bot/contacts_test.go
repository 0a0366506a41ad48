package bot_test

import (
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"
	"testing"
	"time"

	"xianjie/bot"
	"xianjie/wechatsim"
)

func TestContactsFollowThePhone(t *testing.T) {
	inWorld(t, wechatsim.Options{ContactPage: 7}, func(t *testing.T, w *world) {
		var people []*wechatsim.Person
		for i := range 50 {
			people = append(people, w.friend(fmt.Sprintf("同学%02d", i)))
		}
		lin := people[0]
		w.phone.SetRemark(lin, "林 <一> & 二😄")
		w.online()
		contact := func(p *wechatsim.Person) (bot.Contact, bool) {
			c, ok := w.store.of(w.bot.State().Login)[w.phone.UserNameOf(p)]
			return c, ok
		}
		for _, p := range people {
			if c, ok := contact(p); !ok || c.Nick != p.ID() || c.Kind != bot.ContactFriend {
				t.Fatalf("%s is stored as %+v", p.ID(), c)
			}
		}
		if c, _ := contact(lin); c.Remark != "林 <一> & 二😄" {
			t.Errorf("remark %q", c.Remark)
		}
		lin.SetNick("新<名>🇨🇳")
		w.until(time.Minute, "the new name", func() bool { c, _ := contact(lin); return c.Nick == "新<名>🇨🇳" })
		w.phone.DeleteFriend(lin)
		w.until(time.Minute, "gone", func() bool { _, ok := contact(lin); return !ok })
		before := w.store.listsStored()
		time.Sleep(25 * time.Hour)
		if n := w.store.listsStored() - before; n != 4 {
			t.Errorf("the list was fetched %d times in 25 hours, want 4", n)
		}
	})
}

// An incomplete list would make people strangers until the next one.
func TestIncompleteContactLists(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault wechatsim.Fault
		times int
	}{
		{"empty", wechatsim.Fault{Kind: wechatsim.MissingField, Field: "MemberList"}, 2},
		{"nothing", wechatsim.Fault{Kind: wechatsim.EmptyBody}, 5},
		{"no return code", wechatsim.Fault{Kind: wechatsim.MissingField, Field: "BaseResponse"}, 5},
		{"of another type", wechatsim.Fault{Kind: wechatsim.WrongType, Field: "MemberList"}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, wechatsim.Options{}, func(t *testing.T, w *world) {
				lin := w.friend("小林")
				w.sim.Inject(wechatsim.Injection{Endpoint: "webwxgetcontact", Times: c.times, Fault: c.fault})
				w.online()
				if _, ok := w.store.of(w.bot.State().Login)[w.phone.UserNameOf(lin)]; !ok {
					t.Error("ready with a list that lacks a friend")
				}
			})
		})
	}
}

// emptyLists is a server that answers with an empty contact list some times first.
type emptyLists struct {
	server http.RoundTripper
	left   *int
}

func (e emptyLists) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := e.server.RoundTrip(req)
	if err == nil && path.Base(req.URL.Path) == "webwxgetcontact" && *e.left > 0 {
		*e.left--
		resp.Body = io.NopCloser(strings.NewReader(`{"BaseResponse":{"Ret":0},"MemberCount":0,"MemberList":[],"Seq":0}`))
	}
	return resp, err
}

func TestAnEmptyContactListIsNotBelievedAtOnce(t *testing.T) {
	for _, c := range []struct {
		name  string
		empty int
		found bool
	}{
		{"at first", 3, true},
		{"always", 1000, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, wechatsim.Options{}, func(t *testing.T, w *world) {
				lin := w.friend("小林")
				w.sim.AutoConfirm(w.phone)
				w.startWith(func(b *bot.Config) { b.Transport = emptyLists{w.sim.Transport(), &c.empty} })
				w.until(time.Minute, "ready", func() bool { return w.bot.State().Ready })
				if _, ok := w.store.of(w.bot.State().Login)[w.phone.UserNameOf(lin)]; ok != c.found {
					t.Errorf("the friend is stored: %v", ok)
				}
			})
		})
	}
}

func TestFriends(t *testing.T) {
	for _, c := range []struct {
		name string
		b    wechatsim.Behaviour
	}{
		{"accept", wechatsim.Behaviour{}},
		{"accept with another user name", wechatsim.Behaviour{RenameOnAccept: true, AcceptText: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, wechatsim.Options{Behaviour: c.b}, func(t *testing.T, w *world) {
				zhou := w.sim.AddPerson("小周", wechatsim.Profile{Nick: "小<周>😄"})
				w.online()
				login := w.bot.State().Login
				in := w.received(zhou.Befriend(w.phone, "2016123 & 周"))
				f := in.Extra.Friend
				if in.Kind != bot.KindFriendRequest || f == nil || f.Greeting != "2016123 & 周" || f.Nick != "小<周>😄" || in.Chat != f.UserName {
					t.Fatalf("request: %+v %+v", in, f)
				}
				if err := w.bot.AcceptFriend(t.Context(), login, *f); err != nil {
					t.Fatal(err)
				}
				if !w.phone.IsFriend(zhou) {
					t.Fatal("not accepted")
				}
				w.until(time.Minute, "the contact", func() bool {
					c := w.store.of(login)[w.phone.UserNameOf(zhou)]
					return c.Kind == bot.ContactFriend && c.Nick == "小<周>😄"
				})
				if got := w.received(zhou.Say(w.phone, "我来了")); got.Chat != w.phone.UserNameOf(zhou) {
					t.Errorf("writes from %q", got.Chat)
				}
				if err := w.bot.AcceptFriend(t.Context(), login, *f); err == nil {
					t.Error("accepted twice")
				}
				if err := w.bot.AcceptFriend(t.Context(), "another", *f); err != bot.ErrStale {
					t.Errorf("accept in another login: %v", err)
				}
			})
		})
	}
}
