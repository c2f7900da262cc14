package extract

import "testing"

// row prints words at the columns of a typewriter, five points a character,
// the boxes holding ink only: commas and points take two points.
func row(y float64, at int, text string) (out []Word) {
	word := ""
	flush := func(end int) {
		if word == "" {
			return
		}
		x1 := 5*float64(end) - 0.4
		if c := word[len(word)-1]; c == ',' || c == '.' || c == ':' {
			x1 -= 2.6
		}
		out = append(out, Word{Text: word, X0: 5*float64(end-len(word)) + 0.4, Y0: y, X1: x1, Y1: y + 7, Conf: 1})
		word = ""
	}
	for i := range len(text) {
		if text[i] == ' ' {
			flush(at + i)
			continue
		}
		word += text[i : i+1]
	}
	flush(at + len(text))
	return out
}

func val(l Str) string {
	if l == nil {
		return ""
	}
	return l.Value
}

func TestTypewriterPageIsCutAtTwoBlanks(t *testing.T) {
	var p Page
	p.Width, p.Height = 612, 792
	for i, l := range []string{
		"ORDER NO. . . . 554757      CARRIER. . . . HUMBLE OX TRANSPORT INC.",
		"PICK 1    ORRINFIELD FOODS       DATE: 08/01/26    TIME: 1200",
		"          2982 DISTRIBUTION DR   TEL: 904-555-0132",
		"          JACKSONVILLE, FL 32218",
		"DROP 1    GREYWATER FOODS INC.   DATE: 08/03/26    TIME: 0900",
		"          1858 CANNERY ROW",
		"          LAKELAND, FL 33815",
		"TOTAL CARRIER PAY     3263.41 USD",
		"DETENTION: 2 HOURS FREE, THEN $75/HR.",
	} {
		p.Words = append(p.Words, row(20+12*float64(i), 0, l)...)
	}
	r := Read([]Page{p}, Options{})
	if len(r.Stops) != 2 {
		t.Fatalf("stops: %d", len(r.Stops))
	}
	for _, c := range []struct{ what, got, want string }{
		{"load number", val(r.LoadNumber), "554757"},
		{"carrier", val(r.Carrier.Name), "HUMBLE OX TRANSPORT INC."},
		{"city", val(r.Stops[0].City), "JACKSONVILLE"},
		{"zip", val(r.Stops[1].ZIP), "33815"},
		{"detention", val(r.Terms.DetentionRatePerHour), "75.00"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.what, c.got, c.want)
		}
	}
}

// Boxes of recognised words may overlap; that parts no cell.
func TestOverlappingWordsStayTogether(t *testing.T) {
	t.Parallel()
	ws := []Word{{Text: "Deck", X0: 334.4, X1: 352.9}, {Text: "-", X0: 352.6, X1: 356.3}, {Text: "Flatbed", X0: 360.8, X1: 389.8}}
	if got := splitCells(ws, 4.2, nil, true); len(got) != 1 {
		t.Errorf("%d cells, want 1", len(got))
	}
}
