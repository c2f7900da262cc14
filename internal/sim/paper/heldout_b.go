package paper

// box is one field of a form: its printed words and what was filled in.
type box struct {
	part        float64 // of the row's width
	words, fill string
}

// boxes draws a row of a form: words small at the top of each box, the value below.
func (s *sheet) boxes(least float64, row ...box) {
	whole, h := 0.0, least
	for _, b := range row {
		whole += b.part
	}
	s.font("", 9.2)
	for _, b := range row {
		h = max(h, 14+11*float64(len(s.wrap(b.fill, s.width()*b.part/whole-8))))
	}
	x := s.left
	for _, b := range row {
		w := s.width() * b.part / whole
		s.frame(x, s.y, w, h)
		s.font("", 6.2)
		s.put(x+3, s.y+2.5, b.words)
		s.font("", 9.2)
		s.para(x+4, s.y+11, w-8, 11, b.fill)
		x += w
	}
	s.y += h
}

// vBoxed: a ruled form, words at the top of each box and the value below; a number's kind is its box.
func vBoxed(s *sheet, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	s.font("B", 13)
	s.text(s.left, s.y, s.width(), "C", "CARRIER CONFIRMATION")
	s.y += 20
	s.boxes(26, box{3, "BROKER", b.Name()}, box{1.4, "LOAD / ORDER NO.", p.Load()}, box{1, "DATE", p.Issued()})
	s.boxes(26, box{3, "BROKER ADDRESS", b.Address()}, box{1.4, "BOOKED BY", b.Contact()}, box{1, "PHONE", b.Phone()})
	s.boxes(26, box{3, "CARRIER", c.Name()}, box{1.4, "DISPATCHER", c.Contact()}, box{1, "PHONE", c.Phone()})
	s.boxes(26, box{1, "MC NO.", c.MC()}, box{1, "DOT NO.", c.USDOT()}, box{1, "TRACTOR", ""}, box{1, "TRAILER", ""}, box{1.4, "DRIVER / CELL", ""})
	s.boxes(26, box{1.5, "EQUIPMENT", p.Equipment()}, box{2, "COMMODITY", p.Commodity()}, box{0.7, "PIECES", p.Pieces()}, box{1, "WEIGHT", p.Weight()}, box{0.8, "TEMP", p.Temp()}, box{0.7, "MILES", p.Miles()})
	s.y += 7
	for _, st := range p.Stops() {
		s.need(112)
		w := st.Word("PICKUP", "DELIVERY")
		s.font("B", 8.4)
		s.y = s.bar(s.left, s.y, s.width(), 12, rgb{210, 210, 210}, black, w+" "+st.Of())
		s.boxes(48, box{3, st.Word("SHIPPER", "CONSIGNEE") + " NAME AND ADDRESS", join("\n", st.Name(), st.Street(), st.Town())},
			box{1, w + " DATE", st.Day()}, box{1.2, "TIME", st.Hours()}, box{1, "APPT / FCFS", st.Appointment("APPT", "FCFS")})
		if st.Pickup() {
			s.boxes(26, box{1, "PICKUP NO.", st.Ref("PU")}, box{1, "P.O. NO.", st.Ref("PO")}, box{1, "B/L NO.", st.Ref("BOL")}, box{1, "OTHER REF.", st.Ref("REF")}, box{1.3, "CONTACT", st.Contact()}, box{1, "PHONE", st.Phone()})
		} else {
			s.boxes(26, box{1, "DELIVERY NO.", st.Ref("DEL")}, box{1, "P.O. NO.", st.Ref("PO")}, box{1, "S.O. NO.", st.Ref("SO")}, box{1, "OTHER REF.", st.Ref("REF")}, box{1.3, "CONTACT", st.Contact()}, box{1, "PHONE", st.Phone()})
		}
		s.boxes(24, box{1, "STOP INSTRUCTIONS", st.Notes()})
		s.y += 6
	}
	s.need(90)
	s.font("B", 8.4)
	s.y = s.bar(s.left, s.y, s.width(), 12, rgb{210, 210, 210}, black, "CARRIER COMPENSATION")
	var money []box
	for _, ch := range p.Charges() {
		money = append(money, box{1, ch.Description(), ch.Amount()})
	}
	s.boxes(26, append(money, box{1.2, "TOTAL", p.Total()})...)
	s.y += 8
	for _, v := range append(p.Notes(), p.TermClauses()...) {
		s.prose(8.2, 10, []string{"> " + v})
	}
	s.prose(6.6, 8, thirdLegal)
	s.need(46)
	s.y += 6
	s.boxes(36, box{2, "CARRIER SIGNATURE", ""}, box{2, "PRINT NAME AND TITLE", ""}, box{1, "DATE", ""})
}

// vGrid: one table across a landscape page does all: the load, the stops and the money are rows under the same seven columns.
func vGrid(s *sheet, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	w := s.width()
	cols := []float64{0.07 * w, 0.19 * w, 0.23 * w, 0.13 * w, 0.14 * w, 0.13 * w, 0.11 * w}
	peach := rgb{252, 228, 214}
	g := grid{widths: cols, size: 8.6, lines: "all", back: white}
	head := g
	head.back = peach
	title := func(v string) {
		s.row(grid{widths: []float64{w}, size: 9.4, lines: "all", back: rgb{198, 89, 17}, ink: white, pad: 3}, []string{v}, true, 0)
	}
	g.pad, head.pad = 3, 3
	title(b.Name() + " - Rate Confirmation # " + p.Load())
	wide := grid{widths: []float64{0.07 * w, 0.42 * w, 0.13 * w, 0.38 * w}, size: 8.6, lines: "all", pad: 3}
	s.row(wide, []string{"Carrier", c.Name() + " (MC " + c.MC() + ", DOT " + c.USDOT() + ")", "Booked by", join(", ", b.Contact(), b.Phone(), b.Email())}, false, 0)
	s.row(wide, []string{"Attn", join(", ", c.Contact(), c.Phone()), "Date booked", p.Issued()}, false, 0)
	s.row(wide, []string{"Truck", p.Equipment(), "Freight", join(" / ", p.Commodity(), p.Weight(), p.Pieces()+" plt")}, false, 0)
	s.row(wide, []string{"Temp", orDash(p.Temp()), "Miles", p.Miles()}, false, 0)
	s.row(head, []string{"Stop", "Facility", "Address", "Date", "Time", "Reference", "Contact"}, true, 0)
	for _, st := range p.Stops() {
		v := []string{st.Word("PU ", "DEL ") + st.Of(), st.Name(), join(", ", st.Street(), st.Town()), st.Day(), join("\n", st.Hours(), st.Appointment("appt", "FCFS")), st.RefList("\n"), join("\n", st.Contact(), st.Phone())}
		if s.y+s.rowHeight(g, v) > s.bottom {
			s.page()
			s.row(head, []string{"Stop", "Facility", "Address", "Date", "Time", "Reference", "Contact"}, true, 0)
		}
		s.row(g, v, false, 0)
		if n := st.Notes(); n != "" {
			s.row(grid{widths: []float64{0.07 * w, 0.93 * w}, size: 8.6, lines: "all", pad: 3}, []string{"", "Note: " + n}, false, 0)
		}
	}
	s.need(70)
	s.row(head, []string{"Pay", "Charge", "Basis", "Qty", "Rate", "", "Amount"}, true, 0)
	g.align = "LLLRRRR"
	for _, ch := range p.Charges() {
		basis := "flat"
		if ch.Kind() == "linehaul" || ch.Kind() == "fuel" {
			basis = "per mile"
		}
		s.row(g, []string{"", ch.Description(), basis, ch.Quantity(), ch.Rate(), "", ch.Amount()}, false, 0)
	}
	s.row(grid{widths: cols, size: 8.6, lines: "all", back: peach, align: "LLLRRRR", pad: 3}, []string{"", "", "", "", "", "TOTAL", p.Total()}, true, 0)
	one := grid{widths: []float64{w}, size: 8.4, lines: "all", pad: 2.5}
	title("Terms and instructions")
	for _, v := range append(p.TermClauses(), p.Notes()...) {
		s.need(16)
		s.row(one, []string{v}, false, 0)
	}
	s.need(30)
	s.row(grid{widths: []float64{w / 2, w / 2}, size: 9, lines: "all", pad: 8}, []string{"Signed for carrier:", "Date:"}, false, 0)
}
