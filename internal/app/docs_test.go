package app

import (
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"truckflow/internal/web"
)

// TestAPIIsReadable opens the API's page: every operation is on it with who may
// use it and every field of its body, and nothing on it breaks the content policy.
func TestAPIIsReadable(t *testing.T) {
	t.Parallel()
	a := start(t)
	h := a.Handler()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/v1/docs", nil))
	html := w.Body.String()
	if w.Code != 200 || w.Header().Get("Content-Security-Policy") != web.ContentPolicy {
		t.Fatalf("%d, policy %q", w.Code, w.Header().Get("Content-Security-Policy"))
	}
	if hit := regexp.MustCompile(`(?i)\sstyle\s*=|\son[a-z]+\s*=|<style|<script(?:\s[^>]*)?>[^<]|javascript:|src="https?:|href="https?:`).FindString(html); hit != "" {
		t.Errorf("the page carries %q", hit)
	}
	doc, ops := readBook(t, h)
	for _, op := range ops {
		_, rest, found := strings.Cut(html, `id="`+op.ID+`"`)
		part, _, _ := strings.Cut(rest, "</article>")
		if !found || !strings.Contains(part, op.path) || !strings.Contains(part, "curl") {
			t.Errorf("%s %s is not on the page", op.method, op.path)
			continue
		}
		for _, p := range op.Parameters {
			if !strings.Contains(part, "<code>"+p.Name+"</code>") {
				t.Errorf("%s lacks its parameter %s", op.ID, p.Name)
			}
		}
		if op.RequestBody == nil {
			continue
		}
		for _, c := range op.RequestBody.Content {
			for _, name := range doc.names(c.Schema, 0) {
				if name != "$schema" && !strings.Contains(part, name+"</code>") {
					t.Errorf("%s lacks the body's %s", op.ID, name)
				}
			}
		}
	}
	for _, rt := range a.API.Routes() {
		if !rt.Public && !strings.Contains(html, "<code>"+string(rt.Permission)+"</code>") {
			t.Errorf("%s is nowhere named", rt.Permission)
		}
	}
	for _, want := range []string{"stops[].window_start", "dispatcher, accountant", "decimal dollars", `--json &#39;{&#34;`} {
		if !strings.Contains(html, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}
