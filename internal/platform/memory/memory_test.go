package memory

import (
	"context"
	"runtime/debug"
	"testing"
	"time"
)

var sink [][]byte

func TestWhatABurstLeftIsGivenBack(t *testing.T) {
	// The collector must not have tidied up by itself.
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { GiveBack(ctx); close(ended) }()
	for range 64 {
		b := make([]byte, 4<<20)
		for i := range b {
			b[i] = 1
		}
		sink = append(sink, b)
	}
	burst := read().held
	sink = nil
	for end := time.Now().Add(time.Minute); read().held > burst/2; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("a minute after the burst %d of %d bytes are still held", read().held, burst)
		}
	}
	stop()
	<-ended
}

// TestGapsAreNotCollectedAgainAndAgain: where giving back left more than the living,
// doing so every three seconds would only burn the processor.
func TestGapsAreNotCollectedAgainAndAgain(t *testing.T) {
	t.Parallel()
	w := watch{before: 7}
	now := state{cycles: 7, lived: 100 << 20, held: 200 << 20}
	if !w.spares(now) {
		t.Fatal("a hundred megabytes are not given back")
	}
	w.kept = 150 << 20 // what that left
	now.held = w.kept
	if w.spares(now) {
		t.Error("the same gaps are collected again")
	}
	now.held += 2 * spare
	if !w.spares(now) {
		t.Error("what came since is not given back")
	}
	now.cycles, now.held = 8, 150<<20
	if w.spares(now) {
		t.Error("given back while there is work")
	}
	if !w.spares(now) {
		t.Error("after the collector has run the gaps count as before")
	}
	w.kept = 100 << 20
	now = state{cycles: 9, lived: 256 << 20, held: 260 << 20}
	if w.spares(now) || !w.spares(now) {
		t.Error("a burst in which the collector ran last is not given back")
	}
}
