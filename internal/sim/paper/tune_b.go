package paper

import (
	"fmt"
	"strings"
)

// mono writes fixed-width lines, the way a printer driver of 1990 did.
type mono struct{ s *sheet }

func (m mono) line(format string, args ...any) {
	lead := m.s.size * 1.22
	m.s.need(lead)
	m.s.font("", m.s.size)
	m.s.text(m.s.left, m.s.y, 0, "L", strings.TrimRight(fmt.Sprintf(format, args...), " "))
	m.s.y += lead
}

// wrapped writes prose within n columns.
func (m mono) wrapped(indent string, n int, v string) {
	cur := indent
	for _, w := range strings.Fields(v) {
		if len(cur)+1+len(w) > n {
			m.line("%s", cur)
			cur = strings.Repeat(" ", len(indent))
		}
		cur += w + " "
	}
	m.line("%s", cur)
}

// drawMono: a dense capital printout of a legacy system.
func drawMono(s *sheet, p *Pen) {
	m := mono{s}
	b, c := p.Broker(), p.Carrier()
	bar := strings.Repeat("=", 100)
	thin := strings.Repeat("-", 100)
	m.line("%-60s%40s", b.Name(), "LOAD CONFIRMATION")
	m.line("%-60s%40s", b.Lines()[0], "PRO/LOAD NO: "+p.Load())
	m.line("%-60s%40s", b.Lines()[1], "PRINTED: "+p.Issued())
	m.line("PHONE: %-20s MC: %-10s DOT: %s", b.Phone(), b.MC(), b.USDOT())
	m.line("%s", bar)
	m.line("CARRIER: %-48s MC: %-10s DOT: %s", c.Name(), c.MC(), c.USDOT())
	m.line("CONTACT: %-48s PHONE: %s", c.Contact(), c.Phone())
	m.line("EQUIP  : %-28s WEIGHT: %-12s PCS: %-8s MILES: %s", p.Equipment(), p.Weight(), p.Pieces(), p.Miles())
	if t := p.Temp(); t != "" {
		m.line("TEMP   : %s", t)
	}
	m.line("COMMOD : %s", p.Commodity())
	m.line("%s", bar)
	for _, st := range p.Stops() {
		m.line("%s %s   %-34s DATE: %-10s TIME: %-12s %s", st.Word("PICK", "DROP"), st.Of(), st.Name(), st.Day(), st.Hours(), st.Appointment("APPT", "FCFS"))
		m.line("         %-34s %s", st.Street(), strings.TrimSuffix("TEL: "+st.Phone(), "TEL: "))
		if t := st.Town(); t != "" {
			m.line("         %s", t)
		}
		if r := st.RefList("  "); r != "" {
			m.line("         REF: %s", r)
		}
		m.line("%s", thin)
	}
	for _, ch := range p.Charges() {
		m.line("%-30s %10s @ %10s %14s", ch.Description(), ch.Quantity(), ch.Rate(), ch.Amount())
	}
	m.line("%-30s %10s   %10s %14s", "", "", "", "----------")
	m.line("%-30s %10s   %10s %14s %s", "TOTAL CARRIER PAY", "", "", p.Total(), p.Currency())
	m.line("%s", bar)
	for _, t := range append(p.TermClauses(), p.Notes()...) {
		m.wrapped("* ", 98, t)
	}
	m.line("")
	m.line("SIGNED: ______________________________  DATE: ________________  TRUCK: ________  TRL: ________")
}

// drawLandscape: a wide sheet, origin and destination in columns, all else in strips.
func drawLandscape(s *sheet, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	red := rgb{150, 30, 30}
	s.font("B", 17)
	s.ink(red)
	s.put(s.left, s.y, b.Name())
	s.ink(black)
	s.font("", 8.5)
	s.text(s.left, s.y, s.width(), "R", b.Address())
	s.text(s.left, s.y+11, s.width(), "R", "Phone "+b.Phone()+"   MC "+b.MC())
	s.y += 28
	q := s.width() / 7
	s.table(grid{widths: []float64{q, q, q, q, q, q, q}, head: []string{"Load ID", "Date", "Mode", "Equipment", "Weight", "Distance", "Temp"}, back: red, ink: white, size: 8.5, lines: "all"},
		[][]string{{p.Load(), p.Issued(), "TL", p.Equipment(), p.Weight(), p.Miles() + " mi", p.Temp()}})
	s.y += 6
	var rows [][]string
	for _, st := range p.Stops() {
		rows = append(rows, []string{st.Word("Origin", "Destination"), st.Name(), st.Street(), st.City(), st.State(), st.ZIP(), st.When(), st.Appointment("Appt", "FCFS"), st.RefList(", "), st.Notes()})
	}
	s.table(grid{widths: []float64{56, 104, 104, 72, 28, 46, 96, 32, 96, s.width() - 634}, head: []string{"Stop", "Name", "Address", "City", "ST", "Zip", "Date/Time", "Type", "Ref", "Notes"}, back: pale, size: 7.8, lines: "all", pad: 2.5}, rows)
	s.y += 8
	s.need(120)
	top, w := s.y, s.width()/3
	s.font("", 8.5)
	s.boxed(s.left, top, w-8, 90, func(x, y, w float64) float64 {
		y = s.kv(x, y, 60, w, "Carrier", c.Name())
		y = s.kv(x, y, 60, w, "MC #", c.MC())
		y = s.kv(x, y, 60, w, "US DOT #", c.USDOT())
		y = s.kv(x, y, 60, w, "Contact", c.Contact())
		y = s.kv(x, y, 60, w, "Phone", c.Phone())
		return s.kv(x, y, 60, w, "Commodity", p.Commodity())
	})
	s.boxed(s.left+w, top, w-8, 90, func(x, y, w float64) float64 {
		for _, ch := range p.Charges() {
			s.put(x, y, ch.Description())
			s.text(x, y, w, "R", ch.Amount())
			y += 12
		}
		if t := p.Total(); t != "" {
			s.font("B", 10)
			s.put(x, y+4, "Carrier Total")
			s.text(x, y+4, w, "R", t)
			s.font("", 8.5)
		}
		return y + 16
	})
	s.boxed(s.left+2*w, top, w, 90, func(x, y, w float64) float64 {
		for _, n := range p.Notes() {
			y = s.para(x, y, w, 10, "- "+n)
		}
		return y
	})
	s.y = top + 104
	s.prose(7.8, 9.6, p.TermClauses())
	s.y += 20
	s.need(16)
	s.signature(s.left, s.y, 220, "Signature")
	s.signature(s.left+260, s.y, 120, "Date")
}

// drawLetter: a letter on letterhead, sentences and a small list per stop.
func drawLetter(s *sheet, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	s.logo(s.right-46, s.y-10, 46, rgb{90, 60, 20})
	s.font("B", 20)
	s.put(s.left, s.y, b.Name())
	s.font("I", 10)
	s.put(s.left, s.y+24, b.Address())
	s.put(s.left, s.y+37, "Phone "+b.Phone()+" · "+b.Email())
	s.y += 56
	s.rule(s.y)
	s.y += 14
	s.font("", 10.5)
	s.put(s.left, s.y, p.Issued())
	s.y = s.lines(s.left, s.y+20, 13, c.Name(), "Attention: "+c.Contact(), "MC# "+c.MC()) + 8
	s.font("B", 11.5)
	s.put(s.left, s.y, "Re: Rate confirmation for load "+p.Load())
	s.y += 20
	intro := fmt.Sprintf("This confirms our agreement for the transportation of %s, %s, on a %s.", p.Commodity(), p.Weight(), p.Equipment())
	if t := p.Temp(); t != "" {
		intro += " The temperature must be kept at " + t + "."
	}
	s.prose(10.5, 13, []string{intro})
	for _, st := range p.Stops() {
		s.need(84)
		s.y += 4
		s.font("B", 10.5)
		s.put(s.left, s.y, st.Word("Pick up ", "Deliver to ")+st.Of())
		s.font("", 10.5)
		y := s.lines(s.left+90, s.y, 13, st.Name(), st.Street(), st.Town())
		y = s.kv(s.left+90, y, 60, 380, "When", st.Day()+" "+st.Hours()+st.Appointment(" by appointment", ", first come first served"))
		s.y = s.kv(s.left+90, y, 60, 380, "Ref", st.RefList(", ")) + 4
	}
	s.need(90)
	s.y += 6
	s.font("", 10.5)
	s.put(s.left, s.y, "We agree to pay the following:")
	s.y += 16
	for _, ch := range p.Charges() {
		s.put(s.left+90, s.y, ch.Description())
		s.text(s.left+90, s.y, 240, "R", ch.Amount())
		s.y += 13.5
	}
	if t := p.Total(); t != "" {
		s.font("B", 10.5)
		s.put(s.left+90, s.y+2, "Total agreed amount")
		s.text(s.left+90, s.y+2, 240, "R", t)
	}
	s.y += 22
	s.prose(10, 12.5, append(p.TermClauses(), p.Notes()...))
	s.prose(10, 12.5, []string{"Please sign and return this letter, and send invoices to " + b.BillingEmail() + "."})
	s.need(60)
	s.put(s.left, s.y, "Sincerely,")
	s.put(s.left, s.y+24, b.Contact())
	s.signature(s.left+260, s.y+30, 180, "Accepted for the carrier")
}

// drawCustomerRate: two panels of money, what the customer pays and what the carrier is paid.
func drawCustomerRate(s *sheet, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	blue := rgb{40, 90, 160}
	s.font("B", 14)
	s.put(s.left, s.y, "Dispatch Sheet / Rate Confirmation")
	s.font("B", 11)
	s.text(s.left, s.y, s.width(), "R", "Load: "+p.Load())
	s.y += 22
	s.font("", 8.8)
	half := s.width()/2 - 6
	y1 := s.boxed(s.left, s.y, half, 76, func(x, y, w float64) float64 {
		y = s.kv(x, y, 66, w, "Broker", b.Name())
		y = s.kv(x, y, 66, w, "Docket", b.MC())
		y = s.kv(x, y, 66, w, "Agent", b.Contact())
		y = s.kv(x, y, 66, w, "Agent Phone", b.Phone())
		return s.kv(x, y, 66, w, "Agent Email", b.Email())
	})
	y2 := s.boxed(s.left+half+12, s.y, half, 76, func(x, y, w float64) float64 {
		y = s.kv(x, y, 66, w, "Carrier", c.Name())
		y = s.kv(x, y, 66, w, "MC / DOT", c.MC()+" / "+c.USDOT())
		y = s.kv(x, y, 66, w, "Dispatcher", c.Contact())
		y = s.kv(x, y, 66, w, "Phone", c.Phone())
		return s.kv(x, y, 66, w, "Driver", p.Driver()+"  "+p.DriverPhone())
	})
	s.y = max(y1, y2) + 8
	s.y = s.bar(s.left, s.y, s.width(), 14, blue, white, "Shipment") + 4
	y := s.kv(s.left, s.y, 66, half, "Equipment", p.Equipment())
	y = s.kv(s.left, y, 66, half, "Temp", p.Temp())
	z := s.kv(s.left+half+12, s.y, 66, half, "Commodity", p.Commodity())
	z = s.kv(s.left+half+12, z, 66, half, "Weight", p.Weight())
	s.y = max(y, z) + 4
	for _, st := range p.Stops() {
		s.need(80)
		s.y = s.bar(s.left, s.y, s.width(), 14, pale, black, st.Word("Pickup ", "Delivery ")+st.Of()) + 4
		y := s.lines(s.left, s.y, 11.5, st.Name(), st.Street(), st.Town())
		z := s.kv(s.left+230, s.y, 60, 170, "Date", st.Day())
		z = s.kv(s.left+230, z, 60, 170, "Time", st.Hours())
		z = s.kv(s.left+230, z, 60, 170, "Sched", st.Appointment("Appointment", "First Come First Serve"))
		r := s.lines(s.left+410, s.y, 11.5, st.Refs()...)
		s.y = max(y, z, r) + 4
	}
	s.need(100)
	s.y += 4
	s.money2(p, half, blue)
	s.prose(8.2, 10.2, append(p.TermClauses(), p.Notes()...))
}

// money2 is the pair of money panels of drawCustomerRate.
func (s *sheet) money2(p *Pen, half float64, blue rgb) {
	top := s.y
	s.font("", 8.8)
	s.bar(s.left, top, half, 14, blue, white, "Bill To")
	y := s.kv(s.left+4, top+20, 90, half-8, "Customer", p.Customer())
	y = s.kv(s.left+4, y, 90, half-8, "Customer Rate", p.CustomerRate())
	x := s.left + half + 12
	s.bar(x, top, half, 14, blue, white, "Carrier Pay")
	z := top + 20
	for _, ch := range p.Charges() {
		s.put(x+4, z, ch.Description())
		s.text(x+4, z, half-8, "R", ch.Amount())
		z += 12
	}
	if t := p.Total(); t != "" {
		s.font("B", 9.2)
		s.put(x+4, z+2, "Carrier Rate Total")
		s.text(x+4, z+2, half-8, "R", t)
		z += 16
	}
	end := max(y, z) + 4
	s.frame(s.left, top, half, end-top)
	s.frame(x, top, half, end-top)
	s.y = end + 8
}

// drawAllIn: a one-page sheet with a single all-in rate and no line items.
func drawAllIn(s *sheet, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	s.font("B", 22)
	s.put(s.left, s.y, "RATE CON")
	s.font("", 10)
	s.lines(s.right-210, s.y, 12.5, b.Name(), b.Lines()[0], b.Lines()[1], b.Phone())
	s.y += 62
	s.pen(black, 1.5)
	s.rule(s.y)
	s.pen(line, 0.6)
	s.y += 10
	say := func(k, v string) { s.y = s.kv(s.left, s.y, 110, s.width(), k, v) + 2 }
	s.font("", 10)
	say("Order", p.Load())
	say("Carrier", c.Name()+"   (MC "+c.MC()+")")
	say("Trailer", p.Equipment())
	say("Freight", p.Commodity()+", "+p.Weight()+", "+p.Pieces()+" pcs")
	say("Reefer set point", p.Temp())
	s.y += 6
	for _, st := range p.Stops() {
		s.need(70)
		s.rule(s.y)
		s.y += 6
		s.font("B", 10)
		s.put(s.left, s.y, st.Word("Load", "Unload"))
		s.font("", 10)
		y := s.lines(s.left+110, s.y, 12.5, st.Name(), st.Street(), st.Town())
		z := s.lines(s.left+330, s.y, 12.5, st.Day(), st.Hours(), st.Appointment("by appt", "FCFS"))
		s.y = max(y, z)
		if r := st.RefList("   "); r != "" {
			s.put(s.left+110, s.y, r)
			s.y += 12.5
		}
		s.y += 3
	}
	s.need(80)
	s.rule(s.y)
	s.y += 12
	if t := p.Total(); t != "" {
		s.font("B", 15)
		s.put(s.left, s.y, "All-in rate: "+t)
		s.font("", 9)
		s.put(s.left, s.y+19, "Includes fuel and all accessorials unless approved in writing.")
		s.y += 36
	}
	s.prose(9, 11.5, append(p.TermClauses(), p.Notes()...))
}

// drawPerMile: pay is miles × rate, with fuel per mile.
func drawPerMile(s *sheet, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	green := rgb{20, 100, 50}
	s.fill(s.left, s.y, 5, 44, green)
	s.font("B", 14)
	s.put(s.left+12, s.y, b.Name())
	s.font("", 8.8)
	s.lines(s.left+12, s.y+18, 11, "MC "+b.MC()+" | USDOT "+b.USDOT(), join(" | ", b.Contact(), b.Phone(), b.Email()))
	s.font("B", 12)
	s.text(s.left, s.y, s.width(), "R", "Confirmation "+p.Load())
	s.y += 56
	s.font("", 8.8)
	half := s.width() / 2
	y := s.kv(s.left, s.y, 70, half, "Carrier:", c.Name())
	y = s.kv(s.left, y, 70, half, "MC No:", c.MC())
	y = s.kv(s.left, y, 70, half, "Email:", c.Email())
	z := s.kv(s.left+half, s.y, 80, half, "Equipment:", p.Equipment())
	z = s.kv(s.left+half, z, 80, half, "Commodity:", p.Commodity())
	z = s.kv(s.left+half, z, 80, half, "Weight:", p.Weight())
	z = s.kv(s.left+half, z, 80, half, "Loaded Miles:", p.Miles())
	z = s.kv(s.left+half, z, 80, half, "Temp Range:", p.Temp())
	s.y = max(y, z) + 8
	var rows [][]string
	for _, st := range p.Stops() {
		rows = append(rows, []string{st.Word("Pickup", "Delivery"), join("\n", st.Name(), st.Street(), st.Town()), st.When() + "\n" + st.Appointment("Appointment", "FCFS"), join("\n", st.RefList(", "), st.Notes())})
	}
	s.table(grid{widths: []float64{56, 190, 150, s.width() - 396}, head: []string{"Stop", "Facility", "Window", "References / Notes"}, ink: green, back: white, size: 8.6, lines: "rows"}, rows)
	s.y += 10
	rows = nil
	for _, ch := range p.Charges() {
		rows = append(rows, []string{ch.Description(), ch.Quantity(), ch.Rate(), ch.Amount()})
	}
	s.table(grid{widths: []float64{170, 70, 80, 100}, align: "LRRR", head: []string{"Pay Item", "Units", "Rate", "Extended"}, ink: green, back: white, size: 8.8, lines: "rows"}, rows)
	if t := p.Total(); t != "" {
		s.row(grid{widths: []float64{320, 100}, align: "LR", back: white, size: 9.4, pad: 3}, []string{"Total Rate", t}, true, 0)
	}
	s.y += 8
	s.prose(8.4, 10.6, append(p.TermClauses(), p.Notes()...))
}
