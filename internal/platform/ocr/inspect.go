package ocr

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"io"
	"strconv"

	"truckflow/internal/kit/errs"
	"truckflow/internal/platform/ocr/imaging"
	"truckflow/internal/platform/ocr/pdfium"
)

func is(err, target error) bool { return errors.Is(err, target) }

// Info is what a file is, without having read it.
type Info struct {
	Format      Format
	ContentType string
	Pages       int           // 1 for text and mail
	Sizes       []image.Point // of a picture's pages, in pixels as stored; nil for PDFs
}

// Inspect refuses, cheaply and in words for the person who sent it, what cannot be read:
// empty, too large, not a document, cut off, locked, too many pages or pixels. Kinds:
// Unsupported (another sort of file), TooLarge, Invalid (damaged, locked, empty). Text
// and mail pass: they are documents, though they have no page images.
func (r *Reader) Inspect(ctx context.Context, data []byte) (Info, error) {
	info, err := r.identify(data)
	if err != nil || info.Format != PDF {
		return info, err
	}
	doc, err := r.openPDF(ctx, data)
	if err != nil {
		return info, err
	}
	defer doc.Close()
	info.Pages = doc.Pages()
	if _, _, err := doc.Size(0); err != nil {
		return info, pdfError(err)
	}
	return info, nil
}

// identify does everything that needs no PDFium.
func (r *Reader) identify(data []byte) (Info, error) {
	f, ct := Sniff(data)
	info := Info{Format: f, ContentType: ct, Pages: 1}
	if len(data) > r.set.MaxBytes {
		return info, errs.TooLarge("the file has %s MB; at most %s MB can be read",
			thousands(len(data)>>20), thousands(r.set.MaxBytes>>20))
	}
	if err := refusal(f); err != nil {
		return info, err
	}
	switch kind := f.picture(); {
	case f == PDF:
		return info, whole(data)
	case kind != "":
		return r.picture(info, kind, data)
	}
	return info, nil
}

func refusal(f Format) error {
	switch f {
	case Empty:
		return errs.Invalid("the file is empty; send it again")
	case HEIC:
		return errs.Unsupported("HEIC photos cannot be read here; set the phone's camera to \"Most Compatible\" or send a JPEG")
	case Spreadsheet:
		return errs.Unsupported("this is a spreadsheet, not a document; save it as PDF and send that")
	case Office:
		return errs.Unsupported("this is an office file; save it as PDF and send that")
	case HTML:
		return errs.Unsupported("this is a web page; print it to PDF and send that")
	case Archive:
		return errs.Unsupported("this is an archive; unpack it and send the documents in it")
	case Executable:
		return errs.Unsupported("this is a program, not a document")
	case Unknown:
		return errs.Unsupported("this kind of file cannot be read; send a PDF, JPEG, PNG or TIFF")
	}
	return nil
}

// whole refuses a PDF without an end. PDFium would mend it silently and show the pages
// that arrived, as if there had been no others.
func whole(data []byte) error {
	tail := data[max(0, len(data)-4096):]
	if !bytes.Contains(tail, []byte("%%EOF")) && !bytes.Contains(tail, []byte("startxref")) {
		return errs.Invalid("the PDF is cut off: its end is missing; send it again")
	}
	return nil
}

// picture checks a picture's headers: pixels, pages, and that its end has arrived.
func (r *Reader) picture(info Info, kind imaging.Kind, data []byte) (Info, error) {
	sizes, err := imaging.Size(kind, data)
	if err != nil {
		return info, pictureError(err)
	}
	info.Sizes, info.Pages = sizes, len(sizes)
	if len(sizes) > r.set.MaxPages {
		return info, r.tooMany(len(sizes))
	}
	for _, s := range sizes {
		if s.X <= 0 || s.Y <= 0 {
			return info, errs.Invalid("the picture is damaged; send it again")
		}
		if s.X > r.set.MaxPixels/s.Y {
			return info, errs.TooLarge("the picture has %s x %s pixels; at most %s million pixels can be read",
				thousands(s.X), thousands(s.Y), thousands(r.set.MaxPixels/1_000_000))
		}
	}
	if cutOff(kind, data) {
		return info, errs.Invalid("the picture is cut off: its end is missing; send it again")
	}
	return info, nil
}

// cutOff looks for the mark a picture ends with.
func cutOff(kind imaging.Kind, data []byte) bool {
	switch kind {
	case imaging.JPEG:
		return !bytes.Contains(data[mainScan(data):], []byte{0xFF, 0xD9})
	case imaging.PNG:
		return !bytes.Contains(data[max(0, len(data)-4096):], []byte("IEND"))
	case imaging.WEBP:
		return len(data) >= 8 && int64(binary.LittleEndian.Uint32(data[4:]))+8 > int64(len(data))
	}
	return false
}

// mainScan is where a JPEG's own pixels begin, past a thumbnail's end mark in EXIF.
func mainScan(data []byte) int {
	at := 2
	for at+4 <= len(data) && data[at] == 0xFF && data[at+1] != 0xDA {
		at += 2 + int(binary.BigEndian.Uint16(data[at+2:]))
	}
	return min(at, len(data))
}

func pictureError(err error) error {
	if is(err, io.ErrUnexpectedEOF) || is(err, io.EOF) {
		return errs.Invalid("the picture is cut off: its end is missing; send it again").Wrap(err)
	}
	return errs.Invalid("the picture is damaged or of a kind that cannot be read; send a JPEG, PNG or PDF").Wrap(err)
}

func (r *Reader) tooMany(n int) error {
	return errs.TooLarge("the file has %s pages; at most %s can be read", thousands(n), thousands(r.set.MaxPages))
}

// openPDF opens a PDF and refuses too many pages or none.
func (r *Reader) openPDF(ctx context.Context, data []byte) (*pdfium.Doc, error) {
	doc, err := r.pdf.Open(ctx, data)
	if err != nil {
		return nil, pdfError(err)
	}
	switch n := doc.Pages(); {
	case n == 0:
		doc.Close()
		return nil, errs.Invalid("the PDF has no pages")
	case n > r.set.MaxPages:
		doc.Close()
		return nil, r.tooMany(n)
	}
	return doc, nil
}

// pdfError puts PDFium's refusals into people's words.
func pdfError(err error) error {
	switch {
	case err == nil:
		return nil
	case is(err, pdfium.ErrLocked):
		return errs.Invalid("the PDF is locked with a password; print or save it without one").Wrap(err)
	case is(err, pdfium.ErrSlow):
		return errs.Invalid("the PDF takes too long to read: it is damaged or far too large; print it to a new PDF and send that").Wrap(err)
	case is(err, pdfium.ErrDamaged), is(err, pdfium.ErrPage):
		return errs.Invalid("the PDF is damaged; print it to a new PDF and send that").Wrap(err)
	case is(err, pdfium.ErrClosed):
		return errs.Unavailable("the server is stopping; try again").Wrap(err)
	}
	return err
}

// thousands writes 2000 as 2,000.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
