package extract

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Memory is what confirmed papers have taught about the layouts they had: a value,
// handed in with Options and never changed in place.
type Memory []Layout

// Layout is one way in which papers are laid out: its captions, by which it is
// known again, and where each confirmed value stood.
type Layout struct {
	Captions []string `json:"captions"` // sorted, lower case, without figures
	Anchors  []Anchor `json:"anchors"`
	Papers   int      `json:"papers"` // that were confirmed
}

// Anchor is where a field's value stood: beside which caption, and in which part
// of which page. The counts are of papers confirmed since it was first seen.
type Anchor struct {
	Path    string  `json:"path"`
	Caption string  `json:"caption"`
	Way     string  `json:"way"` // in: behind the caption in one run of words; right; below
	Page    int     `json:"page"`
	X       float64 `json:"x"` // the caption's corner, as shares of the page's width and height
	Y       float64 `json:"y"`
	Right   int     `json:"right"`   // what stands there was the confirmed value
	Rescued int     `json:"rescued"` // … and the rules had read another, or nothing
	Wrong   int     `json:"wrong"`   // what stands there was something else
}

// Steady is how often a place must have been right before what stands there needs
// no person's eye.
const Steady = 3

const (
	likeness   = 0.75 // of the captions of two papers with one layout
	mostLearnt = 300  // layouts; the least used goes
	proposed   = 0.76 // what a value from its place is worth until the place is Steady
	steady     = 0.93
)

// The ways from a caption to its value.
const (
	wayIn    = "in"
	wayRight = "right"
	wayBelow = "below"
)

// learnable is a field whose place is learnt, and how its value is read from what
// stands there: by the rules' own means, whole or not at all.
type learnable struct {
	askable
	parse func(d *doc, quote string) (string, bool)
}

func (r *Reading) learnable() (out []learnable) {
	if r.DocumentType == nil || r.DocumentType.Value != RateConfirmation {
		return nil
	}
	fields := append(r.askable(), askStr("broker.email", "", &r.Broker.Email, readWords), askStr("broker.contact", "", &r.Broker.Contact, readWords), askStr("broker.usdot", "", &r.Broker.USDOT, readDigits),
		askStr("carrier.name", "", &r.Carrier.Name, readWords), askStr("carrier.mc", "", &r.Carrier.MC, readDigits))
	for _, f := range fields {
		if p := parserOf(f); p != nil {
			out = append(out, learnable{f, p})
		}
	}
	return out
}

// parserOf tells how the value of a field is read from the words at its place.
func parserOf(f askable) func(d *doc, quote string) (string, bool) {
	path := f.path[strings.LastIndexByte(f.path, '.')+1:]
	one := func(d *doc, quote string, candidates []string) (v string, ok bool) {
		for _, c := range candidates {
			x, fits := f.read(d, quote, c)
			if !fits || ok && x == v {
				continue
			}
			if ok {
				return "", false // two values: which is it?
			}
			v, ok = x, true
		}
		return v, ok
	}
	switch path {
	case "total_rate":
		return func(d *doc, q string) (string, bool) {
			var c []string
			for _, a := range amounts(q) {
				c = append(c, fmt.Sprintf("$%d.%02d", a.cents/100, a.cents%100))
			}
			return one(d, q, c)
		}
	case "load_number", "mc", "usdot", "pieces", "miles", "payment_days", "weight_lb":
		return func(d *doc, q string) (string, bool) {
			if lb, _, _, _, ok := weightOf(q, "lb"); path == "weight_lb" && ok {
				return strconv.Itoa(lb), true
			}
			return one(d, q, idRE.FindAllString(q, -1))
		}
	case "equipment":
		return func(_ *doc, q string) (string, bool) { k, more, ok := equipmentIn(q); return k, ok && !more }
	case "phone":
		return func(_ *doc, q string) (string, bool) {
			a, b, ok := findPhone(q)
			if !ok {
				return "", false
			}
			return q[a:b], true
		}
	case "email":
		return func(_ *doc, q string) (string, bool) { v := emailRE.FindString(q); return v, v != "" }
	case "name", "contact", "commodity":
		return func(_ *doc, q string) (string, bool) {
			q = strings.Trim(q, " :-–")
			return q, q != "" && len(q) <= 80 && strings.ContainsFunc(q, unicode.IsLetter) && !strings.Contains(q, ":")
		}
	}
	return nil // towns, streets and hours stand in blocks, which the rules know better
}

// wording is a run of words as layouts are known by: letters alone, lower case.
func wording(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r):
			return unicode.ToLower(r)
		case unicode.IsSpace(r), r == '/', r == '-', r == '&':
			return ' '
		}
		return -1
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if len(s) < 2 || len(s) > 40 {
		return ""
	}
	return s
}

// captions are the words that every paper of a layout prints: what stands before
// a colon, and the labels that the rules know.
func (d *doc) captions() []string {
	var out []string
	for _, c := range d.cells {
		if c.page > 3 {
			break
		}
		for _, g := range c.segs {
			if g.known && g.lb > g.la {
				out = append(out, wording(c.text[g.la:g.lb]))
			}
		}
		if head, _, ok := strings.Cut(c.text, ":"); ok {
			out = append(out, wording(head))
		}
	}
	slices.Sort(out)
	out = slices.Compact(out)
	if len(out) > 0 && out[0] == "" {
		out = out[1:]
	}
	return out[:min(len(out), 120)]
}

// like is the share of captions that two papers have in common (Jaccard).
func like(a, b []string) float64 {
	n := 0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			n, i, j = n+1, i+1, j+1
		case a[i] < b[j]:
			i++
		default:
			j++
		}
	}
	if n < 4 {
		return 0 // too few words to know anything by
	}
	return float64(n) / float64(len(a)+len(b)-n)
}

// layout is the one that a paper with these captions has; -1 when it is new.
func (m Memory) layout(captions []string) int {
	best, at := likeness, -1
	for i, l := range m {
		if x := like(l.Captions, captions); x >= best && (at < 0 || x > best) {
			best, at = x, i
		}
	}
	return at
}

// recall takes into a reading what confirmed papers of its layout have taught. A
// field that the rules left open is proposed from its place. What the rules have
// read stays, unless the place was right before where they were not; it is flagged
// where a place that was often right says otherwise. Until a place is Steady
// whatever comes from it is flagged for a person.
func (d *doc) recall() {
	if len(d.opt.Memory) == 0 {
		return
	}
	at := d.opt.Memory.layout(d.captions())
	if at < 0 {
		return
	}
	fields := map[string]learnable{}
	for _, f := range d.r.learnable() {
		fields[f.path] = f
	}
	for _, a := range d.opt.Memory[at].Anchors {
		if f, ok := fields[a.Path]; ok && a.Right > a.Wrong {
			d.propose(f, a)
		}
	}
}

func (d *doc) propose(f learnable, a Anchor) {
	value, e, ok := d.standing(f, a)
	if !ok {
		return
	}
	now, has := f.now()
	sure := a.Right >= Steady && a.Wrong == 0
	seen := fmt.Sprintf("where it stood on %s of this layout", papers(a.Right))
	switch {
	case has && sameValue(f.path, now, value):
		return
	case has && a.Rescued == 0 && sure:
		d.flag(f.path, value+" stands "+seen+"; compare it with the paper", Check)
		return
	case has && a.Rescued == 0:
		return
	}
	f.set(value, e)
	d.r.trustAt(f.path, proposed)
	switch {
	case sure:
		d.r.trustAt(f.path, steady)
	case has:
		d.flag(f.path, "read "+seen+"; elsewhere the paper says "+now, Check)
	default:
		d.flag(f.path, "read "+seen+"; compare it with the paper", Check)
	}
}

func papers(n int) string {
	if n == 1 {
		return "1 confirmed paper"
	}
	return strconv.Itoa(n) + " confirmed papers"
}

// trustAt sets what one field is worth.
func (r *Reading) trustAt(path string, conf float64) {
	r.walk(func(p string, l any) {
		if p != path {
			return
		}
		switch l := l.(type) {
		case Str:
			l.Confidence = conf
		case Int:
			l.Confidence = conf
		}
	})
}

// place is a caption on the paper and what stands at it.
type place struct {
	cap  *cell
	text string
	way  string
	v    ev
}

// standing reads what stands at an anchor. Of several captions alike the one
// nearest to where it stood counts, and on another page none.
func (d *doc) standing(f learnable, a Anchor) (value string, e ev, ok bool) {
	best := 0.25 // of a page
	for _, p := range d.placesOf(a.Caption, a.Way) {
		x, y := d.spotOf(p.cap)
		far := math.Hypot(x-a.X, y-a.Y)
		if p.cap.page != a.Page || far >= best {
			continue
		}
		if v, fits := f.parse(d, p.v.text); fits {
			best, value, e, ok = far, v, p.v, true
		}
	}
	return value, e, ok
}

// spotOf is a cell's corner as shares of its page, as wide and high as its words are.
func (d *doc) spotOf(c *cell) (x, y float64) {
	w := c.ws[0]
	p := d.paper[min(c.page, len(d.paper))-1]
	return w.X0 / max(p.Width, 1), w.Y0 / max(p.Height, 1)
}

// placesOf lists the captions of that wording and what stands at them in that way.
func (d *doc) placesOf(words, way string) (out []place) {
	for _, c := range d.cells {
		for _, p := range d.placesAt(c) {
			if p.text == words && p.way == way {
				out = append(out, p)
			}
		}
	}
	return out
}

// placesAt lists what a cell can be the caption of.
func (d *doc) placesAt(c *cell) (out []place) {
	add := func(way, text string, v ev) {
		if text != "" && v.ok() && v.text != "" {
			out = append(out, place{c, text, way, v})
		}
	}
	for _, g := range c.segs {
		if g.known && g.lb > g.la && g.vb > g.va {
			add(wayIn, wording(c.text[g.la:g.lb]), c.cut(g.va, g.vb))
		}
	}
	if at := strings.IndexByte(c.text, ':'); at > 0 && at+1 < len(c.text) {
		add(wayIn, wording(c.text[:at]), c.cut(at+1, len(c.text)))
	}
	if strings.ContainsFunc(c.text, unicode.IsDigit) {
		return out // a value, not a caption
	}
	if l := d.lines[c.line]; c.pos+1 < len(l.cells) {
		add(wayRight, wording(c.text), l.cells[c.pos+1].all())
	}
	for k := c.line + 1; k < len(d.lines) && k <= c.line+3; k++ {
		below := d.under(c, d.lines[k])
		if below != nil {
			add(wayBelow, wording(c.text), below.all())
			break
		}
	}
	return out
}

// under is the cell of a line that begins below a caption.
func (d *doc) under(c *cell, l *line) *cell {
	if l.page != c.page {
		return nil
	}
	for _, n := range l.cells {
		if n.x0 < c.x1 && n.x1 > c.x0 && math.Abs(n.x0-c.x0) < 6*d.cw {
			return n
		}
	}
	return nil
}

// Learn is m with what a confirmed paper teaches: truth has the confirmed values by
// path, and what it leaves out teaches nothing.
func (m Memory) Learn(pages []Page, opt Options, truth map[string]string) Memory {
	opt.Memory = nil
	straight, _ := straighten(pages)
	d := open(straight, opt)
	caps := d.captions()
	if len(caps) < 6 {
		return m // nothing to know it by
	}
	out := slices.Clone(m)
	at := out.layout(caps)
	if at < 0 {
		if len(out) >= mostLearnt {
			least := 0
			for i := range out {
				if out[i].Papers < out[least].Papers {
					least = i
				}
			}
			out = slices.Delete(out, least, least+1)
		}
		out, at = append(out, Layout{Captions: caps}), len(out)
	}
	l := out[at]
	l.Papers++
	l.Anchors = slices.Clone(l.Anchors)
	for _, f := range d.r.learnable() {
		if want := truth[f.path]; want != "" {
			l.Anchors = d.learnt(l.Anchors, f, want)
		}
	}
	out[at] = l
	return out
}

// learnt counts how the anchor of a field did on this paper, and finds it one
// where it has none, or one that is more often wrong than right.
func (d *doc) learnt(as []Anchor, f learnable, want string) []Anchor {
	now, has := f.now()
	missed := !has || !sameValue(f.path, now, want)
	i := slices.IndexFunc(as, func(a Anchor) bool { return a.Path == f.path })
	if i >= 0 {
		a := &as[i]
		v, _, ok := d.standing(f, *a)
		switch {
		case ok && sameValue(f.path, v, want):
			a.Right++
			if missed {
				a.Rescued++
			}
			return as
		case ok:
			if _, there := d.anchor(f, want); there { // else the paper does not say what was confirmed
				a.Wrong++
			}
		}
		if a.Right > a.Wrong {
			return as
		}
		as = slices.Delete(as, i, i+1)
	}
	if a, ok := d.anchor(f, want); ok {
		if missed {
			a.Rescued = 1
		}
		as = append(as, a)
	}
	return as
}

// anchor finds where a value stands: the place whose words are the value and
// nothing else counts before one that says more.
func (d *doc) anchor(f learnable, want string) (a Anchor, ok bool) {
	best := math.MaxInt
	for _, c := range d.cells {
		for _, p := range d.placesAt(c) {
			v, fits := f.parse(d, p.v.text)
			if !fits || !sameValue(f.path, v, want) {
				continue
			}
			worth := len(p.v.text) - len(v)
			switch p.way {
			case wayRight:
				worth += 2
			case wayBelow:
				worth += 4
			}
			if worth < best {
				x, y := d.spotOf(p.cap)
				best, ok = worth, true
				a = Anchor{Path: f.path, Caption: p.text, Way: p.way, Page: c.page, X: x, Y: y, Right: 1}
			}
		}
	}
	return a, ok
}
