package s3blob_test

import (
	"strings"
	"testing"
	"time"

	"truckflow/internal/kit/errs"
	"truckflow/internal/platform/blob/s3blob"
	"truckflow/internal/platform/blob/versitygwtest"
)

// What is locked can neither be deleted nor lost by writing over it, by us either;
// what is not can, without leaving anything behind.
func TestLockedObjectsStay(t *testing.T) {
	t.Parallel()
	gw := versitygwtest.Start(t)
	set := settings(t, gw)
	set.Bucket = "locked"
	set.Lock = func(key string) time.Time {
		if strings.HasPrefix(key, "kept/") {
			return time.Now().Add(time.Hour)
		}
		return time.Time{}
	}
	s := open(t, set)
	for _, key := range []string{"kept/1", "kept/11", "free/1"} {
		if _, err := s.Put(t.Context(), key, strings.NewReader("x"), 1, ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Delete(t.Context(), "kept/1"); !errs.Is(err, errs.KindConflict) || !strings.Contains(err.Error(), "kept/1 is locked") {
		t.Errorf("deleting what is locked: %v", err)
	}
	if _, err := s.Stat(t.Context(), "kept/1"); err != nil {
		t.Errorf("after it: %v", err)
	}
	if err := s.Delete(t.Context(), "free/1"); err != nil {
		t.Errorf("deleting what is not: %v", err)
	}
	if _, err := s.Stat(t.Context(), "free/1"); !errs.Is(err, errs.KindNotFound) {
		t.Errorf("it is still there: %v", err)
	}
	open(t, set) // the bucket is there and can lock
	plain := set
	plain.Bucket, plain.Lock = "plain", nil
	open(t, plain)
	plain.Lock = set.Lock
	if _, err := s3blob.Open(t.Context(), plain); !errs.Is(err, errs.KindInvalid) || !strings.Contains(err.Error(), "cannot lock objects") {
		t.Errorf("a bucket without locks: %v", err)
	}
}
