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
// Its fields are exported to be stored, as JSON.
type Baseline struct {
	Shrink  float64           `json:"shrink"` // as many loads as the level above weighs
	World   Level             `json:"world"`
	Markets map[string]*Level `json:"markets"` // by equipment
	Bands   map[string]*Level `json:"bands"`
	Regions map[string]*Level `json:"regions"`
	Lanes   map[string]*Level `json:"lanes"`
	Payers  map[string]*Level `json:"payers"`
	Errors  [6]Ring           `json:"errors"` // what it was wrong by: without states and lane, without lane, then by comparables
}

// Level is a mean that forgets.
type Level struct {
	Weight float64 `json:"w"`
	Sum    float64 `json:"s"`
	Day    int     `json:"d"` // of the last one seen
	Days   []int32 `json:"n"` // of all in the year before it, rising
	Last   float64 `json:"l"`
}

func (l *Level) fade(day int, half float64) float64 {
	return math.Exp2(-float64(max(day-l.Day, 0)) / half)
}

// beside is the level's mean, drawn to nought by shrink loads.
func (l *Level) beside(day int, half, shrink float64) float64 {
	if l == nil {
		return 0
	}
	f := l.fade(day, half)
	return l.Sum * f / (l.Weight*f + shrink)
}

func (l *Level) see(day int, half, y float64) {
	f := l.fade(day, half)
	l.Weight, l.Sum, l.Day, l.Last = l.Weight*f+1, l.Sum*f+y, max(day, l.Day), y
	old, _ := slices.BinarySearch(l.Days, int32(day-recent))
	l.Days = append(l.Days[old:], int32(day))
}

func (l *Level) within(day, days int) int {
	if l == nil {
		return 0
	}
	at, _ := slices.BinarySearch(l.Days, int32(day-days))
	return len(l.Days) - at
}

// Ring keeps the newest errors.
type Ring struct {
	At   int       `json:"at"`
	Errs []float64 `json:"errs"`
}

const ringSize = 400

func (r *Ring) add(e float64) {
	if len(r.Errs) < ringSize {
		r.Errs = append(r.Errs, e)
		return
	}
	r.Errs[r.At] = e
	r.At = (r.At + 1) % ringSize
}

// NewBaseline has seen nothing; shrink is how many loads the level above weighs.
func NewBaseline(shrink float64) *Baseline {
	m := func() map[string]*Level { return map[string]*Level{} }
	return &Baseline{Shrink: shrink, Markets: m(), Bands: m(), Regions: m(), Lanes: m(), Payers: m()}
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
	w := &b.World
	p := Parts{LastRate: math.NaN()}
	if w.Weight > 0 {
		// The market itself is drawn to that of all equipment.
		whole := w.Sum / w.Weight
		p.Market = whole
		if m := b.Markets[f.Equipment]; m != nil {
			x := m.fade(f.Day, marketHalf)
			p.Market = (m.Sum*x + b.Shrink*whole) / (m.Weight*x + b.Shrink)
		}
	}
	p.Band = b.Bands[f.band()].beside(f.Day, laneHalf, b.Shrink)
	region, lane := b.Regions[f.region()], b.Lanes[f.Lane()]
	p.Region = region.beside(f.Day, laneHalf, b.Shrink)
	p.Lane = lane.beside(f.Day, laneHalf, b.Shrink)
	p.Payer = b.Payers[f.Payer].beside(f.Day, laneHalf, b.Shrink)
	p.Comparables, p.Near = lane.within(f.Day, recent), region.within(f.Day, recent)
	if lane != nil {
		p.Newest, p.LastRate = lane.Day, lane.Last
	}
	return p
}

// Observe lets the baseline see a load, not older than the one before, and
// returns what it would have said, as a logarithm.
func (b *Baseline) Observe(h Haul) (mid float64) {
	p, y := b.Know(h.Freight), h.y()
	mid = p.mid()
	if b.World.Weight > 0 {
		b.Errors[2+bucket(p.Comparables)].add(y - mid)
		b.Errors[0].add(y - p.Market - p.Band)
		b.Errors[1].add(y - p.Market - p.Band - p.Region)
	}
	b.World.see(h.Day, marketHalf, y)
	see := func(m map[string]*Level, key string, half, v float64) {
		if m[key] == nil {
			m[key] = &Level{}
		}
		m[key].see(h.Day, half, v)
	}
	market := b.Know(h.Freight).Market // with this load in it, as all later ones will find it
	see(b.Markets, h.Equipment, marketHalf, y)
	see(b.Bands, h.band(), laneHalf, y-market)
	see(b.Regions, h.region(), laneHalf, y-market-p.Band)
	see(b.Lanes, h.Lane(), laneHalf, y-market-p.Band-p.Region)
	if h.Payer != "" {
		see(b.Payers, h.Payer, laneHalf, y-mid)
	}
	return mid
}

// Range is the baseline's answer: its mean, and around it the errors it lately
// made on loads with about as many comparables. ok is false before any load was seen.
func (b *Baseline) Range(f Freight) (r Range, p Parts, ok bool) {
	if b.World.Weight == 0 {
		return Range{}, Parts{}, false
	}
	p = b.Know(f)
	q := b.errors(p)
	return Range{Low: math.Exp(p.mid() + q[0]), Mid: math.Exp(p.mid() + q[1]), High: math.Exp(p.mid() + q[2])}, p, true
}

// errors are the quantiles of what it was wrong by on loads of which it knew as
// much. Of a lane, or of states, never hauled before there may have been none:
// then it is what every load would have been wrong by without knowing its lane,
// or its states. From less than ten errors of any kind nothing can be told.
func (b *Baseline) errors(p Parts) (q [3]float64) {
	at := 2 + bucket(p.Comparables)
	switch {
	case p.Near == 0 && p.Comparables == 0:
		at = 0
	case p.Comparables == 0 || len(b.Errors[at].Errs) < 40:
		at = 1
	}
	errs := slices.Clone(b.Errors[at].Errs)
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
