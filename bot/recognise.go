package bot

// Known is a stored contact to be found again after a login.
type Known struct {
	ID      int64
	Contact Contact // as it was last seen
}

// Recognition says which stored contacts the contacts of a new login are.
type Recognition struct {
	Matches map[string]int64 // user name → Known.ID, where certain
	Unsure  map[string]bool  // user names that resemble a stored contact without certainty: they are asked
}

// Recognise finds stored contacts again after a login with fresh ids. A wrong match would hand one person's matters to
// another, so only evidence counts that cannot be copied by somebody else and that is unique on both sides:
//
//   - the user name itself, when the list is fetched again within a login;
//   - the WeChat number (Alias), which WeChat keeps unique;
//   - the remark, which only the account's own phone sets;
//   - nickname and avatar version together: a nickname can be copied, a version number cannot be chosen;
//   - a group's name: nothing personal is ever said in a group, and WeChat tells nothing else about one.
//
// Remark and picture must not contradict each other nor the WeChat number: a remark that was moved to somebody else on the
// phone proves nothing. Whoever only resembles a stored contact is unsure and is asked once.
func Recognise(known []Known, seen []Contact) Recognition {
	r := recogniser{known: known, seen: seen, knownOf: make([]int, len(seen)), seenOf: make([]int, len(known))}
	for i := range r.knownOf {
		r.knownOf[i] = none
	}
	for j := range r.seenOf {
		r.seenOf[j] = none
	}
	r.settle(func(c Contact) string { return c.UserName })
	r.settle(func(c Contact) string { return c.Alias })
	r.settle(func(c Contact) string { return c.Remark }, func(c Contact) string {
		if c.Nick == "" || c.Avatar == "" || c.Avatar == "0" {
			return ""
		}
		return c.Nick + "\x00" + c.Avatar
	})
	r.settle(func(c Contact) string {
		if c.Kind != ContactGroup {
			return ""
		}
		return c.Nick
	})
	return r.result()
}

// none marks a contact without counterpart, torn one with several.
const (
	none = -1
	torn = -2
)

type recogniser struct {
	known   []Known
	seen    []Contact
	knownOf []int // index in known for each of seen, or none
	seenOf  []int // and the other way round
}

// settle matches what is left by pieces of evidence of equal weight, where all of them agree.
func (r *recogniser) settle(evidence ...func(Contact) string) {
	forSeen, forKnown := map[int]int{}, map[int]int{}
	claim := func(m map[int]int, of, is int) {
		if was, ok := m[of]; ok && was != is {
			is = torn
		}
		m[of] = is
	}
	for _, by := range evidence {
		mine := index(r.known, func(k Known) string { return key(k.Contact, by) })
		for k, i := range index(r.seen, func(c Contact) string { return key(c, by) }) {
			j, ok := mine[k]
			if !ok || i == torn || j == torn || r.knownOf[i] != none || r.seenOf[j] != none {
				continue
			}
			claim(forSeen, i, j)
			claim(forKnown, j, i)
		}
	}
	for i, j := range forSeen {
		if j != torn && forKnown[j] == i && !contradict(r.seen[i], r.known[j].Contact) {
			r.knownOf[i], r.seenOf[j] = j, i
		}
	}
}

// contradict reports that two contacts are not the same person, or that it cannot be said.
func contradict(a, b Contact) bool {
	if a.UserName == b.UserName {
		return false
	}
	differ := func(x, y string) bool { return x != "" && y != "" && x != y }
	sameAlias := a.Alias != "" && a.Alias == b.Alias
	return differ(a.Alias, b.Alias) || !sameAlias && differ(a.Remark, b.Remark)
}

// result also finds whom those left over resemble.
func (r *recogniser) result() Recognition {
	out := Recognition{Matches: map[string]int64{}, Unsure: map[string]bool{}}
	likeness := []func(Contact) string{
		func(c Contact) string { return c.Nick },
		func(c Contact) string { return c.Remark },
		func(c Contact) string { return c.Alias },
	}
	for _, by := range likeness {
		lost := map[string]bool{}
		for j, k := range r.known {
			if r.seenOf[j] == none {
				lost[key(k.Contact, by)] = true
			}
		}
		delete(lost, "")
		for i, c := range r.seen {
			if r.knownOf[i] == none && lost[key(c, by)] {
				out.Unsure[c.UserName] = true
			}
		}
	}
	for i, j := range r.knownOf {
		if j != none {
			out.Matches[r.seen[i].UserName] = r.known[j].ID
		}
	}
	return out
}

// key is a piece of evidence, kept apart by kind of contact.
func key(c Contact, by func(Contact) string) string {
	if v := by(c); v != "" {
		return string(c.Kind) + "\x00" + v
	}
	return ""
}

// index finds each key's only place, torn where several share it.
func index[T any](list []T, of func(T) string) map[string]int {
	m := make(map[string]int, len(list))
	for i, v := range list {
		k := of(v)
		if k == "" {
			continue
		}
		if _, there := m[k]; there {
			m[k] = torn
			continue
		}
		m[k] = i
	}
	return m
}
