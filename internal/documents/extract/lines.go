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
	spaced     bool // was set with blanks between its letters
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
	mendStops(s.lines)
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
	out = dotted(dropUpright(out))
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
