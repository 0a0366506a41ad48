package understand

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"xianjie/season"
)

// Words are the words by which messages are read, as a file has them (seasons/words/zh.yaml, which explains its parts).
type Words struct {
	Concepts map[string][]string    `yaml:"concepts"`
	Without  string                 `yaml:"without"`
	Bare     map[string][]string    `yaml:"bare"`
	Abroad   map[string][]string    `yaml:"abroad"`
	Of       map[string]string      `yaml:"of"`
	Over     [][]string             `yaml:"over"`
	Cues     []cueList              `yaml:"cues"`
	Marks    map[string][]yaml.Node `yaml:"marks"`
	Topics   map[string][]yaml.Node `yaml:"topics"`
	Simple   string                 `yaml:"simple"` // pairs of a traditional character and the simple one

	file   string
	v      *vocabulary // ready for any season
	topics []string
}

// cueList is words of one meaning.
type cueList struct {
	Means  []string    `yaml:"means"`
	Kind   string      `yaml:"kind"`
	Abroad []string    `yaml:"abroad"` // what they mean of a place abroad, in place of the general rule
	Inland []string    `yaml:"inland"` // and of a place here
	Unless string      `yaml:"unless"` // it says nothing beside this
	Words  []yaml.Node `yaml:"words"`
}

// Kinds of cues.
const (
	cueIs     = "is"
	cuePost   = "post"
	cueCourse = "course"
	cueGoal   = "goal"
	cueGot    = "got"
	cueWeak   = "weak"
	cueStay   = "stay"
	cueAbroad = "abroad"
	cueHome   = "home"
	cueAway   = "away"
	cueBoth   = "both"
	cuePaper  = "paper"
)

var cueKinds = []string{cueIs, cuePost, cueCourse, cueGoal, cueGot, cueWeak, cueStay, cueAbroad, cueHome, cueAway, cueBoth, cuePaper}

// LoadWords reads a file of words; name stands in its faults. The error is season.Faults: every fault with its line.
func LoadWords(name string, data []byte) (*Words, error) {
	w := &Words{file: name}
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(w); err != nil {
		return nil, season.YAMLFaults(name, err)
	}
	var faults season.Faults
	if w.v, faults = w.build(); len(faults) > 0 {
		slices.SortStableFunc(faults, func(a, b season.Fault) int { return cmp.Compare(a.Line, b.Line) })
		return nil, faults
	}
	for topic := range w.Topics {
		w.topics = append(w.topics, topic)
	}
	slices.Sort(w.topics)
	w.Cues, w.Marks, w.Topics = nil, nil, nil // made ready; 40,000 words need not be kept twice
	return w, nil
}

// TopicNames are what messages can ask about, the keys of a season's replies.
func (w *Words) TopicNames() []string { return w.topics }

// marks are what a word does to the words beside it, a bit each.
type marks uint64

const (
	markSeek marks = 1 << iota
	markPlan
	markWill
	markNot
	markFail
	markIf
	markThen
	markOthers
	markSelf
	markWith
	markWish
	markWas
	markNow
	markTurn
	markEnd
	markAsk
	markOwn
	markRefuse
	markBot
	markAdvert
	markFiller
	markNeutral
	markYes
	markNo
	markMove
	markHire
	markTailUnit
	markTailSchool
	markKnownUnit
	markKnownSchool
	markAbroadSchool
	markJointSchool
	markCountry
	markStop
	markPlace // found by the gazetteer
	markTopic // a question about the season
	markChoice
	markPrepare
	markPeople
	markTouts
	markJest
	markHere
	markChoose
	markInland
	markNickname
)

var markNames = map[string]marks{
	"seek": markSeek, "plan": markPlan, "will": markWill, "not": markNot, "fail": markFail, "if": markIf, "then": markThen,
	"other": markOthers, "self": markSelf, "with": markWith, "wish": markWish, "was": markWas, "now": markNow, "turn": markTurn,
	"end": markEnd, "ask": markAsk, "own": markOwn, "refuse": markRefuse, "bot": markBot, "advert": markAdvert,
	"filler": markFiller, "neutral": markNeutral, "yes": markYes, "no": markNo, "move": markMove, "hire": markHire,
	"tail_unit": markTailUnit, "tail_school": markTailSchool, "known_unit": markKnownUnit, "known_school": markKnownSchool,
	"abroad_school": markAbroadSchool, "joint_school": markJointSchool, "country": markCountry, "stop": markStop, "choice": markChoice, "prepare": markPrepare, "people": markPeople, "jest": markJest, "here": markHere, "choose": markChoose, "touts": markTouts, "inland": markInland, "nickname": markNickname,
}

// What 录取 can be about.
const (
	ofUnit    = "unit"
	ofSchool  = "school"
	ofCountry = "country"
)

// concepts are meanings, a bit each, in the order of their names.
type concepts uint32

// cue is what a word says about a destination.
type cue struct {
	kind   string
	means  concepts
	abroad concepts // 0: by the general rule
	inland concepts
	unless concepts
}

// entry is all a word does.
type entry struct {
	marks marks
	cue   *cue
	topic string
}

// vocabulary is the words made ready for finding.
type vocabulary struct {
	lexicon *lexicon
	own     *lexicon // of the season
	asking  [][]rune // words about the season
	entries []entry
	names   []string // of the concepts, by bit
	keys    []string // of the season, by bit; "" where it has none
	without concepts
	bare    map[string]concepts
	abroad  map[int]concepts // by bit
	of      map[string]concepts
	over    [][2]concepts
	simple  map[rune]rune
}

// build makes the words ready for finding, whatever the season.
func (w *Words) build() (*vocabulary, season.Faults) {
	var faults season.Faults
	fault := func(line int, format string, a ...any) {
		faults = append(faults, season.Fault{File: w.file, Line: line, Text: fmt.Sprintf(format, a...)})
	}
	v := &vocabulary{lexicon: newLexicon(1 << 17), bare: map[string]concepts{}, abroad: map[int]concepts{}, simple: map[rune]rune{}}
	for name := range w.Concepts {
		v.names = append(v.names, name)
	}
	slices.Sort(v.names)
	set := func(line int, names []string) (c concepts) {
		for _, n := range names {
			i, ok := slices.BinarySearch(v.names, n)
			if !ok {
				fault(line, "there is no concept %q; it must stand under concepts", n)
				continue
			}
			c |= 1 << i
		}
		return c
	}
	v.without = set(1, []string{w.Without})
	for of, names := range w.Bare {
		v.bare[of] = set(1, names)
	}
	for of, names := range w.Abroad {
		if i, ok := slices.BinarySearch(v.names, of); ok {
			v.abroad[i] = set(1, names)
		} else {
			fault(1, "abroad: there is no concept %q", of)
		}
	}
	v.of = map[string]concepts{}
	for _, of := range []string{ofUnit, ofSchool, ofCountry} {
		v.of[of] = set(1, []string{w.Of[of]})
	}
	for _, pair := range w.Over {
		if len(pair) != 2 {
			fault(1, "over: %v must be two concepts", pair)
			continue
		}
		v.over = append(v.over, [2]concepts{set(1, pair[:1]), set(1, pair[1:])})
	}
	pairs := []rune(w.Simple)
	if len(pairs)%2 != 0 {
		fault(1, "simple has an odd number of characters; each traditional one is followed by the simple one")
		pairs = nil
	}
	for i := 0; i < len(pairs); i += 2 {
		v.simple[pairs[i]] = pairs[i+1]
	}
	each := func(lines []yaml.Node, do func(line int, word string, e *entry)) {
		for _, n := range lines {
			words, err := forms(n.Value)
			if err != nil {
				fault(n.Line, "%v", err)
			}
			before := len(faults)
			for _, word := range words {
				word = foldWord(word)
				do(n.Line, word, v.add(v.lexicon, word))
			}
			if more := len(faults) - before; more > 1 { // one says enough of a line that stands for many words
				faults = faults[:before+1]
				faults[before].Text += fmt.Sprintf(", as have %d more words of this line", more-1)
			}
		}
	}
	for _, l := range w.Cues {
		line := 1
		if len(l.Words) > 0 {
			line = l.Words[0].Line
		}
		c := &cue{kind: l.Kind, means: set(line, l.Means), abroad: set(line, l.Abroad)}
		c.inland = set(line, l.Inland)
		if l.Unless != "" {
			c.unless = set(line, []string{l.Unless})
		}
		if !slices.Contains(cueKinds, l.Kind) {
			fault(line, "there is no kind of cues %q; there are %s", l.Kind, strings.Join(cueKinds, ", "))
		}
		each(l.Words, func(line int, word string, e *entry) {
			if e.cue != nil && (e.cue.means != c.means || e.cue.kind != c.kind) {
				fault(line, "%q has another meaning already", word)
			}
			e.cue = c
		})
	}
	for name, lines := range w.Marks {
		m, ok := markNames[name]
		if !ok {
			line := 1
			if len(lines) > 0 {
				line = lines[0].Line
			}
			fault(line, "there is no mark %q", name)
		}
		each(lines, func(_ int, word string, e *entry) {
			e.marks |= m
			if m == markOwn {
				v.asking = append(v.asking, []rune(word))
			}
		})
	}
	for name, lines := range w.Topics {
		each(lines, func(line int, word string, e *entry) {
			if e.topic != "" && e.topic != name {
				fault(line, "%q is asked about under %s already", word, e.topic)
			}
			e.topic, e.marks = name, e.marks|markTopic
			v.asking = append(v.asking, []rune(word))
		})
	}
	v.inherit()
	return v, faults
}

// add is the entry of a word, a new one if it has none.
func (v *vocabulary) add(l *lexicon, word string) *entry {
	n := l.number(word, int32(len(v.entries)))
	if int(n) == len(v.entries) {
		v.entries = append(v.entries, entry{})
	}
	return &v.entries[n]
}

// forSeason is the vocabulary with a season's keys and its own names of destinations.
func (w *Words) forSeason(s *season.Season) *vocabulary {
	v := new(vocabulary)
	*v = *w.v
	v.names, v.entries = slices.Clone(v.names), slices.Clone(v.entries)
	v.keys = make([]string, len(v.names))
	for i, name := range v.names {
		v.keys[i] = keyIn(s, w.Concepts[name])
	}
	v.own = newLexicon(0)
	v.addSeason(s)
	return v
}

// longest is the longest word that begins at a rune, of the season or of all.
func (v *vocabulary) longest(text []rune, at int) (e entry, n int) {
	word, n := v.lexicon.longest(text, at)
	if own, length := v.own.longest(text, at); length >= n && length > 0 {
		word, n = own, length
	}
	if n == 0 {
		return entry{}, 0
	}
	return v.entries[word], n
}

// isHere reports a word for the writer's own school.
func (v *vocabulary) isHere(school string) bool {
	e := v.entry([]rune(foldWord(school)))
	return e != nil && e.marks&markHere != 0
}

// inherit makes a longer word about the season ask where a shorter one in it does: 什么时候转 asks as 什么时候 does.
func (v *vocabulary) inherit() {
	for _, word := range v.asking {
		whole := v.entry(word)
		for from := range word {
			for to := from + 1; to <= len(word); to++ {
				if part := v.entry(word[from:to]); part != nil && part != whole {
					whole.marks |= part.marks & (markAsk | markOwn)
				}
			}
		}
	}
}

// entry is what exactly a word does, nil when it is none.
func (v *vocabulary) entry(word []rune) *entry {
	if n, length := v.lexicon.longest(word, 0); length == len(word) {
		return &v.entries[n]
	}
	return nil
}

// addSeason adds what a season calls its destinations, where the words have no meaning of their own yet.
func (v *vocabulary) addSeason(s *season.Season) {
	for i := range s.Destinations {
		d := &s.Destinations[i]
		c := &cue{kind: cueIs, means: v.ofKey(d.Key)}
		if c.means == 0 {
			continue
		}
		for _, word := range append([]string{d.Name, d.Short}, d.Words...) {
			if word = foldWord(word); word == "" {
				continue
			}
			if e := v.entry([]rune(word)); e == nil || e.cue == nil && e.marks&markSeek == 0 {
				own := v.add(v.own, word)
				if e != nil {
					*own = *e
				}
				own.cue = c
			}
		}
	}
}

// ofKey is the concept that means a destination of the season first of all; a season's own destination becomes one.
func (v *vocabulary) ofKey(key string) concepts {
	if i, ok := slices.BinarySearch(v.names, key); ok && v.keys[i] == key {
		return 1 << i
	}
	if i := slices.Index(v.keys, key); i >= 0 {
		return 1 << i
	}
	if len(v.keys) < 32 {
		v.names, v.keys = append(v.names, key), append(v.keys, key)
		return 1 << (len(v.keys) - 1)
	}
	return 0
}

func keyIn(s *season.Season, keys []string) string {
	for _, k := range keys {
		if _, ok := s.Destination(k); ok {
			return k
		}
	}
	return ""
}

// foldWord is a word as it stands in a folded message.
func foldWord(s string) string { return strings.ReplaceAll(strings.ToLower(Normalize(s)), " ", "") }
