package dispatch

import (
	"cmp"
	"context"
	"slices"
	"time"

	"truckflow/internal/identity"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/geo"
	"truckflow/internal/kit/ids"
	"truckflow/internal/loads"
	"truckflow/internal/routing"
	"truckflow/internal/tracking"
)

// dwell is how long a stop takes where nobody knows better (ATRI 2019: most take under two hours).
const dwell = 2 * time.Hour

// Lateness is a load and the first stop that it reaches after it closed.
type Lateness struct {
	Load    loads.Load
	Stop    loads.Stop
	Due     time.Time // when the stop closes
	By      time.Duration
	Arrives time.Time      // as far as is known; zero where no position is
	Miles   int            // from the last position to the next stop; 0 where that is not known
	Last    *tracking.Last // of its truck; nil where none is known
}

// Late finds, of the loads given, those that miss a stop that is still before
// them, the latest first: each is driven on from its truck's last position at
// planning speed, with a usual stay at every stop. Hours of service are not
// counted. Needs SeeLoads.
func (s *Service) Late(ctx context.Context, ls []loads.Load) (out []Lateness, err error) {
	if _, err := identity.Require(ctx, identity.SeeLoads); err != nil {
		return nil, err
	}
	keys := make([]ids.ID, len(ls))
	for i, l := range ls {
		keys[i] = l.ID
	}
	stops, err := s.Loads.StopsOf(ctx, keys)
	if err != nil {
		return nil, err
	}
	of := map[ids.ID][]loads.Stop{}
	for _, st := range stops {
		of[st.LoadID] = append(of[st.LoadID], st)
	}
	last, err := s.Tracking.Lasts(ctx)
	if err != nil {
		return nil, err
	}
	for _, l := range ls {
		x := Lateness{Load: l}
		if p, ok := last[ids.Of(l.TruckID)]; ok && l.TruckID != nil {
			x.Last = &p
		}
		late, err := s.misses(ctx, &x, of[l.ID])
		if err != nil {
			return nil, err
		}
		if late {
			out = append(out, x)
		}
	}
	slices.SortStableFunc(out, func(a, b Lateness) int { return cmp.Compare(b.By, a.By) })
	return out, nil
}

// misses drives a load on and stops at the first stop that it reaches too late.
func (s *Service) misses(ctx context.Context, x *Lateness, stops []loads.Stop) (bool, error) {
	now := s.Clock.Now()
	at, here := now, geo.Point{}
	if x.Last != nil {
		here = geo.Point{Lat: x.Last.Lat, Lon: x.Last.Lon}
	}
	for _, st := range stops {
		if st.DepartedAt != nil || st.CompletedAt != nil {
			continue
		}
		arrive, there := at, point(st)
		if st.ArrivedAt != nil {
			arrive = *st.ArrivedAt
		} else if !here.IsZero() && !there.IsZero() {
			miles, _, err := s.Places.Miles(ctx, []geo.Point{here, there})
			if err != nil {
				return false, err
			}
			if arrive = at.Add(routing.DriveTime(miles)); x.Miles == 0 {
				x.Miles = miles
			}
		}
		// Where nothing is known, only what is past already is late.
		if due := closes(st); !due.IsZero() && arrive.After(due) && (!here.IsZero() || now.After(due)) {
			x.Stop, x.Due, x.By = st, due, arrive.Sub(due).Round(time.Minute)
			if !here.IsZero() || st.ArrivedAt != nil {
				x.Arrives = arrive
			}
			return true, nil
		}
		at = arrive
		if st.WindowStart != nil && st.WindowStart.After(at) {
			at = *st.WindowStart
		}
		at, here = at.Add(dwell), there
	}
	return false, nil
}

// closes is the end of a stop's window, of its day when it has no time; zero without one.
func closes(st loads.Stop) time.Time {
	t := st.WindowEnd
	if t == nil {
		t = st.WindowStart
	}
	if t == nil {
		return time.Time{}
	}
	if st.DateOnly {
		if z, err := clock.Zone(st.TimeZone); err == nil {
			y, m, d := t.In(z).Date()
			return time.Date(y, m, d+1, 0, 0, 0, 0, z)
		}
	}
	return *t
}
