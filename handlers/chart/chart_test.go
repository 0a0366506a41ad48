package chart

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"
)

// ranking is a chart of so many organisations with long and short names, the first complete, the last at nothing.
func ranking(bars int) Chart {
	names := []string{
		"机械学院", "马克思主义学院", "国际学院（中外合作办学）", "2016级土木工程专业卓越工程师班",
		"2016级电子信息工程（中外合作办学）机电一体化专业拔尖创新实验班第3团支部",
	}
	p := Panel{Title: "登记率", Note: "7月31日前", Whole: "全校", Total: &Share{30 * bars, 60 * bars}}
	for i := range bars {
		p.Bars = append(p.Bars, Bar{Place: i + 1, Name: names[i%len(names)], Share: Share{60 * (bars - 1 - i) / max(1, bars-1), 60}})
	}
	return Chart{Title: "各学院进度", Lines: []string{"截至6月10日"}, Panels: []Panel{p}, Notes: []string{"3人未登记"}}
}

func drawn(t *testing.T, c Chart) *image.Paletted {
	t.Helper()
	b, err := Draw(c)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	p, ok := img.(*image.Paletted)
	if !ok || p.Rect.Dx() != Width {
		t.Fatalf("the picture is a %T of %v", img, img.Bounds())
	}
	return p
}

// A turn that draws may be decided twice and has to come to the same.
func TestDrawnTwice(t *testing.T) {
	for _, bars := range []int{0, 1, 3, 30} {
		a, err := Draw(ranking(bars))
		if err != nil {
			t.Fatal(err)
		}
		if b, err := Draw(ranking(bars)); err != nil || !bytes.Equal(a, b) {
			t.Errorf("%d bars are drawn otherwise the second time, %v", bars, err)
		}
	}
}

// count is how many pixels have a colour.
func count(img *image.Paletted, c color.RGBA) (n int) {
	for _, i := range img.Pix {
		if img.Palette[i] == color.Color(c) {
			n++
		}
	}
	return n
}

// The filled part of a bar is as long as its share; everything is one colour further only when nobody is missing.
func TestBars(t *testing.T) {
	of := func(s ...Share) *image.Paletted {
		p := Panel{}
		for _, one := range s {
			p.Bars = append(p.Bars, Bar{Name: "甲", Share: one})
		}
		return drawn(t, Chart{Title: "图", Panels: []Panel{p}})
	}
	half, third := count(of(Share{50, 100}), partial), count(of(Share{33, 99}), partial)
	whole := (barEnd - barX) * barHigh
	if d := half - whole/2; d < -whole/20 || d > 0 {
		t.Errorf("half a bar has %d of %d pixels", half, whole)
	}
	if d := third - whole/3; d < -whole/20 || d > 0 {
		t.Errorf("a third of a bar has %d of %d pixels", third, whole)
	}
	for _, tt := range []struct {
		name          string
		share         Share
		partial, full bool
	}{
		{"nobody", Share{0, 60}, false, false},
		{"one of very many", Share{1, 100_000}, true, false},
		{"one is missing", Share{999, 1000}, true, false},
		{"everybody", Share{60, 60}, false, true},
		{"nobody counts", Share{0, 0}, false, false},
	} {
		img := of(tt.share)
		if got := count(img, partial) > 0; got != tt.partial {
			t.Errorf("%s: partly filled %v", tt.name, got)
		}
		if got := count(img, full) > 0; got != tt.full {
			t.Errorf("%s: filled %v", tt.name, got)
		}
		if count(img, track) == 0 != tt.full {
			t.Errorf("%s: the track is seen wrongly", tt.name)
		}
	}
	if s := (Share{999, 1000}); s.Percent() != 99 {
		t.Errorf("999 of 1000 are %d%%", s.Percent())
	}
}

// The line of the whole is drawn where it can be told from both ends of the bars.
func TestTotal(t *testing.T) {
	for _, tt := range []struct {
		total Share
		line  bool
	}{{Share{0, 60}, false}, {Share{60, 60}, false}, {Share{30, 60}, true}, {Share{0, 0}, false}} {
		p := Panel{Title: "登记率", Total: &tt.total, Bars: []Bar{{Name: "甲", Share: Share{0, 60}}}}
		img := drawn(t, Chart{Title: "图", Panels: []Panel{p}})
		middle := 0
		for y := range img.Rect.Dy() {
			if img.At(barX+(barEnd-barX)/2, y) == color.Color(accent) {
				middle++
			}
		}
		if got := count(img, accent) > 0; got != tt.line || tt.line && middle < 20 {
			t.Errorf("of %v a line is drawn: %v, in the middle of the bar %d pixels", tt.total, got, middle)
		}
	}
}

// Nothing is drawn into the margins, whatever the names.
func TestMargins(t *testing.T) {
	c := ranking(12)
	c.Title = strings.Repeat("某某大学二〇二〇届毕业学生团员团组织关系转接，", 3)
	c.Panels[0].Bars[0].Share = Share{99_999, 99_999}
	img := drawn(t, c)
	for y := range img.Rect.Dy() {
		for x := range Width {
			inside := x >= margin-4 && x < right+6 && y >= margin-4 && y < img.Rect.Dy()-margin+4
			if !inside && img.At(x, y) != color.Color(paper) {
				t.Fatalf("something is drawn at %d,%d of %v", x, y, img.Rect)
			}
		}
	}
}

// Names of any length keep to their column: in at most two lines, with their beginning and their end.
func TestNames(t *testing.T) {
	f, err := loadFonts()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		want string // lines, by a stroke
	}{
		{"机械学院", "机械学院"},
		{" 机械 学院 ", "机械 学院"},
		{"国际学院（中外合作办学）", "国际学院|（中外合作办学）"},
		{"2016级土木工程专业卓越工程师班", "2016级土木工程专业卓越|工程师班"},
		{"", ""},
	} {
		if lines, _ := nameLines(f, tt.name, nameEnd-nameX); strings.Join(lines, "|") != tt.want {
			t.Errorf("%q stands as %q, want %q", tt.name, lines, tt.want)
		}
	}
	for n := 1; n < 80; n++ {
		name := "起" + strings.Repeat("长", n) + "末"
		lines, st := nameLines(f, name, nameEnd-nameX)
		all := strings.Join(lines, "")
		if len(lines) > 2 || !strings.HasPrefix(all, "起") || !strings.HasSuffix(all, "末") {
			t.Fatalf("a name of %d characters stands as %q", n+2, lines)
		}
		for _, l := range lines {
			if f.width(l, st) > nameEnd-nameX {
				t.Errorf("%q is %d wide", l, f.width(l, st))
			}
		}
	}
}

// picture of one character, as bytes.
func picture(f *fonts, r rune) string {
	cv := newCanvas(f, 60, 60)
	cv.write(4, 44, string(r), nameStyle)
	return string(cv.img.Pix)
}

// Different characters are drawn differently, and none as an empty box: all that names of places, schools and people are
// made of (every character of the
// divisions and universities of the country lies in the two blocks).
func TestNoTofu(t *testing.T) {
	f, err := loadFonts()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]rune{}
	blank := picture(f, ' ')
	for _, r := range "0123456789%/-ABab张三李四学院团支部机械数理王五赵六钱七艾力·买提（）：，。…“”①级届龘喆犇䶮㛃" {
		p := picture(f, r)
		if other, ok := seen[p]; ok {
			t.Errorf("%c is drawn like %c", r, other)
		}
		if p == blank {
			t.Errorf("%c is not drawn", r)
		}
		seen[p] = r
	}
	if picture(f, '𠮷') != picture(f, missing) {
		t.Errorf("a character no font has is not drawn as %c", missing)
	}
	for _, block := range [][2]rune{{0x3400, 0x4db5}, {0x4e00, 0x9fa5}} { // what GB 18030 asks of every font
		for r := block[0]; r <= block[1]; r++ {
			if name, ok := f.having(r, []string{latin, chinese}); !ok || name != chinese {
				t.Fatalf("no glyph for %c", r)
			}
		}
	}
}

func BenchmarkDraw(b *testing.B) {
	for _, bars := range []int{1, 8, 30} {
		b.Run(fmt.Sprint(bars), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Draw(ranking(bars)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
