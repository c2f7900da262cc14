package imaging

import "image"

// Turned is the prepared picture of the original turned clockwise by 180 degrees.
func (p *Prepared) Turned() *Prepared {
	q := *p
	q.Gray = Turn(p.Gray, 180).(*image.Gray)
	return &q
}

// Lies guesses which clockwise turn (0, 90, 180, 270) would make the page upright, from
// how sharply its lines of print end on each side: letters stand on their line, while
// their tops reach to two heights, and along the line they end anywhere. A page of
// capitals alone tells hardly anything between upright and its opposite: then the guess
// is not clear.
func (p *Prepared) Lies() (turn int, clear bool) {
	small := sketch(p.Gray)
	if small.Rect.Dx() < 8 || small.Rect.Dy() < 8 {
		return 0, false
	}
	below, above, right, left := edges(small)
	switch {
	case max(right, left) > 1.2*max(below, above) && right > left:
		return 90, false
	case max(right, left) > 1.2*max(below, above):
		return 270, false
	case above > below:
		return 180, above > 1.25*below // some capitals look so when they stand upright
	}
	return 0, below > 1.08*above
}

// edges says how sharply print ends on each of its four sides: how far the number of
// ends in a row or column is from being the same in all.
func edges(g *image.Gray) (below, above, right, left float64) {
	w, h := g.Rect.Dx(), g.Rect.Dy()
	rows, columns := [2][]int{make([]int, h), make([]int, h)}, [2][]int{make([]int, w), make([]int, w)}
	dark := func(x, y int) bool { return g.Pix[y*g.Stride+x] < inkBelow+40 }
	for y := 1; y < h-1; y++ {
		for x := 1; x < w-1; x++ {
			if !dark(x, y) {
				continue
			}
			if !dark(x, y+1) {
				rows[0][y]++
			}
			if !dark(x, y-1) {
				rows[1][y]++
			}
			if !dark(x+1, y) {
				columns[0][x]++
			}
			if !dark(x-1, y) {
				columns[1][x]++
			}
		}
	}
	return peaks(rows[0]), peaks(rows[1]), peaks(columns[0]), peaks(columns[1])
}

// peaks is the sum of the squares beside what it would be for the same number spread evenly.
func peaks(n []int) float64 {
	sum, squares := 0.0, 0.0
	for _, v := range n {
		sum += float64(v)
		squares += float64(v) * float64(v)
	}
	return squares * float64(len(n)) / max(1, sum*sum)
}
