// Package sheet prints what the program hands out on paper: US Letter, points, PDF's
// standard fonts, the same bytes of meaning every time.
package sheet

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/go-pdf/fpdf"
)

// Left and Right are the text's edges, Bottom is where a page ends, in points.
const (
	Left, Right, Bottom = 48.0, 564.0, 732.0
	top                 = 60.0
)

// Sheet is a PDF being printed.
type Sheet struct {
	*fpdf.Fpdf
	latin func(string) string
}

// New begins one with its first page; at is its date.
func New(title string, at time.Time) *Sheet {
	pdf := fpdf.New("P", "pt", "Letter", "")
	pdf.SetCatalogSort(true) // or fonts come in any order
	pdf.SetTitle(title, true)
	pdf.SetCreationDate(at)
	pdf.SetModificationDate(at)
	pdf.SetMargins(Left, 48, 48)
	pdf.SetAutoPageBreak(true, 60)
	pdf.AddPage()
	return &Sheet{pdf, pdf.UnicodeTranslatorFromDescriptor("")}
}

// Numbered writes a line at the foot of this and every later page, with the page's number.
func (s *Sheet) Numbered(line string) {
	s.AliasNbPages("")
	s.SetFooterFunc(func() {
		s.Text(Left, 756, Right-Left, "", 7, "L", fmt.Sprintf("%s   page %d of {nb}", line, s.PageNo()))
	})
}

// Text writes into a column of width w from (x, y) on; align is L, C or R. What the
// standard fonts lack is written as they can.
func (s *Sheet) Text(x, y, w float64, style string, size float64, align, text string) {
	s.SetFont("Helvetica", style, size)
	s.SetXY(x, y)
	s.MultiCell(w, size*1.3, s.latin(plain.Replace(text)), "", align, false)
}

var plain = strings.NewReplacer("−", "-", "→", "->", "≥", ">=", "≤", "<=", "\u202f", " ")

// Rule draws a grey line across.
func (s *Sheet) Rule(y float64) {
	s.SetDrawColor(170, 170, 170)
	s.Line(Left, y, Right, y)
}

// Column is one of a table; Wide is its share of the width.
type Column struct {
	Head string
	Wide float64
}

// Table prints rows from y on, each as tall as its tallest cell, with the heads again on each
// new page, and returns where it ended.
func (s *Sheet) Table(y float64, columns []Column, rows [][]string) float64 {
	const size, line, gap = 8.0, 8 * 1.3, 8.0
	all := 0.0
	for _, c := range columns {
		all += c.Wide
	}
	width := func(i int) float64 { return columns[i].Wide / all * (Right - Left) }
	heads := func() {
		x := Left
		for i, c := range columns {
			s.Text(x, y, width(i)-gap, "B", size, "L", c.Head)
			x += width(i)
		}
		y += line + 4
		s.Rule(y)
		y += 4
	}
	page := func() { s.AddPage(); y = top }
	if y > Bottom-80 {
		page()
	}
	heads()
	for _, row := range rows {
		tall := line
		for i, cell := range row {
			s.SetFont("Helvetica", "", size)
			tall = max(tall, line*float64(len(s.SplitLines([]byte(s.latin(plain.Replace(cell))), width(i)-gap))))
		}
		if y+tall > Bottom {
			page()
			heads()
		}
		x := Left
		for i, cell := range row {
			s.Text(x, y, width(i)-gap, "", size, "L", cell)
			x += width(i)
		}
		y += tall + 5
		s.Rule(y - 2)
	}
	return y
}

// Bytes ends the sheet.
func (s *Sheet) Bytes() ([]byte, error) {
	var b bytes.Buffer
	err := s.Output(&b)
	return b.Bytes(), err
}
