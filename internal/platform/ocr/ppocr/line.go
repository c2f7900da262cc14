package ppocr

import (
	"context"
	"fmt"
	"image"
	"math"

	"truckflow/internal/platform/ocr/worker"
)

const (
	// lineHigh is the height in pixels that the reading network takes lines at, and
	// lineWide the most that it is given at once, some 60 letters: lines of small print
	// are longer, and of those it loses its place.
	lineHigh, lineWide = 48, 960
	// minWide is the width to which a short line is filled up: the network has hardly seen
	// narrower ones.
	minWide = 96
	// The network that tells upright from on its head takes one size only.
	directionHigh, directionWide = 48, 192
)

// Char is one letter of a line.
type Char struct {
	Rune   rune
	Conf   float64 // 0..1
	X0, X1 float64 // pixels of the picture
	Blank  bool    // a blank stands before it
}

// Line is one line of print, or a piece of a long one, as it was read.
type Line struct {
	Chars []Char
	High  float64 // pixels of the picture, as are all below

	x, y, slope float64 // of the middle, and how far it falls for each pixel to the right
}

// Middle is how far down the line's middle is at x.
func (l Line) Middle(x float64) float64 { return l.y + (x-l.x)*l.slope }

// Word is one word of a line, in pixels of the picture. Conf is its worst letter's.
type Word struct {
	Text           string
	X0, Y0, X1, Y1 float64
	Conf           float64
}

// Words are the line's, as its blanks divide them.
func (l Line) Words() (out []Word) {
	for i, c := range l.Chars {
		if i == 0 || c.Blank {
			out = append(out, Word{X0: c.X0, Conf: 1})
		}
		w := &out[len(out)-1]
		w.Text += string(c.Rune)
		w.X1, w.Conf = c.X1, min(w.Conf, c.Conf)
	}
	// A box reaches beyond its letters by a third of their height.
	for i, w := range out {
		y := l.Middle((w.X0 + w.X1) / 2)
		out[i].Y0, out[i].Y1 = y-0.3*l.High, y+0.3*l.High
	}
	return out
}

// line reads one box.
func (r *Reader) line(ctx context.Context, child *worker.Child, g *image.Gray, b box) (Line, error) {
	if b.high > 1.5*b.wide {
		return Line{}, nil // print up the margin is nothing that belongs to the page's lines
	}
	wide := max(1, int(math.Ceil(b.wide*lineHigh/b.high)))
	in := cut(g, b, lineHigh, max(minWide, (wide+7)/8*8))
	out, err := child.Run(ctx, worker.Request{Net: reading, Keep: r.keep, In: in})
	if err != nil {
		return Line{}, err
	}
	if len(out.Shape) != 3 || int(out.Shape[2]) != len(r.keep) {
		return Line{}, fmt.Errorf("%w: %s answers %v", worker.ErrFailed, reading, out.Shape)
	}
	l := Line{High: b.high, x: b.mid.x, y: b.mid.y, slope: math.Tan(b.tilt)}
	steps := int(out.Shape[1])
	perStep := float64(in.Shape[3]) / float64(steps) // pixels of the cut
	letters := collapse(out.Data, steps, r.glyph)
	ink := inked(in)
	for i, c := range letters {
		if c.r == ' ' {
			continue
		}
		from, to := float64(c.from)*perStep, float64(c.to+1)*perStep
		blank := len(l.Chars) > 0 && (letters[i-1].r == ' ' || gap(ink, letters[i-1], c, perStep))
		u := b.high / lineHigh
		l.Chars = append(l.Chars, Char{Rune: c.r, Conf: c.conf, X0: b.at(from*u, b.high/2).x, X1: b.at(min(to*u, b.wide), b.high/2).x, Blank: blank})
	}
	return l, nil
}

// pieces divides a box that is too long for the network where most paper lies between two
// letters.
func pieces(g *image.Gray, b box) []box {
	wide := int(b.wide * lineHigh / b.high)
	if wide <= lineWide {
		return []box{b}
	}
	ink := inked(cut(g, b, lineHigh, wide))
	// Between a third and two thirds: what comes of it is not too short to be read.
	at, most, run := wide/2, 0, 0
	for x := wide / 3; x < wide*2/3; x++ {
		if run++; ink[x] {
			run = 0
		}
		if run > most {
			at, most = x-run/2, run
		}
	}
	u := float64(at) * b.high / lineHigh
	left, right := b, b
	left.wide, right.wide = u, b.wide-u
	left.mid, right.mid = b.at(u/2, b.high/2), b.at((u+b.wide)/2, b.high/2)
	return append(pieces(g, left), pieces(g, right)...)
}

// cut takes a box out of the picture, high pixels high, and fills it up with paper to wide.
func cut(g *image.Gray, b box, high, wide int) worker.Tensor {
	t := worker.Tensor{Shape: []int64{1, 3, int64(high), int64(wide)}, Data: make([]float32, 3*high*wide)}
	plane := t.Data[:high*wide]
	step := b.high / float64(high)
	filled := min(wide, int(math.Round(b.wide/step)))
	// Prints are larger than wanted: the mean of what a pixel covers, four points of it.
	const n = 2
	sin, cos := math.Sincos(b.tilt)
	corner := b.at(0, 0)
	for y := range high {
		row := plane[y*wide : (y+1)*wide]
		for x := range row {
			if x >= filled {
				row[x] = 1
				continue
			}
			sum := 0
			for k := range n * n {
				u, v := (float64(x)+(float64(k%n)+0.5)/n)*step, (float64(y)+(float64(k/n)+0.5)/n)*step
				sum += between(g, int((corner.x+u*cos-v*sin-0.5)*256), int((corner.y+u*sin+v*cos-0.5)*256))
			}
			row[x] = float32(sum)/(n*n*127.5*(1<<16)) - 1
		}
	}
	copy(t.Data[high*wide:], plane)
	copy(t.Data[2*high*wide:], plane)
	return t
}

// between interpolates the four pixels about a point in 256ths of a pixel, 65,536 times
// as bright; outside is paper.
func between(g *image.Gray, sx, sy int) int {
	x, y := sx>>8, sy>>8
	if x < 0 || y < 0 || x >= g.Rect.Dx()-1 || y >= g.Rect.Dy()-1 {
		return 255 << 16
	}
	kx, ky := sx&255, sy&255
	p, q := g.Pix[y*g.Stride+x:], g.Pix[(y+1)*g.Stride+x:]
	return (int(p[0])*(256-kx)+int(p[1])*kx)*(256-ky) + (int(q[0])*(256-kx)+int(q[1])*kx)*ky
}

// letter is a run of steps at which the network saw the same character.
type letter struct {
	r        rune
	from, to int
	conf     float64
}

// collapse makes letters of the network's guess at each step (CTC): the same guess on and
// on is one letter, and "nothing" between two of the same makes them two.
func collapse(chance []float32, steps int, glyph []rune) (out []letter) {
	last := 0
	for t := range steps {
		row := chance[t*len(glyph) : (t+1)*len(glyph)]
		best := 0
		for k, v := range row {
			if v > row[best] {
				best = k
			}
		}
		switch {
		case best == 0:
		case best == last:
			l := &out[len(out)-1]
			l.to, l.conf = t, max(l.conf, float64(row[best]))
		default:
			out = append(out, letter{r: glyph[best], from: t, to: t, conf: float64(row[best])})
		}
		last = best
	}
	return out
}

// inked says of each column of a cut line whether there is print in it.
func inked(t worker.Tensor) []bool {
	high, wide := int(t.Shape[2]), int(t.Shape[3])
	out := make([]bool, wide)
	for x := range out {
		for y := high / 8; y < high*7/8; y++ {
			out[x] = out[x] || t.Data[y*wide+x] < 0.1
		}
	}
	return out
}

// wordGap is the paper between two words at least, in pixels of a cut line.
const wordGap = 8

// gap reports whether so much paper lies between two letters that they are of two words.
// The network was trained on a language without blanks and mostly leaves them out.
func gap(ink []bool, a, b letter, perStep float64) bool {
	run, most := 0, 0
	for x := int((float64(a.from) + 0.5) * perStep); x < min(len(ink), int((float64(b.to)+0.5)*perStep)); x++ {
		if run++; ink[x] {
			run = 0
		}
		most = max(most, run)
	}
	return most >= wordGap
}
