package demo

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"slices"
	"sync"

	"xianjie/storage"
	"xianjie/wechatsim"
)

// Pictures and documents as words, where the page has no room for more; and one picture that is ready to be sent from a
// phone, so that a written application can be handed in without a camera.

const (
	pictureMark  = "［图片］"
	documentMark = "［文件］"
	fileGist     = "［图片或文件］"
	// sendsPaper, typed on a phone, sends the picture of a sheet of paper.
	sendsPaper = pictureMark + "书面申请"
)

// paper is the picture of a written sheet, without a word that could be anybody's.
var paper = sync.OnceValue(func() []byte {
	sheet := image.NewGray(image.Rect(0, 0, 420, 594))
	draw.Draw(sheet, sheet.Bounds(), image.NewUniform(color.Gray{250}), image.Point{}, draw.Src)
	for line := range 16 {
		y := 90 + 28*line
		width := 300 - 40*(line%3)
		draw.Draw(sheet, image.Rect(60, y, 60+width, y+6), image.NewUniform(color.Gray{110}), image.Point{}, draw.Src)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, sheet, nil); err != nil {
		panic(err) // nothing of it comes from outside
	}
	return b.Bytes()
})

// typed is what a phone sends when a text is typed on it.
func typed(text string) wechatsim.Content {
	if text == sendsPaper {
		return wechatsim.Image(paper())
	}
	return wechatsim.Text(text)
}

// shown is a message as the page shows it.
func shown(m wechatsim.Message) string {
	switch m.Kind {
	case wechatsim.KindImage:
		return pictureMark
	case wechatsim.KindFile:
		return documentMark + m.Name
	}
	return m.Text
}

// paperHint suggests handing in the written application that is asked for from a member.
func (t *Theatre) paperHint(m storage.Member) *Hint {
	if m.Declaration == nil {
		return nil
	}
	a := t.app.Season.ApplicationOf(m.Declaration.Destination, m.Declaration.Route)
	if a == nil {
		return nil
	}
	if _, ok := t.app.Season.Advance(m.Transfer.Track, m.Transfer.State, a.Handed); !ok {
		return nil
	}
	return &Hint{Text: "把" + a.Name + "拍照发给助手", Send: sendsPaper}
}

// asksForPapers reports that the season has written applications.
func (t *Theatre) asksForPapers() bool {
	for _, d := range t.app.Season.Destinations {
		for _, r := range d.Routes {
			if r.Application != nil {
				return true
			}
		}
	}
	return false
}

// committeeWords work at any moment on the phone of the committee.
func (t *Theatre) committeeWords() []string {
	words := []string{"进度", "进度图", "名单", "待答复", "帮助"}
	if t.asksForPapers() {
		words = slices.Insert(words, 3, "申请", "登记册")
	}
	return words
}
