package extract

import (
	"math"
	"regexp"
	"strings"
)

var (
	attnRE = regexp.MustCompile(`(?i:attn|attention)[.:]* ((?:[A-Z][A-Za-z'.\-]+ ){1,2}[A-Z][A-Za-z'\-]+)`)
	// Weaker words for bills, ahead of an address in its own sentence.
	billWordsRE = regexp.MustCompile(`\b(?:pods?|freight bills|bills)\b[^.]*$`)
	mcRE        = regexp.MustCompile(`\d{4,8}`)
	billRE      = regexp.MustCompile(`(?i)^(?:billing|invoices?|invoicing|(?:ap|ar|pay|pod|docs)(?:docs|invoices|team|dept|desk|bills)?(?:[^a-z]|$)|accounting|accounts?(?:payable)?|payables?|payments?|carrierpay|carrierinvoices?|freightbills?|settlements?|paperwork|back[._-]?office|carrier[._-]?(?:ap(?:[^a-z]|$)|billing|invoices|payables|payments))`)
)

// readParties finds the broker and the carrier.
func (d *doc) readParties() {
	d.sideBySide()
	d.sentenceParties()
	d.readParty(&d.r.Carrier, cCarrier)
	d.carrierElsewhere()
	if d.r.DocumentType != nil && d.r.DocumentType.Value == Invoice {
		// The carrier bills: it stands in the letterhead, the broker is billed.
		d.readParty(&d.r.Carrier, cBroker)
		d.readParty(&d.r.Broker, cBillTo)
		d.notOurselves()
		return
	}
	d.namedRep()
	d.readParty(&d.r.Broker, cBroker)
	d.tidyNames()
	d.readLetter()
	d.letterhead()
	d.officeParties()
	d.tidyNames()
	d.bareNumbers()
	d.looseNumbers()
	d.billing()
	d.crossEmails()
	d.mailedRep()
	d.underCarrier()
	d.oftenNamed(&d.r.Broker)
	d.wholeNames()
	d.notOurselves()
}

// sideBySide reads two firms on one line with "and" between them: who sends the
// paper stands first.
func (d *doc) sideBySide() {
	for i, l := range d.lines[:min(16, len(d.lines))] {
		for k := 1; k+1 < len(l.cells); k++ {
			a, b := l.cells[k-1], l.cells[k+1]
			if l.cells[k].text != "and" || !companyRE.MatchString(a.text) || !companyRE.MatchString(b.text) || !titled(a.text) || !titled(b.text) {
				continue
			}
			e := a.all()
			if i+1 < len(d.lines) {
				if n := d.lines[i+1].cells[0]; companyRE.MatchString(n.text) && titled(n.text) && !streetLike(n.text) && n.x0 > a.x0-d.cw && n.x1 < a.x1+d.cw && n.y0-a.y1 < 0.6*d.em {
					e = join(" ", e, n.all()) // a name of two lines
				}
			}
			d.r.Broker.Name, d.r.Carrier.Name = leaf(e.text, 0.9, e), leaf(b.text, 0.9, b.all())
			return
		}
	}
}

// cellOf is the cell that a leaf's words stand in.
func (d *doc) cellOf(l Str) *cell {
	for _, c := range d.cells {
		if w := c.ws[0]; c.page == l.Page && w.Y0 < l.Box[3] && w.Y1 > l.Box[1] && c.x0 < l.Box[2] && c.x1 > l.Box[0] {
			return c
		}
	}
	return nil
}

// readParty reads a party from its labelled pairs and its block.
func (d *doc) readParty(p *Party, who ctx) {
	for _, h := range d.heads {
		if h.ctx != who || h.c.tableRow > 0 {
			continue
		}
		d.partyBlock(p, d.blockOf(h, who))
	}
	if p == &d.r.Carrier {
		d.underOwnName(p)
	}
	for _, q := range d.pairs {
		if q.ctx == who && q.c.tableRow == 0 && (q.lab.ctx == who || q.h == nil || !d.stopBetween(q.h, q.c)) {
			d.partyPair(p, q)
		}
	}
}

// underOwnName takes what stands below "PRAIRIE LINE LLC Contact:" for the
// carrier's, when that is its name; and a name of two words in capitals beside
// the very word "Carrier:" for a firm's.
func (d *doc) underOwnName(p *Party) {
	for _, h := range d.heads {
		q, ok := d.headPair(h.c)
		if p.Name == nil && ok && h.ctx == cCarrier && h.full && q.how == right && looksPerson(q.v.text) && strings.ToUpper(q.v.text) == q.v.text {
			p.Name, d.firm = leaf(q.v.text, 0.74, q.v), q.v.text
			if p.Contact != nil && p.Contact.Value == q.v.text {
				p.Contact = nil
			}
		}
	}
	if p.Name == nil {
		return
	}
	for _, c := range d.cells {
		g, ok := c.lone()
		name := ""
		if i := strings.LastIndex(strings.ToLower(c.text), " contact"); i > 0 {
			name = c.text[:i]
		}
		if !ok || g.lab.sub != sContact || name == "" || !sameCompany(name, p.Name.Value) {
			continue
		}
		for _, q := range d.pairs {
			if q.c.page == c.page && q.c.line > c.line && q.c.line <= c.line+4 && math.Abs(q.c.x0-c.x0) < 1.5*d.cw && (q.lab.sub == sPhone || q.lab.sub == sEmail) {
				d.partyPair(p, q)
			}
		}
	}
}

// stopBetween reports a stop that opens between a party's heading and a cell:
// what is said there is said of the stop.
func (d *doc) stopBetween(h *heading, c *cell) bool {
	for _, x := range d.heads {
		if ofOneStop(x) && x.c.line > h.c.line && x.c.line <= c.line && x.c.x0 < c.x0+2*d.cw && x.c.x0 < h.c.x0+2*d.cw {
			return true
		}
	}
	return false
}

// blockOf lists what stands under one heading.
func (d *doc) blockOf(h *heading, who ctx) []item {
	var out []item
	bound := d.blockEdge(h)
	for _, c := range d.cells {
		if d.of[c] != h || c.tableRow > 0 || c.x0 > bound {
			continue
		}
		from := 0
		if h.c == c {
			if h.full {
				if p, ok := d.pairAt[pairKey{c, c.segs[0].la}]; ok && (p.lab.sub == sBlock || p.lab.sub == sName) {
					out = append(out, item{v: p.v, c: c})
				}
				continue
			}
			from = h.seg
		}
		for _, it := range d.itemsOf(c, from, who) {
			if it.known && it.lab.ctx != cNone && it.lab.ctx != who && it.lab.ctx != cStop {
				// Another matter begins: what follows is not this party's block.
				if it.lab.ctx == cPickup || it.lab.ctx == cDelivery || it.lab.ctx == cRates {
					return out
				}
				continue
			}
			if it.known && !partySub(it.lab.sub) {
				if c.x0 < h.c.x0+4*d.cw {
					return out
				}
				continue
			}
			if it.known && it.lab.sub == sBlock {
				it.known = false
			}
			out = append(out, it)
		}
	}
	return out
}

// blockEdge is where a party's block ends on the right: at the next label of
// its heading's own line, when the heading stands in a row of labels.
func (d *doc) blockEdge(h *heading) float64 {
	l := d.lines[h.c.line]
	for _, n := range l.cells[h.c.pos+1:] {
		if g, ok := n.lone(); ok && (n.head != nil || g.lab.sub != sBlock) {
			return n.x0 - d.cw
		}
	}
	return 1e9
}

func partySub(s sub) bool {
	switch s {
	case sBlock, sName, sAddress, sCitySt, sCity, sState, sZIP, sContact, sPhone, sEmail, sMC, sDOT, sIgnore:
		return true
	}
	return false
}

func (d *doc) partyBlock(p *Party, items []item) {
	df := &draft{}
	lastY := -1.0
	for _, it := range items {
		if it.c != nil {
			if lastY >= 0 && !it.known && (it.c.y0-lastY > 2.5*d.em || it.c.y0-lastY > 0.85*d.em && len(df.texts) > 0) {
				break
			}
			lastY = it.c.y1
		}
		if !it.known && len(it.v.text) > 40 && (prosePickRE.MatchString(it.v.text) || proseDropRE.MatchString(it.v.text)) {
			break
		}
		if it.known {
			switch it.lab.sub {
			case sName, sAddress, sCitySt, sCity, sState, sZIP, sPhone, sContact:
				d.fillLabelled(df, it)
			}
			continue
		}
		if at := nameTailRE.FindStringIndex(it.v.text); at != nil && at[0] > 3 && companyRE.MatchString(it.v.text[:at[0]]) {
			if m := looseMCRE.FindStringSubmatchIndex(it.v.text); m != nil {
				set(&p.MC, leaf(it.v.text[m[2]:m[3]], 0.88, it.v.sub(m[2], m[3])))
			}
			if m := looseDOTRE.FindStringSubmatchIndex(it.v.text); m != nil {
				set(&p.USDOT, leaf(it.v.text[m[2]:m[3]], 0.88, it.v.sub(m[2], m[3])))
			}
			if m := attnRE.FindStringSubmatchIndex(it.v.text); m != nil && looksPerson(it.v.text[m[2]:m[3]]) {
				set(&p.Contact, leaf(it.v.text[m[2]:m[3]], 0.88, it.v.sub(m[2], m[3])))
			}
			it.v = it.v.sub(0, at[0])
		}
		if m := carrierCodeRE.FindString(it.v.text); m != "" && companyRE.MatchString(it.v.text) && !streetLike(it.v.text) {
			it.v = it.v.sub(len(m), len(it.v.text))
		}
		if m := codeBehindRE.FindStringIndex(it.v.text); m != nil && m[0] > 3 && companyRE.MatchString(it.v.text[:m[0]]) && !streetLike(it.v.text) && len(findTowns(it.v.text, d.opt.Places)) == 0 {
			it.v = it.v.sub(0, m[0])
		}
		if m := emailRE.FindStringIndex(it.v.text); m != nil {
			d.partyEmail(p, it.v.sub(m[0], m[1]), 0.88)
			if m[0] < 3 {
				continue
			}
		}
		if looksPerson(it.v.text) && df.stop.Contact == nil && !streetLike(it.v.text) && len(findTowns(it.v.text, d.opt.Places)) == 0 {
			df.stop.Contact = leaf(it.v.text, 0.74, it.v)
			continue
		}
		d.fillFree(df, it)
	}
	df.joinTornName()
	df.settleName(d)
	s := &df.stop
	if n := s.Name; n != nil && companyRE.MatchString(n.Value) && titled(n.Value) {
		n.Confidence = max(n.Confidence, 0.9) // a party needs no address to be named
	}
	if s.Name != nil && tradeOnlyRE.MatchString(s.Name.Value) {
		s.Name = nil
	}
	if s.Name != nil && (companyRE.MatchString(s.Name.Value) || !looksPerson(s.Name.Value) || s.City != nil) {
		set(&p.Name, s.Name)
	} else if s.Name != nil {
		set(&p.Contact, s.Name)
	}
	set(&p.Contact, s.Contact)
	if s.Phone != nil && s.Phone.Confidence < 0.9 && p == &d.r.Carrier && !(s.Contact != nil && s.Contact.Confidence > 0.9 && level(s.Contact, s.Phone)) {
		s.Phone.Confidence = min(s.Phone.Confidence, 0.74) // no label says whose it is
	}
	set(&p.Phone, s.Phone)
	if a := postal(s); p.Address == nil && a != nil && (p.Name == nil || p.Name.Page == a.Page && a.Box[1]-p.Name.Box[3] < 2.5*d.em) {
		p.Address = a
	}
}

// level reports two leaves on one line.
func level(a, b Str) bool {
	return a.Page == b.Page && a.Box[1] < b.Box[3] && b.Box[1] < a.Box[3]
}

// joinTornName puts "Transport Ltd" back behind the "Okoboji Straight Line"
// that stands right above it.
func (df *draft) joinTornName() {
	for i := 0; i+1 < len(df.texts); i++ {
		a, b := df.texts[i].v, df.texts[i+1].v
		if legalRE.MatchString(a.text) || !tornName.MatchString(a.text) || !legalRE.MatchString(b.text) || len(strings.Fields(b.text)) > 3 || !titled(b.text) {
			continue
		}
		if a.page == b.page && b.box[1]-a.box[3] < 0.6*(a.box[3]-a.box[1]) && b.box[1] > a.box[1]+1 {
			df.texts[i].v = join(" ", a, b)
			df.texts = append(df.texts[:i+1], df.texts[i+2:]...)
			return
		}
	}
}

// postal joins street and town the way a letter's one line would.
func postal(s *Stop) Str {
	var parts []ev
	conf := 1.0
	add := func(l Str) ev {
		if l == nil {
			return ev{}
		}
		conf = min(conf, l.Confidence)
		return ev{text: l.Value, page: l.Page, box: l.Box, conf: 1}
	}
	if s.Address == nil || s.City == nil || !streetLike(s.Address.Value) {
		return nil
	}
	town := join(" ", join(", ", add(s.City), add(s.State)), add(s.ZIP))
	street := add(s.Address)
	if m := siteRE.FindStringIndex(street.text); m != nil && m[0] > 3 {
		street.text = street.text[:m[0]]
	}
	parts = append(parts, street, town)
	e := join(", ", parts...)
	return leaf(e.text, conf, e)
}

func (d *doc) partyPair(p *Party, q pair) {
	conf, v := q.strength(), q.v
	if q.lab.ctx == cNone && (q.h == nil || q.c.line-q.h.c.line > 7 || q.c.page != q.h.c.page) {
		conf = min(conf, 0.7) // far below the heading that says whose it is
	}
	switch q.lab.sub {
	case sName:
		if !tradeOnlyRE.MatchString(v.text) {
			set(&p.Name, leaf(v.text, conf, v))
		}
	case sMC:
		d.setMC(p, q, conf)
	case sDOT:
		setDigits(&p.USDOT, v, conf)
	case sContact:
		df := &draft{}
		d.fillContact(df, item{v: v}, conf)
		name := df.stop.Contact
		switch {
		case name == nil || !titled(name.Value) && sentence(name.Value) || strings.Contains(name.Value, "://"):
		case companyRE.MatchString(name.Value) && !looksPerson(name.Value):
			set(&p.Name, name)
		default:
			set(&p.Contact, name)
		}
		set(&p.Phone, df.stop.Phone)
		if m := emailRE.FindStringIndex(v.text); m != nil {
			d.partyEmail(p, v.sub(m[0], m[1]), conf)
		}
		for _, c := range append(d.besideContact(q), q.more...) {
			if m := emailRE.FindStringIndex(c.text); m != nil {
				d.partyEmail(p, c.cut(m[0], m[1]), conf)
			}
			if a, b, ok := findPhone(c.text); ok {
				set(&p.Phone, leaf(c.text[a:b], conf, c.cut(a, b)))
			}
		}
	case sPhone:
		if a, b, ok := findPhone(v.text); ok {
			tel := v.sub(a, b)
			if c := v.c; c != nil {
				if i := strings.Index(c.text, tel.text); i >= 0 {
					if x, y, ok := findPhone(c.text[i:]); ok && x == 0 && y > len(tel.text) {
						tel = c.cut(i, i+y) // its extension reads like a label
					}
				}
			}
			set(&p.Phone, leaf(tel.text, conf, tel))
		}
	case sEmail:
		if m := emailRE.FindStringIndex(v.text); m != nil {
			d.partyEmail(p, v.sub(m[0], m[1]), conf)
		}
	case sAddress:
		df := &draft{}
		d.fillAddress(df, item{v: v, more: q.more, lab: q.lab}, conf)
		if a := postal(&df.stop); a != nil {
			set(&p.Address, a)
		}
	}
}

// besideContact lists the free cells right of a person's name, up to the next
// label: "Agent contact: Dan Smith   773-555-0177   dan@example.com".
func (d *doc) besideContact(q pair) []*cell {
	if q.how != inline && q.how != right || q.lab.ctx == cNone || q.v.c == nil {
		return nil
	}
	var out []*cell
	for _, n := range d.lines[q.c.line].cells[min(q.v.c.pos+1, len(d.lines[q.c.line].cells)):] {
		if q.v.c.line != q.c.line || n.segs[0].known || n.head != nil {
			break
		}
		out = append(out, n)
	}
	return out
}

// setMC reads a docket number, or "MC / DOT" with both.
func (d *doc) setMC(p *Party, q pair, conf float64) {
	ms := mcRE.FindAllStringIndex(q.v.text, 3)
	if q.lab.kind != "both" || len(ms) < 2 {
		setDigits(&p.MC, q.v, conf)
		return
	}
	first, second := &p.MC, &p.USDOT
	if strings.Index(q.key, "dot") < strings.Index(q.key, "mc") {
		first, second = second, first
	}
	setDigits(first, q.v.sub(ms[0][0], ms[0][1]), conf)
	setDigits(second, q.v.sub(ms[1][0], ms[1][1]), conf)
}

var quickMailRE = regexp.MustCompile(`(?i)^quick[._-]?pay`)

func (d *doc) partyEmail(p *Party, v ev, conf float64) {
	if quickMailRE.MatchString(v.text) {
		return // who asks for quick pay writes there, nobody else
	}
	if p != &d.r.Carrier && billRE.MatchString(v.text) {
		if p.BillingEmail == nil {
			p.BillingEmail = leaf(v.text, conf, v)
		}
		return
	}
	set(&p.Email, leaf(v.text, conf, v))
}

func setDigits(to *Str, v ev, conf float64) {
	if m := mcRE.FindStringIndex(v.text); m != nil && *to == nil {
		*to = leaf(v.text[m[0]:m[1]], conf, v.sub(m[0], m[1]))
	}
}

func (d *doc) isCarrierName(s string) bool {
	if n := d.r.Carrier.Name; n != nil && sameCompany(n.Value, s) {
		return true
	}
	for _, n := range d.opt.CarrierNames {
		if sameCompany(n, s) {
			return true
		}
	}
	return false
}

func sameCompany(a, b string) bool {
	squash := func(s string) string {
		var out strings.Builder
		for _, t := range tokens(s) {
			switch t.norm {
			case "llc", "inc", "corp", "co", "ltd", "the":
			default:
				out.WriteString(t.norm)
			}
		}
		return out.String()
	}
	x, y := squash(a), squash(b)
	return x != "" && x == y
}

// bareNumbers gives MC and USDOT numbers without an owner to the party they
// stand next to.
func (d *doc) bareNumbers() {
	for _, q := range d.pairs {
		if q.lab.sub != sMC && q.lab.sub != sDOT || q.ctx == cCarrier || q.ctx == cBroker || q.lab.ctx != cNone {
			continue
		}
		p := d.sortNumbers(q, q.v.text)
		conf := 0.84
		if d.overTruck(q.c) {
			p = &d.r.Carrier
		}
		if d.r.Carrier.Name == nil && d.r.Broker.Name != nil && gapTo(d.r.Broker.Name, q.c) > 14*d.em {
			p, conf = &d.r.Carrier, 0.7 // far from the only name found
		}
		if q.h != nil && q.h.ctx != cLoad && q.h.ctx != cBillTo || d.between(q.c) {
			conf = 0.6
		}
		if q.c.line > 30 {
			conf = 0.6
		}
		if q.lab.kind == "both" {
			d.setMC(p, q, conf)
		} else if q.lab.sub == sMC {
			if d.r.Carrier.MC != nil && onlyDigits(q.v.text) == d.r.Carrier.MC.Value {
				continue
			}
			setDigits(&p.MC, q.v, conf)
		} else {
			if d.r.Carrier.USDOT != nil && onlyDigits(q.v.text) == d.r.Carrier.USDOT.Value {
				continue
			}
			setDigits(&p.USDOT, q.v, conf)
		}
	}
}

// overTruck reports a label at the head of a list that goes on with the truck,
// the trailer or the driver: what it names is the carrier's.
func (d *doc) overTruck(c *cell) bool {
	for prev, k := c, c.line+1; k < len(d.lines) && k <= c.line+4; k++ {
		n := d.sameEdge(k, c.x0)
		if n == nil || !n.segs[0].known || n.y0-prev.y1 > 0.9*d.em {
			return false
		}
		switch key := n.segs[0].key; {
		case n.segs[0].lab.sub == sTrailerNo, strings.HasPrefix(key, "truck"), strings.HasPrefix(key, "tractor"), strings.HasPrefix(key, "driver"):
			return true
		}
		prev = n
	}
	return false
}

// billing finds where invoices go.
func (d *doc) billing() {
	p := &d.r.Broker
	for _, q := range d.pairs {
		if q.ctx == cBillTo && p.BillingEmail == nil {
			if m := emailRE.FindStringIndex(q.v.text); m != nil {
				p.BillingEmail = leaf(q.v.text[m[0]:m[1]], q.strength(), q.v.sub(m[0], m[1]))
			}
		}
	}
	best := 0
	if p.BillingEmail != nil {
		best = d.billsRank(nil, "", p.BillingEmail.Value)
	}
	for _, c := range d.cells {
		for _, m := range emailRE.FindAllStringIndex(c.text, 4) {
			if rank := d.billsRank(c, strings.ToLower(c.text[:m[0]]), c.text[m[0]:m[1]]); rank > best {
				best, p.BillingEmail = rank, leaf(c.text[m[0]:m[1]], 0.88, c.cut(m[0], m[1]))
			}
		}
	}
	if p.Email != nil && p.BillingEmail != nil && p.Email.Value == p.BillingEmail.Value {
		p.Email = nil
	}
}

var podMailRE = regexp.MustCompile(`(?i)^(?:pods?|docs|paperwork)\b`)

// billsRank is how surely a mail address is where invoices go: by its own words,
// by those ahead of it, by its heading; 0 where nothing says so. Proofs of
// delivery go to a desk of their own where there is one for invoices.
func (d *doc) billsRank(c *cell, low, mail string) int {
	_, dom, _ := strings.Cut(strings.ToLower(mail), "@")
	house, _, _ := strings.Cut(dom, ".")
	self := billRE.MatchString(mail)
	switch {
	case quickMailRE.MatchString(mail) || publicMail[house] && !self && !strings.Contains(low, "invoice") && !billWordsRE.MatchString(low):
		return 0
	case self && strings.Contains(low, "invoice"):
		return 6
	case self && !podMailRE.MatchString(mail):
		return 5
	case strings.Contains(low, "invoice"):
		return 4
	case self || strings.Contains(low, "paperwork"):
		return 3
	case c != nil && d.of[c] != nil && d.of[c].ctx == cBillTo && !deskMailRE.MatchString(mail):
		return 2
	case billWordsRE.MatchString(low):
		return 1
	}
	return 0
}

// notOurselves makes sure that the broker is not the carrier it books.
func (d *doc) notOurselves() {
	b, c := &d.r.Broker, &d.r.Carrier
	for _, p := range []*Party{b, c} {
		if p.Contact != nil && strings.Contains(p.Contact.Value, "://") {
			p.Contact = nil
		}
		if p.Contact != nil {
			if who, firm, ok := strings.Cut(p.Contact.Value, " - "); ok && companyRE.MatchString(firm) {
				p.Contact.Value = who // "Moss - Prairie Line LLC"
			}
		}
	}
	if b.Name != nil && d.isCarrierName(b.Name.Value) {
		b.Name = nil
	}
	if b.Email != nil && c.Email != nil && b.Email.Value == c.Email.Value && b.Name != nil {
		b.Email = nil
	}
	if b.Phone != nil && c.Phone != nil && onlyDigits(b.Phone.Value) == onlyDigits(c.Phone.Value) {
		b.Phone = nil
	}
	if b.Name == nil && d.r.DocumentType != nil && d.r.DocumentType.Value == RateConfirmation {
		d.flag("broker.name", "the paper does not clearly say who the broker is", Check)
	}
}
