package imaging

import "image"

const (
	ruleDark  = 190 // darker belongs to a rule or a letter, its soft edge included
	ruleGap   = 2   // pixels a rule may be broken by noise
	ruleThick = 8   // pixels; anything thicker is a bar, perhaps with print in it
)

// eraseRules whites out the lines of tables and boxes. Recognisers take a box for a
// picture and leave out the words in it. A pixel goes only where the stroke it belongs
// to is thin across the rule, so letters that touch or cross it stay whole.
func eraseRules(g *image.Gray, minLen int) {
	w, h := g.Rect.Dx(), g.Rect.Dy()
	lines := grid{g.Pix, w, h, 1, g.Stride}
	columns := grid{g.Pix, h, w, g.Stride, 1}
	// Find both before erasing either: crossings belong to both.
	across, down := lines.rules(minLen), columns.rules(minLen)
	lines.erase(across)
	columns.erase(down)
}

// grid walks a picture by rows or, with the steps swapped, by columns.
type grid struct {
	pix          []uint8
	w, h         int
	stepX, stepY int
}

type run struct{ y, x0, x1 int }

// rules finds the long dark runs along every row.
func (m grid) rules(minLen int) []run {
	var out []run
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
				if last-start >= minLen {
					out = append(out, run{y, start, last + 1})
				}
				start = -1
			}
		}
		if start >= 0 && last-start >= minLen {
			out = append(out, run{y, start, last + 1})
		}
	}
	return out
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
	top, low := y, y
	for top > 0 && y-top <= ruleThick && m.pix[at+(top-1)*m.stepY] < ruleDark {
		top--
	}
	for low < m.h-1 && low-y <= ruleThick && m.pix[at+(low+1)*m.stepY] < ruleDark {
		low++
	}
	if low-top+1 > ruleThick {
		return
	}
	for yy := max(top-1, 0); yy <= min(low+1, m.h-1); yy++ {
		m.pix[at+yy*m.stepY] = 255
	}
}
