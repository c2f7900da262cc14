package imaging

import "image"

// tile is the square, in pixels, over which the light is taken to be the same.
const tile = 32

// even divides each pixel by the brightness of the paper around it and stretches what
// is left to black on white: shadows and gray paper go, print stays.
func even(g *image.Gray) {
	w, h := g.Rect.Dx(), g.Rect.Dy()
	l := lightOf(g)
	paper := l.paper()
	tw, th := l.w, l.h
	for y := range h {
		fy := clamp((float64(y)-tile/2)/tile, th)
		y0 := int(fy)
		y1 := min(y0+1, th-1)
		ky := float32(fy - float64(y0))
		row := g.Pix[y*g.Stride : y*g.Stride+w]
		for x := range row {
			fx := clamp((float64(x)-tile/2)/tile, tw)
			x0 := int(fx)
			x1 := min(x0+1, tw-1)
			kx := float32(fx - float64(x0))
			top := paper[y0*tw+x0]*(1-kx) + paper[y0*tw+x1]*kx
			low := paper[y1*tw+x0]*(1-kx) + paper[y1*tw+x1]*kx
			v := float32(row[x]) * 250 / (top*(1-ky) + low*ky)
			row[x] = uint8(min(v, 255))
		}
	}
	blacken(g)
}

func clamp(v float64, n int) float64 { return max(0, min(v, float64(n-1))) }

// light is how bright each tile of a picture is.
type light struct {
	w, h           int
	top, mid, dark []float32 // what nine tenths, a half and a fiftieth of the pixels do not exceed
}

func lightOf(g *image.Gray) light {
	l := light{w: (g.Rect.Dx() + tile - 1) / tile, h: (g.Rect.Dy() + tile - 1) / tile}
	n := l.w * l.h
	l.top, l.mid, l.dark = make([]float32, n), make([]float32, n), make([]float32, n)
	for i := range n {
		l.top[i], l.mid[i], l.dark[i] = levels(g, i%l.w*tile, i/l.w*tile)
	}
	return l
}

// levels of one tile; the top is never so dark that noise on a black ground would be blown up.
func levels(g *image.Gray, x0, y0 int) (top, mid, dark float32) {
	var hist [256]int
	n := 0
	for y := y0; y < min(y0+tile, g.Rect.Dy()); y += 2 {
		for x := x0; x < min(x0+tile, g.Rect.Dx()); x += 2 {
			hist[g.Pix[y*g.Stride+x]]++
			n++
		}
	}
	seen := 0
	at := func(v int, part int) bool { return seen-hist[v] <= part && seen > part }
	for v := range hist {
		seen += hist[v]
		if at(v, n/50) {
			dark = float32(v)
		}
		if at(v, n/2) {
			mid = float32(v)
		}
		if at(v, n*9/10) {
			top = float32(max(v, 60))
		}
	}
	return top, mid, dark
}

const (
	shaded = 0.75 // a tile this bright beside its neighbours is paper with a tint, not print
	gloomy = 0.6  // a tile darker than this beside the brightest far around is a bar or in a hard shadow
	farOff = 12   // tiles; a bar may be twice as high
)

// paper is the brightness of the paper in each tile, print and bars thought away.
func (l light) paper() []float32 {
	far := l.brightest(l.top, farOff)
	near := l.brightest(l.top, 1)
	out := make([]float32, len(near))
	for i, v := range near {
		out[i] = v
		if l.top[i] >= shaded*v {
			out[i] = l.top[i]
		}
	}
	for _, part := range l.gloom(far) {
		if !l.isBar(part, far) {
			continue
		}
		for _, i := range part {
			out[i] = far[i]
		}
	}
	return smooth(out, l.w, l.h)
}

// gloom finds the connected parts of the picture that are dark among brighter ones.
func (l light) gloom(far []float32) (parts [][]int) {
	dark := make([]bool, len(far))
	for i := range far {
		dark[i] = l.top[i] < gloomy*far[i] || l.mid[i] < gloomy*far[i]
	}
	for i := range dark {
		if dark[i] {
			parts = append(parts, flood(dark, l.w, l.h, i))
		}
	}
	return parts
}

// isBar tells a dark bar with light print from dark print in a hard shadow by which of
// the two is the rarer.
func (l light) isBar(part []int, far []float32) bool {
	light, dark := 0, 0
	for _, i := range part {
		up, down := l.top[i]-l.mid[i], l.mid[i]-l.dark[i]
		if l.mid[i] > gloomy*far[i] || max(up, down) < 0.2*far[i] {
			continue // its edge, or nothing printed
		}
		if up > down {
			light++
		} else {
			dark++
		}
	}
	return light > dark
}

// brightest lets the brightest tile within a distance win: first along rows, then columns.
func (l light) brightest(p []float32, reach int) []float32 {
	rows := make([]float32, len(p))
	for y := range l.h {
		for x := range l.w {
			for k := max(x-reach, 0); k <= min(x+reach, l.w-1); k++ {
				rows[y*l.w+x] = max(rows[y*l.w+x], p[y*l.w+k])
			}
		}
	}
	out := make([]float32, len(p))
	for y := range l.h {
		for x := range l.w {
			for k := max(y-reach, 0); k <= min(y+reach, l.h-1); k++ {
				out[y*l.w+x] = max(out[y*l.w+x], rows[k*l.w+x])
			}
		}
	}
	return out
}

func smooth(p []float32, w, h int) []float32 {
	out := make([]float32, len(p))
	for y := range h {
		for x := range w {
			var sum float32
			n := float32(0)
			for yy := max(y-1, 0); yy <= min(y+1, h-1); yy++ {
				for xx := max(x-1, 0); xx <= min(x+1, w-1); xx++ {
					sum += p[yy*w+xx]
					n++
				}
			}
			out[y*w+x] = sum / n
		}
	}
	return out
}

func histogram(g *image.Gray) (hist [256]int) {
	for _, v := range g.Pix {
		hist[v]++
	}
	return hist
}

// blacken makes the darkest hundredth black.
func blacken(g *image.Gray) {
	hist := histogram(g)
	low, left := 0, len(g.Pix)/100
	for low < 200 {
		if left -= hist[low]; left < 0 {
			break
		}
		low++
	}
	if low >= 16 {
		level(g, low, 255)
	}
}

// whiten makes the paper white and most of its grain too.
func whiten(g *image.Gray) {
	paper, grain := ground(g)
	level(g, 0, paper-grain)
}

// ground is the commonest brightness of the paper and its grain: the mean by which brighter
// pixels, which no print disturbs, stray from it.
func ground(g *image.Gray) (paper, grain int) {
	hist := histogram(g)
	paper = 250
	for v := 250; v > 160; v-- {
		if hist[v] > hist[paper] {
			paper = v
		}
	}
	n, sum := 1, 0
	for v := paper; v < 255; v++ {
		n += hist[v]
		sum += hist[v] * (v - paper)
	}
	return paper, min(20, sum/n)
}

// level stretches what lies between two grays from black to white.
func level(g *image.Gray, low, high int) {
	var to [256]uint8
	for v := range to {
		to[v] = uint8(max(0, min(255, (v-low)*255/(high-low))))
	}
	for i, v := range g.Pix {
		g.Pix[i] = to[v]
	}
}
