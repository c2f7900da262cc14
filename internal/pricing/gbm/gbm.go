// Package gbm is quantile regression by gradient boosting: small trees on binned
// columns, grown best leaf first on the pinball loss's gradient, with each leaf
// renewed to the quantile of the residuals it holds (Friedman, "Greedy Function
// Approximation", 2001, section 4.3, which does so for the median). Conformal
// widening makes its intervals honest (see Calibrate). It is deterministic: the
// same rows, options and seed give the same forest.
package gbm

import (
	"fmt"
	"math"
	"slices"
	"sync"
)

// Table is what a forest learns from: columns of equal length beside what to
// foretell. NaN in a column is a value that is not known.
type Table struct {
	Names []string    // of the columns, at most 128
	Cols  [][]float32 // by column
	Y     []float64
}

// Options of a training. The zero value of a field means its default.
type Options struct {
	Trees    int     // at most so many trees; 300
	Leaves   int     // at most so many leaves a tree; 16
	MinRows  int     // at least so many rows in a leaf; 20
	Patience int     // stop after so many trees without gain on the rows kept aside; 25
	Rate     float64 // what a tree may add of what it found, 0 to 1; 0.08
	Rows     float64 // share of the rows that a tree sees, 0 to 1; 0.7
	Columns  float64 // share of the columns that a tree sees, 0 to 1; 0.8
	AtOnce   int     // forests learned at the same time; all of them
	Seed     uint64
}

func (o Options) filled() Options {
	whole := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	share := func(v *float64, d float64) {
		if *v <= 0 || *v > 1 {
			*v = d
		}
	}
	whole(&o.Trees, 300)
	whole(&o.Leaves, 16)
	whole(&o.MinRows, 20)
	whole(&o.Patience, 25)
	share(&o.Rate, 0.08)
	share(&o.Rows, 0.7)
	share(&o.Columns, 0.8)
	return o
}

// asideOf every so many rows one is kept aside, to know when to stop.
const asideOf = 8

// LeastRows is how many rows a training needs.
const LeastRows = 100

// Forest foretells one quantile. Its fields are exported to be stored.
type Forest struct {
	Tau   float64  `json:"tau"`  // the quantile, between 0 and 1
	Base  float64  `json:"base"` // the quantile of all rows, where the trees start
	Trees [][]Node `json:"trees"`
}

// Node of a tree; node 0 is the root.
type Node struct {
	Col     int16   `json:"c"`           // the column asked, -1 in a leaf
	Cut     float32 `json:"x,omitempty"` // up to it goes left
	Unknown bool    `json:"u,omitempty"` // what is not known goes left
	Left    int32   `json:"l,omitempty"`
	Right   int32   `json:"r,omitempty"`
	Value   float32 `json:"v"` // what ends here is moved by so much; in between, for Explain
}

// Train learns one forest for each quantile of taus. It refuses tables with
// columns of unequal length, values to foretell that are not numbers, and fewer
// than LeastRows rows.
func Train(t Table, taus []float64, o Options) ([]*Forest, error) {
	n := len(t.Y)
	switch {
	case n < LeastRows:
		return nil, fmt.Errorf("%d rows are too few to learn from: %d are needed", n, LeastRows)
	case len(t.Cols) != len(t.Names) || len(t.Cols) == 0 || len(t.Cols) > 128:
		return nil, fmt.Errorf("%d columns under %d names", len(t.Cols), len(t.Names))
	}
	for i, c := range t.Cols {
		if len(c) != n {
			return nil, fmt.Errorf("column %s has %d rows of %d", t.Names[i], len(c), n)
		}
	}
	for i, y := range t.Y {
		if math.IsNaN(y) || math.IsInf(y, 0) {
			return nil, fmt.Errorf("row %d has nothing to foretell", i)
		}
	}
	o = o.filled()
	b := bin(t)
	forests := make([]*Forest, len(taus))
	if o.AtOnce <= 0 {
		o.AtOnce = len(taus)
	}
	var done sync.WaitGroup
	places := make(chan struct{}, o.AtOnce)
	for i, tau := range taus {
		places <- struct{}{}
		done.Go(func() {
			forests[i] = (&training{Options: o, binned: b, y: t.Y, tau: tau, dice: Dice(o.Seed + uint64(i))}).forest()
			<-places
		})
	}
	done.Wait()
	return forests, nil
}

// Predict is the quantile foretold for one row, columns in the table's order.
func (f *Forest) Predict(row []float32) float64 {
	at := f.Base
	for _, t := range f.Trees {
		at += float64(t[leafOf(t, row)].Value)
	}
	return at
}

// Explain adds to by, which has a place for each column, how far the answers to
// that column's questions moved the prediction, and returns where every row
// starts. What it returns and what it added sum to Predict (Saabas, 2014).
func (f *Forest) Explain(row []float32, by []float64) (start float64) {
	start = f.Base
	for _, t := range f.Trees {
		start += float64(t[0].Value)
		for i := int32(0); t[i].Col >= 0; {
			next := step(&t[i], row)
			by[t[i].Col] += float64(t[next].Value) - float64(t[i].Value)
			i = next
		}
	}
	return start
}

func leafOf(t []Node, row []float32) (i int32) {
	for t[i].Col >= 0 {
		i = step(&t[i], row)
	}
	return i
}

func step(n *Node, row []float32) int32 {
	v := row[n.Col]
	if v <= n.Cut || v != v && n.Unknown {
		return n.Left
	}
	return n.Right
}

// Pinball is the loss of having foretold f as the tau quantile of what became y.
func Pinball(tau, f, y float64) float64 {
	if y >= f {
		return tau * (y - f)
	}
	return (1 - tau) * (f - y)
}

// Quantile of xs, which it sorts: the least value that at least the share tau
// does not exceed. NaN when there is none.
func Quantile(xs []float64, tau float64) float64 {
	if len(xs) == 0 {
		return math.NaN()
	}
	slices.Sort(xs)
	return xs[rank(len(xs), tau)]
}

func rank(n int, tau float64) int { return min(max(int(math.Ceil(tau*float64(n)))-1, 0), n-1) }

// Dice is SplitMix64 (Steele, Lea & Flood 2014), seeded by its value: what is
// drawn must be the same on every run.
type Dice uint64

// Next is 64 even bits.
func (d *Dice) Next() uint64 {
	*d += 0x9e3779b97f4a7c15
	z := uint64(*d)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Share is even in [0, 1).
func (d *Dice) Share() float64 { return float64(d.Next()>>11) / (1 << 53) }
