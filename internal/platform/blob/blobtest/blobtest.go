// Package blobtest is the suite that every blob driver passes.
package blobtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"truckflow/internal/kit/errs"
	"truckflow/internal/platform/blob"
)

// Run holds s, which is empty, to the port's promises.
func Run(t *testing.T, s blob.Store) {
	t.Run("round trip", func(t *testing.T) { roundTrip(t, s) })
	t.Run("ranges", func(t *testing.T) { ranges(t, s) })
	t.Run("replace", func(t *testing.T) { replace(t, s) })
	t.Run("missing", func(t *testing.T) { missing(t, s) })
	t.Run("delete", func(t *testing.T) { deletes(t, s) })
	t.Run("list", func(t *testing.T) { lists(t, s) })
	t.Run("broken uploads", func(t *testing.T) { broken(t, s) })
	t.Run("bad keys", func(t *testing.T) { badKeys(t, s) })
	t.Run("bad content types", func(t *testing.T) { badTypes(t, s) })
	t.Run("side by side", func(t *testing.T) { sideBySide(t, s) })
	t.Run("ping", func(t *testing.T) { must(t, s.Ping(t.Context())) })
}

// Bytes returns n bytes that do not compress, the same each time.
func Bytes(n int) []byte {
	b := make([]byte, n)
	seed := [32]byte{byte(n), byte(n >> 8), byte(n >> 16)}
	_, _ = rand.NewChaCha8(seed).Read(b)
	return b
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

func put(t *testing.T, s blob.Store, key string, b []byte) blob.Info {
	t.Helper()
	i, err := s.Put(t.Context(), key, bytes.NewReader(b), int64(len(b)), "application/pdf")
	must(t, err)
	return i
}

func get(t *testing.T, s blob.Store, key string) []byte {
	t.Helper()
	r, _, err := s.Get(t.Context(), key)
	must(t, err)
	defer r.Close()
	b, err := io.ReadAll(r)
	must(t, err)
	return b
}

func roundTrip(t *testing.T, s blob.Store) {
	for _, c := range []struct {
		key, given, kept string
		size             int
		announce         bool
	}{
		{"empty", "", "application/octet-stream", 0, true},
		{"unknown-size", "application/pdf", "application/pdf", 5000, false},
		{"0198/documents/a_b-c=1.pdf", "text/plain; charset=utf-8", "text/plain; charset=utf-8", 1, true},
		{"large/unknown", "image/png", "image/png", 18 << 20, false},
		{strings.Repeat("k", 200) + "/" + strings.Repeat("l", 200), "image/jpeg", "image/jpeg", 70_000, true},
	} {
		want := Bytes(c.size)
		announced := int64(-1)
		if c.announce {
			announced = int64(c.size)
		}
		before := time.Now().Add(-2 * time.Second) // S3 keeps whole seconds
		// OneByteReader's cousin: a reader that is neither seekable nor known in length.
		info, err := s.Put(t.Context(), c.key, io.MultiReader(bytes.NewReader(want)), announced, c.given)
		must(t, err)
		stat, err := s.Stat(t.Context(), c.key)
		must(t, err)
		r, opened, err := s.Get(t.Context(), c.key)
		must(t, err)
		got, err := io.ReadAll(r)
		must(t, err)
		must(t, r.Close())
		if !bytes.Equal(got, want) {
			t.Errorf("%.40s: %d bytes came back changed (%d)", c.key, len(want), len(got))
		}
		for call, i := range map[string]blob.Info{"Put": info, "Stat": stat, "Get": opened} {
			if i.Key != c.key || i.Size != int64(c.size) || i.SHA256 != sum(want) || i.ContentType != c.kept {
				t.Errorf("%.40s: %s says %+v", c.key, call, i)
			}
			if i.Modified.Before(before) || i.Modified.After(time.Now().Add(2*time.Second)) || i.Modified.Location() != time.UTC {
				t.Errorf("%.40s: %s says modified %s", c.key, call, i.Modified)
			}
		}
		must(t, s.Delete(t.Context(), c.key))
	}
}

func ranges(t *testing.T, s blob.Store) {
	want := Bytes(100_000)
	put(t, s, "range", want)
	r, _, err := s.Get(t.Context(), "range")
	must(t, err)
	defer r.Close()
	seeker, ok := r.(io.ReadSeeker)
	if !ok {
		t.Fatal("the reader cannot seek")
	}
	end, err := seeker.Seek(0, io.SeekEnd)
	must(t, err)
	if end != 100_000 {
		t.Errorf("the end is at %d", end)
	}
	_, err = seeker.Seek(50_000, io.SeekStart)
	must(t, err)
	part := make([]byte, 1000)
	_, err = io.ReadFull(seeker, part)
	must(t, err)
	if !bytes.Equal(part, want[50_000:51_000]) {
		t.Error("the middle differs")
	}
	must(t, s.Delete(t.Context(), "range"))
}

func replace(t *testing.T, s blob.Store) {
	put(t, s, "replace", []byte("a long first version"))
	r, _, err := s.Get(t.Context(), "replace")
	must(t, err)
	must(t, r.Close())
	put(t, s, "replace", []byte("second"))
	if got := get(t, s, "replace"); string(got) != "second" {
		t.Errorf("got %q", got)
	}
	must(t, s.Delete(t.Context(), "replace"))
}

func missing(t *testing.T, s blob.Store) {
	put(t, s, "folder/file", []byte("x"))
	for _, key := range []string{"missing", "folder", "folder/missing", "folder/file/under", "no/such/folder"} {
		if _, err := s.Stat(t.Context(), key); !errs.Is(err, errs.KindNotFound) {
			t.Errorf("stat %s: %v, want not found", key, err)
		}
		if _, _, err := s.Get(t.Context(), key); !errs.Is(err, errs.KindNotFound) {
			t.Errorf("get %s: %v, want not found", key, err)
		}
		if err := s.Delete(t.Context(), key); err != nil {
			t.Errorf("delete %s: %v", key, err)
		}
	}
	if got := get(t, s, "folder/file"); string(got) != "x" {
		t.Error("deleting what is not there took what is")
	}
	must(t, s.Delete(t.Context(), "folder/file"))
}

func deletes(t *testing.T, s blob.Store) {
	put(t, s, "a/b/one", []byte("1"))
	put(t, s, "a/b/two", []byte("2"))
	must(t, s.Delete(t.Context(), "a/b/one"))
	if _, err := s.Stat(t.Context(), "a/b/one"); !errs.Is(err, errs.KindNotFound) {
		t.Errorf("after deleting: %v", err)
	}
	if got := get(t, s, "a/b/two"); string(got) != "2" {
		t.Error("its neighbour changed")
	}
	must(t, s.Delete(t.Context(), "a/b/two"))
	put(t, s, "a", []byte("a folder's name is free again"))
	must(t, s.Delete(t.Context(), "a"))
}

func keys(t *testing.T, s blob.Store, prefix string) []string {
	t.Helper()
	got := []string{}
	for i, err := range s.List(t.Context(), prefix) {
		must(t, err)
		if i.Size != int64(len(i.Key)) || i.Modified.IsZero() {
			t.Errorf("listed %+v", i)
		}
		got = append(got, i.Key)
	}
	return got
}

func lists(t *testing.T, s blob.Store) {
	all := []string{"x.b", "x/a/1", "x/a/2", "x/ab/1", "x/b", "xy", "y/1"}
	for _, k := range all {
		put(t, s, k, []byte(k))
	}
	for prefix, want := range map[string][]string{
		"":      all,
		"x":     {"x.b", "x/a/1", "x/a/2", "x/ab/1", "x/b", "xy"},
		"x/":    {"x/a/1", "x/a/2", "x/ab/1", "x/b"},
		"x/a":   {"x/a/1", "x/a/2", "x/ab/1"},
		"x/a/":  {"x/a/1", "x/a/2"},
		"x/a/2": {"x/a/2"},
		"z":     {},
		"xy/":   {},
	} {
		if got := keys(t, s, prefix); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", prefix, got, want)
		}
	}
	for range s.List(t.Context(), "") {
		break // stopping early must be possible
	}
	for _, err := range s.List(t.Context(), "../") {
		if !errs.Is(err, errs.KindInvalid) {
			t.Errorf("listing ../: %v", err)
		}
	}
	for _, k := range all {
		must(t, s.Delete(t.Context(), k))
	}
	if got := keys(t, s, ""); len(got) != 0 {
		t.Errorf("left over: %v", got)
	}
}

func broken(t *testing.T, s blob.Store) {
	cause := errors.New("connection reset by peer")
	limit := errs.TooLarge("over 20 MB")
	for _, c := range []struct {
		name string
		r    io.Reader
		size int64
		want errs.Kind
	}{
		{"at once", iotest.ErrReader(cause), -1, errs.KindInvalid},
		{"midway", io.MultiReader(bytes.NewReader(Bytes(300_000)), iotest.ErrReader(cause)), -1, errs.KindInvalid},
		{"midway in a large one", io.MultiReader(bytes.NewReader(Bytes(6<<20)), iotest.ErrReader(cause)), 20 << 20, errs.KindInvalid},
		{"too short", strings.NewReader("short"), 6, errs.KindInvalid},
		{"too long", strings.NewReader("longer"), 5, errs.KindInvalid},
		{"over a limit", io.MultiReader(strings.NewReader("x"), iotest.ErrReader(limit)), -1, errs.KindTooLarge},
	} {
		for _, old := range []bool{false, true} {
			key := "broken/file"
			if old {
				put(t, s, key, []byte("old"))
			}
			c := c
			if old { // readers are used up
				c.r = iotest.ErrReader(cause)
				c.want = errs.KindInvalid
			}
			if _, err := s.Put(t.Context(), key, c.r, c.size, ""); !errs.Is(err, c.want) {
				t.Errorf("%s: %v, want %s", c.name, err, c.want)
			}
			if !old {
				if _, err := s.Stat(t.Context(), key); !errs.Is(err, errs.KindNotFound) {
					t.Errorf("%s: something is visible: %v", c.name, err)
				}
			} else if got := get(t, s, key); string(got) != "old" {
				t.Errorf("%s: the old file became %q", c.name, got)
			}
		}
		must(t, s.Delete(t.Context(), "broken/file"))
	}
	ctx, cancel := context.WithCancel(t.Context())
	r := io.MultiReader(bytes.NewReader(Bytes(100_000)), readerFunc(func([]byte) (int, error) { cancel(); return 0, nil }), strings.NewReader("rest"))
	if _, err := s.Put(ctx, "broken/cancelled", r, -1, ""); err == nil {
		t.Error("a request that was given up was stored")
	}
	if got := keys(t, s, ""); len(got) != 0 {
		t.Errorf("left over: %v", got)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) {
	n, err := f(p)
	if n == 0 && err == nil {
		err = io.EOF // ends this part; MultiReader goes on to the next
	}
	return n, err
}

func badKeys(t *testing.T, s blob.Store) {
	for _, key := range []string{
		"", "/", "/etc/passwd", "..", "../x", "a/../../x", "a/..", "a//b", "a/", ".hidden", "a/.tmp/x", "./a", "a/./b",
		`a\..\b`, "a\x00b", "a b", "ä", "a\nb", "a%2e", "C:x", strings.Repeat("k", 201), strings.Repeat("kk/", 200) + "k",
	} {
		for call, err := range map[string]error{
			"put":    second(s.Put(t.Context(), key, strings.NewReader("x"), 1, "")),
			"stat":   second(s.Stat(t.Context(), key)),
			"get":    func() error { _, _, err := s.Get(t.Context(), key); return err }(),
			"delete": s.Delete(t.Context(), key),
		} {
			if !errs.Is(err, errs.KindInvalid) {
				t.Errorf("%s %.40q: %v, want invalid", call, key, err)
			}
		}
	}
}

func badTypes(t *testing.T, s blob.Store) {
	for _, ct := range []string{"pdf", "a/b\r\nX-Evil: 1", "text/plain; =", strings.Repeat("a/", 200)} {
		if _, err := s.Put(t.Context(), "type", strings.NewReader("x"), 1, ct); !errs.Is(err, errs.KindInvalid) {
			t.Errorf("%.40q: %v, want invalid", ct, err)
		}
	}
}

// sideBySide lets writers race for one key: a reader must always see one
// writer's file whole.
func sideBySide(t *testing.T, s blob.Store) {
	put(t, s, "race/one", bytes.Repeat([]byte("0"), 50_000))
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for range 5 {
				b := bytes.Repeat(fmt.Append(nil, w), 50_000)
				if _, err := s.Put(t.Context(), "race/one", bytes.NewReader(b), int64(len(b)), ""); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 20 {
		r, info, err := s.Get(t.Context(), "race/one")
		must(t, err)
		b, err := io.ReadAll(r)
		r.Close()
		if errs.Is(err, errs.KindUnavailable) {
			continue // S3 may say that the object changed under the reader
		}
		must(t, err)
		if len(b) != 50_000 || strings.Trim(string(b), string(b[:1])) != "" || info.Size != 50_000 {
			t.Fatalf("a mixture of %d bytes", len(b))
		}
	}
	wg.Wait()
	must(t, s.Delete(t.Context(), "race/one"))
}

func second[T any](_ T, err error) error { return err }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
