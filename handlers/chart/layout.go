package chart

import (
	"fmt"
	"strings"
)

// Width is that of a telephone held upright.
const Width = 1080

// Where things stand, in pixels.
const (
	margin   = 56
	right    = Width - margin
	placeEnd = margin + 46 // of the place in a ranking
	nameX    = 118         // of names beside places
	nameEnd  = 424
	barX     = 446
	barEnd   = 770
	barHigh  = 26
	rowHigh  = 56  // of a bar with a name in one line
	percentX = 866 // where percentages end
)

var (
	titleStyle   = style{46, false, ink}
	lineStyle    = style{30, false, faint}
	panelStyle   = style{38, false, ink}
	totalStyle   = style{30, false, faint}
	nameStyle    = style{30, false, ink}
	smallStyle   = style{26, false, ink} // names in two lines
	noteStyle    = style{26, false, faint}
	percentStyle = style{32, true, ink}
)

// row is a strip across the chart.
type row struct {
	height int
	draw   func(cv *canvas, y int)
}

func space(height int) row { return row{height, func(*canvas, int) {}} }

// text is a row for each line the text takes.
func text(f *fonts, s string, st style, leading int) []row {
	var rows []row
	for _, line := range f.wrap(s, st, right-margin) {
		rows = append(rows, row{leading, func(cv *canvas, y int) { cv.write(margin, y+st.size, line, st) }})
	}
	return rows
}

// rows are the strips of the chart from top to bottom.
func (c Chart) rows(f *fonts) []row {
	rows := text(f, c.Title, titleStyle, 64)
	rows = append(rows, space(4))
	for _, l := range c.Lines {
		rows = append(rows, text(f, l, lineStyle, 44)...)
	}
	for _, p := range c.Panels {
		rows = append(rows, space(24), row{2, func(cv *canvas, y int) { cv.rect(margin, y, right, y+2, rule) }}, space(26))
		rows = append(rows, p.rows(f)...)
	}
	if len(c.Notes) > 0 {
		rows = append(rows, space(32))
	}
	for _, n := range c.Notes {
		rows = append(rows, text(f, n, noteStyle, 38)...)
	}
	return rows
}

func (p Panel) rows(f *fonts) []row {
	var rows []row
	if p.Title != "" {
		rows = append(rows, row{66, p.head})
	}
	ranked := false
	for _, b := range p.Bars {
		ranked = ranked || b.Place > 0
	}
	for i, b := range p.Bars {
		if i == p.Gap.Before && p.Gap.Text != "" {
			rows = append(rows, space(12))
			rows = append(rows, text(f, p.Gap.Text, noteStyle, 38)...)
			rows = append(rows, space(10))
		}
		rows = append(rows, p.bar(f, b, ranked))
	}
	return rows
}

// head is the title of a panel with what all its bars come to.
func (p Panel) head(cv *canvas, y int) {
	base := y + 40
	cv.write(margin, base, p.Title, panelStyle)
	if p.Note != "" {
		cv.write(margin+cv.width(p.Title, panelStyle)+16, base, p.Note, totalStyle)
	}
	if p.Total == nil {
		return
	}
	words := fmt.Sprintf("%s %d%%（%d/%d）", p.Whole, p.Total.Percent(), p.Total.Done, p.Total.All)
	x := right - cv.width(words, totalStyle) + 8 // the closing bracket is half empty
	cv.write(x, base, words, totalStyle)
	if p.Total.crosses() {
		dashes(cv, x-18, y+8, y+48)
	}
}

// crosses reports whether a line at the share is to be told from both ends of a bar.
func (s *Share) crosses() bool { return s != nil && s.Done > 0 && s.Done < s.All }

// dashes is the line of the total: dashed, so that it is not taken for the end of a bar.
func dashes(cv *canvas, x, y0, y1 int) {
	const dash, gap = 6, 4
	for y := y0 - y0%(dash+gap); y < y1; y += dash + gap { // in step with the row above
		cv.rect(x-1, max(y, y0), x+2, min(y+dash, y1), accent)
	}
}

// bar is one bar with its name and figures.
func (p Panel) bar(f *fonts, b Bar, ranked bool) row {
	x := margin
	if ranked {
		x = nameX
	}
	lines, st := nameLines(f, b.Name, nameEnd-x)
	const leading = 32
	height := rowHigh + (len(lines)-1)*leading
	if b.Note != "" {
		height += leading
	}
	return row{height, func(cv *canvas, y int) {
		middle := y + height/2
		base := middle + 11
		if p.Total.crosses() {
			at := barX + (barEnd-barX)*p.Total.Done/p.Total.All
			defer dashes(cv, at, y, y+height)
		}
		if b.Place > 0 {
			cv.writeRight(placeEnd, base, fmt.Sprint(b.Place), noteStyle)
		}
		first := base - (height-rowHigh)/2
		for i, l := range lines {
			cv.write(x-hang(l), first+i*leading, l, st)
		}
		if b.Note != "" {
			cv.write(x, first+len(lines)*leading, b.Note, noteStyle)
		}
		top := middle - barHigh/2
		cv.pill(barX, top, barEnd, top+barHigh, barEnd, track)
		if b.Share.Done > 0 && b.Share.All > 0 {
			const least = 10 // one of many is to be seen, done or missing
			color, until := partial, barX+(barEnd-barX)*b.Share.Done/b.Share.All
			until = min(max(until, barX+least), barEnd-least)
			if b.Share.Done >= b.Share.All {
				color, until = full, barEnd
			}
			cv.pill(barX, top, barEnd, top+barHigh, until, color)
		}
		cv.writeRight(percentX, base, fmt.Sprintf("%d%%", b.Share.Percent()), percentStyle)
		cv.writeRight(right, base, fmt.Sprintf("%d/%d", b.Share.Done, b.Share.All), noteStyle)
	}}
}

// hang is how far a line that begins with a wide bracket is moved left: the bracket is half empty.
func hang(line string) int {
	if strings.HasPrefix(line, "（") {
		return 12
	}
	return 0
}

// nameLines are a name in one line, or in two smaller ones: before a bracket where both halves have room, for that is where
// people would break it.
func nameLines(f *fonts, name string, width int) ([]string, style) {
	name = strings.Join(strings.Fields(name), " ")
	if f.width(name, nameStyle) <= width {
		return []string{name}, nameStyle
	}
	if at := strings.IndexAny(name, "（("); at > 0 {
		head, tail := strings.TrimSpace(name[:at]), name[at:]
		if f.width(head, smallStyle) <= width && f.width(tail, smallStyle) <= width {
			return []string{head, tail}, smallStyle
		}
	}
	lines := f.wrap(name, smallStyle, width)
	if len(lines) > 2 {
		short := f.fit(name, smallStyle, 2*width-smallStyle.size) // a line may end a character early
		lines = f.wrap(short, smallStyle, width)
	}
	return lines[:min(2, len(lines))], smallStyle
}
