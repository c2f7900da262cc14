package memcache_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"truckflow/internal/kit/clock"
	"truckflow/internal/platform/cache/cachetest"
	"truckflow/internal/platform/cache/memcache"
)

func TestSuite(t *testing.T) { cachetest.Run(t, memcache.New(memcache.Settings{}, clock.System)) }

func TestBound(t *testing.T) {
	ctx, c := t.Context(), memcache.New(memcache.Settings{MaxBytes: 10_000}, clock.System)
	for i := range 100 {
		if err := c.Set(ctx, fmt.Sprint("k", i), bytes.Repeat([]byte("x"), 1000), time.Hour); err != nil {
			t.Fatal(err)
		}
		if i >= 2 {
			if _, ok, _ := c.Get(ctx, "k0"); !ok { // k0 stays because it is used
				t.Fatalf("the entry in use was pushed out at %d", i)
			}
		}
		if c.Bytes() > 10_000 {
			t.Fatalf("%d bytes held, bound is 10000", c.Bytes())
		}
	}
	if _, ok, _ := c.Get(ctx, "k50"); ok {
		t.Error("an unused entry outlived the bound")
	}
	if err := c.Set(ctx, "k0", make([]byte, 20_000), time.Hour); err != nil {
		t.Fatal(err)
	}
	if _, ok, _ := c.Get(ctx, "k0"); ok {
		t.Error("a value over the bound left the stale one in place")
	}
}

func TestCachedValuesCannotPushThrottlingOut(t *testing.T) {
	ctx, c := t.Context(), memcache.New(memcache.Settings{MaxBytes: 2000}, clock.System)
	if _, err := c.Incr(ctx, "attacker", time.Hour); err != nil {
		t.Fatal(err)
	}
	for i := range 1000 {
		if err := c.Set(ctx, fmt.Sprint(i), make([]byte, 500), time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	if n, _ := c.Incr(ctx, "attacker", time.Hour); n != 2 {
		t.Errorf("counter is %d, want 2", n)
	}
}

func TestAllowSpreadsOverTheWindow(t *testing.T) {
	now := clock.At(time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC))
	c := memcache.New(memcache.Settings{}, now)
	admitted := 0
	for range 3600 { // a call each second for an hour, 60 an hour allowed, 60 at once
		if ok, _, _ := c.Allow(t.Context(), "k", 60, time.Hour); ok {
			admitted++
		}
		now.Advance(time.Second)
	}
	if admitted < 118 || admitted > 120 {
		t.Errorf("%d admitted, want the burst of 60 and one each minute", admitted)
	}
	wait := time.Duration(0)
	for ok := true; ok; { // use up what is left
		ok, wait, _ = c.Allow(t.Context(), "k", 60, time.Hour)
	}
	if wait <= 0 || wait > time.Minute {
		t.Errorf("asked to wait %s, want up to a minute", wait)
	}
	now.Advance(wait)
	if ok, _, _ := c.Allow(t.Context(), "k", 60, time.Hour); !ok {
		t.Errorf("refused after waiting the %s it asked for", wait)
	}
}
