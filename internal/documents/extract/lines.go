package extract

import (
	"math"
	"regexp"
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds on what one document may cost, whatever its words are.
const (
	maxWordsPerPage = 6000
	maxPages        = 60
	maxWordBytes    = 120
)

// cell is a run of words on one line with no wide gap inside. Its y runs on
// from page to page (gy), so that a block may cross a page break; evidence
// keeps each word's own box.
type cell struct {
	ws         []Word
	text       string
	offs       []int
	page, line int
	col        int // of which column that is read by itself; 0 for none
	pos        int // index in the line
	x0, x1     float64
	y0, y1     float64 // on from page to page
	bold       bool
	ocr        bool
	segs       []seg
	head       *heading
	used       bool // taken as the value of a label
	caps       bool
	tableRow   int  // id of the table record it belongs to, or 0
	headerOf   int  // id of the table whose header row it is in, or 0
	goods      bool // in a table of freight: no word of a stop
}

// line is one printed line of cells, left to right.
type line struct {
	page   int
	cells  []*cell
	y0, y1 float64
	opens  bool // it opens one stop's own box: a heading and labels over its values
}

// sheet is a whole document laid out.
type sheet struct {
	lines []*line
	cells []*cell
	em    float64 // typical line height, points
	cw    float64 // typical character width, points
	ocr   bool
	pages int
	text  string // every line's text, for document-wide questions
}

// ev is a piece of evidence: words of one cell, or of several joined.
type ev struct {
	text string
	page int
	box  [4]float64
	conf float64
	c    *cell
}

func (e ev) ok() bool { return e.page > 0 }

// cut returns the evidence for the byte range [a,b) of the cell's text.
func (c *cell) cut(a, b int) ev {
	for a < b && c.text[a] == ' ' {
		a++
	}
	for b > a && c.text[b-1] == ' ' {
		b--
	}
	e := ev{text: c.text[a:b], page: c.page, conf: 1, c: c}
	first := true
	for i, w := range c.ws {
		end := c.offs[i] + len(w.Text)
		if end <= a || c.offs[i] >= b {
			continue
		}
		if first {
			e.box = [4]float64{w.X0, w.Y0, w.X1, w.Y1}
			first = false
		} else {
			e.box = union(e.box, [4]float64{w.X0, w.Y0, w.X1, w.Y1})
		}
		e.conf = min(e.conf, w.Conf)
	}
	return e
}

func (c *cell) all() ev { return c.cut(0, len(c.text)) }

// sub narrows evidence that lies in one cell to [a,b) of its own text.
func (e ev) sub(a, b int) ev {
	if e.c != nil {
		if at := strings.Index(e.c.text, e.text); at >= 0 && strings.Count(e.c.text, e.text) == 1 {
			return e.c.cut(at+a, at+b)
		}
	}
	e.text = strings.TrimSpace(e.text[a:b])
	return e
}

// join puts evidence together in reading order; the page is the first one's.
func join(sep string, es ...ev) ev {
	var out ev
	for _, e := range es {
		if e.page == 0 {
			continue
		}
		if out.page == 0 {
			out = e
			continue
		}
		if sep == ", " {
			out.text = strings.TrimRight(out.text, ",") // "CT," over "SUITE 2"
		}
		out.text += sep + e.text
		out.conf = min(out.conf, e.conf)
		out.c = nil
		if e.page == out.page {
			out.box = union(out.box, e.box)
		}
	}
	return out
}

func union(a, b [4]float64) [4]float64 {
	return [4]float64{min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])}
}

// layOut turns pages of words into lines of cells.
func layOut(pages []Page) *sheet {
	s := &sheet{pages: len(pages)}
	if len(pages) > maxPages {
		pages = pages[:maxPages]
	}
	var seen []repeated
	base := 0.0
	var heights []float64
	parts := inParts(pages)
	for _, p := range parts {
		s.ocr = s.ocr || p.OCR
		ws := cleanWords(p.Page)
		lines := clusterLines(ws, p.OCR)
		if p.OCR {
			lines = mendLines(lines)
		}
		cw := charWidth(ws)
		typed := pitches(lines)
		if s.cw == 0 {
			s.cw = cw
		}
		bottom := 0.0
		for k, lw := range lines {
			lines[k] = leaders(lw)
		}
		var cuts [][][]Word
		for _, lw := range lines {
			cuts = append(cuts, splitCells(lw, cw, typed, p.OCR))
		}
		if p.OCR {
			cutUnder(cuts, cw)
		}
		for k, lw := range lines {
			if len(lw) == 0 {
				continue
			}
			if p.Height > 0 && lw[0].Y0 > 0.86*p.Height && footerRE.MatchString(lineText(lw)) {
				continue
			}
			if len(pages) > 1 {
				var again bool
				if seen, again = runningLine(seen, lw, p.n, p.Height); again {
					continue
				}
			}
			l := &line{page: p.n, y0: math.Inf(1), y1: math.Inf(-1)}
			for _, cws := range cuts[k] {
				c := newCell(cws, p.n, base)
				c.ocr, c.col = p.OCR, p.col
				l.y0, l.y1 = min(l.y0, c.y0), max(l.y1, c.y1)
				c.line, c.pos = len(s.lines), len(l.cells)
				l.cells = append(l.cells, c)
				s.cells = append(s.cells, c)
			}
			heights = append(heights, l.y1-l.y0)
			bottom = max(bottom, l.y1)
			s.lines = append(s.lines, l)
		}
		if bottom > base {
			base = bottom + 6
		}
	}
	s.lines = dropAudit(dropOlder(s.lines))
	unnumber(s.lines)
	rejoin(s.lines)
	mendTorn(s.lines)
	s.lines = slices.DeleteFunc(s.lines, func(l *line) bool { return len(l.cells) == 0 })
	s.cells = s.cells[:0]
	for i, l := range s.lines {
		for _, c := range l.cells {
			c.line = i
			s.cells = append(s.cells, c)
		}
	}
	s.em = median(heights, 10)
	if s.cw == 0 {
		s.cw = 5
	}
	var b strings.Builder
	for _, l := range s.lines {
		for i, c := range l.cells {
			if i > 0 {
				b.WriteString("  ")
			}
			b.WriteString(c.text)
		}
		b.WriteByte('\n')
	}
	s.text = b.String()
	return s
}

// footerRE is a page's number, with the sender's name and the load's number
// beside it at most: what stands there tells of no stop.
var footerRE = regexp.MustCompile(`(?i)^[^@$]{0,70}\bpage:? ?\d{1,2}(?: ?(?:of|/) ?\d{1,2})?$`)

func lineText(ws []Word) string {
	var b strings.Builder
	for i, w := range ws {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(w.Text)
	}
	return b.String()
}

// auditRE heads a sheet that a service for signing puts behind the paper.
var auditRE = regexp.MustCompile(`(?i)^(?:\w+ )?(?:audit (?:report|trail|log)|certificate of completion|signature certificate|signing certificate)$`)

// dropAudit leaves out the sheet that tells who signed the paper, when and from
// where: its people, numbers and hours are none of the load's.
func dropAudit(lines []*line) []*line {
	for i, l := range lines {
		if l.page > 1 && i > 8 && len(l.cells) == 1 && auditRE.MatchString(l.cells[0].text) && lines[i].page != lines[max(i-3, 0)].page {
			return lines[:i]
		}
	}
	return lines
}

// dropOlder leaves out the older mails quoted below an answer, when the answer
// itself tells of a place and an amount.
func dropOlder(lines []*line) []*line {
	var fresh []*line
	var text strings.Builder
	older := false
	answers := slices.ContainsFunc(lines, func(l *line) bool { return olderRE.MatchString(l.cells[0].text) })
	if !answers {
		return lines // a ">" is only a bullet
	}
	for _, l := range lines {
		first := l.cells[0].text
		if olderRE.MatchString(first) && len(fresh) > 3 {
			older = true
		}
		if older || strings.HasPrefix(first, ">") {
			continue
		}
		fresh = append(fresh, l)
		for _, c := range l.cells {
			text.WriteString(c.text)
			text.WriteByte(' ')
		}
	}
	if len(fresh) == len(lines) || len(fresh) < 6 || !strings.Contains(text.String(), "$") || !zipRE.MatchString(text.String()) {
		return lines
	}
	return fresh
}

// repeated remembers a line of an earlier page, to drop running headers and footers.
type repeated struct {
	key  string
	y    float64
	page int
}

func runningLine(seen []repeated, ws []Word, page int, height float64) ([]repeated, bool) {
	y := ws[0].Y0
	if height <= 0 || y > 0.3*height && y < 0.85*height || len(seen) > 400 {
		return seen, false
	}
	var b strings.Builder
	for _, w := range ws {
		b.WriteString(w.Text)
	}
	key := b.String()
	for _, r := range seen {
		if r.page != page && math.Abs(r.y-y) < 6 && r.key == key {
			return seen, true
		}
	}
	return append(seen, repeated{key, y, page}), false
}

// cleanWords drops blank, absurd and doubled words and rules made of dashes.
func cleanWords(p Page) []Word {
	n := min(len(p.Words), maxWordsPerPage)
	out := make([]Word, 0, n)
	for _, w := range p.Words[:n] {
		w.Text = strings.TrimSpace(strings.ToValidUTF8(w.Text, "?"))
		w.Text = tidyGlyphs(w.Text)
		if t := strings.TrimRight(w.Text, "."); len(w.Text)-len(t) >= 3 && t != "" {
			w.Text = t + ":" // a leader of dots says what a colon says
		}
		if w.Text == "" || isRule(w.Text) || !sane(w.X0, w.Y0, w.X1, w.Y1) {
			continue
		}
		if len(w.Text) > maxWordBytes {
			w.Text = strings.ToValidUTF8(w.Text[:maxWordBytes], "")
		}
		if w.Conf <= 0 || w.Conf > 1 || math.IsNaN(w.Conf) {
			w.Conf = 1
		}
		if w.X1 < w.X0 {
			w.X0, w.X1 = w.X1, w.X0
		}
		if w.Y1 < w.Y0 {
			w.Y0, w.Y1 = w.Y1, w.Y0
		}
		if w.Y1-w.Y0 < 1 {
			w.Y1 = w.Y0 + 1
		}
		// A blank or a bar inside a "word" is a break between words.
		out = append(out, splitWord(w)...)
	}
	out = dotted(out)
	raiseDashes(out)
	sort.SliceStable(out, func(i, j int) bool { return out[i].Y0 < out[j].Y0 })
	return slices.CompactFunc(out, func(a, b Word) bool {
		return a.Text == b.Text && math.Abs(a.X0-b.X0) < 1 && math.Abs(a.Y0-b.Y0) < 1
	})
}

// dotted turns a row of dots into the colon of the word ahead of it. Its ink is
// so low that it would make a line of its own.
func dotted(ws []Word) []Word {
	out := ws[:0:0]
	for _, w := range ws {
		if len(w.Text) < 3 || strings.Trim(w.Text, ".") != "" {
			out = append(out, w)
		}
	}
	if len(out) == len(ws) {
		return ws
	}
	for _, w := range ws {
		if len(w.Text) < 3 || strings.Trim(w.Text, ".") != "" {
			continue
		}
		best, mid := -1, (w.Y0+w.Y1)/2
		for i, o := range out {
			if o.X1 < w.X0+2 && w.X0-o.X1 < 14 && o.Y0-2 < mid && mid < o.Y1+3 && (best < 0 || o.X1 > out[best].X1) {
				best = i
			}
		}
		if best >= 0 {
			out[best].Text = strings.TrimRight(out[best].Text, ".:") + ":"
		}
	}
	return out
}

// raiseDashes gives a dash the height of the word ahead of it: its ink is so
// low that it could fall between two lines.
func raiseDashes(ws []Word) {
	for i := range ws {
		w := &ws[i]
		if w.Text != "-" && w.Text != "~" {
			continue
		}
		best, mid := -1, (w.Y0+w.Y1)/2
		for k, o := range ws {
			if gap := w.X0 - o.X1; k != i && gap > -1 && gap < 1.5*(o.Y1-o.Y0) && o.Y0 < mid && mid < o.Y1 && (best < 0 || o.X1 > ws[best].X1) {
				best = k
			}
		}
		if best >= 0 {
			w.Y0, w.Y1 = ws[best].Y0, ws[best].Y1
		}
	}
}

var glyphs = strings.NewReplacer("\u00a0", " ", "\u2013", "-", "\u2014", "-", "\u2212", "-", "\u2010", "-", "\u2011", "-",
	"\u2018", "'", "\u2019", "'", "\u2032", "'", "\u201c", "\"", "\u201d", "\"", "\u2033", "\"", "\ufb01", "fi", "\ufb02", "fl",
	"\u2022", "•", "\u00ad", "", "\u200b", "", "\ufeff", "", "\u2192", "→", "\u00ba", "°")

func tidyGlyphs(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return glyphs.Replace(s)
		}
	}
	return s
}

func sane(vs ...float64) bool {
	for _, v := range vs {
		if math.IsNaN(v) || math.Abs(v) > 1e5 {
			return false
		}
	}
	return true
}

// isRule reports a line drawn with characters, or leaders between a label and its value.
func isRule(s string) bool {
	if len(s) < 2 {
		return s == "|" || s == "¦" || s == "│"
	}
	if strings.Trim(s, ".") == "" {
		return false // dots lead to a value; see leaders
	}
	for _, r := range s {
		if !strings.ContainsRune("-=_.*|+~·─━═│┃┼┬┴├┤╔╗╚╝║", r) {
			return false
		}
	}
	return s != "--"
}

// splitWord cuts a word at blanks and bars, sharing its box out by characters.
func splitWord(w Word) []Word {
	if strings.Trim(w.Text, ".") == "" || !strings.ContainsAny(w.Text, " |\t") && !strings.Contains(w.Text, "__") && !strings.Contains(w.Text, "....") {
		return []Word{w}
	}
	runes := []rune(w.Text)
	per := (w.X1 - w.X0) / float64(len(runes))
	var out []Word
	for i := 0; i < len(runes); {
		brk := func(k int) bool {
			return unicode.IsSpace(runes[k]) || runes[k] == '|' || runes[k] == '_' && (k+1 < len(runes) && runes[k+1] == '_' || k > 0 && runes[k-1] == '_') ||
				runes[k] == '.' && (k+3 < len(runes) && string(runes[k:k+4]) == "....")
		}
		if brk(i) {
			i++
			continue
		}
		j := i
		for j < len(runes) && !brk(j) {
			j++
		}
		v := w
		v.Text, v.X0, v.X1 = string(runes[i:j]), w.X0+per*float64(i), w.X0+per*float64(j)
		if !isRule(v.Text) {
			out = append(out, v)
		}
		i = j
	}
	return out
}

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
	return out
}

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
