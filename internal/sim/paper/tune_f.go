package paper

import "strings"

// tuneSecond lists the layouts of the second held-out set, which has been
// looked at too. Their names keep the u- they had.
func tuneSecond() []Layout {
	ls := []Layout{
		{Name: "u-order", Ext: "pdf", Style: Style{Date: "01/02/2006", Clock: "1504", Money: "$", Weight: ".0", Temp: "plus", Equip: 4, Refs: "slash", Phone: "tight", Terms: 4}, draw: pdf(setup{margin: 40, family: "Helvetica", size: 9}, drawOrder)},
		{Name: "u-addendum", Ext: "pdf", Style: Style{Date: "01/02/06", Clock: "15:04", To: " - ", Money: "$", Weight: "pounds", Temp: "deg", Equip: 6, Refs: "long", Terms: 7}, draw: pdf(setup{margin: 46, family: "Times", size: 10, onPage: folio}, drawAddendum)},
		{Name: "u-po", Ext: "pdf", Style: Style{Date: "1/2/2006", Clock: "15:04", To: " to ", Zone: "abbr", Money: "$", Weight: "lbs", Temp: "degrees", Equip: 1, Refs: "sp", Phone: "dash", Terms: 6}, draw: pdf(setup{margin: 34, family: "Helvetica", size: 9}, drawPO)},
		{Name: "u-excel", Ext: "pdf", Style: Style{Date: "2-Jan-06", Clock: "3:04 PM", To: " - ", Money: "sp", Weight: "LBS", Temp: "F", Equip: 3, Refs: "#", Phone: "dot", Terms: 5}, draw: pdf(setup{landscape: true, margin: 36, family: "Helvetica", size: 9}, drawExcel)},
		{Name: "u-legal", Ext: "pdf", Style: Style{Date: "Monday, January 2, 2006", Clock: "3:04 pm", To: " through ", Zone: "name", Money: "both", Weight: "pounds", Temp: "degrees", Equip: 7, Refs: "paren", Terms: 4}, draw: pdf(setup{margin: 60, family: "Times", size: 10, onPage: folio}, drawLegal)},
		{Name: "u-fax", Ext: "pdf", Style: Style{Date: "01/02/06", Clock: "1504", To: "-", Money: "plain", Weight: "LBS", Temp: "tight", Equip: 8, Upper: true, Refs: "slash", Phone: "slash", Terms: 5}, draw: pdf(setup{margin: 36, family: "Courier", size: 8.8}, drawFax)},
		{Name: "u-word", Ext: "pdf", Style: Style{Date: "Monday 1/2/2006", Clock: "3:04pm", To: "-", Money: "$", Weight: "Lbs.", Temp: "degrees", Equip: 0, Refs: "sp", Phone: "dash", Terms: 6}, draw: pdf(setup{margin: 66, family: "Helvetica", size: 11}, drawWord)},
		{Name: "u-strip", Ext: "pdf", Style: Style{Date: "Mon Jan 02, 2006", Clock: "15:04", To: " – ", Zone: "abbr", Money: "$", Weight: "lbs", Temp: "deg", Equip: 5, Refs: "#", Terms: 7}, draw: pdf(setup{margin: 32, family: "Helvetica", size: 8.8}, drawStrip)},
		{Name: "u-split", Ext: "pdf", Style: Style{Date: "01/02/2006", Clock: "03:04 PM", To: " to ", Money: "code", Weight: "lb", Temp: "to", Equip: 3, Refs: "long", Phone: "one", Terms: 4}, draw: pdf(setup{margin: 30, family: "Helvetica", size: 9}, drawSplit)},
		{Name: "u-mini", Ext: "pdf", Style: Style{Date: "Jan 02 2006", Clock: "15:04", To: "-", Zone: "generic", Money: "$", Weight: "K", Temp: "tight", Equip: 0, Refs: "sp", Phone: "plain", MCPre: true, Terms: 5}, draw: pdf(setup{margin: 34, family: "Helvetica", size: 9}, drawMini)},
		{Name: "u-mailprose", Ext: "eml", Style: Style{Date: "Monday, January 2, 2006", Clock: "3:04 PM", To: " and ", Money: "$", Weight: "pounds", Temp: "degrees", Equip: 0, Refs: "sp", Phone: "dash", Terms: 6}, draw: mailBody(bodyProse)},
		{Name: "u-mailforward", Ext: "eml", Style: Style{Date: "01/02/2006", Clock: "15:04", To: " - ", Money: "both", Weight: "LBS", Temp: "F", Equip: 8, Upper: true, Refs: "slash", Phone: "dot", Terms: 5}, draw: mailBody(bodyForward)},
		{Name: "u-mailoutlook", Ext: "eml", Style: Style{Date: "Mon 1/2/2006", Clock: "15:04", To: "-", Zone: "generic", Money: "$", Weight: "lbs", Temp: "plus", Equip: 3, Refs: "#", Terms: 6}, draw: mailOutlook},
	}
	for i := range ls {
		ls[i].Batch = Second
	}
	return ls
}

// folio numbers the pages, as contracts do.
func folio(s *sheet) {
	s.font("", 7.5)
	s.ink(grey)
	s.text(s.left, s.bottom+10, s.width(), "R", "Page "+string(rune('0'+s.PageNo())))
	s.ink(black)
	s.font("", s.size)
}

// whole is prose whose paragraphs are not broken over two pages.
func (s *sheet) whole(size, lead float64, paras []string) {
	for _, p := range paras {
		s.font("", size)
		s.need(lead * float64(len(s.wrap(p, s.width()))))
		s.prose(size, lead, []string{p})
	}
}

// dotted writes a label, leaders and the value behind them, unless it is empty.
func (s *sheet) dotted(x, y, gap, w float64, k, v string) float64 {
	if v == "" {
		return y
	}
	end := s.put(x, y, k)
	for d := end + 2; d < x+gap-4; d += 3.2 {
		s.put(d, y, ".")
	}
	return s.para(x+gap, y, w-gap, 12, v)
}

// drawOrder: dotted leaders, stops between rules with the window over two lines, pay extended per mile.
func drawOrder(s *sheet, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	s.font("B", 12)
	s.put(s.left, s.y, b.Name())
	s.font("B", 13)
	s.text(s.left, s.y, s.width(), "R", "Load Confirmation")
	s.font("", 9)
	y := s.lines(s.left, s.y+16, 11, append(b.Lines(), "Ph: "+b.Phone()+"   Fax: "+b.Fax())...)
	s.text(s.left, s.y+17, s.width(), "R", "Order: "+p.Load())
	s.text(s.left, s.y+28, s.width(), "R", "Order date: "+p.Issued())
	s.text(s.left, s.y+39, s.width(), "R", "Booked by: "+b.Contact())
	s.y = y + 10
	half := s.width()/2 - 8
	y = s.dotted(s.left, s.y, 92, half, "Carrier", c.Name())
	y = s.dotted(s.left, y, 92, half, "Attention", c.Contact())
	y = s.dotted(s.left, y, 92, half, "Carrier phone", c.Phone())
	y = s.dotted(s.left, y, 92, half, "Carrier fax", c.Fax())
	y = s.dotted(s.left, y, 92, half, "ICC / MC", c.MC())
	x := s.left + half + 16
	z := s.dotted(x, s.y, 92, half, "Trailer rqd", p.Equipment())
	z = s.dotted(x, z, 92, half, "Commodity", p.Commodity())
	z = s.dotted(x, z, 92, half, "Weight", p.Weight())
	z = s.dotted(x, z, 92, half, "Pieces", p.Pieces())
	z = s.dotted(x, z, 92, half, "Distance", p.Miles())
	z = s.dotted(x, z, 92, half, "Temperature", p.Temp())
	s.y = max(y, z) + 8
	for _, st := range p.Stops() {
		s.need(96)
		s.pen(black, 1)
		s.rule(s.y)
		s.pen(line, 0.6)
		s.y += 6
		s.font("B", 9)
		s.put(s.left, s.y, st.Word("PU", "SO")+"-"+st.Number())
		s.font("", 9)
		y := s.lines(s.left+44, s.y, 11.5, st.Name(), st.Street(), st.Town())
		y = s.lines(s.left+44, y, 11.5, join("  ", st.Contact(), st.Phone()))
		if n := st.Notes(); n != "" {
			y = s.para(s.left+44, y, 240, 11.5, "Comment: "+n)
		}
		z := s.dotted(s.left+300, s.y, 66, s.right-s.left-300, "Sched early", st.Earliest())
		z = s.dotted(s.left+300, z, 66, s.right-s.left-300, "Sched late", st.Latest())
		z = s.dotted(s.left+300, z, 66, s.right-s.left-300, "Appt", st.Appointment("Appointment made", "FCFS"))
		for _, r := range st.Refs() {
			z = s.dotted(s.left+300, z, 66, s.right-s.left-300, "Reference", r)
		}
		s.y = max(y, z) + 5
	}
	s.need(90)
	s.pen(black, 1)
	s.rule(s.y)
	s.pen(line, 0.6)
	s.y += 8
	s.font("B", 9)
	s.put(s.left, s.y, "Carrier freight pay")
	for _, ch := range p.Charges() {
		s.font("", 9)
		s.put(s.left+110, s.y, ch.Description())
		s.text(s.left+110, s.y, 160, "R", ch.Quantity())
		s.text(s.left+110, s.y, 230, "R", ch.Rate())
		s.text(s.left+110, s.y, 320, "R", ch.Amount())
		s.y += 12
	}
	if t := p.Total(); t != "" {
		s.font("B", 9.5)
		s.put(s.left+110, s.y+3, "Net to carrier")
		s.text(s.left+110, s.y+3, 320, "R", t)
	}
	s.y += 26
	s.prose(8.4, 10.4, append(p.Notes(), p.TermClauses()...))
	s.prose(7.6, 9.2, secondLegal[:3])
	s.need(40)
	s.y += 26
	s.signature(s.left, s.y, 200, "Carrier representative")
	s.signature(s.left+230, s.y, 80, "Date")
	s.signature(s.left+330, s.y, s.right-s.left-330, "Driver name / cell / truck # / trailer #")
}

// drawAddendum: a paragraph naming the parties, stops with a right-hand list, pages of duties, and only then the money.
func drawAddendum(s *sheet, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	s.font("B", 14)
	s.put(s.left, s.y, "Contract Addendum and Carrier Load Confirmation - #"+p.Load())
	s.y += 22
	s.whole(10, 12.4, []string{"This load confirmation, dated " + p.Issued() + ", is subject to the terms of the Motor Carrier Contract between " + b.Name() + " and " + c.Name() + " (MC " + c.MC() + ", USDOT " + c.USDOT() + ") and is an addendum to it.",
		"Questions? Please call " + b.Contact() + " at " + b.Phone() + " or write to " + b.Email() + "."})
	s.font("", 10)
	s.y = s.kv(s.left, s.y, 80, s.width(), "Equipment:", p.Equipment())
	s.y = s.kv(s.left, s.y, 80, s.width(), "Temp setting:", p.Temp())
	s.y = s.kv(s.left, s.y, 80, s.width(), "Est. miles:", p.Miles()) + 6
	for _, st := range p.Stops() {
		s.need(118)
		s.font("B", 10.5)
		s.put(s.left, s.y, st.Word("Shipper#", "Receiver#")+st.Of()+": "+st.Name())
		s.font("", 10)
		top := s.y + 15
		y := s.lines(s.left+14, top, 12.4, "Address: "+st.Street(), st.Town())
		y = s.kv(s.left+14, y, 60, 240, "Phone:", st.Phone())
		y = s.kv(s.left+14, y, 60, 240, "Contact:", st.Contact())
		x := s.left + s.width()*0.55
		z := s.kv(x, top, 100, s.right-x, st.Word("Pick Up Date:", "Delivery Date:"), st.Day())
		if h := st.Hours(); h != "" {
			z = s.kv(x, z, 100, s.right-x, st.Word("Pick Up Time:", "Delivery Time:"), h)
		} else {
			z = s.kv(x, z, 100, s.right-x, st.Word("Pick Up Time:", "Delivery Time:"), "TBD")
		}
		z = s.kv(x, z, 100, s.right-x, "Scheduling:", st.Appointment("Appointment required", "First come, first served"))
		for _, r := range st.Refs() {
			z = s.lines(x, z, 12.4, r)
		}
		s.y = max(y, z)
		if n := st.Notes(); n != "" {
			s.y = s.para(s.left+14, s.y, s.width()-14, 12.4, st.Word("Shipper", "Receiver")+" instructions: "+n)
		}
		s.y += 8
	}
	s.need(60)
	s.table(grid{widths: []float64{s.width() - 180, 80, 100}, head: []string{"Item", "Est Units", "Est Weight"}, back: white, size: 9.6, lines: "rows"}, [][]string{{p.Commodity(), p.Pieces(), p.Weight()}})
	s.y += 10
	s.heading(10.5, "Carrier's responsibilities on this load")
	s.whole(9.4, 11.6, append(append(append([]string{}, p.Notes()...), secondLegal...), p.TermClauses()...))
	s.need(110)
	s.y += 4
	s.heading(10.5, "Rate details")
	var rows [][]string
	for _, ch := range p.Charges() {
		rows = append(rows, []string{ch.Description(), ch.Quantity(), ch.Rate(), ch.Amount()})
	}
	s.table(grid{widths: []float64{s.width() - 240, 60, 80, 100}, align: "LRRR", head: []string{"Service for Load #" + p.Load(), "Units", "Per unit", "Amount"}, back: white, size: 9.6, lines: "rows"}, rows)
	if t := p.Total(); t != "" {
		s.font("B", 10)
		s.text(s.left, s.y+3, s.width()-3, "R", "Total: "+t+" "+p.Currency())
	}
	s.y += 24
	s.whole(9.4, 11.6, []string{"Send the invoice with load number and delivery paperwork to " + b.BillingEmail() + "."})
	s.need(46)
	s.y += 28
	s.signature(s.left, s.y, 210, "Carrier's authorized signature")
	s.signature(s.right-140, s.y, 140, "Date signed")
}

// heading is a bold line with room below.
func (s *sheet) heading(size float64, v string) {
	s.need(size * 3)
	s.font("B", size)
	s.put(s.left, s.y, v)
	s.font("", s.size)
	s.y += size * 1.5
}

// drawPO: fees first, then one small table a stop with its notes in a row of its own.
func drawPO(s *sheet, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	green := rgb{0, 90, 60}
	s.font("B", 17)
	s.ink(green)
	s.put(s.left, s.y, b.Name())
	s.ink(black)
	s.font("", 8.6)
	s.put(s.left, s.y+20, join("  |  ", b.Address(), b.Phone(), "MC "+b.MC()))
	s.y += 40
	s.font("B", 12)
	s.text(s.left, s.y, s.width(), "C", "RATE CONFIRMATION FOR PO# "+p.Load())
	s.y += 20
	s.font("", 9)
	w := s.width() / 2
	y := s.kv(s.left, s.y, 90, w, "Motor carrier", c.Name())
	y = s.kv(s.left, y, 90, w, "Carrier MC / DOT", c.MC()+" / "+c.USDOT())
	y = s.kv(s.left, y, 90, w, "Carrier contact", join(", ", c.Contact(), c.Phone(), c.Email()))
	z := s.kv(s.left+w+10, s.y, 90, w-10, "Load manager", b.Contact())
	z = s.kv(s.left+w+10, z, 90, w-10, "Confirmed on", p.Issued())
	s.y = s.kv(s.left, max(y, z), 90, s.width(), "Manager email", b.Email()) + 8
	var rows [][]string
	for _, ch := range p.Charges() {
		rows = append(rows, []string{ch.Description(), map[string]string{"linehaul": "per mile", "fuel": "per mile"}[ch.Kind()] + map[bool]string{true: "flat"}[ch.Kind() != "linehaul" && ch.Kind() != "fuel"], ch.Quantity(), ch.Rate(), ch.Amount()})
	}
	s.table(grid{widths: []float64{s.width() - 310, 70, 60, 80, 100}, align: "LLRRR", head: []string{"Rate / fee", "Unit", "Qty", "Rate", "Total"}, back: green, ink: white, size: 9, lines: "all"}, rows)
	if t := p.Total(); t != "" {
		s.row(grid{widths: []float64{s.width() - 100, 100}, align: "RR", back: pale, size: 9, pad: 3, lines: "all"}, []string{"Total amount to be paid", t}, true, 0)
	}
	s.y += 8
	s.table(grid{widths: []float64{90, 60, 90, 70, s.width() - 310}, head: []string{"Trailer", "Pallets", "Weight", "Temp", "Commodity"}, back: green, ink: white, size: 9, lines: "all"},
		[][]string{{p.Equipment(), p.Pieces(), p.Weight(), p.Temp(), p.Commodity()}})
	s.y += 8
	for _, st := range p.Stops() {
		s.need(92)
		s.table(grid{widths: []float64{220, 74, 110, s.width() - 404}, head: []string{st.Word("Pick-up location", "Delivery location"), "Date", "Time", st.Word("Pick-up #s", "Delivery #s")}, back: pale, size: 8.8, lines: "all"},
			[][]string{{join("\n", st.Name(), st.Street(), st.Town()), st.Day(), join("\n", st.Hours(), st.Appointment("By appointment", "FCFS")), join("\n", st.Refs()...)}})
		if n := join(" ", st.Contact(), st.Phone()); n != "" || st.src.Notes != "" {
			note := ""
			if m := st.Notes(); m != "" {
				note = "Note: " + m
			}
			s.table(grid{widths: []float64{s.width()}, size: 8.6, lines: "all"}, [][]string{{join("     ", "Dock contact: "+n, note)}})
		}
		s.y += 6
	}
	s.y += 4
	s.heading(9.5, "How we work")
	for _, n := range append(p.TermClauses(), p.Notes()...) {
		s.prose(8.6, 10.6, []string{"- " + n})
	}
	s.need(40)
	s.y += 26
	s.signature(s.left, s.y, 180, "Accepted by (print)")
	s.signature(s.left+200, s.y, 180, "Signature")
	s.signature(s.left+400, s.y, s.width()-400, "Truck # / Trailer #")
}

// drawExcel: a spreadsheet printed with its lines: all pickups down the left half, all deliveries down the right.
func drawExcel(s *sheet, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	yellow := rgb{255, 242, 204}
	cell := func(x, w float64, back rgb, style, v string) {
		h := 15.0
		if back != white {
			s.fill(x, s.y, w, h, back)
		}
		s.frame(x, s.y, w, h)
		s.font(style, 9)
		for s.GetStringWidth(s.tr(v)) > w-6 { // a spreadsheet shrinks to fit
			size, _ := s.GetFontSize()
			s.font(style, size-0.3)
		}
		s.text(x+3, s.y+3.5, w-6, "L", v)
	}
	q := s.width() / 8
	four := func(vs ...string) {
		for i, v := range vs {
			back, style := white, ""
			if i%2 == 0 {
				back, style = yellow, "B"
			}
			cell(s.left+float64(i)*2*q-float64(i%2)*q*0.9+0, q*(1.1+float64(i%2)*1.8), back, style, v)
		}
		s.y += 15
	}
	s.font("B", 14)
	s.fill(s.left, s.y, s.width(), 22, rgb{31, 78, 121})
	s.ink(white)
	s.text(s.left, s.y+4, s.width(), "C", b.Name()+"  -  CARRIER LOAD SHEET")
	s.ink(black)
	s.y += 22
	four("Load #", p.Load(), "Sent", p.Issued())
	four("Carrier", c.Name(), "Our dispatcher", b.Contact())
	four("Carrier MC#", c.MC(), "Dispatcher cell", b.Phone())
	four("Trailer", p.Equipment(), "Commodity", p.Commodity())
	four("Weight", p.Weight(), "Temp", orDash(p.Temp()))
	s.y += 8
	var ups, downs []StopPen
	for _, st := range p.Stops() {
		if st.Pickup() {
			ups = append(ups, st)
		} else {
			downs = append(downs, st)
		}
	}
	half := s.width()/2 - 5
	for i := range max(len(ups), len(downs)) {
		s.need(130)
		top := s.y
		for col, stops := range [][]StopPen{ups, downs} {
			if i >= len(stops) {
				continue
			}
			st, x := stops[i], s.left+float64(col)*(half+10)
			s.y = top
			cell(x, half, rgb{189, 215, 238}, "B", st.Word("PICK UP ", "DELIVERY ")+st.Of())
			s.y += 15
			for _, r := range [][2]string{{"Company", st.Name()}, {"Address", st.Street()}, {"City/St/Zip", st.Town()}, {"Date", st.Day()},
				{"Time", orDash(join("  ", st.Hours(), st.Appointment("APPT", "FCFS")))}, {"Ref", orDash(st.RefList("; "))}, {"Notes", orDash(st.Notes())}} {
				cell(x, 70, white, "B", r[0])
				cell(x+70, half-70, white, "", r[1])
				s.y += 15
			}
		}
		s.y = top + 126
	}
	s.excelMoney(p, cell)
}

func orDash(v string) string {
	if v == "" {
		return "-"
	}
	return v
}

// excelMoney is the foot of drawExcel.
func (s *sheet) excelMoney(p *Pen, cell func(x, w float64, back rgb, style, v string)) {
	s.need(float64(len(p.rc.Charges))*15 + 40)
	for _, ch := range p.Charges() {
		cell(s.left, 150, white, "", ch.Description())
		cell(s.left+150, 100, white, "", ch.Amount())
		s.y += 15
	}
	if t := p.Total(); t != "" {
		cell(s.left, 150, rgb{226, 239, 218}, "B", "TOTAL TO TRUCK")
		cell(s.left+150, 100, rgb{226, 239, 218}, "B", t)
		s.y += 15
	}
	s.y += 10
	s.prose(8.6, 10.6, []string{strings.Join(p.TermClauses(), " ")})
	s.prose(8.6, 10.6, p.Notes())
}
