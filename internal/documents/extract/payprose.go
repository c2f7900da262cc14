package extract

import (
	"regexp"
	"strings"
)

var (
	afterAmountRE = regexp.MustCompile(`^\s*(?:USD|CAD)?\s*(?:for (?:the )?|of |in |as |is (?:the )?|- ?)?`)
	connectRE     = regexp.MustCompile(`(?i)[,;]?\s*\b(?:and|plus|that is|which is|with|made up of|consisting of|including|being|broken down as|then)\s*$`)
)

var (
	proseTotalRE = regexp.MustCompile(`(?i)(?:\b(?:rate|pays?|paying|total|all[- ]?in|offer(?:ing)?|agreed|price|for)\b[^$\d]{0,24})?(\$\s?\d{1,3}(?:,\d{3})+(?:\.\d{2})?|\$\s?\d{3,5}(?:\.\d{2})?)\s*(all[- ]?in|flat|total|usd|to the truck)?`)
	proseItemRE  = regexp.MustCompile(`(?i)(line\s?haul|fuel(?: surcharge)?|fsc)\b[^$\d]{0,12}(\$\s?\d[\d,]*(?:\.\d{2})?)|(\$\s?\d[\d,]*(?:\.\d{2})?)\s*(?:for\s+)?(line\s?haul|fuel(?: surcharge)?|fsc)\b`)
)

// proseCharges reads pay told in a sentence, each amount before its name:
// "$6,470.80 in total, that is $5,756.80 Line Haul and $714.00 Fuel Surcharge".
func (d *doc) proseCharges(items *[]charge, sums *[]sumCandidate) {
	for _, c := range d.clauses() {
		ams := amounts(c.text)
		if len(ams) < 2 || len(c.text) > 500 {
			continue
		}
		var found []charge
		var total *sumCandidate
		for i, a := range ams {
			end := len(c.text)
			if i+1 < len(ams) {
				end = ams[i+1].a
			}
			ahead := 0
			if i > 0 {
				ahead = ams[i-1].b
			}
			if ch, ok := d.chargeAhead(c, c.text[ahead:a.a], a); ok {
				if ch.kind == "" {
					total = &sumCandidate{c: a.cents, v: ch.amt, strong: true, currency: a.currency, rank: 0.8, key: "total", c0: d.cells[0]}
				} else {
					found = append(found, ch)
				}
				continue
			}
			words := afterAmountRE.ReplaceAllString(c.text[a.b:end], "")
			words, _, _ = strings.Cut(words, ",")
			words = strings.Trim(connectRE.ReplaceAllString(words, ""), " .,;:+")
			amt, desc := c.v, c.v
			amt.text, amt.c, desc.text, desc.c = c.text[a.a:a.b], nil, words, nil
			l, _ := chargeLabel(&cell{text: words})
			switch {
			case a.perUnit || a.percent || len(strings.Fields(words)) > 4:
			case l.sub == sTotal || allInRE.MatchString(words):
				total = &sumCandidate{c: a.cents, v: amt, strong: true, currency: a.currency, rank: 0.8, key: "total", c0: d.cells[0]}
			case l.sub == sCharge || l.sub == sLumper || l.sub == sStopOff:
				found = append(found, charge{kind: chargeKind(l, words), desc: desc, amt: amt, c: a.cents, line: d.lineOf(c), conf: 0.85})
			}
		}
		if len(found) == 0 || len(found) < len(ams)-1 || total == nil && len(found) < 2 {
			continue
		}
		*items = append(*items, found...)
		if total != nil {
			*sums = append(*sums, *total)
		}
		return
	}
}

// chargeAhead reads the name of an amount from the words ahead of it: "Carrier
// shall receive Line Haul of $2,966.70". Kind is empty for a total.
func (d *doc) chargeAhead(c clause, words string, a amount) (charge, bool) {
	words = strings.TrimSpace(words)
	for _, tail := range []string{" of", " is", " at", ":", ","} {
		words = strings.TrimSuffix(words, tail)
	}
	f := strings.Fields(words)
	for n := min(3, len(f)); n > 0 && !a.perUnit && !a.percent; n-- {
		name := strings.Trim(strings.Join(f[len(f)-n:], " "), ",;")
		amt, desc := c.v, c.v
		amt.text, amt.c, desc.text, desc.c = c.text[a.a:a.b], nil, name, nil
		switch l := lexicon[phraseKey(name)]; l.sub {
		case sTotal:
			return charge{amt: amt}, true
		case sCharge, sLumper, sStopOff:
			return charge{kind: chargeKind(l, name), desc: desc, amt: amt, c: a.cents, line: d.lineOf(c), conf: 0.85}, true
		}
	}
	return charge{}, false
}

// proseSums reads "rate is $1,850 all in" from a letter's text.
func (d *doc) proseSums(items *[]charge, sums *[]sumCandidate) {
	for _, c := range d.cells {
		if h := d.of[c]; h != nil && h.ctx == cTerms || len(amounts(c.text)) == 0 {
			continue
		}
		for _, m := range proseTotalRE.FindAllStringSubmatchIndex(c.text, 4) {
			lead := strings.ToLower(c.text[m[0]:m[2]])
			tail := ""
			if m[4] > 0 {
				tail = strings.ToLower(c.text[m[4]:m[5]])
			}
			a, ok := payAmount(c.text[m[2]:m[3]])
			if !ok || perRE.MatchString(c.text[m[3]:]) || lead == "" && tail == "" || strings.Contains(lead, "for") && tail == "" {
				continue
			}
			low := strings.ToLower(c.text)
			if strings.Contains(low, "insurance") || strings.Contains(low, "fee") || strings.Contains(low, "detention") || strings.Contains(low, "tonu") || strings.Contains(low, "layover") || strings.Contains(low, "customer") || strings.Contains(low, "deduct") || strings.Contains(low, " fine") || voidRE.MatchString(c.text[:m[0]]) {
				continue
			}
			strong := strings.Contains(lead+tail, "total") || strings.Contains(lead+tail, "all")
			*sums = append(*sums, sumCandidate{c: a.cents, v: c.cut(m[2], max(m[3], m[5])), strong: strong, rank: 0.7, quoted: d.quoted(c), c0: c, currency: codeIn(strings.ToUpper(tail))})
		}
	}
}
