package pricing

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/geo"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/money"
	"truckflow/internal/loads"
	"truckflow/internal/platform/pg"
	"truckflow/internal/pricing/internal/pricingdb"
	"truckflow/internal/pricing/lanerate"
)

// Ask is a load that somebody wants a price for.
type Ask struct {
	From, To  Place
	Equipment string // one of loads.Equipments
	Miles     int    // loaded; 0: reckoned
	WeightLb  int    // 0: not known
	Stops     int    // 0: two
	Pickup    time.Time
	Payer     ids.ID // zero: not known
}

// Answer is what a lane pays. The range is in dollars a loaded mile, line haul
// and fuel together; Low, Mid and High are the same for the whole load.
type Answer struct {
	lanerate.Estimate
	From, To       Spot
	Miles          int
	MilesEstimated bool
	Low, Mid, High money.Cents
	Learned        time.Time
	Recent         []Comparable // of the lane, newest first
	Others         []MarketRate // what others say, same states, newest first
}

// MarketRate is what somebody else says a lane paid: one row of an imported file.
type MarketRate = pricingdb.MarketRate

// ErrUnlearned says that nothing was learned yet: there are no priced loads, or the
// first learning still runs.
var ErrUnlearned = errs.NotFound("no lane prices yet").Hint("they are learned from booked loads with miles, every night; import past loads under Loads, Import")

// Price answers an ask; ErrUnlearned before anything was learned. Needs SeeMoney.
func (s *Service) Price(ctx context.Context, q Ask) (a Answer, err error) {
	m, err := s.model(ctx)
	if err != nil {
		return a, err
	}
	if m == nil {
		return a, ErrUnlearned
	}
	if err := s.locate(ctx, &q, &a); err != nil {
		return a, err
	}
	f := lanerate.Freight{Day: dayOf(s.Clock.Now()), Equipment: q.Equipment, Miles: float64(a.Miles), WeightLb: float64(q.WeightLb), Stops: max(q.Stops, 2), LeadHours: math.NaN(), DieselCost: math.NaN()}
	f.From, f.To = s.end(a.From.place(), a.From.Point), s.end(a.To.place(), a.To.Point)
	if !q.Pickup.IsZero() {
		f.PickupDay = dayOf(q.Pickup)
		f.LeadHours = math.Max(0, q.Pickup.Sub(s.Clock.Now()).Hours())
	}
	if !q.Payer.IsZero() {
		f.Payer = q.Payer.String()
	}
	if m.Diesel > 0 {
		f.DieselCost = m.Diesel
	}
	e, ok := m.Baseline.Estimate(f, m.Model)
	if !ok {
		return a, ErrUnlearned
	}
	a.Estimate, a.Learned = e, m.learned
	a.Low, a.Mid, a.High = whole(e.Range.Low, a.Miles), whole(e.Range.Mid, a.Miles), whole(e.Range.High, a.Miles)
	a.Recent = slices.Clone(m.Recent[f.Lane()])
	slices.Reverse(a.Recent)
	a.Others, err = s.market(ctx, a.From, a.To, q.Equipment)
	return a, err
}

// whole is dollars a mile over miles, to the cent.
func whole(perMile float64, miles int) money.Cents {
	return money.Cents(math.Round(perMile * float64(miles) * 100))
}

// locate checks the ask and finds its ends and miles.
func (s *Service) locate(ctx context.Context, q *Ask, a *Answer) (err error) {
	e := errs.Invalid("the lane is not clear")
	if !slices.Contains(loads.Equipments, q.Equipment) {
		e = e.Field("equipment", "choose one of: %s", strings.Join(loads.Equipments, ", "))
	}
	if a.From, err = s.Places.Spot(ctx, q.From); err != nil {
		e = e.Field("from", "%s", errs.Public(err).Message)
	}
	if a.To, err = s.Places.Spot(ctx, q.To); err != nil {
		e = e.Field("to", "%s", errs.Public(err).Message)
	}
	if q.Miles < 0 || q.Miles > 6000 {
		e = e.Field("miles", "1 to 6000, or nothing to have them reckoned")
	}
	if len(e.Fields) > 0 {
		return e
	}
	if a.Miles = q.Miles; a.Miles == 0 {
		if a.Miles, a.MilesEstimated, err = s.Places.Miles(ctx, []geo.Point{a.From.Point, a.To.Point}); err != nil {
			return err
		}
	}
	if a.Miles < 25 {
		return errs.Invalid("the lane is not clear").Field("to", "under 25 miles is paid by the turn, not by the mile")
	}
	return nil
}

func (p Spot) place() Place { return Place{City: p.City, State: p.State, ZIP: p.ZIP} }

// marketAge is how old a foreign rate may be to be shown.
const marketAge = 120 * dayLength

// market is what others paid between the two states, rates of the very cities first.
func (s *Service) market(ctx context.Context, from, to Spot, equipment string) (rates []MarketRate, err error) {
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		rates, err = pricingdb.New(tx).LaneRates(ctx, pricingdb.LaneRatesParams{FromState: from.State, ToState: to.State, Equipment: equipment, Since: s.Clock.Now().Add(-marketAge)})
		return err
	})
	fits := func(r MarketRate) int {
		n := 0
		for _, x := range [][2]string{{r.FromCity, from.City}, {r.ToCity, to.City}} {
			if x[0] != "" && strings.EqualFold(x[0], x[1]) {
				n--
			} else if x[0] != "" {
				n++ // another city of the state says less than the state as a whole
			}
		}
		return n
	}
	slices.SortStableFunc(rates, func(a, b MarketRate) int { return cmp.Compare(fits(a), fits(b)) })
	return rates[:min(len(rates), 8)], err
}

// AskOf is a load as an ask. ok is false while it has no two places or no
// equipment: there is no lane yet.
func AskOf(l loads.Full) (q Ask, ok bool) {
	if len(l.Stops) < 2 || l.Equipment == "" {
		return q, false
	}
	first, last := l.Stops[0], l.Stops[len(l.Stops)-1]
	q = Ask{From: Place{City: first.City, State: first.State, ZIP: first.Zip}, To: Place{City: last.City, State: last.State, ZIP: last.Zip}, Equipment: l.Equipment, Stops: len(l.Stops), Payer: ids.Of(l.CustomerID)}
	if l.Miles != nil {
		q.Miles = *l.Miles
	}
	if l.WeightLb != nil {
		q.WeightLb = *l.WeightLb
	}
	if l.PickupFrom != nil {
		q.Pickup = *l.PickupFrom
	}
	return q, q.From.State != "" && q.To.State != ""
}

// Offered is what a load pays that a lane's price compares with: line haul and
// fuel; all of it where neither is told apart.
func Offered(l loads.Full) (sum money.Cents) {
	for _, c := range l.Charges {
		if c.Kind == "linehaul" || c.Kind == "fuel" {
			sum += c.AmountCents
		}
	}
	if sum == 0 {
		return l.TotalCents
	}
	return sum
}

// Standing says in the trade's words where an offer lies in the range.
func (a Answer) Standing(offer money.Cents) string {
	switch {
	case offer < a.Low:
		return "below nine of ten"
	case offer < a.Mid:
		return "below the middle"
	case offer <= a.High:
		return "above the middle"
	}
	return "above nine of ten"
}
