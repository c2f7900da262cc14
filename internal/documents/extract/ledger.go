package extract

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"truckflow/internal/kit/money"
)

// entry is one line of a column of pay: what it is for and how much.
type entry struct {
	desc, amt ev
	c         money.Cents
	line      int
}

// ledgers reads the columns of pay that printed totals stand under. Where the
// lines of a column, whatever their names, add up to its total, they are the
// lines of pay: arithmetic proves more than a name that the lexicon has.
func (d *doc) ledgers(items []charge, sums []sumCandidate) []charge {
	for _, s := range sums {
		if s.quoted || s.c == 0 || s.v.c == nil || !withSign(s) && slices.ContainsFunc(sums, withSign) {
			continue
		}
		rows := d.ledger(s, -1)
		if len(rows) == 0 {
			rows = d.rowLedger(s)
		}
		if len(rows) == 0 {
			if rows = d.ledger(s, 1); len(rows) < 2 {
				continue // one amount below its equal is the same amount again
			}
		}
		if len(rows) == 0 || !d.tellsMore(rows, items, s) {
			continue
		}
		var out []charge
		paid := 0
		for _, e := range rows {
			if e.c != 0 {
				paid++
			}
		}
		for _, e := range rows {
			out = append(out, d.entryCharge(e, items, paid == 1 && e.c != 0))
		}
		slices.SortStableFunc(out, func(a, b charge) int { return a.line - b.line })
		return out
	}
	return items
}

// withSign reports a sum printed with the sign or the code of a currency.
func withSign(s sumCandidate) bool { return strings.Contains(s.v.text, "$") || s.currency != "" }

// tellsMore reports that the lines of a ledger explain the total better than
// the charges found by name: these do not make it, or are among the lines.
func (d *doc) tellsMore(rows []entry, items []charge, s sumCandidate) bool {
	var have money.Cents
	inside := 0
	for _, it := range items {
		if !it.soft {
			have += it.c
		}
		if slices.ContainsFunc(rows, func(e entry) bool { return e.line == it.line }) {
			inside++
		}
	}
	return have != s.c || inside == len(items) && len(rows) >= len(items)
}

// entryCharge is a ledger's line as a charge; what was found on it by name keeps
// its quantity and price.
func (d *doc) entryCharge(e entry, items []charge, only bool) charge {
	l, text := chargeLabel(&cell{text: e.desc.text})
	ch := charge{kind: chargeKind(l, text), desc: e.desc, amt: e.amt, c: e.c, line: e.line, conf: 0.92}
	if ch.kind == "other" && only || ch.kind == "other" && l.sub == sTotal {
		ch.kind = "linehaul" // it is the whole pay, or "Rate" beside other names
	}
	for _, it := range items {
		if it.line != e.line || it.c != e.c || it.amt.page != e.amt.page || it.amt.box != e.amt.box {
			continue
		}
		ch.qty, ch.rate = it.qty, it.rate
		if it.kind != "other" {
			ch.kind = it.kind
		}
		if it.desc.c != nil && it.desc.c != it.amt.c && it.desc.c.line == e.line && !isWay(it.desc.text) {
			ch.desc = it.desc
		}
	}
	return ch
}

// isWay reports words that say how a charge is reckoned, with figures or without.
func isWay(s string) bool {
	return wayRE.MatchString(strings.Trim(figuresRE.ReplaceAllString(s, ""), " $.,:@x×=-"))
}

// ledger lists the lines above a total, or below it where step is 1, that add up to it.
func (d *doc) ledger(s sumCandidate, step int) []entry {
	var rows []entry
	var sum money.Cents
	at := d.lines[s.v.c.line]
	gap := func(l *line) float64 { return max(at.y0-l.y1, l.y0-at.y1) }
	done, pitch := false, 1.3*d.em
	for k, n := s.v.c.line+step, 0; k >= 0 && k < len(d.lines) && n < 24 && len(rows) < 16; k, n = k+step, n+1 {
		if gap(d.lines[k]) > 4*d.em {
			break
		}
		e, ok := d.entryAt(k, s)
		if !ok {
			continue
		}
		if done && (e.c != 0 || gap(d.lines[k]) > pitch) {
			break
		}
		pitch = max(pitch, 1.1*gap(d.lines[k]))
		at = d.lines[k]
		sum += e.c
		rows = append(rows, e)
		done = done || sum == s.c
	}
	if !done {
		return nil
	}
	if step < 0 {
		slices.Reverse(rows)
	}
	return rows
}

// entryAt is the line's entry in the column of a total: an amount under the
// total's edge with a name to its left, or both in one cell at its label's edge.
func (d *doc) entryAt(k int, s sumCandidate) (entry, bool) {
	at := s.v.c
	for _, c := range d.lines[k].cells {
		inOne := c.segs[0].colon && math.Abs(c.x0-s.c0.x0) < 1.5*d.cw
		aligned := math.Abs(c.x1-at.x1) < 1.5*d.cw || math.Abs(c.x0-at.x0) < 1.5*d.cw
		if m := namedSumRE.FindStringSubmatchIndex(c.text); m != nil && (inOne || aligned) {
			if a, ok := payAmount(c.text[m[4]:m[5]]); ok && !a.perUnit && !a.percent && payName(c.text[m[2]:m[3]]) {
				return entry{desc: c.cut(m[2], m[3]), amt: c.cut(m[4], m[5]), c: a.cents, line: k}, true
			}
		}
		a, ok := payAmount(c.text)
		if !aligned || !ok || !a.marked && !a.decimals || a.perUnit || a.percent || len(c.text)-(a.b-a.a) > 5 {
			continue
		}
		desc := d.nameOf(c)
		if desc.ok() {
			return entry{desc: desc, amt: c.cut(a.a, a.b), c: a.cents, line: k}, true
		}
	}
	return entry{}, false
}

// namedSumRE is a name with its amount behind it in one cell.
var namedSumRE = regexp.MustCompile(`^([A-Za-z][^$:=]{1,44}?)\s*[:=]?\s*(-?\s*\$ ?-?[\d,]*\.?\d+|\d[\d,]*\.\d{1,2})(?:\s*(?:USD|CAD))?$`)

// payName reports words that can name a line of pay.
func payName(s string) bool {
	l, _ := chargeLabel(&cell{text: s})
	low := strings.ToLower(s)
	return len(onlyDigits(s)) < 4 && !isCurrency(s) && l.sub != sCustRate && l.kind != "old" && !notPayRE.MatchString(low) && !(strings.Contains(low, "total") && !strings.Contains(low, "haul")) && !strings.ContainsAny(s, "@")
}

// nameOf is what stands left of an amount as its name. Prices, counts and the way of charging ("Flat Rate") are no names while
// a name stands further left.
func (d *doc) nameOf(at *cell) ev {
	var way ev
	cells := d.lines[at.line].cells
	for i := at.pos - 1; i >= 0; i-- {
		c := cells[i]
		if cells[i+1].x0-c.x1 > 90*d.cw || hourRE.MatchString(c.text) {
			break
		}
		words := strings.Trim(figuresRE.ReplaceAllString(c.text, ""), " $.,:@x×=-")
		switch {
		case words == "" || unitWordRE.MatchString(words):
			continue
		case wayRE.MatchString(words) && !strings.HasSuffix(c.text, ":"):
			if !way.ok() {
				way = c.all()
			}
			continue
		case len(c.text) > 60 || !payName(c.text) || strings.HasSuffix(c.text, ".") && len(c.ws) > 3:
			return nameless(way)
		}
		if g := c.segs[0]; way.ok() && g.known && g.lab.sub != sCharge && g.lab.sub != sTotal && g.lab.sub != sBlock && g.lab.sub != sRate && g.lab.ctx != cRates {
			return way
		}
		e := c.all()
		e = e.sub(0, len(strings.TrimRight(e.text, " :=-")))
		return e
	}
	return nameless(way)
}

// isCurrency reports the code of a currency alone.
func isCurrency(s string) bool { return len(s) < 6 && codeIn(strings.ToUpper(s)) != "" }

// nameless is a way of charging where no name stands before it; a currency is none.
func nameless(way ev) ev {
	if isCurrency(way.text) {
		return ev{}
	}
	return way
}

var (
	figuresRE  = regexp.MustCompile(`\$?\s?-?\d[\d,]*(?:\.\d+)?`)
	unitWordRE = regexp.MustCompile(`(?i)^(?:` + payUnits + `|usd|cad|x|qty)$`)
	hourRE     = regexp.MustCompile(`\d:\d\d`)
	// wayRE is how a charge is reckoned, not what for.
	wayRE = regexp.MustCompile(`(?i)^(?:(?:flat|fixed)(?: rate)?|frd|rate|per (?:mile|load|unit|hour)|usd|cad|truckload|lump sum)(?: \([A-Z]{2,3}\))?$`)
)

// rowLedger reads names and amounts set one behind the other in one line with
// their total: "Line Haul: $900.00, Bonus: $50.00, TOTAL: $950.00". Names that
// the lexicon lacks count, as the sum proves them.
func (d *doc) rowLedger(s sumCandidate) []entry {
	l := d.lines[s.v.c.line]
	var rows []entry
	var sum money.Cents
	total := false
	for i, c := range l.cells {
		at := 0
		as := amounts(c.text)
		for _, a := range as {
			from, to := at, a.a
			name := c
			at = a.b
			if strings.Trim(c.text[from:to], " ,;:=$|") == "" {
				if i == 0 || a.a > 0 && from > 0 || len(amounts(l.cells[i-1].text)) > 0 {
					return nil
				}
				name = l.cells[i-1]
				from, to = 0, len(name.text)
			}
			e, ok := entryName(name, from, to)
			if b, after := behindAmount(c, a.b); after && lexicon[phraseKey(e.text)].sub != sCharge {
				e, ok = b, true
			}
			switch {
			case !ok || a.perUnit || a.percent:
				return nil
			case a.cents == s.c && totalNameRE.MatchString(e.text):
				total = true
			case payName(e.text):
				rows = append(rows, entry{desc: e, amt: c.cut(a.a, a.b), c: a.cents, line: l.cells[0].line})
				sum += a.cents
			default:
				return nil
			}
		}
	}
	if m := bareTotalRE.FindStringSubmatch(l.cells[len(l.cells)-1].text); m != nil && !total {
		c, err := money.Parse(strings.ReplaceAll(m[1], ",", ""))
		total = err == nil && c == s.c
	}
	if !total || sum != s.c || len(rows) == 0 {
		return nil
	}
	return rows
}

// behindAmount is the charge that the words behind an amount name, up to a comma.
func behindAmount(c *cell, at int) (ev, bool) {
	words, _, _ := strings.Cut(c.text[at:], ",")
	e := c.cut(at, at+len(words))
	return e, wayRE.MatchString(e.text) && !isCurrency(e.text) || lexicon[phraseKey(e.text)].sub == sCharge
}

// entryName is the name in a stretch of a cell: the words behind the last colon
// but the one that ends them.
func entryName(c *cell, a, b int) (ev, bool) {
	t := strings.TrimRight(c.text[a:b], " :=$-")
	for _, sep := range []string{": ", ", ", "; ", "| "} {
		if i := strings.LastIndex(t, sep); i >= 0 {
			a += i + len(sep)
			t = t[i+len(sep):]
		}
	}
	n := len(t)
	t = strings.TrimLeft(t, " ,;|+")
	a += n - len(t)
	return c.cut(a, a+len(t)), len(t) > 1 && len(strings.Fields(t)) <= 6 && strings.ContainsAny(strings.ToLower(t), "abcdefghijklmnopqrstuvwxyz")
}

var (
	totalNameRE = regexp.MustCompile(`(?i)\btotal\b|^net pay$|^all[- ]in$`)
	bareTotalRE = regexp.MustCompile(`(?i)\btotal ?: ?(\d[\d,]*)$`)
)

// wholeRows looks at each charge's own line: the name left of its way of
// charging, and the count and the price that make its amount.
func (d *doc) wholeRows(items []charge) {
	for i := range items {
		ch := &items[i]
		at := ch.amt.c
		if at == nil || ch.desc.c == nil || at.line != ch.desc.c.line || ch.desc.c == at {
			continue
		}
		if name := d.nameOf(at); name.ok() && isWay(ch.desc.text) && name.text != ch.desc.text && !isWay(name.text) {
			l, text := chargeLabel(&cell{text: name.text})
			if kind := chargeKind(l, text); ch.kind == "other" || kind != "other" {
				ch.kind = kind
			}
			ch.desc = name
		}
		if ch.c > 0 {
			d.priceOf(ch)
		}
		d.priceBelow(ch)
	}
}

// priceOf finds among the numbers of a charge's line those that make its
// amount: a count and a price, or the price alone. Where count and price make
// the amount behind them, that is what is paid, and none of the two.
func (d *doc) priceOf(ch *charge) {
	if ch.rate.ok() && ch.qty.ok() && multiplies(ch.qty.text, ch.rate.text, ch.c) {
		return
	}
	ns := d.figuresBeside(ch)
	for k := len(ns) - 1; k >= 2; k-- {
		sum := ns[k]
		if !strings.Contains(sum.e.text, "$") && sum.e.c != ch.amt.c {
			continue
		}
		for i := 0; i < k; i++ {
			for j := 0; j < k; j++ {
				a, b := ns[i], ns[j]
				signed := strings.Contains(b.e.text, "$") || !strings.Contains(a.e.text, "$") && (b.f == sum.f || a.f != sum.f && i < j)
				if i == j || !signed || math.Abs(a.f*b.f-sum.f) > 0.01 || sum.e.c != ch.amt.c && a.e.c != ch.amt.c && b.e.c != ch.amt.c {
					continue
				}
				ch.qty, ch.rate, ch.amt, ch.c = a.e, b.e, sum.e, money.Cents(math.Round(sum.f*100))
				return
			}
		}
	}
	if ch.rate.ok() && ch.qty.ok() {
		return
	}
	for _, a := range ns {
		if a.e.c != ch.amt.c && math.Abs(a.f*100-float64(ch.c)) < 0.5 && a.e.box[2] < ch.amt.box[0] {
			ch.rate, ch.qty = a.e, ev{}
			return
		}
	}
}

// number is a figure on a charge's line.
type number struct {
	e ev
	f float64
}

// figuresBeside lists the numbers of a charge's line that stand with it, up to
// other columns' labels.
func (d *doc) figuresBeside(ch *charge) []number {
	var ns []number
	for _, c := range d.lines[ch.amt.c.line].cells {
		if c.segs[0].colon && c != ch.desc.c {
			if c.x0 > ch.amt.c.x0 {
				break
			}
			ns = ns[:0]
			continue
		}
		if c == ch.desc.c && c.x0 < ch.amt.c.x0 && !isDigit(c.text[0]) || len(c.text) > 40 {
			continue
		}
		for _, m := range figuresRE.FindAllStringIndex(c.text, 4) {
			if f, ok := figure(c.text[m[0]:m[1]]); ok && f > 0 {
				ns = append(ns, number{c.cut(m[0], m[1]), f})
			}
		}
	}
	return ns
}

// multiplies reports a count and a price that make an amount.
func multiplies(qty, rate string, c money.Cents) bool {
	q, ok := figure(figuresRE.FindString(qty))
	r, fine := figure(figuresRE.FindString(rate))
	return ok && fine && math.Abs(q*r*100-float64(c)) < 1
}

// figure reads "$1,200.50".
func figure(s string) (float64, bool) {
	f, err := strconv.ParseFloat(strings.NewReplacer("$", "", ",", "", " ", "").Replace(s), 64)
	return f, err == nil && math.Abs(f) < 1e7
}

// priceBelow reads "1.0 x $150.00" on the line under a charge.
func (d *doc) priceBelow(ch *charge) {
	at := ch.amt.c
	if ch.rate.ok() || at.line+1 >= len(d.lines) {
		return
	}
	for _, n := range d.lines[at.line+1].cells {
		m := qtyAtRE.FindStringSubmatchIndex(n.text)
		if m == nil || m[0] > 0 || m[1] < len(n.text) || n.x0 < ch.desc.box[0]-2*d.cw || n.x0 > at.x1 || n.y0-at.y1 > 1.2*d.em {
			continue
		}
		if multiplies(n.text[m[2]:m[3]], n.text[m[4]:m[5]], ch.c) {
			ch.qty, ch.rate = n.cut(m[2], m[3]), n.cut(m[4], m[5])
		}
	}
}

// idleLines adds the lines of no pay that stand right above or below a charge,
// name under name: "FUEL SURCHARGE  $ .00".
func (d *doc) idleLines(items []charge) []charge {
	for i := 0; i < len(items) && len(items) < 24; i++ {
		ch := items[i]
		if ch.amt.c == nil || ch.desc.c == nil || ch.desc.c.line != ch.amt.c.line || ch.soft {
			continue
		}
		for _, k := range []int{ch.desc.c.line - 1, ch.desc.c.line + 1, ch.desc.c.line - 2, ch.desc.c.line + 2} {
			if k < 0 || k >= len(d.lines) || slices.ContainsFunc(items, func(o charge) bool { return o.line == k }) {
				continue
			}
			n := d.sameEdge(k, ch.desc.c.x0)
			if n == nil || math.Abs(n.y0-ch.desc.c.y0) > 2.4*d.em || ch.desc.box[0]-ch.desc.c.x0 > d.cw {
				continue
			}
			name, at := n.all(), n
			if m := namedSumRE.FindStringSubmatchIndex(n.text); m != nil {
				name, at = n.cut(m[2], m[3]), nil
				if a, ok := payAmount(n.text[m[4]:m[5]]); ok && a.cents == 0 && payName(name.text) {
					items = append(items, d.entryCharge(entry{desc: name, amt: n.cut(m[4], m[5]), line: k}, nil, false))
				}
				continue
			}
			if next := d.lines[k].cells[n.pos+1:]; len(next) > 0 && math.Abs(next[0].x0-ch.amt.c.x0) < 12*d.cw {
				at = next[0]
			}
			if a, ok := payAmount(at.text); ok && at != n && a.cents == 0 && a.b-a.a >= len(at.text)-1 && payName(name.text) && len(name.text) < 44 {
				items = append(items, d.entryCharge(entry{desc: name.sub(0, len(strings.TrimRight(name.text, " :"))), amt: at.all(), line: k}, nil, false))
			}
		}
	}
	return items
}
