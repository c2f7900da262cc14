package paper

import (
	"fmt"
	"io"
	"math/rand"
	"strconv"
	"time"

	"truckflow/internal/kit/money"
)

// BOL is a bill of lading for the load, from its first stop to its last.
type BOL struct {
	RateCon
	Number, PRO, Seal string
	Style             int // 0 to 2: which shipper's form, or standardForm
}

// POD is a bill of lading that came back signed, or should have been.
type POD struct {
	BOL
	Signed            bool
	ReceivedAt        time.Time // wall clock at the receiver; zero when nobody wrote it
	Receiver          string
	OSD               string // over, short and damaged, in the receiver's words
	DeliveredPieces   int    // 0 when not written
	DeliveredWeightLb int
}

// Receipt is paid on the road: a lumper's, a scale's, or an invoice for the load.
type Receipt struct {
	RateCon
	Kind   string // lumper_receipt, scale_ticket, invoice or other
	Number string
	Vendor string
	Amount money.Cents
	At     time.Time
	Style  int // 0 or 1
}

// Other document types, as the label writes them.
const (
	LumperReceipt = "lumper_receipt"
	ScaleTicket   = "scale_ticket"
	Invoice       = "invoice"
	OtherPaper    = "other"
)

// RandomBOL invents a bill of lading.
func RandomBOL(seed int64) BOL { return bolOf(Random(seed), seed) }

func bolOf(rc RateCon, seed int64) BOL {
	rc.Stops = []Stop{rc.Stops[0], rc.Stops[len(rc.Stops)-1]}
	w := world{rand.New(rand.NewSource(seed + 99))}
	return BOL{RateCon: rc, Number: pick(w, []string{"BOL", "", "B"}) + w.digits(7), PRO: w.digits(8), Seal: w.digits(6), Style: int(seed % 3)}
}

// RandomPOD invents a proof of delivery; one in five was never signed.
func RandomPOD(seed int64) POD { return podOf(RandomBOL(seed), seed) }

func podOf(b BOL, seed int64) POD {
	w := world{rand.New(rand.NewSource(seed + 77))}
	d := POD{BOL: b, Signed: !w.chance(20), DeliveredPieces: b.Pieces, DeliveredWeightLb: b.WeightLb}
	if !d.Signed {
		d.DeliveredPieces, d.DeliveredWeightLb = 0, 0
		return d
	}
	d.ReceivedAt = b.Stops[1].Start.Truncate(time.Minute).Add(time.Duration(w.between(5, 55)) * time.Minute)
	d.Receiver = w.person()
	if w.chance(40) {
		n := w.between(1, 3)
		d.DeliveredPieces -= n
		d.OSD = fmt.Sprintf("%d short on delivery", n)
		if w.chance(50) {
			d.DeliveredPieces += n
			d.OSD = fmt.Sprintf("%d damaged, crushed corner", n)
		}
	}
	return d
}

// RandomReceipt invents a receipt of a kind for a batch's load.
func RandomReceipt(batch int, kind string, seed int64) Receipt {
	rc := Load(batch, seed)
	w := world{rand.New(rand.NewSource(seed + 55))}
	last := rc.Stops[len(rc.Stops)-1]
	return Receipt{RateCon: rc, Kind: kind, Number: w.digits(7), Vendor: pick(w, []string{"Handspan Unloading", "Dockside Lumper Crew", "Fourwall Freight Handlers"}),
		Amount: money.Cents(w.between(95, 420) * 100), At: last.Start.Add(95 * time.Minute), Style: int(seed % 2)}
}

var bolStyles = []Style{
	{Date: "01/02/2006", Clock: "15:04", Money: "$", Weight: "lbs", Temp: "F"},
	{Date: "02-Jan-2006", Clock: "1504", Money: "$", Weight: "#", Temp: "deg", Upper: true, Phone: "dash"},
	{Date: "Jan 2, 2006", Clock: "3:04 PM", Money: "$", Weight: "lb", Temp: "to", Phone: "dot"},
}

// PrintBOL writes a bill of lading and gives its label.
func PrintBOL(w io.Writer, b BOL) (Label, error) {
	if b.Style == standardForm {
		return printForm(w, b, nil)
	}
	p := NewPen(b.RateCon, bolStyles[b.Style%3])
	p.lab.DocumentType = "bill_of_lading"
	s := newSheet(setup{margin: 36, family: []string{"Helvetica", "Courier", "Times"}[b.Style%3], size: 9})
	s.bol(p, b, "BILL OF LADING")
	s.y += 30
	s.need(30)
	s.signature(s.left, s.y, 160, "Shipper signature / date")
	s.signature(s.left+190, s.y, 160, "Driver signature / date")
	s.signature(s.left+380, s.y, 150, "Consignee signature / date")
	body, err := s.bytes()
	return p.Label(), writeTo(w, body, err)
}

// bol draws the part that a bill of lading and a proof of delivery share.
func (s *sheet) bol(p *Pen, b BOL, title string) {
	p.lab.BOLNumber, p.lab.PRONumber = p.say(b.Number), p.say(b.PRO)
	s.font("B", 15)
	s.text(s.left, s.y, s.width(), []string{"C", "L", "R"}[b.Style%3], title)
	s.y += 24
	half := s.width() / 2
	s.font("", 9)
	y := s.kv(s.left, s.y, 80, half, "BOL Number:", b.Number)
	y = s.kv(s.left, y, 80, half, "PRO Number:", b.PRO)
	y = s.kv(s.left, y, 80, half, "Ship Date:", p.Stop(0).Day())
	z := s.kv(s.left+half, s.y, 80, half, "Carrier:", p.Carrier().Name())
	p.lab.TrailerNumber = p.say(b.Trailer)
	z = s.kv(s.left+half, z, 80, half, "Trailer No:", b.Trailer)
	if b.Style != 2 {
		p.lab.SealNumber = p.say(b.Seal)
		z = s.kv(s.left+half, z, 80, half, "Seal No:", b.Seal)
	}
	s.y = max(y, z) + 8
	s.pairs(p.Stops(), 8, func(x, y, w float64, st StopPen) float64 {
		s.font("B", 9)
		s.put(x, y, st.Word([]string{"SHIP FROM", "SHIPPER", "Consignor"}[b.Style%3], []string{"SHIP TO", "CONSIGNEE", "Consignee"}[b.Style%3]))
		s.font("", 9)
		y = s.lines(x, y+14, 11.5, st.Name(), st.Street(), st.Town())
		return s.kv(x, y, 50, w, "Phone:", st.Phone())
	})
	s.table(grid{widths: []float64{60, 70, s.width() - 230, 100}, head: []string{"Qty", "Type", "Description of Articles", "Weight"}, back: pale, size: 9, lines: "all"},
		[][]string{{p.Pieces(), []string{"PLT", "PALLETS", "Skids"}[b.Style%3], p.Commodity(), p.Weight()}})
	if t := p.Temp(); t != "" {
		s.y = s.kv(s.left, s.y+6, 80, s.width(), "Temperature:", t)
	}
	s.y += 8
	s.prose(7.6, 9.4, []string{"RECEIVED, subject to individually determined rates or contracts that have been agreed upon in writing between the carrier and shipper, if applicable. Freight charges are PREPAID unless marked collect.",
		"This is to certify that the above named materials are properly classified, described, packaged, marked and labeled, and are in proper condition for transportation."})
	s.font("", 9)
}

// PrintPOD writes a proof of delivery and gives its label.
func PrintPOD(w io.Writer, d POD) (Label, error) {
	if d.Style == standardForm {
		return printForm(w, d.BOL, &d)
	}
	st := bolStyles[d.Style%3]
	p := NewPen(d.RateCon, st)
	p.lab.DocumentType = "proof_of_delivery"
	s := newSheet(setup{margin: 36, family: []string{"Helvetica", "Courier", "Times"}[d.Style%3], size: 9})
	s.bol(p, d.BOL, []string{"PROOF OF DELIVERY", "DELIVERY RECEIPT", "BILL OF LADING - DELIVERY COPY"}[d.Style%3])
	signed := d.Signed
	p.lab.Signed = &signed
	s.need(110)
	s.y += 6
	top := s.y
	s.font("B", 10)
	s.put(s.left+6, s.y+6, "RECEIVED BY CONSIGNEE")
	s.font("", 9)
	y := s.y + 24
	say := func(k, v string) {
		if v == "" {
			v = "______________________"
		} else {
			p.say(v)
		}
		y = s.kv(s.left+6, y, 130, s.width()-12, k, v) + 3
	}
	when, pieces, weight := "", "", ""
	if !d.ReceivedAt.IsZero() {
		p.lab.ReceivedAt = stamp(d.ReceivedAt, true)
		when = st.day(d.ReceivedAt, false) + " " + st.clock(d.ReceivedAt)
	}
	if d.DeliveredPieces > 0 {
		p.lab.DeliveredPieces, pieces = d.DeliveredPieces, strconv.Itoa(d.DeliveredPieces)
	}
	if d.DeliveredWeightLb > 0 && d.Style != 1 {
		p.lab.DeliveredWeightLb, weight = d.DeliveredWeightLb, st.weight(d.DeliveredWeightLb, false)
	}
	p.lab.ReceiverName, p.lab.OSDNotes = st.cased(d.Receiver), d.OSD
	say("Received by (print):", p.lab.ReceiverName)
	say("Date / time received:", when)
	say("Pieces received:", pieces)
	if d.Style != 1 {
		say("Weight received:", weight)
	}
	say("Exceptions (OS&D):", d.OSD)
	if signed && d.Style == 1 {
		say("Signature:", "/s/ "+p.lab.ReceiverName)
	} else {
		say("Signature:", "")
	}
	if signed && d.Style != 1 {
		s.hand(s.left+150, y-10)
	}
	s.frame(s.left, top, s.width(), y+6-top)
	body, err := s.bytes()
	return p.Label(), writeTo(w, body, err)
}

// hand draws a signature with a pen.
func (s *sheet) hand(x, y float64) {
	s.pen(rgb{20, 30, 110}, 1.1)
	for i := range 7 {
		a := x + float64(i)*13
		s.Curve(a, y, a+4, y-18+float64(i%3)*5, a+13, y+float64(i%2)*6, "D")
	}
	s.pen(line, 0.6)
}

// PrintReceipt writes a receipt or an invoice and gives its label.
func PrintReceipt(w io.Writer, r Receipt) (Label, error) {
	p := NewPen(r.RateCon, bolStyles[r.Style])
	p.lab = Label{DocumentType: r.Kind, Stops: p.lab.Stops}
	var s *sheet
	switch r.Kind {
	case LumperReceipt, ScaleTicket:
		s = newSheet(setup{margin: 60, family: []string{"Courier", "Helvetica"}[r.Style], size: 10})
		s.slip(p, r)
	case Invoice:
		s = newSheet(setup{margin: 44, family: []string{"Helvetica", "Times"}[r.Style], size: 9.5})
		s.invoice(p, r)
	default:
		s = newSheet(setup{margin: 60, family: "Times", size: 11})
		s.font("B", 14)
		s.put(s.left, s.y, "Certificate of insurance request")
		s.y += 30
		s.prose(11, 14, []string{"Dear carrier partner,", "Our records show that your certificate of insurance is about to expire. Please have your agent send an updated certificate to our compliance team before the end of the month.", legal[0], "Thank you for hauling with us."})
	}
	p.lab.Stops = nonEmpty(p.lab.Stops)
	body, err := s.bytes()
	return p.Label(), writeTo(w, body, err)
}

// nonEmpty drops stops of which nothing was printed.
func nonEmpty(stops []StopLabel) []StopLabel {
	for _, s := range stops {
		if s.Name != "" || s.City != "" || s.WindowStart != "" {
			return stops
		}
	}
	return nil
}

// slip is a receipt from a counter printer.
func (s *sheet) slip(p *Pen, r Receipt) {
	s.font("B", 14)
	st := p.Style
	if r.Kind == LumperReceipt {
		s.put(s.left, s.y, r.Vendor)
		s.put(s.left, s.y+20, "UNLOADING / LUMPER RECEIPT")
	} else {
		s.put(s.left, s.y, "Roadside Certified Scales")
		s.put(s.left, s.y+20, "SCALE TICKET")
	}
	s.y += 50
	say := func(k, v string) {
		s.font("", 10)
		s.y = s.kv(s.left, s.y, 150, 400, k, v) + 4
	}
	say([]string{"Receipt No:", "Ticket #"}[r.Style], r.Number)
	say("Date:", st.day(r.At, false)+" "+st.clock(r.At))
	p.lab.TrailerNumber = p.say(r.Trailer)
	say("Trailer:", r.Trailer)
	say("Truck:", r.Truck)
	if r.Kind == ScaleTicket {
		say("Steer axle:", "11,860 lb")
		say("Drive axle:", st.weight(r.WeightLb/2+12000, false))
		say("Trailer axle:", st.weight(r.WeightLb/2+9000, false))
		say("Gross weight:", st.weight(r.WeightLb+32860, false))
		say("Scale fee:", "$14.50")
		return
	}
	say("Carrier:", p.Carrier().Name())
	say("Load / PO:", p.Load())
	say("Cases / pallets:", strconv.Itoa(r.Pieces))
	p.lab.TotalRate, p.lab.Currency = decimal(r.Amount), money.USD
	say([]string{"Total paid:", "Amount paid:"}[r.Style], p.say(st.money(r.Amount, money.USD)))
	say("Paid by:", []string{"Comcheck", "Driver card"}[r.Style])
	s.signature(s.left, s.y+40, 200, "Received with thanks")
}

// invoice bills the broker for the load.
func (s *sheet) invoice(p *Pen, r Receipt) {
	c, b := p.Carrier(), p.Broker()
	s.font("B", 20)
	s.put(s.left, s.y, "FREIGHT INVOICE")
	s.font("", 9.5)
	s.text(s.left, s.y, s.width(), "R", "Invoice Number: INV-"+r.Number)
	s.text(s.left, s.y+13, s.width(), "R", "Invoice Date: "+p.Style.day(r.At, false))
	s.y += 44
	half := s.width() / 2
	y := s.lines(s.left, s.y, 12, "FROM", c.Name(), "MC# "+c.MC(), c.Phone())
	z := s.lines(s.left+half, s.y, 12, "BILL TO", b.Name(), b.Lines()[0], b.Lines()[1])
	s.y = max(y, z) + 10
	s.y = s.kv(s.left, s.y, 90, s.width(), "Load Number:", p.Load())
	for _, st := range p.Stops() {
		s.y = s.kv(s.left, s.y, 90, s.width(), st.Word("Pickup:", "Delivery:"), join("  ", st.Name(), st.Town(), st.Day()))
	}
	s.y += 10
	s.charges(p, grid{widths: []float64{s.width() - 120, 120}, align: "LR", head: []string{"Charges", "Amount"}, back: pale, size: 9.5, lines: "rows"}, "TOTAL DUE")
	s.y = s.para(s.left, s.y+16, s.width(), 12, "Remit payment to "+r.Carrier.Name+" within 30 days.")
}
