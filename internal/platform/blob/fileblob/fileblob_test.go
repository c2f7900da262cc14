package fileblob

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"truckflow/internal/kit/errs"
	"truckflow/internal/platform/blob/blobtest"
)

func open(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// files returns every file under dir, uploads under way included.
func files(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestSuite(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	blobtest.Run(t, open(t, dir))
	if left := files(t, dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestModes(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "blobs")
	s := open(t, dir)
	if _, err := s.Put(t.Context(), "a/b", strings.NewReader("x"), 1, ""); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]fs.FileMode{".": 0o700, ".tmp": 0o700, "a": 0o700, "a/b": 0o600} {
		fi, err := os.Stat(filepath.Join(dir, name))
		if err != nil || fi.Mode().Perm() != want {
			t.Errorf("%s: %v %v, want %o", name, fi.Mode(), err, want)
		}
	}
}

func TestSymlinksLeadNowhere(t *testing.T) {
	t.Parallel()
	outside, dir := t.TempDir(), t.TempDir()
	s := open(t, dir)
	if err := os.Symlink(outside, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Put(t.Context(), "link/x", strings.NewReader("x"), 1, ""); err == nil {
		t.Error("wrote through a symbolic link out of the folder")
	}
	if got := files(t, outside); len(got) != 0 {
		t.Errorf("outside: %v", got)
	}
}

func TestKeyInTheWay(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	if _, err := s.Put(t.Context(), "a", strings.NewReader("x"), 1, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Put(t.Context(), "a/b", strings.NewReader("x"), 1, ""); !errs.Is(err, errs.KindConflict) {
		t.Errorf("a file in a folder's place: %v, want conflict", err)
	}
	if _, err := s.Put(t.Context(), "c/d", strings.NewReader("x"), 1, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Put(t.Context(), "c", strings.NewReader("x"), 1, ""); !errs.Is(err, errs.KindConflict) {
		t.Errorf("a folder in a file's place: %v, want conflict", err)
	}
}

// fullDisk takes room bytes and then says what a full disk says.
type fullDisk struct {
	w    io.Writer
	room *int
}

func (d fullDisk) Write(p []byte) (int, error) {
	if *d.room < len(p) {
		n, _ := d.w.Write(p[:*d.room])
		*d.room = 0
		return n, &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
	}
	*d.room -= len(p)
	return d.w.Write(p)
}

func checkFull(t *testing.T, s *Store, dir string, size int) {
	t.Helper()
	_, err := s.Put(t.Context(), "big", bytes.NewReader(blobtest.Bytes(size)), int64(size), "")
	e := errs.Public(err)
	if !errs.Is(err, errs.KindUnavailable) || e.Message != "the disk is full; nothing was saved" || !strings.Contains(e.HintMsg, dir) {
		t.Errorf("got %v, hint %q", err, e.HintMsg)
	}
	if _, err := s.Stat(t.Context(), "big"); !errs.Is(err, errs.KindNotFound) {
		t.Errorf("something is visible: %v", err)
	}
	for _, name := range files(t, dir) {
		if filepath.Base(name) != "small" {
			t.Errorf("left behind: %s", name)
		}
	}
}

func TestDiskFull(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	room := 0
	s.wrap = func(w io.Writer) io.Writer { return fullDisk{w, &room} }
	for _, room = range []int{0, 1000, 100_000, 100_050} { // at once, midway, before and within the trailer
		checkFull(t, s, dir, 100_000)
	}
	room = 1 << 20
	if _, err := s.Put(t.Context(), "big", strings.NewReader("x"), 1, ""); err != nil {
		t.Errorf("with room again: %v", err)
	}
}

// TestDiskReallyFull uses a tiny file system where the machine allows one;
// where it does not, TestDiskFull stands for it.
func TestDiskReallyFull(t *testing.T) {
	dir := t.TempDir()
	err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=256k,mode=700")
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
		t.Log("may not mount a file system here; TestDiskFull checks the same with a writer that fails")
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	s := open(t, dir)
	if _, err := s.Put(t.Context(), "small", strings.NewReader("x"), 1, ""); err != nil {
		t.Fatal(err)
	}
	checkFull(t, s, dir, 1<<20)
	if _, err := s.Put(t.Context(), "small", strings.NewReader("again"), 5, ""); err != nil {
		t.Errorf("a small file after a big one failed: %v", err)
	}
}

func TestDamagedFileIsNotServed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	if _, err := s.Put(t.Context(), "f", bytes.NewReader(blobtest.Bytes(1000)), 1000, ""); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "f")
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for what, b := range map[string][]byte{
		"empty": {}, "cut": whole[:500], "longer": append(whole[:len(whole):len(whole)], 'x'), "shifted": whole[1:],
	} {
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
		_, _, err := s.Get(t.Context(), "f")
		if !errs.Is(err, errs.KindInternal) || !strings.Contains(errs.Public(err).HintMsg, "backup") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestOpenSweepsWhatWasCutOff(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open(t, dir)
	old, young := filepath.Join(dir, ".tmp", "old"), filepath.Join(dir, ".tmp", "young")
	for _, name := range []string{old, young} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chtimes(old, time.Time{}, time.Now().Add(-25*time.Hour)); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
	if got := files(t, dir); len(got) != 1 || got[0] != young {
		t.Errorf("left %v, want %s", got, young)
	}
}

func TestOpenNamesTheFolder(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(name)
	if !errs.Is(err, errs.KindUnavailable) || !strings.Contains(errs.Public(err).HintMsg, name) {
		t.Errorf("got %v", err)
	}
}
