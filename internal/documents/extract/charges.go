package extract

import (
	"regexp"
	"slices"
	"sort"
	"strings"

	"truckflow/internal/kit/money"
)

// charge is one line of pay found on the paper.
type charge struct {
	kind string
	desc ev
	amt  ev
	c    money.Cents
	qty  ev
	rate ev
	line int
	conf float64
	soft bool // its word could as well name a condition of pay
}

// sumCandidate is one figure that could be the total.
type sumCandidate struct {
	c        money.Cents
	v        ev
	strong   bool
	currency string
	rank     float64
	key      string
	quoted   bool
	c0       *cell
}

// payUnits are what charges are counted in.
const payUnits = `mi|miles|hrs?|hours|stops?|days?|units?|ea|each|flat|loads?|trips?|lump(?: sum)?`

var (
	voidRE     = regexp.MustCompile(`(?i)\b(?:void(?:ed)?|superseded|cancell?ed|no longer valid|previous(?:ly)?|original(?:ly)?|old|was|prior|earlier quote|expired|replaced|ignore)\b`)
	qtyAtRE    = regexp.MustCompile(`(?i)([\d,]+(?:\.\d+)?)\s*(?:` + payUnits + `)?\.?\s*(?:@|x|×)\s*\$?\s*(\d[\d,]*(?:\.\d+)?)`)
	quantityRE = regexp.MustCompile(`(?i)^[\d,]+(?:\.\d+)?\s*(?:` + payUnits + `)\.?\s*@?$`) // no charge's name
	perUnits   = regexp.MustCompile(`(?i)^\s*(?:(?:/|per|for each|for every|each|ea\.?)\s*(?:mi|mile|hr|hour|day|stop|extra|additional)?\b)`)
)

// readCharges finds the lines of pay and the total. Pay stands on paper in five
// ways; each is one step, and a later one only reads what earlier ones left:
//
//  1. a table with a column of amounts: chargeTable (paytable.go)
//  2. charges one behind the other in one line: chargeChain
//  3. a name beside, above or before its amount: chargeCell, which also takes
//     totals and, under a heading of rates, names it does not know
//  4. sentences: proseCharges, where nothing above was found (payprose.go)
//  5. arithmetic, where no name tells the total, or the names that are known do
//     not make it: sumsByArithmetic, printedSum, missedLines (sums.go), and
//     ledgers (ledger.go)
//
// settleTotal (total.go) then chooses among the totals and says what does not add up.
func (d *doc) readCharges() {
	var items []charge
	var sums []sumCandidate
	seenLine := map[*cell]bool{}
	for i := range d.tables {
		if !d.tables[i].charges {
			continue
		}
		d.chargeTable(&d.tables[i], &items, &sums, seenLine)
	}
	for _, c := range d.cells {
		if !seenLine[c] && !d.chargeChain(c, &items, &sums) {
			d.chargeCell(c, &items, &sums, seenLine)
		}
	}
	if len(items) == 0 {
		d.proseCharges(&items, &sums)
	}
	d.softBelow(items, sums)
	sort.SliceStable(items, func(i, j int) bool { return items[i].line < items[j].line })
	items, sums = lastIsSum(items, sums)
	if !anyStrong(sums) {
		d.sumsByArithmetic(&items, &sums)
	}
	if len(sums) == 0 {
		d.proseSums(&items, &sums)
	}
	if !anyStrong(sums) {
		d.printedSum(items, &sums)
	}
	d.missedLines(&items, sums)
	if len(sums) == 0 && len(items) == 0 && d.isRateCon() && !d.plainAmount(&sums) {
		d.lonelySum(&sums)
	}
	sort.SliceStable(items, func(i, j int) bool { return items[i].line < items[j].line })
	items = d.ledgers(items, sums)
	items = d.idleLines(items)
	d.wholeRows(items)
	sort.SliceStable(items, func(i, j int) bool { return items[i].line < items[j].line })
	d.settleTotal(items, sums)
}

// chargeChain reads charges set one behind the other: "Line Haul $2,935.15 +
// Stop Off $600.00 = $3,535.15".
func (d *doc) chargeChain(c *cell, items *[]charge, sums *[]sumCandidate) bool {
	v := c.all()
	ams := amounts(v.text)
	if len(ams) < 2 || len(v.text) > 300 {
		return false
	}
	var found []charge
	var total *sumCandidate
	at := 0
	for _, a := range ams {
		words := strings.Trim(v.text[at:a.a], " +,;|•&=:-")
		if !a.marked && !a.decimals || a.perUnit || a.percent || len(strings.Fields(words)) > 4 {
			return false
		}
		l, _ := chargeLabel(&cell{text: words})
		switch {
		case l.sub == sTotal, words == "" && strings.Contains(v.text[at:a.a], "="):
			total = &sumCandidate{c: a.cents, v: c.cut(a.a, a.b), strong: true, currency: a.currency, rank: 0.95, key: "sum", c0: c}
		case l.sub == sCharge || l.sub == sStopOff || l.sub == sLumper || l.sub == sDetention || l.sub == sLayover:
			k := at + strings.Index(v.text[at:], words)
			found = append(found, charge{kind: chargeKind(l, words), desc: c.cut(k, k+len(words)), amt: c.cut(a.a, a.b), c: a.cents, line: c.line, conf: 0.9})
		default:
			return false
		}
		at = a.b
	}
	if len(found) == 0 || strings.Trim(v.text[at:], " .,;)") != "" || total == nil && len(found) < 2 {
		return false
	}
	d.chains = append(d.chains, c)
	*items = append(*items, found...)
	if total != nil {
		*sums = append(*sums, *total)
	}
	return true
}

// plainAmount takes "Amount: $3,800.00", where no other name tells of pay.
func (d *doc) plainAmount(sums *[]sumCandidate) bool {
	for _, p := range d.pairs {
		if p.lab.sub != sAmount || !p.colon || p.c.tableRow > 0 || p.h != nil && p.h.ctx == cTerms {
			continue
		}
		if a, ok := payAmount(p.v.text); ok && a.marked && a.a == 0 && !a.perUnit && !a.percent && a.cents >= 10_000 {
			*sums = append(*sums, sumCandidate{c: a.cents, v: p.v, rank: 0.6, key: p.key, currency: a.currency, c0: p.c})
			return true
		}
	}
	return false
}

// softBelow doubts charges that stand well below the total: "Extra stop: $50" in
// the conditions is no line of pay, unless the total needs it.
func (d *doc) softBelow(items []charge, sums []sumCandidate) {
	for _, s := range sums {
		above := slices.ContainsFunc(items, func(c charge) bool { return c.line <= s.c0.line })
		for i := range items {
			if s.strong && s.key != "sum" && above && (items[i].line > s.c0.line+2 || items[i].line > s.c0.line && d.lines[items[i].line].y0-d.lines[s.c0.line].y1 > 1.1*d.em) {
				items[i].soft = true
			}
		}
	}
}

func anyStrong(sums []sumCandidate) bool {
	for _, s := range sums {
		if s.strong {
			return true
		}
	}
	return false
}

// chargeLabel looks up a description: its first segment's label, else its words.
func chargeLabel(c *cell) (label, string) {
	if len(c.segs) > 0 && c.segs[0].known {
		return c.segs[0].lab, c.text
	}
	toks := tokens(c.text)
	for i := range toks {
		for n := min(longest, len(toks)-i); n > 0; n-- {
			key := ""
			for k := i; k < i+n; k++ {
				key += toks[k].norm
			}
			if l, ok := lexicon[key]; ok {
				switch l.sub {
				case sCharge, sTotal, sCustRate, sDetention, sLayover, sTONU, sLumper, sLateFee, sStopOff:
					return l, c.text
				}
			}
		}
	}
	return label{}, c.text
}

// chargeKind names a line of pay.
func chargeKind(l label, text string) string {
	switch l.sub {
	case sCharge:
		if l.kind != "other" {
			return l.kind
		}
	case sDetention, sDetFree:
		return "detention"
	case sLayover:
		return "layover"
	case sTONU:
		return "tonu"
	case sLumper:
		return "lumper"
	case sStopOff:
		return "stop_off"
	}
	low := strings.ToLower(text)
	if strings.HasPrefix(low, "misc") {
		return "other"
	}
	for _, k := range []struct{ word, kind string }{{"reefer fuel", "reefer_fuel"}, {"fuel", "fuel"}, {"fsc", "fuel"}, {"stop", "stop_off"}, {"s/o", "stop_off"}, {"not used", "tonu"}, {"detention", "detention"}, {"layover", "layover"}, {"tarp", "tarp"}, {"lumper", "lumper"}, {"unload", "lumper"}, {"tonu", "tonu"}, {"hazmat", "hazmat"}, {"team", "team"}, {"driver assist", "driver_assist"}, {"toll", "toll"}, {"escort", "escort"}, {"haul", "linehaul"}, {"freight", "linehaul"}, {"base", "linehaul"}} {
		if strings.Contains(low, k.word) {
			return k.kind
		}
	}
	return "other"
}

// chargeCell reads "Line Haul  $1,200.00" and "Total: $2,450" outside tables.
func (d *doc) chargeCell(c *cell, items *[]charge, sums *[]sumCandidate, seen map[*cell]bool) {
	if d.amountFirst(c, c.all(), items, sums) {
		return
	}
	for i, g := range c.segs {
		if !g.known {
			if i == 0 && len(c.segs) == 1 && !d.freeTotal(c, g, sums) {
				d.freeCharge(c, items, seen)
			}
			continue
		}
		if (g.lab.sub == sBlock || g.lab.sub == sDesc || g.lab.sub == sAmount) && g.lab.ctx == cRates && !g.empty() && d.amountFirst(c, c.val(g), items, sums) {
			continue
		}
		inRates := d.of[c] != nil && d.of[c].ctx == cRates
		item := g.lab.sub == sCharge || g.key == "freight" && d.besideCharges(c) || inRates && (g.lab.sub == sDetention || g.lab.sub == sLayover || g.lab.sub == sTONU || g.lab.sub == sLumper || g.lab.sub == sStopOff)
		if !item && g.lab.sub != sTotal {
			continue
		}
		v, mid, how := d.moneyFor(c, g, i)
		if !v.ok() {
			continue
		}
		a, ok := payAmount(v.text)
		if !ok || a.perUnit && g.lab.sub != sTotal || a.percent {
			continue
		}
		if perUnits.MatchString(v.text[a.b:]) {
			continue
		}
		conf := pair{how: how, v: v}.strength()
		if !a.marked && !a.decimals {
			conf *= 0.9
		}
		if l, at := d.namesCharge(v, a); g.lab.sub == sTotal && l.sub == sCharge {
			*items = append(*items, charge{kind: chargeKind(l, at.text), desc: at, amt: v.sub(a.a, a.b), c: a.cents, line: c.line, conf: 0.88}) // "PAY: Line Haul $2,079.30"
			continue
		}
		if g.lab.sub == sTotal {
			if voidRE.MatchString(c.text[:g.la]) || voidRE.MatchString(v.text) {
				continue
			}
			rank := 1.0
			if g.lab.weak {
				rank = 0.6
			}
			if allInRE.MatchString(v.text) || allInRE.MatchString(g.hint) {
				rank = max(rank, 0.9)
			}
			*sums = append(*sums, sumCandidate{c: a.cents, v: v, strong: !g.lab.weak, currency: firstNonEmpty(a.currency, codeIn(strings.ToUpper(g.hint)), codeIn(strings.ToUpper(c.text[g.la:g.lb]))), rank: rank, key: g.key, quoted: d.quoted(c), c0: c})
			continue
		}
		ch := charge{kind: chargeKind(g.lab, c.text[g.la:g.lb]), amt: v.sub(a.a, a.b), c: a.cents, line: c.line, conf: conf, soft: g.lab.sub != sCharge || d.of[c] != nil && d.of[c].ctx == cTerms}
		from := g.la
		for from > 0 && c.text[from-1] == '/' {
			from = strings.LastIndexByte(c.text[:from], ' ') + 1 // "COST/FLAT RATE"
		}
		ch.desc = c.cut(from, trimLabel(c.text, g.la, g.lb))
		d.quantities(&ch, mid, v, a)
		*items = append(*items, ch)
	}
}

// amountFirst reads a line of pay whose amount stands ahead of its words:
// "$1,450.00 FLAT RATE", "$1,500.00 TOTAL".
func (d *doc) amountFirst(c *cell, v ev, items *[]charge, sums *[]sumCandidate) bool {
	m := amountFirstRE.FindStringSubmatchIndex(v.text)
	if m == nil || len(strings.Fields(v.text[m[4]:])) > 8 {
		return false
	}
	if h := d.of[c]; h != nil && h.ctx == cTerms {
		return false
	}
	cents, err := money.Parse(strings.ReplaceAll(v.text[m[2]:m[3]], ",", ""))
	l, _ := chargeLabel(&cell{text: v.text[m[4]:m[5]]})
	if withinRE.MatchString(v.text[m[4]:m[5]]) {
		l = label{sub: sTotal, ctx: cRates} // "$3,800.00 Inc FSC"
	}
	switch {
	case err != nil || d.quoted(c):
		return false
	case l.sub == sTotal && !l.weak:
		*sums = append(*sums, sumCandidate{c: cents, v: v.sub(0, m[3]), strong: true, rank: 1, key: "total", c0: c})
	case l.sub == sTotal || l.sub == sCharge || l.sub == sStopOff || l.sub == sDetention || l.sub == sLayover || l.sub == sLumper:
		kind := chargeKind(l, v.text[m[4]:m[5]])
		if l.sub == sTotal {
			kind = "linehaul" // "FLAT RATE"
		}
		*items = append(*items, charge{kind: kind, desc: v.sub(m[4], m[5]), amt: v.sub(0, m[3]), c: cents, line: c.line, conf: 0.88})
	default:
		return false
	}
	return true
}

var amountFirstRE = regexp.MustCompile(`^\$ ?(\d[\d,]*\.\d\d) ([A-Z][A-Za-z][^$,.;:]*)$`)

// withinRE opens what an amount includes, which is no charge of its own.
var withinRE = regexp.MustCompile(`(?i)^(?:inc|incl|including|includes|all[- ]in)\b`)

// besideCharges reports a line of pay right above or below a cell: there
// "Freight" is the line haul, not the goods.
func (d *doc) besideCharges(c *cell) bool {
	for _, k := range []int{c.line - 1, c.line + 1} {
		if k >= 0 && k < len(d.lines) {
			n := d.sameEdge(k, c.x0)
			if n != nil && n.segs[0].known && n.segs[0].lab.sub == sCharge {
				return true
			}
		}
	}
	return false
}

// namesCharge is the charge that a value names ahead of its amount.
func (d *doc) namesCharge(v ev, a amount) (label, ev) {
	words := strings.Trim(v.text[:a.a], " :=-")
	key := phraseKey(words)
	if key == "" {
		return label{}, ev{}
	}
	at := strings.Index(v.text, words)
	return lexicon[key], v.sub(at, at+len(words))
}

var (
	totalWordRE = regexp.MustCompile(`(?i)^(?:total\b.{0,28}|.{0,28}\btotal(?: pay\b.{0,8})?)[ :.]*$`)
	notPayRE    = regexp.MustCompile(`(?i)customer|shipper|weight|miles|pieces|pallet|stops|sub ?-?total|hours|distance|bill|revenue|margin|value`)
)

// freeTotal reads a total under a name the lexicon does not have: "Carrier Rate Total  $1,948.24".
func (d *doc) freeTotal(c *cell, g seg, sums *[]sumCandidate) bool {
	if !totalWordRE.MatchString(c.text) || notPayRE.MatchString(c.text) {
		return false
	}
	v, _, _ := d.moneyFor(c, seg{known: true, la: g.va, lb: g.vb, va: g.vb, vb: g.vb}, 0)
	a, ok := payAmount(v.text)
	if !v.ok() || !ok || !a.marked && !a.decimals {
		return false
	}
	*sums = append(*sums, sumCandidate{c: a.cents, v: v, strong: true, currency: a.currency, rank: 0.95, key: "total", quoted: d.quoted(c), c0: c})
	return true
}

var allInRE = regexp.MustCompile(`(?i)all[- ]?in\b|flat\b|total`)

func trimLabel(s string, a, b int) int {
	for b > a && strings.IndexByte(" :.-=#", s[b-1]) >= 0 {
		b--
	}
	return b
}

// moneyFor finds the amount of a money label: behind it, or in the last cell
// of money before the next label on the line, or below.
func (d *doc) moneyFor(c *cell, g seg, i int) (v ev, mid []*cell, how rune) {
	if !g.empty() {
		t := c.val(g)
		next := d.lines[c.line].cells[c.pos+1:]
		if qtyAtRE.MatchString(t.text) && i == len(c.segs)-1 && len(next) > 0 {
			if a, ok := payAmount(next[0].text); ok && a.a == 0 {
				return next[0].all(), []*cell{c}, right // "Line Haul (1,844 @ 2.89)  5,329.16"
			}
		}
		if len(amounts(t.text)) > 0 {
			return t, nil, inline
		}
		if _, ok := payAmount(t.text); ok && len(strings.Fields(t.text)) <= 3 {
			return t, nil, inline
		}
		if i < len(c.segs)-1 {
			return ev{}, nil, 0
		}
	} else if i < len(c.segs)-1 {
		return ev{}, nil, 0
	}
	var last *cell
	for _, n := range d.lines[c.line].cells[c.pos+1:] {
		if n.text == "@" {
			continue
		}
		if n.segs[0].known && !(n.segs[0].lab.sub == sAmount) || n.head != nil || len(n.ws) > 6 {
			break // another label, or the conditions' column
		}
		a, ok := payAmount(n.text)
		if ok && len(n.text)-(a.b-a.a) > 18 || last != nil && strings.Contains(last.text, "$") && !strings.Contains(n.text, "$") {
			break // another column's words, or its counts behind a sum with a sign
		}
		if ok {
			if last != nil {
				mid = append(mid, last)
			}
			last = n
		} else if numFirst.MatchString(n.text) {
			mid = append(mid, n)
		}
	}
	if last != nil && (g.empty() || len(amounts(last.text)) > 0) {
		return last.all(), mid, right
	}
	if p, ok := d.pairAt[pairKey{c, g.la}]; ok && len(amounts(p.v.text)) > 0 {
		return p.v, nil, p.how
	}
	return ev{}, nil, 0
}

// payAmount reads the sum a pay label announces; a bare number stands for dollars.
func payAmount(s string) (amount, bool) {
	as := amounts(s)
	eq := strings.LastIndex(s, "=")
	for _, a := range as {
		if a.a < eq && as[len(as)-1].a > eq {
			continue // "706 x $3.20 = $2,259.20"
		}
		if !a.perUnit && !a.percent {
			return a, true
		}
	}
	if len(as) > 0 {
		return as[0], true
	}
	if mended, changed := brokenMoney(s); mended != s {
		if as := amounts(mended); len(as) == 1 {
			as[0].a, as[0].b = 0, len(s)
			as[0].struck = changed
			return as[0], true
		}
	}
	if noDollarsRE.MatchString(s) {
		return amount{a: 0, b: len(s), marked: true, decimals: true}, true
	}
	t := strings.Trim(s, " .")
	if m := bareSumRE.FindString(t); m != "" && m == t {
		if len(m) > 2 && m[len(m)-2] == '.' {
			m += "0" // "1500.0"
		}
		c, err := money.Parse(strings.ReplaceAll(m, ",", ""))
		return amount{cents: c, a: 0, b: len(s), decimals: strings.Contains(m, ".")}, err == nil
	}
	return amount{}, false
}

// noDollarsRE is an amount of nothing without a figure ahead of its point.
var noDollarsRE = regexp.MustCompile(`^\s*\$ ?\.00\s*$`)

var bareSumRE = regexp.MustCompile(`^\d{3,5}(?:\.\d{1,2})?$`)

// freeCharge reads "Carrier Charge     200.00 USD" under a heading of rates.
func (d *doc) freeCharge(c *cell, items *[]charge, seen map[*cell]bool) {
	h := d.of[c]
	l := d.lines[c.line]
	if h == nil || h.ctx != cRates || c.pos+1 >= len(l.cells) || seen[c] || len(c.text) > 48 || c.used || quantityRE.MatchString(c.text) {
		return
	}
	last := l.cells[len(l.cells)-1]
	a, ok := payAmount(last.text)
	if !ok || !a.marked && !a.decimals || len(amounts(c.text)) > 0 || !strings.ContainsAny(strings.ToLower(c.text), "abcdefghijklmnopqrstuvwxyz") || a.perUnit {
		return
	}
	if lab, _ := chargeLabel(c); lab.sub == sTotal || lab.sub == sCustRate {
		return
	}
	lab, text := chargeLabel(c)
	ch := charge{kind: chargeKind(lab, text), desc: c.all(), amt: last.cut(a.a, a.b), c: a.cents, line: c.line, conf: 0.85}
	d.quantities(&ch, l.cells[c.pos+1:len(l.cells)-1], last.all(), a)
	*items = append(*items, ch)
}

// quantities reads "920 mi @ $2.66" beside or before an amount.
func (d *doc) quantities(ch *charge, mid []*cell, v ev, a amount) {
	texts := []ev{v}
	for _, m := range mid {
		texts = append(texts, m.all())
	}
	for _, t := range texts {
		if m := qtyAtRE.FindStringSubmatchIndex(t.text); m != nil {
			ch.qty, ch.rate = t.sub(m[2], m[3]), t.sub(m[4], m[5])
			return
		}
	}
	if len(mid) > 1 {
		if t := join(" ", texts[1:]...); qtyAtRE.MatchString(t.text) {
			ch.qty, ch.rate = mid[0].all(), mid[len(mid)-1].all() // "948 X" and "2.63" in cells of their own
			return
		}
	}
	if len(mid) == 2 {
		ch.qty, ch.rate = mid[0].all(), mid[1].all()
	}
}

// quoted reports a line of an older mail below the answer.
func (d *doc) quoted(c *cell) bool {
	l := d.lines[c.line]
	if len(l.cells) > 0 && strings.HasPrefix(l.cells[0].text, ">") {
		return true
	}
	for k := c.line - 1; k >= 0 && k > c.line-80; k-- {
		t := d.lines[k].cells[0].text
		if olderRE.MatchString(t) {
			return true
		}
	}
	return false
}

var olderRE = regexp.MustCompile(`(?i)^-{2,}\s*(?:original|forwarded) message|^(?:original|forwarded) message|^on .{6,60} wrote:|^begin forwarded`)
