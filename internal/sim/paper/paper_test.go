package paper

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"image"
	"image/color"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// pageText reads a PDF the way its content was drawn; other files are text already.
func pageText(t *testing.T, ext string, b []byte) string {
	t.Helper()
	switch ext {
	case "eml":
		return mailText(t, b)
	case "txt":
		return string(b)
	}
	file := filepath.Join(t.TempDir(), "sheet.pdf")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("pdftotext", "-raw", file, "-").Output()
	if err != nil {
		t.Fatalf("pdftotext (apt install poppler-utils): %v", err)
	}
	return string(out)
}

// squeeze drops white space, so that wrapping and columns do not matter, and unifies dashes.
func squeeze(v string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("\u00a0", " ", "–", "-", "—", "-").Replace(v)), "")
}

func TestEveryLabelIsOnThePage(t *testing.T) {
	t.Parallel()
	const seeds = 20
	for _, l := range Layouts() {
		t.Run(l.Name, func(t *testing.T) {
			t.Parallel()
			var all [][]byte
			var pens []*Pen
			for seed := range int64(seeds) {
				b, p, err := l.Render(Load(l.Batch, seed*31+5))
				if err != nil {
					t.Fatal(err)
				}
				all, pens = append(all, b), append(pens, p)
			}
			for i, p := range pens {
				text := squeeze(pageText(t, l.Ext, all[i]))
				for _, said := range p.Said() {
					if !strings.Contains(text, squeeze(said)) {
						t.Errorf("seed %d: %q is in the label but not on the page", i, said)
					}
				}
				for _, v := range leaves(p.Label()) {
					if !v.onPage(text) {
						t.Errorf("seed %d: %s is labelled %q, of which the page shows nothing", i, v.path, v.forms)
					}
				}
			}
		})
	}
}

// leaf is one labelled value and the ways a page may write it.
type leaf struct {
	path  string
	forms []string
}

func (l leaf) onPage(squeezed string) bool {
	for _, f := range l.forms {
		if strings.Contains(strings.ToLower(squeezed), strings.ToLower(squeeze(f))) {
			return true
		}
	}
	return false
}

// leaves lists what can be looked for independently of the pen's own words.
func leaves(l Label) []leaf {
	var out []leaf
	add := func(path string, forms ...string) {
		if forms[0] != "" && forms[0] != "0" {
			out = append(out, leaf{path, forms})
		}
	}
	add("load_number", l.LoadNumber)
	for _, y := range []*PartyLabel{l.Broker, l.Carrier} {
		if y != nil {
			add("name", y.Name)
			add("mc", y.MC)
			add("usdot", y.USDOT)
			add("phone", y.Phone)
			add("email", y.Email)
		}
	}
	add("weight_lb", fmt.Sprint(l.WeightLb), thousands(int64(l.WeightLb)), fmt.Sprintf("%gK", float64(l.WeightLb)/1000))
	add("miles", fmt.Sprint(l.Miles), thousands(int64(l.Miles)))
	add("pieces", fmt.Sprint(l.Pieces))
	add("commodity", l.Commodity)
	add("total_rate", moneyForms(l.TotalRate)...)
	for i, c := range l.LineItems {
		add(fmt.Sprintf("line_items[%d].amount", i), moneyForms(c.Amount)...)
		add(fmt.Sprintf("line_items[%d].description", i), c.Description)
	}
	for i, s := range l.Stops {
		for k, v := range map[string]string{"name": s.Name, "address": s.Address, "city": s.City, "state": s.State, "zip": s.ZIP, "phone": s.Phone, "notes": s.Notes, "contact": s.Contact} {
			add(fmt.Sprintf("stops[%d].%s", i, k), v)
		}
		for _, r := range s.References {
			add(fmt.Sprintf("stops[%d].references", i), r)
		}
	}
	return out
}

func moneyForms(v string) []string {
	whole, frac, _ := strings.Cut(v, ".")
	var n int64
	_, _ = fmt.Sscan(whole, &n)
	return []string{v, thousands(n) + "." + frac}
}

func TestSameSeedSameSheet(t *testing.T) {
	t.Parallel()
	for _, l := range Layouts() {
		var a, b bytes.Buffer
		if err := l.Print(&a, Random(7)); err != nil {
			t.Fatal(err)
		}
		if err := l.Print(&b, Random(7)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Errorf("%s prints seed 7 in two ways", l.Name)
		}
	}
}

func TestRandomLoadsAreSound(t *testing.T) {
	t.Parallel()
	for seed := range int64(1000) {
		rc := Load(int(seed)%4, seed)
		var sum int64
		for _, c := range rc.Charges {
			if int64(c.Rate)*int64(c.Quantity) != int64(c.Amount) {
				t.Errorf("seed %d: %s is not quantity × rate", seed, c.Kind)
			}
			sum += int64(c.Amount)
		}
		if sum != int64(rc.Total) {
			t.Errorf("seed %d: charges add to %d, total is %d", seed, sum, rc.Total)
		}
		for i, s := range rc.Stops {
			if i > 0 && !s.Start.After(rc.Stops[i-1].Start) {
				t.Errorf("seed %d: stop %d starts before the one ahead of it", seed, i)
			}
			if !s.End.IsZero() && !s.End.After(s.Start) {
				t.Errorf("seed %d: the window of stop %d ends before it begins", seed, i)
			}
		}
	}
}

var tags = regexp.MustCompile(`<[^>]*>`)

// mailText reads a mail's addresses, its bodies and the PDF attached to it.
func mailText(t *testing.T, b []byte) string {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	head := m.Header.Get("From") + "\n"
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	var body io.Reader = m.Body
	switch {
	case kind == "text/html":
		raw, err := io.ReadAll(quotedprintable.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		return head + html.UnescapeString(tags.ReplaceAllString(string(raw), " "))
	case kind == "multipart/mixed":
		parts := multipart.NewReader(body, params["boundary"])
		for {
			p, err := parts.NextPart()
			if err != nil {
				t.Fatalf("no PDF in the mail: %v", err)
			}
			if strings.HasPrefix(p.Header.Get("Content-Type"), "application/pdf") {
				file, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, p))
				if err != nil {
					t.Fatal(err)
				}
				return head + pageText(t, "pdf", file)
			}
		}
	}
	raw, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return head + string(raw)
}

func TestFreightPapersShowTheirLabels(t *testing.T) {
	t.Parallel()
	for seed := range int64(12) {
		var prints []func(io.Writer) (Label, error)
		prints = append(prints, func(w io.Writer) (Label, error) { return PrintBOL(w, RandomBOL(seed)) },
			func(w io.Writer) (Label, error) { return PrintPOD(w, RandomPOD(seed)) },
			func(w io.Writer) (Label, error) { return PrintBOL(w, FormBOL(Second+int(seed%3), seed)) },
			func(w io.Writer) (Label, error) { return PrintPOD(w, FormPOD(Second+int(seed%3), seed)) })
		for _, kind := range []string{LumperReceipt, ScaleTicket, Invoice, OtherPaper} {
			prints = append(prints, func(w io.Writer) (Label, error) { return PrintReceipt(w, RandomReceipt(int(seed%4), kind, seed)) })
		}
		for _, print := range prints {
			var b bytes.Buffer
			l, err := print(&b)
			if err != nil {
				t.Fatal(err)
			}
			text := squeeze(pageText(t, "pdf", b.Bytes()))
			more := append(leaves(l), leaf{"bol_number", []string{l.BOLNumber}}, leaf{"seal_number", []string{l.SealNumber}},
				leaf{"trailer_number", []string{l.TrailerNumber}}, leaf{"receiver_name", []string{l.ReceiverName}}, leaf{"osd_notes", []string{l.OSDNotes}})
			for _, v := range more {
				if !v.onPage(text) {
					t.Errorf("seed %d: %s: %s is labelled %q, of which the page shows nothing", seed, l.DocumentType, v.path, v.forms)
				}
			}
		}
	}
}

func TestPhotoKeepsThePage(t *testing.T) {
	t.Parallel()
	page := image.NewGray(image.Rect(0, 0, 400, 500))
	for i := range page.Pix {
		page.Pix[i] = 255
	}
	for x := 100; x < 300; x++ {
		page.SetGray(x, 100, color.Gray{})
		page.SetGray(x, 101, color.Gray{})
	}
	up := Photo(1, page, PhotoOptions{})
	down := Photo(1, page, PhotoOptions{Rotate180: true})
	stamped := Photo(1, page, PhotoOptions{Stamp: "COPY", SkewDeg: 1, Keystone: 0.02, Noise: 4, Blur: 1, Shadow: true, Sign: true, JPEGQuality: 50, Contrast: 0.7})
	if up.Bounds() != page.Bounds() || stamped.Bounds() != page.Bounds() {
		t.Errorf("a picture has another size than its page: %v, %v", up.Bounds(), stamped.Bounds())
	}
	dark := func(img image.Image, y int) int {
		n := 0
		for x := range 400 {
			if g, _, _, _ := img.At(x, y).RGBA(); g < 0x6000 {
				n++
			}
		}
		return n
	}
	if dark(up, 100) < 190 || dark(down, 100) != 0 || dark(down, 399) < 190 {
		t.Errorf("the rule is dark on %d, %d and %d pixels, want it on line 100 upright and 399 upside down", dark(up, 100), dark(down, 100), dark(down, 399))
	}
	if stampFace() == nil {
		t.Error("rubber stamps have no type")
	}
}
