package demo

import (
	"regexp"
	"strconv"
	"strings"
)

// choiceLine is one numbered option, as the product writes them.
var choiceLine = regexp.MustCompile(`^(\d{1,2}) (\S.*)$`)

// Choices are the options of a message that wants a number for an answer: at least two lines numbered from 1, under a
// question or a request for the number (编号). Numbered advice, whose lines are sentences, and lists of people offer none.
func Choices(text string) []Chip {
	lines := strings.Split(text, "\n")
	for i := 1; i < len(lines); i++ {
		if !strings.HasPrefix(lines[i], "1 ") {
			continue
		}
		asked := lines[i-1]
		if !strings.HasSuffix(asked, "？") && !strings.Contains(asked, "编号") {
			continue
		}
		var chips []Chip
		for n, line := range lines[i:] {
			m := choiceLine.FindStringSubmatch(line)
			if m == nil || m[1] != strconv.Itoa(n+1) || strings.HasSuffix(line, "。") {
				break
			}
			chips = append(chips, Chip{Label: line, Text: m[1]})
		}
		if len(chips) > 1 {
			return chips
		}
	}
	return nil
}
