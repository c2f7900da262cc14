package lanerate

import (
	"math"
	"slices"

	"truckflow/internal/pricing/gbm"
)

// Report is a rolling backtest: at each origin the model learns from what lies
// before and foretells the days after; every other way sees each load's past.
type Report struct {
	Hauls   int      `json:"hauls"`  // usable
	Tested  int      `json:"tested"` // foretold
	Methods []Score  `json:"methods"`
	Buckets []Bucket `json:"by_comparables"`
	Windows []Window `json:"windows"`
	// Gain is by how much the model's pinball loss is below the baseline's, as a
	// share of the baseline's, with its 95 % interval (paired bootstrap by weeks).
	Gain struct {
		Low  float64 `json:"low"`
		Mid  float64 `json:"mid"`
		High float64 `json:"high"`
	} `json:"gain"`
	Serve  bool   `json:"serve"`  // the model answers: the whole interval lies above 0.01
	Reason string `json:"reason"` // why, or why not
}

// Score of a way to foretell. Losses, errors and widths are dollars a mile but for MAELoad.
type Score struct {
	Method   string     `json:"method"`
	Pinball  [3]float64 `json:"pinball"` // at 0.1, 0.5, 0.9; a way without an interval has 0 at the ends
	MAE      float64    `json:"mae_per_mile"`
	MAELoad  float64    `json:"mae_per_load"` // dollars
	Coverage float64    `json:"coverage"`     // share of rates inside the range; 0.8 is promised
	Width    float64    `json:"width"`        // mean of high less low
	Interval bool       `json:"interval"`     // it has one
}

// Bucket is the two that matter, by how many comparables a load had.
type Bucket struct {
	Comparables string `json:"comparables"`
	Loads       int    `json:"loads"`
	Model       Score  `json:"model"`
	Baseline    Score  `json:"baseline"`
}

// Window is one origin.
type Window struct {
	From     int     `json:"from"` // day
	Loads    int     `json:"loads"`
	Model    float64 `json:"model_mae"`
	Baseline float64 `json:"baseline_mae"`
	Bias     float64 `json:"bias"`     // mean of paid less foretold by the model's middle, dollars a mile: drift
	Coverage float64 `json:"coverage"` // of the model
}

// The ways, in the order of Report.Methods.
const (
	byModel = iota
	byBaseline
	byLaneMedian
	byLast
	byAll
	ways
)

var wayNames = [ways]string{"boosted trees", "shrunken lane baseline", "lane median", "last load of the lane", "median of all"}

// windowDays between two origins.
const windowDays = 30

// step of Adapt from window to window.
const adaptStep = 0.5

// Backtest of hauls. It needs LeastHauls usable ones before the first origin,
// and an origin after them: ErrFew otherwise.
func Backtest(hauls []Haul, o gbm.Options) (*Report, error) {
	hauls = InOrder(hauls)
	rep := &Report{Hauls: len(hauls)}
	first := firstOrigin(hauls)
	if first < 0 {
		return rep, ErrFew
	}
	// The shrinkage is chosen by what lies before the first origin.
	h := tell(hauls, NewBaseline(Fit(hauls[:first]).Shrink))
	naive := simple(hauls)
	var rows []tested
	miss := Miss
	for at := first; at < len(hauls); {
		end := at
		for end < len(hauls) && hauls[end].Day < hauls[at].Day+windowDays {
			end++
		}
		m, err := h.learn(at, miss, o)
		if err != nil {
			return rep, err
		}
		from := len(rows)
		for i := at; i < end; i++ {
			t := tested{haul: hauls[i], comparables: bucket(int(h.table.Cols[4][i]))}
			t.said[byModel], t.said[byBaseline] = m.around(h.mids[i], h.row(i)), h.said[i]
			t.said[byLaneMedian], t.said[byLast], t.said[byAll] = naive[i][0], naive[i][1], naive[i][2]
			rows = append(rows, t)
		}
		w := window(rows[from:])
		miss = gbm.Adapt(miss, Miss, 1-w.Coverage, adaptStep)
		rep.Windows = append(rep.Windows, w)
		at = end
	}
	rep.score(rows)
	rep.decide(rows, o.Seed)
	return rep, nil
}

// firstOrigin is after LeastHauls and at least a third of the hauls, at the start of a day; -1: none.
func firstOrigin(hauls []Haul) int {
	for i := max(LeastHauls, len(hauls)/3); i < len(hauls); i++ {
		if hauls[i].Day > hauls[i-1].Day {
			return i
		}
	}
	return -1
}

// tested is one load and what each way said of it.
type tested struct {
	haul        Haul
	comparables int
	said        [ways]Range
}

func score(rows []tested, way int) (s Score) {
	s = Score{Method: wayNames[way], Interval: way != byLast}
	if len(rows) == 0 {
		return s
	}
	for _, t := range rows {
		r, y := t.said[way], t.haul.Rate
		s.Pinball[1] += gbm.Pinball(0.5, r.Mid, y)
		s.MAE += math.Abs(y - r.Mid)
		s.MAELoad += math.Abs(y-r.Mid) * t.haul.Miles
		if s.Interval {
			s.Pinball[0] += gbm.Pinball(0.1, r.Low, y)
			s.Pinball[2] += gbm.Pinball(0.9, r.High, y)
			s.Width += r.High - r.Low
			if y >= r.Low && y <= r.High {
				s.Coverage++
			}
		}
	}
	n := float64(len(rows))
	for _, x := range []*float64{&s.Pinball[0], &s.Pinball[1], &s.Pinball[2], &s.MAE, &s.MAELoad, &s.Coverage, &s.Width} {
		*x /= n
	}
	return s
}

func window(rows []tested) Window {
	w := Window{From: rows[0].haul.Day, Loads: len(rows)}
	m := score(rows, byModel)
	w.Model, w.Coverage, w.Baseline = m.MAE, m.Coverage, score(rows, byBaseline).MAE
	for _, t := range rows {
		w.Bias += (t.haul.Rate - t.said[byModel].Mid) / float64(len(rows))
	}
	return w
}

func (rep *Report) score(rows []tested) {
	rep.Tested = len(rows)
	for way := range ways {
		rep.Methods = append(rep.Methods, score(rows, way))
	}
	for i, name := range bucketNames {
		var in []tested
		for _, t := range rows {
			if t.comparables == i {
				in = append(in, t)
			}
		}
		rep.Buckets = append(rep.Buckets, Bucket{Comparables: name, Loads: len(in), Model: score(in, byModel), Baseline: score(in, byBaseline)})
	}
}

// loss is what the choice between the two goes by: all three quantiles count.
func loss(r Range, y float64) float64 {
	return gbm.Pinball(0.1, r.Low, y) + gbm.Pinball(0.5, r.Mid, y) + gbm.Pinball(0.9, r.High, y)
}

// leastGain is the share by which the trees must at least be better: below it a
// mean and its count are the answer that a person can check.
const leastGain = 0.01

// leastTested loads must have been foretold before the model may answer.
const leastTested = 300

// decide draws weeks, not loads, again and again: loads of one week share a
// market, and counting them as independent would make chance look like skill.
func (rep *Report) decide(rows []tested, seed uint64) {
	type week struct{ model, base float64 }
	var weeks []week
	for i, t := range rows {
		if i == 0 || t.haul.Day/7 != rows[i-1].haul.Day/7 {
			weeks = append(weeks, week{})
		}
		w := &weeks[len(weeks)-1]
		w.model += loss(t.said[byModel], t.haul.Rate)
		w.base += loss(t.said[byBaseline], t.haul.Rate)
	}
	gain := func(pick func(i int) week) float64 {
		var m, b float64
		for i := range weeks {
			w := pick(i)
			m, b = m+w.model, b+w.base
		}
		return 1 - m/b
	}
	d := gbm.Dice(seed)
	draws := make([]float64, 2000)
	for i := range draws {
		draws[i] = gain(func(int) week { return weeks[d.Next()%uint64(len(weeks))] })
	}
	slices.Sort(draws)
	rep.Gain.Mid = gain(func(i int) week { return weeks[i] })
	rep.Gain.Low, rep.Gain.High = draws[len(draws)*25/1000], draws[len(draws)*975/1000]
	switch {
	case rep.Tested < leastTested:
		rep.Reason = "too few loads were foretold to tell skill from luck"
	case rep.Gain.Low < leastGain:
		rep.Reason = "the trees did not beat the baseline for certain by 1 % or more"
	default:
		rep.Serve, rep.Reason = true, "the trees beat the baseline"
	}
}
