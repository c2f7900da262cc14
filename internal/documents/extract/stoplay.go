package extract

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// mendStops puts together what forms set apart in the parts that tell of stops:
// letters with blanks between them, a stop's word and its number, a town and its
// ZIP; and it cuts captions without a colon from their values.
func mendStops(lines []*line) {
	for _, l := range lines {
		for _, c := range l.cells {
			unglue(c)
		}
		spacedOut(l)
		zipBehind(l)
	}
	countStops(lines)
	for from := 0; from < len(lines); {
		to := from
		for to < len(lines) && lines[to].page == lines[from].page {
			to++
		}
		cutCaptions(lines[from:to])
		from = to
	}
}

var gluedRE = regexp.MustCompile(`^([A-Z][a-z]{3,})([A-Z]{4,})$`)

// unglue parts a form's word from the value in capitals that sticks to it:
// "D/R PointACME MILLS".
func unglue(c *cell) {
	for i, w := range c.ws {
		m := gluedRE.FindStringSubmatch(w.Text)
		if m == nil {
			continue
		}
		a, b := w, w
		mid := w.X0 + (w.X1-w.X0)*float64(len(m[1]))/float64(len(w.Text))
		a.Text, a.X1, b.Text, b.X0 = m[1], mid, m[2], mid
		c.reword(slices.Concat(c.ws[:i], []Word{a, b}, c.ws[i+1:]))
		return
	}
}

// spacedOut closes words set with blanks between their letters: "L O A D   A T".
func spacedOut(l *line) {
	spaced := func(c *cell) bool {
		for _, w := range c.ws {
			if utf8.RuneCountInString(w.Text) > 1 || !isLetter(w.Text) {
				return false
			}
		}
		return len(c.ws) > 1
	}
	long := slices.ContainsFunc(l.cells, func(c *cell) bool { return spaced(c) && len(c.ws) > 3 })
	if !long {
		return
	}
	l.cells = slices.DeleteFunc(l.cells, func(c *cell) bool { return strings.Trim(c.text, "* ") == "" })
	for i, c := range l.cells {
		c.pos = i
	}
	for i := 0; i < len(l.cells); i++ {
		c := l.cells[i]
		if !spaced(c) {
			continue
		}
		w := c.ws[0]
		for _, o := range c.ws[1:] {
			w.Text += o.Text
			w.X1, w.Conf = o.X1, min(w.Conf, o.Conf)
		}
		c.reword([]Word{w})
		if p := i - 1; p >= 0 && c.x0-l.cells[p].x1 < 4*(c.y1-c.y0) && l.cells[p].spaced {
			l.cells[p].take(c)
			l.cells[p].spaced = true
			l.drop(i)
			i--
			continue
		}
		c.spaced = true
	}
}

var openStateRE = regexp.MustCompile(`[A-Za-z.], ?[A-Z]{2}(?:/[A-Z]{0,4})?,?$`)

var (
	areaCodeRE = regexp.MustCompile(`\(\d{3}\)$`)
	lineNoRE   = regexp.MustCompile(`^\d{3}[- .]\d{4}\b`)
	// townRestRE is a town from its second word on: "GROVE MO 65604".
	townRestRE = regexp.MustCompile(`^[A-Z][A-Za-z.]+,? [A-Z]{2},? \d{5}(?:-\d{4})?$`)
)

// stateZIPRE is a state and a ZIP without a blank between them.
var stateZIPRE = regexp.MustCompile(`^[A-Z]{2}\d{5}(?:-\d{4})?$`)

// zipBehind joins a ZIP in a cell of its own to the town ahead of it, "Joplin,MO/
// 64801", and parts one that sticks to its state, "Ash Grove, MO65604".
func zipBehind(l *line) {
	for _, c := range l.cells {
		for i := 1; i < len(c.ws); i++ {
			w := c.ws[i]
			if !stateZIPRE.MatchString(w.Text) || !stateCodes[w.Text[:2]] || !strings.HasSuffix(c.ws[i-1].Text, ",") {
				continue
			}
			st, zip := w, w
			mid := w.X0 + (w.X1-w.X0)*2/float64(len(w.Text))
			st.Text, st.X1, zip.Text, zip.X0 = w.Text[:2], mid, w.Text[2:], mid
			c.reword(slices.Concat(c.ws[:i], []Word{st, zip}, c.ws[i+1:]))
			break
		}
	}
	for i := 0; i+1 < len(l.cells); i++ {
		c, n := l.cells[i], l.cells[i+1]
		h := c.y1 - c.y0
		_, word := lexicon[phraseKey(c.text)]
		if n.x0-c.x1 < 1.6*h && (areaCodeRE.MatchString(c.text) && lineNoRE.MatchString(n.text) || !word && len(c.ws) == 1 && cityCellRE.MatchString(c.text) && townRestRE.MatchString(n.text)) {
			c.take(n)
			l.drop(i + 1)
			i--
			continue
		}
		if zipCellRE.MatchString(n.text) && openStateRE.MatchString(c.text) && n.x0-c.x1 < 25*h {
			c.take(n)
			l.drop(i + 1)
		}
	}
}

var (
	stopWordRE   = regexp.MustCompile(`^(?i:stop ?(?:#|no\.?)?):?$`)
	stopCountRE  = regexp.MustCompile(`^(?i:stop ?(?:#|no\.?)?):? ?(\d{1,2})\b`)
	stopNumberIs = regexp.MustCompile(`^\d{1,2}$`)
)

// countStops joins "STOP" and its number where they stand apart, side by side or
// under one another, and the paper counts on from one to two.
func countStops(lines []*line) {
	type counted struct {
		c, n *cell
		l    *line // of the number
	}
	var found []counted
	next := 1
	for k, l := range lines {
		for i, c := range l.cells {
			if m := stopCountRE.FindStringSubmatch(c.text); m != nil && atoi(m[1]) == next {
				next++
				continue
			}
			if !stopWordRE.MatchString(c.text) {
				continue
			}
			var x counted
			if i+1 < len(l.cells) && stopNumberIs.MatchString(l.cells[i+1].text) && l.cells[i+1].x0-c.x1 < 4*(c.y1-c.y0) {
				x = counted{c, l.cells[i+1], l}
			} else if k+1 < len(lines) && lines[k+1].page == l.page {
				if n := lines[k+1].cells[0]; stopNumberIs.MatchString(n.text) && n.x0 > c.x0-6 && n.x1 < c.x1+6 && n.y0-c.y1 < c.y1-c.y0 {
					x = counted{c, n, lines[k+1]}
				}
			}
			if x.n != nil && atoi(x.n.text) == next {
				next++
				found = append(found, x)
			}
		}
	}
	if next < 3 {
		return
	}
	for _, x := range found {
		i := slices.Index(x.l.cells, x.n)
		if len(x.l.cells) == 1 {
			continue
		}
		x.c.take(x.n)
		x.l.drop(i)
	}
}

// caption is a caption without a colon at the head of a cell, with its value
// right behind it in the same cell.
type caption struct {
	c      *cell
	at     int // the value's first word
	sub    sub
	x0, x1 float64 // of the caption's words
	v      float64 // where the value begins
}

// cutCaptions finds captions set in a narrow column beside their values, "Facility
// Acme Foods" over "Address 12 Main St" over "Phone 555-0100", by the edge that
// their values share, and cuts each into a cell of its own.
func cutCaptions(lines []*line) {
	var all []caption
	for _, l := range lines {
		for _, c := range l.cells {
			if k, ok := captionOf(c); ok {
				all = append(all, k)
			}
		}
	}
	for len(all) > 2 {
		edge := all[0]
		var same, rest []caption
		subs := map[sub]bool{}
		for _, k := range all {
			if math.Abs(k.v-edge.v) < 1.2 && (math.Abs(k.x1-edge.x1) < 2 || math.Abs(k.x0-edge.x0) < 1.2) {
				same = append(same, k)
				subs[k.sub] = true
			} else {
				rest = append(rest, k)
			}
		}
		if len(subs) > 2 && subs[sAddress] {
			for _, k := range same {
				l := lines[slices.IndexFunc(lines, func(l *line) bool { return slices.Contains(l.cells, k.c) })]
				l.cut(slices.Index(l.cells, k.c), k.at)
			}
		}
		all = rest
	}
}

// captionOf reads a stop's caption and the words behind it.
func captionOf(c *cell) (caption, bool) {
	for n := min(3, len(c.ws)-1); n > 0; n-- {
		head := c.text[:c.offs[n]-1]
		if strings.ContainsAny(head, ":0123456789") {
			continue
		}
		l, ok := lexicon[phraseKey(head)]
		if !ok {
			continue
		}
		switch l.sub {
		case sName, sAddress, sContact, sPhone, sCitySt, sCity, sTime, sDate:
			return caption{c, n, l.sub, c.x0, c.ws[n-1].X1, c.ws[n].X0}, true
		}
	}
	return caption{}, false
}

// cut parts cell i ahead of its word at.
func (l *line) cut(i, at int) {
	c := l.cells[i]
	ws := c.ws
	n := newCell(ws[at:], c.page, 0)
	n.y0, n.y1, n.ocr, n.line, n.col = c.y0, c.y1, c.ocr, c.line, c.col
	c.reword(ws[:at])
	l.cells = slices.Insert(l.cells, i+1, n)
	for j, x := range l.cells {
		x.pos = j
	}
}
