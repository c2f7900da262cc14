package paper

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"math/rand"
)

// PhotoOptions says how a page suffered between the printer and the inbox.
// The zero value is a clean grey copy.
type PhotoOptions struct {
	SkewDeg     float64 // turned by, clockwise
	Keystone    float64 // how much narrower the top is than the bottom, 0.04 is 4 %
	Noise       float64 // standard deviation of the sensor's noise, in grey levels
	Blur        int     // passes of a 3×3 blur
	Contrast    float64 // 1 or 0 leaves it; 0.6 is a tired toner
	JPEGQuality int     // an earlier lossy copy; 0 for none
	Rotate180   bool    // upside down
	Shadow      bool    // a hand and an uneven lamp
	Stamp       string  // words of a rubber stamp, put where the page is empty
	Sign        bool    // a scribbled signature
}

// Photo makes a scan or phone picture of a page. The same seed, page and
// options give the same picture.
func Photo(seed int64, page image.Image, o PhotoOptions) image.Image {
	w := world{rand.New(rand.NewSource(seed))}
	g := toGrey(page)
	if o.Stamp != "" {
		stampOn(w, g, o.Stamp)
	}
	if o.Sign {
		scribble(w, g)
	}
	g = warp(g, o)
	for range o.Blur {
		g = blur(g)
	}
	tone(w, g, o)
	if o.Rotate180 {
		for i, j := 0, len(g.Pix)-1; i < j; i, j = i+1, j-1 {
			g.Pix[i], g.Pix[j] = g.Pix[j], g.Pix[i]
		}
	}
	if o.JPEGQuality > 0 {
		return recompressed(g, o.JPEGQuality)
	}
	return g
}

func toGrey(src image.Image) *image.Gray {
	b := src.Bounds()
	g := image.NewGray(image.Rect(0, 0, b.Dx(), b.Dy()))
	for y := range b.Dy() {
		for x := range b.Dx() {
			g.Set(x, y, src.At(b.Min.X+x, b.Min.Y+y))
		}
	}
	return g
}

// warp turns and narrows the page, looking up each new pixel in the old page.
func warp(g *image.Gray, o PhotoOptions) *image.Gray {
	if o.SkewDeg == 0 && o.Keystone == 0 {
		return g
	}
	out := image.NewGray(g.Rect)
	w, h := float64(g.Rect.Dx()), float64(g.Rect.Dy())
	sin, cos := math.Sincos(o.SkewDeg * math.Pi / 180)
	desk := uint8(255)
	if o.Shadow {
		desk = 96
	}
	for y := range g.Rect.Dy() {
		for x := range g.Rect.Dx() {
			dx, dy := float64(x)-w/2, float64(y)-h/2
			sx, sy := cos*dx+sin*dy, -sin*dx+cos*dy
			sx *= 1 + o.Keystone*(0.5-sy/h)
			out.Pix[y*out.Stride+x] = sample(g, sx+w/2, sy+h/2, desk)
		}
	}
	return out
}

func sample(g *image.Gray, x, y float64, outside uint8) uint8 {
	x0, y0 := int(math.Floor(x)), int(math.Floor(y))
	if x0 < 0 || y0 < 0 || x0+1 >= g.Rect.Dx() || y0+1 >= g.Rect.Dy() {
		return outside
	}
	fx, fy := x-float64(x0), y-float64(y0)
	p := g.Pix[y0*g.Stride+x0:]
	q := g.Pix[(y0+1)*g.Stride+x0:]
	top := float64(p[0])*(1-fx) + float64(p[1])*fx
	low := float64(q[0])*(1-fx) + float64(q[1])*fx
	return uint8(top*(1-fy) + low*fy + 0.5)
}

func blur(g *image.Gray) *image.Gray {
	out := image.NewGray(g.Rect)
	copy(out.Pix, g.Pix)
	for y := 1; y < g.Rect.Dy()-1; y++ {
		for x := 1; x < g.Rect.Dx()-1; x++ {
			i := y*g.Stride + x
			n := 4*int(g.Pix[i]) + 2*(int(g.Pix[i-1])+int(g.Pix[i+1])+int(g.Pix[i-g.Stride])+int(g.Pix[i+g.Stride])) +
				int(g.Pix[i-g.Stride-1]) + int(g.Pix[i-g.Stride+1]) + int(g.Pix[i+g.Stride-1]) + int(g.Pix[i+g.Stride+1])
			out.Pix[i] = uint8(n / 16)
		}
	}
	return out
}

// tone applies contrast, lamp and noise in one pass.
func tone(w world, g *image.Gray, o PhotoOptions) {
	c := o.Contrast
	if c == 0 {
		c = 1
	}
	width, height := float64(g.Rect.Dx()), float64(g.Rect.Dy())
	corner := w.Float64()
	for i, v := range g.Pix {
		f := 238 - (255-float64(v))*c*0.93
		if o.Shadow {
			x, y := float64(i%g.Stride)/width, float64(i/g.Stride)/height
			f *= 1 - 0.38*math.Abs(corner-x)*(0.4+0.6*y)
		}
		if o.Noise > 0 {
			f += w.NormFloat64() * o.Noise
		}
		g.Pix[i] = uint8(max(0, min(255, f)))
	}
}

func recompressed(g *image.Gray, quality int) image.Image {
	var b bytes.Buffer
	if jpeg.Encode(&b, g, &jpeg.Options{Quality: quality}) != nil {
		return g
	}
	out, err := jpeg.Decode(&b)
	if err != nil {
		return g
	}
	return out
}

// emptiest finds, of many random places, the one where a box of w × h covers the least ink.
func emptiest(wd world, g *image.Gray, w, h int) image.Point {
	best, least := image.Point{}, math.MaxInt
	for range 60 {
		at := image.Pt(wd.between(20, max(21, g.Rect.Dx()-w-20)), wd.between(20, max(21, g.Rect.Dy()-h-20)))
		ink := 0
		for y := at.Y; y < min(at.Y+h, g.Rect.Dy()); y += 3 {
			for x := at.X; x < min(at.X+w, g.Rect.Dx()); x += 3 {
				if g.GrayAt(x, y).Y < 200 {
					ink++
				}
			}
		}
		if ink < least {
			best, least = at, ink
		}
	}
	return best
}

// scribble draws a signature: loops leaning right.
func scribble(w world, g *image.Gray) {
	at := emptiest(w, g, 320, 90)
	x, y := float64(at.X+20), float64(at.Y+50)
	phase, a := w.Float64()*6, 14+w.Float64()*16
	for t := 0.0; t < 16; t += 0.01 {
		px := x + t*16 + 9*math.Cos(t*2.7+phase)
		py := y + a*math.Sin(t*2.1+phase)*math.Exp(-t/14) + 6*math.Sin(t*5.3)
		dot(g, px, py, 60)
	}
}

func dot(g *image.Gray, x, y float64, v uint8) {
	for dy := -1; dy <= 1; dy++ {
		for dx := -1; dx <= 1; dx++ {
			if p := image.Pt(int(x)+dx, int(y)+dy); p.In(g.Rect) {
				g.SetGray(p.X, p.Y, color.Gray{Y: min(v, g.GrayAt(p.X, p.Y).Y)})
			}
		}
	}
}
