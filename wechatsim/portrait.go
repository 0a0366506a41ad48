package wechatsim

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
)

// portrait is everybody's picture, a small JPEG.
var portrait = drawPortrait()

// drawPortrait draws a head and shoulders on a plain ground.
func drawPortrait() []byte {
	const size = 64
	ground, figure := color.RGBA{0x9c, 0xb4, 0xa8, 0xff}, color.RGBA{0xf2, 0xf0, 0xea, 0xff}
	img := image.NewRGBA(image.Rect(0, 0, size, size))
	inside := func(x, y, cx, cy, rx, ry int) bool {
		dx, dy := (x-cx)*ry, (y-cy)*rx
		return dx*dx+dy*dy <= rx*rx*ry*ry
	}
	for y := range size {
		for x := range size {
			c := ground
			if inside(x, y, 32, 25, 11, 13) || inside(x, y, 32, 64, 23, 22) {
				c = figure
			}
			img.SetRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 70}); err != nil {
		panic(err) // writing to memory does not fail
	}
	return b.Bytes()
}
