package imaging

import (
	"image"

	"golang.org/x/image/draw"
)

// Fit scales to the given width, keeping the shape. Gray stays gray; what is transparent
// becomes white paper.
func Fit(img image.Image, width int) image.Image {
	b := img.Bounds()
	w := max(1, width)
	h := max(1, int(float64(w)*float64(b.Dy())/float64(max(b.Dx(), 1))+0.5))
	if w == b.Dx() {
		return img
	}
	if g, ok := img.(*image.Gray); ok {
		return Gray(g, w, h)
	}
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(dst, dst.Rect, image.White, image.Point{}, draw.Src)
	var scaler draw.Scaler = draw.ApproxBiLinear
	if w*3 < b.Dx()*2 {
		scaler = draw.BiLinear
	}
	scaler.Scale(dst, dst.Rect, img, b, draw.Over, nil)
	return dst
}

// flat puts a picture that may be transparent on white paper; the others stay as they are.
func flat(img image.Image) image.Image {
	switch m := img.(type) {
	case *image.Gray, *image.YCbCr:
		return img
	case *image.RGBA:
		if m.Opaque() {
			return img
		}
	}
	b := img.Bounds()
	dst := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(dst, dst.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(dst, dst.Rect, img, b.Min, draw.Over)
	return dst
}
