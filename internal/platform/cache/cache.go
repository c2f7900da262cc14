// Package cache is the port for what may be forgotten at any moment: rendered
// fragments, look-ups, throttling windows. Nothing kept here is a record; a
// driver may drop any entry before its time, and callers carry on without it.
//
// Keys are flat strings; callers lead tenant data with the organisation's id.
package cache

import (
	"context"
	"time"

	"truckflow/internal/kit/errs"
)

// Cache is implemented by memcache (one process) and rediscache (shared by all
// instances). A key holds up to three independent things, a value, a counter
// and an allowance; Delete forgets all three. Errors are KindInvalid for wrong
// arguments and KindUnavailable when the server is gone: throttling code
// decides for itself whether to let the request through then.
type Cache interface {
	// Get returns a copy of the value at key; ok is false when there is none.
	Get(ctx context.Context, key string) (val []byte, ok bool, err error)

	// Set keeps a copy of val for ttl, which must be positive. A value larger
	// than the driver's bound is silently not kept.
	Set(ctx context.Context, key string, val []byte, ttl time.Duration) error

	// Delete forgets keys; those that are not there are no error.
	Delete(ctx context.Context, keys ...string) error

	// Incr adds one to the counter at key and returns the sum. The first call
	// starts a window of ttl; later calls do not extend it.
	Incr(ctx context.Context, key string, ttl time.Duration) (int64, error)

	// Allow admits at most limit calls at once for key and then one each
	// window/limit (the generic cell rate algorithm, so a caller cannot get
	// twice the limit around a window's edge). When ok is false, retryAfter
	// is how long until the next call would be admitted.
	Allow(ctx context.Context, key string, limit int, window time.Duration) (ok bool, retryAfter time.Duration, err error)

	// Ping reports whether the cache can be reached, for readiness and doctor.
	Ping(ctx context.Context) error

	// Close frees what the driver holds. The cache is not usable afterwards.
	Close()
}

// MaxKey is the longest key, in bytes.
const MaxKey = 512

// CheckKey refuses empty and over-long keys; every driver calls it.
func CheckKey(key string) error {
	if key == "" || len(key) > MaxKey {
		return errs.Invalid("a cache key is 1 to %d bytes, got %d", MaxKey, len(key))
	}
	return nil
}

// CheckTTL refuses entries that would never expire; every driver calls it.
func CheckTTL(key string, ttl time.Duration) error {
	if err := CheckKey(key); err != nil {
		return err
	}
	if ttl < time.Millisecond {
		return errs.Invalid("a cache entry lives at least a millisecond, got %s", ttl)
	}
	return nil
}

// CheckLimit refuses limits that admit nobody or need sub-microsecond steps;
// every driver calls it.
func CheckLimit(key string, limit int, window time.Duration) error {
	if err := CheckTTL(key, window); err != nil {
		return err
	}
	if limit < 1 || window/time.Duration(limit) < time.Microsecond {
		return errs.Invalid("a limit of %d in %s cannot be kept", limit, window)
	}
	return nil
}
