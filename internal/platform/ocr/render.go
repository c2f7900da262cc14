package ocr

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"

	"truckflow/internal/kit/errs"
	"truckflow/internal/platform/ocr/imaging"
	"truckflow/internal/platform/ocr/pdfium"
)

// View is one page as the screen wants it.
type View struct {
	Page    int // 1-based
	WidthPx int // of the upright page; 50 to 4,000
	Turn    int // Page.Rotation, so that the image is upright as its words are
}

// RenderPNG draws a page as PNG: sharp, the larger the more pictures are on it.
func (r *Reader) RenderPNG(ctx context.Context, data []byte, v View) ([]byte, error) {
	img, err := r.draw(ctx, data, v)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := enc.Encode(&out, img); err != nil {
		return nil, fmt.Errorf("encoding page %d: %w", v.Page, err)
	}
	return out.Bytes(), nil
}

// RenderJPEG draws a page as JPEG, for scans and previews.
func (r *Reader) RenderJPEG(ctx context.Context, data []byte, v View) ([]byte, error) {
	img, err := r.draw(ctx, data, v)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: 82}); err != nil {
		return nil, fmt.Errorf("encoding page %d: %w", v.Page, err)
	}
	return out.Bytes(), nil
}

func (r *Reader) draw(ctx context.Context, data []byte, v View) (image.Image, error) {
	info, err := r.identify(data)
	if err != nil {
		return nil, err
	}
	v.WidthPx = max(50, min(v.WidthPx, 4000))
	switch {
	case info.Format == PDF:
		return r.drawPDF(ctx, data, v)
	case info.Format.picture() == "":
		return nil, errs.Unsupported("this file is text and has no page images")
	case v.Page < 1 || v.Page > info.Pages:
		return nil, errs.NotFound("the file has no page %d", v.Page)
	}
	give, err := r.take(ctx)
	if err != nil {
		return nil, err
	}
	defer give()
	img, err := imaging.Decode(info.Format.picture(), data, v.Page-1)
	if err != nil {
		return nil, pictureError(err)
	}
	// Small first, turned then: turning is slow.
	if v.Turn%180 != 0 {
		b := img.Bounds()
		return imaging.Turn(imaging.Fit(img, max(1, v.WidthPx*b.Dx()/max(b.Dy(), 1))), v.Turn), nil
	}
	return imaging.Turn(imaging.Fit(img, v.WidthPx), v.Turn), nil
}

func (r *Reader) drawPDF(ctx context.Context, data []byte, v View) (image.Image, error) {
	doc, err := r.openPDF(ctx, data)
	if err != nil {
		return nil, err
	}
	defer doc.Close()
	if v.Page < 1 || v.Page > doc.Pages() {
		return nil, errs.NotFound("the file has no page %d", v.Page)
	}
	w, h, err := doc.Size(v.Page - 1)
	if err != nil {
		return nil, pdfError(err)
	}
	px := v.WidthPx
	if v.Turn%180 != 0 {
		px = int(float64(px) * w / h)
	}
	px = min(px, drawWidth(w, h, px*72)) // px*72 dpi is beyond any bound: only the pixel limit counts
	img, err := doc.Render(v.Page-1, max(1, px), 0, false)
	if err != nil {
		return nil, pdfError(err)
	}
	return imaging.Turn(img, v.Turn), nil
}

// Part is one file of a packet.
type Part struct {
	Name string // for error messages, such as "POD.jpg"
	Data []byte
	Turn []int // Page.Rotation of each page; may be shorter than the file
}

// Merge writes one PDF with all parts' pages in order. Pictures become letter pages.
// What is wrong with a part is said with its name; nothing is written then.
func (r *Reader) Merge(ctx context.Context, parts []Part, w io.Writer) error {
	if len(parts) == 0 {
		return errs.Invalid("the packet has no documents")
	}
	give, err := r.take(ctx)
	if err != nil {
		return err
	}
	defer give()
	pdfs := make([]pdfium.Part, 0, len(parts))
	for _, p := range parts {
		pdf, err := r.asPDF(p)
		if err != nil {
			return named(p.Name, err)
		}
		pdfs = append(pdfs, pdf)
	}
	var out bytes.Buffer
	if err := r.pdf.Merge(ctx, pdfs, &out); err != nil {
		var bad *pdfium.PartError
		if errors.As(err, &bad) {
			return named(parts[bad.Part-1].Name, pdfError(err))
		}
		return pdfError(err)
	}
	_, err = w.Write(out.Bytes())
	return err
}

// named puts the file's name before the message.
func named(name string, err error) error {
	e := errs.Public(err)
	if name == "" || e.Kind == errs.KindInternal {
		return err
	}
	c := *e
	c.Message = name + ": " + e.Message
	return &c
}

func (r *Reader) asPDF(p Part) (pdfium.Part, error) {
	info, err := r.identify(p.Data)
	switch {
	case err != nil:
		return pdfium.Part{}, err
	case info.Format == PDF:
		return pdfium.Part{Data: p.Data, Turn: p.Turn}, nil
	case info.Format.picture() == "":
		return pdfium.Part{}, errs.Unsupported("text cannot go into a packet; print it to PDF")
	}
	var sheets []imaging.Sheet
	for i := range info.Pages {
		turn := 0
		if i < len(p.Turn) {
			turn = p.Turn[i]
		}
		s, err := imaging.Print(info.Format.picture(), p.Data, i, turn)
		if err != nil {
			return pdfium.Part{}, pictureError(err)
		}
		sheets = append(sheets, s)
	}
	return pdfium.Part{Data: imaging.PDF(sheets)}, nil
}
