// Package standin keeps the program going while the shared cache server is away:
// what it would have kept is kept in the process meanwhile, so that limits still
// hold, each instance by itself. It goes back by itself, and says both.
package standin

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/platform/cache"
)

// lookEvery is how often a server that is away is asked; nobody else waits for it.
const lookEvery = time.Second

// Settings say what stands in for what.
type Settings struct {
	Open  func(ctx context.Context) (cache.Cache, error) // connects to the server; tried again while it is away
	Own   cache.Cache                                    // in the process; closed with the cache
	Clock clock.Clock
	Log   *slog.Logger
}

// Cache is a cache.Cache that is there even when its server is not.
type Cache struct {
	set    Settings
	stop   context.CancelFunc
	ended  sync.WaitGroup
	closed context.Context

	mu     sync.RWMutex
	server cache.Cache // nil until the first connection
	since  time.Time   // when it went; zero while it is there
	drop   map[string]bool
}

var _ cache.Cache = (*Cache)(nil)

// mostDropped bounds what is remembered of Delete while the server is away.
const mostDropped = 10_000

// Open connects. A server that does not answer is no reason not to start; an
// address that cannot be one is.
func Open(ctx context.Context, s Settings) (*Cache, error) {
	c := &Cache{set: s, drop: map[string]bool{}}
	c.closed, c.stop = context.WithCancel(context.WithoutCancel(ctx))
	server, err := s.Open(ctx)
	if err == nil {
		c.server = server
		return c, nil
	}
	if !errs.Is(err, errs.KindUnavailable) {
		c.stop()
		return nil, err
	}
	c.lost(err)
	return c, nil
}

// StandIn reports since when the process's own cache is used; false while the server's is.
func (c *Cache) StandIn() (since time.Time, ok bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.since, !c.since.IsZero()
}

// now returns the cache to use.
func (c *Cache) now() cache.Cache {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if !c.since.IsZero() {
		return c.set.Own
	}
	return c.server
}

// lost says that the server does not answer.
func (c *Cache) lost(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.since.IsZero() || c.closed.Err() != nil {
		return
	}
	c.since = c.set.Clock.Now()
	c.set.Log.Warn("the cache server does not answer: kept in the process until it does, each instance by itself", "error", err)
	c.ended.Go(c.look)
}

// look asks for the server until it answers.
func (c *Cache) look() {
	for tick := time.NewTicker(lookEvery); ; {
		select {
		case <-c.closed.Done():
			tick.Stop()
			return
		case <-tick.C:
		}
		if c.back() {
			tick.Stop()
			return
		}
	}
}

// back goes back to the server if it answers, once it has forgotten what was
// deleted meanwhile.
func (c *Cache) back() bool {
	c.mu.RLock()
	server := c.server
	c.mu.RUnlock()
	var err error
	if server == nil {
		server, err = c.set.Open(c.closed)
	} else {
		err = server.Ping(c.closed)
	}
	if err != nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.server = server
	for key := range c.drop {
		if server.Delete(c.closed, key) != nil {
			return false
		}
		delete(c.drop, key)
	}
	c.set.Log.Info("the cache server answers again", "away_seconds", c.set.Clock.Now().Sub(c.since).Seconds())
	c.since = time.Time{}
	return true
}

// do asks the server, and the process's own where it does not answer.
func (c *Cache) do(ctx context.Context, fn func(cache.Cache) error) error {
	use := c.now()
	err := fn(use)
	if use == c.set.Own || !errs.Is(err, errs.KindUnavailable) || ctx.Err() != nil {
		return err
	}
	c.lost(err)
	return fn(c.set.Own)
}

// Get implements cache.Cache.
func (c *Cache) Get(ctx context.Context, key string) (val []byte, ok bool, err error) {
	err = c.do(ctx, func(x cache.Cache) (err error) { val, ok, err = x.Get(ctx, key); return err })
	return val, ok, err
}

// Set implements cache.Cache.
func (c *Cache) Set(ctx context.Context, key string, val []byte, ttl time.Duration) error {
	return c.do(ctx, func(x cache.Cache) error { return x.Set(ctx, key, val, ttl) })
}

// Delete implements cache.Cache. What the server could not be told it is told when
// it is back, so that nothing deleted appears again; past mostDropped keys the rest
// lives as long as it was set to.
func (c *Cache) Delete(ctx context.Context, keys ...string) error {
	return c.do(ctx, func(x cache.Cache) error {
		err := x.Delete(ctx, keys...)
		if x == c.set.Own && err == nil {
			c.mu.Lock()
			defer c.mu.Unlock()
			for _, k := range keys {
				if len(c.drop) < mostDropped {
					c.drop[k] = true
				}
			}
		}
		return err
	})
}

// Incr implements cache.Cache.
func (c *Cache) Incr(ctx context.Context, key string, ttl time.Duration) (n int64, err error) {
	err = c.do(ctx, func(x cache.Cache) (err error) { n, err = x.Incr(ctx, key, ttl); return err })
	return n, err
}

// Allow implements cache.Cache.
func (c *Cache) Allow(ctx context.Context, key string, limit int, window time.Duration) (ok bool, wait time.Duration, err error) {
	err = c.do(ctx, func(x cache.Cache) (err error) { ok, wait, err = x.Allow(ctx, key, limit, window); return err })
	return ok, wait, err
}

// Ping asks the server itself: the doctor wants to know, whatever stands in.
func (c *Cache) Ping(ctx context.Context) error {
	c.mu.RLock()
	server, since := c.server, c.since
	c.mu.RUnlock()
	if server == nil || !since.IsZero() {
		return errs.Unavailable("the cache server does not answer since %s; each instance keeps its own until it does", since.UTC().Format("2006-01-02 15:04:05 MST")).
			Hint("check that Redis runs and that REDIS_URL names its host, port and password")
	}
	err := server.Ping(ctx)
	if errs.Is(err, errs.KindUnavailable) && ctx.Err() == nil {
		c.lost(err)
	}
	return err
}

// Close implements cache.Cache.
func (c *Cache) Close() {
	c.mu.Lock()
	c.stop()
	c.mu.Unlock()
	c.ended.Wait()
	if c.server != nil {
		c.server.Close()
	}
	c.set.Own.Close()
}
