package wechatsim

import (
	"fmt"
	"strings"
)

// escaper is how the server escapes what people type and the XML it puts into Content.
var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;", "\r\n", "<br/>", "\n", "<br/>")

// mistaken are emoji that the server sends as another one.
var mistaken = map[rune]rune{
	0x1f639: 0x1f602, 0x1f64d: 0x1f614, 0x1f63c: 0x1f601, 0x1f63a: 0x1f603, 0x1f4ab: 0x1f616,
	0x1f63b: 0x1f60d, 0x1f63d: 0x1f618, 0x1f64e: 0x1f621, 0x1f63f: 0x1f622,
}

// encodeText is a text or a name as the server sends it: escaped, newlines as <br/>, emoji as spans. Flags and keycaps
// become one span of two code points.
func encodeText(s string) string {
	var b, plain strings.Builder
	flush := func() {
		b.WriteString(escaper.Replace(plain.String()))
		plain.Reset()
	}
	span := func(digits string) {
		flush()
		fmt.Fprintf(&b, `<span class="emoji emoji%s"></span>`, digits)
	}
	runes := []rune(s)
	for i := 0; i < len(runes); i++ {
		r := runes[i]
		switch n := keycap(runes[i:]); {
		case n > 0:
			span(fmt.Sprintf("%04x20e3", r))
			i += n - 1
		case regional(r) && i+1 < len(runes) && regional(runes[i+1]):
			span(fmt.Sprintf("%x%x", r, runes[i+1]))
			i++
		case r >= 0x1f000 && r <= 0x1faff:
			if to, ok := mistaken[r]; ok {
				r = to
			}
			span(fmt.Sprintf("%x", r))
		default:
			plain.WriteRune(r)
		}
	}
	flush()
	return b.String()
}

// keycap is the number of runes of the keycap at the beginning of rs, 0 if there is none.
func keycap(rs []rune) int {
	if !strings.ContainsRune("0123456789#*", rs[0]) {
		return 0
	}
	if len(rs) > 1 && rs[1] == 0x20e3 {
		return 2
	}
	if len(rs) > 2 && rs[1] == 0xfe0f && rs[2] == 0x20e3 {
		return 3
	}
	return 0
}

func regional(r rune) bool { return r >= 0x1f1e6 && r <= 0x1f1ff }
