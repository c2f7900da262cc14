package rediscache_test

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
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

// TestSentinels: the primary dies, and the one that Sentinel makes primary is found, by
// a program that knows the Sentinel's address, user and password and no Redis'.
func TestSentinels(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	port := func() string {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		_, p, _ := net.SplitHostPort(ln.Addr().String())
		return p
	}
	primary, replica, sentinel := port(), port(), port()
	run := func(conf string, args ...string) *exec.Cmd {
		t.Helper()
		file := filepath.Join(dir, strings.Fields(conf)[1]+".conf")
		if err := os.WriteFile(file, []byte(strings.ReplaceAll(conf, "; ", "\n")+"\nbind 127.0.0.1\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("redis-server", append([]string{file}, args...)...)
		cmd.Dir = dir
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
		return cmd
	}
	const acl = `; user default off; user truckflow on >hush +@all ~* &*`
	first := run("port " + primary + acl)
	run("port " + replica + "; replicaof 127.0.0.1 " + primary + "; masteruser truckflow; masterauth hush" + acl)
	run("port "+sentinel+"; sentinel monitor main 127.0.0.1 "+primary+" 1; sentinel auth-user main truckflow; sentinel auth-pass main hush; "+
		"sentinel down-after-milliseconds main 500; sentinel failover-timeout main 5000; user default off; user watcher on >other +@all ~* &*", "--sentinel")
	url := "redis://truckflow:hush@127.0.0.1:1/0?addr=127.0.0.1:" + sentinel + "&master_set=main&sentinel_username=watcher&sentinel_password="
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	wait := func(what string, ok func() bool) {
		t.Helper()
		for !ok() {
			if ctx.Err() != nil {
				t.Fatalf("never: %s", what)
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
	var c *rediscache.Cache
	wait("Redis found by way of its Sentinel", func() (ok bool) {
		var err error
		c, err = rediscache.Open(ctx, rediscache.Settings{URL: url + "other"})
		return err == nil
	})
	t.Cleanup(c.Close)
	watch, err := rediscache.Dial("redis://watcher:other@127.0.0.1:" + sentinel)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(watch.Close)
	wait("the replica known to the Sentinel", func() bool {
		s, err := watch.Do(ctx, watch.B().Arbitrary("SENTINEL", "REPLICAS", "main").Build()).ToArray()
		if err != nil || len(s) != 1 {
			return false
		}
		m, err := s[0].AsStrMap()
		return err == nil && m["master-link-status"] == "ok"
	})
	if _, err := rediscache.Open(ctx, rediscache.Settings{URL: url + "wrong"}); errs.KindOf(err) != errs.KindUnavailable || strings.Contains(err.Error(), "hush") {
		t.Errorf("with a wrong password for the Sentinel: %v", err)
	}
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	wait("written to the new primary", func() bool { return c.Set(ctx, "k", []byte("v"), time.Minute) == nil })
}
