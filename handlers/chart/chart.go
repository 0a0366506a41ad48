// Package chart draws how far organisations have come, as a picture for a phone: titled groups of bars, every bar with its
// name on the left and its figures on the right. It is pure and knows nothing of the season; the same chart is always the
// same picture, byte for byte, because the turn that sends one may be decided twice.
//
//	Chart ──Draw──▶ rows (layout.go) ──▶ canvas (canvas.go, text.go) ──▶ PNG of few colours (canvas.go)
//
// Everything a bar says is said in words, too: the picture is readable in grey.
package chart

import (
	"bytes"
	"fmt"
	"image/png"
)

// Chart is a picture with all that stands in it.
type Chart struct {
	Title  string
	Lines  []string // below the title: whose figures, of which day
	Panels []Panel
	Notes  []string // at the foot
}

// Panel is a group of bars that measure the same.
type Panel struct {
	Title string // "" : the bars stand for themselves
	Note  string // beside the title: by when
	Total *Share // of all bars together, drawn as a line across them; nil: none
	Whole string // what Total is of: 全校
	Bars  []Bar
	Gap   Gap
}

// Bar is one measured thing.
type Bar struct {
	Place int    // in a ranking; 0: none
	Name  string // shortened in the middle where it is too long, for names of classes differ at their ends
	Note  string // below the name, small
	Share Share
}

// Share is so many of all.
type Share struct{ Done, All int }

// Gap is a line of words among the bars, in place of those that are left out.
type Gap struct {
	Before int    // index of the bar it stands before
	Text   string // "" : none
}

// Percent is rounded down: 100 is reached only when nobody is missing.
func (s Share) Percent() int {
	if s.All <= 0 {
		return 0
	}
	return s.Done * 100 / s.All
}

// Draw is the chart as a PNG, Width wide and as high as it needs to be.
func Draw(c Chart) ([]byte, error) {
	f, err := loadFonts()
	if err != nil {
		return nil, fmt.Errorf("load fonts: %w", err)
	}
	rows := c.rows(f)
	height := 2 * margin
	for _, r := range rows {
		height += r.height
	}
	cv := newCanvas(f, Width, height)
	y := margin
	for _, r := range rows {
		r.draw(cv, y)
		y += r.height
	}
	var b bytes.Buffer
	fast := png.Encoder{CompressionLevel: png.BestSpeed} // a turn waits for it; the file is hardly larger
	if err := fast.Encode(&b, cv.compact()); err != nil {
		return nil, fmt.Errorf("encode %dx%d: %w", Width, height, err)
	}
	return b.Bytes(), nil
}
