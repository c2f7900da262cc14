package standin_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/platform/cache"
	"truckflow/internal/platform/cache/cachetest"
	"truckflow/internal/platform/cache/memcache"
	"truckflow/internal/platform/cache/rediscache"
	"truckflow/internal/platform/cache/redistest"
	"truckflow/internal/platform/cache/standin"
)

func open(t *testing.T, url string) *standin.Cache {
	t.Helper()
	c, err := standin.Open(t.Context(), standin.Settings{Clock: clock.System, Log: slog.New(slog.DiscardHandler), Own: memcache.New(memcache.Settings{}, clock.System),
		Open: func(ctx context.Context) (cache.Cache, error) {
			return rediscache.Open(ctx, rediscache.Settings{URL: url, Timeout: 500 * time.Millisecond})
		}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func shared(t *testing.T, c *standin.Cache) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if _, away := c.StandIn(); !away {
			return
		}
		if time.Now().After(end) {
			t.Fatal("the server is back and not used")
		}
	}
}

func TestSuite(t *testing.T) {
	t.Parallel()
	cachetest.Run(t, open(t, redistest.Start(t).URL))
}

// TestServerLostAndBack kills the server under limits, values and deletions: nobody
// is told of an error, limits hold, and what was deleted meanwhile stays deleted.
func TestServerLostAndBack(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	c := open(t, s.URL)
	other, err := rediscache.Open(t.Context(), rediscache.Settings{URL: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(other.Close)
	ctx := t.Context()
	if _, away := c.StandIn(); away || c.Ping(ctx) != nil {
		t.Fatal("the server is there and not used")
	}
	if ok, _, err := c.Allow(ctx, "sign-in", 2, time.Hour); !ok || err != nil {
		t.Fatal(ok, err)
	}
	s.Freeze()
	for want := range 3 {
		if ok, _, err := c.Allow(ctx, "sign-in", 2, time.Hour); ok != (want < 2) || err != nil {
			t.Errorf("try %d without the server: admitted %v, %v", want+1, ok, err)
		}
	}
	if err := c.Set(ctx, "k", []byte("own"), time.Hour); err != nil {
		t.Error(err)
	}
	if v, ok, err := c.Get(ctx, "k"); !ok || string(v) != "own" || err != nil {
		t.Errorf("got %q %v %v", v, ok, err)
	}
	if since, away := c.StandIn(); !away || since.IsZero() {
		t.Error("it does not say that it stands in")
	}
	if err := c.Ping(ctx); !errs.Is(err, errs.KindUnavailable) {
		t.Errorf("the doctor is told: %v", err)
	}
	s.Kill()
	s.Restart()
	for end := time.Now().Add(30 * time.Second); other.Set(ctx, "gone", []byte("old"), time.Hour) != nil; {
		if time.Now().After(end) {
			t.Fatal("the server does not come back")
		}
	}
	// A connection that broke with the server may be met once more after it is back.
	for end := time.Now().Add(30 * time.Second); ; {
		shared(t, c)
		if err := c.Set(ctx, "both", []byte("x"), time.Hour); err != nil {
			t.Fatal(err)
		}
		if v, ok, _ := other.Get(ctx, "both"); ok && string(v) == "x" {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the server is back and not used")
		}
	}
	s.Freeze()
	if err := c.Delete(ctx, "gone"); err != nil {
		t.Fatal(err)
	}
	s.Thaw()
	shared(t, c)
	if v, ok, err := other.Get(ctx, "gone"); ok || err != nil {
		t.Errorf("what was deleted meanwhile is there again: %q %v", v, err)
	}
}

// TestStartsWithoutTheServer: an instance that starts while Redis is away works, and finds it later.
func TestStartsWithoutTheServer(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	s.Kill()
	c := open(t, s.URL)
	if n, err := c.Incr(t.Context(), "n", time.Hour); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	s.Restart()
	shared(t, c)
	if err := c.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	_, err := standin.Open(t.Context(), standin.Settings{Clock: clock.System, Log: slog.New(slog.DiscardHandler), Own: memcache.New(memcache.Settings{}, clock.System),
		Open: func(ctx context.Context) (cache.Cache, error) {
			return rediscache.Open(ctx, rediscache.Settings{URL: "redis://"})
		}})
	if err != nil && !errs.Is(err, errs.KindInvalid) && !errs.Is(err, errs.KindUnavailable) {
		t.Errorf("an address that is none: %v", err)
	}
}
