package paper

import (
	"fmt"
	"math/rand"
	"strings"
	"time"

	"truckflow/internal/kit/money"
)

// world draws the invented facts of one load.
type world struct{ *rand.Rand }

func pick[T any](w world, from []T) T { return from[w.Intn(len(from))] }

// chance is true n times out of a hundred.
func (w world) chance(n int) bool { return w.Intn(100) < n }

func (w world) between(lo, hi int) int { return lo + w.Intn(hi-lo+1) }

func (w world) digits(n int) string {
	v := fmt.Sprint(w.between(1, 9))
	for len(v) < n {
		v += fmt.Sprint(w.Intn(10))
	}
	return v
}

// phone uses the 555-01xx block, which no subscriber has.
func (w world) phone(area string) string { return fmt.Sprintf("%s55501%02d", area, w.Intn(100)) }

func (w world) person() string { return pick(w, firstNames) + " " + pick(w, lastNames) }

func (w world) street() string {
	v := fmt.Sprintf("%d %s", w.between(100, 9899), pick(w, streets))
	if w.chance(15) {
		v += fmt.Sprintf(", Suite %d", w.between(100, 480))
	}
	return v
}

// domain makes a mail domain in the reserved .example top level (RFC 2606).
func domain(company string) string {
	words := strings.Fields(strings.ToLower(strings.NewReplacer(",", "", "-", "", "&", "", "'", "").Replace(company)))
	return strings.Join(words[:min(2, len(words)-1)], "") + ".example"
}

func (w world) usPlace() Place {
	for {
		if p := pick(w, places); !p.Canadian() {
			return p
		}
	}
}

func (w world) party(first, last []string) Party {
	at := w.usPlace()
	name := pick(w, first) + " " + pick(w, last)
	who := w.person()
	at0 := strings.ToLower(strings.Fields(who)[0])
	return Party{Name: name, MC: w.digits(w.between(6, 7)), USDOT: w.digits(7), Contact: who,
		Phone: w.phone(at.AreaCode), Email: at0 + "@" + domain(name), Street: w.street(),
		City: at.City, State: at.State, ZIP: at.ZIP}
}

var equipChances = []string{"van", "van", "van", "van", "van", "reefer", "reefer", "reefer", "reefer", "flatbed", "flatbed", "flatbed", "step_deck", "conestoga"}

var lengths = map[string]int{"van": 53, "reefer": 53, "flatbed": 48, "step_deck": 48, "conestoga": 48}

// Random invents one load. The same seed gives the same load for ever.
func Random(seed int64) RateCon {
	w := world{rand.New(rand.NewSource(seed*7919 + 17))}
	rc := RateCon{Load: w.loadNumber(), Currency: money.USD, Customer: pick(w, customers)}
	rc.Broker, rc.Carrier = w.party(brokerFirst, brokerLast), w.party(carrierFirst, carrierLast)
	rc.Broker.BillingEmail = pick(w, []string{"invoices", "ap", "carrierpay", "billing"}) + "@" + domain(rc.Broker.Name)
	rc.Carrier.Email = pick(w, []string{"dispatch", "ops", "loads"}) + "@" + domain(rc.Carrier.Name)
	rc.Equipment = pick(w, equipChances)
	rc.LengthFt = lengths[rc.Equipment]
	rc.Commodity = pick(w, goods[rc.Equipment])
	rc.WeightLb, rc.Pieces = w.between(80, 460)*100, w.between(4, 30)
	if rc.Equipment == "reefer" {
		w.temperature(&rc)
	}
	w.route(&rc)
	w.pay(&rc)
	rc.Terms = w.terms(len(rc.Stops) > 2)
	rc.Notes = w.notes(loadNotes, w.between(1, 4))
	rc.Driver, rc.DriverPhone = w.person(), w.phone(places[w.Intn(len(places))].AreaCode)
	rc.Truck, rc.Trailer = w.digits(w.between(3, 4)), w.digits(w.between(4, 6))
	return rc
}

func (w world) loadNumber() string {
	switch w.Intn(5) {
	case 0:
		return w.digits(7)
	case 1:
		return "L" + w.digits(6)
	case 2:
		return pick(w, []string{"ORD", "BF", "TL", "RC"}) + "-" + w.digits(6)
	case 3:
		return w.digits(9)
	}
	return w.digits(6)
}

func (w world) notes(from []string, n int) []string {
	var out []string
	for _, i := range w.Perm(len(from))[:n] {
		out = append(out, from[i])
	}
	return out
}

func (w world) temperature(rc *RateCon) {
	rc.HasTemp = true
	if strings.Contains(rc.Commodity, "Fro") || strings.Contains(rc.Commodity, "Ice") {
		rc.TempMinF = -10 * w.Intn(3)
		rc.TempMaxF = rc.TempMinF
		return
	}
	rc.TempMinF = w.between(33, 38)
	rc.TempMaxF = rc.TempMinF + []int{0, 0, 2, 4}[w.Intn(4)]
}

// stopCounts leans to one pickup and one delivery, as freight does.
var stopCounts = [][2]int{{1, 1}, {1, 1}, {1, 1}, {1, 1}, {1, 1}, {1, 1}, {1, 1}, {1, 2}, {1, 2}, {2, 1}, {2, 2}, {1, 3}, {2, 3}, {1, 5}}

// route draws the stops, their dates and the miles.
func (w world) route(rc *RateCon) {
	n := pick(w, stopCounts)
	at := w.usPlace()
	day := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC).AddDate(0, 0, w.Intn(340))
	rc.Issued = day.AddDate(0, 0, -w.between(1, 3))
	miles := 0.0
	for i := 0; i < n[0]+n[1]; i++ {
		kind := Pickup
		if i >= n[0] {
			kind = Delivery
		}
		if i > 0 {
			next := w.next(at, kind == Delivery && i == n[0], rc.Stops)
			leg := at.Point.Miles(next.Point) * 1.18
			miles += leg
			day = day.AddDate(0, 0, 1+int(leg)/560)
			if leg < 120 && w.chance(50) && rc.Stops[i-1].Start.Hour() <= 13 {
				day = day.AddDate(0, 0, -1)
			}
			at = next
		}
		rc.Stops = append(rc.Stops, w.stop(kind, at, day, rc))
	}
	rc.Miles = int(miles) + 1
}

// next draws a place the truck has not called at: far for the long haul, near between neighbours.
func (w world) next(from Place, far bool, had []Stop) Place {
	for range 4000 {
		p := pick(w, places)
		d := from.Point.Miles(p.Point)
		if p.Canadian() && !w.chance(60) {
			continue
		}
		if far && (d < 150 || d > 1900) || !far && (d < 12 || d > 260) {
			continue
		}
		fresh := true
		for _, s := range had {
			fresh = fresh && s.City != p.City
		}
		if fresh {
			return p
		}
	}
	return w.usPlace()
}

func (w world) stop(kind string, at Place, day time.Time, rc *RateCon) Stop {
	s := Stop{Type: kind, Name: pick(w, shipperFirst) + " " + pick(w, shipperLast), Street: w.street(),
		City: at.City, State: at.State, ZIP: at.ZIP, TimeZone: at.TimeZone, Commodity: rc.Commodity}
	for _, o := range rc.Stops { // one name per sheet, or readers could not tell the docks apart
		if o.Name == s.Name {
			s.Name = pick(w, shipperFirst) + " Annex"
		}
	}
	hour := w.between(5, 15)
	if n := len(rc.Stops); n > 0 && rc.Stops[n-1].Start.YearDay() == day.YearDay() {
		hour = rc.Stops[n-1].Start.Hour() + w.between(3, 5)
	}
	s.Start, s.HasTime = day.Add(time.Duration(hour)*time.Hour+time.Duration(30*w.Intn(2))*time.Minute), true
	if w.chance(45) {
		s.Appointment, s.End = FirstCome, s.Start.Add(time.Duration(w.between(2, 8))*time.Hour)
	} else {
		s.Appointment = ByAppointment
		if w.chance(25) {
			s.End = s.Start.Add(time.Duration(w.between(1, 4)) * time.Hour)
		}
	}
	if latest := day.Add(23 * time.Hour); s.End.After(latest) {
		s.End = latest
	}
	if w.chance(8) { // only the day is known
		s.HasTime, s.End = false, time.Time{}
	}
	kinds := []string{"PU", "PO", "BOL", "REF"}
	if kind == Delivery {
		kinds = []string{"DEL", "PO", "SO", "REF"}
	}
	for _, k := range w.notes(kinds, w.between(0, 3)) {
		s.Refs = append(s.Refs, Ref{k, pick(w, []string{"", "", "A", "W", "K7-"}) + w.digits(w.between(5, 9))})
	}
	if w.chance(70) {
		s.Contact, s.Phone = w.person(), w.phone(at.AreaCode)
	}
	if w.chance(50) {
		s.Notes = pick(w, stopNotes)
	}
	s.Pieces, s.WeightLb = rc.Pieces, rc.WeightLb
	return s
}

// pay draws the charges: the linehaul is miles × a rate a lane could bear.
func (w world) pay(rc *RateCon) {
	perMile := money.Cents(w.between(180, 320))
	if rc.Miles < 250 {
		perMile += 150
	}
	add := func(kind, words string, n int, rate money.Cents) {
		rc.Charges = append(rc.Charges, Charge{kind, words, rate * money.Cents(n), n, rate})
	}
	add("linehaul", "Line Haul", rc.Miles, perMile)
	if w.chance(60) {
		add("fuel", "Fuel Surcharge", rc.Miles, money.Cents(w.between(22, 58)))
	}
	if extra := len(rc.Stops) - 2; extra > 0 && w.chance(70) {
		add("stop_off", "Stop Off", extra, money.Cents(w.between(2, 6)*2500))
	}
	switch rc.Equipment {
	case "flatbed", "conestoga":
		if w.chance(60) {
			add("tarp", "Tarp Fee", 1, money.Cents(w.between(2, 6)*2500))
		}
	default:
		if w.chance(15) {
			add("lumper", "Lumper Advance", 1, money.Cents(w.between(5, 14)*2500))
		}
	}
	if w.chance(10) {
		add("team", "Team Service", 1, 35000)
	}
	for _, c := range rc.Charges {
		rc.Total += c.Amount
	}
	rc.CustomerRate = rc.Total + rc.Total*money.Cents(w.between(9, 19))/100
}

func (w world) terms(multi bool) Terms {
	t := Terms{PaymentDays: pick(w, []int{21, 28, 30, 30, 30, 35, 40, 45}), TrackingRequired: w.chance(60)}
	if w.chance(55) {
		t.QuickPayTenths, t.QuickPayDays = pick(w, []int{10, 15, 20, 25, 30, 50}), pick(w, []int{1, 2, 3, 5, 7})
	}
	if w.chance(80) {
		t.DetentionFreeMinutes, t.DetentionRate = pick(w, []int{60, 120, 120, 120, 180}), money.Cents(pick(w, []int{2500, 4000, 5000, 5000, 6000, 7500}))
		if w.chance(50) {
			t.DetentionDailyCap = t.DetentionRate * 6
		}
	}
	if w.chance(55) {
		t.LayoverPerDay = money.Cents(pick(w, []int{15000, 20000, 25000, 30000}))
	}
	if w.chance(60) {
		t.TONU = money.Cents(pick(w, []int{15000, 17500, 20000, 25000}))
	}
	if multi && w.chance(30) {
		t.StopOff = money.Cents(pick(w, []int{5000, 7500, 10000}))
	}
	if w.chance(65) {
		t.Lumper = pick(w, []string{"reimbursed", "reimbursed", "carrier", "shipper"})
	}
	if w.chance(40) {
		t.LateFee = money.Cents(pick(w, []int{10000, 15000, 20000, 25000, 50000}))
	}
	return t
}
