package storage_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"xianjie/storage"
)

func TestSplit(t *testing.T) {
	for _, c := range []struct {
		name, text string
		most       int
		want       []string
	}{
		{"short", "你好", 10, []string{"你好"}},
		{"exactly as long as it may be", "一二三四五", 5, []string{"一二三四五"}},
		{"empty", "", 5, []string{""}},
		{"only space", " \n ", 5, []string{""}},
		{"at a paragraph before a line", "一二三四\n\n五\n六七八九", 9, []string{"一二三四", "五\n六七八九"}},
		{"at a line before a sentence", "一二三四五\n六。七八九十", 9, []string{"一二三四五", "六。七八九十"}},
		{"at a sentence", "一二三四五。六七八九十", 8, []string{"一二三四五。", "六七八九十"}},
		{"not in the first half", "一。二三四五六七八九十", 8, []string{"一。二三四五六七", "八九十"}},
		{"between characters", "一二三四五六七", 3, []string{"一二三", "四五六", "七"}},
		{"not between a character and its mark", "abcde\u0301f", 5, []string{"abcd", "e\u0301f"}},
		{"not within an emoji of several", "一二三四五👨\u200d👩\u200d👧六", 8, []string{"一二三四五", "👨\u200d👩\u200d👧六"}},
		{"not between an emoji and its tone", "一二三四👍🏽五", 5, []string{"一二三四", "👍🏽五"}},
		{"marks all over", strings.Repeat("\u0301", 5), 4, []string{strings.Repeat("\u0301", 4), "\u0301"}},
		{"four-byte characters count as one", "𠮷𠮷𠮷𡃁", 3, []string{"𠮷𠮷𠮷", "𡃁"}},
	} {
		if got := storage.Split(c.text, c.most); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// Whatever the text: no part is longer than it may be, none is empty where there is something to say, and nothing but
// white space is lost.
func FuzzSplit(f *testing.F) {
	for _, s := range []string{"", "你好", strings.Repeat("字", 1300), "a\n\nb\nc。d", "👨‍👩‍👧‍👦👨‍👩‍👧‍👦", "\u0301\u0301\u0301\u0301", "a\xffb", " \n\n "} {
		f.Add(s, uint16(5))
	}
	f.Fuzz(func(t *testing.T, text string, most uint16) {
		n := int(most%600) + 2
		parts := storage.Split(text, n)
		if len(parts) == 0 {
			t.Fatal("no part")
		}
		for _, p := range parts {
			if utf8.RuneCountInString(p) > n {
				t.Errorf("%q is longer than %d", p, n)
			}
			if p == "" && strings.TrimSpace(text) != "" {
				t.Errorf("an empty part of %q: %q", text, parts)
			}
		}
		if !utf8.ValidString(text) {
			return
		}
		bare := func(s string) string {
			return strings.Map(func(r rune) rune {
				if unicode.IsSpace(r) {
					return -1
				}
				return r
			}, s)
		}
		if bare(strings.Join(parts, "")) != bare(text) {
			t.Errorf("%q became %q", text, parts)
		}
	})
}
