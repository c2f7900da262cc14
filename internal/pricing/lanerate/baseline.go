package lanerate

import (
	"math"
	"slices"

	"truckflow/internal/pricing/gbm"
)

// How fast what was seen loses weight: a market turns within weeks, what a lane
// pays beside the market stays for a year.
const (
	marketHalf = 28.0 // days
	laneHalf   = 365.0
	recent     = 365 // days within which a load of the same lane counts as comparable
)

// Baseline is an empirical-Bayes chain: the market of an equipment, then what
// its mileage band, its pair of states and its lane pay beside that, each drawn
// towards the level above by how little was seen. It learns load by load and
// only ever looks back, so what it says of a load is what it could have said then.
type Baseline struct {
	shrink  float64 // as many loads as the level above weighs
	world   level
	markets map[string]*level
	bands   map[string]*level
	regions map[string]*level
	lanes   map[string]*level
	payers  map[string]*level
	errs    [4]ring // what it was wrong by, by comparables
}

// level is a mean that forgets.
type level struct {
	weight, sum float64
	day         int     // of the last one seen
	days        []int32 // of all, rising
	last        float64
}

func (l *level) fade(day int, half float64) float64 {
	return math.Exp2(-float64(max(day-l.day, 0)) / half)
}

// beside is the level's mean, drawn to nought by shrink loads.
func (l *level) beside(day int, half, shrink float64) float64 {
	if l == nil {
		return 0
	}
	f := l.fade(day, half)
	return l.sum * f / (l.weight*f + shrink)
}

func (l *level) see(day int, half, y float64) {
	f := l.fade(day, half)
	l.weight, l.sum, l.day, l.last = l.weight*f+1, l.sum*f+y, max(day, l.day), y
	l.days = append(l.days, int32(day))
}

func (l *level) within(day, days int) int {
	if l == nil {
		return 0
	}
	at, _ := slices.BinarySearch(l.days, int32(day-days))
	return len(l.days) - at
}

// ring keeps the newest errors.
type ring struct {
	at   int
	errs []float64
}

const ringSize = 400

func (r *ring) add(e float64) {
	if len(r.errs) < ringSize {
		r.errs = append(r.errs, e)
		return
	}
	r.errs[r.at] = e
	r.at = (r.at + 1) % ringSize
}

// NewBaseline has seen nothing; shrink is how many loads the level above weighs.
func NewBaseline(shrink float64) *Baseline {
	m := func() map[string]*level { return map[string]*level{} }
	return &Baseline{shrink: shrink, markets: m(), bands: m(), regions: m(), lanes: m(), payers: m()}
}

// Fit is a baseline that has seen the usable hauls, with the shrinkage that
// would have foretold the later half of them best.
func Fit(hauls []Haul) *Baseline {
	hauls = InOrder(hauls)
	var best *Baseline
	least := math.Inf(1)
	for _, shrink := range []float64{1, 2, 4, 8, 16} {
		b, wrong := NewBaseline(shrink), 0.0
		for i, h := range hauls {
			mid := b.Observe(h)
			if i >= len(hauls)/2 {
				wrong += math.Abs(h.y() - mid)
			}
		}
		if wrong < least || best == nil {
			best, least = b, wrong
		}
	}
	return best
}

// Parts is how the baseline came to what it says: logarithms of dollars a mile,
// each beside the one before.
type Parts struct {
	Market, Band, Region, Lane float64
	Payer                      float64 // beside the whole; not part of it
	Comparables                int     // loads of the same lane and equipment in the last year
	Near                       int     // … of the same states
	Newest                     int     // day of the lane's newest, 0 without one
	LastRate                   float64 // … and what it paid a mile beside the level above, log; NaN without one
}

func (p Parts) mid() float64 { return p.Market + p.Band + p.Region + p.Lane }

// Know is what the baseline knows of a load.
func (b *Baseline) Know(f Freight) Parts {
	w := &b.world
	p := Parts{LastRate: math.NaN()}
	if w.weight > 0 {
		// The market itself is drawn to that of all equipment.
		whole := w.sum / w.weight
		p.Market = whole
		if m := b.markets[f.Equipment]; m != nil {
			x := m.fade(f.Day, marketHalf)
			p.Market = (m.sum*x + b.shrink*whole) / (m.weight*x + b.shrink)
		}
	}
	p.Band = b.bands[f.band()].beside(f.Day, laneHalf, b.shrink)
	region, lane := b.regions[f.region()], b.lanes[f.lane()]
	p.Region = region.beside(f.Day, laneHalf, b.shrink)
	p.Lane = lane.beside(f.Day, laneHalf, b.shrink)
	p.Payer = b.payers[f.Payer].beside(f.Day, laneHalf, b.shrink)
	p.Comparables, p.Near = lane.within(f.Day, recent), region.within(f.Day, recent)
	if lane != nil {
		p.Newest, p.LastRate = lane.day, lane.last
	}
	return p
}

// Observe lets the baseline see a load, not older than the one before, and
// returns what it would have said, as a logarithm.
func (b *Baseline) Observe(h Haul) (mid float64) {
	p, y := b.Know(h.Freight), h.y()
	mid = p.mid()
	if b.world.weight > 0 {
		b.errs[bucket(p.Comparables)].add(y - mid)
	}
	b.world.see(h.Day, marketHalf, y)
	see := func(m map[string]*level, key string, half, v float64) {
		if m[key] == nil {
			m[key] = &level{}
		}
		m[key].see(h.Day, half, v)
	}
	market := b.Know(h.Freight).Market // with this load in it, as all later ones will find it
	see(b.markets, h.Equipment, marketHalf, y)
	see(b.bands, h.band(), laneHalf, y-market)
	see(b.regions, h.region(), laneHalf, y-market-p.Band)
	see(b.lanes, h.lane(), laneHalf, y-market-p.Band-p.Region)
	if h.Payer != "" {
		see(b.payers, h.Payer, laneHalf, y-mid)
	}
	return mid
}

// Range is the baseline's answer: its mean, and around it the errors it lately
// made on loads with about as many comparables. ok is false before any load was seen.
func (b *Baseline) Range(f Freight) (r Range, p Parts, ok bool) {
	if b.world.weight == 0 {
		return Range{}, Parts{}, false
	}
	p = b.Know(f)
	q := b.errors(p.Comparables)
	return Range{Low: math.Exp(p.mid() + q[0]), Mid: math.Exp(p.mid() + q[1]), High: math.Exp(p.mid() + q[2])}, p, true
}

// errors are the quantiles of what it was wrong by; of all loads where there
// were few like this one, and half as much again each way where there was hardly any.
func (b *Baseline) errors(comparables int) (q [3]float64) {
	errs := slices.Clone(b.errs[bucket(comparables)].errs)
	if len(errs) < 40 {
		errs = errs[:0]
		for _, r := range b.errs {
			errs = append(errs, r.errs...)
		}
	}
	if len(errs) < 10 {
		return [3]float64{math.Log(1 / 1.5), 0, math.Log(1.5)}
	}
	for i, tau := range taus {
		q[i] = gbm.Quantile(errs, tau)
	}
	return q
}

// The buckets in which errors are kept and scores are told.
var bucketNames = []string{"none", "1 to 4", "5 to 19", "20 and more"}

func bucket(comparables int) int {
	switch {
	case comparables == 0:
		return 0
	case comparables < 5:
		return 1
	case comparables < 20:
		return 2
	}
	return 3
}
