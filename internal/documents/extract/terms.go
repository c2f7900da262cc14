package extract

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	payDaysRE   = regexp.MustCompile(`(?i)\bnet\s*-?(\d{1,3})\b|(\d{1,3})\s*(?:business\s+|calendar\s+)?days?\b`)
	payProseRE  = regexp.MustCompile(`(?i)(?:payment terms|standard pay(?:ment)?|pay terms|\bterms)\b[^.;]{0,30}?\bnet\s*-?(\d{1,3})|\bnet\s*-?(\d{1,3})\b(?:\s*days?)?|(?:\bwe pay|\bpaid|\bpays?|\bpayment|standard pay)\b[^.;%$]{0,40}?\b(\d{1,3})\s*(?:business |calendar )?days?\b`)
	percentRE   = regexp.MustCompile(`(\d{1,2}(?:\.\d{1,2})?)\s*(?:%|percent)`)
	dayCountRE  = regexp.MustCompile(`(?i)\b(\d{1,2}|same|next|one|two|three|five|seven|ten)[- ]*(?:business |calendar )?days?\b|(\d{1,2})\s*(?:hours|hrs)\b`)
	freeTimeRE  = regexp.MustCompile(`(?i)(\d{1,3}(?:\.\d+)?|one|two|three|four|an)\s*(?:\(\d\)\s*)?(hours?|hrs?|h\b|minutes?|mins?)`)
	perHourRE   = regexp.MustCompile(`(?i)^\s*(?:usd\s*)?(?:/|per|an|each)?\s*(?:hour|hr|h)\b`)
	perDayRE    = regexp.MustCompile(`(?i)^\s*(?:usd\s*)?(?:/|per|a|each)?\s*(?:day|24\s*h|24 hours|night)`)
	capRE       = regexp.MustCompile(`(?i)max|cap|not to exceed|up to|limit`)
	sentenceEnd = regexp.MustCompile(`[.!?](?:\s|$)|;`)
	numberWords = map[string]int{"one": 1, "an": 1, "two": 2, "three": 3, "four": 4, "five": 5, "seven": 7, "ten": 10, "same": 0, "next": 1}
)

// clause is one sentence of the paper with the cells it runs over.
type clause struct {
	text string
	v    ev
	low  string
}

// clauses joins wrapped lines of prose and cuts them into sentences.
func (d *doc) clauses() []clause {
	var out []clause
	taken := map[*cell]bool{}
	for _, c := range d.cells {
		if taken[c] || c.tableRow > 0 {
			continue
		}
		parts := []ev{c.all()}
		prev := c
		for len(parts) < 14 {
			n := d.nextLine(prev)
			if n == nil || taken[n] || n.head != nil || len(n.segs) > 0 && n.segs[0].known && n.segs[0].colon && !proseLine(n) {
				break
			}
			if strings.HasPrefix(n.text, "-") || strings.HasPrefix(n.text, "•") || bulletNo.MatchString(n.text) {
				break
			}
			if prev.x1-prev.x0 < 34*d.cw && !strings.HasSuffix(prev.text, ",") && (strings.HasSuffix(prev.text, ".") || !startsLower(n.text)) {
				break
			}
			taken[n] = true
			parts = append(parts, n.all())
			prev = n
		}
		whole := join(" ", parts...)
		if len(whole.text) < 6 {
			continue
		}
		at := 0
		add := func(t string) {
			t = strings.TrimSpace(t)
			if len(t) > 5 {
				v := whole
				v.text = t
				out = append(out, clause{t, v, strings.ToLower(t)})
			}
		}
		for _, m := range sentenceEnd.FindAllStringIndex(whole.text, -1) {
			// "No. 5" and "2.5 hrs" are not ends; neither is a lone initial.
			if m[0]-at < 4 || abbrevRE.MatchString(whole.text[:m[0]+1]) && inSentence(whole.text[m[1]:]) {
				continue
			}
			add(whole.text[at:m[0]])
			at = m[1]
		}
		add(whole.text[at:])
		if len(out) > 3000 {
			break
		}
	}
	return out
}

// inSentence reports text that cannot open a sentence: "Acme Inc. (Broker)", "Acme Co. hereby".
func inSentence(s string) bool {
	return startsLower(s) || strings.HasPrefix(s, "(") || strings.HasPrefix(s, ",")
}

func startsLower(s string) bool { return s != "" && s[0] >= 'a' && s[0] <= 'z' }

var bulletNo = regexp.MustCompile(`^\(?\d{1,2}[.)]\s`)

func proseLine(c *cell) bool { return len(strings.Fields(c.text)) > 9 }

// nextLine is the cell right under c with the same left edge.
func (d *doc) nextLine(c *cell) *cell {
	for k := c.line + 1; k < len(d.lines) && k <= c.line+2; k++ {
		for _, n := range d.lines[k].cells {
			if n.x0 > c.x0-3*d.cw && n.x0 < c.x0+3*d.cw && n.y0-c.y1 < 0.9*d.em {
				return n
			}
		}
	}
	return nil
}

// readTerms reads the conditions of pay from labelled rows and from prose.
func (d *doc) readTerms() {
	if d.r.DocumentType != nil && d.r.DocumentType.Value == Other {
		return
	}
	for _, p := range d.pairs {
		if slices.Contains(d.chains, p.c) {
			continue
		}
		if p.lab.ctx == cTerms || p.lab.sub == sStopOff || p.lab.sub == sCharge && p.lab.kind == "stop_off" {
			d.termPair(p)
		}
	}
	for _, c := range d.clauses() {
		d.termClause(c)
	}
}

func (d *doc) termPair(p pair) {
	t := &d.r.Terms
	v, conf := p.v, p.strength()
	low := strings.ToLower(v.text)
	switch p.lab.sub {
	case sPayTerms:
		if m := payDaysRE.FindStringSubmatchIndex(v.text); m != nil && t.PaymentDays == nil {
			g := group(v.text, m)
			if n := atoi(firstNonEmpty(g(1), g(2))); n > 0 && n <= 120 {
				t.PaymentDays = leafInt(n, conf, v.sub(m[0], m[1]))
			}
		}
		if strings.Contains(low, "quick") {
			d.quickPay(v, conf)
		}
	case sQuickPay:
		d.quickPay(v, conf)
	case sDetention:
		d.detention(v, conf)
	case sDetFree:
		if n, ok := freeMinutes(v.text, p.hint); ok && t.DetentionFreeMinutes == nil {
			t.DetentionFreeMinutes = leafInt(n, conf, v)
		}
	case sDetCap:
		d.setMoney(&t.DetentionDailyCap, v, conf)
	case sLayover:
		d.setMoney(&t.LayoverPerDay, v, conf)
	case sTONU:
		d.setMoney(&t.TONU, v, conf)
	case sLumper:
		if who := lumperWho(low); who != "" {
			set(&t.Lumper, leaf(who, conf, v))
		}
	case sLateFee:
		d.setMoney(&t.LateFee, v, conf)
	case sTracking:
		if t.TrackingRequired == nil && (trackYes.MatchString(low) && !trackNo.MatchString(low)) {
			t.TrackingRequired = &Leaf[bool]{Value: true, Confidence: conf, Page: v.page, Box: v.box, Text: v.text}
		}
	case sCharge, sStopOff:
		if as := amounts(v.text); len(as) > 0 && (as[0].perUnit || p.h != nil && p.h.ctx == cTerms) {
			d.setMoney(&t.StopOff, v, conf)
		}
	}
}

var (
	trackYes = regexp.MustCompile(`(?i)\brequired\b|\byes\b|\bmandatory\b|\bmust\b`)
	trackNo  = regexp.MustCompile(`(?i)\bnot required\b|\bno\b|\boptional\b`)
)

func (d *doc) setMoney(to *Str, v ev, conf float64) {
	if as := amounts(v.text); len(as) > 0 && *to == nil && as[0].cents > 0 {
		*to = leaf(as[0].cents.String(), conf, v.sub(as[0].a, as[0].b))
	}
}

func (d *doc) quickPay(v ev, conf float64) {
	t := &d.r.Terms
	if m := percentRE.FindStringSubmatchIndex(v.text); m != nil && t.QuickPayPercent == nil {
		if f, err := strconv.ParseFloat(v.text[m[2]:m[3]], 64); err == nil && f > 0 && f < 20 {
			s := strconv.FormatFloat(f, 'f', -1, 64)
			if !strings.Contains(s, ".") {
				s += ".0"
			}
			t.QuickPayPercent = leaf(s, conf, v.sub(m[0], m[1]))
		}
	}
	if m := dayCountRE.FindStringSubmatchIndex(v.text); m != nil && t.QuickPayDays == nil {
		g := group(v.text, m)
		n := atoi(g(1))
		if g(1) != "" && n == 0 {
			n = numberWords[strings.ToLower(g(1))]
		}
		if g(2) != "" {
			n = (atoi(g(2)) + 23) / 24
		}
		if n > 0 && n < 30 && (d.r.Terms.PaymentDays == nil || n < d.r.Terms.PaymentDays.Value) {
			t.QuickPayDays = leafInt(n, conf, v.sub(m[0], m[1]))
		}
	}
}

// freeMinutes reads "2 hours", "120 min"; hint is the label's unit.
func freeMinutes(s, hint string) (int, bool) {
	if m := freeTimeRE.FindStringSubmatch(s); m != nil {
		n, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			n = float64(numberWords[strings.ToLower(m[1])])
		}
		if strings.HasPrefix(strings.ToLower(m[2]), "h") {
			n *= 60
		}
		return int(n + 0.5), n > 0 && n <= 1440
	}
	if t := strings.TrimSpace(s); onlyDigits(t) == t && t != "" {
		n := atoi(t)
		if strings.Contains(hint, "min") || n >= 15 {
			return n, n <= 1440
		}
		return n * 60, n > 0
	}
	return 0, false
}

// detention reads rate, free time and cap from one text.
func (d *doc) detention(v ev, conf float64) {
	t := &d.r.Terms
	for _, a := range amounts(v.text) {
		tail := v.text[a.b:]
		lead := v.text[max(0, a.a-28):a.a]
		switch {
		case perDayRE.MatchString(tail) || capRE.MatchString(lead) && !perHourRE.MatchString(tail):
			if t.DetentionDailyCap == nil {
				t.DetentionDailyCap = leaf(a.cents.String(), conf, v.sub(a.a, a.b))
			}
		case t.DetentionRatePerHour == nil && a.cents > 0 && (perHourRE.MatchString(tail) || strings.Contains(strings.ToLower(v.text), "hour") || strings.Contains(strings.ToLower(v.text), "hr")):
			c := conf
			if !perHourRE.MatchString(tail) {
				c *= 0.8
			}
			t.DetentionRatePerHour = leaf(a.cents.String(), c, v.sub(a.a, a.b))
		}
	}
	if t.DetentionFreeMinutes == nil {
		for _, m := range freeTimeRE.FindAllStringIndex(v.text, 4) {
			around := strings.ToLower(v.text[max(0, m[0]-32):min(len(v.text), m[1]+24)])
			if !strings.Contains(around, "free") && !strings.Contains(around, "after") && !strings.Contains(around, "first") {
				continue
			}
			if strings.Contains(around, "notif") || strings.Contains(around, "before free") {
				continue
			}
			if n, ok := freeMinutes(v.text[m[0]:m[1]], ""); ok {
				t.DetentionFreeMinutes = leafInt(n, conf, v.sub(m[0], m[1]))
				break
			}
		}
	}
}

func lumperWho(low string) string {
	switch {
	case strings.Contains(low, "not reimburs") || strings.Contains(low, "not be reimburs") || strings.Contains(low, "non-reimburs"):
		return "carrier"
	case strings.Contains(low, "reimburs") || strings.Contains(low, "with receipt") || strings.Contains(low, "will be paid back"):
		return "reimbursed"
	case strings.Contains(low, "shipper"):
		return "shipper"
	case strings.Contains(low, "receiver") || strings.Contains(low, "consignee"):
		return "receiver"
	case strings.Contains(low, "broker") || strings.Contains(low, "we pay") || strings.Contains(low, "comcheck") || strings.Contains(low, "efs"):
		return "broker"
	case strings.Contains(low, "carrier") || strings.Contains(low, "driver"):
		return "carrier"
	}
	return ""
}

// termClause reads one sentence.
func (d *doc) termClause(c clause) {
	t := &d.r.Terms
	low, v := c.low, c.v
	has := func(ws ...string) bool {
		for _, w := range ws {
			if strings.Contains(low, w) {
				return true
			}
		}
		return false
	}
	const conf = 0.88
	if has("quick pay", "quickpay", "quick-pay") && (t.QuickPayPercent == nil || t.QuickPayDays == nil) && percentRE.MatchString(c.text) {
		d.quickPay(v, conf)
	} else if t.PaymentDays == nil && !has("quick", "claim", "insur", "after delivery will not", "within 24", "re-broker") {
		if m := payProseRE.FindStringSubmatchIndex(c.text); m != nil {
			g := group(c.text, m)
			if n := atoi(firstNonEmpty(g(1), g(2), g(3))); n >= 1 && n <= 120 && (g(3) == "" || has("invoice", "pod", "proof", "paperwork", "receipt", "standard pay", "after we receive", "delivery")) {
				t.PaymentDays = leafInt(n, conf, v)
			}
		}
	}
	if has("detention") {
		d.detention(v, conf)
	} else if has("free time") && t.DetentionFreeMinutes == nil && !has("notif", "before") {
		if n, ok := freeMinutes(c.text, ""); ok {
			t.DetentionFreeMinutes = leafInt(n, conf*0.95, v)
		}
	}
	if has("layover") {
		d.setMoney(&t.LayoverPerDay, v, conf)
	}
	if has("tonu", "truck ordered not used", "truck order not used", "truck-order-not-used", "truck ordered but not used") {
		d.setMoney(&t.TONU, v, conf)
	}
	if (has("stop-off", "stop off", "stopoff") || has("extra stop", "additional stop")) && t.StopOff == nil && has("each", "per", "charge", "paid", "pay", "additional", "extra") && !d.isLineItem(v) {
		d.setMoney(&t.StopOff, v, conf)
	}
	if has("lumper") && t.Lumper == nil && has("paid", "pay", "reimburs", "responsib", "account of", "borne", "cover", "prepaid", "receipt") {
		if who := lumperWho(low); who != "" {
			t.Lumper = leaf(who, conf, v)
		}
	}
	if (has("late") && (has("fee", "deduct", "fine", "penalt", "costs", "charge"))) && !has("latest") && len(amounts(c.text)) > 0 && !has("insurance") {
		d.setMoney(&t.LateFee, v, conf)
	}
	if has("tracking", "macropoint", "fourkites", "project44") && t.TrackingRequired == nil && has("required", "must", "mandatory", "yes") && !has("not required", "optional") {
		t.TrackingRequired = &Leaf[bool]{Value: true, Confidence: conf, Page: v.page, Box: v.box, Text: v.text}
	}
}

// isLineItem reports that a text is a line of pay, not a condition.
func (d *doc) isLineItem(v ev) bool {
	for _, li := range d.r.LineItems {
		if li.Amount != nil && li.Amount.Page == v.page && li.Description != nil && strings.Contains(v.text, li.Description.Value) {
			return true
		}
	}
	return false
}
