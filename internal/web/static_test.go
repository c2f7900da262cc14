package web

import (
	"compress/gzip"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func get(t *testing.T, target string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, target, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	Static().ServeHTTP(w, r)
	return w.Result()
}

func TestStaticFiles(t *testing.T) {
	t.Parallel()
	plain := get(t, Asset("app.css"))
	body, _ := io.ReadAll(plain.Body)
	if plain.StatusCode != 200 || plain.Header.Get("Content-Type") != "text/css; charset=utf-8" || !strings.Contains(plain.Header.Get("Cache-Control"), "immutable") {
		t.Fatalf("app.css: %d %v", plain.StatusCode, plain.Header)
	}
	zipped := get(t, Asset("app.css"), "Accept-Encoding", "br, gzip;q=0.8")
	z, err := gzip.NewReader(zipped.Body)
	if err != nil || zipped.Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("not compressed: %v %v", err, zipped.Header)
	}
	if again, _ := io.ReadAll(z); string(again) != string(body) {
		t.Error("the compressed file is another file")
	}
	if r := get(t, Asset("app.css"), "Accept-Encoding", "gzip; q=0"); r.Header.Get("Content-Encoding") != "" {
		t.Error("compressed although it was refused")
	}
	if r := get(t, "/static/000000000000/app.js"); r.StatusCode != 200 || r.Header.Get("Cache-Control") != "no-cache" || r.Header.Get("Content-Type") != "text/javascript; charset=utf-8" {
		t.Errorf("an outdated link: %d %v", r.StatusCode, r.Header)
	}
	if r := get(t, Asset("app.css"), "If-None-Match", plain.Header.Get("ETag")); r.StatusCode != 304 {
		t.Errorf("a known file was sent again: %d", r.StatusCode)
	}
	for _, bad := range []string{"/static/", "/static/x", Asset("no.css"), Asset("../static.go"), Asset("")} {
		if r := get(t, bad); r.StatusCode != 404 {
			t.Errorf("%s: %d", bad, r.StatusCode)
		}
	}
}

func TestStyleSheetStaysSmall(t *testing.T) {
	t.Parallel()
	if n := len(assets().files["app.css"].body); n >= 43_000 {
		t.Errorf("app.css has %d bytes; 43,000 is the agreed limit", n)
	}
}

// Modules name their neighbours by relative URL; a name that is not embedded
// would stop every script of the page.
func TestModulesImportWhatIsThere(t *testing.T) {
	t.Parallel()
	imports := regexp.MustCompile(`from "\./([^"]+)"`)
	for name, a := range assets().files {
		if !strings.HasSuffix(name, ".js") || strings.HasPrefix(name, "vendor/") {
			continue
		}
		for _, m := range imports.FindAllStringSubmatch(string(a.body), -1) {
			if !HasAsset(m[1]) {
				t.Errorf("%s imports %s, which is not there", name, m[1])
			}
		}
	}
}

func hexLuminance(t *testing.T, hex string) float64 {
	t.Helper()
	if len(hex) != 7 {
		t.Fatalf("write colours of text with six digits: %s", hex)
	}
	lum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		v, err := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(v) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		lum += weight * c
	}
	return lum
}

// WCAG 2.2, 1.4.3 (text, 4.5) and 1.4.11 (what shows a state, 3.0), both themes.
func TestContrast(t *testing.T) {
	t.Parallel()
	colours := map[string][2]string{}
	for _, m := range regexp.MustCompile(`--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)`).FindAllStringSubmatch(string(assets().files["app.css"].body), -1) {
		colours[m[1]] = [2]string{m[2], m[3]}
	}
	colours["on-solid"] = [2]string{"#ffffff", "#ffffff"}
	check := func(ink, ground string, least float64) {
		for theme, name := range []string{"light", "dark"} {
			a, b := colours[ink][theme], colours[ground][theme]
			la, lb := hexLuminance(t, a), hexLuminance(t, b)
			if ratio := (max(la, lb) + 0.05) / (min(la, lb) + 0.05); ratio < least {
				t.Errorf("%s: --%s on --%s is %.2f, want %.1f", name, ink, ground, ratio, least)
			}
		}
	}
	for _, ground := range []string{"bg", "surface", "raised", "hover", "select"} {
		for _, ink := range []string{"ink", "ink-2", "ink-3", "accent", "late", "risk", "need", "info", "ok"} {
			check(ink, ground, 4.5)
		}
	}
	for _, tone := range []string{"late", "risk", "need", "info", "ok"} {
		check(tone, tone+"-bg", 4.5)
	}
	for _, tone := range []string{"late", "risk", "need", "info", "ok"} {
		check(tone+"-line", "surface", 3)
	}
	check("on-solid", "solid", 4.5)
	check("on-solid", "solid-danger", 4.5)
}
