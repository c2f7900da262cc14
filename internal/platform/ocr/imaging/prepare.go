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

// tile is the square, in pixels, over which the light is taken to be the same.
const tile = 32

// even divides each pixel by the brightness of the paper around it and stretches what
// is left to black on white: shadows and gray paper go, print stays.
func even(g *image.Gray) {
	w, h := g.Rect.Dx(), g.Rect.Dy()
	tw, th := (w+tile-1)/tile, (h+tile-1)/tile
	paper := make([]float32, tw*th)
	for ty := range th {
		for tx := range tw {
			paper[ty*tw+tx] = paperIn(g, tx*tile, ty*tile)
		}
	}
	paper = smooth(spread(paper, tw, th), tw, th)
	var dark [256]int
	for y := range h {
		fy := clamp((float64(y)-tile/2)/tile, th)
		y0 := int(fy)
		y1 := min(y0+1, th-1)
		ky := float32(fy - float64(y0))
		row := g.Pix[y*g.Stride : y*g.Stride+w]
		for x := range row {
			fx := clamp((float64(x)-tile/2)/tile, tw)
			x0 := int(fx)
			x1 := min(x0+1, tw-1)
			kx := float32(fx - float64(x0))
			top := paper[y0*tw+x0]*(1-kx) + paper[y0*tw+x1]*kx
			low := paper[y1*tw+x0]*(1-kx) + paper[y1*tw+x1]*kx
			v := float32(row[x]) * 250 / (top*(1-ky) + low*ky)
			row[x] = uint8(min(v, 255))
			dark[row[x]]++
		}
	}
	stretch(g, dark, w*h)
}

func clamp(v float64, n int) float64 { return max(0, min(v, float64(n-1))) }

// paperIn is the brightness nine tenths of the tile's pixels do not exceed; never so dark
// that noise on a black ground would be blown up.
func paperIn(g *image.Gray, x0, y0 int) float32 {
	var hist [256]int
	n := 0
	for y := y0; y < min(y0+tile, g.Rect.Dy()); y += 2 {
		for x := x0; x < min(x0+tile, g.Rect.Dx()); x += 2 {
			hist[g.Pix[y*g.Stride+x]]++
			n++
		}
	}
	left := n / 10
	for v := 255; v > 0; v-- {
		if left -= hist[v]; left < 0 {
			return float32(max(v, 60))
		}
	}
	return 60
}

// spread lets the brightest neighbour win, so that a tile full of print or a dark
// heading takes the paper beside it.
func spread(p []float32, w, h int) []float32 {
	out := make([]float32, len(p))
	for y := range h {
		for x := range w {
			best := float32(0)
			for yy := max(y-1, 0); yy <= min(y+1, h-1); yy++ {
				for xx := max(x-1, 0); xx <= min(x+1, w-1); xx++ {
					best = max(best, p[yy*w+xx])
				}
			}
			out[y*w+x] = best
		}
	}
	return out
}

func smooth(p []float32, w, h int) []float32 {
	out := make([]float32, len(p))
	for y := range h {
		for x := range w {
			var sum float32
			n := float32(0)
			for yy := max(y-1, 0); yy <= min(y+1, h-1); yy++ {
				for xx := max(x-1, 0); xx <= min(x+1, w-1); xx++ {
					sum += p[yy*w+xx]
					n++
				}
			}
			out[y*w+x] = sum / n
		}
	}
	return out
}

// stretch makes the darkest hundredth black.
func stretch(g *image.Gray, hist [256]int, n int) {
	low, left := 0, n/100
	for low < 200 {
		if left -= hist[low]; left < 0 {
			break
		}
		low++
	}
	if low < 16 {
		return
	}
	var to [256]uint8
	for v := range to {
		to[v] = uint8(max(0, (v-low)*255/(255-low)))
	}
	for i, v := range g.Pix {
		g.Pix[i] = to[v]
	}
}
