// Package cachetest is the suite that every cache driver passes.
package cachetest

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"truckflow/internal/kit/errs"
	"truckflow/internal/platform/cache"
)

// Run holds c, which runs on the wall clock and is empty, to the port's promises.
func Run(t *testing.T, c cache.Cache) {
	t.Run("values", func(t *testing.T) { values(t, c) })
	t.Run("values expire", func(t *testing.T) { expiry(t, c) })
	t.Run("counters", func(t *testing.T) { counters(t, c) })
	t.Run("counters expire", func(t *testing.T) { counterExpiry(t, c) })
	t.Run("concurrent counters", func(t *testing.T) { concurrent(t, c) })
	t.Run("limits", func(t *testing.T) { limits(t, c) })
	t.Run("limits recover", func(t *testing.T) { limitsRecover(t, c) })
	t.Run("delete", func(t *testing.T) { deletes(t, c) })
	t.Run("bad arguments", func(t *testing.T) { badArguments(t, c) })
	t.Run("ping", func(t *testing.T) { must(t, c.Ping(t.Context())) })
}

func values(t *testing.T, c cache.Cache) {
	ctx := t.Context()
	if _, ok, err := c.Get(ctx, "missing"); ok || err != nil {
		t.Fatalf("missing key: ok=%v err=%v", ok, err)
	}
	for name, val := range map[string][]byte{
		"text": []byte("hello"), "binary": {0, 255, 13, 10}, "empty": {}, "large": bytes.Repeat([]byte("x"), 1<<20),
	} {
		must(t, c.Set(ctx, name, val, time.Minute))
		got, ok, err := c.Get(ctx, name)
		if err != nil || !ok || !bytes.Equal(got, val) {
			t.Errorf("%s: got %d bytes, ok=%v err=%v", name, len(got), ok, err)
		}
	}
	val := []byte("before")
	must(t, c.Set(ctx, "copy", val, time.Minute))
	val[0] = 'X'
	got, _, _ := c.Get(ctx, "copy")
	got[1] = 'Y'
	if again, _, _ := c.Get(ctx, "copy"); string(again) != "before" {
		t.Errorf("the cache shares memory with its callers: %q", again)
	}
	must(t, c.Set(ctx, "copy", []byte("after"), time.Minute))
	if got, _, _ := c.Get(ctx, "copy"); string(got) != "after" {
		t.Errorf("overwritten value is %q", got)
	}
}

func expiry(t *testing.T, c cache.Cache) {
	ctx := t.Context()
	must(t, c.Set(ctx, "brief", []byte("x"), 30*time.Millisecond))
	must(t, c.Set(ctx, "long", []byte("x"), time.Hour))
	eventually(t, func() bool { _, ok, _ := c.Get(ctx, "brief"); return !ok })
	if _, ok, _ := c.Get(ctx, "long"); !ok {
		t.Error("an entry left before its time")
	}
}

func counters(t *testing.T, c cache.Cache) {
	ctx := t.Context()
	must(t, c.Set(ctx, "both", []byte("value"), time.Minute)) // a value and a counter may share a key
	for want := int64(1); want <= 3; want++ {
		if n, err := c.Incr(ctx, "both", time.Minute); n != want || err != nil {
			t.Fatalf("got %d, %v, want %d", n, err, want)
		}
	}
	if v, ok, _ := c.Get(ctx, "both"); !ok || string(v) != "value" {
		t.Errorf("the counter disturbed the value: %q %v", v, ok)
	}
}

func counterExpiry(t *testing.T, c cache.Cache) {
	ctx := t.Context()
	if _, err := c.Incr(ctx, "window", 100*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	// Were the window extended by each call, this would never come back to 1.
	eventually(t, func() bool { n, err := c.Incr(ctx, "window", 100*time.Millisecond); return err == nil && n == 1 })
}

func concurrent(t *testing.T, c cache.Cache) {
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 25 {
				if _, err := c.Incr(t.Context(), "busy", time.Minute); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n, _ := c.Incr(t.Context(), "busy", time.Minute); n != 201 {
		t.Errorf("counted %d, want 201", n)
	}
}

func limits(t *testing.T, c cache.Cache) {
	ctx := t.Context()
	for i := range 3 {
		if ok, wait, err := c.Allow(ctx, "sign-in", 3, time.Hour); !ok || wait != 0 || err != nil {
			t.Fatalf("call %d: ok=%v wait=%s err=%v", i+1, ok, wait, err)
		}
	}
	for range 2 { // a refused call must not push the next chance away
		ok, wait, err := c.Allow(ctx, "sign-in", 3, time.Hour)
		if ok || err != nil || wait > 20*time.Minute || wait < 19*time.Minute {
			t.Fatalf("call over the limit: ok=%v wait=%s err=%v, want a wait of 20 minutes", ok, wait, err)
		}
	}
	if ok, _, _ := c.Allow(ctx, "somebody else", 3, time.Hour); !ok {
		t.Error("one key's limit holds up another")
	}
}

func limitsRecover(t *testing.T, c cache.Cache) {
	ctx := t.Context()
	if ok, _, _ := c.Allow(ctx, "soon", 1, 150*time.Millisecond); !ok {
		t.Fatal("first call refused")
	}
	eventually(t, func() bool { ok, _, err := c.Allow(ctx, "soon", 1, 150*time.Millisecond); return ok && err == nil })
}

func deletes(t *testing.T, c cache.Cache) {
	ctx := t.Context()
	must(t, c.Set(ctx, "d", []byte("x"), time.Minute))
	if _, err := c.Incr(ctx, "d", time.Minute); err != nil {
		t.Fatal(err)
	}
	if ok, _, _ := c.Allow(ctx, "d", 1, time.Hour); !ok {
		t.Fatal("first call refused")
	}
	must(t, c.Delete(ctx, "d", "never there"))
	must(t, c.Delete(ctx))
	if _, ok, _ := c.Get(ctx, "d"); ok {
		t.Error("the value is still there")
	}
	if n, _ := c.Incr(ctx, "d", time.Minute); n != 1 {
		t.Errorf("the counter went on to %d", n)
	}
	if ok, _, _ := c.Allow(ctx, "d", 1, time.Hour); !ok {
		t.Error("the allowance is still used up")
	}
}

func badArguments(t *testing.T, c cache.Cache) {
	ctx := t.Context()
	long := strings.Repeat("k", cache.MaxKey+1)
	for name, call := range map[string]func() error{
		"get without key":  func() error { _, _, err := c.Get(ctx, ""); return err },
		"get long key":     func() error { _, _, err := c.Get(ctx, long); return err },
		"set without ttl":  func() error { return c.Set(ctx, "k", nil, 0) },
		"delete empty key": func() error { return c.Delete(ctx, "") },
		"incr without ttl": func() error { _, err := c.Incr(ctx, "k", -time.Second); return err },
		"allow nobody":     func() error { _, _, err := c.Allow(ctx, "k", 0, time.Second); return err },
		"allow too many":   func() error { _, _, err := c.Allow(ctx, "k", 1e9, time.Millisecond); return err },
	} {
		if err := call(); errs.KindOf(err) != errs.KindInvalid {
			t.Errorf("%s: %v, want an invalid error", name, err)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func eventually(t *testing.T, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for !done() {
		select {
		case <-ctx.Done():
			t.Fatal("did not happen within 10 s")
		case <-time.After(10 * time.Millisecond):
		}
	}
}
