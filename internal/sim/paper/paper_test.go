package paper

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// pageText reads a PDF the way its content was drawn; other files are text already.
func pageText(t *testing.T, ext string, b []byte) string {
	t.Helper()
	if ext != "pdf" {
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
				b, p, err := l.Render(Random(seed*31 + 5))
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
	for seed := range int64(500) {
		rc := Random(seed)
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
