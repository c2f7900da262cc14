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
