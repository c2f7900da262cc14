package extract

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	payDaysRE   = regexp.MustCompile(`(?i)\bnet\s*-?(\d{1,3})\b|(\d{1,3})\s*(?:business\s+|calendar\s+)?days?\b`)
	payProseRE  = regexp.MustCompile(`(?i)(?:payment terms|standard pay(?:ment)?|pay terms|\bterms)\b[^.;]{0,30}?\bnet\s*-?(\d{1,3})|\bnet\s*-?(\d{1,3})\b(?:\s*days?)?|(?:\bwe pay|\bterms (?:are|of)|\bpaid|\bpays?|\bpayable|\bpayment|standard pay)\b[^.;%$]{0,80}?\b(\d{1,3})\s*(?:business |calendar )?days?\b`)
	percentRE   = regexp.MustCompile(`(\d{1,2}(?:\.\d{1,2})?)\s*(?:%|percent)`)
	dayCountRE  = regexp.MustCompile(`(?i)\b(\d{1,2}|same|next|one|two|three|five|seven|ten)[- ]*(?:business |calendar )?days?\b|(\d{1,2})\s*(?:hours|hrs)\b`)
	freeTimeRE  = regexp.MustCompile(`(?i)(\d{1,3}(?:\.\d+)?|one|two|three|four|an)[-\s]*(?:\(\d\)\s*)?(?:free )?(hours?|hrs?|h\b|minutes?|mins?)`)
	perHourRE   = regexp.MustCompile(`(?i)^\s*(?:usd\s*)?(?:/|per|an|each)?\s*(?:hour|hr|h)\b`)
	perDayRE    = regexp.MustCompile(`(?i)^\s*(?:usd\s*)?(?:/|per|a|each|(?:in|for)(?: any)?(?: one)?)?\s*(?:calendar )?(?:day|daily|24\s*h|24 hours|night)`)
	capRE       = regexp.MustCompile(`(?i)max|cap|exceed|up to|limit|ceiling|at most|(?:no|not) more than|\btop`)
	capBehindRE = regexp.MustCompile(`(?i)^\s*(?:max|cap|limit)`)
	sentenceEnd = regexp.MustCompile(`[.!?](?:\s|$)|;`)
	numberWords = map[string]int{"one": 1, "an": 1, "two": 2, "three": 3, "four": 4, "five": 5, "seven": 7, "ten": 10, "same": 0, "next": 1}
)

// clause is one sentence of the paper with the cells it runs over.
type clause struct {
	text string
	v    ev
	low  string
}

// saidTwiceRE is a number in words and figures: "forty-five (45) days".
var saidTwiceRE = regexp.MustCompile(`(?i)\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|forty|fifty|sixty|ninety)(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))? \((\d{1,3})\)`)

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
		if saidTwiceRE.MatchString(whole.text) {
			whole.text, whole.c = saidTwiceRE.ReplaceAllString(whole.text, "$1"), nil
		}
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
			if m[0] > 1 && whole.text[m[0]] == '.' && whole.text[m[0]-1] >= 'A' && whole.text[m[0]-1] <= 'Z' && whole.text[m[0]-2] == ' ' {
				continue
			}
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
	return startsLower(s) || strings.HasPrefix(s, "Herea") || strings.HasPrefix(s, "Herein") || strings.HasPrefix(s, "(") || strings.HasPrefix(s, ",")
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
	cs := d.clauses()
	for i, c := range cs {
		c = figures(c)
		for _, part := range termParts(c) {
			d.termClause(part)
		}
		if i+1 < len(cs) && namesTerm(c.low) && len(amounts(c.text)) == 0 && paidNextRE.MatchString(cs[i+1].text) && !namesTerm(cs[i+1].low) && len(amounts(figures(cs[i+1]).text)) == 1 {
			c.text += "; " + figures(cs[i+1]).text // "TONU occurs when a load is cancelled. Carrier will be paid $200"
			c.low = strings.ToLower(c.text)
			c.v.text, c.v.c = c.text, nil
		}
		if quickRE.MatchString(c.low) && !percentRE.MatchString(c.text) && i+1 < len(cs) && startsLower(cs[i+1].text) {
			c.text += "; " + cs[i+1].text // "... our 2-day quick pay; the fee is 2%"
			c.low = strings.ToLower(c.text)
			c.v.text, c.v.c = c.text, nil
		}
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
		if d.isLineItem(p.c.all()) {
			return
		}
		if as := amounts(v.text); len(as) > 0 && (as[0].perUnit || p.h != nil && p.h.ctx == cTerms || d.belowTotal(p.c)) {
			d.setMoney(&t.StopOff, v, conf)
		}
	}
}

var (
	trackYes = regexp.MustCompile(`(?i)\brequired\b|\byes\b|\bmandatory\b|\bmust\b`)
	trackNo  = regexp.MustCompile(`(?i)\bnot required\b|\bno\b|\boptional\b`)
)

// setMoney takes a text's first amount. Where another sentence gave another, which
// of them holds for this load is to be checked.
func (d *doc) setMoney(to *Str, v ev, conf float64) {
	as := amounts(v.text)
	switch {
	case len(as) == 0 || as[0].cents <= 0:
	case *to == nil:
		*to = leaf(as[0].cents.String(), conf, v.sub(as[0].a, as[0].b))
	case (*to).Value != as[0].cents.String():
		doubt(*to, (*to).Confidence < 0.9)
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
	s = perDayTimeRE.ReplaceAllString(s, "")
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

// dayTermsRE is "Term: 30 days after ...", "30-Day terms", "prompt payment within 30 days".
var dayTermsRE = regexp.MustCompile(`(?i)^terms?:? (\d{1,3}) days\b|\b(\d{1,3})-day terms\b|\bprompt payment within (\d{1,3}) days\b`)

var netRE = regexp.MustCompile(`\bnet[- ]?(\d{1,3})\b`)

var perDayTimeRE = regexp.MustCompile(`(?i)(?:per|each|every|/)\s*24\s*(?:hours?|hrs?)`)

var perLeadRE = regexp.MustCompile(`(?i)(?:per|each|every|/)\s*$`) // "maximum $360 per 24 hours"

var freeOfRE = regexp.MustCompile(`\bafter\b|\bnot begin\b|\bexceeding\b|\bfirst\b|\bpast\b|\bbeginning\b|\bgrace\b|\bon site\b`)

// detention reads rate, free time and cap from one text.
func (d *doc) detention(v ev, conf float64) {
	t := &d.r.Terms
	for _, a := range amounts(v.text) {
		tail := v.text[a.b:]
		lead := v.text[max(0, a.a-28):a.a]
		switch {
		case perDayRE.MatchString(tail) || capBehindRE.MatchString(tail) || capRE.MatchString(lead) && !perHourRE.MatchString(tail):
			d.setMoney(&t.DetentionDailyCap, v.sub(a.a, len(v.text)), conf)
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
			if !strings.Contains(around, "free") && !freeOfRE.MatchString(around) {
				continue
			}
			if strings.Contains(around, "notif") || strings.Contains(around, "before free") || perLeadRE.MatchString(v.text[:m[0]]) {
				continue
			}
			if n, ok := freeMinutes(v.text[m[0]:m[1]], ""); ok {
				t.DetentionFreeMinutes = leafInt(n, conf, v.sub(m[0], m[1]))
				break
			}
		}
	}
}

// paidByReceiptRE is a lumper that is paid back to who shows the receipt for it.
var paidByReceiptRE = regexp.MustCompile(`(?:lumper|unloading)\b.{0,60}\breceipts?\b.{0,80}(?:not (?:be )?paid|to (?:insure|ensure|receive) payment|reimburs|deducted)`)

// condReceiptRE is a lumper paid back on a condition: "receipts within 12 hours of
// delivery, or they will not be reimbursed".
var condReceiptRE = regexp.MustCompile(`(?:receipts?|notif|report|present|submit)[^.]*,? (?:or|else|otherwise)\b[^.]*\bnot be reimburs|(?:failure|late)[^.]* (?:voids?|no)[- ]reimburs`)

// aboutLumper is what a sentence says near its word for lumpers: in a long
// one, who bears something else may be told as well.
func aboutLumper(low string) string {
	at := lumperRE.FindStringIndex(low)
	return low[max(0, at[0]-90):min(len(low), at[1]+90)]
}

// lumperWho reads who bears the cost of unloading.
func lumperWho(low string) string {
	has := func(ws ...string) bool {
		return slices.ContainsFunc(ws, func(w string) bool { return strings.Contains(low, w) })
	}
	switch {
	case condReceiptRE.MatchString(low):
		return "reimbursed"
	case has("not reimburs", "not be reimburs", "non-reimburs", "not refund", "carrier's a", "on you ", "you pay the "):
		return "carrier"
	case has("reimburs", "refund", "repaid", "with receipt", "paid back", "pay you back"):
		return "reimbursed"
	case has("shipper"):
		return "shipper"
	case has("receiver", "consignee"):
		return "receiver"
	case has("broker", "we pay", "comcheck", "efs", "on us "):
		return "broker"
	case has("carrier", "driver"):
		return "carrier"
	}
	return ""
}

// What a sentence of conditions is about. Houses word these freely; the words
// below are the trade's.
var (
	detentionRE = regexp.MustCompile(`\bdetention|\bdet\b|\bwait(?:ing)? time|\bwaiting (?:beyond|over|past|after)|\bdemurrage|\bwaiting pay`)
	layoverRE   = regexp.MustCompile(`\blay[- ]?overs?\b|\blaid over\b|\blay over\b|\bheld overnight`)
	tonuRE      = regexp.MustCompile(`\btonu\b|\btruck (?:is |was )?[- ]?order(?:ed)?[- ](?:but[- ]|and )?not[- ]used|\btruck (?:is |was )?ordered\b.{0,24}\b(?:turned away|not (?:used|needed|loaded)|cancel+ed|released|sent home)|\bdispatched truck\b.{0,20}\bnot used|\btruck not used|\bdry run|\bbobtail fee|cancel(?:s|led|ed)?\b.{0,40}\b(?:dispatch|pays?|paid|get|receive)`)
	stopOffRE   = regexp.MustCompile(`\bstops? in transit\b|\bstop[- ]?offs?\b|\b(?:extra|xtra|additional|added|intermediate|every|each) (?:extra |additional |added )?(?:stop|pick|drop)|\bstop charge`)
	lateRE      = regexp.MustCompile(`\blate\b|\bfail(?:ure|s|ing)? to (?:comply with|meet|make|keep) (?:the |your |their |scheduled )*appointments?|\bfail(?:ure|s|ing)? to (?:arrive|deliver|be)\b.{0,30}(?:time|schedule)|\bmissed (?:appointment|delivery|pickup)|\bservice (?:failure|penalty)`)
	lateFeeRE   = regexp.MustCompile(`\bfee|deduct|\bfine|penalt|\bcosts?\b|charge|pass on|off (?:the|your) (?:rate|pay)|service failure`)
	trackingRE  = regexp.MustCompile(`\btracking\b|\bmacropoint|\bfourkites|\bproject44|\bvisibility\b|\btrucker ?tools`)
	obligedRE   = regexp.MustCompile(`\brequired|\bmust\b|\bmandatory|\byes\b|\bshall\b|\bhas to\b|\b(?:agrees?|consents?) to\b|\bhave to\b|\bcondition of|\breq\b|\brequires? (?:that |the |our )*carriers?\b`)
	quickRE     = regexp.MustCompile(`\bquick[- ]?pay|\bqp\b|\bexpress pay|\bexpedited pay|\bfast[- ]?pay|\bearly pay|\binsta-?pay|\b(?:accelerated|expedited|advanced?|rapid|faster|instant|speedy|priority|next[- ]day) pay(?:ment)?\b|\bpaid sooner|\bneed it sooner|\bsame[- ]day pay|\bpaid (?:the )?(?:next|same)[- ]day\b`)
	lumperOfRE  = regexp.MustCompile(`handles?\b|paid|pay|reimburs|refund|repaid|responsib|account|acct|borne|cover|prepaid|receipt|billed|takes? care|arranged|expense|\bcost|on you\b|on us\b`)
	payMeansRE  = regexp.MustCompile(`invoice|pod\b|proof|paperwork|receipt|standard pay|after we receive|delivery|documents|terms`)
	notTermsRE  = regexp.MustCompile(`claim|insur|after delivery will not|within 24|re-?broker|waived|older than|acknowledg`)
)

var (
	lumperRE = regexp.MustCompile(`lumper|\bunloading (?:fees?|charges?|costs?|service)\b`)
	// "Free time is 2 hours per stop, thereafter $40 per hour": detention, by what it is
	thereafterRE = regexp.MustCompile(`\b(?:then|thereafter|after (?:that|which)|afterwards)\b,? ?(?:at )?(?:usd ?)?\$ ?\d[\d.,]* ?(?:/|per|an) ?(?:hr|hour)`)
)

// paidNextRE opens a sentence that says what the one before it is paid with.
var paidNextRE = regexp.MustCompile(`^(?:The )?(?:[Cc]arrier|[Bb]roker|It|This|Rate|We|Payment|Pay|Max|Maximum) `)

// namesTerm reports a sentence about one of the conditions that have a price.
func namesTerm(low string) bool {
	return tonuRE.MatchString(low) || layoverRE.MatchString(low) || detentionRE.MatchString(low) || lateRE.MatchString(low)
}

// termParts cuts a list of conditions in one line into its parts: "Layover $250,
// Labor $35/hr, Truck Order Not Used $150".
func termParts(c clause) []clause {
	if len(amounts(c.text)) < 3 {
		return nil
	}
	var out []clause
	sep := termSepRE
	if strings.Contains(c.text, " | ") {
		sep = barRE
	}
	for _, t := range sep.Split(c.text, -1) {
		if n := len(amounts(t)); n == 0 || n > 2 || len(t) > 120 {
			return nil // no list, but a sentence
		}
		v := c.v
		v.text, v.c = strings.TrimSpace(t), nil
		out = append(out, clause{v.text, v, strings.ToLower(v.text)})
	}
	if len(out) < 3 {
		return nil
	}
	return out
}

var (
	barRE      = regexp.MustCompile(` \| `)
	termSepRE  = regexp.MustCompile(`, | / | \| | • |; `)
	spelledRE  = regexp.MustCompile(`(?i)\b(two|three|four|five|seven|ten|fourteen|fifteen|twenty|twenty[- ]one|twenty[- ]eight|thirty|thirty[- ]five|forty|forty[- ]five|sixty|ninety) (business days|calendar days|days?|percent|hours?)\b`)
	spelledNum = map[string]string{"two": "2", "three": "3", "four": "4", "five": "5", "seven": "7", "ten": "10", "fourteen": "14", "fifteen": "15", "twenty": "20", "twentyone": "21", "twentyeight": "28", "thirty": "30", "thirtyfive": "35", "forty": "40", "fortyfive": "45", "sixty": "60", "ninety": "90"}
)

// figures writes spelled-out numbers of days, hours and percents as figures.
func figures(c clause) clause {
	t := spelledRE.ReplaceAllStringFunc(c.text, func(m string) string {
		at := spelledRE.FindStringSubmatch(m)
		return spelledNum[strings.NewReplacer("-", "", " ", "").Replace(strings.ToLower(at[1]))] + " " + at[2]
	})
	if t != c.text {
		c.text, c.low = t, strings.ToLower(t)
		c.v.text, c.v.c = t, nil
	}
	return c
}

// termClause reads one sentence.
func (d *doc) termClause(c clause) {
	t := &d.r.Terms
	low, v := c.low, c.v
	const conf = 0.88
	quick := quickRE.MatchString(low)
	if quick && (t.QuickPayPercent == nil || t.QuickPayDays == nil) && percentRE.MatchString(c.text) {
		at := quickRE.FindStringIndex(low)
		v := v
		if m := payDaysRE.FindStringIndex(c.text[:at[0]]); m != nil && len(dayCountRE.FindAllString(c.text[at[0]:], 1)) > 0 {
			v.text, v.c = c.text[at[0]:], nil // "Net 45, QP 2 days 1.5%": the first days are the ordinary ones
		}
		d.quickPay(v, conf)
	}
	if m := netRE.FindStringSubmatch(low); m != nil && t.PaymentDays != nil && !quick && !percentRE.MatchString(low) && atoi(m[1]) != t.PaymentDays.Value {
		t.PaymentDays.Confidence = min(t.PaymentDays.Confidence, 0.7) // two terms are told
	}
	if t.PaymentDays == nil && !notTermsRE.MatchString(low) && !(percentRE.MatchString(low) && strings.Contains(low, "fee")) {
		text := c.text
		if quick {
			text = text[:quickRE.FindStringIndex(low)[0]]
		}
		if m := dayTermsRE.FindStringSubmatchIndex(text); m != nil {
			if n := atoi(firstNonEmpty(group(text, m)(1), group(text, m)(2), group(text, m)(3))); n >= 5 && n <= 120 {
				t.PaymentDays = leafInt(n, conf, v)
			}
		} else if m := payProseRE.FindStringSubmatchIndex(text); m != nil {
			g := group(text, m)
			if n := atoi(firstNonEmpty(g(1), g(2), g(3))); n >= 1 && n <= 120 && (g(3) == "" || payMeansRE.MatchString(low)) {
				t.PaymentDays = leafInt(n, conf, v)
			}
		}
	}
	if detentionRE.MatchString(low) || strings.Contains(low, "free time") && thereafterRE.MatchString(low) {
		d.detention(v, conf)
	} else if (strings.Contains(low, "free time") || strings.Contains(low, "without charge") || strings.HasPrefix(low, "free ")) && t.DetentionFreeMinutes == nil && !strings.Contains(low, "notif") && !strings.Contains(low, "before") {
		if n, ok := freeMinutes(c.text, ""); ok {
			t.DetentionFreeMinutes = leafInt(n, conf*0.95, v)
		}
	}
	if at := layoverRE.FindStringIndex(low); at != nil {
		said := v
		if detentionRE.MatchString(low) && len(low) == len(c.text) {
			said.text, said.c = c.text[at[0]:], nil // an amount ahead of the word is the detention's
		}
		d.setMoney(&t.LayoverPerDay, flatAmount(said), conf*onlySum(said))
	}
	if tonuRE.MatchString(low) {
		d.setMoney(&t.TONU, flatAmount(v), conf*onlySum(v))
	}
	if stopOffRE.MatchString(low) && t.StopOff == nil && !d.isLineItem(v) && (v.c == nil || !strings.HasSuffix(strings.TrimSpace(low), "stop off")) {
		if as := amounts(c.text); len(as) == 1 && !perMileRE.MatchString(c.text[as[0].b:]) && (as[0].perUnit || perStopRE.MatchString(low)) {
			d.setMoney(&t.StopOff, v, conf)
		}
	}
	if lumperRE.MatchString(low) && (t.Lumper == nil || t.Lumper.Confidence < sure) && lumperOfRE.MatchString(low) {
		said := aboutLumper(low)
		who, c := lumperWho(said), conf
		switch {
		case paidByReceiptRE.MatchString(low) || condReceiptRE.MatchString(low) || lumperWho(low) == "reimbursed":
			who = "reimbursed"
		case who == "carrier" || !bornByRE.MatchString(said):
			c = 0.7 // it is named, but not surely as who pays in the end
		}
		if who != "" && (t.Lumper == nil || c >= sure) {
			t.Lumper = leaf(who, c, v)
		}
	}
	if lateRE.MatchString(low) && lateFeeRE.MatchString(low) && !strings.Contains(low, "insurance") && !cashFeeRE.MatchString(low) && !detentionRE.MatchString(low) && !tonuRE.MatchString(low) {
		d.setMoney(&t.LateFee, v, conf*onlySum(v))
	}
	if trackingRE.MatchString(low) && t.TrackingRequired == nil && obligedRE.MatchString(low) && !trackNo.MatchString(strings.ReplaceAll(low, "no exception", "")) {
		t.TrackingRequired = &Leaf[bool]{Value: true, Confidence: conf, Page: v.page, Box: v.box, Text: v.text}
	}
}

// flatAmount leaves out of a text what is paid by the hour: beside detention's
// price, a layover's or a cancelled truck's is the other.
func flatAmount(v ev) ev {
	as := amounts(v.text)
	for _, a := range as {
		if !perHourRE.MatchString(v.text[a.b:]) {
			if a.a != as[0].a {
				v.text, v.c = v.text[a.a:], nil
			}
			return v
		}
	}
	return ev{}
}

// onlySum is 1 where a text holds one amount that is not paid by the hour, and
// less where it holds several: which of them is meant is then a guess.
func onlySum(v ev) float64 {
	n := 0
	for _, a := range amounts(v.text) {
		if !a.percent && !perHourRE.MatchString(v.text[a.b:]) {
			n++
		}
	}
	if n > 1 {
		return 0.8
	}
	return 1
}

// belowTotal reports a cell that stands well below the line of the total.
func (d *doc) belowTotal(c *cell) bool {
	t := d.r.TotalRate
	if t == nil {
		return false
	}
	return c.page > t.Page || c.page == t.Page && c.ws[0].Y0 > t.Box[3]+d.em
}

// cashFeeRE speaks of what a check or an advance costs, whatever it is drawn for.
var cashFeeRE = regexp.MustCompile(`\bcheck fee|\bcomche[ck]+|\badvances?\b|\befs\b`)

// bornByRE says who bears a cost, in as many words.
var bornByRE = regexp.MustCompile(`\b(?:carrier|driver|broker|we|us|you)(?:'s)? (?:is |are |will be |shall be |to be )?(?:solely )?(?:responsib|account|acct|expense|cost|pays?\b|to pay|will pay|must pay|shall pay|bears?|will cover|covers?)|\b(?:paid|borne|covered|arranged) (?:for )?by\b|\bon (?:you|us)\b|\b(?:for|at|to) (?:the )?(?:carrier|driver|broker)`)

// perMileRE follows what a mile is paid, beside which a stop may be named.
var perMileRE = regexp.MustCompile(`(?i)^ ?(?:/|per|a) ?mi(?:les?)?\b`)

var perStopRE = regexp.MustCompile(`\b(?:each|apiece|ea|per|every|charge|paid|pays?|compensated|additional|extra)\b`)

// isLineItem reports that a text is a line of pay, not a condition.
func (d *doc) isLineItem(v ev) bool {
	for _, li := range d.r.LineItems {
		if li.Amount != nil && li.Amount.Page == v.page && li.Description != nil && strings.Contains(v.text, li.Description.Value) {
			return true
		}
	}
	return false
}
