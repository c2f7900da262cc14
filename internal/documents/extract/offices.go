package extract

import (
	"math"
	"regexp"
	"strings"
)

// office is a street or box with its town, wherever it stands on the paper, and
// the words ahead of it or above it that may be whose it is.
type office struct {
	name, street, town ev
	zip                string
	mail               bool // words of bills or mail stand ahead of it
	at                 *cell
}

var (
	mailCueRE  = regexp.MustCompile(`(?i)\b(?:bill(?:s|ing)?|invoic\w+|remit|mail(?:ing)?|payables?|pods?|paperwork|hard cop(?:y|ies)|settlements?)\b`)
	boxStartRE = regexp.MustCompile(`(?i)\bp\.? ?o\.? ?box \d+`)
	unitLineRE = regexp.MustCompile(`(?i)^(?:ste|suite|unit|bldg|building|floor|fl|#)\.? ?#?[\w-]+\.?$`)
	lonZIPRE   = regexp.MustCompile(`^(?:\d{5}(?:-\d{4})?|[A-Z]\d[A-Z] ?\d[A-Z]\d)$`)
	ofStreetRE = regexp.MustCompile(`, (?:of|at) \d`)
	siteRE     = regexp.MustCompile(`(?i)\s*,?\s*\b(?:www\.\S+|\S+@\S+)\s*$`)
)

// offices lists the addresses that no stop has.
func (d *doc) offices() []office {
	var out []office
	for _, c := range d.cells {
		if len(c.text) > 240 || c.tableRow > 0 && d.claimed(c) {
			continue
		}
		for _, t := range findTowns(c.text, d.opt.Places) {
			o := office{at: c, zip: t.zip, town: c.cut(t.a, t.b)}
			if next := d.lines[c.line].cells[c.pos+1:]; t.zip == "" && t.b == len(c.text) && len(next) > 0 && lonZIPRE.MatchString(next[0].text) && next[0].x0-c.x1 < 12*d.cw {
				o.zip, o.town = next[0].text, join(" ", o.town, next[0].all())
			}
			if o.zip == "" || !d.streetOf(&o, c, t) || d.atStop(o) {
				continue
			}
			d.cueOf(&o)
			out = append(out, o)
			break
		}
	}
	return out
}

// streetOf finds an office's street and name ahead of its town, or above it.
func (d *doc) streetOf(o *office, c *cell, t town) bool {
	pre := strings.TrimRight(c.text[:t.a], " ,-|•/")
	if g := c.segs[0]; g.known && g.va > 0 && g.va <= len(pre) && strings.TrimSpace(pre[g.va:]) == "" {
		pre = ""
	}
	if pre != "" {
		at := officeStart(pre)
		if at < 0 {
			return false
		}
		o.street = c.cut(at, len(pre))
		o.name = ownName(c, at)
		return true
	}
	up := d.overCell(c)
	if up != nil && unitLineRE.MatchString(up.text) {
		o.street = up.all()
		up = d.overCell(up)
	}
	if up == nil {
		return false
	}
	from := 0
	if g := up.segs[len(up.segs)-1]; g.known && !g.empty() {
		from = g.va
	}
	text := up.text[from:]
	if m := siteRE.FindStringIndex(text); m != nil && m[0] > 3 {
		text = text[:m[0]]
	}
	at := officeStart(text)
	if at < 0 {
		return false
	}
	o.street = join(", ", up.cut(from+at, from+len(text)), o.street)
	if at > 0 || from > 0 {
		o.name = ownName(up, from+at)
	} else if n := d.overCell(up); n != nil && len(n.text) < 60 {
		o.name = n.all()
		if g := n.segs[len(n.segs)-1]; g.known && g.lab.sub == sBlock {
			o.name = n.val(g)
		}
	}
	return true
}

// officeStart is where a street or a box begins in a text; -1 where none does.
func officeStart(s string) int {
	at := streetStart(s)
	if m := boxStartRE.FindStringIndex(s); m != nil {
		at = m[0]
	}
	if m := ofStreetRE.FindStringIndex(s[max(at, 0):]); at >= 0 && m != nil {
		at += m[1] - 1 // "July 2026 by Acme Freight, of 383 Ridge Pike"
	}
	return at
}

// ownName is what stands ahead of a street in its cell, behind the last colon.
func ownName(c *cell, at int) ev {
	pre := strings.TrimRight(c.text[:at], " ,-|•/")
	if i := strings.LastIndex(pre, ": "); i >= 0 {
		return c.cut(i+2, len(pre))
	}
	if strings.HasSuffix(pre, ":") {
		return ev{}
	}
	return c.cut(0, len(pre))
}

// overCell is the cell right above another one in its column: at its edge, over
// its middle, or over most of it. Other columns' lines may lie between.
func (d *doc) overCell(c *cell) *cell {
	for k := c.line - 1; k >= 0 && k >= c.line-3; k-- {
		for _, n := range d.lines[k].cells {
			over := min(n.x1, c.x1) - max(n.x0, c.x0)
			mid := math.Abs((n.x0+n.x1)-(c.x0+c.x1)) / 2
			step := 0.9 * d.em
			if math.Abs(n.x0-c.x0) < 0.5*d.cw {
				step *= 2
			}
			if n.page != c.page || c.y0-n.y1 > step || c.y0-n.y0 < 0.4*d.em || over <= 0 {
				continue
			}
			if math.Abs(n.x0-c.x0) < 2*d.cw || mid < 3*d.cw || over > 0.5*(c.x1-c.x0) {
				return n
			}
		}
	}
	return nil
}

// atStop reports an office that is a stop's own address.
func (d *doc) atStop(o office) bool {
	for i := range d.r.Stops {
		s := &d.r.Stops[i]
		if s.ZIP != nil && s.ZIP.Value[:min(5, len(s.ZIP.Value))] == o.zip[:min(5, len(o.zip))] && (s.Address == nil || s.Page() == o.at.page && s.Address.Box[1] < o.at.ws[0].Y1+1 && o.street.box[1] < s.Address.Box[3]+1 || strings.EqualFold(s.Address.Value, o.street.text)) {
			return true
		}
	}
	return false
}

// Page is the page on which a stop's town or street stands.
func (s *Stop) Page() int {
	for _, l := range []Str{s.Address, s.City, s.ZIP} {
		if l != nil {
			return l.Page
		}
	}
	return 0
}

// cueOf looks for words of bills and mail in an office's own lines and on up to
// four lines above them.
func (d *doc) cueOf(o *office) {
	if h := d.of[o.at]; h != nil && h.ctx == cBillTo && o.at.y0-h.c.y1 < 6*d.em {
		o.mail = true
		return
	}
	if mailCueRE.MatchString(emailRE.ReplaceAllString(o.at.text, "")) {
		o.mail = true
		return
	}
	for c, n := d.overCell(o.at), 0; c != nil && n < 5; c, n = d.overCell(c), n+1 {
		if mailCueRE.MatchString(emailRE.ReplaceAllString(c.text, "")) && stopKind(c.text) == cNone {
			o.mail = true
			return
		}
	}
}

// letter is an office's address as a letter's one line would be.
func (o office) letter(conf float64) Str {
	e := join(", ", o.street, o.town)
	ts := strings.TrimRight(o.street.text, " ,") + ", " + townLine(o)
	return leaf(ts, conf, e)
}

// townLine is "City, ST ZIP", however it is printed.
func townLine(o office) string {
	for _, t := range findTowns(o.town.text, nil) {
		return t.city + ", " + t.state + " " + o.zip
	}
	return o.town.text
}

// officeParties gives offices to the two parties: the carrier's by its name, the
// broker's by its name, by words of bills and mail, or as the paper's letterhead.
// Whom bills go to is the broker, where no other name was found for it.
func (d *doc) officeParties() {
	if !d.isRateCon() {
		return
	}
	b, k := &d.r.Broker, &d.r.Carrier
	var best *office
	top, settled := 0, false
	os := d.offices()
	for i := range os {
		o := &os[i]
		name := strings.Trim(o.name.text, " ,-|")
		for _, p := range []*Party{b, k} {
			if a := p.Address; a != nil && !zipRE.MatchString(a.Value) && strings.HasPrefix(o.letter(1).Value, a.Value) {
				p.Address = o.letter(max(a.Confidence, 0.88)) // its ZIP stood in a column of its own
			} else if a != nil && strings.Contains(a.Value, o.zip) {
				if street, _, _ := strings.Cut(a.Value, ", "); len(o.street.text) > len(street) && strings.HasPrefix(o.street.text, street+", ") {
					p.Address = o.letter(a.Confidence) // its suite stood on a line of its own
				}
			}
		}
		if d.isCarrierName(name) || k.Name != nil && strings.Contains(strings.ToLower(name), strings.ToLower(k.Name.Value)) {
			if k.Address == nil {
				conf := 0.88
				if k.Name != nil {
					conf = min(conf, k.Name.Confidence)
				}
				k.Address = o.letter(conf)
			}
			continue
		}
		if k.Address != nil && strings.Contains(k.Address.Value, o.zip) {
			continue
		}
		if b.Address != nil && strings.Contains(b.Address.Value, o.street.text) && strings.Contains(b.Address.Value, o.zip) {
			settled = true
			continue
		}
		score := 0
		if b.Name != nil && name != "" && akin(b.Name.Value, name) {
			score += 4
		}
		if o.mail {
			score += 3
		}
		if b.Name == nil && d.companyLike(name) {
			score++
		}
		if o.at.page == 1 && o.at.line <= 8 {
			score += 2
		}
		if boxRE.MatchString(o.street.text) {
			score++
		}
		if score > top {
			best, top = o, score
		}
	}
	if best == nil || settled || top < 3 && (best.at.line > 5 || k.Name == nil) || top < 2 {
		return
	}
	if b.Address == nil || b.Address.Confidence < sure {
		conf := 0.74
		if top > 4 || top >= 3 && b.Name != nil {
			conf = 0.86
		}
		b.Address = best.letter(conf)
	}
	if name := strings.Trim(best.name.text, " ,-|"); b.Name == nil && best.mail && d.companyLike(name) && !d.isCarrierName(name) {
		b.Name = leaf(name, 0.85, best.name)
	}
}

// akin reports names of one firm: the same, or one the beginning of the other.
func akin(a, b string) bool {
	x, y := phraseKey(a), phraseKey(b)
	return sameCompany(a, b) || len(x) > 4 && strings.HasPrefix(y, x) || len(y) > 4 && strings.HasPrefix(x, y)
}
