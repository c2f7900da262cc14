package paper

import "strings"

// drawStrip: the money at the head, each stop a strip with its number in a circle and a box of times.
func drawStrip(s *sheet, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	blue, ice := rgb{28, 100, 190}, rgb{232, 241, 252}
	s.logo(s.left, s.y, 36, blue)
	s.font("B", 13)
	s.put(s.left+44, s.y+3, b.Name())
	s.font("", 8.8)
	s.put(s.left+44, s.y+20, join("  ", "MC "+b.MC(), b.Phone(), b.Email()))
	s.font("B", 15)
	s.ink(blue)
	s.text(s.left, s.y, s.width(), "R", "Load "+p.Load())
	s.ink(black)
	s.font("", 8.8)
	s.text(s.left, s.y+19, s.width(), "R", "Tendered "+p.Issued()+" by "+b.Contact())
	s.y += 48
	w := (s.width() - 16) / 3
	top := s.y
	s.font("", 8.8)
	pay := s.boxed(s.left, top, w, 96, func(x, y, w float64) float64 {
		if t := p.Total(); t != "" {
			y = s.over(x, y, w, "Total linehaul and accessorials", t)
		}
		for _, ch := range p.Charges() {
			s.put(x, y, ch.Description())
			s.text(x, y, w, "R", ch.Amount())
			y += 11.5
		}
		return y
	})
	who := s.boxed(s.left+w+8, top, w, 96, func(x, y, w float64) float64 {
		y = s.over(x, y, w, "Assigned carrier", c.Name())
		y = s.over(x, y, w, "Docket / DOT", "MC "+c.MC()+" / DOT "+c.USDOT())
		return s.over(x, y, w, "Dispatch", join(" ", c.Contact(), c.Phone()))
	})
	what := s.boxed(s.left+2*(w+8), top, w, 96, func(x, y, w float64) float64 {
		y = s.over(x, y, w, "Mode and trailer", p.Equipment())
		y = s.over(x, y, w, "Items", p.Pieces()+" x "+p.Commodity()+", "+p.Weight())
		y = s.over(x, y, w, "Reefer setting", p.Temp())
		return s.over(x, y, w, "Practical miles", p.Miles())
	})
	s.y = max(pay, who, what) + 12
	for _, st := range p.Stops() {
		s.need(84)
		top := s.y
		s.fill(s.left, top, s.width(), 74, ice)
		s.SetFillColor(blue[0], blue[1], blue[2])
		s.Circle(s.left+18, top+20, 11, "F")
		s.ink(white)
		s.font("B", 11)
		s.text(s.left+7, top+15, 22, "C", st.Number())
		s.ink(blue)
		s.font("B", 7.5)
		s.text(s.left+2, top+36, 34, "C", st.Word("PICK", "DROP"))
		s.ink(black)
		s.font("B", 9.4)
		s.put(s.left+42, top+8, st.Name())
		s.font("", 8.8)
		s.lines(s.left+42, top+21, 11.5, st.Street(), st.Town(), join("  ", st.Contact(), st.Phone()), st.Notes())
		s.fill(s.left+270, top+8, 132, 58, white)
		y := s.over(s.left+278, top+12, 120, st.Word("Ready date", "Due date"), st.Day())
		s.over(s.left+278, y, 120, st.HoursLabel("Set appointment", "Open, first come first served"), st.Hours())
		s.lines(s.left+414, top+12, 11.5, st.Refs()...)
		s.y = top + 80
	}
	s.y += 4
	s.heading(9.4, "Special instructions")
	s.prose(8.4, 10.4, p.Notes())
	s.heading(9.4, "Payment and accessorials")
	s.prose(8.4, 10.4, p.TermClauses())
	s.y += 4
	s.prose(6.8, 8.2, secondLegal)
}

// drawSplit: the load in a wide left column, the small print running down the right one.
func drawSplit(s *sheet, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	edge := s.right
	col := edge - 168
	s.Line(col-10, s.left, col-10, s.bottom)
	y := s.left
	s.font("B", 8)
	s.put(col, y, "TERMS OF THIS LOAD")
	s.font("", 6.9)
	y += 12
	for _, t := range append(append([]string{}, secondLegal...), p.TermClauses()...) {
		y = s.para(col, y, edge-col, 8.3, t) + 4
	}
	s.right = col - 20
	s.font("B", 15)
	s.put(s.left, s.y, "Carrier Rate Confirmation")
	s.font("", 9)
	y = s.lines(s.left, s.y+22, 11.5, b.Name(), b.Address())
	y = s.lines(s.left, y, 11.5, join("   ", b.Contact(), b.Phone()), b.Email())
	s.y = y + 8
	s.table(grid{widths: []float64{s.width() * 0.22, s.width() * 0.33, s.width() * 0.17, s.width() * 0.28}, size: 8.8, lines: "all"}, [][]string{
		{"Load ID", p.Load(), "Created", p.Issued()},
		{"Hired carrier", c.Name(), "MC no.", c.MC()},
		{"Carrier phone", c.Phone(), "DOT no.", c.USDOT()},
		{"Trailer", p.Equipment(), "Weight", p.Weight()},
		{"Commodity", p.Commodity(), "Temp.", p.Temp()},
	})
	s.y += 10
	for _, st := range p.Stops() {
		s.splitStop(st)
	}
	s.need(100)
	s.heading(10, "What you are paid")
	for _, ch := range p.Charges() {
		s.font("", 9)
		s.put(s.left+4, s.y, ch.Description())
		s.text(s.left, s.y, s.width()-4, "R", ch.Amount())
		s.y += 12.5
		s.SetDashPattern([]float64{1, 2}, 0)
		s.rule(s.y - 2)
		s.SetDashPattern(nil, 0)
	}
	if t := p.Total(); t != "" {
		s.font("B", 10)
		s.put(s.left+4, s.y+2, "Carrier total")
		s.text(s.left, s.y+2, s.width()-4, "R", t)
	}
	s.y += 22
	s.prose(8.6, 10.6, p.Notes())
	s.need(40)
	s.y += 26
	s.signature(s.left, s.y, 180, "Signature, name")
	s.signature(s.left+200, s.y, s.width()-200, "Date")
}

// splitStop is one stop of drawSplit.
func (s *sheet) splitStop(st StopPen) {
	s.need(104)
	s.font("B", 9)
	s.y = s.bar(s.left, s.y, s.width(), 15, rgb{60, 60, 60}, white, st.Word("Loading stop ", "Unloading stop ")+st.Of()) + 5
	s.font("", 9)
	y := s.lines(s.left+4, s.y, 11.8, st.Name(), st.Street(), st.Town(), join(", ", st.Contact(), st.Phone()))
	x := s.left + s.width()*0.56
	z := s.lines(x, s.y, 11.8, st.Day(), st.Hours(), st.Appointment("Appointment confirmed", "First come / first served"))
	z = s.lines(x, z, 11.8, st.Refs()...)
	s.y = max(y, z)
	if n := st.Notes(); n != "" {
		s.font("I", 8.6)
		s.y = s.para(s.left+4, s.y, s.width()-8, 11, n)
		s.font("", 9)
	}
	s.y += 6
}

// drawMini: a tender of one page: small labels over values, five abreast, the stops in the same grid.
func drawMini(s *sheet, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	w := s.width() / 5
	cells := func(kvs ...string) {
		s.need(44)
		end := s.y
		for i := 0; i < len(kvs); i += 2 {
			s.font("", 9)
			if kvs[i+1] != "" {
				end = max(end, s.over(s.left+float64(i/2)*w+3, s.y+3, w-6, kvs[i], kvs[i+1]))
			}
		}
		for i := range 5 {
			s.frame(s.left+float64(i)*w, s.y, w, end-s.y+1)
		}
		s.y = end + 1
	}
	s.font("B", 11)
	s.fill(s.left, s.y, s.width(), 20, black)
	s.ink(white)
	s.put(s.left+5, s.y+5, "LOAD TENDER")
	s.text(s.left, s.y+5, s.width()-5, "R", b.Name())
	s.ink(black)
	s.y += 20
	cells("TENDER NO", p.Load(), "TENDERED", p.Issued(), "TENDERED BY", b.Contact(), "PHONE", b.Phone(), "FAX", b.Fax())
	cells("TO CARRIER", c.Name(), "AUTHORITY", c.MC(), "US DOT", c.USDOT(), "DISPATCHER", c.Contact(), "DISPATCH PH", c.Phone())
	cells("EQUIPMENT", p.Equipment(), "LADING", p.Commodity(), "GROSS WT", p.Weight(), "UNITS", p.Pieces(), "SET PT", p.Temp())
	for _, st := range p.Stops() {
		s.y += 6
		s.need(90)
		s.font("B", 9)
		s.bar(s.left, s.y, s.width(), 14, pale, black, st.Number()+" "+st.Word("ORIG", "DEST"))
		s.y += 14
		cells("FACILITY", st.Name(), "ADDRESS", st.Street(), "CITY ST ZIP", st.Town(), "DATE", st.Day(), st.HoursLabel("APPT TIME", "FCFS HOURS"), st.Hours())
		if r := st.RefList(", "); r != "" || st.src.Contact != "" || st.src.Notes != "" {
			cells("REF", r, "ASK FOR", st.Contact(), "FACILITY PH", st.Phone(), "REMARKS", st.Notes(), "", "")
		}
	}
	s.y += 8
	s.need(70)
	s.font("B", 9)
	var words []string
	for _, ch := range p.Charges() {
		words = append(words, ch.Description()+" "+ch.Amount())
	}
	s.y = s.para(s.left, s.y, s.width(), 12, "PAY: "+strings.Join(words, " + "))
	if t := p.Total(); t != "" {
		s.font("B", 13)
		s.put(s.left, s.y+4, "= "+t+" total to carrier")
		s.y += 24
	}
	s.prose(8, 10, append(append([]string{"SEND BILL TO " + b.BillingEmail()}, p.TermClauses()...), p.Notes()...))
	s.need(36)
	s.y += 22
	s.font("", 8)
	s.put(s.left, s.y, "[  ] ACCEPT    [  ] DECLINE")
	s.signature(s.left+150, s.y+8, 200, "By")
}
