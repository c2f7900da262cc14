package sim

import (
	"fmt"
	"math/rand"
	"strings"
	"time"

	"truckflow/internal/kit/geo"
	"truckflow/internal/kit/money"
	"truckflow/internal/sim/paper"
)

// Figures of the invented road.
const (
	cruiseMPH = 58   // between stops
	circuity  = 1.18 // road miles over straight miles
	dwell     = 50 * time.Minute
)

// broker is an invented customer; its code begins its load numbers.
type broker struct {
	Code, Name, USDOT, MC, Mail, Phone string
	Home                               paper.Place
	Terms                              int
	Credit                             money.Cents
	Factored                           bool
}

var brokerNames = []string{"Bluefern Logistics LLC", "Cinder Creek Freight Brokerage Inc.", "Halyard Point Transport Group", "Marrowstone Freight Solutions LLC",
	"Quillback Logistics Services Inc.", "Tamarind Road Brokerage Co.", "Vesper Lane Supply Chain LLC", "Ironwren Carrier Services", "Copperleaf Logistics LLC",
	"Dunmarrow Freight Brokerage Inc.", "Saltgrass Transport Group", "Thistledown Freight Solutions LLC", "Kestrel Bend Logistics LLC",
	"Lanternfish Brokerage Co.", "Oxbow Harrier Supply Chain LLC", "Penny Hollow Logistics LLC", "Redquartz Transport Group", "Windrow Nine Freight Co.",
	"Yarrowgate Carrier Services", "Zephyrline Logistics LLC"}

var givenNames = []string{"Luis", "Marcus", "Ellen", "Tomasz", "Keisha", "Owen", "Renata", "Hank", "Devon", "Mei", "Carl", "Sofia", "Trent", "Amira", "Gil",
	"Paula", "Ray", "Ines", "Walt", "Bianca", "Curtis", "Noor", "Pete", "Lorna", "Sam"}

var familyNames = []string{"Abernol", "Brightwell", "Castellan", "Dorsett", "Eklund", "Farraday", "Gorman", "Hartzell", "Iverson", "Jessup", "Kowalik",
	"Lindqvist", "Mabry", "Norwood", "Ostrander", "Pickens", "Quimby", "Rasmussen", "Stallard", "Tolliver", "Underhill", "Vance", "Wexler", "Yates", "Zamora"}

var docks = []string{"Ambervale Foods", "Brackenhurst Paper Mill", "Corvida Distribution Center", "Dellamere Packaging", "Eastmoor Steel Supply",
	"Fennimore Gap Cold Storage", "Greywater Beverage Co.", "Hollisburn Home Goods", "Inverleaf Building Products", "Juniper Flat Warehouse 12",
	"Kilnworth Plastics", "Larkhaven Produce", "Mossbridge Fulfillment", "Nettlecombe Tile & Stone", "Orrinfield Auto Parts DC", "Rookstone Manufacturing"}

var streets = []string{"Industrial Blvd", "Commerce Way", "Distribution Dr", "Warehouse Rd", "Logistics Pkwy", "Enterprise Ave", "Mill Rd", "Terminal Dr"}

var cargo = map[string][]string{
	"van":     {"Paper Towels", "Canned Vegetables", "Bottled Water", "Auto Parts", "Furniture", "Dry Dog Food", "Packaged Snacks", "Household Appliances"},
	"reefer":  {"Frozen Chicken", "Fresh Lettuce", "Ice Cream", "Yogurt", "Strawberries", "Cheese"},
	"flatbed": {"Steel Coils", "Lumber", "Steel Pipe", "Roof Trusses", "Palletized Brick", "Machinery Parts"},
}

// source is the dice for one part of the world; the same seed and part fall the same.
func source(seed int64, part string, i int) *rand.Rand {
	h := seed*1_000_003 + int64(i)*7919
	for _, r := range part {
		h = h*31 + int64(r)
	}
	return rand.New(rand.NewSource(h))
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.Intn(len(from))] }

var towns = func() (out []paper.Place) {
	for _, p := range paper.Places() {
		if !p.Canadian() {
			out = append(out, p)
		}
	}
	return out
}()

func near(city, state string) (geo.Point, bool) {
	for _, p := range towns {
		if strings.EqualFold(p.City, city) && p.State == state {
			return p.Point, true
		}
	}
	return geo.Point{}, false
}

func brokers(seed int64, n int) []broker {
	out := make([]broker, n)
	for i := range out {
		r := source(seed, "broker", i)
		name := brokerNames[i%len(brokerNames)]
		word := strings.ToLower(strings.Fields(name)[0])
		if i >= len(brokerNames) {
			name = fmt.Sprintf("%s %d", name, i/len(brokerNames)+1)
		}
		at := pick(r, towns)
		out[i] = broker{Code: strings.ToUpper(word[:2]), Name: name, USDOT: fmt.Sprint(3_990_100 + i), MC: fmt.Sprint(990_100 + i), Mail: "ap." + word + "@example.com",
			Phone: fmt.Sprintf("(%s) 555-01%02d", at.AreaCode, i), Home: at, Terms: pick(r, []int{15, 21, 30, 30, 30, 45}),
			Credit: money.Cents(pick(r, []int{75_000, 100_000, 150_000, 200_000, 250_000})) * 100, Factored: i%5 == 3}
	}
	return out
}

// equipmentOf gives trailer i its kind: about half vans, a third reefers.
func equipmentOf(i int) string {
	switch i % 11 {
	case 2, 5, 8:
		return "reefer"
	case 4, 9:
		return "flatbed"
	}
	return "van"
}

// haul is one planned load: what is booked, and when each thing happens to it.
type haul struct {
	Load                                newLoad
	From, To                            paper.Place
	Miles                               int
	PickupAt, PickedUp, DropAt, Dropped time.Time
	Reached, Arrived                    time.Time // when the truck came to the two docks; of the past only
	Detained                            int       // hours at a dock beyond the free two; of the past only
}

func legTime(miles float64) time.Duration {
	// A driver drives about half of each day (49 CFR 395.3), so long legs take nights.
	h := miles / 50
	return time.Duration((h + 10*float64(int(h/11))) * float64(time.Hour))
}

// plan invents a haul that is picked up at the given time.
func plan(r *rand.Rand, equipment, customer, ref string, pickup time.Time) haul {
	h := haul{From: pick(r, towns), PickupAt: pickup.Truncate(15 * time.Minute)}
	miles := 0.0
	for range 500 {
		h.To = pick(r, towns)
		if miles = h.From.Point.Miles(h.To.Point) * circuity; miles > 180 && miles < 1150 {
			break
		}
	}
	h.Miles = int(miles) + 1
	h.PickedUp = h.PickupAt.Add(dwell)
	h.DropAt = h.PickedUp.Add(legTime(miles)).Truncate(time.Minute)
	h.Dropped = h.DropAt.Add(dwell)
	l := newLoad{CustomerID: customer, Ref: ref, Equipment: equipment, Commodity: pick(r, cargo[equipment]), WeightLb: 8000 + 100*r.Intn(370), Pieces: 4 + r.Intn(23),
		Override: "Agreed with the owner on the phone; they pay late, but they pay"} // said only where a credit limit asks for it
	if equipment == "reefer" {
		lo := 34
		if strings.HasPrefix(l.Commodity, "Fro") || strings.HasPrefix(l.Commodity, "Ice") {
			lo = -10
		}
		hi := lo + 2
		l.TempMin, l.TempMax = &lo, &hi
	}
	l.Stops = []wireStop{stop(r, "pickup", h.From, h.PickupAt, time.Hour), stop(r, "delivery", h.To, h.DropAt, 2*time.Hour)}
	perMile := money.Cents(195 + r.Intn(120))
	if miles < 300 {
		perMile += 110
	}
	l.Charges = []wireCharge{{"linehaul", "Line haul", perMile * money.Cents(h.Miles)}, {"fuel", "Fuel surcharge", money.Cents(28+r.Intn(25)) * money.Cents(h.Miles)}}
	if r.Intn(8) == 0 {
		l.Charges = append(l.Charges, wireCharge{"lumper", "Lumper advance", money.Cents(100+25*r.Intn(9)) * 100})
	}
	h.Load = l
	return h
}

// address is where a dock stands; it stays there.
func address(name string) string {
	return fmt.Sprintf("%d %s", 100+lot(name, 9700), streets[lot(name+" street", uint32(len(streets)))])
}

func stop(r *rand.Rand, kind string, at paper.Place, when time.Time, slack time.Duration) wireStop {
	name := pick(r, docks) + " " + at.City
	ref := wireRef{"PU", fmt.Sprint(1_000_000 + r.Intn(9_000_000))}
	if kind == "delivery" {
		ref.Kind = "DEL"
	}
	return wireStop{Kind: kind, Name: name, Address: address(name), City: at.City, State: at.State, ZIP: at.ZIP,
		TimeZone: at.TimeZone, Appointment: pick(r, []string{"appointment", "fcfs"}), From: wall(when, at.TimeZone), To: wall(when.Add(slack), at.TimeZone), Refs: []wireRef{ref}}
}

// wall is an instant as local wall time, to the quarter of an hour before it.
func wall(t time.Time, zone string) string {
	t = local(t, zone)
	return t.Add(-time.Duration(t.Minute()%15) * time.Minute).Format(wallClock)
}

// minute is an instant as local wall time.
func minute(t time.Time, zone string) string { return local(t, zone).Format(wallClock) }

// wallClock is how /v1 writes local times.
const wallClock = "2006-01-02T15:04"

// liveBase is where the demo's brokers begin to count: their load numbers are CODE-NNNNN.
const liveBase = 90_000

func ref(code string, n int) string { return fmt.Sprintf("%s-%05d", code, n) }
