package extract

import (
	"strings"

	"truckflow/internal/kit/money"
)

// chargeTable reads a table with a column of amounts.
func (d *doc) chargeTable(t *table, items *[]charge, sums *[]sumCandidate, seen map[*cell]bool) {
	amt, qty, rate, desc := -1, -1, -1, -1
	for i, k := range t.cols {
		if !k.known {
			continue
		}
		switch k.lab.sub {
		case sAmount, sTotal, sCharge, sRate:
			switch {
			case k.lab.sub == sRate || k.key == "rate" || k.key == "price":
				rate = i
			case k.lab.sub == sCharge && desc < 0 && i == 0:
				desc = i
			default:
				amt = i
			}
		case sQty, sPieces, sMiles:
			qty = i
		case sDesc, sType, sCommodity:
			if desc < 0 {
				desc = i
			}
		case sStopNo, sNotes, sIgnore:
		default:
			return
		}
	}
	if last := len(t.cols) - 1; last > max(amt, rate) && (!t.cols[last].known || t.cols[last].lab.sub == sIgnore) && t.paysAt(last) {
		if rate < 0 {
			rate = amt
		}
		amt = last // "Subtotal", or a word we do not know
	}
	if amt < 0 {
		amt, rate = rate, -1
	}
	if amt < 0 || len(t.rows) == 0 {
		return
	}
	if desc < 0 {
		desc = 0
		if t.cols[0].known && t.cols[0].lab.sub == sStopNo {
			desc = 1
		}
	}
	if desc == amt || desc >= len(t.cols) {
		return
	}
	if d.chargesAbove(t, items, sums, seen) {
		return
	}
	for n, row := range t.rows {
		var at, qt, rt, ds *cell
		cols := t.columnsOf(row)
		for i, c := range row {
			switch k := cols[i]; {
			case k == amt && len(amounts(c.text)) > 0:
				at = c
			case k == qty:
				qt = c
			case k == rate:
				rt = c
			case k == desc && ds == nil:
				ds = c
			}
		}
		if at == nil && len(row) > 1 && len(amounts(row[len(row)-1].text)) > 0 {
			at = row[len(row)-1]
		}
		at, rt = notThePrice(row, at, rt)
		if ds == nil && len(row) > 0 && row[0] != at {
			ds = row[0]
		}
		if at == nil || ds == nil || ds == at {
			continue
		}
		l, text := chargeLabel(ds)
		ams := amounts(at.text)
		a := ams[len(ams)-1]
		e := at.cut(a.a, a.b)
		if l.sub == sTotal {
			*sums = append(*sums, sumCandidate{c: a.cents, v: at.all(), strong: true, currency: firstNonEmpty(a.currency, codeIn(strings.ToUpper(ds.text))), rank: 1, key: "total", c0: at})
			markRow(row, seen)
			continue
		}
		if l.sub == sIgnore || l.sub == sCustRate || a.perUnit {
			markRow(row, seen)
			continue
		}
		ch := charge{kind: chargeKind(l, text), desc: ds.all(), amt: e, c: a.cents, line: t.lines[n], conf: 0.94}
		if qt != nil && numFirst.MatchString(qt.text) {
			ch.qty = qt.all()
		}
		if rt != nil && (len(amounts(rt.text)) > 0 || numFirst.MatchString(rt.text)) {
			ch.rate = rt.all()
		}
		*items = append(*items, ch)
		markRow(row, seen)
	}
}

// notThePrice swaps the amount and the rate of a row where the price of one mile,
// under five dollars, was taken for the charge.
func notThePrice(row []*cell, at, rt *cell) (amt, rate *cell) {
	big := dearest(row)
	if at == nil || big == nil || big == at {
		return at, rt
	}
	if a, ok := payAmount(at.text); ok && a.cents < 500 {
		return big, at
	}
	return at, rt
}

// dearest is the row's cell with the largest sum of money, of at least ten dollars.
func dearest(row []*cell) (best *cell) {
	top := money.Cents(1000)
	for _, c := range row {
		if a, ok := payAmount(c.text); ok && (a.marked || a.decimals) && a.cents >= top && len(amounts(c.text)) > 0 {
			best, top = c, a.cents
		}
	}
	return best
}

// paysAt reports that every record has money in a column.
func (t *table) paysAt(k int) bool {
	n := 0
	for _, row := range t.rows {
		cols := t.columnsOf(row)
		for i, c := range row {
			if _, ok := payAmount(c.text); ok && cols[i] == k {
				n++
			}
		}
	}
	return n > 0 && n >= len(t.rows)-1
}

// chargesAbove reads charges named in a row of labels over their amounts:
// "LINE HAUL | FUEL | TOTAL".
func (d *doc) chargesAbove(t *table, items *[]charge, sums *[]sumCandidate, seen map[*cell]bool) bool {
	if len(t.rows) == 0 || len(t.rows[0]) != len(t.cols) {
		return false
	}
	for i, k := range t.cols {
		if _, ok := payAmount(t.rows[0][i].text); !ok || !k.known || k.lab.sub != sCharge && k.lab.sub != sTotal {
			return false
		}
	}
	for i, k := range t.cols {
		c := t.rows[0][i]
		a, _ := payAmount(c.text)
		if k.lab.sub == sTotal {
			*sums = append(*sums, sumCandidate{c: a.cents, v: c.all(), strong: true, currency: a.currency, rank: 1, key: "total", c0: c})
			continue
		}
		desc := c.all()
		for _, h := range d.lines[t.head].cells {
			if h.x0 <= k.x0+1 && k.x0 <= h.x1 {
				desc = h.all()
			}
		}
		*items = append(*items, charge{kind: chargeKind(k.lab, k.text), desc: desc, amt: c.cut(a.a, a.b), c: a.cents, line: c.line, conf: 0.92})
	}
	markRow(t.rows[0], seen)
	return true
}

func markRow(row []*cell, seen map[*cell]bool) {
	for _, c := range row {
		seen[c] = true
	}
}
