package extract

import (
	"math"
	"slices"
)

// uprightWords are the captions that forms print letter under letter beside a box.
var uprightWords = words("FROM CARRIER BROKER SHIPPER CONSIGNEE CUSTOMER RECEIVER DRIVER ORIGIN")

// dropUpright leaves out captions set letter under letter: their letters fall
// into the lines beside them ("R CHALK HILL HAULING LLC").
func dropUpright(ws []Word) []Word {
	var at []int
	for i, w := range ws {
		if len(w.Text) == 1 && w.Text[0] >= 'A' && w.Text[0] <= 'Z' {
			at = append(at, i)
		}
	}
	if len(at) < 4 {
		return ws
	}
	mid := func(i int) float64 { return (ws[i].X0 + ws[i].X1) / 2 }
	slices.SortStableFunc(at, func(a, b int) int { return int(math.Copysign(1, ws[a].Y0-ws[b].Y0)) })
	gone := map[int]bool{}
	for k, first := range at {
		run, text := []int{first}, ws[first].Text
		for _, i := range at[k+1:] {
			last := run[len(run)-1]
			if math.Abs(mid(i)-mid(first)) < 3 && ws[i].Y0 > ws[last].Y0+1 && ws[i].Y0-ws[last].Y1 < 2.5*(ws[last].Y1-ws[last].Y0) {
				run, text = append(run, i), text+ws[i].Text
			}
			if uprightWords[text] {
				break
			}
		}
		if uprightWords[text] {
			for _, i := range run {
				gone[i] = true
			}
		}
	}
	if len(gone) == 0 {
		return ws
	}
	var out []Word
	for i, w := range ws {
		if !gone[i] {
			out = append(out, w)
		}
	}
	return out
}
