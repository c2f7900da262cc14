package ids

import (
	"bytes"
	"sync"
	"testing"
	"time"
)

// TestLaterIsGreater: lists sort by id, so of two ids made one after the other
// the second must be the greater, also within one millisecond.
func TestLaterIsGreater(t *testing.T) {
	t.Parallel()
	was := New()
	for range 20_000 {
		id := New()
		if bytes.Compare(was[:], id[:]) >= 0 {
			t.Fatalf("%s after %s", id, was)
		}
		was = id
	}
	if back, err := Parse(was.String()); err != nil || back != was {
		t.Errorf("%s read back as %s (%v)", was, back, err)
	}
	if was[6]>>4 != 7 || was[8]>>6 != 2 {
		t.Errorf("%s is no UUIDv7", was)
	}
	ms := int64(was[0])<<40 | int64(was[1])<<32 | int64(was[2])<<24 | int64(was[3])<<16 | int64(was[4])<<8 | int64(was[5])
	if d := time.Since(time.UnixMilli(ms)); d < -time.Second || d > time.Minute {
		t.Errorf("%s says it was made %s ago", was, d)
	}
}

func TestManyMakersMakeDifferentIDs(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	seen := map[ID]bool{}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 2000 {
				id := New()
				mu.Lock()
				if seen[id] {
					t.Errorf("%s twice", id)
				}
				seen[id] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}
