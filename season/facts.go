package season

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Facts are what a sentence can say that answers a question: the place where the writer will be (province, city), the
// employer, the school, the country, the day, and that it is this school (here).
var Facts = []string{"employer", "school", "country", "province", "city", "date", "here"}

// ReadsWords is the Reads of a question whose options are looked for in the sentence.
const ReadsWords = "words"

// facts checks what questions read of sentences, and the replies.
func (v *validator) facts() {
	for _, k := range slices.Sorted(maps.Keys(v.s.Questions)) {
		q := v.s.Questions[k]
		if q == nil {
			continue
		}
		at := "questions." + k
		switch {
		case q.Reads == "" || q.Reads == ReadsWords && q.Kind == KindChoice:
		case q.Reads == ReadsWords:
			v.fault(at+".reads", "only a choice is read from its words")
		case !slices.Contains(Facts, q.Reads):
			v.fault(at+".reads", "there is no fact %q; there are %s", q.Reads, strings.Join(Facts, ", "))
		}
		for i, o := range q.Options {
			if o.Given != "" && !slices.Contains(Facts, o.Given) {
				v.fault(fmt.Sprintf("%s.options[%d].given", at, i), "there is no fact %q; there are %s", o.Given, strings.Join(Facts, ", "))
			}
		}
	}
	for _, topic := range slices.Sorted(maps.Keys(v.s.Replies)) {
		if strings.TrimSpace(v.s.Replies[topic]) == "" {
			v.fault("replies."+topic, "there is no text")
		}
	}
}
