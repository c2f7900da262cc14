package extract

import "math"

// govern gives each cell the heading it stands under, or nil.
func (s *sheet) govern(hs []*heading) map[*cell]*heading {
	of := make(map[*cell]*heading, len(s.cells))
	for _, c := range s.cells {
		if c.head != nil {
			of[c] = c.head
			continue
		}
		of[c] = s.governs(hs, c)
	}
	s.strips(hs, of)
	return of
}

// strips gives stops set as strips their first lines: there the word at the
// left edge ("PICK", "DROP") stands half way down its strip, below the name.
func (s *sheet) strips(hs []*heading, of map[*cell]*heading) {
	type strip struct {
		h   *heading
		top int
	}
	var found []strip
	for _, h := range hs {
		if h.ctx != cPickup && h.ctx != cDelivery || !h.full || len(h.c.text) > 16 || h.c.tableRow > 0 || h.c.pos > 1 || h.c.pos == 1 && !stopNumberIs.MatchString(s.lines[h.c.line].cells[0].text) {
			continue
		}
		top := h.c.line
		for top > 0 && s.lines[top].page == s.lines[top-1].page && s.lines[top].y0-s.lines[top-1].y1 < 0.8*s.em && s.rightOnly(s.lines[top-1], h.c) {
			top--
		}
		if len(found) > 0 {
			top = s.widest(max(top, found[len(found)-1].h.c.line+1), h.c.line)
		}
		if top == h.c.line || len(found) > 0 && (math.Abs(found[0].h.c.x0-h.c.x0) > 12 || top <= found[len(found)-1].h.c.line) {
			return
		}
		found = append(found, strip{h, top})
	}
	if len(found) < 2 {
		return
	}
	for i, f := range found {
		end := f.h.c.line + 1
		for end < len(s.lines) && s.lines[end].y0-s.lines[end-1].y1 < 0.8*s.em && (i+1 == len(found) || end < found[i+1].top) {
			end++
		}
		for _, l := range s.lines[f.top:end] {
			for _, c := range l.cells {
				if c.head == nil {
					of[c] = f.h
				}
			}
		}
	}
}

// widest is the first of lines from..to that the widest gap lies above.
func (s *sheet) widest(from, to int) int {
	at, most := from, 0.0
	for k := from; k <= to; k++ {
		end := 0.0
		for _, l := range s.lines[max(0, k-3):k] {
			end = max(end, l.y1)
		}
		if gap := s.lines[k].y0 - end; gap > most {
			at, most = k, gap
		}
	}
	return at
}

// rightOnly reports a line with nothing left of a strip's words but its number.
func (s *sheet) rightOnly(l *line, key *cell) bool {
	for _, c := range l.cells {
		if c.x0 < key.x1 && !digitsOnlyLine(c.text) || c.head != nil && ofOneStop(c.head) {
			return false
		}
	}
	return true
}

func (s *sheet) governs(hs []*heading, c *cell) *heading {
	var best *heading
	tol := 1.5 * s.cw
	for i := len(hs) - 1; i >= 0; i-- {
		h := hs[i]
		if h.c.col != c.col || h.c.line > c.line || h.c.line == c.line && h.c.pos > c.pos || h.c.y0 > c.y0+2 {
			continue
		}
		if h.x0() > c.x0+tol && !(h.full && (s.centred(h, c) || s.setRight(h, c))) {
			continue
		}
		if best == nil {
			best = h
			continue
		}
		if h.x0() <= best.x0()+tol {
			if h.c.line != best.c.line {
				continue // further up and no closer: best rules
			}
			continue
		}
		if best.full && (best.ctx == cPickup || best.ctx == cDelivery) && !ofOneStop(h) && s.opensStrip(best.c) {
			continue // "Shipper   07/30/26 12:00   Acme Wire": a strip of its own across the paper
		}
		if h.wide && best.wide || math.Abs(h.c.x0-best.c.x0) < tol || ofOneStop(best) && h.c.line < best.c.line && h.c.x0 < best.c.x1 {
			continue // the stop's own words run into what would be h's column
		}
		if ofOneStop(best) && h.full && !ofOneStop(h) && h.c.line < best.c.line && len(s.lines[h.c.line].cells) == 1 && !s.ownEdge(h) {
			continue // a title in the middle of the paper, over no column
		}
		// h is further right, so nearer to c's column, but higher up. It still
		// rules if its column runs on past best's line without a break.
		if h.c.line == best.c.line || s.runsOn(h, best, c) && !(c.x0-h.c.x0 > 4*s.cw && stopsBelow(hs, h, best)) {
			best = h
		}
	}
	return best
}

// opensStrip reports a day, or a name over its street, right beside a heading.
func (s *sheet) opensStrip(c *cell) bool {
	next := s.lines[c.line].cells[c.pos+1:]
	return len(next) > 0 && (dateAtStart(next[0].text) || next[0].x0-c.x1 < 12*s.cw && s.streetUnder(next[0]))
}

// stopsBelow reports stops further left below h, down to low: what is not set
// on h's own edge under them is theirs.
func stopsBelow(hs []*heading, h, low *heading) bool {
	n := 0
	for _, x := range hs {
		if (x.ctx == cPickup || x.ctx == cDelivery) && x.c.x0 < h.c.x0 && x.c.line > h.c.line && x.c.line <= low.c.line {
			n++
		}
	}
	return n > 1
}

// centred reports a heading centred over a cell that starts left of it.
func (s *sheet) centred(h *heading, c *cell) bool {
	return math.Abs((h.c.x0+h.c.x1)-(c.x0+c.x1)) < 6*s.cw && h.c.x1 <= c.x1+2*s.cw
}

// setRight reports a cell under a stop's heading in a column set to the right.
func (s *sheet) setRight(h *heading, c *cell) bool {
	return ofOneStop(h) && math.Abs(h.c.x1-c.x1) < 1.8 && c.line-h.c.line < 5 && h.c.x0-c.x0 < 12*s.cw
}

// ownEdge reports a heading with a cell at its own left edge on one of the next
// lines, or one under its middle.
func (s *sheet) ownEdge(h *heading) bool {
	for k := h.c.line + 1; k < len(s.lines) && k < h.c.line+4; k++ {
		for _, n := range s.lines[k].cells {
			if math.Abs(n.x0-h.c.x0) < 1.5*s.cw || s.centred(h, n) {
				return true
			}
		}
	}
	return false
}

// runsOn reports whether the column that h opens continues unbroken across the
// line of the lower heading low, down to cell c.
func (s *sheet) runsOn(h, low *heading, c *cell) bool {
	left := h.c.x0 - 1.5*s.cw
	// The lower heading's own line must have something in h's column, or the
	// text of that column must step past it in ordinary line steps.
	prev := h.c.y1
	pitch := 2.3 * s.em
	for k := h.c.line; k <= c.line; k++ {
		for _, o := range s.lines[k].cells {
			if k > h.c.line && k < low.c.line && o.x0 < left-8*s.cw && o.x1 > h.c.x1+8*s.cw && len(o.ws) > 7 {
				return false // running text across its edge closes a column
			}
			if o.x0 < left || o.y0 <= h.c.y0 {
				continue
			}
			if o.y0-prev > pitch && o.y0 > low.c.y0-0.3*s.em && prev < low.c.y0+0.5*s.em {
				return false
			}
			prev = max(prev, o.y1)
		}
	}
	// A full-width heading: nothing of h's column stands beside or bridges it.
	for _, o := range s.cells[max(0, cellIndex(s, low.c)-60):min(len(s.cells), cellIndex(s, low.c)+60)] {
		if o.x0 >= left && o != low.c && o.y0 < low.c.y1+0.6*s.em && o.y1 > low.c.y0-0.6*s.em {
			return true
		}
	}
	return false
}

func cellIndex(s *sheet, c *cell) int {
	n := 0
	for k := 0; k < c.line; k++ {
		n += len(s.lines[k].cells)
	}
	return n + c.pos
}
