package lanerate

import (
	"slices"

	"truckflow/internal/pricing/gbm"
)

// simple is what three ways without any skill would have said of each haul, which
// are InOrder: the median (with its quantiles) of the lane's last year, the
// lane's last rate, and the median of everything in the last 90 days. A lane
// never hauled falls back to its states, these to everything.
func simple(hauls []Haul) [][3]Range {
	type seen struct {
		day  int
		rate float64
	}
	lanes, regions := map[string][]seen{}, map[string][]seen{}
	var all []seen
	of := func(xs []seen, since int) (out []float64) {
		for i := len(xs) - 1; i >= 0 && xs[i].day >= since && len(out) < 500; i-- {
			out = append(out, xs[i].rate)
		}
		return out
	}
	spread := func(xs []float64) Range {
		return Range{Low: gbm.Quantile(xs, 0.1), Mid: gbm.Quantile(xs, 0.5), High: gbm.Quantile(xs, 0.9)}
	}
	out := make([][3]Range, len(hauls))
	for i, h := range hauls {
		lane, region := of(lanes[h.Lane()], h.Day-recent), of(regions[h.region()], h.Day-recent)
		whole := of(all, h.Day-90)
		if len(whole) == 0 {
			whole = []float64{h.Rate} // the very first; never among the tested
		}
		if len(region) == 0 {
			region = whole
		}
		if len(lane) == 0 {
			lane = region
		}
		last := Range{lane[0], lane[0], lane[0]}
		out[i] = [3]Range{spread(slices.Clone(lane)), last, spread(slices.Clone(whole))}
		x := seen{h.Day, h.Rate}
		lanes[h.Lane()] = append(lanes[h.Lane()], x)
		regions[h.region()] = append(regions[h.region()], x)
		all = append(all, x)
	}
	return out
}
