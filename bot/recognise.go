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
//   - the WeChat number (Alias), which WeChat keeps unique;
//   - the remark, which only the account's own phone sets;
//   - nickname and avatar version together: a nickname can be copied, a version number cannot be chosen.
//
// Whoever shares only a nickname with a stored contact is unsure and is asked once.
func Recognise(known []Known, seen []Contact) Recognition {
	r := Recognition{Matches: map[string]int64{}, Unsure: map[string]bool{}}
	taken := map[int64]bool{}
	evidence := []func(Contact) string{
		func(c Contact) string { return c.Alias },
		func(c Contact) string { return c.Remark },
		func(c Contact) string {
			if c.Nick == "" || c.Avatar == "" || c.Avatar == "0" {
				return ""
			}
			return c.Nick + "\x00" + c.Avatar
		},
	}
	for _, by := range evidence {
		mine, theirs := index(known, func(k Known) string { return key(k.Contact, by) }), index(seen, func(c Contact) string { return key(c, by) })
		for k, i := range theirs {
			j, ok := mine[k]
			if !ok || i < 0 || j < 0 {
				continue
			}
			user, id := seen[i].UserName, known[j].ID
			if _, done := r.Matches[user]; done || taken[id] {
				continue
			}
			r.Matches[user] = id
			taken[id] = true
		}
	}
	names := map[string]bool{}
	for _, k := range known {
		if !taken[k.ID] && k.Contact.Nick != "" {
			names[k.Contact.Nick] = true
		}
	}
	for _, c := range seen {
		if _, ok := r.Matches[c.UserName]; !ok && names[c.Nick] {
			r.Unsure[c.UserName] = true
		}
	}
	return r
}

// key is a piece of evidence, kept apart by kind of contact.
func key(c Contact, by func(Contact) string) string {
	if v := by(c); v != "" {
		return string(c.Kind) + "\x00" + v
	}
	return ""
}

// index finds each key's only place, -1 where several share it.
func index[T any](list []T, of func(T) string) map[string]int {
	m := make(map[string]int, len(list))
	for i, v := range list {
		k := of(v)
		if k == "" {
			continue
		}
		if _, there := m[k]; there {
			m[k] = -1
			continue
		}
		m[k] = i
	}
	return m
}
