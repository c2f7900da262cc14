package imaging

import "image"

const (
	barBlock = 8   // pixels; bars are looked for among blocks of this size
	barDark  = 140 // darker belongs to a bar or to print
)

// invertBars turns light print on dark bars (headings of sections and columns) into dark
// print on light paper, which is all that recognisers read well.
func invertBars(g *image.Gray) {
	bw, bh := g.Rect.Dx()/barBlock, g.Rect.Dy()/barBlock
	dark := make([]bool, bw*bh)
	for y := range bh {
		for x := range bw {
			dark[y*bw+x] = darkPart(g, image.Rect(x*barBlock, y*barBlock, (x+1)*barBlock, (y+1)*barBlock)) > 0.5
		}
	}
	for start := range dark {
		if !dark[start] {
			continue
		}
		box, n := flood(dark, bw, bh, start)
		// Wide, at least a line of print high, and mostly filled: not a letter, not a frame.
		if box.Dx() < 12 || box.Dy() < 3 || n*10 < box.Dx()*box.Dy()*6 {
			continue
		}
		bar := grow(g, image.Rect(box.Min.X*barBlock, box.Min.Y*barBlock, box.Max.X*barBlock, box.Max.Y*barBlock))
		if edged(g, bar) {
			invert(g, bar)
		}
	}
}

// edged reports that the rim of a bar is dark all along: no print reaches so far, while a
// bold word, dark as it is in blocks, shows paper between its letters.
func edged(g *image.Gray, r image.Rectangle) bool {
	const rim = 3
	for _, side := range []image.Rectangle{
		image.Rect(r.Min.X, r.Min.Y+1, r.Max.X, r.Min.Y+1+rim),
		image.Rect(r.Min.X, r.Max.Y-1-rim, r.Max.X, r.Max.Y-1),
	} {
		if darkPart(g, side) < 0.85 {
			return false
		}
	}
	return true
}

func darkPart(g *image.Gray, r image.Rectangle) float64 {
	r = r.Intersect(g.Rect)
	n := 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for _, v := range g.Pix[y*g.Stride+r.Min.X : y*g.Stride+r.Max.X] {
			if v < barDark {
				n++
			}
		}
	}
	return float64(n) / float64(max(1, r.Dx()*r.Dy()))
}

// flood clears the dark blocks connected with start and returns their hull and number.
func flood(dark []bool, w, h, start int) (box image.Rectangle, n int) {
	todo := []int{start}
	dark[start] = false
	for len(todo) > 0 {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		x, y := at%w, at/w
		box = box.Union(image.Rect(x, y, x+1, y+1))
		n++
		for yy := max(y-1, 0); yy <= min(y+1, h-1); yy++ {
			for xx := max(x-1, 0); xx <= min(x+1, w-1); xx++ {
				if next := yy*w + xx; dark[next] {
					dark[next] = false
					todo = append(todo, next)
				}
			}
		}
	}
	return box, n
}

// grow moves the bar's edges from blocks out to the pixels where it really ends.
func grow(g *image.Gray, r image.Rectangle) image.Rectangle {
	for range barBlock {
		if darkPart(g, image.Rect(r.Min.X, r.Min.Y-1, r.Max.X, r.Min.Y)) > 0.5 {
			r.Min.Y--
		}
		if darkPart(g, image.Rect(r.Min.X, r.Max.Y, r.Max.X, r.Max.Y+1)) > 0.5 {
			r.Max.Y++
		}
		if darkPart(g, image.Rect(r.Min.X-1, r.Min.Y, r.Min.X, r.Max.Y)) > 0.5 {
			r.Min.X--
		}
		if darkPart(g, image.Rect(r.Max.X, r.Min.Y, r.Max.X+1, r.Max.Y)) > 0.5 {
			r.Max.X++
		}
	}
	return r.Intersect(g.Rect)
}

func invert(g *image.Gray, r image.Rectangle) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := g.Pix[y*g.Stride+r.Min.X : y*g.Stride+r.Max.X]
		for x, v := range row {
			row[x] = 255 - v
		}
	}
}
