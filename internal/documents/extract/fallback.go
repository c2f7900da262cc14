package extract

import (
	"math"
	"regexp"
	"slices"
	"strings"
)

// spot is an address on the paper that no heading or table claimed for a stop.
type spot struct {
	c     *cell
	t     town
	block []*cell
	kind  ctx
}

// withSpots finds stops by their addresses when headings and tables gave no
// pickup or no delivery: every town with a ZIP that belongs to no party is a
// stop; a word near it says which kind, else the order on the paper does, and
// then the stop is flagged.
func (d *doc) withSpots(ds []*draft) []*draft {
	has := map[ctx]bool{}
	for _, df := range ds {
		has[df.kind] = has[df.kind] || df.stop.City != nil
	}
	if has[cPickup] && has[cDelivery] || len(d.cells) > 1200 {
		return ds
	}
	fresh := d.spots(ds)
	if len(fresh) == 0 || len(fresh) > 12 {
		return ds
	}
	// A heading that missed its neighbour has swallowed it: all are read anew
	// from their addresses.
	kept, redo := splitDrafts(ds)
	spots := d.spots(kept)
	if len(spots) < len(redo)+1 || len(spots) > 12 {
		spots, kept = fresh, ds
	}
	ds = kept
	has = map[ctx]bool{}
	for _, df := range ds {
		has[df.kind] = has[df.kind] || df.stop.City != nil
	}
	for _, s := range spots {
		has[s.kind] = true
	}
	d.regions(spots)
	if has[cPickup] && has[cDelivery] {
		// Words name both ends of the trip: an address without one, and without a day or hour, is an office.
		spots = slices.DeleteFunc(spots, func(s spot) bool { return s.kind == cNone && !tellsDay(s.block) })
	}
	for i := range spots {
		s := &spots[i]
		doubt := ""
		if s.kind == cNone {
			s.kind = cDelivery
			if !has[cPickup] && (i == 0 || has[cDelivery]) {
				s.kind = cPickup
				has[cPickup] = has[cPickup] || i == 0 && !has[cDelivery]
			}
			doubt = "the paper does not say in words we know whether this is a pickup or a delivery"
		}
		df := &draft{kind: s.kind, x0: s.c.x0, line: s.block[0].line}
		for _, c := range s.block {
			df.items = append(df.items, d.itemsOf(c, 0, s.kind)...)
		}
		d.fill(df)
		if doubt != "" {
			df.flags = append(df.flags, Flag{"type", doubt, Check})
		}
		if df.stop.City == nil {
			continue
		}
		for _, o := range ds {
			if o.kind == df.kind && o.stop.City == nil {
				df.absorb(o)
				ds = dropDraft(ds, o)
				break
			}
		}
		ds = append(ds, df)
	}
	return ds
}

// tellsDay reports cells that say a day or an hour.
func tellsDay(cs []*cell) bool {
	return slices.ContainsFunc(cs, func(c *cell) bool { return len(days(c.text)) > 0 || len(times(c.text, false)) > 0 })
}

// splitDrafts parts the drafts that addresses can find again from the rest.
func splitDrafts(ds []*draft) (kept, redo []*draft) {
	for _, df := range ds {
		if !df.table && df.stop.ZIP != nil && df.stop.City != nil {
			redo = append(redo, df)
		} else {
			kept = append(kept, df)
		}
	}
	return kept, redo
}

// spots lists the unclaimed addresses, in reading order.
func (d *doc) spots(ds []*draft) []spot {
	var out []spot
	for _, c := range d.cells {
		if c.tableRow > 0 && d.claimed(c) || len(c.text) > 120 {
			continue
		}
		if h := d.of[c]; h != nil {
			switch h.ctx {
			case cBroker, cCarrier, cBillTo, cCustomer, cSign, cTerms:
				if c.y0-h.c.y1 < 7*d.em && math.Abs(c.x0-h.c.x0) < 30*d.cw {
					continue
				}
			}
		}
		ts := findTowns(c.text, d.opt.Places)
		if len(ts) != 1 || ts[0].zip == "" || d.letterheadCell(c) {
			continue
		}
		known := false
		for _, df := range ds {
			known = known || df.stop.ZIP != nil && df.stop.ZIP.Value == ts[0].zip && df.stop.City != nil && strings.EqualFold(df.stop.City.Value, ts[0].city)
		}
		if known {
			continue
		}
		s := spot{c: c, t: ts[0]}
		s.block = d.around(c)
		if d.forMail(s) {
			continue
		}
		s.kind = d.cue(s)
		out = append(out, s)
	}
	return out
}

var (
	mailRE = regexp.MustCompile(`(?i)\b(?:e?-?mail(?:ing|ed)?|invoic\w+|bill(?:s|ing)?(?: to)?|remit\w*|payables?|payee|payments?|accounting|accounts|settlements?|physical|overnight|freight bill|headquarters|corporate|usps|fedex/ups)\b`)
	boxRE  = regexp.MustCompile(`(?i)\bp\.? ?o\.? ?box\b`)
)

// forMail reports an address that bills and letters go to: a post office box,
// or words of mail and pay ahead of it. No truck is sent there.
func (d *doc) forMail(s spot) bool {
	for _, c := range s.block {
		if boxRE.MatchString(c.text) {
			return true
		}
	}
	top := s.block[0]
	for k := max(0, top.line-1); k <= s.c.line; k++ {
		for _, c := range d.lines[k].cells {
			if c.x0 <= s.c.x1 && (k >= top.line || top.y0-c.y1 < 0.9*d.em) && stopKind(c.text) == cNone && mailRE.MatchString(emailRE.ReplaceAllString(c.text, "")) {
				return true
			}
		}
	}
	return false
}

// claimed reports a cell of a table of stops.
func (d *doc) claimed(c *cell) bool {
	for i := range d.tables {
		if d.tables[i].id == c.tableRow {
			return d.tables[i].stops || d.tables[i].lanes
		}
	}
	return false
}

// letterheadCell reports an address under a company's name at the paper's head
// or foot: it is the sender's.
func (d *doc) letterheadCell(c *cell) bool {
	if c.line > 7 && c.line < len(d.lines)-4 {
		return false
	}
	for _, x := range d.around(c) {
		if x.segs[0].known || !companyRE.MatchString(x.text) {
			continue
		}
		return c.line <= 7 && x.line <= 3 || c.line >= len(d.lines)-4
	}
	return c.line <= 4
}

// regions gives each spot the cells that tell of it: from the line that opens
// its block down to where the next one opens, in its own column.
func (d *doc) regions(spots []spot) {
	tops := make([]int, len(spots))
	for i := range spots {
		tops[i] = d.topOf(spots[i])
	}
	for i := range spots {
		s := &spots[i]
		left, rgt := s.block[0].x0, 1e9
		for _, c := range s.block {
			left = min(left, c.x0)
		}
		end := len(d.lines) - 1
		for j := range spots {
			if j == i {
				continue
			}
			beside := tops[j] <= s.c.line && spots[j].c.line >= tops[i]
			switch {
			case beside && spots[j].c.x0 > s.c.x0+3*d.cw:
				rgt = min(rgt, spots[j].c.x0-1)
			case beside && spots[j].c.x0 < s.c.x0-3*d.cw:
				left = max(left, s.c.x0-2*d.cw)
			case !beside && tops[j] > tops[i]:
				end = min(end, tops[j]-1)
			}
		}
		if !alone(spots, tops, i) {
			left -= 2 * d.cw
		} else {
			left = 0 // nothing beside it: the whole line is its own
		}
		s.block = d.region(s.c, tops[i], end, left, rgt)
	}
}

// alone reports that no other spot stands beside this one.
func alone(spots []spot, tops []int, i int) bool {
	for j := range spots {
		if j != i && tops[j] <= spots[i].c.line && spots[j].c.line >= tops[i] {
			return false
		}
	}
	return true
}

// topOf is the line that opens a spot's block: the short line above the name.
func (d *doc) topOf(s spot) int {
	top := s.block[0].line
	for _, c := range s.block {
		top = min(top, c.line)
	}
	if top == 0 {
		return 0
	}
	up := d.lines[top-1]
	if d.lines[top].y0-up.y1 < 1.3*d.em && len(up.cells) <= 4 {
		c := up.cells[0]
		if (len(c.ws) <= 5 || len(days(up.cells[0].text)) > 0 && len(c.ws) <= 14) && !strings.ContainsAny(c.text, "$@") && len(findTowns(c.text, d.opt.Places)) == 0 && (!c.segs[0].known || c.segs[0].lab.sub == sBlock || c.segs[0].lab.ctx == cStop) {
			return top - 1
		}
	}
	return top
}

// region lists the cells of lines top..end within a column, up to a wide gap
// or another matter's label.
func (d *doc) region(town *cell, top, end int, left, rgt float64) []*cell {
	var out []*cell
	prev := d.lines[top].y1
	for k := top; k <= end; k++ {
		l := d.lines[k]
		if k > town.line && l.y0-prev > 2.3*d.em {
			break
		}
		var row []*cell
		for _, c := range l.cells {
			if c.x0 >= left && c.x0 < rgt && (c.tableRow == 0 || !d.claimed(c)) {
				row = append(row, c)
			}
		}
		if len(row) == 0 {
			continue
		}
		if k > town.line && d.otherMatter(row[0]) {
			break
		}
		prev = max(prev, l.y1)
		out = append(out, row...)
	}
	if len(out) == 0 {
		out = []*cell{town}
	}
	return out
}

// otherMatter reports a line that no longer tells of a stop.
func (d *doc) otherMatter(c *cell) bool {
	g := c.segs[0]
	if c.head != nil && c.head.ctx != cPickup && c.head.ctx != cDelivery && c.head.ctx != cStop {
		return true
	}
	if !g.known {
		return len(c.ws) > 9 && sentence(c.text)
	}
	switch g.lab.sub {
	case sTotal, sCharge, sCustRate, sDesc, sAmount, sQty, sEquip, sMiles, sPayTerms, sQuickPay, sDetention, sLayover, sTONU, sLateFee, sTracking, sSigned, sLoadNo, sMC, sDOT, sTemp, sLength:
		return true
	}
	return false
}

// around is the block of lines a cell stands in: same left edge, ordinary line
// steps, and what stands right of them before the next column's own address.
func (d *doc) around(c *cell) []*cell {
	col := []*cell{c}
	for prev, k := c, c.line-1; k >= 0 && k >= c.line-6; k-- {
		n := d.sameEdge(k, c.x0)
		if n == nil {
			if prev.y0-d.lines[k].y1 > 0.9*d.em {
				break
			}
			continue
		}
		if prev.y0-n.y1 > 0.9*d.em {
			break
		}
		col = append([]*cell{n}, col...)
		prev = n
	}
	for prev, k := c, c.line+1; k < len(d.lines) && k <= c.line+5; k++ {
		n := d.sameEdge(k, c.x0)
		if n == nil {
			if d.lines[k].y0-prev.y1 > 0.9*d.em {
				break
			}
			continue
		}
		if n.y0-prev.y1 > 0.9*d.em || len(findTowns(n.text, d.opt.Places)) > 0 {
			break
		}
		col = append(col, n)
		prev = n
	}
	out := append([]*cell{}, col...)
	for k := col[0].line; k <= col[len(col)-1].line; k++ {
		for _, n := range d.lines[k].cells {
			if n.x0 <= c.x1 {
				continue
			}
			if d.addressColumn(n) {
				break
			}
			out = append(out, n)
		}
	}
	return out
}

// sameEdge is the cell of line k that starts at x.
func (s *sheet) sameEdge(k int, x float64) *cell {
	for _, n := range s.lines[k].cells {
		if math.Abs(n.x0-x) < 1.5*s.cw {
			return n
		}
	}
	return nil
}

// addressColumn reports that a cell's column holds another address near by.
func (d *doc) addressColumn(c *cell) bool {
	for k := max(0, c.line-4); k <= c.line+4 && k < len(d.lines); k++ {
		if n := d.sameEdge(k, c.x0); n != nil {
			if ts := findTowns(n.text, d.opt.Places); len(ts) > 0 && ts[0].zip != "" {
				return true
			}
		}
	}
	return false
}

// cue looks for a word that names the kind of stop: in the block, right above
// it, and left of it.
func (d *doc) cue(s spot) ctx {
	try := func(c *cell) ctx {
		if len(c.text) > 44 || len(findTowns(c.text, d.opt.Places)) > 0 {
			return cNone
		}
		if len(c.ws) > 3 && !wordsAreStop(c.text) && !c.segs[0].known {
			return cNone
		}
		return stopKind(c.text)
	}
	for _, c := range s.block {
		if c.line <= s.c.line {
			if k := try(c); k != cNone {
				return k
			}
		}
	}
	top := s.block[0]
	for k := top.line; k >= 0 && k >= top.line-3; k-- {
		if top.y0-d.lines[k].y1 > 3.2*d.em {
			break
		}
		for i := len(d.lines[k].cells) - 1; i >= 0; i-- {
			c := d.lines[k].cells[i]
			if c.x0 > s.c.x1 {
				continue
			}
			if kind := try(c); kind != cNone {
				return kind
			}
		}
	}
	for k := top.line; k <= s.c.line; k++ {
		for _, c := range d.lines[k].cells {
			if kind := try(c); kind != cNone {
				return kind
			}
		}
	}
	return cNone
}
