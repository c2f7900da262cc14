package extract

import (
	"strings"
	"testing"
	"time"
)

// places is a gazetteer of four towns.
type places struct{}

func (places) ByZIP(zip string) (Place, bool) {
	for _, p := range testTowns {
		if p.ZIP == zip {
			return p, true
		}
	}
	return Place{}, false
}

func (places) ByCity(city, state string) (out []Place) {
	for _, p := range testTowns {
		if strings.EqualFold(p.City, city) && strings.EqualFold(p.State, state) {
			out = append(out, p)
		}
	}
	return out
}

var testTowns = []Place{{"Dallas", "TX", "75201", "America/Chicago"}, {"Memphis", "TN", "38118", "America/Chicago"}, {"Houston", "TX", "77002", "America/Chicago"}, {"Denver", "CO", "80202", "America/Denver"}}

func readText(s string) *Reading {
	return Read(TextPages(s), Options{Today: time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC), Places: places{}, CarrierNames: []string{"Prairie Line"}})
}

const letter = `RATE CONFIRMATION

Load #: QX-77120
Date: 07/10/2026

Broker: Tallgrass Freight Brokers LLC
MC #: 445566

Carrier: Prairie Line

Equipment: 53' Dry Van
Commodity: Bottled water
Weight: 42,000 lbs

PICKUP
Name: Clearwater Bottling
Address: 400 Spring Rd
City: Dallas, TX 75201
Date: 07/14/2026
Time: 08:00 - 12:00

DELIVERY
Name: Delta Grocers DC
Address: 12 Market St
City: Memphis, TN 38118
Date: 07/15/2026
Time: 06:00 - 14:00

Line Haul: $1,400.00
Fuel Surcharge: $210.50
Total: %TOTAL%
`

func TestLetterIsRead(t *testing.T) {
	r := readText(strings.Replace(letter, "%TOTAL%", "$1,610.50", 1))
	for _, c := range []struct {
		what, want string
		got        Str
	}{{"load number", "QX-77120", r.LoadNumber}, {"equipment", "van", r.Equipment}, {"total", "1610.50", r.TotalRate}, {"broker's MC", "445566", r.Broker.MC}} {
		if c.got == nil || c.got.Value != c.want {
			t.Errorf("%s: %+v, want %q", c.what, c.got, c.want)
		}
	}
	if r.WeightLb == nil || r.WeightLb.Value != 42000 {
		t.Errorf("weight: %+v", r.WeightLb)
	}
	if len(r.Stops) != 2 {
		t.Fatalf("%d stops, want 2", len(r.Stops))
	}
	if s := r.Stops[0]; s.City == nil || s.City.Value != "Dallas" || s.WindowStart == nil || !strings.HasPrefix(s.WindowStart.Value, "2026-07-14") {
		t.Errorf("first stop: city %+v, from %+v", s.City, s.WindowStart)
	}
	for _, f := range r.Flags {
		if f.Field == "total_rate" && f.Severity == Check {
			t.Errorf("a total that adds up is doubted: %s", f.Reason)
		}
	}
}

// TestLiesAreFlagged: what does not fit together must be flagged for a person,
// never passed silently.
func TestLiesAreFlagged(t *testing.T) {
	good := strings.Replace(letter, "%TOTAL%", "$1,610.50", 1)
	for _, c := range []struct{ name, text, field string }{
		{"total is not the sum", strings.Replace(letter, "%TOTAL%", "$1,900.00", 1), "total_rate"},
		{"delivered before it is picked up", strings.Replace(good, "07/15/2026", "07/12/2026", 1), "stops"},
		{"the ZIP is another town's", strings.Replace(good, "Memphis, TN 38118", "Memphis, TN 77002", 1), "stops[1]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := readText(c.text)
			for _, f := range r.Flags {
				if f.Severity == Check && strings.HasPrefix(f.Field, c.field) {
					return
				}
			}
			t.Errorf("no check flag on %s; flags: %+v", c.field, r.Flags)
		})
	}
}

func FuzzRead(f *testing.F) {
	f.Add(letter)
	f.Add("Total: $1.00\n\x00\xff PU 1 SO 2 07/32/2026")
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 20_000 {
			return
		}
		if readText(s) == nil {
			t.Error("no reading")
		}
	})
}
