package paper

import (
	"io"
	"math/rand"
	"strconv"
)

// standardForm is the Style of bills of lading and proofs of delivery on the
// trade's ruled short form; the papers of the later batches come on it.
const standardForm = 3

// FormBOL is RandomBOL of a batch's load on the standard form.
func FormBOL(batch int, seed int64) BOL {
	b := bolOf(Load(batch, seed), seed)
	b.Style = standardForm
	return b
}

// FormPOD is RandomPOD of a batch's load on the standard form.
func FormPOD(batch int, seed int64) POD {
	d := podOf(FormBOL(batch, seed), seed)
	if d.Receiver != "" {
		w, x := world{rand.New(rand.NewSource(seed + 33))}, lexicons[batch]
		d.Receiver = pick(w, x.first) + " " + pick(w, x.last)
	}
	return d
}

// printForm writes a bill of lading on the standard form, with the
// receiver's part filled in where d is given.
func printForm(w io.Writer, b BOL, d *POD) (Label, error) {
	st := Style{Date: "1/2/2006", Clock: "3:04 PM", Money: "$", Weight: "LBS", Temp: "F", Phone: "dash"}
	p := NewPen(b.RateCon, st)
	p.lab.DocumentType = "bill_of_lading"
	s := newSheet(setup{margin: 30, family: "Helvetica", size: 9})
	s.formHead(p, b)
	s.formGoods(p)
	s.y += 6
	s.prose(6.6, 8, []string{"NOTE Liability limitation for loss or damage in this shipment may be applicable. See 49 U.S.C. 14706(c)(1)(A) and (B).",
		"RECEIVED, subject to individually determined rates or contracts agreed in writing between the carrier and shipper, if applicable, otherwise to the rates, classifications and rules established by the carrier and available to the shipper on request."})
	if d == nil {
		s.formRow(46, []string{"SHIPPER SIGNATURE / DATE", "Trailer loaded:  [X] By shipper   [ ] By driver", "CARRIER SIGNATURE / PICKUP DATE"}, []string{"", "", ""})
	} else {
		p.lab.DocumentType = "proof_of_delivery"
		s.formReceived(p, *d)
	}
	body, err := s.bytes()
	return p.Label(), writeTo(w, body, err)
}

// formRow draws boxes of one height across the sheet, each with its printed words and what was filled in.
func (s *sheet) formRow(h float64, words, filled []string) {
	w := s.width() / float64(len(words))
	for i := range words {
		x := s.left + float64(i)*w
		s.frame(x, s.y, w, h)
		s.font("", 6.6)
		s.put(x+3, s.y+3, words[i])
		s.font("", 9.4)
		s.para(x+5, s.y+13, w-8, 11.4, filled[i])
	}
	s.y += h
}

// formHead is the upper half: who ships to whom at the left, the numbers at the right.
func (s *sheet) formHead(p *Pen, b BOL) {
	s.font("B", 11)
	s.text(s.left, s.y, s.width(), "C", "BILL OF LADING - SHORT FORM - NOT NEGOTIABLE")
	s.font("", 9)
	s.put(s.left, s.y+1, "Date: "+p.Stop(0).Day())
	s.text(s.left, s.y+1, s.width(), "R", "Page 1 of 1")
	s.y += 20
	half, top := s.width()/2, s.y
	for _, st := range p.Stops() {
		s.font("B", 8.5)
		s.ink(white)
		s.fill(s.left, s.y, half, 13, black)
		s.text(s.left, s.y+2.5, half, "C", st.Word("SHIP FROM", "SHIP TO"))
		s.ink(black)
		s.font("", 9)
		y := s.lines(s.left+4, s.y+18, 12, "Name: "+st.Name(), "Address: "+st.Street(), "City/State/Zip: "+st.Town(), join("", "Phone: "+st.Phone()))
		s.frame(s.left, s.y, half, y+3-s.y)
		s.y = y + 3
	}
	end := s.y
	p.lab.BOLNumber, p.lab.PRONumber, p.lab.TrailerNumber, p.lab.SealNumber = p.say(b.Number), p.say(b.PRO), p.say(b.Trailer), p.say(b.Seal)
	x, y := s.left+half, top
	for _, r := range [][2]string{{"Bill of Lading Number:", b.Number}, {"CARRIER NAME:", p.Carrier().Name()}, {"Trailer number:", b.Trailer}, {"Seal number(s):", b.Seal}, {"Pro Number:", b.PRO}} {
		s.frame(x, y, half, 21)
		s.font("", 9)
		s.put(s.put(x+4, y+6, r[0])+6, y+6, r[1])
		y += 21
	}
	s.font("", 7.4)
	s.put(x+4, y+5, "Freight Charge Terms:   Prepaid [X]    Collect [ ]    3rd Party [ ]")
	s.frame(x, y, half, max(end-y, 16))
	s.y = max(end, y+16)
}

// formGoods is the table of what is shipped.
func (s *sheet) formGoods(p *Pen) {
	s.font("B", 8.5)
	s.ink(white)
	s.fill(s.left, s.y, s.width(), 13, black)
	s.text(s.left, s.y+2.5, s.width(), "C", "CARRIER INFORMATION")
	s.ink(black)
	s.y += 13
	words := p.Commodity()
	if t := p.Temp(); t != "" {
		words += "\nKeep at " + t
	}
	g := grid{widths: []float64{60, 60, 90, 40, s.width() - 250}, head: []string{"H.U. QTY", "TYPE", "WEIGHT", "H.M. (X)", "COMMODITY DESCRIPTION"}, back: white, size: 8.6, lines: "all"}
	s.table(g, [][]string{{p.Pieces(), "PLTS", p.Weight(), "", words}, {"", "", "", "", ""}, {"", "", "", "", "GRAND TOTAL"}})
}

// formReceived is the receiver's part.
func (s *sheet) formReceived(p *Pen, d POD) {
	signed := d.Signed
	p.lab.Signed = &signed
	date, clock, pieces, weight := "", "", "", ""
	if !d.ReceivedAt.IsZero() {
		p.lab.ReceivedAt = stamp(d.ReceivedAt, true)
		date, clock = p.Style.day(d.ReceivedAt, false), p.Style.clock(d.ReceivedAt)
	}
	if d.DeliveredPieces > 0 {
		p.lab.DeliveredPieces, pieces = d.DeliveredPieces, strconv.Itoa(d.DeliveredPieces)
	}
	if d.DeliveredWeightLb > 0 {
		p.lab.DeliveredWeightLb, weight = d.DeliveredWeightLb, p.Style.weight(d.DeliveredWeightLb, false)
	}
	p.lab.ReceiverName, p.lab.OSDNotes = d.Receiver, d.OSD
	for _, v := range []string{date, clock, pieces, weight, d.Receiver, d.OSD} {
		p.say(v)
	}
	s.y += 8
	s.font("B", 9)
	s.y = s.bar(s.left, s.y, s.width(), 14, pale, black, "CONSIGNEE'S RECEIPT - goods received in apparent good order except as noted")
	s.formRow(32, []string{"DATE RECEIVED", "TIME RECEIVED", "H.U. RECEIVED", "WEIGHT RECEIVED"}, []string{date, clock, pieces, weight})
	s.formRow(32, []string{"SHORTAGE / DAMAGE / OVERAGE"}, []string{d.OSD})
	y := s.y
	s.formRow(40, []string{"CONSIGNEE SIGNATURE", "PRINT NAME"}, []string{"", d.Receiver})
	if signed {
		s.hand(s.left+20, y+30)
	}
}
