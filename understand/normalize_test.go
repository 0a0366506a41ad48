package understand

import (
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestNormalize(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"empty", "", ""},
		{"plain text is returned as it is", "20160001 zhang san", "20160001 zhang san"},
		{"full-width digits", "２０１６０００１", "20160001"},
		{"full-width letters keep their case", "ＱＱａｂ", "QQab"},
		{"punctuation of data", "２０２０－０９．０１／＋＠", "2020-09.01/+@"},
		{"punctuation of sentences stays", "好的，（张三）。真的？！：；～、", "好的，（张三）。真的？！：；～、"},
		{"ideographic space", "张三　20160001", "张三 20160001"},
		{"spaces of every kind are one", "a \t\u00a0\u2003\u3000\u2800b", "a b"},
		{"spaces at the ends of lines go", "  a  \n  b  ", "a\nb"},
		{"empty lines inside stay", "a\n\n b", "a\n\nb"},
		{"line breaks of every kind", "a\r\nb\rc\u2028d\u0085e", "a\nb\nc\nd\ne"},
		{"line breaks at the ends go", "\n\r\na\n", "a"},
		{"zero-width characters", "\ufeff张\u200b三\u200d\u2060", "张三"},
		{"bidi controls", "\u202e20160001\u202c\u2066张三\u2069", "20160001张三"},
		{"controls", "张\x00\x01\x7f三", "张三"},
		{"soft hyphen and joiner", "a\u00adb\u034fc", "abc"},
		{"selectors of a glyph", "葛\U000e0100 3\ufe0f\u20e3", "葛 3\u20e3"},
		{"Hangul filler shows nothing", "\u3164", ""},
		{"NFC", "e\u0301", "é"},
		{"NFC across what was dropped", "e\u200b\u0301", "é"},
		{"compatibility ideograph", "\uf90a三", "金三"},
		{"beyond the BMP", "王𠮷𰻝", "王𠮷𰻝"},
		{"emoji stay", "好的👌🏻", "好的👌🏻"},
		{"invalid UTF-8", "张\xff\xfe三\xe5", "张三"},
		{"ten marks and no more", "a" + strings.Repeat("\u0316", 50), "a" + strings.Repeat("\u0316", 10)},
		{"HTML is text", "<b>张三</b>", "<b>张三</b>"},
		{"SQL is text", "' OR 1=1; --", "' OR 1=1; --"},
		{"one space", " ", ""},
		{"trailing space", "a ", "a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Normalize(c.in); got != c.want {
				t.Errorf("Normalize(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func TestHasWords(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     bool
	}{
		{"Han", "一", true},
		{"Latin", "!a", true},
		{"digits alone, as in a period", "2020.9-2022.7", true},
		{"rare Han", "𠮷", true},
		{"nothing", "", false},
		{"punctuation", "。。。!?……", false},
		{"emoji", "😀👌🏻❤️", false},
		{"Hangul filler", "\u3164", false},
		{"zero-width", "\u200b \u2060", false},
		{"invalid UTF-8", "\xff\xfe", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := HasWords(c.in); got != c.want {
				t.Errorf("HasWords(%q) = %v, want %v", c.in, got, c.want)
			}
		})
	}
}

// hostile are messages somebody could send to any question; none of them answers one.
var hostile = map[string]string{
	"empty":         "",
	"spaces":        " \t\u3000\n",
	"emoji":         "😀👨\u200d👩\u200d👧🇨🇳",
	"zero-width":    strings.Repeat("\u200b\u202e", 1000),
	"invalid UTF-8": "\xff\xc0\x80\xed\xa0\x80",
	"NUL":           "\x00\x00",
	"100 KB Latin":  strings.Repeat("a", 100<<10),
	"100 KB Han":    strings.Repeat("啊", 100<<10/3),
	"100 KB digits": strings.Repeat("7", 100<<10),
	"100 KB spaces": strings.Repeat("\u3000", 100<<10/3),
	"100 KB marks":  "a" + strings.Repeat("\u0301", 50<<10),
	"100 KB dots":   strings.Repeat("·", 50<<10),
	"SQL":           `'; DROP TABLE people; -- " OR ""="`,
	"HTML":          `<script>alert("x")</script><img src=x onerror=y>`,
	"format verbs":  "%s%d%!n(MISSING)%",
	"template":      "{{.Name}} ${HOME} $(id)",
}

func TestHostile(t *testing.T) {
	for name, s := range hostile {
		t.Run(name, func(t *testing.T) {
			if n := Normalize(s); !utf8.ValidString(n) {
				t.Error("Normalize left invalid UTF-8")
			}
			if p, err := StudentAndName(s); err == nil {
				t.Errorf("StudentAndName = %v", p)
			}
			if no, err := StudentNo(s); err == nil {
				t.Errorf("StudentNo = %q", no)
			}
			if no, err := Phone(s); err == nil {
				t.Errorf("Phone = %q", no)
			}
			if d, err := Date(s, from, to); err == nil {
				t.Errorf("Date = %v", d)
			}
			if n, ok := Number(s, 1000); ok {
				t.Errorf("Number = %d", n)
			}
			if i, ok := Choice(s, league); ok {
				t.Errorf("Choice = %d", i)
			}
			if list := Province(s); list != nil {
				t.Errorf("Province = %q", list)
			}
		})
	}
}

func FuzzNormalize(f *testing.F) {
	for _, s := range hostile {
		if len(s) < 1000 {
			f.Add(s)
		}
	}
	f.Add("张三　２０１６０００１\r\n")
	f.Fuzz(func(t *testing.T, s string) {
		n := Normalize(s)
		if again := Normalize(n); again != n {
			t.Errorf("Normalize(%q) = %q, and of that %q", s, n, again)
		}
		if !utf8.ValidString(n) || !norm.NFC.IsNormalString(n) {
			t.Errorf("Normalize(%q) = %q is not valid NFC", s, n)
		}
		if n != strings.Trim(n, " \n") || strings.Contains(n, "  ") || strings.Contains(n, "\r") {
			t.Errorf("Normalize(%q) = %q has stray spaces", s, n)
		}
		for _, r := range n {
			if r != '\n' && isIgnorable(r) {
				t.Errorf("Normalize(%q) = %q keeps %U", s, n, r)
			}
		}
		if HasWords(s) != HasWords(n) {
			t.Errorf("HasWords(%q) = %v, not so once normalised", s, HasWords(s))
		}
	})
}

func BenchmarkNormalize(b *testing.B) {
	for name, s := range map[string]string{
		"short": "张三　２０１６０００１",
		"plain": "20160001 zhang san",
		"100KB": strings.Repeat("张三　２０１６０００１，学号。\r\n", 2000),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(s)))
			b.ReportAllocs()
			for b.Loop() {
				Normalize(s)
			}
		})
	}
}
