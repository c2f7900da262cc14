package extract

import (
	"math"
	"strings"
)

// tableCol is a column: its header's label and where it stands.
type tableCol struct {
	lab    label
	key    string
	known  bool
	x0, x1 float64
	text   string
}

// table is a header row and the records under it.
type table struct {
	id     int
	cols   []tableCol
	under2 []tableCol // the labels of a header's second line
	head   int        // line of the header
	body   int        // line of its first record
	rows   [][]*cell
	lines  []int

	stops, charges bool
	under          *heading // the heading that says what stops these are
	lanes          bool     // one trip: its two ends side by side
	records        []record
}

// findTables looks for rows of labels with several records below.
func (d *doc) findTables() {
	for i := 0; i < len(d.lines); i++ {
		cols := d.headerRow(i)
		if cols == nil {
			continue
		}
		t := table{id: len(d.tables) + 1, cols: cols, head: i}
		first := i + 1
		// A second header line: "S." over "No".
		if first < len(d.lines) && d.secondHeader(&t, first) {
			for _, c := range d.lines[first].cells {
				t.under2 = append(t.under2, tableCol{lab: c.segs[0].lab, key: c.segs[0].key, known: true, x0: c.x0, x1: c.x1, text: c.text})
			}
			first++
		}
		t.body = first
		t.tellColumns(d, first)
		t.collect(d, first)
		if len(t.rows) == 0 {
			continue
		}
		d.tables = append(d.tables, t)
	}
}

// headerRow reads line i as a table's header, or gives nil.
func (d *doc) headerRow(i int) []tableCol {
	l := d.lines[i]
	if len(l.cells) < 2 || l.opens {
		return nil
	}
	var cols []tableCol
	lone, unknown := 0, 0
	for _, c := range l.cells {
		col := tableCol{x0: c.x0, x1: c.x1, text: c.text}
		g, ok := c.lone()
		switch {
		case ok && g.colon:
			return nil
		case ok:
			col.lab, col.key, col.known = g.lab, g.key, true
			lone++
		case len(c.segs) == 1 && !c.segs[0].known && len(c.text) < 26 && !strings.ContainsAny(c.text, "0123456789$@"):
			unknown++
		default:
			// Two labels printed close together are two columns.
			if !allEmpty(c) {
				return nil
			}
			cols = append(cols, splitHeader(c)...)
			lone += len(c.segs)
			continue
		}
		cols = append(cols, col)
	}
	if lone < 2 || unknown > lone || twoEnds(cols) {
		return nil
	}
	return cols
}

// tellColumns names columns under words the lexicon does not have by what
// stands right below them: a day, an hour, a telephone number, a town.
func (t *table) tellColumns(d *doc, first int) {
	for k := first; k < len(d.lines) && k < first+2; k++ {
		for _, c := range d.lines[k].cells {
			col := &t.cols[t.colOf(c)]
			if col.known || c.segs[0].known || len(c.text) > 60 {
				continue
			}
			if len(days(c.text)) > 0 {
				col.lab, col.known = label{ctx: cStop, sub: sDate}, true
			} else if ts := findTowns(c.text, d.opt.Places); len(ts) > 0 && ts[0].zip != "" {
				col.lab, col.known = label{ctx: cStop, sub: sBlock}, true
			}
		}
	}
}

// twoEnds reports "SHIPPER" beside "CONSIGNEE" and nothing else: two headings,
// not a table's header.
func twoEnds(cols []tableCol) bool {
	for _, c := range cols {
		if c.lab.sub != sBlock || c.lab.ctx != cPickup && c.lab.ctx != cDelivery {
			return false
		}
	}
	return len(cols) == 2 && cols[0].lab.ctx != cols[1].lab.ctx
}

func allEmpty(c *cell) bool {
	for _, g := range c.segs {
		if !g.known || !g.empty() || g.colon {
			return false
		}
	}
	return true
}

func splitHeader(c *cell) []tableCol {
	var out []tableCol
	for _, g := range c.segs {
		e := c.cut(g.la, g.lb)
		out = append(out, tableCol{lab: g.lab, key: g.key, known: true, x0: e.box[0], x1: e.box[2], text: e.text})
	}
	return out
}

func (d *doc) secondHeader(t *table, i int) bool {
	for _, c := range d.lines[i].cells {
		g, ok := c.lone()
		if !ok || g.colon || len(c.text) > 14 || c.head != nil && c.head.ctx != cStop {
			return false
		}
	}
	return d.lines[i].y0-d.lines[t.head].y1 < 0.5*d.em
}

// colOf is the column a cell stands in: the one whose edge or middle it shares best.
func (t *table) colOf(c *cell) int {
	best, at := math.Inf(1), 0
	for i, k := range t.cols {
		if dist := k.off(c); dist < best {
			best, at = dist, i
		}
	}
	return at
}

// second is the label of the header's second line that a cell stands under, where
// its form is that one's and not the first line's: "Phone" under "City".
func (t *table) second(col tableCol, c *cell) (tableCol, bool) {
	if len(t.under2) == 0 || !col.known || !typed(col.lab.sub) || fits(col.lab, c.text) && col.lab.sub != sAppt {
		return col, false
	}
	u := table{cols: t.under2}
	k := t.under2[u.colOf(c)]
	return k, k.off(c) < 12 && typed(k.lab.sub) && fits(k.lab, c.text)
}

// columnsOf gives the cells of one line columns of their own, in order, as near
// as they stand: numbers set to the right of a column whose label is set to the
// left may stand nearer to the next label.
func (t *table) columnsOf(row []*cell) []int {
	n, m := len(row), len(t.cols)
	out := make([]int, n)
	if n > m {
		for i, c := range row {
			out[i] = t.colOf(c)
		}
		return out
	}
	// cost[i][k] is the least distance of the first i cells within the first k columns.
	cost := make([][]float64, n+1)
	for i := range cost {
		cost[i] = make([]float64, m+1)
		for k := range cost[i] {
			if i > k {
				cost[i][k] = math.Inf(1)
			}
			if i > 0 && i <= k {
				cost[i][k] = min(cost[i][k-1], cost[i-1][k-1]+t.cols[k-1].off(row[i-1]))
			}
		}
	}
	for i, k := n, m; i > 0; k-- {
		if cost[i][k] < cost[i][k-1] {
			out[i-1] = k - 1
			i--
		}
	}
	return out
}

// off is how far a cell stands from a column's label: edge to edge or middle to middle.
func (k tableCol) off(c *cell) float64 {
	dist := min(math.Abs(c.x0-k.x0), math.Abs(c.x1-k.x1), math.Abs((c.x0+c.x1)-(k.x0+k.x1))/2)
	if over := min(c.x1, k.x1) - max(c.x0, k.x0); over > 0 {
		dist -= 0.5 * over
	}
	return dist
}

// collect takes the lines of the table's body.
func (t *table) collect(d *doc, first int) {
	left, rgt := t.cols[0].x0-12*d.cw, t.cols[len(t.cols)-1].x1+14*d.cw
	prev := d.lines[t.head].y1
	for i := first; i < len(d.lines) && i < first+120; i++ {
		l := d.lines[i]
		if t.ofStops() {
			d.splitAt(l, t.cols)
		}
		if l.y0-prev > 3.6*d.em {
			return
		}
		var row []*cell
		stop := false
		for _, c := range l.cells {
			if c.x1 < left || c.x0 > rgt {
				continue
			}
			row = append(row, c)
		}
		if len(row) == 0 {
			continue
		}
		if h := row[0].head; h != nil && h.full && len(row) == 1 && h.ctx != cPickup && h.ctx != cDelivery && row[0].x0 < t.cols[min(1, len(t.cols)-1)].x0 {
			stop = true
		}
		if h := row[0].head; h != nil && (h.full || ofOneStop(h)) && len(l.cells) == 1 && i+1 < len(d.lines) && d.headerRow(i+1) != nil {
			stop = true // a heading with a table of its own
		}
		if cols := d.headerRow(i); cols != nil && i > first && len(cols) >= 2 && (len(cols) >= len(t.cols)-1 || d.lines[i].cells[0].x0 < left+14*d.cw) && !d.keyLike(row[0]) {
			stop = true
		}
		if stop || d.endsTable(t, row) {
			return
		}
		prev = l.y1
		t.rows = append(t.rows, row)
		t.lines = append(t.lines, i)
	}
}

// splitAt cuts cells that run over a column's left edge: a word that starts
// exactly there opens a cell of its own, however narrow the gap before it.
func (d *doc) splitAt(l *line, cols []tableCol) {
	for k := 0; k < len(l.cells); k++ {
		c := l.cells[k]
		for _, col := range cols {
			if c.x0 > col.x0-d.cw || c.x1 < col.x0+d.cw {
				continue
			}
			at := 0
			for i := 1; i < len(c.ws); i++ {
				if math.Abs(c.ws[i].X0-col.x0) < 1.3 && c.ws[i].X0-c.ws[i-1].X1 > 0.3*d.cw {
					at = i
				}
			}
			if at == 0 {
				continue
			}
			base := c.y0 - minY(c.ws)
			a, b := newCell(c.ws[:at], c.page, base), newCell(c.ws[at:], c.page, base)
			a.ocr, b.ocr, a.line, b.line, a.col, b.col = c.ocr, c.ocr, c.line, c.line, c.col, c.col
			d.scan(a)
			d.scan(b)
			a.head, b.head = headingOf(a), headingOf(b)
			l.cells = append(l.cells[:k], append([]*cell{a, b}, l.cells[k+1:]...)...)
			for i, x := range l.cells {
				x.pos = i
			}
			d.recount = true
			c = b
			k++
		}
	}
}

func minY(ws []Word) float64 {
	y := math.Inf(1)
	for _, w := range ws {
		y = min(y, w.Y0)
	}
	return y
}

// relist rebuilds the list of cells and headings after cells were cut.
func (d *doc) relist() {
	if !d.recount {
		return
	}
	d.cells = d.cells[:0]
	d.heads = nil
	for _, l := range d.lines {
		for _, c := range l.cells {
			d.cells = append(d.cells, c)
			if c.head != nil {
				c.head.n = len(d.heads)
				d.heads = append(d.heads, c.head)
			}
		}
	}
}

// rewrap joins lines of one column that are one text broken at its right
// edge: the next word would not have fitted.
func (d *doc) rewrap(cells []*cell, left, edge float64) []item {
	var out []item
	for i := 0; i < len(cells); i++ {
		c := cells[i]
		it := item{v: c.all(), c: c}
		if len(c.segs) == 1 && !c.segs[0].known && edge < 1e8 {
			prev := c
			for i+1 < len(cells) {
				n := cells[i+1]
				if len(n.segs) != 1 || n.segs[0].known && !n.segs[0].empty() || n.segs[0].colon || !d.goesOn(prev, n, edge) {
					break
				}
				it.v = join(" ", it.v, n.all())
				prev = n
				i++
			}
		}
		out = append(out, it)
	}
	return out
}

// goesOn reports that n is the rest of prev's text.
func (d *doc) goesOn(prev, n *cell, edge float64) bool {
	if n.y0-prev.y1 > 0.7*d.em || len(days(n.text)) > 0 || apptKind(n.text) != "" {
		return false
	}
	if _, _, ok := findPhone(n.text); ok {
		return false
	}
	if strings.HasSuffix(prev.text, ",") || zipRE.FindString(n.text) == n.text {
		return true
	}
	if prev.x1+0.4*d.cw+(n.ws[0].X1-n.ws[0].X0) < edge-2.2*d.cw {
		return false
	}
	if len(findTowns(prev.text, d.opt.Places)) > 0 || addrRE.MatchString(n.text) && !addrRE.MatchString(prev.text) && len(n.ws) > 1 || len(findTowns(n.text, d.opt.Places)) > 0 && streetLike(prev.text) {
		return false
	}
	return !(looksPerson(n.text) && companyRE.MatchString(prev.ws[len(prev.ws)-1].Text))
}

// endsTable reports a line that is no longer the table's: another matter's
// label at its left, or a sentence across its columns.
func (d *doc) endsTable(t *table, row []*cell) bool {
	c := row[0]
	g := c.segs[0]
	wide := len(t.cols) > 1 && c.x0 < t.cols[1].x0-2*d.cw && c.x1 > t.cols[1].x0+4*d.cw
	if wide && !g.known && len(row) == 1 && len(strings.Fields(c.text)) > 6 {
		return true
	}
	if (!g.known && c.head == nil) || c.x0 > t.cols[0].x0+4*d.cw {
		return false
	}
	if h := c.head; h != nil && h.full && t.ofStops() && h.ctx != cPickup && h.ctx != cDelivery && h.ctx != cStop {
		return true
	}
	switch g.lab.sub {
	case sMC, sDOT:
		return t.ofStops()
	case sCommodity, sEquip, sWeight, sPieces, sMiles, sTemp, sLoadNo, sPayTerms, sQuickPay, sTracking:
		return g.colon || len(row) == 2 && len(t.cols) > 3
	case sTotal, sCharge:
		return t.ofStops()
	}
	return false
}

// keyLike reports a cell that starts a stop's row: "1", "Pickup", "PU 1", "Stop 2".
func (d *doc) keyLike(c *cell) bool {
	t := strings.TrimSpace(c.text)
	if len(t) <= 3 && onlyDigits(strings.TrimSuffix(t, ".")) == strings.TrimSuffix(t, ".") && t != "" {
		return true
	}
	return len(strings.Fields(t)) <= 5 && stopKind(t) != cNone && wordsAreStop(t)
}

// claimTables settles which tables are stops or charges before headings and
// labels are looked at: words inside them are data, not headings.
func (d *doc) claimTables() {
	for ti := range d.tables {
		t := &d.tables[ti]
		if first := d.lines[t.head].cells[0]; first.tableRow > 0 || first.headerOf > 0 {
			continue // a header inside another table's rows
		}
		switch {
		case d.lane(t):
			t.lanes = true
			t.cutAtGap(d)
			for _, row := range t.rows {
				for _, c := range row {
					c.tableRow, c.head = t.id, nil
				}
			}
		case t.ofStops():
			t.records = d.stopRecords(t)
			if len(t.records) == 0 {
				continue
			}
			t.stops = true
			for _, rec := range t.records {
				for _, row := range rec.rows {
					for _, c := range row {
						c.tableRow, c.head = t.id, nil
					}
				}
			}
		case t.ofCharges():
			t.charges = true
		default:
			continue
		}
		for i := t.head; i < t.body; i++ {
			for _, c := range d.lines[i].cells {
				if c.x1 >= t.cols[0].x0 && c.x0 <= t.cols[len(t.cols)-1].x1 {
					c.headerOf = t.id
					if t.stops || t.lanes {
						c.head = nil
					}
				}
			}
		}
	}
	heads := d.heads[:0]
	for _, h := range d.heads {
		if h.c.head == h {
			h.n = len(heads)
			heads = append(heads, h)
		}
	}
	d.heads = heads
}

// ofCharges reports a header with a column of amounts and no other business.
func (t *table) ofCharges() bool {
	money, desc := false, t.namesCharges()
	for _, k := range t.cols {
		if !k.known {
			continue
		}
		switch k.lab.sub {
		case sAmount, sTotal, sCharge, sRate:
			money = true
		case sDesc, sQty, sPieces, sMiles, sType, sStopNo, sNotes, sIgnore, sCommodity:
			desc = desc || k.lab.sub == sDesc || k.lab.sub == sQty
		case sBlock:
			if k.lab.ctx != cRates {
				return false
			}
			desc = true
		default:
			return false
		}
	}
	return money && (desc || len(t.cols) <= 3)
}

// namesCharges reports a table whose first record begins with a charge's name.
func (t *table) namesCharges() bool {
	if len(t.rows) == 0 || len(t.rows[0]) < 2 {
		return false
	}
	l, _ := chargeLabel(t.rows[0][0])
	_, pays := payAmount(t.rows[0][len(t.rows[0])-1].text)
	return l.sub == sCharge && pays
}

// ofStops reports headers that speak of places and dates.
func (t *table) ofStops() bool {
	n, place := 0, false
	for _, c := range t.cols {
		if !c.known {
			continue
		}
		switch c.lab.sub {
		case sStopNo, sType, sDate, sDocDate, sTime, sFrom, sTo, sAppt, sRef, sApptType:
			n++
		case sName, sAddress, sCity, sCitySt, sZIP, sState:
			n++
			place = true
		case sBlock:
			if c.lab.ctx == cStop || c.lab.ctx == cPickup || c.lab.ctx == cDelivery {
				n++
				place = true
			}
		case sIgnore:
			if c.key == "stops" {
				n++
				place = true
			}
		case sAmount, sRate, sCharge, sTotal:
			return false
		}
	}
	return n >= 3 && place || n >= 2 && len(t.cols) <= 4 && place
}
