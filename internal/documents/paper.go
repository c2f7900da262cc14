package documents

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"

	"truckflow/internal/documents/extract"
	"truckflow/internal/kit/errs"
	"truckflow/internal/platform/ocr"
)

// maxMailDepth bounds how deep a mail's parts may nest.
const maxMailDepth = 5

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
	m, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		return nil, errs.Unsupported("this mail is damaged and cannot be read").Wrap(err)
	}
	var got parts
	if err := walk(m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), m.Body, 0, &got); err != nil {
		return nil, errs.Unsupported("this mail is damaged and cannot be read").Wrap(err)
	}
	var out []PaperPage
	for _, f := range got.files {
		if k, _ := ocr.Sniff(f); k != ocr.PDF && k != ocr.JPEG && k != ocr.PNG && k != ocr.TIFF {
			continue
		}
		if _, err := p.OCR.Inspect(ctx, f); err != nil {
			continue // an unreadable attachment does not hide the others
		}
		pages, err := p.scanned(ctx, f)
		if err != nil {
			return nil, err
		}
		out = append(out, pages...)
	}
	if len(out) > 0 {
		// The attachment is the document; of the mail only who sent it.
		return append(out, textPages(mailHead(m.Header, "From", "To", "Date"))...), nil
	}
	return textPages(mailHead(m.Header, "From", "To", "Date", "Subject") + cmp.Or(got.text.String(), got.html.String())), nil
}

// mailHead prints header fields the way mail programs show them.
func mailHead(h mail.Header, fields ...string) string {
	var b strings.Builder
	for _, f := range fields {
		v := h.Get(f)
		if d, err := new(mime.WordDecoder).DecodeHeader(v); err == nil {
			v = d
		}
		if v != "" {
			b.WriteString(f + ": " + strings.Join(strings.Fields(v), " ") + "\n")
		}
	}
	return b.String() + "\n"
}

// parts is what a mail holds: its plain text, its HTML as text, its attachments.
type parts struct {
	text, html strings.Builder
	files      [][]byte
}

// walk collects a mail's parts.
func walk(contentType, encoding string, r io.Reader, depth int, to *parts) error {
	if depth > maxMailDepth || len(to.files) > 50 {
		return nil
	}
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		kind = "text/plain"
	}
	if strings.HasPrefix(kind, "multipart/") {
		mr := multipart.NewReader(r, params["boundary"])
		for {
			part, err := mr.NextRawPart()
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			if err := walk(part.Header.Get("Content-Type"), part.Header.Get("Content-Transfer-Encoding"), part, depth+1, to); err != nil {
				return err
			}
		}
	}
	switch strings.ToLower(encoding) {
	case "base64":
		r = base64.NewDecoder(base64.StdEncoding, r)
	case "quoted-printable":
		r = quotedprintable.NewReader(r)
	}
	b, err := io.ReadAll(io.LimitReader(r, MaxBytes))
	if err != nil {
		return err
	}
	switch {
	case kind == "text/plain":
		to.text.Write(b)
		to.text.WriteByte('\n')
	case kind == "text/html":
		t, err := htmlText(bytes.NewReader(b))
		if err != nil {
			return err
		}
		to.html.WriteString(t)
	case !strings.HasPrefix(kind, "text/"):
		to.files = append(to.files, b)
	}
	return nil
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
func ReadPages(pages []PaperPage, o extract.Options) *extract.Reading {
	return extract.Read(kernelPages(pages), o)
}
