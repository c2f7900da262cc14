package gbm

import (
	"math"
	"slices"
)

// training is the making of one forest.
type training struct {
	Options
	*binned
	y    []float64
	tau  float64
	dice Dice

	at    []float64 // what is foretold so far, by row
	aside []bool    // rows that no tree sees
	grad  []float32 // the loss's falling direction, by row
	free  [][]bucket
	rest  []float64 // room for residuals
}

// bucket of a histogram: rows of one leaf in one bin of one column.
type bucket struct {
	grad float32
	rows int32
}

// leaf that may still be split.
type leaf struct {
	node  int32
	rows  []int32
	hist  []bucket
	gain  float64
	col   int
	bin   int // up to this bin goes left
	left0 bool
}

func (t *training) forest() *Forest {
	t.at, t.aside, t.grad = make([]float64, t.rows), make([]bool, t.rows), make([]float32, t.rows)
	t.rest = make([]float64, 0, t.rows)
	for r := range t.rows {
		t.aside[r] = t.dice.Next()%asideOf == 0
		if !t.aside[r] {
			t.rest = append(t.rest, t.y[r])
		}
	}
	f := &Forest{Tau: t.tau, Base: Quantile(t.rest, t.tau)}
	for r := range t.at {
		t.at[r] = f.Base
	}
	best, kept, since := t.loss(), 0, 0
	for range t.Trees {
		tree := t.tree()
		f.Trees = append(f.Trees, tree)
		for r := range t.at {
			t.at[r] += float64(tree[t.leafOf(tree, r)].Value)
		}
		if l := t.loss(); l < best {
			best, kept, since = l, len(f.Trees), 0
		} else if since++; since > t.Patience {
			break
		}
	}
	f.Trees = slices.Clip(f.Trees[:kept])
	return f
}

// loss on the rows kept aside.
func (t *training) loss() (sum float64) {
	for r, aside := range t.aside {
		if aside {
			sum += Pinball(t.tau, t.at[r], t.y[r])
		}
	}
	return sum
}

// leafOf is Forest's leafOf by bins.
func (t *training) leafOf(tree []Node, r int) (i int32) {
	for tree[i].Col >= 0 {
		n := &tree[i]
		b := t.cell[r*t.cols+int(n.Col)]
		// A node's cut is one of the column's; the value is up to it exactly when its bin's cut is.
		if b == 0 && n.Unknown || b > 0 && int(b) <= len(t.cuts[n.Col]) && t.cuts[n.Col][b-1] <= n.Cut {
			i = n.Left
		} else {
			i = n.Right
		}
	}
	return i
}

func (t *training) tree() []Node {
	rows := make([]int32, 0, t.rows)
	for r := range t.rows {
		if !t.aside[r] && t.dice.Share() < t.Rows {
			rows = append(rows, int32(r))
		}
		if t.y[r] > t.at[r] {
			t.grad[r] = float32(t.tau)
		} else {
			t.grad[r] = float32(t.tau - 1)
		}
	}
	ask := make([]bool, t.cols)
	for c := range ask {
		ask[c] = t.dice.Share() < t.Columns
	}
	tree := []Node{{Col: -1, Value: t.value(rows)}}
	root := &leaf{rows: rows, hist: t.histogram(rows)}
	t.search(root, ask)
	open := []*leaf{root}
	for leaves := 1; leaves < t.Leaves; leaves++ {
		most := 0
		for i, l := range open {
			if l.gain > open[most].gain {
				most = i
			}
		}
		l := open[most]
		if l.gain <= 0 {
			break
		}
		a, b := t.split(l, &tree)
		t.search(a, ask)
		t.search(b, ask)
		open[most] = a
		open = append(open, b)
	}
	for _, l := range open {
		t.free = append(t.free, l.hist)
	}
	return tree
}

// value is the renewed leaf: the quantile of what is left to foretell, shrunken.
func (t *training) value(rows []int32) float32 {
	t.rest = t.rest[:0]
	for _, r := range rows {
		t.rest = append(t.rest, t.y[r]-t.at[r])
	}
	if len(t.rest) == 0 {
		return 0
	}
	return float32(t.Rate * nth(t.rest, rank(len(t.rest), t.tau)))
}

func (t *training) histogram(rows []int32) []bucket {
	h := t.room()
	for _, r := range rows {
		g := t.grad[r]
		for c, b := range t.cell[int(r)*t.cols : (int(r)+1)*t.cols] {
			k := &h[t.first[c]+int(b)]
			k.grad += g
			k.rows++
		}
	}
	return h
}

func (t *training) room() []bucket {
	if n := len(t.free); n > 0 {
		h := t.free[n-1]
		t.free = t.free[:n-1]
		clear(h)
		return h
	}
	return make([]bucket, t.first[t.cols])
}

// search finds the question that parts a leaf's gradients best; gain stays 0 where none does.
func (t *training) search(l *leaf, ask []bool) {
	if len(l.rows) < 2*t.MinRows {
		return
	}
	var all bucket
	for _, k := range l.hist[t.first[0]:t.first[1]] {
		all.grad += k.grad
		all.rows += k.rows
	}
	score := func(k bucket) float64 { return float64(k.grad) * float64(k.grad) / float64(k.rows) }
	whole := score(all)
	for c := range t.cols {
		if !ask[c] {
			continue
		}
		h := l.hist[t.first[c]:t.first[c+1]]
		for _, left0 := range []bool{false, true} {
			var left bucket
			if left0 {
				if left = h[0]; left.rows == 0 {
					break
				}
			}
			for b := 1; b < len(h)-1; b++ {
				left.grad += h[b].grad
				left.rows += h[b].rows
				right := bucket{all.grad - left.grad, all.rows - left.rows}
				if int(left.rows) < t.MinRows || int(right.rows) < t.MinRows {
					continue
				}
				if gain := score(left) + score(right) - whole; gain > l.gain+1e-9 {
					l.gain, l.col, l.bin, l.left0 = gain, c, b, left0
				}
			}
		}
	}
}

func (t *training) split(l *leaf, tree *[]Node) (a, b *leaf) {
	lo, hi := 0, len(l.rows)
	for lo < hi {
		k := int(t.cell[int(l.rows[lo])*t.cols+l.col])
		if k == 0 && l.left0 || k > 0 && k <= l.bin {
			lo++
		} else {
			hi--
			l.rows[lo], l.rows[hi] = l.rows[hi], l.rows[lo]
		}
	}
	a, b = &leaf{rows: l.rows[:lo]}, &leaf{rows: l.rows[lo:]}
	// The greater leaf's histogram is what the smaller one's leaves of the parent's.
	small, great := a, b
	if len(a.rows) > len(b.rows) {
		small, great = b, a
	}
	small.hist, great.hist = t.histogram(small.rows), l.hist
	for i, k := range small.hist {
		great.hist[i].grad -= k.grad
		great.hist[i].rows -= k.rows
	}
	for _, x := range []*leaf{a, b} {
		x.node = int32(len(*tree))
		*tree = append(*tree, Node{Col: -1, Value: t.value(x.rows)})
	}
	n := &(*tree)[l.node]
	n.Col, n.Cut, n.Unknown, n.Left, n.Right = int16(l.col), t.cuts[l.col][l.bin-1], l.left0, a.node, b.node
	return a, b
}

// nth is the value that sorting xs would put at place k; it reorders xs (Hoare's selection).
func nth(xs []float64, k int) float64 {
	lo, hi := 0, len(xs)-1
	for lo < hi {
		pivot := median(xs[lo], xs[(lo+hi)/2], xs[hi])
		i, j := lo, hi
		for i <= j {
			for xs[i] < pivot {
				i++
			}
			for xs[j] > pivot {
				j--
			}
			if i <= j {
				xs[i], xs[j] = xs[j], xs[i]
				i++
				j--
			}
		}
		switch {
		case k <= j:
			hi = j
		case k >= i:
			lo = i
		default:
			return xs[k]
		}
	}
	return xs[k]
}

func median(a, b, c float64) float64 {
	return math.Max(math.Min(a, b), math.Min(math.Max(a, b), c))
}
