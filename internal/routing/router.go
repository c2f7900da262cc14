package routing

import (
	"context"
	"time"

	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/geo"
)

// Distance is how far a truck drives.
type Distance struct {
	Miles     int    `json:"miles"`     // whole statute miles, at least 1 between different places
	Estimated bool   `json:"estimated"` // true: say so wherever the figure is shown
	Method    string `json:"method"`    // how it was found, for people: "great circle x corridor circuity"
}

// Router gives practical truck miles along stops in order.
type Router interface {
	// Miles adds up the legs. Fewer than two stops are zero miles. It fails
	// with errs.Invalid, naming the stop by its number from 1, when a position
	// is unknown or no road leads there.
	Miles(ctx context.Context, stops []geo.Point) (Distance, error)
}

// maxStops bounds one request: no load has more.
const maxStops = 500

// Corridor is the Router that needs no road data. Its zero value is ready, and
// safe for concurrent use.
type Corridor struct{}

// Miles implements Router.
func (Corridor) Miles(ctx context.Context, stops []geo.Point) (Distance, error) {
	d := Distance{Estimated: true, Method: "great circle x corridor circuity"}
	if len(stops) > maxStops {
		return Distance{}, errs.TooLarge("a route has at most %d stops, this one has %d", maxStops, len(stops))
	}
	for i, p := range stops {
		if !p.Valid() {
			return Distance{}, errs.Invalid("stop %d has no known position", i+1)
		}
	}
	total := 0.0
	for i := 1; i < len(stops); i++ {
		if err := ctx.Err(); err != nil {
			return Distance{}, err
		}
		miles, ok := legMiles(stops[i-1], stops[i])
		if !ok {
			return Distance{}, errs.Invalid("no road leads from stop %d to stop %d", i, i+1)
		}
		total += miles
	}
	d.Miles = int(total + 0.5)
	return d, nil
}

// Planning speeds by how far one has come: town and ramps first, then the
// highway. They are what a solo truck averages at the wheel, fuel and traffic
// in, hours-of-service breaks out.
const (
	localMiles, localMPH       = 50, 38.0
	regionalMiles, regionalMPH = 200, 50.0
	longMPH                    = 55.0
)

// DriveTime is the time at the wheel for a trip of so many miles, to the
// minute: 38 mph for the first 50 miles, 50 mph to mile 200, 55 mph after. It
// leaves out the 30-minute break and the ten hours off, which belong to the
// driver's clock, not to the road.
func DriveTime(miles int) time.Duration {
	m := float64(max(0, miles))
	hours := min(m, localMiles) / localMPH
	hours += max(0, min(m, regionalMiles)-localMiles) / regionalMPH
	hours += max(0, m-regionalMiles) / longMPH
	return time.Duration(hours * float64(time.Hour)).Round(time.Minute)
}
