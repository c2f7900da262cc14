package pdfium

import (
	"bytes"
	"image"
	"image/jpeg"
	"math"
	"testing"

	"github.com/go-pdf/fpdf"
)

// A page that is one picture says how many pixels the picture has for each point.
func TestPictureDots(t *testing.T) {
	t.Parallel()
	var pic, pdf bytes.Buffer
	if err := jpeg.Encode(&pic, image.NewGray(image.Rect(0, 0, 1100, 1424)), nil); err != nil {
		t.Fatal(err)
	}
	f := fpdf.New("P", "pt", "Letter", "")
	o := fpdf.ImageOptions{ImageType: "JPG"}
	f.RegisterImageOptionsReader("scan", o, &pic)
	f.AddPage()
	f.ImageOptions("scan", 0, 0, 612, 792, false, o, 0, "")
	f.AddPage()
	if err := f.Output(&pdf); err != nil {
		t.Fatal(err)
	}
	e := New(Settings{CacheDir: cacheDir()})
	defer e.Close()
	doc, err := e.Open(t.Context(), pdf.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	defer doc.Close()
	for i, want := range []float64{1424.0 / 792, 0} {
		text, err := doc.Text(i)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(text.Dots-want) > 0.01 {
			t.Errorf("page %d: %.3f dots a point, want %.3f", i+1, text.Dots, want)
		}
	}
}
