package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// module writes a small module for the real go test to run.
func module(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	files["go.mod"] = "module m\ngo 1.26\n"
	for name, text := range files {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestSummary(t *testing.T) {
	t.Parallel()
	const head = "package a\nimport (\"testing\"; \"os\")\nvar _ = os.Args\n"
	for name, tc := range map[string]struct {
		body string
		ok   bool
		has  []string
		not  string
	}{
		"passes": {head + "func TestA(t *testing.T) { t.Log(\"quiet\") }", true,
			[]string{"ok    m/a", "1 passed, 0 failed, 0 skipped in 1 packages"}, "quiet"},
		"fails": {head + "func TestA(t *testing.T) {}\nfunc TestB(t *testing.T) { t.Run(\"sub\", func(t *testing.T) { t.Error(\"the reason\") }) }", false,
			[]string{"FAIL  m/a", "the reason", "failed: m/a TestB/sub", "1 passed, 2 failed"}, "=== RUN"},
		"skips": {head + "func TestA(t *testing.T) { t.Skip(\"later\") }", true,
			[]string{"skipped: m/a TestA", "0 passed, 0 failed, 1 skipped"}, "FAIL"},
		"panics": {head + "func TestA(t *testing.T) { panic(\"oh no\") }", false,
			[]string{"oh no", "failed: m/a"}, "ok "},
		"exits": {head + "func TestA(t *testing.T) { println(\"last words\"); os.Exit(3) }", false,
			[]string{"failed: m/a", "last words"}, "ok "},
		"does not build": {head + "func TestA(t *testing.T) { undefinedThing() }", false,
			[]string{"undefinedThing", "failed: m/a", "0 passed, 1 failed"}, "ok "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			s := newSummary(&out)
			if err := run(s, module(t, map[string]string{"a/a_test.go": tc.body}), nil); err != nil {
				s.trouble("m", err)
			}
			if ok := s.finish(0); ok != tc.ok {
				t.Errorf("finish() = %v", ok)
			}
			for _, h := range tc.has {
				if !strings.Contains(out.String(), h) {
					t.Errorf("lacks %q", h)
				}
			}
			if strings.Contains(out.String(), tc.not) {
				t.Errorf("has %q", tc.not)
			}
			if t.Failed() {
				t.Log(out.String())
			}
		})
	}
}

func TestNothingTestedIsAFailure(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	s := newSummary(&out)
	if err := run(s, module(t, map[string]string{"a.go": "package m"}), nil); err != nil {
		t.Fatal(err)
	}
	if s.finish(0) {
		t.Errorf("all is well: %s", out.String())
	}
}
