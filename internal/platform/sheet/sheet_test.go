package sheet_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"truckflow/internal/platform/sheet"
)

// TestTable prints cells of every kind (long, of several lines, with signs outside the
// standard fonts) over pages, and reads them again in their order.
func TestTable(t *testing.T) {
	s := sheet.New("A title", time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC))
	s.Numbered("foot")
	var rows [][]string
	for _, c := range []string{"short", "two\nlines", "São Paulo, Łódź, 東京, − ≥ →", strings.Repeat("w", 300), "", strings.Repeat("many words ", 60)} {
		for range 8 {
			rows = append(rows, []string{c, "x"})
		}
	}
	end := s.Table(60, []sheet.Column{{Head: "Wide head", Wide: 3}, {Head: "Narrow head", Wide: 1}}, rows)
	if end < 60 || end > sheet.Bottom+10 {
		t.Errorf("it ends at %.0f", end)
	}
	pdf, err := s.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "x.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("pdftotext", "-layout", file, "-").Output()
	if err != nil {
		t.Fatalf("pdftotext is missing (apt-get install poppler-utils), or it is no PDF: %v", err)
	}
	text := string(out)
	for _, want := range []string{"São Paulo", "- >= ->", "many words many words", "lines"} {
		if strings.Count(text, want) < 8 {
			t.Errorf("%q is there %d times", want, strings.Count(text, want))
		}
	}
	if pages := strings.Count(text, "\f"); pages < 2 || strings.Count(text, "Narrow head") != pages || !strings.Contains(text, "page 2 of") {
		t.Errorf("%d pages, %d heads", pages, strings.Count(text, "Narrow head"))
	}
}
