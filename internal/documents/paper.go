package documents

import (
	"context"
	"io"
	"strings"

	"truckflow/internal/documents/extract"
	"truckflow/internal/platform/ocr"
)

// Reader reads every kind of paper: PDFs and pictures by platform/ocr, plain
// text, and mails (body and attachments).
type Reader struct{ OCR *ocr.Reader }

// Inspect implements Paper.
func (p Reader) Inspect(ctx context.Context, data []byte) (string, int, error) {
	i, err := p.OCR.Inspect(ctx, data)
	return i.ContentType, max(1, i.Pages), err
}

// Read implements Paper. A mail's attachments come before its body: the paper
// wins over what is said about it.
func (p Reader) Read(ctx context.Context, data []byte) ([]PaperPage, error) {
	switch f, _ := ocr.Sniff(data); f {
	case ocr.Text:
		return textPages(string(data)), nil
	case ocr.Mail:
		return p.letter(ctx, data)
	}
	return p.scanned(ctx, data)
}

func (p Reader) scanned(ctx context.Context, data []byte) (out []PaperPage, err error) {
	err = p.OCR.Pages(ctx, data, func(pg ocr.Page, _ ocr.ImageFunc) error {
		k := PaperPage{Page: extract.Page{Width: pg.WidthPt, Height: pg.HeightPt, OCR: pg.OCR}, Rotation: pg.Rotation}
		for _, w := range pg.Words {
			k.Words = append(k.Words, extract.Word{Text: w.Text, X0: w.X0, Y0: w.Y0, X1: w.X1, Y1: w.Y1, Conf: w.Conf, Bold: w.Bold})
		}
		out = append(out, k)
		return nil
	})
	return out, err
}

func textPages(s string) (out []PaperPage) {
	for _, pg := range extract.TextPages(strings.ToValidUTF8(s, "�")) {
		out = append(out, PaperPage{Page: pg})
	}
	return out
}

func (p Reader) letter(ctx context.Context, data []byte) ([]PaperPage, error) {
	l, err := OpenLetter(data)
	if err != nil {
		return nil, err
	}
	var out []PaperPage
	for _, f := range l.Files {
		if k, _ := ocr.Sniff(f.Data); k != ocr.PDF && k != ocr.JPEG && k != ocr.PNG && k != ocr.TIFF {
			continue
		}
		if _, err := p.OCR.Inspect(ctx, f.Data); err != nil {
			continue // an unreadable attachment does not hide the others
		}
		pages, err := p.scanned(ctx, f.Data)
		if err != nil {
			return nil, err
		}
		out = append(out, pages...)
	}
	if len(out) > 0 {
		// The attachment is the document; of the mail only who sent it.
		return append(out, textPages(l.Head("From", "To", "Date"))...), nil
	}
	return textPages(l.Cover()), nil
}

// Picture implements Paper; text and mails have no picture but their words.
func (p Reader) Picture(ctx context.Context, data []byte, no, width, turn int) ([]byte, string, error) {
	b, err := p.OCR.RenderJPEG(ctx, data, ocr.View{Page: no, WidthPx: width, Turn: turn})
	return b, "image/jpeg", err
}

// Merge implements Paper.
func (p Reader) Merge(ctx context.Context, parts [][]byte, w io.Writer) error {
	ps := make([]ocr.Part, len(parts))
	for i, d := range parts {
		ps[i] = ocr.Part{Name: "page", Data: d}
	}
	return p.OCR.Merge(ctx, ps, w)
}

// ReadPages runs the reading kernel over pages.
func ReadPages(pages []PaperPage, o extract.Options) GapReading {
	return GapReading{Reading: extract.Read(kernelPages(pages), o), pages: pages, options: o}
}
