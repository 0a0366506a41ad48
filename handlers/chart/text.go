package chart

import (
	_ "embed"
	"errors"
	"image/color"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// droid holds the Chinese characters; where it comes from and how it is licensed stands in font/.
//
//go:embed font/DroidSansFallbackFull.ttf
var droid []byte

// parsed are the fonts, read once, when the first chart is drawn.
var parsed = sync.OnceValues(func() (map[string]*sfnt.Font, error) {
	fs := map[string]*sfnt.Font{}
	var errs []error
	for name, data := range map[string][]byte{chinese: droid, latin: goregular.TTF, latinBold: gobold.TTF} {
		f, err := opentype.Parse(data)
		fs[name] = f
		errs = append(errs, err)
	}
	return fs, errors.Join(errs...)
})

const (
	chinese   = "Droid Sans Fallback"
	latin     = "Go Regular"
	latinBold = "Go Bold"
)

// missing is what printers put in place of a character they do not have.
const missing = '〓'

// style is how text is drawn.
type style struct {
	size  int // in pixels
	bold  bool
	color color.RGBA
}

// fonts draws text for one chart. Faces keep scratch memory, so that they are not shared between charts.
type fonts struct {
	files map[string]*sfnt.Font
	buf   sfnt.Buffer
	faces map[faceKey]font.Face
}

type faceKey struct {
	name string
	size int
}

func loadFonts() (*fonts, error) {
	files, err := parsed()
	if err != nil {
		return nil, err
	}
	return &fonts{files: files, faces: map[faceKey]font.Face{}}, nil
}

// glyph is a character with the face that has it.
type glyph struct {
	r    rune
	face font.Face
}

// glyphs finds a face for each character: Latin ones first, because the digits of a Chinese font would be as wide as its
// characters.
func (f *fonts) glyphs(s string, st style) []glyph {
	names := []string{latin, chinese}
	if st.bold {
		names[0] = latinBold
	}
	gs := make([]glyph, 0, len(s))
	for _, r := range s {
		name, ok := f.having(r, names)
		if !ok {
			r, name = missing, chinese
		}
		gs = append(gs, glyph{r, f.face(name, st.size)})
	}
	return gs
}

func (f *fonts) having(r rune, names []string) (string, bool) {
	for _, name := range names {
		if i, err := f.files[name].GlyphIndex(&f.buf, r); err == nil && i != 0 {
			return name, true
		}
	}
	return "", false
}

func (f *fonts) face(name string, size int) font.Face {
	key := faceKey{name, size}
	if f.faces[key] == nil {
		// It errs only on options it does not know.
		f.faces[key], _ = opentype.NewFace(f.files[name], &opentype.FaceOptions{Size: float64(size), DPI: 72, Hinting: font.HintingNone})
	}
	return f.faces[key]
}

// width of text in whole pixels.
func (f *fonts) width(s string, st style) int {
	var w fixed.Int26_6
	for _, g := range f.glyphs(s, st) {
		if a, ok := g.face.GlyphAdvance(g.r); ok {
			w += a
		}
	}
	return w.Ceil()
}

// fit shortens text in its middle to a width.
func (f *fonts) fit(s string, st style, width int) string {
	if f.width(s, st) <= width {
		return s
	}
	rs := []rune(s)
	for keep := len(rs) - 1; keep > 1; keep-- {
		head := (keep + 1) / 2
		short := string(rs[:head]) + "…" + string(rs[len(rs)-(keep-head):])
		if f.width(short, st) <= width {
			return short
		}
	}
	return "…"
}

// closing are characters no line begins with.
const closing = "，。、；：！？）】》”’％%"

// wrap breaks text into lines of a width at most; Chinese may be broken anywhere but before closing marks, numbers and
// words not at all where that can be helped.
func (f *fonts) wrap(s string, st style, width int) []string {
	var lines []string
	for rs := []rune(strings.TrimSpace(s)); len(rs) > 0; {
		n := len(rs)
		for n > 1 && f.width(string(rs[:n]), st) > width {
			n--
		}
		if at := n; n < len(rs) {
			for at > 1 && together(rs[at-1], rs[at]) {
				at--
			}
			if at > 1 {
				n = at
			}
		}
		lines = append(lines, strings.TrimSpace(string(rs[:n])))
		rs = []rune(strings.TrimSpace(string(rs[n:])))
	}
	return lines
}

// together reports that no line ends between two characters.
func together(a, b rune) bool {
	word := func(r rune) bool { return r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) }
	return strings.ContainsRune(closing, b) || word(a) && word(b)
}
