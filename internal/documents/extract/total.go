package extract

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"truckflow/internal/kit/money"
)

// lineHaulRE is a charge that says it is only a part of the pay.
var lineHaulRE = regexp.MustCompile(`(?i)line\s*haul`)

// settleTotal chooses the total, writes the line items, and flags what does
// not agree.
func (d *doc) settleTotal(items []charge, sums []sumCandidate) {
	items = hardCharges(uniqueCharges(items), sums)
	if d.r.DocumentType != nil && d.r.DocumentType.Value == Other {
		items, sums = nil, nil
	}
	items, sums = lastIsSum(items, sums)
	var fresh []sumCandidate
	for _, s := range sums {
		if s.c > 0 && !s.quoted {
			fresh = append(fresh, s)
		}
	}
	if len(fresh) == 0 {
		fresh = sums
	}
	strong := false
	for _, s := range fresh {
		strong = strong || s.strong
	}
	sum := money.Cents(0)
	for _, it := range items {
		sum += it.c
	}
	if len(fresh) == 0 && len(items) == 1 && items[0].kind == "linehaul" && !lineHaulRE.MatchString(items[0].desc.text) {
		// One flat rate and nothing else is the whole of the pay.
		it := items[0]
		fresh = []sumCandidate{{c: it.c, v: it.amt, rank: 0.7, key: "flat", c0: it.amt.c, currency: codeIn(strings.ToUpper(it.amt.text))}}
		if isWay(it.desc.text) || !it.rate.ok() && len(strings.Fields(it.desc.text)) < 3 {
			items, sum = nil, 0
		}
	}
	if len(items) == 1 && len(fresh) > 0 && fresh[0].key == "" && fresh[0].c == items[0].c && fresh[0].c0.line == items[0].line && !lineHaulRE.MatchString(items[0].desc.text) {
		items, sum = nil, 0 // "Flat Rate: $2,604.25 flat" said once
	}
	anySigned := slices.ContainsFunc(fresh, func(s sumCandidate) bool { return withSign(s) && (s.strong || !strong) })
	var best *sumCandidate
	for i := range fresh {
		s := &fresh[i]
		if strong && !s.strong {
			continue
		}
		if !withSign(*s) && anySigned {
			continue // a weight's or a count's total, where sums of money carry a sign
		}
		if best == nil || s.rank > best.rank || s.rank == best.rank && len(items) > 0 && s.c == sum && best.c != sum {
			best = s
		}
	}
	if best != nil {
		d.writeTotal(best, fresh, &items, sum, strong)
	} else if d.isRateCon() && len(items) > 0 && len(d.r.Stops) > 0 {
		d.flag("total_rate", "no total is printed; the charges on the paper add up to "+sum.Dollars(), Check)
	} else if d.isRateCon() {
		d.flag("total_rate", "no rate was found on the paper", Check)
	}
	if t := d.r.TotalRate; len(items) == 1 && t != nil && items[0].kind == "other" && items[0].c.String() == t.Value && lexicon[phraseKey(items[0].desc.text)].sub != sCharge {
		items[0].kind = "linehaul" // it is the whole pay
	}
	for i, it := range items {
		if i >= 60 {
			break
		}
		d.r.LineItems = append(d.r.LineItems, d.lineItem(it))
	}
}

func (d *doc) writeTotal(best *sumCandidate, all []sumCandidate, items *[]charge, sum money.Cents, strong bool) {
	a, _ := payAmount(best.v.text)
	e := best.v
	if a.b > a.a {
		e = best.v.sub(a.a, a.b)
	}
	conf := 0.93
	agree := 0
	for _, s := range all {
		if s.c == best.c {
			agree++
		}
	}
	if len(*items) > 0 && sum == best.c || agree > 1 {
		conf = 0.98
	}
	if !best.strong {
		conf = min(conf, 0.88)
	}
	if !best.strong && agree == 1 && sum != best.c && d.paysMore(best.c) {
		conf = 0.7
	}
	if best.key == "lonely" {
		conf = 0.7
	}
	if a.struck {
		conf = min(conf, 0.6)
		if sum == best.c && len(*items) > 1 {
			conf = 0.9
		}
	}
	d.r.TotalRate = leaf(best.c.String(), conf, e)
	code := best.currency
	if code == "" {
		for _, s := range all {
			code = firstNonEmpty(code, s.currency)
		}
	}
	d.setCurrency(code, best.v, e)
	// A weak "Rate" beside a strong total is the line haul.
	if strong && !hasKind(*items, "linehaul") {
		for _, s := range all {
			if !s.strong && s.c != best.c && s.key != "" && s.c < best.c {
				am, _ := payAmount(s.v.text)
				*items = append([]charge{{kind: "linehaul", desc: labelOf(s), amt: s.v.sub(am.a, am.b), c: s.c, line: s.c0.line, conf: 0.85}}, *items...)
				sum += s.c
				break
			}
		}
	}
	for _, s := range all {
		if s.c != best.c && (s.strong || s.rank >= 0.6 && s.key != "" && !itemSum(*items, s.c)) {
			d.flag("total_rate", fmt.Sprintf("two totals are printed: %s and %s", best.c.Dollars(), s.c.Dollars()), Check)
			break
		}
	}
	if len(*items) > 0 && sum != best.c {
		d.flag("total_rate", fmt.Sprintf("the charges add up to %s, but the total printed is %s", sum.Dollars(), best.c.Dollars()), Check)
	}
}

// paysMore reports a larger sum on the paper that could be the total as well.
func (d *doc) paysMore(than money.Cents) bool {
	for _, c := range d.cells {
		for _, a := range amounts(c.text) {
			if a.cents > than && a.cents < 4*than && a.marked && !a.perUnit {
				return true
			}
		}
	}
	return false
}

func labelOf(s sumCandidate) ev {
	for _, g := range s.c0.segs {
		if g.known && g.key == s.key {
			return s.c0.cut(g.la, trimLabel(s.c0.text, g.la, g.lb))
		}
	}
	return s.c0.all()
}

func itemSum(items []charge, c money.Cents) bool {
	for _, it := range items {
		if it.c == c {
			return true
		}
	}
	return false
}

func hasKind(items []charge, kind string) bool {
	for _, it := range items {
		if it.kind == kind {
			return true
		}
	}
	return false
}

// setCurrency writes the currency the paper names by code or dollar sign.
func (d *doc) setCurrency(code string, whole, e ev) {
	for _, p := range d.pairs {
		if p.lab.sub == sCurrency {
			if c := codeIn(strings.ToUpper(p.v.text)); c != "" {
				d.r.Currency = leaf(c, 0.97, p.v)
				if code != "" && code != c {
					d.flag("currency", "the paper names two currencies", Check)
				}
				return
			}
		}
	}
	switch {
	case code != "":
		d.r.Currency = leaf(code, 0.95, whole)
	case strings.Contains(whole.text, "$"):
		up := strings.ToUpper(d.text)
		if codeIn(up) == "CAD" || strings.Contains(up, "CANADIAN DOLLAR") {
			d.r.Currency = leaf("CAD", 0.7, whole)
			d.flag("currency", "Canadian dollars are mentioned on the paper; check the currency", Check)
			return
		}
		d.r.Currency = leaf("USD", 0.9, e)
	}
}

// lastIsSum takes the last line of pay for the total when it is what the lines
// before it add up to and no label names a total.
func lastIsSum(items []charge, sums []sumCandidate) ([]charge, []sumCandidate) {
	n := len(items) - 1
	if n < 1 || anyStrong(sums) {
		return items, sums
	}
	sum := money.Cents(0)
	for _, it := range items[:n] {
		sum += it.c
	}
	last := items[n]
	if last.kind != "other" || sum != last.c {
		return items, sums
	}
	for _, a := range amounts(last.amt.text) {
		return items[:n], append(sums, sumCandidate{c: last.c, v: last.amt, strong: true, currency: a.currency, rank: 0.8, key: "sum", c0: last.amt.c})
	}
	return items, sums
}

// hardCharges leaves out conditions of pay that look like lines of pay, unless
// the total needs them.
func hardCharges(in []charge, sums []sumCandidate) []charge {
	var hard, all money.Cents
	var out []charge
	for _, c := range in {
		all += c.c
		if !c.soft {
			hard += c.c
			out = append(out, c)
		}
	}
	for _, s := range sums {
		if s.c == hard && len(out) > 0 {
			return out
		}
	}
	for _, s := range sums {
		if s.c == all {
			return in
		}
	}
	if len(sums) == 0 && len(out) == 0 {
		return in
	}
	return onlySigned(out, sums)
}

// onlySigned leaves out charges printed without a sign where those with one make
// the total: a weight beside the pay, most often.
func onlySigned(in []charge, sums []sumCandidate) []charge {
	var sum money.Cents
	var out []charge
	for _, c := range in {
		if strings.ContainsAny(c.amt.text, "$UC") {
			sum += c.c
			out = append(out, c)
		}
	}
	for _, s := range sums {
		if len(out) > 0 && s.c == sum && withSign(s) {
			return out
		}
	}
	return in
}

// uniqueCharges drops a line said twice (a summary box repeating the table).
func uniqueCharges(in []charge) []charge {
	var out []charge
	for _, c := range in {
		dup := false
		for _, o := range out {
			if o.kind == c.kind && o.c == c.c && (c.kind == "linehaul" || c.kind == "fuel" || strings.EqualFold(o.desc.text, c.desc.text)) && o.line != c.line {
				dup = true
			}
		}
		if !dup {
			out = append(out, c)
		}
	}
	return out
}

// thirdRE are noughts behind the cents, and the commas of thousands.
var thirdRE = regexp.MustCompile(`(?:(\.\d\d)0+$)|,`)

func (d *doc) lineItem(c charge) LineItem {
	li := LineItem{Kind: leaf(c.kind, c.conf, c.desc), Amount: leaf(c.c.String(), c.conf, c.amt)}
	if t := strings.Trim(c.desc.text, " :"); t != "" {
		li.Description = leaf(t, c.conf, c.desc)
	}
	if c.qty.ok() {
		if q := numFirst.FindString(c.qty.text); q != "" {
			li.Quantity = leaf(strings.ReplaceAll(strings.Trim(q, "~ "), ",", ""), c.conf*0.95, c.qty)
		}
	}
	if c.rate.ok() {
		if as := amounts(c.rate.text); len(as) > 0 {
			li.Rate = leaf(as[0].cents.String(), c.conf*0.95, c.rate)
		} else if v, err := money.Parse(strings.TrimSpace(numFirst.FindString(c.rate.text))); err == nil {
			li.Rate = leaf(v.String(), c.conf*0.9, c.rate)
		} else if v, err := money.Parse(thirdRE.ReplaceAllString(strings.Trim(c.rate.text, "$ "), "$1")); err == nil {
			li.Rate = leaf(v.String(), c.conf*0.9, c.rate) // "$1,898.000"
		}
	}
	return li
}
