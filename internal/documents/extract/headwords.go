package extract

import "strings"

func headingOf(c *cell) *heading {
	if c.pos == 0 && closingRE.MatchString(c.text) {
		return &heading{ctx: cBroker, c: c, full: true} // who signs a letter is the broker's man
	}
	if x, ord, ok := wholeHeading(c); ok {
		return &heading{ctx: x, ord: ord, c: c, full: true}
	}
	if g := c.segs[0]; g.known && g.lab.sub == sName && (g.lab.ctx == cCarrier || g.lab.ctx == cBroker) {
		return &heading{ctx: g.lab.ctx, c: c, full: g.empty()}
	}
	for i, g := range c.segs {
		if i > 0 && !(i == 1 && !c.segs[0].known && len(c.text[:g.la]) < 12) {
			break
		}
		if g.known && g.lab.sub == sBlock && g.lab.ctx != cStop && (g.colon || g.ord > 0 || g.empty() || g.lb > g.la) {
			return &heading{ctx: g.lab.ctx, ord: g.ord, c: c, seg: i, full: g.empty()}
		}
		if g.known && g.ord > 0 && g.lab.sub == sBlock {
			x := g.lab.ctx
			for _, t := range []string{g.hint, c.text[g.va:g.vb]} {
				if k := stopKind(t); x == cStop && k != cNone && len(t) < 60 {
					x = k
				}
			}
			return &heading{ctx: x, ord: g.ord, c: c, seg: i, full: g.empty()}
		}
	}
	return nil
}

// wholeHeading reads a cell that is nothing but a heading.
func wholeHeading(c *cell) (ctx, int, bool) {
	toks := tokens(c.text)
	if m := enumRE.FindString(c.text); m != "" && len(toks) > 1 {
		toks = toks[1:] // "II. CARRIER", "B) Charges"
	}
	if len(toks) == 0 || len(toks) > 9 || strings.ContainsAny(c.text, "$@") {
		return cNone, 0, false
	}
	if c.ocr {
		mend(toks)
	}
	if len(c.segs) > 0 && c.segs[0].known && !c.segs[0].empty() && c.segs[0].lab.sub != sBlock {
		return cNone, 0, false
	}
	key := ""
	for _, t := range toks {
		key += t.norm
	}
	if l, ok := lexicon[key]; ok {
		if l.sub == sBlock {
			return l.ctx, 0, true
		}
		return cNone, 0, false
	}
	if g := c.segs[0]; len(c.segs) == 1 && g.known && g.ord > 0 && g.lab.sub != sBlock {
		return cNone, 0, false // "Pickup 1 Address" is a label, not a heading
	}
	if notesHeading(toks) {
		return cNotes, 0, true
	}
	if termsHeading(toks) {
		return cTerms, 0, true
	}
	ord, stopped := 0, false
	var rest []string
	for i, t := range toks {
		if n := atoi(t.norm); n > 0 && n < 30 && len(t.norm) <= 2 {
			if ord == 0 {
				ord = n
			} else if i == 0 || toks[i-1].norm != "of" {
				return cNone, 0, false
			}
			continue
		}
		if t.norm == "stop" {
			stopped = true
		}
		if !fillers[t.norm] {
			rest = append(rest, t.norm)
		}
	}
	if len(rest) == 0 {
		return cStop, ord, stopped && ord > 0
	}
	x := cNone
	for i := 0; i < len(rest); {
		n := len(rest) - i
		for ; n > 0; n-- {
			l, ok := lexicon[strings.Join(rest[i:i+n], "")]
			if ok && l.sub == sBlock {
				if x == cPickup && l.ctx == cDelivery && i > 0 {
					return cStop, 0, true // "Pickups / Drops"
				}
				if x == cNone || x == cStop || (x != cPickup && x != cDelivery && (l.ctx == cPickup || l.ctx == cDelivery)) {
					x = l.ctx
				}
				break
			}
		}
		if n == 0 {
			return cNone, 0, false
		}
		i += n
	}
	return x, ord, x != cNone
}

// notesHeading reports "Instructions to the driver", "Notes for our carriers":
// what is told, and to whom.
func notesHeading(toks []token) bool {
	told := false
	for _, t := range toks {
		switch t.norm {
		case "instructions", "notes", "remarks", "rules", "reminders", "requirements", "expectations", "guidelines", "policies", "procedures":
			told = true
		case "driver", "drivers", "carrier", "carriers", "dispatcher", "dispatchers", "to", "for", "the", "our", "all", "your", "special", "additional", "important", "general", "other", "standard", "load", "and", "information":
		default:
			return false
		}
	}
	return told && len(toks) > 1
}

// termsHeading reports "Accessorial schedule and payment", "Carrier terms of
// payment": nothing but words of conditions.
func termsHeading(toks []token) bool {
	terms := false
	for _, t := range toks {
		switch t.norm {
		case "accessorial", "accessorials", "terms", "conditions", "policy":
			terms = true
		case "schedule", "payment", "rates", "rules", "agreement", "pay", "fees", "and", "of", "the", "general", "standard", "carrier", "carriers", "broker", "additional", "our", "load", "for", "this", "billing", "invoicing", "detention":
		default:
			return false
		}
	}
	return terms && len(toks) > 1
}

// codeless is "p" for "p1", "del" for "del2": a stop's code without its number.
func codeless(w string) string {
	t := strings.TrimRight(w, "0123456789")
	if t == "" || len(t) > 4 || len(w)-len(t) > 2 {
		return w
	}
	return t
}

// stopKind reads "Pickup", "PU", "D2", "Live unload" and the like.
func stopKind(s string) ctx {
	key, _ := bareKey(s)
	if l, ok := lexicon[key]; ok && l.sub == sBlock && (l.ctx == cPickup || l.ctx == cDelivery) {
		return l.ctx
	}
	for _, t := range tokens(s) {
		switch codeless(t.norm) {
		case "pickup", "pick", "pu", "shipper", "origin", "load", "loading", "collect", "p", "pck", "lo", "shp", "shpr", "shippr", "sh", "orig", "org", "pup", "lld", "hpl", "hmt", "hlt":
			return cPickup
		case "delivery", "deliver", "drop", "dropoff", "del", "so", "consignee", "receiver", "destination", "dest", "unload", "unloading", "d", "dl", "drp", "final", "con", "cons", "cnee", "csg", "rcvr", "rec", "dst", "dlvy", "dlv", "lul", "drl", "dlt", "dmt":
			return cDelivery
		}
		if len(t.norm) > 5 {
			if strings.HasPrefix(t.norm, "pickup") {
				return cPickup
			}
			if strings.HasPrefix(t.norm, "deliver") {
				return cDelivery
			}
		}
	}
	return cNone
}
