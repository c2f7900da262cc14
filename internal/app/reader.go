package app

import (
	"context"
	"io"
	"log/slog"
	"time"

	"truckflow/internal/documents"
	"truckflow/internal/documents/extract"
	"truckflow/internal/kit/clock"
	"truckflow/internal/platform/blob"
	"truckflow/internal/platform/jobs"
	"truckflow/internal/platform/ocr"
	"truckflow/internal/platform/pg"
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

// ExportCases writes the papers that a company corrected the reader on as a zip,
// and returns how many; see BacktestLanes for company. It only reads.
func ExportCases(ctx context.Context, db *pg.DB, files blob.Store, log *slog.Logger, company string, w io.Writer) (int, error) {
	who, ctx, err := actingFor(ctx, db, company)
	if err != nil {
		return 0, err
	}
	docs := documents.New(documents.Config{DB: db, Clock: clock.System, Identity: who, Jobs: jobs.New(log), Blobs: files, Log: log})
	return docs.ExportCases(ctx, w)
}

// ReadPaper reads one file as the server would, without storing anything; ai, where
// it is not nil, is asked for what the rules leave open; m is what confirmed papers have taught.
func ReadPaper(ctx context.Context, p documents.Reader, data []byte, today time.Time, ai documents.Models, m extract.Memory) (documents.GapReading, error) {
	pages, err := p.Read(ctx, data)
	if err != nil {
		return documents.GapReading{}, err
	}
	o := extract.Options{Today: today, Places: gazetteerAdapter{}, Memory: m}
	if ai == nil {
		return documents.ReadPages(pages, o), nil
	}
	return documents.FillGaps(ctx, ai, pages, o, func(ctx context.Context, no, turn int) ([]byte, string, error) {
		return p.Picture(ctx, data, no, documents.LookWidth, turn)
	})
}
