// Package lanerate foretells what a lane pays a mile: a baseline of shrunken
// means that follows the market, boosted trees on what is left, a rolling
// backtest of both beside simpler ways, and the rule which of them answers.
//
// Published sobriety sets the bar: for truckload spot rates some weeks ahead the
// naive forecast beat every model of Rana & Caplice (MIT, 2020). So trees answer
// only where they beat the baseline on the carrier's own loads.
package lanerate

import (
	"math"
	"slices"
	"strconv"
)

// Haul is one load that was priced.
type Haul struct {
	Freight
	Rate float64 // dollars a loaded mile, line haul and fuel together
}

// Freight is what is known of a load when it is booked.
type Freight struct {
	Day        int // of booking, days since 1970-01-01
	From, To   Place
	Equipment  string
	Miles      float64
	WeightLb   float64 // 0: not known
	Stops      int
	LeadHours  float64 // from booking to pickup; NaN: not known
	PickupDay  int     // days since 1970-01-01; 0: not known
	Payer      string  // whoever pays, by any name that stays the same
	DieselCost float64 // dollars a gallon in the week of booking; NaN: not known
}

// Place is an end of a lane: a small area (the first three digits of its ZIP, or
// a city), the state around it, and where that is in degrees.
type Place struct {
	Area, State string
	Lat, Lon    float64
}

// Range is the tenth, fiftieth and ninetieth of a hundred rates, in dollars a mile.
type Range struct {
	Low  float64 `json:"p10"`
	Mid  float64 `json:"p50"`
	High float64 `json:"p90"`
}

// Miss is the share of rates that a Range promises to leave outside.
const Miss = 0.2

var taus = []float64{0.1, 0.5, 0.9}

// Usable says whether a haul can be learned from: both ends known, at least 25
// miles and a rate no typing error explains. Short hauls are paid by the day or
// by the turn, not by the mile.
func (h Haul) Usable() bool {
	return h.From.State != "" && h.To.State != "" && h.From.Area != "" && h.To.Area != "" && h.Equipment != "" && h.Miles >= 25 && h.Rate >= 0.25 && h.Rate <= 40
}

// InOrder keeps the usable hauls, by day of booking.
func InOrder(hauls []Haul) []Haul {
	out := make([]Haul, 0, len(hauls))
	for _, h := range hauls {
		if h.Usable() {
			out = append(out, h)
		}
	}
	slices.SortStableFunc(out, func(a, b Haul) int { return a.Day - b.Day })
	return out
}

func (h Haul) y() float64 { return math.Log(h.Rate) }

// The keys of the levels at which rates are compared, from wide to narrow.
func (f Freight) band() string {
	for _, to := range []float64{100, 250, 500, 1000} {
		if f.Miles < to {
			return f.Equipment + "|" + strconv.Itoa(int(to))
		}
	}
	return f.Equipment + "|long"
}
func (f Freight) region() string { return f.Equipment + "|" + f.From.State + ">" + f.To.State }

// Lane is the narrowest level: both areas and the equipment.
func (f Freight) Lane() string { return f.Equipment + "|" + f.From.Area + ">" + f.To.Area }
