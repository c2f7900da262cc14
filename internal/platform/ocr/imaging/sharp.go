package imaging

import "image"

// softness is by how many pixels print is soft after its picture was made larger, 0 where
// it hardly was: pictures that come with their pixels are as sharp as they get.
func softness(scale float64) int {
	if scale < 1.2 {
		return 0
	}
	return min(4, int(1.5*scale+0.5))
}

// sharpen takes from each pixel what it shares with those around it. Small print of a
// coarse scan is soft once it is as large as recognisers want it: bowls close, stems run
// together. It comes after paper and rules, which its seams would disturb.
func sharpen(g *image.Gray, radius int) {
	w, h := g.Rect.Dx(), g.Rect.Dy()
	soft := make([]uint8, w*h)
	for y := range h {
		copy(soft[y*w:(y+1)*w], g.Pix[y*g.Stride:y*g.Stride+w])
	}
	tmp := make([]uint8, w*h)
	for range 2 { // twice over a box is as good as over a bell
		overRows(tmp, soft, w, radius)
		overColumns(soft, tmp, w, radius)
	}
	for y := range h {
		row := g.Pix[y*g.Stride : y*g.Stride+w]
		for x, v := range row {
			row[x] = uint8(max(0, min(255, 2*int(v)-int(soft[y*w+x]))))
		}
	}
}

// overRows writes the mean of each pixel of src and r to either side in its row.
func overRows(dst, src []uint8, w, r int) {
	n := 2*r + 1
	for at := 0; at < len(src); at += w {
		row, out := src[at:at+w], dst[at:at+w]
		sum := 0
		for k := -r; k <= r; k++ {
			sum += int(row[max(0, min(w-1, k))])
		}
		for x := range out {
			out[x] = uint8(sum / n)
			sum += int(row[min(w-1, x+r+1)]) - int(row[max(0, x-r)])
		}
	}
}

// overColumns does the same down the columns.
func overColumns(dst, src []uint8, w, r int) {
	n, h := 2*r+1, len(src)/w
	sums := make([]int, w)
	for k := -r; k <= r; k++ {
		at := max(0, min(h-1, k)) * w
		for x := range sums {
			sums[x] += int(src[at+x])
		}
	}
	for y := range h {
		in, out := min(h-1, y+r+1)*w, max(0, y-r)*w
		for x := range sums {
			dst[y*w+x] = uint8(sums[x] / n)
			sums[x] += int(src[in+x]) - int(src[out+x])
		}
	}
}
