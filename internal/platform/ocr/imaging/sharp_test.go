package imaging

import (
	"image"
	"image/color"
	"image/draw"
	"testing"
)

// Between the stems of small print in a coarse scan there is paper again once the page is
// large; a page that comes large is left as it is.
func TestSharpen(t *testing.T) {
	t.Parallel()
	const w, h = 1100, 1400
	g := image.NewGray(image.Rect(0, 0, w, h))
	draw.Draw(g, g.Rect, image.White, image.Point{}, draw.Src)
	for y := 100; y < 1300; y += 20 {
		for x := 100; x < 1000; x += 4 { // stems of two pixels, soft as the scanner's lens leaves them
			for k := range 9 {
				for i, v := range []uint8{110, 150, 190, 150} {
					if x/40%3 > 0 {
						g.SetGray(x+i, y+k, color.Gray{Y: v})
					}
				}
			}
		}
	}
	p := Prepare(g, 3000)
	scale := 3000.0 / h
	at := func(x, y float64) int { return int(p.Gray.GrayAt(int(x*scale), int(y*scale)).Y) }
	if stem, gap := at(561, 704.5), at(563, 704.5); gap-stem < 90 {
		t.Errorf("a stem of %d beside a gap of %d", stem, gap)
	}
	for scale, want := range map[float64]int{0.9: 0, 1: 0, 1.36: 2, 2.1: 3, 8: 4} {
		if got := softness(scale); got != want {
			t.Errorf("made larger by %v: a softness of %d, want %d", scale, got, want)
		}
	}
}

// What is nowhere soft stays: black, white and the one shade of a tint.
func TestSharpenLeavesFlats(t *testing.T) {
	t.Parallel()
	for _, v := range []uint8{0, 130, 255} {
		g := image.NewGray(image.Rect(0, 0, 40, 30))
		draw.Draw(g, g.Rect, image.NewUniform(color.Gray{Y: v}), image.Point{}, draw.Src)
		sharpen(g, 3)
		for i, got := range g.Pix {
			if got != v {
				t.Fatalf("%d became %d at %d", v, got, i)
			}
		}
	}
}
