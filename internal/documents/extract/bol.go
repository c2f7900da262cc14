package extract

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var signedRE = regexp.MustCompile(`(?i)^/s/|^x\s+\w|signed electronically|electronically signed|e-signed`)

// readPapers reads what bills of lading and proofs of delivery add.
func (d *doc) readPapers() {
	kind := ""
	if d.r.DocumentType != nil {
		kind = d.r.DocumentType.Value
	}
	if kind == RateConfirmation || kind == Other || kind == "" {
		return
	}
	r := d.r
	d.notOfThisPaper(kind)
	for _, p := range d.pairs {
		conf, v := p.strength(), p.v
		id := func(to *Str) {
			if a, b, ok := idIn(v.text); ok {
				set(to, leaf(v.text[a:b], conf, v.sub(a, b)))
			}
		}
		switch p.lab.sub {
		case sBOL:
			id(&r.BOLNumber)
		case sPRO:
			id(&r.PRONumber)
		case sSeal:
			id(&r.SealNumber)
		case sTrailerNo:
			id(&r.TrailerNumber)
		case sEquip:
			if _, _, ok := equipmentIn(v.text); !ok && len(strings.Fields(v.text)) == 1 {
				id(&r.TrailerNumber)
			}
		case sReceived:
			d.received(p)
		case sRecvDate:
			d.receivedAt(p)
		case sOSD:
			if r.OSDNotes == nil {
				es := []ev{v}
				for _, c := range p.more {
					es = append(es, c.all())
				}
				e := join(" ", es...)
				r.OSDNotes = leaf(e.text, conf*0.95, e)
			}
		case sPieces:
			if n := atoi(numFirst.FindString(v.text)); p.lab.kind == "delivered" && n > 0 && r.DeliveredPieces == nil {
				r.DeliveredPieces = leafInt(n, conf, v)
			}
		case sWeight:
			if lb, _, a, b, ok := weightOf(v.text, p.hint); p.lab.kind == "delivered" && ok && r.DeliveredWeightLb == nil {
				r.DeliveredWeightLb = leafInt(lb, conf, v.sub(a, b))
			}
		}
	}
	d.signature()
	d.shipDay()
	for i := range r.Stops {
		st := &r.Stops[i]
		st.References = slices.DeleteFunc(st.References, func(l Str) bool { return sameLeaf(l, r.BOLNumber) || sameLeaf(l, r.PRONumber) })
	}
	if kind == BillOfLading && r.ReceiverName != nil && r.ReceivedAt != nil {
		// A bill of lading that the receiver filled in is the proof of delivery.
		l := r.ReceiverName
		r.DocumentType = &Leaf[string]{Value: ProofOfDelivery, Confidence: 0.9, Page: l.Page, Box: l.Box, Text: l.Text}
	}
}

// notOfThisPaper drops what papers of a kind do not tell: a receipt has a dock,
// a payer and one sum, but no stops, goods or lines of the carrier's pay; a bill
// of lading tells of freight, and its money (C.O.D., the goods' value) is not
// what the carrier is paid.
func (d *doc) notOfThisPaper(kind string) {
	if kind == Invoice {
		return
	}
	r := d.r
	dropped := []string{"line_items", "terms", "broker"}
	r.LineItems, r.Terms = nil, Terms{}
	if !d.namesBroker() {
		r.Broker = Party{}
	}
	switch kind {
	case LumperReceipt, ScaleTicket:
		r.Stops, r.Pieces, r.Broker, r.Equipment, r.TrailerLengthFt, r.TemperatureMinF, r.TemperatureMaxF = nil, nil, Party{}, nil, nil, nil, nil
		dropped = append(dropped, "stops", "pieces", "equipment", "temperature")
	case BillOfLading, ProofOfDelivery:
		r.TotalRate, r.Currency = nil, nil
		dropped = append(dropped, "total_rate", "currency")
	}
	r.Flags = slices.DeleteFunc(r.Flags, func(f Flag) bool {
		return slices.ContainsFunc(dropped, func(p string) bool { return strings.HasPrefix(f.Field, p) })
	})
}

// namesBroker reports a label on the paper that says who the broker is.
func (d *doc) namesBroker() bool {
	return slices.ContainsFunc(d.heads, func(h *heading) bool { return h.ctx == cBroker }) ||
		slices.ContainsFunc(d.pairs, func(p pair) bool { return p.lab.ctx == cBroker })
}

func (d *doc) received(p pair) {
	v := p.v
	name := strings.TrimSpace(signedRE.ReplaceAllString(v.text, ""))
	if ds := days(name); len(ds) > 0 {
		d.receivedAt(p)
		name = strings.Trim(name[:ds[0].a], " ,-/")
	}
	if strings.ContainsAny(name, "0123456789@$") || len(name) < 2 || len(name) > 40 || companyRE.MatchString(name) {
		return
	}
	low := strings.ToLower(name)
	if strings.Contains(low, "date") || strings.Contains(low, "signature") || strings.Contains(low, "print") {
		return
	}
	at := strings.Index(v.text, name)
	set(&d.r.ReceiverName, leaf(name, p.strength()*0.97, v.sub(max(at, 0), max(at, 0)+len(name))))
}

func (d *doc) receivedAt(p pair) {
	ds := days(p.v.text)
	if r := d.r.ReceivedAt; r != nil && len(r.Value) == 10 && len(ds) == 0 && p.v.page == r.Page && p.v.box[1] < r.Box[3] && r.Box[1] < p.v.box[3] {
		if ts := times(p.v.text, true); len(ts) > 0 && ts[0].from >= 0 {
			r.Value += fmt.Sprintf("T%02d:%02d", ts[0].from/60, ts[0].from%60) // the hour in a box beside the day
		}
		return
	}
	if len(ds) == 0 || d.r.ReceivedAt != nil {
		return
	}
	dy, doubt := d.dates.settle(ds[0])
	at := -1
	if ts := times(p.v.text, true); len(ts) > 0 {
		at = ts[0].from
	}
	d.r.ReceivedAt = leaf(stamp(dy, at), p.strength(), p.v)
	if doubt != "" {
		d.flag("received_at", doubt, Check)
	}
}

// signature reports a receiver's signing only when words show it: a name or a
// mark on the line. An empty line proves nothing, and a drawn one cannot be read here.
func (d *doc) signature() {
	if d.r.ReceiverName != nil && d.r.ReceivedAt != nil {
		l := d.r.ReceiverName
		d.r.Signed = &Leaf[bool]{Value: true, Confidence: 0.8, Page: l.Page, Box: l.Box, Text: l.Text}
		return
	}
	for _, c := range d.cells {
		if signedRE.MatchString(c.text) {
			v := c.all()
			d.r.Signed = &Leaf[bool]{Value: true, Confidence: 0.85, Page: v.page, Box: v.box, Text: v.text}
			return
		}
	}
}

// shipDay takes the paper's own date for the day its first pickup shipped, as
// bills of lading have it, when no other is printed.
func (d *doc) shipDay() {
	for i := range d.r.Stops {
		st := &d.r.Stops[i]
		if st.Type == nil || st.Type.Value != string(cPickup) {
			continue
		}
		for _, p := range d.pairs {
			ds := days(p.v.text)
			if st.WindowStart != nil || p.lab.sub != sDocDate || p.key != "date" && p.key != "shipdate" || len(ds) != 1 || p.c.line > 6 {
				continue
			}
			dy, _ := d.dates.settle(ds[0])
			st.WindowStart = leaf(dy.iso(), 0.82, p.v.sub(ds[0].a, ds[0].b))
		}
		return
	}
}
