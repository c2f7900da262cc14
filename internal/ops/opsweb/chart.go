package opsweb

import (
	"fmt"
	"math"
	"strings"

	"truckflow/internal/web/ui"
)

// chart is drawn by the server, in no colour but that of its meaning, and needs no
// script. Its inside is stretched to the page's width; its words are not.
type chart struct {
	label  string // what a reader who does not see it is told
	x, y   axis
	series []series
	marks  []tick // upright lines, x as their place
}

// axis maps values to thousandths of the width or height.
type axis struct {
	from, to float64
	log      bool
	ticks    []tick
}

type tick struct {
	at   float64
	text string
}

// series is a line, or a band between low and high.
type series struct {
	name      string
	tone      ui.Tone
	low, high []point // high alone is a line
	steps     bool    // holds a value until the next
}

type point struct{ x, y float64 }

func (a axis) place(v float64) float64 {
	from, to := a.from, a.to
	if a.log {
		v, from, to = math.Log(v), math.Log(from), math.Log(to)
	}
	if to <= from {
		return 0
	}
	return 1000 * min(1, max(0, (v-from)/(to-from)))
}

// across is a place in percent of the width.
func (c chart) across(v float64) string { return fmt.Sprintf("%.2f%%", c.x.place(v)/10) }

// down is a place in percent of the height.
func (c chart) down(v float64) string { return fmt.Sprintf("%.2f%%", 100-c.y.place(v)/10) }

// feet are the ticks below that stand clear of each other on a phone; the last stays.
func (c chart) feet() (out []tick) {
	room := 2000.0
	for i := len(c.x.ticks) - 1; i >= 0; i-- {
		if p := c.x.place(c.x.ticks[i].at); room-p >= 110 {
			out, room = append(out, c.x.ticks[i]), p
		}
	}
	return out
}

// line is the path of points.
func (c chart) line(ps []point, steps bool) string {
	var b strings.Builder
	for i, p := range ps {
		x, y := c.x.place(p.x), 1000-c.y.place(p.y)
		switch {
		case i == 0:
			fmt.Fprintf(&b, "M%.1f %.1f", x, y)
		case steps:
			fmt.Fprintf(&b, "H%.1fV%.1f", x, y)
		default:
			fmt.Fprintf(&b, "L%.1f %.1f", x, y)
		}
	}
	return b.String()
}

// band is the closed path between low and high.
func (c chart) band(s series) string {
	back := make([]point, 0, len(s.low))
	for i := len(s.low) - 1; i >= 0; i-- {
		back = append(back, s.low[i])
	}
	return c.line(s.high, false) + "L" + strings.TrimPrefix(c.line(back, false), "M") + "Z"
}
