package understand

import (
	"fmt"
	"unicode/utf8"
)

// lexicon finds the longest of many words at a place of a text. It is never changed once it is filled, and finding costs
// no memory.
type lexicon struct {
	next  map[uint64]int32 // state and rune → state
	entry []int32          // by state: the word's number + 1, or 0
}

// newLexicon is empty, with room for that many states.
func newLexicon(states int) *lexicon {
	return &lexicon{next: make(map[uint64]int32, states), entry: make([]int32, 1, states+1)}
}

// number is the number of a word that is to be added: the old one, or n for a new word.
func (l *lexicon) number(word string, n int32) int32 {
	state := int32(0)
	for _, r := range word {
		key := uint64(state)<<21 | uint64(r)
		to, ok := l.next[key]
		if !ok {
			to = int32(len(l.entry))
			l.next[key] = to
			l.entry = append(l.entry, 0)
		}
		state = to
	}
	if l.entry[state] == 0 {
		l.entry[state] = n + 1
	}
	return l.entry[state] - 1
}

// longest is the longest word that begins at a rune; n is how many runes it has, 0 when there is none.
func (l *lexicon) longest(text []rune, at int) (word int32, n int) {
	state := int32(0)
	for i := at; i < len(text); i++ {
		to, ok := l.next[uint64(state)<<21|uint64(text[i])]
		if !ok {
			break
		}
		state = to
		if e := l.entry[state]; e > 0 {
			word, n = e-1, i-at+1
		}
	}
	return word, n
}

// mostForms bounds what one line of a word list stands for.
const mostForms = 4000

// forms are the words a line of a word list stands for: (a|b)c? is ac, a, bc, b.
func forms(line string) ([]string, error) {
	rest, done := []rune(line), []string{""}
	for len(rest) > 0 {
		var some []string
		switch r := rest[0]; r {
		case '(':
			end, from := 1, 1
			for ; end < len(rest) && rest[end] != ')'; end++ {
				if rest[end] == '(' {
					return nil, fmt.Errorf("%q: a bracket within a bracket", line)
				}
				if rest[end] == '|' {
					some = append(some, string(rest[from:end]))
					from = end + 1
				}
			}
			if end == len(rest) {
				return nil, fmt.Errorf("%q: a bracket is not closed", line)
			}
			some = append(some, string(rest[from:end]))
			rest = rest[end+1:]
		case ')', '|', '?':
			return nil, fmt.Errorf("%q: %q has nothing before it", line, r)
		default:
			some = []string{string(r)}
			rest = rest[1:]
		}
		if len(rest) > 0 && rest[0] == '?' {
			some = append(some, "")
			rest = rest[1:]
		}
		if len(done)*len(some) > mostForms {
			return nil, fmt.Errorf("%q stands for more than %d words", line, mostForms)
		}
		next := make([]string, 0, len(done)*len(some))
		for _, d := range done {
			for _, s := range some {
				next = append(next, d+s)
			}
		}
		done = next
	}
	list := done[:0]
	for _, d := range done {
		if utf8.RuneCountInString(d) > 0 {
			list = append(list, d)
		}
	}
	return list, nil
}
