package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func tgz(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	zw := gzip.NewWriter(&out)
	tw := tar.NewWriter(zw)
	for name, data := range files {
		if err := tw.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(data))}); err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(tw, data)
	}
	tw.Close()
	zw.Close()
	return out.Bytes()
}

func integrity(data []byte) string {
	sum := sha512.Sum512(data)
	return "sha512-" + base64.StdEncoding.EncodeToString(sum[:])
}

func TestExtractTakesOnlyWhatIsNamed(t *testing.T) {
	t.Parallel()
	data := tgz(t, map[string]string{
		"package/dist/a.js":        "good",
		"package/../../etc/passwd": "evil",
		"package/other.js":         "unwanted",
	})
	got, err := extract(data, map[string]bool{"dist/a.js": true})
	if err != nil || len(got) != 1 || string(got["dist/a.js"]) != "good" {
		t.Fatalf("got %q, %v", got, err)
	}
	if _, err := extract([]byte("<html>"), nil); err == nil {
		t.Error("a page that is no tarball was read")
	}
}

func TestLockRefusesPathsOutside(t *testing.T) {
	t.Parallel()
	for _, to := range []string{"", "/etc/passwd", "internal/web/static/vendor/../app.js", "internal/web/static/app.js", "../x", `internal/web/static/vendor/..\x`, "internal/web/static/vendor/./x"} {
		p := pkg{Name: "a", Version: "1.0.0", Integrity: "sha512-x", Files: []file{{From: "a", To: to}}}
		if p.check() == nil {
			t.Errorf("%q was accepted", to)
		}
	}
	for _, p := range []pkg{{Name: "../a", Version: "1.0.0", Integrity: "sha512-x"}, {Name: "a", Version: "^1.0.0", Integrity: "sha512-x"}, {Name: "a", Version: "1.0.0", Integrity: "sha1-x"}} {
		if p.check() == nil {
			t.Errorf("%+v was accepted", p)
		}
	}
}

func TestFilesForAnotherMachineAreLeft(t *testing.T) {
	t.Parallel()
	for arch, want := range map[string]int{"": 1, runtime.GOARCH: 1, "another": 0} {
		p := pkg{Files: []file{{From: "a", To: "lib/truckflow/ocr/a", Arch: arch}}}
		if got, err := p.outputs(tgz(t, map[string]string{"package/a": "x"})); err != nil || len(got) != want {
			t.Errorf("for machines of kind %q: %v, %v", arch, got, err)
		}
	}
}

func TestTarballRetriesVerifiesAndCaches(t *testing.T) {
	t.Parallel()
	data := tgz(t, map[string]string{"package/a": "x"})
	var asked atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch n := asked.Add(1); {
		case r.URL.Path != "/@s/a/-/a-1.0.0.tgz":
			http.NotFound(w, r)
		case n == 1:
			http.Error(w, "busy", http.StatusBadGateway)
		default:
			w.Write(data)
		}
	}))
	defer srv.Close()
	r := &registry{url: srv.URL, cache: t.TempDir(), client: srv.Client(), pause: time.Millisecond}
	p := pkg{Name: "@s/a", Version: "1.0.0", Integrity: integrity(data)}
	for range 2 {
		got, err := r.tarball(context.Background(), p)
		if err != nil || !bytes.Equal(got, data) {
			t.Fatal(err)
		}
	}
	if asked.Load() != 2 {
		t.Errorf("asked %d times, want a retry and then the cache", asked.Load())
	}
	spoiled := filepath.Join(r.cache, "@s+a-1.0.0.tgz")
	if err := os.WriteFile(spoiled, []byte("spoiled"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got, err := r.tarball(context.Background(), p); err != nil || !bytes.Equal(got, data) {
		t.Errorf("a spoiled cache was not replaced: %v", err)
	}
	p.Integrity = integrity([]byte("other"))
	if _, err := r.tarball(context.Background(), p); err == nil || !strings.Contains(err.Error(), "not those of the lock") {
		t.Errorf("wrong bytes were accepted: %v", err)
	}
	before := asked.Load()
	p.Name = "gone"
	if _, err := r.tarball(context.Background(), p); err == nil || asked.Load() != before+1 {
		t.Errorf("a missing package: %v after %d requests", err, asked.Load()-before)
	}
}

func TestStampNoticesAChangedOutput(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	out := filepath.Join(root, "internal/web/static/vendor/a.js")
	if err := writeFile(out, filepath.Join(root, tempDir), []byte("one")); err != nil {
		t.Fatal(err)
	}
	if err := writeStamp(root, stamp{Lock: "L", Outputs: map[string]string{"internal/web/static/vendor/a.js": digest([]byte("one"))}}); err != nil {
		t.Fatal(err)
	}
	if !upToDate(root, "L") || upToDate(root, "M") {
		t.Error("the stamp does not follow the lock")
	}
	if err := os.WriteFile(out, []byte("two"), 0o644); err != nil {
		t.Fatal(err)
	}
	if upToDate(root, "L") {
		t.Error("a changed output went unnoticed")
	}
}

func TestRealLockIsValid(t *testing.T) {
	t.Parallel()
	root, err := findRoot()
	if err != nil {
		t.Fatal(err)
	}
	l, _, err := readLock(filepath.Join(root, lockPath))
	if err != nil || len(l.Packages) < 6 {
		t.Fatalf("%d packages, %v", len(l.Packages), err)
	}
}

func TestOutlinesKeepSharedBordersTogether(t *testing.T) {
	t.Parallel()
	// Every state a square of two arcs; arc 0 is shared by all of them.
	topo := map[string]any{
		"transform": map[string]any{"scale": []float64{1, 1}, "translate": []float64{-100, 30}},
		"arcs":      [][][]float64{{{0, 0}, {0, 1}, {0, 1}}, {{0, 2}, {2, 0}, {0, -2}, {-2, 0}}},
	}
	var geoms []any
	for fips := range stateByFIPS {
		geoms = append(geoms, map[string]any{"type": "Polygon", "id": fmt.Sprintf("%02d", fips), "properties": map[string]any{"name": "S"}, "arcs": [][]int{{0, 1}}})
	}
	topo["objects"] = map[string]any{"states": map[string]any{"geometries": geoms}}
	src, err := json.Marshal(topo)
	if err != nil {
		t.Fatal(err)
	}
	out, err := packOutlines(src)
	if err != nil || !json.Valid(out) {
		t.Fatalf("%v: %s", err, out)
	}
	if want := "[[[[-100,30],[-100,32],[-98,32],[-98,30],[-100,30]]]]"; strings.Count(string(out), want) != len(states) {
		t.Errorf("want the middle point gone and the ring closed, got %.300s", out)
	}
}

func TestPlacesRefuseAShortFile(t *testing.T) {
	t.Parallel()
	for _, src := range []string{"", "US\t75201\tDallas", "US\t75201\tDallas\tTexas\tTX\tDallas\t113\t\t\tnorth\t-96.8\t4", "US\t75201\tDallas\tTexas\tTX\tDallas\t113\t\t\t32.79\t-96.8\t4"} {
		if _, err := packPlaces([]byte(src)); err == nil {
			t.Errorf("%q was packed", src)
		}
	}
}

func TestSpelling(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"Mcallen": "McAllen", "Mc Lean": "McLean", "O Fallon": "O'Fallon", "Winston-salem": "Winston-Salem", "Port  Mcnary": "Port McNary", "Macon": "Macon", "Ola": "Ola"} {
		if got := spell(in); got != want {
			t.Errorf("spell(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestStateCodesFollowFIPS(t *testing.T) {
	t.Parallel()
	for fips, want := range map[int]string{1: "AL", 11: "DC", 25: "MA", 48: "TX", 56: "WY"} {
		if got := stateByFIPS[fips]; got != want {
			t.Errorf("%d is %q, want %s", fips, got, want)
		}
	}
}
