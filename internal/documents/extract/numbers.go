package extract

import (
	"fmt"
	"regexp"
	"strings"
)

// readStops turns the drafts into the reading's stops.
func (d *doc) readStops() {
	ds := d.stopDrafts()
	ds = merge(ds)
	ds = d.withLane(ds)
	ds = d.withProse(ds)
	ds = d.withSpots(ds)
	if len(ds) > 60 {
		ds = ds[:60]
	}
	inOrder(ds)
	for i, df := range ds {
		kind := "pickup"
		if df.kind == cDelivery {
			kind = "delivery"
		}
		df.stop.Type = d.typeLeaf(df, kind)
		d.r.Stops = append(d.r.Stops, df.stop)
		for _, f := range df.flags {
			d.flag(fmt.Sprintf("stops[%d].%s", i, f.Field), f.Reason, f.Severity)
		}
	}
}

// typeLeaf says on what words a stop is taken for a pickup or a delivery.
func (d *doc) typeLeaf(df *draft, kind string) Str {
	if df.line < len(d.lines) {
		for _, c := range d.lines[df.line].cells {
			if c.head != nil && c.x0 == df.x0 || df.table && stopKind(c.text) == df.kind {
				return leaf(kind, 0.95, c.all())
			}
		}
	}
	for _, it := range df.items {
		if it.known && it.lab.sub == sType && stopKind(it.v.text) == df.kind {
			return leaf(kind, 0.95, it.v)
		}
	}
	for _, it := range df.items {
		if it.c != nil {
			return leaf(kind, 0.9, it.c.all())
		}
	}
	for _, l := range []Str{df.stop.City, df.stop.Name, df.stop.WindowStart, df.stop.Address} {
		if l != nil {
			return &Leaf[string]{Value: kind, Confidence: min(l.Confidence, 0.9), Page: l.Page, Box: l.Box, Text: l.Text}
		}
	}
	return &Leaf[string]{Value: kind, Confidence: 0.5, Page: 1}
}

// candidate is one value for a field with how much it is worth.
type candidate struct {
	value string
	v     ev
	rank  float64
}

var (
	idRE     = regexp.MustCompile(`[A-Za-z0-9]+(?:[-_/.][A-Za-z0-9]+)*`)
	titleKey = map[string]bool{"rateconfirmation": true, "loadconfirmation": true, "carrierconfirmation": true, "ratecon": true, "loadtender": true, "confirmation": true}
)

// idIn is the first thing in a text that looks like a number of a load or order.
func idIn(s string) (a, b int, ok bool) {
	for _, m := range idRE.FindAllStringIndex(s, 6) {
		t := s[m[0]:m[1]]
		n := len(onlyDigits(t))
		if n == 0 {
			low := strings.ToLower(t)
			if low == "no" || low == "number" || low == "id" || low == "is" {
				continue
			}
			// "ABC 12345": letters in front belong to the number only when glued.
			continue
		}
		if n < 2 || len(t) > 30 {
			continue
		}
		return m[0], m[1], true
	}
	return 0, 0, false
}

// readNumbers finds the load number.
func (d *doc) readNumbers() {
	var cs []candidate
	for _, p := range d.pairs {
		rank := 0.0
		switch {
		case p.lab.sub == sLoadNo && titleKey[p.key]:
			if p.how != inline {
				continue
			}
			rank = 0.8
		case p.lab.sub == sLoadNo && (strings.Contains(p.key, "order") || strings.Contains(p.key, "shipment") || strings.Contains(p.key, "booking") || p.key == "our#"):
			rank = 0.85
		case p.lab.sub == sLoadNo:
			rank = 1
		case p.lab.sub == sOtherNo && p.lab.kind == "REF":
			rank = 0.6
		case p.lab.sub == sOtherNo && p.lab.kind == "INV":
			rank = 0.55
		case p.lab.sub == sPRO || p.lab.sub == sOtherNo && p.lab.kind == "PRO":
			rank = 0.62
		}
		if p.lab.sub == sPRO && !d.isRateCon() {
			rank = 0
		}
		if rank < 0.9 && p.c.line > d.firstStopLine() {
			continue
		}
		if rank > 0.5 && rank < 0.9 && d.underReferences(p.c) {
			rank = 0.5 // a list of other people's numbers
		}
		if rank == 0 || rank < 0.9 && (p.ctx == cPickup || p.ctx == cDelivery || d.inStops(p.c)) {
			continue
		}
		if rank < 0.9 && (p.c.tableRow > 0 || p.ctx == cStop && p.c.headerOf > 0) {
			continue
		}
		a, b, ok := idIn(maskDates(p.v.text))
		if m := lettersIDRE.FindStringIndex(p.v.text); !ok && m != nil && rank == 1 && p.how != below {
			a, b, ok = m[0], m[1], true // "Load ID # QRF-CTLM"
			rank = 0.9
			cs = append(cs, candidate{p.v.text[a:b], p.v.sub(a, b), rank})
			continue
		}
		if !ok || a > 14 && len(strings.Fields(p.v.text)) > 4 {
			continue // "Load: Steel Pipe, approx. 19,700 lbs on 13 pallets"
		}
		if n := len(onlyDigits(p.v.text[a:b])); rank < 0.9 && (n < 3 || streetLike(p.v.text)) {
			continue
		}
		if p.how != inline {
			rank -= 0.02
		}
		if len(onlyDigits(p.v.text[a:b])) < 4 {
			rank = min(rank, 0.5) // "Order 44": hardly any house counts its loads so
		}
		cs = append(cs, candidate{p.v.text[a:b], p.v.sub(a, b), rank})
	}
	best := pickBest(cs)
	if best == nil {
		d.looseLoad()
		return
	}
	conf := 0.97
	if best.rank < 0.75 {
		conf = 0.82
	}
	if best.rank < 0.55 {
		conf = 0.7
	}
	d.r.LoadNumber = leaf(best.value, conf, best.v)
	for _, c := range cs {
		if !strings.EqualFold(c.value, best.value) && (c.rank >= best.rank-0.05 || best.rank < 0.9 && c.rank > 0.54) {
			d.flag("load_number", "two numbers could be the load number: "+best.value+" and "+c.value, Check)
			break
		}
	}
}

// underReferences reports a label in a list under the heading "References".
func (d *doc) underReferences(c *cell) bool {
	for k, prev := c.line-1, c; k >= 0 && k >= c.line-6; k-- {
		n := d.sameEdge(k, c.x0)
		if n == nil || prev.y0-n.y1 > 1.2*d.em {
			return false
		}
		if g, ok := n.lone(); ok && !g.colon && strings.HasPrefix(g.key, "reference") && g.lab.sub == sRef {
			return true
		}
		prev = n
	}
	return false
}

var looseLoadRE = regexp.MustCompile(`(?i)\b(?:load|shipment|tender|order)(?:'s)?\s*(?:#|no\.?|number|id)?\s*(?:is|:)?\s*#?\s*((?:[A-Z]{1,5}-?)?\d[A-Z0-9\-]{3,})\b`)

var (
	lettersIDRE = regexp.MustCompile(`^[A-Z]{2,6}-[A-Z]{2,6}$`)
	// "618203 RATE CONFIRMATION" and "Reference: 7745120 (Load ID)".
	aheadLoadRE = regexp.MustCompile(`(?i)^#?(\d{5,10}) (?:rate|load|carrier) (?:confirmation|con|tender|agreement)\b|\b([A-Z0-9-]*\d[A-Z0-9-]{3,}) \((?:load|order|shipment) ?(?:id|#|no\.?|number)\)`)
)

// looseLoad finds "load 88210" in running text and titles.
func (d *doc) looseLoad() {
	if !d.isRateCon() {
		return
	}
	defer d.headNumber()
	for _, c := range d.cells {
		if m := looseLoadRE.FindStringSubmatchIndex(maskDates(c.text)); m != nil {
			e := c.cut(m[2], m[3])
			d.r.LoadNumber = leaf(e.text, 0.84, e)
			return
		}
		if m := aheadLoadRE.FindStringSubmatchIndex(maskDates(c.text)); m != nil {
			e := c.cut(max(m[2], m[4]), max(m[3], m[5]))
			d.r.LoadNumber = leaf(e.text, 0.84, e)
			return
		}
	}
}

// firstStopLine is the line on which the first stop stands.
func (d *doc) firstStopLine() int {
	first := len(d.lines)
	for i := range d.r.Stops {
		for _, l := range []Str{d.r.Stops[i].City, d.r.Stops[i].Name} {
			if l == nil {
				continue
			}
			for k, ln := range d.lines {
				if k < first && ln.page == l.Page && ln.at(l.Box) {
					first = k
					break
				}
			}
		}
	}
	return first
}

// at reports that a line's words run through a box of its page.
func (l *line) at(box [4]float64) bool {
	for _, c := range l.cells {
		if w := c.ws[0]; w.Y0 >= box[1]-2 && w.Y0 <= box[3] && c.x0 <= box[2] && c.x1 >= box[0] {
			return true
		}
	}
	return false
}

var headIDRE = regexp.MustCompile(`^(?:[A-Za-z .:#/&'-]{0,54}[ #:])?((?:[A-Z]{1,5}-?)?\d[A-Z0-9-]{4,14})$`)

// headNumber takes a number that stands alone in the paper's head, under words
// we do not know, for the load number; a person must confirm it.
func (d *doc) headNumber() {
	if d.r.LoadNumber != nil {
		return
	}
	last := min(d.firstStopLine(), 14)
	for _, c := range d.cells {
		if c.line >= last || c.page > 1 {
			break
		}
		g := c.segs[0]
		known := g.known && g.lab.sub != sIgnore && !(g.lab.sub == sRef && !g.empty() && d.of[c] == nil)
		m := headIDRE.FindStringSubmatchIndex(maskDates(c.text))
		if known || m == nil || c.used || len(findTowns(c.text, d.opt.Places)) > 0 {
			continue
		}
		if _, _, ok := findPhone(c.text); ok || moneyStart(c.text[m[2]:]) && strings.Contains(c.text, ".") || looseMCRE.MatchString(c.text) || looseDOTRE.MatchString(c.text) || streetLike(c.text) {
			continue
		}
		if c.pos > 0 {
			if g, ok := d.lines[c.line].cells[c.pos-1].lone(); ok && g.lab.sub != sIgnore && g.lab.sub != sOtherNo {
				continue
			}
		}
		e := c.cut(m[2], m[3])
		d.r.LoadNumber = leaf(e.text, 0.7, e)
		return
	}
}

func (d *doc) inStops(c *cell) bool {
	h := d.of[c]
	return h != nil && (h.ctx == cPickup || h.ctx == cDelivery)
}

// pickBest takes the highest rank; said twice weighs a little.
func pickBest(cs []candidate) *candidate {
	var best *candidate
	top := 0.0
	for i := range cs {
		n := 0.0
		for _, o := range cs {
			if strings.EqualFold(o.value, cs[i].value) {
				n += 0.01
			}
		}
		if r := cs[i].rank + min(n, 0.05); best == nil || r > top+1e-9 {
			best, top = &cs[i], r
		}
	}
	return best
}
