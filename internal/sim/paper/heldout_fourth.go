package paper

import (
	"fmt"
	"strings"
)

// heldOutFourth lists the fourth batch: papers drawn after what brokers' systems
// really send, by somebody who had not looked at the reader.
func heldOutFourth() []Layout {
	ls := []Layout{
		{Name: "w-tender", Ext: "pdf", Style: Style{Date: "01/02/2006", Clock: "1504", To: "-", Money: "$", Weight: "LBS", Temp: "minmax", Equip: 12, Refs: "num", Phone: "dash", Terms: 11}, draw: pdf(setup{margin: 36, family: "Helvetica", size: 9}, wTender)},
		{Name: "w-pairs", Ext: "pdf", Style: Style{Date: "01/02/06", Stop: "Mon 01/02", Clock: "15:04", To: " to ", Zone: "generic", Money: "sp", Weight: "lb", Temp: "F", Equip: 13, Refs: "#", Terms: 12}, draw: pdf(setup{margin: 34, family: "Helvetica", size: 9.2, onPage: folio}, wPairs)},
		{Name: "w-smallprint", Ext: "pdf", Style: Style{Date: "January 2, 2006", Stop: "Monday, January 2, 2006", Clock: "3:04 PM", To: " - ", Zone: "name", Money: "both", Weight: "pounds", Temp: "degrees", Equip: 14, Refs: "sp", Phone: "dot", Terms: 13}, draw: pdf(setup{margin: 44, family: "Times", size: 10, onPage: folio}, wSmallPrint)},
		{Name: "w-greenbar", Ext: "pdf", Style: Style{Date: "01/02/06", Clock: "15:04", To: "-", Money: "plain", Weight: "#", Temp: "F", Equip: 12, Upper: true, Refs: "sp", Phone: "slash", Terms: 14}, draw: pdf(setup{margin: 36, family: "Courier", size: 9.4}, wGreenBar)},
		{Name: "w-cards", Ext: "pdf", Style: Style{Date: "Jan 2, 2006", Clock: "3:04 pm", To: " - ", Zone: "abbr", Money: "$", Weight: "lbs", Temp: "deg", Equip: 13, Refs: "id", Phone: "one", Terms: 15}, draw: pdf(setup{margin: 30, family: "Helvetica", size: 8.8}, wCards)},
		{Name: "w-faxback", Ext: "pdf", Worn: true, Style: Style{Date: "1/2/2006", Stop: "Mon 1/2", Clock: "3:04 PM", To: "-", Money: "$", Weight: "lbs", Temp: "F", Equip: 15, Refs: "#", Phone: "dash", Terms: 12}, draw: pdf(setup{margin: 62, family: "Times", size: 11.5}, wFaxBack)},
		{Name: "w-columns", Ext: "pdf", Worn: true, Style: Style{Date: "2-Jan-06", Clock: "15:04", To: " - ", Money: "sp", Weight: "lb", Temp: "each", Equip: 13, Refs: "num", Phone: "dot", Terms: 15}, draw: pdf(setup{margin: 34, family: "Helvetica", size: 9}, wColumns)},
		{Name: "w-mailshort", Ext: "eml", Style: Style{Date: "1/2/2006", Stop: "Mon 1/2", Clock: "3:04 PM", To: "-", Money: "$", Weight: "K", Temp: "tight", Equip: 15, Refs: "#", Phone: "dash", Terms: 12}, draw: wMailShort},
		{Name: "w-textwide", Ext: "txt", Style: Style{Date: "01/02/06", Clock: "1504", To: "-", Zone: "abbr", Money: "plain", Weight: "LBS", Temp: "plus", Equip: 12, Upper: true, Refs: "edi", Phone: "dash", Terms: 14}, draw: plainText(wTextWide)},
	}
	for i := range ls {
		ls[i].Batch = Fourth
	}
	return ls
}

// at writes a label and its value at two columns unless the value is empty.
func (s *sheet) at(x, gap, w float64, k, v string) {
	s.y = s.kv(x, s.y, gap, w, k, v)
}

// wTender: a load tender off an asset carrier's system: no rules, labels in a
// column, stops PU 1, SO 2 … with the freight of each, the head again on every page.
func wTender(s *sheet, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	load, name, issued := p.Load(), b.Name(), p.Issued()
	head := func(s *sheet) {
		s.font("B", 10)
		s.put(s.left, s.y, name)
		s.font("B", 12)
		s.text(s.left, s.y-1, s.width(), "C", "CARRIER LOAD TENDER")
		s.font("B", 10)
		s.text(s.left, s.y, s.width(), "R", "PRO# "+load)
		s.font("", 8)
		s.text(s.left, s.y+14, s.width(), "R", "Page "+string(rune('0'+s.PageNo()))+"    "+issued)
		s.y += 26
	}
	s.onPage = head
	head(s)
	s.font("", 8.6)
	s.y = s.lines(s.left, s.y-13, 10.6, b.Lines()[0], b.Lines()[1], "Ph "+b.Phone()+"   Fax "+b.Fax(), "After hours "+b.AfterHours()) + 8
	top, half := s.y, s.width()/2
	s.font("", 9)
	s.at(s.left, 62, half, "Carrier:", c.Name())
	s.font("", 9)
	for _, l := range c.Lines() {
		s.put(s.left+62, s.y, l)
		s.y += 11.5
	}
	s.at(s.left, 62, half, "Attn:", c.Contact())
	s.at(s.left, 62, half, "Phone:", c.Phone())
	s.at(s.left, 62, half, "E-Mail:", c.Email())
	s.at(s.left, 62, half, "MC/DOT:", c.MC()+" / "+c.USDOT())
	end := s.y
	s.y = top
	x := s.left + half + 10
	s.at(x, 92, half-10, "Tendered by:", b.Contact())
	s.at(x, 92, half-10, "E-Mail:", b.Email())
	s.at(x, 92, half-10, "Trailer Type:", p.Equipment())
	s.at(x, 92, half-10, "Temperature:", p.Temp())
	s.at(x, 92, half-10, "Commodity:", p.Commodity())
	s.at(x, 92, half-10, "Total Pcs/Weight:", p.Pieces()+" PLT / "+p.Weight())
	s.at(x, 92, half-10, "Distance:", p.Miles()+" miles")
	s.y = max(end, s.y) + 8
	for _, st := range p.Stops() {
		s.need(104)
		s.wTenderStop(st)
	}
	s.need(86)
	s.font("B", 10)
	s.put(s.left, s.y, "Rate Detail")
	s.y += 15
	for _, ch := range p.Charges() {
		unit := " Flat"
		if ch.src.Quantity > 1 && (ch.Kind() == "linehaul" || ch.Kind() == "fuel") {
			unit = " Miles"
		}
		s.font("", 9)
		s.put(s.left+20, s.y, ch.Description())
		s.put(s.left+190, s.y, ch.Quantity()+unit+"  @  "+ch.Rate())
		s.text(s.left, s.y, 390, "R", ch.Amount())
		s.y += 12
	}
	if t := p.Total(); t != "" {
		s.font("B", 9.6)
		s.put(s.left+20, s.y+3, "Total Carrier Pay:")
		s.text(s.left, s.y+3, 390, "R", t)
		s.y += 20
	}
	s.heading(9.6, "Dispatch Notes")
	s.prose(8.6, 10.6, p.Notes())
	s.prose(8.6, 10.6, []string{"Invoices: " + b.BillingEmail() + " or by mail to " + b.Box() + ". Reference our PRO# on your invoice."})
	s.prose(8.6, 10.6, p.TermClauses())
	s.prose(7.2, 8.8, fourthLegal[:7])
	s.need(64)
	s.y += 14
	s.font("", 8.6)
	s.put(s.left, s.y, "Driver Name: ______________________   Cell: __________________   Tractor #: __________   Trailer #: __________")
	s.y += 34
	s.signature(s.left, s.y, 230, "Accepted by (carrier)")
	s.signature(s.left+260, s.y, 110, "Date")
}

// wTenderStop is one stop of a load tender.
func (s *sheet) wTenderStop(st StopPen) {
	half := s.width()/2 + 8
	s.rule(s.y)
	s.y += 5
	top := s.y
	s.font("B", 10)
	s.put(s.left, s.y, st.Word("PU ", "SO ")+st.Number())
	s.font("", 9)
	x := s.left + 38
	s.at(x, 46, half-38, "Name:", st.Name())
	s.at(x, 46, half-38, "Address:", st.Street())
	s.font("", 9)
	if t := st.Town(); t != "" {
		s.put(x+46, s.y, t)
		s.y += 11.5
	}
	s.at(x, 46, half-38, "Phone:", st.Phone())
	s.at(x, 46, half-38, "Contact:", st.Contact())
	end := s.y
	s.y = top
	x = s.left + half + 6
	s.at(x, 58, half-22, "Date:", join(" ", st.Day(), st.Hours()))
	s.at(x, 58, half-22, "Appt Type:", st.Appointment("Appointment", "FCFS"))
	s.at(x, 58, half-22, st.Word("Load:", "Unload:"), join(" ", st.Pieces()+" PLT", st.Weight()))
	for i, r := range st.Refs() {
		s.at(x, 58, half-22, map[bool]string{true: "Reference:", false: ""}[i == 0], r)
	}
	s.y = max(end, s.y)
	s.at(s.left+38, 62, s.width()-38, "Comments:", st.Notes())
	s.y += 6
}

// wPairs: shippers in the left column and consignees in the right one, both counted for themselves; the pay stands above them.
func wPairs(s *sheet, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	navy := rgb{20, 40, 90}
	s.font("B", 17)
	s.ink(navy)
	s.put(s.left, s.y, b.Name())
	s.ink(black)
	s.font("B", 11)
	s.text(s.left, s.y+2, s.width(), "R", "Rate Confirmation")
	s.font("", 8.6)
	s.put(s.left, s.y+21, join("   |   ", b.Address(), "Main "+b.Phone(), "Fax "+b.Fax()))
	s.y += 38
	s.pen(navy, 1.4)
	s.rule(s.y)
	s.pen(line, 0.6)
	s.y += 8
	s.font("", 9.2)
	col, top := s.width()/4, s.y
	y := s.over(s.left, top, col-8, "Confirmation #", p.Load())
	y = s.over(s.left, y, col-8, "Date sent", p.Issued())
	y2 := s.over(s.left+col, top, col-8, "Carrier", c.Name())
	y2 = s.over(s.left+col, y2, col-8, "Carrier MC #", c.MC())
	y3 := s.over(s.left+2*col, top, col-8, "Carrier Rep", c.Contact())
	y3 = s.over(s.left+2*col, y3, col-8, "Carrier Phone", c.Phone())
	y4 := s.over(s.left+3*col, top, col-8, "Your Rep", b.Contact())
	y4 = s.over(s.left+3*col, y4, col-8, "Rep E-mail", b.Email())
	s.y = max(y, y2, y3, y4)
	top = s.y
	y = s.over(s.left, top, col-8, "Trailer", p.Equipment())
	y2 = s.over(s.left+col, top, col-8, "Commodity", p.Commodity())
	y3 = s.over(s.left+2*col, top, col/2, "Pallets", p.Pieces())
	y3 = max(y3, s.over(s.left+2.5*col, top, col/2, "Weight", p.Weight()))
	y4 = s.over(s.left+3*col, top, col-8, "Temp", p.Temp())
	s.y = max(y, y2, y3, y4) + 2
	s.fill(s.left, s.y, s.width(), 24, rgb{228, 234, 246})
	s.font("B", 11)
	s.put(s.left+8, s.y+6.5, "Agreed Amount")
	s.text(s.left, s.y+6.5, 240, "R", p.OtherTotal())
	s.font("", 8.4)
	s.text(s.left, s.y+8, s.width()-8, "R", "All charges are itemized below.")
	s.y += 34
	s.wPairStops(p, navy)
	s.need(110)
	s.font("B", 9.4)
	s.put(s.left, s.y, "Charges")
	s.y += 14
	s.charges(p, grid{widths: []float64{220, 90}, align: "LR", size: 9, lines: "none", back: white, pad: 1.5}, "Total")
	s.y += 10
	s.heading(9.4, "Special Instructions")
	for _, n := range p.Notes() {
		s.prose(8.6, 10.6, []string{"*  " + n})
	}
	s.heading(9.4, "Additional Terms")
	s.prose(8.6, 10.6, p.TermClauses())
	s.prose(8.6, 10.6, []string{"Send your invoice and POD to " + b.BillingEmail() + "."})
	s.prose(7, 8.6, fourthLegal[2:8])
	s.need(50)
	s.y += 26
	s.signature(s.left, s.y, 180, "Carrier Signature")
	s.signature(s.left+200, s.y, 150, "Print Name")
	s.signature(s.left+370, s.y, 90, "Date")
}

// wPairStops prints the first shipper beside the first consignee, and so on.
func (s *sheet) wPairStops(p *Pen, navy rgb) {
	var side [2][]StopPen
	for _, st := range p.Stops() {
		i := map[bool]int{true: 0, false: 1}[st.Pickup()]
		side[i] = append(side[i], st)
	}
	half := s.width()/2 - 8
	for i := range max(len(side[0]), len(side[1])) {
		s.need(178)
		top, end := s.y, s.y
		for k, x := range []float64{s.left, s.left + half + 16} {
			if i >= len(side[k]) {
				continue
			}
			st := side[k][i]
			s.font("B", 10)
			s.ink(navy)
			s.put(x, top, st.Word("Shipper #", "Consignee #")+st.Of())
			s.ink(black)
			s.Line(x, top+13, x+half, top+13)
			s.font("B", 9.2)
			y := s.lines(x, top+17, 11.6, st.Name())
			s.font("", 9.2)
			y = s.lines(x, y, 11.6, st.Street(), st.Town()) + 3
			y = s.kv(x, y, 96, half, st.Word("Pick Up Date:", "Delivery Date:"), st.Day())
			y = s.kv(x, y, 96, half, st.Word("Pick Up Time:", "Delivery Time:"), join(" ", st.Hours(), st.Appointment("(Appt)", "(FCFS)")))
			y = s.kv(x, y, 96, half, st.Word("Pick Up Contact:", "Delivery Contact:"), st.Contact())
			y = s.kv(x, y, 96, half, "Phone:", st.Phone())
			for _, r := range st.Refs() {
				y = s.kv(x, y, 96, half, "Ref:", r)
			}
			y = s.kv(x, y, 96, half, "Notes:", st.Notes())
			end = max(end, y)
		}
		s.y = end + 10
	}
}

// wSmallPrint: a centred contract: stops without rules, pay as a sentence and a list, the conditions in two columns of small type.
func wSmallPrint(s *sheet, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	mid := func(style string, size float64, v string) {
		s.font(style, size)
		s.text(s.left, s.y, s.width(), "C", v)
		s.y += size * 1.3
	}
	mid("B", 15, b.Name())
	mid("", 9.5, b.Address())
	mid("", 9.5, "Tel "+b.Phone()+"   Fax "+b.Fax()+"   FMCSA License MC-"+b.MC())
	s.y += 8
	mid("B", 12, "CONTRACT ADDENDUM AND CARRIER LOAD CONFIRMATION")
	mid("", 10, "Load Confirmation No. "+p.Load()+"   dated "+p.Issued())
	mid("", 10, "Arranged by "+b.Contact()+", "+b.Email())
	s.y += 6
	s.whole(10, 12.6, []string{"This addendum is entered into by " + b.Name() + " (\"Broker\") and " + c.Name() + ", USDOT " + c.USDOT() + ", MC " + c.MC() + " (\"Carrier\"), to the attention of " + c.Contact() + ", for one truckload movement of " + p.Commodity() + " weighing " + p.Weight() + " in a " + p.Equipment() + "."})
	if t := p.Temp(); t != "" {
		s.whole(10, 12.6, []string{"Protect from temperature: maintain product at " + t + "."})
	}
	for _, st := range p.Stops() {
		s.need(96)
		s.y += 3
		mid("B", 10.5, st.Word("ORIGIN", "DESTINATION")+" (STOP "+st.Number()+")")
		mid("", 10, st.Name())
		mid("", 10, st.Street())
		if t := st.Town(); t != "" {
			mid("", 10, t)
		}
		mid("", 10, join(", ", st.Day(), st.Hours()))
		mid("I", 9.5, st.Appointment("Appointment confirmed", "Open dock, first come first served"))
		if r := st.RefList("  /  "); r != "" {
			mid("", 9.5, "Reference IDs: "+r)
		}
		if v := join(", ", st.Contact(), st.Phone()); v != "" {
			mid("", 9.5, "Contact: "+v)
		}
		if n := st.Notes(); n != "" {
			mid("I", 9.5, n)
		}
	}
	s.need(120)
	s.y += 8
	mid("B", 10.5, "COMPENSATION")
	for _, ch := range p.Charges() {
		s.font("", 10)
		s.put(s.left+110, s.y, ch.Description())
		s.text(s.left, s.y, s.width()-110, "R", ch.Amount())
		s.y += 12.6
	}
	if t := p.Total(); t != "" {
		s.font("B", 10.4)
		s.put(s.left+110, s.y+2, "Total Agreed Compensation")
		s.text(s.left, s.y+2, s.width()-110, "R", t)
		s.y += 20
	}
	s.whole(9.4, 11.6, p.TermClauses())
	s.whole(9.4, 11.6, p.Notes())
	s.twoColumns(6.9, 8.3, append(append([]string{}, fourthLegal...), fourthSchedule...))
	s.need(60)
	s.y += 30
	s.signature(s.left, s.y, 210, "CARRIER: authorized signature and title")
	s.signature(s.right-210, s.y, 210, "BROKER")
}

// twoColumns sets numbered paragraphs in two columns of equal length.
func (s *sheet) twoColumns(size, lead float64, paras []string) {
	w := s.width()/2 - 9
	s.font("", size)
	var all []string
	for i, t := range paras {
		all = append(all, s.wrap(string(rune('A'+i))+". "+t, w)...)
	}
	half := (len(all) + 1) / 2
	s.need(float64(half) * lead)
	s.font("", size)
	for i, l := range all {
		x, n := s.left, i
		if i >= half {
			x, n = s.left+w+18, i-half
		}
		s.text(x, s.y+float64(n)*lead, w, "L", l)
	}
	s.y += float64(half) * lead
}

// wGreenBar: capitals in one width of type, as midrange systems print them, two fields to a line.
func wGreenBar(s *sheet, p *Pen) {
	b, c := p.Broker(), p.Carrier()
	put := func(format ...string) {
		s.need(11.4)
		s.font("", 9.4)
		s.put(s.left, s.y, strings.TrimRight(fmt.Sprintf("%-12s%-41s%-8s%s", format[0], format[1], format[2], format[3]), " "))
		s.y += 11.4
	}
	dash := func() { s.need(60); s.put(s.left, s.y, strings.Repeat("-", 94)); s.y += 11.4 }
	s.font("B", 9.4)
	s.text(s.left, s.y, s.width(), "C", b.Name())
	s.text(s.left, s.y+11.4, s.width(), "C", "* * *  TRUCK CONFIRMATION  * * *")
	s.y += 34
	put("FB#", p.Load(), "PRINTED", p.Issued())
	put("CARRIER", c.Name(), "MC#", c.MC())
	put("ATTN", c.Contact(), "DOT#", c.USDOT())
	put("PHONE", c.Phone(), "FAX", c.Fax())
	put("FROM", b.Contact(), "PHONE", b.Phone())
	put("EQUIP", p.Equipment(), "MILES", p.Miles())
	put("COMMODITY", p.Commodity(), "WEIGHT", p.Weight())
	put("PIECES", p.Pieces(), "TEMP", orNA(p.Temp()))
	for _, st := range p.Stops() {
		s.need(96)
		dash()
		put(st.Word("PICK UP ", "DELIVER ")+st.Of(), st.Name(), "DATE", st.Day())
		put("", st.Street(), st.HoursLabel("APPT", "FCFS"), st.Hours())
		put("", st.Town(), "PHONE", st.Phone())
		if v := st.Contact(); v != "" {
			put("", "", "SEE", v)
		}
		for i, r := range st.Refs() {
			put(map[bool]string{true: "NUMBERS", false: ""}[i == 0], r, "", "")
		}
		if n := st.Notes(); n != "" {
			put("REMARKS", n, "", "")
		}
	}
	dash()
	for _, ch := range p.Charges() {
		s.put(s.left, s.y, fmt.Sprintf("%-30s%8s X %10s %14s", ch.Description(), ch.Quantity(), ch.Rate(), ch.Amount()))
		s.y += 11.4
	}
	if t := p.Total(); t != "" {
		s.font("B", 9.4)
		s.put(s.left, s.y, fmt.Sprintf("%-51s%15s", "TOTAL TRUCK PAY", t))
		s.y += 11.4
		s.font("", 9.4)
	}
	dash()
	for _, v := range append(p.TermClauses(), p.Notes()...) {
		s.prose(9, 11, []string{"- " + v})
	}
	s.prose(9, 11, []string{"MAIL BILLS TO " + b.Name() + ", " + b.Address()})
	s.need(80)
	s.y += 22
	s.font("", 9.4)
	s.put(s.left, s.y, "DRIVER ____________________ CELL ______________ TRUCK ________ TRAILER ________")
	s.put(s.left, s.y+26, "SIGNED ____________________________________________ DATE ___________")
	s.text(s.left, s.bottom-4, s.width(), "C", "SIGN AND FAX TO "+b.Fax())
}

// orNA is what a form has where nothing applies.
func orNA(v string) string {
	if v == "" {
		return "N/A"
	}
	return v
}
