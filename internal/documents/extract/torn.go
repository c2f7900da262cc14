package extract

import (
	"math"
	"regexp"
	"slices"
	"strings"
)

// mendTorn puts together what a page's setting tears apart: the words of
// justified paragraphs, the town of an address set in columns, and a town
// whose state stands on the next line.
func mendTorn(lines []*line) {
	for k := range lines {
		unjustify(lines, k)
	}
	for k := len(lines) - 1; k >= 0; k-- {
		unjustify(lines, k) // a paragraph's first lines, told by its later ones
	}
	for _, l := range lines {
		joinTown(l)
	}
	for k := 1; k+1 < len(lines); k++ {
		centreValue(lines, k)
	}
	for k := 1; k+1 < len(lines); k++ {
		centreLabel(lines, k)
	}
	for k := 1; k < len(lines); k++ {
		for i, c := range lines[k].cells {
			up := cellAbove(lines, k, c)
			if up != nil && stateLineRE.MatchString(c.text) && openTownRE.MatchString(up.text) {
				up.take(c)
				lines[k].drop(i)
				break
			}
		}
	}
}

var (
	// "MO 65802, USA" below "1250 Industrial Dr, Springfield,".
	stateLineRE = regexp.MustCompile(`^[A-Z]{2}(?:[ ,]+\d{5}(?:-\d{4})?,?(?: USA?| U\.S\.A?\.)?|,? USA?)\.?$`)
	openTownRE  = regexp.MustCompile(`, ?[A-Z][A-Za-z.' -]{2,28},$`)
)

// unjustify joins the cells of line k that are one line of a justified
// paragraph: together they run from edge to edge of the line above or below,
// with blanks of one width.
func unjustify(lines []*line, k int) {
	l := lines[k]
	for i := 0; i+1 < len(l.cells); i++ {
		for j := len(l.cells) - 1; j > i; j-- {
			if evenBlanks(l.cells[i:j+1]) && besideParagraph(lines, k, l.cells[i].x0, l.cells[j].x1) {
				for n := i + 1; n <= j; n++ {
					l.cells[i].take(l.cells[i+1])
					l.drop(i + 1)
				}
				break
			}
		}
	}
}

// besideParagraph reports running text from x0 to x1 on the line above k or below it.
func besideParagraph(lines []*line, k int, x0, x1 float64) bool {
	for _, n := range []int{k - 1, k + 1} {
		if n < 0 || n >= len(lines) || lines[n].page != lines[k].page {
			continue
		}
		for _, c := range lines[n].cells {
			if len(c.ws) >= 5 && math.Abs(c.x0-x0) < 2.5 && math.Abs(c.x1-x1) < 2.5 {
				return true
			}
		}
	}
	return false
}

// evenBlanks reports cells of more than three words with about the same room
// between any two of them.
func evenBlanks(cells []*cell) bool {
	lo, hi, n, end := math.Inf(1), 0.0, 0, math.NaN()
	for _, c := range cells {
		for _, w := range c.ws {
			if n > 0 {
				lo, hi = min(lo, w.X0-end), max(hi, w.X0-end)
			}
			end = w.X1
			n++
		}
	}
	return n > 3 && lo > 0 && hi < 1.6*lo
}

var (
	cityCellRE  = regexp.MustCompile(`(?i)^(?:[a-z .-]{0,24}\bcity:\s*)?[a-z][a-z.' -]{2,28},?$`)
	stateCellRE = regexp.MustCompile(`^[A-Z]{2}$`)
	zipCellRE   = regexp.MustCompile(`^\d{5}(?:-\d{4})?$`)
	stZIPCellRE = regexp.MustCompile(`^[A-Z]{2},? +\d{5}(?:-\d{4})?$`)
)

// joinTown puts the parts of one address line together that stand in columns
// of their own: "FOSTER CITY | OH 44830", "Pickup City: DALTON | GA".
func joinTown(l *line) {
	for i := 0; i+1 < len(l.cells); i++ {
		c, n := l.cells[i], l.cells[i+1]
		if !cityCellRE.MatchString(c.text) || !stateCodes[n.text[:min(2, len(n.text))]] || n.x0-c.x1 > 20*(c.y1-c.y0) {
			continue
		}
		zip := i+2 < len(l.cells) && zipCellRE.MatchString(l.cells[i+2].text)
		switch {
		case stZIPCellRE.MatchString(n.text):
			zip = false
		case !stateCellRE.MatchString(n.text) || !zip && !cityLabelRE.MatchString(c.text):
			continue
		}
		c.take(n)
		l.drop(i + 1)
		if zip {
			c.take(l.cells[i+1])
			l.drop(i + 1)
		}
	}
}

var cityLabelRE = regexp.MustCompile(`(?i)\bcity:`)

// centreValue puts a value of two lines beside its label, where the label stands
// half way down: "Rate:" between "USD" and "$1,200.00".
func centreValue(lines []*line, k int) {
	l := lines[k]
	if len(l.cells) == 0 {
		return // all of it was put elsewhere
	}
	c := l.cells[len(l.cells)-1]
	if len(c.ws) > 4 || c.text[len(c.text)-1] != ':' {
		return
	}
	u, n := firstRight(lines[k-1], c), firstRight(lines[k+1], c)
	if u == nil || n == nil || u.page != c.page || n.page != c.page || math.Abs(u.x0-n.x0) > 3 && math.Abs(u.x1-n.x1) > 3 {
		return
	}
	h := c.y1 - c.y0
	if math.Abs(u.y0+n.y1-c.y0-c.y1) > 0.5*h || n.y0-u.y1 > 0.9*h || u.x0-c.x1 > 30*h {
		return
	}
	lines[k-1].drop(u.pos)
	lines[k+1].drop(n.pos)
	u.take(n)
	u.line, u.pos = c.line, c.pos+1
	l.cells = append(l.cells, u)
}

// centreLabel puts a label of two lines ahead of the value that stands beside
// its middle: "Appointment" over "Time:", "2:00 PM" between them.
func centreLabel(lines []*line, k int) {
	for _, v := range lines[k].cells {
		for _, u := range lines[k-1].cells {
			h := u.y1 - u.y0
			if u.x1 > v.x0 || len(u.ws) > 3 || u.page != v.page || u.pos+1 < len(lines[k-1].cells) && lines[k-1].cells[u.pos+1].x0 < v.x1 || strings.ContainsAny(u.text, ":0123456789") || v.x0-u.x1 > 15*h {
				continue
			}
			n := sameStart(lines[k+1], u.x0)
			if n == nil || n.page != v.page || len(n.ws) > 2 || n.text[len(n.text)-1] != ':' || n.x1 > v.x0 || n.pos+1 < len(lines[k+1].cells) && lines[k+1].cells[n.pos+1].x0 < v.x1 ||
				n.y0-u.y1 > 0.9*h || math.Abs(u.y0+n.y1-v.y0-v.y1) > 0.5*h || v.pos > 0 && lines[k].cells[v.pos-1].x1 > u.x0 {
				continue
			}
			lines[k-1].drop(u.pos)
			lines[k+1].drop(n.pos)
			u.take(n)
			at := v.pos
			u.line = v.line
			lines[k].cells = slices.Insert(lines[k].cells, at, u)
			for i, x := range lines[k].cells {
				x.pos = i
			}
			return
		}
	}
}

// firstRight is the cell of a line right of c, when nothing stands below or above c itself.
func firstRight(l *line, c *cell) *cell {
	for _, x := range l.cells {
		switch {
		case x.x0 > c.x1:
			return x
		case x.x1 > c.x0-2:
			return nil
		}
	}
	return nil
}

func sameStart(l *line, x float64) *cell {
	for _, c := range l.cells {
		if math.Abs(c.x0-x) < 2 {
			return c
		}
	}
	return nil
}
