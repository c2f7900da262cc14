package extract

import "math"

// markGoods marks the tables of freight ("Pieces | Package | Weight") that stand
// among the lines of a stop: their words are no name, contact or note of it.
func (d *doc) markGoods() {
	for i, l := range d.lines {
		if !goodsHeader(l) {
			continue
		}
		cols := l.cells
		for _, c := range cols {
			c.goods = !refColumn(c)
		}
		prev := l
		for k := i + 1; k < len(d.lines) && k <= i+6; k++ {
			n := d.lines[k]
			if gap := n.y0 - prev.y1; gap > 1.6*d.em || gap > 0.9*d.em && len(n.cells) < 3 || n.cells[0].head != nil || goodsHeader(n) || !d.goodsRow(n, cols) {
				break
			}
			for _, c := range n.cells {
				c.goods = !refColumn(nearestColumn(cols, c))
			}
			prev = n
		}
	}
}

// goodsHeader reports a row of labels that speak of freight and nothing else.
func goodsHeader(l *line) bool {
	counts, words := 0, 0
	for _, c := range l.cells {
		for _, g := range c.segs {
			if g.known && (!g.empty() || g.colon) {
				return false
			}
			if !g.known {
				continue
			}
			switch g.lab.sub {
			case sPieces, sWeight, sQty:
				counts++
			case sDesc, sCommodity, sIgnore, sLength, sTemp:
				words++
			case sRef, sOtherNo, sType, sBOL:
			default:
				return false
			}
		}
	}
	return counts > 0 && counts+words > 1 && len(l.cells) > 2
}

func refColumn(c *cell) bool {
	g := c.segs[0]
	return g.known && (g.lab.sub == sRef || g.lab.sub == sOtherNo || g.lab.sub == sBOL)
}

// goodsRow reports a line whose cells stand in the columns of a table of freight
// and that says how much.
func (d *doc) goodsRow(l *line, cols []*cell) bool {
	n, digits := 0, false
	for _, c := range l.cells {
		if g := c.segs[0]; g.known && g.colon || stopKind(c.text) != cNone && wordsAreStop(c.text) {
			return false
		}
		digits = digits || digitsRE.MatchString(c.text)
		k := nearestColumn(cols, c)
		if min(c.x1, k.x1)-max(c.x0, k.x0) > -3*d.cw {
			n++
		}
	}
	return n == len(l.cells) && (digits || n < 3)
}

func nearestColumn(cols []*cell, c *cell) *cell {
	best := cols[0]
	off := func(k *cell) float64 {
		return min(math.Abs(k.x0-c.x0), math.Abs(k.x1-c.x1), math.Abs(k.x0+k.x1-c.x0-c.x1)/2)
	}
	for _, k := range cols[1:] {
		if off(k) < off(best) {
			best = k
		}
	}
	return best
}
