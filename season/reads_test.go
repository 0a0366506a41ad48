package season_test

import (
	"os"
	"strings"
	"testing"

	"xianjie/season"
)

// What a question reads of a sentence, and what is assumed, is checked with its line.
func TestReadsAreChecked(t *testing.T) {
	data, err := os.ReadFile("../seasons/cqu-2020.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, old, new, want string }{
		{"no such fact", "reads: employer", "reads: emploier", `there is no fact "emploier"`},
		{"words of a question without options", "reads: address", "reads: words", "only a choice is read from its words"},
		{"an option that is none", "assume: unsure", "assume: perhaps", `"perhaps" is no option of this question`},
		{"skipping what must be answered", "assume: unsure", "assume: skip", `"skip" is no option of this question`},
		{"an option given by no fact", "given: here", "given: there", `there is no fact "there"`},
		{"an empty reply", "progress: 想看自己的进展，回复“状态”。", `progress: " "`, "there is no text"},
	} {
		t.Run(c.name, func(t *testing.T) {
			before, after, ok := strings.Cut(string(data), c.old)
			if !ok {
				t.Fatalf("%q is not in the file", c.old)
			}
			text, line := before+c.new+after, 1+strings.Count(before, "\n")
			_, err := season.Load("x.yaml", []byte(text))
			faults, ok := err.(season.Faults)
			if !ok || len(faults) != 1 || faults[0].Line != line || !strings.Contains(faults[0].Text, c.want) {
				t.Errorf("got %v, want line %d: %s", err, line, c.want)
			}
		})
	}
}
