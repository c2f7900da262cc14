package gbm

import "slices"

// mostBins a column is cut into, besides the bin of what is not known.
const mostBins = 63

// binned is a table with each value as the number of its bin, row by row: a row
// lies in one or two cache lines, and a histogram is a walk over rows.
type binned struct {
	rows, cols int
	cell       []uint8     // row by row; 0 is not known
	cuts       [][]float32 // by column, rising: bin b holds what is above cuts[b-2] and up to cuts[b-1]
	first      []int       // where a column's bins begin in a histogram; one more at the end
}

func bin(t Table) *binned {
	b := &binned{rows: len(t.Y), cols: len(t.Cols), first: make([]int, len(t.Cols)+1)}
	b.cell = make([]uint8, b.rows*b.cols)
	for c, col := range t.Cols {
		cuts := cutsOf(col)
		b.cuts = append(b.cuts, cuts)
		b.first[c+1] = b.first[c] + len(cuts) + 2
		for r, v := range col {
			if v == v {
				at, _ := slices.BinarySearch(cuts, v)
				b.cell[r*b.cols+c] = uint8(at + 1)
			}
		}
	}
	return b
}

// cutsOf are the values at which a column may be asked: each but the greatest
// where there are few, else at equal shares of the rows.
func cutsOf(col []float32) []float32 {
	known := make([]float32, 0, len(col))
	for _, v := range col {
		if v == v {
			known = append(known, v)
		}
	}
	slices.Sort(known)
	distinct := slices.Compact(slices.Clone(known))
	if len(distinct) <= mostBins {
		return distinct[:max(len(distinct)-1, 0)]
	}
	cuts := make([]float32, 0, mostBins-1)
	for i := 1; i < mostBins; i++ {
		cuts = append(cuts, known[i*len(known)/mostBins])
	}
	cuts = slices.Compact(cuts)
	if cuts[len(cuts)-1] == distinct[len(distinct)-1] { // nothing would lie above it
		cuts = cuts[:len(cuts)-1]
	}
	return cuts
}
