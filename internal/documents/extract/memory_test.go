package extract

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// odd is a paper whose broker calls two things as nobody else does.
func odd(file, hauler, rate string) []Page {
	return TextPages(fmt.Sprintf(`RATE CONFIRMATION
Great Plains Brokerage LLC          MC 445566
Dossier: %s
Carrier: %s
Equipment: Van   Commodity: canned corn   Weight: 42,000 lbs
Settlement of haul: %s
Cargo insurance: 100,000
PICKUP
Prairie Cannery
1200 Mill Rd
Rochelle, IL 61068
11/27/2026 08:00
DELIVERY
Lone Star Foods
88 Depot St
Dallas, TX 75201
11/29/2026 14:00
Phone: 555-123-4567
Payment terms: 30 days
`, file, hauler, rate))
}

var oddOptions = Options{Today: time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)}

func flagOn(r *Reading, path string) string {
	for _, f := range r.Flags {
		if f.Field == path && f.Severity == Check {
			return f.Reason
		}
	}
	return ""
}

func TestALayoutIsLearnt(t *testing.T) {
	t.Parallel()
	var m Memory
	truth := func(n int) map[string]string { return map[string]string{"load_number": fmt.Sprintf("GP-%d", 7000+n)} }
	if r := Read(odd("GP-7000", "Our Own Trucking", "$2,100.00"), oddOptions); r.LoadNumber != nil {
		t.Fatalf("the rules know this layout: %+v; the test asks nothing", r.LoadNumber)
	}
	for n := range Steady + 1 {
		before, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		o := oddOptions
		o.Memory = m
		r := Read(odd(fmt.Sprintf("GP-%d", 7000+n), "Our Own Trucking", "$2,100.00"), o)
		why := flagOn(r, "load_number")
		switch {
		case n == 0:
			if r.LoadNumber != nil || why == "" {
				t.Errorf("before anything was learnt: %+v", r.LoadNumber)
			}
		case r.LoadNumber == nil || r.LoadNumber.Value != truth(n)["load_number"] || r.LoadNumber.Text == "" || r.LoadNumber.Page != 1:
			t.Fatalf("after %d: %+v", n, r.LoadNumber)
		case n < Steady && !strings.Contains(why, fmt.Sprintf("where it stood on %d confirmed paper", n)):
			t.Errorf("after %d it is not flagged: %q", n, why)
		case n >= Steady && why != "":
			t.Errorf("after %d it is still flagged: %s", n, why)
		}
		next := m.Learn(odd(fmt.Sprintf("GP-%d", 7000+n), "Our Own Trucking", "$2,100.00"), o, truth(n))
		if after, _ := json.Marshal(m); string(after) != string(before) {
			t.Fatal("what was handed in was changed")
		}
		m = next
	}
	if len(m) != 1 || m[0].Papers != Steady+1 || len(m[0].Anchors) != 1 || m[0].Anchors[0].Right != Steady+1 || m[0].Anchors[0].Rescued != Steady+1 {
		t.Errorf("%+v", m)
	}
	var back Memory
	if b, err := json.Marshal(m); err != nil || json.Unmarshal(b, &back) != nil || !reflect.DeepEqual(m, back) {
		t.Error("it does not survive being stored")
	}
	// Another layout with the same words in other places is another.
	o := oddOptions
	o.Memory = m
	if r := Read(TextPages("BILL OF LADING\nDossier: 4711\nShip date: 11/27/2026\nBOL number: 88\nPieces: 4\nWeight: 900 lbs\n"), o); r.LoadNumber != nil && r.LoadNumber.Value == "4711" {
		t.Errorf("a place of one layout was used on another: %+v", r.LoadNumber)
	}
}

// TestTheRulesAreNotOverruled: what the rules hold stays until the place was right
// where they were not.
func TestTheRulesAreNotOverruled(t *testing.T) {
	t.Parallel()
	base := odd("GP-7000", "Our Own Trucking", "$2,100.00")
	captions := open(base, oddOptions).captions()
	anchor := Anchor{Path: "weight_lb", Caption: "cargo insurance", Way: wayIn, Page: 1, X: 36. / 612, Y: 92. / 792}
	for name, c := range map[string]struct {
		right, rescued, wrong int
		value                 string
		flag                  string // "-": none
	}{
		"seen once":                   {1, 0, 0, "42000", "-"},
		"often right":                 {Steady, 0, 0, "42000", "100000 stands where it stood on 3 confirmed papers"},
		"right where the rules erred": {1, 1, 0, "100000", "elsewhere the paper says 42000"},
		"steady":                      {Steady, 1, 0, "100000", "-"},
		"as often wrong":              {2, 1, 2, "42000", "-"},
	} {
		a := anchor
		a.Right, a.Rescued, a.Wrong = c.right, c.rescued, c.wrong
		o := oddOptions
		o.Memory = Memory{{Captions: captions, Anchors: []Anchor{a}, Papers: 1}}
		d := open(base, o)
		if d.r.WeightLb == nil || fmt.Sprint(d.r.WeightLb.Value) != c.value {
			t.Errorf("%s: %+v", name, d.r.WeightLb)
		}
		got := flagOn(d.r, "weight_lb")
		if c.flag == "-" && got != "" || c.flag != "-" && !strings.Contains(got, c.flag) {
			t.Errorf("%s: flagged %q, want %q", name, got, c.flag)
		}
	}
}

// TestABargainTeachesNothing: a value that the paper does not print finds no place.
func TestABargainTeachesNothing(t *testing.T) {
	t.Parallel()
	m := Memory(nil).Learn(odd("GP-7000", "Our Own Trucking", "$2,100.00"), oddOptions, map[string]string{"total_rate": "2350.00", "load_number": "NOT-THERE"})
	if len(m) != 1 || len(m[0].Anchors) != 0 {
		t.Errorf("%+v", m)
	}
	if m := Memory(nil).Learn(TextPages("hello\nworld"), oddOptions, map[string]string{"load_number": "1"}); len(m) != 0 {
		t.Errorf("a paper without captions: %+v", m)
	}
}
