package paper

import "strings"

// tunePDF lists the PDF layouts open to whoever tunes the reader.
func tunePDF() []Layout {
	usa := "01/02/2006"
	return []Layout{
		{Name: "boxes", Ext: "pdf", Style: Style{Date: usa, Clock: "15:04", Money: "$", Weight: "lbs", Temp: "F"}, draw: pdf(setup{margin: 36, family: "Helvetica", size: 9, onPage: nil}, drawBoxes)},
		{Name: "stoptable", Ext: "pdf", Style: Style{Date: "02-Jan-06", Clock: "1504", To: "-", Money: "code", Weight: "LBS", Temp: "deg", Equip: 3, Refs: ":", Phone: "dash", Terms: 1}, draw: pdf(setup{margin: 30, family: "Helvetica", size: 8.5}, drawStopTable)},
		{Name: "vertical", Ext: "pdf", Style: Style{Date: "Mon Jan 2 2006", Clock: "3:04 PM", To: " to ", Zone: "abbr", Money: "$", Weight: "pounds", Temp: "to", Equip: 1, Refs: "word", Phone: "dot", Terms: 2}, draw: pdf(setup{margin: 44, family: "Helvetica", size: 9}, drawVertical)},
		{Name: "labellist", Ext: "pdf", Style: Style{Date: "2006-01-02", Clock: "15:04", Money: "pre", Weight: "lb", Temp: "degrees", Equip: 5, Refs: "no", Terms: 3}, draw: pdf(setup{margin: 54, family: "Times", size: 10.5}, drawLabelList)},
		{Name: "mono", Ext: "pdf", Style: Style{Date: "01/02/06", Clock: "1504", To: "-", Money: "plain", Weight: "#", Temp: "F", Equip: 2, Upper: true, Phone: "dash", Refs: "#", Terms: 1}, draw: pdf(setup{margin: 34, family: "Courier", size: 8.6}, drawMono)},
		{Name: "landscape", Ext: "pdf", Style: Style{Date: "1/2/06", Clock: "15:04", To: "-", Zone: "generic", Money: "$", Weight: "lbs", Temp: "F", Equip: 4, Terms: 1}, draw: pdf(setup{landscape: true, margin: 30, family: "Helvetica", size: 8.5}, drawLandscape)},
		{Name: "letterhead", Ext: "pdf", Style: Style{Date: "January 2, 2006", Clock: "3:04 PM", To: " - ", Zone: "name", Money: "$", Weight: "lbs", Temp: "deg", Equip: 0, Refs: "#", Terms: 0}, draw: pdf(setup{margin: 58, family: "Times", size: 10.5}, drawLetter)},
		{Name: "customerrate", Ext: "pdf", Style: Style{Date: "01/02/2006", Clock: "3:04 PM", Money: "$", Weight: "#", Temp: "to", Equip: 3, Refs: "#", MCPre: true, Terms: 2}, draw: pdf(setup{margin: 32, family: "Helvetica", size: 8.8}, drawCustomerRate)},
		{Name: "allin", Ext: "pdf", Style: Style{Date: "02-Jan-2006", Clock: "15:04", Money: "$", Weight: "K", Temp: "F", Equip: 5, Refs: ":", Phone: "one", Terms: 1}, draw: pdf(setup{margin: 48, family: "Helvetica", size: 10}, drawAllIn)},
		{Name: "permile", Ext: "pdf", Style: Style{Date: "Mon 01/02/2006", Clock: "15:04", To: " - ", Zone: "abbr", Money: "$", Weight: "lbs", Temp: "deg", Equip: 0, Refs: "no", Phone: "dash", Terms: 3}, draw: pdf(setup{margin: 40, family: "Helvetica", size: 8.8}, drawPerMile)},
		{Name: "headerbox", Ext: "pdf", Style: Style{Date: "02-Jan-2006", Clock: "15:04", Money: "code", Weight: "lbs", Temp: "F", Equip: 1, Phone: "paren", Refs: "#", MCPre: true, Terms: 0}, draw: pdf(setup{a4: true, margin: 34, family: "Helvetica", size: 8}, drawHeaderBox)},
		{Name: "fineprint", Ext: "pdf", Style: Style{Date: "1/2/2006", Clock: "1504", To: "-", Money: "$", Weight: "lbs", Temp: "degrees", Equip: 2, Upper: true, Phone: "dash", Refs: "#", Terms: 3}, draw: pdf(setup{margin: 36, family: "Times", size: 9.5}, drawFinePrint)},
		{Name: "twindows", Ext: "pdf", Style: Style{Date: "01/02/2006", Clock: "15:04", Money: "sp", Weight: "lb", Temp: "to", Equip: 3, Phone: "dot", Refs: ":", Terms: 2}, draw: pdf(setup{margin: 36, family: "Helvetica", size: 9}, drawTwoWindows)},
		{Name: "puso", Ext: "pdf", Style: Style{Date: "01/02/06", Clock: "1504", To: "-", Money: "plain", Weight: "LBS", Temp: "F", Equip: 4, Upper: true, Phone: "paren", Refs: "#", Terms: 1}, draw: pdf(setup{margin: 30, family: "Courier", size: 9}, drawPUSO)},
		{Name: "liveload", Ext: "pdf", Style: Style{Date: "Mon, Jan 2, 2006", Clock: "15:04", To: " – ", Zone: "abbr", Money: "$", Weight: "lbs", Temp: "deg", Equip: 0, Refs: ":", Phone: "paren", Terms: 0}, draw: pdf(setup{margin: 42, family: "Times", size: 9}, drawLiveLoad)},
		{Name: "totaltop", Ext: "pdf", Style: Style{Date: "Jan 2, 2006", Clock: "3:04PM", To: "-", Money: "$", Weight: "lbs", Temp: "F", Equip: 3, Refs: "#", Phone: "dash", Terms: 2}, draw: pdf(setup{margin: 36, family: "Helvetica", size: 9.2}, drawTotalTop)},
	}
}

// drawBoxes: logo left, load number box right, pairs of shipper and consignee boxes, charges at the bottom.
func drawBoxes(s *sheet, p *Pen) {
	b := p.Broker()
	s.logo(s.left, s.y, 40, rgb{24, 74, 130})
	s.font("B", 13)
	s.put(s.left+50, s.y, b.Name())
	s.font("", 8.5)
	y := s.lines(s.left+50, s.y+16, 10.5, append(b.Lines(), "Tel: "+b.Phone(), "MC# "+b.MC()+"   USDOT# "+b.USDOT())...)
	s.boxed(s.right-180, s.y, 180, 58, func(x, y, w float64) float64 {
		s.font("B", 11)
		s.text(x, y, w, "C", "RATE CONFIRMATION")
		s.font("", 9)
		y = s.kv(x, y+18, 70, w, "Load #:", p.Load())
		return s.kv(x, y, 70, w, "Date:", p.Issued())
	})
	s.y = max(y, s.y+66) + 8
	c := p.Carrier()
	s.font("B", 9)
	s.y = s.bar(s.left, s.y, s.width(), 15, rgb{24, 74, 130}, white, "CARRIER") + 4
	half := s.width() / 2
	y1 := s.kv(s.left, s.y, 60, half, "Carrier:", c.Name())
	y1 = s.kv(s.left, y1, 60, half, "Attn:", c.Contact())
	y1 = s.kv(s.left, y1, 60, half, "Phone:", c.Phone())
	y2 := s.kv(s.left+half, s.y, 80, half, "MC #:", c.MC())
	y2 = s.kv(s.left+half, y2, 80, half, "Equipment:", p.Equipment())
	y2 = s.kv(s.left+half, y2, 80, half, "Temperature:", p.Temp())
	s.y = max(y1, y2) + 6
	s.pairs(p.Stops(), 8, func(x, y, w float64, st StopPen) float64 {
		s.font("B", 9)
		head := st.Word("SHIPPER", "CONSIGNEE")
		if !p.Single() {
			head = st.Word("SHIPPER ", "CONSIGNEE ") + st.Of()
		}
		s.fill(x-6, y-6, w+12, 15, pale)
		s.text(x, y-3, w, "L", head)
		s.font("", 9)
		y = s.lines(x, y+13, 11, st.Name(), st.Street(), st.Town())
		y = s.kv(x, y+3, 62, w, "Date:", st.Day())
		y = s.kv(x, y, 62, w, "Time:", strings.TrimSpace(st.Hours()+" "+st.Appointment("(Appt)", "(FCFS)")))
		y = s.kv(x, y, 62, w, "Contact:", st.Contact())
		y = s.kv(x, y, 62, w, "Phone:", st.Phone())
		return s.kv(x, y, 62, w, "References:", st.RefList(", "))
	})
	s.need(120)
	s.table(grid{widths: []float64{250, 90, 90, s.width() - 430}, head: []string{"Commodity", "Pieces", "Weight", "Miles"}, back: pale, size: 9, lines: "all"},
		[][]string{{p.Commodity(), p.Pieces(), p.Weight(), p.Miles()}})
	s.y += 8
	s.charges(p, grid{widths: []float64{s.width() - 120, 120}, align: "LR", head: []string{"Charge", "Amount"}, back: pale, size: 9, lines: "all"}, "Total Carrier Pay")
	s.y += 8
	s.prose(8.5, 10.5, append(p.TermClauses(), p.Notes()...))
	s.y += 24
	s.need(20)
	s.signature(s.left, s.y, 200, "Carrier signature")
	s.signature(s.right-120, s.y, 120, "Date")
}

// pairs lays stop boxes two abreast, keeping each row of boxes on one page.
func (s *sheet) pairs(stops []StopPen, gap float64, draw func(x, y, w float64, st StopPen) float64) {
	w := (s.width() - gap) / 2
	for i := 0; i < len(stops); i += 2 {
		s.need(130)
		end := draw(s.left+6, s.y+6, w-12, stops[i])
		if i+1 < len(stops) {
			end = max(end, draw(s.left+w+gap+6, s.y+6, w-12, stops[i+1]))
			s.frame(s.left+w+gap, s.y, w, end+4-s.y)
		}
		s.frame(s.left, s.y, w, end+4-s.y)
		s.y = end + 4 + gap
	}
}

// charges is a two-column table of pay with the total as its last row.
func (s *sheet) charges(p *Pen, g grid, total string) {
	var rows [][]string
	for _, c := range p.Charges() {
		rows = append(rows, []string{c.Description(), c.Amount()})
	}
	s.table(g, rows)
	if t := p.Total(); t != "" {
		g.head = nil
		s.need(20)
		s.row(grid{widths: g.widths, align: g.align, back: white, ink: black, size: g.size + 0.5, lines: g.lines, pad: 3}, []string{total, t}, true, 0)
	}
}

// logo is an invented mark: a tilted square with a road through it.
func (s *sheet) logo(x, y, d float64, c rgb) {
	s.SetFillColor(c[0], c[1], c[2])
	s.Circle(x+d/2, y+d/2, d/2, "F")
	s.SetFillColor(255, 255, 255)
	s.Rect(x+d*0.44, y+d*0.12, d*0.12, d*0.2, "F")
	s.Rect(x+d*0.44, y+d*0.4, d*0.12, d*0.2, "F")
	s.Rect(x+d*0.44, y+d*0.68, d*0.12, d*0.2, "F")
}

// drawStopTable: everything in full-width grids, one row a stop.
func drawStopTable(s *sheet, p *Pen) {
	navy := rgb{30, 60, 90}
	b, c := p.Broker(), p.Carrier()
	s.font("B", 15)
	s.ink(navy)
	s.text(s.left, s.y, s.width(), "C", "CARRIER LOAD CONFIRMATION")
	s.ink(black)
	s.y += 24
	half := s.width() / 2
	s.table(grid{widths: []float64{half, half}, head: []string{"BROKER", "CARRIER"}, back: navy, ink: white, size: 8.5, lines: "all"}, [][]string{{
		join("\n", b.Name(), b.Address(), "Contact: "+b.Contact(), "Ph: "+b.Phone(), "Email: "+b.Email()),
		join("\n", c.Name(), "MC: "+c.MC()+"  DOT: "+c.USDOT(), "Contact: "+c.Contact(), "Ph: "+c.Phone(), "Email: "+c.Email())}})
	s.y += 6
	q := s.width() / 6
	s.table(grid{widths: []float64{q, q, q, q, q, q}, head: []string{"Load No", "Confirmed", "Equipment", "Weight", "Miles", "Temp"}, back: pale, size: 8.5, lines: "all"},
		[][]string{{p.Load(), p.Issued(), p.Equipment(), p.Weight(), p.Miles(), p.Temp()}})
	s.y += 6
	var rows [][]string
	for _, st := range p.Stops() {
		rows = append(rows, []string{st.Number(), st.Word("Pickup", "Drop"), join("\n", st.Name(), st.Street(), st.Town()), join("\n", st.Day(), st.Hours(), st.Appointment("APPT", "FCFS")), st.RefList("\n"), join("\n", st.Contact(), st.Phone())})
	}
	s.table(grid{widths: []float64{20, 50, 190, 90, 100, s.width() - 450}, head: []string{"#", "Type", "Location", "Date / Time", "Reference", "Contact"}, back: navy, ink: white, size: 8.2, lines: "all"}, rows)
	s.y += 6
	s.font("", 8.5)
	s.y = s.kv(s.left, s.y, 70, s.width(), "Commodity:", p.Commodity()) + 6
	s.charges(p, grid{widths: []float64{200, 110}, align: "LR", head: []string{"Rate Details", "Amount"}, back: navy, ink: white, size: 8.5, lines: "all"}, "TOTAL")
	s.y += 8
	s.table(grid{widths: []float64{110, s.width() - 110}, head: []string{"Term", "Detail"}, back: pale, size: 8, lines: "all", pad: 2}, pairsOf(p.TermRows()))
	s.y += 6
	s.font("B", 8.5)
	s.need(12)
	s.put(s.left, s.y, "Instructions")
	s.y += 12
	s.prose(8, 10, p.Notes())
	s.y += 22
	s.need(20)
	s.signature(s.left, s.y, 180, "Accepted by")
	s.signature(s.left+220, s.y, 180, "Title / Date")
}

func pairsOf(rows [][2]string) [][]string {
	var out [][]string
	for _, r := range rows {
		out = append(out, []string{r[0], r[1]})
	}
	return out
}

// join joins what is not empty; a label without its value is empty too.
func join(sep string, vs ...string) string {
	var out []string
	for _, v := range vs {
		if t := strings.TrimSpace(v); t != "" && !strings.HasSuffix(t, ":") && !strings.HasSuffix(t, "#") {
			out = append(out, v)
		}
	}
	return strings.Join(out, sep)
}

// drawVertical: label over value, stops one below another on a rail.
func drawVertical(s *sheet, p *Pen) {
	teal := rgb{0, 110, 110}
	b, c := p.Broker(), p.Carrier()
	s.fill(0, 0, s.right+s.left, 60, teal)
	s.ink(white)
	s.font("B", 16)
	s.put(s.left, 16, b.Name())
	s.font("", 9)
	s.put(s.left, 38, "Rate Confirmation")
	s.text(s.left, 20, s.width(), "R", "Load Number "+p.Load())
	s.text(s.left, 36, s.width(), "R", "Issued "+p.Issued())
	s.ink(black)
	s.y = 76
	third := s.width() / 3
	s.font("", 9)
	y1 := s.over(s.left, s.y, third-8, "CARRIER", c.Name())
	y1 = s.over(s.left, y1, third-8, "MC NUMBER", c.MC())
	y1 = s.over(s.left, y1, third-8, "DISPATCHER", c.Contact())
	y2 := s.over(s.left+third, s.y, third-8, "EQUIPMENT", p.Equipment())
	y2 = s.over(s.left+third, y2, third-8, "TRAILER LENGTH (FT)", p.Length())
	y2 = s.over(s.left+third, y2, third-8, "TEMPERATURE", p.Temp())
	y3 := s.over(s.left+2*third, s.y, third, "COMMODITY", p.Commodity())
	y3 = s.over(s.left+2*third, y3, third, "WEIGHT", p.Weight())
	y3 = s.over(s.left+2*third, y3, third, "BROKER CONTACT", join(" ", b.Contact(), b.Phone()))
	s.y = max(y1, y2, y3) + 4
	s.rule(s.y)
	s.y += 10
	for _, st := range p.Stops() {
		s.need(95)
		top := s.y
		s.SetFillColor(teal[0], teal[1], teal[2])
		s.Circle(s.left+5, s.y+5, 5, "F")
		s.font("B", 10)
		s.put(s.left+18, s.y, "Stop "+st.Number()+": "+st.Word("Pickup", "Delivery"))
		s.font("", 9)
		y := s.lines(s.left+18, s.y+15, 12, st.Name(), st.Street(), st.Town())
		z := s.over(s.left+260, s.y, 130, "SCHEDULED", st.Day())
		z = s.over(s.left+260, z, 130, st.HoursLabel("APPOINTMENT TIME", "OPEN HOURS (FCFS)"), st.Hours())
		r := s.over(s.left+400, s.y, 120, "REFERENCES", st.RefList(", "))
		r = s.over(s.left+400, r, 120, "SITE CONTACT", join(" ", st.Contact(), st.Phone()))
		s.y = max(y, z, r) + 6
		s.pen(teal, 1)
		s.Line(s.left+5, top+12, s.left+5, s.y-4)
		s.pen(line, 0.6)
	}
	s.need(90)
	s.rule(s.y)
	s.y += 8
	s.font("B", 10)
	s.put(s.left, s.y, "Carrier Charges")
	s.y += 15
	for _, ch := range p.Charges() {
		s.font("", 9)
		s.put(s.left, s.y, ch.Description())
		s.text(s.left, s.y, 260, "R", ch.Amount())
		s.y += 13
	}
	if t := p.Total(); t != "" {
		s.Line(s.left, s.y, s.left+260, s.y)
		s.font("B", 10)
		s.put(s.left, s.y+4, "Total")
		s.text(s.left, s.y+4, 260, "R", t)
	}
	s.y += 26
	s.prose(8, 10.5, append(p.TermClauses(), p.Notes()...))
}

// drawLabelList: a letter in Times with "label: value" lines only.
func drawLabelList(s *sheet, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	s.font("B", 18)
	s.text(s.left, s.y, s.width(), "C", b.Name())
	s.font("", 10)
	s.text(s.left, s.y+22, s.width(), "C", b.Address()+"  |  "+b.Phone())
	s.y += 40
	s.rule(s.y)
	s.y += 12
	s.font("B", 13)
	s.put(s.left, s.y, "LOAD CONFIRMATION / RATE AGREEMENT")
	s.y += 22
	say := func(k, v string) {
		s.need(16)
		s.font("", 10.5)
		s.y = s.kv(s.left, s.y, 150, s.width(), k, v) + 1.5
	}
	say("Our Load Number:", p.Load())
	say("Confirmation Date:", p.Issued())
	say("Carrier Name:", c.Name())
	say("Carrier MC Number:", c.MC())
	say("Carrier DOT Number:", c.USDOT())
	say("Broker Contact:", b.Contact())
	say("Contact Email:", b.Email())
	say("Type of Equipment:", p.Equipment())
	say("Required Temperature:", p.Temp())
	say("Commodity:", p.Commodity())
	say("Total Weight:", p.Weight())
	say("Number of Pieces:", p.Pieces())
	for _, st := range p.Stops() {
		s.need(90)
		s.y += 6
		w := st.Word("Pickup", "Delivery")
		say(w+" Location:", join(", ", st.Name(), st.Street(), st.Town()))
		say(w+" Date:", st.Day())
		say(w+" Time:", st.Hours())
		say(w+" Type:", st.Appointment("Appointment required", "First come first served"))
		say(w+" Numbers:", st.RefList("; "))
		say("Special Instructions:", st.Notes())
	}
	s.y += 8
	s.need(80)
	for _, ch := range p.Charges() {
		say(ch.Description()+":", ch.Amount())
	}
	say("Total Rate:", p.Total())
	s.y += 8
	s.prose(9.5, 12, append(p.TermClauses(), p.Notes()...))
	s.y += 30
	s.need(24)
	s.signature(s.left, s.y, 200, "Authorized signature (carrier)")
	s.signature(s.right-150, s.y, 150, "Date")
}
