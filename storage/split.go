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
		r := []rune(text)
		n := cut(r, most)
		parts = append(parts, strings.TrimRightFunc(string(r[:n]), unicode.IsSpace))
		text = strings.TrimLeftFunc(string(r[n:]), unicode.IsSpace)
	}
	if text != "" || len(parts) == 0 {
		parts = append(parts, text)
	}
	return parts
}

// cut is the best place to end a part of at most most characters of r, in its second half.
func cut(r []rune, most int) int {
	line, sentence := 0, 0
	for i := most - 1; i > most/2; i-- {
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
	n := most
	for n > most/2+1 && joined(r[n-1], r[n]) {
		n--
	}
	if joined(r[n-1], r[n]) {
		return most // a character that consists of marks all over is nothing to keep whole
	}
	return n
}

// joined reports whether two code points belong to one character as people see it: a letter and its marks, an emoji and
// what it is joined with or coloured by.
func joined(a, b rune) bool {
	const joiner, firstTone, lastTone = '\u200d', '\U0001f3fb', '\U0001f3ff'
	return unicode.Is(unicode.M, b) || a == joiner || b == joiner || b >= firstTone && b <= lastTone
}
