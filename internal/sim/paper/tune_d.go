package paper

import "strings"

// tuneFormerlyHeld lists the layouts of the first held-out set, which was
// looked at while the reader was tuned. Their names keep the h- they had.
func tuneFormerlyHeld() []Layout {
	ls := []Layout{
		{Name: "h-timeline", Ext: "pdf", Style: Style{Date: "Mon, 01/02/06", Clock: "15:04", To: " to ", Zone: "generic", Money: "$", Weight: "lbs", Temp: "deg", Equip: 3, Refs: "#", Terms: 3}, draw: pdf(setup{margin: 40, family: "Helvetica", size: 9}, drawTimeline)},
		{Name: "h-form", Ext: "pdf", Style: Style{Date: "01/02/2006", Clock: "1504", To: "-", Money: "plain", Weight: "#", Temp: "F", Equip: 2, Upper: true, Phone: "dash", Refs: "#", Terms: 1}, draw: pdf(setup{margin: 32, family: "Courier", size: 9}, drawForm)},
		{Name: "h-matrix", Ext: "pdf", Style: Style{Date: "2006-01-02", Clock: "15:04", To: "-", Money: "code", Weight: "lb", Temp: "to", Equip: 1, Phone: "one", Refs: "no", Terms: 2}, draw: pdf(setup{a4: true, margin: 36, family: "Helvetica", size: 8.6}, drawMatrix)},
		{Name: "h-contract", Ext: "pdf", Style: Style{Date: "January 2, 2006", Clock: "3:04 PM", To: " and ", Money: "$", Weight: "pounds", Temp: "degrees", Equip: 5, Refs: "word", Terms: 0}, draw: pdf(setup{margin: 64, family: "Times", size: 11}, drawContract)},
		{Name: "h-ticket", Ext: "pdf", Style: Style{Date: "02-Jan-06", Clock: "15:04", To: "–", Zone: "abbr", Money: "sp", Weight: "LBS", Temp: "deg", Equip: 0, Refs: ":", Phone: "dot", MCPre: true, Terms: 1}, draw: pdf(setup{margin: 38, family: "Helvetica", size: 9.4}, drawTicket)},
		{Name: "h-sidebar", Ext: "pdf", Style: Style{Date: "Jan 2, 2006", Clock: "3:04 PM", Money: "$", Weight: "lbs", Temp: "F", Equip: 0, Refs: "#", Terms: 0}, draw: pdf(setup{margin: 30, family: "Helvetica", size: 9}, drawSidebar)},
		{Name: "h-wide", Ext: "pdf", Style: Style{Date: "1/2/2006", Clock: "03:04 PM", To: " - ", Money: "$", Weight: "lbs", Temp: "to", Equip: 4, Refs: ":", Phone: "dash", Terms: 2}, draw: pdf(setup{landscape: true, margin: 34, family: "Times", size: 10}, drawWide)},
		{Name: "h-numbered", Ext: "pdf", Style: Style{Date: "Monday 2 January 2006", Clock: "15:04", To: " until ", Zone: "name", Money: "pre", Weight: "K", Temp: "to", Equip: 3, Refs: "no", Phone: "one", Terms: 3}, draw: pdf(setup{margin: 50, family: "Helvetica", size: 10}, drawNumbered)},
		{Name: "h-note", Ext: "eml", Style: Style{Date: "Mon Jan 2", Clock: "1504", To: "-", Money: "$", Weight: "#", Temp: "F", Equip: 1, Refs: "#", Phone: "dot", Terms: 1}, draw: mailBody(drawNote)},
	}
	ls[len(ls)-1].Style.Date = "01/02/06"
	return ls
}

// drawTimeline: stops to the right of a date column; money in a footer band.
func drawTimeline(s *sheet, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	s.font("B", 20)
	s.put(s.left, s.y, "Load Tender & Rate Agreement")
	s.font("", 9)
	s.put(s.left, s.y+26, "Tender "+p.Load()+"  ·  prepared "+p.Issued()+" by "+b.Contact())
	s.y += 48
	s.rule(s.y)
	s.y += 10
	for _, st := range p.Stops() {
		s.need(92)
		s.font("B", 9)
		y := s.lines(s.left, s.y, 12, st.Day())
		s.font("", 9)
		y = s.lines(s.left, y, 12, st.Hours(), st.Appointment("Appt. set", "FCFS"))
		s.font("B", 10.5)
		s.put(s.left+150, s.y, st.Word("COLLECT FROM", "DELIVER TO"))
		s.font("", 9)
		z := s.lines(s.left+150, s.y+15, 12, st.Name(), join(", ", st.Street(), st.Town()), join(" / ", st.Contact(), st.Phone()), st.RefList("   "))
		if n := st.Notes(); n != "" {
			z = s.lines(s.left+150, z, 12, "Note: "+n)
		}
		s.y = max(y, z) + 8
		s.Line(s.left+135, s.y-6, s.right, s.y-6)
	}
	s.need(110)
	w := s.width() / 4
	a := s.over(s.left, s.y, w-6, "Freight", p.Commodity())
	e := s.over(s.left+w, s.y, w-6, "Trailer", p.Equipment())
	f := s.over(s.left+2*w, s.y, w-6, "Weight", p.Weight())
	g := s.over(s.left+3*w, s.y, w-6, "Setpoint", p.Temp())
	s.y = max(a, e, f, g) + 8
	y := s.over(s.left, s.y, 2*w-6, "Hauling carrier", join("  ", c.Name(), "MC "+c.MC(), "DOT "+c.USDOT()))
	z := s.over(s.left+2*w, s.y, 2*w-6, "Tendered by", join("  ", b.Name(), b.Phone(), b.Email()))
	s.y = max(y, z) + 6
	var words []string
	for _, ch := range p.Charges() {
		words = append(words, ch.Description()+" "+ch.Amount())
	}
	s.font("", 9)
	s.y = s.para(s.left, s.y, s.width(), 12, strings.Join(words, "   +   ")) + 4
	if t := p.Total(); t != "" {
		s.font("B", 12)
		s.y = s.bar(s.left, s.y, s.width(), 24, black, white, "CARRIER PAY "+t) + 8
	}
	s.prose(8.6, 11, append(p.TermClauses(), p.Notes()...))
}

// drawForm: numbered boxes as on a government form, capitals.
func drawForm(s *sheet, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	box := func(x, w, h float64, k, v string) {
		s.frame(x, s.y, w, h)
		s.font("", 6.5)
		s.put(x+3, s.y+3, k)
		s.font("", 9)
		s.para(x+3, s.y+12, w-6, 10.5, v)
	}
	s.font("B", 12)
	s.text(s.left, s.y, s.width(), "C", "MOTOR CARRIER LOAD AND RATE CONFIRMATION")
	s.y += 20
	h := s.width() / 2
	q := s.width() / 4
	box(s.left, h, 38, "1. BROKER", b.Name())
	box(s.left+h, q, 38, "2. LOAD NUMBER", p.Load())
	box(s.left+h+q, q, 38, "3. DATE", p.Issued())
	s.y += 38
	box(s.left, h, 38, "4. CARRIER", c.Name())
	box(s.left+h, q, 38, "5. MC NUMBER", c.MC())
	box(s.left+h+q, q, 38, "6. CARRIER PHONE", c.Phone())
	s.y += 38
	box(s.left, q, 38, "7. EQUIPMENT", p.Equipment())
	box(s.left+q, q, 38, "8. TEMPERATURE", p.Temp())
	box(s.left+h, q, 38, "9. WEIGHT", p.Weight())
	box(s.left+h+q, q, 38, "10. MILES", p.Miles())
	s.y += 38
	box(s.left, s.width(), 26, "11. COMMODITY", p.Commodity())
	s.y += 32
	for _, st := range p.Stops() {
		s.need(84)
		box(s.left, h, 62, st.Word("PICK UP ", "DELIVER ")+st.Of(), join("\n", st.Name(), st.Street(), st.Town()))
		box(s.left+h, q, 31, "DATE", st.Day())
		box(s.left+h+q, q, 31, "TIME", join(" ", st.Hours(), st.Appointment("APPT", "FCFS")))
		s.y += 31
		box(s.left+h, h, 31, "REFERENCE NUMBERS", st.RefList(" "))
		s.y += 35
	}
	s.need(110)
	s.font("", 9)
	s.put(s.left, s.y+2, "CHARGES")
	s.y += 15
	for _, ch := range p.Charges() {
		s.put(s.left+20, s.y, ch.Description())
		s.text(s.left, s.y, 330, "R", ch.Amount())
		s.y += 12
	}
	if t := p.Total(); t != "" {
		s.font("B", 9)
		s.put(s.left+20, s.y+2, "TOTAL PAYABLE TO CARRIER")
		s.text(s.left, s.y+2, 330, "R", t+" "+p.Currency())
	}
	s.y += 20
	s.prose(8, 10, append(p.TermClauses(), p.Notes()...))
}

// drawMatrix: labels down the left edge, one column a stop, up to three columns abreast.
func drawMatrix(s *sheet, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	s.logo(s.left, s.y, 34, rgb{160, 30, 60})
	s.font("B", 12)
	s.put(s.left+44, s.y+2, b.Name())
	s.font("", 8.6)
	s.put(s.left+44, s.y+18, b.Address()+"   "+b.Phone())
	s.y += 46
	w := s.width() / 2
	s.table(grid{widths: []float64{w * 0.35, w * 0.65, w * 0.35, w * 0.65}, size: 8.6, lines: "all"}, [][]string{
		{"Booking ref", p.Load(), "Booked", p.Issued()},
		{"Haulier", c.Name(), "Haulier MC", c.MC()},
		{"Vehicle type", p.Equipment(), "Vehicle length ft", p.Length()},
		{"Goods", p.Commodity(), "Gross weight", p.Weight()},
		{"Temperature", p.Temp(), "Distance, miles", p.Miles()},
	})
	s.y += 10
	stops := p.Stops()
	for i := 0; i < len(stops); i += 3 {
		group := stops[i:min(i+3, len(stops))]
		g := grid{widths: []float64{80}, head: []string{""}, back: pale, size: 8.4, lines: "all"}
		rows := [][]string{{"Company"}, {"Street"}, {"Town"}, {"Day"}, {"Time"}, {"Slot"}, {"References"}, {"Site contact"}}
		for _, st := range group {
			g.widths = append(g.widths, (s.width()-80)/3)
			g.head = append(g.head, st.Number()+" "+st.Word("PICKUP", "DELIVERY"))
			for j, v := range []string{st.Name(), st.Street(), st.Town(), st.Day(), st.Hours(), st.Appointment("Appointment", "FCFS"), st.RefList("\n"), join("\n", st.Contact(), st.Phone())} {
				rows[j] = append(rows[j], v)
			}
		}
		s.need(180)
		s.table(g, rows)
		s.y += 8
	}
	s.need(90)
	s.font("", 8.6)
	for _, ch := range p.Charges() {
		s.text(s.left, s.y, s.width()-130, "R", ch.Description())
		s.text(s.left, s.y, s.width(), "R", ch.Amount())
		s.y += 12
	}
	if t := p.Total(); t != "" {
		s.font("B", 9)
		s.text(s.left, s.y+2, s.width()-130, "R", "Agreed price")
		s.text(s.left, s.y+2, s.width(), "R", t)
	}
	s.y += 22
	s.table(grid{widths: []float64{120, s.width() - 120}, size: 8.2, lines: "rows", pad: 2}, pairsOf(p.TermRows()))
	s.y += 8
	s.prose(8.2, 10.4, p.Notes())
}

// drawContract: an agreement in running sentences.
func drawContract(s *sheet, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	s.font("B", 15)
	s.text(s.left, s.y, s.width(), "C", "LOAD CONFIRMATION AGREEMENT")
	s.y += 28
	s.prose(11, 14, []string{"Agreement made " + p.Issued() + " between " + b.Name() + " (Broker, MC " + b.MC() + ") and " + c.Name() + " (Carrier, MC " + c.MC() + ") for Load No. " + p.Load() + "."})
	item := func(k, v string) {
		if v != "" {
			s.need(34)
			s.font("", 11)
			s.y = s.kv(s.left, s.y, 120, s.width(), k, v) + 4
		}
	}
	item("Goods:", p.Commodity())
	item("Weight:", p.Weight())
	item("Equipment:", p.Equipment())
	item("Temperature:", p.Temp())
	for _, st := range p.Stops() {
		item(st.Word("Pickup at:", "Delivery at:"), join(", ", st.Name(), st.Street(), st.Town()))
		words := st.Day()
		if h := st.Hours(); h != "" {
			words += st.Appointment(", appointment at ", ", open without appointment (FCFS) between ")
			if st.src.Appointment == ByAppointment && !st.src.End.IsZero() {
				words = strings.TrimSuffix(words, "at ") + "between "
			}
			words += h
		}
		item("Date and time:", words)
		item("Numbers:", st.RefList(", "))
	}
	s.y += 6
	for _, ch := range p.Charges() {
		item(ch.Description()+":", ch.Amount())
	}
	item("Total compensation:", p.Total())
	s.y += 6
	s.prose(10.5, 13, append(append(p.TermClauses(), p.Notes()...), legal[1], legal[3], legal[7]))
	s.need(60)
	s.y += 30
	s.signature(s.left, s.y, 190, "For Broker: "+b.Contact())
	s.signature(s.right-190, s.y, 190, "For Carrier")
}
