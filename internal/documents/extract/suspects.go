package extract

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"truckflow/internal/kit/money"
)

// doubtForms doubts values whose own form says that more was read than the
// value, or less. It asks nothing of the layout, so it still speaks where a
// paper's layout was misunderstood.
func (d *doc) doubtForms() {
	r := d.r
	d.headingsTwice()
	for i := range r.Stops {
		s := &r.Stops[i]
		if n := s.Notes; n != nil {
			doubt(n, cutOffRE.MatchString(n.Value) || rulesRE.MatchString(n.Value) || payRulesRE.MatchString(n.Value))
		}
		if a := s.Address; a != nil {
			doubt(a, strings.HasSuffix(a.Value, ",") || unitOnlyRE.MatchString(a.Value) || s.City != nil && endsInTown(a.Value, s.City.Value) || nameAheadRE.MatchString(a.Value))
		}
		doubt(s.Name, s.Name != nil && oddName(s.Name.Value))
		d.dropPlaceRefs(s)
		doubt(s.Phone, s.Phone != nil && s.Phone.Confidence < 0.9 && len(s.Phone.Value) == 10 && onlyDigits(s.Phone.Value) == s.Phone.Value)
		doubt(s.Contact, s.Contact != nil && oddPersonRE.MatchString(s.Contact.Value))
		if c := s.Contact; c != nil && companyRE.MatchString(c.Value) {
			doubt(c, true) // the sender's own desk, more often than a dock's
			doubt(s.Phone, s.Phone != nil && s.Phone.Page == c.Page && s.Phone.Box[1]-c.Box[3] < d.em)
		}
	}
	for _, p := range []*Party{&r.Broker, &r.Carrier} {
		doubt(p.Name, p.Name != nil && oddName(p.Name.Value))
		doubt(p.Address, p.Address != nil && !zipRE.MatchString(p.Address.Value))
		doubt(p.Contact, p.Contact != nil && (strings.ContainsAny(p.Contact.Value, "?!:;*0123456789") || !strings.Contains(p.Contact.Value, " ") && p.Contact.Confidence < 0.95))
	}
	d.sharedDomain()
	for _, li := range r.LineItems {
		doubt(li.Description, li.Description != nil && noChargeRE.MatchString(li.Description.Value))
	}
	if n := r.Pieces; n != nil && (n.Value == 53 || r.TrailerLengthFt != nil && n.Value == r.TrailerLengthFt.Value) {
		n.Confidence = min(n.Confidence, 0.7) // a trailer's length, more often than its load
	}
	if e := r.Equipment; e != nil && e.Value != "reefer" && r.TemperatureMinF != nil && r.TemperatureMinF.Value == 0 {
		for _, t := range []Int{r.TemperatureMinF, r.TemperatureMaxF} {
			if t != nil {
				t.Confidence = min(t.Confidence, 0.7) // a form's empty box, more often than deep frozen goods in a van
			}
		}
	}
	if c := r.Commodity; c != nil && !strings.ContainsAny(strings.ToLower(c.Value), "abcdefghijklmnopqrstuvwxyz") {
		r.Commodity = nil
	}
	if c := r.Commodity; c != nil {
		doubt(c, oddGoodsRE.MatchString(c.Value) || len(strings.Fields(c.Value)) > 8 || cutOffRE.MatchString(c.Value))
	}
}

// dropPlaceRefs leaves out references that are the stop's own house number or part
// of its name, or the load's own number.
func (d *doc) dropPlaceRefs(s *Stop) {
	s.References = slices.DeleteFunc(s.References, func(r Str) bool {
		for _, l := range []Str{s.Name, s.Address} {
			if l != nil && slices.Contains(strings.Fields(l.Value), r.Value) {
				return true
			}
		}
		return false
	})
}

// sharedDomain doubts the carrier's mail, person and telephone where its mail goes to
// the broker's own domain: they are the broker's.
func (d *doc) sharedDomain() {
	b, c := &d.r.Broker, &d.r.Carrier
	if c.Email == nil {
		return
	}
	_, dom, _ := strings.Cut(strings.ToLower(c.Email.Value), "@")
	for _, m := range []Str{b.Email, b.BillingEmail} {
		if m != nil && strings.HasSuffix(strings.ToLower(m.Value), "@"+dom) && !publicMail[strings.Split(dom, ".")[0]] {
			for _, l := range []Str{c.Email, c.Contact, c.Phone} {
				doubt(l, true)
			}
		}
	}
}

// headingsTwice doubts contacts without a label whose words stand at two stops: a
// heading of the form returns, a person seldom does.
func (d *doc) headingsTwice() {
	ss := d.r.Stops
	for i := range ss {
		for j := i + 1; j < len(ss); j++ {
			if c := ss[i].Contact; sameLeaf(c, ss[j].Contact) && c.Confidence < 0.9 && c.Box != ss[j].Contact.Box {
				doubt(c, true)
				doubt(ss[j].Contact, true)
			}
		}
	}
}

// doubt lowers a leaf so far that a person is asked.
func doubt(l Str, when bool) {
	if l != nil && when {
		l.Confidence = min(l.Confidence, 0.7)
	}
}

var (
	// cutOffRE is a text that breaks off in the middle of its sentence.
	cutOffRE = regexp.MustCompile(`(?i)(?:\b(?:the|a|an|of|to|at|for|with|not|and|or|if|must|be|your|our|their|this|that|is|are|will|than|leave|we)|--|,|&|/)$`)
	// rulesRE is a list of rules, which is the paper's, not one stop's.
	rulesRE = regexp.MustCompile(`(?:^|[.;] )1[.)] .*[.;] 2[.)] `)
	// payRulesRE is what the sender asks of its carriers, not what a dock does.
	payRulesRE = regexp.MustCompile(`(?i)\b(?:payments?|invoices?|emailed to|PODs)\b`)
	unitOnlyRE = regexp.MustCompile(`(?i)[ ,](?:suite|ste|unit|apt|bldg|building|#)\.?$`)
	oddGoodsRE = regexp.MustCompile(`(?i)[!*$:;?]|\d[\d,.]*\s*(?:lbs?|pounds|#|kgs?)\b|\d,\d{3}|[.] [A-Z]`)
	// nameAheadRE is a street with a dock's name run together ahead of it.
	nameAheadRE = regexp.MustCompile(`^[A-Z][A-Za-z]{2,}.* \d{2,5} [A-Z]`)
	oddPersonRE = regexp.MustCompile(`(?i)\bnone\b|\bselected\b| [A-Z]{2}$|(?:\S+ ){3}\S`)
	// noChargeRE is a way of charging ("Flat Rate") or another box's words, not what is paid for.
	noChargeRE = regexp.MustCompile(`(?i)^flat(?: rate)?$|\d:\d|signature`)
	oddNameRE  = regexp.MustCompile(`(?i)\bthe\b|accounts payable|\bdepartment\b|^\(|^[^(]*\)$|[$?!*]|\d[\d,.]*\s*(?:lbs?\b|pounds|#|kgs?\b)|\d,\d{3}|\d{1,2}:\d{2}|:$|,$`)
)

// oddName reports a name that holds a weight, an hour, a mark of a sentence.
func oddName(s string) bool { return oddNameRE.MatchString(s) }

// endsInTown reports a street that runs on into the stop's own town.
func endsInTown(street, city string) bool {
	i := strings.LastIndex(street, ", ")
	return i > 0 && strings.EqualFold(strings.Trim(street[i+2:], " ,."), city)
}

// doubtShared doubts references that stand once on the paper and were given to
// several stops: whose they are nobody has said.
func (d *doc) doubtShared() {
	type place struct {
		page int
		box  [4]float64
	}
	at := map[place][]Str{}
	for i := range d.r.Stops {
		for _, r := range d.r.Stops[i].References {
			p := place{r.Page, r.Box}
			at[p] = append(at[p], r)
		}
	}
	for _, rs := range at {
		for _, r := range rs {
			doubt(r, len(rs) > 1)
		}
	}
}

// doubtEquipment flags equipment that was taken from running text where other
// running text names another kind.
func (d *doc) doubtEquipment() {
	e := d.r.Equipment
	if e == nil || e.Confidence > 0.86 {
		return
	}
	for _, c := range d.cells {
		h := d.of[c]
		if len(c.text) > 60 || h != nil && (h.ctx == cTerms || h.ctx == cSign) {
			continue
		}
		if kind, _, ok := equipmentIn(c.text); ok && kind != e.Value && !streetLike(c.text) && !companyRE.MatchString(c.text) {
			d.flag("equipment", fmt.Sprintf("%s is named, but so is %s", e.Text, c.text), Check)
			return
		}
	}
}

// doubtWeight flags a weight that no label announces where the paper prints
// another.
func (d *doc) doubtWeight() {
	w := d.r.WeightLb
	if w == nil || w.Confidence > 0.86 {
		return
	}
	for _, c := range d.cells {
		if h := d.of[c]; h != nil && h.ctx == cTerms || len(c.text) > 120 {
			continue
		}
		for _, m := range looseWeightRE.FindAllString(c.text, 4) {
			if lb, unit, _, _, ok := weightOf(m, ""); ok && unit != "" && lb != w.Value && lb > 1000 {
				d.flag("weight_lb", fmt.Sprintf("two weights are printed: %s and %s", w.Text, m), Check)
				return
			}
		}
	}
}

// doubtCharges flags lines of pay that cannot be what the total is made of: no
// line haul among them, or twice as much.
func (d *doc) doubtCharges() {
	t := d.r.TotalRate
	if len(d.r.LineItems) == 0 || !d.isRateCon() || t == nil || !slices.ContainsFunc(d.r.Flags, func(f Flag) bool { return f.Field == "total_rate" && f.Severity == Check }) {
		return
	}
	var sum money.Cents
	cents := make([]money.Cents, len(d.r.LineItems))
	for i, li := range d.r.LineItems {
		if li.Amount != nil {
			cents[i], _ = money.Parse(li.Amount.Value)
			sum += cents[i]
		}
	}
	total, _ := money.Parse(t.Value)
	for i, c := range cents {
		if c > 0 && (c < 1000 || sum-c == total) {
			d.flag(fmt.Sprintf("line_items[%d]", i), "the total is made without this line", Check)
		}
	}
	if !slices.ContainsFunc(d.r.LineItems, func(li LineItem) bool { return li.Kind != nil && li.Kind.Value == "linehaul" }) {
		d.flag("line_items", "these charges do not make the total, and no line haul is among them", Check)
	}
}

// doubtKind flags the kind of paper where its own words do not settle it.
func (d *doc) doubtKind() {
	if t := d.r.DocumentType; t != nil && t.Confidence < 0.85 && t.Value != Other {
		d.flag("document_type", "what kind of paper this is, is not clear", Check)
	}
}

// doubtOther flags a paper of no known kind that tells of a trip all the same.
func (d *doc) doubtOther() {
	if d.r.DocumentType != nil && len(d.r.Stops) > 0 {
		d.flag("document_type", "the paper tells of a trip, but not what kind of paper it is", Check)
	}
}

// partOf names the part of a reading that a field belongs to.
func partOf(field string) string {
	switch {
	case strings.HasPrefix(field, "stops"):
		return "stops"
	case strings.HasPrefix(field, "broker"), strings.HasPrefix(field, "carrier"):
		return "parties"
	case strings.HasPrefix(field, "line_items"), field == "total_rate", field == "currency":
		return "pay"
	case strings.HasPrefix(field, "terms"):
		return "terms"
	case field == "load_number", field == "document_type":
		return field
	}
	return "cargo"
}

// agreed are fields that the gazetteer compares with each other.
var agreed = regexp.MustCompile(`^stops\[\d+\]\.(?:type|city|state|zip)$`)

// bars gives each part of the reading the confidence below which its fields are
// put before a person. Where a part is in doubt already and others are too, the
// layout is one that is not understood: every other value found there by its
// place alone is wrong half of the time, so more is asked of it.
func (d *doc) bars() func(path string) float64 {
	doubted := map[string]bool{}
	for _, f := range d.r.Flags {
		if f.Severity == Check {
			doubted[partOf(f.Field)] = true
		}
	}
	unclear := doubted["document_type"]
	return func(path string) float64 {
		if agreed.MatchString(path) {
			return sure
		}
		if unclear || doubted[partOf(path)] && len(doubted) > 1 {
			return unsure
		}
		return sure
	}
}

// doubtReach doubts a telephone number or mail address of the broker that stands
// with no person of its own, where the paper prints another that no field took:
// which of a house's desks is this load's, nobody has said.
func (d *doc) doubtReach() {
	b := &d.r.Broker
	taken := map[string]bool{}
	d.r.walk(func(_ string, l any) {
		if s, ok := l.(Str); ok {
			taken[onlyDigits(s.Value)] = true
			taken[strings.ToLower(s.Value)] = true
		}
	})
	withPerson := func(l Str) bool {
		c := b.Contact
		return c != nil && c.Page == l.Page && l.Box[1]-c.Box[3] < 3*d.em && c.Box[1]-l.Box[3] < 3*d.em
	}
	other := func(find func(string) string) bool {
		return slices.ContainsFunc(d.cells, func(c *cell) bool {
			h := d.of[c]
			if h != nil && (h.ctx == cTerms || h.ctx == cSign || h.ctx == cBillTo || ofOneStop(h)) || faxRE.MatchString(c.text) {
				return false
			}
			v := find(c.text)
			return v != "" && !taken[v]
		})
	}
	if p := b.Phone; p != nil && !withPerson(p) {
		doubt(p, other(func(t string) string {
			a, e, ok := findPhone(t)
			if !ok {
				return ""
			}
			return onlyDigits(t[a:e])
		}))
	}
	if m := b.Email; m != nil && deskMailRE.MatchString(m.Value) && b.Contact != nil && !mailOf(m.Value, b.Contact.Value) {
		doubt(m, slices.ContainsFunc(d.cells, func(c *cell) bool {
			return slices.ContainsFunc(emailRE.FindAllString(c.text, 3), func(v string) bool { return mailOf(v, b.Contact.Value) })
		}))
	}
	if m := b.Email; m != nil && !withPerson(m) {
		doubt(m, other(func(t string) string {
			v := strings.ToLower(emailRE.FindString(t))
			if billRE.MatchString(v) {
				return ""
			}
			return v
		}))
	}
}

// deskMailRE is a mail address of a desk, not of a person.
var deskMailRE = regexp.MustCompile(`(?i)^(?:pay|track|status|check|email|dispatch|info|support|loads?|ops|operations|logistics|carriers?|team|help|after)`)

var faxRE = regexp.MustCompile(`(?i)\bfax`)
