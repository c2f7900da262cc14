package imaging

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/draw"
)

// Orientation returns a JPEG's EXIF orientation, 1 (as stored) to 8; 1 when it has none.
func Orientation(data []byte) int {
	for at := 2; at+4 <= len(data) && data[at] == 0xFF; {
		marker, size := data[at+1], int(binary.BigEndian.Uint16(data[at+2:]))
		if marker == 0xDA || size < 2 || at+2+size > len(data) {
			break
		}
		if body := data[at+4 : at+2+size]; marker == 0xE1 && bytes.HasPrefix(body, []byte("Exif\x00\x00")) {
			return exifOrientation(body[6:])
		}
		at += 2 + size
	}
	return 1
}

func exifOrientation(tiff []byte) int {
	order, err := byteOrder(tiff)
	if err != nil {
		return 1
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 1
	}
	for k := range int64(order.Uint16(tiff[at:])) {
		e := at + 2 + 12*k
		if e+12 > int64(len(tiff)) {
			break
		}
		if order.Uint16(tiff[e:]) == 0x0112 { // Orientation, EXIF 2.3 section 4.6.4
			if v := int(order.Uint16(tiff[e+8:])); v >= 1 && v <= 8 {
				return v
			}
		}
	}
	return 1
}

// Oriented undoes an EXIF orientation.
func Oriented(img image.Image, orientation int) image.Image {
	switch orientation {
	case 2:
		return mirror(img)
	case 3:
		return Turn(img, 180)
	case 4:
		return mirror(Turn(img, 180))
	case 5:
		return mirror(Turn(img, 90))
	case 6:
		return Turn(img, 90)
	case 7:
		return mirror(Turn(img, 270))
	case 8:
		return Turn(img, 270)
	}
	return img
}

// Turn turns an image clockwise by 0, 90, 180 or 270 degrees. Gray stays gray.
func Turn(img image.Image, degrees int) image.Image {
	degrees = ((degrees % 360) + 360) % 360
	if degrees == 0 {
		return img
	}
	src, bytesPer := pixels(img)
	w, h := src.w, src.h
	dst := src.blank(w, h)
	if degrees != 180 {
		dst = src.blank(h, w)
	}
	for y := range h {
		for x := range w {
			var tx, ty int
			switch degrees {
			case 90:
				tx, ty = h-1-y, x
			case 180:
				tx, ty = w-1-x, h-1-y
			default:
				tx, ty = y, w-1-x
			}
			copy(dst.pix[(ty*dst.w+tx)*bytesPer:][:bytesPer], src.pix[y*src.stride+x*bytesPer:])
		}
	}
	return dst.image()
}

func mirror(img image.Image) image.Image {
	src, n := pixels(img)
	dst := src.blank(src.w, src.h)
	for y := range src.h {
		for x := range src.w {
			copy(dst.pix[(y*src.w+src.w-1-x)*n:][:n], src.pix[y*src.stride+x*n:])
		}
	}
	return dst.image()
}

// raster is an image as bytes: gray (one a pixel) or RGBA (four).
type raster struct {
	pix          []byte
	w, h, stride int
	per          int
}

func pixels(img image.Image) (raster, int) {
	b := img.Bounds()
	switch m := img.(type) {
	case *image.Gray:
		return raster{m.Pix[m.PixOffset(b.Min.X, b.Min.Y):], b.Dx(), b.Dy(), m.Stride, 1}, 1
	case *image.RGBA:
		return raster{m.Pix[m.PixOffset(b.Min.X, b.Min.Y):], b.Dx(), b.Dy(), m.Stride, 4}, 4
	}
	m := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(m, m.Bounds(), img, b.Min, draw.Src)
	return raster{m.Pix, b.Dx(), b.Dy(), m.Stride, 4}, 4
}

func (r raster) blank(w, h int) raster {
	return raster{make([]byte, w*h*r.per), w, h, w * r.per, r.per}
}

func (r raster) image() image.Image {
	box := image.Rect(0, 0, r.w, r.h)
	if r.per == 1 {
		return &image.Gray{Pix: r.pix, Stride: r.stride, Rect: box}
	}
	return &image.RGBA{Pix: r.pix, Stride: r.stride, Rect: box}
}
