package durable

import (
	"os"
	"path/filepath"
	"testing"
)

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	f := filepath.Join(dir, "settings")
	for _, text := range []string{"first", "second"} {
		if err := WriteFile(f, []byte(text), 0o444); err != nil { // read-only is no hindrance to being replaced
			t.Fatal(err)
		}
		b, err := os.ReadFile(f)
		st, err2 := os.Stat(f)
		if err != nil || err2 != nil || string(b) != text || st.Mode().Perm() != 0o444 {
			t.Errorf("%q, mode %v: %v %v", b, st.Mode(), err, err2)
		}
	}
	// Where it cannot be written everything stays, and nothing is left over.
	taken := filepath.Join(dir, "folder")
	if err := os.MkdirAll(filepath.Join(taken, "in use"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(taken, []byte("x"), 0o600); err == nil {
		t.Error("a folder was replaced")
	}
	if err := WriteFile(filepath.Join(dir, "nowhere", "f"), nil, 0o600); err == nil {
		t.Error("a file was written into a folder that is not there")
	}
	if es, err := os.ReadDir(dir); err != nil || len(es) != 2 {
		t.Errorf("%d things are left, %v", len(es), err)
	}
}
