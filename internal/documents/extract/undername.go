package extract

import (
	"regexp"
	"strings"
)

// nickRE is a person called by one or two words, as carriers' dispatchers are.
var nickRE = regexp.MustCompile(`^[A-Z][A-Za-z'\-]{1,14}(?: [A-Z][A-Za-z'\-]{1,14})?$`)

// nickname reports one or two words that name a person and nothing of the trade.
func nickname(s string) bool {
	if !nickRE.MatchString(s) || companyRE.MatchString(s) || notNameRE.MatchString(s) || isBlankValue(s) {
		return false
	}
	for _, t := range tokens(s) {
		if vocab[t.norm] || boxWord[t.norm] || stateCodes[strings.ToUpper(t.norm)] {
			return false
		}
	}
	return true
}

// underCarrier looks below the carrier's name, wherever the paper prints it, for
// what is still missing of the carrier: forms set its desk there with labels, or
// with none.
func (d *doc) underCarrier() {
	p := &d.r.Carrier
	if p.Name == nil || !d.isRateCon() || len(d.letters) > 0 {
		return
	}
	want := strings.ToLower(p.Name.Value)
	for _, c := range d.cells {
		at := strings.Index(strings.ToLower(c.text), want)
		if at < 0 || len(c.text) > len(want)+34 || d.of[c] != nil && ofOneStop(d.of[c]) && d.of[c].c.y0 > c.y0 {
			continue
		}
		d.carrierDesk(p, c)
		if p.Phone != nil && p.Contact != nil && p.Email != nil && p.MC != nil {
			return
		}
	}
}

// carrierDesk reads the lines below a cell with the carrier's name.
func (d *doc) carrierDesk(p *Party, c *cell) {
	left, right := c.x0-2*d.cw, max(c.x1, c.x0+26*d.cw)
	if c.pos > 0 {
		if l := d.lines[c.line].cells[c.pos-1]; l.segs[0].known && c.x0-l.x1 < 14*d.cw {
			left = l.x0 - 2*d.cw
		}
	}
	prev := c
	for k := c.line; k < len(d.lines) && k <= c.line+8; k++ {
		var row []*cell
		for _, n := range d.lines[k].cells {
			if n.x0 >= left && n.x0 <= right && (k > c.line || n == c) {
				row = append(row, n)
			}
		}
		if len(row) == 0 {
			if d.lines[k].y0-prev.y1 > 2*d.em {
				return
			}
			continue
		}
		if k > c.line {
			switch x := d.ownerLeft(row[0]); x {
			case cDriver:
				continue
			case cPickup, cDelivery, cStop, cBroker, cBillTo, cRates:
				return
			}
		}
		if row[0].y0-prev.y1 > 2*d.em || row[0].head != nil && k > c.line && row[0].head.ctx != cCarrier {
			return
		}
		for _, n := range row {
			d.deskCell(p, c, n)
		}
		prev = row[0]
	}
}

// ownerLeft is whose matter the label on a cell's left tells, or its own label.
func (d *doc) ownerLeft(c *cell) ctx {
	cells := d.lines[c.line].cells
	for i := c.pos; i >= 0 && c.x0-cells[i].x1 < 20*d.cw; i-- {
		g := cells[i].segs[0]
		switch {
		case !g.known:
		case strings.HasPrefix(g.key, "driver"):
			return cDriver
		case g.lab.sub == sContact || g.lab.sub == sPhone || g.lab.sub == sEmail:
			return cNone // "Dispatcher", "Broker" words of desks
		default:
			return g.lab.ctx
		}
	}
	return cNone
}

// deskCell takes from one cell of the carrier's desk what is still missing.
func (d *doc) deskCell(p *Party, name, n *cell) {
	b := &d.r.Broker
	label := seg{}
	if g := n.segs[0]; g.known {
		label = g
	} else if n.pos > 0 {
		if l := d.lines[n.line].cells[n.pos-1]; l.segs[len(l.segs)-1].known && n.x0-l.x1 < 14*d.cw {
			label = l.segs[len(l.segs)-1]
		}
	}
	if label.lab.ctx == cDriver || strings.HasPrefix(label.key, "fax") || strings.HasPrefix(label.key, "driver") || strings.HasPrefix(label.key, "truck") {
		return
	}
	if x, y, ok := findPhone(n.text); ok && p.Phone == nil && !faxAhead(n, x) && !(n.pos > 0 && faxRE.MatchString(d.lines[n.line].cells[n.pos-1].text)) && !sameDigits(b.Phone, n.text[x:y]) && (n == name || label.lab.sub == sPhone || telLeadRE.MatchString(n.text[:x])) {
		p.Phone = leaf(n.text[x:y], 0.86, n.cut(x, y))
	}
	if m := emailRE.FindStringIndex(n.text); m != nil && p.Email == nil && !d.brokersMail(n.text[m[0]:m[1]]) {
		p.Email = leaf(n.text[m[0]:m[1]], 0.88, n.cut(m[0], m[1]))
	}
	if m := bareMCRE.FindStringSubmatchIndex(n.text); m != nil && p.MC == nil && (b.MC == nil || b.MC.Value != n.text[m[2]:m[3]]) {
		p.MC = leaf(n.text[m[2]:m[3]], 0.88, n.cut(m[2], m[3]))
	}
	if p.Contact != nil || n == name {
		return
	}
	text, conf := n.all(), 0.0
	switch {
	case label.known && (label.lab.sub == sContact || label.lab.sub == sBlock && label.lab.ctx == cCarrier):
		if n.segs[0].known {
			text = n.val(label)
		}
		conf = 0.93
	case !label.known && n.line <= name.line+2 && n.tableRow == 0 && d.reachBelow(n):
		conf = 0.72
	default:
		return
	}
	who, _, _ := strings.Cut(text.text, " - ")
	if x, _, ok := findPhone(who); ok {
		who = who[:x]
	}
	who = strings.Trim(who, " ,-:;(")
	if nickname(who) && (b.Contact == nil || !strings.EqualFold(b.Contact.Value, who)) && len(findTowns(n.text, d.opt.Places)) == 0 {
		at := strings.Index(n.text, who)
		p.Contact = leaf(who, conf, n.cut(at, at+len(who)))
	}
}

// reachBelow reports a telephone number or mail address right below a cell.
func (d *doc) reachBelow(n *cell) bool {
	if n.line+1 >= len(d.lines) {
		return false
	}
	b := d.sameEdge(n.line+1, n.x0)
	if b == nil {
		return false
	}
	_, _, ok := findPhone(b.text)
	return ok || emailRE.MatchString(b.text)
}

// telLeadRE is what may stand ahead of a number that is a desk's telephone.
var telLeadRE = regexp.MustCompile(`^(?i)(?:phone|ph|tel|work|office|cell|main|dispatch|p|o)?(?:/fax)?[ #:.]*$`)

var bareMCRE = regexp.MustCompile(`(?i)\b(?:MCC?|ICC|MCID)[ #:.]*(?:No\.?)?[ #:]*(\d{5,8})\b`)

// sameDigits reports a telephone number that a leaf holds already.
func sameDigits(l Str, s string) bool { return l != nil && onlyDigits(l.Value) == onlyDigits(s) }

// brokersMail reports an address in a domain that is the broker's.
func (d *doc) brokersMail(mail string) bool {
	b := &d.r.Broker
	_, dom, _ := strings.Cut(strings.ToLower(mail), "@")
	house, _, _ := strings.Cut(dom, ".")
	if b.Name != nil && domainFits(mail, b.Name.Value) {
		return true
	}
	for _, m := range []Str{b.Email, b.BillingEmail} {
		if m != nil && strings.HasSuffix(strings.ToLower(m.Value), "@"+dom) && !publicMail[house] {
			return true
		}
	}
	return false
}
