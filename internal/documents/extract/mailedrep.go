package extract

import (
	"math"
	"regexp"
	"strings"
)

// A person whose mail address on the paper is made of the person's own name, in a
// domain that is not the carrier's, is the broker's man for this load: houses
// print many desks, but only one such name.

// rep is a person found by the mail address that spells the name.
type rep struct {
	name, mail ev
	at         *cell // the name's
	mailAt     *cell
}

// bornRE is what tells a son from his father.
var bornRE = regexp.MustCompile(`^,? (?:Jr\.?|Sr\.?|II|III|IV)\b`)

var personRunRE = regexp.MustCompile(personRun)

// spells reports a mail address's local part that is made of a person's name:
// "ann.lee", "alee", "annl", "lee".
func spells(local, person string) bool {
	key := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, strings.ToLower(local))
	var ts []string
	for _, t := range tokens(person) {
		if len(t.norm) > 1 {
			ts = append(ts, t.norm)
		}
	}
	if len(ts) < 2 || len(key) < 3 {
		return false
	}
	first, last := ts[0], ts[len(ts)-1]
	switch key {
	case first + last, first[:1] + last, last, first + last[:1], last + first[:1], last + first, first[:2] + last:
		return true
	}
	return false
}

// mailedReps lists such persons in the order of their addresses on the paper.
func (d *doc) mailedReps() (out []rep) {
	people := map[*cell][][]int{}
	seen := map[string]bool{}
	for _, c := range d.cells {
		for _, m := range emailRE.FindAllStringIndex(c.text, 3) {
			local, dom, _ := strings.Cut(strings.ToLower(c.text[m[0]:m[1]]), "@")
			house, _, _ := strings.Cut(dom, ".")
			if n := d.r.Carrier.Name; publicMail[house] || billRE.MatchString(local) || deskMailRE.MatchString(local) || seen[local] || n != nil && domainFits("a@"+dom, n.Value) {
				continue
			}
			seen[local] = true
			best, near := rep{}, math.Inf(1)
			for _, x := range d.cells {
				if _, ok := people[x]; !ok && len(x.text) < 200 {
					people[x] = personRunRE.FindAllStringIndex(x.text, 4)
				}
				for _, p := range people[x] {
					far := math.Abs(float64(x.line-c.line)) + math.Abs(x.x0-c.x0)/500
					if name, ok := personIn(x.text[p[0]:p[1]], local); ok && far < near {
						at := p[0] + strings.Index(x.text[p[0]:p[1]], name)
						name += bornRE.FindString(x.text[at+len(name):])
						best, near = rep{x.cut(at, at+len(name)), c.cut(m[0], m[1]), x, c}, far
					}
				}
			}
			if best.at != nil {
				if k := d.r.Carrier.Contact; k != nil && strings.EqualFold(k.Value, best.name.text) && (d.r.Broker.Name == nil || !domainFits(best.mail.text, d.r.Broker.Name.Value)) {
					continue // the carrier's own man
				}
				out = append(out, best)
			}
		}
	}
	return out
}

// personIn is the person in a run of capitalised words that a mail address spells.
func personIn(run, local string) (string, bool) {
	ws := strings.Fields(run)
	for n := min(3, len(ws)); n >= 2; n-- {
		for i := 0; i+n <= len(ws); i++ {
			if name := strings.Join(ws[i:i+n], " "); spells(local, name) && looksPerson(name) {
				return name, true
			}
		}
	}
	return "", false
}

// mailedRep gives the broker its person by mail, with the telephone beside.
func (d *doc) mailedRep() {
	rs := d.mailedReps()
	if len(rs) == 0 || !d.isRateCon() {
		return
	}
	p := &d.r.Broker
	r, conf := rs[0], 0.9
	for _, x := range rs {
		if p.Contact != nil && strings.EqualFold(p.Contact.Value, x.name.text) {
			r = x
		}
	}
	if len(rs) > 1 && (p.Contact == nil || !strings.EqualFold(p.Contact.Value, r.name.text)) {
		conf = 0.72 // which of them it is, nobody has said
	}
	for _, l := range []*Str{&d.r.Carrier.Contact, &d.r.Carrier.Email} {
		if *l != nil && (strings.EqualFold((*l).Value, r.name.text) || strings.EqualFold((*l).Value, r.mail.text)) {
			*l = nil
		}
	}
	if p.Contact == nil || p.Contact.Confidence < 0.93 && !strings.EqualFold(p.Contact.Value, r.name.text) {
		p.Contact = leaf(r.name.text, conf, r.name)
	}
	if !strings.EqualFold(p.Contact.Value, r.name.text) {
		return
	}
	if p.Email == nil || !strings.EqualFold(p.Email.Value, r.mail.text) {
		p.Email = leaf(r.mail.text, conf, r.mail)
	}
	if tel, near := d.phoneBeside(r); tel.ok() && (p.Phone == nil || near < 25 && !strings.HasPrefix(onlyDigits(p.Phone.Value), onlyDigits(tel.text))) {
		p.Phone = leaf(tel.text, min(conf, 0.86), tel)
	}
	if k := d.r.Carrier.Phone; k != nil && p.Phone != nil && onlyDigits(k.Value) == onlyDigits(p.Phone.Value) {
		d.r.Carrier.Phone = nil
	}
}

// phoneBeside is the telephone number nearest to a person's name and mail, no fax.
func (d *doc) phoneBeside(r rep) (ev, float64) {
	var best ev
	near := 60.0
	for _, c := range d.cells {
		a, b, ok := findPhone(c.text)
		if !ok || sameDigits(d.r.Carrier.Phone, c.text[a:b]) && d.nearerTo(d.r.Carrier.Name, r, c) || c.page != r.at.page && c.page != r.mailAt.page || faxAhead(c, a) || c.pos > 0 && faxRE.MatchString(d.lines[c.line].cells[c.pos-1].text) && c.segs[0].known == false {
			continue
		}
		for _, o := range []*cell{r.at, r.mailAt} {
			dy := math.Abs(c.y0 - o.y0)
			dx := max(0, c.x0-o.x1, o.x0-c.x1)
			far := dy + dx/4
			if o != r.at {
				far *= 3 // the desks stand nearer to the mail, in a row of all four
			}
			if far < near && (dy < 1 || dx < 25*d.cw) && dy < 5*d.em {
				best, near = c.cut(a, b), far
			}
		}
	}
	return best, near
}

// nearerTo reports a cell that stands nearer to a name than to a person.
func (d *doc) nearerTo(name Str, r rep, c *cell) bool {
	return name != nil && gapTo(name, c) < gapTo(leaf(r.name.text, 1, r.name), c)
}

// faxAhead reports a number in a cell that is a fax's.
func faxAhead(c *cell, at int) bool {
	low := strings.ToLower(c.text)
	if faxLetterRE.MatchString(low[:at]) {
		return true
	}
	i := strings.LastIndex(low[:at], "fax")
	return i >= 0 && !strings.Contains(low[i:at], "phone") || strings.Contains(low[at:min(len(low), at+22)], "(f)") || strings.HasSuffix(strings.TrimSpace(low), " fax")
}

// faxLetterRE is "f." ahead of a number.
var faxLetterRE = regexp.MustCompile(`(?:^|[\s|/])f[.:] ?$`)
