package extract

import (
	"regexp"
	"strings"
)

// letterhead takes the broker from the top of the first page when no label
// names one: the company, its address, telephone and numbers.
func (d *doc) letterhead() {
	p := &d.r.Broker
	var items []item
	first := len(d.cells)
	for i, c := range d.cells {
		if c.page > 1 || c.line > 25 {
			break
		}
		h := d.of[c]
		if c.tableRow > 0 || c.headerOf > 0 {
			continue
		}
		if h != nil && (h.ctx == cPickup || h.ctx == cDelivery || h.ctx == cRates || h.ctx == cStop) && h.c.line < c.line && first == len(d.cells) {
			first = i
		}
		if h != nil && h.ctx != cBroker {
			continue
		}
		items = append(items, d.itemsOf(c, 0, cBroker)...)
	}
	items = d.addressee(items)
	if p.Name == nil {
		for _, it := range items {
			if it.known || it.c == nil {
				continue
			}
			v := d.companyPart(it.v)
			if !d.companyLike(v.text) || d.isCarrierName(v.text) {
				continue
			}
			p.Name = leaf(strings.Trim(v.text, " ,-"), 0.85, v)
			break
		}
	}
	d.underName(p)
	d.underName(&d.r.Carrier)
	d.headAddress(p, items)
	d.footAddress(p)
	d.signedOff(p)
	d.doneBy(p)
	d.namedInProse()
}

// oftenNamed takes the firm that a paper's own sentences name again and again for
// its sender, where its head prints a picture only. A person must confirm it.
func (d *doc) oftenNamed(p *Party) {
	if p.Name != nil || !d.isRateCon() {
		return
	}
	type seen struct {
		n int
		v ev
	}
	found := map[string]*seen{}
	best := &seen{}
	for _, c := range d.cells {
		if h := d.of[c]; len(c.text) < 30 || h != nil && ofOneStop(h) && len(c.text) < 60 {
			continue
		}
		for _, m := range firmRunRE.FindAllStringIndex(c.text, 6) {
			v := c.cut(m[0], m[1])
			if d.isCarrierName(v.text) || tradeOnlyRE.MatchString(v.text) || strings.ToUpper(c.text) == c.text || d.stopNamed(v.text) || nobodysRE.MatchString(v.text) {
				continue
			}
			key := phraseKey(v.text)
			if found[key] == nil {
				found[key] = &seen{v: v}
			}
			if found[key].n++; found[key].n > best.n {
				best = found[key]
			}
		}
	}
	if best.n > 1 {
		p.Name = leaf(best.v.text, 0.7, best.v)
	}
}

// stopNamed reports a firm at one of the stops.
func (d *doc) stopNamed(name string) bool {
	for i := range d.r.Stops {
		if n := d.r.Stops[i].Name; n != nil && akin(n.Value, name) {
			return true
		}
	}
	return false
}

var (
	// firmRunRE is a run of capitalised words that ends as firms' names do.
	firmRunRE = regexp.MustCompile(`\b[A-Z][\w.&']*(?: (?:of|and|&|[A-Z][\w.&']*)){0,4} (?:Logistics|Freight|Transport(?:ation)?|Trucking|Express|Brokerage|Solutions|Systems|Connect|Group|Lines|Carriers|Cartage|Services|Inc|LLC|Corp)\b(?:(?: (?:Services|Solutions|Group|Systems))?,? (?:LLC|Inc\.?|Corp\.?|Ltd\.?))?`)
	// nobodysRE are authorities, services and words of contracts.
	nobodysRE = regexp.MustCompile(`(?i)\b(?:federal|department|motor carrier|administration|transport canada|carrier|united states|triumph|transflo|macropoint|rmis|cargo|liability|broker|agreement|confirmation|load|rate|customer|shipper|freight (?:bills?|services)$)\b`)
)

// addressed reports a company at the paper's head below "ATTN" and a name: it is
// whom the paper is sent to.
func (d *doc) addressed(c *cell) bool {
	for n, up := 0, d.overCell(c); up != nil && n < 2; n, up = n+1, d.overCell(up) {
		if g := up.segs[0]; g.known && (g.key == "attn" || g.key == "attention") {
			return true
		}
	}
	return false
}

// underName reads the block right under a party's name in the paper's head:
// two companies may stand there side by side without a word for who is who.
func (d *doc) underName(p *Party) {
	if p.Name == nil || p.Name.Page > 1 {
		return
	}
	for _, c := range d.cells {
		if c.line > 12 {
			return
		}
		if h := d.of[c]; c.segs[0].known || h != nil && (p == &d.r.Broker || h.ctx != cTerms && h.ctx != cNotes) || d.companyPart(c.all()).text != p.Name.Value {
			continue
		}
		items := d.itemsOf(c, 0, cNone)
		street := false
		for prev, k := c, c.line+1; k < len(d.lines) && k <= c.line+7; k++ {
			n := d.sameEdge(k, c.x0)
			if n == nil {
				if d.lines[k].y0-prev.y1 > 0.9*d.em {
					break
				}
				continue
			}
			if n.y0-prev.y1 > 0.9*d.em || n.head != nil || n.tableRow > 0 || n.headerOf > 0 {
				break
			}
			street = street || streetLike(n.text) || looseMCRE.MatchString(n.text) || emailRE.MatchString(n.text)
			items = append(items, d.itemsOf(n, 0, cNone)...)
			prev = n
		}
		if street {
			d.partyBlock(p, items)
		}
		return
	}
}

// companyPart is the company in "ACME LOGISTICS, 100 Main St, Reno, NV 89501"
// and in "ACME LOGISTICS - Load Confirmation".
func (d *doc) companyPart(v ev) ev {
	if m := bookedForRE.FindString(v.text); m != "" {
		v = v.sub(len(m), len(v.text))
	}
	if ts := findTowns(v.text, d.opt.Places); len(ts) > 0 {
		pre := strings.TrimRight(v.text[:ts[0].a], " ,-|")
		if at := streetStart(pre); at > 0 {
			return v.sub(0, len(strings.TrimRight(pre[:at], " ,-|")))
		}
	}
	if i := strings.Index(v.text, " - "); i > 3 {
		return v.sub(0, i)
	}
	if m := titleTailRE.FindStringIndex(v.text); m != nil && m[0] > 3 && firmEndRE.MatchString(v.text[:m[0]]) {
		v = v.sub(0, len(strings.TrimRight(v.text[:m[0]], " ,-")))
	}
	if m := nameTailRE.FindStringIndex(v.text); m != nil && m[0] > 3 && companyRE.MatchString(v.text[:m[0]]) {
		v = v.sub(0, m[0])
	}
	return v
}

// firmEndRE is the last word of a firm's name.
var firmEndRE = regexp.MustCompile(`(?i)\b(?:LLC|INC|CORP|LTD|CO|LOGISTICS|TRANSPORT|TRANSPORTATION|EXPRESS|BROKERAGE)[., -]*$`)

// titleTailRE is the paper's title behind its sender's name.
var titleTailRE = regexp.MustCompile(`(?i)\.? (?:carrier |load |rate )*(?:confirmation|tender|rate con)\b.*$`)

// bookedForRE is what stands ahead of the carrier's name in short mails.
var bookedForRE = regexp.MustCompile(`^(?i:(?:re)?book(?:ing|ed)|confirm(?:ed|ation)|tender(?:ed)?|dispatch(?:ed)?|rate con(?:firmation)?|load)(?i: is)? (?i:for|with|to) `)

// addressee takes the carrier out of a letter's head: a second company, with
// what stands under it ("Attention: ...", its MC number).
func (d *doc) addressee(items []item) []item {
	c := &d.r.Carrier
	if c.Name != nil {
		return items
	}
	first := -1
	for i, it := range items {
		if it.known || it.c == nil || !d.companyLike(d.companyPart(it.v).text) {
			continue
		}
		if who := d.companyPart(it.v); d.addressed(it.c) {
			c.Name = leaf(strings.Trim(who.text, " ,-"), 0.85, who)
			return append(append([]item{}, items[:i]...), items[i+1:]...)
		}
		if first < 0 && !d.isCarrierName(it.v.text) && d.r.Broker.Name == nil {
			first = i
			continue
		}
		if d.r.Broker.Name != nil && sameCompany(d.r.Broker.Name.Value, it.v.text) {
			continue
		}
		who := d.companyPart(it.v)
		set(&c.Name, leaf(strings.Trim(who.text, " ,-"), 0.8, who))
		rest := items[i+1:]
		kept := append([]item{}, items[:i]...)
		for k, x := range rest {
			if x.c != nil && (x.c.line > it.c.line+4 || x.c.x0 > it.c.x1+10*d.cw) {
				kept = append(kept, rest[k:]...)
				break
			}
			if x.known {
				d.partyPair(c, pair{lab: x.lab, key: x.key, v: x.v, how: x.how, c: x.c, more: x.more})
			}
		}
		return kept
	}
	return items
}

var closingRE = regexp.MustCompile(`(?i)^(?:sincerely|regards|best regards|kind regards|best|thanks|thank you|many thanks|respectfully|cheers|yours truly)\b[ ,!.]*$`)

// closedRE is a closing at the end of a letter's last sentence.
var closedRE = regexp.MustCompile(`(?i)[.!] (?:thanks|thank you|regards|best|best regards|sincerely)[ ,!.]*$`)

var proseCarrierRE = regexp.MustCompile(`(?:\b(?i:attention of)|\bfor|\bto|\bwith|\bcarrier)\s+((?:[A-Z][\w&'\-]*\.?\s+){1,5}(?:LLC|Inc|Co|Corp|Ltd|Transport|Trucking|Carriers|Express|Lines|Hauling)\b\.?)`)

// namedInProse finds "confirming load 88210 for Gray Wolf Transport LLC".
func (d *doc) namedInProse() {
	if d.r.Carrier.Name != nil || !d.isRateCon() {
		return
	}
	for _, c := range d.cells {
		if m := proseCarrierRE.FindStringSubmatchIndex(c.text); m != nil && !strings.Contains(strings.ToLower(c.text), "deliver") {
			e := c.cut(m[2], m[3])
			if d.r.Broker.Name == nil || !sameCompany(d.r.Broker.Name.Value, e.text) {
				d.r.Carrier.Name = leaf(e.text, 0.7, e)
				return
			}
		}
	}
}

// signedOff takes the broker's contact from a letter's closing.
func (d *doc) signedOff(p *Party) {
	if p.Contact != nil {
		return
	}
	for i, l := range d.lines {
		if len(l.cells) == 0 || !closingRE.MatchString(l.cells[0].text) && !closedRE.MatchString(l.cells[len(l.cells)-1].text) {
			continue
		}
		for k := i + 1; k < len(d.lines) && k <= i+2; k++ {
			c := d.lines[k].cells[0]
			if looksPerson(c.text) {
				p.Contact = leaf(c.text, 0.85, c.all())
				return
			}
		}
	}
}

var doneByRE = regexp.MustCompile(`(?:^|[\s,;·•|(])(?i:prepared|issued|booked|sent|arranged|confirmed|tendered|created|written) (?i:by):? ((?:[A-Z][A-Za-z'.\-]+ ?){2,3})`)

// doneBy reads "Tender 6257009 · prepared Mon, 10/19/26 by Ray Farraday".
func (d *doc) doneBy(p *Party) {
	for _, c := range d.cells {
		if p.Contact != nil {
			return
		}
		// A day may stand between the verb and "by".
		text := c.text
		for _, x := range days(c.text) {
			text = strings.Replace(text, c.text[x.a:x.b], "", 1)
		}
		m := doneByRE.FindStringSubmatch(strings.Join(strings.Fields(text), " "))
		if m == nil {
			continue
		}
		name := strings.TrimSpace(m[1])
		if at := strings.Index(c.text, name); at >= 0 && looksPerson(name) {
			p.Contact = leaf(name, 0.85, c.cut(at, at+len(name)))
		}
	}
}

// footAddress finds a broker's one-line address at the very head or foot of a page.
func (d *doc) footAddress(p *Party) {
	if p.Address != nil || p.Name == nil {
		return
	}
	if d.namedAddress(p) {
		return
	}
	taken := map[string]bool{}
	for _, s := range d.r.Stops {
		if s.Address != nil {
			taken[strings.ToLower(s.Address.Value)] = true
		}
	}
	for i, l := range d.lines {
		if i > 3 && i < len(d.lines)-4 {
			continue
		}
		for _, c := range l.cells {
			ts := findTowns(c.text, d.opt.Places)
			if len(ts) != 1 || ts[0].zip == "" || streetStart(strings.TrimRight(c.text[:ts[0].a], " ,")) != 0 {
				continue
			}
			df := &draft{}
			d.fillFree(df, item{v: c.all(), c: c})
			if df.stop.Address == nil || taken[strings.ToLower(df.stop.Address.Value)] {
				continue
			}
			if a := postal(&df.stop); a != nil {
				a.Confidence = min(a.Confidence, 0.82)
				p.Address = a
				return
			}
		}
	}
}

// namedAddress reads "Mail bills to Acme Logistics, 100 Main St, Reno, NV 89501":
// the broker's name with its address behind it.
func (d *doc) namedAddress(p *Party) bool {
	for _, c := range d.cells {
		at := strings.Index(strings.ToLower(c.text), strings.ToLower(p.Name.Value))
		if at < 0 || len(c.text) > 220 {
			continue
		}
		rest := c.cut(at+len(p.Name.Value), len(c.text))
		rest = rest.sub(len(rest.text)-len(strings.TrimLeft(rest.text, " ,.-|•;:")), len(rest.text))
		ts := findTowns(rest.text, d.opt.Places)
		if len(ts) == 0 || ts[0].zip == "" || streetStart(strings.TrimRight(rest.text[:ts[0].a], " ,")) != 0 {
			continue
		}
		df := &draft{}
		d.fillFree(df, item{v: rest, c: c})
		if a := postal(&df.stop); a != nil {
			a.Confidence = min(a.Confidence, 0.88)
			p.Address = a
			return true
		}
	}
	return false
}

// headAddress reads street, town and telephone near the letterhead's name.
func (d *doc) headAddress(p *Party, items []item) {
	df := &draft{}
	for _, it := range items {
		if it.known {
			switch it.lab.sub {
			case sPhone:
				if p.Phone == nil {
					d.fillLabelled(df, it)
				}
			case sEmail:
				if m := emailRE.FindStringIndex(it.v.text); m != nil {
					d.partyEmail(p, it.v.sub(m[0], m[1]), 0.88)
				}
			case sAddress:
				d.fillLabelled(df, it)
			case sContact:
				if p.Contact == nil && it.lab.ctx == cNone {
					d.fillContact(df, it, 0.88)
				}
			}
			continue
		}
		if m := emailRE.FindStringIndex(it.v.text); m != nil {
			d.partyEmail(p, it.v.sub(m[0], m[1]), 0.85)
		}
		if looksPerson(it.v.text) && p.Contact == nil && it.c != nil && d.besideReach(it.c) {
			p.Contact = leaf(it.v.text, 0.85, it.v)
			continue
		}
		if len(days(it.v.text)) == 0 {
			d.fillFree(df, it)
		}
	}
	df.settleName(d)
	set(&p.Phone, df.stop.Phone)
	if c := df.stop.Contact; c != nil && p.Contact == nil && looksPerson(c.Value) {
		c.Confidence = min(c.Confidence, 0.72)
		p.Contact = c
	}
	if p.Address == nil {
		p.Address = postal(&df.stop)
		if a := p.Address; a != nil && (p.Name == nil || a.Page != p.Name.Page || a.Box[1]-p.Name.Box[3] > 5*d.em || a.Box[1] < p.Name.Box[1]-3*d.em) {
			a.Confidence = min(a.Confidence, 0.7)
		}
	}
}

// besideReach reports a name with a telephone number or e-mail address on its line.
func (d *doc) besideReach(c *cell) bool {
	for _, n := range d.lines[c.line].cells {
		if n == c {
			continue
		}
		if _, _, ok := findPhone(n.text); ok || emailRE.MatchString(n.text) {
			return true
		}
	}
	return false
}

// companyLike reports a line that could be a company's name at a page's head.
func (d *doc) companyLike(s string) bool {
	if len(s) < 4 || len(s) > 60 || strings.ContainsAny(s, "@$:") || len(days(s)) > 0 || streetLike(s) || len(findTowns(s, d.opt.Places)) > 0 {
		return false
	}
	low := strings.ToLower(s)
	for _, w := range []string{"confirmation", "rate con", "page ", "tender", "agreement", "lading", "invoice", "dispatch sheet", "load sheet", "contract", "receipt", "proof of", "please", "thank", "order", "www.", "subject", "powered by", "signature service", "motor carrier", "load/", "liability", "insurance", "terms and", "conditions"} {
		if strings.Contains(low, w) {
			return false
		}
	}
	return companyRE.MatchString(s) && len(strings.Fields(s)) >= 2 && len(strings.Fields(s)) <= 8 && titled(s)
}

// titled reports that every word but small ones starts with a capital, as
// names do and sentences do not.
func titled(s string) bool {
	for _, w := range strings.Fields(s) {
		switch w {
		case "of", "and", "the", "de", "la", "del", "dba", "d/b/a", "c/o", "a", "for", "in":
			continue
		}
		if w[0] >= 'a' && w[0] <= 'z' || len(onlyDigits(w)) > 4 {
			return false
		}
	}
	return true
}
