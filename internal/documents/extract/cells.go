package extract

import (
	"math"
	"regexp"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"
)

// slope estimates how much a scan leans: the median rise between neighbours.
func slope(ws []Word) float64 {
	if len(ws) < 8 {
		return 0
	}
	byX := slices.Clone(ws)
	sort.Slice(byX, func(i, j int) bool { return byX[i].X0 < byX[j].X0 })
	var rise []float64
	for i, a := range byX {
		if len(a.Text) < 3 {
			continue
		}
		h := a.Y1 - a.Y0
		for _, b := range byX[i+1 : min(len(byX), i+60)] {
			gap := b.X0 - a.X1
			if gap > 1.5*h || len(b.Text) < 3 {
				continue
			}
			if gap > -1 && math.Abs((b.Y0+b.Y1-a.Y0-a.Y1)/2) < 0.5*h {
				rise = append(rise, (b.Y0+b.Y1-a.Y0-a.Y1)/(b.X0+b.X1-a.X0-a.X1))
				break
			}
		}
	}
	if len(rise) < 5 {
		return 0
	}
	return median(rise, 0)
}

// clusterLines groups words whose bands overlap, after taking the lean out.
func clusterLines(ws []Word, ocr bool) [][]Word {
	k := 0.0
	if ocr {
		k = lean(ws)
	}
	type band struct {
		ws     []Word
		y0, y1 float64
		mid    float64
	}
	mid := func(w Word) float64 { return (w.Y0+w.Y1)/2 - k*(w.X0+w.X1)/2 }
	sorted := slices.Clone(ws)
	sort.SliceStable(sorted, func(i, j int) bool { return mid(sorted[i]) < mid(sorted[j]) })
	var bands []*band
	for _, w := range sorted {
		m, h := mid(w), w.Y1-w.Y0
		var best *band
		bestOver := 0.45
		for i := len(bands) - 1; i >= 0 && i >= len(bands)-4; i-- {
			b := bands[i]
			over := min(m+h/2, b.y1) - max(m-h/2, b.y0)
			if r := over / max(1, min(h, b.y1-b.y0)); r > bestOver {
				// A taller band may swallow its neighbour: the middles must agree too.
				if math.Abs(m-b.mid) < 0.55*max(4, min(h, b.y1-b.y0)) {
					best, bestOver = b, r
				}
			}
		}
		if best == nil {
			bands = append(bands, &band{ws: []Word{w}, y0: m - h/2, y1: m + h/2, mid: m})
			continue
		}
		n := float64(len(best.ws))
		best.ws = append(best.ws, w)
		best.mid = (best.mid*n + m) / (n + 1)
		best.y0 = (best.y0*n + m - h/2) / (n + 1)
		best.y1 = (best.y1*n + m + h/2) / (n + 1)
	}
	sort.SliceStable(bands, func(i, j int) bool { return bands[i].mid < bands[j].mid })
	out := make([][]Word, 0, len(bands))
	for _, b := range bands {
		sort.SliceStable(b.ws, func(i, j int) bool { return b.ws[i].X0 < b.ws[j].X0 })
		out = append(out, b.ws)
	}
	return out
}

// leaders drops dots printed one by one between a label and its value; the
// label ends in a colon instead.
func leaders(ws []Word) []Word {
	out := ws[:0:0]
	for i := 0; i < len(ws); i++ {
		if k := len(out) - 1; ws[i].Text == ":" && k >= 0 {
			out[k].Text = strings.TrimRight(out[k].Text, ":") + ":"
			continue
		}
		j, dots := i, 0
		for j < len(ws) && strings.Trim(ws[j].Text, ".") == "" {
			dots += len(ws[j].Text)
			j++
		}
		if dots < 2 || dots == 2 && (len(out) == 0 || !strings.HasSuffix(out[len(out)-1].Text, ".")) {
			out = append(out, ws[i])
			continue
		}
		if k := len(out) - 1; k >= 0 {
			out[k].Text = strings.TrimRight(out[k].Text, ".:") + ":"
		}
		i = j - 1
	}
	return out
}

// pitches are the widths of one character in the parts of a page that were
// printed by a typewriter or a mainframe, where every character takes the same
// room. Boxes hold ink only: a blank behind a comma there looks as wide as two.
func pitches(lines [][]Word) (out []float64) {
	var steps []float64
	for _, l := range lines {
		for i, w := range l[1:] {
			a := l[i]
			n := utf8.RuneCountInString(a.Text)
			if n >= 3 && w.X0-a.X1 < 1.2*(a.X1-a.X0)/float64(n)+2 {
				steps = append(steps, (w.X0-a.X0)/float64(n+1))
			}
		}
	}
	slices.Sort(steps)
	enough := max(8, len(steps)/6)
	for len(out) < 3 {
		from, most, a := 0, 0, 0
		for b := range steps {
			for steps[b] > 1.05*steps[a] {
				a++
			}
			if b+1-a > most {
				from, most = a, b+1-a
			}
		}
		if most < enough {
			return out
		}
		sum := 0.0
		for _, p := range steps[from : from+most] {
			sum += p
		}
		out = append(out, sum/float64(most))
		steps = slices.Delete(steps, from, from+most)
	}
	return out
}

// onPitch reports a line set by a typewriter's pitch: every word starts on the
// grid and takes the room of its characters, no more and hardly less.
func onPitch(ws []Word, pitch float64) bool {
	for i, w := range ws {
		n := float64(utf8.RuneCountInString(w.Text))
		free := n - (w.X1-w.X0)/pitch
		at := (w.X0 - ws[max(i-1, 0)].X0) / pitch
		if free < -0.1-0.01*n || free > 1 || math.Abs(at-math.Round(at)) > 0.38 {
			return false
		}
	}
	return true
}

// splitCells cuts a line where the gap is clearly more than a blank: at two
// blanks where it is set in one of the page's pitches.
func splitCells(ws []Word, pageCW float64, typed []float64, ocr bool) [][]Word {
	cw := charWidth(ws)
	if cw == 0 {
		cw = pageCW
	}
	cw = min(max(cw, 0.7*pageCW), 1.9*pageCW)
	limit := 1.55 * cw
	var out [][]Word
	from := 0
	for i := 1; i <= len(ws); i++ {
		if i == len(ws) || ws[i].X0-ws[i-1].X1 > 2*limit {
			out = append(out, splitRun(ws[from:i], limit, typed)...)
			from = i
		}
	}
	return joinSigns(out, 14*cw)
}

// joinSigns puts a dollar sign that a form prints ahead of a column back before
// its amount: "$" in one cell, "2,800.00" in the next.
func joinSigns(cells [][]Word, reach float64) [][]Word {
	for i := 0; i+1 < len(cells); i++ {
		a, b := cells[i], cells[i+1]
		if a[len(a)-1].Text != "$" || !plainSumRE.MatchString(b[0].Text) || b[0].X0-a[len(a)-1].X1 > reach {
			continue
		}
		switch {
		case len(a) == 1:
			cells[i+1] = slices.Concat(a, b)
			cells = slices.Delete(cells, i, i+1)
		default:
			cells[i], cells[i+1] = a[:len(a)-1], slices.Concat(a[len(a)-1:], b)
		}
	}
	return cells
}

var plainSumRE = regexp.MustCompile(`^[\d,]*\d\.\d\d$`)

// splitRun cuts words that stand near each other.
func splitRun(ws []Word, limit float64, typed []float64) (out [][]Word) {
	pitch := 0.0
	if i := slices.IndexFunc(typed, func(p float64) bool { return onPitch(ws, p) }); i >= 0 {
		pitch = typed[i]
	}
	from := 0
	for i := 1; i < len(ws); i++ {
		gap := ws[i].X0 - ws[i-1].X1
		wide := gap > limit
		if pitch > 0 && gap < 2.5*pitch {
			wide = math.Round((ws[i].X0-ws[i-1].X0)/pitch)-float64(utf8.RuneCountInString(ws[i-1].Text)) > 1
		}
		if wide {
			out = append(out, ws[from:i])
			from = i
		}
	}
	return append(out, ws[from:])
}

func charWidth(ws []Word) float64 {
	var per []float64
	for _, w := range ws {
		if n := utf8.RuneCountInString(w.Text); n >= 2 {
			per = append(per, (w.X1-w.X0)/float64(n))
		}
	}
	return median(per, 0)
}

func newCell(ws []Word, page int, base float64) *cell {
	c := &cell{ws: ws, page: page, x0: math.Inf(1), y0: math.Inf(1), x1: math.Inf(-1), y1: math.Inf(-1)}
	var b strings.Builder
	bold := 0
	for i, w := range ws {
		if i > 0 {
			b.WriteByte(' ')
		}
		c.offs = append(c.offs, b.Len())
		b.WriteString(w.Text)
		c.x0, c.x1 = min(c.x0, w.X0), max(c.x1, w.X1)
		c.y0, c.y1 = min(c.y0, w.Y0+base), max(c.y1, w.Y1+base)
		if w.Bold {
			bold++
		}
	}
	c.text = b.String()
	c.bold = bold == len(ws)
	c.caps = strings.ToUpper(c.text) == c.text && strings.ToLower(c.text) != c.text
	return c
}

func median(vs []float64, otherwise float64) float64 {
	if len(vs) == 0 {
		return otherwise
	}
	sort.Float64s(vs)
	return vs[len(vs)/2]
}
