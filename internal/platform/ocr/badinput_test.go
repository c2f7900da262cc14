package ocr_test

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-pdf/fpdf"

	"truckflow/internal/kit/errs"
	"truckflow/internal/platform/ocr"
)

func locked(t testing.TB) []byte {
	return pdfOf(t, func(f *fpdf.Fpdf) {
		f.SetProtection(fpdf.CnProtectPrint, "open sesame", "owner")
		textPage(f)
	})
}

// rawPDF is a one-page PDF with the given content stream, deflated.
func rawPDF(stream []byte) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n" +
		"2 0 obj\n<< /Type /Pages /Count 1 /Kids [3 0 R] >>\nendobj\n" +
		"3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R >>\nendobj\n")
	fmt.Fprintf(&b, "4 0 obj\n<< /Length %d /Filter /FlateDecode >>\nstream\n", len(stream))
	b.Write(stream)
	b.WriteString("\nendstream\nendobj\ntrailer\n<< /Root 1 0 R /Size 5 >>\nstartxref\n0\n%%EOF\n")
	return b.Bytes()
}

// flateBomb is some MB that unpack to 3 GB of drawing. The packed form of one piece is
// repeated: it refers only to the 32 kB before it, which are always the same.
func flateBomb(t testing.TB) []byte {
	t.Helper()
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	piece := bytes.Repeat([]byte("0 0 9 9 re f\n"), 1<<16)
	var ends [2]int
	for i := range ends {
		if _, err := z.Write(piece); err != nil {
			t.Fatal(err)
		}
		if err := z.Flush(); err != nil {
			t.Fatal(err)
		}
		ends[i] = packed.Len()
	}
	again := bytes.Clone(packed.Bytes()[ends[0]:])
	return rawPDF(append(packed.Bytes(), bytes.Repeat(again, (3<<30)/len(piece))...))
}

func hugePNG() []byte {
	var b bytes.Buffer
	b.WriteString("\x89PNG\r\n\x1a\n")
	head := binary.BigEndian.AppendUint32([]byte("IHDR"), 50_000)
	head = append(binary.BigEndian.AppendUint32(head, 50_000), 8, 2, 0, 0, 0)
	b.Write(binary.BigEndian.AppendUint32(nil, 13))
	b.Write(head)
	b.Write(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(head)))
	b.WriteString("\x00\x00\x00\x00IEND\xaeB`\x82")
	return b.Bytes()
}

func spreadsheet(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, n := range []string{"[Content_Types].xml", "_rels/.rels", "xl/workbook.xml"} {
		w, err := z.Create(n)
		if err == nil {
			_, err = io.WriteString(w, "<x/>")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	shot := photo(t, 0, 0)
	text := textPDF(t)
	for _, c := range []struct {
		name, want string
		data       []byte
		kind       errs.Kind
	}{
		{"empty", "empty", nil, errs.KindInvalid},
		{"encrypted", "locked with a password", locked(t), errs.KindInvalid},
		{"truncated PDF", "cut off", text[:len(text)*2/3], errs.KindInvalid},
		{"truncated JPEG", "cut off", shot[:len(shot)/2], errs.KindInvalid},
		{"2,000 pages", "2,000 pages; at most 200", pdfOf(t, func(f *fpdf.Fpdf) {
			for range 2000 {
				f.AddPage()
			}
		}), errs.KindTooLarge},
		{"picture bomb", "50,000 x 50,000 pixels", hugePNG(), errs.KindTooLarge},
		{"spreadsheet", "spreadsheet", spreadsheet(t), errs.KindUnsupported},
		{"program called .pdf", "program", []byte("\x7fELF\x02\x01\x01"), errs.KindUnsupported},
		{"HEIC", "Most Compatible", []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00"), errs.KindUnsupported},
		{"too many bytes", "at most 64 MB", append(slices.Clone(text), make([]byte, 65<<20)...), errs.KindTooLarge},
		{"not really a PDF", "damaged", []byte("%PDF-1.7\nhello\n%%EOF\n"), errs.KindInvalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, inspect := reader.Inspect(t.Context(), c.data)
			pages := reader.Pages(t.Context(), c.data, func(ocr.Page, ocr.ImageFunc) error {
				t.Error("a page was handed over")
				return nil
			})
			_, render := reader.RenderPNG(t.Context(), c.data, ocr.View{Page: 1, WidthPx: 100})
			for by, err := range map[string]error{"Inspect": inspect, "Pages": pages, "RenderPNG": render} {
				if errs.KindOf(err) != c.kind || !strings.Contains(errs.Public(err).Message, c.want) {
					t.Errorf("%s: %q (%s), want %q (%s)", by, err, errs.KindOf(err), c.want, c.kind)
				}
			}
		})
	}
}

// A file with the wrong name is what its content says: nothing here ever sees a name. A
// page without text or ink is a page without words.
func TestBlankPage(t *testing.T) {
	t.Parallel()
	p := pagesOf(t, reader, pdfOf(t, func(f *fpdf.Fpdf) { f.AddPage() }))
	if len(p) != 1 || !p[0].OCR || len(p[0].Words) != 0 {
		t.Errorf("page = %+v, want one without words", p)
	}
}

// A bomb ends in a clear refusal, in bounded time and memory, and the next document is read.
func TestBomb(t *testing.T) {
	t.Parallel()
	r, err := ocr.New(ocr.Settings{CacheDir: cacheDir(t), StepLimit: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	err = r.Pages(t.Context(), flateBomb(t), func(ocr.Page, ocr.ImageFunc) error { return nil })
	if !errs.Is(err, errs.KindInvalid) || !strings.Contains(errs.Public(err).Message, "print it to a new PDF") {
		t.Errorf("bomb: %v (%s)", err, errs.KindOf(err))
	}
	if f := found(pagesOf(t, r, textPDF(t))[0]); f != 1 {
		t.Errorf("after the bomb %.0f %% of a good document is read", f*100)
	}
}
