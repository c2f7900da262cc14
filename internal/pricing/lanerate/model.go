package lanerate

import (
	"cmp"
	"errors"
	"math"
	"slices"

	"truckflow/internal/pricing/gbm"
)

// columns are the questions that trees may ask, all answerable at booking, with
// the words in which a person hears of them.
var columns = []struct{ name, words string }{
	{"market", "the market for this equipment"},
	{"band", "the length of the haul"},
	{"region", "what these two states pay"},
	{"lane", "what this lane pays"},
	{"comparables", "how often the lane was hauled"},
	{"age", "how old the lane's newest load is"},
	{"last", "the lane's last rate"},
	{"payer", "what this payer pays"},
	{"miles", "the length of the haul"},
	{"weight", "the weight"},
	{"stops", "the number of stops"},
	{"lead", "how soon it picks up"},
	{"weekday", "the day of the week"},
	{"season_cos", "the season"},
	{"season_sin", "the season"},
	{"from_lat", "where it starts"},
	{"from_lon", "where it starts"},
	{"to_lat", "where it ends"},
	{"to_lon", "where it ends"},
	{"diesel", "the price of diesel"},
}

// row answers the columns for a load of which the baseline knows p.
func row(f Freight, p Parts) []float32 {
	unknown := math.NaN()
	if0 := func(v float64) float64 {
		if v == 0 {
			return unknown
		}
		return v
	}
	age, weekday, cos, sin := unknown, unknown, unknown, unknown
	if p.Comparables > 0 {
		age = float64(f.Day - p.Newest)
	}
	if f.PickupDay > 0 {
		weekday = float64((f.PickupDay + 4) % 7) // 1970-01-01 was a Thursday; 0 is Sunday
		sin, cos = math.Sincos(2 * math.Pi * float64(f.PickupDay) / 365.25)
	}
	answers := []float64{p.Market, p.Band, p.Region, p.Lane, float64(p.Comparables), age, p.LastRate, p.Payer, f.Miles, if0(f.WeightLb),
		float64(f.Stops), f.LeadHours, weekday, cos, sin, if0(f.From.Lat), if0(f.From.Lon), if0(f.To.Lat), if0(f.To.Lon), f.DieselCost}
	out := make([]float32, len(answers))
	for i, v := range answers {
		out[i] = float32(v)
	}
	return out
}

// history is hauls, InOrder, as a table: what was known of each before it, and
// what the baseline then was wrong by.
type history struct {
	hauls []Haul
	said  []Range   // by the baseline
	mids  []float64 // … its mean, logarithms
	table gbm.Table
}

// tell lets b, which has seen nothing, see the hauls one by one.
func tell(hauls []Haul, b *Baseline) *history {
	n := len(hauls)
	h := &history{hauls: hauls, said: make([]Range, n), mids: make([]float64, n), table: gbm.Table{Cols: make([][]float32, len(columns)), Y: make([]float64, n)}}
	for _, c := range columns {
		h.table.Names = append(h.table.Names, c.name)
	}
	for i, x := range hauls {
		said, p, _ := b.Range(x.Freight)
		for c, v := range row(x.Freight, p) {
			h.table.Cols[c] = append(h.table.Cols[c], v)
		}
		h.said[i], h.mids[i] = said, b.Observe(x)
		h.table.Y[i] = x.y() - h.mids[i]
	}
	return h
}

// part of the table, rows from up to, not including, to.
func (h *history) part(from, to int) gbm.Table {
	t := gbm.Table{Names: h.table.Names, Y: h.table.Y[from:to]}
	for _, c := range h.table.Cols {
		t.Cols = append(t.Cols, c[from:to])
	}
	return t
}

// Model is three forests on what the baseline leaves, and the band that makes
// their interval hold. It is stored as JSON.
type Model struct {
	Names   []string      `json:"columns"`
	Forests []*gbm.Forest `json:"forests"`
	Band    gbm.Band      `json:"band"`
	Rows    int           `json:"rows"`    // learned from
	Through int           `json:"through"` // day of the newest
	Miss    float64       `json:"miss"`    // that the band was made for
}

// calibrateShare of the newest rows makes the band and is not learned from.
const calibrateShare = 0.15

// LeastHauls is how many a model needs.
const LeastHauls = 1000

// ErrFew says that there are too few loads to learn from.
var ErrFew = errors.New("too few priced loads to learn from")

// Learn is a model of all the hauls, to be asked together with Fit's baseline of
// the same; ErrFew with less than LeastHauls usable ones.
func Learn(hauls []Haul, o gbm.Options) (*Model, error) {
	hauls = InOrder(hauls)
	if len(hauls) < LeastHauls {
		return nil, ErrFew
	}
	return tell(hauls, NewBaseline(Fit(hauls).Shrink)).learn(len(hauls), Miss, o)
}

// learn makes a model of the first n rows.
func (h *history) learn(n int, miss float64, o gbm.Options) (*Model, error) {
	if n < LeastHauls {
		return nil, ErrFew
	}
	cut := n - int(calibrateShare*float64(n))
	forests, err := gbm.Train(h.part(0, cut), taus, o)
	if err != nil {
		return nil, err
	}
	m := &Model{Names: h.table.Names, Forests: forests, Rows: n, Through: h.hauls[n-1].Day, Miss: miss}
	low, high := make([]float64, n-cut), make([]float64, n-cut)
	for i := range low {
		q := m.quantiles(h.row(cut + i))
		low[i], high[i] = q[0], q[2]
	}
	m.Band = gbm.Calibrate(low, high, h.table.Y[cut:n], miss)
	return m, nil
}

func (h *history) row(i int) []float32 {
	r := make([]float32, len(h.table.Cols))
	for c, col := range h.table.Cols {
		r[c] = col[i]
	}
	return r
}

func (m *Model) quantiles(row []float32) (q [3]float64) {
	for i, f := range m.Forests {
		q[i] = f.Predict(row)
	}
	return q
}

// around is the model's range around the baseline's mid. Quantiles that cross are put in order.
func (m *Model) around(mid float64, row []float32) Range {
	q := m.quantiles(row)
	q[0], q[2] = q[0]-m.Band.Low, q[2]+m.Band.High
	slices.Sort(q[:])
	return Range{Low: math.Exp(mid + q[0]), Mid: math.Exp(mid + q[1]), High: math.Exp(mid + q[2])}
}

// fits says whether the model asks what this program answers.
func (m *Model) fits() bool {
	if len(m.Names) != len(columns) || len(m.Forests) != len(taus) {
		return false
	}
	for i, c := range columns {
		if m.Names[i] != c.name {
			return false
		}
	}
	return true
}

// Driver is one reason for an estimate: what it moves the middle rate by, in
// dollars a mile.
type Driver struct {
	Words   string  `json:"words"`
	PerMile float64 `json:"dollars_per_mile"`
}

// Estimate is an answer with where it comes from.
type Estimate struct {
	Range
	Engine      string   `json:"engine"`      // "model" or "baseline"
	Comparables int      `json:"comparables"` // loads of the same lane and equipment in the year before
	Near        int      `json:"near"`        // … between the same states
	Newest      int      `json:"-"`           // day of the lane's newest, 0 without one
	Market      float64  `json:"market"`      // what this equipment pays a mile now, whatever the lane
	Drivers     []Driver `json:"drivers"`     // from the market to the middle rate, the weightiest first
}

// Estimate foretells a load's rate: by the model where there is one that fits,
// else by the baseline. ok is false before the baseline has seen any load.
func (b *Baseline) Estimate(f Freight, m *Model) (e Estimate, ok bool) {
	r, p, ok := b.Range(f)
	if !ok {
		return Estimate{}, false
	}
	e = Estimate{Range: r, Engine: "baseline", Comparables: p.Comparables, Near: p.Near, Newest: p.Newest, Market: math.Exp(p.Market)}
	moves := []move{{"the length of the haul", p.Band}, {"what these two states pay", p.Region}, {"what this lane pays", p.Lane}}
	if m != nil && m.fits() {
		answers := row(f, p)
		e.Range, e.Engine = m.around(p.mid(), answers), "model"
		by := make([]float64, len(columns))
		m.Forests[1].Explain(answers, by)
		for i, x := range by {
			moves = append(moves, move{columns[i].words, x})
		}
	}
	e.Drivers = drivers(moves, e.Mid)
	return e, true
}

type move struct {
	words string
	log   float64
}

// drivers sums moves of the same words and turns logarithms into dollars of the
// middle rate; what moves it by less than a cent is left out.
func drivers(moves []move, mid float64) (out []Driver) {
	for _, m := range moves {
		d := mid * (1 - math.Exp(-m.log))
		if i := slices.IndexFunc(out, func(x Driver) bool { return x.Words == m.words }); i >= 0 {
			out[i].PerMile += d
		} else {
			out = append(out, Driver{m.words, d})
		}
	}
	out = slices.DeleteFunc(out, func(d Driver) bool { return math.Abs(d.PerMile) < 0.01 })
	slices.SortStableFunc(out, func(a, b Driver) int { return cmp.Compare(math.Abs(b.PerMile), math.Abs(a.PerMile)) })
	return out
}
