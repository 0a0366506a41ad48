package bot

import (
	"encoding/xml"
	"html"
	"regexp"
	"strconv"
	"strings"
)

// On the wire text is HTML-escaped once, line breaks are <br/>, emoji are spans, and in groups the writer's id stands
// before the text. The library undoes this in the wrong order and loses text; so it is done here, from the raw content.

var (
	groupPrefix = regexp.MustCompile(`^(@[a-zA-Z0-9]+|[a-zA-Z0-9_-]+):<br/>`)
	emojiSpan   = regexp.MustCompile(`<span class="emoji emoji([0-9a-f]+)"></span>`)
	quotePrefix = regexp.MustCompile(`(?s)^「(.*)」\n(?:- ?){5,}\n`)
)

// decodeText is the text as it was typed. Spans go first: a typed "<" arrives escaped and cannot be taken for one.
func decodeText(s string) string {
	if strings.Contains(s, "<") {
		s = emojiSpan.ReplaceAllStringFunc(s, func(span string) string {
			return decodeEmoji(emojiSpan.FindStringSubmatch(span)[1])
		})
		s = strings.ReplaceAll(s, "<br/>", "\n")
	}
	return strings.ToValidUTF8(html.UnescapeString(s), "�")
}

// decodeEmoji reads the code points of a span: one, or two of the same length (flags: 5+5 digits, keycaps: 4+4).
func decodeEmoji(hex string) string {
	parts := []string{hex}
	if n := len(hex); n == 10 || n == 8 {
		parts = []string{hex[:n/2], hex[n/2:]}
	}
	var b strings.Builder
	for _, p := range parts {
		n, err := strconv.ParseUint(p, 16, 32)
		if err != nil || n > 0x10ffff {
			return "�"
		}
		b.WriteRune(rune(n))
	}
	return b.String()
}

// splitGroup parts the writer from the text of a group message.
func splitGroup(content string) (sender, text string) {
	if m := groupPrefix.FindStringSubmatch(content); m != nil {
		return m[1], content[len(m[0]):]
	}
	return "", content
}

// splitQuote parts what a reply answers from the reply. What it answers may be such a reply itself.
func splitQuote(text string) (quote, reply string) {
	if m := quotePrefix.FindStringSubmatch(text); m != nil {
		return m[1], text[len(m[0]):]
	}
	return "", text
}

// appMsg is the part of an app message that is read.
type appMsg struct {
	Title string `xml:"appmsg>title"`
	Refer string `xml:"appmsg>refermsg>content"`
}

func decodeApp(content string) appMsg {
	var m appMsg
	_ = xml.Unmarshal([]byte(decodeText(content)), &m) // what cannot be read has no title
	return m
}
