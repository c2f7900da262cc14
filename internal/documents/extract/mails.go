package extract

import (
	"net/mail"
	"regexp"
	"strings"
	"time"
)

// envelope is a mail's head as printed above its words: who wrote it, and when.
type envelope struct {
	name, mail ev
	date       time.Time
}

var (
	envelopeRE = regexp.MustCompile(`(?i)^(from|to|cc|sent|date|subject|reply-to):\s*(.*)$`)
	greetingRE = regexp.MustCompile(`^(?i:hi|hello|hey|dear|good (?:morning|afternoon|day|evening)|attn:?|attention:?)[ ,]+`)
)

// takeEnvelopes takes the heads of mails off the sheet: their "From:" and
// "To:" are no stops. The last one is the mail that was forwarded.
func (d *doc) takeEnvelopes() {
	var kept []*line
	for i := 0; i < len(d.lines); {
		n := 0
		var e envelope
		memo := false // a letter's head, which names the carrier
		for i+n < len(d.lines) && n < 8 {
			field, v := headerLine(d.lines[i+n])
			if field == "" {
				break
			}
			switch field {
			case "to":
				memo = memo || !emailRE.MatchString(v.text)
			case "from":
				e.name, e.mail = sender(v)
			case "date", "sent":
				e.date, _ = mail.ParseDate(v.text)
			}
			n++
		}
		if n < 2 || memo || !e.mail.ok() {
			kept = append(kept, d.lines[i])
			i++
			continue
		}
		d.letters = append(d.letters, e)
		for _, l := range d.lines[i : i+n] {
			if f, _ := headerLine(l); f == "subject" {
				kept = append(kept, l)
			}
		}
		i += n
	}
	if len(d.letters) == 0 {
		return
	}
	d.lines, d.cells = kept, d.cells[:0]
	for i, l := range kept {
		for _, c := range l.cells {
			c.line = i
			d.cells = append(d.cells, c)
		}
	}
	if at := d.letters[len(d.letters)-1].date; !at.IsZero() {
		d.opt.Today = at
	}
}

// headerLine is a line such as "From: Ann Lee <ann@example.com>".
func headerLine(l *line) (field string, v ev) {
	all := make([]ev, len(l.cells))
	for i, c := range l.cells {
		all[i] = c.all()
	}
	v = join(" ", all...)
	m := envelopeRE.FindStringSubmatchIndex(v.text)
	if m == nil {
		return "", ev{}
	}
	v.c = nil
	field = strings.ToLower(v.text[m[2]:m[3]])
	v.text = v.text[m[4]:m[5]]
	return field, v
}

// sender splits a "From:" into a person's or company's name and the address.
func sender(v ev) (name, addr ev) {
	m := emailRE.FindStringIndex(v.text)
	if m == nil {
		return ev{}, ev{}
	}
	name, addr = v, v
	addr.text = v.text[m[0]:m[1]]
	name.text = strings.Trim(v.text[:m[0]], ` "'<([,;:`)
	if name.text == "" {
		name = ev{}
	}
	return name, addr
}

// writer is who sent the mail, unless that is the carrier's own dispatcher,
// who forwards what the broker wrote.
func (d *doc) writer() (envelope, bool) {
	for i := len(d.letters) - 1; i >= 0; i-- {
		e := d.letters[i]
		ours := d.r.Carrier.Name != nil && domainFits(e.mail.text, d.r.Carrier.Name.Value)
		for _, n := range d.opt.CarrierNames {
			ours = ours || domainFits(e.mail.text, n)
		}
		if !ours {
			return e, true
		}
	}
	return envelope{}, false
}

// readLetter reads greeting, writer and signature of a mail or letter.
func (d *doc) readLetter() {
	d.greeting()
	p := &d.r.Broker
	e, ok := d.writer()
	if !ok {
		return
	}
	if e.name.ok() && d.signedBy(e.name.text) && looksPerson(e.name.text) {
		set(&p.Contact, leaf(e.name.text, 0.9, e.name))
	}
	if p.Name == nil && companyRE.MatchString(e.name.text) && titled(e.name.text) && domainFits(e.mail.text, e.name.text) {
		p.Name = leaf(e.name.text, 0.9, e.name)
	}
	d.partyEmail(p, e.mail, 0.9)
	if looksPerson(e.name.text) {
		set(&p.Contact, leaf(e.name.text, 0.86, e.name))
	}
}

// greeting takes whom a letter addresses for the carrier's man: "Hello Dana
// Pickens," and "Ellen Dorsett / Humble Ox Carriers LLC -".
func (d *doc) greeting() {
	for _, c := range d.cells {
		if c.line > 12 {
			return
		}
		m := greetingRE.FindString(c.text)
		if m == "" && len(d.letters) == 0 {
			continue
		}
		who := strings.TrimRight(c.text[len(m):], " ,-:!")
		if first, _, ok := strings.Cut(who, ","); ok && m != "" {
			who = first // "Hi Ann Lee, thanks for covering this one."
		}
		person, company, two := strings.Cut(who, " / ")
		if m == "" && !two && c.line < 3 && looksPerson(who) && strings.HasSuffix(strings.TrimRight(c.text, " "), "-") {
			set(&d.r.Carrier.Contact, leaf(who, 0.82, c.cut(0, len(who)))) // "Opal Nwosu -"
			return
		}
		if m == "" && (!two || who == c.text) || !looksPerson(person) || len(strings.Fields(person)) < 2 {
			continue
		}
		if two && companyRE.MatchString(company) && titled(company) {
			at := strings.Index(c.text, company)
			set(&d.r.Carrier.Name, leaf(company, 0.88, c.cut(at, at+len(company))))
		} else if two {
			continue
		}
		at := strings.Index(c.text, person)
		set(&d.r.Carrier.Contact, leaf(person, 0.88, c.cut(at, at+len(person))))
		return
	}
}

// signedBy reads what stands with and below the writer's name: company,
// telephone, numbers.
func (d *doc) signedBy(name string) bool {
	for i := len(d.lines) - 1; i > 0; i-- {
		if !strings.HasPrefix(strings.ToLower(d.lines[i].cells[0].text), strings.ToLower(name)) {
			continue
		}
		for k := i; k < len(d.lines) && k < i+6; k++ {
			l := d.lines[k]
			if k > i && l.y0-d.lines[k-1].y1 > 1.4*d.em {
				break
			}
			for _, c := range l.cells {
				d.signs(c)
			}
		}
		return true
	}
	return false
}

// signs reads one line of a signature; its parts may stand between bars.
func (d *doc) signs(c *cell) {
	p := &d.r.Broker
	if m := looseMCRE.FindStringSubmatchIndex(c.text); m != nil {
		set(&p.MC, leaf(c.text[m[2]:m[3]], 0.88, c.cut(m[2], m[3])))
	}
	if m := looseDOTRE.FindStringSubmatchIndex(c.text); m != nil {
		set(&p.USDOT, leaf(c.text[m[2]:m[3]], 0.88, c.cut(m[2], m[3])))
	}
	if a, b, ok := findPhone(c.text); ok && !strings.Contains(strings.ToLower(c.text[:a]), "fax") {
		set(&p.Phone, leaf(c.text[a:b], 0.88, c.cut(a, b)))
	}
	at := 0
	for _, part := range strings.FieldsFunc(c.text, func(r rune) bool { return r == '|' || r == '•' }) {
		t := strings.Trim(part, " ,-")
		if d.companyLike(t) && !d.isCarrierName(t) && p.Name == nil {
			k := at + strings.Index(c.text[at:], t)
			p.Name = leaf(t, 0.9, c.cut(k, k+len(t)))
		}
		at += len(part)
	}
}
