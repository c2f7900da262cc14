// Package rediscache keeps the cache in Redis or Valkey (single, Sentinel or
// Cluster), so that every instance sees the same throttling windows.
package rediscache

import (
	"context"
	"errors"
	neturl "net/url"
	"strconv"
	"time"

	"github.com/redis/rueidis"

	"truckflow/internal/kit/errs"
	"truckflow/internal/platform/cache"
)

// Settings say where Redis is.
type Settings struct {
	URL     string        // redis://, rediss://, valkey:// or unix://; see Dial
	Prefix  string        // leads every key, so that several programs can share a server; default "truckflow:"
	Timeout time.Duration // for one operation, connecting again included; default 2 s
}

// Cache is a cache.Cache. It is safe for concurrent use and connects again by
// itself after the server went away.
type Cache struct {
	client  rueidis.Client
	prefix  string
	timeout time.Duration
}

var _ cache.Cache = (*Cache)(nil)

// Open connects; the server must answer now, so that a wrong address is found
// at start and not at the first request.
func Open(ctx context.Context, s Settings) (*Cache, error) {
	client, err := Dial(s.URL)
	if err != nil {
		return nil, err
	}
	c := &Cache{client: client, prefix: s.Prefix, timeout: s.Timeout}
	if c.prefix == "" {
		c.prefix = "truckflow:"
	}
	if c.timeout <= 0 {
		c.timeout = 2 * time.Second
	}
	if err := c.Ping(ctx); err != nil {
		client.Close()
		return nil, err
	}
	return c, nil
}

// Dial connects to the server at url: redis://[user:password@]host:port[/db],
// rediss:// for TLS, unix:///path, with ?addr=host:port for further cluster
// nodes. With ?master_set=name the addresses are Sentinels', of which any may be
// away; sentinel_username and sentinel_password are theirs, which the primary's
// user and password are not. adjust, when given, changes the
// options last. Errors never repeat the URL, which may hold a password.
func Dial(url string, adjust ...func(*rueidis.ClientOption)) (rueidis.Client, error) {
	opt, err := rueidis.ParseURL(url)
	if err == nil {
		err = sentinels(&opt, url)
	}
	if err != nil {
		return nil, errs.Invalid("REDIS_URL is not the address of a Redis server").
			Hint("write it as redis://:PASSWORD@HOST:6379/0, rediss:// for TLS")
	}
	opt.DisableCache = true // nothing here reads with client-side caching, and it needs Redis 6
	opt.ClientName = "truckflow"
	opt.Dialer.Timeout = 2 * time.Second
	opt.ConnWriteTimeout = 5 * time.Second
	for _, f := range adjust {
		f(&opt)
	}
	client, err := rueidis.NewClient(opt)
	if err != nil {
		return nil, Unreachable(err)
	}
	return client, nil
}

// askSentinels is how often they are asked besides what they tell by themselves,
// which is lost where a connection breaks without a word.
const askSentinels = 5 * time.Second

// sentinels adds what rueidis does not read from the address.
func sentinels(opt *rueidis.ClientOption, address string) error {
	if opt.Sentinel.MasterSet == "" {
		return nil
	}
	u, err := neturl.Parse(address)
	if err != nil {
		return err
	}
	s := &opt.Sentinel
	s.Username, s.Password = u.Query().Get("sentinel_username"), u.Query().Get("sentinel_password")
	s.TLSConfig, s.TopologyRefreshInterval, s.ClientName = opt.TLSConfig, askSentinels, "truckflow"
	s.Dialer.Timeout = 2 * time.Second
	return nil
}

// Unreachable is the error for a Redis server that does not answer.
func Unreachable(cause error) error {
	if errors.Is(cause, context.Canceled) {
		return errs.Unavailable("the request was given up").Wrap(cause)
	}
	return errs.Unavailable("the cache server does not answer").
		Hint("check that Redis runs and that REDIS_URL names its host, port and password; or unset REDIS_URL to use the built-in cache").
		Wrap(cause)
}

// A key's three things. The braces keep them in one slot of a cluster.
func (c *Cache) value(key string) string   { return c.prefix + "v:{" + key + "}" }
func (c *Cache) counter(key string) string { return c.prefix + "n:{" + key + "}" }
func (c *Cache) arrival(key string) string { return c.prefix + "a:{" + key + "}" }

func (c *Cache) within(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, c.timeout)
}

// Get implements cache.Cache.
func (c *Cache) Get(ctx context.Context, key string) ([]byte, bool, error) {
	if err := cache.CheckKey(key); err != nil {
		return nil, false, err
	}
	ctx, cancel := c.within(ctx)
	defer cancel()
	val, err := c.client.Do(ctx, c.client.B().Get().Key(c.value(key)).Build()).AsBytes()
	switch {
	case rueidis.IsRedisNil(err):
		return nil, false, nil
	case err != nil:
		return nil, false, Unreachable(err)
	}
	return val, true, nil
}

// Set implements cache.Cache.
func (c *Cache) Set(ctx context.Context, key string, val []byte, ttl time.Duration) error {
	if err := cache.CheckTTL(key, ttl); err != nil {
		return err
	}
	ctx, cancel := c.within(ctx)
	defer cancel()
	cmd := c.client.B().Set().Key(c.value(key)).Value(rueidis.BinaryString(val)).PxMilliseconds(ttl.Milliseconds()).Build()
	if err := c.client.Do(ctx, cmd).Error(); err != nil {
		return Unreachable(err)
	}
	return nil
}

// Delete implements cache.Cache.
func (c *Cache) Delete(ctx context.Context, keys ...string) error {
	var cmds rueidis.Commands
	for _, k := range keys {
		if err := cache.CheckKey(k); err != nil {
			return err
		}
		cmds = append(cmds, c.client.B().Del().Key(c.value(k), c.counter(k), c.arrival(k)).Build())
	}
	ctx, cancel := c.within(ctx)
	defer cancel()
	for _, r := range c.client.DoMulti(ctx, cmds...) {
		if err := r.Error(); err != nil {
			return Unreachable(err)
		}
	}
	return nil
}

// The counter and its window are set in one step: a crash between INCR and
// PEXPIRE would otherwise lock a person out for ever.
var incr = rueidis.NewLuaScript(`
local n = redis.call('INCR', KEYS[1])
if n == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return n`)

// Incr implements cache.Cache.
func (c *Cache) Incr(ctx context.Context, key string, ttl time.Duration) (int64, error) {
	if err := cache.CheckTTL(key, ttl); err != nil {
		return 0, err
	}
	ctx, cancel := c.within(ctx)
	defer cancel()
	n, err := incr.Exec(ctx, c.client, []string{c.counter(key)}, []string{strconv.FormatInt(ttl.Milliseconds(), 10)}).AsInt64()
	if err != nil {
		return 0, Unreachable(err)
	}
	return n, nil
}

// Times in microseconds by the server's clock, so that instances whose clocks
// differ still agree. Returns 0 when admitted, else how long to wait. Numbers
// are written with %.0f because Lua would print 1.7e+15.
var allow = rueidis.NewLuaScript(`
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local limit, step = tonumber(ARGV[1]), tonumber(ARGV[2])
local arrival = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
local next = arrival + step
local wait = next - now - step * limit
if wait > 0 then return wait end
redis.call('SET', KEYS[1], string.format('%.0f', next), 'PX', math.ceil((next - now) / 1000))
return 0`)

// Allow implements cache.Cache.
func (c *Cache) Allow(ctx context.Context, key string, limit int, window time.Duration) (bool, time.Duration, error) {
	if err := cache.CheckLimit(key, limit, window); err != nil {
		return false, 0, err
	}
	ctx, cancel := c.within(ctx)
	defer cancel()
	step := (window / time.Duration(limit)).Microseconds()
	wait, err := allow.Exec(ctx, c.client, []string{c.arrival(key)},
		[]string{strconv.Itoa(limit), strconv.FormatInt(step, 10)}).AsInt64()
	if err != nil {
		return false, 0, Unreachable(err)
	}
	return wait == 0, time.Duration(wait) * time.Microsecond, nil
}

// Ping implements cache.Cache.
func (c *Cache) Ping(ctx context.Context) error {
	ctx, cancel := c.within(ctx)
	defer cancel()
	if err := c.client.Do(ctx, c.client.B().Ping().Build()).Error(); err != nil {
		return Unreachable(err)
	}
	return nil
}

// Close implements cache.Cache and waits for commands under way.
func (c *Cache) Close() { c.client.Close() }
