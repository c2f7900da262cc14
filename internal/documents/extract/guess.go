package extract

import (
	"regexp"
	"strings"
)

// What single words of an unknown label speak of. Houses word their labels
// freely; these words return in most of them.
var (
	loadWords   = words("load order shipment trip tender confirmation booking dispatch contract job manifest movement move agreement haul pro consignment control file bid freight tms assignment offer work release")
	pieceWords  = words("pieces pallets skids cartons units pcs plts packages cases piece pallet skid plt crates bundles rolls")
	mileWords   = words("miles distance mileage mi")
	weightWords = words("weight lbs pounds wt wgt")
	goodsWords  = words("commodity product products goods cargo contents material materials merchandise")
	equipTerms  = words("equipment trailer equip")
	lengthWords = words("length feet ft len footage")
	tempWords   = words("temp temperature setpoint temps")
	phoneWords  = words("phone tel telephone cell mobile ph")
	whenWords   = words("time times hours window appt appointment eta hrs")
	nameWords   = words("name company facility firm")
	noteWords   = words("notes instructions remarks comments note comment remark")
	carrierSays = words("carrier hauler trucker truckline transporter haulier subhauler contractor truckers")
	brokerSays  = words("broker brokerage broker's")
	otherSays   = words("customer shipper's customers consignor's insurance driver truck tractor unit insured claim cargo-insurance")
	earlyWords  = words("earliest open opens after from start begin not-before")
	lateWords   = words("latest close closes before by until deadline end")
)

func words(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}

// guessLabel reads an unknown label by its single words; ok is false when they
// do not settle it.
func guessLabel(toks []token) (label, bool) {
	any := func(set map[string]bool) bool {
		for _, t := range toks {
			if set[t.norm] {
				return true
			}
		}
		return false
	}
	has := func(ws ...string) bool { return any(words(strings.Join(ws, " "))) }
	owner := cNone
	for _, t := range toks {
		if k := stopKind(t.norm); k != cNone && t.norm != "load" && t.norm != "p" && t.norm != "d" && len(t.norm) > 1 && owner == cNone {
			owner = k
		}
	}
	switch {
	case any(carrierSays):
		owner = cCarrier
	case any(brokerSays):
		owner = cBroker
	}
	number := has("#", "ref", "reference", "code")
	stop := owner == cPickup || owner == cDelivery
	switch {
	case any(otherSays) && owner != cCarrier && !has("weight"):
		return label{sub: sIgnore}, true
	case has("mc", "docket") && !has("dot"):
		return label{ctx: owner, sub: sMC}, true
	case has("usdot", "dot"):
		return label{ctx: owner, sub: sDOT}, true
	case has("email", "mail"):
		return label{ctx: owner, sub: sEmail}, true
	case any(phoneWords):
		return label{ctx: owner, sub: sPhone}, true
	case has("fax"):
		return label{sub: sIgnore}, true
	case number && has("po", "purchase"):
		return label{ctx: pick(stop, owner, cStop), sub: sRef, kind: "PO"}, true
	case number && has("bol", "lading"):
		return label{ctx: owner, sub: sBOL}, true
	case number && has("seal"):
		return label{sub: sSeal}, true
	case number && has("trailer"):
		return label{sub: sTrailerNo}, true
	case number && stop:
		return label{ctx: owner, sub: sRef, kind: map[ctx]string{cPickup: "PU", cDelivery: "DEL"}[owner]}, true
	case number && any(loadWords):
		return label{sub: sLoadNo}, true
	case any(weightWords):
		return label{ctx: owner, sub: sWeight}, true
	case any(mileWords):
		return label{sub: sMiles}, true
	case any(tempWords):
		return label{sub: sTemp}, true
	case any(lengthWords) || any(equipTerms) && has("size"):
		return label{sub: sLength}, true
	case any(pieceWords):
		return label{ctx: owner, sub: sPieces}, true
	case has("date", "day") && stop:
		return label{ctx: owner, sub: sDate}, true
	case any(whenWords) && stop:
		return label{ctx: owner, sub: sTime}, true
	case stop && any(earlyWords):
		return label{ctx: owner, sub: sFrom}, true
	case stop && any(lateWords):
		return label{ctx: owner, sub: sTo}, true
	case any(whenWords):
		return label{ctx: cStop, sub: sTime}, true
	case any(noteWords):
		return label{ctx: owner, sub: sNotes}, true
	case has("address", "street"):
		return label{ctx: owner, sub: sAddress}, true
	case has("contact", "attn", "rep", "attention", "representative"):
		return label{ctx: owner, sub: sContact}, true
	case has("total") && !has("sub", "stops", "hours"):
		return label{sub: sTotal}, true
	case any(equipTerms):
		return label{sub: sEquip}, true
	case any(goodsWords):
		return label{sub: sCommodity}, true
	case any(nameWords) && owner != cNone:
		return label{ctx: owner, sub: sName}, true
	case has("date", "day"):
		return label{sub: sDocDate}, true
	}
	if k := placeWords(toks); k != cNone {
		return label{ctx: k, sub: sBlock}, true
	}
	return label{}, false
}

// placeWords reads "Where to load", "Freight goes to unloading at": nothing but
// small words around one that names a kind of stop.
func placeWords(toks []token) ctx {
	small := words("where to we you the at from of point place first last final stop freight goes go is get our your site spot by for here #")
	k := cNone
	for _, t := range toks {
		if x := stopKind(t.norm); x != cNone && len(t.norm) > 2 {
			k = x
			continue
		}
		if !small[t.norm] && atoi(t.norm) == 0 {
			return cNone
		}
	}
	return k
}

func pick(ok bool, a, b ctx) ctx {
	if ok {
		return a
	}
	return b
}

var guessRE = regexp.MustCompile(`^[A-Za-z][A-Za-z#&/'. ()-]{1,34}:(?:\s|$)`)

// guess looks at cells in which no known label was found: "Total Skids on
// board: 22", or a short cell of its own whose neighbour has the right form.
func (s *sheet) guess(c *cell) {
	if c.segs[0].known || len(c.text) > 160 {
		return
	}
	if m := guessRE.FindString(c.text[:c.segs[0].vb]); m != "" {
		at := strings.IndexByte(m, ':')
		toks := tokens(c.text[:at])
		if len(toks) == 0 || len(toks) > 5 {
			return
		}
		if l, ok := guessLabel(toks); ok {
			g := seg{lab: l, key: "~" + c.text[:at], known: true, la: 0, lb: at + 1, va: at + 1, vb: c.segs[0].vb, colon: true}
			for g.va < g.vb && c.text[g.va] == ' ' {
				g.va++
			}
			c.segs[0] = g
		}
	}
}

var poundsRE = regexp.MustCompile(`(?i)\d\s*(?:lbs?|pounds|#|kgs?)\b`)

// codedRef reads a number behind the two letters that say what it is, in a cell
// of its own behind "REF" or behind another such: "BM W6788229   CR 6726882".
func (d *doc) codedRef(c *cell) {
	if c.segs[0].known || c.pos == 0 || !codedRefRE.MatchString(c.text) {
		return
	}
	n := d.lines[c.line].cells[c.pos-1]
	g := n.segs[0]
	if !g.known || g.lab.sub != sRef && g.lab.sub != sOtherNo && g.lab.sub != sBOL || g.colon || c.x0-n.x1 > 12*d.cw {
		return
	}
	c.segs = []seg{{lab: label{ctx: cStop, sub: sRef, kind: refKinds[strings.ToLower(c.text[:2])]}, key: "ref", known: true, lb: 2, va: 3, vb: len(c.text)}}
}

var codedRefRE = regexp.MustCompile(`^[A-Z]{2} [A-Z0-9-]*\d[A-Z0-9-]*$`)

// guessLone takes a short cell without colon for a label when the cell right
// of it or below it has just the form its words announce.
func (s *sheet) guessLone(c *cell) {
	if len(c.segs) != 1 || c.segs[0].known || c.head != nil || len(c.text) > 30 || strings.ContainsAny(c.text, "0123456789$@,") {
		return
	}
	toks := tokens(c.text)
	if len(toks) == 0 || len(toks) > 4 || s.answers(c) {
		return
	}
	l, ok := guessLabel(toks)
	if !ok || !typed(l.sub) || l.sub == sContact || l.sub == sName {
		return
	}
	next := s.lines[c.line].cells
	if l.sub == sPieces && c.pos+1 < len(next) && poundsRE.MatchString(next[c.pos+1].text) {
		return // "PVC PIPE BUNDLES  33500 LBS"
	}
	if c.pos+1 < len(next) && !next[c.pos+1].segs[0].known && fits(l, next[c.pos+1].text) && (l.sub != sEquip || !fits(l, c.text)) ||
		s.columnFits(c, l) {
		c.segs = []seg{{lab: l, key: "~" + strings.ToLower(c.text), known: true, la: 0, lb: len(c.text), va: len(c.text), vb: len(c.text)}}
	}
}

// answers reports a cell that is the value of a label of goods to its left or
// right above it: "Cardboard Cartons" is what is hauled, not how many.
func (s *sheet) answers(c *cell) bool {
	if c.pos > 0 {
		if g, ok := s.lines[c.line].cells[c.pos-1].lone(); ok && g.lab.sub == sCommodity && !s.headerLike(s.lines[c.line].cells[c.pos-1]) {
			return true
		}
	}
	if c.line == 0 {
		return false
	}
	for _, n := range s.lines[c.line-1].cells {
		if g, ok := n.lone(); ok && g.lab.sub == sCommodity && n.x0-c.x0 < s.cw && c.x0-n.x0 < s.cw {
			return true
		}
	}
	return false
}

// columnFits reports that the cell right under c has the form the label asks for.
func (s *sheet) columnFits(c *cell, l label) bool {
	b := s.belowOf(c)
	return b != nil && fits(l, b.text) && !streetLike(b.text) && (l.sub != sEquip || !fits(l, c.text))
}
