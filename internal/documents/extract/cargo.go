package extract

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// readCargo finds equipment, temperature, commodity, weight, pieces and miles.
func (d *doc) readCargo() {
	for _, p := range d.cargoPairs(sEquip) {
		kind, more, ok := equipmentIn(p.v.text)
		if !ok {
			if d.isRateCon() && d.r.Equipment == nil && len(strings.Fields(p.v.text)) <= 5 && !strings.ContainsAny(p.v.text, "0123456789") {
				d.flag("equipment", "the equipment \""+p.v.text+"\" is not one we know", Check)
			}
			continue
		}
		d.setEquipment(p.v, kind, more, p.strength())
	}
	for _, p := range d.cargoPairs(sType) {
		if kind, more, ok := equipmentIn(p.v.text); ok && p.c.tableRow == 0 && d.r.Equipment == nil {
			d.setEquipment(p.v, kind, more, 0.85)
		}
	}
	for _, p := range d.cargoPairs(sLength) {
		if n := atoi(digitsRE.FindString(p.v.text)); n >= 8 && n <= 60 && d.r.TrailerLengthFt == nil {
			d.r.TrailerLengthFt = leafInt(n, p.strength(), p.v)
		}
	}
	if d.r.Equipment == nil && d.isRateCon() {
		d.looseEquipment()
	}
	d.looseLength()
	d.readTemperature()
	if t := d.r.TemperatureMinF; t != nil && d.r.Equipment == nil && d.isRateCon() {
		d.r.Equipment = &Leaf[string]{Value: "reefer", Confidence: 0.7, Page: t.Page, Box: t.Box, Text: t.Text} // who asks for a temperature asks for a reefer
	}
	d.readCommodity()
	d.looseGoods()
	d.mixedGoods()
	d.readWeight()
	d.readCounts()
}

func (d *doc) isRateCon() bool {
	return d.r.DocumentType != nil && d.r.DocumentType.Value == RateConfirmation
}

func (d *doc) setEquipment(v ev, kind string, more bool, conf float64) {
	if d.r.Equipment == nil {
		if more {
			conf *= 0.75
			d.flag("equipment", "more than one kind of equipment is named: "+v.text, Check)
		}
		d.r.Equipment = leaf(kind, conf, v)
		if m := lengthRE.FindStringSubmatchIndex(v.text); m != nil && d.r.TrailerLengthFt == nil {
			if n := atoi(v.text[m[2]:m[3]]); n >= 8 && n <= 60 {
				d.r.TrailerLengthFt = leafInt(n, conf, v.sub(m[0], m[1]))
			}
		} else if m := bareLenRE.FindStringSubmatchIndex(v.text); m != nil && d.r.TrailerLengthFt == nil {
			d.r.TrailerLengthFt = leafInt(atoi(v.text[m[2]:m[3]]), conf*0.97, v.sub(m[2], m[3]))
		}
		return
	}
	if d.r.Equipment.Value != kind && !strings.Contains(v.text, d.r.Equipment.Text) {
		d.flag("equipment", fmt.Sprintf("two kinds of equipment are printed: %s and %s", d.r.Equipment.Text, v.text), Check)
	}
}

var bareLenRE = regexp.MustCompile(`(?i)(?:^|[\s(/=]|\bV)(20|24|26|28|40|45|48|53)(?:\s*(?:$|[\s)/,-]|[RV]\b|DV\b|VAN\b))`)

// looseEquipment looks for "53' dry van" in free text of a rate confirmation.
func (d *doc) looseEquipment() {
	for _, c := range d.cells {
		if addrRE.MatchString(c.text) && streetRE.MatchString(c.text) && !lengthRE.MatchString(c.text) {
			continue // a street may be called Container Yard
		}
		if len(c.text) > 160 || len(c.segs) > 0 && c.segs[0].known && !c.segs[0].empty() && c.segs[0].lab.sub != sBlock && c.segs[0].lab.sub != sIgnore {
			continue
		}
		for _, e := range equipWords {
			if m := e.re.FindStringIndex(c.text); m != nil && !unitLabelRE.MatchString(c.text[m[1]:]) && (m[1]-m[0] > 3 || lengthRE.MatchString(c.text[max(0, m[0]-8):m[0]])) {
				conf := 0.85
				if len(c.text) > 70 {
					conf = 0.7
				}
				a, b := m[0], m[1]
				if l := lengthRE.FindStringIndex(c.text[:m[0]]); l != nil && m[0]-l[1] < 4 {
					a = l[0]
				} else if l := lengthRE.FindStringIndex(c.text[b:]); l != nil && l[0] < 4 {
					b += l[1] // "Reefer 53'"
				}
				kind := e.kind
				if kind == "reefer" && vanFirstRE.MatchString(c.text) {
					kind = "van"
				}
				d.setEquipment(c.cut(a, b), kind, kind != e.kind, conf)
				return
			}
		}
	}
	for _, c := range d.clauses() {
		m := needsRE.FindStringSubmatch(c.text)
		if m == nil {
			continue
		}
		if kind, more, ok := equipmentIn(m[1]); ok {
			v := c.v
			v.text, v.c = m[1], nil
			d.setEquipment(v, kind, more, 0.85)
			return
		}
	}
}

// looseLength looks for the length beside the trailer's kind where the label gave
// the kind alone: below it, or in the remarks ("53' Dry Van Required").
func (d *doc) looseLength() {
	e := d.r.Equipment
	if e == nil || d.r.TrailerLengthFt != nil || !d.isRateCon() {
		return
	}
	for _, c := range d.cells {
		if h := d.of[c]; h != nil && (h.ctx == cTerms || h.ctx == cSign) {
			continue
		}
		m := vanLengthRE.FindStringSubmatchIndex(c.text)
		if m == nil || e.Value != "van" && e.Value != "reefer" {
			if l := lengthRE.FindStringSubmatchIndex(c.text); l != nil && l[0] == 0 && c.page == e.Page && c.ws[0].Y0 > e.Box[1] && c.ws[0].Y0-e.Box[3] < d.em && c.x0-e.Box[0] < 2*d.cw && e.Box[0]-c.x0 < 2*d.cw {
				m = l // "Van" over "53 ft - 44,586.00 lbs"
			}
		}
		if m != nil {
			if n := atoi(c.text[m[2]:m[3]]); n >= 20 && n <= 53 {
				d.r.TrailerLengthFt = leafInt(n, 0.85, c.cut(m[2], m[3]))
				return
			}
		}
	}
}

// vanLengthRE is a van's length ahead of its kind.
var vanLengthRE = regexp.MustCompile(`(?i)(?:^|[\s.:(/-])(48|53)(?:'|"| ?ft\.?| foot| feet)? ?(?:high cube )?(?:(?:dry )?vans?|DV|dryvan|reefers?)\b`)

// unitLabelRE follows a word that only labels a number: "Container # :", "Trailer No".
var unitLabelRE = regexp.MustCompile(`(?i)^\s*(?:#|no\b\.?|num|nbr|number|:|/)`)

// needsRE finds "We need a 53' Dry Van for 44,800 pounds of ...".
var needsRE = regexp.MustCompile(`(?i)\b(?:needs?|requires?|using|on|in|with|equipment is|trailer is) an? ([^.,;]{3,30}?)(?: for| to| with| trailer\b|[.,;]|$)`)

// cargoPairs lists a sub's pairs, those outside the stops first.
func (d *doc) cargoPairs(s sub) []pair {
	var outside, inside []pair
	for _, p := range d.pairs {
		if p.lab.sub != s || p.lab.kind == "delivered" || p.ctx == cDriver {
			continue
		}
		if p.ctx == cPickup || p.ctx == cDelivery || p.c.tableRow > 0 {
			inside = append(inside, p)
		} else {
			outside = append(outside, p)
		}
	}
	return append(outside, inside...)
}

var dryRE = regexp.MustCompile(`(?i)not required|n/?a\b|none|ambient|dry\b|no temp`)

func (d *doc) readTemperature() {
	for _, p := range d.cargoPairs(sTempMin) {
		if t, ok := degrees(p.v.text, p.hint); ok && d.r.TemperatureMinF == nil {
			d.r.TemperatureMinF = leafInt(t, p.strength(), p.v)
		}
	}
	for _, p := range d.cargoPairs(sTempMax) {
		if t, ok := degrees(p.v.text, p.hint); ok && d.r.TemperatureMaxF == nil {
			d.r.TemperatureMaxF = leafInt(t, p.strength(), p.v)
		}
	}
	for _, p := range d.cargoPairs(sTemp) {
		if e := d.r.Equipment; strings.Trim(p.v.text, " 0.") == "" && (e == nil || e.Value != "reefer") {
			continue // a form's empty box
		}
		if d.r.TemperatureMinF != nil || dryRE.MatchString(p.v.text) && !strings.ContainsAny(p.v.text, "0123456789") {
			break
		}
		d.setTemperature(p.v, p.hint, p.strength())
	}
	if d.r.TemperatureMinF == nil {
		for _, c := range d.cells {
			if m := inTextTempRE.FindStringSubmatchIndex(c.text); m != nil && len(c.text) < 160 {
				d.setTemperature(c.cut(m[2], m[3]), "", 0.85)
				break
			}
		}
	}
}

var inTextTempRE = regexp.MustCompile(`(?i)(?:^|[\s@(,;:])(-?\d{1,3}\s*(?:(?:°\s*F?|F)?\s*(?:-|to|and|/)\s*-?\d{1,3})?\s*(?:°\s*F?|deg(?:rees)?\.?\s*F?|F))(?:$|[\s.,;)])`)

// minMaxRE is "Min 36 F / Max 40 F", with the groups that tempRE has.
var minMaxRE = regexp.MustCompile(`(?i)\bmin(?:imum)?\.?[: ]*(-?\d{1,3})\s*°?\s*([FC])?\W+max(?:imum)?\.?[: ]*(-?\d{1,3})\s*°?\s*([FC])?\b`)

func degrees(s, hint string) (int, bool) {
	m := tempRE.FindStringSubmatch(s)
	if m == nil {
		return 0, false
	}
	t := signed(m[1])
	if strings.EqualFold(m[2], "c") || m[2] == "" && strings.Contains(hint, "c") && !strings.Contains(hint, "f") {
		t = int(math.Round(float64(t)*9/5 + 32))
	}
	return t, t >= -60 && t <= 120
}

func signed(s string) int {
	if strings.HasPrefix(s, "-") {
		return -atoi(s[1:])
	}
	return atoi(strings.TrimPrefix(s, "+"))
}

func (d *doc) setTemperature(v ev, hint string, conf float64) {
	m := minMaxRE.FindStringSubmatchIndex(v.text)
	if m == nil {
		m = tempRE.FindStringSubmatchIndex(v.text)
	}
	if m == nil || lengthRE.MatchString(v.text[m[0]:min(len(v.text), m[1]+6)]) {
		return // "Reefer 53'" is a trailer's length
	}
	g := group(v.text, m)
	unit := firstNonEmpty(g(4), g(2))
	lo, ok := degrees(g(1)+" "+unit, hint)
	if !ok {
		return
	}
	hi := lo
	if g(3) != "" {
		if hi, ok = degrees(g(3)+" "+unit, hint); !ok {
			return
		}
	}
	if hi < lo {
		lo, hi = hi, lo
	}
	e := v.sub(m[0], trimEnd(v.text, m[0], m[1]))
	d.r.TemperatureMinF, d.r.TemperatureMaxF = leafInt(lo, conf, e), leafInt(hi, conf, e)
}

// underLoad reads "LOAD" over what is hauled, over its weight.
func (d *doc) underLoad(c *cell) (ev, bool) {
	b := d.nextLine(c)
	if b == nil || b.segs[0].known || len(b.text) < 3 || strings.ContainsAny(b.text, "0123456789$@:") {
		return ev{}, false
	}
	v, w := b.all(), d.nextLine(b)
	for _, l := range d.lines[b.line:min(b.line+2, len(d.lines))] {
		for _, n := range l.cells {
			if n.x0 > b.x1 && n.x0-b.x1 < 2*d.cw && math.Abs(n.y0-b.y0) < 0.3*d.em {
				v = join(" ", v, n.all()) // its other words, where a neighbour's line tore them off
			}
		}
	}
	return v, w != nil && goodsOnly(w.text)
}

// describedGoods is what stands under "Description" or "Item" when the weight
// or the count of the freight stands beside it.
func (d *doc) describedGoods() (ev, bool) {
	for _, c := range d.cells {
		g, ok := c.lone()
		if ok && g.key == "load" {
			if v, ok := d.underLoad(c); ok {
				return v, true
			}
		}
		if !ok || g.lab.sub != sDesc {
			continue
		}
		for _, n := range d.lines[c.line].cells {
			o, ok := n.lone()
			if !ok || o.lab.sub != sWeight && o.lab.sub != sPieces || c.line+1 >= len(d.lines) {
				continue
			}
			for _, b := range d.lines[c.line+1].cells {
				if l, _ := chargeLabel(b); math.Abs(b.x0-c.x0) < 2*d.cw && len(b.text) > 2 && len(amounts(b.text)) == 0 && l.sub != sCharge {
					return b.all(), true
				}
			}
			if b := d.underMiddle(c); b != nil {
				return b.all(), true
			}
		}
	}
	return ev{}, false
}

// underMiddle is the cell of words on the next line whose middle is nearer to a
// header's than to any other header's: columns may be centred.
func (d *doc) underMiddle(c *cell) *cell {
	mid := func(x *cell) float64 { return (x.x0 + x.x1) / 2 }
	for _, b := range d.lines[c.line+1].cells {
		if len(b.text) < 3 || len(amounts(b.text)) > 0 || numFirst.MatchString(b.text) || b.segs[0].known || b.y0-c.y1 > 1.5*d.em || math.Abs(mid(b)-mid(c)) > 14*d.cw {
			continue
		}
		nearer := false
		for _, o := range d.lines[c.line].cells {
			nearer = nearer || o != c && math.Abs(mid(b)-mid(o)) < math.Abs(mid(b)-mid(c))
		}
		if l, _ := chargeLabel(b); !nearer && l.sub != sCharge {
			return b
		}
	}
	return nil
}

func (d *doc) readCommodity() {
	seen := map[string]bool{}
	var all []pair
	ps := d.cargoPairs(sCommodity)
	if len(ps) == 0 {
		ps = d.loadAsGoods()
	}
	for _, p := range ps {
		t := strings.TrimSpace(p.v.text)
		if t == "" || isBlankValue(t) || len(amounts(t)) > 0 && moneyStart(t) || onlyDigits(t) == t || len(t) > 90 || (p.ctx == cPickup || p.ctx == cDelivery || p.c.tableRow > 0) && len(all) > 0 {
			continue
		}
		if l, _ := chargeLabel(&cell{text: t, segs: []seg{{vb: len(t)}}}); l.sub == sCharge && l.kind != "other" {
			continue
		}
		if !seen[strings.ToLower(t)] {
			seen[strings.ToLower(t)] = true
			all = append(all, p)
		}
	}
	if len(all) == 0 {
		for _, p := range d.cargoPairs(sDesc) {
			if t := p.v.text; p.colon && p.key == "description" && p.c.tableRow == 0 && (p.h == nil || p.h.ctx != cRates) && len(amounts(t)) == 0 && len(strings.Fields(t)) <= 6 && len(t) > 2 {
				all = append(all, p)
				break
			}
		}
	}
	if v, ok := d.describedGoods(); len(all) == 0 && ok {
		d.splitCargo(v, 0.86)
		return
	}
	if len(all) == 0 {
		d.proseCommodity()
		return
	}
	v := all[0].v
	for _, c := range all[0].more {
		// A value that breaks off in a narrow box goes on below.
		if c.used || len(c.text) > 40 || all[0].how == below && strings.ContainsAny(c.text, "0123456789") || len(v.text) < 12 {
			break
		}
		v = join(" ", v, c.all())
		c.used = true
	}
	d.splitCargo(v, all[0].strength())
	if len(all) > 1 {
		d.flag("commodity", "more than one commodity is printed: "+all[0].v.text+" and "+all[1].v.text, Check)
	}
}

var goodsRE = regexp.MustCompile(`(?:(?:lbs?\.?|pounds|#|pallets|skids|pieces|cases|truckload)\s+of\s+([A-Za-z][A-Za-z&'/ -]{2,40}?)(?:[,.;(]| on (?:an?|the|\d)| in | at |$))|(?:(?:transport(?:ation)?|shipment|haul(?:ing)?|load|carriage|movement|delivery|loaded with|truckload|carrying|moving)\s+of\s+|(?:freight|cargo|commodity|product) is )([A-Z][A-Za-z&'/ -]{2,40}?(?:, (?:[a-z]+ed|eye to [a-z]+))?)(?:,|\.|;| weighing| on a| at | \(|$| - |\s\d)`)

// proseCommodity reads "the transportation of Canned Vegetables, 8,200 lbs".
func (d *doc) proseCommodity() {
	for _, c := range d.cells {
		if m := goodsRE.FindStringSubmatchIndex(c.text); m != nil && d.isRateCon() {
			if h := d.of[c]; h != nil && h.ctx == cTerms {
				continue
			}
			if m[2] < 0 {
				m[2], m[3] = m[4], m[5]
			}
			e := c.cut(m[2], m[3])
			d.r.Commodity = leaf(e.text, 0.85, e)
			if n := countBehindRE.FindStringSubmatchIndex(c.text[m[3]:]); n != nil && d.r.Pieces == nil {
				d.r.Pieces = leafInt(atoi(strings.ReplaceAll(c.text[m[3]+n[2]:m[3]+n[3]], ",", "")), 0.85, c.cut(m[3]+n[2], m[3]+n[1]))
			}
			return
		}
	}
}

// loadAsGoods finds "Load: Household Appliances, 31,700 lbs", where the word
// for the load announces what is hauled.
func (d *doc) loadAsGoods() []pair {
	var out []pair
	for _, c := range d.cells {
		g, ok := c.lone()
		if g := c.segs[0]; g.known && g.key == "load" && !g.empty() && !isDigit(c.text[g.va]) && looseWeightRE.MatchString(c.text[g.va:]) {
			v := c.val(g)
			for _, m := range d.wrappedAt(c, v.box[0]) {
				v = join(" ", v, m.all())
			}
			out = append(out, pair{lab: label{sub: sCommodity}, v: v, how: inline, c: c, h: d.of[c]})
			continue
		}
		if !ok || g.key != "load" && g.key != "shipment" {
			continue
		}
		for _, n := range []*cell{d.rightOf(c), d.belowOf(c)} {
			if n != nil && looseWeightRE.MatchString(n.text) {
				out = append(out, pair{lab: label{sub: sCommodity}, v: n.all(), how: below, c: c, h: d.of[c]})
				break
			}
		}
	}
	return out
}

// countUnits are what freight is counted in.
const countUnits = `pcs?|pieces?|plts?|pallets?|skids?|cartons?|ctns?|cases?|units?|handling units|boxes|crates|bundles|rolls|bags|drums|totes|coils`

var countRE = regexp.MustCompile(`(?i)^(\d{1,3}(?:,\d{3})*|\d+)\s*(?:` + countUnits + `)\b`)

// splitCargo reads "Floor Tile, 44.7K lbs, 25 pcs": commodity, weight and count in one box.
func (d *doc) splitCargo(v ev, conf float64) {
	if m := countAheadRE.FindStringSubmatchIndex(v.text); m != nil {
		if d.r.Pieces == nil {
			d.r.Pieces = leafInt(atoi(strings.ReplaceAll(v.text[m[2]:m[3]], ",", "")), conf, v.sub(m[0], m[4]))
		}
		v = v.sub(m[4], len(v.text))
	}
	if m := bracketWeightRE.FindStringSubmatchIndex(v.text); m != nil && m[0] > 2 {
		if lb, unit, _, _, ok := weightOf(v.text[m[2]:m[3]], ""); ok && unit != "" && d.r.WeightLb == nil {
			d.r.WeightLb = leafInt(lb, conf, v.sub(m[2], m[3]))
		}
		v = v.sub(0, m[0])
	}
	if m := cargoTailRE.FindStringIndex(v.text); m != nil && m[0] > 2 {
		tail := v.sub(m[0], len(v.text))
		v = v.sub(0, m[0])
		if lb, unit, a, b, ok := weightOf(tail.text, ""); ok && unit != "" && d.r.WeightLb == nil {
			d.r.WeightLb = leafInt(lb, conf, tail.sub(a, b))
		}
		if m := countInRE.FindStringSubmatchIndex(tail.text); m != nil && d.r.Pieces == nil {
			d.r.Pieces = leafInt(atoi(tail.text[m[2]:m[3]]), conf, tail.sub(m[2], m[3]))
		}
		if at := strings.Index(strings.ToLower(tail.text), "temp"); at >= 0 && d.r.TemperatureMinF == nil {
			d.setTemperature(tail.sub(at, len(tail.text)), "", conf)
		}
	}
	if m := goodsEndRE.FindStringIndex(v.text); m != nil && m[0] > 2 {
		v = v.sub(0, m[0])
	}
	if m := dimsEndRE.FindStringIndex(v.text); m != nil && m[0] > 2 {
		v = v.sub(0, m[0])
	}
	if t := strings.TrimRight(v.text, " -,/"); len(t) > 2 && len(t) < len(v.text) {
		v = v.sub(0, len(t))
	}
	if m := weightEndRE.FindStringSubmatchIndex(v.text); m != nil && m[0] > 2 {
		if lb, unit, _, _, ok := weightOf(v.text[m[2]:m[3]], ""); ok && unit != "" && d.r.WeightLb == nil {
			d.r.WeightLb = leafInt(lb, conf, v.sub(m[2], m[3]))
		}
		v = v.sub(0, len(strings.TrimRight(v.text[:m[0]], " ,/-|;")))
	}
	if !looseWeightRE.MatchString(v.text) && !countPartRE.MatchString(v.text) {
		d.r.Commodity = leaf(v.text, conf, v)
		return
	}
	at, end := 0, -1
	for _, part := range cargoSplitRE.Split(v.text, -1) {
		i := strings.Index(v.text[at:], part) + at
		at = i + len(part)
		t := strings.TrimSpace(part)
		e := v.sub(i, i+len(part))
		m := countRE.FindStringSubmatch(t)
		lb, unit, _, _, ok := weightOf(t, "")
		switch {
		case looseWeightRE.MatchString(t) && ok && unit != "" && isDigit(t[0]):
			if d.r.WeightLb == nil {
				d.r.WeightLb = leafInt(lb, conf, e)
			}
		case m != nil && len(strings.Fields(t)) <= 3:
			if d.r.Pieces == nil {
				d.r.Pieces = leafInt(atoi(m[1]), conf, e)
			}
		default:
			continue
		}
		if end < 0 {
			end = i
		}
	}
	if end < 0 {
		end = len(v.text)
	}
	if e := v.sub(0, len(strings.TrimRight(v.text[:end], " ,-/|•;"))); e.text != "" {
		d.r.Commodity = leaf(e.text, conf, e)
	}
}

var (
	// "14 pieces Lumber", and "Cheese Weight 37500# Temp 36 F" in one line.
	countAheadRE = regexp.MustCompile(`(?i)^(\d{1,3}(?:,\d{3})*|\d+)\s*(?:x|×|F?TL|truckload|` + countUnits + `)\s+(?:of\s+)?([A-Za-z])`)
	cargoTailRE  = regexp.MustCompile(`(?i)\s*\(\d[\d,.]*\s*(?:lbs?|pounds|#)\)$|,?\s+(?:weight|wt|temp|temperature|weighing|approx\.?|approximately|in|on)\b[:.]?\s*-?\d`)
)

// bracketWeightRE is "(41260.0 lbs)" behind the goods.
var bracketWeightRE = regexp.MustCompile(`(?i)\s*\((\d[\d,.]*\s*(?:lbs?|pounds|#|kgs?))\.?\)\s*$`)

// goodsEndRE is where the goods end and shouting begins: "BEANS!***Driver must ...".
var goodsEndRE = regexp.MustCompile(`!|\*\*`)

// dimsEndRE is a size behind the goods: "LUMBER 0x0x0in".
var dimsEndRE = regexp.MustCompile(`(?i) \d+ ?x ?\d+ ?x ?\d+ ?(?:in|ft|")?$`)

// weightEndRE is a weight right behind the goods: "LUBE 40847LBS".
var weightEndRE = regexp.MustCompile(`(?i),? (\d[\d,]{3,6} ?(?:lbs?|pounds|#))\.?$`)

var countInRE = regexp.MustCompile(`(?i)\b(?:in|on) (\d{1,4}) (?:` + countUnits + `)\b`)

// countBehindRE is a count right behind the goods: ", 4 pallets", " on 22 skids".
var countBehindRE = regexp.MustCompile(`(?i)^(?:,| on| in|;| -| \()? (\d{1,3}(?:,\d{3})*|\d{1,5}) (?:` + countUnits + `)\b`)

var countPartRE = regexp.MustCompile(`(?i)[,/|;-]\s*\d{1,6}\s*(?:` + countUnits + `)\b`)

var cargoSplitRE = regexp.MustCompile(`, | / | - | \| | • |; `)

func (d *doc) readWeight() {
	type w struct {
		lb   int
		unit string
		p    pair
		e    ev
	}
	var outs, ins []w
	for _, p := range d.cargoPairs(sWeight) {
		hint := p.hint
		for _, u := range []string{"lbs", "pounds", "lb", "kg"} {
			if hint == "" && strings.Contains(p.key, u) {
				hint = u
			}
		}
		lb, unit, a, b, ok := weightOf(p.v.text, hint)
		if !ok {
			continue
		}
		x := w{lb, unit, p, p.v.sub(a, b)}
		if p.ctx == cPickup || p.ctx == cDelivery || p.c.tableRow > 0 {
			ins = append(ins, x)
		} else {
			outs = append(outs, x)
		}
	}
	pickTotal := func(ws []w) w {
		for _, x := range ws {
			if strings.Contains(x.p.key, "total") {
				return x
			}
		}
		return ws[0]
	}
	switch {
	case len(outs) > 0:
		x := pickTotal(outs)
		d.r.WeightLb = leafInt(x.lb, x.p.strength(), x.e)
		d.unitFlag(x.unit, x.e)
		for _, o := range outs {
			if o.lb != x.lb && !strings.Contains(x.p.key, "total") && absInt(o.lb-x.lb) > x.lb/200 {
				d.flag("weight_lb", fmt.Sprintf("two weights are printed: %s and %s", x.e.text, o.e.text), Check)
			}
		}
	case len(ins) > 0:
		x := ins[0]
		sum, same := 0, true
		for _, o := range ins {
			if o.p.ctx != cDelivery {
				sum += o.lb
			}
			same = same && o.lb == x.lb
		}
		if !same && sum > 0 {
			d.r.WeightLb = leafInt(sum, 0.7, x.e)
			d.flag("weight_lb", "the weight is printed per stop only; this is the sum of the pickups", Check)
		} else {
			d.r.WeightLb = leafInt(x.lb, x.p.strength(), x.e)
		}
		d.unitFlag(x.unit, x.e)
	case d.r.WeightLb == nil:
		d.looseWeight()
	}
}

var looseWeightRE = regexp.MustCompile(`(?i)\b(\d{1,3},\d{3}(?:\.\d+)?|\d{4,5}(?:\.\d+)?|\d{1,2}(?:\.\d)?k)\s*(?:lbs?|pounds|#)(?:\b|\.|$|\s)`)

// limitRE speaks of a limit or of the truck itself, not of this load: "GVWR
// greater than 8,500 lbs", "must be able to scale 45,000 lbs".
var limitRE = regexp.MustCompile(`(?i)\b(?:gvwr|gross vehicle|greater than|more than|in excess of|exceed(?:s|ing)?|over|under|less than|maximum|max|up to|at least|able to|can scale|minimum)\b[^.;]{0,40}$`)

func (d *doc) looseWeight() {
	for _, c := range d.cells {
		m := looseWeightRE.FindStringIndex(c.text)
		if m == nil || len(c.text) > 220 && !d.isRateCon() {
			continue
		}
		if h := d.of[c]; h != nil && h.ctx == cTerms || limitRE.MatchString(c.text[:m[0]]) {
			continue
		}
		if lb, unit, _, _, ok := weightOf(c.text[m[0]:m[1]], ""); ok && unit != "" {
			d.r.WeightLb = leafInt(lb, 0.85, c.cut(m[0], m[1]))
			return
		}
	}
	if !d.isRateCon() {
		return
	}
	for _, c := range d.clauses() { // the number may stand at one line's end, its unit on the next
		if m := looseWeightRE.FindStringIndex(c.text); m != nil && !notTermsRE.MatchString(c.low) && goodsRE.MatchString(c.text) {
			if lb, unit, _, _, ok := weightOf(c.text[m[0]:m[1]], ""); ok && unit != "" {
				v := c.v
				v.text, v.c = c.text[m[0]:m[1]], nil
				d.r.WeightLb = leafInt(lb, 0.85, v)
				return
			}
		}
	}
}

func (d *doc) unitFlag(unit string, e ev) {
	if unit == "" {
		d.flag("weight_lb", "the weight "+e.text+" has no unit; taken as pounds", Check)
	}
}

func absInt(n int) int {
	if n < 0 {
		return -n
	}
	return n
}

func (d *doc) readCounts() {
	pieces := d.cargoPairs(sPieces)
	for _, p := range d.cargoPairs(sQty) {
		if p.c.headerOf == 0 && p.h != nil && p.h.ctx != cRates || p.h == nil {
			pieces = append(pieces, p)
		}
	}
	for _, p := range pieces {
		inside := p.ctx == cPickup || p.ctx == cDelivery || p.c.tableRow > 0
		m := digitsRE.FindStringIndex(p.v.text)
		if m == nil || inside && d.r.Pieces != nil {
			continue
		}
		n := rounded(strings.Trim(numFirst.FindString(p.v.text), "~ "))
		if n <= 0 || n > 200_000 || strings.Contains(p.v.text, "lb") || poundsRE.MatchString(p.v.text) {
			continue
		}
		if d.r.Pieces == nil {
			d.r.Pieces = leafInt(n, p.strength(), p.v)
		} else if d.r.Pieces.Value != n && !inside {
			d.flag("pieces", fmt.Sprintf("two counts are printed: %d and %d", d.r.Pieces.Value, n), Check)
		}
	}
	d.looseCounts()
	d.unitCount()
	for _, p := range d.cargoPairs(sMiles) {
		n := rounded(strings.TrimLeft(numFirst.FindString(p.v.text), "~ "))
		if n <= 0 || n > 6000 {
			continue
		}
		if d.r.Miles == nil {
			d.r.Miles = leafInt(n, p.strength(), p.v)
		} else if d.r.Miles.Value != n {
			d.flag("miles", fmt.Sprintf("two distances are printed: %d and %d", d.r.Miles.Value, n), Check)
		}
	}
	for _, c := range d.cells {
		m := bracketMilesRE.FindStringSubmatchIndex(c.text)
		if n := 0; m != nil && d.r.Miles == nil {
			if n = rounded(c.text[m[2]:m[3]]); n > 0 && n < 6000 {
				d.r.Miles = leafInt(n, 0.88, c.cut(m[2], m[3]))
			}
		}
	}
}

var (
	// "Freight Terms: 3500.0, Prepaid (21994.0 lb) (2088.0 miles)"
	bracketMilesRE = regexp.MustCompile(`\(([\d,]+(?:\.\d+)?) miles\)`)
	unitCountRE    = regexp.MustCompile(`(?i)^([\d,]+)(?:\.0+)? (?:plts?|pcs|pallets?|pieces?|skids?|ctns?|cartons?|cases?)$`)
)

// unitCount takes a count with its unit in a cell of its own, where one pickup
// prints just one.
func (d *doc) unitCount() {
	if d.r.Pieces != nil || !d.isRateCon() {
		return
	}
	var found *cell
	n := 0
	for _, c := range d.cells {
		if h := d.of[c]; h != nil && (h.ctx == cDelivery || h.ctx == cTerms) {
			continue
		}
		if m := unitCountRE.FindStringSubmatch(c.text); m != nil {
			k := rounded(m[1])
			if k == 0 || found != nil && k != n {
				return
			}
			found, n = c, k
		}
	}
	if found != nil {
		d.r.Pieces = leafInt(n, 0.82, found.all())
	}
}

// rounded reads "1,351" and "930.51" as whole numbers; 0 is none.
func rounded(s string) int {
	f, err := strconv.ParseFloat(strings.ReplaceAll(s, ",", ""), 64)
	if err != nil || f < 0 || f > 1e6 {
		return 0
	}
	return int(f + 0.5)
}

var (
	looseCountRE = regexp.MustCompile(`(?i)^\W*(\d{1,4})\s*(?:x|` + countUnits + `)\b`)
	looseMilesRE = regexp.MustCompile(`(?i)^\W*(\d{1,3}(?:,\d{3})*|\d{1,4})\s*(?:mi|miles)\W*$`)
)

// looseGoods takes the words of a line of count, goods and weight.
func (d *doc) looseGoods() {
	for _, l := range d.lines {
		if d.r.Commodity != nil || !d.goodsLine(l) {
			continue
		}
		for _, c := range l.cells {
			if m := looseCountRE.FindStringSubmatchIndex(c.text); m != nil {
				if d.r.Pieces == nil {
					d.r.Pieces = leafInt(atoi(c.text[m[2]:m[3]]), 0.88, c.cut(m[2], m[3]))
				}
				continue
			}
			if !wholeWeightRE.MatchString(c.text) && !strings.ContainsAny(c.text, "$@:") && len(c.text) > 2 {
				d.r.Commodity = leaf(c.text, 0.86, c.all())
			}
		}
	}
}

// looseCounts reads "24 pcs, 12,400 lbs" and "314 miles" that no label announces.
func (d *doc) looseCounts() {
	for _, c := range d.cells {
		if c.tableRow > 0 || len(c.text) > 60 || c.segs[0].known {
			continue
		}
		if h := d.of[c]; h != nil && (h.ctx == cTerms || h.ctx == cPickup || h.ctx == cDelivery || h.ctx == cRates) {
			continue
		}
		if m := looseCountRE.FindStringSubmatchIndex(c.text); m != nil && d.r.Pieces == nil {
			if n := atoi(c.text[m[2]:m[3]]); n > 0 {
				d.r.Pieces = leafInt(n, 0.82, c.cut(m[2], m[3]))
			}
		}
		if m := looseMilesRE.FindStringSubmatchIndex(c.text); m != nil && d.r.Miles == nil {
			if n := atoi(strings.ReplaceAll(c.text[m[2]:m[3]], ",", "")); n > 0 && n < 6000 {
				d.r.Miles = leafInt(n, 0.85, c.cut(m[2], m[3]))
			}
		}
	}
}
