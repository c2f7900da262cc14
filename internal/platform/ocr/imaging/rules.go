package imaging

import "image"

const (
	ruleDark  = 190 // darker belongs to a rule or a letter, its soft edge included
	ruleGap   = 2   // pixels a rule may be broken by noise
	ruleThick = 8   // pixels; anything thicker is a bar, perhaps with print in it
)

// eraseRules whites out the lines of tables and boxes. Recognisers take a box for a
// picture and leave out the words in it, and read its sides as letters. A pixel goes only
// where the stroke it belongs to is thin across the rule, so letters that touch or cross
// it stay whole.
func eraseRules(g *image.Gray, across, down int) {
	w, h := g.Rect.Dx(), g.Rect.Dy()
	lines := grid{g.Pix, w, h, 1, g.Stride}
	columns := grid{g.Pix, h, w, g.Stride, 1}
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
}

type run struct{ y, x0, x1 int }

// rules finds the long dark runs along every row that are thin nearly everywhere. The
// tops of blurred letters run together too, but hang on their stems.
func (m grid) rules(minLen int) []run {
	var out []run
	add := func(r run) {
		if r.x1-r.x0 >= minLen && m.thin(r) {
			out = append(out, r)
		}
	}
	for y := range m.h {
		start, last := -1, -1
		at := y * m.stepY
		for x := range m.w {
			if m.pix[at+x*m.stepX] < ruleDark {
				if start < 0 {
					start = x
				}
				last = x
				continue
			}
			if start >= 0 && x-last > ruleGap {
				add(run{y, start, last + 1})
				start = -1
			}
		}
		if start >= 0 {
			add(run{y, start, last + 1})
		}
	}
	return out
}

// thin reports that the stroke across the run is thin in six places of seven.
func (m grid) thin(r run) bool {
	n, thin := 0, 0
	for x := r.x0; x < r.x1; x += 2 {
		if m.pix[x*m.stepX+r.y*m.stepY] >= ruleDark {
			continue
		}
		n++
		if top, low := m.stroke(x, r.y); low-top < ruleThick {
			thin++
		}
	}
	return thin*7 >= n*6
}

// stroke is how far the dark goes across the row at x, y, followed only until it is thick.
func (m grid) stroke(x, y int) (top, low int) {
	at := x * m.stepX
	top, low = y, y
	for top > 0 && y-top <= ruleThick && m.pix[at+(top-1)*m.stepY] < ruleDark {
		top--
	}
	for low < m.h-1 && low-y <= ruleThick && m.pix[at+(low+1)*m.stepY] < ruleDark {
		low++
	}
	return top, low
}

func (m grid) erase(rules []run) {
	for _, r := range rules {
		for x := r.x0; x < r.x1; x++ {
			m.eraseAt(x, r.y)
		}
	}
}

// eraseAt whites out the stroke across the rule at x, y if it is thin.
func (m grid) eraseAt(x, y int) {
	at := x * m.stepX
	if m.pix[at+y*m.stepY] >= ruleDark {
		return // already gone
	}
	top, low := m.stroke(x, y)
	if low-top+1 > ruleThick {
		return
	}
	for yy := max(top-1, 0); yy <= min(low+1, m.h-1); yy++ {
		m.pix[at+yy*m.stepY] = 255
	}
}
