package imaging

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
)

// Sheet is one picture, packed as JPEG, that fills a page.
type Sheet struct {
	jpeg []byte
	w, h int
	gray bool
}

// printLong is the longest side a picture keeps on paper: 300 dpi on letter.
const printLong = 3300

// Print decodes page n of a picture, turns it clockwise and packs it for PDF.
func Print(kind Kind, data []byte, n, turn int) (Sheet, error) {
	img, err := Decode(kind, data, n)
	if err != nil {
		return Sheet{}, err
	}
	if b := img.Bounds(); max(b.Dx(), b.Dy()) > printLong {
		img = Fit(img, b.Dx()*printLong/max(b.Dx(), b.Dy()))
	}
	img = flat(Turn(img, turn))
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: 85}); err != nil {
		return Sheet{}, err
	}
	_, gray := img.(*image.Gray)
	return Sheet{jpeg: out.Bytes(), w: img.Bounds().Dx(), h: img.Bounds().Dy(), gray: gray}, nil
}

// PDF writes the sheets as a PDF of letter pages, each lying or standing as its picture
// does, the picture as large as fits with a quarter inch around it.
func PDF(sheets []Sheet) []byte {
	var out bytes.Buffer
	var at []int
	object := func(format string, args ...any) {
		at = append(at, out.Len())
		fmt.Fprintf(&out, "%d 0 obj\n", len(at))
		fmt.Fprintf(&out, format, args...)
		out.WriteString("\nendobj\n")
	}
	out.WriteString("%PDF-1.4\n%\xE2\xE3\xCF\xD3\n")
	object("<< /Type /Catalog /Pages 2 0 R >>")
	var kids bytes.Buffer
	for i := range sheets {
		fmt.Fprintf(&kids, "%d 0 R ", 3+3*i)
	}
	object("<< /Type /Pages /Count %d /Kids [ %s] >>", len(sheets), kids.String())
	for i, s := range sheets {
		pw, ph := 612.0, 792.0
		if s.w > s.h {
			pw, ph = ph, pw
		}
		k := min((pw-36)/float64(s.w), (ph-36)/float64(s.h))
		w, h := float64(s.w)*k, float64(s.h)*k
		draw := fmt.Sprintf("q %.3f 0 0 %.3f %.3f %.3f cm /Im Do Q", w, h, (pw-w)/2, (ph-h)/2)
		space := "/DeviceRGB"
		if s.gray {
			space = "/DeviceGray"
		}
		object("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %g %g] /Contents %d 0 R /Resources << /XObject << /Im %d 0 R >> >> >>",
			pw, ph, 4+3*i, 5+3*i)
		object("<< /Length %d >>\nstream\n%s\nendstream", len(draw), draw)
		object("<< /Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace %s /BitsPerComponent 8 /Filter /DCTDecode /Length %d >>\nstream\n%s\nendstream",
			s.w, s.h, space, len(s.jpeg), s.jpeg)
	}
	table := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, o := range at {
		fmt.Fprintf(&out, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&out, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, table)
	return out.Bytes()
}
