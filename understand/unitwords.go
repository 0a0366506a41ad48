package understand

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
)

// unitWords is written by hand; what it says and how is told in it.
//
//go:embed unitwords.txt
var unitWords string

// wordSections are the sections of a words file: its words, or for keyed lines (北京: 中关村 望京) its words by key.
type wordSections struct {
	words map[string][]string
	keyed map[string][]keyedWords
}

// keyedWords is one line of a keyed section.
type keyedWords struct {
	key   string
	words []string
}

// The sections there must be, so that a slip in a heading is found when the file is read.
var (
	plainSections = []string{
		"outside", "abroad", "registered", "everywhere", "chain", "single", "region", "nothing", "everyday", "known", "campus",
		"work", "home", "aside", "denied", "unsure", "or", "branch", "form", "named", "beside", "student", "lost", "behind", "filler", "part", "before", "brand", "prone", "mild", "house",
		"body", "whole", "rural", "street", "posting", "post", "campuspart", "great", "zone", "local",
	}
	keyedSections = []string{"school", "unit", "area", "sent"}
)

// parseWords reads a words file: # begins a comment line, [name] a section.
func parseWords(text string) (wordSections, error) {
	w := wordSections{words: make(map[string][]string), keyed: make(map[string][]keyedWords)}
	section, keyed, seen := "", false, make(map[string]bool)
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if line[0] == '[' {
			section = strings.Trim(line, "[]")
			keyed = slices.Contains(keyedSections, section)
			if !keyed && !slices.Contains(plainSections, section) {
				return w, fmt.Errorf("line %d: no section is called %q", n, section)
			}
			continue
		}
		if section == "" {
			return w, fmt.Errorf("line %d: words before the first section", n)
		}
		key, words := "", line
		if keyed {
			var ok bool
			if key, words, ok = strings.Cut(line, ":"); !ok {
				return w, fmt.Errorf("line %d: section %s needs a key and a colon", n, section)
			}
		}
		for _, word := range strings.Fields(words) {
			// One short name can be of several schools; everything else is said once.
			at := section + " " + word
			if section == "school" {
				at += " " + key
			}
			if seen[at] {
				return w, fmt.Errorf("line %d: section %s has %s twice", n, section, word)
			}
			seen[at] = true
		}
		if keyed {
			w.keyed[section] = append(w.keyed[section], keyedWords{key, strings.Fields(words)})
		} else {
			w.words[section] = append(w.words[section], strings.Fields(words)...)
		}
	}
	for _, s := range plainSections {
		if len(w.words[s]) == 0 {
			return w, fmt.Errorf("section %s is missing", s)
		}
	}
	for _, s := range keyedSections {
		if len(w.keyed[s]) == 0 {
			return w, fmt.Errorf("section %s is missing", s)
		}
	}
	return w, nil
}
