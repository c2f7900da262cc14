package s3blob_test

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"

	"truckflow/internal/kit/errs"
	"truckflow/internal/platform/blob/blobtest"
	"truckflow/internal/platform/blob/s3blob"
	"truckflow/internal/platform/blob/versitygwtest"
)

func settings(t *testing.T, gw *versitygwtest.Server) s3blob.Settings {
	return s3blob.Settings{
		Endpoint: gw.Endpoint, Bucket: "files", AccessKey: gw.AccessKey, SecretKey: gw.SecretKey,
		PathStyle: true, CreateBucket: true, SpoolDir: t.TempDir(), PartSize: 5 << 20,
	}
}

func open(t *testing.T, set s3blob.Settings) *s3blob.Store {
	t.Helper()
	s, err := s3blob.Open(t.Context(), set)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSuite(t *testing.T) {
	t.Parallel()
	set := settings(t, versitygwtest.Start(t))
	blobtest.Run(t, open(t, set))
	if left, err := os.ReadDir(set.SpoolDir); len(left) != 0 || err != nil {
		t.Errorf("left in the spool: %v %v", left, err)
	}
}

func TestPrefixesShareABucket(t *testing.T) {
	t.Parallel()
	set := settings(t, versitygwtest.Start(t))
	other := open(t, set)
	set.Prefix = "carrier/one/"
	s := open(t, set)
	if _, err := s.Put(t.Context(), "x/y", strings.NewReader("x"), 1, ""); err != nil {
		t.Fatal(err)
	}
	for i, err := range s.List(t.Context(), "x") {
		if err != nil || i.Key != "x/y" {
			t.Errorf("listed %q, %v", i.Key, err)
		}
	}
	if _, err := other.Stat(t.Context(), "carrier/one/x/y"); err != nil {
		t.Errorf("not under the prefix: %v", err)
	}
}

func TestServerGoneAndBack(t *testing.T) {
	t.Parallel()
	gw := versitygwtest.Start(t)
	s := open(t, settings(t, gw))
	if _, err := s.Put(t.Context(), "kept", strings.NewReader("x"), 1, ""); err != nil {
		t.Fatal(err)
	}
	gw.Stop()
	_, err := s.Put(t.Context(), "lost", strings.NewReader("x"), 1, "")
	if e := errs.Public(err); !errs.Is(err, errs.KindUnavailable) || !strings.Contains(e.HintMsg, gw.Endpoint) {
		t.Errorf("put: %v, hint %q", err, e.HintMsg)
	}
	if _, _, err := s.Get(t.Context(), "kept"); !errs.Is(err, errs.KindUnavailable) {
		t.Errorf("get: %v", err)
	}
	if err := s.Ping(t.Context()); !errs.Is(err, errs.KindUnavailable) {
		t.Errorf("ping: %v", err)
	}
	gw.Restart()
	if _, err := s.Stat(t.Context(), "kept"); err != nil {
		t.Errorf("after the restart: %v", err)
	}
}

func TestServerGoneWhileReading(t *testing.T) {
	t.Parallel()
	gw := versitygwtest.Start(t)
	s := open(t, settings(t, gw))
	if _, err := s.Put(t.Context(), "big", bytes.NewReader(blobtest.Bytes(12<<20)), -1, ""); err != nil {
		t.Fatal(err)
	}
	r, _, err := s.Get(t.Context(), "big")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := io.CopyN(io.Discard, r, 1000); err != nil {
		t.Fatal(err)
	}
	gw.Stop()
	if _, err := io.Copy(io.Discard, r); !errs.Is(err, errs.KindUnavailable) {
		t.Errorf("the rest came with %v; a cut must not look like the end", err)
	}
}

func TestWrongSettings(t *testing.T) {
	t.Parallel()
	gw := versitygwtest.Start(t)
	for name, c := range map[string]struct {
		change func(*s3blob.Settings)
		kind   errs.Kind
		hint   string
	}{
		"no scheme":        {func(s *s3blob.Settings) { s.Endpoint = "localhost:9000" }, errs.KindInvalid, "https://"},
		"bucket in url":    {func(s *s3blob.Settings) { s.Endpoint += "/bucket" }, errs.KindInvalid, "bucket"},
		"wrong key":        {func(s *s3blob.Settings) { s.AccessKey = "wrong" }, errs.KindUnavailable, "S3_ACCESS_KEY"},
		"wrong secret":     {func(s *s3blob.Settings) { s.SecretKey = "wrong" }, errs.KindUnavailable, "S3_SECRET_KEY"},
		"bucket not there": {func(s *s3blob.Settings) { s.CreateBucket = false; s.Bucket = "absent" }, errs.KindUnavailable, `"absent"`},
		"nobody listens":   {func(s *s3blob.Settings) { s.Endpoint = "http://127.0.0.1:1" }, errs.KindUnavailable, "127.0.0.1:1"},
	} {
		set := settings(t, gw)
		c.change(&set)
		_, err := s3blob.Open(t.Context(), set)
		if errs.KindOf(err) != c.kind {
			t.Errorf("%s: %v, want %s", name, err, c.kind)
			continue
		}
		if e := errs.Public(err); !strings.Contains(e.HintMsg, c.hint) {
			t.Errorf("%s: %q hints %q, want %s in it", name, err, e.HintMsg, c.hint)
		}
		if strings.Contains(err.Error(), set.SecretKey) && set.SecretKey != "wrong" {
			t.Errorf("%s: the error shows the secret", name)
		}
	}
}
