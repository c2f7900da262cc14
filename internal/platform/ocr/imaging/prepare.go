package imaging

import (
	"image"
	"image/color"
	"math"

	"golang.org/x/image/draw"
)

// Prepared is a picture made ready for recognition and the way back from it.
type Prepared struct {
	Gray  *image.Gray
	Angle float64 // degrees the page was tilted clockwise; the picture has been turned back by it

	dots   int     // of ink
	scale  float64 // pixels here for each pixel of the original
	cx, cy float64 // the centre the picture was turned about, in pixels here
}

// Prepare makes the picture gray, even in light, straight (tilts up to 5 degrees) and
// longSide pixels along its longer side.
func Prepare(img image.Image, longSide int) *Prepared {
	b := img.Bounds()
	scale := float64(longSide) / float64(max(b.Dx(), b.Dy(), 1))
	gray := Gray(img, max(1, int(float64(b.Dx())*scale+0.5)), max(1, int(float64(b.Dy())*scale+0.5)))
	even(gray)
	p := &Prepared{Gray: gray, scale: scale, cx: float64(gray.Rect.Dx()) / 2, cy: float64(gray.Rect.Dy()) / 2}
	a, dots := tilt(gray)
	p.dots = dots
	if math.Abs(a) >= 0.2 {
		p.Angle, p.Gray = a, straighten(gray, a)
	}
	invertBars(p.Gray)
	eraseRules(p.Gray, max(40, longSide/24), max(30, longSide/40))
	whiten(p.Gray)
	return p
}

// Blank reports whether there is nothing on the paper that could be text.
func (p *Prepared) Blank() bool { return p.dots < 20 }

// Back takes a box in the prepared picture to the original one, both in pixels.
func (p *Prepared) Back(x0, y0, x1, y1 float64) (ox0, oy0, ox1, oy1 float64) {
	// A tilted line's upright hull would reach into its neighbours: turn the centre and
	// keep the width and height.
	mx, my := (x0+x1)/2, (y0+y1)/2
	if p.Angle != 0 {
		sin, cos := math.Sincos(p.Angle * math.Pi / 180)
		dx, dy := mx-p.cx, my-p.cy
		mx, my = p.cx+dx*cos-dy*sin, p.cy+dx*sin+dy*cos
	}
	w, h := (x1-x0)/2, (y1-y0)/2
	return (mx - w) / p.scale, (my - h) / p.scale, (mx + w) / p.scale, (my + h) / p.scale
}

// Gray scales to w × h and makes gray; what is transparent becomes white paper.
func Gray(img image.Image, w, h int) *image.Gray {
	b := img.Bounds()
	dst := image.NewGray(image.Rect(0, 0, w, h))
	// Smaller by half or more: average all pixels; else interpolate.
	var scaler draw.Scaler = draw.ApproxBiLinear
	if w*3 < b.Dx()*2 {
		scaler = draw.BiLinear
	} else if w > b.Dx()*5/4 {
		scaler = draw.CatmullRom
	}
	switch m := img.(type) {
	case *image.YCbCr: // the luma is already gray: a quarter of the work
		y := &image.Gray{Pix: m.Y, Stride: m.YStride, Rect: m.Rect}
		scaler.Scale(dst, dst.Rect, y, b, draw.Src, nil)
	case *image.Gray:
		if b.Dx() == w && b.Dy() == h {
			draw.Copy(dst, image.Point{}, m, b, draw.Src, nil)
			break
		}
		scaler.Scale(dst, dst.Rect, m, b, draw.Src, nil)
	default:
		draw.Draw(dst, dst.Rect, image.NewUniform(color.White), image.Point{}, draw.Src)
		scaler.Scale(dst, dst.Rect, img, b, draw.Over, nil)
	}
	return dst
}
