package assistweb

import (
	"fmt"
	"slices"

	"truckflow/internal/assist"
)

// bar is one of a histogram, in units of its drawing.
type bar struct {
	x, y, high int
	fill       string
	title      string
}

// A drawing's measures.
const (
	barWide = 12
	barGap  = 2
	barHigh = 40
)

// bars draws counts between assist.Edges; what took longer than was promised has
// another colour.
func bars(counts []int) (out []bar) {
	most := max(1, slices.Max(counts))
	for i, n := range counts {
		b := bar{x: i * (barWide + barGap), high: n * barHigh / most, fill: "var(--ok)", title: between(i) + ": " + calls(n)}
		if n > 0 {
			b.high = max(b.high, 2)
		}
		b.y = barHigh - b.high
		if i > 0 && assist.Edges[i-1] >= promise {
			b.fill = "var(--risk)"
		}
		out = append(out, b)
	}
	return out
}

func between(i int) string {
	switch {
	case i == 0:
		return "under " + edge(0)
	case i == len(assist.Edges):
		return "over " + edge(i-1)
	}
	return edge(i-1) + " to " + edge(i)
}

// edge names an edge: 5 ms, 2 s.
func edge(i int) string {
	if us := assist.Edges[i]; us < 1_000_000 {
		return fmt.Sprintf("%d ms", us/1000)
	}
	return fmt.Sprintf("%d s", assist.Edges[i]/1_000_000)
}

func calls(n int) string {
	if n == 1 {
		return "1 call"
	}
	return fmt.Sprintf("%d calls", n)
}

// inWords is a histogram for whoever cannot see it.
func inWords(what string, counts []int) string {
	s := what
	for i, n := range counts {
		if n > 0 {
			s += "; " + between(i) + ": " + calls(n)
		}
	}
	return s
}

// inTime counts the calls that kept the promise of 200 ms, in words.
func inTime(counts []int) string {
	in, all := 0, 0
	for i, n := range counts {
		all += n
		if i < len(assist.Edges) && assist.Edges[i] <= promise {
			in += n
		}
	}
	return fmt.Sprintf("%d of %s within 200 ms", in, calls(all))
}

// promisedAt is where the line of the promise stands in a drawing.
func promisedAt() int {
	return (slices.Index(assist.Edges, promise)+1)*(barWide+barGap) - barGap/2
}
