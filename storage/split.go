package storage

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxPart is how many characters one WeChat message carries safely: the service names no limit, and sibling channels
// cut at 2,048 bytes.
const MaxPart = 590

// Split cuts a text into parts of at most most characters. It cuts at the end of a paragraph where there is one, else
// of a line, else of a sentence, else between two characters; nothing but white space at the cuts is lost.
func Split(text string, most int) []string {
	var parts []string
	text = strings.TrimSpace(text)
	for utf8.RuneCountInString(text) > most {
		n := cut([]rune(text)[:most])
		head := string([]rune(text)[:n])
		parts = append(parts, strings.TrimRightFunc(head, unicode.IsSpace))
		text = strings.TrimLeftFunc(text[len(head):], unicode.IsSpace)
	}
	if text != "" || len(parts) == 0 {
		parts = append(parts, text)
	}
	return parts
}

// cut is the best place to end a part within r, in its second half.
func cut(r []rune) int {
	line, sentence := 0, 0
	for i := len(r) - 1; i > len(r)/2; i-- {
		switch r[i] {
		case '\n':
			if r[i-1] == '\n' {
				return i
			}
			if line == 0 {
				line = i
			}
		case '。', '！', '？', '；', '.', '!', '?', ';':
			if sentence == 0 {
				sentence = i + 1
			}
		}
	}
	switch {
	case line > 0:
		return line
	case sentence > 0:
		return sentence
	}
	n := len(r)
	for n > len(r)/2 && (unicode.Is(unicode.Mn, r[n-1]) || r[n-1] == '\u200d' || r[n-1] == '\ufe0f') {
		n-- // do not part a character from its marks
	}
	return n
}
