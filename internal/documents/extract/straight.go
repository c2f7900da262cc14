package extract

import "math"

// straighten turns the words of recognised pages that lean, so that columns stand and
// lines lie, and returns the way back for the evidence of a reading.
func straighten(pages []Page) ([]Page, func(*Reading)) {
	out := make([]Page, len(pages))
	angle := make([]float64, len(pages))
	for i, p := range pages {
		if p.OCR {
			angle[i] = math.Atan(lean(p.Words))
			p.Words = turned(p.Words, p, -angle[i])
		}
		out[i] = p
	}
	return out, func(r *Reading) {
		seen := map[any]bool{} // leaves may share one piece of evidence
		r.walk(func(_ string, l any) {
			if seen[l] {
				return
			}
			seen[l] = true
			var page int
			var box *[4]float64
			switch l := l.(type) {
			case Str:
				page, box = l.Page, &l.Box
			case Int:
				page, box = l.Page, &l.Box
			case Bool:
				page, box = l.Page, &l.Box
			}
			if page >= 1 && page <= len(pages) && angle[page-1] != 0 {
				*box = turnBox(*box, pages[page-1], angle[page-1])
			}
		})
	}
}

func turned(ws []Word, p Page, angle float64) []Word {
	if angle == 0 {
		return ws
	}
	out := make([]Word, len(ws))
	for i, w := range ws {
		b := turnBox([4]float64{w.X0, w.Y0, w.X1, w.Y1}, p, angle)
		w.X0, w.Y0, w.X1, w.Y1 = b[0], b[1], b[2], b[3]
		out[i] = w
	}
	return out
}

// turnBox turns the middle of a box about the page's and keeps its size.
func turnBox(b [4]float64, p Page, angle float64) [4]float64 {
	sin, cos := math.Sincos(angle)
	dx, dy := (b[0]+b[2]-p.Width)/2, (b[1]+b[3]-p.Height)/2
	x, y := p.Width/2+dx*cos-dy*sin, p.Height/2+dx*sin+dy*cos
	w, h := (b[2]-b[0])/2, (b[3]-b[1])/2
	return [4]float64{x - w, y - h, x + w, y + h}
}
