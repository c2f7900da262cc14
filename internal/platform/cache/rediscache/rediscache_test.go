package rediscache_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"truckflow/internal/kit/errs"
	"truckflow/internal/platform/cache/cachetest"
	"truckflow/internal/platform/cache/rediscache"
	"truckflow/internal/platform/cache/redistest"
)

func open(t *testing.T, s rediscache.Settings) *rediscache.Cache {
	t.Helper()
	c, err := rediscache.Open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestSuite(t *testing.T) {
	t.Parallel()
	cachetest.Run(t, open(t, rediscache.Settings{URL: redistest.Start(t).URL}))
}

func TestPrefixesKeepProgramsApart(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	a, b := open(t, rediscache.Settings{URL: s.URL, Prefix: "a:"}), open(t, rediscache.Settings{URL: s.URL, Prefix: "b:"})
	if err := a.Set(t.Context(), "k", []byte("a's"), time.Minute); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := b.Get(t.Context(), "k"); ok || err != nil {
		t.Errorf("b sees a's entry: ok=%v err=%v", ok, err)
	}
}

func TestServerGoneAndBack(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	c := open(t, rediscache.Settings{URL: s.URL, Timeout: 300 * time.Millisecond})
	s.Kill()
	start := time.Now()
	if _, _, err := c.Get(t.Context(), "k"); errs.KindOf(err) != errs.KindUnavailable {
		t.Errorf("while gone: %v, want unavailable", err)
	}
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("answered after %s; a request must not hang on the cache", d)
	}
	s.Restart()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for c.Set(ctx, "k", []byte("v"), time.Minute) != nil {
		if ctx.Err() != nil {
			t.Fatal("does not recover within 10 s")
		}
	}
}

func TestOpenErrors(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]errs.Kind{
		"http://:hush@example.com":        errs.KindInvalid,
		"redis://:hush@%zz":               errs.KindInvalid,
		"redis://:hush@127.0.0.1:1":       errs.KindUnavailable,
		"unix:///nonexistent/hush-hush.s": errs.KindUnavailable,
	} {
		_, err := rediscache.Open(t.Context(), rediscache.Settings{URL: url})
		if errs.KindOf(err) != want {
			t.Errorf("%s: %v, want %s", url, err, want)
			continue
		}
		if e := errs.Public(err); e.HintMsg == "" || strings.Contains(err.Error(), ":hush") {
			t.Errorf("%s: %q needs a hint and must not show the password", url, err)
		}
	}
}
