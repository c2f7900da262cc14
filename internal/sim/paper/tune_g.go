package paper

import "strings"

// secondLegal is the small print of the second batch of layouts.
var secondLegal = []string{
	"Carrier is an independent contractor and shall furnish all equipment, fuel, drivers and labor. Carrier holds cargo insurance of no less than $100,000 and auto liability of no less than $1,000,000, with Broker named as certificate holder.",
	"The freight may not be brokered, trip-leased or transferred to rail or to another motor carrier. A carrier that does so is not entitled to any payment and remains liable for the cargo.",
	"Notify us at once of anything that could make the truck late, of any shortage or damage, and of any accident. A driver who cannot reach the person named on this sheet calls the after-hours line on our website.",
	"Count the freight and check its condition before signing for it. Any exception is to be written on all copies of the bill of lading and signed by the shipper or receiver.",
	"Equipment must be food grade where food is shipped. The trailer's nose, floor and doors are to be inspected before loading, and holes, odors and moisture are grounds for refusal without pay.",
	"Drivers are to follow the law, including the hours of service rules, at all times. We will never ask a driver to break a rule to make a delivery.",
	"Extra charges not listed here are paid only if we approved them by e-mail on the day they arose; claims older than 10 days are waived.",
	"Carrier shall not solicit traffic from any shipper, consignee or customer of Broker for 18 months after the last load moved. The courts of Broker's home county have jurisdiction.",
	"Where goods are refused, hold them and call for instructions. Cargo claims are settled under 49 USC 14706 and are to be acknowledged within 30 days and paid or declined within 120 days.",
}

// drawLegal: clauses of an agreement with the shipment as lettered particulars in their midst.
func drawLegal(s *sheet, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	s.font("B", 13)
	s.text(s.left, s.y, s.width(), "C", b.Name())
	s.font("", 10)
	s.text(s.left, s.y+17, s.width(), "C", "Single Shipment Transportation Confirmation")
	s.y += 38
	s.whole(10, 12.2, []string{"THIS CONFIRMATION is made as of " + p.Issued() + " by " + b.Name() + ", of " + b.Address() + ", a property broker licensed under MC " + b.MC() + " (\"Broker\"), and " + c.Name() +
		", a motor carrier operating under MC " + c.MC() + " and USDOT " + c.USDOT() + " (\"Carrier\")."})
	s.whole(10, 12.2, secondLegal[:3])
	s.heading(10, "Particulars of the shipment")
	letter := 'a'
	item := func(head string, parts ...string) {
		v := join(" ", parts...)
		if v == "" {
			return
		}
		s.whole(10, 12.2, []string{"(" + string(letter) + ") " + head + ". " + v})
		letter++
	}
	item("Shipment", "Broker's shipment number is", p.Load()+".")
	item("Freight", p.Commodity()+", weighing "+p.Weight()+", in", p.Pieces(), "handling units.")
	item("Equipment", "Carrier shall furnish one "+p.Equipment()+".")
	if t := p.Temp(); t != "" {
		item("Protection", "The freight shall be carried at "+t+" throughout.")
	}
	for _, st := range p.Stops() {
		at := join(", ", st.Name(), st.Street(), st.Town()) + "."
		when := st.Word("Carrier shall load on ", "Carrier shall unload on ") + st.Day()
		if h := st.Hours(); h != "" {
			when += st.Appointment(", by appointment at ", ", on a first-come, first-served basis, from ") + h
		} else {
			when += st.Appointment(", by appointment", ", on a first-come, first-served basis")
		}
		refs := st.RefList(", ")
		if refs != "" {
			refs = "Numbers to give at the gate: " + refs + "."
		}
		dock := join(", ", st.Contact(), st.Phone())
		if dock != "" {
			dock = "The person to call is " + dock + "."
		}
		item(st.Word("Origin", "Destination"), at, when+".", refs, dock)
	}
	s.whole(10, 12.2, secondLegal[3:7])
	s.heading(10, "Compensation")
	var parts []string
	for _, ch := range p.Charges() {
		parts = append(parts, ch.Description()+" of "+ch.Amount())
	}
	pay := "As full and only compensation for its services Carrier shall receive " + strings.Join(parts, ", ")
	if t := p.Total(); t != "" {
		pay += ", for a total of " + t
	}
	s.whole(10, 12.2, append([]string{pay + "."}, p.TermClauses()...))
	s.whole(10, 12.2, []string{"Invoices are to be sent to " + b.BillingEmail() + "."})
	s.heading(10, "Further conditions")
	s.whole(10, 12.2, append(secondLegal[7:], p.Notes()...))
	s.need(60)
	s.y += 34
	s.signature(s.left, s.y, 200, "By: "+b.Contact()+", for Broker")
	s.signature(s.right-200, s.y, 200, "By (name and title), for Carrier")
}

// drawFax: fixed pitch, the first shipper and the last consignee side by side, the stops between as a list.
func drawFax(s *sheet, p *Pen) {
	m := mono{s}
	b, c := p.Broker(), p.Carrier()
	m.line("%s", "FAX TRANSMITTAL / LOAD CONFIRMATION")
	m.line("")
	m.line("TO:    %-44sFROM:  %s", c.Name(), b.Name())
	m.line("ATTN:  %-44sATTN:  %s", c.Contact(), b.Contact())
	m.line("FAX:   %-44sPHONE: %s", c.Fax(), b.Phone())
	m.line("MC:    %-44sMC:    %s", c.MC(), b.MC())
	m.line("%s", strings.Repeat("*", 98))
	m.line("OUR PRO: %-20s DATE: %-16s EQUIP: %s", p.Load(), p.Issued(), p.Equipment())
	m.line("")
	first, last := p.Stop(0), p.Last()
	side := func(l, r string) {
		if strings.TrimSpace(l+r) != "" {
			m.line("%-51s%s", l, r)
		}
	}
	side("SHIPPER", "CONSIGNEE")
	side(first.Name(), last.Name())
	side(first.Street(), last.Street())
	side(first.Town(), last.Town())
	side(join(" ", first.Phone(), first.Contact()), join(" ", last.Phone(), last.Contact()))
	m.line("")
	side("LOAD: "+join(" ", first.Day(), first.Hours(), first.Appointment("APPT", "FCFS")), "DEL:  "+join(" ", last.Day(), last.Hours(), last.Appointment("APPT", "FCFS")))
	l, r := first.Refs(), last.Refs()
	for i := range max(len(l), len(r)) {
		side(at(l, i), at(r, i))
	}
	m.line("")
	stops := p.Stops()
	for _, st := range stops[1 : len(stops)-1] {
		m.line("ALSO %s %s", st.Word("LOADS AT", "DELIVERS TO"), join(", ", st.Name(), st.Street(), st.Town()))
		m.line("     %s", join(" ", st.Day(), st.Hours(), st.Appointment("APPT", "FCFS"), st.RefList(" "), st.Phone()))
	}
	m.line("%s", strings.Repeat("*", 98))
	m.line("%8s PCS   %-40s %12s", p.Pieces(), p.Commodity(), p.Weight())
	if t := p.Temp(); t != "" {
		m.line("REEFER SET AT %s CONTINUOUS", t)
	}
	m.line("")
	for _, ch := range p.Charges() {
		m.line("%-40s%14s", "  "+ch.Description(), ch.Amount())
	}
	if t := p.Total(); t != "" {
		m.line("%-40s%14s", "  PAY TO CARRIER", t)
	}
	m.line("%s", strings.Repeat("*", 98))
	for _, t := range p.TermClauses() {
		m.wrapped("  ", 96, t)
	}
	for _, t := range p.Notes() {
		m.wrapped("  ", 96, strings.ToUpper(t))
	}
	m.line("")
	m.line("SIGN AND FAX BACK TO %s   X______________________________  DATE ___________", b.Fax())
}

// at is the i-th text, or "" behind the last.
func at(vs []string, i int) string {
	if i < len(vs) {
		return vs[i]
	}
	return ""
}

// drawWord: a word processor's page: a greeting, bullets and the rate in a sentence.
func drawWord(s *sheet, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	s.font("B", 16)
	s.ink(rgb{192, 0, 0})
	s.text(s.left, s.y, s.width(), "C", b.Name())
	s.ink(black)
	s.font("", 10)
	s.text(s.left, s.y+20, s.width(), "C", b.Address())
	s.text(s.left, s.y+33, s.width(), "C", "Office "+b.Phone()+"   "+b.Email())
	s.y += 58
	s.font("B", 13)
	s.text(s.left, s.y, s.width(), "C", "Rate agreement, our ref. "+p.Load())
	s.y += 26
	s.prose(11, 14, []string{p.Issued(), "Hi " + c.Contact() + ", thanks for covering this one. Here is what " + c.Name() + " (MC# " + c.MC() + ") agreed to haul for us:"})
	bullet := func(k, v string) {
		if v == "" {
			return
		}
		s.need(30)
		s.font("", 11)
		s.put(s.left+10, s.y, "•")
		s.font("B", 11)
		x := s.put(s.left+24, s.y, k+" ")
		s.font("", 11)
		ls := s.wrap(v, s.right-x)
		s.put(x, s.y, ls[0])
		s.y = s.para(s.left+24, s.y+14, s.width()-24, 14, strings.Join(ls[1:], " "))
		if len(ls) == 1 {
			s.y -= 14
		}
		s.y += 3
	}
	bullet("Load:", p.Commodity()+", approx. "+p.Weight()+" on "+p.Pieces()+" pallets")
	bullet("Trailer needed:", p.Equipment())
	bullet("Run reefer at:", p.Temp())
	for _, st := range p.Stops() {
		bullet(st.Word("Picks up at", "Delivers at"), join(", ", st.Name(), st.Street(), st.Town()))
		s.left += 24
		bullet("When:", join(", ", st.When(), st.Appointment("that is an appointment", "FCFS")))
		bullet("Numbers:", st.RefList(", "))
		bullet("At the dock:", join(" ", st.Contact(), st.Phone()))
		bullet("Note:", st.Notes())
		s.left -= 24
	}
	s.y += 6
	var parts []string
	for _, ch := range p.Charges() {
		parts = append(parts, ch.Amount()+" "+ch.Description())
	}
	words := "The rate is made up of " + strings.Join(parts, " plus ") + "."
	if t := p.Total(); t != "" {
		words = "We pay " + t + " for the trip: " + strings.Join(parts, " plus ") + "."
	}
	s.prose(11, 14, []string{words})
	s.prose(10.5, 13.4, []string{strings.Join(p.TermClauses(), " ")})
	s.prose(10.5, 13.4, p.Notes())
	s.prose(10.5, 13.4, []string{"Sign below and e-mail it back, invoices go to " + b.BillingEmail() + ". Thank you, " + b.Contact()})
	s.need(50)
	s.y += 32
	s.signature(s.left, s.y, 220, "Carrier")
}
