// Package memory gives what a burst of work left behind back to the system.
//
// The collector keeps room for twice what lived at its last run and hands the
// rest back over minutes. On a carrier's one server that room is PostgreSQL's
// and the second reader's: after a backup, a learning or a scan the program
// would hold 100 MB and more that nobody uses.
package memory

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	look = 3 * time.Second
	// spare is held on to: handing back less is not worth a collection.
	spare = 24 << 20
)

// GiveBack looks every three seconds, until ctx ends, and returns to the system
// what came since it last did, once nothing has been busy enough between two
// looks for the collector to run by itself.
func GiveBack(ctx context.Context) {
	t := time.NewTicker(look)
	defer t.Stop()
	for w := (watch{before: read().cycles}); ; {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		if w.spares(read()) {
			debug.FreeOSMemory()
			w.kept = read().held
		}
	}
}

// watch is what one look remembers for the next.
type watch struct {
	before uint64 // cycles
	kept   uint64 // held after memory was given back: the living, and gaps between them that no collection closes
}

// spares reports whether memory is to be given back. How much lived at the
// collector's last run does not say: that may have been in the middle of a burst.
func (w *watch) spares(now state) bool {
	quiet := now.cycles == w.before
	if w.before = now.cycles; !quiet {
		w.kept = min(w.kept, now.lived)
	}
	return quiet && now.held > w.kept+spare
}

// state of the heap.
type state struct {
	cycles uint64 // of the collector, run by itself
	lived  uint64 // bytes that its last run found in use
	held   uint64 // bytes of the system's memory
}

func read() state {
	s := []metrics.Sample{{Name: "/gc/cycles/automatic:gc-cycles"}, {Name: "/gc/heap/live:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/unused:bytes"}, {Name: "/memory/classes/heap/free:bytes"}}
	metrics.Read(s)
	return state{cycles: s[0].Value.Uint64(), lived: s[1].Value.Uint64(), held: s[2].Value.Uint64() + s[3].Value.Uint64() + s[4].Value.Uint64()}
}
