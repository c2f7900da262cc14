package ocr

import (
	"testing"

	"truckflow/internal/platform/ocr/pdfium"
)

// A coarse scan is drawn with its own pixels; a fine one, a page of drawings and a picture
// on a page as large as recognition wants them.
func TestScanLong(t *testing.T) {
	t.Parallel()
	for _, k := range []struct {
		images, dots float64
		want         int
	}{{1, 1.8, 1426}, {0.9, 4.2, readLong}, {0.5, 1.8, readLong}, {0, 0, readLong}, {1, 0.1, 1000}} {
		if got := scanLong(pdfium.Text{Images: k.images, Dots: k.dots}, 792); got != k.want {
			t.Errorf("a picture over %v of the page with %v dots a point: %d, want %d", k.images, k.dots, got, k.want)
		}
	}
}
