package extract

import (
	"strings"
	"testing"
)

// printed sets lines of words from x down, pitch points apart.
func printed(x, y, pitch float64, lines ...string) (ws []Word) {
	for i, l := range lines {
		at := x
		for _, w := range strings.Fields(l) {
			ws = append(ws, Word{Text: w, X0: at, X1: at + 5*float64(len(w)), Y0: y + float64(i)*pitch, Y1: y + float64(i)*pitch + 8, Conf: 1})
			at += 5*float64(len(w)) + 3
		}
	}
	return ws
}

var (
	side = []string{"Ironwren Supply", "LLC", "BROKER MC", "308497", "CARRIER", "Two Mesas Carriers LLC", "CARRIER MC", "417692", "EQUIPMENT", "53' Reefer",
		"COMMODITY", "Frozen Vegetables", "WEIGHT", "25,300 lbs", "LINEHAUL", "Line Haul: $4,982.40", "Total $4,982.40"}
	body = []string{"Confirmation 200313", "1. Pick up at Brackenhurst Mills", "428 Terminal Dr, Suite 101", "Dallas, TX 75236", "May 14, 2026 7:00 AM, by appointment",
		"PO# K7-3175311", "2. Deliver at Quarrywood Foods", "5250 Produce Terminal", "Peoria, IL 61602", "May 17, 2026 10:30 AM, by appointment", "SO# A97624413",
		"Payment terms are Net 30 days from receipt of invoice.", "Seal must be intact at delivery.", "Trailer must be clean and dry."}
)

func TestSideColumnIsReadByItself(t *testing.T) {
	t.Parallel()
	p := Page{Width: 612, Height: 792, Words: append(printed(30, 40, 11, side...), printed(230, 43, 15.7, body...)...)}
	r := Read([]Page{p}, Options{})
	for path, want := range map[string]string{"broker.name": "Ironwren Supply LLC", "broker.mc": "308497", "carrier.name": "Two Mesas Carriers LLC", "carrier.mc": "417692",
		"load_number": "200313", "weight_lb": "25300", "stops[0].name": "Brackenhurst Mills", "stops[0].city": "Dallas", "stops[1].zip": "61602"} {
		got := ""
		for _, f := range r.Fields() {
			if f.Path == path {
				got = f.Value
			}
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
	// Columns on one set of base lines are a form's or a table's: they stay together.
	if sideColumn(Page{Words: append(printed(30, 40, 12, side[:14]...), printed(230, 40, 12, body...)...)}) != nil {
		t.Error("columns that share their base lines were parted")
	}
}
