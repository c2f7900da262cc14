package extract

import (
	"regexp"
	"strings"
)

const companyRun = `((?:[A-Z0-9&][\w&'.\-]*)(?: (?:[A-Z0-9&][\w&'.\-]*|of|the|and|de|la)){0,7}(?:, (?:LLC|L\.L\.C\.|Inc\.?|Co\.?|Ltd\.?|Corp\.?))?)`

var (
	// "between Acme Brokerage Co. (Broker, MC 491820) and Blue Line LLC (Carrier, MC 304339)"
	roleBracketRE = regexp.MustCompile(companyRun + `((?:, (?:USDOT|US DOT|DOT|MC|MC#|DOCKET)[ #:.\-A-Za-z]{0,8}\d{4,8}){0,2}),? \(([^()]{0,60}?\b(?i:broker|carrier|hauler|contractor)\b[^()]{0,60})\)`)
	// "Acme Logistics LLC hereby confirms to Blue Line LLC (MC# 304339)"
	confirmsRE = regexp.MustCompile(`^` + companyRun + `,? (?:hereby |has |is pleased to |agrees to )?(?:confirms?|tenders?|tendered|offers?|awards?|awarded|engages?|books?|booked|assigns?) (?:[\w#\-,]+ ){0,8}?(?:to|with) ` + companyRun + `(?: \(([^()]{3,60})\))?`)
	// "the Motor Carrier Contract between Acme Brokerage and Blue Line LLC (MC 304339, USDOT 22)"
	betweenRE = regexp.MustCompile(`\bbetween ` + companyRun + ` and ` + companyRun + `(?: \(([^()]{3,60})\))?`)
	// "and Blue Line LLC, a motor carrier operating under MC 304339"
	calledRE = regexp.MustCompile(companyRun + `,(?: of [^()]{8,80}?,)? an? (?:licensed )?(motor carrier|property broker|freight broker|broker|carrier)\b([^()]{0,60})`)
	// "confirms that Blue Line LLC (MC 7669574) is booked on our load"
	bookedRE = regexp.MustCompile(`(?:^|\bthat |\bwhat |: )` + companyRun + `(?: \(([^()]{3,60})\))?,? (?:is |has been |are |has |have )?(?:hereby |now )?(?:booked|agreed to|agrees to|accepted|accepts|engaged|hired|contracted|assigned|awarded|retained)`)
	// "Please call Wes Sandhu at (410) 555-0190"
	callThemRE = regexp.MustCompile(`(?i:\bcall|\bbooked (?:with|by)|\bcontact|\btext|\bask for|\breach|\bwrite to|\be-?mail) ((?:[A-Z][A-Za-z'.\-]+ ){1,2}[A-Z][A-Za-z'.\-]+),?(?: (?:at|on|with))?[ :]+(` + phoneRE.String() + `)`)
	// "Contact your MoLo Rep, Edmund Pletas"
	yourRepRE   = regexp.MustCompile(`\b(?i:your) (?:[A-Z][\w.]+ )?(?i:rep|representative|agent|broker|dispatcher|account manager)(?: is|,|:) ((?:[A-Z][A-Za-z'.\-]+ ){1,2}[A-Z][A-Za-z'\-]+)`)
	attentionRE = regexp.MustCompile(`^,? ?(?:to the attention of|attention:?|attn:?) ((?:[A-Z][A-Za-z'.\-]+ ){1,2}[A-Z][A-Za-z'\-]+)`)
	// "between Ann Lee of Acme Brokerage, Inc. hereafter referred to as Broker and Bo of Blue Line, LLC, hereafter referred to as Carrier"
	hereafterRE = regexp.MustCompile(`\b(?:of|between|and) ` + companyRun + `,? ?(?i:hereafter|hereinafter) (?i:referred to |called |known )?(?i:as )?(?i:the )?"?((?i:broker|carrier))\b`)
	leadingWord = regexp.MustCompile(`^(?:Between|And|The|This|By|To|From|With) `)
)

// sentenceParties reads who confirms to whom where a sentence says so.
func (d *doc) sentenceParties() {
	r := d.r
	for _, c := range d.clauses() {
		if len(c.text) > 700 {
			continue
		}
		for _, m := range roleBracketRE.FindAllStringSubmatchIndex(c.text, 4) {
			role := strings.ToLower(c.text[m[6]:m[7]])
			broker, carrier := strings.Contains(role, "broker"), strings.Contains(role, "carrier") || strings.Contains(role, "hauler") || strings.Contains(role, "contractor")
			if broker == carrier {
				continue
			}
			p := &r.Carrier
			if broker {
				p = &r.Broker
			}
			d.nameFrom(p, c, m[2], m[3], c.text[m[4]:m[7]])
			if a := attentionRE.FindStringSubmatch(c.text[m[1]:]); a != nil && !broker && looksPerson(a[1]) {
				who := c.v
				who.text = a[1]
				set(&p.Contact, leaf(a[1], 0.86, who))
			}
		}
		if m := betweenRE.FindStringSubmatchIndex(c.text); m != nil {
			d.nameFrom(&r.Broker, c, m[2], m[3], "")
			d.nameFrom(&r.Carrier, c, m[4], m[5], inBracket(c.text, m[6:8]))
		}
		for _, m := range hereafterRE.FindAllStringSubmatchIndex(c.text, 4) {
			p := &r.Broker
			if strings.EqualFold(c.text[m[4]:m[5]], "carrier") {
				p = &r.Carrier
			}
			d.nameFrom(p, c, m[2], m[3], "")
		}
		for _, m := range calledRE.FindAllStringSubmatchIndex(c.text, 4) {
			p := &r.Broker
			if strings.Contains(c.text[m[4]:m[5]], "carrier") {
				p = &r.Carrier
			}
			d.nameFrom(p, c, m[2], m[3], c.text[m[6]:m[7]])
		}
		if m := bookedRE.FindStringSubmatchIndex(c.text); m != nil {
			d.nameFrom(&r.Carrier, c, m[2], m[3], inBracket(c.text, m[4:6]))
		}
		if m := callThemRE.FindStringSubmatch(c.text); m != nil && looksPerson(m[1]) && c.v.page == 1 && !d.stopsPhone(m[2]) {
			name, phone := c.v, c.v
			name.text, phone.text = m[1], m[2]
			set(&r.Broker.Contact, leaf(m[1], 0.82, name))
			set(&r.Broker.Phone, leaf(m[2], 0.82, phone))
		}
		if m := yourRepRE.FindStringSubmatch(c.text); m != nil && looksPerson(m[1]) && c.v.page == 1 {
			name := c.v
			name.text = m[1]
			set(&r.Broker.Contact, leaf(m[1], 0.82, name))
		}
		if m := confirmsRE.FindStringSubmatchIndex(c.text); m != nil {
			d.nameFrom(&r.Broker, c, m[2], m[3], "")
			d.nameFrom(&r.Carrier, c, m[4], m[5], inBracket(c.text, m[6:8]))
		}
	}
}

// anyoneRE opens words about carriers or brokers in general: "ALL CARRIERS".
var anyoneRE = regexp.MustCompile(`(?i)^(?:all|any|each|every|no|such|other|these|most|our|your|its) `)

// stopsPhone reports a telephone number that a stop has.
func (d *doc) stopsPhone(phone string) bool {
	for i := range d.r.Stops {
		if p := d.r.Stops[i].Phone; p != nil && onlyDigits(p.Value) == onlyDigits(phone) {
			return true
		}
	}
	return false
}

func inBracket(s string, at []int) string {
	if at[0] < 0 {
		return ""
	}
	return s[at[0]:at[1]]
}

// nameFrom takes a company's name out of a sentence, and what its bracket says of it.
func (d *doc) nameFrom(p *Party, c clause, a, b int, bracket string) {
	name := leadingWord.ReplaceAllString(c.text[a:b], "")
	if who, firm, ok := strings.Cut(name, " of "); ok && companyRE.MatchString(firm) && (firstNameRE.MatchString(who) || looksPerson(who) && strings.ToUpper(who) != who) {
		name = firm // "Ann Lee of Acme Brokerage, Inc."
	}
	if !companyRE.MatchString(name) || !titled(name) || anyoneRE.MatchString(name) || len(strings.Fields(name)) < 2 || isDigit(name[0]) && !isLetter(name[1:]) {
		return
	}
	said := func(t string) ev {
		v := c.v
		v.text = t
		return v
	}
	set(&p.Name, leaf(name, 0.9, said(name)))
	if m := looseMCRE.FindStringSubmatch(bracket); m != nil {
		set(&p.MC, leaf(m[1], 0.9, said(m[1])))
	}
	if m := looseDOTRE.FindStringSubmatch(bracket); m != nil {
		set(&p.USDOT, leaf(m[1], 0.9, said(m[1])))
	}
}
