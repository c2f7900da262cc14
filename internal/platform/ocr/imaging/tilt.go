package imaging

import (
	"image"
	"math"

	"golang.org/x/image/draw"
)

const (
	maxTilt    = 5.0  // degrees searched to either side
	tiltWidth  = 1000 // the longer side while searching; finer gains nothing
	inkBelow   = 128  // darker is ink, after the light has been made even
	maxInkDots = 60000
)

// Tilt measures by how many degrees the lines of text fall to the right (clockwise),
// within ±5; 0 when there is too little text to tell. Lines that lie along the rows make
// a profile of sharp steps, tilted ones a flat one: the sharpest profile wins.
func Tilt(g *image.Gray) float64 {
	degrees, _ := tilt(g)
	return degrees
}

// tilt also says how many dots of ink it saw.
func tilt(g *image.Gray) (degrees float64, n int) {
	dots, h, w := ink(g)
	if len(dots) < 200 {
		return 0, len(dots)
	}
	best, bestScore := 0.0, sharpness(dots, h, w, 0)
	level := bestScore
	try := func(from, to, step float64) {
		for a := from; a <= to+1e-9; a += step {
			if s := sharpness(dots, h, w, a); s > bestScore {
				best, bestScore = a, s
			}
		}
	}
	try(-maxTilt, maxTilt, 0.5)
	try(best-0.4, best+0.4, 0.1)
	// A page of pictures or rules without lines of text: no clear winner, leave it alone.
	if bestScore < level*1.03 {
		return 0, len(dots)
	}
	return best, len(dots)
}

// sketch is the picture as small as lines of text still show in it.
func sketch(g *image.Gray) *image.Gray {
	b := g.Rect
	scale := min(1, float64(tiltWidth)/float64(max(b.Dx(), b.Dy())))
	small := image.NewGray(image.Rect(0, 0, int(float64(b.Dx())*scale), int(float64(b.Dy())*scale)))
	draw.ApproxBiLinear.Scale(small, small.Rect, g, b, draw.Src, nil)
	return small
}

// ink returns the lower edges of dark shapes, which say the same as all their dots and are
// fewer, and not the insides of black bars.
func ink(g *image.Gray) (dots []image.Point, h, w int) {
	small := sketch(g)
	w, h = small.Rect.Dx(), small.Rect.Dy()
	if w < 8 || h < 8 {
		return nil, h, w
	}
	dark := func(x, y int) bool { return small.Pix[y*small.Stride+x] < inkBelow+40 }
	for y := 1; y < h-1; y++ {
		for x := range w {
			if dark(x, y) && !dark(x, y+1) {
				dots = append(dots, image.Point{X: x, Y: y})
			}
		}
	}
	if every := len(dots)/maxInkDots + 1; every > 1 {
		kept := dots[:0]
		for i := 0; i < len(dots); i += every {
			kept = append(kept, dots[i])
		}
		dots = kept
	}
	return dots, h, w
}

func sharpness(dots []image.Point, h, w int, degrees float64) float64 {
	slope := math.Tan(degrees * math.Pi / 180)
	reach := int(math.Abs(slope)*float64(w)) + 2
	rows := make([]int32, h+2*reach)
	for _, p := range dots {
		rows[reach+int(math.Round(float64(p.Y)-slope*float64(p.X)))]++
	}
	var sum float64
	for _, n := range rows {
		sum += float64(n) * float64(n)
	}
	return sum
}

// straighten turns the picture back by degrees about its centre; corners become white.
func straighten(g *image.Gray, degrees float64) *image.Gray {
	w, h := g.Rect.Dx(), g.Rect.Dy()
	dst := image.NewGray(image.Rect(0, 0, w, h))
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	cx, cy := float64(w)/2, float64(h)/2
	const one = 1 << 16
	stepX, stepY := int(cos*one), int(sin*one)
	for y := range h {
		dy := float64(y) - cy
		sx := int((cx - cx*cos - dy*sin) * one)
		sy := int((cy - cx*sin + dy*cos) * one)
		out := dst.Pix[y*dst.Stride : y*dst.Stride+w]
		for x := range out {
			out[x] = between(g, sx, sy, w, h)
			sx += stepX
			sy += stepY
		}
	}
	return dst
}

// between interpolates the four pixels about a point in 16.16 fixed point.
func between(g *image.Gray, sx, sy, w, h int) uint8 {
	x, y := sx>>16, sy>>16
	if x < 0 || y < 0 || x >= w-1 || y >= h-1 {
		return 255
	}
	kx, ky := (sx>>8)&255, (sy>>8)&255
	p := g.Pix[y*g.Stride+x:]
	q := g.Pix[(y+1)*g.Stride+x:]
	top := int(p[0])*(256-kx) + int(p[1])*kx
	low := int(q[0])*(256-kx) + int(q[1])*kx
	return uint8((top*(256-ky) + low*ky) >> 16)
}
