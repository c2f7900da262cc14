package pdfium

import (
	"context"
	"fmt"
	"io"

	"github.com/klippa-app/go-pdfium/enums"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
)

// Part is one PDF to append.
type Part struct {
	Data []byte
	// Turn is the extra clockwise turn (0, 90, 180, 270) of each page; may be shorter than the document.
	Turn []int
}

// PartError says which part, counted from 1, cannot be appended.
type PartError struct {
	Part int
	Err  error
}

// Error names the part by its number.
func (e *PartError) Error() string { return fmt.Sprintf("part %d: %v", e.Part, e.Err) }

// Unwrap returns ErrLocked, ErrDamaged and the like.
func (e *PartError) Unwrap() error { return e.Err }

// Merge appends the parts' pages in order and writes one PDF. A part at fault gives a
// *PartError.
func (e *Engine) Merge(ctx context.Context, parts []Part, w io.Writer) error {
	s, err := e.session(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	out, err := s.pdf.FPDF_CreateNewDocument(&requests.FPDF_CreateNewDocument{})
	if err != nil {
		return s.fail(ErrDamaged, err)
	}
	total := 0
	for k, part := range parts {
		n, err := s.append(out.Document, total, part)
		if err != nil {
			return &PartError{Part: k + 1, Err: err}
		}
		total += n
	}
	defer s.watch()()
	if _, err := s.pdf.FPDF_SaveAsCopy(&requests.FPDF_SaveAsCopy{Document: out.Document, Flags: requests.SaveFlagNoIncremental, FileWriter: w}); err != nil {
		return s.fail(ErrDamaged, err)
	}
	return nil
}

// append imports all pages of part at index at and returns their number.
func (s *session) append(out references.FPDF_DOCUMENT, at int, part Part) (int, error) {
	ref, n, err := s.load(part.Data)
	if err != nil {
		return 0, err
	}
	defer s.watch()()
	if _, err := s.pdf.FPDF_ImportPages(&requests.FPDF_ImportPages{Source: ref, Destination: out, Index: at}); err != nil {
		return 0, s.fail(ErrDamaged, err)
	}
	// The imported pages share nothing with their source.
	if _, err := s.pdf.FPDF_CloseDocument(&requests.FPDF_CloseDocument{Document: ref}); err != nil {
		return 0, s.fail(ErrDamaged, err)
	}
	for i := range min(n, len(part.Turn)) {
		page := requests.Page{ByIndex: &requests.PageByIndex{Document: out, Index: at + i}}
		if err := s.turn(page, part.Turn[i]); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// turn adds to the turn the page has of its own.
func (s *session) turn(page requests.Page, degrees int) error {
	if degrees%360 == 0 {
		return nil
	}
	has, err := s.pdf.FPDFPage_GetRotation(&requests.FPDFPage_GetRotation{Page: page})
	if err != nil {
		return s.fail(ErrPage, err)
	}
	quarter := (int(has.PageRotation) + degrees/90) % 4
	if _, err := s.pdf.FPDFPage_SetRotation(&requests.FPDFPage_SetRotation{Page: page, Rotate: enums.FPDF_PAGE_ROTATION(quarter)}); err != nil {
		return s.fail(ErrPage, err)
	}
	return nil
}
