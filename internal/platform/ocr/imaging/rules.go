package imaging

import "image"

const (
	ruleGap   = 2 // pixels a rule may be broken by noise
	ruleThick = 8 // pixels; anything thicker is a bar, perhaps with print in it
	ruleSkirt = 2 // pixels of soft edge on either side
)

// eraseRules whites out the lines of tables and boxes. Recognisers take a box for a
// picture and leave out the words in it, and read its sides as letters. A pixel goes only
// where the stroke it belongs to is thin across the rule, so letters that touch or cross
// it stay whole.
func eraseRules(g *image.Gray, across, down int) {
	w, h := g.Rect.Dx(), g.Rect.Dy()
	paper, grain := ground(g)
	dark := uint8(paper - max(20, 4*grain)) // hairlines are faint
	lines := grid{g.Pix, w, h, 1, g.Stride, dark, paper}
	columns := grid{g.Pix, h, w, g.Stride, 1, dark, paper}
	// Find both before erasing either: crossings belong to both.
	a, d := lines.rules(across), columns.rules(down)
	lines.erase(a)
	columns.erase(d)
}

// grid walks a picture by rows or, with the steps swapped, by columns.
type grid struct {
	pix          []uint8
	w, h         int
	stepX, stepY int
	dark         uint8 // darker may belong to a rule
	paper        int
}

// run is one row of a rule. Where the rule or what crosses it ends is half way from its
// own gray to the paper's: hairlines are fainter than print.
type run struct {
	y, x0, x1 int
	edge      uint8
}

// rules finds the long dark runs along every row that are thin nearly everywhere. The
// tops of blurred letters run together too, but hang on their stems.
func (m grid) rules(minLen int) []run {
	var out []run
	add := func(r run) {
		if r.x1-r.x0 < minLen {
			return
		}
		if r.edge = m.edge(r); m.thin(r) {
			out = append(out, r)
		}
	}
	for y := range m.h {
		start, last := -1, -1
		at := y * m.stepY
		for x := range m.w {
			if m.pix[at+x*m.stepX] < m.dark {
				if start < 0 {
					start = x
				}
				last = x
				continue
			}
			if start >= 0 && x-last > ruleGap {
				add(run{y: y, x0: start, x1: last + 1})
				start = -1
			}
		}
		if start >= 0 {
			add(run{y: y, x0: start, x1: last + 1})
		}
	}
	return out
}

func (m grid) edge(r run) uint8 {
	n, sum := 0, 0
	for x := r.x0; x < r.x1; x++ {
		if v := m.pix[x*m.stepX+r.y*m.stepY]; v < m.dark {
			n++
			sum += int(v)
		}
	}
	return uint8((sum/max(1, n) + m.paper) / 2)
}

// thin reports that the stroke across the run is thin in six places of seven.
func (m grid) thin(r run) bool {
	n, thin := 0, 0
	for x := r.x0; x < r.x1; x += 2 {
		if m.pix[x*m.stepX+r.y*m.stepY] >= r.edge {
			continue
		}
		n++
		if top, low := m.stroke(x, r); low-top < ruleThick {
			thin++
		}
	}
	return thin*7 >= n*6
}

// stroke is how far the dark goes across the run at x, followed only until it is thick.
func (m grid) stroke(x int, r run) (top, low int) {
	at := x * m.stepX
	top, low = r.y, r.y
	for top > 0 && r.y-top <= ruleThick && m.pix[at+(top-1)*m.stepY] < r.edge {
		top--
	}
	for low < m.h-1 && low-r.y <= ruleThick && m.pix[at+(low+1)*m.stepY] < r.edge {
		low++
	}
	return top, low
}

// erase whites out the stroke across each run where it is thin.
func (m grid) erase(rules []run) {
	for _, r := range rules {
		for x := r.x0; x < r.x1; x++ {
			top, low := m.stroke(x, r)
			if low-top+1 > ruleThick {
				continue
			}
			for y := max(top-ruleSkirt, 0); y <= min(low+ruleSkirt, m.h-1); y++ {
				m.pix[x*m.stepX+y*m.stepY] = 255
			}
		}
	}
}
