package ocr

import (
	"context"
	"image"
	"math"
	"unicode"

	"truckflow/internal/platform/ocr/imaging"
	"truckflow/internal/platform/ocr/pdfium"
	"truckflow/internal/platform/ocr/tesseract"
)

const (
	// readLong is the longer side, in pixels, that tesseract gets: a letter page at 273 dpi.
	// 2420 is a third faster and misses 1 % more of the words.
	readLong = 3000
	letterW  = 612.0 // points
	letterH  = 792.0
	// drawPixels bounds a drawn page, whatever size the file says it has.
	drawPixels = 20_000_000
)

// pdfPages reads a PDF's pages in order. Recognition is what takes long, so the pages after
// a scan are begun while it is recognised; PDFium itself does one thing at a time.
func (r *Reader) pdfPages(ctx context.Context, data []byte, each func(Page, ImageFunc) error) error {
	doc, err := r.openPDF(ctx, data)
	if err != nil {
		return err
	}
	defer doc.Close()
	ctx, cancel := context.WithCancel(ctx)
	var under []*begun
	defer func() {
		cancel()
		for _, b := range under {
			<-b.done
		}
	}()
	var unread error
	hand := func() error {
		b := under[0]
		under = under[1:]
		<-b.done
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case b.err != nil && !recognising(b.err):
			return pdfError(b.err)
		}
		if b.err != nil && unread == nil {
			unread = ocrError(b.page.Number, b.err)
		}
		return each(b.page, r.drawing(doc, b))
	}
	for i := range doc.Pages() {
		b, err := r.begin(ctx, doc, i)
		if err != nil {
			return pdfError(err)
		}
		if under = append(under, b); len(under) > cap(r.scans) {
			if err := hand(); err != nil {
				return err
			}
		}
	}
	for len(under) > 0 {
		if err := hand(); err != nil {
			return err
		}
	}
	return unread
}

// begun is a page of a PDF whose words are there, or being recognised until done is closed.
type begun struct {
	page Page
	w, h float64 // of the page as the file shows it
	err  error   // tesseract's: the page is still good for its image
	done chan struct{}
}

// begin reads page i or, if it is a picture, begins to recognise it.
func (r *Reader) begin(ctx context.Context, doc *pdfium.Doc, i int) (*begun, error) {
	w, h, err := doc.Size(i)
	if err != nil {
		return nil, err
	}
	text, err := doc.Text(i)
	if err != nil {
		return nil, err
	}
	turn := mainTurn(text.Chars)
	b := &begun{page: upright(Page{Number: i + 1, WidthPt: w, HeightPt: h}, turn), w: w, h: h, done: make(chan struct{})}
	chars := turned(text.Chars, turn, w, h)
	if backwards(chars) {
		b.page.Rotation = (turn + 180) % 360
		chars = turned(chars, 180, b.page.WidthPt, b.page.HeightPt)
	}
	b.page.Words = gather(chars, b.page.WidthPt, b.page.HeightPt)
	if usable(b.page.Words, text.Images) {
		close(b.done)
		return b, nil
	}
	b.page = Page{Number: i + 1, WidthPt: w, HeightPt: h, OCR: true}
	img, err := doc.Render(i, bound(w, h, readLong), 0, true)
	if err != nil {
		return nil, err
	}
	go func() {
		defer close(b.done)
		found, turn, err := r.recognise(ctx, img)
		b.page = upright(b.page, turn)
		b.page.Words, b.err = place(found, b.page.WidthPt/float64(found.w)), err
	}()
	return b, nil
}

func (r *Reader) drawing(doc *pdfium.Doc, b *begun) ImageFunc {
	return func(dpi int) (image.Image, error) {
		img, err := doc.Render(b.page.Number-1, drawWidth(b.w, b.h, dpi), 0, false)
		if err != nil {
			return nil, pdfError(err)
		}
		return imaging.Turn(img, b.page.Rotation), nil
	}
}

// recognising reports whether err is tesseract's, which costs one page and not the file.
func recognising(err error) bool {
	return is(err, tesseract.ErrMissing) || is(err, tesseract.ErrTimeout) || is(err, tesseract.ErrFailed)
}

// bound is the width that makes the longer side of w × h long.
func bound(w, h float64, long int) int {
	return max(1, int(math.Round(w*float64(long)/max(w, h))))
}

// drawWidth is the width in pixels of a page of w × h points at dpi, bounded.
func drawWidth(w, h float64, dpi int) int {
	px := w * float64(dpi) / 72
	if n := px * px * h / w; n > drawPixels {
		px *= math.Sqrt(drawPixels / n)
	}
	return max(1, int(math.Round(px)))
}

func upright(p Page, turn int) Page {
	p.Rotation = turn
	if turn%180 != 0 {
		p.WidthPt, p.HeightPt = p.HeightPt, p.WidthPt
	}
	return p
}

// mainTurn is the turn that makes most of the text upright; a single stamp up the margin
// turns nothing.
func mainTurn(chars []pdfium.Char) int {
	var n [4]int
	total := 0
	for _, c := range chars {
		if c.X1 > c.X0 {
			n[c.Turn/90%4]++
			total++
		}
	}
	for k, count := range n {
		if count*10 > total*6 {
			return k * 90
		}
	}
	return 0
}

// backwards reports letters that mostly follow each other to the left: some writers
// (Telerik) mirror the page and each letter on it, which PDFium tells as upside down.
func backwards(chars []pdfium.Char) bool {
	left, right := 0, 0
	for i := 1; i < len(chars); i++ {
		a, b := chars[i-1], chars[i]
		if a.X1 <= a.X0 || b.X1 <= b.X0 || b.Y0 >= a.Y1 || a.Y0 >= b.Y1 || unicode.IsSpace(a.Rune) || unicode.IsSpace(b.Rune) {
			continue
		}
		switch {
		case b.X0 > a.X0:
			right++
		case b.X0 < a.X0:
			left++
		}
	}
	return left > 2*right && left > 20
}

// turned turns the boxes, in place, clockwise with their page of w × h.
func turned(chars []pdfium.Char, turn int, w, h float64) []pdfium.Char {
	if turn == 0 {
		return chars
	}
	for i, c := range chars {
		switch turn {
		case 90:
			chars[i].X0, chars[i].X1, chars[i].Y0, chars[i].Y1 = h-c.Y1, h-c.Y0, c.X0, c.X1
		case 180:
			chars[i].X0, chars[i].X1, chars[i].Y0, chars[i].Y1 = w-c.X1, w-c.X0, h-c.Y1, h-c.Y0
		case 270:
			chars[i].X0, chars[i].X1, chars[i].Y0, chars[i].Y1 = c.Y0, c.Y1, w-c.X1, w-c.X0
		}
	}
	return chars
}

func (r *Reader) picturePages(ctx context.Context, data []byte, info Info, each func(Page, ImageFunc) error) error {
	var unread error
	for i := range info.Pages {
		err := r.picturePage(ctx, data, info, i, each)
		if err != nil && (ctx.Err() != nil || !recognising(err)) {
			return err
		}
		if err != nil && unread == nil {
			unread = ocrError(i+1, err)
		}
	}
	return unread
}

func (r *Reader) picturePage(ctx context.Context, data []byte, info Info, i int, each func(Page, ImageFunc) error) error {
	give, err := r.take(ctx)
	if err != nil {
		return err
	}
	defer give()
	img, err := imaging.Decode(info.Format.picture(), data, i)
	if err != nil {
		return pictureError(err)
	}
	found, turn, failed := r.recognise(ctx, img)
	if failed != nil && (ctx.Err() != nil || !recognising(failed)) {
		return failed
	}
	img = imaging.Turn(img, turn)
	w, h := pictureSize(img.Bounds())
	p := Page{Number: i + 1, WidthPt: w, HeightPt: h, OCR: true, Rotation: turn}
	p.Words = place(found, w/float64(img.Bounds().Dx()))
	draw := func(dpi int) (image.Image, error) {
		return imaging.Fit(img, drawWidth(w, h, dpi)), nil
	}
	if err := each(p, draw); err != nil {
		return err
	}
	return failed
}

// pictureSize lets a picture fill the width of a letter page, upright or lying.
func pictureSize(b image.Rectangle) (w, h float64) {
	w = letterW
	if b.Dx() > b.Dy() {
		w = letterH
	}
	return w, w * float64(b.Dy()) / float64(max(b.Dx(), 1))
}

// place turns pixels of the upright picture into points.
func place(f found, scale float64) []Word {
	words := make([]Word, 0, len(f.words))
	for _, w := range f.words {
		words = append(words, Word{
			Text: w.Text, Conf: w.Conf,
			X0: w.X0 * scale, Y0: w.Y0 * scale, X1: w.X1 * scale, Y1: w.Y1 * scale,
		})
	}
	return words
}
