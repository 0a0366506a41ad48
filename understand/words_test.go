package understand_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"xianjie/season"
	"xianjie/seasons"
	"xianjie/understand"
)

// Every fault of a file of words is named with its line.
func TestWordsAreChecked(t *testing.T) {
	data, err := os.ReadFile("../seasons/words/zh.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, old, new, want string }{
		{"a concept that is none", "  - means: [military]\n", "  - means: [militia]\n", `there is no concept "militia"`},
		{"a kind that is none", "    kind: got\n", "    kind: gotten\n", `there is no kind of cues "gotten"`},
		{"a bracket left open", "      - 自主创业\n", "      - (自主|创业\n", "a bracket is not closed"},
		{"a bracket in a bracket", "      - 自主创业\n", "      - (自主|(创)业)\n", "a bracket within a bracket"},
		{"two meanings", "      - 自主创业\n", "      - 参军\n", `"参军" has another meaning already`},
		{"a key nobody knows", "without: unsettled\n", "without: unsettled\nwithin: here\n", `there is no key "within"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			before, after, ok := strings.Cut(string(data), c.old)
			if !ok {
				t.Fatalf("%q is not in the file", c.old)
			}
			_, err := understand.LoadWords("zh.yaml", []byte(before+c.new+after))
			var faults season.Faults
			if !errors.As(err, &faults) {
				t.Fatalf("got %v, want %s", err, c.want)
			}
			found := false
			for _, f := range faults {
				found = found || strings.Contains(f.Text, c.want) && f.Line > 1
			}
			if !found {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

// The default season answers everything that messages are known to ask about.
func TestEveryTopicIsAnswered(t *testing.T) {
	words, err := seasons.Words()
	if err != nil {
		t.Fatal(err)
	}
	s, err := seasons.Load("cqu-2020")
	if err != nil {
		t.Fatal(err)
	}
	for _, topic := range words.TopicNames() {
		if s.Replies[topic] == "" {
			t.Errorf("nothing is said about %s", topic)
		}
	}
	for topic := range s.Replies {
		if !strings.Contains(" "+strings.Join(words.TopicNames(), " ")+" ", " "+topic+" ") {
			t.Errorf("nobody can ask about %s", topic)
		}
	}
}
