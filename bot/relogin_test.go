package bot_test

import (
	"fmt"
	"testing"
	"time"

	"xianjie/bot"
	"xianjie/wechatsim"
)

// After a login all ids are others. Contacts are found again, and nobody is taken for somebody else.
func TestContactsAreFoundAgain(t *testing.T) {
	const n = 2000
	inWorld(t, wechatsim.Options{}, func(t *testing.T, w *world) {
		var people []*wechatsim.Person
		for i := range n {
			p := w.sim.AddPerson(fmt.Sprint("p", i), wechatsim.Profile{Nick: fmt.Sprint("同学", i%1500)}) // 500 names are shared
			w.phone.AddFriend(p)
			people = append(people, p)
		}
		w.online()
		first := w.bot.State().Login
		owner := map[int64]string{} // Known.ID → person
		var known []bot.Known
		for i, p := range people {
			c, ok := w.store.of(first)[w.phone.UserNameOf(p)]
			if !ok {
				t.Fatalf("%s is not stored", p.ID())
			}
			known = append(known, bot.Known{ID: int64(i + 1), Contact: c})
			owner[int64(i+1)] = p.ID()
		}
		changed := map[string]bool{}
		for i, p := range people {
			switch {
			case i%10 == 0:
				p.SetAvatar()
			case i%20 == 1:
				p.SetNick(fmt.Sprint("同学", (i*7)%1500))
			case i%50 == 2:
				p.SetAvatar()
				p.SetNick(fmt.Sprint("同学", (i*7)%1500))
			default:
				continue
			}
			changed[p.ID()] = true
		}
		w.phone.Relogin()
		w.until(time.Minute, "the next login", func() bool {
			s := w.bot.State()
			return s.Ready && s.Login != first
		})
		var seen []bot.Contact
		person := map[string]string{} // user name → person
		for _, p := range people {
			user := w.phone.UserNameOf(p)
			person[user] = p.ID()
			c, ok := w.store.of(w.bot.State().Login)[user]
			if !ok {
				t.Fatalf("%s is not stored after the login", p.ID())
			}
			seen = append(seen, c)
		}
		r := bot.Recognise(known, seen)
		found := map[string]bool{}
		for user, id := range r.Matches {
			if owner[id] != person[user] {
				t.Errorf("%s is taken for %s", person[user], owner[id])
			}
			found[person[user]] = true
		}
		for _, p := range people {
			if !changed[p.ID()] && !found[p.ID()] {
				t.Errorf("%s changed nothing and was not found again", p.ID())
			}
		}
		t.Logf("%d of %d found again, %d to be asked", len(r.Matches), n, len(r.Unsure))
	})
}
