package extract

import (
	"regexp"
	"strings"
)

var (
	partSepRE  = regexp.MustCompile(` [/|•·;–-] |, |; `)
	wholeMiles = regexp.MustCompile(`(?i)^(?:\d{1,3}(?:,\d{3})*|\d{1,4})\s*(?:mi|miles)\.?$`)
	wholeCount = regexp.MustCompile(`(?i)^(?:\d{1,3}(?:,\d{3})*|\d{1,5})\s*(?:x|` + countUnits + `)$`)
	wholeTemp  = regexp.MustCompile(`(?i)^(?:temp\S*|at|set|keep)?[: ]*-?\d{1,3}\s*(?:(?:-|to)\s*-?\d{1,3}\s*)?(?:°\s*F?|F|deg\S*(?: F)?)(?: (?:continuous|cycle|cont))?\.?$`)
	weightOfRE = regexp.MustCompile(`^(\d[\d,.]*[kK]? ?(?:lbs?|pounds|#)\.?) (?:of )?([A-Z][A-Za-z&'/ -]{2,40})$`)
	serviceRE  = regexp.MustCompile(`(?i)\b(?:ftl|ltl|tl|truckload|full|partial|solo|team|non-?haz\w*|haz\w*|no[- ]touch|live|drop|continuous|cycle|legal|expedited|dedicated|standard|tarps?|straps?|chains|miles|all in)\b`)
)

// mixedGoods reads lines that tell of the freight in parts that need no labels:
// "44,000 lbs / 22 pallets / Potatoes / Reefer 38F". Two parts must have a form
// that says what they are; the one that has none is what is hauled.
func (d *doc) mixedGoods() {
	for _, l := range d.lines {
		var parts []ev
		truck := false // it speaks of the trailer, so not of a stop it may stand below
		for _, c := range l.cells {
			_, _, ok := equipmentIn(c.text)
			truck = truck || ok && !streetLike(c.text)
		}
		for _, c := range l.cells {
			if h := d.of[c]; c.tableRow > 0 || c.headerOf > 0 || h != nil && (h.ctx == cTerms || h.ctx == cRates || ofOneStop(h) && !truck) {
				continue
			}
			g := c.segs[len(c.segs)-1]
			if g.empty() || g.known && g.lab.sub != sBlock && g.lab.sub != sDesc || len(c.text) > 160 {
				continue
			}
			parts = append(parts, splitParts(c.val(g))...)
		}
		if len(parts) < 2 || len(parts) > 8 {
			continue
		}
		typed, free := 0, []ev(nil)
		for _, p := range parts {
			if d.goodsPart(p, false) {
				typed++
			} else if !serviceRE.MatchString(p.text) {
				free = append(free, p)
			}
		}
		if typed < 2 || len(free) > 1 {
			continue
		}
		for _, p := range parts {
			d.goodsPart(p, true)
		}
		if len(free) == 1 && d.r.Commodity == nil && len(strings.Fields(free[0].text)) <= 6 && len(free[0].text) > 2 && !strings.ContainsAny(free[0].text, "0123456789$@:") {
			d.r.Commodity = leaf(free[0].text, 0.84, free[0])
		}
	}
}

// splitParts cuts a text at bars, dots, slashes and commas that stand between words.
func splitParts(v ev) []ev {
	var out []ev
	at := 0
	for _, m := range append(partSepRE.FindAllStringIndex(v.text, 10), []int{len(v.text), len(v.text)}) {
		if p := v.sub(at, m[0]); strings.TrimSpace(p.text) != "" {
			out = append(out, p)
		}
		at = m[1]
	}
	return out
}

// goodsPart reports a part whose form says what it is; it fills the field when
// take is set and nothing has filled it.
func (d *doc) goodsPart(p ev, take bool) bool {
	const conf = 0.85
	t := strings.Trim(p.text, " .,;()")
	switch {
	case wholeWeightRE.MatchString(t):
		if lb, _, _, _, ok := weightOf(t, ""); ok && take && d.r.WeightLb == nil {
			d.r.WeightLb = leafInt(lb, conf, p)
		}
	case weightOfRE.MatchString(t):
		m := weightOfRE.FindStringSubmatchIndex(t)
		if take && d.goodsPart(p.sub(0, m[3]), true) && d.r.Commodity == nil {
			e := p.sub(m[4], m[5])
			d.r.Commodity = leaf(e.text, conf, e)
		}
	case wholeCount.MatchString(t):
		if n := atoi(numFirst.FindString(t)); take && n > 0 && d.r.Pieces == nil {
			d.r.Pieces = leafInt(n, conf, p)
		}
	case wholeMiles.MatchString(t):
		if n := atoi(numFirst.FindString(t)); take && n > 0 && d.r.Miles == nil {
			d.r.Miles = leafInt(n, conf, p)
		}
	case wholeTemp.MatchString(t):
		if take && d.r.TemperatureMinF == nil {
			d.setTemperature(p, "", conf)
		}
	default:
		kind, more, ok := equipmentIn(t)
		if !ok || more || len(strings.Fields(t)) > 6 {
			return false
		}
		if take && d.r.Equipment == nil {
			d.setEquipment(p, kind, more, conf)
		}
	}
	return true
}
