package extract

import (
	"math"
	"regexp"
	"slices"
	"sort"
	"strings"
)

// part is a page, or one of its columns that must be read by itself.
type part struct {
	Page
	n   int // the printed page, from 1
	col int // which side or main column, counted through the paper; 0 for a whole page
}

// inParts cuts pages with a side column into what stands above it, the side
// column, the main column, and what stands below. Lines of the two columns
// have nothing to do with each other; read across, they would be mixed up.
func inParts(pages []Page) []part {
	var out []part
	for i, p := range pages {
		cols := sideColumn(p)
		if cols == nil {
			cols = [][]Word{p.Words}
		}
		for k, ws := range cols {
			x := part{Page{p.Width, p.Height, ws, p.OCR}, i + 1, 0}
			if k == 1 || k == 2 {
				x.col = 2*i + k
			}
			if len(ws) > 0 || len(cols) == 1 {
				out = append(out, x)
			}
		}
	}
	return out
}

// gutter is an empty strip between two columns: x0..x1, on lines from..to.
type gutter struct {
	x0, x1   float64
	from, to int
}

// sideColumn finds two columns whose lines keep different steps, and returns
// the words above, left, right and below; nil where the page is no such page.
// A table's or a form's columns share their base lines or hold columns of their
// own, a timeline's side column is dates: these stay together.
func sideColumn(p Page) [][]Word {
	ws := cleanWords(p)
	if len(ws) < 60 || len(ws) > 2500 {
		return nil
	}
	lines, cw := clusterLines(ws, p.OCR), charWidth(ws)
	g := widestGutter(lines, cw)
	if g.to-g.from < 14 {
		return nil
	}
	var above, left, right, below []Word
	var ly, ry []Word // the first word of each line of a column
	broken, timed := 0, 0
	for i, l := range lines {
		switch {
		case i < g.from:
			above = append(above, l...)
		case i > g.to:
			below = append(below, l...)
		default:
			at := sort.Search(len(l), func(k int) bool { return l[k].X0 >= g.x1-0.1 })
			if at > 0 {
				ly = append(ly, l[0])
			}
			if at < len(l) {
				ry = append(ry, l[at])
			}
			left, right = append(left, l[:at]...), append(right, l[at:]...)
			broken += len(splitCells(l[:at], cw, nil, p.OCR)) / 2
			broken += len(splitCells(l[at:], cw, nil, p.OCR)) / 2
			if t := textOf(l[:at]); len(days(t)) > 0 || len(times(t, true)) > 0 {
				timed++
			}
		}
	}
	if len(ly) < 8 || len(ry) < 8 || 2*len(ly) < len(ry) || 2*len(ry) < len(ly) || levelShare(ly, ry) > 0.55 ||
		8*broken > len(ly)+len(ry) || 3*timed > len(ly) {
		return nil
	}
	return [][]Word{above, left, right, below}
}

func textOf(ws []Word) string {
	ts := make([]string, len(ws))
	for i, w := range ws {
		ts[i] = w.Text
	}
	return strings.Join(ts, " ")
}

// widestGutter looks for the strip that most lines leave empty with words on both sides of it.
func widestGutter(lines [][]Word, cw float64) gutter {
	var best gutter
	if len(lines) < 16 {
		return best
	}
	var edges []float64
	for _, l := range lines {
		for i := range l {
			if i == 0 || l[i].X0-l[i-1].X1 > 1.5*cw {
				edges = append(edges, l[i].X0)
			}
		}
	}
	sort.Float64s(edges)
	for i := 0; i < len(edges); {
		j := i
		for j < len(edges) && edges[j]-edges[i] < 1.5 {
			j++
		}
		if j-i >= 8 {
			if g := gutterAt(lines, edges[i], 1.2*cw); g.to-g.from > best.to-best.from {
				best = g
			}
		}
		i = j
	}
	return best
}

// gutterAt is the longest run of lines that leave a strip left of x empty and
// stand on both sides of it.
func gutterAt(lines [][]Word, x, width float64) gutter {
	var best gutter
	start, lefts, rights := 0, 0, 0
	flush := func(end int) {
		if lefts >= 8 && rights >= 8 && end-start > best.to-best.from {
			best = gutter{x - width, x, start, end}
		}
	}
	for i, l := range lines {
		crossed, left, right := false, false, false
		for _, w := range l {
			switch {
			case w.X0 >= x-0.1:
				right = true
			case w.X1 <= x-width:
				left = true
			default:
				crossed = true
			}
		}
		if crossed {
			flush(i - 1)
			start, lefts, rights = i+1, 0, 0
			continue
		}
		if left {
			lefts++
		}
		if right {
			rights++
		}
	}
	flush(len(lines) - 1)
	return best
}

// levelShare is the share of the shorter column's lines that stand level with a line of the other.
func levelShare(a, b []Word) float64 {
	if len(b) < len(a) {
		a, b = b, a
	}
	n := 0
	for _, w := range a {
		for _, o := range b {
			if math.Abs(w.Y0+w.Y1-o.Y0-o.Y1) < 0.5*(w.Y1-w.Y0) {
				n++
				break
			}
		}
	}
	return float64(n) / float64(len(a))
}

// unnumber takes the running numbers 1, 2, 3 … off a form's boxes ("4. CARRIER",
// "08 Loading place"). Stops counted as "1 Pickup, 2 Delivery" keep theirs.
func unnumber(lines []*line) {
	type numbered struct {
		l   *line
		c   *cell
		sep bool // the number is a cell of its own
	}
	var run []numbered
	stops := 0
	for _, l := range lines {
		for i, c := range l.cells {
			n, ok := boxNumber(c.ws[0].Text)
			if !ok || n != len(run)+1 {
				continue
			}
			x := numbered{l, c, len(c.ws) == 1}
			label := ""
			if x.sep {
				if i+1 == len(l.cells) {
					continue
				}
				label = l.cells[i+1].text
			} else {
				label = c.text[c.offs[1]:]
			}
			if !isLetter(label) {
				continue
			}
			if key, _ := bareKey(label); lexicon[key].sub == sBlock && stopKind(label) != cNone {
				stops++
			}
			run = append(run, x)
		}
	}
	if len(run) < 6 || 2*stops > len(run) {
		return
	}
	for i, x := range run {
		inRow := i > 0 && run[i-1].l == x.l || i+1 < len(run) && run[i+1].l == x.l
		if x.sep {
			x.l.drop(slices.Index(x.l.cells, x.c))
		} else {
			x0 := x.c.x0
			x.c.reword(x.c.ws[1:])
			if inRow {
				x.c.x0 = x0 // a box's values stand under its number
			}
		}
	}
}

var (
	tailRE    = regexp.MustCompile(`^(?:[AaPp]\.?[Mm]\.?(?: [A-Z]{2,3}T?)?|\d{5}(?:-\d{4})?|LLC|L\.L\.C\.|Inc\.?|INC\.?|Co\.|CO\.|Corp\.?|CORP\.?|Ltd\.?|LTD\.?),?$`)
	tornZIP   = regexp.MustCompile(`, [A-Z]{2},?$`)
	legalRE   = regexp.MustCompile(`(?i)\b(?:LLC|L\.L\.C\.|INC|CO|CORP|LTD)\.?$`)
	tornClock = regexp.MustCompile(`\d{1,2}:\d{2}$`)
	tornName  = regexp.MustCompile(`^[A-Z][\w&'.\-]*(?: [A-Z&][\w&'.\-]*){1,6},?$`)
)

// rejoin puts the torn-off end of a line back: a ZIP under "Springfield, IL", "PM"
// under "until 4:30", "LLC" under a company's name; and a stop's number to its word.
func rejoin(lines []*line) {
	for k := 1; k < len(lines); k++ {
		l := lines[k]
		for i, c := range l.cells {
			up := cellAbove(lines, k, c)
			if up == nil {
				continue
			}
			if c.col > 0 && len(c.ws) <= 3 && legalRE.MatchString(c.text) && tornName.MatchString(up.text) && !legalRE.MatchString(up.text) {
				up.take(c) // a company's name in a narrow column
				l.drop(i)
				break
			}
			if len(c.ws) == 1 && tornMail(up.text, c.text) {
				last := &up.ws[len(up.ws)-1]
				last.Text, last.Y1 = last.Text+c.text, c.ws[0].Y1
				up.reword(up.ws)
				l.drop(i)
				break
			}
			if len(c.ws) > 2 || !tailRE.MatchString(c.text) {
				continue
			}
			first := c.text[0]
			switch {
			case first >= '0' && first <= '9':
				if !tornZIP.MatchString(up.text) {
					continue
				}
			case strings.IndexByte("AaPp", first) >= 0 && len(c.ws[0].Text) <= 4:
				if !tornClock.MatchString(up.text) {
					continue
				}
			case !tornName.MatchString(up.text) || legalRE.MatchString(up.text):
				continue
			}
			up.take(c)
			l.drop(i)
			break
		}
	}
	for _, l := range lines {
		for i := 0; i+1 < len(l.cells); i++ {
			c, n := l.cells[i], l.cells[i+1]
			if _, ok := boxNumber(c.text); ok && len(n.ws) <= 2 && stopKind(n.text) != cNone && n.x0-c.x1 < 1.2*(c.y1-c.y0) {
				c.take(n)
				l.drop(i + 1)
			}
		}
	}
}

// tornMail reports an e-mail address whose end stands on the next line.
func tornMail(up, rest string) bool {
	at := strings.LastIndexByte(up, '@')
	if at < 1 || strings.ContainsAny(up[at:], " ,;") || !mailTailRE.MatchString(rest) || strings.Contains(rest, "@") {
		return false
	}
	dot := strings.LastIndexByte(up, '.')
	return (dot < at || !topDomains[strings.ToLower(up[dot+1:])]) && topDomains[strings.ToLower(rest[strings.LastIndexByte(rest, '.')+1:])] ||
		dot > at && !topDomains[strings.ToLower(up[dot+1:])] && topDomains[strings.ToLower(up[dot+1:]+rest)]
}

var (
	mailTailRE = regexp.MustCompile(`^[A-Za-z0-9\-.]{1,30}$`)
	topDomains = map[string]bool{"com": true, "net": true, "org": true, "us": true, "ca": true, "mx": true, "co": true, "io": true, "biz": true, "info": true, "edu": true, "gov": true, "ai": true, "app": true, "email": true, "me": true, "tv": true, "example": true, "test": true, "transport": true, "express": true, "solutions": true, "company": true, "trucking": true}
)

// take puts n's words behind c's own.
func (c *cell) take(n *cell) {
	c.reword(append(slices.Clone(c.ws), n.ws...))
	c.y1 = max(c.y1, n.y1)
}

// reword gives a cell other words in its own place.
func (c *cell) reword(ws []Word) {
	n := newCell(ws, c.page, 0)
	n.y0, n.y1, n.ocr, n.line, n.pos, n.col = c.y0, c.y1, c.ocr, c.line, c.pos, c.col
	*c = *n
}

// drop takes cell i off the line.
func (l *line) drop(i int) {
	l.cells = append(l.cells[:i], l.cells[i+1:]...)
	for j, x := range l.cells {
		x.pos = j
	}
}

// cellAbove is the cell right over c: same left edge, an ordinary line's step up.
func cellAbove(lines []*line, k int, c *cell) *cell {
	for j := k - 1; j >= 0 && j >= k-2; j-- {
		for _, u := range lines[j].cells {
			if u.page == c.page && math.Abs(u.x0-c.x0) < 2 && c.y0-u.y1 < 0.9*(c.y1-c.y0) {
				return u
			}
		}
	}
	return nil
}

// boxNumber reads "4.", "08" or "12)".
func boxNumber(s string) (int, bool) {
	t := strings.TrimRight(s, ".)")
	n := atoi(t)
	return n, n > 0 && n < 60 && len(t) <= 2 && t == onlyDigits(t)
}

func isLetter(s string) bool {
	return s != "" && (s[0]|0x20 >= 'a' && s[0]|0x20 <= 'z')
}
