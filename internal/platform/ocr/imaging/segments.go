package imaging

import "image"

// Segment is a run of print on one line with no wide gap in it.
type Segment struct {
	Box  image.Rectangle // pixels of the prepared picture
	ink  []bool          // by column of the sketch, from Box's left: is there print
	step float64         // pixels for each column
}

const (
	joinColumns = 5  // columns of the sketch (15 pixels) that still join letters and words
	minHigh     = 4  // rows of the sketch; lower is a dash or a speck
	maxHigh     = 34 // rows; higher is a drawing, a signature or a frame
)

// Segments finds the print on the prepared page by its ink alone.
func (p *Prepared) Segments() []Segment {
	small := sketch(p.Gray)
	w, h := small.Rect.Dx(), small.Rect.Dy()
	step := float64(p.Gray.Rect.Dx()) / float64(max(1, w))
	ink := make([]bool, w*h)
	for i := range ink {
		ink[i] = small.Pix[i/w*small.Stride+i%w] < inkBelow+40
	}
	joined := widened(ink, w)
	var out []Segment
	for i := range joined {
		if !joined[i] {
			continue
		}
		part := flood(joined, w, h, i)
		box := hull(part, w)
		s := Segment{ink: make([]bool, box.Dx()), step: step}
		top, low := h, 0
		for _, k := range part {
			if ink[k] {
				s.ink[k%w-box.Min.X] = true
				top, low = min(top, k/w), max(low, k/w+1)
			}
		}
		if low-top < minHigh || low-top > maxHigh {
			continue
		}
		s.Box = image.Rect(int(float64(box.Min.X)*step), int(float64(top)*step), int(float64(box.Max.X)*step), int(float64(low)*step))
		out = append(out, s)
	}
	return out
}

// widened lets ink run to the right over small gaps.
func widened(ink []bool, w int) []bool {
	out := make([]bool, len(ink))
	left := 0
	for i := range ink {
		if i%w == 0 {
			left = 0
		}
		if ink[i] {
			left = joinColumns
		}
		out[i] = left > 0
		left--
	}
	return out
}

// Unread is how many columns of print lie outside the given spans (x0, x1 in pixels).
func (s Segment) Unread(spans [][2]float64) (n int) {
	const slack = 2 // columns; boxes of words are tight
	for i, on := range s.ink {
		if !on {
			continue
		}
		x := float64(s.Box.Min.X)/s.step + float64(i)
		read := false
		for _, sp := range spans {
			read = read || x >= sp[0]/s.step-slack && x <= sp[1]/s.step+slack
		}
		if !read {
			n++
		}
	}
	return n
}

// Strip puts segments under each other on one sheet, and says where each begins on it.
func (p *Prepared) Strip(segs []Segment) (sheet *image.Gray, at []image.Point) {
	const margin, around = 24, 8
	w, h := 0, margin
	for _, s := range segs {
		w = max(w, s.Box.Dx())
		at = append(at, image.Pt(margin, h))
		h += s.Box.Dy() + margin
	}
	sheet = image.NewGray(image.Rect(0, 0, w+2*margin, h))
	for i := range sheet.Pix {
		sheet.Pix[i] = 255
	}
	for i, s := range segs {
		from := s.Box.Inset(-around).Intersect(p.Gray.Rect)
		to := at[i].Add(from.Min.Sub(s.Box.Min))
		for y := range from.Dy() {
			copy(sheet.Pix[sheet.PixOffset(to.X, to.Y+y):][:from.Dx()], p.Gray.Pix[p.Gray.PixOffset(from.Min.X, from.Min.Y+y):])
		}
	}
	return sheet, at
}
