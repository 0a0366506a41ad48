package season_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"xianjie/season"
)

// TestMutants changes one rule of a shipped season file at a time – a date by a day, a number by one, a reference to
// another of its kind, a switch, an entry left out – and demands that somebody notices: either Load, or what the season
// does (TestBehaviour). XIANJIE_MUTANTS=all tries every mutant and prints the sums that stand in docs/mutations.md;
// otherwise every seventh is tried.
func TestMutants(t *testing.T) {
	every := 7
	if os.Getenv("XIANJIE_MUTANTS") == "all" {
		every = 1
	}
	for _, key := range shippedKeys {
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			text := fileOf(t, key)
			want := behaviour(load(t, text))
			var root yaml.Node
			if err := yaml.Unmarshal([]byte(text), &root); err != nil {
				t.Fatal(err)
			}
			m := &mutating{root: &root, text: text}
			m.walk("", root.Content[0])
			tried, refused, otherwise := 0, 0, 0
			var lived []string
			for i, mu := range m.mutants {
				if i%every != 0 {
					continue
				}
				tried++
				changed, err := m.apply(mu)
				if err != nil {
					t.Fatalf("%s: %v", mu.what, err)
				}
				s, err := season.Load("s.yaml", changed)
				switch {
				case err != nil:
					refused++
				case !slices.Equal(want, behaviour(s)):
					otherwise++
				default:
					lived = append(lived, mu.what)
				}
			}
			killed := refused + otherwise
			t.Logf("%s: %d of %d mutants tried, %d refused by Load, %d behave otherwise, %d lived: %.1f %% killed",
				key, tried, len(m.mutants), refused, otherwise, len(lived), 100*float64(killed)/float64(tried))
			for _, l := range lived {
				t.Logf("lived: %s", l)
			}
			if tried < 50 || otherwise < tried/4 {
				t.Errorf("too few mutants to say anything: %d, of which %d behave otherwise", tried, otherwise)
			}
			if killed*100 < tried*95 {
				t.Errorf("%d of %d mutants lived", len(lived), tried)
			}
		})
	}
}

// mutant is one change of a file.
type mutant struct {
	what string
	do   func() (undo func())
}

type mutating struct {
	root    *yaml.Node
	text    string
	mutants []mutant
}

// apply is the file with one change.
func (m *mutating) apply(mu mutant) ([]byte, error) {
	undo := mu.do()
	defer undo()
	return yaml.Marshal(m.root)
}

// parts of a file that hold rules; the others hold only texts and names.
var rules = regexp.MustCompile(`^(opens|closes|zone|cohort|dates|calendar|cross_system|questions|destinations|newcomers|tracks|events|org_events|duties|follow|rates|parties)(\.|\[|$)`)

// texts are values that are words to people; changing them is no change of a rule.
var texts = regexp.MustCompile(`\.(name|short|explain|label|ask|hint|clause|line|member_line|lapse_line|review|deadline|note|tell|to|refuse|words)(\[\d+\])?$|^dates\.\w+\.name$`)

// idle are entries that say what holds without them, or that nothing of a season follows from.
var idle = regexp.MustCompile(`^(events|org_events)\[\d+\]\.words|\.options\[\d+\]\.words|^destinations\[\d+\]\.words|^questions\.\w+\.hint|^destinations\[\d+\]\.(explain|short)|\.clause$|^dates\.\w+\.name$`)

var day = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)

func (m *mutating) walk(path string, n *yaml.Node) {
	if path != "" && (!rules.MatchString(path) || idle.MatchString(path)) {
		return
	}
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			at := strings.TrimPrefix(path+"."+n.Content[i].Value, ".")
			if rules.MatchString(at) && !idle.MatchString(at) && !texts.MatchString(at) {
				m.add(at+" left out", func() func() {
					old := n.Content
					n.Content = slices.Delete(slices.Clone(old), i, i+2)
					return func() { n.Content = old }
				})
			}
			m.walk(at, n.Content[i+1])
		}
	case yaml.SequenceNode:
		for i, c := range n.Content {
			at := fmt.Sprintf("%s[%d]", path, i)
			if !idle.MatchString(at) && !strings.HasSuffix(path, ".steps") || strings.HasPrefix(path, "duties") {
				m.add(at+" left out", func() func() {
					old := n.Content
					n.Content = slices.Delete(slices.Clone(old), i, i+1)
					return func() { n.Content = old }
				})
			}
			m.walk(at, c)
		}
	case yaml.ScalarNode:
		if !texts.MatchString(path) || reference.MatchString(path) {
			m.scalar(path, n)
		}
	}
}

func (m *mutating) add(what string, do func() func()) {
	m.mutants = append(m.mutants, mutant{what, do})
}

// reference are values that name something else of the file, by where they stand.
var reference = regexp.MustCompile(`\.(of|track|on|by|while|until|from|initiators|duties|done|via|all_but|in|not_in|routes|place|question|answer|after|date|latest|not_before|lapse|subject|lapse_event|cohort|kind|handed|approve|return|readers|facts)(\[\d+\])?$|moves\[\d+\]\.to$|\.to\[\d+\]$|escalate\[\d+\]\.(from|to)$|cross_system\.(inside|outside|tracks)`)

// scalar changes one value.
func (m *mutating) scalar(path string, n *yaml.Node) {
	set := func(v string) {
		m.add(fmt.Sprintf("%s: %s instead of %s", path, v, n.Value), func() func() {
			old := *n
			n.Value = v
			return func() { *n = old }
		})
	}
	switch {
	case day.MatchString(n.Value):
		d, err := time.Parse(time.DateOnly, n.Value)
		if err == nil {
			set(d.AddDate(0, 0, 1).Format(time.DateOnly))
		}
	case n.Tag == "!!int":
		if v, err := strconv.Atoi(n.Value); err == nil {
			set(strconv.Itoa(v + 1))
		}
	case n.Tag == "!!bool":
		set(map[string]string{"true": "false", "false": "true"}[n.Value])
	case strings.HasPrefix(path, "calendar."):
		set(map[bool]string{true: "10:00", false: "07:00"}[n.Value == "09:00"])
	case reference.MatchString(path):
		if other := m.another(path, n.Value); other != "" {
			set(other)
		}
	}
}

// another is another value that stands somewhere in the file in a place of the same kind.
func (m *mutating) another(path, value string) string {
	kind := regexp.MustCompile(`\[\d+\]`).ReplaceAllString(path, "")
	kind = kind[strings.LastIndexByte(kind, '.')+1:]
	for _, l := range regexp.MustCompile(`\b`+kind+`: (?:\[([^\]]*)\]|"?([\w/]+)"?)`).FindAllStringSubmatch(m.text, -1) {
		for _, v := range strings.FieldsFunc(l[1]+","+l[2], func(r rune) bool { return r == ',' || r == ' ' || r == '"' }) {
			if v != value {
				return v
			}
		}
	}
	return ""
}
