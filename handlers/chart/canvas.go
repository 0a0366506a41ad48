package chart

import (
	"image"
	"image/color"
	"image/draw"

	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// The colours of a chart, dark enough on white to be told apart in grey and by people who do not see colours.
var (
	paper   = color.RGBA{0xff, 0xff, 0xff, 0xff}
	ink     = color.RGBA{0x1f, 0x29, 0x37, 0xff}
	faint   = color.RGBA{0x5b, 0x66, 0x75, 0xff}
	accent  = color.RGBA{0xc0, 0x39, 0x2b, 0xff}
	track   = color.RGBA{0xe6, 0xea, 0xf0, 0xff}
	partial = color.RGBA{0x3b, 0x76, 0xc4, 0xff}
	full    = color.RGBA{0x1b, 0x7f, 0x5c, 0xff}
	rule    = color.RGBA{0xd5, 0xda, 0xe2, 0xff}
)

// canvas is the picture being drawn.
type canvas struct {
	*fonts
	img *image.RGBA
}

func newCanvas(f *fonts, width, height int) *canvas {
	cv := &canvas{f, image.NewRGBA(image.Rect(0, 0, width, height))}
	draw.Draw(cv.img, cv.img.Bounds(), image.NewUniform(paper), image.Point{}, draw.Src)
	return cv
}

func (cv *canvas) rect(x0, y0, x1, y1 int, c color.RGBA) {
	draw.Draw(cv.img, image.Rect(x0, y0, x1, y1), image.NewUniform(c), image.Point{}, draw.Src)
}

// pill is a bar with round ends, drawn as far as an x: what is filled of a bar has the shape of the bar.
func (cv *canvas) pill(x0, y0, x1, y1, until int, c color.RGBA) {
	const k = 0.5523 // a quarter of a circle as a cubic curve
	w, h := float32(x1-x0), float32(y1-y0)
	r := h / 2
	z := vector.NewRasterizer(x1-x0, y1-y0)
	z.MoveTo(r, 0)
	z.LineTo(w-r, 0)
	z.CubeTo(w-r+k*r, 0, w, r-k*r, w, r)
	z.CubeTo(w, r+k*r, w-r+k*r, h, w-r, h)
	z.LineTo(r, h)
	z.CubeTo(r-k*r, h, 0, r+k*r, 0, r)
	z.CubeTo(0, r-k*r, r-k*r, 0, r, 0)
	z.ClosePath()
	shape := image.NewAlpha(image.Rect(0, 0, x1-x0, y1-y0))
	z.Draw(shape, shape.Rect, image.Opaque, image.Point{})
	draw.DrawMask(cv.img, image.Rect(x0, y0, until, y1), image.NewUniform(c), image.Point{}, shape, image.Point{}, draw.Over)
}

// write draws text whose baseline begins at a point.
func (cv *canvas) write(x, base int, s string, st style) {
	dot := fixed.P(x, base)
	for _, g := range cv.glyphs(s, st) {
		dr, mask, at, advance, ok := g.face.Glyph(dot, g.r)
		if ok {
			draw.DrawMask(cv.img, dr, image.NewUniform(st.color), image.Point{}, mask, at, draw.Over)
		}
		dot.X += advance
	}
}

// writeRight draws text that ends at x.
func (cv *canvas) writeRight(x, base int, s string, st style) {
	cv.write(x-cv.width(s, st), base, s, st)
}

// compact is the picture with a palette: a quarter of the memory and a fraction of the file. The colours of the chart stay
// what they are; the soft edges of characters are kept in steps nobody sees.
func (cv *canvas) compact() *image.Paletted {
	const bits = 5
	var index [1 << (3 * bits)]int16 // palette index + 1
	key := func(r, g, b uint8) int {
		const drop = 8 - bits
		return int(r>>drop)<<(2*bits) | int(g>>drop)<<bits | int(b>>drop)
	}
	var p color.Palette
	add := func(c color.RGBA) int16 {
		k := key(c.R, c.G, c.B)
		if index[k] == 0 {
			if len(p) < 256 {
				p = append(p, c)
				index[k] = int16(len(p))
			} else {
				index[k] = int16(p.Index(c)) + 1
			}
		}
		return index[k]
	}
	for _, c := range []color.RGBA{paper, ink, faint, accent, track, partial, full, rule} {
		add(c)
	}
	out := image.NewPaletted(cv.img.Rect, nil)
	for i := range out.Pix {
		px := cv.img.Pix[4*i : 4*i+4 : 4*i+4]
		out.Pix[i] = uint8(add(color.RGBA{px[0], px[1], px[2], 0xff}) - 1) //nolint:gosec // below 256
	}
	out.Palette = p
	return out
}
