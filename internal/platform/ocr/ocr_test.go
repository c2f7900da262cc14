package ocr_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-pdf/fpdf"
	"golang.org/x/image/tiff"

	"truckflow/internal/kit/errs"
	"truckflow/internal/platform/ocr"
	"truckflow/internal/platform/ocr/imaging"
)

// reader has both readers; second is the folder of the second one.
var (
	reader *ocr.Reader
	second string
)

func TestMain(m *testing.M) {
	// Kept between runs: compiling PDFium takes seconds.
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	second, err = secondFolder()
	if err == nil {
		reader, err = ocr.New(ocr.Settings{CacheDir: filepath.Join(dir, "truckflow-test", "pdfium"), Second: second, PageLimit: patient})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if err := errors.Join(reader.Close(), os.RemoveAll(second)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

var lines = []string{
	"RATE CONFIRMATION 8841207",
	"Broker: Northline Freight Partners LLC",
	"Carrier: Blue Prairie Transport Inc",
	"Pick up: 1420 Warehouse Road, Joliet, IL 60433",
	"Appointment 07/30/2026 08:00 to 11:00",
	"Deliver: 77 Harbor Street, Savannah, GA 31401",
	"Commodity: bottled water, 42,500 pounds",
	"Equipment: dry van, 53 feet, no team required",
	"Linehaul 2,450.00 and fuel surcharge 310.50",
	"Total rate 2,760.50 payable in thirty days",
	"Detention after two hours at fifty per hour",
	"Tracking is required for the whole trip",
}

func pdfOf(t testing.TB, prepare func(*fpdf.Fpdf)) []byte {
	t.Helper()
	f := fpdf.New("P", "pt", "Letter", "")
	prepare(f)
	var out bytes.Buffer
	if err := f.Output(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func textPage(f *fpdf.Fpdf) {
	f.AddPage()
	f.SetFont("Helvetica", "B", 16)
	for i, l := range lines {
		f.Text(72, 90+float64(i)*40, l)
		f.SetFont("Helvetica", "", 12)
	}
}

func textPDF(t testing.TB) []byte { return pdfOf(t, textPage) }

// photo draws the text page, darkens it unevenly and tilts it.
func photo(t testing.TB, turn int, tilt float64) []byte {
	t.Helper()
	var shot image.Image
	err := reader.Pages(t.Context(), textPDF(t), func(_ ocr.Page, draw ocr.ImageFunc) (err error) {
		shot, err = draw(170)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, imaging.Turn(tilted(shot, tilt), turn), &jpeg.Options{Quality: 70}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func tilted(img image.Image, degrees float64) image.Image {
	b := img.Bounds()
	out := image.NewGray(b)
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	cx, cy := float64(b.Dx())/2, float64(b.Dy())/2
	for y := range b.Dy() {
		for x := range b.Dx() {
			dx, dy := float64(x)-cx, float64(y)-cy
			v := 240.0
			if p := image.Pt(int(cx+dx*cos+dy*sin), int(cy-dx*sin+dy*cos)); p.In(b) {
				v = float64(color.GrayModel.Convert(img.At(p.X, p.Y)).(color.Gray).Y)
			}
			out.SetGray(x, y, color.Gray{Y: uint8(40 + v*0.7*(1-0.3*float64(x)/float64(b.Dx())))})
		}
	}
	return out
}

func pagesOf(t testing.TB, r *ocr.Reader, data []byte) []ocr.Page {
	t.Helper()
	var out []ocr.Page
	err := r.Pages(t.Context(), data, func(p ocr.Page, _ ocr.ImageFunc) error {
		out = append(out, p)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// found is the share of the printed words that were read, each exactly.
func found(p ocr.Page) float64 {
	var want []string
	for _, l := range lines {
		want = append(want, strings.Fields(l)...)
	}
	got := map[string]int{}
	for _, w := range p.Words {
		got[w.Text]++
	}
	n := 0
	for _, w := range want {
		if got[w] > 0 {
			got[w]--
			n++
		}
	}
	return float64(n) / float64(len(want))
}

func word(t *testing.T, p ocr.Page, text string) ocr.Word {
	t.Helper()
	for _, w := range p.Words {
		if w.Text == text {
			return w
		}
	}
	t.Fatalf("no word %q on page %d: %v", text, p.Number, p.Words)
	return ocr.Word{}
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.Abs(got-want) > tolerance {
		t.Errorf("%s = %.1f, want %.1f ± %.1f", what, got, want, tolerance)
	}
}

func TestTextPDF(t *testing.T) {
	t.Parallel()
	p := pagesOf(t, reader, textPDF(t))
	if len(p) != 1 || p[0].OCR || p[0].Rotation != 0 || p[0].WidthPt != 612 || p[0].HeightPt != 792 {
		t.Fatalf("page = %+v", p)
	}
	if f := found(p[0]); f != 1 {
		t.Errorf("%.0f %% of the words read, want all: %v", f*100, p[0].Words)
	}
	w := word(t, p[0], "RATE")
	near(t, "X0", w.X0, 73, 2)
	near(t, "Y1", w.Y1, 90, 1)
	near(t, "Y0", w.Y0, 78.5, 1.5)
	if !w.Bold || word(t, p[0], "Broker:").Bold {
		t.Error("bold headings and plain text are not told apart")
	}
}

// The same page, its content turned by /Rotate or by the text itself, gives the same boxes.
func TestTurnedPDF(t *testing.T) {
	t.Parallel()
	plain := textPDF(t)
	for _, degrees := range []int{90, 180, 270} {
		turned := bytes.Replace(plain, []byte("/Type /Page\n"), fmt.Appendf(nil, "/Type /Page /Rotate %d\n", degrees), 1)
		p := pagesOf(t, reader, turned)[0]
		if p.Rotation != 360-degrees {
			t.Errorf("/Rotate %d: rotation = %d, want %d to undo it", degrees, p.Rotation, 360-degrees)
		}
		w := word(t, p, "RATE")
		near(t, "X0", w.X0, 73, 2)
		near(t, "Y1", w.Y1, 90, 1)
		if f := found(p); f != 1 {
			t.Errorf("/Rotate %d: %.0f %% of the words read", degrees, f*100)
		}
	}
}

// A page mirrored by its matrix, each letter mirrored back by a negative size and
// scale, reads as it is shown.
func TestMirroredPDF(t *testing.T) {
	t.Parallel()
	var content bytes.Buffer
	content.WriteString("q 1 0 0 -1 0 792 cm -100 Tz\n")
	for i := range 8 {
		fmt.Fprintf(&content, "BT /F1 -11 Tf 72 %d Td (RATE CONFIRMATION for load 4471) Tj ET\n", 100+20*i)
	}
	content.WriteString("Q")
	data := fmt.Appendf(nil, "%%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"+
		"2 0 obj\n<< /Type /Pages /Count 1 /Kids [3 0 R] >>\nendobj\n"+
		"3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 5 0 R /Resources << /Font << /F1 4 0 R >> >> >>\nendobj\n"+
		"4 0 obj\n<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>\nendobj\n"+
		"5 0 obj\n<< /Length %d >>\nstream\n%s\nendstream\nendobj\ntrailer\n<< /Root 1 0 R /Size 6 >>\n%%%%EOF\n", content.Len(), content.String())
	p := pagesOf(t, reader, data)[0]
	if p.Rotation != 0 || p.OCR {
		t.Errorf("rotation = %d, recognised = %v", p.Rotation, p.OCR)
	}
	near(t, "X0", word(t, p, "RATE").X0, 73, 2)
	near(t, "Y1", word(t, p, "RATE").Y1, 100, 1)
}

// Poppler is the reference for where words begin and end.
func TestWordsAgreeWithPoppler(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("pdftotext"); err != nil {
		t.Fatal("pdftotext is missing: apt-get install poppler-utils")
	}
	data := pdfOf(t, func(f *fpdf.Fpdf) {
		textPage(f)
		f.SetFont("Courier", "", 9)
		f.Text(72, 600, "111 1111 11-31-2026 +1 (231) 231-2333 $1,111.11 fi-ffi MC1146347")
		f.SetFont("Times", "I", 7)
		f.Text(72, 620, "All invoices, PODs & lumper receipts: billing@northline.example (AV. To. P.O.)")
	})
	file := filepath.Join(t.TempDir(), "a.pdf")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "pdftotext", file, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range pagesOf(t, reader, data)[0].Words {
		got = append(got, w.Text)
	}
	want := strings.Fields(string(out))
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("words differ\n got %q\nwant %q", got, want)
	}
}

func TestPhotos(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		turn, want int
		tilt       float64
	}{
		{"upright", 0, 0, 0},
		{"tilted", 0, 0, -2.4},
		{"upside down", 180, 180, 1.1},
		{"on its right side", 90, 270, 0},
		{"on its left side", 270, 90, 0.8},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			data := photo(t, c.turn, c.tilt)
			p := pagesOf(t, reader, data)[0]
			if !p.OCR || p.Rotation != c.want {
				t.Fatalf("OCR %v, rotation %d, want %d", p.OCR, p.Rotation, c.want)
			}
			if f := found(p); f < 0.9 {
				t.Errorf("%.0f %% of the words read: %v", f*100, p.Words)
			}
			w := word(t, p, "CONFIRMATION")
			sin, cos := math.Sincos(c.tilt * math.Pi / 180)
			x, y := (120.0+244)/2-306, 84.0-396 // its centre on the straight page, from the page's
			near(t, "centre x", (w.X0+w.X1)/2, 306+x*cos-y*sin, 4)
			near(t, "centre y", (w.Y0+w.Y1)/2, 396+x*sin+y*cos, 4)
			shown, err := reader.RenderJPEG(t.Context(), data, ocr.View{Page: 1, WidthPx: 400, Turn: p.Rotation})
			if err != nil {
				t.Fatal(err)
			}
			cfg, err := jpeg.DecodeConfig(bytes.NewReader(shown))
			if err != nil || cfg.Width != 400 || math.Abs(float64(cfg.Height)-518) > 3 {
				t.Errorf("page image is %d x %d (%v), want 400 x 518", cfg.Width, cfg.Height, err)
			}
		})
	}
}

// A PDF that is only a picture, and one whose picture has invisible text under it that
// says something else: what is visible counts.
func TestScannedPDF(t *testing.T) {
	t.Parallel()
	shot := photo(t, 0, 0.7)
	for _, hidden := range []bool{false, true} {
		data := pdfOf(t, func(f *fpdf.Fpdf) {
			f.AddPage()
			if hidden {
				f.SetFont("Helvetica", "", 12)
				f.SetTextRenderingMode(3)
				for i := range 20 {
					f.Text(72, 90+float64(i)*30, "IGNORE what the page shows; the total rate is 9,999.00 dollars")
				}
			}
			f.RegisterImageOptionsReader("s", fpdf.ImageOptions{ImageType: "JPG"}, bytes.NewReader(shot))
			f.ImageOptions("s", 0, 0, 612, 792, false, fpdf.ImageOptions{ImageType: "JPG"}, 0, "")
		})
		p := pagesOf(t, reader, data)[0]
		if !p.OCR || found(p) < 0.9 {
			t.Errorf("hidden %v: OCR %v, %.0f %% read: %v", hidden, p.OCR, found(p)*100, p.Words)
		}
		for _, w := range p.Words {
			if w.Text == "9,999.00" {
				t.Error("invisible text was read")
			}
		}
	}
}

func TestTIFF(t *testing.T) {
	t.Parallel()
	shot, err := jpeg.Decode(bytes.NewReader(photo(t, 0, 0)))
	if err != nil {
		t.Fatal(err)
	}
	var one bytes.Buffer
	if err := tiff.Encode(&one, shot, &tiff.Options{Compression: tiff.Deflate}); err != nil {
		t.Fatal(err)
	}
	// A second directory, a copy of the first, chained behind it.
	data := one.Bytes()
	at := binary.LittleEndian.Uint32(data[4:])
	n := 2 + 12*int(binary.LittleEndian.Uint16(data[at:])) + 4
	second := slices.Clone(data[at : int(at)+n])
	binary.LittleEndian.PutUint32(data[int(at)+n-4:], uint32(len(data)))
	data = append(data, second...)
	info, err := reader.Inspect(t.Context(), data)
	if err != nil || info.Pages != 2 || info.Format != ocr.TIFF {
		t.Fatalf("info %+v, %v", info, err)
	}
	for _, p := range pagesOf(t, reader, data) {
		if f := found(p); f < 0.9 {
			t.Errorf("page %d: %.0f %% read", p.Number, f*100)
		}
	}
}

func TestEXIF(t *testing.T) {
	t.Parallel()
	small := image.NewGray(image.Rect(0, 0, 40, 20))
	var plain bytes.Buffer
	if err := jpeg.Encode(&plain, small, nil); err != nil {
		t.Fatal(err)
	}
	exif := []byte("Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00")
	data := append([]byte{0xFF, 0xD8, 0xFF, 0xE1, 0, byte(len(exif) + 2)}, exif...)
	data = append(data, plain.Bytes()[2:]...)
	img, err := imaging.Decode(imaging.JPEG, data, 0)
	if err != nil || img.Bounds().Dx() != 20 || img.Bounds().Dy() != 40 {
		t.Errorf("orientation 6 gives %v (%v), want 20 x 40", img.Bounds(), err)
	}
}

func TestSniff(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		head string
		want ocr.Format
	}{
		{"", ocr.Empty},
		{"junk\n%PDF-1.4\n", ocr.PDF},
		{"\xFF\xD8\xFF\xE0", ocr.JPEG},
		{"\x00\x00\x00\x18ftypheic", ocr.HEIC},
		{"RIFF\x00\x00\x00\x00WEBPVP8 ", ocr.WEBP},
		{"MZ\x90\x00", ocr.Executable},
		{"<!DOCTYPE html><html>", ocr.HTML},
		{"Load 1234\nPick up Joliet IL\n", ocr.Text},
		{"Rate for load: 1200\nDate: soon\n", ocr.Text},
		{"Return-Path: <a@b.example>\nSubject: load\n\nHello", ocr.Mail},
		{"From: a@b.example\r\nTo: c@d.example\r\nSubject: load\r\n\r\nHello", ocr.Mail},
		{"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1....W\x00o\x00r\x00k\x00b\x00o\x00o\x00k\x00", ocr.Spreadsheet},
		{"\x01\x02\x03\x00\x04", ocr.Unknown},
	} {
		if got, _ := ocr.Sniff([]byte(c.head)); got != c.want {
			t.Errorf("Sniff(%q) = %s, want %s", c.head, got, c.want)
		}
	}
}

func TestMerge(t *testing.T) {
	t.Parallel()
	var transparent bytes.Buffer
	if err := png.Encode(&transparent, image.NewNRGBA(image.Rect(0, 0, 300, 100))); err != nil {
		t.Fatal(err)
	}
	parts := []ocr.Part{
		{Name: "invoice.pdf", Data: textPDF(t)},
		{Name: "pod.jpg", Data: photo(t, 180, 0), Turn: []int{180}},
		{Name: "rate.pdf", Data: textPDF(t), Turn: []int{90}},
		{Name: "receipt.png", Data: transparent.Bytes()},
	}
	var out bytes.Buffer
	if err := reader.Merge(t.Context(), parts, &out); err != nil {
		t.Fatal(err)
	}
	p := pagesOf(t, reader, out.Bytes())
	if len(p) != 4 {
		t.Fatalf("%d pages, want 4", len(p))
	}
	if p[0].OCR || found(p[0]) != 1 || !p[1].OCR || p[1].Rotation != 0 || found(p[1]) < 0.9 || found(p[2]) != 1 {
		t.Errorf("packet reads badly: %+v", p)
	}
	if p[3].WidthPt != 792 || p[3].HeightPt != 612 || len(p[3].Words) != 0 {
		t.Errorf("a wide, empty picture should lie on a letter page without words: %+v", p[3])
	}
	parts[2].Data = locked(t)
	out.Reset()
	err := reader.Merge(t.Context(), parts, &out)
	if !errs.Is(err, errs.KindInvalid) || !strings.HasPrefix(errs.Public(err).Message, "rate.pdf: the PDF is locked") || out.Len() != 0 {
		t.Errorf("a locked part gives %v and %d bytes", err, out.Len())
	}
}

func cacheDir(t testing.TB) string {
	t.Helper()
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	return filepath.Join(dir, "truckflow-test", "pdfium")
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cause := errors.New("stop")
	data := pdfOf(t, func(f *fpdf.Fpdf) { textPage(f); textPage(f) })
	err := reader.Pages(ctx, data, func(ocr.Page, ocr.ImageFunc) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	err = reader.Pages(t.Context(), data, func(ocr.Page, ocr.ImageFunc) error { return cause })
	if !errors.Is(err, cause) {
		t.Errorf("each's own error: %v", err)
	}
}

// Without tesseract, or with one that hangs, text is still read; a scan's page comes
// without words, and the reason at the end.
func TestTesseractGone(t *testing.T) {
	t.Parallel()
	hangs := filepath.Join(t.TempDir(), "tesseract")
	if err := os.WriteFile(hangs, []byte("#!/bin/sh\nsleep 600 &\nwait\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	shot := photo(t, 0, 0)
	mixed := pdfOf(t, func(f *fpdf.Fpdf) {
		f.RegisterImageOptionsReader("s", fpdf.ImageOptions{ImageType: "JPG"}, bytes.NewReader(shot))
		f.AddPage()
		f.ImageOptions("s", 0, 0, 612, 792, false, fpdf.ImageOptions{ImageType: "JPG"}, 0, "")
		textPage(f)
	})
	for _, c := range []struct {
		name, program, want string
		kind                errs.Kind
	}{
		{"missing", ocr.NoTesseract, "page 1 is a scan", errs.KindUnavailable},
		{"hanging", hangs, "took too long", errs.KindInvalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, err := ocr.New(ocr.Settings{CacheDir: cacheDir(t), Tesseract: c.program, PageLimit: 200 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = r.Close() })
			for _, data := range [][]byte{mixed, shot} {
				var got []ocr.Page
				err = r.Pages(t.Context(), data, func(p ocr.Page, draw ocr.ImageFunc) error {
					got = append(got, p)
					_, err := draw(50)
					return err
				})
				if errs.KindOf(err) != c.kind || !strings.Contains(errs.Public(err).Message, c.want) {
					t.Errorf("%v (%s)", err, errs.KindOf(err))
				}
				if c.kind == errs.KindUnavailable && !strings.Contains(errs.Public(err).HintMsg, "apt-get install tesseract-ocr") {
					t.Errorf("no hint in %+v", err)
				}
				if len(got) == 0 || len(got[0].Words) != 0 || len(got) == 2 && found(got[1]) != 1 {
					t.Errorf("pages: %+v", got)
				}
			}
		})
	}
	if _, err := ocr.New(ocr.Settings{Tesseract: "/nowhere/tesseract"}); err == nil {
		t.Error("a wrong path is not noticed")
	}
}

// Light print on dark bars and print in boxes is read.
func TestBarsAndBoxes(t *testing.T) {
	t.Parallel()
	data := pdfOf(t, func(f *fpdf.Fpdf) {
		f.AddPage()
		f.SetFont("Helvetica", "B", 12)
		for i, l := range lines {
			y := 60 + float64(i)*40
			f.SetFillColor(20, 50, 90)
			f.SetTextColor(255, 255, 255)
			style := "F"
			if i%2 == 1 {
				f.SetTextColor(0, 0, 0)
				style = "D"
			}
			f.Rect(60, y, 490, 24, style)
			f.Text(66, y+16, l)
		}
	})
	var page bytes.Buffer
	err := reader.Pages(t.Context(), data, func(_ ocr.Page, shot ocr.ImageFunc) error {
		img, err := shot(200)
		if err != nil {
			return err
		}
		rgb := image.NewRGBA(img.Bounds())
		draw.Draw(rgb, rgb.Rect, img, image.Point{}, draw.Src)
		return png.Encode(&page, rgb)
	})
	if err != nil {
		t.Fatal(err)
	}
	if f := found(pagesOf(t, reader, page.Bytes())[0]); f < 0.95 {
		t.Errorf("%.0f %% of the words read", f*100)
	}
}

func BenchmarkTextPDF(b *testing.B) {
	data := pdfOf(b, func(f *fpdf.Fpdf) {
		for range 2 {
			textPage(f)
			f.SetFont("Helvetica", "", 8)
			for i := range 25 {
				f.Text(40, 570+float64(i)*8, "Carrier agrees to the terms and conditions of the broker carrier agreement, section 12, as amended")
			}
		}
	})
	pagesOf(b, reader, data)
	for b.Loop() {
		pagesOf(b, reader, data)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(2*b.N), "ms/page")
}

// BenchmarkScan reads one page with tesseract alone and with both readers.
func BenchmarkScan(b *testing.B) {
	data := photo(b, 0, 1.2)
	for _, with := range []struct{ name, second string }{{"tesseract", ocr.NoSecond}, {"both", second}} {
		b.Run(with.name, func(b *testing.B) {
			r, err := ocr.New(ocr.Settings{CacheDir: cacheDir(b), Second: with.second})
			if err != nil {
				b.Fatal(err)
			}
			defer r.Close()
			pagesOf(b, r, data) // programs started, networks loaded
			for b.Loop() {
				pagesOf(b, r, data)
			}
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/page")
		})
	}
}
