package app

import (
	"net/http/httptest"
	"strings"
	"testing"

	"truckflow/internal/fleet"
)

// csv sends a list to the API as the company's owner.
func (c company) csv(t *testing.T, a *App, path, list string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest("POST", path, strings.NewReader(list)).WithContext(t.Context())
	r.Header.Set("Content-Type", "text/csv")
	r.Header.Set("Authorization", "Bearer "+c.bearer)
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, r)
	return w
}

// TestListsNobodyShouldTrust imports lists with bad rows, of the wrong kind, and
// with cells that a spreadsheet would run as formulas.
func TestListsNobodyShouldTrust(t *testing.T) {
	t.Parallel()
	a := start(t)
	c := open(t, a, "LISTS")
	before := c.rows(t, a)
	mixed := "unit_number,year,notes\n11,2020,good\n12,soon,bad year\n,2021,no number\n11,2022,twice\n"
	w := c.csv(t, a, "/v1/trucks/import?dry_run=true", mixed)
	if w.Code != 200 || !strings.Contains(w.Body.String(), `"new":1`) || !strings.Contains(w.Body.String(), `"bad":3`) {
		t.Errorf("preview: %d %s", w.Code, w.Body)
	}
	for _, x := range []struct{ what, list, why string }{
		{"a picture", "\x89PNG\r\n\x1a\n\x00\x00", ""},
		{"UTF-16 cut short", "\xff\xfea", "cut short"},
		{"a heading alone", "unit_number,year\n", "no rows"},
		{"nothing", "", "required"},
		{"another list", "colour,taste\nred,sweet\n", "unit_number"},
	} {
		if w := c.csv(t, a, "/v1/trucks/import", x.list); w.Code < 400 || w.Code >= 500 || !strings.Contains(w.Body.String(), x.why) {
			t.Errorf("%s: %d %s, want a refusal that says %q", x.what, w.Code, w.Body, x.why)
		}
	}
	unchanged(t, before, c.rows(t, a))
	w = c.csv(t, a, "/v1/trucks/import", mixed)
	for _, want := range []string{`"row":3`, `"column":"year"`, `"value":"soon"`, `"row":4`, `"row":5`} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("the answer does not name the bad rows (%s): %s", want, w.Body)
		}
	}
	if ts := must(a.Fleet.Trucks(c.ctx, fleet.Filter{}))(t); len(ts) != 1 || ts[0].UnitNumber != "11" || ts[0].Notes != "good" {
		t.Errorf("imported: %+v", ts)
	}
	formula := `=HYPERLINK("http://evil.example","click")`
	if w := c.csv(t, a, "/v1/trucks/import", "unit_number,notes\n13,\""+strings.ReplaceAll(formula, `"`, `""`)+"\"\n"); w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	out := c.call(t, a.Handler(), "GET", "/v1/trucks/export.csv", nil).Body.String()
	if strings.Contains(out, `,"=`) || strings.Contains(out, ",=") || !strings.Contains(out, "'=HYPERLINK") {
		t.Errorf("a spreadsheet would run this export: %s", out)
	}
	if w := c.csv(t, a, "/v1/trucks/import", out); !strings.Contains(w.Body.String(), `"unchanged":2`) {
		t.Errorf("the export does not come back as it was: %s", w.Body)
	}
}
