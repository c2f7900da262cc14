package paper

import (
	"bytes"
	"io"
	"strings"
	"time"

	"github.com/go-pdf/fpdf"
)

// rgb is a colour.
type rgb [3]int

var (
	black = rgb{0, 0, 0}
	white = rgb{255, 255, 255}
	grey  = rgb{110, 110, 110}
	pale  = rgb{236, 238, 241}
	line  = rgb{150, 155, 160}
)

// sheet is a PDF being drawn, in points from the top-left corner. y is where
// the next block goes; blocks that do not fit start a new page.
type sheet struct {
	*fpdf.Fpdf
	y        float64
	left     float64
	right    float64
	bottom   float64
	family   string
	size     float64
	tr       func(string) string
	onPage   func(*sheet) // letterhead or footer of every page
	fontWord string
}

// setup is the paper and type of a layout.
type setup struct {
	landscape bool
	a4        bool
	margin    float64
	family    string // Helvetica, Times or Courier
	size      float64
	onPage    func(*sheet)
}

func newSheet(c setup) *sheet {
	orient, paper := "P", "Letter"
	if c.landscape {
		orient = "L"
	}
	if c.a4 {
		paper = "A4"
	}
	f := fpdf.New(orient, "pt", paper, "")
	day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	f.SetCreationDate(day)
	f.SetModificationDate(day)
	f.SetCatalogSort(true)
	f.SetAutoPageBreak(false, 0)
	f.SetMargins(0, 0, 0)
	f.SetCellMargin(0)
	w, h := f.GetPageSize()
	s := &sheet{Fpdf: f, left: c.margin, right: w - c.margin, bottom: h - c.margin, family: c.family, size: c.size,
		tr: f.UnicodeTranslatorFromDescriptor(""), onPage: c.onPage}
	s.page()
	return s
}

// page starts a new page.
func (s *sheet) page() {
	s.AddPage()
	s.font("", s.size)
	s.ink(black)
	s.SetLineWidth(0.6)
	s.SetDrawColor(line[0], line[1], line[2])
	s.y = s.left
	if s.onPage != nil {
		s.onPage(s)
	}
}

// need starts a new page where fewer than h points are left.
func (s *sheet) need(h float64) {
	if s.y+h > s.bottom {
		s.page()
	}
}

func (s *sheet) width() float64       { return s.right - s.left }
func (s *sheet) ink(c rgb)            { s.SetTextColor(c[0], c[1], c[2]) }
func (s *sheet) pen(c rgb, w float64) { s.SetDrawColor(c[0], c[1], c[2]); s.SetLineWidth(w) }

// font sets style ("", "B", "I") and size in points.
func (s *sheet) font(style string, size float64) {
	s.SetFont(s.family, style, size)
	s.fontWord = style
}

// text puts one line with its top at y; align is L, C or R within w.
func (s *sheet) text(x, y, w float64, align, v string) {
	size, _ := s.GetFontSize()
	v = s.tr(v)
	switch align {
	case "R":
		x += w - s.GetStringWidth(v)
	case "C":
		x += (w - s.GetStringWidth(v)) / 2
	}
	s.Fpdf.Text(x, y+size*0.8, v)
}

// put is text at the left, returning the x behind it.
func (s *sheet) put(x, y float64, v string) float64 {
	s.text(x, y, 0, "L", v)
	return x + s.GetStringWidth(s.tr(v))
}

// wrap breaks v at spaces into lines of at most w points. A word wider than w
// is broken where it must be.
func (s *sheet) wrap(v string, w float64) []string {
	var out []string
	for _, para := range strings.Split(v, "\n") {
		cur := ""
		for _, word := range strings.Fields(para) {
			next := strings.TrimSpace(cur + " " + word)
			if s.GetStringWidth(s.tr(next)) <= w {
				cur = next
				continue
			}
			if cur != "" {
				out = append(out, cur)
			}
			cur = word
			for s.GetStringWidth(s.tr(cur)) > w && len(cur) > 1 {
				n := len(cur) - 1
				for n > 1 && s.GetStringWidth(s.tr(cur[:n])) > w {
					n--
				}
				out = append(out, cur[:n])
				cur = cur[n:]
			}
		}
		out = append(out, cur)
	}
	return out
}

// para writes wrapped lines from (x, y) and returns the y below them.
func (s *sheet) para(x, y, w, lead float64, v string) float64 {
	for _, l := range s.wrap(v, w) {
		s.text(x, y, w, "L", l)
		y += lead
	}
	return y
}

// prose writes paragraphs across the sheet at s.y, over pages where needed.
func (s *sheet) prose(size, lead float64, paras []string) {
	for _, p := range paras {
		s.font("", size)
		for _, l := range s.wrap(p, s.width()) {
			s.need(lead)
			s.font("", size)
			s.text(s.left, s.y, s.width(), "L", l)
			s.y += lead
		}
		s.y += lead * 0.35
	}
}

// lines writes each line without wrapping and returns the y below.
func (s *sheet) lines(x, y, lead float64, vs ...string) float64 {
	for _, v := range vs {
		if v != "" {
			s.text(x, y, 0, "L", v)
			y += lead
		}
	}
	return y
}

// kv writes "label value" with the value at x+gap, wrapped to w in all, unless it is empty.
func (s *sheet) kv(x, y, gap, w float64, k, v string) float64 {
	if v == "" {
		return y
	}
	size, _ := s.GetFontSize()
	s.font("B", size)
	s.text(x, y, gap, "L", k)
	s.font("", size)
	return s.para(x+gap, y, w-gap, size*1.28, v)
}

// over writes a small label with its value below it, unless it is empty.
func (s *sheet) over(x, y, w float64, k, v string) float64 {
	if v == "" {
		return y
	}
	size, _ := s.GetFontSize()
	s.font("", size*0.78)
	s.ink(grey)
	s.text(x, y, w, "L", k)
	s.ink(black)
	s.font("", size)
	return s.para(x, y+size*0.95, w, size*1.2, v) + size*0.4
}

func (s *sheet) rule(y float64) { s.Line(s.left, y, s.right, y) }

func (s *sheet) fill(x, y, w, h float64, c rgb) {
	s.SetFillColor(c[0], c[1], c[2])
	s.Rect(x, y, w, h, "F")
}

func (s *sheet) frame(x, y, w, h float64) { s.Rect(x, y, w, h, "D") }

// bar is a filled band with a heading in it; it returns the y below.
func (s *sheet) bar(x, y, w, h float64, back, ink rgb, v string) float64 {
	s.fill(x, y, w, h, back)
	size, _ := s.GetFontSize()
	style := s.fontWord
	s.font("B", size)
	s.ink(ink)
	s.text(x+4, y+(h-size)/2+0.5, w-8, "L", v)
	s.ink(black)
	s.font(style, size)
	return y + h
}

// grid is a table's looks.
type grid struct {
	widths []float64
	align  string // one letter a column, L by default
	head   []string
	back   rgb // of the heading
	ink    rgb
	size   float64
	lines  string // "all", "rows", "none", "head"
	pad    float64
	stripe bool
}

// table draws rows under a heading at s.y, over pages where needed, and moves s.y below.
func (s *sheet) table(g grid, rows [][]string) {
	if g.pad == 0 {
		g.pad = 3
	}
	if len(g.head) > 0 {
		s.need(50)
		s.row(g, g.head, true, 0)
	}
	for i, r := range rows {
		if h := s.rowHeight(g, r); s.y+h > s.bottom {
			s.page()
			if len(g.head) > 0 {
				s.row(g, g.head, true, 0)
			}
		}
		s.row(g, r, false, i)
	}
}

func (s *sheet) rowHeight(g grid, r []string) float64 {
	s.font("", g.size)
	n := 1
	for i, v := range r {
		n = max(n, len(s.wrap(v, g.widths[i]-2*g.pad)))
	}
	return float64(n)*g.size*1.22 + 2*g.pad
}

func (s *sheet) row(g grid, r []string, head bool, nth int) {
	h := s.rowHeight(g, r)
	if head {
		s.font("B", g.size)
		s.ink(g.ink)
		if g.back != white {
			s.fill(s.left, s.y, sum(g.widths), h, g.back)
		}
	} else if g.stripe && nth%2 == 1 {
		s.fill(s.left, s.y, sum(g.widths), h, pale)
	}
	x := s.left
	for i, v := range r {
		align := "L"
		if i < len(g.align) {
			align = g.align[i : i+1]
		}
		y := s.y + g.pad
		for _, l := range s.wrap(v, g.widths[i]-2*g.pad) {
			s.text(x+g.pad, y, g.widths[i]-2*g.pad, align, l)
			y += g.size * 1.22
		}
		if g.lines == "all" {
			s.frame(x, s.y, g.widths[i], h)
		}
		x += g.widths[i]
	}
	s.y += h
	if g.lines == "rows" || g.lines == "head" && head {
		s.Line(s.left, s.y, s.left+sum(g.widths), s.y)
	}
	s.ink(black)
	s.font("", g.size)
}

func sum(w []float64) float64 {
	t := 0.0
	for _, v := range w {
		t += v
	}
	return t
}

// signature is a line to sign on.
func (s *sheet) signature(x, y, w float64, k string) {
	s.Line(x, y, x+w, y)
	size, _ := s.GetFontSize()
	s.font("", 7)
	s.text(x, y+2, w, "L", k)
	s.font("", size)
}

// boxed frames what draw puts at (x, y): draw returns the y below its last line.
func (s *sheet) boxed(x, y, w, least float64, draw func(x, y, w float64) float64) float64 {
	end := max(draw(x+6, y+6, w-12)+4, y+least)
	s.frame(x, y, w, end-y)
	return end
}

func (s *sheet) bytes() ([]byte, error) {
	var b bytes.Buffer
	err := s.Output(&b)
	return b.Bytes(), err
}

// writeTo sends a finished sheet.
func writeTo(w io.Writer, b []byte, err error) error {
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}
