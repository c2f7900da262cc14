package clock

import (
	"sync"
	"time"
)

var zones sync.Map // IANA name → *time.Location

// Zone is time.LoadLocation, which reads a file each time, for names that are
// asked for again and again.
func Zone(name string) (*time.Location, error) {
	if z, ok := zones.Load(name); ok {
		return z.(*time.Location), nil
	}
	z, err := time.LoadLocation(name)
	if err == nil {
		zones.Store(name, z) // as many as there are zones
	}
	return z, err
}
