package ocr_test

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/go-pdf/fpdf"

	"truckflow/internal/platform/ocr"
)

// forgetful stands in for a tesseract that sees only the first of two words on a page,
// and both on the strip that is shown to it afterwards.
const forgetful = `#!/bin/sh
cat >/dev/null
case "$*" in
*"--psm 3"*) printf '5\t1\t1\t1\t1\t1\t300\t600\t200\t40\t96\tseen\n' ;;
*) printf '5\t1\t1\t1\t1\t1\t24\t24\t200\t40\t95\tfound\n' ;;
esac
`

func pageReader(t *testing.T, script string) *ocr.Reader {
	t.Helper()
	program := filepath.Join(t.TempDir(), "tesseract")
	if err := os.WriteFile(program, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	r, err := ocr.New(ocr.Settings{CacheDir: cacheDir(t), Tesseract: program})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// twoWords is a page of 2318 × 3000 pixels with two words' worth of ink.
func twoWords(t *testing.T) []byte {
	t.Helper()
	g := image.NewGray(image.Rect(0, 0, 2318, 3000))
	draw.Draw(g, g.Rect, image.White, image.Point{}, draw.Src)
	for _, at := range []image.Point{{X: 300, Y: 600}, {X: 1500, Y: 1400}} {
		for x := 0; x < 200; x += 20 {
			for y := range 40 {
				for k := range 12 {
					g.SetGray(at.X+x+k, at.Y+y, color.Gray{})
				}
			}
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, g); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestLeftOutPrintIsReadAgain(t *testing.T) {
	t.Parallel()
	p := pagesOf(t, pageReader(t, forgetful), twoWords(t))[0]
	var texts []string
	for _, w := range p.Words {
		texts = append(texts, w.Text)
	}
	slices.Sort(texts)
	if !slices.Equal(texts, []string{"found", "seen"}) {
		t.Fatalf("words %q, want what was seen and what was found on the strip", texts)
	}
	const pt = 612.0 / 2318
	w := word(t, p, "found")
	near(t, "left", w.X0, 1500*pt, 6*pt)
	near(t, "top", w.Y0, 1400*pt, 6*pt)
}

// What was read of a line is doubtful when print beside it stays unread.
func TestHalfALineIsDoubtful(t *testing.T) {
	t.Parallel()
	const half = `#!/bin/sh
cat >/dev/null
case "$*" in
*"--psm 3"*)
	printf '5\t1\t1\t1\t1\t1\t300\t600\t90\t40\t96\tseen\n'
	printf '5\t1\t1\t1\t1\t1\t340\t600\t30\t40\t90\tee\n'
	for y in 2000 2100 2200 2300 2400; do printf "5\t1\t1\t1\t1\t1\t300\t$y\t90\t40\t96\tmore\n"; done ;;
esac
`
	p := pagesOf(t, pageReader(t, half), twoWords(t))[0]
	if w := word(t, p, "seen"); w.Conf > 0.8 {
		t.Errorf("confidence %.2f of a word beside unread print", w.Conf)
	}
	if slices.ContainsFunc(p.Words, func(w ocr.Word) bool { return w.Text == "ee" }) {
		t.Error("a word within a longer one is still there")
	}
}

// A second look that fails costs nothing of the first.
func TestSecondLookFails(t *testing.T) {
	t.Parallel()
	p := pagesOf(t, pageReader(t, "#!/bin/sh\ncat >/dev/null\ncase \"$*\" in *'--psm 3'*) printf '5\\t1\\t1\\t1\\t1\\t1\\t300\\t600\\t200\\t40\\t96\\tseen\\n';; *) exit 1;; esac\n"), twoWords(t))[0]
	if len(p.Words) != 1 || p.Words[0].Text != "seen" {
		t.Errorf("words %+v, want the first reading's", p.Words)
	}
}

// Pages that are recognised side by side come in order, each with its own words.
func TestScansComeInOrder(t *testing.T) {
	t.Parallel()
	scan := twoWords(t)
	data := pdfOf(t, func(f *fpdf.Fpdf) {
		f.RegisterImageOptionsReader("s", fpdf.ImageOptions{ImageType: "PNG"}, bytes.NewReader(scan))
		for i := range 6 {
			if i == 3 {
				textPage(f)
				continue
			}
			f.AddPage()
			f.ImageOptions("s", 0, 0, 612, 792, false, fpdf.ImageOptions{ImageType: "PNG"}, 0, "")
		}
	})
	pages := pagesOf(t, pageReader(t, forgetful), data)
	if len(pages) != 6 {
		t.Fatalf("%d pages, want 6", len(pages))
	}
	for i, p := range pages {
		if p.Number != i+1 || p.OCR != (i != 3) || len(p.Words) == 0 {
			t.Errorf("page %d: number %d, recognised %v, %d words", i+1, p.Number, p.OCR, len(p.Words))
		}
	}
}
