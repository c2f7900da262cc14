package app

import (
	"context"
	"time"

	"truckflow/internal/documents"
	"truckflow/internal/documents/extract"
	"truckflow/internal/platform/ocr"
)

// Models and GapReading are the document room's, for the command line.
type (
	Models     = documents.Models
	GapReading = documents.GapReading
)

// NewReader opens the document reader alone, for the command line.
func NewReader(cacheDir, tesseract, second string) (documents.Reader, func(), error) {
	r, err := ocr.New(ocr.Settings{CacheDir: cacheDir, Tesseract: tesseract, Second: second, Workers: 1, Idle: time.Hour})
	if err != nil {
		return documents.Reader{}, nil, err
	}
	return documents.Reader{OCR: r}, func() { _ = r.Close() }, nil
}

// ReadPaper reads one file as the server would, without storing anything; ai, where
// it is not nil, is asked for what the rules leave open.
func ReadPaper(ctx context.Context, p documents.Reader, data []byte, today time.Time, ai documents.Models) (documents.GapReading, error) {
	pages, err := p.Read(ctx, data)
	if err != nil {
		return documents.GapReading{}, err
	}
	o := extract.Options{Today: today, Places: gazetteerAdapter{}}
	if ai == nil {
		return documents.GapReading{Reading: documents.ReadPages(pages, o)}, nil
	}
	return documents.FillGaps(ctx, ai, pages, o, func(ctx context.Context, no, turn int) ([]byte, string, error) {
		return p.Picture(ctx, data, no, documents.LookWidth, turn)
	})
}
