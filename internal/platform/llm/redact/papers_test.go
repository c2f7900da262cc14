package redact

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// most is how many of the values that the labelled papers print may stay when no
// name is given, by field: what was measured. A facility is often called like
// nothing in particular ("Homestead Value Stores RDC 7731"), so callers give
// the names they know, and then none may stay.
var most = map[string]int{"stop.name": 2}

// TestOnPapers hides the labelled papers that are texts and looks for what their
// labels name.
func TestOnPapers(t *testing.T) {
	t.Parallel()
	labels, err := filepath.Glob("../../../../testdata/reading/*/*.label.json")
	if err != nil {
		t.Fatal(err)
	}
	shown, stays := map[string]int{}, map[string]int{}
	for _, label := range labels {
		text, err := os.ReadFile(strings.TrimSuffix(label, ".label.json") + ".txt")
		if err != nil {
			continue // a PDF or a picture
		}
		values, names := identifying(t, label, string(text))
		alone, named := New(nil).Hide(string(text)), New(names).Hide(string(text))
		for _, v := range values {
			shown[v[0]]++
			if strings.Contains(alone, v[1]) {
				stays[v[0]]++
			}
			if strings.Contains(named, v[1]) && v[0] != "mc" {
				t.Errorf("%s: %s %q is not hidden", filepath.Base(label), v[0], v[1])
			}
		}
	}
	if len(shown) < 8 {
		t.Fatalf("only %v found: the test would check nothing", shown)
	}
	for k, n := range shown {
		t.Logf("%-14s %3d printed, %2d stay by their form alone", k, n, stays[k])
		if stays[k] > most[k] {
			t.Errorf("%d of %d values of %s stay, at most %d did", stays[k], n, k, most[k])
		}
	}
}

// identifying lists what a label says of people and companies and the text
// prints, by field, and the names among it.
func identifying(t *testing.T, label, text string) (values [][2]string, names []string) {
	t.Helper()
	b, err := os.ReadFile(label)
	if err != nil {
		t.Fatal(err)
	}
	var l struct {
		Broker, Carrier map[string]any
		Stops           []map[string]any
	}
	if err := json.Unmarshal(b, &l); err != nil {
		t.Fatal(err)
	}
	add := func(prefix string, m map[string]any, fields ...string) {
		for _, f := range fields {
			s, _ := m[f].(string)
			if s == "" || !strings.Contains(text, s) {
				continue
			}
			values = append(values, [2]string{prefix + f, s})
			if f == "name" || f == "contact" || f == "address" {
				names = append(names, s)
			}
		}
	}
	for _, m := range []map[string]any{l.Broker, l.Carrier} {
		add("", m, "name", "contact", "phone", "email", "billing_email", "address", "mc", "usdot")
	}
	for _, m := range l.Stops {
		add("stop.", m, "name", "contact", "phone", "address")
	}
	return values, names
}
