package imaging

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"testing"
)

// stripes draws lines of "text", each a row of short dashes, falling by degrees.
func stripes(degrees float64) *image.Gray {
	g := image.NewGray(image.Rect(0, 0, 900, 1200))
	draw.Draw(g, g.Rect, image.White, image.Point{}, draw.Src)
	slope := math.Tan(degrees * math.Pi / 180)
	for y := 100; y < 1100; y += 30 {
		for x := 80; x < 820; x++ {
			for k := range 10 {
				if x/7%3 != 0 {
					g.SetGray(x, y+k+int(math.Round(slope*float64(x))), color.Gray{})
				}
			}
		}
	}
	return g
}

func TestTilt(t *testing.T) {
	t.Parallel()
	for _, want := range []float64{-4.5, -1.2, 0, 0.7, 3} {
		if got := Tilt(stripes(want)); math.Abs(got-want) > 0.15 {
			t.Errorf("tilt of %.1f° measured as %.1f°", want, got)
		}
	}
	if got := Tilt(image.NewGray(image.Rect(0, 0, 400, 400))); got != 0 {
		t.Errorf("a black square is tilted by %.1f°", got)
	}
}

// Back undoes scaling and straightening.
func TestBack(t *testing.T) {
	t.Parallel()
	p := Prepare(stripes(3), 2400)
	if math.Abs(p.Angle-3) > 0.2 {
		t.Fatalf("angle %.1f, want 3", p.Angle)
	}
	x0, y0, x1, y1 := p.Back(899, 1199, 901, 1201) // the centre stays where it is
	if math.Abs((x0+x1)/2-450) > 0.6 || math.Abs((y0+y1)/2-600) > 0.6 || math.Abs(x1-x0-1) > 0.01 {
		t.Errorf("centre goes back to %.1f %.1f %.1f %.1f", x0, y0, x1, y1)
	}
}

// Table lines go, the letter that crosses one stays.
func TestEraseRules(t *testing.T) {
	t.Parallel()
	g := image.NewGray(image.Rect(0, 0, 300, 100))
	draw.Draw(g, g.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(g, image.Rect(10, 50, 290, 53), image.Black, image.Point{}, draw.Src)
	draw.Draw(g, image.Rect(100, 30, 104, 70), image.Black, image.Point{}, draw.Src)
	eraseRules(g, 100, 60)
	if g.GrayAt(200, 51).Y != 255 {
		t.Error("the rule is still there")
	}
	if g.GrayAt(102, 51).Y != 0 || g.GrayAt(102, 32).Y != 0 {
		t.Error("the letter lost a part")
	}
}

func paper(w, h int, gray uint8) *image.Gray {
	g := image.NewGray(image.Rect(0, 0, w, h))
	draw.Draw(g, g.Rect, image.NewUniform(color.Gray{Y: gray}), image.Point{}, draw.Src)
	return g
}

func fill(g *image.Gray, x0, y0, x1, y1 int, gray uint8) {
	draw.Draw(g, image.Rect(x0, y0, x1, y1), image.NewUniform(color.Gray{Y: gray}), image.Point{}, draw.Src)
}

// The tops of blurred letters run together and hang on their stems: no rule. A hairline
// hardly darker than the paper is one.
func TestBlurredLettersAreNoRule(t *testing.T) {
	t.Parallel()
	g := paper(400, 120, 245)
	fill(g, 20, 20, 260, 23, 60)
	for x := 20; x < 260; x += 12 {
		fill(g, x, 20, x+4, 44, 30)
	}
	fill(g, 20, 80, 380, 82, 205)
	eraseRules(g, 100, 60)
	if g.GrayAt(26, 21).Y != 60 {
		t.Error("the letters lost their tops")
	}
	if g.GrayAt(200, 81).Y != 255 {
		t.Error("the hairline is still there")
	}
}

// A bar with light print is turned over, the sides of the box under it left alone; a bold
// word is none.
func TestInvertBars(t *testing.T) {
	t.Parallel()
	g := paper(800, 400, 250)
	fill(g, 40, 40, 760, 100, 20)
	for x := 60; x < 200; x += 14 {
		fill(g, x, 58, x+6, 82, 250)
	}
	fill(g, 40, 100, 46, 380, 20)
	for x := 200; x < 600; x += 20 {
		fill(g, x, 200, x+13, 240, 20)
	}
	invertBars(g)
	if g.GrayAt(500, 70).Y < 200 || g.GrayAt(62, 70).Y > 60 {
		t.Error("the bar is not turned over")
	}
	if g.GrayAt(43, 300).Y != 20 || g.GrayAt(300, 300).Y != 250 {
		t.Error("what hangs from the bar is turned over too")
	}
	if g.GrayAt(205, 220).Y != 20 {
		t.Error("a bold word is taken for a bar")
	}
}

// A banner far wider than the reach of the light around it stays dark with light print; in
// a hard shadow the paper becomes white and its print stays.
func TestEven(t *testing.T) {
	t.Parallel()
	g := paper(1200, 1200, 230)
	fill(g, 0, 0, 1200, 300, 40)
	fill(g, 0, 700, 1200, 1000, 110)
	for y := 40; y < 1000; y += 40 {
		gray := uint8(20)
		if y < 300 {
			gray = 220
		}
		for x := 60; x < 1100; x += 24 {
			fill(g, x, y, x+8, y+14, gray)
		}
	}
	even(g)
	if bar, print := g.GrayAt(600, 20).Y, g.GrayAt(64, 167).Y; bar > 90 || print < 180 {
		t.Errorf("banner %d with print %d, want dark and light", bar, print)
	}
	if paper, print := g.GrayAt(600, 865).Y, g.GrayAt(64, 847).Y; paper < 200 || print > 90 {
		t.Errorf("in the shadow paper %d with print %d, want light and dark", paper, print)
	}
}

// printing draws lines of letters: low ones, tall ones and a few that hang down.
func printing() *image.Gray {
	g := paper(900, 1200, 250)
	for line := range 22 {
		base := 100 + line*48
		for i := range 50 {
			x := 60 + i*15
			if (i*7+line*5)%9 == 0 {
				continue // a blank
			}
			top, low := base-14, base
			switch (i*5 + line*3) % 7 {
			case 0, 3:
				top -= 9
			case 5:
				low += 2 * (line % 4)
			}
			fill(g, x, top, x+9, low, 20)
		}
	}
	return g
}

func TestLies(t *testing.T) {
	t.Parallel()
	for _, turned := range []int{0, 90, 180, 270} {
		got, clear := Prepare(Turn(printing(), turned), 1200).Lies()
		if want := (360 - turned) % 360; got != want || turned%180 == 0 && !clear {
			t.Errorf("a page turned by %d: turn %d makes it upright (clear: %v), want %d", turned, got, clear, want)
		}
	}
	if got, clear := Prepare(paper(300, 300, 255), 600).Lies(); got != 0 || clear {
		t.Errorf("an empty page is turned by %d (clear: %v)", got, clear)
	}
}

func TestSegments(t *testing.T) {
	t.Parallel()
	g := paper(3000, 2000, 255)
	for x := 300; x < 600; x += 30 { // letters and blanks of one cell
		fill(g, x, 500, x+20, 530, 0)
	}
	fill(g, 1200, 500, 1215, 530, 0)  // a cell of its own
	fill(g, 300, 800, 2000, 803, 0)   // a rule
	fill(g, 300, 1000, 900, 1500, 90) // a drawing
	p := &Prepared{Gray: g}
	segs := p.Segments()
	if len(segs) != 2 {
		t.Fatalf("%d segments, want the two cells: %+v", len(segs), segs)
	}
	long, short := segs[0], segs[1]
	if long.Box.Dx() < short.Box.Dx() {
		long, short = short, long
	}
	if n := long.Unread([][2]float64{{300, 590}}); n != 0 {
		t.Errorf("%d columns unread of a cell that was read", n)
	}
	if half, none := long.Unread([][2]float64{{300, 440}}), long.Unread(nil); half == 0 || none <= half {
		t.Errorf("half read leaves %d columns, unread %d", half, none)
	}
	sheet, at := p.Strip([]Segment{short, long})
	for i, s := range []Segment{short, long} {
		to := at[i].Add(image.Pt(5, 5))
		if sheet.GrayAt(to.X, to.Y) != g.GrayAt(s.Box.Min.X+5, s.Box.Min.Y+5) {
			t.Errorf("segment %d is not where the strip says", i)
		}
	}
}

func TestTurn(t *testing.T) {
	t.Parallel()
	g := image.NewGray(image.Rect(0, 0, 3, 2))
	g.SetGray(0, 0, color.Gray{Y: 9})
	for degrees, at := range map[int]image.Point{0: {0, 0}, 90: {1, 0}, 180: {2, 1}, 270: {0, 2}} {
		got := Turn(g, degrees).(*image.Gray)
		if got.GrayAt(at.X, at.Y).Y != 9 {
			t.Errorf("turn %d: the corner is not at %v", degrees, at)
		}
	}
}
