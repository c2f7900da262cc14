package extract

import "math"

const (
	// underGap is the gap, in widths of a character, that may part two columns' headings:
	// blanks between words have a half.
	underGap = 1.15
	// underWide is how much wider it is than the other blanks of its line.
	underWide = 2
	// underOff is how far, in widths of a character, what stands under a heading may be off.
	underOff = 0.7
)

// cutUnder cuts the cells of recognised lines, whose gaps are a little wider or narrower
// than printed, where another line shows a column: a word behind more than a blank stands
// on the edge at which a cell of one of the two lines below begins.
func cutUnder(lines [][][]Word, pageCW float64) {
	for i, cells := range lines {
		var edges []float64
		for k := i + 1; k < min(len(lines), i+3); k++ {
			for _, c := range lines[k][min(1, len(lines[k])):] {
				edges = append(edges, c[0].X0)
			}
		}
		var out [][]Word
		for _, c := range cells {
			wide := max(underGap*max(charWidth(c), 0.7*pageCW), underWide*blank(cells))
			from := 0
			for k := 1; k < len(c); k++ {
				if c[k].X0-c[k-1].X1 < wide {
					continue
				}
				for _, x := range edges {
					if math.Abs(x-c[k].X0) < underOff*pageCW {
						out, from = append(out, c[from:k]), k
						break
					}
				}
			}
			out = append(out, c[from:])
		}
		lines[i] = out
	}
}

// blank is the middle of the gaps inside a line's cells.
func blank(cells [][]Word) float64 {
	var gaps []float64
	for _, c := range cells {
		for k := 1; k < len(c); k++ {
			gaps = append(gaps, c[k].X0-c[k-1].X1)
		}
	}
	return median(gaps, 0)
}
