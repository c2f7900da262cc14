package pdfium

import (
	"math"

	"github.com/klippa-app/go-pdfium/requests"
)

// matrix takes PDF user space (origin wherever the file likes, y upwards) to the page
// as shown (points, origin top-left, y downwards).
type matrix struct {
	a, b, c, d, e, f float64 // x' = a·x + c·y + e, y' = b·x + d·y + f
	w, h             float64 // of the page as shown
}

// device is how many device units a point has while measuring: PDFium answers in whole ones.
const device = 64

// matrix measures three points: PDFium knows the crop box and the page's own turn, we need not.
func (d *Doc) matrix(i int) (matrix, error) {
	w, h, err := d.Size(i)
	if err != nil {
		return matrix{}, err
	}
	at := func(x, y float64) (float64, float64, error) {
		r, err := d.s.pdf.FPDF_PageToDevice(&requests.FPDF_PageToDevice{
			Page: d.page(i), SizeX: int(math.Round(w * device)), SizeY: int(math.Round(h * device)), PageX: x, PageY: y,
		})
		if err != nil {
			return 0, 0, d.s.fail(ErrPage, err)
		}
		return float64(r.DeviceX) / device, float64(r.DeviceY) / device, nil
	}
	const far = 1000
	x0, y0, err := at(0, 0)
	if err != nil {
		return matrix{}, err
	}
	xx, xy, err := at(far, 0)
	if err != nil {
		return matrix{}, err
	}
	yx, yy, err := at(0, far)
	if err != nil {
		return matrix{}, err
	}
	return matrix{
		a: (xx - x0) / far, b: (xy - y0) / far, c: (yx - x0) / far, d: (yy - y0) / far, e: x0, f: y0, w: w, h: h,
	}, nil
}

func (m matrix) box(left, bottom, right, top float64) Box {
	x0, y0 := m.a*left+m.c*bottom+m.e, m.b*left+m.d*bottom+m.f
	x1, y1 := m.a*right+m.c*top+m.e, m.b*right+m.d*top+m.f
	return Box{min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)}
}

// turn is the clockwise turn of the shown page that makes text upright whose baseline
// runs at angle (radians, counterclockwise, in user space).
func (m matrix) turn(angle float64) int {
	dx, dy := math.Cos(angle), math.Sin(angle)
	sx, sy := m.a*dx+m.c*dy, m.b*dx+m.d*dy // y downwards
	shown := math.Atan2(sy, sx) * 180 / math.Pi
	return (360 - (int(math.Round(shown/90))*90+360)%360) % 360
}
