// Package ocr turns a stored file into pages: words with their places, and page images.
// PDFs with a text layer are read as they are; scans and photos are turned upright,
// straightened and recognised with tesseract, and with a second reader where there is one
// (package ppocr). It knows nothing of loads or documents.
//
// Files are hostile until shown otherwise: what they are is decided by content, sizes
// are read from headers before anything is unpacked, and every PDF is opened in a
// machine of its own with bounded memory and time.
package ocr

import (
	"context"
	"fmt"
	"image"
	"log/slog"
	"os/exec"
	"runtime"
	"time"

	"truckflow/internal/kit/errs"
	"truckflow/internal/platform/ocr/pdfium"
	"truckflow/internal/platform/ocr/ppocr"
	"truckflow/internal/platform/ocr/tesseract"
)

// NoTesseract as Settings.Tesseract says to go without, even when it is installed.
const NoTesseract = "none"

// Settings of a Reader. The zero value of each field means its default.
type Settings struct {
	CacheDir  string        // private folder for compiled code (21 MB); "" compiles for 2–3 s after every idle time
	Tesseract string        // path; "" looks on PATH; NoTesseract goes without
	Second    string        // folder of the second reader; "" looks beside the program; NoSecond goes without
	MaxPages  int           // of one file; default 200
	MaxPixels int           // of one picture; default 60 million
	MaxBytes  int           // of one file; default 64 MB
	Workers   int           // files worked on at the same time; default 2
	StepLimit time.Duration // for one step in a PDF: opening it, a page's text, a page's image; default 20 s
	PageLimit time.Duration // for one run of tesseract or of one network; default 60 s
	Idle      time.Duration // PDFium is unloaded after this long without work; default 1 minute
	Log       *slog.Logger  // default: nowhere
}

// Word is one word and where it stands.
type Word struct {
	Text           string
	X0, Y0, X1, Y1 float64 // points from the top-left of the upright page
	Conf           float64 // 0..1; 1 for text that was not recognised but read
	Bold           bool    // never known for recognised words
}

// Page is one page, upright.
type Page struct {
	Number            int     // 1-based
	WidthPt, HeightPt float64 // of the upright page; a picture is taken to fill letter width
	Words             []Word  // in the order of the file, or as tesseract reads
	OCR               bool    // the words were recognised from an image
	// Rotation is the clockwise turn (0, 90, 180, 270), beyond what the file itself asks
	// for, that made the page upright. RenderPNG, RenderJPEG and Merge take it.
	Rotation int
}

// Reader reads files. It is safe for concurrent use.
type Reader struct {
	set  Settings
	pdf  *pdfium.Engine
	tess tesseract.Program
	free chan struct{} // one for each picture or merge that may be in memory now
	// scans has one for each page that may be recognised now, of whatever file: as many as
	// there are cores, since a page keeps one core busy.
	scans chan struct{}
	log   *slog.Logger
	// second is nil where there is no second reader, and noSecond says why.
	second              *ppocr.Reader
	secondDir, noSecond string
}

// New prepares a reader. PDFium is loaded with the first PDF.
func New(set Settings) (*Reader, error) {
	atLeast := func(v *int, def int) {
		if *v <= 0 {
			*v = def
		}
	}
	atLeast(&set.MaxPages, 200)
	atLeast(&set.MaxPixels, 60_000_000)
	atLeast(&set.MaxBytes, 64<<20)
	atLeast(&set.Workers, 2)
	if set.Log == nil {
		set.Log = slog.New(slog.DiscardHandler)
	}
	path, err := findTesseract(set.Tesseract)
	if err != nil {
		return nil, err
	}
	r := &Reader{
		set:   set,
		pdf:   pdfium.New(pdfium.Settings{CacheDir: set.CacheDir, Workers: set.Workers, Limit: set.StepLimit, Idle: set.Idle, Log: set.Log}),
		tess:  tesseract.Program{Path: path, Timeout: set.PageLimit},
		free:  make(chan struct{}, set.Workers),
		scans: make(chan struct{}, runtime.GOMAXPROCS(0)),
		log:   set.Log,
	}
	if r.second, r.secondDir, r.noSecond, err = openSecond(set); err != nil {
		return nil, err
	}
	return r, nil
}

func findTesseract(want string) (string, error) {
	switch want {
	case NoTesseract:
		return "", nil
	case "":
		path, err := exec.LookPath("tesseract")
		if err != nil {
			return "", nil // missing is no error until a scan comes
		}
		return path, nil
	}
	path, err := exec.LookPath(want)
	if err != nil {
		return "", errs.Invalid("the tesseract program %s cannot be run", want).
			Hint("install tesseract-ocr or correct the path").Wrap(err)
	}
	return path, nil
}

// Tesseract is the program used for scans; "" when there is none.
func (r *Reader) Tesseract() string { return r.tess.Path }

// Close unloads PDFium and ends the second reader's programs. Work under way ends with an
// error.
func (r *Reader) Close() error {
	if r.second != nil {
		r.second.Close()
	}
	return r.pdf.Close()
}

// take waits for room for one more picture in memory.
func (r *Reader) take(ctx context.Context) (give func(), err error) {
	select {
	case r.free <- struct{}{}:
		done := r.pdf.Use()
		return func() { done(); <-r.free }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// ImageFunc draws the page that Pages is handing over, upright, at the given dots per
// inch. It is good only until each returns.
type ImageFunc = func(dpi int) (image.Image, error)

// Pages hands over every page in order. It stops when each fails, with each's error.
//
// A page that should have been recognised and could not be (tesseract missing, too slow,
// failing) is handed over without words, the pages after it too, and the first such
// error is returned at the end: what could be read is not lost.
func (r *Reader) Pages(ctx context.Context, data []byte, each func(Page, ImageFunc) error) error {
	info, err := r.identify(data)
	if err != nil {
		return err
	}
	switch {
	case info.Format == PDF:
		return r.pdfPages(ctx, data, each)
	case info.Format.picture() != "":
		return r.picturePages(ctx, data, info, each)
	}
	return errs.Unsupported("this file is text and has no page images")
}

// ocrError says in people's words why a page could not be recognised.
func ocrError(number int, err error) error {
	switch {
	case is(err, tesseract.ErrMissing):
		return errs.Unavailable("page %d is a scan, and text recognition is not installed on this server", number).
			Hint("install it: apt-get install tesseract-ocr").Wrap(err)
	case is(err, tesseract.ErrTimeout):
		return errs.Invalid("recognising the text of page %d took too long; scan it again at 200 to 300 dpi", number).Wrap(err)
	case is(err, tesseract.ErrFailed):
		return errs.Internal(err, "text recognition failed on page %d", number).
			Hint("check the installation: tesseract --list-langs must show eng and osd (apt-get install --reinstall tesseract-ocr)")
	}
	return fmt.Errorf("page %d: %w", number, err)
}
