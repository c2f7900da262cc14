package sim

import (
	"fmt"
	"math"
	"math/rand"
	"sort"
	"strconv"
	"time"

	"truckflow/internal/kit/money"
	"truckflow/internal/sim/paper"
)

// pastRow is a load of the past with everything that became of it.
type pastRow struct {
	Number, Truck, Trailer, Driver string
	payer                          payer
	haul                           haul
	Booked, Invoiced, Due, PaidOn  time.Time
	Paid                           money.Cents
	Method, Reference, Short       string
}

// demand is how busy each month is: quiet after New Year, produce in early
// summer, the shops filling up in autumn.
var demand = [12]float64{0.84, 0.83, 0.95, 0.98, 1.05, 1.09, 0.98, 1.00, 1.06, 1.10, 1.03, 0.92}

// holidays are days on which the docks are closed, as month and day.
var holidays = map[string]bool{"12-24": true, "12-25": true, "01-01": true, "07-04": true, "11-26": true, "11-27": true}

// markets ship more than others; a state that is not here counts 1.
var markets = map[string]float64{"TX": 4, "IL": 4, "GA": 3.5, "CA": 3.5, "OH": 3, "PA": 3, "TN": 3, "IN": 3, "NJ": 2.5, "NC": 2.5, "MO": 2, "WI": 2, "MI": 2, "FL": 2, "KY": 2,
	"VT": 0.2, "ME": 0.3, "WY": 0.2, "MT": 0.3, "SD": 0.3, "ND": 0.3, "WV": 0.4, "NH": 0.4, "ID": 0.5}

// headhaul is what it costs more to go into a state, and less to get out of it.
var headhaul = map[string]float64{"FL": 1.20, "ME": 1.15, "VT": 1.15, "CO": 1.10, "ND": 1.12, "NY": 1.08, "MA": 1.10, "WA": 1.06, "OR": 1.05, "NV": 1.07,
	"IL": 0.97, "IN": 0.97, "TN": 0.97, "CA": 0.93, "TX": 0.97, "GA": 0.98}

// perMile is what a mile pays in a quiet month, in cents.
var perMile = map[string]float64{"van": 188, "reefer": 222, "flatbed": 240}

func weight(m map[string]float64, state string) float64 {
	if w, ok := m[state]; ok {
		return w
	}
	return 1
}

// week invents what the fleet hauled in a week, as far as it was delivered two
// days before now: each truck leaves home on Monday, takes what waits near
// where it gets empty, and turns for home at the week's end.
func (v carrier) week(seed int64, week int, now time.Time) (out []pastRow) {
	monday := pastWeek0.AddDate(0, 0, 7*week)
	for t := range v.trucks {
		r := source(seed, "past", week*10_000+t)
		if r.Float64() < 0.05 { // in the shop, or the driver is on holiday
			continue
		}
		at := pick(source(seed, "yard", t), towns)
		home, clock := at, monday.Add(time.Duration(9+r.Intn(8))*time.Hour)
		for clock.Before(monday.AddDate(0, 0, 5)) {
			h := v.next(r, seed, t, at, home, clock, clock.After(monday.AddDate(0, 0, 3)))
			if h.Dropped.After(now.Add(-48 * time.Hour)) {
				break
			}
			out = append(out, v.account(r, seed, t, h, now))
			at = h.To
			rest := 3.5 + 9.5*r.Float64()
			clock = h.Dropped.Add(time.Duration(rest / math.Pow(demand[clock.Month()-1], 3) * float64(time.Hour)))
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].haul.PickupAt.Before(out[j].haul.PickupAt) })
	out = out[:min(len(out), weekSize)]
	for i := range out {
		out[i].Number = strconv.Itoa(week*weekSize + i)
	}
	return out
}

// next plans what a truck takes after it got empty somewhere.
func (v carrier) next(r *rand.Rand, seed int64, t int, at, home paper.Place, clock time.Time, homeward bool) haul {
	from := at
	for range 40 { // a short way to the next shipper
		if p := towns[r.Intn(len(towns))]; p.Point.Miles(at.Point) < 110 && r.Float64() < weight(markets, p.State)/4 {
			from = p
			break
		}
	}
	to := v.toward(r, seed, from, home, homeward)
	for holidays[clock.Format("01-02")] || clock.Weekday() == time.Sunday {
		clock = clock.AddDate(0, 0, 1)
	}
	h := haul{From: from, To: to, PickupAt: clock.Truncate(30 * time.Minute)}
	miles := from.Point.Miles(to.Point) * circuity
	h.Miles = int(miles) + 1
	minutes := func(least, most int) time.Duration { return time.Duration(least+r.Intn(most-least)) * time.Minute }
	var waits [2]time.Duration // at the docks, beyond what is usual
	if r.Intn(11) == 0 {
		h.Detained = 1 + r.Intn(5)
		waits[r.Intn(2)] = time.Duration(h.Detained)*time.Hour + minutes(50, 80)
	}
	h.Reached = h.PickupAt.Add(-minutes(2, 40))
	if r.Intn(25) == 0 { // the load before took longer
		h.Reached = h.PickupAt.Add(minutes(15, 150))
	}
	h.PickedUp = later(h.Reached, h.PickupAt).Add(minutes(25, 85) + waits[0])
	h.DropAt = h.PickupAt.Add(dwell + legTime(miles)).Truncate(30 * time.Minute).Add(time.Hour)
	h.Arrived = later(h.DropAt.Add(-minutes(3, 55)), h.PickedUp.Add(legTime(miles)*9/10))
	if r.Intn(18) == 0 { // weather, a tire, a detour
		h.Arrived = h.Arrived.Add(time.Hour + minutes(10, 420))
	}
	h.Dropped = later(h.Arrived, h.DropAt).Add(minutes(25, 100) + waits[1])
	return h
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// toward picks where a load goes: mostly the few lanes that leave each town,
// now and then anywhere, and at the week's end not away from home.
func (v carrier) toward(r *rand.Rand, seed int64, from, home paper.Place, homeward bool) (to paper.Place) {
	best := math.Inf(1)
	lanes := source(seed, "lanes "+from.City+from.State, 0)
	usual := make([]paper.Place, 0, 6)
	for range 400 {
		if p := pick(lanes, towns); fits(from, p) && lanes.Float64() < weight(markets, p.State)/4 {
			if usual = append(usual, p); len(usual) == cap(usual) {
				break
			}
		}
	}
	for range 60 {
		p := pick(r, towns)
		if len(usual) > 0 && r.Float64() < 0.8 {
			p = pick(r, usual)
		}
		if !fits(from, p) {
			continue
		}
		if !homeward {
			return p
		}
		if d := p.Point.Miles(home.Point); d < best {
			to, best = p, d
		}
	}
	if to.City == "" {
		to = home
	}
	return to
}

func fits(from, to paper.Place) bool {
	m := from.Point.Miles(to.Point) * circuity
	return m > 140 && m < 1050
}

// dock is one of the two or three places that ship in a town.
func dock(r *rand.Rand, seed int64, kind string, at paper.Place, when time.Time) wireStop {
	s := stop(source(seed, "dock "+at.City+at.State, r.Intn(3)), kind, at, when, 0)
	s.Refs = nil
	return s
}

// account fills in who paid how much for a haul, and when.
func (v carrier) account(r *rand.Rand, seed int64, t int, h haul, now time.Time) pastRow {
	// A broker holds a lane for the most part; a few are much bigger than the rest.
	n := int(math.Pow(source(seed, h.From.State+h.To.State, 0).Float64(), 1.6) * float64(len(v.payers)))
	if r.Intn(4) == 0 {
		n = r.Intn(len(v.payers))
	}
	equipment := v.equipment(t, t)
	month := float64(h.PickupAt.Month()) - 1 + float64(h.PickupAt.Day())/31
	season := 1 + 0.55*(demand[h.PickupAt.Month()-1]-1)
	if equipment == "reefer" && h.From.State == "CA" && month > 3.5 && month < 8 {
		season *= 1.18
	}
	rate := perMile[equipment] * season * weight(headhaul, h.To.State) / weight(headhaul, h.From.State) * (0.92 + 0.16*r.Float64()) * (1 + 14_000/math.Pow(float64(h.Miles)+60, 2))
	line := money.Cents(math.Round(rate*float64(h.Miles)/2500) * 2500)
	fuel := money.Cents((41 + 7*math.Sin(month/12*2*math.Pi+1)) * float64(h.Miles))
	p := pastRow{payer: v.payers[min(n, len(v.payers)-1)], haul: h, Truck: v.trucks[t].Unit, Driver: v.drivers[v.trucks[t].DriverID]}
	if t < len(v.trailers) {
		p.Trailer = v.trailers[t].Unit
	}
	l := newLoad{CustomerID: p.payer.ID, Ref: ref(p.payer.Code, 10_000+r.Intn(80_000)), Equipment: equipment, Commodity: pick(r, cargo[equipment]), WeightLb: 8000 + 100*r.Intn(370),
		Pieces: 4 + r.Intn(23), Stops: []wireStop{dock(r, seed, "pickup", h.From, h.PickupAt), dock(r, seed, "delivery", h.To, h.DropAt)},
		Charges: []wireCharge{{"linehaul", "", line}, {"fuel", "", fuel}}}
	if h.Detained > 0 {
		l.Charges = append(l.Charges, wireCharge{"detention", "", money.Cents(h.Detained) * 5000})
	} else if r.Intn(100) < 7 {
		l.Charges = append(l.Charges, wireCharge{"lumper", "", money.Cents(100+25*r.Intn(9)) * 100})
	}
	p.haul.Load = l
	p.Booked = h.PickupAt.AddDate(0, 0, -1-r.Intn(3))
	p.settle(r, now)
	return p
}

// settle bills a row and pays it as its broker does: some on the day, some
// weeks late, by checks that cover a week's invoices.
func (p *pastRow) settle(r *rand.Rand, now time.Time) {
	day := func(t time.Time) time.Time { return t.Truncate(24 * time.Hour) }
	p.Invoiced = day(p.haul.Dropped).AddDate(0, 0, 1+r.Intn(2))
	if p.Invoiced.After(now) {
		p.Invoiced = day(now)
	}
	p.Due = p.Invoiced.AddDate(0, 0, p.payer.Terms)
	var total money.Cents
	for _, c := range p.haul.Load.Charges {
		total += c.Amount
	}
	habit := source(int64(len(p.payer.Name)), p.payer.Name, 1)
	late := pick(habit, []int{-2, 0, 0, 1, 2, 3, 4, 6})
	if habit.Intn(6) == 0 { // it always takes them weeks
		late += 11 + habit.Intn(12)
	}
	paidOn, method := p.Due.AddDate(0, 0, late+r.Intn(4)), pick(habit, []string{"ach", "ach", "check"})
	if p.payer.Factored {
		paidOn, method = p.Invoiced.AddDate(0, 0, 1), "factor"
	}
	dispute := r.Intn(1000)
	switch {
	case dispute < 2: // they have not answered since
		return
	case dispute < 14:
		paidOn = paidOn.AddDate(0, 0, 25+r.Intn(40))
	}
	for !p.payer.Factored && paidOn.Weekday() != time.Wednesday || paidOn.Weekday() == time.Saturday || paidOn.Weekday() == time.Sunday {
		paidOn = paidOn.AddDate(0, 0, 1)
	}
	if paidOn.After(now) {
		return
	}
	p.PaidOn, p.Paid, p.Method = paidOn, total, method
	p.Reference = fmt.Sprintf("%s %s", map[string]string{"ach": "ACH", "check": "CHK", "factor": "FUND"}[method], paidOn.Format("060102")+p.payer.Code)
	if dispute >= 980 {
		short := min(total/4, money.Cents(pick(r, []int{2500, 5000, 7500, 10_000, 15_000})))
		p.Paid, p.Short = total-short, pick(r, []string{"late delivery fee", "detention not approved", "lumper receipt missing", "product damage", "tracking not kept up"})
	}
}
