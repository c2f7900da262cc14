package extract

import (
	"math"
	"regexp"
	"slices"
	"strings"
)

var (
	nameTailRE = regexp.MustCompile(`(?i)\s*[,|(•·\-–/;]*\s*(?:\bMC\s*[#:\-]?\s*\d|\bM\.?C\.?\s*(?:no|#|number)|\bUS\s?DOT\b|\bDOT\s*[#:\-]?\s*\d|\bICC\b|\battn\b|\bphone\b|\bph[:.]|\btel\b|\bfax\b|\bSCAC\b|\bcontact\b|\bc/o\b|\bemail\b|\(\d{3}\)|\d{3}[-.]\d{3}[-.]\d{4}).*$`)
	nameAddrRE = regexp.MustCompile(`\s*[,|•·]\s*(?:\d{1,6}[A-Z]?\s+\S|P\.?\s?O\.?\s*Box).*$`)
	looseMCRE  = regexp.MustCompile(`(?i)\b(?:MC|M\.C\.|ICC MC|docket)\s*(?:no\.?|number|#|:|-|\s)*\s*(\d{5,8})\b`)
	looseDOTRE = regexp.MustCompile(`(?i)\b(?:US\s?DOT|U\.S\.\s?DOT|DOT)\s*(?:no\.?|number|#|:|-|\s)*\s*(\d{5,8})\b`)
)

// tidyNames cuts what runs on behind a company's name and lowers the
// confidence in what does not look like one.
func (d *doc) tidyNames() {
	for _, p := range []*Party{&d.r.Carrier, &d.r.Broker} {
		n := p.Name
		if n == nil {
			continue
		}
		v := nameAddrRE.ReplaceAllString(nameTailRE.ReplaceAllString(n.Value, ""), "")
		if i := strings.LastIndexByte(v, ':'); i > 0 {
			v = v[i+1:]
			n.Confidence = min(n.Confidence, 0.7)
		}
		v = codeBehindRE.ReplaceAllString(v, "")
		v = strings.TrimPrefix(v, "Carrier ")
		v = strings.Trim(factorRE.ReplaceAllString(v, ""), " ,-|(:;•·")
		if !strings.ContainsAny(v, "[(") {
			v = strings.TrimRight(v, "])")
		}
		if !strings.ContainsAny(v, "])") {
			v = strings.TrimLeft(v, "[(")
		}
		if m := carrierTailRE.FindStringIndex(v); m != nil && p == &d.r.Carrier && m[0] > 3 {
			v = v[:m[0]]
		}
		if strings.HasSuffix(v, ".") && !abbrevRE.MatchString(v) {
			v = strings.TrimSuffix(v, ".")
		}
		if v == "" || pageNoRE.MatchString(v) || anyoneRE.MatchString(v) || tradeOnlyRE.MatchString(v) {
			p.Name = nil
			continue
		}
		n.Value = v
		switch {
		case v != d.firm && (looksPerson(v) || firstNameRE.MatchString(v) && !companyRE.MatchString(v) && n.Confidence < 0.97 && p == &d.r.Carrier && d.of[d.cellOf(n)] != nil && d.of[d.cellOf(n)].c.text == "To:"):
			set(&p.Contact, n)
			p.Name = nil
		case !companyRE.MatchString(v) || len(v) > 50 || strings.ContainsAny(v, ":@$") || len(strings.Fields(v)) > 7 || !titled(v):
			n.Confidence = min(n.Confidence, 0.7)
		}
	}
}

var (
	codeBehindRE = regexp.MustCompile(`\s*(?:\( ?[A-Z0-9-]{2,10} ?\)| (?:- )?[A-Z]{0,3}\d{4,10})$`) // a broker's code for a carrier behind its name
	// words of the trade that are no firm's name, and what forms ask for in its place
	tradeOnlyRE = regexp.MustCompile(`(?i)^(?:(?:the|motor|carriers?|brokers?|brokerage|hauling|shippers?|customers?|affiliates|insurance|cargo|liability|freight|bill|and|&|name|att|attn|for|assistance|information|of|record|undercharges)[ /,.]*)+$`)
	factorRE    = regexp.MustCompile(`(?i) +(?:%|c/o) .*$`) // who is paid in the carrier's stead
	pageNoRE    = regexp.MustCompile(`(?i)^page \d`)
)

// firstNameRE is one word that could be a person's.
var firstNameRE = regexp.MustCompile(`^[A-Z][a-z]+$`)

// carrierCodeRE is a broker's own code for a carrier ahead of its name.
var carrierCodeRE = regexp.MustCompile(`^(?:[A-Z]{0,3}\d{4,}|\(?[A-Z]{0,3}\d{3,}\)?)(?: -|:)? `)

// carrierTailRE is a carrier's SCAC or a broker's own code for it behind its name.
var carrierTailRE = regexp.MustCompile(`(?: \([A-Z]{4}\)| - [A-Z]?\d{5,})$`)

var abbrevRE = regexp.MustCompile(`(?i)\b(?:inc|co|corp|ltd|bros|l\.l\.c|l\.p)\.$`)

// wholeNames puts back what the layout tore off a party's name: its legal form
// in the next cell or on the next line, or the words that stand behind it where
// the paper prints the name in full.
func (d *doc) wholeNames() {
	for _, p := range []*Party{&d.r.Carrier, &d.r.Broker} {
		n := p.Name
		if n != nil && strings.HasSuffix(n.Value, ".") && !abbrevRE.MatchString(n.Value) {
			n.Value = strings.TrimSuffix(n.Value, ".") // a sentence's end
		}
		if n == nil || legalRE.MatchString(lastWord(n.Value)) {
			continue
		}
		alone := func(c *cell) bool { return strings.EqualFold(c.text, n.Value) && d.tornTail(c) == nil }
		if slices.ContainsFunc(d.cells, alone) {
			continue // the paper itself calls it so
		}
		for _, c := range d.cells {
			at := strings.Index(strings.ToLower(c.text), strings.ToLower(n.Value))
			if at < 0 || at > 0 && c.text[at-1] != ' ' {
				continue
			}
			end := at + len(n.Value)
			if m := restOfNameRE.FindString(c.text[end:]); m != "" {
				n.Value, n.Text = n.Value+m, c.text[at:end+len(m)]
				n.Box, n.Page = c.cut(at, end+len(m)).box, c.page
				break
			}
			if tail := d.tornTail(c); strings.Trim(c.text[end:], " ,") == "" && tail != nil {
				e := join(" ", c.cut(at, len(c.text)), tail.all())
				n.Value, n.Text, n.Box, n.Page = n.Value+c.text[end:]+" "+tail.text, e.text, e.box, e.page
				break
			}
		}
	}
}

// restOfNameRE is the rest of a firm's name, up to its legal form.
var restOfNameRE = regexp.MustCompile(`^(?: [A-Z][\w&'-]*){0,3},? (?:(?i:LLC|L\.L\.C\.|INC|INCORPORATED|CORP|CORPORATION|CO|COMPANY|LTD|LP|LLP)\b\.?)`)

// tornTail is the cell that holds nothing but the end of a firm's name and
// stands right behind a cell or right below it.
func (d *doc) tornTail(c *cell) *cell {
	if next := d.lines[c.line].cells[c.pos+1:]; len(next) > 0 && next[0].x0-c.x1 < 2*d.em && nameEndRE.MatchString(next[0].text) {
		return next[0]
	}
	if n := d.nextLine(c); n != nil && math.Abs(n.x0-c.x0) < d.cw && nameEndRE.MatchString(n.text) {
		return n
	}
	return nil
}

var nameEndRE = regexp.MustCompile(`(?i)^(?:LLC|L\.L\.C|INC|CORP|CO|COMPANY|LTD|LP|LLP|DIVISION)\b\.?$`)

func lastWord(s string) string {
	f := strings.Fields(s)
	if len(f) == 0 {
		return ""
	}
	return f[len(f)-1]
}

// domainFits reports that an e-mail address's domain is made of a company's name.
func domainFits(email, name string) bool {
	_, dom, ok := strings.Cut(strings.ToLower(email), "@")
	if !ok {
		return false
	}
	dom, _, _ = strings.Cut(dom, ".")
	dom = strings.NewReplacer("-", "", "_", "").Replace(dom)
	var words []string
	squashed := ""
	for _, t := range tokens(name) {
		words = append(words, t.norm)
		squashed += t.norm
	}
	if len(words) == 0 || len(dom) < 3 {
		return false
	}
	if strings.HasPrefix(squashed, dom) || strings.HasPrefix(dom, words[0]) && len(words[0]) >= 4 {
		return true
	}
	return len(words) > 1 && strings.HasPrefix(dom, words[0]+words[1])
}

// crossEmails checks names against the domains of the addresses on the paper:
// who writes from bluefern.com is Bluefern, whatever stands nearer.
func (d *doc) crossEmails() {
	for _, p := range []*Party{&d.r.Broker, &d.r.Carrier} {
		if p.Contact != nil && p.Email != nil && mailOf(p.Email.Value, p.Contact.Value) {
			p.Contact.Confidence = max(p.Contact.Confidence, 0.93)
		}
	}
	b, c := &d.r.Broker, &d.r.Carrier
	if b.Email != nil && c.Name != nil && domainFits(b.Email.Value, c.Name.Value) && (b.Name == nil || !domainFits(b.Email.Value, b.Name.Value)) {
		if c.Email == nil {
			c.Email = b.Email
		}
		b.Email = nil
	}
	if c.Email != nil && b.Name != nil && domainFits(c.Email.Value, b.Name.Value) && (c.Name == nil || !domainFits(c.Email.Value, c.Name.Value)) {
		if b.Email == nil {
			b.Email = c.Email
		}
		c.Email = nil
	}
	var mails []ev
	for _, x := range d.cells {
		for _, m := range emailRE.FindAllStringIndex(x.text, 3) {
			mails = append(mails, x.cut(m[0], m[1]))
		}
	}
	d.preferByDomain(b, c, mails)
	if b.Name != nil && c.Name != nil && sameCompany(b.Name.Value, c.Name.Value) {
		b.Name.Confidence, c.Name.Confidence = min(b.Name.Confidence, 0.6), min(c.Name.Confidence, 0.6)
	}
}

// mailOf reports an address that is made of a person's name: "jmiller", "ann.lee", "tedk".
func mailOf(mail, person string) bool {
	local, _, _ := strings.Cut(strings.ToLower(mail), "@")
	toks := tokens(person)
	for _, t := range toks {
		if len(t.norm) >= 3 && strings.Contains(local, t.norm) && len(toks) > 1 {
			return true
		}
	}
	return false
}

// preferByDomain looks for a company on the paper that fits the broker's
// e-mail domain when the name found does not.
func (d *doc) preferByDomain(b, c *Party, mails []ev) {
	var theirs []ev
	for _, m := range mails {
		if c.Name == nil || !domainFits(m.text, c.Name.Value) {
			theirs = append(theirs, m)
		}
	}
	if len(theirs) == 0 {
		return
	}
	if b.Name != nil {
		for _, m := range theirs {
			if domainFits(m.text, b.Name.Value) {
				b.Name.Confidence = max(b.Name.Confidence, 0.93)
				return
			}
		}
	}
	for _, x := range d.cells {
		if len(x.text) > 90 {
			continue
		}
		v := d.companyPart(x.all())
		if len(x.segs) > 0 && x.segs[len(x.segs)-1].known && !x.segs[len(x.segs)-1].empty() {
			v = d.companyPart(x.val(x.segs[len(x.segs)-1]))
		}
		if !d.companyLike(v.text) || d.isCarrierName(v.text) {
			continue
		}
		for _, m := range theirs {
			if !domainFits(m.text, v.text) {
				continue
			}
			if n := b.Name; solid(c.Name) == nil && n != nil && legalRE.MatchString(lastWord(v.text)) && n.Page == v.page && n.Box[3] < v.box[1]+1 && !akin(n.Value, v.text) {
				c.Name = leaf(strings.Trim(v.text, " ,-"), 0.8, v) // the second firm of the paper, with its own mail
				d.crossEmails()
				return
			}
			b.Name = leaf(strings.Trim(v.text, " ,-"), d.byDomain(), v)
			return
		}
	}
	if b.Name == nil && (d.namedByDomain(b, theirs) || d.spelledByDomain(b, theirs)) {
		return
	}
	if b.Name != nil && b.Name.Confidence < 0.9 {
		b.Name.Confidence = min(b.Name.Confidence, 0.7)
	}
}

// namedByDomain takes a line of the paper's head that spells the domain its
// people write from for the broker's name, whatever kind of words it is:
// "C.H. ROBINSON" and chrobinson.com.
func (d *doc) namedByDomain(b *Party, mails []ev) bool {
	for _, x := range d.cells {
		if x.line > 7 {
			return false
		}
		v := d.companyPart(x.all())
		if x.segs[0].known && x.head == nil || len(v.text) > 48 || strings.ContainsAny(v.text, "@$:") || !titled(v.text) || d.isCarrierName(v.text) || len(findTowns(v.text, d.opt.Places)) > 0 {
			continue
		}
		key := phraseKey(v.text)
		for _, m := range mails {
			_, dom, _ := strings.Cut(strings.ToLower(m.text), "@")
			dom, _, _ = strings.Cut(dom, ".")
			if dom = strings.NewReplacer("-", "", "_", "").Replace(dom); len(dom) >= 3 && (key == dom || len(dom) > 5 && strings.HasPrefix(key, dom)) {
				b.Name = leaf(strings.Trim(v.text, " ,-"), d.byDomain(), v)
				return true
			}
		}
	}
	return false
}

// byDomain is what a name is worth that only a mail address spells: enough in a
// mail, whose sender that is; on a paper one in three is another firm's.
func (d *doc) byDomain() float64 {
	if len(d.letters) > 0 {
		return 0.88
	}
	return 0.74
}

// publicMail are domains that are no firm's own, or a service's between the two.
var publicMail = words("gmail yahoo outlook hotmail aol icloud msn live comcast triumphpay highway relaypayments macropoint mycarrierpackets")

// spelledByDomain finds the broker's name anywhere on the paper as the words that
// spell the domain its people write from, best with the firm's legal form behind
// them: "Loadwise, Inc." and loadwise.com.
func (d *doc) spelledByDomain(b *Party, mails []ev) bool {
	var best ev
	legal := false
	for _, m := range mails {
		_, dom, _ := strings.Cut(strings.ToLower(m.text), "@")
		dom, _, _ = strings.Cut(dom, ".")
		dom = strings.NewReplacer("-", "", "_", "").Replace(dom)
		if len(dom) < 6 || publicMail[dom] {
			continue
		}
		for _, c := range d.cells {
			for i := range c.ws {
				key, j := "", i
				for ; j < len(c.ws) && len(key) < len(dom); j++ {
					key += phraseKey(c.ws[j].Text)
				}
				v := c.cut(c.offs[i], c.offs[j-1]+len(c.ws[j-1].Text))
				if key != dom || !titled(v.text) || strings.ContainsAny(v.text, "@/") || strings.Contains(strings.ToLower(v.text), "www") || d.isCarrierName(v.text) {
					continue
				}
				suffix := j < len(c.ws) && legalRE.MatchString(strings.TrimRight(c.ws[j].Text, ",;:)"))
				if suffix {
					v = c.cut(c.offs[i], c.offs[j]+len(strings.TrimRight(c.ws[j].Text, ",;:)")))
				}
				if !best.ok() || suffix && !legal {
					best, legal = v, suffix
				}
			}
		}
		if best.ok() {
			b.Name = leaf(strings.Trim(best.text, " ,-"), 0.74, best)
			return true
		}
	}
	return false
}

// looseNumbers reads MC and USDOT numbers in running text, and gives each to
// the party whose name stands nearest before it.
func (d *doc) looseNumbers() {
	r := d.r
	for _, c := range d.cells {
		if len(c.text) > 140 {
			continue
		}
		for _, k := range []struct {
			re     *regexp.Regexp
			b, car *Str
		}{{looseMCRE, &r.Broker.MC, &r.Carrier.MC}, {looseDOTRE, &r.Broker.USDOT, &r.Carrier.USDOT}} {
			for _, m := range k.re.FindAllStringSubmatchIndex(c.text, 3) {
				num := c.text[m[2]:m[3]]
				if *k.b != nil && (*k.b).Value == num || *k.car != nil && (*k.car).Value == num {
					continue
				}
				to, conf := k.b, 0.8
				if d.nearerCarrier(c) {
					to = k.car
				}
				if d.between(c) {
					conf = 0.7
				}
				if *to == nil {
					*to = leaf(num, conf, c.cut(m[2], m[3]))
				}
			}
		}
	}
}

// nearerCarrier reports that the carrier's name is nearer to a cell than the broker's.
func (d *doc) nearerCarrier(c *cell) bool {
	b, k := d.r.Broker.Name, d.r.Carrier.Name
	if k == nil {
		return false
	}
	if b == nil {
		return true
	}
	return gapTo(k, c) < gapTo(b, c)
}

// between reports a cell that neither party's name is clearly nearer to.
func (d *doc) between(c *cell) bool {
	b, k := d.r.Broker.Name, d.r.Carrier.Name
	if b == nil || k == nil {
		return false
	}
	x, y := gapTo(b, c), gapTo(k, c)
	return max(x, y) < 2*min(x, y)
}

// gapTo measures how far a cell is from a leaf's box: lines count threefold,
// and what stands above its name is farther still.
func gapTo(l Str, c *cell) float64 {
	if l.Page != c.page {
		return 1e6
	}
	y := c.ws[0].Y0 - l.Box[1]
	if y < -4 {
		y = -4 * y
	}
	x := 0.0
	switch {
	case c.x0 > l.Box[2]:
		x = c.x0 - l.Box[2]
	case c.x1 < l.Box[0]:
		x = l.Box[0] - c.x1
	}
	return 3*max(y, 0) + x
}

// sortNumbers moves bare MC and USDOT numbers that the broker was given to the
// carrier when they stand by the carrier's name.
func (d *doc) sortNumbers(q pair, num string) *Party {
	if d.nearerCarrier(q.c) {
		return &d.r.Carrier
	}
	return &d.r.Broker
}
