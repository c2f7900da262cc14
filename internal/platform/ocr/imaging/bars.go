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
	solid := make([]bool, bw*bh)
	for y := range bh {
		for x := range bw {
			part := darkPart(g, image.Rect(x*barBlock, y*barBlock, (x+1)*barBlock, (y+1)*barBlock))
			dark[y*bw+x], solid[y*bw+x] = part > 0.5, part > 0.95
		}
	}
	opened(dark, bw)
	for start := range dark {
		if !dark[start] {
			continue
		}
		blocks := flood(dark, bw, bh, start)
		box := hull(blocks, bw)
		// Wide, at least a line of print high, and mostly filled: not a letter, not a frame.
		if box.Dx() < 12 || box.Dy() < 3 || len(blocks)*10 < box.Dx()*box.Dy()*6 {
			continue
		}
		// A bold word is dark as well, but shows paper in and between its letters.
		n := 0
		for _, i := range blocks {
			if solid[i] {
				n++
			}
		}
		if n*3 >= len(blocks) {
			invert(g, grow(g, image.Rect(box.Min.X*barBlock, box.Min.Y*barBlock, box.Max.X*barBlock, box.Max.Y*barBlock)))
		}
	}
}

// opened drops dark blocks that do not stand in a row of several: the sides of boxes that
// hang from a bar.
func opened(dark []bool, w int) {
	const several = 4
	n := 0
	for i := range dark {
		if i%w == 0 {
			n = 0
		}
		if dark[i] {
			n++
			continue
		}
		if n < several {
			for k := i - n; k < i; k++ {
				dark[k] = false
			}
		}
		n = 0
	}
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

// flood clears the dark places connected with start and returns them.
func flood(dark []bool, w, h, start int) []int {
	found := []int{start}
	dark[start] = false
	for k := 0; k < len(found); k++ {
		x, y := found[k]%w, found[k]/w
		for yy := max(y-1, 0); yy <= min(y+1, h-1); yy++ {
			for xx := max(x-1, 0); xx <= min(x+1, w-1); xx++ {
				if next := yy*w + xx; dark[next] {
					dark[next] = false
					found = append(found, next)
				}
			}
		}
	}
	return found
}

func hull(places []int, w int) (box image.Rectangle) {
	for _, i := range places {
		box = box.Union(image.Rect(i%w, i/w, i%w+1, i/w+1))
	}
	return box
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
