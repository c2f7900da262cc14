package extract

import (
	"regexp"
	"slices"
	"sort"
	"strings"
)

// item is one thing said about a stop: a labelled value or a free line.
type item struct {
	lab   label
	key   string
	known bool
	colon bool
	how   rune
	v     ev
	more  []*cell
	c     *cell
	hint  string
	col   bool // the label is a table's column heading
}

// draft is a stop in the making, gathered from one heading, table row or set
// of flat labels.
type draft struct {
	kind   ctx
	ord    int // as printed; 0 when not
	global bool
	x0     float64
	line   int
	table  bool
	tid    int // the table it is from
	items  []item
	stop   Stop
	when   []whenItem
	flags  []Flag // Field is relative to the stop
	flat   bool   // only from labels such as "Pickup Date"
	texts  []item // free lines in order
	score  int
	under  *heading
	apptBy ev  // an appointment label's time, which speaks for an appointment where nothing else does
	loose  ev  // the free line whose town has no ZIP; it may be a name
	looseN int // how many of texts stood ahead of it,
	looseM int // and how many with what it gave
}

// stopDrafts gathers every stop the paper speaks of, in reading order.
func (d *doc) stopDrafts() []*draft {
	var out []*draft
	byHead := map[*heading]*draft{}
	out = append(out, d.tableStops()...)
	inTable := len(out) > 0
	under := map[*heading]*draft{}
	for _, df := range out {
		if df.under != nil {
			under[df.under] = df // the last of its table
		}
	}
	for _, h := range d.heads {
		if h.c.tableRow > 0 || h.ctx != cPickup && h.ctx != cDelivery && !(h.ctx == cStop && h.ord > 0) {
			continue
		}
		if df := under[h]; df != nil {
			byHead[h] = df
			if df.ord == 0 && h.ord > 0 {
				df.ord, df.global = h.ord, h.ctx == cStop || globalOrd(h)
			}
			continue
		}
		df := &draft{kind: h.ctx, ord: h.ord, x0: h.c.x0, line: h.c.line, global: h.ctx == cStop || globalOrd(h)}
		byHead[h] = df
		out = append(out, df)
	}
	done := map[*heading]bool{}
	low := map[*heading]float64{} // where what tells of a stop ends so far
	apart := map[*heading]bool{}  // a wide gap was passed since
	var last *heading
	beside := false // the last stops stand side by side
	for h := range byHead {
		beside = last != nil && (beside && h.c.line <= last.c.line || h.c.line == last.c.line)
		if last == nil || h.c.line > last.c.line {
			last = h
		}
	}
	for _, c := range d.cells {
		h := d.of[c]
		if c.tableRow > 0 || c.goods || h == nil || byHead[h] == nil {
			continue
		}
		// Below its charges and terms nothing tells of the last stop any more.
		done[h] = done[h] || c.line > h.c.line+4 && c.pos == 0 && d.listsRefs(c) || c.line > h.c.line+1 && (c.x0 <= h.c.x0+4*d.cw && ofMoney(c) || d.goodsLine(d.lines[c.line]) && d.namedRef(d.lines[c.line].cells[0].all()) == nil)
		if done[h] {
			continue
		}
		apart[h] = apart[h] || low[h] > 0 && h.c.line == last.c.line && c.line > h.c.line+2 && (c.y0-max(low[h], d.lines[c.line-1].y1) > 2.6*d.em || c.y0-low[h] > 6*d.em)
		low[h] = max(low[h], c.y1)
		df := byHead[h]
		from := 0
		if h.c == c && !h.full {
			from = h.seg
		} else if h.c == c {
			if p, ok := d.headPair(c); ok {
				df.items = append(df.items, item{lab: label{sub: sName}, known: true, how: p.how, v: p.v, more: p.more, c: c})
			}
			continue
		}
		for _, it := range d.itemsOf(c, from, df.kind) {
			if !otherStops(it, df.kind) && (!apart[h] || tellsOfStop(it) || it.known && it.lab.sub == sNotes && beside) {
				df.items = append(df.items, it)
			}
		}
	}
	d.besideStops(byHead)
	for _, p := range d.pairs {
		// A row's label outside the columns of the stops it speaks of.
		if df := byHead[p.h]; df != nil && p.h != d.of[p.c] && (p.how == right || p.how == below && p.lab.sub == sName) && (p.lab.ctx == cNone || p.lab.ctx == cStop) && p.c.tableRow == 0 {
			df.items = append(df.items, item{lab: p.lab, key: p.key, known: true, colon: p.colon, how: p.how, v: p.v, more: p.more, c: p.c, hint: p.hint})
		}
	}
	for _, df := range out {
		if df.kind == cStop {
			df.kind = d.kindInside(df)
		}
	}
	byPlace(out)
	d.flatPairs(&out, byHead, inTable)
	for _, df := range out {
		d.fill(df)
	}
	unnamedKind(out)
	return out
}

// unnamedKind keeps a numbered stop whose kind no word tells, where its place is
// no other stop's: taken for a delivery, to be checked, rather than lost.
func unnamedKind(ds []*draft) {
	for _, df := range ds {
		if df.kind != cStop || df.ord == 0 || df.stop.ZIP == nil || df.stop.City == nil {
			continue
		}
		if !slices.ContainsFunc(ds, func(o *draft) bool { return o != df && sameLeaf(o.stop.ZIP, df.stop.ZIP) }) {
			df.kind = cDelivery
			df.flags = append(df.flags, Flag{"type", "the paper does not say in words we know whether this is a pickup or a delivery", Check})
		}
	}
}

// byPlace takes the first of numbered stops for the pickup and those behind it
// for deliveries, to be checked, where no word on the paper says which is which.
func byPlace(ds []*draft) {
	if len(ds) < 2 {
		return
	}
	for _, df := range ds {
		if df.kind != cStop {
			return
		}
	}
	for i, df := range ds {
		df.kind = cDelivery
		if i == 0 {
			df.kind = cPickup
		}
		df.flags = append(df.flags, Flag{"type", "the paper does not say in words we know whether this is a pickup or a delivery", Check})
	}
}

// otherStops reports a day or hour labelled as the other kind of stop's:
// "Pickup Date" below the delivery.
func otherStops(it item, kind ctx) bool {
	return it.known && whenSub(it.lab.sub) && (kind == cPickup && it.lab.ctx == cDelivery || kind == cDelivery && it.lab.ctx == cPickup)
}

// tellsOfStop reports what tells of a stop even behind a wide gap: a label that
// is a stop's own. A name or a telephone number down there is somebody else's.
func tellsOfStop(it item) bool {
	return it.known && (it.lab.ctx == cPickup || it.lab.ctx == cDelivery || it.lab.ctx == cStop && it.lab.sub != sName || whenSub(it.lab.sub) || it.lab.sub == sRef || it.lab.sub == sOtherNo || it.lab.sub == sBOL)
}

// whenSub reports labels of a stop's day, hour and appointment.
func whenSub(s sub) bool {
	switch s {
	case sDate, sTime, sFrom, sTo, sAppt, sApptType:
		return true
	}
	return false
}

// listsRefs reports "References" over a table of the whole order's numbers.
func (d *doc) listsRefs(c *cell) bool {
	g, ok := c.lone()
	if !ok || g.lab.sub != sRef || g.colon || g.lab.kind != "REF" || len(d.lines[c.line].cells) > 1 || c.line+1 >= len(d.lines) {
		return false
	}
	l := d.lines[c.line+1]
	return len(l.cells) > 1 && strings.Contains(strings.ToLower(l.cells[0].text), "type")
}

// goodsLine reports a line that is nothing but a count, goods and their weight:
// "9 PCS   PVC PIPE BUNDLES   33500 LBS".
func (d *doc) goodsLine(l *line) bool {
	count, weight := false, false
	for _, c := range l.cells {
		count = count || looseCountRE.MatchString(c.text)
		weight = weight || wholeWeightRE.MatchString(c.text)
	}
	return count && weight && len(l.cells) <= 4
}

var wholeWeightRE = regexp.MustCompile(`(?i)^\d[\d,.]*k?\s*(?:lbs?|pounds|#)\.?$`)

// ofMoney reports a line that speaks of charges or terms of pay.
func ofMoney(c *cell) bool {
	if !c.segs[0].known {
		return false
	}
	switch c.segs[0].lab.sub {
	case sTotal, sCharge, sPayTerms, sQuickPay, sDetention, sLayover, sTONU, sLateFee:
		return true
	}
	return false
}

// besideStops gives dates and times that stand left of a stop's heading, as on
// a timeline, to that stop.
func (d *doc) besideStops(byHead map[*heading]*draft) {
	for _, c := range d.cells {
		if h := d.of[c]; h != nil && byHead[h] != nil || c.tableRow > 0 || c.headerOf > 0 || c.used || len(c.text) > 60 {
			continue
		}
		g := c.segs[0]
		if g.known && !(g.empty() && apptKind(c.text) != "") {
			continue
		}
		if len(days(c.text)) == 0 && len(times(c.text, true)) == 0 && (apptKind(c.text) == "" || len(c.ws) > 4) && !zoneAlone.MatchString(c.text) {
			continue
		}
		var best *heading
		for h, df := range byHead {
			if h.c.line > c.line || c.line-h.c.line > 5 || h.c.x0 <= c.x1 || df.kind == cNone {
				continue
			}
			if best == nil || h.c.line > best.c.line || h.c.line == best.c.line && h.c.x0 < best.c.x0 {
				best = h
			}
		}
		if best != nil {
			byHead[best].items = append(byHead[best].items, item{v: c.all(), c: c})
		}
	}
}

// headPair is the value a heading's cell announces to its right: "Pickup Location:  Acme, 1 Main St".
func (d *doc) headPair(c *cell) (pair, bool) {
	if len(c.segs) == 0 {
		return pair{}, false
	}
	p, ok := d.pairAt[pairKey{c, c.segs[0].la}]
	return p, ok && p.lab.sub == sBlock
}

// globalOrd reports headings like "Stop 2 - Pickup", whose number counts all stops.
func globalOrd(h *heading) bool {
	if h.ord == 0 {
		return false
	}
	t := tokens(h.c.text)
	return len(t) > 0 && (t[0].norm == "stop" || atoi(t[0].norm) == h.ord)
}

// kindInside looks for the word that makes "Stop 2" a pickup or a delivery.
func (d *doc) kindInside(df *draft) ctx {
	if k := stopKind(d.lines[df.line].cells[0].text); df.line < len(d.lines) && k != cNone && len(d.lines[df.line].cells[0].text) < 40 {
		return k
	}
	for _, it := range df.items {
		if it.known && it.lab.sub == sType {
			if k := stopKind(it.v.text); k != cNone {
				return k
			}
		}
		if it.known && (it.lab.ctx == cPickup || it.lab.ctx == cDelivery) {
			return it.lab.ctx
		}
	}
	for i, it := range df.items {
		if i < 4 && (!it.known && len(it.v.text) < 30 || it.lab.sub == sName && saysKind(it.v.text)) {
			if k := stopKind(it.v.text); k != cNone {
				return k
			}
		}
	}
	return cStop
}

// itemsOf turns a cell's segments into items; values that labels took are
// listed with their labels only.
func (d *doc) itemsOf(c *cell, from int, kind ctx) []item {
	var out []item
	for i := from; i < len(c.segs); i++ {
		g := c.segs[i]
		switch {
		case !g.known:
			if !c.used && !g.empty() && !(i == 0 && d.answersMoney(c)) {
				out = append(out, item{v: c.val(g), c: c})
			}
		case !g.empty():
			it := item{lab: g.lab, key: g.key, known: true, colon: g.colon, how: inline, v: c.val(g), c: c, hint: g.hint}
			if i == len(c.segs)-1 && g.lab.sub == sBlock && len(it.v.text) > 50 {
				it.more = d.wrapped(c)
			}
			if i == len(c.segs)-1 && g.lab.sub == sRef && strings.ContainsAny(it.v.text[len(it.v.text)-1:], ",&-/") {
				it.more = append(d.wrappedAt(c, it.v.box[0]), d.wrapped(c)...) // the list goes on below
			}
			if i == len(c.segs)-1 && (g.lab.sub == sNotes || g.lab.sub == sAddress) {
				it.more = d.wrap(c, it.v.box[0], g.lab.sub == sNotes)
				if len(it.more) == 0 {
					it.more = d.wrap(c, c.x0, g.lab.sub == sNotes)
				}
			}
			out = append(out, it)
		default:
			if p, ok := d.pairAt[pairKey{c, g.la}]; ok {
				out = append(out, item{lab: g.lab, key: g.key, known: true, colon: g.colon, how: p.how, v: p.v, more: p.more, c: c, hint: g.hint})
			} else if apptKind(c.text[g.la:]) != "" && !g.colon {
				out = append(out, item{v: c.cut(g.la, len(c.text)), c: c})
			}
		}
	}
	return out
}

// answersMoney reports the words beside a label of pay or of the trip's services:
// "Driver Load:   No driver loading". They tell nothing of a stop.
func (d *doc) answersMoney(c *cell) bool {
	if c.pos == 0 {
		return false
	}
	n := d.lines[c.line].cells[c.pos-1]
	g, ok := n.lone()
	return ok && g.colon && c.x0-n.x1 < 40*d.cw && (g.lab.sub == sCharge || g.lab.sub == sTotal || g.lab.sub == sLumper || g.lab.sub == sTONU)
}

// flatPairs hands "Pickup Date: ..." and the like to the stop they speak of.
func (d *doc) flatPairs(out *[]*draft, byHead map[*heading]*draft, inTable bool) {
	for _, p := range d.pairs {
		k := p.lab.ctx
		if k != cPickup && k != cDelivery || p.lab.sub == sBlock || p.c.tableRow > 0 {
			continue
		}
		if df := byHead[p.h]; df != nil && df.kind == k {
			continue // already among its items
		}
		if df := byHead[d.of[p.c]]; df != nil && df.kind == k {
			continue
		}
		it := item{lab: p.lab, key: p.key, known: true, colon: p.colon, how: p.how, v: p.v, more: p.more, c: p.c}
		var same []*draft
		for _, df := range *out {
			if df.kind == k {
				same = append(same, df)
			}
		}
		if len(same) == 0 {
			df := &draft{kind: k, x0: p.c.x0, line: p.c.line, flat: true}
			*out = append(*out, df)
			same = append(same, df)
		}
		if len(same) == 1 || len(same) == 2 && same[1].line-same[0].line < 3 && same[0].x0-same[1].x0 < 3 && same[1].x0-same[0].x0 < 3 {
			// Its own blocks speak louder than a header box.
			same[0].items = append(same[0].items, it)
		}
	}
}

// pairKey finds a lone label's value again.
type pairKey struct {
	c *cell
	a int
}

// merge joins drafts that are the same stop told twice, and drops empty ones.
func merge(in []*draft) []*draft {
	var out []*draft
	for _, df := range in {
		if df.kind == cStop || df.score == 0 {
			continue
		}
		var into *draft
		for _, o := range out {
			if o.kind == df.kind && sameStop(o, df) {
				into = o
				break
			}
		}
		if into == nil {
			out = append(out, df)
			continue
		}
		into.absorb(df)
	}
	return dropHollow(out)
}

// dropHollow leaves out headings with nothing of a stop under them, where
// others of their kind have a place.
func dropHollow(in []*draft) []*draft {
	placed := map[ctx]*draft{}
	dated, last := map[ctx]bool{}, 0
	for _, d := range in {
		if s := &d.stop; s.City != nil {
			if placed[d.kind] == nil {
				placed[d.kind] = d
			}
			if s.WindowStart != nil {
				dated[d.kind] = true
				last = max(last, d.line)
			}
		}
	}
	out := in[:0]
	for _, d := range in {
		s := &d.stop
		if p := placed[d.kind]; p != nil && s.City == nil && s.Address == nil && d.ord == 0 && !d.table && d.score < 5 && (p.stop.WindowStart == nil || sameDay(s.WindowStart, p.stop.WindowStart)) {
			if p.stop.WindowStart == nil {
				p.stop.WindowStart, p.stop.WindowEnd = s.WindowStart, s.WindowEnd
			}
			continue
		}
		if placed[d.kind] != nil && s.City == nil && s.Address == nil && s.WindowStart == nil && (s.Name == nil || d.score < 2) {
			continue
		}
		if dated[cPickup] && dated[cDelivery] && s.WindowStart == nil && d.ord == 0 && !d.table && d.line > last && len(s.References) == 0 {
			continue // an office's address in the terms behind the stops
		}
		out = append(out, d)
	}
	return out
}

func sameStop(a, b *draft) bool {
	if a.table && b.table && a.tid == b.tid || a.ord > 0 && b.ord > 0 && a.ord != b.ord && a.global == b.global {
		return false
	}
	if (a.table && b.table || a.ord > 0 && b.ord > 0 && a.global != b.global) && (a.stop.ZIP == nil || b.stop.ZIP == nil || !sameDay(a.stop.WindowStart, b.stop.WindowStart)) {
		return false // told twice, one must be sure that it is the same
	}
	eq := func(x, y Str) bool { return x == nil || y == nil || strings.EqualFold(x.Value, y.Value) }
	if !eq(a.stop.City, b.stop.City) || !eq(a.stop.ZIP, b.stop.ZIP) || !eq(a.stop.State, b.stop.State) {
		return false
	}
	if a.stop.Address != nil && b.stop.Address != nil && !eq(a.stop.Address, b.stop.Address) {
		return false
	}
	both := a.stop.City != nil && b.stop.City != nil
	if !both && a.stop.Name != nil && b.stop.Name != nil && !eq(a.stop.Name, b.stop.Name) {
		return false
	}
	return true
}

// sameDay reports two days that do not differ.
func sameDay(a, b Str) bool {
	return a == nil || b == nil || a.Value[:10] == b.Value[:10]
}

// absorb takes over what b says and a does not.
func (a *draft) absorb(b *draft) {
	if b.score > a.score && !a.table {
		*a, *b = *b, *a
		if b.line < a.line {
			a.line, a.x0 = b.line, b.x0
		}
	}
	take := func(x *Str, y Str) {
		if *x == nil {
			*x = y
		}
	}
	s, t := &a.stop, &b.stop
	take(&s.Name, t.Name)
	take(&s.Address, t.Address)
	take(&s.City, t.City)
	take(&s.State, t.State)
	take(&s.ZIP, t.ZIP)
	switch {
	case s.WindowStart == nil:
		s.WindowStart, s.WindowEnd = t.WindowStart, t.WindowEnd
	case t.WindowStart != nil && t.WindowStart.Value != s.WindowStart.Value:
		x, y := s.WindowStart.Value, t.WindowStart.Value
		if len(x) == 10 && strings.HasPrefix(y, x) {
			s.WindowStart, s.WindowEnd = t.WindowStart, t.WindowEnd
		} else if !strings.HasPrefix(x, y) && x[:10] != y[:10] && !(b.flat && len(y) == 10) {
			a.flags = append(a.flags, Flag{"window_start", "two dates are printed for this stop: " + x + " and " + y, Check})
		}
	}
	take(&s.Appointment, t.Appointment)
	take(&s.TimeZone, t.TimeZone)
	take(&s.Contact, t.Contact)
	take(&s.Phone, t.Phone)
	take(&s.Notes, t.Notes)
	for _, r := range t.References {
		addRef(s, r)
	}
	a.flags = append(a.flags, b.flags...)
	if a.ord == 0 {
		a.ord, a.global = b.ord, b.global
	}
}

func addRef(s *Stop, r Str) {
	for _, o := range s.References {
		if strings.EqualFold(o.Value, r.Value) {
			return
		}
	}
	if len(s.References) < 40 {
		s.References = append(s.References, r)
	}
}

// pickupFirst moves the first pickup ahead of the deliveries before it: no trip
// begins with a delivery, in whatever order the paper tells of them.
func pickupFirst(ds []*draft) {
	i := slices.IndexFunc(ds, func(df *draft) bool { return df.kind == cPickup })
	if i > 0 {
		p := ds[i]
		copy(ds[1:i+1], ds[:i])
		ds[0] = p
	}
}

// daysFollow reports unnumbered stops that all have a day, the first of them a
// pickup's: they follow each other by it, however the paper lists them.
func daysFollow(ds []*draft) bool {
	first := ""
	kind := cNone
	for _, d := range ds {
		if d.ord > 0 || d.table || d.stop.WindowStart == nil {
			return false
		}
		if day := d.stop.WindowStart.Value[:10]; first == "" || day < first || day == first && d.kind == cPickup {
			first, kind = day, d.kind
		}
	}
	return kind == cPickup
}

// inOrder puts stops in travel order: by printed stop number, else pickups and
// deliveries in columns side by side, else as the paper runs.
func inOrder(ds []*draft) {
	global := len(ds) > 0
	seen := map[int]bool{}
	for _, d := range ds {
		global = global && d.ord > 0 && d.global && !seen[d.ord]
		seen[d.ord] = true
	}
	if global {
		sort.SliceStable(ds, func(i, j int) bool { return ds[i].ord < ds[j].ord })
		return
	}
	pick, drop := -1.0, -1.0
	columns := true
	for _, d := range ds {
		x := &pick
		if d.kind == cDelivery {
			x = &drop
		}
		if *x >= 0 && (d.x0-*x > 40 || *x-d.x0 > 40) {
			columns = false
		}
		*x = d.x0
		columns = columns && !d.table
	}
	defer pickupFirst(ds)
	dated := daysFollow(ds)
	sort.SliceStable(ds, func(i, j int) bool {
		a, b := ds[i], ds[j]
		if dated && (a.kind == b.kind || len(ds) > 2) && a.stop.WindowStart.Value[:10] != b.stop.WindowStart.Value[:10] {
			return a.stop.WindowStart.Value < b.stop.WindowStart.Value
		}
		if columns && (pick-drop > 60 || drop-pick > 60) && a.kind != b.kind {
			return a.kind == cPickup
		}
		if a.kind == b.kind && a.ord > 0 && b.ord > 0 && a.ord != b.ord {
			return a.ord < b.ord
		}
		if a.line != b.line {
			return a.line < b.line
		}
		return a.x0 < b.x0
	})
}
