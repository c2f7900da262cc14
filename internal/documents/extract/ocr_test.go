package extract

import (
	"math"
	"strings"
	"testing"
	"time"
)

// recognised sets a line of words as a recogniser returns them; a tab makes a wide gap.
func recognised(line string, conf float64) (ws []Word) {
	at := 50.0
	for i, cell := range strings.Split(line, "\t") {
		if i > 0 {
			at += 60
		}
		for _, w := range strings.Fields(cell) {
			ws = append(ws, Word{Text: w, X0: at, X1: at + 5*float64(len(w)), Y0: 100, Y1: 108, Conf: conf})
			at += 5*float64(len(w)) + 3
		}
	}
	return ws
}

func TestMendLines(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"24,500 Ibs":                           "24,500 lbs",
		"30.8K Ib.":                            "30.8K lb.",
		"Dry Van 53°":                          "Dry Van 53'",
		"Temp 48° F":                           "Temp 48° F",
		"Ray lverson":                          "Ray Iverson",
		"little llama lbs":                     "little llama lbs",
		"9554S HARBOR ST":                      "9554 S HARBOR ST",
		"1714E 14TH ST":                        "1714 E 14TH ST",
		"HILL PLASTICSINC.":                    "HILL PLASTICS INC.",
		"ZINC ORE":                             "ZINC ORE",
		"BatonRouge,LA":                        "BatonRouge,LA",
		"Rouge,LA 70805":                       "Rouge, LA 70805",
		"Cedar Rapids, 1A 52404":               "Cedar Rapids, IA 52404",
		"Detroit, Mi 48209":                    "Detroit, MI 48209",
		"Billings, MT §9101":                   "Billings, MT 59101",
		"Gary, IN 4640O":                       "Gary, IN 46400",
		"PO 4640O":                             "PO 4640O",
		"$1,O58.75":                            "$1,058.75",
		"203-555-O1l9":                         "203-555-0119",
		"'Latest |Drop":                        "Latest Drop",
		"721 INDUSTRIAL BIVD":                  "721 INDUSTRIAL BLVD",
		"Juniper Fiat Fulfiliment, Inc":        "Juniper Flat Fulfillment, Inc",
		"BOL; PO;":                             "BOL: PO:",
		"Boxes are mandatory; no box, no pay":  "Boxes are mandatory; no box, no pay",
		"Kwame lyer":                           "Kwame Iyer",
		"Kwame lying":                          "Kwame lying",
		"all lyer":                             "all lyer",
		"9,500 lb / 21 pit":                    "9,500 lb / 21 plt",
		"the pit 21":                           "the pit 21",
		"12 PIECES":                            "12 PIECES",
		"PUl\tAcme Mills":                      "PU1 Acme Mills",
		"Pl\tAcme Mills":                       "Pl Acme Mills",
		"OEL1\tAcme Mills":                     "DEL1 Acme Mills",
		"OROP 2\tAcme Mills":                   "DROP 2 Acme Mills",
		"open (FCFS}":                          "open (FCFS)",
		"Plumstead Hill Stee! Supply":          "Plumstead Hill Steel Supply",
		"DEL _ Tannerdale = Produce":           "DEL Tannerdale Produce",
		"Haul $5.00 + Fuel $1.00":              "Haul $5.00 Fuel $1.00",
		"Temp\tOF\tMiles":                      "Temp 0F Miles",
		"OF THE":                               "OF THE",
		"Gil Eklund gii@a.example":             "Gil Eklund gil@a.example",
		"Red Quartz a@redquarlz.example":       "Red Quartz a@redquartz.example",
		"555-0178 - gil@tamarind.example":      "555-0178 gil@tamarind.example",
		"Lone Mule x@1onemule.example":         "Lone Mule x@lonemule.example",
		"Harbor View y@othername.example here": "Harbor View y@othername.example here",
	} {
		var got []string
		for _, w := range mendLines([][]Word{recognised(in, 0.95)})[0] {
			got = append(got, w.Text)
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%q: got %q, want %q", in, s, want)
		}
	}
}

// A D whose stem is soft is read as an O.
func TestMendFirstLetter(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"OROP": "drop", "Oriver": "driver", "ORDER": "order", "open": "open"} {
		toks := tokens(in)
		if mend(toks); toks[0].norm != want {
			t.Errorf("%s: got %s, want %s", in, toks[0].norm, want)
		}
	}
}

// A letter and what looks like a 1 is a stop's number where other stops have one.
func TestMendNumbered(t *testing.T) {
	t.Parallel()
	got := mendLines([][]Word{recognised("Pl\tAcme Mills", 0.95), recognised("D1\tBolt Supply", 0.95)})
	if got[0][0].Text != "P1" {
		t.Errorf("got %q, want P1", got[0][0].Text)
	}
}

// Headings that a scan sets a little too near each other are cut where the column below
// them begins, and only there.
func TestCutUnder(t *testing.T) {
	t.Parallel()
	w := func(s string, x0, x1 float64) Word { return Word{Text: s, X0: x0, X1: x1, Y1: 7} }
	head := []Word{w("H.M.", 243, 260), w("(X)", 263, 274), w("COMMODITY", 282.4, 335), w("DESCRIPTION", 338, 396)}
	for _, k := range []struct {
		x     float64 // where the column below begins
		cells int
	}{{282.9, 2}, {300, 1}} {
		lines := [][][]Word{{head}, {{w("17", 33, 42)}, {w("Concrete", k.x, k.x+35)}}}
		if cutUnder(lines, 5.3); len(lines[0]) != k.cells {
			t.Errorf("a column at %v: %d cells, want %d", k.x, len(lines[0]), k.cells)
		}
	}
}

// A line of nothing but a box's sides is none.
func TestJunkIsNoLine(t *testing.T) {
	t.Parallel()
	junk, words := recognised("_ | =", 0.4), recognised("Rate Confirmation", 0.95)
	if got := mendLines([][]Word{junk, words}); len(got) != 1 || got[0][0].Text != "Rate" {
		t.Errorf("lines %+v", got)
	}
	if r := readScan([]Page{{Width: 612, Height: 792, OCR: true, Words: junk}}); r == nil {
		t.Error("no reading")
	}
}

// What was mended by its form alone, and a mail address without a witness, is doubted.
func TestMendedIsDoubted(t *testing.T) {
	t.Parallel()
	for in, doubted := range map[string]bool{"Gary, IN 4640O": true, "Gary, IN 46404": false, "bill@other.example": true, "Bill Other bill@other.example": false} {
		ws := mendLines([][]Word{recognised(in, 0.95)})[0]
		if got := ws[len(ws)-1].Conf < sureDigits; got != doubted {
			t.Errorf("%q: doubted %v, want %v", in, got, doubted)
		}
	}
}

// scan is the letter as a recogniser would return it, leaning, one word read badly.
func scan(text, bad string, degrees float64) []Page {
	pages := TextPages(text)
	for i, p := range pages {
		pages[i].OCR = true
		for k := range p.Words {
			p.Words[k].Conf = 0.95
			if p.Words[k].Text == bad {
				p.Words[k].Conf = 0.7
			}
		}
		pages[i].Words = turned(p.Words, p, degrees*math.Pi/180)
	}
	return pages
}

func readScan(pages []Page) *Reading {
	return Read(pages, Options{Today: time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC), Places: places{}, CarrierNames: []string{"Prairie Line"}})
}

// A leaning page says what the straight one says, with its evidence where it is printed.
func TestLeaningPage(t *testing.T) {
	t.Parallel()
	text := strings.Replace(letter, "%TOTAL%", "$1,610.50", 1)
	straight := readScan(scan(text, "", 0)).Fields()
	pages := scan(text, "", 3)
	leaning := map[string]FieldView{}
	for _, f := range readScan(pages).Fields() {
		leaning[f.Path] = f
	}
	for _, f := range straight {
		got := leaning[f.Path]
		if got.Value != f.Value {
			t.Errorf("%s: leaning %q, straight %q", f.Path, got.Value, f.Value)
		}
		if want := turnBox(f.Box, pages[f.Page-1], 3*math.Pi/180); math.Abs(want[0]-got.Box[0]) > 1 || math.Abs(want[1]-got.Box[1]) > 1 {
			t.Errorf("%s stands at %.0f, want %.0f", f.Path, got.Box, want)
		}
	}
}

// A word that was hard to read is put before a person, unless something on the paper
// agrees with it.
func TestHardToRead(t *testing.T) {
	t.Parallel()
	good := strings.Replace(letter, "%TOTAL%", "$1,610.50", 1)
	for _, c := range []struct {
		name, text, bad, path string
		flagged               bool
	}{
		{"load number", good, "QX-77120", "load_number", true},
		{"load number printed twice", good + "\nPlease write QX-77120 on your invoice.\n", "QX-77120", "load_number", false},
		{"MC number", good, "445566", "broker.mc", true},
		{"total of its lines", good, "$1,610.50", "total_rate", false},
		{"line of its total", good, "$210.50", "line_items[1].amount", false},
		{"ZIP of its town", good, "38118", "stops[1].zip", false},
		{"one of few", good, "Van", "equipment", false},
		{"address", good, "400", "stops[0].address", true},
	} {
		r := readScan(scan(c.text, c.bad, 0))
		seen := false
		for _, f := range r.Fields() {
			if f.Path == c.path {
				seen = true
				if f.Flagged != c.flagged {
					t.Errorf("%s: flagged %v (confidence %.2f), want %v", c.name, f.Flagged, f.Confidence, c.flagged)
				}
			}
		}
		if !seen {
			t.Errorf("%s: %s was not read", c.name, c.path)
		}
	}
}

// ZIP, town and state mend the one of them that is a letter or digit off, and say so.
func TestPlaceIsMended(t *testing.T) {
	t.Parallel()
	good := strings.Replace(letter, "%TOTAL%", "$1,610.50", 1)
	for _, c := range []struct{ printed, path, want string }{
		{"Memphis, TN 38178", "stops[1].zip", "38118"},
		{"Memphls, TN 38118", "stops[1].city", "Memphis"},
	} {
		r := readScan(scan(strings.Replace(good, "Memphis, TN 38118", c.printed, 1), "", 0))
		var got FieldView
		for _, f := range r.Fields() {
			if f.Path == c.path {
				got = f
			}
		}
		if got.Value != c.want || !got.Flagged {
			t.Errorf("%s: got %q, flagged %v; want %q, flagged", c.printed, got.Value, got.Flagged, c.want)
		}
	}
	r := readText(strings.Replace(good, "38118", "38178", 1))
	if z := r.Stops[1].ZIP; z == nil || z.Value != "38178" {
		t.Errorf("a printed ZIP was changed: %+v", z)
	}
}
