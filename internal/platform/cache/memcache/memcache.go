// Package memcache is the cache of one process: bounded, in memory, with no
// background goroutine. Expired entries leave when they are met or when room
// is needed, so an idle cache costs nothing.
package memcache

import (
	"container/list"
	"context"
	"sync"
	"time"

	"truckflow/internal/kit/clock"
	"truckflow/internal/platform/cache"
)

// Settings bound the cache. Zero values mean the defaults.
type Settings struct {
	MaxBytes    int64 // keys and values together; default 64 MiB
	MaxCounters int   // counters and allowances, kept apart so that cached values cannot push throttling out; default 100,000
}

// entryOverhead is charged per entry for list element, map slot and headers.
const entryOverhead = 200

// Cache is a cache.Cache. It is safe for concurrent use.
type Cache struct {
	clock clock.Clock

	mu       sync.Mutex
	values   lru
	counters lru
	allowed  lru
}

var _ cache.Cache = (*Cache)(nil)

// New returns an empty cache that reads the time from c.
func New(s Settings, c clock.Clock) *Cache {
	if s.MaxBytes <= 0 {
		s.MaxBytes = 64 << 20
	}
	if s.MaxCounters <= 0 {
		s.MaxCounters = 100_000
	}
	perCounter := int64(entryOverhead + 64)
	return &Cache{
		clock:    c,
		values:   newLRU(s.MaxBytes),
		counters: newLRU(int64(s.MaxCounters) * perCounter),
		allowed:  newLRU(int64(s.MaxCounters) * perCounter),
	}
}

// Get implements cache.Cache.
func (c *Cache) Get(_ context.Context, key string) ([]byte, bool, error) {
	if err := cache.CheckKey(key); err != nil {
		return nil, false, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.values.get(key, c.clock.Now())
	if e == nil {
		return nil, false, nil
	}
	return append([]byte{}, e.val...), true, nil
}

// Set implements cache.Cache.
func (c *Cache) Set(_ context.Context, key string, val []byte, ttl time.Duration) error {
	if err := cache.CheckTTL(key, ttl); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.values.put(&entry{key: key, val: append([]byte{}, val...), until: c.clock.Now().Add(ttl)})
	return nil
}

// Delete implements cache.Cache.
func (c *Cache) Delete(_ context.Context, keys ...string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range keys {
		if err := cache.CheckKey(k); err != nil {
			return err
		}
		c.values.drop(k)
		c.counters.drop(k)
		c.allowed.drop(k)
	}
	return nil
}

// Incr implements cache.Cache.
func (c *Cache) Incr(_ context.Context, key string, ttl time.Duration) (int64, error) {
	if err := cache.CheckTTL(key, ttl); err != nil {
		return 0, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.clock.Now()
	e := c.counters.get(key, now)
	if e == nil {
		e = &entry{key: key, until: now.Add(ttl)}
		c.counters.put(e)
	}
	e.n++
	return e.n, nil
}

// Allow implements cache.Cache. The entry's expiry is the theoretical arrival
// time: once it has passed, the key is as good as unknown.
func (c *Cache) Allow(_ context.Context, key string, limit int, window time.Duration) (bool, time.Duration, error) {
	if err := cache.CheckLimit(key, limit, window); err != nil {
		return false, 0, err
	}
	step := window / time.Duration(limit)
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.clock.Now()
	arrival := now
	e := c.allowed.get(key, now)
	if e != nil {
		arrival = e.until
	}
	next := arrival.Add(step)
	if wait := next.Sub(now) - step*time.Duration(limit); wait > 0 {
		return false, wait, nil
	}
	if e == nil {
		e = &entry{key: key, until: next}
		c.allowed.put(e)
	}
	e.until = next
	return true, 0, nil
}

// Ping implements cache.Cache; memory is always there.
func (c *Cache) Ping(context.Context) error { return nil }

// Close implements cache.Cache and frees the memory.
func (c *Cache) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.values, c.counters, c.allowed = newLRU(c.values.max), newLRU(c.counters.max), newLRU(c.allowed.max)
}

// Bytes returns the memory charged for cached values, for metrics.
func (c *Cache) Bytes() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.values.used
}

type entry struct {
	key   string
	val   []byte
	n     int64
	until time.Time
}

func (e *entry) size() int64 { return int64(len(e.key)+len(e.val)) + entryOverhead }

// lru forgets the entry unused for longest when it is full.
type lru struct {
	max, used int64
	order     *list.List // front: used last
	byKey     map[string]*list.Element
}

func newLRU(max int64) lru {
	return lru{max: max, order: list.New(), byKey: map[string]*list.Element{}}
}

func (l *lru) get(key string, now time.Time) *entry {
	el := l.byKey[key]
	if el == nil {
		return nil
	}
	e := el.Value.(*entry)
	if !now.Before(e.until) {
		l.drop(key)
		return nil
	}
	l.order.MoveToFront(el)
	return e
}

func (l *lru) put(e *entry) {
	l.drop(e.key)
	if e.size() > l.max {
		return
	}
	l.byKey[e.key] = l.order.PushFront(e)
	for l.used += e.size(); l.used > l.max; {
		l.drop(l.order.Back().Value.(*entry).key)
	}
}

func (l *lru) drop(key string) {
	if el := l.byKey[key]; el != nil {
		l.used -= el.Value.(*entry).size()
		l.order.Remove(el)
		delete(l.byKey, key)
	}
}
