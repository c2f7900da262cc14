package app

import (
	"context"
	"time"

	"truckflow/internal/documents"
	"truckflow/internal/documents/extract"
	"truckflow/internal/platform/ocr"
)

// NewReader opens the document reader alone, for the command line.
func NewReader(cacheDir, tesseract string) (documents.Reader, func(), error) {
	r, err := ocr.New(ocr.Settings{CacheDir: cacheDir, Tesseract: tesseract, Workers: 1, Idle: time.Hour})
	if err != nil {
		return documents.Reader{}, nil, err
	}
	return documents.Reader{OCR: r}, func() { _ = r.Close() }, nil
}

// ReadPaper reads one file as the server would, without storing anything.
func ReadPaper(ctx context.Context, p documents.Reader, data []byte, today time.Time) (*extract.Reading, error) {
	pages, err := p.Read(ctx, data)
	if err != nil {
		return nil, err
	}
	return documents.ReadPages(pages, extract.Options{Today: today, Places: gazetteerAdapter{}}), nil
}
