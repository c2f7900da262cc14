package extract

import (
	"math"
	"regexp"
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
