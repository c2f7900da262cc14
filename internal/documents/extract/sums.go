package extract

import (
	"slices"
	"strings"

	"truckflow/internal/kit/money"
)

// payLine is a line with words at its left and an amount at its right end.
type payLine struct {
	desc, at *cell
	mid      []*cell
	a        amount
}

// sumsByArithmetic finds the pay by its arithmetic where no label names the
// total: lines of amounts under each other, the last of which is the sum.
func (d *doc) sumsByArithmetic(items *[]charge, sums *[]sumCandidate) {
	var rows []payLine
	for _, l := range d.lines {
		if p, ok := d.payLine(l); ok {
			rows = append(rows, p)
		}
	}
	bestFrom, bestTo := 0, -1
	for to := 1; to < len(rows); to++ {
		sum := money.Cents(0)
		for from := to - 1; from >= 0 && from >= to-12; from-- {
			if rows[from+1].at.y0-rows[from].at.y1 > 4*d.em {
				break
			}
			sum += rows[from].a.cents
			if sum == rows[to].a.cents && (to-from > bestTo-bestFrom || bestTo < 0) && rows[to].a.cents > 0 {
				bestFrom, bestTo = from, to
			}
		}
	}
	if bestTo < 0 {
		return
	}
	t := rows[bestTo]
	*sums = append(*sums, sumCandidate{c: t.a.cents, v: t.at.all(), strong: true, currency: t.a.currency, rank: 0.8, key: "sum", c0: t.at})
	for _, p := range rows[bestFrom:bestTo] {
		known := false
		for _, it := range *items {
			known = known || it.line == p.at.line
		}
		if known {
			continue
		}
		*items = append(*items, d.lineCharge(p, 0.82))
	}
}

// missedLines adds lines of pay under names the lexicon does not have, where
// together with the charges that were found they make the total just below.
func (d *doc) missedLines(items *[]charge, sums []sumCandidate) {
	known := map[int]bool{}
	have := money.Cents(0)
	for _, it := range uniqueCharges(*items) {
		known[it.line] = true
		have += it.c
	}
	for _, s := range sums {
		if p, ok := d.onlyLine(s); len(known) == 0 && s.strong && ok {
			c := d.lineCharge(p, 0.85)
			if c.kind == "other" {
				c.kind = "linehaul" // it is the whole pay
			}
			*items = append(*items, c)
			return
		}
		if !s.strong || len(known) == 0 || have >= s.c {
			continue
		}
		var extra []payLine
		missing, last := s.c-have, s.c0.line
		for k := s.c0.line - 1; k >= 0 && k >= s.c0.line-14 && missing > 0; k-- {
			if d.lines[last].y0-d.lines[k].y1 > 4*d.em {
				break
			}
			p, ok := d.payLine(d.lines[k])
			if !ok && !known[k] {
				continue
			}
			last = k
			if ok && !known[k] {
				extra = append(extra, p)
				missing -= p.a.cents
			}
		}
		if missing != 0 || len(extra) == 0 {
			continue
		}
		for _, p := range extra {
			*items = append(*items, d.lineCharge(p, 0.9))
		}
		return
	}
}

// onlyLine is the one line of pay right above a total that equals it.
func (d *doc) onlyLine(s sumCandidate) (payLine, bool) {
	k := s.c0.line - 1
	if k < 0 || s.key == "flat" || s.c0.y0-d.lines[k].y1 > 1.5*d.em {
		return payLine{}, false
	}
	p, ok := d.payLine(d.lines[k])
	return p, ok && p.a.cents == s.c && len(d.lines[k].cells) <= 2+len(d.lines[s.c0.line].cells)
}

// payCell reads a label and its amount in one cell: "Lumper: $75.00".
func (d *doc) payCell(c *cell) (payLine, bool) {
	g := c.segs[0]
	if len(c.segs) != 1 || !g.known || !g.colon || g.empty() || g.lab.sub == sCustRate || g.lab.kind == "old" {
		return payLine{}, false
	}
	a, ok := payAmount(c.text[g.va:g.vb])
	if !ok || !a.marked && !a.decimals || a.perUnit || a.percent || g.vb-g.va-(a.b-a.a) > 5 {
		return payLine{}, false
	}
	a.a, a.b = a.a+g.va, a.b+g.va
	return payLine{desc: c, at: c, a: a}, true
}

// lineCharge is a line of pay as a charge.
func (d *doc) lineCharge(p payLine, conf float64) charge {
	l, text := chargeLabel(p.desc)
	desc := p.desc.all()
	if p.desc == p.at {
		g := p.desc.segs[0]
		desc = p.desc.cut(g.la, trimLabel(p.desc.text, g.la, g.lb))
	}
	ch := charge{kind: chargeKind(l, text), desc: desc, amt: p.at.cut(p.a.a, p.a.b), c: p.a.cents, line: p.at.line, conf: conf}
	d.quantities(&ch, p.mid, p.at.all(), p.a)
	return ch
}

// payLine reads a line whose last cell is money and whose first words are not.
func (d *doc) payLine(l *line) (payLine, bool) {
	cells := l.cells
	for i, c := range cells[1:] {
		if g := c.segs[0]; g.known && (g.colon || !g.empty()) {
			cells = cells[:i+1] // another column's label
			break
		}
	}
	if len(cells) == 1 {
		return d.payCell(cells[0])
	}
	at := cells[len(cells)-1]
	a, ok := payAmount(at.text)
	if !ok || !a.marked && !a.decimals || a.perUnit || a.percent || len(at.text)-(a.b-a.a) > 5 {
		return payLine{}, false
	}
	for i := len(cells) - 2; i >= 0; i-- {
		c := cells[i]
		if _, isMoney := payAmount(c.text); isMoney || numFirst.MatchString(c.text) && len(c.ws) <= 2 {
			continue
		}
		if len(c.text) > 60 || !strings.ContainsAny(strings.ToLower(c.text), "abcdefghijklmnopqrstuvwxyz") {
			return payLine{}, false
		}
		if lab, _ := chargeLabel(c); lab.sub == sCustRate || lab.kind == "old" {
			return payLine{}, false
		}
		return payLine{c, at, l.cells[i+1 : len(l.cells)-1], a}, true
	}
	return payLine{}, false
}

// lonelySum takes the one sum of money outside the conditions for the total,
// to be checked, when nothing else speaks of one.
func (d *doc) lonelySum(sums *[]sumCandidate) {
	var found []sumCandidate
	for _, c := range d.cells {
		if h := d.of[c]; h != nil && h.ctx == cTerms || len(c.text) > 60 {
			continue
		}
		if len(c.segs) > 0 && c.segs[0].known {
			switch c.segs[0].lab.sub {
			case sCustRate, sDetention, sLayover, sTONU, sLateFee, sStopOff, sDetCap, sLumper, sIgnore, sQuickPay:
				continue
			}
		}
		for _, a := range amounts(c.text) {
			if !a.perUnit && !a.percent && (a.marked || a.decimals) && a.cents >= 10_000 {
				found = append(found, sumCandidate{c: a.cents, v: c.cut(a.a, a.b), rank: 0.5, key: "lonely", currency: a.currency, c0: c})
			}
		}
	}
	for _, f := range found {
		if f.c != found[0].c {
			return
		}
	}
	if len(found) > 0 {
		*sums = append(*sums, found[0])
	}
}

// printedSum takes an amount without a name for the total when it is just what
// the charges add up to.
func (d *doc) printedSum(items []charge, sums *[]sumCandidate) {
	sum, hard := money.Cents(0), 0
	for _, it := range uniqueCharges(items) {
		if !it.soft {
			sum += it.c
			hard++
		}
	}
	if hard == 0 {
		return
	}
	for _, c := range d.cells {
		if slices.ContainsFunc(items, func(it charge) bool { return it.amt.c == c || it.line == c.line }) {
			continue // it is the charge itself
		}
		for _, a := range amounts(c.text) {
			if a.cents == sum && !a.perUnit && !a.percent && (a.marked || a.decimals) {
				*sums = append(*sums, sumCandidate{c: a.cents, v: c.cut(a.a, a.b), strong: true, currency: a.currency, rank: 0.8, key: "sum", c0: c})
				return
			}
		}
	}
}
