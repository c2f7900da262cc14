package ppocr

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"math"
	"slices"

	"golang.org/x/image/draw"

	"truckflow/internal/platform/ocr/worker"
)

const (
	// detectLong is the longer side, in pixels, that lines are searched at.
	detectLong = 1280
	// printHere is the map's value from which a pixel belongs to a line, and lineHere the
	// mean over a line from which it is one.
	printHere, lineHere = 0.3, 0.5
	// unclip is how far a line's box reaches out: the map shows the middle of the letters
	// only. By Vatti's rule: area × unclip ÷ perimeter, to each side.
	unclip = 1.6
	// minSide is the least height, in pixels of the map, of what could be a line.
	minSide = 3
)

type point struct{ x, y float64 }

// box is a rectangle that may be tilted, in pixels of the picture.
type box struct {
	mid        point
	wide, high float64
	tilt       float64 // radians, clockwise
}

func boxOf(r image.Rectangle) box {
	return box{mid: point{float64(r.Min.X+r.Max.X) / 2, float64(r.Min.Y+r.Max.Y) / 2}, wide: float64(r.Dx()), high: float64(r.Dy())}
}

// at is the picture's point at u along the box from its left and v down from its top.
func (b box) at(u, v float64) point {
	sin, cos := math.Sincos(b.tilt)
	u, v = u-b.wide/2, v-b.high/2
	return point{b.mid.x + u*cos - v*sin, b.mid.y + u*sin + v*cos}
}

// detect finds the lines of print.
func (r *Reader) detect(ctx context.Context, child *worker.Child, g *image.Gray) ([]box, error) {
	scale := float64(detectLong) / float64(max(g.Rect.Dx(), g.Rect.Dy()))
	w, h := by32(float64(g.Rect.Dx())*scale), by32(float64(g.Rect.Dy())*scale)
	small := image.NewGray(image.Rect(0, 0, w, h))
	draw.BiLinear.Scale(small, small.Rect, g, g.Rect, draw.Src, nil)
	in := worker.Tensor{Shape: []int64{1, 3, int64(h), int64(w)}, Data: make([]float32, 3*w*h)}
	// What the network was trained with: the pictures of ImageNet.
	mean, spread := [3]float32{0.485, 0.456, 0.406}, [3]float32{0.229, 0.224, 0.225}
	for c := range 3 {
		plane := in.Data[c*w*h : (c+1)*w*h]
		for i, v := range small.Pix {
			plane[i] = (float32(v)/255 - mean[c]) / spread[c]
		}
	}
	out, err := child.Run(ctx, worker.Request{Net: detection, In: in})
	if err != nil {
		return nil, err
	}
	if len(out.Data) != w*h {
		return nil, fmt.Errorf("%w: %s answers %v to %v", worker.ErrFailed, detection, out.Shape, in.Shape)
	}
	boxes := linesOf(out.Data, w, h)
	sx, sy := float64(g.Rect.Dx())/float64(w), float64(g.Rect.Dy())/float64(h)
	for i, b := range boxes {
		boxes[i].mid = point{b.mid.x * sx, b.mid.y * sy}
		boxes[i].wide, boxes[i].high = b.wide*sx, b.high*sy // sides differ by less than 32 pixels' rounding
	}
	return boxes, nil
}

// by32 is the nearest number of pixels that the network's five halvings divide.
func by32(v float64) int { return max(32, int(math.Round(v/32))*32) }

// linesOf finds the boxes in a map of how surely each pixel is a line's.
func linesOf(chance []float32, w, h int) (out []box) {
	seen := make([]bool, len(chance))
	var stack, part []int
	for start := range chance {
		if seen[start] || chance[start] < printHere {
			continue
		}
		stack, part = append(stack[:0], start), part[:0]
		seen[start] = true
		sum := 0.0
		for len(stack) > 0 {
			i := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			part = append(part, i)
			sum += float64(chance[i])
			x, y := i%w, i/w
			for ny := max(0, y-1); ny <= min(h-1, y+1); ny++ {
				for nx := max(0, x-1); nx <= min(w-1, x+1); nx++ {
					if k := ny*w + nx; !seen[k] && chance[k] >= printHere {
						seen[k] = true
						stack = append(stack, k)
					}
				}
			}
		}
		if sum/float64(len(part)) < lineHere {
			continue
		}
		b := around(hull(part, w))
		if min(b.wide, b.high) < minSide {
			continue
		}
		out = append(out, b.grown())
	}
	slices.SortStableFunc(out, func(a, b box) int { return cmp.Compare(a.mid.y, b.mid.y) })
	return out
}

// grown reaches out to the letters' edges.
func (b box) grown() box {
	d := b.wide * b.high * unclip / (2 * (b.wide + b.high))
	b.wide, b.high = b.wide+2*d, b.high+2*d
	return b
}

// hull is the convex hull of pixels (Andrew's monotone chain), corners of pixels included.
func hull(part []int, w int) []point {
	rows := map[int][2]int{}
	for _, i := range part {
		x, y := i%w, i/w
		if r, ok := rows[y]; !ok {
			rows[y] = [2]int{x, x}
		} else {
			rows[y] = [2]int{min(r[0], x), max(r[1], x)}
		}
	}
	pts := make([]point, 0, 4*len(rows))
	for y, r := range rows {
		for _, yy := range []float64{float64(y), float64(y + 1)} {
			pts = append(pts, point{float64(r[0]), yy}, point{float64(r[1] + 1), yy})
		}
	}
	slices.SortFunc(pts, func(a, b point) int { return cmp.Or(cmp.Compare(a.x, b.x), cmp.Compare(a.y, b.y)) })
	half := func(pts []point) (out []point) {
		for _, p := range pts {
			for len(out) > 1 && cross(out[len(out)-2], out[len(out)-1], p) <= 0 {
				out = out[:len(out)-1]
			}
			out = append(out, p)
		}
		return out[:len(out)-1]
	}
	low := half(pts)
	slices.Reverse(pts)
	return append(low, half(pts)...)
}

func cross(a, b, c point) float64 { return (b.x-a.x)*(c.y-a.y) - (b.y-a.y)*(c.x-a.x) }

// around is the smallest box about a convex shape: one of its sides lies along one of the
// shape's. The box runs along the picture's rows rather than down it.
func around(shape []point) (best box) {
	least := math.Inf(1)
	for i, p := range shape {
		q := shape[(i+1)%len(shape)]
		a := math.Atan2(q.y-p.y, q.x-p.x)
		// A quarter turn gives the same box: the one nearest to upright is meant.
		a -= math.Round(a/(math.Pi/2)) * (math.Pi / 2)
		sin, cos := math.Sincos(a)
		u0, u1, v0, v1 := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
		for _, s := range shape {
			u, v := s.x*cos+s.y*sin, s.y*cos-s.x*sin
			u0, u1, v0, v1 = min(u0, u), max(u1, u), min(v0, v), max(v1, v)
		}
		if area := (u1 - u0) * (v1 - v0); area < least {
			least = area
			u, v := (u0+u1)/2, (v0+v1)/2
			best = box{mid: point{u*cos - v*sin, u*sin + v*cos}, wide: u1 - u0, high: v1 - v0, tilt: a}
		}
	}
	return best
}
