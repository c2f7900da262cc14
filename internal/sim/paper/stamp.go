package paper

import (
	"image"
	"image/color"
	"math"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// stampFace is the type of rubber stamps; nil where the font cannot be read, which its test rules out.
var stampFace = sync.OnceValue(func() font.Face {
	f, err := opentype.Parse(gobold.TTF)
	if err != nil {
		return nil
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: 34, DPI: 72})
	if err != nil {
		return nil
	}
	return face
})

// stampOn presses a framed word, a little turned and half inked, where the page is empty.
func stampOn(w world, g *image.Gray, words string) {
	face := stampFace()
	if face == nil {
		return
	}
	tw, th := font.MeasureString(face, words).Ceil()+28, 58
	rubber := image.NewGray(image.Rect(0, 0, tw, th))
	d := font.Drawer{Dst: rubber, Src: image.White, Face: face, Dot: fixed.P(14, 41)}
	d.DrawString(words)
	for x := range tw {
		for y := range th {
			if x < 4 || y < 4 || x >= tw-4 || y >= th-4 {
				rubber.SetGray(x, y, color.Gray{Y: 255})
			}
		}
	}
	at := emptiest(w, g, tw+30, th+60)
	sin, cos := math.Sincos((w.Float64() - 0.5) * 0.3)
	for y := -40; y < th+40; y++ {
		for x := -40; x < tw+40; x++ {
			dx, dy := float64(x-tw/2), float64(y-th/2)
			ink := sample(rubber, cos*dx+sin*dy+float64(tw)/2, -sin*dx+cos*dy+float64(th)/2, 0)
			p := image.Pt(at.X+15+x, at.Y+30+y)
			if ink < 90 || !p.In(g.Rect) || w.chance(18) {
				continue
			}
			g.SetGray(p.X, p.Y, color.Gray{Y: min(uint8(120), g.GrayAt(p.X, p.Y).Y)})
		}
	}
}
