package extract

import (
	"regexp"
	"strings"
)

const personRun = `((?:[A-Z][A-Za-z'.\-]+ ){1,2}[A-Z][A-Za-z'\-]+)`

// namedRepRE finds the broker's person in the ways houses name one apart from
// their general desks: "Contact your Acme Rep, Ann Lee", "This load was booked
// with Ann Lee, (312) ...", "Acme Contact: Ann Lee".
var namedRepRE = regexp.MustCompile(`(?:(?i:\bcontact your [\w .&']{0,30}?rep(?:resentative)?\b)[,:]? |(?i:\b(?:load )?was booked with) |^(?i:carrier rep(?:resentative)?|[\w&'.]+ (?:contact|rep))\s?: )` + personRun + `(?:$|[,;(]| (?i:on|at|email|phone|-)\b| - )`)

// namedRep takes the person whom the paper names for this load, with the
// telephone and mail that stand with the name, ahead of anything the general
// desks say of themselves.
func (d *doc) namedRep() {
	p := &d.r.Broker
	for _, c := range d.cells {
		if c.line > 60 || c.page > 1 {
			return
		}
		text, from := c.text, c
		if next := d.lines[c.line].cells[c.pos+1:]; len(next) > 0 && labelLike(c.text) {
			text, from = c.text+" "+next[0].text, next[0]
		}
		if h := d.of[c]; h != nil && ofOneStop(h) || len(text) > 200 {
			continue
		}
		m := namedRepRE.FindStringSubmatchIndex(text)
		if m == nil || !looksPerson(text[m[2]:m[3]]) {
			continue
		}
		name := text[m[2]:m[3]]
		at := strings.Index(from.text, name)
		if at < 0 || p.Contact != nil && p.Contact.Value != name {
			continue
		}
		p.Contact = leaf(name, 0.9, from.cut(at, at+len(name)))
		d.reachOfRep(p, from, at+len(name))
		if c := &d.r.Carrier; c.Phone != nil && sameLeaf(c.Phone, p.Phone) {
			c.Phone = nil
		}
		if c := &d.r.Carrier; c.Email != nil && sameLeaf(c.Email, p.Email) {
			c.Email = nil
		}
		return
	}
}

// reachOfRep takes telephone and mail behind the name in its cell, or under
// labels on the next two lines at the name's or its label's edge.
func (d *doc) reachOfRep(p *Party, c *cell, at int) {
	look := func(c *cell, from int) {
		if a, b, ok := findPhone(c.text[from:]); ok {
			set(&p.Phone, leaf(c.text[from+a:from+b], 0.9, c.cut(from+a, from+b)))
		}
		if m := emailRE.FindStringIndex(c.text[from:]); m != nil && !billRE.MatchString(c.text[from+m[0]:]) {
			set(&p.Email, leaf(c.text[from+m[0]:from+m[1]], 0.9, c.cut(from+m[0], from+m[1])))
		}
	}
	look(c, at)
	for k, prev := c.line+1, c; k < len(d.lines) && k <= c.line+3; k++ {
		l := d.lines[k]
		if l.y0-prev.y1 > 0.9*d.em {
			return
		}
		found := false
		for _, n := range l.cells {
			near := n.x0 > c.x0-1.5*d.cw && n.x0 < c.x0+1.5*d.cw
			left := n.pos > 0 && l.cells[n.pos-1].segs[0].known
			g := n.segs[0]
			if near && (g.known && (g.lab.sub == sPhone || g.lab.sub == sEmail) || left) {
				look(n, 0)
				found, prev = true, n
			}
		}
		if !found {
			return
		}
	}
}

var contactAtRE = regexp.MustCompile(`^(?:General )?(?i:contact at) (.{4,60})$`)

// carrierElsewhere finds the carrier where no label stands before its name: in
// "General Contact at NAME - CODE", or above the caption of a signature's line.
// What is said below the same name at the paper's head is the carrier's too.
func (d *doc) carrierElsewhere() {
	p := &d.r.Carrier
	if p.Name != nil {
		return
	}
	for _, c := range d.cells {
		if m := contactAtRE.FindStringSubmatchIndex(c.text); m != nil && companyRE.MatchString(c.text[m[2]:m[3]]) {
			p.Name = leaf(c.text[m[2]:m[3]], 0.88, c.cut(m[2], m[3]))
			return
		}
		g, ok := c.lone()
		if !ok || g.lab.ctx != cCarrier || g.lab.sub != sName || g.colon || c.line == 0 {
			continue
		}
		up := d.sameEdge(c.line-1, c.x0)
		if up == nil || up.page != c.page || up.segs[0].known || !d.companyLike(up.text) || c.y0-up.y1 > 1.2*d.em {
			continue
		}
		for _, x := range d.cells {
			if x.text == up.text {
				d.carrierBlock(p, x)
				return
			}
		}
	}
}

// carrierBlock takes a cell for the carrier's name, and what stands below and
// beside it for the carrier's numbers and person.
func (d *doc) carrierBlock(p *Party, x *cell) {
	p.Name = leaf(x.text, 0.88, x.all())
	for _, q := range d.pairs {
		beside := q.c.line == x.line && q.c.page == x.page && (q.lab.sub == sMC || q.lab.sub == sDOT)
		below := q.c.line > x.line && q.c.line <= x.line+5 && q.c.x0 > x.x0-2*d.cw && q.c.x0 < x.x1
		if (beside || below) && partySub(q.lab.sub) && q.lab.ctx == cNone {
			d.partyPair(p, q)
		}
	}
}
