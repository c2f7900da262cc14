package ocr_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"truckflow/internal/platform/ocr"
)

// fetched is where make assets puts the second reader's library and networks.
const fetched = "../../../lib/truckflow/ocr"

// secondFolder is a folder of the second reader with its program as the source is now.
func secondFolder() (dir string, err error) {
	if dir, err = os.MkdirTemp("", "second"); err != nil {
		return "", err
	}
	from, err := filepath.Abs(fetched)
	if err != nil {
		return "", err
	}
	for _, name := range []string{"libonnxruntime.so.1", "det.onnx", "rec.onnx", "cls.onnx", "characters.txt"} {
		if _, err := os.Stat(filepath.Join(from, name)); err != nil {
			return "", fmt.Errorf("%w: fetch the second reader: make assets", err)
		}
		if err := os.Symlink(filepath.Join(from, name), filepath.Join(dir, name)); err != nil {
			return "", err
		}
	}
	cmd := exec.Command("go", "build", "-o", filepath.Join(dir, "truckflow-ocr"), "../../../cmd/truckflow-ocr")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return dir, nil
}

// secondWith is a second reader whose program is a script; %s in it stands for the real one's.
func secondWith(t *testing.T, script string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"libonnxruntime.so.1", "det.onnx", "rec.onnx", "cls.onnx", "characters.txt"} {
		if err := os.Symlink(filepath.Join(second, name), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	script = strings.ReplaceAll(script, "%s", filepath.Join(second, "truckflow-ocr"))
	if err := os.WriteFile(filepath.Join(dir, "truckflow-ocr"), []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// patient is a limit that a busy machine does not reach.
const patient = 10 * time.Minute

func openWith(t *testing.T, set ocr.Settings) *ocr.Reader {
	t.Helper()
	set.CacheDir, set.PageLimit = cacheDir(t), patient
	r, err := ocr.New(set)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// TestSecondReaderContradicts shows a page to a tesseract that misreads two words of it.
func TestSecondReaderContradicts(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "tesseract")
	// It reads what is there, but one digit and, hardly legible to it, one name.
	if err := os.WriteFile(program, []byte(`#!/bin/sh
exec /usr/bin/env tesseract "$@" | sed -e 's/60433/60488/' -e 's/[0-9.]*\tJoliet,$/35\tJoilet,/'
`), 0o700); err != nil {
		t.Fatal(err)
	}
	p := pagesOf(t, openWith(t, ocr.Settings{Tesseract: program, Second: second}), photo(t, 0, 0))[0]
	seen := 0
	for _, w := range p.Words {
		switch w.Text {
		case "Joliet,", "60488":
			seen++
			if w.Conf > 0.8 {
				t.Errorf("the readers differ on %s, and it is trusted at %.2f", w.Text, w.Conf)
			}
		case "Joilet,":
			t.Error("the misreading stands")
		case "Warehouse", "31401", "2,760.50":
			seen++
			if w.Conf < 0.95 {
				t.Errorf("both read %s, and it is trusted at %.2f only", w.Text, w.Conf)
			}
		}
	}
	if seen != 5 {
		t.Errorf("%d of 5 words found in %v", seen, p.Words)
	}
}

// TestSecondReaderDies kills the second reader's program while it is at work, once and
// each time: the page is read either way.
func TestSecondReaderDies(t *testing.T) {
	t.Parallel()
	data := photo(t, 0, 0)
	alone := pagesOf(t, openWith(t, ocr.Settings{Second: ocr.NoSecond}), data)[0]
	both := pagesOf(t, reader, data)[0]
	const dies = "printf 'truckflow-ocr 1\\n'; head -c 100000 >/dev/null; kill -9 $$\n"
	for name, c := range map[string]struct {
		script string
		like   ocr.Page
		warns  bool
	}{
		"once":         {"if mkdir \"$1/once\" 2>/dev/null; then " + dies + "fi\nexec %s \"$@\"\n", both, false},
		"always":       {dies, alone, true},
		"no C library": {"echo 'cannot open shared object file' >&2; exit 1\n", alone, true},
	} {
		var log bytes.Buffer
		r := openWith(t, ocr.Settings{Second: secondWith(t, c.script), Log: slog.New(slog.NewTextHandler(&log, nil))})
		p := pagesOf(t, r, data)[0]
		if got, want := fmt.Sprint(p.Words), fmt.Sprint(c.like.Words); got != want {
			t.Errorf("%s: read %s\nwant %s", name, got, want)
		}
		if strings.Contains(log.String(), "tesseract alone") != c.warns {
			t.Errorf("%s: the log says %q", name, log.String())
		}
	}
	if fmt.Sprint(alone.Words) == fmt.Sprint(both.Words) {
		t.Error("the second reader says nothing")
	}
}

func TestSecondReaderThatIsNotThere(t *testing.T) {
	t.Parallel()
	if _, err := ocr.New(ocr.Settings{Second: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "libonnxruntime") {
		t.Errorf("a named folder without one: %v", err)
	}
	for _, want := range []string{"", ocr.NoSecond} { // beside a test's program there is none
		r := openWith(t, ocr.Settings{Second: want})
		if dir, why := r.Second(); dir != "" || why == "" {
			t.Errorf("%q: folder %q, because %q", want, dir, why)
		}
	}
	if dir, why := reader.Second(); dir != second || why != "" {
		t.Errorf("folder %q, %q", dir, why)
	}
}
