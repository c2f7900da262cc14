package extract

import (
	"fmt"
	"strings"
)

// doubtStops flags the stops as a whole when they do not make a whole: one
// lacks what another has, or an address on the paper belongs to none of them.
// A layout that was misread shows itself this way before any single field does.
func (d *doc) doubtStops() {
	r := d.r
	if len(r.Stops) == 0 {
		return
	}
	d.doubtHours()
	if r.Stops[0].Type != nil && r.Stops[0].Type.Value == "delivery" && len(r.Stops) > 1 {
		d.flag("stops", "the first stop is a delivery; compare the order of the stops with the paper", Check)
	}
	has := func(get func(*Stop) Str) (n int) {
		for i := range r.Stops {
			if get(&r.Stops[i]) != nil {
				n++
			}
		}
		return n
	}
	for _, f := range []struct {
		what string
		get  func(*Stop) Str
	}{
		{"city", func(s *Stop) Str { return s.City }},
		{"date", func(s *Stop) Str { return s.WindowStart }},
		{"street", func(s *Stop) Str { return s.Address }},
		{"name", func(s *Stop) Str { return s.Name }},
	} {
		if n := has(f.get); n > 0 && n < len(r.Stops) {
			d.flag("stops", "not every stop has a "+f.what+"; compare the stops with the paper", Check)
			return
		}
	}
	if t := d.unclaimedTown(); t != "" {
		d.flag("stops", "the paper also prints "+t+", which belongs to no stop that was read", Check)
		return
	}
	for i := range r.Stops {
		for j := i + 1; j < len(r.Stops); j++ {
			a, b := &r.Stops[i], &r.Stops[j]
			if a.ZIP != nil && b.ZIP != nil && a.ZIP.Value == b.ZIP.Value && a.Type.Value == b.Type.Value && sameLeaf(a.Address, b.Address) {
				d.flag("stops", fmt.Sprintf("stops %d and %d are at one address", i+1, j+1), Check)
				return
			}
		}
	}
}

// notAtStops takes from the stops people and telephones that are the broker's or
// the carrier's, or whose number stands elsewhere on the paper, without a label:
// running text about a stop names the sender's own desk.
func (d *doc) notAtStops() {
	elsewhere := func(l Str) bool {
		num := onlyDigits(l.Value)
		for _, c := range d.cells {
			own := c.page == l.Page && c.ws[0].Y0 < l.Box[3]+d.em && c.ws[0].Y1 > l.Box[1]-d.em
			if h := d.of[c]; !own && (h == nil || !ofOneStop(h)) && c.tableRow == 0 {
				if a, b, ok := findPhone(c.text); ok && strings.HasSuffix(onlyDigits(c.text[a:b]), num) {
					return true
				}
			}
		}
		return false
	}
	for i := range d.r.Stops {
		s := &d.r.Stops[i]
		if c := s.Contact; c != nil && (sameLeaf(c, d.r.Broker.Contact) || sameLeaf(c, d.r.Carrier.Contact)) {
			s.Contact = nil
		}
		if p := s.Phone; p != nil && p.Confidence < 0.9 && elsewhere(p) {
			s.Phone = nil
		}
	}
}

func sameLeaf(a, b Str) bool {
	return a != nil && b != nil && strings.EqualFold(a.Value, b.Value)
}

// doubtHours flags stops with a bare day where the paper prints hours: other
// stops have theirs, or times stand somewhere that no stop took.
func (d *doc) doubtHours() {
	bare := 0
	for i := range d.r.Stops {
		if w := d.r.Stops[i].WindowStart; w != nil && len(w.Value) == 10 {
			bare++
		}
	}
	if bare == 0 || bare == len(d.r.Stops) && !d.printsHours() {
		return
	}
	for i := range d.r.Stops {
		s := &d.r.Stops[i]
		if s.WindowStart != nil && len(s.WindowStart.Value) == 10 && (s.WindowEnd == nil || len(s.WindowEnd.Value) == 10) && (s.Appointment == nil || s.Appointment.Value != "fcfs") {
			d.flag(fmt.Sprintf("stops[%d].window_start", i), "no hour was found for this stop, though the paper prints hours", Check)
		}
	}
}

// printsHours reports a time of day outside the conditions.
func (d *doc) printsHours() bool {
	for _, c := range d.cells {
		if h := d.of[c]; len(c.text) < 80 && (h == nil || h.ctx != cTerms && h.ctx != cSign && h.ctx != cNotes) && len(times(c.text, false)) > 0 {
			return true
		}
	}
	return false
}

// topStop is the line four above the first that tells a stop's town.
func (d *doc) topStop() int {
	first := len(d.lines)
	for i := range d.r.Stops {
		l := d.r.Stops[i].City
		if l == nil {
			continue
		}
		for _, c := range d.cells {
			if c.line < first && c.page == l.Page && c.ws[0].Y0 < l.Box[3] && c.ws[0].Y1 > l.Box[1] {
				first = c.line
				break
			}
		}
	}
	return max(0, first-4)
}

// unclaimedTown is a full "City, ST ZIP" on the paper that no stop and no
// party took, or "".
func (d *doc) unclaimedTown() string {
	r := d.r
	have := map[string]bool{}
	for i := range r.Stops {
		if z := r.Stops[i].ZIP; z != nil {
			have[z.Value] = true
		}
	}
	for _, a := range []Str{r.Broker.Address, r.Carrier.Address} {
		if a != nil {
			if m := zipRE.FindAllString(a.Value, -1); len(m) > 0 {
				have[m[len(m)-1]] = true
			}
		}
	}
	first := d.topStop()
	for _, c := range d.cells {
		if c.line < first {
			continue // above the stops stand the sender's and the carrier's offices
		}
		if h := d.of[c]; h != nil && (h.ctx == cBroker || h.ctx == cCarrier || h.ctx == cBillTo || h.ctx == cCustomer || h.ctx == cSign || h.ctx == cTerms) {
			continue
		}
		if len(c.text) > 140 || d.letterheadCell(c) {
			continue
		}
		for _, t := range findTowns(c.text, d.opt.Places) {
			if t.zip != "" && !have[t.zip] && !d.forMail(spot{c: c, t: t, block: d.around(c)}) {
				return t.city + ", " + t.state + " " + t.zip
			}
		}
	}
	return ""
}

// doubtParties flags who is who when one of the two parties was not found: its
// numbers may then have gone to the other.
func (d *doc) doubtParties() {
	b, c := &d.r.Broker, &d.r.Carrier
	doubt(b.USDOT, b.USDOT != nil && c.USDOT == nil && b.USDOT.Confidence < 0.9) // a carrier's number, more often
	switch {
	case c.Name == nil && (b.MC != nil || b.USDOT != nil || b.Phone != nil || b.Contact != nil):
		d.flag("broker", "the carrier's name was not found, so names and numbers of the two parties may be mixed up", Check)
		d.flag("carrier", "the carrier's name was not found", Check)
	case b.Name == nil && c.Name != nil:
		d.flag("carrier", "the broker's name was not found, so names and numbers of the two parties may be mixed up", Check)
		d.flag("broker", "the broker's name was not found", Check)
	case b.Name != nil && c.Name != nil && (b.Name.Confidence < sure || c.Name.Confidence < sure):
		for _, p := range []*Party{b, c} {
			doubt(p.MC, true) // a number goes to whose name stands nearest
			doubt(p.USDOT, true)
		}
	}
}
