package bot

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRecognise(t *testing.T) {
	k := func(id int64, c Contact) Known {
		c.Kind, c.UserName = ContactFriend, fmt.Sprint("@old", id)
		return Known{ID: id, Contact: c}
	}
	s := func(user string, c Contact) Contact {
		c.Kind, c.UserName = ContactFriend, user
		return c
	}
	for _, c := range []struct {
		name   string
		known  []Known
		seen   []Contact
		want   map[string]int64
		unsure []string
	}{
		{
			name:  "by nickname and avatar",
			known: []Known{k(1, Contact{Nick: "小林", Avatar: "7"})},
			seen:  []Contact{s("@a", Contact{Nick: "小林", Avatar: "7"})},
			want:  map[string]int64{"@a": 1},
		},
		{
			name:   "another avatar: asked",
			known:  []Known{k(1, Contact{Nick: "小林", Avatar: "7"})},
			seen:   []Contact{s("@a", Contact{Nick: "小林", Avatar: "8"})},
			unsure: []string{"@a"},
		},
		{
			name:  "another nickname: a stranger",
			known: []Known{k(1, Contact{Nick: "小林", Avatar: "7"})},
			seen:  []Contact{s("@a", Contact{Nick: "林林", Avatar: "7"})},
		},
		{
			name:   "no avatar proves nothing",
			known:  []Known{k(1, Contact{Nick: "小林", Avatar: "0"}), k(2, Contact{Nick: "小周"})},
			seen:   []Contact{s("@a", Contact{Nick: "小林", Avatar: "0"}), s("@b", Contact{Nick: "小周"})},
			unsure: []string{"@a", "@b"},
		},
		{
			name:  "by remark, whatever else changed",
			known: []Known{k(1, Contact{Nick: "小林", Avatar: "7", Remark: "2016 林"})},
			seen:  []Contact{s("@a", Contact{Nick: "早安", Avatar: "9", Remark: "2016 林"})},
			want:  map[string]int64{"@a": 1},
		},
		{
			name:  "by WeChat number, whatever else changed",
			known: []Known{k(1, Contact{Alias: "lin", Nick: "小林", Remark: "甲"})},
			seen:  []Contact{s("@a", Contact{Alias: "lin", Nick: "早安", Remark: "乙"})},
			want:  map[string]int64{"@a": 1},
		},
		{
			name:   "two alike before: nobody is taken for either",
			known:  []Known{k(1, Contact{Nick: "小林", Avatar: "7"}), k(2, Contact{Nick: "小林", Avatar: "7"})},
			seen:   []Contact{s("@a", Contact{Nick: "小林", Avatar: "7"})},
			unsure: []string{"@a"},
		},
		{
			name:   "two alike now: neither is taken for one",
			known:  []Known{k(1, Contact{Nick: "小林", Avatar: "7"})},
			seen:   []Contact{s("@a", Contact{Nick: "小林", Avatar: "7"}), s("@b", Contact{Nick: "小林", Avatar: "7"})},
			unsure: []string{"@a", "@b"},
		},
		{
			name:   "somebody copied the name while its owner changed the picture",
			known:  []Known{k(1, Contact{Nick: "小林", Avatar: "7"})},
			seen:   []Contact{s("@a", Contact{Nick: "小林", Avatar: "8"}), s("@copy", Contact{Nick: "小林", Avatar: "99"})},
			unsure: []string{"@a", "@copy"},
		},
		{
			name:   "the remark was moved to somebody else",
			known:  []Known{k(1, Contact{Nick: "小林", Avatar: "7", Remark: "书记"}), k(2, Contact{Nick: "小周", Avatar: "8"})},
			seen:   []Contact{s("@a", Contact{Nick: "小林", Avatar: "7"}), s("@b", Contact{Nick: "小周", Avatar: "8", Remark: "书记"})},
			unsure: []string{"@a", "@b"},
		},
		{
			name:   "the remark was moved to somebody new with a WeChat number",
			known:  []Known{k(1, Contact{Alias: "lin", Nick: "小林", Avatar: "7", Remark: "书记"})},
			seen:   []Contact{s("@b", Contact{Alias: "zhou", Nick: "小周", Avatar: "8", Remark: "书记"})},
			unsure: []string{"@b"},
		},
		{
			name:   "remarks that differ",
			known:  []Known{k(1, Contact{Nick: "小林", Avatar: "7", Remark: "林甲"})},
			seen:   []Contact{s("@a", Contact{Nick: "小林", Avatar: "7", Remark: "林乙"})},
			unsure: []string{"@a"},
		},
		{
			name:  "the WeChat number settles what remark and picture do not",
			known: []Known{k(1, Contact{Alias: "lin", Nick: "小林", Avatar: "7", Remark: "书记"}), k(2, Contact{Nick: "小周", Avatar: "8"})},
			seen:  []Contact{s("@a", Contact{Alias: "lin", Nick: "小林", Avatar: "7"}), s("@b", Contact{Nick: "小周", Avatar: "8", Remark: "书记"})},
			want:  map[string]int64{"@a": 1, "@b": 2},
		},
		{
			name:  "within a login the user name is enough",
			known: []Known{k(1, Contact{Nick: "小林", Avatar: "7"}), k(2, Contact{Nick: "小周", Avatar: "8"})},
			seen:  []Contact{s("@old2", Contact{Nick: "小林", Avatar: "7"}), s("@old1", Contact{Nick: "小林", Avatar: "9"})},
			want:  map[string]int64{"@old1": 1, "@old2": 2},
		},
		{name: "nobody", known: nil, seen: nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := Recognise(c.known, c.seen)
			if c.want == nil {
				c.want = map[string]int64{}
			}
			if d := cmp.Diff(c.want, r.Matches); d != "" {
				t.Error("matches", d)
			}
			if got := slices.Sorted(maps.Keys(r.Unsure)); !slices.Equal(got, c.unsure) {
				t.Errorf("unsure: %v, want %v", got, c.unsure)
			}
		})
	}
}

func TestKindsAreNotMixedUp(t *testing.T) {
	r := Recognise([]Known{{ID: 1, Contact: Contact{UserName: "@@g", Kind: ContactGroup, Nick: "毕业班", Remark: "班", Avatar: "3"}}},
		[]Contact{{UserName: "@p", Kind: ContactFriend, Nick: "毕业班", Remark: "班", Avatar: "3"}})
	if len(r.Matches) != 0 {
		t.Errorf("a person is taken for a group: %v", r.Matches)
	}
}

// crowd is an account's contacts as they were stored, and as they come in the next login: all ids are others, some
// people changed their avatar, their nickname or both, some left, some are new, some share or copy names.
type crowd struct {
	known []Known
	seen  []Contact
	truth map[string]int64 // user name → Known.ID; 0 for who is new
	same  int              // who changed neither name nor picture and has no double
}

func newCrowd(seed uint64, n int) crowd {
	rng := rand.New(rand.NewPCG(seed, 1))
	c := crowd{truth: map[string]int64{}}
	avatar := func() string { return strconv.FormatInt(600_000_000+rng.Int64N(1e8), 10) }
	nick := func() string { return fmt.Sprint("同学", rng.IntN(n*4/3)) } // a third of the names are shared
	chance := func(percent int) bool { return rng.IntN(100) < percent }
	copies := map[string]bool{}
	add := func(id int64, p Contact) {
		p.UserName, p.Kind = fmt.Sprintf("@new%d", len(c.seen)), ContactFriend
		c.seen = append(c.seen, p)
		c.truth[p.UserName] = id
	}
	for id := range int64(n) {
		p := Contact{UserName: fmt.Sprint("@old", id), Kind: ContactFriend, Nick: nick(), Avatar: avatar()}
		if chance(2) {
			p.Alias = fmt.Sprint("alias", id)
		}
		if chance(5) {
			p.Remark = fmt.Sprint("备注", rng.IntN(n))
		}
		c.known = append(c.known, Known{ID: id + 1, Contact: p})
		switch now := p; {
		case chance(2): // gone
		case chance(10):
			now.Avatar = avatar()
			add(id+1, now)
		case chance(5):
			now.Nick = nick()
			add(id+1, now)
		case chance(2):
			now.Nick, now.Avatar = nick(), avatar()
			add(id+1, now)
		default:
			add(id+1, now)
		}
		if chance(3) { // somebody new takes name and picture; the picture gets a number of its own
			add(0, Contact{Nick: p.Nick, Avatar: avatar()})
			copies[p.Nick] = true
		}
	}
	for _, k := range c.known {
		for _, s := range c.seen {
			if c.truth[s.UserName] == k.ID && s.Nick == k.Contact.Nick && s.Avatar == k.Contact.Avatar {
				c.same++
				break
			}
		}
	}
	rng.Shuffle(len(c.seen), func(i, j int) { c.seen[i], c.seen[j] = c.seen[j], c.seen[i] })
	return c
}

// One wrong match hands one person's matters to another: there must be none. And a login must not be a burden: who
// changed nothing is found again.
func TestRecogniseIsNeverWrong(t *testing.T) {
	for seed := range uint64(20) {
		c := newCrowd(seed, 2000)
		r := Recognise(c.known, c.seen)
		right := 0
		ids := map[int64]string{}
		for user, id := range r.Matches {
			if c.truth[user] != id {
				t.Errorf("seed %d: %s is taken for %d, is %d", seed, user, id, c.truth[user])
			}
			if other, twice := ids[id]; twice {
				t.Errorf("seed %d: %s and %s are both taken for %d", seed, user, other, id)
			}
			if r.Unsure[user] {
				t.Errorf("seed %d: %s is both certain and unsure", seed, user)
			}
			ids[id] = user
			right++
		}
		if right < c.same*99/100 {
			t.Errorf("seed %d: %d of %d who changed nothing were found again", seed, right, c.same)
		}
	}
}

func FuzzRecognise(f *testing.F) {
	f.Add(uint64(1), uint8(20))
	f.Fuzz(func(t *testing.T, seed uint64, n uint8) {
		// Few names, remarks and pictures, so that everything collides.
		rng := rand.New(rand.NewPCG(seed, 2))
		pick := func(prefix string, of int) string {
			if i := rng.IntN(of); i > 0 {
				return fmt.Sprint(prefix, i)
			}
			return ""
		}
		contact := func(user string) Contact {
			return Contact{
				UserName: user, Kind: []ContactKind{ContactFriend, ContactGroup}[rng.IntN(2)],
				Nick: pick("n", 4), Avatar: pick("", 4), Remark: pick("r", 4), Alias: pick("a", 6),
			}
		}
		var known []Known
		var seen []Contact
		for i := range int(n) {
			known = append(known, Known{ID: int64(i + 1), Contact: contact(fmt.Sprint("@k", i))})
			seen = append(seen, contact(fmt.Sprint("@s", i)))
		}
		r := Recognise(known, seen)
		taken := map[int64]bool{}
		for i, s := range seen {
			id, ok := r.Matches[s.UserName]
			if !ok {
				continue
			}
			k := known[id-1].Contact
			if taken[id] || r.Unsure[s.UserName] || k.Kind != s.Kind {
				t.Errorf("%d: %+v matches %+v", i, s, k)
			}
			taken[id] = true
			sure := s.Alias != "" && s.Alias == k.Alias || s.Remark != "" && s.Remark == k.Remark || s.Nick == k.Nick && s.Avatar == k.Avatar
			if !sure || s.Alias != "" && k.Alias != "" && s.Alias != k.Alias {
				t.Errorf("%d: %+v is taken for %+v", i, s, k)
			}
		}
		if again := Recognise(known, seen); !maps.Equal(again.Matches, r.Matches) || !maps.Equal(again.Unsure, r.Unsure) {
			t.Error("asked twice it answers differently")
		}
	})
}
