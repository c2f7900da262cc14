package ocr

import (
	"math"
	"slices"
	"strings"
	"unicode"

	"truckflow/internal/platform/ocr/pdfium"
)

const (
	// joinGap is the widest gap inside a word, in letter heights (a height is some 0.7 em).
	// It is wide because boxes are tight (a 1 leaves half its width free) and because
	// PDFium, which knows the widths, sends a blank where it sees a gap between words.
	joinGap = 0.75
	// touchGap is the widest gap over which a blank that PDFium made up is disbelieved.
	touchGap = 0.04
)

// gather joins characters, in the order of the file, to words. Some writers place every
// glyph by itself (Chrome), some a whole line at once: both end as words here.
func gather(chars []pdfium.Char, w, h float64) []Word {
	var g gatherer
	for _, c := range chars {
		g.add(c)
	}
	g.flush()
	return slices.DeleteFunc(dedupe(g.words), func(x Word) bool {
		mx, my := (x.X0+x.X1)/2, (x.Y0+x.Y1)/2
		return mx < 0 || my < 0 || mx > w || my > h || x.Y1-x.Y0 < 0.8 && !strings.ContainsAny(x.Text, "-–—_.·")
	})
}

type gatherer struct {
	words   []Word
	text    []rune
	box     pdfium.Box
	last    pdfium.Char
	height  float64 // of the tallest letter so far
	bold    int
	blank   bool // a blank came since the last letter
	lineEnd bool // a line break came since the last letter
}

func (g *gatherer) add(c pdfium.Char) {
	r := printable(c.Rune)
	switch {
	case r == '\n' || r == '\r':
		g.lineEnd = true
		return
	case unicode.IsSpace(r):
		g.blank = true
		return
	case r == 0 || c.X1 <= c.X0 && c.Y1 <= c.Y0:
		return
	}
	if len(g.text) > 0 && !g.continues(c) {
		g.flush()
	}
	if len(g.text) == 0 {
		g.box, g.height, g.bold = pdfium.Box{X0: c.X0, Y0: c.Y0, X1: c.X1, Y1: c.Y1}, 0, 0
	}
	g.text = append(g.text, spell(r)...)
	g.box = pdfium.Box{X0: min(g.box.X0, c.X0), Y0: min(g.box.Y0, c.Y0), X1: max(g.box.X1, c.X1), Y1: max(g.box.Y1, c.Y1)}
	g.height = max(g.height, c.Y1-c.Y0)
	if c.Bold {
		g.bold++
	}
	g.last, g.blank, g.lineEnd = c, false, false
}

// continues reports whether c belongs to the word before it.
func (g *gatherer) continues(c pdfium.Char) bool {
	tall := max(g.height, c.Y1-c.Y0)
	if tall < 1 { // only dots and dashes so far
		tall = 5
	}
	// Off the line: no overlap with the word's band, even when dots and dashes are allowed for.
	if c.Y1 < g.box.Y0-0.6*tall || c.Y0 > g.box.Y1+0.45*tall {
		return false
	}
	if c.Y0 >= g.box.Y1+0.05*tall || c.Y1 <= g.box.Y0-0.05*tall {
		if min(g.height, c.Y1-c.Y0) > 0.5*tall { // two full letters, one under the other
			return false
		}
	}
	gap := c.X0 - g.last.X1
	if g.lineEnd || g.blank {
		return gap >= -0.5*tall && gap <= touchGap*tall
	}
	return gap >= -1.2*tall && gap <= joinGap*tall
}

func (g *gatherer) flush() {
	if len(g.text) > 0 {
		g.words = append(g.words, Word{
			Text: string(g.text), X0: g.box.X0, Y0: g.box.Y0, X1: g.box.X1, Y1: g.box.Y1,
			Conf: 1, Bold: g.bold*2 > len(g.text),
		})
	}
	g.text, g.blank, g.lineEnd = nil, false, false
}

// printable maps PDFium's special characters: 0x02 and 0xFFFE are the hyphen at a line's
// end, 0xAD a soft one that is drawn.
func printable(r rune) rune {
	switch r {
	case 0x02, 0xFFFE, 0xAD, 0x2010, 0x2011:
		return '-'
	case 0xFEFF, 0x200B, 0x200C, 0x200D:
		return 0
	}
	return r
}

// spell writes ligatures as the letters they stand for.
func spell(r rune) []rune {
	switch r {
	case 'ﬀ':
		return []rune("ff")
	case 'ﬁ':
		return []rune("fi")
	case 'ﬂ':
		return []rune("fl")
	case 'ﬃ':
		return []rune("ffi")
	case 'ﬄ':
		return []rune("ffl")
	}
	return []rune{r}
}

// dedupe drops a word drawn a second time a hair beside the first, which is how some
// writers make bold, and makes the first one bold.
func dedupe(words []Word) []Word {
	type key struct {
		text string
		x, y int
	}
	seen := map[key]int{}
	out := words[:0]
	for _, w := range words {
		k := key{w.Text, int(math.Round(w.X0 / 2)), int(math.Round(w.Y0 / 2))}
		found := false
		for dx := -1; dx <= 1 && !found; dx++ {
			for dy := -1; dy <= 1 && !found; dy++ {
				i, ok := seen[key{k.text, k.x + dx, k.y + dy}]
				if ok && math.Abs(out[i].X0-w.X0) < 1 && math.Abs(out[i].Y0-w.Y0) < 1 {
					out[i].Bold, found = true, true
				}
			}
		}
		if !found {
			seen[k] = len(out)
			out = append(out, w)
		}
	}
	return out
}

// usable reports whether a page's text layer says what the page shows. images is the
// part of the page the largest picture covers.
func usable(words []Word, images float64) bool {
	letters, strange := 0, 0
	long, spoken := 0, 0
	for _, w := range words {
		alpha, vowel := 0, false
		for _, r := range w.Text {
			switch {
			case r == unicode.ReplacementChar, unicode.Is(unicode.Co, r), unicode.IsControl(r):
				strange++
			case unicode.IsLetter(r) || unicode.IsDigit(r):
				letters++
			}
			if unicode.IsLetter(r) {
				alpha++
				vowel = vowel || strings.ContainsRune("aeiouyAEIOUYáéíóúàèäöüôêâ", r)
			}
		}
		if alpha >= 4 {
			long++
			if vowel {
				spoken++
			}
		}
	}
	switch {
	case letters < 25:
		return false // nothing, or a scanner's stamp: look at the page itself
	case strange*4 > letters:
		return false // glyphs without a meaning
	case images > 0.5 && letters < 200:
		return false // a heading over a scan
	case long >= 20 && spoken*10 < long*6:
		return false // letters shifted: nobody could pronounce them
	}
	return true
}
