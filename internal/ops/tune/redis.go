package tune

import (
	"fmt"

	"truckflow/internal/kit/errs"
)

// Purpose is what a Redis holds. The two need opposite eviction, so they need
// two instances: a cache that evicts takes queues and sessions with it.
type Purpose string

const (
	// Cache may lose anything at any moment.
	Cache Purpose = "cache"
	// Queue holds work and sessions: nothing may be evicted, a second may be lost.
	Queue Purpose = "queue"
)

const (
	docEviction    = "Redis documentation, Key eviction"
	docPersistence = "Redis documentation, Redis persistence"
	docAdmin       = "Redis documentation, Redis administration"
	docLatency     = "Redis documentation, Diagnosing latency issues"
	docConf        = "redis.conf of Redis 7"
)

// Redis returns the settings of an instance for p on m, in the order of the file.
func Redis(m Machine, p Purpose) ([]Setting, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	if p != Cache && p != Queue {
		return nil, errs.Invalid("purpose %q: give cache or queue", p)
	}
	max, why := m.RAMMB/16, "a sixteenth of the memory: two instances, cache and queue, take an eighth, and twice that while they fork"
	if m.Role == Dedicated {
		max, why = m.RAMMB*3/5, "three fifths of the memory: writing a snapshot forks, and pages written meanwhile exist twice"
	}
	all := []Setting{{Name: "maxmemory", Value: fmt.Sprint(max), Unit: "mb", Why: why, Spec: "8gb", Source: docEviction}}
	if p == Cache {
		all = append(all,
			word("maxmemory-policy", "allkeys-lru", "all of it can be computed again; what was not asked for longest goes first", docEviction).spec("allkeys-lru"),
			word("appendonly", "no", "a cache is rebuilt, not restored", docPersistence),
			word("save", "", "no snapshots either: secrets and sessions of a cache never reach the disk", docPersistence).spec("900 1 300 10 60 10000"))
	} else {
		all = append(all,
			word("maxmemory-policy", "noeviction", "allkeys-lru would drop queues and sessions without an error; with noeviction the writer is told", docEviction).spec("allkeys-lru"),
			word("appendonly", "yes", "snapshots alone lose up to a quarter of an hour", docPersistence),
			word("appendfsync", "everysec", "at most a second is lost", docPersistence),
			word("auto-aof-rewrite-percentage", "100", "rewrite when the log has doubled", docPersistence),
			word("auto-aof-rewrite-min-size", "64", "not for less", docPersistence).in("mb"),
			word("save", "3600 1 300 100", "a snapshot to copy away; the log does the rest, so none every minute", docPersistence).spec("900 1 300 10 60 10000"))
	}
	threads := 1 // up to three cores the one thread does best
	if m.Cores >= 4 {
		threads = clamp(m.Cores/2, 2, 4)
	}
	return append(all,
		word("io-threads", fmt.Sprint(threads), "sockets are read by helpers from four cores on; commands stay on one", docConf).atStart(),
		word("maxclients", "4000", "every client is a file; LimitNOFILE must be greater", docAdmin),
		word("tcp-backlog", "1024", "connections waiting to be taken; net.core.somaxconn must be as great", docConf).atStart(),
		word("tcp-keepalive", "60", "a client cut off is noticed within two minutes", docConf),
		word("lazyfree-lazy-eviction", "yes", "memory is given back beside, not between, commands", docConf),
		word("lazyfree-lazy-expire", "yes", "the same for what expires", docConf),
		word("latency-monitor-threshold", "100", "milliseconds: what held everybody up", docLatency),
		word("slowlog-log-slower-than", "10000", "microseconds: commands worth a look", docLatency),
		word("slowlog-max-len", "512", "so many are kept", docLatency),
	), nil
}
