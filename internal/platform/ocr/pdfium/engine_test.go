package pdfium

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

const onePage = "%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n" +
	"2 0 obj\n<< /Type /Pages /Count 1 /Kids [3 0 R] >>\nendobj\n" +
	"3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] >>\nendobj\ntrailer\n<< /Root 1 0 R /Size 4 >>\n%%EOF\n"

func cacheDir() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	return filepath.Join(dir, "truckflow-test", "pdfium")
}

func TestIdleEngineUnloads(t *testing.T) {
	t.Parallel()
	e := New(Settings{CacheDir: cacheDir(), Idle: time.Millisecond})
	if e.Loaded() {
		t.Fatal("loaded before the first document")
	}
	for range 2 { // unloading is not the end: the next document loads again
		doc, err := e.Open(t.Context(), []byte(onePage))
		if err != nil {
			t.Fatal(err)
		}
		if !e.Loaded() || doc.Pages() != 1 {
			t.Errorf("loaded %v, %d pages", e.Loaded(), doc.Pages())
		}
		doc.Close()
		for deadline := time.Now().Add(10 * time.Second); e.Loaded(); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("still loaded after the idle time")
			}
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Open(t.Context(), []byte(onePage)); !errors.Is(err, ErrClosed) {
		t.Errorf("open after close: %v", err)
	}
}

// With one worker, a document whose context ends makes room for the next.
func TestCancelFreesTheWorker(t *testing.T) {
	t.Parallel()
	e := New(Settings{CacheDir: cacheDir(), Workers: 1})
	t.Cleanup(func() { _ = e.Close() })
	ctx, cancel := context.WithCancel(t.Context())
	doc, err := e.Open(ctx, []byte(onePage))
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := doc.Text(0); !errors.Is(err, context.Canceled) {
		t.Errorf("text after cancelling: %v", err)
	}
	doc.Close()
	doc, err = e.Open(t.Context(), []byte(onePage))
	if err != nil {
		t.Fatal(err)
	}
	doc.Close()
}
