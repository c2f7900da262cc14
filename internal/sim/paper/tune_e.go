package paper

import "strings"

// drawTicket: a big number, a money stub on the right, stops as rounded tickets.
func drawTicket(s *sheet, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	orange := rgb{205, 95, 20}
	s.font("B", 24)
	s.ink(orange)
	s.put(s.left, s.y, "#"+p.Load())
	s.ink(black)
	s.font("", 9.4)
	s.put(s.left, s.y+30, "Rate confirmation sent "+p.Issued())
	stub := s.right - 165
	top := s.y
	y := s.boxed(stub, top, 165, 50, func(x, y, w float64) float64 {
		for _, ch := range p.Charges() {
			s.put(x, y, ch.Description())
			s.text(x, y, w, "R", ch.Amount())
			y += 13
		}
		if t := p.Total(); t != "" {
			s.font("B", 12)
			s.text(x, y+4, w, "R", t)
			s.font("", 7)
			s.put(x, y+8, "TO BE PAID")
			s.font("", 9.4)
			y += 20
		}
		return y
	})
	s.y += 50
	z := s.kv(s.left, s.y, 70, stub-s.left-10, "From", b.Name())
	z = s.kv(s.left, z, 70, stub-s.left-10, "", join("  ", b.Contact(), b.Phone(), b.Email()))
	z = s.kv(s.left, z, 70, stub-s.left-10, "To", c.Name()+"  "+c.MC())
	z = s.kv(s.left, z, 70, stub-s.left-10, "Hauling", join(", ", p.Commodity(), p.Weight(), p.Pieces()+" pieces"))
	z = s.kv(s.left, z, 70, stub-s.left-10, "In a", join(", ", p.Equipment(), p.Temp()))
	s.y = max(y, z) + 12
	for _, st := range p.Stops() {
		s.need(84)
		s.SetFillColor(250, 243, 236)
		s.RoundedRect(s.left, s.y, s.width(), 76, 8, "1234", "F")
		s.font("B", 9.4)
		s.ink(orange)
		s.put(s.left+10, s.y+8, st.Word("PICK", "DROP"))
		s.ink(black)
		s.font("", 9.4)
		s.lines(s.left+60, s.y+8, 13, st.Name(), st.Street(), st.Town(), join(" ", st.Contact(), st.Phone()))
		s.lines(s.left+270, s.y+8, 13, st.Day(), st.Hours(), st.Appointment("Appt", "FCFS"))
		s.lines(s.left+400, s.y+8, 13, st.Refs()...)
		s.y += 82
	}
	s.y += 6
	s.prose(8.8, 11, append(p.TermClauses(), p.Notes()...))
}

// drawSidebar: everything about the parties and the money in a grey column, stops beside it.
func drawSidebar(s *sheet, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	_, h := s.GetPageSize()
	s.fill(0, 0, 200, h, pale)
	y := s.left
	s.font("B", 11)
	y = s.para(s.left, y, 160, 13, b.Name()) + 6
	s.font("", 9)
	for _, kv := range [][2]string{{"BROKER MC", b.MC()}, {"CALL", b.Phone()}, {"WRITE", b.Email()}, {"INVOICES TO", b.BillingEmail()}, {"CARRIER", c.Name()}, {"CARRIER MC", c.MC()}, {"CARRIER DOT", c.USDOT()},
		{"EQUIPMENT", p.Equipment()}, {"TEMP", p.Temp()}, {"COMMODITY", p.Commodity()}, {"WEIGHT", p.Weight()}, {"PIECES", p.Pieces()}} {
		y = s.over(s.left, y, 160, kv[0], kv[1])
	}
	y += 6
	for _, ch := range p.Charges() {
		y = s.over(s.left, y, 160, strings.ToUpper(ch.Kind()), ch.As(ch.src.Description)+": "+ch.Amount())
	}
	if t := p.Total(); t != "" {
		s.font("B", 12)
		s.put(s.left, y+4, "Total "+t)
	}
	s.left = 216
	s.font("B", 17)
	s.put(s.left, s.y, "Confirmation "+p.Load())
	s.font("", 9)
	s.put(s.left, s.y+22, p.Issued())
	s.y += 44
	for _, st := range p.Stops() {
		s.need(100)
		s.font("B", 10)
		s.put(s.left, s.y, st.Number()+". "+st.Word("Pick up", "Deliver")+" at "+st.Name())
		s.font("", 9)
		y := s.lines(s.left+14, s.y+15, 12, st.Street(), st.Town())
		y = s.lines(s.left+14, y+2, 12, join(", ", st.When(), st.Appointment("by appointment", "first come first served")))
		y = s.lines(s.left+14, y+2, 12, st.RefList(" | "), join(", ", st.Contact(), st.Phone()), st.Notes())
		s.y = y + 10
	}
	s.prose(8.6, 11, append(p.TermClauses(), p.Notes()...))
}

// drawWide: a ledger across a landscape page with the money as the last columns.
func drawWide(s *sheet, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	s.font("B", 16)
	s.text(s.left, s.y, s.width(), "C", b.Name())
	s.font("I", 10)
	s.text(s.left, s.y+19, s.width(), "C", "Carrier Rate Confirmation and Dispatch Order")
	s.y += 40
	s.font("", 10)
	w := s.width() / 3
	a := s.kv(s.left, s.y, 90, w, "Order Number", p.Load())
	a = s.kv(s.left, a, 90, w, "Order Date", p.Issued())
	a = s.kv(s.left, a, 90, w, "Order Taken By", b.Contact())
	d := s.kv(s.left+w, s.y, 80, w, "Truck Line", c.Name())
	d = s.kv(s.left+w, d, 80, w, "MC Number", c.MC())
	d = s.kv(s.left+w, d, 80, w, "Trailer", p.Equipment())
	e := s.kv(s.left+2*w, s.y, 80, w, "Product", p.Commodity())
	e = s.kv(s.left+2*w, e, 80, w, "Weight", p.Weight())
	e = s.kv(s.left+2*w, e, 80, w, "Protect From", p.Temp())
	s.y = max(a, d, e) + 10
	var rows [][]string
	for _, st := range p.Stops() {
		rows = append(rows, []string{st.Word("PU", "DEL"), st.Name(), st.Street(), st.CityState(), st.ZIP(), st.Day(), st.Hours(), st.Appointment("APPT", "FCFS"), st.RefList(", ")})
	}
	s.table(grid{widths: []float64{34, 120, 130, 92, 46, 66, 84, 40, s.width() - 612}, head: []string{"", "Company", "Street", "City", "Zip", "Date", "Hours", "", "Numbers"}, back: white, size: 8.8, lines: "rows", stripe: true}, rows)
	s.y += 12
	s.need(100)
	for _, ch := range p.Charges() {
		s.font("", 10)
		s.put(s.left+300, s.y, ch.Description())
		s.text(s.left+300, s.y, 200, "R", ch.Quantity())
		s.text(s.left+300, s.y, 290, "R", ch.Rate())
		s.text(s.left+300, s.y, 400, "R", ch.Amount())
		s.y += 14
	}
	if t := p.Total(); t != "" {
		s.font("B", 10)
		s.put(s.left+300, s.y, "Pay this amount")
		s.text(s.left+300, s.y, 400, "R", t)
	}
	s.y += 24
	s.prose(9, 11, append(p.TermClauses(), p.Notes()...))
}

// drawNumbered: clauses with numbers, values inside them.
func drawNumbered(s *sheet, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	s.font("B", 14)
	s.put(s.left, s.y, b.Name())
	s.font("", 10)
	s.put(s.left, s.y+18, b.Address()+", tel. "+b.Phone())
	s.y += 44
	n := 0
	item := func(k, v string) {
		if v == "" {
			return
		}
		n++
		s.need(40)
		s.font("", 10)
		s.y = s.kv(s.left, s.y, 150, s.width(), string(rune('0'+n/10))+string(rune('0'+n%10))+"  "+k, v) + 4
	}
	item("Shipment number", p.Load())
	item("Confirmed on", p.Issued())
	item("Contracted carrier", c.Name())
	item("Docket (MC)", c.MC())
	item("Equipment required", p.Equipment())
	item("Cargo", p.Commodity())
	item("Cargo weight", p.Weight())
	item("Cargo temperature", p.Temp())
	for _, st := range p.Stops() {
		item(st.Word("Loading place", "Unloading place"), join("\n", st.Name(), st.Street(), st.Town()))
		item(st.Word("Loading time", "Unloading time"), join(", ", st.When(), st.Appointment("appointment", "FCFS")))
		item(st.Word("Loading references", "Unloading references"), st.RefList(", "))
	}
	for _, ch := range p.Charges() {
		item(ch.Description(), ch.Amount())
	}
	item("Freight price, total", p.Total())
	s.y += 6
	s.prose(9, 11.4, append(p.TermClauses(), p.Notes()...))
}

// drawNote: a mail of few words, each stop one line.
func drawNote(t *sentences, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	t.line("%s / %s -", c.Contact(), c.Name())
	t.line("\nBooked. Our load %s, %s, %s of %s.", p.Load(), p.Equipment(), p.Weight(), p.Commodity())
	if v := p.Temp(); v != "" {
		t.line("Run at %s.", v)
	}
	t.line("")
	for _, s := range p.Stops() {
		t.line("%s %s %s %s", s.Word("PU", "DEL"), s.When(), s.Appointment("appt", "fcfs"), join(", ", s.Name(), s.Street(), s.Town()))
		for _, r := range s.Refs() {
			t.line("    %s", r)
		}
	}
	t.line("")
	for _, ch := range p.Charges() {
		t.line("%s %s", ch.Description(), ch.Amount())
	}
	t.pair("Paying", p.Total()+" total")
	t.line("\n%s\n\n%s | %s | %s", strings.Join(p.TermClauses(), " "), b.Contact(), b.Name(), b.Phone())
}
