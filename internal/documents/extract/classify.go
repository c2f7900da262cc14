package extract

import (
	"regexp"
	"strings"
)

// signs are phrases that speak for a kind of document. Weight is how loudly;
// a phrase in the first lines counts double.
var signs = []struct {
	kind string
	w    float64
	re   *regexp.Regexp
}{
	{RateConfirmation, 5, regexp.MustCompile(`(?i)rate\s*(?:&|and)?\s*(?:load\s*)?con(?:firmation|f)?\b|carrier\s+(?:rate|load|freight)?\s*(?:&|and)?\s*(?:load\s+)?(?:confirmation|agreement)|load\s+(?:confirmation|tender|agreement)|(?:spot|load)\s+contract|truckload\s+(?:rate\s+)?confirmation|dispatch\s+(?:confirmation|sheet)|freight\s+confirmation|confirmation\s+of\s+(?:rate|load|contract)|load\s*con\b|rate\s+agreement|tender\s+confirmation|contract\s+(?:rate\s+)?confirmation|carrier\s+contract|shipment\s+confirmation|transport(?:ation)?\s+(?:order|confirmation)|load\s+sheet|carrier\s+confirmation|booking\s+confirmation|(?:rate|freight|truckload|haulage|trip)\s+(?:rate\s+)?contract|carrier\s+(?:order|assignment|tender|booking)|load\s+(?:order|award|assignment|offer|booking)|(?:haul|hauling|trucking|truck)\s+(?:order|contract|agreement|confirmation)|rate\s+(?:schedule|addendum)`)},
	{RateConfirmation, 3, regexp.MustCompile(`(?i)\bconfirmation\b|carrier\s+pay|rate\s+sheet`)},
	{RateConfirmation, 3, regexp.MustCompile(`(?i)\bconfirm(?:ing|ed|s)?\b.{0,40}\bload\b|\bload\b.{0,40}\bconfirm`)},
	{RateConfirmation, 1.5, regexp.MustCompile(`(?i)carrier\s+(?:pay|rate|amount)\b|re-?broker|line\s?haul|all[- ]in`)},
	{RateConfirmation, 1, regexp.MustCompile(`(?i)detention|layover|TONU|quick\s?pay|lumper|fuel surcharge|please confirm`)},
	{BillOfLading, 6, regexp.MustCompile(`(?i)(?:straight\s+)?bill\s+of\s+lading(?:\s*-\s*short form)?`)},
	{BillOfLading, 1.5, regexp.MustCompile(`(?i)NMFC|freight class|shipper certif|hazardous materials? column|freight charge terms|handling units?|received,? subject to`)},
	{ProofOfDelivery, 7, regexp.MustCompile(`(?i)proof\s+of\s+delivery|consignee'?s?\s+receipt|delivery\s+(?:receipt|confirmation\s+form|acknowledg)|^\s*P\.?O\.?D\.?\b`)},
	{ProofOfDelivery, 2, regexp.MustCompile(`(?i)received\s+(?:in good|by|in full)|consignee\s+signature|receiver'?s?\s+(?:signature|name)|pieces\s+(?:received|delivered)|time\s+(?:in|out)\b`)},
	{Invoice, 7, regexp.MustCompile(`(?i)\b(?:freight|carrier|commercial)?\s*invoice\b`)},
	{Invoice, 2, regexp.MustCompile(`(?i)invoice\s*(?:#|no|number|date)|amount\s+due|remit\s+(?:payment\s+)?to|balance\s+due|due\s+date`)},
	{LumperReceipt, 8, regexp.MustCompile(`(?i)lumper\s+(?:service\s+)?receipt|unloading\s+(?:service\s+)?receipt|capstone logistics|receipt\s+for\s+(?:lumper|unloading)`)},
	{LumperReceipt, 2, regexp.MustCompile(`(?i)lumper|unloading (?:fee|charge)|comcheck|efs check|convenience fee`)},
	{LumperReceipt, 4, regexp.MustCompile(`(?i)^\W*(?:service |paid )?receipt\W*$`)},
	{LumperReceipt, 2, regexp.MustCompile(`(?i)\bunload(?:ing)? (?:start|finish|end|began|crew)|\brestack|\bpinwheel|\bpallets? (?:start|finish)|^labor\b|\bextra handling`)},
	{ScaleTicket, 8, regexp.MustCompile(`(?i)scale\s+ticket|cat\s+scale|certified\s+(?:automated\s+truck\s+)?scale|weigh\s+ticket|weighmaster`)},
	{ScaleTicket, 2, regexp.MustCompile(`(?i)steer\s+axle|drive\s+axle|trailer\s+axle|gross\s+weight.*tare|tare`)},
	{Other, 12, regexp.MustCompile(`(?i)air\s+waybill|master\s+awb|packing\s+list|commercial\s+invoice|certificate\s+of\s+(?:origin|insurance|liability)|customs\s+declaration|sea\s+waybill|house\s+bill|arrival\s+notice|purchase\s+order\s*$|delivery\s+order|letter\s+of\s+(?:release|credit)|notice\s+of\s+assignment|W-9\b|insurance\s+certificate|resume|curriculum vitae|airport of (?:departure|destination)`)},
}

// classify names the kind of document by what it says of itself, the loudest
// in its first lines, and by what kinds of facts it holds.
func (d *doc) classify() {
	score := map[string]float64{}
	where := map[string]ev{}
	lines := d.lines
	for i, l := range lines {
		if i > 400 {
			break
		}
		for _, c := range l.cells {
			if len(c.text) < 3 {
				continue
			}
			title := 0.35
			if i < 14 && l.page == 1 {
				title = 1
			}
			if i < 5 && len(c.text) < 60 {
				title = 2
			}
			if len(c.text) > 90 && i >= 3 {
				title = 0.15
			}
			seen := map[string]bool{}
			for _, s := range signs {
				m := s.re.FindStringIndex(c.text)
				if m == nil || seen[s.kind] && s.w < 3 {
					continue
				}
				v := s.w * title
				if labelled(c) && s.w >= 5 && s.kind != RateConfirmation {
					v *= 0.15 // "Invoice #:" names a number, not this paper
				}
				if s.kind == Invoice && asksForRE.MatchString(c.text) {
					v *= 0.15 // it is asked for, so this is not it
				}
				if s.w < 3 {
					v = min(s.w, v*2)
				}
				seen[s.kind] = true
				if v > 0.9*s.w*1 || where[s.kind].page == 0 {
					if where[s.kind].page == 0 || s.w >= 5 && score[s.kind] < v {
						where[s.kind] = c.cut(m[0], m[1])
					}
				}
				score[s.kind] = max(score[s.kind], 0) + v
			}
		}
	}
	d.factScores(score)
	best, second := Other, Other
	for _, k := range []string{RateConfirmation, BillOfLading, ProofOfDelivery, Invoice, LumperReceipt, ScaleTicket, Other} {
		switch {
		case score[k] > score[best]:
			best, second = k, best
		case k != best && (second == best || score[k] > score[second]):
			second = k
		}
	}
	conf := 0.97
	switch {
	case score[best] < 4:
		best, conf = Other, 0.8
	case score[best] < score[second]*1.3:
		conf = 0.6
	case score[best] < 6:
		conf = 0.8
	}
	w := where[best]
	if !w.ok() && len(d.cells) > 0 {
		w = d.cells[0].all()
	}
	if w.ok() {
		d.r.DocumentType = leaf(best, conf, w)
	}
}

var asksForRE = regexp.MustCompile(`(?i)\b(?:required|send|sent|submit\w*|must|include|mail(?:ed)?|with your|on (?:your|the|all) invoices?|invoices? to)\b`)

// paysSomething reports a sum of money outside the conditions.
func (d *doc) paysSomething() bool {
	for _, c := range d.cells {
		if h := d.of[c]; h != nil && h.ctx == cTerms || len(c.text) > 60 {
			continue
		}
		for _, a := range amounts(c.text) {
			if !a.perUnit && a.cents >= 20_000 && (a.marked || a.decimals) {
				return true
			}
		}
	}
	return false
}

var allInProse = regexp.MustCompile(`(?i)\$\s?\d[\d,]*(?:\.\d\d)?\s*(?:all[- ]in|flat)|\brate (?:is|of|will be) \$`)

func labelled(c *cell) bool {
	return len(c.segs) > 0 && c.segs[0].known && (c.segs[0].colon || !c.segs[0].empty()) && c.segs[0].lab.sub != sBlock
}

// factScores lets what the paper holds speak: a load number, stops, a rate.
func (d *doc) factScores(score map[string]float64) {
	var pick, drop, rate, load bool
	for _, h := range d.heads {
		pick = pick || h.ctx == cPickup
		drop = drop || h.ctx == cDelivery
	}
	for _, p := range d.pairs {
		pick = pick || p.ctx == cPickup
		drop = drop || p.ctx == cDelivery
		rate = rate || (p.lab.sub == sTotal || p.lab.sub == sCharge) && len(amounts(p.v.text)) > 0
		load = load || p.lab.sub == sLoadNo
	}
	for _, s := range d.r.Stops {
		pick = pick || s.Type.Value == "pickup"
		drop = drop || s.Type.Value == "delivery"
	}
	for _, t := range d.tables {
		rate = rate || t.charges
	}
	rate = rate || d.paysSomething()
	rate = rate || allInProse.MatchString(d.text)
	load = load || looseLoadRE.MatchString(d.text)
	switch {
	case rate && load && (pick || drop):
		score[RateConfirmation] += 5
	case rate && pick && drop:
		score[RateConfirmation] += 4
	}
	if strings.Contains(strings.ToLower(d.text), "rate") && rate && pick && drop {
		score[RateConfirmation] += 1
	}
}
