package season

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// validator collects the faults of one file. Places are paths such as duties[2].steps[0].to.
type validator struct {
	s      *Season
	file   string
	places map[string]place
	faults Faults
	at     []string // paths of the faults, same index
}

// place is where something stands in the file.
type place struct {
	line  int
	value string // of a scalar
}

// index notes every place in the file.
func (v *validator) index(path string, n *yaml.Node) {
	v.places[path] = place{n.Line, n.Value}
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			p := n.Content[i].Value
			if path != "" {
				p = path + "." + p
			}
			v.index(p, n.Content[i+1])
			v.places[p] = place{n.Content[i].Line, n.Content[i+1].Value}
		}
	case yaml.SequenceNode:
		for i, c := range n.Content {
			v.index(fmt.Sprintf("%s[%d]", path, i), c)
		}
	}
}

// fault reports something wrong at a place, or, when the place is missing, at what should contain it.
func (v *validator) fault(path, format string, args ...any) {
	line, at := 0, path
	for line == 0 {
		line = v.places[at].line
		if line == 0 && at == "" {
			line = 1
		}
		at = parent(at)
	}
	v.faults = append(v.faults, Fault{v.file, line, fmt.Sprintf(format, args...)})
	v.at = append(v.at, path)
}

// parent is the path of what contains a place.
func parent(path string) string { return path[:max(0, strings.LastIndexAny(path, ".["))] }

// without are the faults that do not merely follow from values that could not be read: what is missing for that reason
// is no fault of its own.
func (v *validator) without(wrong Faults) Faults {
	unread := map[string]bool{}
	for path, p := range v.places {
		if p.value != "" && slices.ContainsFunc(wrong, func(f Fault) bool { return f.Line == p.line && strings.Contains(f.Text, p.value) }) {
			unread[path], unread[parent(path)] = true, true
		}
	}
	delete(unread, "")
	var fs Faults
	for i, f := range v.faults {
		if !unread[v.at[i]] {
			fs = append(fs, f)
		}
	}
	return fs
}

func (v *validator) need(path, value string) {
	if strings.TrimSpace(value) == "" {
		v.fault(path, "%s is missing", path[strings.LastIndexAny(path, ".]")+1:])
	}
}

func (v *validator) check() {
	v.head()
	v.parties()
	v.questions()
	v.facts()
	v.tracks()
	v.events()
	v.duties()
	v.follow()
	v.destinations()
	v.rates()
}

func (v *validator) head() {
	s := v.s
	v.need("key", s.Key)
	v.need("title", s.Title)
	v.need("school", s.School)
	if s.Zone == nil {
		v.fault("zone", "zone %q is not a time zone such as Asia/Shanghai", s.ZoneID)
	}
	if s.Opens.IsZero() || s.Closes.IsZero() {
		v.fault("opens", "a season needs the days it opens and closes")
	} else if !s.Closes.After(s.Opens) {
		v.fault("closes", "the season closes on %s, before it opens on %s", s.Closes, s.Opens)
	}
	if s.Cohort == 0 {
		v.fault("cohort", "cohort, the year of graduation, is missing")
	}
	for _, k := range slices.Sorted(maps.Keys(s.Dates)) {
		v.need("dates."+k+".name", s.Dates[k].Name)
		if s.Dates[k].Date.IsZero() {
			v.fault("dates."+k, "date %q has no date", k)
		}
	}
	if s.Notices.ReleaseAbove < 0 {
		v.fault("notices.release_above", "release_above is a number of people; 0 has every notice released by a second officer")
	}
	c := s.Calendar
	if c.QuietFrom <= c.QuietTo && c.QuietFrom != c.QuietTo {
		v.fault("calendar.quiet_from", "quiet time is expected to cross midnight: from %s to %s does not", c.QuietFrom, c.QuietTo)
	}
	if s.Zone != nil && s.Quiet(s.Morning(Date{2006, 1, 2})) {
		v.fault("calendar.morning", "the morning slot %s lies in the quiet time", c.Morning)
	}
	x := s.CrossSystem
	if (len(x.Inside) > 0) == (len(x.Outside) > 0) {
		v.fault("cross_system", "give either the provinces inside or those outside, not both and not none")
	}
	if len(x.Initiators) == 0 {
		v.fault("cross_system.initiators", "who initiates across systems is missing")
	}
	v.provinceNames("cross_system.inside", x.Inside)
	v.provinceNames("cross_system.outside", x.Outside)
	v.partyKeys("cross_system.initiators", x.Initiators, false)
	v.need("cross_system.note", x.Note)
	v.placeholders("cross_system.note", x.Note, oneOf("place"))
	v.texts("cross_system.steps", x.Steps, oneOf("place"))
	for _, k := range slices.Sorted(maps.Keys(x.Tracks)) {
		at := "cross_system.tracks." + k
		if v.s.Tracks[k] == nil {
			v.fault(at, "there is no track %q", k)
		}
		if v.s.Tracks[x.Tracks[k]] == nil {
			v.fault(at, "there is no track %q", x.Tracks[k])
		}
	}
	for i, k := range x.Duties {
		at := fmt.Sprintf("cross_system.duties[%d]", i)
		switch rule, ok := v.s.DutyRule(k); {
		case !ok:
			v.fault(at, "there is no duty %q", k)
		case rule.Subject != SubjectMember:
			v.fault(at, "duty %q is about a %s, not about a member", k, rule.Subject)
		case rule.Due.Answer != "":
			v.fault(at, "duty %q is due by the answer to %q, which not everybody is asked", k, rule.Due.Answer)
		case !slices.ContainsFunc(slices.Sorted(maps.Values(x.Tracks)), func(track string) bool { return v.openOn(rule, track) }):
			v.fault(at, "duty %q is never open on a track of a crossing transfer", k)
		}
	}
}

// openOn reports whether a duty is open in some state of a track.
func (v *validator) openOn(rule *DutyRule, track string) bool {
	t := v.s.Tracks[track]
	return t != nil && slices.ContainsFunc(t.States, func(st State) bool { return slices.Contains(rule.While, st.Key) })
}

func (v *validator) parties() {
	for _, k := range slices.Sorted(maps.Keys(v.s.Parties)) {
		v.need("parties."+k+".name", v.s.Parties[k].Name)
	}
	for _, k := range []string{"member", "branch", "college", "committee"} {
		if !v.s.Parties[k].Inside {
			v.fault("parties", "party %q must be there, with inside: true", k)
		}
	}
}

// partyKeys checks references to parties; inside: only those a reminder can reach.
func (v *validator) partyKeys(path string, keys []string, inside bool) {
	for i, k := range keys {
		v.partyKey(fmt.Sprintf("%s[%d]", path, i), k, inside)
	}
}

func (v *validator) partyKey(path, key string, inside bool) {
	switch p, ok := v.s.Parties[key]; {
	case !ok:
		v.fault(path, "there is no party %q", key)
	case inside && !p.Inside:
		v.fault(path, "party %q has no role in this product and cannot be reminded", key)
	}
}

func (v *validator) questions() {
	for _, k := range slices.Sorted(maps.Keys(v.s.Questions)) {
		q, at := v.s.Questions[k], "questions."+k
		if q == nil {
			v.fault(at, "question %q says nothing", k)
			continue
		}
		if k == "cross_system" || k == "place" || k == "school" {
			v.fault(at, "%q is a derived fact and cannot be a question's key", k)
		}
		v.need(at+".label", q.Label)
		v.need(at+".ask", q.Ask)
		switch q.Kind {
		case KindChoice:
			v.options(at, q)
		case KindText:
			if q.Min < 1 || q.Max < q.Min {
				v.fault(at, "a text needs min and max, its length in characters")
			}
		case KindDate:
			if q.To.Before(q.From) {
				v.fault(at+".to", "no date lies between %s and %s", q.From, q.To)
			}
		case KindProvince, KindPhone:
		default:
			v.fault(at+".kind", "kind %q is none of text, choice, province, date, phone", q.Kind)
		}
	}
}

func (v *validator) options(at string, q *Question) {
	if len(q.Options) < 2 {
		v.fault(at, "a choice needs at least two options")
	}
	keys, words := map[string]bool{}, map[string]string{}
	for i, o := range q.Options {
		p := fmt.Sprintf("%s.options[%d]", at, i)
		v.need(p+".key", o.Key)
		v.need(p+".name", o.Name)
		if keys[o.Key] {
			v.fault(p, "option %q is there twice", o.Key)
		}
		keys[o.Key] = true
		for _, w := range append([]string{o.Name}, o.Words...) {
			if other, ok := words[w]; ok && other != o.Key {
				v.fault(p, "%q stands for both %q and %q", w, other, o.Key)
			}
			words[w] = o.Key
		}
	}
}

func (v *validator) tracks() {
	for _, k := range slices.Sorted(maps.Keys(v.s.Tracks)) {
		t, at := v.s.Tracks[k], "tracks."+k
		if t == nil || len(t.States) == 0 {
			v.fault(at, "track %q has no states", k)
			continue
		}
		v.need(at+".name", t.Name)
		state := map[string]int{}
		for i, st := range t.States {
			p := fmt.Sprintf("%s.states[%d]", at, i)
			v.need(p+".key", st.Key)
			v.need(p+".name", st.Name)
			if _, ok := state[st.Key]; ok || st.Key == Undeclared || st.Key == AnyState {
				v.fault(p, "state %q is there twice or reserved", st.Key)
			}
			state[st.Key] = i
		}
		reached, left := map[string]bool{t.Start(): true}, map[string]bool{}
		for i, m := range t.Moves {
			p := fmt.Sprintf("%s.moves[%d]", at, i)
			switch e, ok := v.s.EventNamed(m.On); {
			case !ok:
				v.fault(p+".on", "there is no event %q", m.On)
			case e.Aside:
				v.fault(p+".on", "event %q stands beside the transfer and moves nothing", m.On)
			}
			if _, ok := v.s.Dates[m.NotBefore]; !ok && m.NotBefore != "" {
				v.fault(p+".not_before", "there is no date %q under dates", m.NotBefore)
			}
			if _, ok := state[m.To]; !ok {
				v.fault(p+".to", "track %q has no state %q", k, m.To)
			}
			if len(m.From) == 0 {
				v.fault(p, "a move needs the states it starts from")
			}
			for _, f := range m.From {
				if _, ok := state[f]; !ok {
					v.fault(p+".from", "track %q has no state %q", k, f)
				}
				left[f] = true
			}
			reached[m.To] = true
			for j := range i {
				for _, f := range m.From {
					if t.Moves[j].On == m.On && slices.Contains(t.Moves[j].From, f) {
						v.fault(p, "event %q in state %q already leads to %q", m.On, f, t.Moves[j].To)
					}
				}
			}
		}
		for i, st := range t.States {
			p := fmt.Sprintf("%s.states[%d]", at, i)
			if !reached[st.Key] {
				v.fault(p, "no move leads to state %q", st.Key)
			}
			if !st.Done && !left[st.Key] {
				v.fault(p, "no move leads out of state %q, which is not done", st.Key)
			}
		}
	}
}

func (v *validator) events() {
	words := map[string]string{}
	seen := map[string]bool{}
	for i, e := range v.s.Events {
		p := fmt.Sprintf("events[%d]", i)
		v.need(p+".key", e.Key)
		v.need(p+".name", e.Name)
		if seen[e.Key] || e.Key == "declared" || e.Key == Opened {
			v.fault(p, "event %q is there twice or reserved", e.Key)
		}
		seen[e.Key] = true
		for _, w := range e.Words {
			if words[w] != "" {
				v.fault(p+".words", "%q stands for both %q and %q", w, words[w], e.Key)
			}
			words[w] = e.Key
		}
		v.partyKeys(p+".by", e.By, true)
		if (len(e.Words) == 0) != (len(e.By) == 0) {
			v.fault(p, "an event is either typed by somebody (words and by) or recorded by itself (neither)")
		}
		known := oneOf("name", "state")
		if e.Reason {
			known = oneOf("name", "state", "reason")
		}
		v.placeholders(p+".tell", e.Tell, known)
		if e.Aside && len(e.By) == 0 {
			v.fault(p, "an event beside the transfer needs somebody who records it")
		}
	}
	v.orgEvents(words, seen)
}

// orgEvents are typed like the other events: neither keys nor words may be taken.
func (v *validator) orgEvents(words map[string]string, seen map[string]bool) {
	for i, e := range v.s.OrgEvents {
		p := fmt.Sprintf("org_events[%d]", i)
		v.need(p+".key", e.Key)
		v.need(p+".name", e.Name)
		if seen[e.Key] || e.Key == "declared" || e.Key == Opened {
			v.fault(p, "event %q is there twice or reserved", e.Key)
		}
		seen[e.Key] = true
		if e.Subject != SubjectBranch && e.Subject != SubjectCollege {
			v.fault(p+".subject", "subject %q is neither %s nor %s", e.Subject, SubjectBranch, SubjectCollege)
		}
		for _, w := range e.Words {
			if words[w] != "" {
				v.fault(p+".words", "%q stands for both %q and %q", w, words[w], e.Key)
			}
			words[w] = e.Key
		}
		v.partyKeys(p+".by", e.By, true)
		if len(e.Words) == 0 || len(e.By) == 0 {
			v.fault(p, "an event about an organisation is typed by somebody: words and by")
		}
	}
}

func oneOf(keys ...string) func(string) bool {
	return func(k string) bool { return slices.Contains(keys, k) }
}

// texts are several texts of which none may be empty.
func (v *validator) texts(path string, list []string, known func(string) bool) {
	for i, text := range list {
		p := fmt.Sprintf("%s[%d]", path, i)
		if strings.TrimSpace(text) == "" {
			v.fault(p, "this text is empty")
		}
		v.placeholders(p, text, known)
	}
}

// placeholders reports {names} in a text that nothing fills.
func (v *validator) placeholders(path, text string, known func(string) bool) {
	for rest := text; ; {
		_, after, ok := strings.Cut(rest, "{")
		if !ok {
			return
		}
		key, tail, ok := strings.Cut(after, "}")
		if !ok {
			v.fault(path, "a { without its }")
			return
		}
		if _, is := v.s.fact(key, nil); !is && !known(key) {
			v.fault(path, "nothing fills {%s} here", key)
		}
		rest = tail
	}
}
