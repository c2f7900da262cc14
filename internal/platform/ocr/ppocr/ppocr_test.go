package ppocr

import (
	"image"
	"math"
	"strings"
	"testing"
)

func TestLinesOfFindsTiltedBox(t *testing.T) {
	t.Parallel()
	const w, h = 200, 120
	chance := make([]float32, w*h)
	want := box{mid: point{100, 60}, wide: 120, high: 10, tilt: 4 * math.Pi / 180}
	sin, cos := math.Sincos(want.tilt)
	for y := range h {
		for x := range w {
			dx, dy := float64(x)+0.5-want.mid.x, float64(y)+0.5-want.mid.y
			if math.Abs(dx*cos+dy*sin) <= want.wide/2 && math.Abs(dy*cos-dx*sin) <= want.high/2 {
				chance[y*w+x] = 0.9
			}
		}
	}
	for y := 10; y < 14; y++ { // seen, but hardly
		for x := 10; x < 60; x++ {
			chance[y*w+x] = 0.35
		}
	}
	chance[110*w+100] = 1 // a speck
	got := linesOf(chance, w, h)
	if len(got) != 1 {
		t.Fatalf("%d lines, want 1: %+v", len(got), got)
	}
	want = want.grown()
	g := got[0]
	if math.Abs(g.mid.x-want.mid.x) > 1 || math.Abs(g.mid.y-want.mid.y) > 1 || math.Abs(g.wide-want.wide) > 4 || math.Abs(g.high-want.high) > 4 || math.Abs(g.tilt-want.tilt) > 0.02 {
		t.Errorf("%+v, want about %+v", g, want)
	}
}

func TestCollapse(t *testing.T) {
	t.Parallel()
	glyph := []rune{0, 'A', 'B', ' '}
	var chance []float32
	for _, k := range []int{0, 1, 1, 0, 1, 2, 3, 2} {
		row := make([]float32, len(glyph))
		row[k] = 0.9
		chance = append(chance, row...)
	}
	text := ""
	for _, l := range collapse(chance, 8, glyph) {
		text += string(l.r)
	}
	if text != "AAB B" {
		t.Errorf("read %q, want AAB B: what is between two of a kind makes them two", text)
	}
}

func TestColumns(t *testing.T) {
	t.Parallel()
	keep, glyph := columns("中\nA\r\n：\nab\n1\n")
	// The list's lines count from 1; the space stands behind the last.
	if string(glyph[1:]) != "A:1 " || len(keep) != 5 || keep[0] != 0 || keep[1] != 2 || keep[2] != 3 || keep[3] != 5 || keep[4] != 6 {
		t.Errorf("keep %v as %q", keep, string(glyph))
	}
}

// stripes is a picture of upright strokes with their left edges at xs.
func stripes(w, h int, xs ...int) *image.Gray {
	g := image.NewGray(image.Rect(0, 0, w, h))
	for i := range g.Pix {
		g.Pix[i] = 255
	}
	for _, x := range xs {
		for y := h / 4; y < h*3/4; y++ {
			for k := range 6 {
				g.Pix[y*g.Stride+x+k] = 0
			}
		}
	}
	return g
}

func TestLongLinesAreDividedBetweenWords(t *testing.T) {
	t.Parallel()
	var xs []int
	for x := 10; x < 1580; x += 14 {
		if x < 700 || x > 740 {
			xs = append(xs, x)
		}
	}
	g := stripes(1600, 48, xs...)
	got := pieces(g, boxOf(g.Rect))
	if len(got) != 2 {
		t.Fatalf("%d pieces, want 2", len(got))
	}
	if cut := got[0].mid.x + got[0].wide/2; cut < 704 || cut > 741 || math.Abs(got[0].wide+got[1].wide-1600) > 1 {
		t.Errorf("divided at %.0f into %.0f and %.0f", cut, got[0].wide, got[1].wide)
	}
	if short := pieces(g, boxOf(image.Rect(0, 0, 900, 48))); len(short) != 1 {
		t.Errorf("a short line became %d pieces", len(short))
	}
}

func TestBlanksFromPaper(t *testing.T) {
	t.Parallel()
	g := stripes(96, 48, 4, 14, 40)
	ink := inked(cut(g, boxOf(g.Rect), 48, 96))
	at := func(x int) letter { return letter{from: x / 8, to: x / 8} }
	if gap(ink, at(4), at(14), 8) {
		t.Error("a blank within a word")
	}
	if !gap(ink, at(14), at(40), 8) {
		t.Error("no blank between two words")
	}
}

func TestCutFollowsTilt(t *testing.T) {
	t.Parallel()
	g := image.NewGray(image.Rect(0, 0, 400, 200))
	for i := range g.Pix {
		g.Pix[i] = 255
	}
	b := box{mid: point{200, 100}, wide: 300, high: 40, tilt: 0.1}
	for u := 0.0; u < 300; u += 0.25 { // a stroke along the box's middle
		for v := 16.0; v < 24; v += 0.25 {
			p := b.at(u, v)
			g.Pix[int(p.y)*g.Stride+int(p.x)] = 0
		}
	}
	in := cut(g, b, 40, 400)
	for _, x := range []int{20, 150, 280} {
		if mid, top := in.Data[20*400+x], in.Data[4*400+x]; mid > -0.9 || top < 0.9 {
			t.Errorf("at %d the stroke is %.1f and the paper over it %.1f, want -1 and 1", x, mid, top)
		}
	}
	if in.Data[20*400+350] != 1 {
		t.Error("beyond the box there is no paper")
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	l := Line{High: 40, x: 100, y: 50, slope: 0.1, Chars: []Char{
		{Rune: 'T', Conf: 0.9, X0: 0, X1: 10}, {Rune: 'o', Conf: 0.6, X0: 10, X1: 20}, {Rune: 'X', Conf: 1, X0: 190, X1: 210, Blank: true}}}
	w := l.Words()
	if len(w) != 2 || w[0].Text != "To" || w[0].Conf != 0.6 || w[0].X1 != 20 || w[1].Text != "X" {
		t.Fatalf("%+v", w)
	}
	if mid := (w[1].Y0 + w[1].Y1) / 2; math.Abs(mid-60) > 0.01 {
		t.Errorf("the word's middle is at %.1f, want 60 on a line that falls", mid)
	}
}

func TestOpenSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	if _, err := Open(t.TempDir(), 0, 0); err == nil || !strings.Contains(err.Error(), Library) {
		t.Errorf("an empty folder: %v", err)
	}
}
