// Package imaging reads photos and scans and prepares them for recognition: header
// first, so that a picture is refused before it takes memory; upright as the
// camera meant it; and for the recogniser gray, evenly lit and straight.
package imaging

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/tiff"
	"golang.org/x/image/webp"
)

// Kind is a picture format by its usual name.
type Kind string

// The kinds this package decodes.
const (
	JPEG Kind = "jpeg"
	PNG  Kind = "png"
	GIF  Kind = "gif" // the first picture of a moving one
	TIFF Kind = "tiff"
	WEBP Kind = "webp"
)

// ErrFrame says that there is no such page in the file.
var ErrFrame = errors.New("no such page")

// Size reads the width and height in pixels of every page from the headers alone, as
// stored (before EXIF turning). Only TIFF has more than one page.
func Size(kind Kind, data []byte) ([]image.Point, error) {
	if kind != TIFF {
		cfg, err := config(kind, bytes.NewReader(data))
		if err != nil {
			return nil, err
		}
		return []image.Point{{X: cfg.Width, Y: cfg.Height}}, nil
	}
	frames, err := directories(data)
	if err != nil {
		return nil, err
	}
	var sizes []image.Point
	for _, at := range frames {
		cfg, err := tiff.DecodeConfig(frame(data, at))
		if err != nil {
			return nil, fmt.Errorf("page %d: %w", len(sizes)+1, err)
		}
		sizes = append(sizes, image.Point{X: cfg.Width, Y: cfg.Height})
	}
	return sizes, nil
}

func config(kind Kind, r io.Reader) (image.Config, error) {
	switch kind {
	case JPEG:
		return jpeg.DecodeConfig(r)
	case PNG:
		return png.DecodeConfig(r)
	case GIF:
		return gif.DecodeConfig(r)
	case WEBP:
		return webp.DecodeConfig(r)
	}
	return image.Config{}, fmt.Errorf("cannot decode %s", kind)
}

// Decode decodes page n (0-based), turned upright as EXIF says. Check Size first: the
// decoders allocate what the header asks for.
func Decode(kind Kind, data []byte, n int) (image.Image, error) {
	if n != 0 && kind != TIFF {
		return nil, ErrFrame
	}
	r := bytes.NewReader(data)
	switch kind {
	case JPEG:
		img, err := jpeg.Decode(r)
		if err != nil {
			return nil, err
		}
		return Oriented(img, Orientation(data)), nil
	case PNG:
		return png.Decode(r)
	case GIF:
		return gif.Decode(r)
	case WEBP:
		return webp.Decode(r)
	case TIFF:
		frames, err := directories(data)
		if err != nil {
			return nil, err
		}
		if n < 0 || n >= len(frames) {
			return nil, ErrFrame
		}
		return tiff.Decode(frame(data, frames[n]))
	}
	return nil, fmt.Errorf("cannot decode %s", kind)
}

// directories finds the offset of every page in a TIFF.
func directories(data []byte) ([]uint32, error) {
	order, err := byteOrder(data)
	if err != nil {
		return nil, err
	}
	var out []uint32
	seen := map[uint32]bool{}
	for at := order.Uint32(data[4:]); at != 0; {
		if seen[at] || int64(at)+2 > int64(len(data)) {
			if len(out) == 0 {
				return nil, io.ErrUnexpectedEOF
			}
			break // a damaged end: the pages so far are still good
		}
		seen[at] = true
		out = append(out, at)
		next := int64(at) + 2 + 12*int64(order.Uint16(data[at:]))
		if next+4 > int64(len(data)) {
			break
		}
		at = order.Uint32(data[next:])
	}
	if len(out) == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	return out, nil
}

func byteOrder(data []byte) (binary.ByteOrder, error) {
	switch {
	case len(data) < 8:
		return nil, io.ErrUnexpectedEOF
	case data[0] == 'I' && data[1] == 'I':
		return binary.LittleEndian, nil
	case data[0] == 'M' && data[1] == 'M':
		return binary.BigEndian, nil
	}
	return nil, errors.New("not a TIFF")
}

// framed shows a TIFF whose first page is another one, without copying it.
type framed struct {
	*io.SectionReader
}

// patched answers the eight header bytes itself.
type patched struct {
	head [8]byte
	data []byte
}

func (p patched) ReadAt(b []byte, off int64) (int, error) {
	n, err := bytes.NewReader(p.data).ReadAt(b, off)
	if off < 8 {
		copy(b[:n], p.head[off:])
	}
	return n, err
}

func frame(data []byte, at uint32) framed {
	p := patched{data: data}
	copy(p.head[:], data)
	order, err := byteOrder(data)
	if err == nil {
		order.PutUint32(p.head[4:], at)
	}
	return framed{io.NewSectionReader(p, 0, int64(len(data)))}
}
