package pdfium

import (
	"context"
	"errors"
	"fmt"
	"image"
	"strings"
	"time"
	"unicode"

	gopdfium "github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/enums"
	pdferrors "github.com/klippa-app/go-pdfium/errors"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
)

// session is one PDFium machine, ours until close. When ctx ends the machine is killed,
// whatever it is doing.
type session struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	engine *Engine
	done   func() // tells the engine that we are finished
	pdf    gopdfium.Pdfium
	stop   func() bool   // cancels the kill; false when it has begun
	killed chan struct{} // closed when the kill is over
}

func (e *Engine) session(ctx context.Context) (*session, error) {
	done := e.Use()
	pool, err := e.loaded()
	if err != nil {
		done()
		return nil, err
	}
	pdf, err := pool.GetInstanceWithContext(ctx)
	if err != nil {
		done()
		return nil, fmt.Errorf("starting PDFium: %w", errors.Join(err, ctx.Err()))
	}
	ctx, cancel := context.WithCancelCause(ctx)
	s := &session{ctx: ctx, cancel: cancel, engine: e, done: done, pdf: pdf, killed: make(chan struct{})}
	s.stop = context.AfterFunc(ctx, func() {
		defer close(s.killed)
		if err := pdf.Kill(); err != nil {
			e.set.Log.Debug("stopping PDFium", "err", err)
		}
	})
	return s, nil
}

func (s *session) close() {
	if s.stop() {
		if err := s.pdf.Close(); err != nil {
			s.engine.set.Log.Debug("closing PDFium", "err", err)
		}
	} else {
		<-s.killed
	}
	s.cancel(nil)
	s.done()
}

// watch kills the machine when the step begun now takes longer than the limit; the
// caller calls the returned function at the step's end.
func (s *session) watch() (done func()) {
	t := time.AfterFunc(s.engine.set.Limit, func() { s.cancel(ErrSlow) })
	return func() { t.Stop() }
}

// fail names what went wrong: the end of the context before anything else,
// because a killed machine reports all sorts of things.
func (s *session) fail(what, err error) error {
	if cause := context.Cause(s.ctx); cause != nil {
		return cause
	}
	return fmt.Errorf("%w: %w", what, err)
}

func (s *session) load(data []byte) (references.FPDF_DOCUMENT, int, error) {
	defer s.watch()()
	doc, err := s.pdf.OpenDocument(&requests.OpenDocument{File: &data})
	switch {
	case errors.Is(err, pdferrors.ErrPassword), errors.Is(err, pdferrors.ErrSecurity):
		return "", 0, s.fail(ErrLocked, err)
	case err != nil:
		return "", 0, s.fail(ErrDamaged, err)
	}
	n, err := s.pdf.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: doc.Document})
	if err != nil {
		return "", 0, s.fail(ErrDamaged, err)
	}
	return doc.Document, n.PageCount, nil
}

// Doc is an open PDF. It is not safe for concurrent use and must be closed.
type Doc struct {
	s     *session
	ref   references.FPDF_DOCUMENT
	pages int
}

// Open opens a PDF; ctx bounds everything done with it until Close. It waits while all
// workers are taken. Errors: ErrLocked, ErrDamaged, the context's cause.
func (e *Engine) Open(ctx context.Context, data []byte) (*Doc, error) {
	s, err := e.session(ctx)
	if err != nil {
		return nil, err
	}
	ref, n, err := s.load(data)
	if err != nil {
		s.close()
		return nil, err
	}
	return &Doc{s: s, ref: ref, pages: n}, nil
}

// Close gives the machine back.
func (d *Doc) Close() { d.s.close() }

// Pages is the number of pages.
func (d *Doc) Pages() int { return d.pages }

func (d *Doc) page(i int) requests.Page {
	return requests.Page{ByIndex: &requests.PageByIndex{Document: d.ref, Index: i}}
}

// Size returns the size in points of page i (0-based) as it is shown: cropped and
// turned as the file says.
func (d *Doc) Size(i int) (w, h float64, err error) {
	r, err := d.s.pdf.GetPageSize(&requests.GetPageSize{Page: d.page(i)})
	if err != nil {
		return 0, 0, d.s.fail(ErrPage, err)
	}
	return r.Width, r.Height, nil
}

// Render draws page i as shown, at most widthPx wide and heightPx high (0 = no bound,
// not both). Gray gives an *image.Gray.
func (d *Doc) Render(i, widthPx, heightPx int, gray bool) (image.Image, error) {
	if err := context.Cause(d.s.ctx); err != nil {
		return nil, err
	}
	defer d.s.watch()()
	format := requests.RenderImageFormatRGBA
	if gray {
		format = requests.RenderImageFormatGrayscale
	}
	r, err := d.s.pdf.RenderPageInPixels(&requests.RenderPageInPixels{
		Page: d.page(i), Width: widthPx, Height: heightPx, ImageFormat: format,
		Document: &d.ref, RenderFlags: enums.FPDF_RENDER_FLAG_ANNOT,
	})
	if err != nil {
		return nil, d.s.fail(ErrPage, err)
	}
	defer r.Cleanup()
	return own(r.Result.RenderedImage)
}

// own copies an image out of the machine's memory.
func own(img image.Image) (image.Image, error) {
	switch m := img.(type) {
	case *image.RGBA:
		c := *m
		c.Pix = append([]byte(nil), m.Pix...)
		return &c, nil
	case *image.Gray:
		c := *m
		c.Pix = append([]byte(nil), m.Pix...)
		return &c, nil
	}
	return nil, fmt.Errorf("%w: PDFium drew a %T", ErrPage, img)
}

// Char is one character as PDFium found it, in the order of the file.
type Char struct {
	Rune           rune
	X0, Y0, X1, Y1 float64 // points from the top-left of the page as shown; a tight box, empty for blanks
	Turn           int     // 0, 90, 180, 270: clockwise turn of the page that makes this character upright
	Bold           bool
}

// Text is what page i says.
type Text struct {
	// Chars leaves out text drawn invisibly: a scanner's own recognition, or something
	// that nobody was meant to see.
	Chars []Char
	// Images is the part of the page (0..1) that the largest picture covers.
	Images float64
}

// Box is a rectangle in points from the top-left of the page as shown.
type Box struct{ X0, Y0, X1, Y1 float64 }

// Text reads the characters of page i.
func (d *Doc) Text(i int) (Text, error) {
	if err := context.Cause(d.s.ctx); err != nil {
		return Text{}, err
	}
	defer d.s.watch()()
	m, err := d.matrix(i)
	if err != nil {
		return Text{}, err
	}
	r, err := d.s.pdf.GetPageTextStructured(&requests.GetPageTextStructured{
		Page: d.page(i), Mode: requests.GetPageTextStructuredModeChars,
	})
	if err != nil {
		return Text{}, d.s.fail(ErrPage, err)
	}
	t := Text{Chars: make([]Char, 0, len(r.Chars))}
	for _, c := range r.Chars {
		p := c.PointPosition
		b := m.box(p.Left, p.Bottom, p.Right, p.Top)
		ch := Char{X0: b.X0, Y0: b.Y0, X1: b.X1, Y1: b.Y1, Turn: m.turn(c.Angle)}
		for _, ru := range c.Text {
			ch.Rune = ru
		}
		t.Chars = append(t.Chars, ch)
	}
	hidden, images, err := d.objects(i, m)
	if err != nil {
		return Text{}, err
	}
	t.Images = images
	return t, d.looks(i, &t, hidden)
}

// looks finds out which characters are bold and drops the invisible ones. A call into
// WebAssembly costs some microseconds: the font is asked for once a word, and the object
// of each character only on pages that have invisible text.
func (d *Doc) looks(i int, t *Text, hidden bool) error {
	if len(t.Chars) == 0 {
		return nil
	}
	page, err := d.s.pdf.FPDFText_LoadPage(&requests.FPDFText_LoadPage{Page: d.page(i)})
	if err != nil {
		return d.s.fail(ErrPage, err)
	}
	kept := t.Chars[:0]
	begins, isBold := true, false
	for k, c := range t.Chars {
		if hidden && d.hides(page.TextPage, k) {
			continue
		}
		blank := unicode.IsSpace(c.Rune)
		if begins && !blank {
			isBold = d.bold(page.TextPage, k)
		}
		begins, c.Bold = blank, isBold && !blank
		kept = append(kept, c)
	}
	t.Chars = kept
	if _, err = d.s.pdf.FPDFText_ClosePage(&requests.FPDFText_ClosePage{TextPage: page.TextPage}); err != nil {
		return d.s.fail(ErrPage, err)
	}
	return nil
}

const forceBold = 1 << 18 // font descriptor flag, ISO 32000-1 table 123

func (d *Doc) bold(page references.FPDF_TEXTPAGE, k int) bool {
	w, err := d.s.pdf.FPDFText_GetFontWeight(&requests.FPDFText_GetFontWeight{TextPage: page, Index: k})
	if err == nil && w.FontWeight >= 600 {
		return true
	}
	f, err := d.s.pdf.FPDFText_GetFontInfo(&requests.FPDFText_GetFontInfo{TextPage: page, Index: k})
	if err != nil {
		return false
	}
	name := strings.ToLower(f.FontName)
	return f.Flags&forceBold != 0 || strings.Contains(name, "bold") || strings.Contains(name, "black") || strings.Contains(name, "heavy")
}

func (d *Doc) hides(page references.FPDF_TEXTPAGE, k int) bool {
	o, err := d.s.pdf.FPDFText_GetTextObject(&requests.FPDFText_GetTextObject{TextPage: page, Index: k})
	return err == nil && d.invisible(o.TextObject)
}

// objects looks for invisible text and large pictures among the page's objects.
func (d *Doc) objects(i int, m matrix) (hidden bool, images float64, err error) {
	page := d.page(i)
	n, err := d.s.pdf.FPDFPage_CountObjects(&requests.FPDFPage_CountObjects{Page: page})
	if err != nil {
		return false, 0, d.s.fail(ErrPage, err)
	}
	for k := range n.Count {
		o, err := d.s.pdf.FPDFPage_GetObject(&requests.FPDFPage_GetObject{Page: page, Index: k})
		if err != nil {
			return false, 0, d.s.fail(ErrPage, err)
		}
		kind, err := d.s.pdf.FPDFPageObj_GetType(&requests.FPDFPageObj_GetType{PageObject: o.PageObject})
		if err != nil {
			return false, 0, d.s.fail(ErrPage, err)
		}
		switch kind.Type {
		case enums.FPDF_PAGEOBJ_TEXT:
			hidden = hidden || d.invisible(o.PageObject)
		case enums.FPDF_PAGEOBJ_IMAGE:
			if b, err := d.s.pdf.FPDFPageObj_GetBounds(&requests.FPDFPageObj_GetBounds{PageObject: o.PageObject}); err == nil {
				box := m.box(float64(b.Left), float64(b.Bottom), float64(b.Right), float64(b.Top))
				images = max(images, box.within(m.w, m.h)/(m.w*m.h))
			}
		}
	}
	return hidden, images, nil
}

func (d *Doc) invisible(o references.FPDF_PAGEOBJECT) bool {
	r, err := d.s.pdf.FPDFTextObj_GetTextRenderMode(&requests.FPDFTextObj_GetTextRenderMode{PageObject: o})
	return err == nil && (r.TextRenderMode == enums.FPDF_TEXTRENDERMODE_INVISIBLE || r.TextRenderMode == enums.FPDF_TEXTRENDERMODE_CLIP)
}

// within is the area of b that lies on a page of w × h.
func (b Box) within(w, h float64) float64 {
	x := min(b.X1, w) - max(b.X0, 0)
	y := min(b.Y1, h) - max(b.Y0, 0)
	if x <= 0 || y <= 0 {
		return 0
	}
	return x * y
}
