// Package blob is the port for files: uploads, page images, printed PDFs. What
// a file means is in PostgreSQL; here are only its bytes, under a key.
package blob

import (
	"context"
	"errors"
	"io"
	"iter"
	"mime"
	"strings"
	"syscall"
	"time"

	"truckflow/internal/kit/errs"
)

// Info describes a stored file.
type Info struct {
	Key         string
	Size        int64     // bytes
	SHA256      string    // 64 hex digits; empty in List, and for files another program put there
	ContentType string    // as given to Put; empty in List
	Modified    time.Time // UTC, when Put finished
}

// Store is implemented by fileblob (a directory) and s3blob (any S3). It is
// safe for concurrent use. Errors: KindInvalid for a wrong key or a broken
// upload, KindNotFound for a key that holds nothing, KindUnavailable when the
// storage is gone or full; the storage is then as it was before.
type Store interface {
	// Put stores what r yields under key, replacing what was there, and
	// returns once it is durable. size is the expected number of bytes, -1
	// when unknown; a different number is an error. Until Put succeeds, and
	// for ever if it fails, the key holds what it held before. An error of r
	// that is an *errs.Error comes back as it is. An empty contentType means
	// application/octet-stream.
	Put(ctx context.Context, key string, r io.Reader, size int64, contentType string) (Info, error)

	// Get opens key's bytes. The reader also implements io.Seeker, so that
	// ranges can be served.
	Get(ctx context.Context, key string) (io.ReadCloser, Info, error)

	// Stat describes key's file without its bytes.
	Stat(ctx context.Context, key string) (Info, error)

	// Delete removes key; one that holds nothing is no error.
	Delete(ctx context.Context, key string) error

	// List yields the files whose key begins with prefix, by key; "" lists
	// all. It stops after the first error.
	List(ctx context.Context, prefix string) iter.Seq2[Info, error]

	// Ping reports whether storing would work now.
	Ping(ctx context.Context) error
}

// Limits of keys, in bytes; both fit every file system and S3.
const (
	MaxKey     = 512
	maxSegment = 200
)

// CheckKey accepts segments of letters, digits and . _ - = joined by slashes;
// no segment begins with a dot. That leaves nothing which could climb out of a
// directory, hide, or be read differently by two drivers.
func CheckKey(key string) error {
	bad := errs.Invalid("%.80q is not a storage key", key).
		Hint("a key is segments of letters, digits and . _ - = joined by slashes, such as ORG/documents/ID")
	if key == "" || len(key) > MaxKey {
		return bad
	}
	for seg := range strings.SplitSeq(key, "/") {
		if seg == "" || len(seg) > maxSegment || seg[0] == '.' || strings.IndexFunc(seg, notInKey) >= 0 {
			return bad
		}
	}
	return nil
}

// CheckPrefix accepts what a key may begin with, "" included.
func CheckPrefix(prefix string) error {
	if prefix == "" {
		return nil
	}
	return CheckKey(strings.TrimSuffix(prefix, "/"))
}

func notInKey(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("._-=", r)
}

// ContentType normalises the type a driver stores and refuses what is none.
func ContentType(s string) (string, error) {
	if s == "" {
		return "application/octet-stream", nil
	}
	t, params, err := mime.ParseMediaType(s)
	if err == nil {
		s = mime.FormatMediaType(t, params)
	}
	if err != nil || s == "" || len(s) > 200 || !strings.Contains(t, "/") {
		return "", errs.Invalid("%.80q is not a content type", s)
	}
	return s, nil
}

// ReadFailed is the error for an upload whose reader failed with cause.
func ReadFailed(cause error) error {
	var e *errs.Error
	if errors.As(cause, &e) {
		return cause
	}
	return errs.Invalid("the upload was interrupted; nothing was saved").Wrap(cause)
}

// WrongSize is the error for an upload of got bytes that announced want.
func WrongSize(got, want int64) error {
	return errs.Invalid("the upload has %d bytes where %d were announced; nothing was saved", got, want)
}

// NotFound is the error for a key that holds nothing.
func NotFound(cause error) error {
	return errs.NotFound("the file is not there any more").Wrap(cause)
}

// WriteFailed is the error for a disk that refused to write under dir.
func WriteFailed(dir string, cause error) error {
	switch {
	case errors.Is(cause, syscall.ENOSPC), errors.Is(cause, syscall.EDQUOT):
		return errs.Unavailable("the disk is full; nothing was saved").
			Hint("free space or enlarge the disk that holds %s, then try again", dir).Wrap(cause)
	case errors.Is(cause, syscall.EROFS), errors.Is(cause, syscall.EACCES), errors.Is(cause, syscall.EPERM):
		return errs.Unavailable("the file could not be saved").
			Hint("make %s writable for the user the program runs as", dir).Wrap(cause)
	}
	return errs.Unavailable("the file could not be saved").
		Hint("check the disk that holds %s", dir).Wrap(cause)
}
