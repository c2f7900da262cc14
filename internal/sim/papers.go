package sim

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"sync"
	"time"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"truckflow/internal/sim/paper"
)

const carrierName = "Prairie Line Transport LLC"

// confirmation prints the n-th rate confirmation of the inbox: a load of this
// week that a known broker offers us.
func confirmation(seed, n int64, b broker, now time.Time) (name string, pdf []byte, err error) {
	rc := paper.Random(seed*100_003 + n)
	for i := int64(1); rc.Equipment != "van" && rc.Equipment != "reefer" && rc.Equipment != "flatbed"; i++ {
		rc = paper.Random(seed*100_003 + n + i*1_000_033)
	}
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	first := rc.Stops[0].Start
	move := today.AddDate(0, 0, 1+int(n%3)).Sub(time.Date(first.Year(), first.Month(), first.Day(), 0, 0, 0, 0, time.UTC))
	for i := range rc.Stops {
		s := &rc.Stops[i]
		s.Start = s.Start.Add(move)
		if !s.End.IsZero() {
			s.End = s.End.Add(move)
		}
	}
	rc.Issued = today
	return printConfirmation(rc, b, int(n*5+seed))
}

// printConfirmation prints what broker b offers us, in the n-th look.
func printConfirmation(rc paper.RateCon, b broker, n int) (name string, pdf []byte, err error) {
	rc.Broker.Name, rc.Broker.USDOT, rc.Broker.MC, rc.Broker.BillingEmail = b.Name, b.USDOT, b.MC, b.Mail
	rc.Broker.City, rc.Broker.State, rc.Broker.ZIP = b.Home.City, b.Home.State, b.Home.ZIP
	rc.Carrier.Name, rc.Carrier.MC, rc.Carrier.USDOT = carrierName, "999001", "3999001"
	var w bytes.Buffer
	err = pdfLayouts()[n%len(pdfLayouts())].Print(&w, rc)
	return fmt.Sprintf("rate-confirmation-%s.pdf", rc.Load), w.Bytes(), err
}

// pdfLayouts are the layouts that come as PDF. The held-out ones stay away
// from anybody who looks into a simulated inbox while working on the reader.
var pdfLayouts = sync.OnceValue(func() (out []paper.Layout) {
	for _, l := range paper.Layouts() {
		if l.Ext == "pdf" && l.Batch < paper.HeldOutBatch {
			out = append(out, l)
		}
	}
	return out
})

// receipt is what a receiver signed.
type receipt struct {
	From, To         wireStop
	Ref, Commodity   string
	Pieces, WeightLb int
	At               time.Time // an instant; printed in the receiver's time
	Receiver         string
}

func (h haul) signed() receipt {
	return receipt{From: h.Load.Stops[0], To: h.Load.Stops[len(h.Load.Stops)-1], Ref: h.Load.Ref, Commodity: h.Load.Commodity, Pieces: h.Load.Pieces,
		WeightLb: h.Load.WeightLb, At: h.Dropped, Receiver: signer(h.Load.Ref)}
}

// signer is who receives at a dock: the same load, the same person.
func signer(ref string) string {
	r := source(1, ref, 0)
	return pick(r, givenNames) + " " + pick(r, familyNames)
}

func local(t time.Time, zone string) time.Time {
	if loc, err := time.LoadLocation(zone); err == nil {
		t = t.In(loc)
	}
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), 0, 0, time.UTC)
}

// podPDF prints a signed delivery receipt of load number.
func podPDF(seed int64, number string, v receipt) (name string, pdf []byte, err error) {
	r := source(seed, number, 0)
	rc := paper.RateCon{Load: v.Ref, Issued: local(v.At, v.To.TimeZone), Carrier: paper.Party{Name: carrierName, MC: "999001"}, Commodity: v.Commodity,
		WeightLb: v.WeightLb, Pieces: v.Pieces, Currency: "USD"}
	for _, s := range []wireStop{v.From, v.To} {
		rc.Stops = append(rc.Stops, printed(s, rc.Issued, rc))
	}
	d := paper.POD{BOL: paper.BOL{RateCon: rc, Number: fmt.Sprintf("BOL%07d", r.Intn(10_000_000)), PRO: fmt.Sprintf("%08d", r.Intn(100_000_000)),
		Seal: fmt.Sprintf("%06d", r.Intn(1_000_000)), Style: r.Intn(3)}, Signed: true, ReceivedAt: rc.Issued, Receiver: v.Receiver, DeliveredPieces: v.Pieces, DeliveredWeightLb: v.WeightLb}
	var w bytes.Buffer
	_, err = paper.PrintPOD(&w, d)
	return "pod-" + number + ".pdf", w.Bytes(), err
}

// printed is a stop as it stands on the papers of a load, with a time on its clock.
func printed(s wireStop, at time.Time, rc paper.RateCon) paper.Stop {
	kind := paper.Delivery
	if s.Kind == "pickup" {
		kind = paper.Pickup
	}
	return paper.Stop{Type: kind, Name: s.Name, Street: s.Address, City: s.City, State: s.State, ZIP: s.ZIP, TimeZone: s.TimeZone,
		Start: at, HasTime: true, Commodity: rc.Commodity, Pieces: rc.Pieces, WeightLb: rc.WeightLb}
}

// podFace is the type of receipts that were photographed.
var podFace = sync.OnceValues(func() (font.Face, error) {
	f, err := opentype.Parse(goregular.TTF)
	if err != nil {
		return nil, err
	}
	return opentype.NewFace(f, &opentype.FaceOptions{Size: 26, DPI: 72})
})

var faceLock sync.Mutex // a font.Face serves one at a time

// podPhoto is a driver's phone picture of a signed delivery receipt.
func podPhoto(seed int64, number string, v receipt) (name string, jpg []byte, err error) {
	face, err := podFace()
	if err != nil {
		return "", nil, err
	}
	page := image.NewGray(image.Rect(0, 0, 1240, 1600))
	draw.Draw(page, page.Rect, image.White, image.Point{}, draw.Src)
	faceLock.Lock()
	d := font.Drawer{Dst: page, Src: image.NewUniform(color.Gray{Y: 20}), Face: face}
	y := 130
	say := func(s string) {
		d.Dot = fixed.P(110, y)
		d.DrawString(s)
		y += 52
	}
	when := local(v.At, v.To.TimeZone)
	for _, s := range []string{"PROOF OF DELIVERY", "", "Carrier: " + carrierName, "Load Number: " + v.Ref, "Date: " + when.Format("01/02/2006"), "", "SHIP FROM", v.From.Name,
		v.From.Address, v.From.City + ", " + v.From.State + " " + v.From.ZIP, "", "SHIP TO", v.To.Name, v.To.Address, v.To.City + ", " + v.To.State + " " + v.To.ZIP, "",
		"Description: " + v.Commodity, fmt.Sprintf("Pieces: %d", v.Pieces), fmt.Sprintf("Weight: %d lbs", v.WeightLb), "", "RECEIVED BY CONSIGNEE",
		"Received by (print): " + v.Receiver, "Date / time received: " + when.Format("01/02/2006 15:04"), fmt.Sprintf("Pieces received: %d", v.Pieces),
		"Signature: /s/ " + v.Receiver} {
		say(s)
	}
	faceLock.Unlock()
	r := source(seed, number, 1)
	shot := paper.Photo(r.Int63(), page, paper.PhotoOptions{SkewDeg: 2*r.Float64() - 1, Noise: 4, Blur: 1, Shadow: r.Intn(3) == 0, Sign: true})
	var w bytes.Buffer
	err = jpeg.Encode(&w, shot, &jpeg.Options{Quality: 72})
	return "pod-" + number + ".jpg", w.Bytes(), err
}
