package paper

import (
	"html"
	"strings"
)

// wCards: three cards on top, each stop a card of small words over values with a line of its own freight, pay beside the schedule of accessorials.
func wCards(s *sheet, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	teal, load := rgb{15, 95, 100}, p.Load()
	s.fill(0, 0, s.right+s.left, 46, teal)
	s.ink(white)
	s.font("B", 15)
	s.put(s.left, 16, "LOAD CONFIRMATION")
	s.font("B", 12)
	s.text(s.left, 18, s.width(), "R", "Load # "+load)
	s.ink(black)
	s.y = 58
	s.onPage = func(s *sheet) {
		s.font("", 8)
		s.text(s.left, s.y-14, s.width(), "R", "Load # "+load+" (continued)")
	}
	w, top := (s.width()-16)/3, s.y
	s.font("", 8.8)
	one := s.boxed(s.left, top, w, 104, func(x, y, w float64) float64 {
		y = s.over(x, y, w, "Broker", b.Name())
		y = s.over(x, y, w, "Address", strings.Join(b.Lines(), "\n"))
		return s.over(x, y, w, "Load manager", join("\n", b.Contact(), b.Phone(), b.Email()))
	})
	two := s.boxed(s.left+w+8, top, w, one-top, func(x, y, w float64) float64 {
		y = s.over(x, y, w, "Carrier", c.Name())
		y = s.over(x, y, w, "Address", strings.Join(c.Lines(), "\n"))
		return s.over(x, y, w, "Dispatcher", join("\n", c.Contact(), c.Phone(), c.Email()))
	})
	three := s.boxed(s.left+2*(w+8), top, w, max(one, two)-top, func(x, y, w float64) float64 {
		left := s.over(x, y, w/2, "Equipment", p.Equipment())
		right := s.over(x+w/2, y, w/2, "Booked on", p.Issued())
		y = max(left, right)
		left = s.over(x, y, w/2, "MC", c.MC())
		s.over(x+w/2, y, w/2, "DOT", c.USDOT())
		y = left
		left = s.over(x, y, w/2, "Total weight", p.Weight())
		s.over(x+w/2, y, w/2, "Total handling units", p.Pieces())
		y = left
		left = s.over(x, y, w/2, "Temperature", p.Temp())
		right = s.over(x+w/2, y, w/2, "Miles", p.Miles())
		return max(left, right)
	})
	s.y = max(one, two, three) + 10
	for _, st := range p.Stops() {
		s.need(132)
		s.wCardStop(p, st, teal)
	}
	s.need(130)
	s.wCardMoney(p, teal)
	s.heading(9.4, "Load notes")
	s.prose(8.4, 10.4, p.Notes())
	s.prose(6.8, 8.4, append([]string{"Invoices and PODs: " + b.BillingEmail()}, fourthLegal[:6]...))
	s.need(46)
	s.y += 26
	s.signature(s.left, s.y, 170, "Carrier e-signature")
	s.signature(s.left+190, s.y, 120, "Driver name / mobile")
	s.signature(s.left+330, s.y, 90, "Truck / trailer #")
	s.signature(s.left+440, s.y, 90, "Date")
}

// wCardStop is one stop of wCards.
func (s *sheet) wCardStop(p *Pen, st StopPen, teal rgb) {
	q, top := s.width()/4, s.y
	s.font("B", 9)
	s.ink(teal)
	s.put(s.left, top, st.Number()+"  "+st.Word("PICKUP", "DROPOFF"))
	s.ink(black)
	s.font("", 8.8)
	s.pen(teal, 1)
	s.rule(top + 12)
	s.pen(line, 0.6)
	top += 17
	y := s.over(s.left, top, q*1.3-8, "Location", join("\n", st.Name(), st.Street(), st.Town()))
	y2 := s.over(s.left+1.3*q, top, q-8, "Date", st.Day())
	y2 = s.over(s.left+1.3*q, y2, q-8, st.HoursLabel("Appointment time", "FCFS hours"), st.Hours())
	y3 := s.over(s.left+2.3*q, top, 0.8*q-8, "Contact", join("\n", st.Contact(), st.Phone()))
	y4 := s.over(s.left+3.1*q, top, 0.9*q, "References", st.RefList("\n"))
	s.y = max(y, y2, y3, y4)
	s.y = s.over(s.left, s.y, s.width(), "Instructions", st.Notes())
	if st.Pickup() { // the freight stands where it is loaded
		desc := st.Commodity()
		if p.Stop(0).i == st.i {
			desc = p.Commodity()
		}
		s.table(grid{widths: []float64{2 * q, q / 2, q / 2, q}, head: []string{"Item description", "Qty", "Type", "Weight"}, back: pale, size: 8.2, lines: "head", pad: 2}, [][]string{{desc, st.Pieces(), "Pallet", st.Weight()}})
	}
	s.y += 8
}

// wCardMoney prints the pay at the right and the schedule of accessorials at the left.
func (s *sheet) wCardMoney(p *Pen, teal rgb) {
	top, right := s.y, s.left+s.width()*0.56
	w := s.right - right
	s.font("B", 9)
	y := s.bar(right, top, w, 15, teal, white, "Carrier pay")
	y += 3
	for _, ch := range p.Charges() {
		s.font("", 8.8)
		s.put(right+4, y, ch.Description())
		s.text(right, y, w-4, "R", ch.Amount())
		y += 12
	}
	if t := p.Total(); t != "" {
		s.Line(right, y, s.right, y)
		s.font("B", 9.4)
		s.put(right+4, y+3, "Total pay")
		s.text(right, y+3, w-4, "R", t)
		y += 18
	}
	w = s.width()*0.56 - 14
	s.font("B", 9)
	z := s.bar(s.left, top, w, 15, teal, white, "Accessorial schedule and payment") + 3
	words := map[string]string{"Payment Terms": "Terms", "TONU": "Truck not used", "Stop-Off": "Extra stop", "Late Fee": "Late arrival fee", "Detention Max": "Detention limit", "Lumper": "Lumper fees", "Tracking": "Location tracking"}
	for _, r := range p.TermRows() {
		if w, own := words[r[0]]; own {
			r[0] = w
		}
		s.font("", 8.8)
		s.put(s.left+4, z, r[0])
		z = s.para(s.left+104, z, w-104, 11, r[1]) + 1.5
	}
	s.y = max(y, z) + 10
}

// wFaxBack: a small office's letter template, typed over, with one rate for all.
func wFaxBack(s *sheet, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	s.SetFont("Courier", "", 8)
	s.put(s.left-30, 18, p.rc.Issued.Format("Jan 02 2006")+"  14:32   "+p.rc.Broker.Fax+"   PAGE 01") // the sending machine's line
	s.font("B", 17)
	s.text(s.left, s.y, s.width(), "C", b.Name())
	s.font("", 10.5)
	s.text(s.left, s.y+20, s.width(), "C", b.Address())
	s.text(s.left, s.y+33, s.width(), "C", "PHONE "+b.Phone()+"     FAX "+b.Fax())
	s.y += 54
	s.font("BU", 13)
	s.text(s.left, s.y, s.width(), "C", "RATE AGREEMENT")
	s.y += 24
	s.font("", 11.5)
	s.at(s.left, 92, s.width(), "DATE:", p.Issued())
	s.at(s.left, 92, s.width(), "TO:", join(", ", c.Name(), "ATTN "+c.Contact()))
	s.at(s.left, 92, s.width(), "MC #:", c.MC())
	s.at(s.left, 92, s.width(), "FROM:", b.Contact())
	s.at(s.left, 92, s.width(), "OUR LOAD #:", p.Load())
	s.y += 8
	for _, st := range p.Stops() {
		s.need(84)
		s.at(s.left, 92, s.width(), st.Word("PICK UP:", "DELIVER:"), st.Name())
		s.font("", 11.5)
		s.y = s.lines(s.left+92, s.y, 14.7, join(", ", st.Street(), st.Town()), join(" ", st.Day(), st.Hours(), st.Appointment("APPT", "FCFS")), join("   ", st.Refs()...), join(" ", st.Contact(), st.Phone()))
		if n := st.Notes(); n != "" {
			s.y = s.para(s.left+92, s.y, s.width()-92, 14.7, "** "+n)
		}
		s.y += 7
	}
	s.need(90)
	s.at(s.left, 92, s.width(), "FREIGHT:", join(", ", p.Commodity(), p.Pieces()+" pcs", p.Weight()))
	s.at(s.left, 92, s.width(), "TRAILER:", p.Equipment())
	s.at(s.left, 92, s.width(), "RUN TEMP:", p.Temp())
	s.y += 4
	if t := p.Total(); t != "" {
		s.font("B", 13)
		s.at(s.left, 92, s.width(), "RATE:", t+"  ALL IN")
	}
	s.y += 8
	s.prose(10.5, 13, append(p.TermClauses(), p.Notes()...))
	s.need(96)
	s.y += 6
	s.font("B", 11)
	s.text(s.left, s.y, s.width(), "C", "PLEASE SIGN AND FAX BACK BEFORE LOADING")
	s.font("", 10.5)
	s.put(s.left, s.y+26, "Carrier signature ______________________________    Date ______________")
	s.put(s.left, s.y+50, "Driver ____________________  Cell ____________________  Trk/Trl ____________")
	s.y += 64
}

// wColumns: a spreadsheet in which every stop is a column, three to a block, and every row a word.
func wColumns(s *sheet, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	sand := rgb{242, 236, 220}
	s.font("B", 13)
	s.text(s.left, s.y, s.width(), "C", b.Name()+" - LOAD SHEET")
	s.y += 20
	four := []float64{0.8, 2, 0.8, 2}
	s.cells(four, "Load", p.Load(), "Date", p.Issued())
	s.cells(four, "Carrier", c.Name(), "Carrier MC", c.MC())
	s.cells(four, "Dispatcher", c.Contact(), "Phone", c.Phone())
	s.cells(four, "Agent", b.Contact(), "Agent Ph.", b.Phone())
	s.cells(four, "Trailer", p.Equipment(), "Temp", orNA(p.Temp()))
	s.cells(four, "Product", p.Commodity(), "Wt / Pcs", p.Weight()+" / "+p.Pieces())
	s.y += 10
	stops := p.Stops()
	for len(stops) > 0 {
		n := min(3, len(stops))
		s.need(190)
		s.wColumnBlock(stops[:n], sand)
		stops = stops[n:]
	}
	s.need(100)
	s.font("B", 9)
	s.y = s.bar(s.left, s.y, 280, 15, sand, black, "CARRIER RATE")
	for _, ch := range p.Charges() {
		s.row(grid{widths: []float64{190, 90}, align: "LR", size: 8.8, lines: "all", pad: 2.5}, []string{ch.Description(), ch.Amount()}, false, 0)
	}
	if t := p.Total(); t != "" {
		s.row(grid{widths: []float64{190, 90}, align: "LR", size: 9.2, lines: "all", back: sand, pad: 3}, []string{"PAY THIS AMOUNT", t}, true, 0)
	}
	s.y += 10
	for i, v := range append(p.Notes(), p.TermClauses()...) {
		s.prose(8.6, 10.6, []string{string(rune('1'+i%9)) + ") " + v})
	}
	s.prose(8.6, 10.6, []string{"Bills to: " + b.Address() + " or " + b.BillingEmail()})
	s.need(44)
	s.y += 4
	s.cells([]float64{1, 2.2, 0.6, 1}, "Signed", " ", "Date", " ")
}

// wColumnBlock prints up to three stops side by side.
func (s *sheet) wColumnBlock(stops []StopPen, sand rgb) {
	w := (s.width() - 66) / 3
	widths := []float64{66}
	for range stops {
		widths = append(widths, w)
	}
	row := func(word string, value func(StopPen) string) {
		cells, any := []string{word}, false
		for _, st := range stops {
			v := value(st)
			cells, any = append(cells, v), any || v != ""
		}
		if any {
			s.row(grid{widths: widths, size: 8.6, lines: "all", pad: 2.5}, cells, false, 0)
		}
	}
	head := []string{""}
	for _, st := range stops {
		head = append(head, st.Word("PICK UP ", "DROP ")+st.Of())
	}
	s.row(grid{widths: widths, size: 9, lines: "all", back: sand, pad: 3}, head, true, 0)
	row("Company", StopPen.Name)
	row("Street", StopPen.Street)
	row("City/St/Zip", StopPen.Town)
	row("Date", StopPen.Day)
	row("Open/Appt", StopPen.Opens)
	row("Close", StopPen.Closes)
	row("Appt/FCFS", func(st StopPen) string { return st.Appointment("APPT", "FCFS") })
	row("Numbers", func(st StopPen) string { return st.RefList("\n") })
	row("Contact", StopPen.Contact)
	row("Tel", StopPen.Phone)
	row("Remarks", StopPen.Notes)
	s.y += 10
}

// wMailShort: what an agent types on the run, in an HTML mail: PU and DEL lines, one rate, the boilerplate and a signature.
func wMailShort(p *Pen) ([]byte, error) {
	b, c := p.Broker(), p.Carrier()
	var h sentences
	esc := html.EscapeString
	say := func(vs ...string) {
		if v := join(" ", vs...); v != "" {
			h.line(`<div>%s</div>`, esc(v))
		}
	}
	gap := func() { h.line(`<div><br></div>`) }
	h.line(`<html><body><div dir="ltr">`)
	say(c.Contact() + " -")
	gap()
	say("You're covered on " + p.Load() + ", please reply all with truck/trailer #, driver name + cell and we'll send over the PU numbers if any are missing below.")
	gap()
	for _, s := range p.Stops() {
		say(s.Word("PU", "DEL") + s.Of() + ": " + join(", ", s.Name(), s.Town()))
		say(s.Street())
		say(s.Day(), s.Hours(), s.Appointment("appt", "fcfs"))
		say(s.RefList(" / "))
		if v := join(" ", s.Contact(), s.Phone()); v != "" {
			say("ask for " + v)
		}
		say(s.Notes())
		gap()
	}
	say(p.Equipment()+",", p.Weight(), p.Commodity())
	if v := p.Temp(); v != "" {
		say("Temp", v)
	}
	if v := p.Total(); v != "" {
		say("$$ to the truck: " + v)
	}
	gap()
	for _, v := range append(p.Notes(), p.TermClauses()...) {
		say("-", v)
	}
	gap()
	say("Booking for", c.Name()+",", "MC "+c.MC())
	h.line(`</div><div>--<br></div><div class="gmail_signature"><b>%s</b><br>%s<br>o. %s | f. %s | nights %s<br>%s<br><a href="mailto:%s">%s</a></div>`, esc(b.Contact()), esc(b.Name()), b.Phone(), b.Fax(), b.AfterHours(), esc(b.Address()), b.Email(), b.Email())
	h.line(`<div style="font-size:9px">CONFIDENTIAL. Rates quoted by this office expire at 5 PM today unless a truck is assigned.</div></body></html>`)
	return htmlMail(p, h.String())
}

// wTextWide: a tender as an exchange writes it to a text file: fixed columns, qualifiers before the numbers, sizes and pay in tables.
func wTextWide(t *sentences, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	two := func(k, v, k2, v2 string) { t.line("%-12s%-40s%-11s%s", k, v, k2, v2) }
	rule := func() { t.line("%s", strings.Repeat("_", 84)) }
	t.line("%s\n%s\nMOTOR CARRIER LOAD TENDER\n", b.Name(), b.Address())
	two("SHIPMENT", p.Load(), "TENDERED", p.Issued())
	two("TO", c.Name(), "MC", c.MC())
	two("ATTN", c.Contact(), "DOT", c.USDOT())
	two("FROM", b.Contact(), "TEL", b.Phone())
	two("EQUIPMENT", p.Equipment(), "LOADED MI", p.Miles())
	two("TEMP", orNA(p.Temp()), "EMAIL", b.Email())
	stops := p.Stops()
	for _, s := range stops {
		rule()
		two("STOP "+s.Number(), s.Word("LOAD", "UNLOAD"), "DATE", s.Day())
		two("", s.Name(), "READY", s.Opens())
		two("", s.Street(), "CLOSE", s.Closes())
		two("", s.Town(), "SCHED", s.Appointment("APPT", "FCFS"))
		if s.Contact() != "" {
			two("", "", "CONTACT", join(" ", s.Contact(), s.Phone()))
		}
		if r := s.RefList("   "); r != "" {
			t.line("%-12s%s", "REF", r)
		}
		if n := s.Notes(); n != "" {
			t.line("%-12s%s", "NOTE", n)
		}
	}
	rule()
	t.line("%-12s%-40s%8s%16s", "", "DESCRIPTION", "PIECES", "WEIGHT")
	t.line("%-12s%-40s%8s%16s", "", p.Commodity(), p.Pieces(), p.Weight())
	rule()
	t.line("%-12s%-32s%8s%12s%14s", "CHARGES", "", "QTY", "RATE", "AMOUNT")
	for _, ch := range p.Charges() {
		t.line("%-12s%-32s%8s%12s%14s", "", ch.Description(), ch.Quantity(), ch.Rate(), ch.Amount())
	}
	if v := p.Total(); v != "" {
		t.line("%-12s%-32s%8s%12s%14s %s", "", "TOTAL DUE CARRIER", "", "", v, p.Currency())
	}
	rule()
	for _, v := range append(p.TermClauses(), p.Notes()...) {
		t.line("* %s", v)
	}
	t.line("\nACCEPT [ ]  DECLINE [ ]   BY ____________________   DRIVER/CELL ____________________")
}
