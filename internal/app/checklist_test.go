package app

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestChecklistPage looks, signs an item, and sees it green; what cannot be signed is refused.
func TestChecklistPage(t *testing.T) {
	t.Parallel()
	a := start(t)
	found(t, a, "Check")
	found(t, a, "Other")
	b := browse(t, a, "Check")
	has(t, b.get("/operations/checklist"), "Pre-deployment: ", "Post-deployment: ", "Ongoing maintenance: ", "Every migration of this version is applied", "Look again", "/operations/checklist?confirm=performance.tested")
	has(t, b.get("/operations/checklist?confirm=performance.tested"), "Confirm in my name", `value="366"`)
	if w := b.do(http.MethodGet, "/operations/checklist?confirm=app.ready", nil); w.Code != 404 {
		t.Errorf("a form for what is looked at: %d", w.Code)
	}
	form := url.Values{"item": {"performance.tested"}, "note": {"340 loads a second"}, "days": {"30"}}
	if w := b.do(http.MethodPost, "/operations/checklist/confirm", form); w.Code != 204 {
		t.Fatalf("confirm: %d %s", w.Code, w.Body)
	}
	has(t, b.get("/operations/checklist"), "onfirmed by Owner of Check on", "340 loads a second")
	if other := browse(t, a, "Other").get("/operations/checklist"); strings.Contains(other, "Owner of Check") || strings.Contains(other, "340 loads") {
		t.Error("another company reads who confirmed and why")
	}
	for _, x := range []struct{ key, value string }{{"days", "many"}, {"days", "9999"}, {"note", " "}, {"item", "app.ready"}} {
		bad := url.Values{"item": {"performance.tested"}, "note": {"x"}, "days": {"30"}}
		bad.Set(x.key, x.value)
		if w := b.do(http.MethodPost, "/operations/checklist/confirm", bad); w.Code != 422 {
			t.Errorf("%v: %d", x, w.Code)
		}
	}
	if w := b.do(http.MethodPost, "/operations/checklist/look", url.Values{}); w.Code != 204 {
		t.Errorf("look again: %d", w.Code)
	}
}

// TestReportPages makes each report on its page, keeps one, prints it, and finds no figure of
// another company in it.
func TestReportPages(t *testing.T) {
	t.Parallel()
	a := start(t)
	found(t, a, "Reads")
	b := browse(t, a, "Reads")
	has(t, b.get("/operations/checklist"), "Monthly restore test", "Quarterly performance review", "Annual security audit", "/operations/checklist.pdf")
	for kind, want := range map[string]string{"restore": "Monthly restore test", "performance": "Database", "security": "What fails now"} {
		has(t, b.get("/operations/checklist/report?kind="+kind), want, "here is no earlier one to compare with", "report.pdf?kind="+kind)
		for _, path := range []string{"/operations/checklist/report.pdf?kind=" + kind, "/operations/checklist.pdf"} {
			if w := b.do(http.MethodGet, path, nil); w.Code != 200 || !strings.HasPrefix(w.Body.String(), "%PDF-") || w.Header().Get("Content-Type") != "application/pdf" {
				t.Errorf("%s: %d %s", path, w.Code, w.Header())
			}
		}
	}
	if w := b.do(http.MethodPost, "/operations/checklist/report", url.Values{"kind": {"security"}}); w.Code != 204 {
		t.Fatalf("keep: %d %s", w.Code, w.Body)
	}
	has(t, b.get("/operations/checklist/report?kind=security"), "Compared with the one kept", "0 began to fail, 0 were mended")
	if w := b.do(http.MethodGet, "/operations/checklist/report?kind=weekly", nil); w.Code != 404 {
		t.Errorf("an unknown report: %d", w.Code)
	}
}
