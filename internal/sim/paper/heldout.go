package paper

// heldOut lists the layouts kept away from whoever tunes the reader: other
// designs in other words, not the tuned ones in other colours. They were
// written without looking at the reader.
func heldOut() []Layout {
	ls := []Layout{
		{Name: "v-rows", Ext: "pdf", Style: Style{Date: "01/02/2006", Clock: "15:04", To: " - ", Zone: "abbr", Money: "$", Weight: "lbs", Temp: "each", Equip: 9, Refs: "colon", Phone: "dash", Terms: 8}, draw: pdf(setup{margin: 32, family: "Helvetica", size: 8.8, onPage: vRowsFoot}, vRows)},
		{Name: "v-schedule", Ext: "pdf", Style: Style{Date: "January 2, 2006", Clock: "3:04 PM", To: " - ", Money: "$", Weight: "lbs", Temp: "deg", Equip: 10, Refs: "dash", Terms: 10}, draw: pdf(setup{margin: 50, family: "Times", size: 10.5, onPage: folio}, vSchedule)},
		{Name: "v-boxed", Ext: "pdf", Style: Style{Date: "1/2/06", Clock: "1504", To: "-", Money: "plain", Weight: "LBS", Temp: "F", Equip: 11, Upper: true, Refs: "#", Phone: "slash", Terms: 9}, draw: pdf(setup{margin: 28, family: "Helvetica", size: 9}, vBoxed)},
		{Name: "v-grid", Ext: "pdf", Style: Style{Date: "Mon 01/02/06", Clock: "3:04 PM", To: "-", Money: "sp", Weight: "lb", Temp: "to", Equip: 10, Refs: "colon", Phone: "dot", Terms: 9}, draw: pdf(setup{landscape: true, margin: 30, family: "Helvetica", size: 8.8}, vGrid)},
		{Name: "v-mailauto", Ext: "eml", Style: Style{Date: "01/02/2006", Clock: "15:04", To: " - ", Zone: "generic", Money: "$", Weight: "lbs", Temp: "each", Equip: 11, Refs: "colon", Phone: "dash", Terms: 9}, draw: mailBody(vMailAuto)},
		{Name: "v-mailtable", Ext: "eml", Style: Style{Date: "Mon, Jan 2, 2006", Clock: "3:04 PM", To: " to ", Money: "$", Weight: "lbs", Temp: "deg", Equip: 9, Refs: "dash", Terms: 8}, draw: vMailTable},
	}
	for i := range ls {
		ls[i].Batch = Third
	}
	return ls
}

// thirdLegal is the small print of the third batch of layouts.
var thirdLegal = []string{
	"This confirmation is governed by the Broker-Carrier Agreement on file. Carrier accepts it by signing it, by replying to it or by loading the freight.",
	"Carrier certifies that its safety rating is not Unsatisfactory and that it keeps in force cargo insurance of $100,000 and automobile liability insurance of $1,000,000.",
	"Re-brokering or handing this load to another carrier voids the rate and Carrier indemnifies Broker for every claim that follows.",
	"Late, short, damaged or refused freight is to be reported to Broker by telephone before the driver leaves the dock. Carrier is liable for loss and damage under 49 U.S.C. 14706.",
	"All accessorial charges need an approval number from Broker. Charges without one, or billed more than 30 days after delivery, are not paid.",
	"Carrier releases the shipper and the consignee from all claims for freight charges and will look to Broker only.",
}

// vRowsFoot repeats what the system prints at the foot of every page.
func vRowsFoot(s *sheet) {
	s.font("", 6.8)
	s.ink(grey)
	s.text(s.left, s.bottom+8, s.width(), "L", "Printed from the carrier portal. Please do not write to the no-reply address.")
	s.text(s.left, s.bottom+8, s.width(), "R", "Page "+string(rune('0'+s.PageNo())))
	s.ink(black)
	s.font("", s.size)
}

// cells draws one row of label and value cells across the sheet: shaded labels,
// white values, widths in parts of the row.
func (s *sheet) cells(parts []float64, vs ...string) {
	whole, h := sum(parts), 15.0
	for i, v := range vs {
		s.font(map[bool]string{true: "B", false: ""}[i%2 == 0], 8.4)
		h = max(h, float64(len(s.wrap(v, s.width()*parts[i]/whole-8)))*10.4+5)
	}
	x := s.left
	for i, v := range vs {
		w := s.width() * parts[i] / whole
		s.font("", 8.4)
		if i%2 == 0 {
			s.font("B", 8.4)
			s.fill(x, s.y, w, h, pale)
		}
		s.frame(x, s.y, w, h)
		s.para(x+4, s.y+3.5, w-8, 10.4, v)
		x += w
	}
	s.y += h
}

// vRows: every stop a block of wide rows of label and value cells, the town in three cells of its own.
func vRows(s *sheet, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	slate := rgb{52, 73, 94}
	s.font("B", 14)
	s.put(s.left, s.y, b.Name())
	s.font("", 8.4)
	s.put(s.left, s.y+17, b.Address())
	s.font("B", 12)
	s.text(s.left, s.y, s.width(), "R", "LOAD TENDER / RATE CONFIRMATION")
	s.y += 34
	four := []float64{1.1, 2.4, 1.1, 2.4}
	s.cells(four, "Load Number", p.Load(), "Tender Date", p.Issued())
	s.cells(four, "Carrier", c.Name(), "Broker Rep", b.Contact())
	s.cells(four, "Carrier MC #", c.MC(), "Rep Phone", b.Phone())
	s.cells(four, "Carrier DOT #", c.USDOT(), "Rep Email", b.Email())
	s.cells(four, "Carrier Rep", c.Contact(), "Send Invoice To", b.BillingEmail())
	s.cells(four, "Equipment", p.Equipment(), "Total Distance", p.Miles()+" mi")
	s.cells(four, "Commodity", p.Commodity(), "Total Weight", p.Weight())
	temp := p.Temp()
	if temp == "" {
		temp = "None"
	}
	s.cells(four, "Pallet Count", p.Pieces(), "Temp Control", temp)
	s.y += 8
	for _, st := range p.Stops() {
		s.need(112)
		s.font("B", 9)
		s.y = s.bar(s.left, s.y, s.width(), 15, slate, white, "STOP "+st.Number()+" - "+st.Word("PICKUP", "DELIVERY"))
		s.cells(four, "Facility", st.Name(), "Address", st.Street())
		s.cells([]float64{1.1, 2.4, 0.6, 0.7, 0.5, 1.7}, "City", st.City(), "State", st.State(), "Zip", st.ZIP())
		s.cells(four, st.Word("Pickup Date", "Delivery Date"), st.Day(), st.Word("Pickup Time", "Delivery Time"), orTBD(st.Hours()))
		s.cells(four, "Scheduling", st.Appointment("Appointment Scheduled", "FCFS"), "References", st.RefList(", "))
		s.cells(four, "Contact", st.Contact(), "Phone", st.Phone())
		if n := st.Notes(); n != "" {
			s.cells([]float64{1.1, 5.9}, "Instructions", n)
		}
		s.y += 6
	}
	s.need(90)
	s.font("B", 9)
	s.y = s.bar(s.left, s.y, s.width(), 15, slate, white, "CARRIER PAY")
	four = []float64{1.6, 1.9, 1.1, 2.4}
	for _, ch := range p.Charges() {
		s.cells(four, ch.Description(), ch.Quantity()+" x "+ch.Rate(), "Amount", ch.Amount())
	}
	if t := p.Total(); t != "" {
		s.cells(four, "Total Carrier Pay", t, "Currency", p.Currency())
	}
	s.y += 10
	s.heading(9.5, "Load instructions")
	s.prose(8.4, 10.4, p.Notes())
	s.heading(9.5, "Accessorials and payment")
	s.prose(8.4, 10.4, p.TermClauses())
	s.prose(7, 8.6, thirdLegal)
	s.need(40)
	s.y += 24
	s.signature(s.left, s.y, 200, "Carrier signature")
	s.signature(s.left+220, s.y, 150, "Printed name")
	s.signature(s.right-120, s.y, 120, "Date")
}

// orTBD is what a system prints for an hour nobody has set.
func orTBD(v string) string {
	if v == "" {
		return "TBD"
	}
	return v
}

// vSchedule: a contract whose first page has the parties, the load in a summary table and the money, and whose last has the stops.
func vSchedule(s *sheet, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	s.font("B", 16)
	s.put(s.left, s.y, b.Name())
	s.font("", 9.5)
	s.lines(s.left, s.y+19, 11.5, b.Address(), "Telephone "+b.Phone()+"    Motor Carrier Broker License MC-"+b.MC())
	s.y += 48
	s.rule(s.y)
	s.y += 10
	s.font("B", 13)
	s.put(s.left, s.y, "Load and Rate Agreement")
	s.font("", 10.5)
	s.text(s.left, s.y+1, s.width(), "R", "Agreement date: "+p.Issued())
	s.y += 24
	s.whole(10, 12.4, []string{"Broker engages the motor carrier named below for the load described in the attached Schedule A. The rate in section 2 is the whole of the compensation unless Broker agrees to more in writing."})
	half := s.width()/2 - 6
	top := s.y
	s.font("", 10)
	end := s.boxed(s.left, top, half, 70, func(x, y, w float64) float64 {
		y = s.kv(x, y, 62, w, "Carrier", c.Name())
		y = s.kv(x, y, 62, w, "Docket MC", c.MC())
		y = s.kv(x, y, 62, w, "US DOT", c.USDOT())
		y = s.kv(x, y, 62, w, "Attention", c.Contact())
		return s.kv(x, y, 62, w, "E-mail", c.Email())
	})
	z := s.boxed(s.left+half+12, top, half, end-top, func(x, y, w float64) float64 {
		y = s.kv(x, y, 62, w, "Load no.", p.Load())
		y = s.kv(x, y, 62, w, "Agent", b.Contact())
		y = s.kv(x, y, 62, w, "E-mail", b.Email())
		y = s.kv(x, y, 62, w, "Trailer", p.Equipment())
		return s.kv(x, y, 62, w, "Distance", p.Miles()+" miles")
	})
	s.y = max(end, z) + 12
	s.heading(10.5, "1. Summary of the load")
	var rows [][]string
	for _, st := range p.Stops() {
		rows = append(rows, []string{st.Word("Pickup", "Delivery"), orTBD(st.CityState()), st.Day()})
	}
	s.table(grid{widths: []float64{90, s.width() - 230, 140}, head: []string{"Stop", "Location", "Date"}, back: pale, size: 10, lines: "rows"}, rows)
	s.y += 6
	s.font("", 10)
	s.y = s.kv(s.left, s.y, 90, s.width(), "Goods", join(", ", p.Commodity(), p.Pieces()+" pallets", p.Weight())) + 2
	s.y = s.kv(s.left, s.y, 90, s.width(), "Temperature", p.Temp()) + 10
	s.need(110)
	s.heading(10.5, "2. Compensation")
	for _, ch := range p.Charges() {
		s.font("", 10)
		s.put(s.left+14, s.y, ch.Description())
		s.text(s.left, s.y, 330, "R", ch.Amount())
		s.y += 13
	}
	if t := p.Total(); t != "" {
		s.Line(s.left+14, s.y, s.left+330, s.y)
		s.font("B", 10.5)
		s.put(s.left+14, s.y+3, "Total compensation")
		s.text(s.left, s.y+3, 330, "R", t)
		s.y += 22
	}
	s.heading(10.5, "3. Conditions")
	s.whole(9.6, 11.8, append(p.TermClauses(), thirdLegal[:4]...))
	s.need(50)
	s.y += 30
	s.signature(s.left, s.y, 200, "For the carrier")
	s.signature(s.right-200, s.y, 200, "For the broker")
	s.page()
	s.vScheduleStops(p)
}

// vScheduleStops is the last page: the stops in full.
func (s *sheet) vScheduleStops(p *Pen) {
	s.font("B", 13)
	s.put(s.left, s.y, "Schedule A - Stop details")
	s.font("", 10)
	s.text(s.left, s.y+2, s.width(), "R", "Load no. "+p.Load())
	s.y += 26
	for _, st := range p.Stops() {
		s.need(126)
		s.font("B", 10.5)
		s.put(s.left, s.y, st.Number()+".  "+st.Word("Pickup", "Delivery")+" - "+st.Name())
		s.font("", 10)
		s.y = s.lines(s.left+18, s.y+15, 12.4, st.Street(), st.Town())
		when := st.Day()
		if h := st.Hours(); h != "" {
			when += ", " + h
		}
		s.y = s.kv(s.left+18, s.y, 90, s.width()-18, "When", when+st.Appointment(" (appointment)", " (first come, first served)"))
		s.y = s.kv(s.left+18, s.y, 90, s.width()-18, "Numbers", st.RefList("; "))
		s.y = s.kv(s.left+18, s.y, 90, s.width()-18, "Ask for", join(", ", st.Contact(), st.Phone()))
		s.y = s.kv(s.left+18, s.y, 90, s.width()-18, "Remarks", st.Notes()) + 10
	}
	s.need(60)
	s.heading(10.5, "Instructions to the driver")
	for i, n := range p.Notes() {
		s.whole(9.6, 11.8, []string{string(rune('a'+i)) + ") " + n})
	}
}
