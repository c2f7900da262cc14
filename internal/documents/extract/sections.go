package extract

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strings"
)

// heading opens a part of the paper: "SHIPPER", "Stop 2 - Delivery", "CHARGES".
// It governs what stands below it in its columns until another takes over.
type heading struct {
	ctx  ctx
	ord  int
	c    *cell
	seg  int     // which segment of the cell it is
	full bool    // the cell says nothing else
	n    int     // its number in reading order
	left float64 // where its box begins, when it is centred over it; else 0
	wide bool    // the box is as wide as the paper
}

// x0 is where what the heading governs begins.
func (h *heading) x0() float64 {
	if h.left > 0 {
		return h.left
	}
	return h.c.x0
}

// overBox notes where the box begins that a heading is centred over: "SHIP FROM"
// above "Name: ...", "Address: ...", alone or beside the other stop's.
func (s *sheet) overBox(h *heading) {
	if h.ctx != cPickup && h.ctx != cDelivery && !ofOneStop(h) {
		if h.full && h.ctx != cStop && len(s.lines[h.c.line].cells) == 1 {
			h.left = s.boxLeft(h)
			h.wide = h.left > 0
		}
		return
	}
	if v := h.c.text[h.c.segs[h.seg].va:h.c.segs[h.seg].vb]; !h.full && leadingWhen(v) < len(v) {
		return
	}
	if h.left = s.boxLeft(h); h.left > 0 {
		h.wide = true
		return
	}
	if !h.full || h.ctx == cStop {
		return
	}
	l := s.lines[h.c.line]
	if h.c.pos == 1 {
		if g, ok := l.cells[0].lone(); ok && g.lab.sub == sType && g.colon {
			h.left = l.cells[0].x0 // "Stop Type:   Drop"
			return
		}
	}
	from, beside := 0.0, false
	for _, c := range l.cells {
		switch {
		case c == h.c:
		case c.head != nil && c.head.full && ofOneStop(c.head):
			beside = true
			if c.pos < h.c.pos {
				from = c.x1
			}
		case c.pos < h.c.pos:
			return
		}
	}
	for k := h.c.line + 1; k < len(s.lines) && k < h.c.line+3; k++ {
		captions := 0
		for _, n := range s.lines[k].cells {
			if strings.HasSuffix(n.text, ":") {
				captions++
			}
		}
		if beside && captions < 2 {
			continue // one caption for both columns
		}
		for _, n := range s.lines[k].cells {
			if n.x0 < from || n.head != nil {
				continue
			}
			if g := n.segs[0]; n.x0 < h.c.x0-4*s.cw && (g.colon || strings.HasSuffix(n.text, ":") || n.x1 < h.c.x0 && (g.known || fromToRE.MatchString(n.text))) && (beside || g.colon && g.lab.sub == sName && (g.lab.ctx == cNone || g.lab.ctx == cStop) || s.overMiddle(h.c, n)) {
				h.left = n.x0
				return
			}
			break
		}
	}
}

// boxLeft is where the lines under a heading begin that opens its line over a box
// as wide as the paper: it is centred over them, or nothing left of it goes on
// from above. 0 where it stands at their own edge.
func (s *sheet) boxLeft(h *heading) float64 {
	l := s.lines[h.c.line]
	if h.c.pos > 0 || h.c.line+1 >= len(s.lines) || slices.ContainsFunc(l.cells[1:], func(c *cell) bool { return c.head != nil }) {
		return 0
	}
	edge := h.c.x0 - 2*s.cw
	left, end, prev, below := h.c.x0, h.c.x1, h.c.y1, 0.0
	for k := h.c.line + 1; k < len(s.lines) && k < h.c.line+7; k++ {
		l := s.lines[k]
		if f := l.cells[0]; l.y0-prev > 1.6*s.em && k > h.c.line+1 || l.y0-prev > 2.4*s.em || f.head != nil && f.head.full && (ofOneStop(f.head) || f.x0 < edge) {
			break
		}
		if below == 0 && l.cells[0].x0 < edge {
			if below = l.y0; k > h.c.line+2 {
				return 0
			}
		}
		left, end, prev = min(left, l.cells[0].x0), max(end, l.cells[len(l.cells)-1].x1), max(prev, l.y1)
	}
	if left > edge {
		return 0
	}
	if len(l.cells) == 1 && math.Abs(h.c.x0+h.c.x1-left-end) < 0.2*(end-left) {
		return left
	}
	if !ofOneStop(h) {
		return 0
	}
	for k := h.c.line + 1; k < len(s.lines) && k < h.c.line+4; k++ {
		if s.sameEdge(k, h.c.x0) != nil {
			return 0 // it stands over a column of its own
		}
	}
	for k := h.c.line - 1; k >= 0 && s.lines[k].page == l.page && below-s.lines[k].y1 < 2*s.em; k-- {
		if s.lines[k].cells[0].x0 < edge {
			return 0 // another part's column goes on
		}
	}
	return left
}

// overMiddle reports a heading over the middle of the lines that begin at n.
func (s *sheet) overMiddle(c, n *cell) bool {
	end := 0.0
	for k := n.line; k < len(s.lines) && k < n.line+4; k++ {
		for _, x := range s.lines[k].cells {
			end = max(end, x.x1)
		}
	}
	return len(s.lines[n.line].cells) > 2 && math.Abs((c.x0+c.x1)-(n.x0+end)) < 0.15*(end-n.x0)
}

// firmRE is a company whose name begins as a heading might.
var firmRE = regexp.MustCompile(`^(?i:shipping|freight|delivery|receiving|loading)\b.*\b(?i:inc|llc|corp|co|ltd)\.?$`)

// fromToRE is the word before a stop's name in its own box.
var fromToRE = regexp.MustCompile(`^(?i:from|to) ?:?$`)

// enumRE is the letter or Roman number of a section.
var enumRE = regexp.MustCompile(`^\(?(?:[IVX]{1,4}|[A-H])[.)] `)

var fillers = map[string]bool{"information": true, "info": true, "details": true, "detail": true, "location": true, "section": true, "of": true, "the": true, "name": true, "and": true, "address": true, "at": true, "for": true, "#": true, "stop": true, "stops": true, "point": true, "site": true, "sample": true, "facility": true, "s": true, "this": true, "your": true, "our": true, "data": true, "party": true, "company": true, "or": true}

// findHeadings marks the cells that open a part.
func (s *sheet) findHeadings() []*heading {
	var out []*heading
	unload := false
	for _, c := range s.cells {
		g, ok := c.lone()
		unload = unload || ok && strings.HasPrefix(g.key, "unload")
	}
	for _, c := range s.cells {
		s.wholePlace(c)
		s.namedStop(c)
		s.emptyRef(c)
		s.overAddress(c)
		h := headingOf(c)
		switch {
		case h == nil:
		case numbersStop(h) || s.inRefs(h):
			g := &c.segs[h.seg]
			g.lab.sub, g.lab.kind = sRef, map[ctx]string{cPickup: "PU", cDelivery: "DEL"}[h.ctx]
			h = nil
		case s.noteBelow(h):
			c.segs[h.seg].lab.sub = sNotes
			h = nil
		case s.tellsWhen(h, out):
			c.segs[h.seg].lab.sub = sDate
			h = nil
		case h.ctx == cStop && h.ord == 0 && len(out) > 0 && ofOneStop(out[len(out)-1]) && c.line-out[len(out)-1].c.line < 3:
			c.segs[h.seg].lab.sub = sName // "Location" right below "Stop 1 - Pick"
			h = nil
		case h.ctx == cStop && h.ord == 0 && len(out) > 0 && ofOneStop(out[len(out)-1]) && c.line-out[len(out)-1].c.line < 9 && c.segs[h.seg].colon && c.segs[h.seg].empty() && c.pos+1 < len(s.lines[c.line].cells) && !s.lines[c.line].cells[c.pos+1].segs[0].known:
			c.segs[h.seg].lab.sub = sName // "Location:   Acme Mills" further down in its block
			h = nil
		case h.ctx == cCustomer && len(out) > 0 && ofOneStop(out[len(out)-1]) && c.line > out[len(out)-1].c.line && c.line-out[len(out)-1].c.line < 3 && math.Abs(c.x0-out[len(out)-1].c.x0) < 6:
			c.segs[h.seg].lab = label{ctx: cStop, sub: sName} // whose dock it is, right below "Load At"
			h = nil
		case s.tellsGoods(h):
			c.segs[h.seg].lab = label{ctx: cStop, sub: sIgnore}
			h = nil
		case s.inSentence(c):
			h = nil
		case s.ediContact(c, h):
			c.segs[h.seg].lab = label{ctx: cStop, sub: sContact}
			h = nil
		case s.namesContact(c, h):
			c.segs = []seg{{vb: len(c.text)}}
			h = nil
		case h.ctx == cCarrier && c.segs[h.seg].key == "to" && slices.ContainsFunc(out, ofOneStop):
			c.segs = []seg{{vb: len(c.text)}} // "TO:" among the stops names no carrier
			h = nil
		case c.line < 4 && signs[0].re.MatchString(c.text):
			h = nil // the paper's title
		}
		if g, ok := c.lone(); ok && h == nil && unload && g.key == "load" && g.lab.sub != sIgnore && !s.loadNumberBeside(c) && !goodsOnly(s.beside(c)) {
			c.segs[0].lab = label{ctx: cPickup, sub: sBlock}
			h = &heading{ctx: cPickup, c: c, full: true}
		}
		if h == nil && s.stopsOff(c, out) {
			c.segs[0].lab = label{ctx: cDelivery, sub: sBlock}
			h = &heading{ctx: cDelivery, c: c, full: true}
		}
		if h == nil && s.overCharges(c) {
			h = &heading{ctx: cRates, c: c, full: true}
		}
		if h == nil {
			continue
		}
		h.n = len(out)
		c.head = h
		out = append(out, h)
	}
	out = s.stopBoxes(out)
	out = append(out, s.fromTo(len(out))...)
	slices.SortStableFunc(out, func(a, b *heading) int { return cmp.Or(a.c.line-b.c.line, a.c.pos-b.c.pos) })
	for i, h := range out {
		h.n = i
		s.overBox(h)
	}
	return out
}

// namesContact reports "SHIPPING" beside or below "Contact": the office to ask for.
func (s *sheet) namesContact(c *cell, h *heading) bool {
	if !h.full || h.ord > 0 || len(c.ws) > 2 {
		return false
	}
	asks := func(n *cell) bool {
		g := n.segs[len(n.segs)-1]
		return g.known && g.lab.sub == sContact && g.empty()
	}
	if c.pos > 0 && asks(s.lines[c.line].cells[c.pos-1]) && c.x0-s.lines[c.line].cells[c.pos-1].x1 < 30*s.cw {
		return true
	}
	if c.line == 0 || c.y0-s.lines[c.line-1].y1 > 1.2*s.em {
		return false
	}
	return slices.ContainsFunc(s.lines[c.line-1].cells, func(n *cell) bool {
		return asks(n) && (math.Abs(n.x0-c.x0) < 1.5*s.cw || n.x0 > c.x0 && n.x1 < c.x1+16*s.cw && !s.beyond(n, c))
	})
}

// ediContact reports "DEL: ANN LEE" right below "TE: 555-0100", as tenders by EDI
// name the person behind a telephone number.
func (s *sheet) ediContact(c *cell, h *heading) bool {
	if g := c.segs[h.seg]; c.line == 0 || !g.colon || !titled(c.text[g.va:g.vb]) || strings.ContainsAny(c.text, "0123456789,") {
		return false
	}
	up := s.sameEdge(c.line-1, c.x0)
	return up != nil && strings.HasPrefix(up.text, "TE:")
}

// beyond reports a cell right of n, on its line, that starts over c.
func (s *sheet) beyond(n, c *cell) bool {
	next := s.lines[n.line].cells[n.pos+1:]
	return len(next) > 0 && next[0].x0 < c.x1
}

// numbersStop reports "PICK#1: 124004": a stop's number, no stop of its own.
func numbersStop(h *heading) bool {
	g := h.c.segs[h.seg]
	return (h.ctx == cPickup || h.ctx == cDelivery) && g.known && strings.Contains(h.c.text[g.la:g.lb], "#") && refAloneRE.MatchString(h.c.text[g.va:g.vb])
}

// inRefs reports "pickup" beside a number in a table headed "Type | Reference #".
func (s *sheet) inRefs(h *heading) bool {
	next := s.lines[h.c.line].cells[h.c.pos+1:]
	if !h.full || h.ctx != cPickup && h.ctx != cDelivery || len(next) == 0 || !refAloneRE.MatchString(next[0].text) {
		return false
	}
	for k := h.c.line - 1; k >= 0 && k > h.c.line-4; k-- {
		l := s.lines[k]
		for i, c := range l.cells[:len(l.cells)-1] {
			if g, ok := c.lone(); ok && g.lab.sub == sType && math.Abs(c.x0+c.x1-h.c.x0-h.c.x1) < 12*s.cw && strings.HasPrefix(strings.ToLower(l.cells[i+1].text), "ref") {
				return true
			}
		}
	}
	return false
}

var refAloneRE = regexp.MustCompile(`^[A-Z]{0,3}\d{4,}[A-Z0-9-]*$`)

// noteBelow reports "PICKUP" over "NOTE:", a caption of two lines.
func (s *sheet) noteBelow(h *heading) bool {
	if !h.full || h.c.line+1 >= len(s.lines) {
		return false
	}
	n := s.sameEdge(h.c.line+1, h.c.x0)
	return n != nil && n.y0-h.c.y1 < 0.9*s.em && noteRE.MatchString(n.text)
}

var noteRE = regexp.MustCompile(`^(?i:notes?|instructions|comments) ?:?$`)

// inSentence reports a word of running text that stands in a cell of its own,
// as justified paragraphs set them: "delivery | and obtains the receipt."
func (s *sheet) inSentence(c *cell) bool {
	l := s.lines[c.line]
	if c.segs[0].colon || !startsLower(c.text) || len(l.cells) < 2 || c.line == 0 {
		return false
	}
	up := s.lines[c.line-1]
	n := 0
	for _, x := range up.cells {
		n += len(x.ws)
	}
	for _, x := range l.cells {
		if x != c && x.x0-c.x1 < 3*s.cw && x.x0 > c.x0 && startsLower(x.text) || x.x1 < c.x0 && c.x0-x.x1 < 3*s.cw {
			return n > 7
		}
	}
	return false
}

// emptyRef takes "DELIVERY #" without a number, over the labels of a stop's own
// box, for the heading it is.
func (s *sheet) emptyRef(c *cell) {
	g, ok := c.lone()
	if !ok || g.lab.sub != sRef || g.lab.ctx != cPickup && g.lab.ctx != cDelivery || g.colon || len(s.lines[c.line].cells) > 1 || c.line+1 >= len(s.lines) {
		return
	}
	n := s.lines[c.line+1].cells[0]
	if b, ok := n.lone(); ok && (b.lab.sub == sAddress || b.lab.sub == sName) && math.Abs(n.x0-c.x0) < 12*s.cw {
		c.segs[0].lab = label{ctx: g.lab.ctx, sub: sBlock}
	}
}

// overAddress takes "Pickup Address:" alone over or beside a name and its street
// for the heading of that stop.
func (s *sheet) overAddress(c *cell) {
	g, ok := c.lone()
	if !ok || !g.colon || c.pos > 0 || g.lab.ctx != cPickup && g.lab.ctx != cDelivery || g.lab.sub != sAddress && !(g.lab.sub == sName && asksWhere(g)) {
		return
	}
	if next := s.lines[c.line].cells[1:]; len(next) > 0 && !next[0].segs[0].known && next[0].x0-c.x1 < 20*s.cw {
		if streetLike(next[0].text) || len(findTowns(next[0].text, nil)) > 0 || !titled(next[0].text) {
			return
		}
	} else if !s.addressBelow(c) {
		return
	}
	c.segs[0].lab.sub = sBlock
}

// namedStop reads "Pick Pellworth Foods" and "2. Delivery - Acme Mills" over a
// street: a stop's word and its name in one line.
func (s *sheet) namedStop(c *cell) {
	if m := letteredRE.FindStringSubmatchIndex(c.text); m != nil && c.pos == 0 && s.addressBelow(c) {
		g := seg{lab: label{ctx: cPickup, sub: sBlock}, key: "pickup", known: true, lb: m[1], va: m[1], vb: m[1]}
		if m[6] >= 0 {
			g.lab.ctx, g.key = cDelivery, "delivery"
		}
		if m[2] >= 0 {
			g.ord = atoi(c.text[m[2]:m[3]])
		}
		c.segs = append([]seg{g}, slices.DeleteFunc(c.segs, func(g seg) bool { return g.la < m[1] })...)
		return
	}
	if len(c.segs) != 1 || c.segs[0].known || c.pos > 0 || len(c.ws) < 2 || len(c.text) > 70 || len(c.ws) > 3 && besideParagraph(s.lines, c.line, c.x0, c.x1) {
		return
	}
	lead := stopNumberRE.FindStringSubmatchIndex(c.text)
	l, key, at := leadingStop(c.text[lead[1]:])
	if key == "" {
		return
	}
	at += lead[1]
	if c.line < 8 && lead[1] == 0 && firmRE.MatchString(c.text) {
		return // "SHIPPING CONNECTIONS, INC." heads the paper; "Pick Acme Foods LLC" does not
	}
	name := c.text[at:]
	gap := len(nameGapRE.FindString(name))
	name, at = name[gap:], at+gap
	if name == "" || strings.IndexByte(",.;", name[0]) >= 0 || len(strings.Fields(name)) > 7 || !titled(name) && gap < 2 || stopKind(name) != cNone && lead[1] == 0 && gap < 2 || len(findTowns(name, nil)) > 0 || dateAtStart(name) || streetLike(name) && streetStart(name) == 0 {
		return
	}
	if !s.addressBelow(c) {
		return
	}
	g := seg{lab: l, key: key, known: true, colon: true, lb: at, va: at, vb: len(c.text)}
	if lead[2] >= 0 {
		g.ord = atoi(c.text[lead[2]:lead[3]])
	}
	c.segs = []seg{g}
}

var (
	// "1. Pick-Up-A - Pro #105014": stops counted, and lettered by their kind.
	letteredRE   = regexp.MustCompile(`^(?:(\d{1,2})[.)] )?(?i:(pick-?up)|(deliver(?:y)?|drop))-[A-Z]\b`)
	stopNumberRE = regexp.MustCompile(`^(?:(?i:stop )?#?(\d{1,2})(?i: of \d{1,2})?(?:[.):]| ?-)? ?)?`)
	nameGapRE    = regexp.MustCompile(`^(?: ?[:\-@/|]+)? ?`)
)

// leadingStop finds the pickup's or delivery's word that a text begins with, as
// long a phrase of it as it can, and where it ends.
func leadingStop(s string) (l label, key string, end int) {
	toks := tokens(s)
	if len(toks) == 0 || toks[0].a > 0 {
		return label{}, "", 0
	}
	for n := min(3, len(toks)-1); n > 0; n-- {
		k := ""
		for _, t := range toks[:n] {
			k += t.norm
		}
		if l, ok := lexicon[k]; ok && l.sub == sBlock && (l.ctx == cPickup || l.ctx == cDelivery) {
			return l, k, toks[n-1].b
		}
	}
	return label{}, "", 0
}

// addressBelow reports a street or a town at the head of the line below a
// cell, or of the second below it.
func (s *sheet) addressBelow(c *cell) bool {
	for k := c.line + 1; k < len(s.lines) && k <= c.line+2; k++ {
		n := s.lines[k].cells[0]
		if n.y0-c.y1 > float64(k-c.line)*1.6*s.em {
			return false
		}
		if addrRE.MatchString(n.text) && streetLike(strings.SplitN(n.text, ",", 2)[0]) || len(findTowns(n.text, nil)) > 0 {
			return true
		}
		if n.segs[0].known {
			return false
		}
	}
	return false
}

// overCharges reports "Carrier pay" without an amount over lines of pay: a
// heading, not a total.
func (s *sheet) overCharges(c *cell) bool {
	g, ok := c.lone()
	if !ok || g.lab.sub != sTotal || g.colon || c.line+1 >= len(s.lines) {
		return false
	}
	if next := s.lines[c.line].cells[c.pos+1:]; len(next) > 0 {
		if _, pays := payAmount(next[0].text); pays {
			return false
		}
	}
	for k := c.line + 1; k < len(s.lines) && k <= c.line+2; k++ {
		n := s.sameEdge(k, c.x0)
		if n == nil || n.pos+1 >= len(s.lines[k].cells) {
			continue
		}
		_, pays := payAmount(s.lines[k].cells[n.pos+1].text)
		l, _ := chargeLabel(n)
		return pays && l.sub == sCharge
	}
	return false
}

// stopsOff reports "Stop-Off" over the same row of labels that stands under an
// earlier stop: a stop of its own, not what it costs.
func (s *sheet) stopsOff(c *cell, above []*heading) bool {
	g, ok := c.lone()
	if !ok || g.key != "stopoff" || len(s.lines[c.line].cells) > 1 || c.line+1 >= len(s.lines) || len(s.lines[c.line+1].cells) < 3 {
		return false
	}
	return slices.ContainsFunc(above, func(h *heading) bool {
		return ofOneStop(h) && sameLabels(s.lines[h.c.line+1], s.lines[c.line+1])
	})
}

// ofOneStop reports a heading that opens one stop.
func ofOneStop(h *heading) bool {
	return h.ctx == cPickup || h.ctx == cDelivery || h.ctx == cStop && h.ord > 0
}

// tellsWhen reports "DEL: 08/07/26 1430 APPT" below "CONSIGNEE": a stop's day,
// no stop of its own.
func (s *sheet) tellsWhen(h *heading, above []*heading) bool {
	g := h.c.segs[h.seg]
	v := h.c.text[g.va:g.vb]
	numbered := len(above) > 0 && above[len(above)-1].ctx == cStop && above[len(above)-1].ord > 0
	if next := s.lines[h.c.line].cells[h.c.pos+1:]; g.empty() && (g.colon || numbered) && len(next) > 0 {
		v = next[0].text
	}
	if g.ord > 0 || v == "" || leadingWhen(v) < len(v) {
		return false
	}
	for i := len(above) - 1; i >= 0 && h.c.line-above[i].c.line < 9; i-- {
		if a := above[i]; math.Abs(a.c.x0-h.c.x0) < 6 || a.c.line == h.c.line || a.full && a.ctx == h.ctx && a.c.x0 < h.c.x0 && h.c.line-a.c.line < 3 {
			return (a.ctx == h.ctx || numbered && a == above[len(above)-1]) && a.full
		}
	}
	return false
}

// tellsGoods reports "Unload:  10 PLT 11400 LBS": what a stop takes off, no stop
// of its own.
func (s *sheet) tellsGoods(h *heading) bool {
	g := h.c.segs[h.seg]
	v := h.c.text[g.va:g.vb]
	if g.empty() {
		v = s.beside(h.c)
	}
	return g.known && g.ord == 0 && goodsOnly(v)
}

// beside is the text of the next cell on the line.
func (s *sheet) beside(c *cell) string {
	if next := s.lines[c.line].cells[c.pos+1:]; len(next) > 0 {
		return next[0].text
	}
	return ""
}

// goodsOnly reports a count, a weight, or both, and nothing else: "21 PLT 22800 LBS".
func goodsOnly(t string) bool {
	if m := looseCountRE.FindString(t); m != "" {
		if t = strings.Trim(t[len(m):], " ,/-|@"); t == "" {
			return true
		}
	}
	return wholeWeightRE.MatchString(t) || t != "" && bareWeightRE.MatchString(t)
}

// bareWeightRE is a weight without its unit, behind a count.
var bareWeightRE = regexp.MustCompile(`^\d{1,3},\d{3}$`)

// wholePlace turns "Pickup at:" with a whole address as its value into a
// heading: what follows it tells of that stop.
func (s *sheet) wholePlace(c *cell) {
	g := &c.segs[0]
	if !g.known || g.lab.sub != sName || g.lab.ctx != cPickup && g.lab.ctx != cDelivery {
		return
	}
	v := c.text[g.va:g.vb]
	if asksWhere(*g) && !g.colon && valueFits(*g, v) {
		g.lab.sub = sBlock
		return
	}
	if g.empty() && c.pos+1 < len(s.lines[c.line].cells) {
		n := s.lines[c.line].cells[c.pos+1]
		v = n.text
		for _, m := range s.wrapped(n) {
			v += " " + m.text
		}
	}
	if ts := findTowns(v, nil); len(ts) == 1 && ts[0].zip != "" && strings.Contains(v, ",") {
		g.lab.sub = sBlock
	}
}

// stopBoxes finds lines such as "PICK UP 1 | DATE | TIME" that come again with
// the same labels for the next stop: each opens a box, it is no table's header.
func (s *sheet) stopBoxes(heads []*heading) []*heading {
	var rows []*line
	for _, l := range s.lines {
		if up := l.cells[0].line - 1; up >= 0 && s.lines[up].cells[0].head != nil && ofOneStop(s.lines[up].cells[0].head) && l.y0-s.lines[up].y1 < 2*s.em {
			continue // in a stop's block already
		}
		if len(l.cells) > 1 && boxKind(l.cells[0]) != cNone {
			rows = append(rows, l)
		}
	}
	for i, l := range rows {
		for _, o := range rows[:i] {
			if sameLabels(l, o) {
				l.opens, o.opens = true, true
			}
		}
	}
	for _, l := range rows {
		if !l.opens {
			continue
		}
		c := l.cells[0]
		if c.head == nil {
			c.head = &heading{c: c}
			heads = append(heads, c.head)
		}
		c.head.ctx, c.head.full = boxKind(c), true
		for _, o := range l.cells[1:] {
			if o.head != nil {
				heads = slices.DeleteFunc(heads, func(h *heading) bool { return h == o.head })
				o.head = nil
			}
		}
	}
	return heads
}

// sameLabels reports two lines of labels, most of them the same, column by column.
func sameLabels(a, b *line) bool {
	if len(a.cells) != len(b.cells) || math.Abs(a.cells[0].x0-b.cells[0].x0) > 3 {
		return false
	}
	same, labels := 0, 0
	for i, c := range a.cells[1:] {
		o := b.cells[i+1]
		if math.Abs(c.x0-o.x0) > 3 || len(c.ws) > 3 || strings.ContainsAny(c.text+o.text, "0123456789$@") {
			return false
		}
		if strings.EqualFold(c.text, o.text) {
			same++
		}
		if g, ok := c.lone(); ok && g.lab.sub != sBlock && !g.colon {
			labels++
		}
	}
	n := len(a.cells) - 1
	return labels > 0 && 2*labels >= n && 2*same >= n
}

// boxKind is the kind of stop that a short heading names; "From" and "To" may.
func boxKind(c *cell) ctx {
	if len(c.ws) > 4 {
		return cNone
	}
	switch strings.ToLower(strings.Trim(c.text, " :.")) {
	case "from":
		return cPickup
	case "to":
		return cDelivery
	}
	if g := c.segs[0]; g.known && (!g.empty() || g.colon || g.lab.sub != sBlock) {
		return cNone
	}
	if h := c.head; h != nil && h.ctx != cPickup && h.ctx != cDelivery && h.ctx != cStop {
		return cNone
	}
	return stopKind(c.text)
}

// fromTo reads "FROM" and "TO" side by side as pickup and delivery.
func (s *sheet) fromTo(n int) []*heading {
	var out []*heading
	for _, l := range s.lines {
		var from, to *cell
		for _, c := range l.cells {
			switch strings.ToLower(strings.Trim(c.text, " :")) {
			case "from":
				from = c
			case "to":
				to = c
			}
		}
		if from != nil && to == nil && from.head == nil && s.memoHead(from) {
			from.head = &heading{ctx: cBroker, c: from, full: true, n: n + len(out)}
			out = append(out, from.head)
			continue
		}
		if from != nil && to == nil && from.head == nil && s.billBeside(l) {
			from.head = &heading{ctx: cBroker, c: from, full: true, n: n + len(out)}
			out = append(out, from.head)
		}
		if from != nil && to != nil && to.pos < from.pos && from.head == nil {
			// A letter's head, not a lane: who it goes to, and who it is from.
			from.head = &heading{ctx: cBroker, c: from, full: true, n: n + len(out)}
			out = append(out, from.head)
			continue
		}
		if from == nil || to == nil || to.pos != from.pos+1 {
			continue
		}
		for _, x := range []struct {
			c *cell
			k ctx
		}{{from, cPickup}, {to, cDelivery}} {
			if x.c.head != nil {
				x.c.head.ctx, x.c.head.full = x.k, true
				continue
			}
			x.c.head = &heading{ctx: x.k, c: x.c, full: true, n: n + len(out)}
			out = append(out, x.c.head)
		}
	}
	return out
}

// memoHead reports "FROM:" right below "TO:", as letters open.
func (s *sheet) memoHead(from *cell) bool {
	for k := max(from.line-3, 0); k < from.line; k++ {
		c := s.lines[k].cells[0]
		if strings.EqualFold(strings.Trim(c.text, " :"), "to") && math.Abs(c.x0-from.x0) < 3 {
			return from.line < 12
		}
	}
	return false
}

// loadNumberBeside reports that "Load" has a number right of it.
func (s *sheet) loadNumberBeside(c *cell) bool {
	l := s.lines[c.line]
	if c.pos+1 >= len(l.cells) {
		return false
	}
	_, _, ok := idIn(l.cells[c.pos+1].text)
	return ok && len(strings.Fields(l.cells[c.pos+1].text)) == 1
}

// billBeside reports a line with a "BILL TO" heading: its "FROM" is who bills.
func (s *sheet) billBeside(l *line) bool {
	for _, c := range l.cells {
		if c.head != nil && c.head.ctx == cBillTo {
			return true
		}
	}
	return false
}
