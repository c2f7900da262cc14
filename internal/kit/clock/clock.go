// Package clock is where the house gets the time, so that tests own it.
package clock

import (
	"sync"
	"time"
)

// Clock tells the time, in UTC.
type Clock interface{ Now() time.Time }

// System is the wall clock, truncated to microseconds because that is what
// PostgreSQL keeps: a time read back equals the time written.
var System Clock = system{}

type system struct{}

func (system) Now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// Fake is a clock a test sets by hand. The zero value is not usable; see At.
type Fake struct {
	mu  sync.Mutex
	now time.Time
}

// At returns a Fake stopped at t.
func At(t time.Time) *Fake { return &Fake{now: t.UTC()} }

// Now returns the time the test set.
func (f *Fake) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

// Advance moves the clock by d.
func (f *Fake) Advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}

// Set moves the clock to t.
func (f *Fake) Set(t time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = t.UTC()
}
