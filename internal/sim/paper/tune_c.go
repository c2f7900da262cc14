package paper

import "strings"

// drawHeaderBox: logo and a detail table on top whose pickup day is not the
// appointment's, stops with sub-tables, money last.
func drawHeaderBox(s *sheet, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	blue := rgb{70, 120, 170}
	s.font("B", 14)
	s.ink(rgb{20, 70, 130})
	s.text(s.left, s.y, s.width(), "C", "LOAD & RATE SHEET")
	s.ink(black)
	s.y += 22
	s.logo(s.left, s.y, 44, rgb{200, 110, 20})
	s.font("", 8)
	s.lines(s.left, s.y+52, 10, append([]string{b.Name()}, b.Lines()...)...)
	s.pen(blue, 0.6)
	x, y := s.right-230, s.y
	for _, r := range [][2]string{{"Dispatcher", b.Contact()}, {"Phone", b.Phone()}, {"Email", b.Email()}, {"Reference ID", p.Load()}, {"Rate Con Date", p.Issued()}, {"Pickup Date", p.HeaderPickup()}} {
		s.font("", 8)
		s.frame(x, y, 90, 14)
		s.frame(x+90, y, 140, 14)
		s.put(x+4, y+3, r[0])
		s.put(x+94, y+3, r[1])
		y += 14
	}
	s.y = max(y, s.y+90) + 10
	s.table(grid{widths: []float64{150, 70, 90, 80, 90, s.width() - 480}, head: []string{"CARRIER", "MC #", "PHONE", "EQUIPMENT", "AGREED AMOUNT", "SIZE (FT)"}, back: white, size: 7.8, lines: "all"},
		[][]string{{c.Name(), c.MC(), c.Phone(), p.Equipment(), p.OtherTotal(), p.Length()}})
	s.y += 10
	for _, st := range p.Stops() {
		s.need(100)
		top := s.y
		s.font("B", 9)
		s.ink(blue)
		s.put(s.left+6, top+6, st.Number()+"  "+st.Word("Pickup", "Drop"))
		s.ink(black)
		s.font("", 8)
		y := s.lines(s.left+6, top+20, 10, st.Name(), st.Street(), st.Town())
		y = s.kv(s.left+6, y+3, 70, 170, "PO/Ref No", st.RefList(" / "))
		z := s.kv(s.left+190, top+6, 90, 180, "Appt Type", st.Appointment("appointment", "fcfs"))
		z = s.kv(s.left+190, z+2, 90, 180, st.Word("Shipping Date", "Delivery Date"), st.Day())
		z = s.kv(s.left+190, z+2, 90, 180, "Appointment Time", st.Hours())
		w := s.kv(s.left+380, top+6, 54, s.right-s.left-386, "Commodity", st.Commodity())
		w = s.kv(s.left+380, w+2, 54, s.right-s.left-386, "Weight", st.Weight())
		w = s.kv(s.left+380, w+2, 54, s.right-s.left-386, "Quantity", st.Pieces())
		s.y = max(y, z, w) + 4
		s.frame(s.left, top, s.width(), s.y-top)
		s.y += 4
	}
	p.Commodity() // the stops' boxes print it, and the weight and quantity, for the load
	p.Weight()
	p.Pieces()
	s.y += 6
	s.need(70)
	s.charges(p, grid{widths: []float64{s.width() - 120, 120}, align: "LR", head: []string{"Rate Breakdown", ""}, back: pale, size: 8.5, lines: "rows"}, "Total")
	if t := p.Temp(); t != "" {
		s.y = s.kv(s.left, s.y+6, 80, s.width(), "Temperature", t)
	}
	s.y += 8
	s.font("B", 9)
	s.need(24)
	s.put(s.left, s.y, "Carrier Instructions")
	s.y += 13
	s.prose(8, 10, append(p.Notes(), p.TermClauses()...))
	s.need(40)
	s.table(grid{widths: []float64{130, 130, 130, s.width() - 390}, head: []string{"DRIVER NAME", "CELL NO", "TRUCK NO", "TRAILER NO"}, back: white, size: 7.8, lines: "all"}, [][]string{{p.Driver(), p.DriverPhone(), p.Truck(), p.Trailer()}})
}

// drawFinePrint: a compact first page, and terms in two columns of small print over two pages.
func drawFinePrint(s *sheet, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	s.font("B", 14)
	s.text(s.left, s.y, s.width(), "C", "BROKER - CARRIER RATE CONFIRMATION")
	s.font("", 9.5)
	s.text(s.left, s.y+18, s.width(), "C", "Load/Trip "+p.Load()+" confirmed "+p.Issued())
	s.y += 38
	half := s.width() / 2
	y := s.kv(s.left, s.y, 55, half-8, "BROKER:", b.Name())
	y = s.kv(s.left, y, 55, half-8, "ADDRESS:", b.Address())
	y = s.kv(s.left, y, 55, half-8, "PHONE:", b.Phone())
	y = s.kv(s.left, y, 55, half-8, "MC:", b.MC())
	z := s.kv(s.left+half, s.y, 60, half, "CARRIER:", c.Name())
	z = s.kv(s.left+half, z, 60, half, "ADDRESS:", c.Address())
	z = s.kv(s.left+half, z, 60, half, "PHONE:", c.Phone())
	z = s.kv(s.left+half, z, 60, half, "MC:", c.MC())
	s.y = max(y, z) + 6
	s.table(grid{widths: []float64{30, 150, 130, 90, s.width() - 400}, head: []string{"", "SHIPPER / CONSIGNEE", "ADDRESS", "DATE / TIME", "NUMBERS"}, back: pale, size: 8.8, lines: "all"}, fineRows(p))
	s.y += 8
	s.font("", 9.5)
	s.y = s.kv(s.left, s.y, 90, s.width(), "EQUIPMENT:", p.Equipment())
	s.y = s.kv(s.left, s.y, 90, s.width(), "COMMODITY:", p.Commodity())
	s.y = s.kv(s.left, s.y, 90, s.width(), "WEIGHT:", p.Weight())
	s.y = s.kv(s.left, s.y, 90, s.width(), "TEMPERATURE:", p.Temp()) + 8
	for _, ch := range p.Charges() {
		s.y = s.kv(s.left, s.y, 150, s.width(), strings.ToUpper(ch.Description())+":", ch.Amount())
	}
	if t := p.Total(); t != "" {
		s.y = s.kv(s.left, s.y, 150, s.width(), "TOTAL AGREED RATE:", t)
	}
	s.y += 10
	s.prose(9, 11, p.Notes())
	s.y += 4
	s.font("B", 9)
	s.put(s.left, s.y, "TERMS AND CONDITIONS")
	s.y += 14
	s.columns(append(append(append([]string{}, legal[:3]...), p.TermClauses()...), legal[3:]...), 8.6, 10.2)
}

func fineRows(p *Pen) [][]string {
	var rows [][]string
	for _, st := range p.Stops() {
		rows = append(rows, []string{st.Word("SHP", "CON"), join("\n", st.Name(), st.Contact(), st.Phone()), join("\n", st.Street(), st.Town()), join("\n", st.Day(), st.Hours(), st.Appointment("APPT", "FCFS")), st.RefList("\n")})
	}
	return rows
}

// columns sets paragraphs in two columns, the left one first, over as many pages as it takes.
func (s *sheet) columns(paras []string, size, lead float64) {
	w, col, top := s.width()/2-8, 0, s.y
	for _, p := range paras {
		s.font("", size)
		for _, l := range s.wrap(p, w) {
			if s.y+lead > s.bottom {
				if col == 0 {
					col, s.y = 1, top
				} else {
					s.page()
					col, top = 0, s.y
				}
				s.font("", size)
			}
			s.text(s.left+float64(col)*(w+16), s.y, w, "L", l)
			s.y += lead
		}
		s.y += lead / 2
	}
}

// drawTwoWindows: earliest and latest columns, totals in a strip above the stops.
func drawTwoWindows(s *sheet, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	plum := rgb{90, 40, 100}
	s.font("B", 12)
	s.y = s.bar(s.left, s.y, s.width(), 24, plum, white, "CARRIER CONFIRMATION") + 8
	s.font("", 9)
	q := s.width() / 4
	y := s.over(s.left, s.y, q-6, "Shipment ID", p.Load())
	y = s.over(s.left, y, q-6, "Tendered on", p.Issued())
	z := s.over(s.left+q, s.y, q-6, "Equipment", p.Equipment())
	z = s.over(s.left+q, z, q-6, "Temperature", p.Temp())
	v := s.over(s.left+2*q, s.y, q-6, "Gross Weight", p.Weight())
	v = s.over(s.left+2*q, v, q-6, "Distance (mi)", p.Miles())
	u := s.over(s.left+3*q, s.y, q, "Total Cost", p.OtherTotal())
	u = s.over(s.left+3*q, u, q, "Commodity", p.Commodity())
	s.y = max(y, z, v, u) + 6
	half := s.width() / 2
	s.table(grid{widths: []float64{half, half}, head: []string{"Carrier", "Broker"}, back: pale, size: 9, lines: "all"}, [][]string{{
		join("\n", c.Name(), c.Address(), "MC: "+c.MC(), "USDOT: "+c.USDOT(), "Phone: "+c.Phone()),
		join("\n", b.Name(), b.Address(), "Contact: "+b.Contact(), "Email: "+b.Email(), "Phone: "+b.Phone(), "Billing: "+b.BillingEmail())}})
	s.y += 8
	var rows [][]string
	for _, st := range p.Stops() {
		rows = append(rows, []string{st.Number(), st.Word("Pick", "Drop"), join("\n", st.Name(), st.Street(), st.Town()), st.Earliest(), st.Latest(), st.Appointment("Yes", "No - FCFS"), st.RefList("\n")})
	}
	s.table(grid{widths: []float64{22, 36, 170, 84, 84, 52, s.width() - 448}, head: []string{"#", "Type", "Location", "Earliest", "Latest", "Appt", "Ref Numbers"}, back: plum, ink: white, size: 8.4, lines: "all"}, rows)
	s.y += 10
	rows = nil
	for _, ch := range p.Charges() {
		rows = append(rows, []string{ch.Description(), ch.Quantity(), ch.Rate(), ch.Amount()})
	}
	s.need(80)
	s.table(grid{widths: []float64{s.width() - 250, 60, 80, 110}, align: "LRRR", head: []string{"Cost Element", "Qty", "Unit", "Cost"}, back: pale, size: 8.8, lines: "all"}, rows)
	if t := p.Total(); t != "" {
		s.row(grid{widths: []float64{s.width() - 110, 110}, align: "RR", back: white, size: 9, pad: 3, lines: "all"}, []string{"Total Cost", t}, true, 0)
	}
	s.y += 8
	s.prose(8.4, 10.4, append(p.TermClauses(), p.Notes()...))
}

// drawPUSO: fixed pitch, "PU 1 / SO 2" headings, labels in a gutter.
func drawPUSO(s *sheet, p *Pen) {
	m := mono{s}
	b, c := p.Broker(), p.Carrier()
	m.line("%s", b.Name())
	m.line("%s   %s", b.Lines()[0], b.Lines()[1])
	m.line("PH %s", b.Phone())
	m.line("")
	m.line("                          *** CARRIER RATE CONFIRMATION ***")
	m.line("")
	m.line("ORDER NO..... %-24s DATE......... %s", p.Load(), p.Issued())
	m.line("CARRIER...... %s", c.Name())
	m.line("MC........... %-24s ATTN......... %s", c.MC(), c.Contact())
	m.line("TRAILER TYPE. %-24s WEIGHT....... %s", p.Equipment(), p.Weight())
	if t := p.Temp(); t != "" {
		m.line("SET TEMP..... %s", t)
	}
	m.line("COMMODITY.... %-24s PIECES....... %s", p.Commodity(), p.Pieces())
	m.line("")
	for _, st := range p.Stops() {
		m.line("%s %s", st.Word("PU", "SO"), st.Number())
		m.line("   NAME:    %s", st.Name())
		m.line("   ADDR:    %s", st.Street())
		if t := st.Town(); t != "" {
			m.line("            %s", t)
		}
		m.line("   DATE:    %-12s  TIME: %-12s %s", st.Day(), st.Hours(), st.Appointment("APPT REQ", "FCFS"))
		if r := st.RefList(", "); r != "" {
			m.line("   REF:     %s", r)
		}
		if n := st.Phone(); n != "" {
			m.line("   PHONE:   %s  %s", n, st.Contact())
		}
		m.line("")
	}
	m.line("RATE")
	for _, ch := range p.Charges() {
		m.line("   %-28s %12s", ch.Description(), ch.Amount())
	}
	m.line("   %-28s %12s", "TOTAL", p.Total())
	m.line("")
	for _, t := range append(p.TermClauses(), p.Notes()...) {
		m.wrapped("  ", 92, t)
	}
	m.line("")
	m.line("CARRIER SIGNATURE ______________________________   PRINT NAME ____________________")
}

// drawLiveLoad: "Stop 1 (Live Load)" cards, money card first on the right.
func drawLiveLoad(s *sheet, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	dark := rgb{45, 50, 60}
	s.font("B", 18)
	s.put(s.left, s.y, "Rate Confirmation")
	s.font("", 10)
	s.put(s.left, s.y+24, "Load # "+p.Load())
	s.text(s.left, s.y, s.width(), "R", b.Name())
	s.font("", 8.5)
	s.text(s.left, s.y+14, s.width(), "R", "MC# "+b.MC()+"  |  "+b.Phone())
	s.y += 46
	x := s.right - 190
	top := s.y
	s.font("", 9)
	end := s.boxed(x, top, 190, 60, func(x, y, w float64) float64 {
		s.font("B", 9.5)
		s.put(x, y, "Your Pay")
		s.font("", 9)
		y += 15
		for _, ch := range p.Charges() {
			s.put(x, y, ch.Description())
			s.text(x, y, w, "R", ch.Amount())
			y += 12.5
		}
		if t := p.Total(); t != "" {
			s.Line(x, y, x+w, y)
			s.font("B", 11)
			s.put(x, y+4, "Total")
			s.text(x, y+4, w, "R", t)
			s.font("", 9)
			y += 18
		}
		return y
	})
	y := s.over(s.left, s.y, 160, "Carrier", c.Name())
	y = s.over(s.left, y, 160, "Carrier MC / DOT", c.MC()+" / "+c.USDOT())
	y = s.over(s.left, y, 160, "Broker Rep", join(", ", b.Contact(), b.Email()))
	z := s.over(s.left+175, top, 140, "Trailer", p.Equipment())
	z = s.over(s.left+175, z, 140, "Load", p.Commodity()+", "+p.Weight())
	z = s.over(s.left+175, z, 140, "Keep at", p.Temp())
	z = s.over(s.left+175, z, 140, "Miles", p.Miles())
	s.y = max(y, z, end) + 8
	for _, st := range p.Stops() {
		s.need(86)
		s.font("B", 9)
		s.y = s.bar(s.left, s.y, s.width(), 16, dark, white, "Stop "+st.Number()+" ("+st.Word("Live Load", "Live Unload")+")") + 5
		s.font("", 9)
		y := s.lines(s.left+4, s.y, 12, st.Name(), st.Street(), st.Town())
		z := s.lines(s.left+200, s.y, 12, st.Day(), st.Hours(), st.Appointment("Appointment", "First come, first served"))
		r := s.lines(s.left+370, s.y, 12, append(st.Refs(), join(" ", st.Contact(), st.Phone()))...)
		if r > 0 {
			y = max(y, r)
		}
		s.y = max(y, z) + 6
	}
	s.y += 4
	s.prose(8.6, 11, append(p.Notes(), p.TermClauses()...))
	s.font("", 8)
	s.text(s.left, s.bottom-8, s.width(), "C", b.Address())
}

// drawTotalTop: amount in a header box; stops as a paragraph block with Origin and Destination; terms as a table.
func drawTotalTop(s *sheet, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	s.font("B", 15)
	s.put(s.left, s.y, "CONFIRMATION OF CONTRACT CARRIAGE")
	s.font("", 9.2)
	s.put(s.left, s.y+20, b.Name()+", "+b.Address())
	s.y += 38
	w := s.width() / 3
	for i, kv := range [][2]string{{"LOAD NUMBER", p.Load()}, {"CARRIER RATE", p.OtherTotal()}, {"SHIP DATE", p.Stop(0).Day()}} {
		x := s.left + float64(i)*w
		s.frame(x, s.y, w, 34)
		s.font("", 7.2)
		s.put(x+6, s.y+4, kv[0])
		s.font("B", 13)
		s.put(x+6, s.y+15, kv[1])
	}
	s.y += 44
	s.font("", 9.2)
	y := s.kv(s.left, s.y, 80, w*1.6, "CARRIER", c.Name())
	y = s.kv(s.left, y, 80, w*1.6, "CARRIER MC", c.MC())
	y = s.kv(s.left, y, 80, w*1.6, "DISPATCH TEL", c.Phone())
	z := s.kv(s.left+w*1.7, s.y, 80, w*1.3, "EQUIPMENT", p.Equipment())
	z = s.kv(s.left+w*1.7, z, 80, w*1.3, "PRODUCT", p.Commodity())
	z = s.kv(s.left+w*1.7, z, 80, w*1.3, "WEIGHT", p.Weight())
	z = s.kv(s.left+w*1.7, z, 80, w*1.3, "TEMPERATURE", p.Temp())
	s.y = max(y, z) + 8
	for _, st := range p.Stops() {
		s.need(76)
		s.rule(s.y)
		s.y += 6
		s.font("B", 9.2)
		s.put(s.left, s.y, st.Word("ORIGIN", "DESTINATION"))
		s.font("", 9.2)
		y := s.lines(s.left+80, s.y, 12, st.Name(), st.Street(), st.Town(), join("  ", st.Contact(), st.Phone()))
		z := s.kv(s.left+w*1.7, s.y, 80, w*1.3, "DATE", st.Day())
		z = s.kv(s.left+w*1.7, z, 80, w*1.3, st.HoursLabel("APPT TIME", "HOURS (FCFS)"), st.Hours())
		z = s.kv(s.left+w*1.7, z, 80, w*1.3, "REF", st.RefList(", "))
		s.y = max(y, z) + 4
	}
	s.rule(s.y)
	s.y += 8
	s.need(80)
	for _, ch := range p.Charges() {
		s.font("", 9.2)
		s.put(s.left, s.y, ch.Description())
		s.text(s.left, s.y, 220, "R", ch.Amount())
		s.y += 12.5
	}
	if t := p.Total(); t != "" {
		s.font("B", 9.2)
		s.put(s.left, s.y, "TOTAL CARRIER RATE")
		s.text(s.left, s.y, 220, "R", t)
		s.y += 20
	}
	s.table(grid{widths: []float64{120, 260}, size: 8.6, lines: "rows", pad: 2}, pairsOf(p.TermRows()))
	s.y += 8
	s.prose(8.6, 10.8, p.Notes())
}
